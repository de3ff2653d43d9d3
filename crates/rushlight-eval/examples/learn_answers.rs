//! Learns the numbers of the decision whether there is an answer, from runs in which nothing was refused for its probability.
//!
//! ```sh
//! rushlight eval --answers tests/bench/sets/answers.toml --base ../shared/data --split dev --answer-all --out dev.jsonl
//! cargo run -p rushlight-eval --example learn_answers -- dev.jsonl
//! ```
//!
//! Options: `--ridge 20` penalty on weights, `--folds 10`, `--absent 0.9` share of the questions whose subject is nowhere that is refused, `--refuse 0.12`
//! share of the answerable that may be refused in all, and `--quote 0.12` the same where no model is installed. Two stages, as in `Calibration`.
//! `before`: is the subject there? Learnt to tell questions with an answer from those whose subject is nowhere; classes called adversarial are left out,
//! for their passages are there. Its threshold is the lowest that refuses the share of `--absent`. `asked`: will what is written be right? Learnt from
//! what the stage before lets through. Its threshold is the highest at which no more than the share of `--refuse` is refused by both stages and by the check together.
//!
//! With `--probed FILE`, which `learn_probe` writes, the questions of that file are learnt from once more, as a third stage in place of `asked`: is there an answer,
//! by the best sentence and by what probes that had not seen the document say? Learnt from questions in English, for those in Chinese that such a file has are all answered; these
//! get what is added so that no more than the share of `--refuse-chinese 0.05` of them is refused.
//!
//! A run without a language model takes minutes and is enough for `before`: of several files each question is taken from the first that has it, for `asked` from
//! the first in which a model was asked. Questions of the half `test` are never learnt from; where a run has them, each threshold is looked at on them too. Folds
//! are cut by document, and each question is judged by numbers that were learnt without its document.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use rushlight_eval::answers::learn::{Example, Feature, Logistic, fold_of};
use rushlight_eval::answers::{AnswerFile, AnswerRecord, CurvePoint, Outcome, RefusalCurve, Split};
use serde::Deserialize;

type Value = fn(&AnswerRecord) -> f32;

/// What a cosine counts as where none was computed, as `MISSING_COSINE` of rushlight-answer.
const MISSING_COSINE: f32 = 0.875;

/// Signals before the model has read anything. The share of the question's words that no document has is none of them: in a small
/// collection words that every question has are missing, and with it nothing was told better in folds.
const BEFORE: [(&str, Value); 6] = [
    ("coverage", |of| of.signals.coverage),
    ("sentence_coverage", |of| of.signals.sentence_coverage),
    ("cosine", |of| of.signals.cosine.unwrap_or(MISSING_COSINE)),
    ("sentence_cosine", |of| {
        of.signals.sentence_cosine.unwrap_or(MISSING_COSINE)
    }),
    ("fused", |of| of.signals.fused),
    // Signals lie elsewhere in each language.
    ("chinese", |of| f32::from(u8::from(of.language != "English"))),
];
/// After the model has read the passages: what it says of them, and the signals that tell an answer from something near it. With all
/// of the above beside them it did no better in folds.
const ASKED: [(&str, Value); 4] = [
    BEFORE[2],
    BEFORE[4],
    BEFORE[5],
    ("answerable", |of| of.signals.answerable.unwrap_or(0.0)),
];
/// After the model has read them, where a probe was learnt for it. The best cosine with a passage, which 72 questions were enough to take for a
/// good sign, tells hardly anything of 2,258; with the shares of words or the model's yes or no beside these two it did no better in folds.
const PROBED: [(&str, Value); 2] = [BEFORE[3], ("probe", |of| of.signals.probe.unwrap_or(0.0))];

/// What is learnt, and from what.
struct Stage<'a> {
    name: &'static str,
    features: &'static [(&'static str, Value)],
    /// What thresholds are looked at on.
    records: Vec<&'a AnswerRecord>,
    is: fn(&AnswerRecord) -> bool,
    threshold: Choice,
    /// Ids of the questions that the stage before refuses.
    refused: HashSet<String>,
}

/// How a stage's threshold is chosen.
enum Choice {
    /// The lowest that refuses this share of what is nowhere.
    Absent(f64),
    /// The highest that refuses no more than this share of what can be answered.
    Refuse(f64),
}

struct Options {
    ridge: f64,
    folds: usize,
    absent: f64,
    refuse: f64,
    quote: f64,
    refuse_chinese: f64,
    probed: Option<String>,
    files: Vec<String>,
}

