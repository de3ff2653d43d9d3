//! The suite of [`LanguageModel`].

use std::ops::ControlFlow;

use rushlight_core::{ErrorCode, GenerateEvent, GenerationParams, LanguageModel, Message, Prompt, Role};

fn prompt(extra: &str) -> Prompt {
    let text = format!(
        "[1] Green tea is steeped at seventy degrees for three minutes.\n{extra}Question: At how many degrees is green tea steeped?"
    );
    Prompt {
        messages: vec![
            Message::new(Role::System, "Answer in one short sentence."),
            Message::new(Role::User, text),
        ],
    }
}

/// Asserts what [`LanguageModel`] promises. Generates a few dozen tokens.
pub fn language_model(model: &dyn LanguageModel) {
    assert!(
        !model.spec().model_id.is_empty()
            && model.spec().sha256.len() == 64
            && model.spec().context_tokens > 0
    );
    assert_eq!(model.count_tokens(""), 0);
    assert!(model.count_tokens("green tea 綠茶") >= 3);
    pieces_add_up_to_the_text(model);
    greedy_generation_repeats_itself(model);
    a_limit_and_a_stop_end_it(model);
    it_can_be_cancelled(model);
    what_does_not_fit_is_refused(model);
    choices_have_probabilities(model);
    texts_have_probabilities(model);
    conversations_take_turns(model);
}

fn pieces_add_up_to_the_text(model: &dyn LanguageModel) {
    let (mut pieces, mut read, mut late) = (String::new(), Vec::new(), false);
    let params = GenerationParams {
        max_tokens: 12,
        ..GenerationParams::default()
    };
    let summary = model
        .generate(&prompt(""), &params, &mut |event| {
            match event {
                GenerateEvent::Piece(piece) => pieces.push_str(piece),
                GenerateEvent::Thought(_) => panic!("it thinks unasked"),
                GenerateEvent::Reading { done, total } => {
                    late |= !pieces.is_empty();
                    read.push((done, total));
                }
            }
            ControlFlow::Continue(())
        })
        .expect("generates");
    assert_eq!(pieces, summary.text, "the pieces add up to the text");
    assert!(
        !summary.text.is_empty() && summary.generated_tokens <= 12,
        "at most so many tokens"
    );
    assert!(!late, "the prompt is read before the first piece");
    assert!(
        read.windows(2)
            .all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 == pair[1].1),
        "reading goes forward: {read:?}"
    );
    assert_eq!(
        read.last(),
        Some(&(summary.prompt_tokens, summary.prompt_tokens)),
        "all of the prompt is read"
    );
    assert!(summary.cached_tokens <= summary.prompt_tokens);
    assert!(summary.mean_log_probability <= 0.0 && summary.mean_log_probability.is_finite());
}

fn greedy_generation_repeats_itself(model: &dyn LanguageModel) {
    let params = GenerationParams {
        max_tokens: 8,
        ..GenerationParams::default()
    };
    let run = || {
        model
            .generate(&prompt(""), &params, &mut |_| ControlFlow::Continue(()))
            .expect("generates")
    };
    let (first, second) = (run(), run());
    assert_eq!(first.text, second.text, "greedy is always the likeliest token");
    assert!(second.cached_tokens > 0, "the state of the last prompt is kept");
    assert!(
        second.cached_tokens < second.prompt_tokens,
        "the last token is read anew"
    );
}

fn a_limit_and_a_stop_end_it(model: &dyn LanguageModel) {
    let all = GenerationParams {
        max_tokens: 8,
        ..GenerationParams::default()
    };
    let whole = model
        .generate(&prompt(""), &all, &mut |_| ControlFlow::Continue(()))
        .expect("generates")
        .text;
    let one = GenerationParams {
        max_tokens: 1,
        ..GenerationParams::default()
    };
    let short = model
        .generate(&prompt(""), &one, &mut |_| ControlFlow::Continue(()))
        .expect("generates");
    assert!(
        short.truncated && short.generated_tokens == 1 && whole.starts_with(&short.text),
        "`max_tokens` ended it"
    );

    let stop: String = whole.chars().skip(3).take(3).collect();
    let until = whole.find(&stop).expect("part of the text");
    let stopped = GenerationParams {
        stop: vec![stop],
        ..all
    };
    let mut pieces = String::new();
    let summary = model
        .generate(&prompt(""), &stopped, &mut |event| {
            if let GenerateEvent::Piece(piece) = event {
                pieces.push_str(piece);
            }
            ControlFlow::Continue(())
        })
        .expect("generates");
    assert_eq!(
        (summary.text.as_str(), pieces.as_str()),
        (&whole[..until], &whole[..until]),
        "ends before the stop"
    );
}

