//! The one place that feeds the indexes and asks them: whoever changes a port or the fusion changes this file.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use rushlight_core::{
    ChunkId, DocId, DocumentKind, EmbedKind, Embedder, Embedding, Error, ErrorCode, Generation, IndexedChunk,
    IndexedDocument, IndexedFacts, KeywordFound, KeywordHit, KeywordIndex, Principal, Query as Asked, Result,
    SearchFilter, SourceId, Timestamp, Translator, VectorHit, VectorIndex,
};
use rushlight_ingest::{embedding_text, title_text};
use rushlight_retrieval::{
    ChunkText, FuseInput, FusionOptions, Legs, QueryFeatures, TITLES, TitleQueries, found_by_title_alone,
    fuse, fuse_reading,
};

use crate::rrf::reciprocal_rank_fusion;
use crate::run::{Leg, Seconds};
use crate::set::{Passage, Query, Set};

/// Documents given to an index at once.
const INDEX_BATCH: usize = 256;
/// Texts given to the model at once, as the engine does.
pub(crate) const EMBED_BATCH: usize = 16;

/// What is measured. The indexes must be empty and are filled.
#[derive(Clone, Copy)]
pub struct EvalParts<'a> {
    /// Finds by word.
    pub keyword: &'a dyn KeywordIndex,
    /// Finds by meaning.
    pub vector: &'a dyn VectorIndex,
    /// Finds titles by meaning.
    pub titles: &'a dyn VectorIndex,
    /// Computes the vectors.
    pub embedder: &'a dyn Embedder,
    /// Says words in another language, if there is a dictionary.
    pub translator: Option<&'a dyn Translator>,
}

/// What both legs found for one query.
pub(crate) struct Found {
    words: KeywordFound,
    meaning: Vec<VectorHit>,
    similarities: HashMap<ChunkId, f32>,
    /// As it is served.
    fused: Vec<ChunkId>,
}

impl Found {
    /// Indices of the set's passages, best first.
    pub(crate) fn ranking(&self, leg: Leg) -> Vec<usize> {
        match leg {
            Leg::Keyword => self.words.hits.iter().map(|hit| row_of(hit.chunk_id)).collect(),
            Leg::Semantic => self.meaning.iter().map(|hit| row_of(hit.chunk_id)).collect(),
            Leg::Fused => self.fused.iter().map(|chunk| row_of(*chunk)).collect(),
            Leg::Hybrid { weight } => {
                let input = FuseInput {
                    keyword: &self.words.hits,
                    semantic: &self.meaning,
                    similarities: &self.similarities,
                    titles: &HashMap::new(),
                    openings: &[],
                    features: QueryFeatures::default(),
                    coverage: &HashMap::new(),
                };
                let options = FusionOptions {
                    semantic_weight: Some(weight),
                };
                let fused = fuse(&input, &options).chunks;
                fused.iter().map(|chunk| row_of(chunk.chunk_id)).collect()
            }
            Leg::Rrf { k } => reciprocal_rank_fusion(&self.words.hits, &self.meaning, k)
                .into_iter()
                .map(row_of)
                .collect(),
        }
    }
}

/// Makes the set searchable by word.
pub(crate) fn index_by_word(set: &Set, index: &dyn KeywordIndex, access: &[Principal]) -> Result<()> {
    for batch in documents(set, access, None).chunks(INDEX_BATCH) {
        index.apply(batch, &[])?;
    }
    index.commit(Generation(1))
}

/// Makes the set searchable by meaning; `vectors` are those of its passages.
pub(crate) async fn index_by_meaning(
    set: &Set,
    index: &dyn VectorIndex,
    vectors: &[Embedding],
    access: &[Principal],
) -> Result<()> {
    for batch in documents(set, access, Some(vectors)).chunks(INDEX_BATCH) {
        index.apply(batch, &[]).await?;
    }
    index.commit(Generation(1)).await
}

/// The text that is embedded for a passage.
pub(crate) fn embedded(passage: &Passage) -> String {
    embedding_text(&passage.title, &passage.heading_path, &passage.text)
}

/// Asks both legs.
#[allow(clippy::too_many_arguments, reason = "one call, from the loop over queries")]
pub(crate) async fn search(
    set: &Set,
    query: &Query,
    embedding: &Embedding,
    titles: &Titles,
    parts: EvalParts<'_>,
    candidates: usize,
    principals: &[Principal],
    vectors: &[Embedding],
    seconds: &mut Seconds,
) -> Result<Found> {
    let filter = SearchFilter {
        principals: principals.to_vec(),
        sources: query.parts.iter().map(|part| source_of(*part)).collect(),
        ..SearchFilter::default()
    };
    let asked = Asked::plain(&query.text);
    let words = timed(&mut seconds.searching_by_word, || {
        parts.keyword.search(&asked, &filter, candidates)
    })?;
    let begun = Instant::now();
    let meaning = parts.vector.nearest(embedding, &filter, None, candidates).await?;
    let near_titles = titles.nearest(query, embedding, parts, &filter).await?;
    seconds.searching_by_meaning += begun.elapsed().as_secs_f64();
    let openings = titles.openings(&near_titles, &words.hits, &meaning);

    let known: HashSet<ChunkId> = meaning.iter().map(|hit| hit.chunk_id).collect();
    let unknown = words
        .hits
        .iter()
        .map(|hit| hit.chunk_id)
        .filter(|id| !known.contains(id))
        .chain(openings.iter().map(|(chunk, _)| *chunk));
    let similarities = unknown
        .map(|id| (id, embedding.cosine(&vectors[row_of(id)])))
        .collect();
    let legs = Legs {
        query: &asked,
        found: &words,
        semantic: &meaning,
        similarities: &similarities,
        titles: &near_titles,
        openings: &openings,
    };
    let text_of = |chunk: &ChunkId| {
        let passage = &set.passages[row_of(*chunk)];
        let text = ChunkText {
            title: &passage.title,
            text: &passage.text,
        };
        (*chunk, text)
    };
    let fused = fuse_reading(&legs, &FusionOptions::default(), |chunks| {
        Ok::<_, Error>(chunks.iter().map(text_of).collect())
    })?;
    Ok(Found {
        fused: fused.chunks.iter().map(|chunk| chunk.chunk_id).collect(),
        words,
        meaning,
        similarities,
    })
}

