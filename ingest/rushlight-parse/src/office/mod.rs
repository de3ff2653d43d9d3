//! Office documents: word processors', slides, spreadsheets, rich text and books. Read in the worker; put together on
//! this side.

mod aside;
mod beside;
mod biff;
mod book;
mod code_page;
mod comments;
mod drawing;
mod embedded;
mod iwork;
mod kind;
mod number;
mod old_slides;
mod ole;
mod open_document;
mod open_sheet;
mod package;
mod rich_text;
mod rows;
mod sheet;
mod unread;
mod visio;
mod word;
mod xml;

use rushlight_core::{
    Block, BlockKind, DocMetadata, DocumentKind, Error, ErrorCode, Locator, SkipReason, Warning,
};
use serde::{Deserialize, Serialize};

use crate::build::TextBuilder;
use crate::{front_matter, table};

pub(crate) use code_page::{of_charset, of_code_page};
use embedded::{Embedded, Files};
pub(crate) use kind::{OfficeKind, has_stream, is_package, of_cfb, of_name, of_older_open, of_zip};
use package::Package;
pub(crate) use xml::resolved;

/// What the worker finds in an office document.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OfficeText {
    pub(crate) title: Option<String>,
    pub(crate) authors: Vec<String>,
    /// BCP 47, as the file states it.
    pub(crate) language: Option<String>,
    /// When it was written, as the file states it: RFC 3339, or a date alone.
    pub(crate) created: Option<String>,
    pub(crate) pieces: Vec<Piece>,
    /// Slides, and pages of drawings; nothing elsewhere.
    pub(crate) pages: Option<u32>,
    /// Text beyond the limit was left out.
    pub(crate) truncated: bool,
    /// What in it is not read, in words for people.
    pub(crate) unread: Vec<String>,
    /// Sheets that are read and that the program does not show.
    pub(crate) hidden: Vec<String>,
    /// Files that lie in it.
    pub(crate) embedded: Vec<Embedded>,
    /// The file is broken after what was read: what the library says.
    pub(crate) broken_off: Option<String>,
}

/// A stretch of text with its place.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Piece {
    pub(crate) role: Role,
    pub(crate) text: String,
    pub(crate) spot: Spot,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    Heading(u8),
    Paragraph,
    ListItem,
    Quote,
    Code,
    TableHeader,
    TableRow,
}

/// Where a piece stands. Numbers count from one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Spot {
    Whole,
    Slide(u32),
    Row { sheet: String, row: u32 },
}

/// Why the worker cannot read a file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OfficeFault {
    /// It needs a password.
    Encrypted,
    /// It is broken; what the library says.
    Broken(String),
}

/// An office document, put together.
pub(crate) struct Office {
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) metadata: DocMetadata,
    pub(crate) warnings: Vec<Warning>,
}

/// Reads an office document. To be called in the worker only: it may panic, hang or fill the memory.
pub(crate) fn extract(kind: OfficeKind, bytes: &[u8], max_text: usize) -> Result<OfficeText, OfficeFault> {
    let mut found = match kind {
        OfficeKind::Document | OfficeKind::Slides => word::read(bytes, kind)?,
        OfficeKind::Workbook if kind::is_open(bytes) => open_document::read(bytes, kind, max_text)?,
        OfficeKind::Workbook => sheet::read(bytes, max_text)?,
        OfficeKind::OpenText | OfficeKind::OpenSlides => open_document::read(bytes, kind, max_text)?,
        OfficeKind::RichText => rich_text::read(bytes, max_text)?,
        OfficeKind::Book => book::read(bytes, max_text)?,
        OfficeKind::Diagram => visio::read(bytes)?,
        OfficeKind::Apple => iwork::read(bytes, max_text)?,
    };
    if matches!(
        kind,
        OfficeKind::Document | OfficeKind::Slides | OfficeKind::Workbook
    ) && !kind::is_open(bytes)
    {
        let files = if bytes.starts_with(b"PK") {
            let mut package = Package::open(bytes)?;
            found.unread.extend(unread::kinds(&package));
            Files::of_package(&mut package)
        } else {
            Files::of_container(bytes)
        };
        found.embedded.extend(files.found);
        found.unread.extend(files.unread);
    }
    for piece in &mut found.pieces {
        // Where a word may be parted; it is not seen, and would part the word for whoever searches it.
        if piece.text.contains('\u{ad}') {
            piece.text = piece.text.replace('\u{ad}', "");
        }
    }
    let mut taken = 0usize;
    let fitting = found.pieces.iter().take_while(|piece| {
        taken += piece.text.len();
        taken <= max_text
    });
    let fitting = fitting.count();
    found.truncated |= fitting < found.pieces.len();
    found.pieces.truncate(fitting);
    Ok(found)
}

