//! Links: who bears a name and who links to it, whatever came first, and only for those who may read both.

use rushlight_core::{
    DocId, DocLink, DocMetadata, DocumentKind, LinkKind, Plan, Principal, Rename, RenameFollowUp, SourceId,
    Timestamp,
};
use rushlight_ledger::{FileOutcome, Ledger, NamedBy};

use crate::support::{NOW, completed, hash, ledger, new_document, online, parsed, stamp};

fn link(kind: LinkKind, target: &str) -> DocLink {
    DocLink {
        kind,
        target: target.to_owned(),
        fragment: None,
        embedded: false,
    }
}

fn names(targets: &[&str]) -> DocMetadata {
    DocMetadata {
        links: targets
            .iter()
            .map(|target| link(LinkKind::Name, target))
            .collect(),
        ..DocMetadata::default()
    }
}

/// Writes a document, open to `readers`, and returns its id.
fn write(ledger: &Ledger, source: SourceId, path: &str, metadata: DocMetadata, readers: &[&str]) -> DocId {
    if ledger.files_below(source, path).expect("readable").is_empty() {
        let added = vec![stamp(path, 5)];
        ledger
            .apply_plan(source, &Plan { added, ..online() }, NOW)
            .expect("applied");
    }
    let file = ledger.files_below(source, path).expect("readable").remove(0);
    let doc_id = ledger.document_ids(file.id, &[("", "")]).expect("readable")[0];
    let mut document = parsed("", "", path);
    if metadata.message_id.is_some() {
        document.kind = DocumentKind::Mail;
    }
    document.metadata = metadata;
    let mut document = new_document(doc_id, document);
    document.access = principals(readers);
    let outcome = FileOutcome::Indexed {
        content_hash: hash(path),
        documents: vec![document],
    };
    ledger
        .complete_files(&[completed(&file, outcome)], NOW)
        .expect("completed");
    doc_id
}

fn principals(names: &[&str]) -> Vec<Principal> {
    names.iter().map(|name| Principal((*name).to_owned())).collect()
}

fn linking(ledger: &Ledger, doc: DocId, asker: &str) -> Vec<String> {
    let found = ledger
        .linking_documents(doc, &principals(&[asker]))
        .expect("readable");
    found.into_iter().map(|linking| linking.document.path).collect()
}

fn bearing(ledger: &Ledger, name: &str, asker: &str) -> Vec<(String, NamedBy)> {
    let space = ledger.spaces().expect("readable")[0].id;
    let found = ledger
        .link_targets(space, &principals(&[asker]), &[name])
        .expect("readable");
    found
        .into_iter()
        .flatten()
        .map(|target| (target.path, target.named_by))
        .collect()
}

#[test]
fn a_document_is_found_by_its_files_name_and_its_aliases() {
    let (ledger, source, _) = ledger();
    let aliases = DocMetadata {
        aliases: vec!["Cha".to_owned(), "tea".to_owned()],
        ..DocMetadata::default()
    };
    write(&ledger, source, "drinks/Tea.md", aliases, &["ada"]);
    let tea = "/notes/drinks/Tea.md".to_owned();
    assert_eq!(bearing(&ledger, "TEA", "ada"), [(tea.clone(), NamedBy::Stem)]);
    assert_eq!(
        bearing(&ledger, "x/tea.md", "ada"),
        [(tea.clone(), NamedBy::File)]
    );
    assert_eq!(bearing(&ledger, "cha", "ada"), [(tea, NamedBy::Alias)]);
    assert!(bearing(&ledger, "drinks", "ada").is_empty());
    assert!(
        bearing(&ledger, "tea", "bo").is_empty(),
        "not for who may not read it"
    );
}

#[test]
fn who_links_is_found_whatever_came_first() {
    let (ledger, source, _) = ledger();
    write(
        &ledger,
        source,
        "before.md",
        names(&["Tea", "cha", "water"]),
        &["ada"],
    );
    let aliases = DocMetadata {
        aliases: vec!["Cha".to_owned()],
        ..names(&["tea"])
    };
    let tea = write(&ledger, source, "tea.md", aliases, &["ada"]);
    write(&ledger, source, "after.md", names(&["x/tea.md"]), &["ada", "bo"]);
    assert_eq!(
        linking(&ledger, tea, "ada"),
        ["/notes/after.md", "/notes/before.md"]
    );
    let links = ledger
        .linking_documents(tea, &principals(&["ada"]))
        .expect("readable");
    assert_eq!(links[1].links, names(&["Tea", "cha"]).links);
    assert_eq!(
        linking(&ledger, tea, "bo"),
        ["/notes/after.md"],
        "only what bo may read"
    );
    assert!(linking(&ledger, tea, "cy").is_empty());

    write(&ledger, source, "before.md", names(&["water"]), &["ada"]);
    assert_eq!(
        linking(&ledger, tea, "ada"),
        ["/notes/after.md"],
        "an edit takes links away"
    );
}