/// The titles of a set's documents, searchable by meaning as the engine has them.
pub(crate) struct Titles {
    queries: TitleQueries,
    /// The first chunk of each document that has one.
    first: HashMap<DocId, ChunkId>,
}

impl Titles {
    /// Embeds and indexes them.
    pub(crate) async fn index(set: &Set, parts: EvalParts<'_>, access: &[Principal]) -> Result<Self> {
        let mut documents = documents(set, access, None);
        let mut first = HashMap::new();
        for document in &mut documents {
            if let Some(chunk) = document.chunks.first() {
                first.insert(document.doc_id, chunk.id);
            }
            document.chunks.clear();
        }
        let texts: Vec<(usize, String)> = set
            .documents
            .iter()
            .enumerate()
            .filter_map(|(row, document)| Some((row, title_text(&document.title)?)))
            .collect();
        for batch in texts.chunks(EMBED_BATCH) {
            let titles: Vec<&str> = batch.iter().map(|(_, text)| text.as_str()).collect();
            let vectors = embed(parts.embedder, EmbedKind::Title, &titles)?;
            for ((row, _), vector) in batch.iter().zip(vectors) {
                let document = &mut documents[*row];
                document.chunks.push(IndexedChunk {
                    id: ChunkId(document.doc_id.0),
                    heading_path: Vec::new(),
                    text: String::new(),
                    repeated: false,
                    embedding: Some(vector),
                });
            }
        }
        for batch in documents.chunks(INDEX_BATCH) {
            parts.titles.apply(batch, &[]).await?;
        }
        parts.titles.commit(Generation(1)).await?;
        Ok(Self {
            queries: TitleQueries::default(),
            first,
        })
    }

    async fn nearest(
        &self,
        query: &Query,
        embedding: &Embedding,
        parts: EvalParts<'_>,
        filter: &SearchFilter,
    ) -> Result<HashMap<DocId, f32>> {
        let about = self
            .queries
            .vector(parts.embedder, parts.translator, &query.text, embedding)?;
        let hits = parts.titles.nearest(&about, filter, None, TITLES).await?;
        Ok(hits.iter().map(|hit| (hit.doc_id, hit.similarity)).collect())
    }

    /// The first chunks of documents that nothing but their title found.
    fn openings(
        &self,
        titles: &HashMap<DocId, f32>,
        words: &[KeywordHit],
        meaning: &[VectorHit],
    ) -> Vec<(ChunkId, DocId)> {
        let alone = found_by_title_alone(titles, words, meaning).into_iter();
        alone
            .filter_map(|document| Some((*self.first.get(&document)?, document)))
            .collect()
    }
}

/// One vector for each text.
pub(crate) fn embed(embedder: &dyn Embedder, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
    let vectors = embedder.embed(kind, texts)?;
    if vectors.len() != texts.len() {
        let message = format!(
            "the model returned {} vectors for {} texts",
            vectors.len(),
            texts.len()
        );
        return Err(Error::new(ErrorCode::EmbeddingFailed, message));
    }
    Ok(vectors)
}

/// The set's documents as an index takes them: with texts for the keyword index, with vectors for the other.
fn documents(set: &Set, access: &[Principal], vectors: Option<&[Embedding]>) -> Vec<IndexedDocument> {
    let mut documents: Vec<IndexedDocument> = set
        .documents
        .iter()
        .enumerate()
        .map(|(row, document)| IndexedDocument {
            doc_id: DocId((row as u128).to_be_bytes()),
            source_id: source_of(document.part),
            kind: DocumentKind::Text,
            date: Timestamp(0),
            access: access.to_vec(),
            title: String::new(),
            keywords: Vec::new(),
            facts: IndexedFacts::default(),
            chunks: Vec::new(),
        })
        .collect();
    for (row, passage) in set.passages.iter().enumerate() {
        let document = &mut documents[passage.document];
        let by_word = vectors.is_none();
        if by_word {
            document.title.clone_from(&passage.title);
        }
        document.chunks.push(IndexedChunk {
            id: chunk_of(row),
            heading_path: if by_word {
                passage.heading_path.clone()
            } else {
                Vec::new()
            },
            text: if by_word {
                passage.text.clone()
            } else {
                String::new()
            },
            repeated: false,
            embedding: vectors.map(|vectors| vectors[row].clone()),
        });
    }
    documents
}

/// A chunk's id is its passage's row, so that ties go by the set's order.
fn chunk_of(row: usize) -> ChunkId {
    ChunkId((row as u128).to_be_bytes())
}

fn row_of(chunk: ChunkId) -> usize {
    u128::from_be_bytes(chunk.0) as usize
}

/// Each part of a corpus is a source of its own, so that a query can be asked of one.
fn source_of(part: usize) -> SourceId {
    SourceId(part as i64 + 1)
}

/// Runs `work` and adds its time.
pub(crate) fn timed<T>(seconds: &mut f64, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    *seconds += begun.elapsed().as_secs_f64();
    result
}
