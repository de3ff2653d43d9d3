//! What [`KeywordIndex`] promises of each clause of a query, of corrections, suggestions and explanations.

use std::collections::BTreeSet;
use std::path::Path;

use rushlight_core::{
    ChunkId, Clause, Correction, DocumentKind, Generation, IndexedDocument, IndexedFacts, KeywordFound,
    KeywordIndex, MatchKind, Node, Occur, Principal, Query, QueryField, SearchFilter, Suggestion,
    SuggestionKind, Timestamp,
};

use super::sample::{chunk_id, document, owner};

pub(super) fn check(open: &dyn Fn(&Path) -> Box<dyn KeywordIndex>) {
    let fresh = |check: fn(&dyn KeywordIndex)| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        check(&*open(folder.path()));
    };
    fresh(every_clause_finds_what_meets_it);
    fresh(what_is_only_restricted_comes_newest_first);
    fresh(matching_and_explanations_agree_with_the_search);
    fresh(words_that_nobody_wrote_are_corrected);
    fresh(what_stands_within_words_is_found_at_last);
    fresh(terms_are_told_with_what_may_be_read);
    fresh(names_are_suggested_by_their_words);
}

pub(super) fn write(index: &dyn KeywordIndex, documents: &[IndexedDocument]) {
    index.apply(documents, &[]).expect("applies");
    index.commit(Generation(1)).expect("commits");
}

fn clause(occur: Occur, node: Node) -> Clause {
    Clause { occur, node }
}

pub(super) fn query<const N: usize>(clauses: [Clause; N]) -> Query {
    Query {
        clauses: clauses.to_vec(),
    }
}

pub(super) fn wanted(node: Node) -> Clause {
    clause(Occur::Wanted, node)
}

pub(super) fn required(node: Node) -> Clause {
    clause(Occur::Required, node)
}

pub(super) fn excluded(node: Node) -> Clause {
    clause(Occur::Excluded, node)
}

pub(super) fn text(text: &str) -> Node {
    Node::Text(text.to_owned())
}

pub(super) fn phrase(text: &str) -> Node {
    Node::Phrase(text.to_owned())
}

pub(super) fn prefix(text: &str) -> Node {
    Node::Prefix(text.to_owned())
}

fn near(parts: &[&str], distance: u32) -> Node {
    Node::Near {
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        distance,
    }
}

pub(super) fn field(field: QueryField, node: Node) -> Node {
    Node::Field {
        field,
        node: Box::new(node),
    }
}

fn search(index: &dyn KeywordIndex, query: &Query) -> KeywordFound {
    index.search(query, &owner(), 100).expect("searches")
}

/// Numbers of the documents found, in order of their numbers.
fn numbers(index: &dyn KeywordIndex, query: &Query) -> Vec<u8> {
    let hits = search(index, query).hits;
    let numbers: BTreeSet<u8> = hits.iter().map(|hit| hit.doc_id.0[0]).collect();
    numbers.into_iter().collect()
}

fn mail(number: u8, subject: &str, from: &str, to: &str, said: &str) -> IndexedDocument {
    IndexedDocument {
        kind: DocumentKind::Mail,
        title: subject.to_owned(),
        facts: IndexedFacts {
            authors: vec![from.to_owned()],
            recipients: vec![to.to_owned()],
            message_id: Some(format!("m{number}@example.org")),
            thread_id: Some("m4@example.org".to_owned()),
            ..IndexedFacts::default()
        },
        ..document(number, &[said])
    }
}

/// Three notes, two mails of one conversation, and a table that one of them carries.
fn library() -> Vec<IndexedDocument> {
    let mut notes = vec![
        document(1, &["steep green tea at seventy degrees, not more"]),
        document(2, &["black tea takes boiling water; green leaves do not"]),
        document(3, &["泡茶用的水壺，水要七十度"]),
    ];
    notes[0].title = "Tea manual".to_owned();
    notes[0].facts.tags = vec!["Drinks/Green-Tea".to_owned()];
    notes[0].facts.path = "kitchen/tea notes/steeping.md".to_owned();
    notes[0].facts.language = Some("en-GB".to_owned());
    notes[1].facts.tags = vec!["drinks".to_owned(), "drinksome".to_owned()];
    notes[1].facts.path = "office/black.md".to_owned();
    notes[1].facts.language = Some("en".to_owned());
    notes[2].facts.language = Some("zh-Hant".to_owned());
    notes[2].title = "水壺說明".to_owned();
    let mut first = mail(
        4,
        "Kettle order",
        "Ada Lin <ada@example.org>",
        "bo@example.net",
        "order INV-2024-0117 for the kettle",
    );
    first.facts.has_attachment = true;
    let second = mail(
        5,
        "Re: Kettle order",
        "Bo Chen <bo@example.net>",
        "Ada Lin <ada@example.org>",
        "thanks, the tea is here",
    );
    let mut table = document(6, &["kettle 1 piece INV-2024-0118"]);
    table.kind = DocumentKind::Table;
    table.facts.has_attachment = true;
    table.facts.part = "message:1/part:2".to_owned();
    let mut all = notes;
    all.extend([first, second, table]);
    for document in &mut all {
        document.date = Timestamp(i64::from(document.doc_id.0[0]) * 1_000);
    }
    all
}

