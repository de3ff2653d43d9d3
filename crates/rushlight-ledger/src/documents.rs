//! Writing documents: what came of looking at files.

use std::collections::{BTreeSet, HashMap, HashSet};

use rushlight_core::source::modified_at;
use rushlight_core::{
    Block, BlockKind, ChunkOrigin, ContentHash, DocId, DocumentKind, Error, ErrorCode, FileRecord, FileRow,
    Generation, ParsedDocument, Result, SkippedBy, SourceId, SpaceId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::failure::Outcome;
use crate::feed::{Feed, named_part};
use crate::records::{ChunkedBy, CompletedFile, Completion, FileOutcome, NewChunk, NewDocument};
use crate::{Ledger, checks, encode, files, generation, intern, links, quotes, scans, sources, text};

/// Delay before a failed file is tried again: doubled with each attempt, from a minute up to six hours.
const FIRST_RETRY_MS: i64 = 60_000;
const LAST_RETRY_MS: i64 = 6 * 60 * 60_000;

impl Ledger {
    /// Takes in what came of looking at files, in one transaction. `now` is no later than when the first was read.
    ///
    /// A document that is in the ledger to the letter is not written again and moves no feed. Files that the ledger no
    /// longer knows are passed over.
    ///
    /// # Errors
    /// `Internal` when a file is completed as indexed without documents or with one twice; `DiskFull`, else
    /// `LedgerFailed`. Nothing of the batch is then kept.
    pub fn complete_files(&self, files: &[CompletedFile], now: Timestamp) -> Result<Completion> {
        self.store.write(|db| {
            let mut completion = Completion::default();
            let mut before: HashMap<SpaceId, Generation> = HashMap::new();
            let mut spaces: HashMap<SourceId, SpaceId> = HashMap::new();
            for completed in files {
                let Some(file) = files::find(db, completed.file)? else {
                    continue;
                };
                let space = match spaces.get(&file.source_id) {
                    Some(space) => *space,
                    None => {
                        let space = sources::source_of(db, file.source_id)?.space_id;
                        before.entry(space).or_insert(sources::generation_of(db, space)?);
                        spaces.insert(file.source_id, space);
                        space
                    }
                };
                complete(db, completed, &file, space, now, &mut completion)?;
            }
            let mut changed = BTreeSet::new();
            for (space, generation) in before {
                if sources::generation_of(db, space)? != generation {
                    changed.insert(space);
                }
            }
            completion.changed_spaces = changed.into_iter().collect();
            Ok(completion)
        })
    }
}

fn complete(
    db: &Connection,
    completed: &CompletedFile,
    file: &FileRecord,
    space: SpaceId,
    now: Timestamp,
    completion: &mut Completion,
) -> Outcome<()> {
    let CompletedFile {
        file: row,
        stamp,
        parser_version,
        outcome,
        scans,
    } = completed;
    match outcome {
        FileOutcome::Indexed {
            content_hash,
            documents,
        } => {
            let write = Write {
                db,
                file,
                space,
                file_date: modified_at(stamp.modified_ns),
                modified_ns: stamp.modified_ns,
                now,
            };
            write.replace_all(documents, completion)?;
            set_indexed(db, completed, Some(*content_hash), now)?;
        }
        FileOutcome::IndexedInPieces { content_hash, pass } => {
            completion.documents_removed +=
                generation::remove_documents_where(db, row.0, |found| found != *pass)?;
            set_indexed(db, completed, Some(*content_hash), now)?;
        }
        FileOutcome::Unchanged => {
            redate(db, *row, space, modified_at(stamp.modified_ns))?;
            set_indexed(db, completed, file.content_hash, now)?;
        }
        FileOutcome::Skipped(reason) => {
            completion.documents_removed += generation::remove_documents_of(db, row.0)?;
            files::set_skipped(db, *row, reason, SkippedBy::Parser, *parser_version)?;
        }
        FileOutcome::Failed { code, message } => {
            let keep = says_nothing_of_the_file(*code);
            if !keep {
                completion.documents_removed += generation::remove_documents_of(db, row.0)?;
            }
            set_failed(db, *row, *code, message, *parser_version, now)?;
            if !keep {
                db.prepare_cached("UPDATE files SET content_hash = NULL WHERE id = ?1")?
                    .execute([row.0])?;
            }
        }
    }
    match outcome {
        FileOutcome::Unchanged => {}
        FileOutcome::Failed { code, .. } if says_nothing_of_the_file(*code) => {}
        FileOutcome::Indexed { .. }
        | FileOutcome::IndexedInPieces { .. }
        | FileOutcome::Skipped(_)
        | FileOutcome::Failed { .. } => {
            scans::replace(db, *row, scans)?;
        }
    }
    let seen = &file.stamp;
    if (&seen.path, seen.size, seen.modified_ns) != (&stamp.path, stamp.size, stamp.modified_ns) {
        // A scan has seen a newer version while this one was read.
        db.prepare_cached(
            "UPDATE files SET status = 'waiting', code = '', message = '', skipped_by = '', attempts = 0,
                 next_attempt = NULL, parser_version = 0 WHERE id = ?1",
        )?
        .execute([row.0])?;
    }
    Ok(())
}

/// True when the cause lies elsewhere, so that the documents of the file's last version stand.
fn says_nothing_of_the_file(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::FileVanished
            | ErrorCode::DiskFull
            | ErrorCode::Busy
            | ErrorCode::Cancelled
            | ErrorCode::ParserUnavailable
    )
}

