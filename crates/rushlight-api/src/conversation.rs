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

/// Parameters of `GET /api/v1/conversations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversationQuery {
    /// Only those in which each of these words stands; all when it is left out.
    #[serde(default)]
    pub q: Option<String>,
}

/// Body of `PATCH /api/v1/conversations/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameConversation {
    /// The new title.
    pub title: String,
}

/// Parameters of `GET /api/v1/conversations/{id}/export`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// As what.
    #[serde(default)]
    pub format: ConversationFormat,
}

/// How a conversation is exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationFormat {
    /// To be read: questions, answers and citations.
    #[default]
    Markdown,
    /// A [`Conversation`].
    Json,
}

/// A conversation in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    /// Identity.
    pub id: String,
    /// Its first question, cut short, or as it was renamed.
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
    /// Its first question, cut short, or as it was renamed.
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
    /// Identity of its receipt; `null` where it was kept by a version that wrote none.
    #[serde(default)]
    pub receipt: Option<String>,
}
