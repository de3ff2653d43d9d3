//! Between text and tokens, as the file's own metadata have it.

use candle_core::quantized::tokenizer::TokenizerFromGguf;
use rushlight_core::{Error, ErrorCode, Result};
use tokenizers::Tokenizer;

use crate::gguf::Gguf;
use crate::sentencepiece::SentencePiece;
use crate::thinking::{CLOSE, OPEN};

/// Tokens of every model family at which a turn ends, beside those that the file names.
const TURN_ENDS: [&str; 6] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    END_OF_TURN,
    "</s>",
];

/// Tokens around Gemma's turns. Some files call them text.
pub(crate) const START_OF_TURN: &str = "<start_of_turn>";
const END_OF_TURN: &str = "<end_of_turn>";

/// A model's tokenizer.
pub(crate) struct Text {
    tokenizer: Kind,
    /// The tokens around what is thought, where the model has such: text to us, control tokens to some files.
    thoughts: Vec<(u32, &'static str)>,
    ends: Vec<u32>,
    /// The token before every prompt, where there is one.
    begin: Option<u32>,
    /// Tokens with a meaning to the model that no text may bring along.
    pub(crate) specials: Vec<String>,
    pub(crate) bos: String,
    pub(crate) eos: String,
}

enum Kind {
    /// Byte-pair encoding by a list of merges.
    Merges(Box<Tokenizer>),
    /// Byte-pair encoding by scores.
    SentencePiece(SentencePiece),
}

impl Text {
    /// Builds it from a file's metadata.
    pub(crate) fn from_gguf(gguf: &Gguf) -> Result<Self> {
        let (tokenizer, mut specials) = match gguf.find_string("tokenizer.ggml.model") {
            Some("llama") => {
                let pieces = SentencePiece::from_gguf(gguf, &[START_OF_TURN, END_OF_TURN])?;
                let specials = pieces.control().to_vec();
                (Kind::SentencePiece(pieces), specials)
            }
            _ => {
                let tokenizer = Tokenizer::from_gguf(&gguf.content)
                    .map_err(|error| gguf.unusable(&format!("its tokenizer cannot be built: {error}")))?;
                let specials = (tokenizer.get_added_tokens_decoder().into_values())
                    .map(|token| token.content)
                    .collect();
                (Kind::Merges(Box::new(tokenizer)), specials)
            }
        };
        specials.retain(|special| !special.is_empty());
        specials.sort_unstable();

        let tokens = gguf.tokens();
        let named = |key: &str| {
            let token = u32::try_from(gguf.find_number(key)?).ok()?;
            tokens.get(token as usize).map(|name| (token, *name))
        };
        let name = |key: &str| named(key).map_or(String::new(), |(_, name)| name.to_owned());
        let mut ends: Vec<u32> = (0u32..)
            .zip(&tokens)
            .filter(|(_, name)| TURN_ENDS.contains(name))
            .map(|(token, _)| token)
            .collect();
        ends.extend(
            ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"]
                .iter()
                .filter_map(|key| named(key).map(|(token, _)| token)),
        );
        ends.sort_unstable();
        ends.dedup();
        if ends.is_empty() {
            return Err(gguf.unusable("it names no token that ends a turn"));
        }
        let thoughts = [OPEN, CLOSE].into_iter().filter_map(|mark| {
            let at = tokens.iter().position(|token| *token == mark)?;
            Some((u32::try_from(at).ok()?, mark))
        });
        let begins = gguf
            .find_flag("tokenizer.ggml.add_bos_token")
            .unwrap_or(matches!(tokenizer, Kind::SentencePiece(_)));
        let begin = named("tokenizer.ggml.bos_token_id").map(|(token, _)| token);
        Ok(Self {
            thoughts: thoughts.collect(),
            ends,
            begin: begin.filter(|_| begins),
            specials,
            bos: name("tokenizer.ggml.bos_token_id"),
            eos: name("tokenizer.ggml.eos_token_id"),
            tokenizer,
        })
    }

    /// The tokens of a text; nothing is added.
    pub(crate) fn tokens(&self, text: &str) -> Result<Vec<u32>> {
        match &self.tokenizer {
            Kind::SentencePiece(pieces) => Ok(pieces.encode(text)),
            Kind::Merges(tokenizer) => {
                let encoding = tokenizer.encode_fast(text, false).map_err(|error| {
                    Error::new(ErrorCode::GenerationFailed, "a text cannot be split into tokens")
                        .with_source(error)
                })?;
                Ok(encoding.get_ids().to_vec())
            }
        }
    }

    /// The tokens of a prompt: those of its text, behind the one that the file wants before every prompt.
    pub(crate) fn prompt(&self, text: &str) -> Result<Vec<u32>> {
        let mut tokens = self.tokens(text)?;
        // Most chat templates write it themselves.
        if let Some(begin) = self.begin
            && tokens.first() != Some(&begin)
        {
            tokens.insert(0, begin);
        }
        Ok(tokens)
    }

    /// The token that is exactly this text; `None` where it takes several or none.
    pub(crate) fn token(&self, text: &str) -> Result<Option<u32>> {
        match self.tokens(text)?[..] {
            [token] => Ok(Some(token)),
            _ => Ok(None),
        }
    }

    /// True when this token ends the turn.
    pub(crate) fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// Turns tokens into text one by one.
    pub(crate) fn stream(&self) -> TextStream<'_> {
        TextStream {
            tokenizer: &self.tokenizer,
            thoughts: &self.thoughts,
            open: Vec::new(),
            space: matches!(&self.tokenizer, Kind::SentencePiece(pieces) if pieces.space_before),
        }
    }
}

/// Text of tokens that come one by one; what is given out is whole characters.
#[derive(Clone)]
pub(crate) struct TextStream<'a> {
    tokenizer: &'a Kind,
    thoughts: &'a [(u32, &'static str)],
    /// Tokens that end inside a character. Tokens are decoded without context, so no others are needed.
    open: Vec<u32>,
    /// Whether a space that comes next is the one that every text is read with.
    space: bool,
}

impl TextStream<'_> {
    /// The text that `token` completes; empty inside a character.
    pub(crate) fn push(&mut self, token: u32) -> Result<String> {
        if let Some((_, mark)) = self.thoughts.iter().find(|(thought, _)| *thought == token) {
            self.open.clear();
            self.space = false;
            return Ok((*mark).to_owned());
        }
        self.open.push(token);
        let mut text = match self.tokenizer {
            Kind::SentencePiece(pieces) => String::from_utf8_lossy(&pieces.decode(&self.open)).into_owned(),
            Kind::Merges(tokenizer) => tokenizer.decode(&self.open, true).map_err(|error| {
                Error::new(ErrorCode::GenerationFailed, "tokens cannot be turned into text")
                    .with_source(error)
            })?,
        };
        // The bytes of an unfinished character decode to the replacement character. A character has at most four bytes:
        // what is still open after that is not going to be one.
        if text.ends_with('\u{fffd}') && self.open.len() < 5 {
            return Ok(String::new());
        }
        self.open.clear();
        if std::mem::take(&mut self.space) && text.starts_with(' ') {
            text.remove(0);
        }
        Ok(text)
    }
}
