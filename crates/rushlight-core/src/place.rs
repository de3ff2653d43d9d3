//! Where something stands: bytes in a document's text, and the place in the original that a person can open.

use std::ops::Range;

use crate::area::{PageArea, PlacedLine, areas_of, join_areas};

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
        /// Where on these pages, as far as that is known; each on one of them.
        areas: Vec<PageArea>,
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
    /// Pages from `first` to `last`, without saying where on them.
    pub fn pages(first: u32, last: u32) -> Self {
        Self::Pages {
            first,
            last,
            areas: Vec::new(),
        }
    }

    /// The place of `span`, which lies within a stretch of text at this place: for pages, those of the lines that it
    /// touches, and where on them. Of other places, and where no line is known, nothing finer can be said.
    pub fn within(self, lines: &[PlacedLine], span: TextSpan) -> Self {
        if !matches!(self, Self::Pages { .. }) {
            return self;
        }
        let areas = areas_of(lines, span);
        let pages = || areas.iter().map(|area| area.page);
        match (pages().min(), pages().max()) {
            (Some(first), Some(last)) => Self::Pages { first, last, areas },
            _ => self,
        }
    }

    /// The smallest place that covers both, or `None` when they lie in different parts or are of different kinds.
    pub fn cover(&self, other: &Locator) -> Option<Locator> {
        let join = |a: &(u32, u32), b: &(u32, u32)| (a.0.min(b.0), a.1.max(b.1));
        match (self, other) {
            (Self::Whole, Self::Whole) => Some(Self::Whole),
            (Self::Lines { first: a, last: b }, Self::Lines { first: c, last: d }) => {
                let (first, last) = join(&(*a, *b), &(*c, *d));
                Some(Self::Lines { first, last })
            }
            (
                Self::Pages {
                    first: a,
                    last: b,
                    areas: of_one,
                },
                Self::Pages {
                    first: c,
                    last: d,
                    areas: of_other,
                },
            ) => {
                let (first, last) = join(&(*a, *b), &(*c, *d));
                let areas = join_areas(of_one.iter().chain(of_other).copied());
                Some(Self::Pages { first, last, areas })
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
    use proptest::prelude::*;

    use super::*;

    fn area(page: u32, top: u16) -> PageArea {
        PageArea {
            page,
            left: 100,
            top,
            right: 900,
            bottom: top + 12,
        }
    }

    prop_compose! {
        fn pages()(
            first in 1u32..4,
            more in 0u32..3,
            spots in proptest::collection::vec((0u32..3, 0u16..900), 0..6),
        ) -> Locator {
            let areas = join_areas(spots.iter().map(|(page, top)| area(first + page % (more + 1), *top)));
            Locator::Pages { first, last: first + more, areas }
        }
    }

    fn cover(a: &Locator, b: &Locator) -> Locator {
        a.cover(b).expect("of one kind")
    }

    proptest! {
        #[test]
        fn pages_are_covered_in_any_order(a in pages(), b in pages(), c in pages()) {
            prop_assert_eq!(cover(&a, &b), cover(&b, &a));
            prop_assert_eq!(cover(&cover(&a, &b), &c), cover(&a, &cover(&b, &c)));
            prop_assert_eq!(cover(&a, &a), a.clone());
            let Locator::Pages { first, last, areas } = cover(&a, &b) else {
                panic!("pages cover pages");
            };
            prop_assert!(areas.iter().all(|area| area.is_on_page() && (first..=last).contains(&area.page)));
        }
    }

    #[test]
    fn a_part_of_a_stretch_has_its_own_pages_and_areas() {
        let line = |start, end, page, top| PlacedLine {
            span: TextSpan::new(start, end),
            area: area(page, top),
        };
        let lines = [line(0, 10, 1, 940), line(11, 20, 2, 60), line(21, 30, 2, 74)];
        let place = |start, end| Locator::pages(1, 2).within(&lines, TextSpan::new(start, end));
        assert_eq!(
            place(22, 25),
            Locator::Pages {
                first: 2,
                last: 2,
                areas: vec![area(2, 74)]
            }
        );
        let Locator::Pages {
            first: 1,
            last: 2,
            areas,
        } = place(3, 30)
        else {
            panic!("{:?}", place(3, 30));
        };
        assert_eq!(areas.len(), 2);
        assert_eq!(place(40, 50), Locator::pages(1, 2), "no line is known there");
        assert_eq!(Locator::Whole.within(&lines, TextSpan::new(0, 9)), Locator::Whole);
    }

    #[test]
    fn places_of_one_kind_join_and_others_do_not() {
        let lines = |first, last| Locator::Lines { first, last };
        assert_eq!(lines(3, 4).cover(&lines(1, 3)), Some(lines(1, 4)));
        assert_eq!(lines(3, 4).cover(&Locator::pages(1, 1)), None);
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
