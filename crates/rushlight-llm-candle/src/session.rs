//! What the model has read, and reading on from there.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rushlight_core::{Error, ErrorCode, GenerateEvent, Result};

use crate::decoder::Decoder;
use crate::lookup;

/// Tokens read at once: large enough that reading is as fast as with the whole prompt at once. Pieces end at multiples of it, so
/// that prompts share the attention masks that candle keeps for mixtures.
const PIECE: usize = 128;

/// How often reading tells how far it is and asks whether to go on.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// candle keeps an attention mask for every pair of piece and position and never lets go of one. Above this the weights
/// are read anew, between two prompts. It takes thousands of questions to get there.
const MAX_KEPT_MASK_BYTES: usize = 256 << 20;

/// A decoder with its cache.
pub(crate) struct Session {
    decoder: Decoder,
    path: PathBuf,
    /// Tokens in the cache.
    read: Vec<u32>,
    /// Scores of what comes after them.
    logits: Vec<f32>,
    /// Tokens that were guessed to come next and are in the cache already, each with the scores of what comes after it.
    ahead: VecDeque<(u32, Vec<f32>)>,
    /// Tokens that are guessed at once; none when 0.
    guesses: usize,
    /// Bytes of masks that candle holds, never underestimated.
    mask_bytes: usize,
}

impl Session {
    /// A session that has read nothing. `path` is where the decoder came from; `guesses` is how many tokens are guessed at once.
    pub(crate) fn new(decoder: Decoder, path: PathBuf, guesses: usize) -> Self {
        Self {
            guesses: if decoder.scores_all() { guesses } else { 0 },
            ahead: VecDeque::new(),
            decoder,
            path,
            read: Vec::new(),
            logits: Vec::new(),
            mask_bytes: 0,
        }
    }

    /// Tokens of prompt and answer together.
    pub(crate) fn context_tokens(&self) -> usize {
        self.decoder.context_tokens
    }

