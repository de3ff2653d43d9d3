//! A hit, with its text cut at what is to be highlighted.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::document::Kind;
use crate::place::{Locator, Span};
use crate::time::Time;

/// A chunk found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The chunk.
    pub chunk_id: String,
    /// Its document.
    pub document_id: String,
    /// The version of the document that was searched.
    pub content_hash: String,
    /// The document's title.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Kind of document.
    pub kind: Kind,
    /// The document's date.
    pub date: Time,
    /// Name of the space.
    pub space: String,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Where it stands in the original.
    pub locator: Locator,
    /// The same in words.
    pub label: String,
    /// Where it lies in the document's text, in bytes of UTF-8.
    pub span: Span,
    /// The chunk's text, verbatim.
    pub text: String,
    /// `text`, cut at what is to be highlighted; joined they are exactly `text`.
    pub segments: Vec<Segment>,
    /// Why it is here.
    pub scores: Scores,
    /// How sure the recogniser is of what was recognised of it, in per cent; left out where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// True when the folder it lies in is not there: the text is as it was last seen.
    #[serde(default)]
    pub offline: bool,
    /// Where else the same document lies; these are no hits of their own.
    #[serde(default)]
    pub also_at: Vec<OtherPlace>,
    /// Other passages of the same document that were found, best first.
    #[serde(default)]
    pub more: Vec<MorePassage>,
    /// Other documents found that stand behind this hit: mails of the same conversation, other versions.
    #[serde(default)]
    pub related: Vec<RelatedDocument>,
    /// Why it is where it is; left out unless asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

/// Another passage of a hit's document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MorePassage {
    /// The chunk.
    pub chunk_id: String,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Where it stands in the original.
    pub locator: Locator,
    /// The same in words.
    pub label: String,
    /// Where it lies in the document's text, in bytes of UTF-8.
    pub span: Span,
    /// Its text, cut at what is to be highlighted.
    pub segments: Vec<Segment>,
}

impl From<&core::MorePassage> for MorePassage {
    fn from(passage: &core::MorePassage) -> Self {
        let core::MorePassage { chunk, highlights } = passage;
        let locator = Locator::from(&chunk.locator);
        Self {
            chunk_id: chunk.id.to_string(),
            heading_path: chunk.heading_path.clone(),
            label: locator.label(),
            locator,
            span: chunk.span.into(),
            segments: segments(&chunk.text, highlights, MarkKind::Word),
        }
    }
}

/// A document that was found and is shown behind another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedDocument {
    /// The document.
    pub document_id: String,
    /// The version that was searched.
    pub content_hash: String,
    /// Its title.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Its date.
    pub date: Time,
    /// What the two have to do with each other.
    pub relation: Relation,
}

/// Why a document stands behind a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// A mail of the same conversation.
    Conversation,
    /// Another version of the same document.
    Version,
}

impl From<&core::RelatedDocument> for RelatedDocument {
    fn from(document: &core::RelatedDocument) -> Self {
        let core::RelatedDocument {
            doc_id,
            content_hash,
            title,
            path,
            part,
            date,
            relation,
        } = document;
        Self {
            document_id: doc_id.to_string(),
            content_hash: content_hash.to_string(),
            title: title.clone(),
            path: path.clone(),
            part: part.clone(),
            date: (*date).into(),
            relation: match relation {
                core::Relation::Conversation => Relation::Conversation,
                core::Relation::Version => Relation::Version,
            },
        }
    }
}

/// Why a hit is where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// What the fused score is made of; the shares add up to it.
    pub parts: Vec<WhyPart>,
    /// What the BM25 score is made of.
    pub terms: Vec<WhyTerm>,
    /// What changed its place after the scores: `guaranteed`, `reranked`.
    pub notes: Vec<String>,
}

/// One part of a fused score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhyPart {
    /// `words`, `meaning`, `coverage`; `recency` where newer documents are raised: what age takes from the score.
    pub name: String,
    /// What it came to, 0 to 1; that of `recency` is its share.
    pub value: f32,
    /// What it counts.
    pub weight: f32,
    /// What it adds to the score; `recency` adds nothing or less than nothing.
    pub share: f32,
}

/// What one word or phrase of the query adds to a BM25 score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhyTerm {
    /// As it was typed, folded.
    pub typed: String,
    /// How it was met: `exact`, `stem`, `variant`, `prefix`, `correction`, `phrase`, `piece`.
    pub how: String,
    /// What stands where, and how often.
    pub found: Vec<WhyFound>,
    /// Passages of the space that hold it and that may be found; `null` where that is not counted.
    pub chunks: Option<u64>,
    /// What it adds to the score.
    pub share: f32,
}

/// A term in a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhyFound {
    /// `title`, `keywords`, `headings` or `text`.
    pub field: String,
    /// The term that stands there.
    pub term: String,
    /// How often.
    pub count: u32,
}

impl From<&core::Why> for Why {
    fn from(why: &core::Why) -> Self {
        let core::Why { parts, terms, notes } = why;
        let part = |part: &core::WhyPart| WhyPart {
            name: part.name.clone(),
            value: part.value,
            weight: part.weight,
            share: part.share,
        };
        let found = |(field, term, count): &(String, String, u32)| WhyFound {
            field: field.clone(),
            term: term.clone(),
            count: *count,
        };
        let term = |term: &core::WhyTerm| WhyTerm {
            typed: term.typed.clone(),
            how: term.how.clone(),
            found: term.found.iter().map(found).collect(),
            chunks: term.chunks,
            share: term.share,
        };
        Self {
            parts: parts.iter().map(part).collect(),
            terms: terms.iter().map(term).collect(),
            notes: notes.clone(),
        }
    }
}

