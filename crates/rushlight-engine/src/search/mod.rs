//! One search: both legs at once, fused, and shown verbatim from the ledger. Where one leg fails the other answers.

mod asked;
mod legs;
mod show;
mod suggest;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use rushlight_answer::check_question;
use rushlight_core::{
    ChunkId, Embedding, Error, ErrorCode, KeywordHit, Result, SearchMode, SearchRequest, SearchResponse,
    SearchTimings, SpaceId,
};
use rushlight_retrieval::{fuse, query};

use crate::engine::{Engine, Shared};
use asked::Asked;
use legs::{Meaning, Words};

/// Chunks that only the keyword leg found and whose cosine is worth looking up.
const LOOK_UP: usize = 50;

/// How the request's text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// In the query language; what cannot be read is an error.
    Query,
    /// A question in plain words: what looks like the language and cannot be read is text.
    Question,
}

impl Engine {
    /// Finds chunks by word and by meaning.
    ///
    /// # Errors
    /// `QueryEmpty`, `QueryInvalid` with the place in the query, `QuestionTooLong`, `SpaceNotFound`; `SearchUnavailable`
    /// when no leg answered.
    pub async fn search(&self, request: SearchRequest) -> Result<SearchResponse> {
        self.find(request, Reading::Query).await
    }

    pub(crate) async fn find(&self, request: SearchRequest, reading: Reading) -> Result<SearchResponse> {
        let begun = Instant::now();
        if reading == Reading::Question {
            check_question(&request.query)?;
        }
        let shared = &self.shared;
        let asked = Arc::new(shared.asked(&request, reading)?);
        let mode = match request.mode {
            _ if request.typing || asked.about.is_empty() => SearchMode::Keyword,
            mode => mode,
        };
        let keyword = async {
            if mode == SearchMode::Semantic {
                return Ok(Words::default());
            }
            let (shared, asked) = (Arc::clone(shared), Arc::clone(&asked));
            blocking(move || shared.by_word(&asked)).await
        };
        let semantic = async {
            if mode == SearchMode::Keyword {
                return Ok(Meaning::default());
            }
            shared.by_meaning(&asked).await
        };
        let (keyword, semantic) = tokio::join!(keyword, semantic);
        let shared = Arc::clone(shared);
        blocking(move || {
            let legs = Legs::of(mode, keyword, semantic)?;
            shared.put_together(&request, &asked, legs, begun)
        })
        .await
    }
}

/// What the legs came to, and which of them did not answer.
struct Legs {
    words: Words,
    meaning: Meaning,
    /// Weight of the semantic leg where only one leg counts.
    only: Option<f32>,
    degraded: Vec<(String, String)>,
}

impl Legs {
    fn of(mode: SearchMode, keyword: Result<Words>, semantic: Result<Meaning>) -> Result<Self> {
        let mut degraded = Vec::new();
        let mut note = |leg: &str, error: &Error| {
            tracing::warn!(leg, code = error.code().as_str(), error = %error.chain(), "a leg of the search failed");
            degraded.push((leg.to_owned(), error.chain()));
        };
        let mut only = match mode {
            SearchMode::Hybrid => None,
            SearchMode::Keyword => Some(0.0),
            SearchMode::Semantic => Some(1.0),
        };
        let (words, meaning) = match (keyword, semantic) {
            (Err(word), Err(meaning)) => {
                note("semantic", &meaning);
                return Err(
                    Error::new(ErrorCode::SearchUnavailable, "neither index can be searched")
                        .with_source(word),
                );
            }
            (Err(error), Ok(_)) if mode == SearchMode::Keyword => return Err(error),
            (Ok(_), Err(error)) if mode == SearchMode::Semantic => return Err(error),
            (word, meaning) => (
                word.unwrap_or_else(|error| {
                    note("keyword", &error);
                    only = Some(1.0);
                    Words::default()
                }),
                meaning.unwrap_or_else(|error| {
                    note("semantic", &error);
                    only = Some(0.0);
                    Meaning::default()
                }),
            ),
        };
        Ok(Self {
            words,
            meaning,
            only,
            degraded,
        })
    }
}
