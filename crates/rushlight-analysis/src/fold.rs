//! Folding of characters, so that what people hold for the same word is the same term.

use std::collections::VecDeque;
use std::iter::Peekable;
use std::str::CharIndices;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::han::{HAN, HanTable};

/// A folded character and the bytes of the text it comes from. Several may come from the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) character: char,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// It was a capital letter.
    pub(crate) capital: bool,
}

/// Folds a text character by character: NFKC (full width to half width, ligatures taken apart), lower case, accents off
/// Latin, Greek and Cyrillic letters, `ß` to `ss`, Traditional to Simplified characters. Accents elsewhere carry meaning and
/// stay. Characters that are not seen (soft hyphens, joiners, marks of direction, variation selectors) are left out.
pub(crate) fn fold(text: &str) -> impl Iterator<Item = Folded> + '_ {
    let han = &*HAN;
    let mut characters = text.char_indices().peekable();
    let mut ready: VecDeque<Folded> = VecDeque::new();
    std::iter::from_fn(move || {
        while ready.is_empty() {
            let (start, end) = cluster(&mut characters)?;
            let cluster = &text[start..end];
            if let Some((character, capital)) = folded_alone(cluster, han) {
                return Some(Folded {
                    character,
                    start,
                    end,
                    capital,
                });
            }
            let mut capital = cluster.starts_with(char::is_uppercase);
            unfold(cluster, han, |character| {
                ready.push_back(Folded {
                    character,
                    start,
                    end,
                    capital: std::mem::take(&mut capital),
                });
            });
        }
        ready.pop_front()
    })
}

/// A text as it is matched, character for character: folded, with its signs and spaces.
pub fn folded(text: &str) -> String {
    fold(text).map(|folded| folded.character).collect()
}

/// What a single character of the most frequent ones folds to, and whether it is a capital; the others take the long way.
#[inline]
fn folded_alone(cluster: &str, han: &HanTable) -> Option<(char, bool)> {
    let mut characters = cluster.chars();
    match (characters.next()?, characters.next()) {
        (c, None) if c.is_ascii() => Some((c.to_ascii_lowercase(), c.is_ascii_uppercase())),
        (c @ ('\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'), None) => Some((han.fold(c), false)),
        (c @ '\u{ac00}'..='\u{d7a3}', None) => Some((c, false)),
        _ => None,
    }
}

/// The long way: any character with its marks.
fn unfold(cluster: &str, han: &HanTable, mut push: impl FnMut(char)) {
    // Signs set behind a word are not part of it.
    let unsigned = cluster.trim_start_matches(['™', '℠']);
    if unsigned.len() < cluster.len()
        || cluster.starts_with(['¹', '²', '³', '⁰', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'])
    {
        push(' ');
    }
    let composed: String = unsigned.nfkc().flat_map(char::to_lowercase).collect();
    for character in composed.nfc() {
        // An accent without a composed form, such as the dot that lower case leaves of `İ`, says nothing either.
        if is_accent(character) || is_unseen(character) {
            continue;
        }
        match std::iter::once(character).nfd().next().unwrap_or(character) {
            'ß' => ['s', 's'].into_iter().for_each(&mut push),
            'æ' => ['a', 'e'].into_iter().for_each(&mut push),
            'œ' => ['o', 'e'].into_iter().for_each(&mut push),
            'ł' => push('l'),
            'ø' => push('o'),
            'đ' => push('d'),
            'ı' => push('i'),
            'ς' => push('σ'),
            base if u32::from(base) < 0x530 => push(base),
            _ => push(han.fold(character)),
        }
    }
}

/// The next character with the marks that belong to it; a Hangul syllable with its letters.
fn cluster(characters: &mut Peekable<CharIndices<'_>>) -> Option<(usize, usize)> {
    let (start, first) = characters.next()?;
    let mut end = start + first.len_utf8();
    while let Some((at, mark)) =
        characters.next_if(|(_, next)| !next.is_ascii() && belongs_to_previous(*next))
    {
        end = at + mark.len_utf8();
    }
    Some((start, end))
}

fn belongs_to_previous(character: char) -> bool {
    match character {
        '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => false,
        '\u{1160}'..='\u{11ff}' | 'ﾞ' | 'ﾟ' => true,
        _ => is_combining_mark(character),
    }
}

/// The general accents, as against the vowel signs and marks of other scripts.
fn is_accent(character: char) -> bool {
    matches!(u32::from(character), 0x300..=0x36F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF)
}

/// Characters that only say how others are set: soft hyphen, joiners and non-joiners, direction, variation selectors.
fn is_unseen(character: char) -> bool {
    matches!(u32::from(character), 0xAD | 0x34F | 0x61C | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E
        | 0x2060..=0x2069 | 0xFE00..=0xFE0F | 0xFEFF | 0xE_0100..=0xE_01EF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(folded(text), expected);
    }

    #[test]
    fn case_width_and_accents_fold() {
        check("Café CAFE\u{301} Straße", "cafe cafe strasse");
        check("ＡＢＣ１２３ ﬁ №", "abc123 fi no");
        check("Ångström Łódź naïve", "angstrom lodz naive");
        check("Ærø œuvre Đà ΟΔΟΣ οδος", "aero oeuvre da οδοσ οδοσ");
        check("İstanbul ΑΘΉΝΑ Ёж", "istanbul αθηνα еж");
    }

    #[test]
    fn marks_that_make_another_letter_stay() {
        check("が ｶﾞ 한국어 กำ", "が ガ 한국어 ก\u{e4d}า");
    }

    #[test]
    fn what_is_not_seen_is_left_out() {
        check("in\u{ad}voice \u{202e}a\u{200d}b\u{feff}", "invoice ab");
        check("葛\u{e0100}飾 ❤\u{fe0f}", "葛饰 ❤");
        check("Rushlight™ m² note¹", "rushlight  m 2 note 1");
    }

    #[test]
    fn scripts_and_hangul_letters_meet() {
        check("軟體 软体 \u{2f8e}", "软体 软体 血");
        check("\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}", "한국");
    }

    #[test]
    fn the_short_way_gives_what_the_long_one_does() {
        let han = &*HAN;
        for c in '\0'..=char::MAX {
            if let Some((character, capital)) = folded_alone(c.encode_utf8(&mut [0; 4]), han) {
                // Beside a mark that folds away a character takes the long way.
                let long: Vec<_> = fold(&format!("{c}\u{20d0}"))
                    .map(|folded| (folded.character, folded.capital))
                    .collect();
                assert_eq!(long, [(character, capital)]);
            }
        }
    }

    #[test]
    fn folded_characters_know_their_bytes() {
        let spans: Vec<_> = fold("é茶ﬁ").map(|folded| (folded.start, folded.end)).collect();
        assert_eq!(spans, [(0, 2), (2, 5), (5, 8), (5, 8)]);
    }
}
