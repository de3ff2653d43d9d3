//! What stands above a stretch of a chunk and says what it is about: the nearest heading, and the first row of its table.

use rushlight_core::{DocumentKind, Hit, Locator, Passage, TextSpan};

use crate::sentence::sentences;

/// The sentences of a stretch of a hit's text; of a table without marks between its rows, the rows.
pub(crate) fn pieces(hit: &Hit, text: &str) -> Vec<TextSpan> {
    match hit.chunk.locator {
        Locator::Cells { .. } => rows(text),
        _ => sentences(text),
    }
}

/// Whether a piece is a row of a table.
pub(crate) fn is_row(hit: &Hit, piece: &str) -> bool {
    piece.starts_with('|') || matches!(hit.chunk.locator, Locator::Cells { .. })
}

/// Whether a piece only says what stands below it, or parts what does: a heading, a rule, the line below a table's first row.
pub(crate) fn is_bare(piece: &str) -> bool {
    piece.starts_with('#') || !piece.contains(|c: char| c.is_alphanumeric())
}

/// The heading above the byte `at` of a hit's chunk: in the chunk itself, else the last of its path.
pub(crate) fn heading(hit: &Hit, at: usize) -> Option<&str> {
    let before = hit.chunk.text.get(..at).unwrap_or_default();
    let within = (hit.kind == DocumentKind::Note)
        .then(|| before.lines().rev().find_map(titled))
        .flatten();
    within.or_else(|| hit.chunk.heading_path.last().map(String::as_str))
}

/// The text of a line that is a heading in Markdown.
fn titled(line: &str) -> Option<&str> {
    let after = line.trim_start_matches('#');
    (after.len() < line.len() && after.starts_with(' ')).then(|| after.trim())
}

/// The first row of the table that the row at the byte `at` of a hit's chunk is in, where the chunk has it and it is another one.
pub(crate) fn table_header(hit: &Hit, at: usize) -> Option<TextSpan> {
    let text = &hit.chunk.text;
    let first = match hit.chunk.locator {
        Locator::Cells { first, .. } => rows(text)
            .first()
            .copied()
            .filter(|row| first <= 1 && names_columns(&text[row.range()])),
        _ => {
            let mut lines = text.get(..at)?.split_inclusive('\n').rev();
            let above: usize = lines
                .by_ref()
                .take_while(|line| line.trim_start().starts_with('|'))
                .map(str::len)
                .sum();
            let start = at - above;
            (above > 0)
                .then(|| TextSpan::new(start, start + text[start..].lines().next().map_or(0, str::len)))
        }
    };
    first.filter(|header| header.start < at)
}

/// The first row of the table that a piece of a hit's chunk is a row of; a rule between rows is none.
pub(crate) fn header_of(hit: &Hit, piece: TextSpan) -> Option<&str> {
    let text = &hit.chunk.text;
    let row = piece.of(text)?;
    let is_row = is_row(hit, row) && !is_bare(row);
    is_row.then(|| table_header(hit, piece.start)?.of(text)).flatten()
}

/// Whether a row names columns: none of its cells is a number.
fn names_columns(row: &str) -> bool {
    let is_number = |cell: &str| {
        let has_digit = cell.contains(|c: char| c.is_ascii_digit());
        has_digit
            && cell
                .chars()
                .all(|c| c.is_ascii_digit() || "+-.:/% \"".contains(c))
    };
    !row.split([',', ';', '\t', '|']).any(is_number)
}

/// The title, the headings and the first row of its table above a passage, a line each.
pub(crate) fn above(passage: &Passage) -> String {
    let hit = &passage.hit;
    let at = passage.span.start.saturating_sub(hit.chunk.span.start);
    let mut lines = vec![hit.title.as_str()];
    lines.extend(hit.chunk.heading_path.iter().map(String::as_str));
    lines.extend(heading(hit, at));
    lines.extend(table_header(hit, at).and_then(|header| header.of(&hit.chunk.text)));
    lines.join("\n")
}

/// The rows of a table of lines; a line break between quotation marks ends none.
fn rows(text: &str) -> Vec<TextSpan> {
    let (mut spans, mut start, mut quoted) = (Vec::new(), 0, false);
    let whole = text.matches('"').count().is_multiple_of(2);
    let ends = text.char_indices().filter_map(|(at, c)| {
        quoted ^= c == '"' && whole;
        (c == '\n' && !quoted).then_some(at)
    });
    for end in ends.chain([text.len()]) {
        let row = &text[start..end];
        let trimmed = row.trim();
        if !trimmed.is_empty() {
            let from = start + row.len() - row.trim_start().len();
            spans.push(TextSpan::new(from, from + trimmed.len()));
        }
        start = end;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hit, table};

    fn cut(hit: &Hit) -> Vec<&str> {
        let text = &hit.chunk.text;
        pieces(hit, text)
            .into_iter()
            .filter_map(|span| span.of(text))
            .collect()
    }

    #[test]
    fn a_table_of_lines_is_cut_into_rows() {
        let prices = table("prices", "name,price\r\n\"tea; green. Or\nblack\",3\r\n\n茶,4");
        assert_eq!(
            cut(&prices),
            ["name,price", "\"tea; green. Or\nblack\",3", "茶,4"]
        );
        assert_eq!(cut(&table("odd", "a,5\"\nb,6")), ["a,5\"", "b,6"]);
        assert_eq!(cut(&hit("text", "name,price\ntea,3")), ["name,price\ntea,3"]);
    }

    #[test]
    fn a_stretch_has_the_heading_and_the_first_row_above_it() {
        let mut note = hit(
            "leave",
            "### Typhoons\n\nStay.\n\n## Leave\n\n| years | days |\n|---|---|\n| three | 17 |\n\nMore.",
        );
        note.chunk.heading_path = vec!["Typhoons".to_owned()];
        let text = note.chunk.text.clone();
        let place = |of: &str| text.find(of).expect(of);
        let header = |hit: &Hit, at: usize| {
            table_header(hit, at).map(|span| span.of(&hit.chunk.text).expect("there").to_owned())
        };
        assert_eq!(heading(&note, 0), Some("Typhoons"));
        assert_eq!(heading(&note, place("| three")), Some("Leave"));
        assert_eq!(
            header(&note, place("| three")).as_deref(),
            Some("| years | days |")
        );
        assert_eq!(header(&note, place("| years")), None);
        assert_eq!(header(&note, place("More")), None);

        let prices = table("prices", "name,price\ntea,3\n茶,4");
        assert_eq!(header(&prices, 18).as_deref(), Some("name,price"));
        assert_eq!(header(&prices, 0), None);
        let budget = table("budget", "centre,budget_2025_gbp\nlaboratory,240000");
        assert_eq!(header(&budget, 23).as_deref(), Some("centre,budget_2025_gbp"));
        assert_eq!(
            header(&table("numbers", "tea,3\n茶,4"), 6),
            None,
            "it names no columns"
        );
        let mut later = prices.clone();
        later.chunk.locator = Locator::Cells {
            sheet: String::new(),
            first: 40,
            last: 42,
        };
        assert_eq!(header(&later, 18), None, "its first row is in another chunk");
    }
}
