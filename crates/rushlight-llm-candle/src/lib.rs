//! Language models in GGUF files, run by candle on the processor.
//!
//! [`CandleModel::load`] reads a file whole and keeps it; deciding when to load is the caller's. The model is behind a
//! mutex: one thread generates, a second caller waits. candle computes on a pool of its own, as many threads as there
//! are physical cores.
//!
//! The model's state after the last prompt is kept: a prompt costs only what comes after the tokens it begins with in common. Nothing of candle, tokenizers or minijinja stands in a public signature.

mod chat;
mod decoder;
mod gguf;
mod model;
mod sampling;
mod session;
mod stop;
mod text;
mod transformer;
mod weights;

pub use model::{CandleModel, CandleOptions};
