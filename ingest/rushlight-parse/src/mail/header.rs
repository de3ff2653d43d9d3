//! A mail's header fields, as people read them and as they are filtered by.

use mail_parser::{Address, HeaderName, HeaderValue, Message};
use rushlight_core::{DocMetadata, Timestamp};

use super::thread;

/// True where the first line is a header field, or nearly one.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    let line = bytes
        .trim_ascii_start()
        .split(|b| *b == b'\n')
        .next()
        .unwrap_or_default();
    let name = line.split(|b| *b == b':').next().unwrap_or_default();
    name.len() < line.len() && !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

/// The lines that open a mail's text: who, to whom, when, about what.
pub(crate) fn lines(message: &Message<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (label, name) in [
        ("From", HeaderName::From),
        ("To", HeaderName::To),
        ("Cc", HeaderName::Cc),
        ("Bcc", HeaderName::Bcc),
    ] {
        let people = people(message, &name);
        if !people.is_empty() {
            lines.push(format!("{label}: {}", people.join(", ")));
        }
    }
    if let Some(date) = message.date() {
        lines.push(format!("Date: {}", date.to_rfc3339()));
    }
    if let Some(subject) = subject(message) {
        lines.push(format!("Subject: {subject}"));
    }
    lines
}

/// The subject on one line; `None` when there is none.
pub(crate) fn subject(message: &Message<'_>) -> Option<String> {
    message
        .subject()
        .map(one_line)
        .filter(|subject| !subject.is_empty())
}

/// What the header says beside the text.
pub(crate) fn metadata(message: &Message<'_>) -> DocMetadata {
    let mut recipients = Vec::new();
    for name in [HeaderName::To, HeaderName::Cc, HeaderName::Bcc] {
        recipients.extend(people(message, &name));
    }
    let mut authors = people(message, &HeaderName::From);
    if authors.is_empty() {
        authors = people(message, &HeaderName::Sender);
    }
    let tags = match message.keywords() {
        HeaderValue::Text(text) => text
            .split(',')
            .map(one_line)
            .filter(|tag| !tag.is_empty())
            .collect(),
        HeaderValue::TextList(list) => list
            .iter()
            .map(|tag| one_line(tag))
            .filter(|tag| !tag.is_empty())
            .collect(),
        _ => Vec::new(),
    };
    let message_id = message.message_id().map(one_line).filter(|id| !id.is_empty());
    let list = list(message);
    let mut named = authors.clone();
    named.extend(people(message, &HeaderName::To));
    let thread_id = thread::id(thread::Said {
        references: &ids(message.references()),
        in_reply_to: &ids(message.in_reply_to()),
        own: message_id.as_deref(),
        subject: subject(message).as_deref(),
        people: &named,
        list: list.as_deref(),
    });
    DocMetadata {
        authors,
        recipients,
        tags,
        created: message
            .date()
            .filter(|date| date.is_valid())
            .map(|date| Timestamp(date.to_timestamp() * 1000)),
        language: None,
        message_id,
        in_reply_to: in_reply_to(message),
        thread_id,
        list,
        ..DocMetadata::default()
    }
}

fn in_reply_to(message: &Message<'_>) -> Option<String> {
    // References lists the whole thread, its parent last.
    let first = ids(message.in_reply_to()).into_iter().next();
    first.or_else(|| ids(message.references()).pop())
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    let mut ids = match value {
        HeaderValue::Text(text) => vec![one_line(text)],
        HeaderValue::TextList(list) => list.iter().map(|id| one_line(id)).collect(),
        _ => Vec::new(),
    };
    // Some programs answer "your message of Thursday".
    ids.retain(|id| !id.is_empty() && !id.contains(' '));
    ids
}

/// What stands between the angle brackets of List-Id, or the whole field where there are none.
fn list(message: &Message<'_>) -> Option<String> {
    let raw = message.header_raw(HeaderName::ListId)?;
    let line = one_line(raw);
    let inner = match (line.rfind('<'), line.rfind('>')) {
        (Some(start), Some(end)) if start < end => line[start + 1..end].trim(),
        _ => line.as_str(),
    };
    (!inner.is_empty()).then(|| inner.to_owned())
}

fn people(message: &Message<'_>, name: &HeaderName<'static>) -> Vec<String> {
    let mut people = Vec::new();
    let Some(root) = message.parts.first() else {
        return people;
    };
    for header in root.headers.iter().filter(|header| header.name == *name) {
        match &header.value {
            HeaderValue::Address(addresses) => collect(addresses, &mut people),
            HeaderValue::Text(text) => people.push(one_line(text)),
            _ => {}
        }
    }
    people.retain(|person| !person.is_empty());
    people
}

fn collect(addresses: &Address<'_>, people: &mut Vec<String>) {
    for address in addresses.iter() {
        let name = address.name().map(one_line).filter(|name| !name.is_empty());
        let mailbox = address
            .address()
            .map(one_line)
            .filter(|mailbox| !mailbox.is_empty());
        people.extend(match (name, mailbox) {
            (Some(name), Some(mailbox)) => Some(format!("{name} <{mailbox}>")),
            (name, mailbox) => name.or(mailbox),
        });
    }
}

/// Header text with its folds and control characters turned into single spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
