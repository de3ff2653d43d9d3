//! What is said to the assistant and asks nothing of the documents.

use std::ops::ControlFlow;

use rushlight_answer::{SmallTalk, reply};
use rushlight_core::{Answer, AnswerEvent, AnswerKind, Result, Route};

use super::{AskRequest, send};
use crate::engine::Engine;

impl Engine {
    /// Replies without a search.
    pub(super) fn small_talk(
        &self,
        request: &AskRequest,
        talk: SmallTalk,
        on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer> {
        let route = Route {
            kind: AnswerKind::Fact,
            because: Some(request.question.trim().to_owned()),
            ..Route::default()
        };
        send(on_event, AnswerEvent::Route(route.clone()))?;
        let answer = Answer {
            text: reply(talk, &request.question, &request.history),
            route,
            ..Answer::default()
        };
        send(on_event, AnswerEvent::Finished(Box::new(answer.clone())))?;
        Ok(answer)
    }
}
