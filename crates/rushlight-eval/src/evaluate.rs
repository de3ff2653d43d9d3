//! Feeds a set to empty indexes and asks every query of every leg.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use rushlight_core::{EmbedKind, Embedder, Embedding, Error, ErrorCode, Principal, Result};

use crate::legs::{
    EMBED_BATCH, EvalParts, Found, Titles, embed, embedded, index_by_meaning, index_by_word, search, timed,
};
use crate::measure::Values;
use crate::rrf::RRF_K;
use crate::run::{About, Asked, KEPT, Leg, Ranking, Run, Seconds};
use crate::set::{Query, Set};

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
    /// So many of so many passages have their vectors.
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

/// Indexes each passage of `set` as one chunk, title apart from text as the engine has it, and measures each leg by
/// itself, their fusion at every weight, and reciprocal rank fusion for comparison.
///
/// What is ranked are documents: one has the place of its best passage. A passage longer than the model reads is cut
/// off for the semantic leg. `progress` is called from the caller's thread and should return at once.
///
/// # Errors
/// `InvalidRequest` for a weight out of range, no candidates or an index that is not empty; what the parts fail with.
pub async fn evaluate(
    set: &Set,
    parts: EvalParts<'_>,
    options: &EvalOptions,
    progress: &mut dyn FnMut(EvalProgress),
) -> Result<Run> {
    check(parts, options).await?;
    let EvalOptions {
        weights: _,
        candidates,
        principals,
    } = options;
    let mut seconds = Seconds::default();
    let vectors = timed(&mut seconds.embedding_documents, || {
        embed_passages(set, parts.embedder, progress)
    })?;
    timed(&mut seconds.indexing_by_word, || {
        index_by_word(set, parts.keyword, principals)
    })?;
    let begun = Instant::now();
    index_by_meaning(set, parts.vector, &vectors, principals).await?;
    seconds.indexing_by_meaning = begun.elapsed().as_secs_f64();

    let begun = Instant::now();
    let titles = Titles::index(set, parts, principals).await?;
    seconds.indexing_by_meaning += begun.elapsed().as_secs_f64();

    let legs = legs(options);
    let mut asked = Vec::with_capacity(set.queries.len());
    for batch in set.queries.chunks(EMBED_BATCH) {
        let texts: Vec<&str> = batch.iter().map(|query| query.text.as_str()).collect();
        let embeddings = timed(&mut seconds.embedding_queries, || {
            embed(parts.embedder, EmbedKind::Query, &texts)
        })?;
        for (query, embedding) in batch.iter().zip(&embeddings) {
            let found = search(
                set,
                query,
                embedding,
                &titles,
                parts,
                *candidates,
                principals,
                &vectors,
                &mut seconds,
            )
            .await?;
            asked.push(judged(set, query, &found, &legs));
        }
        progress(EvalProgress::Searching {
            done: asked.len(),
            total: set.queries.len(),
        });
    }
    let about = About {
        set: set.name.clone(),
        queries_file: set.queries_file.clone(),
        documents: set.documents.len(),
        passages: set.passages.len(),
        embedding_model: parts.embedder.spec().model_id.clone(),
        candidates: *candidates,
        seconds: Some(seconds),
        ..About::default()
    };
    Ok(Run::new(about, &legs, asked))
}

fn judged(set: &Set, query: &Query, found: &Found, legs: &[Leg]) -> Asked {
    let name = |document: &usize| set.documents[*document].id.clone();
    let ranking = |leg: &Leg| {
        let documents = first_of_each(
            found
                .ranking(*leg)
                .into_iter()
                .map(|row| set.passages[row].document),
        );
        let first = documents
            .iter()
            .position(|document| query.grades.contains_key(document));
        Ranking {
            leg: *leg,
            values: Values::of(&documents, &query.grades),
            first_right: first.map(|index| index + 1),
            ranking: documents.iter().take(KEPT).map(name).collect(),
        }
    };
    let right: BTreeMap<String, u32> = query
        .grades
        .iter()
        .map(|(row, grade)| (name(row), *grade))
        .collect();
    Asked {
        id: query.id.clone(),
        text: query.text.clone(),
        right,
        rankings: legs.iter().map(ranking).collect(),
    }
}

/// Each once, where it first stands.
fn first_of_each(documents: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut seen = HashSet::new();
    documents.filter(|document| seen.insert(*document)).collect()
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
    let by_meaning = [parts.vector.chunks().await?, parts.titles.chunks().await?];
    if !parts.keyword.chunks()?.is_empty() || by_meaning.iter().any(|chunks| !chunks.is_empty()) {
        return refuse("an index to measure with is not empty: what is in it would be found too".to_owned());
    }
    Ok(())
}

fn legs(options: &EvalOptions) -> Vec<Leg> {
    let mut legs = vec![Leg::Keyword, Leg::Semantic, Leg::Fused];
    legs.extend(
        options
            .weights
            .iter()
            .map(|weight| Leg::Hybrid { weight: *weight }),
    );
    legs.push(Leg::Rrf { k: RRF_K });
    legs
}

