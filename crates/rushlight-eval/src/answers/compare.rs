//! Two runs of answers beside each other, question by question.

use std::collections::BTreeMap;
use std::fmt;

use rushlight_core::{Error, ErrorCode, Result};
use serde::Serialize;

use super::file::{AnswerFile, differences};
use super::record::{AnswerRecord, Outcome};
use crate::interval::{METHOD, Mean};
use crate::table::{LISTED, short, write_more};

/// What became of a set from one run to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerComparison {
    /// Name of the set.
    pub set: String,
    /// Questions that both runs answered.
    pub questions: usize,
    /// How the intervals are computed.
    pub interval: String,
    /// What differs in how the runs were made.
    pub settings: Vec<String>,
    /// By class.
    pub classes: Vec<ClassDifference>,
    /// Questions that went well now and did not before.
    pub better: Vec<AnswerChange>,
    /// Questions that went well before and do not now.
    pub worse: Vec<AnswerChange>,
}

/// What became of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassDifference {
    /// Which.
    pub class: String,
    /// Its questions that both runs answered.
    pub questions: usize,
    /// Its measures.
    pub measures: Vec<AnswerMeasure>,
}

/// What became of one measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerMeasure {
    /// Its name.
    pub measure: &'static str,
    /// The mean of before.
    pub old: f64,
    /// The mean of now.
    pub new: f64,
    /// New less old, question by question.
    pub difference: Mean,
}

/// A question that went otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerChange {
    /// Its id.
    pub id: String,
    /// The question.
    pub text: String,
    /// What became of it before.
    pub old: Outcome,
    /// What becomes of it now.
    pub new: Outcome,
}

/// Compares two runs of one set over the questions that both answered.
///
/// # Errors
/// `InvalidRequest` for runs that have no question in common, or one with another text under the same id.
pub fn compare_answers(old: &AnswerFile, new: &AnswerFile) -> Result<AnswerComparison> {
    let before: BTreeMap<&str, &AnswerRecord> = old
        .records
        .iter()
        .map(|record| (record.id.as_str(), record))
        .collect();
    let mut pairs: Vec<(&AnswerRecord, &AnswerRecord)> = Vec::new();
    for record in &new.records {
        let Some(other) = before.get(record.id.as_str()) else {
            continue;
        };
        if other.question != record.question || other.answerable != record.answerable {
            return refuse(format!(
                "the question `{}` is another in the second run",
                record.id
            ));
        }
        pairs.push((other, record));
    }
    if pairs.is_empty() {
        return refuse("the runs have no question in common".to_owned());
    }
    let mut classes: Vec<ClassDifference> = Vec::new();
    for (_, record) in &pairs {
        if classes.iter().any(|class| class.class == record.class) {
            continue;
        }
        let of_class: Vec<(&AnswerRecord, &AnswerRecord)> = pairs
            .iter()
            .copied()
            .filter(|(_, other)| other.class == record.class)
            .collect();
        classes.push(ClassDifference {
            class: record.class.clone(),
            questions: of_class.len(),
            measures: measures(&of_class),
        });
    }
    let changed = |wanted: bool| {
        let changed = pairs
            .iter()
            .filter(|(old, new)| went_well(new) == wanted && went_well(old) != wanted);
        changed
            .map(|(old, new)| AnswerChange {
                id: new.id.clone(),
                text: new.question.clone(),
                old: old.outcome,
                new: new.outcome,
            })
            .collect()
    };
    Ok(AnswerComparison {
        set: new.settings.set.clone(),
        questions: pairs.len(),
        interval: METHOD.replace("percentile", "paired percentile"),
        settings: differences(&old.settings, &new.settings),
        classes,
        better: changed(true),
        worse: changed(false),
    })
}

fn refuse<T>(why: String) -> Result<T> {
    Err(Error::new(
        ErrorCode::InvalidRequest,
        format!("the runs cannot be compared: {why}"),
    )
    .with_hint("compare two runs of the same set"))
}

/// Right, or refused where nothing answers.
fn went_well(record: &AnswerRecord) -> bool {
    match record.answerable {
        true => record.outcome == Outcome::Right,
        false => record.outcome == Outcome::Refused,
    }
}

