//! Lists, summaries, comparisons, follow-ups and small talk, through the whole system on fakes.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rushlight_core::{
    Answer, AnswerEvent, AnswerKind, EarlierTurn, ErrorCode, Grounding, LanguageModel, Principal, Result,
    Route,
};
use rushlight_engine::{AskRequest, Lazy};
use rushlight_testkit::ScriptedModel;

use crate::system::{Models, System, request};

const FILES: &str = "\
//- /mail/1.eml
From: Ada Lin <ada@example.org>
To: Bo Chen <bo@example.net>
Date: Thu, 1 Jan 2026 10:00:00 +0000
Subject: Plans for March
Message-ID: <1@example.org>

Dear Bo. The audit begins on Monday in the north tower. Bring the ledgers of all three years.
//- /mail/2.eml
From: Ada Lin <ada@example.org>
To: Bo Chen <bo@example.net>
Date: Fri, 2 Jan 2026 10:00:00 +0000
Subject: Lunch
Message-ID: <2@example.org>

Shall we have soup at noon?
//- /mail/3.eml
From: Bo Chen <bo@example.net>
To: Ada Lin <ada@example.org>
Date: Sat, 3 Jan 2026 10:00:00 +0000
Subject: Numbers
Message-ID: <3@example.net>

I have prepared the audit and counted the chairs.
//- /mail/4.eml
From: Ada Lin <ada@example.org>
To: Bo Chen <bo@example.net>
Date: Sun, 4 Jan 2026 10:00:00 +0000
Subject: Chairs
Message-ID: <4@example.org>

The audit found two chairs too many.
//- /notes/audit.md
# Audit

What the audit asks for.
//- /contracts/acme.md
# Contract with Acme

This contract was signed in Rome. It ends on 31 December 2025.
//- /contracts/bolt.md
# Contract with Bolt

This contract started in 2025 and ends on 31 January 2027.
//- /contracts/hotel.md
# 旅館合約

本合約於2025年6月30日到期。
//- /policies/travel-2023.md
---
date: 2023-01-01
---
# Travel policy 2023

Travel is paid back by the office. The daily limit is 80 euros. Ask your manager before you go.

Fax the form to the office in Rome.
//- /policies/travel-2024.md
---
date: 2024-01-01
---
# Travel policy 2024

Travel is paid back by the office. The daily limit is 95 euros. Ask your manager before you go.

Trains come before planes.
//- /garden.md
# Garden

The tomatoes were planted on 3 May beside the south wall. They like the sun there.

## Beans

The beans came up on 20 May behind the shed.
";

fn ask(system: &System, request: AskRequest) -> Result<Answer> {
    system.block_on(
        system
            .engine
            .ask(request, Arc::default(), |_| ControlFlow::Continue(())),
    )
}

fn answer(system: &System, question: &str) -> Answer {
    ask(system, request(question)).expect("an answer")
}

/// Titles of the rows, how many there are in all, and how many documents were walked.
fn rows(answer: &Answer) -> (Vec<&str>, u64, u64) {
    let table = answer.table.as_ref().expect("a list");
    let titles = table.rows.iter().map(|row| row.title.as_str()).collect();
    (titles, table.total, table.walked)
}

fn indexed() -> System {
    let system = System::over(FILES);
    system.index();
    system
}

#[test]
fn mails_are_counted_and_each_row_is_cited() {
    let system = indexed();
    let found = answer(&system, "How many mails from Ada about the audit?");
    assert_eq!(found.route.kind, AnswerKind::List);
    assert_eq!(found.route.because.as_deref(), Some("How many mails"));
    assert_eq!(found.route.query.as_deref(), Some("type:mail from:Ada +audit"));
    assert_eq!(rows(&found), (vec!["Chairs", "Plans for March"], 2, 2));
    assert_eq!(found.text, "2 documents meet this; 2 were looked at.");
    assert_eq!(found.grounding, Grounding::Grounded);
    let quotes: Vec<&str> = found
        .citations
        .iter()
        .map(|citation| citation.quote.as_str())
        .collect();
    assert_eq!(
        quotes,
        [
            "The audit found two chairs too many.",
            "The audit begins on Monday in the north tower."
        ]
    );
    let table = found.table.as_ref().expect("a list");
    let numbers: Vec<u32> = table.rows.iter().map(|row| row.citation).collect();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(table.rows[0].from.as_deref(), Some("Ada Lin <ada@example.org>"));
    assert_eq!(found.coverage.spaces, ["personal"]);
    assert_eq!(found.generation, None, "no model is needed");
}

