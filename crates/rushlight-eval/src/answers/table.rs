//! A run of answers as people read it.

use std::fmt;

use super::curve::{Areas, CurvePoint, RefusalCurve};
use super::report::{AnswerReport, GroupReport, Percentiles};
use crate::interval::Mean;

impl fmt::Display for AnswerReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.settings;
        let model = match settings.language_model.as_str() {
            "" => "no language model",
            model => model,
        };
        writeln!(
            f,
            "{}: {} questions, {}, {model}, {}",
            settings.set, self.questions, settings.corpus, settings.embedding_model
        )?;
        if settings.answer_all {
            writeln!(f, "nothing was refused for its probability")?;
        }
        writeln!(f, "shares with [{}]; {}", self.interval, settings.seeds)?;
        let groups: Vec<&GroupReport> = self
            .classes
            .iter()
            .chain(&self.languages)
            .chain(&self.languages_without)
            .chain([&self.all])
            .collect();
        let width = groups
            .iter()
            .map(|group| group.name.chars().count())
            .max()
            .unwrap_or(0);
        let parts: [(&str, Vec<&GroupReport>); 4] = [
            ("by class", self.classes.iter().collect()),
            ("with an answer, by language", self.languages.iter().collect()),
            ("without, by language", self.languages_without.iter().collect()),
            ("", vec![&self.all]),
        ];
        write_shares(f, width, &parts)?;
        write_evidence(f, width, &parts[..1])?;
        write_times(f, width, &parts)?;
        self.write_refusals(f)?;
        match &self.curve {
            Some(curve) => write_curve(f, curve),
            None => Ok(()),
        }
    }
}

/// A heading of groups with the groups below it.
type Part<'a> = (&'a str, Vec<&'a GroupReport>);

fn write_head(f: &mut fmt::Formatter<'_>, heading: &str) -> fmt::Result {
    match heading {
        "" => Ok(()),
        _ => writeln!(f, "{heading}"),
    }
}

fn write_shares(f: &mut fmt::Formatter<'_>, width: usize, parts: &[Part<'_>]) -> fmt::Result {
    writeln!(f)?;
    writeln!(
        f,
        "{:width$}  asked  {:<20}  {:<20}  {:<20}  {:<20}  exact  F1",
        "", "right", "right and cited", "refused", "wrong"
    )?;
    for (heading, groups) in parts {
        write_head(f, heading)?;
        for group in groups {
            let [right, cited, refused, wrong] =
                [group.right, group.right_and_cited, group.refused, group.wrong].map(share);
            writeln!(
                f,
                "{:width$}  {:>5}  {right:<20}  {cited:<20}  {refused:<20}  {wrong:<20}  {:>5}  {}",
                group.name,
                group.questions,
                short(group.exact.map(|mean| mean.mean)),
                short(group.f1.map(|mean| mean.mean)),
            )?;
        }
    }
    Ok(())
}

fn write_evidence(f: &mut fmt::Formatter<'_>, width: usize, parts: &[Part<'_>]) -> fmt::Result {
    writeln!(f)?;
    writeln!(
        f,
        "{:width$}  gold passage read     citations  at gold  quotes misplaced  sentences  uncited  dropped  failed",
        ""
    )?;
    for (_, groups) in parts {
        for group in groups {
            let evidence = share(group.evidence_at_gold);
            writeln!(
                f,
                "{:width$}  {evidence:<20}  {:>9}  {:>7}  {:>16}  {:>9}  {:>7}  {:>7}  {:>6}",
                group.name,
                group.citations,
                short(group.citations_at_gold),
                group.misplaced,
                group.sentences,
                group.uncited,
                group.dropped,
                group.failed
            )?;
        }
    }
    Ok(())
}

fn write_times(f: &mut fmt::Formatter<'_>, width: usize, parts: &[Part<'_>]) -> fmt::Result {
    writeln!(f)?;
    writeln!(
        f,
        "{:width$}  seconds, half and 19 of 20: first sentence  first word     whole answer   tokens read  written",
        ""
    )?;
    for (heading, groups) in parts {
        write_head(f, heading)?;
        for group in groups {
            let [first, word, total] = [group.first_ms, group.first_word_ms, group.total_ms].map(seconds);
            writeln!(
                f,
                "{:width$}  {first:>42}  {word:<13}  {total:<13}  {:>11.0}  {:>7.0}",
                group.name, group.prompt_tokens, group.generated_tokens
            )?;
        }
    }
    Ok(())
}

impl AnswerReport {
    fn write_refusals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refusals = &self.refusals;
        writeln!(f)?;
        writeln!(
            f,
            "refused: {} that nothing answers, {} that the documents answer; precision {}, recall {}",
            refusals.right, refusals.wrong, refusals.precision, refusals.recall
        )
    }
}

