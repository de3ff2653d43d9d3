//! Chunking anew what another chunker or another embedding model made, without reading the files again.

use rushlight_core::{ContentHash, DocId, ParsedDocument, Result};
use rusqlite::params;

use crate::documents::{Chunked, chunk_fingerprint, insert_chunks, locate};
use crate::feed::kind_from_row;
use crate::records::{ChunkedBy, RechunkDocument, Rechunked};
use crate::{Ledger, encode, generation, intern, text};

impl Ledger {
    /// Documents whose chunks something else made, at most `limit` and at most about 16 MiB of text together, at least
    /// one if there is any. To be asked, chunked and given to [`Ledger::replace_chunks`] until there is none.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn documents_to_rechunk(&self, chunked_by: &ChunkedBy, limit: usize) -> Result<Vec<RechunkDocument>> {
        const ENOUGH_TEXT_BYTES: usize = 16 << 20;
        self.store.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT documents.id, documents.doc_id, documents.part, documents.part_key, documents.content_hash,
                     documents.kind, documents.media_type, documents.title, documents.metadata, documents.pages,
                     documents.unreadable_pages, documents.warnings, structures.blocks, files.path,
                     structures.lines, structures.recognised
                 FROM documents JOIN structures ON structures.document = documents.id
                 JOIN files ON files.id = documents.file_id
                 WHERE documents.chunker NOT IN (
                     SELECT chunkers.id FROM chunkers JOIN models ON models.id = chunkers.model
                     WHERE chunkers.chunker_id = ?1 AND models.name = ?2)
                 LIMIT ?3",
            )?;
            let limit = i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
            let mut rows = statement.query(params![chunked_by.chunker_id, chunked_by.model_id, limit])?;
            let mut documents = Vec::new();
            let mut bytes = 0;
            while bytes < ENOUGH_TEXT_BYTES {
                let Some(row) = rows.next()? else { break };
                let text = text::whole(db, row.get(0)?)?;
                bytes += text.len();
                documents.push(RechunkDocument {
                    doc_id: DocId(row.get(1)?),
                    path: row.get(13)?,
                    document: ParsedDocument {
                        part: row.get(2)?,
                        part_key: row.get(3)?,
                        content_hash: ContentHash(row.get(4)?),
                        kind: kind_from_row(row, 5)?,
                        media_type: row.get(6)?,
                        title: row.get(7)?,
                        metadata: encode::metadata_from_json(&row.get::<_, String>(8)?)?,
                        text,
                        blocks: encode::blocks_from_json(&row.get::<_, String>(12)?)?,
                        lines: encode::lines_from_bytes(row.get_ref(14)?.as_blob()?)?,
                        recognised: encode::recognised_from_json(&row.get::<_, String>(15)?)?,
                        pages: row.get(9)?,
                        unreadable_pages: encode::from_json("documents.unreadable_pages", &row.get::<_, String>(10)?)?,
                        warnings: encode::warnings_from_json(&row.get::<_, String>(11)?)?,
                    },
                });
            }
            Ok(documents)
        })
    }

    /// Gives documents new chunks, in one transaction. Documents that are gone in the meantime are passed over.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn replace_chunks(&self, chunked_by: &ChunkedBy, documents: &[Rechunked]) -> Result<()> {
        self.store.write(|db| {
            let (chunker, model) = intern::chunker(db, chunked_by)?;
            for Rechunked { doc_id, title_embedded, chunks } in documents {
                let Some((document, space, in_vector_feed)) = locate(db, *doc_id)? else { continue };
                let rank: i64 = db
                    .prepare_cached(
                        "SELECT files.modified_ns FROM files JOIN documents ON documents.file_id = files.id
                         WHERE documents.id = ?1",
                    )?
                    .query_row([document], |row| row.get(0))?;
                db.prepare_cached("DELETE FROM chunks WHERE document = ?1")?.execute([document])?;
                let generation = generation::next(db, space)?;
                db.prepare_cached(
                    "UPDATE documents SET chunker = ?2, chunk_count = ?3, chunk_fingerprint = ?4, generation = ?5,
                         title_embedded = ?6, vector_generation = NULL, answers = NULL, unsettled = 0 WHERE id = ?1",
                )?
                .execute(params![
                    document,
                    chunker,
                    chunks.len() as i64,
                    chunk_fingerprint(chunked_by, chunks),
                    generation,
                    title_embedded
                ])?;
                let chunked = Chunked { document, doc_id: *doc_id, space, model, rank };
                insert_chunks(db, &chunked, chunks, in_vector_feed)?;
            }
            Ok(())
        })
    }
}
