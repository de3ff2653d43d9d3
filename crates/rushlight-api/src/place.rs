//! Places in a document's text and in its original, and the place in words.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

/// Bytes of UTF-8 into a document's text, half-open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl From<core::TextSpan> for Span {
    fn from(span: core::TextSpan) -> Self {
        let core::TextSpan { start, end } = span;
        Self { start, end }
    }
}

/// A rectangle on a page as it is shown, in thousandths of its width and height from the upper left corner: it can be drawn
/// on a picture of the page of any size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// The page, counted from one.
    pub page: u32,
    /// Left edge, in thousandths of the width.
    pub left: u16,
    /// Upper edge, in thousandths of the height.
    pub top: u16,
    /// Right edge.
    pub right: u16,
    /// Lower edge.
    pub bottom: u16,
}

impl From<&core::PageArea> for Area {
    fn from(area: &core::PageArea) -> Self {
        let core::PageArea {
            page,
            left,
            top,
            right,
            bottom,
        } = *area;
        Self {
            page,
            left,
            top,
            right,
            bottom,
        }
    }
}

/// A place in the original. Numbers count from one; `last` is inclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Locator {
    /// The whole of it.
    Whole,
    /// Lines of a text file.
    Lines {
        /// First line.
        first: u32,
        /// Last line.
        last: u32,
    },
    /// Pages.
    Pages {
        /// First page.
        first: u32,
        /// Last page.
        last: u32,
        /// Where on these pages, page by page; left out where that is not known.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        areas: Vec<Area>,
    },
    /// Lines of the text of a part of a mail message.
    MessagePart {
        /// The part as IMAP numbers it, or `header`.
        part: String,
        /// First line.
        first: u32,
        /// Last line.
        last: u32,
    },
    /// Rows of a table.
    Cells {
        /// The sheet's name; empty where the file has but one table.
        sheet: String,
        /// First row.
        first: u32,
        /// Last row.
        last: u32,
    },
}

impl From<&core::Locator> for Locator {
    fn from(locator: &core::Locator) -> Self {
        match locator {
            core::Locator::Whole => Self::Whole,
            core::Locator::Lines { first, last } => Self::Lines {
                first: *first,
                last: *last,
            },
            core::Locator::Pages { first, last, areas } => Self::Pages {
                first: *first,
                last: *last,
                areas: areas.iter().map(Area::from).collect(),
            },
            core::Locator::MessagePart { part, first, last } => Self::MessagePart {
                part: part.clone(),
                first: *first,
                last: *last,
            },
            core::Locator::Cells { sheet, first, last } => Self::Cells {
                sheet: sheet.clone(),
                first: *first,
                last: *last,
            },
        }
    }
}

impl Locator {
    /// Where on its pages; none for a place that is not on pages, or where that is not known.
    pub fn into_areas(self) -> Vec<Area> {
        match self {
            Self::Pages { areas, .. } => areas,
            _ => Vec::new(),
        }
    }

    /// The place in words: `lines 3–9`, `page 2`, `message part 2.1, lines 1–4`. Empty for the whole.
    pub fn label(&self) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Lines { first, last } => range("line", *first, *last),
            Self::Pages { first, last, .. } => range("page", *first, *last),
            Self::MessagePart { part, first, last } if part == "header" => {
                format!("message header, {}", range("line", *first, *last))
            }
            Self::MessagePart { part, first, last } => {
                format!("message part {part}, {}", range("line", *first, *last))
            }
            Self::Cells { sheet, first, last } if sheet.is_empty() => range("row", *first, *last),
            Self::Cells { sheet, first, last } => format!("sheet {sheet}, {}", range("row", *first, *last)),
        }
    }
}

/// `line 3` or, with an en dash, `lines 3–9`.
fn range(unit: &str, first: u32, last: u32) -> String {
    if first == last {
        format!("{unit} {first}")
    } else {
        format!("{unit}s {first}–{last}")
    }
}

/// Reply of `GET /api/v1/documents/{id}/place`: where a stretch of a document's text stands in the original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The document.
    pub document_id: String,
    /// The version of it.
    pub content_hash: String,
    /// The stretch that was asked for.
    pub span: Span,
    /// Where it stands.
    pub locator: Locator,
    /// The same in words.
    pub label: String,
}

impl Place {
    /// The place of `span` in a version of a document.
    pub fn new(
        id: core::DocId,
        version: core::ContentHash,
        span: core::TextSpan,
        locator: &core::Locator,
    ) -> Self {
        let locator = Locator::from(locator);
        Self {
            document_id: id.to_string(),
            content_hash: version.to_string(),
            span: span.into(),
            label: locator.label(),
            locator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn places_in_json_and_in_words() {
        let places = [
            core::Locator::Whole,
            core::Locator::Lines { first: 3, last: 9 },
            core::Locator::Lines { first: 3, last: 3 },
            core::Locator::pages(2, 2),
            core::Locator::Pages {
                first: 2,
                last: 3,
                areas: vec![core::PageArea {
                    page: 2,
                    left: 100,
                    top: 820,
                    right: 900,
                    bottom: 940,
                }],
            },
            core::Locator::MessagePart {
                part: "header".to_owned(),
                first: 1,
                last: 4,
            },
            core::Locator::MessagePart {
                part: "2.1".to_owned(),
                first: 1,
                last: 1,
            },
            core::Locator::Cells {
                sheet: String::new(),
                first: 2,
                last: 8,
            },
            core::Locator::Cells {
                sheet: "預算".to_owned(),
                first: 2,
                last: 2,
            },
        ];
        let mut text = String::new();
        for place in &places {
            let place = Locator::from(place);
            let json = serde_json::to_string(&place).expect("json");
            assert_eq!(serde_json::from_str::<Locator>(&json).expect("own output"), place);
            text.push_str(&format!("{json} {:?}\n", place.label()));
        }
        expect![[r#"
            {"kind":"whole"} ""
            {"kind":"lines","first":3,"last":9} "lines 3–9"
            {"kind":"lines","first":3,"last":3} "line 3"
            {"kind":"pages","first":2,"last":2} "page 2"
            {"kind":"pages","first":2,"last":3,"areas":[{"page":2,"left":100,"top":820,"right":900,"bottom":940}]} "pages 2–3"
            {"kind":"message_part","part":"header","first":1,"last":4} "message header, lines 1–4"
            {"kind":"message_part","part":"2.1","first":1,"last":1} "message part 2.1, line 1"
            {"kind":"cells","sheet":"","first":2,"last":8} "rows 2–8"
            {"kind":"cells","sheet":"預算","first":2,"last":2} "sheet 預算, row 2"
        "#]]
        .assert_eq(&text);
    }
}
