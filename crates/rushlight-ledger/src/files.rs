//! Files: what a scan saw, and which of them wait to be looked at.

use std::collections::{HashMap, VecDeque};

use rushlight_core::{
    ContentHash, DocId, ErrorCode, FileId, FileRecord, FileRow, FileStamp, FileStatus, Plan, Rename,
    RenameFollowUp, Restamp, Result, ScanSkip, SkipReason, SkippedBy, SourceId, SpaceId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::Ledger;
use crate::failure::Outcome;
use crate::records::Requeue;
use crate::{encode, generation, links, sources};

const FILE_COLUMNS: &str = "files.id, files.source_id, files.path, files.size, files.modified_ns, files.device, \
    files.inode, files.status, files.code, files.message, files.skipped_by, files.attempts, files.next_attempt, \
    files.content_hash, files.parser_version, files.born_ns";

/// Number of columns that [`file_from_row`] reads.
pub(crate) const FILE_COLUMN_COUNT: usize = 16;

impl Ledger {
    /// Every file of a source, by path.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn files(&self, source: SourceId) -> Result<Vec<FileRecord>> {
        self.store.read(|db| {
            let sql = format!("SELECT {FILE_COLUMNS} FROM files WHERE source_id = ?1 ORDER BY path");
            Ok(db
                .prepare_cached(&sql)?
                .query_map([source.0], |row| file_from_row(row, 0))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// The file at `path` and every file below it, by path; all of the source for an empty path.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn files_below(&self, source: SourceId, path: &str) -> Result<Vec<FileRecord>> {
        if path.is_empty() {
            return self.files(source);
        }
        self.store.read(|db| {
            // Paths below `a` start with `a/`; `0` is the character after `/`.
            let sql = format!(
                "SELECT {FILE_COLUMNS} FROM files
                 WHERE source_id = ?1 AND (path = ?2 OR (path > ?2 || '/' AND path < ?2 || '0')) ORDER BY path"
            );
            let mut statement = db.prepare_cached(&sql)?;
            Ok(statement.query_map(params![source.0, path], |row| file_from_row(row, 0))?.collect::<Result<_, _>>()?)
        })
    }

    /// A file.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn file(&self, file: FileRow) -> Result<Option<FileRecord>> {
        self.store.read(|db| find(db, file))
    }

    /// Brings the source's files into line with a scan, in one transaction. Returns the spaces that have changes to
    /// index.
    ///
    /// New and changed files wait; documents of changed files stay searchable until they are replaced. Documents of
    /// moved files keep their ids, chunks and embeddings.
    ///
    /// # Errors
    /// `SourceNotFound`, `DiskFull`, else `LedgerFailed`.
    pub fn apply_plan(&self, source: SourceId, plan: &Plan, now: Timestamp) -> Result<Vec<SpaceId>> {
        self.store.write(|db| {
            let record = sources::source_of(db, source)?;
            let before = sources::generation_of(db, record.space_id)?;
            note_scan(db, source, plan, now)?;
            let Plan {
                online: _,
                complete: _,
                added,
                changed,
                restamped,
                renamed,
                skipped,
                deleted,
                unreadable: _,
                devices: _,
            } = plan;
            for file in deleted {
                delete(db, source, *file)?;
            }
            for Rename {
                file,
                stamp,
                follow_up,
            } in renamed
            {
                make_room(db, source, *file, &stamp.path)?;
                set_stamp(db, source, *file, stamp)?;
                links::file_renamed(db, *file, &stamp.path)?;
                restamp_keywords(db, *file, record.space_id)?;
                match follow_up {
                    RenameFollowUp::Keep => {}
                    RenameFollowUp::Reparse => {
                        set_waiting(db, source, *file)?;
                        db.prepare_cached("UPDATE files SET parser_version = 0 WHERE id = ?1")?
                            .execute([file.0])?;
                    }
                }
            }
            for Restamp { file, stamp } in restamped {
                set_stamp(db, source, *file, stamp)?;
            }
            for Restamp { file, stamp } in changed {
                set_stamp(db, source, *file, stamp)?;
                set_waiting(db, source, *file)?;
            }
            for stamp in added {
                let file = upsert(db, source, stamp)?;
                set_waiting(db, source, file)?;
            }
            for ScanSkip {
                file: _,
                stamp,
                reason,
            } in skipped
            {
                let file = upsert(db, source, stamp)?;
                generation::remove_documents_of(db, file.0)?;
                set_skipped(db, file, reason, SkippedBy::Scan, 0)?;
            }
            let after = sources::generation_of(db, record.space_id)?;
            Ok(if before == after {
                Vec::new()
            } else {
                vec![record.space_id]
            })
        })
    }

    /// Files to look at now: small ones first, the newest of them first, then failed ones whose time has come. At most
    /// `limit`, and at most `max_total_bytes` together except that one file is always handed out. Files of sources
    /// that are paused or offline are left out.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn next_waiting(
        &self,
        now: Timestamp,
        limit: usize,
        max_total_bytes: u64,
    ) -> Result<Vec<FileRecord>> {
        self.store.read(|db| {
            let mut files: Vec<FileRecord> = Vec::new();
            let mut bytes = 0u64;
            // The sign keeps SQLite from going by source and sorting all that waits.
            let ready = "+source_id IN (SELECT id FROM sources WHERE online AND NOT paused)";
            let waiting = format!(
                "SELECT {FILE_COLUMNS} FROM files WHERE status = 'waiting' AND {ready}
                 ORDER BY size > 4194304, modified_ns DESC, size, id LIMIT ?1"
            );
            let retries = format!(
                "SELECT {FILE_COLUMNS} FROM files
                 WHERE status = 'failed' AND next_attempt IS NOT NULL AND next_attempt <= ?2 AND {ready}
                 ORDER BY next_attempt, id LIMIT ?1"
            );
            let mut take = |file: FileRecord, files: &mut Vec<FileRecord>| {
                bytes = bytes.saturating_add(file.stamp.size);
                let fits = files.is_empty() || (files.len() < limit && bytes <= max_total_bytes);
                if fits {
                    files.push(file);
                }
                fits
            };
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut statement = db.prepare_cached(&waiting)?;
            for file in statement.query_map([limit], |row| file_from_row(row, 0))? {
                if !take(file?, &mut files) {
                    return Ok(files);
                }
            }
            let mut statement = db.prepare_cached(&retries)?;
            for file in statement.query_map([limit, now.0], |row| file_from_row(row, 0))? {
                if !take(file?, &mut files) {
                    break;
                }
            }
            Ok(files)
        })
    }

    /// When the next failed file is to be tried again; `None` when there is none.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn next_attempt(&self) -> Result<Option<Timestamp>> {
        self.store.read(|db| {
            let sql =
                "SELECT min(next_attempt) FROM files WHERE status = 'failed' AND next_attempt IS NOT NULL
                       AND source_id IN (SELECT id FROM sources WHERE online AND NOT paused)";
            Ok(db
                .query_row(sql, [], |row| row.get::<_, Option<i64>>(0))?
                .map(Timestamp))
        })
    }

    /// Lets files be looked at again whatever came of them before; returns how many.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn requeue(&self, what: Requeue) -> Result<u64> {
        const SET: &str = "UPDATE files SET status = 'waiting', code = '', message = '', skipped_by = '', attempts = 0, \
            next_attempt = NULL, parser_version = 0";
        self.store.write(|db| {
            // What the scan leaves out would only be left out again.
            let changed = match what {
                Requeue::File(file) => {
                    db.execute(&format!("{SET} WHERE id = ?1 AND skipped_by <> 'scan'"), [file.0])?
                }
                Requeue::FailedOf(source) => db.execute(
                    &format!("{SET} WHERE source_id = ?1 AND status = 'failed'"),
                    [source.0],
                )?,
                Requeue::AllOf(source) => db.execute(
                    &format!("{SET} WHERE source_id = ?1 AND skipped_by <> 'scan'"),
                    [source.0],
                )?,
            };
            // Who asks for files to be looked at again means those that a parser did not survive too.
            db.execute("DELETE FROM crashes", [])?;
            Ok(changed as u64)
        })
    }

    /// Ids for the documents found in a file, given as part and part key, in order: those they have already, by part
    /// key first and then by part, and new ones for the others.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn document_ids(&self, file: FileRow, parts: &[(&str, &str)]) -> Result<Vec<DocId>> {
        let known: Vec<(DocId, String, String)> = self.store.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT doc_id, part, part_key FROM documents WHERE file_id = ?1 ORDER BY part, id",
            )?;
            let rows =
                statement.query_map([file.0], |row| Ok((DocId(row.get(0)?), row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let mut taken = vec![false; known.len()];
        let mut ids: Vec<Option<DocId>> = vec![None; parts.len()];
        // What must be equal for the two to be one document; the empty name is nobody's.
        type Rule = for<'a> fn(part: &'a str, key: &'a str) -> Option<(&'a str, &'a str)>;
        let rules: [Rule; 3] = [
            |part, key| Some((part, key)),
            |_, key| (!key.is_empty()).then_some(("", key)),
            |part, _| Some((part, "")),
        ];
        for rule in rules {
            let mut by_name: HashMap<(&str, &str), VecDeque<usize>> = HashMap::new();
            for (at, (_, part, key)) in known.iter().enumerate() {
                if let (false, Some(name)) = (taken[at], rule(part, key)) {
                    by_name.entry(name).or_default().push_back(at);
                }
            }
            for (id, (part, key)) in ids.iter_mut().zip(parts) {
                if id.is_some() {
                    continue;
                }
                let found = rule(part, key).and_then(|name| by_name.get_mut(&name)?.pop_front());
                if let Some(at) = found {
                    taken[at] = true;
                    *id = Some(known[at].0);
                }
            }
        }
        Ok(ids
            .into_iter()
            .map(|id| id.unwrap_or_else(new_document_id))
            .collect())
    }
}

/// An identity that no document has.
pub(crate) fn new_document_id() -> DocId {
    DocId(uuid::Uuid::new_v4().into_bytes())
}

/// A file, if there is one.
pub(crate) fn find(db: &Connection, file: FileRow) -> Outcome<Option<FileRecord>> {
    let sql = format!("SELECT {FILE_COLUMNS} FROM files WHERE id = ?1");
    Ok(db
        .prepare_cached(&sql)?
        .query_row([file.0], |row| file_from_row(row, 0))
        .optional()?)
}

/// The columns [`file_from_row`] reads, for a larger query over `files`.
pub(crate) fn columns() -> &'static str {
    FILE_COLUMNS
}

