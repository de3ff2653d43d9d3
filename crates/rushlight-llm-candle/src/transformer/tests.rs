//! Against the decoders of candle-transformers, on small files of random weights that are written here.

use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};

use crate::decoder::Decoder;
use crate::gguf::Gguf;

const WIDTH: usize = 64;
const HEADS: usize = 4;
const SHARED: usize = 2;
const FEED: usize = 96;
const TOKENS: usize = 40;
const BLOCKS: usize = 2;
const CONTEXT: usize = 600;

/// Numbers between -0.5 and 0.5, the same for the same name.
fn numbers(name: &str, count: usize) -> Vec<f32> {
    let mut state = name.bytes().fold(7u64, |state, byte| {
        state.wrapping_mul(31).wrapping_add(byte.into())
    });
    (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32) / ((1u64 << 24) as f32) - 0.5
        })
        .collect()
}

/// How a model's matrices are stored.
#[derive(Clone, Copy)]
enum Stored {
    As(GgmlDType),
    /// The values that this type has, as floats.
    ExactlyAs(GgmlDType),
}

fn matrix(name: &str, rows: usize, columns: usize, stored: Stored) -> (String, QTensor) {
    let values =
        Tensor::from_vec(numbers(name, rows * columns), (rows, columns), &Device::Cpu).expect("a tensor");
    let tensor = match stored {
        Stored::As(dtype) => QTensor::quantize(&values, dtype),
        Stored::ExactlyAs(dtype) => QTensor::quantize(&values, dtype)
            .and_then(|tensor| tensor.dequantize(&Device::Cpu))
            .and_then(|values| QTensor::quantize(&values, GgmlDType::F32)),
    };
    (name.to_owned(), tensor.expect("quantised"))
}

fn vector(name: &str, length: usize) -> (String, QTensor) {
    let values: Vec<f32> = numbers(name, length)
        .into_iter()
        .map(|value| 1.0 + value)
        .collect();
    let values = Tensor::from_vec(values, length, &Device::Cpu).expect("a tensor");
    (
        name.to_owned(),
        QTensor::quantize(&values, GgmlDType::F32).expect("kept"),
    )
}

/// Writes a model of this family.
fn model(folder: &Path, family: &str, stored: Stored) -> PathBuf {
    let head = WIDTH / HEADS;
    let mut tensors = vec![
        matrix("token_embd.weight", TOKENS, WIDTH, stored),
        vector("output_norm.weight", WIDTH),
    ];
    if family != "qwen2" {
        tensors.push(matrix("output.weight", TOKENS, WIDTH, stored));
    }
    for block in 0..BLOCKS {
        let name = |part: &str| format!("blk.{block}.{part}");
        for (part, rows, columns) in [
            ("attn_q", WIDTH, WIDTH),
            ("attn_k", SHARED * head, WIDTH),
            ("attn_v", SHARED * head, WIDTH),
            ("attn_output", WIDTH, WIDTH),
            ("ffn_gate", FEED, WIDTH),
            ("ffn_up", FEED, WIDTH),
            ("ffn_down", WIDTH, FEED),
        ] {
            tensors.push(matrix(&name(&format!("{part}.weight")), rows, columns, stored));
            if family == "qwen2" && part.len() == "attn_q".len() && part.starts_with("attn_") {
                tensors.push(vector(&name(&format!("{part}.bias")), rows));
            }
        }
        tensors.push(vector(&name("attn_norm.weight"), WIDTH));
        tensors.push(vector(&name("ffn_norm.weight"), WIDTH));
        if family == "qwen3" {
            tensors.push(vector(&name("attn_q_norm.weight"), head));
            tensors.push(vector(&name("attn_k_norm.weight"), head));
        }
    }
    let number = |value: usize| Value::U32(value as u32);
    let metadata = [
        ("block_count", number(BLOCKS)),
        ("embedding_length", number(WIDTH)),
        ("feed_forward_length", number(FEED)),
        ("attention.head_count", number(HEADS)),
        ("attention.head_count_kv", number(SHARED)),
        ("attention.key_length", number(head)),
        ("rope.dimension_count", number(head)),
        ("rope.freq_base", Value::F32(10_000.0)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
        ("context_length", number(CONTEXT)),
    ];
    let metadata: Vec<(String, Value)> = metadata
        .into_iter()
        .map(|(key, value)| (format!("{family}.{key}"), value))
        .chain([(
            "general.architecture".to_owned(),
            Value::String(family.to_owned()),
        )])
        .collect();
    let name = match stored {
        Stored::As(dtype) => format!("{family}-{dtype:?}.gguf"),
        Stored::ExactlyAs(dtype) => format!("{family}-exactly-{dtype:?}.gguf"),
    };
    let path = folder.join(name);
    let metadata: Vec<(&str, &Value)> = metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let tensors: Vec<(&str, &QTensor)> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    write(&mut File::create(&path).expect("a file"), &metadata, &tensors).expect("written");
    path
}

/// What candle-transformers gives after all of these tokens at once.
fn reference(path: &Path, family: &str, tokens: &[u32]) -> Vec<f32> {
    let mut file = File::open(path).expect("the file");
    let content = Content::read(&mut file).expect("a head");
    let input = Tensor::new(tokens, &Device::Cpu)
        .and_then(|input| input.unsqueeze(0))
        .expect("tokens");
    let device = Device::Cpu;
    let scores = match family {
        "llama" => quantized_llama::ModelWeights::from_gguf(content, &mut file, &device)
            .and_then(|mut weights| weights.forward(&input, 0)),
        "qwen2" => quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &device)
            .and_then(|mut weights| weights.forward(&input, 0)),
        _ => quantized_qwen3::ModelWeights::from_gguf(content, &mut file, &device)
            .and_then(|mut weights| weights.forward(&input, 0)),
    };
    scores
        .and_then(|scores| scores.squeeze(0)?.to_vec1())
        .expect("scores")
}

