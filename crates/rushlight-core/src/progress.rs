//! Progress as data: the command line draws it, the API polls it, tests compare it.

use crate::id::{SourceId, SpaceId};

/// Files of a source or of everything, by state. They always add up: `seen = indexed + skipped + failed + waiting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that the last scan saw and the ledger knows.
    pub seen: u64,
    /// Searchable by word.
    pub indexed: u64,
    /// Deliberately left out.
    pub skipped: u64,
    /// Could not be read; see their error.
    pub failed: u64,
    /// Known and not yet looked at.
    pub waiting: u64,
}

/// Something that happened while indexing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexEvent {
    /// A scan begins.
    ScanStarted {
        /// The source.
        source: SourceId,
    },
    /// A scan is done and so many files are to be looked at.
    Planned {
        /// The source.
        source: SourceId,
        /// New or changed.
        upserts: u64,
        /// Gone.
        deletes: u64,
        /// Moved.
        renames: u64,
    },
    /// A file reached its state.
    FileDone {
        /// The source.
        source: SourceId,
        /// Path below the root.
        path: String,
        /// `indexed`, `skipped` or `failed`.
        status: &'static str,
    },
    /// What was written is searchable by word.
    Committed {
        /// The space.
        space: SpaceId,
    },
    /// So many chunks of so many have their vectors.
    Embedded {
        /// Done since the run began.
        done: u64,
        /// Still to do.
        waiting: u64,
    },
    /// So many pages were recognised.
    Recognised {
        /// Done since the run began.
        done: u64,
        /// Still to do.
        waiting: u64,
    },
    /// The source's root is missing; its documents stay.
    Offline {
        /// The source.
        source: SourceId,
    },
    /// Nothing is left to do.
    Idle,
}

/// Takes progress. Called from the indexing thread; must return at once.
pub trait Reporter: Send + Sync {
    /// Something happened.
    fn report(&self, event: &IndexEvent);
}
