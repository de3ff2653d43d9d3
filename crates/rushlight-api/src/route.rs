//! How a question is taken.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// How a question is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl From<core::AnswerKind> for AnswerKind {
    fn from(kind: core::AnswerKind) -> Self {
        match kind {
            core::AnswerKind::Fact => Self::Fact,
            core::AnswerKind::List => Self::List,
            core::AnswerKind::Summary => Self::Summary,
            core::AnswerKind::Comparison => Self::Comparison,
        }
    }
}

impl From<AnswerKind> for core::AnswerKind {
    fn from(kind: AnswerKind) -> Self {
        match kind {
            AnswerKind::Fact => Self::Fact,
            AnswerKind::List => Self::List,
            AnswerKind::Summary => Self::Summary,
            AnswerKind::Comparison => Self::Comparison,
        }
    }
}

/// How a question was taken; also data of the event `route`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// How it is answered.
    #[serde(rename = "as")]
    pub kind: AnswerKind,
    /// The words of the question that decided it; `null` where it is a fact, or the asker said so.
    pub because: Option<String>,
    /// The question as it was searched, where it leaned on an earlier one.
    pub standalone: Option<String>,
    /// The question in the other of Chinese and English, where it was asked of the documents in that language.
    pub translated: Option<String>,
    /// For a list: what was walked, in the query language.
    pub query: Option<String>,
    /// For a summary or a comparison: the documents.
    pub documents: Vec<RoutedDocument>,
}

impl From<&core::Route> for Route {
    fn from(route: &core::Route) -> Self {
        let core::Route {
            kind,
            because,
            standalone,
            translated,
            query,
            documents,
        } = route;
        Self {
            kind: (*kind).into(),
            because: because.clone(),
            standalone: standalone.clone(),
            translated: translated.clone(),
            query: query.clone(),
            documents: documents.iter().map(RoutedDocument::from).collect(),
        }
    }
}

/// A document that a question is about as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutedDocument {
    /// The document.
    pub document_id: String,
    /// The version that was read.
    pub content_hash: String,
    /// Its title.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Its date.
    pub date: Time,
}

impl From<&core::RoutedDocument> for RoutedDocument {
    fn from(document: &core::RoutedDocument) -> Self {
        let core::RoutedDocument {
            doc_id,
            content_hash,
            title,
            path,
            date,
        } = document;
        Self {
            document_id: doc_id.to_string(),
            content_hash: content_hash.to_string(),
            title: title.clone(),
            path: path.clone(),
            date: (*date).into(),
        }
    }
}
