//! Parameters of a generation, on a small model of random weights with letters for tokens.

#[allow(dead_code, reason = "each test takes of it what it needs")]
#[path = "../src/testing.rs"]
mod testing;

use std::ops::ControlFlow;
use std::path::Path;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;
use rushlight_core::{
    ErrorCode, GenerateEvent, GenerationParams, GenerationSummary, LanguageModel, Message, Prompt, Result,
    Role, TextRule,
};
use rushlight_llm_candle::{CandleModel, CandleOptions};

use testing::{CONTEXT, Stored, TOKENS, write_model};

/// A model whose turns end with `end` and that thinks where `template` says so.
fn model(path: &Path, template: Option<&str>) -> CandleModel {
    let text = |text: &str| Value::String(text.to_owned());
    write_model(path, "qwen2", Stored::As(GgmlDType::Q8_0), &|metadata, _| {
        let named = [
            "<|im_start|>",
            "<|im_end|>",
            "<think>",
            "</think>",
            "Ġ",
            "Ċ",
            "AB",
        ];
        let letters = (named.len()..TOKENS).map(|at| char::from(b'A' + (at - named.len()) as u8).to_string());
        let tokens = named.into_iter().map(str::to_owned).chain(letters);
        let kinds = (0..TOKENS).map(|at| {
            Value::I32(if at < 2 {
                3
            } else if at < 4 {
                4
            } else {
                1
            })
        });
        metadata.extend([
            ("tokenizer.ggml.model".to_owned(), text("gpt2")),
            ("tokenizer.ggml.pre".to_owned(), text("qwen2")),
            (
                "tokenizer.ggml.tokens".to_owned(),
                Value::Array(tokens.map(Value::String).collect()),
            ),
            (
                "tokenizer.ggml.token_type".to_owned(),
                Value::Array(kinds.collect()),
            ),
            (
                "tokenizer.ggml.merges".to_owned(),
                Value::Array(vec![text("A B")]),
            ),
            ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(1)),
        ]);
        metadata.extend(template.map(|template| ("tokenizer.chat_template".to_owned(), text(template))));
    });
    let options = CandleOptions {
        model_id: "letters".to_owned(),
        sha256: String::new(),
        max_context: CONTEXT,
        guesses: true,
        threads: 1,
        states: None,
        conversation_bytes: 64 << 20,
    };
    CandleModel::load(path, options).expect("the model loads")
}

fn prompt() -> Prompt {
    Prompt {
        messages: vec![
            Message::new(Role::System, "C D"),
            Message::new(Role::User, "A B C A B"),
        ],
    }
}

fn write(model: &CandleModel, params: GenerationParams) -> Result<GenerationSummary> {
    model.generate(&prompt(), &params, &mut |_| ControlFlow::Continue(()))
}

fn params() -> GenerationParams {
    GenerationParams {
        max_tokens: 12,
        ..GenerationParams::default()
    }
}

#[test]
fn a_rule_is_followed_whatever_the_model_would_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = model(&folder.path().join("m.gguf"), None);
    for temperature in [0.0, 5.0] {
        let rule = TextRule::one_of(["ABBA".to_owned(), "ABC".to_owned(), "Q".to_owned()]);
        let summary = write(
            &model,
            GenerationParams {
                temperature,
                rule: Some(rule),
                ..params()
            },
        );
        let summary = summary.expect("writes");
        assert!(["ABBA", "ABC", "Q"].contains(&&*summary.text), "{}", summary.text);
        assert!(!summary.truncated);
    }
    let nothing = TextRule::one_of(["茶".to_owned()]);
    let error = write(
        &model,
        GenerationParams {
            rule: Some(nothing),
            ..params()
        },
    );
    assert_eq!(
        error.expect_err("no token is 茶").code(),
        ErrorCode::GenerationFailed
    );
}

#[test]
fn a_bias_chooses_and_forbids_tokens_and_must_be_for_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = model(&folder.path().join("m.gguf"), None);
    let with = |bias: &[(&str, f32)]| {
        let bias = bias.iter().map(|(text, by)| ((*text).to_owned(), *by)).collect();
        write(&model, GenerationParams { bias, ..params() })
    };
    assert_eq!(with(&[("Q", 1e6)]).expect("writes").text, "Q".repeat(12));
    let plain = with(&[]).expect("writes");
    let first = plain.text.chars().next().expect("a letter").to_string();
    let without = with(&[(&first, f32::NEG_INFINITY)]).expect("writes");
    assert!(
        !without.text.starts_with(&first),
        "{} {}",
        plain.text,
        without.text
    );
    for wrong in [("QQ", 1.0), ("", 1.0), ("Q", f32::NAN)] {
        let error = with(&[wrong]).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::GenerationFailed);
    }
}

