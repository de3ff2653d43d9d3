//! The two legs of a search, over all spaces that are asked.

use std::sync::Arc;
use std::time::Instant;

use rushlight_core::{
    ChunkSet, Correction, EmbedKind, Embedding, Error, ErrorCode, KeywordHit, Result, TermFound, VectorHit,
};

use super::asked::Asked;
use super::{blocking, micros};
use crate::engine::Shared;

/// What the search by word came to.
#[derive(Default)]
pub(super) struct Words {
    pub(super) hits: Vec<KeywordHit>,
    pub(super) terms: Vec<TermFound>,
    pub(super) corrections: Vec<Correction>,
    /// Nothing to rank by: the hits are to be shown by date.
    pub(super) newest_first: bool,
    pub(super) took_us: u64,
}

/// What the search by meaning came to.
#[derive(Default)]
pub(super) struct Meaning {
    pub(super) hits: Vec<VectorHit>,
    /// The query's vector; `None` when the leg was not asked.
    pub(super) vector: Option<Embedding>,
    pub(super) took_us: u64,
    pub(super) embed_us: u64,
}

impl Shared {
    pub(super) fn by_word(&self, asked: &Asked) -> Result<Words> {
        let begun = Instant::now();
        let mut words = Words::default();
        for (space, query) in &asked.spaces {
            let found =
                self.indexes
                    .keyword(*space)?
                    .search(query, &asked.filter, self.options.candidates)?;
            words.hits.extend(found.hits);
            words.newest_first |= found.newest_first;
            for correction in found.corrections {
                if !words.corrections.contains(&correction) {
                    words.corrections.push(correction);
                }
            }
            for term in found.terms {
                match words.terms.iter_mut().find(|known| known.term == term.term) {
                    Some(known) => {
                        known.chunks += term.chunks;
                        known.idf = known.idf.min(term.idf);
                    }
                    None => words.terms.push(term),
                }
            }
        }
        // A word that another space has was not corrected for want of it.
        words.corrections.retain(|correction| {
            words
                .terms
                .iter()
                .all(|term| term.term != correction.typed || term.chunks == 0)
        });
        words
            .hits
            .sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk_id.cmp(&b.chunk_id)));
        if !words.newest_first {
            words.hits.truncate(self.options.candidates);
        }
        words.took_us = micros(begun);
        Ok(words)
    }

    pub(super) async fn by_meaning(self: &Arc<Self>, asked: &Arc<Asked>) -> Result<Meaning> {
        let begun = Instant::now();
        let vector = self.embed_query(&asked.about).await?;
        let embed_us = micros(begun);
        let begun = Instant::now();
        let mut hits = Vec::new();
        for (space, query) in &asked.spaces {
            let (shared, space, query, of) = (Arc::clone(self), *space, query.clone(), Arc::clone(asked));
            let among: Option<Arc<ChunkSet>> =
                blocking(move || shared.among(space, &query, &of.filter)).await?;
            let index = self.indexes.vector(space).await?;
            hits.extend(
                index
                    .nearest(&vector, &asked.filter, among.as_deref(), self.options.candidates)
                    .await?,
            );
        }
        hits.sort_by(|a, b| {
            b.similarity
                .total_cmp(&a.similarity)
                .then(a.chunk_id.cmp(&b.chunk_id))
        });
        hits.truncate(self.options.candidates);
        Ok(Meaning {
            hits,
            vector: Some(vector),
            took_us: micros(begun),
            embed_us,
        })
    }

    async fn embed_query(self: &Arc<Self>, query: &str) -> Result<Embedding> {
        let (shared, query) = (Arc::clone(self), query.to_owned());
        blocking(move || {
            let embedder = shared.embedder.get()?;
            let vector = embedder.embed(EmbedKind::Query, &[&query])?.pop();
            vector.ok_or_else(|| {
                Error::new(
                    ErrorCode::EmbeddingFailed,
                    "the model returned no vector for the query",
                )
            })
        })
        .await
    }
}
