//! What is shown, cited and counted.

use rushlight_core::{
    BlockKind, ChunkId, Coverage, DocId, DocumentKind, Locator, PageArea, PlacedLine, Plan, Principal,
    TextSpan, Warning,
};
use rushlight_ledger::{DocumentQuery, FileOutcome, Ledger};

use crate::support::{
    NOW, completed, embed_all, hash, index_files, ledger, new_document, online, parsed, stamp,
};

fn query(principal: &str) -> DocumentQuery {
    let principals = vec![Principal(principal.to_owned())];
    DocumentQuery {
        principals,
        limit: 10,
        ..DocumentQuery::default()
    }
}

#[test]
fn chunks_come_in_the_order_asked_with_verbatim_text() {
    let (ledger, source, space) = ledger();
    index_files(&ledger, source, &[("dir/茶.md", "tea\n水溫九十度\nrent")]);
    let doc = ledger
        .documents(&query("user:owner"))
        .expect("readable")
        .items
        .remove(0);
    let chunks = ledger.document_chunks(doc.doc_id).expect("readable");
    let wanted = [chunks[2].id, ChunkId([0; 16]), chunks[1].id];
    let records = ledger.hydrate(&wanted).expect("readable");
    let texts: Vec<&str> = records.iter().map(|record| record.chunk.text.as_str()).collect();
    assert_eq!(texts, ["rent", "水溫九十度"]);
    assert_eq!(records[0].path, "/notes/dir/茶.md");
    assert_eq!(
        (records[0].space_id, records[0].space.as_str()),
        (space, "personal")
    );
    assert_eq!(records[0].chunk.locator, Locator::Lines { first: 3, last: 3 });
    assert_eq!(records[0].access, [Principal::owner()]);
    let around = ledger.neighbours(doc.doc_id, 1..9).expect("readable");
    assert_eq!(around, chunks[1..]);
    assert!(
        ledger
            .document_chunks(DocId([0; 16]))
            .expect("readable")
            .is_empty()
    );
    let document = ledger.document(doc.doc_id).expect("readable").expect("is there");
    assert_eq!(document.text, "tea\n水溫九十度\nrent");
    assert_eq!(document.blocks, parsed("", "", &document.text).blocks);
    assert_eq!(document.summary, doc);
    assert_eq!(document.metadata.tags, ["tag"]);
}

#[test]
fn front_matter_is_no_passage() {
    let (ledger, source, _) = ledger();
    let file = index_files(&ledger, source, &[("tea.md", "old")]).remove(0);
    let doc = ledger.document_ids(file.id, &[("", "")]).expect("readable")[0];
    let write = |kind: DocumentKind, blocks: &[BlockKind], whole: bool| {
        let mut document = parsed("", "", "tags: tea\nsteeped\nserved");
        document.kind = kind;
        for (block, kind) in document.blocks.iter_mut().zip(blocks) {
            block.kind = *kind;
        }
        let mut new = new_document(doc, document);
        if whole {
            new.chunks.truncate(1);
            new.chunks[0].span.end = new.document.text.len();
            new.chunks[0].locator = Locator::Lines { first: 1, last: 3 };
        }
        let outcome = FileOutcome::Indexed {
            content_hash: hash("tea.md"),
            documents: vec![new],
        };
        ledger
            .complete_files(&[completed(&file, outcome)], NOW)
            .expect("completed");
        let first = ledger.first_chunks(&[doc]).expect("readable")[0].0;
        let record = ledger.hydrate(&[first]).expect("readable").remove(0);
        let passages = ledger.document_passages(doc).expect("readable");
        assert_eq!(record.passage(), passages.first().cloned());
        passages
            .into_iter()
            .map(|chunk| (chunk.text, chunk.locator))
            .collect::<Vec<_>>()
    };
    use BlockKind::{Metadata, Paragraph};
    let at = |text: &str, first, last| (text.to_owned(), Locator::Lines { first, last });
    let note = DocumentKind::Note;
    let fields = [Metadata, Paragraph, Metadata];
    assert_eq!(
        write(note, &fields, false),
        [at("steeped", 2, 2), at("served", 3, 3)],
        "fields below a text are part of it"
    );
    assert_eq!(
        write(note, &fields, true),
        [at("steeped\nserved", 2, 3)],
        "the chunk is cut at its line"
    );
    assert_eq!(
        write(note, &[Metadata; 3], false).len(),
        3,
        "there is nothing else"
    );
    assert_eq!(
        write(DocumentKind::Mail, &fields, false).len(),
        3,
        "a mail's head is read with it"
    );
    assert_eq!(ledger.document_passages(DocId([0; 16])).expect("readable"), []);
}

