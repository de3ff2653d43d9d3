//! An error as every route and every `--json` sends it.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::place::Span;

/// `{"error": {"code", "message", "hint", "at"}}`.
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
    /// Which part of the query it is about; left out where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<ErrorPlace>,
}

/// A stretch of the text that was sent, counted in both ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorPlace {
    /// In bytes of UTF-8.
    pub bytes: Span,
    /// In characters: Unicode scalar values.
    pub characters: Span,
}

impl From<&core::Error> for ErrorBody {
    fn from(error: &core::Error) -> Self {
        let span = |range: &std::ops::Range<usize>| Span {
            start: range.start,
            end: range.end,
        };
        Self {
            error: ErrorDetail {
                code: error.code().as_str().to_owned(),
                message: error.chain(),
                hint: error.hint().to_owned(),
                at: error.place().map(|place| ErrorPlace {
                    bytes: span(&place.bytes),
                    characters: span(&place.characters),
                }),
            },
        }
    }
}
