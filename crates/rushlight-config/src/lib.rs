//! Options from files, the environment and flags, each value with its origin.
//!
//! Pure: it is handed the texts of files and the variables, and reads neither itself. Inner crates never see [`Config`];
//! they take small structs of their own.

mod layers;

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

pub use layers::{ConfigBuilder, Origin, ResolvedValue};

/// The documented defaults.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// Every option, typed. `default.toml` says what each one means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where things live.
    pub data: DataConfig,
    /// Which models, and where.
    pub models: ModelsConfig,
    /// The HTTP server.
    pub server: ServerConfig,
    /// Scanning, parsing and chunking.
    pub index: IndexConfig,
    /// Retrieval.
    pub search: SearchConfig,
    /// Answers.
    pub answer: AnswerConfig,
}

/// `[data]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// The data directory; empty for the user's.
    pub dir: PathBuf,
}

/// `[models]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsConfig {
    /// Where models are installed; empty for `models` in the data directory.
    pub dir: PathBuf,
    /// Id of the language model.
    pub language: String,
    /// Id of the embedding model.
    pub embedding: String,
    /// Id of the reranking model; empty for the one that is installed.
    pub reranker: String,
    /// Minutes without a question after which the language model is unloaded; 0 for never.
    pub idle_minutes: u64,
    /// The Python that fetches packages.
    pub python: String,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// A loopback address.
    pub host: String,
    /// Port; 0 for any free one.
    pub port: u16,
    /// Folders that the page may look into; empty for the user's home folder.
    pub folder_roots: Vec<PathBuf>,
    /// Whether the page may add only folders below them.
    pub only_below_roots: bool,
}

/// `[index]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexConfig {
    /// Cap of a file's size in MiB.
    pub max_file_mb: u64,
    /// Cap of a mailbox's size in MiB.
    pub max_mailbox_mb: u64,
    /// Minutes between full scans.
    pub scan_interval_minutes: u64,
    /// Days in which every file's bytes are compared once; 0 for never.
    pub rehash_days: u64,
    /// Patterns to leave out.
    pub ignore: Vec<String>,
    /// Whether the built-in patterns apply.
    pub builtin_ignores: bool,
    /// Passwords that encrypted PDFs are tried with.
    pub pdf_passwords: Secrets,
    /// Whether scanned pages and pictures are read.
    pub ocr: bool,
    /// Threads that read them; 0 for one per core.
    pub ocr_threads: usize,
    /// Tokens a chunk aims at.
    pub chunk_tokens: usize,
    /// Tokens a chunk has at most.
    pub max_chunk_tokens: usize,
    /// Threads of the embedder; 0 for one per core.
    pub embed_threads: usize,
}

/// Values that are not shown.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The values themselves.
    pub fn reveal(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} hidden", self.0.len())
    }
}

/// `[search]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// Weight of the semantic leg, 0 to 1.
    pub semantic_weight: f32,
    /// Candidates per leg.
    pub candidates: usize,
    /// Whether the best hits are reranked.
    pub rerank: bool,
    /// How many.
    pub rerank_top: usize,
    /// Whether vectors are kept in memory from the first search on.
    pub resident_vectors: bool,
}

/// `[answer]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerConfig {
    /// Budget of the passages in tokens.
    pub evidence_tokens: usize,
    /// Budget of the prompt in tokens, passages included.
    pub prompt_tokens: usize,
    /// The owner's addresses and domains.
    pub own_addresses: Vec<String>,
    /// What mails from outside count, 0 to 1.
    pub outside_weight: f32,
    /// Budget of the answer in tokens.
    pub max_tokens: usize,
    /// Tokens that a model may think before its answer; 0 for none.
    pub thinking_tokens: usize,
    /// Questions of one asker that may wait.
    pub queue: usize,
    /// Threads of the language model; 0 for one per core.
    pub threads: usize,
    /// MiB for what each language model has read in conversations; 0 for the last one only.
    pub conversation_mb: u64,
}

/// What stands for a weight that is chosen for each query.
const CHOSEN: f32 = -1.0;

impl SearchConfig {
    /// The weight of meaning that is set; `None`: it is chosen for each query.
    pub fn semantic_weight(&self) -> Option<f32> {
        (self.semantic_weight != CHOSEN).then_some(self.semantic_weight)
    }
}

impl Config {
    /// What no type can say: ranges and relations. Returns the complaint.
    fn check(&self) -> Result<(), String> {
        if self.search.semantic_weight != CHOSEN && !(0.0..=1.0).contains(&self.search.semantic_weight) {
            return Err(format!(
                "search.semantic_weight is {}, and must lie between 0 and 1, or be -1",
                self.search.semantic_weight
            ));
        }
        if self.search.candidates == 0 || self.search.candidates > 10_000 {
            return Err(format!(
                "search.candidates is {}, and must lie between 1 and 10000",
                self.search.candidates
            ));
        }
        if self.search.rerank_top == 0 || self.search.rerank_top > 200 {
            return Err(format!(
                "search.rerank_top is {}, and must lie between 1 and 200",
                self.search.rerank_top
            ));
        }
        let (aim, most) = (self.index.chunk_tokens, self.index.max_chunk_tokens);
        if aim < 32 || aim > most || most > 480 {
            return Err(format!(
                "index.chunk_tokens is {aim} and index.max_chunk_tokens {most}; needed is 32 ≤ chunk_tokens ≤ max_chunk_tokens ≤ 480"
            ));
        }
        let IndexConfig {
            scan_interval_minutes,
            max_file_mb,
            max_mailbox_mb,
            ..
        } = self.index;
        if scan_interval_minutes == 0 || max_file_mb == 0 || max_mailbox_mb == 0 {
            return Err(
                "index.scan_interval_minutes, index.max_file_mb and index.max_mailbox_mb must be 1 or more"
                    .to_owned(),
            );
        }
        if !(0.0..=1.0).contains(&self.answer.outside_weight) {
            return Err("answer.outside_weight must be between 0 and 1".to_owned());
        }
        if self.answer.evidence_tokens < 50 {
            return Err("answer.evidence_tokens must be 50 or more".to_owned());
        }
        if self.answer.max_tokens == 0 || self.answer.prompt_tokens < 200 {
            return Err(
                "answer.max_tokens must be 1 or more, and answer.prompt_tokens 200 or more".to_owned(),
            );
        }
        Ok(())
    }
}
