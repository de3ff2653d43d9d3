//! What a message or a note costs that no worker survives, and what is read without a worker at all.

mod common;

use std::path::Path;
use std::time::Duration;

use rushlight_core::{
    ContentHash, ErrorCode, ParsedDocument, ParsedFile, Parser, RawFile, Result, Timestamp,
};
use rushlight_parse::Parsers;

fn parsers() -> Parsers {
    let mut options = common::options();
    options.limits.timeout = Duration::from_secs(3);
    options.limits.memory_bytes = 512 << 20;
    Parsers::new(options)
}

fn parse(parsers: &Parsers, path: &str, bytes: &[u8]) -> Result<ParsedFile> {
    let outcome = parsers.parse(&RawFile {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
        content_hash: ContentHash(*blake3::hash(bytes).as_bytes()),
        modified: Timestamp(0),
    });
    common::sound(&outcome).expect("sound");
    outcome
}

fn documents(parsers: &Parsers, path: &str, bytes: &[u8]) -> Vec<ParsedDocument> {
    match parse(parsers, path, bytes) {
        Ok(ParsedFile::Documents(documents)) => documents,
        other => panic!("{path}: {other:?}"),
    }
}

fn warned(documents: &[ParsedDocument]) -> Vec<String> {
    let warnings = documents.iter().flat_map(|document| &document.warnings);
    warnings
        .map(|warning| format!("{}: {}", warning.code, warning.message))
        .collect()
}

/// Thirty messages of which these have a fault.
fn mailbox(faults: &[(usize, &str)]) -> Vec<u8> {
    let mut out = String::new();
    for number in 1..=30 {
        let fault = faults.iter().find(|(at, _)| *at == number);
        let word = fault.map_or("none".to_owned(), |(_, word)| format!("%FAULT-{word}"));
        out.push_str(&format!(
            "From ada@example.org Thu Jan  1 00:00:00 2026\nFrom: ada@example.org\nSubject: letter {number}\n\
             Message-ID: <{number}@example.org>\n\nThe quince of letter {number}, {word}\n\n"
        ));
    }
    out.into_bytes()
}

#[test]
fn a_message_that_no_worker_survives_costs_itself() {
    let parsers = parsers();
    let faults = [
        (1, "exit"),
        (7, "panic"),
        (8, "overflow"),
        (20, "hang"),
        (30, "fill"),
    ];
    let bytes = mailbox(&faults);
    let found = documents(&parsers, "inbox.mbox", &bytes);
    let parts: Vec<String> = (1..=30)
        .filter(|number| faults.iter().all(|(at, _)| at != number))
        .map(|number| format!("message:{number}"))
        .collect();
    assert_eq!(
        found.iter().map(|document| &document.part).collect::<Vec<_>>(),
        parts.iter().collect::<Vec<_>>()
    );
    let said = warned(&found).join("\n");
    for expected in [
        "message_not_read: message 1 is not read: the worker ended with exit code 3",
        "message_not_read: message 7 is not read: the parser failed at child.rs",
        "message_not_read: message 8 is not read: it ran out of stack or memory",
        "message_not_read: message 20 is not read: it took longer than 3 s",
        "message_not_read: message 30 is not read: it ran out of stack or memory",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(said.lines().count(), faults.len());
    let unharmed = documents(&parsers, "inbox.mbox", &mailbox(&[]));
    assert_eq!(unharmed.len(), 30);
    for document in &found {
        let same = unharmed
            .iter()
            .find(|other| other.part == document.part)
            .expect("it is there too");
        assert_eq!((&document.text, &document.part_key), (&same.text, &same.part_key));
    }

    let mut pieces = parsers
        .pieces(
            "inbox.mbox",
            &bytes,
            Box::new(std::io::Cursor::new(bytes.clone())),
        )
        .expect("a mailbox");
    let mut again = Vec::new();
    while let Some(documents) = pieces.next().expect("readable") {
        again.extend(documents);
    }
    assert_eq!(again, found);
}

#[test]
fn what_is_lost_by_ambition_is_read_with_care() {
    let parsers = parsers();
    let found = documents(
        &parsers,
        "inbox.mbox",
        &mailbox(&[(3, "usual-panic"), (4, "usual-exit")]),
    );
    assert_eq!(found.len(), 30);
    assert!(warned(&found).is_empty());
    let page =
        b"Subject: page\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n\
        <title>Tea</title><p>green %FAULT-none</p>\n--b--\n";
    assert_eq!(documents(&parsers, "a.mhtml", page)[0].title, "Tea");
}

#[cfg(unix)]
#[test]
fn what_was_not_survived_is_tried_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("worker");
    let mut options = common::options();
    std::os::unix::fs::symlink(&options.worker.program, &program).expect("a link");
    options.worker.program = program.clone();
    let parsers = Parsers::new(options);
    let mail = b"From: a@example.org\nSubject: tea\n\n%FAULT-exit\n";
    let code = |parsers: &Parsers, path: &str| parse(parsers, path, mail).expect_err(path).code();
    assert_eq!(code(&parsers, "a.eml"), ErrorCode::ParserFailed);
    std::fs::remove_file(program).expect("removed");
    assert_eq!(
        code(&parsers, "b.eml"),
        ErrorCode::ParserFailed,
        "it needs no worker to be refused"
    );
    let other = parse(&parsers, "c.eml", b"From: a@example.org\nSubject: tea\n\nhello\n");
    assert_eq!(other.expect_err("no worker").code(), ErrorCode::ParserUnavailable);
}

