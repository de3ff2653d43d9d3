//! The detector and the recogniser, loaded and put together.

use std::sync::Arc;

use image::RgbImage;
use rten::ThreadPool;
use rten_imageproc::RotatedRect;

use crate::ctc::Reading;
use crate::detector::Detector;
use crate::geometry::{Strip, Turn};
use crate::line::Line;
use crate::order::reading_order;
use crate::reader::Reader;
use crate::turn::{self, Sample};

/// Lines that were read with less confidence are marks that are no text, or nothing that could be searched.
const MIN_CONFIDENCE: f32 = 0.5;
/// Strips that could lie another way are read that way as well when they were read with less.
const SURE: f32 = 0.9;

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
        /// `detector` or `recogniser`.
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

impl OcrError {
    /// The same, met while the model was tried out after loading.
    pub(crate) fn of_loading(self) -> Self {
        match self {
            Self::Run { part, reason } | Self::Model { part, reason } => Self::Model { part, reason },
        }
    }
}

/// A loaded detector and recogniser. It can be shared between threads; they then share its threads as well.
pub struct Recogniser {
    detector: Detector,
    reader: Reader,
}

impl Recogniser {
    /// Loads the models. Everything is computed by `threads` threads (at least one), which are started here.
    ///
    /// # Errors
    /// [`OcrError::Model`] when the bytes are no models of this kind or do not fit each other.
    pub fn load(models: ModelBytes, threads: usize) -> Result<Self, OcrError> {
        let threads = Arc::new(ThreadPool::with_num_threads(threads.max(1)));
        Ok(Self {
            detector: Detector::load(models.detector, Arc::clone(&threads))?,
            reader: Reader::load(models.recogniser, &models.dictionary, threads)?,
        })
    }

    /// The lines of a picture in reading order, top to bottom and left to right. A picture without text gives none.
    ///
    /// The same picture gives the same lines. Time and memory are bounded whatever the picture: too large ones are
    /// scaled down, and of very many pieces of text only a fixed number is read.
    ///
    /// # Errors
    /// [`OcrError::Run`] when a model fails.
    pub fn recognise(&self, picture: &RgbImage) -> Result<Vec<Line>, OcrError> {
        let boxes = self.detector.find(picture)?;
        let turn = self.turn(picture, &boxes)?;
        let strips: Vec<Strip> = boxes.iter().filter_map(|found| Strip::new(found, turn)).collect();
        let mut readings = self.reader.read(picture, &strips)?;
        let doubtful: Vec<(usize, Strip)> = strips
            .iter()
            .zip(&readings)
            .enumerate()
            .filter(|(_, (_, reading))| reading.confidence < SURE)
            .filter_map(|(index, (strip, _))| turn::another_way(strip, turn).map(|other| (index, other)))
            .collect();
        let others: Vec<Strip> = doubtful.iter().map(|(_, strip)| *strip).collect();
        for ((index, _), reading) in doubtful.iter().zip(self.reader.read(picture, &others)?) {
            if reading.confidence > readings[*index].confidence {
                readings[*index] = reading;
            }
        }
        Ok(lines(picture, &strips, readings, turn))
    }

    /// How the page lies: a few of its lines are read one way and, unless that goes well, the other way round.
    fn turn(&self, picture: &RgbImage, boxes: &[RotatedRect]) -> Result<Turn, OcrError> {
        let Sample { one, other, strips } = turn::sample(boxes);
        let confidence = |readings: Vec<Reading>| {
            let sum: f32 = readings.iter().map(|reading| reading.confidence).sum();
            sum / readings.len().max(1) as f32
        };
        let first = confidence(self.reader.read(picture, &strips)?);
        if strips.is_empty() || first >= SURE {
            return Ok(one);
        }
        let reversed: Vec<Strip> = strips.iter().map(|strip| strip.reversed()).collect();
        let second = confidence(self.reader.read(picture, &reversed)?);
        Ok(if second > first { other } else { one })
    }
}

fn lines(picture: &RgbImage, strips: &[Strip], mut readings: Vec<Reading>, turn: Turn) -> Vec<Line> {
    reading_order(strips, turn)
        .into_iter()
        .filter_map(|index| {
            let reading = std::mem::take(&mut readings[index]);
            let readable = !reading.text.is_empty() && reading.confidence >= MIN_CONFIDENCE;
            readable.then(|| Line {
                text: reading.text,
                confidence: reading.confidence,
                area: strips[index].area(picture.width(), picture.height()),
            })
        })
        .collect()
}
