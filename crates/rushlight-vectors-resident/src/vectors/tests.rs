//! What a search finds, against comparing everything.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rushlight_core::{DocumentKind, Principal, SourceId, Timestamp};

use super::*;

const DIMENSIONS: usize = 24;

#[derive(Clone, Debug)]
struct Doc {
    id: DocId,
    source: SourceId,
    kind: DocumentKind,
    date: Timestamp,
    access: Vec<Principal>,
    chunks: Vec<(ChunkId, Embedding)>,
}

impl Doc {
    fn fields(&self) -> Fields<'_> {
        Fields {
            doc_id: self.id,
            source_id: self.source,
            kind: self.kind,
            date: self.date,
            access: &self.access,
        }
    }
}

fn principal(number: u8) -> Principal {
    Principal(format!("user:{number}"))
}

fn vector() -> impl Strategy<Value = Embedding> {
    // Few different directions, so that there are ties and near ones.
    (0u32..40, prop::bool::weighted(0.5), 0u32..1_000).prop_map(|(centre, moved, by)| {
        let value = |at: usize| {
            let base = (centre.wrapping_mul(2_654_435_761).rotate_left(at as u32) % 997) as f32 / 500.0 - 1.0;
            let offset = (by.wrapping_mul(40_503).rotate_left(at as u32 * 3) % 991) as f32 / 5_000.0;
            base + if moved { offset } else { 0.0 }
        };
        Embedding::normalized((0..DIMENSIONS).map(value).collect()).expect("has a direction")
    })
}

fn doc(number: u8) -> impl Strategy<Value = Doc> {
    let access = prop::collection::vec(0u8..6, 0..4);
    let chunks = prop::collection::vec(vector(), 0..5);
    (0i64..3, 0usize..3, 0i64..5, access, chunks).prop_map(move |(source, kind, date, access, chunks)| {
        let chunk = |(ordinal, vector)| {
            let mut id = [0; 16];
            (id[0], id[9]) = (255 - number, ordinal as u8);
            (ChunkId(id), vector)
        };
        Doc {
            id: DocId([number; 16]),
            source: SourceId(source),
            kind: DocumentKind::ALL[kind],
            date: Timestamp(date),
            access: access.into_iter().map(principal).collect(),
            chunks: chunks.into_iter().enumerate().map(chunk).collect(),
        }
    })
}

fn filter() -> impl Strategy<Value = SearchFilter> {
    let (principals, sources) = (
        prop::collection::vec(0u8..7, 0..4),
        prop::collection::vec(0i64..4, 0..3),
    );
    let (kinds, dates) = (
        prop::collection::vec(0usize..4, 0..3),
        prop::option::of((0i64..5, 0i64..6)),
    );
    (principals, sources, kinds, dates).prop_map(|(principals, sources, kinds, dates)| SearchFilter {
        principals: principals.into_iter().map(principal).collect(),
        sources: sources.into_iter().map(SourceId).collect(),
        kinds: kinds.into_iter().map(|kind| DocumentKind::ALL[kind]).collect(),
        from: dates.map(|(from, _)| Timestamp(from)),
        until: dates.map(|(_, until)| Timestamp(until)),
    })
}

fn admits(filter: &SearchFilter, doc: &Doc) -> bool {
    filter.principals.iter().any(|one| doc.access.contains(one))
        && (filter.sources.is_empty() || filter.sources.contains(&doc.source))
        && (filter.kinds.is_empty() || filter.kinds.contains(&doc.kind))
        && filter.from.is_none_or(|from| doc.date >= from)
        && filter.until.is_none_or(|until| doc.date < until)
}

fn put(index: &mut ResidentVectors, doc: &Doc) {
    index.remove(doc.id);
    for (chunk, vector) in &doc.chunks {
        index.append(doc.fields(), *chunk, vector.values());
    }
}

fn empty(threads: usize) -> ResidentVectors {
    ResidentVectors::new(Options {
        dimensions: DIMENSIONS,
        threads,
    })
}

fn filled<'a>(docs: impl IntoIterator<Item = &'a Doc>) -> ResidentVectors {
    let mut index = empty(1);
    docs.into_iter().for_each(|doc| put(&mut index, doc));
    index
}

