//! From text to terms with positions.
//!
//! A Latin word is one term. Words joined by signs without a space (`INV-2024-0117`, `a@b.example`, `snake_case`) are terms
//! one by one, and the whole is a term at the place of the first. A run of ideographs, kana or hangul gives, at each
//! character's place, the character and the pair it forms with the next: pairs match as word segmentation does in published
//! retrieval and need no dictionary, single characters serve queries of one character. There is no stemming: a plural
//! is another word.

use crate::fold::{Folded, fold};

/// Longer words and identifiers are cut to so many characters, in texts and queries alike.
const MAX_WORD: usize = 64;
/// An identifier of more parts has no term of its own.
const MAX_PARTS: usize = 8;

/// What a term was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// A word, or a part of an identifier.
    Word,
    /// A whole identifier of two or more parts.
    Whole,
    /// A character of a script without spaces that has such neighbours.
    Single,
    /// Such a character that stands alone.
    Alone,
    /// Two neighbouring characters.
    Pair,
}

/// A term where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// As it is matched: folded.
    pub term: String,
    /// What it was made of.
    pub kind: TermKind,
    /// Counts words and characters; what stands together has neighbouring positions.
    pub position: usize,
    /// Bytes of the text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// The terms of a text, by position.
pub fn analyze(text: &str) -> Vec<Token> {
    let mut analysis = Analysis::default();
    for folded in fold(text) {
        analysis.take(folded);
    }
    analysis.end_word();
    analysis.end_run();
    analysis.tokens
}

#[derive(Default)]
struct Analysis {
    tokens: Vec<Token>,
    position: usize,
    /// Index of the first part's token of the identifier being read, and its parts so far.
    first_part: Option<usize>,
    parts: usize,
    whole: String,
    /// The word being read.
    word: String,
    word_start: usize,
    word_end: usize,
    /// A sign that may join the next word to this one.
    joint: Option<Folded>,
    /// The run of ideographs being read.
    run: Vec<Folded>,
}

impl Analysis {
    fn take(&mut self, folded: Folded) {
        let Folded {
            character,
            start,
            end,
        } = folded;
        if is_ideograph(character) {
            self.end_word();
            self.run.push(folded);
        } else if character.is_alphanumeric() || (!self.word.is_empty() && is_mark(character)) {
            self.end_run();
            if let Some(joint) = self.joint.take() {
                self.end_part();
                self.whole.push(joint.character);
            }
            if self.word.is_empty() {
                self.word_start = start;
            }
            self.word.push(character);
            self.word_end = end;
        } else if is_joint(character) && !self.word.is_empty() && self.joint.is_none() {
            self.joint = Some(folded);
        } else {
            self.end_word();
            self.end_run();
        }
    }

    /// Ends a word that may be followed by another part of the same identifier.
    fn end_part(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let term = cut(&std::mem::take(&mut self.word)).to_owned();
        self.whole.push_str(&term);
        self.first_part.get_or_insert(self.tokens.len());
        self.parts += 1;
        let (start, end) = (self.word_start, self.word_end);
        self.push(term, TermKind::Word, start, end);
        self.position += 1;
    }

    fn end_word(&mut self) {
        self.joint = None;
        self.end_part();
        let whole = std::mem::take(&mut self.whole);
        let parts = std::mem::take(&mut self.parts);
        if let Some(first) = self.first_part.take()
            && (2..=MAX_PARTS).contains(&parts)
            && whole.chars().count() <= MAX_WORD
        {
            let Token { position, start, .. } = self.tokens[first];
            let token = Token {
                term: whole,
                kind: TermKind::Whole,
                position,
                start,
                end: self.word_end,
            };
            self.tokens.insert(first, token);
        }
    }

    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        let single = if run.len() == 1 {
            TermKind::Alone
        } else {
            TermKind::Single
        };
        for (index, folded) in run.iter().enumerate() {
            self.push(folded.character.to_string(), single, folded.start, folded.end);
            if let Some(next) = run.get(index + 1) {
                let pair = String::from_iter([folded.character, next.character]);
                self.push(pair, TermKind::Pair, folded.start, next.end);
            }
            self.position += 1;
        }
    }

    fn push(&mut self, term: String, kind: TermKind, start: usize, end: usize) {
        self.tokens.push(Token {
            term,
            kind,
            position: self.position,
            start,
            end,
        });
    }
}

/// Han, Hiragana, Katakana, Hangul, and the marks written among them.
fn is_ideograph(character: char) -> bool {
    matches!(u32::from(character),
        0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x3035 | 0x3038..=0x303C | 0x3041..=0x3096 | 0x3099..=0x309F
        | 0x30A1..=0x30FA | 0x30FC..=0x30FF | 0x3105..=0x312F | 0x3131..=0x318E | 0x31A0..=0x31BF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xA960..=0xA97C | 0xAC00..=0xD7FB | 0x1100..=0x11FF
        | 0xF900..=0xFAFF | 0x1B000..=0x1B16F | 0x20000..=0x323AF)
}

/// A vowel sign or mark inside a word of another script.
fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// Signs that stand inside identifiers.
fn is_joint(character: char) -> bool {
    matches!(
        character,
        '-' | '_' | '.' | '@' | '\'' | '’' | '/' | '+' | ':' | '&' | '#' | '‐' | '‑'
    )
}

fn cut(word: &str) -> &str {
    word.char_indices()
        .nth(MAX_WORD)
        .map_or(word, |(at, _)| &word[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let terms: Vec<_> = analyze(text)
            .iter()
            .map(|t| format!("{}@{}", t.term, t.position))
            .collect();
        assert_eq!(terms.join(" "), expected);
    }

    #[test]
    fn words_identifiers_and_runs() {
        check("Hello, wide World", "hello@0 wide@1 world@2");
        check("see INV-2024-0117.", "see@0 inv-2024-0117@1 inv@1 2024@2 0117@3");
        check(
            "rust-1.95 a@b.c x--y",
            "rust-1.95@0 rust@0 1@1 95@2 a@b.c@3 a@3 b@4 c@5 x@6 y@7",
        );
        check("用 iPhone拍照。好", "用@0 iphone@1 拍@2 拍照@2 照@3 好@4");
        check("", "");
        check("'-._", "");
    }

    #[test]
    fn long_words_are_cut_alike() {
        let long = analyze(&"x".repeat(100));
        assert_eq!((long.len(), long[0].term.len(), long[0].end), (1, MAX_WORD, 100));
        assert!(
            analyze("a.b.c.d.e.f.g.h.i")
                .iter()
                .all(|token| token.kind == TermKind::Word)
        );
    }
}
