//! What there is in numbers, as far as somebody may read it; documents with unreadable pages; the last kept answers.

use rushlight_core::{Principal, Result, Timestamp};
use rusqlite::{Connection, ToSql, params};

use crate::failure::Outcome;
use crate::library::{SUMMARY_COLUMNS, SUMMARY_TABLES, summary_from_row};
use crate::records::{DocumentSummary, Page};
use crate::{Ledger, conversations, intern};

/// The documents that somebody may read, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Documents.
    pub documents: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
    /// The files they are in.
    pub files: u64,
    /// Bytes of these files.
    pub file_bytes: u64,
    /// By kind, most first.
    pub kinds: Vec<Group>,
    /// By language, most first; the empty name is of those whose language is not known.
    pub languages: Vec<Group>,
    /// By year of the document's date, the latest first.
    pub years: Vec<Group>,
    /// When they were first indexed.
    pub indexed: IndexedOverTime,
}

/// Documents by when they were first indexed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexedOverTime {
    /// What the groups are: as long as the time that they span makes it.
    pub by: Period,
    /// The first day of each period in which there were any, as `2026-11-30`; the latest first.
    pub periods: Vec<Group>,
    /// Documents that were there before this was kept.
    pub before: u64,
}

/// A stretch of time by which is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// From midnight to midnight, for what came within [`Period::DAYS`] days.
    #[default]
    Day,
    /// From Monday on, for what came within [`Period::WEEKS`] weeks.
    Week,
    /// A month of the calendar.
    Month,
}

impl Period {
    /// The longest time, in days, that is counted by day.
    pub const DAYS: i64 = 21;
    /// The longest time, in weeks, that is counted by week.
    pub const WEEKS: i64 = 21;

    /// The shortest that does not make too many of a time of so many days.
    fn of_span(days: i64) -> Self {
        if days <= Self::DAYS {
            Self::Day
        } else if days <= Self::WEEKS * 7 {
            Self::Week
        } else {
            Self::Month
        }
    }

    /// The modifiers that lead SQLite from a day to the first of its period.
    fn first_day(self) -> &'static str {
        match self {
            Self::Day => "",
            // On to the next Monday, from six days earlier.
            Self::Week => ", '-6 days', 'weekday 1'",
            Self::Month => ", 'start of month'",
        }
    }
}

/// Documents that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What.
    pub name: String,
    /// How many there are.
    pub documents: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
}

/// An answer of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// As JSON, as the caller wrote it.
    pub answer: String,
    /// When it was asked for.
    pub asked: Timestamp,
}

const READABLE: &str = "access IN (SELECT value FROM json_each(?1))";

impl Ledger {
    /// What there is for these principals. `utc_offset`, in seconds, says where a year begins.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn overview(&self, principals: &[Principal], utc_offset: i32) -> Result<Overview> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let most_first = "documents DESC, name";
            let kinds = groups(db, "kind", most_first, &[&access])?;
            let language = "coalesce(json_extract(metadata, '$.language'), '')";
            let languages = groups(db, language, most_first, &[&access])?;
            let ahead = i64::from(utc_offset) * 1000;
            // A date beyond the years that SQLite can name is of no year.
            let year = "strftime('%Y', (date + ?2) / 1000.0, 'unixepoch')";
            let years = groups(db, year, "name DESC", &[&access, &ahead])?;
            let sql = format!(
                "SELECT count(*), coalesce(sum(size), 0) FROM files
                 WHERE id IN (SELECT file_id FROM documents WHERE {READABLE})"
            );
            let (files, file_bytes): (i64, i64) = db
                .prepare_cached(&sql)?
                .query_row([&access], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(Overview {
                documents: kinds.iter().map(|group| group.documents).sum(),
                text_bytes: kinds.iter().map(|group| group.text_bytes).sum(),
                files: files as u64,
                file_bytes: file_bytes as u64,
                kinds,
                languages,
                years,
                indexed: indexed_over_time(db, &access, ahead)?,
            })
        })
    }

    /// A page of the documents with unreadable pages that these principals may read, by path.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn unreadable_documents(
        &self,
        principals: &[Principal],
        limit: usize,
        offset: usize,
    ) -> Result<Page<DocumentSummary>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let filter =
                "documents.unreadable_count > 0 AND documents.access IN (SELECT value FROM json_each(?1))";
            let total: i64 = db
                .prepare_cached(&format!("SELECT count(*) FROM documents WHERE {filter}"))?
                .query_row([&access], |row| row.get(0))?;
            let sql = format!(
                "SELECT {SUMMARY_COLUMNS} FROM {SUMMARY_TABLES} WHERE {filter}
                 ORDER BY sources.root, files.path, documents.part, documents.id LIMIT ?2 OFFSET ?3"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query(params![access, limit as i64, offset as i64])?;
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

    /// The last answers in conversations of these principals, the newest first.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn last_answers(&self, principals: &[Principal], limit: usize) -> Result<Vec<KeptAnswer>> {
        let owners = conversations::owners(principals);
        self.store.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT turns.answer, turns.asked FROM conversations
                     JOIN turns ON turns.conversation = conversations.id
                 WHERE conversations.owner IN (SELECT value FROM json_each(?1))
                 ORDER BY conversations.updated DESC, conversations.id DESC, turns.ordinal DESC LIMIT ?2",
            )?;
            let rows = statement.query_map(params![owners, limit as i64], |row| {
                Ok(KeptAnswer {
                    answer: row.get(0)?,
                    asked: Timestamp(row.get(1)?),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// `ahead` is how many milliseconds the asker's clock is ahead of UTC: where a day begins.
fn indexed_over_time(db: &Connection, access: &str, ahead: i64) -> Outcome<IndexedOverTime> {
    let sql = format!(
        "SELECT max((indexed + ?2) / 86400000) - min((indexed + ?2) / 86400000) + 1, count(*) - count(indexed)
         FROM documents WHERE {READABLE}"
    );
    let (days, before): (Option<i64>, i64) = db
        .prepare_cached(&sql)?
        .query_row(params![access, ahead], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let by = Period::of_span(days.unwrap_or(0));
    let day = format!("date((indexed + ?2) / 1000.0, 'unixepoch'{})", by.first_day());
    Ok(IndexedOverTime {
        by,
        periods: groups(db, &day, "name DESC", &[&access, &ahead])?,
        before: before as u64,
    })
}

/// Readable documents by what `by` makes of them; those of which it makes nothing are left out. The first of `values` is
/// what may be read.
fn groups(db: &Connection, by: &str, order: &str, values: &[&dyn ToSql]) -> Outcome<Vec<Group>> {
    let sql = format!(
        "SELECT {by} AS name, count(*) AS documents, sum(text_bytes) FROM documents WHERE {READABLE}
         GROUP BY 1 HAVING name IS NOT NULL ORDER BY {order}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(values, |row| {
        Ok(Group {
            name: row.get(0)?,
            documents: row.get::<_, i64>(1)? as u64,
            text_bytes: row.get::<_, i64>(2)? as u64,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
