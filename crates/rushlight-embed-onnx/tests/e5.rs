//! The real model, where it is installed: `RUSHLIGHT_MODELS_DIR` names the folder of models.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::PathBuf;
use std::sync::LazyLock;

use proptest::prelude::*;
use rushlight_core::{EmbedKind, Embedder, Embedding, TokenCounter};
use rushlight_embed_onnx::{HfTokenCounter, OnnxEmbedder, OnnxEmbedderOptions};
use rushlight_models::{Catalogue, ModelKind, ModelStore};
use serde::Deserialize;

/// One text of the reference, computed by an implementation of its own (see `make_reference.py` beside the file).
#[derive(Deserialize)]
struct Case {
    kind: String,
    text: String,
    ids: Vec<u32>,
    vector: Vec<f32>,
}

impl Case {
    fn kind(&self) -> EmbedKind {
        match self.kind.as_str() {
            "query" => EmbedKind::Query,
            _ => EmbedKind::Passage,
        }
    }
}

fn reference() -> Vec<Case> {
    serde_json::from_str(include_str!(
        "../../rushlight-models/tests/reference/e5_reference.json"
    ))
    .expect("the reference")
}

struct Installed {
    embedder: OnnxEmbedder,
    tokenizer_file: PathBuf,
    model_dir: PathBuf,
    runtime: PathBuf,
}

static INSTALLED: LazyLock<Option<Installed>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os("RUSHLIGHT_MODELS_DIR")?);
    let store = ModelStore::new(folder, Catalogue::builtin());
    let embedding = store
        .default_id(ModelKind::Embedding)
        .expect("a default")
        .to_owned();
    let runtime = store
        .ensure_verified(store.default_id(ModelKind::Runtime).expect("a default"))
        .ok()?;
    store.ensure_verified(&embedding).ok()?;
    let model_dir = store.folder(&embedding).expect("known");
    let tokenizer_file = model_dir.join("tokenizer.json");
    let options = OnnxEmbedderOptions {
        threads: 2,
        ..OnnxEmbedderOptions::e5(&model_dir, &runtime, embedding)
    };
    Some(Installed {
        embedder: OnnxEmbedder::load(options).expect("loads"),
        tokenizer_file,
        model_dir,
        runtime,
    })
});

fn installed() -> Option<&'static Installed> {
    let installed = INSTALLED.as_ref();
    if installed.is_none() {
        let folder = std::env::var_os("RUSHLIGHT_MODELS_DIR").unwrap_or_default();
        eprintln!("skipped: models are not installed in `{}`", folder.display());
    }
    installed
}

#[test]
fn vectors_are_those_of_the_reference() {
    let Some(Installed { embedder, .. }) = installed() else {
        return;
    };
    for case in reference() {
        let vector = &embedder.embed(case.kind(), &[&case.text]).expect("embeds")[0];
        let expected = Embedding::normalized(case.vector.clone()).expect("a direction");
        let cosine = vector.cosine(&expected);
        // The reference is computed in floats from the same weights, and the graph in 8-bit integers.
        assert!(cosine > 0.998, "{cosine} for {:?}", case.text);
    }
}

#[test]
fn tokens_are_those_of_the_reference() {
    let Some(Installed { tokenizer_file, .. }) = installed() else {
        return;
    };
    let tokenizer = tokenizers::Tokenizer::from_file(tokenizer_file).expect("a tokenizer");
    for case in reference() {
        let encoding = tokenizer
            .encode(format!("{}: {}", case.kind, case.text), true)
            .expect("splits");
        let mut ids = encoding.get_ids().to_vec();
        if ids.len() > 512 {
            ids.truncate(511);
            ids.push(2);
        }
        assert_eq!(ids, case.ids, "{:?}", case.text);
    }
}

#[test]
fn a_vector_depends_on_its_text_alone_to_the_bit() {
    let Some(Installed {
        embedder,
        model_dir,
        runtime,
        ..
    }) = installed()
    else {
        return;
    };
    let cases = reference();
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let together = embedder.embed(EmbedKind::Passage, &texts).expect("embeds");
    for (text, vector) in texts.iter().zip(&together) {
        let alone = &embedder.embed(EmbedKind::Passage, &[text]).expect("embeds")[0];
        assert_eq!(alone.values(), vector.values(), "{text:?}");
    }
    let options = OnnxEmbedderOptions {
        threads: 1,
        tokenizer: Some(embedder.token_counter()),
        ..OnnxEmbedderOptions::e5(model_dir, runtime, "on one thread")
    };
    let on_one_thread = OnnxEmbedder::load(options).expect("loads");
    let backwards: Vec<&str> = texts.iter().rev().copied().collect();
    let vectors = on_one_thread
        .embed(EmbedKind::Passage, &backwards)
        .expect("embeds");
    for (vector, expected) in vectors.iter().rev().zip(&together) {
        assert_eq!(vector.values(), expected.values());
    }
}

