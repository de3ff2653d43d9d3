//! What a mail is read with: how its conversation's other mails begin, and what became of its attachments.

use rushlight_core::{BlockKind, DocId, FileRow, Principal, Result, TextSpan};
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::Outcome;
use crate::links::{PLACE_TABLES, READABLE, TARGET_COLUMNS, target_from_row};
use crate::records::{LinkTarget, NamedBy, Page};
use crate::{Ledger, encode, intern, text};

/// Bytes of the longest character.
const LONGEST_CHARACTER: usize = 4;

impl Ledger {
    /// How a document begins, beside its header, what it quotes and its signature: at most so many bytes of it, and
    /// nothing where there is nothing else.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn opening(&self, doc: DocId, most: usize) -> Result<String> {
        self.store.read(|db| {
            let row: Option<(i64, String)> = db
                .prepare_cached(
                    "SELECT documents.id, structures.blocks FROM documents
                     JOIN structures ON structures.document = documents.id WHERE documents.doc_id = ?1",
                )?
                .query_row([doc.0], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((document, blocks)) = row else {
                return Ok(String::new());
            };
            let written = encode::blocks_from_json(&blocks)?.into_iter().find(|block| {
                !matches!(
                    block.kind,
                    BlockKind::Metadata | BlockKind::Quote | BlockKind::Signature
                )
            });
            match written {
                Some(block) => beginning(db, document, block.span, most),
                None => Ok(String::new()),
            }
        })
    }

    /// What of a file is the document of this part, or, where there is none, lies in it: the first `limit`, by part, that
    /// one of these principals may read, and how many they may.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn documents_in_part(
        &self,
        file: FileRow,
        part: &str,
        principals: &[Principal],
        limit: usize,
    ) -> Result<Page<LinkTarget>> {
        self.store.read(|db| {
            let access = intern::access_sets_of(db, principals)?;
            let own = format!(
                "SELECT {TARGET_COLUMNS} FROM documents {PLACE_TABLES}
                 WHERE {READABLE} AND documents.file_id = ?2 AND documents.part = ?3"
            );
            let mut statement = db.prepare_cached(&own)?;
            let mut rows = statement.query(params![access, file.0, part])?;
            if let Some(row) = rows.next()? {
                return Ok(Page {
                    items: vec![target_from_row(row, NamedBy::File)?],
                    total: 1,
                });
            }
            // All that begins with the part and a slash: what follows a slash is a zero.
            let within =
                "documents.file_id = ?2 AND documents.part > ?3 || '/' AND documents.part < ?3 || '0'";
            let total: i64 = db
                .prepare_cached(&format!(
                    "SELECT count(*) FROM documents WHERE {READABLE} AND {within}"
                ))?
                .query_row(params![access, file.0, part], |row| row.get(0))?;
            let inside = format!(
                "SELECT {TARGET_COLUMNS} FROM documents {PLACE_TABLES}
                 WHERE {READABLE} AND {within} ORDER BY documents.part, documents.id LIMIT ?4"
            );
            let mut statement = db.prepare_cached(&inside)?;
            let mut rows = statement.query(params![access, file.0, part, limit as i64])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                items.push(target_from_row(row, NamedBy::File)?);
            }
            Ok(Page {
                items,
                total: total as u64,
            })
        })
    }
}

/// The first of the text under `span`, up to `most` bytes, without a part of a character.
fn beginning(db: &Connection, document: i64, span: TextSpan, most: usize) -> Outcome<String> {
    let end = span.end.min(span.start + most);
    for cut in 0..LONGEST_CHARACTER {
        let found = text::under(
            db,
            document,
            TextSpan::new(span.start, end.saturating_sub(cut).max(span.start)),
        )?;
        if let Some(text) = found {
            return Ok(text);
        }
    }
    Ok(String::new())
}