fn set_indexed(
    db: &Connection,
    completed: &CompletedFile,
    hash: Option<ContentHash>,
    read: Timestamp,
) -> Outcome<()> {
    db.prepare_cached(
        "UPDATE files SET status = 'indexed', code = '', message = '', skipped_by = '', attempts = 0,
             next_attempt = NULL, content_hash = ?2, parser_version = ?3, checked_at = ?4 WHERE id = ?1",
    )?
    .execute(params![
        completed.file.0,
        hash.map(|hash| hash.0),
        completed.parser_version,
        checks::checked_at(completed.stamp.modified_ns, read),
    ])?;
    Ok(())
}

fn set_failed(
    db: &Connection,
    file: FileRow,
    code: ErrorCode,
    message: &str,
    parser_version: u32,
    now: Timestamp,
) -> Outcome<()> {
    let attempts: u32 = db
        .prepare_cached("SELECT attempts FROM files WHERE id = ?1")?
        .query_row([file.0], |row| row.get::<_, u32>(0))?
        .saturating_add(1);
    let again = code.retryable() || says_nothing_of_the_file(code);
    let next_attempt = again.then(|| now.0.saturating_add(retry_delay_ms(attempts)));
    db.prepare_cached(
        "UPDATE files SET status = 'failed', code = ?2, message = ?3, skipped_by = '', attempts = ?4,
             next_attempt = ?5, parser_version = ?6 WHERE id = ?1",
    )?
    .execute(params![
        file.0,
        code.as_str(),
        message,
        attempts,
        next_attempt,
        parser_version
    ])?;
    Ok(())
}

fn retry_delay_ms(attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_RETRY_MS << doublings).min(LAST_RETRY_MS)
}

/// The file was touched: documents without a date of their own take its new one.
fn redate(db: &Connection, file: FileRow, space: SpaceId, date: Timestamp) -> Outcome<()> {
    let documents: Vec<(i64, bool)> = db
        .prepare_cached(
            "SELECT id, vector_generation IS NOT NULL FROM documents
             WHERE file_id = ?1 AND created IS NULL AND date <> ?2 ORDER BY id",
        )?
        .query_map(params![file.0, date.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (document, in_vector_feed) in documents {
        let generation = generation::next(db, space)?;
        db.prepare_cached("UPDATE documents SET date = ?2, generation = ?3 WHERE id = ?1")?
            .execute(params![document, date.0, generation])?;
        if in_vector_feed {
            let generation = generation::next(db, space)?;
            db.prepare_cached("UPDATE documents SET vector_generation = ?2 WHERE id = ?1")?
                .execute(params![document, generation])?;
        }
    }
    Ok(())
}

/// What all documents of a file share while they are written.
pub(crate) struct Write<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) file: &'a FileRecord,
    pub(crate) space: SpaceId,
    pub(crate) file_date: Timestamp,
    pub(crate) modified_ns: i64,
    /// When they are taken in.
    pub(crate) now: Timestamp,
}

/// A document's row before it is written again.
struct OldRow {
    id: i64,
    part: String,
    part_key: String,
    date: i64,
    fingerprint: [u8; 32],
    chunk_fingerprint: [u8; 32],
    in_vector_feed: bool,
    indexed: Option<i64>,
}

const OLD_COLUMNS: &str = "doc_id, id, part, part_key, date, fingerprint, chunk_fingerprint, vector_generation IS NOT NULL, indexed";

fn old_row(row: &Row<'_>) -> rusqlite::Result<(DocId, OldRow)> {
    let old = OldRow {
        id: row.get(1)?,
        part: row.get(2)?,
        part_key: row.get(3)?,
        date: row.get(4)?,
        fingerprint: row.get(5)?,
        chunk_fingerprint: row.get(6)?,
        in_vector_feed: row.get(7)?,
        indexed: row.get(8)?,
    };
    Ok((DocId(row.get(0)?), old))
}

