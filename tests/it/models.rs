//! Several language models, and several conversations with one.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use rushlight_api as api;
use rushlight_cli::receipts;
use rushlight_core::{Answer, AnswerEvent, Error, ErrorCode, LanguageModel, Principal, Result};
use rushlight_engine::{AskRecord, AskRequest, LanguageModels, Lazy, LazyState};
use rushlight_testkit::ScriptedModel;

use crate::system::{self, System};

const NOTES: &str = "\
//- /tea/green.md
# Green tea

Green tea is steeped at 70 degrees for two minutes.
//- /garden.md
# Garden

The tomatoes were planted on 3 May beside the south wall.
";
const QUESTION: &str = "At how many degrees is green tea steeped?";

fn request(model: Option<&str>) -> AskRequest {
    AskRequest {
        model: model.map(str::to_owned),
        ..system::request(QUESTION)
    }
}

fn ask(system: &System, request: AskRequest) -> Result<(Answer, AskRecord)> {
    let asking = system
        .engine
        .ask_with_record(request, Arc::default(), |_| ControlFlow::Continue(()));
    system.block_on(asking)
}

fn named(id: &str) -> Lazy<dyn LanguageModel> {
    let name = id.to_owned();
    Lazy::new(id, move || {
        Ok(Arc::new(ScriptedModel::new().named(&name)) as Arc<dyn LanguageModel>)
    })
}

/// The notes, with two models beside that of the settings: one that is installed, and one for which there is too little memory.
fn with_several() -> System {
    let models = LanguageModels::new(
        named("settled"),
        Box::new(|id| match id {
            "small" => Ok(named("small")),
            "huge" => Ok(Lazy::new("huge", || {
                let message = "the language model `huge` needs 80.0 GB of memory, and 7.1 GB is free";
                Err(Error::new(ErrorCode::MemoryInsufficient, message))
            })),
            _ => Err(Error::new(
                ErrorCode::ModelUnknown,
                format!("there is no model `{id}`"),
            )),
        }),
    );
    let system = System::over(NOTES).restarted_with_models(models);
    system.index();
    system
}

#[test]
fn a_question_may_name_a_model_and_the_receipt_says_which_one_wrote() {
    let system = with_several();
    let mut expected = Vec::new();
    for (model, writes) in [
        (None, "settled"),
        (Some("small"), "small"),
        (Some("settled"), "settled"),
    ] {
        let (answer, record) = ask(&system, request(model)).expect("an answer");
        assert_eq!(answer.model_id, writes);
        assert_eq!(
            record.language_model.as_ref().map(|spec| &*spec.model_id),
            Some(writes)
        );
        let receipt = receipts::receipt(&request(model), &answer, &record).expect("a receipt");
        expected.push((writes, receipt));
    }
    let status = system.engine.status().expect("a status");
    let others: Vec<_> = (status.other_language_models.iter())
        .map(|other| (other.id.as_str(), &other.state))
        .collect();
    assert_eq!(status.language_model.id, "settled");
    assert_eq!(others, [("small", &LazyState::Ready)]);
    let memory = status.other_language_models[0].memory.expect("it is loaded");
    assert!(
        memory.conversations > 0 && memory.conversation_bytes > 0,
        "{memory:?}"
    );

    for (writes, receipt) in expected {
        let found = api::Receipt::read(&receipt.to_json(), "the receipt").expect("own output is read");
        let replaying = receipts::replay(
            &system.engine,
            vec![Principal::owner()],
            &found,
            Arc::default(),
            |_| ControlFlow::Continue(()),
        );
        let replay = system.block_on(replaying).expect("asked again");
        assert!(
            replay.same && replay.changes.is_empty(),
            "{writes}: {:?}",
            replay.changes
        );
    }
}

#[test]
fn a_model_that_cannot_be_asked_is_refused_and_the_others_answer_on() {
    let system = with_several();
    for (model, code, says) in [
        ("smal", ErrorCode::ModelUnknown, "there is no model `smal`"),
        ("", ErrorCode::ModelUnknown, "there is no model ``"),
        (
            "huge",
            ErrorCode::MemoryInsufficient,
            "needs 80.0 GB of memory, and 7.1 GB is free",
        ),
    ] {
        ask(&system, request(None)).expect("an answer");
        let error = ask(&system, request(Some(model))).expect_err("refused");
        assert_eq!(error.code(), code);
        assert!(error.message().contains(says), "{}", error.message());
        assert!(!error.hint().is_empty());
    }
    assert_eq!(
        ask(&system, request(None)).expect("an answer").0.model_id,
        "settled"
    );
}

#[test]
fn who_withdraws_while_a_model_is_loaded_does_not_wait_and_the_next_has_it() {
    let loads = Arc::new(AtomicUsize::new(0));
    let (let_go, held) = channel::<()>();
    let (held, counted) = (Mutex::new(held), Arc::clone(&loads));
    let slow = Lazy::new("scripted", move || {
        counted.fetch_add(1, Ordering::SeqCst);
        held.lock()
            .expect("no thread panics")
            .recv()
            .expect("it is let go");
        Ok(Arc::new(ScriptedModel::new()) as Arc<dyn LanguageModel>)
    });
    let system = System::over(NOTES).restarted_with(slow);
    system.index();
    let cancel = Arc::new(AtomicBool::new(false));
    let error = std::thread::scope(|scope| {
        let (system, flag) = (&system, Arc::clone(&cancel));
        let asking = scope.spawn(move || system.ask_watching(QUESTION, flag, |_| ControlFlow::Continue(())));
        while system.engine.status().expect("a status").language_model.state != LazyState::Loading {
            std::thread::yield_now();
        }
        cancel.store(true, Ordering::SeqCst);
        // The load ends after this alone.
        asking.join().expect("no panic").expect_err("withdrawn")
    });
    assert_eq!(error.code(), ErrorCode::Cancelled);
    let status = system.engine.status().expect("a status");
    assert_eq!(status.language_model.state, LazyState::Loading, "it goes on");
    let_go.send(()).expect("it is still being loaded");
    assert_eq!(system.ask(QUESTION).expect("an answer").model_id, "scripted");
    assert_eq!(loads.load(Ordering::SeqCst), 1, "nothing is loaded twice");
}

#[test]
fn two_conversations_in_turn_read_only_what_is_new() {
    let system = with_several();
    // How much of the prompt is there when the model begins to read.
    let kept = |fence: &str| {
        let (told, heard) = channel();
        let request = AskRequest {
            fence: fence.to_owned(),
            ..request(None)
        };
        let asking = system.engine.ask(request, Arc::default(), move |event| {
            if let AnswerEvent::Reading { done, total } = event {
                let _ = told.send((done, total));
            }
            ControlFlow::Continue(())
        });
        system.block_on(asking).expect("an answer");
        heard.recv().expect("the model reads")
    };
    for fence in ["ada0fence", "bo0fence"] {
        let (there, total) = kept(fence);
        assert!(
            there < total / 2,
            "{fence}: who has another fence shares no passage: {there} of {total}"
        );
    }
    for fence in ["ada0fence", "bo0fence", "ada0fence"] {
        let (there, total) = kept(fence);
        assert!(there + 1 >= total, "{fence}: {there} of {total} were kept");
    }
}
