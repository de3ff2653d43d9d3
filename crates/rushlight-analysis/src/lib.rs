//! From text to the terms that searches match by.
//!
//! Pure functions over text, equal for what is indexed and for what is asked. Knows no index and does no I/O; any thread may
//! call it.

mod analyze;
mod fold;

pub use analyze::{TermKind, Token, analyze};
