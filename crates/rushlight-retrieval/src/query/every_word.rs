//! A query as a list that nothing ranks needs it: its plain words must be there too.

use rushlight_core::Query;

use super::dates::Calendar;
use super::lower::Lowering;
use super::parser::Parser;
use super::signs::Signs;
use super::{clean, is_too_long};

/// English words that say how a question is put and not what it is about, sorted.
const HELPERS: [&str; 52] = [
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "but", "by", "can", "did", "do", "does",
    "for", "from", "had", "has", "have", "how", "i", "in", "is", "it", "its", "me", "my", "of", "on", "or",
    "our", "show", "that", "the", "their", "there", "this", "to", "was", "we", "were", "what", "when",
    "where", "which", "who", "why", "will", "with", "you", "your",
];

/// Whether a word need not be there.
pub(super) fn is_helper(word: &str) -> bool {
    let word = word.trim_matches(|ch: char| !ch.is_alphanumeric()).to_lowercase();
    HELPERS.binary_search(&word.as_str()).is_ok()
}

/// A query that requires each of its plain words, but for those that only put a question; a run of Chinese stands together.
/// While it is typed its last word may be the beginning of one. `None` where it cannot be read or no word is left.
pub fn every_word(text: &str, calendar: &Calendar, typing: bool) -> Option<Query> {
    if is_too_long(text) {
        return None;
    }
    let glyphs = clean(text);
    let muted = vec![false; glyphs.len()];
    let signs = Signs {
        glyphs: &glyphs,
        muted: &muted,
    };
    let items = Parser::new(signs, calendar, typing).query().ok()?;
    let mut lowering = Lowering {
        glyphs: &glyphs,
        typing,
        every_word: true,
        clauses: 0,
    };
    let query = lowering.query(&items).ok()?;
    (!query.free_text().is_empty()).then_some(query)
}

#[cfg(test)]
mod tests {
    use rushlight_core::Timestamp;

    use super::super::describe;
    use super::*;

    fn read(text: &str) -> Option<String> {
        let calendar = Calendar::at_offset(Timestamp(1_772_928_000_000), 0);
        every_word(text, &calendar, false).map(|query| describe(&query, &calendar))
    }

    #[test]
    fn helpers_are_sorted_and_distinct() {
        assert!(HELPERS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn words_must_be_there_and_alternatives_stay_alternatives() {
        for (typed, expected) in [
            ("green tea", "required: green, tea"),
            ("How hot is the tea?", "required: hot, tea"),
            ("綠茶 溫度", "required: 綠茶, 溫度"),
            ("tea OR coffee", "required: (tea OR coffee)"),
            (
                "tea from:anna -milk",
                "required: tea · from: anna · without: milk",
            ),
            ("\"green tea\" hot", "required: \"green tea\", hot"),
            ("is tea-2024 ok", "required: \"tea-2024\", ok"),
            ("+the tea", "required: the, tea"),
        ] {
            assert_eq!(read(typed).as_deref(), Some(expected), "{typed}");
        }
    }

    #[test]
    fn what_has_no_word_of_its_own_requires_none() {
        for typed in ["what is the", "tea frm:anna", "\"tea", "what is it type:mail"] {
            assert_eq!(read(typed), None, "{typed}");
        }
    }

    #[test]
    fn the_last_word_may_go_on_while_it_is_typed() {
        let calendar = Calendar::at_offset(Timestamp(0), 0);
        let typed = |text: &str| every_word(text, &calendar, true).map(|query| describe(&query, &calendar));
        assert_eq!(typed("green te").as_deref(), Some("required: green, te*"));
        assert_eq!(typed("green te ").as_deref(), Some("required: green, te"));
    }
}
