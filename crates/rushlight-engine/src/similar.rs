//! Documents about the same, by the vectors of their passages: no model is needed for it.

use std::collections::HashSet;

use rushlight_core::{DocId, Embedding, Principal, Result, SearchFilter, SpaceId, VectorHit};
use rushlight_ledger::LinkTarget;

use crate::engine::{Engine, Shared};
use crate::links::missing;
use crate::search::blocking;

/// Copies of a document that are left out at most.
const COPIES: usize = 1000;
/// Passages that are looked at for each document that is wanted; one of many near passages is found still.
const PASSAGES_EACH: usize = 10;

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
        let (space, left_out, vectors) = blocking(move || {
            let ledger = engine.ledger();
            let (_, space) = ledger.link_target(doc, &asker)?.ok_or_else(|| missing(doc))?;
            let copies = ledger.documents_alike(doc, &asker, COPIES)?;
            let mut left_out: HashSet<DocId> = copies.into_iter().map(|place| place.doc_id).collect();
            left_out.insert(doc);
            let vectors = ledger.document_embeddings(doc, &engine.shared.embedder_spec.model_id)?;
            Ok((space, left_out, vectors))
        })
        .await?;
        let Some(mean) = mean_of(&vectors).filter(|_| limit > 0) else {
            return Ok(Vec::new());
        };
        let filter = SearchFilter {
            principals: principals.to_vec(),
            ..SearchFilter::default()
        };
        let passages = (limit + left_out.len()).saturating_mul(PASSAGES_EACH) + vectors.len();
        let near = self.shared.near(space, &mean, &filter, passages).await?;
        let (engine, asker) = (self.clone(), principals.to_vec());
        blocking(move || {
            let mut found = Vec::new();
            let mut seen = left_out;
            for hit in near {
                if found.len() < limit
                    && seen.insert(hit.doc_id)
                    && let Some((document, _)) = engine.ledger().link_target(hit.doc_id, &asker)?
                {
                    found.push(SimilarDocument {
                        document,
                        similarity: hit.similarity,
                    });
                }
            }
            Ok(found)
        })
        .await
    }
}

impl Shared {
    async fn near(
        &self,
        space: SpaceId,
        mean: &Embedding,
        filter: &SearchFilter,
        passages: usize,
    ) -> Result<Vec<VectorHit>> {
        let index = self.indexes.vector(space).await?;
        index.nearest(mean, filter, passages).await
    }
}

/// The direction of their sum; `None` where there is none.
fn mean_of(vectors: &[Embedding]) -> Option<Embedding> {
    let mut sum = vec![0.0f32; vectors.first()?.values().len()];
    for vector in vectors {
        for (sum, value) in sum.iter_mut().zip(vector.values()) {
            *sum += value;
        }
    }
    Embedding::normalized(sum).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_has_the_direction_of_the_sum() {
        let unit = |values: [f32; 2]| Embedding::normalized(values.to_vec()).expect("a direction");
        let mean = mean_of(&[unit([1.0, 0.0]), unit([0.0, 1.0])]).expect("a direction");
        assert!((mean.cosine(&unit([1.0, 1.0])) - 1.0).abs() < 1e-6);
        assert_eq!(mean_of(&[]), None);
        assert_eq!(mean_of(&[unit([1.0, 0.0]), unit([-1.0, 0.0])]), None);
    }
}
