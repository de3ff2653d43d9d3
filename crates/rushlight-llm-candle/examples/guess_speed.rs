//! What guesses do to the speed of answers, over the questions of the answer set as they are asked.
//!
//! `guess_speed MODEL.gguf DATA SAMPLE.tsv [QUESTIONS]` takes questions of a sample under `tests/bench/sets/answers`, for whose folder (`squad20`,
//! `drcd-dev`) DATA has the paragraphs. For each question the paragraph that answers it and others of its document that have its words are
//! what a search would have found; evidence, prompts and the two turns are those of the program. The model is loaded twice, once with
//! guesses and once without, and they take turns. It prints a JSON object for each answer and one for all: tokens, milliseconds, how
//! many times as fast they were written. That both write the same is checked.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use rushlight_answer::{AnswerInputs, AnswerOptions, Calibration, Prepared};
use rushlight_core::{Coverage, GenerationParams, GenerationSummary, Hit, Locator, Route, Timestamp};
use rushlight_llm_candle::{CandleModel, CandleOptions};
use serde_json::{Value, json};

type Failure = Box<dyn Error>;

/// Hits of a question, and tokens of an answer: those of the program.
const HITS: usize = 12;
const MAX_TOKENS: usize = 160;

struct Question {
    id: String,
    text: String,
    hits: Vec<Hit>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (model, data, sample, count) = match &arguments[..] {
        [model, data, sample] => (model, data, sample, 10),
        [model, data, sample, count] => (model, data, sample, count.parse()?),
        _ => return Err("usage: guess_speed MODEL.gguf DATA SAMPLE.tsv [QUESTIONS]".into()),
    };
    let questions = questions(Path::new(data), Path::new(sample), count)?;
    let (plain, guessing) = (load(Path::new(model), false)?, load(Path::new(model), true)?);
    let (mut tokens, mut plain_ms, mut guessed_ms, mut ratios) = (0, 0, 0, Vec::new());
    for (at, question) in questions.iter().enumerate() {
        // Who comes first takes turns too.
        let (without, with) = match at % 2 {
            0 => (answer(&plain, question)?, answer(&guessing, question)?),
            _ => {
                let with = answer(&guessing, question)?;
                (answer(&plain, question)?, with)
            }
        };
        let (Some(without), Some(with)) = (without, with) else {
            continue;
        };
        if without.text != with.text {
            return Err(format!(
                "{}: `{}` became `{}` with guesses",
                question.id, without.text, with.text
            )
            .into());
        }
        let ratio = without.generation_ms as f64 / with.generation_ms.max(1) as f64;
        println!(
            "{}",
            json!({
                "id": question.id,
                "prompt_tokens": with.prompt_tokens,
                "tokens": with.generated_tokens,
                "plain_ms": without.generation_ms,
                "guessed_ms": with.generation_ms,
                "times_as_fast": rounded(ratio),
            })
        );
        tokens += with.generated_tokens;
        plain_ms += without.generation_ms;
        guessed_ms += with.generation_ms;
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "{}",
        json!({
            "answers": ratios.len(),
            "tokens": tokens,
            "plain_tokens_per_second": rounded(tokens as f64 * 1000.0 / plain_ms.max(1) as f64),
            "guessed_tokens_per_second": rounded(tokens as f64 * 1000.0 / guessed_ms.max(1) as f64),
            "times_as_fast": rounded(plain_ms as f64 / guessed_ms.max(1) as f64),
            "median": ratios.get(ratios.len() / 2).copied().map(rounded),
        })
    );
    Ok(())
}

fn load(model: &Path, guesses: bool) -> Result<CandleModel, Failure> {
    let options = CandleOptions {
        model_id: "measured".to_owned(),
        sha256: String::new(),
        max_context: 4096,
        guesses,
        threads: 0,
        states: None,
        conversation_bytes: 0,
    };
    Ok(CandleModel::load(model, options)?)
}

/// What the model did for the answer; nothing where there was no evidence.
fn answer(model: &CandleModel, question: &Question) -> Result<Option<GenerationSummary>, Failure> {
    let inputs = AnswerInputs {
        question: &question.text,
        hits: &question.hits,
        unknown: 0.0,
        outside: BTreeSet::new(),
        coverage: Coverage::default(),
        route: Route::default(),
        fence: "0f9e8d7c6b5a4938",
    };
    let options = AnswerOptions {
        calibration: Calibration::default().open(),
        ..AnswerOptions::default()
    };
    let params = GenerationParams {
        max_tokens: MAX_TOKENS,
        ..GenerationParams::default()
    };
    let mut quiet = |_| ControlFlow::Continue(());
    let prepared = Prepared::new(&inputs, &options, &|_| None, &mut quiet)?;
    Ok(prepared.answer(Some(model), &params, &mut quiet)?.generation)
}

fn questions(data: &Path, sample: &Path, count: usize) -> Result<Vec<Question>, Failure> {
    let sample = fs::read_to_string(sample)?;
    let chosen: Vec<(&str, &str)> = sample
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t')?.1.split_once('\t'))
        .take(count)
        .collect();
    let mut folders: HashMap<&str, (Vec<Value>, Vec<Value>)> = HashMap::new();
    let mut questions = Vec::new();
    for (folder, id) in chosen {
        if !folders.contains_key(folder) {
            let read = |name: &str| lines(&data.join(folder).join(name));
            folders.insert(folder, (read("corpus.jsonl")?, read("questions.jsonl")?));
        }
        let (corpus, asked) = &folders[folder];
        let of = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let question = asked.iter().find(|question| question["id"] == id);
        let question = question.ok_or_else(|| format!("`{folder}` has no question `{id}`"))?;
        let (text, paragraph) = (of(question, "question"), of(question, "para_id"));
        let document = paragraph
            .rsplit_once(['#', '-'])
            .map_or("", |(document, _)| document);
        let mut found: Vec<(bool, usize, &Value)> = corpus
            .iter()
            .filter(|one| of(one, "id").starts_with(document))
            .map(|one| (one["id"] == *paragraph, in_common(&text, &of(one, "text")), one))
            .collect();
        found.sort_by_key(|(gold, common, _)| std::cmp::Reverse((*gold, *common)));
        let hits = (1u8..).zip(found).take(HITS);
        let hits = hits.map(|(number, (_, _, one))| hit(number, of(one, "title"), &of(one, "text")));
        questions.push(Question {
            id: id.to_owned(),
            text,
            hits: hits.collect(),
        });
    }
    Ok(questions)
}

fn lines(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// Pairs of characters of the question that stand in the text.
fn in_common(question: &str, text: &str) -> usize {
    let pairs = |text: &str| {
        let characters: Vec<char> = text.to_lowercase().chars().collect();
        characters
            .windows(2)
            .map(|pair| (pair[0], pair[1]))
            .collect::<BTreeSet<_>>()
    };
    pairs(question).intersection(&pairs(text)).count()
}

fn hit(number: u8, title: String, text: &str) -> Hit {
    let mut hit = rushlight_testkit::hit(number, text);
    hit.path = format!("/{title}.md");
    hit.title = title;
    hit.date = Timestamp(1_717_200_000_000);
    hit.chunk.locator = Locator::Lines { first: 1, last: 1 };
    hit.scores.keyword = Some(1.0);
    hit.scores.fused = 1.0 / f32::from(number);
    hit
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
