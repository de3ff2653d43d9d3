//! OpenDocument text and presentations: `content.xml` in one pass, without a tree.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::ZipArchive;

use super::{OfficeFault, OfficeKind, OfficeText, Piece, Role, Spot, property, row_text};

/// Markup takes more room than its text; a member beyond this many times the longest text is cut.
const MARKUP_FACTOR: usize = 8;

/// Reads a text or a presentation. Stops once there is more than `max_text` bytes of text.
pub(super) fn read(bytes: &[u8], kind: OfficeKind, max_text: usize) -> Result<OfficeText, OfficeFault> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| OfficeFault::Broken(error.to_string()))?;
    let cap = max_text.saturating_mul(MARKUP_FACTOR);
    let manifest = member(&mut archive, "META-INF/manifest.xml", cap);
    if manifest.is_some_and(|(text, _)| text.contains("encryption-data")) {
        return Err(OfficeFault::Encrypted);
    }
    let (content, cut) = member(&mut archive, "content.xml", cap)
        .ok_or_else(|| OfficeFault::Broken("its content cannot be unpacked".to_owned()))?;
    let mut out = OfficeText::default();
    if let Some((meta, _)) = member(&mut archive, "meta.xml", cap) {
        out.title = property(element_text(&meta, "title"));
        out.authors =
            property(element_text(&meta, "initial-creator").or_else(|| element_text(&meta, "creator")))
                .into_iter()
                .collect();
        out.created =
            element_text(&meta, "creation-date").map(|date| format!("{}Z", date.trim_end_matches('Z')));
    }
    let mut walk = Walk::new(max_text);
    match walk.run(&content) {
        Ok(()) => {}
        Err(_) if cut => out.truncated = true,
        Err(error) if walk.pieces.is_empty() => return Err(OfficeFault::Broken(error.to_string())),
        Err(error) => out.broken_off = Some(error.to_string()),
    }
    out.pages = (kind == OfficeKind::OpenSlides).then_some(walk.slide);
    out.pieces = walk.pieces;
    Ok(out)
}

/// The text of a member, and whether it was cut at `cap` bytes; `None` when it is not there or cannot be unpacked.
pub(super) fn member(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    cap: usize,
) -> Option<(String, bool)> {
    let file = archive.by_name(name).ok()?;
    let mut bytes = Vec::new();
    file.take(cap as u64).read_to_end(&mut bytes).ok()?;
    let cut = bytes.len() >= cap;
    Some((String::from_utf8_lossy(&bytes).into_owned(), cut))
}

/// The text of the first element of this name.
pub(super) fn element_text(xml: &str, name: &str) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    let (mut inside, mut text) = (false, String::new());
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if start.local_name().into_inner() == name => inside = true,
            Event::End(end) if inside && end.local_name().into_inner() == name => break,
            Event::Text(piece) if inside => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(entity) if inside => text.extend(resolved(&entity)),
            Event::Eof => return None,
            _ => {}
        }
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The character that a reference stands for.
pub(crate) fn resolved(entity: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return Some(character);
    }
    let name: &str = entity;
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

struct Walk {
    pieces: Vec<Piece>,
    /// Bytes of text so far, and after how many to stop.
    taken: usize,
    max_text: usize,
    /// Slides so far.
    slide: u32,
    /// Open paragraphs and headings, the innermost last: notes and text boxes lie inside them.
    open: Vec<(Role, String)>,
    /// Cells of the open row of every open table.
    rows: Vec<Vec<String>>,
    /// Notes that follow the paragraph that refers to them.
    notes: Vec<String>,
    in_note: usize,
    in_list: usize,
    in_header_rows: usize,
    /// What tracked changes deleted.
    in_deleted: usize,
}

impl Walk {
    fn new(max_text: usize) -> Self {
        Self {
            pieces: Vec::new(),
            taken: 0,
            max_text,
            slide: 0,
            open: Vec::new(),
            rows: Vec::new(),
            notes: Vec::new(),
            in_note: 0,
            in_list: 0,
            in_header_rows: 0,
            in_deleted: 0,
        }
    }

