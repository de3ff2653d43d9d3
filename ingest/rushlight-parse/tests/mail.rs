//! Mail against the parses that another parser's test suite states.

use std::path::{Path, PathBuf};

use rushlight_core::{BlockKind, ContentHash, ParsedDocument, ParsedFile, Parser, RawFile, Timestamp};
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};
use serde_json::Value;

/// What is read otherwise than the suite states, and why. File, what, reason.
const DEVIATIONS: &[(&str, &str, &str)] = &[
    (
        "legacy/026.json",
        "words of part 2",
        "not labelled and written in Latin-1: its umlauts are read, not replaced",
    ),
    (
        "legacy/033.json",
        "words of part 0",
        "labelled UTF-8 and written in Latin-1: its umlauts are read, not replaced",
    ),
    (
        "legacy/052.json",
        "words of part 0",
        "labelled UTF-8 and written in Latin-1: its umlauts are read, not replaced",
    ),
];

/// Mailboxes, and how many messages lie in them.
const MAILBOXES: &[(&str, usize)] = &[
    ("mimekit/mbox/simple.mbox.txt", 3),
    ("mimekit/mbox/unmunged.mbox.txt", 2),
    ("mimekit/mbox/issue1189.mbox.txt", 4),
    ("mimekit/mbox/content-length.mbox.txt", 29),
    ("tika/complex.mbox", 3),
    ("tika/multiline2.mbox", 1),
    ("tika/testMBOX_complex.mbox", 1),
    ("tika/testMBOX_lengthy_x-headers.mbox", 1),
];

fn parsers() -> Parsers {
    Parsers::new(ParseOptions::new(WorkerCommand {
        program: PathBuf::from(env!("CARGO_BIN_EXE_rushlight-parse-worker")),
        args: vec![],
    }))
}

fn parse(parsers: &Parsers, path: &str, bytes: &[u8]) -> ParsedFile {
    let file = RawFile {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
        content_hash: ContentHash(*blake3::hash(bytes).as_bytes()),
        modified: Timestamp(0),
    };
    parsers
        .parse(&file)
        .unwrap_or_else(|error| panic!("{path}: {}", error.chain()))
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Text without what stands between angle brackets, and without words written with entities.
fn without_tags(page: &str) -> String {
    let out = tags_as_spaces(page);
    out.split_whitespace()
        .filter(|word| !word.contains('&'))
        .collect::<Vec<_>>()
        .join(" ")
}

fn tags_as_spaces(page: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in page.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// The value of a header field of a stated part, the last of its name.
fn field<'a>(part: &'a Value, name: &str) -> Option<&'a Value> {
    part["headers"]
        .as_array()?
        .iter()
        .rfind(|header| header["name"].as_str() == Some(name))
        .map(|header| &header["value"])
}

fn addresses(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner.as_str() {
                    Some(text) if key == "address" => out.push(text.to_owned()),
                    _ => addresses(inner, out),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| addresses(inner, out)),
        _ => {}
    }
}

fn attachment_name(part: &Value) -> Option<String> {
    for (header, attribute) in [("content_disposition", "filename"), ("content_type", "name")] {
        let attributes = field(part, header).and_then(|value| value["ContentType"]["attributes"].as_array());
        let found = attributes
            .into_iter()
            .flatten()
            .find(|stated| stated["name"] == attribute)
            .and_then(|stated| stated["value"].as_str());
        if let Some(name) = found {
            return Some(name.to_owned());
        }
    }
    None
}