#[test]
fn a_renamed_file_is_found_by_its_new_name() {
    let (ledger, source, _) = ledger();
    write(&ledger, source, "from.md", names(&["tea", "coffee"]), &["ada"]);
    let doc = write(&ledger, source, "tea.md", DocMetadata::default(), &["ada"]);
    let file = ledger.files_below(source, "tea.md").expect("readable").remove(0);
    let renamed = vec![Rename {
        file: file.id,
        stamp: stamp("hot/Coffee.md", 5),
        follow_up: RenameFollowUp::Keep,
    }];
    ledger
        .apply_plan(source, &Plan { renamed, ..online() }, NOW)
        .expect("applied");
    assert!(bearing(&ledger, "tea", "ada").is_empty());
    let coffee = ("/notes/hot/Coffee.md".to_owned(), NamedBy::Stem);
    assert_eq!(bearing(&ledger, "coffee", "ada"), [coffee]);
    let links = ledger
        .linking_documents(doc, &principals(&["ada"]))
        .expect("readable");
    assert_eq!(links[0].links, names(&["coffee"]).links);
}

#[test]
fn a_removed_document_leaves_nothing() {
    let (ledger, source, _) = ledger();
    let tea = write(&ledger, source, "tea.md", DocMetadata::default(), &["ada"]);
    write(&ledger, source, "from.md", names(&["tea"]), &["ada"]);
    let from = ledger.files_below(source, "from.md").expect("readable").remove(0);
    let deleted = vec![from.id];
    ledger
        .apply_plan(source, &Plan { deleted, ..online() }, NOW)
        .expect("applied");
    assert!(linking(&ledger, tea, "ada").is_empty());
    ledger.check().expect("sound");
}

fn mail(id: &str, thread: &str, created: i64) -> DocMetadata {
    DocMetadata {
        message_id: Some(id.to_owned()),
        thread_id: Some(thread.to_owned()),
        created: Some(Timestamp(created)),
        authors: vec![format!("{id}@example.org")],
        ..DocMetadata::default()
    }
}

#[test]
fn a_conversation_is_told_in_order_to_those_who_may_read_it() {
    let (ledger, source, _) = ledger();
    let all = ["ada", "bo"];
    let last = write(&ledger, source, "c.eml", mail("c", "t", 3), &all);
    write(&ledger, source, "secret.eml", mail("b", "t", 2), &["ada"]);
    write(&ledger, source, "a.eml", mail("a", "t", 1), &all);
    write(&ledger, source, "copy of c.eml", mail("c", "t", 3), &all);
    write(&ledger, source, "other.eml", mail("d", "u", 2), &all);
    let note = write(&ledger, source, "note.md", DocMetadata::default(), &all);
    let told = |doc, asker: &str, limit| -> Vec<String> {
        let thread = ledger
            .thread_of(doc, &principals(&[asker]), limit)
            .expect("readable");
        thread.into_iter().map(|message| message.document.path).collect()
    };
    assert_eq!(
        told(last, "ada", 9),
        ["/notes/a.eml", "/notes/secret.eml", "/notes/c.eml"]
    );
    assert_eq!(told(last, "bo", 9), ["/notes/a.eml", "/notes/c.eml"]);
    assert_eq!(told(last, "ada", 1), ["/notes/a.eml"]);
    assert!(told(last, "cy", 9).is_empty());
    assert!(told(note, "ada", 9).is_empty());
    let thread = ledger.thread_of(last, &principals(&["bo"]), 9).expect("readable");
    assert_eq!(thread[0].from, ["a@example.org"]);
}

#[test]
fn documents_are_found_by_their_files_path() {
    let (ledger, source, _) = ledger();
    let doc = write(&ledger, source, "a/tea.md", DocMetadata::default(), &["ada"]);
    let at = |path: &str, asker: &str| -> Vec<DocId> {
        let found = ledger
            .documents_at(path, &principals(&[asker]))
            .expect("readable");
        found.into_iter().map(|target| target.doc_id).collect()
    };
    assert_eq!(at("/notes/a/tea.md", "ada"), [doc]);
    assert!(at("/notes/a/tea.md", "bo").is_empty());
    for path in ["/notes/a", "/notesXa/tea.md", "a/tea.md", "", "/茶"] {
        assert!(at(path, "ada").is_empty(), "{path}");
    }
}
