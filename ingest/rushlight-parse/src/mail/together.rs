//! The documents of a message that the worker took apart, put together on this side.

use rushlight_core::{
    ContentHash, DocMetadata, DocumentKind, Error, ErrorCode, ParsedDocument, Result, SkipReason,
};

use super::{Place, content_hash, flags, header};
use crate::apart::{
    Apart, Attachment, Content, Taken, UNSOUND, inherit, inherited, not_read, note, too_many, warnings,
    without_text,
};
use crate::decode::decode;
use crate::detect::{Format, file_name, file_stem};
use crate::parsers::{Found, Reading, no_text, parser_failed, skip};
use crate::textual;

impl Reading<'_> {
    /// The documents of a file that is one message.
    pub(crate) fn mail(&self, path: &str, bytes: &[u8], hash: ContentHash, depth: u32) -> Result<Found> {
        let place = Place {
            part: "",
            name: file_stem(path),
            depth,
        };
        let mut documents = match self.message(bytes, place)? {
            Ok(documents) => documents,
            Err(lost) => return Err(parser_failed(file_name(path), &lost)),
        };
        Ok(match documents.first_mut() {
            // What is called a mail and has no header is a text.
            None if !header::begins(bytes) => match textual::plain(path, decode(bytes), hash, Format::Text) {
                Found::Skipped(_) => no_text(path),
                found => found,
            },
            None => no_text(path),
            Some(first) => {
                if first.part.is_empty() {
                    flags::of_path(path, &mut first.metadata.tags);
                }
                Found::Documents(documents)
            }
        })
    }

    /// The documents of a message, none where there is neither a header field that people read nor a text; the inner error
    /// says how the worker was lost.
    ///
    /// # Errors
    /// When there is no worker.
    pub(crate) fn message(
        &self,
        raw: &[u8],
        place: Place<'_>,
    ) -> Result<std::result::Result<Vec<ParsedDocument>, String>> {
        match self.message_apart(raw, place.depth)? {
            Ok(apart) => self.together(apart, place),
            Err(lost) => Ok(Err(lost)),
        }
    }

    /// The documents of a message that was taken apart; the inner error says that they cannot be what the worker found.
    ///
    /// # Errors
    /// When there is no worker.
    pub(crate) fn together(
        &self,
        apart: Apart,
        place: Place<'_>,
    ) -> Result<std::result::Result<Vec<ParsedDocument>, String>> {
        let mut together = Together {
            reading: self,
            taken: apart.taken.into_iter().map(Some).collect(),
            out: Vec::new(),
            unsound: false,
        };
        together.put(0, place)?;
        Ok(match together.unsound {
            true => Err(UNSOUND.to_owned()),
            false => Ok(together.out),
        })
    }
}

struct Together<'a> {
    reading: &'a Reading<'a>,
    /// Each is put where it is asked for first, and once.
    taken: Vec<Option<Taken>>,
    out: Vec<ParsedDocument>,
    /// Whether something came that no reader makes.
    unsound: bool,
}

