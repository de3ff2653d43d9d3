//! Evernote's exports (.enex): each note becomes a document, and so does each of its attachments that can be read. The worker
//! finds where the notes lie, then reads them, some at a time; this side puts the documents together.

mod enml;
mod export;

use rushlight_core::{
    Attachment as Attached, BlockKind, ContentHash, DocMetadata, DocumentKind, Locator, ParsedDocument,
    Result, Timestamp, Warning,
};
use serde::{Deserialize, Serialize};

use crate::apart::{
    Apart, Attachment, Batch, Care, Content, Facts, Flight, InPlace, Said, Taken, UNSOUND, Written, inherit,
    inherited, not_read, said, too_many, warnings,
};
use crate::build::TextBuilder;
use crate::decode::decode;
use crate::detect::file_name;
use crate::html::Origin;
use crate::language;
use crate::mail::content_hash;
use crate::parsers::{Found, Reading, binary, no_text, one_line, parser_failed, skip};
use crate::tags;
use crate::textual::Pages;
use crate::worker::{Answer, Job, Piece};
use export::{Export, Note};

/// An export, parted into its notes.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parted {
    /// The export in UTF-8, where its own bytes are something else; behind the answer.
    #[serde(skip)]
    pub(crate) text: Vec<u8>,
    /// Whether `text` counts.
    recoded: bool,
    notes: Vec<(u64, u64)>,
    warnings: Vec<Said>,
    /// Why what follows the last note cannot be read.
    broken: Option<String>,
}

/// Finds the notes; `None` where the bytes are no text. To be called in the worker only.
pub(crate) fn part(bytes: &[u8]) -> Option<Parted> {
    let decoded = decode(bytes)?;
    let mut parted = Parted {
        warnings: said(decoded.warnings),
        ..Parted::default()
    };
    // A byte order mark is no part of the text.
    let before = bytes.len().saturating_sub(decoded.text.len());
    parted.recoded = bytes.get(before..) != Some(decoded.text.as_bytes());
    let before = if parted.recoded { 0 } else { before };
    let mut export = Export::new(&decoded.text);
    loop {
        match export.next() {
            Ok(Some((range, _))) => parted
                .notes
                .push(((before + range.start) as u64, (before + range.end) as u64)),
            Ok(None) => break,
            Err(why) => {
                parted.broken = Some(why);
                break;
            }
        }
    }
    if parted.recoded {
        parted.text = decoded.text.into_owned().into_bytes();
    }
    Some(parted)
}

/// What lies in a note, which begins and ends with its element. To be called in the worker only.
pub(crate) fn take(bytes: &[u8], inside: &InPlace) -> Apart {
    let source = String::from_utf8_lossy(bytes);
    let note = match Export::new(&source).next() {
        Ok(Some((_, note))) => note,
        // This one was found whole before.
        Ok(None) | Err(_) => return Apart::default(),
    };
    Apart {
        taken: vec![taken(note, inside)],
    }
}

fn taken(note: Note, inside: &InPlace) -> Taken {
    let title = one_line(&note.title);
    // Exports name no note; when it was made and what it is called stays while its text is edited.
    let key = format!("{}/{title}", note.created);
    let mut found_warnings = Vec::new();
    let content = match inside.terms.care {
        Care::Usual | Care::Great => enml::to_html(&note.content),
        Care::Utmost => {
            found_warnings.push(Warning {
                code: "structure_not_read".to_owned(),
                message: "the note cannot be read; only its title and tags are searchable".to_owned(),
            });
            enml::Content::default()
        }
    };
    if content.encrypted > 0 {
        found_warnings.push(Warning {
            code: "encrypted".to_owned(),
            message: format!("encrypted stretches ({}) are not searchable", content.encrypted),
        });
    }
    let (page, found) = inside.page(&content.html, Origin::Web);
    found_warnings.extend(found);

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

    let mut metadata = DocMetadata {
        created: timestamp(&note.created),
        authors: note.author.into_iter().collect(),
        attachments: note
            .resources
            .iter()
            .map(|resource| Attached::named(resource.name()))
            .collect(),
        language: language::guess(&text),
        ..DocMetadata::default()
    };
    for tag in &note.tags {
        tags::add(tag, &mut metadata.tags);
    }
    let limit = inside.terms.max_attachments;
    let attachments = note.resources.iter().enumerate().map(|(position, resource)| {
        let name = resource.name();
        let content = match resource.bytes() {
            _ if inside.terms.care == Care::Utmost => {
                Content::NotRead(skip("note_not_read", "its note cannot be read".to_owned()).into())
            }
            _ if position >= limit => Content::NotRead(too_many("note").into()),
            Some(bytes) => inside.attachment(&name, bytes),
            None => Content::NotRead(skip("file_broken", "it is not encoded as it says".to_owned()).into()),
        };
        Attachment {
            number: (position + 1).to_string(),
            file_name: name.clone(),
            name,
            warnings: Vec::new(),
            content,
        }
    });
    Taken {
        attachments: attachments.collect(),
        title: (!title.is_empty()).then_some(title),
        key,
        hash: content_hash(note.content.as_bytes()).0,
        facts: Facts::from(metadata),
        written: (!text.is_empty()).then(|| Written::new(text, blocks)),
        warnings: said(found_warnings),
        unstructured: None,
        more_attachments: 0,
    }
}

