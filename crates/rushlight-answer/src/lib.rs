//! From hits to an answer that can be checked: evidence, prompt, the decision whether there is an answer at all,
//! and the citations.
//!
//! A small model neither refuses nor cites reliably, so both are decided here, outside the generated text: a calibrated
//! score says whether the passages hold the answer, and each generated sentence is matched with a passage whose quote is
//! then compared to the letter. What no passage carries is not shown.
//!
//! This crate does no I/O, knows no adapter and keeps no state between questions. Everything is a function of its
//! arguments; [`Prepared::answer`] calls the model it is handed and is therefore called from the generating thread.

mod answerable;
mod citation;
mod disagreement;
mod evidence;
mod flow;
mod language;
mod negation;
mod numbers;
mod orders;
mod prompt;
mod question;
mod sanitize;
mod sentence;
mod template;
mod terms;
#[cfg(test)]
mod testing;

pub use answerable::{Calibration, Logistic, MISSING_COSINE, evidence_signals};
pub use citation::{CheckedText, CitationChecker, citation_is_verbatim};
pub use evidence::{Cosines, Evidence, EvidenceBudget, Selected};
pub use flow::{AnswerInputs, AnswerOptions, OnEvent, Prepared};
pub use language::{AnswerLanguage, to_language};
pub use prompt::{BuiltPrompt, Prompts, build_prompt};
pub use question::check_question;
pub use sanitize::plain_text;
pub use sentence::sentences;
pub use template::prompt_template_hash;
