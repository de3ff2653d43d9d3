//! Packages: parts in a zip archive and how they refer to each other (Open Packaging Conventions).

use std::collections::HashMap;
use std::io::{Cursor, Read};

use encoding_rs::{UTF_16BE, UTF_16LE};
use memchr::memmem::rfind;
use zip::ZipArchive;
use zip::result::ZipError;

use super::OfficeFault;
use super::xml::{Step, attribute, walk};

/// Most bytes that are unpacked of one package: a part may unfold to a thousand times its size, and be asked for twice.
const MAX_UNPACKED: u64 = 512 << 20;

/// A package whose parts are unpacked when they are asked for.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that may still be unpacked.
    left: u64,
}

/// A reference of one part to another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Relation {
    pub(super) id: String,
    /// What the other is to it: the last word of the type's address, as in `image`.
    pub(super) kind: String,
    /// Where the other lies in the package; an address outside where `external`.
    pub(super) target: String,
    pub(super) external: bool,
}

/// Relations by what their part calls them.
pub(super) fn by_id(relations: &[Relation]) -> HashMap<&str, &Relation> {
    let named = relations.iter().map(|relation| (&*relation.id, relation));
    named.collect()
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, OfficeFault> {
        let archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| OfficeFault::Broken(error.to_string()))?;
        Ok(Self {
            archive,
            left: MAX_UNPACKED,
        })
    }

    /// The names of all parts, in the order of the archive.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.archive.file_names().flatten();
        names.map(|name| name.into_owned()).collect()
    }

    /// A part's bytes, at most `cap` of them, and whether there are more; nothing when it is not there or cannot be
    /// unpacked.
    pub(super) fn bytes(&mut self, name: &str, cap: u64) -> Option<(Vec<u8>, bool)> {
        let cap = cap.min(self.left);
        let part = match self.archive.by_name(name) {
            Err(ZipError::FileNotFound) => return None,
            other => other.ok()?,
        };
        let mut bytes = Vec::new();
        part.take(cap.saturating_add(1)).read_to_end(&mut bytes).ok()?;
        let more = bytes.len() as u64 > cap;
        if more {
            bytes.pop();
        }
        self.left -= bytes.len() as u64;
        Some((bytes, more))
    }

    /// A part's text, at most `cap` bytes of it, and whether there is more.
    pub(super) fn text(&mut self, name: &str, cap: usize) -> Option<(String, bool)> {
        let (bytes, more) = self.bytes(name, cap as u64)?;
        let encoding = match bytes.get(..2) {
            Some([0xff, 0xfe]) => Some(UTF_16LE),
            Some([0xfe, 0xff]) => Some(UTF_16BE),
            _ => None,
        };
        let text = match encoding {
            Some(encoding) => encoding.decode(&bytes).0.into_owned(),
            None => match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            },
        };
        Some((text, more))
    }

    /// A part's text, of whatever length the package may still have.
    pub(super) fn part(&mut self, name: &str) -> Option<String> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        self.text(name, left).map(|(text, _)| text)
    }

    /// What follows the last `mark` in a part, where that is no longer than `cap`; the rest of the part is not held.
    pub(super) fn after_last(&mut self, name: &str, mark: &[u8], cap: usize) -> Option<String> {
        let mut part = self.archive.by_name(name).ok()?;
        let mut buffer = vec![0; 64 << 10];
        let (mut kept, mut found) = (Vec::new(), false);
        loop {
            let read = part.read(&mut buffer).ok()?;
            if read == 0 {
                break;
            }
            self.left = self.left.checked_sub(read as u64)?;
            kept.extend_from_slice(&buffer[..read]);
            // A mark may be cut by the end of a buffer, so its beginning is kept.
            let drop = match rfind(&kept, mark) {
                Some(at) => {
                    found = true;
                    at + mark.len()
                }
                None if found && kept.len() <= cap => 0,
                None => {
                    found = false;
                    kept.len().saturating_sub(mark.len())
                }
            };
            kept.drain(..drop);
        }
        found.then(|| String::from_utf8_lossy(&kept).into_owned())
    }

    /// What a part refers to.
    pub(super) fn relations(&mut self, part: &str) -> Vec<Relation> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let below = if folder.is_empty() { "" } else { "/" };
        let xml = self.part(&format!("{folder}{below}_rels/{file}.rels"));
        xml.map(|xml| relations(&xml, folder)).unwrap_or_default()
    }

    /// The texts of all parts of this kind that `part` refers to, with their names.
    pub(super) fn related(&mut self, part: &str, kind: &str) -> Vec<(String, String)> {
        let relations = self.relations(part).into_iter();
        let wanted = relations.filter(|relation| relation.kind == kind && !relation.external);
        wanted
            .filter_map(|relation| Some((self.part(&relation.target)?, relation.target)))
            .map(|(text, name)| (name, text))
            .collect()
    }
}

