//! The engine itself: what it holds, how it opens, and the calls that are a line or two.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use rushlight_core::{
    Clock, Counts, Embedder, EmbedderSpec, Error, ErrorCode, Parser, Reporter, Reranker, Result, Source,
    SourceId, TokenCounter, Translator,
};
use rushlight_ledger::{ChunkedBy, Ledger, Requeue, ScanCounts, SourceRecord};
use rushlight_retrieval::TitleQueries;
use tokio::sync::watch;

use crate::gate::Gate;
use crate::indexer::{Command, Indexer, Until};
use crate::indexes::Indexes;
use crate::language_models::LanguageModels;
use crate::lazy::Lazy;
use crate::parts::{EngineOptions, EngineParts, OpenSource};
use crate::queue::Queue;
use crate::rate::Rate;
use crate::scans::LazyRecogniser;
use crate::search::facets::Catalogue;
use crate::status::{Activity, Watching};

/// Index, search, ask and status. Cheap to clone; all clones are one engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) indexes: Indexes,
    pub(crate) open_source: OpenSource,
    pub(crate) sources: Mutex<HashMap<SourceId, Arc<dyn Source>>>,
    pub(crate) parser: Arc<dyn Parser>,
    /// `None` where text recognition is switched off.
    pub(crate) recogniser: Option<LazyRecogniser>,
    pub(crate) tokens: Arc<dyn TokenCounter>,
    pub(crate) embedder_spec: EmbedderSpec,
    pub(crate) embedder: Lazy<dyn Embedder>,
    pub(crate) reranker: Option<Lazy<dyn Reranker>>,
    pub(crate) translator: Option<Lazy<dyn Translator>>,
    pub(crate) language_models: LanguageModels,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reporter: Arc<dyn Reporter>,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) options: EngineOptions,
    pub(crate) chunked_by: ChunkedBy,
    pub(crate) gate: Gate,
    pub(crate) stop: AtomicBool,
    pub(crate) commands: Sender<Command>,
    pub(crate) pending_commands: Receiver<Command>,
    pub(crate) changed: watch::Sender<u64>,
    pub(crate) progress: Mutex<Progress>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) catalogue: Catalogue,
    pub(crate) title_queries: TitleQueries,
}

/// What the indexing thread tells of itself.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) activity: Activity,
    pub(crate) files: Rate,
    pub(crate) file_bytes: Rate,
    pub(crate) chunks: Rate,
    pub(crate) embedded: u64,
    pub(crate) last_error: Option<(rushlight_core::ErrorCode, String)>,
    pub(crate) watching: BTreeMap<SourceId, Watching>,
}

/// What a run of [`Engine::index_until_idle`] came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexSummary {
    /// Files of all sources, by state, at the end.
    pub counts: Counts,
    /// Files looked at in this run.
    pub files: u64,
    /// Chunks embedded in this run.
    pub embedded: u64,
    /// Chunks that still have no vector, and why when the model is not to be had.
    pub waiting_for_vectors: u64,
    /// Why vectors could not be computed.
    pub embedding_error: Option<String>,
    /// Pages recognised in this run.
    pub recognised: u64,
    /// Pages looked at in this run that cannot be read.
    pub not_recognised: u64,
    /// Pages without text of their own, at the end.
    pub scans: ScanCounts,
    /// Why pages could not be recognised.
    pub recognition_error: Option<String>,
    /// Sources whose root is missing.
    pub offline: Vec<String>,
    /// True when it was stopped before the end.
    pub stopped: bool,
}

