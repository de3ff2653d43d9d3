//! What links to what, as far as names go: which documents bear a name, and which documents link to one. Whether a link by
//! that name means just this document is for the caller to say, who compares where both lie.

use std::collections::HashSet;

use rushlight_core::{
    DocId, DocLink, DocMetadata, FileRow, LinkKind, Principal, Result, SourceId, SpaceId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::failure::{Failure, Outcome};
use crate::feed::kind_from_row;
use crate::library::absolute;
use crate::names::{last_part, without_ending};
use crate::records::{LinkTarget, LinkingDocument, NamedBy, ThreadMessage};
use crate::{Ledger, encode, intern};

/// The columns of a target but how it was found; the first is column zero.
pub(crate) const TARGET_COLUMNS: &str = "documents.doc_id, documents.source_id, sources.root, files.path, documents.part, \
    documents.title, documents.kind, documents.date";
pub(crate) const PLACE_TABLES: &str =
    "JOIN sources ON sources.id = documents.source_id JOIN files ON files.id = documents.file_id";
pub(crate) const READABLE: &str = "documents.access IN (SELECT value FROM json_each(?1))";

impl Ledger {
    /// This document and its space, if one of these principals may read it.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn link_target(&self, doc: DocId, principals: &[Principal]) -> Result<Option<(LinkTarget, SpaceId)>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let sql = format!(
                "SELECT {TARGET_COLUMNS}, documents.space_id FROM documents {PLACE_TABLES}
                 WHERE {READABLE} AND documents.doc_id = ?2"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query(params![access, doc.0])?;
            match rows.next()? {
                Some(row) => Ok(Some((target_from_row(row, NamedBy::File)?, SpaceId(row.get(8)?)))),
                None => Ok(None),
            }
        })
    }

    /// For each of these targets of links, the documents of the space that bear the name at its end and that one of these
    /// principals may read, by path.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn link_targets(
        &self,
        space: SpaceId,
        principals: &[Principal],
        targets: &[&str],
    ) -> Result<Vec<Vec<LinkTarget>>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let sql = format!(
                "SELECT {TARGET_COLUMNS}, min(link_names.kind) FROM link_names
                 JOIN documents ON documents.id = link_names.document {PLACE_TABLES}
                 WHERE {READABLE} AND link_names.name = ?2 AND documents.space_id = ?3
                 GROUP BY documents.id ORDER BY sources.root, files.path, documents.part"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut found = Vec::with_capacity(targets.len());
            for target in targets {
                let mut rows = statement.query(params![access, last_part(target), space.0])?;
                let mut named = Vec::new();
                while let Some(row) = rows.next()? {
                    named.push(target_from_row(row, named_by(row.get(8)?)?)?);
                }
                found.push(named);
            }
            Ok(found)
        })
    }

    /// Documents of the same space, which one of these principals may read, with a link that ends in one of this
    /// document's names: by path, each with those of its links, in order. The document itself is none of them.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn linking_documents(&self, doc: DocId, principals: &[Principal]) -> Result<Vec<LinkingDocument>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let sql = format!(
                "SELECT {TARGET_COLUMNS}, links.kind, links.target, links.fragment, links.embedded
                 FROM documents AS named
                 JOIN links ON links.name IN (SELECT name FROM link_names WHERE document = named.id)
                 JOIN documents ON documents.id = links.document AND documents.id <> named.id
                     AND documents.space_id = named.space_id {PLACE_TABLES}
                 WHERE {READABLE} AND named.doc_id = ?2
                 ORDER BY sources.root, files.path, documents.part, documents.id, links.ordinal"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query(params![access, doc.0])?;
            let mut found: Vec<LinkingDocument> = Vec::new();
            while let Some(row) = rows.next()? {
                let document = target_from_row(row, NamedBy::File)?;
                let link = link_from_row(row)?;
                match found.last_mut() {
                    Some(last) if last.document.doc_id == document.doc_id => last.links.push(link),
                    _ => found.push(LinkingDocument {
                        document,
                        links: vec![link],
                    }),
                }
            }
            Ok(found)
        })
    }

    /// The mails of this mail's conversation that one of these principals may read, itself included, in the order in which
    /// they were written, at most `limit`; empty for what is no mail or knows of no conversation. A mail that lies in
    /// several places is named once.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn thread_of(
        &self,
        doc: DocId,
        principals: &[Principal],
        limit: usize,
    ) -> Result<Vec<ThreadMessage>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let mail: Option<(i64, String, Option<String>)> = db
                .prepare_cached(&format!(
                    "SELECT space_id, json_extract(metadata, '$.thread_id'), message_id FROM documents
                     WHERE {READABLE} AND doc_id = ?2 AND kind = 'mail'
                         AND json_extract(metadata, '$.thread_id') IS NOT NULL"
                ))?
                .query_row(params![access, doc.0], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            let Some((space, thread, own_id)) = mail else {
                return Ok(Vec::new());
            };
            let sql = format!(
                "SELECT {TARGET_COLUMNS}, documents.message_id, documents.metadata FROM documents {PLACE_TABLES}
                 WHERE {READABLE} AND documents.kind = 'mail' AND documents.space_id = ?2
                     AND json_extract(documents.metadata, '$.thread_id') = ?3
                 ORDER BY documents.created, documents.content_hash, documents.id"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query(params![access, space, thread])?;
            let (mut messages, mut seen) = (Vec::new(), HashSet::new());
            while let Some(row) = rows.next()? {
                let id: Option<String> = row.get(8)?;
                let document = target_from_row(row, NamedBy::File)?;
                // Of several copies, the one that was asked about stands for all.
                let is_copy = id.is_some() && id == own_id && document.doc_id != doc;
                if is_copy || id.is_some_and(|id| !seen.insert(id)) {
                    continue;
                }
                if messages.len() == limit {
                    break;
                }
                let metadata = encode::metadata_from_json(&row.get::<_, String>(9)?)?;
                messages.push(ThreadMessage {
                    document,
                    from: metadata.authors,
                });
            }
            Ok(messages)
        })
    }

    /// The documents of the file at this absolute path that one of these principals may read, in order.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn documents_at(&self, path: &str, principals: &[Principal]) -> Result<Vec<LinkTarget>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let sql = format!(
                "SELECT {TARGET_COLUMNS} FROM sources JOIN files ON files.source_id = sources.id
                     AND files.path = substr(?2, length(rtrim(sources.root, '/')) + 2)
                 JOIN documents ON documents.file_id = files.id
                 WHERE {READABLE} AND substr(?2, 1, length(rtrim(sources.root, '/')) + 1) = rtrim(sources.root, '/') || '/'
                 ORDER BY documents.part, documents.id"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query(params![access, path])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(target_from_row(row, NamedBy::File)?);
            }
            Ok(found)
        })
    }
}

