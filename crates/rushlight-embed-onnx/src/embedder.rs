//! The embedder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fastembed::{
    InitOptionsUserDefined, QuantizationMode, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel,
};
use ort::environment::Environment;
use ort::ep;
use rushlight_core::{EmbedKind, Embedder, EmbedderSpec, Embedding, Error, ErrorCode, Result};
use serde::Deserialize;

use crate::batches;
use crate::runtime;

/// Text beyond so many bytes for each token the model reads cannot matter: the longest piece of a vocabulary has 48
/// bytes. Only runs of hundreds of spaces could, and those say nothing.
const BYTES_PER_TOKEN: usize = 128;

/// What an [`OnnxEmbedder`] is made of.
#[derive(Clone, Debug)]
pub struct OnnxEmbedderOptions {
    /// Folder with `model.onnx`, `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`, `config.json`.
    pub model_dir: PathBuf,
    /// ONNX Runtime's library, 1.24 or later. The first one loaded stays for the life of the process.
    pub runtime_library: PathBuf,
    /// Identity of model and weights.
    pub model_id: String,
    /// Threads for passages; at least one. Questions always have one of their own.
    pub threads: usize,
    /// Stands before a text to search for.
    pub query_prefix: String,
    /// Stands before a text to be found.
    pub passage_prefix: String,
}

impl OnnxEmbedderOptions {
    /// With the prefixes of the E5 family and one thread.
    pub fn e5(
        model_dir: impl Into<PathBuf>,
        runtime_library: impl Into<PathBuf>,
        model_id: impl Into<String>,
    ) -> Self {
        Self {
            model_dir: model_dir.into(),
            runtime_library: runtime_library.into(),
            model_id: model_id.into(),
            threads: 1,
            query_prefix: "query: ".to_owned(),
            passage_prefix: "passage: ".to_owned(),
        }
    }
}

/// What is needed of `config.json`.
#[derive(Deserialize)]
struct Config {
    hidden_size: usize,
    max_position_embeddings: usize,
}

/// An embedding model in ONNX Runtime. Holds the weights twice: once for passages, once for questions.
pub struct OnnxEmbedder {
    spec: EmbedderSpec,
    query_prefix: String,
    passage_prefix: String,
    queries: Mutex<TextEmbedding>,
    passages: Mutex<TextEmbedding>,
}

impl OnnxEmbedder {
    /// Loads library and model, and computes one vector to see that they work.
    ///
    /// # Errors
    /// `RuntimeMissing` for the library; `ModelMissing` when a file of the model is not there; `ModelUnusable` when
    /// it cannot be loaded or computes something else than it says.
    pub fn load(options: OnnxEmbedderOptions) -> Result<Self> {
        let OnnxEmbedderOptions {
            model_dir,
            runtime_library,
            model_id,
            threads,
            query_prefix,
            passage_prefix,
        } = options;
        let environment = runtime::environment(&runtime_library)?;
        let config: Config = serde_json::from_slice(&read(&model_dir, "config.json")?)
            .map_err(|error| unusable(&model_dir, "its `config.json` lacks a size").with_source(error))?;
        let session = |threads| session(&model_dir, &environment, config.max_position_embeddings, threads);
        let embedder = Self {
            queries: Mutex::new(session(1)?),
            passages: Mutex::new(session(threads.max(1))?),
            spec: EmbedderSpec {
                model_id,
                dimensions: config.hidden_size,
                max_tokens: config.max_position_embeddings,
            },
            query_prefix,
            passage_prefix,
        };
        let probe = embedder
            .embed(EmbedKind::Query, &["probe"])
            .map_err(|error| unusable(&model_dir, "it computes nothing").with_source(error))?;
        let found = probe[0].values().len();
        if found != config.hidden_size {
            let reason = format!("it computes {found} values and declares {}", config.hidden_size);
            return Err(unusable(&model_dir, &reason));
        }
        Ok(embedder)
    }
}

