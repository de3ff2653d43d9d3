//! What to look for when a query is a piece of a text that may begin and end inside words.

use std::collections::HashSet;

use crate::analyze::{TermKind, Token, analyze, is_mark};
use crate::fold::fold;
use crate::word::OVERLAP;

/// A piece of a word of so many characters stands in one term, however long the word.
const WINDOW: usize = OVERLAP + 1;
/// A shorter piece of a word is not asked for beside others: it says little and stands in many terms.
const MIN_PIECE: usize = 3;

/// Which terms of an index to take.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// This term.
    Exact(String),
    /// Terms that begin so.
    Prefix(String),
    /// Terms that end so.
    Suffix(String),
    /// Terms in which this stands anywhere.
    Infix(String),
}

impl Pattern {
    /// Whether a term is one to take.
    pub fn matches(&self, term: &str) -> bool {
        match self {
            Self::Exact(text) => term == text,
            Self::Prefix(text) => term.starts_with(text.as_str()),
            Self::Suffix(text) => term.ends_with(text.as_str()),
            Self::Infix(text) => term.contains(text.as_str()),
        }
    }

    /// The pattern as a regular expression over whole terms. Its text holds letters, digits and marks only.
    pub fn regex(&self) -> String {
        match self {
            Self::Exact(text) => text.clone(),
            Self::Prefix(text) => format!("{text}.*"),
            Self::Suffix(text) => format!(".*{text}"),
            Self::Infix(text) => format!(".*{text}.*"),
        }
    }
}

/// What every text in which `query` stands to the letter must hold: for each pattern one of its terms. The first and the last
/// word of the query may be cut. Empty when the query has no term; see the crate's documentation for the law.
pub fn covering(query: &str) -> Vec<Pattern> {
    let tokens: Vec<Token> = analyze(query)
        .into_iter()
        .filter(|token| matches!(token.kind, TermKind::Word | TermKind::Pair | TermKind::Alone))
        .collect();
    let (begin, end) = edges(query);
    let mut seen = HashSet::new();
    let patterns: Vec<Pattern> = tokens
        .iter()
        .enumerate()
        .filter_map(|(index, token)| pattern(token, tokens.get(index + 1), begin, end))
        .filter(|pattern| seen.insert(pattern.clone()))
        .collect();
    let telling: Vec<Pattern> = patterns
        .iter()
        .filter(|pattern| is_telling(pattern))
        .cloned()
        .collect();
    if telling.is_empty() { patterns } else { telling }
}

/// A word that begins no later than the first of these bytes may be cut there, one that ends at the second too: nothing but
/// marks, which may belong to a word before, stands in front of it, and nothing behind it.
fn edges(query: &str) -> (usize, usize) {
    let first = fold(query).find(|folded| !is_mark(folded.character));
    let last = fold(query).last();
    (
        first.map_or(query.len(), |first| first.start),
        last.map_or(0, |last| last.end),
    )
}

/// The pattern for a token, given the one behind it. A word that is longer than a piece has several tokens; where it is cut
/// at its beginning, the pieces of the text's word begin elsewhere, so that only a window of it is sure to stand in one.
fn pattern(token: &Token, next: Option<&Token>, begin: usize, end: usize) -> Option<Pattern> {
    let term = token.term.as_str();
    if token.kind != TermKind::Word {
        return Some(Pattern::Exact(term.to_owned()));
    }
    let continued = next.is_some_and(|next| next.kind == TermKind::Word && next.start == token.start);
    let last_of_word = !continued;
    match (token.start <= begin, token.end == end) {
        (false, false) => Some(Pattern::Exact(term.to_owned())),
        (false, true) if last_of_word => Some(Pattern::Prefix(term.to_owned())),
        (false, true) => Some(Pattern::Exact(term.to_owned())),
        (true, false) => last_of_word.then(|| Pattern::Suffix(tail(term).to_owned())),
        (true, true) => last_of_word.then(|| Pattern::Infix(tail(term).to_owned())),
    }
}

