//! Puts the lines of all pages together to a text with blocks. On the parent's side; pure.

use std::collections::HashMap;

use rushlight_core::{
    Block, BlockKind, Locator, PageArea, PlacedLine, RecognisedSpan, SkipReason, TextSpan, Warning,
};

use super::furniture::furniture;
use super::layout::{Box1000, Line};
use super::score::is_readable;
use super::tidy::{Words, join_lines, tidy_line};
use super::{Bookmark, PdfText};
use crate::build::TextBuilder;
use crate::scan;

/// Text this much larger than the document's is a heading.
const HEADING_RATIO: f32 = 1.15;
/// Headings are not longer than this, in characters and in lines.
const HEADING_CHARS: usize = 160;
const HEADING_LINES: usize = 3;
/// Sizes of headings that are told apart.
const HEADING_LEVELS: usize = 4;

/// A PDF, put together.
#[derive(Debug)]
pub(crate) struct Pdf {
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
    /// Where the lines of the text stand.
    pub(crate) lines: Vec<PlacedLine>,
    /// Which of them were recognised.
    pub(crate) recognised: Vec<RecognisedSpan>,
    pub(crate) page_count: u32,
    pub(crate) unreadable_pages: Vec<u32>,
    pub(crate) warnings: Vec<Warning>,
}

/// Puts the pages together. `name` stands in error messages.
pub(crate) fn assemble(pdf: &PdfText, name: &str) -> Result<Pdf, SkipReason> {
    let (pages, unreadable) = readable_pages(pdf);
    let page_count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    let marks = furniture(&pages);
    let mut words = Words::default();
    for line in pages.iter().flatten() {
        words.add(&line.text);
    }
    let headings = Headings::of(&pages, &marks, &pdf.bookmarks);
    let mut writer = Writer {
        builder: TextBuilder::default(),
        placed: Vec::new(),
        words,
        open: None,
        waiting: Vec::new(),
        recognised: Vec::new(),
    };
    for (index, (lines, marks)) in pages.iter().zip(&marks).enumerate() {
        let page = u32::try_from(index + 1).unwrap_or(u32::MAX);
        writer.page(page, lines, marks, &headings);
    }
    writer.close();
    if writer.builder.len() == 0 {
        return Err(no_text(pdf, page_count, name));
    }
    let (text, blocks) = writer.builder.finish();
    Ok(Pdf {
        text,
        blocks,
        lines: writer.placed,
        recognised: writer.recognised,
        page_count,
        warnings: warnings(pdf, &unreadable, page_count),
        unreadable_pages: unreadable,
    })
}

/// The lines of each page, tidied; none for pages that cannot be read, whose numbers are the second value.
fn readable_pages(pdf: &PdfText) -> (Vec<Vec<Line>>, Vec<u32>) {
    let mut unreadable = Vec::new();
    let mut pages = Vec::with_capacity(pdf.pages.len());
    for (index, found) in pdf.pages.iter().enumerate() {
        let text: String = found.iter().map(|line| line.text.as_str()).collect();
        let mut lines = Vec::new();
        if is_readable(&text) {
            for line in found {
                let text = tidy_line(&line.text);
                if !text.trim_matches('\u{ad}').is_empty() {
                    lines.push(Line { text, ..line.clone() });
                }
            }
        }
        if lines.is_empty() {
            unreadable.push(u32::try_from(index + 1).unwrap_or(u32::MAX));
        }
        pages.push(lines);
    }
    (pages, unreadable)
}

/// A block that may still grow.
struct Open<'a> {
    kind: BlockKind,
    /// Its lines, each with its page.
    lines: Vec<(u32, &'a Line)>,
}

struct Writer<'a> {
    builder: TextBuilder,
    placed: Vec<PlacedLine>,
    words: Words,
    open: Option<Open<'a>>,
    /// Furniture of pages that the open paragraph runs over: it stands behind it.
    waiting: Vec<Vec<(u32, &'a Line)>>,
    recognised: Vec<RecognisedSpan>,
}

