//! Pages without text of their own: what is noted of them, and what recognising them came to.

use rushlight_core::{
    ContentHash, FileRecord, PageBox, PageReading, RecognisedLine, RecognisedPage, RecognisedSpan,
    SkipReason, SourceId, TextSpan,
};
use rushlight_ledger::{CompletedFile, FileOutcome, FileScan, Ledger, ScanCounts, ScanState};

use crate::support::{NOW, completed, hash, indexed, ledger, online, stamp};

const READER: &str = "reader-1";

fn page(text: &str) -> PageReading {
    PageReading::Read(RecognisedPage {
        width: 595.3,
        height: 841.9,
        lines: vec![RecognisedLine {
            text: text.to_owned(),
            confidence: 93,
            place: PageBox {
                left: 0.1,
                top: 1.0 / 3.0,
                right: 590.0,
                bottom: 12.7,
            },
        }],
    })
}

fn unreadable(why: &str) -> PageReading {
    PageReading::Unreadable(why.to_owned())
}

fn scan(document: ContentHash, page: u32, state: ScanState) -> FileScan {
    FileScan {
        document,
        page,
        state,
    }
}

/// A ledger that knows these files, waiting.
fn with_files(files: &[(&str, i64)]) -> (Ledger, SourceId, Vec<FileRecord>) {
    let (ledger, source, _) = ledger();
    let added = files.iter().map(|(path, time)| stamp(path, *time)).collect();
    let plan = rushlight_core::Plan { added, ..online() };
    ledger.apply_plan(source, &plan, NOW).expect("applied");
    let records = ledger.files(source).expect("readable");
    (ledger, source, records)
}

fn skipped(file: &FileRecord, scans: Vec<FileScan>) -> CompletedFile {
    let reason = SkipReason {
        code: "awaits_recognition".to_owned(),
        message: "it waits".to_owned(),
    };
    CompletedFile {
        scans,
        ..completed(file, FileOutcome::Skipped(reason))
    }
}

#[test]
fn a_reading_comes_back_to_the_bit_and_stands_whoever_asks() {
    let (ledger, ..) = ledger();
    let document = hash("a scan");
    assert_eq!(
        ledger.page_reading(document, 1, Some(READER)).expect("readable"),
        None
    );
    assert!(ledger.begin_page(document, 1, READER).expect("written"));
    assert_eq!(
        ledger.page_reading(document, 1, Some(READER)).expect("readable"),
        None,
        "begun is not done"
    );
    let reading = page("茶 and water");
    ledger
        .finish_page(document, 1, READER, &reading)
        .expect("written");
    for asked_by in [Some(READER), Some("another"), None] {
        let found = ledger.page_reading(document, 1, asked_by).expect("readable");
        assert_eq!(found.as_ref(), Some(&reading), "{asked_by:?}");
    }
    assert_eq!(ledger.page_reading(document, 2, None).expect("readable"), None);
}

#[test]
fn what_one_could_not_read_another_may_try() {
    let (ledger, ..) = ledger();
    let document = hash("a scan");
    let failed = unreadable("it took longer than 120 s");
    ledger.finish_page(document, 1, READER, &failed).expect("written");
    let of = |reader: Option<&str>| ledger.page_reading(document, 1, reader).expect("readable");
    assert_eq!(of(Some(READER)), Some(failed.clone()));
    assert_eq!(of(None), Some(failed));
    assert_eq!(of(Some("reader-2")), None);
    ledger
        .finish_page(document, 1, "reader-2", &page("read after all"))
        .expect("written");
    assert_eq!(
        of(Some(READER)),
        Some(page("read after all")),
        "a reading stands for all"
    );
}

#[test]
fn a_page_that_takes_the_program_with_it_is_begun_three_times() {
    let (ledger, ..) = ledger();
    let document = hash("a bomb");
    for _ in 0..3 {
        assert!(ledger.begin_page(document, 1, READER).expect("written"));
    }
    // One that nobody could look at does not count.
    ledger.forget_page(document, 1, READER).expect("written");
    assert!(ledger.begin_page(document, 1, READER).expect("written"));
    assert!(!ledger.begin_page(document, 1, READER).expect("written"));
    let found = ledger.page_reading(document, 1, Some(READER)).expect("readable");
    assert!(
        matches!(&found, Some(PageReading::Unreadable(why)) if why.contains("ended 3 times")),
        "{found:?}"
    );
}

