//! Words as the fakes see them: Latin words folded in case, width and accents, and single Chinese, Japanese and Korean
//! characters. Written apart from the real analyzer on purpose: a mistake in one shows against the other.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word or a single ideograph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Folded.
    pub(crate) text: String,
    /// True for one character of a script written without spaces.
    pub(crate) ideograph: bool,
    /// True when an ideograph stands directly before this ideograph.
    pub(crate) joined: bool,
    /// Where the word stands in the text that was given, in bytes.
    pub(crate) start: usize,
    /// One past its last byte.
    pub(crate) end: usize,
}

/// The words of `text`, in order. Punctuation and white space are no words.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    // Whether the previous character was part of a word, and whether that was an ideograph.
    let (mut in_word, mut after_ideograph) = (false, false);
    for (start, character) in text.char_indices() {
        let end = start + character.len_utf8();
        if is_ideograph(character) {
            words.push(Word {
                text: fold(character),
                ideograph: true,
                joined: after_ideograph,
                start,
                end,
            });
            (in_word, after_ideograph) = (false, true);
        } else if character.is_alphanumeric() || (in_word && is_combining_mark(character)) {
            match words.last_mut() {
                Some(word) if in_word => {
                    word.text.push_str(&fold(character));
                    word.end = end;
                }
                _ => words.push(Word {
                    text: fold(character),
                    ideograph: false,
                    joined: false,
                    start,
                    end,
                }),
            }
            (in_word, after_ideograph) = (true, false);
        } else {
            (in_word, after_ideograph) = (false, false);
        }
    }
    words
}

/// The units a text is compared by: Latin words, pairs of neighbouring ideographs, and an ideograph that stands alone.
pub(crate) fn terms(words: &[Word]) -> Vec<String> {
    let mut terms = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let next_joins = words.get(index + 1).is_some_and(|next| next.joined);
        if !word.ideograph {
            terms.push(word.text.clone());
        } else if next_joins {
            terms.push(format!("{}{}", word.text, words[index + 1].text));
        } else if !word.joined {
            terms.push(word.text.clone());
        }
    }
    terms
}

/// [`terms`], and every ideograph by itself: what a text can be found by.
pub(crate) fn all_terms(words: &[Word]) -> Vec<String> {
    let singles = words
        .iter()
        .filter(|word| word.ideograph)
        .map(|word| word.text.clone());
    let is_single = |term: &String| term.chars().count() == 1 && term.chars().all(is_ideograph);
    singles
        .chain(terms(words).into_iter().filter(|term| !is_single(term)))
        .collect()
}

fn is_ideograph(character: char) -> bool {
    matches!(u32::from(character),
        0x3005..=0x3007 | 0x3040..=0x30FF | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

/// Full width to half width, accents off, lower case.
fn fold(character: char) -> String {
    let lower = std::iter::once(character)
        .nfkc()
        .flat_map(char::to_lowercase)
        .collect::<String>();
    let plain = if is_ideograph(character) {
        lower
    } else {
        lower.nfd().filter(|c| !is_combining_mark(*c)).collect()
    };
    plain.replace('ß', "ss")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(terms(&words(text)).join(" "), expected);
    }

    #[test]
    fn words_are_folded_and_ideographs_paired() {
        check("The CAFÉ, Straße; ＡＢＣ１", "the cafe strasse abc1");
        check("泡茶時用 70 度", "泡茶 茶時 時用 70 度");
        check("茶。壺", "茶 壺");
        check("", "");
    }
}
