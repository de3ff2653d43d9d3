//! What a run comes to, whole, by class and by language.

use serde::Serialize;

use super::curve::RefusalCurve;
use super::file::AnswerFile;
use super::record::{AnswerRecord, AnswerSettings, Outcome, Times};
use crate::interval::{METHOD, Mean};

/// A run summed up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerReport {
    /// How the run was made.
    pub settings: AnswerSettings,
    /// Questions asked.
    pub questions: usize,
    /// How the intervals are computed.
    pub interval: String,
    /// By class, in the order in which they first come.
    pub classes: Vec<GroupReport>,
    /// By language, of the questions that the documents answer.
    pub languages: Vec<GroupReport>,
    /// By language, of those that they do not.
    pub languages_without: Vec<GroupReport>,
    /// Everything that was asked.
    pub all: GroupReport,
    /// What was refused.
    pub refusals: Refusals,
    /// What other thresholds would refuse; `None` when nothing was decided by a probability.
    pub curve: Option<RefusalCurve>,
}

/// Refusals as a search for the questions that have no answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Refusals {
    /// Share of the refusals that are right: nothing answers the question.
    pub precision: Mean,
    /// Share of the questions without an answer that are refused.
    pub recall: Mean,
    /// Questions refused though the documents answer them.
    pub wrong: usize,
    /// Questions refused that nothing answers.
    pub right: usize,
}

/// Nearest-rank percentiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half are no larger.
    pub p50: f64,
    /// Nineteen of twenty are no larger.
    pub p95: f64,
}

/// Some of the questions. Shares are 0 to 1, each with its interval; `None` where there is nothing to take a share of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupReport {
    /// The class or language.
    pub name: String,
    /// Questions asked.
    pub questions: usize,
    /// Of these, with an answer in the documents.
    pub answerable: usize,
    /// Came to an error by their own fault.
    pub failed: usize,
    /// Of those with an answer: answered right, that is, with a known answer in the text.
    pub right: Option<Mean>,
    /// Of those with an answer: right, with a citation where the known answer stands.
    pub right_and_cited: Option<Mean>,
    /// Of those with an answer: the text is a known answer, word for word.
    pub exact: Option<Mean>,
    /// Of those with an answer: F1 of the words with a known answer.
    pub f1: Option<Mean>,
    /// Of all: refused.
    pub refused: Option<Mean>,
    /// Of all: answered, and not right.
    pub wrong: Option<Mean>,
    /// Of those with an answer: a passage that was read lies where the known answer stands.
    pub evidence_at_gold: Option<Mean>,
    /// Of the citations of answers to those with an answer: at the place where the known answer stands.
    pub citations_at_gold: Option<f64>,
    /// Citations shown.
    pub citations: usize,
    /// Of these, with a quote that is not what the document has at its span.
    pub misplaced: usize,
    /// Sentences shown.
    pub sentences: usize,
    /// Of these, without a citation.
    pub uncited: usize,
    /// Sentences that the model wrote and no passage carries; not shown.
    pub dropped: usize,
    /// Milliseconds to the sentence that is shown before the model has read.
    pub first_ms: Option<Percentiles>,
    /// Milliseconds to the model's first word.
    pub first_word_ms: Option<Percentiles>,
    /// Milliseconds to the finished answer.
    pub total_ms: Option<Percentiles>,
    /// Tokens of prompts that were read, a question.
    pub prompt_tokens: f64,
    /// Tokens written, an answer that was written.
    pub generated_tokens: f64,
}

impl AnswerReport {
    /// Of a run; of another process' half-finished one, so far.
    pub fn of(run: &AnswerFile) -> Self {
        Self::of_records(run.settings.clone(), &run.records.iter().collect::<Vec<_>>())
    }

