//! Texts that many rows share, as numbers.

use rushlight_core::{Error, ErrorCode, Principal};
use rusqlite::{Connection, OptionalExtension, params};

use crate::encode;
use crate::failure::Outcome;
use crate::records::ChunkedBy;

/// The row of this embedding model; made where it is missing.
pub(crate) fn model(db: &Connection, name: &str) -> Outcome<i64> {
    if let Some(id) = known_model(db, name)? {
        return Ok(id);
    }
    db.execute("INSERT INTO models (name) VALUES (?1)", [name])?;
    Ok(db.last_insert_rowid())
}

/// The row of this embedding model, if there is one.
pub(crate) fn known_model(db: &Connection, name: &str) -> Outcome<Option<i64>> {
    let mut statement = db.prepare_cached("SELECT id FROM models WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Holds a model to the dimensions of the first vector stored for it.
pub(crate) fn require_dimensions(db: &Connection, model: i64, model_id: &str, found: usize) -> Outcome<()> {
    let known: Option<i64> = db
        .prepare_cached("SELECT dimensions FROM models WHERE id = ?1")?
        .query_row([model], |row| row.get(0))?;
    match known {
        None => {
            db.execute(
                "UPDATE models SET dimensions = ?2 WHERE id = ?1",
                params![model, found as i64],
            )?;
            Ok(())
        }
        Some(known) if known == found as i64 => Ok(()),
        Some(known) => {
            let message = format!("a vector of model `{model_id}` has {found} dimensions, not {known}");
            Err(Error::new(ErrorCode::EmbeddingFailed, message).into())
        }
    }
}

/// The rows of this chunker and of its model; made where they are missing.
pub(crate) fn chunker(db: &Connection, chunked_by: &ChunkedBy) -> Outcome<(i64, i64)> {
    let ChunkedBy { chunker_id, model_id } = chunked_by;
    let model = model(db, model_id)?;
    let known: Option<i64> = db
        .prepare_cached("SELECT id FROM chunkers WHERE chunker_id = ?1 AND model = ?2")?
        .query_row(params![chunker_id, model], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok((id, model));
    }
    db.execute(
        "INSERT INTO chunkers (chunker_id, model) VALUES (?1, ?2)",
        params![chunker_id, model],
    )?;
    Ok((db.last_insert_rowid(), model))
}

/// The row of this access list; made where it is missing.
pub(crate) fn access_set(db: &Connection, access: &[Principal]) -> Outcome<i64> {
    let json = encode::access_to_json(access);
    let known: Option<i64> = db
        .prepare_cached("SELECT id FROM access_sets WHERE principals = ?1")?
        .query_row([&json], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    db.execute("INSERT INTO access_sets (principals) VALUES (?1)", [&json])?;
    Ok(db.last_insert_rowid())
}

/// The rows of the access lists that name one of these principals, as a JSON list for `json_each`.
pub(crate) fn access_sets_of(db: &Connection, principals: &[Principal]) -> Outcome<String> {
    let sets: Vec<(i64, String)> = db
        .prepare_cached("SELECT id, principals FROM access_sets ORDER BY id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut ids = Vec::new();
    for (id, json) in sets {
        if encode::access_from_json(&json)?
            .iter()
            .any(|principal| principals.contains(principal))
        {
            ids.push(id);
        }
    }
    Ok(encode::to_json(&ids))
}
