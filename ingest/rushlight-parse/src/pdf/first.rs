//! The first engine: pdf-extract, on lopdf. It gives every glyph its place, and panics on what it does not know.

use std::collections::HashSet;

use pdf_extract::{
    Dictionary, Document, LoadOptions, MediaBox, Object, ObjectId, OutputDev, OutputError, Transform,
    output_doc_page,
};

use super::frame::{Frame, finite, turned};
use super::layout::Run;
use super::mend::{inherited, mend, reference};
use super::{Bookmark, PdfFault, Reading, guarded};

/// Bookmarks that are read; a document with more has them for machines.
const MAX_BOOKMARKS: usize = 5000;

/// A document, opened.
pub(crate) struct First {
    document: Document,
    pages: Vec<ObjectId>,
}

impl First {
    /// Opens a document, with the empty password or the first of `passwords` that fits.
    pub(crate) fn open(bytes: &[u8], passwords: &[String]) -> Result<Self, PdfFault> {
        guarded(|| Self::open_unguarded(bytes, passwords))
            .unwrap_or_else(|| Err(PdfFault::Broken("the parser failed on it".to_owned())))
    }

    fn open_unguarded(bytes: &[u8], passwords: &[String]) -> Result<Self, PdfFault> {
        let mut document = load(bytes, passwords)?;
        let pages: Vec<ObjectId> = document.get_pages().into_values().collect();
        if pages.is_empty() {
            return Err(PdfFault::Broken("it has no pages".to_owned()));
        }
        mend(&mut document, &pages);
        Ok(Self { document, pages })
    }

    pub(crate) fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// What stands on a page, counted from zero; `None` where the engine fails.
    pub(crate) fn page(&self, index: usize) -> Option<Reading> {
        guarded(|| self.page_unguarded(index)).flatten()
    }

    fn page_unguarded(&self, index: usize) -> Option<Reading> {
        let mut glyphs = Glyphs::default();
        let number = u32::try_from(index + 1).ok()?;
        output_doc_page(&self.document, &mut glyphs, number).ok()?;
        glyphs.close();
        let page = *self.pages.get(index)?;
        Some(Reading {
            runs: glyphs.runs,
            frame: self.shown(page, glyphs.frame),
            unnamed: glyphs.unnamed,
            is_doubtful: self.has_forms(page) || self.has_quote_operators(page),
        })
    }

    /// The frame of what is shown of a page with this media box.
    fn shown(&self, page: ObjectId, media: Frame) -> Frame {
        let corners = |object: &Object| {
            let numbers = object.as_array().ok()?.iter().map(|number| {
                let (_, number) = self.document.dereference(number).ok()?;
                number.as_float().ok().map(f64::from)
            });
            <[f64; 4]>::try_from(numbers.collect::<Option<Vec<f64>>>()?).ok()
        };
        let crop = self.inherited(page, b"CropBox").and_then(corners);
        let degrees = self
            .inherited(page, b"Rotate")
            .and_then(|degrees| degrees.as_float().ok())
            .map_or(0, |degrees| degrees as i64);
        crop.map_or(media, |crop| media.cropped(Frame::of_corners(crop)))
            .turned_by(degrees)
    }

    /// True when the page draws another content stream, whose place this engine does not know.
    fn has_forms(&self, page: ObjectId) -> bool {
        let resources = self
            .inherited(page, b"Resources")
            .and_then(|object| object.as_dict().ok());
        let Some(objects) = resources.and_then(|resources| self.resolved(resources, b"XObject")) else {
            return false;
        };
        objects.as_dict().is_ok_and(|objects| {
            objects.iter().any(|(_, object)| {
                let stream = self
                    .document
                    .dereference(object)
                    .ok()
                    .and_then(|(_, object)| object.as_stream().ok());
                stream.is_some_and(|stream| {
                    stream
                        .dict
                        .get(b"Subtype")
                        .and_then(Object::as_name)
                        .is_ok_and(|name| name == b"Form")
                })
            })
        })
    }

    /// True when the page shows strings with the operators `'` and `"`, which this engine passes over.
    fn has_quote_operators(&self, page: ObjectId) -> bool {
        let Ok(content) = self.document.get_page_content(page) else {
            return true;
        };
        memchr::memchr2_iter(b'\'', b'"', &content).any(|at| {
            let before = content[..at].trim_ascii_end().last();
            matches!(before, Some(b')' | b'>')) && content.get(at + 1).is_none_or(u8::is_ascii_whitespace)
        })
    }

    fn inherited(&self, page: ObjectId, key: &[u8]) -> Option<&Object> {
        inherited(&self.document, page, key)
    }

