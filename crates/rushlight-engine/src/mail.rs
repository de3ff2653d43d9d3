//! What a mail is read with, as the asker may read it: its conversation, and what became of its attachments.

use rushlight_core::{Attachment, DocId, DocumentKind, Principal, Result};
use rushlight_ledger::{LinkTarget, Page, ThreadMessage};

use crate::engine::Engine;

/// Bytes of a mail that are looked at for its first words.
const OPENING: usize = 600;
/// Characters of its first words.
const FIRST_WORDS: usize = 140;

/// How much is named at most.
#[derive(Clone, Copy, Debug)]
pub struct MailLimits {
    /// Mails of the conversation.
    pub mails: usize,
    /// Documents that lie in one attachment.
    pub in_attachment: usize,
}

/// What a mail is read with.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Mails of its conversation in the order in which they were written, those around itself where there are many.
    pub thread: Vec<ThreadMail>,
    /// How many of the conversation stand before the first of them.
    pub before: usize,
    /// How many the conversation has.
    pub total: usize,
    /// Its attachments, in order.
    pub attachments: Vec<MailAttachment>,
}

/// A mail of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadMail {
    /// Which, and who wrote it.
    pub message: ThreadMessage,
    /// How it begins, on one line; empty where nothing in it is its own.
    pub opening: String,
}

/// An attachment, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MailAttachment {
    /// What the mail says of it.
    pub attachment: Attachment,
    /// Its own document alone, or the first of those that lie in it.
    pub documents: Page<LinkTarget>,
    /// Whether its own document is what `documents` has.
    pub is_document: bool,
}

impl Engine {
    /// What a mail is read with; nothing of a document that is no mail.
    ///
    /// # Errors
    /// `DocumentNotFound`, also where none of these principals may read it; `LedgerFailed`.
    pub fn mail(&self, doc: DocId, principals: &[Principal], limits: MailLimits) -> Result<Mail> {
        let ledger = self.ledger();
        let record = self.document(doc, principals)?;
        let mut thread = ledger.thread_of(doc, principals, usize::MAX)?;
        let total = thread.len();
        let own = thread.iter().position(|mail| mail.document.doc_id == doc);
        let before = own
            .unwrap_or(0)
            .saturating_sub(limits.mails / 2)
            .min(total.saturating_sub(limits.mails));
        let thread = thread
            .drain(before..total.min(before + limits.mails))
            .map(|message| {
                let opening = ledger.opening(message.document.doc_id, OPENING)?;
                Ok(ThreadMail {
                    message,
                    opening: first_words(&opening),
                })
            })
            .collect::<Result<_>>()?;
        let summary = record.summary;
        let found = |attachment: Attachment| {
            let part = attachment.part_in(&summary.part);
            let documents = match &part {
                Some(part) => {
                    ledger.documents_in_part(summary.file, part, principals, limits.in_attachment)?
                }
                None => Page {
                    items: Vec::new(),
                    total: 0,
                },
            };
            let is_document = documents
                .items
                .first()
                .is_some_and(|one| Some(&one.part) == part.as_ref());
            Ok(MailAttachment {
                attachment,
                documents,
                is_document,
            })
        };
        let attachments = match summary.kind {
            DocumentKind::Mail => record.metadata.attachments,
            _ => Vec::new(),
        };
        Ok(Mail {
            thread,
            before,
            total,
            attachments: attachments.into_iter().map(found).collect::<Result<_>>()?,
        })
    }
}

/// The beginning of a text on one line, with an ellipsis where there is more.
fn first_words(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(FIRST_WORDS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_are_one_line_and_say_where_they_end() {
        assert_eq!(first_words(" The kettle\n\n sings. "), "The kettle sings.");
        assert_eq!(first_words(""), "");
        let long = first_words(&"茶".repeat(FIRST_WORDS + 1));
        assert_eq!(long, format!("{}…", "茶".repeat(FIRST_WORDS)));
        assert_eq!(
            first_words(&"茶".repeat(FIRST_WORDS)).chars().count(),
            FIRST_WORDS
        );
    }
}
