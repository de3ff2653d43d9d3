//! From chunks to hits: what is shown of them, read from the ledger as it is now.

use std::collections::{HashMap, HashSet};

use rushlight_core::{ChunkId, ContentHash, Hit, Result, SearchRequest, SpaceId};
use rushlight_ledger::ChunkRecord;
use rushlight_retrieval::FusedChunk;

use super::asked::Asked;
use super::legs::Words;
use crate::engine::Shared;

/// Other places of a document that are named at most.
const PLACES: usize = 20;

impl Shared {
    /// The best chunks, at most `limit`, as the ledger has them now. A chunk that is gone since, or that the asker may no longer read, is
    /// left out; the same chunk of a document that lies in several places is one hit.
    pub(super) fn show(
        &self,
        request: &SearchRequest,
        asked: &Asked,
        words: &Words,
        fused: &[FusedChunk],
        limit: usize,
    ) -> Result<Vec<Hit>> {
        let mut hits: Vec<Hit> = Vec::with_capacity(limit.min(256));
        let mut shown: HashSet<(SpaceId, ContentHash, usize, String)> = HashSet::new();
        for page in fused.chunks(limit.clamp(16, 256)) {
            let ids: Vec<ChunkId> = page.iter().map(|chunk| chunk.chunk_id).collect();
            let mut records: HashMap<ChunkId, ChunkRecord> = self
                .ledger
                .hydrate(&ids)?
                .into_iter()
                .map(|record| (record.chunk.id, record))
                .collect();
            for chunk in page {
                if hits.len() == limit {
                    return Ok(hits);
                }
                let Some(record) = records.remove(&chunk.chunk_id) else {
                    continue;
                };
                let may_read = record
                    .access
                    .iter()
                    .any(|principal| request.principals.contains(principal));
                let (start, text) = (record.chunk.span.start, record.chunk.text.clone());
                if may_read && shown.insert((record.space_id, record.content_hash, start, text)) {
                    hits.push(self.hit(request, asked, words, chunk, record)?);
                }
            }
        }
        Ok(hits)
    }

    fn hit(
        &self,
        request: &SearchRequest,
        asked: &Asked,
        words: &Words,
        fused: &FusedChunk,
        record: ChunkRecord,
    ) -> Result<Hit> {
        Ok(Hit {
            also_at: self
                .ledger
                .documents_alike(record.chunk.doc_id, &request.principals, PLACES)?,
            online: record.online,
            doc_id: record.chunk.doc_id,
            highlights: self.indexes.factory().highlight(
                &asked.query,
                &words.corrections,
                &record.chunk.text,
            ),
            chunk: record.chunk,
            content_hash: record.content_hash,
            title: record.title,
            path: record.path,
            part: record.part,
            kind: record.kind,
            date: record.date,
            space_id: record.space_id,
            space: record.space,
            scores: fused.scores,
            more: Vec::new(),
            related: Vec::new(),
            why: None,
        })
    }
}
