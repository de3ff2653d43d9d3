//! The JSON shapes of the HTTP API and of `--json`, as docs/api.md lists them, and how they follow from the core types.
//!
//! Plain data: this crate knows serde and how a time is written, but no HTTP, no files, no engine. It must never
//! change a shape in a way that breaks who reads it: fields are added, not renamed. Every thread may use it.

mod answer;
mod answer_details;
mod canonical;
mod check;
mod conversation;
mod document;
mod error;
mod facets;
mod health;
mod hit;
mod judgement;
mod library;
mod links;
mod mail;
mod original;
mod place;
mod receipt;
mod receipt_check;
mod route;
mod search;
mod sentence;
mod status;
mod time;

pub use answer::{
    Answer, AskRequest, Asked, Citation, Coverage, Evidence, First, Generation, Grounding, Passage, Piece,
    Reading, Waiting,
};
pub use answer_details::{AnswerRow, AnswerSignals, AnswerTable, Disagreement, LeftOut};
pub use conversation::{
    Conversation, ConversationFormat, ConversationQuery, ConversationSummary, Conversations, ExportQuery,
    RenameConversation, Turn,
};
pub use document::{Document, Kind, Link, RecognisedText, Section, SectionKind, Warning};
pub use error::{ErrorBody, ErrorDetail, ErrorPlace};
pub use facets::{Covers, Facet, FacetCounts, FacetValue, Facets, SearchWithFacets, Sort, Sorted};
pub use health::{
    DiskPart, Finding, Health, HealthCheck, IndexHealth, InstallState, InstalledModel, Memory, Speed,
};
pub use hit::{
    Hit, MarkKind, MorePassage, OtherPlace, RelatedDocument, Relation, Scores, Segment, Why, WhyFound,
    WhyPart, WhyTerm,
};
pub use judgement::{Judge, Judgement, JudgementQuery, Judgements};
pub use library::{
    Folder, FolderQuery, FolderStep, Folders, Group, IndexedOverTime, Overview, OverviewQuery, Period,
    RetryFile, SourceRules, Taken, Unreadable, UnreadableDocument, UnreadableQuery,
};
pub use links::{
    Backlink, Backlinks, DocumentName, Links, MAX_BACKLINKS, MAX_SIMILAR, OutgoingLink, SimilarDocument,
    SimilarDocuments, SimilarQuery, ThreadMessage,
};
pub use mail::{Attachment, Inside, MAX_IN_ATTACHMENT, MAX_THREAD, Mail, NotSearchable, Thread, ThreadMail};
pub use original::OriginalQuery;
pub use place::{Area, Locator, Place, Span};
pub use receipt::{FoundReceipt, Receipt, ReceiptIndex, ReceiptModel, ReceiptPassage, Sampling, text_hash};
pub use receipt_check::{
    Change, CheckedModel, CheckedStretch, DocumentState, FoundAt, ModelPresence, ReceiptCheck, Replay,
};
pub use route::{AnswerKind, Route, RoutedDocument};
pub use search::{
    Correction, Degraded, MAX_SEARCH_LIMIT, Mode, Moved, SearchRequest, SearchResponse, SuggestQuery,
    Suggestion, SuggestionKind, Suggestions, Timings, Understood, Weighing,
};
pub use sentence::{PassageSentence, SentenceRequest, Sentences};
pub use status::{
    Activity, AddSource, Counts, EmbeddingProgress, LoadedModel, Model, ModelState, Models, Problem,
    ProblemQuery, ProblemStatus, Problems, Remaining, Scans, Source, Sources, Space, Spaces, Status,
    Watching,
};
pub use time::Time;
