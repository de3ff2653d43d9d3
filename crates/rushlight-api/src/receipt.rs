//! The receipt of an answer: what it was asked, what it was made from, and what came of it, closed by a digest.
//! docs/receipts.md describes it.

use rushlight_core as core;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::{Citation, Coverage, Grounding};
use crate::answer_details::AnswerSignals;
use crate::canonical::canonical;
use crate::document::Kind;
use crate::place::{Locator, Span};
use crate::route::{AnswerKind, Route};
use crate::time::Time;

/// What an answer was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Version of this shape: [`Receipt::VERSION`].
    pub receipt: u32,
    /// Identity: 32 hexadecimal digits.
    pub id: String,
    /// What tells the data folder it was made in from others.
    pub library: String,
    /// Version of the program.
    pub program: String,
    /// When it was asked.
    pub asked: Time,
    /// The question as it was asked.
    pub question: String,
    /// How it was to be answered; `null`: as its words say.
    #[serde(rename = "as")]
    pub kind: Option<AnswerKind>,
    /// How it was taken; `standalone` is the question as it was searched, where it leaned on an earlier one.
    pub route: Route,
    /// Who asked.
    pub principals: Vec<String>,
    /// Names of the spaces that were asked for; empty: all.
    pub spaces: Vec<String>,
    /// Kinds of documents that were asked for; empty: all.
    pub kinds: Vec<Kind>,
    /// How far the indexes of each space that was searched had come when the question was taken.
    pub indexes: Vec<ReceiptIndex>,
    /// Identity of the keyword index's form and analyzer.
    pub analyzer: String,
    /// Identity of the embedding model.
    pub embedding_model: String,
    /// What was searched.
    pub coverage: Coverage,
    /// What the model read, in order.
    pub passages: Vec<ReceiptPassage>,
    /// The citations of the answer, with their quotes.
    pub citations: Vec<Citation>,
    /// The language model; `null` when it took no part.
    pub model: Option<ReceiptModel>,
    /// BLAKE3 of what the program itself says to the model.
    pub prompt_templates: String,
    /// What fenced the passages in the prompt.
    pub fence: String,
    /// How the model was to write.
    pub sampling: Sampling,
    /// What the model wrote, before it was checked; `null` when it was not asked to write.
    pub output: Option<String>,
    /// The answer as it was shown.
    pub text: String,
    /// How far the documents carry it.
    pub grounding: Grounding,
    /// What the decision was made from.
    pub signals: AnswerSignals,
    /// BLAKE3 of the canonical form of all the rest, in hexadecimal digits.
    pub digest: String,
}

/// How far the indexes of a space had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptIndex {
    /// Name of the space.
    pub space: String,
    /// Generation of the keyword index; `null` where it could not be asked.
    pub by_word: Option<i64>,
    /// Generation of the vector index; `null` where it could not be asked.
    pub by_meaning: Option<i64>,
}

/// A stretch of a document that the model read, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPassage {
    /// What `[n]` in the prompt and the output refers to.
    pub number: u32,
    /// The document.
    pub document_id: String,
    /// The version of it.
    pub content_hash: String,
    /// The document's title.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Name of the space.
    pub space: String,
    /// Where it stands in the original.
    pub locator: Locator,
    /// The same in words.
    pub label: String,
    /// Where it stands in the document's text.
    pub span: Span,
    /// BLAKE3 of the text there, in hexadecimal digits.
    pub text_hash: String,
}

impl From<&core::Passage> for ReceiptPassage {
    fn from(passage: &core::Passage) -> Self {
        let core::Passage {
            number,
            hit,
            span,
            text,
            token_count: _,
        } = passage;
        let locator = Locator::from(&hit.chunk.locator);
        Self {
            number: *number,
            document_id: hit.doc_id.to_string(),
            content_hash: hit.content_hash.to_string(),
            title: hit.title.clone(),
            path: hit.path.clone(),
            part: hit.part.clone(),
            space: hit.space.clone(),
            label: locator.label(),
            locator,
            span: (*span).into(),
            text_hash: text_hash(text),
        }
    }
}

/// A language model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptModel {
    /// Its id.
    pub id: String,
    /// SHA-256 of the weights, in hexadecimal digits.
    pub sha256: String,
}

/// How a model was to write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 is greedy: always the likeliest token.
    pub temperature: f32,
    /// Only the likeliest tokens that make up this probability.
    pub top_p: f32,
    /// Seed of the sampling; without meaning when greedy.
    pub seed: u64,
    /// At most so many tokens.
    pub max_tokens: usize,
    /// At most so many tokens of thinking before them; left out where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub thinking_tokens: usize,
}

impl From<&core::GenerationParams> for Sampling {
    fn from(params: &core::GenerationParams) -> Self {
        Self {
            temperature: params.temperature,
            top_p: params.top_p,
            seed: params.seed,
            max_tokens: params.max_tokens,
            thinking_tokens: params.thinking_tokens,
        }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A receipt as it was found in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundReceipt {
    /// What it says.
    pub receipt: Receipt,
    /// Whether its digest is that of the rest: false when anything in it was changed.
    pub intact: bool,
}

/// BLAKE3 of a text, in hexadecimal digits.
pub fn text_hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

impl Receipt {
    /// The version of the shape that this program writes.
    pub const VERSION: u32 = 1;

    /// Closes it: sets the digest to that of all the rest.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.digest = digest(&self.to_value());
        self
    }

    /// As text, one member a line.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the shape has string keys only")
    }

    /// Numbers as they are read from a file: those of a struct have digits that its JSON has not.
    fn to_value(&self) -> Value {
        serde_json::from_str(&self.to_json()).expect("own output is read")
    }

    /// Reads a receipt. Whether what it says is true of documents is another question.
    ///
    /// # Errors
    /// `ReceiptInvalid` for what is no JSON or no receipt, `ReceiptTooNew` for one of a later version. The errors name
    /// `origin` and hold nothing of the text.
    pub fn read(text: &str, origin: &str) -> core::Result<FoundReceipt> {
        let invalid = |why: String| core::Error::new(core::ErrorCode::ReceiptInvalid, why);
        let at = |error: &serde_json::Error| format!("line {}, column {}", error.line(), error.column());
        let value: Value = serde_json::from_str(text)
            .map_err(|error| invalid(format!("{origin} is not JSON: {}", at(&error))))?;
        match value["receipt"].as_u64() {
            Some(version) if version == u64::from(Self::VERSION) => {}
            Some(version) if version > u64::from(Self::VERSION) => {
                return Err(core::Error::new(
                    core::ErrorCode::ReceiptTooNew,
                    format!(
                        "{origin} is a receipt of version {version}, and this program knows version {}",
                        Self::VERSION
                    ),
                ));
            }
            _ => return Err(invalid(format!("{origin} is not a receipt"))),
        }
        let receipt: Self = serde_json::from_str(text)
            .map_err(|error| invalid(format!("{origin} is not a whole receipt: {}", at(&error))))?;
        let intact = receipt.digest == digest(&value);
        Ok(FoundReceipt { receipt, intact })
    }
}

/// BLAKE3 of the canonical form of all members but the digest.
fn digest(value: &Value) -> String {
    let mut rest = value.clone();
    if let Some(members) = rest.as_object_mut() {
        members.remove("digest");
    }
    text_hash(&canonical(&rest))
}
