//! The whole system with the real adapters and the real models, through the binary, as a user has it.
//!
//! Models are read from `RUSHLIGHT_MODELS_DIR`, where `make test` has put them; without them a test says `skipped: ` and why.

#![allow(clippy::print_stdout, reason = "a test that cannot run says why")]

mod answers;
mod bad_input;
mod binary;
mod crash;
mod evaluation;
mod journey;
mod models;
mod offline;
mod receipts;
mod rerank;
mod serve;
mod suites;
