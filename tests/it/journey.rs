//! From a folder to a cited answer, and through the life of a folder.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rushlight_core::{
    DocumentKind, ErrorCode, Grounding, Locator, Principal, SearchMode, SearchRequest, TextSpan,
};

use crate::system::{Models, System};

const NOTES: &str = "\
//- /tea/green.md
---
title: Green tea
tags: [tea, kitchen]
---
# Green tea

Green tea is steeped at 70 degrees for two minutes.

## Storage

Keep it in a dark tin, away from spices.
//- /tea/烏龍.md
# 烏龍茶

烏龍茶用九十五度的水沖泡，第一泡三十秒。
//- /garden.md
# Garden

The tomatoes were planted on 3 May beside the south wall.
//- /mail/one.eml
From: Ada Lin <ada@example.org>
To: Ben <ben@example.org>
Date: Mon, 06 May 2024 09:00:00 +0800
Subject: Gate code
Message-ID: <gate@example.org>
Content-Type: text/plain; charset=utf-8

The code of the garden gate is 4711.
";

#[test]
fn an_answer_quotes_its_document_to_the_letter() {
    let system = System::over(NOTES);
    let summary = system.index();
    assert_eq!((summary.counts.seen, summary.counts.indexed), (4, 4));
    system.assert_sound();

    let answer = system
        .ask("At how many degrees is green tea steeped?")
        .expect("an answer");
    assert_eq!(answer.grounding, Grounding::Grounded, "{answer:?}");
    let citation = answer.citations.first().expect("a citation");
    assert_eq!(citation.path, system.path("tea/green.md").display().to_string());
    let file = std::fs::read_to_string(system.path("tea/green.md")).expect("the note");
    assert_eq!(
        &file[citation.span.range()],
        citation.quote,
        "the quotation stands in the file at its span"
    );
    assert!(citation.quote.contains("70 degrees"), "{}", citation.quote);
    assert_eq!(answer.coverage.documents, 4);
}

#[test]
fn a_quote_on_a_page_has_the_area_of_its_own_lines() {
    let text = "Green tea of the first harvest\nis steeped at 70 degrees for two minutes.\nIt then tastes mild.\n\
        Black tea needs boiling water.\n";
    let system = System::over(&format!("//- /leaflet.txt\n{text}"));
    system.faults.reads_as_pages.store(true, Ordering::SeqCst);
    system.index();

    let hit = system.search("steeped").hits.remove(0);
    let Locator::Pages { first, last, areas } = &hit.chunk.locator else {
        panic!("{:?}", hit.chunk.locator);
    };
    assert_eq!((*first, *last, areas.len()), (1, 2, 2), "{areas:?}");

    let answer = system
        .ask("At how many degrees is green tea steeped?")
        .expect("an answer");
    let citation = answer.citations.first().expect("a citation");
    assert!(citation.quote.contains("70 degrees"), "{}", citation.quote);
    assert!(!citation.quote.contains("mild"), "{}", citation.quote);
    let Locator::Pages { first, last, areas } = &citation.locator else {
        panic!("{:?}", citation.locator);
    };
    assert_eq!((*first, *last), (1, 1), "the quote is on the first page only");
    let edges: Vec<_> = areas
        .iter()
        .map(|area| (area.page, area.top, area.bottom))
        .collect();
    assert_eq!(edges, [(1, 100, 127)], "two lines, and not the third");

    let black = text.find("boiling").expect("is there");
    let (place, version) = system
        .engine
        .place(hit.doc_id, &[Principal::owner()], TextSpan::new(black, black + 7))
        .expect("a place");
    assert_eq!(version, hit.content_hash);
    let Locator::Pages {
        first: 2,
        last: 2,
        areas,
    } = &place
    else {
        panic!("{place:?}");
    };
    assert_eq!((areas.len(), areas[0].top), (1, 100));
    for nowhere in [(3, 3), (0, 9_999)] {
        let error = system
            .engine
            .place(
                hit.doc_id,
                &[Principal::owner()],
                TextSpan::new(nowhere.0, nowhere.1),
            )
            .expect_err("refused");
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
    }
}

#[test]
fn what_is_nowhere_is_not_answered() {
    let system = System::over(NOTES);
    system.index();
    let answer = system
        .ask("Who won the chess tournament in Reykjavik?")
        .expect("a reply");
    assert_eq!(answer.grounding, Grounding::NotFound);
    assert!(answer.citations.is_empty());
}

#[test]
fn chinese_is_found_by_any_two_characters() {
    let system = System::over(NOTES);
    system.index();
    assert_eq!(system.found("沖泡")[0], "tea/烏龍.md");
    assert_eq!(system.found("九十五度")[0], "tea/烏龍.md");
}

#[test]
fn filters_leave_nothing_else() {
    let system = System::over(NOTES);
    system.index();
    let request = SearchRequest {
        kinds: vec![DocumentKind::Mail],
        ..SearchRequest::new("garden gate tomatoes")
    };
    let hits = system.try_search(request).expect("a reply").hits;
    assert!(!hits.is_empty() && hits.iter().all(|hit| hit.kind == DocumentKind::Mail));
    let nobody = SearchRequest {
        principals: Vec::new(),
        ..SearchRequest::new("garden")
    };
    assert!(system.try_search(nobody).expect("a reply").hits.is_empty());
}

