//! The language model as a port.

use std::ops::ControlFlow;

use crate::error::Result;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A turn of `role`.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
        }
    }
}

/// Turns that end with the user's; the adapter writes them in the model's own chat template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// In order.
    pub messages: Vec<Message>,
}

/// How to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerationParams {
    /// At most so many tokens.
    pub max_tokens: usize,
    /// 0 is greedy: always the likeliest token.
    pub temperature: f32,
    /// Only the likeliest tokens that make up this probability; 1 is all.
    pub top_p: f32,
    /// Seed of the sampling; without meaning when greedy.
    pub seed: u64,
    /// Generation ends before the first of these.
    pub stop: Vec<String>,
}

impl Default for GenerationParams {
    fn default() -> Self {
        Self {
            max_tokens: 256,
            temperature: 0.0,
            top_p: 1.0,
            seed: 0,
            stop: Vec::new(),
        }
    }
}

/// What happens while generating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GenerateEvent<'a> {
    /// So many of the prompt's tokens have been read.
    Reading {
        /// Read so far, those kept from an earlier call included.
        done: usize,
        /// All of them.
        total: usize,
    },
    /// The next piece of text, whole characters only.
    Piece(&'a str),
}

/// What a generation came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GenerationSummary {
    /// All the text.
    pub text: String,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of these, kept from an earlier call and not read again.
    pub cached_tokens: usize,
    /// Tokens generated.
    pub generated_tokens: usize,
    /// Mean log-probability of the generated tokens; 0 when none.
    pub mean_log_probability: f32,
    /// True when `max_tokens` ended it.
    pub truncated: bool,
    /// Milliseconds until the prompt was read.
    pub prompt_ms: u64,
    /// Milliseconds after that.
    pub generation_ms: u64,
}

/// What a language model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageModelSpec {
    /// Identity, for people and receipts.
    pub model_id: String,
    /// SHA-256 of the weights.
    pub sha256: String,
    /// Tokens of prompt and answer together.
    pub context_tokens: usize,
}

/// Writes text. One thread at a time owns it; a second caller waits.
///
/// The state of the last prompt is kept: a prompt that starts with the same tokens reads only the rest.
pub trait LanguageModel: Send + Sync {
    /// What the model is.
    fn spec(&self) -> &LanguageModelSpec;

    /// Tokens of a text.
    fn count_tokens(&self, text: &str) -> usize;

    /// Writes an answer. `on_event` sees each piece; when it breaks, generation ends and the error is `Cancelled`.
    ///
    /// # Errors
    /// `PromptTooLong` when prompt and `max_tokens` do not fit; `Cancelled`; `GenerationFailed`.
    fn generate(
        &self,
        prompt: &Prompt,
        params: &GenerationParams,
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<GenerationSummary>;

    /// The log-probability of each choice's first token as the next token after the prompt, in order.
    ///
    /// # Errors
    /// As [`LanguageModel::generate`].
    fn first_token_log_probabilities(
        &self,
        prompt: &Prompt,
        choices: &[&str],
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f32>>;
}
