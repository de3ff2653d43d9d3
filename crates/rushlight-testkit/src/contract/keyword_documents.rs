//! Which documents a query finds, of a [`KeywordIndex`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rushlight_core::{
    ChunkId, DocId, DocumentKind, KeywordIndex, MatchingDocument, Node, Query, SearchFilter, SourceId,
    Timestamp,
};

use super::keyword_query::{excluded, phrase, query, required, text, wanted, write};
use super::sample::{chunk_id, doc_id, document, filters, owner, varied};

pub(super) fn check(open: &dyn Fn(&Path) -> Box<dyn KeywordIndex>) {
    let fresh = |check: fn(&dyn KeywordIndex)| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        check(&*open(folder.path()));
    };
    fresh(a_document_is_told_once_with_its_best_chunk);
    fresh(documents_are_those_of_all_chunks_that_are_found);
    fresh(a_folder_is_asked_for_by_its_source);
}

fn told(index: &dyn KeywordIndex, query: &Query, filter: &SearchFilter) -> Vec<MatchingDocument> {
    index.documents(query, filter).expect("searches").documents
}

fn a_document_is_told_once_with_its_best_chunk(index: &dyn KeywordIndex) {
    let mut dated = document(2, &["tea"]);
    dated.date = Timestamp(-7_000);
    let mut quoting = document(3, &["tea tea tea", "a cup of tea on the table"]);
    quoting.chunks[0].repeated = true;
    write(
        index,
        &[
            document(1, &["water", "tea in a large pot of water", "tea"]),
            dated,
            quoting,
            document(4, &["water"]),
        ],
    );
    let found = told(index, &Query::plain("tea"), &owner());
    let expected = [(1, 2, 1_000), (2, 0, -7_000), (3, 1, 1_000)];
    assert_eq!(
        found,
        expected.map(|(document, chunk, date)| MatchingDocument {
            doc_id: doc_id(document),
            chunk_id: chunk_id(document, chunk),
            date: Timestamp(date),
        }),
        "each document once, by id, with the best of its chunks and its date"
    );
    let all = told(index, &query([required(Node::Everything)]), &owner());
    assert_eq!(
        all.iter().map(|found| found.chunk_id).collect::<Vec<_>>(),
        [1, 2, 3, 4].map(|number| chunk_id(number, 0)),
        "of equals the chunk with the lowest id"
    );
    let mistyped = index
        .documents(&Query::plain("watter"), &owner())
        .expect("searches");
    assert_eq!(mistyped.documents.len(), 2);
    assert_eq!(mistyped.corrections[0].meant, "water", "corrections are told");
}

fn documents_are_those_of_all_chunks_that_are_found(index: &dyn KeywordIndex) {
    let said = ["green tea", "black tea", "water", "tea pot 茶壺"];
    let documents = varied(|number| {
        let count = 1 + usize::from(number % 3);
        (0..count)
            .map(|ordinal| said[(usize::from(number) + ordinal) % said.len()].to_owned())
            .collect()
    });
    write(index, &documents);
    let queries = [
        Query::plain("tea"),
        Query::plain("茶壺 water"),
        query([required(text("tea")), required(text("green"))]),
        query([wanted(text("tea")), excluded(phrase("black tea"))]),
        query([required(Node::Kinds(vec![
            DocumentKind::Mail,
            DocumentKind::Note,
        ]))]),
        Query::plain("nowhere"),
        Query::default(),
    ];
    for query in &queries {
        for filter in filters() {
            let hits = index.search(query, &filter, 10_000).expect("searches").hits;
            let mut expected: BTreeMap<DocId, BTreeSet<ChunkId>> = BTreeMap::new();
            for hit in hits {
                expected.entry(hit.doc_id).or_default().insert(hit.chunk_id);
            }
            let found = told(index, query, &filter);
            assert_eq!(
                found.iter().map(|found| found.doc_id).collect::<Vec<_>>(),
                expected.keys().copied().collect::<Vec<_>>(),
                "{query:?} under {filter:?}"
            );
            assert!(
                found
                    .iter()
                    .all(|found| expected[&found.doc_id].contains(&found.chunk_id))
            );
        }
    }
}

fn a_folder_is_asked_for_by_its_source(index: &dyn KeywordIndex) {
    let mut all = [1u8, 2, 3].map(|number| document(number, &["tea"]));
    all[1].source_id = SourceId(7);
    all[2].source_id = SourceId(8);
    write(index, &all);
    let from = |sources: &[i64]| Node::Folder {
        name: "notes".to_owned(),
        sources: sources.iter().copied().map(SourceId).collect(),
    };
    let found = |query: Query| -> Vec<DocId> {
        let documents = told(index, &query, &owner());
        documents.into_iter().map(|found| found.doc_id).collect()
    };
    let of = |numbers: &[u8]| numbers.iter().copied().map(doc_id).collect::<Vec<_>>();
    assert_eq!(found(query([required(from(&[7, 8]))])), of(&[2, 3]));
    assert_eq!(
        found(query([wanted(text("tea")), excluded(from(&[7]))])),
        of(&[1, 3])
    );
    assert_eq!(found(query([required(from(&[]))])), of(&[]), "no source is none");
}
