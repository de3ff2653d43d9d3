//! Searches as people type them, through the whole system: the query language on both legs, what stands together, what is
//! meant by a slip, and what bad input gets.

use rushlight_core::{ErrorCode, Hit, Principal, Relation, SearchMode, SearchRequest, Sort, Suggestion};

use crate::system::{InMemory, System};

const LIBRARY: &str = "\
//- /tea/green.md
---
title: Green tea
tags: [tea, kitchen]
date: 2024-03-05
---
# Green tea

Green tea is steeped at 70 degrees for two minutes.

## Storage

Keep green tea in a dark tin, away from spices.
//- /tea/black.md
---
title: Black tea
date: 2023-01-10
---
# Black tea

Black tea is steeped at 95 degrees. Invoice INV-2024-0117 paid for it.
//- /policy/remote-work-2023.md
---
title: Remote work policy 2023
date: 2023-02-01
---
Everybody may work from home on two days of the week. The days are agreed with the team. Core hours are 10 to 15 on 5 days, 40 hours a week. Equipment is lent by the office and is brought back within 14 days.
//- /policy/remote-work-2024.md
---
title: Remote work policy 2024
date: 2024-02-01
---
Everybody may work from home on three days of the week. The days are agreed with the team. Core hours are 10 to 15 on 5 days, 40 hours a week. Equipment is lent by the office and is brought back within 14 days.
//- /軟體.md
# 軟體

這個軟體的資訊都在網路上。
";

fn names(hits: &[Hit]) -> Vec<&str> {
    hits.iter()
        .map(|hit| hit.path.rsplit('/').next().unwrap_or_default())
        .collect()
}

fn library() -> System {
    let system = System::over(LIBRARY);
    assert_eq!(system.index().counts.indexed, 5);
    system
}

#[test]
fn what_is_excluded_or_of_another_date_is_found_by_neither_leg() {
    let system = library();
    for mode in [SearchMode::Hybrid, SearchMode::Keyword, SearchMode::Semantic] {
        let found = |query: &str| {
            let request = SearchRequest {
                mode,
                ..SearchRequest::new(query)
            };
            system.try_search(request).expect("answers").hits
        };
        assert!(!names(&found("tea -black")).contains(&"black.md"), "{mode:?}");
        assert_eq!(names(&found("tea \"two minutes\"")), ["green.md"], "{mode:?}");
        assert_eq!(names(&found("steeped title:black")), ["black.md"], "{mode:?}");
        assert_eq!(
            names(&found("steeped path:tea date:2023")),
            ["black.md"],
            "{mode:?}"
        );
        assert!(found("tea type:mail").is_empty(), "{mode:?}");
        assert!(found("tea before:民國112年1月").is_empty(), "{mode:?}");
    }
    let read = system.search("steeped after:2020").understood;
    assert!(
        read.iter().any(|(label, _)| label == "words") && read.len() == 2,
        "{read:?}"
    );
    // Nothing but conditions: the newest first.
    assert_eq!(
        names(&system.search("path:policy").hits),
        ["remote-work-2024.md", "remote-work-2023.md"]
    );
    assert_eq!(names(&system.search("tag:kitchen").hits), ["green.md"]);
}

#[test]
fn passages_of_a_document_and_versions_of_one_stand_together() {
    let system = library();
    let response = system.search("green tea");
    assert_eq!(names(&response.hits)[0], "green.md");
    assert_eq!(
        names(&response.hits)
            .iter()
            .filter(|name| **name == "green.md")
            .count(),
        1
    );

    let response = system.search("how many days may I work from home");
    let policy = &response.hits[0];
    assert_eq!(
        names(&response.hits)[0],
        "remote-work-2024.md",
        "the newest is shown"
    );
    assert_eq!(policy.related.len(), 1);
    assert_eq!(policy.related[0].relation, Relation::Version);
    assert!(policy.related[0].path.ends_with("remote-work-2023.md"));
    // Who names the year means that one.
    assert_eq!(
        names(&system.search("remote work policy 2023").hits)[0],
        "remote-work-2023.md"
    );

    let ungrouped = SearchRequest {
        grouped: false,
        ..SearchRequest::new("how many days may I work from home")
    };
    let hits = system.try_search(ungrouped).expect("answers").hits;
    assert!(names(&hits).contains(&"remote-work-2023.md"));
    assert!(
        hits.iter()
            .all(|hit| hit.related.is_empty() && hit.more.is_empty())
    );
}

