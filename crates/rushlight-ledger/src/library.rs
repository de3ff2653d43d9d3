//! Reading documents and chunks, to show and to cite them.

use std::collections::HashMap;
use std::ops::Range;

use rushlight_core::{
    Chunk, ChunkId, ContentHash, DocId, EmbeddingKey, FileRow, OtherPlace, PlacedLine, Principal, Result,
    SourceId, SpaceId, TextSpan, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::failure::{Failure, Outcome};
use crate::feed::{kind_from_row, span_from_row};
use crate::records::{ChunkRecord, DocumentQuery, DocumentRecord, DocumentSummary, Page};
use crate::{Ledger, encode, files, intern, text};

/// The columns of a chunk with its document's identity; the first is column zero.
const CHUNK_COLUMNS: &str = "chunks.chunk_id, chunks.document, chunks.ordinal, chunks.span_start, chunks.span_end, \
    chunks.locator, chunks.heading_path, chunks.token_count, chunks.embedding_key, documents.doc_id, chunks.confidence";

/// The columns of a summary; the first is column zero.
pub(crate) const SUMMARY_COLUMNS: &str = "documents.id, documents.doc_id, documents.file_id, documents.source_id, \
    documents.space_id, spaces.name, sources.root, files.path, documents.part, documents.title, documents.kind, \
    documents.media_type, documents.date, documents.content_hash, documents.text_bytes, documents.chunk_count, \
    documents.vector_generation IS NOT NULL, documents.pages, documents.unreadable_pages, documents.warnings, \
    access_sets.principals";
pub(crate) const SUMMARY_TABLES: &str = "documents JOIN spaces ON spaces.id = documents.space_id \
    JOIN sources ON sources.id = documents.source_id JOIN files ON files.id = documents.file_id \
    JOIN access_sets ON access_sets.id = documents.access";

impl Ledger {
    /// These chunks with what is needed to show and to cite them, in the order asked; those that are gone are left out.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn hydrate(&self, chunks: &[ChunkId]) -> Result<Vec<ChunkRecord>> {
        self.store.read(|db| {
            let sql = format!(
                "SELECT {CHUNK_COLUMNS}, documents.content_hash, documents.title, sources.root, files.path,
                     documents.part, documents.kind, documents.date, documents.source_id, documents.space_id,
                     spaces.name, access_sets.principals, sources.online,
                     CASE documents.kind WHEN 'mail' THEN json_extract(documents.metadata, '$.thread_id') END,
                     documents.text_begins
                 FROM chunks JOIN documents ON documents.id = chunks.document
                 JOIN spaces ON spaces.id = documents.space_id JOIN sources ON sources.id = documents.source_id
                 JOIN files ON files.id = documents.file_id JOIN access_sets ON access_sets.id = documents.access
                 WHERE chunks.chunk_id = ?1"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut records = Vec::with_capacity(chunks.len());
            for chunk in chunks {
                let mut rows = statement.query([chunk.0])?;
                let Some(row) = rows.next()? else { continue };
                let root: String = row.get(13)?;
                let path: String = row.get(14)?;
                records.push(ChunkRecord {
                    chunk: chunk_from_row(db, row)?,
                    content_hash: ContentHash(row.get(11)?),
                    title: row.get(12)?,
                    path: absolute(&root, &path),
                    part: row.get(15)?,
                    kind: kind_from_row(row, 16)?,
                    date: Timestamp(row.get(17)?),
                    source_id: SourceId(row.get(18)?),
                    space_id: SpaceId(row.get(19)?),
                    space: row.get(20)?,
                    access: encode::access_from_json(&row.get::<_, String>(21)?)?,
                    online: row.get(22)?,
                    thread_id: row.get(23)?,
                    text_begins: row.get::<_, i64>(24)? as usize,
                });
            }
            Ok(records)
        })
    }

    /// The documents that these chunks belong to, each once, with its date, in no order: those that one of these principals
    /// may read. Chunks that are gone are left out.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn documents_of(
        &self,
        chunks: &[ChunkId],
        principals: &[Principal],
    ) -> Result<Vec<(DocId, Timestamp)>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let mut statement = db.prepare_cached(
                "SELECT documents.doc_id, documents.date FROM chunks JOIN documents ON documents.id = chunks.document
                 WHERE chunks.chunk_id = ?2 AND documents.access IN (SELECT value FROM json_each(?1))",
            )?;
            let mut found = HashMap::new();
            for chunk in chunks {
                let document = statement
                    .query_row(params![access, chunk.0], |row| {
                        Ok((DocId(row.get(0)?), Timestamp(row.get(1)?)))
                    })
                    .optional()?;
                found.extend(document);
            }
            Ok(found.into_iter().collect())
        })
    }

    /// The chunks of a document with these ordinals, in order; those that do not exist are left out.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn neighbours(&self, doc: DocId, ordinals: Range<u32>) -> Result<Vec<Chunk>> {
        self.store.read(|db| chunks_of(db, doc, ordinals))
    }

    /// All chunks of a document, in order; empty when there is no such document.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn document_chunks(&self, doc: DocId) -> Result<Vec<Chunk>> {
        self.store.read(|db| chunks_of(db, doc, 0..u32::MAX))
    }

    /// The chunks of a document as they are read and quoted, in order: without its front matter. Empty when there is no such
    /// document.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn document_passages(&self, doc: DocId) -> Result<Vec<Chunk>> {
        self.store.read(|db| {
            let mut statement = db.prepare_cached("SELECT text_begins FROM documents WHERE doc_id = ?1")?;
            let begins: Option<i64> = statement.query_row([doc.0], |row| row.get(0)).optional()?;
            let chunks = chunks_of(db, doc, 0..u32::MAX)?.into_iter();
            let begins = begins.unwrap_or(0) as usize;
            Ok(chunks.filter_map(|chunk| chunk.beginning_at(begins)).collect())
        })
    }

    /// The first chunk with text of each of these documents, in the order asked; those that are gone are left out.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn first_chunks(&self, documents: &[DocId]) -> Result<Vec<(ChunkId, DocId)>> {
        self.store.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT chunks.chunk_id FROM chunks JOIN documents ON documents.id = chunks.document
                 WHERE documents.doc_id = ?1 AND chunks.span_end > documents.text_begins
                 ORDER BY chunks.ordinal LIMIT 1",
            )?;
            let mut found = Vec::with_capacity(documents.len());
            for document in documents {
                let mut rows = statement.query([document.0])?;
                if let Some(row) = rows.next()? {
                    found.push((ChunkId(row.get(0)?), *document));
                }
            }
            Ok(found)
        })
    }

    /// A document whole.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn document(&self, doc: DocId) -> Result<Option<DocumentRecord>> {
        self.store.read(|db| {
            let sql = format!(
                "SELECT {SUMMARY_COLUMNS}, documents.metadata, structures.blocks, structures.lines, structures.recognised
                 FROM {SUMMARY_TABLES}
                 JOIN structures ON structures.document = documents.id WHERE documents.doc_id = ?1"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query([doc.0])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let summary = summary_from_row(row)?;
            let file = files::find(db, summary.file)?.ok_or_else(|| {
                Failure::Malformed("documents.file_id", format!("no file {}", summary.file))
            })?;
            Ok(Some(DocumentRecord {
                metadata: encode::metadata_from_json(&row.get::<_, String>(21)?)?,
                text: text::whole(db, row.get(0)?)?,
                blocks: encode::blocks_from_json(&row.get::<_, String>(22)?)?,
                lines: encode::lines_from_bytes(row.get_ref(23)?.as_blob()?)?,
                recognised: encode::recognised_from_json(&row.get::<_, String>(24)?)?,
                file,
                summary,
            }))
        })
    }

    /// Where the lines of this version of a document stand on its pages; none where that is not known, or the ledger has
    /// another version.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn document_lines(&self, doc: DocId, version: ContentHash) -> Result<Vec<PlacedLine>> {
        self.store.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT structures.lines FROM documents JOIN structures ON structures.document = documents.id
                 WHERE documents.doc_id = ?1 AND documents.content_hash = ?2",
            )?;
            let mut rows = statement.query(params![doc.0, version.0])?;
            match rows.next()? {
                Some(row) => encode::lines_from_bytes(row.get_ref(0)?.as_blob()?),
                None => Ok(Vec::new()),
            }
        })
    }

    /// Number of a file's documents.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn document_count(&self, file: FileRow) -> Result<u64> {
        self.store.read(|db| {
            let mut statement = db.prepare_cached("SELECT count(*) FROM documents WHERE file_id = ?1")?;
            Ok(statement.query_row([file.0], |row| row.get::<_, i64>(0))? as u64)
        })
    }

    /// The text of a document under `span`, without reading all of it; `None` when there is no such document, or the
    /// span lies outside its text or inside a character.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn document_text(&self, doc: DocId, span: TextSpan) -> Result<Option<String>> {
        self.store.read(|db| match row_of(db, doc)? {
            Some(document) => text::under(db, document, span),
            None => Ok(None),
        })
    }

    /// The other documents of the space with the same bytes as `doc` that one of these principals may read, by path, at
    /// most `limit`.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn documents_alike(
        &self,
        doc: DocId,
        principals: &[Principal],
        limit: usize,
    ) -> Result<Vec<OtherPlace>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let mut statement = db.prepare_cached(
                "SELECT other.doc_id, sources.root, files.path, other.part, sources.online
                 FROM documents JOIN documents AS other
                     ON other.content_hash = documents.content_hash AND other.space_id = documents.space_id
                     AND other.id <> documents.id
                 JOIN sources ON sources.id = other.source_id JOIN files ON files.id = other.file_id
                 WHERE documents.doc_id = ?1 AND other.access IN (SELECT value FROM json_each(?2))
                 ORDER BY sources.root, files.path, other.part LIMIT ?3",
            )?;
            let rows = statement.query_map(params![doc.0, access, limit as i64], |row| {
                Ok(OtherPlace {
                    doc_id: DocId(row.get(0)?),
                    path: absolute(&row.get::<_, String>(1)?, &row.get::<_, String>(2)?),
                    part: row.get(3)?,
                    online: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// A page of documents, the newest first.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn documents(&self, query: &DocumentQuery) -> Result<Page<DocumentSummary>> {
        let DocumentQuery {
            principals,
            space,
            source,
            kind,
            limit,
            offset,
        } = query;
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let filter = "documents.access IN (SELECT value FROM json_each(?1))
                AND (?2 IS NULL OR documents.space_id = ?2) AND (?3 IS NULL OR documents.source_id = ?3)
                AND (?4 IS NULL OR documents.kind = ?4)";
            let (space, source, kind) = (
                space.map(|space| space.0),
                source.map(|source| source.0),
                kind.map(|kind| kind.as_str()),
            );
            let total: i64 = db
                .prepare_cached(&format!("SELECT count(*) FROM documents WHERE {filter}"))?
                .query_row(params![access, space, source, kind], |row| row.get(0))?;
            let sql = format!(
                "SELECT {SUMMARY_COLUMNS} FROM {SUMMARY_TABLES} WHERE {filter}
                 ORDER BY documents.date DESC, documents.id LIMIT ?5 OFFSET ?6"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query(params![
                access,
                space,
                source,
                kind,
                *limit as i64,
                *offset as i64
            ])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                items.push(summary_from_row(row)?);
            }
            Ok(Page {
                items,
                total: total as u64,
            })
        })
    }
}