/// A file from the columns [`columns`], of which the first is column `at`.
pub(crate) fn file_from_row(row: &Row<'_>, at: usize) -> rusqlite::Result<FileRecord> {
    let device: Option<i64> = row.get(at + 5)?;
    let inode: Option<i64> = row.get(at + 6)?;
    let born_ns: Option<i64> = row.get(at + 15)?;
    let status: String = row.get(at + 7)?;
    let code: String = row.get(at + 8)?;
    let message: String = row.get(at + 9)?;
    let skipped_by: String = row.get(at + 10)?;
    let status = match status.as_str() {
        "indexed" => FileStatus::Indexed,
        "skipped" => FileStatus::Skipped {
            reason: SkipReason { code, message },
            by: if skipped_by == "scan" {
                SkippedBy::Scan
            } else {
                SkippedBy::Parser
            },
        },
        "failed" => FileStatus::Failed {
            code: ErrorCode::from_name(&code).unwrap_or(ErrorCode::Internal),
            message,
            attempts: row.get(at + 11)?,
            next_attempt: row.get::<_, Option<i64>>(at + 12)?.map(Timestamp),
        },
        // The table's own check leaves only `waiting`.
        _ => FileStatus::Waiting,
    };
    Ok(FileRecord {
        id: FileRow(row.get(at)?),
        source_id: SourceId(row.get(at + 1)?),
        stamp: FileStamp {
            path: row.get(at + 2)?,
            size: row.get::<_, i64>(at + 3)? as u64,
            modified_ns: row.get(at + 4)?,
            file_id: device.zip(inode).map(|(device, inode)| FileId {
                device: device as u64,
                inode: inode as u64,
                born_ns,
            }),
        },
        status,
        content_hash: row.get::<_, Option<[u8; 32]>>(at + 13)?.map(ContentHash),
        parser_version: row.get(at + 14)?,
    })
}

