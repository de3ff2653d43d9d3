//! What happens between a file on disk and the ledger, as pure functions over values: comparing a scan with what is
//! known, cutting documents into chunks, and naming what is embedded.
//!
//! Knows no file format, no database and no model; reads nothing, waits for nothing. Every thread may call it; the
//! indexing thread does.

mod chunk;
mod embed;
mod estimate;
mod place;
mod plan;
mod quote;
mod sentences;
mod split;
mod title;

pub use chunk::{ChunkDraft, ChunkOptions, chunk};
pub use embed::{chunk_id, embedding_key, embedding_text, title_text};
pub use estimate::EstimatedTokens;
pub use place::place_of;
pub use plan::{PlanScope, adopt_moved, plan};
pub use quote::{Original, repeats};
pub use title::title_is_embedded;