#[test]
fn a_list_asks_what_a_sentence_says() {
    let system = indexed();
    for question in ["all contracts that end in 2025", "所有2025年到期的合約"] {
        let found = answer(&system, question);
        let (mut titles, total, walked) = rows(&found);
        titles.sort_unstable();
        assert_eq!(titles, ["Contract with Acme", "旅館合約"], "{question}");
        assert_eq!((total, walked), (2, 3), "{question}");
        assert!(
            found
                .citations
                .iter()
                .any(|citation| citation.quote == "It ends on 31 December 2025."),
            "{:?}",
            found.citations
        );
    }
    let chinese = answer(&system, "所有2025年到期的合約");
    assert_eq!(chinese.text, "符合的文件有 2 份；共查看了 3 份。");
}

#[test]
fn what_nobody_wrote_is_met_by_nothing() {
    let system = indexed();
    // A search would take what is mistyped for what it may have meant.
    for question in ["How many mails from Zorro?", "How many mails about audirt?"] {
        let found = answer(&system, question);
        assert_eq!(rows(&found), (vec![], 0, 0), "{question}");
        assert_eq!(found.text, "No document meets this; 0 were looked at.");
        assert_eq!((found.grounding, found.citations.len()), (Grounding::NotFound, 0));
        assert!(found.coverage.documents > 0);
    }
}

#[test]
fn what_may_not_be_read_is_no_row_not_counted_and_not_walked() {
    let system = indexed();
    system.open_to("mail/4.eml", &["user:bo"]);
    let question = "How many mails from Ada about the audit?";
    // The index does not know yet; the ledger does.
    let before = answer(&system, question);
    assert_eq!(rows(&before), (vec!["Plans for March"], 1, 1));
    system.index();
    let after = answer(&system, question);
    assert_eq!(rows(&after), (vec!["Plans for March"], 1, 1));
    let bo = AskRequest {
        principals: vec![Principal("user:bo".to_owned())],
        ..request(question)
    };
    assert_eq!(
        rows(&ask(&system, bo).expect("an answer")),
        (vec!["Chairs"], 1, 1)
    );

    system.open_to("garden.md", &["user:bo"]);
    let summary = answer(&system, "Summarise \"Garden\"");
    assert_eq!(summary.grounding, Grounding::NotFound);
    assert!(summary.text.contains("No document is called"), "{}", summary.text);
    assert!(summary.closest.iter().all(|hit| hit.title != "Garden"));
}

#[test]
fn a_long_list_is_cut_and_says_how_long_it_is() {
    let system = System::over("//- /first.md\n# First\n\nThe heron is here.\n");
    for number in 0..204 {
        system.write(
            &format!("n/{number}.md"),
            format!("# Sighting {number}\n\nThe heron stood at post {number}.\n"),
        );
    }
    system.index();
    let found = answer(&system, "How many notes mention the heron?");
    let table = found.table.as_ref().expect("a list");
    assert_eq!((table.rows.len(), table.total, table.walked), (200, 205, 205));
    assert_eq!(found.citations.len(), 200);
    assert_eq!(
        found.text,
        "205 documents meet this; 205 were looked at. The newest 200 are shown."
    );
    assert!(table.rows.windows(2).all(|pair| pair[0].date >= pair[1].date));
}

#[test]
fn two_versions_are_compared_with_both_quotations() {
    let system = indexed();
    let found = answer(&system, "What changed in the travel policy?");
    assert_eq!(found.route.kind, AnswerKind::Comparison);
    let titles: Vec<&str> = found
        .route
        .documents
        .iter()
        .map(|document| document.title.as_str())
        .collect();
    assert_eq!(titles, ["Travel policy 2024", "Travel policy 2023"]);
    for part in [
        "“The daily limit is 95 euros.”",
        "“The daily limit is 80 euros.”",
        "(80 euros → 95 euros)",
        "Only in “Travel policy 2024”: “Trains come before planes.”",
        "Only in “Travel policy 2023”: “Fax the form to the office in Rome.”",
    ] {
        assert!(found.text.contains(part), "{part} in {}", found.text);
    }
    assert!(!found.text.contains("Ask your manager"), "{}", found.text);
    assert!(
        !found.text.contains("date:"),
        "front matter is not compared: {}",
        found.text
    );
    assert!(
        found
            .disagreements
            .iter()
            .any(|one| one.values == ["95 euros", "80 euros"])
    );
    assert_eq!(found.generation, None);

    let named = answer(
        &system,
        "請比較 \"Travel policy 2024\" 和 \"Travel policy 2023\" 這兩份文件有什麼不同",
    );
    assert!(named.text.contains("處不同"), "{}", named.text);
    let alone = answer(&system, "What changed in \"Garden\"?");
    assert_eq!(alone.grounding, Grounding::NotFound);
    assert!(alone.text.contains("no other version"), "{}", alone.text);
    assert_eq!(alone.closest.len(), 1);
}

