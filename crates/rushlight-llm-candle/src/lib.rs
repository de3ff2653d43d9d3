//! Language models in GGUF files, on the processor.
//!
//! [`CandleModel::load`] reads a file whole and keeps it; deciding when to load is the caller's. The model is behind a
//! mutex: one thread generates, a second caller waits. The arithmetic is that of rushlight-kernels, on
//! threads of its own; candle reads the file, and multiplies what is stored as floats.
//!
//! The model's state after the last prompt of each conversation is kept, as far as a bound of memory allows: a prompt costs only what comes
//! after the tokens that it has in common with the one that begins most alike. The state behind a system turn is kept beside them, also in a
//! file where there is a folder for it.
//! Nothing of candle, tokenizers or minijinja stands in a public signature.

mod chat;
mod conversations;
mod decoder;
mod gguf;
mod lookup;
mod marks;
mod memory;
mod model;
mod prefixes;
mod sampling;
mod sentencepiece;
mod session;
mod stop;
#[cfg(test)]
mod testing;
mod text;
mod thinking;
mod transformer;
mod weights;

pub use model::{CandleModel, CandleOptions};
