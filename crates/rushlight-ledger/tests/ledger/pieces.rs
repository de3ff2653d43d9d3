//! Files that come piece by piece: cut off anywhere and begun again, they end as if they had been read at once.

use std::collections::BTreeMap;

use rushlight_core::{FileRecord, FileStatus, Generation, Plan, SourceId};
use rushlight_ledger::{Completion, FileOutcome, Ledger};

use crate::support::{NOW, completed, embed_all, hash, ledger, new_document, online, parsed, stamp};

/// Key and text of the messages of two versions of a mailbox: one is gone, one is new, and the others are numbered anew.
const FIRST: [(&str, &str); 4] = [("a", "tea"), ("b", "rent"), ("c", "moon"), ("d", "rain")];
const SECOND: [(&str, &str); 4] = [("b", "rent"), ("c", "moon"), ("d", "rain"), ("e", "snow")];

fn mailbox(ledger: &Ledger, source: SourceId) -> FileRecord {
    let added = vec![stamp("inbox", 5)];
    ledger
        .apply_plan(source, &Plan { added, ..online() }, NOW)
        .expect("applied");
    ledger.files(source).expect("readable").remove(0)
}

fn add(ledger: &Ledger, file: &FileRecord, pass: i64, messages: &[(&str, &str)], from: usize) -> Completion {
    let keys: Vec<&str> = messages.iter().map(|(key, _)| *key).collect();
    let ids = ledger.document_ids_by_key(file.id, &keys).expect("readable");
    let documents: Vec<_> = ids
        .into_iter()
        .zip(messages)
        .zip(from..)
        .map(|((id, (key, text)), number)| {
            new_document(id, parsed(&format!("message:{}", number + 1), key, text))
        })
        .collect();
    ledger
        .add_documents(file.id, &file.stamp, pass, &documents, NOW)
        .expect("added")
}

fn finish(ledger: &Ledger, file: &FileRecord, pass: i64) -> Completion {
    let outcome = FileOutcome::IndexedInPieces {
        content_hash: hash("all of it"),
        pass,
    };
    ledger
        .complete_files(&[completed(file, outcome)], NOW)
        .expect("completed")
}

/// Texts by part, as the keyword index is fed them from the start, with their documents' ids.
fn fed(ledger: &Ledger) -> BTreeMap<String, String> {
    let space = ledger.spaces().expect("readable")[0].id;
    let changes = ledger
        .keyword_changes(space, Generation::ZERO, 1_000)
        .expect("readable");
    changes
        .upserts
        .into_iter()
        .map(|document| {
            let text: Vec<String> = document.chunks.into_iter().map(|chunk| chunk.text).collect();
            (text.join(" "), document.doc_id.to_string())
        })
        .collect()
}

#[test]
fn a_mailbox_that_changed_keeps_what_it_still_has() {
    let (ledger, source, _) = ledger();
    let file = mailbox(&ledger, source);
    let pass = ledger.begin_pass(file.id).expect("begun");
    add(&ledger, &file, pass, &FIRST[..2], 0);
    assert_eq!(fed(&ledger).len(), 2, "searchable before the file is done");
    let record = ledger.file(file.id).expect("readable").expect("known");
    assert_eq!((record.status, record.content_hash), (FileStatus::Waiting, None));
    add(&ledger, &file, pass, &FIRST[2..], 2);
    finish(&ledger, &file, pass);
    embed_all(&ledger);
    let before = fed(&ledger);
    let record = ledger.file(file.id).expect("readable").expect("known");
    assert_eq!(record.status, FileStatus::Indexed);
    assert_eq!(record.content_hash, Some(hash("all of it")));

    // Cut off after the first half, and begun again.
    let pass = ledger.begin_pass(file.id).expect("begun");
    add(&ledger, &file, pass, &SECOND[..2], 0);
    let pass = ledger.begin_pass(file.id).expect("begun");
    let known = add(&ledger, &file, pass, &SECOND[..2], 0);
    assert_eq!((known.documents_written, known.documents_unchanged), (0, 2));
    assert!(known.changed_spaces.is_empty());
    assert!(
        fed(&ledger).contains_key("tea"),
        "the last version stands until the end"
    );
    let added = add(&ledger, &file, pass, &SECOND[2..], 2);
    assert_eq!(
        (added.documents_written, added.chunks_pending),
        (1, 1),
        "only what is new"
    );
    assert_eq!(finish(&ledger, &file, pass).documents_removed, 1);

    let after = fed(&ledger);
    assert_eq!(after.keys().collect::<Vec<_>>(), ["moon", "rain", "rent", "snow"]);
    for text in ["moon", "rain", "rent"] {
        assert_eq!(after[text], before[text], "{text} is the same document");
    }
}

#[test]
fn a_file_that_is_gone_takes_nothing_in() {
    let (ledger, source, _) = ledger();
    let file = mailbox(&ledger, source);
    let pass = ledger.begin_pass(file.id).expect("begun");
    let deleted = vec![file.id];
    ledger
        .apply_plan(source, &Plan { deleted, ..online() }, NOW)
        .expect("applied");
    assert_eq!(add(&ledger, &file, pass, &FIRST, 0), Completion::default());
    assert_eq!(finish(&ledger, &file, pass), Completion::default());
    assert!(ledger.begin_pass(file.id).is_err());
}
