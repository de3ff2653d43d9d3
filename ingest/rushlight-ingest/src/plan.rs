//! Comparing a scan with what the ledger knows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rushlight_core::{
    ContentHash, FileRecord, FileStamp, FileStatus, Plan, Rename, RenameFollowUp, Restamp, ScanEntry,
    ScanSkip, ScanSummary, SkipReason, SkippedBy,
};

/// What the scan was to cover, and what would parse its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanScope {
    /// Paths below the root that were scanned, each with all below it; an empty path stands for the root.
    pub under: Vec<String>,
    /// The parser's version: files that an older one decided on are looked at again.
    pub parser_version: u32,
    /// Device numbers that the folders had when all below the root was last seen. Files on one that is not there any
    /// more are not deleted: their disk is unmounted.
    pub devices: BTreeSet<u64>,
}

impl PlanScope {
    /// A scan of all below the root.
    pub fn everything(parser_version: u32) -> Self {
        Self {
            under: vec![String::new()],
            parser_version,
            devices: BTreeSet::new(),
        }
    }

    fn covers(&self, path: &str) -> bool {
        self.under.iter().any(|folder| lies_below(path, folder))
    }
}

/// The steps that make `known` equal to `seen`.
///
/// A file is the same when path, size, change time and inode are. It has moved when its old path is gone and a new one
/// has its device and inode, and either was made at the same moment or has its size and change time. Nothing is deleted
/// that the scan could not see: outside its scope, below an unreadable folder, on a disk that is not mounted, after it
/// was stopped, or when the root is missing; a root of which nothing is left but the place where its disk is mounted is
/// missing. The order of `known` and `seen` does not matter.
pub fn plan(known: &[FileRecord], seen: &[ScanEntry], summary: &ScanSummary, scope: &PlanScope) -> Plan {
    if !summary.online {
        return Plan::default();
    }
    let mut plan = Plan {
        online: true,
        complete: !summary.stopped && scope.covers(""),
        ..Plan::default()
    };
    let known: BTreeMap<&str, &FileRecord> = known
        .iter()
        .map(|file| (file.stamp.path.as_str(), file))
        .filter(|(path, _)| scope.covers(path))
        .collect();
    let sightings = sightings(seen, &mut plan.unreadable);

    let mut new: Vec<&FileStamp> = Vec::new();
    for (path, (stamp, skip)) in &sightings {
        let file = known.get(path).copied();
        match (file, skip) {
            (file, Some(reason)) => skip_file(&mut plan, file, stamp, reason),
            (Some(file), None) => compare(&mut plan, file, stamp, scope.parser_version),
            (None, None) => new.push(stamp),
        }
    }

    let unseen = |path: &str| !plan.unreadable.iter().any(|(folder, _)| lies_below(path, folder));
    let mut gone: Vec<&FileRecord> = match summary.stopped {
        true => Vec::new(),
        false => known
            .iter()
            .filter(|(path, _)| !sightings.contains_key(*path) && unseen(path))
            .map(|(_, file)| *file)
            .collect(),
    };
    let unmounted = unmounted(&known, &sightings, summary, scope);
    let on_unmounted =
        |file: &FileRecord| device(&file.stamp).is_some_and(|device| unmounted.contains(&device));
    let all_missing = !unmounted.is_empty() && scope.devices.is_disjoint(&summary.devices);
    if all_missing && sightings.is_empty() && gone.iter().all(|file| on_unmounted(file)) {
        return Plan::default();
    }
    let kept: Vec<&FileRecord> = gone.extract_if(.., |file| on_unmounted(file)).collect();
    if let (Some(first), count) = (kept.first(), kept.len()) {
        let message = format!("its disk is not mounted, and {count} files of it stay as they were");
        plan.unreadable.push((first.stamp.path.clone(), message));
    }
    plan.devices = summary.devices.union(&unmounted).copied().collect();
    let (renamed, added) = pair_renames(&gone, new, scope.parser_version);
    let moved: HashSet<_> = renamed.iter().map(|rename| rename.file).collect();
    plan.deleted = gone
        .iter()
        .map(|file| file.id)
        .filter(|file| !moved.contains(file))
        .collect();
    plan.renamed = renamed;
    plan.added = added;
    plan
}

