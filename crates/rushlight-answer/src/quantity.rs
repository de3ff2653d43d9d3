//! Amounts, dates and times in a text, each with its place and its unit, between the words that stand beside them.

use std::collections::BTreeSet;

use rushlight_core::TextSpan;

use crate::language::is_han;
use crate::numbers::{
    MONTHS, REPUBLIC, chinese, date, digit, english, month, scale, thousands, times, unit as numeral_unit,
};
use crate::terms::{binds, stem, stops};
use crate::words::fold_char;

mod units;

use units::{MONEY, PERCENT, PREFIXES, UNITS, Unit};

/// A piece of a sentence that another sentence can be compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// A word's stem, or one Chinese character. What every text has is none.
    Word(String),
    /// What is measured, counted or dated.
    Quantity(Quantity),
}

impl Part {
    /// What it counts among the words of a sentence: a Chinese character is about half a word, a quantity none.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Word(word) if word.starts_with(is_han) => 1,
            Self::Word(_) => 2,
            Self::Quantity(_) => 0,
        }
    }
}

/// An amount, a date or a time of day.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quantity {
    /// Where it stands, with the sign or unit that belongs to it.
    pub(crate) span: TextSpan,
    value: Value,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Amount {
        /// In digits without separators, as [`crate::numbers::numbers`] has it.
        number: String,
        unit: Option<Unit>,
    },
    /// What is said of a day; a part that is not is `None`.
    Date([Option<u64>; 3]),
    Time {
        hour: u64,
        minute: u64,
    },
}

