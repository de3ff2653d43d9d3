//! From text to terms with positions.

use crate::fold::{Folded, fold};
use crate::word::{WordBuilder, pieces};

/// An identifier of more parts, or of more characters, has no term of its own.
const MAX_PARTS: usize = 12;
const MAX_WHOLE: usize = 128;

/// What a term was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TermKind {
    /// A word, or a part of an identifier between joining signs, or a piece of a very long word. Words, pairs and lone
    /// characters together say all that stands in a text, one after the other.
    Word,
    /// A whole identifier of two or more parts, at the place of the first: `inv-2024-0117`.
    Whole,
    /// A part of a word written in CamelCase or with a number at its end, at the place of the word: `http` of `HttpServer`.
    Part,
    /// A word without its ending, at the place of the word. [`analyze`] gives none; [`stems`](crate::stems) does.
    Stem,
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
    word: WordBuilder,
    /// A sign that may join the next word to this one.
    joint: Option<Folded>,
    /// The run of characters of a script without spaces being read.
    run: Vec<Folded>,
}

impl Analysis {
    fn take(&mut self, folded: Folded) {
        let character = folded.character;
        if is_unspaced(character) {
            self.end_word();
            self.run.push(folded);
        } else if character.is_alphanumeric()
            || (self.joint.is_none() && !self.word.is_empty() && is_mark(character))
        {
            self.end_run();
            if let Some(joint) = self.joint.take() {
                self.end_part();
                self.whole.push(straight(joint.character));
            }
            self.word.push(folded);
        } else if is_joint(character) && !self.word.is_empty() && self.joint.is_none() {
            self.joint = Some(folded);
        } else {
            if character == '+' && self.joint.is_some_and(|joint| joint.character == '+') {
                self.name_language("++", folded.end);
            }
            self.end_word();
            self.end_run();
        }
    }

    /// A letter alone with signs behind it is a whole too: `C++`, `C#`.
    fn name_language(&mut self, signs: &str, end: usize) {
        if self.first_part.is_none() && self.word.text.len() == 1 {
            let (whole, start) = (self.word.text.clone() + signs, self.word.start);
            self.push(whole, TermKind::Whole, start, end);
        }
    }

    /// Ends a word that may be followed by another part of the same identifier.
    fn end_part(&mut self) {
        if self.word.is_empty() {
            return;
        }
        self.first_part.get_or_insert(self.tokens.len());
        self.parts += 1;
        let word = std::mem::take(&mut self.word);
        if self.whole.len() <= 4 * MAX_WHOLE {
            self.whole.push_str(&word.text);
        }
        for piece in pieces(&word.text) {
            self.push(piece.to_owned(), TermKind::Word, word.start, word.end);
            self.position += 1;
        }
        self.position -= 1;
        for (part, start, end) in word.parts() {
            self.push(part.to_owned(), TermKind::Part, start, end);
        }
        self.position += 1;
        self.word = word.cleared();
    }

    fn end_word(&mut self) {
        if let Some(joint) = self.joint.take().filter(|joint| joint.character == '#') {
            self.name_language("#", joint.end);
        }
        self.end_part();
        let Some(first) = self.first_part.take() else {
            return;
        };
        let parts = std::mem::take(&mut self.parts);
        if (2..=MAX_PARTS).contains(&parts) && self.whole.chars().count() <= MAX_WHOLE {
            let Token { position, start, .. } = self.tokens[first];
            let token = Token {
                term: self.whole.clone(),
                kind: TermKind::Whole,
                position,
                start,
                end: self.word.end,
            };
            self.tokens.insert(first, token);
        }
        self.whole.clear();
    }

