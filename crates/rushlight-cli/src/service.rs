//! The engine behind the HTTP routes.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rushlight_api as api;
use rushlight_core::{
    AnswerEvent, ChunkId, DocId, Error, ErrorCode, Facets, NearestSentence, Original, Principal, Result,
    SearchRequest, SearchResponse, SourceId, Suggestion, TextSpan,
};
use rushlight_engine::{AskRequest, Engine, JudgeRequest, SentenceRequest, SourceStatus};
use rushlight_eval::{Judged, write_questions};
use rushlight_ledger::{Judgement, JudgementId, JudgementRecord};
use rushlight_server::{Answered, Question, Service};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

use crate::context::Context;
use crate::conversations::{self, Earlier, Kept};
use crate::folders::FolderRoots;
use crate::health::HealthDesk;
use crate::shapes::{problems, source, space, status};
use crate::wiring::Wiring;
use crate::{receipts, related};

/// Changes of the status are looked at this often at most.
const STATUS_EVERY: Duration = Duration::from_millis(250);

/// Random bytes of a fence.
pub(crate) const FENCE_BYTES: usize = 5;

/// Whether language models are idle is looked at so often.
const IDLE_EVERY: Duration = Duration::from_secs(20);

/// The engine as the routes see it.
pub(crate) struct EngineService {
    pub(crate) engine: Engine,
    pub(crate) health: HealthDesk,
    pub(crate) folders: FolderRoots,
    only_below_roots: bool,
    max_tokens: usize,
    thinking_tokens: usize,
    status: watch::Receiver<api::Status>,
}

impl EngineService {
    /// Starts following the engine's status on the current runtime.
    pub(crate) async fn start(
        engine: Engine,
        context: &Context,
        wiring: &'static dyn Wiring,
    ) -> Result<Self> {
        let (sender, status) = watch::channel(read_status(engine.clone()).await?);
        let mut changes = engine.subscribe();
        let followed = engine.clone();
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                match read_status(followed.clone()).await {
                    Ok(status) => drop(sender.send(status)),
                    Err(error) => tracing::error!(code = error.code().as_str(), "the status cannot be read"),
                }
                tokio::time::sleep(STATUS_EVERY).await;
            }
        });
        let idle = engine.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(IDLE_EVERY).await;
                idle.unload_idle_models();
            }
        });
        Ok(Self {
            health: HealthDesk::new(engine.clone(), context.clone(), wiring),
            folders: FolderRoots::new(context.folder_roots.clone()),
            only_below_roots: context.config.server.only_below_roots,
            max_tokens: context.config.answer.max_tokens,
            thinking_tokens: context.config.answer.thinking_tokens,
            engine,
            status,
        })
    }

    /// Runs what reads the ledger on a blocking thread.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(Engine) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        blocking(self.engine.clone(), work).await
    }
}

async fn blocking<T: Send + 'static>(
    engine: Engine,
    work: impl FnOnce(Engine) -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(move || work(engine)).await {
        Ok(result) => result,
        Err(cause) => Err(Error::new(ErrorCode::Internal, "a blocking task ended early").with_source(cause)),
    }
}

async fn read_status(engine: Engine) -> Result<api::Status> {
    blocking(engine, |engine| Ok(status(&engine.status()?))).await
}

#[async_trait]
impl Service for EngineService {
    async fn status(&self) -> Result<api::Status> {
        read_status(self.engine.clone()).await
    }

    fn subscribe(&self) -> watch::Receiver<api::Status> {
        self.status.clone()
    }

    async fn search(&self, request: SearchRequest) -> Result<SearchResponse> {
        self.engine.search(request).await
    }

    async fn facets(&self, request: SearchRequest) -> Result<Facets> {
        self.engine.facets(request).await
    }

    async fn sentences(
        &self,
        principals: Vec<Principal>,
        query: String,
        chunks: Vec<ChunkId>,
    ) -> Result<Vec<NearestSentence>> {
        let request = SentenceRequest {
            principals,
            query,
            chunks,
        };
        self.engine.sentences(request).await
    }

    async fn suggest(
        &self,
        principals: Vec<Principal>,
        typed: String,
        spaces: Vec<String>,
        limit: usize,
    ) -> Result<Vec<Suggestion>> {
        self.engine.suggest(&typed, &principals, &spaces, limit).await
    }

