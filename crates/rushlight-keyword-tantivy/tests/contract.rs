//! The contract of the port, and what this index promises beyond it.

use std::fs;

use proptest::prelude::*;
use rushlight_core::{
    ChunkId, Clause, DocId, DocumentKind, ErrorCode, Generation, IndexedChunk, IndexedDocument, IndexedFacts,
    KeywordIndex, Node, Occur, Principal, Query, QueryField, SearchFilter, SourceId, Timestamp,
};
use rushlight_keyword_tantivy::{KeywordOptions, TantivyIndex};
use rushlight_testkit::contract;
use unicode_segmentation::UnicodeSegmentation;

#[test]
fn the_adapter_keeps_the_contract() {
    contract::keyword_index(|folder| {
        Box::new(TantivyIndex::open(folder, KeywordOptions::default()).expect("opens"))
    });
}

fn document(number: u8, text: &str) -> IndexedDocument {
    IndexedDocument {
        doc_id: DocId([number; 16]),
        source_id: SourceId(1),
        kind: DocumentKind::Note,
        date: Timestamp(0),
        access: vec![Principal::owner()],
        title: String::new(),
        keywords: Vec::new(),
        facts: IndexedFacts::default(),
        chunks: vec![IndexedChunk {
            id: ChunkId([number; 16]),
            heading_path: Vec::new(),
            text: text.to_owned(),
            repeated: false,
            embedding: None,
        }],
    }
}

fn owner() -> SearchFilter {
    SearchFilter {
        principals: vec![Principal::owner()],
        ..SearchFilter::default()
    }
}

#[test]
fn a_broken_or_foreign_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = || TantivyIndex::open(folder.path(), KeywordOptions::default());
    let index = open().expect("opens");
    index.apply(&[document(1, "tea")], &[]).expect("applies");
    index.commit(Generation(1)).expect("commits");
    drop(index);
    fs::write(folder.path().join("meta.json"), "{").expect("writes");
    assert_eq!(open().err().expect("refused").code(), ErrorCode::IndexFailed);
    fs::remove_file(folder.path().join("meta.json")).expect("removes");
    assert_eq!(open().err().expect("refused").code(), ErrorCode::IndexFailed);
}

#[test]
fn an_end_within_a_commit_is_no_obstacle_to_the_next() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = || TantivyIndex::open(folder.path(), KeywordOptions::default()).expect("opens");
    let files = || {
        let entries = fs::read_dir(folder.path()).expect("lists");
        let names: Vec<_> = entries.map(|entry| entry.expect("lists").path()).collect();
        names
            .into_iter()
            .filter(|path| path.extension().is_some_and(|ending| ending == "del"))
            .count()
    };
    let index = open();
    index
        .apply(&[document(1, "tea"), document(2, "milk")], &[])
        .expect("applies");
    index.commit(Generation(1)).expect("commits");
    drop(index);
    let meta = folder.path().join("meta.json");
    let before = fs::read(&meta).expect("reads");
    let remove = |index: &TantivyIndex| {
        index.apply(&[], &[DocId([1; 16])]).expect("applies");
        index.commit(Generation(2)).expect("commits");
    };
    let index = open();
    remove(&index);
    drop(index);
    // As a kill leaves it: the list of deleted rows is written, and the commit that names it is not.
    assert_eq!(files(), 1, "a list of deleted rows");
    fs::write(&meta, before).expect("writes");
    let index = open();
    assert_eq!(index.generation().expect("reads"), Generation(1));
    remove(&index);
    assert_eq!(
        index
            .search(&Query::plain("tea"), &owner(), 9)
            .expect("searches")
            .hits,
        vec![]
    );
    assert_eq!(
        index
            .search(&Query::plain("milk"), &owner(), 9)
            .expect("searches")
            .hits
            .len(),
        1
    );
}

#[test]
fn identifiers_are_found_whole_and_by_part() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = TantivyIndex::open(folder.path(), KeywordOptions::default()).expect("opens");
    let texts = [
        "invoice INV-2024-0117 is paid",
        "invoice INV-2024-0118, 0117 copies, INV 2024",
        "mail ada@example.org",
    ];
    let documents: Vec<_> = texts
        .iter()
        .zip(1..)
        .map(|(text, number)| document(number, text))
        .collect();
    index.apply(&documents, &[]).expect("applies");
    index.commit(Generation(1)).expect("commits");
    let first = |query: &str| {
        index
            .search(&Query::plain(query), &owner(), 10)
            .expect("searches")
            .hits
            .first()
            .map(|hit| hit.doc_id.0[0])
    };
    assert_eq!(first("INV-2024-0117"), Some(1), "the exact identifier is first");
    assert_eq!(first("inv-2024-0118"), Some(2));
    assert_eq!(first("ada@example.org"), Some(3));
    assert_eq!(first("example"), Some(3));
}

