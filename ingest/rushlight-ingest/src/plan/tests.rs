use proptest::prelude::*;
use rushlight_core::{ErrorCode, FileId, FileRow, SourceId};

use super::*;

const PARSER: u32 = 3;

fn stamp(path: &str, size: u64, inode: u64) -> FileStamp {
    let file_id = Some(FileId {
        device: 1,
        inode,
        born_ns: None,
    });
    FileStamp {
        path: path.to_owned(),
        size,
        modified_ns: 1_000 + size as i64,
        file_id,
    }
}

fn file(id: i64, stamp: FileStamp, status: FileStatus) -> FileRecord {
    FileRecord {
        id: FileRow(id),
        source_id: SourceId(1),
        stamp,
        status,
        content_hash: None,
        parser_version: PARSER,
    }
}

fn indexed(id: i64, path: &str, size: u64, inode: u64) -> FileRecord {
    file(id, stamp(path, size, inode), FileStatus::Indexed)
}

fn indexed_at(id: i64, stamp: FileStamp) -> FileRecord {
    file(id, stamp, FileStatus::Indexed)
}

fn reason() -> SkipReason {
    SkipReason {
        code: "too_large".to_owned(),
        message: "larger than the cap".to_owned(),
    }
}

fn online() -> ScanSummary {
    ScanSummary {
        online: true,
        ..ScanSummary::default()
    }
}

fn all(known: &[FileRecord], seen: &[ScanEntry]) -> Plan {
    plan(known, seen, &online(), &PlanScope::everything(PARSER))
}

#[test]
fn a_moved_file_is_a_rename_and_is_parsed_again_when_its_name_says_something_new() {
    let known = [indexed(1, "a/tea.md", 5, 10), indexed(2, "a/rent.txt", 6, 11)];
    let seen = [
        ScanEntry::File(stamp("b/a/tea.md", 5, 10)),
        ScanEntry::File(stamp("a/rent.md", 6, 11)),
    ];
    let plan = all(&known, &seen);
    let renames: Vec<_> = plan
        .renamed
        .iter()
        .map(|rename| (rename.file.0, rename.stamp.path.as_str(), rename.follow_up))
        .collect();
    assert_eq!(
        renames,
        [
            (2, "a/rent.md", RenameFollowUp::Reparse),
            (1, "b/a/tea.md", RenameFollowUp::Keep)
        ]
    );
    assert!(plan.added.is_empty() && plan.deleted.is_empty());
}

#[test]
fn a_file_that_took_anothers_place_is_no_rename() {
    // `mv a b` over an existing b: b keeps its row and changes, a is gone.
    let known = [indexed(1, "a", 5, 10), indexed(2, "b", 5, 11)];
    let plan = all(&known, &[ScanEntry::File(stamp("b", 5, 10))]);
    assert_eq!(
        plan.changed,
        [Restamp {
            file: FileRow(2),
            stamp: stamp("b", 5, 10)
        }]
    );
    assert_eq!(plan.deleted, [FileRow(1)]);
    assert!(plan.renamed.is_empty());
}

#[test]
fn a_new_file_on_a_reused_inode_is_no_rename() {
    let plan = all(&[indexed(1, "a", 5, 10)], &[ScanEntry::File(stamp("b", 6, 10))]);
    assert_eq!(
        (plan.deleted.len(), plan.added.len(), plan.renamed.len()),
        (1, 1, 0)
    );
}

fn born(mut stamp: FileStamp, born_ns: i64) -> FileStamp {
    stamp.file_id = stamp.file_id.map(|id| FileId {
        born_ns: Some(born_ns),
        ..id
    });
    stamp
}

#[test]
fn a_file_that_was_moved_and_edited_is_known_by_when_it_was_made() {
    let known = [file(1, born(stamp("a", 5, 10), 77), FileStatus::Indexed)];
    let edited = born(stamp("b", 6, 10), 77);
    let moved = all(&known, &[ScanEntry::File(edited.clone())]);
    assert_eq!(
        moved.renamed,
        [Rename {
            file: FileRow(1),
            stamp: edited,
            follow_up: RenameFollowUp::Reparse
        }]
    );
    // A later file on the same inode, even of the same size and time, is another.
    let other = all(&known, &[ScanEntry::File(born(stamp("b", 5, 10), 78))]);
    assert_eq!(
        (other.deleted.len(), other.added.len(), other.renamed.len()),
        (1, 1, 0)
    );
}

