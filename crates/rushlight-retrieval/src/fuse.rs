//! A convex combination of meaning and the evidence of words.
//!
//! S. Bruch, S. Gai, A. Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, ACM TOIS 42 (2023), find that a convex
//! combination of normalised scores beats reciprocal rank fusion in and out of domain and that its weight needs few labelled
//! queries. Here the weight is chosen for each query, and what words say is more than their score.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rushlight_core::{ChunkId, DocId, KeywordHit, LegScores, VectorHit};

use crate::coverage::Coverage;
use crate::features::QueryFeatures;
use crate::weight::{ChosenWeight, EVIDENCE, READ_TEXTS, TITLE, UNREAD};

/// What both legs found.
#[derive(Clone, Copy, Debug)]
pub struct FuseInput<'a> {
    /// Found by word, in any order.
    pub keyword: &'a [KeywordHit],
    /// Found by meaning, in any order.
    pub semantic: &'a [VectorHit],
    /// The cosine of chunks that the semantic leg did not find. One without counts as the worst.
    pub similarities: &'a HashMap<ChunkId, f32>,
    /// How near the titles of documents are to the query, of those whose titles are nearest; empty: titles have no say.
    pub titles: &'a HashMap<DocId, f32>,
    /// The first chunk of each document that was found by its title and by nothing else.
    pub openings: &'a [(ChunkId, DocId)],
    /// What the weight is chosen by.
    pub features: QueryFeatures,
    /// How the texts that were read cover the query. Empty: no text was read.
    pub coverage: &'a HashMap<ChunkId, Coverage>,
}

/// How to fuse.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FusionOptions {
    /// The weight of meaning, 0 (words alone) to 1 (meaning alone); `None`: chosen for the query.
    pub semantic_weight: Option<f32>,
}

/// What fusion came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    /// Best first, ties by chunk id.
    pub chunks: Vec<FusedChunk>,
    /// The weight and its reasons.
    pub weight: ChosenWeight,
    /// The share of meaning that is the title's.
    pub title: f32,
}

/// A chunk of either leg with its scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FusedChunk {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Its document.
    pub doc_id: DocId,
    /// What each leg said, and the fused score.
    pub scores: LegScores,
    /// What the fused score is made of.
    pub parts: ScoreParts,
}

/// What a fused score is made of. The contributions sum to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScoreParts {
    /// The score by word over the best of the query, 0 to 1.
    pub keyword: f32,
    /// The cosine, stretched so that the best known candidate is 1 and the worst 0.
    pub semantic: f32,
    /// How near the document's title is, stretched so that the nearest is 1 and the farthest that is known 0, as all
    /// others are.
    pub title: f32,
    /// What the text has of the query, if it was read.
    pub coverage: Option<Coverage>,
    /// What meaning contributes.
    pub from_meaning: f32,
    /// What the title's meaning contributes.
    pub from_title: f32,
    /// What the score by word contributes.
    pub from_words: f32,
    /// What the coverage of the query contributes.
    pub from_coverage: f32,
}

/// Fuses the two legs. No chunk is lost or doubled, and the order of the lists does not matter.
///
/// The fused score is `w × meaning + (1 - w) × words`. Meaning is the cosine stretched over all known candidates, and for a
/// share of it the nearness of the document's title stretched over the titles that are known. The evidence of words is the score by word over the best of the query and, once texts were read, the coverage of the query by the
/// chunk; a chunk whose text was not read has none.
///
/// Laws: a chunk that is no worse than another by word, meaning, title and coverage does not come after it unless they tie; what
/// is first in both legs is first until texts are read; a chunk that one leg alone found can be first. Scores that are no
/// numbers count as not found.
pub fn fuse(input: &FuseInput<'_>, options: &FusionOptions) -> Fused {
    let mut chunks = candidates(input);
    let scale = Scale::of(&chunks);
    let titles = Range::of(input.titles.values().copied());
    let read = !input.coverage.is_empty();
    let weight = choose(input, options, &chunks, read);
    let share = match input.titles.is_empty() {
        true => 0.0,
        false => TITLE.of(&input.features),
    };
    for chunk in &mut chunks {
        chunk.parts.keyword = chunk.scores.keyword.map_or(0.0, |score| scale.by_word(score));
        chunk.parts.semantic = chunk
            .scores
            .semantic
            .map_or(0.0, |cosine| scale.cosines.at(cosine));
        chunk.parts.title = input
            .titles
            .get(&chunk.doc_id)
            .map_or(0.0, |cosine| titles.at(*cosine));
        chunk.parts.coverage = input.coverage.get(&chunk.chunk_id).copied();
        combine(chunk, weight.semantic, share, read);
    }
    chunks.sort_by(|a, b| {
        b.scores
            .fused
            .total_cmp(&a.scores.fused)
            .then(a.chunk_id.cmp(&b.chunk_id))
    });
    Fused {
        chunks,
        weight,
        title: share,
    }
}

