//! What a person says of a search is kept, and outlives the document; the sets of the benchmark can be put together.

use std::path::{Path, PathBuf};

use rushlight_core::{ChunkId, DocId, Error, ErrorCode, Hit, Principal, SearchRequest};
use rushlight_engine::JudgeRequest;
use rushlight_eval::{ChunkOptions, NoteReader, QueryChoice, Set};
use rushlight_ingest::EstimatedTokens;
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};

use crate::system::System;

const NOTES: &str = "\
//- /tea/green.md
# Green tea

Green tea is steeped at 70 degrees for two minutes.
//- /garden.md
# Garden

The tomatoes were planted on 3 May beside the south wall.
";

fn judge(query: &str, hit: &Hit) -> JudgeRequest {
    JudgeRequest {
        principals: vec![Principal::owner()],
        query: query.to_owned(),
        doc_id: hit.doc_id,
        chunk_id: Some(hit.chunk.id),
        right: true,
        spaces: Vec::new(),
        kinds: Vec::new(),
    }
}

#[test]
fn a_judgement_quotes_its_passage_and_outlives_its_document() {
    let system = System::over(NOTES);
    system.index();
    let hit = system.search("steeped").hits.remove(0);
    let kept = system.engine.judge(judge("  how hot  ", &hit)).expect("kept");
    assert_eq!(kept.judgement.query, "how hot");
    assert_eq!(
        kept.judgement.quote,
        "Green tea is steeped at 70 degrees for two minutes."
    );
    assert!(hit.chunk.text.contains(&kept.judgement.quote));
    let again = system.engine.judge(JudgeRequest {
        right: false,
        ..judge("how hot", &hit)
    });
    assert_eq!(again.expect("kept").id, kept.id, "said again of the same");

    std::fs::remove_file(system.path("tea/green.md")).expect("deleted");
    system.index();
    let listed = system
        .engine
        .ledger()
        .judgements(&[Principal::owner()], Some("how hot"), 9, 0)
        .expect("listed");
    assert_eq!(listed.total, 1);
    assert!(listed.items[0].gone && !listed.items[0].judgement.right);
    assert_eq!(
        listed.items[0].judgement.path,
        system.path("tea/green.md").display().to_string()
    );
    let remove = |who: Principal| system.engine.remove_judgement(&[who], kept.id);
    remove(Principal("user:eve".to_owned())).expect_err("what is gone is the owner's");
    remove(Principal::owner()).expect("removed");
    let error = remove(Principal::owner()).expect_err("gone");
    assert_eq!(error.code(), ErrorCode::JudgementNotFound);
}

#[test]
fn what_may_not_be_read_cannot_be_judged() {
    let system = System::over(NOTES);
    system.index();
    let hit = system.search("steeped").hits.remove(0);
    let other = system.search("tomatoes").hits.remove(0);
    let refused = |request: JudgeRequest| system.engine.judge(request).expect_err("refused").code();
    let good = || judge("how hot", &hit);
    assert_eq!(
        refused(JudgeRequest {
            principals: vec![Principal("user:eve".to_owned())],
            ..good()
        }),
        ErrorCode::DocumentNotFound
    );
    assert_eq!(
        refused(JudgeRequest {
            doc_id: DocId([9; 16]),
            ..good()
        }),
        ErrorCode::DocumentNotFound
    );
    for chunk in [ChunkId([9; 16]), other.chunk.id] {
        assert_eq!(
            refused(JudgeRequest {
                chunk_id: Some(chunk),
                ..good()
            }),
            ErrorCode::DocumentNotFound,
            "no passage of this document"
        );
    }
    assert_eq!(
        refused(JudgeRequest {
            query: " ?! ".to_owned(),
            ..good()
        }),
        ErrorCode::QueryEmpty
    );
    assert_eq!(
        system
            .engine
            .ledger()
            .judgements(&[Principal::owner()], None, 9, 0)
            .expect("listed")
            .total,
        0
    );
}

#[test]
fn a_query_that_cannot_be_read_is_not_kept() {
    let system = System::over(NOTES);
    system.index();
    let hit = system.search("steeped").hits.remove(0);
    for query in [
        "steeped subjet:tea",
        "\"two minutes",
        "tea date:2024-02-30",
        "tea AND",
    ] {
        let refused = system.engine.judge(judge(query, &hit)).expect_err(query);
        let searched = system.try_search(SearchRequest::new(query)).expect_err(query);
        assert_eq!(refused.code(), ErrorCode::QueryInvalid, "{query}");
        assert_eq!(refused.to_string(), searched.to_string());
        assert_eq!(refused.hint(), searched.hint());
        let place = |error: &Error| error.place().map(|place| place.characters.clone());
        assert!(
            place(&refused).is_some() && place(&refused) == place(&searched),
            "{query}"
        );
    }
    let kept = system
        .engine
        .judge(judge("\"two minutes\" -coffee", &hit))
        .expect("kept");
    let again = system.search(&kept.judgement.query).hits;
    assert_eq!(again[0].doc_id, hit.doc_id);
    let listed = system
        .engine
        .ledger()
        .judgements(&[Principal::owner()], None, 9, 0)
        .expect("listed");
    assert_eq!(listed.total, 1);
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn the_sets_of_the_benchmark_are_put_together() {
    let data = std::env::var_os("RUSHLIGHT_DATA").map(PathBuf::from);
    let Some(data) = data.filter(|data| data.join("notes-plurality").is_dir()) else {
        eprintln!("skipped: RUSHLIGHT_DATA does not name the folder of test data");
        return;
    };
    let parsers = Parsers::new(ParseOptions::new(WorkerCommand {
        program: "no-worker-in-this-suite".into(),
        args: Vec::new(),
    }));
    let cook = |name: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/bench/sets")
            .join(name);
        let text = std::fs::read_to_string(&file).expect("the recipe is there");
        let reader = NoteReader {
            parser: &parsers,
            tokens: &EstimatedTokens,
            options: &ChunkOptions::default(),
        };
        Set::cook(&file, &text, &data, &QueryChoice::default(), reader)
            .unwrap_or_else(|error| panic!("{}", error.chain()))
    };

    let across = cook("plurality-across-languages.toml");
    assert_eq!(
        (across.documents.len(), across.queries.len()),
        (71, 70),
        "35 pairs, both ways"
    );
    assert!(across.passages.len() > 1000, "{}", across.passages.len());
    for query in &across.queries {
        let (wanted, _) = query.grades.first_key_value().expect("one is right");
        assert_eq!(query.parts, [across.documents[*wanted].part], "{}", query.id);
        assert!(!query.text.is_empty(), "{}", query.id);
    }
    let voting = across
        .queries
        .iter()
        .find(|query| query.text == "⿻ Voting")
        .expect("a chapter");
    let (wanted, _) = voting.grades.first_key_value().expect("one is right");
    assert_eq!(
        across.documents[*wanted].id,
        "notes-plurality/vault/traditional-mandarin/5-6-⿻投票.md"
    );

    let among = cook("squad20-among-others.toml");
    assert_eq!(among.documents.len(), 1204 + 71 + 1000);
    assert_eq!(among.queries.len(), 5928);
}
