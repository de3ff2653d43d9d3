//! Which office document a container is, by what stands in it.

use memchr::memmem::{find, find_iter, rfind};
use serde::{Deserialize, Serialize};

/// The kinds that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OfficeKind {
    Document,
    Slides,
    Workbook,
    /// OpenDocument text.
    OpenText,
    /// An OpenDocument presentation.
    OpenSlides,
    /// RTF.
    RichText,
    /// EPUB.
    Book,
    /// A drawing of Visio's.
    Diagram,
    /// A document of Apple's iWork.
    Apple,
}

/// An office document in a zip archive; nothing for any other archive.
pub(crate) fn of_zip(bytes: &[u8]) -> Option<OfficeKind> {
    let has = |name: &[u8]| has_member(bytes, name);
    if bytes.get(30..38) == Some(b"mimetype") {
        let stated = &bytes[38..bytes.len().min(128)];
        let kinds = [
            (&b"opendocument.spreadsheet"[..], OfficeKind::Workbook),
            (b"opendocument.text", OfficeKind::OpenText),
            (b"opendocument.presentation", OfficeKind::OpenSlides),
            (b"opendocument.graphics", OfficeKind::OpenSlides),
            (b"sun.xml.writer", OfficeKind::OpenText),
            (b"sun.xml.calc", OfficeKind::Workbook),
            (b"sun.xml.impress", OfficeKind::OpenSlides),
            (b"application/epub+zip", OfficeKind::Book),
        ];
        let named = kinds.into_iter().find(|(name, _)| find(stated, name).is_some());
        return named.map(|(_, kind)| kind);
    }
    if has(b"META-INF/container.xml") {
        return Some(OfficeKind::Book);
    }
    if has(b"index.apxl")
        || has(b"Index/Document.iwa")
        || (has(b"Index.zip") && has(b"Metadata/"))
        || is_older_apple(bytes)
    {
        return Some(OfficeKind::Apple);
    }
    if !has(b"[Content_Types].xml") {
        return None;
    }
    if has(b"word/document") {
        Some(OfficeKind::Document)
    } else if has(b"ppt/presentation") {
        Some(OfficeKind::Slides)
    } else if has(b"xl/workbook") {
        Some(OfficeKind::Workbook)
    } else if has(b"visio/document") {
        Some(OfficeKind::Diagram)
    } else {
        None
    }
}

/// A document of iWork of before 2013: any archive may hold an `index.xml`.
fn is_older_apple(bytes: &[u8]) -> bool {
    has_member(bytes, b"index.xml") && has_member(bytes, b"buildVersionHistory.plist")
}

/// A document of OpenOffice's family that does not begin with its type: older programs wrote it elsewhere, and some write
/// one XML file. Its name tells it.
pub(crate) fn of_older_open(bytes: &[u8], extension: &str) -> Option<OfficeKind> {
    let kind = match extension {
        "sxw" | "stw" | "odt" | "ott" | "fodt" => OfficeKind::OpenText,
        "sxc" | "stc" | "ods" | "ots" | "fods" => OfficeKind::Workbook,
        "sxi" | "sti" | "odp" | "otp" | "fodp" | "fodg" => OfficeKind::OpenSlides,
        _ => return None,
    };
    is_open(bytes).then_some(kind)
}

/// True for a document of the family of OpenOffice.
pub(super) fn is_open(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"PK") {
        return is_flat(bytes);
    }
    has_member(bytes, b"content.xml") && !has_member(bytes, b"[Content_Types].xml")
}

/// True for a document that is one XML file.
fn is_flat(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(4096)];
    start.starts_with(b"<?xml") && find(start, b"<office:document").is_some()
}

/// True for a zip archive that is a document to people, whoever's: its first member states a type, or it has the list of
/// contents of Microsoft's documents or of OpenOffice's.
pub(crate) fn is_package(bytes: &[u8]) -> bool {
    let has = |name: &[u8]| has_member(bytes, name);
    bytes.get(30..38) == Some(b"mimetype") || has(b"[Content_Types].xml") || has(b"META-INF/manifest.xml")
}

/// True when a member's path in the zip archive begins so. Its directory is asked: what lies in it uncompressed may be an
/// archive too, with members of its own. One that is cut off has its members' own headers only.
fn has_member(bytes: &[u8], name: &[u8]) -> bool {
    let place = directory(bytes).unwrap_or(bytes);
    let follows = |at: usize, length: usize, signature: &[u8]| {
        at.checked_sub(length)
            .is_some_and(|header| place[header..].starts_with(signature))
    };
    find_iter(place, name).any(|at| follows(at, 46, b"PK\x01\x02") || follows(at, 30, b"PK\x03\x04"))
}

/// The list of members at the end of a zip archive.
fn directory(bytes: &[u8]) -> Option<&[u8]> {
    let end = rfind(bytes, b"PK\x05\x06")?;
    let size = u32::from_le_bytes(bytes.get(end + 12..end + 16)?.try_into().ok()?);
    let start = end.checked_sub(size as usize)?;
    let found = &bytes[start..end];
    found.starts_with(b"PK\x01\x02").then_some(found)
}

/// What a file of Microsoft's of this extension is called.
pub(crate) fn of_name(extension: &str) -> Option<OfficeKind> {
    match extension {
        "doc" | "dot" | "docx" | "docm" | "dotx" => Some(OfficeKind::Document),
        "ppt" | "pps" | "pot" | "pptx" | "pptm" | "ppsx" => Some(OfficeKind::Slides),
        "xls" | "xlt" | "xlsx" | "xlsm" | "xlsb" => Some(OfficeKind::Workbook),
        _ => None,
    }
}

/// An office document in a compound file, of before 2007 or encrypted; `extension` decides where one lies in another.
pub(crate) fn of_cfb(bytes: &[u8], extension: &str) -> Option<OfficeKind> {
    // Some programs write the names in capitals.
    let has = |name: &str| has_stream(bytes, name) || has_stream(bytes, &name.to_ascii_uppercase());
    let by_name = of_name(extension);
    if has("EncryptedPackage") {
        return Some(by_name.unwrap_or(OfficeKind::Document));
    }
    // An Outlook item; an office document may have one embedded.
    if by_name.is_none() && has("__properties_version1.0") {
        return None;
    }
    let found = [
        ("PowerPoint Document", OfficeKind::Slides),
        ("WordDocument", OfficeKind::Document),
        ("Workbook", OfficeKind::Workbook),
        ("Book", OfficeKind::Workbook),
    ];
    let mut there = found
        .into_iter()
        .filter(|(name, _)| has(name))
        .map(|(_, kind)| kind);
    let first = there.next()?;
    let named = by_name.filter(|kind| *kind == first || there.any(|other| other == *kind));
    Some(named.unwrap_or(first))
}

/// True when the compound file has a stream or folder of this name: they stand in its directory in UTF-16.
pub(crate) fn has_stream(bytes: &[u8], name: &str) -> bool {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    find(bytes, &name).is_some()
}
