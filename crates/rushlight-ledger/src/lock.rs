//! One writer per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rushlight_core::{Error, ErrorCode, Result};

/// A data directory taken by this process. It is given back when this is dropped, and by the operating system when
/// the process ends in whatever way; a lock file that is left behind means nothing.
#[derive(Debug)]
pub struct DataDirLock {
    file: File,
    path: PathBuf,
}

impl DataDirLock {
    /// Takes `dir`, which must exist, by its file `lock`.
    ///
    /// # Errors
    /// `DataDirLocked`, naming the process that has it; `LedgerFailed` or `DiskFull` when the file cannot be written.
    pub fn acquire(dir: &Path) -> Result<Self> {
        let path = dir.join("lock");
        let failed = |error: std::io::Error| {
            let code = match error.kind() {
                std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
                _ => ErrorCode::LedgerFailed,
            };
            Error::new(
                code,
                format!("cannot lock the data directory by `{}`", path.display()),
            )
            .with_source(error)
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held_by_another(dir, &mut file)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let note_holder = |file: &mut File| {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "{}", std::process::id())?;
            file.flush()
        };
        note_holder(&mut file).map_err(failed)?;
        Ok(Self { file, path })
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DataDirLock {
    fn drop(&mut self) {
        // The pid of a holder that is gone would mislead; closing the file unlocks it in any case.
        if let Err(error) = self.file.set_len(0) {
            tracing::debug!(%error, "the lock file keeps the pid of its last holder");
        }
    }
}

fn held_by_another(dir: &Path, file: &mut File) -> Error {
    let mut text = String::new();
    // Where locks are mandatory the file cannot be read; the message then goes without the pid.
    let pid = file
        .read_to_string(&mut text)
        .ok()
        .and_then(|_| text.trim().parse::<u32>().ok());
    let holder = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
    Error::new(
        ErrorCode::DataDirLocked,
        format!("the data directory `{}` is in use by {holder}", dir.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_told_who_has_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let lock = DataDirLock::acquire(dir.path()).expect("free");
        let error = DataDirLock::acquire(dir.path()).expect_err("taken");
        assert_eq!(error.code(), ErrorCode::DataDirLocked);
        let pid = format!("process {}", std::process::id());
        assert!(error.message().contains(&pid), "{}", error.message());
        drop(lock);
        drop(DataDirLock::acquire(dir.path()).expect("free again"));
    }

    #[test]
    fn a_file_left_behind_by_a_crash_locks_nobody_out() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("lock"), "4294967\n").expect("written");
        let lock = DataDirLock::acquire(dir.path()).expect("free");
        let text = std::fs::read_to_string(lock.path()).expect("readable");
        assert_eq!(text.trim(), std::process::id().to_string());
    }

    #[test]
    fn a_missing_folder_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let error = DataDirLock::acquire(&dir.path().join("gone")).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::LedgerFailed);
        assert!(error.message().contains("gone"), "{}", error.message());
    }
}
