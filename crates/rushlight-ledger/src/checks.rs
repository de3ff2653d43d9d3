//! Looking at files' bytes again, slowly, and what parsers did not survive.

use rushlight_core::{ContentHash, ErrorCode, FileRecord, FileRow, Result, Timestamp};
use rusqlite::{OptionalExtension, params};

use crate::{Ledger, files};

/// A file read so soon after it was written may have been written again in the same tick of the file system's clock,
/// which no later scan could see. FAT has the coarsest: two seconds.
const MOMENT_MS: i64 = 2_000;

/// Files of these sources may be read.
const READY: &str = "+source_id IN (SELECT id FROM sources WHERE online AND NOT paused)";

impl Ledger {
    /// Indexed files that were read in the moment they were written, and whose moment is over, at most `limit`.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn unsettled_files(&self, now: Timestamp, limit: usize) -> Result<Vec<FileRecord>> {
        self.store.read(|db| {
            let sql = format!(
                "SELECT {} FROM files WHERE status = 'indexed' AND checked_at = 0 AND modified_ns < ?1 AND {READY}
                 ORDER BY modified_ns LIMIT ?2",
                files::columns()
            );
            let over = now.0.saturating_sub(MOMENT_MS).saturating_mul(1_000_000);
            let mut statement = db.prepare_cached(&sql)?;
            let rows = statement.query_map(params![over, limit as i64], |row| files::file_from_row(row, 0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// True when there are files, of sources that are online and not paused, that were read in the moment they were
    /// written.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn has_unsettled_files(&self) -> Result<bool> {
        self.store.read(|db| {
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM files WHERE status = 'indexed' AND checked_at = 0 AND {READY})"
            );
            Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
        })
    }

    /// Indexed files whose bytes were not compared since `before`, the longest unchecked first, at most `limit`.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn longest_unchecked(&self, before: Timestamp, limit: usize) -> Result<Vec<FileRecord>> {
        self.store.read(|db| {
            let sql = format!(
                "SELECT {} FROM files WHERE status = 'indexed' AND checked_at < ?1 AND {READY}
                 ORDER BY checked_at LIMIT ?2",
                files::columns()
            );
            let mut statement = db.prepare_cached(&sql)?;
            let rows = statement.query_map(params![before.0, limit as i64], |row| {
                files::file_from_row(row, 0)
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Notes that files were compared, in one transaction: `same` are as they were, `changed` are to be read again.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn note_checked(&self, same: &[FileRow], changed: &[FileRow], now: Timestamp) -> Result<()> {
        self.store.write(|db| {
            let mut check = db.prepare_cached("UPDATE files SET checked_at = ?2 WHERE id = ?1")?;
            for file in same {
                check.execute(params![file.0, now.0])?;
            }
            let mut wait = db
                .prepare_cached("UPDATE files SET status = 'waiting' WHERE id = ?1 AND status = 'indexed'")?;
            for file in changed {
                wait.execute([file.0])?;
            }
            Ok(())
        })
    }

    /// Bytes of the files that wait and may be read: of sources that are online and not paused.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn waiting_bytes(&self) -> Result<u64> {
        self.store.read(|db| {
            let sql =
                format!("SELECT coalesce(sum(size), 0) FROM files WHERE status = 'waiting' AND {READY}");
            Ok(db
                .prepare_cached(&sql)?
                .query_row([], |row| row.get::<_, i64>(0))? as u64)
        })
    }

    /// How a parser of this version ended on these bytes, when it did not survive them.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn crash(&self, content: ContentHash, parser_version: u32) -> Result<Option<(ErrorCode, String)>> {
        self.store.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT code, message FROM crashes WHERE content_hash = ?1 AND parser_version = ?2",
            )?;
            let found = statement.query_row(params![content.0, parser_version], |row| {
                let code: String = row.get(0)?;
                Ok((
                    ErrorCode::from_name(&code).unwrap_or(ErrorCode::Internal),
                    row.get(1)?,
                ))
            });
            Ok(found.optional()?)
        })
    }

    /// Remembers that a parser of this version did not survive these bytes, and forgets what older versions did not.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn note_crash(
        &self,
        content: ContentHash,
        parser_version: u32,
        code: ErrorCode,
        message: &str,
    ) -> Result<()> {
        self.store.write(|db| {
            db.prepare_cached("DELETE FROM crashes WHERE parser_version < ?1")?
                .execute([parser_version])?;
            db.prepare_cached(
                "INSERT OR REPLACE INTO crashes (content_hash, parser_version, code, message) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![content.0, parser_version, code.as_str(), message])?;
            Ok(())
        })
    }
}

/// What is noted of a file that was read at `read`: when, or 0 where the file's moment was not over.
pub(crate) fn checked_at(modified_ns: i64, read: Timestamp) -> i64 {
    let age = read.0.saturating_sub(modified_ns.div_euclid(1_000_000));
    if age.saturating_abs() < MOMENT_MS {
        0
    } else {
        read.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_in_the_moment_it_is_written_is_not_settled() {
        let at = |modified_ms: i64| checked_at(modified_ms * 1_000_000, Timestamp(10_000));
        assert_eq!(
            [at(10_000), at(8_001), at(11_999), at(8_000), at(0)],
            [0, 0, 0, 10_000, 10_000]
        );
    }
}
