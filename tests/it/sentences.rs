//! Where no word says why a passage was found, its sentence nearest in meaning does.

use rushlight_core::{ChunkId, ErrorCode, NearestSentence, Principal, Result, SearchMode, SearchRequest};
use rushlight_engine::SentenceRequest;

use crate::system::{Models, System};

const NOTES: &str = "\
//- /kettle.md
# Kettle

It stands on the stove beside the window. Its copper was hammered by hand in Kyoto. Nobody is to use it for soup.
//- /garden.md
Tomatoes grow beside the south wall of the garden
";

fn request(system: &System, query: &str) -> SentenceRequest {
    let everything = SearchRequest {
        mode: SearchMode::Semantic,
        ..SearchRequest::new(query)
    };
    let hits = system.try_search(everything).expect("answers").hits;
    SentenceRequest {
        principals: vec![Principal::owner()],
        query: query.to_owned(),
        chunks: hits.iter().map(|hit| hit.chunk.id).collect(),
    }
}

fn marked(found: Result<Vec<NearestSentence>>) -> Vec<String> {
    let sentence = |one: &NearestSentence| one.text[one.span.range()].to_owned();
    found.expect("answers").iter().map(sentence).collect()
}

#[test]
fn the_sentence_nearest_in_meaning_is_told_of_what_may_be_read() {
    let system = System::over(NOTES);
    system.index();
    let ask = |request: SentenceRequest| system.block_on(system.engine.sentences(request));
    let asked = request(&system, "hammered copper from Kyoto");
    assert_eq!(asked.chunks.len(), 2);
    assert_eq!(
        marked(ask(asked.clone())),
        ["Its copper was hammered by hand in Kyoto."],
        "a passage of one sentence has none to be marked"
    );
    let soup = SentenceRequest {
        query: "soup -tomatoes".to_owned(),
        ..asked.clone()
    };
    assert_eq!(marked(ask(soup)), ["Nobody is to use it for soup."]);

    let stranger = SentenceRequest {
        principals: vec![Principal("user:bo".to_owned())],
        ..asked.clone()
    };
    assert!(marked(ask(stranger)).is_empty());
    let gone = SentenceRequest {
        chunks: vec![ChunkId([9; 16])],
        ..asked.clone()
    };
    assert!(marked(ask(gone)).is_empty());
    let filters = SentenceRequest {
        query: "type:note".to_owned(),
        ..asked.clone()
    };
    assert!(
        marked(ask(filters)).is_empty(),
        "nothing that has a meaning is asked"
    );
    let unreadable = SentenceRequest {
        query: "\"copper".to_owned(),
        ..asked
    };
    assert_eq!(
        ask(unreadable).expect_err("refused").code(),
        ErrorCode::QueryInvalid
    );
}

#[test]
fn without_the_model_there_is_no_sentence() {
    let system = System::over(NOTES);
    system.index();
    let asked = request(&system, "hammered copper");
    let system = system.restarted(Models::NoEmbedder);
    let refused = system.block_on(system.engine.sentences(asked));
    assert_eq!(refused.expect_err("no model").code(), ErrorCode::ModelMissing);
}

#[test]
fn a_hit_says_whether_words_say_why_it_was_found() {
    let system = System::over(NOTES);
    system.index();
    let found = |query: &str, mode: SearchMode| {
        let request = SearchRequest {
            mode,
            ..SearchRequest::new(query)
        };
        let hits = system.try_search(request).expect("answers").hits;
        let kettle = hits.into_iter().find(|hit| hit.path.ends_with("kettle.md"));
        kettle.expect("is found").is_by_meaning()
    };
    assert!(!found("copper", SearchMode::Hybrid));
    assert!(!found("copper", SearchMode::Keyword));
    assert!(found("tomatoes", SearchMode::Hybrid), "the words are elsewhere");
}
