use super::*;

const MAX: usize = 1 << 20;

fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let portion = portion(bytes, true, MAX);
    assert_eq!(portion.used, bytes.len());
    let message = |message: &Message| match message.quoted {
        true => unquote(&bytes[message.range.clone()]).into_owned(),
        false => bytes[message.range.clone()].to_vec(),
    };
    portion.messages.iter().map(message).collect()
}

fn check(bytes: &[u8], expected: &[&str]) {
    let got: Vec<String> = split(bytes)
        .into_iter()
        .map(|message| String::from_utf8(message).expect("ASCII"))
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn messages_come_apart_and_quoting_is_undone() {
    check(
        b"From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\nFrom here on it is text.\n>From quoted\n\n\
          From c@d Fri Jan  2 00:00:00 2026\nSubject: two\n\nend\n",
        &[
            "Subject: one\n\nFrom here on it is text.\nFrom quoted\n",
            "Subject: two\n\nend\n",
        ],
    );
}

#[test]
fn a_message_is_the_same_whether_or_not_another_follows() {
    let one = b"From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\nend\n\n";
    check(one, &["Subject: one\n\nend\n"]);
    let two = [
        one.as_slice(),
        b"From a@b Thu Jan  1 00:00:00 2026\nSubject: two\n\nend",
    ]
    .concat();
    check(&two, &["Subject: one\n\nend\n", "Subject: two\n\nend"]);
}

#[test]
fn only_one_level_of_quoting_goes() {
    assert_eq!(
        &*unquote(b">>From x\na >From y\n>From z"),
        b">From x\na >From y\nFrom z"
    );
    assert!(matches!(unquote(b"nothing"), Cow::Borrowed(_)));
}

#[test]
fn a_length_counts_where_a_message_follows_and_only_there() {
    let two = "From c@d Fri Jan  2 00:00:00 2026\nSubject: two\n\nend\n";
    let body = "From x@y Fri Jan  2 00:00:00 2026\nTo: all\n\n>From here\n";
    let with = |length: usize| {
        format!("From a@b Thu Jan  1 00:00:00 2026\nContent-Length: {length}\n\n{body}\n{two}").into_bytes()
    };
    let whole = format!("Content-Length: {}\n\n{body}", body.len());
    check(&with(body.len()), &[&whole, "Subject: two\n\nend\n"]);
    for wrong in [0, body.len() - 5, body.len() + 5, 1 << 40] {
        assert_eq!(split(&with(wrong)).len(), 3, "length {wrong}");
    }
}

#[test]
fn a_dated_line_needs_no_empty_line_before_it() {
    check(
        b"From a@b Thu Jan  1 00:00:00 2026\nSubject: one\n\nend\nFrom c@d Fri Jan  2 00:00:00 +0800 2026\nSubject: two\n\nend\n\
          From noon to 2026 we wrote:\nA: b\n",
        &["Subject: one\n\nend\n", "Subject: two\n\nend\nFrom noon to 2026 we wrote:\nA: b\n"],
    );
    // Gmail's Takeout names no sender.
    check(
        b"From 1790000000000000000@xxx Thu Jan 01 00:00:00 +0000 2026\r\nX-GM-THRID: 1\r\n\r\nend\r\n\r\n",
        &["X-GM-THRID: 1\r\n\r\nend\r\n"],
    );
}

#[test]
fn control_characters_part_messages_of_mmdf() {
    let bar = "\x01\x01\x01\x01\n";
    let twice = format!("{bar}Subject: one\n\n>From x\n{bar}{bar}Subject: two\n\nend\n{bar}");
    let once = format!(
        "{bar}Subject: one\n\n>From x\n{bar}From a@b Thu Jan  1 00:00:00 2026\nSubject: two\n\nend\n"
    );
    for mailbox in [twice, once] {
        assert!(starts_one(mailbox.as_bytes()));
        check(
            mailbox.as_bytes(),
            &["Subject: one\n\n>From x\n", "Subject: two\n\nend\n"],
        );
    }
}