impl Write<'_> {
    fn replace_all(&self, documents: &[NewDocument], completion: &mut Completion) -> Outcome<()> {
        let ids: HashSet<DocId> = documents.iter().map(|document| document.doc_id).collect();
        if ids.is_empty() || ids.len() != documents.len() {
            let message = format!(
                "file {} was completed without documents, or with one twice",
                self.file.id
            );
            return Err(Error::new(ErrorCode::Internal, message).into());
        }
        let mut old = self.old_rows()?;
        for document in documents {
            let row = old.remove(&document.doc_id);
            self.replace(row.as_ref(), document, completion)?;
        }
        let mut gone: Vec<(DocId, OldRow)> = old.into_iter().collect();
        gone.sort_by_key(|(_, row)| row.id);
        for (doc_id, row) in gone {
            generation::remove_document(self.db, row.id, self.space, doc_id, row.in_vector_feed)?;
            completion.documents_removed += 1;
        }
        Ok(())
    }

    /// Writes some of the file's documents, and notes that they were found in this pass.
    pub(crate) fn add(
        &self,
        documents: &[NewDocument],
        pass: i64,
        completion: &mut Completion,
    ) -> Outcome<()> {
        let mut known = self.db.prepare_cached(&format!(
            "SELECT {OLD_COLUMNS} FROM documents WHERE doc_id = ?1 AND file_id = ?2"
        ))?;
        let mut note = self
            .db
            .prepare_cached("UPDATE documents SET pass = ?2 WHERE doc_id = ?1")?;
        for document in documents {
            let row = known
                .query_row(params![document.doc_id.0, self.file.id.0], old_row)
                .optional()?;
            self.replace(row.as_ref().map(|(_, row)| row), document, completion)?;
            note.execute(params![document.doc_id.0, pass])?;
        }
        Ok(())
    }

    fn replace(
        &self,
        old: Option<&OldRow>,
        document: &NewDocument,
        completion: &mut Completion,
    ) -> Outcome<()> {
        match old {
            Some(row) if self.keep(row, document)? => completion.documents_unchanged += 1,
            row => {
                self.write(row, document)?;
                completion.documents_written += 1;
                completion.chunks_pending += self.pending_of(document.doc_id)?;
            }
        }
        Ok(())
    }

    fn old_rows(&self) -> Outcome<HashMap<DocId, OldRow>> {
        let sql = format!("SELECT {OLD_COLUMNS} FROM documents WHERE file_id = ?1");
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map([self.file.id.0], old_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// True when the row is already what would be written. The part's number may have moved: no index holds it. The names in
    /// it are in the keyword index, which is told when they change.
    fn keep(&self, row: &OldRow, new: &NewDocument) -> Outcome<bool> {
        let document = &new.document;
        let same = row.date == self.date_of(document).0
            && row.fingerprint == fingerprint(new)
            && row.chunk_fingerprint == chunk_fingerprint(&new.chunked_by, &new.chunks);
        if same && (row.part != document.part || row.part_key != document.part_key) {
            self.db
                .prepare_cached("UPDATE documents SET part = ?2, part_key = ?3 WHERE id = ?1")?
                .execute(params![row.id, document.part, document.part_key])?;
            if named_part(&row.part) != named_part(&document.part) {
                let generation = generation::next(self.db, self.space)?;
                self.db
                    .prepare_cached("UPDATE documents SET generation = ?2 WHERE id = ?1")?
                    .execute(params![row.id, generation])?;
            }
        }
        Ok(same)
    }

    fn date_of(&self, document: &ParsedDocument) -> Timestamp {
        document.metadata.created.unwrap_or(self.file_date)
    }

    fn write(&self, old: Option<&OldRow>, new: &NewDocument) -> Outcome<()> {
        let NewDocument {
            doc_id,
            document,
            access,
            chunked_by,
            title_embedded,
            chunks,
        } = new;
        let db = self.db;
        if let Some(old) = old {
            generation::delete_row(db, old.id, self.space)?;
        }
        let generation = generation::next(db, self.space)?;
        let (chunker, model) = intern::chunker(db, chunked_by)?;
        let mut insert = db.prepare_cached(
            "INSERT INTO documents (doc_id, file_id, source_id, space_id, part, part_key, content_hash, kind, media_type,
                 title, metadata, created, date, text_bytes, pages, unreadable_pages, unreadable_count, warnings,
                 warning_count, access, chunker, chunk_count, fingerprint, chunk_fingerprint, generation, title_embedded, message_id, indexed,
                 text_begins)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                 ?23, ?24, ?25, ?26, ?27, ?28, ?29)",
        )?;
        let ParsedDocument {
            part,
            part_key,
            content_hash,
            kind,
            media_type,
            title,
            metadata,
            text,
            blocks,
            lines,
            recognised,
            pages,
            unreadable_pages,
            warnings,
        } = document;
        let message_id = match kind {
            DocumentKind::Mail => metadata.message_id.as_deref(),
            _ => None,
        };
        insert.execute(params![
            doc_id.0,
            self.file.id.0,
            self.file.source_id.0,
            self.space.0,
            part,
            part_key,
            content_hash.0,
            kind.as_str(),
            media_type,
            title,
            encode::metadata_to_json(metadata),
            metadata.created.map(|time| time.0),
            self.date_of(document).0,
            text.len() as i64,
            pages,
            encode::to_json(unreadable_pages),
            unreadable_pages.len() as i64,
            encode::warnings_to_json(warnings),
            warnings.len() as i64,
            intern::access_set(db, access)?,
            chunker,
            chunks.len() as i64,
            fingerprint(new),
            chunk_fingerprint(chunked_by, chunks),
            generation,
            title_embedded,
            message_id,
            old.map_or(Some(self.now.0), |old| old.indexed),
            text_begins(*kind, blocks) as i64,
        ])?;
        quotes::note_changed(db, self.space, message_id)?;
        let row = db.last_insert_rowid();
        text::insert(db, row, text)?;
        links::insert(db, row, part, &self.file.stamp.path, metadata)?;
        db.prepare_cached(
            "INSERT INTO structures (document, blocks, lines, recognised) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            row,
            encode::blocks_to_json(blocks),
            encode::lines_to_bytes(lines),
            encode::recognised_to_json(recognised)
        ])?;
        generation::unbury(db, Feed::Keyword, *doc_id)?;
        let in_vector_feed = old.is_some_and(|old| old.in_vector_feed);
        let chunked = Chunked {
            document: row,
            doc_id: *doc_id,
            space: self.space,
            model,
            rank: self.modified_ns,
        };
        insert_chunks(db, &chunked, chunks, in_vector_feed)
    }

    fn pending_of(&self, doc_id: DocId) -> Outcome<u64> {
        let mut statement = self.db.prepare_cached(
            "SELECT count(*) FROM chunks WHERE pending_rank IS NOT NULL
             AND document = (SELECT id FROM documents WHERE doc_id = ?1)",
        )?;
        Ok(statement.query_row([doc_id.0], |row| row.get::<_, i64>(0))? as u64)
    }
}

