//! Quotations in mail: which of them are found in the mail that is quoted.
//!
//! A chunk of a quotation is repeated when the mail that its document answers is there and has its words. Whether it is
//! follows from the documents that are there, not from the order in which they came: writing or removing a mail marks the
//! mails that answer it, and those are compared again before any index is fed.

use std::collections::{BTreeSet, HashSet};

use rushlight_core::{ChunkId, DocId, Result, SpaceId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::{Failure, Outcome};
use crate::feed::{Feed, span_from_row};
use crate::records::{QuotingDocument, SettledQuotes};
use crate::{Ledger, generation, text};

/// Longer texts are not compared; what they quote counts as first written there.
const MOST_COMPARED_BYTES: i64 = 1 << 20;
/// Bytes of text that are handed out at once.
const ENOUGH_BYTES: i64 = 16 << 20;

impl Ledger {
    /// Mails whose quotations are to be compared with what they answer, at most `limit`, at least one if there is any. To
    /// be asked, compared and given to [`Ledger::settle_quotes`] until there is none.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn quotes_to_settle(&self, limit: usize) -> Result<Vec<QuotingDocument>> {
        let changed = self.store.read(|db| {
            let sql = "SELECT EXISTS (SELECT 1 FROM changed_mails)";
            Ok(db
                .prepare_cached(sql)?
                .query_row([], |row| row.get::<_, bool>(0))?)
        })?;
        if changed {
            self.store.write(mark_answers)?;
        }
        self.store.read(|db| unsettled(db, limit))
    }

    /// Takes in what the comparison found, in one transaction. Returns the spaces that have changes to index. Documents that
    /// are gone in the meantime are passed over.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn settle_quotes(&self, settled: &[SettledQuotes]) -> Result<Vec<SpaceId>> {
        self.store.write(|db| {
            let mut spaces = BTreeSet::new();
            for settled in settled {
                spaces.extend(settle(db, settled)?);
            }
            Ok(spaces.into_iter().collect())
        })
    }
}

/// Notes that a mail of this Message-ID was written or removed.
pub(crate) fn note_changed(db: &Connection, space: SpaceId, message_id: Option<&str>) -> Outcome<()> {
    if let Some(message_id) = message_id {
        db.prepare_cached("INSERT OR IGNORE INTO changed_mails (space_id, message_id) VALUES (?1, ?2)")?
            .execute(params![space.0, message_id])?;
    }
    Ok(())
}

/// Has the quotations of a document compared, where it says what it answers.
pub(crate) fn mark(db: &Connection, document: i64) -> Outcome<()> {
    db.prepare_cached(
        "UPDATE documents SET answers = json_extract(metadata, '$.in_reply_to'),
             unsettled = json_extract(metadata, '$.in_reply_to') IS NOT NULL WHERE id = ?1",
    )?
    .execute([document])?;
    Ok(())
}

fn mark_answers(db: &Connection) -> Outcome<()> {
    let changed: Vec<(i64, String)> = db
        .prepare_cached("SELECT space_id, message_id FROM changed_mails")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut mark =
        db.prepare_cached("UPDATE documents SET unsettled = 1 WHERE space_id = ?1 AND answers = ?2")?;
    for (space, message_id) in changed {
        mark.execute(params![space, message_id])?;
    }
    db.execute("DELETE FROM changed_mails", [])?;
    Ok(())
}

fn unsettled(db: &Connection, limit: usize) -> Outcome<Vec<QuotingDocument>> {
    let mut statement = db.prepare_cached(
        "SELECT id, doc_id, text_bytes FROM documents WHERE unsettled ORDER BY id LIMIT ?1",
    )?;
    let limit = i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
    let mut rows = statement.query([limit])?;
    let mut found = Vec::new();
    let mut bytes = 0;
    while bytes < ENOUGH_BYTES {
        let Some(row) = rows.next()? else { break };
        let (document, text_bytes): (i64, i64) = (row.get(0)?, row.get(2)?);
        let original = match text_bytes <= MOST_COMPARED_BYTES {
            true => original_of(db, document)?,
            false => None,
        };
        // Nothing to compare with, so the quotations need not be read.
        let quotes = match original {
            Some(_) => quotes_of(db, document)?,
            None => Vec::new(),
        };
        bytes += original
            .as_ref()
            .map_or(0, |original| original.len() as i64 + text_bytes);
        found.push(QuotingDocument {
            doc_id: DocId(row.get(1)?),
            quotes,
            original,
        });
    }
    Ok(found)
}

