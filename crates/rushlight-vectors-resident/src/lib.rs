//! The vectors of one index in memory, small enough to keep and fast enough to compare every one of them.
//!
//! A vector is kept as numbers of sixteen bits with one scale, cut into two planes of eight. A search reads the first plane
//! of every row that the filter lets pass, half the bytes, and knows each cosine but for an error with a known bound. Rows
//! that could be among the best are then scored from both planes, to within about a millionth. So every row is compared, none
//! is lost to an approximation, and what may not be read is never scored.
//!
//! Pure: it opens no file and knows no database. Whoever owns the durable copy feeds documents in and decides when. Called
//! from any thread; a search may start one thread per [`Options::threads`] and waits for them.

mod compare;
mod documents;
mod gather;
mod plane;
mod quantize;
mod vectors;

pub use documents::Fields;
pub use vectors::{Options, ResidentVectors};
