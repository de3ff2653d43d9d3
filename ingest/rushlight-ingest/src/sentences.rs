//! Where sentences end, in Chinese and English.

use unicode_segmentation::UnicodeSegmentation;

/// Offsets into `text` behind each sentence, the last one left out, in order.
///
/// Sentences are those of Unicode (UAX #29), and besides end after `；` and `…` with the closers behind them. A line's
/// end alone ends no sentence, because notes and mail wrap lines; an empty line does.
pub(crate) fn sentence_ends(text: &str) -> Vec<usize> {
    let mut ends: Vec<usize> = text
        .split_sentence_bound_indices()
        .map(|(start, sentence)| (start + sentence.len(), sentence))
        .filter(|(end, sentence)| !wraps_after(sentence, &text[*end..]))
        .map(|(end, _)| end)
        .collect();
    ends.extend(clause_ends(text));
    ends.retain(|end| *end < text.len());
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// True when Unicode broke only because the line does.
fn wraps_after(sentence: &str, rest: &str) -> bool {
    if !sentence.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return false;
    }
    let line = sentence.trim_end();
    let blank = line.is_empty() || rest.starts_with(['\n', '\r']);
    let finished = line
        .trim_end_matches(is_closer)
        .ends_with(['.', '!', '?', '。', '！', '？', '；', '…', ':', '：']);
    !blank && !finished
}

fn clause_ends(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices(['；', '…']).filter_map(|(start, mark)| {
        let behind = &text[start + mark.len()..];
        // Ellipses come in pairs and runs.
        let rest = behind
            .trim_start_matches(['；', '…', '。', '！', '？'])
            .trim_start_matches(is_closer);
        (!behind.starts_with(['；', '…'])).then(|| text.len() - rest.len())
    })
}

fn is_closer(character: char) -> bool {
    matches!(
        character,
        '」' | '』' | '”' | '’' | '）' | ')' | '】' | '》' | '〉' | '"' | '\'' | ']' | '〕' | '﹂' | '﹄'
    )
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: Expect) {
        let mut start = 0;
        let mut sentences = Vec::new();
        for end in sentence_ends(text).into_iter().chain([text.len()]) {
            sentences.push(format!("{:?}", &text[start..end]));
            start = end;
        }
        expected.assert_eq(&sentences.join("\n"));
    }

    #[test]
    fn chinese_sentences_end_with_their_closers() {
        check(
            "他說：「茶好喝。」然後走了！真的嗎？是的；不過……她沒來。",
            expect![[r#"
                "他說：「茶好喝。」"
                "然後走了！"
                "真的嗎？"
                "是的；"
                "不過……"
                "她沒來。""#]],
        );
    }

    #[test]
    fn english_sentences_do_not_end_where_a_line_wraps() {
        check(
            "The kettle sings. It is\nnearly four o'clock.\nTea at last! (Really.)\n\nA new paragraph",
            expect![[r#"
                "The kettle sings. "
                "It is\nnearly four o'clock.\n"
                "Tea at last! "
                "(Really.)\n"
                "\n"
                "A new paragraph""#]],
        );
    }
}
