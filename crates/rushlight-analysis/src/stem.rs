//! English words without their endings.

use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};

use crate::analyze::{TermKind, Token, analyze};

/// Shorter words have no ending to take off.
const MIN_WORD: usize = 3;

static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));

/// The stem of a folded word: `None` where `word` is not of ASCII letters alone, or too short to have endings. The stem of a
/// word without an ending is the word.
pub fn stem(word: &str) -> Option<String> {
    (word.len() >= MIN_WORD && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        .then(|| ENGLISH.stem(word).into_owned())
}

/// The stems of a text's words, each where its word stands: what a field of stems holds. Every word that [`stem`] knows has
/// one, also where it is the word itself, so that such a field answers alone for `run` in `running`.
pub fn stems(text: &str) -> Vec<Token> {
    analyze(text)
        .into_iter()
        .filter(|token| matches!(token.kind, TermKind::Word | TermKind::Part))
        .filter_map(|token| {
            Some(Token {
                term: stem(&token.term)?,
                kind: TermKind::Stem,
                ..token
            })
        })
        .collect()
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
                ("inv".to_owned(), 4, 21)
            ]
        );
    }
}
