//! The suite of [`KeywordIndex`].

use std::collections::BTreeSet;
use std::path::Path;

use rushlight_core::{
    ChunkId, Clause, Generation, IndexedDocument, KeywordHit, KeywordIndex, Node, Occur, Query,
};

use super::admits;
use super::sample::{chunk_id, doc_id, document, filters, owner, varied};

/// Asserts what [`KeywordIndex`] promises. `open` opens the index of a folder, creating it when the folder is empty; only
/// one index of a folder is open at a time.
pub fn keyword_index(open: impl Fn(&Path) -> Box<dyn KeywordIndex>) {
    let fresh = |check: fn(&dyn KeywordIndex)| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        check(&*open(folder.path()));
    };
    fresh(a_new_index_is_empty);
    fresh(nothing_is_visible_before_the_commit);
    fresh(documents_are_replaced_and_removed_whole);
    fresh(the_last_word_before_a_commit_wins);
    fresh(the_generation_is_that_of_the_last_commit);
    fresh(hits_are_ordered_bounded_and_repeatable);
    fresh(rarer_words_and_denser_texts_count_more);
    fresh(title_keywords_and_headings_are_searched);
    fresh(what_is_repeated_is_found_after_what_is_not);
    fresh(quoted_words_must_stand_together);
    fresh(a_query_without_words_finds_nothing);
    fresh(case_width_and_accents_do_not_matter);
    fresh(every_verbatim_run_of_ideographs_is_found);
    fresh(filters_agree_with_the_plain_predicate);
    fresh(any_query_is_answered);
    a_reopened_index_holds_what_was_committed(&open);
    super::keyword_documents::check(&open);
    super::keyword_query::check(&open);
    super::keyword_access::check(&open);
}

fn write(index: &dyn KeywordIndex, generation: i64, documents: &[IndexedDocument]) {
    index.apply(documents, &[]).expect("applies");
    index.commit(Generation(generation)).expect("commits");
}

fn search(index: &dyn KeywordIndex, query: &str) -> Vec<KeywordHit> {
    index.search(&asked(query), &owner(), 100).expect("searches").hits
}

/// A query of plain words, and of phrases in straight double quotes, which are required.
fn asked(text: &str) -> Query {
    let parts: Vec<&str> = text.split('"').collect();
    let clause = |(index, part): (usize, &&str)| {
        let quoted = index % 2 == 1 && index + 1 < parts.len();
        let (occur, node) = match quoted {
            true => (Occur::Required, Node::Phrase((*part).to_owned())),
            false => (Occur::Wanted, Node::Text((*part).to_owned())),
        };
        Clause { occur, node }
    };
    Query {
        clauses: parts.iter().enumerate().map(clause).collect(),
    }
}

fn found(index: &dyn KeywordIndex, query: &str) -> Vec<ChunkId> {
    search(index, query).into_iter().map(|hit| hit.chunk_id).collect()
}

fn chunks(index: &dyn KeywordIndex) -> Vec<ChunkId> {
    let mut chunks: Vec<_> = index
        .chunks()
        .expect("lists")
        .into_iter()
        .map(|(chunk, _)| chunk)
        .collect();
    chunks.sort_unstable();
    chunks
}

fn a_new_index_is_empty(index: &dyn KeywordIndex) {
    assert_eq!(
        index.generation().expect("reads"),
        Generation::ZERO,
        "zero for a new index"
    );
    assert!(
        found(index, "tea").is_empty() && chunks(index).is_empty(),
        "a new index is empty"
    );
}

fn nothing_is_visible_before_the_commit(index: &dyn KeywordIndex) {
    index.apply(&[document(1, &["green tea"])], &[]).expect("applies");
    assert!(
        found(index, "tea").is_empty() && chunks(index).is_empty(),
        "applied is not yet visible"
    );
    index.commit(Generation(1)).expect("commits");
    assert_eq!(
        found(index, "tea"),
        [chunk_id(1, 0)],
        "a commit makes visible what was applied"
    );
    index.apply(&[], &[doc_id(1)]).expect("applies");
    assert_eq!(
        found(index, "tea"),
        [chunk_id(1, 0)],
        "a removal is not visible before the commit"
    );
    index.commit(Generation(2)).expect("commits");
    assert!(
        found(index, "tea").is_empty() && chunks(index).is_empty(),
        "a removed document is gone"
    );
}

