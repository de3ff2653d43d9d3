//! Says which language a text is in, where that is plain to see.
//!
//! Traditional and Simplified Chinese are told apart by characters that only one of the two writes; English by its
//! most frequent words. Anything less plain is left open: a wrong language is worse than none.

/// Characters of everyday text in their two forms, at the same position.
const TRADITIONAL: &str = "這個們來時說國對會經過學將當從點問題現關應無業東車長門馬見話書讓給還進開頭寫實體發電種樣義動機總區場員產農術萬專邊達運選條";
const SIMPLIFIED: &str = "这个们来时说国对会经过学将当从点问题现关应无业东车长门马见话书让给还进开头写实体发电种样义动机总区场员产农术万专边达运选条";

const ENGLISH: [&str; 20] = [
    "the", "of", "and", "to", "in", "is", "a", "that", "for", "it", "with", "on", "as", "was", "are", "be",
    "this", "by", "you", "not",
];

/// How much of a text is looked at, in characters.
const SAMPLE: usize = 20_000;

/// A BCP 47 tag, or `None` when it is not plain.
pub(crate) fn guess(text: &str) -> Option<String> {
    let (mut han, mut kana, mut hangul, mut latin) = (0usize, 0usize, 0usize, 0usize);
    let (mut traditional, mut simplified) = (0usize, 0usize);
    for c in text.chars().take(SAMPLE) {
        match c {
            '\u{4e00}'..='\u{9fff}' => {
                han += 1;
                traditional += usize::from(TRADITIONAL.contains(c));
                simplified += usize::from(SIMPLIFIED.contains(c));
            }
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{ac00}'..='\u{d7af}' => hangul += 1,
            _ if c.is_alphabetic() => latin += 1,
            _ => {}
        }
    }
    if kana * 10 > han + kana + latin {
        return Some("ja".to_owned());
    }
    if hangul * 2 > han + hangul + latin {
        return Some("ko".to_owned());
    }
    // A Han character says about as much as four letters.
    if han >= 8 && han * 4 > latin {
        return match (traditional, simplified) {
            (t, s) if t > s * 2 && t > 0 => Some("zh-Hant".to_owned()),
            (t, s) if s > t * 2 && s > 0 => Some("zh-Hans".to_owned()),
            _ => None,
        };
    }
    is_english(text).then(|| "en".to_owned())
}

fn is_english(text: &str) -> bool {
    let end = text.char_indices().nth(SAMPLE).map_or(text.len(), |(at, _)| at);
    let (mut words, mut frequent) = (0usize, 0usize);
    for word in text[..end]
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
    {
        words += 1;
        frequent += usize::from(ENGLISH.iter().any(|known| known.eq_ignore_ascii_case(word)));
    }
    words >= 8 && frequent * 8 >= words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_tables_pair_up() {
        assert_eq!(TRADITIONAL.chars().count(), SIMPLIFIED.chars().count());
        for (t, s) in TRADITIONAL.chars().zip(SIMPLIFIED.chars()) {
            assert_ne!(t, s);
        }
    }

    #[test]
    fn plain_cases_are_told_and_others_left_open() {
        let cases = [
            ("這個問題我們已經討論過了，將來會從頭說起。", Some("zh-Hant")),
            ("这个问题我们已经讨论过了，将来会从头说起。", Some("zh-Hans")),
            (
                "The kettle is on the stove and it is not yet boiling, as you can hear.",
                Some("en"),
            ),
            ("これはお茶の本です。とても面白いです。", Some("ja")),
            ("Der Kessel steht auf dem Herd und kocht noch nicht.", None),
            ("山水人口大小上下", None),
            ("fn main() {}", None),
        ];
        for (text, language) in cases {
            assert_eq!(guess(text).as_deref(), language, "{text}");
        }
    }
}
