//! Numbers and dates in texts, so that an answer never states one that its passage does not.

use std::collections::BTreeSet;

use crate::terms::fold;

/// The numbers of a text, written in digits without separators: `12,000`, `1.2萬`, `twelve thousand` and `壹萬貳仟` are `12000`.
///
/// Small numbers in words count (`three`, `十二`); a year of the Republic (`民國113年`, `113年`, `113.03.05`) is given as the common one
/// too. Months have a form of their own, `month:3`, for `March`, `3月`, `三月` and `2024-03-05`.
pub(crate) fn numbers(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let mut numbers = BTreeSet::new();
    for number in digits(&folded) {
        // `113年` without its era may be either.
        if number.followed_by == Some('年') && (1..300).contains(&number.whole) && !number.has_era {
            numbers.insert((number.whole + REPUBLIC).to_string());
        }
        numbers.extend(number.with_unit.clone());
        numbers.insert(number.value);
    }
    numbers.extend(months(&folded));
    numbers.extend(english(&folded).into_iter().map(|(value, _)| value.to_string()));
    numbers.extend(
        chinese_runs(&folded)
            .into_iter()
            .map(|(value, _)| value.to_string()),
    );
    numbers
}

/// The numbers that a statement makes: in digits, as months beside a day or a year, and in words of more than one numeral, as
/// words like `one` say too little.
pub(crate) fn stated_numbers(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let digits = digits(&folded)
        .into_iter()
        .map(|number| number.with_unit.unwrap_or(number.value));
    let words = english(&folded).into_iter().filter(|(_, numerals)| *numerals > 1);
    let chinese = chinese_runs(&folded)
        .into_iter()
        .filter(|(_, numerals)| *numerals > 1);
    digits
        .chain(words.map(|(value, _)| value.to_string()))
        .chain(chinese.map(|(value, _)| value.to_string()))
        .chain(months(&folded))
        .collect()
}

/// What lies between a year of the Republic and the common one.
pub(crate) const REPUBLIC: u64 = 1911;

/// A number in digits.
struct Number {
    /// Without separators of thousands, as the common year where it is one of the Republic.
    value: String,
    /// Its whole part; 0 where that is no number of 64 bits.
    whole: u64,
    /// The same times the unit behind it (`2萬`, `3 million`), where there is one.
    with_unit: Option<String>,
    followed_by: Option<char>,
    has_era: bool,
}

/// Runs of digits with their separators. What stands between the parts of a date parts them, and zeros before them go.
fn digits(text: &str) -> Vec<Number> {
    let bytes = text.as_bytes();
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        if let Some((parts, end)) = date(text, at) {
            let values = parts
                .map(|part| part.to_string())
                .into_iter()
                .chain([month(parts[1])]);
            numbers.extend(values.map(|value| Number {
                value,
                whole: 0,
                with_unit: None,
                followed_by: None,
                has_era: true,
            }));
            at = end;
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
        // `2150.00` is `2150`.
        if value.contains('.') {
            value.truncate(value.trim_end_matches('0').trim_end_matches('.').len());
        }
        let mut whole: u64 = value
            .split('.')
            .next()
            .and_then(|whole| whole.parse().ok())
            .unwrap_or(0);
        let has_era = text[..start].trim_end().ends_with("民国") && whole < 300;
        if has_era {
            whole += REPUBLIC;
            value = whole.to_string();
        } else if value.len() == 2 && value.starts_with('0') {
            value.remove(0);
        }
        let rest = text[at..].trim_start_matches(' ');
        numbers.push(Number {
            with_unit: scale(rest).and_then(|scale| times(&value, scale)),
            followed_by: rest.chars().next(),
            value,
            whole,
            has_era,
        });
    }
    numbers
}

