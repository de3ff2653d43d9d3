//! Running headers, footers and page numbers: lines that stand at the same place on several pages.

use std::collections::HashMap;

use super::layout::Line;

/// How far from the upper or lower edge furniture stands, in thousandths of the page.
const MARGIN: u16 = 130;
/// Lines looked at from the top, and from the bottom, of a page.
const LINES: usize = 4;
/// Pages that a line must stand on.
const PAGES: usize = 3;
/// Heights of one line on two pages differ by less than this, in thousandths of the page.
const SAME_HEIGHT: u16 = 12;

/// For each line of each page, whether it is furniture. Lines are the same when they differ in figures only, so that the
/// number of the page is no difference, and stand at the same height. Needed are three pages, and one in twenty of all.
pub(crate) fn furniture(pages: &[Vec<Line>]) -> Vec<Vec<bool>> {
    let candidates: Vec<Vec<(usize, String)>> = pages.iter().map(|lines| candidates(lines)).collect();
    // Heights at which a line stands, one for each page that has it there.
    let mut heights: HashMap<&str, Vec<u16>> = HashMap::new();
    for (lines, found) in pages.iter().zip(&candidates) {
        for (index, key) in found {
            heights.entry(key).or_default().push(lines[*index].place.top);
        }
    }
    let needed = PAGES.max(pages.len().div_ceil(20));
    pages
        .iter()
        .zip(&candidates)
        .map(|(lines, found)| {
            let mut marks = vec![false; lines.len()];
            for (index, key) in found {
                let here = lines[*index].place.top;
                let alike = heights.get(key.as_str()).map_or(0, |heights| {
                    heights
                        .iter()
                        .filter(|height| height.abs_diff(here) < SAME_HEIGHT)
                        .count()
                });
                marks[*index] = alike >= needed;
            }
            // A page of nothing but what repeats is a form or a set of slides: its text is its own.
            if marks.iter().all(|mark| *mark) && lines.len() > 2 * LINES {
                marks.fill(false);
            }
            marks
        })
        .collect()
}

/// Lines near the edges of a page, with what makes them the same on other pages.
fn candidates(lines: &[Line]) -> Vec<(usize, String)> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|index| lines[*index].place.top);
    let top = order
        .iter()
        .take(LINES)
        .filter(|index| lines[**index].place.bottom <= MARGIN);
    let bottom = order
        .iter()
        .rev()
        .take(LINES)
        .filter(|index| lines[**index].place.top >= 1000 - MARGIN);
    let mut found: Vec<usize> = top.chain(bottom).copied().collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .map(|index| (index, key(&lines[index].text)))
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
    use super::super::layout::Box1000;
    use super::*;

    fn line(text: &str, top: u16) -> Line {
        Line {
            text: text.to_owned(),
            place: Box1000 {
                left: 100,
                top,
                right: 900,
                bottom: top + 12,
            },
            ..Line::default()
        }
    }

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
                line(&format!("Page {number} of 4"), top),
            ]
        };
        let pages = [page(1, 960), page(2, 962), page(3, 958), page(4, 900)];
        assert_eq!(
            marked(&pages),
            [
                vec!["年度報告 2023", "Page 1 of 4"],
                vec!["年度報告 2023", "Page 2 of 4"],
                vec!["年度報告 2023", "Page 3 of 4"],
                vec!["年度報告 2023"],
            ]
        );
    }

    #[test]
    fn two_pages_are_too_few_to_tell() {
        let page = || vec![line("Header", 30), line("text", 400)];
        assert_eq!(marked(&[page(), page()]), [Vec::<&str>::new(), vec![]]);
    }
}
