//! Evernote's exports (.enex): each note becomes a document, and so does each of its attachments that can be read.

mod enml;
mod export;

use rushlight_core::{BlockKind, DocMetadata, DocumentKind, Locator, ParsedDocument, Timestamp, Warning};

use crate::build::TextBuilder;
use crate::decode::Decoded;
use crate::html::Origin;
use crate::mail::{Inside, content_hash};
use crate::parsers::{Found, Reading, document, no_text, one_line};
use crate::tags;
use export::{Export, Note, Resource};

impl Reading<'_> {
    /// The documents of an export that has `depth` messages and archives above it.
    pub(crate) fn evernote(&self, path: &str, decoded: Decoded<'_>, depth: u32) -> Found {
        let mut warnings = decoded.warnings;
        let mut export = Export::new(&decoded.text);
        let mut documents = Vec::new();
        for number in 1u32.. {
            match export.next() {
                Ok(Some(note)) => self.note(note, number, depth, &mut documents),
                Ok(None) => break,
                Err(why) => {
                    warnings.push(Warning {
                        code: "rest_not_read".to_owned(),
                        message: format!("the export is broken behind note {}: {why}", number - 1),
                    });
                    break;
                }
            }
        }
        match documents.first_mut() {
            None => no_text(path),
            Some(first) => {
                let first: &mut ParsedDocument = first;
                first.warnings.splice(0..0, warnings);
                Found::Documents(documents)
            }
        }
    }

    fn note(&self, note: Note, number: u32, depth: u32, out: &mut Vec<ParsedDocument>) {
        let part = format!("note:{number}");
        let title = one_line(&note.title);
        // Exports name no note; when it was made and what it is called stays while its text is edited.
        let key = format!("{}/{title}", note.created);
        let mut warnings = Vec::new();
        let content = enml::to_html(&note.content);
        if content.encrypted > 0 {
            warnings.push(Warning {
                code: "encrypted".to_owned(),
                message: format!("encrypted stretches ({}) are not searchable", content.encrypted),
            });
        }
        let (page, found) = self.page_of(&content.html, Origin::Web);
        warnings.extend(found);

        let mut metadata = DocMetadata {
            created: timestamp(&note.created),
            authors: note.author.into_iter().collect(),
            attachments: note.resources.iter().map(Resource::name).collect(),
            ..DocMetadata::default()
        };
        for tag in &note.tags {
            tags::add(tag, &mut metadata.tags);
        }
        let mut builder = TextBuilder::default();
        builder.push(
            BlockKind::Metadata,
            &head(&title, &note.tags, note.source.as_deref()),
            Locator::Whole,
        );
        for block in &page.blocks {
            builder.push(
                block.kind,
                block.span.of(&page.text).unwrap_or_default(),
                Locator::Whole,
            );
        }
        let (text, blocks) = builder.finish();

        let index = out.len();
        let inherited = DocMetadata {
            authors: metadata.authors.clone(),
            created: metadata.created,
            ..DocMetadata::default()
        };
        if !text.is_empty() {
            let hash = content_hash(note.content.as_bytes());
            let (kind, media_type) = (DocumentKind::Note, "application/enex+xml");
            let mut own = document(&part, hash, kind, media_type, text, blocks, metadata);
            if !title.is_empty() {
                own.title = title;
            }
            own.part = part.clone();
            own.part_key = key.clone();
            out.push(own);
        }
        let limit = self.options.max_attachments;
        for (position, resource) in note.resources.iter().enumerate() {
            let name = resource.name();
            let found = match resource.bytes() {
                _ if position >= limit => Err("the note has more attachments than are read".to_owned()),
                Some(bytes) => self.attachment(&name, &bytes, depth + 1),
                None => Err("it is not encoded as it says".to_owned()),
            };
            match found {
                Ok(documents) => out.extend(documents.into_iter().map(|document| {
                    let own = format!("{part}/part:{}", position + 1);
                    attached(document, &own, &key, &name, &inherited)
                })),
                Err(why) => warnings.push(Warning {
                    code: "attachment_not_read".to_owned(),
                    message: format!("attachment `{name}` is not searchable: {why}"),
                }),
            }
        }
        if let Some(document) = out.get_mut(index).filter(|document| document.part == part) {
            document.warnings = warnings;
        }
    }
}

/// The attachment's document as one of the note.
fn attached(
    mut document: ParsedDocument,
    part: &str,
    key: &str,
    name: &str,
    inherited: &DocMetadata,
) -> ParsedDocument {
    if document.part.is_empty() {
        document.part = part.to_owned();
        document.part_key = format!("{key}/{}", document.content_hash);
        if document.kind != DocumentKind::Mail {
            document.title = name.to_owned();
            let own = std::mem::take(&mut document.metadata);
            document.metadata = DocMetadata {
                tags: own.tags,
                language: own.language,
                ..inherited.clone()
            };
        }
    } else {
        document.part = format!("{part}/{}", document.part);
        document.part_key = format!("{key}/{}", document.part_key);
    }
    document
}

/// What stands above a note: its name, its tags and the page that it was cut from.
fn head(title: &str, tags: &[String], source: Option<&str>) -> String {
    let mut lines = Vec::new();
    if !title.is_empty() {
        lines.push(format!("Title: {title}"));
    }
    if !tags.is_empty() {
        lines.push(format!("Tags: {}", tags.join(", ")));
    }
    if let Some(source) = source {
        lines.push(format!("Source: {source}"));
    }
    lines.join("\n")
}

/// A time as exports write it, `20240131T235959Z`.
fn timestamp(text: &str) -> Option<Timestamp> {
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text.trim()).ok()?;
    let time = jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?;
    Some(Timestamp(time.as_millisecond()))
}
