//! The copy of the table in memory: when it is read, and how it keeps step with the commits.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{RwLock, RwLockUpgradableReadGuard};
use rushlight_core::{DocId, IndexedDocument, Result};
use rushlight_vectors_resident::{Fields, Options, ResidentVectors};

use crate::table::Snapshot;

/// What a commit changed; `None` removes.
pub(crate) type Changes = BTreeMap<DocId, Option<IndexedDocument>>;

/// How often one who waits for another's reading looks again.
const WAIT: Duration = Duration::from_millis(5);

/// The copy in memory, if there is one yet.
pub(crate) struct Memory {
    options: Options,
    state: RwLock<State>,
}

enum State {
    /// Not to be used.
    Off,
    /// Not needed so far.
    Absent,
    /// Being read. What is committed meanwhile waits, and is applied in this order.
    Reading(Vec<Changes>),
    Ready(ResidentVectors),
}

impl Memory {
    /// A copy that is read when [`Memory::read`] is called; of an empty table, there at once.
    pub(crate) fn new(options: Options, empty: bool) -> Self {
        let state = match empty {
            true => State::Ready(ResidentVectors::new(options)),
            false => State::Absent,
        };
        Self {
            options,
            state: RwLock::new(state),
        }
    }

    pub(crate) fn off() -> Self {
        Self {
            options: Options {
                dimensions: 0,
                threads: 1,
            },
            state: RwLock::new(State::Off),
        }
    }

    /// Never to be used again: it may be out of step.
    pub(crate) fn turn_off(&self) {
        *self.state.write() = State::Off;
    }

    /// The answer from memory, or `None` while there is no copy. Computes on this thread, whose other tasks go elsewhere.
    pub(crate) fn answer<T>(&self, question: impl FnOnce(&ResidentVectors) -> T) -> Option<T> {
        let state = self.state.read();
        match &*state {
            State::Ready(vectors) => Some(tokio::task::block_in_place(|| question(vectors))),
            State::Off | State::Absent | State::Reading(_) => None,
        }
    }

    /// Takes a commit into the copy. To be called after readers of the table were shown it.
    pub(crate) fn commit(&self, changes: Changes) {
        match &mut *self.state.write() {
            State::Ready(vectors) => apply(vectors, &changes),
            State::Reading(waiting) => waiting.push(changes),
            State::Off | State::Absent => {}
        }
    }

    pub(crate) fn is_reading(&self) -> bool {
        matches!(&*self.state.read(), State::Reading(_))
    }

    pub(crate) fn is_wanted(&self) -> bool {
        matches!(&*self.state.read(), State::Absent)
    }

    /// Bytes of the copy, when there is one.
    pub(crate) fn bytes(&self) -> Option<usize> {
        match &*self.state.read() {
            State::Ready(vectors) => Some(vectors.bytes()),
            State::Off | State::Absent | State::Reading(_) => None,
        }
    }

    /// `true` when the caller is the one to read.
    fn begin(&self) -> bool {
        let state = self.state.upgradable_read();
        if !matches!(*state, State::Absent) {
            return false;
        }
        *RwLockUpgradableReadGuard::upgrade(state) = State::Reading(Vec::new());
        true
    }

    fn finish(&self, read: Option<ResidentVectors>) {
        let mut state = self.state.write();
        let State::Reading(waiting) = std::mem::replace(&mut *state, State::Absent) else {
            *state = State::Off;
            return;
        };
        if let Some(mut vectors) = read {
            waiting.iter().for_each(|changes| apply(&mut vectors, changes));
            *state = State::Ready(vectors);
        }
    }
}

fn apply(vectors: &mut ResidentVectors, changes: &Changes) {
    for (doc_id, document) in changes {
        vectors.remove(*doc_id);
        let Some(document) = document else { continue };
        for chunk in &document.chunks {
            if let Some(embedding) = &chunk.embedding {
                vectors.append(Fields::from(document), chunk.id, embedding.values());
            }
        }
    }
    vectors.tidy();
}

/// Reads the copy unless it is there or being read, and waits until it is. `snapshot` makes the last commit's rows a stream;
/// it is called after commits have begun to wait, so that none is missed between.
///
/// # Errors
/// What reading the table came to; the next call tries again.
pub(crate) async fn read(
    memory: Arc<Memory>,
    snapshot: impl AsyncFnOnce() -> Result<Snapshot>,
) -> Result<()> {
    if !memory.begin() {
        while memory.is_reading() {
            tokio::time::sleep(WAIT).await;
        }
        return Ok(());
    }
    let begun = Begun(Arc::downgrade(&memory));
    let options = memory.options;
    // From here on, the copy of an index that was closed is not read to its end.
    drop(memory);
    let started = Instant::now();
    let mut rows = snapshot().await?;
    let mut vectors = ResidentVectors::new(options);
    while begun.0.strong_count() > 0 {
        let more = rows
            .next(|fields, chunk, vector| vectors.append(fields, chunk, vector))
            .await?;
        if !more {
            let milliseconds = started.elapsed().as_millis() as u64;
            tracing::info!(
                chunks = vectors.len(),
                bytes = vectors.bytes(),
                milliseconds,
                "vectors are in memory"
            );
            begun.done(vectors);
            return Ok(());
        }
    }
    Ok(())
}

/// A reading; when it ends early, the next begins anew.
struct Begun(Weak<Memory>);

impl Begun {
    fn done(mut self, vectors: ResidentVectors) {
        if let Some(memory) = std::mem::take(&mut self.0).upgrade() {
            memory.finish(Some(vectors));
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(memory) = self.0.upgrade() {
            memory.finish(None);
        }
    }
}
