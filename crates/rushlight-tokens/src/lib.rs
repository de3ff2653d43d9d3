//! The tokenizer of the embedding model, read from its `tokenizer.json`.
//!
//! The pieces, their scores and the normalization are those of the file; the tokens and their places are, to the byte,
//! those the `tokenizers` library finds (`tests/exact.rs` of rushlight-embed-onnx compares them), but for one mend: where a
//! text begins with characters that normalization removes, the library's places are off by those. It exists because that
//! library takes a second and 280 MB to load 250,000 pieces.
//!
//! A text goes through three steps: [`normalize`] replaces characters by the file's map and composes them, [`words`]
//! gathers what lies between white space, and [`pieces`] finds the best split of each word; [`known`] remembers words.

mod charsmap;
mod file;
mod known;
mod normalize;
mod pieces;
mod tokenizer;
mod words;

pub use tokenizer::UnigramTokenizer;
