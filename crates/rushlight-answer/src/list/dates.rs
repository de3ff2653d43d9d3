//! Dates in a question for a list: as they are typed, and the month or year they mean.

use rushlight_core::Timestamp;

/// A date as it stands in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Date {
    /// As the query language reads it.
    pub(super) typed: String,
    meant: Meant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meant {
    /// A year, and a month where one is named.
    Civil(u32, Option<u32>),
    /// So many years from this one.
    Year(i32),
    /// So many months from this one.
    Month(i32),
    /// Something shorter, which a text does not state in these words.
    Other,
}

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

/// The names of a month in a text, folded.
pub(super) fn month_names(month: u32) -> [String; 2] {
    let name = MONTHS[(month as usize).clamp(1, 12) - 1];
    [name.to_owned(), name[..3].to_owned()]
}

fn year_of(word: &str) -> Option<u32> {
    let year: u32 = word.parse().ok()?;
    (word.len() == 4 && (1800..2200).contains(&year)).then_some(year)
}

/// The date that these English words begin with, and how many of them it is.
pub(super) fn english(words: &[&str]) -> Option<(Date, usize)> {
    let date = |typed: String, meant, taken| Some((Date { typed, meant }, taken));
    if let Some(month) = words
        .first()
        .and_then(|word| MONTHS.iter().position(|name| name == word))
        .map(|index| index as u32 + 1)
    {
        // `may` alone is more often a verb.
        return match words.get(1).and_then(|word| year_of(word)) {
            Some(year) => date(format!("{year}-{month:02}"), Meant::Civil(year, Some(month)), 2),
            None if month != 5 => date(MONTHS[month as usize - 1].to_owned(), Meant::Other, 1),
            None => None,
        };
    }
    if let Some(year) = words.first().and_then(|word| year_of(word)) {
        return date(year.to_string(), Meant::Civil(year, None), 1);
    }
    let iso = |word: &&str| {
        let (year, month) = word.split_once('-')?;
        let month = month.split('-').next()?.parse().ok()?;
        Some((year_of(year)?, month))
    };
    if let Some((year, month)) = words.first().and_then(iso)
        && (1..=12).contains(&month)
    {
        return date(words[0].to_owned(), Meant::Civil(year, Some(month)), 1);
    }
    match words {
        ["today" | "yesterday", ..] => date(words[0].to_owned(), Meant::Other, 1),
        [
            which @ ("this" | "last" | "next"),
            unit @ ("year" | "month" | "week" | "quarter"),
            ..,
        ] => {
            let by = match *which {
                "last" => -1,
                "next" => 1,
                _ => 0,
            };
            let meant = match *unit {
                "year" => Meant::Year(by),
                "month" => Meant::Month(by),
                _ => Meant::Other,
            };
            date(format!("{which} {unit}"), meant, 2)
        }
        ["last", count, unit @ ("days" | "weeks" | "months"), ..] if count.parse::<u16>().is_ok() => {
            date(format!("last {count} {unit}"), Meant::Other, 3)
        }
        _ => None,
    }
}

