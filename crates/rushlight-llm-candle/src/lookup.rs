//! Guesses of what comes next, looked up in what was read: prompt lookup decoding (Saxena 2023).
//!
//! An answer from passages repeats their words. Where the last tokens stand somewhere before, what followed them there is
//! guessed to follow here too. A guess costs little to check together with the token before it, and nothing is written that
//! the model would not have written without it.

/// Tokens that must stand before a guess; more of them are looked for first.
const SUFFIX: std::ops::RangeInclusive<usize> = 2..=4;

/// Up to `max` tokens that followed the last ones when they stood in `read` before; none where they did not.
pub(crate) fn guess(read: &[u32], max: usize) -> &[u32] {
    for length in SUFFIX.rev() {
        let Some(begin) = read.len().checked_sub(length) else {
            continue;
        };
        let suffix = &read[begin..];
        // The last time before now.
        let before = read[..read.len() - 1]
            .windows(length)
            .rposition(|window| window == suffix);
        if let Some(at) = before {
            let next = at + length;
            return &read[next..read.len().min(next + max)];
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_before_is_guessed() {
        let read = [7, 1, 2, 3, 4, 5, 6, 1, 2];
        assert_eq!(guess(&read, 3), [3, 4, 5]);
        assert_eq!(guess(&read, 100), [3, 4, 5, 6, 1, 2]);
        assert_eq!(guess(&read, 0), [0u32; 0]);
    }

    #[test]
    fn the_longest_suffix_counts_and_then_the_latest_place() {
        assert_eq!(guess(&[9, 1, 2, 8, 0, 1, 2, 5, 9, 1, 2], 1), [8]);
        assert_eq!(guess(&[0, 1, 2, 8, 7, 1, 2, 5, 9, 1, 2], 1), [5]);
    }

    #[test]
    fn nothing_is_guessed_from_nothing() {
        for read in [&[][..], &[1], &[1, 2], &[1, 2, 3], &[2, 9, 2]] {
            assert_eq!(guess(read, 5), [0u32; 0], "{read:?}");
        }
        // What repeats at once is guessed to go on.
        assert_eq!(guess(&[3, 3, 3], 5), [3]);
    }
}
