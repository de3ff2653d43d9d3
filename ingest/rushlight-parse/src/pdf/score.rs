//! How much of a page's text is text: the measure by which one engine's page is preferred to another's.

/// Words of Latin letters longer than this are words whose spaces were lost.
const LONGEST_WORD: usize = 28;
/// One letter alone, this many times in a row, is a word that was torn apart.
const TORN: usize = 4;

/// What a page's characters are worth, zero or more; of two readings of one page the one with the higher score is better.
///
/// `plausible * (plausible / visible)^2`, where `visible` counts the characters that are not white space and `plausible`
/// those of them that could be read by a person. So more text wins between two sound readings, and a reading of which half
/// is garbage is worth a quarter of its sound half. Not plausible are
/// - characters without a name: U+FFFD, characters of private use, control characters;
/// - Latin words without a vowel of four small letters or more, the same letter more than twice in a row, what a word
///   has beyond 28 letters, and four or more single letters with spaces between them;
/// - six letters for each single Latin consonant that stands as a word, where those are more than one word in 25: the
///   page is torn to pieces;
/// - words that mix Latin, Greek, Cyrillic, Hebrew or Arabic letters;
/// - `(cid:12)`, which is the number of a glyph.
pub(crate) fn score(page_text: &str) -> f64 {
    let Count { visible, plausible } = count(page_text);
    plausible as f64 * share(visible, plausible).powi(2)
}

/// Share of plausible characters among the visible ones, 0 to 1; 0 where none is visible.
pub(crate) fn quality(page_text: &str) -> f64 {
    let Count { visible, plausible } = count(page_text);
    share(visible, plausible)
}

/// False for no text, and for one whose characters the font does not name: those come as replacement characters, as
/// characters of private use or as control characters. Where most are, what is left is no word of the page.
pub(crate) fn is_readable(text: &str) -> bool {
    let (mut all, mut named) = (0usize, 0usize);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        all += 1;
        named += usize::from(is_named(c));
    }
    named > 0 && named * 2 >= all
}

/// True for letters written from right to left.
pub(crate) fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

struct Count {
    visible: usize,
    plausible: usize,
}

fn share(visible: usize, plausible: usize) -> f64 {
    if visible == 0 {
        0.0
    } else {
        plausible as f64 / visible as f64
    }
}

fn is_named(c: char) -> bool {
    !(c.is_control() || matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}'))
}

fn count(text: &str) -> Count {
    let (mut visible, mut implausible) = (0usize, 0usize);
    let mut torn = 0usize;
    let (mut words, mut consonants) = (0usize, 0usize);
    for token in text.split_whitespace() {
        let mut letters = 0usize;
        for c in token.chars() {
            visible += 1;
            implausible += usize::from(!is_named(c));
            letters += usize::from(c.is_alphabetic());
        }
        implausible += glyph_numbers(token);
        words += usize::from(letters > 0);
        let single = token.chars().next().filter(|_| letters == 1 && token.len() == 1);
        consonants += usize::from(single.is_some_and(|c| c.is_ascii_lowercase() && !is_vowel(c)));
        for word in token
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
        {
            implausible += implausible_in_word(word);
        }
        let alone = letters == 1 && token.chars().count() == 1 && token.is_ascii();
        if alone {
            torn += 1;
        } else {
            implausible += if torn >= TORN { torn } else { 0 };
            torn = 0;
        }
    }
    implausible += if torn >= TORN { torn } else { 0 };
    if consonants * 25 > words {
        implausible += consonants * 6;
    }
    Count {
        visible,
        plausible: visible.saturating_sub(implausible),
    }
}

/// Characters of `token` that are the numbers of glyphs in place of the characters themselves.
fn glyph_numbers(token: &str) -> usize {
    let mut found = 0;
    let mut rest = token;
    while let Some(at) = rest.find("(cid:") {
        let Some(length) = rest[at..].find(')') else { break };
        found += length + 1;
        rest = &rest[at + length + 1..];
    }
    found
}