/// Puts the pieces together.
pub(crate) fn assemble(found: &OfficeText) -> Office {
    let mut builder = TextBuilder::default();
    for Piece { role, text, spot } in &found.pieces {
        let kind = match role {
            Role::Heading(level) => BlockKind::Heading { level: *level },
            Role::Paragraph => BlockKind::Paragraph,
            Role::ListItem => BlockKind::ListItem,
            Role::Quote => BlockKind::Quote,
            Role::Code => BlockKind::Code,
            Role::TableHeader => BlockKind::TableHeader,
            Role::TableRow => BlockKind::TableRow,
        };
        let locator = match spot {
            Spot::Whole => Locator::Whole,
            Spot::Slide(number) => Locator::pages(*number, *number),
            Spot::Row { sheet, row } => Locator::Cells {
                sheet: sheet.clone(),
                first: *row,
                last: *row,
            },
        };
        builder.push(kind, text, locator);
    }
    let (text, blocks) = builder.finish();
    let mut warnings = Vec::new();
    if let Some(what) = unread(found) {
        warnings.push(Warning {
            code: "part_not_read".to_owned(),
            message: format!("its {what} are not searchable"),
        });
    }
    if !found.hidden.is_empty() {
        warnings.push(Warning {
            code: "hidden_sheets".to_owned(),
            message: format!(
                "its sheets {} are hidden, and are searchable",
                found.hidden.join(", ")
            ),
        });
    }
    if found.truncated {
        warnings.push(Warning {
            code: "text_truncated".to_owned(),
            message: "the text is longer than the limit; its end is left out".to_owned(),
        });
    }
    if let Some(why) = &found.broken_off {
        warnings.push(Warning {
            code: "text_truncated".to_owned(),
            message: format!("the file is broken, and its end is not read: {why}"),
        });
    }
    let metadata = DocMetadata {
        authors: found.authors.clone(),
        language: found.language.clone(),
        created: found.created.as_deref().and_then(front_matter::parse_date),
        ..DocMetadata::default()
    };
    Office {
        text,
        blocks,
        metadata,
        warnings,
    }
}

/// Why a document without text is skipped: `name` has none, or none but what is not read.
pub(crate) fn no_text(found: &OfficeText, name: &str) -> SkipReason {
    let other = unread(found).map_or_else(String::new, |what| {
        format!(" beside its {what}, which are not read")
    });
    SkipReason {
        code: "no_text".to_owned(),
        message: format!("`{name}` has no text{other}"),
    }
}

fn unread(found: &OfficeText) -> Option<String> {
    let (last, others) = found.unread.split_last()?;
    Some(match others {
        [] => last.clone(),
        others => format!("{} and {last}", others.join(", ")),
    })
}

/// The error for a file that the worker could not read.
pub(crate) fn error(fault: OfficeFault, name: &str) -> Error {
    match fault {
        OfficeFault::Encrypted => Error::new(
            ErrorCode::FileEncrypted,
            format!("`{name}` is encrypted and does not open without a password"),
        ),
        OfficeFault::Broken(what) => Error::new(
            ErrorCode::FileBroken,
            format!("`{name}` is not a readable document: {what}"),
        ),
    }
}

impl OfficeKind {
    /// IANA's name for it; the container tells the older formats from the newer.
    pub(crate) fn media_type(self, bytes: &[u8]) -> &'static str {
        let newer = bytes.starts_with(b"PK");
        let open = kind::is_open(bytes);
        match self {
            Self::OpenText => "application/vnd.oasis.opendocument.text",
            Self::OpenSlides => "application/vnd.oasis.opendocument.presentation",
            Self::RichText => "application/rtf",
            Self::Book => "application/epub+zip",
            Self::Diagram => "application/vnd.ms-visio.drawing.main+xml",
            Self::Apple => "application/vnd.apple.iwork",
            Self::Workbook if open => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Document if newer => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
            Self::Slides if newer => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Workbook if newer => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Document => "application/msword",
            Self::Slides => "application/vnd.ms-powerpoint",
            Self::Workbook => "application/vnd.ms-excel",
        }
    }

    /// What people filter for.
    pub(crate) fn document_kind(self) -> DocumentKind {
        match self {
            Self::Document | Self::OpenText | Self::RichText | Self::Book | Self::Apple => {
                DocumentKind::Document
            }
            Self::Slides | Self::OpenSlides | Self::Diagram => DocumentKind::Slides,
            Self::Workbook => DocumentKind::Table,
        }
    }
}

/// The words of a property, or nothing: programs write a blank or their own name for an untitled document.
fn property(text: Option<String>) -> Option<String> {
    let text = text?.replace('\u{ad}', "");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let worth = !text.is_empty() && text.chars().count() <= 300;
    worth.then_some(text)
}

/// True for a header or footer that has no words but those around a page's number.
fn numbers_pages(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let mut words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);
    words
        .all(|word| ["page", "pages", "of"].contains(&&*word) || word.chars().all(|c| "第頁页共".contains(c)))
}

/// True for two cells or more that name columns.
fn names_columns(cells: &[String]) -> bool {
    cells.len() > 1 && table::is_header(cells.iter().map(String::as_bytes))
}

/// A row's cells on one line: parted by tabs, without the empty ones at its end.
fn row_text(cells: &[String]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    cells.join("\t").trim_end().to_owned()
}

#[cfg(test)]
pub(crate) mod tests;
