//! Notes of programs that export them.

mod common;

use expect_test::{Expect, expect};
use rushlight_core::{ContentHash, ParsedDocument, ParsedFile, Parser, RawFile, Timestamp};
use rushlight_parse::Parsers;

fn parse(path: &str, bytes: &[u8]) -> Vec<ParsedDocument> {
    let file = RawFile {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
        content_hash: ContentHash([0; 32]),
        modified: Timestamp(0),
    };
    let outcome = Parsers::new(common::options()).parse(&file);
    common::sound(&outcome).expect("sound");
    match outcome.expect("is read") {
        ParsedFile::Documents(documents) => documents,
        ParsedFile::Skipped(reason) => panic!("skipped: {}", reason.message),
    }
}

fn check(bytes: &[u8], expected: Expect) {
    let mut out = String::new();
    for document in parse("mine.enex", bytes) {
        let ParsedDocument {
            part,
            part_key,
            kind,
            title,
            metadata,
            text,
            warnings,
            ..
        } = &document;
        out.push_str(&format!(
            "── {part} [{part_key}] {} {title:?}\n{text}\n",
            kind.as_str()
        ));
        out.push_str(&format!(
            "by {:?} at {:?} tags {:?} files {:?}\n",
            metadata.authors,
            metadata.created.map(|time| time.0),
            metadata.tags,
            metadata.attachment_names()
        ));
        for warning in warnings {
            out.push_str(&format!("{}: {}\n", warning.code, warning.message));
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn every_note_of_an_export_is_a_document_with_its_files() {
    check(
        include_bytes!("seeds/notes.enex"),
        expect![[r#"
            ── note:1 [20260201T093000Z/Tea & cups] note "Tea & cups"
            Title: Tea & cups
            Tags: drinks, 茶
            Source: https://example.org/tea

            To buy

            ☑ green tea

            ☐ 烏龍茶

            Steep for two minutes.
            by ["Ada Lin"] at Some(1769938200000) tags ["drinks", "茶"] files ["bill.txt", "attachment 2.png"]
            encrypted: encrypted stretches (1) are not searchable
            attachment_not_read: attachment `attachment 2.png` is not searchable: `attachment 2.png`: its page has no readable text; it may be scanned and needs text recognition first
            ── note:1/part:1 [20260201T093000Z/Tea & cups/5ddd8819e754de8067d9c4cef21458351012c8e43ee3dafd5dee075720b8360a] text "bill.txt"
            The bill of the tea shop: 12 euros.
            by ["Ada Lin"] at Some(1769938200000) tags [] files []
            ── note:2 [20260203T000000Z/會議記錄] note "會議記錄"
            Title: 會議記錄

            下週三開會。

            誰 | 何時
            林 | 十點
            by [] at Some(1770076800000) tags [] files []
        "#]],
    );
}

#[test]
fn a_broken_export_keeps_the_notes_before() {
    let whole = include_str!("seeds/notes.enex");
    let cut = &whole[..whole.find("下週三").expect("stands there")];
    let documents = parse("cut.enex", cut.as_bytes());
    assert_eq!(documents[0].title, "Tea & cups");
    assert!(
        documents
            .iter()
            .all(|document| !document.part.starts_with("note:2"))
    );
    assert_eq!(
        documents[0].warnings[0].code, "rest_not_read",
        "{:?}",
        documents[0].warnings
    );
}

#[test]
fn a_note_that_is_edited_keeps_its_name() {
    let whole = include_str!("seeds/notes.enex");
    let before = parse("a.enex", whole.as_bytes());
    let after = parse(
        "a.enex",
        whole.replace("Steep for two", "Steep for three").as_bytes(),
    );
    let keys = |documents: &[ParsedDocument]| {
        documents
            .iter()
            .map(|one| one.part_key.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&before), keys(&after));
    assert_ne!(before[0].content_hash, after[0].content_hash);
}