impl Embedder for OnnxEmbedder {
    fn spec(&self) -> &EmbedderSpec {
        &self.spec
    }

    fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let (prefix, session) = match kind {
            EmbedKind::Query => (&self.query_prefix, &self.queries),
            EmbedKind::Passage => (&self.passage_prefix, &self.passages),
        };
        let limit = self.spec.max_tokens * BYTES_PER_TOKEN;
        let inputs: Vec<String> = texts
            .iter()
            .map(|text| format!("{prefix}{}", cut(text, limit)))
            .collect();
        let mut session = lock(session);
        let lengths = inputs
            .iter()
            .map(|input| token_count(&session, input))
            .collect::<Result<Vec<_>>>()?;
        let mut vectors: Vec<Option<Embedding>> = vec![None; texts.len()];
        for batch in batches::plan(&lengths) {
            let batch_inputs: Vec<&str> = batch.iter().map(|index| inputs[*index].as_str()).collect();
            let computed = session.embed(&batch_inputs, Some(batch.len())).map_err(|error| {
                Error::new(
                    ErrorCode::EmbeddingFailed,
                    format!("`{}` failed on {} texts", self.spec.model_id, batch.len()),
                )
                .with_source(error)
            })?;
            for (index, vector) in batch.into_iter().zip(computed) {
                vectors[index] = Some(Embedding::normalized(vector)?);
            }
        }
        let missing = || {
            Error::new(
                ErrorCode::EmbeddingFailed,
                format!("`{}` left out a text", self.spec.model_id),
            )
        };
        vectors
            .into_iter()
            .map(|vector| vector.ok_or_else(missing))
            .collect()
    }
}

fn lock(session: &Mutex<TextEmbedding>) -> MutexGuard<'_, TextEmbedding> {
    // A panic inside leaves no half-written state behind: each run begins anew.
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

fn token_count(session: &TextEmbedding, input: &str) -> Result<usize> {
    let encoding = session.tokenizer.encode_fast(input, true);
    encoding.map(|encoding| encoding.len()).map_err(|error| {
        Error::new(ErrorCode::EmbeddingFailed, "a text cannot be split into tokens").with_source(error)
    })
}

/// The beginning of a text, at most `limit` bytes.
fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn session(
    folder: &Path,
    environment: &Environment,
    max_tokens: usize,
    threads: usize,
) -> Result<TextEmbedding> {
    let files = TokenizerFiles {
        tokenizer_file: read(folder, "tokenizer.json")?,
        config_file: read(folder, "config.json")?,
        special_tokens_map_file: read(folder, "special_tokens_map.json")?,
        tokenizer_config_file: read(folder, "tokenizer_config.json")?,
    };
    let model = UserDefinedEmbeddingModel::new(read(folder, "model.onnx")?, files)
        .with_quantization(QuantizationMode::None);
    let options = InitOptionsUserDefined::new()
        .with_environment(environment.clone())
        .with_max_length(max_tokens)
        .with_intra_threads(threads)
        // An arena keeps the largest batch's memory for good.
        .with_execution_providers(vec![ep::CPU::default().with_arena_allocator(false).build()])
        // Threads that spin while they wait take the processor from the language model.
        .with_session_config("session.intra_op.allow_spinning", "0");
    TextEmbedding::try_new_from_user_defined(model, options)
        .map_err(|error| unusable(folder, "it cannot be loaded").with_source(error))
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    fs::read(&path).map_err(|error| {
        let message = format!(
            "the embedding model is not installed: cannot read `{}`",
            path.display()
        );
        Error::new(ErrorCode::ModelMissing, message).with_source(error)
    })
}

fn unusable(folder: &Path, reason: &str) -> Error {
    Error::new(
        ErrorCode::ModelUnusable,
        format!(
            "the embedding model in `{}` is unusable: {reason}",
            folder.display()
        ),
    )
}