/// A leg that found nothing has no say; with one that says nothing of its candidates the other decides alone.
fn choose(input: &FuseInput<'_>, options: &FusionOptions, chunks: &[FusedChunk], read: bool) -> ChosenWeight {
    if let Some(weight) = options.semantic_weight.filter(|weight| weight.is_finite()) {
        return ChosenWeight::fixed(weight);
    }
    let words = chunks.iter().any(|chunk| chunk.scores.keyword.is_some());
    let meaning = chunks.iter().any(|chunk| chunk.scores.semantic.is_some());
    match (words, meaning) {
        (true, false) => ChosenWeight::fixed(0.0),
        (false, true) => ChosenWeight::fixed(1.0),
        _ if read => READ_TEXTS.choose(&input.features),
        _ => UNREAD.choose(&input.features),
    }
}

fn candidates(input: &FuseInput<'_>) -> Vec<FusedChunk> {
    let chunk = |chunk_id, doc_id, keyword: Option<f32>, semantic: Option<f32>| FusedChunk {
        chunk_id,
        doc_id,
        scores: LegScores {
            keyword: keyword.filter(|score| score.is_finite()),
            semantic: semantic.filter(|cosine| cosine.is_finite()),
            fused: 0.0,
            reranked: None,
        },
        parts: ScoreParts::default(),
    };
    let mut found: HashMap<ChunkId, FusedChunk> =
        HashMap::with_capacity(input.keyword.len() + input.semantic.len());
    for hit in input.keyword {
        let known = input.similarities.get(&hit.chunk_id).copied();
        found.insert(
            hit.chunk_id,
            chunk(hit.chunk_id, hit.doc_id, Some(hit.score), known),
        );
    }
    for hit in input.semantic {
        let by_meaning = chunk(hit.chunk_id, hit.doc_id, None, Some(hit.similarity));
        match found.entry(hit.chunk_id) {
            Entry::Occupied(mut entry) => entry.get_mut().scores.semantic = by_meaning.scores.semantic,
            Entry::Vacant(entry) => {
                entry.insert(by_meaning);
            }
        }
    }
    for (chunk_id, doc_id) in input.openings {
        let known = input.similarities.get(chunk_id).copied();
        found
            .entry(*chunk_id)
            .or_insert_with(|| chunk(*chunk_id, *doc_id, None, known));
    }
    found.into_values().collect()
}

fn combine(chunk: &mut FusedChunk, weight: f32, title: f32, read: bool) {
    let parts = &mut chunk.parts;
    let words = if read {
        EVIDENCE.of(parts.keyword, None)
    } else {
        parts.keyword
    };
    parts.from_meaning = weight * (1.0 - title) * parts.semantic;
    parts.from_title = weight * title * parts.title;
    parts.from_words = (1.0 - weight) * words;
    parts.from_coverage = (1.0 - weight) * parts.coverage.map_or(0.0, |found| EVIDENCE.of(0.0, Some(found)));
    chunk.scores.fused = parts.from_meaning + parts.from_title + parts.from_words + parts.from_coverage;
}

/// What scores are measured against. BM25 has a floor of zero and no ceiling; cosines lie close together, where depends on
/// the model.
struct Scale {
    best_keyword: f32,
    cosines: Range,
}

impl Scale {
    fn of(chunks: &[FusedChunk]) -> Self {
        let scores = || chunks.iter().map(|chunk| chunk.scores);
        Self {
            best_keyword: scores().filter_map(|found| found.keyword).fold(0.0, f32::max),
            cosines: Range::of(scores().filter_map(|found| found.semantic)),
        }
    }

    fn by_word(&self, score: f32) -> f32 {
        if self.best_keyword > 0.0 {
            (score / self.best_keyword).max(0.0)
        } else {
            0.0
        }
    }
}

/// From the worst to the best of some cosines.
struct Range {
    worst: f32,
    best: f32,
}

impl Range {
    fn of(cosines: impl Iterator<Item = f32>) -> Self {
        let all = Self {
            worst: f32::INFINITY,
            best: f32::NEG_INFINITY,
        };
        cosines
            .filter(|cosine| cosine.is_finite())
            .fold(all, |range, cosine| Self {
                worst: range.worst.min(cosine),
                best: range.best.max(cosine),
            })
    }

