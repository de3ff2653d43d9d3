//! Mail as a whole: what is quoted, who is named, and mailboxes of any size.

use std::fs;

use rushlight_core::{DocId, DocumentKind, ErrorCode, Hit, Principal, SearchMode, SearchRequest};
use rushlight_engine::{Mail, MailLimits, VerifyDepth};

use crate::originals::{base64, mail};
use crate::system::System;

const CONVERSATION: &str = "\
//- /first.eml
From: Ada Lin <ada@example.org>
To: Bo Chen <bo@example.net>
Date: Thu, 1 Jan 2026 10:00:00 +0000
Subject: Kettle
Message-ID: <first@example.org>

The copper kettle boils at ninety degrees when it stands on the balcony.
//- /answer.eml
From: Bo Chen <bo@example.net>
To: Ada Lin <ada@example.org>
Date: Thu, 1 Jan 2026 11:00:00 +0000
Subject: Re: Kettle
Message-ID: <answer@example.net>
In-Reply-To: <first@example.org>

Then I bring a thermometer.

On Thu, 1 Jan 2026 at 10:00, Ada Lin <ada@example.org> wrote:
> The copper kettle boils at ninety degrees when it stands
> on the balcony.

-- 
Bo Chen, Harbour Street
//- /more.eml
From: Cleo <cleo@example.com>
To: Ada Lin <ada@example.org>
Date: Thu, 1 Jan 2026 12:00:00 +0000
Subject: Re: Kettle
Message-ID: <more@example.com>
In-Reply-To: <first@example.org>

> The copper kettle boils at ninety degrees when it stands on the balcony.
> Mine whistles before that.
";

fn hits(system: &System, query: &str, mode: SearchMode) -> Vec<Hit> {
    let request = SearchRequest {
        mode,
        grouped: false,
        ..SearchRequest::new(query)
    };
    system.try_search(request).expect("the search answers").hits
}

fn places(system: &System, query: &str, holding: &str, mode: SearchMode) -> Vec<(String, bool)> {
    let name = |hit: &Hit| hit.path.rsplit('/').next().unwrap_or_default().to_owned();
    hits(system, query, mode)
        .iter()
        .filter(|hit| hit.chunk.text.contains(holding))
        .map(|hit| (name(hit), hit.chunk.text.starts_with("On ")))
        .collect()
}

#[test]
fn quoted_words_are_found_first_where_they_were_written() {
    let system = System::over(CONVERSATION);
    let summary = system.index();
    assert_eq!(summary.waiting_for_vectors, 0);
    let by_word = places(&system, "copper kettle", "copper kettle", SearchMode::Keyword);
    assert_eq!(by_word.len(), 3, "quoted text is found too: {by_word:?}");
    assert_eq!(by_word[2].0, "answer.eml", "and comes last: {by_word:?}");
    let mut by_meaning = places(
        &system,
        "copper kettle on the balcony",
        "copper kettle",
        SearchMode::Semantic,
    );
    by_meaning.sort();
    assert_eq!(
        by_meaning
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["first.eml", "more.eml"],
        "an answer written into the quotation makes it a text of its own"
    );
    let answer = hits(&system, "thermometer", SearchMode::Semantic);
    assert!(answer[0].chunk.text.contains("Then I bring"), "{answer:?}");
    assert!(
        !answer[0].chunk.text.contains("copper"),
        "new and quoted words do not mix"
    );
    assert!(
        hits(&system, "Harbour Street", SearchMode::Semantic)
            .iter()
            .all(|hit| !hit.chunk.text.contains("Harbour"))
    );
    assert!(
        hits(&system, "Harbour Street", SearchMode::Keyword)
            .iter()
            .any(|hit| hit.chunk.text.contains("Harbour"))
    );
    system.assert_sound();

    // Once the first mail is gone, the quotation is where its words were first written.
    let embedded = system.embedded();
    fs::remove_file(system.path("first.eml")).expect("removed");
    system.index();
    let mut by_meaning = places(
        &system,
        "copper kettle on the balcony",
        "copper kettle",
        SearchMode::Semantic,
    );
    by_meaning.sort();
    assert_eq!(
        by_meaning
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["answer.eml", "more.eml"]
    );
    assert_eq!(system.embedded(), embedded + 1);
    system.assert_sound();
}