fn documents_are_replaced_and_removed_whole(index: &dyn KeywordIndex) {
    write(
        index,
        1,
        &[
            document(1, &["green tea", "black tea", "tea pot"]),
            document(2, &["tea leaves"]),
        ],
    );
    assert_eq!(chunks(index).len(), 4);
    assert!(
        index
            .chunks()
            .expect("lists")
            .contains(&(chunk_id(1, 2), doc_id(1))),
        "chunks are listed with their document"
    );
    write(index, 2, &[document(1, &["coffee"])]);
    assert_eq!(
        found(index, "tea"),
        [chunk_id(2, 0)],
        "writing a document again replaces all its chunks"
    );
    assert_eq!(chunks(index), [chunk_id(1, 0), chunk_id(2, 0)]);
    write(index, 3, &[document(1, &[])]);
    assert_eq!(
        chunks(index),
        [chunk_id(2, 0)],
        "a document without chunks holds no place"
    );
    index
        .apply(&[document(3, &["tea cup"])], &[doc_id(2), doc_id(99)])
        .expect("removing the unknown is no error");
    index.commit(Generation(4)).expect("commits");
    assert_eq!(
        chunks(index),
        [chunk_id(3, 0)],
        "replaces these documents and removes those"
    );
}

fn the_last_word_before_a_commit_wins(index: &dyn KeywordIndex) {
    index
        .apply(&[document(1, &["first tea"]), document(2, &["second tea"])], &[])
        .expect("applies");
    index
        .apply(&[document(1, &["third tea"])], &[doc_id(2)])
        .expect("applies");
    index.commit(Generation(1)).expect("commits");
    assert_eq!(found(index, "tea"), [chunk_id(1, 0)]);
    assert_eq!(
        found(index, "first"),
        [],
        "the later text replaced the earlier in one commit"
    );
    index.apply(&[], &[doc_id(1)]).expect("applies");
    index
        .apply(&[document(1, &["back again"])], &[])
        .expect("applies");
    index.commit(Generation(2)).expect("commits");
    assert_eq!(
        found(index, "again"),
        [chunk_id(1, 0)],
        "removed and written again is there"
    );
}

fn the_generation_is_that_of_the_last_commit(index: &dyn KeywordIndex) {
    write(index, 7, &[document(1, &["tea"])]);
    assert_eq!(index.generation().expect("reads"), Generation(7));
    index
        .commit(Generation(9))
        .expect("a commit of nothing moves the generation on");
    assert_eq!(index.generation().expect("reads"), Generation(9));
    index.apply(&[document(2, &["tea"])], &[]).expect("applies");
    assert_eq!(
        index.generation().expect("reads"),
        Generation(9),
        "applying does not move it"
    );
}

fn hits_are_ordered_bounded_and_repeatable(index: &dyn KeywordIndex) {
    let texts: Vec<IndexedDocument> = (1..=30)
        .rev()
        .map(|number| document(number, &["same tea", "same tea"]))
        .collect();
    for (round, some) in texts.chunks(7).enumerate() {
        write(index, round as i64 + 1, some);
    }
    let all = found(index, "tea");
    let mut sorted = all.clone();
    sorted.sort_unstable();
    assert_eq!(all.len(), 60);
    assert_eq!(all, sorted, "ties are broken by chunk id");
    for limit in [0, 1, 7, 59, 60, 1_000] {
        let some: Vec<_> = index
            .search(&asked("tea"), &owner(), limit)
            .expect("searches")
            .hits
            .into_iter()
            .map(|h| h.chunk_id)
            .collect();
        assert_eq!(some, all[..limit.min(60)], "at most {limit}, the best ones");
    }
    let hits = search(index, "tea");
    assert!(
        hits.iter()
            .all(|hit| hit.score > 0.0 && hit.doc_id.0[0] == hit.chunk_id.0[0]),
        "each hit names its document"
    );
}

