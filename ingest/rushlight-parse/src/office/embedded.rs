//! Files that lie in an office document: they are taken out, and become documents of their own as attachments do.

use std::collections::HashSet;

use rushlight_core::{ErrorCode, ParsedDocument, Result, Warning};
use serde::{Deserialize, Serialize};

use super::old_slides;
use super::ole::{self, Held};
use super::package::Package;
use crate::detect::file_name;
use crate::mail::content_hash;
use crate::parsers::{Found, Reading};

/// Most bytes of files that are taken out of one document.
const MAX_BYTES: usize = 64 << 20;
/// Most files that are taken out of one document.
const MAX_FILES: usize = 200;
/// What people call what holds no file that can be read.
const OTHER: &str = "objects of other programs";
const TOO_MUCH: &str = "further embedded files";

/// A file in a document.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Embedded {
    /// Where it lies in the document.
    path: String,
    name: String,
    bytes: Vec<u8>,
}

/// The files found in a document.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) found: Vec<Embedded>,
    /// What is not taken out, in words for people.
    pub(super) unread: Vec<String>,
    taken: usize,
}

impl Files {
    /// Those in a package.
    pub(super) fn of_package(package: &mut Package<'_>) -> Self {
        let mut files = Self::default();
        let names = package.names();
        let mut data_of_charts = HashSet::new();
        for name in names.iter().filter(|name| name.contains("/charts/chart")) {
            let relations = package.relations(name).into_iter();
            data_of_charts.extend(relations.map(|relation| relation.target));
        }
        let mut places: Vec<String> = names
            .into_iter()
            .filter(|name| is_embedded(name) && !data_of_charts.contains(name))
            .collect();
        for main in package.relations("") {
            if main.kind == "officeDocument" {
                let relations = package.relations(&main.target).into_iter();
                let chunks = relations.filter(|relation| relation.kind == "aFChunk" && !relation.external);
                places.extend(chunks.map(|relation| relation.target));
            }
        }
        for place in places {
            if files.is_full() {
                break;
            }
            let most = MAX_BYTES.saturating_sub(files.taken) as u64;
            match package.bytes(&place, most) {
                Some((bytes, false)) => files.add(&place, bytes),
                Some((_, true)) => files.leave(TOO_MUCH),
                None => files.leave(OTHER),
            }
        }
        files
    }

    /// Those in an older document.
    pub(super) fn of_container(bytes: &[u8]) -> Self {
        let mut files = Self::default();
        let objects = ole::objects(bytes, MAX_BYTES);
        for (place, object) in objects.into_iter().chain(old_slides::objects(bytes, MAX_BYTES)) {
            files.add(&place, object);
        }
        files
    }

    /// Takes in an object, which may be a file or hold one.
    pub(super) fn add(&mut self, place: &str, bytes: Vec<u8>) {
        match ole::held(bytes) {
            Some(held) => self.hold(place, held),
            None => self.leave(OTHER),
        }
    }

    /// Takes in a file.
    pub(super) fn hold(&mut self, place: &str, Held { name, bytes }: Held) {
        if self.is_full() || bytes.is_empty() {
            return;
        }
        self.taken = self.taken.saturating_add(bytes.len());
        self.found.push(Embedded {
            name: name.unwrap_or_else(|| file_name(place).to_owned()),
            path: place.to_owned(),
            bytes,
        });
    }

    fn is_full(&mut self) -> bool {
        let full = self.found.len() >= MAX_FILES || self.taken >= MAX_BYTES;
        if full {
            self.leave(TOO_MUCH);
        }
        full
    }

    /// Says that there is something that is not read.
    pub(super) fn leave(&mut self, what: &str) {
        if !self.unread.iter().any(|known| known == what) {
            self.unread.push(what.to_owned());
        }
    }
}

