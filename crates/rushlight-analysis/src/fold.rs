//! Folding of characters, so that what people hold for the same word is the same term.

use std::iter::Peekable;
use std::str::CharIndices;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A folded character and the bytes of the text it comes from. Several may come from the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) character: char,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Folds a text character by character: NFKC (full width to half width, ligatures taken apart), lower case, accents off
/// Latin, Greek and Cyrillic letters, `ß` to `ss`. Accents elsewhere carry meaning and stay.
pub(crate) fn fold(text: &str) -> impl Iterator<Item = Folded> + '_ {
    let mut characters = text.char_indices().peekable();
    let mut ready: std::collections::VecDeque<Folded> = std::collections::VecDeque::new();
    std::iter::from_fn(move || {
        while ready.is_empty() {
            let (start, end) = cluster(&mut characters)?;
            let cluster = &text[start..end];
            if let Some(character) = folded_alone(cluster) {
                return Some(Folded {
                    character,
                    start,
                    end,
                });
            }
            let composed: String = cluster.nfkc().flat_map(char::to_lowercase).collect();
            for character in composed.nfc() {
                let base = std::iter::once(character).nfd().next().unwrap_or(character);
                if character == 'ß' {
                    ready.extend(['s', 's'].map(|character| Folded {
                        character,
                        start,
                        end,
                    }));
                } else if is_accent(character) {
                    // An accent without a composed form, such as the dot that lower case leaves of `İ`.
                } else if u32::from(base) < 0x530 {
                    ready.push_back(Folded {
                        character: base,
                        start,
                        end,
                    });
                } else {
                    ready.push_back(Folded {
                        character,
                        start,
                        end,
                    });
                }
            }
        }
        ready.pop_front()
    })
}

/// What a single character of the most frequent ones folds to; the others take the long way.
fn folded_alone(cluster: &str) -> Option<char> {
    let mut characters = cluster.chars();
    match (characters.next()?, characters.next()) {
        (c, None) if c.is_ascii() => Some(c.to_ascii_lowercase()),
        (c @ ('\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'), None) => Some(c),
        _ => None,
    }
}

/// The next character with the marks that belong to it.
fn cluster(characters: &mut Peekable<CharIndices<'_>>) -> Option<(usize, usize)> {
    let (start, first) = characters.next()?;
    let mut end = start + first.len_utf8();
    while let Some((at, mark)) = characters
        .next_if(|(_, next)| !next.is_ascii() && (is_combining_mark(*next) || matches!(next, 'ﾞ' | 'ﾟ')))
    {
        end = at + mark.len_utf8();
    }
    Some((start, end))
}

/// The general accents, as against the vowel signs and marks of other scripts.
fn is_accent(character: char) -> bool {
    matches!(u32::from(character), 0x300..=0x36F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(
            fold(text).map(|folded| folded.character).collect::<String>(),
            expected
        );
    }

    #[test]
    fn case_width_and_accents_fold() {
        check("Café CAFE\u{301} Straße", "cafe cafe strasse");
        check("ＡＢＣ１２３ ﬁ №", "abc123 fi no");
        check("Ångström Łódź naïve", "angstrom łodz naive");
        check("İstanbul ΑΘΉΝΑ Ёж", "istanbul αθηνα еж");
    }

    #[test]
    fn marks_that_make_another_letter_stay() {
        check("が ｶﾞ 한국어 กำ", "が ガ 한국어 ก\u{e4d}า");
    }

    #[test]
    fn the_short_way_gives_what_the_long_one_does() {
        for c in ('\0'..=char::MAX).filter(|c| folded_alone(c.encode_utf8(&mut [0; 4])).is_some()) {
            // Beside a mark that folds away a character takes the long way.
            check(
                &format!("{c}\u{20d0}"),
                &folded_alone(&c.to_string()).map(String::from).unwrap_or_default(),
            );
        }
    }

    #[test]
    fn folded_characters_know_their_bytes() {
        let spans: Vec<_> = fold("é茶ﬁ").map(|folded| (folded.start, folded.end)).collect();
        assert_eq!(spans, [(0, 2), (2, 5), (5, 8), (5, 8)]);
    }
}