#[test]
fn where_lines_stand_on_pages_is_kept_with_the_version() {
    let (ledger, source, _) = ledger();
    let file = index_files(&ledger, source, &[("a.pdf", "tea\nwater")]).remove(0);
    let doc = ledger
        .documents(&query("user:owner"))
        .expect("readable")
        .items
        .remove(0);
    let version = doc.content_hash;
    assert_eq!(ledger.document_lines(doc.doc_id, version).expect("readable"), []);

    let line = |start, end, top| PlacedLine {
        span: TextSpan::new(start, end),
        area: PageArea {
            page: 2,
            left: 100,
            top,
            right: 900,
            bottom: top + 12,
        },
    };
    let mut document = parsed("", "", "tea\nwater");
    document.lines = vec![line(0, 3, 60), line(4, 9, 74)];
    let outcome = FileOutcome::Indexed {
        content_hash: version,
        documents: vec![new_document(doc.doc_id, document.clone())],
    };
    let written = ledger
        .complete_files(&[completed(&file, outcome)], NOW)
        .expect("completed")
        .documents_written;
    assert_eq!(written, 1, "lines are a part of the document");
    let lines = ledger.document_lines(doc.doc_id, version).expect("readable");
    assert_eq!(lines, document.lines);
    let whole = ledger.document(doc.doc_id).expect("readable").expect("is there");
    assert_eq!(whole.lines, document.lines);
    let other = ledger
        .document_lines(doc.doc_id, hash("older"))
        .expect("readable");
    assert_eq!(other, [], "of another version nothing is known");
}

#[test]
fn a_stretch_of_a_long_text_is_read_across_segments() {
    let (ledger, source, _) = ledger();
    let text = "茶葉 ".repeat(40_000);
    index_files(&ledger, source, &[("long", &text)]);
    let doc = ledger.documents(&query("user:owner")).expect("readable").items[0].doc_id;
    let read = |start, end| {
        ledger
            .document_text(doc, TextSpan { start, end })
            .expect("readable")
    };
    for start in [0, 65_534, 65_537, 131_068, 7 * 39_999] {
        let start = start - start % 7;
        for end in [start, start + 3, start + 7, (start + 70_000) / 7 * 7] {
            let expected = text.get(start..end).map(str::to_owned);
            assert_eq!(read(start, end), expected, "{start}..{end}");
        }
    }
    assert_eq!(read(1, 7), None, "inside a character");
    assert_eq!(read(0, text.len() + 1), None, "behind the end");
    assert_eq!(
        ledger.document(doc).expect("readable").expect("is there").text,
        text
    );
}

