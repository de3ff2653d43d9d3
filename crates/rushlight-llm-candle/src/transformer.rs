//! A decoder for the dense models of the Llama, Qwen2 and Qwen3 families on candle's quantised matrices.
//!
//! What candle-transformers' own decoders do for every token is not done here: no copy of the cache, no copy of shared heads,
//! no token table in f32, no masks kept. The cache can be cut back, so that a prompt costs only what is new in it.

use std::sync::Arc;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{D, DType, Device, Module, Result, Tensor};
use candle_transformers::quantized_nn::RmsNorm;

use crate::gguf::Gguf;

/// Positions by which the cache grows.
const GROW: usize = 256;

/// What a file says of its decoder's shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Heads of the queries.
    pub(crate) heads: usize,
    /// Heads of keys and values; each is shared by `heads / shared_heads` heads of the queries.
    pub(crate) shared_heads: usize,
    /// Values of a head.
    pub(crate) head_dim: usize,
    /// Decoder blocks.
    pub(crate) blocks: usize,
    /// Tokens that there are positions for.
    pub(crate) context_tokens: usize,
    /// Base of the rotary frequencies.
    pub(crate) rope_base: f32,
    /// Whether the rotary pairs are the halves of a head (Qwen), not its neighbours (Llama).
    pub(crate) rope_halves: bool,
    /// What is added under the root of a norm.
    pub(crate) norm_epsilon: f64,
}

/// Weights and cache.
pub(crate) struct Transformer {
    shape: Shape,
    tokens: Arc<QTensor>,
    blocks: Vec<Block>,
    norm: RmsNorm,
    output: Matrix,
    /// Positions × half a head.
    cos: Tensor,
    sin: Tensor,
    /// Positions in the cache.
    length: usize,
}

struct Block {
    attention_norm: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    query_norm: Option<RmsNorm>,
    key_norm: Option<RmsNorm>,
    joined: Linear,
    feed_norm: RmsNorm,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
    /// Heads × positions × values of a head, with room behind `length`.
    cache: Option<(Tensor, Tensor)>,
}

/// A quantised matrix, or one in floats.
struct Matrix {
    weights: QMatMul,
    quantised: Option<Arc<QTensor>>,
}

struct Linear {
    matrix: Matrix,
    bias: Option<Tensor>,
}

impl Matrix {
    fn new(tensor: QTensor) -> Result<Self> {
        Self::shared(Arc::new(tensor))
    }

    fn shared(tensor: Arc<QTensor>) -> Result<Self> {
        let weights = QMatMul::from_arc(Arc::clone(&tensor))?;
        let quantised = matches!(weights, QMatMul::QTensor(_)).then_some(tensor);
        Ok(Self { weights, quantised })
    }

    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.weights.forward(input)
    }
}

/// Several matrices with the same input, which is then prepared once where candle can.
fn forward_all<const N: usize>(matrices: [&Matrix; N], input: &Tensor) -> Result<[Tensor; N]> {
    let quantised: Option<Vec<&QTensor>> = matrices
        .iter()
        .map(|matrix| matrix.quantised.as_deref())
        .collect();
    if let Some(quantised) = quantised
        && quantised
            .iter()
            .all(|tensor| tensor.dtype() == quantised[0].dtype())
        && let Some(fused) = QTensor::gemv_fused_shared_lhs(&quantised, input)?
        && let Ok(fused) = <[Tensor; N]>::try_from(fused)
    {
        return Ok(fused);
    }
    let mut outputs = Vec::with_capacity(N);
    for matrix in matrices {
        outputs.push(matrix.forward(input)?);
    }
    Ok(outputs.try_into().expect("one output for each of them"))
}

impl Linear {
    fn add_bias(&self, output: Tensor) -> Result<Tensor> {
        match &self.bias {
            Some(bias) => output.broadcast_add(bias),
            None => Ok(output),
        }
    }
}

/// Reads named tensors of a file.
struct Reader<'a> {
    gguf: &'a mut Gguf,
}