/// Pairs files that the plan deletes with files that it adds, where `content` says that they are the same to the byte:
/// some programs move a file by making a new one. `content` reads a file; it is asked only where the sizes agree.
pub fn adopt_moved(
    plan: &mut Plan,
    known: &[FileRecord],
    parser_version: u32,
    content: &mut dyn FnMut(&FileStamp) -> Option<ContentHash>,
) {
    let deleted: HashSet<_> = plan.deleted.iter().copied().collect();
    let mut gone: Vec<&FileRecord> = known
        .iter()
        .filter(|file| deleted.contains(&file.id) && file.content_hash.is_some() && file.stamp.size > 0)
        .collect();
    gone.sort_by(|a, b| a.stamp.path.cmp(&b.stamp.path));
    let sizes: HashSet<u64> = gone.iter().map(|file| file.stamp.size).collect();
    let added = std::mem::take(&mut plan.added);
    for stamp in added {
        let hash = match gone.is_empty() || !sizes.contains(&stamp.size) {
            true => None,
            false => content(&stamp),
        };
        let origin = hash.and_then(|hash| gone.iter().position(|file| file.content_hash == Some(hash)));
        match origin {
            Some(at) => {
                let file = gone.remove(at);
                plan.renamed.push(rename(file, &stamp, parser_version));
                plan.deleted.retain(|deleted| *deleted != file.id);
            }
            None => plan.added.push(stamp),
        }
    }
    plan.renamed.sort_by(|a, b| a.stamp.path.cmp(&b.stamp.path));
}

/// Devices that folders were on and no longer are, and of whose files not one is seen.
fn unmounted(
    known: &BTreeMap<&str, &FileRecord>,
    sightings: &Sightings<'_>,
    summary: &ScanSummary,
    scope: &PlanScope,
) -> BTreeSet<u64> {
    if summary.devices.is_empty() {
        return BTreeSet::new();
    }
    let mut missing: BTreeSet<u64> = scope.devices.difference(&summary.devices).copied().collect();
    if missing.is_empty() {
        return missing;
    }
    // A file that is still there under another number tells that the disk only got another number.
    for (path, file) in known {
        if let (Some(device), true) = (device(&file.stamp), sightings.contains_key(path)) {
            missing.remove(&device);
        }
    }
    let used: BTreeSet<u64> = known.values().filter_map(|file| device(&file.stamp)).collect();
    missing.intersection(&used).copied().collect()
}

fn device(stamp: &FileStamp) -> Option<u64> {
    stamp.file_id.map(|id| id.device)
}

type Sightings<'a> = BTreeMap<&'a str, (&'a FileStamp, Option<&'a SkipReason>)>;

/// The scan's files by path. A path reported twice counts once, as a file to index where one report says so.
fn sightings<'a>(seen: &'a [ScanEntry], unreadable: &mut Vec<(String, String)>) -> Sightings<'a> {
    let mut sightings = Sightings::new();
    for entry in seen {
        let (stamp, skip) = match entry {
            ScanEntry::File(stamp) => (stamp, None),
            ScanEntry::Skipped { stamp, reason } => (stamp, Some(reason)),
            ScanEntry::Unreadable { path, message } => {
                unreadable.push((path.clone(), message.clone()));
                continue;
            }
        };
        let rank =
            |stamp: &FileStamp, skip: Option<&SkipReason>| (skip.is_none(), stamp.modified_ns, stamp.size);
        let better = sightings
            .get(stamp.path.as_str())
            .is_none_or(|(other, other_skip)| rank(stamp, skip) > rank(other, *other_skip));
        if better {
            sightings.insert(&stamp.path, (stamp, skip));
        }
    }
    unreadable.sort_unstable();
    unreadable.dedup();
    sightings
}

fn skip_file(plan: &mut Plan, file: Option<&FileRecord>, stamp: &FileStamp, reason: &SkipReason) {
    if let Some(file) = file {
        let known_so = matches!(&file.status, FileStatus::Skipped { reason: known, by: SkippedBy::Scan } if known == reason);
        if known_so && file.stamp == *stamp {
            return;
        }
    }
    plan.skipped.push(ScanSkip {
        file: file.map(|file| file.id),
        stamp: stamp.clone(),
        reason: reason.clone(),
    });
}