#[test]
fn a_note_that_no_worker_survives_costs_itself() {
    let mut export = "<?xml version=\"1.0\"?><en-export>".to_owned();
    for number in 1..=6 {
        let word = if number == 3 { "%FAULT-exit" } else { "none" };
        export.push_str(&format!(
            "<note><title>note {number}</title><content><![CDATA[<en-note>tea {word}</en-note>]]></content></note>"
        ));
    }
    export.push_str("</en-export>");
    let parsers = parsers();
    let found = documents(&parsers, "mine.enex", export.as_bytes());
    let parts: Vec<&str> = found.iter().map(|document| &*document.part).collect();
    assert_eq!(parts, ["note:1", "note:2", "note:4", "note:5", "note:6"]);
    assert_eq!(
        warned(&found),
        ["note_not_read: note 3 is not read: the worker ended with exit code 3"]
    );
    let alone = "<en-export><note><title>n</title><content>%FAULT-exit</content></note></en-export>";
    let error = parse(&parsers, "alone.enex", alone.as_bytes()).expect_err("nothing is left");
    assert_eq!(error.code(), ErrorCode::ParserFailed);
}

#[test]
fn an_attachment_that_no_worker_survives_costs_itself() {
    let mail = "From: a@example.org\nSubject: tea\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
        --b\nContent-Type: text/plain\n\nhello\n--b\nContent-Type: application/pdf\n\
        Content-Disposition: attachment; filename=a.pdf\nContent-Transfer-Encoding: base64\n\n\
        JVBERi0lRkFVTFQtZXhpdA==\n--b--\n";
    let found = documents(&parsers(), "a.eml", mail.as_bytes());
    assert_eq!(found.len(), 1);
    assert_eq!(
        warned(&found),
        [
            "attachment_not_read: attachment `a.pdf` is not searchable: cannot read `a.pdf`: the worker ended with exit code 3"
        ]
    );
}

#[test]
fn without_a_worker_nothing_but_plain_text_is_read() {
    const PLAIN: [&str; 8] = [
        "big5.txt",
        "book.ipynb",
        "guide.adoc",
        "guide.rst",
        "note.md",
        "page.html",
        "plan.org",
        "table.csv",
    ];
    let mut options = common::options();
    options.worker.program = "/nowhere/worker".into();
    let parsers = Parsers::new(options);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds");
    let mut refused = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of seeds") {
        let path = entry.expect("lists").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("reads");
        match parse(&parsers, &name, &bytes) {
            Ok(ParsedFile::Documents(_)) => {
                assert!(PLAIN.contains(&&*name), "{name} is read without a worker")
            }
            Err(error) if error.code() == ErrorCode::ParserUnavailable => {
                assert!(!PLAIN.contains(&&*name), "{name} needs a worker");
                refused += 1;
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(refused > 12, "{refused}");
}
