//! Spaces and sources.

use std::path::Path;

use rushlight_core::{Error, ErrorCode, Generation, Principal, Result, SourceId, SpaceId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::Ledger;
use crate::failure::Outcome;
use crate::records::{SourceRecord, SpaceRecord};
use crate::{encode, generation, intern};

const SPACE_COLUMNS: &str = "id, name, generation";
const SOURCE_COLUMNS: &str = "sources.id, sources.root, sources.space_id, spaces.name, sources.added, sources.online, \
    sources.last_scan, sources.watch_notice, sources.scan_notice, sources.paused, sources.devices \
    FROM sources JOIN spaces ON spaces.id = sources.space_id";

impl Ledger {
    /// The space of this name; made where it is missing.
    ///
    /// # Errors
    /// `InvalidRequest` when the name is empty or has control characters, `DiskFull`, else `LedgerFailed`.
    pub fn ensure_space(&self, name: &str) -> Result<SpaceRecord> {
        if name.trim().is_empty() || name.trim() != name || name.chars().any(char::is_control) {
            let message =
                "a space's name is not empty, and has neither white space around it nor control characters";
            return Err(Error::new(ErrorCode::InvalidRequest, message));
        }
        self.store.write(|db| {
            db.execute(
                "INSERT INTO spaces (name) VALUES (?1) ON CONFLICT (name) DO NOTHING",
                [name],
            )?;
            let sql = format!("SELECT {SPACE_COLUMNS} FROM spaces WHERE name = ?1");
            Ok(db.query_row(&sql, [name], space_of)?)
        })
    }

    /// Every space, by name.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn spaces(&self) -> Result<Vec<SpaceRecord>> {
        self.store.read(all_spaces)
    }

    /// The spaces that there are for somebody with these principals, by name: those with a document that they may read. A
    /// space without documents has no access list, and is there for the owner only.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn spaces_for(&self, principals: &[Principal]) -> Result<Vec<SpaceRecord>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let owner = principals.contains(&Principal::owner());
            let sql = format!(
                "SELECT {SPACE_COLUMNS} FROM spaces
                 WHERE EXISTS (SELECT 1 FROM documents
                               WHERE space_id = spaces.id AND access IN (SELECT value FROM json_each(?1)))
                     OR (?2 AND NOT EXISTS (SELECT 1 FROM documents WHERE space_id = spaces.id))
                 ORDER BY name"
            );
            let mut statement = db.prepare_cached(&sql)?;
            let rows = statement.query_map(params![access, owner], space_of)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Number of the space's last change.
    ///
    /// # Errors
    /// `SpaceNotFound`, else `LedgerFailed`.
    pub fn generation(&self, space: SpaceId) -> Result<Generation> {
        self.store.read(|db| generation_of(db, space))
    }

    /// Adds a root folder, whose documents live in `space`.
    ///
    /// # Errors
    /// `SourceExists` when it is a source already, or lies inside one or around one; `SpaceNotFound`; `DiskFull`, else
    /// `LedgerFailed`.
    pub fn add_source(&self, root: &str, space: SpaceId, now: Timestamp) -> Result<SourceRecord> {
        self.store.write(|db| {
            generation_of(db, space)?;
            for other in all_sources(db)? {
                let (new, old) = (Path::new(root), Path::new(&other.root));
                if new.starts_with(old) || old.starts_with(new) {
                    let message = match new == old {
                        true => format!("`{root}` is source {} already", other.id),
                        false => format!("`{root}` overlaps with source {}, `{}`", other.id, other.root),
                    };
                    return Err(Error::new(ErrorCode::SourceExists, message).into());
                }
            }
            db.execute(
                "INSERT INTO sources (root, space_id, added) VALUES (?1, ?2, ?3)",
                params![root, space.0, now.0],
            )?;
            source_of(db, SourceId(db.last_insert_rowid()))
        })
    }

    /// Every source, in the order they were added.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn sources(&self) -> Result<Vec<SourceRecord>> {
        self.store.read(all_sources)
    }

    /// A source.
    ///
    /// # Errors
    /// `SourceNotFound`, else `LedgerFailed`.
    pub fn source(&self, id: SourceId) -> Result<SourceRecord> {
        self.store.read(|db| source_of(db, id))
    }

    /// Forgets a source with its files and documents; returns how many documents there were.
    ///
    /// # Errors
    /// `SourceNotFound`, `DiskFull`, else `LedgerFailed`.
    pub fn remove_source(&self, id: SourceId) -> Result<u64> {
        self.store.write(|db| {
            source_of(db, id)?;
            let files: Vec<i64> = db
                .prepare_cached(
                    "SELECT DISTINCT file_id FROM documents WHERE source_id = ?1 ORDER BY file_id",
                )?
                .query_map([id.0], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut removed = 0;
            for file in files {
                removed += generation::remove_documents_of(db, file)?;
            }
            db.execute("DELETE FROM files WHERE source_id = ?1", [id.0])?;
            db.execute("DELETE FROM sources WHERE id = ?1", [id.0])?;
            Ok(removed)
        })
    }

    /// Sets or clears what a person should know of watching this source.
    ///
    /// # Errors
    /// `SourceNotFound`, `DiskFull`, else `LedgerFailed`.
    pub fn set_source_notice(&self, id: SourceId, notice: Option<&str>) -> Result<()> {
        self.store.write(|db| {
            source_of(db, id)?;
            db.execute(
                "UPDATE sources SET watch_notice = ?2 WHERE id = ?1",
                params![id.0, notice],
            )?;
            Ok(())
        })
    }

    /// Lets the source's waiting files wait on, or go on.
    ///
    /// # Errors
    /// `SourceNotFound`, `DiskFull`, else `LedgerFailed`.
    pub fn set_source_paused(&self, id: SourceId, paused: bool) -> Result<()> {
        self.store.write(|db| {
            source_of(db, id)?;
            db.execute(
                "UPDATE sources SET paused = ?2 WHERE id = ?1",
                params![id.0, paused],
            )?;
            Ok(())
        })
    }

    /// Notes whether the source's root is there, outside a scan. [`Ledger::apply_plan`] notes it too.
    ///
    /// # Errors
    /// `SourceNotFound`, `DiskFull`, else `LedgerFailed`.
    pub fn set_source_online(&self, id: SourceId, online: bool) -> Result<()> {
        self.store.write(|db| {
            source_of(db, id)?;
            db.execute(
                "UPDATE sources SET online = ?2 WHERE id = ?1",
                params![id.0, online],
            )?;
            Ok(())
        })
    }
}

