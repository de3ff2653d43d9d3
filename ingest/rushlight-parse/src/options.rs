//! What a caller decides: how the worker is started and what it may take.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How the worker is started: a program that calls [`crate::worker::main`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
}

/// What the worker may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerLimits {
    /// Wall-clock time for one document, message or note; then the worker is killed.
    pub timeout: Duration,
    /// Wall-clock time for the worker to start and say so.
    pub start_timeout: Duration,
    /// Memory in bytes, beyond what the worker takes to start.
    pub memory_bytes: u64,
    /// Documents after which a worker is replaced, so that what its libraries leak does not add up; a hundred messages or
    /// notes count as one.
    pub documents_per_worker: u32,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            start_timeout: Duration::from_secs(30),
            memory_bytes: 1 << 30,
            documents_per_worker: 100,
        }
    }
}

/// Passwords that encrypted files are tried with, in order. They are not shown: not in a log, not in an error.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passwords(Vec<String>);

impl Passwords {
    /// The passwords themselves.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl From<Vec<String>> for Passwords {
    fn from(passwords: Vec<String>) -> Self {
        Self(passwords)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passwords", self.0.len())
    }
}

/// Options of [`crate::Parsers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseOptions {
    /// How the worker is started.
    pub worker: WorkerCommand,
    /// What the worker may take.
    pub limits: WorkerLimits,
    /// Longest text taken out of a PDF or a web page, in bytes; what is beyond is left out with a warning. Such
    /// formats can unfold to many times their size. Text that stands in the file as it is has no such bound.
    pub max_text_bytes: usize,
    /// Largest message that is read out of a mailbox, in bytes; larger ones are named in a warning.
    pub max_message_bytes: usize,
    /// How deep a message may lie in a message and still be read.
    pub max_message_depth: u32,
    /// Most attachments of one message that are read; the others are named in a warning.
    pub max_attachments: usize,
    /// How deep an archive may lie in archives and messages and still be unpacked.
    pub max_archive_depth: u32,
    /// Most files of one archive that are read; how many more there are is said in a warning.
    pub max_members: u32,
    /// Most bytes that are unpacked for one file, archives in archives included; the rest is named in a warning.
    pub max_unpacked_bytes: u64,
    /// Most bytes of text that are taken from the archives of one file: all of it is held in memory until it is written.
    pub max_archive_text_bytes: u64,
    /// What encrypted PDFs are tried with, after the empty password.
    pub pdf_passwords: Passwords,
}

impl ParseOptions {
    /// The defaults, with this worker.
    pub fn new(worker: WorkerCommand) -> Self {
        Self {
            worker,
            limits: WorkerLimits::default(),
            max_text_bytes: 32 << 20,
            max_message_bytes: 256 << 20,
            max_message_depth: 8,
            max_attachments: 200,
            max_archive_depth: 3,
            max_members: 10_000,
            max_unpacked_bytes: 2 << 30,
            max_archive_text_bytes: 128 << 20,
            pdf_passwords: Passwords::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let mut options = ParseOptions::new(WorkerCommand {
            program: PathBuf::new(),
            args: vec![],
        });
        options.pdf_passwords = vec!["opensesame".to_owned()].into();
        assert!(!format!("{options:?}").contains("opensesame"));
    }
}