fn rarer_words_and_denser_texts_count_more(index: &dyn KeywordIndex) {
    write(
        index,
        1,
        &[
            document(1, &["tea with milk and sugar and honey and lemon and ginger"]),
            document(2, &["tea"]),
            document(3, &["tea and oolong"]),
            document(4, &["coffee"]),
        ],
    );
    let hits = search(index, "tea");
    assert_eq!(hits[0].chunk_id, chunk_id(2, 0), "the shorter text says more");
    assert!(
        hits.windows(2).all(|pair| pair[0].score >= pair[1].score),
        "best first"
    );
    assert_eq!(
        found(index, "oolong tea")[0],
        chunk_id(3, 0),
        "the rarer word counts more"
    );
    assert_eq!(
        found(index, "oolong tea").len(),
        3,
        "one word of the query is enough"
    );
}

fn title_keywords_and_headings_are_searched(index: &dyn KeywordIndex) {
    let mut titled = document(1, &["nothing of note"]);
    titled.title = "Kettle manual".to_owned();
    titled.keywords = vec!["Ada Lin <ada@example.org>".to_owned(), "invoices".to_owned()];
    titled.chunks[0].heading_path = vec!["Safety".to_owned(), "水垢".to_owned()];
    write(
        index,
        1,
        &[
            titled,
            document(
                2,
                &["the kettle of somebody else stands in this rather long text"],
            ),
        ],
    );
    assert_eq!(
        found(index, "kettle")[0],
        chunk_id(1, 0),
        "the title has more weight than text"
    );
    for query in ["ada", "invoices", "safety", "水垢", "manual"] {
        assert_eq!(found(index, query), [chunk_id(1, 0)], "{query}");
    }
}

fn what_is_repeated_is_found_after_what_is_not(index: &dyn KeywordIndex) {
    let texts: Vec<IndexedDocument> = (1..=40)
        .map(|number| {
            let mut text = document(number, &["green tea", "green tea and a word more"]);
            text.chunks[0].repeated = true;
            text
        })
        .collect();
    write(index, 1, &texts);
    let hits = search(index, "green tea");
    assert_eq!(hits.len(), 80, "it is found all the same");
    assert!(
        hits.iter().take(40).all(|hit| hit.chunk_id.0[1] == 1),
        "the better match comes later where it is a repeated one"
    );
    assert_eq!(
        index
            .search(&asked("\"green tea\""), &owner(), 3)
            .expect("searches")
            .hits[0]
            .chunk_id,
        chunk_id(1, 1),
        "in a short list too"
    );
}

fn quoted_words_must_stand_together(index: &dyn KeywordIndex) {
    write(
        index,
        1,
        &[
            document(1, &["green tea from Japan"]),
            document(2, &["tea, which is green"]),
            document(3, &["泡茶用的水壺"]),
            document(4, &["水用來泡茶，壺是鐵的"]),
        ],
    );
    assert_eq!(
        found(index, "\"green tea\""),
        [chunk_id(1, 0)],
        "words in quotes must stand together"
    );
    assert_eq!(found(index, "green tea").len(), 2);
    assert_eq!(found(index, "\"tea green\""), []);
    assert_eq!(found(index, "\"水壺\""), [chunk_id(3, 0)]);
    assert_eq!(found(index, "\"泡茶用的\""), [chunk_id(3, 0)]);
    assert_eq!(found(index, "\"壺\"").len(), 2, "a single ideograph in quotes");
    assert_eq!(found(index, "japan \"green tea\""), [chunk_id(1, 0)]);
    assert_eq!(
        found(index, "green \"tea").len(),
        2,
        "a quote without its partner is no quote"
    );
    assert_eq!(found(index, "\"\" tea").len(), 2, "empty quotes say nothing");
}

fn a_query_without_words_finds_nothing(index: &dyn KeywordIndex) {
    write(index, 1, &[document(1, &["green tea ， 綠茶 !"])]);
    for query in ["", " \n\t", "!?。，", "\"\"", "\"", "-- * () [] {} ~^:\\/"] {
        assert_eq!(found(index, query), [], "`{query}` has no word");
    }
}

