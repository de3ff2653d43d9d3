//! A page's frame, and where things stand on the page as it is shown.

use serde::{Deserialize, Serialize};

/// What is shown of a page: its crop box in points as the page's content has them, and how the page is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f32,
    pub(crate) bottom: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Quarter turns to the right by which the page is turned to be shown.
    pub(crate) turn: u8,
}

impl Default for Frame {
    /// A sheet of A4.
    fn default() -> Self {
        Self {
            left: 0.0,
            bottom: 0.0,
            width: 595.0,
            height: 842.0,
            turn: 0,
        }
    }
}

impl Frame {
    /// The frame with these opposite corners, x and y of each; as large as a point at least.
    pub(crate) fn of_corners(corners: [f64; 4]) -> Self {
        let [ax, ay, bx, by] = corners.map(finite);
        Self {
            left: ax.min(bx),
            bottom: ay.min(by),
            width: (bx - ax).abs().max(1.0),
            height: (by - ay).abs().max(1.0),
            turn: 0,
        }
    }

    /// What `crop` leaves of the frame; all of it where the two have nothing in common.
    pub(crate) fn cropped(self, crop: Frame) -> Self {
        let (left, bottom) = (self.left.max(crop.left), self.bottom.max(crop.bottom));
        let right = (self.left + self.width).min(crop.left + crop.width);
        let top = (self.bottom + self.height).min(crop.bottom + crop.height);
        if right - left < 1.0 || top - bottom < 1.0 {
            return self;
        }
        Self {
            left,
            bottom,
            width: right - left,
            height: top - bottom,
            turn: self.turn,
        }
    }

    /// The frame of a page that is turned to the right by so many degrees; what is no quarter turn is none.
    pub(crate) fn turned_by(self, degrees: i64) -> Self {
        let turn = match degrees.rem_euclid(360) {
            90 => 1,
            180 => 2,
            270 => 3,
            _ => 0,
        };
        Self { turn, ..self }
    }

    /// Where on the shown page an area lies that is given in the space of text of this turn.
    pub(crate) fn place(self, area: Area, turn: usize) -> Box1000 {
        // Text turned by a quarter to the left runs upwards: its x is the page's y, its y the page's minus x.
        let Area {
            left,
            bottom,
            right,
            top,
        } = match turn {
            0 => area,
            1 => Area {
                left: -area.top,
                right: -area.bottom,
                bottom: area.left,
                top: area.right,
            },
            2 => Area {
                left: -area.right,
                right: -area.left,
                bottom: -area.top,
                top: -area.bottom,
            },
            _ => Area {
                left: area.bottom,
                right: area.top,
                bottom: -area.right,
                top: -area.left,
            },
        };
        // Shares of the frame, from the left and from the top.
        let (left, right) = ((left - self.left) / self.width, (right - self.left) / self.width);
        let upper = self.bottom + self.height;
        let (top, bottom) = ((upper - top) / self.height, (upper - bottom) / self.height);
        let (left, top, right, bottom) = match self.turn {
            0 => (left, top, right, bottom),
            1 => (1.0 - bottom, left, 1.0 - top, right),
            2 => (1.0 - right, 1.0 - bottom, 1.0 - left, 1.0 - top),
            _ => (top, 1.0 - right, bottom, 1.0 - left),
        };
        // Outwards, so that nothing of it is left out.
        let up = |share: f32| (share * 1000.0 - 0.01).ceil().clamp(0.0, 1000.0) as u16;
        let down = |share: f32| (share * 1000.0 + 0.01).floor().clamp(0.0, 1000.0) as u16;
        Box1000 {
            left: down(left),
            top: down(top),
            right: up(right),
            bottom: up(bottom),
        }
    }
}

/// Where something stands on a page, in thousandths of its width and height from the upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Box1000 {
    pub(crate) left: u16,
    pub(crate) top: u16,
    pub(crate) right: u16,
    pub(crate) bottom: u16,
}

/// An upright rectangle in the space of its turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f32,
    pub(crate) bottom: f32,
    pub(crate) right: f32,
    pub(crate) top: f32,
}

impl Area {
    pub(super) fn join(self, other: Area) -> Area {
        Area {
            left: self.left.min(other.left),
            bottom: self.bottom.min(other.bottom),
            right: self.right.max(other.right),
            top: self.top.max(other.top),
        }
    }

    pub(super) fn height(self) -> f32 {
        self.top - self.bottom
    }
}

/// A point of the page in the space of text of this turn.
pub(crate) fn turned(x: f32, y: f32, turn: u8) -> (f32, f32) {
    match turn % 4 {
        0 => (x, y),
        1 => (y, -x),
        2 => (-x, -y),
        _ => (-y, x),
    }
}

/// A number that can be reckoned with.
pub(crate) fn finite(value: f64) -> f32 {
    if value.is_finite() {
        value.clamp(-1e6, 1e6) as f32
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edges(place: Box1000) -> [u16; 4] {
        [place.left, place.top, place.right, place.bottom]
    }

    #[test]
    fn places_are_those_of_the_page_as_it_is_shown() {
        let sheet = Frame::of_corners([700.0, 500.0, 100.0, 100.0]);
        let corner = Area {
            left: 100.0,
            bottom: 480.0,
            right: 160.0,
            top: 500.0,
        };
        let of = |degrees| edges(sheet.turned_by(degrees).place(corner, 0));
        assert_eq!(of(0), [0, 0, 100, 50]);
        assert_eq!(of(90), [950, 0, 1000, 100]);
        assert_eq!(of(180), [900, 950, 1000, 1000]);
        assert_eq!(of(-90), [0, 900, 50, 1000]);
        assert_eq!(of(45), of(0));
    }

    #[test]
    fn places_count_from_the_crop_box() {
        let sheet = Frame::of_corners([0.0, 0.0, 600.0, 800.0]);
        let crop = Frame::of_corners([100.0, 100.0, 300.0, 900.0]);
        let cropped = sheet.cropped(crop);
        assert_eq!(
            (cropped.left, cropped.bottom, cropped.width, cropped.height),
            (100.0, 100.0, 200.0, 700.0)
        );
        let elsewhere = Frame::of_corners([900.0, 0.0, 950.0, 100.0]);
        assert_eq!(sheet.cropped(elsewhere), sheet);
    }

    proptest! {
        #[test]
        fn any_area_has_a_place_on_the_page(
            corners in any::<[f64; 4]>(),
            area in any::<[f32; 4]>(),
            turn in 0usize..4,
            degrees in any::<i64>(),
        ) {
            let area = area.map(|number| finite(f64::from(number)));
            let area = Area {
                left: area[0].min(area[1]),
                right: area[0].max(area[1]),
                bottom: area[2].min(area[3]),
                top: area[2].max(area[3]),
            };
            let place = Frame::of_corners(corners).turned_by(degrees).place(area, turn);
            prop_assert!(place.left <= place.right && place.right <= 1000);
            prop_assert!(place.top <= place.bottom && place.bottom <= 1000);
        }

        #[test]
        fn a_point_turned_and_placed_is_where_it_was(x in 0.0f32..600.0, y in 0.0f32..800.0, turn in 0u8..4) {
            let frame = Frame::of_corners([0.0, 0.0, 600.0, 800.0]);
            let at = |x, y| Area { left: x, right: x, bottom: y, top: y };
            let (u, v) = turned(x, y, turn);
            prop_assert_eq!(frame.place(at(u, v), usize::from(turn)), frame.place(at(x, y), 0));
        }
    }
}
