//! The sentences of passages that are nearest to a search in meaning.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::hit::{MarkKind, Segment, segments};

/// Body of `POST /api/v1/search/sentences`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentenceRequest {
    /// The query, as it was searched.
    pub query: String,
    /// Passages that it found, 1 to [`SentenceRequest::MAX_CHUNKS`].
    pub chunks: Vec<String>,
}

impl SentenceRequest {
    /// The most passages that one request may ask about.
    pub const MAX_CHUNKS: usize = 10;

    /// The query and the passages.
    ///
    /// # Errors
    /// `InvalidRequest` when they are too few or too many, `InvalidId` for what is no id.
    pub fn into_core(self) -> core::Result<(String, Vec<core::ChunkId>)> {
        let Self { query, chunks } = self;
        if !(1..=Self::MAX_CHUNKS).contains(&chunks.len()) {
            return Err(core::Error::new(
                core::ErrorCode::InvalidRequest,
                format!(
                    "`chunks` has {}: 1 to {} are expected",
                    chunks.len(),
                    Self::MAX_CHUNKS
                ),
            ));
        }
        let chunks = chunks.iter().map(|id| id.parse()).collect::<core::Result<_>>()?;
        Ok((query, chunks))
    }
}

/// Reply to `POST /api/v1/search/sentences`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentences {
    /// Of the passages asked about, in their order, those that have a sentence to mark.
    pub sentences: Vec<PassageSentence>,
}

/// A passage with its sentence that is nearest to the query in meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassageSentence {
    /// The passage.
    pub chunk_id: String,
    /// Its text, cut at the sentence; joined they are exactly the text.
    pub segments: Vec<Segment>,
}

impl From<&core::NearestSentence> for PassageSentence {
    fn from(nearest: &core::NearestSentence) -> Self {
        let core::NearestSentence { chunk_id, text, span } = nearest;
        Self {
            chunk_id: chunk_id.to_string(),
            segments: segments(text, &[*span], MarkKind::Sentence),
        }
    }
}