    async fn ask(
        &self,
        question: Question,
        cancel: Arc<AtomicBool>,
        events: mpsc::Sender<AnswerEvent>,
    ) -> Result<Answered> {
        let Question {
            principals,
            question,
            spaces,
            kinds,
            conversation,
            kind,
            model,
        } = question;
        let earlier = match conversation.clone() {
            Some(id) => {
                let principals = principals.clone();
                self.blocking(move |engine| conversations::earlier(&engine, &principals, &id))
                    .await?
            }
            None => Earlier::default(),
        };
        let request = AskRequest {
            principals,
            question,
            spaces,
            kinds,
            kind,
            model,
            history: earlier.turns,
            fence: earlier.fence.map_or_else(fence, Ok)?,
            max_tokens: self.max_tokens,
            thinking_tokens: self.thinking_tokens,
        };
        let stopped = Arc::clone(&cancel);
        let (answer, record) = self
            .engine
            .ask_with_record(request.clone(), cancel, move |event| {
                if matches!(event, AnswerEvent::Finished(_)) {
                    return ControlFlow::Continue(());
                }
                // The first events come from a thread of the runtime, which must not wait; there is room for them.
                let sent = match events.try_send(event) {
                    Ok(()) => true,
                    Err(TrySendError::Full(event)) => events.blocking_send(event).is_ok(),
                    Err(TrySendError::Closed(_)) => false,
                };
                if !sent {
                    stopped.store(true, Ordering::Release);
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            })
            .await?;
        let receipt = receipts::receipt(&request, &answer, &record)?;
        self.blocking(move |engine| {
            let kept = conversations::keep(
                &engine,
                &request.principals,
                conversation.as_deref(),
                &answer,
                &receipt,
            );
            match kept {
                Ok(Kept {
                    conversation,
                    receipt,
                }) => Ok(Answered {
                    answer,
                    conversation,
                    receipt: Some(receipt),
                }),
                // It was deleted while the answer was made: the asker gets the answer, and nothing is kept.
                Err(error) if error.code() == ErrorCode::ConversationNotFound => Ok(Answered {
                    answer,
                    conversation: String::new(),
                    receipt: None,
                }),
                Err(error) => Err(error),
            }
        })
        .await
    }

    async fn document(&self, id: DocId, principals: Vec<Principal>) -> Result<api::Document> {
        self.blocking(move |engine| document(&engine, id, &principals))
            .await
    }

    async fn place(&self, id: DocId, principals: Vec<Principal>, span: TextSpan) -> Result<api::Place> {
        self.blocking(move |engine| {
            let (place, version) = engine.place(id, &principals, span)?;
            Ok(api::Place::new(id, version, span, &place))
        })
        .await
    }

    async fn original(&self, id: DocId, principals: Vec<Principal>) -> Result<Original> {
        self.blocking(move |engine| engine.original(id, &principals))
            .await
    }

    async fn links(&self, id: DocId, principals: Vec<Principal>) -> Result<api::Links> {
        self.blocking(move |engine| related::links(&engine, id, &principals))
            .await
    }

    async fn mail(&self, id: DocId, principals: Vec<Principal>) -> Result<api::Mail> {
        self.blocking(move |engine| related::mail(&engine, id, &principals))
            .await
    }

    async fn similar(
        &self,
        id: DocId,
        principals: Vec<Principal>,
        limit: usize,
    ) -> Result<api::SimilarDocuments> {
        related::similar(&self.engine, id, &principals, limit).await
    }

    async fn sources(&self) -> Result<Vec<api::Source>> {
        self.blocking(|engine| Ok(engine.status()?.sources.iter().map(source).collect()))
            .await
    }

    async fn add_source(&self, path: String, space: String) -> Result<api::Source> {
        let roots = self.only_below_roots.then(|| self.folders.clone());
        self.blocking(move |engine| {
            if let Some(roots) = roots {
                roots.require(&path)?;
            }
            let record = engine.add_source(&path, space.trim())?;
            let counts = engine.ledger().counts(Some(record.id))?;
            Ok(source(&SourceStatus {
                record,
                counts,
                watching: None,
            }))
        })
        .await
    }

    async fn remove_source(&self, id: SourceId) -> Result<()> {
        self.blocking(move |engine| engine.remove_source(id)).await
    }

    async fn scan_source(&self, id: SourceId) -> Result<()> {
        self.blocking(move |engine| engine.scan_source(id)).await
    }

    async fn pause(&self, source: Option<SourceId>) -> Result<()> {
        self.blocking(move |engine| engine.pause(source)).await
    }

    async fn resume(&self, source: Option<SourceId>) -> Result<()> {
        self.blocking(move |engine| engine.resume(source)).await
    }

    async fn problems(&self, source: Option<SourceId>, limit: usize, offset: usize) -> Result<api::Problems> {
        self.blocking(move |engine| {
            let page = engine.ledger().problem_files(source, limit, offset)?;
            Ok(api::Problems {
                total: page.total,
                problems: page.items.iter().flat_map(problems).collect(),
            })
        })
        .await
    }

    async fn spaces(&self) -> Result<Vec<api::Space>> {
        self.blocking(|engine| Ok(engine.ledger().statistics()?.iter().map(space).collect()))
            .await
    }

    async fn conversations(
        &self,
        principals: Vec<Principal>,
        words: Option<String>,
    ) -> Result<Vec<api::ConversationSummary>> {
        self.blocking(move |engine| conversations::list(&engine, &principals, words.as_deref()))
            .await
    }

    async fn conversation(&self, principals: Vec<Principal>, id: &str) -> Result<api::Conversation> {
        let id = id.to_owned();
        self.blocking(move |engine| conversations::read(&engine, &principals, &id))
            .await
    }

    async fn export_conversation(
        &self,
        principals: Vec<Principal>,
        id: &str,
        format: api::ConversationFormat,
    ) -> Result<String> {
        let conversation = self.conversation(principals, id).await?;
        Ok(conversations::export(&conversation, format))
    }

    async fn rename_conversation(&self, principals: Vec<Principal>, id: &str, title: String) -> Result<()> {
        let id = conversations::parse_id(id)?;
        self.blocking(move |engine| engine.ledger().rename_conversation(id, &principals, &title))
            .await
    }

    async fn delete_conversation(&self, principals: Vec<Principal>, id: &str) -> Result<()> {
        let id = conversations::parse_id(id)?;
        self.blocking(move |engine| engine.ledger().delete_conversation(id, &principals))
            .await
    }

    async fn receipt(&self, principals: Vec<Principal>, id: &str) -> Result<api::Receipt> {
        let id = id.to_owned();
        self.blocking(move |engine| receipts::kept(&engine, &principals, &id))
            .await
    }

    async fn judge(&self, principals: Vec<Principal>, judge: api::Judge) -> Result<api::Judgement> {
        let api::Judge {
            query,
            document_id,
            chunk_id,
            right,
            spaces,
            kinds,
        } = judge;
        let request = JudgeRequest {
            principals,
            query,
            doc_id: document_id.parse()?,
            chunk_id: chunk_id.map(|id| id.parse()).transpose()?,
            right,
            spaces,
            kinds: kinds.into_iter().map(Into::into).collect(),
        };
        self.blocking(move |engine| Ok(judgement(engine.judge(request)?)))
            .await
    }

    async fn judgements(
        &self,
        principals: Vec<Principal>,
        query: api::JudgementQuery,
    ) -> Result<api::Judgements> {
        self.blocking(move |engine| {
            let wanted = query.query.as_deref().map(str::trim);
            let ledger = engine.ledger();
            let page = ledger.judgements(&principals, wanted, query.limit, query.offset)?;
            Ok(api::Judgements {
                total: page.total,
                judgements: page.items.into_iter().map(judgement).collect(),
            })
        })
        .await
    }

    async fn remove_judgement(&self, principals: Vec<Principal>, id: &str) -> Result<()> {
        let id = id.parse().map(JudgementId).map_err(|_| {
            Error::new(
                ErrorCode::InvalidId,
                format!("`{id}` is not a judgement: a whole number is expected"),
            )
        })?;
        self.blocking(move |engine| engine.remove_judgement(&principals, id))
            .await
    }

    async fn judgements_as_set(&self, principals: Vec<Principal>) -> Result<String> {
        self.blocking(move |engine| judgements_as_set(&engine, &principals))
            .await
    }
}

/// All judgements that these principals may see as a set of questions, the oldest first.
pub(crate) fn judgements_as_set(engine: &Engine, principals: &[Principal]) -> Result<String> {
    let page = engine.ledger().judgements(principals, None, usize::MAX >> 1, 0)?;
    let judged: Vec<Judged> = page
        .items
        .into_iter()
        .rev()
        .map(|record| {
            let Judgement {
                query,
                doc_id: _,
                quote,
                right,
                title: _,
                path,
                part,
                spaces,
                kinds,
                judged: _,
            } = record.judgement;
            Judged {
                query,
                spaces,
                kinds,
                path,
                part,
                quote,
                right,
            }
        })
        .collect();
    Ok(write_questions("judgements", &judged))
}

fn judgement(record: JudgementRecord) -> api::Judgement {
    let JudgementRecord { id, judgement, gone } = record;
    api::Judgement {
        id: id.0.to_string(),
        query: judgement.query,
        document_id: judgement.doc_id.to_string(),
        quote: judgement.quote,
        right: judgement.right,
        title: judgement.title,
        path: judgement.path,
        part: judgement.part,
        spaces: judgement.spaces,
        kinds: judgement.kinds.into_iter().map(Into::into).collect(),
        judged: judgement.judged.into(),
        gone,
    }
}

/// Fences the evidence in the prompts of a conversation: random, so that no document can contain it.
pub(crate) fn fence() -> Result<String> {
    receipts::random_hex::<FENCE_BYTES>()
}

fn document(engine: &Engine, id: DocId, principals: &[Principal]) -> Result<api::Document> {
    let record = engine.document(id, principals)?;
    let summary = record.summary;
    let parsed = rushlight_core::ParsedDocument {
        part: summary.part,
        part_key: String::new(),
        content_hash: summary.content_hash,
        kind: summary.kind,
        media_type: summary.media_type,
        title: summary.title,
        metadata: record.metadata,
        text: record.text,
        blocks: record.blocks,
        lines: record.lines,
        recognised: record.recognised,
        pages: summary.pages,
        unreadable_pages: summary.unreadable_pages,
        warnings: summary.warnings,
    };
    Ok(api::Document::new(
        id,
        summary.path,
        summary.space,
        summary.date,
        &parsed,
    ))
}