    fn end_run(&mut self) {
        if self.run.is_empty() {
            return;
        }
        let mut run = std::mem::take(&mut self.run);
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
        run.clear();
        self.run = run;
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

/// Scripts written without spaces between words: Han, Hiragana, Katakana, Hangul and the marks written among them (Korean has
/// spaces, but hangs endings onto its words); Thai, Lao, Myanmar, Khmer.
pub(crate) fn is_unspaced(character: char) -> bool {
    matches!(u32::from(character),
        0x0E01..=0x0E3A | 0x0E40..=0x0E4E | 0x0E81..=0x0ECE | 0x0EDC..=0x0EDF | 0x1000..=0x103F | 0x1050..=0x108F
        | 0x109A..=0x109D | 0x1780..=0x17D3
        | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x3035 | 0x3038..=0x303C | 0x3041..=0x3096 | 0x3099..=0x309F
        | 0x30A1..=0x30FA | 0x30FC..=0x30FF | 0x3105..=0x312F | 0x3131..=0x318E | 0x31A0..=0x31BF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xA960..=0xA97C | 0xAC00..=0xD7FB | 0x1100..=0x11FF
        | 0xF900..=0xFAFF | 0x1B000..=0x1B16F | 0x20000..=0x323AF)
}

/// A vowel sign or mark inside a word of another script.
pub(crate) fn is_mark(character: char) -> bool {
    !character.is_ascii() && unicode_normalization::char::is_combining_mark(character)
}

/// Signs that stand inside identifiers.
fn is_joint(character: char) -> bool {
    matches!(
        character,
        '-' | '_' | '.' | '@' | '\'' | '’' | '/' | '\\' | '+' | ':' | '&' | '#' | '‐' | '‑'
    )
}

/// A joint as it stands in a term: however a path or an apostrophe is written, it is the same.
fn straight(joint: char) -> char {
    match joint {
        '’' => '\'',
        '‐' | '‑' => '-',
        '\\' => '/',
        other => other,
    }
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
        check("用 iPhone拍照。好", "用@0 iphone@1 phone@1 拍@2 拍照@2 照@3 好@4");
        check("軟體 ไทย", "软@0 软体@0 体@1 ไ@2 ไท@2 ท@3 ทย@3 ย@4");
        check("", "");
        check("'-._", "");
    }

    #[test]
    fn identifiers_are_found_whole_and_by_parts() {
        check(
            "src\\main.rs src/main.rs",
            "src/main.rs@0 src@0 main@1 rs@2 src/main.rs@3 src@3 main@4 rs@5",
        );
        check("C:\\x\\y.txt", "c@0 x/y.txt@1 x@1 y@2 txt@3");
        check("it’s snake_case", "it's@0 it@0 s@1 snake_case@2 snake@2 case@3");
        check(
            "https://a.example/b?c=1",
            "https@0 a.example/b@1 a@1 example@2 b@3 c@4 1@5",
        );
    }

    #[test]
    fn a_letter_with_signs_is_a_name() {
        check(
            "C++, C# F#語 a+b x+ #1",
            "c++@0 c@0 c#@1 c@1 f#@2 f@2 语@3 a+b@4 a@4 b@5 x@6 1@7",
        );
    }

    #[test]
    fn camel_case_and_numbers_at_the_end_come_apart_in_place() {
        check(
            "parseHttpRequest HTTPServer x",
            "parsehttprequest@0 parse@0 http@0 request@0 httpserver@1 http@1 server@1 x@2",
        );
        check(
            "COVID19 p53 a1b2 B2B iOS",
            "covid19@0 covid@0 19@0 p53@1 a1b2@2 b2b@3 ios@4 os@4",
        );
        check("WORLD World wORLD", "world@0 world@1 world@2 orld@2");
    }

    #[test]
    fn long_words_come_in_pieces_and_long_identifiers_in_parts() {
        let long: String = (0..150)
            .map(|index| char::from(b'a' + (index % 26) as u8))
            .collect();
        let tokens = analyze(&long);
        let terms: Vec<&str> = tokens.iter().map(|token| token.term.as_str()).collect();
        assert_eq!(terms, [&long[..64], &long[48..112], &long[96..]]);
        assert!(tokens.iter().all(|token| (token.start, token.end) == (0, 150)));
        let parts = vec!["ab"; MAX_PARTS + 1].join(".");
        assert!(analyze(&parts).iter().all(|token| token.kind == TermKind::Word));
    }
}
