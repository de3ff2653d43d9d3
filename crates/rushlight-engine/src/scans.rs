//! Scans: what a parser is told of pages without text, and the lane in which they are recognised.
//!
//! A file with such pages is read twice. The first time, while files are made searchable by word, the parser is told what
//! is known of them; the others are noted as waiting. In the lane the file is read again, and each page that is not
//! known is recognised when the parser comes to it, however deep it lies in mails and archives. Every page's result is
//! in the ledger before the next begins, so that nothing is recognised twice, whatever ends the program.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rushlight_core::{
    ContentHash, Error, IndexEvent, PageReading, PageRecogniser, Result, Scan, ScanAnswer, ScanReader,
};
use rushlight_ledger::{FileScan, Ledger, ScanState};

use crate::engine::Shared;
use crate::indexer::Indexer;
use crate::lazy::{Lazy, LazyState};
use crate::status::Activity;

/// After so much recognising, a file's new text is made searchable and something else has its turn.
const TURN: Duration = Duration::from_secs(20);
/// A file that takes long to be read again is gone on with for this many times that long.
const WORTH_READING: u32 = 3;
/// Under this key the ledger keeps who recognised pages in the last run.
const LAST_RECOGNISER: &str = "recogniser";

/// The recogniser, loaded when it is first needed.
pub(crate) type LazyRecogniser = Lazy<dyn PageRecogniser>;

/// Answers a parser that reads one file, and remembers what it asked for.
pub(crate) struct Desk<'a> {
    ledger: &'a Ledger,
    recogniser: Option<&'a LazyRecogniser>,
    /// Why nobody recognises pages here, looked up at most once for each file.
    unavailable: OnceCell<Option<String>>,
    lane: Option<&'a Lane<'a>>,
    asked: RefCell<BTreeMap<(ContentHash, u32), ScanState>>,
    failure: RefCell<Option<Error>>,
}

/// Recognises pages as long as it is this file's turn.
pub(crate) struct Lane<'a> {
    shared: &'a Shared,
    recogniser: Arc<dyn PageRecogniser>,
    begun: Instant,
    spent: Cell<Duration>,
    /// Pages looked at in this turn, and those of them that cannot be read.
    done: Cell<u64>,
    unreadable: Cell<u64>,
    /// Pages looked at in this run before it, and those that waited then.
    before: u64,
    waiting: u64,
    /// Why no page can be recognised now.
    broken: RefCell<Option<Error>>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        ledger: &'a Ledger,
        recogniser: Option<&'a LazyRecogniser>,
        lane: Option<&'a Lane<'a>>,
    ) -> Self {
        Self {
            ledger,
            recogniser,
            unavailable: OnceCell::new(),
            lane,
            asked: RefCell::default(),
            failure: RefCell::default(),
        }
    }

    /// Pages that were asked for, and whether one of them will be recognised later.
    ///
    /// # Errors
    /// What the ledger came to meanwhile.
    pub(crate) fn close(self) -> Result<(Vec<FileScan>, bool)> {
        if let Some(error) = self.failure.into_inner() {
            return Err(error);
        }
        let scans: Vec<FileScan> = self
            .asked
            .into_inner()
            .into_iter()
            .map(|((document, page), state)| FileScan {
                document,
                page,
                state,
            })
            .collect();
        let waits = scans.iter().any(|scan| scan.state == ScanState::Waiting);
        let available = matches!(self.unavailable.get(), None | Some(None));
        Ok((scans, waits && available))
    }

    fn answer(&self, scan: &Scan<'_>) -> Result<ScanAnswer> {
        let id = self.recogniser.map(Lazy::id);
        let known = || self.ledger.page_reading(scan.document, scan.page, id);
        if let Some(reading) = known()? {
            return Ok(ScanAnswer::Known(reading));
        }
        if let Some(lane) = self.lane {
            if lane.recognise(scan)?
                && let Some(reading) = known()?
            {
                // As the ledger gives it back, so that reading the file again gives the same.
                return Ok(ScanAnswer::Known(reading));
            }
            return Ok(ScanAnswer::Waiting);
        }
        let unavailable = self.unavailable.get_or_init(|| unavailable(self.recogniser));
        Ok(match unavailable {
            Some(why) => ScanAnswer::Unavailable(why.clone()),
            None => ScanAnswer::Waiting,
        })
    }
}

impl ScanReader for Desk<'_> {
    fn read(&self, scan: &Scan<'_>) -> ScanAnswer {
        let answer = self.answer(scan).unwrap_or_else(|error| {
            self.failure.borrow_mut().get_or_insert(error);
            ScanAnswer::Waiting
        });
        let state = match &answer {
            ScanAnswer::Known(PageReading::Read(_)) => ScanState::Read,
            ScanAnswer::Known(PageReading::Unreadable(_)) => ScanState::Unreadable,
            ScanAnswer::Waiting | ScanAnswer::Unavailable(_) => ScanState::Waiting,
        };
        self.asked.borrow_mut().insert((scan.document, scan.page), state);
        answer
    }
}

