//! The change feeds and embeddings, where the random histories do not look.

use rushlight_core::{
    Attachment, DocId, Embedding, ErrorCode, Generation, IndexedDocument, IndexedFacts, Plan, Restamp,
};
use rushlight_ledger::{Feed, FileOutcome, Ledger, Rechunked, stored};

use crate::support::{
    MODEL, NOW, chunked_by, chunks, completed, embed_all, index_files, indexed, key, ledger, online, stamp,
    vector,
};

#[test]
fn a_document_that_changed_leaves_the_vector_feed_until_its_embeddings_are_there() {
    let (ledger, source, space) = ledger();
    let file = index_files(&ledger, source, &[("a", "tea")]).remove(0);
    assert!(
        ledger
            .vector_changes(space, Generation::ZERO, 9)
            .expect("readable")
            .upserts
            .is_empty()
    );
    embed_all(&ledger);
    let first = ledger
        .vector_changes(space, Generation::ZERO, 9)
        .expect("readable");
    assert_eq!((first.upserts.len(), first.more), (1, false));
    let changed = vec![Restamp {
        file: file.id,
        stamp: stamp("a", 6),
    }];
    ledger
        .apply_plan(source, &Plan { changed, ..online() }, NOW)
        .expect("applied");
    let file = ledger.files(source).expect("readable").remove(0);
    ledger
        .complete_files(&[indexed(&ledger, &file, &[("", "", "water")])], NOW)
        .expect("completed");
    let second = ledger.vector_changes(space, first.reached, 9).expect("readable");
    assert_eq!(second.deletes, [first.upserts[0].doc_id]);
    assert!(second.upserts.is_empty());
    embed_all(&ledger);
    let third = ledger.vector_changes(space, second.reached, 9).expect("readable");
    assert_eq!((third.upserts.len(), third.deletes.len()), (1, 0));
    assert_eq!(third.upserts[0].doc_id, first.upserts[0].doc_id);
}

