//! What the routes need of the program behind them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use rushlight_api as api;
use rushlight_core::{
    Answer, AnswerEvent, AnswerKind, ChunkId, DocId, DocumentKind, Facets, NearestSentence, Original,
    Principal, Result, SearchRequest, SearchResponse, SourceId, Suggestion, TextSpan,
};
use tokio::sync::{mpsc, watch};

use crate::upkeep::Upkeep;

/// A question and who asks it.
#[derive(Clone, Debug)]
pub struct Question {
    /// The asker's principals.
    pub principals: Vec<Principal>,
    /// The question.
    pub question: String,
    /// Names of spaces; empty: all.
    pub spaces: Vec<String>,
    /// Kinds of documents; empty: all.
    pub kinds: Vec<DocumentKind>,
    /// The conversation it belongs to; `None` begins a new one.
    pub conversation: Option<String>,
    /// How it is to be answered; `None`: as its words say.
    pub kind: Option<AnswerKind>,
    /// The language model that is asked, by its id; `None`: that of the settings.
    pub model: Option<String>,
}

/// An answer, and where it is kept.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// The conversation; empty where it was deleted while the answer was made.
    pub conversation: String,
    /// Identity of the receipt; `None` where nothing is kept.
    pub receipt: Option<String>,
}

/// The program behind the routes. Called from the runtime's threads, many at once; what computes must not do so on them.
///
/// A future may be dropped before it is done, when its time is up; only `ask` always runs to its end.
#[async_trait]
pub trait Service: Upkeep + Send + Sync + 'static {
    /// How things are, now.
    async fn status(&self) -> Result<api::Status>;

    /// How things are, as it changes. The sender lives as long as the service.
    fn subscribe(&self) -> watch::Receiver<api::Status>;

    /// Searches.
    async fn search(&self, request: SearchRequest) -> Result<SearchResponse>;

    /// Counts the documents that hold the words of a search, by what they have in common.
    async fn facets(&self, request: SearchRequest) -> Result<Facets>;

    /// The sentences of passages that are nearest to the query that found them, as far as these principals may read them;
    /// passages without one to mark are left out.
    async fn sentences(
        &self,
        principals: Vec<Principal>,
        query: String,
        chunks: Vec<ChunkId>,
    ) -> Result<Vec<NearestSentence>>;

    /// Titles, people and tags with a word that begins as what was typed, from the named spaces (empty: all), at most `limit`.
    async fn suggest(
        &self,
        principals: Vec<Principal>,
        typed: String,
        spaces: Vec<String>,
        limit: usize,
    ) -> Result<Vec<Suggestion>>;

    /// Answers a question, and says where the answer is kept. `cancel` becomes true when nobody waits any more: the
    /// call then ends soon, with any result. Events are taken at once, however slow the reader is; that they are no
    /// longer taken is no error. [`AnswerEvent::Finished`] need not be sent: the returned answer is what counts.
    async fn ask(
        &self,
        question: Question,
        cancel: Arc<AtomicBool>,
        events: mpsc::Sender<AnswerEvent>,
    ) -> Result<Answered>;

    /// A document to read; `DocumentNotFound` also where these principals may not read it.
    async fn document(&self, id: DocId, principals: Vec<Principal>) -> Result<api::Document>;

    /// Where a stretch of a document's text stands; `DocumentNotFound` as above, or `InvalidRequest` when there is no such
    /// stretch.
    async fn place(&self, id: DocId, principals: Vec<Principal>, span: TextSpan) -> Result<api::Place>;

    /// What a document was made from, as it was when it was indexed; `DocumentNotFound` as above, `FileChanged` and the other
    /// codes of files where that is not to be had any more.
    async fn original(&self, id: DocId, principals: Vec<Principal>) -> Result<Original>;

    /// What a document links to, what links to it, and its conversation, as far as these principals may read them;
    /// `DocumentNotFound` as above.
    async fn links(&self, id: DocId, principals: Vec<Principal>) -> Result<api::Links>;

    /// A mail's conversation and its attachments, as far as these principals may read them; `DocumentNotFound` as above.
    async fn mail(&self, id: DocId, principals: Vec<Principal>) -> Result<api::Mail>;

    /// Documents like this one that these principals may read, at most `limit`; `DocumentNotFound` as above.
    async fn similar(
        &self,
        id: DocId,
        principals: Vec<Principal>,
        limit: usize,
    ) -> Result<api::SimilarDocuments>;

    /// The sources.
    async fn sources(&self) -> Result<Vec<api::Source>>;

    /// Adds a folder to a space, which is made when it is new, and starts indexing it.
    async fn add_source(&self, path: String, space: String) -> Result<api::Source>;

    /// Forgets a folder and its index.
    async fn remove_source(&self, id: SourceId) -> Result<()>;

    /// Starts to look at a folder again and to try its failed files again; does not wait for it.
    async fn scan_source(&self, id: SourceId) -> Result<()>;

    /// Lets a folder's files wait, or every folder's for `None`.
    async fn pause(&self, source: Option<SourceId>) -> Result<()>;

    /// Lets them go on.
    async fn resume(&self, source: Option<SourceId>) -> Result<()>;

    /// Files that are not searchable, or only in part.
    async fn problems(&self, source: Option<SourceId>, limit: usize, offset: usize) -> Result<api::Problems>;

    /// The spaces.
    async fn spaces(&self) -> Result<Vec<api::Space>>;

    /// Kept conversations of these principals, newest first; with `words`, those in which each of them stands.
    async fn conversations(
        &self,
        principals: Vec<Principal>,
        words: Option<String>,
    ) -> Result<Vec<api::ConversationSummary>>;

    /// One conversation; `ConversationNotFound` when these principals have none of this id.
    async fn conversation(&self, principals: Vec<Principal>, id: &str) -> Result<api::Conversation>;

    /// One conversation as a file; `ConversationNotFound` as above.
    async fn export_conversation(
        &self,
        principals: Vec<Principal>,
        id: &str,
        format: api::ConversationFormat,
    ) -> Result<String>;

    /// Gives one another title; `ConversationNotFound` as above, `InvalidRequest` for a title that is none.
    async fn rename_conversation(&self, principals: Vec<Principal>, id: &str, title: String) -> Result<()>;

    /// Deletes one with its receipts; `ConversationNotFound` as above.
    async fn delete_conversation(&self, principals: Vec<Principal>, id: &str) -> Result<()>;

    /// A kept receipt; `ReceiptNotFound` when these principals have none of this id.
    async fn receipt(&self, principals: Vec<Principal>, id: &str) -> Result<api::Receipt>;

    /// Keeps what somebody with these principals says of a search; `DocumentNotFound` for what they may not read.
    async fn judge(&self, principals: Vec<Principal>, judge: api::Judge) -> Result<api::Judgement>;

    /// Kept judgements of what these principals may read, of one query or of all, the newest first.
    async fn judgements(
        &self,
        principals: Vec<Principal>,
        query: api::JudgementQuery,
    ) -> Result<api::Judgements>;

    /// Removes one; `JudgementNotFound` when these principals see none of this id.
    async fn remove_judgement(&self, principals: Vec<Principal>, id: &str) -> Result<()>;

    /// All that these principals see as a set of questions in TOML.
    async fn judgements_as_set(&self, principals: Vec<Principal>) -> Result<String>;
}