impl Reader<'_> {
    fn tensor(&mut self, name: &str) -> Result<QTensor> {
        self.gguf
            .content
            .tensor(&mut self.gguf.reader, name, &Device::Cpu)
    }

    fn has(&self, name: &str) -> bool {
        self.gguf.content.tensor_infos.contains_key(name)
    }

    fn matrix(&mut self, name: &str) -> Result<Matrix> {
        Matrix::new(self.tensor(&format!("{name}.weight"))?)
    }

    fn linear(&mut self, name: &str) -> Result<Linear> {
        let matrix = self.matrix(name)?;
        let bias = format!("{name}.bias");
        let bias = match self.has(&bias) {
            true => Some(self.tensor(&bias)?.dequantize(&Device::Cpu)?),
            false => None,
        };
        Ok(Linear { matrix, bias })
    }

    fn norm(&mut self, name: &str, epsilon: f64) -> Result<RmsNorm> {
        RmsNorm::from_qtensor(self.tensor(&format!("{name}.weight"))?, epsilon)
    }

    fn find_norm(&mut self, name: &str, epsilon: f64) -> Result<Option<RmsNorm>> {
        match self.has(&format!("{name}.weight")) {
            true => self.norm(name, epsilon).map(Some),
            false => Ok(None),
        }
    }
}

impl Transformer {
    /// Reads the weights.
    pub(crate) fn read(gguf: &mut Gguf, shape: Shape) -> Result<Self> {
        let mut reader = Reader { gguf };
        let epsilon = shape.norm_epsilon;
        let tokens = Arc::new(reader.tensor("token_embd.weight")?);
        let output = match reader.has("output.weight") {
            true => reader.matrix("output")?,
            // The token table read the other way.
            false => Matrix::shared(Arc::clone(&tokens))?,
        };
        let blocks = (0..shape.blocks)
            .map(|block| {
                let name = |part: &str| format!("blk.{block}.{part}");
                Ok(Block {
                    attention_norm: reader.norm(&name("attn_norm"), epsilon)?,
                    query: reader.linear(&name("attn_q"))?,
                    key: reader.linear(&name("attn_k"))?,
                    value: reader.linear(&name("attn_v"))?,
                    query_norm: reader.find_norm(&name("attn_q_norm"), epsilon)?,
                    key_norm: reader.find_norm(&name("attn_k_norm"), epsilon)?,
                    joined: reader.linear(&name("attn_output"))?,
                    feed_norm: reader.norm(&name("ffn_norm"), epsilon)?,
                    gate: reader.matrix(&name("ffn_gate"))?,
                    up: reader.matrix(&name("ffn_up"))?,
                    down: reader.matrix(&name("ffn_down"))?,
                    cache: None,
                })
            })
            .collect::<Result<_>>()?;
        let (cos, sin) = rotations(&shape)?;
        Ok(Self {
            norm: reader.norm("output_norm", epsilon)?,
            tokens,
            blocks,
            output,
            cos,
            sin,
            shape,
            length: 0,
        })
    }

    /// Reads tokens behind those in the cache; returns the scores of what comes after the last.
    pub(crate) fn forward(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        let (start, count) = (self.length, tokens.len());
        let mask = match count {
            1 => None,
            _ => Some(causal_mask(start, count)?),
        };
        let cos = self.cos.narrow(0, start, count)?;
        let sin = self.sin.narrow(0, start, count)?;
        let mut state = self.tokens.embedding(&Tensor::new(tokens, &Device::Cpu)?)?;
        for block in &mut self.blocks {
            let attended = block.attend(&self.shape, &state, start, &cos, &sin, mask.as_ref())?;
            state = (state + attended)?;
            let fed = block.feed(&state)?;
            state = (state + fed)?;
        }
        self.length += count;
        let last = self.norm.forward(&state.narrow(0, count - 1, 1)?.contiguous()?)?;
        self.output
            .forward(&last)?
            .squeeze(0)?
            .to_dtype(DType::F32)?
            .to_vec1()
    }

    /// Forgets all but the first `length` positions.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
        if self.length == 0 {
            self.blocks.iter_mut().for_each(|block| block.cache = None);
        }
    }
}

