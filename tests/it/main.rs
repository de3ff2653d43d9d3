//! The whole system on fakes, and what holds for the tree as a whole.

mod architecture;
mod journey;
mod judgements;
mod links;
mod mail;
mod queue;
mod receipts;
mod rerank;
mod scans;
mod search;
mod soak;
mod system;