    /// Of some of a run's questions.
    pub fn of_records(settings: AnswerSettings, records: &[&AnswerRecord]) -> Self {
        let with = |answerable: bool| -> Vec<&AnswerRecord> {
            let same = records.iter().filter(|record| record.answerable == answerable);
            same.copied().collect()
        };
        Self {
            settings,
            questions: records.len(),
            interval: METHOD.to_owned(),
            classes: groups(records, |record| &record.class),
            languages: groups(&with(true), |record| &record.language),
            languages_without: groups(&with(false), |record| &record.language),
            all: GroupReport::of("all", records),
            refusals: Refusals::of(records),
            curve: RefusalCurve::of(records),
        }
    }
}

fn groups(records: &[&AnswerRecord], name: fn(&AnswerRecord) -> &String) -> Vec<GroupReport> {
    let mut names: Vec<&String> = Vec::new();
    for record in records {
        if !names.contains(&name(record)) {
            names.push(name(record));
        }
    }
    names
        .into_iter()
        .map(|wanted| {
            let of_it: Vec<&AnswerRecord> = records
                .iter()
                .copied()
                .filter(|record| name(record) == wanted)
                .collect();
            GroupReport::of(wanted, &of_it)
        })
        .collect()
}

impl Refusals {
    fn of(records: &[&AnswerRecord]) -> Self {
        let refused: Vec<f64> = records
            .iter()
            .filter(|record| record.outcome == Outcome::Refused)
            .map(|record| yes(!record.answerable))
            .collect();
        let without: Vec<f64> = records
            .iter()
            .filter(|record| !record.answerable)
            .map(|record| yes(record.outcome == Outcome::Refused))
            .collect();
        let right = refused.iter().filter(|right| **right > 0.0).count();
        Self {
            precision: Mean::of(&refused),
            recall: Mean::of(&without),
            wrong: refused.len() - right,
            right,
        }
    }
}

fn yes(is: bool) -> f64 {
    f64::from(u8::from(is))
}

impl GroupReport {
    fn of(name: &str, records: &[&AnswerRecord]) -> Self {
        let answerable: Vec<&AnswerRecord> = records
            .iter()
            .copied()
            .filter(|record| record.answerable)
            .collect();
        let mean = |of: &[&AnswerRecord], value: &dyn Fn(&AnswerRecord) -> f64| {
            let values: Vec<f64> = of.iter().map(|record| value(record)).collect();
            (!values.is_empty()).then(|| Mean::of(&values))
        };
        let count = |value: &dyn Fn(&AnswerRecord) -> usize| records.iter().map(|record| value(record)).sum();
        let times = |value: &dyn Fn(&Times) -> Option<f64>| {
            Percentiles::of(
                records
                    .iter()
                    .filter(|record| record.outcome != Outcome::Failed)
                    .filter_map(|record| value(&record.times))
                    .collect(),
            )
        };
        let cited: Vec<bool> = answerable
            .iter()
            .flat_map(|record| record.citations.iter().map(|citation| citation.at_gold))
            .collect();
        let per = |sum: usize, of: usize| sum as f64 / of.max(1) as f64;
        let written = records
            .iter()
            .filter(|record| record.generated_tokens > 0)
            .count();
        Self {
            name: name.to_owned(),
            questions: records.len(),
            answerable: answerable.len(),
            failed: count(&|record| usize::from(record.outcome == Outcome::Failed)),
            right: mean(&answerable, &|record| yes(record.outcome == Outcome::Right)),
            right_and_cited: mean(&answerable, &|record| yes(record.is_right_and_cited())),
            exact: mean(&answerable, &|record| yes(record.exact)),
            f1: mean(&answerable, &|record| record.f1),
            refused: mean(records, &|record| yes(record.outcome == Outcome::Refused)),
            wrong: mean(records, &|record| yes(record.outcome == Outcome::Wrong)),
            evidence_at_gold: mean(&answerable, &|record| yes(record.evidence_at_gold)),
            citations_at_gold: (!cited.is_empty())
                .then(|| per(cited.iter().filter(|at| **at).count(), cited.len())),
            citations: count(&|record| record.citations.len()),
            misplaced: count(&|record| {
                let misplaced = record.citations.iter().filter(|citation| !citation.in_place);
                misplaced.count()
            }),
            sentences: count(&|record| record.sentences),
            uncited: count(&|record| record.uncited),
            dropped: count(&|record| record.dropped),
            first_ms: times(&|times| times.first_ms),
            first_word_ms: times(&|times| times.first_word_ms),
            total_ms: times(&|times| Some(times.total_ms)),
            prompt_tokens: per(count(&|record| record.prompt_tokens), records.len()),
            generated_tokens: per(count(&|record| record.generated_tokens), written),
        }
    }
}