/// A file's absolute path, as people know it.
pub(crate) fn absolute(root: &str, path: &str) -> String {
    format!("{}/{path}", root.trim_end_matches('/'))
}

fn row_of(db: &Connection, doc: DocId) -> Outcome<Option<i64>> {
    let mut statement = db.prepare_cached("SELECT id FROM documents WHERE doc_id = ?1")?;
    Ok(statement.query_row([doc.0], |row| row.get(0)).optional()?)
}

fn chunks_of(db: &Connection, doc: DocId, ordinals: Range<u32>) -> Outcome<Vec<Chunk>> {
    let sql = format!(
        "SELECT {CHUNK_COLUMNS} FROM documents JOIN chunks ON chunks.document = documents.id
         WHERE documents.doc_id = ?1 AND chunks.ordinal >= ?2 AND chunks.ordinal < ?3 ORDER BY chunks.ordinal"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![doc.0, ordinals.start, ordinals.end])?;
    let mut chunks = Vec::new();
    while let Some(row) = rows.next()? {
        chunks.push(chunk_from_row(db, row)?);
    }
    Ok(chunks)
}

fn chunk_from_row(db: &Connection, row: &Row<'_>) -> Outcome<Chunk> {
    let span = span_from_row(row, 3)?;
    let text = text::under(db, row.get(1)?, span)?
        .ok_or_else(|| Failure::Malformed("chunks.span_start", format!("{span:?} is not in the text")))?;
    Ok(Chunk {
        id: ChunkId(row.get(0)?),
        doc_id: DocId(row.get(9)?),
        ordinal: row.get(2)?,
        text,
        heading_path: encode::from_json("chunks.heading_path", &row.get::<_, String>(6)?)?,
        span,
        locator: encode::locator_from_text(&row.get::<_, String>(5)?)?,
        token_count: row.get(7)?,
        embedding_key: EmbeddingKey(row.get(8)?),
        confidence: row.get(10)?,
    })
}

/// A document's summary from [`SUMMARY_COLUMNS`].
pub(crate) fn summary_from_row(row: &Row<'_>) -> Outcome<DocumentSummary> {
    let root: String = row.get(6)?;
    let path: String = row.get(7)?;
    Ok(DocumentSummary {
        doc_id: DocId(row.get(1)?),
        file: FileRow(row.get(2)?),
        source_id: SourceId(row.get(3)?),
        space_id: SpaceId(row.get(4)?),
        space: row.get(5)?,
        path: absolute(&root, &path),
        part: row.get(8)?,
        title: row.get(9)?,
        kind: kind_from_row(row, 10)?,
        media_type: row.get(11)?,
        date: Timestamp(row.get(12)?),
        content_hash: ContentHash(row.get(13)?),
        text_bytes: row.get::<_, i64>(14)? as u64,
        chunks: row.get(15)?,
        embedded: row.get(16)?,
        pages: row.get(17)?,
        unreadable_pages: encode::from_json("documents.unreadable_pages", &row.get::<_, String>(18)?)?,
        warnings: encode::warnings_from_json(&row.get::<_, String>(19)?)?,
        access: encode::access_from_json(&row.get::<_, String>(20)?)?,
    })
}