    /// Where a cosine of them lies, from 0 to 1.
    fn at(&self, cosine: f32) -> f32 {
        if !cosine.is_finite() {
            0.0
        } else if self.best > self.worst {
            (cosine - self.worst) / (self.best - self.worst)
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

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

    fn order(fused: &Fused) -> Vec<u8> {
        fused.chunks.iter().map(|chunk| chunk.chunk_id.0[0]).collect()
    }

    fn at(words: &[KeywordHit], meaning: &[VectorHit], weight: Option<f32>) -> Fused {
        with(words, meaning, &HashMap::new(), &HashMap::new(), weight)
    }

    fn with(
        keyword: &[KeywordHit],
        semantic: &[VectorHit],
        similarities: &HashMap<ChunkId, f32>,
        coverage: &HashMap<ChunkId, Coverage>,
        semantic_weight: Option<f32>,
    ) -> Fused {
        let input = FuseInput {
            keyword,
            semantic,
            similarities,
            titles: &HashMap::new(),
            openings: &[],
            features: QueryFeatures::default(),
            coverage,
        };
        fuse(&input, &FusionOptions { semantic_weight })
    }

    #[test]
    fn the_weight_moves_the_order_from_words_to_meaning() {
        let words = [keyword(1, 10.0), keyword(2, 2.0)];
        let meaning = [semantic(2, 0.9), semantic(3, 0.85), semantic(1, 0.7)];
        let at = |weight| order(&at(&words, &meaning, Some(weight)));
        assert_eq!(at(0.0), [1, 2, 3]);
        assert_eq!(at(0.4), [1, 2, 3]);
        assert_eq!(at(1.0), [2, 3, 1]);
    }

    #[test]
    fn a_known_cosine_helps_a_chunk_that_only_words_found() {
        let words = [keyword(1, 10.0), keyword(2, 9.0)];
        let meaning = [semantic(3, 0.9)];
        let known = HashMap::from([(chunk(2), 0.88), (chunk(1), 0.70)]);
        assert_eq!(
            order(&with(&words, &meaning, &known, &HashMap::new(), Some(0.5))),
            [2, 1, 3]
        );
    }

    #[test]
    fn one_leg_alone_keeps_its_order_and_all_the_weight() {
        let words = at(&[keyword(1, 3.0), keyword(2, 1.0)], &[], None);
        assert_eq!(
            (order(&words), words.weight.semantic, words.chunks[0].scores.fused),
            (vec![1, 2], 0.0, 1.0)
        );
        let meaning = at(&[], &[semantic(4, 0.8), semantic(5, 0.3)], None);
        assert_eq!(
            (
                order(&meaning),
                meaning.weight.semantic,
                meaning.chunks[0].scores.fused
            ),
            (vec![4, 5], 1.0, 1.0)
        );
        assert!(at(&[], &[], None).chunks.is_empty());
    }

    #[test]
    fn what_one_leg_alone_found_can_be_first() {
        let words = [keyword(1, 10.0), keyword(2, 1.0)];
        let meaning = [semantic(3, 0.9), semantic(2, 0.8), semantic(4, 0.7)];
        assert_eq!(order(&at(&words, &meaning, Some(0.2)))[0], 1);
        assert_eq!(order(&at(&words, &meaning, Some(0.8)))[0], 3);
        // Meaning is no hit by word at all, and first with the weight chosen: the words say little of any.
        let all = Coverage {
            covered: 1.0,
            near: 1.0,
            run: 1.0,
        };
        let read = HashMap::from([(chunk(3), all)]);
        assert_eq!(order(&with(&words, &meaning, &HashMap::new(), &read, None))[0], 3);
    }

    #[test]
    fn a_title_raises_all_of_its_document_and_can_find_it_alone() {
        let meaning = [semantic(1, 0.9), semantic(2, 0.89), semantic(3, 0.7)];
        let titled = |titles: &[(u8, f32)], openings: &[(ChunkId, DocId)]| {
            let titles = titles
                .iter()
                .map(|(n, cosine)| (DocId([*n; 16]), *cosine))
                .collect();
            let input = FuseInput {
                keyword: &[],
                semantic: &meaning,
                similarities: &HashMap::from([(chunk(4), 0.8)]),
                titles: &titles,
                openings,
                features: QueryFeatures::default(),
                coverage: &HashMap::new(),
            };
            fuse(&input, &FusionOptions::default())
        };
        assert_eq!(order(&titled(&[], &[])), [1, 2, 3]);
        assert_eq!(titled(&[], &[]).title, 0.0);
        let fused = titled(&[(2, 0.8), (3, 0.2)], &[]);
        assert_eq!(order(&fused), [2, 1, 3]);
        assert_eq!(
            (fused.chunks[0].parts.title, fused.chunks[1].parts.title),
            (1.0, 0.0)
        );
        let fused = titled(&[(4, 0.8), (3, 0.2)], &[(chunk(4), DocId([4; 16]))]);
        let alone = fused
            .chunks
            .iter()
            .find(|found| found.chunk_id == chunk(4))
            .expect("found");
        assert_eq!((alone.scores.semantic, alone.scores.keyword), (Some(0.8), None));
        assert_eq!(alone.parts.title, 1.0);
        // One that was found otherwise too is there once.
        assert_eq!(titled(&[(3, 0.2)], &[(chunk(3), DocId([3; 16]))]).chunks.len(), 3);
    }

    #[test]
    fn scores_that_are_no_numbers_are_no_scores() {
        let words = [keyword(1, f32::NAN), keyword(2, 1.0)];
        let meaning = [semantic(1, f32::INFINITY), semantic(3, 0.5)];
        let fused = at(&words, &meaning, Some(f32::NAN));
        assert!(fused.chunks.iter().all(|chunk| chunk.scores.fused.is_finite()));
        assert_eq!(fused.chunks[2].scores.keyword, None);
        assert!(!fused.weight.fixed);
    }

    prop_compose! {
        fn any_coverage()(covered in 0f32..=1.0, near in 0f32..=1.0, run in 0f32..=1.0) -> Coverage {
            Coverage { covered, near, run }
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_doubled_or_out_of_range(
            words in prop::collection::btree_map(0u8..40, 0.0f32..50.0, 0..30),
            meaning in prop::collection::btree_map(0u8..40, -1.0f32..1.0, 0..30),
            read in prop::collection::btree_map(0u8..40, any_coverage(), 0..30),
            weight in prop::option::of(0.0f32..=1.0),
            seed in any::<u64>(),
        ) {
            let mut keywords: Vec<_> = words.iter().map(|(n, score)| keyword(*n, *score)).collect();
            let mut semantics: Vec<_> = meaning.iter().map(|(n, score)| semantic(*n, *score)).collect();
            let read: HashMap<ChunkId, Coverage> = read.iter().map(|(n, found)| (chunk(*n), *found)).collect();
            let fused = with(&keywords, &semantics, &HashMap::new(), &read, weight);

            let expected: HashSet<u8> = words.keys().chain(meaning.keys()).copied().collect();
            prop_assert_eq!(fused.chunks.len(), expected.len());
            prop_assert_eq!(order(&fused).into_iter().collect::<HashSet<_>>(), expected);
            for chunk in &fused.chunks {
                prop_assert!((-1e-5..=1.0 + 1e-5).contains(&chunk.scores.fused));
                let ScoreParts { from_meaning, from_title, from_words, from_coverage, .. } = chunk.parts;
                let sum = from_meaning + from_title + from_words + from_coverage;
                prop_assert!((sum - chunk.scores.fused).abs() < 1e-6);
            }

            let turn = seed as usize;
            if !keywords.is_empty() { let by = turn % keywords.len(); keywords.rotate_left(by); }
            if !semantics.is_empty() { let by = turn % semantics.len(); semantics.rotate_left(by); }
            prop_assert_eq!(with(&keywords, &semantics, &HashMap::new(), &read, weight), fused);
        }

        #[test]
        fn first_in_both_is_first(
            others in prop::collection::btree_map(1u8..40, (0.0f32..9.0, -1.0f32..0.8), 1..30),
            weight in prop::option::of(0.0f32..=1.0),
        ) {
            let mut keywords = vec![keyword(0, 10.0)];
            let mut semantics = vec![semantic(0, 0.9)];
            for (n, (score, similarity)) in &others {
                keywords.push(keyword(*n, *score));
                semantics.push(semantic(*n, *similarity));
            }
            prop_assert_eq!(at(&keywords, &semantics, weight).chunks[0].chunk_id, chunk(0));
        }

        #[test]
        fn what_is_no_worse_in_anything_does_not_come_after(
            found in prop::collection::btree_map(0u8..20, (0.0f32..9.0, -1.0f32..1.0, any_coverage()), 2..20),
            weight in prop::option::of(0.0f32..=1.0),
        ) {
            let keywords: Vec<_> = found.iter().map(|(n, (score, _, _))| keyword(*n, *score)).collect();
            let semantics: Vec<_> = found.iter().map(|(n, (_, cosine, _))| semantic(*n, *cosine)).collect();
            let read: HashMap<_, _> = found.iter().map(|(n, (_, _, has))| (chunk(*n), *has)).collect();
            let fused = with(&keywords, &semantics, &HashMap::new(), &read, weight);
            let scores: BTreeMap<u8, f32> =
                fused.chunks.iter().map(|chunk| (chunk.chunk_id.0[0], chunk.scores.fused)).collect();
            for (a, (word_a, meaning_a, has_a)) in &found {
                for (b, (word_b, meaning_b, has_b)) in &found {
                    let no_worse = word_a >= word_b && meaning_a >= meaning_b && has_a.covered >= has_b.covered
                        && has_a.near >= has_b.near && has_a.run >= has_b.run;
                    prop_assert!(!no_worse || scores[a] >= scores[b] - 1e-6);
                }
            }
        }
    }
}
