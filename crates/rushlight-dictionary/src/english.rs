//! From English: the longest runs of words that are a meaning.

use crate::Dictionary;

/// Words of a run that is looked for.
const MAX_WORDS: usize = 4;
/// Words that by themselves only join others.
const JOINING: [&str; 20] = [
    "the", "a", "an", "of", "to", "for", "and", "in", "on", "with", "is", "are", "at", "by", "from", "its",
    "into", "as", "or", "be",
];
/// Endings of other forms of a word, and what its own form has in their place.
const ENDINGS: [(&str, &str); 7] = [
    ("ies", "y"),
    ("es", ""),
    ("s", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ed", ""),
    ("ed", "e"),
];
/// Letters that a word without its ending has at least.
const MIN_STEM: usize = 3;

/// A meaning as it is looked up.
pub(crate) fn key(meaning: &str) -> String {
    without_particle(meaning).to_lowercase()
}

/// A meaning without the article or particle before it.
pub(crate) fn without_particle(meaning: &str) -> &str {
    let particles = ["to be ", "to ", "the ", "a ", "an "];
    particles
        .iter()
        .find_map(|particle| meaning.strip_prefix(particle))
        .unwrap_or(meaning)
}

/// Chinese words for each run of words of a text that is a meaning; what is none is left out.
pub(crate) fn words(dictionary: &Dictionary, text: &str) -> Vec<Vec<String>> {
    let lower = text.to_lowercase();
    let typed: Vec<&str> = lower
        .split(|letter: char| !letter.is_ascii_alphabetic() && letter != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    let mut all = Vec::new();
    let mut at = 0;
    while at < typed.len() {
        let lengths = (1..=MAX_WORDS.min(typed.len() - at)).rev();
        let found = lengths
            .filter(|length| *length > 1 || !JOINING.contains(&typed[at]))
            .find_map(|length| Some((length, known(dictionary, &typed[at..at + length].join(" "))?)));
        at += found.as_ref().map_or(1, |(length, _)| *length);
        all.extend(found.map(|(_, words)| words));
    }
    all
}

/// Words for a run of words, or for its own form where only that is known.
fn known(dictionary: &Dictionary, run: &str) -> Option<Vec<String>> {
    let own = ENDINGS.iter().filter_map(|(ending, instead)| {
        let stem = run.strip_suffix(ending).filter(|stem| stem.len() >= MIN_STEM)?;
        Some(format!("{stem}{instead}"))
    });
    std::iter::once(run.to_owned())
        .chain(own)
        .map(|form| dictionary.words(&form))
        .find(|words| !words.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushlight_core::Translator;

    use super::*;

    /// Lines of the dictionary's format, written for this test.
    fn dictionary() -> Dictionary {
        Dictionary::parse(
            "# a comment\n\
             合約 合约 [he2 yue1] /contract/treaty (between states)/\n\
             契約 契约 [qi4 yue1] /agreement/contract/\n\
             健康 健康 [jian4 kang1] /health/healthy/\n\
             身 身 [shen1] /body/health/CL:個|个[ge4]/\n\
             作業系統 作业系统 [zuo4 ye4 xi4 tong3] /operating system/\n\
             作業 作业 [zuo4 ye4] /school assignment/homework/work/\n\
             與 与 [yu3] /and/together with/\n\
             學習 学习 [xue2 xi2] /to learn/to study/\n\
             no entry at all\n\
             壞 坏 [huai4 /bad/\n"
                .to_owned(),
        )
    }

    #[test]
    fn words_are_found_in_both_directions_and_scripts() {
        let dictionary = dictionary();
        let said = |text: &str| dictionary.translate(text, 2);
        assert_eq!(said("Contracts"), ["合約", "契約"]);
        assert_eq!(said("合约"), ["contract", "treaty"]);
        assert_eq!(said("健康與合約"), ["health contract", "healthy treaty"]);
        assert_eq!(said("健康与合约"), said("健康與合約"));
        assert_eq!(said("Health"), ["健康", "身"]);
        assert_eq!(said("Learning the operating system"), ["學習作業系統"]);
        assert_eq!(said("作業系統"), ["operating system"]);
        assert_eq!(dictionary.translate("contract", 1), ["合約"]);
        assert_eq!(dictionary.translate("contract", 0), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_known_says_nothing() {
        for text in [
            "",
            " ",
            "2024",
            "계약",
            "договор",
            "zzz",
            "與",
            "壞",
            "the of",
            "🙂",
        ] {
            assert_eq!(dictionary().translate(text, 3), Vec::<String>::new(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>(), limit in 0_usize..5) {
            let said = dictionary().translate(&text, limit);
            prop_assert!(said.len() <= limit);
            prop_assert!(said.iter().all(|wording| !wording.is_empty()));
        }

        #[test]
        fn any_lines_are_taken(lines in "[a-z合約/\\[\\]() #;\n]{0,200}", text in "[a-z合約 ]{0,20}") {
            Dictionary::parse(lines).translate(&text, 3);
        }
    }
}
