//! How well questions find what answers them, on sets with known answers.
//!
//! Two kinds of sets. A [`Set`] brings its documents along (a folder, or a recipe of several): [`evaluate`] feeds it to an
//! empty keyword index, an embedder and an empty vector index behind their ports, and asks every query of each leg and of
//! their fusions. A [`QuestionSet`] asks a user's own index, through whatever search is handed to [`ask`]. Both end in a
//! [`Run`]: a table for people, JSON to keep; [`compare`] puts two beside each other. [`answers`] asks questions end to end and
//! judges what is answered.
//!
//! The crate names no adapter and does not know the engine. It reads the sets' files and, where one is given, a file of
//! kept embeddings, and writes a run where it is told to; nothing else. One thread calls it and waits: embedding and
//! searching by word compute on the caller's thread.

pub mod answers;
mod ask;
mod cache;
mod compare;
mod evaluate;
mod interval;
mod legs;
mod lines;
mod measure;
mod places;
mod questions;
mod recipe;
mod rrf;
mod run;
mod set;
mod table;
mod write;

pub use ask::{Library, ask};
pub use cache::CachedEmbedder;
pub use compare::{Change, Comparison, LegDifference, MeasureDifference, compare};
pub use evaluate::{EvalOptions, EvalProgress, evaluate};
pub use interval::{METHOD, Mean, RESAMPLES};
pub use legs::EvalParts;
pub use measure::{Values, ndcg_at, recall_at, reciprocal_rank_at};
pub use places::{KnownDocument, Place};
pub use questions::{Question, QuestionSet};
pub use recipe::{NoteReader, is_recipe};
pub use rrf::{RRF_K, reciprocal_rank_fusion};
pub use run::{Asked, Leg, LegReport, Ranking, Run, Seconds};
pub use rushlight_ingest::ChunkOptions;
pub use set::{Document, Passage, Query, QueryChoice, Set};
pub use write::{Judged, write_questions};
