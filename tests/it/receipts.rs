//! Answers are kept with their receipts; a receipt says later what still holds; conversations are found, and are their owner's.

use std::ops::ControlFlow;
use std::sync::Arc;

use rushlight_api as api;
use rushlight_cli::conversations::{self, Kept};
use rushlight_cli::receipts;
use rushlight_core::{Answer, AnswerEvent, ErrorCode, LanguageModel, Principal, Result};
use rushlight_engine::{AskRequest, Lazy};
use rushlight_testkit::ScriptedModel;

use crate::system::{self, Models, System};

const NOTES: &str = "\
//- /tea/green.md
# Green tea

Green tea is steeped at 70 degrees for two minutes.

## Storage

Keep it in a dark tin, away from spices.
//- /tea/烏龍.md
# 烏龍茶

烏龍茶用九十五度的水沖泡，第一泡三十秒。
//- /garden.md
# Garden

The tomatoes were planted on 3 May beside the south wall.
";

const QUESTION: &str = "At how many degrees is green tea steeped?";

fn owner() -> Vec<Principal> {
    vec![Principal::owner()]
}

fn eve() -> Vec<Principal> {
    vec![Principal("user:eve".to_owned())]
}

fn request(question: &str) -> AskRequest {
    AskRequest {
        spaces: vec!["personal".to_owned()],
        ..system::request(question)
    }
}

/// An answer and its receipt.
fn asked(system: &System, question: &str) -> (Answer, api::Receipt) {
    let request = request(question);
    let asking =
        system
            .engine
            .ask_with_record(request.clone(), Arc::default(), |_| ControlFlow::Continue(()));
    let (answer, record) = system.block_on(asking).expect("an answer");
    let receipt = receipts::receipt(&request, &answer, &record).expect("a receipt");
    (answer, receipt)
}

fn keep(system: &System, conversation: Option<&str>, question: &str) -> (Kept, api::Receipt) {
    let (answer, receipt) = asked(system, question);
    let kept = conversations::keep(&system.engine, &owner(), conversation, &answer, &receipt);
    (kept.expect("kept"), receipt)
}

fn found(receipt: &api::Receipt) -> api::FoundReceipt {
    api::Receipt::read(&receipt.to_json(), "the receipt").expect("own output is read")
}

/// The scripted model is there, with weights of this hash.
fn weights(id: &str) -> Option<String> {
    (id == "scripted").then(|| "0".repeat(64))
}

fn verify(system: &System, principals: &[Principal], receipt: &api::Receipt) -> api::ReceiptCheck {
    receipts::verify(&system.engine, principals, &found(receipt), &weights).expect("verified")
}

fn replay(system: &System, principals: Vec<Principal>, receipt: &api::Receipt) -> Result<api::Replay> {
    let found = found(receipt);
    let replaying = receipts::replay(&system.engine, principals, &found, Arc::default(), |_| {
        ControlFlow::Continue(())
    });
    system.block_on(replaying)
}

/// The states of the documents, each once.
fn states(stretches: &[api::CheckedStretch]) -> Vec<api::DocumentState> {
    let mut states: Vec<_> = stretches.iter().map(|stretch| stretch.document).collect();
    states.dedup();
    states
}

#[test]
fn a_receipt_says_what_an_answer_was_made_from_and_holds() {
    let system = System::over(NOTES);
    system.index();
    let (kept, receipt) = keep(&system, None, QUESTION);
    assert_eq!(
        receipts::kept(&system.engine, &owner(), &kept.receipt).expect("is kept"),
        receipt
    );
    assert!(found(&receipt).intact);
    assert_eq!((receipt.receipt, receipt.id.len()), (1, 32));
    assert_eq!(receipt.question, QUESTION);
    assert_eq!(receipt.principals, ["user:owner"]);
    assert_eq!(receipt.fence, "f3nc3");
    assert_eq!(receipt.sampling.max_tokens, 80);
    let model = receipt.model.as_ref().expect("the model took part");
    assert_eq!((model.id.as_str(), model.sha256.len()), ("scripted", 64));
    let output = receipt.output.as_ref().expect("it wrote");
    assert!(output.contains("70 degrees"), "{output}");
    assert_eq!(receipt.indexes.len(), 1);
    assert!(receipt.indexes[0].by_word > Some(0), "{:?}", receipt.indexes);
    let passage = receipt.passages.first().expect("it read something");
    let text = std::fs::read_to_string(&passage.path).expect("the note");
    let read = &text[passage.span.start..passage.span.end];
    assert_eq!(passage.text_hash, api::text_hash(read));

    let check = verify(&system, &owner(), &receipt);
    assert!(
        check.holds && check.intact && check.same_library && check.notes.is_empty(),
        "{check:?}"
    );
    assert_eq!(states(&check.citations), [api::DocumentState::Unchanged]);
    assert_eq!(
        check.citations[0].found.as_ref().expect("stands there").span,
        receipt.citations[0].span
    );
    let missing = receipts::verify(&system.engine, &owner(), &found(&receipt), &|_| None).expect("verified");
    assert!(!missing.holds);
    assert_eq!(missing.model.expect("a model").state, api::ModelPresence::Missing);

    let replay = replay(&system, owner(), &receipt).expect("asked again");
    assert!(replay.same && replay.intact, "{replay:?}");
    assert!(replay.changes.is_empty(), "{:?}", replay.changes);
    assert_ne!(replay.now.id, receipt.id);
}

