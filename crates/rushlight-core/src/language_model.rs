//! The language model as a port.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

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
    /// Only tokens that are at least so likely as a share of the likeliest one; 0 is all.
    pub min_p: f32,
    /// What scores of the last 64 tokens written are lowered by, as a factor above 0; 1 leaves them as they are.
    pub repeat_penalty: f32,
    /// Added to the scores of these texts, each of which must be a token of the model.
    pub bias: Vec<(String, f32)>,
    /// What may be written; anything when `None`.
    pub rule: Option<TextRule>,
    /// Seed of the sampling; without meaning when greedy.
    pub seed: u64,
    /// Generation ends before the first of these.
    pub stop: Vec<String>,
    /// At most so many tokens of thinking before the answer, beside `max_tokens`, of a model that thinks; it does not when 0.
    pub thinking_tokens: usize,
}

/// Whether a text may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// It may not, whatever follows.
    No,
    /// It may, and more must follow.
    Begun,
    /// It may, and may end here.
    Whole,
}

/// A grammar or a set of texts that an answer must follow: told the text so far, it says whether that is allowed. What begins a text
/// that is allowed must be allowed too.
#[derive(Clone)]
pub struct TextRule(Arc<dyn Fn(&str) -> Allowed + Send + Sync>);

impl TextRule {
    /// A rule that `judge` decides.
    pub fn new(judge: impl Fn(&str) -> Allowed + Send + Sync + 'static) -> Self {
        Self(Arc::new(judge))
    }

    /// Exactly one of these texts.
    pub fn one_of(texts: impl IntoIterator<Item = String>) -> Self {
        let texts: Vec<String> = texts.into_iter().collect();
        Self::new(move |text| {
            let longer = texts.iter().filter(|whole| whole.starts_with(text));
            match longer.clone().any(|whole| whole == text) {
                true => Allowed::Whole,
                false if longer.count() > 0 => Allowed::Begun,
                false => Allowed::No,
            }
        })
    }

    /// What it says of a text.
    pub fn judge(&self, text: &str) -> Allowed {
        (self.0)(text)
    }
}

impl fmt::Debug for TextRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("TextRule")
    }
}

impl PartialEq for TextRule {
    /// Whether both are the same one.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Default for GenerationParams {
    fn default() -> Self {
        Self {
            max_tokens: 256,
            temperature: 0.0,
            top_p: 1.0,
            min_p: 0.0,
            repeat_penalty: 1.0,
            bias: Vec::new(),
            rule: None,
            seed: 0,
            stop: Vec::new(),
            thinking_tokens: 0,
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
    /// The next piece of what is thought before the answer, whole characters only.
    Thought(&'a str),
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
    /// Tokens generated, without those of thinking.
    pub generated_tokens: usize,
    /// Tokens of thinking.
    pub thought_tokens: usize,
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

/// What a model has in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelMemory {
    /// Bytes of its weights, as its file has them.
    pub weights: u64,
    /// Conversations of which is kept what was read.
    pub conversations: usize,
    /// Bytes of that.
    pub conversation_bytes: u64,
    /// What they may come to: where it would be more, the conversation that was used longest ago is forgotten.
    pub conversation_limit: u64,
}

/// Writes text. One thread at a time owns it; a second caller waits.
///
/// The state of the last prompt is kept, and as far as there is memory for it that of prompts of other conversations: a prompt that starts
/// with the same tokens as one of them reads only the rest.
pub trait LanguageModel: Send + Sync {
    /// What the model is.
    fn spec(&self) -> &LanguageModelSpec;

    /// What it has in memory now. Does not wait for who generates.
    fn memory(&self) -> ModelMemory;

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

    /// What the model has of the prompt's last token behind each of these blocks, counted from 1: its hidden states, in order; `None`
    /// from a model that shows none. Asked before [`LanguageModel::first_token_log_probabilities`] of the same prompt it costs nothing,
    /// for the prompt is read once.
    ///
    /// # Errors
    /// As [`LanguageModel::generate`]; `GenerationFailed` for a block that the model does not have.
    fn hidden_states(
        &self,
        prompt: &Prompt,
        blocks: &[usize],
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Vec<f32>>>> {
        let _ = (prompt, blocks, on_event);
        Ok(None)
    }

    /// The log-probability of each token of `text` as what the model writes after the prompt, without thinking; none of an empty
    /// text. Their sum is that of the text.
    ///
    /// # Errors
    /// As [`LanguageModel::generate`].
    fn log_probabilities(
        &self,
        prompt: &Prompt,
        text: &str,
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f32>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_knows_what_begins_one_of_its_texts() {
        let rule = TextRule::one_of(["tea".to_owned(), "teapot".to_owned()]);
        for (text, allowed) in [
            ("", Allowed::Begun),
            ("te", Allowed::Begun),
            ("tea", Allowed::Whole),
            ("teapo", Allowed::Begun),
            ("teapot", Allowed::Whole),
            ("teapots", Allowed::No),
            ("a", Allowed::No),
        ] {
            assert_eq!(rule.judge(text), allowed, "{text}");
        }
    }
}
