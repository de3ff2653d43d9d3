//! Measures the embedder: `cargo run --release --example embed_speed -- MODEL_DIR RUNTIME_LIBRARY THREADS`.

#![allow(clippy::print_stdout, reason = "an example prints its figures")]

use std::path::PathBuf;
use std::time::Instant;

use rushlight_core::{EmbedKind, Embedder, TokenCounter};
use rushlight_embed_onnx::{OnnxEmbedder, OnnxEmbedderOptions};

const RUNS: usize = 5;

fn resident_mb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok())
        .unwrap_or(0)
        / 1024
}

fn main() -> rushlight_core::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, library, threads] = arguments.as_slice() else {
        return Ok(());
    };
    let model = PathBuf::from(model);
    let started = Instant::now();
    let threads = threads.parse().unwrap_or(1);
    let options = OnnxEmbedderOptions {
        threads,
        ..OnnxEmbedderOptions::e5(&model, library, "model")
    };
    let embedder = OnnxEmbedder::load(options)?;
    println!(
        "load: {:.0} ms, {} MB resident",
        started.elapsed().as_secs_f64() * 1e3,
        resident_mb()
    );

    let counter = embedder.token_counter();
    let sentence = "The ledger is the truth and both indexes are derived from it; 帳本為準，索引由此而生。";
    let texts: Vec<String> = (0..24)
        .map(|n| format!("{n} {}", sentence.repeat(11 + n % 3)))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let tokens: usize = texts.iter().map(|text| counter.count(text)).sum();
    // The fastest of several runs: whatever else the machine does only ever makes one slower.
    let mut seconds = f64::INFINITY;
    for _ in 0..RUNS {
        let started = Instant::now();
        embedder.embed(EmbedKind::Passage, &texts)?;
        seconds = seconds.min(started.elapsed().as_secs_f64());
    }
    let mean = tokens / texts.len();
    println!(
        "{} texts of {mean} tokens: {:.0} tokens/s, {} MB resident",
        texts.len(),
        tokens as f64 / seconds,
        resident_mb()
    );

    let mut times: Vec<f64> = (0..30)
        .map(|n| {
            let started = Instant::now();
            embedder
                .embed(
                    EmbedKind::Query,
                    &[&format!("when does the board meet in room {n}?")],
                )
                .map(|_| started.elapsed().as_secs_f64() * 1e3)
        })
        .collect::<rushlight_core::Result<_>>()?;
    times.sort_by(f64::total_cmp);
    println!(
        "query: median {:.1} ms, fastest {:.1} ms",
        times[times.len() / 2],
        times[0]
    );
    Ok(())
}