impl Block {
    /// Attention over the cache and the new positions, `state` being positions × width.
    fn attend(
        &mut self,
        shape: &Shape,
        state: &Tensor,
        start: usize,
        cos: &Tensor,
        sin: &Tensor,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let count = state.dim(0)?;
        let input = self.attention_norm.forward(state)?;
        let [query, key] = forward_all([&self.query.matrix, &self.key.matrix], &input)?;
        let value = self.value.matrix.forward(&input)?;

        let query = per_head(
            &self.query.add_bias(query)?,
            shape.heads,
            self.query_norm.as_ref(),
        )?;
        let key = per_head(
            &self.key.add_bias(key)?,
            shape.shared_heads,
            self.key_norm.as_ref(),
        )?;
        let value = per_head(&self.value.add_bias(value)?, shape.shared_heads, None)?;
        let rotate = |heads: &Tensor| {
            let heads = heads.unsqueeze(0)?;
            let rotated = match shape.rope_halves {
                true => candle_nn::rotary_emb::rope(&heads, cos, sin)?,
                false => candle_nn::rotary_emb::rope_i(&heads, cos, sin)?,
            };
            rotated.squeeze(0)
        };
        let (keys, values) = self.extend(&rotate(&key)?, &value, start)?;

        // The heads that share keys and values stand behind each other, as more positions of one head.
        let shared = shape.heads / shape.shared_heads;
        let query = rotate(&query)?.reshape((shape.shared_heads, shared * count, shape.head_dim))?;
        let scores = (query.matmul(&keys.t()?)? / (shape.head_dim as f64).sqrt())?;
        let scores = match mask {
            Some(mask) => {
                let total = start + count;
                scores
                    .reshape((shape.shared_heads, shared, count, total))?
                    .broadcast_add(mask)?
                    .reshape((shape.shared_heads, shared * count, total))?
            }
            None => scores,
        };
        let attended = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&values)?;
        let attended = attended
            .reshape((shape.heads, count, shape.head_dim))?
            .transpose(0, 1)?
            .contiguous()?
            .reshape((count, shape.heads * shape.head_dim))?;
        let joined = self.joined.matrix.forward(&attended)?;
        self.joined.add_bias(joined)
    }

    /// Writes keys and values behind the first `start` positions and gives all of them, without a copy.
    fn extend(&mut self, key: &Tensor, value: &Tensor, start: usize) -> Result<(Tensor, Tensor)> {
        let (heads, count, head_dim) = key.dims3()?;
        let total = start + count;
        let room = match &self.cache {
            Some((keys, _)) => keys.dim(1)?,
            None => 0,
        };
        if total > room {
            let grown = (heads, total.next_multiple_of(GROW), head_dim);
            let keys = Tensor::zeros(grown, DType::F32, &Device::Cpu)?;
            let values = Tensor::zeros(grown, DType::F32, &Device::Cpu)?;
            if let Some((old_keys, old_values)) = &self.cache {
                keys.slice_set(old_keys, 1, 0)?;
                values.slice_set(old_values, 1, 0)?;
            }
            self.cache = Some((keys, values));
        }
        let (keys, values) = self.cache.as_ref().expect("it has room by now");
        keys.slice_set(&key.contiguous()?, 1, start)?;
        values.slice_set(&value.contiguous()?, 1, start)?;
        Ok((keys.narrow(1, 0, total)?, values.narrow(1, 0, total)?))
    }

    fn feed(&self, state: &Tensor) -> Result<Tensor> {
        let input = self.feed_norm.forward(state)?;
        let [gate, up] = forward_all([&self.gate, &self.up], &input)?;
        self.down.forward(&(candle_nn::ops::silu(&gate)? * up)?)
    }
}

/// Positions × (heads · values) as heads × positions × values, normed where a model does that.
fn per_head(rows: &Tensor, heads: usize, norm: Option<&RmsNorm>) -> Result<Tensor> {
    let (count, width) = rows.dims2()?;
    let rows = rows.reshape((count, heads, width / heads))?;
    let rows = match norm {
        Some(norm) => norm.forward(&rows)?,
        None => rows,
    };
    rows.transpose(0, 1)?.contiguous()
}

/// 0 where a new position may look, minus infinity where it may not: count × (start + count).
fn causal_mask(start: usize, count: usize) -> Result<Tensor> {
    let total = start + count;
    let mut mask = vec![0f32; count * total];
    for (row, cells) in mask.chunks_exact_mut(total).enumerate() {
        cells[start + row + 1..].fill(f32::NEG_INFINITY);
    }
    Tensor::from_vec(mask, (count, total), &Device::Cpu)
}

/// Cosines and sines of every position.
fn rotations(shape: &Shape) -> Result<(Tensor, Tensor)> {
    let half = shape.head_dim / 2;
    let steps: Vec<f32> = (0..half)
        .map(|at| 1.0 / shape.rope_base.powf(2.0 * at as f32 / shape.head_dim as f32))
        .collect();
    let steps = Tensor::from_vec(steps, (1, half), &Device::Cpu)?;
    let positions = Tensor::arange(0, shape.context_tokens as u32, &Device::Cpu)?
        .to_dtype(DType::F32)?
        .unsqueeze(D::Minus1)?;
    let angles = positions.matmul(&steps)?;
    Ok((angles.cos()?, angles.sin()?))
}

#[cfg(test)]
mod tests;
