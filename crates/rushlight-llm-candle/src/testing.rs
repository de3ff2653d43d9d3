//! Small model files of random weights.

use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

pub(crate) const WIDTH: usize = 64;
pub(crate) const HEADS: usize = 4;
pub(crate) const SHARED: usize = 2;
const FEED: usize = 96;
pub(crate) const TOKENS: usize = 40;
pub(crate) const CONTEXT: usize = 600;
/// Positions that most blocks of a Gemma see.
pub(crate) const WINDOW: usize = 7;

/// Decoder blocks of a family's models: those of Gemma take turns of six.
pub(crate) fn blocks(family: &str) -> usize {
    if family == "gemma3" { 6 } else { 2 }
}

/// Values of a head; those of Gemma are not what its width would make them.
pub(crate) fn head(family: &str) -> usize {
    if family == "gemma3" { 32 } else { WIDTH / HEADS }
}

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
pub(crate) enum Stored {
    As(GgmlDType),
    /// The values that this type has, as floats.
    ExactlyAs(GgmlDType),
}

pub(crate) fn matrix(name: &str, rows: usize, columns: usize, stored: Stored) -> (String, QTensor) {
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

pub(crate) fn vector(name: &str, length: usize) -> (String, QTensor) {
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

/// What is changed in a model before it is written: its metadata and its tensors.
pub(crate) type Change<'a> = &'a dyn Fn(&mut Vec<(String, Value)>, &mut Vec<(String, QTensor)>);

/// Writes a model of this family, and says where.
pub(crate) fn model(folder: &Path, family: &str, stored: Stored) -> PathBuf {
    let name = match stored {
        Stored::As(dtype) => format!("{family}-{dtype:?}.gguf"),
        Stored::ExactlyAs(dtype) => format!("{family}-exactly-{dtype:?}.gguf"),
    };
    let path = folder.join(name);
    write_model(&path, family, stored, &|_, _| ());
    path
}

/// Writes a model of this family that is changed.
pub(crate) fn write_model(path: &Path, family: &str, stored: Stored, change: Change<'_>) {
    let (head, blocks) = (head(family), blocks(family));
    let wide = HEADS * head;
    let mut tensors = vec![
        matrix("token_embd.weight", TOKENS, WIDTH, stored),
        vector("output_norm.weight", WIDTH),
    ];
    if !["qwen2", "gemma3"].contains(&family) {
        tensors.push(matrix("output.weight", TOKENS, WIDTH, stored));
    }
    for block in 0..blocks {
        let name = |part: &str| format!("blk.{block}.{part}");
        for (part, rows, columns) in [
            ("attn_q", wide, WIDTH),
            ("attn_k", SHARED * head, WIDTH),
            ("attn_v", SHARED * head, WIDTH),
            ("attn_output", WIDTH, wide),
            ("ffn_gate", FEED, WIDTH),
            ("ffn_up", FEED, WIDTH),
            ("ffn_down", WIDTH, FEED),
        ] {
            tensors.push(matrix(&name(&format!("{part}.weight")), rows, columns, stored));
            if family == "qwen2" && ["attn_q", "attn_k", "attn_v"].contains(&part) {
                tensors.push(vector(&name(&format!("{part}.bias")), rows));
            }
        }
        tensors.push(vector(&name("attn_norm.weight"), WIDTH));
        tensors.push(vector(&name("ffn_norm.weight"), WIDTH));
        if ["qwen3", "gemma3"].contains(&family) {
            tensors.push(vector(&name("attn_q_norm.weight"), head));
            tensors.push(vector(&name("attn_k_norm.weight"), head));
        }
        if family == "gemma3" {
            tensors.push(vector(&name("post_attention_norm.weight"), WIDTH));
            tensors.push(vector(&name("post_ffw_norm.weight"), WIDTH));
        }
    }
    let number = |value: usize| Value::U32(value as u32);
    let by_family = match family {
        // As files of it are: what else there is goes without saying.
        "gemma3" => [
            ("attention.sliding_window", number(WINDOW)),
            ("attention.value_length", number(head)),
        ],
        _ => [
            ("rope.dimension_count", number(head)),
            ("rope.freq_base", Value::F32(10_000.0)),
        ],
    };
    let metadata = [
        ("block_count", number(blocks)),
        ("embedding_length", number(WIDTH)),
        ("feed_forward_length", number(FEED)),
        ("attention.head_count", number(HEADS)),
        ("attention.head_count_kv", number(SHARED)),
        ("attention.key_length", number(head)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
        ("context_length", number(CONTEXT)),
    ];
    let mut metadata: Vec<(String, Value)> = metadata
        .into_iter()
        .chain(by_family)
        .map(|(key, value)| (format!("{family}.{key}"), value))
        .chain([(
            "general.architecture".to_owned(),
            Value::String(family.to_owned()),
        )])
        .collect();
    change(&mut metadata, &mut tensors);
    let metadata: Vec<(&str, &Value)> = metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let tensors: Vec<(&str, &QTensor)> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    write(&mut File::create(path).expect("a file"), &metadata, &tensors).expect("written");
}

/// So many tokens, each of them one that the models have.
pub(crate) fn tokens(count: usize) -> Vec<u32> {
    (0..count).map(|at| (at * 7 % TOKENS) as u32).collect()
}
