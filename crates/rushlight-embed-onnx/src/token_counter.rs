//! Counting tokens from `tokenizer.json` alone; ONNX Runtime is not needed.

use std::path::Path;

use rushlight_core::{Error, ErrorCode, Result, TokenCounter};
use tokenizers::Tokenizer;

use crate::word_cache::{WordCache, stretches};

/// The tokenizer of an embedding model.
pub struct HfTokenCounter {
    id: String,
    tokenizer: Tokenizer,
    words: WordCache,
}

impl std::fmt::Debug for HfTokenCounter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HfTokenCounter").field(&self.id).finish()
    }
}

impl HfTokenCounter {
    /// Reads a `tokenizer.json`. `id` is what [`TokenCounter::id`] returns.
    ///
    /// # Errors
    /// `ModelMissing` when there is no such file, `ModelUnusable` when it is none of these.
    pub fn load(path: &Path, id: impl Into<String>) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| {
            Error::new(
                ErrorCode::ModelMissing,
                format!("cannot read the tokenizer `{}`", path.display()),
            )
            .with_source(error)
        })?;
        let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| {
            Error::new(
                ErrorCode::ModelUnusable,
                format!("`{}` is not a tokenizer", path.display()),
            )
            .with_source(error)
        })?;
        tokenizer.with_padding(None);
        // Without a limit nothing is refused.
        tokenizer
            .with_truncation(None)
            .expect("no limit is always accepted");
        Ok(Self {
            id: id.into(),
            tokenizer,
            words: WordCache::default(),
        })
    }

    /// Ids of a text's tokens with the special ones, at most `limit`: what is too much goes at the end, before the last.
    pub(crate) fn ids(&self, text: &str, limit: usize) -> Result<Vec<i64>> {
        let encoding = self.tokenizer.encode_fast(text, true).map_err(|error| {
            Error::new(ErrorCode::EmbeddingFailed, "a text cannot be split into tokens").with_source(error)
        })?;
        let mut ids: Vec<i64> = encoding.get_ids().iter().map(|id| i64::from(*id)).collect();
        if let (true, Some(last)) = (ids.len() > limit, ids.last().copied()) {
            ids.truncate(limit.saturating_sub(1));
            ids.push(last);
        }
        Ok(ids)
    }

    /// Ends of the tokens by the tokenizer itself.
    fn split(&self, text: &str) -> Vec<usize> {
        // The unigram model takes any text: what it does not know becomes one unknown token.
        let Ok(encoding) = self.tokenizer.encode(text, false) else {
            return Vec::new();
        };
        let mut last = 0;
        let ends = encoding.get_offsets().iter().map(|(_, end)| {
            // Normalization may map one character to several and drop others: keep to the text's own boundaries.
            last = ceil_char_boundary(text, (*end).max(last));
            last
        });
        ends.collect()
    }
}

impl TokenCounter for HfTokenCounter {
    fn id(&self) -> &str {
        &self.id
    }

    fn token_ends(&self, text: &str) -> Vec<usize> {
        let mut ends = Vec::with_capacity(text.len() / 3);
        for stretch in stretches(text) {
            if stretch.is_word {
                self.words
                    .extend(&mut ends, stretch.start, stretch.text, |word| self.split(word));
            } else {
                let found = self.split(stretch.text);
                ends.extend(found.into_iter().map(|end| stretch.start + end));
            }
        }
        ends
    }
}

/// The first character boundary at or after `at`, at most the end.
fn ceil_char_boundary(text: &str, at: usize) -> usize {
    (at..text.len())
        .find(|index| text.is_char_boundary(*index))
        .unwrap_or(text.len())
}
