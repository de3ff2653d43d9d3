//! A data directory and the engines that live on it one after the other: each may be killed at any of its steps.

use std::io::Read;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use rushlight_core::{
    ChunkId, ChunkSet, Clock, Correction, DocId, EmbedKind, Embedder, EmbedderSpec, Embedding, FileStamp,
    Generation, IndexEvent, IndexedDocument, KeywordExplanation, KeywordFound, KeywordIndex,
    MatchingDocuments, Query, RawFile, Reporter, Result, ScanEntry, ScanSummary, SearchFilter, Source,
    SourceEvent, Suggestion, SystemClock, TextSpan, Timestamp, VectorHit, VectorIndex, WatchGuard,
};
use rushlight_engine::{
    Engine, EngineOptions, EngineParts, IndexSummary, KeywordFactory, LanguageModels, Lazy, VectorFactory,
};
use rushlight_ledger::Ledger;
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};
use rushlight_testkit::{HashEmbedder, MemKeywordIndex, MemVectorIndex, ScriptedModel, WordTokenCounter};
use rushlight_watch::{FolderOptions, FolderSource};

use crate::system;

/// What a killed engine unwinds with.
struct Killed;

/// Burns down with each step of an engine; when it is gone, the engine is dead at that step and at every later one.
pub(super) struct Fuse(AtomicI64);

impl Fuse {
    pub(super) fn after(steps: usize) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(steps as i64)))
    }

    pub(super) fn none() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(i64::MAX)))
    }

    fn step(&self) {
        if self.0.fetch_sub(1, Ordering::SeqCst) <= 0 {
            // Not a panic: nothing is wrong, and nothing is to be printed.
            resume_unwind(Box::new(Killed));
        }
    }
}

type Sink = Arc<Mutex<Option<Box<dyn Fn(SourceEvent) + Send + Sync>>>>;

/// The folder without its watcher: the test gives the hints, and loses some.
struct Unwatched {
    folder: FolderSource,
    sink: Sink,
}

struct Nothing;

impl WatchGuard for Nothing {}

impl Source for Unwatched {
    fn root(&self) -> &str {
        self.folder.root()
    }

    fn scan(&self, under: &str, visit: &mut dyn FnMut(ScanEntry) -> ControlFlow<()>) -> Result<ScanSummary> {
        self.folder.scan(under, visit)
    }

    fn fetch(&self, stamp: &FileStamp) -> Result<RawFile> {
        self.folder.fetch(stamp)
    }

    fn open(&self, stamp: &FileStamp) -> Result<Box<dyn Read + Send>> {
        self.folder.open(stamp)
    }

    fn watch(&self, sink: Box<dyn Fn(SourceEvent) + Send + Sync>) -> Result<Box<dyn WatchGuard>> {
        *self.sink.lock().expect("not poisoned") = Some(sink);
        Ok(Box::new(Nothing))
    }
}

/// Indexes that the fuse runs through. What was applied and not committed dies with the engine.
struct Fused<I> {
    index: I,
    fuse: Arc<Fuse>,
}

impl KeywordIndex for Fused<MemKeywordIndex> {
    fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()> {
        self.fuse.step();
        self.index.apply(upserts, deletes)
    }

    fn commit(&self, generation: Generation) -> Result<()> {
        self.fuse.step();
        self.index.commit(generation)?;
        self.fuse.step();
        Ok(())
    }

    fn generation(&self) -> Result<Generation> {
        self.index.generation()
    }

    fn search(&self, query: &Query, filter: &SearchFilter, limit: usize) -> Result<KeywordFound> {
        self.index.search(query, filter, limit)
    }

    fn matching(&self, query: &Query, filter: &SearchFilter) -> Result<Vec<ChunkId>> {
        self.index.matching(query, filter)
    }

    fn documents(&self, query: &Query, filter: &SearchFilter) -> Result<MatchingDocuments> {
        self.index.documents(query, filter)
    }

    fn suggest(&self, typed: &str, filter: &SearchFilter, limit: usize) -> Result<Vec<Suggestion>> {
        self.index.suggest(typed, filter, limit)
    }

    fn explain(
        &self,
        query: &Query,
        filter: &SearchFilter,
        chunk: ChunkId,
    ) -> Result<Option<KeywordExplanation>> {
        self.index.explain(query, filter, chunk)
    }

    fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>> {
        self.index.chunks()
    }
}

#[async_trait]
impl VectorIndex for Fused<MemVectorIndex> {
    async fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()> {
        self.fuse.step();
        self.index.apply(upserts, deletes).await
    }

    async fn commit(&self, generation: Generation) -> Result<()> {
        self.fuse.step();
        self.index.commit(generation).await?;
        self.fuse.step();
        Ok(())
    }

    async fn generation(&self) -> Result<Generation> {
        self.index.generation().await
    }

    async fn nearest(
        &self,
        query: &Embedding,
        filter: &SearchFilter,
        among: Option<&ChunkSet>,
        limit: usize,
    ) -> Result<Vec<VectorHit>> {
        self.index.nearest(query, filter, among, limit).await
    }

    async fn similarities(
        &self,
        query: &Embedding,
        chunks: &[ChunkId],
        filter: &SearchFilter,
    ) -> Result<Vec<Option<f32>>> {
        self.index.similarities(query, chunks, filter).await
    }

    async fn similar(&self, doc_id: DocId, filter: &SearchFilter, limit: usize) -> Result<Vec<(DocId, f32)>> {
        self.index.similar(doc_id, filter, limit).await
    }

    async fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>> {
        self.index.chunks().await
    }

