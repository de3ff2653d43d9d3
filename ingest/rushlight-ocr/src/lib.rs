//! Text of pictures: scanned pages and images, read with PP-OCR models on rten.
//!
//! Pixels in, lines with places and confidence out. This crate knows nothing of documents, pages or where models
//! are kept: the models' bytes are given to it, and it opens no file, so it runs inside a locked worker process.
//! Reading a page takes a second or more of every thread it was given: call it from a thread that may compute.
//!
//! The steps: `detector` finds out where text is (`boxes`), `turn` how the page lies, `crop` cuts the lines out, `reader`
//! and `ctc` read them, `order` puts them into reading order.

mod boxes;
mod crop;
mod ctc;
mod detector;
mod geometry;
mod line;
mod network;
mod order;
mod reader;
mod recogniser;
mod turn;

pub use line::{Area, Line};
pub use recogniser::{ModelBytes, OcrError, Recogniser};