#[test]
fn edits_renames_and_deletions_are_followed() {
    let system = System::over(NOTES);
    system.index();

    system.write("garden.md", "# Garden\n\nThe beans came up on 20 May.\n");
    assert_eq!(system.index().files, 1, "only what changed is read");
    assert_eq!(system.found("beans")[0], "garden.md");
    assert!(
        !system
            .search("tomatoes")
            .hits
            .iter()
            .any(|hit| hit.chunk.text.contains("tomatoes"))
    );

    let before = system.search("steeped").hits[0].doc_id;
    std::fs::rename(system.path("tea"), system.path("drinks")).expect("the folder is renamed");
    let summary = system.index();
    assert_eq!(summary.embedded, 0, "a rename embeds nothing again");
    let hit = &system.search("steeped").hits[0];
    assert_eq!(hit.doc_id, before, "a renamed document keeps its identity");
    assert!(hit.path.ends_with("drinks/green.md"), "{}", hit.path);

    std::fs::remove_file(system.path("garden.md")).expect("the file is deleted");
    system.index();
    assert!(
        !system.found("beans").contains(&"garden.md".to_owned()),
        "a deleted file is not cited"
    );
    system.assert_sound();
}

#[test]
fn indexes_that_are_lost_are_rebuilt_from_the_ledger() {
    let system = System::over(NOTES);
    system.index();
    let before = system.found("steeped tin");
    let system = system.restarted(Models::All);
    let summary = system.index();
    assert_eq!(
        (summary.files, summary.embedded),
        (0, 0),
        "nothing is read or embedded again"
    );
    assert_eq!(system.found("steeped tin"), before);
    system.assert_sound();
}

#[test]
fn without_an_embedding_model_words_still_answer() {
    let system = System::over(NOTES).restarted(Models::NoEmbedder);
    let summary = system.index();
    assert_eq!(summary.counts.indexed, 4);
    assert!(summary.waiting_for_vectors > 0);
    assert!(
        summary
            .embedding_error
            .expect("the reason")
            .contains("not installed")
    );
    let reply = system.search("tomatoes");
    assert!(reply.hits[0].path.ends_with("garden.md"));
    assert_eq!(reply.degraded[0].0, "semantic");
    let only_meaning = SearchRequest {
        mode: SearchMode::Semantic,
        ..SearchRequest::new("tomatoes")
    };
    assert!(
        system.try_search(only_meaning).is_err(),
        "what was asked for alone and fails is an error"
    );

    let system = system.restarted(Models::All);
    assert!(
        system.index().embedded > 0,
        "once the model is there the vectors are computed"
    );
    assert!(system.search("tomatoes").degraded.is_empty());
    system.assert_sound();
}

#[test]
fn without_a_language_model_the_best_sentence_is_quoted() {
    let system = System::over(NOTES).restarted(Models::NoLanguageModel);
    system.index();
    let answer = system.ask("When were the tomatoes planted?").expect("a reply");
    assert!(answer.model_id.is_empty() && answer.generation.is_none());
    assert!(answer.citations[0].quote.contains("3 May"), "{answer:?}");
}

#[test]
fn a_missing_root_takes_nothing_away() {
    let system = System::over(NOTES);
    system.index();
    let root = std::path::PathBuf::from(system.root());
    let away = root.with_extension("unplugged");
    std::fs::rename(&root, &away).expect("the disk is unplugged");
    let summary = system.engine.index_until_idle().expect("indexing ends well");
    std::fs::rename(&away, &root).expect("and back");
    assert_eq!(summary.offline, [system.root()]);
    assert_eq!(summary.counts.indexed, 4, "its documents stay");
    assert_eq!(system.found("tomatoes")[0], "garden.md");
}

#[test]
fn a_running_engine_follows_the_folder() {
    let system = System::over(NOTES);
    let indexing = system.engine.start_indexing().expect("a thread");
    let eventually = |what: &str, holds: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    eventually("the folder is indexed", &|| {
        system.found("tomatoes").first().is_some_and(|p| p == "garden.md")
    });
    system.write("new/pears.md", "# Pears\n\nThe quince graft took well.\n");
    eventually("a new file in a new folder is found", &|| {
        system
            .found("quince")
            .first()
            .is_some_and(|p| p == "new/pears.md")
    });
    std::fs::remove_file(system.path("new/pears.md")).expect("deleted");
    eventually("a deleted file is gone", &|| {
        !system.found("quince").contains(&"new/pears.md".to_owned())
    });
    drop(indexing);
    system.assert_sound();
}

#[test]
fn a_removed_source_leaves_nothing_behind() {
    let system = System::over(NOTES);
    system.index();
    let source = system.engine.ledger().sources().expect("sources")[0].id;
    system.engine.remove_source(source).expect("it is removed");
    system.index();
    assert!(system.search("tomatoes steeped").hits.is_empty());
    assert!(system.path("garden.md").exists(), "the files stay");
    system.assert_sound();
}
