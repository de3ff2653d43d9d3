//! What a person said of a search.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::check;
use crate::document::Kind;
use crate::time::Time;

/// Body of `POST /api/v1/judgements`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    /// What was searched for.
    pub query: String,
    /// The document.
    pub document_id: String,
    /// The passage; the document is meant when it is left out.
    #[serde(default)]
    pub chunk_id: Option<String>,
    /// Whether it is right.
    pub right: bool,
    /// Names of the spaces that were searched; empty: all.
    #[serde(default)]
    pub spaces: Vec<String>,
    /// Kinds that were searched; empty: all.
    #[serde(default)]
    pub kinds: Vec<Kind>,
}

/// Parameters of `GET /api/v1/judgements`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgementQuery {
    /// Only those of this query; all when it is left out.
    #[serde(default)]
    pub query: Option<String>,
    /// At most so many, up to [`JudgementQuery::MAX_LIMIT`].
    #[serde(default = "JudgementQuery::default_limit")]
    pub limit: usize,
    /// After so many.
    #[serde(default)]
    pub offset: usize,
}

impl JudgementQuery {
    /// The most judgements that one request may ask for.
    pub const MAX_LIMIT: usize = 500;

    fn default_limit() -> usize {
        50
    }

    /// Checks the limit.
    ///
    /// # Errors
    /// `InvalidRequest` when it is out of range.
    pub fn check(self) -> core::Result<Self> {
        check::limit(self.limit, Self::MAX_LIMIT)?;
        Ok(self)
    }
}

/// Reply of `GET /api/v1/judgements`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgements {
    /// How many there are in all.
    pub total: u64,
    /// Those asked for, the newest first.
    pub judgements: Vec<Judgement>,
}

/// A judgement that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Identity.
    pub id: String,
    /// What was searched for.
    pub query: String,
    /// The document.
    pub document_id: String,
    /// A line of the passage; empty when the document is meant.
    pub quote: String,
    /// Whether it is right.
    pub right: bool,
    /// The document's title then.
    pub title: String,
    /// The absolute path of its file then.
    pub path: String,
    /// The part within the file; empty for the file itself.
    pub part: String,
    /// Names of the spaces that were searched; empty: all.
    pub spaces: Vec<String>,
    /// Kinds that were searched; empty: all.
    pub kinds: Vec<Kind>,
    /// When it was said.
    pub judged: Time,
    /// Whether the document is no longer there.
    pub gone: bool,
}
