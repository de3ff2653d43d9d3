//! What a mail is read with: who may read which of its attachments, and how a mail begins.

use rushlight_core::{BlockKind, FileRecord, Plan, Principal};
use rushlight_ledger::{FileOutcome, Ledger, NewDocument};

use crate::support::{NOW, completed, hash, ledger, new_document, online, parsed, stamp};

/// A ledger that knows of one mail and has not read it yet.
fn with_a_mail() -> (Ledger, FileRecord) {
    let (ledger, source, _) = ledger();
    let added = vec![stamp("a.eml", 5)];
    ledger
        .apply_plan(source, &Plan { added, ..online() }, NOW)
        .expect("applied");
    let file = ledger.files_below(source, "a.eml").expect("readable").remove(0);
    (ledger, file)
}

fn read(ledger: &Ledger, file: &FileRecord, documents: Vec<NewDocument>) {
    let outcome = FileOutcome::Indexed {
        content_hash: hash("a.eml"),
        documents,
    };
    ledger
        .complete_files(&[completed(file, outcome)], NOW)
        .expect("completed");
}

#[test]
fn what_lies_in_a_part_is_told_to_those_who_may_read_it() {
    let (ledger, file) = with_a_mail();
    let parts: [(&str, &[&str]); 7] = [
        ("", &["ada", "bo"]),
        ("part:2", &["ada"]),
        ("part:2/part:1", &["ada", "bo"]),
        ("part:3/member:a.md", &["ada", "bo"]),
        ("part:3/member:b.md", &["ada"]),
        ("part:3/member:c.md", &["ada", "bo"]),
        ("part:30", &["ada", "bo"]),
    ];
    let names: Vec<(&str, &str)> = parts.iter().map(|(part, _)| (*part, *part)).collect();
    let ids = ledger.document_ids(file.id, &names).expect("readable");
    let documents = ids.into_iter().zip(parts).map(|(id, (part, readers))| {
        let mut document = new_document(id, parsed(part, part, part));
        document.access = readers.iter().map(|name| Principal((*name).to_owned())).collect();
        document
    });
    read(&ledger, &file, documents.collect());
    let found = |part: &str, asker: &str, limit| -> (Vec<String>, u64) {
        let page = ledger
            .documents_in_part(file.id, part, &[Principal(asker.to_owned())], limit)
            .expect("readable");
        (page.items.into_iter().map(|one| one.part).collect(), page.total)
    };
    let expected = |parts: &[&str], total| (parts.iter().map(|part| (*part).to_owned()).collect(), total);
    assert_eq!(found("part:2", "ada", 9), expected(&["part:2"], 1));
    assert_eq!(found("part:2", "bo", 9), expected(&["part:2/part:1"], 1));
    let all = ["part:3/member:a.md", "part:3/member:b.md", "part:3/member:c.md"];
    assert_eq!(found("part:3", "ada", 9), expected(&all, 3));
    assert_eq!(found("part:3", "ada", 2), expected(&all[..2], 3));
    assert_eq!(found("part:3", "bo", 9), expected(&[all[0], all[2]], 2));
    for (part, asker) in [
        ("part:3", "cy"),
        ("part:4", "ada"),
        ("part:%", "ada"),
        ("part", "ada"),
    ] {
        assert_eq!(found(part, asker, 9), expected(&[], 0), "{part} for {asker}");
    }
}

#[test]
fn a_mail_begins_where_its_own_words_do() {
    let (ledger, file) = with_a_mail();
    let doc = ledger.document_ids(file.id, &[("", "")]).expect("readable")[0];
    let begins = |kinds: &[BlockKind], most| {
        let mut document = parsed("", "", "From: Ada\n> quoted\n茶葉 is here\n-- ");
        for (block, kind) in document.blocks.iter_mut().zip(kinds) {
            block.kind = *kind;
        }
        read(&ledger, &file, vec![new_document(doc, document)]);
        ledger.opening(doc, most).expect("readable")
    };
    use BlockKind::{Metadata, Paragraph, Quote, Signature};
    let mail = [Metadata, Quote, Paragraph, Signature];
    assert_eq!(begins(&mail, 100), "茶葉 is here");
    for (most, expected) in [(6, "茶葉"), (5, "茶"), (3, "茶"), (2, ""), (0, "")] {
        assert_eq!(begins(&mail, most), expected, "{most}");
    }
    assert_eq!(begins(&[Metadata, Quote, Quote, Signature], 100), "");
}
