//! What lies between white space: the words that are split into pieces.

use crate::pieces::{Pieces, Scratch};

/// Stands before every word, and begins one where a text has it.
const MARK: char = '▁';
const MARK_BYTES: usize = MARK.len_utf8();

/// Gathers the characters of words and splits each one that is complete. `found` gets the end of each piece in the text,
/// and its id.
pub(crate) struct Words<'a> {
    pieces: &'a Pieces,
    scratch: Scratch,
    /// The word so far, with its mark.
    word: String,
    /// Where in the text the character ends that each byte of `word` belongs to.
    ends: Vec<usize>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(pieces: &'a Pieces) -> Self {
        Self {
            pieces,
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
    pub(crate) fn push(&mut self, c: char, end: usize, found: &mut impl FnMut(usize, u32)) {
        if c.is_whitespace() {
            return self.finish(found);
        }
        if c == MARK {
            self.finish(found);
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
    pub(crate) fn whole(&mut self, text: &str, start: usize, found: &mut impl FnMut(usize, u32)) {
        let first = text.chars().next().map_or(0, char::len_utf8);
        self.word.push(MARK);
        self.word.push_str(text);
        let Self {
            pieces,
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
    pub(crate) fn finish(&mut self, found: &mut impl FnMut(usize, u32)) {
        let Self {
            pieces,
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

    type Found = Vec<(usize, u32)>;

    fn whole(text: &str, start: usize) -> Found {
        let (pieces, mut found) = (pieces(), Vec::new());
        Words::new(&pieces).whole(text, start, &mut |end, id| found.push((end, id)));
        found
    }

    fn gathered(text: &str, start: usize) -> Found {
        let (pieces, mut found) = (pieces(), Vec::new());
        let mut push = |end, id| found.push((end, id));
        let mut words = Words::new(&pieces);
        for (at, c) in text.char_indices() {
            words.push(c, start + at + c.len_utf8(), &mut push);
        }
        words.finish(&mut push);
        found
    }

    #[test]
    fn a_word_taken_whole_is_split_as_one_that_is_gathered() {
        for text in ["tea", "a", "aate", "x", "té"] {
            assert_eq!(whole(text, 7), gathered(text, 7), "{text}");
        }
        assert_eq!(whole("tea", 7), [(9, 2), (10, 3)]);
        assert_eq!(whole("a", 0), [(1, 1), (1, 3)]);
    }

    #[test]
    fn white_space_ends_a_word_and_a_mark_begins_one() {
        let ids = |text: &str| -> Vec<u32> { gathered(text, 0).into_iter().map(|(_, id)| id).collect() };
        assert_eq!(ids("te te\u{3000}te"), [2, 2, 2]);
        assert_eq!(ids("te▁te"), [2, 2]);
        assert_eq!(ids("▁te"), [2]);
        assert_eq!(ids("te▁▁ ▁"), [2, 1, 1, 1]);
        assert!(ids(" \n ").is_empty());
    }
}