fn tail(term: &str) -> &str {
    let skipped = term.chars().count().saturating_sub(WINDOW);
    let at = term.char_indices().nth(skipped).map_or(0, |(at, _)| at);
    &term[at..]
}

fn is_telling(pattern: &Pattern) -> bool {
    match pattern {
        Pattern::Exact(_) => true,
        Pattern::Prefix(text) | Pattern::Suffix(text) | Pattern::Infix(text) => {
            text.chars().nth(MIN_PIECE - 1).is_some()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    fn check(query: &str, expected: &str) {
        let patterns: Vec<_> = covering(query).iter().map(Pattern::regex).collect();
        assert_eq!(patterns.join(" "), expected);
    }

    #[test]
    fn only_the_ends_may_be_cut() {
        check("nvoic", ".*nvoic.*");
        check("nvoice for te", ".*nvoice for");
        check("nvoice for tea", ".*nvoice for tea.*");
        check("(invoice)", "invoice");
        check("V-2024-01", "2024");
        check("用iPho", "用 ipho.*");
        check("綠茶", "绿茶");
        check("e (", ".*e");
        check("😀!", "");
    }

    /// Terms of a text as an index holds them.
    fn holds(text: &str, pattern: &Pattern) -> bool {
        analyze(text).iter().any(|token| pattern.matches(&token.term))
    }

    fn texts() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-zA-Z]{1,12}",
            2 => "[a-z0-9]{60,200}",
            3 => "[一-龥]{1,6}",
            2 => "[-_.@/:'’#\\\\ ,(]{1,2}",
            1 => "[ぁ-ヶ가-힣ｦ-ﾟ]{1,4}",
            1 => "[à-ÿĀ-žΑ-ωА-я]{1,6}",
            1 => "[ก-๛ါ-းក-៓]{1,6}",
            1 => "[ا-ي\u{64b}-\u{652}अ-ह\u{93c}-\u{94d}]{1,6}",
            1 => "[\u{ad}\u{200b}-\u{200f}\u{fe0f}\u{e0100}\u{300}-\u{310}\u{20d0}]{1,2}",
            1 => "[Ａ-Ｚ０-９①-⑨ﬁ№™²½ßİ😀👨👩🏽]{1,3}",
            1 => "\u{1112}\u{1161}\u{11ab}",
            1 => "[\t\n\r]{1,2}",
            1 => "\\PC{1,4}",
        ];
        prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// The law: a piece of a text of whole characters, as people see them, that has a term of its own at all, asks for
        /// something, and for nothing that the text does not hold.
        #[test]
        fn whatever_stands_in_a_text_is_found(text in texts(), from in any::<prop::sample::Index>(), length in 1usize..40) {
            let characters: Vec<&str> = text.graphemes(true).collect();
            let from = from.index(characters.len());
            let query: String = characters[from..].iter().take(length).copied().collect();
            let patterns = covering(&query);
            prop_assert_eq!(patterns.is_empty(), analyze(&query).is_empty());
            for pattern in patterns {
                prop_assert!(holds(&text, &pattern), "{:?} of {:?} in {:?}", pattern, query, analyze(&text));
            }
        }
    }

    #[test]
    fn japanese_and_korean_are_found_by_pairs() {
        for (text, query) in [
            ("東京都の図書館へ行く", "京都の図"),
            ("ｶﾀｶﾅとカタカナ", "カタ"),
            ("한국어를 배운다", "국어"),
            ("國語と国語", "國語"),
        ] {
            let patterns = covering(query);
            assert!(
                patterns
                    .iter()
                    .all(|pattern| matches!(pattern, Pattern::Exact(_)))
            );
            assert!(patterns.iter().all(|pattern| holds(text, pattern)), "{query}");
        }
    }

    #[test]
    fn every_letter_and_digit_has_a_term() {
        use unicode_normalization::UnicodeNormalization;
        for character in ('\0'..=char::MAX).filter(|c| c.is_alphanumeric()) {
            let text = character.to_string();
            if text.nfkc().any(|c| c.is_alphanumeric() && !is_mark(c)) {
                assert!(!covering(&text).is_empty(), "{character:?}");
            }
        }
    }
}