fn measures(pairs: &[(&AnswerRecord, &AnswerRecord)]) -> Vec<AnswerMeasure> {
    type Value = fn(&AnswerRecord) -> f64;
    let named: [(&'static str, Value); 4] = [
        ("right", |record| {
            f64::from(u8::from(record.outcome == Outcome::Right))
        }),
        ("right and cited", |record| {
            f64::from(u8::from(record.is_right_and_cited()))
        }),
        ("F1", |record| record.f1),
        ("refused", |record| {
            f64::from(u8::from(record.outcome == Outcome::Refused))
        }),
    ];
    let answerable = pairs.iter().any(|(_, record)| record.answerable);
    named
        .into_iter()
        .filter(|(measure, _)| answerable || *measure == "refused")
        .map(|(measure, value)| {
            let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / pairs.len() as f64;
            let differences: Vec<f64> = pairs.iter().map(|(old, new)| value(new) - value(old)).collect();
            AnswerMeasure {
                measure,
                old: mean(&mut pairs.iter().map(|(old, _)| value(old))),
                new: mean(&mut pairs.iter().map(|(_, new)| value(new))),
                difference: Mean::of_differences(&differences),
            }
        })
        .collect()
}

impl fmt::Display for AnswerComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} questions in both runs", self.set, self.questions)?;
        for difference in &self.settings {
            writeln!(f, "other settings: {difference}")?;
        }
        writeln!(f, "new less old [{}]; a star leaves out zero", self.interval)?;
        let width = self
            .classes
            .iter()
            .map(|class| class.class.chars().count())
            .max()
            .unwrap_or(0);
        for ClassDifference {
            class,
            questions,
            measures,
        } in &self.classes
        {
            writeln!(f)?;
            for (index, measure) in measures.iter().enumerate() {
                let (name, asked) = match index {
                    0 => (class.as_str(), questions.to_string()),
                    _ => ("", String::new()),
                };
                let star = if measure.difference.leaves_out_zero() {
                    " *"
                } else {
                    ""
                };
                writeln!(
                    f,
                    "{name:width$}  {asked:>5}  {:<15}  {:.3} → {:.3}  {}{star}",
                    measure.measure,
                    measure.old,
                    measure.new,
                    measure.difference.signed()
                )?;
            }
        }
        for (heading, changes) in [("better", &self.better), ("worse", &self.worse)] {
            if changes.is_empty() {
                continue;
            }
            writeln!(f)?;
            writeln!(f, "{heading}: {}", changes.len())?;
            for change in changes.iter().take(LISTED) {
                let [old, new] = [change.old, change.new].map(word);
                writeln!(f, "  {old:>7} → {new:<7}  {}", short(&change.text))?;
            }
            write_more(f, changes.len())?;
        }
        Ok(())
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Right => "right",
        Outcome::Wrong => "wrong",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::question::tests::question;
    use super::super::record::AnswerSettings;
    use super::*;

    fn run(model: &str, outcomes: &[(&str, bool, Outcome)]) -> AnswerFile {
        let mut run = AnswerFile::in_memory(AnswerSettings {
            set: "answers".to_owned(),
            language_model: model.to_owned(),
            ..AnswerSettings::default()
        });
        for (id, answerable, outcome) in outcomes {
            let class = if *answerable { "with" } else { "without" };
            run.push(AnswerRecord::unanswered(
                &question(class, id, *answerable),
                *outcome,
            ))
            .expect("kept");
        }
        run
    }

    #[test]
    fn runs_are_compared_question_by_question() {
        use Outcome::{Refused, Right, Wrong};
        let old = run(
            "small",
            &[
                ("a", true, Wrong),
                ("b", true, Right),
                ("c", false, Wrong),
                ("x", true, Right),
            ],
        );
        let new = run(
            "large",
            &[
                ("a", true, Right),
                ("b", true, Right),
                ("c", false, Refused),
                ("y", true, Right),
            ],
        );
        let found = compare_answers(&old, &new).expect("compares");
        expect![[r#"
            answers: 3 questions in both runs
            other settings: language_model "small", now "large"
            new less old [95 % interval: paired percentile bootstrap over queries, 1,000 resamples]; a star leaves out zero

            with         2  right            0.500 → 1.000  +0.500 [+0.000, +1.000]
                            right and cited  0.000 → 0.000  +0.000 [+0.000, +0.000]
                            F1               0.000 → 0.000  +0.000 [+0.000, +0.000]
                            refused          0.000 → 0.000  +0.000 [+0.000, +0.000]

            without      1  refused          0.000 → 1.000  +1.000 [-1.000, +1.000]

            better: 2
                wrong → right    what is a?
                wrong → refused  what is c?
        "#]].assert_eq(&found.to_string());
        let back = compare_answers(&new, &old).expect("compares");
        assert_eq!((back.better.len(), back.worse.len()), (0, 2));
    }

    #[test]
    fn runs_of_other_questions_are_refused() {
        use Outcome::Right;
        let old = run("m", &[("a", true, Right)]);
        for new in [run("m", &[("b", true, Right)]), run("m", &[("a", false, Right)])] {
            let error = compare_answers(&old, &new).expect_err("refused");
            assert_eq!(error.code(), ErrorCode::InvalidRequest);
        }
    }
}
