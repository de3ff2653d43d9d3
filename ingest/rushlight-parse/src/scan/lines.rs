//! From recognised lines to lines of a page, laid out as printed ones are. On the parent's side; pure.

use rushlight_core::{PageBox, RecognisedLine, RecognisedPage};

use crate::pdf::layout::{Box1000, Frame, Line, Run, lines as laid_out};

/// Lines that the recogniser is less sure of, in per cent, are mostly specks and pictures, and are left out.
const LEAST_CONFIDENCE: u8 = 50;
/// Lines of a page that are looked at.
const MAX_LINES: usize = 3000;
/// A line whose height is within this factor of the page's usual one is of the usual size: boxes around what is
/// recognised are as high as its highest letter, which is no size of a font.
const SAME_SIZE: f32 = 1.35;
/// A line this much higher than wide, of several characters, runs downwards.
const UPRIGHT: f32 = 1.5;

/// The page's lines, with how sure the recogniser is of each.
pub(crate) fn lines(page: &RecognisedPage) -> Vec<Line> {
    let frame = Frame {
        left: 0.0,
        bottom: 0.0,
        width: page.width,
        height: page.height,
        turn: 0,
    };
    let found: Vec<&RecognisedLine> = page
        .lines
        .iter()
        .filter(|line| line.confidence >= LEAST_CONFIDENCE && !line.text.trim().is_empty())
        .take(MAX_LINES)
        .collect();
    let upright = found.iter().filter(|line| runs_downwards(line)).count();
    if upright * 2 > found.len() {
        // Columns of vertical writing, or a page on its side: the recogniser knows their order.
        return found.iter().map(|line| alone(line, frame)).collect();
    }
    let usual = usual_height(&found);
    let mut lines = laid_out(
        found.iter().map(|line| run(line, usual, page.height)).collect(),
        frame,
    );
    for line in &mut lines {
        line.confidence = confidence_within(&found, line.place, frame);
    }
    lines
}

fn runs_downwards(line: &RecognisedLine) -> bool {
    let PageBox {
        left,
        top,
        right,
        bottom,
    } = line.place;
    line.text.chars().nth(1).is_some() && bottom - top > UPRIGHT * (right - left)
}

/// The height in the middle of all.
fn usual_height(lines: &[&RecognisedLine]) -> f32 {
    let mut heights: Vec<f32> = lines.iter().map(|line| height(line)).collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(1.0)
}

fn height(line: &RecognisedLine) -> f32 {
    (line.place.bottom - line.place.top).max(1.0)
}

fn run(line: &RecognisedLine, usual: f32, page_height: f32) -> Run {
    let height = height(line);
    let is_usual = height < usual * SAME_SIZE && usual < height * SAME_SIZE;
    let size = if is_usual { usual } else { height };
    let middle = page_height - (line.place.top + line.place.bottom) / 2.0;
    Run {
        text: line.text.clone(),
        left: line.place.left,
        right: line.place.right.max(line.place.left),
        // A line reaches from 0.22 of its size below the baseline to 0.78 above it.
        baseline: middle - 0.28 * size,
        size,
        turn: 0,
    }
}

/// A line in a paragraph of its own.
fn alone(line: &RecognisedLine, frame: Frame) -> Line {
    let size = (line.place.right - line.place.left).min(height(line));
    Line {
        text: line.text.clone(),
        place: thousandths(line.place, frame),
        size: (size * 10.0).clamp(0.0, 60_000.0) as u16,
        begins: false,
        is_row: false,
        confidence: Some(line.confidence),
    }
}

/// How sure the recogniser is of what lies in this part of the page: the mean over the characters.
fn confidence_within(found: &[&RecognisedLine], place: Box1000, frame: Frame) -> Option<u8> {
    let (mut chars, mut sum) = (0usize, 0usize);
    for line in found {
        let own = thousandths(line.place, frame);
        let (x, y) = ((own.left + own.right) / 2, (own.top + own.bottom) / 2);
        let is_within = (place.left..=place.right).contains(&x) && (place.top..=place.bottom).contains(&y);
        if is_within {
            let count = line.text.chars().count();
            chars += count;
            sum += count * usize::from(line.confidence);
        }
    }
    // A place that was rounded away from its text still holds recognised text.
    Some(match chars {
        0 => LEAST_CONFIDENCE,
        chars => u8::try_from((sum + chars / 2) / chars).unwrap_or(100),
    })
}

