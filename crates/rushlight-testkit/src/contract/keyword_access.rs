//! That nothing unreadable shows in any answer of a [`KeywordIndex`]: one that holds the unreadable documents too answers as
//! one that does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rushlight_core::{
    ChunkId, Correction, DocId, DocumentKind, IndexedDocument, KeywordIndex, MatchKind, Principal, Query,
    QueryField, SearchFilter,
};

use super::keyword_query::{excluded, field, phrase, prefix, query, required, text, wanted, write};
use super::sample::{chunk_id, document, owner};

pub(super) fn check(open: &dyn Fn(&Path) -> Box<dyn KeywordIndex>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    an_explanation_counts_what_may_be_found(&*open(folder.path()));
    nothing_unreadable_shows(open);
}

fn an_explanation_counts_what_may_be_found(index: &dyn KeywordIndex) {
    let mut all = [1u8, 2, 3, 4].map(|number| document(number, &["oolong with milk"]));
    all[2].access = vec![Principal("user:other".to_owned())];
    all[3].kind = DocumentKind::Mail;
    write(index, &all);
    let counted = |filter: &SearchFilter| {
        let explained = index.explain(&Query::plain("oolong"), filter, chunk_id(1, 0));
        let parts = explained.expect("explains").expect("is found").parts;
        let exact = parts.iter().find(|part| part.how == MatchKind::Exact);
        exact.expect("stands as typed").chunks
    };
    assert_eq!(counted(&owner()), Some(3), "one may not be read");
    let notes = SearchFilter {
        kinds: vec![DocumentKind::Note],
        ..owner()
    };
    assert_eq!(
        counted(&notes),
        Some(2),
        "nor does one count that is filtered out"
    );
}

/// Many libraries with random access lists.
fn nothing_unreadable_shows(open: &dyn Fn(&Path) -> Box<dyn KeywordIndex>) {
    let words = [
        "green",
        "greens",
        "kettle",
        "kettel",
        "temperature",
        "invoice",
        "a4711b",
        "INV-2024-0117",
        "綠茶",
        "水壺",
        "tea",
    ];
    for seed in 1..=6u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = move |below: usize| {
            // xorshift64*: enough to spread choices.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % below
        };
        let people = ["user:owner", "group:a", "group:b"].map(|name| Principal(name.to_owned()));
        let mut all = Vec::new();
        for number in 1..=24u8 {
            let said: Vec<&str> = (0..4).map(|_| words[next(words.len())]).collect();
            let mut made = document(number, &[&said.join(" ")]);
            made.access = people.iter().filter(|_| next(3) == 0).cloned().collect();
            made.title = format!("{} {}", words[next(words.len())], words[next(words.len())]);
            made.facts.tags = vec![words[next(words.len())].to_owned()];
            made.facts.authors = vec![format!("{} <{}@example.org>", words[next(4)], words[next(4)])];
            made.facts.message_id = Some(format!("m{number}"));
            made.facts.thread_id = Some(format!("t{}", next(5)));
            all.push(made);
        }
        let filter = SearchFilter {
            principals: people[..1 + next(2)].to_vec(),
            ..SearchFilter::default()
        };
        let readable: Vec<IndexedDocument> = all
            .iter()
            .filter(|document| super::admits(&filter, document))
            .cloned()
            .collect();
        let folders = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
        let (with, without) = (open(folders[0].path()), open(folders[1].path()));
        write(&*with, &all);
        write(&*without, &readable);
        for query in asked(&words) {
            let [a, b] = [&with, &without].map(|index| told(&**index, &query, &filter));
            assert_eq!(a, b, "{query:?} with what is unreadable, and without");
            let may = |chunk: &ChunkId| readable.iter().any(|document| document.chunks[0].id == *chunk);
            assert!(a.1.iter().all(may), "{query:?} finds what is readable only");
            let [with, without] = [&with, &without].map(|index| counted(&**index, &query, &filter, &a.1));
            for (part, chunks) in &with {
                let alone = without.get(part).unwrap_or(chunks);
                assert_eq!(chunks, alone, "{query:?} explained: {part:?}");
            }
        }
        for typed in ["g", "k", "te", "綠", "水", "i", "in", "ket", "exam"] {
            let [a, b] = [&with, &without].map(|index| index.suggest(typed, &filter, 3).expect("suggests"));
            assert_eq!(a, b, "suggestions for `{typed}`");
        }
    }
}

fn asked(words: &[&str]) -> Vec<Query> {
    let mut queries: Vec<Query> = words.iter().map(|word| Query::plain(*word)).collect();
    queries.extend(
        [
            "kettl",
            "grene",
            "temprature",
            "nvoic",
            "4711",
            "inv-2024",
            "tea 水壺",
        ]
        .map(Query::plain),
    );
    queries.extend(["g", "ke", "inv-2", "綠"].map(|begun| query([wanted(prefix(begun))])));
    queries.push(query([excluded(text("tea"))]));
    queries.push(query([wanted(text("kettle")), required(phrase("green tea"))]));
    queries.extend((1..6).map(|number| {
        let id = format!("m{number}");
        query([required(field(QueryField::Thread, text(&id)))])
    }));
    queries
}

/// All of an answer but scores and their order.
type Told = (
    bool,
    Vec<ChunkId>,
    Vec<Correction>,
    Vec<(String, u64)>,
    Vec<DocId>,
);

fn told(index: &dyn KeywordIndex, query: &Query, filter: &SearchFilter) -> Told {
    let found = index.search(query, filter, 100).expect("searches");
    let chunks = index.matching(query, filter).expect("searches");
    assert_eq!(chunks.len(), found.hits.len());
    let terms = found.terms.into_iter().map(|term| (term.term, term.chunks));
    let matching = index.documents(query, filter).expect("searches");
    assert_eq!(matching.corrections, found.corrections);
    let documents = matching.documents.into_iter().map(|found| found.doc_id);
    (
        found.by_part,
        chunks,
        found.corrections,
        terms.collect(),
        documents.collect(),
    )
}

/// A part of an explanation: what was typed, how it was met, and by which words where it was not typed so.
type Part = (String, &'static str, BTreeSet<String>);

/// How many chunks each part of the explanations is said to be in. Which of several ways counts is a matter of scores, so
/// that an index with other statistics may have other parts.
fn counted(
    index: &dyn KeywordIndex,
    query: &Query,
    filter: &SearchFilter,
    chunks: &[ChunkId],
) -> BTreeMap<Part, u64> {
    let mut counted = BTreeMap::new();
    for chunk in chunks {
        let explained = index.explain(query, filter, *chunk).expect("explains");
        for part in explained.expect("is found").parts {
            let meant = match part.how {
                MatchKind::Exact | MatchKind::Stem => BTreeSet::new(),
                _ => part.frequencies.into_iter().map(|found| found.term).collect(),
            };
            if let Some(chunks) = part.chunks {
                counted.insert((part.typed, part.how.as_str(), meant), chunks);
            }
        }
    }
    counted
}
