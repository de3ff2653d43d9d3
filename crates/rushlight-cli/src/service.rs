//! The engine behind the HTTP routes.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rushlight_api as api;
use rushlight_core::{
    Answer, AnswerEvent, ChunkId, Clock, DocId, Error, ErrorCode, NearestSentence, Principal, Result,
    SearchRequest, SearchResponse, SourceId, Suggestion, SystemClock, TextSpan,
};
use rushlight_engine::{AskRequest, Engine, JudgeRequest, SentenceRequest, SourceStatus};
use rushlight_eval::{Judged, write_questions};
use rushlight_ledger::{ConversationId, Judgement, JudgementId, JudgementRecord, Turn};
use rushlight_server::{Question, Service};
use tokio::sync::{mpsc, watch};

use crate::related;
use crate::shapes::{problems, source, space, status};

/// Changes of the status are looked at this often at most.
const STATUS_EVERY: Duration = Duration::from_millis(250);
/// Characters of a conversation's title.
const TITLE_CHARS: usize = 80;
/// Conversations listed at most.
const CONVERSATIONS: usize = 200;

/// The engine as the routes see it.
pub(crate) struct EngineService {
    engine: Engine,
    max_tokens: usize,
    status: watch::Receiver<api::Status>,
}

impl EngineService {
    /// Starts following the engine's status on the current runtime.
    pub(crate) async fn start(engine: Engine, max_tokens: usize) -> Result<Self> {
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
        Ok(Self {
            engine,
            max_tokens,
            status,
        })
    }

