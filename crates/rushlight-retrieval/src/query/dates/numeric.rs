//! Dates in numbers: `2024-03-05`, `113/3/5`, `2024年3月`, `march 2024`, `2024q1`. The year comes first or is named by a month's
//! name; a year below 200 is one of the Republic.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::lexer::{Sym, Tok};
use super::{DateFault, day, impossible, month, quarter, too_far, year};

/// Years of the Republic are so many less than those of the common era.
const MINGUO: u32 = 1911;
/// Largest number that is a year of the Republic where nothing says which it is.
const LAST_BARE_MINGUO: u32 = 199;

type Found = Result<(Date, Date), DateFault>;

/// How the years are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Era {
    Bare,
    Minguo,
    Western,
}

/// The numbers of a date, each as its index among the pieces.
#[derive(Default)]
struct Parts {
    year: Option<usize>,
    quarter: Option<usize>,
    month: Option<usize>,
    day: Option<usize>,
}

/// Reads a date in numbers, or `None` when the pieces do not have the form of one. `places` are the characters of each piece.
pub(super) fn read(toks: &[Tok], places: &[Range<usize>], today: Date) -> Option<Found> {
    let (era, skip) = match toks.first() {
        Some(Tok::Sym(Sym::Minguo)) => (Era::Minguo, 1),
        Some(Tok::Sym(Sym::Western)) => (Era::Western, 1),
        _ => (Era::Bare, 0),
    };
    let (toks, places) = (&toks[skip..], &places[skip..]);
    if era == Era::Bare
        && let [Tok::Num(number, 8)] = toks
    {
        let (y, m, d) = (number / 10_000, number / 100 % 100, number % 100);
        return Some(
            calendar_year(y, era, &places[0]).and_then(|y| whole_day(y, m, d, &places[0], &places[0])),
        );
    }
    let parts = form(toks)?;
    if era != Era::Bare && parts.year.is_none() {
        return None;
    }
    Some(resolve(&parts, era, toks, places, today))
}

/// Which number is what.
fn form(toks: &[Tok]) -> Option<Parts> {
    use Sym::{Day, Month, Named, Nth, Quarter, ThisYear, Year};
    use Tok::{Num, Sep};
    let parts = |year, month, day| {
        Some(Parts {
            year,
            month,
            day,
            quarter: None,
        })
    };
    let of_quarter = |year, quarter| {
        Some(Parts {
            year: Some(year),
            quarter: Some(quarter),
            ..Parts::default()
        })
    };
    match toks {
        [Num(..)] | [Num(..), Tok::Sym(Year)] | [Tok::Sym(ThisYear(_))] => parts(Some(0), None, None),
        [Num(..), Sep(_), Num(..)] => parts(Some(0), Some(2), None),
        [Num(..), Sep(a), Num(..), Sep(b), Num(..)] if a == b => parts(Some(0), Some(2), Some(4)),
        [Num(..), Tok::Sym(Year), Num(..), Tok::Sym(Month)] => parts(Some(0), Some(2), None),
        [Num(..), Tok::Sym(Year), Num(..), Tok::Sym(Month), Num(..)]
        | [
            Num(..),
            Tok::Sym(Year),
            Num(..),
            Tok::Sym(Month),
            Num(..),
            Tok::Sym(Day),
        ] => parts(Some(0), Some(2), Some(4)),
        [Tok::Sym(ThisYear(_)), Num(..), Tok::Sym(Month)] => parts(Some(0), Some(1), None),
        [Tok::Sym(ThisYear(_)), Num(..), Tok::Sym(Month), Num(..)]
        | [
            Tok::Sym(ThisYear(_)),
            Num(..),
            Tok::Sym(Month),
            Num(..),
            Tok::Sym(Day),
        ] => parts(Some(0), Some(1), Some(3)),
        [Num(..), Tok::Sym(Month)] => parts(None, Some(0), None),
        [Num(..), Tok::Sym(Month), Num(..)] | [Num(..), Tok::Sym(Month), Num(..), Tok::Sym(Day)] => {
            parts(None, Some(0), Some(2))
        }
        [Tok::Sym(Named(_))] => parts(None, Some(0), None),
        [Tok::Sym(Named(_)), Num(_, digits)] if *digits <= 2 => parts(None, Some(0), Some(1)),
        [Tok::Sym(Named(_)), Num(..)] => parts(Some(1), Some(0), None),
        [Num(_, digits), Tok::Sym(Named(_))] if *digits <= 2 => parts(None, Some(1), Some(0)),
        [Num(..), Tok::Sym(Named(_))] => parts(Some(0), Some(1), None),
        [Tok::Sym(Named(_)), Num(..), Num(..)] => parts(Some(2), Some(0), Some(1)),
        [Num(..), Tok::Sym(Named(_)), Num(..)] => parts(Some(2), Some(1), Some(0)),
        [Num(..), Tok::Sym(Quarter), Num(..)] => of_quarter(0, 2),
        [Num(..), Sep(_), Tok::Sym(Quarter), Num(..)] => of_quarter(0, 3),
        [Tok::Sym(Quarter), Num(..), Num(..)] => of_quarter(2, 1),
        [Num(..), Tok::Sym(Year), Tok::Sym(Nth), Num(..), Tok::Sym(Quarter)] => of_quarter(0, 3),
        [Num(..), Tok::Sym(Year), Num(..), Tok::Sym(Quarter)] => of_quarter(0, 2),
        [Tok::Sym(ThisYear(_)), Tok::Sym(Nth), Num(..), Tok::Sym(Quarter)] => of_quarter(0, 2),
        _ => None,
    }
}

