//! One search: both legs at once, fused, and shown verbatim from the ledger. Where one leg fails the other answers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use rushlight_answer::check_question;
use rushlight_core::{
    ChunkId, ContentHash, Correction, EmbedKind, Embedding, Error, ErrorCode, Hit, KeywordHit, Query, Result,
    SearchFilter, SearchMode, SearchRequest, SearchResponse, SearchTimings, SpaceId, TextSpan, VectorHit,
};
use rushlight_ledger::ChunkRecord;
use rushlight_retrieval::{FuseInput, FusedChunk, FusionOptions, QueryFeatures, fuse};

use crate::engine::{Engine, Shared};

/// Chunks that only the keyword leg found and whose cosine is worth looking up.
const LOOK_UP: usize = 50;
/// Other places of a document that are named at most.
const PLACES: usize = 20;

/// What a leg of the search came to.
struct Leg<T> {
    hits: Vec<T>,
    search_us: u64,
    embed_us: u64,
    /// The query's vector, where the leg has one.
    vector: Option<Embedding>,
    /// What was searched instead of words that nobody wrote, where the leg searches words.
    corrections: Vec<Correction>,
}

impl<T> Default for Leg<T> {
    fn default() -> Self {
        Self {
            hits: Vec::new(),
            search_us: 0,
            embed_us: 0,
            vector: None,
            corrections: Vec::new(),
        }
    }
}

impl Engine {
    /// Finds chunks by word and by meaning.
    ///
    /// # Errors
    /// `QueryEmpty`, `QuestionTooLong`, `SpaceNotFound`; `SearchUnavailable` when no leg answered.
    pub async fn search(&self, request: SearchRequest) -> Result<SearchResponse> {
        let begun = Instant::now();
        check_question(&request.query)?;
        let shared = &self.shared;
        let spaces = Arc::new(shared.resolve_spaces(&request.spaces)?);
        let filter = Arc::new(SearchFilter {
            principals: request.principals.clone(),
            sources: request.sources.clone(),
            kinds: request.kinds.clone(),
            from: request.from,
            until: request.until,
        });

        let keyword = async {
            if request.mode == SearchMode::Semantic {
                return Ok(Leg::default());
            }
            let (shared, spaces, filter) = (Arc::clone(shared), Arc::clone(&spaces), Arc::clone(&filter));
            let query = Query::plain(&request.query);
            blocking(move || shared.by_word(&query, &spaces, &filter)).await
        };
        let semantic = async {
            if request.mode == SearchMode::Keyword {
                return Ok(Leg::default());
            }
            shared.by_meaning(&request.query, &spaces, &filter).await
        };
        let (keyword, semantic) = tokio::join!(keyword, semantic);

        let shared = Arc::clone(shared);
        blocking(move || shared.put_together(&request, keyword, semantic, begun)).await
    }
}

impl Shared {
    pub(crate) fn resolve_spaces(&self, names: &[String]) -> Result<Vec<SpaceId>> {
        if names.is_empty() {
            return Ok(self.ledger.spaces()?.into_iter().map(|space| space.id).collect());
        }
        let resolve = |name: &String| match self.ledger.space_by_name(name)? {
            Some(space) => Ok(space.id),
            None => Err(Error::new(
                ErrorCode::SpaceNotFound,
                format!("there is no space `{name}`"),
            )),
        };
        names.iter().map(resolve).collect()
    }