#[test]
fn what_a_text_has_is_what_writing_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = model(&folder.path().join("m.gguf"), None);
    let summary = write(&model, params()).expect("writes");
    let quiet = &mut |_: GenerateEvent<'_>| ControlFlow::Continue(());
    let of = |text: &str, quiet: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>| {
        model.log_probabilities(&prompt(), text, quiet).expect("reads")
    };
    let known = of(&summary.text, quiet);
    assert_eq!(known.len(), summary.generated_tokens);
    let mean = known.iter().sum::<f32>() / known.len() as f32;
    assert!(
        (mean - summary.mean_log_probability).abs() < 1e-4,
        "{mean} {summary:?}"
    );
    let first = model
        .first_token_log_probabilities(&prompt(), &["Q"], quiet)
        .expect("reads");
    assert_eq!(of("QABQ", quiet)[0], first[0]);
    assert!(of("", quiet).is_empty());
    // More than are read at once.
    assert_eq!(of(&"QR".repeat(40), quiet).len(), 80);
    let stopped = model.log_probabilities(&prompt(), "QR", &mut |_| ControlFlow::Break(()));
    assert_eq!(stopped.expect_err("stopped").code(), ErrorCode::Cancelled);
}

#[test]
fn hidden_states_cost_no_second_reading() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = model(&folder.path().join("m.gguf"), None);
    let mut read = Vec::new();
    let mut note = |event: GenerateEvent<'_>| {
        if let GenerateEvent::Reading { done, total } = event {
            read.push(total - done);
        }
        ControlFlow::Continue(())
    };
    let states = model.hidden_states(&prompt(), &[1, 2], &mut note).expect("reads");
    let lengths = states.map(|states| states.iter().map(Vec::len).collect::<Vec<_>>());
    assert_eq!(lengths, Some(vec![testing::WIDTH; 2]));
    let known = model
        .first_token_log_probabilities(&prompt(), &["Q"], &mut note)
        .expect("reads");
    assert_eq!(read[read.len() - 1], 0);
    assert_eq!(read.iter().filter(|left| **left > 0).count(), 1, "{read:?}");
    let other = self::model(&folder.path().join("m.gguf"), None);
    let quiet = &mut |_: GenerateEvent<'_>| ControlFlow::Continue(());
    let alone = other.first_token_log_probabilities(&prompt(), &["Q"], quiet);
    assert_eq!(alone.expect("reads"), known);
    let beyond = model.hidden_states(&prompt(), &[3], quiet);
    assert_eq!(beyond.expect_err("refused").code(), ErrorCode::GenerationFailed);
}

#[test]
fn what_is_thought_is_streamed_apart_and_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let template = "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}<|im_start|>{{ '<think>\n' }}";
    let model = model(&folder.path().join("m.gguf"), Some(template));
    // Nor does it begin once more.
    let never_ends = ["</think>", "<|im_end|>", "<think>"].map(|text| (text.to_owned(), f32::NEG_INFINITY));
    for thinking_tokens in [0, 5] {
        let params = GenerationParams {
            thinking_tokens,
            bias: never_ends.to_vec(),
            ..params()
        };
        let (mut thought, mut answer) = (String::new(), String::new());
        let summary = model.generate(&prompt(), &params, &mut |event| {
            match event {
                GenerateEvent::Thought(piece) => thought.push_str(piece),
                GenerateEvent::Piece(piece) => answer.push_str(piece),
                GenerateEvent::Reading { .. } => {}
            }
            ControlFlow::Continue(())
        });
        let summary = summary.expect("writes");
        assert_eq!(summary.thought_tokens, thinking_tokens);
        assert_eq!(thought.is_empty(), thinking_tokens == 0, "{thought}");
        assert_eq!((&answer, summary.generated_tokens), (&summary.text, 12));
        assert!(
            !thought.contains("think>") && !answer.contains("</think>"),
            "{thought} | {answer}"
        );
    }
    // It thinks as long as there is room, and the answer keeps its own.
    let params = GenerationParams {
        thinking_tokens: 10 * CONTEXT,
        bias: never_ends.to_vec(),
        ..params()
    };
    let summary = write(&model, params).expect("writes");
    assert!(
        summary.thought_tokens > CONTEXT / 2 && summary.generated_tokens == 12,
        "{summary:?}"
    );
}

#[test]
fn two_conversations_in_turn_read_only_what_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = model(&folder.path().join("m.gguf"), None);
    let opening = |text: &str| vec![Message::new(Role::System, "C D"), Message::new(Role::User, text)];
    let mut conversations = [opening("A B C A B E F G"), opening("Q R S T Q R S T")];
    let mut read = [0; 2];
    for turn in 0..3 {
        for (messages, read) in conversations.iter_mut().zip(&mut read) {
            let prompt = Prompt {
                messages: messages.clone(),
            };
            let summary = model
                .generate(&prompt, &params(), &mut |_| ControlFlow::Continue(()))
                .expect("writes");
            assert!(
                turn == 0 || summary.cached_tokens >= *read,
                "turn {turn}, {read}: {summary:?}"
            );
            *read = summary.prompt_tokens;
            messages.push(Message::new(Role::Assistant, summary.text));
            messages.push(Message::new(Role::User, "H I"));
        }
    }
    let memory = model.memory();
    assert_eq!(memory.conversations, 2);
    assert!(
        (1..=memory.conversation_limit).contains(&memory.conversation_bytes),
        "{memory:?}"
    );
    let file = folder.path().join("m.gguf").metadata().expect("it is there");
    assert_eq!(memory.weights, file.len());
}