fn resolve(parts: &Parts, era: Era, toks: &[Tok], places: &[Range<usize>], today: Date) -> Found {
    let value = |index: usize| match toks[index] {
        Tok::Num(number, _) => number,
        Tok::Sym(Sym::Named(month)) => u32::try_from(month).unwrap_or_default(),
        Tok::Sym(_) | Tok::Sep(_) => 0,
    };
    let at = |index: usize| &places[index];
    let y = match parts.year {
        None => None,
        Some(index) => Some(match toks[index] {
            Tok::Sym(Sym::ThisYear(shift)) => today.year() + shift,
            _ => calendar_year(value(index), era, at(index))?,
        }),
    };
    if let Some(index) = parts.quarter {
        let number = within(
            value(index),
            4,
            at(index),
            "there is no such quarter",
            "quarters are 1 to 4",
        )?;
        return quarter(y.unwrap_or(today.year()), number).ok_or_else(|| too_far(at(index).clone()));
    }
    let whole = places[0].start..places[places.len() - 1].end;
    match (y, parts.month, parts.day) {
        (Some(y), None, _) => year(y).ok_or_else(|| too_far(whole)),
        (Some(y), Some(m), None) => {
            let m = within_year(value(m), at(m))?;
            month(y, m).ok_or_else(|| too_far(whole))
        }
        (Some(y), Some(m), Some(d)) => whole_day(y, value(m), value(d), at(m), at(d)),
        (None, Some(m), None) => {
            let m = within_year(value(m), at(m))?;
            let begun = m <= today.month();
            month(today.year() - i16::from(!begun), m).ok_or_else(|| too_far(whole))
        }
        (None, Some(m), Some(d)) => latest(value(m), value(d), at(m), at(d), today),
        (None, None, _) => Err(too_far(whole)),
    }
}

fn calendar_year(number: u32, era: Era, at: &Range<usize>) -> Result<i16, DateFault> {
    let minguo = era == Era::Minguo || (era == Era::Bare && (1..=LAST_BARE_MINGUO).contains(&number));
    let counted = if minguo && number > 0 {
        number.saturating_add(MINGUO)
    } else {
        number
    };
    match i16::try_from(counted) {
        Ok(year @ 1000..=9998) => Ok(year),
        _ => Err(impossible(
            at.clone(),
            "there is no such year",
            "write a year with four digits (2024), or as a year of the Republic from 1 (民國113年, 113)",
        )),
    }
}

fn within(number: u32, last: u32, at: &Range<usize>, message: &str, hint: &str) -> Result<i8, DateFault> {
    match i8::try_from(number) {
        Ok(sound) if (1..=last).contains(&number) => Ok(sound),
        _ => Err(impossible(at.clone(), message, hint)),
    }
}

fn within_year(number: u32, at: &Range<usize>) -> Result<i8, DateFault> {
    within(
        number,
        12,
        at,
        "there is no such month",
        "a date is year, month, day, like 2024-03-05; months are 1 to 12",
    )
}

fn whole_day(y: i16, m: u32, d: u32, month_at: &Range<usize>, day_at: &Range<usize>) -> Found {
    let m = within_year(m, month_at)?;
    let last = date(y, m, 1).days_in_month();
    match i8::try_from(d) {
        Ok(d) if (1..=last).contains(&d) => day(date(y, m, d)).ok_or_else(|| too_far(day_at.clone())),
        _ => Err(no_such_day(day_at, &format!("{y}-{m:02} has {last} days"))),
    }
}

fn no_such_day(at: &Range<usize>, hint: &str) -> DateFault {
    impossible(at.clone(), "this month has no such day", hint)
}

/// The latest day of this month and number that is not after today.
fn latest(m: u32, d: u32, month_at: &Range<usize>, day_at: &Range<usize>, today: Date) -> Found {
    let m = within_year(m, month_at)?;
    // 29 February is eight years apart around a century.
    let found = (0..=8).find_map(|back| {
        let year = today.checked_sub(back.years()).ok()?.year();
        Date::new(year, m, i8::try_from(d).ok()?)
            .ok()
            .filter(|date| *date <= today)
    });
    found
        .and_then(day)
        .ok_or_else(|| no_such_day(day_at, "write a day of that month"))
}