#[test]
fn what_changed_in_something_is_a_comparison_where_a_document_of_that_name_has_versions() {
    let trip = |cost: &str| format!("# Lisbon trip\n\nThe night train to Lisbon costs {cost} euros.\n");
    let mail = |id: u32, cost: &str| {
        format!(
            "From: Ada <ada@example.org>\nTo: Bo <bo@example.net>\nDate: Thu, {id} Jan 2026 10:00:00 +0000\nSubject: Porto\nMessage-ID: <p{id}@example.org>\n\nThe train to Porto costs {cost} euros.\n"
        )
    };
    let system = System::over("//- /oporto.md\n# Cork\n\nCork is stripped every nine years.\n");
    system.write("old/trip.md", trip("120"));
    system.write("new/trip.md", trip("140"));
    system.write("1.eml", mail(1, "20"));
    system.write("2.eml", mail(2, "30"));
    system.index();

    let found = answer(&system, "What changed in the Lisbon trip?");
    assert_eq!(found.route.kind, AnswerKind::Comparison);
    assert_eq!(found.route.because.as_deref(), Some("changed in"));
    let [one] = &found.disagreements[..] else {
        panic!("{}", found.text)
    };
    let mut values = one.values.clone();
    values.sort();
    assert_eq!(values, ["120 euros", "140 euros"]);

    for fact in [
        "What changed in Cork?",
        "What changed in the Lisbon trip after 1990?",
        "What changed in Porto?",
        "What is the difference between the Lisbon trip and Cork?",
    ] {
        assert_eq!(answer(&system, fact).route, Route::default(), "{fact}");
    }
    let fact = AskRequest {
        kind: Some(AnswerKind::Fact),
        ..request("What changed in the Lisbon trip?")
    };
    let found = ask(&system, fact).expect("an answer");
    assert_eq!(found.route.kind, AnswerKind::Fact);
}

#[test]
fn a_document_is_summarised_from_its_own_sentences() {
    let system = indexed().restarted(Models::NoLanguageModel);
    system.index();
    let found = answer(&system, "Summarise the garden document");
    assert_eq!(found.route.kind, AnswerKind::Summary);
    assert_eq!(found.route.documents[0].title, "Garden");
    assert_eq!(found.grounding, Grounding::Grounded);
    assert!(!found.citations.is_empty());
    let record = system
        .engine
        .ledger()
        .document(found.route.documents[0].doc_id)
        .expect("readable")
        .expect("there");
    for citation in &found.citations {
        assert_eq!(citation.span.of(&record.text), Some(citation.quote.as_str()));
    }
    assert_eq!(found.model_id, "");
}

#[test]
fn a_hostile_model_adds_nothing_to_a_summary() {
    let hostile = "The tomatoes were planted on 3 May. Send money to http://evil.example now [9].";
    let model = ScriptedModel::new().with_reply("", hostile);
    let system = indexed().restarted_with(Lazy::ready("scripted", Arc::new(model) as Arc<dyn LanguageModel>));
    system.index();
    let found = answer(&system, "Summarise \"Garden\"");
    assert!(
        found.text.contains("The tomatoes were planted on 3 May. [1]"),
        "{}",
        found.text
    );
    assert!(
        !found.text.contains("evil") && !found.text.contains("[9]"),
        "{}",
        found.text
    );
    assert!(found.dropped > 0);
    assert_eq!(found.grounding, Grounding::Partial);
    assert_eq!(found.model_id, "scripted");
}

#[test]
fn a_follow_up_is_rewritten_and_shown() {
    let system = indexed();
    let earlier = EarlierTurn {
        question: "How many mails from Ada about the audit?".to_owned(),
        answer: "2 documents meet this; 2 were looked at.".to_owned(),
        documents: Vec::new(),
    };
    let found = ask(
        &system,
        AskRequest {
            history: vec![earlier.clone()],
            ..request("What about Bo?")
        },
    )
    .expect("an answer");
    assert_eq!(
        found.route.standalone.as_deref(),
        Some("How many mails from Bo about the audit?")
    );
    assert_eq!(rows(&found), (vec!["Numbers"], 1, 1));

    let asked = ask(
        &system,
        AskRequest {
            history: vec![earlier],
            ..request("What did I ask before?")
        },
    )
    .expect("a reply");
    assert!(
        asked.text.contains("1. How many mails from Ada about the audit?"),
        "{}",
        asked.text
    );
}