    /// Runs what reads the ledger on a blocking thread.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(Engine) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        blocking(self.engine.clone(), work).await
    }

    fn keep(engine: &Engine, id: Option<&str>, question: &str, answer: &Answer) -> Result<String> {
        let now = SystemClock.now();
        let id = match id {
            Some(id) => conversation_id(id)?,
            None => engine
                .ledger()
                .create_conversation(&question.chars().take(TITLE_CHARS).collect::<String>(), now)?,
        };
        let json = serde_json::to_string(&api::Answer::from(answer)).expect("the shape has string keys only");
        engine.ledger().append_turn(
            id,
            &Turn {
                question: question.to_owned(),
                answer: json,
                asked: now,
            },
        )?;
        Ok(id.0.to_string())
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
    ) -> Result<(Answer, String)> {
        if let Some(id) = question.conversation.clone() {
            let id = conversation_id(&id)?;
            self.blocking(move |engine| {
                engine
                    .ledger()
                    .conversation(id)?
                    .map(drop)
                    .ok_or_else(|| no_conversation(id))
            })
            .await?;
        }
        let request = AskRequest {
            principals: question.principals,
            question: question.question.clone(),
            spaces: question.spaces,
            kinds: question.kinds,
            kind: question.kind,
            history: Vec::new(),
            fence: fence()?,
            max_tokens: self.max_tokens,
        };
        let stopped = Arc::clone(&cancel);
        let answer = self
            .engine
            .ask(request, cancel, move |event| {
                if !matches!(event, AnswerEvent::Finished(_)) && events.blocking_send(event).is_err() {
                    stopped.store(true, Ordering::Release);
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            })
            .await?;
        let kept = answer.clone();
        let id = self
            .blocking(move |engine| {
                Self::keep(
                    &engine,
                    question.conversation.as_deref(),
                    &question.question,
                    &kept,
                )
            })
            .await?;
        Ok((answer, id))
    }

    async fn document(&self, id: DocId) -> Result<api::Document> {
        self.blocking(move |engine| document(&engine, id)).await
    }

    async fn place(&self, id: DocId, span: TextSpan) -> Result<api::Place> {
        self.blocking(move |engine| {
            let (place, version) = engine.place(id, span)?;
            Ok(api::Place::new(id, version, span, &place))
        })
        .await
    }

    async fn links(&self, id: DocId, principals: Vec<Principal>) -> Result<api::Links> {
        self.blocking(move |engine| related::links(&engine, id, &principals))
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
        self.blocking(move |engine| {
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

    async fn conversations(&self) -> Result<Vec<api::ConversationSummary>> {
        self.blocking(|engine| {
            let page = engine.ledger().conversations(CONVERSATIONS, 0)?;
            let summary = |record: rushlight_ledger::ConversationRecord| api::ConversationSummary {
                id: record.id.0.to_string(),
                title: record.title,
                updated: record.updated.into(),
                turns: record.turns.into(),
            };
            Ok(page.items.into_iter().map(summary).collect())
        })
        .await
    }

    async fn conversation(&self, id: &str) -> Result<api::Conversation> {
        let id = conversation_id(id)?;
        self.blocking(move |engine| {
            let (record, turns) = engine
                .ledger()
                .conversation(id)?
                .ok_or_else(|| no_conversation(id))?;
            let turn = |turn: Turn| {
                let answer = serde_json::from_str(&turn.answer).map_err(|cause| {
                    Error::new(
                        ErrorCode::LedgerFailed,
                        format!("a kept answer of conversation {} is unreadable", id.0),
                    )
                    .with_source(cause)
                })?;
                Ok(api::Turn {
                    asked: turn.asked.into(),
                    question: turn.question,
                    answer,
                })
            };
            let turns = turns.into_iter().map(turn).collect::<Result<_>>()?;
            Ok(api::Conversation {
                id: id.0.to_string(),
                title: record.title,
                turns,
            })
        })
        .await
    }

    async fn delete_conversation(&self, id: &str) -> Result<()> {
        let id = conversation_id(id)?;
        self.blocking(move |engine| match engine.ledger().delete_conversation(id)? {
            true => Ok(()),
            false => Err(no_conversation(id)),
        })
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

    async fn judgements(&self, query: api::JudgementQuery) -> Result<api::Judgements> {
        self.blocking(move |engine| {
            let wanted = query.query.as_deref().map(str::trim);
            let page = engine.ledger().judgements(wanted, query.limit, query.offset)?;
            Ok(api::Judgements {
                total: page.total,
                judgements: page.items.into_iter().map(judgement).collect(),
            })
        })
        .await
    }

    async fn remove_judgement(&self, id: &str) -> Result<()> {
        let id = id.parse().map(JudgementId).map_err(|_| {
            Error::new(
                ErrorCode::InvalidId,
                format!("`{id}` is not a judgement: a whole number is expected"),
            )
        })?;
        self.blocking(move |engine| engine.remove_judgement(id)).await
    }

    async fn judgements_as_set(&self) -> Result<String> {
        self.blocking(|engine| judgements_as_set(&engine)).await
    }
}

/// All judgements as a set of questions, the oldest first.
pub(crate) fn judgements_as_set(engine: &Engine) -> Result<String> {
    let page = engine.ledger().judgements(None, usize::MAX >> 1, 0)?;
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

/// Fences the evidence in a prompt: 40 random bits, so that no document can contain it.
pub(crate) fn fence() -> Result<String> {
    let mut bytes = [0u8; 5];
    getrandom::fill(&mut bytes).map_err(|cause| {
        Error::new(ErrorCode::Internal, "the system gives no random bytes").with_source(cause)
    })?;
    Ok(hex::encode(bytes))
}

fn conversation_id(id: &str) -> Result<ConversationId> {
    id.parse().map(ConversationId).map_err(|_| {
        Error::new(
            ErrorCode::InvalidId,
            format!("`{id}` is not a conversation: a whole number is expected"),
        )
    })
}

fn no_conversation(id: ConversationId) -> Error {
    Error::new(
        ErrorCode::ConversationNotFound,
        format!("there is no conversation {}", id.0),
    )
}

fn document(engine: &Engine, id: DocId) -> Result<api::Document> {
    let record = engine
        .ledger()
        .document(id)?
        .ok_or_else(|| Error::new(ErrorCode::DocumentNotFound, format!("there is no document {id}")))?;
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