fn relations(xml: &str, folder: &str) -> Vec<Relation> {
    let mut found = Vec::new();
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        if let Step::Start("Relationship", start) = step {
            let external = attribute(start, "TargetMode").is_some_and(|mode| mode == "External");
            let parts = (
                attribute(start, "Id"),
                attribute(start, "Type"),
                attribute(start, "Target"),
            );
            if let (Some(id), Some(kind), Some(target)) = parts {
                found.push(Relation {
                    id,
                    kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                    target: if external {
                        target
                    } else {
                        resolve(folder, &target)
                    },
                    external,
                });
            }
        }
        true
    });
    found
}

/// A reference from a part in `folder` as a path in the package.
pub(super) fn resolve(folder: &str, reference: &str) -> String {
    let reference = percent_decoded(reference.split('#').next().unwrap_or(reference));
    let from_root = reference.starts_with('/');
    let mut parts: Vec<&str> = folder
        .split('/')
        .filter(|part| !part.is_empty() && !from_root)
        .collect();
    for part in reference.split('/') {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::tests::package;

    #[test]
    fn references_become_paths() {
        assert_eq!(resolve("OEBPS", "text/ch%201.xhtml#top"), "OEBPS/text/ch 1.xhtml");
        assert_eq!(resolve("a/b", "../c.xhtml"), "a/c.xhtml");
        assert_eq!(resolve("xl/worksheets", "/xl/comments1.xml"), "xl/comments1.xml");
        assert_eq!(resolve("", "%E8%8C%B6.xhtml"), "茶.xhtml");
        assert_eq!(resolve("", "50%.xhtml"), "50%.xhtml");
    }

    #[test]
    fn parts_and_their_relations_are_found() {
        let relations = r#"<Relationships><Relationship Id="r1" Type="http://x/relationships/comments" Target="../c.xml"/>
            <Relationship Id="r2" Type="http://x/hyperlink" Target="https://tea.example/a%20b" TargetMode="External"/></Relationships>"#;
        let bytes = package(&[("a/_rels/b.xml.rels", relations), ("c.xml", "<c/>")]);
        let mut package = Package::open(&bytes).expect("a package");
        let found = package.relations("a/b.xml");
        let short: Vec<_> = found
            .iter()
            .map(|relation| (&*relation.kind, &*relation.target, relation.external))
            .collect();
        assert_eq!(
            short,
            [
                ("comments", "c.xml", false),
                ("hyperlink", "https://tea.example/a%20b", true)
            ]
        );
        assert_eq!(
            package.related("a/b.xml", "comments"),
            [("c.xml".to_owned(), "<c/>".to_owned())]
        );
        assert_eq!(package.text("c.xml", 2), Some(("<c".to_owned(), true)));
        assert_eq!(package.part("d.xml"), None);
    }

    #[test]
    fn no_more_is_unpacked_than_may_be() {
        let bytes = package(&[("a", "0123456789")]);
        let mut package = Package::open(&bytes).expect("a package");
        package.left = 15;
        assert_eq!(package.part("a").map(|text| text.len()), Some(10));
        assert_eq!(package.part("a").map(|text| text.len()), Some(5));
        assert_eq!(package.part("a").map(|text| text.len()), Some(0));
    }

    #[test]
    fn the_end_of_a_part_is_found_without_the_rest() {
        let long = format!("<d>{}</d>tail", "x".repeat(200_000));
        let bytes = package(&[("a", &long)]);
        let mut package = Package::open(&bytes).expect("a package");
        assert_eq!(package.after_last("a", b"d>", 100).as_deref(), Some("tail"));
        assert_eq!(package.after_last("a", b"<d>", 100), None, "too much follows");
        assert_eq!(package.after_last("a", b"e>", 100), None);
    }

    #[test]
    fn parts_in_utf_16_are_read() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("a", zip::write::SimpleFileOptions::default())
            .expect("a part");
        let bytes: Vec<u8> = "\u{feff}<茶/>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        std::io::Write::write_all(&mut zip, &bytes).expect("written");
        let bytes = zip.finish().expect("a package").into_inner();
        let mut package = Package::open(&bytes).expect("a package");
        assert_eq!(package.part("a").as_deref(), Some("<茶/>"));
    }
}
