//! Answers and the evidence that carries them.

use crate::id::{ContentHash, DocId};
use crate::language_model::GenerationSummary;
use crate::place::{Locator, TextSpan};
use crate::search::Hit;
use crate::time::Timestamp;

/// How a question is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AnswerKind {
    /// One fact, from the best passages.
    #[default]
    Fact,
    /// Every document that meets the question, counted, in a table.
    List,
    /// A summary of one document or of one mail conversation.
    Summary,
    /// What two documents, or two versions of one, say differently.
    Comparison,
}

impl AnswerKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Fact, Self::List, Self::Summary, Self::Comparison];

    /// The word for it in the API, in `--as` and in receipts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::List => "list",
            Self::Summary => "summary",
            Self::Comparison => "comparison",
        }
    }
}

/// How a question was taken, so that the asker can see it and say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// How it is answered.
    pub kind: AnswerKind,
    /// The words of the question that decided it; `None` where nothing did and it is a fact, or the asker said so.
    pub because: Option<String>,
    /// The question as it was searched, where it leaned on an earlier one and was rewritten to stand alone.
    pub standalone: Option<String>,
    /// The question in the other of Chinese and English, where it was asked of the documents in that language.
    pub translated: Option<String>,
    /// For a list: what was walked, in the query language.
    pub query: Option<String>,
    /// For a summary or a comparison: the documents, in the order in which the answer names them.
    pub documents: Vec<RoutedDocument>,
}

/// A document that a question is about as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutedDocument {
    /// The document.
    pub doc_id: DocId,
    /// The version that was read.
    pub content_hash: ContentHash,
    /// Its title.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Its date.
    pub date: Timestamp,
}

/// An earlier question of a conversation, with its answer as it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierTurn {
    /// The question, rewritten to stand alone where it had been.
    pub question: String,
    /// The answer's text.
    pub answer: String,
    /// The documents its citations are of, in their order.
    pub documents: Vec<DocId>,
}

/// What was found and not given to the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Hits of which no passage was read.
    pub hits: usize,
    /// Sentences of the hits that are in no passage.
    pub sentences: usize,
}

/// The rows of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerTable {
    /// Newest first, each with a citation of its own.
    pub rows: Vec<AnswerRow>,
    /// Rows there are; more than `rows` where the table is cut.
    pub total: u64,
    /// Documents that were looked at for it: all that meet the query.
    pub walked: u64,
}

/// One document of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// The number of its citation.
    pub citation: u32,
    /// The document's title.
    pub title: String,
    /// Its first author, or who sent the mail.
    pub from: Option<String>,
    /// Its date.
    pub date: Timestamp,
    /// Other versions of it that meet the question too and are no rows of their own.
    pub versions: u64,
}

/// Passages that answer the question differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Numbers of the citations, the newest document first.
    pub citations: Vec<u32>,
    /// What each of them has where the others have something else, as written: `95`, `80`.
    pub values: Vec<String>,
}

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
    /// The document's date: its own where it has one, else its file's.
    pub date: Timestamp,
    /// The space's name.
    pub space: String,
}

/// How far the documents carry an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grounding {
    /// Every sentence is carried by a citation.
    Grounded,
    /// Some are.
    Partial,
    /// The documents do not say; there is no answer.
    #[default]
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The text, with `[n]` behind what citation `n` carries; for [`Grounding::NotFound`] a sentence that says so.
    pub text: String,
    /// In order of their numbers. Empty for [`Grounding::NotFound`].
    pub citations: Vec<Citation>,
    /// How far the documents carry it.
    pub grounding: Grounding,
    /// How the question was taken.
    pub route: Route,
    /// The rows of a list; `None` for every other kind.
    pub table: Option<AnswerTable>,
    /// Where the documents say different things.
    pub disagreements: Vec<Disagreement>,
    /// Sentences that the model wrote and no passage carries; they are not in `text`.
    pub dropped: usize,
    /// The closest passages when nothing was found; otherwise empty.
    pub closest: Vec<Hit>,
    /// What was searched.
    pub coverage: Coverage,
    /// What the model was given to read, in order; it may have written from those of the first one's chunk alone.
    pub passages: Vec<Passage>,
    /// What was found and not read.
    pub left_out: LeftOut,
    /// What the decision was made from.
    pub signals: AnswerSignals,
    /// What the model did; `None` when it was not asked to write.
    pub generation: Option<GenerationSummary>,
    /// Identity of the language model; empty when none was used.
    pub model_id: String,
}

/// What speaks for and against there being an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnswerSignals {
    /// Share of the question's words, by rarity, in the passage that has most of them; 0 to 1.
    pub coverage: f32,
    /// The same of one sentence.
    pub sentence_coverage: f32,
    /// Best cosine of the question with a passage; `None` when the search computed none.
    pub cosine: Option<f32>,
    /// Best cosine of the question with a sentence; `None` when none was computed.
    pub sentence_cosine: Option<f32>,
    /// The best hit's fused score, 0 to 1.
    pub fused: f32,
    /// Share of the question's words, by rarity, that no readable document holds; 0 to 1.
    pub unknown: f32,
    /// Log-odds of yes against no that the passages hold the answer, as the model sees it; `None` when not asked.
    pub answerable: Option<f32>,
    /// Log-odds that the passages hold the answer by what was learnt of the model's hidden state; `None` where nothing was learnt for it.
    pub probe: Option<f32>,
    /// Mean log-probability of the answer's tokens; `None` when there are none.
    pub log_probability: Option<f32>,
    /// What all of it comes to: the probability that the answer is right, 0 to 1; `None` where nothing was decided.
    pub probability: Option<f32>,
}

/// What happens while a question is answered, in this order; from `Route` to the last `Piece` once more where it is asked again in another
/// language.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerEvent {
    /// How the question is taken. Sent again when more of it is known.
    Route(Route),
    /// The sentence that fits the question best, as it stands in its document, long before the model has read anything. The
    /// finished answer replaces it.
    First(Citation),
    /// The model is busy with other questions.
    Waiting {
        /// Questions that are answered before this one.
        ahead: usize,
    },
    /// The search is done; the evidence the model will read.
    Evidence(Vec<Passage>),
    /// The model has read so many tokens of its prompt.
    Reading {
        /// So far.
        done: usize,
        /// All.
        total: usize,
    },
    /// What the model thinks before it answers, as it is written. It is no part of the answer.
    Thought(String),
    /// A piece of the answer as it is written; empty where what is written has to be checked before it is shown. A draft: the
    /// finished answer replaces it.
    Piece(String),
    /// The finished, checked answer.
    Finished(Box<Answer>),
}
