//! A search request, its hits and how they came to be.

use crate::chunk::Chunk;
use crate::document::DocumentKind;
use crate::id::{ContentHash, DocId, Principal, SourceId, SpaceId};
use crate::place::TextSpan;
use crate::time::Timestamp;

/// Which legs are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchMode {
    /// By word and by meaning, fused.
    #[default]
    Hybrid,
    /// By word only.
    Keyword,
    /// By meaning only.
    Semantic,
}

/// What to search for, and who asks.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// The asker's principals. Nothing outside their access lists is read, counted or scored.
    pub principals: Vec<Principal>,
    /// The question or words.
    pub query: String,
    /// Which legs.
    pub mode: SearchMode,
    /// Names of spaces; empty: all.
    pub spaces: Vec<String>,
    /// Sources; empty: all.
    pub sources: Vec<SourceId>,
    /// Kinds; empty: all.
    pub kinds: Vec<DocumentKind>,
    /// Only dates at or after this.
    pub from: Option<Timestamp>,
    /// Only dates before this.
    pub until: Option<Timestamp>,
    /// At most so many hits.
    pub limit: usize,
    /// Weight of the semantic leg in the fusion, 0 to 1; `None`: the configured one.
    pub semantic_weight: Option<f32>,
    /// Whether the best hits are put in order by the reranking model; `None`: as configured.
    pub rerank: Option<bool>,
}

impl SearchRequest {
    /// A hybrid search of everything the owner may read, ten hits.
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            principals: vec![Principal::owner()],
            query: query.into(),
            mode: SearchMode::Hybrid,
            spaces: Vec::new(),
            sources: Vec::new(),
            kinds: Vec::new(),
            from: None,
            until: None,
            limit: 10,
            semantic_weight: None,
            rerank: None,
        }
    }
}

/// What each leg said of a hit, and the fused score.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LegScores {
    /// BM25; `None` when the keyword leg did not return it.
    pub keyword: Option<f32>,
    /// Cosine; `None` when it was not computed.
    pub semantic: Option<f32>,
    /// The fused score, 0 to 1, by which hits are ordered.
    pub fused: f32,
    /// The reranking model's score, by which the best hits are then ordered; `None` where it was not asked. Its scale is
    /// the model's own.
    pub reranked: Option<f32>,
}

/// A chunk found, with what is needed to show and to cite it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The chunk; its text is verbatim.
    pub chunk: Chunk,
    /// The version of the document that was searched.
    pub content_hash: ContentHash,
    /// The document.
    pub doc_id: DocId,
    /// Its title.
    pub title: String,
    /// Absolute path of the file, as people know it.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Kind.
    pub kind: DocumentKind,
    /// The document's date.
    pub date: Timestamp,
    /// Space it lives in.
    pub space_id: SpaceId,
    /// The space's name.
    pub space: String,
    /// Why it is here.
    pub scores: LegScores,
    /// Words of the query as they stand in the chunk's text: spans into `chunk.text`, in order, not overlapping.
    pub highlights: Vec<TextSpan>,
    /// False when the source's root is missing: the text is as it was last seen.
    pub online: bool,
    /// Where else the same document lies, by path: documents with the same bytes in the same space that the asker may
    /// read. They are no hits of their own.
    pub also_at: Vec<OtherPlace>,
}

/// Another place of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherPlace {
    /// The document there.
    pub doc_id: DocId,
    /// Absolute path of the file, as people know it.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// False when the source's root is missing.
    pub online: bool,
}

/// Where the time went, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchTimings {
    /// Keyword leg.
    pub keyword_us: u64,
    /// Embedding the query.
    pub embed_us: u64,
    /// Vector leg.
    pub vector_us: u64,
    /// Reranking.
    pub rerank_us: u64,
    /// All of it.
    pub total_us: u64,
}

/// The reply to a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchResponse {
    /// Best first.
    pub hits: Vec<Hit>,
    /// Legs that did not answer, and why: `("semantic", "embedding model is not installed")`; `rerank` is one.
    pub degraded: Vec<(String, String)>,
    /// Where the time went.
    pub timings: SearchTimings,
}
