//! The tokenizer: reading it, counting with it, and the ids the model reads.

use std::path::Path;

use rushlight_core::{Error, ErrorCode, Result, TokenCounter};

use crate::file;
use crate::normalize::Normalizer;
use crate::pieces::Pieces;
use crate::words::Words;

/// The tokenizer of an embedding model. May be used from many threads at once.
#[derive(Debug)]
pub struct UnigramTokenizer {
    id: String,
    normalizer: Normalizer,
    pieces: Pieces,
    begin: u32,
    end: u32,
}

impl UnigramTokenizer {
    /// Reads a `tokenizer.json`. `id` is what [`TokenCounter::id`] returns.
    ///
    /// # Errors
    /// `ModelMissing` when there is no such file, `ModelUnusable` when it is none of these: a unigram model whose words
    /// are marked with `▁`, whose text is normalized by a map and composition, and that adds no tokens.
    pub fn load(path: &Path, id: impl Into<String>) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| {
            let message = format!("cannot read the tokenizer `{}`", path.display());
            Error::new(ErrorCode::ModelMissing, message).with_source(error)
        })?;
        let contents = file::parse(&bytes).map_err(|reason| {
            let message = format!("`{}` is not a tokenizer that can be used", path.display());
            Error::new(ErrorCode::ModelUnusable, message).with_source(reason)
        })?;
        Ok(Self {
            id: id.into(),
            normalizer: Normalizer::new(contents.charsmap),
            pieces: Pieces::new(contents.pieces, contents.unknown),
            begin: contents.begin,
            end: contents.end,
        })
    }

    /// Ids of a text's tokens as the model takes them, with the special ones around them, at most `limit`, which is at
    /// least 2: what is too much goes at the end, before the last.
    pub fn ids(&self, text: &str, limit: usize) -> Vec<i64> {
        let mut ids = vec![i64::from(self.begin)];
        self.each(text, |_, id| ids.push(i64::from(id)));
        ids.truncate(limit.saturating_sub(1));
        ids.push(i64::from(self.end));
        ids
    }

    /// Calls `found` with the end of each token in bytes, and its id.
    fn each(&self, text: &str, found: impl FnMut(usize, u32)) {
        let mut words = Words::new(&self.pieces, found);
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if words.is_empty()
                && let Some(length) = self.normalizer.plain_word(rest)
            {
                words.whole(&rest[..length], at);
                at += length;
            } else {
                at += self.normalizer.step(rest, &mut |c, end| words.push(c, at + end));
            }
        }
        words.finish();
    }
}

impl TokenCounter for UnigramTokenizer {
    fn id(&self) -> &str {
        &self.id
    }

    fn token_ends(&self, text: &str) -> Vec<usize> {
        let mut ends = Vec::with_capacity(text.len() / 3);
        self.each(text, |end, _| ends.push(end));
        ends
    }
}
