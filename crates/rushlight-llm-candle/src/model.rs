//! The port, implemented.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use parking_lot::Mutex;
use rushlight_core::{
    Error, ErrorCode, GenerateEvent, GenerationParams, GenerationSummary, LanguageModel, LanguageModelSpec,
    Prompt, Result,
};

use rushlight_kernels::Isa;

use crate::chat::ChatTemplate;
use crate::decoder::Decoder;
use crate::gguf::Gguf;
use crate::memory;
use crate::sampling::{Sampler, log_sum_exp};
use crate::session::{Session, cancelled};
use crate::stop::StopFilter;
use crate::text::Text;

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
}

/// A language model in memory.
pub struct CandleModel {
    spec: LanguageModelSpec,
    text: Text,
    chat: ChatTemplate,
    session: Mutex<Session>,
}

impl CandleModel {
    /// Reads a GGUF file of architecture llama, qwen2, qwen3 or gemma3 whole. Takes seconds.
    ///
    /// # Errors
    /// `ModelMissing` when there is no such file; `ModelUnusable` with the reason when it is not such a model, or does not fit into memory.
    pub fn load(path: &Path, options: CandleOptions) -> Result<Self> {
        let CandleOptions {
            model_id,
            sha256,
            max_context,
            guesses,
            threads,
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
        let session = Session::new(decoder?, PathBuf::from(path), guessed);
        let spec = LanguageModelSpec {
            model_id,
            sha256,
            context_tokens: session.context_tokens(),
        };
        Ok(Self {
            spec,
            text,
            chat,
            session: Mutex::new(session),
        })
    }

    /// The prompt's tokens, when `max_tokens` more fit behind them.
    fn tokens(&self, prompt: &Prompt, max_tokens: usize) -> Result<Vec<u32>> {
        let tokens = self.text.prompt(&self.chat.render(prompt)?)?;
        if tokens.is_empty() {
            return Err(Error::new(ErrorCode::GenerationFailed, "the prompt is empty"));
        }
        let (prompt, room) = (tokens.len(), self.spec.context_tokens);
        if prompt.saturating_add(max_tokens) > room {
            return Err(Error::new(
                ErrorCode::PromptTooLong,
                format!(
                    "a prompt of {prompt} tokens and an answer of {max_tokens} do not fit the model's {room}"
                ),
            ));
        }
        Ok(tokens)
    }
}

impl LanguageModel for CandleModel {
    fn spec(&self) -> &LanguageModelSpec {
        &self.spec
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
        let tokens = self.tokens(prompt, params.max_tokens)?;
        let mut session = self.session.lock();
        let started = Instant::now();
        let cached_tokens = session.read_prompt(&tokens, on_event)?;
        let prompt_ms = millis(started);

        let started = Instant::now();
        let mut sampler = Sampler::new(params);
        let mut stream = self.text.stream();
        let mut stops = StopFilter::new(&params.stop);
        let mut summary = GenerationSummary {
            prompt_tokens: tokens.len(),
            cached_tokens,
            truncated: true,
            prompt_ms,
            ..GenerationSummary::default()
        };
        let mut log_probability = 0.0;
        let mut stopped = false;
        let mut show = |text: &mut String, piece: &str| {
            if piece.is_empty() {
                return Ok(());
            }
            text.push_str(piece);
            match on_event(GenerateEvent::Piece(piece)) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(cancelled()),
            }
        };
        while summary.generated_tokens < params.max_tokens {
            let (token, of_token) = sampler.next(session.logits());
            if self.text.is_end(token) {
                summary.truncated = false;
                break;
            }
            summary.generated_tokens += 1;
            log_probability += of_token;
            let (piece, stop) = stops.push(&stream.push(token)?);
            show(&mut summary.text, &piece)?;
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
        if !stopped {
            show(&mut summary.text, &stops.finish())?;
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
        let tokens = self.tokens(prompt, 0)?;
        let mut session = self.session.lock();
        session.read_prompt(&tokens, on_event)?;
        let logits = session.logits();
        let total = log_sum_exp(logits);
        Ok(firsts
            .into_iter()
            .map(|token| logits.get(token).map_or(f32::NEG_INFINITY, |logit| logit - total))
            .collect())
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