#[test]
fn everybody_named_in_the_header_is_found() {
    let system = System::over(
        "\
//- /mail.eml
From: Ada Lin <ada.lin@example.org>
To: Bo Chen <bo@example.net>, =?UTF-8?B?6Zmz5bCP5piO?= <ming@example.tw>
Cc: Cleo Park <cleo@example.com>
Bcc: Dora <dora@example.info>
Date: Thu, 2 Jan 2025 10:00:00 +0000
Subject: Lanterns for the harbour
Message-ID: <one@example.org>
List-Id: Lamp people <lamps.lists.example.org>

See the table.
//- /other.eml
From: Eve <eve@elsewhere.test>
To: Frank <frank@elsewhere.test>
Date: Fri, 3 Jan 2020 10:00:00 +0000
Subject: Nothing
Message-ID: <two@elsewhere.test>

See the chair.
",
    );
    system.index();
    for query in [
        "Ada Lin",
        "ada.lin@example.org",
        "Bo Chen",
        "bo@example.net",
        "陳小明",
        "ming@example.tw",
        "Cleo Park",
        "cleo@example.com",
        "dora@example.info",
        "2025",
        "lanterns harbour",
        "lamps.lists.example.org",
    ] {
        let found = hits(&system, &format!("\"{query}\""), SearchMode::Keyword);
        let all_words = hits(&system, query, SearchMode::Keyword);
        assert!(
            all_words
                .first()
                .is_some_and(|hit| hit.path.ends_with("/mail.eml")),
            "{query}"
        );
        // Who is named and what it is about stand in the text or beside it, word by word.
        if query != "lanterns harbour" {
            assert!(
                found.iter().all(|hit| hit.path.ends_with("/mail.eml")) && !found.is_empty(),
                "{query}"
            );
        }
    }
}

fn message(number: usize) -> String {
    format!(
        "From ada@example.org Thu Jan  1 00:00:00 2026\nFrom: Ada <ada@example.org>\nTo: bo@example.net\n\
         Subject: Letter {number}\nMessage-ID: <{number}@example.org>\nDate: Thu, 1 Jan 2026 10:00:00 +0000\n\n\
         The lantern number {number} hangs by the door, and word{number} is painted on it.\n\n"
    )
}

fn mailbox(numbers: impl IntoIterator<Item = usize>) -> String {
    numbers.into_iter().map(message).collect()
}

/// Path and part of every document, with what identifies it.
fn documents(system: &System) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = (1..=60)
        .flat_map(|number| hits(system, &format!("word{number}"), SearchMode::Keyword))
        .map(|hit| (hit.title.clone(), hit.doc_id.to_string()))
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn a_large_mailbox_is_read_piece_by_piece_and_only_what_is_new_is_embedded() {
    let system = System::over("//- /note.md\nA note about tea.\n");
    system.write("inbox.mbox", mailbox(1..=40));
    let summary = system.index();
    assert_eq!((summary.counts.indexed, summary.waiting_for_vectors), (2, 0));
    let before = documents(&system);
    assert_eq!(before.len(), 40);
    system.assert_sound();
    let full = system.engine.verify(VerifyDepth::Full).expect("all can be read");
    assert!(full.sound(), "{full:?}");
    let embedded = system.embedded();
    // The header and the text of two mails.
    let new = 4;

    // Mail comes in at the end.
    system.write("inbox.mbox", mailbox(1..=42));
    system.index();
    assert_eq!(
        system.embedded(),
        embedded + new,
        "old messages are not embedded again"
    );
    let more = documents(&system);
    assert!(
        before.iter().all(|known| more.contains(known)),
        "old messages are the same documents"
    );
    assert_eq!(more.len(), 42);

    // Mail is thrown away at the start: all others are numbered anew.
    system.write("inbox.mbox", mailbox(5..=42));
    system.index();
    assert_eq!(system.embedded(), embedded + new);
    let fewer = documents(&system);
    assert_eq!(fewer.len(), 38);
    assert!(fewer.iter().all(|known| more.contains(known)));
    system.assert_sound();
    let full = system.engine.verify(VerifyDepth::Full).expect("all can be read");
    assert!(full.sound(), "{full:?}");

    // One that shrinks below the limit is read at once, and is the same nonetheless.
    system.write("inbox.mbox", mailbox(5..=6));
    system.index();
    assert_eq!(system.embedded(), embedded + new);
    assert!(documents(&system).iter().all(|known| more.contains(known)));
    assert_eq!(documents(&system).len(), 2);
    system.assert_sound();
}

