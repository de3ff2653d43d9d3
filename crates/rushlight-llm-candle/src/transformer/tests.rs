//! Against the decoders of candle-transformers, on small files of random weights.

mod gemma;

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};

use rushlight_core::ErrorCode;

use crate::decoder::Decoder;
use crate::gguf::Gguf;
use crate::testing::{CONTEXT, Change, Stored, TOKENS, WIDTH, matrix, model, tokens, vector, write_model};

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

/// The scores after the last of these tokens.
fn forward(decoder: &mut Decoder, tokens: &[u32], position: usize) -> Vec<f32> {
    match decoder.forward(tokens, position, 1, &mut |_| ControlFlow::Continue(())) {
        Ok(ControlFlow::Continue(mut rows)) => rows.pop().expect("a row"),
        other => panic!("{other:?}"),
    }
}

fn open(path: &Path) -> Decoder {
    Decoder::read(&Gguf::open(path).expect("a sound head"), CONTEXT, 2).expect("weights")
}

/// The largest difference, as a share of the largest score.
fn farthest(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let largest = |values: &mut dyn Iterator<Item = f32>| values.map(f32::abs).fold(0.0, f32::max);
    let apart = largest(&mut ours.iter().zip(theirs).map(|(a, b)| a - b));
    apart / largest(&mut theirs.iter().copied())
}

/// Keys and values are kept in 16 bits, which have three to four digits.
const CACHE_TOLERANCE: f32 = 3e-3;

/// Scores after all tokens at once, one by one, and in two parts.
fn ours(path: &Path, tokens: &[u32]) -> [Vec<f32>; 3] {
    let in_parts = |size: usize| {
        let mut decoder = open(path);
        let parts = tokens.chunks(size).zip((0..).step_by(size));
        let scores = parts.map(|(part, at)| forward(&mut decoder, part, at));
        scores.last().expect("a token")
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
fn what_is_computed_does_not_depend_on_the_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = model(folder.path(), "qwen2", Stored::As(GgmlDType::Q8_0));
    let gguf = Gguf::open(&path).expect("a sound head");
    let all: Vec<Vec<u32>> = [1, 2, 3]
        .map(|threads| {
            let mut decoder = Decoder::read(&gguf, CONTEXT, threads).expect("weights");
            let mut scores = forward(&mut decoder, &tokens(19), 0);
            scores.extend(forward(&mut decoder, &[5], 19));
            scores.iter().map(|score| score.to_bits()).collect()
        })
        .into();
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

#[test]
fn what_was_cut_off_leaves_no_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = model(folder.path(), "qwen2", Stored::As(GgmlDType::F32));
    let all = tokens(30);
    let fresh = forward(&mut open(&path), &all, 0);
    let mut decoder = open(&path);
    forward(&mut decoder, &all[..12], 0);
    forward(&mut decoder, &[3; 40], 12);
    decoder.truncate(12);
    let again = forward(&mut decoder, &all[12..], 12);
    assert!(farthest(&again, &fresh) < 1e-4, "{}", farthest(&again, &fresh));
    decoder.truncate(0);
    let anew = forward(&mut decoder, &all, 0);
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
        scores = forward(&mut decoder, piece, at);
    }
    assert!(
        farthest(&scores, &theirs) < CACHE_TOLERANCE,
        "{}",
        farthest(&scores, &theirs)
    );
}

#[test]
fn every_tokens_scores_can_be_had_at_once_and_are_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    for (family, dtype) in [("qwen2", GgmlDType::Q8_0), ("llama", GgmlDType::F32)] {
        let path = model(folder.path(), family, Stored::As(dtype));
        let all = tokens(26);
        let mut decoder = open(&path);
        forward(&mut decoder, &all[..20], 0);
        let rows = match decoder.forward(&all[20..], 20, 6, &mut |_| ControlFlow::Continue(())) {
            Ok(ControlFlow::Continue(rows)) => rows,
            other => panic!("{other:?}"),
        };
        let mut single = open(&path);
        forward(&mut single, &all[..20], 0);
        for (at, row) in (20..).zip(rows) {
            let alone = forward(&mut single, &all[at..=at], at);
            match dtype {
                // To the last bit: no guess changes what is written.
                GgmlDType::Q8_0 => assert_eq!(row, alone, "{family} at {at}"),
                // Floats are multiplied by candle, which sums in another order.
                _ => assert!(farthest(&row, &alone) < 1e-3, "{family} at {at}"),
            }
        }
    }
}

