//! From what the legs found to one order, with its reasons.

use std::collections::{HashMap, HashSet};

use rushlight_core::{ChunkId, DocId, Embedding, Error, KeywordHit, LegScores, Result, SearchRequest, Sort};
use rushlight_retrieval::recency::Recency;
use rushlight_retrieval::weight::ChosenWeight;
use rushlight_retrieval::{
    ChunkText, FusedChunk, FusionOptions, Legs, ScoreParts, found_by_title_alone, fuse_reading, guarantee,
};

use super::asked::Asked;
use super::legs::{Meaning, Words};
use super::texts::Texts;
use crate::engine::Shared;

/// All candidates in their order.
pub(super) struct Ranked {
    /// Best first.
    pub(super) chunks: Vec<FusedChunk>,
    /// The weight of meaning, and why.
    pub(super) weight: ChosenWeight,
    /// The share of meaning that is the title's.
    pub(super) title: f32,
    /// Chunks in which something rare of the query stands to the letter.
    pub(super) guaranteed: HashSet<ChunkId>,
    /// Those of them that would not be on the first page by their score.
    pub(super) brought: HashSet<ChunkId>,
    /// What age took from a score, where newer documents are raised.
    pub(super) aged: HashMap<ChunkId, f32>,
    /// What decides the order where nothing ranks.
    pub(super) listed: Option<Sort>,
}

impl Shared {
    pub(super) fn rank(
        &self,
        request: &SearchRequest,
        asked: &Asked,
        words: &Words,
        meaning: &Meaning,
        options: &FusionOptions,
        texts: &mut Texts<'_>,
    ) -> Result<Ranked> {
        if words.found.newest_first {
            return by_date(&words.found.hits, texts);
        }
        let openings = self.openings(&words.found.hits, meaning)?;
        let similarities = self.similarities(&words.found.hits, &openings, meaning)?;
        let legs = Legs {
            query: &asked.query,
            found: &words.found,
            semantic: &meaning.hits,
            similarities: &similarities,
            titles: &meaning.titles,
            openings: &openings,
        };
        let reading = &mut *texts;
        let fused = fuse_reading(&legs, options, move |chunks| {
            let texts = reading;
            texts.read(chunks)?;
            let texts = &*texts;
            let text_of = |chunk: &ChunkId| {
                let record = texts.get(*chunk)?;
                let text = ChunkText {
                    title: &record.title,
                    text: &record.chunk.text,
                };
                Some((*chunk, text))
            };
            Ok::<_, Error>(chunks.iter().filter_map(text_of).collect())
        })?;
        let mut chunks = fused.chunks;
        let aged = if request.recent {
            self.age(&mut chunks, texts)?
        } else {
            HashMap::new()
        };
        let before = first_page(&chunks, request.limit);
        let mut order: Vec<ChunkId> = chunks.iter().map(|chunk| chunk.chunk_id).collect();
        guarantee(&mut order, &words.exact, request.limit);
        let mut by_id: HashMap<ChunkId, FusedChunk> =
            chunks.into_iter().map(|chunk| (chunk.chunk_id, chunk)).collect();
        let chunks: Vec<FusedChunk> = order.iter().filter_map(|id| by_id.remove(id)).collect();
        let brought = &first_page(&chunks, request.limit) - &before;
        Ok(Ranked {
            chunks,
            weight: fused.weight,
            title: fused.title,
            guaranteed: words.exact.iter().flatten().copied().collect(),
            brought,
            aged,
            listed: None,
        })
    }

    /// Lowers the scores of what is old, and orders anew. Returns what was taken.
    fn age(&self, chunks: &mut [FusedChunk], texts: &mut Texts<'_>) -> Result<HashMap<ChunkId, f32>> {
        let ids: Vec<ChunkId> = chunks.iter().map(|chunk| chunk.chunk_id).collect();
        texts.read(&ids)?;
        let now = self.clock.now();
        let mut taken = HashMap::new();
        for chunk in chunks.iter_mut() {
            let date = texts.get(chunk.chunk_id).map(|record| record.date);
            let aged = Recency::default().apply(chunk.scores.fused, date, now);
            taken.insert(chunk.chunk_id, aged - chunk.scores.fused);
            chunk.scores.fused = aged;
        }
        chunks.sort_by(|a, b| {
            let by_score = b.scores.fused.total_cmp(&a.scores.fused);
            by_score.then(a.chunk_id.cmp(&b.chunk_id))
        });
        Ok(taken)
    }

    /// The first chunks of the documents that nothing but their title found.
    fn openings(&self, words: &[KeywordHit], meaning: &Meaning) -> Result<Vec<(ChunkId, DocId)>> {
        if meaning.titles.is_empty() {
            return Ok(Vec::new());
        }
        self.ledger
            .first_chunks(&found_by_title_alone(&meaning.titles, words, &meaning.hits))
    }

    /// The cosines of the candidates that the semantic leg did not find, from the ledger's vectors.
    fn similarities(
        &self,
        words: &[KeywordHit],
        openings: &[(ChunkId, DocId)],
        meaning: &Meaning,
    ) -> Result<HashMap<ChunkId, f32>> {
        let Some(query) = &meaning.vector else {
            return Ok(HashMap::new());
        };
        let known: HashSet<ChunkId> = meaning.hits.iter().map(|hit| hit.chunk_id).collect();
        let unknown: Vec<ChunkId> = words
            .iter()
            .map(|hit| hit.chunk_id)
            .filter(|id| !known.contains(id))
            .chain(openings.iter().map(|(chunk, _)| *chunk))
            .collect();
        let vectors = self
            .ledger
            .embeddings_of(&unknown, &self.embedder_spec.model_id)?;
        let cosine = |(id, vector): (ChunkId, Option<Embedding>)| Some((id, query.cosine(&vector?)));
        Ok(unknown.into_iter().zip(vectors).filter_map(cosine).collect())
    }
}

/// Chunks that nothing ranks, those of the newest documents first; each space has already kept its newest.
fn by_date(hits: &[KeywordHit], texts: &mut Texts<'_>) -> Result<Ranked> {
    let ids: Vec<ChunkId> = hits.iter().map(|hit| hit.chunk_id).collect();
    texts.read(&ids)?;
    let mut records: Vec<_> = ids.iter().filter_map(|id| texts.get(*id)).collect();
    records.sort_by(|a, b| {
        let newest = b.date.cmp(&a.date);
        newest.then_with(|| (a.chunk.doc_id, a.chunk.ordinal).cmp(&(b.chunk.doc_id, b.chunk.ordinal)))
    });
    let chunks = records
        .into_iter()
        .map(|record| (record.chunk.id, record.chunk.doc_id));
    Ok(listed(chunks, Sort::Newest))
}

/// Chunks in an order that no score decides.
pub(super) fn listed(chunks: impl Iterator<Item = (ChunkId, DocId)>, by: Sort) -> Ranked {
    let unranked = |(chunk_id, doc_id)| FusedChunk {
        chunk_id,
        doc_id,
        scores: LegScores {
            keyword: Some(1.0),
            semantic: None,
            fused: 1.0,
            reranked: None,
        },
        parts: ScoreParts::default(),
    };
    Ranked {
        chunks: chunks.map(unranked).collect(),
        weight: ChosenWeight::fixed(0.0),
        title: 0.0,
        guaranteed: HashSet::new(),
        brought: HashSet::new(),
        aged: HashMap::new(),
        listed: Some(by),
    }
}

fn first_page(chunks: &[FusedChunk], limit: usize) -> HashSet<ChunkId> {
    chunks.iter().take(limit).map(|chunk| chunk.chunk_id).collect()
}
