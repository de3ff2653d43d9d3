//! Brute-force cosine in memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use rushlight_core::{
    ChunkId, ChunkSet, DocId, Embedding, Error, ErrorCode, Generation, IndexedDocument, Result, SearchFilter,
    VectorHit, VectorIndex,
};

use crate::contract::admits;
use crate::keyword::assert_unambiguous;

#[derive(Debug, Default)]
struct Committed {
    documents: BTreeMap<DocId, IndexedDocument>,
    generation: Generation,
}

/// A [`VectorIndex`] in memory, stricter than a real one.
///
/// # Panics
/// When a vector is not of unit length, when a chunk brings text, when one call names a document twice, when two chunks
/// of one call share an id, and when the generation goes back.
#[derive(Debug)]
pub struct MemVectorIndex {
    dimensions: usize,
    committed: Arc<Mutex<Committed>>,
    pending: Mutex<BTreeMap<DocId, Option<IndexedDocument>>>,
}

impl MemVectorIndex {
    /// Empty, and gone when dropped.
    pub fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            committed: Arc::default(),
            pending: Mutex::default(),
        }
    }

    /// What was last committed in this folder by this process; what was only applied is lost, as after a crash. The
    /// folder holds a marker only: with it the index goes.
    pub fn open(folder: &Path, dimensions: usize) -> Result<Self> {
        Ok(Self {
            dimensions,
            committed: crate::shelf::open(folder)?,
            pending: Mutex::default(),
        })
    }

    /// Every chunk that the filter lets pass with its cosine, in any order.
    fn readable(&self, query: &Embedding, filter: &SearchFilter) -> Vec<VectorHit> {
        self.committed
            .lock()
            .documents
            .values()
            .filter(|document| admits(filter, document))
            .flat_map(|document| document.chunks.iter().map(move |chunk| (document.doc_id, chunk)))
            .filter_map(|(doc_id, chunk)| {
                let similarity = chunk.embedding.as_ref()?.cosine(query);
                Some(VectorHit {
                    chunk_id: chunk.id,
                    doc_id,
                    similarity,
                })
            })
            .collect()
    }

    fn check(&self, embedding: &Embedding) -> Result<()> {
        let values = embedding.values();
        if values.len() != self.dimensions {
            return Err(Error::new(
                ErrorCode::Internal,
                format!(
                    "a vector of {} dimensions where {} are expected",
                    values.len(),
                    self.dimensions
                ),
            ));
        }
        let norm = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        assert!(
            (norm - 1.0).abs() < 1e-3,
            "a vector of length {norm} where 1 is expected"
        );
        Ok(())
    }
}

#[async_trait]
impl VectorIndex for MemVectorIndex {
    async fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()> {
        assert_unambiguous(upserts, deletes);
        for chunk in upserts.iter().flat_map(|document| &document.chunks) {
            assert!(chunk.text.is_empty(), "chunk {} brings its text", chunk.id);
            let embedding = chunk.embedding.as_ref().ok_or_else(|| {
                Error::new(
                    ErrorCode::Internal,
                    format!("chunk {} has no embedding", chunk.id),
                )
            })?;
            self.check(embedding)?;
        }
        let mut pending = self.pending.lock();
        pending.extend(deletes.iter().map(|id| (*id, None)));
        pending.extend(
            upserts
                .iter()
                .map(|document| (document.doc_id, Some(document.clone()))),
        );
        Ok(())
    }

    async fn commit(&self, generation: Generation) -> Result<()> {
        let mut committed = self.committed.lock();
        assert!(
            generation >= committed.generation,
            "{generation} is behind {}",
            committed.generation
        );
        for (id, document) in std::mem::take(&mut *self.pending.lock()) {
            match document {
                Some(document) => committed.documents.insert(id, document),
                None => committed.documents.remove(&id),
            };
        }
        committed.generation = generation;
        Ok(())
    }

    async fn generation(&self) -> Result<Generation> {
        Ok(self.committed.lock().generation)
    }

    async fn nearest(
        &self,
        query: &Embedding,
        filter: &SearchFilter,
        among: Option<&ChunkSet>,
        limit: usize,
    ) -> Result<Vec<VectorHit>> {
        self.check(query)?;
        let mut hits = self.readable(query, filter);
        hits.retain(|hit| among.is_none_or(|among| among.contains(&hit.chunk_id)));
        hits.sort_by(|a, b| {
            b.similarity
                .total_cmp(&a.similarity)
                .then(a.chunk_id.cmp(&b.chunk_id))
        });
        hits.truncate(limit);
        Ok(hits)
    }

    async fn similarities(
        &self,
        query: &Embedding,
        chunks: &[ChunkId],
        filter: &SearchFilter,
    ) -> Result<Vec<Option<f32>>> {
        self.check(query)?;
        let known: BTreeMap<ChunkId, f32> = self
            .readable(query, filter)
            .into_iter()
            .map(|hit| (hit.chunk_id, hit.similarity))
            .collect();
        Ok(chunks.iter().map(|chunk| known.get(chunk).copied()).collect())
    }

    async fn similar(&self, doc_id: DocId, filter: &SearchFilter, limit: usize) -> Result<Vec<(DocId, f32)>> {
        let mean = {
            let committed = self.committed.lock();
            let given = committed.documents.get(&doc_id);
            let readable = given.filter(|document| {
                filter
                    .principals
                    .iter()
                    .any(|principal| document.access.contains(principal))
            });
            let chunks = readable.into_iter().flat_map(|document| &document.chunks);
            Embedding::mean(chunks.filter_map(|chunk| chunk.embedding.as_ref()))
        };
        let Some(mean) = mean else { return Ok(Vec::new()) };
        let mut best: BTreeMap<DocId, f32> = BTreeMap::new();
        for hit in self.readable(&mean, filter) {
            let known = best.entry(hit.doc_id).or_insert(hit.similarity);
            *known = known.max(hit.similarity);
        }
        best.remove(&doc_id);
        let mut found: Vec<_> = best.into_iter().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(limit);
        Ok(found)
    }

    async fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>> {
        let committed = self.committed.lock();
        Ok(committed
            .documents
            .values()
            .flat_map(|d| d.chunks.iter().map(|c| (c.id, d.doc_id)))
            .collect())
    }

    async fn compact(&self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;

    #[test]
    fn the_fake_keeps_the_contract() {
        futures::executor::block_on(contract::vector_index(async |folder| {
            let index = MemVectorIndex::open(&folder, contract::DIMENSIONS).expect("opens");
            Box::new(index) as Box<dyn VectorIndex>
        }));
    }
}
