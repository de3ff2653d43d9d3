//! The decoder for a file, shaped as its metadata have it.

use std::ops::ControlFlow;

use rushlight_core::{Error, ErrorCode, Result};
use rushlight_kernels::KeyValueCache;

use crate::gguf::Gguf;
use crate::transformer::{Experts, Gate, Rope, Shape, Transformer, Window};

/// Decoder blocks of Gemma 3 27B.
const GEMMA_27B_BLOCKS: usize = 62;

/// The weights and the key and value cache.
pub(crate) struct Decoder {
    weights: Transformer,
    /// Tokens that the cache has room for.
    pub(crate) context_tokens: usize,
}

impl Decoder {
    /// Reads all weights of a checked file.
    pub(crate) fn read(gguf: &Gguf, max_context: usize, threads: usize) -> Result<Self> {
        let architecture = gguf.string("general.architecture")?.to_owned();
        let known = ["llama", "qwen2", "qwen3", "qwen3moe", "gemma3"];
        if !known.contains(&architecture.as_str()) {
            return Err(gguf.unusable(&format!(
                "its architecture is `{architecture}`; known are {}",
                known.join(", ")
            )));
        }
        let context_tokens = gguf
            .positive(&format!("{architecture}.context_length"), 1 << 32)?
            .min(max_context);
        let shape = shape(gguf, &architecture)?;
        let weights = Transformer::read(gguf, shape, threads).map_err(|cause| {
            gguf.unusable("its weights cannot be read")
                .with_source(cause.to_string())
        })?;
        Ok(Self {
            weights,
            context_tokens,
        })
    }

    /// Whether more than the last token's scores can be had at once, each the same as alone.
    pub(crate) fn scores_all(&self) -> bool {
        self.weights.is_exact()
    }

    /// Whether it takes little longer to read a few tokens than one. Tokens of a mixture go through experts of their own, each of which is
    /// read for it.
    pub(crate) fn is_worth_guessing(&self) -> bool {
        self.scores_all() && !self.weights.is_mixture()
    }

    /// From now on keeps the state behind these blocks, counted from 1, of the first token whose scores are wanted.
    pub(crate) fn tap(&mut self, blocks: &[usize]) -> Result<()> {
        let all = self.weights.blocks();
        if let Some(block) = blocks.iter().find(|block| !(1..=all).contains(block)) {
            return Err(Error::new(
                ErrorCode::GenerationFailed,
                format!("the model has {all} blocks, and no block {block}"),
            ));
        }
        self.weights.tap(blocks);
        Ok(())
    }

    /// What was kept last behind each block that was named; nothing is kept any more.
    pub(crate) fn take_tapped(&mut self) -> Vec<Vec<f32>> {
        self.weights.take_tapped()
    }

    /// Reads `tokens`, which stand from `position` on, right behind what was read; returns the scores of what comes after each of
    /// the last `wanted`.
    ///
    /// `go_on` is told which share is done; when it breaks, nothing was read, as after an error.
    pub(crate) fn forward(
        &mut self,
        tokens: &[u32],
        position: usize,
        wanted: usize,
        go_on: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<ControlFlow<(), Vec<Vec<f32>>>> {
        let scores = self
            .weights
            .forward(tokens, position, wanted, go_on)
            .map_err(|cause| {
                Error::new(
                    ErrorCode::GenerationFailed,
                    format!("the language model failed at token {position}"),
                )
                .with_source(cause.to_string())
            })?;
        Ok(match scores {
            ControlFlow::Continue(scores) => {
                let rows = match wanted {
                    1 => vec![scores],
                    _ => (scores.chunks_exact(scores.len() / wanted).map(<[f32]>::to_vec)).collect(),
                };
                ControlFlow::Continue(rows)
            }
            ControlFlow::Break(()) => ControlFlow::Break(()),
        })
    }

    /// Forgets what stands behind the first `length` tokens.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.weights.truncate(length);
    }

    /// A cache that has read nothing.
    pub(crate) fn empty_cache(&self) -> Vec<KeyValueCache> {
        self.weights.empty_cache()
    }

    /// Goes on with what another cache has read, and gives back its own.
    pub(crate) fn exchange_cache(&mut self, other: Vec<KeyValueCache>) -> Vec<KeyValueCache> {
        self.weights.exchange_cache(other)
    }

    /// Bytes that the cache takes once it has read so many tokens.
    pub(crate) fn cache_bytes(&self, length: usize) -> usize {
        self.weights.cache_bytes(length)
    }

    /// Keys and values of the first `length` positions.
    pub(crate) fn snapshot(&self, length: usize) -> Vec<u16> {
        self.weights.snapshot(length)
    }

    /// Goes back to what a snapshot of so many positions has; false where it is of another size, and then it has read nothing.
    pub(crate) fn restore(&mut self, length: usize, snapshot: &[u16]) -> bool {
        self.weights.restore(length, snapshot)
    }
}

