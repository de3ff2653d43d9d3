//! A search request, its hits and how they came to be.

use crate::chunk::Chunk;
use crate::document::DocumentKind;
use crate::facet::{Sort, Sorted};
use crate::id::{ChunkId, ContentHash, DocId, Principal, SourceId, SpaceId};
use crate::index::{Correction, TermFound};
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
    /// Weight of the semantic leg in the fusion, 0 to 1; `None`: chosen for the query.
    pub semantic_weight: Option<f32>,
    /// The query is still being typed: its last word is taken for the beginning of one, what is unfinished is forgiven, and
    /// only words are searched.
    pub typing: bool,
    /// How far the asker's clock is ahead of UTC, in seconds: days in the query are days there.
    pub utc_offset: i32,
    /// Whether newer documents are raised among equals.
    pub recent: bool,
    /// Whether chunks of one document, mails of one conversation and versions of one document are one hit.
    pub grouped: bool,
    /// Whether every hit says why it is where it is ([`Hit::why`]).
    pub explain: bool,
    /// Whether the best hits are put in order by the reranking model; `None`: as configured.
    pub rerank: Option<bool>,
    /// The order. In any but that of relevance only words are searched, and every document is a hit by itself.
    pub sort: Sort,
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
            typing: false,
            utc_offset: 0,
            recent: false,
            grouped: true,
            explain: false,
            rerank: None,
            sort: Sort::Relevance,
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
    /// Other chunks of the same document that were found, best first; empty where hits are not grouped.
    pub more: Vec<MorePassage>,
    /// Other documents found that stand behind this hit, in the order in which they are shown.
    pub related: Vec<RelatedDocument>,
    /// Why it is where it is, where the request asked for that.
    pub why: Option<Why>,
}

impl Hit {
    /// Whether only its meaning says why it was found: no word of the query is marked in it, or it is not among those that
    /// the search by word found.
    pub fn is_by_meaning(&self) -> bool {
        self.scores.semantic.is_some() && (self.scores.keyword.is_none() || self.highlights.is_empty())
    }
}

/// The sentence of a chunk that is nearest to a query in meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearestSentence {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Its text, verbatim.
    pub text: String,
    /// The sentence: a span of `text`, and not all of it.
    pub span: TextSpan,
}

/// Another chunk of a hit's document.
#[derive(Clone, Debug, PartialEq)]
pub struct MorePassage {
    /// The chunk; its text is verbatim.
    pub chunk: Chunk,
    /// Words of the query as they stand in its text.
    pub highlights: Vec<TextSpan>,
}

/// A document that was found and is shown behind another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedDocument {
    /// The document.
    pub doc_id: DocId,
    /// The version that was searched.
    pub content_hash: ContentHash,
    /// Its title.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Its date.
    pub date: Timestamp,
    /// What the two have to do with each other.
    pub relation: Relation,
}

/// Why a document stands behind a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// A mail of the same conversation.
    Conversation,
    /// Another version of the same document.
    Version,
}

/// Why a hit is where it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    /// What its fused score is made of; the shares add up to the score.
    pub parts: Vec<WhyPart>,
    /// What its BM25 score is made of; the shares add up to [`LegScores::keyword`], up to rounding.
    pub terms: Vec<WhyTerm>,
    /// What changed its place after the scores: `guaranteed`, `reranked`; where nothing ranks, what decides it: `newest`,
    /// `oldest`, `title`.
    pub notes: Vec<String>,
}

/// One part of a fused score.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyPart {
    /// `words`, `meaning`, `title`, `coverage`; `recency` where newer documents are raised: what age takes from the score.
    pub name: String,
    /// What it came to, 0 to 1; that of `recency` is its share.
    pub value: f32,
    /// What it counts.
    pub weight: f32,
    /// What it adds to the score; `recency` adds nothing or less than nothing.
    pub share: f32,
}

/// What one word or phrase of the query adds to a BM25 score.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyTerm {
    /// As it was typed, folded.
    pub typed: String,
    /// How it was met: `exact`, `stem`, `variant`, `prefix`, `correction`, `phrase`, `piece`.
    pub how: String,
    /// What stands where, and how often: field, term, count.
    pub found: Vec<(String, String, u32)>,
    /// Chunks of the space that hold it and that may be found, where that is counted: nothing is said of others.
    pub chunks: Option<u64>,
    /// What it adds to the score.
    pub share: f32,
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
    /// Words that occur nowhere, and what was searched in their stead.
    pub corrections: Vec<Correction>,
    /// How the query was understood, where it is more than words: a label and what stands under it in the query language.
    pub understood: Vec<(String, String)>,
    /// How the two legs were weighed; `None` where only one was asked or answered.
    pub weighing: Option<Weighing>,
    /// The words that were wanted or required, and how telling they are. Empty where nothing was searched by word.
    pub terms: Vec<TermFound>,
    /// What the list is made of, where it was sorted by anything but relevance.
    pub sorted: Option<Sorted>,
}

/// The weight of meaning against words for one query, and what it was chosen by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weighing {
    /// Weight of the semantic leg, 0 to 1.
    pub semantic: f32,
    /// What moved it, and by how much: `("rare_term", -0.08)`. Empty where it was given.
    pub because: Vec<(String, f32)>,
}
