//! Feeds a set to the indexes and asks every query of every leg.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use rushlight_core::{
    ChunkId, DocId, DocumentKind, EmbedKind, Embedder, Embedding, Error, ErrorCode, Generation, IndexedChunk,
    IndexedDocument, IndexedFacts, KeywordHit, KeywordIndex, Principal, Query as Asked, Result, SearchFilter,
    SourceId, Timestamp, VectorHit, VectorIndex,
};
use rushlight_ingest::embedding_text;
use rushlight_retrieval::{FuseInput, FusionOptions, QueryFeatures, fuse};

use crate::measure::{Mean, ndcg_at, recall_at, reciprocal_rank_at};
use crate::report::{Leg, LegReport, Report, Seconds};
use crate::rrf::{RRF_K, reciprocal_rank_fusion};
use crate::set::{Document, Query, Set};

/// Chunks that only the keyword leg found and whose cosine is looked up, as the engine does.
const LOOK_UP: usize = 50;
/// Texts given to the model at once, as the engine does.
const EMBED_BATCH: usize = 16;
/// Documents given to an index at once.
const INDEX_BATCH: usize = 256;

/// What is measured. Both indexes must be empty and are filled.
#[derive(Clone, Copy)]
pub struct EvalParts<'a> {
    /// Finds by word.
    pub keyword: &'a dyn KeywordIndex,
    /// Finds by meaning.
    pub vector: &'a dyn VectorIndex,
    /// Computes the vectors.
    pub embedder: &'a dyn Embedder,
}

/// How to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalOptions {
    /// Weights of the semantic leg to try, each from 0 to 1.
    pub weights: Vec<f32>,
    /// Hits taken from each leg before they are fused; at least one.
    pub candidates: usize,
    /// Who may read the documents, and asks.
    pub principals: Vec<Principal>,
}

