//! Plain text and program text: paragraphs, parted by empty lines.

use rushlight_core::{Block, BlockKind, TextSpan};

use crate::place::{LineCursor, trimmed};

/// The paragraphs of `text`, all of one kind.
pub(crate) fn paragraphs(text: &str, kind: BlockKind) -> Vec<Block> {
    let mut lines = LineCursor::new(text);
    let mut blocks = Vec::new();
    for (start, end) in paragraph_ranges(text) {
        // White space before the first line belongs to program text: it is its indentation.
        let start = match kind {
            BlockKind::Code => text[..start].rfind('\n').map_or(0, |at| at + 1),
            _ => start,
        };
        let locator = lines.locate(start, end);
        blocks.push(Block {
            kind,
            span: TextSpan::new(start, end),
            locator,
        });
    }
    blocks
}

/// Where paragraphs stand, without the white space around them.
pub(crate) fn paragraph_ranges(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        match (open, line.trim().is_empty()) {
            (None, false) => open = Some(at),
            (Some(start), true) => {
                ranges.extend(trimmed(text, start, at));
                open = None;
            }
            _ => {}
        }
        at += line.len();
    }
    if let Some(start) = open {
        ranges.extend(trimmed(text, start, at));
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushlight_core::Locator;

    use super::*;
    use crate::parsers::check_blocks;

    #[test]
    fn empty_lines_part_paragraphs() {
        let text = "\n  one\nmore\n \n\ntwo\n";
        let blocks = paragraphs(text, BlockKind::Paragraph);
        let got: Vec<_> = blocks
            .iter()
            .map(|b| (b.span.of(text), b.locator.clone()))
            .collect();
        assert_eq!(
            got,
            [
                (Some("one\nmore"), Locator::Lines { first: 2, last: 3 }),
                (Some("two"), Locator::Lines { first: 6, last: 6 }),
            ]
        );
        assert_eq!(
            paragraphs(text, BlockKind::Code)[0].span.of(text),
            Some("  one\nmore")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_covered(text in any::<String>()) {
            check_blocks(&text, &paragraphs(&text, BlockKind::Paragraph))?;
            check_blocks(&text, &paragraphs(&text, BlockKind::Code))?;
        }
    }
}
