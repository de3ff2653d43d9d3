//! A question, and its answer as it comes.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::Stream;
use rushlight_api as api;
use rushlight_core::{AnswerEvent, Error, ErrorCode};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::app::App;
use crate::auth::principals;
use crate::extract::Payload;
use crate::limits::Permit;
use crate::service::Question;

/// How many events may wait for the relay. It takes them at once, so a few are enough.
const WAITING_EVENTS: usize = 64;

pub(crate) async fn ask(
    State(app): State<App>,
    Extension(permit): Extension<Permit>,
    Payload(request): Payload<api::AskRequest>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let api::AskRequest {
        question,
        spaces,
        kinds,
        conversation,
        kind,
        model,
    } = request;
    let kinds = kinds.into_iter().map(Into::into).collect();
    let question = Question {
        principals: principals(),
        question,
        spaces,
        kinds,
        conversation,
        kind: kind.map(Into::into),
        model,
    };

    let cancel = Arc::new(AtomicBool::new(false));
    // Not bounded, so that a client that reads slowly never holds up the thread that owns the model. The answer's
    // length bounds it.
    let (client, received) = mpsc::unbounded_channel();
    tokio::spawn(relay(app, question, cancel.clone(), client, permit));
    let reader = (received, CancelOnDrop(cancel));
    let stream = futures::stream::unfold(reader, async |mut reader| {
        let event = reader.0.recv().await?;
        Some((Ok(event), reader))
    });
    Sse::new(stream).keep_alive(keep_alive())
}

/// Asks, passes on what happens, and ends with the answer or an error. Goes on when the client has gone, until the
/// service has noticed: a call is never dropped half-way.
async fn relay(
    app: App,
    question: Question,
    cancel: Arc<AtomicBool>,
    client: mpsc::UnboundedSender<Event>,
    _permit: Permit,
) {
    let (events, mut received) = mpsc::channel(WAITING_EVENTS);
    let service = app.service.clone();
    let flag = cancel.clone();
    let mut asking = tokio::spawn(async move { service.ask(question, flag, events).await });
    // That nobody reads any more is no error: the flag says so to whom it concerns.
    let send = |event: Event| drop(client.send(event));
    let outcome = loop {
        tokio::select! {
            biased;
            Some(happened) = received.recv() => {
                if let Some(event) = shape(&happened) {
                    send(event);
                }
            }
            outcome = &mut asking => break outcome,
            () = app.stopped() => {
                cancel.store(true, Ordering::Relaxed);
                send(failure(&Error::new(ErrorCode::Cancelled, "the server is stopping")));
                return;
            }
        }
    };
    while let Ok(happened) = received.try_recv() {
        if let Some(event) = shape(&happened) {
            send(event);
        }
    }
    send(match outcome {
        Ok(Ok(answered)) => event(
            "answer",
            &api::Asked {
                answer: api::Answer::from(&answered.answer),
                conversation: answered.conversation,
                receipt: answered.receipt,
            },
        ),
        Ok(Err(error)) => {
            tracing::debug!(code = error.code().as_str(), "a question was not answered");
            failure(&error)
        }
        Err(_) => {
            tracing::warn!("a question ended in a panic");
            failure(&Error::new(ErrorCode::Internal, "answering ended in a panic"))
        }
    });
}

/// What the client is told of it; nothing of the finished answer, which the call itself returns.
fn shape(happened: &AnswerEvent) -> Option<Event> {
    match happened {
        AnswerEvent::Route(route) => Some(event("route", &api::Route::from(route))),
        AnswerEvent::First(citation) => Some(event(
            "first",
            &api::First {
                citation: citation.into(),
            },
        )),
        AnswerEvent::Waiting { ahead } => Some(event("waiting", &api::Waiting { ahead: *ahead })),
        AnswerEvent::Evidence(passages) => {
            let passages = passages.iter().map(api::Passage::from).collect();
            Some(event("evidence", &api::Evidence { passages }))
        }
        AnswerEvent::Reading { done, total } => Some(event(
            "reading",
            &api::Reading {
                done: *done,
                total: *total,
            },
        )),
        AnswerEvent::Thought(text) => Some(event("thought", &api::Piece { text: text.clone() })),
        AnswerEvent::Piece(text) if !text.is_empty() => {
            Some(event("piece", &api::Piece { text: text.clone() }))
        }
        AnswerEvent::Piece(_) | AnswerEvent::Finished(_) => None,
    }
}

fn failure(error: &Error) -> Event {
    event("error", &api::ErrorBody::from(error))
}

/// An event of a stream.
pub(crate) fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default()
        .event(name)
        .json_data(data)
        .expect("plain data has a JSON form without line breaks")
}

/// Comments that keep a quiet stream open and notice a client that has gone.
pub(crate) fn keep_alive() -> KeepAlive {
    KeepAlive::new()
        .interval(Duration::from_secs(10))
        .text("still here")
}

/// Lives in the stream: when the connection is closed the stream is dropped, and the answer is cancelled.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