#[test]
fn any_text_has_a_vector() {
    let Some(Installed { embedder, .. }) = installed() else {
        return;
    };
    assert!(
        embedder
            .embed(EmbedKind::Passage, &[])
            .expect("nothing")
            .is_empty()
    );
    let long = "帳本為準 the ledger is the truth ".repeat(4000);
    assert!(long.chars().count() > 100_000);
    let texts = ["", " \n\t ", "\u{0}", long.as_str(), "\u{10ffff}"];
    assert_eq!(
        embedder.embed(EmbedKind::Passage, &texts).expect("embeds").len(),
        texts.len()
    );
}

#[test]
fn languages_meet() {
    let Some(Installed { embedder, .. }) = installed() else {
        return;
    };
    let question = |text| {
        embedder
            .embed(EmbedKind::Query, &[text])
            .expect("embeds")
            .remove(0)
    };
    let answers = [
        "董事會定於三月十四日召開。",
        "董事会定于三月十四日召开。",
        "The board meets on 14 March.",
    ];
    let strangers = [
        "綠茶要用七十度的水沖泡。",
        "绿茶要用七十度的水冲泡。",
        "Green tea is steeped at seventy degrees.",
    ];
    let answers = embedder.embed(EmbedKind::Passage, &answers).expect("embeds");
    let strangers = embedder.embed(EmbedKind::Passage, &strangers).expect("embeds");
    for text in [
        "when does the board meet?",
        "董事會什麼時候開會？",
        "董事会什么时候开会？",
    ] {
        let question = question(text);
        // Within each language of the passages: a model of this size also hears which language is spoken.
        for (answer, stranger) in answers.iter().zip(&strangers) {
            assert!(question.cosine(answer) > question.cosine(stranger), "{text}");
        }
    }
}

#[test]
fn ends_of_tokens_lie_in_the_text_as_it_stands() {
    let Some(Installed { tokenizer_file, .. }) = installed() else {
        return;
    };
    let counter = HfTokenCounter::load(tokenizer_file, "e5").expect("loads");
    let marks = "a</s>b ﬁ ½ ㈱ e\u{301} \u{200b}\u{1}x 　全角　";
    let texts: Vec<String> = reference()
        .into_iter()
        .map(|case| case.text)
        .chain([marks.to_owned(), String::new()])
        .collect();
    for text in &texts {
        let ends = counter.token_ends(text);
        assert!(ends.is_sorted(), "{text:?}");
        assert!(ends.iter().all(|end| text.is_char_boundary(*end)), "{text:?}");
        assert!(
            ends.last().is_none_or(|end| text[*end..].trim().is_empty()),
            "{text:?} has words behind its last token"
        );
    }
    let text = "董事會 meets";
    let words: Vec<_> = counter.token_ends(text).iter().map(|end| &text[..*end]).collect();
    assert_eq!(words.last(), Some(&text));
    assert!(words.contains(&"董事會"));
}

/// Words in both languages and white space of several kinds.
fn plain_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z]{1,12}",
        2 => "[\\u{4e00}-\\u{4fff}]{1,6}",
        2 => prop_oneof![Just(" "), Just("\n"), Just("\t"), Just("\r\n"), Just("  "), Just("、")].prop_map(str::to_owned),
        1 => "[!-~]{1,40}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// The same with marks that join what is before them, and with what normalization takes apart or removes.
fn odd_text() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        prop_oneof![
            Just("\u{301}"),
            Just("\u{200b}"),
            Just("\u{1}"),
            Just("\u{3000}"),
            Just("\u{a0}"),
            Just("ﬁ"),
            Just("½"),
            Just("▁"),
            Just("</s>"),
        ]
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec((plain_text(), odd), 0..4)
        .prop_map(|pieces| pieces.into_iter().map(|(plain, odd)| plain + &odd).collect())
}

#[test]
fn tokens_are_those_of_the_whole_text_whatever_was_counted_before() {
    let Some(Installed { tokenizer_file, .. }) = installed() else {
        return;
    };
    let counter = HfTokenCounter::load(tokenizer_file, "e5").expect("loads");
    let tokenizer = tokenizers::Tokenizer::from_file(tokenizer_file).expect("loads");
    proptest!(|(plain in plain_text(), odd in odd_text())| {
        let whole = tokenizer.encode(plain.as_str(), false).expect("any text");
        let ends: Vec<usize> = whole.get_offsets().iter().map(|(_, end)| *end).collect();
        prop_assert_eq!(counter.token_ends(&plain), ends);
        // Where normalization removes characters, the library's own ends shift, and only the number can be compared.
        let whole = tokenizer.encode(odd.as_str(), false).expect("any text");
        prop_assert_eq!(counter.token_ends(&odd).len(), whole.len());
    });
}

#[test]
fn the_contracts_hold() {
    let Some(Installed {
        embedder,
        tokenizer_file,
        ..
    }) = installed()
    else {
        return;
    };
    rushlight_testkit::contract::embedder(embedder);
    rushlight_testkit::contract::token_counter(&HfTokenCounter::load(tokenizer_file, "e5").expect("loads"));
}
