//! Books (EPUB): the chapters in the order in which they are read.

use std::io::Cursor;

use quick_xml::Reader;
use quick_xml::events::Event;
use zip::ZipArchive;

use super::open_document::{attribute, element_text, member};
use super::{OfficeFault, OfficeText, Piece, Role, Spot, property};
use crate::html::{self, Kind, Origin};

/// Markup takes more room than its text; a member beyond this many times the longest text is cut.
const MARKUP_FACTOR: usize = 8;

/// Reads a book. Stops once there is more than `max_text` bytes of text.
pub(super) fn read(bytes: &[u8], max_text: usize) -> Result<OfficeText, OfficeFault> {
    let broken = |what: &str| OfficeFault::Broken(what.to_owned());
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| OfficeFault::Broken(error.to_string()))?;
    let cap = max_text.saturating_mul(MARKUP_FACTOR);
    let (container, _) = member(&mut archive, "META-INF/container.xml", cap)
        .ok_or_else(|| broken("it does not say where its contents are listed"))?;
    let package_path = first_attribute(&container, "rootfile", "full-path")
        .ok_or_else(|| broken("it does not say where its contents are listed"))?;
    let (package, _) = member(&mut archive, &package_path, cap)
        .ok_or_else(|| broken("the list of its contents cannot be unpacked"))?;
    let chapters = chapters(&package, &package_path);
    if let Some((locked, _)) = member(&mut archive, "META-INF/encryption.xml", cap)
        && chapters.iter().any(|path| locked.contains(path.as_str()))
    {
        return Err(OfficeFault::Encrypted);
    }
    let mut out = OfficeText {
        title: property(element_text(&package, "title")),
        authors: property(element_text(&package, "creator")).into_iter().collect(),
        language: element_text(&package, "language"),
        created: element_text(&package, "date"),
        ..OfficeText::default()
    };
    let mut taken = 0usize;
    let mut missing = 0usize;
    for path in chapters {
        let Some((source, cut)) = member(&mut archive, &path, cap) else {
            missing += 1;
            continue;
        };
        out.truncated |= cut;
        let page = html::extract(
            &with_end_tags(&source),
            Origin::Web,
            max_text.saturating_sub(taken),
        );
        out.truncated |= page.truncated;
        for (kind, text) in page.pieces {
            taken += text.len();
            out.pieces.push(Piece {
                role: role(kind),
                text,
                spot: Spot::Whole,
            });
        }
        if taken > max_text {
            break;
        }
    }
    if missing > 0 {
        out.broken_off = Some(format!("{missing} of its chapters cannot be unpacked"));
    }
    Ok(out)
}

fn role(kind: Kind) -> Role {
    match kind {
        Kind::Heading(level) => Role::Heading(level),
        Kind::Paragraph | Kind::Signature => Role::Paragraph,
        Kind::ListItem => Role::ListItem,
        Kind::Quote => Role::Quote,
        Kind::Code => Role::Code,
        Kind::TableHeader => Role::TableHeader,
        Kind::TableRow => Role::TableRow,
    }
}

/// Where the chapters lie in the archive, in the order of the book's spine.
fn chapters(package: &str, package_path: &str) -> Vec<String> {
    let folder = package_path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (mut items, mut spine) = (Vec::new(), Vec::new());
    let mut reader = Reader::from_str(package);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => match start.local_name().into_inner() {
                "item" => items.extend(attribute(&start, "id").zip(attribute(&start, "href"))),
                "itemref" => spine.extend(attribute(&start, "idref")),
                _ => {}
            },
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    spine
        .iter()
        .filter_map(|id| items.iter().find(|(known, _)| known == id))
        .map(|(_, href)| resolve(folder, href))
        .collect()
}

/// A reference as a path in the archive.
fn resolve(folder: &str, href: &str) -> String {
    let href = percent_decoded(href.split('#').next().unwrap_or(href));
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in href.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                bytes.push(code);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn first_attribute(xml: &str, element: &str, name: &str) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) if start.local_name().into_inner() == element => {
                return attribute(&start, name);
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// XHTML as HTML: an element that is closed where it opens gets an end tag, without which a reader of HTML would take all
/// that follows for its content.
fn with_end_tags(xhtml: &str) -> String {
    const VOID: [&str; 14] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
        "track", "wbr",
    ];
    let mut out = String::with_capacity(xhtml.len());
    let mut rest = xhtml;
    while let Some(end) = rest.find("/>") {
        let tag = rest[..end].rfind('<').map(|at| &rest[at + 1..end]);
        let name = tag
            .filter(|tag| !tag.contains('>'))
            .and_then(|tag| tag.split([' ', '\t', '\r', '\n']).next())
            .filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()));
        out.push_str(&rest[..end]);
        match name {
            Some(name) if !VOID.contains(&name.to_ascii_lowercase().as_str()) => {
                out.push_str("></");
                out.push_str(name);
                out.push('>');
            }
            _ => out.push_str("/>"),
        }
        rest = &rest[end + 2..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_paths() {
        assert_eq!(resolve("OEBPS", "text/ch%201.xhtml#top"), "OEBPS/text/ch 1.xhtml");
        assert_eq!(resolve("a/b", "../c.xhtml"), "a/c.xhtml");
        assert_eq!(resolve("", "%E8%8C%B6.xhtml"), "茶.xhtml");
        assert_eq!(resolve("", "50%.xhtml"), "50%.xhtml");
    }

    #[test]
    fn elements_closed_where_they_open_get_an_end() {
        assert_eq!(
            with_end_tags("<title/><br/><a id=\"x\"/>a > b /> c"),
            "<title></title><br/><a id=\"x\"></a>a > b /> c"
        );
    }
}
