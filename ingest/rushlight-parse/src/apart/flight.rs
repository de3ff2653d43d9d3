//! Pieces of a mailbox or an export on their way through a worker: some at a time, so that little is spent on the way.
//! Each has the time and the processor of a file for itself, and one that a worker does not survive costs that piece alone.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use rushlight_core::{ContentHash, Result};

use super::{Apart, Care, Terms};
use crate::mail::content_hash;
use crate::parsers::Reading;
use crate::worker::{Answer, Job, Loss, Piece, Worker};

/// A batch is sent when it has so many bytes; one larger piece goes alone.
const BATCH_BYTES: usize = 1 << 20;
const BATCH_PIECES: usize = 256;
/// Pieces that are remembered for not being survived.
const MAX_REMEMBERED: usize = 10_000;

/// Pieces of one kind, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Batch {
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// True when there is no room for a piece of so many bytes.
    pub(crate) fn is_full_for(&self, bytes: usize) -> bool {
        self.ends.len() >= BATCH_PIECES || (!self.is_empty() && self.bytes.len() + bytes > BATCH_BYTES)
    }
}

/// Pieces over which workers were lost: each is tried once while this process lives, in whatever file it comes again. Of
/// whole files the ledger knows it for longer.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<HashMap<ContentHash, Known>>);

/// What is known of such a piece.
#[derive(Clone, Debug)]
enum Known {
    /// With the utmost care it is survived.
    Frail,
    /// Not even so: what happened.
    Deadly(String),
}

impl Remembered {
    fn known(&self, piece: &[u8]) -> Option<Known> {
        let known = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if known.is_empty() {
            return None;
        }
        known.get(&content_hash(piece)).cloned()
    }

    fn add(&self, piece: &[u8], what: Known) {
        let mut known = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if known.len() < MAX_REMEMBERED {
            known.insert(content_hash(piece), what);
        }
    }
}

/// What a worker came to.
type Outcome = std::result::Result<Answer, Loss>;

/// The same for people, where it is no answer.
fn what_happened(outcome: Outcome) -> String {
    match outcome {
        Ok(Answer::Panicked { at }) => format!("the parser failed at {at}"),
        Ok(_) => "the worker answered something else".to_owned(),
        Err(loss) => loss.to_string(),
    }
}

/// A batch under way.
#[derive(Debug)]
pub(crate) struct Flight {
    piece: Piece,
    depth: u32,
    bytes: Arc<Vec<u8>>,
    ends: Vec<usize>,
    /// The piece that is answered next.
    next: usize,
    /// The pieces that the worker has been sent, as far as they are not answered.
    sent: Range<usize>,
    worker: Option<Worker>,
}

impl Flight {
    /// Sends the batch; its pieces have `depth` messages and archives above them.
    ///
    /// # Errors
    /// When there is no worker.
    pub(crate) fn start(reading: &Reading<'_>, piece: Piece, batch: Batch, depth: u32) -> Result<Self> {
        let mut flight = Self {
            piece,
            depth,
            bytes: Arc::new(batch.bytes),
            ends: batch.ends,
            next: 0,
            sent: 0..0,
            worker: None,
        };
        flight.send(reading)?;
        Ok(flight)
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.next == self.ends.len()
    }

    /// What lies in the next piece, or what happened to the workers that were to read it; `None` at the end.
    ///
    /// # Errors
    /// When there is no worker.
    pub(crate) fn next(
        &mut self,
        reading: &Reading<'_>,
    ) -> Result<Option<std::result::Result<Apart, String>>> {
        if self.is_over() {
            return Ok(None);
        }
        if self.worker.is_none() {
            self.send(reading)?;
        }
        let current = self.next;
        self.next += 1;
        let Some(worker) = &mut self.worker else {
            return self.known(reading, current).map(Some);
        };
        let outcome = worker.answer(reading.pool.timeout());
        // What came before it may be what the worker did not survive.
        let alone = worker.is_fresh() && self.sent.start == current;
        if let Ok(Answer::Apart(apart)) = outcome {
            if self.next == self.sent.end
                && let Some(worker) = self.worker.take()
            {
                let pieces = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
                reading.pool.give_back(worker, pieces);
            }
            return Ok(Some(Ok(apart)));
        }
        self.worker = None;
        self.again(reading, current, outcome, alone).map(Some)
    }

