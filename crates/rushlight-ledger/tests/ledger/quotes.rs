//! Quotations: what is repeated follows from the mails that are there, in whatever order they came and went.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rushlight_core::{
    BlockKind, DocMetadata, DocumentKind, FileStamp, Generation, Plan, SourceId, Timestamp,
};
use rushlight_ledger::{FileOutcome, Ledger, SettledQuotes};

use crate::support::{NOW, completed, embed_all, hash, ledger, new_document, online, parsed, stamp};

/// Message-ID, the one it answers, date, and lines; `> ` begins a quoted one, `-- ` a signature.
type Mail = (&'static str, Option<&'static str>, i64, &'static str);

const FIRST: Mail = ("a", None, 1, "tea at six\n-- Ada");
const ANSWER: Mail = ("b", Some("a"), 2, "yes\n> tea at six\n> and cake\n-- Bo");
const SECOND_ANSWER: Mail = ("c", Some("b"), 3, "good\n> yes\n> tea at six");
/// Two that answer each other and say nothing of their own.
const ROUND: [Mail; 2] = [
    ("x", Some("y"), 4, "> moon"),
    ("y", Some("x"), 4, "> moon\n> and sun"),
];

fn write(ledger: &Ledger, source: SourceId, path: &str, mail: Mail) {
    let (id, answers, date, text) = mail;
    let known = ledger.files(source).expect("readable");
    let known = known.iter().find(|file| file.stamp.path == path);
    if known.is_none() {
        let added: Vec<FileStamp> = vec![stamp(path, 5)];
        ledger
            .apply_plan(source, &Plan { added, ..online() }, NOW)
            .expect("applied");
    }
    let files = ledger.files_below(source, path).expect("readable");
    let file = &files[0];
    let mut document = parsed("", "", text);
    for block in &mut document.blocks {
        block.kind = match &text[block.span.range()] {
            line if line.starts_with('>') => BlockKind::Quote,
            line if line.starts_with("-- ") => BlockKind::Signature,
            _ => BlockKind::Paragraph,
        };
    }
    document.kind = DocumentKind::Mail;
    document.metadata = DocMetadata {
        message_id: Some(id.to_owned()),
        in_reply_to: answers.map(str::to_owned),
        created: Some(Timestamp(date)),
        ..DocMetadata::default()
    };
    let doc_id = ledger.document_ids(file.id, &[("", "")]).expect("readable")[0];
    let outcome = FileOutcome::Indexed {
        content_hash: hash(text),
        documents: vec![new_document(doc_id, document)],
    };
    ledger
        .complete_files(&[completed(file, outcome)], NOW)
        .expect("completed");
}

fn remove(ledger: &Ledger, source: SourceId, path: &str) {
    let deleted = ledger
        .files_below(source, path)
        .expect("readable")
        .iter()
        .map(|file| file.id)
        .collect();
    ledger
        .apply_plan(source, &Plan { deleted, ..online() }, NOW)
        .expect("applied");
}

fn settle(ledger: &Ledger) {
    loop {
        let due = ledger.quotes_to_settle(2).expect("readable");
        if due.is_empty() {
            return;
        }
        let settled: Vec<SettledQuotes> = due
            .iter()
            .map(|document| {
                let original = document.original.as_deref().unwrap_or_default();
                let bare = |quote: &str| quote.trim_start_matches("> ").to_owned();
                let quotes = document
                    .quotes
                    .iter()
                    .filter(|(_, quote)| original.contains(&bare(quote)));
                SettledQuotes {
                    doc_id: document.doc_id,
                    repeated: quotes.map(|(chunk, _)| *chunk).collect(),
                }
            })
            .collect();
        ledger.settle_quotes(&settled).expect("settled");
    }
}

/// Every chunk as the keyword index has it, and whether the vector index has it too.
fn state(ledger: &Ledger) -> BTreeSet<(String, String, bool, bool)> {
    let space = ledger.spaces().expect("readable")[0].id;
    let with_vector: BTreeSet<_> = ledger
        .vector_chunk_ids(space)
        .expect("readable")
        .into_iter()
        .collect();
    let changes = ledger
        .keyword_changes(space, Generation::ZERO, 1_000)
        .expect("readable");
    let mut lines = BTreeSet::new();
    for document in changes.upserts {
        let name = document.keywords.last().expect("the file's name").clone();
        for chunk in document.chunks {
            let by_meaning = with_vector.contains(&(chunk.id, document.doc_id));
            lines.insert((name.clone(), chunk.text, chunk.repeated, by_meaning));
        }
    }
    lines
}

fn own(state: &BTreeSet<(String, String, bool, bool)>, path: &str) -> Vec<(String, bool)> {
    state
        .iter()
        .filter(|(name, ..)| name == path)
        .map(|(_, text, repeated, by_meaning)| {
            assert_eq!(*repeated, !by_meaning, "what is repeated has no vector: {text}");
            (text.clone(), *repeated)
        })
        .collect()
}

fn line(text: &str, repeated: bool) -> (String, bool) {
    (text.to_owned(), repeated)
}

#[test]
fn words_count_where_they_were_first_written() {
    let (ledger, source, _) = ledger();
    write(&ledger, source, "2", ANSWER);
    settle(&ledger);
    embed_all(&ledger);
    let alone = [
        line("-- Bo", true),
        line("> and cake", false),
        line("> tea at six", false),
        line("yes", false),
    ];
    assert_eq!(own(&state(&ledger), "2"), alone, "nobody else has the words");

    write(&ledger, source, "1", FIRST);
    settle(&ledger);
    embed_all(&ledger);
    let after = [
        line("-- Bo", true),
        line("> and cake", false),
        line("> tea at six", true),
        line("yes", false),
    ];
    assert_eq!(own(&state(&ledger), "2"), after);
    assert!(own(&state(&ledger), "1").contains(&line("tea at six", false)));

    remove(&ledger, source, "1");
    settle(&ledger);
    assert_eq!(
        ledger.pending_embedding_count("model-a").expect("readable"),
        0,
        "its vector is still known"
    );
    assert_eq!(own(&state(&ledger), "2"), alone, "the original is gone");
}

#[test]
fn two_mails_that_quote_each_other_do_not_lose_the_words_between_them() {
    let (ledger, source, _) = ledger();
    for (path, mail) in ["x", "y"].into_iter().zip(ROUND) {
        write(&ledger, source, path, mail);
    }
    settle(&ledger);
    embed_all(&ledger);
    let state = state(&ledger);
    let moon = state.iter().filter(|(_, text, ..)| text == "> moon");
    assert_eq!(moon.filter(|(.., repeated, _)| !repeated).count(), 1, "{state:?}");
}

const PATHS: [&str; 4] = ["1", "2", "3", "4"];
const MAILS: [Mail; 6] = [
    FIRST,
    ANSWER,
    SECOND_ANSWER,
    ("a", None, 1, "coffee at six"),
    ROUND[0],
    ROUND[1],
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_history_ends_where_a_fresh_index_does(
        steps in prop::collection::vec((0..4usize, prop::option::weighted(0.75, 0..6usize), any::<bool>()), 1..24)
    ) {
        let (old, source, _) = ledger();
        let mut there: [Option<usize>; 4] = [None; 4];
        for (path, mail, then_settle) in steps {
            match mail {
                Some(mail) => write(&old, source, PATHS[path], MAILS[mail]),
                None => remove(&old, source, PATHS[path]),
            }
            there[path] = mail;
            if then_settle {
                settle(&old);
                embed_all(&old);
            }
        }
        settle(&old);
        embed_all(&old);
        let (fresh, source, _) = ledger();
        for (path, mail) in PATHS.into_iter().zip(there) {
            if let Some(mail) = mail {
                write(&fresh, source, path, MAILS[mail]);
            }
        }
        settle(&fresh);
        embed_all(&fresh);
        prop_assert_eq!(state(&old), state(&fresh));
    }
}