impl Percentiles {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let at = |percent: usize| values[(values.len() * percent).div_ceil(100).max(1) - 1];
        (!values.is_empty()).then(|| Self {
            p50: at(50),
            p95: at(95),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::question::tests::question;
    use super::super::record::CitationRecord;
    use super::*;

    fn record(class: &str, answerable: bool, outcome: Outcome) -> AnswerRecord {
        AnswerRecord::unanswered(&question(class, "q", answerable), outcome)
    }

    #[test]
    fn refusals_are_right_where_nothing_answers() {
        let records = [
            record("with", true, Outcome::Right),
            record("with", true, Outcome::Refused),
            record("without", false, Outcome::Refused),
            record("without", false, Outcome::Refused),
            record("without", false, Outcome::Wrong),
        ];
        let report = AnswerReport::of_records(AnswerSettings::default(), &records.iter().collect::<Vec<_>>());
        let Refusals {
            precision,
            recall,
            wrong,
            right,
        } = report.refusals;
        assert!((precision.mean - 2.0 / 3.0).abs() < 1e-12 && (recall.mean - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!((right, wrong), (2, 1));
        let names: Vec<&str> = report.classes.iter().map(|class| class.name.as_str()).collect();
        assert_eq!(names, ["with", "without"]);
        let (with, without) = (&report.classes[0], &report.classes[1]);
        assert_eq!(with.right.map(|mean| mean.mean), Some(0.5));
        assert_eq!(with.refused.map(|mean| mean.mean), Some(0.5));
        assert_eq!((without.right, without.answerable), (None, 0));
        assert!((without.wrong.expect("asked").mean - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!((report.languages.len(), report.languages_without.len()), (1, 1));
        assert!(report.curve.is_none());
    }

    #[test]
    fn citations_sentences_and_times_are_counted() {
        let mut one = record("with", true, Outcome::Right);
        let citation = CitationRecord {
            path: "a.md".to_owned(),
            part: String::new(),
            quote: "q".to_owned(),
            at_gold: true,
            in_place: true,
        };
        let stray = CitationRecord {
            at_gold: false,
            in_place: false,
            ..citation.clone()
        };
        one.citations = vec![citation, stray];
        (one.sentences, one.uncited, one.dropped) = (2, 1, 3);
        (one.prompt_tokens, one.generated_tokens) = (700, 20);
        let mut records = vec![one];
        for (index, record) in (1..20).map(|n| (n, record("with", true, Outcome::Refused))) {
            records.push(AnswerRecord {
                times: Times {
                    total_ms: f64::from(index),
                    first_word_ms: (index == 1).then_some(7.0),
                    ..Times::default()
                },
                ..record
            });
        }
        let report = AnswerReport::of_records(AnswerSettings::default(), &records.iter().collect::<Vec<_>>());
        let all = &report.all;
        assert_eq!(
            (all.citations, all.misplaced, all.citations_at_gold),
            (2, 1, Some(0.5))
        );
        assert_eq!((all.sentences, all.uncited, all.dropped), (2, 1, 3));
        assert_eq!(all.right_and_cited.map(|mean| mean.mean), Some(0.05));
        // Twenty totals, 0 to 19: the tenth and the nineteenth.
        assert_eq!(all.total_ms, Some(Percentiles { p50: 9.0, p95: 18.0 }));
        assert_eq!(all.first_word_ms, Some(Percentiles { p50: 7.0, p95: 7.0 }));
        assert_eq!(all.first_ms, None);
        assert_eq!((all.prompt_tokens, all.generated_tokens), (35.0, 20.0));
    }
}
