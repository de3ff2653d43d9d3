//! A whole system on fakes: a real folder, the real parsers for text formats, the ledger in memory; both indexes and both
//! models are the testkit's.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rushlight_answer::{AnswerOptions, Calibration};
use rushlight_core::{
    Answer, AnswerEvent, Chunk, ChunkOrigin, Clock, ContentHash, Correction, DocId, EmbedKind, Embedder,
    EmbedderSpec, Embedding, Error, ErrorCode, KeywordIndex, LanguageModel, Locator, PageArea,
    PageRecogniser, ParsedDocument, ParsedFile, Parser, Pieces, PlacedLine, Principal, Query, RawFile,
    Reranker, Result, ScanReader, SearchRequest, SearchResponse, Source, SystemClock, TakenOut, TextSpan,
    Translator, VectorIndex,
};
use rushlight_engine::ledger::{ChunkedBy, CompletedFile, FileOutcome, NewChunk, NewDocument};
use rushlight_engine::{
    AskRequest, Engine, EngineOptions, EngineParts, IndexSummary, KeywordFactory, LanguageModels, Lazy,
    VectorFactory,
};
use rushlight_ingest::ChunkOptions;
use rushlight_ledger::Ledger;
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};
use rushlight_testkit::{
    FakeRecogniser, Fixture, HashEmbedder, MemKeywordIndex, MemVectorIndex, OverlapReranker, PairTranslator,
    RecordingReporter, ScriptedModel, WordTokenCounter,
};
use rushlight_watch::{FolderOptions, FolderSource};

/// Opens indexes in memory; they are lost with the engine and fed again from the ledger.
pub(crate) struct InMemory;

impl KeywordFactory for InMemory {
    fn open(&self, _dir: &Path) -> Result<Arc<dyn KeywordIndex>> {
        Ok(Arc::new(MemKeywordIndex::new()))
    }

    fn analyzer(&self) -> String {
        "in-memory".to_owned()
    }

    fn highlight(&self, query: &Query, _corrections: &[Correction], text: &str) -> Vec<TextSpan> {
        let words = query.free_text();
        text.find(&words)
            .map(|start| TextSpan::new(start, start + words.len()))
            .into_iter()
            .collect()
    }
}

#[async_trait]
impl VectorFactory for InMemory {
    async fn open(&self, _dir: &Path, dimensions: usize) -> Result<Arc<dyn VectorIndex>> {
        Ok(Arc::new(MemVectorIndex::new(dimensions)))
    }
}

/// How the suite's engines are set.
pub(crate) fn options() -> EngineOptions {
    EngineOptions {
        chunk: ChunkOptions {
            target_tokens: 60,
            max_tokens: 100,
            min_tokens: 10,
        },
        rechunk: true,
        parse_threads: 2,
        // Small enough for some of the suite's mailboxes to be read piece by piece.
        pieces_above: 1500,
        scan_interval: Duration::from_secs(3600),
        rehash_interval: Some(Duration::from_secs(7 * 24 * 3600)),
        debounce: Duration::from_millis(20),
        semantic_weight: None,
        candidates: 50,
        rerank: false,
        rerank_top: 30,
        // The default is for a real model's odds.
        answer: AnswerOptions {
            calibration: Calibration {
                worth_writing: 0.14,
                ..Calibration::default()
            },
            ..AnswerOptions::default()
        },
        own_addresses: Vec::new(),
        answer_queue: 1,
        idle_model: None,
    }
}

/// A temporary folder in memory where there is such a place: syncing to disk is not what is tested.
pub(crate) fn quick_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = match memory.is_dir() {
        true => tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()),
        false => tempfile::tempdir(),
    };
    made.expect("a temporary folder")
}

/// The embedder, counting the passages and the queries it is given.
struct CountingEmbedder {
    model: HashEmbedder,
    passages: Arc<AtomicUsize>,
    queries: Arc<Mutex<Vec<String>>>,
}

impl Embedder for CountingEmbedder {
    fn spec(&self) -> &EmbedderSpec {
        self.model.spec()
    }

    fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
        match kind {
            EmbedKind::Passage => {
                self.passages.fetch_add(texts.len(), Ordering::SeqCst);
            }
            EmbedKind::Query => {
                let mut queries = self.queries.lock().expect("no thread panics");
                queries.extend(texts.iter().map(|text| (*text).to_owned()));
            }
            EmbedKind::Title | EmbedKind::BriefQuery => {}
        }
        self.model.embed(kind, texts)
    }
}

/// Begins a file that the parser does not survive.
pub(crate) const CRASHER: &str = "crash the parser";

