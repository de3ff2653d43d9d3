//! Learns the probe of rushlight-answer, from what the example `hidden_states` of rushlight-llm-candle wrote.
//!
//! ```sh
//! cargo run --release -p rushlight-llm-candle --example hidden_states -- model.gguf ../shared/data tests/bench/sets/answers states 1100 18 20 22
//! cargo run --release -p rushlight-eval --example learn_probe -- --block 20 --model SHA256 --out crates/rushlight-answer/src/probe.txt states
//! ```
//!
//! A logistic regression with a ridge penalty on the standardised values of a state. It prints the area under the ROC curve of the questions that
//! their paragraph answers against each class that it does not, in folds by document, of each block or of the one that is named: by the probe alone, by the log-odds of yes
//! alone, and by both. With `--out` it writes the probe of that block, learnt from all questions, for the model with these weights; with `--folded FILE` what
//! probes of that block say of each question that were learnt without its document, for `learn_answers`. Other options: `--ridge 1000`, `--folds 6`.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write;
use std::fs;

use rushlight_eval::answers::learn::{Example, Logistic, fold_of};
use serde::Deserialize;

type Failure = Box<dyn Error>;

#[derive(Deserialize)]
struct Head {
    blocks: Vec<usize>,
}

#[derive(Deserialize)]
struct Question {
    id: String,
    group: String,
    class: String,
    is_answered: bool,
    log_odds: f64,
}

struct Options {
    ridge: f64,
    folds: usize,
    block: Option<usize>,
    model: String,
    out: Option<String>,
    folded: Option<String>,
    states: String,
}

/// Questions with the states of each.
struct Asked {
    blocks: Vec<usize>,
    questions: Vec<Question>,
    /// Of each question the states behind the blocks, in order.
    values: Vec<f32>,
    width: usize,
}

fn main() -> Result<(), Failure> {
    let options = options()?;
    let asked = read(&options.states)?;
    println!("{} questions", asked.questions.len());
    let log_odds: Vec<f64> = asked.questions.iter().map(|one| one.log_odds).collect();
    println!("log-odds of yes: {}", areas(&asked.questions, &log_odds));
    for (at, block) in asked.blocks.iter().enumerate() {
        if options.block.is_some_and(|only| only != *block) {
            continue;
        }
        let examples = asked.examples(at);
        let probed = by_folds(&asked.questions, &examples, &options)?;
        println!("block {block}: {}", areas(&asked.questions, &probed));
        if let Some(folded) = &options.folded {
            fs::write(folded, lines(&asked.questions, &probed))?;
        }
        let both = probed.iter().zip(&log_odds).zip(&asked.questions);
        let both = both.map(|((probed, log_odds), question)| Example {
            values: vec![Some(*probed), Some(*log_odds)],
            is: question.is_answered,
        });
        let both: Vec<Example> = both.collect();
        let both = by_folds(&asked.questions, &both, &options)?;
        println!("block {block} and log-odds: {}", areas(&asked.questions, &both));
        if let (Some(_), Some(out)) = (options.block, &options.out) {
            let probe = Logistic::learn(&examples, options.ridge).ok_or("there is nothing to tell apart")?;
            fs::write(out, written(&probe, *block, &options, asked.questions.len()))?;
        }
    }
    Ok(())
}

fn options() -> Result<Options, Failure> {
    let mut options = Options {
        ridge: 1_000.0,
        folds: 6,
        block: None,
        model: String::new(),
        out: None,
        folded: None,
        states: String::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("`{argument}` wants a value"));
        match argument.as_str() {
            "--ridge" => options.ridge = value()?.parse()?,
            "--folds" => options.folds = value()?.parse()?,
            "--block" => options.block = Some(value()?.parse()?),
            "--model" => options.model = value()?,
            "--out" => options.out = Some(value()?),
            "--folded" => options.folded = Some(value()?),
            _ => options.states = argument,
        }
    }
    if options.states.is_empty() {
        return Err("name the files of `hidden_states`, without their endings".into());
    }
    if options.out.is_some() && (options.block.is_none() || options.model.is_empty()) {
        return Err("--out wants --block and --model".into());
    }
    if options.folded.is_some() && options.block.is_none() {
        return Err("--folded wants --block".into());
    }
    Ok(options)
}

