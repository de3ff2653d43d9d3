//! Comparing a scan with what the ledger knows.

use std::collections::{BTreeMap, HashMap, HashSet};

use rushlight_core::{
    FileId, FileRecord, FileStamp, FileStatus, Plan, Rename, RenameFollowUp, Restamp, ScanEntry, ScanSkip,
    ScanSummary, SkipReason, SkippedBy,
};

/// What the scan was to cover, and what would parse its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanScope {
    /// Paths below the root that were scanned, each with all below it; an empty path stands for the root.
    pub under: Vec<String>,
    /// The parser's version: files that an older one decided on are looked at again.
    pub parser_version: u32,
}

impl PlanScope {
    /// A scan of all below the root.
    pub fn everything(parser_version: u32) -> Self {
        Self {
            under: vec![String::new()],
            parser_version,
        }
    }

    fn covers(&self, path: &str) -> bool {
        self.under.iter().any(|folder| lies_below(path, folder))
    }
}

/// The steps that make `known` equal to `seen`.
///
/// A file is the same when path, size, change time and inode are. It has moved when its old path is gone and a new one
/// has its device and inode, size and change time. Nothing is deleted that the scan could not see: outside its scope,
/// below an unreadable folder, after it was stopped, or when the root is missing. The order of `known` and `seen` does
/// not matter.
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
    let gone: Vec<&FileRecord> = match summary.stopped {
        true => Vec::new(),
        false => known
            .iter()
            .filter(|(path, _)| !sightings.contains_key(*path) && unseen(path))
            .map(|(_, file)| *file)
            .collect(),
    };
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
    let mut candidates: HashMap<(FileId, u64, i64), Vec<&FileRecord>> = HashMap::new();
    // `gone` is in the order of paths, and so is each list, from behind.
    for file in gone.iter().rev() {
        if let (Some(key), false) = (identity(&file.stamp), left_out_by_scan(file)) {
            candidates.entry(key).or_default().push(file);
        }
    }
    let mut renamed = Vec::new();
    let mut added = Vec::new();
    for stamp in new {
        let origin = identity(stamp)
            .and_then(|key| candidates.get_mut(&key))
            .and_then(Vec::pop);
        match origin {
            Some(file) => {
                let reparse = last_two_names(&file.stamp.path) != last_two_names(&stamp.path)
                    || asks_to_be_read(file, parser_version);
                let follow_up = if reparse {
                    RenameFollowUp::Reparse
                } else {
                    RenameFollowUp::Keep
                };
                renamed.push(Rename {
                    file: file.id,
                    stamp: stamp.clone(),
                    follow_up,
                });
            }
            None => added.push(stamp.clone()),
        }
    }
    (renamed, added)
}

fn identity(stamp: &FileStamp) -> Option<(FileId, u64, i64)> {
    stamp.file_id.map(|id| (id, stamp.size, stamp.modified_ns))
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
