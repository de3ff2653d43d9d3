//! A service whose answers are known, and a client without a socket.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use rushlight_api as api;
use rushlight_core as core;
use rushlight_core::{Error, ErrorCode, Result};
use rushlight_server::{Answered, Limits, Question, Service, Token, router};
use tokio::sync::{Notify, mpsc, watch};
use tower::ServiceExt;

pub(crate) const PORT: u16 = 7878;
pub(crate) const HOST: &str = "127.0.0.1:7878";

/// Words that make the service misbehave, as a query or a question.
pub(crate) const PANICS: &str = "swordfish panics";
pub(crate) const FAILS: &str = "swordfish fails";
pub(crate) const HANGS: &str = "swordfish hangs";
pub(crate) const LARGE: &str = "swordfish, all of it";

/// Documents whose originals are worth a test.
pub(crate) const PICTURE: core::DocId = core::DocId([0x0a; 16]);
pub(crate) const WEB_PAGE: core::DocId = core::DocId([0x0b; 16]);
pub(crate) const CHANGED: core::DocId = core::DocId([0x0c; 16]);

pub(crate) struct FakeService {
    pub(crate) status: watch::Sender<api::Status>,
    /// Told when a hanging question was cancelled.
    pub(crate) cancelled: Notify,
}

impl FakeService {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            status: watch::Sender::new(status(0)),
            cancelled: Notify::new(),
        })
    }
}

pub(crate) fn status(indexed: u64) -> api::Status {
    let model = || api::Model {
        id: "model".to_owned(),
        state: api::ModelState::Ready,
        message: String::new(),
    };
    api::Status {
        version: "0.1.0".to_owned(),
        counts: api::Counts {
            seen: indexed,
            indexed,
            ..api::Counts::default()
        },
        embedding: api::EmbeddingProgress::default(),
        scans: api::Scans::default(),
        activity: api::Activity::Idle,
        files_per_second: 0.0,
        remaining: api::Remaining::default(),
        models: api::Models {
            language: model(),
            embedding: model(),
            loaded: Vec::new(),
        },
        sources: Vec::new(),
        spaces: Vec::new(),
    }
}

fn source(root: String, space: String) -> api::Source {
    api::Source {
        id: 1,
        root,
        space,
        online: true,
        paused: false,
        watching: api::Watching::Events,
        notice: String::new(),
        last_scan: None,
        counts: api::Counts::default(),
    }
}

fn answer() -> core::Answer {
    core::Answer {
        text: "70 °C [1]".to_owned(),
        citations: Vec::new(),
        grounding: core::Grounding::Grounded,
        model_id: "model".to_owned(),
        ..core::Answer::default()
    }
}

fn receipt() -> api::Receipt {
    api::Receipt {
        receipt: api::Receipt::VERSION,
        id: "r1".to_owned(),
        library: String::new(),
        program: "0.1.0".to_owned(),
        asked: core::Timestamp(0).into(),
        question: "how hot?".to_owned(),
        kind: None,
        route: api::Route::default(),
        principals: Vec::new(),
        spaces: Vec::new(),
        kinds: Vec::new(),
        indexes: Vec::new(),
        analyzer: String::new(),
        embedding_model: String::new(),
        coverage: api::Coverage::default(),
        passages: Vec::new(),
        citations: Vec::new(),
        model: None,
        prompt_templates: String::new(),
        fence: String::new(),
        sampling: (&core::GenerationParams::default()).into(),
        output: None,
        text: "70 °C".to_owned(),
        grounding: api::Grounding::Grounded,
        signals: api::AnswerSignals::default(),
        digest: String::new(),
    }
    .sealed()
}

/// An error for an id that is not there.
fn known(id: core::SourceId) -> Result<()> {
    if id == core::SourceId(1) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::SourceNotFound,
        format!("there is no source {id}"),
    ))
}

fn known_conversation(id: &str) -> Result<()> {
    if id == "c1" {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::ConversationNotFound,
        "there is no such conversation",
    ))
}

#[async_trait]
impl Service for FakeService {
    async fn status(&self) -> Result<api::Status> {
        Ok(self.status.borrow().clone())
    }

    fn subscribe(&self) -> watch::Receiver<api::Status> {
        self.status.subscribe()
    }

    async fn sentences(
        &self,
        principals: Vec<core::Principal>,
        query: String,
        chunks: Vec<core::ChunkId>,
    ) -> Result<Vec<core::NearestSentence>> {
        assert_eq!(principals, [core::Principal::owner()]);
        let sentence = |chunk_id| core::NearestSentence {
            chunk_id,
            text: format!("First. {query}."),
            span: core::TextSpan::new(7, 8 + query.len()),
        };
        Ok(chunks.into_iter().map(sentence).collect())
    }

