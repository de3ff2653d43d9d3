//! Questions that nobody should ask and moments at which nobody should ask them: each gets a clear reply, and the next question is
//! answered as ever.
//!
//! Beside these: a question of 100,000 characters and one without a word are refused by `tests/full/bad_input.rs`
//! (`a_question_of_a_hundred_thousand_characters`), a language model whose file is not the right one by
//! `a_model_that_is_not_the_right_file_is_refused` there, and without a language model the best sentence is quoted
//! (`journey.rs`, `without_a_language_model_the_best_sentence_is_quoted`).

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rushlight_core::{
    Answer, AnswerEvent, Error, ErrorCode, GenerateEvent, GenerationParams, GenerationSummary, Grounding,
    LanguageModel, LanguageModelSpec, ModelMemory, Prompt, Result,
};
use rushlight_engine::Lazy;
use rushlight_testkit::ScriptedModel;

use crate::system::{InMemory, System};

const NOTES: &str = "\
//- /tea.md
# Green tea

Green tea is steeped at 70 degrees for two minutes.
//- /garden.md
# Garden

The tomatoes were planted on 3 May beside the south wall.
";
const QUESTION: &str = "At how many degrees is green tea steeped?";

fn indexed() -> System {
    let system = System::over(NOTES);
    system.index();
    system
}

fn indexed_with(model: Lazy<dyn LanguageModel>) -> System {
    let system = indexed().restarted_with(model);
    system.index();
    system
}

fn ready(model: impl LanguageModel + 'static) -> Lazy<dyn LanguageModel> {
    Lazy::ready("scripted", Arc::new(model) as Arc<dyn LanguageModel>)
}

/// Nothing is stuck: the usual question is answered soon.
fn assert_goes_on(system: &System) {
    let begun = Instant::now();
    let answer = system.ask(QUESTION).expect("the next question is answered");
    assert!(answer.text.contains("70"), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
}

/// A reply that says that there is no answer, in words, and cites nothing.
fn assert_refused(answer: &Answer) {
    assert_eq!(answer.grounding, Grounding::NotFound, "{answer:?}");
    assert!(
        answer.citations.is_empty() && answer.text.chars().count() > 3,
        "{answer:?}"
    );
}

#[test]
fn without_documents_the_reply_says_so() {
    let empty = System::with_keyword(Box::new(InMemory));
    let answer = empty.ask(QUESTION).expect("a reply");
    assert_refused(&answer);
    assert_eq!(answer.coverage.documents, 0);
    assert!(answer.closest.is_empty() && answer.passages.is_empty());
    // A folder that is added and not indexed yet is no document either.
    empty.write("tea.md", "Green tea is steeped at 70 degrees.");
    empty.add("", "personal");
    assert_refused(&empty.ask(QUESTION).expect("a reply"));
    empty.index();
    assert_goes_on(&empty);
}

#[test]
fn a_question_in_a_third_language_gets_a_reply() {
    let system = indexed();
    for question in [
        "Wie heiß soll das Wasser für die Gäste am Dienstag sein?",
        "¿Quién pintó la capilla?",
        "誰がピアノを弾きましたか？",
        "누가 피아노를 쳤습니까?",
        "من كتب هذه الرسالة؟",
        "Кто построил эту башню?",
    ] {
        let answer = system
            .ask(question)
            .unwrap_or_else(|error| panic!("{question}: {}", error.chain()));
        assert_refused(&answer);
    }
    assert_goes_on(&system);
}

#[test]
fn a_greeting_and_a_question_about_the_conversation_are_no_questions_to_the_documents() {
    let system = indexed();
    for question in [
        "Hello!",
        "Good morning, how are you?",
        "你好！",
        "谢谢",
        "What did I ask you before?",
        "Who are you?",
        "我剛才問了你什麼？",
    ] {
        let answer = system
            .ask(question)
            .unwrap_or_else(|error| panic!("{question}: {}", error.chain()));
        assert_refused(&answer);
    }
    for wordless in ["", "  ", "?!", "👋", "。。。"] {
        let error = system.ask(wordless).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::QueryEmpty, "{wordless}");
        assert!(!error.hint().is_empty());
    }
    let long = "why ".repeat(25_000);
    assert_eq!(
        system.ask(&long).expect_err("refused").code(),
        ErrorCode::QuestionTooLong
    );
    assert_goes_on(&system);
}

