//! Mail as a whole: what is quoted, who is named, and mailboxes of any size.

use std::fs;

use rushlight_core::{Hit, SearchMode, SearchRequest};

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
        ..SearchRequest::new(query)
    };
    system.try_search(request).expect("the search answers").hits
}

fn places(system: &System, query: &str, mode: SearchMode) -> Vec<(String, bool)> {
    let name = |hit: &Hit| hit.path.rsplit('/').next().unwrap_or_default().to_owned();
    hits(system, query, mode)
        .iter()
        .filter(|hit| hit.chunk.text.contains("copper kettle"))
        .map(|hit| (name(hit), hit.chunk.text.starts_with("On ")))
        .collect()
}

#[test]
fn quoted_words_are_found_first_where_they_were_written() {
    let system = System::over(CONVERSATION);
    let summary = system.index();
    assert_eq!(summary.waiting_for_vectors, 0);
    let by_word = places(&system, "copper kettle", SearchMode::Keyword);
    assert_eq!(by_word.len(), 3, "quoted text is found too: {by_word:?}");
    assert_eq!(by_word[2].0, "answer.eml", "and comes last: {by_word:?}");
    let mut by_meaning = places(&system, "copper kettle on the balcony", SearchMode::Semantic);
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
    let mut by_meaning = places(&system, "copper kettle on the balcony", SearchMode::Semantic);
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
