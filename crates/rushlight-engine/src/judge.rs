//! Keeping what a person says of a search.

use rushlight_core::{ChunkId, DocId, DocumentKind, Error, ErrorCode, Principal, Result};
use rushlight_ledger::{Judgement, JudgementId, JudgementRecord};
use rushlight_retrieval::query::Calendar;

use crate::engine::Engine;
use crate::search::read;

/// Characters of a quote at most.
const QUOTE_CHARS: usize = 160;
/// A line of so many characters says enough by itself to be found again.
const TELLING_CHARS: usize = 20;

/// That a document, or a passage of it, is right for a query, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgeRequest {
    /// Who says so.
    pub principals: Vec<Principal>,
    /// What was searched for.
    pub query: String,
    /// The document.
    pub doc_id: DocId,
    /// The passage; `None` when the document is meant.
    pub chunk_id: Option<ChunkId>,
    /// Whether it is right.
    pub right: bool,
    /// Names of the spaces that were searched; empty: all.
    pub spaces: Vec<String>,
    /// Kinds that were searched; empty: all.
    pub kinds: Vec<DocumentKind>,
}

impl Engine {
    /// Keeps a judgement in the ledger. A passage is remembered by a line of it, which outlives being cut anew.
    ///
    /// # Errors
    /// Those of [`Engine::search`] for a query that cannot be read: kept, it could not be asked again, nor any other of
    /// the set. `DocumentNotFound` when there is no such document or passage that the asker may read.
    pub fn judge(&self, request: JudgeRequest) -> Result<JudgementRecord> {
        let now = self.shared.clock.now();
        read(&request.query, &Calendar::at_offset(now, 0))?;
        let ledger = self.ledger();
        let document = self.document(request.doc_id, &request.principals)?.summary;
        let quote = match request.chunk_id {
            None => String::new(),
            Some(id) => {
                let found = ledger.hydrate(&[id])?.pop();
                let passage = found
                    .filter(|record| record.chunk.doc_id == request.doc_id)
                    .ok_or_else(|| {
                        Error::new(
                            ErrorCode::DocumentNotFound,
                            format!("there is no passage {id} in document {}", request.doc_id),
                        )
                    })?;
                quote_of(&passage.passage().unwrap_or(passage.chunk).text).to_owned()
            }
        };
        let judgement = Judgement {
            query: request.query.trim().to_owned(),
            doc_id: request.doc_id,
            quote,
            right: request.right,
            title: document.title,
            path: document.path,
            part: document.part,
            spaces: request.spaces,
            kinds: request.kinds,
            judged: now,
        };
        let id = ledger.keep_judgement(&judgement)?;
        Ok(JudgementRecord {
            id,
            judgement,
            gone: false,
        })
    }

    /// Removes a judgement.
    ///
    /// # Errors
    /// `JudgementNotFound` when there is none of a document that the asker may read.
    pub fn remove_judgement(&self, principals: &[Principal], id: JudgementId) -> Result<()> {
        match self.ledger().remove_judgement(principals, id)? {
            true => Ok(()),
            false => Err(Error::new(
                ErrorCode::JudgementNotFound,
                format!("there is no judgement {}", id.0),
            )),
        }
    }
}

/// A line that tells the passage from others: its first that is long enough, else its longest; cut where it is too long.
/// Headings are passed over while there is anything else.
fn quote_of(text: &str) -> &str {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let chars = |line: &&str| line.chars().count();
    let line = lines()
        .find(|line| !line.starts_with('#') && chars(line) >= TELLING_CHARS)
        .or_else(|| lines().max_by_key(chars))
        .unwrap_or_default();
    match line.char_indices().nth(QUOTE_CHARS) {
        Some((end, _)) => line[..end].trim_end(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_a_line_that_tells() {
        let text = "## Water\n\nBoil it.\n  Steep green tea at 70 degrees.  \nThen wait.";
        assert_eq!(quote_of(text), "Steep green tea at 70 degrees.");
        assert_eq!(quote_of("# 茶\n泡茶\n\n七十度的水"), "七十度的水");
        assert_eq!(quote_of("  \n"), "");
        let long = "水".repeat(400);
        assert_eq!(quote_of(&long).chars().count(), QUOTE_CHARS);
        assert!(text.contains(quote_of(text)));
    }
}
