//! The order in which lines are read: rows from top to bottom, and in a row from left to right.

use crate::geometry::{Strip, Turn};

/// Two strips are in one row when the middles are nearer than this part of the lower one's height.
const SAME_ROW: f32 = 0.5;

/// Places of the strips in reading order. Rows follow the slant of the page; on a turned page, or one written in
/// columns, the direction of reading is that of `turn`.
pub(crate) fn reading_order(strips: &[Strip], turn: Turn) -> Vec<usize> {
    let along = slant(strips, turn);
    let down = (-along.1, along.0);
    let project = |strip: &Strip, axis: (f32, f32)| strip.center.0 * axis.0 + strip.center.1 * axis.1;
    let extent = |strip: &Strip| {
        if strip.is_column {
            strip.length
        } else {
            strip.height
        }
    };
    // Place, from the left, from the top, height.
    let mut places: Vec<(usize, f32, f32, f32)> = strips
        .iter()
        .enumerate()
        .map(|(index, strip)| (index, project(strip, along), project(strip, down), extent(strip)))
        .collect();
    places.sort_by(|a, b| a.2.total_cmp(&b.2));
    let mut order = Vec::with_capacity(strips.len());
    let mut rest = places.as_mut_slice();
    while let Some(first) = rest.first().copied() {
        // A row's middle moves with what it takes in, so that a small piece does not tear it.
        let (mut middle, mut height, mut count) = (first.2, first.3, 1);
        while let Some(next) = rest.get(count)
            && next.2 - middle < SAME_ROW * height.min(next.3)
        {
            count += 1;
            middle += (next.2 - middle) / count as f32;
            height = height.min(next.3);
        }
        let (row, below) = rest.split_at_mut(count);
        row.sort_by(|a, b| a.1.total_cmp(&b.1));
        order.extend(row.iter().map(|place| place.0));
        rest = below;
    }
    order
}

/// The unit vector of reading: that of the median line, weighted by nothing but being long enough to have a direction.
fn slant(strips: &[Strip], turn: Turn) -> (f32, f32) {
    let (x, y) = turn.along();
    let mut angles: Vec<f32> = strips
        .iter()
        .filter(|strip| !strip.is_column && strip.length > 3.0 * strip.height)
        .map(|strip| (strip.along.1 * x - strip.along.0 * y).atan2(strip.along.0 * x + strip.along.1 * y))
        .collect();
    if angles.is_empty() {
        return (x, y);
    }
    let middle = angles.len() / 2;
    let (_, angle, _) = angles.select_nth_unstable_by(middle, f32::total_cmp);
    let (sin, cos) = angle.sin_cos();
    (x * cos - y * sin, y * cos + x * sin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(x: f32, y: f32, length: f32, along: (f32, f32)) -> Strip {
        Strip {
            center: (x, y),
            along,
            length,
            height: 20.0,
            is_column: false,
        }
    }

    #[test]
    fn rows_are_read_from_the_top_and_from_the_left() {
        let right = (1.0, 0.0);
        let strips = [
            strip(300.0, 104.0, 90.0, right),
            strip(100.0, 100.0, 90.0, right),
            strip(100.0, 60.0, 90.0, right),
            strip(200.0, 97.0, 90.0, right),
            strip(100.0, 125.0, 90.0, right),
        ];
        assert_eq!(reading_order(&strips, Turn::Upright), [2, 1, 3, 0, 4]);
        assert_eq!(reading_order(&[], Turn::Upright), [0usize; 0]);
    }

    #[test]
    fn rows_follow_the_slant_of_the_page() {
        // Two rows, each in two pieces; the page slants by a tenth, more than a row on its width.
        let along = (0.995, 0.0998);
        let strips = [
            strip(600.0, 160.0, 200.0, along),
            strip(100.0, 110.0, 200.0, along),
            strip(600.0, 190.0, 200.0, along),
            strip(100.0, 140.0, 200.0, along),
        ];
        assert_eq!(reading_order(&strips, Turn::Upright), [1, 0, 3, 2]);
    }

    #[test]
    fn a_turned_page_begins_at_its_own_top() {
        let at = |x: f32, y: f32, along| strip(x, y, 90.0, along);
        let down = (0.0, 1.0);
        let columns = [at(10.0, 50.0, down), at(90.0, 50.0, down), at(90.0, 150.0, down)];
        assert_eq!(reading_order(&columns, Turn::Clockwise), [1, 2, 0]);
        let up = (0.0, -1.0);
        let columns = [at(90.0, 50.0, up), at(10.0, 50.0, up), at(10.0, 150.0, up)];
        assert_eq!(reading_order(&columns, Turn::CounterClockwise), [2, 1, 0]);
        let left = (-1.0, 0.0);
        let rows = [at(50.0, 10.0, left), at(50.0, 90.0, left), at(150.0, 90.0, left)];
        assert_eq!(reading_order(&rows, Turn::UpsideDown), [2, 1, 0]);
    }
}
