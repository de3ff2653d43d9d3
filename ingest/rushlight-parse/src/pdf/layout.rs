//! From pieces of text with their places to lines in the order a person reads them.

use serde::{Deserialize, Serialize};

use super::columns::{extent, regions};
pub(crate) use super::frame::{Area, Box1000, Frame};
use super::score::is_right_to_left;

/// A piece of text on one baseline. Places in points; x grows to the right and y upwards, as text of this turn stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) baseline: f32,
    /// Size of the font in points.
    pub(crate) size: f32,
    /// Quarter turns to the left that the text was turned by before it was placed.
    pub(crate) turn: u8,
}

/// A line of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) place: Box1000,
    /// Size of most of its text in tenths of a point.
    pub(crate) size: u16,
    /// A paragraph begins with it.
    pub(crate) begins: bool,
    /// It is a row of a table; its cells are parted by tabs.
    pub(crate) is_row: bool,
    /// How sure the recogniser is of it, in per cent; `None` for printed text.
    pub(crate) confidence: Option<u8>,
}

/// A gap in ems from which two pieces on one line are two cells.
const CELL_GAP: f32 = 2.0;
/// A gap in ems from which two pieces on one line are two words.
const WORD_GAP: f32 = 0.12;

/// The lines of a page in reading order: upright text first, by columns and from the top; then text of each other turn.
pub(crate) fn lines(runs: Vec<Run>, frame: Frame) -> Vec<Line> {
    let mut by_turn: [Vec<Run>; 4] = Default::default();
    for run in without_raised(runs) {
        if !run.text.trim().is_empty() {
            by_turn[usize::from(run.turn % 4)].push(run);
        }
    }
    // A page that is turned as a whole has its text in one turn; that one is read first.
    let mut turns: Vec<usize> = (0..4).collect();
    turns.sort_by_key(|turn| std::cmp::Reverse(by_turn[*turn].len()));
    let mut out = Vec::new();
    for turn in turns {
        let segments = segments(without_doubles(std::mem::take(&mut by_turn[turn])));
        for region in regions(segments, 0) {
            region_lines(region, |area| frame.place(area, turn), &mut out);
        }
    }
    out
}

/// Pieces of one baseline without a wide gap between them.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) text: String,
    pub(super) area: Area,
    pub(super) size: f32,
}

/// Puts small raised or lowered pieces on the line of what they directly follow, as `®` and the numbers of notes do.
fn without_raised(mut runs: Vec<Run>) -> Vec<Run> {
    let mut line: Option<(f32, f32, f32, u8)> = None;
    for run in &mut runs {
        if let Some((right, baseline, size, turn)) = &mut line
            && run.turn == *turn
            && run.size < 0.8 * *size
            && (run.left - *right).abs() <= 0.35 * *size
            && (run.baseline - *baseline).abs() <= 0.6 * *size
        {
            run.baseline = *baseline;
            *right = run.right;
        } else {
            line = Some((run.right, run.baseline, run.size, run.turn));
        }
    }
    runs
}

/// Leaves out text that is printed twice on the same spot, which is how some programs make it bold.
fn without_doubles(mut runs: Vec<Run>) -> Vec<Run> {
    runs.sort_by(|a, b| b.baseline.total_cmp(&a.baseline).then(a.left.total_cmp(&b.left)));
    let mut kept: Vec<Run> = Vec::with_capacity(runs.len());
    for run in runs {
        let near = run.size * 0.25;
        let is_double = kept
            .iter()
            .rev()
            .take(32)
            .take_while(|other| other.baseline - run.baseline <= near)
            .any(|other| (other.left - run.left).abs() <= near && other.text.trim() == run.text.trim());
        if !is_double {
            kept.push(run);
        }
    }
    kept
}

