//! Dates as people write them in both languages: days, weeks, months, quarters, years, and ranges of them.
//!
//! `numeric` reads numbers, `spoken` reads words, `lexer` cuts the text for both.

mod lexer;
mod numeric;
mod spoken;

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use rushlight_core::Timestamp;

use lexer::{Sym, Tok, Token, lex};

/// What day it is for the asker, and where days begin for them.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The day on which the question is asked.
    pub today: Date,
    /// The asker's time zone, or the fixed offset that is known of it.
    pub zone: TimeZone,
}

impl Calendar {
    /// The calendar of somebody whose clock is so many seconds ahead of UTC at this moment.
    pub fn at_offset(now: Timestamp, offset_seconds: i32) -> Self {
        let zone = Offset::from_seconds(offset_seconds).map_or(TimeZone::UTC, TimeZone::fixed);
        Self::in_zone(now, zone)
    }

    /// The calendar of somebody in this time zone.
    pub fn in_zone(now: Timestamp, zone: TimeZone) -> Self {
        let now = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
        Self {
            today: now.to_zoned_datetime(zone.clone()).date(),
            zone,
        }
    }

    /// The first moment of a day.
    pub(super) fn start_of(&self, day: Date) -> Timestamp {
        let ends = if day.year() < 0 { i64::MIN } else { i64::MAX };
        let start = day.to_zoned_datetime(self.zone.clone());
        Timestamp(start.map_or(ends, |start| start.timestamp().as_millisecond()))
    }

    /// The day of a moment.
    pub(super) fn day_of(&self, moment: Timestamp) -> Option<Date> {
        let moment = jiff::Timestamp::from_millisecond(moment.0).ok()?;
        Some(moment.to_zoned_datetime(self.zone.clone()).date())
    }
}

/// Days from the first to before the second; `None`: without an end on that side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) from: Option<Date>,
    pub(super) until: Option<Date>,
}

/// Why a text is no date, and which of its characters say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DateFault {
    /// It has the form of a date, but the calendar has no such day.
    pub(super) impossible: bool,
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) hint: String,
}

/// What a text that is no date should have been.
const FORMS: &str = "write it like 2024, 2024-03, 2024-03-05, 2024-03..2024-05, march 2024, last week, 上週 or 民國113年3月; \
                     a space ends it";

/// Reads a date or a range of dates that fills the text.
pub(super) fn read(text: &[char], calendar: &Calendar) -> Result<Days, DateFault> {
    let nothing = || not_a_date(0..text.len());
    let tokens = lex(text).ok_or_else(nothing)?;
    let Some(split) = tokens.iter().position(|token| token.tok == Tok::Sym(Sym::To)) else {
        let (from, until) = one(&tokens, calendar, text.len())?;
        return Ok(Days {
            from: Some(from),
            until: Some(until),
        });
    };
    let (left, right) = (&tokens[..split], &tokens[split + 1..]);
    if left.is_empty() && right.is_empty() {
        return Err(nothing());
    }
    let side = |tokens: &[Token]| match tokens {
        [] => Ok(None),
        tokens => one(tokens, calendar, text.len()).map(Some),
    };
    let (left, right) = (side(left)?, side(right)?);
    let days = Days {
        from: left.map(|(from, _)| from),
        until: right.map(|(_, until)| until),
    };
    match (days.from, days.until) {
        (Some(from), Some(until)) if from >= until => Err(impossible(
            0..text.len(),
            "this range of dates ends before it begins",
            "put the earlier date first",
        )),
        _ => Ok(days),
    }
}

/// The first day, and the first that is too late, of one date.
fn one(tokens: &[Token], calendar: &Calendar, len: usize) -> Result<(Date, Date), DateFault> {
    let whole = match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => first.at.start..last.at.end,
        _ => 0..len,
    };
    let toks: Vec<Tok> = tokens.iter().map(|token| token.tok).collect();
    let places: Vec<Range<usize>> = tokens.iter().map(|token| token.at.clone()).collect();
    if let Some(days) = spoken::read(&toks, calendar.today) {
        return days.ok_or_else(|| too_far(whole));
    }
    match numeric::read(&toks, &places, calendar.today) {
        Some(found) => found,
        None => Err(not_a_date(whole)),
    }
}

fn not_a_date(at: Range<usize>) -> DateFault {
    DateFault {
        impossible: false,
        at,
        message: "this is not a date".to_owned(),
        hint: FORMS.to_owned(),
    }
}

fn impossible(at: Range<usize>, message: &str, hint: impl Into<String>) -> DateFault {
    DateFault {
        impossible: true,
        at,
        message: message.to_owned(),
        hint: hint.into(),
    }
}

fn too_far(at: Range<usize>) -> DateFault {
    impossible(
        at,
        "this date lies outside the calendar",
        "years run from 1000 to 9998",
    )
}

/// The day itself.
fn day(date: Date) -> Option<(Date, Date)> {
    Some((date, date.checked_add(1.day()).ok()?))
}

/// The whole month, from 1.
fn month(year: i16, month: i8) -> Option<(Date, Date)> {
    let first = Date::new(year, month, 1).ok()?;
    Some((first, first.checked_add(1.month()).ok()?))
}

/// The whole quarter, from 1.
fn quarter(year: i16, quarter: i8) -> Option<(Date, Date)> {
    let first = Date::new(year, quarter * 3 - 2, 1).ok()?;
    Some((first, first.checked_add(3.months()).ok()?))
}

/// The whole year.
fn year(year: i16) -> Option<(Date, Date)> {
    let first = Date::new(year, 1, 1).ok()?;
    Some((first, first.checked_add(1.year()).ok()?))
}

#[cfg(test)]
mod tests;
