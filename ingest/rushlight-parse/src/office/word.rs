//! Word processors' documents and slides.

use std::collections::HashSet;

use undoc::ErrorKind;
use undoc::model::{Block, Paragraph, RevisionType, Table};

use super::aside::{self, Aside};
use super::package::Package;
use super::rows::Rows;
use super::{OfficeFault, OfficeKind, OfficeText, Piece, Role, Spot, names_columns, property, row_text};

/// Deepest table in a table that is read.
const MAX_NESTING: u32 = 8;

/// Reads a document or slides.
pub(super) fn read(bytes: &[u8], kind: OfficeKind) -> Result<OfficeText, OfficeFault> {
    let slides = kind == OfficeKind::Slides;
    let mut package = bytes
        .starts_with(b"PK")
        .then(|| Package::open(bytes))
        .transpose()?;
    let mut notes = package.as_mut().map(|package| {
        if slides {
            aside::of_slides(package)
        } else {
            aside::of_document(package)
        }
    });
    let document = match undoc::parse_bytes(bytes) {
        Ok(document) => document,
        Err(error) if error.kind() == ErrorKind::Encrypted => return Err(OfficeFault::Encrypted),
        Err(error) => {
            let pieces = package.as_mut().map(|package| aside::plain(package, slides));
            let pieces = pieces.unwrap_or_default();
            return if pieces.is_empty() {
                Err(OfficeFault::Broken(error.to_string()))
            } else {
                Ok(OfficeText {
                    pieces,
                    broken_off: Some(error.to_string()),
                    ..OfficeText::default()
                })
            };
        }
    };
    let mut pieces = Pieces::default();
    for (index, section) in document.sections.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        pieces.spot = if slides { Spot::Slide(number) } else { Spot::Whole };
        let begun = pieces.found.len();
        let beside = notes
            .as_mut()
            .map(|notes| notes.get_mut(index).map(std::mem::take).unwrap_or_default());
        pieces.prompts = beside
            .as_ref()
            .map(|beside| beside.prompts.clone())
            .unwrap_or_default();
        pieces.running(section.header.as_deref());
        for block in &section.content {
            match block {
                Block::Paragraph(paragraph) => pieces.paragraph(paragraph),
                Block::Table(table) => pieces.table(table, 0),
                // In a package they are found by its relations: undoc runs the paragraphs of one together.
                Block::Note { .. } if beside.is_some() => {}
                Block::Note { label: _, content } => content.iter().for_each(|note| pieces.paragraph(note)),
                Block::Image { alt_text, .. } => {
                    pieces.push(Role::Paragraph, alt_text.clone().unwrap_or_default());
                }
                Block::PageBreak | Block::SectionBreak => {}
            }
        }
        match beside {
            // Those of a package are found by its relations.
            Some(beside) => beside.texts.into_iter().for_each(|text| pieces.aside(text)),
            None => section
                .notes
                .iter()
                .flatten()
                .for_each(|note| pieces.paragraph(note)),
        }
        pieces.running(section.footer.as_deref());
        if let Some(name) = section.name.as_deref().filter(|_| slides) {
            pieces.entitle(begun, name);
        }
    }
    Ok(OfficeText {
        title: property(document.metadata.title),
        authors: property(document.metadata.author).into_iter().collect(),
        created: document.metadata.created,
        pages: slides.then(|| u32::try_from(document.sections.len()).unwrap_or(u32::MAX)),
        pieces: pieces.found,
        ..OfficeText::default()
    })
}

