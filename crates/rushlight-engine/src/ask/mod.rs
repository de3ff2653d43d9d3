//! One question, from the search to the finished answer. One is answered at a time; a few may wait; one more is told to
//! come back.

mod fact;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rushlight_answer::check_question;
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
        request: AskRequest,
        cancel: Arc<AtomicBool>,
        on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Answer> {
        check_question(&request.question)?;
        let Ok(_place) = Arc::clone(&self.shared.questions).try_acquire_owned() else {
            let waiting = self.shared.options.answer_queue;
            return Err(Error::new(
                ErrorCode::Busy,
                format!("{waiting} questions are waiting already"),
            ));
        };
        let _waiting = self.shared.gate.enter();
        let route = Route {
            kind: request.kind.unwrap_or_default(),
            ..Route::default()
        };
        self.fact(request, route, cancel, on_event).await
    }
}