#[test]
fn a_file_that_was_made_anew_elsewhere_is_known_by_its_content() {
    let hash = |byte: u8| ContentHash([byte; 32]);
    let with_hash = |mut file: FileRecord, byte: u8| {
        file.content_hash = Some(hash(byte));
        file
    };
    let known = [
        with_hash(indexed(1, "old/a", 5, 10), 1),
        with_hash(indexed(2, "old/b", 5, 11), 2),
        with_hash(indexed(3, "old/c", 9, 12), 3),
    ];
    let seen = [
        ScanEntry::File(stamp("new/a", 5, 20)),
        ScanEntry::File(stamp("new/x", 5, 21)),
        ScanEntry::File(stamp("new/y", 7, 22)),
    ];
    let mut plan = all(&known, &seen);
    let mut asked = Vec::new();
    adopt_moved(&mut plan, &known, PARSER, &mut |stamp| {
        asked.push(stamp.path.clone());
        Some(hash(if stamp.path == "new/a" { 2 } else { 8 }))
    });
    assert_eq!(asked, ["new/a", "new/x"], "a size that is nobody's is not read");
    assert_eq!(plan.renamed.len(), 1);
    assert_eq!(
        (plan.renamed[0].file, plan.renamed[0].stamp.path.as_str()),
        (FileRow(2), "new/a")
    );
    assert_eq!(plan.deleted, [FileRow(1), FileRow(3)]);
    assert_eq!(plan.added.len(), 2);
}

#[test]
fn what_is_on_an_unmounted_disk_is_not_deleted() {
    let on = |device: u64, id: i64, path: &str| {
        let mut stamp = stamp(path, 1, id as u64);
        stamp.file_id = stamp.file_id.map(|file_id| FileId { device, ..file_id });
        indexed_at(id, stamp)
    };
    let look = |known: &[FileRecord], seen: &[&FileRecord], devices: &[u64]| {
        let seen: Vec<ScanEntry> = seen
            .iter()
            .map(|file| ScanEntry::File(file.stamp.clone()))
            .collect();
        let summary = ScanSummary {
            devices: devices.iter().copied().collect(),
            ..online()
        };
        let scope = PlanScope {
            devices: BTreeSet::from([1, 2]),
            ..PlanScope::everything(PARSER)
        };
        plan(known, &seen, &summary, &scope)
    };
    let (home, usb) = (on(1, 1, "a"), on(2, 2, "usb/b"));
    let known = [home.clone(), usb.clone()];
    // The disk below `usb` is away: its folder is there, on the root's device, and empty.
    let away = look(&known, &[&home], &[1]);
    assert!(away.deleted.is_empty() && away.online, "{away:?}");
    assert_eq!(away.unreadable.len(), 1);
    assert_eq!(
        away.devices,
        BTreeSet::from([1, 2]),
        "it is remembered until it is back"
    );
    // The disk is there, and the file is not.
    assert_eq!(look(&known, &[&home], &[1, 2]).deleted, [FileRow(2)]);
    // The disk got another number, as a file that is still there shows.
    let other = on(2, 3, "usb/c");
    let renumbered = on(9, 3, "usb/c");
    let known = [home.clone(), usb.clone(), other];
    assert_eq!(look(&known, &[&home, &renumbered], &[1, 9]).deleted, [FileRow(2)]);
    // The root itself was on the disk: what is left is the empty place where it was mounted.
    assert_eq!(look(&[home, usb], &[], &[7]), Plan::default());
}

