//! The worker: a child process that reads what is hard to read safely.
//!
//! The parent sends one [`Setup`](protocol::Setup), then requests; the worker answers each with one reply, and messages and
//! notes, of which one request has many, with one for each, until its standard input ends. It limits itself before it says that it is ready, so no document is ever read unguarded.

mod child;
mod limits;
mod pool;
mod protocol;
#[cfg(target_os = "linux")]
mod sandbox;

pub use child::{main, main_with_faults};
pub(crate) use pool::{Loss, Pool, Reply, Worker};
pub(crate) use protocol::{Answer, Form, Job, Piece};
#[cfg(test)]
pub(crate) use protocol::{receive, send};

/// How far a worker is shut off from the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Isolation {
    /// Memory, open files and written files are limited.
    pub limits: bool,
    /// The kernel refuses it the file system (Landlock).
    pub file_system: bool,
    /// The kernel refuses it sockets, programs and opening files (seccomp).
    pub system_calls: bool,
}
