//! Guards around the MIME parser against messages nested to exhaust the stack.
//!
//! The parser itself walks nested messages with a loop, but it recurses into those that are transfer-encoded (which
//! RFC 2046 forbids), and what it builds is dropped by recursion. So encoded ones are hidden from it, to be decoded and
//! parsed one level at a time, and the tree is taken apart by a loop.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{Message, MessageParser, PartType};
use memchr::memmem;
use rushlight_core::Warning;

/// Media type under which encoded messages are hidden; as long as `message`.
pub(crate) const ENCODED: &str = "encoded";

/// The message with every `message/…` type renamed in header blocks that also state a transfer encoding.
pub(crate) fn hide_encoded_messages(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(raw);
    let mut start = 0;
    while start < raw.len() {
        let end = block_end(raw, start);
        let block = &raw[start..end];
        // Most blocks are text without any header: the cheap test first.
        if memchr::memchr(b'/', block).is_some() {
            let lower = block.to_ascii_lowercase();
            let encoded = memmem::find(&lower, b"content-transfer-encoding").is_some()
                && (memmem::find(&lower, b"base64").is_some()
                    || memmem::find(&lower, b"quoted-printable").is_some());
            if encoded {
                for at in memmem::find_iter(&lower, b"message/") {
                    out.to_mut()[start + at..start + at + ENCODED.len()].copy_from_slice(ENCODED.as_bytes());
                }
            }
        }
        start = end;
    }
    out
}

/// The message, and what is to be known of it. Where the parser does not survive its structure, and there are parts
/// nested in a way that it does not, the header is read alone.
pub(crate) fn parse(raw: &[u8]) -> (Option<Message<'_>>, Option<Warning>) {
    let parser = MessageParser::default();
    match catch_unwind(AssertUnwindSafe(|| parser.parse(raw))) {
        Ok(message) => (message, None),
        Err(_) => header_alone(raw),
    }
}

/// The message's header, for one whose structure cannot be read.
pub(crate) fn header_alone(raw: &[u8]) -> (Option<Message<'_>>, Option<Warning>) {
    let parser = MessageParser::default();
    let header = catch_unwind(AssertUnwindSafe(|| parser.parse_headers(raw)));
    let warning = Warning {
        code: "structure_not_read".to_owned(),
        message: "the message's parts are nested in a way that cannot be read; only its header is searchable"
            .to_owned(),
    };
    (header.ok().flatten(), Some(warning))
}

/// Drops a message without recursing into those nested in it.
pub(crate) fn take_apart(message: Message<'_>) {
    let mut waiting = vec![message];
    while let Some(message) = waiting.pop() {
        for part in message.parts {
            if let PartType::Message(nested) = part.body {
                waiting.push(nested);
            }
        }
    }
}

/// The end of the lines up to the next empty one, or up to a size beyond which no header is.
fn block_end(raw: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(offset) = memchr::memchr(b'\n', &raw[at..]) {
        let line = &raw[at..at + offset];
        at += offset + 1;
        if line.trim_ascii().is_empty() {
            return at;
        }
    }
    raw.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encoded_messages_are_hidden() {
        let plain = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nbody message/rfc822\n";
        assert!(matches!(hide_encoded_messages(plain), Cow::Borrowed(_)));
        let encoded = b"A: b\n\nContent-Type:\n Message/RFC822\nContent-Transfer-Encoding: BASE64\n\nbody\n";
        assert_eq!(
            hide_encoded_messages(encoded).as_ref(),
            b"A: b\n\nContent-Type:\n encoded/RFC822\nContent-Transfer-Encoding: BASE64\n\nbody\n"
        );
    }

    #[test]
    fn a_tower_of_messages_does_not_exhaust_the_stack() {
        let tower = b"Content-Type: message/rfc822\n\n".repeat(50_000);
        let raw = hide_encoded_messages(&tower);
        let message = MessageParser::default().parse(raw.as_ref()).expect("has headers");
        take_apart(message);
    }
}
