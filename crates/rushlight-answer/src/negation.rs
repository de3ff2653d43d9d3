//! Whether a sentence denies something.

use crate::terms::fold;

/// True when a sentence holds a word of denial.
///
/// An answer that denies what its quote does not is not carried by it: a small model that finds nothing says so in the
/// words of the passages.
pub(crate) fn denies(sentence: &str) -> bool {
    let folded = fold(sentence);
    let words = folded.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’');
    let english = words
        .into_iter()
        .any(|word| ENGLISH.contains(&word) || word.ends_with("n't") || word.ends_with("n’t"));
    english || CHINESE.iter().any(|word| folded.contains(word))
}

const ENGLISH: [&str; 7] = ["not", "no", "never", "none", "cannot", "neither", "without"];

/// Folded to Simplified. 不 alone stands in too many words that deny nothing (不同, 不但).
const CHINESE: [&str; 15] = [
    "没有",
    "没",
    "未",
    "无法",
    "不是",
    "不会",
    "不能",
    "不得",
    "不可",
    "不知",
    "不清楚",
    "并非",
    "从不",
    "不提供",
    "不含",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denials_are_noticed_in_both_languages() {
        for text in [
            "It is not known",
            "It isn't",
            "It isn’t",
            "nothing, never",
            "文中沒有提到",
            "并非如此",
            "未提及",
        ] {
            assert!(denies(text), "{text}");
        }
        for text in ["It is known", "a note on nobility", "兩者不同", "他不但來了"] {
            assert!(!denies(text), "{text}");
        }
    }
}
