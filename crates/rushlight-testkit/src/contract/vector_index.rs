//! The suite of [`VectorIndex`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use rushlight_core::{
    ChunkId, ChunkSet, DocId, Embedding, Generation, IndexedDocument, Principal, SearchFilter, VectorHit,
    VectorIndex,
};

use super::admits;
use super::sample::{chunk_id, doc_id, document, filters, owner, varied};

/// Dimensions of the vectors the suite writes.
pub const DIMENSIONS: usize = 16;

/// Asserts what [`VectorIndex`] promises. `open` opens the index of a folder for vectors of [`DIMENSIONS`], creating it when
/// the folder is empty; only one index of a folder is open at a time.
pub async fn vector_index(open: impl AsyncFn(PathBuf) -> Box<dyn VectorIndex>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut numbers = 0..;
    let mut fresh = async || {
        let number: u32 = numbers.next().expect("endless");
        open(folder.path().join(number.to_string())).await
    };
    a_new_index_is_empty(&*fresh().await).await;
    nothing_is_visible_before_the_commit(&*fresh().await).await;
    documents_are_replaced_and_removed_whole(&*fresh().await).await;
    the_last_word_before_a_commit_wins(&*fresh().await).await;
    the_generation_is_that_of_the_last_commit(&*fresh().await).await;
    a_replayed_commit_changes_nothing(&*fresh().await).await;
    nearest_is_exact(&*fresh().await).await;
    ties_are_broken_by_chunk_id(&*fresh().await).await;
    filters_agree_with_the_plain_predicate(&*fresh().await).await;
    among_restricts_before_the_limit(&*fresh().await).await;
    similarities_are_those_of_a_search(&*fresh().await).await;
    similar_documents_are_ranked_by_their_nearest_chunk(&*fresh().await).await;
    what_may_not_be_read_changes_nothing(&*fresh().await, &*fresh().await).await;
    any_history_leaves_what_a_fresh_index_holds(&open, folder.path()).await;
    what_cannot_be_compared_is_refused(&*fresh().await).await;
    compaction_changes_nothing(&*fresh().await).await;
    a_reopened_index_holds_what_was_committed(&open, folder.path().join("reopened")).await;
}

