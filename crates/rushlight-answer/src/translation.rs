//! A question in the other of Chinese and English, to be asked again where nothing answers it in its own.

use rushlight_core::{Message, Prompt, Role};

use crate::language::AnswerLanguage;
use crate::numbers::{numbers, stated_numbers};
use crate::sanitize::{plain_text, visible};
use crate::terms::terms;

/// Longest translation of a question, in characters.
const MAX_CHARS: usize = 400;

/// What a model is asked for a question in another language.
pub fn translation_prompt(question: &str, to: AnswerLanguage) -> Prompt {
    let question = visible(question).split_whitespace().collect::<Vec<_>>().join(" ");
    let task = match to {
        AnswerLanguage::English => {
            "Translate this question into English. Keep names, numbers and codes as they are."
        }
        AnswerLanguage::TraditionalChinese => "把這個問題翻譯成繁體中文，名稱、數字和代號保持不變。",
        AnswerLanguage::SimplifiedChinese => "把这个问题翻译成简体中文，名称、数字和代号保持不变。",
    };
    Prompt {
        messages: vec![
            Message::new(
                Role::System,
                "You translate questions. Reply with the translation only.",
            ),
            Message::new(Role::User, format!("{task}\n{question}")),
        ],
    }
}

/// What a model wrote, where it can be trusted: one line in that language that has every number and every code of the question, and the names
/// that stand in a Chinese question in Latin letters. `None` otherwise.
pub fn accept_translation(question: &str, written: &str, to: AnswerLanguage) -> Option<String> {
    let plain = plain_text(written);
    let line = plain.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_matches(['"', '“', '”', '「', '」']);
    let (said, lower) = (numbers(line), line.to_lowercase());
    let stays = |word: &str| to == AnswerLanguage::English || word.contains(|c: char| c.is_ascii_digit());
    let keeps = stated_numbers(question).is_subset(&said)
        && latin_words(question)
            .filter(|word| stays(word))
            .all(|word| lower.contains(&word.to_lowercase()));
    let is_one = to.is_of(line) && line.chars().count() <= MAX_CHARS && !terms(line).is_empty();
    (keeps && is_one).then(|| line.to_owned())
}

/// Names and codes such as `Polar`, `E17` and `LH-2024-03`.
fn latin_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.filter(|word| word.contains(|c: char| c.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_translation_is_a_line_in_the_other_language_with_all_numbers_and_codes() {
        use AnswerLanguage::{English, TraditionalChinese};
        let accepted = accept_translation;
        let question = "BW-300 的錯誤代碼 E17 是什麼意思？";
        let right = "What does the error code E17 of the bw-300 mean?";
        assert_eq!(accepted(question, right, English).as_deref(), Some(right));
        assert_eq!(
            accepted(question, &format!("\n“{right}”\nI hope this helps."), English).as_deref(),
            Some(right)
        );
        let long = format!("{right} {}", "and ".repeat(120));
        for wrong in [
            "What does the error code of the BW-300 mean?",
            question,
            "E17 BW-300 代碼",
            "",
            "?",
            &long,
        ] {
            assert_eq!(accepted(question, wrong, English), None, "{wrong}");
        }
        let question = "與 Polar Line 的合約適用哪一地的法律？";
        assert_eq!(
            accepted(question, "Which law applies to the contract?", English),
            None
        );
        assert!(
            accepted(
                question,
                "Which law applies to the contract with Polar Line?",
                English
            )
            .is_some()
        );
        let question = "What was decided in Taipei on 3 May 2024?";
        assert!(accepted(question, "2024年5月3日在台北決定了什麼？", TraditionalChinese).is_some());
        assert_eq!(
            accepted(question, "2023年5月3日決定了什麼？", TraditionalChinese),
            None
        );
        assert_eq!(
            accepted(question, "What was decided on 3 May 2024?", TraditionalChinese),
            None
        );
    }

    #[test]
    fn what_shows_nothing_is_not_asked() {
        let prompt = translation_prompt("two\u{202e}\n\nlines", AnswerLanguage::English);
        let asked = &prompt.messages[1].content;
        assert_eq!(asked.lines().count(), 2);
        assert!(asked.ends_with("\ntwo lines"), "{asked}");
    }
}