impl<'a> Writer<'a> {
    fn page(&mut self, page: u32, lines: &'a [Line], marks: &[bool], headings: &Headings) {
        let body: Vec<usize> = (0..lines.len()).filter(|index| !marks[*index]).collect();
        let levels = headings.of_page(page, lines, &body);
        for (at, index) in body.iter().enumerate() {
            let line = &lines[*index];
            let kind = match levels[at] {
                Some(level) => BlockKind::Heading { level },
                None if line.is_row => BlockKind::TableRow,
                None => BlockKind::Paragraph,
            };
            let goes_on = self.open.as_ref().is_some_and(|open| {
                open.kind == kind
                    && match kind {
                        BlockKind::TableRow => false,
                        _ if at == 0 => kind == BlockKind::Paragraph && runs_over(open, &line.text),
                        BlockKind::Heading { .. } => {
                            open.lines.len() < HEADING_LINES && levels[at] == levels[at - 1]
                        }
                        _ => !line.begins,
                    }
            });
            match &mut self.open {
                Some(open) if goes_on => open.lines.push((page, line)),
                _ => {
                    self.close();
                    self.open = Some(Open {
                        kind,
                        lines: vec![(page, line)],
                    });
                }
            }
        }
        let marked = lines.iter().zip(marks).filter(|(_, mark)| **mark);
        let repeated: Vec<(u32, &Line)> = marked.map(|(line, _)| (page, line)).collect();
        if !repeated.is_empty() {
            self.waiting.push(repeated);
        }
    }

    fn close(&mut self) {
        if let Some(Open { kind, lines }) = self.open.take() {
            self.write(kind, &lines);
        }
        for lines in std::mem::take(&mut self.waiting) {
            self.write(BlockKind::Metadata, &lines);
        }
    }

    /// Writes a block of these lines, and where they stand.
    fn write(&mut self, kind: BlockKind, lines: &[(u32, &Line)]) {
        let (Some((first, _)), Some((last, _))) = (lines.first(), lines.last()) else {
            return;
        };
        let none = Words::default();
        // Furniture is repeated, and its words say nothing of hyphens.
        let words = if kind == BlockKind::Metadata {
            &none
        } else {
            &self.words
        };
        let joined = join_lines(lines.iter().map(|(_, line)| line.text.as_str()), words);
        let Some(span) = self
            .builder
            .push(kind, &joined.text, Locator::pages(*first, *last))
        else {
            return;
        };
        let trimmed = joined.text.len() - joined.text.trim_start().len();
        for (range, (page, line)) in joined.lines.into_iter().zip(lines) {
            let at = |offset: usize| span.end.min(span.start + offset.saturating_sub(trimmed));
            let (start, end) = (at(range.start), at(range.end));
            if start >= end {
                continue;
            }
            let span = TextSpan::new(start, end);
            self.placed.push(PlacedLine {
                span,
                area: area(*page, line.place),
            });
            if let Some(confidence) = line.confidence {
                self.recognised.push(RecognisedSpan {
                    span,
                    page: *page,
                    confidence,
                });
            }
        }
    }
}

fn area(page: u32, place: Box1000) -> PageArea {
    let Box1000 {
        left,
        top,
        right,
        bottom,
    } = place;
    PageArea {
        page,
        left,
        top,
        right,
        bottom,
    }
}

/// True when a paragraph goes on at the top of the next page.
fn runs_over(open: &Open<'_>, next: &str) -> bool {
    let Some(last) = open
        .lines
        .last()
        .and_then(|(_, line)| line.text.chars().next_back())
    else {
        return false;
    };
    let cut = last.is_lowercase() || matches!(last, ',' | '-' | '\u{2010}' | '\u{ad}');
    cut && next.starts_with(char::is_lowercase)
}

/// What makes a line a heading: the outline names it, or it is larger than the text.
struct Headings {
    /// Titles of the outline as [`letters`], with their level and the page they lead to.
    titles: HashMap<String, Vec<(Option<u32>, u8)>>,
    /// Sizes in tenths of a point, the largest first.
    sizes: Vec<u16>,
}

impl Headings {
    fn of(pages: &[Vec<Line>], marks: &[Vec<bool>], bookmarks: &[Bookmark]) -> Self {
        let mut titles: HashMap<String, Vec<(Option<u32>, u8)>> = HashMap::new();
        for Bookmark { title, level, page } in bookmarks {
            let key = letters(title);
            if !key.is_empty() {
                titles.entry(key).or_default().push((*page, (*level).clamp(1, 6)));
            }
        }
        let mut chars: HashMap<u16, usize> = HashMap::new();
        let body = pages
            .iter()
            .zip(marks)
            .flat_map(|(lines, marks)| lines.iter().zip(marks));
        for (line, _) in body.filter(|(_, mark)| !**mark) {
            *chars.entry(line.size).or_default() += line.text.chars().count();
        }
        // The size that most characters have; of two alike the smaller one.
        let text = chars
            .iter()
            .max_by_key(|(size, count)| (**count, std::cmp::Reverse(**size)));
        let least = text.map_or(f32::MAX, |(size, _)| f32::from(*size) * HEADING_RATIO);
        let mut sizes: Vec<u16> = chars
            .into_keys()
            .filter(|size| f32::from(*size) >= least)
            .collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        Self { titles, sizes }
    }

