use super::*;
use crate::records::NewReceipt;

fn turn(question: &str, text: &str, asked: i64) -> NewTurn {
    NewTurn {
        question: question.to_owned(),
        answer: r#"{"text":"…"}"#.to_owned(),
        text: text.to_owned(),
        asked: Timestamp(asked),
        receipt: Some(NewReceipt {
            id: format!("r{asked}"),
            json: format!(r#"{{"receipt":1,"id":"r{asked}"}}"#),
        }),
    }
}

fn kept(question: &str, asked: i64) -> Turn {
    Turn {
        question: question.to_owned(),
        answer: r#"{"text":"…"}"#.to_owned(),
        asked: Timestamp(asked),
        receipt: Some(format!("r{asked}")),
    }
}

fn me() -> Vec<Principal> {
    vec![Principal::owner()]
}

fn eve() -> Vec<Principal> {
    vec![Principal("user:eve".to_owned())]
}

fn ids(ledger: &Ledger, whose: &[Principal], words: &str) -> Vec<ConversationId> {
    let page = ledger.conversations(whose, Some(words), 10, 0).expect("searched");
    assert_eq!(page.total, page.items.len() as u64, "{words}");
    page.items.into_iter().map(|record| record.id).collect()
}

#[test]
fn turns_keep_their_order_and_go_with_their_conversation() {
    let ledger = Ledger::in_memory().expect("opens");
    let begin = |title: &str, at: i64| {
        ledger
            .create_conversation(&Principal::owner(), title, Timestamp(at))
            .expect("made")
    };
    let (tea, rent) = (begin("茶\n\tand  more", 1), begin("rent", 2));
    for asked in 3..6 {
        ledger
            .append_turn(tea, &me(), &turn(&format!("question {asked}"), "", asked))
            .expect("added");
    }
    let page = ledger.conversations(&me(), None, 10, 0).expect("listed");
    let order: Vec<_> = page
        .items
        .iter()
        .map(|record| (record.id, record.turns, record.updated.0))
        .collect();
    assert_eq!(order, [(tea, 3, 5), (rent, 0, 2)]);
    assert_eq!(page.total, 2);
    let (record, turns) = ledger.conversation(tea, &me()).expect("is there");
    assert_eq!(record.title, "茶 and more");
    assert_eq!(
        turns,
        [
            kept("question 3", 3),
            kept("question 4", 4),
            kept("question 5", 5)
        ]
    );
    let receipt = ledger.receipt("r4", &me()).expect("read");
    assert_eq!(receipt.as_deref(), Some(r#"{"receipt":1,"id":"r4"}"#));

    ledger.delete_conversation(tea, &me()).expect("deleted");
    assert_eq!(
        ledger.receipt("r4", &me()).expect("read"),
        None,
        "it goes with its conversation"
    );
    for error in [
        ledger.delete_conversation(tea, &me()).expect_err("gone"),
        ledger.conversation(tea, &me()).map(drop).expect_err("gone"),
        ledger.rename_conversation(tea, &me(), "later").expect_err("gone"),
        ledger
            .append_turn(tea, &me(), &turn("late", "", 9))
            .expect_err("gone"),
    ] {
        assert_eq!(error.code(), ErrorCode::ConversationNotFound);
    }
    assert_eq!(ledger.receipt("r9", &me()).expect("read"), None);
    assert_eq!(ledger.conversations(&me(), None, 10, 0).expect("listed").total, 1);
    ledger.check().expect("nothing refers to nothing");
}

#[test]
fn a_conversation_is_its_owners_alone() {
    let ledger = Ledger::in_memory().expect("opens");
    let mine = ledger
        .create_conversation(&Principal::owner(), "tea", Timestamp(1))
        .expect("made");
    ledger
        .append_turn(mine, &me(), &turn("how hot", "70", 1))
        .expect("added");
    let hers = ledger
        .create_conversation(&eve()[0], "tea of Eve", Timestamp(2))
        .expect("made");
    assert_eq!(
        (ids(&ledger, &me(), "tea"), ids(&ledger, &eve(), "tea")),
        (vec![mine], vec![hers])
    );
    for error in [
        ledger.conversation(mine, &eve()).map(drop).expect_err("mine"),
        ledger
            .rename_conversation(mine, &eve(), "hers")
            .expect_err("mine"),
        ledger.delete_conversation(mine, &eve()).expect_err("mine"),
        ledger
            .append_turn(mine, &eve(), &turn("hers", "", 2))
            .expect_err("mine"),
    ] {
        assert_eq!(error.code(), ErrorCode::ConversationNotFound);
    }
    assert_eq!(ledger.receipt("r1", &eve()).expect("read"), None);
    assert!(ledger.receipt("r1", &me()).expect("read").is_some());
    assert!(
        ledger
            .conversations(&[], None, 9, 0)
            .expect("listed")
            .items
            .is_empty()
    );
    let both = [me(), eve()].concat();
    assert_eq!(ids(&ledger, &both, "tea"), [hers, mine]);
}

#[test]
fn conversations_are_found_by_pieces_of_words_in_any_case_and_width() {
    let ledger = Ledger::in_memory().expect("opens");
    let begin = |title: &str, question: &str, text: &str, at: i64| {
        let id = ledger
            .create_conversation(&Principal::owner(), title, Timestamp(at))
            .expect("made");
        ledger
            .append_turn(id, &me(), &turn(question, text, at))
            .expect("added");
        id
    };
    let tea = begin(
        "Green tea",
        "How hot is Green Tea steeped?",
        "At 70 degrees. [1]",
        1,
    );
    let oolong = begin(
        "烏龍茶要用幾度的水？",
        "烏龍茶要用幾度的水？",
        "九十五度。ＡＢＣ１２３ [1]",
        2,
    );
    for (words, found) in [
        ("green", vec![tea]),
        ("GREEN  degrees", vec![tea]),
        ("ｇｒｅｅｎ", vec![tea]),
        ("green oolong", vec![]),
        ("龍茶", vec![oolong]),
        ("九十 水", vec![oolong]),
        ("度", vec![oolong]),
        ("abc123", vec![oolong]),
        ("e", vec![tea]),
        ("[1]", vec![oolong, tea]),
        ("%", vec![]),
        ("_", vec![]),
        ("'; DROP TABLE turns; --", vec![]),
    ] {
        assert_eq!(ids(&ledger, &me(), words), found, "{words}");
    }
    ledger
        .rename_conversation(tea, &me(), "  Ｔｅｅ\n")
        .expect("renamed");
    assert_eq!(ids(&ledger, &me(), "tee"), [tea]);
    assert_eq!(ledger.conversation(tea, &me()).expect("read").0.title, "Ｔｅｅ");

    let refused = |words: &str| {
        ledger
            .conversations(&me(), Some(words), 9, 0)
            .expect_err("refused")
            .code()
    };
    assert_eq!([refused(""), refused(" \n　")], [ErrorCode::QueryEmpty; 2]);
    assert_eq!(refused(&"茶".repeat(100_000)), ErrorCode::QuestionTooLong);
    assert!(
        ids(&ledger, &me(), &"z ".repeat(MAX_QUESTION_CHARS / 2)).is_empty(),
        "a thousand words are looked for"
    );
}

#[test]
fn titles_have_something_to_see_and_an_end() {
    let ledger = Ledger::in_memory().expect("opens");
    let id = ledger
        .create_conversation(&Principal::owner(), &"茶".repeat(10_000), Timestamp(1))
        .expect("made");
    let title = || ledger.conversation(id, &me()).expect("read").0.title;
    assert_eq!(
        title().chars().count(),
        MAX_TITLE_CHARS,
        "a first question may be longer"
    );
    for bad in ["", " \t\n", "\u{0}\u{7}", &"a".repeat(10_000)] {
        let error = ledger.rename_conversation(id, &me(), bad).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
        assert!(!error.hint().is_empty());
    }
    ledger
        .rename_conversation(id, &me(), &"茶".repeat(MAX_TITLE_CHARS))
        .expect("as long as may be");
    let library = ledger.library().expect("made");
    assert_eq!((library.len(), ledger.library().expect("kept")), (32, library));
}
