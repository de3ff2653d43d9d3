//! One file that holds several, one after the other.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rushlight_core::{ErrorCode, Result};

use crate::catalogue::FileSpec;
use crate::files::io_error;

/// Cuts `source` into `files`, in order, by their sizes, in the folder `target`, which exists. Whether each is the right
/// one is for the caller to see: a source that is too short leaves the last ones short.
///
/// # Errors
/// `FileUnreadable` and `DiskFull`, or what else the system says.
pub(crate) fn split(source: &Path, target: &Path, files: &[FileSpec]) -> Result<()> {
    let mut from = File::open(source)
        .map_err(|error| io_error(ErrorCode::FileUnreadable, "cannot read", source, error))?;
    for file in files {
        let path = target.join(&file.name);
        let cannot_write = |error| io_error(ErrorCode::DiskFull, "cannot write", &path, error);
        let mut to = File::create(&path).map_err(cannot_write)?;
        io::copy(&mut from.by_ref().take(file.size), &mut to).map_err(cannot_write)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_cut_by_the_sizes_and_a_short_one_ends_early() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("source");
        let file = |name: &str, size| FileSpec {
            name: name.to_owned(),
            size,
            sha256: String::new(),
        };
        let files = [file("a", 2), file("b", 0), file("c", 3)];
        for (content, expected) in [("12345", ["12", "", "345"]), ("123", ["12", "", "3"])] {
            fs::write(&source, content).expect("written");
            split(&source, folder.path(), &files).expect("cut");
            let found =
                ["a", "b", "c"].map(|name| fs::read_to_string(folder.path().join(name)).expect("there"));
            assert_eq!(found, expected);
        }
    }
}
