//! The time zone of an appointment (MS-OXOCAL, section 2.2.1.41): it is kept in UTC, and people know it by their clock.

use super::item::decode_wide;
use super::time;

const MINUTE: i64 = 600_000_000;
/// Bytes of one rule.
const RULE: usize = 66;

/// A zone's name and the rule that holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Zone {
    name: String,
    /// Minutes to add to local time for UTC, in winter and in summer.
    standard: i64,
    daylight: i64,
    /// When winter and summer time begin.
    to_standard: Change,
    to_daylight: Change,
}

/// The n-th such day of the week in a month, the fifth being the last; there is none in month 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    month: u16,
    weekday: u16,
    nth: u16,
    hour: u16,
    minute: u16,
}

impl Zone {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let header = usize::from(u16_at(bytes, 2)?);
        let letters = usize::from(u16_at(bytes, 6)?);
        let name = decode_wide(bytes.get(8..8 + 2 * letters)?);
        let rules = bytes.get(header.checked_add(4)?..)?;
        // The rule that is in force is marked; the last one is as a rule.
        let mut rules = rules.chunks_exact(RULE);
        let last = rules.clone().last()?;
        let rule = rules.find(|rule| u16_at(rule, 4).is_some_and(|flags| flags & 2 != 0));
        let rule = rule.unwrap_or(last);
        let bias = |at| {
            Some(i64::from(i32::from_le_bytes(
                rule.get(at..at + 4)?.try_into().ok()?,
            )))
        };
        let base = bias(22)?;
        Some(Self {
            name,
            standard: sane(base + bias(26)?)?,
            daylight: sane(base + bias(30)?)?,
            to_standard: Change::read(rule.get(34..50)?)?,
            to_daylight: Change::read(rule.get(50..66)?)?,
        })
    }

    /// The older form, which has no name in it: what stands beside it for people.
    pub(super) fn read_older(bytes: &[u8], name: &str) -> Option<Self> {
        let bias = |at: usize| {
            Some(i64::from(i32::from_le_bytes(
                bytes.get(at..at + 4)?.try_into().ok()?,
            )))
        };
        let base = bias(0)?;
        Some(Self {
            name: name.to_owned(),
            standard: sane(base + bias(4)?)?,
            daylight: sane(base + bias(8)?)?,
            to_standard: Change::read(bytes.get(14..30)?)?,
            to_daylight: Change::read(bytes.get(32..48)?)?,
        })
    }

    /// The time on the clock there, in the same count.
    fn local(&self, ticks: i64) -> Option<i64> {
        let standard = ticks.checked_sub(self.standard * MINUTE)?;
        let summer = self.to_daylight.month != 0 && self.to_standard.month != 0 && {
            let begins = self.to_daylight.reached(standard)?;
            // Summer time ends by the clock of summer time.
            let daylight = ticks.checked_sub(self.daylight * MINUTE)?;
            let ended = self.to_standard.reached(daylight)?;
            if self.to_daylight.month < self.to_standard.month {
                begins && !ended
            } else {
                begins || !ended
            }
        };
        match summer {
            true => ticks.checked_sub(self.daylight * MINUTE),
            false => Some(standard),
        }
    }
}

impl Change {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            month: u16_at(bytes, 2)?,
            weekday: u16_at(bytes, 4)?,
            nth: u16_at(bytes, 6)?,
            hour: u16_at(bytes, 8)?,
            minute: u16_at(bytes, 10)?,
        })
    }

    /// True when it has come in the year of this time.
    fn reached(self, local: i64) -> Option<bool> {
        let now = time::civil(local)?;
        let weekday = i8::try_from(self.weekday).ok().filter(|day| *day < 7)?;
        let weekday = jiff::civil::Weekday::from_sunday_zero_offset(weekday).ok()?;
        let month = jiff::civil::Date::new(now.year(), i8::try_from(self.month).ok()?, 1).ok()?;
        let nth = match self.nth {
            1..=4 => i8::try_from(self.nth).ok()?,
            _ => -1,
        };
        let day = month.nth_weekday_of_month(nth, weekday).ok()?;
        let (hour, minute) = (i8::try_from(self.hour).ok()?, i8::try_from(self.minute).ok()?);
        let at = day.to_datetime(jiff::civil::Time::new(hour, minute, 0, 0).ok()?);
        Some(now >= at)
    }
}

