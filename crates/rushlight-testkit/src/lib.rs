//! What tests need and the product does not: fakes of every port, contract suites that a fake and the real adapter
//! both pass, and a notation that holds a whole folder in one string.
//!
//! The fakes are deterministic, keep everything in memory and are stricter than the real adapters: what a caller must
//! not do panics here. The crate knows `rushlight-core` only; no adapter, no engine. Any thread may use it.

pub mod contract;
mod embedder;
mod fixture;
mod hit;
mod keyword;
mod model;
mod obedient;
mod recogniser;
mod rerank;
mod shelf;
mod source;
mod time;
mod translate;
mod vectors;
mod words;

pub use embedder::{HashEmbedder, WordTokenCounter};
pub use fixture::Fixture;
pub use hit::hit;
pub use keyword::MemKeywordIndex;
pub use model::ScriptedModel;
pub use recogniser::{FakeRecogniser, POISON};
pub use rerank::OverlapReranker;
pub use source::FakeSource;
pub use time::{FixedClock, RecordingReporter};
pub use translate::PairTranslator;
pub use vectors::MemVectorIndex;
