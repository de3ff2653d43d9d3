//! Means over queries with confidence intervals, by bootstrap.
//!
//! B. Efron, R. Tibshirani: An Introduction to the Bootstrap (1993), chapter 13: the queries are drawn anew with
//! replacement, as many as there are, and the mean is taken of each draw; the interval lies between the 25th smallest
//! and the 25th largest of 1,000 such means (percentile method). It says what another set of queries of the same kind
//! would give on the same documents, and nothing of other documents. Differences are paired: each query is its own
//! control, and both runs are drawn together. The draws are the same in every run, so a run can be repeated to the bit.

use std::fmt;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// Draws of as many queries as there are.
pub const RESAMPLES: usize = 1000;
/// Decides the draws. Any number would do.
const SEED: u64 = 0x7275_7368;
/// Resampled means left out at each end: 2.5 % of them, less the one that is the end.
const LEFT_OUT: usize = RESAMPLES / 40 - 1;

/// The method in words, for tables and kept runs.
pub const METHOD: &str = "95 % interval: percentile bootstrap over queries, 1,000 resamples";

/// The mean of a measure over queries, with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Mean {
    /// Of values from 0 to 1. Of fewer than two the interval is the whole range.
    pub fn of(values: &[f64]) -> Self {
        Self::within(values, 0.0, 1.0)
    }

    /// Of differences of such values, one for each query. Of fewer than two the interval is the whole range.
    pub fn of_differences(values: &[f64]) -> Self {
        Self::within(values, -1.0, 1.0)
    }

    fn within(values: &[f64], lowest: f64, highest: f64) -> Self {
        let (low, high) = match values {
            [] | [_] => (lowest, highest),
            _ => interval(values),
        };
        Self {
            mean: mean(values.iter().copied(), values.len()),
            low,
            high,
        }
    }

    /// Whether the interval leaves out zero: for differences.
    pub fn leaves_out_zero(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }

    /// With a sign, for differences: `+0.012 [-0.003, +0.027]`.
    pub fn signed(&self) -> String {
        let Self { mean, low, high } = self;
        // Minus zero would look like a loss.
        let [mean, low, high] = [mean, low, high].map(|value| (value * 1000.0).round() / 1000.0 + 0.0);
        format!("{mean:+.3} [{low:+.3}, {high:+.3}]")
    }
}

impl fmt::Display for Mean {
    /// Three decimals: `0.975 [0.971, 0.979]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} [{:.3}, {:.3}]", self.mean, self.low, self.high)
    }
}

fn interval(values: &[f64]) -> (f64, f64) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut draw = || {
        // Scaled by multiplication, so that the draws do not depend on how a library does it.
        let scaled = u128::from(random.next_u64()) * values.len() as u128;
        values[(scaled >> 64) as usize]
    };
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| mean((0..values.len()).map(|_| draw()), values.len()))
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    (means[LEFT_OUT], means[RESAMPLES - 1 - LEFT_OUT])
}

fn mean(values: impl Iterator<Item = f64>, count: usize) -> f64 {
    values.sum::<f64>() / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_many_values_it_is_near_the_normal_interval() {
        let values: Vec<f64> = (0..400).map(|n| f64::from(n % 2)).collect();
        let found = Mean::of(&values);
        // Standard error of the mean of 400 draws of 0 or 1: 0.025; times 1.96: 0.049.
        assert_eq!(found.mean, 0.5);
        assert!((found.low - 0.451).abs() < 0.006, "{found}");
        assert!((found.high - 0.549).abs() < 0.006, "{found}");
        assert_eq!(Mean::of(&values), found, "the same draws every time");
    }

    #[test]
    fn of_few_values_nothing_is_known() {
        for (values, mean) in [(vec![], 0.0), (vec![0.7], 0.7)] {
            let found = Mean::of(&values);
            assert_eq!((found.mean, found.low, found.high), (mean, 0.0, 1.0));
            assert_eq!(Mean::of_differences(&values).low, -1.0);
        }
        let all = Mean::of(&[1.0; 8]);
        assert_eq!(all.to_string(), "1.000 [1.000, 1.000]");
    }

    #[test]
    fn differences_have_a_sign() {
        let found = Mean {
            mean: 0.0124,
            low: -0.0001,
            high: 0.025,
        };
        assert_eq!(found.signed(), "+0.012 [+0.000, +0.025]");
        assert!(!found.leaves_out_zero());
        let worse = Mean::of_differences(&[-0.5; 10]);
        assert_eq!(worse.signed(), "-0.500 [-0.500, -0.500]");
        assert!(worse.leaves_out_zero());
    }

    proptest! {
        #[test]
        fn the_mean_lies_in_its_interval_and_the_interval_in_the_range(
            values in prop::collection::vec(0.0f64..=1.0, 8..60),
        ) {
            let found = Mean::of(&values);
            prop_assert!(found.low <= found.mean + 1e-12 && found.mean <= found.high + 1e-12);
            let least = values.iter().copied().fold(1.0, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            prop_assert!(least - 1e-12 <= found.low && found.high <= most + 1e-12);
        }
    }
}
