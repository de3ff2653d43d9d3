//! Asks every question that is not answered yet, and keeps each answer.

use std::time::Instant;

use rushlight_core::{Answer, AnswerEvent, Citation, Error, ErrorCode, Fault, Result};

use super::file::AnswerFile;
use super::judge::judge;
use super::question::{AnswerQuestion, AnswerSet};
use super::record::{AnswerRecord, Outcome, Times};

/// Who answers.
pub trait Answerer {
    /// Answers a question, and says when things came.
    ///
    /// # Errors
    /// What an answer fails with.
    fn answer(&self, question: &AnswerQuestion) -> Result<(Answer, EventTimes)>;

    /// Whether a citation's quote is, to the letter, what its document has at its span.
    ///
    /// # Errors
    /// What reading the document fails with.
    fn stands(&self, citation: &Citation) -> Result<bool>;
}

/// Notes when the events of an answer came.
#[derive(Clone, Debug)]
pub struct EventTimes {
    begun: Instant,
    times: Times,
    prompt_tokens: usize,
}

impl EventTimes {
    /// The question is asked now.
    pub fn begin() -> Self {
        Self {
            begun: Instant::now(),
            times: Times::default(),
            prompt_tokens: 0,
        }
    }

    /// Something happened.
    pub fn note(&mut self, event: &AnswerEvent) {
        let now = self.milliseconds();
        let Self {
            times, prompt_tokens, ..
        } = self;
        match event {
            AnswerEvent::First(_) => times.first_ms = times.first_ms.or(Some(now)),
            AnswerEvent::Evidence(_) => times.evidence_ms = times.evidence_ms.or(Some(now)),
            AnswerEvent::Reading { total, .. } => *prompt_tokens = (*prompt_tokens).max(*total),
            AnswerEvent::Piece(text) if text.is_empty() => {}
            AnswerEvent::Piece(_) => times.first_word_ms = times.first_word_ms.or(Some(now)),
            AnswerEvent::Finished(_) => times.total_ms = now,
            AnswerEvent::Route(_) | AnswerEvent::Waiting { .. } | AnswerEvent::Thought(_) => {}
        }
    }

    /// The answer is there.
    pub fn end(&mut self) {
        self.times.total_ms = self.milliseconds();
    }

    fn milliseconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1e3
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking<'a> {
    /// Questions answered, those of an earlier run of the file among them.
    pub done: usize,
    /// Of these, answered now.
    pub new: usize,
    /// All of them.
    pub total: usize,
    /// Questions answered right so far, or refused where nothing answers them.
    pub right: usize,
    /// The question that was answered last.
    pub last: Option<&'a str>,
}

