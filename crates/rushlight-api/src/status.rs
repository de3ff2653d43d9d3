//! How things are: counts, models, sources, spaces and problems.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::check;
use crate::time::Time;

/// Reply of `GET /api/v1/status` and data of the event `status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Version of Rushlight.
    pub version: String,
    /// Files of all sources by state.
    pub counts: Counts,
    /// Chunks by whether they have their vector.
    pub embedding: EmbeddingProgress,
    /// Pages without text of their own.
    pub scans: Scans,
    /// What the indexing thread is doing.
    pub activity: Activity,
    /// Files that reached their state per second, lately; 0 when none are read.
    pub files_per_second: f64,
    /// How long the rest takes at the speed of late.
    pub remaining: Remaining,
    /// The models in use.
    pub models: Models,
    /// The sources.
    pub sources: Vec<Source>,
    /// The spaces.
    pub spaces: Vec<Space>,
}

/// Files by state. `seen` is always the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All that are known.
    pub seen: u64,
    /// Searchable by word.
    pub indexed: u64,
    /// Deliberately left out.
    pub skipped: u64,
    /// Could not be read.
    pub failed: u64,
    /// Not yet looked at.
    pub waiting: u64,
}

impl From<core::Counts> for Counts {
    fn from(counts: core::Counts) -> Self {
        let core::Counts {
            seen,
            indexed,
            skipped,
            failed,
            waiting,
        } = counts;
        Self {
            seen,
            indexed,
            skipped,
            failed,
            waiting,
        }
    }
}

/// Chunks by whether they have their vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddingProgress {
    /// They have.
    pub done: u64,
    /// Not yet.
    pub waiting: u64,
}

/// Pages without text of their own, of all files: scanned ones and pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scans {
    /// Recognised; their text is searchable.
    pub read: u64,
    /// Still to be recognised.
    pub waiting: u64,
    /// Tried, and not to be read.
    pub unreadable: u64,
    /// What recognises them; `null` where that is switched off.
    pub recogniser: Option<Model>,
}

/// How long the rest takes at the speed of late, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remaining {
    /// Until every file that waits is searchable by word; 0 when none does, `null` when nobody can say yet. Files of
    /// paused and missing folders do not count.
    pub by_word: Option<f64>,
    /// From then until every chunk is searchable by meaning; `null` also while files wait.
    pub by_meaning: Option<f64>,
}

/// What the indexing thread is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Nothing is left to do.
    #[default]
    Idle,
    /// Comparing a source's files with the ledger.
    Scanning,
    /// Reading files and making them searchable by word.
    Indexing,
    /// Computing vectors.
    Embedding,
    /// Reading scanned pages.
    Recognising,
}

/// The models in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models {
    /// Writes the answers.
    pub language: Model,
    /// Computes the vectors.
    pub embedding: Model,
    /// The language models that are loaded: that of the settings and others that questions named.
    #[serde(default)]
    pub loaded: Vec<LoadedModel>,
}

/// A language model in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedModel {
    /// Its name in the catalogue.
    pub id: String,
    /// Bytes of its weights, as its file has them.
    pub weights_bytes: u64,
    /// Conversations of which it keeps what it has read.
    pub conversations: usize,
    /// Bytes of that.
    pub conversation_bytes: u64,
    /// What they may come to, by `answer.conversation_mb`.
    pub conversation_limit_bytes: u64,
}

/// A model in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Its name in the catalogue.
    pub id: String,
    /// Its state.
    pub state: ModelState,
    /// Why, when it is missing or failed; otherwise empty.
    pub message: String,
}

/// State of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// Loaded.
    Ready,
    /// Being loaded.
    Loading,
    /// Not installed.
    Missing,
    /// Installed; loaded when it is needed.
    Unloaded,
    /// It could not be loaded.
    Failed,
}

/// A root folder that is indexed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Identity.
    pub id: i64,
    /// Absolute path.
    pub root: String,
    /// Name of the space its documents live in.
    pub space: String,
    /// False when the root is missing; its documents stay.
    pub online: bool,
    /// True when its files wait until a person lets them go on.
    pub paused: bool,
    /// How changes are noticed.
    pub watching: Watching,
    /// What a person should know of it; may be empty.
    pub notice: String,
    /// When it was last looked at; `null` before the first time.
    pub last_scan: Option<Time>,
    /// Its files by state.
    pub counts: Counts,
}

/// How changes of a source are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watching {
    /// The file system tells.
    Events,
    /// By looking again now and then.
    Polling,
    /// Not at all until somebody asks for a scan.
    None,
}

/// Reply of `GET /api/v1/sources`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// The sources.
    pub sources: Vec<Source>,
}

/// Body of `POST /api/v1/sources`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddSource {
    /// Absolute path of a folder.
    pub path: String,
    /// Name of a space; made when it is new.
    pub space: String,
}

impl AddSource {
    /// Checks what can be seen without looking at the disk.
    ///
    /// # Errors
    /// `PathUnsuitable` when the path is not absolute: a server's working directory means nothing to its client.
    /// `InvalidRequest` when the space has no name.
    pub fn check(self) -> core::Result<Self> {
        if !std::path::Path::new(&self.path).is_absolute() {
            return Err(core::Error::new(
                core::ErrorCode::PathUnsuitable,
                format!("`{}` is not an absolute path", self.path),
            )
            .with_hint("give the whole path, from the root"));
        }
        if self.space.trim().is_empty() {
            return Err(core::Error::new(
                core::ErrorCode::InvalidRequest,
                "`space` is empty: a name is expected",
            ));
        }
        Ok(self)
    }
}

/// A space, the unit of permissions and of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Its name.
    pub name: String,
    /// Documents that are searchable by word.
    pub documents: u64,
    /// Their chunks.
    pub chunks: u64,
    /// Of these, searchable by meaning.
    pub chunks_embedded: u64,
    /// Bytes of the documents' text.
    pub text_bytes: u64,
}

/// Reply of `GET /api/v1/spaces`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spaces {
    /// The spaces.
    pub spaces: Vec<Space>,
}

/// Query of `GET /api/v1/problems`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProblemQuery {
    /// Only this source; all when it is left out.
    #[serde(default)]
    pub source: Option<i64>,
    /// At most so many, up to [`ProblemQuery::MAX_LIMIT`].
    #[serde(default = "ProblemQuery::default_limit")]
    pub limit: usize,
    /// After so many.
    #[serde(default)]
    pub offset: usize,
}

impl ProblemQuery {
    /// The most problems that one request may ask for.
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

/// Reply of `GET /api/v1/problems`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problems {
    /// How many there are in all.
    pub total: u64,
    /// Those asked for.
    pub problems: Vec<Problem>,
}

/// A file that is not searchable, or only in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The source.
    pub source_id: i64,
    /// Path below the source's root.
    pub path: String,
    /// What became of it.
    pub status: ProblemStatus,
    /// A stable word: an error code, the reason of a skip or the code of a warning.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
    /// True when it may work later by itself.
    pub retryable: bool,
    /// How often it was tried.
    pub attempts: u32,
}

/// What became of a file with a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemStatus {
    /// Deliberately left out.
    Skipped,
    /// It could not be read.
    Failed,
    /// It is indexed, and there is something to know of it.
    Warning,
}