/// Notes what a document that was just written links to, and what it can be linked to by.
pub(crate) fn insert(
    db: &Connection,
    document: i64,
    part: &str,
    path: &str,
    metadata: &DocMetadata,
) -> Outcome<()> {
    let mut link = db.prepare_cached(
        "INSERT INTO links (document, ordinal, kind, name, target, fragment, embedded)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (
        ordinal,
        DocLink {
            kind,
            target,
            fragment,
            embedded,
        },
    ) in metadata.links.iter().enumerate()
    {
        link.execute(params![
            document,
            ordinal as i64,
            *kind == LinkKind::Path,
            last_part(target),
            target,
            fragment,
            embedded
        ])?;
    }
    let mut alias =
        db.prepare_cached("INSERT OR IGNORE INTO link_names (document, kind, name) VALUES (?1, 2, ?2)")?;
    for name in &metadata.aliases {
        alias.execute(params![document, last_part(name)])?;
    }
    match part {
        "" => name_after_file(db, document, path),
        _ => Ok(()),
    }
}

/// The file has another path: what is linked to by its name has another one.
pub(crate) fn file_renamed(db: &Connection, file: FileRow, path: &str) -> Outcome<()> {
    let documents: Vec<i64> = db
        .prepare_cached("SELECT id FROM documents WHERE file_id = ?1 AND part = ''")?
        .query_map([file.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for document in documents {
        db.prepare_cached("DELETE FROM link_names WHERE document = ?1 AND kind IN (0, 1)")?
            .execute([document])?;
        name_after_file(db, document, path)?;
    }
    Ok(())
}

fn name_after_file(db: &Connection, document: i64, path: &str) -> Outcome<()> {
    let name = last_part(path);
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO link_names (document, kind, name) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![document, 0, name])?;
    let stem = without_ending(&name);
    if stem != name {
        insert.execute(params![document, 1, stem])?;
    }
    Ok(())
}

/// What documents from before links were kept link to, and are linked to by.
pub(crate) fn fill(db: &Connection) -> Outcome<()> {
    let mut statement = db.prepare(
        "SELECT documents.id, documents.part, files.path, documents.metadata
         FROM documents JOIN files ON files.id = documents.file_id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let metadata = encode::metadata_from_json(&row.get::<_, String>(3)?)?;
        insert(
            db,
            row.get(0)?,
            &row.get::<_, String>(1)?,
            &row.get::<_, String>(2)?,
            &metadata,
        )?;
    }
    Ok(())
}

pub(crate) fn target_from_row(row: &Row<'_>, named_by: NamedBy) -> Outcome<LinkTarget> {
    let root: String = row.get(2)?;
    Ok(LinkTarget {
        doc_id: DocId(row.get(0)?),
        source_id: SourceId(row.get(1)?),
        path: absolute(&root, &row.get::<_, String>(3)?),
        root,
        part: row.get(4)?,
        title: row.get(5)?,
        kind: kind_from_row(row, 6)?,
        date: Timestamp(row.get(7)?),
        named_by,
    })
}

fn named_by(kind: i64) -> Outcome<NamedBy> {
    match kind {
        0 => Ok(NamedBy::File),
        1 => Ok(NamedBy::Stem),
        2 => Ok(NamedBy::Alias),
        other => Err(Failure::Malformed("link_names.kind", other.to_string())),
    }
}

/// The link that begins at column 8.
fn link_from_row(row: &Row<'_>) -> Outcome<DocLink> {
    Ok(DocLink {
        kind: if row.get(8)? {
            LinkKind::Path
        } else {
            LinkKind::Name
        },
        target: row.get(9)?,
        fragment: row.get(10)?,
        embedded: row.get(11)?,
    })
}
