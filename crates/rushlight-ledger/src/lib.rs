//! The ledger: sources, files, documents, chunks, embeddings, conversations and judgements, in one SQLite database.
//!
//! It is the truth. Both indexes are derived from it and fed only from its change feeds: every change of a document
//! gets the next number of its space's counter, a removed document leaves a tombstone with a number, and an index
//! that has reached number *g* asks for what is after *g*. Catching up after a crash is therefore the same code as
//! normal work.
//!
//! It must not know what an index, a parser or a model is, reads no documents from disk, and decides nothing: plans,
//! chunks and embeddings are brought to it. No SQL and no type of rusqlite leaves this crate.
//!
//! Every method blocks. The indexing thread writes; any number of blocking threads read at the same time, on
//! snapshots of what is committed, and never wait for the writer. Each method that writes is one transaction.

mod checks;
mod conversations;
mod documents;
mod embeddings;
mod encode;
mod facets;
mod failure;
mod feed;
mod files;
mod generation;
mod intern;
mod judgements;
mod library;
mod links;
mod lock;
mod mails;
mod names;
mod overview;
mod pieces;
mod quotes;
mod receipts;
mod rechunk;
mod records;
mod scans;
mod sources;
mod statistics;
mod store;
mod text;

use std::path::Path;

use rushlight_core::Result;
use rusqlite::{OptionalExtension, params};

pub use embeddings::stored;
pub use facets::{FacetChanges, FacetRow};
pub use feed::Feed;
pub use lock::DataDirLock;
pub use names::{fold_name, without_ending};
pub use overview::{Group, IndexedOverTime, KeptAnswer, Overview, Period};
pub use records::{
    Changes, ChunkRecord, ChunkedBy, CompletedFile, Completion, ConversationId, ConversationRecord,
    DocumentQuery, DocumentRecord, DocumentSummary, FileOutcome, Judgement, JudgementId, JudgementRecord,
    LinkTarget, LinkingDocument, NamedBy, NewChunk, NewDocument, NewReceipt, NewTurn, Page, PendingChunk,
    ProblemFile, QuotingDocument, RechunkDocument, Rechunked, Requeue, SettledQuotes, SourceRecord,
    SpaceRecord, SpaceStatistics, ThreadMessage, Turn,
};
pub use scans::{FileScan, ScanCounts, ScanState};

use crate::failure::Failure;
use crate::store::Store;

/// The ledger. See the crate's own page.
pub struct Ledger {
    store: Store,
}

impl Ledger {
    /// Opens the database at `path`, makes it where it is missing, and brings it to this version's format.
    ///
    /// # Errors
    /// `DataDirTooNew` when a newer version wrote it (it is left as it is), `DiskFull`, else `LedgerFailed`.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            store: Store::open(path)?,
        })
    }

    /// A ledger that is gone when it is dropped. It has one connection, so here readers do wait.
    ///
    /// # Errors
    /// `LedgerFailed` when there is no memory for it.
    pub fn in_memory() -> Result<Self> {
        Ok(Self {
            store: Store::in_memory()?,
        })
    }

    /// Reads all of the database and its indexes.
    ///
    /// # Errors
    /// `LedgerFailed` with the first damage found.
    pub fn check(&self) -> Result<()> {
        self.store.read(|db| {
            let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            if found != "ok" {
                return Err(Failure::Malformed("the database", found));
            }
            let orphans = db
                .query_row("PRAGMA foreign_key_check", [], |row| row.get::<_, String>(0))
                .optional()?;
            match orphans {
                Some(table) => Err(Failure::Malformed(
                    "the database",
                    format!("a row of `{table}` refers to nothing"),
                )),
                None => Ok(()),
            }
        })
    }

    /// Moves the write-ahead log into the database as far as no reader is in the way, and cuts it. For idle moments.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn checkpoint(&self) -> Result<()> {
        self.store
            .maintain(|db| Ok(db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?))
    }

    /// The value kept under `key`.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        self.store.read(|db| {
            Ok(db
                .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
                .optional()?)
        })
    }

    /// What tells this data folder from others: 32 random hexadecimal digits, the same for as long as it exists.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn library(&self) -> Result<String> {
        const KEY: &str = "library";
        if let Some(known) = self.meta(KEY)? {
            return Ok(known);
        }
        self.store.write(|db| {
            db.execute(
                "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
                params![KEY, uuid::Uuid::new_v4().simple().to_string()],
            )?;
            Ok(db.query_row("SELECT value FROM meta WHERE key = ?1", [KEY], |row| row.get(0))?)
        })
    }

    /// Keeps `value` under `key`, for instance the serving embedding model.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`.
    pub fn set_meta(&self, key: &str, value: &str) -> Result<()> {
        self.store.write(|db| {
            db.execute(
                "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                params![key, value],
            )?;
            Ok(())
        })
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}
