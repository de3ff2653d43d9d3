//! Running headers, footers and page numbers: lines that stand at the same place on several pages.

use std::collections::HashMap;

use super::layout::Line;

/// How far from the upper or lower edge furniture stands, in thousandths of the page.
const MARGIN: u16 = 130;
/// Lines looked at from the top, and from the bottom, of a page.
const LINES: usize = 4;
/// Pages that a line must stand on.
const PAGES: usize = 3;
/// Letters that a line at any height must have.
const WORDY: usize = 3;
/// Heights of one line on two pages differ by less than this, in thousandths of the page.
const SAME_HEIGHT: u16 = 12;

/// For each line of each page, whether it is furniture. Lines are the same when they differ in figures only, so that the
/// number of the page is no difference, and stand at the same height; the first and the last line of a page may stand at any
/// height where they hold words and a figure, since some programs print the footer right behind the text. Needed are three
/// pages, and one in twenty of all.
pub(crate) fn furniture(pages: &[Vec<Line>]) -> Vec<Vec<bool>> {
    let candidates: Vec<Vec<Candidate>> = pages.iter().map(|lines| candidates(lines)).collect();
    // Heights at which a line stands, one for each page that has it there.
    let mut heights: HashMap<&str, Vec<u16>> = HashMap::new();
    for candidate in candidates.iter().flatten() {
        heights.entry(&candidate.key).or_default().push(candidate.top);
    }
    let needed = PAGES.max(pages.len().div_ceil(20));
    pages
        .iter()
        .zip(&candidates)
        .map(|(lines, found)| {
            let mut marks = vec![false; lines.len()];
            for candidate in found {
                let heights = heights.get(candidate.key.as_str()).map_or(&[][..], Vec::as_slice);
                let same = heights
                    .iter()
                    .filter(|height| height.abs_diff(candidate.top) < SAME_HEIGHT);
                let alike = if candidate.is_anywhere {
                    heights.len()
                } else {
                    same.count()
                };
                marks[candidate.index] = alike >= needed;
            }
            // A page of nothing but what repeats is a form or a set of slides: its text is its own.
            if marks.iter().all(|mark| *mark) && lines.len() > 2 * LINES {
                marks.fill(false);
            }
            marks
        })
        .collect()
}

/// A line that may be furniture.
struct Candidate {
    index: usize,
    /// What makes it the same on other pages.
    key: String,
    top: u16,
    /// It is furniture at any height.
    is_anywhere: bool,
}

/// Lines near the edges of a page, and its first and last one.
fn candidates(lines: &[Line]) -> Vec<Candidate> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|index| lines[*index].place.top);
    let ends = [order.first().copied(), order.last().copied()];
    let top = order
        .iter()
        .take(LINES)
        .filter(|index| lines[**index].place.bottom <= MARGIN);
    let bottom = order
        .iter()
        .rev()
        .take(LINES)
        .filter(|index| lines[**index].place.top >= 1000 - MARGIN);
    let mut found: Vec<usize> = top
        .chain(bottom)
        .copied()
        .chain(ends.into_iter().flatten())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .filter_map(|index| {
            let key = key(&lines[index].text);
            let place = lines[index].place;
            let in_margin = place.bottom <= MARGIN || place.top >= 1000 - MARGIN;
            let candidate = Candidate {
                index,
                is_anywhere: ends.contains(&Some(index))
                    && key.contains('#')
                    && key.chars().filter(|c| c.is_alphabetic()).count() >= WORDY
                    && !lines[index].is_row,
                key,
                top: place.top,
            };
            (in_margin || candidate.is_anywhere).then_some(candidate)
        })
        .collect()
}

/// The line in small letters without white space, each number as one sign.
fn key(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        if c.is_numeric() {
            if !out.ends_with('#') {
                out.push('#');
            }
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::sample_line as line;
    use super::*;

    fn marked(pages: &[Vec<Line>]) -> Vec<Vec<&str>> {
        furniture(pages)
            .iter()
            .zip(pages)
            .map(|(marks, lines)| {
                let found = lines.iter().zip(marks).filter(|(_, mark)| **mark);
                found.map(|(line, _)| line.text.as_str()).collect()
            })
            .collect()
    }

    #[test]
    fn what_stands_on_three_pages_at_one_height_is_furniture() {
        let page = |number: u32, top: u16| {
            vec![
                line("年度報告 2023", 30),
                line("The body of the page, the same each time", 400),
                line("Confidential", top - 20),
                line(&format!("Page {number} of 4"), top),
            ]
        };
        let pages = [page(1, 960), page(2, 962), page(3, 958), page(4, 920)];
        assert_eq!(
            marked(&pages),
            [
                vec!["年度報告 2023", "Confidential", "Page 1 of 4"],
                vec!["年度報告 2023", "Confidential", "Page 2 of 4"],
                vec!["年度報告 2023", "Confidential", "Page 3 of 4"],
                vec!["年度報告 2023", "Page 4 of 4"],
            ]
        );
    }

    #[test]
    fn a_footer_right_behind_the_text_is_furniture_at_any_height() {
        let page = |number: u32, top: u16| {
            vec![
                line("text", 200),
                line(&format!("Tea House | 2023 | {number}"), top),
            ]
        };
        let pages = [page(1, 300), page(2, 800), page(3, 550)];
        let found = marked(&pages);
        assert!(
            found
                .iter()
                .all(|lines| lines.len() == 1 && lines[0].starts_with("Tea House")),
            "{found:?}"
        );
        let figure = |number: u32, top: u16| vec![line("text", 200), line(&format!("{number}"), top)];
        let pages = [figure(1, 300), figure(2, 800), figure(3, 550)];
        let found = marked(&pages);
        assert!(found.iter().all(Vec::is_empty), "{found:?}");
    }

    #[test]
    fn two_pages_are_too_few_to_tell() {
        let page = || vec![line("Header", 30), line("text", 400)];
        assert_eq!(marked(&[page(), page()]), [Vec::<&str>::new(), vec![]]);
    }
}
