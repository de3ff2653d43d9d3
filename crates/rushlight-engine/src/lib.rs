//! The facade: index, search, ask and status over the ports of `rushlight-core`.
//!
//! It knows the ledger and the pure crates, and no adapter. What computes is sync and runs on the indexing thread or on
//! blocking threads of the runtime; what waits is async; the border is crossed in [`indexes`] and [`search`] only.
//!
//! Threads: any thread may call [`Engine`]. One indexing thread (`rushlight-index`, or the caller's in
//! [`Engine::index_until_idle`]) writes both indexes, alone or through a thread it waits for ([`reading`]).

mod ask;
mod context;
mod document;
mod embedding;
mod engine;
mod gate;
mod indexer;
mod indexes;
mod judge;
mod language_models;
mod lazy;
mod links;
mod look;
mod mail;
mod original;
mod parts;
mod pieces;
mod places;
mod queue;
mod quotes;
mod rate;
mod reading;
mod receipt;
mod rehash;
mod rerank;
mod resolve;
mod retry;
mod rules;
mod scan;
mod scans;
mod search;
mod similar;
mod status;
mod verify;

pub use ask::AskRequest;
pub use engine::{Engine, IndexSummary, IndexingThread};
pub use judge::JudgeRequest;
pub use language_models::{FindLanguageModel, LanguageModelStatus, LanguageModels};
pub use lazy::{Lazy, LazyState};
pub use links::{Backlink, Backlinks, OutgoingLink};
pub use mail::{Mail, MailAttachment, MailLimits, ThreadMail};
pub use parts::{EngineOptions, EngineParts, KeywordFactory, OpenSource, VectorFactory};
pub use rate::Rate;
pub use receipt::{AskRecord, DocumentNow, IndexState, Stretch, StretchNow, StretchText};
pub use search::SentenceRequest;
pub use similar::SimilarDocument;
pub use status::{Activity, EngineStatus, ModelStatus, SourceStatus, Watching};
pub use verify::{ContentVerification, Difference, SpaceVerification, Verification, VerifyDepth};

pub use rushlight_ledger as ledger;