/// The passages' vectors, in the set's order. Texts of one length go to the model together.
fn embed_passages(
    set: &Set,
    embedder: &dyn Embedder,
    progress: &mut dyn FnMut(EvalProgress),
) -> Result<Vec<Embedding>> {
    let total = set.passages.len();
    let mut texts: Vec<(usize, String)> = set.passages.iter().map(embedded).enumerate().collect();
    texts.sort_by_key(|(_, text)| text.len());
    let mut vectors: Vec<(usize, Embedding)> = Vec::with_capacity(total);
    for batch in texts.chunks(EMBED_BATCH) {
        let batch_texts: Vec<&str> = batch.iter().map(|(_, text)| text.as_str()).collect();
        let found = embed(embedder, EmbedKind::Passage, &batch_texts)?;
        vectors.extend(batch.iter().map(|(row, _)| *row).zip(found));
        progress(EvalProgress::Embedding {
            done: vectors.len(),
            total,
        });
    }
    vectors.sort_by_key(|(row, _)| *row);
    Ok(vectors.into_iter().map(|(_, vector)| vector).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures::executor::block_on;
    use rushlight_testkit::{HashEmbedder, MemKeywordIndex, MemVectorIndex};

    use super::*;
    use crate::set::{Document, Passage};

    fn set() -> Set {
        let document = |id: &str| Document {
            id: id.to_owned(),
            part: 0,
            title: String::new(),
        };
        let passage = |document: usize, title: &str, text: &str| Passage {
            document,
            title: title.to_owned(),
            heading_path: Vec::new(),
            text: text.to_owned(),
        };
        let query = |id: &str, text: &str, row: usize| Query {
            id: id.to_owned(),
            text: text.to_owned(),
            grades: BTreeMap::from([(row, 1)]),
            parts: Vec::new(),
        };
        Set {
            name: "tea".to_owned(),
            queries_file: "queries.jsonl".to_owned(),
            documents: ["d0", "d1", "d2", "d3"].map(document).to_vec(),
            passages: vec![
                passage(0, "Green tea", "Steep green tea at seventy degrees."),
                passage(1, "Black tea", "Black leaves take boiling water."),
                passage(2, "烏龍茶", "烏龍茶用九十度的水沖泡。"),
                passage(3, "Coffee", "Grind the beans fresh."),
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
        titles: MemVectorIndex,
        embedder: HashEmbedder,
    }

    impl Bench {
        fn new() -> Self {
            let embedder = HashEmbedder::new();
            let dimensions = embedder.spec().dimensions;
            Self {
                keyword: MemKeywordIndex::new(),
                vector: MemVectorIndex::new(dimensions),
                titles: MemVectorIndex::new(dimensions),
                embedder,
            }
        }

        fn parts(&self) -> EvalParts<'_> {
            EvalParts {
                keyword: &self.keyword,
                vector: &self.vector,
                titles: &self.titles,
                embedder: &self.embedder,
                translator: None,
            }
        }

        fn evaluate(&self, set: &Set, options: &EvalOptions) -> Result<Run> {
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
                "fused",
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
    fn every_query_is_kept_with_its_rankings() {
        let run = Bench::new()
            .evaluate(&set(), &EvalOptions::default())
            .expect("measures");
        let asked = &run.questions[1];
        assert_eq!(
            (asked.id.as_str(), &asked.right),
            ("q1", &BTreeMap::from([("d2".to_owned(), 1)]))
        );
        let keyword = &asked.rankings[0];
        assert_eq!((keyword.first_right, keyword.values.mrr_at_10), (Some(1), 1.0));
        assert_eq!(keyword.ranking[0], "d2");
        assert_eq!(run.questions[3].rankings[0].first_right, None);
        let json = serde_json::to_string(&run).expect("serialises");
        let again: Run = serde_json::from_str(&json).expect("is read again");
        assert_eq!(again.questions[3].rankings[2].leg, Leg::Fused);
        assert_eq!(
            again.questions[3].rankings[2].ranking,
            run.questions[3].rankings[2].ranking
        );
    }

    #[test]
    fn a_document_has_the_place_of_its_best_passage() {
        let mut set = set();
        // What was d1 is a second passage of d0, so that one document has the first two places.
        set.passages[1].document = 0;
        set.queries = vec![Query {
            grades: BTreeMap::from([(3, 1)]),
            ..set.queries[3].clone()
        }];
        set.queries[0].text = "green tea black leaves beans".to_owned();
        let run = Bench::new()
            .evaluate(&set, &EvalOptions::default())
            .expect("measures");
        assert_eq!(run.questions[0].rankings[0].ranking, ["d0", "d3"]);
        assert_eq!(run.questions[0].rankings[0].first_right, Some(2));
    }

    #[test]
    fn a_query_may_be_asked_of_one_part_alone() {
        let mut set = set();
        set.documents[2].part = 1;
        set.queries = vec![set.queries[1].clone()];
        set.queries[0].parts = vec![0];
        let elsewhere = Bench::new()
            .evaluate(&set, &EvalOptions::default())
            .expect("measures");
        assert!(elsewhere.legs.iter().all(|leg| leg.recall_at_20.mean == 0.0));
        set.queries[0].parts = vec![1];
        let there = Bench::new()
            .evaluate(&set, &EvalOptions::default())
            .expect("measures");
        assert!(there.legs.iter().all(|leg| leg.mrr_at_10.mean == 1.0));
        assert_eq!(there.questions[0].rankings[1].ranking, ["d2"]);
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
