//! Which way up: the page as a whole, and single strips that could lie either way.

use rten_imageproc::RotatedRect;

use crate::geometry::{Strip, Turn};

/// Strips that are tried.
const SAMPLE: usize = 5;
/// How much of each is tried, in its heights: enough to tell, and the same work for long lines.
const SAMPLE_HEIGHTS: f32 = 10.0;
/// A strip that is so many times longer than high says how the page lies.
const LONG: f32 = 3.0;

/// Strips to try for finding out how a page lies: it is `one` way or the `other`, which is that turned by a half.
pub(crate) struct Sample {
    pub(crate) one: Turn,
    pub(crate) other: Turn,
    /// As they are read when it lies the one way.
    pub(crate) strips: Vec<Strip>,
}

/// The longest strips of a page, in the direction that most of its text has. Upright when nothing has a direction.
pub(crate) fn sample(boxes: &[RotatedRect]) -> Sample {
    let strips: Vec<Strip> = boxes
        .iter()
        .filter_map(|found| Strip::new(found, Turn::Upright))
        .filter(|strip| strip.length >= LONG * strip.height)
        .collect();
    let total = |columns: bool| -> f32 {
        let those = strips.iter().filter(|strip| strip.is_column == columns);
        those.map(|strip| strip.length).sum()
    };
    let columns = total(true) > total(false);
    let mut chosen: Vec<Strip> = strips
        .iter()
        .filter(|strip| strip.is_column == columns)
        .copied()
        .collect();
    chosen.sort_by(|a, b| b.length.total_cmp(&a.length));
    chosen.truncate(SAMPLE);
    let (one, other) = if columns {
        (Turn::Clockwise, Turn::CounterClockwise)
    } else {
        (Turn::Upright, Turn::UpsideDown)
    };
    let strips = chosen
        .into_iter()
        .map(|strip| strip.shortened(SAMPLE_HEIGHTS))
        .collect();
    Sample { one, other, strips }
}

/// The other way in which a strip of a page may lie that was read with little confidence; none for a line like the
/// page's others. Columns among lines may run upwards, as beside a diagram. On a turned page, and in columns of upright
/// characters, a compact strip may be one upright character.
pub(crate) fn another_way(strip: &Strip, turn: Turn) -> Option<Strip> {
    if strip.is_column {
        Some(strip.reversed())
    } else if strip.is_compact() && turn != Turn::Upright {
        Some(strip.facing(Turn::Upright))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use rten_imageproc::{Point, Vec2};

    use super::*;

    fn found(width: f32, height: f32) -> RotatedRect {
        RotatedRect::new(
            Point::from_yx(20.0, 50.0),
            Vec2::from_xy(0.0, -1.0),
            width,
            height,
        )
    }

    #[test]
    fn the_direction_of_most_text_decides_and_the_longest_are_tried() {
        let boxes = [
            found(100.0, 10.0),
            found(300.0, 10.0),
            found(10.0, 90.0),
            found(12.0, 10.0),
        ];
        let Sample { one, other, strips } = sample(&boxes);
        assert_eq!((one, other), (Turn::Upright, Turn::UpsideDown));
        assert_eq!(strips.len(), 2);
        assert!(strips.iter().all(|strip| strip.length == 100.0));
        let turned = sample(&[found(10.0, 500.0), found(100.0, 10.0)]);
        assert_eq!(
            (turned.one, turned.other),
            (Turn::Clockwise, Turn::CounterClockwise)
        );
        assert_eq!(turned.strips[0].along, (0.0, 1.0));
        assert!(sample(&[found(12.0, 10.0)]).strips.is_empty());
    }

    #[test]
    fn only_what_could_lie_another_way_is_read_again() {
        let line = Strip::new(&found(100.0, 10.0), Turn::Upright).unwrap();
        assert_eq!(another_way(&line, Turn::Upright), None);
        let column = Strip::new(&found(10.0, 100.0), Turn::Upright).unwrap();
        assert_eq!(another_way(&column, Turn::Upright).unwrap().along, (0.0, -1.0));
        let letter = Strip::new(&found(11.0, 10.0), Turn::Clockwise).unwrap();
        assert_eq!(another_way(&letter, Turn::Clockwise).unwrap().along, (1.0, 0.0));
        let letter = Strip::new(&found(11.0, 10.0), Turn::Upright).unwrap();
        assert_eq!(another_way(&letter, Turn::Upright), None);
    }
}
