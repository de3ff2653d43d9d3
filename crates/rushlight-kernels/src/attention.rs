//! Attention over a cache of keys and values in 16 bits.

use std::ops::Range;

use rayon::prelude::*;

use crate::elementwise::exp;
use crate::f16;
use crate::isa::{Isa, Lanes};

/// Positions whose keys are interleaved.
const LANES: usize = 16;
/// Positions by which the cache grows.
const GROW: usize = 256;

/// Keys and values of a decoder block for every position read so far.
#[derive(Debug)]
pub struct KeyValueCache {
    head_dim: usize,
    length: usize,
    /// A vector for each head: 16 positions × values of a head × 16, the first value of 16 positions, then the second.
    keys: Vec<Vec<u16>>,
    /// A vector for each head: positions × values of a head.
    values: Vec<Vec<u16>>,
}

impl KeyValueCache {
    /// An empty one, for so many heads of keys and values.
    ///
    /// # Panics
    /// When there is no head, or a head has no values, or not a multiple of 16.
    pub fn new(heads: usize, head_dim: usize) -> Self {
        assert!(
            heads > 0 && head_dim > 0 && head_dim.is_multiple_of(LANES),
            "{heads} heads of {head_dim} values"
        );
        Self {
            head_dim,
            length: 0,
            keys: vec![Vec::new(); heads],
            values: vec![Vec::new(); heads],
        }
    }

    /// Positions.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it holds no position.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds positions: rows of heads × values of a head.
    ///
    /// # Panics
    /// When keys and values are not so many whole rows.
    pub fn append(&mut self, keys: &[f32], values: &[f32]) {
        let (heads, dim) = (self.keys.len(), self.head_dim);
        let width = heads * dim;
        assert!(
            keys.len() == values.len() && keys.len().is_multiple_of(width),
            "{} keys and {} values are not rows of {width}",
            keys.len(),
            values.len()
        );
        let total = self.length + keys.len() / width;
        if total * dim > self.values.first().map_or(0, Vec::len) {
            let room = total.next_multiple_of(GROW) * dim;
            for half in self.keys.iter_mut().chain(&mut self.values) {
                half.reserve_exact(room - half.len());
                half.resize(room, 0);
            }
        }
        for ((keys, values), at) in (keys.chunks_exact(width))
            .zip(values.chunks_exact(width))
            .zip(self.length..)
        {
            for head in 0..heads {
                let row = &keys[head * dim..(head + 1) * dim];
                let first = at / LANES * LANES * dim + at % LANES;
                for (n, value) in row.iter().enumerate() {
                    self.keys[head][first + n * LANES] = f16::from_f32(*value);
                }
                let row = &values[head * dim..(head + 1) * dim];
                let to = &mut self.values[head][at * dim..(at + 1) * dim];
                for (to, value) in to.iter_mut().zip(row) {
                    *to = f16::from_f32(*value);
                }
            }
        }
        self.length = total;
    }

    /// Keys and values of the first positions, and nothing of any other.
    ///
    /// # Panics
    /// When it holds fewer.
    pub fn snapshot(&self, length: usize) -> Vec<u16> {
        assert!(length <= self.length, "{length} of {} positions", self.length);
        let dim = self.head_dim;
        let mut snapshot = Vec::with_capacity(self.snapshot_len(length));
        for keys in &self.keys {
            let start = snapshot.len();
            snapshot.extend_from_slice(&keys[..length.next_multiple_of(LANES) * dim]);
            // The last positions' places are shared with those behind them.
            let lanes = snapshot[start..].chunks_exact_mut(LANES);
            for lanes in lanes.skip(length / LANES * dim) {
                lanes[length % LANES..].fill(0);
            }
        }
        for values in &self.values {
            snapshot.extend_from_slice(&values[..length * dim]);
        }
        snapshot
    }

    /// Holds what [`KeyValueCache::snapshot`] took of so many positions, and nothing else. False where it is of another size: then
    /// it holds nothing.
    #[must_use]
    pub fn restore(&mut self, length: usize, snapshot: &[u16]) -> bool {
        self.truncate(0);
        if snapshot.len() != self.snapshot_len(length) {
            return false;
        }
        let dim = self.head_dim;
        let room = length.next_multiple_of(GROW) * dim;
        let mut rest = snapshot;
        let sizes = [length.next_multiple_of(LANES) * dim, length * dim];
        for (halves, size) in [&mut self.keys, &mut self.values].into_iter().zip(sizes) {
            for half in halves {
                let (own, others) = rest.split_at(size);
                half.reserve_exact(room);
                half.extend_from_slice(own);
                half.resize(room, 0);
                rest = others;
            }
        }
        self.length = length;
        true
    }

