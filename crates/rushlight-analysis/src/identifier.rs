//! Which terms are names of things rather than words.

use crate::analyze::{TermKind, Token};

/// Digits that make a number a name rather than a quantity or a year.
const NUMBER: usize = 5;

/// Whether a token of [`analyze`](crate::analyze) names one thing: an address, path, version or number of a document
/// (`inv-2024-0117`, `a@b.example`, `src/main.rs`, `snake_case`), letters with digits (`bcl2`), a long number. What prose
/// joins with hyphens, apostrophes or one stroke (`well-known`, `it's`, `and/or`, `e.g`) does not.
pub fn is_identifier(token: &Token) -> bool {
    let term = token.term.as_str();
    match token.kind {
        TermKind::Whole => is_name(term),
        TermKind::Word => {
            let digits = term.chars().filter(|character| character.is_numeric()).count();
            digits >= NUMBER || (digits > 0 && term.chars().any(char::is_alphabetic))
        }
        TermKind::Part | TermKind::Stem | TermKind::Single | TermKind::Alone | TermKind::Pair => false,
    }
}

fn is_name(whole: &str) -> bool {
    let letters = whole.chars().any(char::is_alphabetic);
    let digits = whole.chars().filter(|character| character.is_numeric()).count();
    let strokes = whole.matches('/').count();
    let short = whole
        .split(|c: char| !c.is_alphanumeric())
        .all(|part| part.len() < 2);
    (letters && digits > 0)
        || digits >= NUMBER
        || whole.contains(['@', '_', '#', '+'])
        || strokes > 1
        || (!short && whole.contains(['.', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::analyze;

    #[test]
    fn names_are_told_from_words() {
        for name in [
            "INV-2024-0117",
            "a@b.example",
            "src/main.rs",
            "snake_case",
            "rust-1.95",
            "bcl2",
            "0912345678",
            "2024-03-05",
        ] {
            assert!(is_identifier(&analyze(name)[0]), "{name}");
        }
        for word in [
            "well-known",
            "it's",
            "and/or",
            "e.g.",
            "2024",
            "1.5",
            "tea",
            "茶",
            "綠茶",
        ] {
            assert!(!is_identifier(&analyze(word)[0]), "{word}");
        }
    }
}
