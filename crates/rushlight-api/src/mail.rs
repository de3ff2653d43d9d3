//! What a mail is read with: its conversation, and its attachments as documents.

use serde::{Deserialize, Serialize};

use crate::document::Kind;
use crate::links::DocumentName;

/// Mails of a conversation that are named at most.
pub const MAX_THREAD: usize = 100;
/// Documents in one attachment that are named at most.
pub const MAX_IN_ATTACHMENT: usize = 20;

/// Reply to `GET /api/v1/documents/{id}/mail`: nothing in it is of a document that the asker may not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Its conversation; empty for what is no mail.
    pub thread: Thread,
    /// Its attachments, in order.
    pub attachments: Vec<Attachment>,
}

/// A conversation, or the part of a long one around a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// How many mails it has.
    pub total: usize,
    /// How many of them stand before the first that is named.
    pub before: usize,
    /// At most [`MAX_THREAD`] in the order in which they were written, the one asked about among them.
    pub mails: Vec<ThreadMail>,
}

/// A mail of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadMail {
    /// The mail.
    pub document: DocumentName,
    /// Who wrote it, as written.
    pub from: Vec<String>,
    /// How it begins, without what it quotes; empty where nothing else is in it.
    pub opening: String,
}

/// What is attached to a mail, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Media type, as the mail states it; `null` where it states none.
    pub media_type: Option<String>,
    /// Its length; `null` where that was not noted.
    pub bytes: Option<u64>,
    /// The document that it is; `null` where it is none itself.
    pub document_id: Option<String>,
    /// What kind of document it is.
    pub kind: Option<Kind>,
    /// Where it is none itself: those that lie in it, as in an archive.
    pub inside: Inside,
    /// Why nothing of it is searchable; `null` where something is, or where it is not known.
    pub reason: Option<NotSearchable>,
}

/// Documents that lie in an attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inside {
    /// How many.
    pub total: u64,
    /// The first [`MAX_IN_ATTACHMENT`], by part.
    pub documents: Vec<DocumentName>,
}

/// Why nothing of an attachment is searchable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotSearchable {
    /// A stable word for it.
    pub code: String,
    /// What is the matter, with what.
    pub message: String,
}
