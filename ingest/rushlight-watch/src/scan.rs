//! One walk through the folder: what is there, without reading it.

use std::collections::VecDeque;
use std::fs::{self, Metadata};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ignore::WalkBuilder;
use rushlight_core::{FileId, FileStamp, Result, ScanEntry, ScanSummary, SkipReason};

use crate::fetch::head;
use crate::options::FolderOptions;
use crate::rules::{IGNORE_FILE, Rules};

/// First bytes of a large file by which it is told what it is.
const HEAD: u64 = 4096;

/// What a scan needs to know.
pub(crate) struct Scan<'a> {
    pub(crate) root: &'a Path,
    pub(crate) options: &'a FolderOptions,
    pub(crate) rules: &'a Arc<Rules>,
}

impl Scan<'_> {
    /// Walks everything below `under`, ordered by name.
    pub(crate) fn run(
        &self,
        under: &str,
        visit: &mut dyn FnMut(ScanEntry) -> ControlFlow<()>,
    ) -> Result<ScanSummary> {
        let mut summary = ScanSummary::default();
        // The real root: links are judged by where they really lead.
        let Ok(real_root) = fs::canonicalize(self.root) else {
            return Ok(summary);
        };
        if fs::read_dir(self.root).is_err() {
            return Ok(summary);
        }
        summary.online = true;
        summary
            .devices
            .extend(fs::metadata(self.root).ok().and_then(|root| device(&root)));
        // What is gone was on the disk of the nearest folder above it that is there.
        let above = self.root.join(under);
        let above = above
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(self.root))
            .find_map(|folder| fs::symlink_metadata(folder).ok());
        summary.devices.extend(above.and_then(|folder| device(&folder)));
        let Some(start) = self.start(under) else {
            return Ok(summary);
        };
        let mut report = Report { summary, visit };
        let flow = if start.is_dir {
            self.walk(&start.path, &real_root, &mut report)
        } else {
            // A link too: a walker would take one that it is given to begin at for what it leads to.
            self.entry(&start.path, &real_root, &mut report)
        };
        report.summary.stopped = flow.is_break();
        Ok(report.summary)
    }

    /// Where to begin, or `None` when there is nothing to see: gone, left out, or not below the root.
    fn start(&self, under: &str) -> Option<Start> {
        if under.is_empty() {
            return Some(Start {
                path: self.root.to_path_buf(),
                is_dir: true,
            });
        }
        let path = self.root.join(under);
        let sound = Path::new(under)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        let is_dir = fs::symlink_metadata(&path).ok()?.is_dir();
        if !sound || self.rules.ignores_on_the_way(self.root, &path, is_dir) {
            return None;
        }
        // A folder reached through a link is not part of a scan, whoever asks.
        let mut above = path.parent();
        while let Some(folder) = above.filter(|folder| *folder != self.root) {
            if fs::symlink_metadata(folder).ok()?.is_symlink() {
                return None;
            }
            above = folder.parent();
        }
        self.not_ignored_by_files(&path, is_dir)
            .then_some(Start { path, is_dir })
    }

    /// True when no ignore file between the root and the path leaves it out.
    fn not_ignored_by_files(&self, path: &Path, is_dir: bool) -> bool {
        let Ok(below) = path.strip_prefix(self.root) else {
            return false;
        };
        let mut files = VecDeque::new();
        let mut at = self.root.to_path_buf();
        let mut components = below.components().peekable();
        while let Some(component) = components.next() {
            let file = at.join(IGNORE_FILE);
            if file.is_file() {
                files.push_front(ignore::gitignore::Gitignore::new(&file).0);
            }
            at.push(component);
            let is_dir = is_dir || components.peek().is_some();
            let decision = files
                .iter()
                .map(|file| file.matched(&at, is_dir))
                .find(|matched| !matched.is_none());
            if decision.is_some_and(|matched| matched.is_ignore()) {
                return false;
            }
        }
        true
    }

    /// Walks a folder. The walk begins at the root wherever the folder lies, and takes only the way to it: the ignore
    /// files on that way hold below it too, each relative to its own folder, and a walker that begins further down
    /// does not read them so.
    fn walk(&self, folder: &Path, real_root: &Path, report: &mut Report<'_>) -> ControlFlow<()> {
        let rules = Arc::clone(self.rules);
        let root = self.root.to_path_buf();
        let wanted = folder.to_path_buf();
        let mut builder = WalkBuilder::new(self.root);
        builder
            .standard_filters(false)
            .follow_links(false)
            .add_custom_ignore_filename(IGNORE_FILE)
            .sort_by_file_name(|a, b| a.cmp(b))
            .filter_entry(move |entry| {
                let path = entry.path();
                let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
                path == root
                    || ((path.starts_with(&wanted) || wanted.starts_with(path))
                        && !rules.ignores(path, is_dir))
            });
        for entry in builder.build() {
            match entry {
                Ok(entry) => self.entry(entry.path(), real_root, report)?,
                Err(error) => self.failed(&error, report)?,
            }
        }
        ControlFlow::Continue(())
    }

    fn entry(&self, path: &Path, real_root: &Path, report: &mut Report<'_>) -> ControlFlow<()> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            // Gone since the folder was listed: the next scan is told by its event.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return ControlFlow::Continue(()),
            Err(error) => return report.unreadable(self.relative(path).0, &error),
        };
        if metadata.is_symlink() {
            return self.link(path, &metadata, real_root, report);
        }
        // Folders are walked; pipes, sockets and devices are no documents, and opening one may never return.
        if !metadata.is_file() {
            if metadata.is_dir() {
                report.summary.devices.extend(device(&metadata));
            }
            return ControlFlow::Continue(());
        }
        self.file(path, &metadata, report)
    }

    fn link(
        &self,
        path: &Path,
        own: &Metadata,
        real_root: &Path,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            // Leads nowhere, or round in a circle: there is no file.
            Err(_) => return ControlFlow::Continue(()),
        };
        let Ok(metadata) = fs::metadata(&target) else {
            return ControlFlow::Continue(());
        };
        if metadata.is_dir() && target.starts_with(real_root) {
            // What it leads to is walked where it stands.
            return ControlFlow::Continue(());
        }
        if !target.starts_with(real_root) {
            let reason = SkipReason {
                code: "symlink_outside".to_owned(),
                message: format!(
                    "`{}` is a link that leads out of the folder; add its target as a source",
                    self.relative(path).0
                ),
            };
            return report.skipped(self.stamp(path, own).0, reason);
        }
        if !metadata.is_file() {
            return ControlFlow::Continue(());
        }
        self.file(path, &metadata, report)
    }

    fn file(&self, path: &Path, metadata: &Metadata, report: &mut Report<'_>) -> ControlFlow<()> {
        let (stamp, is_utf8) = self.stamp(path, metadata);
        if !is_utf8 {
            let message = format!(
                "the name of `{}` is not UTF-8; rename it to have it indexed",
                stamp.path
            );
            return report.skipped(
                stamp,
                SkipReason {
                    code: "name_not_utf8".to_owned(),
                    message,
                },
            );
        }
        if let Some(limit) = self.exceeded(path, &stamp) {
            let message = format!(
                "`{}` has {} bytes, more than the limit of {limit}",
                stamp.path, stamp.size
            );
            return report.skipped(
                stamp,
                SkipReason {
                    code: "too_large".to_owned(),
                    message,
                },
            );
        }
        report.summary.files += 1;
        (report.visit)(ScanEntry::File(stamp))
    }

    /// The limit of size that the file is above. Only where it decides is the file looked into.
    fn exceeded(&self, path: &Path, stamp: &FileStamp) -> Option<u64> {
        let limit = self.options.max_file_bytes;
        if stamp.size <= limit {
            return None;
        }
        match self.options.large_files {
            Some(large) if (large.admits)(&stamp.path, &head(path, HEAD)) => {
                (stamp.size > large.max_bytes).then_some(large.max_bytes)
            }
            _ => Some(limit),
        }
    }

    fn failed(&self, error: &ignore::Error, report: &mut Report<'_>) -> ControlFlow<()> {
        let path = path_of(error);
        let io_error = error.io_error();
        match (path, io_error) {
            // Gone since its folder was listed.
            (Some(_), Some(io_error)) if io_error.kind() == io::ErrorKind::NotFound => {
                ControlFlow::Continue(())
            }
            (path, Some(io_error)) => report.unreadable(
                path.map_or_else(String::new, |path| self.relative(path).0),
                io_error,
            ),
            // A malformed ignore file: its sound lines hold.
            (path, None) => {
                tracing::warn!(path = ?path, %error, "part of an ignore file cannot be used");
                ControlFlow::Continue(())
            }
        }
    }

    fn stamp(&self, path: &Path, metadata: &Metadata) -> (FileStamp, bool) {
        let (relative, is_utf8) = self.relative(path);
        (stamp_of(relative, path, metadata), is_utf8)
    }

    fn relative(&self, path: &Path) -> (String, bool) {
        relative(self.root, path)
    }
}

