//! PDF: text by page. The reading happens in the worker; what it finds is put together on this side.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{Dictionary, Document, Object, OutputError, PlainTextOutput, output_doc_page};
use rushlight_core::{Block, BlockKind, Error, ErrorCode, Locator, SkipReason, Warning};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::build::TextBuilder;
use crate::text::paragraph_ranges;

/// What the worker finds in a PDF.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PdfText {
    pub(crate) title: Option<String>,
    pub(crate) author: Option<String>,
    /// Text of each page, in order; empty where there is none.
    pub(crate) pages: Vec<String>,
    /// Pages whose reading failed, counted from one.
    pub(crate) failed_pages: Vec<u32>,
    /// Text beyond the limit was left out.
    pub(crate) truncated: bool,
}

/// Why the worker cannot read a file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PdfFault {
    /// It needs a password.
    Encrypted,
    /// It is broken; what the library says.
    Broken(String),
}

/// A PDF, put together.
#[derive(Debug)]
pub(crate) struct Pdf {
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) page_count: u32,
    pub(crate) unreadable_pages: Vec<u32>,
    pub(crate) warnings: Vec<Warning>,
}

/// Reads a PDF. To be called in the worker only: it may panic, overflow the stack, hang or fill the memory.
pub(crate) fn extract(bytes: &[u8], max_text: usize) -> Result<PdfText, PdfFault> {
    let fault = |fault| match fault {
        // What the library calls broken is mostly a scheme of encryption it does not know.
        PdfFault::Broken(_) if memchr::memmem::find(bytes, b"/Encrypt").is_some() => PdfFault::Encrypted,
        fault => fault,
    };
    read(bytes, max_text).map_err(fault)
}

fn read(bytes: &[u8], max_text: usize) -> Result<PdfText, PdfFault> {
    let mut document = Document::load_mem(bytes).map_err(fault)?;
    if document.is_encrypted() {
        document.decrypt("").map_err(fault)?;
    }
    let page_numbers: Vec<u32> = document.get_pages().keys().copied().collect();
    if page_numbers.is_empty() {
        return Err(PdfFault::Broken("it has no pages".to_owned()));
    }
    ensure_media_boxes(&mut document);
    let (title, author) = information(&document);
    let mut out = PdfText {
        title,
        author,
        ..PdfText::default()
    };
    let mut taken = 0usize;
    for number in page_numbers {
        if out.truncated {
            out.pages.push(String::new());
            continue;
        }
        let text = match page_text(&document, number) {
            Some(text) => text,
            None => {
                out.failed_pages.push(number);
                String::new()
            }
        };
        taken += text.len();
        if taken > max_text {
            out.truncated = true;
            out.pages.push(String::new());
        } else {
            out.pages.push(text);
        }
    }
    Ok(out)
}

/// Puts the pages together. `name` stands in error messages.
pub(crate) fn assemble(pdf: &PdfText, name: &str) -> Result<Pdf, SkipReason> {
    let mut builder = TextBuilder::default();
    let mut unreadable = Vec::new();
    for (index, page) in pdf.pages.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let text = if is_readable(page) {
            tidy(page)
        } else {
            String::new()
        };
        let before = builder.len();
        for (start, end) in paragraph_ranges(&text) {
            builder.push(
                BlockKind::Paragraph,
                &text[start..end],
                Locator::Pages {
                    first: number,
                    last: number,
                },
            );
        }
        if builder.len() == before {
            unreadable.push(number);
        }
    }
    let page_count = u32::try_from(pdf.pages.len()).unwrap_or(u32::MAX);
    let (text, blocks) = builder.finish();
    if blocks.is_empty() {
        let pages = if page_count == 1 {
            "its page has".to_owned()
        } else {
            format!("its {page_count} pages have")
        };
        let why = match pdf.failed_pages.len() {
            0 => "it may be scanned and needs text recognition first".to_owned(),
            failed => format!("the parser failed on {failed} of {page_count}"),
        };
        return Err(SkipReason {
            code: "no_text".to_owned(),
            message: format!("`{name}`: {pages} no readable text; {why}"),
        });
    }
    let mut warnings = Vec::new();
    if !unreadable.is_empty() {
        warnings.push(Warning {
            code: "page_without_text".to_owned(),
            message: format!(
                "{} of {page_count} pages have no readable text: {}",
                unreadable.len(),
                list_pages(&unreadable)
            ),
        });
    }
    if !pdf.failed_pages.is_empty() {
        warnings.push(Warning {
            code: "page_failed".to_owned(),
            message: format!(
                "the parser failed on {} of {page_count} pages: {}",
                pdf.failed_pages.len(),
                list_pages(&pdf.failed_pages)
            ),
        });
    }
    if pdf.truncated {
        warnings.push(Warning {
            code: "text_truncated".to_owned(),
            message: "the text is longer than the limit; the last pages are left out".to_owned(),
        });
    }
    Ok(Pdf {
        text,
        blocks,
        page_count,
        unreadable_pages: unreadable,
        warnings,
    })
}

