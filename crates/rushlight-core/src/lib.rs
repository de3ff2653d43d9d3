//! The vocabulary of Rushlight: identifiers, documents, chunks, hits and answers, the ports that adapters
//! implement, and the closed table of error codes.
//!
//! This crate knows the standard library, `thiserror` and `async-trait` only. It does no I/O and spawns nothing;
//! every thread may use every type in it.

pub mod answer;
pub mod area;
pub mod chunk;
pub mod chunk_set;
pub mod document;
pub mod error;
pub mod facet;
pub mod id;
pub mod index;
pub mod language_model;
pub mod original;
pub mod place;
pub mod plan;
pub mod progress;
pub mod query;
pub mod rerank;
pub mod scan;
pub mod search;
pub mod source;
pub mod time;
pub mod translate;

pub use answer::{
    Answer, AnswerEvent, AnswerKind, AnswerRow, AnswerSignals, AnswerTable, Citation, Coverage, Disagreement,
    EarlierTurn, Grounding, LeftOut, Passage, Route, RoutedDocument,
};
pub use area::{PageArea, PlacedLine};
pub use chunk::{Chunk, ChunkOrigin, EmbedKind, Embedder, EmbedderSpec, Embedding, TokenCounter, dot};
pub use chunk_set::{ChunkSet, IdHasher};
pub use document::{
    Attachment, Block, BlockKind, DocLink, DocMetadata, DocumentKind, LinkKind, ParsedDocument, ParsedFile,
    Parser, Pieces, RawFile, SkipReason, Warning,
};
pub use error::{Error, ErrorCode, ErrorPlace, Fault, Result};
pub use facet::{Covers, Facet, FacetCounts, FacetValue, Facets, MAX_FACET_VALUES, Sort, Sorted};
pub use id::{ChunkId, ContentHash, DocId, EmbeddingKey, FileId, Generation, Principal, SourceId, SpaceId};
pub use index::{
    Correction, FieldFrequency, IndexedChunk, IndexedDocument, IndexedFacts, KeywordExplanation,
    KeywordFound, KeywordHit, KeywordIndex, MAX_SUGGESTION, MatchKind, MatchingDocument, MatchingDocuments,
    REPEATED_WEIGHT, ScorePart, SearchFilter, Suggestion, SuggestionKind, TermFound, VectorHit, VectorIndex,
};
pub use language_model::{
    Allowed, GenerateEvent, GenerationParams, GenerationSummary, LanguageModel, LanguageModelSpec, Message,
    ModelMemory, Prompt, Role, TextRule,
};
pub use original::{Original, OriginalHolds, TakenOut};
pub use place::{Locator, TextSpan};
pub use plan::{FileRecord, FileRow, FileStatus, Plan, Rename, RenameFollowUp, Restamp, ScanSkip, SkippedBy};
pub use progress::{Counts, IndexEvent, Reporter};
pub use query::{Clause, MAX_QUESTION_CHARS, Node, Occur, Query, QueryField};
pub use rerank::{Reranker, RerankerSpec};
pub use scan::{
    NoScanReader, PageBox, PageReading, PageRecogniser, RecognisedLine, RecognisedPage, RecognisedSpan, Scan,
    ScanAnswer, ScanForm, ScanReader, confidence_of,
};
pub use search::{
    Hit, LegScores, MorePassage, NearestSentence, OtherPlace, RelatedDocument, Relation, SearchMode,
    SearchRequest, SearchResponse, SearchTimings, Weighing, Why, WhyPart, WhyTerm,
};
pub use source::{FileStamp, LeftOutBy, ScanEntry, ScanSummary, Source, SourceEvent, WatchGuard};
pub use time::{Clock, SystemClock, Timestamp};
pub use translate::Translator;
