//! A document to read, cut into sections.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::place::{Area, Locator, Span};
use crate::time::Time;

/// Kind of document, as people filter for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Markdown.
    Note,
    /// Plain text.
    Text,
    /// A web page.
    Html,
    /// A mail message.
    Mail,
    /// A PDF.
    Pdf,
    /// A table of values.
    Table,
    /// A word processor's document.
    Document,
    /// Slides of a presentation.
    Slides,
    /// A picture.
    Image,
}

impl From<core::DocumentKind> for Kind {
    fn from(kind: core::DocumentKind) -> Self {
        match kind {
            core::DocumentKind::Note => Self::Note,
            core::DocumentKind::Text => Self::Text,
            core::DocumentKind::Html => Self::Html,
            core::DocumentKind::Mail => Self::Mail,
            core::DocumentKind::Pdf => Self::Pdf,
            core::DocumentKind::Table => Self::Table,
            core::DocumentKind::Document => Self::Document,
            core::DocumentKind::Slides => Self::Slides,
            core::DocumentKind::Image => Self::Image,
        }
    }
}

impl From<Kind> for core::DocumentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Note => Self::Note,
            Kind::Text => Self::Text,
            Kind::Html => Self::Html,
            Kind::Mail => Self::Mail,
            Kind::Pdf => Self::Pdf,
            Kind::Table => Self::Table,
            Kind::Document => Self::Document,
            Kind::Slides => Self::Slides,
            Kind::Image => Self::Image,
        }
    }
}

/// Reply of `GET /api/v1/documents/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Identity.
    pub document_id: String,
    /// Title.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Kind.
    pub kind: Kind,
    /// IANA media type.
    pub media_type: String,
    /// The document's own date, else the file's.
    pub date: Time,
    /// Name of the space.
    pub space: String,
    /// BLAKE3 of the bytes that were read.
    pub content_hash: String,
    /// Authors, or who sent it.
    pub authors: Vec<String>,
    /// Whom it was sent to.
    pub recipients: Vec<String>,
    /// What all mails of one conversation have in common; `null` where it is no mail.
    pub thread_id: Option<String>,
    /// The mailing list it came by; `null` when by none.
    pub list: Option<String>,
    /// Tags, without `#`.
    pub tags: Vec<String>,
    /// BCP 47 tag; `null` when unknown.
    pub language: Option<String>,
    /// Names of attachments.
    pub attachments: Vec<String>,
    /// Other names that the note gives itself.
    pub aliases: Vec<String>,
    /// Links to other documents, as written.
    pub links: Vec<Link>,
    /// How many pages; `null` where the format has none.
    pub pages: Option<u32>,
    /// Pages without readable text, counted from one.
    pub unreadable_pages: Vec<u32>,
    /// What a person should know of it.
    pub warnings: Vec<Warning>,
    /// What of the text was recognised in pictures, line by line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recognised: Vec<RecognisedText>,
    /// The text in order.
    pub sections: Vec<Section>,
}

impl Document {
    /// The document as a parser found it, with what only the ledger knows: its identity, the file's absolute path, the
    /// space's name and the date to show when the document states none.
    pub fn new(
        id: core::DocId,
        path: String,
        space: String,
        file_date: core::Timestamp,
        parsed: &core::ParsedDocument,
    ) -> Self {
        let core::ParsedDocument {
            part,
            part_key: _,
            content_hash,
            kind,
            media_type,
            title,
            metadata,
            text,
            blocks,
            lines,
            recognised,
            pages,
            unreadable_pages,
            warnings,
        } = parsed;
        let mut sections = Section::of(text, blocks, lines);
        for section in &mut sections {
            let span = core::TextSpan::new(section.span.start, section.span.end);
            section.confidence = core::confidence_of(recognised, span);
        }
        Self {
            document_id: id.to_string(),
            title: title.clone(),
            path,
            part: part.clone(),
            kind: (*kind).into(),
            media_type: media_type.clone(),
            date: metadata.created.unwrap_or(file_date).into(),
            space,
            content_hash: content_hash.to_string(),
            authors: metadata.authors.clone(),
            recipients: metadata.recipients.clone(),
            thread_id: metadata.thread_id.clone(),
            list: metadata.list.clone(),
            tags: metadata.tags.clone(),
            language: metadata.language.clone(),
            attachments: metadata
                .attachment_names()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            aliases: metadata.aliases.clone(),
            links: metadata.links.iter().map(Link::from).collect(),
            pages: *pages,
            unreadable_pages: unreadable_pages.clone(),
            warnings: warnings.iter().map(Warning::from).collect(),
            recognised: recognised.iter().map(RecognisedText::from).collect(),
            sections,
        }
    }
}

