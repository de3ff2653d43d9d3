//! The connections: one writer behind a mutex, readers that never wait for it, and the schema's migrations.

use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rushlight_core::{Error, ErrorCode, Result};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use rusqlite_migration::{HookError, M, Migrations};

use crate::failure::{Failure, Outcome};
use crate::{conversations, links};

static MIGRATION_STEPS: LazyLock<Vec<M<'static>>> = LazyLock::new(|| {
    vec![
        M::up(include_str!("schema/0001.sql")),
        M::up(include_str!("schema/0002.sql")),
        M::up(include_str!("schema/0003.sql")),
        M::up(include_str!("schema/0004.sql")),
        M::up(include_str!("schema/0005.sql")),
        M::up_with_hook(include_str!("schema/0006.sql"), |db: &Transaction<'_>| {
            links::fill(db).map_err(|failure| hook_error(failure, "cannot note the links of the documents"))
        }),
        M::up(include_str!("schema/0007.sql")),
        M::up_with_hook(include_str!("schema/0008.sql"), |db: &Transaction<'_>| {
            conversations::fill(db).map_err(|failure| hook_error(failure, "cannot fold the conversations"))
        }),
        M::up(include_str!("schema/0009.sql")),
        M::up(include_str!("schema/0010.sql")),
    ]
});
static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| Migrations::from_slice(&MIGRATION_STEPS));

/// What a step in Rust failed with, as the steps in SQL fail.
fn hook_error(failure: Failure, doing: &str) -> HookError {
    HookError::Hook(failure.into_error(doing).chain())
}

/// Idle readers that are kept; more are opened when needed and closed afterwards.
const IDLE_READERS: usize = 8;

/// The database with its connections.
pub(crate) struct Store {
    writer: Mutex<Connection>,
    readers: Readers,
}

enum Readers {
    /// Connections of their own: they see what is committed and never wait.
    Pool {
        path: PathBuf,
        idle: Mutex<Vec<Connection>>,
    },
    /// A database in memory has one connection; readers take their turn.
    Writer,
}

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let doing = format!("cannot open the ledger `{}`", path.display());
        let open = || -> Outcome<Connection> {
            let mut connection = Connection::open(path)?;
            connection.busy_timeout(Duration::from_secs(10))?;
            refuse_newer(&connection, path)?;
            let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
            if mode != "wal" {
                let why = format!("{doing}: its file system does not allow a write-ahead log");
                return Err(Error::new(ErrorCode::LedgerFailed, why).into());
            }
            prepare_writer(&mut connection)?;
            Ok(connection)
        };
        let writer = open().map_err(|failure| failure.into_error(&doing))?;
        let readers = Readers::Pool {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
        };
        Ok(Self {
            writer: Mutex::new(writer),
            readers,
        })
    }

    pub(crate) fn in_memory() -> Result<Self> {
        let open = || -> Outcome<Connection> {
            let mut connection = Connection::open_in_memory()?;
            prepare_writer(&mut connection)?;
            Ok(connection)
        };
        let writer = open().map_err(|failure| failure.into_error("cannot open a ledger in memory"))?;
        Ok(Self {
            writer: Mutex::new(writer),
            readers: Readers::Writer,
        })
    }

    /// Runs `work` on one snapshot of what is committed.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Outcome<T>) -> Result<T> {
        let reading = |connection: &Connection| -> Outcome<T> {
            let snapshot = connection.unchecked_transaction()?;
            work(&snapshot)
        };
        let outcome = match &self.readers {
            Readers::Writer => reading(&lock(&self.writer)),
            Readers::Pool { path, idle } => {
                let reused = lock(idle).pop();
                let connection = match reused {
                    Some(connection) => Ok(connection),
                    None => open_reader(path),
                };
                connection.and_then(|connection| {
                    let outcome = reading(&connection);
                    let mut idle = lock(idle);
                    if idle.len() < IDLE_READERS {
                        idle.push(connection);
                    }
                    outcome
                })
            }
        };
        outcome.map_err(|failure| failure.into_error("cannot read the ledger"))
    }

    /// Runs `work` in one transaction: all of it is committed, or nothing.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Connection) -> Outcome<T>) -> Result<T> {
        let mut connection = lock(&self.writer);
        let writing = || -> Outcome<T> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        writing().map_err(|failure| failure.into_error("cannot write to the ledger"))
    }

    /// Runs `work` on the writer's connection outside a transaction, for pragmas.
    pub(crate) fn maintain<T>(&self, work: impl FnOnce(&Connection) -> Outcome<T>) -> Result<T> {
        work(&lock(&self.writer)).map_err(|failure| failure.into_error("cannot maintain the ledger"))
    }
}