/// The document that chunks are inserted for.
pub(crate) struct Chunked {
    /// Its row.
    pub(crate) document: i64,
    /// Its identity.
    pub(crate) doc_id: DocId,
    /// Its space.
    pub(crate) space: SpaceId,
    /// Row of the model its embedding keys are for.
    pub(crate) model: i64,
    /// The file's time, by which pending embeddings are ordered.
    pub(crate) rank: i64,
}

/// Inserts the chunks of a document that has none, and moves the vector feed: the document is in it again when every
/// embedding is known already; otherwise it leaves it if it was there.
pub(crate) fn insert_chunks(
    db: &Connection,
    chunked: &Chunked,
    chunks: &[NewChunk],
    was_in_vector_feed: bool,
) -> Outcome<()> {
    let Chunked {
        document,
        doc_id,
        space,
        model,
        rank,
    } = chunked;
    let mut insert = db.prepare_cached(
        "INSERT INTO chunks (chunk_id, document, ordinal, span_start, span_end, locator, heading_path, token_count,
             embedding_key, model, pending_rank, origin, repeated, confidence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
             CASE WHEN ?13 OR EXISTS (SELECT 1 FROM embeddings WHERE key = ?9) THEN NULL ELSE ?11 END, ?12, ?13, ?14)",
    )?;
    for (ordinal, chunk) in chunks.iter().enumerate() {
        let NewChunk {
            id,
            span,
            locator,
            heading_path,
            token_count,
            embedding_key,
            origin,
            confidence,
        } = chunk;
        insert.execute(params![
            id.0,
            document,
            ordinal as i64,
            span.start as i64,
            span.end as i64,
            encode::locator_to_text(locator),
            encode::to_json(heading_path),
            token_count,
            embedding_key.0,
            model,
            rank,
            encode::origin_to_number(*origin),
            *origin == ChunkOrigin::Signature,
            confidence,
        ])?;
    }
    if chunks.iter().any(|chunk| chunk.origin == ChunkOrigin::Quote) {
        quotes::mark(db, *document)?;
    }
    let complete = generation::stamp_vectors_if_complete(db, *document, *space, *doc_id)?;
    if !complete && was_in_vector_feed {
        generation::bury(db, Feed::Vector, *space, *doc_id)?;
    }
    Ok(())
}

