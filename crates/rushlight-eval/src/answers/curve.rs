//! What any other threshold of the probability would have refused.
//!
//! A question is refused at a threshold when its probability lies below it; one that was refused for another reason stays refused.
//! The curve needs the answers of everything, so a run that refused by itself ends where its own threshold was.
//!
//! Risk and coverage after R. El-Yaniv, Y. Wiener: On the Foundations of Noise-free Selective Classification, JMLR 11 (2010):
//! coverage is the share that is answered, risk the share of those that is not right. The area under the ROC curve is the
//! probability that a question that the documents answer has the higher probability of two, ties counting half (J. Hanley, B.
//! McNeil, Radiology 143, 1982).

use std::fmt;

use serde::Serialize;

use super::record::{AnswerRecord, Outcome};
use super::table::write_curve;

/// Shares of answerable questions refused at which the curve is shown.
const SHOWN: [f64; 9] = [0.0, 0.01, 0.02, 0.05, 0.08, 0.10, 0.12, 0.15, 0.20];

/// One threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Below it is refused.
    pub threshold: f64,
    /// Share of the questions with an answer that are refused.
    pub answerable_refused: f64,
    /// Share of those without an answer that are refused, by class.
    pub unanswerable_refused: Vec<(String, f64)>,
    /// Share of the questions with an answer that are answered right.
    pub answerable_right: f64,
    /// Share of all questions that are answered.
    pub coverage: f64,
    /// Share of the answers that are not right; 0 when there are none.
    pub risk: f64,
}

/// Areas, 0 to 1; `None` where one of the two kinds is missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Areas {
    /// Under the ROC curve of the probability, questions with an answer against the classes without, by class.
    pub answerable: Vec<(String, Option<f64>)>,
    /// Under the ROC curve, right answers against everything else.
    pub right: Option<f64>,
    /// Under the curve of risk by coverage; lower is better.
    pub risk_coverage: Option<f64>,
}

/// The curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusalCurve {
    /// Questions that have a probability, which the curve is of.
    pub decided: usize,
    /// Thresholds at which so much of the answerable is refused as nearly as can be without more: from none to a fifth.
    pub points: Vec<CurvePoint>,
    /// What the whole curve comes to.
    pub areas: Areas,
}

impl RefusalCurve {
    /// Of these; `None` when nothing was decided by a probability.
    pub fn of(records: &[&AnswerRecord]) -> Option<Self> {
        Self::by(records, &|record| record.signals.probability.map(f64::from))
    }

    /// The same by any other score. A question that was refused without a score has the lowest; one that was answered without is left
    /// out.
    pub fn by(records: &[&AnswerRecord], score: &dyn Fn(&AnswerRecord) -> Option<f64>) -> Option<Self> {
        let scored = scored(records, score);
        let decided = scored.iter().filter(|one| one.score.is_finite()).count();
        if decided == 0 {
            return None;
        }
        let mut points: Vec<CurvePoint> = Vec::new();
        for most in SHOWN {
            let point = point(&scored, threshold_for(&scored, most));
            if points.last() != Some(&point) {
                points.push(point);
            }
        }
        Some(Self {
            decided,
            points,
            areas: areas(&scored),
        })
    }

    /// The threshold of a score at which at most this share of what can be answered is refused, and what it does.
    pub fn refusing_at_most(
        records: &[&AnswerRecord],
        score: &dyn Fn(&AnswerRecord) -> Option<f64>,
        most: f64,
    ) -> CurvePoint {
        let scored = scored(records, score);
        point(&scored, threshold_for(&scored, most))
    }

    /// The lowest threshold of a score at which at least this share of the questions without an answer that are `wanted` is refused, and
    /// what it does; `None` where there is no such question.
    pub fn refusing_at_least(
        records: &[&AnswerRecord],
        score: &dyn Fn(&AnswerRecord) -> Option<f64>,
        wanted: &dyn Fn(&AnswerRecord) -> bool,
        least: f64,
    ) -> Option<CurvePoint> {
        let scored = scored(records, score);
        let mut scores: Vec<f64> = scored
            .iter()
            .filter(|one| !one.record.answerable && wanted(one.record))
            .map(|one| match one.record.outcome {
                Outcome::Refused => f64::NEG_INFINITY,
                _ => one.score,
            })
            .collect();
        scores.sort_unstable_by(f64::total_cmp);
        let count = (least * scores.len() as f64 - 1e-9).ceil().max(1.0) as usize;
        let highest = scores.get(count - 1)?;
        let lowest = scored
            .iter()
            .map(|one| one.score)
            .filter(|score| score.is_finite());
        let threshold = highest.next_up().max(lowest.fold(f64::INFINITY, f64::min));
        Some(point(&scored, threshold))
    }

    /// What a threshold of a score does.
    pub fn at(
        records: &[&AnswerRecord],
        score: &dyn Fn(&AnswerRecord) -> Option<f64>,
        threshold: f64,
    ) -> CurvePoint {
        point(&scored(records, score), threshold)
    }
}

impl fmt::Display for RefusalCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_curve(f, self)
    }
}

