//! From numbers to two planes of eight bits, and what the first of them leaves out.

use rushlight_core::dot;

/// The greatest level: its upper half is 127, and so is that of its negative but for the sign.
const LEVELS: f32 = 32_639.0;
/// Levels in one step of the first plane.
const STEP: f32 = 256.0;
/// How far a product with the first plane alone may be off, in steps of the row. The error is a sum of rounding errors,
/// each even between plus and minus half a step and weighted with a query of unit length: its deviation is the step divided by
/// the root of twelve, and five deviations are 1.44 steps. One row in two million lies beyond.
pub(crate) const SLACK: f32 = 1.5;

/// Writes a row's planes and returns its scale: the value of one level. Value `i` is about
/// `(256 * coarse[i] + fine[i]) * scale`, off by half a scale at most.
pub(crate) fn encode(values: &[f32], coarse: &mut [i8], fine: &mut [i8]) -> f32 {
    let greatest = values.iter().fold(0f32, |most, value| most.max(value.abs()));
    if greatest == 0.0 {
        coarse.fill(0);
        fine.fill(0);
        return 0.0;
    }
    let per_value = LEVELS / greatest;
    for ((value, coarse), fine) in values.iter().zip(coarse).zip(fine) {
        let level = (value * per_value).round() as i32;
        let upper = (level + 128) >> 8;
        *coarse = upper as i8;
        *fine = (level - (upper << 8)) as i8;
    }
    greatest / LEVELS
}

/// The value of one step of the first plane in a row of this scale.
pub(crate) fn step(scale: f32) -> f32 {
    scale * STEP
}

/// The cosine of a query with a row, from both planes.
pub(crate) fn exact(query: &[f32], coarse: &[i8], fine: &[i8], scale: f32, levels: &mut Vec<f32>) -> f32 {
    decode(coarse, fine, levels);
    dot(query, levels) * scale
}

/// A row's levels; times its scale they are its values.
pub(crate) fn decode(coarse: &[i8], fine: &[i8], levels: &mut Vec<f32>) {
    levels.clear();
    levels.extend(
        coarse
            .iter()
            .zip(fine)
            .map(|(coarse, fine)| (i32::from(*coarse) * 256 + i32::from(*fine)) as f32),
    );
}

/// A query as whole numbers, as fine as a sum of all products with the first plane allows without overflow.
pub(crate) struct WholeQuery {
    pub(crate) levels: Vec<i16>,
    /// The value of one level.
    pub(crate) scale: f32,
}

impl WholeQuery {
    pub(crate) fn new(values: &[f32]) -> Self {
        let greatest = values.iter().fold(0f32, |most, value| most.max(value.abs()));
        let bound = (i32::MAX / 128 / values.len().max(1) as i32).clamp(1, i32::from(i16::MAX)) as f32;
        let per_value = if greatest == 0.0 { 0.0 } else { bound / greatest };
        Self {
            levels: values
                .iter()
                .map(|value| (value * per_value).round() as i16)
                .collect(),
            scale: greatest / bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushlight_core::Embedding;

    use super::*;
    use crate::compare::Comparer;

    fn unit(dimensions: usize) -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-1f32..1.0, dimensions)
            .prop_filter_map("has a direction", |values| Embedding::normalized(values).ok())
            .prop_map(|embedding| embedding.values().to_vec())
    }

    proptest! {
        #[test]
        fn both_planes_give_the_value_back_to_half_a_level(values in unit(48)) {
            let (mut coarse, mut fine) = (vec![0; 48], vec![0; 48]);
            let scale = encode(&values, &mut coarse, &mut fine);
            let mut levels = Vec::new();
            decode(&coarse, &fine, &mut levels);
            for (value, level) in values.iter().zip(levels) {
                prop_assert!((value - level * scale).abs() <= scale * 0.51, "{value} and {}", level * scale);
            }
        }

        #[test]
        fn the_first_plane_is_off_by_the_stated_slack_at_most(query in unit(384), values in unit(384)) {
            let (mut coarse, mut fine) = (vec![0; 384], vec![0; 384]);
            let scale = encode(&values, &mut coarse, &mut fine);
            let whole = WholeQuery::new(&query);
            let mut found = [0];
            Comparer::detect().products(&whole.levels, &coarse, &[0], &mut found);
            let about = found[0] as f32 * whole.scale * step(scale);
            let cosine = dot(&query, &values);
            prop_assert!((about - cosine).abs() <= SLACK * step(scale), "{about} and {cosine}");
            let exact = exact(&query, &coarse, &fine, scale, &mut Vec::new());
            prop_assert!((exact - cosine).abs() <= 2e-5, "{exact} and {cosine}");
        }
    }

    #[test]
    fn nothing_overflows_and_nothing_has_no_direction() {
        for dimensions in [1, 384, 4_096, 70_000] {
            let alike = vec![1.0; dimensions];
            let (mut coarse, mut fine) = (vec![0; dimensions], vec![0; dimensions]);
            for sign in [1.0, -1.0] {
                let values: Vec<f32> = alike.iter().map(|value| value * sign).collect();
                let scale = encode(&values, &mut coarse, &mut fine);
                let whole = WholeQuery::new(&alike);
                let mut found = [0];
                Comparer::detect().products(&whole.levels, &coarse, &[0], &mut found);
                let about = found[0] as f32 * whole.scale * step(scale);
                let expected = sign * dimensions as f32;
                assert!(
                    (about - expected).abs() < dimensions as f32 * 0.02,
                    "{about} is not {expected}"
                );
            }
        }
        let (mut coarse, mut fine) = ([1; 3], [1; 3]);
        assert_eq!(encode(&[0.0; 3], &mut coarse, &mut fine), 0.0);
        assert_eq!((coarse, fine), ([0; 3], [0; 3]));
        assert_eq!(WholeQuery::new(&[0.0; 3]).levels, [0; 3]);
    }
}