#[test]
fn nothing_is_deleted_that_the_scan_could_not_see() {
    let known = [
        indexed(1, "a/x", 1, 1),
        indexed(2, "ab", 2, 2),
        indexed(3, "c/d/e", 3, 3),
    ];
    assert_eq!(
        plan(
            &known,
            &[],
            &ScanSummary::default(),
            &PlanScope::everything(PARSER)
        ),
        Plan::default()
    );
    let stopped = ScanSummary {
        online: true,
        stopped: true,
        ..ScanSummary::default()
    };
    assert!(plan(&known, &[], &stopped, &PlanScope::everything(PARSER)).changes_nothing());
    let unreadable = ScanEntry::Unreadable {
        path: "a".to_owned(),
        message: "permission denied".to_owned(),
    };
    assert_eq!(all(&known, &[unreadable]).deleted, [FileRow(2), FileRow(3)]);
    let scope = PlanScope {
        under: vec!["c".to_owned()],
        parser_version: PARSER,
        devices: BTreeSet::new(),
    };
    assert_eq!(plan(&known, &[], &online(), &scope).deleted, [FileRow(3)]);
}

#[test]
fn a_rename_across_two_scanned_paths_is_found() {
    let known = [indexed(1, "old/tea.md", 5, 10), indexed(2, "else", 1, 1)];
    let scope = PlanScope {
        under: vec!["old/tea.md".to_owned(), "new".to_owned()],
        parser_version: PARSER,
        devices: BTreeSet::new(),
    };
    let plan = plan(
        &known,
        &[ScanEntry::File(stamp("new/tea.md", 5, 10))],
        &online(),
        &scope,
    );
    assert_eq!(plan.renamed.len(), 1);
    assert!(plan.deleted.is_empty() && plan.added.is_empty() && !plan.complete);
}

#[test]
fn what_an_older_parser_decided_is_looked_at_again() {
    let failed = FileStatus::Failed {
        code: ErrorCode::FileBroken,
        message: String::new(),
        attempts: 1,
        next_attempt: None,
    };
    let mut old = file(1, stamp("a.pdf", 5, 10), failed);
    assert!(all(std::slice::from_ref(&old), &[ScanEntry::File(old.stamp.clone())]).changes_nothing());
    old.parser_version = PARSER - 1;
    let plan = all(std::slice::from_ref(&old), &[ScanEntry::File(old.stamp.clone())]);
    assert_eq!(plan.changed.len(), 1);
    assert_eq!(plan.upserts(), 1);
}

#[test]
fn another_device_number_alone_is_no_change_of_content() {
    let known = [indexed(1, "a", 5, 10)];
    let mut moved = stamp("a", 5, 10);
    moved.file_id = Some(FileId {
        device: 99,
        inode: 10,
        born_ns: None,
    });
    let plan = all(&known, &[ScanEntry::File(moved.clone())]);
    assert_eq!(
        plan.restamped,
        [Restamp {
            file: FileRow(1),
            stamp: moved
        }]
    );
    assert_eq!(plan.upserts(), 0);
}

#[test]
fn a_file_that_is_left_out_says_so_once_and_comes_back() {
    let skipped = FileStatus::Skipped {
        reason: reason(),
        by: SkippedBy::Scan,
    };
    let known = [file(1, stamp("a", 5, 10), skipped)];
    let still = ScanEntry::Skipped {
        stamp: stamp("a", 5, 10),
        reason: reason(),
    };
    assert!(all(&known, &[still]).changes_nothing());
    assert_eq!(
        all(&known, &[ScanEntry::File(stamp("a", 5, 10))]).changed.len(),
        1
    );
}

/// What a file is to the ledger after a plan: its stamp, and why the scan leaves it out.
type Oracle = BTreeMap<String, (FileStamp, Option<SkipReason>)>;

