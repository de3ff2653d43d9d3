//! The file that a document was made from, as long as it is still that file.

use rushlight_core::{
    DocId, Error, ErrorCode, Original, OriginalHolds, Principal, RawFile, Result, TakenOut,
};
use rushlight_ledger::DocumentRecord;

use crate::engine::Engine;

impl Engine {
    /// What the document was made from: its file, or the attachment or member that it is, where that can be taken out of
    /// its file; otherwise the file that holds it. The path is the ledger's, and only what the source opens is read.
    ///
    /// # Errors
    /// `DocumentNotFound`, also where none of these principals may read it; `FileChanged` when the file is no longer the
    /// one that was indexed; `FileVanished`, `FileUnreadable` and `FileTooLarge` as the source says; `LedgerFailed`.
    pub fn original(&self, doc: DocId, principals: &[Principal]) -> Result<Original> {
        let (shared, ledger) = (&self.shared, self.ledger());
        let record = self.document(doc, principals)?;
        let source = shared.source(&ledger.source(record.file.source_id)?)?;
        let raw = source.fetch(&record.file.stamp)?;
        if record.file.content_hash != Some(raw.content_hash) {
            return Err(Error::new(
                ErrorCode::FileChanged,
                format!("`{}` is no longer the file that was indexed", raw.path),
            ));
        }
        if record.summary.part.is_empty() {
            return Ok(Original {
                name: last_name(&raw.path),
                media_type: Some(record.summary.media_type),
                bytes: raw.bytes,
                holds: OriginalHolds::Document,
            });
        }
        Ok(match self.taken_out(&raw, &record) {
            Some(TakenOut { name, bytes }) => Original {
                name: last_name(&name),
                media_type: Some(record.summary.media_type),
                bytes,
                holds: OriginalHolds::Document,
            },
            None => Original {
                name: last_name(&raw.path),
                media_type: None,
                bytes: raw.bytes,
                holds: OriginalHolds::File,
            },
        })
    }

    /// The document's own bytes; `None` where they cannot be had, whatever the reason: its file can.
    fn taken_out(&self, raw: &RawFile, record: &DocumentRecord) -> Option<TakenOut> {
        let taken = self.shared.parser.take_out(raw, record.summary.content_hash);
        taken.unwrap_or_else(|error| {
            tracing::warn!(
                code = error.code().as_str(),
                "a part cannot be taken out of its file"
            );
            None
        })
    }
}

fn last_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}