/// The sheets of an older workbook, values alone. Rows are counted as they come.
pub(super) fn workbook(bytes: &[u8]) -> Result<Vec<Piece>, OfficeFault> {
    let document = undoc::parse_bytes(bytes).map_err(|error| match error.kind() {
        ErrorKind::Encrypted => OfficeFault::Encrypted,
        _ => OfficeFault::Broken(error.to_string()),
    })?;
    let mut found = Vec::new();
    for section in &document.sections {
        let mut rows = Rows::new(section.name.as_deref().unwrap_or_default(), usize::MAX);
        let mut number = 0;
        for block in &section.content {
            match block {
                Block::Table(table) => {
                    for row in &table.rows {
                        let cells = row
                            .cells
                            .iter()
                            .map(|cell| cell.content.iter().map(text_of).collect::<Vec<_>>());
                        for (column, texts) in (0..).zip(cells) {
                            rows.cell(number, column, texts.join(" "));
                        }
                        number += 1;
                    }
                }
                Block::Paragraph(paragraph) => rows.note(number + 1, &text_of(paragraph)),
                _ => {}
            }
        }
        rows.end_row();
        found.extend(rows.finish());
    }
    Ok(found)
}

struct Pieces {
    found: Vec<Piece>,
    spot: Spot,
    /// Headers and footers that were said already.
    said: Vec<String>,
    /// What the slide's layout asks the writer to write.
    prompts: HashSet<String>,
}

impl Default for Pieces {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            spot: Spot::Whole,
            said: Vec::new(),
            prompts: HashSet::new(),
        }
    }
}

impl Pieces {
    fn push(&mut self, role: Role, text: String) {
        if !text.trim().is_empty() {
            self.found.push(Piece {
                role,
                text,
                spot: self.spot.clone(),
            });
        }
    }

    fn paragraph(&mut self, paragraph: &Paragraph) {
        let role = if paragraph.is_heading() {
            Role::Heading(paragraph.heading.level())
        } else if paragraph.is_list_item() {
            Role::ListItem
        } else {
            Role::Paragraph
        };
        let text = text_of(paragraph);
        if !self.prompts.contains(text.trim()) {
            self.push(role, text);
        }
    }

    /// What stands beside the text: a note, a comment, the text of a diagram. What every slide's notes say is said once.
    fn aside(&mut self, aside: Aside) {
        match aside {
            Aside::Running(text) if self.said.contains(&text) => {}
            Aside::Running(text) => {
                self.said.push(text.clone());
                self.push(Role::Paragraph, text);
            }
            Aside::Own(text) => self.push(Role::Paragraph, text),
        }
    }

    /// Headers and footers stand on every page and are said once.
    fn running(&mut self, paragraphs: Option<&[Paragraph]>) {
        for paragraph in paragraphs.unwrap_or_default() {
            let text = text_of(paragraph);
            if !self.said.contains(&text) {
                self.said.push(text.clone());
                self.push(Role::Paragraph, text);
            }
        }
    }

    fn table(&mut self, table: &Table, depth: u32) {
        for (index, row) in table.rows.iter().enumerate() {
            let cells: Vec<String> = row
                .cells
                .iter()
                .map(|cell| cell.content.iter().map(text_of).collect::<Vec<_>>().join(" "))
                .collect();
            let header = row.is_header || (index == 0 && table.rows.len() > 1 && names_columns(&cells));
            let role = if header { Role::TableHeader } else { Role::TableRow };
            self.push(role, row_text(&cells));
            if depth < MAX_NESTING {
                for nested in row.cells.iter().flat_map(|cell| &cell.nested_tables) {
                    self.table(nested, depth + 1);
                }
            }
        }
    }

    /// A slide without a title is called by its number, so that the words of two slides do not run together.
    fn entitle(&mut self, begun: usize, name: &str) {
        let slide = &self.found[begun..];
        let has_title = slide.iter().any(|piece| matches!(piece.role, Role::Heading(_)));
        if !slide.is_empty() && !has_title && !name.trim().is_empty() {
            self.found.insert(
                begun,
                Piece {
                    role: Role::Heading(2),
                    text: name.trim().to_owned(),
                    spot: self.spot.clone(),
                },
            );
        }
    }
}

/// The paragraph as it reads with all changes accepted.
fn text_of(paragraph: &Paragraph) -> String {
    let mut text = String::new();
    for run in &paragraph.runs {
        if run.revision == RevisionType::Deleted {
            continue;
        }
        text.push_str(&run.text);
        if run.line_break {
            text.push('\n');
        }
    }
    text
}
