//! The reranker: a cross-encoder, which reads question and passage as one text.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::session::{Session, SessionInputValue};
use ort::value::Tensor;
use rushlight_core::{Error, ErrorCode, Reranker, RerankerSpec, Result};
use serde_json::Value;
use tokenizers::{Encoding, PostProcessor, Tokenizer, TruncationDirection};

use crate::runtime;
use crate::session::{BYTES_PER_TOKEN, cut, read, session, unusable};

/// What errors call it.
const WHAT: &str = "reranking model";
/// More is not read at once, whatever the model could: the time grows with the square, and no chunk is longer.
const MAX_TOKENS: usize = 512;
/// Tokens that are kept for the passage when the question alone would fill the model.
const PASSAGE_TOKENS: usize = 64;
/// Inputs that a graph may ask for.
const INPUTS: [&str; 3] = ["input_ids", "attention_mask", "token_type_ids"];

/// What an [`OnnxReranker`] is made of.
#[derive(Clone, Debug)]
pub struct OnnxRerankerOptions {
    /// Folder with `model.onnx` and `tokenizer.json`; a `config.json` there says how long a text the model reads.
    pub model_dir: PathBuf,
    /// ONNX Runtime's library, 1.24 or later. The first one loaded stays for the life of the process.
    pub runtime_library: PathBuf,
    /// Identity of model and weights.
    pub model_id: String,
    /// Threads; at least one.
    pub threads: usize,
}

/// A cross-encoder in ONNX Runtime: a classifier of pairs with one value, or two of which the second stands for "relevant".
///
/// Each passage is computed alone, as vectors are: nothing is padded, and a score depends on its passage and the question
/// and on nothing else, to the bit.
pub struct OnnxReranker {
    spec: RerankerSpec,
    tokenizer: Tokenizer,
    session: Mutex<Session>,
}

impl OnnxReranker {
    /// Loads library and model, and computes one score to see that they work.
    ///
    /// # Errors
    /// `RuntimeMissing` for the library; `ModelMissing` when a file of the model is not there; `ModelUnusable` when it
    /// cannot be loaded or is no cross-encoder.
    pub fn load(options: OnnxRerankerOptions) -> Result<Self> {
        let OnnxRerankerOptions {
            model_dir,
            runtime_library,
            model_id,
            threads,
        } = options;
        let environment = runtime::environment(&runtime_library)?;
        let bytes = read(WHAT, &model_dir, "tokenizer.json")?;
        let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| {
            unusable(WHAT, &model_dir, "its `tokenizer.json` cannot be read").with_source(error)
        })?;
        let max_tokens = max_tokens(&tokenizer, &model_dir);
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|error| unusable(WHAT, &model_dir, "its tokenizer cannot be set").with_source(error))?;
        let session = session(WHAT, &model_dir, &environment, threads.max(1))?;
        if let Some(input) = session
            .inputs()
            .iter()
            .find(|input| !INPUTS.contains(&input.name()))
        {
            let reason = format!(
                "it asks for the input `{}`, which a cross-encoder has not",
                input.name()
            );
            return Err(unusable(WHAT, &model_dir, &reason));
        }
        let reranker = Self {
            spec: RerankerSpec { model_id, max_tokens },
            tokenizer,
            session: Mutex::new(session),
        };
        reranker
            .rerank("probe", &["probe"])
            .map_err(|error| unusable(WHAT, &model_dir, "it gives no score").with_source(error.chain()))?;
        Ok(reranker)
    }

    fn score(&self, question: &Encoding, text: &str) -> Result<f32> {
        let pair = self.pair(question.clone(), text)?;
        // A panic inside leaves no half-written state behind: each run begins anew.
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let values = run(&mut session, &pair).map_err(|error| self.failed(error))?;
        let score = match values[..] {
            [score] => score,
            // The log of the odds, where both classes have a value.
            [no, yes] => yes - no,
            _ => return Err(self.failed(format!("{} values and not one or two", values.len()))),
        };
        match score.is_finite() {
            true => Ok(score),
            false => Err(self.failed("the score is not finite")),
        }
    }

    /// The question's tokens, so few that a passage has room beside them.
    fn question(&self, query: &str) -> Result<Encoding> {
        let mut question = self.encode(query)?;
        let room = self.room().saturating_sub(PASSAGE_TOKENS);
        shorten(&mut question, room);
        Ok(question)
    }

    /// Both with the special tokens around them, the passage cut at its end.
    fn pair(&self, question: Encoding, text: &str) -> Result<Encoding> {
        let mut passage = self.encode(text)?;
        shorten(&mut passage, self.room().saturating_sub(question.len()));
        self.tokenizer
            .post_process(question, Some(passage), true)
            .map_err(|error| self.failed(error))
    }

    fn encode(&self, text: &str) -> Result<Encoding> {
        self.tokenizer
            .encode_fast(cut(text, self.spec.max_tokens * BYTES_PER_TOKEN), false)
            .map_err(|error| self.failed(error))
    }

    /// Tokens for question and passage together.
    fn room(&self) -> usize {
        let special = self
            .tokenizer
            .get_post_processor()
            .map_or(0, |processor| processor.added_tokens(true));
        self.spec.max_tokens.saturating_sub(special)
    }

    fn failed(&self, cause: impl ToString) -> Error {
        let message = format!("`{}` failed on a passage", self.spec.model_id);
        Error::new(ErrorCode::RerankingFailed, message).with_source(cause.to_string())
    }
}

