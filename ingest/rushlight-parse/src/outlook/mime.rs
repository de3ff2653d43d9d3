//! An item as a mail: the RFC 5322 message that it was, or would have been. What reads mail reads it then, with threads,
//! quotes, signatures and attachments; no second reader has to know of those.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::body::{self, Body};
use super::item::{Attachment, Content, Item, Props, tag};
use super::{Letter, fields, time};
use crate::mail::one_line;

/// Bytes of content in one line of base64.
const LINE: usize = 57;
/// Recipients that are written out.
const MAX_RECIPIENTS: usize = 5_000;
/// What a mail program says about the parts, in the header that a message came with: said anew here.
const OWN_FIELDS: [&str; 7] = [
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "content-id",
    "content-length",
    "mime-version",
    "subject",
];
/// PidTagMessageFlags.
const READ: i64 = 1;
const UNSENT: i64 = 8;

/// Writes the item as a mail, and names what is not in it. To be called in the worker only: rich text is read.
pub(super) fn letter(item: &Item) -> Letter {
    let mut lost = Vec::new();
    let mut raw = Vec::new();
    write(item, 0, &mut raw, &mut lost);
    Letter {
        raw,
        lost,
        ..Letter::default()
    }
}

fn write(item: &Item, depth: u32, out: &mut Vec<u8>, lost: &mut Vec<(String, String)>) {
    let mut header = Header::new(item);
    if let Some(signed) = clear_signed(item) {
        header.write(out);
        out.extend_from_slice(signed);
        return;
    }
    header.push("MIME-Version", "1.0");
    header.write(out);
    if let Some(sealed) = opaque(item) {
        sealed_part(item, sealed, out);
        return;
    }
    let boundary = format!("=_{depth}_=");
    field(
        out,
        "Content-Type",
        &format!("multipart/mixed; boundary=\"{boundary}\""),
    );
    let open = |out: &mut Vec<u8>| out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
    let mut texts = Vec::new();
    if let Some(text) = fields::of(item) {
        texts.push(Body::Plain(text));
    }
    let (main, problem) = body::of(&item.props);
    lost.extend(problem.map(|why| ("the text".to_owned(), why)));
    match (main, texts.first_mut()) {
        // What is said of an appointment and what is written in it are one text.
        (Some(Body::Plain(main)), Some(Body::Plain(first))) => *first = format!("{first}\n\n{main}"),
        (main, _) => texts.extend(main),
    }
    for text in &texts {
        open(out);
        let (subtype, text) = match text {
            Body::Plain(text) => ("plain", text),
            Body::Html(text) => ("html", text),
        };
        field(out, "Content-Type", &format!("text/{subtype}; charset=utf-8"));
        content(out, text.as_bytes());
    }
    for (index, attachment) in item.attachments.iter().enumerate() {
        open(out);
        attached(attachment, index, depth, out, lost);
    }
    out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
}

fn attached(
    attachment: &Attachment,
    index: usize,
    depth: u32,
    out: &mut Vec<u8>,
    lost: &mut Vec<(String, String)>,
) {
    let stated = attachment.name().map(|name| one_line(&name));
    if let Content::Item(item) = &attachment.content {
        field(out, "Content-Type", "message/rfc822");
        out.extend_from_slice(b"\r\n");
        write(item, depth + 1, out, lost);
        return;
    }
    let name = stated.unwrap_or_else(|| format!("attachment {}", index + 1));
    let media_type = attachment
        .props
        .text(tag::ATTACH_TYPE)
        .filter(|stated| is_media_type(stated))
        .map_or_else(
            || "application/octet-stream".to_owned(),
            |stated| stated.trim().to_owned(),
        );
    field(out, "Content-Type", &media_type);
    let disposition = format!("attachment; filename*=utf-8''{}", percent_encoded(&name));
    field(out, "Content-Disposition", &disposition);
    if let Some(id) = attachment.props.text(tag::ATTACH_CONTENT_ID) {
        field(out, "Content-ID", &format!("<{}>", word(&id)));
    }
    match &attachment.content {
        Content::Bytes(bytes) => content(out, bytes),
        Content::Missing(why) => {
            lost.push((name, why.clone()));
            content(out, b"");
        }
        Content::Item(_) => {}
    }
}