/// The error for a file that the worker could not read.
pub(crate) fn error(fault: PdfFault, name: &str) -> Error {
    match fault {
        PdfFault::Encrypted => Error::new(
            ErrorCode::FileEncrypted,
            format!("`{name}` is encrypted and does not open without a password"),
        ),
        PdfFault::Broken(what) => Error::new(
            ErrorCode::FileBroken,
            format!("`{name}` is not a readable PDF: {}", what.to_lowercase()),
        ),
    }
}

fn fault(error: pdf_extract::Error) -> PdfFault {
    use pdf_extract::Error as E;
    match error {
        E::Decryption(_) | E::InvalidPassword | E::UnsupportedSecurityHandler(_) => PdfFault::Encrypted,
        other => PdfFault::Broken(other.to_string()),
    }
}

/// A page's text by the extractor that knows layout; where it fails, by the simpler one; `None` when both do. Where the
/// first finds nothing the second is not asked: it then gives the numbers of glyphs as if they were characters.
fn page_text(document: &Document, number: u32) -> Option<String> {
    let by_layout = catch_unwind(AssertUnwindSafe(|| -> Result<String, OutputError> {
        let mut text = String::new();
        let mut output = PlainTextOutput::new(&mut text);
        output_doc_page(document, &mut output, number)?;
        Ok(text)
    }));
    if let Ok(Ok(text)) = by_layout {
        return Some(text);
    }
    let simple = catch_unwind(AssertUnwindSafe(|| document.extract_text(&[number]).ok()));
    simple.ok().flatten().filter(|text| is_readable(text))
}

/// False for no text, and for one whose characters the font does not name: those come as replacement characters, as
/// characters of private use or as control characters. Where most are, what is left is no word of the page.
fn is_readable(text: &str) -> bool {
    let (mut all, mut named) = (0usize, 0usize);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        all += 1;
        named += usize::from(!(c.is_control() || matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}')));
    }
    named > 0 && named * 2 >= all
}

/// A page without a media box is broken, and the extractor refuses it; readers take it for a sheet of paper.
fn ensure_media_boxes(document: &mut Document) {
    let pages: Vec<_> = document.get_pages().into_values().collect();
    for id in pages {
        if has_media_box(document, id) {
            continue;
        }
        if let Ok(page) = document.get_dictionary_mut(id) {
            let sheet = [0, 0, 595, 842]
                .into_iter()
                .map(|n: i64| Object::Integer(n))
                .collect();
            page.set("MediaBox", Object::Array(sheet));
        }
    }
}

fn has_media_box(document: &Document, page: pdf_extract::ObjectId) -> bool {
    let mut id = page;
    // Page trees are shallow; a longer chain is a loop.
    for _ in 0..64 {
        let Ok(dictionary) = document.get_dictionary(id) else {
            return false;
        };
        if let Ok(media_box) = dictionary.get(b"MediaBox") {
            let resolved = document.dereference(media_box).map(|(_, object)| object);
            return resolved
                .and_then(Object::as_array)
                .is_ok_and(|corners| corners.len() == 4);
        }
        let Ok(parent) = dictionary.get(b"Parent").and_then(Object::as_reference) else {
            return false;
        };
        id = parent;
    }
    false
}

fn information(document: &Document) -> (Option<String>, Option<String>) {
    let info = document
        .trailer
        .get(b"Info")
        .ok()
        .and_then(|info| document.dereference(info).ok());
    let Some(info) = info.and_then(|(_, object)| object.as_dict().ok()) else {
        return (None, None);
    };
    (
        information_text(document, info, b"Title"),
        information_text(document, info, b"Author"),
    )
}

fn information_text(document: &Document, info: &Dictionary, key: &[u8]) -> Option<String> {
    let (_, object) = document.dereference(info.get(key).ok()?).ok()?;
    let bytes = object.as_str().ok()?;
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => encoding_rs::UTF_16BE
            .decode_without_bom_handling(rest)
            .0
            .into_owned(),
        [0xff, 0xfe, rest @ ..] => encoding_rs::UTF_16LE
            .decode_without_bom_handling(rest)
            .0
            .into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        // PDFDocEncoding is windows-1252 for all that a title is made of; many writers put UTF-8 there.
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
                .into_owned(),
        },
    };
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    let worth = !text.is_empty() && !text.eq_ignore_ascii_case("untitled") && text.chars().count() <= 300;
    worth.then(|| text.to_owned())
}

