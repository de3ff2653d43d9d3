//! Chunks read from the ledger in the course of one search, each once.

use std::collections::HashMap;
use std::sync::Arc;

use rushlight_core::{ChunkId, DocId, Result};
use rushlight_ledger::{ChunkRecord, Ledger};

pub(super) struct Texts<'a> {
    ledger: &'a Ledger,
    /// `None`: the ledger has no such chunk any more.
    read: HashMap<ChunkId, Option<Arc<ChunkRecord>>>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(ledger: &'a Ledger) -> Self {
        Self {
            ledger,
            read: HashMap::new(),
        }
    }

    /// Reads those of `chunks` that were not read yet.
    pub(super) fn read(&mut self, chunks: &[ChunkId]) -> Result<()> {
        let missing: Vec<ChunkId> = chunks
            .iter()
            .filter(|chunk| !self.read.contains_key(chunk))
            .copied()
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.read.extend(missing.iter().map(|chunk| (*chunk, None)));
        for record in self.ledger.hydrate(&missing)? {
            self.read.insert(record.chunk.id, Some(Arc::new(record)));
        }
        Ok(())
    }

    /// Reads the first passage of each of these documents.
    pub(super) fn first_of(&mut self, documents: &[DocId]) -> Result<HashMap<DocId, ChunkId>> {
        if documents.is_empty() {
            return Ok(HashMap::new());
        }
        let first = self.ledger.first_chunks(documents)?;
        let chunks: Vec<ChunkId> = first.iter().map(|(chunk, _)| *chunk).collect();
        self.read(&chunks)?;
        let by_document = first.into_iter().map(|(chunk, document)| (document, chunk));
        Ok(by_document.collect())
    }

    /// A chunk that was read and is there.
    pub(super) fn get(&self, chunk: ChunkId) -> Option<&Arc<ChunkRecord>> {
        self.read.get(&chunk)?.as_ref()
    }
}
