//! Which adapter stands behind which port.
//!
//! Feature `full` names the real ones. Feature `demo` without it names the testkit's fakes for vectors and models, so
//! that everything else can be built and tried in a minute.

#[cfg(all(feature = "demo", not(feature = "full")))]
mod demo;
#[cfg(feature = "full")]
mod full;
mod keyword;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use rushlight_answer::{AnswerOptions, Calibration};
use rushlight_cli::{Check, Checked, EngineSetup, IndexParts, Paths, Wiring};
use rushlight_config::Config;
use rushlight_core::{
    Embedder, EmbedderSpec, Error, ErrorCode, PageRecogniser, Parser, Reranker, Result, Source, SystemClock,
    TokenCounter, Translator,
};
use rushlight_dictionary::Dictionary;
use rushlight_engine::{Engine, EngineOptions, EngineParts, LanguageModels, Lazy, VectorFactory};
use rushlight_ingest::ChunkOptions;
use rushlight_models::{Catalogue, ModelKind, ModelStore, OcrFiles};
use rushlight_parse::{PageReader, ParseOptions, Parsers, RecogniserFiles, RecogniserOptions, WorkerCommand};
use rushlight_watch::{FolderOptions, FolderSource, LargeFiles};

#[cfg(all(feature = "demo", not(feature = "full")))]
use demo::models;
#[cfg(feature = "full")]
use full::models;

#[cfg(not(any(feature = "full", feature = "demo")))]
compile_error!("choose a lane: the default feature `full`, or `--no-default-features --features demo`");

/// The adapters of this build.
pub(crate) struct Adapters;

/// What stands behind the ports that are heavy.
pub(crate) struct Models {
    pub(crate) tokens: Arc<dyn TokenCounter>,
    /// Whether `tokens` only estimates, because the model is not installed.
    pub(crate) tokens_are_estimated: bool,
    pub(crate) embedder_spec: EmbedderSpec,
    pub(crate) embedder: Lazy<dyn Embedder>,
    pub(crate) reranker: Lazy<dyn Reranker>,
    pub(crate) language_models: LanguageModels,
    /// `None` where text recognition is switched off.
    pub(crate) recogniser: Option<Lazy<dyn PageRecogniser>>,
    pub(crate) vector: Box<dyn VectorFactory>,
}

impl Wiring for Adapters {
    fn engine(&self, setup: EngineSetup<'_>) -> Result<Engine> {
        let EngineSetup {
            config,
            paths,
            ledger,
            reporter,
            runtime,
            answer_all,
        } = setup;
        let Models {
            tokens,
            tokens_are_estimated,
            embedder_spec,
            embedder,
            reranker,
            language_models,
            recogniser,
            vector,
        } = models(config, paths)?;
        let folder_options = FolderOptions {
            max_file_bytes: bytes(config.index.max_file_mb),
            large_files: Some(LargeFiles {
                max_bytes: bytes(config.index.max_mailbox_mb),
                admits: rushlight_parse::is_mailbox,
            }),
            ignore_patterns: config.index.ignore.clone(),
            builtin_ignores: config.index.builtin_ignores,
            ..FolderOptions::default()
        };
        let open_source = move |root: &str| {
            // One folder has one name, whatever links led to it; one that is not there keeps the name it was added by.
            let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.into());
            if root.is_file() {
                let message = format!("`{}` is a file, and a folder is expected", root.display());
                return Err(
                    Error::new(ErrorCode::PathUnsuitable, message).with_hint("add the folder it is in")
                );
            }
            FolderSource::new(root, folder_options.clone()).map(|source| Arc::new(source) as Arc<dyn Source>)
        };
        let calibration = Calibration::for_models(&config.models.language, &embedder_spec.model_id);
        Ok(Engine::new(EngineParts {
            index_dir: paths.indexes.clone(),
            ledger,
            open_source: Box::new(open_source),
            parser: parser(config)?,
            recogniser,
            tokens,
            embedder_spec,
            embedder,
            reranker: Some(reranker),
            translator: dictionary(paths),
            language_models,
            keyword: Box::new(keyword::Tantivy),
            vector,
            clock: Arc::new(SystemClock),
            reporter,
            runtime,
            options: EngineOptions {
                rechunk: !tokens_are_estimated,
                answer: AnswerOptions {
                    calibration: match answer_all {
                        true => calibration.open(),
                        false => calibration,
                    },
                    ..options(config).answer
                },
                ..options(config)
            },
        }))
    }

    fn index_parts(&self, config: &Config, paths: &Paths) -> Result<IndexParts> {
        let Models {
            tokens,
            tokens_are_estimated: _,
            embedder_spec: _,
            embedder,
            reranker: _,
            language_models: _,
            recogniser: _,
            vector,
        } = models(config, paths)?;
        Ok(IndexParts {
            keyword: Box::new(keyword::Tantivy),
            vector,
            embedder,
            translator: dictionary(paths),
            parser: parser(config)?,
            tokens,
            chunk: options(config).chunk,
        })
    }

    fn checks(&self, config: &Config, paths: &Paths) -> Vec<Check> {
        let mut checks = vec![python(config)];
        checks.extend(cpu());
        #[cfg(feature = "full")]
        checks.extend(full::checks(paths));
        #[cfg(not(feature = "full"))]
        let _ = paths;
        checks
    }

    fn parse_worker(&self) -> ExitCode {
        rushlight_parse::worker::main()
    }
}

