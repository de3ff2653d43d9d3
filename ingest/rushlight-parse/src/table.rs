//! Tables in text form: rows as they are written, located by their number.

use csv::{ByteRecord, ReaderBuilder};
use rushlight_core::{Block, BlockKind, Locator, TextSpan};

use crate::place::trimmed;

/// The rows of `text`. The first is the header when its cells are distinct words.
pub(crate) fn rows(text: &str, delimiter: Option<u8>) -> Vec<Block> {
    let delimiter = delimiter.unwrap_or_else(|| sniff(text));
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut record = ByteRecord::new();
    let mut rows: Vec<(usize, bool)> = Vec::new();
    // Reading bytes from memory and with `flexible`, nothing is an error; the loop would end there if it were.
    while let Ok(true) = reader.read_byte_record(&mut record) {
        let start = record.position().map_or(0, |position| {
            usize::try_from(position.byte()).unwrap_or(usize::MAX)
        });
        let header = rows.is_empty() && is_header(&record);
        rows.push((start.min(text.len()), header));
    }
    let mut blocks = Vec::with_capacity(rows.len());
    let mut number = 0u32;
    // What stands before the first record, if anything, belongs to it.
    if let Some(first) = rows.first_mut() {
        first.0 = 0;
    }
    for (index, (start, header)) in rows.iter().enumerate() {
        let end = rows.get(index + 1).map_or(text.len(), |next| next.0);
        let (start, end) = (floor(text, *start), floor(text, end));
        let Some((start, end)) = (start < end).then(|| trimmed(text, start, end)).flatten() else {
            continue;
        };
        number = number.saturating_add(1);
        blocks.push(Block {
            kind: if *header {
                BlockKind::TableHeader
            } else {
                BlockKind::TableRow
            },
            span: TextSpan::new(start, end),
            locator: Locator::Cells {
                sheet: String::new(),
                first: number,
                last: number,
            },
        });
    }
    blocks
}

/// A row that names its columns: every cell filled, none a number, no two the same.
pub(crate) fn is_header<'a>(cells: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let cells: Vec<_> = cells.into_iter().map(<[u8]>::trim_ascii).collect();
    let named =
        |cell: &[u8]| !cell.is_empty() && !cell.iter().all(|b| b.is_ascii_digit() || b"+-.,:/% ".contains(b));
    let distinct = || {
        let mut sorted = cells.clone();
        sorted.sort_unstable();
        sorted.windows(2).all(|pair| pair[0] != pair[1])
    };
    cells.iter().all(|cell| named(cell)) && distinct()
}

/// The delimiter that occurs most in the first line.
fn sniff(text: &str) -> u8 {
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let count = |delimiter: u8| line.bytes().filter(|b| *b == delimiter).count();
    [b'|', b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',')
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parsers::check_blocks;

    #[test]
    fn rows_keep_their_writing_and_number() {
        let text = "name;price\n\"tea; green\";3\n\n\"two\nlines\";4\n";
        let blocks = rows(text, None);
        let got: Vec<_> = blocks
            .iter()
            .map(|b| (b.kind, b.span.of(text).expect("in text")))
            .collect();
        assert_eq!(
            got,
            [
                (BlockKind::TableHeader, "name;price"),
                (BlockKind::TableRow, "\"tea; green\";3"),
                (BlockKind::TableRow, "\"two\nlines\";4"),
            ]
        );
        assert_eq!(
            blocks[2].locator,
            Locator::Cells {
                sheet: String::new(),
                first: 3,
                last: 3
            }
        );
    }

    #[test]
    fn numbers_are_no_header() {
        assert_eq!(rows("1,2\n3,4\n", None)[0].kind, BlockKind::TableRow);
    }

    proptest! {
        #[test]
        fn any_text_is_covered(text in "[a-z茶\",;\t \r\n0-9]{0,80}") {
            for delimiter in [None, Some(b'\t')] {
                check_blocks(&text, &rows(&text, delimiter))?;
            }
        }
    }
}
