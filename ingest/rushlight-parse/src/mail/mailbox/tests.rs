use proptest::prelude::*;

use super::*;

/// How mailboxes are written.
#[derive(Clone, Copy, Debug)]
enum Variant {
    /// Lines that begin with `From ` are quoted; those with `>From ` are not.
    O,
    /// Both are.
    Rd,
    /// Quoted as in `O`, with lengths.
    Cl,
    /// Lengths, and nothing quoted.
    Cl2,
    /// As `Rd`, without empty lines between messages.
    Tight,
    Mmdf,
}

const SEPARATOR: &str = "From ada@example.org Thu Jan  1 00:00:00 2026";

fn write(messages: &[String], variant: Variant, newline: &str) -> Vec<u8> {
    let mut out = String::new();
    for message in messages {
        let (header, body) = message.split_once("\n\n").expect("has both");
        let quoted: String = body
            .split_inclusive('\n')
            .map(|line| {
                let quote = match variant {
                    Variant::O | Variant::Cl => line.starts_with("From "),
                    Variant::Rd | Variant::Tight => line.trim_start_matches('>').starts_with("From "),
                    Variant::Cl2 | Variant::Mmdf => false,
                };
                format!("{}{line}", if quote { ">" } else { "" })
            })
            .collect();
        let quoted = quoted.replace('\n', newline);
        let length = match variant {
            Variant::Cl | Variant::Cl2 => format!("\nContent-Length: {}", quoted.len()),
            _ => String::new(),
        };
        let header = format!("{header}{length}\n\n").replace('\n', newline);
        let (before, after) = match variant {
            Variant::Mmdf => ("\x01\x01\x01\x01", format!("\x01\x01\x01\x01{newline}")),
            Variant::Tight => (SEPARATOR, String::new()),
            _ => (SEPARATOR, newline.to_owned()),
        };
        out.push_str(&format!("{before}{newline}{header}{quoted}{after}"));
    }
    out.into_bytes()
}

fn read(bytes: &[u8], step: usize) -> Vec<String> {
    let mut mailbox = Mailbox::new(bytes, 1 << 20);
    mailbox.step = step;
    let mut messages = Vec::new();
    while let Some(entry) = mailbox.next().expect("readable") {
        let Entry::Message(raw) = entry else {
            panic!("{entry:?}")
        };
        let text = String::from_utf8(raw.into_owned()).expect("text");
        let kept = text.replace("\r\n", "\n");
        let without = |line: &&str| !line.starts_with("Content-Length:");
        messages.push(kept.split_inclusive('\n').filter(without).collect());
    }
    messages
}

fn bodies() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just(String::new()),
        Just(SEPARATOR.to_string()),
        Just("From here on".to_owned()),
        Just("To: all".to_owned()),
        "[a-z茶: ]{0,30}",
    ];
    proptest::collection::vec(line, 1..8).prop_map(|lines| lines.join("\n") + "\n")
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        bodies in proptest::collection::vec(bodies(), 1..5),
        variant in prop_oneof![
            Just(Variant::O), Just(Variant::Rd), Just(Variant::Cl), Just(Variant::Cl2), Just(Variant::Tight), Just(Variant::Mmdf)
        ],
        newline in prop_oneof![Just("\n"), Just("\r\n")],
        step in prop_oneof![1usize..200, Just(STEP)],
    ) {
        let message = |(number, body): (usize, &String)| {
            // Where nothing else parts messages, an empty line at the end is part of what does.
            let body = if matches!(variant, Variant::Tight) { body.trim_end().to_owned() + ".\n" } else { body.clone() };
            format!("Message-ID: <{number}@example.org>\nSubject: {number}\n\n{body}")
        };
        let messages: Vec<String> = bodies.iter().enumerate().map(message).collect();
        let bytes = write(&messages, variant, newline);
        prop_assert_eq!(read(&bytes, step), messages);
    }

    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(
        prop_oneof![Just(b"From a Thu Jan 1 00:00:00 2026\n".to_vec()), Just(b"To: x\n".to_vec()), Just(b"\n".to_vec()),
                    Just(b"Content-Length: 9\n".to_vec()), Just(b"\x01\x01\x01\x01\n".to_vec()), Just(b">From \r\n".to_vec()),
                    proptest::collection::vec(any::<u8>(), 0..8)], 0..20), step in 1usize..40, max in 1usize..100) {
        let bytes = bytes.concat();
        let mut mailbox = Mailbox::new(bytes.as_slice(), max);
        mailbox.step = step;
        let mut seen = 0;
        while let Some(entry) = mailbox.next().expect("readable") {
            seen += 1;
            if let Entry::Message(raw) = entry {
                prop_assert!(raw.len() <= max);
            }
            prop_assert!(seen <= bytes.len());
        }
    }
}

/// Writes the same bytes again and again.
struct Again<'a> {
    bytes: &'a [u8],
    at: usize,
    left: u64,
}

impl Read for Again<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let from = &self.bytes[self.at..];
        let count = from
            .len()
            .min(to.len())
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        to[..count].copy_from_slice(&from[..count]);
        self.at = (self.at + count) % self.bytes.len();
        self.left -= count as u64;
        Ok(count)
    }
}

#[test]
fn a_gigabyte_is_read_in_a_few_megabytes() {
    let message = format!("{SEPARATOR}\nSubject: tea\n\n{}\n\n", "x".repeat(60_000));
    let count = (1u64 << 30) / message.len() as u64;
    let reader = Again {
        bytes: message.as_bytes(),
        at: 0,
        left: count * message.len() as u64,
    };
    let mut mailbox = Mailbox::new(reader, 16 << 20);
    let mut seen = 0;
    while let Some(entry) = mailbox.next().expect("readable") {
        assert!(matches!(entry, Entry::Message(raw) if raw.len() == message.len() - SEPARATOR.len() - 2));
        seen += 1;
    }
    assert_eq!(seen, count);
    assert!(mailbox.most <= 2 * STEP, "{} bytes were held", mailbox.most);
}

#[test]
fn a_message_that_is_too_large_is_passed_over_and_said() {
    const LINE: u64 = 200 << 20;
    let first = format!("{SEPARATOR}\nSubject: one\n\n");
    let last = format!("\n\n{SEPARATOR}\nSubject: two\n\nend\n");
    let filling = Again {
        bytes: &[b'x'; 64 << 10],
        at: 0,
        left: LINE,
    };
    let mut mailbox = Mailbox::new(first.as_bytes().chain(filling).chain(last.as_bytes()), 8 << 20);
    let size = first.len() as u64 + LINE + 2;
    assert_eq!(mailbox.next().expect("readable"), Some(Entry::TooLarge(size)));
    let second = Entry::Message(Cow::Borrowed(b"Subject: two\n\nend\n"));
    assert_eq!(mailbox.next().expect("readable"), Some(second));
    assert_eq!(mailbox.next().expect("readable"), None);
    assert!(
        mailbox.most <= 2 * (8 << 20) + STEP,
        "{} bytes were held",
        mailbox.most
    );
}