fn compare(plan: &mut Plan, file: &FileRecord, stamp: &FileStamp, parser_version: u32) {
    let restamp = Restamp {
        file: file.id,
        stamp: stamp.clone(),
    };
    if !same_content(&file.stamp, stamp) || asks_to_be_read(file, parser_version) {
        plan.changed.push(restamp);
    } else if file.stamp != *stamp {
        plan.restamped.push(restamp);
    }
}

/// The device's number changes when a disk is mounted elsewhere or the machine restarts; the inode does not.
fn same_content(known: &FileStamp, seen: &FileStamp) -> bool {
    let inodes = known.file_id.zip(seen.file_id);
    known.size == seen.size
        && known.modified_ns == seen.modified_ns
        && inodes.is_none_or(|(known, seen)| known.inode == seen.inode)
}

/// True for a file whose status was decided by what no longer decides so. One that waits already does so anyway.
fn asks_to_be_read(file: &FileRecord, parser_version: u32) -> bool {
    match &file.status {
        FileStatus::Waiting => false,
        FileStatus::Skipped {
            by: SkippedBy::Scan, ..
        } => true,
        FileStatus::Indexed
        | FileStatus::Skipped {
            by: SkippedBy::Parser,
            ..
        }
        | FileStatus::Failed { .. } => file.parser_version != parser_version,
    }
}

/// Pairs files that are gone with files that are new by what the file system calls them.
fn pair_renames(
    gone: &[&FileRecord],
    new: Vec<&FileStamp>,
    parser_version: u32,
) -> (Vec<Rename>, Vec<FileStamp>) {
    let mut candidates: HashMap<(u64, u64), Vec<&FileRecord>> = HashMap::new();
    // `gone` is in the order of paths, and so is each list, from behind.
    for file in gone.iter().rev() {
        if let (Some(id), false) = (file.stamp.file_id, left_out_by_scan(file)) {
            candidates.entry((id.device, id.inode)).or_default().push(file);
        }
    }
    let mut renamed = Vec::new();
    let mut added = Vec::new();
    for stamp in new {
        let on_inode = stamp
            .file_id
            .and_then(|id| candidates.get_mut(&(id.device, id.inode)));
        let origin = on_inode.and_then(|files| {
            let at = files.iter().rposition(|file| is_same_file(&file.stamp, stamp))?;
            Some(files.remove(at))
        });
        match origin {
            Some(file) => renamed.push(rename(file, stamp, parser_version)),
            None => added.push(stamp.clone()),
        }
    }
    (renamed, added)
}

/// True for one file under two names, both on one inode. When the file system does not say when a file was made, it
/// may be a later one on the same inode; then an edit beside the move makes it another.
fn is_same_file(known: &FileStamp, seen: &FileStamp) -> bool {
    let born = |stamp: &FileStamp| stamp.file_id.and_then(|id| id.born_ns);
    match (born(known), born(seen)) {
        (Some(known), Some(seen)) => known == seen,
        _ => known.size == seen.size && known.modified_ns == seen.modified_ns,
    }
}

fn rename(file: &FileRecord, stamp: &FileStamp, parser_version: u32) -> Rename {
    let unchanged = file.stamp.size == stamp.size && file.stamp.modified_ns == stamp.modified_ns;
    let reparse = !unchanged
        || last_two_names(&file.stamp.path) != last_two_names(&stamp.path)
        || asks_to_be_read(file, parser_version);
    Rename {
        file: file.id,
        stamp: stamp.clone(),
        follow_up: match reparse {
            true => RenameFollowUp::Reparse,
            false => RenameFollowUp::Keep,
        },
    }
}

fn left_out_by_scan(file: &FileRecord) -> bool {
    matches!(
        file.status,
        FileStatus::Skipped {
            by: SkippedBy::Scan,
            ..
        }
    )
}

/// The file's name and its folder's, by which a parser may guess the type.
fn last_two_names(path: &str) -> (Option<&str>, Option<&str>) {
    let mut names = path.rsplit('/');
    (names.next(), names.next())
}

fn lies_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
