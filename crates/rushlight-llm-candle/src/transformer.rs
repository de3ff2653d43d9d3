//! A decoder for the models of the Llama, Qwen2 and Qwen3 families, mixtures of experts among them, and of Gemma 3.
//!
//! Numbers are plain slices: rows of values, one row for a token. The products, attention and what lies between them are those
//! of rushlight-kernels. The cache can be cut back, so that a prompt costs only what is new in it.

use std::ops::ControlFlow;

use candle_core::{Error, Result};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use rushlight_kernels::{Attention, Input, KeyValueCache, add, geglu, rms_norm, rotate, swiglu};

use crate::gguf::Gguf;
use crate::weights::{Matrix, Reader, Rows};

/// What a file says of its decoder's shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Heads of the queries.
    pub(crate) heads: usize,
    /// Heads of keys and values; each is shared by `heads / shared_heads` heads of the queries.
    pub(crate) shared_heads: usize,
    /// Values of a head.
    pub(crate) head_dim: usize,
    /// What a product of query and key is multiplied with.
    pub(crate) attention_scale: f32,
    /// Positions that are seen; all before a token when `None`.
    pub(crate) window: Option<Window>,
    /// Values of a token between blocks.
    pub(crate) width: usize,
    /// Values inside of a block's feed-forward network, or of each expert's.
    pub(crate) feed_width: usize,
    /// Experts in place of one feed-forward network.
    pub(crate) experts: Option<Experts>,
    /// Tokens that the model has.
    pub(crate) vocabulary: usize,
    /// Decoder blocks.
    pub(crate) blocks: usize,
    /// What a token's values are multiplied with before the first block.
    pub(crate) token_scale: f32,
    /// What opens the gates of a feed-forward network.
    pub(crate) gate: Gate,
    /// How positions turn, but where there is a window.
    pub(crate) rope: Rope,
    /// Whether the rotary pairs are the halves of a head (Qwen), not its neighbours (Llama).
    pub(crate) rope_halves: bool,
    /// What is added under the root of a norm.
    pub(crate) norm_epsilon: f32,
}

/// Feed-forward networks of which each token goes through a few.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Experts {
    /// All of a block.
    pub(crate) count: usize,
    /// Those that a token goes through.
    pub(crate) chosen: usize,
}

/// A window over the last positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Positions that a token sees, itself included.
    pub(crate) positions: usize,
    /// The last of so many blocks sees all positions; none does when `None`.
    pub(crate) all_every: Option<usize>,
    /// How positions turn within it.
    pub(crate) rope: Rope,
}

/// How far positions turn the pairs of a head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rope {
    /// Base of the frequencies.
    pub(crate) base: f32,
    /// What positions are divided by.
    pub(crate) divisor: f32,
}

/// A function that opens gates.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gate {
    /// x / (1 + e^-x).
    Swish,
    /// GELU, by its approximation with tanh.
    Gelu,
}

impl Shape {
    /// The window over what a block sees.
    fn window(&self, block: usize) -> Option<&Window> {
        let all = |window: &Window| {
            window
                .all_every
                .is_some_and(|every| (block + 1).is_multiple_of(every))
        };
        self.window.as_ref().filter(|window| !all(window))
    }
}

/// Weights and cache.
pub(crate) struct Transformer {
    shape: Shape,
    tokens: Matrix,
    blocks: Vec<Block>,
    norm: Vec<f32>,
    /// The token table is read the other way where there is none.
    output: Option<Matrix>,
    /// What each pair's frequency is divided by, in models that were stretched to longer texts.
    rope_factors: Option<Vec<f32>>,
    memory: Memory,
    threads: ThreadPool,
    taps: Vec<Tap>,
}

/// Keeps the state behind a block.
struct Tap {
    /// Counted from 1.
    block: usize,
    /// Of the first token whose scores were wanted last.
    state: Vec<f32>,
}

