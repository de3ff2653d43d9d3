//! Scans: pages of PDFs without usable text, and pictures.
//!
//! The parser asks for such a page ([`fill`]) and goes on without it when it is not known. [`PageReader`] reads one: in
//! a worker of its own, which loads the models before it shuts itself off, renders the page or decodes the picture, and
//! answers with lines, their places and how sure it is of each.

mod ask;
mod lines;
mod page;
mod picture;
mod reader;
mod tiff;

use serde::{Deserialize, Serialize};

pub(crate) use self::ask::{ScanNotes, fill, no_text};
pub(crate) use self::page::recognise;
pub(crate) use self::picture::PictureKind;
pub use self::reader::{PageReader, RecogniserFiles, RecogniserOptions};
pub(crate) use self::tiff::frame_count;

/// What the worker finds on a page.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ScannedText {
    /// Size of the picture that was read, in pixels.
    pub(crate) width: u32,
    /// See `width`.
    pub(crate) height: u32,
    /// Pixels for each unit of the page: points of a PDF, pixels of a picture before it was scaled down.
    pub(crate) scale: f32,
    /// In reading order.
    pub(crate) lines: Vec<rushlight_ocr::Line>,
}
