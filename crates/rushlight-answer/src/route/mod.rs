//! From the words of a question to how it is answered: a fact, a list, a summary, a comparison, or no search at all.
//!
//! A fact unless the words say otherwise. `How many people lived in Warsaw?` is a number that a text states; `how many mails
//! from Ada?` is a count over documents. What decides is whether documents are spoken of.

mod chinese;
mod english;
mod talk;

use rushlight_core::AnswerKind;

pub use talk::{SmallTalk, reply};

use crate::words::words;

/// How a question is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routed {
    /// How it is answered.
    pub kind: AnswerKind,
    /// The words of the question that decided it, as written; `None` where nothing did and it is a fact.
    pub because: Option<String>,
    /// What is answered without a search.
    pub small_talk: Option<SmallTalk>,
    /// Of a fact, the words that ask what changed in something: a comparison where that is a document with versions, which only the
    /// documents can tell.
    pub if_versions: Option<String>,
}

/// How a question is taken, by its words, English or Chinese; a fact in every other language.
pub fn route(question: &str) -> Routed {
    if let Some(talk) = talk::small_talk(question) {
        return Routed {
            kind: AnswerKind::Fact,
            because: Some(question.trim().to_owned()),
            small_talk: Some(talk),
            if_versions: None,
        };
    }
    let words = words(question);
    match english::kind(question, &words).or_else(|| chinese::kind(question, &words)) {
        Some((kind, because)) => Routed {
            kind,
            because: Some(because),
            ..Routed::default()
        },
        None => Routed {
            if_versions: english::changes(question, &words).or_else(|| chinese::changes(question, &words)),
            ..Routed::default()
        },
    }
}

#[cfg(test)]
mod tests;
