//! A mailbox message by message.

use std::io::{self, Read};
use std::sync::Arc;

use rushlight_core::{Error, ErrorCode, NoScanReader, ParsedDocument, Pieces, Result, SkipReason, Warning};

use super::mailbox::{Entry, Mailbox};
use super::{Place, documents};
use crate::detect::{file_name, file_stem};
use crate::names::Names;
use crate::parsers::{Readers, Reading, without_text};

/// The documents of a mailbox, those of one message at a time.
pub(crate) struct Messages<R> {
    path: String,
    mailbox: Mailbox<R>,
    depth: u32,
    number: usize,
    /// Of the last message found: what is said of messages that are not read is said with the one before or after.
    held: Vec<ParsedDocument>,
    warnings: Vec<Warning>,
}

impl<R: Read> Messages<R> {
    pub(crate) fn new(reader: R, path: &str, max_message: usize, depth: u32) -> Self {
        Self {
            path: path.to_owned(),
            mailbox: Mailbox::new(reader, max_message),
            depth,
            number: 0,
            held: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The documents of the next message that has any; `None` at the end.
    pub(crate) fn next(&mut self, reading: &Reading<'_>) -> Result<Option<Vec<ParsedDocument>>> {
        let path = &self.path;
        let unreadable = |cause: io::Error| {
            let message = format!("cannot read `{}` to its end", file_name(path));
            Error::new(ErrorCode::FileUnreadable, message).with_source(cause)
        };
        while let Some(entry) = self.mailbox.next().map_err(unreadable)? {
            self.number += 1;
            let number = self.number;
            match entry {
                Entry::Message(raw) => {
                    let place = Place {
                        part: &format!("message:{number}"),
                        name: &format!("{} {number}", file_stem(path)),
                        depth: self.depth,
                    };
                    let mut found = documents(&raw, place, reading);
                    let Some(first) = found.first_mut() else {
                        continue;
                    };
                    first.warnings.append(&mut self.warnings);
                    let before = std::mem::replace(&mut self.held, found);
                    if !before.is_empty() {
                        return Ok(Some(before));
                    }
                }
                Entry::TooLarge(bytes) => self.warnings.push(Warning {
                    code: "message_not_read".to_owned(),
                    message: format!(
                        "message {number} is not read: it has {bytes} bytes, more than are read"
                    ),
                }),
            }
        }
        let mut last = std::mem::take(&mut self.held);
        if let Some(first) = last.first_mut() {
            first.warnings.append(&mut self.warnings);
        }
        Ok((!last.is_empty()).then_some(last))
    }
}

/// A mailbox that is a file, read as far as is asked for. Scans that are attached in it are not recognised: for each of
/// them the whole mailbox would have to be read again.
pub(crate) struct MailboxPieces {
    readers: Arc<Readers>,
    messages: Messages<Box<dyn Read + Send>>,
    names: Names,
}

impl MailboxPieces {
    pub(crate) fn new(readers: Arc<Readers>, path: &str, reader: Box<dyn Read + Send>) -> Self {
        let max_message = readers.reading(&NoScanReader).options.max_message_bytes;
        Self {
            messages: Messages::new(reader, path, max_message, 0),
            names: Names::default(),
            readers,
        }
    }
}

impl Pieces for MailboxPieces {
    fn next(&mut self) -> Result<Option<Vec<ParsedDocument>>> {
        let mut found = self.messages.next(&self.readers.reading(&NoScanReader))?;
        if let Some(documents) = &mut found {
            self.names.make_unique(documents);
        }
        Ok(found)
    }

    fn nothing(&self) -> SkipReason {
        without_text(&self.messages.path)
    }
}
