//! Reciprocal rank fusion with equal weights: what the fusion of scores is compared with.

use std::collections::BTreeMap;

use rushlight_core::{ChunkId, KeywordHit, VectorHit};

/// The constant of the paper, which everybody keeps.
pub const RRF_K: u32 = 60;

/// Fuses two lists by rank alone: each adds `1 / (k + rank)`, ranks from one. Best first, ties by chunk id.
///
/// G. Cormack, C. Clarke, S. Büttcher: Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
/// Methods, SIGIR 2009.
pub fn reciprocal_rank_fusion(keyword: &[KeywordHit], semantic: &[VectorHit], k: u32) -> Vec<ChunkId> {
    let mut scores: BTreeMap<ChunkId, f64> = BTreeMap::new();
    let mut add = |chunk_id: ChunkId, index: usize| {
        *scores.entry(chunk_id).or_default() += 1.0 / (f64::from(k) + index as f64 + 1.0);
    };
    keyword
        .iter()
        .enumerate()
        .for_each(|(index, hit)| add(hit.chunk_id, index));
    semantic
        .iter()
        .enumerate()
        .for_each(|(index, hit)| add(hit.chunk_id, index));
    let mut fused: Vec<(ChunkId, f64)> = scores.into_iter().collect();
    fused.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    fused.into_iter().map(|(chunk_id, _)| chunk_id).collect()
}

#[cfg(test)]
mod tests {
    use rushlight_core::DocId;

    use super::*;

    fn check(words: &[u8], meaning: &[u8], expected: &[u8]) {
        let hit = |n: &u8| KeywordHit {
            chunk_id: ChunkId([*n; 16]),
            doc_id: DocId([*n; 16]),
            score: 1.0,
        };
        let near = |n: &u8| VectorHit {
            chunk_id: ChunkId([*n; 16]),
            doc_id: DocId([*n; 16]),
            similarity: 0.5,
        };
        let words: Vec<_> = words.iter().map(hit).collect();
        let meaning: Vec<_> = meaning.iter().map(near).collect();
        let fused = reciprocal_rank_fusion(&words, &meaning, RRF_K);
        assert_eq!(fused.iter().map(|id| id.0[0]).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn ranks_add_up() {
        // 3: 1/63 + 1/61; 1: 1/61; 2: 1/62 + 1/62; so 3 (0.03227) before 2 (0.03226) before 1 (0.01639).
        check(&[1, 2, 3], &[3, 2], &[3, 2, 1]);
        check(&[1, 2], &[], &[1, 2]);
        check(&[], &[2, 1], &[2, 1]);
        check(&[], &[], &[]);
    }

    #[test]
    fn ties_go_by_chunk_id() {
        check(&[9, 4], &[4, 9], &[4, 9]);
        check(&[7], &[2], &[2, 7]);
    }
}
