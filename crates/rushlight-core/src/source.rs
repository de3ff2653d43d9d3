//! Where files come from. Events are hints; a scan decides.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::ControlFlow;

use crate::document::{RawFile, SkipReason};
use crate::error::Result;
use crate::id::FileId;
use crate::time::Timestamp;

/// A file as a scan sees it, without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// Path below the source's root, with `/` between folders.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Last change, in nanoseconds since 1970 as the file system has it.
    pub modified_ns: i64,
    /// What the file system calls it, where it can say.
    pub file_id: Option<FileId>,
}

/// One entry of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanEntry {
    /// A file to index.
    File(FileStamp),
    /// A file that is seen and deliberately left out; it keeps a visible state.
    Skipped {
        /// The file.
        stamp: FileStamp,
        /// Why.
        reason: SkipReason,
    },
    /// A file or folder that could not be looked at; what is below a folder is not seen, and nothing of it is deleted.
    Unreadable {
        /// Path below the root; empty for the root.
        path: String,
        /// What the system said.
        message: String,
    },
}

/// What a scan covered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// False when the root is missing or cannot be read: the source is offline and nothing may be deleted.
    pub online: bool,
    /// Files reported, skipped ones included.
    pub files: u64,
    /// Entries that could not be looked at.
    pub unreadable: u64,
    /// True when `visit` asked to stop: the rest was not seen.
    pub stopped: bool,
    /// Device numbers of the root and of the folders that were walked: the file systems that are there. Empty where
    /// nobody knows.
    pub devices: BTreeSet<u64>,
}

/// A hint that something changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceEvent {
    /// This path may have changed, appeared or gone. A folder's path stands for all below it.
    Changed(String),
    /// Events were lost, or nobody knows what changed: look at everything.
    Rescan,
    /// Watching does not work here; only scans will notice changes. Why, for people.
    Degraded(String),
}

/// Watching goes on while this is kept.
pub trait WatchGuard: Send {}

/// What a source leaves out without a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOutBy {
    /// Patterns that are built in.
    pub builtin: Vec<String>,
    /// Patterns of the configuration.
    pub configured: Vec<String>,
    /// Name of the files with patterns that may lie in any folder; empty where there are none of the kind.
    pub file_name: String,
    /// Patterns of the one in the root.
    pub of_root: Vec<String>,
}

/// A root folder. Never writes to it.
pub trait Source: Send + Sync {
    /// The root as people know it: an absolute path.
    fn root(&self) -> &str;

    /// Visits everything below `under` (a path below the root; empty for all of it) in a stable order.
    ///
    /// # Errors
    /// Only for what makes the scan's result meaningless; a missing root is `online: false`, an entry that cannot be
    /// read is [`ScanEntry::Unreadable`].
    fn scan(&self, under: &str, visit: &mut dyn FnMut(ScanEntry) -> ControlFlow<()>) -> Result<ScanSummary>;

    /// Reads a file whole, and hashes it.
    ///
    /// # Errors
    /// `FileVanished` when it is gone, `FileUnreadable` when the system refuses, `FileTooLarge` above the cap.
    fn fetch(&self, stamp: &FileStamp) -> Result<RawFile>;

    /// Opens a file to be read from its start, however large it is, without holding it. It may change meanwhile: what was
    /// read is what a hash of the bytes read says.
    ///
    /// # Errors
    /// `FileVanished` when it is gone, `FileUnreadable` when the system refuses.
    fn open(&self, stamp: &FileStamp) -> Result<Box<dyn Read + Send>>;

    /// What it leaves out without a trace, as it stands now.
    fn left_out_by(&self) -> LeftOutBy {
        LeftOutBy::default()
    }

    /// Starts watching; `sink` is called from the watcher's own thread and must return at once.
    fn watch(&self, sink: Box<dyn Fn(SourceEvent) + Send + Sync>) -> Result<Box<dyn WatchGuard>>;
}

/// Nanoseconds of a file's change time as a point in time.
pub fn modified_at(modified_ns: i64) -> Timestamp {
    Timestamp(modified_ns.div_euclid(1_000_000))
}
