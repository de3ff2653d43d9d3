//! A search and its reply.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::document::Kind;
use crate::hit::Hit;
use crate::time::Time;

/// The most hits that one search may ask for.
pub const MAX_SEARCH_LIMIT: usize = 100;

/// Body of `POST /api/v1/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// The question or words.
    pub query: String,
    /// Which legs.
    #[serde(default)]
    pub mode: Mode,
    /// Names of spaces; empty: all.
    #[serde(default)]
    pub spaces: Vec<String>,
    /// Kinds of documents; empty: all.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// Sources; empty: all.
    #[serde(default)]
    pub sources: Vec<i64>,
    /// Only dates at or after this.
    #[serde(default)]
    pub from: Option<Time>,
    /// Only dates before this.
    #[serde(default)]
    pub until: Option<Time>,
    /// At most so many hits, 1 to [`MAX_SEARCH_LIMIT`].
    #[serde(default = "default_limit")]
    pub limit: usize,
    /// Whether the reranking model puts the best hits in order; left out: as configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank: Option<bool>,
}

fn default_limit() -> usize {
    10
}

impl SearchRequest {
    /// The request as the engine takes it, on behalf of `principals`.
    ///
    /// # Errors
    /// `InvalidRequest` when the limit is out of range or the dates can match nothing.
    pub fn into_core(self, principals: Vec<core::Principal>) -> core::Result<core::SearchRequest> {
        let Self {
            query,
            mode,
            spaces,
            kinds,
            sources,
            from,
            until,
            limit,
            rerank,
        } = self;
        if !(1..=MAX_SEARCH_LIMIT).contains(&limit) {
            return Err(core::Error::new(
                core::ErrorCode::InvalidRequest,
                format!("`limit` is {limit}: 1 to {MAX_SEARCH_LIMIT} is expected"),
            ));
        }
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            return Err(core::Error::new(
                core::ErrorCode::InvalidRequest,
                format!("`from` {from} is not before `until` {until}"),
            ));
        }
        Ok(core::SearchRequest {
            principals,
            mode: mode.into(),
            spaces,
            sources: sources.into_iter().map(core::SourceId).collect(),
            kinds: kinds.into_iter().map(Into::into).collect(),
            from: from.map(|time| time.0),
            until: until.map(|time| time.0),
            limit,
            rerank,
            ..core::SearchRequest::new(query)
        })
    }
}

/// Which legs of the search are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By word and by meaning.
    #[default]
    Hybrid,
    /// By word only.
    Keyword,
    /// By meaning only.
    Semantic,
}

impl From<Mode> for core::SearchMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Hybrid => Self::Hybrid,
            Mode::Keyword => Self::Keyword,
            Mode::Semantic => Self::Semantic,
        }
    }
}

/// Reply to a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchResponse {
    /// Best first.
    pub hits: Vec<Hit>,
    /// Legs that did not answer.
    pub degraded: Vec<Degraded>,
    /// Where the time went.
    pub timings: Timings,
}

/// A leg that did not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degraded {
    /// `keyword`, `semantic` or `rerank`.
    pub leg: String,
    /// Why.
    pub message: String,
}

/// Where the time went, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// Keyword leg.
    pub keyword_us: u64,
    /// Embedding the query.
    pub embed_us: u64,
    /// Vector leg.
    pub vector_us: u64,
    /// Reranking; 0 where it was not asked for.
    #[serde(default)]
    pub rerank_us: u64,
    /// All of it.
    pub total_us: u64,
}

impl From<core::SearchTimings> for Timings {
    fn from(timings: core::SearchTimings) -> Self {
        let core::SearchTimings {
            keyword_us,
            embed_us,
            vector_us,
            rerank_us,
            total_us,
        } = timings;
        Self {
            keyword_us,
            embed_us,
            vector_us,
            rerank_us,
            total_us,
        }
    }
}

impl From<&core::SearchResponse> for SearchResponse {
    fn from(response: &core::SearchResponse) -> Self {
        let core::SearchResponse {
            hits,
            degraded,
            timings,
        } = response;
        Self {
            hits: hits.iter().map(Hit::from).collect(),
            degraded: degraded
                .iter()
                .map(|(leg, message)| Degraded {
                    leg: leg.clone(),
                    message: message.clone(),
                })
                .collect(),
            timings: (*timings).into(),
        }
    }
}
