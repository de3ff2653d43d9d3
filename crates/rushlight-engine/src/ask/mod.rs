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
use std::time::Duration;

use rushlight_answer::{check_question, route};
use rushlight_core::{
    Answer, AnswerEvent, AnswerKind, DocumentKind, EarlierTurn, Error, ErrorCode, Principal, Result, Route,
};

use crate::engine::Engine;

/// How often it is looked whether a question still stands.
const LOOK_EVERY: Duration = Duration::from_millis(100);

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
    /// The language model that is asked, by its id; `None`: that of the settings.
    pub model: Option<String>,
    /// The conversation so far, oldest first: what the question may lean on.
    pub history: Vec<EarlierTurn>,
    /// Fences the evidence in the prompt: random letters and digits, fresh for each conversation.
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
    /// As [`Engine::search`] and [`Engine::check_language_model`]; `Busy` when too many wait; `MemoryInsufficient`; `Cancelled`; what the
    /// model comes to.
    pub async fn ask(
        &self,
        mut request: AskRequest,
        cancel: Arc<AtomicBool>,
        mut on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Answer> {
        check_question(&request.question)?;
        self.check_language_model(request.model.as_deref())?;
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

/// What the work comes to; where the question is withdrawn meanwhile, nobody waits for it, and what it has begun on other threads goes on.
async fn unless_withdrawn<T>(cancel: &AtomicBool, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(LOOK_EVERY, &mut work).await {
            Ok(done) => return done,
            Err(_) => go_on(cancel)?,
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

#[cfg(test)]
mod tests {
    use std::future;

    use super::*;

    #[test]
    fn a_withdrawn_question_waits_for_no_work() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let cancel = AtomicBool::new(false);
        let done = runtime.block_on(unless_withdrawn(&cancel, async { Ok(7) }));
        assert_eq!(done.expect("done"), 7);
        cancel.store(true, Ordering::Release);
        let never = runtime.block_on(unless_withdrawn(&cancel, future::pending::<Result<()>>()));
        assert_eq!(never.expect_err("withdrawn").code(), ErrorCode::Cancelled);
    }
}