/// The parsers, with a file they do not survive, and a switch that makes them read otherwise.
struct FragileParser {
    parsers: Parsers,
    faults: Arc<Faults>,
}

#[derive(Default)]
pub(crate) struct Faults {
    /// Times that a parser crashed.
    pub(crate) crashes: AtomicUsize,
    /// While true, every document gets another title.
    pub(crate) reads_otherwise: AtomicBool,
    /// While true, every line of a text stands on a page, three on each.
    pub(crate) reads_as_pages: AtomicBool,
}

impl Parser for FragileParser {
    fn version(&self) -> u32 {
        self.parsers.version()
    }

    fn parse_with(&self, file: &RawFile, scans: &dyn ScanReader) -> Result<ParsedFile> {
        if file.bytes.starts_with(CRASHER.as_bytes()) {
            self.faults.crashes.fetch_add(1, Ordering::SeqCst);
            return Err(Error::new(
                ErrorCode::ParserFailed,
                "the worker was ended by SIGSEGV",
            ));
        }
        let mut parsed = self.parsers.parse_with(file, scans)?;
        if let (ParsedFile::Documents(documents), true) =
            (&mut parsed, self.faults.reads_otherwise.load(Ordering::SeqCst))
        {
            documents.iter_mut().for_each(|document| document.title.push('!'));
        }
        if let (ParsedFile::Documents(documents), true) =
            (&mut parsed, self.faults.reads_as_pages.load(Ordering::SeqCst))
        {
            documents.iter_mut().for_each(put_on_pages);
        }
        Ok(parsed)
    }

    fn take_out(&self, file: &RawFile, hash: ContentHash) -> Result<Option<TakenOut>> {
        self.parsers.take_out(file, hash)
    }

    fn pieces(&self, path: &str, head: &[u8], reader: Box<dyn Read + Send>) -> Option<Box<dyn Pieces>> {
        self.parsers.pieces(path, head, reader)
    }
}

/// Puts the lines of a text on pages, three on each, one below the other.
fn put_on_pages(document: &mut ParsedDocument) {
    let mut start = 0;
    for (number, line) in (0u16..).zip(document.text.split('\n')) {
        let span = TextSpan::new(start, start + line.len());
        let top = 100 + 15 * (number % 3);
        let area = PageArea {
            page: u32::from(number / 3) + 1,
            left: 100,
            top,
            right: 900,
            bottom: top + 12,
        };
        document.lines.push(PlacedLine { span, area });
        start = span.end + 1;
    }
    let pages = document.lines.last().map_or(1, |line| line.area.page);
    for block in &mut document.blocks {
        block.locator = Locator::pages(1, pages);
    }
}

/// Which models the system has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Models {
    All,
    NoEmbedder,
    NoRecogniser,
    NoLanguageModel,
    NoReranker,
    /// The language model does whatever the passages order.
    Obedient,
}

/// Fences the passages in prompts.
pub(crate) const FENCE: &str = "f3nc3";

/// A question of the owner, about everything.
pub(crate) fn request(question: &str) -> AskRequest {
    AskRequest {
        principals: vec![Principal::owner()],
        question: question.to_owned(),
        spaces: Vec::new(),
        kinds: Vec::new(),
        kind: None,
        model: None,
        history: Vec::new(),
        fence: FENCE.to_owned(),
        max_tokens: 80,
        thinking_tokens: 0,
    }
}

/// A folder, a ledger and an engine over both.
pub(crate) struct System {
    pub(crate) engine: Engine,
    ledger: Arc<Ledger>,
    folder: tempfile::TempDir,
    runtime: Arc<tokio::runtime::Runtime>,
    passages: Arc<AtomicUsize>,
    queries: Arc<Mutex<Vec<String>>>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) recogniser: Arc<FakeRecogniser>,
    /// The language model, where it is the testkit's.
    pub(crate) model: Arc<ScriptedModel>,
}

impl System {
    /// A system over a folder with these files, added to the space `personal`, not yet indexed.
    pub(crate) fn over(fixture: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Fixture::parse(fixture)
            .write(folder.path())
            .expect("the fixture is written");
        let ledger = Arc::new(Ledger::in_memory().expect("a ledger in memory"));
        let system = Self::start(folder, ledger, Models::All, Box::new(InMemory), None);
        system.add("", "personal");
        system
    }

    /// The same folder and ledger in a new engine with this language model; the indexes are gone.
    pub(crate) fn restarted_with(self, language_model: Lazy<dyn LanguageModel>) -> Self {
        self.restarted_with_models(LanguageModels::only(language_model))
    }

