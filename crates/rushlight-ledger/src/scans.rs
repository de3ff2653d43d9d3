//! Pages without text of their own: which there are, and what recognising them came to.

use std::collections::HashSet;

use rushlight_core::{
    ContentHash, FileRecord, FileRow, PageBox, PageReading, RecognisedLine, RecognisedPage, Result, SourceId,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::failure::Outcome;
use crate::{Ledger, encode, files};

/// Times that a page may be begun and not finished.
const MOST_ATTEMPTS: u32 = 3;

/// A page without text of its own, as it was when its file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileScan {
    /// The document: hash of its bytes.
    pub document: ContentHash,
    /// Its page, counted from one.
    pub page: u32,
    /// Where it stands.
    pub state: ScanState,
}

/// Where a page without text of its own stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScanState {
    /// It is still to be recognised.
    Waiting,
    /// It was recognised.
    Read,
    /// It cannot be.
    Unreadable,
}

/// Pages without text of their own, of all files. A page that lies in two files counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanCounts {
    /// Recognised; their text is in the documents.
    pub read: u64,
    /// Still to be recognised.
    pub waiting: u64,
    /// Tried, and not to be read.
    pub unreadable: u64,
}

impl ScanState {
    fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Read => 1,
            Self::Unreadable => 2,
        }
    }
}

impl Ledger {
    /// What recognising a page came to: what any recogniser read, else why `recogniser` could not (any, for `None`);
    /// `None` when that is still to be found out.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn page_reading(
        &self,
        document: ContentHash,
        page: u32,
        recogniser: Option<&str>,
    ) -> Result<Option<PageReading>> {
        self.store.read(|db| {
            // The given one's reading first, then the one that was written last.
            let mut statement = db.prepare_cached(
                "SELECT reading, message FROM page_readings
                 WHERE content_hash = ?1 AND page = ?2
                     AND (reading IS NOT NULL OR (message IS NOT NULL AND (?3 IS NULL OR recogniser = ?3)))
                 ORDER BY reading IS NULL, recogniser IS NOT ?3, rowid DESC LIMIT 1",
            )?;
            let found: Option<(Option<String>, Option<String>)> = statement
                .query_row(params![document.0, page, recogniser], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            Ok(match found {
                Some((Some(reading), _)) => Some(PageReading::Read(page_from_json(&reading)?)),
                Some((None, message)) => Some(PageReading::Unreadable(message.unwrap_or_default())),
                None => None,
            })
        })
    }

    /// Notes that a page is about to be recognised. False when it was begun too often without an end: it is then noted
    /// as unreadable.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn begin_page(&self, document: ContentHash, page: u32, recogniser: &str) -> Result<bool> {
        self.store.write(|db| {
            let attempts: u32 = db
                .prepare_cached(
                    "INSERT INTO page_readings (content_hash, page, recogniser, attempts) VALUES (?1, ?2, ?3, 1)
                     ON CONFLICT (content_hash, page, recogniser) DO UPDATE SET attempts = attempts + 1
                     RETURNING attempts",
                )?
                .query_row(params![document.0, page, recogniser], |row| row.get(0))?;
            let may = attempts <= MOST_ATTEMPTS;
            if !may {
                let message = format!("the program ended {MOST_ATTEMPTS} times while it was read");
                finish(db, document, page, recogniser, &PageReading::Unreadable(message))?;
            }
            Ok(may)
        })
    }

    /// Keeps what recognising a page came to.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn finish_page(
        &self,
        document: ContentHash,
        page: u32,
        recogniser: &str,
        reading: &PageReading,
    ) -> Result<()> {
        self.store
            .write(|db| finish(db, document, page, recogniser, reading))
    }

    /// Takes back that a page was begun: nobody could look at it.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn forget_page(&self, document: ContentHash, page: u32, recogniser: &str) -> Result<()> {
        self.store.write(|db| {
            db.prepare_cached(
                "UPDATE page_readings SET attempts = attempts - 1
                 WHERE content_hash = ?1 AND page = ?2 AND recogniser = ?3",
            )?
            .execute(params![document.0, page, recogniser])?;
            Ok(())
        })
    }

    /// Files of a source whose pages were recognised meanwhile, and which are still to take that in.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn files_behind_their_scans(&self, source: SourceId) -> Result<HashSet<FileRow>> {
        self.store.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT DISTINCT file_scans.file FROM file_scans JOIN files ON files.id = file_scans.file
                 JOIN page_readings ON page_readings.content_hash = file_scans.content_hash
                     AND page_readings.page = file_scans.page
                 WHERE file_scans.state = 0 AND files.source_id = ?1
                     AND (page_readings.reading IS NOT NULL OR page_readings.message IS NOT NULL)",
            )?;
            let files = statement.query_map([source.0], |row| row.get(0).map(FileRow))?;
            Ok(files.collect::<Result<_, _>>()?)
        })
    }

    /// The file whose pages are to be recognised next: small ones first, the newest of them first. It was read before;
    /// files of sources that are paused or offline are left out.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn next_to_recognise(&self) -> Result<Option<FileRecord>> {
        self.store.read(|db| {
            let sql = format!(
                "SELECT {} FROM files WHERE id IN (SELECT file FROM file_scans WHERE state = 0)
                     AND status IN ('indexed', 'skipped')
                     AND source_id IN (SELECT id FROM sources WHERE online AND NOT paused)
                 ORDER BY size > 4194304, modified_ns DESC, size, id LIMIT 1",
                files::columns()
            );
            Ok(db
                .prepare_cached(&sql)?
                .query_row([], |row| files::file_from_row(row, 0))
                .optional()?)
        })
    }

    /// Pages without text of their own, by state.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn scan_counts(&self) -> Result<ScanCounts> {
        self.store.read(|db| {
            let mut statement = db.prepare_cached("SELECT state, count(*) FROM file_scans GROUP BY state")?;
            let mut rows = statement.query([])?;
            let mut counts = ScanCounts::default();
            while let Some(row) = rows.next()? {
                let count = row.get::<_, i64>(1)? as u64;
                match row.get(0)? {
                    0 => counts.waiting = count,
                    1 => counts.read = count,
                    _ => counts.unreadable = count,
                }
            }
            Ok(counts)
        })
    }

    /// Lets files be read again that are skipped and have pages to be recognised, because what is said of them depends
    /// on whether anybody will; returns how many.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn requeue_scans(&self) -> Result<u64> {
        self.store.write(|db| {
            let changed = db.execute(
                "UPDATE files SET status = 'waiting', code = '', message = '', skipped_by = ''
                 WHERE status = 'skipped' AND id IN (SELECT file FROM file_scans WHERE state = 0)",
                [],
            )?;
            Ok(changed as u64)
        })
    }

    /// Forgets what was recognised in documents that no file has any more; returns how many pages.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn collect_unused_readings(&self) -> Result<u64> {
        self.store.write(|db| {
            let removed = db.execute(
                "DELETE FROM page_readings WHERE NOT EXISTS
                     (SELECT 1 FROM file_scans WHERE file_scans.content_hash = page_readings.content_hash)",
                [],
            )?;
            Ok(removed as u64)
        })
    }
}

