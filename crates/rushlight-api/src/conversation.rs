//! Kept conversations.

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::time::Time;

/// Reply of `GET /api/v1/conversations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversations {
    /// Newest first.
    pub conversations: Vec<ConversationSummary>,
}

/// A conversation in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    /// Identity.
    pub id: String,
    /// Its first question, cut short.
    pub title: String,
    /// When its last answer was given.
    pub updated: Time,
    /// Questions in it.
    pub turns: u64,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Identity.
    pub id: String,
    /// Its first question, cut short.
    pub title: String,
    /// In order.
    pub turns: Vec<Turn>,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// When it was asked.
    pub asked: Time,
    /// The question.
    pub question: String,
    /// The answer as it was given.
    pub answer: Answer,
}