/// Year, month and day written with `-`, `/` or `.` between them, the year first, and where that ends.
pub(crate) fn date(text: &str, at: usize) -> Option<([u64; 3], usize)> {
    let mut parts = [0u64; 3];
    let mut end = at;
    let mut sign = None;
    for (index, part) in parts.iter_mut().enumerate() {
        if index > 0 {
            let c = text[end..]
                .chars()
                .next()
                .filter(|c| matches!(c, '-' | '/' | '.'))?;
            if *sign.get_or_insert(c) != c {
                return None;
            }
            end += 1;
        }
        let length = text[end..].bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=4).contains(&length) {
            return None;
        }
        *part = text[end..end + length].parse().ok()?;
        end += length;
    }
    let [year, month, day] = &mut parts;
    let is_date = (1..=12).contains(month) && (1..=31).contains(day) && (100..3_000).contains(year);
    let goes_on = text[end..].starts_with(|c: char| c.is_ascii_digit() || c == '.' && sign == Some('.'));
    if !is_date || (goes_on && !text[end..].starts_with(". ")) {
        return None;
    }
    if *year < 300 {
        *year += REPUBLIC;
    }
    Some((parts, end))
}

/// What a word or sign behind a number multiplies it with.
pub(crate) fn scale(rest: &str) -> Option<u64> {
    let mut signs = rest.chars();
    if let Some(unit) = signs.next().and_then(unit).filter(|unit| *unit >= 1_000) {
        // 千米, 千克 and 千瓦 are units of measurement.
        return (!matches!(signs.next(), Some('米' | '克' | '瓦'))).then_some(unit);
    }
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    SCALES
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, scale)| *scale)
}

/// A decimal number times a power of ten.
pub(crate) fn times(value: &str, scale: u64) -> Option<String> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let zeros = scale.ilog10() as usize;
    if fraction.len() > zeros || whole.len() + zeros > 24 || fraction.contains('.') {
        return None;
    }
    let product = format!("{whole}{fraction}{}", "0".repeat(zeros - fraction.len()));
    Some(product.trim_start_matches('0').to_owned())
}

/// The form that a month has among numbers.
pub(crate) fn month(number: u64) -> String {
    format!("month:{number}")
}

/// Months: names beside a number, and `3月`.
fn months(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let words: Vec<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    for (at, word) in words.iter().enumerate() {
        // `may` and `march` are words, too.
        let beside = at
            .checked_sub(1)
            .and_then(|before| words.get(before))
            .is_some_and(is_number)
            || words.get(at + 1).is_some_and(is_number);
        let month = MONTHS
            .iter()
            .position(|name| word == name || (word.len() == 3 && name.starts_with(word)));
        if let Some(month) = month.filter(|_| beside) {
            found.insert(self::month(month as u64 + 1));
        }
    }
    for (at, _) in text.match_indices('月') {
        let before = text[..at].trim_end_matches(' ');
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let numeral: String = before
            .chars()
            .rev()
            .take_while(|c| digit(*c).is_some() || *c == '十')
            .collect();
        let month = match digits {
            0 => chinese(&numeral.chars().rev().collect::<String>()),
            length => before[before.len() - length..].parse().ok(),
        };
        found.extend(month.filter(|month| (1..=12).contains(month)).map(self::month));
    }
    found
}

/// Numbers in English words with how many numerals each is made of: `twenty-five thousand` is 25000, of three.
pub(crate) fn english(text: &str) -> Vec<(u64, usize)> {
    let mut found = Vec::new();
    let (mut total, mut section, mut numerals) = (0u64, 0u64, 0);
    let mut end = |total: &mut u64, section: &mut u64, numerals: &mut usize| {
        if *numerals > 0 {
            found.push((total.saturating_add(*section), *numerals));
        }
        (*total, *section, *numerals) = (0, 0, 0);
    };
    for word in text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
    {
        if let Some(value) = ENGLISH.iter().position(|name| *name == word) {
            section = section.saturating_add(value as u64);
        } else if let Some(tens) = TENS.iter().position(|name| *name == word) {
            section = section.saturating_add((tens as u64 + 2) * 10);
        } else if let Some((_, scale)) = SCALES
            .iter()
            .find(|(name, _)| *name == word)
            .filter(|_| numerals > 0)
        {
            if *scale == 100 {
                section = section.max(1).saturating_mul(100);
            } else {
                total = total.saturating_add(section.max(1).saturating_mul(*scale));
                section = 0;
            }
        } else {
            if word != "and" || numerals == 0 {
                end(&mut total, &mut section, &mut numerals);
            }
            continue;
        }
        numerals += 1;
    }
    end(&mut total, &mut section, &mut numerals);
    found
}

