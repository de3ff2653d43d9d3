//! Sentences of Chinese and English text, as spans.

use rushlight_core::TextSpan;

/// The sentences of `text`: in order, not overlapping, without white space at their ends; together they hold every
/// character that is not white space.
///
/// A sentence ends at a full stop, question or exclamation mark with its closing quotes and brackets, at an empty line,
/// and before a line that begins a list item, a heading, a quotation or a table row. A single line break inside running
/// text does not end one.
pub fn sentences(text: &str) -> Vec<TextSpan> {
    let mut spans = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = match c {
            '。' | '！' | '？' | '!' | '?' | '；' | '…' => true,
            '.' => full_stop(text, start, at),
            '\n' => line_ends_sentence(&text[at + 1..]),
            _ => false,
        };
        if !end {
            continue;
        }
        // Marks that close the sentence belong to it.
        while chars.next_if(|(_, c)| is_closing(*c)).is_some() {}
        let next = chars.peek().map_or(text.len(), |(at, _)| *at);
        push(text, start, next, &mut spans);
        start = next;
    }
    push(text, start, text.len(), &mut spans);
    spans
}

fn push(text: &str, start: usize, end: usize, spans: &mut Vec<TextSpan>) {
    let slice = &text[start..end];
    let trimmed = slice.trim();
    if !trimmed.is_empty() {
        let start = start + (slice.len() - slice.trim_start().len());
        spans.push(TextSpan::new(start, start + trimmed.len()));
    }
}

fn is_closing(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '’'
            | '」'
            | '』'
            | '）'
            | ')'
            | ']'
            | '】'
            | '》'
            | '〉'
            | '。'
            | '！'
            | '？'
            | '!'
            | '?'
            | '…'
    )
}

/// True when the stop at `at` ends a sentence that began at `start`: no decimal point, abbreviation or initial.
fn full_stop(text: &str, start: usize, at: usize) -> bool {
    let rest = &text[at + 1..];
    let rest = rest.trim_start_matches(['"', '\'', '”', '’', ')', ']']);
    let Some(next) = rest.chars().next() else {
        return true;
    };
    if !next.is_whitespace() {
        return crate::language::is_han(next);
    }
    let word = text[start..at]
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“'))
        .next()
        .unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let abbreviation =
        ABBREVIATIONS.contains(&word.to_lowercase().as_str()) || (word.contains('.') && word.len() <= 6);
    // Numbered items: "1. First".
    let numbered = text[start..at].trim().chars().all(|c| c.is_ascii_digit()) && !word.is_empty();
    if initial || abbreviation || numbered {
        return false;
    }
    // A sentence does not go on with a small letter.
    !rest.trim_start().chars().next().is_some_and(char::is_lowercase)
}

/// True when what follows a line break is an empty line or begins something of its own.
fn line_ends_sentence(rest: &str) -> bool {
    let line = rest.lines().next().unwrap_or_default().trim();
    let mut chars = line.chars();
    match chars.next() {
        None => true,
        Some('#' | '|' | '>' | '•' | '－') => true,
        Some('-' | '*' | '+') => chars.next().is_some_and(char::is_whitespace) || line.starts_with("---"),
        Some(c) if c.is_ascii_digit() => {
            let after = line.trim_start_matches(|c: char| c.is_ascii_digit());
            after.starts_with(". ") || after.starts_with(") ") || after.starts_with('、')
        }
        Some(_) => false,
    }
}

const ABBREVIATIONS: [&str; 46] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "v", "vs", "etc", "no", "vol", "fig", "jr", "sr", "inc", "ltd",
    "co", "corp", "approx", "dept", "est", "gen", "col", "cf", "al", "ca", "capt", "sgt", "lt", "rev", "hon",
    "sen", "rep", "gov", "mt", "ft", "jan", "feb", "apr", "aug", "sept", "oct", "nov", "dec", "pp", "ed",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        sentences(text)
            .into_iter()
            .map(|span| span.of(text).expect("on character boundaries"))
            .collect()
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        assert_eq!(
            cut("One. Two! \"Three?\" Four"),
            ["One.", "Two!", "\"Three?\"", "Four"]
        );
        assert_eq!(
            cut("他說：「好。」然後走了。下一句"),
            ["他說：「好。」", "然後走了。", "下一句"]
        );
        assert_eq!(
            cut("Dr. A. Lin paid 3.5 in the U.S. for tea. It was good."),
            ["Dr. A. Lin paid 3.5 in the U.S. for tea.", "It was good."]
        );
        assert_eq!(
            cut("In the US v. Dougherty Lt. Gen. Brown spoke. He left."),
            ["In the US v. Dougherty Lt. Gen. Brown spoke.", "He left."]
        );
        assert_eq!(
            cut("a line that\ngoes on. And\n\nanother\n- item\n- item"),
            ["a line that\ngoes on.", "And", "another", "- item", "- item"]
        );
        assert_eq!(
            cut("1. First item\n2. Second item"),
            ["1. First item", "2. Second item"]
        );
        assert_eq!(cut(" \n "), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn spans_are_in_order_and_hold_everything(text in "[a-zA-Z0-9 .!?\n。！茶「」\\-\"]{0,80}") {
            let spans = sentences(&text);
            prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
            let mut kept = String::new();
            for span in &spans {
                let sentence = span.of(&text).expect("on character boundaries");
                prop_assert!(!sentence.is_empty() && sentence == sentence.trim());
                kept.push_str(sentence);
            }
            let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(solid(&kept), solid(&text));
        }
    }
}
