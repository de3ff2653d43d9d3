//! The folder where models are installed.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rushlight_core::{Error, ErrorCode, Result};

use crate::catalogue::{Catalogue, FileSpec, ModelEntry, ModelKind, is_plain_name};
use crate::files::{hash_file, io_error};
use crate::verified::{self, Stamp};

/// Where unfinished things are, below the models' folder.
pub(crate) const PARTIAL: &str = ".partial";
/// The description of a model that the user added, in its folder.
pub(crate) const LOCAL_ENTRY: &str = "model.json";

/// What a file is or should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDigest {
    /// Bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal digits; empty when the file was not hashed because its size is wrong already.
    pub sha256: String,
}

impl std::fmt::Display for FileDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.sha256.is_empty() {
            true => write!(f, "{} bytes", self.size),
            false => write!(f, "sha256 {} of {} bytes", self.sha256, self.size),
        }
    }
}

/// How a model stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// All files are there.
    Installed {
        /// Bytes on disk.
        bytes: u64,
        /// True when each was hashed since it last changed, and is the right one.
        verified: bool,
    },
    /// Some of it has been fetched.
    Partial {
        /// Bytes so far.
        bytes: u64,
    },
    /// Nothing is there.
    Missing,
    /// A file is not the one the catalogue names.
    Corrupt {
        /// Name of the file.
        file: String,
        /// What it should be.
        expected: FileDigest,
        /// What it is.
        found: FileDigest,
    },
}

/// A model and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelStatus {
    /// The model.
    pub entry: ModelEntry,
    /// Where it is or would be.
    pub folder: PathBuf,
    /// How it stands.
    pub state: ModelState,
    /// True for the one used when none is named.
    pub is_default: bool,
}

/// A folder of models.
#[derive(Clone, Debug)]
pub struct ModelStore {
    pub(crate) folder: PathBuf,
    pub(crate) catalogue: Catalogue,
}

impl ModelStore {
    /// The models below `folder`, which need not exist.
    pub fn new(folder: impl Into<PathBuf>, catalogue: Catalogue) -> Self {
        Self {
            folder: folder.into(),
            catalogue,
        }
    }

    /// The catalogue it was made with.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Every model of the catalogue, then those that were added, by id. Reads no file's content and is quick.
    pub fn list(&self) -> Vec<ModelStatus> {
        let known = self.catalogue.entries().iter().cloned();
        known
            .chain(self.local_entries())
            .map(|entry| self.status_of(entry))
            .collect()
    }

    /// How one model stands.
    ///
    /// # Errors
    /// `ModelUnknown`.
    pub fn status(&self, id: &str) -> Result<ModelStatus> {
        self.entry(id).map(|entry| self.status_of(entry))
    }

    /// The model of this id, of the catalogue or added.
    ///
    /// # Errors
    /// `ModelUnknown`.
    pub fn entry(&self, id: &str) -> Result<ModelEntry> {
        let local = || {
            is_plain_name(id)
                .then(|| self.local_entry(&self.folder.join(id)))
                .flatten()
        };
        self.catalogue
            .get(id)
            .cloned()
            .or_else(local)
            .ok_or_else(|| Error::new(ErrorCode::ModelUnknown, format!("there is no model `{id}`")))
    }

    /// The model that is used when none is named.
    pub fn default_id(&self, kind: ModelKind) -> Option<&str> {
        self.catalogue.default_id(kind)
    }

