//! The slow half of indexing: vectors, computed in small batches so that an edit or a question never waits long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rushlight_core::{EmbedKind, Embedder, IndexEvent, Result};
use rushlight_ingest::embedding_text;

use crate::indexer::Indexer;
use crate::status::Activity;

/// Chunks taken from the ledger at once, to be sorted by length.
const TAKE: usize = 128;
/// Chunks given to the model at once: about a second of work.
const BATCH: usize = 16;
/// Vectors become searchable at least this often while there are more to compute.
const SYNC_EVERY: Duration = Duration::from_secs(10);

impl Indexer<'_> {
    /// Computes some vectors, of titles first; false when there are none to compute, or no model to do it.
    pub(crate) fn embed(&mut self) -> Result<bool> {
        let shared = self.shared;
        if self.embed_titles()? {
            return Ok(true);
        }
        let model_id = &shared.embedder_spec.model_id;
        let mut pending = shared.ledger.pending_embeddings(model_id, TAKE)?;
        if pending.is_empty() {
            // Titles may still wait for a model that is missing.
            if self.unsynced_titles.is_empty() {
                self.summary.embedding_error = None;
            }
            return Ok(false);
        }
        let Some(embedder) = self.embedder() else {
            return Ok(false);
        };
        shared.set_activity(Activity::Embedding);
        pending.sort_by_key(|chunk| chunk.token_count);
        for batch in pending.chunks(BATCH) {
            shared.gate.pass(|| shared.stopping());
            if shared.stopping() || !shared.pending_commands.is_empty() {
                break;
            }
            let texts: Vec<String> = batch
                .iter()
                .map(|chunk| embedding_text(&chunk.title, &chunk.heading_path, &chunk.text))
                .collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let begun = Instant::now();
            let vectors = embedder.embed(EmbedKind::Passage, &texts)?;
            let entries: Vec<_> = batch
                .iter()
                .map(|chunk| chunk.embedding_key)
                .zip(vectors)
                .collect();
            self.unsynced_vectors
                .extend(shared.ledger.store_embeddings(model_id, &entries)?);
            self.summary.embedded += entries.len() as u64;
            let mut progress = shared.progress.lock();
            progress.embedded = self.summary.embedded;
            progress.chunks.add(entries.len() as f64, begun.elapsed());
            drop(progress);
            shared.reporter.report(&IndexEvent::Embedded {
                done: self.summary.embedded,
                waiting: shared.ledger.pending_embedding_count(model_id)?,
            });
            shared.touch();
        }
        if self.last_vector_sync.elapsed() > SYNC_EVERY {
            self.sync_vectors()?;
        }
        Ok(true)
    }

    /// Makes some titles searchable by meaning; false when all are, or there is no model to do it.
    fn embed_titles(&mut self) -> Result<bool> {
        let shared = self.shared;
        while let Some(space) = self.unsynced_titles.first().copied() {
            let next = shared.indexes.next_titles(&shared.ledger, space);
            let Some(next) = shared.runtime.block_on(next)? else {
                self.unsynced_titles.remove(&space);
                continue;
            };
            let mut vectors = Vec::new();
            let texts = next.texts();
            if !texts.is_empty() {
                let Some(embedder) = self.embedder() else {
                    return Ok(false);
                };
                shared.set_activity(Activity::Embedding);
                for batch in texts.chunks(BATCH) {
                    shared.gate.pass(|| shared.stopping());
                    vectors.extend(embedder.embed(EmbedKind::Title, batch)?);
                }
            }
            shared.runtime.block_on(next.apply(vectors))?;
            return Ok(true);
        }
        Ok(false)
    }

    /// The embedding model; without it the summary says why.
    fn embedder(&mut self) -> Option<Arc<dyn Embedder>> {
        match self.shared.embedder.get() {
            Ok(embedder) => Some(embedder),
            Err(error) => {
                self.summary.embedding_error = Some(error.chain());
                None
            }
        }
    }

    /// Makes the vectors the ledger has searchable.
    pub(crate) fn sync_vectors(&mut self) -> Result<()> {
        let shared = self.shared;
        while let Some(space) = self.unsynced_vectors.first().copied() {
            shared
                .runtime
                .block_on(shared.indexes.sync_vector(&shared.ledger, space))?;
            self.unsynced_vectors.remove(&space);
        }
        self.last_vector_sync = Instant::now();
        Ok(())
    }
}
