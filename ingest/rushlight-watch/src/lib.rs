//! A folder as a source: scans it with ignore rules, reads its files, and watches it.
//!
//! Events are hints: they only name paths worth looking at, and a scan says what is there. This crate must not know
//! what becomes of a file, and never writes below the root. A scan and a fetch run on the caller's thread (the
//! indexing thread); events come from threads of the watcher.

mod fetch;
mod options;
mod rules;
mod scan;
mod source;
mod watch;

pub use options::{FolderOptions, LargeFiles};
pub use source::FolderSource;
