//! One question, from the search to the finished answer. One is answered at a time; a few may wait; one more is told to
//! come back.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rushlight_answer::{AnswerInputs, answer, check_question};
use rushlight_core::{
    Answer, AnswerEvent, DocumentKind, Error, ErrorCode, GenerationParams, LanguageModel, Principal, Result,
    SearchRequest,
};

use crate::engine::{Engine, go_on_unless};
use crate::search::{Reading, blocking};

/// Hits that evidence is selected from.
const HITS: usize = 12;

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
        mut on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
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
        let response = self
            .find(
                SearchRequest {
                    principals: request.principals.clone(),
                    spaces: request.spaces.clone(),
                    kinds: request.kinds.clone(),
                    limit: HITS,
                    grouped: false,
                    ..SearchRequest::new(&request.question)
                },
                Reading::Question,
            )
            .await?;
        let _turn = self
            .shared
            .answering
            .acquire()
            .await
            .expect("the semaphore is never closed");
        if cancel.load(Ordering::Acquire) {
            return Err(Error::new(ErrorCode::Cancelled, "the question was withdrawn"));
        }

        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let spaces = shared.resolve_spaces(&request.spaces, &request.principals)?;
            let coverage = shared.ledger.coverage(&spaces, &request.principals)?;
            let model: Option<Arc<dyn LanguageModel>> = match shared.language_model.get() {
                Ok(model) => Some(model),
                Err(error) if error.code() == ErrorCode::ModelMissing => None,
                Err(error) => return Err(error),
            };
            shared.touch();
            let inputs = AnswerInputs {
                question: &request.question,
                hits: &response.hits,
                coverage,
                fence: &request.fence,
            };
            let params = GenerationParams {
                max_tokens: request.max_tokens,
                ..GenerationParams::default()
            };
            answer(
                &inputs,
                &shared.options.answer,
                model.as_deref(),
                &params,
                &mut |mut event| {
                    if let AnswerEvent::Finished(answer) = &mut event {
                        shared.narrow(answer);
                    }
                    on_event(event)?;
                    go_on_unless(cancel.load(Ordering::Acquire))
                },
            )
            .map(|mut answer| {
                shared.narrow(&mut answer);
                answer
            })
        })
        .await
    }
}
