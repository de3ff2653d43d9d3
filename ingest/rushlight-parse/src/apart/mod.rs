//! Messages and notes taken apart. The worker decodes them: header fields, charsets, transfer encodings, pages, winmail.dat,
//! what is text in their attachments. This side puts the documents together, and has an attachment of another binary or
//! nested format read as a job of its own, so that it has the limits of a file and costs nothing else when it fails.

mod facts;
mod flight;
mod in_place;
mod text;

use rushlight_core::{Attachment as Attached, DocMetadata, ParsedDocument, SkipReason, Warning};
use serde::{Deserialize, Serialize};

use crate::parsers::skip;

pub(crate) use facts::{Facts, Said, said, warnings};
pub(crate) use flight::{Batch, Flight, Remembered};
pub(crate) use in_place::{Care, InPlace, Terms};
pub(crate) use text::{Sent, Written};

/// What is said where the worker answers what no reader makes.
pub(crate) const UNSOUND: &str = "the worker gave no sensible answer";

/// Bytes on their way between the processes, in a frame of their own behind the answer that they belong to.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Blob {
    #[serde(skip)]
    pub(crate) bytes: Vec<u8>,
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }
}

/// What lies in one piece: a message with those in it, or a note.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Apart {
    /// The piece itself first; those in it are named by their position. Empty when nothing was found.
    pub(crate) taken: Vec<Taken>,
}

/// A message or a note.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// Subject or title.
    pub(crate) title: Option<String>,
    /// What it is known by when others come and go.
    pub(crate) key: String,
    /// BLAKE3 of its bytes.
    pub(crate) hash: [u8; 32],
    pub(crate) facts: Facts,
    /// Nothing when there is no text.
    pub(crate) written: Option<Written>,
    pub(crate) warnings: Vec<Said>,
    /// Why its structure was not read: said of its first document, whichever that is.
    pub(crate) unstructured: Option<Said>,
    pub(crate) attachments: Vec<Attachment>,
    /// Attachments beyond those that are read.
    pub(crate) more_attachments: u32,
}

/// What lies in a message or a note beside its text.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    /// As IMAP numbers it, or its position in a note.
    pub(crate) number: String,
    /// What people know it by.
    pub(crate) name: String,
    /// A name that tells its type.
    pub(crate) file_name: String,
    /// Of its own decoding; said of the message.
    pub(crate) warnings: Vec<Said>,
    pub(crate) content: Content,
}

/// What became of an attachment in the worker.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Content {
    /// There is nothing in it.
    Nothing,
    /// It is a message: where it lies in [`Apart::taken`].
    Taken(u32),
    /// It is text, and was read.
    Read(Vec<Sent>),
    /// A file for a job of its own.
    File(Blob),
    /// It cannot be read: why.
    NotRead(Said),
}

impl Apart {
    /// The bytes that travel behind it, in order.
    pub(crate) fn blobs(&mut self) -> impl Iterator<Item = &mut Vec<u8>> {
        self.taken
            .iter_mut()
            .flat_map(|taken| &mut taken.attachments)
            .filter_map(|attachment| match &mut attachment.content {
                Content::File(blob) => Some(&mut blob.bytes),
                _ => None,
            })
    }
}

/// What a message or a note hands down to what lies in it.
pub(crate) fn inherited(metadata: &DocMetadata) -> DocMetadata {
    DocMetadata {
        authors: metadata.authors.clone(),
        recipients: metadata.recipients.clone(),
        created: metadata.created,
        ..DocMetadata::default()
    }
}

/// Gives what lies in a message or a note the facts of that, but for its own tags and language.
pub(crate) fn inherit(document: &mut ParsedDocument, inherited: &DocMetadata) {
    let own = std::mem::take(&mut document.metadata);
    document.metadata = DocMetadata {
        tags: own.tags,
        language: own.language,
        ..inherited.clone()
    };
}

/// The warning that an attachment is left out.
pub(crate) fn not_read(name: &str, why: &str) -> Warning {
    Warning {
        code: "attachment_not_read".to_owned(),
        message: format!("attachment `{name}` is not searchable: {why}"),
    }
}

/// Why an attachment is left out that no text was found in.
pub(crate) fn without_text() -> SkipReason {
    skip("no_text", "there is no text in it".to_owned())
}

/// Why an attachment is left out that lies behind those that are read, in what is called so.
pub(crate) fn too_many(of: &str) -> SkipReason {
    skip("too_many", format!("the {of} has more attachments than are read"))
}

/// Notes what became of an attachment: its part, where it lies in a document of the part `of`, and why nothing of it is
/// searchable.
pub(crate) fn note(attached: &mut Attached, of: &str, part: &str, left_out: Option<SkipReason>) {
    attached.behind = part.strip_prefix(of).map_or_else(String::new, |behind| match of {
        "" => format!("/{behind}"),
        _ => behind.to_owned(),
    });
    attached.left_out = left_out;
}
