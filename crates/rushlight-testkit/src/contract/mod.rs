//! One suite per port. A suite asserts what the port's documentation in `rushlight-core` says, sentence by sentence; the
//! fake and the real adapter run the same. A suite panics with the sentence that does not hold.

mod embedder;
mod keyword_access;
mod keyword_documents;
mod keyword_index;
mod keyword_query;
mod language_model;
mod reranker;
mod sample;
mod source;
mod token_counter;
mod translator;
mod vector_index;

pub use embedder::embedder;
pub use keyword_index::keyword_index;
pub use language_model::language_model;
pub use reranker::reranker;
pub use sample::admits;
pub use source::source;
pub use token_counter::token_counter;
pub use translator::translator;
pub use vector_index::{DIMENSIONS, vector_index};
