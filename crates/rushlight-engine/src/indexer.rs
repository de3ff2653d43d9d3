//! The indexing loop. Events only mark paths; a scan compared with the ledger decides; small steps, words before
//! vectors and scans, newest and smallest files first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rushlight_core::{IndexEvent, Result, SourceEvent, SourceId, SpaceId, Timestamp, WatchGuard};

use crate::engine::{IndexSummary, Shared};
use crate::pieces::LargeFile;
use crate::rehash::Round;
use crate::status::{Activity, Watching};

/// More hinted paths than this are cheaper to find by one full scan.
const MOST_HINTS: usize = 256;
/// A missing root is looked for so often.
const OFFLINE_LOOK: Duration = Duration::from_secs(3);
/// Files that were read in the moment they were written are looked at again so soon.
const UNSETTLED_LOOK: Duration = Duration::from_millis(2500);
/// Longest wait after an error that is nobody's file: full disk, broken ledger.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// What the loop is told.
pub(crate) enum Command {
    /// A source was added.
    Added(SourceId),
    /// A source was removed.
    Removed(SourceId, SpaceId),
    /// Look at all of a source.
    Scan(SourceId),
    /// Something may have changed.
    Hint(SourceId, SourceEvent),
    /// Look at the flags.
    Wake,
}

/// When the loop ends by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// When everything is searchable by word; vectors are left for another run.
    ByWord,
    /// When nothing is left to do.
    Idle,
    /// When it is told to stop.
    Stopped,
}

/// What is to be looked at in a source.
pub(crate) enum Due {
    All,
    Paths(BTreeSet<String>),
}

pub(crate) struct Indexer<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    due: BTreeMap<SourceId, (Due, Instant)>,
    pub(crate) guards: BTreeMap<SourceId, Box<dyn WatchGuard>>,
    /// Sources whose root was missing at the last look.
    pub(crate) offline: BTreeSet<SourceId>,
    pub(crate) round: Option<Round>,
    /// The file that is being read piece by piece.
    pub(crate) large: Option<Box<LargeFile>>,
    /// Spaces with changes in the ledger that the keyword index lacks.
    pub(crate) unpublished: BTreeSet<SpaceId>,
    prepared: bool,
    /// Whether sources are watched.
    pub(crate) follows: bool,
    /// Embeddings that no chunk refers to are looked for after a full scan only: it means reading all of them.
    collect_embeddings: bool,
    next_full_scan: Instant,
    next_look: Instant,
    pub(crate) summary: IndexSummary,
    /// Spaces with titles in the ledger that their index may lack.
    pub(crate) unsynced_titles: BTreeSet<SpaceId>,
    pub(crate) unsynced_vectors: BTreeSet<SpaceId>,
    pub(crate) last_vector_sync: Instant,
    rechunked: bool,
    /// Whether pages are recognised before vectors are computed, in the next turn.
    scans_first: bool,
}

impl<'a> Indexer<'a> {
    pub(crate) fn new(shared: &'a Arc<Shared>) -> Self {
        Self {
            shared,
            due: BTreeMap::new(),
            guards: BTreeMap::new(),
            offline: BTreeSet::new(),
            round: None,
            large: None,
            unpublished: BTreeSet::new(),
            prepared: false,
            follows: false,
            collect_embeddings: true,
            next_full_scan: Instant::now() + shared.options.scan_interval,
            next_look: Instant::now(),
            summary: IndexSummary::default(),
            unsynced_titles: BTreeSet::new(),
            unsynced_vectors: BTreeSet::new(),
            last_vector_sync: Instant::now(),
            rechunked: !shared.options.rechunk,
            scans_first: false,
        }
    }

