//! candle's decoders behind one shape, chosen by the file's architecture.

use std::path::Path;

use candle_core::quantized::gguf_file::Value;
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};
use rushlight_core::{Error, ErrorCode, Result};

use crate::gguf::Gguf;

/// The weights and the key and value cache.
pub(crate) struct Decoder {
    weights: Weights,
    /// Tokens that the cache and the positional table have room for.
    pub(crate) context_tokens: usize,
}

enum Weights {
    Llama(quantized_llama::ModelWeights),
    Qwen2(quantized_qwen2::ModelWeights),
    Qwen3(quantized_qwen3::ModelWeights),
}

impl Decoder {
    /// Reads all weights of a checked file.
    pub(crate) fn read(mut gguf: Gguf, max_context: usize) -> Result<Self> {
        let architecture = gguf.string("general.architecture")?.to_owned();
        let known = ["llama", "qwen2", "qwen3"];
        if !known.contains(&architecture.as_str()) {
            return Err(gguf.unusable(&format!(
                "its architecture is `{architecture}`; known are {}",
                known.join(", ")
            )));
        }
        let mut context_tokens = gguf
            .positive(&format!("{architecture}.context_length"), 1 << 32)?
            .min(max_context);
        if architecture == "llama" {
            context_tokens = context_tokens.min(quantized_llama::MAX_SEQ_LEN);
        }
        check_shape(&gguf, &architecture)?;
        // The table of positions is computed for the whole context at once: only what is used.
        gguf.content.metadata.insert(
            format!("{architecture}.context_length"),
            Value::U32(u32::try_from(context_tokens).unwrap_or(u32::MAX)),
        );

        let failed = {
            let error = gguf.unusable("its weights cannot be read");
            move |cause: candle_core::Error| error.with_source(cause.to_string())
        };
        let Gguf {
            content, mut reader, ..
        } = gguf;
        let weights = match architecture.as_str() {
            "llama" => quantized_llama::ModelWeights::from_gguf(content, &mut reader, &Device::Cpu)
                .map(Weights::Llama),
            "qwen2" => quantized_qwen2::ModelWeights::from_gguf(content, &mut reader, &Device::Cpu)
                .map(Weights::Qwen2),
            _ => quantized_qwen3::ModelWeights::from_gguf(content, &mut reader, &Device::Cpu)
                .map(Weights::Qwen3),
        };
        Ok(Self {
            weights: weights.map_err(failed)?,
            context_tokens,
        })
    }

    /// Reads the file at `path` anew, checks included.
    pub(crate) fn open(path: &Path, max_context: usize) -> Result<Self> {
        Self::read(Gguf::open(path)?, max_context)
    }

    /// Reads `tokens`, which stand from `position` on; returns the scores of what comes after the last.
    pub(crate) fn forward(&mut self, tokens: &[u32], position: usize) -> Result<Vec<f32>> {
        let mut run = || -> candle_core::Result<Vec<f32>> {
            let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
            let logits = match &mut self.weights {
                Weights::Llama(weights) => weights.forward(&input, position)?,
                Weights::Qwen2(weights) => weights.forward(&input, position)?,
                Weights::Qwen3(weights) => weights.forward(&input, position)?,
            };
            logits.squeeze(0)?.to_dtype(candle_core::DType::F32)?.to_vec1()
        };
        run().map_err(|cause| {
            Error::new(
                ErrorCode::GenerationFailed,
                format!("the language model failed at token {position}"),
            )
            .with_source(cause.to_string())
        })
    }

    /// Forgets everything read.
    pub(crate) fn clear(&mut self) {
        match &mut self.weights {
            Weights::Llama(weights) => weights.clear_kv_cache(),
            Weights::Qwen2(weights) => weights.clear_kv_cache(),
            Weights::Qwen3(weights) => weights.clear_kv_cache(),
        }
    }

    /// Bytes of the attention mask that candle keeps for good after a call with so many tokens at this position.
    pub(crate) fn kept_mask_bytes(&self, tokens: usize, position: usize) -> usize {
        match &self.weights {
            Weights::Llama(_) | Weights::Qwen2(_) if tokens > 1 => tokens * (position + tokens),
            Weights::Llama(_) | Weights::Qwen2(_) | Weights::Qwen3(_) => 0,
        }
    }
}

/// Refuses sizes that would make candle divide by zero or allocate without end.
fn check_shape(gguf: &Gguf, architecture: &str) -> Result<()> {
    let key = |name: &str| format!("{architecture}.{name}");
    let width = gguf.positive(&key("embedding_length"), 1 << 16)?;
    let heads = gguf.positive(&key("attention.head_count"), 1 << 10)?;
    let shared = gguf.positive(&key("attention.head_count_kv"), 1 << 10)?;
    gguf.positive(&key("block_count"), 1 << 10)?;
    if !width.is_multiple_of(heads) || !heads.is_multiple_of(shared) {
        return Err(gguf.unusable(&format!(
            "{heads} heads with {shared} shared do not divide a width of {width}"
        )));
    }
    let tokens = gguf.tokens().len();
    let rows = gguf
        .content
        .tensor_infos
        .get("token_embd.weight")
        .map(|tensor| tensor.shape.dims());
    match rows {
        Some([rows, columns]) if *rows >= tokens && *columns == width => Ok(()),
        Some(_) | None => Err(gguf.unusable("its token table does not fit its tokens")),
    }
}
