//! English words without their endings.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};

use crate::analyze::{TermKind, Token, analyze};

/// Shorter words have no ending to take off.
const MIN_WORD: usize = 3;
/// Longer ones are no words.
const MAX_WORD: usize = 32;

static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));

/// Words whose stems each thread remembers: taking an ending off costs several times what looking one up does.
const REMEMBERED: usize = 1 << 15;

thread_local! {
    static STEMS: RefCell<HashMap<Box<str>, Box<str>>> = RefCell::default();
}

/// The stem of a folded word: `None` where `word` is not of ASCII letters alone, or too short to have endings. The stem of a
/// word without an ending is the word.
pub fn stem(word: &str) -> Option<String> {
    let has_stem =
        (MIN_WORD..=MAX_WORD).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    has_stem.then(|| STEMS.with_borrow_mut(|stems| remembered(stems, word)))
}

fn remembered(stems: &mut HashMap<Box<str>, Box<str>>, word: &str) -> String {
    if let Some(stem) = stems.get(word) {
        return stem.to_string();
    }
    if stems.len() >= REMEMBERED {
        stems.clear();
    }
    let stem = ENGLISH.stem(word).into_owned();
    stems.insert(word.into(), stem.as_str().into());
    stem
}

/// What a field of stems holds for a text: see [`stems_of`].
pub fn stems(text: &str) -> Vec<Token> {
    stems_of(&analyze(text)).collect()
}

/// The stems of the words and parts of words among `tokens`, each where its word stands. A word that [`stem`] does not know
/// stands for itself, so that such a field answers alone for `run` in `running`, and weighs a question as the words do.
pub fn stems_of(tokens: &[Token]) -> impl Iterator<Item = Token> + '_ {
    tokens
        .iter()
        .filter(|token| matches!(token.kind, TermKind::Word | TermKind::Part))
        .map(|token| Token {
            term: stem(&token.term).unwrap_or_else(|| token.term.clone()),
            kind: TermKind::Stem,
            ..*token
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_come_off_english_words_only() {
        let check = |word, expected| assert_eq!(stem(word).as_deref(), expected, "{word}");
        check("invoices", Some("invoic"));
        check("invoice", Some("invoic"));
        check("tea", Some("tea"));
        check("is", None);
        check("b2b", None);
        check("naïve", None);
        check("茶", None);
    }

    #[test]
    fn stems_stand_where_their_words_do() {
        let stems: Vec<_> = stems("two invoices, 綠茶 INV-7")
            .into_iter()
            .map(|token| (token.term, token.position, token.start))
            .collect();
        assert_eq!(
            stems,
            [
                ("two".to_owned(), 0, 0),
                ("invoic".to_owned(), 1, 4),
                ("inv".to_owned(), 4, 21),
                ("7".to_owned(), 5, 25)
            ]
        );
    }
}
