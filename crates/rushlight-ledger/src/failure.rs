//! What can go wrong inside the ledger, and what the outside is told of it.

use rushlight_core::{Error, ErrorCode};

/// Result inside the ledger.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// An error on its way out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// SQLite refused.
    Sql(rusqlite::Error),
    /// A stored value is not of its form: the column, and what is wrong with it.
    Malformed(&'static str, String),
    /// Something with a code already.
    Known(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<rusqlite::types::FromSqlError> for Failure {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Malformed("a column", error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Known(error)
    }
}

impl Failure {
    /// The error for the outside. `doing` is what was tried, such as "cannot read the ledger".
    pub(crate) fn into_error(self, doing: &str) -> Error {
        match self {
            Self::Known(error) => error,
            Self::Malformed(column, why) => Error::new(
                ErrorCode::LedgerFailed,
                format!("{doing}: {column} is malformed: {why}"),
            ),
            Self::Sql(error) => Error::new(code_of(&error), doing).with_source(error),
        }
    }
}

/// The code for an error of SQLite. Growing the shared-memory file fails with an input-output error of its own when
/// the disk is full.
fn code_of(error: &rusqlite::Error) -> ErrorCode {
    match error {
        rusqlite::Error::SqliteFailure(cause, _)
            if cause.code == rusqlite::ErrorCode::DiskFull
                || cause.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE =>
        {
            ErrorCode::DiskFull
        }
        _ => ErrorCode::LedgerFailed,
    }
}