fn implausible_in_word(word: &str) -> usize {
    let length = word.chars().count();
    let mut script = None;
    for c in word.chars() {
        match (script, script_of(c)) {
            (None, found) => script = found,
            (Some(before), Some(now)) if before != now => return length,
            _ => {}
        }
    }
    if script != Some(Script::Latin) {
        return 0;
    }
    let is_small = word.chars().all(|c| !c.is_uppercase());
    if length >= 4 && is_small && word.chars().all(|c| c.is_ascii() && !is_vowel(c)) {
        return length;
    }
    let mut repeated = 0;
    let (mut last, mut run) = ('\0', 0);
    for c in word.chars().chain(['\0']) {
        if c == last {
            run += 1;
            continue;
        }
        // Roman numerals have three of a letter, and so has `www`.
        if run > 2 && !matches!(last, 'i' | 'I' | 'x' | 'X' | 'c' | 'C' | 'm' | 'M' | 'w' | 'W') {
            repeated += run;
        }
        (last, run) = (c, 1);
    }
    repeated.max(length.saturating_sub(LONGEST_WORD))
}

fn is_vowel(c: char) -> bool {
    matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

#[derive(Clone, Copy, PartialEq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Hebrew,
    Arabic,
}

fn script_of(c: char) -> Option<Script> {
    Some(match c {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => Script::Latin,
        // Single Greek letters stand in formulas and units.
        '\u{391}'..='\u{3a9}' | '\u{3b1}'..='\u{3c9}' if !matches!(c, 'μ' | 'Δ' | 'Ω' | 'π') => {
            Script::Greek
        }
        '\u{400}'..='\u{52f}' => Script::Cyrillic,
        '\u{590}'..='\u{5ff}' => Script::Hebrew,
        '\u{600}'..='\u{6ff}' => Script::Arabic,
        // Chinese stands beside Latin letters without a space in ordinary text.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_text_wins_between_sound_readings() {
        assert!(score("the whole page") > score("the page"));
        assert!(score("這是一頁") > score("這是"));
        assert_eq!(score(" \n"), 0.0);
    }

    #[test]
    fn a_sound_reading_wins_over_a_longer_one_with_garbage() {
        let sound = "Quarterly report of the tea house";
        for garbage in [
            "\u{e001}\u{e002}\u{e003}\u{e004}\u{e005}\u{e006}\u{e007} \u{e008}\u{e009}\u{e00a} report of the tea house x",
            "Q\u{fffd}\u{fffd}\u{fffd}t\u{fffd}rly\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd} report of the tea house",
            "(cid:12)(cid:13)(cid:14)(cid:1)(cid:2)(cid:3) (cid:4)",
            "QQQQuuuuaaaarrrrtttteeeerrrrllllyyyy rrrreeeeppppoooorrrrtttt",
            "Q u a r t e r l y r e p o r t o f t h e t e a h o u s e x x x",
            "Qua rterly rep o r t o f th e te a ho u s e, a n d mo re",
            "xvbnm qwrtp sdfgh jklzx cvbnm wrtps dfghj klzxc vbnmq report",
        ] {
            assert!(score(sound) > score(garbage), "{garbage}");
        }
    }

    #[test]
    fn ordinary_text_in_several_scripts_is_plausible() {
        for text in [
            "The 3rd quarter: $5,400 (up 12%), see www.example.org/a_b and Table III.",
            "HTTP, XML, TCP; rhythm of Nth order; 10 kΩ and 5 μm",
            "第三季營收為 5,400 元，成長 12%。iPhone手機",
            "שלום עולם. مرحبا بالعالم. Привет, мир. Καλημέρα",
            "naïve façade, Ærøskøbing, Łódź",
        ] {
            assert_eq!(quality(text), 1.0, "{text}");
        }
        assert!(quality("aاbب cдdд") < 0.2);
    }

    #[test]
    fn characters_without_a_name_are_no_text() {
        for (text, readable) in [
            ("", false),
            (" \n", false),
            ("\u{fffd}\u{fffd} \u{fffd}\u{e001}a", false),
            ("\u{1}\u{2}\u{3} a", false),
            ("ab\u{fffd}c", true),
            ("u \u{f02b} v", true),
            ("茶", true),
        ] {
            assert_eq!(is_readable(text), readable, "{text:?}");
        }
    }
}
