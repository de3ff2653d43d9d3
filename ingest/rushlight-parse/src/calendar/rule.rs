//! How an event repeats, in words where there are any.

use calcard::icalendar::{ICalendarFrequency, ICalendarRecurrenceRule, ICalendarWeekday};

use super::when::When;

/// The rule for people; as it is written where it is more than people say.
pub(super) fn words(rule: &ICalendarRecurrenceRule) -> String {
    let plain = rule.bysecond.is_empty()
        && rule.byminute.is_empty()
        && rule.byhour.is_empty()
        && rule.byyearday.is_empty()
        && rule.byweekno.is_empty()
        && rule.bysetpos.is_empty()
        && rule.rscale.is_none()
        && rule.bymonth.iter().all(|month| !month.is_leap());
    if !plain {
        return rule.to_string();
    }
    let unit = match rule.freq {
        ICalendarFrequency::Yearly => "year",
        ICalendarFrequency::Monthly => "month",
        ICalendarFrequency::Weekly => "week",
        ICalendarFrequency::Daily => "day",
        ICalendarFrequency::Hourly => "hour",
        ICalendarFrequency::Minutely => "minute",
        ICalendarFrequency::Secondly => "second",
    };
    let mut text = match rule.interval {
        None | Some(0 | 1) => format!("every {unit}"),
        Some(interval) => format!("every {interval} {unit}s"),
    };
    let days: Vec<String> = rule
        .byday
        .iter()
        .map(|day| {
            let name = weekday(day.weekday);
            match day.ordwk {
                None | Some(0) => name.to_owned(),
                Some(-1) => format!("the last {name}"),
                Some(number @ 1..) => format!("the {} {name}", ordinal(number.unsigned_abs())),
                Some(number) => format!("the {} {name} from the end", ordinal(number.unsigned_abs())),
            }
        })
        .collect();
    if !days.is_empty() {
        text.push_str(&format!(" on {}", days.join(", ")));
    }
    let month_days: Vec<String> = rule
        .bymonthday
        .iter()
        .map(|day| match day {
            -1 => "the last day".to_owned(),
            ..0 => format!("the {} day from the end", ordinal(u16::from(day.unsigned_abs()))),
            _ => format!("the {}", ordinal(u16::from(day.unsigned_abs()))),
        })
        .collect();
    if !month_days.is_empty() {
        text.push_str(&format!(" on {}", month_days.join(", ")));
    }
    let months: Vec<&str> = rule
        .bymonth
        .iter()
        .map(|month| month_name(month.month()))
        .collect();
    if !months.is_empty() {
        text.push_str(&format!(" in {}", months.join(", ")));
    }
    if let Some(until) = rule.until.as_ref().and_then(|until| When::read(until, None)) {
        text.push_str(&format!(", until {}", until.show()));
    }
    match rule.count {
        Some(1) => text.push_str(", once"),
        Some(count) => text.push_str(&format!(", {count} times")),
        None => {}
    }
    text
}

fn weekday(day: ICalendarWeekday) -> &'static str {
    match day {
        ICalendarWeekday::Sunday => "Sunday",
        ICalendarWeekday::Monday => "Monday",
        ICalendarWeekday::Tuesday => "Tuesday",
        ICalendarWeekday::Wednesday => "Wednesday",
        ICalendarWeekday::Thursday => "Thursday",
        ICalendarWeekday::Friday => "Friday",
        ICalendarWeekday::Saturday => "Saturday",
    }
}

fn month_name(number: u8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::from(number)
        .checked_sub(1)
        .and_then(|index| NAMES.get(index).copied())
        .unwrap_or("an unknown month")
}

fn ordinal(number: u16) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
