//! Where text is: the picture at a fitting size, in tiles, through the detector.

use std::borrow::Cow;
use std::sync::Arc;

use image::RgbImage;
use image::imageops::{self, FilterType};
use rten::ThreadPool;
use rten_imageproc::{Point, RotatedRect};

use crate::boxes::{ProbabilityMap, find_boxes};
use crate::network::Network;
use crate::recogniser::OcrError;

/// Pixels of the shorter side that the detector sees at most: an A4 page at 140 dpi.
const SHORT_SIDE: f64 = 1152.0;
/// Pixels that the detector sees at most, for pictures that are very long.
const PIXELS: f64 = 12_000_000.0;
/// Sides of what it sees at once, which bounds its memory.
const TILE: usize = 1280;
/// Pixels by which neighbouring tiles overlap.
const OVERLAP: usize = 128;
/// The detector takes pictures whose sides are a multiple of this.
const STEP: usize = 32;
/// Mean and standard deviation of red, green and blue, of 1, in what the detector was trained on.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Finds text in pictures.
pub(crate) struct Detector {
    network: Network,
}

/// A part of a side: what the detector sees, and for what of it its answer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tile {
    start: usize,
    end: usize,
    core_start: usize,
    core_end: usize,
}

impl Detector {
    pub(crate) fn load(bytes: Vec<u8>, threads: Arc<ThreadPool>) -> Result<Self, OcrError> {
        let detector = Self {
            network: Network::load("detector", bytes, threads)?,
        };
        match detector.probabilities(&RgbImage::new(32, 32)) {
            Ok(_) => Ok(detector),
            Err(error) => Err(error.of_loading()),
        }
    }

    /// Boxes around pieces of text, in pixels of the picture.
    pub(crate) fn find(&self, picture: &RgbImage) -> Result<Vec<RotatedRect>, OcrError> {
        let (width, height) = fitting_size(picture.width(), picture.height());
        if width == 0 || height == 0 {
            return Ok(Vec::new());
        }
        let seen = if (width, height) == picture.dimensions() {
            Cow::Borrowed(picture)
        } else {
            Cow::Owned(imageops::resize(picture, width, height, FilterType::Triangle))
        };
        let map = self.probabilities(&seen)?;
        let x = picture.width() as f32 / width as f32;
        let y = picture.height() as f32 / height as f32;
        let scale = (x * y).sqrt();
        let place = |found: RotatedRect| {
            // The middle of a map's first pixel is half a pixel from its edge.
            let center = Point::from_yx((found.center().y + 0.5) * y, (found.center().x + 0.5) * x);
            RotatedRect::new(
                center,
                found.up_axis(),
                found.width() * scale,
                found.height() * scale,
            )
        };
        Ok(find_boxes(&map).into_iter().map(place).collect())
    }

    fn probabilities(&self, picture: &RgbImage) -> Result<ProbabilityMap, OcrError> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut map = ProbabilityMap::new(width, height);
        for rows in tiles(height) {
            for columns in tiles(width) {
                self.add_tile(picture, rows, columns, &mut map)?;
            }
        }
        Ok(map)
    }

    fn add_tile(
        &self,
        picture: &RgbImage,
        rows: Tile,
        columns: Tile,
        map: &mut ProbabilityMap,
    ) -> Result<(), OcrError> {
        let height = (rows.end - rows.start).next_multiple_of(STEP);
        let width = (columns.end - columns.start).next_multiple_of(STEP);
        let values = input(picture, (columns.start, rows.start), (width, height));
        let (shape, values) = self.network.run::<4>([1, 3, height, width], values)?;
        if shape != [1, 1, height, width] {
            return Err(self.network.failed(format!("its output has the shape {shape:?}")));
        }
        for y in rows.core_start..rows.core_end {
            let from = (y - rows.start) * width + columns.core_start - columns.start;
            let to = y * map.width + columns.core_start;
            let length = columns.core_end - columns.core_start;
            for (to, from) in map.values[to..to + length]
                .iter_mut()
                .zip(&values[from..from + length])
            {
                *to = (from * 255.0) as u8;
            }
        }
        Ok(())
    }
}

/// The size at which a picture is looked at: its own, or smaller.
fn fitting_size(width: u32, height: u32) -> (u32, u32) {
    let (w, h) = (f64::from(width), f64::from(height));
    let by_side = SHORT_SIDE / w.min(h);
    let by_pixels = (PIXELS / (w * h)).sqrt();
    let scale = by_side.min(by_pixels).min(1.0);
    let scaled = |length: f64| {
        if length == 0.0 {
            0
        } else {
            (length * scale).round().max(1.0) as u32
        }
    };
    let (width, height) = (scaled(w), scaled(h));
    // What is thinner than a step costs as much as one.
    let most = |across: u32| (PIXELS / f64::from(across.max(STEP as u32))) as u32;
    let width = width.min(most(height));
    (width, height.min(most(width)))
}

