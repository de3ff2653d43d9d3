//! Mail as a whole: what is quoted, who is named, and mailboxes of any size.

use std::fs;

use rushlight_core::{Hit, SearchMode, SearchRequest};
use rushlight_engine::VerifyDepth;

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
