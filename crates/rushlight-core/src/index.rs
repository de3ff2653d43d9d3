//! The two derived indexes as ports. Each holds one space, is fed whole documents, and records the ledger's generation
//! it has reached. Deleting one loses nothing but time.

use async_trait::async_trait;

use crate::chunk::Embedding;
use crate::chunk_set::ChunkSet;
use crate::document::DocumentKind;
use crate::error::Result;
use crate::id::{ChunkId, DocId, Generation, Principal, SourceId};
use crate::time::Timestamp;

/// A document as both indexes take it: its filterable fields and its chunks.
#[derive(Clone, Debug)]
pub struct IndexedDocument {
    /// Identity; writing a document again replaces all its chunks.
    pub doc_id: DocId,
    /// Source it comes from.
    pub source_id: SourceId,
    /// Kind.
    pub kind: DocumentKind,
    /// The date to filter by: the document's own, else the file's.
    pub date: Timestamp,
    /// Who may read it.
    pub access: Vec<Principal>,
    /// Title, searched with more weight than text.
    pub title: String,
    /// People, tags, other names and file name, searched with the title's weight.
    pub keywords: Vec<String>,
    /// Its chunks, in order.
    pub chunks: Vec<IndexedChunk>,
}

/// A chunk as the indexes take it. The keyword index reads text and headings; the vector index the embedding.
#[derive(Clone, Debug)]
pub struct IndexedChunk {
    /// Identity.
    pub id: ChunkId,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Its text. Empty when fed to a vector index.
    pub text: String,
    /// Whether it says what is found better elsewhere (a quoted mail that is there itself, a signature): such a chunk is
    /// found by word at [`REPEATED_WEIGHT`] of its score. A vector index is not given any.
    pub repeated: bool,
    /// Its vector; `None` when fed to a keyword index.
    pub embedding: Option<Embedding>,
}

/// What the score of a repeated chunk is multiplied with: it comes after the place where its words were first written, and
/// after most chunks that are about something else in the same words.
pub const REPEATED_WEIGHT: f32 = 0.3;

/// Which documents may be returned. Applied inside the index, before scoring.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchFilter {
    /// Only documents with one of these principals in their access list. Empty: nothing is returned.
    pub principals: Vec<Principal>,
    /// Only these sources; empty: all.
    pub sources: Vec<SourceId>,
    /// Only these kinds; empty: all.
    pub kinds: Vec<DocumentKind>,
    /// Only dates at or after this.
    pub from: Option<Timestamp>,
    /// Only dates before this.
    pub until: Option<Timestamp>,
}

/// A chunk found by word.
#[derive(Clone, Debug, PartialEq)]
pub struct KeywordHit {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Its document.
    pub doc_id: DocId,
    /// BM25, greater is better, comparable within one query only.
    pub score: f32,
}

/// A chunk found by meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorHit {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Its document.
    pub doc_id: DocId,
    /// Cosine with the query, from -1 to 1.
    pub similarity: f32,
}

/// Finds chunks by word. One writer; any number of readers, which see the last commit. Called from blocking threads.
pub trait KeywordIndex: Send + Sync {
    /// Replaces these documents and removes those, in one step, not yet visible.
    fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()>;

    /// Makes all that was applied durable and visible, as of `generation`.
    fn commit(&self, generation: Generation) -> Result<()>;

    /// The generation of the last commit; zero for a new index.
    fn generation(&self) -> Result<Generation>;

    /// The best chunks for a query in plain words, best first, at most `limit`. Ties are broken by chunk id. Words in
    /// straight double quotes must stand together. A query without any word finds nothing.
    fn search(&self, query: &str, filter: &SearchFilter, limit: usize) -> Result<Vec<KeywordHit>>;

    /// Every chunk in the last commit with its document, in any order: what `verify` compares with the ledger.
    fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>>;
}

/// Finds chunks by meaning. Every vector that passes the filter is compared, none that does not: results are those of an
/// index that holds nothing else.
#[async_trait]
pub trait VectorIndex: Send + Sync {
    /// Replaces these documents and removes those. Chunks without an embedding are refused.
    async fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()>;

    /// Makes all that was applied durable, as of `generation`.
    async fn commit(&self, generation: Generation) -> Result<()>;

    /// The generation of the last commit; zero for a new index.
    async fn generation(&self) -> Result<Generation>;

    /// The nearest chunks by cosine, nearest first, at most `limit`; with `among`, the nearest of these. Ties are broken
    /// by chunk id. Cosines are those of the vectors as they were applied to within 0.00002: whoever is nearer by less
    /// may come second.
    async fn nearest(
        &self,
        query: &Embedding,
        filter: &SearchFilter,
        among: Option<&ChunkSet>,
        limit: usize,
    ) -> Result<Vec<VectorHit>>;

    /// The cosine of each of these chunks with the query, in order, as [`VectorIndex::nearest`] would give it; `None` for
    /// a chunk that the index does not hold or the filter does not let pass.
    async fn similarities(
        &self,
        query: &Embedding,
        chunks: &[ChunkId],
        filter: &SearchFilter,
    ) -> Result<Vec<Option<f32>>>;

    /// Other documents like this one, most alike first, at most `limit`, with how much, from -1 to 1: the cosine of a
    /// document's nearest chunk with the mean of the given one's vectors. Ties are broken by document id. Nothing when
    /// the index does not hold the given document or the filter's principals may not read it; the filter's other
    /// conditions are for the documents that are returned.
    async fn similar(&self, doc_id: DocId, filter: &SearchFilter, limit: usize) -> Result<Vec<(DocId, f32)>>;

    /// Every chunk in the last commit with its document, in any order.
    async fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>>;

    /// Merges small files and drops old versions, in bounded memory. Safe to leave out; called when idle.
    async fn compact(&self) -> Result<()>;
}
