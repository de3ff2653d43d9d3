//! The measures, each a function of one ranking and the judgements of its query.
//!
//! A ranking lists documents best first, each at most once; its order is taken as it stands, so ties are broken by
//! rank. `grades` holds the query's relevant documents, each with a grade above zero; what is not in it is not relevant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

/// What one ranking is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// nDCG of the first ten.
    pub ndcg_at_10: f64,
    /// Recall in the first five.
    pub recall_at_5: f64,
    /// Recall in the first twenty.
    pub recall_at_20: f64,
    /// Reciprocal rank in the first ten.
    pub mrr_at_10: f64,
}

impl Values {
    /// Of a ranking.
    pub fn of<D: Ord>(ranking: &[D], grades: &BTreeMap<D, u32>) -> Self {
        Self {
            ndcg_at_10: ndcg_at(ranking, grades, 10),
            recall_at_5: recall_at(ranking, grades, 5),
            recall_at_20: recall_at(ranking, grades, 20),
            mrr_at_10: reciprocal_rank_at(ranking, grades, 10),
        }
    }

    /// Each with its name, in the order in which they are printed.
    pub fn named(&self) -> [(&'static str, f64); 4] {
        [
            ("nDCG@10", self.ndcg_at_10),
            ("recall@5", self.recall_at_5),
            ("recall@20", self.recall_at_20),
            ("MRR@10", self.mrr_at_10),
        ]
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
