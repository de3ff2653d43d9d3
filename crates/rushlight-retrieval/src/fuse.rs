//! A convex combination of normalised scores.
//!
//! S. Bruch, S. Gai, A. Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, ACM TOIS 42 (2023), find that it
//! beats reciprocal rank fusion in and out of domain and that its one weight needs few labelled queries.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rushlight_core::{ChunkId, DocId, KeywordHit, LegScores, VectorHit};

/// A chunk of either leg with its scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FusedChunk {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Its document.
    pub doc_id: DocId,
    /// What each leg said, and the fused score.
    pub scores: LegScores,
}

/// Fuses the two legs; best first, ties by chunk id. No chunk is lost or doubled, and the order of the lists does not
/// matter.
///
/// BM25 has a floor of zero and no ceiling: it is divided by the best score of the list. Cosines lie close together:
/// they are stretched so that the best is one and the worst of all known candidates is zero. `similarities` gives the
/// cosine of chunks that only the keyword leg found; a chunk without one counts as the worst. `semantic_weight` runs
/// from 0 (words alone) to 1 (meaning alone).
pub fn fuse(
    keyword: &[KeywordHit],
    semantic: &[VectorHit],
    similarities: &HashMap<ChunkId, f32>,
    semantic_weight: f32,
) -> Vec<FusedChunk> {
    let mut found: HashMap<ChunkId, FusedChunk> = HashMap::with_capacity(keyword.len() + semantic.len());
    for hit in keyword {
        let scores = LegScores {
            keyword: Some(hit.score),
            semantic: similarities.get(&hit.chunk_id).copied(),
            fused: 0.0,
            reranked: None,
        };
        found.insert(
            hit.chunk_id,
            FusedChunk {
                chunk_id: hit.chunk_id,
                doc_id: hit.doc_id,
                scores,
            },
        );
    }
    for hit in semantic {
        match found.entry(hit.chunk_id) {
            Entry::Occupied(mut entry) => entry.get_mut().scores.semantic = Some(hit.similarity),
            Entry::Vacant(entry) => {
                let scores = LegScores {
                    keyword: None,
                    semantic: Some(hit.similarity),
                    fused: 0.0,
                    reranked: None,
                };
                entry.insert(FusedChunk {
                    chunk_id: hit.chunk_id,
                    doc_id: hit.doc_id,
                    scores,
                });
            }
        }
    }

    let best_keyword = found
        .values()
        .filter_map(|chunk| chunk.scores.keyword)
        .fold(0.0, f32::max);
    let cosines = || found.values().filter_map(|chunk| chunk.scores.semantic);
    let (worst, best) = cosines().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), c| {
        (low.min(c), high.max(c))
    });
    let by_word = |score: f32| {
        if best_keyword > 0.0 {
            score / best_keyword
        } else {
            0.0
        }
    };
    let by_meaning = |cosine: f32| {
        if best > worst {
            (cosine - worst) / (best - worst)
        } else {
            1.0
        }
    };

    let mut chunks: Vec<FusedChunk> = found.values().copied().collect();
    for chunk in &mut chunks {
        let word = chunk.scores.keyword.map_or(0.0, by_word);
        let meaning = chunk.scores.semantic.map_or(0.0, by_meaning);
        chunk.scores.fused = semantic_weight * meaning + (1.0 - semantic_weight) * word;
    }
    chunks.sort_by(|a, b| {
        b.scores
            .fused
            .total_cmp(&a.scores.fused)
            .then(a.chunk_id.cmp(&b.chunk_id))
    });
    chunks
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn chunk(n: u8) -> ChunkId {
        ChunkId([n; 16])
    }

    fn keyword(n: u8, score: f32) -> KeywordHit {
        KeywordHit {
            chunk_id: chunk(n),
            doc_id: DocId([n; 16]),
            score,
        }
    }

    fn semantic(n: u8, similarity: f32) -> VectorHit {
        VectorHit {
            chunk_id: chunk(n),
            doc_id: DocId([n; 16]),
            similarity,
        }
    }

    fn order(chunks: &[FusedChunk]) -> Vec<u8> {
        chunks.iter().map(|chunk| chunk.chunk_id.0[0]).collect()
    }

    #[test]
    fn the_weight_moves_the_order_from_words_to_meaning() {
        let words = [keyword(1, 10.0), keyword(2, 2.0)];
        let meaning = [semantic(2, 0.9), semantic(3, 0.85), semantic(1, 0.7)];
        let at = |weight| order(&fuse(&words, &meaning, &HashMap::new(), weight));
        assert_eq!(at(0.0), [1, 2, 3]);
        assert_eq!(at(0.4), [1, 2, 3]);
        assert_eq!(at(1.0), [2, 3, 1]);
    }

    #[test]
    fn a_known_cosine_helps_a_chunk_that_only_words_found() {
        let words = [keyword(1, 10.0), keyword(2, 9.0)];
        let meaning = [semantic(3, 0.9)];
        let known = HashMap::from([(chunk(2), 0.88), (chunk(1), 0.70)]);
        assert_eq!(order(&fuse(&words, &meaning, &known, 0.5)), [2, 1, 3]);
    }

    #[test]
    fn one_leg_alone_keeps_its_order() {
        assert_eq!(
            order(&fuse(
                &[keyword(1, 3.0), keyword(2, 1.0)],
                &[],
                &HashMap::new(),
                0.5
            )),
            [1, 2]
        );
        assert_eq!(
            order(&fuse(
                &[],
                &[semantic(4, 0.8), semantic(5, 0.3)],
                &HashMap::new(),
                0.5
            )),
            [4, 5]
        );
        assert!(fuse(&[], &[], &HashMap::new(), 0.5).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_doubled_or_out_of_range(
            words in prop::collection::btree_map(0u8..40, 0.0f32..50.0, 0..30),
            meaning in prop::collection::btree_map(0u8..40, -1.0f32..1.0, 0..30),
            weight in 0.0f32..=1.0,
            seed in any::<u64>(),
        ) {
            let mut keywords: Vec<_> = words.iter().map(|(n, score)| keyword(*n, *score)).collect();
            let mut semantics: Vec<_> = meaning.iter().map(|(n, score)| semantic(*n, *score)).collect();
            let fused = fuse(&keywords, &semantics, &HashMap::new(), weight);

            let expected: HashSet<u8> = words.keys().chain(meaning.keys()).copied().collect();
            prop_assert_eq!(fused.len(), expected.len());
            prop_assert_eq!(order(&fused).into_iter().collect::<HashSet<_>>(), expected);
            prop_assert!(fused.iter().all(|chunk| (-1e-6..=1.0 + 1e-6).contains(&chunk.scores.fused)));

            let turn = seed as usize;
            if !keywords.is_empty() { let by = turn % keywords.len(); keywords.rotate_left(by); }
            if !semantics.is_empty() { let by = turn % semantics.len(); semantics.rotate_left(by); }
            prop_assert_eq!(fuse(&keywords, &semantics, &HashMap::new(), weight), fused);
        }

        #[test]
        fn first_in_both_is_first(
            others in prop::collection::btree_map(1u8..40, (0.0f32..9.0, -1.0f32..0.8), 1..30),
            weight in 0.0f32..=1.0,
        ) {
            let mut keywords = vec![keyword(0, 10.0)];
            let mut semantics = vec![semantic(0, 0.9)];
            for (n, (score, similarity)) in &others {
                keywords.push(keyword(*n, *score));
                semantics.push(semantic(*n, *similarity));
            }
            prop_assert_eq!(fuse(&keywords, &semantics, &HashMap::new(), weight)[0].chunk_id, chunk(0));
        }
    }
}
