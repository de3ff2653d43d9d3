//! The indexing loop. Events only mark paths; a scan compared with the ledger decides; small steps, words before
//! vectors, newest and smallest files first.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rushlight_core::{
    IndexEvent, Result, ScanEntry, ScanSummary, SourceEvent, SourceId, SpaceId, Timestamp, WatchGuard,
};
use rushlight_ingest::{PlanScope, plan};
use rushlight_ledger::SourceRecord;

use crate::engine::{IndexSummary, Shared};
use crate::look::Looker;
use crate::status::{Activity, Watching};

/// More hinted paths than this are cheaper to find by one full scan.
const MOST_HINTS: usize = 256;
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
enum Due {
    All,
    Paths(BTreeSet<String>),
}

pub(crate) struct Indexer<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    due: BTreeMap<SourceId, (Due, Instant)>,
    guards: BTreeMap<SourceId, Box<dyn WatchGuard>>,
    pub(crate) summary: IndexSummary,
    pub(crate) unsynced_vectors: BTreeSet<SpaceId>,
    pub(crate) last_vector_sync: Instant,
    rechunked: bool,
}

impl<'a> Indexer<'a> {
    pub(crate) fn new(shared: &'a Arc<Shared>) -> Self {
        Self {
            shared,
            due: BTreeMap::new(),
            guards: BTreeMap::new(),
            summary: IndexSummary::default(),
            unsynced_vectors: BTreeSet::new(),
            last_vector_sync: Instant::now(),
            rechunked: !shared.options.rechunk,
        }
    }