#[test]
fn a_model_that_cannot_be_loaded_is_named_and_nothing_waits_for_it() {
    let loads = Arc::new(AtomicBool::new(false));
    let (now, model) = (Arc::clone(&loads), Arc::new(ScriptedModel::new()));
    let system = indexed_with(Lazy::new("scripted", move || match now.load(Ordering::SeqCst) {
        true => Ok(Arc::clone(&model) as Arc<dyn LanguageModel>),
        false => Err(Error::new(
            ErrorCode::ModelCorrupt,
            "model `scripted` is not what it should be",
        )),
    }));
    for _ in 0..3 {
        let error = system.ask(QUESTION).expect_err("not answered");
        assert_eq!(error.code(), ErrorCode::ModelCorrupt);
        assert!(error.message().contains("scripted") && !error.hint().is_empty());
    }
    assert_eq!(system.found("tomatoes")[0], "garden.md", "searching goes on");
    loads.store(true, Ordering::SeqCst);
    assert_goes_on(&system);
}

#[test]
fn a_model_that_fails_while_it_writes_is_an_error_each_time() {
    let system = indexed_with(ready(ScriptedModel::new().failing_at_piece(2)));
    for _ in 0..3 {
        let error = system.ask(QUESTION).expect_err("not answered");
        assert_eq!(error.code(), ErrorCode::GenerationFailed);
    }
    assert_eq!(system.found("tomatoes")[0], "garden.md");
}

#[test]
fn closing_the_page_ends_the_question_wherever_it_is() {
    let system = indexed_with(ready(ScriptedModel::new().with_delay(Duration::from_millis(5))));
    // The stream is gone: whatever is told next ends it.
    let ends: [fn(&AnswerEvent) -> bool; 4] = [
        |event| matches!(event, AnswerEvent::First(_)),
        |event| matches!(event, AnswerEvent::Evidence(_)),
        |event| matches!(event, AnswerEvent::Reading { .. }),
        |event| matches!(event, AnswerEvent::Piece(_)),
    ];
    for (number, ends) in ends.into_iter().enumerate() {
        let error = system
            .ask_watching(QUESTION, Arc::default(), move |event| match ends(&event) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            })
            .expect_err("cancelled");
        assert_eq!(error.code(), ErrorCode::Cancelled, "{number}");
    }
    // The asker withdraws it while the model writes.
    let cancel = Arc::new(AtomicBool::new(false));
    let withdrawn = Arc::clone(&cancel);
    let pieces = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&pieces);
    let error = system
        .ask_watching(QUESTION, cancel, move |event| {
            if matches!(event, AnswerEvent::Piece(_)) {
                *counted.lock().expect("no thread panics") += 1;
                withdrawn.store(true, Ordering::Release);
            }
            ControlFlow::Continue(())
        })
        .expect_err("withdrawn");
    assert_eq!(error.code(), ErrorCode::Cancelled);
    assert!(*pieces.lock().expect("no thread panics") <= 2, "it ends at once");
    assert_goes_on(&system);
}

#[test]
fn two_questions_at_once_are_answered_one_after_the_other_and_more_are_told_to_come_back() {
    let system = indexed_with(ready(ScriptedModel::new().with_delay(Duration::from_millis(20))));
    let (writing, is_writing) = channel();
    let outcomes = std::thread::scope(|scope| {
        let system = &system;
        let first = scope.spawn(move || {
            system.ask_watching(QUESTION, Arc::default(), move |event| {
                if matches!(event, AnswerEvent::Piece(_)) {
                    let _ = writing.send(());
                }
                ControlFlow::Continue(())
            })
        });
        is_writing.recv().expect("the first is being answered");
        // One may wait in this suite's engines; of three more, two are too many.
        let others: Vec<_> = (0..3)
            .map(|_| scope.spawn(move || system.ask(QUESTION)))
            .collect();
        let mut outcomes = vec![first.join().expect("no panic")];
        outcomes.extend(others.into_iter().map(|other| other.join().expect("no panic")));
        outcomes
    });
    let answered = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(answered >= 2, "{outcomes:?}");
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(error.code(), ErrorCode::Busy);
        assert!(!error.hint().is_empty() && error.message().contains("waiting"));
    }
    assert!(outcomes[0].is_ok(), "who was first is answered");
    assert_goes_on(&system);
}

