//! A mailbox message by message.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

use rushlight_core::{Error, ErrorCode, NoScanReader, ParsedDocument, Pieces, Result, SkipReason, Warning};

use super::mailbox::{Entry, Mailbox};
use super::{Place, content_hash};
use crate::apart::{Apart, Batch, Flight};
use crate::detect::{file_name, file_stem};
use crate::names::Names;
use crate::parsers::{Readers, Reading, parser_failed, without_text};
use crate::worker::Piece;

/// The documents of a mailbox, those of one message at a time. This side finds where messages begin, the worker reads them.
pub(crate) struct Messages<R> {
    path: String,
    mailbox: Mailbox<R>,
    depth: u32,
    /// Batches that are read while one is waited for.
    ahead: usize,
    number: usize,
    /// What was found in the mailbox and is not handed on, in order; messages are in the flights.
    waiting: VecDeque<Waiting>,
    flights: VecDeque<Flight>,
    /// No more comes of the mailbox; the reader's error where that is why.
    end: Option<Option<Error>>,
    /// Of the last message found: what is said of messages that are not read is said with the one before or after.
    held: Vec<ParsedDocument>,
    warnings: Vec<Warning>,
    /// What happened to the first message that no worker survived.
    lost: Option<String>,
    empty: bool,
}

/// An entry by its number.
enum Waiting {
    Message(usize),
    TooLarge(usize, u64),
}

/// Bytes under way above which no batch is read ahead.
const AHEAD_BYTES: usize = 8 << 20;

impl<R: Read> Messages<R> {
    pub(crate) fn new(reader: R, path: &str, max_message: usize, depth: u32) -> Self {
        Self {
            path: path.to_owned(),
            mailbox: Mailbox::new(reader, max_message),
            depth,
            ahead: 0,
            number: 0,
            waiting: VecDeque::new(),
            flights: VecDeque::new(),
            end: None,
            held: Vec::new(),
            warnings: Vec::new(),
            lost: None,
            empty: true,
        }
    }

    /// The documents of the next message that has any; `None` at the end.
    ///
    /// # Errors
    /// The reader's; `ParserFailed` where there is nothing because no worker survived it; when there is no worker.
    pub(crate) fn next(&mut self, reading: &Reading<'_>) -> Result<Option<Vec<ParsedDocument>>> {
        loop {
            self.fill(reading)?;
            let (number, found) = match self.waiting.pop_front() {
                None => break,
                Some(Waiting::Message(number)) => (number, self.message(number, reading)?),
                Some(Waiting::TooLarge(number, bytes)) => {
                    (number, Err(format!("it has {bytes} bytes, more than are read")))
                }
            };
            let mut found = match found {
                Ok(found) => found,
                Err(why) => {
                    self.warnings.push(Warning {
                        code: "message_not_read".to_owned(),
                        message: format!("message {number} is not read: {why}"),
                    });
                    continue;
                }
            };
            let Some(first) = found.first_mut() else {
                continue;
            };
            self.empty = false;
            first.warnings.append(&mut self.warnings);
            let before = std::mem::replace(&mut self.held, found);
            if !before.is_empty() {
                return Ok(Some(before));
            }
        }
        if let Some(error) = self.end.as_mut().and_then(Option::take) {
            return Err(error);
        }
        let mut last = std::mem::take(&mut self.held);
        match last.first_mut() {
            Some(first) => first.warnings.append(&mut self.warnings),
            None if self.empty => {
                if let Some(lost) = self.lost.take() {
                    return Err(parser_failed(file_name(&self.path), &lost));
                }
            }
            None => {}
        }
        Ok((!last.is_empty()).then_some(last))
    }

    /// The documents of the message that is next.
    fn message(
        &mut self,
        number: usize,
        reading: &Reading<'_>,
    ) -> Result<std::result::Result<Vec<ParsedDocument>, String>> {
        let Some(flight) = self.flights.front_mut() else {
            return Ok(Ok(Vec::new()));
        };
        let apart = flight.next(reading)?;
        if flight.is_over() {
            self.flights.pop_front();
        }
        let place = Place {
            part: &format!("message:{number}"),
            name: &format!("{} {number}", file_stem(&self.path)),
            depth: self.depth,
        };
        let found = match apart.unwrap_or_else(|| Ok(Apart::default())) {
            Ok(apart) => reading.together(apart, place)?,
            Err(lost) => Err(lost),
        };
        if let Err(lost) = &found {
            self.lost.get_or_insert_with(|| lost.clone());
        }
        Ok(found)
    }

    /// Sends what comes next, as far ahead as is wanted.
    fn fill(&mut self, reading: &Reading<'_>) -> Result<()> {
        while self.end.is_none() && self.has_room() && !reading.is_done() {
            let mut batch = Batch::default();
            while !batch.is_full_for(0) {
                match self.mailbox.next() {
                    Ok(Some(entry)) => {
                        self.number += 1;
                        self.waiting.push_back(match entry {
                            Entry::Message(raw) => {
                                if let Some(wanted) = &reading.wanted {
                                    let name = format!("message {}.eml", self.number);
                                    wanted.takes(&name, &raw, content_hash(&raw));
                                }
                                batch.push(&raw);
                                Waiting::Message(self.number)
                            }
                            Entry::TooLarge(bytes) => Waiting::TooLarge(self.number, bytes),
                        });
                    }
                    Ok(None) => {
                        self.end = Some(None);
                        break;
                    }
                    Err(cause) => {
                        let message = format!("cannot read `{}` to its end", file_name(&self.path));
                        let error = Error::new(ErrorCode::FileUnreadable, message).with_source(cause);
                        self.end = Some(Some(error));
                        break;
                    }
                }
            }
            if !batch.is_empty() {
                let flight = Flight::start(reading, Piece::Message, batch, self.depth)?;
                self.flights.push_back(flight);
            }
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        let under_way: usize = self.flights.iter().map(Flight::bytes).sum();
        self.flights.is_empty() || (self.flights.len() <= self.ahead && under_way < AHEAD_BYTES)
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
            messages: Messages {
                ahead: 1,
                ..Messages::new(reader, path, max_message, 0)
            },
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