/// Replaces what is known of a file's pages.
pub(crate) fn replace(db: &Connection, file: FileRow, scans: &[FileScan]) -> Outcome<()> {
    db.prepare_cached("DELETE FROM file_scans WHERE file = ?1")?
        .execute([file.0])?;
    let mut insert = db.prepare_cached(
        "INSERT OR REPLACE INTO file_scans (file, content_hash, page, state) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for FileScan {
        document,
        page,
        state,
    } in scans
    {
        insert.execute(params![file.0, document.0, page, state.number()])?;
    }
    Ok(())
}

fn finish(
    db: &Connection,
    document: ContentHash,
    page: u32,
    recogniser: &str,
    reading: &PageReading,
) -> Outcome<()> {
    let (reading, message) = match reading {
        PageReading::Read(page) => (Some(page_to_json(page)), None),
        PageReading::Unreadable(message) => (None, Some(message)),
    };
    db.prepare_cached(
        "INSERT INTO page_readings (content_hash, page, recogniser, reading, message, attempts)
         VALUES (?1, ?2, ?3, ?4, ?5, 1)
         ON CONFLICT (content_hash, page, recogniser) DO UPDATE SET reading = excluded.reading,
             message = excluded.message",
    )?
    .execute(params![document.0, page, recogniser, reading, message])?;
    Ok(())
}

#[derive(Serialize, Deserialize)]
struct StoredPage {
    width: f32,
    height: f32,
    /// Text, confidence in per cent, and left, top, right, bottom.
    lines: Vec<(String, u8, [f32; 4])>,
}

fn page_to_json(page: &RecognisedPage) -> String {
    let lines = page.lines.iter().map(|line| {
        let PageBox {
            left,
            top,
            right,
            bottom,
        } = line.place;
        (line.text.clone(), line.confidence, [left, top, right, bottom])
    });
    encode::to_json(&StoredPage {
        width: page.width,
        height: page.height,
        lines: lines.collect(),
    })
}

fn page_from_json(text: &str) -> Outcome<RecognisedPage> {
    let StoredPage { width, height, lines } = encode::from_json("page_readings.reading", text)?;
    let lines = lines
        .into_iter()
        .map(|(text, confidence, [left, top, right, bottom])| RecognisedLine {
            text,
            confidence,
            place: PageBox {
                left,
                top,
                right,
                bottom,
            },
        });
    Ok(RecognisedPage {
        width,
        height,
        lines: lines.collect(),
    })
}