/// A direction that depends on `seed` only; different seeds are far from each other and never tie.
fn direction(seed: u64) -> Embedding {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let value = |_| {
        // xorshift64*: enough to spread directions.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    Embedding::normalized((0..DIMENSIONS).map(value).collect()).expect("has a direction")
}

/// A document with one chunk per direction.
fn with_vectors(number: u8, seeds: &[u64]) -> IndexedDocument {
    embed(document(number, &vec![""; seeds.len()]), seeds)
}

fn embed(mut document: IndexedDocument, seeds: &[u64]) -> IndexedDocument {
    for (chunk, seed) in document.chunks.iter_mut().zip(seeds) {
        chunk.text = String::new();
        chunk.embedding = Some(direction(*seed));
    }
    document
}

async fn write(index: &dyn VectorIndex, generation: i64, documents: &[IndexedDocument], deletes: &[DocId]) {
    index.apply(documents, deletes).await.expect("applies");
    index.commit(Generation(generation)).await.expect("commits");
}

async fn nearest(index: &dyn VectorIndex, seed: u64, filter: &SearchFilter, limit: usize) -> Vec<VectorHit> {
    index
        .nearest(&direction(seed), filter, None, limit)
        .await
        .expect("searches")
}

async fn chunks(index: &dyn VectorIndex) -> Vec<(ChunkId, DocId)> {
    let mut chunks = index.chunks().await.expect("lists");
    chunks.sort_unstable();
    chunks
}

async fn a_new_index_is_empty(index: &dyn VectorIndex) {
    assert_eq!(
        index.generation().await.expect("reads"),
        Generation::ZERO,
        "zero for a new index"
    );
    assert!(chunks(index).await.is_empty() && nearest(index, 1, &owner(), 10).await.is_empty());
    index.compact().await.expect("an empty index is compacted");
    index
        .commit(Generation(1))
        .await
        .expect("a commit of nothing moves the generation on");
    assert_eq!(index.generation().await.expect("reads"), Generation(1));
}

async fn nothing_is_visible_before_the_commit(index: &dyn VectorIndex) {
    index.apply(&[with_vectors(1, &[1])], &[]).await.expect("applies");
    assert!(chunks(index).await.is_empty() && nearest(index, 1, &owner(), 10).await.is_empty());
    index.commit(Generation(1)).await.expect("commits");
    assert_eq!(chunks(index).await, [(chunk_id(1, 0), doc_id(1))]);
    index.apply(&[], &[doc_id(1)]).await.expect("applies");
    assert_eq!(
        nearest(index, 1, &owner(), 10).await.len(),
        1,
        "a removal is not visible before the commit"
    );
    index.commit(Generation(2)).await.expect("commits");
    assert!(chunks(index).await.is_empty() && nearest(index, 1, &owner(), 10).await.is_empty());
}

async fn documents_are_replaced_and_removed_whole(index: &dyn VectorIndex) {
    write(
        index,
        1,
        &[with_vectors(1, &[1, 2, 3]), with_vectors(2, &[4])],
        &[],
    )
    .await;
    assert_eq!(chunks(index).await.len(), 4);
    write(index, 2, &[with_vectors(1, &[5])], &[]).await;
    assert_eq!(
        chunks(index).await,
        [(chunk_id(1, 0), doc_id(1)), (chunk_id(2, 0), doc_id(2))]
    );
    let hit = &nearest(index, 5, &owner(), 1).await[0];
    assert_eq!((hit.chunk_id, hit.doc_id), (chunk_id(1, 0), doc_id(1)));
    assert!(
        (hit.similarity - 1.0).abs() < 1e-4,
        "the new vector took the old one's place"
    );
    write(
        index,
        3,
        &[with_vectors(1, &[]), with_vectors(3, &[6])],
        &[doc_id(2), doc_id(99)],
    )
    .await;
    assert_eq!(chunks(index).await, [(chunk_id(3, 0), doc_id(3))]);
}

async fn the_last_word_before_a_commit_wins(index: &dyn VectorIndex) {
    index
        .apply(&[with_vectors(1, &[1]), with_vectors(2, &[2])], &[])
        .await
        .expect("applies");
    index
        .apply(&[with_vectors(1, &[3])], &[doc_id(2)])
        .await
        .expect("applies");
    index.commit(Generation(1)).await.expect("commits");
    assert_eq!(chunks(index).await, [(chunk_id(1, 0), doc_id(1))]);
    assert!(nearest(index, 3, &owner(), 1).await[0].similarity > 0.999);
    index.apply(&[], &[doc_id(1)]).await.expect("applies");
    index.apply(&[with_vectors(1, &[4])], &[]).await.expect("applies");
    index.commit(Generation(2)).await.expect("commits");
    assert!(
        nearest(index, 4, &owner(), 1).await[0].similarity > 0.999,
        "removed and written again is there"
    );
}

async fn the_generation_is_that_of_the_last_commit(index: &dyn VectorIndex) {
    write(index, 7, &[with_vectors(1, &[1])], &[]).await;
    index.apply(&[with_vectors(2, &[2])], &[]).await.expect("applies");
    assert_eq!(
        index.generation().await.expect("reads"),
        Generation(7),
        "applying does not move it"
    );
    index.commit(Generation(9)).await.expect("commits");
    assert_eq!(index.generation().await.expect("reads"), Generation(9));
}

async fn a_replayed_commit_changes_nothing(index: &dyn VectorIndex) {
    for _ in 0..2 {
        write(index, 1, &[with_vectors(1, &[1, 2])], &[doc_id(2)]).await;
        assert_eq!(
            chunks(index).await,
            [(chunk_id(1, 0), doc_id(1)), (chunk_id(1, 1), doc_id(1))]
        );
    }
}

async fn nearest_is_exact(index: &dyn VectorIndex) {
    let documents: Vec<_> = (1..=60u8)
        .map(|n| with_vectors(n, &[u64::from(n), u64::from(n) + 1_000]))
        .collect();
    for (round, some) in documents.chunks(17).enumerate() {
        write(index, round as i64 + 1, some, &[]).await;
    }
    for seed in [7, 500, 501, 502] {
        let query = direction(seed);
        let expected: BTreeMap<ChunkId, f32> = documents
            .iter()
            .flat_map(|d| &d.chunks)
            .filter_map(|chunk| Some((chunk.id, chunk.embedding.as_ref()?.cosine(&query))))
            .collect();
        for limit in [0, 1, 10, 120, 500] {
            let hits = nearest(index, seed, &owner(), limit).await;
            let found = hits
                .iter()
                .map(|hit| (hit.chunk_id, hit.similarity))
                .collect::<Vec<_>>();
            assert_ranked(&found, &expected, limit);
        }
    }
}

/// Cosines that are closer than this count as equal.
const CLOSE: f32 = 2e-5;

/// The best of what is expected, best first, with their cosines.
fn assert_ranked<T: Copy + Ord + Debug>(found: &[(T, f32)], expected: &BTreeMap<T, f32>, limit: usize) {
    let mut order: Vec<f32> = expected.values().copied().collect();
    order.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(found.len(), limit.min(order.len()), "at most {limit}");
    assert_eq!(
        found.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len(),
        found.len(),
        "each once"
    );
    for ((id, score), best) in found.iter().zip(order) {
        let cosine = expected[id];
        assert!(
            (score - cosine).abs() < CLOSE,
            "{score} is not the cosine {cosine} of {id:?}"
        );
        assert!(
            (cosine - best).abs() < CLOSE,
            "{id:?} stands where {best} belongs"
        );
    }
    let in_order = |a: &(T, f32), b: &(T, f32)| a.1 > b.1 || (a.1 == b.1 && a.0 < b.0);
    assert!(found.is_sorted_by(in_order), "best first, ties by id");
}

async fn ties_are_broken_by_chunk_id(index: &dyn VectorIndex) {
    for (round, number) in [9u8, 3, 7, 1, 5].into_iter().enumerate() {
        write(index, round as i64 + 1, &[with_vectors(number, &[1, 1])], &[]).await;
    }
    let expected: Vec<_> = [1u8, 3, 5, 7, 9]
        .into_iter()
        .flat_map(|n| [chunk_id(n, 0), chunk_id(n, 1)])
        .collect();
    for limit in [10, 4] {
        let hits: Vec<_> = nearest(index, 2, &owner(), limit)
            .await
            .into_iter()
            .map(|hit| hit.chunk_id)
            .collect();
        assert_eq!(
            hits,
            expected[..limit],
            "ties are broken by chunk id, at a limit of {limit} too"
        );
    }
}

async fn filters_agree_with_the_plain_predicate(index: &dyn VectorIndex) {
    let documents = embedded();
    write(index, 1, &documents[..25], &[]).await;
    write(index, 2, &documents[25..], &[]).await;
    for filter in filters() {
        let mut hits: Vec<_> = nearest(index, 1, &filter, 1_000)
            .await
            .into_iter()
            .map(|hit| (hit.chunk_id, hit.doc_id))
            .collect();
        hits.sort_unstable();
        let admitted = documents.iter().filter(|document| admits(&filter, document));
        let expected: Vec<_> = admitted
            .flat_map(|d| d.chunks.iter().map(|c| (c.id, d.doc_id)))
            .collect();
        assert_eq!(hits, expected, "{filter:?}");
        let few = nearest(index, 1, &filter, 3).await;
        assert_eq!(
            few.len(),
            expected.len().min(3),
            "the limit counts what passed the filter"
        );
    }
}

async fn among_restricts_before_the_limit(index: &dyn VectorIndex) {
    let documents = embedded();
    write(index, 1, &documents, &[]).await;
    let chosen = |every: u8| -> ChunkSet {
        let ids = documents.iter().flat_map(|document| &document.chunks);
        let ids = ids
            .map(|chunk| chunk.id)
            .filter(|id| id.0[0].is_multiple_of(every));
        ids.chain([chunk_id(200, 0)]).collect()
    };
    for filter in filters().iter().step_by(7).chain([&owner()]) {
        for among in [ChunkSet::default(), chosen(5), chosen(1)] {
            let mut expected = nearest(index, 3, filter, 1_000).await;
            expected.retain(|hit| among.contains(&hit.chunk_id));
            for limit in [1_000, 2] {
                expected.truncate(limit);
                let hits = index.nearest(&direction(3), filter, Some(&among), limit).await;
                assert_eq!(
                    hits.expect("searches"),
                    expected,
                    "the nearest of these, {filter:?}"
                );
            }
        }
    }
}

async fn similarities_are_those_of_a_search(index: &dyn VectorIndex) {
    let documents = embedded();
    write(index, 1, &documents, &[]).await;
    let mut asked: Vec<ChunkId> = documents
        .iter()
        .rev()
        .flat_map(|document| &document.chunks)
        .map(|chunk| chunk.id)
        .collect();
    asked.extend([chunk_id(200, 0), asked[0]]);
    for filter in filters().iter().step_by(11).chain([&owner()]) {
        let hits = nearest(index, 4, filter, 1_000).await;
        let expected: Vec<Option<f32>> = asked
            .iter()
            .map(|id| {
                hits.iter()
                    .find(|hit| hit.chunk_id == *id)
                    .map(|hit| hit.similarity)
            })
            .collect();
        let found = index.similarities(&direction(4), &asked, filter).await;
        assert_close(&found.expect("compares"), &expected);
    }
    assert_eq!(
        index
            .similarities(&direction(4), &[], &owner())
            .await
            .expect("compares"),
        []
    );
}

fn assert_close(found: &[Option<f32>], expected: &[Option<f32>]) {
    assert_eq!(found.len(), expected.len(), "one for each that was asked for");
    for pair in found.iter().zip(expected) {
        match pair {
            (Some(found), Some(expected)) => {
                assert!((found - expected).abs() < CLOSE, "{found} is not {expected}")
            }
            (found, expected) => assert_eq!(found, expected, "none for what is not there or may not be read"),
        }
    }
}

async fn similar_documents_are_ranked_by_their_nearest_chunk(index: &dyn VectorIndex) {
    let documents = embedded();
    write(index, 1, &documents, &[]).await;
    for (filter, given) in filters().iter().zip(documents.iter().cycle()) {
        let found = index
            .similar(given.doc_id, filter, 1_000)
            .await
            .expect("compares");
        let mean = Embedding::mean(given.chunks.iter().filter_map(|chunk| chunk.embedding.as_ref()));
        let may_read = filter.principals.iter().any(|one| given.access.contains(one));
        let expected: BTreeMap<DocId, f32> = documents
            .iter()
            .filter(|document| may_read && document.doc_id != given.doc_id && admits(filter, document))
            .filter_map(|document| {
                let cosines = document
                    .chunks
                    .iter()
                    .filter_map(|chunk| chunk.embedding.as_ref());
                let cosines = cosines.map(|vector| mean.as_ref().map_or(0.0, |mean| mean.cosine(vector)));
                Some((document.doc_id, cosines.max_by(f32::total_cmp)?))
            })
            .filter(|_| mean.is_some())
            .collect();
        assert_ranked(&found, &expected, 1_000);
        let few = index.similar(given.doc_id, filter, 2).await.expect("compares");
        assert_eq!(few, found[..found.len().min(2)], "at most two");
    }
    let unknown = index.similar(doc_id(200), &owner(), 10).await;
    assert_eq!(
        unknown.expect("compares"),
        [],
        "nothing for a document it does not hold"
    );
}

/// Forty documents of none to two chunks that differ in everything a filter looks at.
fn embedded() -> Vec<IndexedDocument> {
    varied(|number| vec![String::new(); usize::from(number % 3)])
        .into_iter()
        .map(|document| {
            let seed = u64::from(document.doc_id.0[0]);
            embed(document, &[seed, seed + 100])
        })
        .collect()
}

/// Beside documents that may not be read, the others are found as if they were alone.
async fn what_may_not_be_read_changes_nothing(all: &dyn VectorIndex, readable: &dyn VectorIndex) {
    let documents = embedded();
    let stranger = Principal("group:人資 100%".to_owned());
    let filter = SearchFilter {
        principals: vec![stranger.clone()],
        ..SearchFilter::default()
    };
    write(all, 1, &documents, &[]).await;
    let own: Vec<_> = documents
        .iter()
        .filter(|document| document.access.contains(&stranger))
        .cloned()
        .collect();
    write(readable, 1, &own, &[]).await;
    let among: ChunkSet = documents
        .iter()
        .flat_map(|document| &document.chunks)
        .map(|chunk| chunk.id)
        .filter(|id| id.0[0] % 4 != 1)
        .collect();
    for seed in 1..20 {
        for limit in [1, 3, 100] {
            for among in [None, Some(&among)] {
                let query = direction(seed);
                let found = all
                    .nearest(&query, &filter, among, limit)
                    .await
                    .expect("searches");
                let alone = readable.nearest(&query, &filter, among, limit).await;
                assert_eq!(found, alone.expect("searches"));
            }
        }
    }
    for document in &documents {
        assert_eq!(
            all.similar(document.doc_id, &filter, 5).await.expect("compares"),
            readable
                .similar(document.doc_id, &filter, 5)
                .await
                .expect("compares")
        );
    }
}

/// Writes and removes at random, with compactions and closings between, and compares with an index that was written once.
async fn any_history_leaves_what_a_fresh_index_holds(
    open: &impl AsyncFn(PathBuf) -> Box<dyn VectorIndex>,
    folder: &Path,
) {
    let (lived, fresh) = (folder.join("lived"), folder.join("fresh"));
    let mut state = 7u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    let kinds = embedded();
    let mut documents: BTreeMap<DocId, IndexedDocument> = BTreeMap::new();
    let mut index = open(lived.clone()).await;
    for generation in 1..=40 {
        let (mut upserts, mut deletes) = (BTreeMap::new(), Vec::new());
        for _ in 0..random(6) {
            let mut document = kinds[random(40) as usize].clone();
            document
                .chunks
                .iter_mut()
                .for_each(|chunk| chunk.embedding = Some(direction(random(1_000))));
            upserts.insert(document.doc_id, document);
        }
        for _ in 0..random(3) {
            deletes.push(kinds[random(40) as usize].doc_id);
        }
        deletes.retain(|id| !upserts.contains_key(id));
        deletes.sort_unstable();
        deletes.dedup();
        let upserts: Vec<_> = upserts.into_values().collect();
        write(&*index, generation, &upserts, &deletes).await;
        deletes.iter().for_each(|id| drop(documents.remove(id)));
        documents.extend(upserts.into_iter().map(|document| (document.doc_id, document)));
        match random(6) {
            0 => index.compact().await.expect("compacts"),
            1 => {
                drop(index);
                index = open(lived.clone()).await;
            }
            _ => drop(nearest(&*index, 1, &owner(), 1).await),
        }
    }
    let other = open(fresh).await;
    write(&*other, 1, &documents.into_values().collect::<Vec<_>>(), &[]).await;
    assert_eq!(chunks(&*index).await, chunks(&*other).await);
    for (seed, filter) in filters().iter().enumerate().step_by(3) {
        let seed = seed as u64;
        assert_eq!(
            nearest(&*index, seed, filter, 20).await,
            nearest(&*other, seed, filter, 20).await
        );
    }
}

async fn what_cannot_be_compared_is_refused(index: &dyn VectorIndex) {
    let mut without = with_vectors(1, &[1, 2]);
    without.chunks[1].embedding = None;
    assert!(
        index.apply(&[without], &[]).await.is_err(),
        "chunks without an embedding are refused"
    );
    let mut other = with_vectors(2, &[1]);
    other.chunks[0].embedding =
        Some(Embedding::normalized(vec![1.0; DIMENSIONS + 1]).expect("has a direction"));
    assert!(
        index.apply(&[other], &[]).await.is_err(),
        "vectors of other dimensions are refused"
    );
    index.commit(Generation(1)).await.expect("commits");
    assert!(
        chunks(index).await.is_empty(),
        "a refused call leaves nothing behind"
    );
    let query = Embedding::normalized(vec![1.0; DIMENSIONS - 1]).expect("has a direction");
    assert!(
        index.nearest(&query, &owner(), None, 1).await.is_err()
            && index.similarities(&query, &[], &owner()).await.is_err(),
        "a query of other dimensions is refused"
    );
}

async fn compaction_changes_nothing(index: &dyn VectorIndex) {
    for number in 1..=12u8 {
        write(
            index,
            i64::from(number),
            &[with_vectors(number, &[u64::from(number)])],
            &[doc_id(number / 2)],
        )
        .await;
    }
    let before = (chunks(index).await, nearest(index, 5, &owner(), 100).await);
    index.compact().await.expect("compacts");
    assert_eq!(
        (chunks(index).await, nearest(index, 5, &owner(), 100).await),
        before
    );
    assert_eq!(index.generation().await.expect("reads"), Generation(12));
    write(index, 13, &[with_vectors(40, &[40])], &[]).await;
    assert_eq!(
        chunks(index).await.len(),
        before.0.len() + 1,
        "writing goes on after it"
    );
}

async fn a_reopened_index_holds_what_was_committed(
    open: &impl AsyncFn(PathBuf) -> Box<dyn VectorIndex>,
    folder: PathBuf,
) {
    let index = open(folder.clone()).await;
    write(&*index, 3, &[with_vectors(1, &[1]), with_vectors(2, &[2])], &[]).await;
    index
        .apply(&[with_vectors(3, &[3])], &[doc_id(1)])
        .await
        .expect("applies");
    drop(index);
    let index = open(folder).await;
    assert_eq!(
        index.generation().await.expect("reads"),
        Generation(3),
        "a commit is durable with its generation"
    );
    assert_eq!(
        chunks(&*index).await,
        [(chunk_id(1, 0), doc_id(1)), (chunk_id(2, 0), doc_id(2))]
    );
    write(&*index, 4, &[with_vectors(3, &[3])], &[]).await;
    assert_eq!(
        nearest(&*index, 3, &owner(), 10).await.len(),
        3,
        "a reopened index takes writes"
    );
}
