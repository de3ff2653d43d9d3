//! A question, what happens while it is answered, and the answer.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::answer_details::{AnswerSignals, AnswerTable, Disagreement, LeftOut};
use crate::document::Kind;
use crate::hit::Hit;
use crate::place::{Locator, Span};
use crate::route::{AnswerKind, Route};
use crate::time::Time;

/// Body of `POST /api/v1/ask`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskRequest {
    /// The question.
    pub question: String,
    /// Names of spaces; empty: all.
    #[serde(default)]
    pub spaces: Vec<String>,
    /// Kinds of documents; empty: all.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// The conversation it belongs to; `null` begins a new one.
    #[serde(default)]
    pub conversation: Option<String>,
    /// How it is to be answered; `null`: as its words say.
    #[serde(default, rename = "as")]
    pub kind: Option<AnswerKind>,
    /// The language model that is asked, by its id; `null`: that of the settings.
    #[serde(default)]
    pub model: Option<String>,
}

/// Data of the event `first`: the sentence that fits best, as it stands, until the answer replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// The sentence and its place.
    pub citation: Citation,
}

/// Data of the event `evidence`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What the model will read.
    pub passages: Vec<Passage>,
}

/// A passage the model reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// What `[n]` in the answer refers to.
    pub number: u32,
    /// The document's title.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// The place in words.
    pub label: String,
    /// The document.
    pub document_id: String,
    /// The text, verbatim.
    pub text: String,
}

impl From<&core::Passage> for Passage {
    fn from(passage: &core::Passage) -> Self {
        Self {
            number: passage.number,
            title: passage.hit.title.clone(),
            path: passage.hit.path.clone(),
            label: Locator::from(&passage.hit.chunk.locator).label(),
            document_id: passage.hit.doc_id.to_string(),
            text: passage.text.clone(),
        }
    }
}

/// Data of the event `waiting`: the model is busy with other questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Questions that are answered before this one.
    pub ahead: usize,
}

/// Data of the event `reading`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Tokens of the prompt read so far.
    pub done: usize,
    /// All of them.
    pub total: usize,
}

/// Data of the event `piece`, a draft, which the finished answer replaces, and of `thought`, which is no part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The next piece of the text.
    pub text: String,
}

/// Data of the event `answer`, the last of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The finished, checked answer.
    pub answer: Answer,
    /// The conversation that keeps it; empty where it was deleted while the answer was made.
    pub conversation: String,
    /// Identity of its receipt; `null` where nothing is kept.
    #[serde(default)]
    pub receipt: Option<String>,
}

/// A finished answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The text with `[n]` behind what citation `n` carries.
    pub text: String,
    /// How far the documents carry it.
    pub grounding: Grounding,
    /// In order of their numbers.
    pub citations: Vec<Citation>,
    /// How the question was taken.
    #[serde(default)]
    pub route: Route,
    /// The rows of a list; `null` for every other kind.
    #[serde(default)]
    pub table: Option<AnswerTable>,
    /// Where the documents say different things.
    #[serde(default)]
    pub disagreements: Vec<Disagreement>,
    /// Sentences that the model wrote and no passage carries; they are not in the text.
    #[serde(default)]
    pub dropped: usize,
    /// The closest passages when nothing was found; otherwise empty.
    pub closest: Vec<Hit>,
    /// What was searched.
    pub coverage: Coverage,
    /// What was found and not read.
    #[serde(default)]
    pub left_out: LeftOut,
    /// What the decision was made from. Answers kept by earlier versions have none.
    #[serde(default)]
    pub signals: AnswerSignals,
    /// Identity of the language model; empty when none was used.
    pub model: String,
    /// What the model did; `null` when it was not asked to write.
    pub generation: Option<Generation>,
}