/// Joins the runs of each baseline where no more than an em lies between them. `runs` come from the top.
fn segments(runs: Vec<Run>) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut band: Vec<Run> = Vec::new();
    let mut flush = |band: &mut Vec<Run>| {
        band.sort_by(|a, b| a.left.total_cmp(&b.left));
        let mut open: Option<Segment> = None;
        for run in band.drain(..) {
            let area = Area {
                left: run.left,
                right: run.right.max(run.left),
                bottom: run.baseline - run.size * 0.22,
                top: run.baseline + run.size * 0.78,
            };
            match &mut open {
                Some(segment)
                    if run.left - segment.area.right <= segment.size.max(run.size)
                        && !is_right_to_left_text(&run.text)
                        && !is_right_to_left_text(&segment.text) =>
                {
                    let gap = run.left - segment.area.right;
                    join_text(
                        &mut segment.text,
                        &run.text,
                        gap > WORD_GAP * segment.size.min(run.size),
                        " ",
                    );
                    if area.right - area.left > segment.area.right - segment.area.left {
                        segment.size = run.size;
                    }
                    segment.area = segment.area.join(area);
                }
                _ => {
                    segments.extend(open.take());
                    open = Some(Segment {
                        text: run.text,
                        area,
                        size: run.size,
                    });
                }
            }
        }
        segments.extend(open);
    };
    let mut baseline = f32::INFINITY;
    for run in runs {
        if !band.is_empty() && baseline - run.baseline > 0.3 * run.size.min(band[0].size) {
            flush(&mut band);
        }
        if band.is_empty() {
            baseline = run.baseline;
        }
        band.push(run);
    }
    flush(&mut band);
    segments
}

fn join_text(text: &mut String, more: &str, is_apart: bool, between: &str) {
    let has_space = text.ends_with(char::is_whitespace) || more.starts_with(char::is_whitespace);
    if is_apart && (!has_space || between != " ") {
        text.push_str(between);
    }
    text.push_str(more);
}

pub(super) fn is_right_to_left_text(text: &str) -> bool {
    let (mut letters, mut found) = (0, 0);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        letters += 1;
        found += usize::from(is_right_to_left(c));
    }
    found * 2 > letters
}

/// One line of a region while it is put together.
struct Row {
    segments: Vec<Segment>,
    /// The tallest of them: what else stands on the line overlaps with it.
    band: Area,
}

fn region_lines(region: Vec<Segment>, to_page: impl Fn(Area) -> Box1000, out: &mut Vec<Line>) {
    let rows = rows(region);
    let areas: Vec<Area> = rows
        .iter()
        .filter_map(|row| extent(&row.segments.iter().collect::<Vec<_>>()))
        .collect();
    let Some(whole) = areas.iter().copied().reduce(Area::join) else {
        return;
    };
    let found: Vec<(String, f32, usize)> = rows.iter().map(row_text).collect();
    let leading = leading(&areas);
    let left = common_left(&areas);
    let mut previous: Option<usize> = None;
    for (index, (text, size, cells)) in found.iter().enumerate() {
        let has_cells = |at: Option<usize>| at.and_then(|at| found.get(at)).is_some_and(|row| row.2 >= 2);
        let is_row =
            *cells >= 2 && (*cells >= 4 || has_cells(index.checked_sub(1)) || has_cells(Some(index + 1)));
        let begins = match previous {
            None => !continues(out.last(), text),
            Some(before) => {
                let (above, here) = (areas[before], areas[index]);
                let (text_above, size_above, cells_above) = &found[before];
                let gap = above.bottom - here.bottom;
                let ratio = size.max(*size_above) / size.min(*size_above).max(0.1);
                let ends = ends_sentence(text_above);
                *cells >= 2
                    || *cells_above >= 2
                    || gap > 1.3 * leading.max(size * 0.9)
                    || ratio > 1.15
                    || begins_item(text)
                    || (here.left > left + 0.8 * size && above.left < left + 0.4 * size)
                    || (ends && above.right < whole.right - 0.25 * (whole.right - whole.left))
            }
        };
        out.push(Line {
            text: text.clone(),
            // Accents and Chinese characters reach higher than what rows are told apart by.
            place: to_page(Area {
                top: areas[index].top + 0.1 * size,
                ..areas[index]
            }),
            size: (size * 10.0).clamp(0.0, 60_000.0) as u16,
            begins,
            is_row,
            confidence: None,
        });
        previous = Some(index);
    }
}