    /// The same with several language models.
    pub(crate) fn restarted_with_models(self, language_models: LanguageModels) -> Self {
        Self::start(
            self.folder,
            self.ledger,
            Models::All,
            Box::new(InMemory),
            Some(language_models),
        )
    }

    /// A system over an empty folder, of which nothing is added, with these keyword indexes.
    pub(crate) fn with_keyword(keyword: Box<dyn KeywordFactory>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ledger = Arc::new(Ledger::in_memory().expect("a ledger in memory"));
        Self::start(folder, ledger, Models::All, keyword, None)
    }

    /// Adds a folder below the root to a space.
    pub(crate) fn add(&self, folder: &str, space: &str) {
        let path = self.path(folder);
        let path = path.to_str().expect("temporary folders have plain names");
        self.engine
            .add_source(path.trim_end_matches('/'), space)
            .expect("the folder is added");
    }

    /// The same folder and ledger in a new engine, as after a restart; the indexes are gone.
    pub(crate) fn restarted(self, models: Models) -> Self {
        Self::start(self.folder, self.ledger, models, Box::new(InMemory), None)
    }

    fn start(
        folder: tempfile::TempDir,
        ledger: Arc<Ledger>,
        models: Models,
        keyword: Box<dyn KeywordFactory>,
        language_models: Option<LanguageModels>,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = Arc::new(runtime.expect("a runtime"));
        let passages = Arc::<AtomicUsize>::default();
        let queries = Arc::<Mutex<Vec<String>>>::default();
        let faults = Arc::<Faults>::default();
        let recogniser = Arc::new(FakeRecogniser::new("fake"));
        let model = Arc::new(match models {
            Models::Obedient => ScriptedModel::obedient(),
            _ => ScriptedModel::new(),
        });
        let embedder = CountingEmbedder {
            model: HashEmbedder::new(),
            passages: Arc::clone(&passages),
            queries: Arc::clone(&queries),
        };
        let missing = |name: &str| {
            Error::new(
                ErrorCode::ModelMissing,
                format!("model `{name}` is not installed"),
            )
        };
        let engine = Engine::new(EngineParts {
            index_dir: PathBuf::new(),
            ledger: Arc::clone(&ledger),
            open_source: Box::new(|root| {
                FolderSource::new(root, FolderOptions::default())
                    .map(|source| Arc::new(source) as Arc<dyn Source>)
            }),
            parser: Arc::new(FragileParser {
                parsers: Parsers::new(ParseOptions::new(WorkerCommand {
                    program: env!("CARGO_BIN_EXE_rushlight").into(),
                    args: vec!["parse-worker".to_owned()],
                })),
                faults: Arc::clone(&faults),
            }),
            recogniser: Some(match models {
                Models::NoRecogniser => Lazy::new("fake", move || Err(missing("fake"))),
                _ => Lazy::ready("fake", Arc::clone(&recogniser) as Arc<dyn PageRecogniser>),
            }),
            tokens: Arc::new(WordTokenCounter),
            embedder_spec: embedder.spec().clone(),
            embedder: match models {
                Models::NoEmbedder => Lazy::new("hash", move || Err(missing("hash"))),
                _ => Lazy::ready("hash", Arc::new(embedder) as Arc<dyn Embedder>),
            },
            reranker: Some(match models {
                Models::NoReranker => Lazy::new("overlap", move || Err(missing("overlap"))),
                _ => Lazy::ready("overlap", Arc::new(OverlapReranker::new()) as Arc<dyn Reranker>),
            }),
            translator: Some(Lazy::ready(
                "pairs",
                Arc::new(PairTranslator::new(&[("reservoir", "水庫")])) as Arc<dyn Translator>,
            )),
            language_models: language_models.unwrap_or_else(|| {
                LanguageModels::only(match models {
                    Models::NoLanguageModel => Lazy::new("scripted", move || Err(missing("scripted"))),
                    _ => Lazy::ready("scripted", Arc::clone(&model) as Arc<dyn LanguageModel>),
                })
            }),
            keyword,
            vector: Box::new(InMemory),
            clock: Arc::new(SystemClock),
            reporter: Arc::new(RecordingReporter::default()),
            runtime: runtime.handle().clone(),
            options: options(),
        });
        Self {
            engine,
            ledger,
            folder,
            runtime,
            passages,
            queries,
            faults,
            recogniser,
            model,
        }
    }

    /// Passages embedded since the start.
    pub(crate) fn embedded(&self) -> usize {
        self.passages.load(Ordering::SeqCst)
    }