    /// Numbers of a snapshot of so many positions.
    pub fn snapshot_len(&self, length: usize) -> usize {
        self.keys.len() * self.head_dim * (length.next_multiple_of(LANES) + length)
    }

    /// Another one that holds the first positions.
    ///
    /// # Panics
    /// When it holds fewer.
    #[must_use]
    pub fn copy(&self, length: usize) -> Self {
        assert!(length <= self.length, "{length} of {} positions", self.length);
        let room = length.next_multiple_of(GROW) * self.head_dim;
        let copied = |halves: &[Vec<u16>]| halves.iter().map(|half| half[..room].to_vec()).collect();
        Self {
            head_dim: self.head_dim,
            length,
            keys: copied(&self.keys),
            values: copied(&self.values),
        }
    }

    /// Bytes of memory that it takes once it holds so many positions. It takes no less than now until it is emptied.
    pub fn bytes(&self, length: usize) -> usize {
        let taken = self.values.first().map_or(0, Vec::len);
        let room = (length.next_multiple_of(GROW) * self.head_dim).max(taken);
        2 * self.keys.len() * room * size_of::<u16>()
    }

    /// Forgets all but the first positions.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
        if self.length == 0 {
            for half in self.keys.iter_mut().chain(&mut self.values) {
                *half = Vec::new();
            }
        }
    }
}

/// How queries look at the cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention {
    /// Heads of the queries; a multiple of the cache's.
    pub heads: usize,
    /// What a product of query and key is multiplied with.
    pub scale: f32,
    /// Positions that a query sees, itself included; all before it when `None`.
    pub window: Option<usize>,
}

impl Attention {
    /// Attends: `queries` and `output` are rows of heads × values of a head, for the last positions of the cache.
    ///
    /// # Panics
    /// When there are more rows than positions, rows do not fit the heads, or the scale is not above 0.
    pub fn attend(&self, queries: &[f32], cache: &KeyValueCache, output: &mut [f32]) {
        self.attend_with(Isa::best(), queries, cache, output);
    }

    /// As [`Attention::attend`], with these instructions.
    ///
    /// # Panics
    /// As [`Attention::attend`], and when the machine has no such instructions.
    pub fn attend_with(&self, isa: Isa, queries: &[f32], cache: &KeyValueCache, output: &mut [f32]) {
        assert!(isa.exists(), "this machine has no {isa:?}");
        assert!(
            self.heads > 0 && self.window != Some(0) && self.scale > 0.0,
            "{self:?} sees nothing"
        );
        let width = self.heads * cache.head_dim;
        let count = queries.len() / width;
        let shared_heads = cache.keys.len();
        assert!(
            queries.len() == count * width && output.len() == queries.len() && count <= cache.length,
            "{} values are not rows of {width} for {} positions",
            queries.len(),
            cache.length
        );
        assert!(
            self.heads.is_multiple_of(shared_heads),
            "{} heads share {shared_heads}",
            self.heads
        );
        let job = Job {
            attention: *self,
            queries,
            cache,
            start: cache.length - count,
            output: output.as_mut_ptr(),
        };
        // Small parts: the last positions see more than the first.
        let part = 4;
        let parts = count.div_ceil(part);
        (0..shared_heads * parts).into_par_iter().for_each(|at| {
            let from = at % parts * part;
            // SAFETY: the instructions exist; no two parts have a head and a position in common, and each is handed out once.
            unsafe { isa.attend(&job, at / parts, from..count.min(from + part)) };
        });
    }
}

/// Attention to be computed, by heads of the cache and positions.
pub(crate) struct Job<'a> {
    attention: Attention,
    queries: &'a [f32],
    cache: &'a KeyValueCache,
    /// Positions before the first query.
    start: usize,
    /// Every head and position writes places of its own.
    output: *mut f32,
}

// SAFETY: no two parts write the same place, and each part is handed out once.
unsafe impl Sync for Job<'_> {}