/// A link to another document, as it is written; whether there is such a document is not said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// `name`: `target` is a note's name, an alias or the end of a path. `path`: it is a path relative to the
    /// document's folder.
    pub kind: String,
    /// What is linked to.
    pub target: String,
    /// The place in it, a heading or a block's id behind `^`; `null` for the whole.
    pub fragment: Option<String>,
    /// Shown in place rather than referred to.
    pub embedded: bool,
}

impl From<&core::DocLink> for Link {
    fn from(link: &core::DocLink) -> Self {
        let core::DocLink {
            kind,
            target,
            fragment,
            embedded,
        } = link;
        Self {
            kind: kind.as_str().to_owned(),
            target: target.clone(),
            fragment: fragment.clone(),
            embedded: *embedded,
        }
    }
}

/// What a person should know of a document that was read nonetheless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable word for it.
    pub code: String,
    /// What happened, on what.
    pub message: String,
}

impl From<&core::Warning> for Warning {
    fn from(warning: &core::Warning) -> Self {
        let core::Warning { code, message } = warning;
        Self {
            code: code.clone(),
            message: message.clone(),
        }
    }
}

/// A stretch of a document's text that was recognised in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecognisedText {
    /// Where it stands in the document's text.
    pub span: Span,
    /// Its page, counted from one.
    pub page: u32,
    /// How sure the recogniser is, in per cent.
    pub confidence: u8,
}

impl From<&core::RecognisedSpan> for RecognisedText {
    fn from(known: &core::RecognisedSpan) -> Self {
        let core::RecognisedSpan {
            span,
            page,
            confidence,
        } = *known;
        Self {
            span: span.into(),
            page,
            confidence,
        }
    }
}

/// A stretch of a document's text that belongs together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Where it stands in the original, in words; may be empty.
    pub label: String,
    /// What it is.
    pub kind: SectionKind,
    /// Level of a heading, from 1; 0 for anything else.
    pub level: u8,
    /// Where it stands in the document's text.
    pub span: Span,
    /// Exactly the document's text under `span`.
    pub text: String,
    /// The white space that parts it from the section before: with it the sections joined are the document's text up to the end
    /// of the last. Left out where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub before: String,
    /// Where it stands on its pages; left out where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<Area>,
    /// How sure the recogniser is of what was recognised of it, in per cent; left out where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
}

impl Section {
    /// One section per block, in order. Between sections there is nothing but white space, which each has as its `before`: text that
    /// no block covers becomes a paragraph without a label, a block that does not fit the text is left out.
    pub fn of(text: &str, blocks: &[core::Block], lines: &[core::PlacedLine]) -> Vec<Section> {
        let mut sections = Vec::with_capacity(blocks.len());
        let mut done = 0;
        for block in blocks {
            let span = block.span;
            let (Some(between), Some(own)) = (text.get(done..span.start), text.get(span.start..span.end))
            else {
                continue;
            };
            let between = match uncovered(between, done) {
                Some(section) => {
                    let rest = &text[section.span.end..span.start];
                    sections.push(section);
                    rest
                }
                None => between,
            };
            let (kind, level) = SectionKind::of(block.kind);
            let place = Locator::from(&block.locator.clone().within(lines, span));
            sections.push(Section {
                label: place.label(),
                kind,
                level,
                span: span.into(),
                text: own.to_owned(),
                before: between.to_owned(),
                areas: place.into_areas(),
                confidence: None,
            });
            done = span.end;
        }
        sections.extend(uncovered(&text[done..], done));
        sections
    }
}

