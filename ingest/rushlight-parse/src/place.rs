//! Lines of a text, found in one pass.

use memchr::memchr_iter;
use rushlight_core::Locator;

/// Counts lines while moving forward through a text: the whole walk is linear, however many places are asked for.
pub(crate) struct LineCursor<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> LineCursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// Number of the line that holds the byte `to`. Going back starts again from the top.
    pub(crate) fn line_at(&mut self, to: usize) -> u32 {
        if to < self.at {
            self.at = 0;
            self.line = 1;
        }
        let breaks = memchr_iter(b'\n', &self.text.as_bytes()[self.at..to]).count();
        self.line = self
            .line
            .saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at = to;
        self.line
    }

    /// First and last line of the bytes `start..end`, which is not empty.
    pub(crate) fn range(&mut self, start: usize, end: usize) -> (u32, u32) {
        let first = self.line_at(start);
        (first, self.line_at(end.saturating_sub(1).max(start)))
    }

    /// The same as a locator.
    pub(crate) fn locate(&mut self, start: usize, end: usize) -> Locator {
        let (first, last) = self.range(start, end);
        Locator::Lines { first, last }
    }
}

/// The range without white space at its ends, or `None` when nothing else is in it.
pub(crate) fn trimmed(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let slice = &text[start..end];
    let left = slice.len() - slice.trim_start().len();
    let right = slice.trim_end().len();
    (left < right).then_some((start + left, start + right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one_and_ranges_are_inclusive() {
        let mut lines = LineCursor::new("a\nbc\n\nd");
        assert_eq!(lines.range(0, 1), (1, 1));
        assert_eq!(lines.range(2, 8), (2, 4));
        assert_eq!(lines.range(0, 5), (1, 2), "going back counts anew");
    }

    #[test]
    fn trimming_keeps_to_characters() {
        assert_eq!(trimmed("\u{3000}茶 \n", 0, 8), Some((3, 6)));
        assert_eq!(trimmed(" \n", 0, 2), None);
    }
}
