//! Documents about the same, by the vectors of their passages: no model is needed for it.

use std::collections::HashSet;

use rushlight_core::{DocId, Principal, Result, SearchFilter};
use rushlight_ledger::LinkTarget;

use crate::document::missing;
use crate::engine::Engine;
use crate::search::blocking;

/// Copies of a document that are left out at most.
const COPIES: usize = 1000;

/// A document like another.
#[derive(Clone, Debug, PartialEq)]
pub struct SimilarDocument {
    /// The document.
    pub document: LinkTarget,
    /// How much, from -1 to 1: the cosine of its nearest passage with the mean of the other's.
    pub similarity: f32,
}

impl Engine {
    /// Documents of the same space about the same as this one, the most alike first, at most `limit`, of those that the
    /// asker may read. Copies of the document are none. Empty while it has no vectors.
    ///
    /// # Errors
    /// `DocumentNotFound`, also where none of these principals may read it; `IndexFailed`, `LedgerFailed`.
    pub async fn similar(
        &self,
        doc: DocId,
        principals: &[Principal],
        limit: usize,
    ) -> Result<Vec<SimilarDocument>> {
        let (engine, asker) = (self.clone(), principals.to_vec());
        let (space, copies) = blocking(move || {
            let ledger = engine.ledger();
            let (_, space) = ledger.link_target(doc, &asker)?.ok_or_else(|| missing(doc))?;
            let copies = ledger.documents_alike(doc, &asker, COPIES)?;
            let copies: HashSet<DocId> = copies.into_iter().map(|place| place.doc_id).collect();
            Ok((space, copies))
        })
        .await?;
        let filter = SearchFilter {
            principals: principals.to_vec(),
            ..SearchFilter::default()
        };
        let index = self.shared.indexes.vector(space).await?;
        let near = index.similar(doc, &filter, limit + copies.len()).await?;
        let (engine, asker) = (self.clone(), principals.to_vec());
        blocking(move || {
            let mut found = Vec::new();
            for (doc_id, similarity) in near {
                // The ledger may know of changes that the index does not.
                if found.len() < limit
                    && !copies.contains(&doc_id)
                    && let Some((document, _)) = engine.ledger().link_target(doc_id, &asker)?
                {
                    found.push(SimilarDocument { document, similarity });
                }
            }
            Ok(found)
        })
        .await
    }
}