impl Default for EvalOptions {
    /// Five weights around the middle, 100 candidates, the owner.
    fn default() -> Self {
        Self {
            weights: vec![0.3, 0.4, 0.5, 0.6, 0.7],
            candidates: 100,
            principals: vec![Principal::owner()],
        }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalProgress {
    /// So many of so many documents have their vectors.
    Embedding {
        /// So far.
        done: usize,
        /// All.
        total: usize,
    },
    /// So many of so many queries were asked.
    Searching {
        /// So far.
        done: usize,
        /// All.
        total: usize,
    },
}

/// Indexes each document of `set` as one chunk, title apart from text as the engine has it, and measures each leg by
/// itself, their fusion at every weight, and reciprocal rank fusion for comparison.
///
/// A document longer than the model reads is cut off for the semantic leg, since a set's rows are passages. `progress`
/// is called from the caller's thread and should return at once.
///
/// # Errors
/// `InvalidRequest` for a weight out of range, no candidates or an index that is not empty; what the parts fail with.
pub async fn evaluate(
    set: &Set,
    parts: EvalParts<'_>,
    options: &EvalOptions,
    progress: &mut dyn FnMut(EvalProgress),
) -> Result<Report> {
    check(parts, options).await?;
    let mut seconds = Seconds::default();
    let vectors = timed(&mut seconds.embedding_documents, || {
        embed_documents(set, parts.embedder, progress)
    })?;
    timed(&mut seconds.indexing_by_word, || {
        index_by_word(set, parts.keyword, options)
    })?;
    let begun = Instant::now();
    index_by_meaning(set, parts.vector, &vectors, options).await?;
    seconds.indexing_by_meaning = begun.elapsed().as_secs_f64();

    let legs = legs(options);
    let mut scores = vec![Scores::default(); legs.len()];
    for (batch_index, batch) in set.queries.chunks(EMBED_BATCH).enumerate() {
        let texts: Vec<&str> = batch.iter().map(|query| query.text.as_str()).collect();
        let embeddings = timed(&mut seconds.embedding_queries, || {
            embed(parts.embedder, EmbedKind::Query, &texts)
        })?;
        for (query, embedding) in batch.iter().zip(&embeddings) {
            let found = search(query, embedding, parts, options, &vectors, &mut seconds).await?;
            for (leg, scores) in legs.iter().zip(&mut scores) {
                scores.add(&found.ranking(*leg), query);
            }
        }
        let done = batch_index * EMBED_BATCH + batch.len();
        progress(EvalProgress::Searching {
            done,
            total: set.queries.len(),
        });
    }

    Ok(Report {
        set: set.name.clone(),
        queries_file: set.queries_file.clone(),
        documents: set.documents.len(),
        queries: set.queries.len(),
        embedding_model: parts.embedder.spec().model_id.clone(),
        candidates: options.candidates,
        legs: legs
            .into_iter()
            .zip(&scores)
            .map(|(leg, scores)| scores.report(leg))
            .collect(),
        seconds,
    })
}

/// The per-query values of one leg's measures.
#[derive(Clone, Debug, Default)]
struct Scores {
    ndcg_at_10: Vec<f64>,
    recall_at_5: Vec<f64>,
    recall_at_20: Vec<f64>,
    mrr_at_10: Vec<f64>,
}

impl Scores {
    fn add(&mut self, ranking: &[usize], query: &Query) {
        self.ndcg_at_10.push(ndcg_at(ranking, &query.grades, 10));
        self.recall_at_5.push(recall_at(ranking, &query.grades, 5));
        self.recall_at_20.push(recall_at(ranking, &query.grades, 20));
        self.mrr_at_10
            .push(reciprocal_rank_at(ranking, &query.grades, 10));
    }

    fn report(&self, leg: Leg) -> LegReport {
        LegReport {
            leg,
            ndcg_at_10: Mean::of(&self.ndcg_at_10),
            recall_at_5: Mean::of(&self.recall_at_5),
            recall_at_20: Mean::of(&self.recall_at_20),
            mrr_at_10: Mean::of(&self.mrr_at_10),
        }
    }
}

/// What both legs found for one query.
struct Found {
    words: Vec<KeywordHit>,
    meaning: Vec<VectorHit>,
    similarities: HashMap<ChunkId, f32>,
}

impl Found {
    /// Rows of the set's documents, best first.
    fn ranking(&self, leg: Leg) -> Vec<usize> {
        match leg {
            Leg::Keyword => self.words.iter().map(|hit| row_of(hit.chunk_id)).collect(),
            Leg::Semantic => self.meaning.iter().map(|hit| row_of(hit.chunk_id)).collect(),
            Leg::Hybrid { weight } => {
                let input = FuseInput {
                    keyword: &self.words,
                    semantic: &self.meaning,
                    similarities: &self.similarities,
                    features: QueryFeatures::default(),
                    coverage: &HashMap::new(),
                };
                let options = FusionOptions {
                    semantic_weight: Some(weight),
                };
                let fused = fuse(&input, &options).chunks;
                fused.iter().map(|chunk| row_of(chunk.chunk_id)).collect()
            }
            Leg::Rrf { k } => reciprocal_rank_fusion(&self.words, &self.meaning, k)
                .into_iter()
                .map(row_of)
                .collect(),
        }
    }
}

async fn check(parts: EvalParts<'_>, options: &EvalOptions) -> Result<()> {
    let refuse = |message: String| Err(Error::new(ErrorCode::InvalidRequest, message));
    if let Some(weight) = options
        .weights
        .iter()
        .find(|weight| !(0.0..=1.0).contains(*weight))
    {
        return refuse(format!("the weight {weight} is not between 0 and 1"));
    }
    if options.candidates == 0 {
        return refuse("no candidates are taken from each leg: one or more are needed".to_owned());
    }
    if !parts.keyword.chunks()?.is_empty() || !parts.vector.chunks().await?.is_empty() {
        return refuse("an index to measure with is not empty: what is in it would be found too".to_owned());
    }
    Ok(())
}

fn legs(options: &EvalOptions) -> Vec<Leg> {
    let mut legs = vec![Leg::Keyword, Leg::Semantic];
    legs.extend(
        options
            .weights
            .iter()
            .map(|weight| Leg::Hybrid { weight: *weight }),
    );
    legs.push(Leg::Rrf { k: RRF_K });
    legs
}

async fn search(
    query: &Query,
    embedding: &Embedding,
    parts: EvalParts<'_>,
    options: &EvalOptions,
    vectors: &[Embedding],
    seconds: &mut Seconds,
) -> Result<Found> {
    let filter = SearchFilter {
        principals: options.principals.clone(),
        ..SearchFilter::default()
    };
    let words = timed(&mut seconds.searching_by_word, || {
        parts
            .keyword
            .search(&Asked::plain(&query.text), &filter, options.candidates)
    })?
    .hits;
    let begun = Instant::now();
    let meaning = parts
        .vector
        .nearest(embedding, &filter, options.candidates)
        .await?;
    seconds.searching_by_meaning += begun.elapsed().as_secs_f64();

    let known: HashSet<ChunkId> = meaning.iter().map(|hit| hit.chunk_id).collect();
    let unknown = words
        .iter()
        .map(|hit| hit.chunk_id)
        .filter(|id| !known.contains(id))
        .take(LOOK_UP);
    let similarities = unknown
        .map(|id| (id, embedding.cosine(&vectors[row_of(id)])))
        .collect();
    Ok(Found {
        words,
        meaning,
        similarities,
    })
}

/// The documents' vectors, in the set's order. Texts of one length go to the model together.
fn embed_documents(
    set: &Set,
    embedder: &dyn Embedder,
    progress: &mut dyn FnMut(EvalProgress),
) -> Result<Vec<Embedding>> {
    let total = set.documents.len();
    let mut texts: Vec<(usize, String)> = set
        .documents
        .iter()
        .map(|document| embedding_text(&document.title, &[], &document.text))
        .enumerate()
        .collect();
    texts.sort_by_key(|(_, text)| text.len());
    let mut embedded: Vec<(usize, Embedding)> = Vec::with_capacity(total);
    for batch in texts.chunks(EMBED_BATCH) {
        let batch_texts: Vec<&str> = batch.iter().map(|(_, text)| text.as_str()).collect();
        let vectors = embed(embedder, EmbedKind::Passage, &batch_texts)?;
        embedded.extend(batch.iter().map(|(row, _)| *row).zip(vectors));
        progress(EvalProgress::Embedding {
            done: embedded.len(),
            total,
        });
    }
    embedded.sort_by_key(|(row, _)| *row);
    Ok(embedded.into_iter().map(|(_, vector)| vector).collect())
}

fn embed(embedder: &dyn Embedder, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
    let vectors = embedder.embed(kind, texts)?;
    if vectors.len() != texts.len() {
        let message = format!(
            "the model returned {} vectors for {} texts",
            vectors.len(),
            texts.len()
        );
        return Err(Error::new(ErrorCode::EmbeddingFailed, message));
    }
    Ok(vectors)
}

fn index_by_word(set: &Set, index: &dyn KeywordIndex, options: &EvalOptions) -> Result<()> {
    let rows: Vec<usize> = (0..set.documents.len()).collect();
    for batch in rows.chunks(INDEX_BATCH) {
        let document = |row: &usize| {
            let Document { id: _, title, text } = &set.documents[*row];
            indexed(*row, title.clone(), text.clone(), None, options)
        };
        index.apply(&batch.iter().map(document).collect::<Vec<_>>(), &[])?;
    }
    index.commit(Generation(1))
}

async fn index_by_meaning(
    set: &Set,
    index: &dyn VectorIndex,
    vectors: &[Embedding],
    options: &EvalOptions,
) -> Result<()> {
    let rows: Vec<usize> = (0..set.documents.len()).collect();
    for batch in rows.chunks(INDEX_BATCH) {
        let document = |row: &usize| {
            indexed(
                *row,
                String::new(),
                String::new(),
                Some(vectors[*row].clone()),
                options,
            )
        };
        index
            .apply(&batch.iter().map(document).collect::<Vec<_>>(), &[])
            .await?;
    }
    index.commit(Generation(1)).await
}

fn indexed(
    row: usize,
    title: String,
    text: String,
    embedding: Option<Embedding>,
    options: &EvalOptions,
) -> IndexedDocument {
    IndexedDocument {
        doc_id: DocId((row as u128).to_be_bytes()),
        source_id: SourceId(1),
        kind: DocumentKind::Text,
        date: Timestamp(0),
        access: options.principals.clone(),
        title,
        keywords: Vec::new(),
        facts: IndexedFacts::default(),
        chunks: vec![IndexedChunk {
            id: chunk_of(row),
            heading_path: Vec::new(),
            text,
            repeated: false,
            embedding,
        }],
    }
}

/// A chunk's id is its document's row, so that ties go by the set's order.
fn chunk_of(row: usize) -> ChunkId {
    ChunkId((row as u128).to_be_bytes())
}

fn row_of(chunk: ChunkId) -> usize {
    u128::from_be_bytes(chunk.0) as usize
}

/// Runs `work` and adds its time.
fn timed<T>(seconds: &mut f64, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    *seconds += begun.elapsed().as_secs_f64();
    result
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures::executor::block_on;
    use rushlight_testkit::{HashEmbedder, MemKeywordIndex, MemVectorIndex};

    use super::*;

    fn set() -> Set {
        let document = |id: &str, title: &str, text: &str| Document {
            id: id.to_owned(),
            title: title.to_owned(),
            text: text.to_owned(),
        };
        let query = |id: &str, text: &str, row: usize| Query {
            id: id.to_owned(),
            text: text.to_owned(),
            grades: BTreeMap::from([(row, 1)]),
        };
        Set {
            name: "tea".to_owned(),
            queries_file: "queries.jsonl".to_owned(),
            documents: vec![
                document("d0", "Green tea", "Steep green tea at seventy degrees."),
                document("d1", "Black tea", "Black leaves take boiling water."),
                document("d2", "烏龍茶", "烏龍茶用九十度的水沖泡。"),
                document("d3", "Coffee", "Grind the beans fresh."),
            ],
            queries: vec![
                query("q0", "which water takes black leaves", 1),
                query("q1", "烏龍茶用幾度的水", 2),
                query("q2", "grind beans", 3),
                // No word of it is in its document: found by neither leg at the top.
                query("q3", "green seventy", 3),
            ],
        }
    }

    struct Bench {
        keyword: MemKeywordIndex,
        vector: MemVectorIndex,
        embedder: HashEmbedder,
    }

    impl Bench {
        fn new() -> Self {
            let embedder = HashEmbedder::new();
            let vector = MemVectorIndex::new(embedder.spec().dimensions);
            Self {
                keyword: MemKeywordIndex::new(),
                vector,
                embedder,
            }
        }

        fn parts(&self) -> EvalParts<'_> {
            EvalParts {
                keyword: &self.keyword,
                vector: &self.vector,
                embedder: &self.embedder,
            }
        }

        fn evaluate(&self, set: &Set, options: &EvalOptions) -> Result<Report> {
            block_on(evaluate(set, self.parts(), options, &mut |_| {}))
        }
    }

    #[test]
    fn every_leg_is_measured() {
        let report = Bench::new()
            .evaluate(&set(), &EvalOptions::default())
            .expect("measures");
        let legs: Vec<String> = report.legs.iter().map(|leg| leg.leg.to_string()).collect();
        assert_eq!(
            legs,
            [
                "keyword",
                "semantic",
                "hybrid 0.30",
                "hybrid 0.40",
                "hybrid 0.50",
                "hybrid 0.60",
                "hybrid 0.70",
                "rrf 60"
            ]
        );
        let keyword = &report.legs[0];
        // Three of four queries find their document first; the fourth's holds none of its words.
        assert_eq!(keyword.mrr_at_10.mean, 0.75);
        assert_eq!(keyword.ndcg_at_10.mean, 0.75);
        assert_eq!(keyword.recall_at_20.mean, 0.75);
        // Every document is near to some degree, so with four documents all are recalled.
        assert_eq!(report.legs[1].recall_at_5.mean, 1.0);
        assert_eq!(
            (report.documents, report.queries, report.embedding_model.as_str()),
            (4, 4, "hash-64")
        );
    }

    #[test]
    fn the_ends_of_the_weight_are_the_legs() {
        // Only queries whose document holds their words: the fusion also lists what words alone do not find.
        let set = Set {
            queries: set().queries[..3].to_vec(),
            ..set()
        };
        let options = EvalOptions {
            weights: vec![0.0, 1.0],
            ..EvalOptions::default()
        };
        let report = Bench::new().evaluate(&set, &options).expect("measures");
        assert_eq!(report.legs[2].ndcg_at_10, report.legs[0].ndcg_at_10);
        assert_eq!(report.legs[3].ndcg_at_10, report.legs[1].ndcg_at_10);
    }

    #[test]
    fn progress_reaches_the_end() {
        let bench = Bench::new();
        let mut seen = Vec::new();
        let set = set();
        block_on(evaluate(
            &set,
            bench.parts(),
            &EvalOptions::default(),
            &mut |event| seen.push(event),
        ))
        .expect("measures");
        assert_eq!(
            seen,
            [
                EvalProgress::Embedding { done: 4, total: 4 },
                EvalProgress::Searching { done: 4, total: 4 }
            ]
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let bench = Bench::new();
        for options in [
            EvalOptions {
                weights: vec![1.5],
                ..EvalOptions::default()
            },
            EvalOptions {
                weights: vec![f32::NAN],
                ..EvalOptions::default()
            },
            EvalOptions {
                candidates: 0,
                ..EvalOptions::default()
            },
        ] {
            let error = bench.evaluate(&set(), &options).expect_err("refused");
            assert_eq!(error.code(), ErrorCode::InvalidRequest);
        }
        bench.evaluate(&set(), &EvalOptions::default()).expect("measures");
        let error = bench
            .evaluate(&set(), &EvalOptions::default())
            .expect_err("the indexes are in use");
        assert!(error.message().contains("not empty"), "{}", error.message());
    }

    #[test]
    fn nobody_finds_what_they_may_not_read() {
        let options = EvalOptions {
            principals: vec![],
            ..EvalOptions::default()
        };
        let report = Bench::new().evaluate(&set(), &options).expect("measures");
        assert!(report.legs.iter().all(|leg| leg.recall_at_20.mean == 0.0));
    }
}
