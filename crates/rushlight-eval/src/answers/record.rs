//! What is kept of one answered question, and of how a run was made.

use std::fs::File;
use std::path::Path;

use rushlight_core::AnswerSignals;
use serde::{Deserialize, Serialize};

use super::question::Split;

/// Raised when a file of before can no longer be read.
pub(crate) const FORMAT: u32 = 1;

/// How a run was made. Runs with equal settings give equal answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerSettings {
    /// Version of this shape.
    pub format: u32,
    /// Name of the set.
    pub set: String,
    /// What the documents are, as a digest or a count.
    pub corpus: String,
    /// Version of the program, with a digest of its file: another build may answer otherwise.
    pub program: String,
    /// Identity of the language model; empty where none is installed.
    pub language_model: String,
    /// SHA-256 of its weights.
    pub language_model_sha256: String,
    /// Identity of the embedding model.
    pub embedding_model: String,
    /// Nothing was refused for its probability, so that any threshold can be looked at.
    pub answer_all: bool,
    /// Options that decide what is found and written, with their values.
    pub options: std::collections::BTreeMap<String, String>,
    /// How what is random was decided.
    pub seeds: String,
}

impl AnswerSettings {
    /// Of the shape that this version writes.
    pub fn current() -> Self {
        Self {
            format: FORMAT,
            ..Self::default()
        }
    }
}

/// A digest of a file's bytes, for settings; `None` where it cannot be read.
pub fn digest_of_file(path: &Path) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut File::open(path).ok()?, &mut hasher).ok()?;
    Some(hasher.finalize().to_hex()[..16].to_owned())
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered, and a known answer is in it; for a question that only names a place: that place is cited.
    Right,
    /// Answered otherwise, or answered though nothing answers it.
    Wrong,
    /// Not answered.
    Refused,
    /// It came to an error; the question's own fault.
    Failed,
}

/// A citation and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitationRecord {
    /// The file.
    pub path: String,
    /// Part within it.
    pub part: String,
    /// What is quoted.
    pub quote: String,
    /// It lies where the known answer stands.
    pub at_gold: bool,
    /// The quote is, to the letter, what the document has there.
    pub in_place: bool,
}

/// [`AnswerSignals`] as they are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in `AnswerSignals`")]
pub struct Signals {
    pub coverage: f32,
    pub sentence_coverage: f32,
    pub cosine: Option<f32>,
    pub sentence_cosine: Option<f32>,
    pub fused: f32,
    pub unknown: f32,
    pub answerable: Option<f32>,
    pub probe: Option<f32>,
    pub log_probability: Option<f32>,
    pub probability: Option<f32>,
}

impl From<AnswerSignals> for Signals {
    fn from(signals: AnswerSignals) -> Self {
        let AnswerSignals {
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

/// When things came, in milliseconds since the question was asked. `None` for what did not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// The sentence that is shown before the model has read anything.
    pub first_ms: Option<f64>,
    /// The passages.
    pub evidence_ms: Option<f64>,
    /// The model's first piece of text.
    pub first_word_ms: Option<f64>,
    /// The finished answer.
    pub total_ms: f64,
}

/// An answered question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerRecord {
    /// The question's id.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Its language.
    pub language: String,
    /// Its half of the set.
    pub split: Option<Split>,
    /// What it is about; questions of one document have the same.
    pub group: String,
    /// The question.
    pub question: String,
    /// Whether the documents answer it.
    pub answerable: bool,
    /// Known answers.
    pub answers: Vec<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The answer is a known answer, word for word.
    pub exact: bool,
    /// Best F1 of the answer's words with a known answer, 0 to 1.
    pub f1: f64,
    /// A known answer is in the answer.
    pub contained: bool,
    /// A known answer is in what the model wrote, before it was checked.
    pub raw_contained: bool,
    /// A known answer is in a passage that was read.
    pub evidence_has_answer: bool,
    /// A passage that was read lies where the known answer stands.
    pub evidence_at_gold: bool,
    /// The answer as it was shown.
    pub text: String,
    /// What the model wrote; empty when it wrote nothing.
    pub raw: String,
    /// How far it is carried.
    pub grounding: String,
    /// How it was answered.
    pub kind: String,
    /// In order of their numbers.
    pub citations: Vec<CitationRecord>,
    /// Sentences of the answer.
    pub sentences: usize,
    /// Of these, without a citation behind them.
    pub uncited: usize,
    /// Sentences that the model wrote and no passage carries.
    pub dropped: usize,
    /// What the decision was made from.
    pub signals: Signals,
    /// When things came.
    pub times: Times,
    /// Tokens of the prompt; where nothing was written, of the one the model was asked about the passages.
    pub prompt_tokens: usize,
    /// Of these, kept from an earlier call.
    pub cached_tokens: usize,
    /// Tokens written.
    pub generated_tokens: usize,
    /// Passages read.
    pub passages: usize,
    /// Code of the error that it came to.
    pub error: Option<String>,
}

impl AnswerRecord {
    /// Whether it was answered.
    pub fn is_answered(&self) -> bool {
        matches!(self.outcome, Outcome::Right | Outcome::Wrong)
    }

    /// Whether it was right and one of its citations is at the known place.
    pub fn is_right_and_cited(&self) -> bool {
        self.outcome == Outcome::Right && self.citations.iter().any(|citation| citation.at_gold)
    }
}
