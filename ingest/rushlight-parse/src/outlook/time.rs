//! Windows times: 100 ns since 1601, UTC.

use jiff::Timestamp;
use jiff::tz::Offset;

/// 1601 to 1970, in 100 ns.
const EPOCH: i64 = 116_444_736_000_000_000;
/// What Outlook writes for no date.
const NONE: i64 = 0x0cb3_4557_a3dd_4000;

fn timestamp(ticks: i64) -> Option<Timestamp> {
    if ticks <= 0 || ticks == NONE {
        return None;
    }
    Timestamp::from_microsecond(ticks.checked_sub(EPOCH)? / 10).ok()
}

/// As mail writes it.
pub(super) fn mail_date(ticks: i64) -> Option<String> {
    let time = civil(ticks)?;
    Some(time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

/// As people read it, to the minute.
pub(super) fn minute(ticks: i64) -> Option<String> {
    let time = civil(ticks)?;
    Some(time.strftime("%Y-%m-%d %H:%M").to_string())
}

/// The day alone.
pub(super) fn day(ticks: i64) -> Option<String> {
    let time = civil(ticks)?;
    Some(time.strftime("%Y-%m-%d").to_string())
}

/// By the calendar, for what is a clock's time already.
pub(super) fn civil(ticks: i64) -> Option<jiff::civil::DateTime> {
    timestamp(ticks).map(|time| Offset::UTC.to_datetime(time))
}

/// The count for a calendar's date, taken to be UTC.
pub(super) fn ticks(date: jiff::civil::DateTime) -> Option<i64> {
    let time = Offset::UTC.to_timestamp(date).ok()?;
    time.as_microsecond().checked_mul(10)?.checked_add(EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_for_mail_and_for_people() {
        let ticks = 128_750_256_000_000_000;
        assert_eq!(
            mail_date(ticks).as_deref(),
            Some("Mon, 29 Dec 2008 12:00:00 +0000")
        );
        assert_eq!(minute(ticks).as_deref(), Some("2008-12-29 12:00"));
        assert_eq!(day(ticks).as_deref(), Some("2008-12-29"));
        assert_eq!(
            (mail_date(0), mail_date(NONE), mail_date(i64::MIN)),
            (None, None, None)
        );
        assert_eq!(minute(i64::MAX), None, "the year 30,828");
    }
}
