//! The [`Embedder`](rushlight_core::Embedder) on fastembed and ONNX Runtime, and the
//! [`Reranker`](rushlight_core::Reranker) on ONNX Runtime alone.
//!
//! This crate knows a folder with `model.onnx` and `tokenizer.json`, and the path of ONNX Runtime's library. It does
//! not know where models come from, never reads the environment (the library is loaded from the path it is given,
//! `ORT_DYLIB_PATH` plays no part) and opens no connection.
//!
//! The indexing thread embeds passages on one session, with as many threads as it was given; questions have a session
//! of their own with one thread, so that a question never waits for a passage that is being indexed. Both may be called
//! from any thread that may compute for a while, and so may the reranker, one question after the other.

mod embedder;
mod reranker;
mod runtime;
mod session;

pub use embedder::{OnnxEmbedder, OnnxEmbedderOptions};
pub use reranker::{OnnxReranker, OnnxRerankerOptions};
