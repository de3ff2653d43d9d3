//! Mailboxes in one file: where messages begin and end, and what quoting hides.
//!
//! Read are mboxo and mboxrd (lines that begin with `From ` are quoted), mboxcl and mboxcl2 (a header field states the
//! length), files whose writer left out the empty line between messages, and MMDF (lines of four control characters).

use std::borrow::Cow;
use std::ops::Range;

/// The line around a message in an MMDF mailbox.
const MMDF: &[u8] = b"\x01\x01\x01\x01";

/// Where a message stands in a mailbox, its separator line and the empty line at its end left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) range: Range<usize>,
    /// Whether lines that begin with `From ` may have been quoted.
    pub(crate) quoted: bool,
}

/// What is made out of a stretch of a mailbox.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Portion {
    /// Whole messages, in order.
    pub(crate) messages: Vec<Message>,
    /// Bytes that they take; what follows begins with a message that does not end here.
    pub(crate) used: usize,
}

/// True when the bytes begin a mailbox: a separator line, then a header field.
pub(crate) fn starts_one(bytes: &[u8]) -> bool {
    begins_message(bytes, 0) || (begins_mmdf(bytes) && next_line(bytes, 0) < bytes.len())
}

/// The messages in a stretch that begins where a message does. Unless it is the mailbox's end the last one is left for
/// the next stretch. Lengths above `max_length` are not believed.
pub(crate) fn portion(bytes: &[u8], at_end: bool, max_length: usize) -> Portion {
    if is_mmdf(line(bytes, 0)) {
        return mmdf_portion(bytes, at_end);
    }
    let mut portion = Portion::default();
    let Some(mut separator) = next_separator(bytes, 0, true) else {
        return portion;
    };
    loop {
        let start = next_line(bytes, separator);
        let (from, measured) = match stated_end(bytes, start, at_end, max_length) {
            StatedEnd::Unknown => {
                portion.used = separator;
                return portion;
            }
            StatedEnd::At(end) => (end, true),
            StatedEnd::None => (start, false),
        };
        // What a length led to is the end of a body, wherever the last line ends.
        let next = next_separator(bytes, from, measured);
        let end = match next {
            Some(next) => next,
            None if at_end => bytes.len(),
            None => {
                portion.used = separator;
                return portion;
            }
        };
        let end = if measured {
            from
        } else {
            without_empty_line(bytes, start, end)
        };
        portion.messages.push(Message {
            range: start..end,
            // Where the length counts, nothing needs to be quoted; one line that is not tells that nothing is.
            quoted: !(measured && has_bare_from(&bytes[start..end])),
        });
        let Some(next) = next else {
            portion.used = bytes.len();
            return portion;
        };
        portion.used = next;
        separator = next;
    }
}

/// The first line at or after `from` that begins another message. `after_empty`: whether the line before is empty.
pub(crate) fn next_separator(bytes: &[u8], from: usize, mut after_empty: bool) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        let next = next_line(bytes, at);
        let text = line(bytes, at);
        if begins_message(bytes, at) && (after_empty || is_dated_separator(text)) {
            return Some(at);
        }
        after_empty = text.is_empty();
        at = next;
    }
    None
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

/// The line may stand once between two messages or twice, at the end of one and at the start of the next.
fn mmdf_portion(bytes: &[u8], at_end: bool) -> Portion {
    let mut portion = Portion::default();
    let mut open: Option<usize> = None;
    let mut at = 0;
    let mut close = |open: Option<usize>, end: usize| {
        let message = open.map(|start| mmdf_message(bytes, start, end));
        portion
            .messages
            .extend(message.filter(|message| !bytes[message.range.clone()].trim_ascii().is_empty()));
        portion.used = end;
    };
    while at < bytes.len() {
        let next = next_line(bytes, at);
        if is_mmdf(line(bytes, at)) {
            close(open.replace(next), at);
        }
        at = next;
    }
    if at_end {
        close(open, bytes.len());
    }
    portion
}

fn mmdf_message(bytes: &[u8], start: usize, end: usize) -> Message {
    let start = if line(bytes, start).starts_with(b"From ") {
        next_line(bytes, start)
    } else {
        start
    };
    Message {
        range: start.min(end)..end,
        quoted: false,
    }
}

/// Where a message's own header says that it ends.
enum StatedEnd {
    /// It does not say, or what it says cannot be.
    None,
    /// The bytes do not reach so far.
    Unknown,
    At(usize),
}

