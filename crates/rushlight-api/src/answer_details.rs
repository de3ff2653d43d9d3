//! What an answer carries beside its text and citations.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// The rows of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerTable {
    /// Newest first.
    pub rows: Vec<AnswerRow>,
    /// Rows there are; more than `rows` where the table is cut.
    pub total: u64,
    /// Documents that were looked at for it.
    pub walked: u64,
}

impl From<&core::AnswerTable> for AnswerTable {
    fn from(table: &core::AnswerTable) -> Self {
        let core::AnswerTable { rows, total, walked } = table;
        Self {
            rows: rows.iter().map(AnswerRow::from).collect(),
            total: *total,
            walked: *walked,
        }
    }
}

/// One document of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRow {
    /// The number of its citation.
    pub citation: u32,
    /// The document's title.
    pub title: String,
    /// Its first author, or who sent the mail.
    pub from: Option<String>,
    /// Its date.
    pub date: Time,
    /// Other versions of it that meet the question too and are no rows of their own.
    pub versions: u64,
}

impl From<&core::AnswerRow> for AnswerRow {
    fn from(row: &core::AnswerRow) -> Self {
        let core::AnswerRow {
            citation,
            title,
            from,
            date,
            versions,
        } = row;
        Self {
            citation: *citation,
            title: title.clone(),
            from: from.clone(),
            date: (*date).into(),
            versions: *versions,
        }
    }
}

/// Passages that answer the question differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Numbers of the citations, the newest document first.
    pub citations: Vec<u32>,
    /// What each of them has where the others have something else.
    pub values: Vec<String>,
}

impl From<&core::Disagreement> for Disagreement {
    fn from(disagreement: &core::Disagreement) -> Self {
        let core::Disagreement { citations, values } = disagreement;
        Self {
            citations: citations.clone(),
            values: values.clone(),
        }
    }
}

/// What was found and not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Hits of which no passage was read.
    pub hits: usize,
    /// Sentences of the hits that are in no passage.
    pub sentences: usize,
}

impl From<core::LeftOut> for LeftOut {
    fn from(left_out: core::LeftOut) -> Self {
        let core::LeftOut { hits, sentences } = left_out;
        Self { hits, sentences }
    }
}

/// What speaks for and against there being an answer; `null` for what was not computed or not asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AnswerSignals {
    /// Share of the question's words, by rarity, in the passage that has most of them; 0 to 1.
    pub coverage: f32,
    /// The same of one sentence.
    pub sentence_coverage: f32,
    /// Best cosine of the question with a passage.
    pub cosine: Option<f32>,
    /// Best cosine of the question with a sentence.
    pub sentence_cosine: Option<f32>,
    /// The best hit's fused score, 0 to 1.
    pub fused: f32,
    /// Share of the question's words, by rarity, that no readable document holds; 0 to 1.
    pub unknown: f32,
    /// Log-odds that the passages hold the answer, as the model sees it.
    pub answerable: Option<f32>,
    /// The same by what was learnt of the model's hidden state; `null` for models of which nothing was learnt.
    pub probe: Option<f32>,
    /// Mean log-probability of the answer's tokens.
    pub log_probability: Option<f32>,
    /// What all of it comes to: the probability that the answer is right, 0 to 1.
    pub probability: Option<f32>,
}

impl From<core::AnswerSignals> for AnswerSignals {
    fn from(signals: core::AnswerSignals) -> Self {
        let core::AnswerSignals {
            coverage,
            sentence_coverage,
            cosine,
            sentence_cosine,
            fused,
            unknown,
            answerable,
            probe,
            log_probability,
            probability,
        } = signals;
        Self {
            coverage,
            sentence_coverage,
            cosine,
            sentence_cosine,
            fused,
            unknown,
            answerable,
            probe,
            log_probability,
            probability,
        }
    }
}
