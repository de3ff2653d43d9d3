//! Parts of a message: how they are numbered, and their text in spite of wrong labels.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessagePart, MimeHeaders, PartType};
use rushlight_core::Warning;

use crate::decode::{charset_broken, decode};

/// Longest number that is written out; a deeper part is named by its position instead.
const MAX_NUMBER: usize = 100;

/// The number of each part as IMAP counts them (`1`, `2.1`), behind `prefix`; by index into `message.parts`.
pub(crate) fn part_numbers(message: &Message<'_>, prefix: &str) -> Vec<String> {
    let mut numbers: Vec<String> = (0..message.parts.len())
        .map(|id| format!("{prefix}p{id}"))
        .collect();
    let Some(root) = message.parts.first() else {
        return numbers;
    };
    if !matches!(root.body, PartType::Multipart(_)) {
        numbers[0] = format!("{prefix}1");
        return numbers;
    }
    let mut waiting = vec![(0usize, prefix.to_owned())];
    while let Some((id, below)) = waiting.pop() {
        let Some(PartType::Multipart(children)) = message.parts.get(id).map(|part| &part.body) else {
            continue;
        };
        for (position, child) in children.iter().enumerate() {
            let child = *child as usize;
            // A part's children come after it, so this ends.
            if child <= id || child >= numbers.len() || below.len() > MAX_NUMBER {
                continue;
            }
            numbers[child] = format!("{below}{}", position + 1);
            waiting.push((child, format!("{}.", numbers[child])));
        }
    }
    numbers
}

/// The part's bytes as they stand in the message.
pub(crate) fn raw_bytes<'a>(message: &'a Message<'_>, part: &MessagePart<'_>) -> &'a [u8] {
    let (start, end) = (part.offset_body as usize, part.offset_end as usize);
    message.raw_message.get(start..end).unwrap_or_default()
}

/// The text of a text part. Where its label is missing, unknown or wrong, the bytes are asked instead.
pub(crate) fn part_text<'a>(
    message: &Message<'_>,
    part: &'a MessagePart<'_>,
) -> (Cow<'a, str>, Option<Warning>) {
    let (PartType::Text(text) | PartType::Html(text)) = &part.body else {
        return (Cow::Borrowed(""), None);
    };
    let label = part.content_type().and_then(|kind| kind.attribute("charset"));
    let known = label.is_some_and(|label| charset_decoder(label.as_bytes()).is_some());
    let broken = text.contains('\u{fffd}');
    if !broken && (known || text.is_ascii()) {
        return (without_nul(text), None);
    }
    if mostly_as_labelled(label, text) {
        return (without_nul(text), Some(charset_broken("UTF-8")));
    }
    let raw = raw_bytes(message, part);
    let bytes = match part.encoding {
        Encoding::None => Some(Cow::Borrowed(raw)),
        Encoding::Base64 => base64_decode(raw).map(Cow::Owned),
        Encoding::QuotedPrintable => quoted_printable_decode(raw).map(Cow::Owned),
    };
    let decoded = bytes
        .as_deref()
        .filter(|bytes| !bytes.is_empty())
        .and_then(decode);
    match decoded {
        Some(decoded) if !decoded.text.contains('\u{fffd}') => {
            let warning = decoded.warnings.into_iter().next();
            (Cow::Owned(decoded.text.into_owned()), warning)
        }
        _ if broken => (
            without_nul(text),
            Some(charset_broken(label.unwrap_or("US-ASCII"))),
        ),
        _ => (without_nul(text), None),
    }
}

/// True when a text labelled UTF-8 has no fewer characters beyond ASCII that are right than wrong ones: another charset
/// hardly ever gives those, stray bytes at the end do.
fn mostly_as_labelled(label: Option<&str>, text: &str) -> bool {
    let beyond = text.chars().filter(|c| !c.is_ascii()).count();
    let wrong = text.chars().filter(|c| *c == '\u{fffd}').count();
    label.is_some_and(|label| label.eq_ignore_ascii_case("utf-8")) && wrong > 0 && beyond >= 2 * wrong
}

fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
