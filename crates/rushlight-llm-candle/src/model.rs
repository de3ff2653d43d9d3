//! The port, implemented.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use parking_lot::Mutex;
use rushlight_core::{
    Allowed, Error, ErrorCode, GenerateEvent, GenerationParams, GenerationSummary, LanguageModel,
    LanguageModelSpec, Message, ModelMemory, Prompt, Result, Role, TextRule,
};

use rushlight_kernels::Isa;

use crate::chat::ChatTemplate;
use crate::conversations::Kept;
use crate::decoder::Decoder;
use crate::gguf::Gguf;
use crate::memory;
use crate::prefixes::Prefixes;
use crate::sampling::{Sampler, log_sum_exp};
use crate::session::{Session, cancelled};
use crate::stop::StopFilter;
use crate::text::{Text, TextStream};
use crate::thinking::{ENOUGH, Parted, ThoughtFilter};

/// What is known of a model file beside its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandleOptions {
    /// Identity, for people and receipts.
    pub model_id: String,
    /// SHA-256 of the file, already verified.
    pub sha256: String,
    /// Tokens of prompt and answer together, at most; the file may allow less. Memory grows with what is used.
    pub max_context: usize,
    /// Whether tokens are guessed from what was read, and checked several at once. What is written is the same.
    pub guesses: bool,
    /// Threads that compute; one per core when 0. What is written does not depend on it.
    pub threads: usize,
    /// A folder for the model's state behind system turns, which the next start begins from; nothing is written when `None`.
    pub states: Option<PathBuf>,
    /// Bytes of keys and values that are kept of conversations at most. That of the last one is kept whatever it takes.
    pub conversation_bytes: usize,
}

/// Tokens of a given text that are read at once.
const TOKENS_AHEAD: usize = 32;

/// A language model in memory.
pub struct CandleModel {
    spec: LanguageModelSpec,
    text: Text,
    chat: ChatTemplate,
    weight_bytes: u64,
    conversation_bytes: usize,
    kept: Arc<Kept>,
    session: Mutex<Session>,
}

impl CandleModel {
    /// Reads a GGUF file of architecture llama, qwen2, qwen3 or gemma3 whole. Takes seconds.
    ///
    /// # Errors
    /// `ModelMissing` when there is no such file; `MemoryInsufficient` with figures when it does not fit into
    /// memory; `ModelUnusable` with the reason when it is not such a model.
    pub fn load(path: &Path, options: CandleOptions) -> Result<Self> {
        let CandleOptions {
            model_id,
            sha256,
            max_context,
            guesses,
            threads,
            states,
            conversation_bytes,
        } = options;
        let gguf = Gguf::open(path)?;
        memory::check(&path.display().to_string(), gguf.size())?;
        // The weights wait for memory most of the time.
        let (text, decoder) = thread::scope(|scope| {
            let text = scope.spawn(|| Text::from_gguf(&gguf));
            let decoder = Decoder::read(&gguf, max_context, threads);
            (text.join(), decoder)
        });
        let text = text.unwrap_or_else(|panic| resume_unwind(panic))?;
        let chat = ChatTemplate::new(
            gguf.find_string("tokenizer.chat_template"),
            &text.specials,
            &text.bos,
            &text.eos,
        )
        .map_err(|why| gguf.unusable(&why))?;
        // With the token before them as many as are multiplied at once.
        let guessed = if guesses {
            Isa::best().rows_at_once() - 1
        } else {
            0
        };
        let prefixes = Prefixes::new(states, &sha256);
        let session = Session::new(decoder?, guessed, prefixes, conversation_bytes);
        let spec = LanguageModelSpec {
            model_id,
            sha256,
            context_tokens: session.context_tokens(),
        };
        Ok(Self {
            spec,
            text,
            chat,
            weight_bytes: gguf.size(),
            conversation_bytes,
            kept: session.kept(),
            session: Mutex::new(session),
        })
    }

    /// The prompt as it is read, when `max_tokens` more fit behind it.
    fn turns(&self, prompt: &Prompt, max_tokens: usize, think: bool) -> Result<Turns> {
        let rendered = self.chat.render(prompt, think)?;
        let tokens = self.text.prompt(&rendered.text)?;
        if tokens.is_empty() {
            return Err(Error::new(ErrorCode::GenerationFailed, "the prompt is empty"));
        }
        let (prompt_tokens, room) = (tokens.len(), self.spec.context_tokens);
        if prompt_tokens.saturating_add(max_tokens) > room {
            return Err(Error::new(
                ErrorCode::PromptTooLong,
                format!(
                    "a prompt of {prompt_tokens} tokens and an answer of {max_tokens} do not fit the model's {room}"
                ),
            ));
        }
        let prefix = self.prefix(prompt, &tokens)?;
        Ok(Turns {
            tokens,
            prefix,
            thinking: rendered.thinking,
        })
    }