/// True when the first line of a column goes on with the sentence of the line before it.
fn continues(before: Option<&Line>, text: &str) -> bool {
    before.is_some_and(|before| {
        !before.is_row
            && before
                .text
                .trim_end()
                .ends_with(|c: char| c.is_lowercase() || matches!(c, ',' | '-'))
            && text.trim_start().starts_with(char::is_lowercase)
    })
}

fn rows(mut region: Vec<Segment>) -> Vec<Row> {
    let middle = |area: Area| (area.top + area.bottom) / 2.0;
    region.sort_by(|a, b| middle(b.area).total_cmp(&middle(a.area)));
    let mut rows: Vec<Row> = Vec::new();
    for segment in region {
        let fits = rows.last().is_some_and(|row| {
            let (a, b) = (row.band, segment.area);
            let overlap = a.top.min(b.top) - a.bottom.max(b.bottom);
            let (small, large) = (a.height().min(b.height()), a.height().max(b.height()));
            overlap >= 0.5 * small && large < 2.6 * small
        });
        match rows.last_mut() {
            Some(row) if fits => {
                if segment.area.height() > row.band.height() {
                    row.band = segment.area;
                }
                row.segments.push(segment);
            }
            _ => rows.push(Row {
                band: segment.area,
                segments: vec![segment],
            }),
        }
    }
    for row in &mut rows {
        row.segments.sort_by(|a, b| a.area.left.total_cmp(&b.area.left));
        let text: String = row.segments.iter().map(|segment| segment.text.as_str()).collect();
        if is_right_to_left_text(&text) {
            row.segments.reverse();
        }
    }
    rows
}

/// The text of a row, the size of its widest piece and how many cells it has.
fn row_text(row: &Row) -> (String, f32, usize) {
    let mut text = String::new();
    let mut cells = 1;
    let mut before: Option<Area> = None;
    let (mut size, mut widest) = (0.0, -1.0);
    for segment in &row.segments {
        let area = segment.area;
        match before {
            None => text.push_str(segment.text.trim_start()),
            Some(before) => {
                let gap = (area.left - before.right).max(before.left - area.right);
                let is_cell = gap >= CELL_GAP * segment.size;
                if is_cell {
                    cells += 1;
                    text.truncate(text.trim_end().len());
                    join_text(&mut text, segment.text.trim_start(), true, "\t");
                } else {
                    join_text(&mut text, &segment.text, gap > WORD_GAP * segment.size, " ");
                }
            }
        }
        if area.right - area.left > widest {
            (size, widest) = (segment.size, area.right - area.left);
        }
        before = Some(area);
    }
    text.truncate(text.trim_end().len());
    (text, size, cells)
}

/// The distance of most lines from the one before, 0 where there is but one.
fn leading(areas: &[Area]) -> f32 {
    let mut gaps: Vec<f32> = areas
        .windows(2)
        .map(|pair| pair[0].bottom - pair[1].bottom)
        .collect();
    gaps.retain(|gap| *gap > 0.5);
    gaps.sort_by(f32::total_cmp);
    // Below the middle: between paragraphs the distance is larger, within them it is not smaller.
    gaps.get(gaps.len() * 2 / 5).copied().unwrap_or(0.0)
}

/// Where most lines begin.
fn common_left(areas: &[Area]) -> f32 {
    let mut lefts: Vec<f32> = areas.iter().map(|area| area.left).collect();
    lefts.sort_by(f32::total_cmp);
    lefts.get(lefts.len() / 4).copied().unwrap_or(0.0)
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end()
        .ends_with(['.', '!', '?', ':', ';', '。', '！', '？', '：', '；', '」', '”'])
}

/// True for a line that begins as items of a list do.
fn begins_item(text: &str) -> bool {
    let text = text.trim_start();
    if text.starts_with(['•', '●', '▪', '■', '◦', '‣', '–', '·', '○', '◆', '※']) {
        return true;
    }
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let rest = &text[digits..];
    (1..=2).contains(&digits)
        && (rest.starts_with(". ")
            || rest.starts_with(") ")
            || rest.starts_with('、')
            || rest.starts_with('．'))
}

#[cfg(test)]
pub(crate) mod tests;