#[test]
fn pages_are_counted_and_the_newest_small_file_is_next() {
    let (ledger, source, files) = with_files(&[("a.png", 10), ("b.png", 30), ("c.pdf", 20)]);
    let (one, two) = (hash("one"), hash("two"));
    ledger
        .complete_files(
            &[
                skipped(&files[0], vec![scan(one, 1, ScanState::Waiting)]),
                skipped(&files[1], vec![scan(two, 1, ScanState::Unreadable)]),
                skipped(
                    &files[2],
                    vec![scan(two, 1, ScanState::Read), scan(two, 2, ScanState::Waiting)],
                ),
            ],
            NOW,
        )
        .expect("completed");
    let counts = |read, waiting, unreadable| ScanCounts {
        read,
        waiting,
        unreadable,
    };
    assert_eq!(ledger.scan_counts().expect("readable"), counts(1, 2, 1));
    let next = || {
        ledger
            .next_to_recognise()
            .expect("readable")
            .map(|file| file.stamp.path)
    };
    assert_eq!(next().as_deref(), Some("c.pdf"));
    assert!(
        ledger
            .files_behind_their_scans(source)
            .expect("readable")
            .is_empty()
    );
    ledger
        .finish_page(two, 2, READER, &page("read"))
        .expect("written");
    assert_eq!(
        ledger
            .files_behind_their_scans(source)
            .expect("readable")
            .into_iter()
            .collect::<Vec<_>>(),
        [files[2].id]
    );
    ledger
        .complete_files(
            &[CompletedFile {
                scans: vec![scan(two, 1, ScanState::Read), scan(two, 2, ScanState::Read)],
                ..indexed(&ledger, &files[2], &[("", "", "read")])
            }],
            NOW,
        )
        .expect("completed");
    assert_eq!(ledger.scan_counts().expect("readable"), counts(2, 1, 1));
    assert_eq!(next().as_deref(), Some("a.png"));
    ledger.set_source_paused(source, true).expect("paused");
    assert_eq!(next(), None);
    ledger.set_source_paused(source, false).expect("resumed");

    // What is said of it depends on the recogniser, so it is looked at again; it is no longer to be recognised before.
    assert_eq!(ledger.requeue_scans().expect("written"), 1);
    assert_eq!(next(), None);
    assert_eq!(ledger.counts(None).expect("readable").waiting, 1);
}

#[test]
fn readings_go_with_the_last_file_that_has_the_page() {
    let (ledger, source, files) = with_files(&[("a.png", 10), ("b.png", 30)]);
    let document = hash("one");
    ledger
        .finish_page(document, 1, READER, &page("read"))
        .expect("written");
    let done: Vec<_> = files
        .iter()
        .map(|file| CompletedFile {
            scans: vec![scan(document, 1, ScanState::Read)],
            ..indexed(&ledger, file, &[("", "", "read")])
        })
        .collect();
    ledger.complete_files(&done, NOW).expect("completed");
    let delete = |file: &FileRecord| {
        let plan = rushlight_core::Plan {
            deleted: vec![file.id],
            ..online()
        };
        ledger.apply_plan(source, &plan, NOW).expect("applied");
        ledger.collect_unused_readings().expect("written")
    };
    assert_eq!(delete(&files[0]), 0);
    assert_eq!(delete(&files[1]), 1);
    assert_eq!(ledger.page_reading(document, 1, None).expect("readable"), None);
    assert_eq!(ledger.scan_counts().expect("readable"), ScanCounts::default());
    ledger.check().expect("sound");
}

#[test]
fn a_file_that_is_unchanged_keeps_its_pages_and_one_that_fails_loses_them() {
    let (ledger, _, files) = with_files(&[("a.pdf", 10)]);
    let waiting = vec![scan(hash("one"), 3, ScanState::Waiting)];
    let done = CompletedFile {
        scans: waiting,
        ..indexed(&ledger, &files[0], &[("", "", "words")])
    };
    ledger.complete_files(&[done], NOW).expect("completed");
    ledger
        .complete_files(&[completed(&files[0], FileOutcome::Unchanged)], NOW)
        .expect("completed");
    assert_eq!(ledger.scan_counts().expect("readable").waiting, 1);
    let failed = FileOutcome::Failed {
        code: rushlight_core::ErrorCode::FileBroken,
        message: "broken".to_owned(),
    };
    ledger
        .complete_files(&[completed(&files[0], failed)], NOW)
        .expect("completed");
    assert_eq!(ledger.scan_counts().expect("readable"), ScanCounts::default());
}

#[test]
fn recognised_stretches_and_chunks_confidence_are_kept() {
    let (ledger, _, files) = with_files(&[("a.png", 10)]);
    let mut done = indexed(&ledger, &files[0], &[("", "", "recognised words")]);
    let known = RecognisedSpan {
        span: TextSpan::new(0, 10),
        page: 1,
        confidence: 88,
    };
    let FileOutcome::Indexed { documents, .. } = &mut done.outcome else {
        unreachable!("made as indexed");
    };
    let id = documents[0].doc_id;
    documents[0].document.recognised = vec![known];
    documents[0].chunks[0].confidence = Some(88);
    assert_eq!(
        ledger
            .complete_files(&[done.clone()], NOW)
            .expect("completed")
            .documents_written,
        1
    );
    let kept = ledger.document(id).expect("readable").expect("there");
    assert_eq!(kept.recognised, [known]);
    let chunks = ledger.document_chunks(id).expect("readable");
    assert_eq!(chunks[0].confidence, Some(88));
    let hydrated = ledger.hydrate(&[chunks[0].id]).expect("readable");
    assert_eq!(hydrated[0].chunk.confidence, Some(88));
    assert_eq!(
        ledger
            .complete_files(&[done], NOW)
            .expect("completed")
            .documents_unchanged,
        1,
        "to the letter"
    );
}
