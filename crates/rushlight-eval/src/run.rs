//! What a measurement came to: a run, which can be kept in a file and compared with a later one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use rushlight_core::{Error, ErrorCode, Result};
use serde::{Deserialize, Serialize};

use crate::interval::{METHOD, Mean};
use crate::measure::Values;

/// Results of a ranking that are kept, as far as a measure looks.
pub(crate) const KEPT: usize = 20;
/// Raised when a file of before can no longer be read.
const FORMAT: u32 = 1;

/// A way to rank.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "leg", rename_all = "snake_case")]
pub enum Leg {
    /// By word only.
    Keyword,
    /// By meaning only.
    Semantic,
    /// Both, as the engine serves it.
    Fused,
    /// Both, by the engine's fusion of scores with this weight.
    Hybrid {
        /// Weight of the semantic leg, 0 to 1.
        weight: f32,
    },
    /// Both, by reciprocal rank fusion; for comparison.
    Rrf {
        /// Its constant.
        k: u32,
    },
}

impl Leg {
    /// Whether it is a fusion that the engine serves.
    pub(crate) fn is_served(self) -> bool {
        matches!(self, Self::Fused | Self::Hybrid { .. })
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyword => f.pad("keyword"),
            Self::Semantic => f.pad("semantic"),
            Self::Fused => f.pad("fused"),
            Self::Hybrid { weight } => f.pad(&format!("hybrid {weight:.2}")),
            Self::Rrf { k } => f.pad(&format!("rrf {k}")),
        }
    }
}

/// The measures of one leg, each the mean over all queries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegReport {
    /// Which.
    #[serde(flatten)]
    pub leg: Leg,
    /// nDCG of the first ten.
    pub ndcg_at_10: Mean,
    /// Recall in the first five.
    pub recall_at_5: Mean,
    /// Recall in the first twenty.
    pub recall_at_20: Mean,
    /// Mean reciprocal rank in the first ten.
    pub mrr_at_10: Mean,
}

impl LegReport {
    fn of(leg: Leg, rankings: &[&Ranking]) -> Self {
        let mean = |value: fn(&Values) -> f64| {
            Mean::of(
                &rankings
                    .iter()
                    .map(|ranking| value(&ranking.values))
                    .collect::<Vec<_>>(),
            )
        };
        Self {
            leg,
            ndcg_at_10: mean(|values| values.ndcg_at_10),
            recall_at_5: mean(|values| values.recall_at_5),
            recall_at_20: mean(|values| values.recall_at_20),
            mrr_at_10: mean(|values| values.mrr_at_10),
        }
    }

    /// Each measure with its name, in the order in which they are printed.
    pub fn named(&self) -> [(&'static str, Mean); 4] {
        [
            ("nDCG@10", self.ndcg_at_10),
            ("recall@5", self.recall_at_5),
            ("recall@20", self.recall_at_20),
            ("MRR@10", self.mrr_at_10),
        ]
    }
}

/// How one leg ranked for one query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Which leg.
    #[serde(flatten)]
    pub leg: Leg,
    /// What it is worth.
    #[serde(flatten)]
    pub values: Values,
    /// Rank of the first right result, from one, among all that the leg returned; `None` when there was none.
    pub first_right: Option<usize>,
    /// The first twenty results.
    pub ranking: Vec<String>,
}

/// A query and how it was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Its id in the set.
    pub id: String,
    /// The question or words.
    pub text: String,
    /// What is right, with its grade.
    pub right: BTreeMap<String, u32>,
    /// One ranking for each leg, in the order of [`Run::legs`].
    pub rankings: Vec<Ranking>,
}

/// Where the time went, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Making the documents searchable by word.
    pub indexing_by_word: f64,
    /// Computing the documents' vectors; near zero where they were kept from an earlier run.
    pub embedding_documents: f64,
    /// Making the documents searchable by meaning.
    pub indexing_by_meaning: f64,
    /// Computing the queries' vectors.
    pub embedding_queries: f64,
    /// All searches by word.
    pub searching_by_word: f64,
    /// All searches by meaning.
    pub searching_by_meaning: f64,
}

