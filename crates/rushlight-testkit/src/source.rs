//! A folder that exists in memory only.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;
use rushlight_core::source::modified_at;
use rushlight_core::{
    ContentHash, Error, ErrorCode, FileId, FileStamp, RawFile, Result, ScanEntry, ScanSummary, SkipReason,
    Source, SourceEvent, WatchGuard,
};

type Sink = Arc<dyn Fn(SourceEvent) + Send + Sync>;

/// A [`Source`] in memory. A clone is another handle of the same tree.
///
/// Every write moves the tree's own clock by one second, so that each has its own time of change.
#[derive(Clone)]
pub struct FakeSource {
    root: String,
    tree: Arc<Mutex<Tree>>,
}

#[derive(Default)]
struct Tree {
    files: BTreeMap<String, Entry>,
    unreadable: BTreeMap<String, String>,
    skipped: BTreeMap<String, SkipReason>,
    offline: bool,
    silent: bool,
    largest: Option<u64>,
    seconds: i64,
    inodes: u64,
    watchers: HashMap<u64, Sink>,
    watches: u64,
}

struct Entry {
    bytes: Vec<u8>,
    modified_ns: i64,
    file_id: FileId,
}

impl FakeSource {
    /// An empty folder.
    pub fn new(root: impl Into<String>) -> Self {
        Self {
            root: root.into(),
            tree: Arc::default(),
        }
    }

    /// Creates a file, or changes it in place: its identity stays.
    pub fn write(&self, path: &str, content: impl Into<Vec<u8>>) {
        let mut tree = self.tree.lock();
        let modified_ns = tree.tick();
        let known = tree.files.get(path).map(|entry| entry.file_id);
        let file_id = known.unwrap_or_else(|| tree.new_file_id());
        tree.files.insert(
            path.to_owned(),
            Entry {
                bytes: content.into(),
                modified_ns,
                file_id,
            },
        );
        drop(tree);
        self.changed(&[path]);
    }

    /// Changes a file the way many editors do: a new one takes its name, so that its identity is another.
    pub fn replace(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.tree.lock().files.remove(path);
        self.write(path, content);
    }

    /// Deletes a file, or everything below a folder.
    pub fn remove(&self, path: &str) {
        self.tree.lock().files.retain(|known, _| !is_below(known, path));
        self.changed(&[path]);
    }

    /// Renames a file, or a folder with all below it; change times and identities stay.
    pub fn rename(&self, from: &str, to: &str) {
        let mut tree = self.tree.lock();
        let moved: Vec<String> = tree
            .files
            .keys()
            .filter(|known| is_below(known, from))
            .cloned()
            .collect();
        for path in moved {
            if let Some(entry) = tree.files.remove(&path) {
                tree.files.insert(format!("{to}{}", &path[from.len()..]), entry);
            }
        }
        drop(tree);
        self.changed(&[from, to]);
    }

    /// Takes the whole root away, or brings it back.
    pub fn set_offline(&self, offline: bool) {
        self.tree.lock().offline = offline;
    }

    /// Makes a file or folder unreadable, or readable again with `None`.
    pub fn set_unreadable(&self, path: &str, message: Option<&str>) {
        let mut tree = self.tree.lock();
        match message {
            Some(message) => tree.unreadable.insert(path.to_owned(), message.to_owned()),
            None => tree.unreadable.remove(path),
        };
    }

    /// Has scans report this file as left out.
    pub fn skip(&self, path: &str, reason: SkipReason) {
        self.tree.lock().skipped.insert(path.to_owned(), reason);
    }

    /// Refuses to fetch files above so many bytes.
    pub fn set_max_bytes(&self, bytes: u64) {
        self.tree.lock().largest = Some(bytes);
    }

    /// Loses the events of all that happens from now on, or reports again.
    pub fn lose_events(&self, lose: bool) {
        self.tree.lock().silent = lose;
    }

    /// Tells the watchers something that did not happen here.
    pub fn emit(&self, event: &SourceEvent) {
        let sinks: Vec<Sink> = self.tree.lock().watchers.values().cloned().collect();
        for sink in sinks {
            sink(event.clone());
        }
    }

    /// The stamp a scan would report.
    pub fn stamp(&self, path: &str) -> Option<FileStamp> {
        self.tree.lock().files.get(path).map(|entry| entry.stamp(path))
    }

    fn changed(&self, paths: &[&str]) {
        if !self.tree.lock().silent {
            for path in paths {
                self.emit(&SourceEvent::Changed((*path).to_owned()));
            }
        }
    }
}

impl Tree {
    fn tick(&mut self) -> i64 {
        self.seconds += 1;
        (1_767_225_600 + self.seconds) * 1_000_000_000
    }

    fn new_file_id(&mut self) -> FileId {
        self.inodes += 1;
        FileId {
            device: 1,
            inode: self.inodes,
            born_ns: None,
        }
    }

    /// The file, if it can be read.
    fn entry(&self, path: &str) -> Result<&Entry> {
        if let Some((_, message)) = self.unreadable_at(path) {
            return Err(Error::new(
                ErrorCode::FileUnreadable,
                format!("cannot read `{path}`: {message}"),
            ));
        }
        (!self.offline)
            .then(|| self.files.get(path))
            .flatten()
            .ok_or_else(|| Error::new(ErrorCode::FileVanished, format!("`{path}` is gone")))
    }

    /// The outermost folder or file at or above `path` that cannot be read.
    fn unreadable_at(&self, path: &str) -> Option<(&String, &String)> {
        self.unreadable.iter().find(|(known, _)| is_below(path, known))
    }
}

impl Entry {
    fn stamp(&self, path: &str) -> FileStamp {
        FileStamp {
            path: path.to_owned(),
            size: self.bytes.len() as u64,
            modified_ns: self.modified_ns,
            file_id: Some(self.file_id),
        }
    }
}