/// Where a document's text begins: behind the fields that stand before it. At its beginning where there are none, where there
/// is nothing else, and in a mail, whose head is read with it.
fn text_begins(kind: DocumentKind, blocks: &[Block]) -> usize {
    let is_field = |block: &Block| block.kind == BlockKind::Metadata;
    if kind == DocumentKind::Mail || !blocks.first().is_some_and(is_field) {
        return 0;
    }
    let text = blocks.iter().find(|block| !is_field(block));
    text.map_or(0, |block| block.span.start)
}

/// The row, space and vector state of a document.
pub(crate) fn locate(db: &Connection, doc_id: DocId) -> Outcome<Option<(i64, SpaceId, bool)>> {
    let mut statement = db.prepare_cached(
        "SELECT id, space_id, vector_generation IS NOT NULL FROM documents WHERE doc_id = ?1",
    )?;
    Ok(statement
        .query_row([doc_id.0], |row| {
            Ok((row.get(0)?, SpaceId(row.get(1)?), row.get(2)?))
        })
        .optional()?)
}

/// Hash of all that is written of a document beside its part, its date and its chunks.
fn fingerprint(new: &NewDocument) -> [u8; 32] {
    let NewDocument {
        doc_id: _,
        document,
        access,
        chunked_by: _,
        title_embedded: _,
        chunks: _,
    } = new;
    let ParsedDocument {
        part: _,
        part_key: _,
        content_hash,
        kind,
        media_type,
        title,
        metadata,
        text,
        blocks,
        lines,
        recognised,
        pages,
        unreadable_pages,
        warnings,
    } = document;
    let mut hasher = Fields::new();
    hasher.add(&content_hash.0);
    hasher.add(kind.as_str().as_bytes());
    hasher.add(media_type.as_bytes());
    hasher.add(title.as_bytes());
    hasher.add(encode::metadata_to_json(metadata).as_bytes());
    hasher.add(text.as_bytes());
    hasher.add(encode::blocks_to_json(blocks).as_bytes());
    hasher.add(encode::to_json(&(pages, unreadable_pages)).as_bytes());
    hasher.add(encode::warnings_to_json(warnings).as_bytes());
    hasher.add(encode::access_to_json(access).as_bytes());
    if !lines.is_empty() {
        // Only then: what has none keeps the hash it has had since before there were any.
        hasher.add(&encode::lines_to_bytes(lines));
    }
    // Added where there is some, so that documents without are known as the same by older fingerprints.
    if !recognised.is_empty() {
        hasher.add(encode::recognised_to_json(recognised).as_bytes());
    }
    hasher.finish()
}

/// Hash of a document's chunks and of what made them.
pub(crate) fn chunk_fingerprint(chunked_by: &ChunkedBy, chunks: &[NewChunk]) -> [u8; 32] {
    let ChunkedBy { chunker_id, model_id } = chunked_by;
    let mut hasher = Fields::new();
    hasher.add(chunker_id.as_bytes());
    hasher.add(model_id.as_bytes());
    for NewChunk {
        id,
        span,
        locator,
        heading_path,
        token_count,
        embedding_key,
        origin,
        confidence,
    } in chunks
    {
        hasher.add(&id.0);
        hasher.add(&embedding_key.0);
        let rest = (
            span.start,
            span.end,
            encode::locator_to_text(locator),
            heading_path,
            token_count,
            encode::origin_to_number(*origin),
        );
        hasher.add(encode::to_json(&rest).as_bytes());
        if let Some(confidence) = confidence {
            hasher.add(&[*confidence]);
        }
    }
    hasher.finish()
}

/// A hash over fields, each with its length, so that no two lists of fields run into each other.
struct Fields(blake3::Hasher);

impl Fields {
    fn new() -> Self {
        Self(blake3::Hasher::new())
    }

    fn add(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn finish(self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_stay_below_six_hours() {
        let delays: Vec<i64> = [1, 2, 3, 9, 10, u32::MAX]
            .into_iter()
            .map(|n| retry_delay_ms(n) / 60_000)
            .collect();
        assert_eq!(delays, [1, 2, 4, 256, 360, 360]);
    }
}