/// Every space, by name.
pub(crate) fn all_spaces(db: &Connection) -> Outcome<Vec<SpaceRecord>> {
    let sql = format!("SELECT {SPACE_COLUMNS} FROM spaces ORDER BY name");
    Ok(db
        .prepare_cached(&sql)?
        .query_map([], space_of)?
        .collect::<Result<_, _>>()?)
}

/// Number of the space's last change; an error when there is no such space.
pub(crate) fn generation_of(db: &Connection, space: SpaceId) -> Outcome<Generation> {
    let found: Option<i64> = db
        .prepare_cached("SELECT generation FROM spaces WHERE id = ?1")?
        .query_row([space.0], |row| row.get(0))
        .optional()?;
    match found {
        Some(generation) => Ok(Generation(generation)),
        None => Err(Error::new(ErrorCode::SpaceNotFound, format!("there is no space {space}")).into()),
    }
}

/// A source; an error when there is none.
pub(crate) fn source_of(db: &Connection, id: SourceId) -> Outcome<SourceRecord> {
    let sql = format!("SELECT {SOURCE_COLUMNS} WHERE sources.id = ?1");
    let found = db
        .prepare_cached(&sql)?
        .query_row([id.0], source_from_row)
        .optional()?;
    found.ok_or_else(|| Error::new(ErrorCode::SourceNotFound, format!("there is no source {id}")).into())
}

fn all_sources(db: &Connection) -> Outcome<Vec<SourceRecord>> {
    let sql = format!("SELECT {SOURCE_COLUMNS} ORDER BY sources.id");
    Ok(db
        .prepare_cached(&sql)?
        .query_map([], source_from_row)?
        .collect::<Result<_, _>>()?)
}

fn space_of(row: &Row<'_>) -> rusqlite::Result<SpaceRecord> {
    Ok(SpaceRecord {
        id: SpaceId(row.get(0)?),
        name: row.get(1)?,
        generation: Generation(row.get(2)?),
    })
}

fn source_from_row(row: &Row<'_>) -> rusqlite::Result<SourceRecord> {
    let notices: [Option<String>; 2] = [row.get(7)?, row.get(8)?];
    let notices: Vec<String> = notices.into_iter().flatten().collect();
    Ok(SourceRecord {
        id: SourceId(row.get(0)?),
        root: row.get(1)?,
        space_id: SpaceId(row.get(2)?),
        space: row.get(3)?,
        added: Timestamp(row.get(4)?),
        online: row.get(5)?,
        last_scan: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        notice: (!notices.is_empty()).then(|| notices.join("; ")),
        paused: row.get(9)?,
        // A value that is not of its form protects nothing, and harms nothing.
        devices: encode::from_json("sources.devices", row.get_ref(10)?.as_str()?).unwrap_or_default(),
    })
}
