//! Files that are read piece by piece: their documents come some at a time, each time in a transaction of its own.
//!
//! Until the last has come the file waits, and documents of its last version stay. A reading that was cut off is begun
//! again from the start: what is in the ledger to the letter is not written again.

use rushlight_core::source::modified_at;
use rushlight_core::{DocId, Error, ErrorCode, FileRow, FileStamp, Result, Timestamp};
use rusqlite::{OptionalExtension, params};

use crate::documents::Write;
use crate::records::{Completion, NewDocument};
use crate::{Ledger, files, sources};

impl Ledger {
    /// Begins a reading; its number tells the documents that it finds from those of others. The file's documents may be
    /// those of no version until it is completed with [`crate::FileOutcome::IndexedInPieces`], so its hash is forgotten.
    ///
    /// # Errors
    /// `FileVanished` when the ledger no longer knows the file; `DiskFull`, else `LedgerFailed`.
    pub fn begin_pass(&self, file: FileRow) -> Result<i64> {
        self.store.write(|db| {
            let sql = "UPDATE files SET pass = pass + 1, content_hash = NULL WHERE id = ?1 RETURNING pass";
            let pass = db
                .prepare_cached(sql)?
                .query_row([file.0], |row| row.get(0))
                .optional()?;
            pass.ok_or_else(|| {
                let message = format!("file {file} is not in the ledger any more");
                Error::new(ErrorCode::FileVanished, message).into()
            })
        })
    }

    /// Ids for some of the documents found in a file, given by their part keys, in order: those they have already, and new
    /// ones for the others.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn document_ids_by_key(&self, file: FileRow, keys: &[&str]) -> Result<Vec<DocId>> {
        self.store.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT doc_id FROM documents WHERE file_id = ?1 AND part_key = ?2 ORDER BY id LIMIT 1",
            )?;
            keys.iter()
                .map(|key| {
                    let known = statement
                        .query_row(params![file.0, key], |row| Ok(DocId(row.get(0)?)))
                        .optional()?;
                    Ok(known.unwrap_or_else(files::new_document_id))
                })
                .collect()
        })
    }

    /// Takes in some of a file's documents, found in this pass, in one transaction; `stamp` is the file's when it was handed
    /// out, `now` no later than when they were read. A document that is in the ledger to the letter is not written again. Nothing is kept of a file that the ledger
    /// no longer knows.
    ///
    /// # Errors
    /// `DiskFull`, else `LedgerFailed`. Nothing of the batch is then kept.
    pub fn add_documents(
        &self,
        file: FileRow,
        stamp: &FileStamp,
        pass: i64,
        documents: &[NewDocument],
        now: Timestamp,
    ) -> Result<Completion> {
        self.store.write(|db| {
            let mut completion = Completion::default();
            let Some(file) = files::find(db, file)? else {
                return Ok(completion);
            };
            let space = sources::source_of(db, file.source_id)?.space_id;
            let before = sources::generation_of(db, space)?;
            let write = Write {
                db,
                file: &file,
                space,
                file_date: modified_at(stamp.modified_ns),
                modified_ns: stamp.modified_ns,
                now,
            };
            write.add(documents, pass, &mut completion)?;
            if sources::generation_of(db, space)? != before {
                completion.changed_spaces.push(space);
            }
            Ok(completion)
        })
    }
}
