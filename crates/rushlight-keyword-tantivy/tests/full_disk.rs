//! On a full disk the index says so, and goes on when there is room again.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};
use std::process::Command;

use rushlight_core::{
    ChunkId, DocId, DocumentKind, ErrorCode, Generation, IndexedChunk, IndexedDocument, IndexedFacts,
    KeywordIndex, Principal, Query, Result, SearchFilter, SourceId, Timestamp,
};
use rushlight_keyword_tantivy::{KeywordOptions, TantivyIndex};

/// The folder that is small, in the process that has mounted it.
const SMALL: &str = "FULL_DISK_TEST_FOLDER";
/// The least that tantivy takes.
const OPTIONS: KeywordOptions = KeywordOptions {
    heap_bytes: 15_000_000,
};

fn document(number: u32) -> IndexedDocument {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    let text: String = (0..300)
        .map(|word| format!("pebble{} ", number * 300 + word))
        .collect();
    IndexedDocument {
        doc_id: DocId(id),
        source_id: SourceId(1),
        kind: DocumentKind::Note,
        date: Timestamp(0),
        access: vec![Principal::owner()],
        title: String::new(),
        keywords: Vec::new(),
        facts: IndexedFacts::default(),
        chunks: vec![IndexedChunk {
            id: ChunkId(id),
            heading_path: Vec::new(),
            text,
            repeated: false,
            embedding: None,
        }],
    }
}

/// Writes until the disk is full: what a commit says of it, or one of the pages after the first that did not fit.
fn fill(index: &TantivyIndex, pages: std::ops::Range<u32>, commit_each: bool) -> Result<()> {
    for page in pages {
        let documents: Vec<IndexedDocument> = (page * 100..(page + 1) * 100).map(document).collect();
        index.apply(&documents, &[])?;
        if commit_each {
            index.commit(Generation(u64::from(page).try_into().expect("small")))?;
        }
    }
    index.commit(Generation(1_000))
}

fn fills_up(folder: &Path) {
    for commit_each in [true, false] {
        let folder = folder.join(format!("each-{commit_each}"));
        let index = TantivyIndex::open(&folder, OPTIONS).expect("opens");
        let error = fill(&index, 1..400, commit_each).expect_err("there is no room");
        assert_eq!(error.code(), ErrorCode::DiskFull, "{}", error.chain());
        assert!(!error.hint().is_empty());
        drop(index);
        // Something else is deleted: the index goes on from its last commit.
        std::fs::remove_file(
            folder
                .parent()
                .expect("a parent")
                .join(format!("ballast-{commit_each}")),
        )
        .expect("the ballast");
        let index = TantivyIndex::open(&folder, OPTIONS).expect("opens again");
        index.apply(&[document(7)], &[]).expect("there is room");
        index.commit(Generation(2_000)).expect("there is room");
        assert_eq!(index.generation().expect("known"), Generation(2_000));
        let filter = SearchFilter {
            principals: vec![Principal::owner()],
            ..SearchFilter::default()
        };
        let found = index
            .search(&Query::plain("pebble2100"), &filter, 10)
            .expect("answers");
        assert_eq!(found.hits[0].doc_id, document(7).doc_id);
        drop(index);
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}

#[test]
fn a_full_disk_is_told_and_survived() {
    if let Some(folder) = std::env::var_os(SMALL) {
        return fills_up(&PathBuf::from(folder));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        mount -t tmpfs -o size=5m tmpfs "$FULL_DISK_TEST_FOLDER" || exit 97
        for each in true false; do head -c 1000000 /dev/zero > "$FULL_DISK_TEST_FOLDER/ballast-$each" || exit 96; done
        exec "$TEST" --exact a_full_disk_is_told_and_survived
    "#;
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "--", "sh", "-c", script])
        .env("TEST", std::env::current_exe().expect("this test"))
        .env(SMALL, folder.path())
        .output()
        .expect("unshare runs");
    let shown = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(97) || shown.contains("unshare failed") {
        eprintln!("skipped: mounting a small disk is not allowed here");
        return;
    }
    assert!(output.status.success(), "{shown}");
}