    /// Scores of what comes after all that was read.
    pub(crate) fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// Brings the cache to hold exactly `prompt`; returns how many of its tokens were there already.
    ///
    /// What was read before an error or a cancellation stays in the cache.
    pub(crate) fn read_prompt(
        &mut self,
        prompt: &[u32],
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<usize> {
        let common = self
            .read
            .iter()
            .zip(prompt)
            .take_while(|(ours, theirs)| ours == theirs)
            .count();
        // The scores of what comes next are those of the last token read: where they are not at hand, it is read again.
        let at_hand = common == self.read.len() && !self.logits.is_empty();
        let reusable = match common == prompt.len() && !at_hand {
            true => common.saturating_sub(1),
            false => common,
        };
        if reusable < self.read.len() {
            self.forget_from(reusable)?;
        }
        let cached = self.read.len();
        let total = prompt.len();
        loop {
            let done = self.read.len();
            if on_event(GenerateEvent::Reading { done, total }).is_break() {
                return Err(cancelled());
            }
            if done == total {
                return Ok(cached);
            }
            let end = ((done / PIECE + 1) * PIECE).min(total);
            let piece = &prompt[done..end];
            let mut told = Instant::now();
            let mut tell = |share: f32| {
                if told.elapsed() < TELL_EVERY {
                    return ControlFlow::Continue(());
                }
                told = Instant::now();
                let done = done + (share * piece.len() as f32) as usize;
                on_event(GenerateEvent::Reading { done, total })
            };
            self.feed(piece, 1, &mut tell)?;
        }
    }

    /// Reads one more token, together with guesses of what comes next where there are any.
    pub(crate) fn read_token(&mut self, token: u32) -> Result<()> {
        if self.ahead.front().is_some_and(|(guessed, _)| *guessed == token)
            && let Some((_, logits)) = self.ahead.pop_front()
        {
            self.read.push(token);
            self.logits = logits;
            return Ok(());
        }
        let mut tokens = vec![token];
        if self.guesses > 0 {
            self.read.push(token);
            let room = self.context_tokens().saturating_sub(self.read.len());
            tokens.extend(lookup::guess(&self.read, self.guesses.min(room)));
            self.read.pop();
        }
        self.feed(&tokens, tokens.len(), &mut |_| ControlFlow::Continue(()))
    }

    /// Reads tokens behind what was read; all but the first of the last `wanted` are guesses.
    fn feed(
        &mut self,
        tokens: &[u32],
        wanted: usize,
        go_on: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<()> {
        let position = self.read.len();
        if !self.ahead.is_empty() {
            self.ahead.clear();
            self.decoder.truncate(position);
        }
        self.mask_bytes += self.decoder.kept_mask_bytes(tokens.len(), position);
        match self.decoder.forward(tokens, position, wanted, go_on) {
            Ok(ControlFlow::Continue(rows)) => {
                let (sure, guesses) = tokens.split_at(tokens.len() + 1 - wanted);
                let mut rows = rows.into_iter();
                self.logits = rows.next().unwrap_or_default();
                self.read.extend_from_slice(sure);
                self.ahead = guesses.iter().copied().zip(rows).collect();
                Ok(())
            }
            Ok(ControlFlow::Break(())) => Err(cancelled()),
            Err(error) => {
                let left = self.decoder.truncate(position);
                if left < position {
                    self.read.truncate(left);
                    self.logits.clear();
                }
                Err(error)
            }
        }
    }

    fn forget_from(&mut self, length: usize) -> Result<()> {
        self.ahead.clear();
        self.read.truncate(self.decoder.truncate(length));
        self.logits.clear();
        if self.mask_bytes > MAX_KEPT_MASK_BYTES {
            self.decoder = Decoder::open(&self.path, self.decoder.context_tokens)?;
            self.mask_bytes = 0;
        }
        Ok(())
    }
}

/// The error of a generation that its caller broke off.
pub(crate) fn cancelled() -> Error {
    Error::new(ErrorCode::Cancelled, "the generation was cancelled")
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::GgmlDType;

    use super::*;
    use crate::testing::{CONTEXT, Stored, TOKENS, model};

    fn quiet(_: GenerateEvent<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn session(path: &std::path::Path, guesses: usize) -> Session {
        let decoder = Decoder::open(path, CONTEXT).expect("a model");
        Session::new(decoder, path.to_owned(), guesses)
    }

    /// The likeliest tokens after a prompt, and how many of them were guessed right.
    fn write(session: &mut Session, prompt: &[u32], count: usize) -> (Vec<u32>, usize) {
        session.read_prompt(prompt, &mut quiet).expect("reads");
        let mut right = 0;
        let tokens = (0..count).map(|_| {
            let logits = session.logits();
            let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
            let token = best.expect("scores") as u32;
            let guessed = session.ahead.front().is_some_and(|(guess, _)| *guess == token);
            session.read_token(token).expect("reads");
            right += usize::from(guessed);
            token
        });
        (tokens.collect(), right)
    }

    #[test]
    fn guesses_change_nothing_that_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = model(folder.path(), "qwen2", Stored::As(GgmlDType::Q8_0));
        let (mut plain, mut guessing) = (session(&path, 0), session(&path, 5));
        let mut right = 0;
        for n in 0..200 {
            // Prompts that repeat themselves, so that there is something to guess.
            let prompt: Vec<u32> = (0..40 + n % 7)
                .map(|at| ((at % (5 + n % 4) * 11 + n * 3) % TOKENS) as u32)
                .collect();
            let (expected, none) = write(&mut plain, &prompt, 24);
            let (written, guessed) = write(&mut guessing, &prompt, 24);
            assert_eq!(written, expected, "prompt {n}");
            assert_eq!(none, 0);
            assert_eq!(guessing.read, plain.read);
            right += guessed;
        }
        assert!(right > 200, "{right} of 4,800 tokens were guessed right");
    }

    #[test]
    fn wrong_guesses_leave_no_trace_in_the_next_prompt() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = model(folder.path(), "llama", Stored::As(GgmlDType::Q8_0));
        let (mut plain, mut guessing) = (session(&path, 0), session(&path, 5));
        let prompt = [1, 2, 3, 4, 5, 1, 2, 3];
        for session in [&mut plain, &mut guessing] {
            session.read_prompt(&prompt, &mut quiet).expect("reads");
            for token in [9, 1, 2] {
                session.read_token(token).expect("reads");
            }
        }
        // After 1 2 came 3 before.
        assert_eq!(guessing.ahead.front().map(|(guess, _)| *guess), Some(3));
        for session in [&mut plain, &mut guessing] {
            session.read_token(7).expect("reads");
        }
        assert_eq!(guessing.logits(), plain.logits());
        assert_eq!(guessing.read, plain.read);
        let next = [&prompt[..], &[9, 1, 7]].concat();
        for session in [&mut plain, &mut guessing] {
            assert_eq!(session.read_prompt(&next, &mut quiet).expect("reads"), 10);
        }
        assert_eq!(guessing.logits(), plain.logits());
    }
}