impl Quantity {
    /// Whether the two measure the same thing, so that they can be compared.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Amount { unit: a, .. }, Value::Amount { unit: b, .. }) => match (a, b) {
                (Some(a), Some(b)) => {
                    let unspoken = a.dimension == MONEY || b.dimension == MONEY;
                    a.dimension == b.dimension || (unspoken && a.is_money() && b.is_money())
                }
                (None, None) => true,
                _ => false,
            },
            (Value::Date(_), Value::Date(_)) | (Value::Time { .. }, Value::Time { .. }) => true,
            _ => false,
        }
    }

    /// Whether the two, which are alike, say the same: `24 months` is `two years`, and a date says nothing of what it leaves out.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Amount { number: a, unit: ua }, Value::Amount { number: b, unit: ub }) => {
                let value = |number: &str, unit: &Option<Unit>| {
                    Some(number.parse::<f64>().ok()? * unit.map_or(1.0, |unit| unit.factor))
                };
                match (value(a, ua), value(b, ub)) {
                    (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
                    _ => a == b,
                }
            }
            (Value::Date(a), Value::Date(b)) => {
                a.iter().zip(b).all(|(a, b)| a.is_none() || b.is_none() || a == b)
            }
            (a, b) => a == b,
        }
    }

    /// Whether one of `numbers`, as [`crate::numbers::numbers`] gives them, is what this has and `other` has not.
    pub(crate) fn is_among(&self, numbers: &BTreeSet<String>, other: &Self) -> bool {
        let theirs = other.numbers();
        self.numbers()
            .iter()
            .any(|number| !theirs.contains(number) && numbers.contains(number))
    }

    /// A date, or a number of which nothing says what it counts: `2024`, `trailer 6`. Where such differ, two sentences may be
    /// about different things.
    pub(crate) fn names_a_subject(&self) -> bool {
        matches!(self.value, Value::Date(_) | Value::Amount { unit: None, .. })
    }

    /// As it is written, without marks of emphasis.
    pub(crate) fn written(&self, text: &str) -> String {
        let written = self.span.of(text).unwrap_or_default().replace(['*', '_'], "");
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What it is made of, as [`crate::numbers::numbers`] has it.
    fn numbers(&self) -> BTreeSet<String> {
        match &self.value {
            Value::Amount { number, .. } => BTreeSet::from([number.clone()]),
            Value::Date([year, in_month, day]) => [
                year.map(|year| year.to_string()),
                in_month.map(month),
                day.map(|day| day.to_string()),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Value::Time { hour, minute } => BTreeSet::from([hour.to_string(), minute.to_string()]),
        }
    }
}

/// The words and quantities of a sentence, in order. Numbers that only count or name its place (`2.`, `version 3`, `第三條`) are
/// neither.
pub(crate) fn parts(sentence: &str) -> Vec<Part> {
    let mut reader = Reader::new(sentence);
    reader.skip_item_number();
    while let Some(c) = reader.rest().chars().next() {
        let before = reader.at;
        reader.read(c);
        debug_assert!(reader.at > before, "each step goes on");
    }
    reader.parts.into_iter().map(|(_, part)| part).collect()
}

/// Reads a sentence from its beginning to its end.
struct Reader {
    /// The sentence folded, character by character.
    folded: String,
    /// For each byte of `folded`, and its end, the byte of the sentence.
    origin: Vec<usize>,
    at: usize,
    /// Where the last quantity ends.
    taken: usize,
    /// With where in `folded` each begins.
    parts: Vec<(usize, Part)>,
}

impl Reader {
    fn new(sentence: &str) -> Self {
        let (mut folded, mut origin) = (String::new(), Vec::new());
        for (at, c) in sentence.char_indices() {
            folded.push_str(&fold_char(c));
            origin.resize(folded.len(), at);
        }
        origin.push(sentence.len());
        Self {
            folded,
            origin,
            at: 0,
            taken: 0,
            parts: Vec::new(),
        }
    }

    fn rest(&self) -> &str {
        &self.folded[self.at..]
    }

    /// Passes over what numbers an item of a list.
    fn skip_item_number(&mut self) {
        let item = self
            .folded
            .trim_start_matches(|c: char| c.is_whitespace() || "#>*-+•|（(".contains(c));
        let after =
            item.trim_start_matches(|c: char| c.is_ascii_digit() || chinese(&c.to_string()).is_some());
        let mut signs = after.chars();
        let numbers = after.len() < item.len()
            && matches!(signs.next(), Some('.' | ')' | '、' | '）' | ':' | '：'))
            && signs.next().is_none_or(|c| !c.is_ascii_digit());
        if numbers {
            self.at = self.folded.len() - after.len();
        }
    }

    fn read(&mut self, c: char) {
        if !c.is_alphanumeric() {
            self.at += c.len_utf8();
            return;
        }
        let found = self.date().or_else(|| self.time()).or_else(|| self.amount());
        // A part of a character, as of `½`, is none of the sentence.
        let whole = found.filter(|(_, start, end)| self.origin[*start] < self.origin[*end]);
        if let Some((value, start, end)) = whole {
            // A currency before the number was read as a word.
            while self.parts.last().is_some_and(|(at, _)| *at >= start) {
                self.parts.pop();
            }
            (self.at, self.taken) = (end, end);
            let span = TextSpan::new(self.origin[start], self.origin[end]);
            self.parts.push((start, Part::Quantity(Quantity { span, value })));
        } else if is_han(c) {
            self.han(c);
        } else {
            self.word();
        }
    }

    /// A Chinese character; behind `第` a number counts nothing.
    fn han(&mut self, c: char) {
        let start = self.at;
        self.at += c.len_utf8();
        if c == '第' {
            let rest = self.rest();
            let after = rest.trim_start();
            let number = after.trim_start_matches(|c: char| {
                c.is_ascii_digit() || digit(c).is_some() || numeral_unit(c).is_some()
            });
            self.at = self.folded.len() - number.len();
        } else if !binds(c) {
            self.parts.push((start, Part::Word(c.to_string())));
        }
    }

    /// A word, with the hyphens and digits of an identifier; the number behind a word like `version` is passed over.
    fn word(&mut self) {
        let rest = self.rest();
        let mut end = 0;
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let next = next.filter(|next| next.is_alphanumeric() && !is_han(*next));
            // `bw-300` and `lh-2024-03` are one word, `e-mail` is two.
            let joins = matches!(c, '-' | '_')
                && rest.starts_with(|c: char| c.is_ascii_alphabetic())
                && next.is_some_and(|next| {
                    next.is_ascii_digit() || rest[..at].contains(|c: char| c.is_ascii_digit())
                });
            if !joins && (!c.is_alphanumeric() || is_han(c)) {
                break;
            }
            end = at + c.len_utf8();
        }
        let word = rest[..end].to_owned();
        let start = self.at;
        self.at += end;
        if LABELS.contains(&word.as_str()) {
            let after = self.rest().trim_start_matches([' ', '.']);
            let number = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            if number.len() < after.len() {
                self.at = self.folded.len() - number.len();
            }
        } else if !stops(&word) {
            self.parts.push((start, Part::Word(stem(&word))));
        }
    }

    /// A day, a month or a year, with where it begins and ends.
    fn date(&self) -> Option<(Value, usize, usize)> {
        if self.within_word() {
            return None;
        }
        self.numeric_date()
            .or_else(|| self.chinese_date())
            .or_else(|| self.english_date())
            .map(|(parts, end)| (Value::Date(parts), self.at, end))
    }

    fn numeric_date(&self) -> Option<([Option<u64>; 3], usize)> {
        self.rest()
            .starts_with(|c: char| c.is_ascii_digit())
            .then_some(())?;
        let (parts, end) = date(&self.folded, self.at)?;
        Some((parts.map(Some), end))
    }

    /// `2024年3月5日`, `民國113年3月`, `3月5日`, and a year of four digits.
    fn chinese_date(&self) -> Option<([Option<u64>; 3], usize)> {
        let era = self.rest().starts_with("民国");
        let start = self.at + if era { "民国".len() } else { 0 };
        let (mut parts, mut end) = ([None; 3], None);
        let (mut number, mut at) = self.small_number(start)?;
        if let Some(after) = self.sign(at, "年") {
            let year = if era { number + REPUBLIC } else { number };
            if !YEARS.contains(&year) {
                return None;
            }
            (parts[0], end) = (Some(year), Some(after));
            match self.small_number(after) {
                Some(next) => (number, at) = next,
                None => return Some((parts, after)),
            }
        }
        if let Some(after) = self.sign(at, "月").filter(|_| (1..=12).contains(&number)) {
            (parts[1], end) = (Some(number), Some(after));
            let day = self.small_number(after).and_then(|(day, at)| {
                let end = ["日", "号"].into_iter().find_map(|sign| self.sign(at, sign))?;
                (1..=31).contains(&day).then_some((day, end))
            });
            if let Some((day, after)) = day {
                (parts[2], end) = (Some(day), Some(after));
            }
        }
        Some((parts, end?))
    }

    /// `5 March 2024`, `March 5, 2024`, `March 2024`, `5 March`, and a year alone.
    fn english_date(&self) -> Option<([Option<u64>; 3], usize)> {
        let word = |at: usize| {
            let rest = &self.folded[at..];
            let start = at + rest.len() - rest.trim_start_matches([' ', ',']).len();
            let rest = &self.folded[start..];
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
            (&rest[..length], start + length)
        };
        let named = |text: &str| {
            let is_named = |name: &str| name == text || (text.len() == 3 && name.starts_with(text));
            let at = MONTHS.iter().position(|name| is_named(name))?;
            Some(at as u64 + 1)
        };
        let day = |text: &str| {
            let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let ordinal = ["", "st", "nd", "rd", "th"].contains(&&text[number.len()..]);
            number
                .parse()
                .ok()
                .filter(|day| ordinal && (1..=31).contains(day))
        };
        let year = |text: &str| {
            let all_digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse()
                .ok()
                .filter(|year| all_digits && YEARS.contains(year))
        };
        let with_year = |parts: [Option<u64>; 3], end: usize| {
            let (text, after) = word(end);
            // What goes on is a date of its own.
            match year(text).filter(|_| !self.folded[after..].starts_with(['-', '/'])) {
                Some(year) => ([Some(year), parts[1], parts[2]], after),
                None => (parts, end),
            }
        };
        let (first, end) = word(self.at);
        if let Some(in_month) = named(first) {
            let (text, after) = word(end);
            return match (day(text), year(text)) {
                (Some(day), _) => Some(with_year([None, Some(in_month), Some(day)], after)),
                (None, Some(year)) => Some(([Some(year), Some(in_month), None], after)),
                (None, None) => None,
            };
        }
        if let Some(day) = day(first) {
            let (text, after) = word(end);
            let (text, after) = if text == "of" { word(after) } else { (text, after) };
            return Some(with_year([None, Some(named(text)?), Some(day)], after));
        }
        let after = &self.folded[end..];
        let goes_on =
            after.starts_with(['.', ',', '-']) && after[1..].starts_with(|c: char| c.is_ascii_digit());
        let counts = self.suffix(end).is_some() || self.prefix().is_some() || goes_on;
        Some(([Some(year(first).filter(|_| !counts)?), None, None], end))
    }

    /// `10:30`.
    fn time(&self) -> Option<(Value, usize, usize)> {
        if self.within_word() {
            return None;
        }
        let rest = self.rest();
        let colon = rest.find(|c: char| !c.is_ascii_digit())?;
        let minutes = rest[colon..].strip_prefix([':', '：'])?;
        let length = minutes.bytes().take_while(u8::is_ascii_digit).count();
        let (hour, minute) = (rest[..colon].parse().ok()?, minutes[..length].parse().ok()?);
        let value = Value::Time { hour, minute };
        (length == 2 && hour < 25 && minute < 60)
            .then(|| (value, self.at, self.folded.len() - minutes.len() + length))
    }

    fn amount(&self) -> Option<(Value, usize, usize)> {
        if self.within_word() {
            return None;
        }
        let percent = self
            .rest()
            .strip_prefix("百分之")
            .map(|rest| self.folded.len() - rest.len());
        let at = percent.unwrap_or(self.at);
        let numeral = self.in_digits(at).or_else(|| self.in_words(at))?;
        let (start, before) = match percent {
            Some(_) => (self.at, Some(PERCENT)),
            None => self
                .prefix()
                .map_or((self.at, None), |(start, unit)| (start, Some(unit))),
        };
        let behind = self
            .suffix(numeral.end)
            .filter(|(behind, _)| before.is_none_or(|before| before.is_money() && behind.is_money()));
        let end = behind.map_or(numeral.end, |(_, end)| end);
        let unit = before
            .filter(|before| before.dimension != MONEY || behind.is_none())
            .or(behind.map(|(unit, _)| unit));
        // `one` and `一` say too little, unless something says of what.
        if numeral.is_word && unit.is_none() {
            return None;
        }
        let number = match numeral.negative {
            true => format!("-{}", numeral.number),
            false => numeral.number,
        };
        Some((Value::Amount { number, unit }, start.min(numeral.start), end))
    }

    /// A number in digits, with the word or sign that multiplies it.
    fn in_digits(&self, at: usize) -> Option<Numeral> {
        let rest = &self.folded[at..];
        let bytes = rest.as_bytes();
        let (mut number, mut length) = (String::new(), 0);
        while let Some(byte) = bytes.get(length) {
            let separated = bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
            match byte {
                byte if byte.is_ascii_digit() => number.push(char::from(*byte)),
                b',' if separated && !number.is_empty() && thousands(&bytes[length + 1..]) => {}
                b'.' if separated && !number.is_empty() && !number.contains('.') => number.push('.'),
                _ => break,
            }
            length += 1;
        }
        if number.is_empty() {
            return None;
        }
        if number.contains('.') {
            number.truncate(number.trim_end_matches('0').trim_end_matches('.').len());
        }
        let mut end = at + length;
        let after = self.folded[end..].trim_start_matches(' ');
        if let Some(scaled) = scale(after).and_then(|scale| times(&number, scale)) {
            let first = after.chars().next().map_or(0, |c| match c.is_ascii_alphabetic() {
                true => after.bytes().take_while(u8::is_ascii_alphabetic).count(),
                false => c.len_utf8(),
            });
            number = scaled;
            end = self.folded.len() - after.len() + first;
        }
        let before = &self.folded[..at];
        let sign = before.chars().next_back().filter(|c| matches!(c, '-' | '−'));
        let negative = sign.is_some_and(|sign| {
            let before = &before[..before.len() - sign.len_utf8()];
            before
                .chars()
                .next_back()
                .is_none_or(|c| c.is_whitespace() || "|(（：:".contains(c) || is_han(c))
        });
        Some(Numeral {
            number,
            start: at - sign.filter(|_| negative).map_or(0, char::len_utf8),
            end,
            negative,
            is_word: false,
        })
    }

    /// A number in English or Chinese words.
    fn in_words(&self, at: usize) -> Option<Numeral> {
        let rest = &self.folded[at..];
        let numeral = |number: u64, length: usize, numerals: usize| Numeral {
            number: number.to_string(),
            start: at,
            end: at + length,
            negative: false,
            is_word: numerals < 2,
        };
        let han = rest
            .find(|c| digit(c).is_none() && numeral_unit(c).is_none())
            .unwrap_or(rest.len());
        if han > 0 {
            let run = &rest[..han];
            return Some(numeral(chinese(run)?, han, run.chars().count()));
        }
        let (mut length, mut numerals) = (0, 0);
        loop {
            let gap = rest[length..]
                .bytes()
                .take_while(|byte| numerals > 0 && matches!(byte, b' ' | b'-'))
                .count();
            let next = &rest[length + gap..];
            // `and` binds only where a numeral follows it.
            let and = next.strip_prefix("and ").map_or(0, |_| "and ".len());
            let word = next[and..].bytes().take_while(u8::is_ascii_alphabetic).count();
            let more = length + gap + and + word;
            match english(&rest[..more])[..] {
                [(_, count)] if count > numerals => (length, numerals) = (more, count),
                _ => break,
            }
        }
        let (value, numerals) = *english(&rest[..length]).first()?;
        Some(numeral(value, length, numerals))
    }

    /// A currency before the number here, with where it begins.
    fn prefix(&self) -> Option<(usize, Unit)> {
        let before = self.folded[..self.at].trim_end_matches([' ', '*', '_']);
        PREFIXES.iter().find_map(|(name, dimension)| {
            let start = before.strip_suffix(name)?.len();
            let apart = !name.starts_with(|c: char| c.is_ascii_alphabetic())
                || !before[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
            (apart && start >= self.taken).then_some((
                start,
                Unit {
                    dimension,
                    factor: 1.0,
                },
            ))
        })
    }

    /// A unit behind a number, with where it ends.
    fn suffix(&self, end: usize) -> Option<(Unit, usize)> {
        let rest = self.folded[end..].trim_start_matches([' ', '*', '_', '-']);
        let start = self.folded.len() - rest.len();
        let longest = UNITS.iter().filter(|(name, ..)| {
            let latin = name.ends_with(|c: char| c.is_ascii_alphabetic());
            rest.strip_prefix(name)
                .is_some_and(|after| !latin || !after.starts_with(|c: char| c.is_ascii_alphanumeric()))
        });
        let (name, dimension, factor) = longest.max_by_key(|(name, ..)| name.len())?;
        let unit = Unit {
            dimension,
            factor: *factor,
        };
        // A currency may belong to the number behind it.
        let after = rest[name.len()..].trim_start_matches([' ', '*', '_']);
        let of_the_next = unit.is_money() && after.starts_with(|c: char| c.is_ascii_digit());
        (!of_the_next).then_some((unit, start + name.len()))
    }

    /// Whether what stands here goes on with a word or an identifier.
    fn within_word(&self) -> bool {
        let before = &self.folded[..self.at];
        let latin = |c: char| c.is_alphanumeric() && !is_han(c);
        self.rest().starts_with(latin) && before.ends_with(latin)
    }

    /// A number of digits or Chinese numerals, without a sign.
    fn small_number(&self, at: usize) -> Option<(u64, usize)> {
        let rest = &self.folded[at..];
        let start = at + rest.len() - rest.trim_start_matches(' ').len();
        let rest = &self.folded[start..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let numerals = rest
            .find(|c| digit(c).is_none() && c != '十')
            .unwrap_or(rest.len());
        let value = match digits {
            0 => chinese(&rest[..numerals])?,
            _ => rest[..digits].parse().ok()?,
        };
        Some((value, start + digits.max(numerals)))
    }

    fn sign(&self, at: usize, sign: &str) -> Option<usize> {
        let rest = self.folded[at..].trim_start_matches(' ').strip_prefix(sign)?;
        Some(self.folded.len() - rest.len())
    }
}

/// A number as it was found.
struct Numeral {
    number: String,
    start: usize,
    end: usize,
    negative: bool,
    /// Whether it is a single numeral in words.
    is_word: bool,
}

/// Years that a number of four digits may be.
const YEARS: std::ops::RangeInclusive<u64> = 1_800..=2_199;

/// Words whose number names a place in a document or a state of it.
const LABELS: [&str; 14] = [
    "annex",
    "appendix",
    "article",
    "chapter",
    "clause",
    "figure",
    "item",
    "no",
    "page",
    "paragraph",
    "section",
    "step",
    "table",
    "version",
];

#[cfg(test)]
mod tests;