#[test]
fn while_somebody_types_other_passages_are_counted_and_not_marked() {
    let sections: Vec<String> = (1..=4)
        .map(|number| {
            let filler = "The kettle hums beside the window while nobody is in the kitchen. ".repeat(30);
            format!("## Part {number}\n\nGreen tea is steeped here. {filler}\n")
        })
        .collect();
    let system = System::over(&format!("//- tea.md\n# Tea\n\n{}", sections.join("\n")));
    system.index();
    let ask = |typing: bool| {
        let request = SearchRequest {
            mode: SearchMode::Keyword,
            typing,
            // A space says that the word is finished.
            ..SearchRequest::new("steeped ")
        };
        system.try_search(request).expect("answers").hits.remove(0)
    };
    let (typed, full) = (ask(true), ask(false));
    assert_eq!(typed.chunk.id, full.chunk.id);
    assert_eq!(typed.highlights, full.highlights, "what is shown is marked");
    assert!(!full.more.is_empty() && full.more.iter().all(|passage| !passage.highlights.is_empty()));
    assert_eq!(typed.more.len(), full.more.len());
    assert!(typed.more.iter().all(|passage| passage.highlights.is_empty()));
}

#[test]
fn fields_before_a_text_are_searched_and_not_shown() {
    let system = System::over(
        "//- tea.md\n---\ntitle: Green tea\naliases: [sencha]\nstatus: shelved\n---\n\nSteeped at 70 degrees.\n\n\
         //- empty.md\n---\nstatus: unwritten\n---\n",
    );
    system.index();
    let text = "Steeped at 70 degrees.";
    for (query, sort) in [
        ("steeped", Sort::Relevance),
        ("sencha", Sort::Relevance),
        ("shelved", Sort::Relevance),
        ("\"status shelved\"", Sort::Relevance),
        ("shelved", Sort::Newest),
        ("path:tea.md", Sort::Relevance),
        ("path:tea.md", Sort::Title),
    ] {
        for grouped in [true, false] {
            let request = SearchRequest {
                mode: SearchMode::Keyword,
                sort,
                grouped,
                ..SearchRequest::new(query)
            };
            let hits = system.try_search(request).expect("answers").hits;
            let shown: Vec<&str> = hits.iter().map(|hit| hit.chunk.text.as_str()).collect();
            assert_eq!(shown, [text], "{query}");
            assert!(hits[0].more.is_empty());
        }
    }
    let document = system
        .engine
        .document(system.id_of("tea.md"), &[Principal::owner()])
        .expect("may be read");
    let hit = &system.search("shelved").hits[0];
    assert_eq!(
        hit.chunk.span.of(&document.text),
        Some(text),
        "it is cited where it stands"
    );
    assert!(document.text.starts_with("---\ntitle: Green tea"));
    let only = &system.search("unwritten").hits[0];
    assert_eq!(
        only.chunk.text, "---\nstatus: unwritten\n---",
        "where there is nothing else"
    );
}

#[test]
fn what_is_written_is_found_and_slips_are_said() {
    let system = library();
    assert_eq!(names(&system.search("軟體").hits)[0], "軟體.md");
    let response = system.search("stepeed");
    assert_eq!(response.corrections.len(), 1);
    assert_eq!(response.corrections[0].meant, "steeped");
    assert_eq!(names(&system.search("INV-2024-0117").hits)[0], "black.md");
    assert!(
        names(&system.search("nvoic").hits).contains(&"black.md"),
        "a piece of a word"
    );
}

#[test]
fn a_hit_says_why_it_is_where_it_is() {
    let system = library();
    let request = SearchRequest {
        explain: true,
        ..SearchRequest::new("green tea")
    };
    let response = system.try_search(request).expect("answers");
    let hit = &response.hits[0];
    let why = hit.why.as_ref().expect("asked for");
    let sum: f32 = why.parts.iter().map(|part| part.share).sum();
    assert!(
        (sum - hit.scores.fused).abs() < 1e-4,
        "{sum} and {}",
        hit.scores.fused
    );
    let words: f32 = why.terms.iter().map(|term| term.share).sum();
    let keyword = hit.scores.keyword.expect("found by word");
    assert!((words - keyword).abs() < 1e-3 * keyword, "{words} and {keyword}");
    assert!(why.terms.iter().any(|term| term.typed == "green"));
    assert!(response.weighing.is_some());
}

#[test]
fn what_age_takes_from_a_score_is_a_negative_part_of_it() {
    let system = library();
    let search = |recent: bool| {
        let request = SearchRequest {
            recent,
            explain: true,
            ..SearchRequest::new("green tea")
        };
        system.try_search(request).expect("answers").hits.remove(0)
    };
    let (plain, aged) = (search(false), search(true));
    let parts = |hit: &Hit| hit.why.as_ref().expect("asked for").parts.clone();
    assert!(parts(&plain).iter().all(|part| part.name != "recency"));
    let parts = parts(&aged);
    let recency = parts
        .iter()
        .find(|part| part.name == "recency")
        .expect("asked for");
    assert!(
        recency.share < 0.0 && recency.share > -0.1 * plain.scores.fused,
        "{recency:?}"
    );
    let sum: f32 = parts.iter().map(|part| part.share).sum();
    assert!((sum - aged.scores.fused).abs() < 1e-4);
    assert!((recency.value * recency.weight - recency.share).abs() < 1e-6);
}