/// The indexing thread; stops when this is dropped.
pub struct IndexingThread {
    engine: Engine,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Engine {
    /// Puts the parts together. Opens no index and loads no model yet.
    pub fn new(parts: EngineParts) -> Self {
        let EngineParts {
            index_dir,
            ledger,
            open_source,
            parser,
            recogniser,
            tokens,
            embedder_spec,
            embedder,
            reranker,
            translator,
            language_models,
            keyword,
            vector,
            clock,
            reporter,
            runtime,
            options,
        } = parts;
        let chunked_by = ChunkedBy {
            chunker_id: options.chunk.id(&*tokens),
            model_id: embedder_spec.model_id.clone(),
        };
        let indexes = Indexes::new(
            index_dir,
            embedder_spec.model_id.clone(),
            embedder_spec.dimensions,
            keyword,
            vector,
        );
        let (commands, pending_commands) = crossbeam_channel::unbounded();
        let answer_queue = options.answer_queue;
        Self {
            shared: Arc::new(Shared {
                ledger,
                indexes,
                open_source,
                sources: Mutex::default(),
                parser,
                recogniser,
                tokens,
                embedder_spec,
                embedder,
                reranker,
                translator,
                language_models,
                clock,
                reporter,
                runtime,
                options,
                chunked_by,
                gate: Gate::default(),
                stop: AtomicBool::new(false),
                commands,
                pending_commands,
                changed: watch::Sender::new(0),
                progress: Mutex::default(),
                queue: Arc::new(Queue::new(answer_queue)),
                catalogue: Catalogue::default(),
                title_queries: TitleQueries::default(),
            }),
        }
    }

    /// The ledger, to read from and for what is not indexing: conversations, listings, documents.
    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    /// Identity of the embedding model.
    pub fn embedding_model(&self) -> &str {
        &self.shared.embedder_spec.model_id
    }

    /// Adds a folder to a space. A running indexing thread begins with it at once.
    ///
    /// # Errors
    /// `PathNotFound`, `PathUnsuitable`, `SourceExists`.
    pub fn add_source(&self, root: &str, space: &str) -> Result<SourceRecord> {
        let opened = (self.shared.open_source)(root)?;
        if !opened.scan("", &mut |_| ControlFlow::Break(()))?.online {
            return Err(Error::new(
                ErrorCode::PathNotFound,
                format!("there is no folder `{root}`"),
            ));
        }
        let space = self.shared.ledger.ensure_space(space)?;
        let record = self
            .shared
            .ledger
            .add_source(opened.root(), space.id, self.shared.clock.now())?;
        self.shared.sources.lock().insert(record.id, opened);
        self.send(Command::Added(record.id));
        self.shared.touch();
        Ok(record)
    }

    /// Forgets a folder and all that was indexed of it; the files stay as they are.
    ///
    /// # Errors
    /// `SourceNotFound`.
    pub fn remove_source(&self, id: SourceId) -> Result<()> {
        let record = self.shared.ledger.source(id)?;
        self.shared.ledger.remove_source(id)?;
        self.shared.sources.lock().remove(&id);
        self.shared.progress.lock().watching.remove(&id);
        self.send(Command::Removed(id, record.space_id));
        self.shared.touch();
        Ok(())
    }

    /// Looks at a folder again, failed files included.
    ///
    /// # Errors
    /// `SourceNotFound`.
    pub fn scan_source(&self, id: SourceId) -> Result<()> {
        self.shared.ledger.source(id)?;
        self.shared.ledger.requeue(Requeue::FailedOf(id))?;
        self.send(Command::Scan(id));
        Ok(())
    }

    /// Lets a source's files and chunks wait, or all sources' for `None`; scans go on, so that counts stay true.
    ///
    /// # Errors
    /// `SourceNotFound`.
    pub fn pause(&self, source: Option<SourceId>) -> Result<()> {
        self.set_paused(source, true)
    }

    /// Lets them go on.
    ///
    /// # Errors
    /// `SourceNotFound`.
    pub fn resume(&self, source: Option<SourceId>) -> Result<()> {
        self.set_paused(source, false)
    }

    /// Lets go of the memory of language models that no question was asked of for as long as the options say.
    pub fn unload_idle_models(&self) {
        let shared = &self.shared;
        let Some(after) = shared.options.idle_model else {
            return;
        };
        for model in shared.language_models.unload_idle(after) {
            tracing::info!(model, "an idle language model was unloaded");
            shared.touch();
        }
    }

    /// Refuses a name that no language model has that could be asked; that of the settings always can, if only to be told missing.
    ///
    /// # Errors
    /// `ModelUnknown`; `InvalidRequest` for a model of another kind; `ModelMissing` for one that is not installed.
    pub fn check_language_model(&self, named: Option<&str>) -> Result<()> {
        self.shared.language_models.check(named)
    }

    fn set_paused(&self, source: Option<SourceId>, paused: bool) -> Result<()> {
        let sources = match source {
            Some(id) => vec![id],
            None => self
                .shared
                .ledger
                .sources()?
                .into_iter()
                .map(|record| record.id)
                .collect(),
        };
        for id in sources {
            self.shared.ledger.set_source_paused(id, paused)?;
        }
        self.send(Command::Wake);
        self.shared.touch();
        Ok(())
    }

    /// Scans every source and works on this thread until nothing is left to do or [`Engine::stop`] is called.
    ///
    /// # Errors
    /// What kept the ledger or the indexes from being written; a file's own trouble is its state.
    pub fn index_until_idle(&self) -> Result<IndexSummary> {
        Indexer::new(&self.shared).run(Until::Idle)
    }

    /// The same, until everything is searchable by word: vectors are left for the next run.
    ///
    /// # Errors
    /// As [`Engine::index_until_idle`].
    pub fn index_by_word(&self) -> Result<IndexSummary> {
        Indexer::new(&self.shared).run(Until::ByWord)
    }

    /// Starts the indexing thread: scans every source, watches them, and keeps both indexes up to date.
    pub fn start_indexing(&self) -> std::io::Result<IndexingThread> {
        let engine = self.clone();
        let thread = std::thread::Builder::new()
            .name("rushlight-index".to_owned())
            .spawn(move || {
                if let Err(error) = Indexer::new(&engine.shared).run(Until::Stopped) {
                    tracing::error!(code = error.code().as_str(), error = %error.chain(), "indexing ended");
                }
            })?;
        Ok(IndexingThread {
            engine: self.clone(),
            thread: Some(thread),
        })
    }

    /// Asks indexing to stop at the next file or batch. What was done is kept.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
        self.send(Command::Wake);
    }

    pub(crate) fn send(&self, command: Command) {
        self.shared
            .commands
            .send(command)
            .expect("the engine keeps a receiver as long as it lives");
    }
}

impl Shared {
    /// The opened source of this row.
    pub(crate) fn source(&self, record: &SourceRecord) -> Result<Arc<dyn Source>> {
        let mut sources = self.sources.lock();
        if let Some(source) = sources.get(&record.id) {
            return Ok(Arc::clone(source));
        }
        let source = (self.open_source)(&record.root)?;
        sources.insert(record.id, Arc::clone(&source));
        Ok(source)
    }

    /// Tells whoever watches the status that it changed.
    pub(crate) fn touch(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    pub(crate) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub(crate) fn set_activity(&self, activity: Activity) {
        let mut progress = self.progress.lock();
        if progress.activity != activity {
            progress.activity = activity;
            drop(progress);
            self.touch();
        }
    }
}

impl Drop for IndexingThread {
    fn drop(&mut self) {
        self.engine.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the indexing thread panicked");
        }
    }
}

/// Turns a cancel flag into what event callbacks return.
pub(crate) fn go_on_unless(cancelled: bool) -> ControlFlow<()> {
    if cancelled {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}
