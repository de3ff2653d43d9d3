//! Parameters that several requests have.

use rushlight_core::{Error, ErrorCode, Result};

const MINUTES_A_DAY: u32 = 24 * 60;

/// Refuses a `limit` that is not between 1 and `most`.
pub(crate) fn limit(limit: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&limit) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::InvalidRequest,
        format!("`limit` is {limit}: 1 to {most} is expected"),
    ))
}

/// Seconds by which a clock is ahead of UTC, given in minutes; refuses a day and more.
pub(crate) fn utc_offset(minutes: i32) -> Result<i32> {
    if minutes.unsigned_abs() < MINUTES_A_DAY {
        return Ok(minutes * 60);
    }
    Err(Error::new(
        ErrorCode::InvalidRequest,
        format!("`utc_offset` is {minutes}: minutes within a day are expected"),
    ))
}