/// The date that a line of Chinese, in Simplified characters, begins with, and its bytes.
pub(super) fn chinese(line: &str) -> Option<(Date, usize)> {
    let date = |typed: &str, meant| {
        Some((
            Date {
                typed: typed.to_owned(),
                meant,
            },
            typed.len(),
        ))
    };
    for (word, meant) in [
        ("去年", Meant::Year(-1)),
        ("今年", Meant::Year(0)),
        ("明年", Meant::Year(1)),
        ("上个月", Meant::Month(-1)),
        ("上月", Meant::Month(-1)),
        ("这个月", Meant::Month(0)),
        ("本月", Meant::Month(0)),
        ("下个月", Meant::Month(1)),
        ("上周", Meant::Other),
        ("本周", Meant::Other),
        ("昨天", Meant::Other),
        ("今天", Meant::Other),
        ("前天", Meant::Other),
    ] {
        if line.starts_with(word) {
            return date(word, meant);
        }
    }
    let republic = line.strip_prefix("民国");
    let rest = republic.unwrap_or(line);
    let (number, rest) = digits(rest)?;
    let rest = rest.strip_prefix('年')?;
    let year = match republic {
        Some(_) => number + 1911,
        None => Some(number).filter(|year| (1800..2200).contains(year))?,
    };
    match digits(rest).and_then(|(month, rest)| Some((month, rest.strip_prefix('月')?))) {
        Some((month @ 1..=12, rest)) => {
            let typed = format!("{year}-{month:02}");
            let taken = line.len() - rest.len();
            Some((
                Date {
                    typed,
                    meant: Meant::Civil(year, Some(month)),
                },
                taken,
            ))
        }
        _ => {
            let taken = line.len() - rest.len();
            Some((
                Date {
                    typed: year.to_string(),
                    meant: Meant::Civil(year, None),
                },
                taken,
            ))
        }
    }
}

fn digits(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text[..end].parse().ok()?, &text[end..]))
}

impl Date {
    /// The year and the month that a text would state; `None` for what it would not state in a form that can be known.
    pub(super) fn resolved(&self, now: Timestamp) -> Option<(u32, Option<u32>)> {
        let today = crate::prompt::date(now);
        let mut parts = today.split('-').map(str::parse::<i32>);
        let (year, month) = (parts.next()?.ok()?, parts.next()?.ok()?);
        match self.meant {
            Meant::Civil(year, month) => Some((year, month)),
            Meant::Year(by) => Some((u32::try_from(year + by).ok()?, None)),
            Meant::Month(by) => {
                let months = year * 12 + month - 1 + by;
                let year = u32::try_from(months.div_euclid(12)).ok()?;
                Some((year, u32::try_from(months.rem_euclid(12) + 1).ok()))
            }
            Meant::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn english_dates_are_read() {
        let read = |text: &str| {
            let words: Vec<&str> = text.split(' ').collect();
            english(&words).map(|(date, taken)| (date.typed.clone(), date.resolved(NOVEMBER), taken))
        };
        assert_eq!(crate::prompt::date(NOVEMBER), "2026-11-18");
        assert_eq!(
            read("2025 please"),
            Some(("2025".to_owned(), Some((2025, None)), 1))
        );
        assert_eq!(
            read("march 2024"),
            Some(("2024-03".to_owned(), Some((2024, Some(3))), 2))
        );
        assert_eq!(
            read("2024-03 x"),
            Some(("2024-03".to_owned(), Some((2024, Some(3))), 1))
        );
        assert_eq!(
            read("next year"),
            Some(("next year".to_owned(), Some((2027, None)), 2))
        );
        assert_eq!(read("last week"), Some(("last week".to_owned(), None, 2)));
        assert_eq!(read("last 7 days"), Some(("last 7 days".to_owned(), None, 3)));
        assert_eq!(read("may be"), None);
        assert_eq!(read("12 mails"), None);
    }

    #[test]
    fn chinese_dates_are_read() {
        let read = |text: &str| {
            chinese(text).map(|(date, taken)| {
                (
                    date.typed.clone(),
                    date.resolved(NOVEMBER),
                    text[taken..].to_owned(),
                )
            })
        };
        assert_eq!(
            read("2025年到期"),
            Some(("2025".to_owned(), Some((2025, None)), "到期".to_owned()))
        );
        assert_eq!(
            read("2025年3月的"),
            Some(("2025-03".to_owned(), Some((2025, Some(3))), "的".to_owned()))
        );
        assert_eq!(
            read("民国113年的"),
            Some(("2024".to_owned(), Some((2024, None)), "的".to_owned()))
        );
        assert_eq!(
            read("下个月"),
            Some(("下个月".to_owned(), Some((2026, Some(12))), String::new()))
        );
        assert_eq!(read("3份"), None);
        assert_eq!(read("年"), None);
    }
}