impl Reading<'_> {
    /// The documents of an export that has `depth` messages and archives above it.
    pub(crate) fn evernote(&self, path: &str, bytes: &[u8], depth: u32) -> Result<Found> {
        let failed = |lost: String| parser_failed(file_name(path), &lost);
        let answer = self.ask(Job::Evernote, bytes, |answer| match answer {
            Answer::Evernote(found) => Some(found),
            _ => None,
        })?;
        let Some(parted) = answer.map_err(failed)? else {
            return Ok(binary(path));
        };
        let bytes = if parted.recoded { &parted.text } else { bytes };
        let mut notes = Vec::with_capacity(parted.notes.len());
        for (start, end) in &parted.notes {
            let range = usize::try_from(*start).ok().zip(usize::try_from(*end).ok());
            let note = range.and_then(|(start, end)| bytes.get(start..end));
            notes.push(note.ok_or_else(|| failed(UNSOUND.to_owned()))?);
        }
        let mut said = warnings(parted.warnings);
        let mut documents = Vec::new();
        let lost = self.notes(&notes, depth, &mut documents, &mut said)?;
        if let Some(why) = parted.broken {
            said.push(Warning {
                code: "rest_not_read".to_owned(),
                message: format!("the export is broken behind note {}: {why}", notes.len()),
            });
        }
        match (documents.first_mut(), lost) {
            (None, Some(lost)) => Err(failed(lost)),
            (None, None) => Ok(no_text(path)),
            (Some(first), _) => {
                let first: &mut ParsedDocument = first;
                first.warnings.splice(0..0, said);
                Ok(Found::Documents(documents))
            }
        }
    }

    /// Adds the documents of the notes; what happened to the first that no worker survived.
    fn notes(
        &self,
        notes: &[&[u8]],
        depth: u32,
        documents: &mut Vec<ParsedDocument>,
        said: &mut Vec<Warning>,
    ) -> Result<Option<String>> {
        let mut first_lost = None;
        let mut number = 0u32;
        let mut waiting = notes.iter().peekable();
        while waiting.peek().is_some() {
            let mut batch = Batch::default();
            while let Some(note) = waiting.next_if(|next| !batch.is_full_for(next.len())) {
                batch.push(note);
            }
            let mut flight = Flight::start(self, Piece::Note, batch, depth)?;
            while let Some(apart) = flight.next(self)? {
                number = number.saturating_add(1);
                let found = match apart {
                    Ok(apart) => self.note(apart, number, depth)?,
                    Err(lost) => Err(lost),
                };
                match found {
                    Ok(found) => documents.extend(found),
                    Err(lost) => {
                        said.push(Warning {
                            code: "note_not_read".to_owned(),
                            message: format!("note {number} is not read: {lost}"),
                        });
                        first_lost.get_or_insert(lost);
                    }
                }
            }
        }
        Ok(first_lost)
    }

    /// The documents of a note that was taken apart; the inner error says that they cannot be what the worker found.
    fn note(
        &self,
        apart: Apart,
        number: u32,
        depth: u32,
    ) -> Result<std::result::Result<Vec<ParsedDocument>, String>> {
        let mut out: Vec<ParsedDocument> = Vec::new();
        let Some(note) = apart.taken.into_iter().next() else {
            return Ok(Ok(out));
        };
        let part = format!("note:{number}");
        let metadata = DocMetadata::from(note.facts);
        let handed_down = inherited(&metadata);
        let key = note.key;
        if let Some(written) = note.written {
            let Some((text, blocks)) = written.open() else {
                return Ok(Err(UNSOUND.to_owned()));
            };
            out.push(ParsedDocument {
                part: part.clone(),
                part_key: key.clone(),
                content_hash: ContentHash(note.hash),
                kind: DocumentKind::Note,
                media_type: "application/enex+xml".to_owned(),
                title: note.title.unwrap_or_else(|| part.clone()),
                metadata,
                text,
                blocks,
                lines: Vec::new(),
                recognised: Vec::new(),
                pages: None,
                unreadable_pages: Vec::new(),
                warnings: Vec::new(),
            });
        }
        let mut said = warnings(note.warnings);
        for attachment in note.attachments {
            let name = attachment.name;
            let found = match attachment.content {
                Content::Nothing | Content::Taken(_) => continue,
                Content::NotRead(why) => Err(why.into()),
                Content::Read(sent) => match sent.into_iter().map(|sent| sent.open()).collect() {
                    Some(documents) => Ok(documents),
                    None => return Ok(Err(UNSOUND.to_owned())),
                },
                Content::File(blob) => {
                    self.attached(&attachment.file_name, &blob.bytes, depth.saturating_add(1))?
                }
            };
            let documents: Vec<ParsedDocument> = match found {
                Ok(documents) => documents,
                Err(why) => {
                    said.push(not_read(&name, &why.message));
                    continue;
                }
            };
            let own = format!("{part}/part:{}", attachment.number);
            out.extend(
                documents
                    .into_iter()
                    .map(|document| attached(document, &own, &key, &name, &handed_down)),
            );
        }
        if let Some(document) = out.first_mut().filter(|document| document.part == part) {
            document.warnings = said;
        }
        Ok(Ok(out))
    }
}

/// The attachment's document as one of the note.
fn attached(
    mut document: ParsedDocument,
    part: &str,
    key: &str,
    name: &str,
    handed_down: &DocMetadata,
) -> ParsedDocument {
    if document.part.is_empty() {
        document.part = part.to_owned();
        document.part_key = format!("{key}/{}", document.content_hash);
        if document.kind != DocumentKind::Mail {
            document.title = name.to_owned();
            inherit(&mut document, handed_down);
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
