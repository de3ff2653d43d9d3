//! Cutting a strip out of a picture, set upright and scaled to the recogniser's height.

use image::RgbImage;

use crate::geometry::Strip;

/// Rows of what the recogniser sees.
pub(crate) const HEIGHT: usize = 48;
/// Columns at most: a strip that is longer is squeezed.
pub(crate) const MAX_WIDTH: usize = 3200;
/// Points of the picture along each side of a pixel at most, where much is scaled down.
const MAX_POINTS: usize = 8;

/// Columns of a strip at the recogniser's height.
pub(crate) fn width_of(strip: &Strip) -> usize {
    let width = (strip.length / strip.height * HEIGHT as f32).ceil();
    // A number too large for an integer becomes the largest one.
    (width as usize).clamp(HEIGHT / 3, MAX_WIDTH)
}

/// Blue, green and red planes of `HEIGHT` rows of `room` columns each, from -1 to 1: the strip in the first `width`
/// columns, and 0 after it. Beyond the picture's edge, the last pixels again.
pub(crate) fn cut(picture: &RgbImage, strip: &Strip, width: usize, room: usize) -> Vec<f32> {
    let mut planes = vec![0.0; 3 * HEIGHT * room];
    if picture.width() == 0 || picture.height() == 0 {
        return planes;
    }
    let step_along = strip.length / width as f32;
    let step_down = strip.height / HEIGHT as f32;
    let points = |step: f32| (step.ceil() as usize).clamp(1, MAX_POINTS);
    let (points_along, points_down) = (points(step_along), points(step_down));
    let down = strip.down();
    let weight = 1.0 / (points_along * points_down) as f32;
    for row in 0..HEIGHT {
        for column in 0..width.min(room) {
            let mut sum = [0.0f32; 3];
            for i in 0..points_down {
                let v = (row as f32 + (i as f32 + 0.5) / points_down as f32) * step_down - strip.height / 2.0;
                for j in 0..points_along {
                    let u = (column as f32 + (j as f32 + 0.5) / points_along as f32) * step_along
                        - strip.length / 2.0;
                    let x = strip.center.0 + strip.along.0 * u + down.0 * v;
                    let y = strip.center.1 + strip.along.1 * u + down.1 * v;
                    add(&mut sum, picture, x, y);
                }
            }
            for (channel, sum) in sum.iter().rev().enumerate() {
                planes[(channel * HEIGHT + row) * room + column] = sum * weight / 127.5 - 1.0;
            }
        }
    }
    planes
}

/// Adds the picture's colour at a point, blended from the four pixels around it.
fn add(sum: &mut [f32; 3], picture: &RgbImage, x: f32, y: f32) {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let x = (x - 0.5).clamp(0.0, (width - 1) as f32);
    let y = (y - 0.5).clamp(0.0, (height - 1) as f32);
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (x, y) = (x - left as f32, y - top as f32);
    let pixels = picture.as_raw();
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)]
        .map(|(column, row)| &pixels[3 * (row * width + column)..][..3]);
    let weights = [(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y];
    for (channel, sum) in sum.iter_mut().enumerate() {
        *sum += (0..4)
            .map(|corner| weights[corner] * f32::from(corners[corner][channel]))
            .sum::<f32>();
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn strip(along: (f32, f32), length: f32, height: f32) -> Strip {
        Strip {
            center: (60.0, 50.0),
            along,
            length,
            height,
            is_column: false,
        }
    }

    /// Dark red left of the middle, white right of it.
    fn halves() -> RgbImage {
        RgbImage::from_fn(
            120,
            100,
            |x, _| if x < 60 { Rgb([100, 0, 0]) } else { Rgb([255; 3]) },
        )
    }

    fn red(planes: &[f32], room: usize, row: usize, column: usize) -> f32 {
        planes[(2 * HEIGHT + row) * room + column]
    }

    #[test]
    fn a_strip_is_set_upright() {
        let dark = 100.0 / 127.5 - 1.0;
        for (along, left, right) in [((1.0, 0.0), dark, 1.0), ((-1.0, 0.0), 1.0, dark)] {
            let planes = cut(&halves(), &strip(along, 40.0, 20.0), 96, 100);
            assert!((red(&planes, 100, 24, 5) - left).abs() < 1e-5);
            assert!((red(&planes, 100, 24, 90) - right).abs() < 1e-5);
            assert_eq!(red(&planes, 100, 24, 98), 0.0, "room is grey");
        }
        // Read downwards, what is right in the picture is at the top.
        let planes = cut(&halves(), &strip((0.0, 1.0), 40.0, 20.0), 96, 96);
        assert!((red(&planes, 96, 5, 50) - 1.0).abs() < 1e-5);
        assert!((red(&planes, 96, 43, 50) - dark).abs() < 1e-5);
        assert!(
            (planes[43 * 96 + 50] + 1.0).abs() < 1e-5,
            "blue is first, and there is none"
        );
    }

    #[test]
    fn fine_detail_is_averaged_when_it_is_scaled_down() {
        let lines = RgbImage::from_fn(
            960,
            960,
            |x, _| if x % 2 == 0 { Rgb([0; 3]) } else { Rgb([255; 3]) },
        );
        let strip = Strip {
            center: (480.0, 480.0),
            ..strip((1.0, 0.0), 384.0, 192.0)
        };
        let planes = cut(&lines, &strip, 96, 96);
        assert!(planes.iter().all(|value| value.abs() < 0.02));
    }

    #[test]
    fn widths_are_bounded_and_edges_hold() {
        assert_eq!(width_of(&strip((1.0, 0.0), 40.0, 20.0)), 96);
        assert_eq!(width_of(&strip((1.0, 0.0), 1e30, 1e-3)), MAX_WIDTH);
        assert_eq!(width_of(&strip((1.0, 0.0), 1e-3, 50.0)), 16);
        let outside = Strip {
            center: (-500.0, 1e9),
            ..strip((1.0, 0.0), 40.0, 20.0)
        };
        assert!((red(&cut(&halves(), &outside, 96, 96), 96, 0, 0) - (100.0 / 127.5 - 1.0)).abs() < 1e-5);
        assert!(
            cut(&RgbImage::new(0, 0), &outside, 16, 16)
                .iter()
                .all(|value| *value == 0.0)
        );
    }
}