/// The text that stands between blocks at `start`, unless it is white space.
fn uncovered(text: &str, start: usize) -> Option<Section> {
    let skipped = text.len() - text.trim_start().len();
    let own = text.trim();
    (!own.is_empty()).then(|| Section {
        label: String::new(),
        kind: SectionKind::Paragraph,
        level: 0,
        span: Span {
            start: start + skipped,
            end: start + skipped + own.len(),
        },
        text: own.to_owned(),
        before: text[..skipped].to_owned(),
        areas: Vec::new(),
        confidence: None,
    })
}

/// What a section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// A heading.
    Heading,
    /// A paragraph.
    Paragraph,
    /// One item of a list.
    ListItem,
    /// A quotation.
    Quote,
    /// Code, kept as it is.
    Code,
    /// The header row of a table.
    TableHeader,
    /// A row of a table.
    TableRow,
    /// Front matter or a mail's header fields.
    Metadata,
    /// A mail's signature.
    Signature,
}

impl SectionKind {
    /// The kind, and the level of a heading or 0.
    fn of(kind: core::BlockKind) -> (Self, u8) {
        match kind {
            core::BlockKind::Heading { level } => (Self::Heading, level),
            core::BlockKind::Paragraph => (Self::Paragraph, 0),
            core::BlockKind::ListItem => (Self::ListItem, 0),
            core::BlockKind::Quote => (Self::Quote, 0),
            core::BlockKind::Code => (Self::Code, 0),
            core::BlockKind::TableHeader => (Self::TableHeader, 0),
            core::BlockKind::TableRow => (Self::TableRow, 0),
            core::BlockKind::Metadata => (Self::Metadata, 0),
            core::BlockKind::Signature => (Self::Signature, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(start: usize, end: usize) -> core::Block {
        core::Block {
            kind: core::BlockKind::Paragraph,
            span: core::TextSpan { start, end },
            locator: core::Locator::Lines { first: 1, last: 1 },
        }
    }

    #[test]
    fn text_outside_blocks_is_shown_too() {
        let sections = Section::of("one\n\n two \n茶", &[block(0, 3)], &[]);
        let shown: Vec<_> = sections
            .iter()
            .map(|s| (s.before.as_str(), s.text.as_str(), s.span.start, s.label.as_str()))
            .collect();
        assert_eq!(shown, [("", "one", 0, "line 1"), ("\n\n ", "two \n茶", 6, "")]);
    }

    #[test]
    fn sections_of_pages_have_areas() {
        let area = core::PageArea {
            page: 3,
            left: 100,
            top: 200,
            right: 900,
            bottom: 212,
        };
        let line = core::PlacedLine {
            span: core::TextSpan { start: 0, end: 3 },
            area,
        };
        let block = core::Block {
            locator: core::Locator::pages(2, 3),
            ..block(0, 3)
        };
        let sections = Section::of("one", &[block], &[line]);
        assert_eq!(sections[0].label, "page 3", "of the lines, which know better");
        assert_eq!(sections[0].areas, [Area::from(&area)]);
    }

    proptest! {
        #[test]
        fn sections_are_verbatim_and_leave_out_white_space_only(
            text in "[a-c茶\\n ]{0,40}",
            cuts in prop::collection::vec((0usize..60, 0usize..60), 0..6),
        ) {
            let blocks: Vec<_> = cuts.iter().map(|(start, end)| block(*start, *end)).collect();
            let mut joined = String::new();
            for section in Section::of(&text, &blocks, &[]) {
                prop_assert!(section.before.trim().is_empty());
                joined.push_str(&section.before);
                prop_assert_eq!(joined.len(), section.span.start);
                joined.push_str(&section.text);
                prop_assert_eq!(joined.len(), section.span.end);
            }
            prop_assert!(text.starts_with(&joined));
            prop_assert!(text[joined.len()..].trim().is_empty());
        }
    }
}