fn open(path: &Path) -> Decoder {
    Decoder::read(Gguf::open(path).expect("a sound head"), CONTEXT).expect("weights")
}

/// The largest difference, as a share of the largest score.
fn farthest(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let largest = |values: &mut dyn Iterator<Item = f32>| values.map(f32::abs).fold(0.0, f32::max);
    let apart = largest(&mut ours.iter().zip(theirs).map(|(a, b)| a - b));
    apart / largest(&mut theirs.iter().copied())
}

fn tokens(count: usize) -> Vec<u32> {
    (0..count).map(|at| (at * 7 % TOKENS) as u32).collect()
}

/// Keys and values are kept in 16 bits, which have three to four digits.
const CACHE_TOLERANCE: f32 = 3e-3;

/// Scores after all tokens at once, one by one, and in two parts.
fn ours(path: &Path, tokens: &[u32]) -> [Vec<f32>; 3] {
    let in_parts = |size: usize| {
        let mut decoder = open(path);
        let parts = tokens.chunks(size).zip((0..).step_by(size));
        let scores = parts.map(|(part, at)| decoder.forward(part, at));
        scores.last().expect("a token").expect("scores")
    };
    [
        in_parts(tokens.len()),
        in_parts(1),
        in_parts(tokens.len().div_ceil(2)),
    ]
}

#[test]
fn every_family_agrees_with_candle_transformers() {
    let folder = tempfile::tempdir().expect("a folder");
    for family in ["llama", "qwen2", "qwen3"] {
        let path = model(folder.path(), family, Stored::As(GgmlDType::F32));
        for count in [1, 2, 19] {
            let tokens = tokens(count);
            let theirs = reference(&path, family, &tokens);
            for scores in ours(&path, &tokens) {
                let apart = farthest(&scores, &theirs);
                assert!(apart < CACHE_TOLERANCE, "{family}, {count} tokens: {apart}");
            }
        }
    }
}

#[test]
fn quantised_models_are_as_near_to_exact_arithmetic_as_those_of_candle_transformers() {
    let folder = tempfile::tempdir().expect("a folder");
    for family in ["llama", "qwen2", "qwen3"] {
        // Both round what a matrix is multiplied with to 8 bits: candle for every 32 values, this crate for every 256.
        let dtype = GgmlDType::Q8_0;
        let path = model(folder.path(), family, Stored::As(dtype));
        let tokens = tokens(19);
        let exact = model(folder.path(), family, Stored::ExactlyAs(dtype));
        let exact = reference(&exact, family, &tokens);
        let theirs = farthest(&reference(&path, family, &tokens), &exact);
        for scores in ours(&path, &tokens) {
            let ours = farthest(&scores, &exact);
            assert!(
                ours < 2.0 * theirs + CACHE_TOLERANCE,
                "{family}: {ours}, candle {theirs}"
            );
        }
    }
}

#[test]
fn what_was_cut_off_leaves_no_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = model(folder.path(), "qwen2", Stored::As(GgmlDType::F32));
    let all = tokens(30);
    let fresh = open(&path).forward(&all, 0).expect("scores");
    let mut decoder = open(&path);
    decoder.forward(&all[..12], 0).expect("scores");
    decoder.forward(&[3; 40], 12).expect("scores");
    assert_eq!(decoder.truncate(12), 12);
    let again = decoder.forward(&all[12..], 12).expect("scores");
    assert!(farthest(&again, &fresh) < 1e-4, "{}", farthest(&again, &fresh));
    assert_eq!(decoder.truncate(0), 0);
    let anew = decoder.forward(&all, 0).expect("scores");
    assert!(farthest(&anew, &fresh) < 1e-4);
}

#[test]
fn the_cache_grows_with_what_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = model(folder.path(), "llama", Stored::As(GgmlDType::F32));
    let all = tokens(520);
    let theirs = reference(&path, "llama", &all);
    let mut decoder = open(&path);
    let mut scores = Vec::new();
    for (piece, at) in all.chunks(100).zip((0..).step_by(100)) {
        scores = decoder.forward(piece, at).expect("scores");
    }
    assert!(
        farthest(&scores, &theirs) < CACHE_TOLERANCE,
        "{}",
        farthest(&scores, &theirs)
    );
}
