//! Rectangles that lie at any angle, and the direction in which the text inside is read.

use rten_imageproc::{RotatedRect, Vec2};

use crate::line::Area;

/// From this many times its width on, a box holds a column that is read from top to bottom, not a line.
const TALL: f32 = 1.5;

/// How the whole page lies in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Its text is read from left to right.
    Upright,
    /// Turned clockwise by a quarter: its text is read downwards, the first line at the right.
    Clockwise,
    /// Turned by a half.
    UpsideDown,
    /// Turned counter-clockwise by a quarter: its text is read upwards, the first line at the left.
    CounterClockwise,
}

impl Turn {
    /// Unit vector (x, y) of reading.
    pub(crate) fn along(self) -> (f32, f32) {
        match self {
            Self::Upright => (1.0, 0.0),
            Self::Clockwise => (0.0, 1.0),
            Self::UpsideDown => (-1.0, 0.0),
            Self::CounterClockwise => (0.0, -1.0),
        }
    }
}

/// A rectangle with a line of text in it, in pixels of the picture; y grows downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Strip {
    /// Its middle (x, y).
    pub(crate) center: (f32, f32),
    /// Unit vector (x, y) of reading.
    pub(crate) along: (f32, f32),
    /// Extent in the direction of reading.
    pub(crate) length: f32,
    /// Extent across it.
    pub(crate) height: f32,
    /// True when it is read across the page's own direction of reading, as a column of vertical writing is.
    pub(crate) is_column: bool,
}

impl Strip {
    /// The strip of a box that was found on a page that lies like `turn`. None for a box without a direction.
    pub(crate) fn new(found: &RotatedRect, turn: Turn) -> Option<Self> {
        let (x, y) = turn.along();
        let found = found.orient_towards(Vec2::from_xy(y, -x));
        let up = found.up_axis();
        let line = Self {
            center: (found.center().x, found.center().y),
            along: (-up.y, up.x),
            length: found.width(),
            height: found.height(),
            is_column: false,
        };
        let sound = [line.center.0, line.center.1, line.along.0, line.along.1]
            .iter()
            .all(|value| value.is_finite());
        let strip = if line.height >= TALL * line.length {
            line.as_column()
        } else {
            line
        };
        (sound && strip.length > 0.0 && strip.height > 0.0).then_some(strip)
    }

    /// Unit vector (x, y) from a letter's top to its foot.
    pub(crate) fn down(&self) -> (f32, f32) {
        (-self.along.1, self.along.0)
    }

    /// The same rectangle, read downwards.
    fn as_column(self) -> Self {
        Self {
            along: self.down(),
            length: self.height,
            height: self.length,
            is_column: !self.is_column,
            ..self
        }
    }

    /// The same rectangle, read from its end.
    pub(crate) fn reversed(self) -> Self {
        Self {
            along: (-self.along.0, -self.along.1),
            ..self
        }
    }

    /// The same rectangle, read in another direction of the page: `turn` is where its letters would stand upright.
    pub(crate) fn facing(self, turn: Turn) -> Self {
        let rotations = [
            self,
            self.as_column(),
            self.reversed(),
            self.as_column().reversed(),
        ];
        let (x, y) = turn.along();
        let towards = |strip: &Self| strip.along.0 * x + strip.along.1 * y;
        rotations
            .into_iter()
            .max_by(|a, b| towards(a).total_cmp(&towards(b)))
            .unwrap_or(self)
    }

    /// True when neither side is clearly the longer one, as with a single Chinese character.
    pub(crate) fn is_compact(&self) -> bool {
        self.length < TALL * self.height
    }

    /// The middle of it, at most `heights` times as long as it is high.
    pub(crate) fn shortened(self, heights: f32) -> Self {
        Self {
            length: self.length.min(heights * self.height),
            ..self
        }
    }

    /// The smallest upright box around it, inside a picture of this size.
    pub(crate) fn area(&self, width: u32, height: u32) -> Area {
        let down = self.down();
        let half = |a: f32, b: f32| (a * self.length).abs() / 2.0 + (b * self.height).abs() / 2.0;
        let (dx, dy) = (half(self.along.0, down.0), half(self.along.1, down.1));
        let (width, height) = (width as f32, height as f32);
        Area {
            left: (self.center.0 - dx).clamp(0.0, width),
            top: (self.center.1 - dy).clamp(0.0, height),
            right: (self.center.0 + dx).clamp(0.0, width),
            bottom: (self.center.1 + dy).clamp(0.0, height),
        }
    }
}

#[cfg(test)]
mod tests {
    use rten_imageproc::Point;

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
    fn a_wide_box_is_read_to_the_right_and_a_tall_one_downwards() {
        let wide = Strip::new(&found(60.0, 10.0), Turn::Upright).unwrap();
        assert_eq!((wide.along, wide.down()), ((1.0, 0.0), (0.0, 1.0)));
        assert_eq!((wide.length, wide.height, wide.is_column), (60.0, 10.0, false));
        let tall = Strip::new(&found(10.0, 60.0), Turn::Upright).unwrap();
        assert_eq!(
            (tall.along, tall.length, tall.is_column),
            ((0.0, 1.0), 60.0, true)
        );
        // A letter that stands upright is read as it stands.
        let letter = Strip::new(&found(10.0, 12.0), Turn::Upright).unwrap();
        assert_eq!((letter.along, letter.length), ((1.0, 0.0), 10.0));
        assert!(letter.is_compact());
    }

    #[test]
    fn on_a_turned_page_the_lines_are_read_as_the_page_lies() {
        let tall = found(10.0, 60.0);
        for (turn, along) in [
            (Turn::Clockwise, (0.0, 1.0)),
            (Turn::CounterClockwise, (0.0, -1.0)),
        ] {
            let strip = Strip::new(&tall, turn).unwrap();
            assert_eq!((strip.along, strip.is_column), (along, false));
            assert_eq!(strip.facing(Turn::UpsideDown).along, (-1.0, 0.0));
        }
        let strip = Strip::new(&found(60.0, 10.0), Turn::UpsideDown).unwrap();
        assert_eq!(strip.along, (-1.0, 0.0));
        assert_eq!(strip.reversed().along, (1.0, 0.0));
    }

    #[test]
    fn the_area_holds_the_corners_and_stays_in_the_picture() {
        let up = Vec2::from_xy(0.6, -0.8);
        let rect = RotatedRect::new(Point::from_yx(20.0, 50.0), up, 30.0, 10.0);
        let area = Strip::new(&rect, Turn::Upright).unwrap().area(60, 100);
        assert!(
            (area.left - 35.0).abs() < 1e-3 && (area.right - 60.0).abs() < 1e-3,
            "{area:?}"
        );
        assert!(
            (area.top - 7.0).abs() < 1e-3 && (area.bottom - 33.0).abs() < 1e-3,
            "{area:?}"
        );
    }

    #[test]
    fn a_box_without_extent_is_none() {
        assert_eq!(Strip::new(&found(0.0, 0.0), Turn::Upright), None);
        let nowhere = RotatedRect::new(Point::from_yx(f32::NAN, 0.0), Vec2::from_xy(0.0, -1.0), 9.0, 9.0);
        assert_eq!(Strip::new(&nowhere, Turn::Upright), None);
    }
}