impl Together<'_> {
    fn put(&mut self, index: usize, place: Place<'_>) -> Result<()> {
        let Some(taken) = self.taken.get_mut(index).and_then(Option::take) else {
            return Ok(());
        };
        let mut metadata = DocMetadata::from(taken.facts);
        let handed_down = inherited(&metadata);
        let mut attached = std::mem::take(&mut metadata.attachments);
        let before = self.out.len();
        let written = taken.written.map(|written| written.open());
        self.unsound |= matches!(written, Some(None));
        if let Some((text, blocks)) = written.flatten() {
            self.out.push(ParsedDocument {
                part: place.part.to_owned(),
                part_key: taken.key.clone(),
                content_hash: ContentHash(taken.hash),
                kind: DocumentKind::Mail,
                media_type: "message/rfc822".to_owned(),
                title: taken.title.unwrap_or_else(|| place.name.to_owned()),
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
        let mut said = warnings(taken.warnings);
        let mut noted = attached.iter_mut();
        for mut attachment in taken.attachments {
            said.extend(warnings(std::mem::take(&mut attachment.warnings)));
            let name = attachment.name.clone();
            let part = part_of(place.part, &attachment.number);
            let left_out = match attachment.content {
                // Nobody misses it.
                Content::Nothing => Some(skip("empty", "there is nothing in it".to_owned())),
                _ => {
                    let left_out =
                        self.attachment(attachment, &part, &taken.key, &handed_down, place.depth)?;
                    said.extend(left_out.as_ref().map(|why| not_read(&name, &why.message)));
                    left_out
                }
            };
            if let Some(attached) = noted.next() {
                note(attached, place.part, &part, left_out);
            }
        }
        for attached in noted {
            attached.left_out = Some(too_many("message"));
        }
        if taken.more_attachments > 0 {
            let more = format!("and {} more", taken.more_attachments);
            said.push(not_read(&more, &too_many("message").message));
        }
        if let Some(document) = self
            .out
            .get_mut(before)
            .filter(|document| document.part == place.part)
        {
            document.warnings = said;
            document.metadata.attachments = attached;
        }
        if let Some(document) = self.out.get_mut(before) {
            document.warnings.extend(taken.unstructured.map(Into::into));
        }
        Ok(())
    }

    /// Puts the documents of an attachment; why there are none.
    fn attachment(
        &mut self,
        attachment: Attachment,
        part: &str,
        key: &str,
        handed_down: &DocMetadata,
        depth: u32,
    ) -> Result<Option<SkipReason>> {
        let Attachment {
            number: _,
            name,
            file_name,
            warnings: _,
            content,
        } = attachment;
        let depth = depth.saturating_add(1);
        let found = match content {
            Content::Nothing => return Ok(None),
            Content::NotRead(why) => return Ok(Some(why.into())),
            Content::Taken(index) => {
                let before = self.out.len();
                // The worker counts levels as well; this side relies on its own count.
                if depth <= self.reading.options.max_message_depth {
                    let name = &name;
                    self.put(index as usize, Place { part, name, depth })?;
                }
                return Ok((self.out.len() == before).then(without_text));
            }
            Content::Read(sent) => {
                let count = sent.len();
                let found: Vec<ParsedDocument> = sent.into_iter().filter_map(|sent| sent.open()).collect();
                self.unsound |= found.len() < count;
                found
            }
            Content::File(blob) => match self.reading.attached(&file_name, &blob.bytes, depth)? {
                Ok(found) => found,
                Err(why) => return Ok(Some(why)),
            },
        };
        self.hang(found, part, &name, key, handed_down);
        Ok(None)
    }

    /// Gives an attachment's documents their place in the message.
    fn hang(
        &mut self,
        found: Vec<ParsedDocument>,
        part: &str,
        name: &str,
        key: &str,
        handed_down: &DocMetadata,
    ) {
        // A message brings its own people and dates, and so does what lies in it.
        let of_its_own = found.iter().any(|document| document.kind == DocumentKind::Mail);
        for (index, mut document) in found.into_iter().enumerate() {
            let is_attachment = document.part.is_empty();
            document.part = match (index, document.part.as_str()) {
                (0, "") => part.to_owned(),
                (_, inner) => format!("{part}/{inner}"),
            };
            document.part_key = if document.part_key.is_empty() {
                format!("{key}/{}", document.content_hash)
            } else {
                format!("{key}/{}", document.part_key)
            };
            if !of_its_own && is_attachment {
                document.title = name.to_owned();
            }
            if !of_its_own {
                inherit(&mut document, handed_down);
            }
            self.out.push(document);
        }
    }
}

/// The part of the attachment with this number, in a message of the part `of`.
fn part_of(of: &str, number: &str) -> String {
    let root = match of.split_once("part:") {
        Some((before, _)) => before.to_owned(),
        None if of.is_empty() => String::new(),
        None => format!("{of}/"),
    };
    format!("{root}part:{number}")
}

impl Reading<'_> {
    /// The documents in an attachment with so many messages above it; the inner error says why there are none.
    ///
    /// # Errors
    /// When there is no worker.
    pub(crate) fn attached(
        &self,
        name: &str,
        bytes: &[u8],
        depth: u32,
    ) -> Result<std::result::Result<Vec<ParsedDocument>, SkipReason>> {
        match self.read(name, bytes, content_hash(bytes), depth) {
            Ok(Found::Documents(documents)) => Ok(Ok(documents)),
            Ok(Found::Skipped(reason)) => Ok(Err(reason)),
            Err(error) => unless_unavailable(error),
        }
    }
}

/// What is wrong with the attachment is said of it; that nothing can be read now is not its fault.
fn unless_unavailable<T>(error: Error) -> Result<std::result::Result<T, SkipReason>> {
    match error.code() {
        ErrorCode::ParserUnavailable => Err(error),
        code => Ok(Err(skip(code.as_str(), error.chain()))),
    }
}