/// Thresholds and what each refuses.
pub(crate) fn write_curve(f: &mut fmt::Formatter<'_>, curve: &RefusalCurve) -> fmt::Result {
    writeln!(f)?;
    writeln!(f, "by threshold of the probability, of {} decided", curve.decided)?;
    writeln!(
        f,
        "threshold  answerable refused  right  answered  of these not right  refused of those without an answer"
    )?;
    for point in &curve.points {
        let CurvePoint {
            threshold,
            answerable_refused,
            unanswerable_refused,
            answerable_right,
            coverage,
            risk,
        } = point;
        let others: Vec<String> = unanswerable_refused
            .iter()
            .map(|(class, share)| format!("{class} {share:.3}"))
            .collect();
        writeln!(
            f,
            "{threshold:>9.3}  {answerable_refused:>18.3}  {answerable_right:.3}  {coverage:>8.3}  {risk:>18.3}  {}",
            others.join(", ")
        )?;
    }
    let Areas {
        answerable,
        right,
        risk_coverage,
    } = &curve.areas;
    let by_class: Vec<String> = answerable
        .iter()
        .map(|(class, area)| format!("{} {class}", short(*area)))
        .collect();
    writeln!(
        f,
        "area under the ROC curve: answerable against {}; right against all else {}; under risk by coverage {}",
        match by_class.is_empty() {
            true => "nothing".to_owned(),
            false => by_class.join(", "),
        },
        short(*right),
        short(*risk_coverage)
    )
}

fn share(mean: Option<Mean>) -> String {
    mean.map_or("–".to_owned(), |mean| mean.to_string())
}

fn short(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.3}"))
}

fn seconds(of: Option<Percentiles>) -> String {
    of.map_or("–".to_owned(), |Percentiles { p50, p95 }| {
        format!("{:.2} / {:.2}", p50 / 1e3, p95 / 1e3)
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::question::tests::question;
    use super::super::record::{AnswerRecord, AnswerSettings, Outcome, Times};
    use super::*;

    #[test]
    fn a_run_is_one_page() {
        let record = |class: &str, answerable, outcome, probability| {
            let mut record = AnswerRecord::unanswered(&question(class, "q", answerable), outcome);
            record.signals.probability = Some(probability);
            record.times = Times {
                first_ms: Some(120.0),
                first_word_ms: (outcome != Outcome::Refused).then_some(900.0),
                total_ms: 2_500.0,
                ..Times::default()
            };
            (record.prompt_tokens, record.generated_tokens) = (650, 24);
            record
        };
        let records = [
            record("squad20 answerable", true, Outcome::Right, 0.9),
            record("squad20 answerable", true, Outcome::Wrong, 0.6),
            record("nowhere", false, Outcome::Refused, 0.2),
            record("nowhere", false, Outcome::Wrong, 0.7),
        ];
        let settings = AnswerSettings {
            set: "answers".to_owned(),
            corpus: "3 documents".to_owned(),
            language_model: "qwen".to_owned(),
            embedding_model: "e5".to_owned(),
            seeds: "greedy".to_owned(),
            ..AnswerSettings::default()
        };
        let report = AnswerReport::of_records(settings, &records.iter().collect::<Vec<_>>());
        expect![[r#"
            answers: 4 questions, 3 documents, qwen, e5
            shares with [95 % interval: percentile bootstrap over queries, 1,000 resamples]; greedy

                                asked  right                 right and cited       refused               wrong                 exact  F1
            by class
            squad20 answerable      2  0.500 [0.000, 1.000]  0.000 [0.000, 0.000]  0.000 [0.000, 0.000]  0.500 [0.000, 1.000]  0.000  0.000
            nowhere                 2  –                     –                     0.500 [0.000, 1.000]  0.500 [0.000, 1.000]      –  –
            with an answer, by language
            English                 2  0.500 [0.000, 1.000]  0.000 [0.000, 0.000]  0.000 [0.000, 0.000]  0.500 [0.000, 1.000]  0.000  0.000
            without, by language
            English                 2  –                     –                     0.500 [0.000, 1.000]  0.500 [0.000, 1.000]      –  –
            all                     4  0.500 [0.000, 1.000]  0.000 [0.000, 0.000]  0.250 [0.000, 0.750]  0.500 [0.000, 1.000]  0.000  0.000

                                gold passage read     citations  at gold  quotes misplaced  sentences  uncited  dropped  failed
            squad20 answerable  0.000 [0.000, 0.000]          0        –                 0          0        0        0       0
            nowhere             –                             0        –                 0          0        0        0       0

                                seconds, half and 19 of 20: first sentence  first word     whole answer   tokens read  written
            by class
            squad20 answerable                                 0.12 / 0.12  0.90 / 0.90    2.50 / 2.50            650       24
            nowhere                                            0.12 / 0.12  0.90 / 0.90    2.50 / 2.50            650       24
            with an answer, by language
            English                                            0.12 / 0.12  0.90 / 0.90    2.50 / 2.50            650       24
            without, by language
            English                                            0.12 / 0.12  0.90 / 0.90    2.50 / 2.50            650       24
            all                                                0.12 / 0.12  0.90 / 0.90    2.50 / 2.50            650       24

            refused: 1 that nothing answers, 0 that the documents answer; precision 1.000 [0.000, 1.000], recall 0.500 [0.000, 1.000]

            by threshold of the probability, of 4 decided
            threshold  answerable refused  right  answered  of these not right  refused of those without an answer
                0.600               0.000  0.500     0.750               0.667  nowhere 0.500
            area under the ROC curve: answerable against 0.750 nowhere; right against all else 1.000; under risk by coverage 0.389
        "#]].assert_eq(&report.to_string());
    }
}
