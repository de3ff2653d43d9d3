//! The port `KeywordIndex` on tantivy: BM25 over title, keywords, headings and text, with an analyzer for Latin words and for
//! scripts written without spaces.
//!
//! One index is one folder and holds one space. It stores no text, only ids and what filters need. It must not know where
//! documents come from, and it never repairs itself: what cannot be read is an `IndexFailed`, upon which the caller deletes
//! the folder and feeds the documents again. Calls block; any thread may make them. One writing thread is tantivy's own.

mod compile;
mod explain;
mod failure;
mod find;
mod highlight;
mod index;
mod keys;
mod names;
mod plan;
mod positions;
mod rows;
mod schema;
mod score;
mod stands;
mod suggest;
mod tokenizer;
mod top;
mod view;
mod words;

pub use highlight::query_spans;
pub use index::{KeywordOptions, TantivyIndex};
