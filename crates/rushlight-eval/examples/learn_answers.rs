//! Learns the numbers of the decision whether there is an answer, from runs in which nothing was refused for its probability.
//!
//! ```sh
//! rushlight eval --answers tests/bench/sets/answers.toml --base ../shared/data --split dev --answer-all --out dev.jsonl
//! cargo run -p rushlight-eval --example learn_answers -- dev.jsonl
//! ```
//!
//! Options: `--ridge 4` penalty on weights, `--folds 10`, `--refuse 0.12` of the answerable at most by the decision, `--lose 0.01` of
//! them at most before the model. Two stages. Before the model: does anything speak for there being an answer? Learnt to tell questions with an
//! answer from those whose subject is nowhere; classes called adversarial are left out, for their passages are there. After it:
//! is what was written right? Learnt on what was written and carried; everything else is wrong.
//!
//! Questions of the half `test` are never learnt from; where a run has them, each threshold is looked at on them too. Folds are cut by
//! document, and each question is judged by numbers that were learnt without its document.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use rushlight_eval::answers::learn::{Example, Feature, Logistic, fold_of};
use rushlight_eval::answers::{AnswerFile, AnswerRecord, CurvePoint, Outcome, RefusalCurve, Signals, Split};

type Value = fn(&Signals) -> Option<f64>;

/// Signals before the model has read anything.
const BEFORE: [(&str, Value); 6] = [
    ("coverage", |of| Some(f64::from(of.coverage))),
    ("sentence_coverage", |of| Some(f64::from(of.sentence_coverage))),
    ("cosine", |of| of.cosine.map(f64::from)),
    ("sentence_cosine", |of| of.sentence_cosine.map(f64::from)),
    ("fused", |of| Some(f64::from(of.fused))),
    ("unknown", |of| Some(f64::from(of.unknown))),
];
/// Signals of the model.
const MODEL: [(&str, Value); 3] = [
    ("answerable", |of| of.answerable.map(f64::from)),
    ("verified", |of| of.verified.map(f64::from)),
    ("log_probability", |of| of.log_probability.map(f64::from)),
];

/// What is learnt, and from what.
struct Stage<'a> {
    name: &'static str,
    features: Vec<(&'static str, Value)>,
    records: Vec<&'a AnswerRecord>,
    learns: fn(&AnswerRecord) -> bool,
    is: fn(&AnswerRecord) -> bool,
    /// Share of the answerable that may be refused.
    most: f64,
}

struct Options {
    ridge: f64,
    folds: usize,
    refuse: f64,
    lose: f64,
    files: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let mut all: Vec<AnswerRecord> = Vec::new();
    for (index, file) in options.files.iter().enumerate() {
        let run = AnswerFile::load(Path::new(file))?;
        println!(
            "{file}: {} questions, {}",
            run.records.len(),
            run.settings.language_model
        );
        if !run.settings.answer_all {
            println!("  this run refused by itself: what it refused cannot be learnt from");
        }
        // The same question of two runs is two examples.
        all.extend(run.records.into_iter().map(|record| AnswerRecord {
            id: format!("{index}/{}", record.id),
            ..record
        }));
    }
    // Nothing is refused yet where the model has not read.
    let unread: Vec<AnswerRecord> = all
        .iter()
        .map(|record| AnswerRecord {
            outcome: match record.outcome {
                Outcome::Refused => Outcome::Wrong,
                other => other,
            },
            ..record.clone()
        })
        .collect();
    let is_about = |record: &&AnswerRecord| !record.class.contains("adversarial");
    let stages = [
        Stage {
            name: "before the model",
            features: BEFORE.to_vec(),
            records: unread.iter().filter(is_about).collect(),
            learns: |_| true,
            is: |record| record.answerable,
            most: options.lose,
        },
        Stage {
            name: "after the model",
            features: [BEFORE.as_slice(), &MODEL].concat(),
            records: all.iter().collect(),
            learns: AnswerRecord::is_answered,
            is: |record| record.outcome == Outcome::Right,
            most: options.refuse,
        },
    ];
    for stage in &stages {
        report(stage, &options);
    }
    Ok(())
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        ridge: 4.0,
        folds: 10,
        refuse: 0.12,
        lose: 0.01,
        files: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("`{argument}` wants a value"));
        match argument.as_str() {
            "--ridge" => options.ridge = value()?.parse()?,
            "--folds" => options.folds = value()?.parse()?,
            "--refuse" => options.refuse = value()?.parse()?,
            "--lose" => options.lose = value()?.parse()?,
            _ => options.files.push(argument),
        }
    }
    match options.files.is_empty() {
        true => Err("name the file of a run".into()),
        false => Ok(options),
    }
}