struct Block {
    attention_norm: Vec<f32>,
    query: Linear,
    key: Linear,
    value: Linear,
    query_norm: Option<Vec<f32>>,
    key_norm: Option<Vec<f32>>,
    joined: Linear,
    /// For what attention adds.
    joined_norm: Option<Vec<f32>>,
    feed_norm: Vec<f32>,
    feed: Feed,
    /// For what the feed-forward network adds.
    down_norm: Option<Vec<f32>>,
    cache: KeyValueCache,
}

/// What a token goes through by itself.
enum Feed {
    Dense(Network),
    Mixture(Mixture),
}

struct Network {
    gate: Matrix,
    up: Matrix,
    down: Matrix,
}

struct Mixture {
    /// A row for each expert: the product with a token says how much the expert is its.
    router: Vec<f32>,
    experts: Vec<Network>,
    chosen: usize,
}

struct Linear {
    matrix: Matrix,
    bias: Option<Vec<f32>>,
}

/// Memory that every block uses again.
#[derive(Default)]
struct Memory {
    input: Input,
    normed: Vec<f32>,
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    heads: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    output: Vec<f32>,
}

impl Linear {
    fn read(reader: &mut Reader<'_>, name: &str, rows: usize, columns: usize) -> Result<Self> {
        Ok(Self {
            matrix: reader.matrix(name, rows, columns)?,
            bias: reader.find_vector(&format!("{name}.bias"), rows)?,
        })
    }

    fn multiply(&self, rows: &mut Rows<'_>, output: &mut Vec<f32>) -> Result<()> {
        self.matrix.multiply(rows, output)?;
        if let Some(bias) = &self.bias {
            output.chunks_exact_mut(bias.len()).for_each(|row| add(row, bias));
        }
        Ok(())
    }
}

