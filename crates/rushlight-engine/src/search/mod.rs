//! One search: both legs at once, fused, and shown verbatim from the ledger. Where one leg fails the other answers.

mod asked;
pub(crate) mod facets;
mod holding;
mod legs;
mod rank;
mod sentences;
mod show;
mod sorted;
mod suggest;
mod texts;
mod why;

use std::sync::Arc;
use std::time::Instant;

use rushlight_answer::check_question;
use rushlight_core::{
    Embedding, Error, ErrorCode, Principal, Query, Result, SearchMode, SearchRequest, SearchResponse,
    SearchTimings, Sort, SpaceId, Weighing,
};
use rushlight_retrieval::{FusionOptions, query};

use crate::engine::{Engine, Shared};
use asked::Asked;
pub(crate) use asked::read;
use legs::{Meaning, Words};
pub use sentences::SentenceRequest;
use texts::Texts;

/// What moves the weight by less is not told.
const TELLING: f32 = 0.005;

/// How the request's text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// In the query language; what cannot be read is an error.
    Query,
    /// A question in plain words: what looks like the language and cannot be read is text.
    Question,
}

/// What a search came to, for whoever goes on with it.
pub(crate) struct Found {
    pub(crate) response: SearchResponse,
    /// The vector of what the request is about; `None` when the search by meaning was not asked, or did not answer.
    pub(crate) vector: Option<Embedding>,
}

impl Engine {
    /// Finds chunks by word and by meaning.
    ///
    /// # Errors
    /// `QueryEmpty`, `QueryInvalid` with the place in the query, `QuestionTooLong`, `SpaceNotFound`; `SearchUnavailable`
    /// when no leg answered.
    pub async fn search(&self, request: SearchRequest) -> Result<SearchResponse> {
        Ok(self.find(request, Reading::Query).await?.response)
    }

    pub(crate) async fn find(&self, request: SearchRequest, reading: Reading) -> Result<Found> {
        let begun = Instant::now();
        if reading == Reading::Question {
            check_question(&request.query)?;
        }
        let shared = &self.shared;
        if request.sort != Sort::Relevance {
            let shared = Arc::clone(shared);
            return blocking(move || {
                Ok(Found {
                    response: shared.sorted(&request, begun)?,
                    vector: None,
                })
            })
            .await;
        }
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
            let vector = legs.meaning.vector.clone();
            Ok(Found {
                response: shared.put_together(&request, &asked, legs, begun)?,
                vector,
            })
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

impl Shared {
    /// The spaces of these names (empty: all), each once, of those that there are for somebody with these principals.
    ///
    /// # Errors
    /// `SpaceNotFound`.
    pub(crate) fn resolve_spaces(&self, names: &[String], principals: &[Principal]) -> Result<Vec<SpaceId>> {
        let known = self.ledger.spaces_for(principals)?;
        let is_known = |name: &&String| known.iter().any(|space| space.name == **name);
        if let Some(name) = names.iter().find(|name| !is_known(name)) {
            return Err(no_space(name));
        }
        let wanted = known
            .iter()
            .filter(|space| names.is_empty() || names.contains(&space.name));
        Ok(wanted.map(|space| space.id).collect())
    }

    fn put_together(
        &self,
        request: &SearchRequest,
        asked: &Asked,
        legs: Legs,
        begun: Instant,
    ) -> Result<SearchResponse> {
        let Legs {
            words,
            meaning,
            only,
            mut degraded,
        } = legs;
        let mut texts = Texts::new(&self.ledger);
        let options = FusionOptions {
            semantic_weight: only
                .or(request.semantic_weight)
                .or(self.options.semantic_weight)
                .map(|weight| weight.clamp(0.0, 1.0)),
        };
        let ranked = self.rank(request, asked, &words, &meaning, &options, &mut texts)?;
        let hits = self.show(request, asked, &words, &ranked, &mut texts)?;
        let reranked = self.rerank(request, hits, &ranked.guaranteed);
        if let Some(error) = reranked.failed {
            degraded.push(("rerank".to_owned(), error.chain()));
        }
        Ok(SearchResponse {
            hits: reranked.hits,
            degraded,
            timings: SearchTimings {
                keyword_us: words.took_us,
                embed_us: meaning.embed_us,
                vector_us: meaning.took_us,
                rerank_us: reranked.spent_us,
                total_us: micros(begun),
            },
            understood: understood(request, asked),
            corrections: words.found.corrections,
            terms: words.found.terms,
            sorted: None,
            weighing: only.is_none().then(|| Weighing {
                semantic: ranked.weight.semantic,
                because: ranked
                    .weight
                    .reasons
                    .iter()
                    .filter(|reason| reason.effect.abs() >= TELLING)
                    .map(|reason| (reason.feature.to_owned(), reason.effect))
                    .collect(),
            }),
        })
    }
}

/// How the query was read, where it is more than words.
fn understood(request: &SearchRequest, asked: &Asked) -> Vec<(String, String)> {
    if asked.query == Query::plain(request.query.trim()) {
        return Vec::new();
    }
    query::understood(&asked.query, &asked.calendar)
        .into_iter()
        .map(|part| (part.label.to_owned(), part.text))
        .collect()
}

/// The same for a space that is not there and for one of which nothing may be read.
fn no_space(name: &str) -> Error {
    Error::new(ErrorCode::SpaceNotFound, format!("there is no space `{name}`"))
}

/// The same for a folder.
fn no_folder(name: &str) -> Error {
    Error::new(ErrorCode::SourceNotFound, format!("there is no folder `{name}`"))
}

pub(crate) fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Runs what computes on a blocking thread.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(cause) => Err(Error::new(ErrorCode::Internal, "a blocking task ended early").with_source(cause)),
    }
}