#[test]
fn the_state_behind_the_last_block_is_what_scores_are_made_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let stored = Stored::As(GgmlDType::F32);
    let path = model(folder.path(), "qwen2", stored);
    let values = |tensor: (String, QTensor)| -> Vec<f32> {
        let values = tensor.1.dequantize(&Device::Cpu);
        let values = values.and_then(|values| values.flatten_all()?.to_vec1());
        values.expect("values")
    };
    let (table, norm) = (
        values(matrix("token_embd.weight", TOKENS, WIDTH, stored)),
        values(vector("output_norm.weight", WIDTH)),
    );
    let mut decoder = open(&path);
    decoder.tap(&[1, 2]).expect("it has two");
    let scores = forward(&mut decoder, &tokens(19), 0);
    let states = decoder.take_tapped();
    let [first, last] = &states[..] else {
        panic!("{} states", states.len())
    };
    assert_ne!(first, last);
    let square = last.iter().map(|value| value * value).sum::<f32>() / WIDTH as f32;
    let normed = (last.iter().zip(&norm)).map(|(value, weight)| value * weight / (square + 1e-6).sqrt());
    let normed: Vec<f32> = normed.collect();
    let expected = table.chunks_exact(WIDTH);
    let expected = expected.map(|row| row.iter().zip(&normed).map(|(a, b)| a * b).sum());
    let expected: Vec<f32> = expected.collect();
    assert!(farthest(&scores, &expected) < 1e-4);
    assert!(decoder.take_tapped().is_empty(), "nothing is kept any more");
    for beyond in [0, 3] {
        let error = decoder.tap(&[1, beyond]).expect_err("there is none");
        assert_eq!(
            error.message(),
            format!("the model has 2 blocks, and no block {beyond}")
        );
    }
}

#[test]
fn what_is_broken_off_was_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = model(folder.path(), "qwen3", Stored::As(GgmlDType::Q8_0));
    let all = tokens(30);
    let fresh = forward(&mut open(&path), &all, 0);
    let mut decoder = open(&path);
    forward(&mut decoder, &all[..10], 0);
    let mut shares = Vec::new();
    let broken = decoder.forward(&all[10..], 10, 1, &mut |share| {
        shares.push(share);
        match share > 0.0 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    assert!(matches!(broken, Ok(ControlFlow::Break(()))));
    assert_eq!(shares, [0.0, 0.5]);
    assert_eq!(forward(&mut decoder, &all[10..], 10), fresh);
}

#[test]
fn what_a_panic_broke_off_was_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = model(folder.path(), "qwen2", Stored::As(GgmlDType::Q8_0));
    let all = tokens(30);
    let fresh = forward(&mut open(&path), &all, 0);
    let mut decoder = open(&path);
    forward(&mut decoder, &all[..10], 0);
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        decoder.forward(&all[10..], 10, 1, &mut |share| {
            assert!(share == 0.0, "as told");
            ControlFlow::Continue(())
        })
    }));
    assert!(broken.is_err());
    assert_eq!(forward(&mut decoder, &all[10..], 10), fresh);
}

#[test]
fn a_token_that_the_model_does_not_have_is_an_error_and_leaves_no_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = model(folder.path(), "llama", Stored::As(GgmlDType::Q8_0));
    let all = tokens(12);
    let fresh = forward(&mut open(&path), &all, 0);
    let mut decoder = open(&path);
    forward(&mut decoder, &all[..6], 0);
    let beyond = [1, TOKENS as u32];
    let error = decoder.forward(&beyond, 6, 1, &mut |_| ControlFlow::Continue(()));
    assert_eq!(error.expect_err("refused").code(), ErrorCode::GenerationFailed);
    decoder.truncate(6);
    assert_eq!(forward(&mut decoder, &all[6..], 6), fresh);
}