fn with_access(ledger: &Ledger, path: &str, text: &str, access: &[&str]) {
    let source = ledger.sources().expect("readable")[0].id;
    ledger
        .apply_plan(
            source,
            &Plan {
                added: vec![stamp(path, 3)],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    let files = ledger.files(source).expect("readable");
    let file = files
        .iter()
        .find(|file| file.stamp.path == path)
        .expect("was added");
    let id = ledger
        .document_ids(file.id, &[("", "")])
        .expect("readable")
        .remove(0);
    let mut document = new_document(id, parsed("", "", text));
    document.access = access.iter().map(|name| Principal((*name).to_owned())).collect();
    document.document.unreadable_pages = vec![2, 5];
    document.document.warnings = vec![Warning {
        code: "odd".to_owned(),
        message: "something is odd".to_owned(),
    }];
    let outcome = FileOutcome::Indexed {
        content_hash: hash(text),
        documents: vec![document],
    };
    ledger
        .complete_files(&[completed(file, outcome)], NOW)
        .expect("completed");
}

#[test]
fn nobody_lists_or_counts_what_they_may_not_read() {
    let (ledger, source, space) = ledger();
    with_access(&ledger, "a", "tea", &["user:owner"]);
    with_access(&ledger, "b", "pay", &["group:hr", "user:owner"]);
    ledger
        .apply_plan(
            source,
            &Plan {
                added: vec![stamp("later", 1)],
                ..online()
            },
            NOW,
        )
        .expect("applied");
    let titles = |principal: &str| -> Vec<String> {
        ledger
            .documents(&query(principal))
            .expect("readable")
            .items
            .into_iter()
            .map(|item| item.title)
            .collect()
    };
    assert_eq!(titles("group:hr"), ["pay"]);
    assert_eq!(titles("user:owner").len(), 2);
    assert!(titles("nobody").is_empty());
    assert_eq!(
        ledger
            .documents(&DocumentQuery {
                limit: 9,
                ..DocumentQuery::default()
            })
            .expect("readable")
            .total,
        0
    );
    let coverage = |principal: &str| {
        ledger
            .coverage(&[space], &[Principal(principal.to_owned())])
            .expect("readable")
    };
    let expected = Coverage {
        documents: 1,
        documents_by_meaning: 0,
        files_not_searched: 0,
        unreadable_pages: 2,
        spaces: vec!["personal".to_owned()],
    };
    assert_eq!(coverage("group:hr"), expected);
    embed_all(&ledger);
    let all = Coverage {
        documents: 2,
        documents_by_meaning: 2,
        files_not_searched: 1,
        unreadable_pages: 4,
        ..expected
    };
    assert_eq!(coverage("user:owner"), all);
    assert_eq!(coverage("nobody").documents, 0);

    ledger.ensure_space("empty").expect("made");
    let spaces = |principal: &str| -> Vec<String> {
        let found = ledger.spaces_for(&[Principal(principal.to_owned())]);
        found
            .expect("readable")
            .into_iter()
            .map(|space| space.name)
            .collect()
    };
    assert_eq!(spaces("group:hr"), ["personal"]);
    assert_eq!(spaces("user:owner"), ["empty", "personal"]);
    assert!(spaces("nobody").is_empty());
}

#[test]
fn statistics_and_problems_name_what_is_not_as_it_should_be() {
    let (ledger, source, _) = ledger();
    index_files(&ledger, source, &[("fine", "tea\nwater")]);
    embed_all(&ledger);
    with_access(&ledger, "odd.pdf", "rent", &["user:owner"]);
    let statistics = ledger.statistics().expect("readable").remove(0);
    assert_eq!((statistics.documents, statistics.documents_by_meaning), (2, 1));
    assert_eq!((statistics.chunks, statistics.embedded_chunks), (3, 2));
    assert_eq!(
        (
            statistics.text_bytes,
            statistics.unreadable_pages,
            statistics.sources
        ),
        (13, 2, 1)
    );
    let problems = ledger.problem_files(Some(source), 9, 0).expect("readable");
    assert_eq!(problems.total, 1);
    assert_eq!(problems.items[0].path, "/notes/odd.pdf");
    assert_eq!(problems.items[0].unreadable_pages, 2);
    assert_eq!(problems.items[0].warnings[0].1.code, "odd");
    let counts = ledger.counts(Some(source)).expect("readable");
    assert_eq!((counts.seen, counts.indexed), (2, 2));
}

#[test]
fn pages_of_documents_are_newest_first_and_counted_whole() {
    let (ledger, source, space) = ledger();
    index_files(&ledger, source, &[("a", "one"), ("b", "two"), ("c", "three")]);
    let page = |limit, offset| {
        ledger
            .documents(&DocumentQuery {
                limit,
                offset,
                ..query("user:owner")
            })
            .expect("readable")
    };
    assert_eq!(page(2, 0).items.len(), 2);
    assert_eq!((page(2, 2).items.len(), page(2, 2).total), (1, 3));
    let narrowed = DocumentQuery {
        space: Some(space),
        source: Some(source),
        kind: Some(rushlight_core::DocumentKind::Pdf),
        ..query("user:owner")
    };
    assert_eq!(ledger.documents(&narrowed).expect("readable").total, 0);
}

#[test]
fn meta_values_are_replaced() {
    let (ledger, ..) = ledger();
    assert_eq!(ledger.meta("model").expect("readable"), None);
    ledger.set_meta("model", "a").expect("set");
    ledger.set_meta("model", "b").expect("set");
    assert_eq!(ledger.meta("model").expect("readable").as_deref(), Some("b"));
}
