//! A document, for those who may read it.

use rushlight_core::{DocId, Error, ErrorCode, Principal, Result};
use rushlight_ledger::DocumentRecord;

use crate::engine::{Engine, Shared};

impl Engine {
    /// A document whole.
    ///
    /// # Errors
    /// `DocumentNotFound`, also where none of these principals may read it; `LedgerFailed`.
    pub fn document(&self, doc: DocId, principals: &[Principal]) -> Result<DocumentRecord> {
        self.shared.readable(doc, principals)?.ok_or_else(|| missing(doc))
    }
}

impl Shared {
    /// A document as the ledger has it now; `None` also where none of these principals may read it.
    pub(crate) fn readable(&self, doc: DocId, principals: &[Principal]) -> Result<Option<DocumentRecord>> {
        let document = self.ledger.document(doc)?;
        Ok(document.filter(|record| may_read(&record.summary.access, principals)))
    }
}

/// Whether somebody with these principals is on an access list.
pub(crate) fn may_read(access: &[Principal], principals: &[Principal]) -> bool {
    access.iter().any(|principal| principals.contains(principal))
}

/// The same for what is not there and for what may not be read.
pub(crate) fn missing(doc: DocId) -> Error {
    Error::new(ErrorCode::DocumentNotFound, format!("there is no document {doc}"))
}
