//! Two sequences aligned by what they have in common.

use std::ops::Range;

/// Elements that are aligned by their longest common subsequence; of longer sequences, what lies between their common
/// beginning and end is one gap.
const ALIGNED: usize = 3_000;

/// A stretch of each of two sequences between what they have in common; one of the two may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) first: Range<usize>,
    pub(crate) second: Range<usize>,
}

/// Where two sequences differ, in order. Takes time and memory by the product of the lengths that differ.
pub(crate) fn gaps(first: &[&str], second: &[&str]) -> Vec<Gap> {
    let begins = first.iter().zip(second).take_while(|(a, b)| a == b).count();
    let ends = first[begins..]
        .iter()
        .rev()
        .zip(second[begins..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (
        &first[begins..first.len() - ends],
        &second[begins..second.len() - ends],
    );
    let pairs = match a.len().max(b.len()) <= ALIGNED {
        true => common((a.len(), b.len()), |i, j| a[i] == b[j]),
        false => Vec::new(),
    };
    let mut gaps = Vec::new();
    let (mut at_a, mut at_b) = (0, 0);
    for (in_a, in_b) in pairs.into_iter().chain([(a.len(), b.len())]) {
        if at_a < in_a || at_b < in_b {
            gaps.push(Gap {
                first: begins + at_a..begins + in_a,
                second: begins + at_b..begins + in_b,
            });
        }
        (at_a, at_b) = (in_a + 1, in_b + 1);
    }
    gaps
}

/// A longest common subsequence of two sequences of these lengths, as pairs of places. Takes time and memory by the product of the
/// lengths.
pub(crate) fn common(lengths: (usize, usize), same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let (a, b) = lengths;
    let width = b + 1;
    // The longest from (i, j) on.
    let mut longest = vec![0u16; (a + 1) * width];
    for i in (0..a).rev() {
        for j in (0..b).rev() {
            longest[i * width + j] = match same(i, j) {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut pairs, mut i, mut j) = (Vec::new(), 0, 0);
    while i < a && j < b {
        if same(i, j) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gaps_lie_between_what_is_common() {
        let gap = |first: Range<usize>, second: Range<usize>| Gap { first, second };
        assert_eq!(gaps(&["a", "b", "c"], &["a", "x", "c"]), [gap(1..2, 1..2)]);
        assert_eq!(
            gaps(&["a", "b", "c", "d"], &["b", "d", "e"]),
            [gap(0..1, 0..0), gap(2..3, 1..1), gap(4..4, 2..3)]
        );
        assert_eq!(gaps(&["a"], &["a"]), []);
        assert_eq!(gaps(&[], &["a"]), [gap(0..0, 0..1)]);
    }

    proptest! {
        #[test]
        fn what_is_in_no_gap_is_the_same(a in proptest::collection::vec("[ab]", 0..9), b in proptest::collection::vec("[abc]", 0..9)) {
            let a: Vec<&str> = a.iter().map(String::as_str).collect();
            let b: Vec<&str> = b.iter().map(String::as_str).collect();
            let found = gaps(&a, &b);
            let kept = |all: &[&str], ranges: Vec<Range<usize>>| -> Vec<String> {
                (0..all.len()).filter(|at| !ranges.iter().any(|range| range.contains(at))).map(|at| all[at].to_owned()).collect()
            };
            let first = kept(&a, found.iter().map(|gap| gap.first.clone()).collect());
            let second = kept(&b, found.iter().map(|gap| gap.second.clone()).collect());
            prop_assert_eq!(first, second);
        }
    }
}
