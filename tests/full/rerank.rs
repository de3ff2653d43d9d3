//! A cross-encoder is added, asked for, and puts results in order; and what is related to a note, all through the binary.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::binary::{Installation, models_are_installed, root, text};

/// The installed models and a place for others, in a folder of the test's own.
fn own_models(installation: &Installation) -> PathBuf {
    let own = installation.dir.path().join("models");
    std::fs::create_dir(&own).expect("a folder");
    let shared = PathBuf::from(std::env::var_os("RUSHLIGHT_MODELS_DIR").expect("models are installed"));
    for id in ["onnxruntime", "multilingual-e5-small-int8"] {
        let shared = std::path::absolute(shared.join(id)).expect("a path");
        std::os::unix::fs::symlink(shared, own.join(id)).expect("a link");
    }
    own
}

fn json(installation: &Installation, models: &Path, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json"]].concat();
    let mut command = installation.command(&arguments);
    let output = command
        .env("RUSHLIGHT_MODELS_DIR", models)
        .output()
        .expect("runs");
    assert!(output.status.success(), "{arguments:?}: {}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output)))
}

fn names(reply: &Value) -> Vec<&str> {
    let hits = reply["hits"].as_array().expect("a list of hits");
    hits.iter()
        .filter_map(|hit| hit["path"].as_str()?.rsplit('/').next())
        .collect()
}

#[test]
fn a_cross_encoder_is_added_and_orders_results() {
    if !models_are_installed() {
        return;
    }
    let installation = Installation::new();
    let models = own_models(&installation);
    installation.write(
        "chain.md",
        "# Bicycle\n\nThe bicycle chain needs oil, and water is no oil.\n",
    );
    installation.write(
        "tea.md",
        "# Tea\n\nThe water for green tea is seventy degrees hot.\n",
    );
    installation.write(
        "lamp.md",
        "# Lamp\n\nThe lighthouse keeper lights the lamp, near the water.\n",
    );
    installation.add_notes("personal");
    json(&installation, &models, &["index"]);
    let query = "how hot is the water for green tea";

    let without = json(&installation, &models, &["search", query, "--rerank"]);
    assert_eq!(without["degraded"][0]["leg"], "rerank", "{without}");
    assert!(without["hits"][0]["scores"]["reranked"].is_null());

    let overlap = root().join("crates/rushlight-embed-onnx/tests/overlap");
    let overlap = overlap.to_str().expect("a plain name");
    let added = json(&installation, &models, &["models", "add", overlap]);
    assert_eq!(
        (&added["id"], &added["kind"]),
        (&"overlap".into(), &"reranker".into()),
        "{added}"
    );
    assert_eq!(added["state"], "installed");

    let plain = json(&installation, &models, &["search", query]);
    assert_eq!(plain["timings"]["rerank_us"], 0, "off unless it is asked for");
    let reranked = json(&installation, &models, &["search", query, "--rerank"]);
    assert_eq!(reranked["degraded"], Value::Array(Vec::new()), "{reranked}");
    assert_eq!(names(&reranked)[0], "tea.md");
    // Seven of the question's eight words stand in the note.
    let score = |index: usize| {
        reranked["hits"][index]["scores"]["reranked"]
            .as_f64()
            .expect("a score")
    };
    assert_eq!(score(0), 8.0 * 7.0 / 8.0 - 4.0);
    assert!((1..names(&reranked).len()).all(|index| score(index - 1) >= score(index)));
    let (mut all, mut before) = (names(&reranked), names(&plain));
    all.sort_unstable();
    before.sort_unstable();
    assert_eq!(all, before, "only the order changes");

    let config = installation.dir.path().join("rerank.toml");
    std::fs::write(&config, "[search]\nrerank = true\nrerank_top = 1\n").expect("written");
    let config = config.to_str().expect("a plain name");
    let configured = json(&installation, &models, &["--config", config, "search", query]);
    assert!(
        configured["hits"][0]["scores"]["reranked"].is_f64(),
        "{configured}"
    );
    assert!(
        configured["hits"][1]["scores"]["reranked"].is_null(),
        "one is reranked"
    );
    let refused = json(
        &installation,
        &models,
        &["--config", config, "search", query, "--no-rerank"],
    );
    assert!(refused["hits"][0]["scores"]["reranked"].is_null());

    std::fs::write(models.join("overlap/model.onnx"), b"another").expect("exchanged");
    let broken = json(&installation, &models, &["search", query, "--rerank"]);
    assert_eq!(broken["degraded"][0]["leg"], "rerank");
    assert_eq!(names(&broken), names(&plain), "the order stays");
}

#[test]
fn what_is_related_to_a_note_is_told() {
    if !models_are_installed() {
        return;
    }
    let installation = Installation::new();
    let models = own_models(&installation);
    installation.write(
        "tea.md",
        "# Green tea\n\nSteep it at seventy degrees. See [[kettle]].\n",
    );
    installation.write("day.md", "# Today\n\nIt rained. Had some [[tea]] at six.\n");
    installation.write(
        "oolong.md",
        "# Oolong tea\n\nOolong is steeped at ninety degrees, longer than green tea.\n",
    );
    installation.write("bicycle.md", "# Bicycle\n\nThe chain needs oil.\n");
    installation.add_notes("personal");
    json(&installation, &models, &["index"]);
    let tea = installation.notes().join("tea.md");
    let tea = tea.to_str().expect("a plain name");

    let links = json(&installation, &models, &["links", tea]);
    assert_eq!(links["backlinks"]["total"], 1);
    let from = &links["backlinks"]["documents"][0];
    assert_eq!(
        (&from["document"]["title"], &from["text"]),
        (&"Today".into(), &"Had some [[tea]] at six.".into())
    );
    assert_eq!(links["outgoing"][0]["target"], "kettle");
    assert!(links["outgoing"][0]["document"].is_null());
    let by_id = from["document"]["document_id"].as_str().expect("an id");
    let day = json(&installation, &models, &["links", by_id]);
    assert_eq!(day["outgoing"][0]["document"]["title"], "Green tea");

    let similar = json(&installation, &models, &["similar", tea, "-n", "2"]);
    assert_eq!(
        similar["documents"][0]["document"]["title"], "Oolong tea",
        "{similar}"
    );
    assert_eq!(similar["documents"].as_array().map(Vec::len), Some(2));

    let (code, error) = installation.fails(&["similar", "nowhere.md"]);
    assert_eq!((code, &error["code"]), (1, &"document_not_found".into()));
}