/// Sets a file's status to skipped.
pub(crate) fn set_skipped(
    db: &Connection,
    file: FileRow,
    reason: &SkipReason,
    by: SkippedBy,
    parser_version: u32,
) -> Outcome<()> {
    let by = match by {
        SkippedBy::Scan => "scan",
        SkippedBy::Parser => "parser",
    };
    db.prepare_cached(
        "UPDATE files SET status = 'skipped', code = ?2, message = ?3, skipped_by = ?4, attempts = 0,
             next_attempt = NULL, content_hash = NULL, parser_version = ?5 WHERE id = ?1",
    )?
    .execute(params![file.0, reason.code, reason.message, by, parser_version])?;
    Ok(())
}

fn note_scan(db: &Connection, source: SourceId, plan: &Plan, now: Timestamp) -> Outcome<()> {
    db.execute(
        "UPDATE sources SET online = ?2 WHERE id = ?1",
        params![source.0, plan.online],
    )?;
    if plan.online && plan.complete {
        let notice = plan
            .unreadable
            .first()
            .map(|(path, message)| match plan.unreadable.len() {
                1 => format!("`{path}` could not be looked at: {message}"),
                count => format!("{count} entries could not be looked at, among them `{path}`: {message}"),
            });
        db.execute(
            "UPDATE sources SET last_scan = ?2, scan_notice = ?3, devices = ?4 WHERE id = ?1",
            params![source.0, now.0, notice, encode::to_json(&plan.devices)],
        )?;
    }
    Ok(())
}

