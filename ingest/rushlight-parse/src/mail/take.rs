//! A message taken apart. To be called in the worker only: what strangers send is decoded here.

use std::borrow::Cow;
use std::collections::HashSet;

use mail_parser::{Message, MessagePart, MimeHeaders, PartType};
use rushlight_core::{Attachment as Attached, BlockKind, Locator, Warning};

use super::parts::{part_numbers, part_text, raw_bytes};
use super::{body, calendar, content_hash, defuse, flags, header, sealed, winmail};
use crate::apart::{Apart, Attachment, Care, Content, Facts, InPlace, Taken, Written, said, without_text};
use crate::build::TextBuilder;
use crate::detect;
use crate::html::Origin;
use crate::parsers::too_deep;
use crate::textual::Pages;

/// Longest media type that is noted.
const MAX_MEDIA_TYPE: usize = 100;

/// What lies in a message. Nothing when it is none.
pub(crate) fn take(raw: &[u8], inside: &InPlace) -> Apart {
    let out = Apart::default();
    let mut taker = Taker { inside, out };
    taker.read(raw, "", 0);
    taker.out
}

struct Taker<'a> {
    inside: &'a InPlace,
    out: Apart,
}

impl Taker<'_> {
    /// Takes in a message with so many above it; where it lies in `out`, unless there is none.
    fn read(&mut self, raw: &[u8], number_prefix: &str, level: u32) -> Option<u32> {
        let guarded;
        let (message, warning) = if self.inside.terms.care == Care::Utmost {
            defuse::header_alone(raw)
        } else {
            guarded = defuse::hide_encoded_messages(raw);
            defuse::parse(guarded.as_ref())
        };
        let message = message?;
        let index = self.collect(&message, raw, number_prefix, level);
        self.out.taken[index as usize].unstructured = warning.map(Into::into);
        defuse::take_apart(message);
        Some(index)
    }

    fn collect(&mut self, message: &Message<'_>, raw: &[u8], number_prefix: &str, level: u32) -> u32 {
        let inside = self.inside;
        let index = self.out.taken.len();
        self.out.taken.push(Taken::default());
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
                metadata.attachments.push(Attached {
                    media_type: media_type(part),
                    bytes: Some(length(message, part)),
                    ..Attached::named(name_of(part, *id, numbers))
                });
            }
        }
        let (text, blocks) = builder.finish();
        let key = metadata
            .message_id
            .clone()
            .unwrap_or_else(|| content_hash(&flags::without_status(raw)).to_string());
        if !text.is_empty() {
            metadata.language = crate::language::guess(&text);
        }
        let limit = inside.terms.max_attachments;
        let mut taken = Vec::new();
        for (message, numbers, id) in attachments.iter().take(limit) {
            if let Some(part) = message.parts.get(*id as usize) {
                taken.push(self.attachment(message, numbers, *id, part, level + 1));
            }
        }
        self.out.taken[index] = Taken {
            title: header::subject(message),
            key,
            hash: content_hash(raw).0,
            facts: Facts::from(metadata),
            written: (!text.is_empty()).then(|| Written::new(text, blocks)),
            warnings: said(warnings),
            unstructured: None,
            more_attachments: u32::try_from(attachments.len().saturating_sub(limit)).unwrap_or(u32::MAX),
            attachments: taken,
        };
        for own in hidden {
            defuse::take_apart(own.message);
        }
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// An attachment with so many messages above it.
    fn attachment(
        &mut self,
        message: &Message<'_>,
        numbers: &[String],
        id: u32,
        part: &MessagePart<'_>,
        level: u32,
    ) -> Attachment {
        let number = numbers.get(id as usize).cloned().unwrap_or_default();
        let name = name_of(part, id, numbers);
        let file_name = name_for_type(part, &name);
        let mut warnings = Vec::new();
        let content = if let PartType::Message(nested) = &part.body {
            if level > self.inside.terms.levels {
                Content::NotRead(too_deep().into())
            } else {
                let raw = raw_bytes(message, part);
                Content::Taken(self.collect(nested, raw, &format!("{number}."), level))
            }
        } else {
            let (bytes, warning): (Cow<'_, [u8]>, Option<Warning>) = match &part.body {
                PartType::Text(_) | PartType::Html(_) => {
                    let (text, warning) = part_text(message, part);
                    (Cow::Owned(text.into_owned().into_bytes()), warning)
                }
                _ => (Cow::Borrowed(part.contents()), None),
            };
            warnings.extend(warning);
            self.content(part, bytes, &number, &file_name, level)
        };
        Attachment {
            number,
            name,
            file_name,
            warnings: said(warnings),
            content,
        }
    }

    fn content(
        &mut self,
        part: &MessagePart<'_>,
        bytes: Cow<'_, [u8]>,
        number: &str,
        file_name: &str,
        level: u32,
    ) -> Content {
        let encoded_message = part
            .content_type()
            .is_some_and(|kind| kind.ctype().eq_ignore_ascii_case(defuse::ENCODED));
        if bytes.trim_ascii().is_empty() {
            Content::Nothing
        } else if !encoded_message {
            self.inside.attachment(file_name, bytes.into_owned())
        } else if level > self.inside.terms.levels {
            Content::NotRead(too_deep().into())
        } else {
            match self.read(&bytes, &format!("{number}."), level) {
                Some(index) => Content::Taken(index),
                None => Content::NotRead(without_text().into()),
            }
        }
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
    inside: &InPlace,
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
        let (page, found) = inside.page(&text, Origin::Mail);
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

/// The media type that the part states, where it is one.
fn media_type(part: &MessagePart<'_>) -> Option<String> {
    let kind = part.content_type()?;
    if matches!(part.body, PartType::Message(_)) || kind.ctype().eq_ignore_ascii_case(defuse::ENCODED) {
        return Some("message/rfc822".to_owned());
    }
    let stated = format!("{}/{}", kind.ctype(), kind.subtype()?).to_ascii_lowercase();
    let sound = |c: u8| c.is_ascii_alphanumeric() || b"/+-._".contains(&c);
    (stated.len() <= MAX_MEDIA_TYPE && stated.bytes().all(sound)).then_some(stated)
}

/// The part's length, out of its transfer encoding.
fn length(message: &Message<'_>, part: &MessagePart<'_>) -> u64 {
    let bytes = match part.body {
        PartType::Message(_) => raw_bytes(message, part),
        _ => part.contents(),
    };
    bytes.len() as u64
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
