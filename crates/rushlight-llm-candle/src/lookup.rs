//! Guesses of what comes next, looked up in what was read: prompt lookup decoding (Saxena 2023).
//!
//! An answer from passages repeats their words. Where the last tokens stand somewhere before, what followed them there is
//! guessed to follow here too. A guess costs little to check together with the token before it, and nothing is written that
//! the model would not have written without it.

use std::ops::RangeInclusive;

/// Tokens that must stand before a guess; more of them are looked for first.
const SUFFIX: RangeInclusive<usize> = 1..=6;

/// From so many on a guess is right so often that all that may be guessed is; else half of it. Over 56 answers of the answer set two of
/// three guesses are right after one token, nine of ten after six, and there three of four still are six tokens on.
const SURE: usize = 5;

/// A single token that stands more often in what was read tells nothing.
const RARE: usize = 5;

/// Up to `max` tokens that followed the last ones when they stood in `read` before; none where they did not.
pub(crate) fn guess(read: &[u32], max: usize) -> &[u32] {
    for length in SUFFIX.rev() {
        let Some(begin) = read.len().checked_sub(length) else {
            continue;
        };
        let suffix = &read[begin..];
        // The last times before now.
        let mut before = read[..read.len() - 1]
            .windows(length)
            .enumerate()
            .rev()
            .filter(|(_, window)| *window == suffix);
        let Some((at, _)) = before.next() else {
            continue;
        };
        if length == 1 && before.count() >= RARE {
            continue;
        }
        let next = at + length;
        let count = if length < SURE { max.div_ceil(2) } else { max };
        return &read[next..read.len().min(next + count)];
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_before_is_guessed() {
        let read = [7, 1, 2, 3, 4, 5, 6, 1, 2];
        assert_eq!(guess(&read, 6), [3, 4, 5]);
        assert_eq!(guess(&read, 5), [3, 4, 5]);
        assert_eq!(guess(&read, 1), [3]);
        assert_eq!(guess(&read, 100), [3, 4, 5, 6, 1, 2]);
        assert_eq!(guess(&read, 0), [0u32; 0]);
    }

    #[test]
    fn more_is_guessed_after_more() {
        let text = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        let read = |tokens: usize| [&[70], &text[..], &[80], &text[..tokens]].concat();
        assert_eq!(guess(&read(4), 4), [5, 6]);
        assert_eq!(guess(&read(5), 4), [6, 7, 8, 9]);
    }

    #[test]
    fn the_longest_suffix_counts_and_then_the_latest_place() {
        assert_eq!(guess(&[9, 1, 2, 8, 0, 1, 2, 5, 9, 1, 2], 1), [8]);
        assert_eq!(guess(&[0, 1, 2, 8, 7, 1, 2, 5, 9, 1, 2], 1), [5]);
    }

    #[test]
    fn a_frequent_token_alone_says_nothing() {
        let often =
            |times: u32| -> Vec<u32> { (0..times).flat_map(|at| [10 + at, 1]).chain([9, 1]).collect() };
        assert_eq!(guess(&often(5), 2), [9]);
        assert_eq!(guess(&often(6), 2), [0u32; 0]);
    }

    #[test]
    fn nothing_is_guessed_from_nothing() {
        for read in [&[][..], &[1], &[1, 2], &[1, 2, 3]] {
            assert_eq!(guess(read, 5), [0u32; 0], "{read:?}");
        }
        // What repeats at once is guessed to go on.
        assert_eq!(guess(&[3, 3, 3], 5), [3]);
    }
}