/// Makes searchable what fonts and line breaking make unsearchable: ligatures and radicals become the characters they
/// stand for, control characters go, and between Chinese characters there are neither spaces nor line breaks.
fn tidy(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut normal = String::new();
    for c in page.chars() {
        match c {
            '\u{2e80}'..='\u{2fdf}' | '\u{f900}'..='\u{faff}' | '\u{fb00}'..='\u{fb06}' => {
                normal.extend([c].into_iter().nfkc())
            }
            '\r' => {}
            '\n' | '\t' => normal.push(c),
            '\u{a0}' => normal.push(' '),
            c if c.is_control() || c == '\u{ad}' || c == '\u{feff}' => {}
            c => normal.push(c),
        }
    }
    let chars: Vec<char> = normal.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c != ' ' && c != '\n' {
            out.push(c);
            at += 1;
            continue;
        }
        let end = chars[at..]
            .iter()
            .position(|c| *c != ' ' && *c != '\n')
            .map_or(chars.len(), |n| at + n);
        let gap = &chars[at..end];
        let breaks = gap.iter().filter(|c| **c == '\n').count();
        let between_han =
            out.chars().next_back().is_some_and(is_wide) && chars.get(end).is_some_and(|c| is_wide(*c));
        match breaks {
            _ if between_han && breaks < 2 => {}
            0 => out.push(' '),
            1 => out.push('\n'),
            _ => out.push_str("\n\n"),
        }
        at = end;
    }
    out
}

/// Characters that are written without spaces between them.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{303f}' | '\u{3400}'..='\u{9fff}' | '\u{ff01}'..='\u{ff65}' | '\u{20000}'..='\u{3ffff}')
}

fn list_pages(pages: &[u32]) -> String {
    const SHOWN: usize = 12;
    let mut list: Vec<String> = pages.iter().take(SHOWN).map(u32::to_string).collect();
    if pages.len() > SHOWN {
        list.push("…".to_owned());
    }
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parsers::check_blocks;

    fn text_of(pages: &[&str]) -> PdfText {
        PdfText {
            pages: pages.iter().map(|page| (*page).to_owned()).collect(),
            ..PdfText::default()
        }
    }

    #[test]
    fn pages_keep_their_numbers_and_empty_ones_are_counted() {
        let pdf = assemble(&text_of(&["\n\none\n\ntwo", " \n", "three"]), "a.pdf").expect("has text");
        check_blocks(&pdf.text, &pdf.blocks).expect("sound");
        assert_eq!(pdf.text, "one\n\ntwo\n\nthree");
        assert_eq!(pdf.blocks[2].locator, Locator::Pages { first: 3, last: 3 });
        assert_eq!(pdf.unreadable_pages, [2]);
        assert_eq!(pdf.warnings[0].message, "1 of 3 pages have no readable text: 2");
    }

    #[test]
    fn no_text_at_all_is_a_skip_that_says_what_to_do() {
        let reason = assemble(&text_of(&["", "\u{0}"]), "scan.pdf").expect_err("skipped");
        assert_eq!(reason.code, "no_text");
        assert_eq!(
            reason.message,
            "`scan.pdf`: its 2 pages have no readable text; it may be scanned and needs text recognition first"
        );
    }

    #[test]
    fn a_page_that_failed_is_not_called_scanned() {
        let failed = |pages: &[&str]| PdfText {
            failed_pages: vec![2],
            ..text_of(pages)
        };
        let pdf = assemble(&failed(&["one", ""]), "a.pdf").expect("has text");
        let codes: Vec<_> = pdf.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(codes, ["page_without_text", "page_failed"]);
        assert_eq!(
            assemble(&failed(&["", ""]), "a.pdf")
                .expect_err("skipped")
                .message,
            "`a.pdf`: its 2 pages have no readable text; the parser failed on 1 of 2"
        );
    }

    #[test]
    fn characters_without_a_name_are_no_text() {
        for (text, readable) in [
            ("", false),
            (" \n", false),
            ("\u{fffd}\u{fffd} \u{fffd}\u{e001}a", false),
            ("\u{1}\u{2}\u{3} a", false),
            ("ab\u{fffd}c", true),
            ("u \u{f02b} v", true),
            ("茶", true),
        ] {
            assert_eq!(is_readable(text), readable, "{text:?}");
        }
    }

    #[test]
    fn chinese_is_joined_and_ligatures_opened() {
        assert_eq!(
            tidy("會 議\n記錄\n\n⾏程 o\u{fb03}ce A\nB"),
            "會議記錄\n\n行程 office A\nB"
        );
    }

    #[test]
    fn junk_is_broken_not_a_crash() {
        assert!(matches!(
            extract(b"%PDF-1.7\nnothing", 1000),
            Err(PdfFault::Broken(_))
        ));
    }
}