/// The text of the mail that a document answers: the first by its date, in the same space, and open to the same people. It
/// must be older than the document, so that no two mails stand in for each other's words.
fn original_of(db: &Connection, document: i64) -> Outcome<Option<String>> {
    let mut statement = db.prepare_cached(
        "SELECT original.id, original.text_bytes FROM documents AS quoting
         JOIN documents AS original ON original.space_id = quoting.space_id AND original.message_id = quoting.answers
             AND original.access = quoting.access
             AND (original.created, original.content_hash) < (quoting.created, quoting.content_hash)
         WHERE quoting.id = ?1 ORDER BY original.created, original.content_hash, original.id LIMIT 1",
    )?;
    let found: Option<(i64, i64)> = statement
        .query_row([document], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        Some((original, bytes)) if bytes <= MOST_COMPARED_BYTES => Ok(Some(text::whole(db, original)?)),
        _ => Ok(None),
    }
}

fn quotes_of(db: &Connection, document: i64) -> Outcome<Vec<(ChunkId, String)>> {
    let whole = text::whole(db, document)?;
    let mut statement = db.prepare_cached(
        "SELECT chunk_id, span_start, span_end FROM chunks WHERE document = ?1 AND origin = 1 ORDER BY ordinal",
    )?;
    let mut rows = statement.query([document])?;
    let mut quotes = Vec::new();
    while let Some(row) = rows.next()? {
        let span = span_from_row(row, 1)?;
        let text = span
            .of(&whole)
            .ok_or_else(|| Failure::Malformed("chunks.span_start", format!("{span:?}")))?;
        quotes.push((ChunkId(row.get(0)?), text.to_owned()));
    }
    Ok(quotes)
}

/// The space, if its indexes have something to do.
fn settle(db: &Connection, settled: &SettledQuotes) -> Outcome<Option<SpaceId>> {
    let SettledQuotes { doc_id, repeated } = settled;
    let found = db
        .prepare_cached(
            "SELECT documents.id, documents.space_id, documents.vector_generation IS NOT NULL, files.modified_ns
             FROM documents JOIN files ON files.id = documents.file_id WHERE documents.doc_id = ?1",
        )?
        .query_row([doc_id.0], |row| {
            Ok((row.get::<_, i64>(0)?, SpaceId(row.get(1)?), row.get(2)?, row.get::<_, i64>(3)?))
        })
        .optional()?;
    let Some((document, space, in_vector_feed, rank)) = found else {
        return Ok(None);
    };
    db.prepare_cached("UPDATE documents SET unsettled = 0 WHERE id = ?1")?
        .execute([document])?;
    let repeated: HashSet<ChunkId> = repeated.iter().copied().collect();
    let known: Vec<(i64, ChunkId, bool)> = db
        .prepare_cached("SELECT id, chunk_id, repeated FROM chunks WHERE document = ?1 AND origin = 1")?
        .query_map([document], |row| {
            Ok((row.get(0)?, ChunkId(row.get(1)?), row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    let mut changed = false;
    for (chunk, id, before) in known {
        let now = repeated.contains(&id);
        if now != before {
            changed = true;
            db.prepare_cached(
                "UPDATE chunks SET repeated = ?2, pending_rank = CASE
                     WHEN ?2 OR EXISTS (SELECT 1 FROM embeddings WHERE key = chunks.embedding_key) THEN NULL ELSE ?3 END
                 WHERE id = ?1",
            )?
            .execute(params![chunk, now, rank])?;
        }
    }
    if !changed {
        return Ok(None);
    }
    let generation = generation::next(db, space)?;
    db.prepare_cached("UPDATE documents SET generation = ?2, vector_generation = NULL WHERE id = ?1")?
        .execute(params![document, generation])?;
    let complete = generation::stamp_vectors_if_complete(db, document, space, *doc_id)?;
    if !complete && in_vector_feed {
        generation::bury(db, Feed::Vector, space, *doc_id)?;
    }
    Ok(Some(space))
}
