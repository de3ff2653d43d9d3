//! Files that are compared again, crashes that are remembered, and what pausing holds back.

use rushlight_core::{ErrorCode, FileRecord, FileStatus, Plan, Principal, Restamp, Timestamp};
use rushlight_ledger::{Ledger, Requeue};

use crate::support::{MODEL, NOW, hash, index_files, indexed, ledger, online, stamp};

const SECOND: i64 = 1_000;

fn later(milliseconds: i64) -> Timestamp {
    Timestamp(NOW.0 + milliseconds)
}

fn paths(files: Vec<FileRecord>) -> Vec<String> {
    files.into_iter().map(|file| file.stamp.path).collect()
}

/// Indexes `path` as read at `read`, written at `written`.
fn index_at(ledger: &Ledger, path: &str, written: Timestamp, read: Timestamp) {
    let source = ledger.sources().expect("readable")[0].id;
    let plan = Plan {
        added: vec![stamp(path, written.0)],
        ..online()
    };
    ledger.apply_plan(source, &plan, read).expect("applied");
    let file = ledger.files_below(source, path).expect("readable").remove(0);
    ledger
        .complete_files(&[indexed(ledger, &file, &[("", "", path)])], read)
        .expect("completed");
}

#[test]
fn a_file_read_as_it_was_written_is_looked_at_once_more() {
    let (ledger, source, _) = ledger();
    index_at(&ledger, "fresh", NOW, later(300));
    index_at(&ledger, "old", later(-60 * SECOND), later(300));
    assert!(ledger.has_unsettled_files().expect("readable"));
    let unsettled = |now| paths(ledger.unsettled_files(now, 9).expect("readable"));
    assert!(unsettled(later(1_900)).is_empty(), "its moment is not over");
    assert_eq!(unsettled(later(2_100)), ["fresh"]);
    let fresh = ledger.files_below(source, "fresh").expect("readable")[0].id;
    ledger.note_checked(&[fresh], &[], later(2_100)).expect("noted");
    assert!(!ledger.has_unsettled_files().expect("readable"));
}

#[test]
fn the_longest_unchecked_files_come_first_and_changed_ones_wait() {
    let (ledger, source, _) = ledger();
    for (number, path) in ["c", "a", "b"].iter().enumerate() {
        index_at(&ledger, path, later(-3_600 * SECOND), later(number as i64));
    }
    let unchecked = |before| paths(ledger.longest_unchecked(before, 2).expect("readable"));
    assert_eq!(unchecked(later(100)), ["c", "a"]);
    let rows: Vec<_> = ["c", "a"]
        .iter()
        .map(|path| ledger.files_below(source, path).expect("readable")[0].id)
        .collect();
    ledger
        .note_checked(&rows[..1], &rows[1..], later(100))
        .expect("noted");
    assert_eq!(unchecked(later(100)), ["b"]);
    let changed = ledger.file(rows[1]).expect("readable").expect("known");
    assert_eq!(changed.status, FileStatus::Waiting);
    assert!(
        changed.content_hash.is_some(),
        "its documents stay until it is read"
    );
    assert_eq!(ledger.waiting_bytes().expect("readable"), changed.stamp.size);
    ledger.set_source_paused(source, true).expect("paused");
    assert!(unchecked(later(100)).is_empty());
    assert_eq!(ledger.waiting_bytes().expect("readable"), 0);
}

#[test]
fn a_crash_is_remembered_for_its_bytes_and_parser_until_somebody_asks_again() {
    let (ledger, source, _) = ledger();
    let (bad, other) = (hash("bad"), hash("other"));
    ledger
        .note_crash(bad, 3, ErrorCode::ParserFailed, "it ended")
        .expect("noted");
    let crash = |content, version| ledger.crash(content, version).expect("readable");
    assert_eq!(
        crash(bad, 3),
        Some((ErrorCode::ParserFailed, "it ended".to_owned()))
    );
    assert_eq!((crash(other, 3), crash(bad, 4)), (None, None));
    ledger
        .note_crash(other, 4, ErrorCode::ParserFailed, "it too")
        .expect("noted");
    assert_eq!(crash(bad, 3), None, "what an older parser did is forgotten");
    ledger.requeue(Requeue::FailedOf(source)).expect("requeued");
    assert_eq!(crash(other, 4), None);
}

#[test]
fn chunks_of_paused_sources_are_not_embedded() {
    let (ledger, source, _) = ledger();
    index_files(&ledger, source, &[("a", "tea\nwater")]);
    let pending = || ledger.pending_embeddings(MODEL, 9).expect("readable").len();
    assert_eq!(pending(), 2);
    ledger.set_source_paused(source, true).expect("paused");
    assert_eq!(pending(), 0);
    ledger.set_source_paused(source, false).expect("resumed");
    assert_eq!(pending(), 2);
}

#[test]
fn the_other_places_of_a_document_are_those_that_one_may_read() {
    let (ledger, source, _) = ledger();
    index_files(&ledger, source, &[("a", "tea"), ("z/b", "tea"), ("c", "rent")]);
    let all = ledger.hydrate(&ids(&ledger)).expect("readable");
    let of = |path: &str| {
        let record = all
            .iter()
            .find(|record| record.path.ends_with(path))
            .expect("indexed");
        let owner = [Principal::owner()];
        let places = ledger
            .documents_alike(record.chunk.doc_id, &owner, 9)
            .expect("readable");
        assert!(
            ledger
                .documents_alike(record.chunk.doc_id, &[], 9)
                .expect("readable")
                .is_empty()
        );
        places
            .into_iter()
            .map(|place| (place.path, place.online))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("/a"), [("/notes/z/b".to_owned(), true)]);
    assert_eq!(of("/b"), [("/notes/a".to_owned(), true)]);
    assert!(of("/c").is_empty());
    ledger.set_source_online(source, false).expect("set");
    assert_eq!(of("/a"), [("/notes/z/b".to_owned(), false)]);
    assert!(!ledger.hydrate(&ids(&ledger)).expect("readable")[0].online);
}

fn ids(ledger: &Ledger) -> Vec<rushlight_core::ChunkId> {
    let space = ledger.spaces().expect("readable")[0].id;
    let chunks = ledger.chunk_ids(space).expect("readable");
    chunks.into_iter().map(|(chunk, _)| chunk).collect()
}

#[test]
fn when_a_file_was_made_and_where_folders_lie_is_kept() {
    let (ledger, source, _) = ledger();
    index_files(&ledger, source, &[("a", "tea")]);
    let file = ledger.files(source).expect("readable").remove(0);
    assert_eq!(file.stamp, stamp("a", 5));
    let mut moved = file.stamp.clone();
    moved.file_id = moved.file_id.map(|id| rushlight_core::FileId {
        born_ns: Some(77),
        device: 2,
        ..id
    });
    let plan = Plan {
        restamped: vec![Restamp {
            file: file.id,
            stamp: moved.clone(),
        }],
        devices: [2, u64::MAX].into(),
        ..online()
    };
    ledger.apply_plan(source, &plan, NOW).expect("applied");
    assert_eq!(ledger.files(source).expect("readable")[0].stamp, moved);
    assert_eq!(
        ledger.source(source).expect("readable").devices,
        [2, u64::MAX].into()
    );
}