    fn run(&mut self, xml: &str) -> Result<(), quick_xml::Error> {
        let mut reader = Reader::from_str(xml);
        loop {
            match reader.read_event()? {
                Event::Start(start) => self.start(&start),
                Event::Empty(start) => {
                    self.start(&start);
                    self.end(start.local_name().into_inner());
                }
                Event::End(end) => self.end(end.local_name().into_inner()),
                Event::Text(text) => self.text(&text.xml10_content()),
                Event::CData(text) => self.text(&text.xml10_content()),
                Event::GeneralRef(entity) => {
                    if let Some(character) = resolved(&entity) {
                        self.text(character.encode_utf8(&mut [0; 4]));
                    }
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
            if self.taken > self.max_text {
                return Ok(());
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) {
        match start.local_name().into_inner() {
            "p" => {
                let kind = if self.in_list > 0 {
                    Role::ListItem
                } else {
                    Role::Paragraph
                };
                self.open.push((kind, String::new()));
            }
            "h" => {
                let level = attribute(start, "outline-level").and_then(|level| level.parse().ok());
                let level: u8 = level.unwrap_or(1);
                self.open.push((Role::Heading(level.clamp(1, 6)), String::new()));
            }
            "s" => {
                let count = attribute(start, "c")
                    .and_then(|count| count.parse().ok())
                    .unwrap_or(1usize);
                self.text(&" ".repeat(count.min(80)));
            }
            "tab" => self.text(" "),
            "line-break" => self.text("\n"),
            "list" => self.in_list += 1,
            "note" | "annotation" => self.in_note += 1,
            "tracked-changes" => self.in_deleted += 1,
            "table-header-rows" => self.in_header_rows += 1,
            "table-row" => self.rows.push(Vec::new()),
            "table-cell" => {
                if let Some(row) = self.rows.last_mut() {
                    row.push(String::new());
                }
            }
            "page" => self.slide = self.slide.saturating_add(1),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" | "h" => {
                if let Some((kind, text)) = self.open.pop() {
                    self.close(kind, text);
                }
            }
            "list" => self.in_list = self.in_list.saturating_sub(1),
            "note" | "annotation" => self.in_note = self.in_note.saturating_sub(1),
            "tracked-changes" => self.in_deleted = self.in_deleted.saturating_sub(1),
            "table-header-rows" => self.in_header_rows = self.in_header_rows.saturating_sub(1),
            "table-row" => {
                let cells = self.rows.pop().unwrap_or_default();
                if cells.iter().any(|cell| !cell.is_empty()) {
                    let kind = if self.in_header_rows > 0 {
                        Role::TableHeader
                    } else {
                        Role::TableRow
                    };
                    self.close(kind, row_text(&cells));
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_deleted == 0
            && let Some((_, open)) = self.open.last_mut()
        {
            open.push_str(text);
        }
    }

    fn close(&mut self, kind: Role, text: String) {
        if self.in_note > 0 {
            self.notes.push(text);
            return;
        }
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            for word in text.split_whitespace() {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(word);
            }
        } else {
            self.emit(kind, &text);
        }
        if self.open.is_empty() && self.rows.is_empty() {
            for note in std::mem::take(&mut self.notes) {
                self.emit(Role::Paragraph, &note);
            }
        }
    }

    fn emit(&mut self, kind: Role, text: &str) {
        let spot = if self.slide > 0 {
            Spot::Slide(self.slide)
        } else {
            Spot::Whole
        };
        if !text.trim().is_empty() {
            self.taken += text.len();
            self.pieces.push(Piece {
                role: kind,
                text: text.to_owned(),
                spot,
            });
        }
    }
}

pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    start
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().into_inner() == name)
        .map(|attribute| attribute.value.to_string())
}