    async fn suggest(
        &self,
        principals: Vec<core::Principal>,
        typed: String,
        spaces: Vec<String>,
        limit: usize,
    ) -> Result<Vec<core::Suggestion>> {
        assert_eq!(principals, [core::Principal::owner()]);
        Ok(vec![core::Suggestion {
            kind: core::SuggestionKind::Title,
            text: format!("{typed} in {}", spaces.join(" and ")),
            documents: limit as u64,
        }])
    }

    async fn search(&self, request: core::SearchRequest) -> Result<core::SearchResponse> {
        assert_eq!(request.principals, [core::Principal::owner()]);
        match request.query.as_str() {
            PANICS => panic!("{PANICS}"),
            HANGS => pending().await,
            FAILS => Err(Error::new(ErrorCode::SearchUnavailable, "no leg answered")),
            LARGE => Ok(core::SearchResponse {
                understood: vec![("words".to_owned(), "swordfish ".repeat(10_000))],
                ..Default::default()
            }),
            _ => Ok(core::SearchResponse {
                timings: core::SearchTimings {
                    total_us: request.limit as u64,
                    ..Default::default()
                },
                ..Default::default()
            }),
        }
    }

    async fn facets(&self, request: core::SearchRequest) -> Result<core::Facets> {
        assert_eq!(request.principals, [core::Principal::owner()]);
        if request.query == FAILS {
            return Err(Error::new(
                ErrorCode::IndexFailed,
                "the index by word does not answer",
            ));
        }
        Ok(core::Facets {
            documents: 3,
            facets: vec![core::FacetCounts {
                facet: core::Facet::Type,
                values: vec![core::FacetValue {
                    value: "mail".to_owned(),
                    documents: 2,
                    chosen: false,
                    query: format!("{} type:mail", request.query),
                }],
                more: 1,
            }],
            ..core::Facets::default()
        })
    }

    async fn ask(
        &self,
        question: Question,
        cancel: Arc<AtomicBool>,
        events: mpsc::Sender<core::AnswerEvent>,
    ) -> Result<Answered> {
        assert_eq!(question.principals, [core::Principal::owner()]);
        // Nobody may be there any more to take it.
        let send = async |event| drop(events.send(event).await);
        match question.question.as_str() {
            PANICS => panic!("{PANICS}"),
            FAILS => Err(Error::new(
                ErrorCode::ModelMissing,
                "model `model` is not installed",
            )),
            HANGS => {
                send(core::AnswerEvent::Reading { done: 0, total: 1 }).await;
                while !cancel.load(Ordering::Relaxed) {
                    tokio::task::yield_now().await;
                }
                self.cancelled.notify_one();
                Err(Error::new(ErrorCode::Cancelled, "cancelled"))
            }
            _ => {
                send(core::AnswerEvent::Waiting { ahead: 2 }).await;
                send(core::AnswerEvent::Evidence(Vec::new())).await;
                send(core::AnswerEvent::Reading {
                    done: 128,
                    total: 412,
                })
                .await;
                send(core::AnswerEvent::Thought("hm".to_owned())).await;
                for piece in ["70", " °C\n", "[1]"] {
                    send(core::AnswerEvent::Piece(piece.to_owned())).await;
                }
                send(core::AnswerEvent::Finished(Box::new(answer()))).await;
                Ok(Answered {
                    answer: answer(),
                    conversation: question.conversation.unwrap_or_else(|| "new".to_owned()),
                    receipt: Some("r1".to_owned()),
                })
            }
        }
    }

    async fn original(&self, id: core::DocId, principals: Vec<core::Principal>) -> Result<core::Original> {
        assert_eq!(principals, [core::Principal::owner()]);
        if id == CHANGED {
            return Err(Error::new(
                ErrorCode::FileChanged,
                "`tea.md` is no longer the file that was indexed",
            ));
        }
        let (name, media_type, bytes, holds) = match id {
            PICTURE => (
                "tea.png",
                "image/png",
                vec![7; 700_000],
                core::OriginalHolds::Document,
            ),
            WEB_PAGE => (
                "\u{202e}..\r\n\"茶\".html",
                "text/html",
                b"<script>hostile()</script>".to_vec(),
                core::OriginalHolds::File,
            ),
            _ => {
                self.document(id, principals).await?;
                (
                    "tea.md",
                    "text/markdown",
                    b"# Tea".to_vec(),
                    core::OriginalHolds::Document,
                )
            }
        };
        Ok(core::Original {
            name: name.to_owned(),
            media_type: Some(media_type.to_owned()),
            bytes,
            holds,
        })
    }

