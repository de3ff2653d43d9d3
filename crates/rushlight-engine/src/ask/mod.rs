//! One question, from the search to the finished answer. One is answered at a time; a few may wait; one more is told to
//! come back.

mod comparison;
mod fact;
mod follow_up;
mod list;
mod subject;
mod summary;
mod talk;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rushlight_answer::{check_question, route};
use rushlight_core::{
    Answer, AnswerEvent, AnswerKind, DocumentKind, EarlierTurn, Error, ErrorCode, Principal, Result, Route,
};

use crate::engine::Engine;

/// A question, and who asks.
#[derive(Clone, Debug)]
pub struct AskRequest {
    /// The asker's principals.
    pub principals: Vec<Principal>,
    /// The question.
    pub question: String,
    /// Names of spaces; empty: all.
    pub spaces: Vec<String>,
    /// Kinds; empty: all.
    pub kinds: Vec<DocumentKind>,
    /// How it is to be answered; `None`: as its words say.
    pub kind: Option<AnswerKind>,
    /// The conversation so far, oldest first: what the question may lean on.
    pub history: Vec<EarlierTurn>,
    /// Fences the evidence in the prompt: random letters and digits, fresh for each question.
    pub fence: String,
    /// At most so many tokens of answer.
    pub max_tokens: usize,
    /// At most so many tokens of thinking before it, of a model that thinks.
    pub thinking_tokens: usize,
}

impl Engine {
    /// Answers a question. `on_event` is called from the generating thread and sees the events in their order;
    /// setting `cancel` ends it soon with `Cancelled`.
    ///
    /// Without a language model the best sentence is quoted instead, and the answer names no model.
    ///
    /// # Errors
    /// As [`Engine::search`]; `Busy` when too many wait; `Cancelled`; what the model comes to.
    pub async fn ask(
        &self,
        mut request: AskRequest,
        cancel: Arc<AtomicBool>,
        mut on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Answer> {
        check_question(&request.question)?;
        let _place = self.shared.queue.enter(&request.principals)?;
        let _waiting = self.shared.gate.enter();
        let mut routed = route(&request.question);
        if let Some(talk) = routed.small_talk.filter(|_| request.kind.is_none()) {
            return self.small_talk(&request, talk, &mut on_event);
        }
        let standalone = self.stand_alone(&request, &cancel).await?;
        if let Some(standalone) = &standalone {
            request.question.clone_from(standalone);
            routed = route(standalone);
        }
        if let Some(because) = routed.if_versions.take().filter(|_| request.kind.is_none())
            && self.asks_of_versions(&request, &cancel).await?
        {
            (routed.kind, routed.because) = (AnswerKind::Comparison, Some(because));
        }
        let route = Route {
            kind: request.kind.unwrap_or(routed.kind),
            because: routed.because.filter(|_| request.kind.is_none()),
            standalone,
            ..Route::default()
        };
        send(&mut on_event, AnswerEvent::Route(route.clone()))?;
        match route.kind {
            AnswerKind::Fact => self.fact(request, route, cancel, on_event).await,
            AnswerKind::List => self.list(request, route, cancel, on_event).await,
            AnswerKind::Summary => self.summary(request, route, cancel, on_event).await,
            AnswerKind::Comparison => self.comparison(request, route, cancel, on_event).await,
        }
    }
}

/// `Cancelled` once the flag is set.
fn go_on(cancel: &AtomicBool) -> Result<()> {
    match cancel.load(Ordering::Acquire) {
        true => Err(withdrawn()),
        false => Ok(()),
    }
}

fn withdrawn() -> Error {
    Error::new(ErrorCode::Cancelled, "the question was withdrawn")
}

/// Tells the asker; an error where they no longer listen.
fn send(on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>, event: AnswerEvent) -> Result<()> {
    match on_event(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(withdrawn()),
    }
}
