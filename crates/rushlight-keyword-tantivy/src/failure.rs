//! From tantivy's errors to ours.

use std::io::ErrorKind;
use std::path::Path;

use rushlight_core::{Error, ErrorCode};
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenWriteError};
use tantivy::{IndexWriter, TantivyError};

/// The error in our terms; `what` was to be done to the index in `folder`.
pub(crate) fn failure(folder: &Path, what: &str, error: TantivyError) -> Error {
    let code = if is_full(&error) {
        ErrorCode::DiskFull
    } else {
        ErrorCode::IndexFailed
    };
    Error::new(
        code,
        format!("{what} the keyword index in `{}`", folder.display()),
    )
    .with_source(error)
}

/// What the writer's own thread died of, where `error` only says that it did. The writer is of no use afterwards.
pub(crate) fn cause(writer: &mut IndexWriter, error: TantivyError) -> TantivyError {
    if !matches!(error, TantivyError::ErrorInThread(_)) {
        return error;
    }
    // A commit waits for the thread first, and gets the thread's own error.
    writer.prepare_commit().map_or_else(|cause| cause, |_| error)
}

/// What ends the text of ENOSPC, and of Linux's EDQUOT.
#[cfg(unix)]
const OUT_OF_SPACE: [&str; 2] = ["(os error 28)", "(os error 122)"];
/// What ends the text of ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
#[cfg(windows)]
const OUT_OF_SPACE: [&str; 2] = ["(os error 39)", "(os error 112)"];

fn is_full(error: &TantivyError) -> bool {
    let io = match error {
        TantivyError::IoError(io)
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: io, .. })
        | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error: io, .. })
        | TantivyError::LockFailure(LockError::IoError(io), _) => io,
        // Some of its parts hand on the text of an error of the system, and nothing else of it.
        TantivyError::InternalError(text)
        | TantivyError::SystemError(text)
        | TantivyError::ErrorInThread(text) => return says_full(text),
        _ => return false,
    };
    // Others wrap it, so that its kind is lost and its text is not.
    matches!(io.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) || says_full(&io.to_string())
}

fn says_full(text: &str) -> bool {
    OUT_OF_SPACE.iter().any(|number| text.contains(number))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_full_disk_is_told_from_a_broken_index() {
        let folder = Path::new("/somewhere");
        let code = |error: TantivyError| failure(folder, "cannot write to", error).code();
        let full = || io::Error::from(ErrorKind::StorageFull);
        assert_eq!(code(full().into()), ErrorCode::DiskFull);
        let opening = OpenWriteError::wrap_io_error(full(), "x".into());
        assert_eq!(code(opening.into()), ErrorCode::DiskFull);
        let locking = LockError::wrap_io_error(io::Error::from(ErrorKind::QuotaExceeded));
        assert_eq!(
            code(TantivyError::LockFailure(locking, None)),
            ErrorCode::DiskFull
        );
        #[cfg(unix)]
        {
            let said = io::Error::from_raw_os_error(28).to_string();
            assert_eq!(
                code(TantivyError::InternalError(said.clone())),
                ErrorCode::DiskFull
            );
            assert_eq!(code(io::Error::other(said).into()), ErrorCode::DiskFull);
        }
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        assert_eq!(code(denied.into()), ErrorCode::IndexFailed);
        assert_eq!(code(TantivyError::Poisoned), ErrorCode::IndexFailed);
    }
}
