//! Folders to choose from: the names of what lies in one, within the roots and nowhere else.
//!
//! A folder outside the roots is refused with the same words whether it exists or not. A link is followed as far as it
//! stays within the roots. No file is opened, listed or counted.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use rushlight_api::{Folder, FolderStep, Folders, Taken};
use rushlight_core::{Error, ErrorCode, Result};

/// Longer paths are refused unseen: no system takes them.
const MAX_PATH: usize = 4096;

/// The folders that may be looked into, with all below them.
#[derive(Clone, Debug)]
pub struct FolderRoots {
    /// As they were given: absolute.
    given: Vec<PathBuf>,
}

impl FolderRoots {
    /// These, as absolute paths; they need not exist.
    pub fn new(roots: Vec<PathBuf>) -> Self {
        Self { given: roots }
    }

    /// The folders in `path`; without one, those in the root, or the roots where there are several. `sources` are the
    /// roots of the sources.
    ///
    /// # Errors
    /// `PathUnsuitable` for a path that is none, `FolderForbidden` outside the roots, `PathNotFound` where there is
    /// nothing, `FileUnreadable` where the system refuses.
    pub fn list(&self, path: Option<&str>, hidden: bool, sources: &[String]) -> Result<Folders> {
        match (path, self.given.as_slice()) {
            (Some(path), _) => self.list_in(&self.resolve(path)?, hidden, sources),
            (None, [root]) => self.list_in(&self.resolve_root(root)?, hidden, sources),
            (None, _) => Ok(self.list_roots(sources)),
        }
    }

    /// Refuses a folder that is not below a root, with all links on the way resolved.
    ///
    /// # Errors
    /// As [`FolderRoots::list`].
    pub fn require(&self, path: &str) -> Result<()> {
        self.resolve(path).map(drop)
    }

    /// The roots that are there, as the system calls them.
    fn real(&self) -> Vec<PathBuf> {
        self.given
            .iter()
            .filter_map(|root| fs::canonicalize(root).ok())
            .collect()
    }

    fn list_roots(&self, sources: &[String]) -> Folders {
        let mut listed = Folders::default();
        for root in self.real() {
            match root.to_str() {
                Some(path) => listed.folders.push(Folder {
                    name: path.to_owned(),
                    path: path.to_owned(),
                    source: taken(&root, sources),
                }),
                None => listed.left_out += 1,
            }
        }
        listed
    }

    fn resolve_root(&self, root: &Path) -> Result<PathBuf> {
        fs::canonicalize(root).map_err(|cause| refused(root, cause))
    }

    /// The folder of this path, with links resolved.
    fn resolve(&self, path: &str) -> Result<PathBuf> {
        check(path)?;
        let path = Path::new(path);
        let real = self.real();
        let within = |path: &Path, roots: &[PathBuf]| roots.iter().any(|root| path.starts_with(root));
        // Before anything outside is touched: what is there is nobody's to learn.
        if !within(path, &self.given) && !within(path, &real) {
            return Err(forbidden());
        }
        match fs::canonicalize(path) {
            Ok(found) if within(&found, &real) => Ok(found),
            Ok(_) => Err(forbidden()),
            Err(cause) => Err(match stays_within(path, &real) {
                true => refused(path, cause),
                false => forbidden(),
            }),
        }
    }

    fn list_in(&self, folder: &Path, hidden: bool, sources: &[String]) -> Result<Folders> {
        let real = self.real();
        let own = folder.to_str().ok_or_else(|| {
            let message = format!("the folder's name is not UTF-8: `{}`", folder.display());
            Error::new(ErrorCode::PathUnsuitable, message)
        })?;
        let mut listed = Folders {
            path: own.to_owned(),
            trail: trail(folder, &real),
            source: taken(folder, sources),
            ..Folders::default()
        };
        for entry in fs::read_dir(folder).map_err(|cause| refused(folder, cause))? {
            // One that went away meanwhile, or that the system does not show.
            let Ok(entry) = entry else { continue };
            let Some(path) = as_folder(&entry) else { continue };
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") && !hidden {
                listed.hidden += 1;
                continue;
            }
            let inside = real.iter().any(|root| path.starts_with(root));
            match (inside, name.to_str(), path.to_str()) {
                (true, Some(name), Some(text)) => listed.folders.push(Folder {
                    name: name.to_owned(),
                    path: text.to_owned(),
                    source: taken(&path, sources),
                }),
                _ => listed.left_out += 1,
            }
        }
        listed
            .folders
            .sort_by_cached_key(|folder| (folder.name.to_lowercase(), folder.name.clone()));
        listed.left_out += listed.folders.len().saturating_sub(Folders::MOST) as u64;
        listed.folders.truncate(Folders::MOST);
        Ok(listed)
    }
}