/// Why nobody recognises pages here; `None` when somebody will.
fn unavailable(recogniser: Option<&LazyRecogniser>) -> Option<String> {
    match recogniser {
        None => Some("text recognition is switched off (`index.ocr`)".to_owned()),
        Some(recogniser) => recogniser.get().err().map(|error| {
            let hint = error.hint();
            let hint = if hint.is_empty() {
                String::new()
            } else {
                format!("; {hint}")
            };
            format!("text recognition is not available: {}{hint}", error.message())
        }),
    }
}

impl Lane<'_> {
    /// Recognises the page and puts the result into the ledger; false when that has to wait.
    fn recognise(&self, scan: &Scan<'_>) -> Result<bool> {
        if !self.goes_on() {
            return Ok(false);
        }
        let shared = self.shared;
        shared.gate.pass(|| shared.stopping());
        if shared.stopping() {
            return Ok(false);
        }
        let id = self.recogniser.id();
        if !shared.ledger.begin_page(scan.document, scan.page, id)? {
            return Ok(true);
        }
        let begun = Instant::now();
        match self.recogniser.recognise(scan) {
            Ok(reading) => {
                if matches!(reading, PageReading::Unreadable(_)) {
                    self.unreadable.set(self.unreadable.get() + 1);
                }
                shared
                    .ledger
                    .finish_page(scan.document, scan.page, id, &reading)?;
            }
            Err(error) => {
                shared.ledger.forget_page(scan.document, scan.page, id)?;
                *self.broken.borrow_mut() = Some(error);
                return Ok(false);
            }
        }
        self.spent.set(self.spent.get() + begun.elapsed());
        self.done.set(self.done.get() + 1);
        shared.reporter.report(&IndexEvent::Recognised {
            done: self.before + self.done.get(),
            waiting: self.waiting.saturating_sub(self.done.get()),
        });
        shared.touch();
        Ok(true)
    }

    /// At least one page is recognised in a turn, so that each turn gets on.
    fn goes_on(&self) -> bool {
        let shared = self.shared;
        if shared.stopping() || self.broken.borrow().is_some() {
            return false;
        }
        if self.done.get() == 0 {
            return true;
        }
        let spent = self.spent.get();
        let otherwise = self.begun.elapsed().saturating_sub(spent);
        shared.pending_commands.is_empty() && (spent < TURN || spent < otherwise * WORTH_READING)
    }
}

impl Indexer<'_> {
    /// Recognises pages of one file; false when none waits, or nobody can.
    pub(crate) fn recognise(&mut self) -> Result<bool> {
        let shared = self.shared;
        self.summary.recognition_error = None;
        let Some(recogniser) = &shared.recogniser else {
            return Ok(false);
        };
        let Some(file) = shared.ledger.next_to_recognise()? else {
            return Ok(false);
        };
        let recogniser = match recogniser.get() {
            Ok(recogniser) => recogniser,
            Err(error) => {
                self.summary.recognition_error = Some(error.chain());
                return Ok(false);
            }
        };
        shared.set_activity(Activity::Recognising);
        let lane = Lane {
            shared,
            recogniser,
            begun: Instant::now(),
            spent: Cell::default(),
            done: Cell::default(),
            unreadable: Cell::default(),
            before: self.summary.recognised + self.summary.not_recognised,
            waiting: shared.ledger.scan_counts()?.waiting,
            broken: RefCell::default(),
        };
        let record = shared.ledger.source(file.source_id)?;
        let source = shared.source(&record)?;
        let now = shared.clock.now();
        let looked = shared.looker().read_scans(&*source, &file, &lane)?;
        self.summary.recognised += lane.done.get() - lane.unreadable.get();
        self.summary.not_recognised += lane.unreadable.get();
        if shared.stopping() {
            // What was recognised is in the ledger; the file takes it in when it is read next.
            return Ok(true);
        }
        let completion = shared.ledger.complete_files(&[looked], now)?;
        self.unpublished.extend(completion.changed_spaces);
        self.publish()?;
        shared.touch();
        match lane.broken.into_inner() {
            Some(error) => {
                self.summary.recognition_error = Some(error.chain());
                Ok(false)
            }
            None => Ok(true),
        }
    }

    /// Files that say of their scans that they wait, or that nobody reads them, are looked at again when that has
    /// changed since the last run.
    pub(crate) fn note_recogniser(&self) -> Result<()> {
        let shared = self.shared;
        if shared.ledger.scan_counts()?.waiting == 0 {
            return Ok(());
        }
        let now = match &shared.recogniser {
            None => "off",
            Some(recogniser) if recogniser.get().is_ok() => recogniser.id(),
            Some(_) => "missing",
        };
        if shared.ledger.meta(LAST_RECOGNISER)?.as_deref() != Some(now) {
            shared.ledger.requeue_scans()?;
            shared.ledger.set_meta(LAST_RECOGNISER, now)?;
        }
        Ok(())
    }

    /// Gives back what the recogniser keeps while it has something to do.
    pub(crate) fn rest_recogniser(&self) {
        if let Some(recogniser) = &self.shared.recogniser
            && recogniser.state() == LazyState::Ready
            && let Ok(recogniser) = recogniser.get()
        {
            recogniser.rest();
        }
    }
}
