//! Builds a text block by block, for formats whose text is not in the file as it is read.

use rushlight_core::{Block, BlockKind, Locator, TextSpan};

/// A text and its blocks, parted by an empty line.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    text: String,
    blocks: Vec<Block>,
}

impl TextBuilder {
    /// Appends a block and says where it stands. White space around it is dropped, but for the tabs before the first filled cell of
    /// a row, which say in which column that is; nothing but white space is no block.
    pub(crate) fn push(&mut self, kind: BlockKind, text: &str, locator: Locator) -> Option<TextSpan> {
        let is_row = |kind| matches!(kind, BlockKind::TableHeader | BlockKind::TableRow);
        let text = if is_row(kind) {
            text.trim_start_matches(|c: char| c.is_whitespace() && c != '\t')
        } else {
            text.trim_start()
        };
        let text = text.trim_end();
        if text.is_empty() {
            return None;
        }
        if !self.text.is_empty() {
            let joins = |kind| is_row(kind) || kind == BlockKind::ListItem;
            let tight = joins(kind) && self.blocks.last().is_some_and(|last| joins(last.kind));
            self.text.push_str(if tight { "\n" } else { "\n\n" });
        }
        let start = self.text.len();
        self.text.push_str(text);
        let span = TextSpan::new(start, self.text.len());
        self.blocks.push(Block { kind, span, locator });
        Some(span)
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text and its blocks.
    pub(crate) fn finish(self) -> (String, Vec<Block>) {
        (self.text, self.blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_cells_before_the_first_filled_one_of_a_row_are_kept() {
        let mut builder = TextBuilder::default();
        let mut push = |kind, text| builder.push(kind, text, Locator::Whole);
        assert!(push(BlockKind::Paragraph, "\tStock ").is_some());
        assert!(push(BlockKind::TableHeader, " \t品名\tPrice\t").is_some());
        assert!(push(BlockKind::TableRow, "\t\t").is_none());
        assert!(push(BlockKind::TableRow, "\t紅茶\t3").is_some());
        let (text, blocks) = builder.finish();
        assert_eq!(text, "Stock\n\n\t品名\tPrice\n\t紅茶\t3");
        assert_eq!(blocks[2].span.of(&text), Some("\t紅茶\t3"));
    }
}
