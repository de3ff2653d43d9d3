//! What was measured, as a table for people and as JSON.

use std::fmt;

use serde::Serialize;

use crate::measure::Mean;

/// A way to rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "leg", rename_all = "snake_case")]
pub enum Leg {
    /// By word only.
    Keyword,
    /// By meaning only.
    Semantic,
    /// Both, by the engine's fusion of scores.
    Hybrid {
        /// Weight of the semantic leg, 0 to 1.
        weight: f32,
    },
    /// Both, by reciprocal rank fusion; for comparison.
    Rrf {
        /// Its constant.
        k: u32,
    },
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyword => f.pad("keyword"),
            Self::Semantic => f.pad("semantic"),
            Self::Hybrid { weight } => f.pad(&format!("hybrid {weight:.2}")),
            Self::Rrf { k } => f.pad(&format!("rrf {k}")),
        }
    }
}

/// The measures of one leg, each the mean over all queries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LegReport {
    /// Which.
    #[serde(flatten)]
    pub leg: Leg,
    /// nDCG of the first ten.
    pub ndcg_at_10: Mean,
    /// Recall in the first five.
    pub recall_at_5: Mean,
    /// Recall in the first twenty.
    pub recall_at_20: Mean,
    /// Mean reciprocal rank in the first ten.
    pub mrr_at_10: Mean,
}

/// Where the time went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// Making the documents searchable by word.
    pub indexing_by_word: f64,
    /// Computing the documents' vectors; near zero where they were kept from an earlier run.
    pub embedding_documents: f64,
    /// Making the documents searchable by meaning.
    pub indexing_by_meaning: f64,
    /// Computing the queries' vectors.
    pub embedding_queries: f64,
    /// All searches by word.
    pub searching_by_word: f64,
    /// All searches by meaning.
    pub searching_by_meaning: f64,
}

/// What was measured, and on what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Name of the set.
    pub set: String,
    /// Its file of queries.
    pub queries_file: String,
    /// Documents indexed.
    pub documents: usize,
    /// Queries asked of each leg.
    pub queries: usize,
    /// Identity of the embedding model.
    pub embedding_model: String,
    /// Hits taken from each leg before they are fused.
    pub candidates: usize,
    /// Keyword, semantic, one hybrid per weight, RRF.
    pub legs: Vec<LegReport>,
    /// Where the time went.
    pub seconds: Seconds,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            set,
            queries_file,
            documents,
            queries,
            embedding_model,
            candidates,
            legs,
            seconds,
        } = self;
        writeln!(
            f,
            "{set}, {queries_file}: {documents} documents, {queries} queries, {embedding_model}, {candidates} candidates per leg"
        )?;
        writeln!(f, "mean over queries [95 % confidence interval]")?;
        writeln!(f)?;
        writeln!(
            f,
            "{:<12}  {:<20}  {:<20}  {:<20}  MRR@10",
            "leg", "nDCG@10", "recall@5", "recall@20"
        )?;
        for LegReport {
            leg,
            ndcg_at_10,
            recall_at_5,
            recall_at_20,
            mrr_at_10,
        } in legs
        {
            writeln!(
                f,
                "{leg:<12}  {ndcg_at_10}  {recall_at_5}  {recall_at_20}  {mrr_at_10}"
            )?;
        }
        writeln!(f)?;
        let Seconds {
            indexing_by_word,
            embedding_documents,
            indexing_by_meaning,
            embedding_queries,
            searching_by_word,
            searching_by_meaning,
        } = seconds;
        writeln!(
            f,
            "seconds: documents by word {indexing_by_word:.1}, embedded {embedding_documents:.1}, by meaning {indexing_by_meaning:.1}"
        )?;
        write!(
            f,
            "         queries embedded {embedding_queries:.1}, by word {searching_by_word:.1}, by meaning {searching_by_meaning:.1}"
        )
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn report() -> Report {
        let mean = Mean {
            mean: 0.5,
            low: 0.25,
            high: 0.75,
        };
        let leg = |leg| LegReport {
            leg,
            ndcg_at_10: mean,
            recall_at_5: mean,
            recall_at_20: mean,
            mrr_at_10: mean,
        };
        Report {
            set: "tea".to_owned(),
            queries_file: "queries.jsonl".to_owned(),
            documents: 12,
            queries: 3,
            embedding_model: "hash-64".to_owned(),
            candidates: 100,
            legs: vec![
                leg(Leg::Keyword),
                leg(Leg::Hybrid { weight: 0.4 }),
                leg(Leg::Rrf { k: 60 }),
            ],
            seconds: Seconds {
                embedding_documents: 1.26,
                ..Seconds::default()
            },
        }
    }

    #[test]
    fn people_read_a_table() {
        expect![[r#"
            tea, queries.jsonl: 12 documents, 3 queries, hash-64, 100 candidates per leg
            mean over queries [95 % confidence interval]

            leg           nDCG@10               recall@5              recall@20             MRR@10
            keyword       0.500 [0.250, 0.750]  0.500 [0.250, 0.750]  0.500 [0.250, 0.750]  0.500 [0.250, 0.750]
            hybrid 0.40   0.500 [0.250, 0.750]  0.500 [0.250, 0.750]  0.500 [0.250, 0.750]  0.500 [0.250, 0.750]
            rrf 60        0.500 [0.250, 0.750]  0.500 [0.250, 0.750]  0.500 [0.250, 0.750]  0.500 [0.250, 0.750]

            seconds: documents by word 0.0, embedded 1.3, by meaning 0.0
                     queries embedded 0.0, by word 0.0, by meaning 0.0"#]]
        .assert_eq(&report().to_string());
    }

    #[test]
    fn programs_read_json() {
        expect![[r#"{"leg":"hybrid","weight":0.4,"ndcg_at_10":{"mean":0.5,"low":0.25,"high":0.75},"recall_at_5":{"mean":0.5,"low":0.25,"high":0.75},"recall_at_20":{"mean":0.5,"low":0.25,"high":0.75},"mrr_at_10":{"mean":0.5,"low":0.25,"high":0.75}}"#]]
            .assert_eq(&serde_json::to_string(&report().legs[1]).expect("serialises"));
        let json = serde_json::to_value(report()).expect("serialises");
        assert_eq!(json["legs"][0]["leg"], "keyword");
        assert_eq!(json["legs"][2]["k"], 60);
        assert_eq!(json["seconds"]["embedding_documents"], 1.26);
    }
}
