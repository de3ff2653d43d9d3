//! From Chinese: the longest words that are known, one after the other.

use crate::Dictionary;

/// Characters of a word that is looked for.
const MAX_CHARACTERS: usize = 8;
/// Characters that by themselves only join others.
const JOINING: &str = "的與和与之在是了及以";

/// Whether a text has a Chinese character.
pub(crate) fn is_chinese(text: &str) -> bool {
    text.chars().any(is_han)
}

fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// What each word of a text means; words of which nothing is known are left out.
pub(crate) fn meanings(dictionary: &Dictionary, text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = longest(dictionary, rest);
        let taken = word.map_or(first.len_utf8(), str::len);
        if let Some(word) = word.filter(|word| !JOINING.contains(word)) {
            let meanings = dictionary.meanings(word);
            if !meanings.is_empty() {
                all.push(meanings);
            }
        }
        rest = &rest[taken..];
    }
    all
}

/// The longest word that a text begins with.
fn longest<'t>(dictionary: &Dictionary, text: &'t str) -> Option<&'t str> {
    let han = text.char_indices().take_while(|(_, letter)| is_han(*letter));
    let ends: Vec<usize> = han
        .take(MAX_CHARACTERS)
        .map(|(at, letter)| at + letter.len_utf8())
        .collect();
    let mut words = ends.into_iter().rev().map(|end| &text[..end]);
    words.find(|word| dictionary.has_word(word))
}
