//! Links from and to documents, conversations and similar documents, as the asker may read them.

use rushlight_core::{DocId, ErrorCode, Principal};

use crate::system::System;

const NOTES: &str = "\
//- Tea.md
---
aliases: [Cha]
---
# Tea

Needs a [[kettle]], [water](./drinks/water.md) and [[patience]].
//- drinks/water.md
# Water

Boil it for [[Cha]]. Not more than once.
//- drinks/kettle.md
# Kettle

Old. Holds water for green [tea](../tea.md#Steeping \"now\") at home. See also [[Tea]].
//- secret.md
# Secret

Nobody may know of [[Tea]] and its water, boiled for green tea at home in the kettle.
//- mail/1.eml
From: Ada <ada@example.org>
To: bo@example.org
Subject: Green tea at six
Date: Mon, 02 Mar 2026 09:00:00 +0000
Message-ID: <1@example.org>

Come at six.
//- mail/2.eml
From: Bo <bo@example.org>
To: ada@example.org
Subject: Re: Green tea at six
Date: Mon, 02 Mar 2026 10:00:00 +0000
Message-ID: <2@example.org>
In-Reply-To: <1@example.org>
References: <1@example.org>

With pleasure.
";

fn asker(name: &str) -> [Principal; 1] {
    [Principal(name.to_owned())]
}

fn below(system: &System, path: &str) -> String {
    let root = format!("{}/", system.root());
    path.strip_prefix(&root).unwrap_or(path).to_owned()
}

fn backlinks(system: &System, path: &str, name: &str) -> (usize, Vec<(String, String)>) {
    let found = system
        .engine
        .backlinks(system.id_of(path), &asker(name), 10)
        .expect("may be asked");
    let one = |link: rushlight_engine::Backlink| (below(system, &link.document.path), link.context);
    (found.total, found.documents.into_iter().map(one).collect())
}

fn similar(system: &System, path: &str, name: &str, limit: usize) -> Vec<String> {
    let (doc, asker) = (system.id_of(path), asker(name));
    let found = system.block_on(system.engine.similar(doc, &asker, limit));
    let found = found.expect("may be asked");
    assert!(
        found.is_sorted_by(|a, b| a.similarity >= b.similarity),
        "{found:?}"
    );
    found
        .into_iter()
        .map(|one| below(system, &one.document.path))
        .collect()
}

#[test]
fn links_lead_to_documents_by_name_alias_and_path() {
    let system = System::over(NOTES);
    system.index();
    let links = |path: &str| -> Vec<(String, Option<String>)> {
        let found = system
            .engine
            .links_of(system.id_of(path), &[Principal::owner()])
            .expect("readable");
        found
            .into_iter()
            .map(|link| {
                (
                    link.link.target,
                    link.document.map(|document| below(&system, &document.path)),
                )
            })
            .collect()
    };
    let to = |target: &str, path: &str| (target.to_owned(), Some(path.to_owned()));
    assert_eq!(
        links("Tea.md"),
        [
            to("kettle", "drinks/kettle.md"),
            to("./drinks/water.md", "drinks/water.md"),
            ("patience".to_owned(), None)
        ]
    );
    assert_eq!(links("drinks/water.md"), [to("Cha", "Tea.md")]);

    system.write("patience.md", "# Patience\n\nComes late.\n");
    system.index();
    assert_eq!(
        links("Tea.md")[2],
        to("patience", "patience.md"),
        "what comes later counts"
    );
}

#[test]
fn backlinks_come_with_their_sentence_and_follow_renames() {
    let system = System::over(NOTES);
    system.index();
    let owner = Principal::owner().0;
    let (total, found) = backlinks(&system, "Tea.md", &owner);
    let expected = [
        (
            "drinks/kettle.md",
            "Holds water for green [tea](../tea.md#Steeping \"now\") at home.",
        ),
        ("drinks/water.md", "Boil it for [[Cha]]."),
        (
            "secret.md",
            "Nobody may know of [[Tea]] and its water, boiled for green tea at home in the kettle.",
        ),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    assert_eq!((total, found), (3, expected));
    let some = system
        .engine
        .backlinks(system.id_of("Tea.md"), &[Principal::owner()], 1)
        .expect("readable");
    assert_eq!((some.total, some.documents.len()), (3, 1));
    assert_eq!(some.documents[0].links, 2);

    std::fs::rename(system.path("Tea.md"), system.path("Brew.md")).expect("renamed");
    system.index();
    let (_, found) = backlinks(&system, "Brew.md", &owner);
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["drinks/water.md"], "only the alias still means it");
}

#[test]
fn a_conversation_is_read_in_order() {
    let system = System::over(NOTES);
    system.index();
    for path in ["mail/1.eml", "mail/2.eml"] {
        let thread = system
            .engine
            .thread(system.id_of(path), &[Principal::owner()])
            .expect("readable");
        let paths: Vec<_> = thread
            .iter()
            .map(|message| below(&system, &message.document.path))
            .collect();
        assert_eq!(paths, ["mail/1.eml", "mail/2.eml"]);
        assert_eq!(thread[1].from, ["Bo <bo@example.org>"]);
    }
}

#[test]
fn what_is_alike_is_found_without_copies() {
    let system = System::over(NOTES);
    let copy = std::fs::read(system.path("drinks/kettle.md")).expect("there");
    system.write("copy.md", copy);
    system.write("bicycle.md", "# Chain\n\nOil for a bicycle, twice every year.\n");
    system.index();
    let owner = Principal::owner().0;
    let found = similar(&system, "drinks/kettle.md", &owner, 20);
    assert_eq!(found[0], "secret.md");
    assert!(
        !found
            .iter()
            .any(|path| path == "copy.md" || path == "drinks/kettle.md"),
        "{found:?}"
    );
    assert_eq!(found.iter().filter(|path| *path == "secret.md").count(), 1);
    assert_eq!(similar(&system, "drinks/kettle.md", &owner, 1), ["secret.md"]);
    assert!(similar(&system, "drinks/kettle.md", &owner, 0).is_empty());
}

#[test]
fn what_may_not_be_read_appears_nowhere() {
    let system = System::over(NOTES);
    system.index();
    let (owner, bo) = (Principal::owner().0, "user:bo");
    for path in ["Tea.md", "drinks/water.md", "drinks/kettle.md", "mail/1.eml"] {
        system.open_to(path, &[&owner, bo]);
    }
    system.index();

    let (total, found) = backlinks(&system, "Tea.md", bo);
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["drinks/kettle.md", "drinks/water.md"]);
    assert_eq!(total, 2, "not in the count either");
    assert_eq!(backlinks(&system, "Tea.md", &owner).0, 3);

    let similar_to_bo = similar(&system, "drinks/kettle.md", bo, 20);
    assert!(!similar_to_bo.is_empty() && !similar_to_bo.contains(&"secret.md".to_owned()));
    let thread = system.engine.thread(system.id_of("mail/1.eml"), &asker(bo));
    assert_eq!(thread.expect("may be asked").len(), 1);

    system.open_to("drinks/kettle.md", &[&owner]);
    let links = system.engine.links_of(system.id_of("Tea.md"), &asker(bo));
    let resolved = links.expect("may be asked")[0].document.is_some();
    assert!(!resolved, "a link to what bo may not read leads nowhere");

    let secret = system.id_of("secret.md");
    let engine = &system.engine;
    let gone = DocId([0xee; 16]);
    for doc in [secret, gone] {
        let codes = [
            engine.links_of(doc, &asker(bo)).map(drop),
            engine.backlinks(doc, &asker(bo), 10).map(drop),
            engine.thread(doc, &asker(bo)).map(drop),
            system.block_on(engine.similar(doc, &asker(bo), 10)).map(drop),
        ];
        for outcome in codes {
            let error = outcome.expect_err("as if it were not there");
            assert_eq!(error.code(), ErrorCode::DocumentNotFound);
            assert_eq!(error.message(), format!("there is no document {doc}"));
        }
    }
}
