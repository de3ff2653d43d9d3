//! What documents are counted and listed by, read from the ledger as it changes.

use std::collections::HashSet;

use rushlight_core::{DocId, DocumentKind, Generation, Principal, Result, SourceId, SpaceId, Timestamp};
use rusqlite::{Row, params};

use crate::failure::Outcome;
use crate::feed::{Feed, kind_from_row};
use crate::records::SourceRecord;
use crate::{Ledger, encode, intern, sources};

/// A document, as far as it is counted and listed.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetRow {
    /// The document.
    pub doc_id: DocId,
    /// Its source.
    pub source: SourceId,
    /// Its kind.
    pub kind: DocumentKind,
    /// Its date.
    pub date: Timestamp,
    /// Number of its access list; [`Ledger::readable_access`] says whose it is.
    pub access: i64,
    /// Its title.
    pub title: String,
    /// Who wrote or sent it, as written.
    pub authors: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// What became of a space's documents since a generation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FacetChanges {
    /// Up to which generation this reaches.
    pub reached: Generation,
    /// What was known before is void: `rows` are all documents.
    pub restart: bool,
    /// Documents that were written, as they are now.
    pub rows: Vec<FacetRow>,
    /// Documents that are gone.
    pub removed: Vec<DocId>,
}

impl Ledger {
    /// The documents of `space` that changed after `since`, on one snapshot.
    ///
    /// # Errors
    /// `SpaceNotFound`, else `LedgerFailed`.
    pub fn facet_changes(&self, space: SpaceId, since: Generation) -> Result<FacetChanges> {
        self.store.read(|db| {
            let reached = sources::generation_of(db, space)?;
            if reached == since {
                return Ok(FacetChanges {
                    reached,
                    ..FacetChanges::default()
                });
            }
            let pruned: i64 = db
                .prepare_cached("SELECT keyword_pruned FROM spaces WHERE id = ?1")?
                .query_row([space.0], |row| row.get(0))?;
            let restart = since == Generation::ZERO || since > reached || since.0 < pruned;
            let since = if restart { Generation::ZERO } else { since };
            let mut statement = db.prepare_cached(
                "SELECT doc_id, source_id, kind, date, access, title,
                     json_extract(metadata, '$.authors'), json_extract(metadata, '$.tags')
                 FROM documents WHERE space_id = ?1 AND generation > ?2",
            )?;
            let mut found = statement.query(params![space.0, since.0])?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                rows.push(row_of(row)?);
            }
            let removed = if restart {
                Vec::new()
            } else {
                db.prepare_cached(
                    "SELECT doc_id FROM tombstones WHERE space_id = ?1 AND feed = ?2 AND generation > ?3",
                )?
                .query_map(params![space.0, Feed::Keyword.number(), since.0], |row| {
                    Ok(DocId(row.get(0)?))
                })?
                .collect::<Result<_, _>>()?
            };
            Ok(FacetChanges {
                reached,
                restart,
                rows,
                removed,
            })
        })
    }

    /// Numbers of the access lists that name one of these principals.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn readable_access(&self, principals: &[Principal]) -> Result<HashSet<i64>> {
        self.store.read(|db| {
            let ids = intern::access_sets_of(db, principals)?;
            encode::from_json("access_sets.id", &ids)
        })
    }

    /// The sources that there are for somebody with these principals: those with a document that they may read. One without
    /// documents is there for the owner only.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn sources_for(&self, principals: &[Principal]) -> Result<Vec<SourceRecord>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let owner = principals.contains(&Principal::owner());
            let mut statement = db.prepare_cached(
                "SELECT id FROM sources
                 WHERE EXISTS (SELECT 1 FROM documents
                               WHERE source_id = sources.id AND access IN (SELECT value FROM json_each(?1)))
                     OR (?2 AND NOT EXISTS (SELECT 1 FROM documents WHERE source_id = sources.id))
                 ORDER BY id",
            )?;
            let ids: Vec<i64> = statement
                .query_map(params![access, owner], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            ids.into_iter()
                .map(|id| sources::source_of(db, SourceId(id)))
                .collect()
        })
    }
}

fn row_of(row: &Row<'_>) -> Outcome<FacetRow> {
    let list = |at: usize, name: &'static str| -> Outcome<Vec<String>> {
        let json: Option<String> = row.get(at)?;
        json.map_or_else(|| Ok(Vec::new()), |json| encode::from_json(name, &json))
    };
    Ok(FacetRow {
        doc_id: DocId(row.get(0)?),
        source: SourceId(row.get(1)?),
        kind: kind_from_row(row, 2)?,
        date: Timestamp(row.get(3)?),
        access: row.get(4)?,
        title: row.get(5)?,
        authors: list(6, "documents.authors")?,
        tags: list(7, "documents.tags")?,
    })
}
