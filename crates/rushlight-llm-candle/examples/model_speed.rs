//! How fast a model reads and writes, by this crate's decoder or by that of candle-transformers.
//!
//! `model_speed ours|candle-transformers MODEL.gguf` loads the model and prints a JSON object: seconds to load, memory. Then, for each line
//! `PROMPT_TOKENS TOKENS` of its input, it reads and writes so many tokens and prints an object: tokens a second. `make bench` lets several
//! such programs take turns, so that what else the machine does falls on each of them. candle-transformers is measured for the Qwen2 family,
//! without sampling and without text, which is to its advantage.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, stdin};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use candle_core::quantized::gguf_file::Content;
use candle_core::{DType, Device, Tensor};
use candle_transformers::models::quantized_qwen2;
use rushlight_core::{GenerationParams, LanguageModel, Message, Prompt, Role};
use rushlight_llm_candle::{CandleModel, CandleOptions};

type Failure = Box<dyn Error>;

/// Room for the longest prompt that is measured.
const MAX_CONTEXT: usize = 4096;

/// Tokens a second.
struct Rates {
    prompt: f64,
    generation: f64,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [engine, model] = &arguments[..] else {
        return Err("usage: model_speed ours|candle-transformers MODEL.gguf".into());
    };
    let model = Path::new(model);
    let begun = Instant::now();
    match engine.as_str() {
        "ours" => {
            let options = CandleOptions {
                model_id: "measured".to_owned(),
                sha256: String::new(),
                max_context: MAX_CONTEXT,
                guesses: false,
                threads: 0,
                states: None,
                conversation_bytes: 0,
            };
            let loaded = CandleModel::load(model, options)?;
            let mut turn = 0;
            take_turns(begun, |prompt, tokens| {
                turn += 1;
                ours(&loaded, turn, prompt, tokens)
            })
        }
        "candle-transformers" => {
            let mut file = File::open(model)?;
            let content = Content::read(&mut file)?;
            let mut weights = quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
            take_turns(begun, |prompt, tokens| stock(&mut weights, prompt, tokens))
        }
        other => Err(format!("there is no engine `{other}`").into()),
    }
}

/// Measures once for each line of the input.
fn take_turns(
    begun: Instant,
    mut measure: impl FnMut(usize, usize) -> Result<Rates, Failure>,
) -> Result<(), Failure> {
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{{\"load_seconds\": {seconds:.2}, \"resident_mib\": {}}}",
        resident_mib()
    );
    for line in stdin().lock().lines() {
        let line = line?;
        let (prompt, tokens) = line.split_once(' ').ok_or("a line is `PROMPT_TOKENS TOKENS`")?;
        let Rates { prompt, generation } = measure(prompt.parse()?, tokens.parse()?)?;
        println!(
            "{{\"prompt\": {prompt:.1}, \"generation\": {generation:.1}, \"resident_mib\": {}}}",
            resident_mib()
        );
    }
    Ok(())
}

/// A prompt that no earlier turn began alike, so that nothing of it was read before.
fn ours(model: &CandleModel, turn: usize, prompt: usize, tokens: usize) -> Result<Rates, Failure> {
    let text = |repeats: usize| -> String {
        (0..repeats)
            .map(|n| format!("Ledger {} lies in drawer {}. ", turn * 1000 + n, n * 7 % 24))
            .collect()
    };
    let mut repeats = prompt / 14;
    while model.count_tokens(&text(repeats)) < prompt {
        repeats += 1;
    }
    let prompt = Prompt {
        messages: vec![Message::new(Role::User, text(repeats))],
    };
    let params = GenerationParams {
        max_tokens: tokens,
        ..GenerationParams::default()
    };
    let done = model.generate(&prompt, &params, &mut |_| ControlFlow::Continue(()))?;
    let rate = |tokens: usize, ms: u64| tokens as f64 * 1000.0 / ms.max(1) as f64;
    Ok(Rates {
        prompt: rate(done.prompt_tokens - done.cached_tokens, done.prompt_ms),
        generation: rate(done.generated_tokens, done.generation_ms),
    })
}

/// The stock decoder: reading so many at once, then writing the likeliest, one by one.
fn stock(
    weights: &mut quantized_qwen2::ModelWeights,
    prompt: usize,
    tokens: usize,
) -> Result<Rates, Failure> {
    let ids: Vec<u32> = (0..prompt as u32).map(|id| 1_000 + id * 7 % 5_000).collect();
    let mut step = |ids: &[u32], position: usize| -> candle_core::Result<u32> {
        let input = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        let scores = weights
            .forward(&input, position)?
            .squeeze(0)?
            .to_dtype(DType::F32)?;
        scores.argmax(0)?.to_scalar()
    };
    let begun = Instant::now();
    let mut next = step(&ids, 0)?;
    let read = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    for at in 0..tokens {
        next = step(&[next], prompt + at)?;
    }
    Ok(Rates {
        prompt: prompt as f64 / read,
        generation: tokens as f64 / begun.elapsed().as_secs_f64(),
    })
}

/// Memory of this process; 0 where the system does not say.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap_or_default();
    let kib = line
        .split_whitespace()
        .next()
        .and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
