//! Model files are given broken: small ones that load, changed at random. Whatever comes, it is an error or a model that answers
//! or says why not, and nothing panics.
//!
//! `RUSHLIGHT_FUZZ_RUNS` says how many changes of each file are tried, `RUSHLIGHT_FUZZ_SEED` where chance begins.

#[allow(dead_code, reason = "each test takes of it what it needs")]
#[path = "../src/testing.rs"]
mod testing;

use std::ops::ControlFlow;
use std::path::Path;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;
use rushlight_core::{ErrorCode, GenerationParams, LanguageModel, Message, Prompt, Result, Role};
use rushlight_llm_candle::{CandleModel, CandleOptions};

use testing::{CONTEXT, Stored, TOKENS, write_model};

/// Changes of each file where nobody says how many.
const RUNS: u64 = 200;

/// Writes a whole model: weights, tokens and all.
fn write(path: &Path, family: &str, stored: Stored) {
    write_model(path, family, stored, &|metadata, _| {
        metadata.extend(match family {
            "gemma3" => scored_tokens(),
            _ => merged_tokens(),
        });
    });
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// These names, and letters behind them for all tokens that the models have.
fn names<const N: usize>(named: [&str; N]) -> Value {
    let letters = (0..TOKENS - N).map(|at| {
        let letter = char::from(b'A' + u8::try_from(at).expect("few"));
        Value::String(letter.to_string())
    });
    Value::Array(named.into_iter().map(text).chain(letters).collect())
}

/// Of the first so many tokens this kind, of the others text.
fn kinds<const N: usize>(first: [i32; N]) -> Value {
    let others = std::iter::repeat_n(1, TOKENS - N);
    Value::Array(first.into_iter().chain(others).map(Value::I32).collect())
}

fn owned<const N: usize>(entries: [(&str, Value); N]) -> Vec<(String, Value)> {
    let own = |(key, value): (&str, Value)| (format!("tokenizer.ggml.{key}"), value);
    entries.into_iter().map(own).collect()
}

fn merged_tokens() -> Vec<(String, Value)> {
    owned([
        ("model", text("gpt2")),
        ("pre", text("qwen2")),
        ("tokens", names(["<|im_start|>", "<|im_end|>", "Ġ", "Ċ", "AB"])),
        ("token_type", kinds([3, 3])),
        ("merges", Value::Array(vec![text("A B")])),
        ("eos_token_id", Value::U32(1)),
    ])
}

fn scored_tokens() -> Vec<(String, Value)> {
    let scores = (0..TOKENS).map(|at| Value::F32(-(at as f32))).collect();
    owned([
        ("model", text("llama")),
        (
            "tokens",
            names([
                "<unk>",
                "<eos>",
                "<bos>",
                "<start_of_turn>",
                "<end_of_turn>",
                "\n",
                "\u{2581}",
                "AB",
            ]),
        ),
        ("token_type", kinds([2, 3, 3, 3, 3, 4])),
        ("scores", Value::Array(scores)),
        ("unknown_token_id", Value::U32(0)),
        ("eos_token_id", Value::U32(1)),
        ("bos_token_id", Value::U32(2)),
        ("add_bos_token", Value::Bool(true)),
    ])
}

/// Loads the file and lets it write three tokens.
fn answer(path: &Path) -> Result<String> {
    let model = CandleModel::load(
        path,
        CandleOptions {
            model_id: "broken".to_owned(),
            sha256: String::new(),
            max_context: CONTEXT,
            guesses: true,
            threads: 1,
            states: None,
            conversation_bytes: 0,
        },
    )?;
    let prompt = Prompt {
        messages: vec![Message::new(Role::User, "A B C A B")],
    };
    let params = GenerationParams {
        max_tokens: 3,
        ..GenerationParams::default()
    };
    let summary = model.generate(&prompt, &params, &mut |_| ControlFlow::Continue(()))?;
    Ok(summary.text)
}

#[test]
fn changed_models_end_in_an_answer_or_an_error() {
    let runs = number("RUSHLIGHT_FUZZ_RUNS").unwrap_or(RUNS);
    let start = number("RUSHLIGHT_FUZZ_SEED").unwrap_or(1);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    for (family, stored) in [
        ("qwen2", Stored::As(GgmlDType::Q8_0)),
        ("llama", Stored::As(GgmlDType::Q4_0)),
        ("qwen3", Stored::As(GgmlDType::F32)),
        ("gemma3", Stored::As(GgmlDType::Q5_0)),
    ] {
        write(&path, family, stored);
        let seed = std::fs::read(&path).expect("the file");
        answer(&path).unwrap_or_else(|error| panic!("the {family} model as it is: {}", error.chain()));
        let mut answered = 0;
        for run in start..start + runs {
            std::fs::write(&path, changed(&seed, run)).expect("written");
            match answer(&path) {
                Ok(_) => answered += 1,
                Err(error) => assert!(
                    matches!(
                        error.code(),
                        ErrorCode::ModelUnusable | ErrorCode::GenerationFailed | ErrorCode::PromptTooLong
                    ),
                    "RUSHLIGHT_FUZZ_SEED={run} RUSHLIGHT_FUZZ_RUNS=1, {family}: {}",
                    error.chain()
                ),
            }
        }
        println!("{family:12} {runs} changed, {answered} answered nonetheless");
    }
}

/// The bytes with a few changes: most in the head, where lengths and shapes stand.
fn changed(seed: &[u8], run: u64) -> Vec<u8> {
    let mut state = run.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut below = |limit: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit.max(1)
    };
    let mut bytes = seed.to_vec();
    for _ in 0..1 + below(4) {
        let span = if below(4) > 0 {
            bytes.len().min(4_096)
        } else {
            bytes.len()
        };
        let at = below(span);
        match below(6) {
            0 => bytes[at] ^= 1 << below(8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)],
            2 => bytes[at..].iter_mut().take(8).for_each(|byte| *byte = 0xff),
            3 => bytes[at..].iter_mut().take(8).for_each(|byte| *byte = 0),
            4 => bytes.truncate(at + 1),
            _ => {
                let from = below(bytes.len());
                let part: Vec<u8> = bytes[from..].iter().copied().take(1 + below(16)).collect();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
