//! From the detector's map of probabilities to boxes around pieces of text.
//!
//! The detector marks the core of each line, shrunk so that neighbours do not touch (differentiable binarisation, Liao
//! et al., AAAI 2020). A box is the smallest rectangle around such a core, grown again.

use rten_imageproc::{Point, PointF, RetrievalMode, RotatedRect, find_contours, min_area_rect};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

/// Of a probability, as kept in a map, from which a pixel belongs to a core: 0.3 of 255.
const CORE: u8 = 77;
/// Mean probability that a box must have.
const BOX: f32 = 0.5;
/// How far a core is grown: by this times its area over its circumference, on each side.
const GROW: f32 = 1.6;
/// The least height of a core and of a box in pixels of the map.
const MIN_CORE: f32 = 3.0;
/// Boxes of a picture; of more, the largest.
pub(crate) const MAX_BOXES: usize = 2000;
/// The probability of a box is the mean at so many points along it and across it.
const PROBES: (usize, usize) = (64, 8);

/// How likely each pixel belongs to text, row by row; 255 is certain.
pub(crate) struct ProbabilityMap {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) values: Vec<u8>,
}

impl ProbabilityMap {
    /// A map without text.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            values: vec![0; width * height],
        }
    }

    fn at(&self, x: f32, y: f32) -> u8 {
        let inside = |value: f32, length: usize| (value.max(0.0) as usize).min(length.saturating_sub(1));
        let index = inside(y, self.height) * self.width + inside(x, self.width);
        self.values.get(index).copied().unwrap_or(0)
    }
}

/// The boxes of a map, in its pixels, grown to the text's full height; the largest first when there are too many.
pub(crate) fn find_boxes(map: &ProbabilityMap) -> Vec<RotatedRect> {
    let cores: Vec<bool> = map.values.iter().map(|value| *value >= CORE).collect();
    let Ok(cores) = NdTensor::try_from_data([map.height, map.width], cores) else {
        return Vec::new();
    };
    let contours = find_contours(cores.view(), RetrievalMode::External);
    let mut found: Vec<RotatedRect> = contours
        .iter()
        .filter_map(|contour| min_area_rect(&extremes(contour)))
        .filter(|core| core.width().min(core.height()) + 1.0 >= MIN_CORE)
        .filter(|core| mean_probability(map, core) >= BOX)
        .map(|core| grown(&core))
        .collect();
    if found.len() > MAX_BOXES {
        found.sort_by(|a, b| b.area().total_cmp(&a.area()));
        found.truncate(MAX_BOXES);
    }
    found
}

/// The outermost points of each row of a contour: the same hull, from as few points as the contour is high.
fn extremes(contour: &[Point]) -> Vec<PointF> {
    let (top, bottom) = contour.iter().fold((i32::MAX, i32::MIN), |(top, bottom), point| {
        (top.min(point.y), bottom.max(point.y))
    });
    let rows = usize::try_from(i64::from(bottom) - i64::from(top) + 1).unwrap_or(0);
    let mut ends = vec![(i32::MAX, i32::MIN); rows];
    for point in contour {
        if let Some((left, right)) = usize::try_from(point.y - top)
            .ok()
            .and_then(|row| ends.get_mut(row))
        {
            *left = (*left).min(point.x);
            *right = (*right).max(point.x);
        }
    }
    let points = ends.iter().enumerate().filter(|(_, (left, right))| left <= right);
    points
        .flat_map(|(row, (left, right))| {
            let y = top as f32 + row as f32;
            [
                PointF::from_yx(y, *left as f32),
                PointF::from_yx(y, *right as f32),
            ]
        })
        .collect()
}

