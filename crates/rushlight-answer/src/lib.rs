//! From hits to an answer that can be checked: evidence, prompt, the decision whether there is an answer at all,
//! and the citations.
//!
//! A small model neither refuses nor cites reliably, so both are decided here, outside the generated text: a calibrated
//! score says whether the passages hold the answer, and each generated sentence is matched with a passage whose quote is
//! then compared to the letter. What no passage carries is not shown.
//!
//! This crate does no I/O, knows no adapter and keeps no state between questions. Everything is a function of its
//! arguments; [`Prepared::answer`] calls the model it is handed and is therefore called from the generating thread.

mod align;
mod answerable;
mod citation;
mod compare;
mod context;
mod disagreement;
mod draft;
mod evidence;
mod flow;
mod follow_up;
mod language;
mod list;
mod negation;
mod nouns;
mod numbers;
mod orders;
mod probe;
mod prompt;
mod quantity;
mod question;
mod route;
mod sanitize;
mod sentence;
mod subject;
mod summary;
mod template;
mod terms;
#[cfg(test)]
mod testing;
mod translation;
mod words;

pub use answerable::{Calibration, Logistic, MISSING_COSINE, Probed, evidence_signals};
pub use citation::{CheckedText, CitationChecker, citation_is_verbatim};
pub use compare::{Compared, Comparison, compare};
pub use evidence::{Cosines, Evidence, EvidenceBudget, Selected};
pub use flow::{AnswerInputs, AnswerOptions, OnEvent, Prepared};
pub use follow_up::{Standalone, accept_rewrite, rewrite_prompt, stand_alone};
pub use language::{AnswerLanguage, to_language};
pub use list::{ListCount, ListPlan, cite_row, list_text, plan_list};
pub use probe::Probe;
pub use prompt::{BuiltPrompt, Prompts, build_prompt};
pub use question::check_question;
pub use route::{Routed, SmallTalk, reply, route};
pub use sanitize::plain_text;
pub use sentence::sentences;
pub use subject::{Subject, compared_subjects, name_fit, name_words, same_but_for_version, summary_subject};
pub use summary::{Summarised, WINDOWS, Windows, summarise, summary_windows};
pub use template::prompt_template_hash;
pub use translation::{accept_translation, translation_prompt};