/// What probes that had not seen its document say of a question.
#[derive(Deserialize)]
struct Folded {
    id: String,
    is_answered: bool,
    probe: f32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let mut all: Vec<AnswerRecord> = Vec::new();
    for file in &options.files {
        let run = AnswerFile::load(Path::new(file))?;
        println!(
            "{file}: {} questions, {}",
            run.records.len(),
            run.settings.language_model
        );
        if !run.settings.answer_all {
            println!("  this run refused by itself: what it refused cannot be learnt from");
        }
        all.extend(run.records);
    }
    // Nothing is refused yet where the model has not read.
    let unread: Vec<AnswerRecord> = firsts(&all, |_| true)
        .into_iter()
        .map(|record| AnswerRecord {
            outcome: match record.outcome {
                Outcome::Refused => Outcome::Wrong,
                other => other,
            },
            ..record.clone()
        })
        .collect();
    let before = Stage {
        name: "before",
        features: &BEFORE,
        records: unread.iter().filter(|record| is_about(record)).collect(),
        is: |record| record.answerable,
        threshold: Choice::Absent(options.absent),
        refused: HashSet::new(),
    };
    let asked: Vec<&AnswerRecord> = firsts(&all, |record| record.signals.answerable.is_some());
    let refused = report(&before, &asked, &options);
    let asked = Stage {
        name: "asked",
        features: &ASKED,
        records: asked,
        is: |record| record.outcome == Outcome::Right,
        threshold: Choice::Refuse(options.refuse),
        refused,
    };
    report(&asked, &[], &options);
    if let Some(file) = &options.probed {
        report_probed(&fs::read_to_string(file)?, &unread, &options)?;
    }
    Ok(())
}

/// Learns the stage with the probe, from the questions of a run that `folded` has.
fn report_probed(folded: &str, run: &[AnswerRecord], options: &Options) -> Result<(), Box<dyn Error>> {
    let mut probes: HashMap<(String, bool), f32> = HashMap::new();
    for line in folded.lines() {
        let Folded {
            id,
            is_answered,
            probe,
        } = serde_json::from_str(line)?;
        probes.insert((id, is_answered), probe);
    }
    let known = run.iter().filter_map(|record| {
        let mut record = record.clone();
        let probe = *probes.get(&(record.id.clone(), record.answerable))?;
        record.signals.probe = Some(probe);
        Some(record)
    });
    let (english, chinese): (Vec<AnswerRecord>, Vec<AnswerRecord>) =
        known.partition(|record| record.language == "English");
    let stage = Stage {
        name: "probed",
        features: &PROBED,
        records: english.iter().collect(),
        is: |record| record.answerable,
        threshold: Choice::Refuse(options.refuse),
        refused: HashSet::new(),
    };
    report(&stage, &[], options);
    let Some(model) = learn(&stage, &stage.records, options.ridge) else {
        return Ok(());
    };
    let mut log_odds: Vec<f64> = chinese
        .iter()
        .map(|record| model.log_odds(&values(&stage, record)))
        .collect();
    log_odds.sort_by(f64::total_cmp);
    let at = (log_odds.len() as f64 * options.refuse_chinese) as usize;
    if let Some(lowest) = log_odds.get(at) {
        println!(
            "chinese: {} questions; of log-odds, {lowest:.4} is the lowest that {:.3} of them are below",
            log_odds.len(),
            options.refuse_chinese
        );
    }
    Ok(())
}

/// Each question once: the first record of it that is wanted.
fn firsts(records: &[AnswerRecord], wanted: fn(&AnswerRecord) -> bool) -> Vec<&AnswerRecord> {
    let mut seen = HashSet::new();
    records
        .iter()
        .filter(|record| wanted(record) && seen.insert(record.id.as_str()))
        .collect()
}

/// Whether a question is answered by the documents, or its subject is nowhere in them.
fn is_about(record: &AnswerRecord) -> bool {
    !record.class.contains("adversarial")
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        ridge: 20.0,
        folds: 10,
        absent: 0.9,
        refuse: 0.12,
        quote: 0.12,
        refuse_chinese: 0.05,
        probed: None,
        files: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("`{argument}` wants a value"));
        match argument.as_str() {
            "--ridge" => options.ridge = value()?.parse()?,
            "--folds" => options.folds = value()?.parse()?,
            "--absent" => options.absent = value()?.parse()?,
            "--refuse" => options.refuse = value()?.parse()?,
            "--quote" => options.quote = value()?.parse()?,
            "--refuse-chinese" => options.refuse_chinese = value()?.parse()?,
            "--probed" => options.probed = Some(value()?),
            _ => options.files.push(argument),
        }
    }
    match options.files.is_empty() {
        true => Err("name the file of a run".into()),
        false => Ok(options),
    }
}