/// Attends for one head of the cache and some of the new positions.
///
/// # Safety
/// The instructions of `L` exist; no other call has this head and these positions.
#[inline(always)]
pub(crate) unsafe fn rows<L: Lanes>(job: &Job<'_>, head: usize, positions: Range<usize>) {
    let shared = job.attention.heads / job.cache.keys.len();
    let dim = job.cache.head_dim;
    // All queries that look at these keys: the heads that share them, at every position.
    let queries: Vec<Query> = positions
        .flat_map(|row| {
            (0..shared).map(move |n| Query {
                at: (row * job.attention.heads + head * shared + n) * dim,
                end: job.start + row + 1,
            })
        })
        .collect();
    let mut weights = Vec::new();
    let mut at = 0;
    // SAFETY: the instructions exist, by this function's contract.
    unsafe {
        while at + 6 <= queries.len() {
            some_rows::<L, 6>(job, head, &queries[at..at + 6], &mut weights);
            at += 6;
        }
        while at + 2 <= queries.len() {
            some_rows::<L, 2>(job, head, &queries[at..at + 2], &mut weights);
            at += 2;
        }
        if at < queries.len() {
            some_rows::<L, 1>(job, head, &queries[at..=at], &mut weights);
        }
    }
}

#[derive(Clone, Copy)]
struct Query {
    /// Where its values are.
    at: usize,
    /// Positions that it may see end here.
    end: usize,
}

/// Attends for as many queries of one head of the cache as their sums stay in registers.
///
/// # Safety
/// The instructions of `L` exist, and no other call writes these queries' places.
#[inline(always)]
unsafe fn some_rows<L: Lanes, const N: usize>(
    job: &Job<'_>,
    head: usize,
    queries: &[Query],
    weights: &mut Vec<f32>,
) {
    let dim = job.cache.head_dim;
    let keys = &job.cache.keys[head];
    let values = &job.cache.values[head];
    let first_of = |query: &Query| match job.attention.window {
        Some(window) => query.end.saturating_sub(window),
        None => 0,
    };
    let begin = queries.iter().map(first_of).min().unwrap_or(0) / LANES * LANES;
    let end = queries.iter().map(|query| query.end).max().unwrap_or(0);
    let room = (end - begin).next_multiple_of(LANES);
    weights.clear();
    weights.resize(N * room, 0.0);
    assert!(keys.len() >= (begin + room) * dim && values.len() >= end * dim);
    let rows: [&[f32]; N] = std::array::from_fn(|row| &job.queries[queries[row].at..queries[row].at + dim]);
    // SAFETY: the instructions exist. Keys and values reach as far as was asserted, weights as far as they were made, and a query's
    // places in the output are as many as its values, of which there are as many as was asserted.
    unsafe {
        for block in (0..room).step_by(LANES) {
            let keys = keys.as_ptr().add((begin + block) * dim);
            let mut sums = [L::zero(); N];
            for n in 0..dim {
                let key = L::load_half(keys.add(n * LANES));
                for row in 0..N {
                    sums[row] = L::add_product(sums[row], key, *rows[row].get_unchecked(n));
                }
            }
            for row in 0..N {
                L::store(weights.as_mut_ptr().add(row * room + block), sums[row]);
            }
        }
        for (query, weights) in queries.iter().zip(weights.chunks_exact_mut(room)) {
            let seen = first_of(query) - begin..query.end - begin;
            weights[..seen.start].fill(0.0);
            weights[seen.end..].fill(0.0);
            softmax(&mut weights[seen], job.attention.scale);
        }
        for n in (0..dim).step_by(LANES) {
            let mut sums = [L::zero(); N];
            for at in 0..end - begin {
                let value = L::load_half(values.as_ptr().add((begin + at) * dim + n));
                for row in 0..N {
                    sums[row] = L::add_product(sums[row], value, *weights.get_unchecked(row * room + at));
                }
            }
            for row in 0..N {
                L::store(job.output.add(queries[row].at + n), sums[row]);
            }
        }
    }
}

/// Shares of e to the power of each value times the scale.
#[inline(always)]
fn softmax(values: &mut [f32], scale: f32) {
    let mut largest = [f32::NEG_INFINITY; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    for sixteen in whole {
        for lane in 0..LANES {
            largest[lane] = if sixteen[lane] > largest[lane] {
                sixteen[lane]
            } else {
                largest[lane]
            };
        }
    }
    let largest = largest
        .iter()
        .chain(rest)
        .fold(f32::NEG_INFINITY, |a, b| a.max(*b));
    let mut sums = [0f32; LANES];
    let (whole, rest) = values.as_chunks_mut::<LANES>();
    for sixteen in whole {
        for lane in 0..LANES {
            sixteen[lane] = exp((sixteen[lane] - largest) * scale);
            sums[lane] += sixteen[lane];
        }
    }
    for value in rest {
        *value = exp((*value - largest) * scale);
        sums[0] += *value;
    }
    let share = 1.0 / sums.iter().sum::<f32>();
    values.iter_mut().for_each(|value| *value *= share);
}
