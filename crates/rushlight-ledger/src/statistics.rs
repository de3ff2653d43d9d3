//! Counting: what is searchable, what is not, and why.

use rushlight_core::{Counts, Coverage, Principal, Result, SourceId, SpaceId, Warning};
use rusqlite::{Connection, params};

use crate::failure::Outcome;
use crate::files::{self, FILE_COLUMN_COUNT};
use crate::library::absolute;
use crate::records::{Page, ProblemFile, SpaceStatistics};
use crate::{Ledger, encode, intern, sources};

impl Ledger {
    /// Files by state, of one source or of all.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn counts(&self, source: Option<SourceId>) -> Result<Counts> {
        self.store.read(|db| {
            let sql = "SELECT status, count(*) FROM files WHERE ?1 IS NULL OR source_id = ?1 GROUP BY status";
            let mut statement = db.prepare_cached(sql)?;
            let mut rows = statement.query([source.map(|source| source.0)])?;
            let mut counts = Counts::default();
            while let Some(row) = rows.next()? {
                let count = row.get::<_, i64>(1)? as u64;
                counts.seen += count;
                match row.get::<_, String>(0)?.as_str() {
                    "indexed" => counts.indexed = count,
                    "skipped" => counts.skipped = count,
                    "failed" => counts.failed = count,
                    // The table's own check leaves only `waiting`.
                    _ => counts.waiting = count,
                }
            }
            Ok(counts)
        })
    }

    /// What each space holds, by name.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn statistics(&self) -> Result<Vec<SpaceStatistics>> {
        self.store.read(|db| {
            let mut all = Vec::new();
            for space in sources::all_spaces(db)? {
                let id = space.id.0;
                let sources: i64 = db
                    .prepare_cached("SELECT count(*) FROM sources WHERE space_id = ?1")?
                    .query_row([id], |row| row.get(0))?;
                let [documents, by_meaning, chunks, text_bytes, unreadable] = db
                    .prepare_cached(
                        "SELECT count(*), count(vector_generation), coalesce(sum(chunk_count), 0),
                             coalesce(sum(text_bytes), 0), coalesce(sum(unreadable_count), 0)
                         FROM documents WHERE space_id = ?1",
                    )?
                    .query_row([id], five_numbers)?;
                let pending: i64 = db
                    .prepare_cached(
                        "SELECT count(*) FROM documents JOIN chunks ON chunks.document = documents.id
                         WHERE documents.space_id = ?1 AND documents.vector_generation IS NULL
                         AND chunks.pending_rank IS NOT NULL",
                    )?
                    .query_row([id], |row| row.get(0))?;
                all.push(SpaceStatistics {
                    space,
                    sources: sources as u64,
                    documents,
                    documents_by_meaning: by_meaning,
                    chunks,
                    embedded_chunks: chunks.saturating_sub(pending as u64),
                    text_bytes,
                    unreadable_pages: unreadable,
                });
            }
            Ok(all)
        })
    }

    /// A page of files a person may want to look at, of one source or of all: failed ones first, then those indexed
    /// with warnings or unreadable pages, then skipped ones; each by path.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn problem_files(
        &self,
        source: Option<SourceId>,
        limit: usize,
        offset: usize,
    ) -> Result<Page<ProblemFile>> {
        self.store.read(|db| {
            let source = source.map(|source| source.0);
            let filter = "(?1 IS NULL OR files.source_id = ?1) AND (files.status IN ('failed', 'skipped')
                OR files.id IN (SELECT file_id FROM documents WHERE unreadable_count > 0 OR warning_count > 0))";
            let total: i64 = db
                .prepare_cached(&format!("SELECT count(*) FROM files WHERE {filter}"))?
                .query_row([source], |row| row.get(0))?;
            let sql = format!(
                "SELECT {}, sources.root FROM files JOIN sources ON sources.id = files.source_id WHERE {filter}
                 ORDER BY CASE files.status WHEN 'failed' THEN 0 WHEN 'skipped' THEN 2 ELSE 1 END, files.source_id,
                     files.path LIMIT ?2 OFFSET ?3",
                files::columns()
            );
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query(params![source, limit as i64, offset as i64])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                let file = files::file_from_row(row, 0)?;
                let root: String = row.get(FILE_COLUMN_COUNT)?;
                let path = absolute(&root, &file.stamp.path);
                let (warnings, unreadable_pages) = problems_of(db, file.id.0)?;
                items.push(ProblemFile { file, path, warnings, unreadable_pages });
            }
            Ok(Page { items, total: total as u64 })
        })
    }

    /// What a search in these spaces covers for these principals.
    ///
    /// Files that are not indexed have no access list of their own, so they are counted for the owner only.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn coverage(&self, spaces: &[SpaceId], principals: &[Principal]) -> Result<Coverage> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let mut coverage = Coverage::default();
            for space in sources::all_spaces(db)? {
                if !spaces.contains(&space.id) {
                    continue;
                }
                let [documents, by_meaning, unreadable] = db
                    .prepare_cached(
                        "SELECT count(*), count(vector_generation), coalesce(sum(unreadable_count), 0)
                         FROM documents WHERE space_id = ?1 AND access IN (SELECT value FROM json_each(?2))",
                    )?
                    .query_row(params![space.id.0, access], |row| {
                        Ok([row.get(0)?, row.get(1)?, row.get(2)?])
                    })
                    .map(|numbers: [i64; 3]| numbers.map(|number| number as u64))?;
                coverage.documents += documents;
                coverage.documents_by_meaning += by_meaning;
                coverage.unreadable_pages += unreadable;
                if principals.contains(&Principal::owner()) {
                    let files: i64 = db
                        .prepare_cached(
                            "SELECT count(*) FROM files JOIN sources ON sources.id = files.source_id
                             WHERE sources.space_id = ?1 AND files.status <> 'indexed'",
                        )?
                        .query_row([space.id.0], |row| row.get(0))?;
                    coverage.files_not_searched += files as u64;
                }
                coverage.spaces.push(space.name);
            }
            Ok(coverage)
        })
    }
}

fn five_numbers(row: &rusqlite::Row<'_>) -> rusqlite::Result<[u64; 5]> {
    let mut numbers = [0; 5];
    for (index, number) in numbers.iter_mut().enumerate() {
        *number = row.get::<_, i64>(index)? as u64;
    }
    Ok(numbers)
}

/// Warnings of a file's documents with their parts, and how many pages of theirs have no readable text.
fn problems_of(db: &Connection, file: i64) -> Outcome<(Vec<(String, Warning)>, u64)> {
    let mut statement = db.prepare_cached(
        "SELECT part, warnings, unreadable_count FROM documents
         WHERE file_id = ?1 AND (unreadable_count > 0 OR warning_count > 0) ORDER BY part, id",
    )?;
    let mut rows = statement.query([file])?;
    let mut warnings = Vec::new();
    let mut unreadable = 0;
    while let Some(row) = rows.next()? {
        let part: String = row.get(0)?;
        for warning in encode::warnings_from_json(&row.get::<_, String>(1)?)? {
            warnings.push((part.clone(), warning));
        }
        unreadable += row.get::<_, i64>(2)? as u64;
    }
    Ok((warnings, unreadable))
}