/// A thread that panicked while it held the connection left no transaction behind: dropping it rolled it back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refuse_newer(connection: &Connection, path: &Path) -> Outcome<()> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = MIGRATION_STEPS.len() as i64;
    if found > known {
        let message = format!(
            "the ledger `{}` has format {found}, and this version knows formats up to {known}",
            path.display()
        );
        return Err(Error::new(ErrorCode::DataDirTooNew, message).into());
    }
    Ok(())
}

fn prepare_writer(connection: &mut Connection) -> Outcome<()> {
    connection.set_prepared_statement_cache_capacity(128);
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -32768;
         PRAGMA wal_autocheckpoint = 8192;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    MIGRATIONS.to_latest(connection).map_err(|error| {
        Failure::Known(
            Error::new(
                ErrorCode::LedgerFailed,
                "cannot bring the ledger to this version's format",
            )
            .with_source(error),
        )
    })
}

fn open_reader(path: &Path) -> Outcome<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;",
    )?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_sound_and_end_at_the_known_version() {
        MIGRATIONS.validate().expect("every step applies");
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.sqlite3");
        drop(Store::open(&path).expect("opens on nothing"));
        drop(Store::open(&path).expect("opens again"));
        let version: i64 = Connection::open(&path)
            .and_then(|connection| connection.query_row("PRAGMA user_version", [], |row| row.get(0)))
            .expect("readable");
        assert_eq!(version, MIGRATION_STEPS.len() as i64);
    }

    #[test]
    fn documents_from_before_lines_were_kept_have_none() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.sqlite3");
        let mut connection = Connection::open(&path).expect("opens");
        MIGRATIONS.to_version(&mut connection, 2).expect("as it was");
        connection
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 INSERT INTO structures (document, blocks) VALUES (1, '[[\"p\",0,3,\"p1-2\"]]');",
            )
            .expect("written");
        MIGRATIONS.to_latest(&mut connection).expect("every step applies");
        let (blocks, lines): (String, Vec<u8>) = connection
            .query_row("SELECT blocks, lines FROM structures", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .expect("readable");
        assert_eq!(crate::encode::lines_from_bytes(&lines).ok(), Some(Vec::new()));
        let Ok(blocks) = crate::encode::blocks_from_json(&blocks) else {
            panic!("not blocks");
        };
        assert_eq!(blocks[0].locator, rushlight_core::Locator::pages(1, 2));
    }

    #[test]
    fn documents_from_before_links_were_kept_have_theirs() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.sqlite3");
        let mut connection = Connection::open(&path).expect("opens");
        MIGRATIONS.to_version(&mut connection, 5).expect("as it was");
        connection
            .execute_batch(
                r#"PRAGMA foreign_keys = OFF;
                 INSERT INTO files (id, source_id, path, size, modified_ns, status) VALUES (7, 1, 'a/Tea.md', 1, 1, 'indexed');
                 INSERT INTO documents (id, doc_id, file_id, source_id, space_id, part, part_key, content_hash, kind,
                     media_type, title, metadata, date, text_bytes, unreadable_pages, unreadable_count, warnings,
                     warning_count, access, chunker, chunk_count, fingerprint, chunk_fingerprint, generation)
                 VALUES (3, x'00', 7, 1, 1, '', '', x'00', 'note', 'text/markdown', 'Tea',
                     '{"aliases":["Cha"],"links":[{"target":"drinks/Water","fragment":"hot"},{"target":"../b.md","path":true}]}',
                     0, 1, '[]', 0, '[]', 0, 1, 1, 0, x'00', x'00', 1);"#,
            )
            .expect("written");
        MIGRATIONS.to_latest(&mut connection).expect("every step applies");
        let rows = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).expect("sound");
            let rows = statement.query_map([], |row| row.get(0)).expect("readable");
            rows.collect::<Result<_, _>>().expect("readable")
        };
        assert_eq!(
            rows("SELECT kind || name FROM link_names ORDER BY kind"),
            ["0tea.md", "1tea", "2cha"]
        );
        assert_eq!(
            rows("SELECT kind || name || coalesce(fragment, '') FROM links ORDER BY ordinal"),
            ["0waterhot", "1b.md"]
        );
    }

    #[test]
    fn conversations_from_before_they_had_owners_are_the_owners_and_are_found() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.sqlite3");
        let mut connection = Connection::open(&path).expect("opens");
        MIGRATIONS.to_version(&mut connection, 7).expect("as it was");
        connection
            .execute_batch(
                r#"INSERT INTO conversations (id, title, created, updated) VALUES (3, 'Ｔea', 1, 1);
                 INSERT INTO turns (conversation, ordinal, question, answer, asked)
                 VALUES (3, 0, 'How HOT?', '{"text":"七十度。 [1]"}', 1), (3, 1, 'And then?', 'no JSON', 2);"#,
            )
            .expect("written");
        MIGRATIONS.to_latest(&mut connection).expect("every step applies");
        let texts = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).expect("sound");
            let rows = statement.query_map([], |row| row.get(0)).expect("readable");
            rows.collect::<Result<_, _>>().expect("readable")
        };
        assert_eq!(
            texts("SELECT owner || ' ' || folded FROM conversations"),
            ["user:owner tea"]
        );
        assert_eq!(
            texts("SELECT folded FROM turns ORDER BY ordinal"),
            ["how hot?\n七十度。 [1]", "and then?\n"]
        );
    }

    #[test]
    fn documents_from_before_their_first_day_was_kept_have_none() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.sqlite3");
        let mut connection = Connection::open(&path).expect("opens");
        MIGRATIONS.to_version(&mut connection, 8).expect("as it was");
        connection
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 INSERT INTO documents (id, doc_id, file_id, source_id, space_id, part, part_key, content_hash, kind,
                     media_type, title, metadata, date, text_bytes, unreadable_pages, unreadable_count, warnings,
                     warning_count, access, chunker, chunk_count, fingerprint, chunk_fingerprint, generation)
                 VALUES (3, x'00', 7, 1, 1, '', '', x'00', 'note', 'text/markdown', 'Tea', '{}', 0, 1, '[]', 0, '[]', 0, 1,
                     1, 0, x'00', x'00', 1);",
            )
            .expect("written");
        MIGRATIONS.to_latest(&mut connection).expect("every step applies");
        let indexed: Option<i64> = connection
            .query_row("SELECT indexed FROM documents", [], |row| row.get(0))
            .expect("readable");
        assert_eq!(indexed, None);
    }

    #[test]
    fn documents_from_before_it_was_kept_are_told_where_their_text_begins() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.sqlite3");
        let mut connection = Connection::open(&path).expect("opens");
        MIGRATIONS.to_version(&mut connection, 9).expect("as it was");
        connection
            .execute_batch("PRAGMA foreign_keys = OFF")
            .expect("set");
        let documents = [
            (
                "note",
                r#"[["meta",0,9,"l1-3"],["h1",11,16,"l5-5"],["p",18,30,"l7-7"]]"#,
            ),
            ("note", r#"[["h1",0,5,"l1-1"],["meta",6,9,"l2-2"]]"#),
            ("note", r#"[["meta",0,9,"l1-3"]]"#),
            ("mail", r#"[["meta",0,9,"l1-3"],["p",11,16,"l5-5"]]"#),
            ("note", "[]"),
        ];
        for (id, (kind, blocks)) in documents.iter().enumerate() {
            connection
                .execute(
                    "INSERT INTO documents (id, doc_id, file_id, source_id, space_id, part, part_key, content_hash, kind,
                         media_type, title, metadata, date, text_bytes, unreadable_pages, unreadable_count, warnings,
                         warning_count, access, chunker, chunk_count, fingerprint, chunk_fingerprint, generation)
                     VALUES (?1, ?1, ?1, 1, 1, '', ?1, x'00', ?2, '', '', '{}', 0, 1, '[]', 0, '[]', 0, 1, 1, 0, x'00', x'00', ?1)",
                    rusqlite::params![id as i64, kind],
                )
                .expect("written");
            connection
                .execute(
                    "INSERT INTO structures (document, blocks) VALUES (?1, ?2)",
                    rusqlite::params![id as i64, blocks],
                )
                .expect("written");
        }
        MIGRATIONS.to_latest(&mut connection).expect("every step applies");
        let mut statement = connection
            .prepare("SELECT text_begins FROM documents ORDER BY id")
            .expect("sound");
        let rows = statement.query_map([], |row| row.get(0)).expect("readable");
        let begins: Vec<i64> = rows.collect::<Result<_, _>>().expect("readable");
        assert_eq!(begins, [11, 0, 0, 0, 0]);
    }

    #[test]
    fn a_newer_ledger_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.sqlite3");
        let connection = Connection::open(&path).expect("opens");
        connection.execute_batch("PRAGMA user_version = 99").expect("set");
        drop(connection);
        let before = std::fs::read(&path).expect("readable");
        let error = Store::open(&path).err().expect("refused");
        assert_eq!(error.code(), ErrorCode::DataDirTooNew);
        assert!(error.message().contains("format 99"), "{}", error.message());
        assert_eq!(std::fs::read(&path).expect("readable"), before);
    }

    #[test]
    fn what_is_not_a_database_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("ledger.sqlite3");
        std::fs::write(
            &path,
            b"certainly not a database, and long enough to be looked at".repeat(100),
        )
        .expect("written");
        let error = Store::open(&path).err().expect("refused");
        assert_eq!(error.code(), ErrorCode::LedgerFailed);
        assert!(error.message().contains("ledger.sqlite3"), "{}", error.message());
    }

    #[test]
    fn a_full_disk_is_told_apart_and_loses_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("ledger.sqlite3")).expect("opens");
        let insert = |key: &str, value: &str| {
            store.write(|db| Ok(db.execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", [key, value])?))
        };
        insert("kept", "small").expect("fits");
        let limit = |pages: i64| {
            store.maintain(|db| {
                Ok(
                    db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| {
                        row.get::<_, i64>(0)
                    })?,
                )
            })
        };
        let pages = limit(1).expect("set to the present size");
        let error = insert("lost", &"x".repeat(1 << 20)).expect_err("does not fit");
        assert_eq!(error.code(), ErrorCode::DiskFull);
        limit(pages + 10_000).expect("raised");
        insert("later", &"x".repeat(1 << 20)).expect("fits now");
        let keys: Vec<String> = store
            .read(|db| {
                Ok(db
                    .prepare("SELECT key FROM meta ORDER BY key")?
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?)
            })
            .expect("readable");
        assert_eq!(keys, ["kept", "later"]);
    }

    #[test]
    fn readers_do_not_wait_for_the_writer_and_see_what_is_committed() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("ledger.sqlite3")).expect("opens");
        let count = || {
            store.read(|db| Ok(db.query_row("SELECT count(*) FROM meta", [], |row| row.get::<_, i64>(0))?))
        };
        store
            .write(|db| {
                db.execute("INSERT INTO meta (key, value) VALUES ('a', 'b')", [])?;
                assert_eq!(count()?, 0);
                Ok(())
            })
            .expect("written");
        assert_eq!(count().expect("readable"), 1);
    }
}
