//! A question that leans on the conversation, rewritten before it is searched.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rushlight_answer::{accept_rewrite, check_question, rewrite_prompt, stand_alone};
use rushlight_core::{ErrorCode, GenerationParams, Prompt, Result};

use super::AskRequest;
use crate::engine::{Engine, go_on_unless};
use crate::search::blocking;

/// Tokens that a model may write of a question.
const TOKENS: usize = 64;

impl Engine {
    /// The question as it reads without the conversation; `None` where it leans on nothing. A model is asked only where the
    /// rules leave more than one reading, and its question is taken only where its words are the conversation's.
    pub(super) async fn stand_alone(
        &self,
        request: &AskRequest,
        cancel: &Arc<AtomicBool>,
    ) -> Result<Option<String>> {
        let Some(ruled) = stand_alone(&request.question, &request.history) else {
            return Ok(None);
        };
        // What it would come to with all of a long conversation's words is no question any more.
        let Ok(text) = check_question(&ruled.text).map(str::to_owned) else {
            return Ok(None);
        };
        if ruled.sure {
            return Ok(Some(text));
        }
        let prompt = rewrite_prompt(&request.question, &request.history, &request.fence);
        let written = self.written_question(request, prompt, cancel).await?;
        let accepted =
            written.and_then(|written| accept_rewrite(&request.question, &request.history, &written));
        Ok(Some(accepted.unwrap_or(text)))
    }

    /// What the model writes when it is asked for a question; `None` where there is none or it fails, which is told when the answer is to be
    /// written.
    pub(super) async fn written_question(
        &self,
        request: &AskRequest,
        prompt: Prompt,
        cancel: &Arc<AtomicBool>,
    ) -> Result<Option<String>> {
        let (shared, request, cancel) = (Arc::clone(&self.shared), request.clone(), Arc::clone(cancel));
        blocking(move || {
            let mut told = |_| ControlFlow::Continue(());
            let _turn = shared.turn(&request.principals, &cancel, &mut told)?;
            let model = match shared.language_model(&request, &cancel) {
                Ok(Some(model)) => model,
                Err(error) if error.code() == ErrorCode::Cancelled => return Err(error),
                Ok(None) | Err(_) => return Ok(None),
            };
            let params = GenerationParams {
                max_tokens: TOKENS,
                ..GenerationParams::default()
            };
            let written = model.generate(&prompt, &params, &mut |_| {
                go_on_unless(cancel.load(Ordering::Acquire))
            });
            match written {
                // What was cut off is no question.
                Ok(summary) => Ok((!summary.truncated).then_some(summary.text)),
                Err(error) if error.code() == ErrorCode::Cancelled => Err(error),
                Err(error) => {
                    tracing::warn!(code = error.code().as_str(), "the model wrote no question");
                    Ok(None)
                }
            }
        })
        .await
    }
}
