//! The real models: ONNX Runtime for vectors, candle for answers, LanceDB to keep the vectors.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use rushlight_cli::{Check, Checked, Paths};
use rushlight_config::Config;
use rushlight_core::{
    Embedder, EmbedderSpec, Error, ErrorCode, LanguageModel, Reranker, Result, TokenCounter, VectorIndex,
};
use rushlight_embed_onnx::{OnnxEmbedder, OnnxEmbedderOptions, OnnxReranker, OnnxRerankerOptions};
use rushlight_engine::{LanguageModels, Lazy, VectorFactory};
use rushlight_ingest::EstimatedTokens;
use rushlight_llm_candle::{CandleModel, CandleOptions};
use rushlight_models::{Catalogue, ModelKind, ModelStore};
use rushlight_tokens::UnigramTokenizer;
use rushlight_vectors_lance::{LanceIndex, LanceOptions};

use super::{Models, bytes, cores};

/// Tokens of prompt and answer together: more than any prompt of ours, and a bound on memory.
const MAX_CONTEXT: usize = 4096;

struct Lance {
    resident: bool,
}

#[async_trait]
impl VectorFactory for Lance {
    async fn open(&self, dir: &Path, dimensions: usize) -> Result<Arc<dyn VectorIndex>> {
        let options = LanceOptions {
            dimensions,
            resident: self.resident,
        };
        Ok(Arc::new(LanceIndex::open(dir, options).await?))
    }
}

pub(crate) fn models(config: &Config, paths: &Paths) -> Result<Models> {
    let store = ModelStore::new(&paths.models, Catalogue::builtin());
    let entry = store.entry(&config.models.embedding)?;
    if entry.kind != ModelKind::Embedding {
        return Err(wrong_kind("models.embedding", &entry.id, "an embedding model"));
    }
    let language = store.entry(&config.models.language)?;
    if language.kind != ModelKind::Language {
        return Err(wrong_kind("models.language", &language.id, "a language model"));
    }
    let embedder_spec = EmbedderSpec {
        model_id: entry.id.clone(),
        dimensions: entry.dimensions,
        max_tokens: entry.context_tokens,
    };
    let counter = tokens(&store, &entry.id)?;
    Ok(Models {
        tokens_are_estimated: counter.is_none(),
        embedder: embedder(
            store.clone(),
            embedder_spec.clone(),
            cores(config.index.embed_threads),
            counter.clone(),
        ),
        tokens: match counter {
            Some(counter) => counter,
            None => Arc::new(EstimatedTokens),
        },
        reranker: reranker(store.clone(), config),
        language_models: language_models(store, language.id, config, paths),
        recogniser: super::recogniser(config, paths),
        embedder_spec,
        vector: Box::new(Lance {
            resident: config.search.resident_vectors,
        }),
    })
}

fn wrong_kind(key: &str, id: &str, expected: &str) -> Error {
    Error::new(
        ErrorCode::InvalidConfig,
        format!("`{key}` is `{id}`, which is not {expected}"),
    )
    .with_hint("run `rushlight models list` to see the kinds")
}

/// The embedding model's own tokenizer, read when it is first needed: most commands count no tokens. The embedder shares
/// it.
struct LazyTokens {
    id: String,
    file: PathBuf,
    loaded: OnceLock<Option<Arc<UnigramTokenizer>>>,
}

impl LazyTokens {
    fn get(&self) -> Option<&Arc<UnigramTokenizer>> {
        let load = || match UnigramTokenizer::load(&self.file, self.id.as_str()) {
            Ok(counter) => Some(Arc::new(counter)),
            Err(error) => {
                tracing::error!(code = error.code().as_str(), error = %error.chain(), "tokens are only estimated");
                None
            }
        };
        self.loaded.get_or_init(load).as_ref()
    }
}

impl TokenCounter for LazyTokens {
    fn id(&self) -> &str {
        &self.id
    }

    fn token_ends(&self, text: &str) -> Vec<usize> {
        match self.get() {
            Some(counter) => counter.token_ends(text),
            None => EstimatedTokens.token_ends(text),
        }
    }
}

/// The tokenizer, as long as the model is installed. Whether it is the right one to the byte is checked when the model
/// is loaded.
fn tokens(store: &ModelStore, id: &str) -> Result<Option<Arc<LazyTokens>>> {
    let file = store.folder(id)?.join("tokenizer.json");
    let there = file.is_file();
    Ok(there.then(|| {
        Arc::new(LazyTokens {
            id: id.to_owned(),
            file,
            loaded: OnceLock::new(),
        })
    }))
}

