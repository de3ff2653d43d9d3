//! Parameters of the route for originals.

use rushlight_core::{Error, ErrorCode, Result};
use serde::Deserialize;

/// Parameters of `GET /api/v1/documents/{id}/original`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalQuery {
    /// 1: what a browser may show is shown where it is, and not saved.
    #[serde(default)]
    pub show: u8,
}

impl OriginalQuery {
    /// Itself, when it is 0 or 1.
    ///
    /// # Errors
    /// `InvalidRequest`.
    pub fn check(self) -> Result<Self> {
        if self.show <= 1 {
            return Ok(self);
        }
        Err(Error::new(
            ErrorCode::InvalidRequest,
            format!("`show` is {}: 0 or 1 is expected", self.show),
        ))
    }
}
