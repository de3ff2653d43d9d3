//! Sources, plans, waiting and retrying.

use rushlight_core::{
    ErrorCode, FileStatus, Plan, Rename, RenameFollowUp, Restamp, ScanSkip, SkipReason, SkippedBy, Timestamp,
};
use rushlight_ledger::{FileOutcome, Ledger, Requeue};

use crate::support::{NOW, completed, index_files, indexed, ledger, online, stamp};

fn paths(ledger: &Ledger, now: Timestamp, limit: usize, bytes: u64) -> Vec<String> {
    let files = ledger.next_waiting(now, limit, bytes).expect("readable");
    files.into_iter().map(|file| file.stamp.path).collect()
}

#[test]
fn sources_may_not_overlap() {
    let (ledger, source, space) = ledger();
    for root in ["/notes", "/notes/", "/notes/work", "/"] {
        let error = ledger.add_source(root, space, NOW).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::SourceExists, "{root}");
        assert!(
            error.message().contains(&format!("source {source}")),
            "{}",
            error.message()
        );
    }
    ledger
        .add_source("/notes-of-others", space, NOW)
        .expect("a name that begins alike is another folder");
    let error = ledger
        .add_source("/else", rushlight_core::SpaceId(77), NOW)
        .expect_err("refused");
    assert_eq!(error.code(), ErrorCode::SpaceNotFound);
    for name in ["", " a", "a\n"] {
        assert_eq!(
            ledger.ensure_space(name).expect_err("refused").code(),
            ErrorCode::InvalidRequest
        );
    }
    assert_eq!(ledger.ensure_space("personal").expect("is there").id, space);
}

#[test]
fn a_removed_source_takes_its_documents_out_of_both_feeds() {
    let (ledger, source, space) = ledger();
    index_files(&ledger, source, &[("a", "tea"), ("b", "rent")]);
    crate::support::embed_all(&ledger);
    let before = ledger.generation(space).expect("readable");
    assert_eq!(ledger.remove_source(source).expect("removed"), 2);
    assert_eq!(
        ledger.source(source).expect_err("gone").code(),
        ErrorCode::SourceNotFound
    );
    assert_eq!(
        ledger
            .keyword_changes(space, before, 10)
            .expect("readable")
            .deletes
            .len(),
        2
    );
    assert_eq!(
        ledger
            .vector_changes(space, before, 10)
            .expect("readable")
            .deletes
            .len(),
        2
    );
    assert_eq!(ledger.counts(None).expect("readable").seen, 0);
    let again = ledger.add_source("/notes", space, NOW).expect("free again");
    assert_ne!(again.id, source, "ids are not used again");
}