    fn by_word(&self, query: &Query, spaces: &[SpaceId], filter: &SearchFilter) -> Result<Leg<KeywordHit>> {
        let begun = Instant::now();
        let (mut hits, mut corrections) = (Vec::new(), Vec::new());
        for space in spaces {
            let index = self.indexes.keyword(*space)?;
            let found = index.search(query, filter, self.options.candidates)?;
            hits.extend(found.hits);
            corrections.extend(found.corrections);
        }
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk_id.cmp(&b.chunk_id)));
        hits.truncate(self.options.candidates);
        Ok(Leg {
            hits,
            search_us: micros(begun),
            corrections,
            ..Leg::default()
        })
    }

    async fn by_meaning(
        self: &Arc<Self>,
        query: &str,
        spaces: &[SpaceId],
        filter: &SearchFilter,
    ) -> Result<Leg<VectorHit>> {
        let begun = Instant::now();
        let vector = self.embed_query(query).await?;
        let embed_us = micros(begun);
        let begun = Instant::now();
        let mut hits = Vec::new();
        for space in spaces {
            hits.extend(
                self.indexes
                    .vector(*space)
                    .await?
                    .nearest(&vector, filter, self.options.candidates)
                    .await?,
            );
        }
        hits.sort_by(|a, b| {
            b.similarity
                .total_cmp(&a.similarity)
                .then(a.chunk_id.cmp(&b.chunk_id))
        });
        hits.truncate(self.options.candidates);
        Ok(Leg {
            hits,
            search_us: micros(begun),
            embed_us,
            vector: Some(vector),
            corrections: Vec::new(),
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

    fn put_together(
        &self,
        request: &SearchRequest,
        keyword: Result<Leg<KeywordHit>>,
        semantic: Result<Leg<VectorHit>>,
        begun: Instant,
    ) -> Result<SearchResponse> {
        let mut degraded = Vec::new();
        let mut note = |leg: &str, error: &Error| {
            tracing::warn!(leg, code = error.code().as_str(), error = %error.chain(), "a leg of the search failed");
            degraded.push((leg.to_owned(), error.chain()));
        };
        let mut timings = SearchTimings::default();
        let mut weight = request
            .semantic_weight
            .unwrap_or(self.options.semantic_weight)
            .clamp(0.0, 1.0);
        let (words, meaning) = match (keyword, semantic) {
            (Err(word), Err(meaning)) => {
                note("semantic", &meaning);
                return Err(
                    Error::new(ErrorCode::SearchUnavailable, "neither index can be searched")
                        .with_source(word),
                );
            }
            (Err(error), Ok(_)) if request.mode == SearchMode::Keyword => return Err(error),
            (Ok(_), Err(error)) if request.mode == SearchMode::Semantic => return Err(error),
            (word, meaning) => {
                let word = word.unwrap_or_else(|error| {
                    note("keyword", &error);
                    weight = 1.0;
                    Default::default()
                });
                let meaning = meaning.unwrap_or_else(|error| {
                    note("semantic", &error);
                    weight = 0.0;
                    Default::default()
                });
                (word, meaning)
            }
        };
        (timings.keyword_us, timings.vector_us, timings.embed_us) =
            (words.search_us, meaning.search_us, meaning.embed_us);
        match request.mode {
            SearchMode::Hybrid => {}
            SearchMode::Keyword => weight = 0.0,
            SearchMode::Semantic => weight = 1.0,
        }
        let similarities = self.similarities(&words.hits, &meaning)?;
        let input = FuseInput {
            keyword: &words.hits,
            semantic: &meaning.hits,
            similarities: &similarities,
            features: QueryFeatures::default(),
            coverage: &HashMap::new(),
        };
        let options = FusionOptions {
            semantic_weight: Some(weight),
        };
        let fused = fuse(&input, &options).chunks;
        let hits = self.show(request, &words.corrections, &fused)?;
        timings.total_us = micros(begun);
        Ok(SearchResponse {
            hits,
            degraded,
            timings,
        })
    }

    /// The cosines of the best chunks that only the keyword leg found, from the ledger's vectors.
    fn similarities(&self, words: &[KeywordHit], meaning: &Leg<VectorHit>) -> Result<HashMap<ChunkId, f32>> {
        let Some(query) = &meaning.vector else {
            return Ok(HashMap::new());
        };
        let known: HashSet<ChunkId> = meaning.hits.iter().map(|hit| hit.chunk_id).collect();
        let unknown: Vec<ChunkId> = words
            .iter()
            .map(|hit| hit.chunk_id)
            .filter(|id| !known.contains(id))
            .take(LOOK_UP)
            .collect();
        let vectors = self
            .ledger
            .embeddings_of(&unknown, &self.embedder_spec.model_id)?;
        let cosine = |(id, vector): (ChunkId, Option<Embedding>)| Some((id, query.cosine(&vector?)));
        Ok(unknown.into_iter().zip(vectors).filter_map(cosine).collect())
    }

    /// The best chunks as the ledger has them now. A chunk that is gone since, or that the asker may no longer read, is
    /// left out; the same chunk of a document that lies in several places is one hit.
    fn show(
        &self,
        request: &SearchRequest,
        corrections: &[Correction],
        fused: &[FusedChunk],
    ) -> Result<Vec<Hit>> {
        let query = Query::plain(&request.query);
        let mut hits: Vec<Hit> = Vec::with_capacity(request.limit.min(256));
        let mut shown: HashSet<(SpaceId, ContentHash, usize, String)> = HashSet::new();
        for page in fused.chunks(request.limit.clamp(16, 256)) {
            let ids: Vec<ChunkId> = page.iter().map(|chunk| chunk.chunk_id).collect();
            let mut records: HashMap<ChunkId, ChunkRecord> = self
                .ledger
                .hydrate(&ids)?
                .into_iter()
                .map(|record| (record.chunk.id, record))
                .collect();
            for chunk in page {
                if hits.len() == request.limit {
                    return Ok(hits);
                }
                let Some(record) = records.remove(&chunk.chunk_id) else {
                    continue;
                };
                let may_read = record
                    .access
                    .iter()
                    .any(|principal| request.principals.contains(principal));
                let (start, text) = (record.chunk.span.start, record.chunk.text.clone());
                if may_read && shown.insert((record.space_id, record.content_hash, start, text)) {
                    let highlights =
                        self.indexes
                            .factory()
                            .highlight(&query, corrections, &record.chunk.text);
                    hits.push(self.hit(request, chunk, record, highlights)?);
                }
            }
        }
        Ok(hits)
    }

    fn hit(
        &self,
        request: &SearchRequest,
        fused: &FusedChunk,
        record: ChunkRecord,
        highlights: Vec<TextSpan>,
    ) -> Result<Hit> {
        Ok(Hit {
            also_at: self
                .ledger
                .documents_alike(record.chunk.doc_id, &request.principals, PLACES)?,
            online: record.online,
            doc_id: record.chunk.doc_id,
            highlights,
            chunk: record.chunk,
            content_hash: record.content_hash,
            title: record.title,
            path: record.path,
            part: record.part,
            kind: record.kind,
            date: record.date,
            space_id: record.space_id,
            space: record.space,
            scores: fused.scores,
        })
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Runs what computes on a blocking thread.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(cause) => Err(Error::new(ErrorCode::Internal, "a blocking task ended early").with_source(cause)),
    }
}
