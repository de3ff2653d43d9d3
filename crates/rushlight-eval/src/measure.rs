//! The measures, each a function of one ranking and the judgements of its query, and their mean over queries.
//!
//! A ranking lists documents best first, each at most once; its order is taken as it stands, so ties are broken by
//! rank. `grades` holds the query's relevant documents, each with a grade above zero; what is not in it is not relevant.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Normalised discounted cumulative gain of the first `k`, from 0 to 1.
///
/// The gain of a document is its grade (linear, as in trec_eval and BEIR; not `2^grade - 1`), discounted by
/// `log2(rank + 1)`; the sum is divided by that of the best possible ranking. Järvelin and Kekäläinen, ACM TOIS 20
/// (2002). Zero when nothing is relevant.
pub fn ndcg_at<D: Ord>(ranking: &[D], grades: &BTreeMap<D, u32>, k: usize) -> f64 {
    let gain = |document: &D| grades.get(document).copied().unwrap_or(0);
    let mut ideal: Vec<u32> = grades.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = discounted(ideal.into_iter().take(k));
    if best == 0.0 {
        0.0
    } else {
        discounted(ranking.iter().take(k).map(gain)) / best
    }
}

fn discounted(gains: impl Iterator<Item = u32>) -> f64 {
    gains
        .enumerate()
        .map(|(index, gain)| f64::from(gain) / (index as f64 + 2.0).log2())
        .sum()
}

/// Share of the relevant documents that are among the first `k`, from 0 to 1. Zero when nothing is relevant.
pub fn recall_at<D: Ord>(ranking: &[D], grades: &BTreeMap<D, u32>, k: usize) -> f64 {
    if grades.is_empty() {
        return 0.0;
    }
    let found = ranking
        .iter()
        .take(k)
        .filter(|document| grades.contains_key(document))
        .count();
    found as f64 / grades.len() as f64
}

/// One divided by the rank of the first relevant document among the first `k`; zero when there is none.
pub fn reciprocal_rank_at<D: Ord>(ranking: &[D], grades: &BTreeMap<D, u32>, k: usize) -> f64 {
    let first = ranking
        .iter()
        .take(k)
        .position(|document| grades.contains_key(document));
    first.map_or(0.0, |index| 1.0 / (index as f64 + 1.0))
}

/// The mean of a measure over queries, with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Mean {
    /// Of values from 0 to 1.
    ///
    /// The interval is the normal one, mean ± 1.96 standard errors (sample deviation, `n - 1`), cut to 0 and 1. It says
    /// what another draw of queries from the same kind would give, and nothing of other documents. Of fewer than two
    /// values it is the whole range.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        if values.is_empty() {
            return Self {
                mean: 0.0,
                low: 0.0,
                high: 1.0,
            };
        }
        let mean = values.iter().sum::<f64>() / n;
        if values.len() < 2 {
            return Self {
                mean,
                low: 0.0,
                high: 1.0,
            };
        }
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let reach = 1.96 * (variance / n).sqrt();
        Self {
            mean,
            low: (mean - reach).max(0.0),
            high: (mean + reach).min(1.0),
        }
    }
}

