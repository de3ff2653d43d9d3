//! A question in one of Chinese and English that documents in the other answer, through the whole system on fakes.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use rushlight_core::{Answer, AnswerEvent, Grounding, LanguageModel, Principal};
use rushlight_engine::{AskRequest, Lazy};
use rushlight_testkit::ScriptedModel;

use crate::system::{System, request};

const FILES: &str = "\
//- /kettle.md
# Kettle

The warranty of the kettle K-7 is 24 months. It is descaled with vinegar.
//- /校正.md
# 校正

校正紀錄要保存十年，由實驗室保管。
";

const QUESTION: &str = "K-7 的保固期是多久？";
const TRANSLATED: &str = "How long is the warranty of the kettle K-7?";

/// A system whose model translates so, and what that model was asked.
fn system(files: &str, translations: &[(&str, &str)]) -> (System, Arc<ScriptedModel>) {
    let model = translations
        .iter()
        .fold(ScriptedModel::new(), |model, (question, translation)| {
            model.with_reply(*question, *translation)
        });
    let model = Arc::new(model);
    let scripted = Arc::clone(&model) as Arc<dyn LanguageModel>;
    let system = System::over(files).restarted_with(Lazy::ready("scripted", scripted));
    system.index();
    (system, model)
}

fn ask(system: &System, question: &str, asker: Principal) -> (Answer, Vec<AnswerEvent>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let request = AskRequest {
        principals: vec![asker],
        ..request(question)
    };
    let answer = system.engine.ask(request, Arc::default(), move |event| {
        seen.lock().expect("whole").push(event);
        ControlFlow::Continue(())
    });
    let answer = system.block_on(answer).expect("an answer");
    let events = std::mem::take(&mut *events.lock().expect("whole"));
    (answer, events)
}

#[test]
fn what_only_documents_in_the_other_language_say_is_answered_from_them() {
    let (system, _) = system(FILES, &[("保固期", TRANSLATED)]);
    let (answer, events) = ask(&system, QUESTION, Principal::owner());
    assert_eq!(answer.grounding, Grounding::Grounded, "{}", answer.text);
    assert!(answer.text.contains("24 months"), "{}", answer.text);
    assert_eq!(
        answer.citations[0].quote,
        "The warranty of the kettle K-7 is 24 months."
    );
    assert_eq!(answer.route.translated.as_deref(), Some(TRANSLATED));
    // It is seen while it is answered, and finished once.
    let routes: Vec<Option<&str>> = events
        .iter()
        .filter_map(|event| match event {
            AnswerEvent::Route(route) => Some(route.translated.as_deref()),
            _ => None,
        })
        .collect();
    assert_eq!(routes, [None, Some(TRANSLATED)]);
    let finished = |event: &&AnswerEvent| matches!(event, AnswerEvent::Finished(_));
    assert_eq!(events.iter().filter(finished).count(), 1);
    assert!(matches!(events.last(), Some(AnswerEvent::Finished(last)) if **last == answer));
}

#[test]
fn english_finds_what_is_written_in_chinese() {
    let translated = "校正紀錄要保存多久？";
    let (system, _) = system(FILES, &[("calibration", translated)]);
    let (answer, _) = ask(
        &system,
        "How long are calibration records kept?",
        Principal::owner(),
    );
    assert_eq!(answer.route.translated.as_deref(), Some(translated));
    assert!(answer.text.contains("十年"), "{}", answer.text);
}

#[test]
fn what_is_answered_in_its_own_language_is_not_translated() {
    let (system, model) = system(FILES, &[]);
    let (answer, _) = ask(
        &system,
        "How long is the warranty of the kettle?",
        Principal::owner(),
    );
    assert!(answer.text.contains("24 months"), "{}", answer.text);
    assert_eq!(answer.route.translated, None);
    assert!(translations(&model).is_empty());
}

#[test]
fn a_translation_that_loses_a_number_or_answers_nothing_changes_nothing() {
    for translation in [
        "How long is the warranty?",
        "K-7 的保固期",
        "Who painted the ceiling above the altar of K-7?",
    ] {
        let (system, model) = system(FILES, &[("保固期", translation)]);
        let (answer, _) = ask(&system, QUESTION, Principal::owner());
        assert_eq!(
            answer.grounding,
            Grounding::NotFound,
            "{translation}: {}",
            answer.text
        );
        assert_eq!(answer.text, "所搜尋的文件中沒有答案。");
        assert_eq!(answer.route.translated, None);
        assert_eq!(translations(&model).len(), 1);
    }
}

#[test]
fn documents_in_the_other_language_that_speak_of_it_less_than_its_own_do_not_answer() {
    // Of the dragon's kettle the English speaks without saying it; the translation asks about another kettle.
    let files = "\
//- /kettle.md
# The kettle of the dragon

How heavy is the kettle of the dragon? That is a secret of the dragon.
//- /水壺.md
# 水壺

鐵水壺重三公斤，由實驗室保管，校正紀錄要保存十年。
";
    let question = "How heavy is the kettle of the dragon?";
    let (system, model) = system(files, &[("dragon", "鐵水壺重三公斤還是重？")]);
    let (answer, _) = ask(&system, question, Principal::owner());
    assert_eq!(answer.grounding, Grounding::NotFound, "{}", answer.text);
    assert_eq!(answer.route.translated, None);
    assert_eq!(translations(&model).len(), 1);
}

#[test]
fn documents_that_the_asker_may_not_read_do_not_say_that_there_is_another_language() {
    let (system, model) = system(FILES, &[("保固期", TRANSLATED)]);
    system.open_to("kettle.md", &["user:bo"]);
    system.index();
    let (answer, _) = ask(&system, QUESTION, Principal::owner());
    assert_eq!(answer.grounding, Grounding::NotFound);
    assert!(translations(&model).is_empty());
}

/// Questions that the model was asked to translate.
fn translations(model: &ScriptedModel) -> Vec<String> {
    let prompts = model.prompts();
    let asked = prompts
        .iter()
        .filter(|prompt| prompt.messages[0].content.contains("translate"));
    asked.map(|prompt| prompt.messages[1].content.clone()).collect()
}