fn it_can_be_cancelled(model: &dyn LanguageModel) {
    let params = GenerationParams {
        max_tokens: 8,
        ..GenerationParams::default()
    };
    let mut pieces = 0;
    let error = model
        .generate(&prompt(""), &params, &mut |event| match event {
            GenerateEvent::Piece(_) => {
                pieces += 1;
                ControlFlow::Break(())
            }
            GenerateEvent::Reading { .. } | GenerateEvent::Thought(_) => ControlFlow::Continue(()),
        })
        .expect_err("cancelled");
    assert_eq!(
        (error.code(), pieces),
        (ErrorCode::Cancelled, 1),
        "generation ends when a piece is refused"
    );
    let error = model
        .generate(&prompt("Hot. "), &params, &mut |_| ControlFlow::Break(()))
        .expect_err("cancelled");
    assert_eq!(error.code(), ErrorCode::Cancelled, "reading ends too");
    model
        .generate(&prompt(""), &params, &mut |_| ControlFlow::Continue(()))
        .expect("it goes on after a cancellation");
}

fn what_does_not_fit_is_refused(model: &dyn LanguageModel) {
    let room = GenerationParams {
        max_tokens: model.spec().context_tokens,
        ..GenerationParams::default()
    };
    let error = model
        .generate(&prompt(""), &room, &mut |_| ControlFlow::Continue(()))
        .expect_err("refused");
    assert_eq!(error.code(), ErrorCode::PromptTooLong);
}

fn choices_have_probabilities(model: &dyn LanguageModel) {
    let ask = |choices: &[&str]| {
        model
            .first_token_log_probabilities(&prompt("Reply yes or no.\n"), choices, &mut |_| {
                ControlFlow::Continue(())
            })
            .expect("asks")
    };
    let both = ask(&["yes", "no"]);
    assert_eq!(both.len(), 2, "one for each choice");
    assert!(
        both.iter().all(|p| *p <= 0.0 && p.is_finite()),
        "log-probabilities: {both:?}"
    );
    assert!(
        both.iter().map(|p| p.exp()).sum::<f32>() <= 1.001,
        "probabilities do not exceed 1: {both:?}"
    );
    let swapped = ask(&["no", "yes"]);
    assert!(
        (both[0] - swapped[1]).abs() < 1e-2 && (both[1] - swapped[0]).abs() < 1e-2,
        "in the order of the choices"
    );
}

fn texts_have_probabilities(model: &dyn LanguageModel) {
    let of = |text: &str| {
        model
            .log_probabilities(&prompt(""), text, &mut |_| ControlFlow::Continue(()))
            .expect("reads")
    };
    assert!(of("").is_empty(), "of nothing none");
    let likely = of("Green tea is steeped at seventy degrees.");
    assert!(
        likely.len() > 4 && likely.iter().all(|p| *p <= 0.0 && p.is_finite()),
        "{likely:?}"
    );
    let unlikely = of("Purple bricks swim over noisy lamps.");
    let mean = |of: &[f32]| of.iter().sum::<f32>() / of.len() as f32;
    assert!(mean(&likely) > mean(&unlikely), "{likely:?} {unlikely:?}");
}

/// Two people ask in turns, and each of their conversations goes on where it was.
fn conversations_take_turns(model: &dyn LanguageModel) {
    let opening = |of: &str| {
        vec![
            Message::new(Role::System, "Answer in one short sentence."),
            Message::new(
                Role::User,
                format!("{of} is told in many words of which each is read once. Question: What is told?"),
            ),
        ]
    };
    let params = GenerationParams {
        max_tokens: 4,
        ..GenerationParams::default()
    };
    let ask = |messages: &[Message]| {
        let prompt = Prompt {
            messages: messages.to_vec(),
        };
        model
            .generate(&prompt, &params, &mut |_| ControlFlow::Continue(()))
            .expect("generates")
    };
    let mut conversations = [opening("Ada's garden"), opening("The harbour in winter")];
    let mut read = [0; 2];
    for turn in 0..3 {
        for (messages, read) in conversations.iter_mut().zip(&mut read) {
            let summary = ask(messages);
            let anew = summary.prompt_tokens - summary.cached_tokens;
            assert!(
                turn == 0 || summary.cached_tokens + 2 >= *read,
                "turn {turn} reads {anew} of {} tokens anew, and {read} were read before",
                summary.prompt_tokens
            );
            *read = summary.prompt_tokens;
            messages.push(Message::new(Role::Assistant, summary.text));
            messages.push(Message::new(Role::User, "Question: And what else?"));
        }
    }
    let memory = model.memory();
    assert!(
        memory.conversations >= 2 && memory.conversation_bytes > 0,
        "both are kept and counted: {memory:?}"
    );
    assert!(
        memory.conversation_bytes <= memory.conversation_limit,
        "{memory:?}"
    );
}
