//! Where something stands: bytes in a document's text, and the place in the original that a person can open.

use std::ops::Range;

/// A half-open range of bytes into a document's text, on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextSpan {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl TextSpan {
    /// The span from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end, "a span ends after it starts: {start}..{end}");
        Self { start, end }
    }

    /// The bytes' range, to slice with.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// True when it covers nothing.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The text under this span, or `None` when it lies outside `text` or inside a character.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.range())
    }
}

/// A place in the original file. Numbers count from one, as people do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Locator {
    /// The whole of it; there is nothing finer to say.
    Whole,
    /// Lines of a text file.
    Lines {
        /// First line.
        first: u32,
        /// Last line, inclusive.
        last: u32,
    },
    /// Pages of a paginated document.
    Pages {
        /// First page.
        first: u32,
        /// Last page, inclusive.
        last: u32,
    },
    /// A part of a mail message, and lines of that part's text.
    MessagePart {
        /// The part as IMAP numbers it (`1`, `2.1`), or `header`.
        part: String,
        /// First line of the part's text.
        first: u32,
        /// Last line, inclusive.
        last: u32,
    },
    /// Rows of a table.
    Cells {
        /// The sheet's name; empty where the file has but one table.
        sheet: String,
        /// First row.
        first: u32,
        /// Last row, inclusive.
        last: u32,
    },
}

impl Locator {
    /// The smallest place that covers both, or `None` when they lie in different parts or are of different kinds.
    pub fn cover(&self, other: &Locator) -> Option<Locator> {
        let join = |a: &(u32, u32), b: &(u32, u32)| (a.0.min(b.0), a.1.max(b.1));
        match (self, other) {
            (Self::Whole, Self::Whole) => Some(Self::Whole),
            (Self::Lines { first: a, last: b }, Self::Lines { first: c, last: d }) => {
                let (first, last) = join(&(*a, *b), &(*c, *d));
                Some(Self::Lines { first, last })
            }
            (Self::Pages { first: a, last: b }, Self::Pages { first: c, last: d }) => {
                let (first, last) = join(&(*a, *b), &(*c, *d));
                Some(Self::Pages { first, last })
            }
            (
                Self::MessagePart {
                    part: p,
                    first: a,
                    last: b,
                },
                Self::MessagePart {
                    part: q,
                    first: c,
                    last: d,
                },
            ) if p == q => {
                let (first, last) = join(&(*a, *b), &(*c, *d));
                Some(Self::MessagePart {
                    part: p.clone(),
                    first,
                    last,
                })
            }
            (
                Self::Cells {
                    sheet: p,
                    first: a,
                    last: b,
                },
                Self::Cells {
                    sheet: q,
                    first: c,
                    last: d,
                },
            ) if p == q => {
                let (first, last) = join(&(*a, *b), &(*c, *d));
                Some(Self::Cells {
                    sheet: p.clone(),
                    first,
                    last,
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_one_kind_join_and_others_do_not() {
        let lines = |first, last| Locator::Lines { first, last };
        assert_eq!(lines(3, 4).cover(&lines(1, 3)), Some(lines(1, 4)));
        assert_eq!(lines(3, 4).cover(&Locator::Pages { first: 1, last: 1 }), None);
        let part = |part: &str| Locator::MessagePart {
            part: part.to_owned(),
            first: 1,
            last: 2,
        };
        assert_eq!(part("1").cover(&part("2")), None);
    }

    #[test]
    fn a_span_inside_a_character_has_no_text() {
        assert_eq!(TextSpan::new(0, 3).of("茶"), Some("茶"));
        assert_eq!(TextSpan::new(0, 2).of("茶"), None);
        assert_eq!(TextSpan::new(0, 9).of("茶"), None);
    }
}