/// Mean over a grid of points in the box: as good as over all of its pixels, and the same work for every box.
fn mean_probability(map: &ProbabilityMap, core: &RotatedRect) -> f32 {
    let up = core.up_axis();
    let along = (up.y, -up.x);
    let steps = |extent: f32, most: usize| (extent.ceil().max(1.0) as usize).min(most);
    let (columns, rows) = (steps(core.width(), PROBES.0), steps(core.height(), PROBES.1));
    let offset =
        |index: usize, count: usize, extent: f32| ((index as f32 + 0.5) / count as f32 - 0.5) * extent;
    let mut sum = 0u32;
    for row in 0..rows {
        let v = offset(row, rows, core.height());
        for column in 0..columns {
            let u = offset(column, columns, core.width());
            let x = core.center().x + along.0 * u + up.x * v;
            let y = core.center().y + along.1 * u + up.y * v;
            sum += u32::from(map.at(x + 0.5, y + 0.5));
        }
    }
    sum as f32 / (rows * columns) as f32 / 255.0
}

fn grown(core: &RotatedRect) -> RotatedRect {
    // A contour runs through the middles of its pixels: the core is a pixel wider and higher than that.
    let (width, height) = (core.width() + 1.0, core.height() + 1.0);
    let distance = GROW * width * height / (2.0 * (width + height));
    core.expanded(1.0 + 2.0 * distance, 1.0 + 2.0 * distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map with filled rectangles: left, top, width, height, value.
    fn map(width: usize, height: usize, rectangles: &[(usize, usize, usize, usize, u8)]) -> ProbabilityMap {
        let mut map = ProbabilityMap::new(width, height);
        for &(left, top, w, h, value) in rectangles {
            for y in top..top + h {
                map.values[y * width + left..y * width + left + w].fill(value);
            }
        }
        map
    }

    #[test]
    fn a_core_is_found_and_grown() {
        let found = find_boxes(&map(200, 100, &[(50, 40, 100, 10, 230)]));
        let [found] = found.as_slice() else {
            panic!("{found:?}")
        };
        let distance = 1.6 * 1000.0 / 220.0;
        assert_eq!((found.center().x, found.center().y), (99.5, 44.5));
        let (long, short) = (
            found.width().max(found.height()),
            found.width().min(found.height()),
        );
        assert!((long - 100.0 - 2.0 * distance).abs() < 0.01, "{found:?}");
        assert!((short - 10.0 - 2.0 * distance).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn what_is_faint_thin_or_hollow_is_no_text() {
        let faint = map(100, 50, &[(10, 10, 50, 10, 70)]);
        let uncertain = map(100, 50, &[(10, 10, 50, 10, 100)]);
        let thin = map(100, 50, &[(10, 10, 50, 2, 250)]);
        let hollow = map(100, 50, &[(10, 5, 80, 40, 250), (12, 7, 76, 36, 0)]);
        for map in [
            faint,
            uncertain,
            thin,
            hollow,
            ProbabilityMap::new(0, 0),
            ProbabilityMap::new(5, 1),
        ] {
            assert!(find_boxes(&map).is_empty());
        }
    }

    #[test]
    fn a_slanting_core_gives_a_slanting_box() {
        let mut map = ProbabilityMap::new(220, 120);
        for x in 10..210 {
            let y = 20 + x / 4;
            for y in y..y + 12 {
                map.values[y * 220 + x] = 240;
            }
        }
        let found = find_boxes(&map);
        let [found] = found.as_slice() else {
            panic!("{found:?}")
        };
        let up = found.up_axis();
        let slope = (up.x / up.y).abs();
        let slope = slope.min(1.0 / slope);
        assert!((slope - 0.25).abs() < 0.03, "{slope}");
        assert!(found.width().max(found.height()) > 200.0);
        assert!(found.width().min(found.height()) < 40.0);
    }

    #[test]
    fn of_too_many_boxes_the_largest_stay() {
        let mut rectangles: Vec<_> = (0..2500).map(|n| (n % 50 * 10, n / 50 * 10, 6, 4, 255)).collect();
        rectangles[2499].3 = 8;
        let found = find_boxes(&map(500, 510, &rectangles));
        assert_eq!(found.len(), MAX_BOXES);
        assert!(found[0].area() > found[1].area());
    }
}
