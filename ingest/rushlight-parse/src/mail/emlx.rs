//! Apple Mail's .emlx: a line with the message's length, the message, and a property list.

/// The message in the file. Where the first line states no length that fits, all that follows it is the message.
pub(crate) fn message(bytes: &[u8]) -> &[u8] {
    let Some(end) = memchr::memchr(b'\n', bytes) else {
        return bytes;
    };
    let stated = std::str::from_utf8(bytes[..end].trim_ascii()).ok();
    let rest = &bytes[end + 1..];
    match stated.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => rest.get(..length).unwrap_or(rest),
        // No length at all: it is a message under this name.
        None => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_property_list_is_left_out() {
        assert_eq!(message(b"9  \nA: b\n\nhi\n<?xml"), b"A: b\n\nhi\n");
        assert_eq!(message(b"99\nA: b\n"), b"A: b\n");
        assert_eq!(message(b"A: b\n\nhi"), b"A: b\n\nhi");
        assert_eq!(message(b"12"), b"12");
    }
}
