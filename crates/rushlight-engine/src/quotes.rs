//! Quotations in mail are compared with the mail that is quoted, before the indexes are fed.

use std::collections::BTreeSet;

use rushlight_core::{Result, SpaceId};
use rushlight_ingest::{Original, repeats};
use rushlight_ledger::{QuotingDocument, SettledQuotes};

use crate::engine::Shared;

/// Mails compared at once.
const PAGE: usize = 256;

impl Shared {
    /// Decides for every quotation that is not yet compared whether its words are found in the mail it quotes. Returns the
    /// spaces whose indexes have something to do.
    pub(crate) fn settle_quotes(&self) -> Result<BTreeSet<SpaceId>> {
        let mut changed = BTreeSet::new();
        loop {
            let due = self.ledger.quotes_to_settle(PAGE)?;
            if due.is_empty() {
                return Ok(changed);
            }
            let settled: Vec<SettledQuotes> = due.iter().map(compare).collect();
            changed.extend(self.ledger.settle_quotes(&settled)?);
        }
    }
}

fn compare(document: &QuotingDocument) -> SettledQuotes {
    let repeated = match &document.original {
        None => Vec::new(),
        Some(original) => {
            let original = Original::new(original);
            let quotes = document.quotes.iter();
            quotes
                .filter(|(_, quote)| repeats(quote, &original))
                .map(|(chunk, _)| *chunk)
                .collect()
        }
    };
    SettledQuotes {
        doc_id: document.doc_id,
        repeated,
    }
}