/// A message signed in the clear: the whole of it, with its parts, is what lies in its only attachment.
fn clear_signed(item: &Item) -> Option<&[u8]> {
    let bytes = only_attachment(item).filter(|_| item.is("ipm.note.smime.multipartsigned"))?;
    let head = bytes.get(..13)?;
    head.eq_ignore_ascii_case(b"content-type:").then_some(bytes)
}

/// A message that is encrypted, or signed so that it takes a program to read it.
fn opaque(item: &Item) -> Option<&[u8]> {
    only_attachment(item).filter(|_| item.is("ipm.note.smime") && !item.is("ipm.note.smime.multipartsigned"))
}

fn only_attachment(item: &Item) -> Option<&[u8]> {
    match item.attachments.as_slice() {
        [
            Attachment {
                content: Content::Bytes(bytes),
                ..
            },
        ] => Some(bytes),
        _ => None,
    }
}

fn sealed_part(item: &Item, bytes: &[u8], out: &mut Vec<u8>) {
    let headers = item
        .props
        .text(tag::TRANSPORT_HEADERS)
        .unwrap_or_default()
        .to_lowercase();
    let signed = headers.contains("smime-type=signed-data") || headers.contains("smime-type=\"signed-data\"");
    let kind = if signed { "signed-data" } else { "enveloped-data" };
    field(
        out,
        "Content-Type",
        &format!("application/pkcs7-mime; smime-type={kind}; name=\"smime.p7m\""),
    );
    content(out, bytes);
}

/// A mail's header fields, in order.
struct Header {
    fields: Vec<(String, String)>,
}

impl Header {
    fn new(item: &Item) -> Self {
        let props = &item.props;
        let mut header = Self {
            fields: props
                .text(tag::TRANSPORT_HEADERS)
                .map(|text| transported(&text))
                .unwrap_or_default(),
        };
        header.missing("From", || sender(props));
        for (name, kind, display) in [
            ("To", 1, tag::DISPLAY_TO),
            ("Cc", 2, tag::DISPLAY_CC),
            ("Bcc", 3, tag::DISPLAY_BCC),
        ] {
            header.missing(name, || recipients(item, kind, display));
        }
        header.missing("Date", || {
            [tag::SUBMIT_TIME, tag::DELIVERY_TIME, tag::CREATED, tag::MODIFIED]
                .into_iter()
                .find_map(|tag| time::mail_date(props.time(tag)?))
        });
        header.missing("Message-ID", || ids(props, tag::MESSAGE_ID));
        header.missing("In-Reply-To", || ids(props, tag::IN_REPLY_TO));
        header.missing("References", || ids(props, tag::REFERENCES));
        if let Some(subject) = props.text(tag::SUBJECT) {
            header.push("Subject", &word(without_mark(&subject)));
        }
        let categories: Vec<String> = props.categories().iter().map(|category| word(category)).collect();
        if !categories.is_empty() {
            header.push("Keywords", &categories.join(", "));
        }
        header.flags(props);
        header
    }

    fn push(&mut self, name: &str, value: &str) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn missing(&mut self, name: &str, value: impl FnOnce() -> Option<String>) {
        let there = self
            .fields
            .iter()
            .any(|(own, value)| own.eq_ignore_ascii_case(name) && !value.trim().is_empty());
        if !there && let Some(value) = value() {
            self.push(name, &value);
        }
    }

