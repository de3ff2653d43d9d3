//! What is left out of a source without a trace.

use rushlight_core::{LeftOutBy, Result, SourceId};

use crate::engine::Engine;

impl Engine {
    /// The rules that hold for a source now.
    ///
    /// # Errors
    /// `SourceNotFound`, else `LedgerFailed`.
    pub fn rules_of(&self, source: SourceId) -> Result<LeftOutBy> {
        let record = self.ledger().source(source)?;
        Ok(self.shared.source(&record)?.left_out_by())
    }
}