/// What was measured, and on what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Version of this shape.
    pub format: u32,
    /// Name of the set.
    pub set: String,
    /// Its file of queries; empty for questions asked of a user's own index.
    pub queries_file: String,
    /// Documents searched.
    pub documents: usize,
    /// Passages they were cut into.
    pub passages: usize,
    /// Queries asked of each leg.
    pub queries: usize,
    /// Questions of the file that were not asked, because nothing is right for them.
    pub left_out: usize,
    /// Identity of the embedding model.
    pub embedding_model: String,
    /// Hits taken from each leg before they are fused.
    pub candidates: usize,
    /// How the intervals are computed.
    pub interval: String,
    /// What could not be measured, and why.
    pub notes: Vec<String>,
    /// The legs that were asked.
    pub legs: Vec<LegReport>,
    /// Where the time went; `None` where it was not taken apart.
    pub seconds: Option<Seconds>,
    /// Every query with its rankings.
    pub questions: Vec<Asked>,
}

/// What a run is of, before it is summed up.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) set: String,
    pub(crate) queries_file: String,
    pub(crate) documents: usize,
    pub(crate) passages: usize,
    pub(crate) left_out: usize,
    pub(crate) embedding_model: String,
    pub(crate) candidates: usize,
    pub(crate) notes: Vec<String>,
    pub(crate) seconds: Option<Seconds>,
}

impl Run {
    pub(crate) fn new(about: About, legs: &[Leg], questions: Vec<Asked>) -> Self {
        let report = |(index, leg): (usize, &Leg)| {
            let rankings: Vec<&Ranking> = questions.iter().map(|asked| &asked.rankings[index]).collect();
            LegReport::of(*leg, &rankings)
        };
        Self {
            format: FORMAT,
            set: about.set,
            queries_file: about.queries_file,
            documents: about.documents,
            passages: about.passages,
            queries: questions.len(),
            left_out: about.left_out,
            embedding_model: about.embedding_model,
            candidates: about.candidates,
            interval: METHOD.to_owned(),
            notes: about.notes,
            legs: legs.iter().enumerate().map(report).collect(),
            seconds: about.seconds,
            questions,
        }
    }

    /// Reads a kept run.
    ///
    /// # Errors
    /// `PathNotFound`, `FileUnreadable`; `FileBroken` for what is not a run that this version knows.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|cause| {
            let code = match cause.kind() {
                std::io::ErrorKind::NotFound => ErrorCode::PathNotFound,
                _ => ErrorCode::FileUnreadable,
            };
            Error::new(code, format!("cannot read `{}`", path.display())).with_source(cause)
        })?;
        let broken = |what: &str| {
            Error::new(ErrorCode::FileBroken, format!("`{}` {what}", path.display()))
                .with_hint("give a file that `rushlight eval SET --out FILE` wrote")
        };
        let run: Self =
            serde_json::from_slice(&bytes).map_err(|cause| broken("is not a kept run").with_source(cause))?;
        if run.format != FORMAT {
            return Err(broken(&format!(
                "is a run of format {}, and this version knows format {FORMAT}",
                run.format
            )));
        }
        let whole = run.questions.iter().all(|asked| {
            asked
                .rankings
                .iter()
                .map(|ranking| ranking.leg)
                .eq(run.legs.iter().map(|leg| leg.leg))
        });
        match whole {
            true => Ok(run),
            false => Err(broken("has a question that was not asked of every leg")),
        }
    }

    /// Writes the run, in one step: the file is whole at any time.
    ///
    /// # Errors
    /// `FileUnreadable` when it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut name = path.as_os_str().to_owned();
        name.push(".draft");
        let json = serde_json::to_string(self).expect("the shape has string keys only");
        std::fs::write(&name, json + "\n")
            .and_then(|()| std::fs::rename(&name, path))
            .map_err(|cause| {
                Error::new(
                    ErrorCode::FileUnreadable,
                    format!("cannot write `{}`", path.display()),
                )
                .with_source(cause)
                .with_hint("give a file in a folder that can be written to")
            })
    }

    /// The rankings of a leg, in the order of the questions.
    pub(crate) fn rankings(&self, leg: usize) -> impl Iterator<Item = &Ranking> {
        self.questions.iter().map(move |asked| &asked.rankings[leg])
    }

    /// The leg whose results people see: the last that the engine serves, else the first.
    pub(crate) fn served(&self) -> usize {
        self.legs.iter().rposition(|leg| leg.leg.is_served()).unwrap_or(0)
    }
}
