//! Where text stands on the pages of a document, as rectangles that a viewer can draw.

use std::collections::BTreeMap;

use crate::place::TextSpan;

/// Two areas of a page that share columns and lie no further apart than this, from top to bottom, are one: the lines of a
/// paragraph are, two columns are not.
const NEAR: u16 = 12;

/// A stretch of text has at most so many areas; more become one for each page.
const MOST_AREAS: usize = 16;

/// A rectangle on a page as it is shown: of its crop box, turned as the page asks for.
///
/// In thousandths of the shown page's width and height, from its upper left corner, so that it can be drawn on a picture
/// of the page of any size: `left` and `top` are the first, `right` and `bottom` one past the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageArea {
    /// The page, counted from one.
    pub page: u32,
    /// Left edge, in thousandths of the width.
    pub left: u16,
    /// Upper edge, in thousandths of the height.
    pub top: u16,
    /// Right edge; no less than `left`, at most 1000.
    pub right: u16,
    /// Lower edge; no less than `top`, at most 1000.
    pub bottom: u16,
}

impl PageArea {
    /// True when its edges are in order and on the page.
    pub fn is_on_page(&self) -> bool {
        self.page > 0
            && self.left <= self.right
            && self.right <= 1000
            && self.top <= self.bottom
            && self.bottom <= 1000
    }

