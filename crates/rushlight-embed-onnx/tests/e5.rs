//! The real model, where it is installed: `RUSHLIGHT_MODELS_DIR` names the folder of models.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::PathBuf;
use std::sync::LazyLock;

use rushlight_core::{EmbedKind, Embedder, Embedding, TokenCounter};
use rushlight_embed_onnx::{OnnxEmbedder, OnnxEmbedderOptions};
use rushlight_models::{Catalogue, ModelKind, ModelStore};
use rushlight_tokens::UnigramTokenizer;
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
    let tokenizer = UnigramTokenizer::load(tokenizer_file, "e5").expect("a tokenizer");
    for case in reference() {
        let ids = tokenizer.ids(&format!("{}: {}", case.kind, case.text), 512);
        let expected: Vec<i64> = case.ids.iter().copied().map(i64::from).collect();
        assert_eq!(ids, expected, "{:?}", case.text);
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
    let counter = UnigramTokenizer::load(tokenizer_file, "e5").expect("loads");
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

#[test]
fn the_contract_holds() {
    let Some(Installed { embedder, .. }) = installed() else {
        return;
    };
    rushlight_testkit::contract::embedder(embedder);
}
