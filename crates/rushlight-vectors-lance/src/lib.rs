//! The port `VectorIndex` on LanceDB: one table per space, thin rows, exact cosine search.
//!
//! A row holds ids, what filters need and the vector; never text. LanceDB is the durable copy. From the first search on,
//! another is in memory (`rushlight-vectors-resident`) and answers instead; it shows every commit as the table does. Until it
//! is read, and where it is switched off, LanceDB compares every vector that passes the filter. One index is one folder. It
//! must not know where vectors come from, and it never repairs itself: what cannot be read is an `IndexFailed`, upon which
//! the caller deletes the folder and feeds the documents again. Called from tasks of a multi-threaded tokio runtime.

mod durable;
mod filter;
mod index;
mod memory;
mod rows;
mod table;

pub use index::{LanceIndex, LanceOptions};
