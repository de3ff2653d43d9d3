//! Mail: one message becomes a document, and so does each attachment that can be read.

mod body;
mod calendar;
pub(crate) mod defuse;
pub(crate) mod emlx;
pub(crate) mod flags;
pub(crate) mod header;
pub(crate) mod mailbox;
pub(crate) mod markup;
pub(crate) mod mbox;
mod parts;
pub(crate) mod pieces;
mod saved_page;
mod sealed;
mod thread;
mod winmail;

use std::borrow::Cow;
use std::collections::HashSet;

use mail_parser::{Message, MessagePart, MimeHeaders, PartType};
use rushlight_core::{BlockKind, ContentHash, DocMetadata, DocumentKind, Locator, ParsedDocument, Warning};

use crate::build::TextBuilder;
use crate::calendar::Sheet;
use crate::detect;
use crate::html::Page;
use crate::options::ParseOptions;
pub(crate) use header::one_line;
use parts::{part_numbers, part_text, raw_bytes};
pub(crate) use saved_page::saved_page;
pub(crate) use winmail::Winmail;

/// Reads what lies in a mail beside its text.
pub(crate) trait Inside {
    /// The documents in an attachment of this name, with so many messages above it; the first may have an empty part.
    /// An error says why there are none.
    fn attachment(&self, name: &str, bytes: &[u8], depth: u32) -> Result<Vec<ParsedDocument>, String>;
    /// A page's text.
    fn page(&self, source: &str) -> (Page, Vec<Warning>);
    /// The mail that lies in a TNEF attachment; an error says why there is none.
    fn winmail(&self, bytes: &[u8]) -> Result<Winmail, String>;
    /// What a calendar says; an error says why it cannot be read.
    fn calendar(&self, text: &str) -> Result<Sheet, String>;
    /// Limits.
    fn options(&self) -> &ParseOptions;
}

/// Where a message lies, and what its documents are called after.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Part of the message itself; empty for the file's own.
    pub(crate) part: &'a str,
    /// Its title when it has no subject.
    pub(crate) name: &'a str,
    /// Messages above it.
    pub(crate) depth: u32,
}

/// The documents of a message. Empty when there is neither a header field that people read nor a text.
pub(crate) fn documents(raw: &[u8], place: Place<'_>, inside: &dyn Inside) -> Vec<ParsedDocument> {
    let mut out = Vec::new();
    read(raw, place, "", inside, &mut out);
    out
}

fn read(
    raw: &[u8],
    place: Place<'_>,
    number_prefix: &str,
    inside: &dyn Inside,
    out: &mut Vec<ParsedDocument>,
) {
    let guarded = defuse::hide_encoded_messages(raw);
    let (message, warning) = defuse::parse(guarded.as_ref());
    let Some(message) = message else {
        return;
    };
    let before = out.len();
    collect(&message, raw, place, number_prefix, inside, out);
    if let Some(document) = out.get_mut(before) {
        document.warnings.extend(warning);
    }
    defuse::take_apart(message);
}

/// BLAKE3 of the bytes.
pub(crate) fn content_hash(bytes: &[u8]) -> ContentHash {
    ContentHash(*blake3::hash(bytes).as_bytes())
}

