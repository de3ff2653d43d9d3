//! Receipts: what each kept answer was made from. They lie behind their turns, and go with their conversation.

use rushlight_core::{Principal, Result};
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::Outcome;
use crate::records::NewReceipt;
use crate::{Ledger, conversations};

impl Ledger {
    /// The receipt of this id as JSON, where one of these principals owns the conversation that it is of.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn receipt(&self, id: &str, principals: &[Principal]) -> Result<Option<String>> {
        let owners = conversations::owners(principals);
        self.store.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT receipts.receipt FROM receipts JOIN conversations ON conversations.id = receipts.conversation
                 WHERE receipts.id = ?1 AND conversations.owner IN (SELECT value FROM json_each(?2))",
            )?;
            Ok(statement
                .query_row(params![id, owners], |row| row.get(0))
                .optional()?)
        })
    }
}

/// Keeps the receipt of a turn that was just written.
pub(crate) fn insert(db: &Connection, conversation: i64, ordinal: i64, receipt: &NewReceipt) -> Outcome<()> {
    let NewReceipt { id, json } = receipt;
    db.prepare_cached("INSERT INTO receipts (id, conversation, ordinal, receipt) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, conversation, ordinal, json])?;
    Ok(())
}
