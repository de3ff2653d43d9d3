//! Makes searchable what fonts and line breaking make unsearchable.

use std::collections::HashSet;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

/// Words that are remembered of a document to decide about hyphens.
const MAX_WORDS: usize = 200_000;

/// First parts of compounds that keep their hyphen where nothing else is known.
const COMPOUNDS: [&str; 22] = [
    "all", "cross", "ex", "full", "half", "high", "ill", "long", "low", "mid", "non", "off", "one", "part",
    "post", "quasi", "self", "semi", "short", "so", "two", "well",
];

/// Ligatures and radicals become the characters they stand for, control characters go, white space is one space or one
/// tab, and between Chinese characters there is none.
pub(crate) fn tidy_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut gap: Option<char> = None;
    let mut put = |c: char| {
        if c.is_whitespace() {
            gap = Some(if c == '\t' || gap == Some('\t') { '\t' } else { ' ' });
            return;
        }
        if let Some(space) = gap.take()
            && !out.is_empty()
            && (space == '\t' || !(is_wide(c) && out.chars().next_back().is_some_and(is_wide)))
        {
            out.push(space);
        }
        out.push(c);
    };
    for c in line.chars() {
        match c {
            '\u{2e80}'..='\u{2fdf}' | '\u{f900}'..='\u{faff}' | '\u{fb00}'..='\u{fb06}' => {
                [c].into_iter().nfkc().for_each(&mut put);
            }
            '\t' => put(c),
            '\n' | '\r' | '\u{a0}' => put(' '),
            // A soft hyphen at the end of a line is one that is seen: the break there is within a word.
            c if c.is_control() || c == '\u{feff}' || c == '\u{200b}' => {}
            c => put(c),
        }
    }
    let ends_softly = out.ends_with('\u{ad}');
    let mut out: String = out.chars().filter(|c| *c != '\u{ad}').collect();
    if ends_softly {
        out.push('\u{ad}');
    }
    out
}

/// The words of a document that stand within its lines, in small letters: what hyphens at line ends are judged by.
#[derive(Debug, Default)]
pub(crate) struct Words(HashSet<String>);

impl Words {
    /// Adds the words of a line but the last, which may be cut.
    pub(crate) fn add(&mut self, line: &str) {
        let mut words = line
            .split(|c: char| !(c.is_alphabetic() || is_hyphen(c)))
            .filter(|word| !word.is_empty());
        words.next_back();
        for word in words {
            if self.0.len() < MAX_WORDS {
                self.0.insert(plain(word));
            }
        }
    }
}

/// Joins lines to a paragraph: with a line break, without one between Chinese characters, and with a hyphen taken out
/// that only breaks a word. A hyphen stays where the document writes the word with it elsewhere and never without, where
/// the word has another, beside capital letters and figures, and after the first parts of compounds.
pub(crate) fn join_lines<'a>(lines: impl IntoIterator<Item = &'a str>, words: &Words) -> Joined {
    let mut text = String::new();
    let mut spans: Vec<Range<usize>> = Vec::new();
    for line in lines {
        append(&mut text, line, words);
        let start = text.len() - line.len();
        if let Some(before) = spans.last_mut() {
            // Its hyphen may have gone.
            before.end = before.end.min(start);
        }
        spans.push(start..text.len());
    }
    if text.ends_with('\u{ad}') {
        text.pop();
    }
    if let Some(last) = spans.last_mut() {
        last.end = last.end.min(text.len());
    }
    Joined { text, lines: spans }
}

/// Lines, joined.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    pub(crate) text: String,
    /// Where in `text` each line stands, in order, not overlapping.
    pub(crate) lines: Vec<Range<usize>>,
}

fn append(out: &mut String, line: &str, words: &Words) {
    let (Some(last), Some(next)) = (out.chars().next_back(), line.chars().next()) else {
        out.push_str(line);
        return;
    };
    if last == '\u{ad}' {
        out.pop();
    } else if is_hyphen(last) && next.is_lowercase() {
        match join(out, line, words) {
            Join::Break => out.push('\n'),
            Join::WithHyphen => {}
            Join::Without => {
                out.pop();
            }
        }
    } else if !(is_wide(last) && is_wide(next)) {
        out.push('\n');
    }
    out.push_str(line);
}

enum Join {
    Break,
    WithHyphen,
    Without,
}

