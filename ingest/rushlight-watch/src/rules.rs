//! What is left out of a folder without a trace: ignore rules.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rushlight_core::{Error, ErrorCode, LeftOutBy, Result};

use crate::options::FolderOptions;

/// File in any folder with patterns of what to leave out below it, in the syntax of `.gitignore`.
pub(crate) const IGNORE_FILE: &str = ".rushlightignore";

/// What nobody searches for.
///
/// Hidden files and folders are among them: a home folder's hidden half is caches, keys and settings, and to index a
/// private key by accident is worse than to miss a note that somebody hid. A Maildir's folders begin with a dot
/// too (`.Sent`), so those that hold one are brought back.
const BUILTIN: &[&str] = &[
    ".*",
    "node_modules/",
    "target/",
    "__pycache__/",
    "*.tmp",
    "*.temp",
    "*.swp",
    "*.swo",
    "*~",
    // The backslash is syntax: a line that begins with `#` is a comment.
    r"\#*#",
    "~$*",
    "*.part",
    "*.crdownload",
    "Thumbs.db",
    "desktop.ini",
    "lost+found/",
];

/// The rules that hold for the whole root.
#[derive(Debug)]
pub(crate) struct Rules {
    patterns: Gitignore,
}

impl Rules {
    /// From the built-in patterns and the user's.
    ///
    /// # Errors
    /// `InvalidConfig` for a pattern that is none.
    pub(crate) fn new(root: &Path, options: &FolderOptions) -> Result<Self> {
        let mut builder = GitignoreBuilder::new(root);
        // Git takes an unclosed `[` for itself; in a setting it is a slip of the pen that would leave out nothing.
        builder.allow_unclosed_class(false);
        let builtin = BUILTIN.iter().copied().filter(|_| options.builtin_ignores);
        for pattern in builtin.chain(options.ignore_patterns.iter().map(String::as_str)) {
            builder
                .add_line(None, pattern)
                .map_err(|cause| bad_pattern(pattern, cause))?;
        }
        let patterns = builder.build().map_err(|cause| bad_pattern("", cause))?;
        Ok(Self { patterns })
    }

    /// True when the entry is left out by itself; what is below a folder that is left out is never asked for.
    pub(crate) fn ignores(&self, path: &Path, is_dir: bool) -> bool {
        let matched = self.patterns.matched(path, is_dir);
        if !matched.is_ignore() {
            return false;
        }
        let hidden = matched.inner().is_some_and(|glob| glob.original() == ".*");
        !(hidden && is_dir && is_maildir(path))
    }

    /// True when the entry or a folder above it, up to `root`, is left out.
    pub(crate) fn ignores_on_the_way(&self, root: &Path, path: &Path, is_dir: bool) -> bool {
        let Ok(below) = path.strip_prefix(root) else {
            return true;
        };
        let mut at = root.to_path_buf();
        let mut components = below.components().peekable();
        while let Some(component) = components.next() {
            at.push(component);
            if self.ignores(&at, is_dir || components.peek().is_some()) {
                return true;
            }
        }
        false
    }
}

/// The most that is read of a file of patterns to show it.
const SHOWN_BYTES: u64 = 64 << 10;

/// The rules as people read them.
pub(crate) fn left_out_by(root: &Path, options: &FolderOptions) -> LeftOutBy {
    let builtin = BUILTIN.iter().filter(|_| options.builtin_ignores);
    LeftOutBy {
        builtin: builtin.map(|pattern| (*pattern).to_owned()).collect(),
        configured: options.ignore_patterns.clone(),
        file_name: IGNORE_FILE.to_owned(),
        of_root: patterns_in(&root.join(IGNORE_FILE)),
    }
}

/// The patterns of a file. A link is not followed: what it leads to need not be patterns.
fn patterns_in(path: &Path) -> Vec<String> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    let mut bytes = Vec::new();
    let read = is_file
        .then(|| {
            File::open(path)
                .and_then(|file| file.take(SHOWN_BYTES).read_to_end(&mut bytes))
                .ok()
        })
        .flatten();
    if read.is_none() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::trim_end);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