    /// The smallest rectangle around both. They are on one page.
    fn hull(self, other: PageArea) -> PageArea {
        PageArea {
            page: self.page,
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// True when a person sees one block in the two. They are on one page.
    ///
    /// What holds of two areas holds of larger ones around them; that is why the order of joining does not matter.
    fn is_beside(&self, other: &PageArea) -> bool {
        let gap = self
            .top
            .max(other.top)
            .saturating_sub(self.bottom.min(other.bottom));
        self.left <= other.right && other.left <= self.right && gap <= NEAR
    }
}

/// A stretch of a document's text that stands on one line of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlacedLine {
    /// Where it stands in the document's text.
    pub span: TextSpan,
    /// Where it stands on its page.
    pub area: PageArea,
}

/// The areas of the lines that `span` touches, page by page and in the order of the text; none where no line is known.
///
/// `lines` are in the order of the text and do not overlap. Lines above one another are one area. There are at most 16
/// areas; where there would be more, there is one for each page.
pub fn areas_of(lines: &[PlacedLine], span: TextSpan) -> Vec<PageArea> {
    let first = lines.partition_point(|line| line.span.end <= span.start);
    let touched = lines[first..]
        .iter()
        .take_while(|line| line.span.start < span.end)
        .map(|line| line.area);
    let mut pages = by_page(touched, MOST_AREAS);
    if pages.values().map(Vec::len).sum::<usize>() > MOST_AREAS {
        pages.values_mut().for_each(to_hull);
    }
    pages.into_values().flatten().collect()
}

/// All of these areas, joined where they are beside each other, sorted. In whatever order areas are joined, they come to
/// the same.
pub(crate) fn join_areas(areas: impl IntoIterator<Item = PageArea>) -> Vec<PageArea> {
    let mut joined: Vec<PageArea> = by_page(areas, usize::MAX).into_values().flatten().collect();
    joined.sort_unstable();
    joined
}

/// The areas of each page, joined where they are beside each other; a page with more than `most` of them has but one.
fn by_page(areas: impl IntoIterator<Item = PageArea>, most: usize) -> BTreeMap<u32, Vec<PageArea>> {
    let mut pages: BTreeMap<u32, Vec<PageArea>> = BTreeMap::new();
    for mut area in areas {
        let page = pages.entry(area.page).or_default();
        let mut place = page.len();
        // What has grown may have come close to others.
        while let Some(at) = page.iter().position(|other| other.is_beside(&area)) {
            area = page.remove(at).hull(area);
            place = place.min(at);
        }
        page.insert(place.min(page.len()), area);
        if page.len() > most {
            to_hull(page);
        }
    }
    pages
}

fn to_hull(areas: &mut Vec<PageArea>) {
    if let Some(hull) = areas.drain(..).reduce(PageArea::hull) {
        areas.push(hull);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn area(page: u32, left: u16, top: u16, right: u16, bottom: u16) -> PageArea {
        PageArea {
            page,
            left,
            top,
            right,
            bottom,
        }
    }

    fn line(start: usize, end: usize, area: PageArea) -> PlacedLine {
        PlacedLine {
            span: TextSpan::new(start, end),
            area,
        }
    }

    #[test]
    fn lines_of_a_paragraph_are_one_area_and_columns_and_pages_are_not() {
        let lines = [
            line(0, 10, area(1, 100, 800, 480, 812)),
            line(11, 20, area(1, 100, 816, 470, 828)),
            line(21, 30, area(1, 520, 100, 900, 112)),
            line(31, 40, area(1, 520, 116, 700, 128)),
            line(42, 50, area(2, 100, 60, 480, 72)),
        ];
        assert_eq!(
            areas_of(&lines, TextSpan::new(5, 60)),
            [
                area(1, 100, 800, 480, 828),
                area(1, 520, 100, 900, 128),
                area(2, 100, 60, 480, 72),
            ]
        );
        assert_eq!(areas_of(&lines, TextSpan::new(12, 20)), [lines[1].area]);
        assert_eq!(areas_of(&lines, TextSpan::new(40, 42)), [], "between lines");
        assert_eq!(areas_of(&[], TextSpan::new(0, 9)), []);
    }

    #[test]
    fn an_area_that_grows_meets_others() {
        let found = join_areas([
            area(1, 0, 0, 10, 10),
            area(1, 20, 0, 30, 10),
            area(1, 5, 15, 25, 20),
        ]);
        assert_eq!(found, [area(1, 0, 0, 30, 20)]);
    }

    #[test]
    fn too_many_areas_become_one_a_page() {
        let scattered = |page: u32, n: u16| area(page, 50 * n, 40 * n, 50 * n + 10, 40 * n + 10);
        let lines: Vec<PlacedLine> = (0..20u16)
            .map(|n| {
                let start = usize::from(n) * 10;
                line(start, start + 9, scattered(1 + u32::from(n) / 10, n % 10))
            })
            .collect();
        assert_eq!(areas_of(&lines, TextSpan::new(0, 99)).len(), 10);
        assert_eq!(
            areas_of(&lines, TextSpan::new(0, 200)),
            [area(1, 0, 0, 460, 370), area(2, 0, 0, 460, 370)]
        );
    }

    prop_compose! {
        fn areas()(page in 1u32..3, left in 0u16..900, top in 0u16..900, width in 0u16..100, height in 0u16..100)
            -> PageArea {
            area(page, left, top, left + width, top + height)
        }
    }

    proptest! {
        #[test]
        fn the_order_of_joining_does_not_matter(
            mut all in proptest::collection::vec(areas(), 0..24),
            cut in 0usize..24,
        ) {
            let whole = join_areas(all.iter().copied());
            let (left, right) = all.split_at(cut.min(all.len()));
            let (left, right) = (join_areas(left.iter().copied()), join_areas(right.iter().copied()));
            prop_assert_eq!(&join_areas(left.into_iter().chain(right)), &whole);
            all.reverse();
            prop_assert_eq!(&join_areas(all.iter().copied()), &whole);
            prop_assert_eq!(&join_areas(whole.clone()), &whole);
            for area in &all {
                let covers = |other: &PageArea| other.page == area.page && other.hull(*area) == *other;
                prop_assert!(whole.iter().any(covers));
            }
            prop_assert!(whole.iter().all(PageArea::is_on_page));
        }

        #[test]
        fn areas_of_lines_are_few_and_cover_them(
            placed in proptest::collection::vec((areas(), 0usize..4, 1usize..9), 0..60),
            start in 0usize..300,
            length in 1usize..300,
        ) {
            let mut at = 0;
            let lines: Vec<PlacedLine> = placed
                .into_iter()
                .map(|(area, gap, length)| {
                    let start = at + gap;
                    at = start + length;
                    line(start, at, area)
                })
                .collect();
            let span = TextSpan::new(start, start + length);
            let found = areas_of(&lines, span);
            prop_assert!(found.len() <= MOST_AREAS);
            let touched = lines.iter().filter(|line| line.span.start < span.end && line.span.end > span.start);
            let mut count = 0;
            for line in touched {
                count += 1;
                let covers = |other: &PageArea| other.page == line.area.page && other.hull(line.area) == *other;
                prop_assert!(found.iter().any(covers));
            }
            prop_assert_eq!(count == 0, found.is_empty());
        }
    }
}
