//! Days, as people write them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rushlight_core::{Error, ErrorCode, Result, Timestamp};

/// The first moment of a day in UTC.
pub(crate) fn day(text: &str) -> Result<Timestamp> {
    let parsed = text
        .parse::<Date>()
        .and_then(|date| date.to_zoned_datetime(TimeZone::UTC));
    let start = parsed.map_err(|cause| {
        Error::new(ErrorCode::InvalidRequest, format!("`{text}` is not a date"))
            .with_source(cause)
            .with_hint("write it like 2024-03-01")
    })?;
    Ok(Timestamp(start.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_or_refused() {
        assert_eq!(day("1970-01-02").expect("a date"), Timestamp(86_400_000));
        assert_eq!(
            day("2024-13-01").expect_err("no month 13").code(),
            ErrorCode::InvalidRequest
        );
    }
}