/// True for a part that is a file or an object: below the main folder of Microsoft's packages, beside the content of
/// OpenDocument's.
fn is_embedded(name: &str) -> bool {
    let below = name.split_once('/').map(|(_, below)| below);
    let microsofts = below.is_some_and(|below| below.starts_with("embeddings/") && !below.ends_with('/'));
    microsofts || (name.starts_with("Object ") && !name.contains('/'))
}

impl Reading<'_> {
    /// The documents in files of a document that has `depth` messages, archives and documents above it. What cannot be
    /// read is said in `warnings`.
    ///
    /// # Errors
    /// When there is no worker.
    pub(crate) fn embedded(
        &self,
        files: Vec<Embedded>,
        depth: u32,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<ParsedDocument>> {
        let mut documents = Vec::new();
        for Embedded { path, name, bytes } in files {
            let mut leave = |why: String| {
                warnings.push(Warning {
                    code: "embedded_file_not_read".to_owned(),
                    message: format!("embedded file `{name}` is not searchable: {why}"),
                });
            };
            let unpacked = self.unpacked.get().saturating_add(bytes.len() as u64);
            if depth >= self.options.max_message_depth {
                leave("it lies too deep in other documents".to_owned());
                continue;
            }
            if let Some(why) = self.over_a_limit(unpacked) {
                leave(why);
                continue;
            }
            self.unpacked.set(unpacked);
            let hash = content_hash(&bytes);
            match self.read(&name, &bytes, hash, depth + 1) {
                Ok(Found::Documents(found)) => {
                    let text: usize = found.iter().map(|document| document.text.len()).sum();
                    self.text.set(self.text.get().saturating_add(text as u64));
                    let key = hash.to_string();
                    documents.extend(found.into_iter().map(|document| inside(&path, &key, document)));
                }
                Ok(Found::Skipped(reason)) => leave(reason.message),
                Err(error) if error.code() == ErrorCode::ParserUnavailable => return Err(error),
                Err(error) => leave(error.chain()),
            }
        }
        Ok(documents)
    }
}

/// The document as one in another.
fn inside(path: &str, key: &str, mut document: ParsedDocument) -> ParsedDocument {
    let below = |name: &str, inner: &str| {
        if inner.is_empty() {
            format!("embedded:{name}")
        } else {
            format!("embedded:{name}/{inner}")
        }
    };
    document.part = below(path, &document.part);
    // Programs number the files anew when one goes; what is in them stays.
    document.part_key = below(key, &document.part_key);
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::tests::package;

    #[test]
    fn files_of_a_package_are_found_but_for_the_data_of_charts() {
        let bytes = package(&[
            (
                "word/charts/_rels/chart1.xml.rels",
                r#"<Relationships><Relationship Id="r1" Type="x/package" Target="../embeddings/data.xlsx"/></Relationships>"#,
            ),
            ("word/charts/chart1.xml", "<c/>"),
            ("word/embeddings/data.xlsx", "x"),
            ("word/embeddings/plan.docx", "y"),
            ("word/embeddings/oleObject1.bin", "z"),
            ("Object 1", "o"),
            ("Object 2/content.xml", "c"),
        ]);
        let files = Files::of_package(&mut Package::open(&bytes).expect("a package"));
        let names: Vec<_> = files.found.iter().map(|file| &*file.name).collect();
        assert_eq!(names, ["plan.docx", "oleObject1.bin", "Object 1"]);
        assert!(files.unread.is_empty());
    }

    #[test]
    fn what_is_no_file_is_named() {
        let mut files = Files::default();
        let equation = ole::tests::compound(&[("/Equation Native", b"x")]);
        files.add("a", equation.clone());
        files.add("b", equation);
        assert_eq!(files.unread, [OTHER]);
        for number in 0..=MAX_FILES {
            files.add(&number.to_string(), b"x".to_vec());
        }
        assert_eq!(files.found.len(), MAX_FILES);
        assert_eq!(files.unread, [OTHER, TOO_MUCH]);
    }
}
