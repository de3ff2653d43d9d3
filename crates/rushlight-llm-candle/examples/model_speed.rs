//! How fast a model reads and writes: this crate's decoder beside that of candle-transformers, in one run.
//!
//! `model_speed MODEL.gguf [PROMPT_TOKENS] [TOKENS]` prints one JSON object: tokens a second, seconds to load, memory. candle-transformers is
//! measured for the Qwen2 family, without sampling and without text, which is to its advantage.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::error::Error;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use candle_core::quantized::gguf_file::Content;
use candle_core::{DType, Device, Tensor};
use candle_transformers::models::quantized_qwen2;
use rushlight_core::{GenerationParams, LanguageModel, Message, Prompt, Role};
use rushlight_llm_candle::{CandleModel, CandleOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, rest @ ..] = &arguments[..] else {
        return Err("usage: model_speed MODEL.gguf [PROMPT_TOKENS] [TOKENS]".into());
    };
    let number = |at: usize, default| {
        rest.get(at)
            .map_or(Ok(default), |text: &String| text.parse::<usize>())
    };
    let (prompt_tokens, tokens) = (number(0, 512)?, number(1, 32)?);
    let model = Path::new(model);

    let before = resident_mib();
    let begun = Instant::now();
    let loaded = CandleModel::load(
        model,
        CandleOptions {
            model_id: "measured".to_owned(),
            sha256: String::new(),
            max_context: prompt_tokens + tokens + 256,
            guesses: false,
            threads: 0,
        },
    )?;
    let load_seconds = begun.elapsed().as_secs_f64();
    let params = GenerationParams {
        max_tokens: tokens,
        ..GenerationParams::default()
    };
    // The first call prepares the weights.
    let warm = loaded.generate(&prompt(8), &params, &mut |_| ControlFlow::Continue(()))?;
    let mut repeats = prompt_tokens / 8;
    while loaded.count_tokens(&text(repeats)) < prompt_tokens {
        repeats += 1;
    }
    let ours = loaded.generate(&prompt(repeats), &params, &mut |_| ControlFlow::Continue(()))?;
    let resident = resident_mib() - before;
    drop(loaded);
    let rate = |tokens: usize, ms: u64| tokens as f64 * 1000.0 / ms.max(1) as f64;
    let (read, written) = (ours.prompt_tokens - ours.cached_tokens, ours.generated_tokens);
    println!("{{");
    println!(
        "  \"prompt_tokens\": {read}, \"tokens\": {written}, \"load_seconds\": {load_seconds:.2}, \"resident_mib\": {resident},"
    );
    println!("  \"first_generation_ms\": {},", warm.generation_ms);
    println!(
        "  \"ours\": {{\"prompt\": {:.1}, \"generation\": {:.1}}},",
        rate(read, ours.prompt_ms),
        rate(written, ours.generation_ms)
    );
    let (prompt, generation) = candle_transformers_rates(model, read, written.max(2))?;
    println!("  \"candle_transformers\": {{\"prompt\": {prompt:.1}, \"generation\": {generation:.1}}}");
    println!("}}");
    Ok(())
}

fn text(repeats: usize) -> String {
    (0..repeats)
        .map(|n| format!("Ledger {n} lies in drawer {}. ", n * 7 % 24))
        .collect()
}

fn prompt(repeats: usize) -> Prompt {
    Prompt {
        messages: vec![Message::new(
            Role::User,
            format!("{}Describe the archive.", text(repeats)),
        )],
    }
}

/// Tokens a second of the stock decoder: reading so many at once, then writing the likeliest, one by one.
fn candle_transformers_rates(
    model: &Path,
    prompt: usize,
    tokens: usize,
) -> Result<(f64, f64), Box<dyn Error>> {
    let mut file = File::open(model)?;
    let content = Content::read(&mut file)?;
    let mut weights = quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
    let ids: Vec<u32> = (0..prompt as u32).map(|id| 1_000 + id * 7 % 5_000).collect();
    let mut step = |ids: &[u32], position: usize| -> candle_core::Result<u32> {
        let input = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        let scores = weights
            .forward(&input, position)?
            .squeeze(0)?
            .to_dtype(DType::F32)?;
        scores.argmax(0)?.to_scalar()
    };
    step(&ids[..8.min(prompt)], 0)?;
    let begun = Instant::now();
    let mut next = step(&ids, 0)?;
    let read = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    for at in 0..tokens {
        next = step(&[next], prompt + at)?;
    }
    Ok((
        prompt as f64 / read,
        tokens as f64 / begun.elapsed().as_secs_f64(),
    ))
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
