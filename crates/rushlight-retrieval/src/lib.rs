//! From two lists of chunks to one: normalisation and fusion of the keyword leg and the semantic leg.
//!
//! `query` reads what a person typed. Pure functions over values; knows no index, no ledger and no model. Any thread may call it.

mod fuse;
pub mod query;

pub use fuse::{FusedChunk, fuse};