#[test]
fn titles_follow_the_feed_by_word_and_come_without_text() {
    let (ledger, source, space) = ledger();
    index_files(&ledger, source, &[("a", "tea"), ("b", "water")]);
    let words = ledger
        .keyword_changes(space, Generation::ZERO, 9)
        .expect("readable");
    let titles = ledger
        .title_changes(space, Generation::ZERO, 9)
        .expect("readable");
    assert_eq!(titles.reached, words.reached);
    assert!(titles.upserts.iter().all(|document| document.chunks.is_empty()));
    let listed = |upserts: &[IndexedDocument]| -> Vec<_> {
        upserts
            .iter()
            .map(|document| (document.doc_id, document.title.clone()))
            .collect()
    };
    assert_eq!(listed(&titles.upserts), listed(&words.upserts));
    assert_eq!(listed(&titles.upserts).len(), 2);
    let mut all = ledger.titles(space).expect("readable");
    all.sort_by_key(|(document, _)| *document);
    let mut expected = listed(&titles.upserts);
    expected.sort_by_key(|(document, _)| *document);
    assert_eq!(all, expected);

    let ids: Vec<_> = words.upserts.iter().map(|document| document.doc_id).collect();
    let first: Vec<_> = words
        .upserts
        .iter()
        .map(|document| (document.chunks[0].id, document.doc_id))
        .collect();
    assert_eq!(ledger.first_chunks(&ids).expect("readable"), first);
    assert!(
        ledger
            .first_chunks(&[DocId([9; 16])])
            .expect("readable")
            .is_empty()
    );

    ledger
        .apply_plan(
            source,
            &Plan {
                deleted: vec![ledger.files(source).expect("readable")[0].id],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    let after = ledger.title_changes(space, titles.reached, 9).expect("readable");
    assert_eq!((after.upserts.len(), after.deletes.len()), (0, 1));
}

#[test]
fn a_text_that_was_embedded_before_is_searchable_by_meaning_at_once() {
    let (ledger, source, space) = ledger();
    index_files(&ledger, source, &[("a", "tea\nwater")]);
    embed_all(&ledger);
    let since = ledger.generation(space).expect("readable");
    index_files(&ledger, source, &[("b", "water\ntea\ntea")]);
    assert_eq!(ledger.pending_embedding_count(MODEL).expect("readable"), 0);
    let changes = ledger.vector_changes(space, since, 9).expect("readable");
    assert_eq!(changes.upserts[0].chunks.len(), 3);
    let first = changes.upserts[0].chunks[0]
        .embedding
        .as_ref()
        .expect("fed with its vector");
    assert_eq!(first, &stored(&vector(key("water"))));
}

#[test]
fn the_newest_files_are_embedded_first_and_each_text_once() {
    let (ledger, source, _) = ledger();
    let added = vec![stamp("old", 1), stamp("new", 9)];
    ledger
        .apply_plan(source, &Plan { added, ..online() }, NOW)
        .expect("applied");
    let files = ledger.files(source).expect("readable");
    let text = |file: &rushlight_core::FileRecord| {
        if file.stamp.path == "old" {
            "rent\ntea"
        } else {
            "tea\ntea\nmilk"
        }
    };
    let done: Vec<_> = files
        .iter()
        .map(|file| indexed(&ledger, file, &[("", "", text(file))]))
        .collect();
    let completion = ledger.complete_files(&done, NOW).expect("completed");
    assert_eq!(completion.chunks_pending, 5);
    let pending = ledger.pending_embeddings(MODEL, 9).expect("readable");
    let texts: Vec<&str> = pending.iter().map(|chunk| chunk.text.as_str()).collect();
    assert_eq!(texts, ["tea", "milk", "rent"]);
    assert_eq!(ledger.pending_embedding_count(MODEL).expect("readable"), 5);
    assert!(
        ledger
            .pending_embeddings("another model", 9)
            .expect("readable")
            .is_empty()
    );
}

#[test]
fn vectors_come_back_rounded_the_same_way_each_time() {
    let (ledger, source, space) = ledger();
    index_files(&ledger, source, &[("a", "tea")]);
    embed_all(&ledger);
    let chunk = ledger.chunk_ids(space).expect("readable")[0].0;
    let read = |model: &str| ledger.embeddings_of(&[chunk], model).expect("readable").remove(0);
    assert_eq!(read(MODEL), Some(stored(&vector(key("tea")))));
    assert_eq!(read("another model"), None);
    let longer = Embedding::normalized(vec![1.0; 9]).expect("has a direction");
    let error = ledger
        .store_embeddings(MODEL, &[(key("else"), longer)])
        .expect_err("refused");
    assert_eq!(error.code(), ErrorCode::EmbeddingFailed);
    assert!(
        error.message().contains("9 dimensions, not 8"),
        "{}",
        error.message()
    );
}

#[test]
fn embeddings_outlive_their_chunks_until_they_are_collected() {
    let (ledger, source, _) = ledger();
    let file = index_files(&ledger, source, &[("a", "tea\nwater"), ("b", "tea")]).remove(0);
    embed_all(&ledger);
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
    assert_eq!(ledger.collect_unused_embeddings().expect("collected"), 1);
    assert_eq!(ledger.collect_unused_embeddings().expect("collected"), 0);
}

#[test]
fn an_index_that_cannot_catch_up_is_told_to_begin_anew() {
    let (ledger, source, space) = ledger();
    let files = index_files(&ledger, source, &[("a", "tea"), ("b", "rent")]);
    let middle = Generation(1);
    ledger
        .apply_plan(
            source,
            &Plan {
                deleted: vec![files[0].id],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    let newest = ledger.generation(space).expect("readable");
    let resumes = |at| ledger.can_resume(Feed::Keyword, space, at).expect("readable");
    assert!(resumes(Generation::ZERO) && resumes(middle) && resumes(newest));
    assert!(!resumes(Generation(newest.0 + 1)), "newer than the ledger");
    assert!(
        ledger
            .keyword_changes(space, Generation(newest.0 + 1), 9)
            .expect("readable")
            .restart
    );
    assert_eq!(
        ledger
            .prune_tombstones(space, newest, Generation::ZERO)
            .expect("pruned"),
        1
    );
    assert!(resumes(Generation::ZERO) && !resumes(middle) && resumes(newest));
    let error = ledger
        .keyword_changes(rushlight_core::SpaceId(9), Generation::ZERO, 9)
        .expect_err("refused");
    assert_eq!(error.code(), ErrorCode::SpaceNotFound);
}

#[test]
fn a_document_that_comes_back_under_its_id_is_no_longer_removed() {
    let (ledger, source, space) = ledger();
    let file = index_files(&ledger, source, &[("a", "tea")]).remove(0);
    embed_all(&ledger);
    // Read before, and completed after, the removal.
    let again = indexed(&ledger, &file, &[("", "", "tea")]);
    let broken = FileOutcome::Failed {
        code: ErrorCode::FileBroken,
        message: "`a` is broken".to_owned(),
    };
    ledger
        .complete_files(&[completed(&file, broken)], NOW)
        .expect("completed");
    ledger.complete_files(&[again], NOW).expect("completed");
    for changes in [
        ledger.keyword_changes(space, Generation(1), 9),
        ledger.vector_changes(space, Generation(1), 9),
    ] {
        let changes = changes.expect("readable");
        assert_eq!((changes.upserts.len(), changes.deletes.len()), (1, 0));
    }
}

#[test]
fn documents_are_chunked_anew_from_the_ledger_alone() {
    let (ledger, source, space) = ledger();
    index_files(&ledger, source, &[("a", "tea\nwater"), ("b", "rent")]);
    embed_all(&ledger);
    let since = ledger.generation(space).expect("readable");
    assert!(
        ledger
            .documents_to_rechunk(&chunked_by("lines"), 9)
            .expect("readable")
            .is_empty()
    );
    let anew = chunked_by("whole");
    let mut rounds = 0;
    loop {
        let documents = ledger.documents_to_rechunk(&anew, 1).expect("readable");
        let Some(first) = documents.first() else { break };
        assert_eq!(
            first.document.blocks.len(),
            first.document.text.split('\n').count()
        );
        let whole: Vec<Rechunked> = documents
            .iter()
            .map(|document| {
                let mut one = chunks(document.doc_id, &document.document);
                one.truncate(1);
                one[0].span.end = document.document.text.len();
                one[0].embedding_key = key(&document.document.text);
                Rechunked {
                    doc_id: document.doc_id,
                    title_embedded: true,
                    chunks: one,
                }
            })
            .collect();
        ledger.replace_chunks(&anew, &whole).expect("replaced");
        rounds += 1;
    }
    assert_eq!(rounds, 2);
    assert_eq!(ledger.chunk_ids(space).expect("readable").len(), 2);
    let vectors = ledger.vector_changes(space, since, 9).expect("readable");
    assert_eq!(
        (vectors.upserts.len(), vectors.deletes.len()),
        (1, 1),
        "`rent` is embedded already"
    );
    embed_all(&ledger);
    assert_eq!(ledger.vector_chunk_ids(space).expect("readable").len(), 2);
}

#[test]
fn what_was_not_committed_is_gone_and_what_was_is_there_after_reopening() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("ledger.sqlite3");
    let ledger = Ledger::open(&path).expect("opens");
    let (source, space) = crate::support::populate(&ledger);
    let file = index_files(&ledger, source, &[("a", "tea")]).remove(0);
    let generation = ledger.generation(space).expect("readable");
    // The second document is refused after the first was written: nothing of the batch stays.
    let mut done = indexed(&ledger, &file, &[("", "", "water")]);
    let bad = rushlight_ledger::CompletedFile {
        outcome: FileOutcome::Indexed {
            content_hash: crate::support::hash(""),
            documents: Vec::new(),
        },
        ..done.clone()
    };
    done.parser_version = 9;
    let error = ledger.complete_files(&[done, bad], NOW).expect_err("refused");
    assert_eq!(error.code(), ErrorCode::Internal);
    assert_eq!(ledger.generation(space).expect("readable"), generation);
    // As a kill would leave them: database and log are copied while the ledger is open.
    let copy = dir.path().join("copy.sqlite3");
    std::fs::copy(&path, &copy).expect("copied");
    std::fs::copy(
        dir.path().join("ledger.sqlite3-wal"),
        dir.path().join("copy.sqlite3-wal"),
    )
    .expect("copied");
    let reopened = Ledger::open(&copy).expect("opens");
    assert_eq!(reopened.generation(space).expect("readable"), generation);
    assert_eq!(
        reopened.files(source).expect("readable"),
        ledger.files(source).expect("readable")
    );
    reopened.check().expect("sound");
    ledger.checkpoint().expect("folded");
    assert_eq!(
        std::fs::metadata(dir.path().join("ledger.sqlite3-wal"))
            .expect("is there")
            .len(),
        0
    );
}

#[test]
fn the_keyword_feed_says_what_can_be_asked_for_by_field() {
    let (ledger, source, space) = ledger();
    let file = index_files(&ledger, source, &[("notes/box.zip", "tea")]).remove(0);
    let parts = [
        ("member:old/tea.eml", "a", "tea"),
        ("member:old/tea.eml/part:2", "b", "water"),
    ];
    let write = |parts: &[(&str, &str, &str)]| {
        let mut file = indexed(&ledger, &file, parts);
        if let FileOutcome::Indexed { documents, .. } = &mut file.outcome {
            let metadata = &mut documents[0].document.metadata;
            metadata.authors = vec!["Ada".to_owned()];
            metadata.recipients = vec!["Bo".to_owned()];
            metadata.language = Some("en".to_owned());
            metadata.message_id = Some("a@b".to_owned());
            metadata.thread_id = Some("t@b".to_owned());
            metadata.attachments = vec![Attachment::named("kettle.pdf")];
        }
        ledger.complete_files(&[file], NOW).expect("completed");
    };
    write(&parts);
    let since = |generation| ledger.keyword_changes(space, generation, 9).expect("readable");
    let first = since(Generation::ZERO);
    let [mail, attachment] = &first.upserts[..] else {
        panic!("two documents, not {:?}", first.upserts)
    };
    let expected = IndexedFacts {
        authors: vec!["Ada".to_owned()],
        recipients: vec!["Bo".to_owned()],
        tags: vec!["tag".to_owned()],
        path: "notes/box.zip".to_owned(),
        part: "member:old/tea.eml".to_owned(),
        language: Some("en".to_owned()),
        message_id: Some("a@b".to_owned()),
        thread_id: Some("t@b".to_owned()),
        has_attachment: true,
    };
    assert_eq!(mail.facts, expected);
    assert_eq!(mail.keywords, ["kettle.pdf", "box.zip"]);
    assert!(attachment.facts.has_attachment, "it is one");
    assert_eq!(attachment.facts.part, "member:old/tea.eml");
    // A number that moves is no change; a name is.
    write(&[parts[0], ("member:old/tea.eml/part:3", "b", "water")]);
    assert!(since(first.reached).upserts.is_empty());
    write(&[
        ("member:new/tea.eml", "a", "tea"),
        ("member:new/tea.eml/part:3", "b", "water"),
    ]);
    let renamed: Vec<String> = since(first.reached)
        .upserts
        .into_iter()
        .map(|document| document.facts.part)
        .collect();
    assert_eq!(renamed, ["member:new/tea.eml"; 2]);
}
