//! The language of a text.

use whatlang::Lang;

use crate::scripts::{Scripts, scripts};

/// Characters of a text that are looked at.
const MAX_CHARACTERS: usize = 300;
/// A Chinese character says as much as so many letters.
const LETTERS_PER_CHARACTER: u32 = 3;
/// Letters below which a language written in letters is not told.
const MIN_LETTERS: u32 = 20;

/// Frequent words of English that are rare in other languages, and how many of them a text must have.
const ENGLISH: [&str; 13] = [
    "the", "of", "and", "that", "with", "this", "from", "which", "were", "have", "been", "their", "would",
];
const MIN_ENGLISH: usize = 3;

/// The language of a text's first 300 characters, as a BCP 47 tag: `zh-Hant`, `zh-Hans` (`zh` when it may be either), `ja`,
/// `ko`, and by whatlang `en` and others. `None` when unsure, as for a few words in letters. Costs some microseconds for
/// East Asian and plainly English texts, about a hundred for others.
pub fn language_of(text: &str) -> Option<&'static str> {
    let text = text
        .char_indices()
        .nth(MAX_CHARACTERS)
        .map_or(text, |(at, _)| &text[..at]);
    let scripts = scripts(text);
    let ideographs = scripts.han + scripts.kana + scripts.hangul;
    if ideographs > 0 && ideographs * LETTERS_PER_CHARACTER >= scripts.latin + scripts.other {
        return Some(east_asian(&scripts));
    }
    if scripts.latin + scripts.other < MIN_LETTERS {
        return None;
    }
    if is_plainly_english(text) {
        return Some("en");
    }
    let info = whatlang::detect(text).filter(whatlang::Info::is_reliable)?;
    tag(info.lang())
}

/// Whether words that only English has make up enough of a text. Asked first because it costs a fiftieth of what comparing
/// with the letters of all languages does.
fn is_plainly_english(text: &str) -> bool {
    let (mut words, mut english) = (0, 0);
    for word in text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
    {
        words += 1;
        english += usize::from(ENGLISH.iter().any(|known| word.eq_ignore_ascii_case(known)));
    }
    english >= MIN_ENGLISH && english * 12 >= words
}

/// Korean and Japanese write Chinese characters too, Chinese has no other.
fn east_asian(scripts: &Scripts) -> &'static str {
    if scripts.hangul > scripts.kana && scripts.hangul * 4 >= scripts.han {
        return "ko";
    }
    if scripts.kana * 8 >= scripts.han.max(1) {
        return "ja";
    }
    match scripts.is_traditional() {
        Some(true) => "zh-Hant",
        Some(false) => "zh-Hans",
        None => "zh",
    }
}

/// The tag of a language that whatlang knows.
#[rustfmt::skip]
fn tag(language: Lang) -> Option<&'static str> {
    use Lang::*;
    Some(match language {
        Afr => "af", Amh => "am", Ara => "ar", Aze => "az", Bel => "be", Ben => "bn",
        Bul => "bg", Cat => "ca", Ces => "cs", Cym => "cy", Dan => "da", Deu => "de",
        Ell => "el", Eng => "en", Epo => "eo", Est => "et", Fin => "fi", Fra => "fr",
        Guj => "gu", Heb => "he", Hin => "hi", Hrv => "hr", Hun => "hu", Hye => "hy",
        Ind => "id", Ita => "it", Jav => "jv", Kan => "kn", Kat => "ka", Khm => "km",
        Lat => "la", Lav => "lv", Lit => "lt", Mal => "ml", Mar => "mr", Mkd => "mk",
        Mya => "my", Nep => "ne", Nld => "nl", Nob => "nb", Ori => "or", Pan => "pa",
        Pes => "fa", Pol => "pl", Por => "pt", Ron => "ro", Rus => "ru", Sin => "si",
        Slk => "sk", Slv => "sl", Spa => "es", Srp => "sr", Swe => "sv", Tam => "ta",
        Tel => "te", Tgl => "tl", Tha => "th", Tuk => "tk", Tur => "tr", Ukr => "uk",
        Urd => "ur", Uzb => "uz", Vie => "vi", Yid => "yi",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_and_not_guessed() {
        let check = |text, expected| assert_eq!(language_of(text), expected, "{text}");
        check("泡綠茶時，溫度要低一點", Some("zh-Hant"));
        check("泡绿茶时，温度要低一点", Some("zh-Hans"));
        check("人在山中", Some("zh"));
        check("用 iPhone 拍照時記得開啟 HDR mode", Some("zh-Hant"));
        check("これは日本語の文章です", Some("ja"));
        check("이것은 한국어 문장입니다", Some("ko"));
        check(
            "The invoice was paid in March, and the tea was shipped a week later.",
            Some("en"),
        );
        check(
            "Die Rechnung wurde im März bezahlt, und der Tee kam eine Woche später an.",
            Some("de"),
        );
        check(
            "Счёт был оплачен в марте, а чай отправили неделей позже.",
            Some("ru"),
        );
        check("tea", None);
        check("INV-2024-0117", None);
        check("", None);
    }
}