/// Texts as people write them: ideographs, kana, Latin words, digits, signs and spaces.
fn mixed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[一-鿿]{1,6}",
        1 => "[ぁ-んァ-ヶ가-힣]{1,4}",
        2 => "[A-Za-zÀ-ÿ]{1,8}",
        1 => "[0-9]{1,4}",
        2 => "[ ，。、；！\\-_.@/\"'（）]{1,2}",
        1 => "\\PC{1,3}",
    ];
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

fn is_han(character: &char) -> bool {
    ('一'..='鿿').contains(character)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_verbatim_piece_finds_its_chunk(texts in prop::collection::vec(mixed(), 1..6)) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let index = TantivyIndex::open(folder.path(), KeywordOptions { heap_bytes: 15_000_000 }).expect("opens");
        let documents: Vec<_> = texts.iter().zip(1..).map(|(text, number)| document(number, text)).collect();
        index.apply(&documents, &[]).expect("applies");
        index.commit(Generation(1)).expect("commits");
        for (text, number) in texts.iter().zip(1u8..) {
            // Whole characters as people see them: a letter without its accent is another letter.
            let characters: Vec<&str> = text.graphemes(true).collect();
            for start in 0..characters.len() {
                for length in [2, 3, 5, 9] {
                    let Some(part) = characters.get(start..start + length) else { continue };
                    let query = part.concat();
                    if !query.chars().any(char::is_alphanumeric) {
                        continue;
                    }
                    let found = index.search(&Query::plain(&query), &owner(), 100).expect("searches");
                    prop_assert!(!found.hits.is_empty(), "`{query}` in `{text}` is answered with nothing");
                    let known = found.terms.iter().any(|term| term.chunks > 0) || !found.corrections.is_empty();
                    let itself = found.hits.iter().any(|hit| hit.doc_id.0[0] == number);
                    prop_assert!(itself || known, "`{query}` in `{text}`");
                    // Cut at ideographs on both sides, so that no word is cut in two: found as a phrase too.
                    let ends = [part[0], part[length - 1]].map(|end| end.chars().all(|c| is_han(&c)));
                    if ends == [true, true] {
                        let hits = index.search(&one(Occur::Required, Node::Phrase(query.clone())), &owner(), 100);
                        let hits = hits.expect("searches").hits;
                        prop_assert!(hits.iter().any(|hit| hit.doc_id.0[0] == number), "\"{query}\" in `{text}`");
                    }
                }
            }
        }
    }

    #[test]
    fn any_input_is_answered(texts in prop::collection::vec("\\PC{0,60}|(?s).{0,30}", 1..4), query in "\\PC{0,60}|(?s).{0,40}") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let index = TantivyIndex::open(folder.path(), KeywordOptions { heap_bytes: 15_000_000 }).expect("opens");
        let documents: Vec<_> = texts.iter().zip(1..).map(|(text, number)| document(number, text)).collect();
        index.apply(&documents, &[]).expect("applies");
        index.commit(Generation(1)).expect("commits");
        for text in texts.iter().chain([&query]) {
            let near = Node::Near { parts: vec![text.clone(), query.clone()], distance: 3 };
            for node in [Node::Text(text.clone()), Node::Phrase(text.clone()), Node::Prefix(text.clone()), near] {
                prop_assert!(index.search(&one(Occur::Wanted, node.clone()), &owner(), 10).is_ok());
                prop_assert!(index.search(&one(Occur::Excluded, node.clone()), &owner(), 10).is_ok());
                for field in QueryField::ALL {
                    let node = Node::Field { field, node: Box::new(node.clone()) };
                    prop_assert!(index.search(&one(Occur::Required, node), &owner(), 10).is_ok());
                }
            }
            prop_assert!(index.suggest(text, &owner(), 10).is_ok());
        }
    }
}

fn one(occur: Occur, node: Node) -> Query {
    Query {
        clauses: vec![Clause { occur, node }],
    }
}

#[test]
fn people_and_mailing_lists_are_found_by_name_and_by_address() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = TantivyIndex::open(folder.path(), KeywordOptions::default()).expect("opens");
    let mut mail = document(1, "See below.");
    mail.keywords = [
        "Ada Lin <ada.lin@example.org>",
        "Bo Chen <bo@example.net>",
        "陳小明 <ming@example.tw>",
        "lamps.lists.example.org",
    ]
    .map(str::to_owned)
    .to_vec();
    index
        .apply(&[mail, document(2, "Somebody at example dot com.")], &[])
        .expect("applies");
    index.commit(Generation(1)).expect("commits");
    for query in [
        "lin",
        "Ada Lin",
        "ada.lin@example.org",
        "bo@example.net",
        "Bo Chen",
        "小明",
        "ming@example.tw",
        "lamps.lists.example.org",
        "lamps",
    ] {
        let hits = index
            .search(&Query::plain(query), &owner(), 9)
            .expect("searches")
            .hits;
        assert!(
            hits.first().is_some_and(|hit| hit.doc_id == DocId([1; 16])),
            "{query}"
        );
    }
}