    /// The one model of this kind that is installed: what is used of a kind that has no default.
    ///
    /// # Errors
    /// `ModelMissing` when there is none; `InvalidConfig` when there are several and one has to be named.
    pub fn only_installed(&self, kind: ModelKind) -> Result<String> {
        let installed = |status: &ModelStatus| {
            status.entry.kind == kind && matches!(status.state, ModelState::Installed { .. })
        };
        let mut found: Vec<String> = self
            .list()
            .into_iter()
            .filter(installed)
            .map(|status| status.entry.id)
            .collect();
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Error::new(
                ErrorCode::ModelMissing,
                format!("no model of kind {} is installed", kind.as_str()),
            )
            .with_hint("add one with `rushlight models add FOLDER`")),
            _ => Err(Error::new(
                ErrorCode::InvalidConfig,
                format!("{} are installed, and one has to be named", found.join(" and ")),
            )
            .with_hint(format!("set `models.{}` to its name", kind.as_str()))),
        }
    }

    /// The folder of a model, whether or not it is installed.
    ///
    /// # Errors
    /// `ModelUnknown`.
    pub fn folder(&self, id: &str) -> Result<PathBuf> {
        self.entry(id).map(|entry| self.folder.join(entry.id))
    }

    /// A model's first file: the weights of a language model, the library of a runtime, the graph of an embedding model,
    /// the detector of a model for text in pictures.
    ///
    /// # Errors
    /// `ModelUnknown`; `ModelMissing` when one of its files is not there.
    pub fn path(&self, id: &str) -> Result<PathBuf> {
        let entry = self.entry(id)?;
        for file in &entry.files {
            self.metadata(&entry, file)?;
        }
        Ok(self.folder.join(&entry.id).join(&entry.files[0].name))
    }

    /// Hashes every file of a model and remembers the result. Returns [`ModelStore::path`].
    ///
    /// # Errors
    /// `ModelUnknown`; `ModelMissing`; `ModelCorrupt` with file, expected and found; `Cancelled`.
    pub fn verify(
        &self,
        id: &str,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<PathBuf> {
        let entry = self.entry(id)?;
        let folder = self.folder.join(&entry.id);
        let total = entry.installed_bytes();
        let mut done = 0;
        let mut stamps = verified::load(&folder);
        for file in &entry.files {
            let metadata = self.metadata(&entry, file)?;
            let path = folder.join(&file.name);
            let expected = FileDigest {
                size: file.size,
                sha256: file.sha256.clone(),
            };
            if metadata.len() != file.size {
                stamps.remove(&file.name);
                verified::save(&folder, &stamps)?;
                return Err(corrupt(
                    &path,
                    &expected,
                    &FileDigest {
                        size: metadata.len(),
                        sha256: String::new(),
                    },
                ));
            }
            let (sha256, size) = hash_file(&path, cancel, &mut |count| {
                done += count;
                progress(done, total);
            })?;
            stamps.insert(file.name.clone(), Stamp::new(&metadata, sha256.clone()));
            verified::save(&folder, &stamps)?;
            if sha256 != file.sha256 {
                return Err(corrupt(&path, &expected, &FileDigest { size, sha256 }));
            }
        }
        Ok(folder.join(&entry.files[0].name))
    }

    /// [`ModelStore::path`] of a model whose files are known to be the right ones: they are hashed before the first use,
    /// and again only when a file's size, change time or inode differ from when it was hashed. So a start does not
    /// read a gigabyte each time, and a file that was exchanged or cut short is noticed.
    ///
    /// # Errors
    /// As [`ModelStore::verify`].
    pub fn ensure_verified(&self, id: &str) -> Result<PathBuf> {
        match self.status(id)?.state {
            ModelState::Installed { verified: true, .. } => self.path(id),
            _ => self.verify(id, &AtomicBool::new(false), &mut |_, _| {}),
        }
    }

    /// Removes a model's folder and what was fetched of it so far. Nothing happens when there is nothing.
    ///
    /// # Errors
    /// `ModelUnknown`; `PathUnsuitable` when the system refuses.
    pub fn remove(&self, id: &str) -> Result<()> {
        let entry = self.entry(id)?;
        for folder in [
            self.folder.join(&entry.id),
            self.folder.join(PARTIAL).join(&entry.id),
        ] {
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(io_error(
                        ErrorCode::PathUnsuitable,
                        "cannot remove",
                        &folder,
                        error,
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn status_of(&self, entry: ModelEntry) -> ModelStatus {
        let folder = self.folder.join(&entry.id);
        let state = self.state_of(&entry, &folder);
        let is_default = self.catalogue.default_id(entry.kind) == Some(entry.id.as_str());
        ModelStatus {
            entry,
            folder,
            state,
            is_default,
        }
    }

    fn state_of(&self, entry: &ModelEntry, folder: &Path) -> ModelState {
        let stamps = verified::load(folder);
        let mut bytes = 0;
        let mut all_verified = true;
        for file in &entry.files {
            let Ok(metadata) = fs::metadata(folder.join(&file.name)) else {
                return self.unfinished(entry);
            };
            let corrupt = |found| ModelState::Corrupt {
                file: file.name.clone(),
                expected: FileDigest {
                    size: file.size,
                    sha256: file.sha256.clone(),
                },
                found,
            };
            if metadata.len() != file.size {
                return corrupt(FileDigest {
                    size: metadata.len(),
                    sha256: String::new(),
                });
            }
            match stamps.get(&file.name).filter(|stamp| stamp.matches(&metadata)) {
                Some(stamp) if stamp.sha256 != file.sha256 => {
                    return corrupt(FileDigest {
                        size: metadata.len(),
                        sha256: stamp.sha256.clone(),
                    });
                }
                Some(_) => {}
                None => all_verified = false,
            }
            bytes += metadata.len();
        }
        ModelState::Installed {
            bytes,
            verified: all_verified,
        }
    }

    fn unfinished(&self, entry: &ModelEntry) -> ModelState {
        match fs::metadata(self.assembled(&entry.id)).map_or(0, |metadata| metadata.len()) {
            0 => ModelState::Missing,
            bytes => ModelState::Partial { bytes },
        }
    }

    /// The file that grows while a model is fetched.
    pub(crate) fn assembled(&self, id: &str) -> PathBuf {
        self.folder.join(PARTIAL).join(id).join("assembled")
    }

    fn metadata(&self, entry: &ModelEntry, file: &FileSpec) -> Result<Metadata> {
        let path = self.folder.join(&entry.id).join(&file.name);
        fs::metadata(&path).map_err(|error| {
            let message = format!(
                "model `{}` is not installed: `{}` is missing",
                entry.id,
                path.display()
            );
            Error::new(ErrorCode::ModelMissing, message).with_source(error)
        })
    }

    fn local_entries(&self) -> Vec<ModelEntry> {
        let Ok(folders) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut entries: Vec<_> = folders
            .flatten()
            .filter_map(|folder| self.local_entry(&folder.path()))
            .filter(|entry| self.catalogue.get(&entry.id).is_none())
            .collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        entries
    }

    /// The description in an added model's folder, if it is one of ours and stands in the folder it names.
    fn local_entry(&self, folder: &Path) -> Option<ModelEntry> {
        let entry: ModelEntry = serde_json::from_slice(&fs::read(folder.join(LOCAL_ENTRY)).ok()?).ok()?;
        let in_place = folder.file_name().is_some_and(|name| name == entry.id.as_str());
        let sound = !entry.files.is_empty() && entry.files.iter().all(|file| is_plain_name(&file.name));
        (in_place && sound).then_some(entry)
    }
}

/// The error of a file that is not the one it should be.
pub(crate) fn corrupt(path: &Path, expected: &FileDigest, found: &FileDigest) -> Error {
    let message = format!(
        "`{}` is not the file it should be: expected {expected}, found {found}",
        path.display()
    );
    Error::new(ErrorCode::ModelCorrupt, message)
}