/// Cosines in f64 order a list; neighbours closer than rounding may stand in either order.
fn assert_nearest(
    found: &[VectorHit],
    docs: &[&Doc],
    query: &Embedding,
    among: Option<&ChunkSet>,
    limit: usize,
) {
    let mut exact: BTreeMap<ChunkId, (DocId, f32)> = BTreeMap::new();
    for doc in docs {
        for (chunk, vector) in &doc.chunks {
            if among.is_none_or(|among| among.contains(chunk)) {
                exact.insert(*chunk, (doc.id, query.cosine(vector)));
            }
        }
    }
    let mut order: Vec<f32> = exact.values().map(|(_, cosine)| *cosine).collect();
    order.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(found.len(), limit.min(order.len()));
    for (hit, expected) in found.iter().zip(&order) {
        let (doc_id, cosine) = exact[&hit.chunk_id];
        assert_eq!(hit.doc_id, doc_id);
        assert!(
            (hit.similarity - cosine).abs() < 5e-5,
            "{} is not {cosine}",
            hit.similarity
        );
        assert!(
            (cosine - expected).abs() < 5e-5,
            "{cosine} stands where {expected} belongs"
        );
    }
    assert!(found.is_sorted_by(|a, b| {
        a.similarity > b.similarity || (a.similarity == b.similarity && a.chunk_id < b.chunk_id)
    }));
}

fn docs() -> impl Strategy<Value = Vec<Doc>> {
    (0..30u8).map(doc).collect::<Vec<_>>()
}

proptest! {
    #[test]
    fn a_search_finds_what_comparing_everything_finds(
        docs in docs(), query in vector(), filter in filter(), limit in 0usize..20,
        among in prop::option::of(prop::collection::vec((0u8..40, 0u8..5), 0..60)),
    ) {
        let index = filled(&docs);
        let among: Option<ChunkSet> = among.map(|ids| ids.into_iter().map(|(doc, ordinal)| {
            let mut id = [0; 16];
            (id[0], id[9]) = (255 - doc, ordinal);
            ChunkId(id)
        }).collect());
        let admitted: Vec<&Doc> = docs.iter().filter(|doc| admits(&filter, doc)).collect();
        let found = index.nearest(&query, &filter, among.as_ref(), limit);
        assert_nearest(&found, &admitted, &query, among.as_ref(), limit);

        // As an index of nothing but what may be read and was asked for, to the bit.
        let alone = filled(admitted.iter().copied());
        prop_assert_eq!(&found, &alone.nearest(&query, &filter, among.as_ref(), limit));
        for doc in &docs {
            let expected: Vec<_> = match doc.access.iter().any(|one| filter.principals.contains(one)) {
                true => filled(admitted.iter().copied().filter(|other| other.id != doc.id).chain([doc]))
                    .similar(doc.id, &filter, 3),
                false => Vec::new(),
            };
            prop_assert_eq!(index.similar(doc.id, &filter, 3), expected);
        }

        // One by one as in a search.
        let ids: Vec<ChunkId> = docs.iter().flat_map(|doc| &doc.chunks).map(|(chunk, _)| *chunk).collect();
        let all = index.nearest(&query, &filter, None, usize::MAX);
        let similarities = index.similarities(&query, &ids, &filter);
        for (id, similarity) in ids.iter().zip(similarities) {
            let hit = all.iter().find(|hit| hit.chunk_id == *id);
            prop_assert_eq!(similarity, hit.map(|hit| hit.similarity));
        }
    }

    #[test]
    fn any_history_leaves_what_was_last_written(
        steps in prop::collection::vec((0u8..12).prop_flat_map(|number| {
            (doc(number), prop::sample::select(vec!["put", "put", "append", "remove", "tidy"]))
        }), 0..60),
        query in vector(),
    ) {
        let mut index = empty(1);
        let mut expected: BTreeMap<DocId, Doc> = BTreeMap::new();
        for (doc, step) in steps {
            match step {
                "put" => {
                    put(&mut index, &doc);
                    expected.insert(doc.id, doc);
                }
                "append" => {
                    // One chunk more for a document that may have others after it by now.
                    let Some(known) = expected.get_mut(&doc.id) else { continue };
                    let Some((mut chunk, vector)) = doc.chunks.first().cloned() else { continue };
                    chunk.0[15] = known.chunks.len() as u8 + 1;
                    if known.chunks.is_empty() || known.chunks.iter().any(|(id, _)| *id == chunk) { continue }
                    index.append(known.fields(), chunk, vector.values());
                    known.chunks.push((chunk, vector));
                }
                "remove" => {
                    index.remove(doc.id);
                    expected.remove(&doc.id);
                }
                _ => index.close_gaps(),
            }
            let count = expected.values().map(|doc| doc.chunks.len()).sum::<usize>();
            prop_assert_eq!((index.len(), index.is_empty()), (count, count == 0));
        }
        let everyone = SearchFilter { principals: (0..6).map(principal).collect(), ..SearchFilter::default() };
        let fresh = filled(expected.values());
        prop_assert_eq!(
            index.nearest(&query, &everyone, None, 1_000),
            fresh.nearest(&query, &everyone, None, 1_000)
        );
    }
}