fn delete(db: &Connection, source: SourceId, file: FileRow) -> Outcome<()> {
    generation::remove_documents_of(db, file.0)?;
    db.prepare_cached("DELETE FROM files WHERE id = ?1 AND source_id = ?2")?
        .execute(params![file.0, source.0])?;
    Ok(())
}

/// Removes another file that stands where this one is moved to.
fn make_room(db: &Connection, source: SourceId, file: FileRow, path: &str) -> Outcome<()> {
    let other: Option<i64> = db
        .prepare_cached("SELECT id FROM files WHERE source_id = ?1 AND path = ?2 AND id <> ?3")?
        .query_row(params![source.0, path, file.0], |row| row.get(0))
        .optional()?;
    other.map_or(Ok(()), |other| delete(db, source, FileRow(other)))
}

fn set_stamp(db: &Connection, source: SourceId, file: FileRow, stamp: &FileStamp) -> Outcome<()> {
    let FileStamp {
        path,
        size,
        modified_ns,
        file_id,
    } = stamp;
    db.prepare_cached(
        "UPDATE files SET path = ?3, size = ?4, modified_ns = ?5, device = ?6, inode = ?7, born_ns = ?8
         WHERE id = ?1 AND source_id = ?2",
    )?
    .execute(params![
        file.0,
        source.0,
        path,
        *size as i64,
        modified_ns,
        file_id.map(|id| id.device as i64),
        file_id.map(|id| id.inode as i64),
        file_id.and_then(|id| id.born_ns)
    ])?;
    Ok(())
}

fn set_waiting(db: &Connection, source: SourceId, file: FileRow) -> Outcome<()> {
    db.prepare_cached(
        "UPDATE files SET status = 'waiting', code = '', message = '', skipped_by = '', attempts = 0,
             next_attempt = NULL WHERE id = ?1 AND source_id = ?2",
    )?
    .execute(params![file.0, source.0])?;
    Ok(())
}

/// The row at the stamp's path, with this stamp; made where it is missing.
fn upsert(db: &Connection, source: SourceId, stamp: &FileStamp) -> Outcome<FileRow> {
    let FileStamp {
        path,
        size,
        modified_ns,
        file_id,
    } = stamp;
    let mut statement = db.prepare_cached(
        "INSERT INTO files (source_id, path, size, modified_ns, device, inode, born_ns, status)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting')
         ON CONFLICT (source_id, path) DO UPDATE SET size = excluded.size, modified_ns = excluded.modified_ns,
             device = excluded.device, inode = excluded.inode, born_ns = excluded.born_ns
         RETURNING id",
    )?;
    let id = statement.query_row(
        params![
            source.0,
            path,
            *size as i64,
            modified_ns,
            file_id.map(|id| id.device as i64),
            file_id.map(|id| id.inode as i64),
            file_id.and_then(|id| id.born_ns)
        ],
        |row| row.get(0),
    )?;
    Ok(FileRow(id))
}

/// The file's name is among its documents' keywords: the keyword index has to read them again.
fn restamp_keywords(db: &Connection, file: FileRow, space: SpaceId) -> Outcome<()> {
    let documents: Vec<i64> = db
        .prepare_cached("SELECT id FROM documents WHERE file_id = ?1 ORDER BY id")?
        .query_map([file.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for document in documents {
        let generation = generation::next(db, space)?;
        db.prepare_cached("UPDATE documents SET generation = ?2 WHERE id = ?1")?
            .execute(params![document, generation])?;
    }
    Ok(())
}
