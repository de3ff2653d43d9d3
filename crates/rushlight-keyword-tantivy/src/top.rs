//! Collects the best chunks, ties broken by chunk id and not, as tantivy would, by where they happen to lie.

use std::cmp::Ordering;
use std::sync::Arc;

use rushlight_core::{ChunkId, DocId, KeywordHit, REPEATED_WEIGHT};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{Score, SegmentOrdinal, SegmentReader};

use crate::schema::{CHUNK_ID, DOC_ID, REPEATED, joined};

/// At most so many hits, best first.
pub(crate) struct Top(pub(crate) usize);

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
        let read = |columns: &[Column<u64>; 2]| {
            joined([0, 1].map(|half: usize| columns[half].first(row).unwrap_or(0)))
        };
        (ChunkId(read(&self.chunk)), DocId(read(&self.doc)))
    }
}

pub(crate) struct SegmentTop {
    ids: Arc<Ids>,
    repeated: Column<bool>,
    limit: usize,
    hits: Vec<KeywordHit>,
    /// Score of the worst hit that could still be among the best; lower ones are not kept.
    bar: Score,
}

impl Collector for Top {
    type Fruit = Vec<KeywordHit>;
    type Child = SegmentTop;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentTop> {
        let ids = Arc::new(Ids::open(segment)?);
        Ok(SegmentTop {
            ids,
            repeated: segment.fast_fields().bool(REPEATED)?,
            limit: self.0,
            hits: Vec::new(),
            bar: Score::NEG_INFINITY,
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<KeywordHit>>) -> tantivy::Result<Vec<KeywordHit>> {
        let mut hits: Vec<KeywordHit> = segments.into_iter().flatten().collect();
        hits.sort_unstable_by(better);
        hits.truncate(self.0);
        Ok(hits)
    }
}

impl SegmentCollector for SegmentTop {
    type Fruit = Vec<KeywordHit>;

    fn collect(&mut self, row: tantivy::DocId, score: Score) {
        // The weight only lowers a score, so what is below the bar without it needs no look.
        if self.limit == 0 || score < self.bar {
            return;
        }
        let score = match self.repeated.first(row) {
            Some(true) => score * REPEATED_WEIGHT,
            _ => score,
        };
        if score < self.bar {
            return;
        }
        let (chunk_id, doc_id) = self.ids.of(row);
        self.hits.push(KeywordHit {
            chunk_id,
            doc_id,
            score,
        });
        if self.hits.len() >= self.limit.saturating_mul(2).max(64) {
            self.cut();
        }
    }

    fn harvest(mut self) -> Vec<KeywordHit> {
        self.cut();
        self.hits
    }
}

impl SegmentTop {
    fn cut(&mut self) {
        if self.hits.len() > self.limit {
            let (_, worst, _) = self.hits.select_nth_unstable_by(self.limit - 1, better);
            self.bar = worst.score;
            self.hits.truncate(self.limit);
        }
    }
}

fn better(a: &KeywordHit, b: &KeywordHit) -> Ordering {
    b.score.total_cmp(&a.score).then(a.chunk_id.cmp(&b.chunk_id))
}