    /// How many of the tokens every prompt with the same system turn begins with.
    fn prefix(&self, prompt: &Prompt, tokens: &[u32]) -> Result<usize> {
        let Some(system) = prompt.messages.first().filter(|first| first.role == Role::System) else {
            return Ok(0);
        };
        let mut prefix = tokens.len();
        for other in ["a", "1"] {
            let other = Prompt {
                messages: vec![system.clone(), Message::new(Role::User, other)],
            };
            let other = self.text.prompt(&self.chat.render(&other, false)?.text)?;
            let both = tokens[..prefix].iter().zip(&other);
            prefix = both.take_while(|(ours, theirs)| ours == theirs).count();
        }
        Ok(prefix)
    }

    /// Whether a token may follow a text by a rule. A rule cannot be told a part of a character, so no token may end inside of one.
    fn follows(&self, rule: Option<&TextRule>, stream: &TextStream<'_>, text: &str, token: u32) -> bool {
        let Some(rule) = rule else { return true };
        if self.text.is_end(token) {
            return rule.judge(text) == Allowed::Whole;
        }
        let piece = stream.clone().push(token).unwrap_or_default();
        !piece.is_empty() && rule.judge(&format!("{text}{piece}")) != Allowed::No
    }

    /// The tokens that a bias is for.
    fn bias(&self, bias: &[(String, f32)]) -> Result<Vec<(u32, f32)>> {
        let tokens = bias.iter().map(|(text, by)| {
            let token = self.text.token(text)?.filter(|_| !by.is_nan());
            token.map(|token| (token, *by)).ok_or_else(|| {
                let message = format!(
                    "`{text}` is no token of the model, or {by} nothing that can be added to one's score"
                );
                Error::new(ErrorCode::GenerationFailed, message)
            })
        });
        tokens.collect()
    }
}

/// A prompt as it is read.
struct Turns {
    tokens: Vec<u32>,
    /// Tokens that other prompts begin with too.
    prefix: usize,
    /// Whether the model may think first, and has begun to.
    thinking: Option<bool>,
}

impl LanguageModel for CandleModel {
    fn spec(&self) -> &LanguageModelSpec {
        &self.spec
    }

