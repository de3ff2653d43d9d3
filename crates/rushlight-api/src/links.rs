//! What a document links to, what links to it, its conversation, and what is like it.

use serde::{Deserialize, Serialize};

use crate::check;
use crate::document::{Kind, Link};
use crate::place::Span;
use crate::time::Time;

/// Backlinks that are named at most.
pub const MAX_BACKLINKS: usize = 100;
/// The most similar documents that may be asked for.
pub const MAX_SIMILAR: usize = 50;

/// A document, as far as it takes to name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentName {
    /// The document.
    pub document_id: String,
    /// Title.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Kind.
    pub kind: Kind,
    /// The document's date.
    pub date: Time,
}

/// Reply to `GET /api/v1/documents/{id}/links`: nothing in it is of a document that the asker may not read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Links {
    /// Its links, in order.
    pub outgoing: Vec<OutgoingLink>,
    /// What links to it.
    pub backlinks: Backlinks,
    /// The mails of its conversation in the order in which they were written, itself included; empty for what is no mail.
    pub thread: Vec<ThreadMessage>,
}

/// A link of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingLink {
    /// As it is written.
    #[serde(flatten)]
    pub link: Link,
    /// The document it means; `null` where there is none.
    pub document: Option<DocumentName>,
}

/// What links to the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlinks {
    /// How many documents do.
    pub total: usize,
    /// The first [`MAX_BACKLINKS`] of them, by path.
    pub documents: Vec<Backlink>,
}

/// A document that links to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backlink {
    /// The document.
    pub document: DocumentName,
    /// How many of its links lead here.
    pub links: usize,
    /// The heading or block that the first of them names; `null` for the whole.
    pub fragment: Option<String>,
    /// Where the sentence with that link lies in its text, in bytes; `null` where the text does not show the link.
    pub span: Option<Span>,
    /// The sentence; empty where there is none.
    pub text: String,
}

/// A mail of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadMessage {
    /// The mail.
    pub document: DocumentName,
    /// Who wrote it, as written.
    pub from: Vec<String>,
}

/// Parameters of `GET /api/v1/documents/{id}/similar`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimilarQuery {
    /// At most so many, 1 to [`MAX_SIMILAR`].
    #[serde(default = "default_limit")]
    pub limit: usize,
}

fn default_limit() -> usize {
    10
}

impl SimilarQuery {
    /// Itself, when its limit is in range.
    ///
    /// # Errors
    /// `InvalidRequest`.
    pub fn check(self) -> rushlight_core::Result<Self> {
        check::limit(self.limit, MAX_SIMILAR)?;
        Ok(self)
    }
}

/// Reply to `GET /api/v1/documents/{id}/similar`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarDocuments {
    /// The most alike first.
    pub documents: Vec<SimilarDocument>,
}

/// A document like another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarDocument {
    /// The document.
    pub document: DocumentName,
    /// How much, from -1 to 1: the cosine of its nearest passage with the mean of the other's.
    pub similarity: f32,
}
