//! What may be asked.

use rushlight_core::{Error, ErrorCode, MAX_QUESTION_CHARS, Result};

/// The question without white space around it.
///
/// # Errors
/// `QueryEmpty` when it holds no letter and no digit, `QuestionTooLong` above [`MAX_QUESTION_CHARS`].
pub fn check_question(question: &str) -> Result<&str> {
    let question = question.trim();
    // Counting stops at the cap, so that an enormous question costs nothing.
    if question.chars().take(MAX_QUESTION_CHARS + 1).count() > MAX_QUESTION_CHARS {
        return Err(Error::new(
            ErrorCode::QuestionTooLong,
            format!("a question has at most {MAX_QUESTION_CHARS} characters"),
        ));
    }
    if !question.chars().any(char::is_alphanumeric) {
        return Err(Error::new(ErrorCode::QueryEmpty, "the question has no word"));
    }
    Ok(question)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_have_a_word_and_an_end() {
        assert_eq!(check_question("  茶？ ").expect("a word"), "茶？");
        for empty in ["", " \n", "?!…", "，。"] {
            assert_eq!(
                check_question(empty).expect_err("no word").code(),
                ErrorCode::QueryEmpty
            );
        }
        assert!(check_question(&"茶".repeat(MAX_QUESTION_CHARS)).is_ok());
        let long = "a".repeat(100_000);
        assert_eq!(
            check_question(&long).expect_err("too long").code(),
            ErrorCode::QuestionTooLong
        );
    }
}
