//! Documents and filters for the suites of both indexes.

use rushlight_core::{
    ChunkId, DocId, DocumentKind, IndexedChunk, IndexedDocument, IndexedFacts, Principal, SearchFilter,
    SourceId, Timestamp,
};

/// What a filter says of a document: the plain predicate that both indexes must agree with.
pub fn admits(filter: &SearchFilter, document: &IndexedDocument) -> bool {
    let SearchFilter {
        principals,
        sources,
        kinds,
        from,
        until,
    } = filter;
    principals
        .iter()
        .any(|principal| document.access.contains(principal))
        && (sources.is_empty() || sources.contains(&document.source_id))
        && (kinds.is_empty() || kinds.contains(&document.kind))
        && from.is_none_or(|from| document.date >= from)
        && until.is_none_or(|until| document.date < until)
}

/// What the owner may read, without any other condition.
pub(crate) fn owner() -> SearchFilter {
    SearchFilter {
        principals: vec![Principal::owner()],
        ..SearchFilter::default()
    }
}

pub(crate) fn doc_id(number: u8) -> DocId {
    DocId([number; 16])
}

/// The id of chunk `ordinal` of document `number`; ids are ordered by document, then ordinal.
pub(crate) fn chunk_id(number: u8, ordinal: u8) -> ChunkId {
    let mut id = [0; 16];
    (id[0], id[1]) = (number, ordinal);
    ChunkId(id)
}

/// A note of the owner with one chunk per text.
pub(crate) fn document(number: u8, texts: &[&str]) -> IndexedDocument {
    let chunk = |(ordinal, text): (usize, &&str)| IndexedChunk {
        id: chunk_id(number, ordinal as u8),
        heading_path: Vec::new(),
        text: (*text).to_owned(),
        repeated: false,
        embedding: None,
    };
    IndexedDocument {
        doc_id: doc_id(number),
        source_id: SourceId(1),
        kind: DocumentKind::Note,
        date: Timestamp(1_000),
        access: vec![Principal::owner()],
        title: String::new(),
        keywords: Vec::new(),
        facts: IndexedFacts::default(),
        chunks: texts.iter().enumerate().map(chunk).collect(),
    }
}

/// Forty documents that differ in everything a filter looks at. Some principals hold what could break a query language.
pub(crate) fn varied(text: impl Fn(u8) -> Vec<String>) -> Vec<IndexedDocument> {
    let people = people();
    (1..=40u8)
        .map(|number| {
            let texts = text(number);
            let mut made = document(number, &texts.iter().map(String::as_str).collect::<Vec<_>>());
            made.source_id = SourceId(i64::from(number % 3));
            made.kind = DocumentKind::ALL[usize::from(number) % DocumentKind::ALL.len()];
            made.date = Timestamp(i64::from(number % 11) * 1_000 - 3_000);
            made.access = people
                .iter()
                .enumerate()
                .filter(|(bit, _)| number >> bit & 1 == 1)
                .map(|(_, p)| p.clone())
                .collect();
            made
        })
        .collect()
}

fn people() -> Vec<Principal> {
    [
        "user:owner",
        "group:o'brien \"x\"",
        "group:人資 100%",
        "user:owner2",
    ]
    .map(|name| Principal(name.to_owned()))
    .to_vec()
}

/// Filters that cut the varied documents in every way.
pub(crate) fn filters() -> Vec<SearchFilter> {
    let people = people();
    let mut filters = vec![SearchFilter::default()];
    let groups = [
        vec![people[0].clone()],
        vec![people[1].clone(), people[2].clone()],
        vec![Principal("user:own".to_owned())],
        people,
    ];
    for principals in groups {
        for sources in [
            vec![],
            vec![SourceId(1)],
            vec![SourceId(0), SourceId(2)],
            vec![SourceId(77)],
        ] {
            for kinds in [vec![], vec![DocumentKind::Mail, DocumentKind::Pdf]] {
                for (from, until) in [
                    (None, None),
                    (Some(-1_000), None),
                    (None, Some(2_000)),
                    (Some(0), Some(5_000)),
                    (Some(9), Some(9)),
                ] {
                    filters.push(SearchFilter {
                        principals: principals.clone(),
                        sources: sources.clone(),
                        kinds: kinds.clone(),
                        from: from.map(Timestamp),
                        until: until.map(Timestamp),
                    });
                }
            }
        }
    }
    filters
}
