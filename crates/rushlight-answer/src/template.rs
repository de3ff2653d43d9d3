//! What of a prompt is the same for every question, as one hash: for receipts.

use crate::answerable::YES_NO;
use crate::follow_up::rewrite_prompt;
use crate::language::AnswerLanguage;
use crate::prompt::write;
use crate::summary;
use crate::translation::translation_prompt;

/// BLAKE3 in hexadecimal digits of everything that the program itself says to the model: instructions, headings and the
/// replies whose odds are compared, in every language. It changes when one of them does.
pub fn prompt_template_hash() -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    for language in [
        AnswerLanguage::English,
        AnswerLanguage::TraditionalChinese,
        AnswerLanguage::SimplifiedChinese,
    ] {
        for message in write("", &[], "", language).answer.messages {
            part(&format!("{:?}", message.role));
            part(&message.content);
        }
        part(language.not_found());
        part(summary::task(language));
        for message in translation_prompt("", language).messages {
            part(&message.content);
        }
    }
    part(summary::SYSTEM);
    for message in rewrite_prompt("", &[], "").messages {
        part(&message.content);
    }
    YES_NO.into_iter().for_each(&mut part);
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_of_the_program_and_not_of_the_question() {
        let hash = prompt_template_hash();
        assert_eq!((hash.len(), &hash), (64, &prompt_template_hash()));
        assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