/// What differs between a stated message and the documents that were found; `at` is the message's own.
fn differences(stated: &Value, at: Option<&ParsedDocument>, found: &[ParsedDocument], out: &mut Vec<String>) {
    let parts = stated["parts"].as_array().expect("a message has parts");
    let root = &parts[0];
    let text_of = |value: &Value| {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .map(|id| id as usize)
            .collect::<Vec<_>>()
    };
    if let Some(subject) = field(root, "subject").and_then(|value| value["Text"].as_str()) {
        let title = at.map_or("", |document| document.title.as_str());
        if words(subject) != words(title) {
            out.push(format!("subject {subject:?} is {title:?}"));
        }
    }
    for name in ["from", "to", "cc"] {
        let mut stated = Vec::new();
        if let Some(value) = field(root, name) {
            addresses(value, &mut stated);
        }
        let people = at.map_or(Vec::new(), |document| {
            [
                document.metadata.authors.clone(),
                document.metadata.recipients.clone(),
            ]
            .concat()
        });
        for address in stated {
            let address = address.split_whitespace().collect::<Vec<_>>().join(" ");
            if !address.is_empty() && !people.iter().any(|person| person.contains(&address)) {
                out.push(format!("{name} {address:?} is not in {people:?}"));
            }
        }
    }
    if let Some(date) = field(root, "date")
        .map(|value| &value["DateTime"])
        .filter(|date| date.is_object())
    {
        let number = |key: &str| date[key].as_i64().unwrap_or(0);
        let line = format!(
            "Date: {:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            number("year"),
            number("month"),
            number("day"),
            number("hour"),
            number("minute"),
            number("second")
        );
        if !at.is_some_and(|document| document.text.contains(&line)) {
            out.push(format!("{line:?} is not in the text"));
        }
    }
    let everything: Vec<String> = found.iter().flat_map(|document| words(&document.text)).collect();
    let texts = text_of(&stated["text_body"]);
    for id in texts.into_iter().chain(text_of(&stated["attachments"])) {
        let body = &parts[id]["body"];
        let expected = match (body["Text"].as_str(), body["Html"].as_str()) {
            (Some(text), _) => words(text),
            (_, Some(page)) => words(&without_tags(page)),
            _ => continue,
        };
        let missing = expected.iter().filter(|word| !everything.contains(word)).count();
        let allowed = if body["Html"].is_string() {
            expected.len() / 5
        } else {
            0
        };
        if missing > allowed {
            out.push(format!(
                "{missing} of {} words of part {id} are missing",
                expected.len()
            ));
        }
    }
    for id in text_of(&stated["attachments"]) {
        let part = &parts[id];
        if let Some(name) = attachment_name(part) {
            let named = at.is_some_and(|document| {
                document
                    .metadata
                    .attachment_names()
                    .into_iter()
                    .any(|known| words(known) == words(&name))
            });
            if !named {
                out.push(format!("attachment {name:?} is not named"));
            }
        }
        if part["body"]["Message"].is_object() {
            let nested = &part["body"]["Message"];
            let subject = field(&nested["parts"][0], "subject").and_then(|value| value["Text"].as_str());
            let own = subject.and_then(|subject| {
                found
                    .iter()
                    .find(|document| !document.part.is_empty() && words(&document.title) == words(subject))
            });
            differences(nested, own, found, out);
        }
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            list(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

#[test]
fn mails_are_read_as_the_suite_states() {
    let suite = std::env::var_os("RUSHLIGHT_DATA")
        .map(|data| PathBuf::from(data).join("mail-suites/stalwart"))
        .filter(|path| path.is_dir());
    let Some(suite) = suite else {
        println!("skipped: RUSHLIGHT_DATA has no mail-suites");
        return;
    };
    let mut files = Vec::new();
    list(&suite, &mut files);
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    assert!(files.len() > 100, "{} files", files.len());
    let parsers = parsers();
    let (mut unknown, mut used) = (Vec::new(), vec![false; DEVIATIONS.len()]);
    for file in &files {
        let name = file
            .strip_prefix(&suite)
            .expect("below")
            .to_string_lossy()
            .into_owned();
        let stated: Value = serde_json::from_slice(&std::fs::read(file).expect("readable")).expect("JSON");
        let mail = std::fs::read(file.with_extension("eml")).expect("the mail beside it");
        let found = match parse(&parsers, &name.replace(".json", ".eml"), &mail) {
            ParsedFile::Documents(found) => found,
            ParsedFile::Skipped(_) => Vec::new(),
        };
        let mut different = Vec::new();
        let own = found.iter().find(|document| document.part.is_empty());
        differences(&stated, own, &found, &mut different);
        for what in different {
            match DEVIATIONS
                .iter()
                .position(|(at, part, _)| *at == name && what.contains(part))
            {
                Some(known) => used[known] = true,
                None => unknown.push(format!("{name}: {what}")),
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    for (deviation, used) in DEVIATIONS.iter().zip(used) {
        assert!(used, "{deviation:?} is met by now");
    }
}

fn found(path: &str, bytes: &[u8]) -> Vec<ParsedDocument> {
    match parse(&parsers(), path, bytes) {
        ParsedFile::Documents(found) => found,
        ParsedFile::Skipped(reason) => panic!("{path}: {}", reason.message),
    }
}

#[test]
fn attached_mail_files_are_documents_of_their_own() {
    let attach = |name: &str, inner: &str| {
        format!(
            "From: a@example.org\nSubject: {name} is attached\nMessage-ID: <{name}@example.org>\nContent-Type: multipart/mixed; boundary={name}\n\n\
             --{name}\nContent-Type: text/plain\n\nsee below\n--{name}\nContent-Type: application/octet-stream\n\
             Content-Disposition: attachment; filename={name}\n\n{inner}\n--{name}--\n"
        )
    };
    let inner = attach("notes.md", "# 茶 and toast");
    let mailbox = format!(
        "From a@example.org Thu Jan  1 00:00:00 2026\n{inner}\nFrom b@example.org Thu Jan  1 00:00:01 2026\nFrom: b@example.org\nSubject: second\n\nhi\n"
    );
    let middle = attach("old.mbox", &mailbox);
    let outer = attach("saved.eml", &middle);
    let got = found("a.eml", outer.as_bytes());
    let got: Vec<_> = got
        .iter()
        .map(|d| (d.part.as_str(), d.title.as_str(), d.metadata.authors.len()))
        .collect();
    assert_eq!(
        got,
        [
            ("", "saved.eml is attached", 1),
            ("part:2", "old.mbox is attached", 1),
            ("part:2/part:2/message:1", "notes.md is attached", 1),
            ("part:2/part:2/message:1/part:2", "notes.md", 1),
            ("part:2/part:2/message:2", "second", 1),
        ]
    );
    let tower = (0..12).fold(
        "From: a@example.org\nSubject: last\n\nx\n".to_owned(),
        |inner, n| attach(&format!("n{n}.eml"), &inner),
    );
    let got = found("tower.eml", tower.as_bytes());
    assert_eq!(got.len(), 9);
    assert_eq!(got[8].warnings[0].code, "attachment_not_read");
}

#[test]
fn a_mail_knows_its_conversation_and_its_list() {
    let mail = "From: a@example.org\nSubject: Re: 茶\nMessage-ID: <c@example.org>\nReferences: <a@example.org>\n <b@example.org>\n\
                In-Reply-To: <b@example.org>\nList-Id: Tea people\n <tea.example.org>\n\nyes\n";
    let metadata = found("a.eml", mail.as_bytes()).remove(0).metadata;
    assert_eq!(metadata.thread_id.as_deref(), Some("a@example.org"));
    assert_eq!(metadata.in_reply_to.as_deref(), Some("b@example.org"));
    assert_eq!(metadata.list.as_deref(), Some("tea.example.org"));
}

#[test]
fn mails_in_the_charsets_of_real_mail_are_read() {
    const KOREAN: &[u8] = b"\xb3\xec\xc2\xf7\xb4\xc2 \xb8\xc0\xc0\xd6\xb4\xd9";
    let cases: &[(&str, &[u8], &str)] = &[
        ("iso-2022-jp", b"\x1b$BF|K\\8l\x1b(B", "日本語"),
        ("gb2312", b"\xd6\xd0\xb9\xfa\xb2\xe8", "中国茶"),
        ("gb18030", b"\xd6\xd0\xb9\xfa\xb2\xe8", "中国茶"),
        ("big5", b"\xa4\xa4\xb0\xea\xaf\xf9", "中國茶"),
        ("euc-kr", KOREAN, "녹차는 맛있다"),
        ("koi8-r", b"\xde\xc1\xca", "чай"),
        ("windows-1251", b"\xf7\xe0\xe9", "чай"),
        ("utf-7", b"tea +gzY-", "tea 茶"),
    ];
    for (charset, body, expected) in cases {
        let mut mail =
            format!("From: a@example.org\nSubject: x\nContent-Type: text/plain; charset={charset}\n\n")
                .into_bytes();
        mail.extend_from_slice(body);
        let text = found("a.eml", &mail).remove(0).text;
        assert!(text.ends_with(expected), "{charset}: {text:?}");
    }
    let unlabelled = "From: a@example.org\nSubject: x\n\n綠茶與红茶".as_bytes();
    assert!(found("a.eml", unlabelled).remove(0).text.ends_with("綠茶與红茶"));
}

#[test]
fn a_mail_of_apple_mail_is_read() {
    let got = found(
        "1.emlx",
        b"38   \nFrom: a@example.org\nSubject: tea\n\n\xe8\x8c\xb6\n<?xml version=\"1.0\"?><plist/>\n",
    );
    assert_eq!(got.len(), 1);
    assert!(got[0].text.ends_with("茶"), "{:?}", got[0].text);
}

#[test]
fn encrypted_and_signed_mails_are_flagged() {
    let of = |kind: &str| {
        let mail = format!(
            "From: a@example.org\nSubject: x\nContent-Type: {kind}; boundary=B\n\n--B\nContent-Type: text/plain\n\n茶\n--B--\n"
        );
        let document = found("a.eml", mail.as_bytes()).remove(0);
        let encrypted = document
            .warnings
            .iter()
            .any(|warning| warning.code == "mail_encrypted");
        (encrypted, document.metadata.tags)
    };
    let signed = vec!["signed".to_owned()];
    assert_eq!(of("multipart/mixed"), (false, vec![]));
    assert_eq!(
        of("multipart/signed; protocol=\"application/pgp-signature\""),
        (false, signed.clone())
    );
    assert_eq!(of("multipart/encrypted"), (true, vec![]));
    assert_eq!(
        of("application/pkcs7-mime; smime-type=enveloped-data"),
        (true, vec![])
    );
    assert_eq!(
        of("application/pkcs7-mime; smime-type=signed-data"),
        (false, signed)
    );
}

#[test]
fn a_changed_flag_changes_tags_and_nothing_else() {
    let mail = "From: a@example.org\nSubject: tea\n\nThe water must not boil.\n";
    let unread = found("mail/new/17.host", mail.as_bytes()).remove(0);
    let read = found("mail/cur/17.host:2,FS", mail.as_bytes()).remove(0);
    assert_eq!(
        (&read.text, &read.blocks, &read.title),
        (&unread.text, &unread.blocks, &unread.title)
    );
    assert_eq!((read.part.as_str(), read.part_key.as_str()), ("", ""));
    assert_eq!(unread.metadata.tags, ["mail"]);
    assert_eq!(read.metadata.tags, ["flagged", "seen", "mail"]);

    let mailbox = |status: &str| {
        let separator = "From a@example.org Thu Jan  1 00:00:00 2026\n";
        format!("{separator}{status}{mail}\n{separator}Message-ID: <b@example.org>\n{status}{mail}\n")
    };
    let before = found("Inbox", mailbox("").as_bytes());
    let after = found("Inbox", mailbox("Status: RO\nX-Status: D\n").as_bytes());
    assert_eq!((before.len(), after.len()), (2, 2));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.part_key, after.part_key);
        assert_eq!(before.text, after.text);
        assert!(before.metadata.tags.is_empty());
        assert_eq!(after.metadata.tags, ["seen", "trashed"]);
    }
    assert_eq!(before[1].part_key, "b@example.org");
}

#[test]
fn an_answer_in_html_is_told_from_what_it_quotes() {
    let mail = "From: a@example.org\nSubject: Re: tea\nContent-Type: text/html\n\n<div>At <b>ten</b>.</div><br>\
                <div class=gmail_signature>Ada</div><div class=gmail_quote>On 1 Jan 2026 Bo wrote:<blockquote>When?</blockquote></div>";
    let got = found("a.eml", mail.as_bytes()).remove(0);
    let blocks: Vec<_> = got
        .blocks
        .iter()
        .map(|block| (block.kind, block.span.of(&got.text).expect("in the text")))
        .collect();
    assert_eq!(
        blocks[1..],
        [
            (BlockKind::Paragraph, "At ten."),
            (BlockKind::Signature, "Ada"),
            (BlockKind::Quote, "On 1 Jan 2026 Bo wrote:"),
            (BlockKind::Quote, "When?"),
        ]
    );
}

#[test]
fn mailboxes_of_other_suites_are_read() {
    let suites = std::env::var_os("RUSHLIGHT_DATA").map(|data| PathBuf::from(data).join("mail-suites"));
    let Some(suites) = suites.filter(|suites| suites.is_dir()) else {
        println!("skipped: RUSHLIGHT_DATA has no mail-suites");
        return;
    };
    for (name, expected) in MAILBOXES {
        let bytes = std::fs::read(suites.join(name)).expect("readable");
        let messages = found(name, &bytes)
            .iter()
            .filter(|document| document.part.matches('/').count() == 0)
            .count();
        assert_eq!(messages, *expected, "{name}");
    }
}

/// A mailbox of so many messages as it is written on the fly, never held whole.
fn messages(count: usize) -> impl std::io::Read + Send + 'static {
    use std::io::Read;
    let part = |number: usize| {
        let text = match number % 7 {
            3 => format!(
                "From a@example.org Thu Jan  1 00:00:00 2026\nSubject: with a note {number}\nMessage-ID: <{number}@example.org>\n\
                 Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nsee below\n--b\n\
                 Content-Type: text/plain; name=note.txt\nContent-Disposition: attachment; filename=note.txt\n\n\
                 note {number}\n--b--\n\n"
            ),
            // The same mail, every time.
            5 => "From a@example.org Thu Jan  1 00:00:00 2026\nSubject: again\n\nthe same\n\n".to_owned(),
            _ => format!(
                "From a@example.org Thu Jan  1 00:00:00 2026\nSubject: mail {number}\nMessage-ID: <{number}@example.org>\n\n\
                 {}\n>From here on: {number}\n\n",
                "some words to fill the line with\n".repeat(number % 40)
            ),
        };
        std::io::Cursor::new(text.into_bytes())
    };
    struct Chained<I: Iterator<Item = std::io::Cursor<Vec<u8>>>>(I, Option<std::io::Cursor<Vec<u8>>>);
    impl<I: Iterator<Item = std::io::Cursor<Vec<u8>>>> Read for Chained<I> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            loop {
                if let Some(part) = &mut self.1 {
                    let read = part.read(buffer)?;
                    if read > 0 {
                        return Ok(read);
                    }
                }
                match self.0.next() {
                    Some(next) => self.1 = Some(next),
                    None => return Ok(0),
                }
            }
        }
    }
    Chained((1..=count).map(part), None)
}

#[test]
fn a_mailbox_in_pieces_is_the_mailbox_read_whole() {
    use std::io::Read;
    let mut bytes = Vec::new();
    messages(300).read_to_end(&mut bytes).expect("read");
    let parsers = parsers();
    let ParsedFile::Documents(whole) = parse(&parsers, "inbox.mbox", &bytes) else {
        panic!("it has documents")
    };
    let mut pieces = parsers
        .pieces("inbox.mbox", &bytes[..4096], Box::new(messages(300)))
        .expect("a mailbox is read in pieces");
    let mut joined = Vec::new();
    while let Some(found) = pieces.next().expect("readable") {
        assert!(!found.is_empty() && found.len() <= 2, "those of one message");
        joined.extend(found);
    }
    assert_eq!(joined, whole);
    assert_eq!(whole.len(), 343);
    assert!(
        parsers
            .pieces("a.md", b"# tea", Box::new(std::io::empty()))
            .is_none()
    );
}

#[test]
fn a_message_that_is_too_large_is_named_with_the_next() {
    let mut options = ParseOptions::new(WorkerCommand {
        program: PathBuf::from(env!("CARGO_BIN_EXE_rushlight-parse-worker")),
        args: vec![],
    });
    options.max_message_bytes = 600;
    let parsers = Parsers::new(options);
    let mail = |subject: &str, lines: usize| {
        format!(
            "From a@example.org Thu Jan  1 00:00:00 2026\nSubject: {subject}\n\n{}\n",
            "some words\n".repeat(lines)
        )
    };
    let mailbox = [
        mail("one", 1),
        mail("two", 100),
        mail("three", 1),
        mail("four", 100),
    ]
    .concat();
    let ParsedFile::Documents(found) = parse(&parsers, "inbox.mbox", mailbox.as_bytes()) else {
        panic!("it has documents")
    };
    let warned: Vec<(&str, Vec<&str>)> = found
        .iter()
        .map(|document| {
            let warnings = document.warnings.iter().map(|warning| &warning.message[..9]);
            (document.title.as_str(), warnings.collect())
        })
        .collect();
    assert_eq!(
        warned,
        [("one", vec![]), ("three", vec!["message 2", "message 4"])]
    );
}

#[test]
fn what_is_called_a_mail_and_is_none_is_a_text() {
    let mail = "From: a@example.org\nSubject: broken\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\n\
                Content-Type: message/rfc822\nContent-Disposition: attachment; filename=note.eml\n\n\
                the quince tree is no mail\n--b--\n";
    let documents = found("a.eml", mail.as_bytes());
    assert!(
        documents
            .iter()
            .any(|document| document.text == "the quince tree is no mail" && document.title == "note.eml"),
        "{documents:?}"
    );
    assert_eq!(
        found("b.eml", b"the quince tree is no mail")[0].text,
        "the quince tree is no mail"
    );
    let unread = parse(&parsers(), "c.eml", b"X-Field: 1\n\n");
    assert!(matches!(unread, ParsedFile::Skipped(reason) if reason.code == "no_text"));
}