    async fn compact(&self) -> Result<()> {
        self.fuse.step();
        self.index.compact().await
    }
}

struct Factory(Arc<Fuse>);

impl KeywordFactory for Factory {
    fn open(&self, dir: &Path) -> Result<Arc<dyn KeywordIndex>> {
        Ok(Arc::new(Fused {
            index: MemKeywordIndex::open(dir)?,
            fuse: Arc::clone(&self.0),
        }))
    }

    fn analyzer(&self) -> String {
        "in-memory".to_owned()
    }

    fn highlight(&self, _query: &Query, _corrections: &[Correction], _text: &str) -> Vec<TextSpan> {
        Vec::new()
    }
}

#[async_trait]
impl VectorFactory for Factory {
    async fn open(&self, dir: &Path, dimensions: usize) -> Result<Arc<dyn VectorIndex>> {
        Ok(Arc::new(Fused {
            index: MemVectorIndex::open(dir, dimensions)?,
            fuse: Arc::clone(&self.0),
        }))
    }
}

struct FusedEmbedder {
    model: HashEmbedder,
    fuse: Arc<Fuse>,
}

impl Embedder for FusedEmbedder {
    fn spec(&self) -> &EmbedderSpec {
        self.model.spec()
    }

    fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
        if matches!(kind, EmbedKind::Passage) {
            self.fuse.step();
        }
        self.model.embed(kind, texts)
    }
}

struct FusedReporter(Arc<Fuse>);

impl Reporter for FusedReporter {
    fn report(&self, _event: &IndexEvent) {
        self.0.step();
    }
}

/// The machine's clock, set forward.
struct SetForward(Arc<AtomicU64>);

impl Clock for SetForward {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::SeqCst) as i64)
    }
}

/// A data directory.
pub(super) struct Machine {
    root: PathBuf,
    data: tempfile::TempDir,
    ahead_ms: Arc<AtomicU64>,
    /// Time between full scans.
    pub(super) scan_interval: Duration,
}

/// An engine on it.
pub(super) struct Running {
    pub(super) engine: Engine,
    pub(super) runtime: tokio::runtime::Runtime,
    sink: Sink,
}

impl Machine {
    /// For this folder, with nothing indexed.
    pub(super) fn new(root: &Path) -> Self {
        let machine = Self {
            root: root.to_owned(),
            data: system::quick_folder(),
            ahead_ms: Arc::default(),
            scan_interval: system::options().scan_interval,
        };
        let running = machine.start(&Fuse::none());
        let root = root.to_str().expect("plain names");
        running
            .engine
            .add_source(root, "personal")
            .expect("the folder is added");
        machine
    }

    /// Lets the clock jump.
    pub(super) fn wait_days(&self, days: u64) {
        self.ahead_ms.fetch_add(days * 24 * 3_600_000, Ordering::SeqCst);
    }

    /// Opens what is on disk, as after a start of the machine.
    pub(super) fn start(&self, fuse: &Arc<Fuse>) -> Running {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let ledger = Ledger::open(&self.data.path().join("ledger.sqlite")).expect("the ledger opens");
        let sink = Sink::default();
        let model = HashEmbedder::new();
        let spec = model.spec().clone();
        let (root, kept) = (self.root.clone(), Arc::clone(&sink));
        let embedder = FusedEmbedder {
            model,
            fuse: Arc::clone(fuse),
        };
        let engine = Engine::new(EngineParts {
            index_dir: self.data.path().join("indexes"),
            ledger: Arc::new(ledger),
            open_source: Box::new(move |_| {
                Ok(Arc::new(Unwatched {
                    folder: FolderSource::new(root.clone(), FolderOptions::default())?,
                    sink: Arc::clone(&kept),
                }) as _)
            }),
            parser: Arc::new(Parsers::new(ParseOptions::new(WorkerCommand {
                program: env!("CARGO_BIN_EXE_rushlight").into(),
                args: vec!["parse-worker".to_owned()],
            }))),
            recogniser: None,
            tokens: Arc::new(WordTokenCounter),
            embedder_spec: spec,
            embedder: Lazy::ready("hash", Arc::new(embedder)),
            reranker: None,
            translator: None,
            language_models: LanguageModels::only(Lazy::ready("scripted", Arc::new(ScriptedModel::new()))),
            keyword: Box::new(Factory(Arc::clone(fuse))),
            vector: Box::new(Factory(Arc::clone(fuse))),
            clock: Arc::new(SetForward(Arc::clone(&self.ahead_ms))),
            reporter: Arc::new(FusedReporter(Arc::clone(fuse))),
            runtime: runtime.handle().clone(),
            options: EngineOptions {
                debounce: Duration::from_millis(1),
                scan_interval: self.scan_interval,
                candidates: 100_000,
                ..system::options()
            },
        });
        Running {
            engine,
            runtime,
            sink,
        }
    }
}

impl Running {
    /// Indexes until nothing is left to do; `None` when the engine was killed on the way.
    pub(super) fn index(&self) -> Option<IndexSummary> {
        match catch_unwind(AssertUnwindSafe(|| self.engine.index_until_idle())) {
            Ok(summary) => Some(summary.expect("indexing ends well")),
            Err(cause) if cause.is::<Killed>() => None,
            Err(cause) => resume_unwind(cause),
        }
    }

    /// Gives a hint to the engine, if it watches yet.
    pub(super) fn hint(&self, event: SourceEvent) {
        if let Some(sink) = &*self.sink.lock().expect("not poisoned") {
            sink(event);
        }
    }
}