#[test]
fn this_document_is_the_one_that_was_cited() {
    let system = indexed();
    let garden = system.id_of("garden.md");
    let found = ask(
        &system,
        AskRequest {
            history: vec![EarlierTurn {
                question: "When were the tomatoes planted?".to_owned(),
                answer: "On 3 May. [1]".to_owned(),
                documents: vec![garden],
            }],
            ..request("Summarise this document")
        },
    )
    .expect("an answer");
    assert_eq!(found.route.documents[0].doc_id, garden);
    let nothing = answer(&system, "Summarise this document");
    assert!(
        nothing.text.contains("No document was spoken of"),
        "{}",
        nothing.text
    );
}

#[test]
fn the_asker_decides_how_a_question_is_taken() {
    let system = indexed();
    let question = "How many mails from Ada about the audit?";
    let fact = AskRequest {
        kind: Some(AnswerKind::Fact),
        ..request(question)
    };
    let found = ask(&system, fact).expect("an answer");
    assert_eq!((found.route.kind, found.route.because), (AnswerKind::Fact, None));
    assert!(found.table.is_none());
    let list = AskRequest {
        kind: Some(AnswerKind::List),
        ..request("heron tomatoes")
    };
    assert!(ask(&system, list).expect("an answer").table.is_some());
    let plain = answer(&system, "When were the tomatoes planted?");
    assert_eq!(plain.route, Route::default());
}

#[test]
fn a_greeting_is_answered_without_a_search() {
    let system = indexed();
    for (said, begins) in [("Hello!", "Hello."), ("你好", "你好。")] {
        let reply = answer(&system, said);
        assert!(reply.text.starts_with(begins), "{}", reply.text);
        assert_eq!(reply.grounding, Grounding::NotFound);
        assert!(reply.closest.is_empty() && reply.citations.is_empty() && reply.passages.is_empty());
    }
}

#[test]
fn each_kind_ends_when_it_is_told_to() {
    let system = indexed();
    for question in [
        "How many mails from Ada about the audit?",
        "What changed in the travel policy?",
        "Summarise \"Garden\"",
    ] {
        let cancel = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&cancel);
        let ended = system.block_on(system.engine.ask(request(question), cancel, move |event| {
            if matches!(event, AnswerEvent::Route(_)) {
                flag.store(true, Ordering::Release);
            }
            ControlFlow::Continue(())
        }));
        let error = ended.expect_err("ended");
        assert_eq!(error.code(), ErrorCode::Cancelled, "{question}");
    }
    // And when nobody listens.
    let ended = system.block_on(system.engine.ask(
        request("How many mails from Ada about the audit?"),
        Arc::default(),
        |_| ControlFlow::Break(()),
    ));
    assert_eq!(ended.expect_err("ended").code(), ErrorCode::Cancelled);
}

#[test]
fn a_question_is_embedded_once_for_its_search_and_for_its_evidence() {
    let system = System::over(FILES);
    system.index();
    let question = "What did the audit find too many of?";
    let answer = system.ask(question).expect("a reply");
    assert!(
        answer.signals.sentence_cosine.is_some(),
        "the evidence is compared by meaning"
    );
    assert_eq!(system.queries_embedded(question), 1);
}

#[test]
fn of_documents_that_disagree_the_one_that_applies_later_is_the_newer() {
    let policy = |effective: &str, limit: &str| {
        format!(
            "---\ntitle: Travel policy\neffective: {effective}\n---\nThe travel limit is {limit} euros a day for everybody.\n"
        )
    };
    let system = System::over("");
    // The older one is written last.
    system.write("travel-2024.md", policy("2024-04-01", "95"));
    system.write("travel-2022.md", policy("2022-02-01", "80"));
    system.index();
    let answer = system.ask("What is the travel limit?").expect("a reply");
    let [one] = &answer.disagreements[..] else {
        panic!("{}", answer.text)
    };
    assert_eq!(one.values, ["95 euros", "80 euros"]);
    let dates: Vec<String> = answer
        .citations
        .iter()
        .map(|citation| rushlight_api::Time(citation.date).to_string())
        .collect();
    assert_eq!(dates, ["2024-04-01T00:00:00Z", "2022-02-01T00:00:00Z"]);
}

#[test]
fn front_matter_is_no_evidence() {
    let system = System::over(
        "//- /chicken.md\n---\ntitle: Chicken\ndate: 2023-12-03\n---\n# Chicken\n\nTwelve slices of ginger go into the pot.\n",
    );
    system.index();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let answer = system.ask_watching(
        "How many slices of ginger go into the chicken pot?",
        Arc::default(),
        move |event| {
            if let AnswerEvent::Evidence(passages) = event {
                let texts = passages.into_iter().map(|passage| passage.text);
                noted.lock().expect("no thread panics").extend(texts);
            }
            ControlFlow::Continue(())
        },
    );
    answer.expect("a reply");
    assert_eq!(
        *seen.lock().expect("no thread panics"),
        ["# Chicken\n\nTwelve slices of ginger go into the pot."]
    );
}
