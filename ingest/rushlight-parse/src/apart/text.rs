//! A document's text on the wire. What comes from the worker is checked: spans that are not in order, or that lie inside a
//! character, are refused, for this side slices by them.

use rushlight_core::{Block, BlockKind, ContentHash, DocumentKind, Locator, ParsedDocument, TextSpan};
use serde::{Deserialize, Serialize};

use super::{Facts, Said, said, warnings};

/// A text and its blocks.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Written {
    text: String,
    blocks: Vec<Stretch>,
}

/// A document of a format without pages.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sent {
    hash: [u8; 32],
    kind: String,
    media_type: String,
    title: String,
    facts: Facts,
    written: Written,
    warnings: Vec<Said>,
}

/// [`Block`] on the wire.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Stretch {
    #[serde(with = "Kind")]
    kind: BlockKind,
    start: usize,
    end: usize,
    place: Place,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BlockKind")]
enum Kind {
    Heading { level: u8 },
    Paragraph,
    ListItem,
    Quote,
    Code,
    TableHeader,
    TableRow,
    Metadata,
    Signature,
}

/// [`Locator`] on the wire; places on pages, which no format has that is read so, do without their areas.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Place {
    Whole,
    Lines(u32, u32),
    Pages(u32, u32),
    Part(String, u32, u32),
    Cells(String, u32, u32),
}

impl Written {
    pub(crate) fn new(text: String, blocks: Vec<Block>) -> Self {
        let blocks = blocks.into_iter().map(|Block { kind, span, locator }| Stretch {
            kind,
            start: span.start,
            end: span.end,
            place: locator.into(),
        });
        Self {
            blocks: blocks.collect(),
            text,
        }
    }

    /// The text and its blocks; `None` where they do not fit together.
    pub(crate) fn open(self) -> Option<(String, Vec<Block>)> {
        let Self { text, blocks } = self;
        let mut at = 0;
        let mut out = Vec::with_capacity(blocks.len());
        for Stretch {
            kind,
            start,
            end,
            place,
        } in blocks
        {
            let between = text.get(at..start)?;
            let own = text.get(start..end)?;
            if !between.trim().is_empty() || own.trim().is_empty() {
                return None;
            }
            at = end;
            out.push(Block {
                kind,
                span: TextSpan::new(start, end),
                locator: place.into(),
            });
        }
        (!out.is_empty() && text.get(at..)?.trim().is_empty()).then_some((text, out))
    }
}

impl From<ParsedDocument> for Sent {
    fn from(document: ParsedDocument) -> Self {
        Self {
            hash: document.content_hash.0,
            kind: document.kind.as_str().to_owned(),
            media_type: document.media_type,
            title: document.title,
            facts: document.metadata.into(),
            written: Written::new(document.text, document.blocks),
            warnings: said(document.warnings),
        }
    }
}

impl Sent {
    /// The document, not yet named; `None` where what came cannot be one.
    pub(crate) fn open(self) -> Option<ParsedDocument> {
        let (text, blocks) = self.written.open()?;
        Some(ParsedDocument {
            part: String::new(),
            part_key: String::new(),
            content_hash: ContentHash(self.hash),
            kind: DocumentKind::from_name(&self.kind)?,
            media_type: self.media_type,
            title: self.title,
            metadata: self.facts.into(),
            text,
            blocks,
            lines: Vec::new(),
            recognised: Vec::new(),
            pages: None,
            unreadable_pages: Vec::new(),
            warnings: warnings(self.warnings),
        })
    }
}

impl From<Locator> for Place {
    fn from(locator: Locator) -> Self {
        match locator {
            Locator::Whole => Self::Whole,
            Locator::Lines { first, last } => Self::Lines(first, last),
            Locator::Pages { first, last, .. } => Self::Pages(first, last),
            Locator::MessagePart { part, first, last } => Self::Part(part, first, last),
            Locator::Cells { sheet, first, last } => Self::Cells(sheet, first, last),
        }
    }
}

impl From<Place> for Locator {
    fn from(place: Place) -> Self {
        match place {
            Place::Whole => Self::Whole,
            Place::Lines(first, last) => Self::Lines { first, last },
            Place::Pages(first, last) => Self::pages(first, last),
            Place::Part(part, first, last) => Self::MessagePart { part, first, last },
            Place::Cells(sheet, first, last) => Self::Cells { sheet, first, last },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::{receive, send};

    fn block(kind: BlockKind, start: usize, end: usize, locator: Locator) -> Block {
        let span = TextSpan::new(start, end);
        Block { kind, span, locator }
    }

    #[test]
    fn a_text_arrives_as_it_was_sent() {
        let part = || "1.2".to_owned();
        let kinds = [
            BlockKind::Heading { level: 3 },
            BlockKind::Paragraph,
            BlockKind::ListItem,
            BlockKind::Quote,
            BlockKind::Code,
            BlockKind::TableHeader,
            BlockKind::TableRow,
            BlockKind::Metadata,
            BlockKind::Signature,
        ];
        let places = [
            Locator::Whole,
            Locator::Lines { first: 1, last: 2 },
            Locator::pages(3, 4),
            Locator::MessagePart {
                part: part(),
                first: 5,
                last: 6,
            },
            Locator::Cells {
                sheet: part(),
                first: 7,
                last: 8,
            },
        ];
        let text = "茶\n".repeat(kinds.len());
        let blocks: Vec<Block> = kinds
            .into_iter()
            .enumerate()
            .map(|(index, kind)| {
                block(
                    kind,
                    4 * index,
                    4 * index + 3,
                    places[index % places.len()].clone(),
                )
            })
            .collect();
        let mut wire = Vec::new();
        send(&mut wire, &Written::new(text.clone(), blocks.clone())).expect("writes");
        let came: Written = receive(&mut wire.as_slice(), 1 << 20)
            .expect("reads")
            .expect("one");
        assert_eq!(came.open(), Some((text, blocks)));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let opens = |spans: &[(usize, usize)]| {
            let blocks = spans
                .iter()
                .map(|&(start, end)| Stretch {
                    kind: BlockKind::Paragraph,
                    start,
                    end,
                    place: Place::Whole,
                })
                .collect();
            let text = "茶 tea".to_owned();
            Written { text, blocks }.open().is_some()
        };
        assert!(opens(&[(0, 3), (4, 7)]) && opens(&[(0, 7)]));
        for spans in [
            &[][..],
            &[(0, 3)],
            &[(4, 7)],
            &[(1, 3), (4, 7)],
            &[(0, 3), (3, 4), (4, 7)],
            &[(4, 7), (0, 3)],
            &[(0, 3), (7, 4)],
            &[(0, 9)],
        ] {
            assert!(!opens(spans), "{spans:?}");
        }
    }
}