    async fn links(&self, id: core::DocId, principals: Vec<core::Principal>) -> Result<api::Links> {
        assert_eq!(principals, [core::Principal::owner()]);
        let document = self.document(id, principals).await?;
        Ok(api::Links {
            outgoing: Vec::new(),
            backlinks: api::Backlinks {
                total: 1,
                documents: vec![api::Backlink {
                    document: name(document),
                    links: 1,
                    fragment: None,
                    span: Some(api::Span { start: 0, end: 7 }),
                    text: "[[tea]]".to_owned(),
                }],
            },
            thread: Vec::new(),
        })
    }

    async fn mail(&self, id: core::DocId, principals: Vec<core::Principal>) -> Result<api::Mail> {
        assert_eq!(principals, [core::Principal::owner()]);
        let document = name(self.document(id, principals).await?);
        Ok(api::Mail {
            thread: api::Thread {
                total: 1,
                before: 0,
                mails: vec![api::ThreadMail {
                    document,
                    from: vec!["Ada <ada@example.org>".to_owned()],
                    opening: "The kettle sings.".to_owned(),
                }],
            },
            attachments: Vec::new(),
        })
    }

    async fn similar(
        &self,
        id: core::DocId,
        principals: Vec<core::Principal>,
        limit: usize,
    ) -> Result<api::SimilarDocuments> {
        assert_eq!(principals, [core::Principal::owner()]);
        let document = name(self.document(id, principals).await?);
        let similar = api::SimilarDocument {
            document,
            similarity: 0.5,
        };
        Ok(api::SimilarDocuments {
            documents: vec![similar; limit],
        })
    }

    async fn document(&self, id: core::DocId, principals: Vec<core::Principal>) -> Result<api::Document> {
        assert_eq!(principals, [core::Principal::owner()]);
        if id != core::DocId([2; 16]) {
            return Err(Error::new(
                ErrorCode::DocumentNotFound,
                format!("there is no document {id}"),
            ));
        }
        Ok(api::Document {
            document_id: id.to_string(),
            title: "Green tea".to_owned(),
            path: "/home/ada/tea.md".to_owned(),
            part: String::new(),
            kind: api::Kind::Note,
            media_type: "text/markdown".to_owned(),
            date: core::Timestamp(0).into(),
            space: "personal".to_owned(),
            content_hash: String::new(),
            authors: Vec::new(),
            recipients: Vec::new(),
            thread_id: None,
            list: None,
            tags: Vec::new(),
            language: None,
            attachments: Vec::new(),
            aliases: Vec::new(),
            links: Vec::new(),
            pages: None,
            unreadable_pages: Vec::new(),
            warnings: Vec::new(),
            recognised: Vec::new(),
            sections: Vec::new(),
        })
    }

    async fn place(
        &self,
        id: core::DocId,
        principals: Vec<core::Principal>,
        span: core::TextSpan,
    ) -> Result<api::Place> {
        assert_eq!(principals, [core::Principal::owner()]);
        let area = core::PageArea {
            page: 2,
            left: 100,
            top: 820,
            right: 900,
            bottom: 940,
        };
        let place = core::Locator::Pages {
            first: 2,
            last: 2,
            areas: vec![area],
        };
        Ok(api::Place::new(id, core::ContentHash([4; 32]), span, &place))
    }

    async fn sources(&self) -> Result<Vec<api::Source>> {
        Ok(vec![source("/home/ada".to_owned(), "personal".to_owned())])
    }

    async fn add_source(&self, path: String, space: String) -> Result<api::Source> {
        if path == "/exists" {
            return Err(Error::new(
                ErrorCode::SourceExists,
                "`/exists` is a source already",
            ));
        }
        Ok(source(path, space))
    }

    async fn remove_source(&self, id: core::SourceId) -> Result<()> {
        known(id)
    }

    async fn scan_source(&self, id: core::SourceId) -> Result<()> {
        known(id)
    }

    async fn pause(&self, source: Option<core::SourceId>) -> Result<()> {
        source.map_or(Ok(()), known)
    }

    async fn resume(&self, source: Option<core::SourceId>) -> Result<()> {
        source.map_or(Ok(()), known)
    }

    async fn problems(
        &self,
        source: Option<core::SourceId>,
        limit: usize,
        offset: usize,
    ) -> Result<api::Problems> {
        source.map_or(Ok(()), known)?;
        Ok(api::Problems {
            total: (limit * 1000 + offset) as u64,
            problems: Vec::new(),
        })
    }

    async fn spaces(&self) -> Result<Vec<api::Space>> {
        Ok(Vec::new())
    }

    async fn conversations(
        &self,
        principals: Vec<core::Principal>,
        words: Option<String>,
    ) -> Result<Vec<api::ConversationSummary>> {
        assert_eq!(principals, [core::Principal::owner()]);
        match words {
            None => Ok(Vec::new()),
            Some(words) if words.is_empty() => Err(Error::new(ErrorCode::QueryEmpty, "no word")),
            Some(words) => Ok(vec![api::ConversationSummary {
                id: "c1".to_owned(),
                title: words,
                updated: core::Timestamp(0).into(),
                turns: 1,
            }]),
        }
    }