    /// For each line of `body`, the level of the heading it is, or is a part of.
    fn of_page(&self, page: u32, lines: &[Line], body: &[usize]) -> Vec<Option<u8>> {
        let mut levels = vec![None; body.len()];
        let mut at = 0;
        while at < body.len() {
            let named = (1..=HEADING_LINES.min(body.len() - at)).rev().find_map(|count| {
                let text: String = body[at..at + count]
                    .iter()
                    .map(|index| lines[*index].text.as_str())
                    .collect();
                self.named(page, &text).map(|level| (count, level))
            });
            if let Some((count, level)) = named {
                levels[at..at + count].fill(Some(level));
                at += count;
                continue;
            }
            let same = |index: &usize| lines[*index].size == lines[body[at]].size && !lines[*index].is_row;
            let count = body[at..].iter().take_while(|index| same(index)).count();
            let begins = |next: usize| lines[body[at + next]].begins;
            let end = (1..count).find(|next| begins(*next)).unwrap_or(count).max(1);
            let text: String = body[at..at + end]
                .iter()
                .map(|index| lines[*index].text.as_str())
                .collect();
            let is_short = text.chars().count() <= HEADING_CHARS && end <= HEADING_LINES;
            let level = self.sizes.iter().position(|size| *size == lines[body[at]].size);
            if let Some(level) =
                level.filter(|_| count > 0 && is_short && text.chars().any(char::is_alphabetic))
            {
                levels[at..at + end].fill(u8::try_from(level.min(HEADING_LEVELS - 1) + 1).ok());
            }
            at += end;
        }
        levels
    }

    fn named(&self, page: u32, text: &str) -> Option<u8> {
        if self.titles.is_empty() || text.len() > 4 * HEADING_CHARS {
            return None;
        }
        let found = self.titles.get(&letters(text))?;
        let fits = |target: &Option<u32>| target.is_none_or(|target| target == page);
        found
            .iter()
            .find(|(target, _)| fits(target))
            .map(|(_, level)| *level)
    }
}

/// Letters and figures of a text in small letters: what a title and its heading have in common.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn no_text(pdf: &PdfText, page_count: u32, name: &str) -> SkipReason {
    let pages = if page_count == 1 {
        "its page has".to_owned()
    } else {
        format!("its {page_count} pages have")
    };
    let why = scan::no_text(&pdf.scans, pdf.failed_pages.len(), page_count, &pages);
    SkipReason {
        code: "no_text".to_owned(),
        message: format!("`{name}`: {why}"),
    }
}

