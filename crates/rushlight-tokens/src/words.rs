//! What lies between white space: the words that are split into pieces.

use crate::pieces::{Pieces, Scratch};

/// Stands before every word, and begins one where a text has it.
const MARK: char = '▁';
const MARK_BYTES: usize = MARK.len_utf8();

/// Gathers the characters of words and splits each one that is complete.
pub(crate) struct Words<'a, F> {
    pieces: &'a Pieces,
    found: F,
    scratch: Scratch,
    /// The word so far, with its mark.
    word: String,
    /// Where in the text the character ends that each byte of `word` belongs to.
    ends: Vec<usize>,
}

impl<'a, F: FnMut(usize, u32)> Words<'a, F> {
    /// `found` gets the end of each piece in the text, and its id.
    pub(crate) fn new(pieces: &'a Pieces, found: F) -> Self {
        Self {
            pieces,
            found,
            scratch: Scratch::default(),
            word: String::new(),
            ends: Vec::new(),
        }
    }

    /// Whether no word has begun.
    pub(crate) fn is_empty(&self) -> bool {
        self.word.is_empty()
    }

    /// Adds a character; it stands for one of the text that ends at `end`.
    pub(crate) fn push(&mut self, c: char, end: usize) {
        if c.is_whitespace() {
            return self.finish();
        }
        if c == MARK {
            self.finish();
        } else if self.word.is_empty() {
            // The mark has the place of the first character.
            self.append(MARK, end);
        }
        self.append(c, end);
    }

    fn append(&mut self, c: char, end: usize) {
        self.word.push(c);
        self.ends.resize(self.word.len(), end);
    }

    /// Adds a word that is the text from `start` on, to the byte, and complete. No word has begun.
    pub(crate) fn whole(&mut self, text: &str, start: usize) {
        let first = text.chars().next().map_or(0, char::len_utf8);
        self.word.push(MARK);
        self.word.push_str(text);
        let Self {
            pieces,
            found,
            scratch,
            word,
            ..
        } = self;
        pieces.split(word, scratch, |end, id| {
            found(start + end.saturating_sub(MARK_BYTES).max(first), id);
        });
        word.clear();
    }

    /// Splits the word that has begun.
    pub(crate) fn finish(&mut self) {
        let Self {
            pieces,
            found,
            scratch,
            word,
            ends,
        } = self;
        pieces.split(word, scratch, |end, id| found(ends[end - 1], id));
        word.clear();
        ends.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pieces::Listed;

    fn pieces() -> Pieces {
        let mut listed = Listed::default();
        for piece in ["?", "▁", "▁te", "a", "te"] {
            listed.push(piece, -1.0);
        }
        Pieces::new(listed, 0)
    }

    fn found(feed: impl Fn(&mut Words<'_, &mut dyn FnMut(usize, u32)>)) -> Vec<(usize, u32)> {
        let (pieces, mut found) = (pieces(), Vec::new());
        let mut push = |end, id| found.push((end, id));
        let mut words = Words::new(&pieces, &mut push as &mut dyn FnMut(usize, u32));
        feed(&mut words);
        words.finish();
        found
    }

    #[test]
    fn a_word_taken_whole_is_split_as_one_that_is_gathered() {
        for text in ["tea", "a", "aate", "x", "té"] {
            let whole = found(|words| words.whole(text, 7));
            let gathered = found(|words| {
                for (at, c) in text.char_indices() {
                    words.push(c, 7 + at + c.len_utf8());
                }
            });
            assert_eq!(whole, gathered, "{text}");
        }
        assert_eq!(found(|words| words.whole("tea", 7)), [(9, 2), (10, 3)]);
        assert_eq!(found(|words| words.whole("a", 0)), [(1, 1), (1, 3)]);
    }

    #[test]
    fn white_space_ends_a_word_and_a_mark_begins_one() {
        let ids = |text: &str| {
            let found = found(|words| text.char_indices().for_each(|(at, c)| words.push(c, at)));
            found.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
        };
        assert_eq!(ids("te te\u{3000}te"), [2, 2, 2]);
        assert_eq!(ids("te▁te"), [2, 2]);
        assert_eq!(ids("▁te"), [2]);
        assert_eq!(ids("te▁▁ ▁"), [2, 1, 1, 1]);
        assert!(ids(" \n ").is_empty());
    }
}