    fn resolved<'a>(&'a self, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        let object = dictionary.get(key).ok()?;
        self.document.dereference(object).ok().map(|(_, object)| object)
    }

    /// Title and author as the document states them.
    pub(crate) fn information(&self) -> (Option<String>, Option<String>) {
        let info = self
            .resolved(&self.document.trailer, b"Info")
            .and_then(|object| object.as_dict().ok());
        let Some(info) = info else {
            return (None, None);
        };
        let text = |key: &[u8]| {
            let text = text_string(self.resolved(info, key)?.as_str().ok()?);
            let worth =
                !text.is_empty() && !text.eq_ignore_ascii_case("untitled") && text.chars().count() <= 300;
            worth.then_some(text)
        };
        (text(b"Title"), text(b"Author"))
    }

    /// The document's outline, from the top; empty where there is none.
    pub(crate) fn bookmarks(&self) -> Vec<Bookmark> {
        let mut found = Vec::new();
        let root = self
            .document
            .catalog()
            .ok()
            .and_then(|catalog| self.resolved(catalog, b"Outlines"));
        let first = root
            .and_then(|root| root.as_dict().ok())
            .and_then(|root| reference(root, b"First"));
        // Items that are yet to be read, the next one last. A list may be a ring.
        let mut open: Vec<(ObjectId, u8)> = first.map(|id| (id, 1)).into_iter().collect();
        let mut seen = HashSet::new();
        while let Some((id, level)) = open.pop() {
            let Ok(item) = self.document.get_dictionary(id) else {
                continue;
            };
            if found.len() >= MAX_BOOKMARKS || !seen.insert(id) {
                continue;
            }
            open.extend(reference(item, b"Next").map(|next| (next, level)));
            open.extend(reference(item, b"First").map(|child| (child, level.saturating_add(1))));
            let title = self
                .resolved(item, b"Title")
                .and_then(|title| title.as_str().ok())
                .map(text_string);
            if let Some(title) = title.filter(|title| !title.is_empty() && title.chars().count() <= 300) {
                found.push(Bookmark {
                    title,
                    level,
                    page: self.target(item),
                });
            }
        }
        found
    }

    /// The page that an item of the outline leads to, counted from one, where it says so itself.
    fn target(&self, item: &Dictionary) -> Option<u32> {
        let destination = self.resolved(item, b"Dest").or_else(|| {
            let action = self.resolved(item, b"A")?.as_dict().ok()?;
            self.resolved(action, b"D")
        })?;
        let page = destination.as_array().ok()?.first()?.as_reference().ok()?;
        let index = self.pages.iter().position(|id| *id == page)?;
        u32::try_from(index + 1).ok()
    }
}

fn load(bytes: &[u8], passwords: &[String]) -> Result<Document, PdfFault> {
    let mut document = Document::load_mem(bytes).map_err(fault)?;
    if !document.is_encrypted() {
        return Ok(document);
    }
    if document.decrypt("").is_ok() {
        return Ok(document);
    }
    for password in passwords {
        let Ok(mut document) = Document::load_mem_with_options(bytes, LoadOptions::with_password(password))
        else {
            continue;
        };
        if !document.is_encrypted() || document.decrypt(password).is_ok() {
            return Ok(document);
        }
    }
    Err(PdfFault::Encrypted)
}

fn fault(error: pdf_extract::Error) -> PdfFault {
    use pdf_extract::Error as E;
    match error {
        E::Decryption(_) | E::InvalidPassword | E::UnsupportedSecurityHandler(_) => PdfFault::Encrypted,
        other => PdfFault::Broken(other.to_string()),
    }
}

/// A text string of a PDF, in one line.
fn text_string(bytes: &[u8]) -> String {
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
    text.trim().to_owned()
}

/// Collects what the engine draws.
#[derive(Default)]
struct Glyphs {
    runs: Vec<Run>,
    open: Option<Run>,
    frame: Frame,
    /// The next glyph is the first of its string: only there can a space be meant by a gap.
    is_first: bool,
    unnamed: usize,
}

impl Glyphs {
    fn close(&mut self) {
        self.runs.extend(self.open.take());
    }
}

impl OutputDev for Glyphs {
    fn begin_page(
        &mut self,
        _: u32,
        page: &MediaBox,
        _: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        self.frame = Frame::of_corners([page.llx, page.lly, page.urx, page.ury]);
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        self.close();
        Ok(())
    }

    fn output_character(
        &mut self,
        place: &Transform,
        width: f64,
        _spacing: f64,
        font_size: f64,
        text: &str,
    ) -> Result<(), OutputError> {
        if text.is_empty() {
            self.unnamed += 1;
        }
        let along = (place.m11 * font_size, place.m12 * font_size);
        let up = (place.m21 * font_size, place.m22 * font_size);
        let size = finite(up.0.hypot(up.1)).max(0.1);
        let advance = finite(along.0.hypot(along.1) * width.abs());
        let turn = match (along.0.abs() >= along.1.abs(), along.0 >= 0.0, along.1 >= 0.0) {
            (true, true, _) => 0,
            (true, false, _) => 2,
            (false, _, true) => 1,
            (false, _, false) => 3,
        };
        let (x, y) = turned(finite(place.m31), finite(place.m32), turn);
        let is_first = std::mem::take(&mut self.is_first);
        if let Some(run) = &mut self.open {
            let gap = x - run.right;
            let is_near = run.turn == turn && (y - run.baseline).abs() <= 0.3 * size && gap > -0.5 * size;
            let reach = if is_first { size } else { 3.0 * size };
            if is_near && gap <= reach {
                if is_first && gap > 0.1 * size && !run.text.ends_with(char::is_whitespace) {
                    run.text.push(' ');
                }
                run.text.push_str(text);
                run.right = run.right.max(x + advance);
                return Ok(());
            }
        }
        self.close();
        self.open = Some(Run {
            text: text.to_owned(),
            left: x,
            right: x + advance,
            baseline: y,
            size,
            turn,
        });
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        self.is_first = true;
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}
