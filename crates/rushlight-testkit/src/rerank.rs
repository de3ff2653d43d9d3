//! A reranker without a model: a passage is as good as the share of the question's words that it has.

use std::collections::HashSet;

use rushlight_core::{Error, ErrorCode, Reranker, RerankerSpec, Result};

use crate::words::{terms, words};

const MAX_TOKENS: usize = 512;

/// The share of the question's words, and pairs of ideographs, that stand in a passage; a passage that contains [`POISON`]
/// makes it fail.
///
/// [`POISON`]: crate::POISON
#[derive(Debug)]
pub struct OverlapReranker {
    spec: RerankerSpec,
}

impl OverlapReranker {
    /// With the model id `overlap`.
    pub fn new() -> Self {
        Self {
            spec: RerankerSpec {
                model_id: "overlap".to_owned(),
                max_tokens: MAX_TOKENS,
            },
        }
    }
}

impl Default for OverlapReranker {
    fn default() -> Self {
        Self::new()
    }
}

impl Reranker for OverlapReranker {
    fn spec(&self) -> &RerankerSpec {
        &self.spec
    }

    fn rerank(&self, query: &str, texts: &[&str]) -> Result<Vec<f32>> {
        let question = words(query);
        let room = MAX_TOKENS.saturating_sub(question.len());
        let wanted: HashSet<String> = terms(&question).into_iter().collect();
        let score = |text: &&str| {
            if text.contains(crate::POISON) {
                return Err(Error::new(
                    ErrorCode::RerankingFailed,
                    "the fake was told to fail",
                ));
            }
            let mut passage = words(text);
            passage.truncate(room);
            let found: HashSet<String> = terms(&passage).into_iter().collect();
            let shared = wanted.intersection(&found).count();
            Ok(shared as f32 / wanted.len().max(1) as f32)
        };
        texts.iter().map(score).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fake_keeps_the_contract_of_rerankers() {
        crate::contract::reranker(&OverlapReranker::new());
    }

    #[test]
    fn poison_makes_it_fail() {
        let error = OverlapReranker::new()
            .rerank("tea", &["tea", crate::POISON])
            .expect_err("fails");
        assert_eq!(error.code(), ErrorCode::RerankingFailed);
    }
}
