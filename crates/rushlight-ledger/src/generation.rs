//! The counters that both feeds are read by.
//!
//! Each changed document gets a number of its own, so a page of a feed can end after any of them. A document stands in
//! a feed at most once: by its row when it is to be written, by its tombstone when it is to be removed.

use rushlight_core::{DocId, SpaceId};
use rusqlite::{Connection, params};

use crate::failure::Outcome;
use crate::feed::Feed;
use crate::quotes;

/// The next number of the space's counter.
pub(crate) fn next(db: &Connection, space: SpaceId) -> Outcome<i64> {
    let mut statement = db
        .prepare_cached("UPDATE spaces SET generation = generation + 1 WHERE id = ?1 RETURNING generation")?;
    Ok(statement.query_row([space.0], |row| row.get(0))?)
}

/// Leaves a tombstone: the feed's index is to remove the document.
pub(crate) fn bury(db: &Connection, feed: Feed, space: SpaceId, doc_id: DocId) -> Outcome<()> {
    let generation = next(db, space)?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO tombstones (feed, doc_id, space_id, generation) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![feed.number(), doc_id.0, space.0, generation])?;
    Ok(())
}

/// Takes the tombstone away: the document is there again.
pub(crate) fn unbury(db: &Connection, feed: Feed, doc_id: DocId) -> Outcome<()> {
    db.prepare_cached("DELETE FROM tombstones WHERE feed = ?1 AND doc_id = ?2")?
        .execute(params![feed.number(), doc_id.0])?;
    Ok(())
}

/// Puts a document into the vector feed when none of its chunks lacks an embedding. True when it did.
pub(crate) fn stamp_vectors_if_complete(
    db: &Connection,
    document: i64,
    space: SpaceId,
    doc_id: DocId,
) -> Outcome<bool> {
    let pending: bool = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM chunks WHERE document = ?1 AND pending_rank IS NOT NULL)",
        )?
        .query_row([document], |row| row.get(0))?;
    if pending {
        return Ok(false);
    }
    let generation = next(db, space)?;
    db.prepare_cached("UPDATE documents SET vector_generation = ?2 WHERE id = ?1")?
        .execute(params![document, generation])?;
    unbury(db, Feed::Vector, doc_id)?;
    Ok(true)
}

/// Removes a document with all that belongs to it, and tells both feeds.
pub(crate) fn remove_document(
    db: &Connection,
    document: i64,
    space: SpaceId,
    doc_id: DocId,
    in_vector_feed: bool,
) -> Outcome<()> {
    delete_row(db, document, space)?;
    bury(db, Feed::Keyword, space, doc_id)?;
    if in_vector_feed {
        bury(db, Feed::Vector, space, doc_id)?;
    }
    Ok(())
}

/// Deletes a document's row and all that refers to it; what quotes it is to be compared again.
pub(crate) fn delete_row(db: &Connection, document: i64, space: SpaceId) -> Outcome<()> {
    let message_id: Option<String> = db
        .prepare_cached("DELETE FROM documents WHERE id = ?1 RETURNING message_id")?
        .query_row([document], |row| row.get(0))?;
    quotes::note_changed(db, space, message_id.as_deref())
}

/// Removes all documents of a file; returns how many there were.
pub(crate) fn remove_documents_of(db: &Connection, file: i64) -> Outcome<u64> {
    remove_documents_where(db, file, |_| true)
}

/// Removes those documents of a file that were last found in such a pass; returns how many there were.
pub(crate) fn remove_documents_where(db: &Connection, file: i64, pass: impl Fn(i64) -> bool) -> Outcome<u64> {
    let mut documents: Vec<(i64, i64, [u8; 16], bool)> = Vec::new();
    {
        let mut statement = db.prepare_cached(
            "SELECT id, space_id, doc_id, vector_generation IS NOT NULL, pass FROM documents
             WHERE file_id = ?1 ORDER BY id",
        )?;
        let mut rows = statement.query([file])?;
        while let Some(row) = rows.next()? {
            if pass(row.get(4)?) {
                documents.push((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            }
        }
    }
    for (document, space, doc_id, in_vector_feed) in &documents {
        remove_document(db, *document, SpaceId(*space), DocId(*doc_id), *in_vector_feed)?;
    }
    Ok(documents.len() as u64)
}