fn numbers(index: &TantivyIndex, query: &Query) -> Vec<u8> {
    let found = index.search(query, &owner(), 50).expect("searches");
    found.hits.iter().map(|hit| hit.doc_id.0[0]).collect()
}

fn holding(texts: &[&str]) -> (tempfile::TempDir, TantivyIndex) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = TantivyIndex::open(folder.path(), KeywordOptions::default()).expect("opens");
    let documents: Vec<_> = texts
        .iter()
        .zip(1..)
        .map(|(text, number)| document(number, text))
        .collect();
    index.apply(&documents, &[]).expect("applies");
    index.commit(Generation(1)).expect("commits");
    (folder, index)
}

#[test]
fn both_chinese_scripts_meet_and_so_do_the_words_of_regions() {
    let (_folder, index) = holding(&[
        "開發軟體的公司",
        "开发软件的公司",
        "软硬兼施",
        "資訊安全",
        "方程式",
    ]);
    for query in ["軟體", "軟件", "软件", "软体"] {
        let mut found = numbers(&index, &Query::plain(query));
        found.sort_unstable();
        assert_eq!(found, [1, 2], "{query}");
    }
    assert_eq!(
        numbers(&index, &Query::plain("軟體"))[0],
        1,
        "as it was typed first"
    );
    assert_eq!(numbers(&index, &Query::plain("软件"))[0], 2);
    assert_eq!(numbers(&index, &Query::plain("信息安全")), [4]);
    assert_eq!(
        numbers(&index, &one(Occur::Wanted, Node::Phrase("软体".to_owned()))),
        [1],
        "quoted as typed"
    );
    let excluded = one(Occur::Excluded, Node::Text("軟體".to_owned()));
    assert_eq!(numbers(&index, &excluded).len(), 4, "excluded as typed");
}

#[test]
fn single_characters_are_told_by_how_rare_they_are() {
    let (_folder, index) = holding(&["綠茶與紅茶", "喝茶", "茶會", "green tea"]);
    let characters = |query: &str, filter: &SearchFilter| {
        let found = index.search(&Query::plain(query), filter, 10).expect("searches");
        found.characters
    };
    let found = characters("綠茶罐", &owner());
    let [(green, rare), (tea, common)] = &found[..] else {
        panic!("one for each that is there: {found:?}");
    };
    // As the index has them: in one script.
    assert_eq!((green.as_str(), tea.as_str()), ("绿", "茶"));
    assert!(rare > common && *common > 0.0);
    assert!(characters("green tea", &owner()).is_empty());
    let nobody = SearchFilter {
        principals: vec![Principal("user:guest".to_owned())],
        ..SearchFilter::default()
    };
    assert!(
        characters("綠茶罐", &nobody).is_empty(),
        "nothing is said of what may not be read"
    );
}

#[test]
fn a_language_that_is_not_stated_is_told_from_the_text() {
    let english = "The quick brown fox jumps over the lazy dog, and nobody has ever wondered why it did so.";
    let (_folder, index) = holding(&[
        english,
        "開發軟體的公司與資訊安全的關係",
        "开发软件的公司与信息安全的关系",
    ]);
    let language = |tag: &str| {
        let node = Box::new(Node::Text(tag.to_owned()));
        let field = QueryField::Language;
        let mut found = numbers(&index, &one(Occur::Required, Node::Field { field, node }));
        found.sort_unstable();
        found
    };
    assert_eq!(language("en"), [1]);
    assert_eq!(language("zh"), [2, 3]);
    assert_eq!(language("zh-Hant"), [2]);
    assert_eq!(language("zh-Hans"), [3]);
}

#[test]
fn many_words_with_one_beginning_are_all_found() {
    let texts: Vec<String> = (0..200).map(|number| format!("ab{number:03} cd")).collect();
    let (_folder, index) = holding(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let query = one(Occur::Wanted, Node::Prefix("a".to_owned()));
    assert_eq!(index.matching(&query, &owner()).expect("searches").len(), 200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_exact_word_is_never_below_its_stem(
        forms in prop::sample::subsequence(vec!["vaccine", "vaccines", "vaccinated", "vaccination"], 2),
        around in prop::collection::vec("[a-z]{3,7}", 0..8),
        others in prop::collection::vec("(vaccines?|vaccinated|tea|milk)( (vaccination|tea|water)){0,3}", 0..6),
    ) {
        let text = |form: &str| format!("{} {form}", around.join(" "));
        let mut texts = vec![text(forms[1]), text(forms[0])];
        texts.extend(others);
        let (_folder, index) = holding(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let found = numbers(&index, &Query::plain(forms[0]));
        let place = |number: u8| found.iter().position(|other| *other == number);
        prop_assert!(place(2) < place(1) || place(1).is_none(), "{found:?} for {} in {texts:?}", forms[0]);
        prop_assert!(place(2).is_some());
    }
}