impl Transformer {
    /// Reads the weights. Everything is computed on so many threads; one per core when 0. What comes out does not depend on it.
    pub(crate) fn read(gguf: &Gguf, shape: Shape, threads: usize) -> Result<Self> {
        let threads = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("language-model-{number}"))
            .build()
            .map_err(Error::wrap)?;
        let mut reader = Reader::new(gguf, &threads);
        let Shape {
            width,
            head_dim,
            vocabulary,
            ..
        } = shape;
        let (wide, narrow) = (shape.heads * head_dim, shape.shared_heads * head_dim);
        let blocks = (0..shape.blocks)
            .map(|block| {
                let name = |part: &str| format!("blk.{block}.{part}");
                Ok(Block {
                    attention_norm: reader.vector(&name("attn_norm.weight"), width)?,
                    query: Linear::read(&mut reader, &name("attn_q"), wide, width)?,
                    key: Linear::read(&mut reader, &name("attn_k"), narrow, width)?,
                    value: Linear::read(&mut reader, &name("attn_v"), narrow, width)?,
                    query_norm: reader.find_vector(&name("attn_q_norm.weight"), head_dim)?,
                    key_norm: reader.find_vector(&name("attn_k_norm.weight"), head_dim)?,
                    joined: Linear::read(&mut reader, &name("attn_output"), width, wide)?,
                    joined_norm: reader.find_vector(&name("post_attention_norm.weight"), width)?,
                    feed_norm: reader.vector(&name("ffn_norm.weight"), width)?,
                    feed: Feed::read(&mut reader, &name, &shape)?,
                    down_norm: reader.find_vector(&name("post_ffw_norm.weight"), width)?,
                    cache: KeyValueCache::new(shape.shared_heads, head_dim),
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            norm: reader.vector("output_norm.weight", width)?,
            tokens: reader.matrix("token_embd", vocabulary, width)?,
            output: match reader.has("output.weight") {
                true => Some(reader.matrix("output", vocabulary, width)?),
                false => None,
            },
            rope_factors: reader.find_vector("rope_freqs.weight", head_dim / 2)?,
            blocks,
            shape,
            memory: Memory::default(),
            threads,
            taps: Vec::new(),
        })
    }

    /// Reads tokens behind the first `position` ones in the cache; returns the scores of what comes after each of the last `wanted`
    /// of them, in rows behind each other.
    ///
    /// `go_on` is told which share of the work is done, a few dozen times; when it breaks, what was read of these tokens counts for
    /// nothing, as after an error.
    pub(crate) fn forward(
        &mut self,
        tokens: &[u32],
        position: usize,
        wanted: usize,
        go_on: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<ControlFlow<(), Vec<f32>>> {
        // What an earlier call left behind that was broken off half-way.
        self.truncate(position);
        let angles = |rope: &Rope| {
            let factors = self.rope_factors.as_ref();
            Angles::new(rope, self.shape.head_dim, factors, position, tokens.len())
        };
        let everywhere = angles(&self.shape.rope);
        let in_window = self.shape.window.as_ref().map(|window| angles(&window.rope));
        let Self {
            shape,
            blocks,
            memory,
            threads,
            taps,
            ..
        } = self;
        let mut state = Vec::new();
        self.tokens.look_up(tokens, shape.width, &mut state)?;
        if shape.token_scale != 1.0 {
            state.iter_mut().for_each(|value| *value *= shape.token_scale);
        }
        let count = blocks.len();
        for (at, block) in blocks.iter_mut().enumerate() {
            if go_on(at as f32 / count as f32).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            // Behind the last block only the last tokens are looked at.
            let kept = if at + 1 == count { wanted } else { tokens.len() };
            let window = shape.window(at);
            let angles = match (window, &in_window) {
                (Some(_), Some(angles)) => angles,
                _ => &everywhere,
            };
            let attention = Attention {
                heads: shape.heads,
                scale: shape.attention_scale,
                window: window.map(|window| window.positions),
            };
            threads.install(|| {
                block.attend(shape, attention, &mut state, kept, angles, memory)?;
                block.feed(shape, &mut state, memory)
            })?;
            for tap in taps.iter_mut().filter(|tap| tap.block == at + 1) {
                let first = state.len() - wanted * shape.width;
                tap.state.clear();
                tap.state.extend_from_slice(&state[first..first + shape.width]);
            }
        }
        let output = self.output.as_ref().unwrap_or(&self.tokens);
        let mut scores = Vec::new();
        threads.install(|| {
            memory.normed.resize(state.len(), 0.0);
            rms_norm(&state, &self.norm, shape.norm_epsilon, &mut memory.normed);
            let mut rows = Rows::new(&memory.normed, shape.width, &mut memory.input);
            output.multiply(&mut rows, &mut scores)
        })?;
        match scores.iter().all(|score| score.is_finite()) {
            true => Ok(ControlFlow::Continue(scores)),
            false => Err(Error::Msg("it computes what is no number".to_owned())),
        }
    }

    /// From now on keeps the state behind these blocks, counted from 1, of the first token whose scores are wanted.
    pub(crate) fn tap(&mut self, blocks: &[usize]) {
        let tap = |block: &usize| Tap {
            block: *block,
            state: Vec::new(),
        };
        self.taps = blocks.iter().map(tap).collect();
    }

    /// What was kept last behind each block that was named; nothing is kept any more.
    pub(crate) fn take_tapped(&mut self) -> Vec<Vec<f32>> {
        let taps = std::mem::take(&mut self.taps);
        taps.into_iter().map(|tap| tap.state).collect()
    }

    /// Decoder blocks.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Whether a token's scores are the same to the last bit however many are read with it: true where no matrix is multiplied by
    /// candle.
    pub(crate) fn is_exact(&self) -> bool {
        let blocks = self.blocks.iter().flat_map(|block| {
            let linear = [&block.query, &block.key, &block.value, &block.joined];
            let linear = linear.map(|linear| &linear.matrix);
            let networks = block.feed.networks().iter();
            let networks = networks.flat_map(|network| [&network.gate, &network.up, &network.down]);
            linear.into_iter().chain(networks)
        });
        let mut all = blocks.chain([&self.tokens]).chain(&self.output);
        all.all(|matrix| matches!(matrix, Matrix::Packed(_)))
    }

    /// Whether tokens go through experts of their own.
    pub(crate) fn is_mixture(&self) -> bool {
        self.shape.experts.is_some()
    }

    /// Keys and values of the first `length` positions, of one block behind the other.
    pub(crate) fn snapshot(&self, length: usize) -> Vec<u16> {
        let blocks = self.blocks.iter();
        blocks.flat_map(|block| block.cache.snapshot(length)).collect()
    }

    /// Holds what a snapshot of so many positions has; false where it is of another size, and then it holds nothing.
    pub(crate) fn restore(&mut self, length: usize, snapshot: &[u16]) -> bool {
        let sizes = self.blocks.iter().map(|block| block.cache.snapshot_len(length));
        let fits = sizes.sum::<usize>() == snapshot.len();
        let mut rest = snapshot;
        let blocks = self.blocks.iter_mut();
        let restored = fits
            && blocks.fold(true, |all, block| {
                let (own, others) = rest.split_at(block.cache.snapshot_len(length));
                rest = others;
                block.cache.restore(length, own) && all
            });
        if !restored {
            self.truncate(0);
        }
        restored
    }

    /// Keys and values of every block, for none of which a position was read.
    pub(crate) fn empty_cache(&self) -> Vec<KeyValueCache> {
        let Shape {
            shared_heads,
            head_dim,
            ..
        } = self.shape;
        let blocks = self.blocks.iter();
        blocks
            .map(|_| KeyValueCache::new(shared_heads, head_dim))
            .collect()
    }

    /// Goes on with other keys and values, and gives back its own.
    pub(crate) fn exchange_cache(&mut self, other: Vec<KeyValueCache>) -> Vec<KeyValueCache> {
        let blocks = self.blocks.iter_mut().zip(other);
        blocks
            .map(|(block, other)| std::mem::replace(&mut block.cache, other))
            .collect()
    }

    /// Bytes that keys and values take once so many positions were read.
    pub(crate) fn cache_bytes(&self, length: usize) -> usize {
        self.blocks.iter().map(|block| block.cache.bytes(length)).sum()
    }

    /// Forgets all but the first `length` positions.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.blocks
            .iter_mut()
            .for_each(|block| block.cache.truncate(length));
    }
}

impl Block {
    /// Adds attention over the cache and the new positions to the last `wanted` rows of the state, which alone are kept.
    fn attend(
        &mut self,
        shape: &Shape,
        attention: Attention,
        state: &mut Vec<f32>,
        wanted: usize,
        angles: &Angles,
        memory: &mut Memory,
    ) -> Result<()> {
        let Shape {
            width,
            heads,
            shared_heads,
            head_dim,
            ..
        } = *shape;
        memory.normed.resize(state.len(), 0.0);
        rms_norm(
            state,
            &self.attention_norm,
            shape.norm_epsilon,
            &mut memory.normed,
        );
        let mut rows = Rows::new(&memory.normed, width, &mut memory.input);
        self.key.multiply(&mut rows, &mut memory.key)?;
        self.value.multiply(&mut rows, &mut memory.value)?;
        normed(&mut memory.key, self.key_norm.as_ref(), shape, &mut memory.heads);
        angles.turn(shape, &mut memory.key, shared_heads);
        self.cache.append(&memory.key, &memory.value);

        let skipped = state.len() - wanted * width;
        let mut wanted_rows;
        let rows = match skipped {
            0 => &mut rows,
            _ => {
                wanted_rows = Rows::new(&memory.normed[skipped..], width, &mut memory.input);
                &mut wanted_rows
            }
        };
        self.query.multiply(rows, &mut memory.query)?;
        normed(
            &mut memory.query,
            self.query_norm.as_ref(),
            shape,
            &mut memory.heads,
        );
        angles.turn(shape, &mut memory.query, heads);
        memory.heads.resize(memory.query.len(), 0.0);
        attention.attend(&memory.query, &self.cache, &mut memory.heads);
        let mut rows = Rows::new(&memory.heads, heads * head_dim, &mut memory.input);
        self.joined.multiply(&mut rows, &mut memory.output)?;
        normed(
            &mut memory.output,
            self.joined_norm.as_ref(),
            shape,
            &mut memory.normed,
        );
        state.drain(..skipped);
        add(state, &memory.output);
        Ok(())
    }