#[test]
fn a_translated_question_is_remembered_as_it_was_asked_and_asked_again_the_same_way() {
    let translated = "How long is the warranty of the kettle?";
    let model = ScriptedModel::new().with_reply("保固期", translated);
    let system =
        System::over("//- /kettle.md\n# Kettle\n\nThe warranty of the kettle is 24 months. It is red.\n")
            .restarted_with(Lazy::ready("scripted", Arc::new(model) as Arc<dyn LanguageModel>));
    system.index();
    let question = "保固期是多久？";
    let (kept, receipt) = keep(&system, None, question);
    assert_eq!(receipt.question, question);
    assert_eq!(receipt.route.translated.as_deref(), Some(translated));
    assert!(verify(&system, &owner(), &receipt).holds);
    let replay = replay(&system, owner(), &receipt).expect("asked again");
    assert!(replay.same, "{replay:?}");
    assert_eq!(replay.now.route, receipt.route);
    let earlier = conversations::earlier(&system.engine, &owner(), &kept.conversation).expect("remembered");
    assert_eq!(
        earlier.turns[0].question, question,
        "what follows leans on the asker's words"
    );
}

#[test]
fn a_refusal_has_a_receipt_too() {
    let system = System::over(NOTES).restarted(Models::NoLanguageModel);
    system.index();
    let (_, receipt) = keep(&system, None, "Who won the chess tournament in Reykjavik?");
    assert_eq!(receipt.grounding, api::Grounding::NotFound);
    assert_eq!((&receipt.model, &receipt.output), (&None, &None));
    assert!(verify(&system, &owner(), &receipt).holds);
}

#[test]
fn a_changed_receipt_is_noticed() {
    let system = System::over(NOTES);
    system.index();
    let (_, receipt) = asked(&system, QUESTION);
    let changed = receipt.to_json().replacen("70 degrees", "80 degrees", 1);
    let found = api::Receipt::read(&changed, "`changed.json`").expect("still a receipt");
    assert!(!found.intact);
    let check = receipts::verify(&system.engine, &owner(), &found, &weights).expect("verified");
    assert!(!check.intact && !check.holds);
    let broken = receipt
        .to_json()
        .replacen(&receipt.passages[0].document_id, "nonsense", 1);
    let found = api::Receipt::read(&broken, "`broken.json`").expect("still a receipt");
    let error = receipts::verify(&system.engine, &owner(), &found, &weights).expect_err("refused");
    assert_eq!(error.code(), ErrorCode::ReceiptInvalid);
}

#[test]
fn what_became_of_the_documents_is_told() {
    let system = System::over(NOTES);
    system.index();
    let (_, receipt) = asked(&system, QUESTION);
    let citation = |check: &api::ReceiptCheck| check.citations[0].clone();

    // The quote moves down.
    let text = std::fs::read_to_string(system.path("tea/green.md")).expect("the note");
    system.write(
        "tea/green.md",
        text.replacen(
            "# Green tea\n",
            "# Green tea\n\nBought in spring, in a small shop.\n",
            1,
        ),
    );
    let check = verify(&system, &owner(), &receipt);
    assert_eq!(citation(&check).document, api::DocumentState::NotIndexed);
    assert!(!check.holds, "what is not read yet is not known");
    system.index();
    let check = verify(&system, &owner(), &receipt);
    assert_eq!(citation(&check).document, api::DocumentState::Changed);
    let now = citation(&check).found.expect("the quote still stands in it");
    assert!(now.span.start > receipt.citations[0].span.start);
    let text = std::fs::read_to_string(system.path("tea/green.md")).expect("the note");
    assert_eq!(
        &text[now.span.start..now.span.end],
        receipt.citations[0].quote,
        "at the place that is told"
    );
    assert!(!check.holds);
    let again = replay(&system, owner(), &receipt).expect("asked again");
    assert!(!again.same_passages && !again.passages_new.is_empty());
    assert!(again.changes.iter().any(|change| change.what == "index"));

    // It says something else.
    system.write(
        "tea/green.md",
        "# Green tea\n\nGreen tea is steeped at 80 degrees.\n",
    );
    system.index();
    let check = verify(&system, &owner(), &receipt);
    assert_eq!(
        (citation(&check).document, citation(&check).found),
        (api::DocumentState::Changed, None)
    );

    // It goes.
    std::fs::remove_file(system.path("tea/green.md")).expect("deleted");
    assert_eq!(
        citation(&verify(&system, &owner(), &receipt)).document,
        api::DocumentState::NotIndexed
    );
    system.index();
    let check = verify(&system, &owner(), &receipt);
    assert_eq!(citation(&check).document, api::DocumentState::Gone);
    assert_eq!(citation(&check).found, None);
}