fn collect(
    message: &Message<'_>,
    raw: &[u8],
    place: Place<'_>,
    number_prefix: &str,
    inside: &dyn Inside,
    out: &mut Vec<ParsedDocument>,
) {
    let numbers = part_numbers(message, number_prefix);
    let mut metadata = header::metadata(message);
    let mut warnings = Vec::new();
    flags::of_header(message, &mut metadata.tags);
    let sealed = sealed::look(message);
    if sealed.encrypted {
        warnings.push(sealed::warning());
    }
    if sealed.signed {
        crate::tags::add("signed", &mut metadata.tags);
    }
    let mut builder = TextBuilder::default();
    let head = header::lines(message);
    let last = u32::try_from(head.len()).unwrap_or(u32::MAX);
    builder.push(
        BlockKind::Metadata,
        &head.join("\n"),
        Locator::MessagePart {
            part: "header".to_owned(),
            first: 1,
            last,
        },
    );
    let body = body_parts(message);
    for id in &body {
        write_body(message, *id, &numbers, inside, &mut builder, &mut warnings);
    }
    let hidden = winmail::find(message, inside, &mut warnings);
    let hidden = winmail::open(&hidden, &numbers);
    // Most mails with such an attachment say the same in a plain text.
    if body.is_empty() {
        for own in &hidden {
            for id in body_parts(&own.message) {
                write_body(
                    &own.message,
                    id,
                    &own.numbers,
                    inside,
                    &mut builder,
                    &mut warnings,
                );
            }
        }
    }
    let invitations = calendar::write(message, &numbers, inside, &mut builder);
    let in_body = body.iter().chain(&invitations).copied();
    let in_body: HashSet<u32> = in_body.chain(hidden.iter().map(|own| own.id)).collect();
    let mut attachments: Vec<(&Message<'_>, &[String], u32)> = Vec::new();
    for id in message.attachments.iter().filter(|id| !in_body.contains(id)) {
        attachments.push((message, &numbers, *id));
    }
    for own in &hidden {
        let in_body = body_parts(&own.message);
        for id in own.message.attachments.iter().filter(|id| !in_body.contains(id)) {
            attachments.push((&own.message, &own.numbers, *id));
        }
    }
    for (message, numbers, id) in &attachments {
        if let Some(part) = message.parts.get(*id as usize) {
            metadata.attachments.push(name_of(part, *id, numbers));
        }
    }
    let (text, blocks) = builder.finish();
    let index = out.len();
    let key = metadata
        .message_id
        .clone()
        .unwrap_or_else(|| content_hash(&flags::without_status(raw)).to_string());
    let inherited = DocMetadata {
        authors: metadata.authors.clone(),
        recipients: metadata.recipients.clone(),
        created: metadata.created,
        ..DocMetadata::default()
    };
    if !text.is_empty() {
        metadata.language = crate::language::guess(&text);
        out.push(ParsedDocument {
            part: place.part.to_owned(),
            part_key: key.clone(),
            content_hash: content_hash(raw),
            kind: DocumentKind::Mail,
            media_type: "message/rfc822".to_owned(),
            title: header::subject(message).unwrap_or_else(|| place.name.to_owned()),
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
    let limit = inside.options().max_attachments;
    for (message, numbers, id) in attachments.iter().take(limit) {
        let Some(part) = message.parts.get(*id as usize) else {
            continue;
        };
        let context = Attached {
            message,
            place,
            numbers,
            key: &key,
            inherited: &inherited,
        };
        read_attachment(&context, *id, part, inside, out, &mut warnings);
    }
    if attachments.len() > limit {
        let more = format!("and {} more", attachments.len() - limit);
        warnings.push(not_read(&more, "the message has more attachments than are read"));
    }
    if let Some(document) = out.get_mut(index).filter(|document| document.part == place.part) {
        document.warnings = warnings;
    }
    for own in hidden {
        defuse::take_apart(own.message);
    }
}

/// The parts that make up the text: plain where there is a choice, otherwise the page.
fn body_parts(message: &Message<'_>) -> Vec<u32> {
    let is_text = |id: &u32| {
        message
            .parts
            .get(*id as usize)
            .is_some_and(|part| matches!(&part.body, PartType::Text(text) | PartType::Html(text) if !text.trim().is_empty()))
    };
    let plain: Vec<u32> = message.text_body.iter().copied().filter(is_text).collect();
    if plain.is_empty() {
        message.html_body.iter().copied().filter(is_text).collect()
    } else {
        plain
    }
}

fn write_body(
    message: &Message<'_>,
    id: u32,
    numbers: &[String],
    inside: &dyn Inside,
    builder: &mut TextBuilder,
    warnings: &mut Vec<Warning>,
) {
    let Some(part) = message.parts.get(id as usize) else {
        return;
    };
    let number = numbers.get(id as usize).cloned().unwrap_or_default();
    let (text, warning) = part_text(message, part);
    warnings.extend(warning);
    let mut push = |stretch: body::Stretch<'_>| {
        let locator = Locator::MessagePart {
            part: number.clone(),
            first: stretch.first,
            last: stretch.last,
        };
        builder.push(stretch.kind, stretch.text, locator);
    };
    if let PartType::Html(_) = &part.body {
        let (page, found) = inside.page(&text);
        warnings.extend(found);
        body::of_page(&page.text, &page.blocks).into_iter().for_each(push);
        return;
    }
    // Mail ends its lines with two characters on the wire; lines stay the same without.
    let text = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n"))
    } else {
        text
    };
    body::stretches(&text).into_iter().for_each(&mut push);
}

struct Attached<'a> {
    message: &'a Message<'a>,
    place: Place<'a>,
    numbers: &'a [String],
    key: &'a str,
    inherited: &'a DocMetadata,
}

fn read_attachment(
    at: &Attached<'_>,
    id: u32,
    part: &MessagePart<'_>,
    inside: &dyn Inside,
    out: &mut Vec<ParsedDocument>,
    warnings: &mut Vec<Warning>,
) {
    let number = at.numbers.get(id as usize).cloned().unwrap_or_default();
    let name = name_of(part, id, at.numbers);
    let root = match at.place.part.split_once("part:") {
        Some((before, _)) => before.to_owned(),
        None if at.place.part.is_empty() => String::new(),
        None => format!("{}/", at.place.part),
    };
    let own_part = format!("{root}part:{number}");
    let depth = at.place.depth + 1;
    let too_deep = depth > inside.options().max_message_depth;

    if let PartType::Message(nested) = &part.body {
        if too_deep {
            warnings.push(not_read(&name, "it lies too deep in other messages"));
            return;
        }
        let raw = raw_bytes(at.message, part);
        let title = header::subject(nested).unwrap_or_else(|| name.clone());
        let place = Place {
            part: &own_part,
            name: &title,
            depth,
        };
        let before = out.len();
        collect(nested, raw, place, &format!("{number}."), inside, out);
        if out.len() == before {
            warnings.push(not_read(&name, "there is no text in it"));
        }
        return;
    }
    let encoded_message = part
        .content_type()
        .is_some_and(|kind| kind.ctype().eq_ignore_ascii_case(defuse::ENCODED));
    let (bytes, warning): (Cow<'_, [u8]>, Option<Warning>) = match &part.body {
        PartType::Text(_) | PartType::Html(_) => {
            let (text, warning) = part_text(at.message, part);
            (Cow::Owned(text.into_owned().into_bytes()), warning)
        }
        _ => (Cow::Borrowed(part.contents()), None),
    };
    warnings.extend(warning);
    if bytes.trim_ascii().is_empty() {
        return;
    }
    if encoded_message {
        if too_deep {
            warnings.push(not_read(&name, "it lies too deep in other messages"));
            return;
        }
        let before = out.len();
        let place = Place {
            part: &own_part,
            name: &name,
            depth,
        };
        read(&bytes, place, &format!("{number}."), inside, out);
        if out.len() == before {
            warnings.push(not_read(&name, "there is no text in it"));
        }
        return;
    }
    match inside.attachment(&name_for_type(part, &name), &bytes, depth) {
        Ok(found) => {
            // A message brings its own people and dates, and so does what lies in it.
            let of_its_own = found.iter().any(|document| document.kind == DocumentKind::Mail);
            for (index, mut document) in found.into_iter().enumerate() {
                let is_attachment = document.part.is_empty();
                document.part = match (index, document.part.as_str()) {
                    (0, "") => own_part.clone(),
                    (_, inner) => format!("{own_part}/{inner}"),
                };
                document.part_key = if document.part_key.is_empty() {
                    format!("{}/{}", at.key, document.content_hash)
                } else {
                    format!("{}/{}", at.key, document.part_key)
                };
                if !of_its_own && is_attachment {
                    document.title = name.clone();
                }
                if !of_its_own {
                    let own = std::mem::take(&mut document.metadata);
                    document.metadata = DocMetadata {
                        tags: own.tags,
                        language: own.language,
                        ..at.inherited.clone()
                    };
                }
                out.push(document);
            }
        }
        Err(why) => warnings.push(not_read(&name, &why)),
    }
}

/// The attachment's file name, or one made of its number.
fn name_of(part: &MessagePart<'_>, id: u32, numbers: &[String]) -> String {
    let stated = part
        .attachment_name()
        .map(header::one_line)
        .filter(|name| !name.is_empty());
    stated
        .or_else(|| part.message().and_then(header::subject))
        .unwrap_or_else(|| format!("part {}", numbers.get(id as usize).map_or("?", String::as_str)))
}

/// A name that tells the type: the stated one, with an ending from the stated media type where it has none.
fn name_for_type(part: &MessagePart<'_>, name: &str) -> String {
    let base = detect::file_name(&name.replace('\\', "/")).to_owned();
    if !detect::extension(&base).is_empty() {
        return base;
    }
    let Some(kind) = part.content_type() else {
        return base;
    };
    let ending = match (
        kind.ctype().to_ascii_lowercase().as_str(),
        kind.subtype().map(str::to_ascii_lowercase).as_deref(),
    ) {
        ("text", Some("html")) => "html",
        ("text", Some("csv")) => "csv",
        ("text", Some("tab-separated-values")) => "tsv",
        ("text", Some("markdown" | "x-markdown")) => "md",
        ("application", Some("pdf")) => "pdf",
        ("text", Some("calendar")) => "ics",
        ("text", Some("vcard" | "x-vcard" | "directory")) => "vcf",
        _ => return base,
    };
    format!("{base}.{ending}")
}

/// The warning that an attachment is left out.
pub(crate) fn not_read(name: &str, why: &str) -> Warning {
    Warning {
        code: "attachment_not_read".to_owned(),
        message: format!("attachment `{name}` is not searchable: {why}"),
    }
}
