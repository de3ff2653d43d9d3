//! Tokens that stand in a text as they are written, found in it.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// A set of strings, each with its token.
pub(crate) struct Marks {
    tokens: HashMap<String, u32>,
    /// Bytes of the strings, the longest first.
    lengths: Vec<usize>,
    /// Whether a string begins with this byte.
    begins: [bool; 256],
}

impl Marks {
    /// Of these strings; empty ones are left out.
    pub(crate) fn new(marks: impl IntoIterator<Item = (String, u32)>) -> Self {
        let tokens: HashMap<String, u32> = marks.into_iter().filter(|(mark, _)| !mark.is_empty()).collect();
        let lengths: BTreeSet<usize> = tokens.keys().map(String::len).collect();
        let mut begins = [false; 256];
        for mark in tokens.keys() {
            begins[usize::from(mark.as_bytes()[0])] = true;
        }
        Self {
            tokens,
            lengths: lengths.into_iter().rev().collect(),
            begins,
        }
    }

    /// The first of them from a byte on, and its token; the longest where several begin at the same place.
    pub(crate) fn find(&self, text: &str, from: usize) -> Option<(Range<usize>, u32)> {
        let bytes = text.as_bytes();
        (from..bytes.len())
            .filter(|at| self.begins[usize::from(bytes[*at])])
            .find_map(|at| {
                self.lengths.iter().find_map(|length| {
                    let token = self.tokens.get(text.get(at..at + length)?)?;
                    Some((at..at + length, *token))
                })
            })
    }

    /// The text without them.
    ///
    /// Taking one out can bring another together, so it goes on until none is left.
    pub(crate) fn remove_from(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let longest = self.lengths.first().copied().unwrap_or(0);
        let mut from = 0;
        while let Some((found, _)) = self.find(&text, from) {
            from = found.start.saturating_sub(longest);
            text.replace_range(found, "");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marks(marks: &[&str]) -> Marks {
        Marks::new(
            marks
                .iter()
                .enumerate()
                .map(|(at, mark)| ((*mark).to_owned(), at as u32)),
        )
    }

    #[test]
    fn the_first_is_found_and_the_longest_where_several_begin() {
        let marks = marks(&["\n", "\n\n", "<b>", "茶", ""]);
        assert_eq!(marks.find("a\n\n\n<b>", 0), Some((1..3, 1)));
        assert_eq!(marks.find("a\n\n\n<b>", 3), Some((3..4, 0)));
        assert_eq!(marks.find("綠茶", 0), Some((3..6, 3)));
        assert_eq!(marks.find("<a> and < b>", 0), None);
        assert_eq!(marks.find("", 0), None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_removed_is_left(parts in proptest::collection::vec(
            prop_oneof![Just("<|im_"), Just("end|>"), Just("<|im_end|>"), Just("start|>"), Just("茶"), Just("<|")], 0..12)
        ) {
            let all = ["<|im_start|>", "<|im_end|>"];
            let left = marks(&all).remove_from(&parts.concat());
            prop_assert!(all.iter().all(|mark| !left.contains(mark)), "{}", left);
            prop_assert_eq!(left.matches('茶').count(), parts.iter().filter(|part| **part == "茶").count());
        }
    }
}