/// Three digits and no fourth: a group of thousands.
pub(crate) fn thousands(rest: &[u8]) -> bool {
    rest.len() >= 3
        && rest[..3].iter().all(u8::is_ascii_digit)
        && !rest.get(3).is_some_and(u8::is_ascii_digit)
}

/// Runs of Chinese numerals, plain and financial, with how many numerals each has.
fn chinese_runs(text: &str) -> Vec<(u64, usize)> {
    text.split(|c| digit(c).is_none() && unit(c).is_none())
        .filter_map(|run| Some((chinese(run)?, run.chars().count())))
        .collect()
}

pub(crate) fn digit(c: char) -> Option<u64> {
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

pub(crate) fn unit(c: char) -> Option<u64> {
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
pub(crate) fn chinese(run: &str) -> Option<u64> {
    // A unit alone counts nothing, but for ten.
    let counts = run.starts_with(['十', '拾']) || run.chars().any(|c| digit(c).is_some());
    if !counts || run.chars().count() > 16 {
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

const ENGLISH: [&str; 20] = [
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
];

const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

const SCALES: [(&str, u64); 4] = [
    ("hundred", 100),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("billion", 1_000_000_000),
];

pub(crate) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
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
        assert_eq!(
            list("十二月、三百零五、一九八四"),
            ["12", "1984", "305", "month:12"]
        );
        assert_eq!(list("民國113年"), ["2024"]);
        assert_eq!(list("民國 113 年"), ["2024"]);
        assert_eq!(
            list("twenty-five thousand or one hundred and three"),
            ["103", "25000"]
        );
        assert_eq!(list("2.5萬 and 3 million"), ["2.5", "25000", "3", "3000000"]);
        assert_eq!(list("113年"), ["113", "2024"]);
    }

    #[test]
    fn a_date_is_the_same_however_it_is_written() {
        let date = ["2024", "5", "month:3"];
        for text in [
            "5 March 2024",
            "March 5, 2024",
            "Mar 05 2024",
            "2024年3月5日",
            "民國113年3月5日",
        ] {
            assert!(
                date.iter().all(|part| numbers(text).contains(*part)),
                "{text}: {:?}",
                numbers(text)
            );
        }
        for text in ["2024-03-05", "2024/3/5", "2024.03.05", "113.03.05", "113/3/5"] {
            assert_eq!(list(text), ["2024", "3", "5", "month:3"], "{text}");
        }
        assert_eq!(list("You may go, we march on"), Vec::<String>::new());
        assert_eq!(list("1.2.3"), ["1.2.3"], "a version, not a date");
        assert_eq!(list("192.168.10.1"), ["192.168.10.1"]);
    }

    #[test]
    fn what_is_stated_is_more_than_a_word_like_one() {
        let stated = |text: &str| stated_numbers(text).into_iter().collect::<Vec<_>>();
        assert_eq!(stated("one 2"), ["2"]);
        assert_eq!(stated("一個人有貳萬元"), ["20000"]);
        assert_eq!(stated("3萬人"), ["30000"]);
        assert_eq!(stated("twenty five people"), ["25"]);
        assert_eq!(stated("in May 2024"), ["2024", "month:5"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", numerals in "[零一二九十百千萬亿0-9,.]{0,30}") {
            numbers(&text);
            numbers(&numerals);
        }
    }
}
