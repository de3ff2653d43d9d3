//! What an engine is made of. The binary names the adapters; tests put fakes in their place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rushlight_answer::AnswerOptions;
use rushlight_core::{
    Clock, Correction, Embedder, EmbedderSpec, KeywordIndex, PageRecogniser, Parser, Query, Reporter,
    Reranker, Result, Source, TextSpan, TokenCounter, Translator, VectorIndex,
};
use rushlight_ingest::ChunkOptions;
use rushlight_ledger::Ledger;

use crate::language_models::LanguageModels;
use crate::lazy::Lazy;

/// Opens keyword indexes.
pub trait KeywordFactory: Send + Sync {
    /// Opens the index in `dir`, or makes an empty one there. `IndexFailed` means it is to be deleted and made anew.
    fn open(&self, dir: &Path) -> Result<Arc<dyn KeywordIndex>>;

    /// Identity of the index's form and of how it takes texts apart, for receipts: another one may find other passages.
    fn analyzer(&self) -> String;

    /// Where what the query asks for stands in `text`, for highlighting: in order, not overlapping. `corrections` are those
    /// that its search made.
    fn highlight(&self, query: &Query, corrections: &[Correction], text: &str) -> Vec<TextSpan>;
}

/// Opens vector indexes.
#[async_trait]
pub trait VectorFactory: Send + Sync {
    /// Opens the index in `dir`, or makes an empty one there. `IndexFailed` means it is to be deleted and made anew.
    async fn open(&self, dir: &Path, dimensions: usize) -> Result<Arc<dyn VectorIndex>>;
}

/// Opens a source by its root.
pub type OpenSource = Box<dyn Fn(&str) -> Result<Arc<dyn Source>> + Send + Sync>;

/// Every part of an engine.
pub struct EngineParts {
    /// Folder of the indexes; they are derived, and may be deleted while no engine runs.
    pub index_dir: PathBuf,
    /// The truth.
    pub ledger: Arc<Ledger>,
    /// Opens sources.
    pub open_source: OpenSource,
    /// Reads files.
    pub parser: Arc<dyn Parser>,
    /// Reads pages that are pictures; `None` where that is switched off.
    pub recogniser: Option<Lazy<dyn PageRecogniser>>,
    /// Counts tokens for chunking.
    pub tokens: Arc<dyn TokenCounter>,
    /// What the embedding model is, installed or not.
    pub embedder_spec: EmbedderSpec,
    /// The embedding model.
    pub embedder: Lazy<dyn Embedder>,
    /// The reranking model; `None` where there is none.
    pub reranker: Option<Lazy<dyn Reranker>>,
    /// The dictionary by which titles in another language are found; `None` where there is none.
    pub translator: Option<Lazy<dyn Translator>>,
    /// The language models.
    pub language_models: LanguageModels,
    /// Opens keyword indexes.
    pub keyword: Box<dyn KeywordFactory>,
    /// Opens vector indexes.
    pub vector: Box<dyn VectorFactory>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Takes progress.
    pub reporter: Arc<dyn Reporter>,
    /// The runtime that async work runs on.
    pub runtime: tokio::runtime::Handle,
    /// Settings.
    pub options: EngineOptions,
}

/// Settings of an engine.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// How to chunk.
    pub chunk: ChunkOptions,
    /// Whether documents that were chunked otherwise are chunked anew; not while tokens are only estimated, which would
    /// throw away vectors for a model that is merely not there today.
    pub rechunk: bool,
    /// Threads that read and parse files.
    pub parse_threads: usize,
    /// Files above so many bytes are read piece by piece where the parser can, and hashed without being held.
    pub pieces_above: u64,
    /// Time between full scans while serving.
    pub scan_interval: Duration,
    /// Time in which every file's bytes are compared once with what was indexed; `None`: never.
    pub rehash_interval: Option<Duration>,
    /// How long a hint waits for others before a scan.
    pub debounce: Duration,
    /// Weight of the semantic leg, 0 to 1; `None`: chosen for each query.
    pub semantic_weight: Option<f32>,
    /// Chunks taken from each leg.
    pub candidates: usize,
    /// Whether a search is reranked when it does not say.
    pub rerank: bool,
    /// How many of the best hits are reranked.
    pub rerank_top: usize,
    /// How to answer.
    pub answer: AnswerOptions,
    /// The owner's addresses and domains: mail from anybody else comes from outside.
    pub own_addresses: Vec<String>,
    /// Questions of one asker that may wait while one is answered.
    pub answer_queue: usize,
    /// How long a language model is kept without a question; `None`: for good.
    pub idle_model: Option<Duration>,
}