#[test]
fn what_changes_while_an_answer_is_made_is_told_afterwards() {
    let system = System::over(NOTES);
    system.index();
    let request = request(QUESTION);
    let note = system.path("tea/green.md");
    let asking = system
        .engine
        .ask_with_record(request.clone(), Arc::default(), move |event| {
            if let AnswerEvent::Evidence(_) = event {
                std::fs::write(&note, "# Green tea\n\nIt is steeped at 80 degrees.\n").expect("written");
            }
            ControlFlow::Continue(())
        });
    let (answer, record) = system.block_on(asking).expect("an answer");
    let receipt = receipts::receipt(&request, &answer, &record).expect("a receipt");
    assert!(
        receipt.text.contains("70 degrees"),
        "from the version that was found: {}",
        receipt.text
    );
    let check = verify(&system, &owner(), &receipt);
    assert!(!check.holds);
    assert_eq!(states(&check.citations), [api::DocumentState::NotIndexed]);
    system.index();
    let check = verify(&system, &owner(), &receipt);
    assert!(!check.holds && check.intact);
    assert_eq!(states(&check.citations), [api::DocumentState::Changed]);
    assert_eq!(check.citations[0].found, None);
}

#[test]
fn a_renamed_or_restored_file_is_still_the_document() {
    let system = System::over(NOTES);
    system.index();
    let (_, receipt) = asked(&system, QUESTION);
    std::fs::rename(system.path("tea/green.md"), system.path("tea/sencha.md")).expect("renamed");
    system.index();
    let check = verify(&system, &owner(), &receipt);
    assert_eq!(states(&check.citations), [api::DocumentState::Unchanged]);
    let moved = check.citations[0].moved_to.as_ref().expect("it was moved");
    assert!(moved.ends_with("tea/sencha.md"), "{moved}");
    std::fs::rename(system.path("tea/sencha.md"), system.path("tea/green.md")).expect("renamed");
    system.index();

    // The same folder in another data folder: other ids, the same files.
    let source = system.engine.ledger().sources().expect("sources")[0].id;
    system.engine.remove_source(source).expect("removed");
    system.index();
    assert_eq!(
        states(&verify(&system, &owner(), &receipt).citations),
        [api::DocumentState::Gone]
    );
    system
        .engine
        .add_source(&system.root(), "personal")
        .expect("added again");
    system.index();
    let check = verify(&system, &owner(), &receipt);
    assert!(check.holds, "found by its path: {check:?}");

    let other = System::over(NOTES);
    other.index();
    let check = verify(&other, &owner(), &receipt);
    assert!(!check.same_library && !check.holds);
    assert_eq!(states(&check.citations), [api::DocumentState::Gone]);
}

#[test]
fn nothing_is_told_of_what_may_not_be_read() {
    let system = System::over(NOTES);
    system.index();
    let (kept, receipt) = keep(&system, None, QUESTION);
    let check = verify(&system, &eve(), &receipt);
    assert!(!check.holds);
    for stretch in check.passages.iter().chain(&check.citations) {
        assert_eq!(stretch.document, api::DocumentState::NotReadable);
        assert_eq!((&stretch.moved_to, &stretch.found), (&None, &None));
    }
    // She asks as herself, whatever the receipt says of its own principals.
    let refused = replay(&system, eve(), &receipt).expect_err("a space of which she may read nothing");
    assert_eq!(refused.code(), ErrorCode::SpaceNotFound);

    let id = &kept.conversation;
    let code = |outcome: Result<()>| outcome.expect_err("refused").code();
    assert_eq!(
        code(receipts::kept(&system.engine, &eve(), &kept.receipt).map(drop)),
        ErrorCode::ReceiptNotFound
    );
    assert_eq!(
        code(conversations::read(&system.engine, &eve(), id).map(drop)),
        ErrorCode::ConversationNotFound
    );
    assert_eq!(
        code(conversations::earlier(&system.engine, &eve(), id).map(drop)),
        ErrorCode::ConversationNotFound
    );
    assert!(
        conversations::list(&system.engine, &eve(), None)
            .expect("listed")
            .is_empty()
    );
}

