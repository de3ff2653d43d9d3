//! OpenDocument texts, sheets and presentations, and OpenOffice's of before: `content.xml` in one pass, without a tree.

use std::collections::HashSet;

use quick_xml::events::BytesStart;

use super::embedded::Files;
use super::open_sheet::Sheet;
use super::package::Package;
use super::xml::{Step, attribute, element_text, walk};
use super::{OfficeFault, OfficeKind, OfficeText, Piece, Role, Spot, numbers_pages, property, row_text};

/// Markup takes more room than its text; a member beyond this many times the longest text is cut.
const MARKUP_FACTOR: usize = 8;

/// Reads a document. Stops once there is more than `max_text` bytes of text.
pub(super) fn read(bytes: &[u8], kind: OfficeKind, max_text: usize) -> Result<OfficeText, OfficeFault> {
    if !bytes.starts_with(b"PK") {
        let xml = String::from_utf8_lossy(bytes);
        return of_parts(&xml, false, Some(&xml), None, kind, max_text).map(|(out, _)| out);
    }
    let mut package = Package::open(bytes)?;
    let cap = max_text.saturating_mul(MARKUP_FACTOR);
    let manifest = package.text("META-INF/manifest.xml", cap);
    if manifest.is_some_and(|(text, _)| text.contains("encryption-data")) {
        return Err(OfficeFault::Encrypted);
    }
    let (content, cut) = package
        .text("content.xml", cap)
        .ok_or_else(|| OfficeFault::Broken("its content cannot be unpacked".to_owned()))?;
    let meta = package.text("meta.xml", cap).map(|(meta, _)| meta);
    let styles = package.text("styles.xml", cap).map(|(styles, _)| styles);
    let (mut out, mut left) = of_parts(&content, cut, meta.as_deref(), styles.as_deref(), kind, max_text)?;
    for name in package.names() {
        // Sheets, charts and drawings of other programs of the same family, shown in the document.
        let is_object = name.starts_with("Object ") && name.ends_with("/content.xml");
        if is_object && let Some((object, _)) = package.text(&name, cap) {
            if let Some(formula) =
                element_text(&object, "semantics").and_then(|_| element_text(&object, "annotation"))
            {
                out.pieces.push(Piece {
                    role: Role::Paragraph,
                    text: formula,
                    spot: Spot::Whole,
                });
                continue;
            }
            let mut walk = Walk::new(left);
            out.truncated |= walk.run(&object).is_err();
            left = left.saturating_sub(walk.taken);
            out.pieces.extend(walk.finish().pieces);
        }
    }
    let files = Files::of_package(&mut package);
    out.embedded = files.found;
    out.unread = files.unread;
    Ok(out)
}

/// Of the document's parts; `cut` where the content is not all there. Also how many bytes of text there may still be.
fn of_parts(
    content: &str,
    cut: bool,
    meta: Option<&str>,
    styles: Option<&str>,
    kind: OfficeKind,
    max_text: usize,
) -> Result<(OfficeText, usize), OfficeFault> {
    let mut out = OfficeText::default();
    if let Some(meta) = meta {
        out.title = property(element_text(meta, "title"));
        out.authors =
            property(element_text(meta, "initial-creator").or_else(|| element_text(meta, "creator")))
                .into_iter()
                .collect();
        out.created =
            element_text(meta, "creation-date").map(|date| format!("{}Z", date.trim_end_matches('Z')));
    }
    let mut walk = Walk::new(max_text);
    let read = walk.run(content);
    let found = walk.finish();
    match read {
        Ok(()) => {}
        Err(_) if cut => out.truncated = true,
        Err(error) if found.pieces.is_empty() => return Err(OfficeFault::Broken(error.to_string())),
        Err(error) => out.broken_off = Some(error.to_string()),
    }
    out.pages = (kind == OfficeKind::OpenSlides).then_some(found.slide);
    out.hidden = found.hidden;
    out.pieces = found.pieces;
    if let Some(styles) = styles {
        let texts = headers(styles).into_iter();
        out.pieces.extend(texts.map(|text| Piece {
            role: Role::Paragraph,
            text,
            spot: Spot::Whole,
        }));
    }
    Ok((out, max_text.saturating_sub(found.taken)))
}

/// The headers and footers of all pages, each once.
fn headers(styles: &str) -> Vec<String> {
    const FIELDS: [&str; 9] = [
        "page-number",
        "page-count",
        "sheet-name",
        "file-name",
        "title",
        "date",
        "time",
        "chapter",
        "subject",
    ];
    let (mut found, mut said) = (Vec::new(), HashSet::new());
    let (mut inside, mut in_field, mut line) = (0usize, 0usize, String::new());
    // What stands before a break is kept.
    let _ = walk(styles, |step| {
        match step {
            Step::Start(
                "header" | "footer" | "header-left" | "footer-left" | "header-first" | "footer-first",
                start,
            ) => {
                let shown = attribute(start, "display").as_deref() != Some("false");
                inside = usize::from(shown);
            }
            Step::End(
                "header" | "footer" | "header-left" | "footer-left" | "header-first" | "footer-first",
            ) => inside = 0,
            _ if inside == 0 => {}
            Step::Start("p" | "h", _) => line.clear(),
            Step::Start("s" | "tab" | "line-break", _) => line.push(' '),
            Step::Start(name, _) if FIELDS.contains(&name) => in_field += 1,
            Step::End(name) if FIELDS.contains(&name) => in_field = in_field.saturating_sub(1),
            Step::Text(text) if in_field == 0 => line.push_str(text),
            Step::End("p" | "h") => {
                let text = line.split_whitespace().collect::<Vec<_>>().join(" ");
                if !numbers_pages(&text) && said.insert(text.clone()) {
                    found.push(text);
                }
            }
            _ => {}
        }
        true
    });
    found
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
    /// Open notes, each with the paragraphs that were open when it began: what stands in it outside its own is its mark.
    in_note: Vec<usize>,
    in_list: usize,
    in_header_rows: usize,
    /// What tracked changes deleted.
    in_deleted: usize,
    /// Who wrote the open annotation, until it is said.
    author: String,
    in_author: bool,
    /// Tables are sheets.
    is_workbook: bool,
    sheet: Option<Sheet>,
    /// Styles of sheets that are not shown, and the style that is being described.
    hiding: HashSet<String>,
    style: String,
    /// Sheets that are not shown.
    hidden: Vec<String>,
}

