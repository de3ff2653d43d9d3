//! What a sentence must say to make its document a row of a list.

use std::collections::BTreeSet;

use super::dates::month_names;
use crate::language::is_han;
use crate::numbers::numbers;
use crate::terms::fold;

/// Ways to say one thing, in both languages, folded. English words are compared by their beginnings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verb {
    /// As a question has it.
    pub(super) asked: &'static [&'static str],
    /// As a text may have it.
    pub(super) said: &'static [&'static str],
    /// In Chinese, in Simplified characters, on both sides.
    pub(super) chinese: &'static [&'static str],
}

pub(super) const VERBS: [Verb; 4] = [
    Verb {
        asked: &[
            "end",
            "ends",
            "ending",
            "expire",
            "expires",
            "expiring",
            "terminate",
            "terminates",
            "terminating",
            "lapse",
            "lapses",
        ],
        said: &[
            "end", "expir", "terminat", "lapse", "until", "till", "through", "valid to", "conclude",
        ],
        chinese: &["到期", "届满", "终止", "结束", "截止", "期满", "为止", "止"],
    },
    Verb {
        asked: &[
            "start",
            "starts",
            "starting",
            "begin",
            "begins",
            "beginning",
            "commence",
            "commences",
        ],
        said: &["start", "begin", "commenc", "effective", "from", "since"],
        chinese: &["生效", "开始", "起", "自"],
    },
    Verb {
        asked: &["due", "payable"],
        said: &["due", "payable", "pay by", "payment by"],
        chinese: &["应付", "付款", "缴款", "缴费"],
    },
    Verb {
        asked: &["signed"],
        said: &["sign", "executed", "dated"],
        chinese: &["签订", "签署", "签约"],
    },
];

/// One thing that a sentence must say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stated {
    /// A year, and a month of it.
    Date { year: u32, month: Option<u32> },
    /// A number, in digits.
    Number(String),
    /// One of the ways to say so; nearer to the date that must be stated than any other year.
    Verb(&'static Verb),
}

/// Whether one sentence says all of it.
pub(super) fn says(sentence: &str, stated: &[Stated]) -> bool {
    if stated.is_empty() {
        return true;
    }
    let folded = fold(sentence);
    let known: BTreeSet<String> = numbers(sentence)
        .into_iter()
        .map(|number| match number.trim_start_matches('0') {
            "" => number,
            trimmed => trimmed.to_owned(),
        })
        .collect();
    let year = stated.iter().find_map(|one| match one {
        Stated::Date { year, .. } => Some(year.to_string()),
        _ => None,
    });
    stated.iter().all(|one| match one {
        Stated::Number(number) => known.contains(number),
        Stated::Date { year, month } => {
            known.contains(&year.to_string())
                && month.is_none_or(|month| {
                    known.contains(&month.to_string())
                        || month_names(month)
                            .iter()
                            .any(|name| has_word(&folded, name).is_some())
                })
        }
        Stated::Verb(verb) => said_of(&folded, verb, year.as_deref()),
    })
}

/// Whether a verb stands in a sentence, and between it and the year that is meant stands no other year.
fn said_of(folded: &str, verb: &Verb, year: Option<&str>) -> bool {
    let english = verb.said.iter().flat_map(|word| all_words(folded, word));
    let chinese = verb
        .chinese
        .iter()
        .flat_map(|word| folded.match_indices(word).map(|(at, _)| at));
    let mut places = english.chain(chinese);
    let Some(year) = year else {
        return places.next().is_some();
    };
    let years = years(folded);
    if !years.iter().any(|(_, text)| *text == year) {
        // The year is written otherwise (民國114年): the sentence has it, and that must do.
        return places.next().is_some();
    }
    // Of several years, a Chinese verb means the one whose date it closes (2025年12月31日到期); otherwise it is the one that
    // follows, or the last before it where none does.
    places.any(|place| {
        let next = years.iter().find(|(at, _)| *at > place);
        let before = years.iter().rfind(|(at, _)| *at < place);
        let is_chinese = folded[place..].starts_with(is_han);
        let closed = before.filter(|(at, _)| is_chinese && folded[at + 4..place].chars().all(is_of_date));
        closed.or(next).or(before).is_some_and(|(_, text)| *text == year)
    })
}

/// Characters that stand between a year and the end of its date.
fn is_of_date(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '年' | '月' | '日' | '-' | '/' | '.' | ' ')
}

/// Runs of four digits that may be years, with where they begin.
fn years(folded: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let bytes = folded.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if run == 4 && matches!(bytes[at], b'1' | b'2') {
            found.push((at, &folded[at..at + 4]));
        }
        at += run.max(1);
    }
    found
}

/// Where words begin with this.
fn all_words<'a>(folded: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    folded.match_indices(word).map(|(at, _)| at).filter(move |at| {
        !folded[..*at]
            .chars()
            .next_back()
            .is_some_and(|c| c.is_ascii_alphanumeric())
    })
}

fn has_word(folded: &str, word: &str) -> Option<usize> {
    all_words(folded, word).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends_in(sentence: &str, year: u32) -> bool {
        says(
            sentence,
            &[Stated::Date { year, month: None }, Stated::Verb(&VERBS[0])],
        )
    }

    #[test]
    fn the_verb_is_said_of_the_year() {
        for sentence in [
            "This agreement ends on 31 December 2025.",
            "It expires in 2025 unless renewed.",
            "Valid from 1 January 2024 until 31 December 2025.",
            "本合約於2025年12月31日到期。",
            "本合同自2024年1月1日起至2025年12月31日止。",
            "本約於民國114年12月31日屆滿。",
        ] {
            assert!(ends_in(sentence, 2025), "{sentence}");
        }
        for sentence in [
            "It starts on 1 February 2025 and ends on 31 January 2026.",
            "It expires in 2026.",
            "Signed in 2025.",
            "The legend of 2025.",
            "本合約自2025年1月1日起至2026年12月31日止。",
        ] {
            assert!(!ends_in(sentence, 2025), "{sentence}");
        }
    }

    #[test]
    fn months_and_numbers_must_be_stated() {
        let march = |sentence: &str| {
            says(
                sentence,
                &[Stated::Date {
                    year: 2024,
                    month: Some(3),
                }],
            )
        };
        assert!(march("Invoice of 5 March 2024"));
        assert!(march("Date: 2024-03-05"));
        assert!(march("二〇二四年三月五日"));
        assert!(!march("Invoice of 5 May 2024"));
        let three = [Stated::Number("3".to_owned())];
        assert!(says("a notice period of three months", &three));
        assert!(!says("a notice period of 30 days", &three));
    }
}