    /// How often a query was embedded since the start.
    pub(crate) fn queries_embedded(&self, query: &str) -> usize {
        let queries = self.queries.lock().expect("no thread panics");
        queries.iter().filter(|one| *one == query).count()
    }

    pub(crate) fn root(&self) -> String {
        self.path("")
            .to_str()
            .expect("temporary folders have plain names")
            .trim_end_matches('/')
            .to_owned()
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder
            .path()
            .canonicalize()
            .expect("the folder exists")
            .join(below)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("folders are made");
        std::fs::write(path, content).expect("the file is written");
    }

    pub(crate) fn index(&self) -> IndexSummary {
        self.engine.index_until_idle().expect("indexing ends well")
    }

    /// The document that is this file.
    pub(crate) fn id_of(&self, path: &str) -> DocId {
        let path = format!("{}/{path}", self.root());
        let everybody = [Principal::owner(), Principal("user:bo".to_owned())];
        let documents = self.engine.ledger().documents_at(&path, &everybody);
        documents.expect("readable").remove(0).doc_id
    }

    /// Opens a document to these people only, as a source with permissions would write it.
    pub(crate) fn open_to(&self, path: &str, readers: &[&str]) {
        let (ledger, doc_id) = (self.engine.ledger(), self.id_of(path));
        let record = ledger.document(doc_id).expect("readable").expect("there");
        let chunks = ledger.document_chunks(doc_id).expect("readable");
        let new_chunk = |chunk: Chunk| NewChunk {
            id: chunk.id,
            span: chunk.span,
            locator: chunk.locator,
            heading_path: chunk.heading_path,
            token_count: chunk.token_count,
            embedding_key: chunk.embedding_key,
            origin: ChunkOrigin::Own,
            confidence: chunk.confidence,
        };
        let summary = record.summary;
        let document = ParsedDocument {
            part: summary.part,
            part_key: String::new(),
            content_hash: summary.content_hash,
            kind: summary.kind,
            media_type: summary.media_type,
            title: summary.title,
            metadata: record.metadata,
            text: record.text,
            blocks: record.blocks,
            lines: record.lines,
            recognised: record.recognised,
            pages: summary.pages,
            unreadable_pages: summary.unreadable_pages,
            warnings: summary.warnings,
        };
        let completed = CompletedFile {
            file: record.file.id,
            stamp: record.file.stamp.clone(),
            parser_version: record.file.parser_version,
            outcome: FileOutcome::Indexed {
                content_hash: summary.content_hash,
                documents: vec![NewDocument {
                    doc_id,
                    document,
                    access: readers.iter().map(|name| Principal((*name).to_owned())).collect(),
                    chunked_by: ChunkedBy {
                        chunker_id: options().chunk.id(&WordTokenCounter),
                        model_id: "hash-64".to_owned(),
                    },
                    title_embedded: true,
                    chunks: chunks.into_iter().map(new_chunk).collect(),
                }],
            },
            scans: Vec::new(),
        };
        ledger
            .complete_files(&[completed], SystemClock.now())
            .expect("written");
    }

    pub(crate) fn search(&self, query: &str) -> SearchResponse {
        self.try_search(SearchRequest::new(query))
            .expect("the search answers")
    }

    pub(crate) fn try_search(&self, request: SearchRequest) -> Result<SearchResponse> {
        self.runtime.block_on(self.engine.search(request))
    }

    /// Waits for what the engine does on the runtime.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Paths below the root of what is found, best first, each once.
    pub(crate) fn found(&self, query: &str) -> Vec<String> {
        let root = self.root();
        let mut paths = Vec::new();
        for hit in self.search(query).hits {
            let path = hit
                .path
                .strip_prefix(&root)
                .unwrap_or(&hit.path)
                .trim_start_matches('/')
                .to_owned();
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    pub(crate) fn ask(&self, question: &str) -> Result<Answer> {
        self.ask_watching(question, Arc::default(), |_| ControlFlow::Continue(()))
    }

    /// The same, with what happens meanwhile.
    pub(crate) fn ask_watching(
        &self,
        question: &str,
        cancel: Arc<AtomicBool>,
        on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Answer> {
        self.runtime
            .block_on(self.engine.ask(request(question), cancel, on_event))
    }

    /// Both indexes hold exactly what the ledger does, and every file is counted once.
    pub(crate) fn assert_sound(&self) {
        let found = self
            .engine
            .verify(rushlight_engine::VerifyDepth::Ids)
            .expect("everything can be read");
        assert!(found.sound(), "{found:?}");
        let counts = self.ledger.counts(None).expect("counts");
        assert_eq!(
            counts.seen,
            counts.indexed + counts.skipped + counts.failed + counts.waiting
        );
    }
}
