//! The port `KeywordIndex` on tantivy: BM25 over title, keywords, headings and text, with an analyzer for Latin words and for
//! scripts written without spaces; people, tags, paths, languages and conversations as fields of their own.
//!
//! tantivy keeps the segments; queries are run by this crate. `compile` makes one ready for a `view` of the last commit as the
//! asker may see it, `plan` runs it over sets of rows, `leaders` where only the best are asked for, `find` has the steps of a search, and `explain` takes a score apart.
//!
//! One index is one folder and holds one space. It stores no text, only ids and what filters need. It must not know where
//! documents come from, and it never repairs itself: what cannot be read is an `IndexFailed`, upon which the caller deletes
//! the folder and feeds the documents again. Calls block; any thread may make them. One writing thread is tantivy's own.

mod asked_of;
mod begun;
mod compile;
mod explain;
mod failure;
mod find;
mod highlight;
mod index;
mod keys;
mod last_resort;
mod leaders;
mod names;
mod plan;
mod positions;
mod rows;
mod schema;
mod score;
mod stands;
mod suggest;
#[cfg(test)]
mod testing;
mod tokenizer;
mod top;
mod view;
mod words;

pub use highlight::query_spans;
pub use index::{KeywordOptions, TantivyIndex};
pub use schema::VERSION as INDEX_VERSION;
