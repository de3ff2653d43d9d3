//! Dates and times of calendars, for people.

use calcard::common::PartialDateTime;
use calcard::icalendar::{ICalendarDuration, ICalendarEntry, ICalendarParameterName, ICalendarValue};

/// A moment or a day, and the zone it is stated in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    date: String,
    time: Option<String>,
    zone: Option<String>,
}

impl When {
    /// What the property says, when it is a date that can be read.
    pub(super) fn of(entry: &ICalendarEntry) -> Option<Self> {
        let zone = entry
            .parameters(&ICalendarParameterName::Tzid)
            .find_map(|value| value.as_text().map(str::to_owned));
        match entry.values.first()? {
            ICalendarValue::PartialDateTime(date) => Self::read(date, zone),
            _ => None,
        }
    }

    pub(super) fn read(date: &PartialDateTime, zone: Option<String>) -> Option<Self> {
        let (year, month, day) = (date.year?, date.month?, date.day?);
        let time = date.hour.map(|hour| {
            let minute = date.minute.unwrap_or(0);
            match date.second {
                Some(second) if second > 0 => format!("{hour:02}:{minute:02}:{second:02}"),
                _ => format!("{hour:02}:{minute:02}"),
            }
        });
        let offset = match (date.tz_hour, date.tz_minute.unwrap_or(0)) {
            (None, _) => None,
            (Some(0), 0) => Some("UTC".to_owned()),
            (Some(hour), minute) => {
                let sign = if date.tz_minus { '-' } else { '+' };
                Some(format!("{sign}{hour:02}:{minute:02}"))
            }
        };
        Some(Self {
            date: format!("{year:04}-{month:02}-{day:02}"),
            zone: offset.or(zone).filter(|_| time.is_some()),
            time,
        })
    }

    /// The day before, for the end of what takes whole days: it is the first day that is free again.
    fn day_before(&self) -> Option<Self> {
        let date: jiff::civil::Date = self.date.parse().ok()?;
        let date = date.yesterday().ok()?;
        Some(Self {
            date: date.to_string(),
            ..self.clone()
        })
    }

    pub(super) fn show(&self) -> String {
        let mut text = self.date.clone();
        if let Some(time) = &self.time {
            text.push(' ');
            text.push_str(time);
        }
        if let Some(zone) = &self.zone {
            text.push_str(&format!(" ({zone})"));
        }
        text
    }
}

/// From when to when.
pub(super) fn span(start: &When, end: Option<&When>) -> String {
    if start.time.is_none() {
        let last = end
            .and_then(When::day_before)
            .filter(|last| last.date > start.date);
        return match last {
            Some(last) => format!("{} to {}, all day", start.date, last.date),
            None => format!("{}, all day", start.date),
        };
    }
    let Some(end) = end.filter(|end| *end != start) else {
        return start.show();
    };
    if start.zone != end.zone {
        return format!("{} to {}", start.show(), end.show());
    }
    let without_zone = When {
        zone: None,
        ..start.clone()
    };
    let until = match &end.time {
        Some(time) if end.date == start.date => {
            let zone = end.zone.as_ref().map(|zone| format!(" ({zone})"));
            format!("{time}{}", zone.unwrap_or_default())
        }
        _ => end.show(),
    };
    format!("{} to {until}", without_zone.show())
}

/// How long, in words.
pub(super) fn length(duration: &ICalendarDuration) -> String {
    let parts = [
        (duration.weeks, "week"),
        (duration.days, "day"),
        (duration.hours, "hour"),
        (duration.minutes, "minute"),
        (duration.seconds, "second"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        .collect();
    parts.join(", ")
}
