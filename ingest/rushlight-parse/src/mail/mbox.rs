//! Mailboxes in one file: where messages begin, and what quoting hides.

use std::borrow::Cow;
use std::ops::Range;

/// True when the bytes begin a mailbox: a separator line, then a header field.
pub(crate) fn starts_one(bytes: &[u8]) -> bool {
    is_separator(line(bytes, 0)) && begins_header(bytes, next_line(bytes, 0))
}

/// Where each message stands, its separator line and the empty line at its end left out.
pub(crate) fn split(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut messages: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = 0;
    let mut after_empty = true;
    while at < bytes.len() {
        let next = next_line(bytes, at);
        let text = line(bytes, at);
        if after_empty && is_separator(text) && begins_header(bytes, next) {
            if let Some(start) = open {
                messages.push(start..without_empty_line(bytes, start, at));
            }
            open = Some(next);
        }
        after_empty = text.is_empty();
        at = next;
    }
    if let Some(start) = open {
        messages.push(start..bytes.len());
    }
    messages
}

/// The message as it was before it was put into the mailbox: one `>` less before every quoted `From `.
pub(crate) fn unquote(message: &[u8]) -> Cow<'_, [u8]> {
    let finder = memchr::memmem::Finder::new(b">From ");
    let mut out = Vec::new();
    let mut copied = 0;
    for at in finder.find_iter(message) {
        let start = message[..at]
            .iter()
            .rposition(|b| *b != b'>')
            .map_or(0, |before| before + 1);
        if start == 0 || message[start - 1] == b'\n' {
            out.extend_from_slice(&message[copied..at]);
            copied = at + 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(message);
    }
    out.extend_from_slice(&message[copied..]);
    Cow::Owned(out)
}

/// `From `, a sender, and a date: the year stands somewhere in it.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    rest.split(u8::is_ascii_whitespace).skip(1).any(year) || rest.iter().filter(|b| **b == b':').count() >= 2
}

fn begins_header(bytes: &[u8], at: usize) -> bool {
    let line = line(bytes, at);
    if line.starts_with(b">From ") {
        return begins_header(bytes, next_line(bytes, at));
    }
    let colon = line.iter().position(|b| *b == b':').unwrap_or(0);
    colon > 0 && line[..colon].iter().all(|b| b.is_ascii_graphic())
}

fn line(bytes: &[u8], at: usize) -> &[u8] {
    let rest = &bytes[at.min(bytes.len())..];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end])
}

fn next_line(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at.min(bytes.len())..]).map_or(bytes.len(), |end| at + end + 1)
}

fn without_empty_line(bytes: &[u8], start: usize, end: usize) -> usize {
    let body = &bytes[start..end];
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    start + body.strip_suffix(b"\r").unwrap_or(body).len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOX: &[u8] = b"From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\nFrom here on it is text.\n>From quoted\n\nFrom c@d Fri Jan  2 00:00:00 2026\nSubject: two\n\nend\n";

    #[test]
    fn messages_come_apart_and_quoting_is_undone() {
        let messages: Vec<_> = split(BOX).into_iter().map(|range| unquote(&BOX[range])).collect();
        assert_eq!(messages.len(), 2);
        assert_eq!(
            &*messages[0],
            b"Subject: one\n\nFrom here on it is text.\nFrom quoted\n"
        );
        assert_eq!(&*messages[1], b"Subject: two\n\nend\n");
    }

    #[test]
    fn only_one_level_of_quoting_goes() {
        assert_eq!(
            &*unquote(b">>From x\na >From y\n>From z"),
            b">From x\na >From y\nFrom z"
        );
        assert!(matches!(unquote(b"nothing"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn messages_are_in_order_and_apart(bytes in proptest::collection::vec(
            prop_oneof![Just(b"From a Thu Jan 1 00:00:00 2026\n".to_vec()), Just(b"To: x\n".to_vec()), Just(b"\n".to_vec()),
                        Just(b">From \r\n".to_vec()), proptest::collection::vec(any::<u8>(), 0..8)], 0..20)) {
            let bytes = bytes.concat();
            let mut at = 0;
            for range in split(&bytes) {
                prop_assert!(range.start >= at && range.end >= range.start && range.end <= bytes.len());
                at = range.end;
                unquote(&bytes[range]);
            }
        }
    }
}