#[test]
fn conversations_are_found_in_both_languages_and_remembered() {
    let system = System::over(NOTES);
    system.index();
    let (tea, first) = keep(&system, None, QUESTION);
    let (more, _) = keep(
        &system,
        Some(&tea.conversation),
        "When were the tomatoes planted?",
    );
    assert_eq!(more.conversation, tea.conversation);
    let (oolong, _) = keep(&system, None, "烏龍茶用幾度的水沖泡？");
    let ids = |words: &str| -> Vec<String> {
        let found = conversations::list(&system.engine, &owner(), Some(words)).expect("searched");
        found.into_iter().map(|one| one.id).collect()
    };
    assert_eq!(ids("STEEPED tomatoes"), [tea.conversation.as_str()]);
    assert_eq!(ids("沖泡"), [oolong.conversation.as_str()]);
    assert_eq!(
        ids("７０ DEGREES FOR"),
        [tea.conversation.as_str()],
        "in the answer"
    );
    assert!(ids("steeped 沖泡").is_empty());

    let history = conversations::earlier(&system.engine, &owner(), &tea.conversation)
        .expect("remembered")
        .turns;
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].question, QUESTION);
    assert_eq!(
        history[0].documents[0].to_string(),
        first.citations[0].document_id
    );
    for _ in 0..6 {
        keep(&system, Some(&tea.conversation), QUESTION);
    }
    let earlier = conversations::earlier(&system.engine, &owner(), &tea.conversation).expect("remembered");
    assert_eq!(earlier.turns.len(), 6, "the last six");
    assert_eq!(earlier.fence, None, "what is no fence of ours is not used again");
    let fence = "0123456789";
    let request = AskRequest {
        fence: fence.to_owned(),
        ..request(QUESTION)
    };
    let asking =
        (system.engine).ask_with_record(request.clone(), Arc::default(), |_| ControlFlow::Continue(()));
    let (answer, record) = system.block_on(asking).expect("an answer");
    let receipt = receipts::receipt(&request, &answer, &record).expect("a receipt");
    conversations::keep(
        &system.engine,
        &owner(),
        Some(&tea.conversation),
        &answer,
        &receipt,
    )
    .expect("kept");
    let earlier = conversations::earlier(&system.engine, &owner(), &tea.conversation).expect("remembered");
    assert_eq!(
        earlier.fence.as_deref(),
        Some(fence),
        "the next prompt begins alike"
    );

    let conversation = conversations::read(&system.engine, &owner(), &tea.conversation).expect("is there");
    let markdown = conversations::export(&conversation, api::ConversationFormat::Markdown);
    assert!(markdown.starts_with("# At how many degrees"), "{markdown}");
    for holds in [
        "## When were the tomatoes planted?",
        "\\[1\\] Green tea, ",
        "> Green tea is steeped at 70 degrees",
        &format!("receipt `{}`", first.id),
    ] {
        assert!(markdown.contains(holds), "{holds}: {markdown}");
    }
    let json = conversations::export(&conversation, api::ConversationFormat::Json);
    let read: api::Conversation = serde_json::from_str(&json).expect("JSON");
    assert_eq!(read, conversation);
}

#[test]
fn what_is_deleted_meanwhile_is_not_made_again() {
    let system = System::over(NOTES);
    system.index();
    let (tea, _) = keep(&system, None, QUESTION);
    let (answer, receipt) = asked(&system, QUESTION);
    let id = conversations::parse_id(&tea.conversation).expect("a number");
    let ledger = system.engine.ledger();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let deleting: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| ledger.delete_conversation(id, &owner())))
            .collect();
        deleting
            .into_iter()
            .map(|one| one.join().expect("no panic"))
            .collect()
    });
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        1,
        "once"
    );
    let late = conversations::keep(
        &system.engine,
        &owner(),
        Some(&tea.conversation),
        &answer,
        &receipt,
    );
    assert_eq!(
        late.expect_err("it is gone").code(),
        ErrorCode::ConversationNotFound
    );
    for gone in [tea.receipt.as_str(), receipt.id.as_str(), "", "../../etc/passwd"] {
        let error = receipts::kept(&system.engine, &owner(), gone).expect_err("no such receipt");
        assert_eq!(error.code(), ErrorCode::ReceiptNotFound);
    }
    for bad in ["", "one", "1.5", "99999999999999999999"] {
        assert_eq!(
            conversations::parse_id(bad).expect_err("no number").code(),
            ErrorCode::InvalidId
        );
    }
}