fn parser(config: &Config) -> Result<Arc<dyn Parser>> {
    Ok(Arc::new(Parsers::new(ParseOptions {
        pdf_passwords: config.index.pdf_passwords.reveal().to_vec().into(),
        ..ParseOptions::new(worker_command()?)
    })))
}

fn options(config: &Config) -> EngineOptions {
    EngineOptions {
        chunk: ChunkOptions {
            target_tokens: config.index.chunk_tokens,
            max_tokens: config.index.max_chunk_tokens,
            ..ChunkOptions::default()
        },
        rechunk: true,
        parse_threads: cores(0).min(4),
        pieces_above: 32 << 20,
        scan_interval: Duration::from_secs(config.index.scan_interval_minutes * 60),
        rehash_interval: match config.index.rehash_days {
            0 => None,
            days => Some(Duration::from_secs(days * 24 * 3600)),
        },
        debounce: Duration::from_millis(150),
        semantic_weight: config.search.semantic_weight(),
        candidates: config.search.candidates,
        rerank: config.search.rerank,
        rerank_top: config.search.rerank_top,
        answer: AnswerOptions {
            evidence_tokens: config.answer.evidence_tokens,
            prompt_tokens: config.answer.prompt_tokens,
            outside_weight: config.answer.outside_weight,
            ..AnswerOptions::default()
        },
        own_addresses: config.answer.own_addresses.clone(),
        answer_queue: config.answer.queue,
        idle_model: match config.models.idle_minutes {
            0 => None,
            minutes => Some(Duration::from_secs(minutes * 60)),
        },
    }
}

/// So many MiB in bytes.
fn bytes(mib: u64) -> u64 {
    mib.saturating_mul(1 << 20)
}

/// This program again, as the process that parses.
fn worker_command() -> Result<WorkerCommand> {
    let program = std::env::current_exe().map_err(|cause| {
        Error::new(ErrorCode::ParserUnavailable, "cannot tell where this program is").with_source(cause)
    })?;
    Ok(WorkerCommand {
        program,
        args: vec!["parse-worker".into()],
    })
}

/// What reads scanned pages, in a worker of its own; the same in both lanes.
fn recogniser(config: &Config, paths: &Paths) -> Option<Lazy<dyn PageRecogniser>> {
    let store = ModelStore::new(&paths.models, Catalogue::builtin());
    let id = store.default_id(ModelKind::Ocr)?.to_owned();
    let threads = cores(config.index.ocr_threads);
    let passwords = config.index.pdf_passwords.reveal().to_vec();
    config.index.ocr.then(|| {
        Lazy::new(id, move || {
            let OcrFiles {
                id,
                detector,
                recogniser,
                dictionary,
            } = store.ocr_files()?;
            let files = RecogniserFiles {
                detector,
                recogniser,
                dictionary,
                threads,
            };
            let options = RecogniserOptions {
                pdf_passwords: passwords.clone().into(),
                ..RecogniserOptions::new(id, files, worker_command()?)
            };
            Ok(Arc::new(PageReader::new(options)) as Arc<dyn PageRecogniser>)
        })
    })
}

/// The dictionary of the catalogue; the same in both lanes.
fn dictionary(paths: &Paths) -> Option<Lazy<dyn Translator>> {
    let store = ModelStore::new(&paths.models, Catalogue::builtin());
    let id = store.default_id(ModelKind::Dictionary)?.to_owned();
    Some(Lazy::new(id.clone(), move || {
        let dictionary = Dictionary::load(&store.ensure_verified(&id)?)?;
        Ok(Arc::new(dictionary) as Arc<dyn Translator>)
    }))
}

/// The configured number of threads, or one per core.
pub(crate) fn cores(configured: usize) -> usize {
    match configured {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

fn cpu() -> Option<Check> {
    #[cfg(target_arch = "x86_64")]
    {
        let ok = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
        let found = if ok { "AVX2 and FMA" } else { "no AVX2" }.to_owned();
        let remedy = if ok {
            String::new()
        } else {
            ErrorCode::CpuUnsupported.hint().to_owned()
        };
        Some(Check {
            of: Checked::Processor,
            ok,
            found,
            remedy,
        })
    }
    #[cfg(not(target_arch = "x86_64"))]
    None
}

fn python(config: &Config) -> Check {
    let program = &config.models.python;
    match std::process::Command::new(program)
        .args(["-m", "pip", "--version"])
        .output()
    {
        Ok(output) if output.status.success() => {
            let found = String::from_utf8_lossy(&output.stdout)
                .split(" from ")
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned();
            Check {
                of: Checked::Python,
                ok: true,
                found,
                remedy: String::new(),
            }
        }
        _ => Check {
            of: Checked::Python,
            ok: false,
            found: format!("`{program} -m pip` does not run"),
            remedy: "install Python 3 with pip to fetch models, or set models.python; nothing else needs it"
                .to_owned(),
        },
    }
}