fn apply(known: &[FileRecord], plan: &Plan) -> Oracle {
    let mut files: BTreeMap<FileRow, (FileStamp, Option<SkipReason>)> = known
        .iter()
        .map(|file| {
            let skip = match &file.status {
                FileStatus::Skipped {
                    reason,
                    by: SkippedBy::Scan,
                } => Some(reason.clone()),
                _ => None,
            };
            (file.id, (file.stamp.clone(), skip))
        })
        .collect();
    let mut fresh = 1_000..;
    for file in &plan.deleted {
        assert!(files.remove(file).is_some(), "{file} is deleted once");
    }
    for Rename { file, stamp, .. } in &plan.renamed {
        files
            .insert(*file, (stamp.clone(), None))
            .expect("a renamed file is known");
    }
    for Restamp { file, stamp } in plan.changed.iter().chain(&plan.restamped) {
        let (old, _) = files
            .insert(*file, (stamp.clone(), None))
            .expect("a changed file is known");
        assert_eq!(old.path, stamp.path);
    }
    for stamp in &plan.added {
        files.insert(FileRow(fresh.next().expect("endless")), (stamp.clone(), None));
    }
    for ScanSkip { file, stamp, reason } in &plan.skipped {
        let row = file.unwrap_or_else(|| FileRow(fresh.next().expect("endless")));
        files.insert(row, (stamp.clone(), Some(reason.clone())));
    }
    let count = files.len();
    let by_path: Oracle = files
        .into_values()
        .map(|value| (value.0.path.clone(), value))
        .collect();
    assert_eq!(by_path.len(), count, "no two files at one path");
    by_path
}

fn paths() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "d/a", "d/b", "d/e/a", "茶.md"]).prop_map(str::to_owned)
}

fn stamps() -> impl Strategy<Value = FileStamp> {
    (paths(), 0..3u64, prop::option::of(0..4u64)).prop_map(|(path, size, inode)| FileStamp {
        file_id: inode.map(|inode| FileId {
            device: 1,
            inode,
            born_ns: None,
        }),
        ..stamp(&path, size, 0)
    })
}

fn known_files() -> impl Strategy<Value = Vec<FileRecord>> {
    let status = prop_oneof![
        Just(FileStatus::Waiting),
        Just(FileStatus::Indexed),
        Just(FileStatus::Skipped {
            reason: reason(),
            by: SkippedBy::Scan
        }),
        Just(FileStatus::Skipped {
            reason: reason(),
            by: SkippedBy::Parser
        }),
    ];
    prop::collection::vec((stamps(), status, 2..4u32), 0..7).prop_map(|files| {
        let unique: BTreeMap<String, _> = files
            .into_iter()
            .map(|file| (file.0.path.clone(), file))
            .collect();
        unique
            .into_values()
            .enumerate()
            .map(|(id, (stamp, status, parser_version))| FileRecord {
                parser_version,
                ..file(id as i64 + 1, stamp, status)
            })
            .collect()
    })
}

fn entries() -> impl Strategy<Value = Vec<ScanEntry>> {
    let entry = (stamps(), any::<bool>()).prop_map(|(stamp, skip)| match skip {
        true => ScanEntry::Skipped {
            stamp,
            reason: reason(),
        },
        false => ScanEntry::File(stamp),
    });
    prop::collection::vec(entry, 0..9).prop_map(|entries| {
        let unique: BTreeMap<String, ScanEntry> = entries
            .into_iter()
            .map(|entry| match &entry {
                ScanEntry::File(stamp) | ScanEntry::Skipped { stamp, .. } => (stamp.path.clone(), entry),
                ScanEntry::Unreadable { path, .. } => (path.clone(), entry),
            })
            .collect();
        unique.into_values().collect()
    })
}

proptest! {
    #[test]
    fn applying_a_plan_gives_exactly_what_was_seen(known in known_files(), seen in entries()) {
        let result = apply(&known, &all(&known, &seen));
        let expected: Oracle = seen
            .iter()
            .filter_map(|entry| match entry {
                ScanEntry::File(stamp) => Some((stamp.path.clone(), (stamp.clone(), None))),
                ScanEntry::Skipped { stamp, reason } => Some((stamp.path.clone(), (stamp.clone(), Some(reason.clone())))),
                ScanEntry::Unreadable { .. } => None,
            })
            .collect();
        prop_assert_eq!(result, expected);
    }

    #[test]
    fn the_order_of_files_does_not_matter(
        (known, shuffled_known) in known_files().prop_flat_map(|files| (Just(files.clone()), Just(files).prop_shuffle())),
        (seen, shuffled_seen) in entries().prop_flat_map(|seen| (Just(seen.clone()), Just(seen).prop_shuffle())),
    ) {
        prop_assert_eq!(all(&known, &seen), all(&shuffled_known, &shuffled_seen));
    }
}
