//! What the binary does for the command line: name the adapters.

use std::process::ExitCode;
use std::sync::Arc;

use rushlight_config::Config;
use rushlight_core::{Embedder, Parser, Reporter, Result, TokenCounter, Translator};
use rushlight_engine::{Engine, KeywordFactory, Lazy, VectorFactory};
use rushlight_eval::ChunkOptions;
use rushlight_ledger::Ledger;

use crate::context::Paths;

/// What an engine is put together from.
pub struct EngineSetup<'a> {
    /// The options.
    pub config: &'a Config,
    /// Where things live.
    pub paths: &'a Paths,
    /// The opened ledger; its data directory is locked.
    pub ledger: Arc<Ledger>,
    /// Takes progress.
    pub reporter: Arc<dyn Reporter>,
    /// The runtime that async work runs on.
    pub runtime: tokio::runtime::Handle,
    /// Refuse no question for its probability: only to measure what any threshold would do.
    pub answer_all: bool,
}

/// Both indexes and the embedding model.
pub struct IndexParts {
    /// Opens keyword indexes.
    pub keyword: Box<dyn KeywordFactory>,
    /// Opens vector indexes.
    pub vector: Box<dyn VectorFactory>,
    /// The embedding model.
    pub embedder: Lazy<dyn Embedder>,
    /// The dictionary.
    pub translator: Option<Lazy<dyn Translator>>,
    /// Reads files.
    pub parser: Arc<dyn Parser>,
    /// Counts tokens.
    pub tokens: Arc<dyn TokenCounter>,
    /// How long passages are.
    pub chunk: ChunkOptions,
}

/// Puts the parts together.
pub trait Wiring: Sync {
    /// An engine with the real adapters.
    ///
    /// # Errors
    /// What keeps it from being built. A missing model does not.
    fn engine(&self, setup: EngineSetup<'_>) -> Result<Engine>;

    /// The parts of retrieval alone, to be measured.
    ///
    /// # Errors
    /// What keeps them from being built. A missing model does not.
    fn index_parts(&self, config: &Config, paths: &Paths) -> Result<IndexParts>;

    /// Checks what the adapters need of this machine; fast, loads no model.
    fn checks(&self, config: &Config, paths: &Paths) -> Vec<Check>;

    /// Serves as the process that parses files for another.
    fn parse_worker(&self) -> ExitCode;
}

/// What `rushlight doctor` checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The data directory and the ledger in it.
    DataDirectory,
    /// The model of this id.
    Model(String),
    /// The reranking model, where none is named.
    Reranker,
    /// ONNX Runtime.
    Runtime,
    /// What the adapters need of the processor.
    Processor,
    /// Python, which fetches models.
    Python,
}

impl Checked {
    /// Its name on the command line.
    pub fn name(&self) -> String {
        match self {
            Self::DataDirectory => "data directory".to_owned(),
            Self::Model(id) => format!("model {id}"),
            Self::Reranker => "reranking model".to_owned(),
            Self::Runtime => "ONNX Runtime".to_owned(),
            Self::Processor => "processor".to_owned(),
            Self::Python => "python with pip".to_owned(),
        }
    }

    /// The word for it in the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DataDirectory => "ledger",
            Self::Model(_) => "model",
            Self::Reranker => "reranker",
            Self::Runtime => "runtime",
            Self::Processor => "processor",
            Self::Python => "python",
        }
    }
}

/// One line of `rushlight doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub of: Checked,
    /// True when it is as it should be.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do when it is not; otherwise empty.
    pub remedy: String,
}