fn every_clause_finds_what_meets_it(index: &dyn KeywordIndex) {
    write(index, &library());
    let check = |query: Query, expected: &[u8]| {
        assert_eq!(numbers(index, &query), expected, "{query:?}");
    };
    check(query([wanted(text("green tea"))]), &[1, 2, 5]);
    check(query([wanted(text("green")), required(text("tea"))]), &[1, 2, 5]);
    check(query([required(text("green")), required(text("boiling"))]), &[2]);
    check(query([wanted(text("tea")), excluded(text("green"))]), &[5]);
    check(
        query([wanted(text("tea")), excluded(phrase("green tea"))]),
        &[2, 5],
    );
    check(query([excluded(text("tea"))]), &[3, 4, 6]);
    check(query([wanted(phrase("green tea"))]), &[1]);
    check(query([wanted(phrase("水壺"))]), &[3]);
    check(query([wanted(prefix("boil"))]), &[2]);
    check(query([wanted(prefix("green tea at sev"))]), &[1]);
    check(query([wanted(prefix("inv-2024-01"))]), &[4, 6]);
    check(query([wanted(prefix("水"))]), &[3]);
    check(query([wanted(near(&["tea", "degrees"], 2))]), &[1]);
    check(query([wanted(near(&["degrees", "tea"], 2))]), &[1]);
    check(query([wanted(near(&["tea", "degrees"], 1))]), &[]);
    check(query([wanted(near(&["green tea", "not more"], 3))]), &[1]);
    check(query([wanted(near(&["水壺", "泡茶"], 2))]), &[3]);
    check(query([required(field(QueryField::Title, text("tea")))]), &[1]);
    check(
        query([required(field(QueryField::Title, text("manual tea")))]),
        &[1],
    );
    check(
        query([required(field(QueryField::Title, text("manual water")))]),
        &[],
    );
    check(
        query([required(field(QueryField::Title, phrase("manual tea")))]),
        &[],
    );
    check(
        query([required(field(QueryField::Title, prefix("kett")))]),
        &[4, 5],
    );
    check(
        query([required(field(QueryField::Subject, text("kettle")))]),
        &[4, 5],
    );
    check(query([required(field(QueryField::Subject, text("manual")))]), &[]);
    check(query([required(field(QueryField::From, text("ada")))]), &[4]);
    check(
        query([required(field(QueryField::From, text("ada@example.org")))]),
        &[4],
    );
    check(query([required(field(QueryField::To, text("lin ada")))]), &[5]);
    check(query([required(field(QueryField::To, prefix("bo@exam")))]), &[4]);
    check(query([required(field(QueryField::Path, text("kitchen")))]), &[1]);
    check(
        query([required(field(QueryField::Path, phrase("tea notes/steeping.md")))]),
        &[1],
    );
    check(query([required(field(QueryField::Tag, text("drinks")))]), &[1, 2]);
    check(
        query([required(field(QueryField::Tag, text("Drinks/green-tea")))]),
        &[1],
    );
    check(query([required(field(QueryField::Tag, text("green-tea")))]), &[]);
    check(query([required(field(QueryField::Tag, prefix("drinkso")))]), &[2]);
    let english = numbers(index, &query([required(field(QueryField::Language, text("en")))]));
    assert!(
        english.starts_with(&[1, 2]) && !english.contains(&3),
        "{english:?}"
    );
    check(query([required(field(QueryField::Language, text("zh")))]), &[3]);
    check(
        query([required(field(QueryField::Language, text("ZH-hant")))]),
        &[3],
    );
    check(
        query([required(field(QueryField::Thread, text("m5@example.org")))]),
        &[4, 5],
    );
    check(
        query([required(field(QueryField::Thread, text("m4@example.org")))]),
        &[4, 5],
    );
    check(
        query([required(field(QueryField::Thread, text("m6@example.org")))]),
        &[],
    );
    check(query([required(Node::HasAttachment)]), &[4, 6]);
    check(
        query([required(Node::Kinds(vec![
            DocumentKind::Mail,
            DocumentKind::Table,
        ]))]),
        &[4, 5, 6],
    );
    let dates = |from: Option<i64>, until: Option<i64>| Node::Dates {
        from: from.map(Timestamp),
        until: until.map(Timestamp),
    };
    check(query([required(dates(Some(2_000), Some(4_000)))]), &[2, 3]);
    check(
        query([wanted(text("tea")), required(dates(Some(2_000), None))]),
        &[2, 5],
    );
    check(query([required(Node::Everything)]), &[1, 2, 3, 4, 5, 6]);
    check(
        query([wanted(text("tea")), required(Node::Everything)]),
        &[1, 2, 5],
    );
    check(query([wanted(text("tea")), required(Node::Nothing)]), &[]);
    let either = query([wanted(text("boiling")), wanted(text("thanks"))]);
    check(
        query([required(Node::Group(either.clone())), wanted(text("green"))]),
        &[2, 5],
    );
    check(query([wanted(text("tea")), excluded(Node::Group(either))]), &[1]);
    let from = |name: &str| wanted(field(QueryField::From, text(name)));
    check(
        query([required(Node::Group(query([from("ada"), from("bo")])))]),
        &[4, 5],
    );
    check(
        query([wanted(text("!?")), wanted(phrase(" ")), wanted(prefix("*"))]),
        &[],
    );
    check(query([wanted(text("tea")), required(phrase("!"))]), &[1, 2, 5]);
    check(Query::default(), &[]);
    let mut deep = query([wanted(text("tea"))]);
    for _ in 0..2_000 {
        deep = query([wanted(Node::Group(deep))]);
    }
    let _ = search(index, &deep);
}