fn join(before: &str, after: &str, words: &Words) -> Join {
    let head = &before[..before.len() - before.chars().next_back().map_or(0, char::len_utf8)];
    let start = head
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || is_hyphen(*c))
        .last()
        .map_or(head.len(), |(at, _)| at);
    let first = &head[start..];
    let end = after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len());
    let second = &after[..end];
    let mut behind = after[end..].chars();
    let goes_on = behind.next().is_some_and(is_hyphen) && behind.next().is_some_and(char::is_alphabetic);
    if first.chars().next_back().is_none_or(|c| !c.is_alphanumeric()) {
        // A dash, not a hyphen.
        return Join::Break;
    }
    let (whole, hyphenated) = (
        plain(&format!("{first}{second}")),
        plain(&format!("{first}-{second}")),
    );
    let known = |word: &String| words.0.contains(word);
    if known(&whole) {
        Join::Without
    } else if known(&hyphenated)
        || first.contains(is_hyphen)
        || goes_on
        || first.chars().any(|c| c.is_ascii_digit())
        || first.chars().skip(1).any(char::is_uppercase)
        || first.chars().count() < 2
        || COMPOUNDS.contains(&plain(first).as_str())
    {
        Join::WithHyphen
    } else {
        Join::Without
    }
}

fn plain(word: &str) -> String {
    word.to_lowercase().replace('\u{2010}', "-")
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}')
}

/// Characters that are written without spaces between them.
fn is_wide(c: char) -> bool {
    // Latin letters and figures of full width have spaces between their words.
    matches!(c, '\u{3001}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ff01}'..='\u{ff65}' | '\u{20000}'..='\u{3ffff}')
        && !matches!(c, '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(known: &str, lines: &[&str]) -> String {
        let mut words = Words::default();
        words.add(known);
        join_lines(lines.iter().copied(), &words).text
    }

    #[test]
    fn chinese_is_joined_and_ligatures_opened() {
        assert_eq!(
            tidy_line("會 議  ⾏程 o\u{fb03}ce A\tB\u{1} 茶\t水"),
            "會議行程 office A\tB 茶\t水"
        );
        assert_eq!(
            joined("", &["今天的會議", "記錄在此。", "Tea", "time"]),
            "今天的會議記錄在此。\nTea\ntime"
        );
    }

    #[test]
    fn hyphens_that_break_a_word_go_and_others_stay() {
        for (known, lines, expected) in [
            ("", ["an exam-", "ple of it"], "an example of it"),
            ("", ["a well-", "known tea"], "a well-known tea"),
            (
                "the co-operation of all",
                ["their co-", "operation"],
                "their co-operation",
            ),
            (
                "the cooperation of all",
                ["their co-", "operation"],
                "their cooperation",
            ),
            ("", ["a state-of-the-", "art kettle"], "a state-of-the-art kettle"),
            ("", ["Year-", "over-year sales"], "Year-over-year sales"),
            ("", ["in Anglo-", "Saxon times"], "in Anglo-\nSaxon times"),
            ("", ["a COVID-", "related delay"], "a COVID-related delay"),
            ("", ["the 20-", "year lease"], "the 20-year lease"),
            ("", ["he left -", "and came"], "he left -\nand came"),
            ("", ["an exam\u{ad}", "ple"], "an example"),
        ] {
            assert_eq!(joined(known, &lines), expected);
        }
        assert_eq!(tidy_line("ex\u{ad}am\u{ad}"), "exam\u{ad}");
    }

    proptest! {
        #[test]
        fn joining_loses_nothing_but_hyphens_and_space(lines in proptest::collection::vec("[a-zA-Z0-9茶水 -]{0,12}", 0..6)) {
            let lines: Vec<String> = lines.iter().map(|line| tidy_line(line)).collect();
            let keep = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            let joined = join_lines(lines.iter().map(String::as_str), &Words::default());
            prop_assert_eq!(keep(&joined.text), keep(&lines.concat()));
            prop_assert_eq!(joined.lines.len(), lines.len());
            let mut end = 0;
            for (span, line) in joined.lines.iter().zip(&lines) {
                prop_assert!(end <= span.start);
                prop_assert!(line.starts_with(&joined.text[span.clone()]), "what is missing is a hyphen at its end");
                prop_assert_eq!(keep(&joined.text[span.clone()]), keep(line));
                end = span.end;
            }
        }
    }
}