impl Reranker for OnnxReranker {
    fn spec(&self) -> &RerankerSpec {
        &self.spec
    }

    fn rerank(&self, query: &str, texts: &[&str]) -> Result<Vec<f32>> {
        let question = self.question(query)?;
        texts.iter().map(|text| self.score(&question, text)).collect()
    }
}

fn shorten(encoding: &mut Encoding, tokens: usize) {
    encoding.truncate(tokens, 0, TruncationDirection::Right);
    // What is cut off would be put beside the other text as well.
    encoding.take_overflowing();
}

fn run(session: &mut Session, pair: &Encoding) -> ort::Result<Vec<f32>> {
    let shape = [1, pair.len()];
    let wanted: Vec<String> = session
        .inputs()
        .iter()
        .map(|input| input.name().to_owned())
        .collect();
    let mut inputs: Vec<(String, SessionInputValue<'_>)> = Vec::with_capacity(wanted.len());
    for name in wanted {
        let values = match name.as_str() {
            "input_ids" => pair.get_ids(),
            "token_type_ids" => pair.get_type_ids(),
            _ => pair.get_attention_mask(),
        };
        let values: Vec<i64> = values.iter().copied().map(i64::from).collect();
        inputs.push((name, Tensor::from_array((shape, values))?.into()));
    }
    let outputs = session.run(inputs)?;
    let scores = match outputs.get("logits") {
        Some(scores) => scores,
        None => &outputs[0],
    };
    let (_, values) = scores.try_extract_tensor::<f32>()?;
    Ok(values.to_vec())
}

/// What the model reads at once: as its tokenizer's file was set for it, else as many positions as its configuration
/// declares.
fn max_tokens(tokenizer: &Tokenizer, folder: &Path) -> usize {
    let set = tokenizer.get_truncation().map(|params| params.max_length);
    set.or_else(|| positions(folder))
        .map_or(MAX_TOKENS, |tokens| tokens.min(MAX_TOKENS))
}

/// Positions in `config.json`. Models of RoBERTa's family keep the first two for padding.
fn positions(folder: &Path) -> Option<usize> {
    let config: Value = serde_json::from_slice(&fs::read(folder.join("config.json")).ok()?).ok()?;
    let positions = usize::try_from(config["max_position_embeddings"].as_u64()?).ok()?;
    let kept = if config["model_type"]
        .as_str()
        .is_some_and(|kind| kind.contains("roberta"))
    {
        2
    } else {
        0
    };
    Some(positions.saturating_sub(kept))
}