fn what_is_only_restricted_comes_newest_first(index: &dyn KeywordIndex) {
    write(index, &library());
    let in_order = |query: &Query| -> (bool, Vec<u8>) {
        let found = search(index, query);
        let numbers = found.hits.iter().map(|hit| hit.doc_id.0[0]).collect();
        assert!(!found.newest_first || found.hits.iter().all(|hit| hit.score == 1.0));
        (found.newest_first, numbers)
    };
    let mail = required(Node::Kinds(vec![DocumentKind::Mail]));
    assert_eq!(in_order(&query([mail.clone()])), (true, vec![5, 4]));
    assert_eq!(in_order(&query([excluded(text("tea"))])), (true, vec![6, 4, 3]));
    let from = required(field(QueryField::From, prefix("exam")));
    assert_eq!(in_order(&query([from])), (true, vec![5, 4]));
    assert!(!in_order(&query([mail, wanted(text("ada"))])).0);
    let few = index
        .search(&query([excluded(text("tea"))]), &owner(), 2)
        .expect("searches");
    assert_eq!(
        few.hits.iter().map(|hit| hit.doc_id.0[0]).collect::<Vec<_>>(),
        [6, 4]
    );
}

fn matching_and_explanations_agree_with_the_search(index: &dyn KeywordIndex) {
    let mut all = library();
    all[1].chunks[0].repeated = true;
    write(index, &all);
    let either = query([wanted(text("boiling")), wanted(text("thanks"))]);
    let queries = [
        query([wanted(text("green tea kettle 水壺"))]),
        query([
            wanted(text("tea")),
            required(phrase("green tea")),
            excluded(text("leaves")),
        ]),
        query([wanted(prefix("t")), wanted(Node::Group(either))]),
        query([wanted(near(&["tea", "degrees"], 5)), required(Node::Everything)]),
        query([wanted(text("kettel inv-2024-0117"))]),
        query([wanted(text("eventy deg"))]),
        query([required(Node::HasAttachment)]),
        query([
            required(field(QueryField::Title, text("kettle"))),
            wanted(text("thanks")),
        ]),
        Query::default(),
    ];
    for query in queries {
        let found = search(index, &query);
        let mut chunks: Vec<ChunkId> = found.hits.iter().map(|hit| hit.chunk_id).collect();
        chunks.sort_unstable();
        assert_eq!(
            index.matching(&query, &owner()).expect("searches"),
            chunks,
            "{query:?}"
        );
        for number in 1..=6 {
            let chunk = chunk_id(number, 0);
            let explained = index.explain(&query, &owner(), chunk).expect("explains");
            let hit = found.hits.iter().find(|hit| hit.chunk_id == chunk);
            assert_eq!(explained.is_some(), hit.is_some(), "{query:?} {number}");
            let (Some(explained), Some(hit)) = (explained, hit) else {
                continue;
            };
            let close = |a: f32, b: f32| (a - b).abs() <= 1e-4 * a.abs().max(b.abs());
            assert!(
                close(explained.score, hit.score),
                "{query:?} {explained:?} {hit:?}"
            );
            if !found.newest_first {
                let sum: f32 = explained.parts.iter().map(|part| part.contribution).sum();
                assert!(
                    close(sum * explained.factor, hit.score),
                    "{query:?} {explained:?}"
                );
            }
        }
    }
    let explained = index
        .explain(&Query::plain("kettle"), &owner(), chunk_id(4, 0))
        .expect("explains")
        .expect("is found");
    let fields: BTreeSet<&str> = explained
        .parts
        .iter()
        .flat_map(|part| part.frequencies.iter().map(|frequency| frequency.field))
        .collect();
    assert_eq!(fields, BTreeSet::from(["text", "title"]), "{explained:?}");
    assert!(explained.parts.iter().any(|part| part.how == MatchKind::Exact));
}

