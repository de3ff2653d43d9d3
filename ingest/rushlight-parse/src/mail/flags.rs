//! What a mail program notes of a message: flags, labels, and the folder it lies in. They become tags.
//!
//! They change without the message changing, so a message's identity leaves them out.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{HeaderForm, HeaderValue, Message};

use super::header::one_line;
use crate::tags;

/// Header fields that programs write into a message they have received, and write again when a flag changes.
const STATUS_FIELDS: [&[u8]; 12] = [
    b"status",
    b"x-status",
    b"x-keywords",
    b"x-label",
    b"x-mozilla-status",
    b"x-mozilla-status2",
    b"x-mozilla-keys",
    b"x-gmail-labels",
    b"x-uid",
    b"x-imap",
    b"x-imapbase",
    b"content-length",
];

/// Adds the flags and labels in the message's own header: of mbox (`Status`, `X-Status`), Thunderbird
/// (`X-Mozilla-Status`, in hexadecimal), Gmail's Takeout and IMAP servers.
pub(crate) fn of_header(message: &Message<'_>, tags: &mut Vec<String>) {
    let raw = |name: &'static str| message.header_raw(name).map(one_line).unwrap_or_default();
    for letter in raw("Status").chars().chain(raw("X-Status").chars()) {
        let flag = match letter {
            'R' => "seen",
            'A' => "replied",
            'F' => "flagged",
            'T' => "draft",
            'D' => "trashed",
            _ => continue,
        };
        tags::add(flag, tags);
    }
    if let Ok(bits) = u32::from_str_radix(&raw("X-Mozilla-Status"), 16) {
        for (bit, flag) in [
            (0x1, "seen"),
            (0x2, "replied"),
            (0x4, "flagged"),
            (0x8, "trashed"),
            (0x1000, "passed"),
        ] {
            if bits & bit != 0 {
                tags::add(flag, tags);
            }
        }
    }
    for name in ["X-Keywords", "X-Mozilla-Keys"] {
        raw(name).split(' ').for_each(|word| tags::add(word, tags));
    }
    for name in ["X-Gmail-Labels", "X-Label"] {
        for value in message.header_as(name, HeaderForm::Text) {
            if let HeaderValue::Text(labels) = value {
                labels
                    .split(',')
                    .for_each(|label| tags::add(one_line(label).trim_matches('"'), tags));
            }
        }
    }
}

/// Adds what the path of a message in a Maildir says: the flags behind its name, and its folder's name.
pub(crate) fn of_path(path: &str, tags: &mut Vec<String>) {
    let mut names = path.rsplit('/');
    let (Some(name), Some("cur" | "new")) = (names.next(), names.next()) else {
        return;
    };
    // Where a colon cannot be in a name, other signs stand for it.
    let flags = [":2,", ";2,", "!2,"]
        .iter()
        .find_map(|mark| name.rsplit_once(mark))
        .map_or("", |(_, flags)| flags);
    for letter in flags.chars() {
        let flag = match letter {
            'P' => "passed",
            'R' => "replied",
            'S' => "seen",
            'T' => "trashed",
            'D' => "draft",
            'F' => "flagged",
            _ => continue,
        };
        tags::add(flag, tags);
    }
    let folder = names.next().unwrap_or_default();
    let folder = match folder.strip_prefix('.') {
        Some(below) => imap_name(below).replace('.', "/"),
        None => imap_name(folder),
    };
    // The mailbox itself, which is no folder of it.
    if !folder.eq_ignore_ascii_case("maildir") {
        tags::add(&folder, tags);
    }
}

/// The message without what changes when a flag does.
pub(crate) fn without_status(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let (mut at, mut copied) = (0, 0);
    let mut dropping = false;
    while at < raw.len() {
        let end = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |end| at + end + 1);
        let line = &raw[at..end];
        if line.trim_ascii().is_empty() {
            break;
        }
        let folded = line.starts_with(b" ") || line.starts_with(b"\t");
        dropping = if folded {
            dropping
        } else {
            let name = line.split(|b| *b == b':').next().unwrap_or_default();
            STATUS_FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field))
        };
        if dropping {
            out.extend_from_slice(&raw[copied..at]);
            copied = end;
        }
        at = end;
    }
    if copied == 0 {
        return Cow::Borrowed(raw);
    }
    out.extend_from_slice(&raw[copied..]);
    Cow::Owned(out)
}

/// A folder's name as people see it: IMAP servers write it in the UTF-7 of RFC 3501, section 5.1.3.
fn imap_name(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some((before, shifted)) = rest.split_once('&') {
        out.push_str(before);
        let Some((encoded, after)) = shifted.split_once('-') else {
            return name.to_owned();
        };
        if encoded.is_empty() {
            out.push('&');
        } else {
            let Some(decode) = charset_decoder(b"utf-7") else {
                return name.to_owned();
            };
            out.push_str(&decode(format!("+{}-", encoded.replace(',', "/")).as_bytes()));
        }
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::*;

    #[test]
    fn paths_tell_flags_and_folder() {
        let check = |path: &str, expected: &[&str]| {
            let mut tags = Vec::new();
            of_path(path, &mut tags);
            assert_eq!(tags, expected, "{path}");
        };
        check("mail/cur/17.host:2,FRS", &["flagged", "replied", "seen", "mail"]);
        check(
            "Maildir/.Work.Tea/cur/17.host!2,DPTa",
            &["draft", "passed", "trashed", "Work/Tea"],
        );
        check("Maildir/.&g0l6Pw-.A&-B/new/17.host", &["草稿/A&B"]);
        check("Maildir/cur/17.host:2,", &[]);
        check("cur/17.host;2,T", &["trashed"]);
        check("notes/17:2,S", &[]);
    }

    #[test]
    fn headers_tell_flags_and_labels() {
        let check = |header: &str, expected: &[&str]| {
            let raw = format!("From: a@example.org\n{header}\nSubject: tea\n\nhi\n");
            let message = MessageParser::default()
                .parse(raw.as_bytes())
                .expect("has a header");
            let mut tags = Vec::new();
            of_header(&message, &mut tags);
            assert_eq!(tags, expected, "{header}");
            let without = without_status(raw.as_bytes());
            assert_eq!(without.as_ref(), b"From: a@example.org\nSubject: tea\n\nhi\n");
        };
        check(
            "Status: RO\nX-Status: AFDT",
            &["seen", "replied", "flagged", "trashed", "draft"],
        );
        check(
            "X-Mozilla-Status: 1007\nX-Mozilla-Status2: 00000000",
            &["seen", "replied", "flagged", "passed"],
        );
        check(
            "X-Mozilla-Status: 0009\nX-Mozilla-Keys: $label1 tea  ",
            &["seen", "trashed", "$label1", "tea"],
        );
        check("X-Keywords: work  tea   ", &["work", "tea"]);
        check(
            "X-Gmail-Labels: =?UTF-8?Q?=E8=8D=89=E7=A8=BF?=,Inbox,\n \"Work, tea\"",
            &["草稿", "Inbox", "Work", "tea"],
        );
        check("status: R\n folded\nX-UID: 7\nContent-Length: 3", &["seen"]);
    }

    #[test]
    fn a_body_keeps_what_looks_like_a_flag() {
        let raw = b"From: a\n\nStatus: RO\n";
        assert!(matches!(without_status(raw), Cow::Borrowed(_)));
    }
}
