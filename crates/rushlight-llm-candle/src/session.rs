//! What the model has read, and reading on from there.

use std::ops::ControlFlow;
use std::path::PathBuf;

use rushlight_core::{Error, ErrorCode, GenerateEvent, Result};

use crate::decoder::Decoder;

/// Tokens read at once: small enough that a cancellation is noticed within about a second on two cores, large enough
/// that reading is as fast as with the whole prompt at once. Pieces end at multiples of it, so that prompts share
/// attention masks.
const PIECE: usize = 128;

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
    /// Bytes of masks that candle holds, never underestimated.
    mask_bytes: usize,
}

impl Session {
    /// A session that has read nothing. `path` is where the decoder came from.
    pub(crate) fn new(decoder: Decoder, path: PathBuf) -> Self {
        Self {
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
            let end = (done / PIECE + 1) * PIECE;
            self.feed(&prompt[done..end.min(total)])?;
        }
    }

    /// Reads one more token.
    pub(crate) fn read_token(&mut self, token: u32) -> Result<()> {
        self.feed(&[token])
    }

    fn feed(&mut self, tokens: &[u32]) -> Result<()> {
        let position = self.read.len();
        self.mask_bytes += self.decoder.kept_mask_bytes(tokens.len(), position);
        match self.decoder.forward(tokens, position) {
            Ok(logits) => {
                self.logits = logits;
                self.read.extend_from_slice(tokens);
                Ok(())
            }
            Err(error) => {
                // Some layers may have taken the tokens into their cache and others not.
                self.read.truncate(self.decoder.truncate(0));
                Err(error)
            }
        }
    }

    fn forget_from(&mut self, length: usize) -> Result<()> {
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