fn read(states: &str) -> Result<Asked, Failure> {
    let text = fs::read_to_string(format!("{states}.jsonl"))?;
    let (head, lines) = text.split_once('\n').ok_or("the file has no line")?;
    let Head { blocks } = serde_json::from_str(head)?;
    let questions: Vec<Question> = lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let bytes = fs::read(format!("{states}.f32"))?;
    let (floats, rest) = bytes.as_chunks::<4>();
    let rows = questions.len() * blocks.len();
    if !rest.is_empty() || rows == 0 || !floats.len().is_multiple_of(rows) {
        return Err(format!("`{states}.f32` does not fit `{states}.jsonl`").into());
    }
    Ok(Asked {
        width: floats.len() / rows,
        values: floats.iter().map(|float| f32::from_le_bytes(*float)).collect(),
        blocks,
        questions,
    })
}

impl Asked {
    /// With the states behind the block in this place.
    fn examples(&self, block: usize) -> Vec<Example> {
        let rows = self.values.chunks_exact(self.width);
        let rows = rows.skip(block).step_by(self.blocks.len());
        rows.zip(&self.questions)
            .map(|(state, question)| Example {
                values: state.iter().map(|value| Some(f64::from(*value))).collect(),
                is: question.is_answered,
            })
            .collect()
    }
}

/// The log-odds of each example, by numbers that were learnt without its document.
fn by_folds(questions: &[Question], examples: &[Example], options: &Options) -> Result<Vec<f64>, Failure> {
    let mut found = vec![0.0; examples.len()];
    for fold in 0..options.folds {
        let is_in = |question: &Question| fold_of(&question.group, options.folds) == fold;
        let others = examples.iter().zip(questions);
        let others = others.filter(|(_, question)| !is_in(question));
        let others: Vec<Example> = others.map(|(example, _)| example.clone()).collect();
        let model = Logistic::learn(&others, options.ridge).ok_or("there is nothing to tell apart")?;
        for ((found, example), question) in found.iter_mut().zip(examples).zip(questions) {
            if is_in(question) {
                *found = model.log_odds(&example.values);
            }
        }
    }
    Ok(found)
}

/// What a score tells of the classes of each folder.
fn areas(questions: &[Question], scores: &[f64]) -> String {
    let classes: BTreeSet<&str> = questions.iter().map(|one| one.class.as_str()).collect();
    let folder = |class: &str| class.split(' ').next().unwrap_or_default().to_owned();
    let of = |wanted: &str, is_answered: bool| -> Vec<f64> {
        let both = questions.iter().zip(scores);
        let both = both.filter(|(one, _)| match is_answered {
            true => one.is_answered && folder(&one.class) == folder(wanted),
            false => !one.is_answered && one.class == wanted,
        });
        both.map(|(_, score)| *score).collect()
    };
    let shown = classes.into_iter().filter_map(|class| {
        let (yes, no) = (of(class, true), of(class, false));
        let higher = yes.iter().map(|yes| {
            no.iter()
                .map(|no| match yes.total_cmp(no) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                })
                .sum::<f64>()
        });
        let area = higher.sum::<f64>() / (yes.len() * no.len()) as f64;
        area.is_finite().then(|| format!("{class} {area:.3}"))
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// A line for each question: its id, whether it is answered, and its log-odds.
fn lines(questions: &[Question], log_odds: &[f64]) -> String {
    let both = questions.iter().zip(log_odds);
    both.map(|(question, probe)| {
        let line =
            serde_json::json!({ "id": question.id, "is_answered": question.is_answered, "probe": probe });
        format!("{line}\n")
    })
    .collect()
}

/// The probe as rushlight-answer reads it: weights of the state as it is, not standardised.
fn written(probe: &Logistic, block: usize, options: &Options, questions: usize) -> String {
    let weights = probe.features.iter().map(|one| one.weight / one.deviation);
    let mean = probe.features.iter().zip(weights.clone());
    let bias = mean.fold(probe.intercept, |bias, (one, weight)| bias - weight * one.mean);
    let mut text = format!(
        "# Learnt by the example `learn_probe` of rushlight-eval from {questions} questions, ridge {}.\nmodel {}\nblock {block}\nbias {bias:.6}\nweights",
        options.ridge, options.model
    );
    for weight in weights {
        // A text in memory takes whatever is written.
        let _ = write!(text, " {weight:.6}");
    }
    text.push('\n');
    text
}