fn thousandths(place: PageBox, frame: Frame) -> Box1000 {
    let part = |value: f32, of: f32| (value / of.max(1.0) * 1000.0).round().clamp(0.0, 1000.0) as u16;
    Box1000 {
        left: part(place.left, frame.width),
        right: part(place.right, frame.width),
        top: part(place.top, frame.height),
        bottom: part(place.bottom, frame.height),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, confidence: u8, left: f32, top: f32, right: f32, bottom: f32) -> RecognisedLine {
        RecognisedLine {
            text: text.to_owned(),
            confidence,
            place: PageBox {
                left,
                top,
                right,
                bottom,
            },
        }
    }

    fn page(lines: Vec<RecognisedLine>) -> RecognisedPage {
        RecognisedPage {
            width: 600.0,
            height: 800.0,
            lines,
        }
    }

    fn texts(lines: &[Line]) -> Vec<(&str, Option<u8>)> {
        lines
            .iter()
            .map(|line| (line.text.as_str(), line.confidence))
            .collect()
    }

    #[test]
    fn columns_are_read_one_after_the_other_and_keep_their_confidence() {
        let mut found = Vec::new();
        // As a recogniser finds them: from the top, across both columns.
        for n in 0..8u8 {
            let top = 100.0 + 20.0 * f32::from(n);
            let words = |side: &str| format!("{side} column with its line number {n}");
            found.push(line(&words("left"), 90 + n, 50.0, top, 280.0, top + 12.0));
            found.push(line(&words("right"), 80 + n, 320.0, top, 550.0, top + 11.0));
        }
        let lines = lines(&page(found));
        let shown = texts(&lines);
        assert_eq!(shown.len(), 16, "{shown:?}");
        assert_eq!(shown[1], ("left column with its line number 1", Some(91)));
        assert_eq!(shown[8], ("right column with its line number 0", Some(80)));
        assert!(!lines[1].begins, "one paragraph");
        assert_eq!(lines[0].size, lines[8].size, "a pixel more is no larger font");
    }

    #[test]
    fn pieces_of_one_line_share_its_confidence_by_their_length() {
        let lines = lines(&page(vec![
            line("four", 90, 50.0, 100.0, 80.0, 112.0),
            line("eight ch", 60, 84.0, 100.0, 150.0, 112.0),
        ]));
        assert_eq!(texts(&lines), [("four eight ch", Some(70))]);
    }

    #[test]
    fn large_letters_stay_larger_and_doubtful_lines_go() {
        let lines = lines(&page(vec![
            line("Title", 99, 50.0, 60.0, 200.0, 90.0),
            line("一二三", 95, 50.0, 110.0, 300.0, 122.0),
            line("text below it", 95, 50.0, 130.0, 300.0, 142.0),
            line(". -", 30, 50.0, 150.0, 60.0, 160.0),
        ]));
        assert_eq!(texts(&lines).len(), 3);
        assert!(lines[0].size > lines[1].size * 2);
    }

    #[test]
    fn vertical_writing_keeps_the_order_it_was_recognised_in() {
        let lines = lines(&page(vec![
            line("床前明月光", 97, 500.0, 100.0, 530.0, 300.0),
            line("疑是地上霜", 96, 450.0, 100.0, 480.0, 300.0),
        ]));
        assert_eq!(
            texts(&lines),
            [("床前明月光", Some(97)), ("疑是地上霜", Some(96))]
        );
    }

    #[test]
    fn a_page_without_lines_has_none() {
        assert!(lines(&RecognisedPage::default()).is_empty());
    }
}