/// The folder that an entry is, or that it leads to.
fn as_folder(entry: &fs::DirEntry) -> Option<PathBuf> {
    let kind = entry.file_type().ok()?;
    if kind.is_dir() {
        return Some(entry.path());
    }
    if !kind.is_symlink() {
        return None;
    }
    let path = fs::canonicalize(entry.path()).ok()?;
    fs::metadata(&path)
        .is_ok_and(|metadata| metadata.is_dir())
        .then_some(path)
}

/// Refuses what is no path to ask the system about.
fn check(path: &str) -> Result<()> {
    let unsuitable = |message: String| Err(Error::new(ErrorCode::PathUnsuitable, message));
    if path.len() > MAX_PATH {
        return unsuitable(format!(
            "the path is {} bytes long, and may have {MAX_PATH}",
            path.len()
        ));
    }
    if path.contains('\0') {
        return unsuitable("the path holds a NUL character".to_owned());
    }
    let path = Path::new(path);
    if !path.is_absolute() {
        return unsuitable(format!("`{}` is not an absolute path", path.display()));
    }
    if path.components().any(|part| part == Component::ParentDir) {
        return unsuitable(format!("`{}` goes back by `..`", path.display()));
    }
    Ok(())
}

/// Of a path that cannot be resolved: true when it is known to stay within the roots as far as it goes. A link that leads
/// nowhere could lead anywhere.
fn stays_within(path: &Path, roots: &[PathBuf]) -> bool {
    let mut missing = path;
    for ancestor in path.ancestors().skip(1) {
        if let Ok(found) = fs::canonicalize(ancestor) {
            let is_link = fs::symlink_metadata(missing).is_ok_and(|metadata| metadata.is_symlink());
            return !is_link && roots.iter().any(|root| found.starts_with(root));
        }
        missing = ancestor;
    }
    false
}

fn forbidden() -> Error {
    Error::new(
        ErrorCode::FolderForbidden,
        "the folder lies outside those that the page may look into",
    )
}

fn refused(path: &Path, cause: io::Error) -> Error {
    let path = path.display();
    let (code, message) = match cause.kind() {
        io::ErrorKind::NotFound => (ErrorCode::PathNotFound, format!("there is no folder `{path}`")),
        io::ErrorKind::PermissionDenied => (ErrorCode::FileUnreadable, format!("cannot look into `{path}`")),
        io::ErrorKind::NotADirectory => (
            ErrorCode::PathUnsuitable,
            format!("`{path}` is a file, and a folder is expected"),
        ),
        _ => (ErrorCode::PathUnsuitable, format!("cannot look into `{path}`")),
    };
    Error::new(code, message).with_source(cause)
}

/// The way from the root that holds it.
fn trail(folder: &Path, roots: &[PathBuf]) -> Vec<FolderStep> {
    let root = roots
        .iter()
        .filter(|root| folder.starts_with(root))
        .min_by_key(|root| root.as_os_str().len());
    let steps = folder
        .ancestors()
        .take_while(|step| root.is_some_and(|root| step.starts_with(root)));
    let mut trail: Vec<FolderStep> = steps
        .map(|step| FolderStep {
            name: match step.file_name() {
                Some(name) if Some(step) != root.map(PathBuf::as_path) => name.to_string_lossy().into_owned(),
                _ => step.display().to_string(),
            },
            path: step.display().to_string(),
        })
        .collect();
    trail.reverse();
    trail
}

/// What a folder has to do with the sources.
fn taken(folder: &Path, sources: &[String]) -> Option<Taken> {
    let mut found = None;
    for source in sources.iter().map(Path::new) {
        if folder == source {
            return Some(Taken::Itself);
        }
        if folder.starts_with(source) {
            found = Some(Taken::Inside);
        } else if source.starts_with(folder) {
            found = found.or(Some(Taken::Around));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_knows_what_it_has_to_do_with_the_sources() {
        let sources = ["/home/ada/notes".to_owned(), "/home/ada/mail/old".to_owned()];
        for (folder, expected) in [
            ("/home/ada/notes", Some(Taken::Itself)),
            ("/home/ada/notes/tea", Some(Taken::Inside)),
            ("/home/ada/mail", Some(Taken::Around)),
            ("/home/ada", Some(Taken::Around)),
            ("/home/ada/notes-2024", None),
        ] {
            assert_eq!(taken(Path::new(folder), &sources), expected, "{folder}");
        }
    }

    #[test]
    fn the_trail_begins_at_the_widest_root() {
        let roots = [PathBuf::from("/home/ada/notes"), PathBuf::from("/home/ada")];
        let names = |folder: &str| -> Vec<String> {
            let steps = trail(Path::new(folder), &roots);
            steps.into_iter().map(|step| step.name).collect()
        };
        assert_eq!(names("/home/ada/notes/tea"), ["/home/ada", "notes", "tea"]);
        assert_eq!(names("/home/ada"), ["/home/ada"]);
        assert_eq!(names("/elsewhere"), [""; 0]);
    }
}