/// Asks the questions that the run does not have yet, in the set's order.
///
/// A question that comes to an error by its own fault is kept as failed; any other error ends the run, and what was answered is
/// kept. Questions of the run that the set no longer names stay.
///
/// # Errors
/// What an answer fails with, naming the question; what writing the run fails with.
pub fn ask_all(
    set: &AnswerSet,
    answerer: &dyn Answerer,
    run: &mut AnswerFile,
    progress: &mut dyn FnMut(Asking<'_>),
) -> Result<()> {
    let todo: Vec<&AnswerQuestion> = set
        .questions
        .iter()
        .filter(|question| !run.has(&question.id))
        .collect();
    let total = set.questions.len();
    let mut asking = Asking {
        done: total - todo.len(),
        new: 0,
        total,
        right: run.records.iter().filter(|record| went_well(record)).count(),
        last: None,
    };
    progress(asking);
    for question in todo {
        let record = one(question, answerer)?;
        asking = Asking {
            done: asking.done + 1,
            new: asking.new + 1,
            right: asking.right + usize::from(went_well(&record)),
            last: Some(&question.text),
            ..asking
        };
        run.push(record)?;
        progress(asking);
    }
    Ok(())
}

fn went_well(record: &AnswerRecord) -> bool {
    match record.answerable {
        true => record.outcome == Outcome::Right,
        false => record.outcome == Outcome::Refused,
    }
}

fn one(question: &AnswerQuestion, answerer: &dyn Answerer) -> Result<AnswerRecord> {
    match answerer.answer(question) {
        Ok((answer, at)) => judge(question, &answer, at.times, at.prompt_tokens, &|citation| {
            answerer.stands(citation)
        }),
        Err(error) if error.code().fault() == Fault::User && error.code() != ErrorCode::Cancelled => {
            Ok(AnswerRecord {
                error: Some(error.code().as_str().to_owned()),
                ..AnswerRecord::unanswered(question, Outcome::Failed)
            })
        }
        Err(error) if error.code() == ErrorCode::Cancelled => Err(error),
        Err(error) => {
            let hint = error.hint().to_owned();
            let message = format!("the question `{}` was not answered", question.id);
            Err(Error::new(error.code(), message)
                .with_source(error)
                .with_hint(hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use rushlight_core::GenerationSummary;

    use super::super::judge::tests::answer;
    use super::super::question::tests::question;
    use super::super::record::AnswerSettings;
    use super::*;

    struct Played {
        asked: RefCell<Vec<String>>,
        fails: Option<ErrorCode>,
    }

    impl Answerer for Played {
        fn answer(&self, question: &AnswerQuestion) -> Result<(Answer, EventTimes)> {
            self.asked.borrow_mut().push(question.id.clone());
            if let Some(code) = self.fails.filter(|_| question.id == "q2") {
                return Err(Error::new(code, "played"));
            }
            let mut times = EventTimes::begin();
            times.note(&AnswerEvent::Reading { done: 10, total: 250 });
            times.note(&AnswerEvent::Piece("It".to_owned()));
            times.note(&AnswerEvent::Piece(" is".to_owned()));
            times.end();
            let generation = Some(GenerationSummary::default());
            Ok((
                Answer {
                    generation,
                    ..answer("It is a red kettle. [1]", "/w/a.md")
                },
                times,
            ))
        }

        fn stands(&self, _: &Citation) -> Result<bool> {
            Ok(true)
        }
    }

    fn set() -> AnswerSet {
        let questions = ["q0", "q1", "q2"].map(|id| question("answerable", id, true));
        AnswerSet::new("tea".to_owned(), questions.to_vec())
    }

    #[test]
    fn what_is_answered_is_not_asked_again() {
        let played = Played {
            asked: RefCell::default(),
            fails: None,
        };
        let mut run = AnswerFile::in_memory(AnswerSettings::default());
        run.push(AnswerRecord::unanswered(
            &question("answerable", "q1", true),
            Outcome::Refused,
        ))
        .expect("kept");
        let mut seen = Vec::new();
        ask_all(&set(), &played, &mut run, &mut |state| {
            seen.push((state.done, state.total, state.right));
        })
        .expect("asks");
        assert_eq!(*played.asked.borrow(), ["q0", "q2"]);
        assert_eq!(seen, [(1, 3, 0), (2, 3, 1), (3, 3, 2)]);
        let record = &run.records[1];
        assert_eq!((record.id.as_str(), record.outcome), ("q0", Outcome::Right));
        assert_eq!(record.prompt_tokens, 250);
        let Times {
            first_word_ms,
            total_ms,
            first_ms,
            ..
        } = record.times;
        assert!(first_word_ms.is_some_and(|first| first <= total_ms) && first_ms.is_none());
    }

    #[test]
    fn a_question_s_own_fault_is_kept_and_any_other_ends_the_run() {
        let mut run = AnswerFile::in_memory(AnswerSettings::default());
        let played = |code| Played {
            asked: RefCell::default(),
            fails: Some(code),
        };
        ask_all(&set(), &played(ErrorCode::QuestionTooLong), &mut run, &mut |_| {}).expect("goes on");
        assert_eq!(run.records[2].outcome, Outcome::Failed);
        assert_eq!(run.records[2].error.as_deref(), Some("question_too_long"));

        let mut run = AnswerFile::in_memory(AnswerSettings::default());
        let error = ask_all(
            &set(),
            &played(ErrorCode::GenerationFailed),
            &mut run,
            &mut |_| {},
        )
        .expect_err("ends");
        assert_eq!(error.code(), ErrorCode::GenerationFailed);
        assert_eq!(error.message(), "the question `q2` was not answered");
        assert_eq!(run.records.len(), 2, "what was answered is kept");
    }
}
