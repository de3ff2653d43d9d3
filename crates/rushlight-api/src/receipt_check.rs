//! What became of that which a receipt says: compared with the documents, and asked again.

use serde::{Deserialize, Serialize};

use crate::place::{Locator, Span};
use crate::receipt::{Receipt, ReceiptModel};

/// What `rushlight receipt verify` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptCheck {
    /// Identity of the receipt.
    pub id: String,
    /// True when all of it still holds: it is as it was written, its documents are unchanged, its quotes stand where they
    /// stood, and its model is installed.
    pub holds: bool,
    /// Whether the digest is that of the rest; false when the receipt was changed.
    pub intact: bool,
    /// Whether it was made in this data folder.
    pub same_library: bool,
    /// The passages, in order.
    pub passages: Vec<CheckedStretch>,
    /// The citations, in order.
    pub citations: Vec<CheckedStretch>,
    /// The language model; `null` when none took part.
    pub model: Option<CheckedModel>,
    /// What may make another answer of the same question; it does not touch what the receipt says.
    pub notes: Vec<Change>,
}

/// A stretch of a document that a receipt names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedStretch {
    /// Its number in the receipt.
    pub number: u32,
    /// The document's title, as the receipt has it.
    pub title: String,
    /// The path of its file, as the receipt has it.
    pub path: String,
    /// The part within the file; empty for the file itself.
    pub part: String,
    /// How the document is.
    pub document: DocumentState,
    /// Where the file is now, when it was moved; otherwise `null`.
    pub moved_to: Option<String>,
    /// Where the text stands now; `null` where it stands nowhere, or nobody can say.
    pub found: Option<FoundAt>,
}

/// Where a text stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundAt {
    /// In the document's text.
    pub span: Span,
    /// In the original.
    pub locator: Locator,
    /// The same in words.
    pub label: String,
}

/// How a document is, compared with a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentState {
    /// It is the version that was read, and reads as it did.
    Unchanged,
    /// It is another version, or is read otherwise.
    Changed,
    /// The file changed or went away since it was last indexed: what it says now is not known.
    NotIndexed,
    /// It is not there.
    Gone,
    /// It is there, and the asker may not read it.
    NotReadable,
}

/// A language model that a receipt names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedModel {
    /// As the receipt has it.
    #[serde(flatten)]
    pub model: ReceiptModel,
    /// How it is here.
    pub state: ModelPresence,
}

/// How a model is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelPresence {
    /// Installed, with the same weights.
    Same,
    /// Installed under the same name with other weights.
    Other,
    /// Not installed.
    Missing,
}

/// Something that is otherwise than when the receipt was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What: `program`, `library`, `index`, `analyzer`, `embedding_model`, `language_model`, `prompt_templates`, `sampling`.
    pub what: String,
    /// As the receipt has it.
    pub then: String,
    /// As it is now.
    pub now: String,
}

impl Change {
    /// The change of `what`, where there is one.
    pub fn of(what: &str, then: impl ToString, now: impl ToString) -> Option<Self> {
        let (then, now) = (then.to_string(), now.to_string());
        (then != now).then(|| Self {
            what: what.to_owned(),
            then,
            now,
        })
    }
}

/// What asking a receipt's question again came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// True when passages, output, text and citations are the same.
    pub same: bool,
    /// Whether the receipt itself is as it was written.
    pub intact: bool,
    /// Whether the model read the same passages in the same order.
    pub same_passages: bool,
    /// Whether it wrote the same, to the letter.
    pub same_output: bool,
    /// Whether the same was shown.
    pub same_text: bool,
    /// Whether the same places are cited with the same words.
    pub same_citations: bool,
    /// Places of passages that were read then and not now.
    pub passages_lost: Vec<String>,
    /// Places of passages that were read now and not then.
    pub passages_new: Vec<String>,
    /// What is otherwise than then, and may be the reason.
    pub changes: Vec<Change>,
    /// The receipt of the answer given now; it is kept nowhere.
    pub now: Receipt,
}