/// What a scan begins with.
struct Start {
    path: PathBuf,
    is_dir: bool,
}

/// Takes what the walk finds and counts it.
struct Report<'a> {
    summary: ScanSummary,
    visit: &'a mut dyn FnMut(ScanEntry) -> ControlFlow<()>,
}

impl Report<'_> {
    fn skipped(&mut self, stamp: FileStamp, reason: SkipReason) -> ControlFlow<()> {
        self.summary.files += 1;
        (self.visit)(ScanEntry::Skipped { stamp, reason })
    }

    fn unreadable(&mut self, path: String, error: &io::Error) -> ControlFlow<()> {
        self.summary.unreadable += 1;
        (self.visit)(ScanEntry::Unreadable {
            path,
            message: error.to_string().to_lowercase(),
        })
    }
}

/// The path below the root with `/` between folders, and whether it is the name to the letter. What is not UTF-8 is
/// replaced, and a hash of the real name is put behind it so that two such names stay two.
pub(crate) fn relative(root: &Path, path: &Path) -> (String, bool) {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str()).collect();
    let exact: Option<Vec<&str>> = parts.iter().map(|part| part.to_str()).collect();
    if let Some(exact) = exact {
        return (exact.join("/"), true);
    }
    let lossy: Vec<_> = parts.iter().map(|part| part.to_string_lossy()).collect();
    let hash = blake3::hash(below.as_os_str().as_encoded_bytes()).to_hex();
    (format!("{} ({})", lossy.join("/"), &hash[..8]), false)
}