#[test]
fn an_offline_root_deletes_nothing_and_its_files_wait() {
    let (ledger, source, _) = ledger();
    ledger
        .apply_plan(
            source,
            &Plan {
                added: vec![stamp("a", 1)],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    ledger
        .apply_plan(source, &Plan::default(), Timestamp(NOW.0 + 5))
        .expect("applied");
    let record = ledger.source(source).expect("readable");
    assert_eq!((record.online, record.last_scan), (false, Some(NOW)));
    assert_eq!(ledger.files(source).expect("readable").len(), 1);
    assert!(paths(&ledger, NOW, 9, 99).is_empty());
    ledger.set_source_online(source, true).expect("set");
    ledger.set_source_paused(source, true).expect("set");
    assert!(paths(&ledger, NOW, 9, 99).is_empty());
    ledger.set_source_paused(source, false).expect("set");
    assert_eq!(paths(&ledger, NOW, 9, 99), ["a"]);
}

#[test]
fn notices_of_watching_and_of_scanning_stand_side_by_side() {
    let (ledger, source, _) = ledger();
    ledger
        .set_source_notice(source, Some("watching does not work here"))
        .expect("set");
    let unreadable = vec![("x".to_owned(), "permission denied".to_owned())];
    ledger
        .apply_plan(
            source,
            &Plan {
                unreadable,
                ..online()
            },
            NOW,
        )
        .expect("applied");
    let notice = ledger.source(source).expect("readable").notice.expect("is set");
    assert_eq!(
        notice,
        "watching does not work here; `x` could not be looked at: permission denied"
    );
    ledger.set_source_notice(source, None).expect("cleared");
    ledger.apply_plan(source, &online(), NOW).expect("applied");
    assert_eq!(ledger.source(source).expect("readable").notice, None);
}

#[test]
fn small_new_files_come_first_and_a_batch_is_bounded() {
    let (ledger, source, _) = ledger();
    let sized = |path, modified, size| rushlight_core::FileStamp {
        size,
        ..stamp(path, modified)
    };
    let added = vec![
        sized("old", 1, 10),
        sized("new", 9, 20),
        sized("huge-and-newer", 99, 5 << 20),
        sized("mid", 5, 30),
    ];
    ledger
        .apply_plan(source, &Plan { added, ..online() }, NOW)
        .expect("applied");
    assert_eq!(
        paths(&ledger, NOW, 9, u64::MAX),
        ["new", "mid", "old", "huge-and-newer"]
    );
    assert_eq!(paths(&ledger, NOW, 2, u64::MAX), ["new", "mid"]);
    assert_eq!(paths(&ledger, NOW, 9, 55), ["new", "mid"]);
    assert_eq!(paths(&ledger, NOW, 9, 0), ["new"], "one is always handed out");
}

#[test]
fn retryable_failures_come_back_later_and_later_and_others_only_when_asked_for() {
    let (ledger, source, _) = ledger();
    let added = vec![stamp("broken", 1), stamp("locked", 2)];
    ledger
        .apply_plan(source, &Plan { added, ..online() }, NOW)
        .expect("applied");
    let mut now = NOW;
    for delay in [60_000, 120_000] {
        for file in ledger.next_waiting(now, 9, 999).expect("readable") {
            let code = match file.stamp.path.as_str() {
                "broken" => ErrorCode::FileBroken,
                _ => ErrorCode::FileUnreadable,
            };
            let outcome = FileOutcome::Failed {
                code,
                message: "why".to_owned(),
            };
            ledger
                .complete_files(&[completed(&file, outcome)], now)
                .expect("completed");
        }
        let due = Timestamp(now.0 + delay);
        assert_eq!(ledger.next_attempt().expect("readable"), Some(due));
        assert!(paths(&ledger, Timestamp(due.0 - 1), 9, 999).is_empty());
        assert_eq!(paths(&ledger, due, 9, 999), ["locked"]);
        now = due;
    }
    assert_eq!(ledger.requeue(Requeue::FailedOf(source)).expect("set"), 2);
    assert_eq!(paths(&ledger, NOW, 9, 999), ["locked", "broken"]);
}

#[test]
fn a_failure_that_says_nothing_of_the_file_keeps_its_documents() {
    let (ledger, source, space) = ledger();
    let file = index_files(&ledger, source, &[("a", "tea")]).remove(0);
    let fail = |code| {
        let outcome = FileOutcome::Failed {
            code,
            message: "why".to_owned(),
        };
        ledger
            .complete_files(&[completed(&file, outcome)], NOW)
            .expect("completed");
        ledger.chunk_ids(space).expect("readable").len()
    };
    assert_eq!(fail(ErrorCode::FileVanished), 1);
    assert_eq!(fail(ErrorCode::ParserUnavailable), 1);
    let record = ledger.file(file.id).expect("readable").expect("is there");
    assert_eq!(record.content_hash, file.content_hash);
    assert!(matches!(
        record.status,
        FileStatus::Failed {
            attempts: 2,
            next_attempt: Some(_),
            ..
        }
    ));
    assert_eq!(fail(ErrorCode::FileBroken), 0);
    let record = ledger.file(file.id).expect("readable").expect("is there");
    assert_eq!(record.content_hash, None);
    assert!(matches!(
        record.status,
        FileStatus::Failed {
            next_attempt: None,
            ..
        }
    ));
}

#[test]
fn what_was_read_of_an_older_version_is_kept_and_the_file_waits_on() {
    let (ledger, source, space) = ledger();
    ledger
        .apply_plan(
            source,
            &Plan {
                added: vec![stamp("a", 1)],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    let file = ledger.files(source).expect("readable").remove(0);
    let done = indexed(&ledger, &file, &[("", "", "tea")]);
    let changed = vec![Restamp {
        file: file.id,
        stamp: stamp("a", 2),
    }];
    ledger
        .apply_plan(source, &Plan { changed, ..online() }, NOW)
        .expect("applied");
    ledger.complete_files(&[done], NOW).expect("completed");
    assert_eq!(ledger.chunk_ids(space).expect("readable").len(), 1);
    let waiting = ledger.next_waiting(NOW, 9, 999).expect("readable");
    assert_eq!((waiting.len(), waiting[0].parser_version), (1, 0));
    let gone = indexed(&ledger, &file, &[("", "", "more")]);
    ledger
        .apply_plan(
            source,
            &Plan {
                deleted: vec![file.id],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    let completion = ledger.complete_files(&[gone], NOW).expect("passed over");
    assert_eq!(completion, rushlight_ledger::Completion::default());
}

#[test]
fn documents_keep_their_ids_by_key_and_then_by_part() {
    let (ledger, source, _) = ledger();
    ledger
        .apply_plan(
            source,
            &Plan {
                added: vec![stamp("mbox", 1)],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    let file = ledger.files(source).expect("readable").remove(0);
    let parts = [
        ("message:1", "a", "one"),
        ("message:2", "b", "two"),
        ("message:3", "c", "three"),
    ];
    ledger
        .complete_files(&[indexed(&ledger, &file, &parts)], NOW)
        .expect("completed");
    let ids = |parts: &[(&str, &str)]| ledger.document_ids(file.id, parts).expect("readable");
    let old = ids(&[("message:1", "a"), ("message:2", "b"), ("message:3", "c")]);
    assert_eq!(
        ids(&[("message:1", "b"), ("message:2", "c")]),
        [old[1], old[2]],
        "the first message is gone"
    );
    assert_eq!(
        ids(&[("message:1", "z")]),
        [old[0]],
        "an edited message keeps its place"
    );
    let two = ids(&[("message:9", "x"), ("message:9", "x")]);
    assert!(
        two[0] != two[1] && !old.contains(&two[0]),
        "what is new has a new id"
    );
}

#[test]
fn messages_that_only_moved_up_cost_no_change() {
    let (ledger, source, space) = ledger();
    ledger
        .apply_plan(
            source,
            &Plan {
                added: vec![stamp("mbox", 1)],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    let file = ledger.files(source).expect("readable").remove(0);
    let parts = [("message:1", "a", "one"), ("message:2", "b", "two")];
    ledger
        .complete_files(&[indexed(&ledger, &file, &parts)], NOW)
        .expect("completed");
    let before = ledger.generation(space).expect("readable");
    let again = ledger
        .complete_files(&[indexed(&ledger, &file, &parts)], NOW)
        .expect("completed");
    assert_eq!((again.documents_unchanged, again.documents_written), (2, 0));
    assert!(again.changed_spaces.is_empty());
    assert_eq!(ledger.generation(space).expect("readable"), before);
    let moved = ledger
        .complete_files(&[indexed(&ledger, &file, &[("message:1", "b", "two")])], NOW)
        .expect("completed");
    assert_eq!(
        (
            moved.documents_unchanged,
            moved.documents_written,
            moved.documents_removed
        ),
        (1, 0, 1)
    );
    let changes = ledger.keyword_changes(space, before, 9).expect("readable");
    assert_eq!((changes.upserts.len(), changes.deletes.len()), (0, 1));
}

#[test]
fn a_moved_file_keeps_documents_chunks_and_embeddings() {
    let (ledger, source, space) = ledger();
    let file = index_files(&ledger, source, &[("old/a.md", "tea")]).remove(0);
    crate::support::embed_all(&ledger);
    let before = ledger.vector_chunk_ids(space).expect("readable");
    let since = ledger.generation(space).expect("readable");
    let rename = |path: &str, follow_up| Plan {
        renamed: vec![Rename {
            file: file.id,
            stamp: stamp(path, 5),
            follow_up,
        }],
        ..online()
    };
    assert_eq!(
        ledger
            .apply_plan(source, &rename("new/a.md", RenameFollowUp::Keep), NOW)
            .expect("applied"),
        [space]
    );
    assert_eq!(ledger.vector_chunk_ids(space).expect("readable"), before);
    assert_eq!(
        ledger.file(file.id).expect("readable").expect("is there").status,
        FileStatus::Indexed
    );
    assert_eq!(
        ledger
            .keyword_changes(space, since, 9)
            .expect("readable")
            .upserts
            .len(),
        1
    );
    assert!(
        ledger
            .vector_changes(space, since, 9)
            .expect("readable")
            .upserts
            .is_empty()
    );
    ledger
        .apply_plan(source, &rename("new/b.txt", RenameFollowUp::Reparse), NOW)
        .expect("applied");
    let record = ledger.file(file.id).expect("readable").expect("is there");
    assert_eq!((record.status, record.parser_version), (FileStatus::Waiting, 0));
    assert_eq!(ledger.vector_chunk_ids(space).expect("readable"), before);
}

#[test]
fn what_the_scan_leaves_out_loses_its_documents_and_is_not_queued_by_hand() {
    let (ledger, source, space) = ledger();
    let file = index_files(&ledger, source, &[("a", "tea")]).remove(0);
    let reason = SkipReason {
        code: "too_large".to_owned(),
        message: "larger than the cap".to_owned(),
    };
    let skip = ScanSkip {
        file: Some(file.id),
        stamp: stamp("a", 7),
        reason: reason.clone(),
    };
    ledger
        .apply_plan(
            source,
            &Plan {
                skipped: vec![skip],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    assert!(ledger.chunk_ids(space).expect("readable").is_empty());
    let record = ledger.file(file.id).expect("readable").expect("is there");
    assert_eq!(
        record.status,
        FileStatus::Skipped {
            reason,
            by: SkippedBy::Scan
        }
    );
    assert_eq!(record.stamp, stamp("a", 7));
    assert_eq!(ledger.requeue(Requeue::File(file.id)).expect("set"), 0);
    let problems = ledger.problem_files(None, 9, 0).expect("readable");
    assert_eq!((problems.total, problems.items[0].path.as_str()), (1, "/notes/a"));
}

#[test]
fn files_below_a_folder_do_not_include_names_that_begin_alike() {
    let (ledger, source, _) = ledger();
    let added = ["a", "a/b", "a/c/d", "a-b", "a.md", "ab/c", "茶/a"]
        .map(|path| stamp(path, 1))
        .to_vec();
    ledger
        .apply_plan(source, &Plan { added, ..online() }, NOW)
        .expect("applied");
    let below = |path: &str| -> Vec<String> {
        ledger
            .files_below(source, path)
            .expect("readable")
            .into_iter()
            .map(|file| file.stamp.path)
            .collect()
    };
    assert_eq!(below("a"), ["a", "a/b", "a/c/d"]);
    assert_eq!(below("a/c"), ["a/c/d"]);
    assert_eq!(below("茶"), ["茶/a"]);
    assert_eq!(below("").len(), 7);
}
