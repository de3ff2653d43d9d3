//! What makes a commit durable. Lance does not ask the system to write its files through to the disk, so the whole file
//! system is asked to, and only then the generation is recorded.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use rushlight_core::Generation;

/// The file that records the generation, beside the table.
const FILE: &str = "generation";
/// Raised when the layout of the table changes: an index of another version is built anew.
const VERSION: u32 = 1;

/// Writes everything of the file system that `folder` lies on through to the disk.
#[allow(unsafe_code, reason = "the standard library has no syncfs")]
pub(crate) fn sync_file_system(folder: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let folder = File::open(folder)?;
        // SAFETY: syncfs takes an open descriptor and no memory; `folder` stays open until it returns.
        match unsafe { libc::syncfs(folder.as_raw_fd()) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        sync_files(folder)
    }
}

/// Where one call for a whole file system is missing, every file is written through by itself.
#[cfg(not(target_os = "linux"))]
fn sync_files(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_files(&path)?
        } else {
            File::open(&path)?.sync_all()?
        }
    }
    Ok(())
}

/// Records the generation: a new file takes the old one's name, so that a crash leaves one or the other.
pub(crate) fn write_generation(folder: &Path, generation: Generation) -> io::Result<()> {
    let fresh = folder.join("generation.new");
    let mut file = File::create(&fresh)?;
    write!(file, "{VERSION} {generation}")?;
    file.sync_all()?;
    fs::rename(&fresh, folder.join(FILE))?;
    File::open(folder)?.sync_all()
}

/// The recorded generation.
///
/// # Errors
/// `NotFound` when none is recorded, `InvalidData` when it is of another version or cannot be understood.
pub(crate) fn read_generation(folder: &Path) -> io::Result<Generation> {
    let text = fs::read_to_string(folder.join(FILE))?;
    text.split_once(' ')
        .filter(|(version, _)| version.parse() == Ok(VERSION))
        .and_then(|(_, generation)| generation.parse().ok())
        .map(Generation)
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the recorded generation is of another version",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_is_read_as_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(
            read_generation(folder.path()).expect_err("none").kind(),
            io::ErrorKind::NotFound
        );
        for generation in [Generation(0), Generation(41)] {
            sync_file_system(folder.path()).expect("syncs");
            write_generation(folder.path(), generation).expect("writes");
            assert_eq!(read_generation(folder.path()).expect("reads"), generation);
        }
        for other in ["", "7", "99 1", "1 x"] {
            fs::write(folder.path().join(FILE), other).expect("writes");
            assert_eq!(
                read_generation(folder.path()).expect_err("refused").kind(),
                io::ErrorKind::InvalidData
            );
        }
    }
}