    fn feed(&self, shape: &Shape, state: &mut [f32], memory: &mut Memory) -> Result<()> {
        memory.normed.resize(state.len(), 0.0);
        rms_norm(state, &self.feed_norm, shape.norm_epsilon, &mut memory.normed);
        let values = std::mem::take(&mut memory.normed);
        match &self.feed {
            Feed::Dense(network) => network.run(&values, shape, memory)?,
            Feed::Mixture(mixture) => mixture.run(&values, shape, memory)?,
        }
        memory.normed = values;
        normed(
            &mut memory.output,
            self.down_norm.as_ref(),
            shape,
            &mut memory.normed,
        );
        add(state, &memory.output);
        Ok(())
    }
}

impl Feed {
    fn read(reader: &mut Reader<'_>, name: &dyn Fn(&str) -> String, shape: &Shape) -> Result<Self> {
        let Shape {
            width, feed_width, ..
        } = *shape;
        let Some(Experts { count, chosen }) = shape.experts else {
            return Ok(Self::Dense(Network {
                gate: reader.matrix(&name("ffn_gate"), feed_width, width)?,
                up: reader.matrix(&name("ffn_up"), feed_width, width)?,
                down: reader.matrix(&name("ffn_down"), width, feed_width)?,
            }));
        };
        let gates = reader.experts(&name("ffn_gate"), count, feed_width, width)?;
        let ups = reader.experts(&name("ffn_up"), count, feed_width, width)?;
        let downs = reader.experts(&name("ffn_down"), count, width, feed_width)?;
        let experts = gates.into_iter().zip(ups).zip(downs);
        Ok(Self::Mixture(Mixture {
            router: reader.vector(&name("ffn_gate_inp.weight"), count * width)?,
            experts: experts
                .map(|((gate, up), down)| Network { gate, up, down })
                .collect(),
            chosen,
        }))
    }

