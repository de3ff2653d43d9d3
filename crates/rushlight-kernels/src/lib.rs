//! The arithmetic of a language model on a processor, where it takes the time: products with quantised matrices, attention
//! over a 16-bit cache, and what lies between them.
//!
//! Weights stay as small as in the file. They are repacked once into tiles of 16 rows, so that one instruction multiplies four
//! columns of all 16 rows with four values of the input. What is multiplied is rounded to 8 bits for every 256 values, as GGML
//! does for its k-quants. Instructions are chosen at run time: AVX-512 with VNNI, AVX2 with FMA, or plain Rust.
//!
//! Nothing here knows a file format but the blocks of GGML, and nothing here knows candle, so that the crate can be used by
//! others.

mod attention;
mod block;
mod elementwise;
mod f16;
mod input;
mod isa;
mod matrix;
mod memory;
mod multiply;
#[cfg(test)]
mod stored;
mod tile;

pub use attention::{Attention, KeyValueCache};
pub use block::{BlockType, WrongSize};
pub use elementwise::{add, geglu, rms_norm, rotate, swiglu};
pub use input::Input;
pub use isa::Isa;
pub use matrix::Matrix;
pub use memory::Memory;