    /// In the fields that mail programs note them in.
    fn flags(&mut self, props: &Props) {
        let flags = props.number(tag::FLAGS);
        if flags.is_some_and(|flags| flags & READ != 0) {
            self.push("Status", "R");
        }
        let mut letters = String::new();
        // 102 and 103 stand for an answer to one and to all.
        if matches!(props.number(tag::LAST_VERB), Some(102 | 103)) {
            letters.push('A');
        }
        if props.number(tag::FOLLOW_UP) == Some(2) {
            letters.push('F');
        }
        if flags.is_some_and(|flags| flags & UNSENT != 0) {
            letters.push('T');
        }
        if !letters.is_empty() {
            self.push("X-Status", &letters);
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.fields {
            field(out, name, value);
        }
    }
}

/// The header that a message came with, without what is said anew.
fn transported(text: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut wanted = false;
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut().filter(|_| wanted) {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        if line.trim().is_empty() && !fields.is_empty() {
            break;
        }
        // Outlook writes a line of its own above some: "Microsoft Mail Internet Headers Version 2.0".
        let Some((name, value)) = line.split_once(':') else {
            wanted = false;
            continue;
        };
        let well_formed = !name.is_empty() && name.bytes().all(|b| (33..127).contains(&b));
        wanted = well_formed && !OWN_FIELDS.iter().any(|own| name.eq_ignore_ascii_case(own));
        if wanted {
            fields.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    fields
}

fn sender(props: &Props) -> Option<String> {
    let of = |name, smtp, kind, address| {
        person(
            props.text(name).as_deref(),
            address_of(props, smtp, kind, address).as_deref(),
        )
    };
    let representing = of(
        tag::REPRESENTING_NAME,
        tag::REPRESENTING_SMTP,
        tag::REPRESENTING_TYPE,
        tag::REPRESENTING_ADDRESS,
    );
    representing.or_else(|| {
        of(
            tag::SENDER_NAME,
            tag::SENDER_SMTP,
            tag::SENDER_TYPE,
            tag::SENDER_ADDRESS,
        )
    })
}

fn recipients(item: &Item, kind: i64, display: u16) -> Option<String> {
    let people: Vec<String> = item
        .recipients
        .iter()
        .filter(|props| props.number(tag::RECIPIENT_TYPE).map(|kind| kind & 0xf) == Some(kind))
        .take(MAX_RECIPIENTS)
        .filter_map(|props| {
            person(
                props.text(tag::DISPLAY_NAME).as_deref(),
                address_of(props, tag::SMTP_ADDRESS, tag::ADDRESS_TYPE, tag::ADDRESS).as_deref(),
            )
        })
        .collect();
    if !people.is_empty() {
        return Some(people.join(", "));
    }
    // Names alone, as Outlook shows them.
    let shown = item.props.text(display)?;
    let names: Vec<String> = shown
        .split(';')
        .filter_map(|name| person(Some(name), None))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// An address that mail can be sent to; those within Exchange are left out.
fn address_of(props: &Props, smtp: u16, kind: u16, address: u16) -> Option<String> {
    let exchange = props
        .text(kind)
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("EX"));
    let plain = || props.text(address).filter(|_| !exchange);
    props
        .text(smtp)
        .or_else(plain)
        .map(|address| address.trim_matches(['\'', '"', '<', '>', ' ']).to_owned())
        .filter(|address| {
            address.contains('@')
                && address
                    .chars()
                    .all(|c| c.is_ascii_graphic() && !"<>,;\"".contains(c))
        })
}

fn person(name: Option<&str>, address: Option<&str>) -> Option<String> {
    let name = name.map(one_line).unwrap_or_default();
    let name = unquoted(name.trim());
    Some(match (name, address) {
        ("", None) => return None,
        ("", Some(address)) => format!("<{address}>"),
        (name, Some(address)) if name.eq_ignore_ascii_case(address) => format!("<{address}>"),
        (name, Some(address)) => format!("{} <{address}>", phrase(name)),
        (name, None) => format!("{} <>", phrase(name)),
    })
}

/// Outlook keeps many names in the quotes that they came with.
fn unquoted(name: &str) -> &str {
    let within = |quote| name.strip_prefix(quote)?.strip_suffix(quote);
    within('\'').or_else(|| within('"')).unwrap_or(name)
}

fn phrase(name: &str) -> String {
    let plain = name.bytes().all(|b| (32..127).contains(&b)) && !name.contains("=?");
    if plain {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        word(name)
    }
}

fn ids(props: &Props, tag: u16) -> Option<String> {
    let ids: Vec<String> = props
        .text(tag)?
        .split_whitespace()
        .map(|id| id.trim_matches(['<', '>']))
        .filter(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_graphic()))
        .map(|id| format!("<{id}>"))
        .collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// A mailbox file marks where a subject's prefix ends: a character of 1, and one for the length.
fn without_mark(subject: &str) -> &str {
    let mut chars = subject.chars();
    match chars.next() {
        Some('\u{1}') => {
            chars.next();
            chars.as_str()
        }
        _ => subject,
    }
}

/// Header text; an encoded word where it is more than ASCII.
fn word(text: &str) -> String {
    let text = one_line(text);
    if text.is_ascii() && !text.contains("=?") {
        text
    } else {
        format!("=?utf-8?B?{}?=", STANDARD.encode(text))
    }
}

fn is_media_type(stated: &str) -> bool {
    let token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b))
    };
    let parts = stated.trim().split_once('/');
    parts.is_some_and(|(kind, subtype)| {
        // A part that is one of several, and a message without its own encoding, cannot be in base64.
        token(kind) && token(subtype) && !kind.eq_ignore_ascii_case("multipart")
    })
}