/// What was found.
struct Walked {
    pieces: Vec<Piece>,
    taken: usize,
    slide: u32,
    hidden: Vec<String>,
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
            in_note: Vec::new(),
            in_list: 0,
            in_header_rows: 0,
            in_deleted: 0,
            author: String::new(),
            in_author: false,
            is_workbook: false,
            sheet: None,
            hiding: HashSet::new(),
            style: String::new(),
            hidden: Vec::new(),
        }
    }

    fn run(&mut self, xml: &str) -> Result<(), quick_xml::Error> {
        walk(xml, |step| {
            match step {
                Step::Start(name, start) => self.start(name, start),
                Step::End(name) => self.end(name),
                Step::Text(text) => self.text(text),
            }
            self.taken <= self.max_text
        })
    }

    /// What was found, in spite of what is still open.
    fn finish(mut self) -> Walked {
        self.end_sheet();
        Walked {
            pieces: self.pieces,
            taken: self.taken,
            slide: self.slide,
            hidden: self.hidden,
        }
    }

    fn end_sheet(&mut self) {
        if let Some(sheet) = self.sheet.take() {
            let pieces = sheet.finish();
            self.taken += pieces.iter().map(|piece| piece.text.len()).sum::<usize>();
            self.pieces.extend(pieces);
        }
    }

    fn start(&mut self, name: &str, start: &BytesStart<'_>) {
        if self.start_in_sheet(name, start) {
            return;
        }
        match name {
            "p" | "header-decl" | "footer-decl" => {
                let kind = if self.in_list > 0 {
                    Role::ListItem
                } else {
                    Role::Paragraph
                };
                self.open.push((kind, String::new()));
            }
            "h" => {
                let level = attribute(start, "outline-level").or_else(|| attribute(start, "level"));
                let level: u8 = level.and_then(|level| level.parse().ok()).unwrap_or(1);
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
            "note" | "annotation" | "footnote" | "endnote" => self.in_note.push(self.open.len()),
            "creator" => self.in_author = !self.in_note.is_empty(),
            "spreadsheet" => self.is_workbook = true,
            // As OpenOffice wrote it before there was a standard.
            "document-content" => {
                self.is_workbook = attribute(start, "class").as_deref() == Some("spreadsheet");
            }
            "style" => self.style = attribute(start, "name").unwrap_or_default(),
            "table-properties" if attribute(start, "display").as_deref() == Some("false") => {
                self.hiding.insert(self.style.clone());
            }
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

    /// True for what only sheets have. Tables in a cell are none.
    fn start_in_sheet(&mut self, name: &str, start: &BytesStart<'_>) -> bool {
        if !self.is_workbook {
            return false;
        }
        let number = |name| {
            attribute(start, name)
                .and_then(|number| number.parse().ok())
                .unwrap_or(1)
        };
        match (name, &mut self.sheet) {
            ("table", None) => {
                let name = attribute(start, "name").unwrap_or_default();
                let style = attribute(start, "style-name").unwrap_or_default();
                if self.hiding.contains(&style) {
                    self.hidden.push(name.clone());
                }
                self.sheet = Some(Sheet::new(&name, self.max_text.saturating_sub(self.taken)));
            }
            ("table", Some(sheet)) => sheet.start_inner(),
            ("table-row", Some(sheet)) => sheet.start_row(number("number-rows-repeated")),
            ("table-cell" | "covered-table-cell", Some(sheet)) => {
                sheet.start_cell(number("number-columns-repeated"));
            }
            _ => return false,
        }
        true
    }

    fn end(&mut self, name: &str) {
        match (name, &mut self.sheet) {
            ("table-row", Some(sheet)) => return sheet.end_row(),
            ("table-cell" | "covered-table-cell", Some(sheet)) => return sheet.end_cell(),
            ("table", Some(sheet)) => {
                if sheet.ends() {
                    self.end_sheet();
                }
                return;
            }
            _ => {}
        }
        match name {
            "p" | "h" | "header-decl" | "footer-decl" => {
                if let Some((kind, text)) = self.open.pop() {
                    self.close(kind, text);
                }
            }
            "list" => self.in_list = self.in_list.saturating_sub(1),
            "note" | "annotation" | "footnote" | "endnote" => {
                self.in_note.pop();
                self.author.clear();
            }
            "creator" => self.in_author = false,
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
        if self.in_author {
            self.author.push_str(text);
        } else if self.in_deleted == 0
            && self
                .in_note
                .last()
                .is_none_or(|outside| self.open.len() > *outside)
            && let Some((_, open)) = self.open.last_mut()
        {
            open.push_str(text);
        }
    }

    fn close(&mut self, kind: Role, mut text: String) {
        if !self.in_note.is_empty() {
            if !self.author.is_empty() {
                text = format!("{}: {text}", std::mem::take(&mut self.author));
            }
            match &mut self.sheet {
                Some(sheet) => sheet.note(text),
                None => self.notes.push(text),
            }
            return;
        }
        if let Some(sheet) = &mut self.sheet {
            sheet.say(&text);
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
