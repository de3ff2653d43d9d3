//! What to search in, as people write it: kinds and days.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rushlight_core::{DocumentKind, Error, ErrorCode, Result, Timestamp};

/// The kinds of these names.
pub(crate) fn kinds(names: &[String]) -> Result<Vec<DocumentKind>> {
    let kind = |name: &String| {
        DocumentKind::from_name(name).ok_or_else(|| {
            let known: Vec<_> = DocumentKind::ALL.iter().map(|kind| kind.as_str()).collect();
            Error::new(
                ErrorCode::InvalidRequest,
                format!("`{name}` is not a kind of document"),
            )
            .with_hint(format!("kinds are {}", known.join(", ")))
        })
    };
    names.iter().map(kind).collect()
}

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
    fn days_and_kinds_are_read_or_refused() {
        assert_eq!(day("1970-01-02").expect("a date"), Timestamp(86_400_000));
        assert_eq!(
            day("2024-13-01").expect_err("no month 13").code(),
            ErrorCode::InvalidRequest
        );
        assert_eq!(kinds(&["pdf".to_owned()]).expect("a kind"), [DocumentKind::Pdf]);
        assert!(
            kinds(&["film".to_owned()])
                .expect_err("no kind")
                .hint()
                .contains("note, text")
        );
    }
}
