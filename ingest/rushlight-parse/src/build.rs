//! Builds a text block by block, for formats whose text is not in the file as it is read.

use rushlight_core::{Block, BlockKind, Locator, TextSpan};

/// A text and its blocks, parted by an empty line.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    text: String,
    blocks: Vec<Block>,
}

impl TextBuilder {
    /// Appends a block and says where it stands. White space around it is dropped; nothing but white space is no block.
    pub(crate) fn push(&mut self, kind: BlockKind, text: &str, locator: Locator) -> Option<TextSpan> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if !self.text.is_empty() {
            let rows = |kind| {
                matches!(
                    kind,
                    BlockKind::TableHeader | BlockKind::TableRow | BlockKind::ListItem
                )
            };
            let tight = rows(kind) && self.blocks.last().is_some_and(|last| rows(last.kind));
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
