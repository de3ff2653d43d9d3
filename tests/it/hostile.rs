//! Documents that give orders, pretend to be citations, delimiters or turns, carry links and hide text, asked with a model that obeys
//! them and without a model. Judged on what is shown: none of it may change an answer into anything but the document's own words.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use rushlight_answer::{AnswerLanguage, translation_prompt};
use rushlight_api as api;
use rushlight_core::{Answer, AnswerEvent, AnswerKind, Citation, Grounding, Prompt};
use toml::Table;

use crate::system::{FENCE, Models, System};

/// A document, a question that it answers, and what no answer may show.
struct Hostile {
    name: String,
    file: String,
    text: String,
    question: String,
    /// What a right answer holds.
    fact: String,
    forbidden: Vec<String>,
}

fn documents() -> Vec<Hostile> {
    let tables = [
        include_str!("../fixtures/hostile/english.toml"),
        include_str!("../fixtures/hostile/chinese.toml"),
    ];
    tables.iter().flat_map(|text| table(text)).collect()
}

fn table(text: &str) -> Vec<Hostile> {
    let table: Table = text.parse().expect("the table is TOML");
    let documents = table["document"].as_array().expect("a list of documents");
    documents
        .iter()
        .map(|document| {
            let field = |name: &str| document[name].as_str().expect("a text").to_owned();
            let forbidden = document["forbidden"].as_array().expect("a list");
            Hostile {
                name: field("name"),
                file: field("file"),
                text: field("text"),
                question: field("question"),
                fact: field("fact"),
                forbidden: forbidden
                    .iter()
                    .map(|one| one.as_str().expect("a text").to_owned())
                    .collect(),
            }
        })
        .collect()
}

/// What else lies in the folder.
const OTHERS: &str = "\
//- /ledger.md
# Household

The rent is paid on the first of each month.
//- /帳本.md
# 家用

房租每月一日支付。
";

/// What a document came to with one of the models.
struct Shown {
    answer: Answer,
    /// All that was told until then, in order.
    events: Vec<AnswerEvent>,
}

impl Shown {
    /// The sentences shown before the model has read.
    fn first(&self) -> impl Iterator<Item = &Citation> {
        self.events.iter().filter_map(|event| match event {
            AnswerEvent::First(citation) => Some(citation),
            _ => None,
        })
    }

    /// What was shown of the answer while it was written.
    fn draft(&self) -> String {
        let pieces = self.events.iter().filter_map(|event| match event {
            AnswerEvent::Piece(piece) => Some(piece.as_str()),
            _ => None,
        });
        pieces.collect()
    }
}

fn ask(system: &System, question: &str) -> Shown {
    let events = Arc::<Mutex<Vec<AnswerEvent>>>::default();
    let seen = Arc::clone(&events);
    let answer = system
        .ask_watching(question, Arc::default(), move |event| {
            seen.lock().expect("no thread panics").push(event);
            ControlFlow::Continue(())
        })
        .expect("a reply");
    let events = events.lock().expect("no thread panics").clone();
    Shown { answer, events }
}

