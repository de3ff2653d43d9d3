//! Files: hashing with progress and a way to stop, and errors that name the path.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rushlight_core::{Error, ErrorCode, Result};
use sha2::{Digest, Sha256};

/// An error about `path`; a full disk has its own code.
pub(crate) fn io_error(code: ErrorCode, what: &str, path: &Path, error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::DiskFull,
        _ if code == ErrorCode::DiskFull => ErrorCode::PathUnsuitable,
        _ => code,
    };
    Error::new(code, format!("{what} `{}`", path.display())).with_source(error)
}

/// The error of a stop that was asked for.
pub(crate) fn cancelled(id: &str) -> Error {
    Error::new(ErrorCode::Cancelled, format!("installing `{id}` was cancelled"))
        .with_hint("run the command again: it goes on where it stopped")
}

/// SHA-256 and size of what went through.
pub(crate) struct Hasher {
    state: Sha256,
    size: u64,
}

impl Hasher {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            state: Sha256::new(),
            size: 0,
        }
    }

    /// Takes more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// Digest in hexadecimal digits, and size.
    pub(crate) fn finish(self) -> (String, u64) {
        (hex::encode(self.state.finalize()), self.size)
    }
}

/// Why copying ended early.
pub(crate) enum CopyError {
    /// The stop flag.
    Cancelled,
    /// Reading failed.
    Read(io::Error),
    /// Writing failed.
    Write(io::Error),
}

/// Copies at most `limit` bytes from `from` to `to`, hashing each with every hasher; `advance` hears of every piece.
pub(crate) fn copy_hashed(
    from: &mut dyn Read,
    to: &mut dyn Write,
    limit: u64,
    hashers: &mut [&mut Hasher],
    cancel: &AtomicBool,
    advance: &mut dyn FnMut(u64),
) -> Result<u64, CopyError> {
    let mut buffer = vec![0u8; 1 << 20];
    let mut copied = 0;
    while copied < limit {
        if cancel.load(Ordering::Relaxed) {
            return Err(CopyError::Cancelled);
        }
        let room = usize::try_from(limit - copied)
            .unwrap_or(buffer.len())
            .min(buffer.len());
        let count = match from.read(&mut buffer[..room]) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        to.write_all(&buffer[..count]).map_err(CopyError::Write)?;
        hashers
            .iter_mut()
            .for_each(|hasher| hasher.update(&buffer[..count]));
        copied += count as u64;
        advance(count as u64);
    }
    Ok(copied)
}

/// SHA-256 in hexadecimal digits, and size, of a file.
pub(crate) fn hash_file(
    path: &Path,
    cancel: &AtomicBool,
    advance: &mut dyn FnMut(u64),
) -> Result<(String, u64)> {
    let unreadable = |error| io_error(ErrorCode::FileUnreadable, "cannot read", path, error);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hasher = Hasher::new();
    match copy_hashed(
        &mut file,
        &mut io::sink(),
        u64::MAX,
        &mut [&mut hasher],
        cancel,
        advance,
    ) {
        Ok(_) => Ok(hasher.finish()),
        Err(CopyError::Cancelled) => Err(Error::new(
            ErrorCode::Cancelled,
            format!("verifying `{}` was cancelled", path.display()),
        )),
        Err(CopyError::Read(error) | CopyError::Write(error)) => Err(unreadable(error)),
    }
}

/// Makes a file's or folder's content durable.
pub(crate) fn sync(path: &Path) -> Result<()> {
    let file =
        File::open(path).map_err(|error| io_error(ErrorCode::FileUnreadable, "cannot open", path, error))?;
    file.sync_all()
        .map_err(|error| io_error(ErrorCode::DiskFull, "cannot write", path, error))
}