#[test]
fn a_large_file_that_is_no_mailbox_is_read_whole() {
    let system = System::over("//- /note.md\nA note about tea.\n");
    system.write("long.txt", "The kettle whistles in the morning.\n\n".repeat(200));
    system.write(
        "moved.txt",
        "The quince tree stands behind the barn.\n\n".repeat(200),
    );
    assert_eq!(system.index().counts.indexed, 3);
    let embedded = system.embedded();
    fs::rename(system.path("moved.txt"), system.path("quince.txt")).expect("renamed");
    system.index();
    assert_eq!(system.embedded(), embedded);
    let found = places(&system, "quince", "quince", SearchMode::Hybrid);
    assert_eq!(found.len(), 10, "{found:?}");
    assert!(found.iter().all(|(name, _)| name == "quince.txt"), "{found:?}");
    system.assert_sound();
}

const LIMITS: MailLimits = MailLimits {
    mails: 4,
    in_attachment: 2,
};

fn read_by(system: &System, doc: DocId, asker: &str) -> Mail {
    let principals = [Principal(asker.to_owned())];
    system.engine.mail(doc, &principals, LIMITS).expect("readable")
}

fn owner() -> String {
    Principal::owner().0
}

/// A mail of a long conversation.
fn letter(number: usize, body: &str) -> String {
    format!(
        "From: Ada <ada@example.org>\nTo: bo@example.net\nSubject: Lantern\nMessage-ID: <{number}@example.org>\n\
         References: <1@example.org>\nDate: Thu, 1 Jan 2026 10:{number:02}:00 +0000\n\n{body}\n"
    )
}

#[test]
fn a_conversation_is_told_around_the_mail_with_its_first_words() {
    let system = System::over(CONVERSATION);
    let texts = [
        "The lantern\n\nhangs by the door.",
        "> The lantern hangs.\n\nBy which door?",
        "> By which door?",
        "The green one.",
        "Secretly the red one.",
        "So be it.",
    ];
    for (index, text) in texts.iter().enumerate() {
        system.write(&format!("thread/{}.eml", index + 1), letter(index + 1, text));
    }
    system.write("thread/copy of 4.eml", letter(4, texts[3]));
    system.write("note.md", "A note about lanterns.\n");
    system.index();
    let told = |mail: &Mail| -> Vec<String> { mail.thread.iter().map(|one| one.opening.clone()).collect() };

    let first = read_by(&system, system.id_of("thread/1.eml"), &owner());
    assert_eq!(
        (first.total, first.before),
        (6, 0),
        "a copy is no mail of its own"
    );
    assert_eq!(
        told(&first),
        ["The lantern", "By which door?", "", "The green one."],
        "what is quoted is nobody's first words"
    );
    assert_eq!(first.thread[0].message.from, ["Ada <ada@example.org>"]);
    let last = read_by(&system, system.id_of("thread/6.eml"), &owner());
    assert_eq!((last.total, last.before), (6, 2));
    assert_eq!(
        last.thread[3].message.document.doc_id,
        system.id_of("thread/6.eml")
    );
    let middle = read_by(&system, system.id_of("thread/4.eml"), &owner());
    assert_eq!((middle.before, middle.thread.len()), (1, 4));

    // What one may not read is in no list and in no number.
    for number in [1, 2, 3, 4, 6] {
        system.open_to(&format!("thread/{number}.eml"), &["user:bo", &owner()]);
    }
    let seen = read_by(&system, system.id_of("thread/4.eml"), "user:bo");
    assert_eq!((seen.total, seen.before), (5, 1));
    assert_eq!(told(&seen), ["By which door?", "", "The green one.", "So be it."]);
    let principals = [Principal("user:cy".to_owned())];
    for doc in [system.id_of("thread/4.eml"), DocId([7; 16])] {
        let refused = system
            .engine
            .mail(doc, &principals, LIMITS)
            .expect_err("not readable");
        assert_eq!(refused.code(), ErrorCode::DocumentNotFound);
    }

    let note = read_by(&system, system.id_of("note.md"), &owner());
    assert!(
        note.thread.is_empty() && note.attachments.is_empty(),
        "a note is no mail"
    );
}

