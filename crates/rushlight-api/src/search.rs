//! A search and its reply.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::check;
use crate::document::Kind;
use crate::facets::{Sort, Sorted};
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
    /// True while the query is being typed: the last word is the beginning of one, and only words are searched.
    #[serde(default)]
    pub typing: bool,
    /// How many minutes the asker's clock is ahead of UTC, -1,439 to 1,439: days in the query are days there.
    #[serde(default)]
    pub utc_offset: i32,
    /// Whether newer documents are raised among equals.
    #[serde(default)]
    pub recent: bool,
    /// Whether passages of one document, mails of one conversation and versions of one document are one hit.
    #[serde(default = "yes")]
    pub grouped: bool,
    /// Whether every hit says why it is where it is.
    #[serde(default)]
    pub explain: bool,
    /// Whether the reranking model puts the best hits in order; left out: as configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank: Option<bool>,
    /// The order; in any but that of relevance only words are searched.
    #[serde(default)]
    pub sort: Sort,
}

fn yes() -> bool {
    true
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
            typing,
            utc_offset,
            recent,
            grouped,
            explain,
            rerank,
            sort,
        } = self;
        let utc_offset = check::utc_offset(utc_offset)?;
        check::limit(limit, MAX_SEARCH_LIMIT)?;
        if sort != Sort::Relevance && mode == Mode::Semantic {
            return Err(core::Error::new(
                core::ErrorCode::InvalidRequest,
                "`sort` lists what holds the words, and `mode` asks for meaning only: leave one of them out",
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
            typing,
            utc_offset,
            recent,
            grouped,
            explain,
            rerank,
            sort: sort.into(),
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
    /// Words that occur nowhere, and what was searched in their stead.
    #[serde(default)]
    pub corrections: Vec<Correction>,
    /// How the query was understood, where it is more than words.
    #[serde(default)]
    pub understood: Vec<Understood>,
    /// How the two legs were weighed; left out where only one was asked or answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighing: Option<Weighing>,
    /// What the list is made of, where it was sorted by anything but relevance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sorted: Option<Sorted>,
}

/// A word that occurs nowhere, and one like it that does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// As it was typed.
    pub typed: String,
    /// What was searched.
    pub meant: String,
}

/// One part of a query as it was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// `words`, `required`, `without`, or a field's name.
    pub label: String,
    /// What stands under it, in the query language.
    pub text: String,
}

/// The weight of meaning against words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weighing {
    /// Weight of the semantic leg, 0 to 1.
    pub semantic: f32,
    /// What moved it, and by how much.
    pub because: Vec<Moved>,
}

/// One feature that moved the weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The feature.
    pub feature: String,
    /// What it added to the weight.
    pub by: f32,
}

/// Parameters of `GET /api/v1/suggest`: `q`, `space` as often as wanted, since a name may hold any sign, and `limit`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<(String, String)>")]
pub struct SuggestQuery {
    /// What was typed so far.
    pub q: String,
    /// Names of spaces; empty: all.
    pub spaces: Vec<String>,
    /// At most so many, 1 to [`SuggestQuery::MAX_LIMIT`]; 8 where nothing is said.
    pub limit: usize,
}

impl TryFrom<Vec<(String, String)>> for SuggestQuery {
    type Error = String;

    fn try_from(parameters: Vec<(String, String)>) -> Result<Self, String> {
        let (mut q, mut spaces, mut limit) = (None, Vec::new(), None);
        for (name, value) in parameters {
            let known = match name.as_str() {
                "q" => q.replace(value).is_some(),
                "limit" => {
                    let number = value.parse().map_err(|_| "`limit` is no number".to_owned())?;
                    limit.replace(number).is_some()
                }
                "space" => {
                    spaces.push(value);
                    false
                }
                _ => {
                    return Err(format!(
                        "unknown parameter `{name}`, expected `q`, `space` or `limit`"
                    ));
                }
            };
            if known {
                return Err(format!("duplicate parameter `{name}`"));
            }
        }
        Ok(Self {
            q: q.ok_or("missing parameter `q`")?,
            spaces,
            limit: limit.unwrap_or(8),
        })
    }
}

impl SuggestQuery {
    /// The most suggestions that one request may ask for.
    pub const MAX_LIMIT: usize = 50;

    /// Checks the limit.
    ///
    /// # Errors
    /// `InvalidRequest` when it is out of range.
    pub fn check(self) -> core::Result<Self> {
        check::limit(self.limit, Self::MAX_LIMIT)?;
        Ok(self)
    }
}

/// Reply to `GET /api/v1/suggest`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestions {
    /// Best first.
    pub suggestions: Vec<Suggestion>,
}

/// A title, person or tag with a word that begins as what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What it is.
    pub kind: SuggestionKind,
    /// As it is written.
    pub text: String,
    /// In how many documents.
    pub documents: u64,
    /// What to search for it, in the query language: `title:"Green tea"`.
    pub query: String,
}

/// What a suggestion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// A document's title.
    Title,
    /// An author, sender or recipient.
    Person,
    /// A tag.
    Tag,
}

impl From<&core::Suggestion> for Suggestion {
    fn from(suggestion: &core::Suggestion) -> Self {
        let core::Suggestion {
            kind,
            text,
            documents,
        } = suggestion;
        let quoted = format!("\"{}\"", text.replace('"', " "));
        let (kind, query) = match kind {
            core::SuggestionKind::Title => (SuggestionKind::Title, format!("title:{quoted}")),
            core::SuggestionKind::Person => {
                (SuggestionKind::Person, format!("(from:{quoted} OR to:{quoted})"))
            }
            core::SuggestionKind::Tag => (SuggestionKind::Tag, format!("tag:{quoted}")),
        };
        Self {
            kind,
            text: text.clone(),
            documents: *documents,
            query,
        }
    }
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
            corrections,
            understood,
            weighing,
            terms: _,
            sorted,
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
            corrections: corrections
                .iter()
                .map(|correction| Correction {
                    typed: correction.typed.clone(),
                    meant: correction.meant.clone(),
                })
                .collect(),
            understood: understood
                .iter()
                .map(|(label, text)| Understood {
                    label: label.clone(),
                    text: text.clone(),
                })
                .collect(),
            weighing: weighing.as_ref().map(|weighing| Weighing {
                semantic: weighing.semantic,
                because: weighing
                    .because
                    .iter()
                    .map(|(feature, by)| Moved {
                        feature: feature.clone(),
                        by: *by,
                    })
                    .collect(),
            }),
            sorted: sorted.map(Into::into),
        }
    }
}