fn warnings(pdf: &PdfText, unreadable: &[u32], page_count: u32) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code: &str, message: String| {
        warnings.push(Warning {
            code: code.to_owned(),
            message,
        });
    };
    if !unreadable.is_empty() {
        warn(
            "page_without_text",
            format!(
                "{} of {page_count} pages have no readable text: {}",
                unreadable.len(),
                list_pages(unreadable)
            ),
        );
    }
    if !pdf.failed_pages.is_empty() {
        warn(
            "page_failed",
            format!(
                "the parser failed on {} of {page_count} pages: {}",
                pdf.failed_pages.len(),
                list_pages(&pdf.failed_pages)
            ),
        );
    }
    let scans = &pdf.scans;
    if !scans.waiting.is_empty() {
        warn(
            "page_awaits_recognition",
            format!(
                "{} of {page_count} pages wait for text recognition: {}",
                scans.waiting.len(),
                list_pages(&scans.waiting)
            ),
        );
    }
    if let Some((page, why)) = scans.failed.first() {
        let failed: Vec<u32> = scans.failed.iter().map(|(page, _)| *page).collect();
        warn(
            "page_unreadable",
            format!(
                "text recognition failed on {} of {page_count} pages: {}; on page {page} because {why}",
                failed.len(),
                list_pages(&failed)
            ),
        );
    }
    if pdf.truncated {
        warn(
            "text_truncated",
            "the text is longer than the limit; the last pages are left out".to_owned(),
        );
    }
    warnings
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
    use proptest::prelude::*;
    use rushlight_core::{ContentHash, NoScanReader, ScanForm};

    use super::super::layout::tests::sample_line;
    use super::*;
    use crate::parsers::check_blocks;

    fn line(text: &str, top: u16) -> Line {
        Line {
            size: 100,
            begins: true,
            ..sample_line(text, top)
        }
    }

    fn text_of(pages: &[&[&str]]) -> PdfText {
        let page = |texts: &&[&str]| {
            let lines = texts.iter().zip(0u16..);
            lines.map(|(text, n)| line(text, 300 + 20 * n)).collect()
        };
        PdfText {
            pages: pages.iter().map(page).collect(),
            ..PdfText::default()
        }
    }

    fn shown(pdf: &Pdf) -> Vec<(BlockKind, &str)> {
        check_blocks(&pdf.text, &pdf.blocks).expect("sound");
        let text = |block: &Block| block.span.of(&pdf.text).expect("checked");
        pdf.blocks.iter().map(|block| (block.kind, text(block))).collect()
    }

    #[test]
    fn pages_keep_their_numbers_and_empty_ones_are_counted() {
        let pdf = assemble(&text_of(&[&["One.", "Two."], &[" "], &["Three."]]), "a.pdf").expect("has text");
        check_blocks(&pdf.text, &pdf.blocks).expect("sound");
        assert_eq!(pdf.text, "One.\n\nTwo.\n\nThree.");
        assert_eq!(pdf.blocks[2].locator, Locator::pages(3, 3));
        assert_eq!(pdf.unreadable_pages, [2]);
        assert_eq!(pdf.warnings[0].message, "1 of 3 pages have no readable text: 2");
    }

    #[test]
    fn no_text_at_all_is_a_skip_that_says_what_to_do() {
        let mut found = text_of(&[&[], &["\u{0}"]]);
        let unread = ContentHash([0; 32]);
        scan::fill(&mut found, &[], unread, ScanForm::Pdf, &NoScanReader);
        let reason = assemble(&found, "scan.pdf").expect_err("skipped");
        assert_eq!(reason.code, "no_text");
        assert_eq!(
            reason.message,
            "`scan.pdf`: its 2 pages have no readable text; it may be scanned and needs text recognition first"
        );
    }

    #[test]
    fn a_page_that_failed_is_not_called_scanned() {
        let failed = |pages: &[&[&str]]| PdfText {
            failed_pages: vec![2],
            ..text_of(pages)
        };
        let pdf = assemble(&failed(&[&["one"], &[]]), "a.pdf").expect("has text");
        let codes: Vec<_> = pdf.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(codes, ["page_without_text", "page_failed"]);
        assert_eq!(
            assemble(&failed(&[&[], &[]]), "a.pdf")
                .expect_err("skipped")
                .message,
            "`a.pdf`: its 2 pages have no readable text; the parser failed on 1 of 2"
        );
    }

    #[test]
    fn headers_stay_searchable_and_out_of_a_paragraph_that_runs_over_them() {
        let page = |number: u32, body: &[&str]| {
            let mut lines = vec![line("Annual report", 30)];
            for (text, n) in body.iter().zip(0u16..) {
                lines.push(line(text, 300 + 20 * n));
            }
            lines.push(line(&format!("{number}"), 960));
            lines
        };
        let pdf = PdfText {
            pages: vec![
                page(1, &["First.", "It goes on from one page and its exam-"]),
                page(2, &["ple is on the next.", "收入增加"]),
                page(3, &["End."]),
            ],
            ..PdfText::default()
        };
        let pdf = assemble(&pdf, "a.pdf").expect("has text");
        assert_eq!(
            shown(&pdf),
            [
                (BlockKind::Paragraph, "First."),
                (
                    BlockKind::Paragraph,
                    "It goes on from one page and its example is on the next."
                ),
                (BlockKind::Metadata, "Annual report\n1"),
                (BlockKind::Paragraph, "收入增加"),
                (BlockKind::Metadata, "Annual report\n2"),
                (BlockKind::Paragraph, "End."),
                (BlockKind::Metadata, "Annual report\n3"),
            ]
        );
        assert_eq!(pdf.blocks[1].locator, Locator::pages(1, 2));
    }

    #[test]
    fn the_outline_and_large_letters_make_headings() {
        let mut pdf = text_of(&[&[
            "Of Tea",
            "第一章：茶",
            "A long text in the ordinary size of letters.",
            "1 Leaves",
            "More.",
        ]]);
        pdf.pages[0][0].size = 240;
        pdf.pages[0][1].size = 140;
        pdf.bookmarks = vec![Bookmark {
            title: "1. Leaves".to_owned(),
            level: 2,
            page: Some(1),
        }];
        let pdf = assemble(&pdf, "a.pdf").expect("has text");
        assert_eq!(
            shown(&pdf),
            [
                (BlockKind::Heading { level: 1 }, "Of Tea"),
                (BlockKind::Heading { level: 2 }, "第一章：茶"),
                (
                    BlockKind::Paragraph,
                    "A long text in the ordinary size of letters."
                ),
                (BlockKind::Heading { level: 2 }, "1 Leaves"),
                (BlockKind::Paragraph, "More."),
            ]
        );
    }

    #[test]
    fn lines_know_where_they_stand() {
        let pdf = assemble(
            &PdfText {
                pages: vec![
                    vec![Line {
                        begins: true,
                        ..line("It has an exam-", 900)
                    }],
                    vec![line("ple in it", 40)],
                ],
                ..PdfText::default()
            },
            "a.pdf",
        )
        .expect("has text");
        assert_eq!(pdf.text, "It has an example in it");
        let placed: Vec<_> = pdf
            .lines
            .iter()
            .map(|line| {
                (
                    line.span.of(&pdf.text).expect("in it"),
                    line.area.page,
                    line.area.top,
                )
            })
            .collect();
        assert_eq!(placed, [("It has an exam", 1, 900), ("ple in it", 2, 40)]);
    }

    #[test]
    fn rows_of_tables_are_blocks_of_their_own() {
        let mut pdf = text_of(&[&["Sales", "tea\t1,200", "water\t3"]]);
        pdf.pages[0][1].is_row = true;
        pdf.pages[0][2].is_row = true;
        let pdf = assemble(&pdf, "a.pdf").expect("has text");
        assert_eq!(pdf.text, "Sales\n\ntea\t1,200\nwater\t3");
        assert_eq!(pdf.blocks[2].kind, BlockKind::TableRow);
    }

    proptest! {
        #[test]
        fn any_lines_are_put_together_without_loss(
            pages in proptest::collection::vec(
                proptest::collection::vec(("[a-c茶 -]{0,6}", 0u16..=988, 80u16..140, any::<bool>(), any::<bool>()), 0..8),
                1..6,
            )
        ) {
            let pages: Vec<Vec<Line>> = pages
                .iter()
                .map(|lines| {
                    lines
                        .iter()
                        .map(|(text, top, size, begins, is_row)| Line {
                            size: *size,
                            begins: *begins,
                            is_row: *is_row,
                            ..line(text, *top)
                        })
                        .collect()
                })
                .collect();
            let letters = |text: &str| {
                let mut letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
                letters.sort_unstable();
                letters
            };
            let all: String = pages.iter().flatten().map(|line| line.text.as_str()).collect();
            let pdf = PdfText { pages, ..PdfText::default() };
            if let Ok(pdf) = assemble(&pdf, "a.pdf") {
                check_blocks(&pdf.text, &pdf.blocks)?;
                prop_assert_eq!(letters(&pdf.text), letters(&all));
                let mut end = 0;
                let mut placed = String::new();
                for line in &pdf.lines {
                    prop_assert!(end <= line.span.start);
                    prop_assert!(line.area.is_on_page() && line.area.page <= pdf.page_count);
                    placed.push_str(line.span.of(&pdf.text).expect("on characters"));
                    end = line.span.end;
                    let block = pdf.blocks.iter().find(|block| block.span.end > line.span.start).expect("in a block");
                    prop_assert!(block.span.start <= line.span.start && line.span.end <= block.span.end);
                    let Locator::Pages { first, last, .. } = block.locator else {
                        panic!("{:?}", block.locator);
                    };
                    prop_assert!((first..=last).contains(&line.area.page));
                }
                prop_assert_eq!(letters(&placed), letters(&all), "every letter stands on a line");
            }
        }
    }
}