    async fn conversation(&self, principals: Vec<core::Principal>, id: &str) -> Result<api::Conversation> {
        assert_eq!(principals, [core::Principal::owner()]);
        known_conversation(id)?;
        Ok(api::Conversation {
            id: id.to_owned(),
            title: String::new(),
            turns: Vec::new(),
        })
    }

    async fn export_conversation(
        &self,
        principals: Vec<core::Principal>,
        id: &str,
        format: api::ConversationFormat,
    ) -> Result<String> {
        self.conversation(principals, id).await?;
        Ok(format!("{format:?} of {id}"))
    }

    async fn rename_conversation(
        &self,
        principals: Vec<core::Principal>,
        id: &str,
        title: String,
    ) -> Result<()> {
        assert_eq!(principals, [core::Principal::owner()]);
        if title.is_empty() {
            return Err(Error::new(ErrorCode::InvalidRequest, "the title is empty"));
        }
        known_conversation(id)
    }

    async fn delete_conversation(&self, principals: Vec<core::Principal>, id: &str) -> Result<()> {
        assert_eq!(principals, [core::Principal::owner()]);
        known_conversation(id)
    }

    async fn receipt(&self, principals: Vec<core::Principal>, id: &str) -> Result<api::Receipt> {
        assert_eq!(principals, [core::Principal::owner()]);
        match id {
            "r1" => Ok(receipt()),
            _ => Err(Error::new(ErrorCode::ReceiptNotFound, "there is no such receipt")),
        }
    }

    async fn judge(&self, principals: Vec<core::Principal>, judge: api::Judge) -> Result<api::Judgement> {
        assert_eq!(principals, [core::Principal::owner()]);
        if judge.query == FAILS {
            return Err(Error::new(
                ErrorCode::DocumentNotFound,
                "there is no such document",
            ));
        }
        Ok(api::Judgement {
            id: "1".to_owned(),
            query: judge.query,
            document_id: judge.document_id,
            quote: String::new(),
            right: judge.right,
            title: "Green tea".to_owned(),
            path: "/home/ada/tea.md".to_owned(),
            part: String::new(),
            spaces: judge.spaces,
            kinds: judge.kinds,
            judged: core::Timestamp(0).into(),
            gone: false,
        })
    }

    async fn judgements(
        &self,
        _principals: Vec<core::Principal>,
        query: api::JudgementQuery,
    ) -> Result<api::Judgements> {
        Ok(api::Judgements {
            total: (query.limit * 1000 + query.offset) as u64
                + query.query.map_or(0, |query| query.len() as u64),
            judgements: Vec::new(),
        })
    }

    async fn remove_judgement(&self, _principals: Vec<core::Principal>, id: &str) -> Result<()> {
        match id {
            "1" => Ok(()),
            _ => Err(Error::new(
                ErrorCode::JudgementNotFound,
                "there is no such judgement",
            )),
        }
    }

    async fn judgements_as_set(&self, _principals: Vec<core::Principal>) -> Result<String> {
        Ok("name = \"judgements\"\n".to_owned())
    }
}

/// The router with its service, its token, and the switch that stops it.
pub(crate) struct Client {
    pub(crate) service: Arc<FakeService>,
    pub(crate) token: Token,
    pub(crate) stop: watch::Sender<bool>,
    router: Router,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The status and the code of an error of our shape, complete and with nothing beside it.
    pub(crate) fn failure(&self) -> (u16, String) {
        let body: api::ErrorBody = serde_json::from_value(self.json()).expect("the shape of an error");
        assert!(!body.error.message.is_empty());
        (self.status.as_u16(), body.error.code)
    }
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        let service = FakeService::new();
        let token = Token::random().expect("randomness");
        let stop = watch::Sender::new(false);
        let router = router(service.clone(), token.clone(), PORT, limits, stop.subscribe());
        Self {
            service,
            token,
            stop,
            router,
        }
    }

    /// A request with the token, to the right host.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, HOST)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token.reveal()));
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request.body(Body::from(body.to_owned())).expect("a request")
    }

    /// The reply with its body still to be read.
    pub(crate) async fn open(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.expect("infallible")
    }

    /// The whole reply.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let (head, body) = self.open(request).await.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Reply {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8(bytes.to_vec()).expect("UTF-8"),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path, "")).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        self.send(self.request("POST", path, body)).await
    }
}

/// A JSON body with one text in it.
pub(crate) fn body(field: &str, text: &str) -> String {
    serde_json::json!({ field: text }).to_string()
}

fn name(document: api::Document) -> api::DocumentName {
    api::DocumentName {
        document_id: document.document_id,
        title: document.title,
        path: document.path,
        part: document.part,
        kind: document.kind,
        date: document.date,
    }
}
