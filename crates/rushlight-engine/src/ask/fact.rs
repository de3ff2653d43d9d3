//! A question about one fact: search, evidence, the model, the check.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rushlight_answer::{AnswerInputs, answer};
use rushlight_core::{
    Answer, AnswerEvent, Error, ErrorCode, GenerationParams, LanguageModel, Result, Route, SearchRequest,
};

use super::AskRequest;
use crate::engine::{Engine, go_on_unless};
use crate::search::{Reading, blocking};

/// Hits that evidence is selected from.
const HITS: usize = 12;

impl Engine {
    /// Answers from the best passages.
    pub(super) async fn fact(
        &self,
        request: AskRequest,
        route: Route,
        cancel: Arc<AtomicBool>,
        mut on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Answer> {
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
            let spaces = shared.resolve_spaces(&request.spaces)?;
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
                route,
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