/// From when to when, in the zone or in UTC; on which days, for what takes whole days.
pub(super) fn span(start: i64, end: Option<i64>, all_day: bool, zone: Option<&Zone>) -> Option<String> {
    let place = |ticks| match zone.map(|zone| zone.local(ticks)) {
        Some(Some(local)) => (local, true),
        _ => (ticks, false),
    };
    let (start, in_zone) = place(start);
    let end = end.map(|end| place(end).0).filter(|end| *end > start);
    let first = time::day(start)?;
    if all_day {
        // Midnight somewhere; where nobody says where, it is the nearest one.
        let half = if in_zone { 0 } else { 12 * 60 * MINUTE };
        let first = time::day(start.checked_add(half)?)?;
        // It ends when the next day begins.
        let last = end.and_then(|end| time::day(end.checked_add(half)? - 24 * 60 * MINUTE));
        let last = last.filter(|last| *last > first);
        return Some(match last {
            Some(last) => format!("{first} to {last}, all day"),
            None => format!("{first}, all day"),
        });
    }
    let mut text = time::minute(start)?;
    if let Some(end) = end {
        let until = time::minute(end)?;
        let same_day = until.strip_prefix(&first).map(str::trim_start);
        text.push_str(" to ");
        text.push_str(same_day.unwrap_or(&until));
    }
    match zone.filter(|_| in_zone) {
        Some(zone) => text.push_str(&format!(" ({})", zone.name)),
        None => text.push_str(" UTC"),
    }
    Some(text)
}

/// No clock is more than a day away.
fn sane(minutes: i64) -> Option<i64> {
    (-24 * 60..=24 * 60).contains(&minutes).then_some(minutes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..at + 2)
        .map(|two| u16::from_le_bytes([two[0], two[1]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON_IN_WINTER: i64 = 128_750_256_000_000_000;
    const HALF_A_YEAR: i64 = 182 * 24 * 60 * MINUTE;

    fn berlin() -> Vec<u8> {
        let name: Vec<u8> = "Tea Time".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut bytes = vec![2, 1];
        bytes.extend((6 + name.len() as u16).to_le_bytes());
        bytes.extend([2, 0]);
        bytes.extend((name.len() as u16 / 2).to_le_bytes());
        bytes.extend(name);
        bytes.extend(1u16.to_le_bytes());
        bytes.extend([2, 1, 0x3e, 0, 2, 0, 0xd6, 7]);
        bytes.extend([0; 14]);
        for bias in [-60i32, 0, -60] {
            bytes.extend(bias.to_le_bytes());
        }
        for change in [[0u16, 10, 0, 5, 3, 0, 0, 0], [0, 3, 0, 5, 2, 0, 0, 0]] {
            bytes.extend(change.into_iter().flat_map(u16::to_le_bytes));
        }
        bytes
    }

    #[test]
    fn times_are_those_of_the_clock_there() {
        let zone = Zone::read(&berlin()).expect("a zone");
        let hour = 60 * MINUTE;
        assert_eq!(
            span(NOON_IN_WINTER, Some(NOON_IN_WINTER + hour), false, Some(&zone)).as_deref(),
            Some("2008-12-29 13:00 to 14:00 (Tea Time)")
        );
        let summer = NOON_IN_WINTER - HALF_A_YEAR;
        assert_eq!(
            span(summer, Some(summer + 12 * hour), false, Some(&zone)).as_deref(),
            Some("2008-06-30 14:00 to 2008-07-01 02:00 (Tea Time)")
        );
        let (midnight, day) = (summer - 13 * hour, 24 * hour);
        assert_eq!(
            span(midnight, Some(midnight + day), true, None).as_deref(),
            Some("2008-06-30, all day")
        );
        assert_eq!(
            span(midnight, Some(midnight + 2 * day), true, None).as_deref(),
            Some("2008-06-30 to 2008-07-01, all day")
        );
        assert_eq!(
            span(summer, None, false, None).as_deref(),
            Some("2008-06-30 12:00 UTC")
        );
    }

    #[test]
    fn the_older_form_says_the_same() {
        let newer = berlin();
        let rule = &newer[newer.len() - RULE..];
        let mut older = rule[22..34].to_vec();
        older.extend([0; 2]);
        older.extend(&rule[34..50]);
        older.extend([0; 2]);
        older.extend(&rule[50..66]);
        assert_eq!(Zone::read_older(&older, "Tea Time"), Zone::read(&newer));
        assert_eq!(Zone::read_older(&older[1..], "Tea Time"), None);
    }

    #[test]
    fn a_cut_zone_is_none() {
        let whole = berlin();
        for end in 0..whole.len() {
            assert_eq!(Zone::read(&whole[..end]), None, "{end}");
        }
    }
}