/// Reads the shape; refuses sizes that would divide by zero or allocate without end.
fn shape(gguf: &Gguf, architecture: &str) -> Result<Shape> {
    let key = |name: &str| format!("{architecture}.{name}");
    let width = gguf.positive(&key("embedding_length"), 1 << 16)?;
    let heads = gguf.positive(&key("attention.head_count"), 1 << 10)?;
    let shared_heads = match gguf.find_number(&key("attention.head_count_kv")) {
        Some(_) => gguf.positive(&key("attention.head_count_kv"), 1 << 10)?,
        None => heads,
    };
    let blocks = gguf.positive(&key("block_count"), 1 << 10)?;
    let head_dim = match gguf.find_number(&key("attention.key_length")) {
        Some(_) => gguf.positive(&key("attention.key_length"), 1 << 12)?,
        None if width.is_multiple_of(heads) => width / heads,
        None => return Err(gguf.unusable(&format!("{heads} heads do not divide a width of {width}"))),
    };
    let rotated = gguf.find_number(&key("rope.dimension_count"));
    if !heads.is_multiple_of(shared_heads) || !head_dim.is_multiple_of(16) {
        return Err(gguf.unusable(&format!(
            "{heads} heads of {head_dim} values do not share {shared_heads}, or are no multiple of 16 values"
        )));
    }
    if rotated.is_some_and(|rotated| rotated != head_dim as u64) {
        return Err(gguf.unusable("only a part of each head is rotated, which is not known"));
    }
    let tokens = gguf.tokens().len();
    let rows = gguf
        .content
        .tensor_infos
        .get("token_embd.weight")
        .map(|tensor| tensor.shape.dims());
    let vocabulary = match rows {
        Some([rows, columns]) if *rows >= tokens && *columns == width => *rows,
        Some(_) | None => return Err(gguf.unusable("its token table does not fit its tokens")),
    };
    let float = |name: &str| gguf.find_float(&key(name));
    let norm_epsilon = float("attention.layer_norm_rms_epsilon").unwrap_or(1e-5);
    if !norm_epsilon.is_finite() || norm_epsilon < 0.0 {
        return Err(gguf.unusable(&format!("its norms add {norm_epsilon}")));
    }
    let is_gemma = architecture == "gemma3";
    if float("final_logit_softcapping").is_some_and(|cap| cap != 0.0) {
        return Err(gguf.unusable("its scores are capped, which is not known"));
    }
    let scaled_by = match (is_gemma, blocks) {
        // As Gemma's own code has it, but only for the largest.
        (true, GEMMA_27B_BLOCKS) => width / heads,
        _ => head_dim,
    };
    let experts = experts(gguf, architecture)?;
    let expert_width = key("expert_feed_forward_length");
    let feed_width = match experts.and_then(|_| gguf.find_number(&expert_width)) {
        Some(_) => gguf.positive(&expert_width, 1 << 20)?,
        None => gguf.positive(&key("feed_forward_length"), 1 << 20)?,
    };
    Ok(Shape {
        width,
        feed_width,
        experts,
        vocabulary,
        heads,
        shared_heads,
        head_dim,
        attention_scale: 1.0 / (scaled_by as f32).sqrt(),
        window: window(gguf, architecture)?,
        blocks,
        token_scale: if is_gemma { (width as f32).sqrt() } else { 1.0 },
        gate: if is_gemma { Gate::Gelu } else { Gate::Swish },
        rope: rope(gguf, architecture)?,
        rope_halves: architecture != "llama",
        norm_epsilon,
    })
}

/// The experts of a mixture; `None` in a dense model.
fn experts(gguf: &Gguf, architecture: &str) -> Result<Option<Experts>> {
    let key = |name: &str| format!("{architecture}.{name}");
    if gguf
        .find_number(&key("expert_count"))
        .is_none_or(|count| count < 2)
    {
        return Ok(None);
    }
    if gguf
        .find_number(&key("expert_shared_count"))
        .is_some_and(|shared| shared > 0)
    {
        return Err(gguf.unusable("every token goes through some of its experts, which is not known"));
    }
    let count = gguf.positive(&key("expert_count"), 1 << 10)?;
    let chosen = gguf.positive(&key("expert_used_count"), count as u64)?;
    Ok(Some(Experts { count, chosen }))
}

/// How positions are turned where all of them are seen.
fn rope(gguf: &Gguf, architecture: &str) -> Result<Rope> {
    let key = |name: &str| format!("{architecture}.{name}");
    let base = match architecture {
        "gemma3" => 1_000_000.0,
        _ => 10_000.0,
    };
    let divisor = match gguf.find_string(&key("rope.scaling.type")) {
        None | Some("none") => 1.0,
        // The factors stand in the file.
        Some(_) if gguf.content.tensor_infos.contains_key("rope_freqs.weight") => 1.0,
        Some("linear") => {
            let factor = gguf.find_float(&key("rope.scaling.factor")).unwrap_or(1.0);
            if !(factor.is_finite() && factor > 0.0) {
                return Err(gguf.unusable(&format!("its positions are divided by {factor}")));
            }
            factor
        }
        Some(scaling) => {
            return Err(gguf.unusable(&format!(
                "its positions are scaled by `{scaling}`, which is not known"
            )));
        }
    };
    Ok(Rope {
        base: (gguf.find_float(&key("rope.freq_base")))
            .filter(|base| *base > 0.0)
            .unwrap_or(base),
        divisor,
    })
}

/// What hides positions from some blocks or from all. Keys and defaults: `llama-model.cpp` of llama.cpp.
fn window(gguf: &Gguf, architecture: &str) -> Result<Option<Window>> {
    let key = |name: &str| format!("{architecture}.{name}");
    let positions = gguf
        .find_number(&key("attention.sliding_window"))
        .and_then(|window| usize::try_from(window).ok())
        .filter(|window| *window > 0);
    let Some(positions) = positions else {
        return Ok(None);
    };
    if architecture != "gemma3" {
        return Ok(Some(Window {
            positions,
            all_every: None,
            rope: rope(gguf, architecture)?,
        }));
    }
    let pattern = key("attention.sliding_window_pattern");
    let all_every = match gguf.content.metadata.contains_key(&pattern) {
        true => gguf.positive(&pattern, 1 << 10)?,
        false => 6,
    };
    let base = gguf.find_float(&key("rope.freq_base_swa"));
    Ok(Some(Window {
        positions,
        all_every: Some(all_every),
        rope: Rope {
            base: base.filter(|base| *base > 0.0).unwrap_or(10_000.0),
            divisor: 1.0,
        },
    }))
}
