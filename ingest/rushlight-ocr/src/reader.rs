//! What strips say: cut out, in batches of about one width, through the recogniser.

use std::sync::Arc;

use image::RgbImage;
use rten::ThreadPool;

use crate::crop::{self, HEIGHT};
use crate::ctc::{Alphabet, Reading};
use crate::geometry::Strip;
use crate::network::Network;
use crate::recogniser::OcrError;

/// Columns of a batch: each costs the recogniser a probability for every character and eight columns.
const BATCH_WIDTH: usize = 3200;
/// Columns that a strip has at least, as in training; what it does not fill is grey.
const MIN_WIDTH: usize = 320;
/// Widths are rounded up to a multiple of this, so that strips of about one width share a batch.
const WIDTH_STEP: usize = 32;
/// Columns of all strips of a picture: 200 full lines. What is beyond is not read.
const MAX_COLUMNS: usize = 640_000;

/// Reads strips of a picture.
pub(crate) struct Reader {
    network: Network,
    alphabet: Alphabet,
}

impl Reader {
    pub(crate) fn load(bytes: Vec<u8>, dictionary: &str, threads: Arc<ThreadPool>) -> Result<Self, OcrError> {
        let reader = Self {
            network: Network::load("recogniser", bytes, threads)?,
            alphabet: Alphabet::new(dictionary),
        };
        match reader.read_batch(vec![0.0; 3 * HEIGHT * MIN_WIDTH], 1, MIN_WIDTH) {
            Ok(_) => Ok(reader),
            Err(error) => Err(error.of_loading()),
        }
    }

    /// What each strip says, in the order of the strips.
    pub(crate) fn read(&self, picture: &RgbImage, strips: &[Strip]) -> Result<Vec<Reading>, OcrError> {
        let mut readings = vec![Reading::default(); strips.len()];
        for batch in batches(strips) {
            let mut values = Vec::with_capacity(batch.strips.len() * 3 * HEIGHT * batch.width);
            for &index in &batch.strips {
                let strip = &strips[index];
                values.extend(crop::cut(picture, strip, crop::width_of(strip), batch.width));
            }
            let read = self.read_batch(values, batch.strips.len(), batch.width)?;
            for (index, reading) in batch.strips.into_iter().zip(read) {
                readings[index] = reading;
            }
        }
        Ok(readings)
    }

    fn read_batch(&self, values: Vec<f32>, count: usize, width: usize) -> Result<Vec<Reading>, OcrError> {
        let (shape, values) = self.network.run::<3>([count, 3, HEIGHT, width], values)?;
        let [rows, steps, classes] = shape;
        if rows != count || steps == 0 || classes != self.alphabet.classes() {
            return Err(self.network.failed(format!(
                "its output has the shape {shape:?}, and the dictionary {} classes",
                self.alphabet.classes()
            )));
        }
        Ok(values
            .chunks_exact(steps * classes)
            .map(|strip| self.alphabet.decode(strip))
            .collect())
    }
}

/// Strips that are read together.
#[derive(Debug, PartialEq)]
struct Batch {
    /// Their places in the list.
    strips: Vec<usize>,
    /// Columns that each of them has.
    width: usize,
}

/// Groups strips by width, the widest first, so that little of a batch is grey. Strips beyond the limit of a picture
/// are in none: the last in the list.
fn batches(strips: &[Strip]) -> Vec<Batch> {
    let mut left = MAX_COLUMNS;
    let mut widths: Vec<(usize, usize)> = Vec::with_capacity(strips.len());
    for (index, strip) in strips.iter().enumerate() {
        let width = crop::width_of(strip).next_multiple_of(WIDTH_STEP).max(MIN_WIDTH);
        let Some(rest) = left.checked_sub(width) else {
            break;
        };
        left = rest;
        widths.push((width, index));
    }
    widths.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut batches: Vec<Batch> = Vec::new();
    for (width, index) in widths {
        match batches.last_mut() {
            Some(batch)
                if batch.width * (batch.strips.len() + 1) <= BATCH_WIDTH && batch.width <= width * 5 / 4 =>
            {
                batch.strips.push(index);
            }
            _ => batches.push(Batch {
                strips: vec![index],
                width,
            }),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(length: f32) -> Strip {
        Strip {
            center: (0.0, 0.0),
            along: (1.0, 0.0),
            length,
            height: 48.0,
            is_column: false,
        }
    }

    #[test]
    fn strips_of_about_one_width_are_read_together() {
        let strips: Vec<Strip> = [10.0, 1000.0, 30.0, 990.0, 1600.0, 9000.0].map(strip).into();
        let batches: Vec<_> = batches(&strips)
            .into_iter()
            .map(|b| (b.width, b.strips))
            .collect();
        assert_eq!(
            batches,
            [
                (3200, vec![5]),
                (1600, vec![4]),
                (1024, vec![1, 3]),
                (320, vec![0, 2])
            ]
        );
    }

    #[test]
    fn a_batch_and_a_picture_have_limits() {
        let strips = vec![strip(1000.0); 5000];
        let batches = batches(&strips);
        assert!(
            batches
                .iter()
                .all(|batch| batch.width * batch.strips.len() <= BATCH_WIDTH)
        );
        let read: usize = batches.iter().map(|batch| batch.strips.len()).sum();
        assert_eq!(read, MAX_COLUMNS / 1024);
    }
}