    pub(crate) fn run(mut self, until: Until) -> Result<IndexSummary> {
        let mut backoff = Duration::from_secs(1);
        let mut next_full_scan = Instant::now() + self.shared.options.scan_interval;
        let mut settled = false;
        self.prepare(until)?;
        while !self.shared.stopping() {
            self.take_commands(until);
            if until == Until::Stopped && Instant::now() >= next_full_scan {
                self.scan_everything()?;
                next_full_scan = Instant::now() + self.shared.options.scan_interval;
            }
            match self.step(until) {
                Ok(true) => {
                    settled = false;
                    backoff = Duration::from_secs(1);
                    self.set_error(None);
                }
                Ok(false) if !settled => {
                    settled = true;
                    self.settle()?;
                    if until != Until::Stopped && self.due.is_empty() {
                        break;
                    }
                }
                Ok(false) => self.wait(next_full_scan),
                Err(error) if until != Until::Stopped => return Err(error),
                Err(error) => {
                    tracing::error!(code = error.code().as_str(), error = %error.chain(), "indexing waits after an error");
                    self.set_error(Some((error.code(), error.chain())));
                    self.rest(backoff);
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
            }
        }
        self.shared.set_activity(Activity::Idle);
        self.summary.stopped = self.shared.stopping();
        self.summary.counts = self.shared.ledger.counts(None)?;
        self.summary.waiting_for_vectors = self
            .shared
            .ledger
            .pending_embedding_count(&self.shared.embedder_spec.model_id)?;
        Ok(self.summary)
    }

    /// Brings both indexes to where the ledger is, which undoes whatever an earlier end left half done.
    fn prepare(&mut self, until: Until) -> Result<()> {
        for space in self.shared.ledger.spaces()? {
            let shared = self.shared;
            shared
                .runtime
                .block_on(shared.indexes.discard_if_lost(&shared.ledger, space.id))?;
            shared.indexes.sync_keyword(&shared.ledger, space.id)?;
            self.unsynced_vectors.insert(space.id);
        }
        self.scan_everything()?;
        if until == Until::Stopped {
            for source in self.shared.ledger.sources()? {
                self.watch(&source);
            }
        }
        Ok(())
    }

    fn scan_everything(&mut self) -> Result<()> {
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
        if self.rechunk()? || self.look_at_files()? {
            return Ok(true);
        }
        if until == Until::ByWord {
            return Ok(false);
        }
        self.embed()
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
                self.unsynced_vectors.insert(space);
                if let Err(error) = self.shared.indexes.sync_keyword(&self.shared.ledger, space) {
                    tracing::error!(code = error.code().as_str(), error = %error.chain(), "a removed source is not yet out of the index");
                }
            }
            Command::Hint(id, event) => self.hint(id, event),
            Command::Wake => {}
        }
    }

    fn hint(&mut self, id: SourceId, event: SourceEvent) {
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

    fn watch(&mut self, record: &SourceRecord) {
        let commands = self.shared.commands.clone();
        let id = record.id;
        let sink = Box::new(move |event| {
            // The receiver lives as long as the engine; after its end nobody wants the hint.
            let _ = commands.send(Command::Hint(id, event));
        });
        let watching = match self.shared.source(record).and_then(|source| source.watch(sink)) {
            Ok(guard) => {
                self.guards.insert(id, guard);
                Watching::Events
            }
            Err(error) => Watching::None(error.chain()),
        };
        self.shared.progress.lock().watching.entry(id).or_insert(watching);
    }

    fn scan(&mut self, id: SourceId, due: Due) -> Result<()> {
        let Ok(record) = self.shared.ledger.source(id) else {
            return Ok(());
        };
        self.shared.set_activity(Activity::Scanning);
        self.shared
            .reporter
            .report(&IndexEvent::ScanStarted { source: id });
        let under: Vec<String> = match due {
            Due::All => vec![String::new()],
            Due::Paths(paths) => paths.into_iter().collect(),
        };
        let source = self.shared.source(&record)?;
        let mut seen = Vec::new();
        let mut summary = ScanSummary {
            online: true,
            ..ScanSummary::default()
        };
        for path in &under {
            let shared = self.shared;
            let part = source.scan(path, &mut |entry: ScanEntry| {
                seen.push(entry);
                if shared.stopping() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            summary.online &= part.online;
            summary.files += part.files;
            summary.unreadable += part.unreadable;
            summary.stopped |= part.stopped;
        }
        let known = if under == [""] {
            self.shared.ledger.files(id)?
        } else {
            let mut known = BTreeMap::new();
            for path in &under {
                known.extend(
                    self.shared
                        .ledger
                        .files_below(id, path)?
                        .into_iter()
                        .map(|file| (file.id, file)),
                );
            }
            known.into_values().collect()
        };
        let scope = PlanScope {
            under,
            parser_version: self.shared.parser.version(),
        };
        let plan = plan(&known, &seen, &summary, &scope);
        if !plan.online {
            self.shared.reporter.report(&IndexEvent::Offline { source: id });
            self.summary.offline.push(record.root.clone());
        }
        self.shared.reporter.report(&IndexEvent::Planned {
            source: id,
            upserts: plan.upserts(),
            deletes: plan.deleted.len() as u64,
            renames: plan.renamed.len() as u64,
        });
        let changed = self
            .shared
            .ledger
            .apply_plan(id, &plan, self.shared.clock.now())?;
        self.publish(&changed)?;
        self.shared.touch();
        Ok(())
    }

    /// Makes what the ledger has searchable by word, and remembers to do so by meaning.
    fn publish(&mut self, spaces: &[SpaceId]) -> Result<()> {
        for space in spaces {
            self.shared.indexes.sync_keyword(&self.shared.ledger, *space)?;
            self.unsynced_vectors.insert(*space);
            self.shared
                .reporter
                .report(&IndexEvent::Committed { space: *space });
        }
        Ok(())
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
        let looker = Looker {
            ledger: &shared.ledger,
            parser: &*shared.parser,
            tokens: &*shared.tokens,
            options: &shared.options.chunk,
            chunked_by: &shared.chunked_by,
        };
        let chunks: Vec<_> = documents
            .iter()
            .map(|entry| (entry.doc_id, looker.chunks(entry.doc_id, &entry.document)))
            .collect();
        shared.ledger.replace_chunks(&shared.chunked_by, &chunks)?;
        let spaces: Vec<SpaceId> = shared
            .ledger
            .spaces()?
            .into_iter()
            .map(|space| space.id)
            .collect();
        self.publish(&spaces)?;
        Ok(true)
    }

    /// Everything is done: tidy up while nobody waits.
    fn settle(&mut self) -> Result<()> {
        self.sync_vectors()?;
        let shared = self.shared;
        for space in shared.ledger.spaces()? {
            shared
                .runtime
                .block_on(shared.indexes.tidy(&shared.ledger, space.id))?;
        }
        shared.ledger.collect_unused_embeddings()?;
        shared.ledger.checkpoint()?;
        shared.set_activity(Activity::Idle);
        shared.progress.lock().files_per_second = 0.0;
        shared.reporter.report(&IndexEvent::Idle);
        shared.touch();
        Ok(())
    }

    /// Waits for a command, the next retry, or the next full scan.
    fn wait(&mut self, next_full_scan: Instant) {
        let mut timeout = next_full_scan.saturating_duration_since(Instant::now());
        if !self.due.is_empty() {
            timeout = timeout.min(self.shared.options.debounce);
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
