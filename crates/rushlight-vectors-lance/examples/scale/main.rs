//! Speed, recall, memory and disk of a search over many chunks, made up and always the same.
//!
//! Usage: `scale FOLDER CHUNKS [QUERIES]`. The index is built in FOLDER, or used when it is there. Prints one JSON object.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool that prints its measurements"
)]

mod library;
mod measure;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use rushlight_core::{
    ChunkId, ChunkSet, Embedding, Generation, IndexedDocument, KeywordIndex, Query, SearchFilter, VectorHit,
    VectorIndex,
};
use rushlight_keyword_tantivy::{KeywordOptions, TantivyIndex};
use rushlight_retrieval::{FuseInput, FusionOptions, QueryFeatures, fuse};
use rushlight_vectors_lance::{LanceIndex, LanceOptions};
use serde_json::{Map, Value, json};

use library::{DIMENSIONS, Library};
use measure::{bandwidth, folder_bytes, resident_kib, times};

/// What the engine asks of each leg.
const CANDIDATES: usize = 100;
/// What recall is measured at.
const SHOWN: usize = 10;
/// Documents in one commit.
const COMMIT: usize = 2_048;
/// Searches of the table alone: each reads every vector from the disk's cache.
const TABLE_SEARCHES: usize = 20;
/// Chunks that only the keyword leg found, as the engine looks them up.
const LOOKED_UP: usize = 50;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, chunks, rest @ ..] = &arguments[..] else {
        return Err("usage: scale FOLDER CHUNKS [QUERIES]".into());
    };
    let queries = rest.first().map_or(Ok(300), |queries| queries.parse())?;
    let library = Library::new(chunks.parse()?);
    let folder = Path::new(folder);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let figures = match runtime.block_on(build(folder, &library))? {
        None => runtime.block_on(measure(folder, &library, queries))?,
        Some(seconds) => {
            let mut figures = measure_afresh(&arguments)?;
            figures["built_seconds"] = json!(seconds);
            figures
        }
    };
    println!("{}", serde_json::to_string_pretty(&figures)?);
    Ok(())
}

/// The figures of another process, whose memory holds nothing of the building.
fn measure_afresh(arguments: &[String]) -> Outcome<Value> {
    let child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    if !child.status.success() {
        return Err(format!("the measuring process ended with {}", child.status).into());
    }
    Ok(serde_json::from_slice(&child.stdout)?)
}

fn folders(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("vectors"), folder.join("keyword"))
}

async fn measure(folder: &Path, library: &Library, queries: usize) -> Outcome<Value> {
    let (by_meaning, by_word) = folders(folder);
    let options = LanceOptions {
        dimensions: DIMENSIONS,
        resident: true,
    };
    let before = resident_kib();
    let index = LanceIndex::open(&by_meaning, options).await?;
    let begun = Instant::now();
    index.load().await?;
    let (load, after) = (begun.elapsed().as_secs_f64(), resident_kib());

    let table = LanceIndex::open(
        &by_meaning,
        LanceOptions {
            resident: false,
            ..options
        },
    )
    .await?;
    let words = Arc::new(TantivyIndex::open(&by_word, KeywordOptions::default())?);
    let queries: Vec<(Embedding, String)> = (0..queries).map(|number| library.query(number)).collect();
    eprintln!("  {TABLE_SEARCHES} searches of the table");
    let mut exact = Vec::new();
    let mut figures = Map::new();
    for (share, principals) in library.askers() {
        let filter = SearchFilter {
            principals,
            ..SearchFilter::default()
        };
        let answers = RefCell::new(Vec::new());
        let table_ms = times(queries.len().min(TABLE_SEARCHES), async |number| {
            let found = table
                .nearest(&queries[number].0, &filter, None, CANDIDATES)
                .await?;
            answers.borrow_mut().push(found);
            Ok::<_, rushlight_core::Error>(())
        });
        figures.insert(share.to_owned(), json!({ "table_ms": table_ms.await? }));
        let answers = answers.into_inner();
        exact.push((share, filter, answers));
    }
    drop(table);
    for (share, filter, answers) in &exact {
        eprintln!(
            "  {} searches in memory by one who may read {share}",
            queries.len()
        );
        let mut found = in_memory(&index, &words, &queries, filter).await?;
        found.insert(
            "recall_at_10".into(),
            json!(recall(&index, &queries, filter, answers, SHOWN).await?),
        );
        found.insert(
            "recall_at_100".into(),
            json!(recall(&index, &queries, filter, answers, CANDIDATES).await?),
        );
        if let Some(Value::Object(known)) = figures.get_mut(*share) {
            known.append(&mut found);
        }
    }
    Ok(json!({
        "chunks": library.chunks(),
        "documents": library.documents(),
        "queries": queries.len(),
        "built_seconds": null,
        "load_seconds": load,
        "memory_mib": (after.saturating_sub(before)) as f64 / 1024.0,
        "copy_mib": index.resident_bytes().map(|bytes| bytes as f64 / f64::from(1 << 20)),
        "disk_bytes": folder_bytes(&by_meaning)?,
        "keyword_disk_bytes": folder_bytes(&by_word)?,
        "memory_bandwidth_gb_per_second": { "one_thread": bandwidth(1), "two_threads": bandwidth(2) },
        "askers": figures,
    }))
}

