//! Books (EPUB): the chapters in the order in which they are read.

use std::collections::HashMap;

use super::package::{Package, resolve};
use super::xml::{Step, attribute, element_text, first_attribute, walk};
use super::{OfficeFault, OfficeText, Piece, Role, Spot, property};
use crate::html::{self, Kind, Origin};

/// Markup takes more room than its text; a member beyond this many times the longest text is cut.
const MARKUP_FACTOR: usize = 8;

/// Reads a book. Stops once there is more than `max_text` bytes of text.
pub(super) fn read(bytes: &[u8], max_text: usize) -> Result<OfficeText, OfficeFault> {
    let broken = |what: &str| OfficeFault::Broken(what.to_owned());
    let mut archive = Package::open(bytes)?;
    let cap = max_text.saturating_mul(MARKUP_FACTOR);
    let (container, _) = archive
        .text("META-INF/container.xml", cap)
        .ok_or_else(|| broken("it does not say where its contents are listed"))?;
    let package_path = first_attribute(&container, "rootfile", "full-path")
        .ok_or_else(|| broken("it does not say where its contents are listed"))?;
    let (package, _) = archive
        .text(&package_path, cap)
        .ok_or_else(|| broken("the list of its contents cannot be unpacked"))?;
    let list = Contents::new(&package, &package_path);
    let chapters = list.chapters();
    let mut labels = HashMap::new();
    for path in &list.navigation {
        if let Some((xml, _)) = archive.text(path, cap) {
            names(&xml, path, &mut labels);
        }
    }
    if let Some((locked, _)) = archive.text("META-INF/encryption.xml", cap)
        && chapters.iter().any(|path| locked.contains(path.as_str()))
    {
        return Err(OfficeFault::Encrypted);
    }
    let mut out = OfficeText {
        title: property(element_text(&package, "title")),
        authors: list.creators.clone(),
        language: element_text(&package, "language"),
        created: element_text(&package, "date"),
        ..OfficeText::default()
    };
    let mut taken = 0usize;
    let mut missing = 0usize;
    for path in chapters {
        let Some((source, cut)) = archive.text(&path, cap) else {
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
        let mut pieces: Vec<Piece> = page
            .pieces
            .into_iter()
            .map(|(kind, text)| Piece {
                role: role(kind),
                text,
                spot: Spot::Whole,
            })
            .collect();
        if let Some(label) = labels.get(&path) {
            entitle(&mut pieces, label);
        }
        taken += pieces.iter().map(|piece| piece.text.len()).sum::<usize>();
        out.pieces.extend(pieces);
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

/// What the list of a book's contents says.
#[derive(Default)]
struct Contents {
    /// Paths by the id that the spine refers to.
    items: HashMap<String, String>,
    /// The ids of the chapters in the order in which they are read.
    spine: Vec<String>,
    /// The paths of all pages, for a book without such an order.
    pages: Vec<String>,
    /// Where the tables of contents lie, of EPUB 3 and 2.
    navigation: Vec<String>,
    creators: Vec<String>,
}

impl Contents {
    fn new(package: &str, package_path: &str) -> Self {
        let folder = package_path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut found = Self::default();
        let mut creator: Option<String> = None;
        // What stands before a break is kept.
        let _ = walk(package, |step| {
            match step {
                Step::Start("item", start) => {
                    let path = attribute(start, "href").map(|href| resolve(folder, &href));
                    let (Some(id), Some(path)) = (attribute(start, "id"), path) else {
                        return true;
                    };
                    let kind = attribute(start, "media-type").unwrap_or_default();
                    let properties = attribute(start, "properties").unwrap_or_default();
                    if properties.split(' ').any(|property| property == "nav") {
                        found.navigation.insert(0, path.clone());
                    } else if kind == "application/x-dtbncx+xml" {
                        found.navigation.push(path.clone());
                    } else if kind == "application/xhtml+xml" {
                        found.pages.push(path.clone());
                    }
                    found.items.insert(id, path);
                }
                Step::Start("itemref", start) => found.spine.extend(attribute(start, "idref")),
                Step::Start("creator", _) => creator = Some(String::new()),
                Step::Text(text) => {
                    if let Some(creator) = &mut creator {
                        creator.push_str(text);
                    }
                }
                Step::End("creator") => found.creators.extend(property(creator.take())),
                _ => {}
            }
            true
        });
        found
    }

    /// Where the chapters lie, in the order in which they are read.
    fn chapters(&self) -> Vec<String> {
        if self.spine.is_empty() {
            return self.pages.clone();
        }
        let paths = self.spine.iter().filter_map(|id| self.items.get(id));
        paths.cloned().collect()
    }
}

/// Takes in what a table of contents calls the chapters, by their paths. The first name counts: others are of places in it.
fn names(xml: &str, path: &str, names: &mut HashMap<String, String>) {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (mut target, mut label) = (None::<String>, None::<String>);
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        match step {
            Step::Start("a", start) => {
                target = attribute(start, "href");
                label = Some(String::new());
            }
            Step::Start("navLabel", _) => label = Some(String::new()),
            Step::Start("content", start) => target = attribute(start, "src"),
            Step::Text(text) => {
                if let Some(label) = &mut label {
                    label.push_str(text);
                }
            }
            _ => {}
        }
        if matches!(step, Step::End("a" | "content"))
            && let (Some(target), Some(label)) = (target.take(), property(label.take()))
        {
            names.entry(resolve(folder, &target)).or_insert(label);
        }
        true
    });
}

/// A chapter without a heading is given the one that the table of contents has; one of pictures alone has no other words.
fn entitle(pieces: &mut Vec<Piece>, label: &str) {
    let is_heading = |piece: &Piece| matches!(piece.role, Role::Heading(_));
    if pieces.iter().any(is_heading) {
        return;
    }
    let heading = Role::Heading(1);
    match pieces.iter_mut().take(3).find(|piece| piece.text.trim() == label) {
        Some(piece) => piece.role = heading,
        None => pieces.insert(
            0,
            Piece {
                role: heading,
                text: label.to_owned(),
                spot: Spot::Whole,
            },
        ),
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
    fn elements_closed_where_they_open_get_an_end() {
        assert_eq!(
            with_end_tags("<title/><br/><a id=\"x\"/>a > b /> c"),
            "<title></title><br/><a id=\"x\"></a>a > b /> c"
        );
    }
}
