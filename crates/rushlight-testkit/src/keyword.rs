//! Plain BM25 in memory, without stems and without other regions' words.

mod asked;
mod run;
mod spelling;
mod suggest;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rushlight_core::{
    ChunkId, DocId, Generation, IndexedDocument, KeywordExplanation, KeywordFound, KeywordHit, KeywordIndex,
    MatchingDocument, MatchingDocuments, Query, Result, SearchFilter, Suggestion, Timestamp,
};

use crate::contract::admits;
use run::Run;
use suggest::suggestions;

#[derive(Debug, Default)]
struct Committed {
    documents: BTreeMap<DocId, IndexedDocument>,
    generation: Generation,
}

type Pending = BTreeMap<DocId, Option<IndexedDocument>>;

/// A [`KeywordIndex`] in memory, stricter than a real one.
///
/// # Panics
/// When one call names a document twice, when two chunks of one call share an id, and when the generation goes back.
#[derive(Debug, Default)]
pub struct MemKeywordIndex {
    committed: Arc<Mutex<Committed>>,
    pending: Mutex<Pending>,
}

impl MemKeywordIndex {
    /// Empty, and gone when dropped.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was last committed in this folder by this process; what was only applied is lost, as after a crash. The
    /// folder holds a marker only: with it the index goes.
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self {
            committed: crate::shelf::open(folder)?,
            pending: Mutex::default(),
        })
    }
}

/// Asserts that a call says one thing of each document and chunk.
pub(crate) fn assert_unambiguous(upserts: &[IndexedDocument], deletes: &[DocId]) {
    let mut documents: Vec<DocId> = upserts
        .iter()
        .map(|d| d.doc_id)
        .chain(deletes.iter().copied())
        .collect();
    documents.sort_unstable();
    let named = documents.len();
    documents.dedup();
    assert_eq!(named, documents.len(), "one call names a document twice");
    let mut chunks: Vec<ChunkId> = upserts
        .iter()
        .flat_map(|d| d.chunks.iter().map(|c| c.id))
        .collect();
    chunks.sort_unstable();
    let named = chunks.len();
    chunks.dedup();
    assert_eq!(named, chunks.len(), "two chunks of one call share an id");
}

impl KeywordIndex for MemKeywordIndex {
    fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()> {
        assert_unambiguous(upserts, deletes);
        let mut pending = self.pending.lock();
        pending.extend(deletes.iter().map(|id| (*id, None)));
        pending.extend(
            upserts
                .iter()
                .map(|document| (document.doc_id, Some(document.clone()))),
        );
        Ok(())
    }

    fn commit(&self, generation: Generation) -> Result<()> {
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

    fn generation(&self) -> Result<Generation> {
        Ok(self.committed.lock().generation)
    }

    fn search(&self, query: &Query, filter: &SearchFilter, limit: usize) -> Result<KeywordFound> {
        let committed = self.committed.lock();
        let run = Run::of(&committed.documents, query, filter);
        let mut hits: Vec<(i64, KeywordHit)> = run.found.iter().map(|(row, why)| row.hit(why)).collect();
        hits.sort_by(|(newer, a), (older, b)| {
            let newest = older.cmp(newer);
            let order = if run.newest_first {
                newest
            } else {
                b.score.total_cmp(&a.score)
            };
            order.then(a.chunk_id.cmp(&b.chunk_id))
        });
        Ok(KeywordFound {
            hits: hits.into_iter().take(limit).map(|(_, hit)| hit).collect(),
            newest_first: run.newest_first,
            by_part: run.by_part,
            corrections: run.corrections,
            terms: run.terms,
            characters: Vec::new(),
        })
    }

    fn matching(&self, query: &Query, filter: &SearchFilter) -> Result<Vec<ChunkId>> {
        let committed = self.committed.lock();
        let run = Run::of(&committed.documents, query, filter);
        let mut chunks: Vec<ChunkId> = run.found.iter().map(|(row, _)| row.chunk_id).collect();
        chunks.sort_unstable();
        Ok(chunks)
    }

    fn documents(&self, query: &Query, filter: &SearchFilter) -> Result<MatchingDocuments> {
        let committed = self.committed.lock();
        let run = Run::of(&committed.documents, query, filter);
        let mut best: BTreeMap<DocId, (i64, KeywordHit)> = BTreeMap::new();
        for (date, hit) in run.found.iter().map(|(row, why)| row.hit(why)) {
            let known = best.entry(hit.doc_id).or_insert((date, hit.clone()));
            let better = hit.score.total_cmp(&known.1.score);
            if better.then(known.1.chunk_id.cmp(&hit.chunk_id)).is_gt() {
                *known = (date, hit);
            }
        }
        let document = |(date, hit): (i64, KeywordHit)| MatchingDocument {
            doc_id: hit.doc_id,
            chunk_id: hit.chunk_id,
            date: Timestamp(date),
        };
        Ok(MatchingDocuments {
            documents: best.into_values().map(document).collect(),
            corrections: run.corrections,
        })
    }

    fn suggest(&self, typed: &str, filter: &SearchFilter, limit: usize) -> Result<Vec<Suggestion>> {
        let committed = self.committed.lock();
        let readable = committed.documents.values().filter(|d| admits(filter, d));
        Ok(suggestions(readable, typed, limit))
    }

    fn explain(
        &self,
        query: &Query,
        filter: &SearchFilter,
        chunk: ChunkId,
    ) -> Result<Option<KeywordExplanation>> {
        let committed = self.committed.lock();
        let run = Run::of(&committed.documents, query, filter);
        let found = run.found.iter().find(|(row, _)| row.chunk_id == chunk);
        Ok(found.map(|(row, parts)| KeywordExplanation {
            score: row.hit(parts).1.score,
            factor: if parts.is_empty() { 1.0 } else { row.weight },
            parts: parts.clone(),
        }))
    }

    fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>> {
        let committed = self.committed.lock();
        Ok(committed
            .documents
            .values()
            .flat_map(|d| d.chunks.iter().map(|c| (c.id, d.doc_id)))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;

    #[test]
    fn the_fake_keeps_the_contract() {
        contract::keyword_index(|folder| Box::new(MemKeywordIndex::open(folder).expect("opens")));
    }

    #[test]
    #[should_panic(expected = "is behind")]
    fn a_generation_that_goes_back_panics() {
        let index = MemKeywordIndex::new();
        index.commit(Generation(3)).expect("commits");
        let _ = index.commit(Generation(2));
    }
}
