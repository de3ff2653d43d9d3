//! Embeddings, kept once per embedded text and model.

use std::collections::{BTreeSet, HashSet};

use rushlight_core::{ChunkId, DocId, Embedding, EmbeddingKey, Result, SpaceId};
use rusqlite::{OptionalExtension, params};

use crate::failure::Failure;
use crate::feed::span_from_row;
use crate::records::PendingChunk;
use crate::{Ledger, encode, generation, intern, text};

/// The vector as the ledger gives it back: rounded to half precision and scaled to unit length.
pub fn stored(embedding: &Embedding) -> Embedding {
    encode::vector_from_bytes(&encode::vector_to_bytes(embedding))
        .expect("a vector of unit length has a value that half precision does not round to zero")
}

impl Ledger {
    /// Chunks whose embedding is missing, the newest files' first, at most `limit`, each key once. Chunks of sources
    /// that are paused are left out.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn pending_embeddings(&self, model_id: &str, limit: usize) -> Result<Vec<PendingChunk>> {
        self.store.read(|db| {
            let Some(model) = intern::known_model(db, model_id)? else { return Ok(Vec::new()) };
            let mut statement = db.prepare_cached(
                "SELECT chunks.embedding_key, CASE WHEN documents.title_embedded THEN documents.title ELSE '' END,
                     chunks.heading_path, chunks.document, chunks.span_start,
                     chunks.span_end, chunks.token_count
                 FROM chunks JOIN documents ON documents.id = chunks.document
                 WHERE chunks.model = ?1 AND chunks.pending_rank IS NOT NULL
                     AND documents.source_id NOT IN (SELECT id FROM sources WHERE paused)
                 ORDER BY chunks.pending_rank DESC, chunks.document, chunks.ordinal",
            )?;
            let mut rows = statement.query([model])?;
            let mut keys = HashSet::new();
            let mut pending = Vec::new();
            while pending.len() < limit {
                let Some(row) = rows.next()? else { break };
                let embedding_key = EmbeddingKey(row.get(0)?);
                if !keys.insert(embedding_key) {
                    continue;
                }
                let span = span_from_row(row, 4)?;
                let text = text::under(db, row.get(3)?, span)?
                    .ok_or_else(|| Failure::Malformed("chunks.span_start", format!("{span:?}")))?;
                pending.push(PendingChunk {
                    embedding_key,
                    title: row.get(1)?,
                    heading_path: encode::from_json("chunks.heading_path", &row.get::<_, String>(2)?)?,
                    text,
                    token_count: row.get(6)?,
                });
            }
            Ok(pending)
        })
    }

    /// Number of chunks whose embedding is missing. Chunks of equal text count each.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn pending_embedding_count(&self, model_id: &str) -> Result<u64> {
        self.store.read(|db| {
            let Some(model) = intern::known_model(db, model_id)? else {
                return Ok(0);
            };
            let mut statement = db.prepare_cached(
                "SELECT count(*) FROM chunks WHERE model = ?1 AND pending_rank IS NOT NULL",
            )?;
            Ok(statement.query_row([model], |row| row.get::<_, i64>(0))? as u64)
        })
    }

    /// Keeps embeddings, in one transaction, and puts documents that now have all of theirs into the vector feed.
    /// Returns the spaces whose vector feed moved. A key that is known already keeps its vector.
    ///
    /// # Errors
    /// `EmbeddingFailed` when a vector has other dimensions than the model's first; `DiskFull`, else `LedgerFailed`.
    pub fn store_embeddings(
        &self,
        model_id: &str,
        embeddings: &[(EmbeddingKey, Embedding)],
    ) -> Result<Vec<SpaceId>> {
        self.store.write(|db| {
            let model = intern::model(db, model_id)?;
            let mut touched: BTreeSet<i64> = BTreeSet::new();
            for (key, embedding) in embeddings {
                intern::require_dimensions(db, model, model_id, embedding.values().len())?;
                db.prepare_cached(
                    "INSERT OR IGNORE INTO embeddings (key, model, vector) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![key.0, model, encode::vector_to_bytes(embedding)])?;
                let mut settle = db.prepare_cached(
                    "UPDATE chunks SET pending_rank = NULL
                     WHERE embedding_key = ?1 AND pending_rank IS NOT NULL RETURNING document",
                )?;
                for document in settle.query_map([key.0], |row| row.get(0))? {
                    touched.insert(document?);
                }
            }
            let mut spaces = BTreeSet::new();
            for document in touched {
                let (space, doc_id) = db
                    .prepare_cached("SELECT space_id, doc_id FROM documents WHERE id = ?1")?
                    .query_row([document], |row| Ok((SpaceId(row.get(0)?), DocId(row.get(1)?))))?;
                if generation::stamp_vectors_if_complete(db, document, space, doc_id)? {
                    spaces.insert(space);
                }
            }
            Ok(spaces.into_iter().collect())
        })
    }

    /// The embeddings of these chunks, in order; `None` for a chunk that is unknown or has none of this model.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn embeddings_of(&self, chunks: &[ChunkId], model_id: &str) -> Result<Vec<Option<Embedding>>> {
        self.store.read(|db| {
            let Some(model) = intern::known_model(db, model_id)? else {
                return Ok(vec![None; chunks.len()]);
            };
            let mut statement = db.prepare_cached(
                "SELECT embeddings.vector FROM chunks JOIN embeddings ON embeddings.key = chunks.embedding_key
                 WHERE chunks.chunk_id = ?1 AND embeddings.model = ?2 AND NOT chunks.repeated",
            )?;
            chunks
                .iter()
                .map(|chunk| {
                    let bytes: Option<Vec<u8>> = statement
                        .query_row(params![chunk.0, model], |row| row.get(0))
                        .optional()?;
                    bytes.map(|bytes| encode::vector_from_bytes(&bytes)).transpose()
                })
                .collect()
        })
    }

    /// Drops embeddings that no chunk refers to; returns how many. For idle moments: until then they save computing
    /// the embedding of a text that comes back.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn collect_unused_embeddings(&self) -> Result<u64> {
        self.store.write(|db| {
            let sql = "DELETE FROM embeddings
                       WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.embedding_key = embeddings.key)";
            Ok(db.execute(sql, [])? as u64)
        })
    }
}
