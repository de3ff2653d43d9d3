//! An error as every route and every `--json` sends it.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

/// `{"error": {"code", "message", "hint"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// What failed, on what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// Name of the code, one of docs/errors.md.
    pub code: String,
    /// What failed, on what, and why.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
}

impl From<&core::Error> for ErrorBody {
    fn from(error: &core::Error) -> Self {
        Self {
            error: ErrorDetail {
                code: error.code().as_str().to_owned(),
                message: error.chain(),
                hint: error.hint().to_owned(),
            },
        }
    }
}