    fn memory(&self) -> ModelMemory {
        ModelMemory {
            weights: self.weight_bytes,
            conversations: self.kept.conversations(),
            conversation_bytes: self.kept.bytes() as u64,
            conversation_limit: self.conversation_bytes as u64,
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        // Only a broken tokenizer fails; the byte count is then an upper bound.
        self.text.tokens(text).map_or(text.len(), |tokens| tokens.len())
    }

    fn generate(
        &self,
        prompt: &Prompt,
        params: &GenerationParams,
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<GenerationSummary> {
        let Turns {
            tokens,
            prefix,
            thinking,
        } = self.turns(prompt, params.max_tokens, params.thinking_tokens > 0)?;
        let mut sampler = Sampler::new(params, self.bias(&params.bias)?)?;
        let mut session = self.session.lock();
        let started = Instant::now();
        let cached_tokens = session.read_prompt(&tokens, prefix, on_event)?;
        let prompt_ms = millis(started);

        let started = Instant::now();
        let mut stream = self.text.stream();
        let mut stops = StopFilter::new(&params.stop);
        let mut thoughts = thinking.map_or_else(ThoughtFilter::answering, ThoughtFilter::thinking);
        let enough = self.text.tokens(ENOUGH)?;
        let left = self.spec.context_tokens - tokens.len() - params.max_tokens;
        let thinking_tokens = params.thinking_tokens.min(left.saturating_sub(enough.len()));
        let mut summary = GenerationSummary {
            prompt_tokens: tokens.len(),
            cached_tokens,
            truncated: true,
            prompt_ms,
            ..GenerationSummary::default()
        };
        let mut log_probability = 0.0;
        // What is held back because it may begin a stop string counts for a rule.
        let mut written = String::new();
        let mut stopped = false;
        while summary.generated_tokens < params.max_tokens {
            if thoughts.is_thinking() && summary.thought_tokens >= thinking_tokens {
                for token in &enough {
                    thoughts.push(&stream.push(*token)?);
                    session.read_token(*token)?;
                }
                if thoughts.is_thinking() {
                    return Err(Error::new(
                        ErrorCode::GenerationFailed,
                        "the model has no tokens that end its thought",
                    ));
                }
            }
            let answering = !thoughts.is_thinking();
            let follows = |token| self.follows(params.rule.as_ref(), &stream, &written, token);
            let allowed: Option<&dyn Fn(u32) -> bool> = match params.rule {
                Some(_) if answering => Some(&follows),
                _ => None,
            };
            let Some((token, of_token)) = sampler.next(session.logits(), allowed) else {
                return Err(Error::new(
                    ErrorCode::GenerationFailed,
                    "no token of the model goes on as the rule for the text wants it",
                ));
            };
            if self.text.is_end(token) {
                summary.truncated = false;
                break;
            }
            let Parted { thought, answer } = thoughts.push(&stream.push(token)?);
            match answering && !thoughts.is_thinking() {
                true => {
                    summary.generated_tokens += 1;
                    log_probability += of_token;
                }
                false => summary.thought_tokens += 1,
            }
            told(on_event, GenerateEvent::Thought, &thought)?;
            written.push_str(&answer);
            let (piece, stop) = stops.push(&answer);
            summary.text.push_str(&piece);
            told(on_event, GenerateEvent::Piece, &piece)?;
            if stop {
                summary.truncated = false;
                stopped = true;
                break;
            }
            // The last token's successor is never asked for.
            if summary.generated_tokens < params.max_tokens {
                session.read_token(token)?;
            }
        }
        let Parted { thought, answer } = thoughts.finish();
        told(on_event, GenerateEvent::Thought, &thought)?;
        if !stopped {
            let (piece, stop) = stops.push(&answer);
            let rest = if stop { String::new() } else { stops.finish() };
            for piece in [piece, rest] {
                summary.text.push_str(&piece);
                told(on_event, GenerateEvent::Piece, &piece)?;
            }
        }
        if summary.generated_tokens > 0 {
            summary.mean_log_probability = log_probability / summary.generated_tokens as f32;
        }
        summary.generation_ms = millis(started);
        Ok(summary)
    }

    fn first_token_log_probabilities(
        &self,
        prompt: &Prompt,
        choices: &[&str],
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f32>> {
        let firsts = choices
            .iter()
            .map(|choice| {
                let tokens = self.text.tokens(choice)?;
                tokens
                    .first()
                    .map(|token| *token as usize)
                    .ok_or_else(|| Error::new(ErrorCode::GenerationFailed, "a choice is empty"))
            })
            .collect::<Result<Vec<usize>>>()?;
        let Turns { tokens, prefix, .. } = self.turns(prompt, 0, false)?;
        let mut session = self.session.lock();
        session.read_prompt(&tokens, prefix, on_event)?;
        let logits = session.logits();
        let total = log_sum_exp(logits);
        Ok(firsts
            .into_iter()
            .map(|token| logits.get(token).map_or(f32::NEG_INFINITY, |logit| logit - total))
            .collect())
    }

    fn hidden_states(
        &self,
        prompt: &Prompt,
        blocks: &[usize],
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Vec<f32>>>> {
        let Turns { tokens, prefix, .. } = self.turns(prompt, 0, false)?;
        let mut session = self.session.lock();
        session.read_states(&tokens, prefix, blocks, on_event).map(Some)
    }

    fn log_probabilities(
        &self,
        prompt: &Prompt,
        text: &str,
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f32>> {
        let written = self.text.tokens(text)?;
        let Turns { tokens, prefix, .. } = self.turns(prompt, written.len(), false)?;
        if written.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.session.lock();
        session.read_prompt(&tokens, prefix, on_event)?;
        let mut known = Vec::with_capacity(written.len());
        for part in written.chunks(TOKENS_AHEAD) {
            for (at, token) in part.iter().enumerate() {
                let logits = session.logits();
                let logit = logits.get(*token as usize).copied().unwrap_or(f32::NEG_INFINITY);
                known.push(logit - log_sum_exp(logits));
                match at {
                    0 => session.read_ahead(part)?,
                    _ => session.read_token(*token)?,
                }
            }
            let (done, total) = (tokens.len() + known.len(), tokens.len() + written.len());
            if on_event(GenerateEvent::Reading { done, total }).is_break() {
                return Err(cancelled());
            }
        }
        Ok(known)
    }
}

/// Tells of a piece, where there is one.
fn told<'a>(
    on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    event: impl Fn(&'a str) -> GenerateEvent<'a>,
    piece: &'a str,
) -> Result<()> {
    match piece.is_empty() || on_event(event(piece)).is_continue() {
        true => Ok(()),
        false => Err(cancelled()),
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
