//! A mailbox read piece by piece: memory is bounded by the largest message, not by the file.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Read};

use super::mbox;

/// Bytes that are read at once.
const STEP: usize = 4 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What is kept of a message that is too large: a separator line may begin in it.
const TAIL: usize = 4 << 10;

/// The next thing in a mailbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    /// A message as it was before it was put there.
    Message(Cow<'a, [u8]>),
    /// A message of more bytes than are read, how many.
    TooLarge(u64),
}

/// Messages, one after the other.
pub(crate) struct Mailbox<R> {
    reader: R,
    max_message: usize,
    /// Bytes that are read at once.
    step: usize,
    begun: bool,
    /// What is read and not yet handed on, from a message's separator line.
    window: Vec<u8>,
    at_end: bool,
    ready: VecDeque<mbox::Message>,
    /// Bytes of the window that `ready` takes.
    used: usize,
    #[cfg(test)]
    most: usize,
}

impl<R: Read> Mailbox<R> {
    /// Messages of more than `max_message` bytes are passed over.
    pub(crate) fn new(reader: R, max_message: usize) -> Self {
        Self {
            reader,
            max_message,
            step: STEP,
            begun: false,
            window: Vec::new(),
            at_end: false,
            ready: VecDeque::new(),
            used: 0,
            #[cfg(test)]
            most: 0,
        }
    }

    /// The next message; `None` at the end.
    ///
    /// # Errors
    /// The reader's.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry<'_>>> {
        while self.ready.is_empty() {
            self.window.drain(..std::mem::take(&mut self.used));
            if self.at_end && self.window.is_empty() {
                return Ok(None);
            }
            // As much again as there is: a long message is looked through a few times, not once for each step.
            let room = (self.max_message + self.step).saturating_sub(self.window.len());
            self.fill(self.step.max(self.window.len().min(room)))?;
            if !std::mem::replace(&mut self.begun, true) && self.window.starts_with(BYTE_ORDER_MARK) {
                self.window.drain(..BYTE_ORDER_MARK.len());
            }
            let portion = mbox::portion(&self.window, self.at_end, self.max_message);
            (self.ready, self.used) = (portion.messages.into(), portion.used);
            if self.ready.is_empty() && self.at_end {
                self.used = self.window.len();
            } else if self.ready.is_empty() && self.window.len() > self.max_message {
                return self.pass_over().map(|bytes| Some(Entry::TooLarge(bytes)));
            }
        }
        let Some(message) = self.ready.pop_front() else {
            return Ok(None);
        };
        if message.range.len() > self.max_message {
            return Ok(Some(Entry::TooLarge(message.range.len() as u64)));
        }
        let raw = &self.window[message.range];
        Ok(Some(Entry::Message(match message.quoted {
            true => mbox::unquote(raw),
            false => Cow::Borrowed(raw),
        })))
    }

    fn fill(&mut self, bytes: usize) -> io::Result<()> {
        let wanted = u64::try_from(bytes).unwrap_or(u64::MAX);
        let got = self.reader.by_ref().take(wanted).read_to_end(&mut self.window)?;
        self.at_end = got < bytes;
        #[cfg(test)]
        {
            self.most = self.most.max(self.window.len());
        }
        Ok(())
    }

    /// Drops all up to the next message; returns how many bytes.
    fn pass_over(&mut self) -> io::Result<u64> {
        let mut dropped = 0u64;
        let mut from = 1;
        let mmdf = mbox::begins_mmdf(&self.window);
        loop {
            let next = match mmdf {
                true => mbox::next_mmdf(&self.window, from),
                false => mbox::next_separator(&self.window, from, false),
            };
            if let Some(next) = next {
                self.used = next;
                return Ok(dropped + next as u64);
            }
            if self.at_end {
                self.used = self.window.len();
                return Ok(dropped + self.used as u64);
            }
            let kept = self.window.len().saturating_sub(TAIL);
            // From the start of a line, so that what stands in the middle of one is not taken for its start.
            let kept =
                memchr::memchr(b'\n', &self.window[kept..]).map_or(self.window.len(), |at| kept + at + 1);
            self.window.drain(..kept);
            dropped += kept as u64;
            from = 0;
            self.fill(self.step)?;
        }
    }
}

#[cfg(test)]
mod tests;
