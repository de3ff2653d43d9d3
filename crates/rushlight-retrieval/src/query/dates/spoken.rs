//! Dates that are told from today: `last week`, `monday`, 上週三, 近7天. Weeks begin on Monday.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::lexer::{Sym, Tok};
use super::{day, month, quarter, year};

/// Reads a date that is told from today. `None`: it does not have the form of one; `Some(None)`: it lies outside the calendar.
pub(super) fn read(toks: &[Tok], today: Date) -> Option<Option<(Date, Date)>> {
    use Sym::{Day, Recent, Shift, Today, Week, Weekday};
    use Tok::{Num, Sym as S};
    Some(match toks {
        [S(Today(shift))] => moved(today, shift.days()).and_then(day),
        [S(Shift(shift)), S(unit)] if is_period(*unit) => period(today, *unit, *shift),
        [S(Shift(-1) | Recent), Num(count, _), S(unit)] => recent(today, *unit, *count)?,
        [S(Recent), S(unit)] => recent(today, *unit, 1)?,
        [S(Shift(-1)), S(Weekday(number))] => latest(moved(today, (-1).days())?, *number),
        [S(Weekday(number))] => latest(today, *number),
        [S(Week), Num(number @ 1..=6, _)] => latest(today, i8::try_from(*number).ok()?),
        [S(Week), S(Day)] => latest(today, 7),
        [S(Shift(shift)), S(Week), Num(number @ 1..=6, _)] => {
            in_week(today, *shift, i8::try_from(*number).ok()?)
        }
        [S(Shift(shift)), S(Week), S(Day)] => in_week(today, *shift, 7),
        _ => return None,
    })
}

fn moved(date: Date, span: Span) -> Option<Date> {
    date.checked_add(span).ok()
}

fn is_period(unit: Sym) -> bool {
    matches!(unit, Sym::Week | Sym::Month | Sym::Quarter | Sym::Year)
}

/// Monday of the week that is so many weeks from this one.
fn monday(today: Date, shift: i32) -> Option<Date> {
    let back = i32::from(today.weekday().to_monday_zero_offset());
    moved(today, (shift.checked_mul(7)?.checked_sub(back)?).days())
}

/// The whole week, month, quarter or year that is so many from the present one.
fn period(today: Date, unit: Sym, shift: i32) -> Option<(Date, Date)> {
    match unit {
        Sym::Week => {
            let first = monday(today, shift)?;
            Some((first, moved(first, 7.days())?))
        }
        Sym::Month => {
            let within = moved(today.first_of_month(), shift.months())?;
            month(within.year(), within.month())
        }
        Sym::Quarter => {
            let within = moved(today.first_of_month(), (shift.checked_mul(3)?).months())?;
            quarter(within.year(), (within.month() - 1) / 3 + 1)
        }
        Sym::Year => year(moved(today.first_of_year(), shift.years())?.year()),
        _ => None,
    }
}

/// So many days, weeks, months or years that end with today; the outer `None` for another unit.
fn recent(today: Date, unit: Sym, count: u32) -> Option<Option<(Date, Date)>> {
    // More than the calendar holds is as good as all of it.
    let count = i64::from(count.min(9_000));
    let span = match unit {
        Sym::Day => Span::new().days(count),
        Sym::Week => Span::new().weeks(count),
        Sym::Month => Span::new().months(count),
        Sym::Quarter => Span::new().months(count * 3),
        Sym::Year => Span::new().years(count),
        _ => return None,
    };
    if count == 0 {
        return None;
    }
    let ends = moved(today, 1.day());
    Some(ends.and_then(|until| Some((until.checked_sub(span).ok()?, until))))
}

/// The latest day with this number in the week, Monday 1, that is not after `last`.
fn latest(last: Date, number: i8) -> Option<(Date, Date)> {
    let back = (last.weekday().to_monday_one_offset() - number).rem_euclid(7);
    day(moved(last, (-i32::from(back)).days())?)
}

fn in_week(today: Date, shift: i32, number: i8) -> Option<(Date, Date)> {
    day(moved(monday(today, shift)?, i32::from(number - 1).days())?)
}