/// What is wrong with what is shown.
fn faults(system: &System, document: &Hostile, shown: &Shown) -> Vec<String> {
    let answer = &shown.answer;
    let text = &answer.text;
    let mut faults = faults_of_text(document, text);
    let draft = shown.draft();
    faults.extend(
        faults_of_text(document, &draft)
            .into_iter()
            .map(|fault| format!("while it is written: {fault}")),
    );
    for number in marks(&draft) {
        faults.push(format!("has a mark [{number}] while it is written: {draft}"));
    }
    faults.extend(faults_of_events(system, shown));
    let numbers: BTreeSet<u32> = answer.citations.iter().map(|citation| citation.number).collect();
    for number in marks(text) {
        if number
            .parse()
            .ok()
            .is_none_or(|number| !numbers.contains(&number))
        {
            faults.push(format!("has a mark [{number}] without a citation: {text}"));
        }
    }
    for citation in answer.citations.iter().chain(shown.first()) {
        let there = system
            .engine
            .ledger()
            .document_text(citation.doc_id, citation.span)
            .expect("readable");
        if there.as_deref() != Some(citation.quote.as_str()) {
            faults.push(format!("quotes what is not there: {}", citation.quote));
        }
    }
    for first in shown.first() {
        let is_order = |forbidden: &String| first.quote.contains(forbidden.as_str());
        if document.forbidden.iter().any(is_order) {
            faults.push(format!("shows an order first: {}", first.quote));
        }
    }
    if (answer.grounding == Grounding::NotFound) != answer.citations.is_empty() {
        faults.push(format!(
            "{:?} with {} citations",
            answer.grounding,
            answer.citations.len()
        ));
    }
    // What the page and the command line get is the same text, and nothing is added to it.
    let sent = serde_json::to_value(api::Answer::from(answer)).expect("JSON");
    if sent["text"].as_str() != Some(text.as_str()) {
        faults.push(format!("is sent as {}", sent["text"]));
    }
    faults
}

/// What is wrong with a text that is shown.
fn faults_of_text(document: &Hostile, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for forbidden in &document.forbidden {
        if text.contains(forbidden.as_str()) {
            faults.push(format!("shows `{forbidden}`: {text}"));
        }
    }
    let lower = text.to_lowercase();
    for mark in [
        "://",
        "www.",
        "](",
        "![",
        "<img",
        "<a ",
        "<script",
        "<|",
        "javascript:",
    ] {
        if lower.contains(mark) {
            faults.push(format!("shows `{mark}`: {text}"));
        }
    }
    if let Some(invisible) = text.chars().find(|c| is_invisible(*c)) {
        faults.push(format!("shows {invisible:?}"));
    }
    faults
}

/// What is wrong with what is told beside sentences and drafts: evidence is the documents' own words at their places, the question is
/// taken as a plain one, and what is finished is the answer, once, at the end.
fn faults_of_events(system: &System, shown: &Shown) -> Vec<String> {
    let mut faults = Vec::new();
    let mut finished = 0;
    for event in &shown.events {
        match event {
            AnswerEvent::Evidence(passages) => {
                for passage in passages {
                    let there = system
                        .engine
                        .ledger()
                        .document_text(passage.hit.doc_id, passage.span)
                        .expect("readable");
                    if there.as_deref() != Some(passage.text.as_str()) {
                        faults.push(format!("has evidence that is not there: {}", passage.text));
                    }
                }
            }
            AnswerEvent::Route(route) => {
                if route.kind != AnswerKind::Fact || route.standalone.is_some() || !route.documents.is_empty()
                {
                    faults.push(format!("is taken as {route:?}"));
                }
            }
            AnswerEvent::Finished(answer) => {
                finished += 1;
                if **answer != shown.answer {
                    faults.push(format!("is finished as {}", answer.text));
                }
            }
            // No model here thinks, whatever a document says.
            AnswerEvent::Thought(thought) => faults.push(format!("shows as thought {thought}")),
            AnswerEvent::First(_)
            | AnswerEvent::Waiting { .. }
            | AnswerEvent::Reading { .. }
            | AnswerEvent::Piece(_) => {}
        }
    }
    if finished != 1 || !matches!(shown.events.last(), Some(AnswerEvent::Finished(_))) {
        faults.push(format!("is finished {finished} times, and not at the end alone"));
    }
    faults
}

/// What is wrong with what the model was given. To translate a question it is given the question and nothing of a document.
fn faults_of_prompt(prompt: &Prompt, question: &str, passages: usize) -> Vec<String> {
    let mut faults = Vec::new();
    if is_translation(prompt, question) {
        return faults;
    }
    let text: String = prompt
        .messages
        .iter()
        .map(|message| message.content.as_str())
        .collect();
    let fences = text.matches(FENCE).count();
    if fences != passages + 1 {
        faults.push(format!("{fences} fences around {passages} passages: {text}"));
    }
    let at_line_ends = text.lines().filter(|line| line.starts_with(FENCE)).count();
    if at_line_ends != fences {
        faults.push(format!("a fence stands within a line: {text}"));
    }
    if let Some(invisible) = text.chars().find(|c| is_invisible(*c)) {
        faults.push(format!("{invisible:?} is in the prompt"));
    }
    faults
}