fn report(stage: &Stage<'_>, options: &Options) {
    let test = |record: &&AnswerRecord| record.split == Some(Split::Test);
    let (measured, learnt): (Vec<&AnswerRecord>, Vec<&AnswerRecord>) =
        stage.records.iter().copied().partition(test);
    let examples: Vec<&AnswerRecord> = learnt
        .iter()
        .copied()
        .filter(|record| record.outcome != Outcome::Failed && (stage.learns)(record))
        .collect();
    let positive = examples.iter().filter(|record| (stage.is)(record)).count();
    println!(
        "\n== {}: {} examples, {positive} of them positive",
        stage.name,
        examples.len()
    );
    let Some(model) = learn(stage, &examples, options.ridge) else {
        println!("nothing to tell apart");
        return;
    };
    alone(stage, &learnt);

    println!("\nby {} folds of documents:", options.folds);
    let models: Vec<Option<Logistic>> = (0..options.folds)
        .map(|fold| {
            let others = examples
                .iter()
                .copied()
                .filter(|record| fold_of(&record.group, options.folds) != fold);
            learn(stage, &others.collect::<Vec<_>>(), options.ridge)
        })
        .collect();
    let by_folds: HashMap<&str, f64> = learnt
        .iter()
        .filter_map(|record| {
            let model = models[fold_of(&record.group, options.folds)].as_ref()?;
            Some((record.id.as_str(), model.probability(&values(stage, record))))
        })
        .collect();
    let by_folds = |record: &AnswerRecord| by_folds.get(record.id.as_str()).copied();
    if let Some(curve) = RefusalCurve::by(&learnt, &by_folds) {
        print!("{curve}");
    }
    let chosen = RefusalCurve::refusing_at_most(&learnt, &by_folds, stage.most);
    show(
        &format!(
            "refusing at most {:.0} % of the answerable, by folds",
            stage.most * 100.0
        ),
        &chosen,
    );

    let whole = |record: &AnswerRecord| Some(model.probability(&values(stage, record)));
    if !measured.is_empty() {
        println!("\nthe half `test`, {} questions:", measured.len());
        if let Some(curve) = RefusalCurve::by(&measured, &whole) {
            print!("{curve}");
        }
        show(
            "at the threshold of above",
            &RefusalCurve::at(&measured, &whole, chosen.threshold),
        );
    }
    constants(stage, &model, examples.len(), chosen.threshold, options.ridge);
}

fn values(stage: &Stage<'_>, record: &AnswerRecord) -> Vec<Option<f64>> {
    let values = stage.features.iter().map(|(_, value)| value(&record.signals));
    values.collect()
}

fn learn(stage: &Stage<'_>, records: &[&AnswerRecord], ridge: f64) -> Option<Logistic> {
    let examples: Vec<Example> = records
        .iter()
        .map(|record| Example {
            values: values(stage, record),
            is: (stage.is)(record),
        })
        .collect();
    Logistic::learn(&examples, ridge)
}

/// What each signal says by itself.
fn alone(stage: &Stage<'_>, records: &[&AnswerRecord]) {
    println!(
        "\neach signal alone, area under the ROC curve of the answerable against each class without an answer:"
    );
    for (name, value) in &stage.features {
        let there = records
            .iter()
            .filter(|record| value(&record.signals).is_some())
            .count();
        let areas = RefusalCurve::by(records, &|record| value(&record.signals)).map(|curve| curve.areas);
        let shown: Vec<String> = areas
            .into_iter()
            .flat_map(|areas| areas.answerable)
            .map(|(class, area)| {
                format!(
                    "{class} {}",
                    area.map_or("–".to_owned(), |area| format!("{area:.3}"))
                )
            })
            .collect();
        println!("  {name:<18} there for {there:>5}   {}", shown.join(", "));
    }
}

fn show(what: &str, point: &CurvePoint) {
    let others: Vec<String> = point
        .unanswerable_refused
        .iter()
        .map(|(class, share)| format!("{class} {share:.3}"))
        .collect();
    println!(
        "{what}: threshold {:.4}, answerable refused {:.3}, answered right {:.3}, of the answers not right {:.3}; refused: {}",
        point.threshold,
        point.answerable_refused,
        point.answerable_right,
        point.risk,
        others.join(", ")
    );
}

fn constants(stage: &Stage<'_>, model: &Logistic, examples: usize, threshold: f64, ridge: f64) {
    println!(
        "\n// {}, learnt by `learn_answers` on {examples} questions, ridge {ridge}. A signal that is not there counts as its mean.",
        stage.name
    );
    println!(
        "// Log-odds: INTERCEPT + sum of weight * (signal - mean) / deviation; the threshold is a probability."
    );
    println!("const INTERCEPT: f32 = {:.4};", model.intercept);
    println!("const THRESHOLD: f32 = {threshold:.4};");
    println!("// signal, mean, deviation, weight");
    println!(
        "const WEIGHTS: [(&str, f32, f32, f32); {}] = [",
        stage.features.len()
    );
    for (
        (name, _),
        Feature {
            mean,
            deviation,
            weight,
        },
    ) in stage.features.iter().zip(&model.features)
    {
        println!("    ({name:?}, {mean:.4}, {deviation:.4}, {weight:.4}),");
    }
    println!("];");
    let bias: f64 = model.features.iter().fold(model.intercept, |bias, one| {
        bias - one.weight * one.mean / one.deviation
    });
    let terms: Vec<String> = stage
        .features
        .iter()
        .zip(&model.features)
        .map(|((name, _), one)| format!("{:+.4} {name}", one.weight / one.deviation))
        .collect();
    println!("// without standardising: {bias:.4} {}", terms.join(" "));
}
