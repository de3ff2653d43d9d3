//! What a caller decides about a folder.

use std::time::Duration;

/// Files that may be larger than others, because they are not read at once.
#[derive(Clone, Copy, Debug)]
pub struct LargeFiles {
    /// Above this size they are left out too.
    pub max_bytes: u64,
    /// Whether the file of this path with these first bytes, 4 KiB where there are so many, is one.
    pub admits: fn(&str, &[u8]) -> bool,
}

/// Options of [`crate::FolderSource`].
#[derive(Clone, Debug)]
pub struct FolderOptions {
    /// Files above this size are seen and left out.
    pub max_file_bytes: u64,
    /// Those of them that are not left out.
    pub large_files: Option<LargeFiles>,
    /// Patterns of files and folders to leave out, in the syntax of `.gitignore`, relative to the root. They stand
    /// behind the built-in ones, so that `!pattern` brings back what those leave out.
    pub ignore_patterns: Vec<String>,
    /// Leave out what nobody searches for: hidden files and folders, version control, build output, temporary files.
    pub builtin_ignores: bool,
    /// Events are collected for this long before they are passed on, so that one save is one event.
    pub debounce: Duration,
    /// How often a folder that the system cannot watch is looked through instead.
    pub poll_interval: Duration,
}

impl Default for FolderOptions {
    fn default() -> Self {
        Self {
            max_file_bytes: 256 << 20,
            large_files: None,
            ignore_patterns: Vec::new(),
            builtin_ignores: true,
            debounce: Duration::from_millis(120),
            poll_interval: Duration::from_secs(30),
        }
    }
}
