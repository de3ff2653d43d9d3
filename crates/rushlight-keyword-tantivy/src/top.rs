//! The best rows of all segments, ties broken by chunk id and not by where they happen to lie.

use std::cmp::Ordering;

use rushlight_core::{ChunkId, DocId, KeywordHit, REPEATED_WEIGHT};
use tantivy::SegmentReader;
use tantivy::columnar::Column;

use crate::rows::Rows;
use crate::schema::{CHUNK_ID, DATE, DOC_ID, REPEATED, joined};

/// The columns of a segment that hold ids.
pub(crate) struct Ids {
    chunk: [Column<u64>; 2],
    doc: [Column<u64>; 2],
}

impl Ids {
    pub(crate) fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let column = |name| segment.fast_fields().u64(name);
        Ok(Self {
            chunk: [column(CHUNK_ID[0])?, column(CHUNK_ID[1])?],
            doc: [column(DOC_ID[0])?, column(DOC_ID[1])?],
        })
    }

    pub(crate) fn of(&self, row: tantivy::DocId) -> (ChunkId, DocId) {
        (self.chunk(row), DocId(read(&self.doc, row)))
    }

    pub(crate) fn chunk(&self, row: tantivy::DocId) -> ChunkId {
        ChunkId(read(&self.chunk, row))
    }
}

fn read(columns: &[Column<u64>; 2], row: tantivy::DocId) -> [u8; 16] {
    joined([0, 1].map(|half: usize| columns[half].first(row).unwrap_or(0)))
}

/// What a segment's hits are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By score.
    BestFirst,
    /// By date.
    NewestFirst,
}

/// Collects at most so many hits.
pub(crate) struct Top {
    limit: usize,
    order: Order,
    /// What a hit is ordered by, and the hit.
    hits: Vec<(f64, KeywordHit)>,
    /// Of the worst hit that could still be among the best; lower ones are not kept.
    bar: f64,
}

impl Top {
    pub(crate) fn new(limit: usize, order: Order) -> Self {
        Self {
            limit,
            order,
            hits: Vec::new(),
            bar: f64::NEG_INFINITY,
        }
    }

    /// Takes the rows of a segment with their scores.
    pub(crate) fn take(
        &mut self,
        segment: &SegmentReader,
        rows: &Rows,
        scores: &[f32],
    ) -> tantivy::Result<()> {
        if self.limit == 0 {
            return Ok(());
        }
        let ids = Ids::open(segment)?;
        let repeated = segment.fast_fields().bool(REPEATED)?;
        let dates = segment.fast_fields().i64(DATE)?;
        for row in rows.iter() {
            let (rank, score) = match self.order {
                Order::BestFirst => {
                    let score = scores[row as usize];
                    // The factor only lowers a score, so what is below the bar without it needs no look.
                    if f64::from(score) < self.bar {
                        continue;
                    }
                    let score = score * factor(&repeated, row);
                    (f64::from(score), score)
                }
                Order::NewestFirst => (dates.first(row).map_or(f64::MIN, |date| date as f64), 1.0),
            };
            if rank < self.bar {
                continue;
            }
            let (chunk_id, doc_id) = ids.of(row);
            let hit = KeywordHit {
                chunk_id,
                doc_id,
                score,
            };
            self.hits.push((rank, hit));
            if self.hits.len() >= self.limit.saturating_mul(2).max(64) {
                self.cut();
            }
        }
        Ok(())
    }

    pub(crate) fn into_hits(mut self) -> Vec<KeywordHit> {
        self.hits.sort_unstable_by(better);
        self.hits.truncate(self.limit);
        self.hits.into_iter().map(|(_, hit)| hit).collect()
    }

    fn cut(&mut self) {
        if self.hits.len() > self.limit {
            let (_, worst, _) = self.hits.select_nth_unstable_by(self.limit - 1, better);
            self.bar = worst.0;
            self.hits.truncate(self.limit);
        }
    }
}

/// What a row's score is multiplied with.
pub(crate) fn factor(repeated: &Column<bool>, row: tantivy::DocId) -> f32 {
    match repeated.first(row) {
        Some(true) => REPEATED_WEIGHT,
        _ => 1.0,
    }
}

fn better((a, x): &(f64, KeywordHit), (b, y): &(f64, KeywordHit)) -> Ordering {
    b.total_cmp(a).then(x.chunk_id.cmp(&y.chunk_id))
}
