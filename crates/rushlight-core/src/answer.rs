//! Answers and the evidence that carries them.

use crate::id::{ContentHash, DocId};
use crate::language_model::GenerationSummary;
use crate::place::{Locator, TextSpan};
use crate::search::Hit;

/// A stretch of a document given to the language model as evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Number in the prompt, from one; what `[n]` refers to.
    pub number: u32,
    /// The hit it is taken from.
    pub hit: Hit,
    /// Where it stands in the document's text.
    pub span: TextSpan,
    /// Exactly the document's text under `span`.
    pub text: String,
    /// Its length in tokens of the language model.
    pub token_count: usize,
}

/// A quotation that was found, to the letter, at its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Citation {
    /// The `[n]` in the answer.
    pub number: u32,
    /// The document.
    pub doc_id: DocId,
    /// The version of it.
    pub content_hash: ContentHash,
    /// Where the quote stands in the document's text.
    pub span: TextSpan,
    /// Where it stands in the original.
    pub locator: Locator,
    /// Exactly the document's text under `span`.
    pub quote: String,
    /// How sure the recogniser is of the passage it is taken from, in per cent; `None` when nothing of that was
    /// recognised.
    pub confidence: Option<u8>,
    /// Title of the document.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// The space's name.
    pub space: String,
}

/// How far the documents carry an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grounding {
    /// Every sentence is carried by a citation.
    Grounded,
    /// Some are.
    Partial,
    /// The documents do not say; there is no answer.
    NotFound,
}

impl Grounding {
    /// The word for it in the API and in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grounded => "grounded",
            Self::Partial => "partial",
            Self::NotFound => "not_found",
        }
    }
}

/// What was searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Documents that the asker may read and that were searched by word.
    pub documents: u64,
    /// Of these, searched by meaning too.
    pub documents_by_meaning: u64,
    /// Files known that are not searchable: waiting, failed or skipped.
    pub files_not_searched: u64,
    /// Pages without readable text in the documents searched.
    pub unreadable_pages: u64,
    /// Names of the spaces searched.
    pub spaces: Vec<String>,
}

/// A finished answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The text, with `[n]` behind what citation `n` carries; for [`Grounding::NotFound`] a sentence that says so.
    pub text: String,
    /// In order of their numbers. Empty for [`Grounding::NotFound`].
    pub citations: Vec<Citation>,
    /// How far the documents carry it.
    pub grounding: Grounding,
    /// The closest passages when nothing was found; otherwise empty.
    pub closest: Vec<Hit>,
    /// What was searched.
    pub coverage: Coverage,
    /// Log-odds of yes against no that the evidence holds the answer, as the model sees it; `None` when not asked.
    pub answerable: Option<f32>,
    /// What the model did; `None` when it was not asked to write.
    pub generation: Option<GenerationSummary>,
    /// Identity of the language model; empty when none was used.
    pub model_id: String,
}

/// What happens while a question is answered, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerEvent {
    /// The search is done; the evidence the model will read.
    Evidence(Vec<Passage>),
    /// The model has read so many tokens of its prompt.
    Reading {
        /// So far.
        done: usize,
        /// All.
        total: usize,
    },
    /// A piece of the answer as it is written. A draft: the finished answer replaces it.
    Piece(String),
    /// The finished, checked answer.
    Finished(Box<Answer>),
}
