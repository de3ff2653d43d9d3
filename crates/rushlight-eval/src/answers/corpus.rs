//! The folder that a corpus is put together in, to be indexed as anybody's folder is.
//!
//! Files are copied, not linked: the index follows a folder's own files. A file that is the same already is left as it is, so that a
//! corpus that was indexed before is not indexed again.

use std::collections::BTreeSet;
use std::path::Path;

use rushlight_core::{Error, ErrorCode, Result};

use super::recipe::{CorpusFolder, unreadable};
use crate::recipe::files_below;

/// What a corpus came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedCorpus {
    /// Files in it.
    pub files: usize,
    /// A digest of their names and bytes.
    pub digest: String,
}

/// Makes `target` hold the files of these folders, each in one of its name, and nothing else.
///
/// # Errors
/// `PathNotFound`, `FileUnreadable` for what cannot be read or written; `InvalidRequest` for two folders of one name.
pub fn copy_corpus(folders: &[CorpusFolder], target: &Path) -> Result<CopiedCorpus> {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut hasher = blake3::Hasher::new();
    std::fs::create_dir_all(target).map_err(|cause| unwritable(target, cause))?;
    for folder in folders {
        for relative in files_below(&folder.from)? {
            if folder.without.contains(&relative) {
                continue;
            }
            let name = format!("{}/{relative}", folder.name);
            let from = folder.from.join(&relative);
            let bytes = std::fs::read(&from).map_err(|cause| unreadable(&from, cause))?;
            hasher.update(name.as_bytes());
            hasher.update(blake3::hash(&bytes).as_bytes());
            let to = target.join(&name);
            if std::fs::read(&to).ok().as_ref() != Some(&bytes) {
                let parent = to.parent().unwrap_or(target);
                std::fs::create_dir_all(parent)
                    .and_then(|()| std::fs::write(&to, &bytes))
                    .map_err(|cause| unwritable(&to, cause))?;
            }
            if !wanted.insert(name) {
                let message = format!("two parts of the corpus are called `{}`", folder.name);
                return Err(Error::new(ErrorCode::InvalidRequest, message));
            }
        }
    }
    for there in files_below(target)? {
        if !wanted.contains(&there) {
            let path = target.join(there);
            std::fs::remove_file(&path).map_err(|cause| unwritable(&path, cause))?;
        }
    }
    Ok(CopiedCorpus {
        files: wanted.len(),
        digest: hasher.finalize().to_hex()[..16].to_owned(),
    })
}

fn unwritable(path: &Path, cause: std::io::Error) -> Error {
    Error::new(
        ErrorCode::FileUnreadable,
        format!("cannot write `{}`", path.display()),
    )
    .with_source(cause)
    .with_hint("choose another data directory with --data-dir, or make room there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_the_files_of_its_folders_and_nothing_else() {
        let base = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = base.path().join(path);
            std::fs::create_dir_all(path.parent().expect("below")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        write("tea/docs/a.md", "one");
        write("tea/docs/b.md", "two");
        write("book/en/c.md", "three");
        let folder = |name: &str, from: &str, without: &[&str]| CorpusFolder {
            name: name.to_owned(),
            from: base.path().join(from),
            without: without.iter().map(|name| (*name).to_owned()).collect(),
        };
        let target = base.path().join("corpus");
        let all = [folder("tea", "tea/docs", &[]), folder("book", "book", &[])];
        let whole = copy_corpus(&all, &target).expect("copies");
        assert_eq!(whole.files, 3);
        let modified = |name: &str| {
            std::fs::metadata(target.join(name))
                .and_then(|m| m.modified())
                .expect("there")
        };
        let before = modified("tea/a.md");
        assert_eq!(copy_corpus(&all, &target).expect("copies"), whole);
        assert_eq!(modified("tea/a.md"), before, "what is the same is not written");

        let fewer = [folder("tea", "tea/docs", &["b.md"])];
        let part = copy_corpus(&fewer, &target).expect("copies");
        assert_eq!((part.files, part.digest == whole.digest), (1, false));
        assert_eq!(files_below(&target).expect("lists"), ["tea/a.md"]);

        let twice = [folder("tea", "tea/docs", &[]), folder("tea", "tea/docs", &[])];
        assert_eq!(
            copy_corpus(&twice, &target).expect_err("refused").code(),
            ErrorCode::InvalidRequest
        );
        let nowhere = [folder("milk", "milk", &[])];
        assert_eq!(
            copy_corpus(&nowhere, &target).expect_err("refused").code(),
            ErrorCode::PathNotFound
        );
    }
}
