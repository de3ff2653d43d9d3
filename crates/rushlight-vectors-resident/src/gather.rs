//! One search over the first plane: which rows could be among the best.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
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
        let mut run = Run::default();
        if let Among::Rows(rows) = &self.among {
            for row in rows.iter().skip(first).take(BLOCK) {
                if self.admission.admits(self.documents.of_row(*row)) {
                    let block_ends = (*row as usize).is_multiple_of(BLOCK);
                    self.extend(&mut run, *row as usize, 1, block_ends, gathered);
                }
            }
            self.score(run, gathered);
            return;
        }
        let end = (first + BLOCK).min(self.chunks.len());
        for document in self.documents.from_row(first as u32) {
            let from = (document.first as usize).max(first);
            if from >= end {
                break;
            }
            if !self.admission.admits(document) {
                continue;
            }
            let until = (document.first as usize + document.rows as usize).min(end);
            match self.among {
                Among::Chunks(among) => {
                    for row in (from..until).filter(|row| among.contains(&self.chunks[*row])) {
                        self.extend(&mut run, row, 1, false, gathered);
                    }
                }
                Among::All | Among::Rows(_) => self.extend(&mut run, from, until - from, false, gathered),
            }
        }
        self.score(run, gathered);
    }

    /// Adds rows to the run, after scoring it where they do not follow it or stand in another block.
    fn extend(&self, run: &mut Run, first: usize, rows: usize, new_block: bool, gathered: &mut Gathered) {
        if new_block || run.first + run.rows != first {
            self.score(std::mem::take(run), gathered);
            run.first = first;
        }
        run.rows += rows;
    }

    fn score(&self, run: Run, gathered: &mut Gathered) {
        if run.rows == 0 {
            return;
        }
        let mut found = [0; BLOCK];
        let found = &mut found[..run.rows];
        self.comparer.products(
            &self.query.levels,
            self.coarse.stretch(run.first, run.rows),
            found,
        );
        let scales = &self.scales[run.first..run.first + run.rows];
        for (at, (product, scale)) in found.iter().zip(scales).enumerate() {
            let step = step(*scale);
            let about = *product as f32 * self.query.scale * step;
            gathered.see((run.first + at) as u32, about, SLACK * step);
        }
    }
}

/// Rows that stand one after the other in one block.
#[derive(Default)]
struct Run {
    first: usize,
    rows: usize,
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