fn bad_pattern(pattern: &str, cause: ignore::Error) -> Error {
    Error::new(
        ErrorCode::InvalidConfig,
        format!("`{pattern}` is not an ignore pattern"),
    )
    .with_source(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_patterns_leave_out_what_nobody_searches_for() {
        let root = Path::new("/root");
        let rules = Rules::new(root, &FolderOptions::default()).expect("sound patterns");
        for (path, is_dir, left_out) in [
            ("a.md", false, false),
            ("target", false, false),
            ("target", true, true),
            (".git", true, true),
            (".DS_Store", false, true),
            ("sub/.a.md.swp", false, true),
            ("a.md~", false, true),
            ("#a.md#", false, true),
            ("~$letter.docx", false, true),
            ("# plan.md", false, false),
        ] {
            assert_eq!(rules.ignores(&root.join(path), is_dir), left_out, "{path}");
        }
        assert!(rules.ignores_on_the_way(root, Path::new("/root/.git/config/a.md"), false));
        assert!(rules.ignores_on_the_way(root, Path::new("/elsewhere"), false));
    }

    #[test]
    fn builtin_patterns_can_be_switched_off() {
        let options = FolderOptions {
            ignore_patterns: vec!["*.bak".into()],
            builtin_ignores: false,
            ..Default::default()
        };
        let rules = Rules::new(Path::new("/r"), &options).expect("sound patterns");
        for path in [".hidden.md", "a.md~", "a.tmp", "node_modules"] {
            assert!(
                !rules.ignores(&Path::new("/r").join(path), path == "node_modules"),
                "{path}"
            );
        }
        assert!(
            rules.ignores(Path::new("/r/a.bak"), false),
            "what was asked for still holds"
        );
    }

    #[test]
    fn own_patterns_may_bring_back() {
        let options = FolderOptions {
            ignore_patterns: vec!["!.notes".into(), "/drafts/".into()],
            ..Default::default()
        };
        let rules = Rules::new(Path::new("/r"), &options).expect("sound patterns");
        assert!(!rules.ignores(Path::new("/r/.notes"), true));
        assert!(rules.ignores(Path::new("/r/drafts"), true));
        assert!(!rules.ignores(Path::new("/r/a/drafts"), true));
        for pattern in ["a[", "[z-a]", "{a", "{a,{b}"] {
            let bad = FolderOptions {
                ignore_patterns: vec![pattern.into()],
                ..Default::default()
            };
            let error = Rules::new(Path::new("/r"), &bad).expect_err(pattern);
            assert_eq!(error.code(), ErrorCode::InvalidConfig);
            assert!(error.message().contains(pattern), "{}", error.message());
        }
    }

    #[test]
    fn rules_are_told_and_a_link_in_the_place_of_their_file_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = FolderOptions {
            ignore_patterns: vec!["*.bak".to_owned()],
            ..FolderOptions::default()
        };
        let told = left_out_by(folder.path(), &options);
        assert_eq!(told.builtin[0], ".*");
        assert_eq!(
            (told.configured, told.of_root),
            (vec!["*.bak".to_owned()], Vec::new())
        );
        let file = folder.path().join(&told.file_name);
        fs::write(&file, "# drafts\n\ndrafts/\n*.log  \n").expect("written");
        assert_eq!(left_out_by(folder.path(), &options).of_root, ["drafts/", "*.log"]);
        #[cfg(unix)]
        {
            let secret = folder.path().join("secret");
            fs::rename(&file, &secret).expect("moved");
            std::os::unix::fs::symlink(&secret, &file).expect("linked");
            assert!(left_out_by(folder.path(), &options).of_root.is_empty());
        }
        let bare = FolderOptions {
            builtin_ignores: false,
            ..FolderOptions::default()
        };
        assert!(left_out_by(folder.path(), &bare).builtin.is_empty());
    }
}