/// Whether `path` is `folder` or lies below it; everything lies below the empty path.
fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Source for FakeSource {
    fn root(&self) -> &str {
        &self.root
    }

    fn scan(&self, under: &str, visit: &mut dyn FnMut(ScanEntry) -> ControlFlow<()>) -> Result<ScanSummary> {
        let mut entries = Vec::new();
        {
            let tree = self.tree.lock();
            if tree.offline {
                return Ok(ScanSummary::default());
            }
            for (path, entry) in tree.files.iter().filter(|(path, _)| is_below(path, under)) {
                if let Some((at, message)) = tree.unreadable_at(path) {
                    let unreadable = ScanEntry::Unreadable {
                        path: at.clone(),
                        message: message.clone(),
                    };
                    if entries.last() != Some(&unreadable) {
                        entries.push(unreadable);
                    }
                } else if let Some(reason) = tree.skipped.get(path) {
                    entries.push(ScanEntry::Skipped {
                        stamp: entry.stamp(path),
                        reason: reason.clone(),
                    });
                } else {
                    entries.push(ScanEntry::File(entry.stamp(path)));
                }
            }
        }
        // Visited without the lock: a test may change the tree in the middle of a scan.
        let mut summary = ScanSummary {
            online: true,
            ..ScanSummary::default()
        };
        for entry in entries {
            match entry {
                ScanEntry::Unreadable { .. } => summary.unreadable += 1,
                ScanEntry::File(_) | ScanEntry::Skipped { .. } => summary.files += 1,
            }
            if visit(entry).is_break() {
                summary.stopped = true;
                break;
            }
        }
        Ok(summary)
    }

    fn fetch(&self, stamp: &FileStamp) -> Result<RawFile> {
        let tree = self.tree.lock();
        let path = &stamp.path;
        let entry = tree.entry(path)?;
        if tree
            .largest
            .is_some_and(|largest| entry.bytes.len() as u64 > largest)
        {
            return Err(Error::new(
                ErrorCode::FileTooLarge,
                format!("`{path}` has {} bytes", entry.bytes.len()),
            ));
        }
        Ok(RawFile {
            path: path.clone(),
            bytes: entry.bytes.clone(),
            content_hash: ContentHash(*blake3::hash(&entry.bytes).as_bytes()),
            modified: modified_at(entry.modified_ns),
        })
    }

    fn open(&self, stamp: &FileStamp) -> Result<Box<dyn Read + Send>> {
        let tree = self.tree.lock();
        let bytes = tree.entry(&stamp.path)?.bytes.clone();
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn watch(&self, sink: Box<dyn Fn(SourceEvent) + Send + Sync>) -> Result<Box<dyn WatchGuard>> {
        let mut tree = self.tree.lock();
        tree.watches += 1;
        let number = tree.watches;
        tree.watchers.insert(number, Arc::from(sink));
        Ok(Box::new(Guard {
            tree: self.tree.clone(),
            number,
        }))
    }
}

/// Ends the watch when dropped.
struct Guard {
    tree: Arc<Mutex<Tree>>,
    number: u64,
}

impl WatchGuard for Guard {}

impl Drop for Guard {
    fn drop(&mut self) {
        self.tree.lock().watchers.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;

    fn paths(source: &FakeSource, under: &str) -> Vec<String> {
        let mut paths = Vec::new();
        source
            .scan(under, &mut |entry| {
                paths.push(match entry {
                    ScanEntry::File(stamp) => stamp.path,
                    ScanEntry::Skipped { stamp, reason } => format!("{} ({})", stamp.path, reason.code),
                    ScanEntry::Unreadable { path, message } => format!("{path} ({message})"),
                });
                ControlFlow::Continue(())
            })
            .expect("scans");
        paths
    }

    #[test]
    fn the_fake_keeps_the_contract() {
        contract::source(|files| {
            let source = FakeSource::new("/fake");
            files
                .iter()
                .for_each(|(path, content)| source.write(path, *content));
            Box::new(source)
        });
    }

    #[test]
    fn identity_survives_a_rename_and_not_a_replacement() {
        let source = FakeSource::new("/r");
        source.write("a/x.md", "one");
        let before = source.stamp("a/x.md").expect("there");
        source.rename("a", "b");
        let after = source.stamp("b/x.md").expect("moved");
        assert_eq!(
            (before.file_id, before.modified_ns),
            (after.file_id, after.modified_ns)
        );
        source.replace("b/x.md", "one");
        assert_ne!(source.stamp("b/x.md").expect("there").file_id, after.file_id);
    }

    #[test]
    fn what_cannot_be_read_hides_what_is_below() {
        let source = FakeSource::new("/r");
        for path in ["a/1", "a/2", "b"] {
            source.write(path, "x");
        }
        source.set_unreadable("a", Some("denied"));
        source.skip(
            "b",
            SkipReason {
                code: "binary".to_owned(),
                message: String::new(),
            },
        );
        assert_eq!(paths(&source, ""), ["a (denied)", "b (binary)"]);
        source.set_offline(true);
        assert!(paths(&source, "").is_empty());
    }

    #[test]
    fn events_reach_watchers_until_they_are_lost_or_gone() {
        let source = FakeSource::new("/r");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        let guard = source
            .watch(Box::new(move |event| sink.lock().push(event)))
            .expect("watches");
        source.write("a", "1");
        source.lose_events(true);
        source.write("a", "2");
        source.lose_events(false);
        source.emit(&SourceEvent::Rescan);
        drop(guard);
        source.write("a", "3");
        assert_eq!(
            *seen.lock(),
            [SourceEvent::Changed("a".to_owned()), SourceEvent::Rescan]
        );
    }
}