/// Of each attachment: its name, its length, the kind of document that it is, how many lie in it, and why it is none.
type Told = (String, Option<u64>, Option<DocumentKind>, u64, Option<String>);

fn told(mail: &Mail) -> Vec<Told> {
    let one = |found: &rushlight_engine::MailAttachment| {
        let own = found.documents.items.first().filter(|_| found.is_document);
        (
            found.attachment.name.clone(),
            found.attachment.bytes,
            own.map(|document| document.kind),
            match own {
                Some(_) => 0,
                None => found.documents.total,
            },
            found.attachment.left_out.clone().map(|reason| reason.code),
        )
    };
    mail.attachments.iter().map(one).collect()
}

fn row(name: &str, bytes: usize, kind: Option<DocumentKind>, inside: u64, reason: Option<&str>) -> Told {
    let reason = reason.map(str::to_owned);
    (name.to_owned(), Some(bytes as u64), kind, inside, reason)
}

#[test]
fn attachments_are_the_documents_that_they_became_or_say_why_they_are_none() {
    let leaf = "# Oolong\n\nSteep it twice.\n";
    let inner = mail("inner", &[("leaf.md", "text/markdown", &base64(leaf.as_bytes()))]);
    let unread = [0u8, 159, 146, 150, 0, 1, 2, 3];
    let letter = mail(
        "outer",
        &[
            ("leaf.md", "text/markdown", &base64(leaf.as_bytes())),
            ("seal.bin", "application/octet-stream", &base64(&unread)),
            (
                "words.bin",
                "application/octet-stream",
                &base64(b"Words in a file of no known type."),
            ),
            ("nothing.txt", "text/plain", ""),
            ("passed on", "message/rfc822", &base64(inner.as_bytes())),
            ("inner.eml", "application/octet-stream", &base64(inner.as_bytes())),
        ],
    );
    let system = System::over("//- /note.md\nA note about tea.\n");
    system.write("letter.eml", &letter);
    // Among others, it lies elsewhere in its file.
    let boxed = format!("From a@example.org Thu Jan  1 00:00:00 2026\n{letter}\n");
    system.write("inbox.mbox", format!("{}{boxed}", message(1)));
    system.index();

    let expected = [
        row("leaf.md", leaf.len(), Some(DocumentKind::Note), 0, None),
        row("seal.bin", unread.len(), None, 0, Some("binary")),
        row("words.bin", 33, Some(DocumentKind::Text), 0, None),
        row("nothing.txt", 0, None, 0, Some("empty")),
        row("passed on", inner.len(), Some(DocumentKind::Mail), 0, None),
        row("inner.eml", inner.len(), Some(DocumentKind::Mail), 0, None),
    ];
    let of_a_file = system.id_of("letter.eml");
    let in_a_box = document_of(&system, "inbox.mbox", "message:2");
    for doc in [of_a_file, in_a_box] {
        let read = read_by(&system, doc, &owner());
        assert_eq!(told(&read), expected);
        // An attachment of an attachment is one as well, however the mail was passed on.
        for position in [4, 5] {
            let passed_on = read.attachments[position].documents.items[0].doc_id;
            let inside = read_by(&system, passed_on, &owner());
            assert_eq!(told(&inside), expected[..1], "{position}");
            let own = &inside.attachments[0].documents.items[0];
            assert_ne!(own.doc_id, read.attachments[0].documents.items[0].doc_id);
            let text = system.engine.ledger().document(own.doc_id).expect("readable");
            assert_eq!(text.expect("there").text.trim_end(), leaf.trim_end());
        }
    }
    let full = system.engine.verify(VerifyDepth::Full).expect("all can be read");
    assert!(full.sound(), "{full:?}");
}

/// The document of this part of a file.
fn document_of(system: &System, path: &str, part: &str) -> DocId {
    let path = format!("{}/{path}", system.root());
    let found = system
        .engine
        .ledger()
        .documents_at(&path, &[Principal::owner()])
        .expect("readable");
    let parts: Vec<&str> = found.iter().map(|one| one.part.as_str()).collect();
    let at = parts.iter().position(|one| *one == part);
    found[at.unwrap_or_else(|| panic!("no {part} among {parts:?}"))].doc_id
}