fn words_that_nobody_wrote_are_corrected(index: &dyn KeywordIndex) {
    let mut hidden = document(9, &["temporature, zzebra"]);
    hidden.access = vec![Principal("user:other".to_owned())];
    write(
        index,
        &[
            document(1, &["the temperature of the kettle"]),
            document(2, &["a kettle"]),
            document(3, &["kittle, zebra1 tone"]),
            hidden,
        ],
    );
    let corrected = |typed: &str| -> Vec<String> {
        let found = search(index, &Query::plain(typed));
        let meant = |Correction { typed: of, meant }: Correction| {
            assert_eq!(of, typed);
            meant
        };
        found.corrections.into_iter().map(meant).collect()
    };
    assert_eq!(corrected("temprature"), ["temperature"], "a letter is missing");
    assert_eq!(
        corrected("temporature"),
        ["temperature"],
        "only others may read it as it is typed"
    );
    assert_eq!(
        corrected("tmperatrue"),
        ["temperature"],
        "two mistakes in a long word"
    );
    assert_eq!(
        corrected("kettel"),
        ["kettle"],
        "letters exchanged are one mistake"
    );
    assert_eq!(
        corrected("kxttle"),
        ["kettle", "kittle"],
        "the more frequent first"
    );
    assert_eq!(corrected("kittle"), [""; 0], "a word that occurs is what it is");
    assert_eq!(corrected("zebra2"), [""; 0], "a word with a digit is what it is");
    assert_eq!(
        corrected("zzebra"),
        [""; 0],
        "what only others may read is nobody's meaning"
    );
    assert_eq!(corrected("ton"), [""; 0], "short words are what they are");
    let begun = |typed: &str| {
        let typing = query([wanted(text("kettel temprature")), wanted(prefix(typed))]);
        let corrections = search(index, &typing).corrections;
        corrections.into_iter().map(|one| one.typed).collect::<Vec<_>>()
    };
    assert_eq!(
        begun("temprature"),
        ["kettel"],
        "a word that is not finished is no mistake"
    );
    assert_eq!(begun("temp"), ["kettel", "temprature"]);
    assert_eq!(numbers(index, &Query::plain("temprature")), [1]);
    assert_eq!(numbers(index, &Query::plain("kettel")), [1, 2]);
    let both = search(index, &Query::plain("kettle temprature")).hits;
    assert_eq!(both[0].chunk_id, chunk_id(1, 0));
    assert!(
        search(index, &query([excluded(text("kettel"))]))
            .corrections
            .is_empty()
    );
}