    fn networks(&self) -> &[Network] {
        match self {
            Self::Dense(network) => std::slice::from_ref(network),
            Self::Mixture(mixture) => &mixture.experts,
        }
    }
}

impl Network {
    /// What comes out for these rows, in `memory.output`.
    fn run(&self, values: &[f32], shape: &Shape, memory: &mut Memory) -> Result<()> {
        let mut rows = Rows::new(values, shape.width, &mut memory.input);
        self.gate.multiply(&mut rows, &mut memory.gate)?;
        self.up.multiply(&mut rows, &mut memory.up)?;
        match shape.gate {
            Gate::Swish => swiglu(&mut memory.gate, &memory.up),
            Gate::Gelu => geglu(&mut memory.gate, &memory.up),
        }
        let mut rows = Rows::new(&memory.gate, shape.feed_width, &mut memory.input);
        self.down.multiply(&mut rows, &mut memory.output)
    }
}

impl Mixture {
    /// What comes out for these rows, in `memory.output`: of each row's experts, by their shares. Each expert is read once for all rows
    /// that are its, and what a row gets does not depend on the others.
    fn run(&self, values: &[f32], shape: &Shape, memory: &mut Memory) -> Result<()> {
        let width = shape.width;
        let chosen: Vec<Vec<(usize, f32)>> = (values.par_chunks_exact(width))
            .map(|row| self.choose(row))
            .collect();
        let mut sums = vec![0.0; values.len()];
        for (expert, network) in self.experts.iter().enumerate() {
            let shares: Vec<(usize, f32)> = (chosen.iter().enumerate())
                .filter_map(|(row, chosen)| {
                    let (_, share) = chosen.iter().find(|(of, _)| *of == expert)?;
                    Some((row, *share))
                })
                .collect();
            if shares.is_empty() {
                continue;
            }
            let rows = shares
                .iter()
                .map(|(row, _)| &values[row * width..(row + 1) * width]);
            let rows: Vec<f32> = rows.flatten().copied().collect();
            network.run(&rows, shape, memory)?;
            for ((row, share), output) in shares.iter().zip(memory.output.chunks_exact(width)) {
                let sums = &mut sums[row * width..(row + 1) * width];
                sums.iter_mut()
                    .zip(output)
                    .for_each(|(sum, value)| *sum += share * value);
            }
        }
        memory.output = sums;
        Ok(())
    }

