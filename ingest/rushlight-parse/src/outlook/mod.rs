//! Outlook's files: single items (.msg), mailboxes (.pst, .ost) and the attachment in which it hides a mail's formatting
//! and attachments from other programs (winmail.dat). The worker turns each item into the mail that it was, or would have
//! been; that is read like any other.

mod body;
mod encapsulated;
mod fields;
mod item;
mod mime;
mod msg;
mod pst;
mod store;
mod time;
mod tnef;
mod zone;

use rushlight_core::{Error, ErrorCode, Result, Warning};
use serde::{Deserialize, Serialize};

use crate::apart::not_read;
use crate::detect::{file_name, file_stem};
use crate::mail::Place;
use crate::parsers::{Found, Reading, no_text, parser_failed};
use crate::worker::{Answer, Job};

/// The files that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OutlookKind {
    /// One item: .msg.
    Item,
    /// What Outlook sends to other programs: winmail.dat.
    Winmail,
}

impl OutlookKind {
    /// The media type people know it by.
    fn media_type(self) -> &'static str {
        match self {
            Self::Item => "application/vnd.ms-outlook",
            Self::Winmail => "application/vnd.ms-tnef",
        }
    }
}

/// An item as a mail.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letter {
    /// In a mailbox: its number there, which stays, and its folder's path.
    pub(crate) id: u32,
    pub(crate) folder: String,
    /// The message as RFC 5322 has it.
    #[serde(skip)]
    pub(crate) raw: Vec<u8>,
    /// What of the item is not in it: its name, and why.
    pub(crate) lost: Vec<(String, String)>,
}

/// Which messages of a mailbox are asked for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Window {
    /// Messages before it that were handed over already.
    pub(crate) from: u32,
    /// After so many bytes the rest is left for the next time.
    pub(crate) batch_bytes: u64,
    /// Longest message that is handed over.
    pub(crate) max_message: u64,
}

/// Messages of a mailbox.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letters {
    pub(crate) letters: Vec<Letter>,
    /// Messages that are not read: the first of them with the reason, and how many more.
    unread: Vec<(String, String)>,
    unread_more: u32,
    unread_folders: Vec<(String, String)>,
    /// Where the next batch begins; `None` at the end.
    pub(crate) next: Option<u32>,
}

impl Letters {
    fn unread(&mut self, name: &str, why: String, named: usize) {
        if self.unread.len() < named {
            self.unread.push((name.to_owned(), why));
        } else {
            self.unread_more = self.unread_more.saturating_add(1);
        }
    }
}

/// Why the worker cannot read a file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OutlookFault {
    /// It is broken; what the library says.
    Broken(String),
}

/// Reads some messages of a mailbox. To be called in the worker only: it may panic, hang or fill the memory.
pub(crate) fn extract_store(bytes: Vec<u8>, window: Window) -> std::result::Result<Letters, OutlookFault> {
    pst::read(bytes, window)
}

/// Reads an item. To be called in the worker only: it may panic, hang or fill the memory.
pub(crate) fn extract(kind: OutlookKind, bytes: &[u8]) -> std::result::Result<Letter, OutlookFault> {
    let item = match kind {
        OutlookKind::Item => msg::read(bytes)?,
        OutlookKind::Winmail => tnef::read(bytes)?,
    };
    Ok(mime::letter(&item))
}

impl Reading<'_> {
    /// The documents in an item that has `depth` messages and archives above it.
    pub(crate) fn outlook_item(
        &self,
        path: &str,
        bytes: &[u8],
        kind: OutlookKind,
        depth: u32,
    ) -> Result<Found> {
        let name = file_name(path);
        let letter = self.letter(kind, bytes)?.map_err(|why| why.into_error(name))?;
        let place = Place {
            part: "",
            name: file_stem(path),
            depth,
        };
        let mut documents = self
            .message(&letter.raw, place)?
            .map_err(|lost| parser_failed(name, &lost))?;
        match documents.first_mut() {
            None => Ok(no_text(path)),
            Some(first) => {
                if first.part.is_empty() {
                    kind.media_type().clone_into(&mut first.media_type);
                }
                first.warnings.extend(lost(letter.lost));
                Ok(Found::Documents(documents))
            }
        }
    }

    fn letter(&self, kind: OutlookKind, bytes: &[u8]) -> Result<std::result::Result<Letter, Unread>> {
        let answer = self.ask(Job::Outlook { kind }, bytes, |answer| match answer {
            Answer::Outlook(found) => Some(found),
            _ => None,
        })?;
        Ok(match answer {
            Ok(Ok(letter)) => Ok(letter),
            Ok(Err(OutlookFault::Broken(why))) => Err(Unread::Broken(why)),
            Err(why) => Err(Unread::Lost(why)),
        })
    }
}

/// Why there is no letter.
enum Unread {
    Broken(String),
    /// The worker did not survive it.
    Lost(String),
}

impl Unread {
    fn into_error(self, name: &str) -> Error {
        match self {
            Self::Broken(why) => Error::new(
                ErrorCode::FileBroken,
                format!("`{name}` is not a readable Outlook file: {why}"),
            ),
            Self::Lost(why) => parser_failed(name, &why),
        }
    }
}

fn lost(lost: Vec<(String, String)>) -> impl Iterator<Item = Warning> {
    lost.into_iter().map(|(name, why)| not_read(&name, &why))
}
