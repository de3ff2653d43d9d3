//! The secret that a client must know, even on the loopback interface: other users of the machine reach that too.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use rushlight_core::{Error, ErrorCode, Result};
use subtle::ConstantTimeEq;

/// Bytes of randomness.
const BYTES: usize = 32;

/// 256 random bits as 64 hexadecimal digits. Its `Debug` output does not show them.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// The token in the file `path`. Where there is none yet, or one that is not of its form or that other users could
    /// have read, a new one takes its place, in a file of mode 0600 that is never seen half-written.
    ///
    /// # Errors
    /// `PathUnsuitable` when `path` is not a plain file or cannot be written, `FileUnreadable` when it cannot be read,
    /// `DiskFull`.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        match read(path)? {
            Stored::Sound(token) => return Ok(token),
            Stored::Absent => {}
            Stored::Exposed => {
                tracing::warn!(path = %path.display(), "other users could read the token: a new one is made");
            }
            Stored::Malformed => {
                tracing::warn!(path = %path.display(), "the token's file does not hold a token: a new one is made");
            }
        }
        let token = Self::random()?;
        write(path, &token)?;
        Ok(token)
    }

    /// A new one.
    ///
    /// # Errors
    /// `Internal` when the system has no randomness to give.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::new(
                ErrorCode::Internal,
                format!("the system gives no random bytes: {error}"),
            )
        })?;
        Ok(Self(hex::encode(bytes)))
    }

    /// Compares in a time that does not depend on where the two differ.
    pub fn matches(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// The digits, to be printed in the page's link or sent by a client. Never to be logged.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end();
        let sound =
            text.len() == BYTES * 2 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        sound.then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What a token's file was found to be.
enum Stored {
    Absent,
    Sound(Token),
    Exposed,
    Malformed,
}

fn read(path: &Path) -> Result<Stored> {
    let unreadable = |error: std::io::Error| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("cannot read the token's file `{}`", path.display()),
        )
        .with_source(error)
    };
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Stored::Absent),
        Err(error) => return Err(unreadable(error)),
    };
    if !metadata.is_file() {
        return Err(Error::new(
            ErrorCode::PathUnsuitable,
            format!(
                "`{}` is where the token is kept, and it is not a plain file",
                path.display()
            ),
        )
        .with_hint("move it away: a new token is made"));
    }
    if exposed(&metadata) {
        return Ok(Stored::Exposed);
    }
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(1024).read_to_end(&mut text))
        .map_err(unreadable)?;
    Ok(std::str::from_utf8(&text)
        .ok()
        .and_then(Token::parse)
        .map_or(Stored::Malformed, Stored::Sound))
}

/// True when others than the file's owner may do anything with it.
#[cfg(unix)]
fn exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

/// Elsewhere the data directory's own access list protects it.
#[cfg(not(unix))]
fn exposed(_: &fs::Metadata) -> bool {
    false
}

/// Writes a file beside `path` that is private from its first moment, then gives it the name.
fn write(path: &Path, token: &Token) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", &Token::random()?.0[..16]));
    let beside = PathBuf::from(beside);
    let written = write_private(&beside, token).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // What was written is of no use and may not even be there.
        let _ = fs::remove_file(&beside);
        let (code, hint) = if error.kind() == ErrorKind::StorageFull {
            (ErrorCode::DiskFull, ErrorCode::DiskFull.hint())
        } else {
            (
                ErrorCode::PathUnsuitable,
                "the data directory must exist and be writable",
            )
        };
        Error::new(
            code,
            format!("cannot write the token's file `{}`", path.display()),
        )
        .with_source(error)
        .with_hint(hint)
    })
}

fn write_private(path: &Path, token: &Token) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(token.0.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        let made = Token::load_or_create(&path).expect("made");
        assert_eq!(made.reveal().len(), 64);
        let kept = Token::load_or_create(&path).expect("kept");
        assert!(made.matches(kept.reveal()));
        assert_eq!(
            fs::read_dir(folder.path()).expect("a folder").count(),
            1,
            "nothing is left beside it"
        );
        assert!(!format!("{made:?}").contains(made.reveal()));
    }

    #[test]
    fn only_the_very_token_matches() {
        let token = Token::random().expect("randomness");
        let own = token.reveal().to_owned();
        assert!(token.matches(&own));
        for wrong in [
            String::new(),
            own[1..].to_owned(),
            format!("{own}0"),
            own.to_uppercase() + "x",
            "0".repeat(64),
        ] {
            assert!(!token.matches(&wrong));
        }
        assert!(!token.matches(Token::random().expect("randomness").reveal()));
    }

    #[test]
    fn what_is_not_a_token_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        for broken in ["", "short", &"Z".repeat(64), &"a".repeat(4000)] {
            write_private(&path, &Token(broken.to_owned())).expect("written");
            let token = Token::load_or_create(&path).expect("replaced");
            assert_eq!(token.reveal().len(), 64);
            assert_ne!(token.reveal(), broken);
            fs::remove_file(&path).expect("removed");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private_and_one_that_was_not_is_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        let mode = || fs::metadata(&path).expect("the file").permissions().mode() & 0o777;
        let first = Token::load_or_create(&path).expect("made");
        assert_eq!(mode(), 0o600);
        for wide in [0o644, 0o640, 0o602] {
            fs::set_permissions(&path, fs::Permissions::from_mode(wide)).expect("widened");
            let second = Token::load_or_create(&path).expect("replaced");
            assert_eq!(mode(), 0o600);
            assert!(
                !second.matches(first.reveal()),
                "what others could read is worth nothing"
            );
        }
    }

    #[test]
    fn a_place_that_cannot_hold_it_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("no/such/folder/token");
        let error = Token::load_or_create(&missing).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::PathUnsuitable);
        assert!(error.message().contains("no/such/folder"), "{error}");
        let error = Token::load_or_create(folder.path()).expect_err("a folder is no file");
        assert_eq!(error.code(), ErrorCode::PathUnsuitable);
    }
}