    pub(crate) fn run(mut self, until: Until) -> Result<IndexSummary> {
        let mut backoff = Duration::from_secs(1);
        let mut settled = false;
        while !self.shared.stopping() {
            self.take_commands(until);
            match self.turn(until, settled) {
                Ok(true) => {
                    settled = false;
                    backoff = Duration::from_secs(1);
                    self.set_error(None);
                }
                Ok(false) if !settled => {
                    settled = true;
                    if until != Until::Stopped && self.due.is_empty() {
                        break;
                    }
                }
                Ok(false) => self.wait(),
                Err(error) if until != Until::Stopped => return Err(error),
                Err(error) => {
                    tracing::error!(code = error.code().as_str(), error = %error.chain(), "indexing waits after an error");
                    self.set_error(Some((error.code(), error.chain())));
                    self.rest(backoff);
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
            }
        }
        if self.shared.stopping() && self.prepared {
            // What was read is found when the next program opens the index, whether or not that one indexes.
            self.publish()?;
        }
        self.shared.set_activity(Activity::Idle);
        self.summary.stopped = self.shared.stopping();
        self.summary.counts = self.shared.ledger.counts(None)?;
        self.summary.scans = self.shared.ledger.scan_counts()?;
        self.summary.waiting_for_vectors = self
            .shared
            .ledger
            .pending_embedding_count(&self.shared.embedder_spec.model_id)?;
        Ok(self.summary)
    }

    /// What its time has come for, then the most urgent piece of work; false when there is none. Tidies up once when
    /// everything is done.
    fn turn(&mut self, until: Until, settled: bool) -> Result<bool> {
        if !self.prepared {
            self.prepare(until)?;
            self.prepared = true;
        }
        let now = Instant::now();
        if until == Until::Stopped && now >= self.next_full_scan {
            self.next_full_scan = now + self.shared.options.scan_interval;
            self.scan_everything()?;
        }
        if until == Until::Stopped && !self.offline.is_empty() && now >= self.next_look {
            self.next_look = now + OFFLINE_LOOK;
            self.look_for_missing_roots()?;
        }
        let worked = self.step(until)?;
        if !worked && !settled {
            self.settle()?;
        }
        Ok(worked)
    }

    /// Brings both indexes to where the ledger is, which undoes whatever an earlier end left half done.
    fn prepare(&mut self, until: Until) -> Result<()> {
        for space in self.shared.ledger.spaces()? {
            let shared = self.shared;
            shared
                .runtime
                .block_on(shared.indexes.discard_if_lost(&shared.ledger, space.id))?;
            shared.indexes.sync_keyword(&shared.ledger, space.id)?;
            self.unsynced_titles.insert(space.id);
            self.unsynced_vectors.insert(space.id);
        }
        self.note_recogniser()?;
        self.scan_everything()?;
        if until == Until::Stopped {
            self.follows = true;
            for source in self.shared.ledger.sources()? {
                self.watch(&source);
            }
        }
        Ok(())
    }

    fn scan_everything(&mut self) -> Result<()> {
        self.begin_round()?;
        self.collect_embeddings = true;
        for source in self.shared.ledger.sources()? {
            self.due.insert(source.id, (Due::All, Instant::now()));
        }
        Ok(())
    }

    /// Does the most urgent piece of work; false when there is none.
    fn step(&mut self, until: Until) -> Result<bool> {
        if let Some(source) = self.ripe() {
            let (due, _) = self.due.remove(&source).expect("ripe() names what is due");
            self.scan(source, due)?;
            return Ok(true);
        }
        if self.rechunk()? || self.look_at_files()? || self.publish()? {
            return Ok(true);
        }
        if until == Until::ByWord {
            return Ok(false);
        }
        if self.rehash()? {
            return Ok(true);
        }
        // Both are slow; whoever waits for one of them does not wait for all of the other.
        let scans_first = self.scans_first;
        self.scans_first = !scans_first;
        match scans_first {
            true => Ok(self.recognise()? || self.embed()?),
            false => Ok(self.embed()? || self.recognise()?),
        }
    }

    fn take_commands(&mut self, until: Until) {
        while let Ok(command) = self.shared.pending_commands.try_recv() {
            self.obey(command, until);
        }
    }

    fn obey(&mut self, command: Command, until: Until) {
        match command {
            Command::Added(id) | Command::Scan(id) => {
                self.due.insert(id, (Due::All, Instant::now()));
                if until == Until::Stopped
                    && !self.guards.contains_key(&id)
                    && let Ok(record) = self.shared.ledger.source(id)
                {
                    self.watch(&record);
                }
            }
            Command::Removed(id, space) => {
                self.due.remove(&id);
                self.guards.remove(&id);
                self.offline.remove(&id);
                self.unpublished.insert(space);
            }
            Command::Hint(id, event) => self.hint(id, event),
            Command::Wake => {}
        }
    }

    pub(crate) fn hint(&mut self, id: SourceId, event: SourceEvent) {
        match event {
            SourceEvent::Changed(path) => {
                let (due, since) = self
                    .due
                    .entry(id)
                    .or_insert_with(|| (Due::Paths(BTreeSet::new()), Instant::now()));
                if let Due::Paths(paths) = due {
                    paths.insert(path);
                    if paths.len() > MOST_HINTS {
                        *due = Due::All;
                    }
                }
                *since = (*since).min(Instant::now());
            }
            SourceEvent::Rescan => {
                self.due.insert(id, (Due::All, Instant::now()));
            }
            SourceEvent::Degraded(message) => {
                self.shared
                    .progress
                    .lock()
                    .watching
                    .insert(id, Watching::Polling(message));
                self.shared.touch();
            }
        }
    }

    /// A source whose hints have waited long enough for others to join them.
    fn ripe(&self) -> Option<SourceId> {
        let debounce = self.shared.options.debounce;
        self.due
            .iter()
            .find(|(_, (due, since))| matches!(due, Due::All) || since.elapsed() >= debounce)
            .map(|(id, _)| *id)
    }

    /// Makes what the ledger has searchable by word, and remembers to do so by meaning; false when it is already.
    pub(crate) fn publish(&mut self) -> Result<bool> {
        self.unpublished.extend(self.shared.settle_quotes()?);
        let changed = !self.unpublished.is_empty();
        while let Some(space) = self.unpublished.first().copied() {
            self.shared.indexes.sync_keyword(&self.shared.ledger, space)?;
            self.unpublished.remove(&space);
            self.unsynced_titles.insert(space);
            self.unsynced_vectors.insert(space);
            self.shared.reporter.report(&IndexEvent::Committed { space });
        }
        Ok(changed)
    }

    /// Chunks documents anew that were chunked by other settings or for another model; false when there are none.
    fn rechunk(&mut self) -> Result<bool> {
        if self.rechunked {
            return Ok(false);
        }
        let shared = self.shared;
        let documents = shared.ledger.documents_to_rechunk(&shared.chunked_by, 64)?;
        if documents.is_empty() {
            self.rechunked = true;
            return Ok(false);
        }
        let looker = shared.looker();
        let chunks: Vec<_> = documents.iter().map(|entry| looker.rechunk(entry)).collect();
        shared.ledger.replace_chunks(&shared.chunked_by, &chunks)?;
        let spaces = shared.ledger.spaces()?;
        self.unpublished.extend(spaces.into_iter().map(|space| space.id));
        Ok(true)
    }

    /// Everything is done: tidy up while nobody waits.
    fn settle(&mut self) -> Result<()> {
        self.sync_vectors()?;
        self.rest_recogniser();
        let shared = self.shared;
        for space in shared.ledger.spaces()? {
            shared
                .runtime
                .block_on(shared.indexes.tidy(&shared.ledger, space.id))?;
        }
        if std::mem::take(&mut self.collect_embeddings) {
            shared.ledger.collect_unused_embeddings()?;
            shared.ledger.collect_unused_readings()?;
        }
        shared.ledger.checkpoint()?;
        shared.set_activity(Activity::Idle);
        shared.reporter.report(&IndexEvent::Idle);
        shared.touch();
        Ok(())
    }

    /// Waits for a command, the next retry, or the next full scan.
    fn wait(&mut self) {
        let mut timeout = self.next_full_scan.saturating_duration_since(Instant::now());
        if !self.due.is_empty() {
            timeout = timeout.min(self.shared.options.debounce);
        }
        if !self.offline.is_empty() {
            timeout = timeout.min(OFFLINE_LOOK);
        }
        if let Ok(true) = self.shared.ledger.has_unsettled_files() {
            timeout = timeout.min(UNSETTLED_LOOK);
        }
        let now = self.shared.clock.now();
        if let Ok(Some(Timestamp(at))) = self.shared.ledger.next_attempt() {
            timeout = timeout.min(Duration::from_millis(
                at.saturating_sub(now.0).max(0).unsigned_abs(),
            ));
        }
        self.rest(timeout.max(Duration::from_millis(10)));
    }

    /// Sleeps, unless a command comes; it is obeyed then.
    fn rest(&mut self, timeout: Duration) {
        if let Ok(command) = self.shared.pending_commands.recv_timeout(timeout) {
            self.obey(command, Until::Stopped);
        }
    }

    fn set_error(&self, error: Option<(rushlight_core::ErrorCode, String)>) {
        let mut progress = self.shared.progress.lock();
        if progress.last_error != error {
            progress.last_error = error;
            drop(progress);
            self.shared.touch();
        }
    }
}