fn scored<'a>(records: &[&'a AnswerRecord], score: &dyn Fn(&AnswerRecord) -> Option<f64>) -> Vec<Scored<'a>> {
    records
        .iter()
        .filter(|record| record.outcome != Outcome::Failed)
        .filter_map(|record| match (score(record), record.outcome) {
            (Some(score), _) => Some(Scored { record, score }),
            (None, Outcome::Refused) => Some(Scored {
                record,
                score: f64::NEG_INFINITY,
            }),
            (None, _) => None,
        })
        .collect()
}

struct Scored<'a> {
    record: &'a AnswerRecord,
    score: f64,
}

impl Scored<'_> {
    fn refused_at(&self, threshold: f64) -> bool {
        self.record.outcome == Outcome::Refused || self.score < threshold
    }
}

/// The highest threshold at which at most this share of what can be answered is refused; where more is refused already,
/// the lowest.
fn threshold_for(scored: &[Scored<'_>], most: f64) -> f64 {
    let answerable: Vec<&Scored<'_>> = scored.iter().filter(|one| one.record.answerable).collect();
    let allowed = (most * answerable.len() as f64 + 1e-9) as usize;
    let refused = answerable
        .iter()
        .filter(|one| one.record.outcome == Outcome::Refused)
        .count();
    let mut scores: Vec<f64> = answerable
        .iter()
        .filter(|one| one.record.outcome != Outcome::Refused)
        .map(|one| one.score)
        .collect();
    scores.sort_unstable_by(f64::total_cmp);
    let lowest = scored
        .iter()
        .map(|one| one.score)
        .filter(|score| score.is_finite())
        .fold(f64::INFINITY, f64::min);
    match allowed.checked_sub(refused) {
        // The score of the first that stays: what lies below it is refused.
        Some(more) => scores.get(more).copied().unwrap_or(lowest),
        None => lowest,
    }
}

fn point(scored: &[Scored<'_>], threshold: f64) -> CurvePoint {
    let of_answerable = |wanted: &dyn Fn(&Scored<'_>) -> bool| {
        share(scored.iter().filter(|one| one.record.answerable), wanted)
    };
    let answered: Vec<&Scored<'_>> = scored.iter().filter(|one| !one.refused_at(threshold)).collect();
    let unanswerable_refused = classes_without(scored)
        .into_iter()
        .map(|class| {
            let of_class = scored.iter().filter(|one| one.record.class == class);
            let refused = share(of_class, &|one| one.refused_at(threshold));
            (class, refused)
        })
        .collect();
    CurvePoint {
        threshold,
        answerable_refused: of_answerable(&|one| one.refused_at(threshold)),
        unanswerable_refused,
        answerable_right: of_answerable(&|one| {
            one.record.outcome == Outcome::Right && !one.refused_at(threshold)
        }),
        coverage: answered.len() as f64 / scored.len().max(1) as f64,
        risk: share(answered.iter().copied(), &|one| {
            one.record.outcome != Outcome::Right
        }),
    }
}

fn share<'a, 'b: 'a>(of: impl Iterator<Item = &'a Scored<'b>>, wanted: &dyn Fn(&Scored<'_>) -> bool) -> f64 {
    let (mut all, mut count) = (0usize, 0usize);
    for one in of {
        all += 1;
        count += usize::from(wanted(one));
    }
    count as f64 / all.max(1) as f64
}

