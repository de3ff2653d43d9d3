//! Where a stretch of text stands in the original, as finely as its blocks say.

use rushlight_core::{Block, Locator, PlacedLine, TextSpan};

/// Where `span` of a document with this text, these blocks and these lines stands, as finely as they say; the whole
/// document when what is under it has no place in common.
pub fn place_of(text: &str, blocks: &[Block], lines: &[PlacedLine], span: TextSpan) -> Locator {
    Places::new(text, blocks, lines).of(span)
}

/// Answers where spans stand, asked in the order of the text, in time in proportion to it.
pub(crate) struct Places<'a> {
    text: &'a str,
    blocks: &'a [Block],
    lines: &'a [PlacedLine],
    /// Blocks before this one end before any span that is still asked for.
    next: usize,
    /// How far lines of the block `next` are counted, and how many line ends were found up to there.
    counted: (usize, u32),
    /// Line ends within the block `next`; `None` before they are counted.
    line_ends: Option<u32>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(text: &'a str, blocks: &'a [Block], lines: &'a [PlacedLine]) -> Self {
        Self {
            text,
            blocks,
            lines,
            next: 0,
            counted: (0, 0),
            line_ends: None,
        }
    }

    /// The smallest place that covers the span; the whole document when its blocks have none in common.
    pub(crate) fn of(&mut self, span: TextSpan) -> Locator {
        let mut cover: Option<Locator> = None;
        while let Some(block) = self.blocks.get(self.next) {
            if block.span.start >= span.end {
                break;
            }
            if block.span.end > span.start {
                let place = self.refine(block, span);
                cover = match cover {
                    None => Some(place),
                    Some(cover) => match cover.cover(&place) {
                        Some(joined) => Some(joined),
                        None => return Locator::Whole,
                    },
                };
            }
            if block.span.end > span.end {
                break;
            }
            self.next += 1;
            self.line_ends = None;
        }
        cover.unwrap_or(Locator::Whole).within(self.lines, span)
    }

    /// The block's place, cut down to the lines under `span` where its text has exactly the lines its place names.
    fn refine(&mut self, block: &Block, span: TextSpan) -> Locator {
        if span.start <= block.span.start && span.end >= block.span.end {
            return block.locator.clone();
        }
        let (first, last) = match &block.locator {
            Locator::Lines { first, last } | Locator::MessagePart { first, last, .. } => (*first, *last),
            Locator::Whole | Locator::Pages { .. } | Locator::Cells { .. } => return block.locator.clone(),
        };
        let in_block = match self.line_ends {
            Some(count) => count,
            None => {
                let count = line_ends(&self.text[block.span.range()]);
                self.line_ends = Some(count);
                self.counted = (block.span.start, 0);
                count
            }
        };
        if last.checked_sub(first) != Some(in_block) {
            return block.locator.clone();
        }
        let start = span.start.max(block.span.start);
        let end = span.end.min(block.span.end);
        let (counted_to, before) = self.counted;
        let before = before + line_ends(&self.text[counted_to..start]);
        let within = line_ends(&self.text[start..end]);
        self.counted = (end, before + within);
        let (first, last) = (first + before, first + before + within);
        match &block.locator {
            Locator::MessagePart { part, .. } => Locator::MessagePart {
                part: part.clone(),
                first,
                last,
            },
            _ => Locator::Lines { first, last },
        }
    }
}

fn line_ends(text: &str) -> u32 {
    let count = text.bytes().filter(|byte| *byte == b'\n').count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use rushlight_core::{BlockKind, PageArea};

    use super::*;

    fn lines(first: u32, last: u32) -> Locator {
        Locator::Lines { first, last }
    }

    #[test]
    fn a_part_of_a_block_has_its_own_lines() {
        let text = "one\ntwo\nthree\n\nfour\nfive";
        let block = |start, end, locator| Block {
            kind: BlockKind::Code,
            span: TextSpan::new(start, end),
            locator,
        };
        let blocks = [block(0, 13, lines(10, 12)), block(15, 24, lines(14, 15))];
        let mut places = Places::new(text, &blocks, &[]);
        assert_eq!(places.of(TextSpan::new(0, 3)), lines(10, 10));
        assert_eq!(places.of(TextSpan::new(4, 13)), lines(11, 12));
        assert_eq!(places.of(TextSpan::new(15, 24)), lines(14, 15));
        let mut places = Places::new(text, &blocks, &[]);
        assert_eq!(places.of(TextSpan::new(8, 19)), lines(12, 14));
        assert_eq!(places.of(TextSpan::new(20, 24)), lines(15, 15));
    }

    #[test]
    fn a_part_of_a_paragraph_of_a_page_has_the_areas_of_its_lines() {
        let text = "one and\ntwo and\nthree";
        let area = |page, top| PageArea {
            page,
            left: 100,
            top,
            right: 500,
            bottom: top + 12,
        };
        let line = |start, end, area| PlacedLine {
            span: TextSpan::new(start, end),
            area,
        };
        let lines = [
            line(0, 7, area(1, 940)),
            line(8, 15, area(2, 60)),
            line(16, 21, area(2, 200)),
        ];
        let blocks = [Block {
            kind: BlockKind::Paragraph,
            span: TextSpan::new(0, 21),
            locator: Locator::pages(1, 2),
        }];
        let place = |start, end| place_of(text, &blocks, &lines, TextSpan::new(start, end));
        let pages = |first, last, areas| Locator::Pages { first, last, areas };
        assert_eq!(place(0, 3), pages(1, 1, vec![lines[0].area]));
        assert_eq!(place(9, 20), pages(2, 2, vec![lines[1].area, lines[2].area]));
        assert_eq!(place(4, 12), pages(1, 2, vec![lines[0].area, lines[1].area]));
        let unplaced = place_of(text, &blocks, &[], TextSpan::new(0, 3));
        assert_eq!(unplaced, Locator::pages(1, 2));
    }

    #[test]
    fn a_block_whose_text_was_rewrapped_keeps_its_place_whole() {
        let text = "one two three";
        let blocks = [Block {
            kind: BlockKind::Paragraph,
            span: TextSpan::new(0, 13),
            locator: lines(1, 3),
        }];
        assert_eq!(
            Places::new(text, &blocks, &[]).of(TextSpan::new(0, 3)),
            lines(1, 3)
        );
    }

    #[test]
    fn places_with_nothing_in_common_are_the_whole() {
        let text = "a\nb";
        let blocks = [
            Block {
                kind: BlockKind::Paragraph,
                span: TextSpan::new(0, 1),
                locator: lines(1, 1),
            },
            Block {
                kind: BlockKind::Paragraph,
                span: TextSpan::new(2, 3),
                locator: Locator::Whole,
            },
        ];
        assert_eq!(
            Places::new(text, &blocks, &[]).of(TextSpan::new(0, 3)),
            Locator::Whole
        );
    }
}
