//! The embedder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use fastembed::{
    InitOptionsUserDefined, QuantizationMode, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel,
};
use ort::environment::Environment;
use ort::session::Session;
use ort::value::Tensor;
use rushlight_core::{EmbedKind, Embedder, EmbedderSpec, Embedding, Error, ErrorCode, Result};
use rushlight_tokens::UnigramTokenizer;
use serde::Deserialize;

use crate::runtime;
use crate::session::{BYTES_PER_TOKEN, PRECISE, SPINNING, cut, read, session, unusable, without_arena};

/// What errors call it.
const WHAT: &str = "embedding model";

/// What an [`OnnxEmbedder`] is made of.
#[derive(Clone, Debug)]
pub struct OnnxEmbedderOptions {
    /// Folder with `model.onnx`, `tokenizer.json` and `config.json`.
    pub model_dir: PathBuf,
    /// ONNX Runtime's library, 1.24 or later. The first one loaded stays for the life of the process.
    pub runtime_library: PathBuf,
    /// Identity of model and weights.
    pub model_id: String,
    /// Threads for passages; at least one. Questions always have one of their own.
    pub threads: usize,
    /// The model's tokenizer where it is loaded already, so that it is in memory once less; otherwise it is read.
    pub tokenizer: Option<Arc<UnigramTokenizer>>,
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
            tokenizer: None,
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
///
/// Each text is computed alone. A batch would be padded and masked, which costs more than it saves: attention is then
/// computed in full matrices instead of blocks, and the matrices of a single text already fill a processor. So a vector
/// depends on its text and on nothing else, to the bit, and memory is bounded by the longest text the model reads.
///
/// fastembed computes passages, with a tokenizer of its own that takes some 280 MB; questions run on a plain session of one
/// thread with the tokenizer that counts tokens for chunking: give it as [`OnnxEmbedderOptions::tokenizer`], or share
/// [`OnnxEmbedder::token_counter`].
pub struct OnnxEmbedder {
    spec: EmbedderSpec,
    query_prefix: String,
    passage_prefix: String,
    tokenizer: Arc<UnigramTokenizer>,
    queries: Mutex<Session>,
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
            tokenizer,
            query_prefix,
            passage_prefix,
        } = options;
        let environment = runtime::environment(&runtime_library)?;
        let Config {
            hidden_size,
            max_position_embeddings: max_tokens,
        } = serde_json::from_slice(&read(WHAT, &model_dir, "config.json")?).map_err(|error| {
            unusable(WHAT, &model_dir, "its `config.json` lacks a size").with_source(error)
        })?;
        let tokenizer = match tokenizer {
            Some(tokenizer) => tokenizer,
            None => Arc::new(UnigramTokenizer::load(
                &model_dir.join("tokenizer.json"),
                model_id.as_str(),
            )?),
        };
        let embedder = Self {
            tokenizer,
            queries: Mutex::new(session(WHAT, &model_dir, &environment, 1)?),
            passages: Mutex::new(passage_session(
                &model_dir,
                &environment,
                max_tokens,
                threads.max(1),
            )?),
            spec: EmbedderSpec {
                model_id,
                dimensions: hidden_size,
                max_tokens,
            },
            query_prefix,
            passage_prefix,
        };
        for kind in [EmbedKind::Query, EmbedKind::Passage] {
            let probe = embedder
                .embed(kind, &["probe"])
                .map_err(|error| unusable(WHAT, &model_dir, "it computes nothing").with_source(error))?;
            let found = probe[0].values().len();
            if found != hidden_size {
                let reason = format!("it computes {found} values and declares {hidden_size}");
                return Err(unusable(WHAT, &model_dir, &reason));
            }
        }
        Ok(embedder)
    }

    /// Its tokenizer, to count tokens with.
    pub fn token_counter(&self) -> Arc<UnigramTokenizer> {
        Arc::clone(&self.tokenizer)
    }

    fn embed_query(&self, input: &str) -> Result<Embedding> {
        let ids = self.tokenizer.ids(input, self.spec.max_tokens);
        // A panic inside leaves no half-written state behind: each run begins anew.
        let mut session = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        let values = run(&mut session, ids).map_err(|error| self.failed().with_source(error.to_string()))?;
        Embedding::normalized(values)
    }

    fn embed_passage(&self, input: &str) -> Result<Embedding> {
        let mut session = self.passages.lock().unwrap_or_else(PoisonError::into_inner);
        let vectors = session
            .embed([input], Some(1))
            .map_err(|error| self.failed().with_source(error))?;
        let vector = vectors.into_iter().next().ok_or_else(|| self.failed())?;
        Embedding::normalized(vector)
    }

    fn failed(&self) -> Error {
        let message = format!("`{}` failed on a text", self.spec.model_id);
        Error::new(ErrorCode::EmbeddingFailed, message)
    }
}

impl Embedder for OnnxEmbedder {
    fn spec(&self) -> &EmbedderSpec {
        &self.spec
    }

    fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
        let limit = self.spec.max_tokens * BYTES_PER_TOKEN;
        texts
            .iter()
            .map(|text| match kind {
                EmbedKind::Query => self.embed_query(&format!("{}{}", self.query_prefix, cut(text, limit))),
                EmbedKind::BriefQuery => {
                    self.embed_query(&format!("{}{}", self.passage_prefix, cut(text, limit)))
                }
                EmbedKind::Passage | EmbedKind::Title => {
                    self.embed_passage(&format!("{}{}", self.passage_prefix, cut(text, limit)))
                }
            })
            .collect()
    }
}

/// Computes one text; the model pools and gives one vector.
fn run(session: &mut Session, ids: Vec<i64>) -> ort::Result<Vec<f32>> {
    let shape = [1, ids.len()];
    let mask = Tensor::from_array((shape, vec![1i64; ids.len()]))?;
    let ids = Tensor::from_array((shape, ids))?;
    let outputs = session.run(ort::inputs!["input_ids" => ids, "attention_mask" => mask])?;
    let (_, values) = outputs["sentence_embedding"].try_extract_tensor::<f32>()?;
    Ok(values.to_vec())
}

fn passage_session(
    folder: &Path,
    environment: &Environment,
    max_tokens: usize,
    threads: usize,
) -> Result<TextEmbedding> {
    let files = TokenizerFiles {
        tokenizer_file: read(WHAT, folder, "tokenizer.json")?,
        config_file: read(WHAT, folder, "config.json")?,
        // No special token may be found inside a text, and a text alone is never padded: both files only have to be there.
        special_tokens_map_file: b"{}".to_vec(),
        tokenizer_config_file: format!(r#"{{"model_max_length":{max_tokens},"pad_token":"<pad>"}}"#)
            .into_bytes(),
    };
    let model = UserDefinedEmbeddingModel::new(read(WHAT, folder, "model.onnx")?, files)
        .with_quantization(QuantizationMode::None);
    let options = InitOptionsUserDefined::new()
        .with_environment(environment.clone())
        .with_max_length(max_tokens)
        .with_intra_threads(threads)
        .with_execution_providers(vec![without_arena()])
        .with_session_config(SPINNING.0, SPINNING.1)
        .with_session_config(PRECISE.0, PRECISE.1);
    TextEmbedding::try_new_from_user_defined(model, options)
        .map_err(|error| unusable(WHAT, folder, "it cannot be loaded").with_source(error))
}