impl fmt::Display for Mean {
    /// Three decimals: `0.975 [0.971, 0.979]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} [{:.3}, {:.3}]", self.mean, self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grades(of: &[(char, u32)]) -> BTreeMap<char, u32> {
        of.iter().copied().collect()
    }

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-9,
            "{found} where {expected} is expected"
        );
    }

    #[test]
    fn ndcg_of_graded_documents() {
        // Gains 0, 2, 1, 0 at ranks 1 to 4; ideal 2, 1: (2/log2(3) + 1/2) / (2 + 1/log2(3)).
        let judged = grades(&[('b', 2), ('c', 1)]);
        near(ndcg_at(&['a', 'b', 'c', 'd'], &judged, 10), 0.669_671_816_494_23);
        // Cut after rank 2 the gain of `c` is lost, and the ideal keeps both.
        near(
            ndcg_at(&['a', 'b', 'c', 'd'], &judged, 2),
            0.479_624_933_136_262_9,
        );
        near(ndcg_at(&['b', 'c'], &judged, 10), 1.0);
        near(
            ndcg_at(&['c', 'b'], &judged, 10),
            (1.0 + 2.0 / 3f64.log2()) / (2.0 + 1.0 / 3f64.log2()),
        );
    }

    #[test]
    fn ndcg_of_one_relevant_document_is_its_discount() {
        let judged = grades(&[('x', 1)]);
        near(ndcg_at(&['x', 'a', 'b'], &judged, 10), 1.0);
        near(ndcg_at(&['a', 'b', 'x'], &judged, 10), 0.5);
        near(ndcg_at(&['a', 'b', 'x'], &judged, 2), 0.0);
        near(ndcg_at(&[], &judged, 10), 0.0);
        near(ndcg_at(&['a'], &grades(&[]), 10), 0.0);
    }

    #[test]
    fn the_ideal_holds_no_more_than_k() {
        let judged = grades(&[('a', 1), ('b', 1), ('c', 1)]);
        near(ndcg_at(&['a', 'b'], &judged, 2), 1.0);
    }

    #[test]
    fn recall_counts_what_is_relevant() {
        let judged = grades(&[('a', 1), ('b', 3), ('c', 1), ('d', 1)]);
        near(recall_at(&['x', 'a', 'b', 'c'], &judged, 2), 0.25);
        near(recall_at(&['x', 'a', 'b', 'c'], &judged, 20), 0.75);
        near(recall_at(&['x'], &grades(&[]), 5), 0.0);
    }

    #[test]
    fn reciprocal_rank_looks_at_the_first() {
        let judged = grades(&[('a', 1), ('b', 1)]);
        near(reciprocal_rank_at(&['x', 'y', 'b', 'a'], &judged, 10), 1.0 / 3.0);
        near(reciprocal_rank_at(&['x', 'y', 'b', 'a'], &judged, 2), 0.0);
    }

    #[test]
    fn the_interval_is_the_normal_one() {
        // Mean 0.5; squared deviations 0.25 each, variance 4 * 0.25 / 3, standard error sqrt(1/12) = 0.288675.
        let wide = Mean::of(&[0.0, 1.0, 0.0, 1.0]);
        near(wide.mean, 0.5);
        assert_eq!((wide.low, wide.high), (0.0, 1.0), "cut at both ends");
        let mut values = vec![0.0; 50];
        values.extend(vec![1.0; 50]);
        // Variance 25 / 99, standard error 0.0502519, times 1.96: 0.0984937.
        let mean = Mean::of(&values);
        near(mean.low, 0.5 - 1.96 * (25.0 / 99.0 / 100.0f64).sqrt());
        assert_eq!(mean.to_string(), "0.500 [0.402, 0.598]");
        assert_eq!(
            Mean::of(&[0.7]),
            Mean {
                mean: 0.7,
                low: 0.0,
                high: 1.0
            }
        );
        assert_eq!(
            Mean::of(&[]),
            Mean {
                mean: 0.0,
                low: 0.0,
                high: 1.0
            }
        );
    }

    proptest! {
        #[test]
        fn measures_stay_in_range_and_the_ideal_order_is_one(
            judged in prop::collection::btree_map(0u8..30, 1u32..4, 1..10),
            order in Just((0u8..30).collect::<Vec<_>>()).prop_shuffle(),
            k in 1usize..25,
        ) {
            for value in [ndcg_at(&order, &judged, k), recall_at(&order, &judged, k), reciprocal_rank_at(&order, &judged, k)] {
                prop_assert!((0.0..=1.0 + 1e-12).contains(&value));
            }
            prop_assert!(recall_at(&order, &judged, k) <= recall_at(&order, &judged, k + 1));
            prop_assert!(reciprocal_rank_at(&order, &judged, k) <= reciprocal_rank_at(&order, &judged, k + 1));
            let mut ideal = order;
            ideal.sort_by_key(|document| std::cmp::Reverse(judged.get(document).copied().unwrap_or(0)));
            prop_assert!((ndcg_at(&ideal, &judged, k) - 1.0).abs() < 1e-12);
            prop_assert_eq!(reciprocal_rank_at(&ideal, &judged, k), 1.0);
        }
    }
}