fn case_width_and_accents_do_not_matter(index: &dyn KeywordIndex) {
    write(
        index,
        1,
        &[
            document(1, &["Café in der Straße, ＡＢＣ１２３ and naïve RÉSUMÉ"]),
            document(2, &["ordinary"]),
        ],
    );
    for query in [
        "cafe",
        "CAFÉ",
        "cafe\u{301}",
        "strasse",
        "STRASSE",
        "abc123",
        "ＡＢＣ１２３",
        "Naive",
        "ｒｅｓｕｍｅ",
    ] {
        assert_eq!(found(index, query), [chunk_id(1, 0)], "`{query}`");
    }
}

fn every_verbatim_run_of_ideographs_is_found(index: &dyn KeywordIndex) {
    let text = "綠茶要用七十度的水沖泡三分鐘ひらがなカタカナ한국어";
    write(index, 1, &[document(1, &[text]), document(2, &["另外東西"])]);
    let characters: Vec<char> = text.chars().collect();
    for start in 0..characters.len() {
        for end in start + 1..=characters.len() {
            let part: String = characters[start..end].iter().collect();
            assert_eq!(found(index, &part)[0], chunk_id(1, 0), "`{part}`");
            assert_eq!(
                found(index, &format!("\"{part}\""))[0],
                chunk_id(1, 0),
                "`{part}` in quotes"
            );
        }
    }
}

fn filters_agree_with_the_plain_predicate(index: &dyn KeywordIndex) {
    let documents = varied(|number| {
        (0..number % 3)
            .map(|ordinal| format!("tea number {number} {ordinal}"))
            .collect()
    });
    write(index, 1, &documents[..25]);
    write(index, 2, &documents[25..]);
    for filter in filters() {
        let hits: BTreeSet<_> = index
            .search(&asked("tea"), &filter, 1_000)
            .expect("searches")
            .hits
            .into_iter()
            .map(|h| (h.doc_id, h.chunk_id))
            .collect();
        let admitted = documents.iter().filter(|document| admits(&filter, document));
        let expected: BTreeSet<_> = admitted
            .flat_map(|d| d.chunks.iter().map(|c| (d.doc_id, c.id)))
            .collect();
        assert_eq!(hits, expected, "{filter:?}");
        let phrase = index
            .search(&asked("\"tea number\""), &filter, 1_000)
            .expect("searches")
            .hits;
        assert_eq!(phrase.len(), expected.len(), "a phrase under {filter:?}");
        let few = index.search(&asked("tea"), &filter, 3).expect("searches").hits;
        assert_eq!(
            few.len(),
            expected.len().min(3),
            "the limit counts what passed the filter"
        );
    }
}

fn any_query_is_answered(index: &dyn KeywordIndex) {
    write(index, 1, &[document(1, &["green tea 綠茶"])]);
    let long = "綠茶 tea ".repeat(12_000);
    let phrase = format!("\"{}\"", "tea ".repeat(25_000));
    let many: String = (0..15_000).map(|number| format!("w{number} ")).collect();
    assert_eq!(
        found(index, &long),
        [chunk_id(1, 0)],
        "a long query is answered by what is read of it"
    );
    for query in [
        &phrase,
        &many,
        &"\"".repeat(100_000),
        &"a".repeat(100_000),
        &"茶".repeat(100_000),
        "a\0b\u{202e}\u{feff}",
    ] {
        let _ = found(index, query);
    }
}

fn a_reopened_index_holds_what_was_committed(open: &dyn Fn(&Path) -> Box<dyn KeywordIndex>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = open(folder.path());
    write(
        &*index,
        3,
        &[document(1, &["green tea"]), document(2, &["black tea"])],
    );
    index
        .apply(&[document(3, &["white tea"])], &[doc_id(1)])
        .expect("applies");
    drop(index);
    let index = open(folder.path());
    assert_eq!(
        index.generation().expect("reads"),
        Generation(3),
        "a commit is durable with its generation"
    );
    assert_eq!(
        chunks(&*index),
        [chunk_id(1, 0), chunk_id(2, 0)],
        "what was only applied is lost"
    );
    assert_eq!(found(&*index, "tea").len(), 2);
    write(&*index, 4, &[document(3, &["white tea"])]);
    assert_eq!(found(&*index, "tea").len(), 3, "a reopened index takes writes");
}
