//! How well questions find the documents that answer them, on sets with known answers.
//!
//! A [`Set`] is read from a folder; [`evaluate`] feeds it to a keyword index, an embedder and a vector index behind
//! their ports, asks every query of each leg and of their fusions, and returns a [`Report`] as a table or as JSON.
//!
//! The crate names no adapter and does not know the engine: it measures the parts with the engine's own fusion. It
//! reads the set's files and, where one is given, a file of kept embeddings; nothing else. One thread calls it and
//! waits: embedding and searching by word compute on the caller's thread.

mod cache;
mod evaluate;
mod measure;
mod report;
mod rrf;
mod set;

pub use cache::CachedEmbedder;
pub use evaluate::{EvalOptions, EvalParts, EvalProgress, evaluate};
pub use measure::{Mean, ndcg_at, recall_at, reciprocal_rank_at};
pub use report::{Leg, LegReport, Report, Seconds};
pub use rrf::{RRF_K, reciprocal_rank_fusion};
pub use set::{Document, Query, Set};