/// Builds what is not there; returns the seconds it took, or nothing when all was there.
async fn build(folder: &Path, library: &Library) -> Outcome<Option<f64>> {
    let (by_meaning, by_word) = folders(folder);
    let options = LanceOptions {
        dimensions: DIMENSIONS,
        resident: true,
    };
    let done = Generation(library.documents() as i64);
    let vectors = LanceIndex::open(&by_meaning, options).await?;
    let words = TantivyIndex::open(&by_word, KeywordOptions::default())?;
    if vectors.generation().await? == done && words.generation()? == done {
        return Ok(None);
    }
    let begun = Instant::now();
    for first in (0..library.documents()).step_by(COMMIT) {
        let until = (first + COMMIT).min(library.documents());
        eprintln!("  {until} of {} documents", library.documents());
        let documents: Vec<IndexedDocument> = (first..until).map(|number| library.document(number)).collect();
        words.apply(&documents.iter().map(Library::for_words).collect::<Vec<_>>(), &[])?;
        let for_vectors: Vec<_> = documents.into_iter().map(Library::for_vectors).collect();
        vectors.apply(&for_vectors, &[]).await?;
        vectors.commit(Generation(until as i64)).await?;
    }
    words.commit(done)?;
    vectors.compact().await?;
    Ok(Some(begun.elapsed().as_secs_f64()))
}

