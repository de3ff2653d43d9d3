//! The quick half of indexing: files are read, parsed and chunked, and become searchable by word.
//!
//! Two batches are under way at a time: while one is written to the ledger and to the keyword index, the next is read.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rushlight_core::{FileRecord, FileRow, FileStatus, IndexEvent, Result, SpaceId, Timestamp};
use rushlight_ledger::{CompletedFile, FileOutcome};

use crate::engine::Shared;
use crate::indexer::Indexer;
use crate::status::Activity;

/// Files handed out at once.
const BATCH_FILES: usize = 1024;
/// Bytes of files handed out at once; one larger file goes alone.
const BATCH_BYTES: u64 = 32 << 20;
/// A batch is written when so much time has passed, so that what was read becomes searchable.
const BATCH_TIME: Duration = Duration::from_millis(1000);

/// What became of a batch once it is written.
pub(crate) struct Written {
    files: u64,
    spaces: Vec<SpaceId>,
}

impl Indexer<'_> {
    /// Reads files until none waits or something more urgent comes; false when none waited.
    pub(crate) fn look_at_files(&mut self) -> Result<bool> {
        let shared = self.shared;
        let (batch, large) = next_batch(shared, &[])?;
        if !batch.is_empty() {
            self.guarded(|indexer| indexer.look_at_many(batch))?;
            return Ok(true);
        }
        match large {
            Some(file) => self
                .guarded(|indexer| indexer.look_at_large(&file))
                .map(|()| true),
            None => {
                self.large = None;
                Ok(false)
            }
        }
    }

    /// Should writing fail half-way, what reached the ledger is published with the next attempt.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let spaces = self.shared.ledger.spaces()?.into_iter().map(|space| space.id);
        let before: BTreeSet<SpaceId> = std::mem::replace(&mut self.unpublished, spaces.collect());
        work(self)?;
        self.unpublished = before;
        Ok(())
    }

    fn look_at_many(&mut self, mut batch: Vec<FileRecord>) -> Result<()> {
        let shared = self.shared;
        shared.set_activity(Activity::Indexing);
        std::thread::scope(|scope| {
            let mut writing: Option<ScopedJoinHandle<'_, Result<Written>>> = None;
            while !batch.is_empty() {
                shared.gate.pass(|| shared.stopping());
                let begun = Instant::now();
                // No later than when the first file is read: what is written after this may change again unseen.
                let now = shared.clock.now();
                let looked = look_at_batch(shared, &batch, begun);
                if let Some(before) = writing.take() {
                    self.account(joined(before))?;
                }
                let looked = looked?;
                let under_way: Vec<FileRow> = looked.iter().map(|file| file.file).collect();
                let bytes: u64 = looked.iter().map(|file| file.stamp.size).sum();
                let mut progress = shared.progress.lock();
                progress.files.add(looked.len() as f64, begun.elapsed());
                progress.file_bytes.add(bytes as f64, begun.elapsed());
                drop(progress);
                let files = std::mem::take(&mut batch);
                writing = Some(scope.spawn(move || write(shared, &files, &looked, now)));
                if shared.stopping() || !shared.pending_commands.is_empty() {
                    break;
                }
                (batch, _) = next_batch(shared, &under_way)?;
            }
            writing.map_or(Ok(()), |last| self.account(joined(last)))
        })
    }

    /// Looks at a file that is read whole, alone.
    pub(crate) fn look_at_one(&mut self, file: &FileRecord) -> Result<()> {
        let shared = self.shared;
        let now = shared.clock.now();
        let batch = std::slice::from_ref(file);
        let looked = look_at_batch(shared, batch, Instant::now())?;
        self.account(write(shared, batch, &looked, now))
    }

    pub(crate) fn account(&mut self, written: Result<Written>) -> Result<()> {
        let Written { files, spaces } = written?;
        self.summary.files += files;
        self.unsynced_vectors.extend(spaces);
        self.shared.touch();
        Ok(())
    }
}

