//! Reading one file whole, and being sure of what was read; opening one that is too large for that.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use rushlight_core::source::modified_at;
use rushlight_core::{ContentHash, Error, ErrorCode, FileStamp, RawFile, Result};

use crate::scan::stamp_of;

/// Reads the file of this stamp below `root`. A file that changes while it is read is read again, once.
pub(crate) fn fetch(root: &Path, stamp: &FileStamp, max_bytes: u64) -> Result<RawFile> {
    let path = locate(root, &stamp.path)?;
    let mut read = read_once(&path, stamp, max_bytes)?;
    if read.changed {
        read = read_once(&path, stamp, max_bytes)?;
    }
    let content_hash = ContentHash(*blake3::hash(&read.bytes).as_bytes());
    Ok(RawFile {
        path: stamp.path.clone(),
        bytes: read.bytes,
        content_hash,
        modified: modified_at(read.stamp.modified_ns),
    })
}

/// Opens the file of this stamp below `root`; at most `max_bytes` are read of it.
pub(crate) fn open_file(root: &Path, stamp: &FileStamp, max_bytes: u64) -> Result<Box<dyn Read + Send>> {
    let path = locate(root, &stamp.path)?;
    let failed = |error: io::Error| failed(&stamp.path, error);
    let file = open(&path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(no_file(stamp));
    }
    Ok(Box::new(file.take(max_bytes)))
}

fn no_file(stamp: &FileStamp) -> Error {
    Error::new(
        ErrorCode::FileVanished,
        format!("`{}` is no file any more", stamp.path),
    )
}

struct ReadOnce {
    bytes: Vec<u8>,
    stamp: FileStamp,
    changed: bool,
}

fn read_once(path: &Path, stamp: &FileStamp, max_bytes: u64) -> Result<ReadOnce> {
    let failed = |error: io::Error| failed(&stamp.path, error);
    let mut file = open(path).map_err(failed)?;
    let before = file.metadata().map_err(failed)?;
    if !before.is_file() {
        return Err(no_file(stamp));
    }
    let too_large = || {
        Error::new(
            ErrorCode::FileTooLarge,
            format!("`{}` has more than {max_bytes} bytes", stamp.path),
        )
    };
    if before.len() > max_bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0));
    // One byte more than allowed is enough to know that it has grown beyond the cap.
    Read::by_ref(&mut file)
        .take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large());
    }
    let after = file.metadata().map_err(failed)?;
    let stamp_at = |metadata: &Metadata| stamp_of(stamp.path.clone(), path, metadata);
    let (before, after) = (stamp_at(&before), stamp_at(&after));
    let changed = before != after || bytes.len() as u64 != after.size;
    Ok(ReadOnce {
        bytes,
        stamp: after,
        changed,
    })
}

/// The real path of a file below the root. A link is followed only where it ends below the root.
fn locate(root: &Path, relative: &str) -> Result<PathBuf> {
    let below = Path::new(relative);
    if !below
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return Err(Error::new(
            ErrorCode::FileVanished,
            format!("`{relative}` is not a path below the folder"),
        ));
    }
    let real_root = fs::canonicalize(root).map_err(|error| failed(relative, error))?;
    let real = fs::canonicalize(root.join(below)).map_err(|error| failed(relative, error))?;
    if !real.starts_with(&real_root) {
        return Err(Error::new(
            ErrorCode::FileUnreadable,
            format!("`{relative}` leads out of the folder"),
        ));
    }
    Ok(real)
}

/// The first bytes of a file, as many as there are up to `most`; none where it cannot be read.
pub(crate) fn head(path: &Path, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_or_else(|_| Vec::new(), |_| bytes)
}

/// Opens without following a last link (the path is real; one that appears since is not ours) and without waiting for
/// the other end of a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC);
    }
    options.open(path)
}

fn failed(path: &str, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::new(ErrorCode::FileVanished, format!("`{path}` is gone")).with_source(error)
        }
        _ => Error::new(ErrorCode::FileUnreadable, format!("cannot read `{path}`")).with_source(error),
    }
}