/// Another place of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherPlace {
    /// The document there.
    pub document_id: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// True when the folder it lies in is not there.
    pub offline: bool,
}

impl From<&core::OtherPlace> for OtherPlace {
    fn from(place: &core::OtherPlace) -> Self {
        let core::OtherPlace {
            doc_id,
            path,
            part,
            online,
        } = place;
        Self {
            document_id: doc_id.to_string(),
            path: path.clone(),
            part: part.clone(),
            offline: !online,
        }
    }
}

/// A stretch of a hit's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The text.
    pub text: String,
    /// True when it is to be highlighted.
    pub mark: bool,
    /// Why it is; left out for words of the query.
    #[serde(default, skip_serializing_if = "MarkKind::is_word")]
    pub kind: MarkKind,
}

/// Why a stretch of text is to be highlighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// What the query asks for stands there.
    #[default]
    Word,
    /// It is the sentence of the passage that is nearest to the query in meaning.
    Sentence,
}

impl MarkKind {
    fn is_word(&self) -> bool {
        *self == Self::Word
    }
}

/// What each leg said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// BM25; `null` when the keyword leg did not return it.
    pub keyword: Option<f32>,
    /// Cosine; `null` when it was not computed.
    pub semantic: Option<f32>,
    /// What hits are ordered by, 0 to 1.
    pub fused: f32,
    /// The reranking model's score, on a scale of its own, by which the best hits are then ordered; left out where it was
    /// not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reranked: Option<f32>,
}

impl From<core::LegScores> for Scores {
    fn from(scores: core::LegScores) -> Self {
        let core::LegScores {
            keyword,
            semantic,
            fused,
            reranked,
        } = scores;
        Self {
            keyword,
            semantic,
            fused,
            reranked,
        }
    }
}

impl From<&core::Hit> for Hit {
    fn from(hit: &core::Hit) -> Self {
        let locator = Locator::from(&hit.chunk.locator);
        Self {
            chunk_id: hit.chunk.id.to_string(),
            document_id: hit.doc_id.to_string(),
            content_hash: hit.content_hash.to_string(),
            title: hit.title.clone(),
            path: hit.path.clone(),
            part: hit.part.clone(),
            kind: hit.kind.into(),
            date: hit.date.into(),
            space: hit.space.clone(),
            heading_path: hit.chunk.heading_path.clone(),
            label: locator.label(),
            locator,
            span: hit.chunk.span.into(),
            segments: segments(&hit.chunk.text, &hit.highlights, MarkKind::Word),
            text: hit.chunk.text.clone(),
            scores: hit.scores.into(),
            confidence: hit.chunk.confidence,
            offline: !hit.online,
            also_at: hit.also_at.iter().map(Into::into).collect(),
            more: hit.more.iter().map(Into::into).collect(),
            related: hit.related.iter().map(Into::into).collect(),
            why: hit.why.as_ref().map(Into::into),
        }
    }
}

/// Cuts `text` at `highlights`. A highlight that overlaps an earlier one, lies outside the text or cuts a character is
/// left out: a missing mark is better than a missing hit. Neighbouring segments never have the same mark.
pub(crate) fn segments(text: &str, highlights: &[core::TextSpan], kind: MarkKind) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut push = |piece: &str, mark: bool| match segments.last_mut() {
        _ if piece.is_empty() => {}
        Some(last) if last.mark == mark => last.text.push_str(piece),
        _ => segments.push(Segment {
            text: piece.to_owned(),
            mark,
            kind: if mark { kind } else { MarkKind::Word },
        }),
    };
    let mut done = 0;
    for span in highlights {
        let (Some(before), Some(marked)) = (text.get(done..span.start), text.get(span.start..span.end))
        else {
            continue;
        };
        push(before, false);
        push(marked, true);
        done = span.end;
    }
    push(&text[done..], false);
    segments
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(text: &str, highlights: &[(usize, usize)]) -> String {
        let spans: Vec<_> = highlights
            .iter()
            .map(|(start, end)| core::TextSpan {
                start: *start,
                end: *end,
            })
            .collect();
        segments(text, &spans, MarkKind::Word)
            .iter()
            .map(|segment| {
                if segment.mark {
                    format!("[{}]", segment.text)
                } else {
                    segment.text.clone()
                }
            })
            .collect()
    }

    #[test]
    fn highlights_become_marks_and_bad_ones_are_left_out() {
        assert_eq!(show("Steep at 70 °C.", &[(9, 15)]), "Steep at [70 °C].");
        assert_eq!(show("綠茶與紅茶", &[(0, 6), (9, 15)]), "[綠茶]與[紅茶]");
        assert_eq!(show("綠茶", &[(0, 3), (3, 6)]), "[綠茶]");
        assert_eq!(show("綠茶", &[(1, 3), (3, 99)]), "綠茶");
        assert_eq!(show("tea tea", &[(4, 7), (0, 3)]), "tea [tea]");
        assert_eq!(show("", &[(0, 0)]), "");
    }

    proptest! {
        #[test]
        fn joined_segments_are_the_text(text in "[a-c茶°é\\n ]{0,30}", cuts in prop::collection::vec((0usize..60, 0usize..60), 0..8)) {
            let spans: Vec<_> = cuts.iter().map(|(start, end)| core::TextSpan { start: *start, end: *end }).collect();
            let segments = segments(&text, &spans, MarkKind::Sentence);
            prop_assert_eq!(segments.iter().map(|segment| segment.text.as_str()).collect::<String>(), text);
            prop_assert!(segments.iter().all(|segment| !segment.text.is_empty()));
            prop_assert!(segments.windows(2).all(|pair| pair[0].mark != pair[1].mark));
            prop_assert!(segments.iter().all(|segment| segment.mark != segment.kind.is_word()));
        }
    }
}