/// Times of everything the copy in memory is asked, beside the keyword leg.
async fn in_memory(
    index: &LanceIndex,
    words: &Arc<TantivyIndex>,
    queries: &[(Embedding, String)],
    filter: &SearchFilter,
) -> rushlight_core::Result<Map<String, Value>> {
    let all: Vec<ChunkId> = index
        .chunks()
        .await?
        .into_iter()
        .map(|(chunk, _)| chunk)
        .collect();
    let set = |every: usize| all.iter().step_by(every).copied().collect::<ChunkSet>();
    let (hundredth, half) = (set(100), set(2));
    let nearest = async |number: usize, among: Option<&ChunkSet>| {
        let query: &Embedding = &queries[number].0;
        index.nearest(query, filter, among, CANDIDATES).await.map(drop)
    };
    let mut by_word = Vec::new();
    for (query, text) in queries {
        let found = words.search(&Query::plain(text), filter, CANDIDATES)?.hits;
        let nearest = index.nearest(query, filter, None, 1).await?;
        let ids = found
            .iter()
            .map(|hit| hit.chunk_id)
            .take(LOOKED_UP)
            .collect::<Vec<_>>();
        by_word.push((ids, nearest.first().map(|hit| hit.doc_id)));
    }
    let count = queries.len();
    let figures = [
        (
            "nearest_ms",
            times(count, async |number| nearest(number, None).await).await?,
        ),
        (
            "among_a_hundredth_ms",
            times(count, async |number| nearest(number, Some(&hundredth)).await).await?,
        ),
        (
            "among_half_ms",
            times(count, async |number| nearest(number, Some(&half)).await).await?,
        ),
        (
            "similarities_of_50_ms",
            times(count, async |number| {
                index
                    .similarities(&queries[number].0, &by_word[number].0, filter)
                    .await
                    .map(drop)
            })
            .await?,
        ),
        (
            "similar_documents_ms",
            times(count, async |number| match by_word[number].1 {
                Some(document) => index.similar(document, filter, SHOWN).await.map(drop),
                None => Ok(()),
            })
            .await?,
        ),
        (
            "keyword_ms",
            times(count, async |number| {
                words
                    .search(&Query::plain(&queries[number].1), filter, CANDIDATES)
                    .map(drop)
            })
            .await?,
        ),
        (
            "both_and_fusion_ms",
            times(count, async |number| {
                let (query, text) = &queries[number];
                both(index, words, query, text, filter).await.map(drop)
            })
            .await?,
        ),
    ];
    Ok(figures
        .into_iter()
        .map(|(name, times)| (name.to_owned(), times))
        .collect())
}

/// Both legs at once as the engine asks them, what only one found looked up, and fused; without the query's embedding and the ledger.
async fn both(
    index: &LanceIndex,
    words: &Arc<TantivyIndex>,
    query: &Embedding,
    text: &str,
    filter: &SearchFilter,
) -> rushlight_core::Result<usize> {
    let (words, plain, within) = (Arc::clone(words), Query::plain(text), filter.clone());
    let by_word = tokio::task::spawn_blocking(move || words.search(&plain, &within, CANDIDATES));
    let (by_word, by_meaning) = tokio::join!(by_word, index.nearest(query, filter, None, CANDIDATES));
    let (by_word, by_meaning) = (by_word.expect("a search does not panic")?.hits, by_meaning?);
    let known: HashSet<ChunkId> = by_meaning.iter().map(|hit| hit.chunk_id).collect();
    let unknown: Vec<ChunkId> = by_word
        .iter()
        .map(|hit| hit.chunk_id)
        .filter(|chunk| !known.contains(chunk))
        .take(LOOKED_UP)
        .collect();
    let cosines = index.similarities(query, &unknown, filter).await?;
    let cosines = unknown
        .into_iter()
        .zip(cosines)
        .filter_map(|(chunk, cosine)| Some((chunk, cosine?)));
    let input = FuseInput {
        keyword: &by_word,
        semantic: &by_meaning,
        similarities: &cosines.collect(),
        titles: &HashMap::new(),
        openings: &[],
        features: QueryFeatures::default(),
        coverage: &HashMap::new(),
    };
    Ok(fuse(&input, &FusionOptions::default()).chunks.len())
}

/// The share of the table's nearest chunks that the copy finds too.
async fn recall(
    index: &LanceIndex,
    queries: &[(Embedding, String)],
    filter: &SearchFilter,
    exact: &[Vec<VectorHit>],
    at: usize,
) -> Outcome<f64> {
    let (mut found, mut expected) = (0usize, 0usize);
    for ((query, _), exact) in queries.iter().zip(exact) {
        let exact: HashSet<ChunkId> = exact.iter().take(at).map(|hit| hit.chunk_id).collect();
        let hits = index.nearest(query, filter, None, at).await?;
        found += hits.iter().filter(|hit| exact.contains(&hit.chunk_id)).count();
        expected += exact.len();
    }
    Ok(found as f64 / expected.max(1) as f64)
}