/// Cuts a side into tiles of about equal length that overlap.
fn tiles(length: usize) -> Vec<Tile> {
    if length <= TILE {
        return vec![Tile {
            start: 0,
            end: length,
            core_start: 0,
            core_end: length,
        }];
    }
    let count = length.div_ceil(TILE - OVERLAP);
    let edge = |index: usize| index * length / count;
    let tile = |index: usize| {
        let (core_start, core_end) = (edge(index), edge(index + 1));
        Tile {
            start: core_start.saturating_sub(OVERLAP / 2),
            end: (core_end + OVERLAP / 2).min(length),
            core_start,
            core_end,
        }
    };
    (0..count).map(tile).collect()
}

/// A part of a picture as the detector takes it: blue, green and red planes; beyond its edge, the last pixels again.
fn input(picture: &RgbImage, origin: (usize, usize), size: (usize, usize)) -> Vec<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut values = vec![0.0; 3 * size.0 * size.1];
    let (blue, rest) = values.split_at_mut(size.0 * size.1);
    let (green, red) = rest.split_at_mut(size.0 * size.1);
    let level = |value: u8, channel: usize| (f32::from(value) / 255.0 - MEAN[channel]) / DEVIATION[channel];
    let levels: [[f32; 256]; 3] =
        std::array::from_fn(|channel| std::array::from_fn(|value| level(value as u8, channel)));
    for row in 0..size.1 {
        let from = (origin.1 + row).min(height - 1) * width;
        for column in 0..size.0 {
            let at = 3 * (from + (origin.0 + column).min(width - 1));
            let to = row * size.0 + column;
            // In training the first channel was blue, with the mean that is otherwise red's.
            blue[to] = levels[0][usize::from(picture.as_raw()[at + 2])];
            green[to] = levels[1][usize::from(picture.as_raw()[at + 1])];
            red[to] = levels[2][usize::from(picture.as_raw()[at])];
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn large_pictures_are_scaled_down_and_small_ones_are_not() {
        assert_eq!(fitting_size(600, 800), (600, 800));
        assert_eq!(fitting_size(2480, 3508), (1152, 1630));
        assert_eq!(fitting_size(3508, 2480), (1630, 1152));
        assert_eq!(fitting_size(3840, 2160), (2048, 1152));
        // A long screenshot keeps its size as long as it can.
        assert_eq!(fitting_size(1000, 9000), (1000, 9000));
        let (width, height) = fitting_size(1000, 100_000);
        assert!(
            u64::from(width) * u64::from(height) <= 12_100_000 && width > 300,
            "{width} {height}"
        );
        assert_eq!(fitting_size(u32::MAX, 1), (375_000, 1));
        assert_eq!(fitting_size(0, 7), (0, 7));
    }

    #[test]
    fn tiles_cover_a_side_once_and_overlap() {
        for length in [1, 1279, 1280, 1281, 1630, 5000, 123_456] {
            let tiles = tiles(length);
            assert_eq!((tiles[0].start, tiles[tiles.len() - 1].end), (0, length));
            let mut reached = 0;
            for tile in &tiles {
                assert_eq!(tile.core_start, reached);
                assert!(tile.start <= tile.core_start && tile.core_end <= tile.end);
                assert!(tile.end - tile.start <= TILE);
                reached = tile.core_end;
            }
            assert_eq!(reached, length);
            for pair in tiles.windows(2) {
                assert!(pair[0].end - pair[1].start >= OVERLAP - 1);
            }
        }
    }

    #[test]
    fn the_edge_is_repeated_where_the_picture_ends() {
        let mut picture = RgbImage::from_pixel(3, 2, Rgb([255, 0, 0]));
        picture.put_pixel(2, 1, Rgb([0, 0, 255]));
        let values = input(&picture, (1, 0), (4, 4));
        let plane = |channel: usize| &values[16 * channel..16 * (channel + 1)];
        let (low, high) = (-MEAN[0] / DEVIATION[0], (1.0 - MEAN[0]) / DEVIATION[0]);
        let blue = |x: usize, y: usize| plane(0)[y * 4 + x];
        for (x, y, expected) in [(0, 0, low), (1, 0, low), (1, 1, high), (3, 3, high), (3, 0, low)] {
            assert!((blue(x, y) - expected).abs() < 1e-6, "{x} {y}");
        }
        assert!(plane(2)[0] > 0.0 && plane(2)[15] < 0.0 && plane(1)[0] < 0.0);
    }
}
