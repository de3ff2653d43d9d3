//! Numbers in texts, so that an answer never states one that its passage does not.

use std::collections::BTreeSet;

use crate::terms::fold;

/// The numbers of a text, written in digits without separators: `12,000` is `12000`.
///
/// Small numbers in words count (`three`, `十二`), and a year of the Republic (`民國113年`) is given as the common one.
pub(crate) fn numbers(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let mut numbers = BTreeSet::new();
    digit_runs(&folded, &mut numbers);
    for word in folded.split(|c: char| !c.is_ascii_alphabetic()) {
        if let Some(value) = ENGLISH.iter().position(|name| *name == word) {
            numbers.insert(value.to_string());
        }
    }
    chinese_runs(&folded, &mut numbers);
    numbers
}

/// The numbers that a statement makes: those in digits only, as words like `one` say too little.
pub(crate) fn stated_numbers(text: &str) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    digit_runs(&fold(text), &mut numbers);
    numbers
}

/// Runs of digits with their separators; the Republic's years as common ones.
fn digit_runs(text: &str, numbers: &mut BTreeSet<String>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        let mut value = String::new();
        while at < bytes.len() {
            let separated =
                matches!(bytes[at], b',' | b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
            match bytes[at] {
                digit if digit.is_ascii_digit() => value.push(char::from(digit)),
                b',' if separated && thousands(&bytes[at + 1..]) => {}
                b'.' if separated => value.push('.'),
                _ => break,
            }
            at += 1;
        }
        if text[..start].trim_end().ends_with("民国")
            && let Ok(year) = value.parse::<u32>()
            && year < 300
        {
            value = (year + 1911).to_string();
        }
        numbers.insert(value);
    }
}

/// Three digits and no fourth: a group of thousands.
fn thousands(rest: &[u8]) -> bool {
    rest.len() >= 3
        && rest[..3].iter().all(u8::is_ascii_digit)
        && !rest.get(3).is_some_and(u8::is_ascii_digit)
}

/// Runs of Chinese numerals, plain and financial.
fn chinese_runs(text: &str, numbers: &mut BTreeSet<String>) {
    for run in text.split(|c| digit(c).is_none() && unit(c).is_none()) {
        if let Some(value) = chinese(run) {
            numbers.insert(value.to_string());
        }
    }
}

fn digit(c: char) -> Option<u64> {
    [
        "零〇",
        "一壹",
        "二贰两",
        "三叁",
        "四肆",
        "五伍",
        "六陆",
        "七柒",
        "八捌",
        "九玖",
    ]
    .iter()
    .position(|names| names.contains(c))
    .map(|value| value as u64)
}

fn unit(c: char) -> Option<u64> {
    match c {
        '十' | '拾' => Some(10),
        '百' | '佰' => Some(100),
        '千' | '仟' => Some(1_000),
        '万' => Some(10_000),
        '亿' => Some(100_000_000),
        _ => None,
    }
}

/// The value of a run of numerals: by its units, or digit by digit as years are written.
fn chinese(run: &str) -> Option<u64> {
    if run.is_empty() || run.chars().count() > 16 {
        return None;
    }
    if run.chars().all(|c| digit(c).is_some()) {
        return run
            .chars()
            .filter_map(digit)
            .try_fold(0u64, |value, digit| value.checked_mul(10)?.checked_add(digit));
    }
    let (mut total, mut section, mut current) = (0u64, 0u64, None);
    for c in run.chars() {
        if let Some(value) = digit(c) {
            current = Some(value);
        } else if let Some(unit) = unit(c) {
            if unit < 10_000 {
                section = section.checked_add(current.take().unwrap_or(1).checked_mul(unit)?)?;
            } else {
                let whole = section.checked_add(current.take().unwrap_or(0))?.max(1);
                total = total.checked_add(whole.checked_mul(unit)?)?;
                section = 0;
            }
        }
    }
    total.checked_add(section)?.checked_add(current.unwrap_or(0))
}

const ENGLISH: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> Vec<String> {
        numbers(text).into_iter().collect()
    }

    #[test]
    fn numbers_meet_in_one_form() {
        assert_eq!(list("12,000 and 3.5, or 7."), ["12000", "3.5", "7"]);
        assert_eq!(list("１２３"), ["123"]);
        assert_eq!(list("1,23"), ["1", "23"]);
        assert_eq!(list("three or Twelve"), ["12", "3"]);
        assert_eq!(list("貳萬元"), ["20000"]);
        assert_eq!(list("十二月、三百零五、一九八四"), ["12", "1984", "305"]);
        assert_eq!(list("民國113年"), ["2024"]);
        assert_eq!(list("民國 113 年"), ["2024"]);
        assert_eq!(stated_numbers("one 2").into_iter().collect::<Vec<_>>(), ["2"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", numerals in "[零一二九十百千萬亿0-9,.]{0,30}") {
            numbers(&text);
            numbers(&numerals);
        }
    }
}