fn percent_encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(one_line(value).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The rest of a part: how it is encoded, and its content.
fn content(out: &mut Vec<u8>, bytes: &[u8]) {
    field(out, "Content-Transfer-Encoding", "base64");
    out.extend_from_slice(b"\r\n");
    let mut line = String::new();
    for piece in bytes.chunks(LINE) {
        line.clear();
        STANDARD.encode_string(piece, &mut line);
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::super::item::{Key, Value};
    use super::*;

    fn props(values: &[(u16, &str)]) -> Props {
        let mut props = Props::default();
        for (tag, text) in values {
            props.put(Key::Tag(*tag), Value::Text((*text).to_owned()));
        }
        props
    }

    #[test]
    fn people_are_written_as_mail_writes_them() {
        let check = |name, address, expected: Option<&str>| {
            assert_eq!(person(name, address).as_deref(), expected);
        };
        check(
            Some("Chen, \"Mei\""),
            Some("mei@example.org"),
            Some("\"Chen, \\\"Mei\\\"\" <mei@example.org>"),
        );
        check(Some("陳美"), None, Some("=?utf-8?B?6Zmz576O?= <>"));
        check(
            Some("'mei@example.org'"),
            Some("mei@example.org"),
            Some("<mei@example.org>"),
        );
        check(Some(" "), None, None);
    }

    #[test]
    fn an_address_within_exchange_is_none() {
        let address = |values: &[(u16, &str)]| {
            address_of(&props(values), tag::SMTP_ADDRESS, tag::ADDRESS_TYPE, tag::ADDRESS)
        };
        let inner = (tag::ADDRESS, "/o=Tea/cn=mei@example.org");
        assert_eq!(address(&[inner, (tag::ADDRESS_TYPE, "EX")]), None);
        assert_eq!(
            address(&[inner, (tag::SMTP_ADDRESS, "<mei@example.org>")]).as_deref(),
            Some("mei@example.org")
        );
        assert_eq!(
            address(&[(tag::ADDRESS, "a b@example.org")]),
            None,
            "no line may be broken by it"
        );
    }

    #[test]
    fn a_header_that_came_with_it_is_kept_without_its_parts() {
        let text = "Microsoft Mail Internet Headers Version 2.0\r\nReceived: by a\r\n\twith b\r\n\
Content-Type: multipart/mixed;\r\n boundary=x\r\nFrom: a@example.org\r\n\r\nBcc: c@example.org\r\n";
        let fields = transported(text);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(fields, [("Received", "by a with b"), ("From", "a@example.org")]);
    }

    #[test]
    fn nothing_in_an_item_ends_a_part_of_it() {
        let item = Item {
            props: props(&[
                (tag::SUBJECT, "a\r\n--=_0_=\r\n\r\nb"),
                (tag::BODY, "x\r\n--=_0_=--\r\ny"),
            ]),
            recipients: vec![],
            attachments: vec![Attachment {
                props: props(&[
                    (tag::ATTACH_LONG_NAME, "a\"; x=\"y\r\nz.txt"),
                    (tag::ATTACH_TYPE, "text/plain\r\nX: y"),
                ]),
                content: Content::Bytes(b"\r\n--=_0_=--".to_vec()),
            }],
        };
        let raw = String::from_utf8(letter(&item).raw).expect("ASCII");
        assert_eq!(
            raw.matches("\r\n--=_0_=").count(),
            3,
            "two parts and an end: {raw}"
        );
        assert!(
            raw.contains("filename*=utf-8''a%22%3B%20x%3D%22y%20z.txt\r\n"),
            "{raw}"
        );
        assert!(
            raw.contains("Content-Type: application/octet-stream\r\n"),
            "{raw}"
        );
    }
}