    /// The experts of a row, by number, and their shares: the softmax of the highest scores.
    fn choose(&self, row: &[f32]) -> Vec<(usize, f32)> {
        let scores = self.router.chunks_exact(row.len()).map(|expert| dot(expert, row));
        let mut scores: Vec<(usize, f32)> = scores.enumerate().collect();
        // Equal scores in their order.
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        scores.truncate(self.chosen);
        let top = scores.first().map_or(0.0, |(_, score)| *score);
        let weigh = |score: f32| f64::from(score - top).exp();
        let total: f64 = scores.iter().map(|(_, score)| weigh(*score)).sum();
        scores
            .into_iter()
            .map(|(expert, score)| (expert, (weigh(score) / total) as f32))
            .collect()
    }
}

/// A product of two rows, summed in an order that depends on nothing else.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    sums.iter().copied().sum::<f32>() + rest.sum::<f32>()
}

/// Norms every head or every row, by the length of the weights, where a model does that.
fn normed(values: &mut Vec<f32>, weights: Option<&Vec<f32>>, shape: &Shape, memory: &mut Vec<f32>) {
    if let Some(weights) = weights {
        memory.resize(values.len(), 0.0);
        rms_norm(values, weights, shape.norm_epsilon, memory);
        std::mem::swap(values, memory);
    }
}

/// Cosines and sines of some positions, half a head for each.
struct Angles {
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Angles {
    /// In 64 bits, and then rounded: what the system's mathematics differ in does not show.
    fn new(rope: &Rope, head_dim: usize, factors: Option<&Vec<f32>>, start: usize, count: usize) -> Self {
        let half = head_dim / 2;
        let steps: Vec<f64> = (0..half)
            .map(|at| {
                let step = f64::from(rope.base).powf(-2.0 * at as f64 / head_dim as f64);
                let step = step / f64::from(rope.divisor);
                factors.map_or(step, |factors| step / f64::from(factors[at]))
            })
            .collect();
        let angles = (start..start + count).flat_map(|position| {
            steps.iter().map(move |step| {
                let (sine, cosine) = (position as f64 * step).sin_cos();
                (sine as f32, cosine as f32)
            })
        });
        let (sines, cosines) = angles.unzip();
        Self { cosines, sines }
    }

    /// Turns the last positions' heads, as many as there are rows.
    fn turn(&self, shape: &Shape, values: &mut [f32], heads: usize) {
        let half = shape.head_dim / 2;
        let skipped = self.cosines.len() - values.len() / (2 * heads);
        let (cosines, sines) = (&self.cosines[skipped..], &self.sines[skipped..]);
        rotate(values, heads, cosines, sines, shape.rope_halves, half);
    }
}

#[cfg(test)]
mod tests;