#[test]
fn files_that_do_not_fit_together_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("changed.gguf");
    let stored = Stored::As(GgmlDType::Q8_0);
    let set = |key: &str, value: Value| {
        let key = key.to_owned();
        move |metadata: &mut Vec<(String, Value)>, _: &mut Vec<_>| {
            metadata.retain(|(old, _)| *old != key);
            metadata.push((key.clone(), value.clone()));
        }
    };
    let cases: [(&str, Change<'_>); 10] = [
        ("output_norm.weight", &|_, tensors| {
            tensors.retain(|(name, _)| name != "output_norm.weight")
        }),
        ("blk.1.ffn_up.weight", &|_, tensors| {
            tensors.retain(|(name, _)| name != "blk.1.ffn_up.weight");
            tensors.push(matrix("blk.1.ffn_up.weight", WIDTH, WIDTH, stored));
        }),
        ("blk.0.attn_q.bias", &|_, tensors| {
            tensors.retain(|(name, _)| name != "blk.0.attn_q.bias");
            tensors.push(vector("blk.0.attn_q.bias", WIDTH - 1));
        }),
        ("token table", &|_, tensors| {
            tensors.retain(|(name, _)| name != "token_embd.weight");
            tensors.push(matrix("token_embd.weight", TOKENS, 2 * WIDTH, stored));
        }),
        ("block_count", &set("qwen2.block_count", Value::U32(0))),
        ("heads", &set("qwen2.attention.head_count", Value::U32(3))),
        (
            "yarn",
            &set("qwen2.rope.scaling.type", Value::String("yarn".to_owned())),
        ),
        ("divided by 0", &|metadata, _| {
            set("qwen2.rope.scaling.type", Value::String("linear".to_owned()))(metadata, &mut Vec::new());
            set("qwen2.rope.scaling.factor", Value::F32(0.0))(metadata, &mut Vec::new());
        }),
        ("capped", &set("qwen2.final_logit_softcapping", Value::F32(30.0))),
        (
            "norms",
            &set("qwen2.attention.layer_norm_rms_epsilon", Value::F32(f32::NAN)),
        ),
    ];
    for (named, change) in cases {
        write_model(&path, "qwen2", stored, change);
        let error = Decoder::read(&Gguf::open(&path).expect("a sound head"), CONTEXT, 1);
        let error = error.err().unwrap_or_else(|| panic!("{named} is refused"));
        assert_eq!(error.code(), ErrorCode::ModelUnusable, "{named}");
        assert!(error.chain().contains(named), "{named}: {}", error.chain());
    }

    // Cut off in the middle of its weights.
    let whole = model(folder.path(), "qwen2", stored);
    let bytes = std::fs::read(&whole).expect("the file");
    std::fs::write(&path, &bytes[..bytes.len() * 2 / 3]).expect("written");
    let error = Gguf::open(&path).and_then(|gguf| Decoder::read(&gguf, CONTEXT, 1));
    assert_eq!(error.err().expect("refused").code(), ErrorCode::ModelUnusable);
}

#[test]
fn weights_that_are_no_numbers_are_an_error_and_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nan.gguf");
    write_model(&path, "qwen2", Stored::As(GgmlDType::Q8_0), &|_, tensors| {
        for (name, tensor) in tensors {
            if name == "blk.0.ffn_norm.weight" {
                let mut values = vec![1f32; WIDTH];
                values[5] = f32::NAN;
                let values = Tensor::from_vec(values, WIDTH, &Device::Cpu).expect("a tensor");
                *tensor = candle_core::quantized::QTensor::quantize(&values, GgmlDType::F32).expect("kept");
            }
        }
    });
    let error = open(&path).forward(&tokens(4), 0, 1, &mut |_| ControlFlow::Continue(()));
    let error = error.expect_err("no answer");
    assert_eq!(error.code(), ErrorCode::GenerationFailed);
    assert!(error.chain().contains("no number"), "{}", error.chain());
}

#[test]
fn stretched_positions_are_computed_as_their_factors_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("stretched.gguf");
    let factor = |value: f32| {
        move |_: &mut Vec<(String, Value)>, tensors: &mut Vec<(String, candle_core::quantized::QTensor)>| {
            let values = Tensor::from_vec(vec![value; 8], 8, &Device::Cpu).expect("a tensor");
            let values = candle_core::quantized::QTensor::quantize(&values, GgmlDType::F32).expect("kept");
            tensors.push(("rope_freqs.weight".to_owned(), values));
        }
    };
    let all = tokens(9);
    let plain = forward(
        &mut open(&model(folder.path(), "llama", Stored::As(GgmlDType::Q8_0))),
        &all,
        0,
    );
    write_model(&path, "llama", Stored::As(GgmlDType::Q8_0), &factor(1.0));
    assert_eq!(forward(&mut open(&path), &all, 0), plain);
    write_model(&path, "llama", Stored::As(GgmlDType::Q8_0), &factor(8.0));
    let stretched = forward(&mut open(&path), &all, 0);
    assert_ne!(stretched, plain);
    // The same for all pairs is what is called linear.
    write_model(&path, "llama", Stored::As(GgmlDType::Q8_0), &|metadata, _| {
        metadata.push((
            "llama.rope.scaling.type".to_owned(),
            Value::String("linear".to_owned()),
        ));
        metadata.push(("llama.rope.scaling.factor".to_owned(), Value::F32(8.0)));
    });
    assert_eq!(forward(&mut open(&path), &all, 0), stretched);
}

#[test]
fn a_sliding_window_hides_what_lies_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("window.gguf");
    let stored = Stored::As(GgmlDType::Q8_0);
    let all = tokens(9);
    let plain = forward(&mut open(&model(folder.path(), "llama", stored)), &all, 0);
    for (window, same) in [(0, true), (9, true), (4, false)] {
        write_model(&path, "llama", stored, &|metadata, _| {
            metadata.push(("llama.attention.sliding_window".to_owned(), Value::U32(window)));
        });
        let scores = forward(&mut open(&path), &all, 0);
        assert_eq!(scores == plain, same, "a window of {window}");
    }
}

