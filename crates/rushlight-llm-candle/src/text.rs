//! Between text and tokens, as the file's own metadata have it.

use candle_core::quantized::tokenizer::TokenizerFromGguf;
use rushlight_core::{Error, ErrorCode, Result};
use tokenizers::Tokenizer;

use crate::gguf::Gguf;

/// Tokens of every model family at which a turn ends, beside those that the file names.
const TURN_ENDS: [&str; 6] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "</s>",
];

/// A model's tokenizer.
pub(crate) struct Text {
    tokenizer: Tokenizer,
    ends: Vec<u32>,
    /// Tokens with a meaning to the model that no text may bring along.
    pub(crate) specials: Vec<String>,
    pub(crate) bos: String,
    pub(crate) eos: String,
}

impl Text {
    /// Builds it from a file's metadata.
    pub(crate) fn from_gguf(gguf: &Gguf) -> Result<Self> {
        let tokenizer = Tokenizer::from_gguf(&gguf.content)
            .map_err(|error| gguf.unusable(&format!("its tokenizer cannot be built: {error}")))?;
        let tokens = gguf.tokens();
        let named = |key: &str| gguf.find_number(key).and_then(|id| usize::try_from(id).ok());
        let token = |key: &str| {
            named(key)
                .and_then(|id| tokens.get(id))
                .map_or(String::new(), |token| (*token).to_owned())
        };

        let mut ends: Vec<u32> = TURN_ENDS
            .iter()
            .filter_map(|end| tokenizer.token_to_id(end))
            .collect();
        ends.extend(
            ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"]
                .iter()
                .filter_map(|key| named(key).and_then(|id| u32::try_from(id).ok())),
        );
        ends.sort_unstable();
        ends.dedup();
        if ends.is_empty() {
            return Err(gguf.unusable("it names no token that ends a turn"));
        }
        let mut specials: Vec<String> = tokenizer
            .get_added_tokens_decoder()
            .into_values()
            .map(|token| token.content)
            .collect();
        specials.retain(|special| !special.is_empty());
        specials.sort_unstable();
        Ok(Self {
            ends,
            specials,
            bos: token("tokenizer.ggml.bos_token_id"),
            eos: token("tokenizer.ggml.eos_token_id"),
            tokenizer,
        })
    }

    /// The tokens of a text; nothing is added.
    pub(crate) fn tokens(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(|error| {
            Error::new(ErrorCode::GenerationFailed, "a text cannot be split into tokens").with_source(error)
        })?;
        Ok(encoding.get_ids().to_vec())
    }

    /// True when this token ends the turn.
    pub(crate) fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// Turns tokens into text one by one.
    pub(crate) fn stream(&self) -> TextStream<'_> {
        TextStream {
            tokenizer: &self.tokenizer,
            open: Vec::new(),
        }
    }
}

/// Text of tokens that come one by one; what is given out is whole characters.
pub(crate) struct TextStream<'a> {
    tokenizer: &'a Tokenizer,
    /// Tokens that end inside a character. A byte-level tokenizer decodes without context, so no others are needed.
    open: Vec<u32>,
}

impl TextStream<'_> {
    /// The text that `token` completes; empty inside a character.
    pub(crate) fn push(&mut self, token: u32) -> Result<String> {
        self.open.push(token);
        let text = self.tokenizer.decode(&self.open, true).map_err(|error| {
            Error::new(ErrorCode::GenerationFailed, "tokens cannot be turned into text").with_source(error)
        })?;
        // The bytes of an unfinished character decode to the replacement character. A character has at most four bytes:
        // what is still open after that is not going to be one.
        if text.ends_with('\u{fffd}') && self.open.len() < 5 {
            return Ok(String::new());
        }
        self.open.clear();
        Ok(text)
    }
}
