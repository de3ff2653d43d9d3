//! The reranker on ONNX Runtime, where that is installed (`RUSHLIGHT_MODELS_DIR`), with the cross-encoder of
//! `overlap/make.py`: its score is -4 plus 8 times the share of the question's words that stand in the passage.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};

use rushlight_core::{ErrorCode, Reranker, Result};
use rushlight_embed_onnx::{OnnxReranker, OnnxRerankerOptions};
use rushlight_models::{Catalogue, ModelKind, ModelStore};

fn overlap() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/overlap")
}

fn runtime() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("RUSHLIGHT_MODELS_DIR").unwrap_or_default());
    let store = ModelStore::new(&folder, Catalogue::builtin());
    let id = store.default_id(ModelKind::Runtime).expect("a default");
    let library = store.ensure_verified(id).ok();
    if library.is_none() {
        eprintln!("skipped: ONNX Runtime is not installed in `{}`", folder.display());
    }
    library
}

fn load(model_dir: PathBuf, runtime_library: PathBuf, threads: usize) -> Result<OnnxReranker> {
    OnnxReranker::load(OnnxRerankerOptions {
        model_dir,
        runtime_library,
        model_id: "overlap".to_owned(),
        threads,
    })
}

fn loaded() -> Option<OnnxReranker> {
    Some(load(overlap(), runtime()?, 2).expect("loads"))
}

#[test]
fn the_contract_holds() {
    if let Some(reranker) = loaded() {
        rushlight_testkit::contract::reranker(&reranker);
    }
}

#[test]
fn a_score_is_the_models() {
    let Some(reranker) = loaded() else {
        return;
    };
    assert_eq!(
        reranker.spec().max_tokens,
        128,
        "as the tokenizer's file was set for the model"
    );
    let texts = ["the water", "hot green tea", "unheard of", "綠茶"];
    let scores = reranker.rerank("hot water", &texts).expect("gives scores");
    assert_eq!(scores, [0.0, 0.0, -4.0, -4.0]);
    assert_eq!(
        reranker.rerank("綠茶", &["綠茶的水"]).expect("gives scores"),
        [4.0]
    );
}

#[test]
fn a_long_passage_is_cut_and_the_question_is_not() {
    let Some(reranker) = loaded() else {
        return;
    };
    // Two words, three special tokens: 123 tokens of the passage are read.
    let question = "hot water";
    let passage = |before: usize| format!("{}water", "oil ".repeat(before));
    let scores = reranker
        .rerank(question, &[&passage(122), &passage(123)])
        .expect("gives scores");
    assert_eq!(scores, [0.0, -4.0]);
    // A question of 100 words leaves 25 tokens of room, and 64 are kept for the passage: 61 words of it are read.
    let question = format!("{}{}", "oil ".repeat(60), "water ".repeat(40));
    let scores = reranker
        .rerank(&question, &["water", "oil"])
        .expect("gives scores");
    let share = |words: f32| 8.0 * words / 61.0 - 4.0;
    assert!((scores[0] - share(1.0)).abs() < 1e-5, "{scores:?}");
    assert!((scores[1] - share(60.0)).abs() < 1e-5, "{scores:?}");
}

#[test]
fn what_is_no_cross_encoder_is_said_to_be_none() {
    let Some(library) = runtime() else {
        return;
    };
    let code = |folder: &Path| {
        load(folder.to_owned(), library.clone(), 1)
            .err()
            .map(|error| error.code())
    };
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(code(folder.path()), Some(ErrorCode::ModelMissing));
    std::fs::copy(
        overlap().join("tokenizer.json"),
        folder.path().join("tokenizer.json"),
    )
    .expect("copied");
    assert_eq!(code(folder.path()), Some(ErrorCode::ModelMissing));
    std::fs::write(folder.path().join("model.onnx"), b"no graph").expect("written");
    assert_eq!(code(folder.path()), Some(ErrorCode::ModelUnusable));
    let models = PathBuf::from(std::env::var_os("RUSHLIGHT_MODELS_DIR").unwrap_or_default());
    let store = ModelStore::new(models, Catalogue::builtin());
    let embedding = store.default_id(ModelKind::Embedding).expect("a default");
    if store.path(embedding).is_ok() {
        let embedding = store.folder(embedding).expect("known");
        assert_eq!(
            code(&embedding),
            Some(ErrorCode::ModelUnusable),
            "a vector is no score"
        );
    }
}

#[test]
fn positions_are_read_where_the_tokenizer_does_not_say() {
    let Some(library) = runtime() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(overlap().join("model.onnx"), folder.path().join("model.onnx")).expect("copied");
    let tokenizer = std::fs::read(overlap().join("tokenizer.json")).expect("read");
    let mut tokenizer: serde_json::Value = serde_json::from_slice(&tokenizer).expect("JSON");
    tokenizer["truncation"] = serde_json::Value::Null;
    std::fs::write(folder.path().join("tokenizer.json"), tokenizer.to_string()).expect("written");
    let max_tokens = || {
        load(folder.path().to_owned(), library.clone(), 1)
            .expect("loads")
            .spec()
            .max_tokens
    };
    assert_eq!(max_tokens(), 512, "no model reads more at once");
    for (config, expected) in [
        (r#"{"model_type":"bert","max_position_embeddings":96}"#, 96),
        (
            r#"{"model_type":"xlm-roberta","max_position_embeddings":514}"#,
            512,
        ),
        (r#"{"max_position_embeddings":8192}"#, 512),
        ("{}", 512),
    ] {
        std::fs::write(folder.path().join("config.json"), config).expect("written");
        assert_eq!(max_tokens(), expected, "{config}");
    }
}
