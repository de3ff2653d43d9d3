//! Documents' texts, kept in segments of equal length.

use rushlight_core::TextSpan;
use rusqlite::{Connection, params};

use crate::failure::{Failure, Outcome};

/// Bytes of a segment; the last one of a text is shorter.
const SEGMENT_BYTES: usize = 65_536;

/// Keeps a document's text, which has none yet.
pub(crate) fn insert(db: &Connection, document: i64, text: &str) -> Outcome<()> {
    let mut statement =
        db.prepare_cached("INSERT INTO texts (document, segment, bytes) VALUES (?1, ?2, ?3)")?;
    for (segment, bytes) in text.as_bytes().chunks(SEGMENT_BYTES).enumerate() {
        statement.execute(params![document, segment as i64, bytes])?;
    }
    Ok(())
}

/// All of a document's text.
pub(crate) fn whole(db: &Connection, document: i64) -> Outcome<String> {
    let mut statement = db.prepare_cached("SELECT bytes FROM texts WHERE document = ?1 ORDER BY segment")?;
    let mut rows = statement.query([document])?;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        bytes.extend_from_slice(row.get_ref(0)?.as_blob()?);
    }
    String::from_utf8(bytes).map_err(|error| malformed(error.to_string()))
}

/// The text under `span`, without reading what is far from it; `None` when the span lies outside the text or inside a
/// character.
pub(crate) fn under(db: &Connection, document: i64, span: TextSpan) -> Outcome<Option<String>> {
    if span.start >= span.end {
        return Ok((span.start == span.end).then(String::new));
    }
    let first = span.start / SEGMENT_BYTES;
    let last = (span.end - 1) / SEGMENT_BYTES;
    let mut statement = db.prepare_cached(
        "SELECT bytes FROM texts WHERE document = ?1 AND segment BETWEEN ?2 AND ?3 ORDER BY segment",
    )?;
    let mut rows = statement.query(params![document, first as i64, last as i64])?;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        bytes.extend_from_slice(row.get_ref(0)?.as_blob()?);
    }
    let base = first * SEGMENT_BYTES;
    Ok(bytes
        .get(span.start - base..span.end - base)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .map(str::to_owned))
}

fn malformed(why: String) -> Failure {
    Failure::Malformed("texts.bytes", why)
}
