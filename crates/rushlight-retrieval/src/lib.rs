//! From two lists of chunks to what a person sees: fusion of the keyword leg and the semantic leg, with the reasons.
//!
//! [`query`] reads what a person typed. Search fuses in two steps ([`fuse_reading`]): [`fuse`] without texts orders all
//! candidates; the texts of the best [`READ`] are read, and with their [`coverage`] of the query and the scripts they are written in ([`QueryFeatures::with_texts`]) `fuse` orders them again.
//!
//! [`guarantee()`] then keeps what was asked for to the letter on the first page, [`group`](group::group) puts chunks of a document and
//! mails of a conversation under the best, [`fold`](families::fold) versions and copies of a document under the newest, and
//! [`join`](context::join) neighbours to one stretch; [`Recency`](recency::Recency) prefers what is newer, where it is asked for.
//!
//! Pure functions over values; knows no index, no ledger and no model. Any thread may call it.

mod background;
pub mod context;
mod coverage;
pub mod families;
mod features;
mod fuse;
pub mod group;
mod guarantee;
mod names;
pub mod query;
pub mod recency;
mod served;
mod titles;
pub mod weight;

pub use coverage::{ChunkText, Coverage, READ, coverage};
pub use features::{QueryFeatures, SCRIPT_TEXTS};
pub use fuse::{FuseInput, Fused, FusedChunk, FusionOptions, ScoreParts, fuse};
pub use guarantee::{SEATS, exact_terms, guarantee};
pub use served::{Legs, fuse_reading};
pub use titles::{TITLES, TitleQueries, found_by_title_alone};