/// Learns a stage and prints what it comes to. Of `others`, the ids of those that it refuses, each by numbers that were learnt without its
/// document.
fn report(stage: &Stage<'_>, others: &[&AnswerRecord], options: &Options) -> HashSet<String> {
    let test = |record: &&AnswerRecord| record.split == Some(Split::Test);
    let (measured, learnt): (Vec<&AnswerRecord>, Vec<&AnswerRecord>) =
        stage.records.iter().copied().partition(test);
    let examples: Vec<&AnswerRecord> = learnt
        .iter()
        .copied()
        .filter(|record| record.outcome != Outcome::Failed && !stage.refused.contains(&record.id))
        .collect();
    let positive = examples.iter().filter(|record| (stage.is)(record)).count();
    println!(
        "\n== {}: {} examples, {positive} of them positive",
        stage.name,
        examples.len()
    );
    let Some(model) = learn(stage, &examples, options.ridge) else {
        println!("nothing to tell apart");
        return HashSet::new();
    };
    alone(stage, &learnt);

    println!("\nby {} folds of documents:", options.folds);
    let models: Vec<Logistic> = (0..options.folds)
        .map(|fold| {
            let others = examples
                .iter()
                .copied()
                .filter(|record| fold_of(&record.group, options.folds) != fold);
            learn(stage, &others.collect::<Vec<_>>(), options.ridge).unwrap_or_else(|| model.clone())
        })
        .collect();
    let score = |record: &AnswerRecord, model: &Logistic| match stage.refused.contains(&record.id) {
        true => 0.0,
        false => model.probability(&values(stage, record)),
    };
    let without_it = |record: &AnswerRecord| match record.split {
        Some(Split::Test) => &model,
        _ => &models[fold_of(&record.group, options.folds)],
    };
    let by_folds = |record: &AnswerRecord| Some(score(record, without_it(record)));
    if let Some(curve) = RefusalCurve::by(&learnt, &by_folds) {
        print!("{curve}");
    }
    let chosen = match stage.threshold {
        Choice::Absent(least) => RefusalCurve::refusing_at_least(&learnt, &by_folds, &is_about, least),
        Choice::Refuse(most) => Some(RefusalCurve::refusing_at_most(&learnt, &by_folds, most)),
    };
    let Some(chosen) = chosen else {
        println!("no question is about what is nowhere");
        return HashSet::new();
    };
    show("chosen, by folds", &chosen);
    if stage.name == "before" {
        // Where no model is installed, this stage decides alone: `worth_quoting`.
        let alone = RefusalCurve::refusing_at_most(&learnt, &by_folds, options.quote);
        show("without a model", &alone);
    }

    let whole = |record: &AnswerRecord| Some(score(record, &model));
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
    let below = |record: &&&AnswerRecord| score(record, without_it(record)) < chosen.threshold;
    others
        .iter()
        .filter(below)
        .map(|record| record.id.clone())
        .collect()
}

fn values(stage: &Stage<'_>, record: &AnswerRecord) -> Vec<Option<f64>> {
    let values = stage.features.iter();
    values.map(|(_, value)| Some(f64::from(value(record)))).collect()
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
    for (name, value) in stage.features {
        let areas =
            RefusalCurve::by(records, &|record| Some(f64::from(value(record)))).map(|curve| curve.areas);
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
        println!("  {name:<18} {}", shown.join(", "));
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

/// The numbers as `answerable.rs` has them: the signals as they are, not standardised.
fn constants(stage: &Stage<'_>, model: &Logistic, examples: usize, threshold: f64, ridge: f64) {
    let name = stage.name;
    println!(
        "\n// `{name}`, learnt by `learn_answers` on {examples} questions, ridge {ridge}; weights of standardised signals behind."
    );
    println!("{name}: Logistic {{");
    let bias = model.features.iter().fold(model.intercept, |bias, one| {
        bias - one.weight * one.mean / one.deviation
    });
    println!("    bias: {bias:.4},");
    for (
        (signal, _),
        Feature {
            mean,
            deviation,
            weight,
        },
    ) in stage.features.iter().zip(&model.features)
    {
        println!(
            "    {signal}: {:.4}, // {weight:+.2}, mean {mean:.3} ± {deviation:.3}",
            weight / deviation
        );
    }
    println!("    ..NOTHING\n}},");
    println!("// its threshold: {threshold:.4}");
}
