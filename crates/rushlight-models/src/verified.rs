//! What was hashed when: `verified.json` in a model's folder.
//!
//! Hashing a gigabyte takes seconds, so a file is hashed once and then trusted as long as its size, change time and
//! inode are the same. This guards against damage and mix-ups, not against somebody who may write to the folder: who
//! can replace a model can replace this file too.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::Path;
use std::time::UNIX_EPOCH;

use rushlight_core::{ErrorCode, Result};
use serde::{Deserialize, Serialize};

use crate::files::io_error;

const NAME: &str = "verified.json";

/// How a file looked when it was hashed, and its digest then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    size: u64,
    modified_ns: i128,
    inode: u64,
    pub(crate) sha256: String,
}

impl Stamp {
    /// A file that has just been hashed.
    pub(crate) fn new(metadata: &Metadata, sha256: String) -> Self {
        Self {
            size: metadata.len(),
            modified_ns: modified_ns(metadata),
            inode: inode(metadata),
            sha256,
        }
    }

    /// True when the file still looks as it did.
    pub(crate) fn matches(&self, metadata: &Metadata) -> bool {
        *self == Self::new(metadata, self.sha256.clone())
    }
}

/// Stamps by file name.
pub(crate) type Stamps = BTreeMap<String, Stamp>;

/// Reads the stamps of a model's folder; none when there are none or they cannot be read, which costs a hash.
pub(crate) fn load(folder: &Path) -> Stamps {
    fs::read(folder.join(NAME))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Writes them, replacing the old ones at once.
pub(crate) fn save(folder: &Path, stamps: &Stamps) -> Result<()> {
    let path = folder.join(NAME);
    let failed = |error| io_error(ErrorCode::DiskFull, "cannot write", &path, error);
    let bytes = serde_json::to_vec_pretty(stamps).expect("plain values");
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, &bytes).map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn modified_ns(metadata: &Metadata) -> i128 {
    let Ok(modified) = metadata.modified() else {
        return 0;
    };
    match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> u64 {
    0
}
