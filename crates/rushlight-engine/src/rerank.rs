//! The best hits once more, by a model that reads question and passage together. What it cannot do leaves the order as it was.

use std::collections::HashSet;
use std::time::Instant;

use rushlight_core::{ChunkId, Error, ErrorCode, Hit, Reranker, Result, SearchRequest};
use rushlight_ingest::embedding_text;

use crate::engine::Shared;
use crate::search::micros;

/// What came of it.
#[derive(Default)]
pub(crate) struct Reranked {
    /// The hits, in their new order where there is one.
    pub(crate) hits: Vec<Hit>,
    /// Why there is none though it was asked for.
    pub(crate) failed: Option<Error>,
    /// Microseconds.
    pub(crate) spent_us: u64,
}

impl Shared {
    /// How many hits a search has to bring before [`Shared::rerank`]; those beyond the request's limit are dropped there.
    pub(crate) fn hits_to_bring(&self, request: &SearchRequest) -> usize {
        match self.is_reranked(request) {
            true => request.limit.max(self.options.rerank_top),
            false => request.limit,
        }
    }

    /// Puts the best hits in order by the reranking model where that is wanted, and keeps the request's limit. Those of
    /// `guaranteed` that were on the page stay on it: an identifier that was typed is what was meant, whatever a model
    /// thinks of it.
    pub(crate) fn rerank(
        &self,
        request: &SearchRequest,
        mut hits: Vec<Hit>,
        guaranteed: &HashSet<ChunkId>,
    ) -> Reranked {
        if !self.is_reranked(request) || hits.len() < 2 {
            hits.truncate(request.limit);
            return Reranked {
                hits,
                ..Reranked::default()
            };
        }
        let begun = Instant::now();
        // Somebody waits: work in the background gives way.
        let _waiting = self.gate.enter();
        let top = hits.len().min(self.options.rerank_top);
        let failed = match self.scores(&request.query, &hits[..top]) {
            Ok(scores) => {
                let kept = kept_on_the_page(&hits, request.limit, guaranteed);
                order(&mut hits[..top], &scores);
                hits = page(hits, request.limit, &kept);
                None
            }
            Err(error) => {
                tracing::warn!(code = error.code().as_str(), error = %error.chain(), "hits could not be reranked");
                Some(error)
            }
        };
        hits.truncate(request.limit);
        Reranked {
            hits,
            failed,
            spent_us: micros(begun),
        }
    }

    fn is_reranked(&self, request: &SearchRequest) -> bool {
        request.rerank.unwrap_or(self.options.rerank) && self.options.rerank_top > 0
    }

    fn scores(&self, query: &str, hits: &[Hit]) -> Result<Vec<f32>> {
        let Some(reranker) = &self.reranker else {
            return Err(Error::new(ErrorCode::ModelMissing, "there is no reranking model"));
        };
        score(&*reranker.get()?, query, hits)
    }
}

/// What the model says of each hit, of the text that its vector is made of too.
fn score(reranker: &dyn Reranker, query: &str, hits: &[Hit]) -> Result<Vec<f32>> {
    let texts: Vec<String> = hits
        .iter()
        .map(|hit| embedding_text(&hit.title, &hit.chunk.heading_path, &hit.chunk.text))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let scores = reranker.rerank(query, &texts)?;
    if scores.len() == hits.len() {
        return Ok(scores);
    }
    let message = format!("{} scores for {} passages", scores.len(), hits.len());
    Err(Error::new(ErrorCode::RerankingFailed, message))
}

/// Notes the scores and sorts by them; equal ones stay in their order.
fn order(hits: &mut [Hit], scores: &[f32]) {
    for (hit, score) in hits.iter_mut().zip(scores) {
        hit.scores.reranked = Some(*score);
    }
    hits.sort_by(|a, b| {
        let score = |hit: &Hit| hit.scores.reranked.unwrap_or(f32::NEG_INFINITY);
        score(b).total_cmp(&score(a))
    });
}

/// The guaranteed hits among the first `limit`.
fn kept_on_the_page(hits: &[Hit], limit: usize, guaranteed: &HashSet<ChunkId>) -> HashSet<ChunkId> {
    let first = hits.iter().take(limit).map(|hit| hit.chunk.id);
    first.filter(|id| guaranteed.contains(id)).collect()
}

/// The first `limit` hits, of which all of `kept` are some: they are no more than `limit`.
fn page(hits: Vec<Hit>, limit: usize, kept: &HashSet<ChunkId>) -> Vec<Hit> {
    let mut room = limit.saturating_sub(kept.len());
    let fits = |hit: &Hit| {
        if kept.contains(&hit.chunk.id) {
            return true;
        }
        let fits = room > 0;
        room = room.saturating_sub(1);
        fits
    };
    hits.into_iter().filter(fits).take(limit).collect()
}

#[cfg(test)]
mod tests {
    use rushlight_testkit::hit;

    use super::*;

    fn numbers(hits: &[Hit]) -> Vec<u8> {
        hits.iter().map(|hit| hit.chunk.id.0[0]).collect()
    }

    /// Six hits of which the first four are scored, as [`Shared::rerank`] does it.
    fn reranked(scores: [f32; 4], limit: usize, guaranteed: &[u8]) -> Vec<u8> {
        let mut hits: Vec<Hit> = (0..6).map(|number| hit(number, "")).collect();
        let guaranteed = guaranteed.iter().map(|number| ChunkId([*number; 16])).collect();
        let kept = kept_on_the_page(&hits, limit, &guaranteed);
        order(&mut hits[..4], &scores);
        numbers(&page(hits, limit, &kept))
    }

    #[test]
    fn the_model_orders_the_first_and_the_rest_stays() {
        assert_eq!(reranked([0.1, 0.4, -3.0, 9.0], 6, &[]), [3, 1, 0, 2, 4, 5]);
        assert_eq!(
            reranked([1.0, 1.0, 2.0, 1.0], 3, &[]),
            [2, 0, 1],
            "equal ones stay in their order"
        );
    }

    #[test]
    fn what_is_guaranteed_stays_on_the_page() {
        let scores = [0.1, 0.4, 5.0, 9.0];
        assert_eq!(reranked(scores, 2, &[]), [3, 2]);
        assert_eq!(reranked(scores, 2, &[0]), [3, 0]);
        assert_eq!(reranked(scores, 2, &[0, 1]), [1, 0]);
        assert_eq!(
            reranked(scores, 2, &[2, 5]),
            [3, 2],
            "what was not on it has no claim to it"
        );
        assert_eq!(
            reranked(scores, 5, &[4]),
            [3, 2, 1, 0, 4],
            "also what the model did not see"
        );
    }

    #[test]
    fn a_page_is_full_and_has_nothing_twice() {
        let all = [0.0, 1.0, 2.0, 3.0];
        for rotation in 0..4 {
            let mut scores = all;
            scores.rotate_left(rotation);
            for limit in 1..8 {
                for guaranteed in [&[][..], &[0], &[5], &[1, 3], &[0, 1, 2, 3, 4, 5]] {
                    let mut page = reranked(scores, limit, guaranteed);
                    assert_eq!(page.len(), limit.min(6));
                    page.sort_unstable();
                    page.dedup();
                    assert_eq!(page.len(), limit.min(6));
                }
            }
        }
    }
}
