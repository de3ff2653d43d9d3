//! What a caller decides: how the worker is started and what it may take.

use std::path::PathBuf;
use std::time::Duration;

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
    /// Wall-clock time for one document; then the worker is killed.
    pub timeout: Duration,
    /// Wall-clock time for the worker to start and say so.
    pub start_timeout: Duration,
    /// Memory in bytes, beyond what the worker takes to start.
    pub memory_bytes: u64,
    /// Documents after which a worker is replaced, so that what its libraries leak does not add up.
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
    /// How deep a message may lie in a message and still be read.
    pub max_message_depth: u32,
    /// Most attachments of one message that are read; the others are named in a warning.
    pub max_attachments: usize,
}

impl ParseOptions {
    /// The defaults, with this worker.
    pub fn new(worker: WorkerCommand) -> Self {
        Self {
            worker,
            limits: WorkerLimits::default(),
            max_text_bytes: 32 << 20,
            max_message_depth: 8,
            max_attachments: 200,
        }
    }
}