impl From<&core::Answer> for Answer {
    fn from(answer: &core::Answer) -> Self {
        let core::Answer {
            text,
            citations,
            grounding,
            route,
            table,
            disagreements,
            dropped,
            closest,
            coverage,
            passages: _,
            left_out,
            signals,
            generation,
            model_id,
        } = answer;
        Self {
            text: text.clone(),
            grounding: (*grounding).into(),
            citations: citations.iter().map(Citation::from).collect(),
            route: route.into(),
            table: table.as_ref().map(AnswerTable::from),
            disagreements: disagreements.iter().map(Disagreement::from).collect(),
            dropped: *dropped,
            closest: closest.iter().map(Hit::from).collect(),
            coverage: coverage.into(),
            left_out: (*left_out).into(),
            signals: (*signals).into(),
            model: model_id.clone(),
            generation: generation.as_ref().map(Generation::from),
        }
    }
}

/// How far the documents carry an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grounding {
    /// Every sentence is carried by a citation.
    Grounded,
    /// Some are.
    Partial,
    /// The documents do not say.
    NotFound,
}

impl From<core::Grounding> for Grounding {
    fn from(grounding: core::Grounding) -> Self {
        match grounding {
            core::Grounding::Grounded => Self::Grounded,
            core::Grounding::Partial => Self::Partial,
            core::Grounding::NotFound => Self::NotFound,
        }
    }
}

/// A quotation that was found, to the letter, at its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The `[n]` in the answer.
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
    /// The document's date: its own where it has one, else its file's. Citations kept by earlier versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Time>,
    /// Name of the space.
    pub space: String,
    /// Where the quote stands in the original.
    pub locator: Locator,
    /// The same in words.
    pub label: String,
    /// The quote, verbatim.
    pub quote: String,
    /// Where the quote stands in the document's text.
    pub span: Span,
    /// How sure the recogniser is of the passage it is taken from, in per cent; left out where nothing was recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
}

impl From<&core::Citation> for Citation {
    fn from(citation: &core::Citation) -> Self {
        let core::Citation {
            number,
            doc_id,
            content_hash,
            span,
            locator,
            quote,
            confidence,
            title,
            path,
            part,
            date,
            space,
        } = citation;
        let locator = Locator::from(locator);
        Self {
            number: *number,
            document_id: doc_id.to_string(),
            content_hash: content_hash.to_string(),
            title: title.clone(),
            path: path.clone(),
            part: part.clone(),
            date: Some((*date).into()),
            space: space.clone(),
            label: locator.label(),
            locator,
            quote: quote.clone(),
            span: (*span).into(),
            confidence: *confidence,
        }
    }
}

/// What was searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Documents searched by word.
    pub documents: u64,
    /// Of these, searched by meaning too.
    pub documents_by_meaning: u64,
    /// Files known that are not searchable.
    pub files_not_searched: u64,
    /// Pages without readable text in the documents searched.
    pub unreadable_pages: u64,
    /// Names of the spaces searched.
    pub spaces: Vec<String>,
}

impl From<&core::Coverage> for Coverage {
    fn from(coverage: &core::Coverage) -> Self {
        let core::Coverage {
            documents,
            documents_by_meaning,
            files_not_searched,
            unreadable_pages,
            spaces,
        } = coverage;
        Self {
            documents: *documents,
            documents_by_meaning: *documents_by_meaning,
            files_not_searched: *files_not_searched,
            unreadable_pages: *unreadable_pages,
            spaces: spaces.clone(),
        }
    }
}

/// What the language model did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of these, kept from an earlier call.
    pub cached_tokens: usize,
    /// Tokens generated.
    pub generated_tokens: usize,
    /// Milliseconds until the prompt was read.
    pub prompt_ms: u64,
    /// Milliseconds after that.
    pub generation_ms: u64,
}

impl From<&core::GenerationSummary> for Generation {
    fn from(summary: &core::GenerationSummary) -> Self {
        Self {
            prompt_tokens: summary.prompt_tokens,
            cached_tokens: summary.cached_tokens,
            generated_tokens: summary.generated_tokens,
            prompt_ms: summary.prompt_ms,
            generation_ms: summary.generation_ms,
        }
    }
}
