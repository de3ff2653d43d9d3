//! The tokenizer: reading it, counting with it, and the ids the model reads.

use std::path::Path;

use rushlight_core::{Error, ErrorCode, Result, TokenCounter};

use crate::file;
use crate::known::KnownWords;
use crate::normalize::Normalizer;
use crate::pieces::Pieces;
use crate::words::Words;

/// The tokenizer of an embedding model. May be used from many threads at once.
pub struct UnigramTokenizer {
    id: String,
    normalizer: Normalizer,
    pieces: Pieces,
    begin: u32,
    end: u32,
    known: KnownWords,
}

/// Its name alone: words of documents are in it, and a quarter of a million pieces.
impl std::fmt::Debug for UnigramTokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("UnigramTokenizer").field(&self.id).finish()
    }
}

/// What becomes of the tokens of a text.
trait Sink {
    /// A token ends at `end`, in bytes.
    fn token(&mut self, end: usize, id: u32);

    /// True when it has the tokens of this word, which begins at `at`, without being told.
    fn knows(&mut self, word: &str, at: usize) -> bool;

    /// The tokens since `knows` was asked were those of this word.
    fn learn(&mut self, word: &str, at: usize);
}

/// Ids are wanted where a model computes for a hundred times longer: nothing is remembered.
impl Sink for Vec<i64> {
    fn token(&mut self, _end: usize, id: u32) {
        self.push(i64::from(id));
    }

    fn knows(&mut self, _word: &str, _at: usize) -> bool {
        false
    }

    fn learn(&mut self, _word: &str, _at: usize) {}
}

struct Ends<'a> {
    ends: Vec<usize>,
    /// Number of `ends` before the word that may be learnt.
    before: usize,
    known: &'a KnownWords,
}

impl Sink for Ends<'_> {
    fn token(&mut self, end: usize, _id: u32) {
        self.ends.push(end);
    }

    fn knows(&mut self, word: &str, at: usize) -> bool {
        self.before = self.ends.len();
        self.known.extend(&mut self.ends, at, word)
    }

    fn learn(&mut self, word: &str, at: usize) {
        self.known
            .insert(word, self.ends[self.before..].iter().map(|end| end - at));
    }
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
            known: KnownWords::default(),
        })
    }

    /// Ids of a text's tokens as the model takes them, with the special ones around them, at most `limit`, which is at
    /// least 2: what is too much goes at the end, before the last.
    pub fn ids(&self, text: &str, limit: usize) -> Vec<i64> {
        let mut ids = vec![i64::from(self.begin)];
        self.each(text, &mut ids);
        ids.truncate(limit.saturating_sub(1));
        ids.push(i64::from(self.end));
        ids
    }

    /// Gives the tokens of a text to `sink`.
    fn each(&self, text: &str, sink: &mut impl Sink) {
        let mut words = Words::new(&self.pieces);
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if words.is_empty()
                && let Some(length) = self.normalizer.plain_word(rest)
            {
                let word = &rest[..length];
                if !sink.knows(word, at) {
                    words.whole(word, at, &mut |end, id| sink.token(end, id));
                    sink.learn(word, at);
                }
                at += length;
            } else {
                at += self.normalizer.step(rest, &mut |c, end| {
                    words.push(c, at + end, &mut |end, id| sink.token(end, id));
                });
            }
        }
        words.finish(&mut |end, id| sink.token(end, id));
    }
}

impl TokenCounter for UnigramTokenizer {
    fn id(&self) -> &str {
        &self.id
    }

    fn token_ends(&self, text: &str) -> Vec<usize> {
        let mut sink = Ends {
            ends: Vec::with_capacity(text.len() / 3),
            before: 0,
            known: &self.known,
        };
        self.each(text, &mut sink);
        sink.ends
    }
}