/// A stated length is believed where another message, or the end of the mailbox, follows at that very place.
fn stated_end(bytes: &[u8], start: usize, at_end: bool, max_length: usize) -> StatedEnd {
    let mut at = start;
    let mut stated = None;
    loop {
        if at >= bytes.len() {
            return if at_end || at - start > max_length {
                StatedEnd::None
            } else {
                StatedEnd::Unknown
            };
        }
        let text = line(bytes, at);
        at = next_line(bytes, at);
        if text.is_empty() {
            break;
        }
        let Some(colon) = memchr::memchr(b':', text) else {
            continue;
        };
        if text[..colon].eq_ignore_ascii_case(b"content-length") {
            stated = std::str::from_utf8(text[colon + 1..].trim_ascii())
                .ok()
                .and_then(|length| length.parse::<usize>().ok());
        }
    }
    let Some(length) = stated.filter(|length| *length <= max_length) else {
        return StatedEnd::None;
    };
    let Some(end) = at.checked_add(length) else {
        return StatedEnd::None;
    };
    // A separator line and the start of the line after it are needed to tell.
    const ENOUGH: usize = 1024;
    if end.saturating_add(ENOUGH) > bytes.len() && !at_end {
        return StatedEnd::Unknown;
    }
    let Some(rest) = bytes.get(end..) else {
        return StatedEnd::None;
    };
    // Some count without the last line's end, and some leave out the empty line.
    let first = rest.iter().take(4).position(|b| !b.is_ascii_whitespace());
    let next = end + first.unwrap_or(rest.len().min(4));
    let begins_line = next == 0 || bytes[next - 1] == b'\n';
    if rest.trim_ascii().is_empty() || (begins_line && begins_message(bytes, next)) {
        StatedEnd::At(end)
    } else {
        StatedEnd::None
    }
}

fn has_bare_from(message: &[u8]) -> bool {
    memchr::memmem::find(message, b"\nFrom ").is_some()
}

/// The next line of an MMDF mailbox that parts messages.
pub(crate) fn next_mmdf(bytes: &[u8], from: usize) -> Option<usize> {
    let at = memchr::memmem::find(&bytes[from..], b"\n\x01\x01\x01\x01")?;
    Some(from + at + 1)
}

/// True where the bytes begin with the line around a message in an MMDF mailbox.
pub(crate) fn begins_mmdf(bytes: &[u8]) -> bool {
    is_mmdf(line(bytes, 0))
}

fn is_mmdf(line: &[u8]) -> bool {
    line == MMDF
}

/// True where a separator line stands, and a header field below it.
fn begins_message(bytes: &[u8], at: usize) -> bool {
    let text = line(bytes, at);
    if !text.starts_with(b"From ") {
        return false;
    }
    let next = next_line(bytes, at);
    // Thunderbird has come to write nothing else on the line.
    let bare = text == b"From " && line(bytes, next).starts_with(b"X-Mozilla-");
    bare || (is_separator(text) && begins_header(bytes, next))
}

/// `From `, a sender, and a date: the year stands somewhere in it. Netscape wrote `-` for the sender, and its heirs and
/// Gmail leave out the date.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let only = rest.trim_ascii();
    if only == b"-" || (only.contains(&b'@') && !only.iter().any(u8::is_ascii_whitespace)) {
        return true;
    }
    let year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    rest.split(u8::is_ascii_whitespace).skip(1).any(year) || rest.iter().filter(|b| **b == b':').count() >= 2
}

/// Netscape's, or one with weekday, month, day, time and year to the letter: good enough without an empty line before it.
fn is_dated_separator(line: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
    ];
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    if rest.trim_ascii() == b"-" {
        return true;
    }
    let words: Vec<&[u8]> = rest
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .collect();
    words.windows(5).any(|words| {
        let [day, month, date, time, year] = words else {
            return false;
        };
        let year_or_zone = year.iter().any(u8::is_ascii_digit) || year.iter().all(u8::is_ascii_uppercase);
        DAYS.contains(day)
            && MONTHS.contains(month)
            && date.iter().all(u8::is_ascii_digit)
            && time.iter().filter(|b| **b == b':').count() >= 1
            && year_or_zone
    })
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
    let Some(less) = body.strip_suffix(b"\n") else {
        return end;
    };
    let less = less.strip_suffix(b"\r").unwrap_or(less);
    // Else it is the end of the last line that has something on it.
    if less.is_empty() || less.ends_with(b"\n") {
        start + less.len()
    } else {
        end
    }
}

#[cfg(test)]
mod tests;