#[test]
fn what_is_being_typed_is_forgiven_and_suggested() {
    let system = library();
    let typing = |query: &str| {
        let request = SearchRequest {
            typing: true,
            ..SearchRequest::new(query)
        };
        system.try_search(request).expect("typing never fails").hits
    };
    assert_eq!(names(&typing("gree"))[0], "green.md");
    assert_eq!(names(&typing("\"green te"))[0], "green.md");
    assert!(typing("tea subjet:").iter().all(|hit| hit.path.ends_with(".md")));
    assert!(typing("").is_empty());
    let suggest = |typed: &str, who: Principal| {
        let found = system.block_on(system.engine.suggest(typed, &[who], &[], 8));
        found
            .expect("suggests")
            .into_iter()
            .map(|one| one.text)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        suggest("remo", Principal::owner()),
        ["Remote work policy 2023", "Remote work policy 2024"]
    );
    assert_eq!(suggest("kitch", Principal::owner()), ["kitchen"]);
    assert!(suggest("remo", Principal("user:stranger".to_owned())).is_empty());
}

#[test]
fn a_name_that_several_spaces_have_is_suggested_by_all_its_documents() {
    let system = System::with_keyword(Box::new(InMemory));
    for (space, own) in [("a", "Green tea"), ("b", "Greenhouse")] {
        for (title, count) in [(own, 3), ("Green plan", 2)] {
            for number in 0..count {
                let text = format!("# {title}\n\nNumber {number} in {space}.\n");
                system.write(&format!("{space}/{title} {number}.md"), text);
            }
        }
        system.add(space, space);
    }
    system.index();
    let suggest = |spaces: &[&str], limit: usize| {
        let spaces: Vec<String> = spaces.iter().map(|name| (*name).to_owned()).collect();
        let found = system.block_on(
            system
                .engine
                .suggest("gree", &[Principal::owner()], &spaces, limit),
        );
        let one = |one: Suggestion| (one.text, one.documents);
        found.expect("suggests").into_iter().map(one).collect::<Vec<_>>()
    };
    let of = |text: &str, documents| (text.to_owned(), documents);
    assert_eq!(
        suggest(&[], 1),
        [of("Green plan", 4)],
        "the best of all is the best of none"
    );
    assert_eq!(
        suggest(&[], 9),
        [of("Green plan", 4), of("Green tea", 3), of("Greenhouse", 3)]
    );
    assert_eq!(
        suggest(&["b", "b"], 9),
        [of("Greenhouse", 3), of("Green plan", 2)],
        "once"
    );
}

#[test]
fn a_space_that_is_not_asked_has_no_part_in_it() {
    let system = library();
    let space = system.search("green tea").hits[0].space.clone();
    assert_eq!(
        names(&system.search(&format!("green tea space:{space}")).hits)[0],
        "green.md"
    );
    assert!(
        system
            .search(&format!("green tea -space:{space}"))
            .hits
            .is_empty()
    );
    let unknown = system.try_search(SearchRequest::new("tea space:nowhere"));
    assert_eq!(
        unknown.expect_err("no such space").code(),
        ErrorCode::SpaceNotFound
    );
}

#[test]
fn bad_input_gets_a_clear_reply_and_its_place() {
    let system = library();
    let fails = |query: &str| {
        let error = system.try_search(SearchRequest::new(query)).expect_err(query);
        (error.code(), error.place().map(|place| place.characters.clone()))
    };
    assert_eq!(fails("tea \"open"), (ErrorCode::QueryInvalid, Some(4..5)));
    assert_eq!(fails("綠茶 subjet:x"), (ErrorCode::QueryInvalid, Some(3..9)));
    assert_eq!(fails("date:2024-02-30").0, ErrorCode::QueryInvalid);
    assert_eq!(fails("").0, ErrorCode::QueryEmpty);
    assert_eq!(fails("?!… —").0, ErrorCode::QueryEmpty);
    assert_eq!(fails("\u{202e}\u{7}").0, ErrorCode::QueryEmpty);
    assert_eq!(fails(&"tea ".repeat(25_000)).0, ErrorCode::QuestionTooLong);
    // Only words that are everywhere, and marks that nobody sees, are words like others.
    assert!(system.search("the of and").hits.len() <= 10);
    assert_eq!(
        names(&system.search("gr\u{200b}een\u{202e} tea").hits)[0],
        "green.md"
    );
    // An empty index has nothing, and says nothing is wrong.
    let empty = System::over("//- /nothing.txt\n");
    empty.index();
    assert!(empty.search("tea").hits.is_empty());
}