fn classes_without(scored: &[Scored<'_>]) -> Vec<String> {
    let mut classes: Vec<String> = scored
        .iter()
        .filter(|one| !one.record.answerable)
        .map(|one| one.record.class.clone())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

fn areas(scored: &[Scored<'_>]) -> Areas {
    let scores = |wanted: &dyn Fn(&Scored<'_>) -> bool| -> Vec<f64> {
        scored
            .iter()
            .filter(|one| wanted(one))
            .map(|one| one.score)
            .collect()
    };
    let answerable = scores(&|one| one.record.answerable);
    let right = |one: &Scored<'_>| one.record.outcome == Outcome::Right;
    Areas {
        answerable: classes_without(scored)
            .into_iter()
            .map(|class| {
                let others = scores(&|one| one.record.class == class);
                (class, roc_area(&answerable, &others))
            })
            .collect(),
        right: roc_area(&scores(&right), &scores(&|one| !right(one))),
        risk_coverage: risk_coverage_area(scored),
    }
}

/// The probability that one of `above` has the higher score than one of `below`; ties count half.
fn roc_area(above: &[f64], below: &[f64]) -> Option<f64> {
    if above.is_empty() || below.is_empty() {
        return None;
    }
    let mut sorted = below.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let wins: f64 = above
        .iter()
        .map(|score| {
            let less = sorted.partition_point(|other| other < score);
            let not_more = sorted.partition_point(|other| other <= score);
            less as f64 + (not_more - less) as f64 / 2.0
        })
        .sum();
    Some(wins / (above.len() * below.len()) as f64)
}

/// The mean, over how many of the most probable are answered, of the share of those that is not right.
fn risk_coverage_area(scored: &[Scored<'_>]) -> Option<f64> {
    let mut answered: Vec<&Scored<'_>> = scored.iter().filter(|one| one.record.is_answered()).collect();
    answered.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut wrong = 0usize;
    let risks: Vec<f64> = answered
        .iter()
        .enumerate()
        .map(|(index, one)| {
            wrong += usize::from(one.record.outcome != Outcome::Right);
            wrong as f64 / (index + 1) as f64
        })
        .collect();
    (!risks.is_empty()).then(|| risks.iter().sum::<f64>() / risks.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::question::tests::question;
    use super::*;

    fn record(class: &str, answerable: bool, outcome: Outcome, probability: Option<f32>) -> AnswerRecord {
        let mut record = AnswerRecord::unanswered(&question(class, "q", answerable), outcome);
        record.signals.probability = probability;
        record
    }

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-6,
            "{found} where {expected} is expected"
        );
    }

    /// Ten with an answer at 0.05, 0.15 … 0.95, of which the lowest is answered wrong; four without at 0.1, 0.2, 0.3, 0.9.
    fn records() -> Vec<AnswerRecord> {
        let with = (0..10u8).map(|n| {
            let outcome = if n == 0 { Outcome::Wrong } else { Outcome::Right };
            record("with", true, outcome, Some(f32::from(n) / 10.0 + 0.05))
        });
        let without = [0.1, 0.2, 0.3, 0.9].map(|p| record("without", false, Outcome::Wrong, Some(p)));
        with.chain(without).collect()
    }

    #[test]
    fn the_curve_refuses_no_more_than_it_may() {
        let records = records();
        let all: Vec<&AnswerRecord> = records.iter().collect();
        let curve = RefusalCurve::of(&all).expect("decided");
        assert_eq!(curve.decided, 14);
        let first = &curve.points[0];
        near(first.threshold, 0.05);
        assert_eq!((first.answerable_refused, first.coverage), (0.0, 1.0));
        near(first.answerable_right, 0.9);
        near(first.risk, 5.0 / 14.0);
        // Of ten, a tenth is one: the threshold is the second's.
        let tenth = curve
            .points
            .iter()
            .find(|point| point.answerable_refused > 0.05)
            .expect("there");
        near(tenth.threshold, 0.15);
        near(tenth.answerable_refused, 0.1);
        assert_eq!(tenth.unanswerable_refused, [("without".to_owned(), 0.25)]);
        near(tenth.risk, 3.0 / 12.0);
        let last = curve.points.last().expect("there");
        near(last.answerable_refused, 0.2);
        near(last.unanswerable_refused[0].1, 0.5);
    }

    #[test]
    fn the_lowest_threshold_that_refuses_enough_of_what_nothing_answers() {
        let records = records();
        let all: Vec<&AnswerRecord> = records.iter().collect();
        let score = |record: &AnswerRecord| record.signals.probability.map(f64::from);
        let least = |share: f64| {
            RefusalCurve::refusing_at_least(&all, &score, &|record| record.class == "without", share)
                .expect("there are some")
        };
        // Three of the four lie at 0.3 and below.
        let three = least(0.75);
        near(three.threshold, 0.3);
        assert_eq!(three.unanswerable_refused, [("without".to_owned(), 0.75)]);
        near(three.answerable_refused, 0.3);
        assert_eq!(least(0.7).threshold, three.threshold);
        assert_eq!(least(0.76).unanswerable_refused, [("without".to_owned(), 1.0)]);
        near(least(0.0).threshold, 0.1);
        assert!(RefusalCurve::refusing_at_least(&all, &score, &|_| false, 0.9).is_none());
    }

    #[test]
    fn areas_by_hand() {
        near(
            roc_area(&[3.0, 1.0], &[2.0, 1.0]).expect("both"),
            (2.0 + 0.5) / 4.0,
        );
        assert_eq!(roc_area(&[], &[1.0]), None);
        assert_eq!(roc_area(&[1.0], &[1.0]), Some(0.5));
        let records = records();
        let all: Vec<&AnswerRecord> = records.iter().collect();
        let areas = RefusalCurve::of(&all).expect("decided").areas;
        // Of ten, above 0.1 lie nine, above 0.2 eight, above 0.3 seven, above 0.9 one.
        near(areas.answerable[0].1.expect("both"), 25.0 / 40.0);
        // Right at the first, then 1/2 wrong, then eight right ones between …
        let risk = areas.risk_coverage.expect("answered");
        assert!((0.1..0.3).contains(&risk), "{risk}");
    }

    #[test]
    fn what_was_refused_otherwise_stays_refused() {
        let records = [
            record("with", true, Outcome::Right, Some(0.9)),
            record("with", true, Outcome::Refused, None),
            record("without", false, Outcome::Refused, Some(0.8)),
        ];
        let all: Vec<&AnswerRecord> = records.iter().collect();
        let curve = RefusalCurve::of(&all).expect("decided");
        assert_eq!(curve.points.len(), 1);
        near(curve.points[0].answerable_refused, 0.5);
        near(curve.points[0].unanswerable_refused[0].1, 1.0);
        let undecided = [record("with", true, Outcome::Right, None)];
        assert!(RefusalCurve::of(&undecided.iter().collect::<Vec<_>>()).is_none());
    }
}