/// Enough rows for several blocks and threads, and for sets of both sizes.
#[test]
fn many_rows_and_threads_find_the_same() {
    let value = |seed: u32, at: usize| {
        let mixed = (seed.wrapping_add(1))
            .wrapping_mul(2_654_435_761)
            .rotate_left(at as u32 + 3);
        (mixed.wrapping_mul(at as u32 * 2 + 40_503) >> 16) as f32 / 32_768.0 - 1.0
    };
    let direction = |seed: u32| {
        let values = (0..DIMENSIONS).map(|at| value(seed, at)).collect();
        Embedding::normalized(values).expect("has a direction")
    };
    let id = |number: u32| {
        let mut id = [0; 16];
        id[3..7].copy_from_slice(&number.to_be_bytes());
        id
    };
    let rows = 60_000u32;
    let docs: Vec<Doc> = (0..rows / 3)
        .map(|number| Doc {
            id: DocId(id(number)),
            source: SourceId(0),
            kind: DocumentKind::Note,
            date: Timestamp(i64::from(number)),
            access: vec![principal((number % 5) as u8)],
            chunks: (0..3)
                .map(|at| (ChunkId(id(number * 3 + at)), direction(number * 3 + at)))
                .collect(),
        })
        .collect();
    let (mut one, mut many) = (empty(1), empty(4));
    for index in [&mut one, &mut many] {
        docs.iter().for_each(|doc| put(index, doc));
        docs.iter().step_by(7).for_each(|doc| index.remove(doc.id));
    }
    let filter = SearchFilter {
        principals: vec![principal(1), principal(3)],
        ..SearchFilter::default()
    };
    let some = |every: usize| {
        (0..rows)
            .step_by(every)
            .map(|number| ChunkId(id(number)))
            .collect::<ChunkSet>()
    };
    let sets = [None, Some(some(2)), Some(some(50)), Some(ChunkSet::default())];
    let left: Vec<&Doc> = (0..docs.len())
        .filter(|at| at % 7 != 0)
        .map(|at| &docs[at])
        .filter(|doc| admits(&filter, doc))
        .collect();
    let mut before = Vec::new();
    for seed in [1, 500_000, 500_001] {
        for among in &sets {
            for limit in [1, 10, 300, 5_000] {
                let found = many.nearest(&direction(seed), &filter, among.as_ref(), limit);
                assert_nearest(&found, &left, &direction(seed), among.as_ref(), limit);
                assert_eq!(
                    found,
                    one.nearest(&direction(seed), &filter, among.as_ref(), limit)
                );
                before.push(found);
            }
        }
    }
    let bytes = many.bytes();
    many.tidy();
    assert_eq!(many.bytes(), bytes, "a seventh is not worth closing gaps");
    docs.iter().skip(1).step_by(7).for_each(|doc| many.remove(doc.id));
    many.tidy();
    assert!(
        many.bytes() < bytes * 9 / 10,
        "{} of {bytes} are left",
        many.bytes()
    );
    assert_eq!(
        many.len() as u32,
        rows - 3 * (docs.len().div_ceil(7) + (docs.len() - 1).div_ceil(7)) as u32
    );
}

#[test]
fn equal_vectors_are_in_the_order_of_their_ids() {
    let direction = Embedding::normalized(vec![1.0; DIMENSIONS]).expect("has a direction");
    let mut index = empty(2);
    for number in (0..3_000u32).map(|number| (number * 7_919 % 3_000) as u16) {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&number.to_be_bytes());
        let fields = Fields {
            doc_id: DocId(id),
            source_id: SourceId(1),
            kind: DocumentKind::Mail,
            date: Timestamp(0),
            access: &[Principal::owner()],
        };
        index.append(fields, ChunkId(id), direction.values());
    }
    let owner = SearchFilter {
        principals: vec![Principal::owner()],
        ..SearchFilter::default()
    };
    let found = index.nearest(&direction, &owner, None, 40);
    let ids: Vec<u16> = found
        .iter()
        .map(|hit| u16::from_be_bytes([hit.chunk_id.0[0], hit.chunk_id.0[1]]))
        .collect();
    assert_eq!(ids, (0..40).collect::<Vec<_>>());
    let alike: Vec<DocId> = index
        .similar(DocId([0; 16]), &owner, 5)
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(
        alike,
        found[1..6].iter().map(|hit| hit.doc_id).collect::<Vec<_>>()
    );
}