/// A file's stamp.
pub(crate) fn stamp_of(relative: String, path: &Path, metadata: &Metadata) -> FileStamp {
    FileStamp {
        path: relative,
        size: metadata.len(),
        modified_ns: modified_ns(metadata),
        file_id: file_id(path, metadata),
    }
}

fn modified_ns(metadata: &Metadata) -> i64 {
    metadata.modified().map_or(0, nanoseconds)
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

#[cfg(unix)]
fn file_id(_path: &Path, metadata: &Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    // The same that `file-id` reads, without asking the system again.
    Some(FileId {
        device: metadata.dev(),
        inode: metadata.ino(),
        born_ns: metadata.created().ok().map(nanoseconds),
    })
}

/// The file system that the entry is on.
#[cfg(unix)]
fn device(metadata: &Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    Some(metadata.dev())
}

#[cfg(not(unix))]
fn device(_metadata: &Metadata) -> Option<u64> {
    None
}

#[cfg(not(unix))]
fn file_id(path: &Path, metadata: &Metadata) -> Option<FileId> {
    let born_ns = metadata.created().ok().map(nanoseconds);
    match file_id::get_file_id(path).ok()? {
        file_id::FileId::Inode {
            device_id,
            inode_number,
        } => Some(FileId {
            device: device_id,
            inode: inode_number,
            born_ns,
        }),
        file_id::FileId::LowRes {
            volume_serial_number,
            file_index,
        } => Some(FileId {
            device: u64::from(volume_serial_number),
            inode: file_index,
            born_ns,
        }),
        file_id::FileId::HighRes {
            volume_serial_number,
            file_id,
        } => {
            // Both halves count: file systems with wide ids use the upper one.
            Some(FileId {
                device: volume_serial_number ^ ((file_id >> 64) as u64),
                inode: file_id as u64,
                born_ns,
            })
        }
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::Partial(errors) => errors.first().and_then(path_of),
        _ => None,
    }
}