    /// Sends what is not answered, up to a piece that is known not to be survived.
    fn send(&mut self, reading: &Reading<'_>) -> Result<()> {
        let known = |index: &usize| reading.remembered.known(self.piece(*index)).is_some();
        let end = (self.next..self.ends.len())
            .find(known)
            .unwrap_or(self.ends.len());
        self.sent = self.next..end;
        if self.sent.is_empty() {
            return Ok(());
        }
        let mut worker = reading.pool.take()?;
        self.ask(&mut worker, self.sent.clone(), reading, Care::Usual);
        self.worker = Some(worker);
        Ok(())
    }

    fn ask(&self, worker: &mut Worker, pieces: Range<usize>, reading: &Reading<'_>, care: Care) {
        let job = Job::Pieces {
            piece: self.piece,
            terms: reading.terms(self.depth, care),
            lengths: pieces
                .clone()
                .map(|index| self.range(index).len() as u64)
                .collect(),
        };
        let bytes = self.start_of(pieces.start)..self.start_of(pieces.end);
        worker.ask(job, Arc::clone(&self.bytes), bytes);
    }

    /// What is to be had of a piece that workers were lost over before.
    fn known(&self, reading: &Reading<'_>, index: usize) -> Result<std::result::Result<Apart, String>> {
        match reading.remembered.known(self.piece(index)) {
            Some(Known::Deadly(why)) => Ok(Err(why)),
            Some(Known::Frail) | None => Ok(self.alone(reading, index, Care::Utmost)?.map_err(what_happened)),
        }
    }

    /// Reads a piece over which a worker was lost once more, by itself, then with more and more care.
    fn again(
        &self,
        reading: &Reading<'_>,
        index: usize,
        mut outcome: Outcome,
        alone: bool,
    ) -> Result<std::result::Result<Apart, String>> {
        let more = match outcome {
            Err(Loss::Ended(_)) if !alone => &[Care::Usual, Care::Great, Care::Utmost][..],
            _ => &[Care::Great, Care::Utmost],
        };
        for care in more {
            match self.alone(reading, index, *care)? {
                Ok(apart) => {
                    if *care == Care::Utmost {
                        reading.remembered.add(self.piece(index), Known::Frail);
                    }
                    return Ok(Ok(apart));
                }
                Err(lost) => outcome = lost,
            }
        }
        let why = what_happened(outcome);
        tracing::debug!(why, "a piece is not read");
        reading
            .remembered
            .add(self.piece(index), Known::Deadly(why.clone()));
        Ok(Err(why))
    }

    /// Has one piece read by a worker of its own.
    fn alone(
        &self,
        reading: &Reading<'_>,
        index: usize,
        care: Care,
    ) -> Result<std::result::Result<Apart, Outcome>> {
        let mut worker = reading.pool.fresh()?;
        self.ask(&mut worker, index..index + 1, reading, care);
        match worker.answer(reading.pool.timeout()) {
            Ok(Answer::Apart(apart)) => {
                reading.pool.give_back(worker, 1);
                Ok(Ok(apart))
            }
            other => Ok(Err(other)),
        }
    }

    fn piece(&self, index: usize) -> &[u8] {
        self.bytes.get(self.range(index)).unwrap_or_default()
    }

    fn range(&self, index: usize) -> Range<usize> {
        self.start_of(index)..self.start_of(index + 1)
    }

    /// Where the piece begins.
    fn start_of(&self, index: usize) -> usize {
        match index.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(self.bytes.len()),
            None => 0,
        }
    }
}

impl Reading<'_> {
    /// What lies in a message that has `depth` messages and archives above it; the inner error says how the worker was lost.
    ///
    /// # Errors
    /// When there is no worker.
    pub(crate) fn message_apart(&self, raw: &[u8], depth: u32) -> Result<std::result::Result<Apart, String>> {
        let mut batch = Batch::default();
        batch.push(raw);
        let mut flight = Flight::start(self, Piece::Message, batch, depth)?;
        Ok(flight.next(self)?.unwrap_or_else(|| Ok(Apart::default())))
    }

    pub(crate) fn terms(&self, depth: u32, care: Care) -> Terms {
        Terms {
            max_text: self.options.max_text_bytes,
            max_attachments: self.options.max_attachments,
            levels: self.options.max_message_depth.saturating_sub(depth),
            care,
        }
    }
}
