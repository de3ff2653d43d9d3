//! One search over the first plane: which rows could be among the best.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};

use rushlight_core::{ChunkId, ChunkSet};

use crate::compare::Comparer;
use crate::documents::{Admission, Documents};
use crate::plane::{BLOCK, Plane};
use crate::quantize::{SLACK, WholeQuery, step};

/// Blocks that are worth a thread of their own: a few tenths of a millisecond.
const BLOCKS_PER_THREAD: usize = 16;

/// Which rows a search is restricted to.
pub(crate) enum Among<'a> {
    /// None but by its document.
    All,
    /// These, in ascending order.
    Rows(Vec<u32>),
    /// Those of these chunks; more than are worth looking up one by one.
    Chunks(&'a ChunkSet),
}

/// What is searched, and for what.
pub(crate) struct Search<'a> {
    pub(crate) coarse: &'a Plane,
    pub(crate) scales: &'a [f32],
    pub(crate) chunks: &'a [ChunkId],
    pub(crate) documents: &'a Documents,
    pub(crate) admission: &'a Admission<'a>,
    pub(crate) among: Among<'a>,
    pub(crate) query: WholeQuery,
    /// At least one.
    pub(crate) limit: usize,
    pub(crate) comparer: Comparer,
}

impl Search<'_> {
    /// Every row that could be one of the `limit` nearest, in any order.
    pub(crate) fn candidates(&self, threads: usize) -> Vec<u32> {
        let rows = match &self.among {
            Among::Rows(rows) => rows.len(),
            Among::All | Among::Chunks(_) => self.chunks.len(),
        };
        let tasks = rows.div_ceil(BLOCK);
        let threads = threads.clamp(1, tasks.div_ceil(BLOCKS_PER_THREAD).max(1));
        let next = AtomicUsize::new(0);
        let work = || {
            let mut gathered = Gathered::new(self.limit);
            loop {
                let task = next.fetch_add(1, Atomic::Relaxed);
                if task >= tasks {
                    return gathered;
                }
                self.task(task * BLOCK, &mut gathered);
            }
        };
        let gathered = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut all = work();
            for other in others {
                match other.join() {
                    Ok(other) => all.join(other),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        });
        gathered.candidates()
    }

    /// Looks at one block of rows, or at as many of those that were named.
    fn task(&self, first: usize, gathered: &mut Gathered) {
        // Which rows are to be scored is found out before the first is, so that the processor waits for several at once.
        let mut picked = std::mem::take(&mut gathered.picked);
        match &self.among {
            Among::Rows(rows) => {
                let rows = &rows[first..rows.len().min(first + BLOCK)];
                for in_block in rows.chunk_by(|a, b| *a as usize / BLOCK == *b as usize / BLOCK) {
                    let admitted = |row: &&u32| self.admission.admits(self.documents.of_row(**row));
                    picked.extend(
                        in_block
                            .iter()
                            .filter(admitted)
                            .map(|row| (*row as usize % BLOCK) as u16),
                    );
                    self.score(in_block[0] as usize / BLOCK, &mut picked, gathered);
                }
            }
            Among::All => {
                self.pick(first, |rows| picked.extend(rows.map(|row| (row - first) as u16)));
                self.score(first / BLOCK, &mut picked, gathered);
            }
            Among::Chunks(among) => {
                let asked_for = |row: &usize| among.contains(&self.chunks[*row]);
                self.pick(first, |rows| {
                    picked.extend(rows.filter(asked_for).map(|row| (row - first) as u16))
                });
                self.score(first / BLOCK, &mut picked, gathered);
            }
        }
        gathered.picked = picked;
    }

    /// Hands out the rows of a block whose documents may be looked at.
    fn pick(&self, first: usize, mut rows: impl FnMut(Range<usize>)) {
        let end = (first + BLOCK).min(self.chunks.len());
        for document in self.documents.starting_at(first as u32) {
            let (from, rows_of_document) = (document.first as usize, document.rows as usize);
            if from >= end {
                return;
            }
            if self.admission.admits(document) {
                rows(from.max(first)..(from + rows_of_document).min(end));
            }
        }
    }

    /// Scores rows of one block, and forgets that they were picked.
    fn score(&self, block: usize, picked: &mut Vec<u16>, gathered: &mut Gathered) {
        let mut products = std::mem::take(&mut gathered.products);
        products.resize(picked.len(), 0);
        self.comparer.products(
            &self.query.levels,
            self.coarse.block(block),
            picked,
            &mut products,
        );
        let scales = &self.scales[block * BLOCK..];
        for (row, product) in picked.drain(..).zip(&products) {
            let step = step(scales[usize::from(row)]);
            let about = *product as f32 * self.query.scale * step;
            gathered.see((block * BLOCK) as u32 + u32::from(row), about, SLACK * step);
        }
        gathered.products = products;
    }
}

/// The rows seen so far that could be among the best.
struct Gathered {
    limit: usize,
    /// The greatest scores that rows have at least, as many as are looked for.
    at_least: BinaryHeap<Reverse<Score>>,
    /// Rows with what they have at most.
    rows: Vec<(u32, f32)>,
    /// No row that has less at most is among the best.
    threshold: f32,
    /// Number of rows at which those below the threshold are thrown out.
    full: usize,
    /// Rows of one block that are to be scored, and room for their products.
    picked: Vec<u16>,
    products: Vec<i32>,
}

#[derive(Clone, Copy, PartialEq)]
struct Score(f32);

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Gathered {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            at_least: BinaryHeap::new(),
            rows: Vec::new(),
            threshold: f32::NEG_INFINITY,
            full: limit.saturating_mul(2).saturating_add(1_024),
            picked: Vec::with_capacity(BLOCK),
            products: Vec::with_capacity(BLOCK),
        }
    }

    #[inline]
    fn see(&mut self, row: u32, about: f32, slack: f32) {
        if about + slack >= self.threshold {
            self.keep(row, about, slack);
        }
    }

    fn keep(&mut self, row: u32, about: f32, slack: f32) {
        self.rows.push((row, about + slack));
        self.raise(Score(about - slack));
        if self.rows.len() >= self.full {
            self.throw_out();
            self.full = self.full.max(self.rows.len().saturating_mul(2));
        }
    }

    /// Takes a score that some row has at least into account.
    fn raise(&mut self, score: Score) {
        if self.at_least.len() < self.limit {
            self.at_least.push(Reverse(score));
        } else if let Some(mut least) = self.at_least.peek_mut()
            && score > least.0
        {
            *least = Reverse(score);
        }
        if self.at_least.len() == self.limit
            && let Some(Reverse(Score(least))) = self.at_least.peek()
        {
            self.threshold = *least;
        }
    }

    fn throw_out(&mut self) {
        let threshold = self.threshold;
        self.rows.retain(|(_, at_most)| *at_most >= threshold);
    }

    fn join(&mut self, other: Self) {
        self.rows.extend(other.rows);
        for Reverse(score) in other.at_least {
            self.raise(score);
        }
    }

    fn candidates(mut self) -> Vec<u32> {
        self.throw_out();
        self.rows.into_iter().map(|(row, _)| row).collect()
    }
}