fn what_stands_within_words_is_found_at_last(index: &dyn KeywordIndex) {
    write(
        index,
        &[
            document(1, &["invoice INV-2024-0117 is paid"]),
            document(2, &["some other words"]),
        ],
    );
    for typed in ["nvoic", "oice in", "ce INV-2024-01", "24-0117 i", "voice INV"] {
        let found = search(index, &Query::plain(typed));
        assert!(
            found.hits.iter().any(|hit| hit.chunk_id == chunk_id(1, 0)),
            "`{typed}` stands in the text"
        );
    }
    assert!(search(index, &Query::plain("nvoic")).by_part);
    assert!(!search(index, &Query::plain("invoice")).by_part);
    let here = query([
        wanted(text("nvoic")),
        required(Node::Kinds(vec![DocumentKind::Mail])),
    ]);
    assert_eq!(numbers(index, &here), [0; 0], "filters hold at last too");
    assert_eq!(numbers(index, &Query::plain("qqqq")), [0; 0]);
}

fn terms_are_told_with_what_may_be_read(index: &dyn KeywordIndex) {
    let mut hidden = document(9, &["tea oolong"]);
    hidden.access = vec![Principal("user:other".to_owned())];
    write(
        index,
        &[
            document(1, &["tea", "tea and milk"]),
            document(2, &["tea a4711b"]),
            hidden,
        ],
    );
    let found = search(index, &Query::plain("tea milk oolong a4711b"));
    let terms: Vec<(&str, u64)> = found
        .terms
        .iter()
        .filter(|term| ["tea", "milk", "oolong", "a4711b"].contains(&term.term.as_str()))
        .map(|term| (term.term.as_str(), term.chunks))
        .collect();
    assert_eq!(terms, [("tea", 3), ("milk", 1), ("oolong", 0), ("a4711b", 1)]);
    let of = |name: &str| {
        found
            .terms
            .iter()
            .find(|term| term.term == name)
            .expect("is told")
    };
    assert!(of("milk").idf > of("tea").idf && of("oolong").idf > of("milk").idf);
    assert!(of("a4711b").identifier && !of("milk").identifier);
}

fn names_are_suggested_by_their_words(index: &dyn KeywordIndex) {
    let titled = |number: u8, title: &str| IndexedDocument {
        title: title.to_owned(),
        ..document(number, &["a", "b"])
    };
    let mut all = vec![
        titled(1, "Best green tea"),
        titled(2, "Greenhouse, tea and CAFÉ"),
        titled(3, "綠茶的溫度"),
        titled(4, "Best green tea"),
        titled(5, "Secret green plan"),
    ];
    all[4].access = vec![Principal("user:other".to_owned())];
    for document in &mut all {
        document.facts.authors = vec!["Ada Lin <ada@example.org>".to_owned()];
    }
    all[0].facts.recipients = vec!["Gregor Bo".to_owned()];
    all[1].facts.tags = vec!["greek/tea".to_owned()];
    write(index, &all);
    let suggest = |typed: &str| index.suggest(typed, &owner(), 10).expect("suggests");
    let texts = |typed: &str| -> Vec<(SuggestionKind, String, u64)> {
        let tell = |suggestion: Suggestion| (suggestion.kind, suggestion.text, suggestion.documents);
        suggest(typed).into_iter().map(tell).collect()
    };
    let title = |text: &str, documents| (SuggestionKind::Title, text.to_owned(), documents);
    assert_eq!(
        texts("gree"),
        [
            title("Best green tea", 2),
            title("Greenhouse, tea and CAFÉ", 1),
            (SuggestionKind::Tag, "greek/tea".to_owned(), 1),
        ],
        "most documents first, and none that is not readable"
    );
    assert_eq!(texts("GREEN t"), [title("Best green tea", 2)]);
    assert_eq!(texts("cafe"), [title("Greenhouse, tea and CAFÉ", 1)]);
    assert_eq!(texts("茶的"), [title("綠茶的溫度", 1)]);
    assert_eq!(texts("reen"), [], "not from within a word");
    assert_eq!(
        texts("lin"),
        [(SuggestionKind::Person, "Ada Lin <ada@example.org>".to_owned(), 4)]
    );
    assert_eq!(texts("ada@ex")[0].2, 4);
    assert_eq!(texts("secret"), []);
    assert_eq!(texts(""), []);
    assert_eq!(texts(" !"), []);
    assert_eq!(index.suggest("gree", &owner(), 1).expect("suggests").len(), 1);
    assert_eq!(index.suggest("gree", &owner(), 0).expect("suggests"), []);
    assert_eq!(
        index
            .suggest("gree", &SearchFilter::default(), 9)
            .expect("suggests"),
        []
    );
}
