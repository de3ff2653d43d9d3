//! Questions asked end to end, and what their answers are worth.
//!
//! An [`AnswerSet`] names questions with the answers that are known for them and the place each stands at, or that nothing
//! answers them. [`ask_all`] asks whoever is behind [`Answerer`], judges each answer ([`AnswerRecord`]) and keeps it in an
//! [`AnswerFile`] as soon as it is there, so that a run of an hour can be broken off and gone on with. [`AnswerReport`] sums up, and
//! [`compare_answers`] puts two runs beside each other.

mod ask;
mod compare;
mod corpus;
mod curve;
mod file;
mod judge;
pub mod learn;
mod own;
mod question;
mod recipe;
mod record;
mod report;
mod table;
mod text;

pub use ask::{Answerer, Asking, EventTimes, ask_all};
pub use compare::{AnswerChange, AnswerComparison, compare_answers};
pub use corpus::{CopiedCorpus, copy_corpus};
pub use curve::{Areas, CurvePoint, RefusalCurve};
pub use file::AnswerFile;
pub use judge::judge;
pub use question::{AnswerQuestion, AnswerSet, GoldPlace, Split};
pub use recipe::{AnswerRecipe, CorpusFolder, is_answer_recipe};
pub use record::{AnswerRecord, AnswerSettings, CitationRecord, Outcome, Signals, Times, digest_of_file};
pub use report::{AnswerReport, GroupReport, Percentiles, Refusals};
pub use text::{contains, exact_match, token_f1};