#[test]
fn who_waits_is_told_how_many_come_before() {
    let system = indexed_with(ready(ScriptedModel::new()));
    let (writing, is_writing) = channel();
    let (told, is_told) = channel();
    let (first, second) = std::thread::scope(|scope| {
        let system = &system;
        let first = scope.spawn(move || {
            let mut waited = false;
            system.ask_watching(QUESTION, Arc::default(), move |event| {
                if matches!(event, AnswerEvent::Piece(_)) && !std::mem::replace(&mut waited, true) {
                    let _ = writing.send(());
                    // As long as it writes, the other waits.
                    let _ = is_told.recv_timeout(Duration::from_secs(30));
                }
                ControlFlow::Continue(())
            })
        });
        is_writing.recv().expect("the first is being answered");
        let (hears, heard) = channel();
        let second = system.ask_watching(QUESTION, Arc::default(), move |event| {
            if let AnswerEvent::Waiting { ahead } = event {
                let _ = hears.send(ahead);
                let _ = told.send(());
            }
            ControlFlow::Continue(())
        });
        assert_eq!(heard.iter().collect::<Vec<_>>(), [1]);
        (first.join().expect("no panic"), second)
    });
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
}

/// Does something while it is asked to write, once.
struct Meddler {
    model: ScriptedModel,
    meddle: Arc<Mutex<Option<Meddling>>>,
}

type Meddling = Box<dyn FnOnce() + Send>;

impl LanguageModel for Meddler {
    fn spec(&self) -> &LanguageModelSpec {
        self.model.spec()
    }

    fn memory(&self) -> ModelMemory {
        self.model.memory()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.model.count_tokens(text)
    }

    fn generate(
        &self,
        prompt: &Prompt,
        params: &GenerationParams,
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<GenerationSummary> {
        if let Some(meddle) = self.meddle.lock().expect("no thread panics").take() {
            meddle();
        }
        self.model.generate(prompt, params, on_event)
    }

    fn first_token_log_probabilities(
        &self,
        prompt: &Prompt,
        choices: &[&str],
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f32>> {
        self.model
            .first_token_log_probabilities(prompt, choices, on_event)
    }

    fn log_probabilities(
        &self,
        prompt: &Prompt,
        text: &str,
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f32>> {
        self.model.log_probabilities(prompt, text, on_event)
    }
}

/// A system whose model first lets `meddle` happen when it is asked to write.
fn meddled_with(meddle: impl FnOnce(&System) -> Meddling) -> System {
    let meddling = Arc::<Mutex<Option<Meddling>>>::default();
    let system = indexed_with(ready(Meddler {
        model: ScriptedModel::new(),
        meddle: Arc::clone(&meddling),
    }));
    *meddling.lock().expect("no thread panics") = Some(meddle(&system));
    system
}

/// The answer was written from a document that is not there any more.
fn assert_gone(answer: &Answer) {
    assert_refused(answer);
    assert!(
        !answer.text.contains("70"),
        "nothing of it is shown: {}",
        answer.text
    );
    assert!(
        answer.closest.is_empty() && answer.disagreements.is_empty(),
        "{answer:?}"
    );
}

#[test]
fn a_document_that_is_deleted_while_the_model_writes_is_not_cited() {
    let system = meddled_with(|system| {
        let (engine, file) = (system.engine.clone(), system.path("tea.md"));
        Box::new(move || {
            std::fs::remove_file(file).expect("removed");
            engine.index_by_word().expect("indexing ends well");
        })
    });
    assert_gone(&system.ask(QUESTION).expect("a reply"));
    let answer = system.ask("When were the tomatoes planted?").expect("a reply");
    assert!(
        answer.text.contains("3 May"),
        "other documents are answered from: {answer:?}"
    );
    assert_refused(&system.ask(QUESTION).expect("a reply"));
    system.assert_sound();
}

#[test]
fn a_folder_that_is_removed_while_the_model_writes_is_not_cited() {
    let system = meddled_with(|system| {
        let engine = system.engine.clone();
        let source = engine.ledger().sources().expect("readable")[0].id;
        Box::new(move || engine.remove_source(source).expect("removed"))
    });
    assert_gone(&system.ask(QUESTION).expect("a reply"));
    let answer = system.ask(QUESTION).expect("a reply");
    assert_refused(&answer);
    assert_eq!(answer.coverage.documents, 0);
}
