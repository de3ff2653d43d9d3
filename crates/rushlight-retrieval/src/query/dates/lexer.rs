//! From the characters of a date to numbers, signs and the words that dates are made of.

use std::ops::Range;

/// A word of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sym {
    /// Years of the Republic: 民國.
    Minguo,
    /// Years of the common era: 西元.
    Western,
    /// A day so many days from today.
    Today(i32),
    /// A year so many years from this one.
    ThisYear(i16),
    /// `last`, `this`, `next`.
    Shift(i32),
    /// `past`, 近.
    Recent,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    /// 第, before the number of a quarter.
    Nth,
    /// A month by name, from 1.
    Named(i8),
    /// A day of the week by name, Monday 1 to Sunday 7.
    Weekday(i8),
    /// Between the two ends of a range.
    To,
}

/// A piece of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tok {
    /// A number and how many digits it was written with.
    Num(u32, usize),
    /// `-`, `/` or `.` between numbers.
    Sep(char),
    Sym(Sym),
}

/// A piece of a date and its characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) tok: Tok,
    pub(super) at: Range<usize>,
}

/// Words without spaces around them; of two that fit the longer is listed first.
const HAN: &[(&str, Sym)] = &[
    ("民國", Sym::Minguo),
    ("民国", Sym::Minguo),
    ("西元", Sym::Western),
    ("公元", Sym::Western),
    ("今天", Sym::Today(0)),
    ("今日", Sym::Today(0)),
    ("昨天", Sym::Today(-1)),
    ("昨日", Sym::Today(-1)),
    ("前天", Sym::Today(-2)),
    ("明天", Sym::Today(1)),
    ("明日", Sym::Today(1)),
    ("後天", Sym::Today(2)),
    ("后天", Sym::Today(2)),
    ("今年", Sym::ThisYear(0)),
    ("去年", Sym::ThisYear(-1)),
    ("前年", Sym::ThisYear(-2)),
    ("明年", Sym::ThisYear(1)),
    ("最近", Sym::Recent),
    ("過去", Sym::Recent),
    ("过去", Sym::Recent),
    ("近", Sym::Recent),
    ("上", Sym::Shift(-1)),
    ("本", Sym::Shift(0)),
    ("這", Sym::Shift(0)),
    ("这", Sym::Shift(0)),
    ("下", Sym::Shift(1)),
    ("星期", Sym::Week),
    ("禮拜", Sym::Week),
    ("礼拜", Sym::Week),
    ("週", Sym::Week),
    ("周", Sym::Week),
    ("天", Sym::Day),
    ("日", Sym::Day),
    ("號", Sym::Day),
    ("号", Sym::Day),
    ("月份", Sym::Month),
    ("月", Sym::Month),
    ("季度", Sym::Quarter),
    ("季", Sym::Quarter),
    ("年度", Sym::Year),
    ("年", Sym::Year),
    ("第", Sym::Nth),
    ("至", Sym::To),
    ("到", Sym::To),
    ("~", Sym::To),
    ("–", Sym::To),
];

const LATIN: &[(&str, Sym)] = &[
    ("today", Sym::Today(0)),
    ("yesterday", Sym::Today(-1)),
    ("tomorrow", Sym::Today(1)),
    ("last", Sym::Shift(-1)),
    ("this", Sym::Shift(0)),
    ("next", Sym::Shift(1)),
    ("past", Sym::Recent),
    ("day", Sym::Day),
    ("days", Sym::Day),
    ("week", Sym::Week),
    ("weeks", Sym::Week),
    ("month", Sym::Month),
    ("months", Sym::Month),
    ("quarter", Sym::Quarter),
    ("quarters", Sym::Quarter),
    ("q", Sym::Quarter),
    ("year", Sym::Year),
    ("years", Sym::Year),
    ("to", Sym::To),
];

const MONTHS: [&str; 12] = [
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

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// The pieces of a text of lower-case, half-width characters, or `None` where it holds anything else.
pub(super) fn lex(text: &[char]) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(ch) = text.get(at) {
        if matches!(ch, ' ' | ',' | '個' | '个') {
            at += 1;
            continue;
        }
        let (tok, len) = piece(&text[at..])?;
        tokens.push(Token {
            tok,
            at: at..at + len,
        });
        at += len;
    }
    Some(tokens)
}

fn piece(text: &[char]) -> Option<(Tok, usize)> {
    match text[0] {
        '.' if text.get(1) == Some(&'.') => {
            let dots = run(text, |ch| ch == '.');
            (dots <= 3).then_some((Tok::Sym(Sym::To), dots))
        }
        sign @ ('-' | '/' | '.') => Some((Tok::Sep(sign), 1)),
        ch if ch.is_ascii_digit() => {
            let digits = run(text, |ch| ch.is_ascii_digit());
            let number: String = text[..digits].iter().collect();
            Some((Tok::Num(number.parse().ok()?, digits), digits))
        }
        ch if ch.is_ascii_alphabetic() => {
            let letters = run(text, |ch| ch.is_ascii_alphabetic());
            let word: String = text[..letters].iter().collect();
            Some((Tok::Sym(latin(&word)?), letters))
        }
        '元' if text.get(1) == Some(&'年') => Some((Tok::Num(1, 1), 1)),
        ch if numeral(ch).is_some() || ch == '十' => {
            let len = run(text, |ch| numeral(ch).is_some() || ch == '十');
            Some((Tok::Num(number(&text[..len])?, len), len))
        }
        _ => HAN.iter().find_map(|(word, sym)| {
            let len = word.chars().count();
            let fits = text.len() >= len && word.chars().zip(text).all(|(a, b)| a == *b);
            fits.then_some((Tok::Sym(*sym), len))
        }),
    }
}

fn run(text: &[char], is: impl Fn(char) -> bool) -> usize {
    text.iter().take_while(|ch| is(**ch)).count()
}

/// A word, or the name of a month or a day of the week, of which three letters or more may stand alone.
fn latin(word: &str) -> Option<Sym> {
    if let Some((_, sym)) = LATIN.iter().find(|(known, _)| *known == word) {
        return Some(*sym);
    }
    let begins = |names: &[&str]| {
        let index = names
            .iter()
            .position(|name| word.len() >= 3 && name.starts_with(word))?;
        i8::try_from(index + 1).ok()
    };
    begins(&MONTHS)
        .map(Sym::Named)
        .or_else(|| begins(&WEEKDAYS).map(Sym::Weekday))
}

fn numeral(ch: char) -> Option<u32> {
    let digit = "零一二三四五六七八九".chars().position(|known| known == ch);
    let digit = digit.or_else(|| matches!(ch, '〇' | '○').then_some(0));
    digit
        .or_else(|| (ch == '兩' || ch == '两').then_some(2))
        .and_then(|digit| u32::try_from(digit).ok())
}

/// A number in Chinese numerals: digit by digit (一一三, 二〇二四), or up to 99 with 十.
fn number(text: &[char]) -> Option<u32> {
    let digits = |text: &[char]| {
        text.iter().try_fold(0_u32, |number, ch| {
            number.checked_mul(10)?.checked_add(numeral(*ch)?)
        })
    };
    let Some(ten) = text.iter().position(|ch| *ch == '十') else {
        return digits(text);
    };
    let (tens, ones) = (&text[..ten], &text[ten + 1..]);
    if tens.len() > 1 || ones.len() > 1 {
        return None;
    }
    let tens = if tens.is_empty() { 1 } else { digits(tens)? };
    Some(tens * 10 + digits(ones)?)
}