fn runtime_library(store: &ModelStore) -> Result<PathBuf> {
    let id = store.default_id(ModelKind::Runtime).ok_or_else(|| {
        Error::new(
            ErrorCode::RuntimeMissing,
            "the catalogue names no ONNX Runtime for this machine",
        )
    })?;
    store.ensure_verified(id).map_err(|error| {
        let code = if error.code() == ErrorCode::ModelMissing {
            ErrorCode::RuntimeMissing
        } else {
            error.code()
        };
        Error::new(code, error.message().to_owned())
    })
}

fn embedder(
    store: ModelStore,
    spec: EmbedderSpec,
    threads: usize,
    tokens: Option<Arc<LazyTokens>>,
) -> Lazy<dyn Embedder> {
    Lazy::new(spec.model_id.clone(), move || {
        store.ensure_verified(&spec.model_id)?;
        let (folder, library) = (store.folder(&spec.model_id)?, runtime_library(&store)?);
        let options = OnnxEmbedderOptions {
            threads,
            tokenizer: tokens.as_ref().and_then(|tokens| tokens.get().cloned()),
            ..OnnxEmbedderOptions::e5(folder, library, &spec.model_id)
        };
        Ok(Arc::new(OnnxEmbedder::load(options)?) as Arc<dyn Embedder>)
    })
}

/// The configured reranking model, or the one that is installed: which that is shows when it is first asked for.
fn reranker(store: ModelStore, config: &Config) -> Lazy<dyn Reranker> {
    let (configured, threads) = (config.models.reranker.clone(), cores(config.answer.threads));
    Lazy::new(configured.clone(), move || {
        let id = match configured.is_empty() {
            true => store.only_installed(ModelKind::Reranker)?,
            false => configured.clone(),
        };
        if store.entry(&id)?.kind != ModelKind::Reranker {
            return Err(wrong_kind("models.reranker", &id, "a reranking model"));
        }
        store.ensure_verified(&id)?;
        let options = OnnxRerankerOptions {
            model_dir: store.folder(&id)?,
            runtime_library: runtime_library(&store)?,
            model_id: id,
            threads,
        };
        Ok(Arc::new(OnnxReranker::load(options)?) as Arc<dyn Reranker>)
    })
}

/// The configured language model, and any other that is installed.
fn language_models(store: ModelStore, id: String, config: &Config, paths: &Paths) -> LanguageModels {
    let settings = LanguageSettings {
        threads: cores(config.answer.threads),
        states: paths.data.join("model-states"),
        conversation_bytes: usize::try_from(bytes(config.answer.conversation_mb)).unwrap_or(usize::MAX),
    };
    let default = language_model(store.clone(), id, settings.clone());
    let find = move |id: &str| {
        let status = store.status(id)?;
        if status.entry.kind != ModelKind::Language {
            let message = format!(
                "`{id}` is a model of kind {}, and writes nothing",
                status.entry.kind.as_str()
            );
            return Err(Error::new(ErrorCode::InvalidRequest, message)
                .with_hint("`rushlight models list` has the models of kind language"));
        }
        // Its files are looked at, and not read.
        store.path(id)?;
        Ok(language_model(store.clone(), status.entry.id, settings.clone()))
    };
    LanguageModels::new(default, Box::new(find))
}

/// What is the same for every language model.
#[derive(Clone)]
struct LanguageSettings {
    threads: usize,
    states: PathBuf,
    conversation_bytes: usize,
}

fn language_model(store: ModelStore, id: String, settings: LanguageSettings) -> Lazy<dyn LanguageModel> {
    Lazy::new(id.clone(), move || {
        let path = store.ensure_verified(&id)?;
        let sha256 = store
            .entry(&id)?
            .files
            .first()
            .map(|file| file.sha256.clone())
            .unwrap_or_default();
        let options = CandleOptions {
            model_id: id.clone(),
            sha256,
            max_context: MAX_CONTEXT,
            guesses: true,
            threads: settings.threads,
            states: Some(settings.states.clone()),
            conversation_bytes: settings.conversation_bytes,
        };
        Ok(Arc::new(CandleModel::load(&path, options)?) as Arc<dyn LanguageModel>)
    })
}

/// ONNX Runtime is there, and the one the catalogue names.
pub(crate) fn checks(paths: &Paths) -> Vec<Check> {
    let store = ModelStore::new(&paths.models, Catalogue::builtin());
    vec![match runtime_library(&store) {
        Ok(library) => Check {
            of: Checked::Runtime,
            ok: true,
            found: library.display().to_string(),
            remedy: String::new(),
        },
        Err(error) => Check {
            of: Checked::Runtime,
            ok: false,
            found: error.chain(),
            remedy: error.hint().to_owned(),
        },
    }]
}
