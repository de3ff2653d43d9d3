//! The port `VectorIndex` on LanceDB: one table per space, thin rows, exact cosine search.
//!
//! A row holds ids, what filters need and the vector; never text. No vector index is built: every vector that passes the
//! filter is compared. One index is one folder. It must not know where vectors come from, and it never repairs itself: what
//! cannot be read is an `IndexFailed`, upon which the caller deletes the folder and feeds the documents again.
//! Called from tasks of a multi-threaded tokio runtime.

mod durable;
mod filter;
mod index;
mod rows;

pub use index::{LanceIndex, LanceOptions};