/// Makes a mixture of a model: `experts` networks for each one, of which two are chosen. `same`: they are all the network that was there.
fn mixture(family: &str, stored: Stored, together: bool, same: bool, path: &Path) {
    const EXPERTS: usize = 5;
    let change: Change<'_> = &|metadata, tensors| {
        let name = if same { "qwen3moe" } else { family };
        for (key, value) in metadata.iter_mut() {
            *key = key.replacen(family, name, 1);
            if key == "general.architecture" {
                *value = Value::String(name.to_owned());
            }
        }
        for (key, count) in [("expert_count", EXPERTS), ("expert_used_count", 2)] {
            metadata.push((format!("{name}.{key}"), Value::U32(count as u32)));
        }
        let dense: Vec<_> = tensors
            .extract_if(.., |(name, _)| name.contains(".ffn_") && !name.contains("norm"))
            .collect();
        for (name, tensor) in dense {
            let (rows, columns) = tensor.shape().dims2().expect("a matrix");
            let part = name.trim_end_matches(".weight");
            let expert = |number: usize| match same {
                true => tensor.dequantize(&Device::Cpu).expect("values"),
                false => {
                    let (_, own) = matrix(
                        &format!("{part}.{number}"),
                        rows,
                        columns,
                        Stored::As(GgmlDType::F32),
                    );
                    own.dequantize(&Device::Cpu).expect("values")
                }
            };
            let experts: Vec<Tensor> = (0..EXPERTS).map(expert).collect();
            let quantised = |values: &Tensor| QTensor::quantize(values, tensor.dtype()).expect("quantised");
            if together {
                let all = Tensor::stack(&experts, 0).expect("equal shapes");
                tensors.push((format!("{part}_exps.weight"), quantised(&all)));
            } else {
                let each = experts.iter().enumerate();
                tensors.extend(each.map(|(number, own)| (format!("{part}.{number}.weight"), quantised(own))));
            }
            if part.ends_with("ffn_gate") {
                tensors.push(matrix(
                    &format!("{part}_inp.weight"),
                    EXPERTS,
                    WIDTH,
                    Stored::As(GgmlDType::F32),
                ));
            }
        }
    };
    write_model(path, family, stored, change);
}

#[test]
fn a_mixture_of_experts_agrees_with_candle_transformers() {
    let folder = tempfile::tempdir().expect("a folder");
    let [apart, together] = ["apart", "together"].map(|name| folder.path().join(name));
    let tokens = tokens(19);
    for dtype in [GgmlDType::F32, GgmlDType::Q8_0] {
        mixture("llama", Stored::As(dtype), false, false, &apart);
        mixture("llama", Stored::As(dtype), true, false, &together);
        let (scores, others) = (ours(&apart, &tokens), ours(&together, &tokens));
        if dtype == GgmlDType::F32 {
            let theirs = reference(&apart, "llama", &tokens);
            for scores in scores.iter().chain(&others) {
                let distance = farthest(scores, &theirs);
                assert!(distance < CACHE_TOLERANCE, "{distance}");
            }
        } else {
            assert_eq!(scores[0], scores[1], "one by one");
            assert_eq!(scores[0], scores[2], "in two parts");
            assert_eq!(scores, others, "it does not matter how the file has them");
        }
    }
}

#[test]
fn a_mixture_of_equal_experts_is_that_expert() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mixture");
    let tokens = tokens(19);
    mixture("qwen3", Stored::As(GgmlDType::Q8_0), true, true, &path);
    let dense = model(folder.path(), "qwen3", Stored::As(GgmlDType::Q8_0));
    for (ours, dense) in ours(&path, &tokens).iter().zip(ours(&dense, &tokens)) {
        assert!(farthest(ours, &dense) < 1e-4);
    }
}

#[test]
fn a_mixture_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mixture");
    for (key, count, why) in [
        ("expert_used_count", 6, "expert_used_count"),
        ("expert_shared_count", 1, "experts"),
        ("expert_count", 7, "cannot be read"),
    ] {
        let change: Change<'_> = &|metadata, _| {
            for (name, value) in [("expert_count", 5), ("expert_used_count", 2), (key, count)] {
                let name = format!("llama.{name}");
                metadata.retain(|(other, _)| *other != name);
                metadata.push((name, Value::U32(value)));
            }
        };
        write_model(&path, "llama", Stored::As(GgmlDType::Q8_0), change);
        let refused = Decoder::read(&Gguf::open(&path).expect("a sound head"), CONTEXT, 1);
        let error = refused.err().expect("refused");
        assert_eq!(error.code(), ErrorCode::ModelUnusable);
        assert!(error.message().contains(why), "{key}: {}", error.message());
    }
}
