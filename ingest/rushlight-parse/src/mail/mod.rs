//! Mail: one message becomes a document, and so does each attachment that can be read. The worker takes messages apart
//! ([`take`]), this side puts their documents together and parts mailboxes at their separator lines.

mod body;
mod calendar;
mod defuse;
pub(crate) mod emlx;
pub(crate) mod flags;
pub(crate) mod header;
pub(crate) mod mailbox;
pub(crate) mod markup;
pub(crate) mod mbox;
mod parts;
pub(crate) mod pieces;
mod saved_page;
mod sealed;
mod take;
mod thread;
mod together;
mod winmail;

use rushlight_core::ContentHash;

pub(crate) use header::one_line;
pub(crate) use saved_page::{SavedPage, saved_page};
pub(crate) use take::take;
pub(crate) use winmail::Winmail;

/// Where a message lies, and what its documents are called after.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Part of the message itself; empty for the file's own.
    pub(crate) part: &'a str,
    /// Its title when it has no subject.
    pub(crate) name: &'a str,
    /// Messages above it.
    pub(crate) depth: u32,
}

/// BLAKE3 of the bytes.
pub(crate) fn content_hash(bytes: &[u8]) -> ContentHash {
    ContentHash(*blake3::hash(bytes).as_bytes())
}