/// The next files that wait and are not under way, and the first of those that are too large to be read with others.
fn next_batch(shared: &Shared, under_way: &[FileRow]) -> Result<(Vec<FileRecord>, Option<FileRecord>)> {
    let mut files = shared.ledger.next_waiting(
        shared.clock.now(),
        BATCH_FILES + under_way.len(),
        // What is under way is handed out again, and took no more than this.
        BATCH_BYTES * if under_way.is_empty() { 1 } else { 2 },
    )?;
    files.retain(|file| !under_way.contains(&file.id));
    files.truncate(BATCH_FILES);
    let (batch, large): (Vec<FileRecord>, Vec<FileRecord>) = files
        .into_iter()
        .partition(|file| file.stamp.size <= shared.options.pieces_above);
    Ok((batch, large.into_iter().next()))
}

/// Looks at the batch on several threads until it is done or its time is over. At least one file is done.
fn look_at_batch(shared: &Shared, batch: &[FileRecord], begun: Instant) -> Result<Vec<CompletedFile>> {
    let mut sources = BTreeMap::new();
    for file in batch {
        if let Entry::Vacant(entry) = sources.entry(file.source_id) {
            let record = shared.ledger.source(file.source_id)?;
            entry.insert(shared.source(&record)?);
        }
    }
    let looker = shared.looker();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Ok(Vec::with_capacity(batch.len())));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let late = index > 0 && (begun.elapsed() > BATCH_TIME || shared.stopping());
            let Some(file) = batch.get(index).filter(|_| !late) else {
                return;
            };
            let looked = looker.look_at(&*sources[&file.source_id], file);
            let mut done = done.lock();
            match (&mut *done, looked) {
                (Ok(files), Ok(file)) => files.push(file),
                (Ok(_), Err(error)) => *done = Err(error),
                (Err(_), _) => return,
            }
        }
    };
    let threads = shared.options.parse_threads.clamp(1, batch.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    done.into_inner()
}

/// Puts what was looked at into the ledger and makes it searchable by word.
pub(crate) fn write(
    shared: &Arc<Shared>,
    batch: &[FileRecord],
    looked: &[CompletedFile],
    now: Timestamp,
) -> Result<Written> {
    let completion = shared.ledger.complete_files(looked, now)?;
    let spaces = publish(shared, completion.changed_spaces)?;
    let before: BTreeMap<FileRow, &FileRecord> = batch.iter().map(|file| (file.id, file)).collect();
    for done in looked {
        let file = before[&done.file];
        shared.reporter.report(&IndexEvent::FileDone {
            source: file.source_id,
            path: file.stamp.path.clone(),
            status: outcome_word(&done.outcome, &file.status),
        });
    }
    Ok(Written {
        files: looked.len() as u64,
        spaces,
    })
}

/// Makes what was written searchable by word. Returns the spaces that changed.
pub(crate) fn publish(shared: &Shared, changed: Vec<SpaceId>) -> Result<Vec<SpaceId>> {
    let mut spaces = shared.settle_quotes()?;
    spaces.extend(changed);
    for space in &spaces {
        shared.indexes.sync_keyword(&shared.ledger, *space)?;
        shared.reporter.report(&IndexEvent::Committed { space: *space });
    }
    Ok(spaces.into_iter().collect())
}

/// The thread's result; its panic goes on in this thread.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn outcome_word(outcome: &FileOutcome, before: &FileStatus) -> &'static str {
    match outcome {
        FileOutcome::Indexed { .. } | FileOutcome::IndexedInPieces { .. } => "indexed",
        FileOutcome::Skipped(_) => "skipped",
        FileOutcome::Failed { .. } => "failed",
        FileOutcome::Unchanged if *before == FileStatus::Waiting => "indexed",
        FileOutcome::Unchanged => before.as_str(),
    }
}
