//! The whole system on fakes, and what holds for the tree as a whole.

mod access;
mod architecture;
mod ask_across;
mod ask_kinds;
mod bad_questions;
mod docs;
mod facets;
mod hostile;
mod journey;
mod judgements;
mod library;
mod links;
mod mail;
mod models;
mod originals;
mod queue;
mod receipts;
mod rerank;
mod scans;
mod search;
mod sentences;
mod soak;
mod system;
mod titles;