/// Whether the model was asked to translate the question, and nothing else.
fn is_translation(prompt: &Prompt, question: &str) -> bool {
    let languages = [
        AnswerLanguage::English,
        AnswerLanguage::TraditionalChinese,
        AnswerLanguage::SimplifiedChinese,
    ];
    languages
        .into_iter()
        .any(|to| translation_prompt(question, to) == *prompt)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && c != '\n' && c != '\t')
}

/// What stands in brackets and is a number.
fn marks(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('[') {
        if let Some((inner, _)) = text[at + 1..].split_once(']')
            && !inner.is_empty()
            && inner.chars().all(char::is_numeric)
        {
            found.push(inner);
        }
    }
    found
}

#[test]
#[allow(clippy::print_stdout, reason = "the count is what is reported")]
fn hostile_documents_change_nothing_that_is_shown() {
    let documents = documents();
    assert!(documents.len() >= 48, "{} documents", documents.len());
    let mut changed: Vec<String> = Vec::new();
    let (mut right, mut refused, mut read, mut drafted) = ([0, 0], [0, 0], 0, 0);
    for document in &documents {
        let system = System::over(OTHERS);
        system.write(&document.file, document.text.trim_start());
        system.index();
        let mut system = system.restarted(Models::Obedient);
        system.index();
        for (index, with) in ["an obedient model", "no model"].into_iter().enumerate() {
            if index == 1 {
                system = system.restarted(Models::NoLanguageModel);
                system.index();
            }
            let shown = ask(&system, &document.question);
            let mut faults = faults(&system, document, &shown);
            for prompt in system.model.prompts() {
                read += usize::from(
                    prompt
                        .messages
                        .iter()
                        .any(|message| message.content.contains(&document.fact)),
                );
                faults.extend(faults_of_prompt(
                    &prompt,
                    &document.question,
                    shown.answer.passages.len(),
                ));
            }
            drafted += usize::from(!shown.draft().trim().is_empty());
            right[index] += usize::from(shown.answer.text.contains(&document.fact));
            refused[index] += usize::from(shown.answer.grounding == Grounding::NotFound);
            changed.extend(
                faults
                    .iter()
                    .map(|fault| format!("{} ({}), with {with}: {fault}", document.name, document.file)),
            );
        }
    }
    println!(
        "{} hostile documents, each with an obedient model and without: {} changed what is shown; right {right:?}, refused {refused:?}, prompts with the passage {read}, drafts shown {drafted}",
        documents.len(),
        changed.len()
    );
    assert!(
        changed.is_empty(),
        "{} of {}:\n{}",
        changed.len(),
        documents.len(),
        changed.join("\n")
    );
    // A test in which nothing reaches the model, or nothing is answered, would prove nothing.
    assert!(read >= documents.len(), "{read} prompts with a hostile passage");
    assert!(right[1] * 2 > documents.len(), "{right:?} right");
}

#[test]
fn what_the_document_really_says_is_still_quoted() {
    let system = System::over(
        "//- /memo.md\n# Memo\n\nThe sign on the gate says “Ring twice”.\n\nPlease answer the letter by Friday.\n",
    );
    system.index();
    let system = system.restarted(Models::NoLanguageModel);
    system.index();
    let answer = system
        .ask("What does the sign on the gate say?")
        .expect("a reply");
    assert!(answer.text.contains("Ring twice"), "{}", answer.text);
    let answer = system.ask("When is the letter to be answered?").expect("a reply");
    assert!(answer.text.contains("by Friday"), "{}", answer.text);
}
