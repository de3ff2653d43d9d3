//! A model that reads question and passage together puts the best hits in order, where it is asked to and can.

use rushlight_core::{SearchRequest, SearchResponse};
use rushlight_testkit::POISON;

use crate::system::{Models, System};

/// "pot" many times wins by word; the question's three words stand in another note.
const NOTES: &str = "\
//- a.md
# A

pot pot pot pot pot pot pot pot pot pot
//- b.md
# B

The pot of clay holds something.
//- c.md
# C

A pot of tea for two, and a long tale of other things which nobody asked for, told at great length to fill the page.
";

fn search(system: &System, query: &str, limit: usize, rerank: Option<bool>) -> SearchResponse {
    let request = SearchRequest {
        limit,
        rerank,
        ..SearchRequest::new(query)
    };
    system.try_search(request).expect("a reply")
}

fn names(response: &SearchResponse) -> Vec<String> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    response.hits.iter().map(|hit| name(&hit.path)).collect()
}

#[test]
fn the_model_decides_the_order_of_the_best_hits() {
    let system = System::over(NOTES);
    system.index();
    let query = "two pot tale";
    let plain = search(&system, query, 10, None);
    assert_eq!(search(&system, query, 10, Some(false)).hits, plain.hits);
    assert!(plain.hits.iter().all(|hit| hit.scores.reranked.is_none()));
    assert_eq!(plain.timings.rerank_us, 0, "off unless it is asked for");

    let reranked = search(&system, query, 10, Some(true));
    assert!(reranked.degraded.is_empty(), "{:?}", reranked.degraded);
    assert_eq!(names(&reranked)[0], "c.md", "the note with all three words");
    let scores: Vec<_> = reranked.hits.iter().map(|hit| hit.scores.reranked).collect();
    assert!(scores.iter().all(Option::is_some), "{scores:?}");
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    let (mut before, mut after) = (names(&plain), names(&reranked));
    before.sort();
    after.sort();
    assert_eq!(before, after, "only the order changes");
}

#[test]
fn what_is_below_the_page_may_come_up() {
    let system = System::over(NOTES);
    system.index();
    let query = "pot pot two tale";
    let last = names(&search(&system, query, 10, None))
        .pop()
        .expect("three hits");
    let best = names(&search(&system, query, 1, Some(true)));
    assert_eq!(best, ["c.md"], "of all that were found, though one was asked for");
    assert_ne!(last, names(&search(&system, "pot", 1, None))[0]);
}

#[test]
fn without_the_model_the_order_stays_and_the_reply_says_so() {
    let system = System::over(NOTES).restarted(Models::NoReranker);
    system.index();
    let plain = search(&system, "two pot", 2, None);
    let reply = search(&system, "two pot", 2, Some(true));
    assert_eq!(reply.hits, plain.hits);
    assert!(plain.degraded.is_empty(), "who does not ask for it is not told");
    let (leg, why) = &reply.degraded[0];
    assert_eq!(leg, "rerank");
    assert!(why.contains("not installed"), "{why}");
}

#[test]
fn a_model_that_fails_changes_nothing() {
    let system = System::over(NOTES);
    system.write("d.md", format!("# D\n\nA pot for two, {POISON}\n"));
    system.index();
    let plain = search(&system, "two pot", 3, None);
    let reply = search(&system, "two pot", 3, Some(true));
    assert_eq!(reply.hits, plain.hits);
    assert_eq!(reply.degraded[0].0, "rerank");
}
