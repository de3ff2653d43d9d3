//! Columns of a page: where the gutters are, and in which order the parts of the page are read.

use super::layout::{Area, Segment, is_right_to_left_text};

/// More pieces than this are not looked at for columns: it is a drawing, not a text.
const MOST_FOR_COLUMNS: usize = 4000;
/// Lines that a column needs on each side of the gutter.
const COLUMN_LINES: usize = 3;
/// Width in ems that half of a column's lines reach; cells of tables are narrower.
const COLUMN_EMS: f32 = 8.0;

/// Cuts a page into regions that are read one after the other: what is above columns, each column, what is below.
pub(crate) fn regions(mut segments: Vec<Segment>, depth: u32) -> Vec<Vec<Segment>> {
    segments.sort_by(|a, b| {
        b.area
            .top
            .total_cmp(&a.area.top)
            .then(a.area.left.total_cmp(&b.area.left))
    });
    let found = if depth < 8 && segments.len() <= MOST_FOR_COLUMNS {
        best_gutter(&segments)
    } else {
        None
    };
    let Some(Gutter { x, start, end }) = found else {
        return if segments.is_empty() {
            vec![]
        } else {
            vec![segments]
        };
    };
    let below = segments.split_off(end);
    let columns = segments.split_off(start);
    let (left, right): (Vec<_>, Vec<_>) = columns.into_iter().partition(|segment| segment.area.left < x);
    let mut out = regions(segments, depth + 1);
    // A page written from right to left is read from its right column.
    let right_first = is_right_to_left_text(&right.iter().map(|s| s.text.as_str()).collect::<String>());
    let (first, second) = if right_first { (right, left) } else { (left, right) };
    out.extend(regions(first, depth + 1));
    out.extend(regions(second, depth + 1));
    out.extend(regions(below, depth + 1));
    out
}

/// An upright line that no text of `start..end` crosses.
struct Gutter {
    x: f32,
    start: usize,
    end: usize,
}

/// The gutter with most lines beside it. `segments` come from the top.
fn best_gutter(segments: &[Segment]) -> Option<Gutter> {
    if segments.len() < 2 * COLUMN_LINES {
        return None;
    }
    let mut edges: Vec<f32> = segments.iter().map(|segment| segment.area.left).collect();
    edges.sort_by(f32::total_cmp);
    edges.dedup_by(|b, a| *b - *a < 2.0);
    let mut best: Option<(usize, Gutter)> = None;
    // The left edge of a column is where most of its lines begin; a page has few of those.
    for edge in edges {
        let x = edge - 0.5;
        let mut start = 0;
        while start < segments.len() {
            let crosses = |segment: &Segment| segment.area.left < x && segment.area.right > x;
            if crosses(&segments[start]) {
                start += 1;
                continue;
            }
            let length = segments[start..]
                .iter()
                .take_while(|segment| !crosses(segment))
                .count();
            let group = &segments[start..start + length];
            if best.as_ref().is_none_or(|(lines, _)| length > *lines) && parts_columns(group, x) {
                best = Some((
                    length,
                    Gutter {
                        x,
                        start,
                        end: start + length,
                    },
                ));
            }
            start += length;
        }
    }
    best.map(|(_, gutter)| gutter)
}

/// True when what stands left and right of `x` are columns of text, side by side, and not cells of a table.
fn parts_columns(group: &[Segment], x: f32) -> bool {
    let (left, right): (Vec<_>, Vec<_>) = group.iter().partition(|segment| segment.area.left < x);
    let (Some(a), Some(b)) = (extent(&left), extent(&right)) else {
        return false;
    };
    let beside = a.top.min(b.top) - a.bottom.max(b.bottom);
    if beside < 0.5 * a.height().min(b.height()) {
        return false;
    }
    let is_column = |side: &[&Segment]| {
        let mut ems: Vec<f32> = side
            .iter()
            .map(|segment| (segment.area.right - segment.area.left) / segment.size.max(1.0))
            .collect();
        ems.sort_by(f32::total_cmp);
        side.len() >= COLUMN_LINES && ems[ems.len() / 2] >= COLUMN_EMS
    };
    let em = group
        .iter()
        .map(|segment| segment.size)
        .fold(f32::INFINITY, f32::min);
    b.left - a.right >= 0.5 * em && is_column(&left) && is_column(&right)
}

pub(super) fn extent(segments: &[&Segment]) -> Option<Area> {
    segments.iter().map(|segment| segment.area).reduce(Area::join)
}
