//! Measuring answers through the binary: a person's own questions, a recipe with documents of its own, and what cannot be measured.

use serde_json::{Value, json};

use crate::binary::{Installation, models_are_installed, text};

const QUESTIONS: &str = "\
[[question]]
text = \"How hot is the water that green tea is steeped in?\"
right = [\"tea.md\"]
accept = [\"70 degrees\", \"70\"]
[[question]]
text = \"Who won the chess tournament in Reykjavik?\"
answerable = false
";

const RECIPE: &str = "\
name = \"small\"
[[corpus]]
documents = \"tea\"
[[class]]
name = \"with\"
answerable = true
sample = \"with.tsv\"
";

fn beside(installation: &Installation, name: &str, content: &str) -> String {
    let path = installation.dir.path().join(name);
    std::fs::create_dir_all(path.parent().expect("below the folder")).expect("made");
    std::fs::write(&path, content).expect("written");
    path.to_str().expect("a plain name").to_owned()
}

fn notes() -> Installation {
    let installation = Installation::new();
    installation.write(
        "tea.md",
        "# Green tea\n\nGreen tea is steeped in water of 70 degrees.\n",
    );
    installation.write(
        "garden.md",
        "# Garden\n\nThe tomatoes were planted beside the south wall.\n",
    );
    installation.add_notes("personal");
    installation
}

/// Data of one document with one question, and the recipe that asks it.
fn recipe(installation: &Installation) -> String {
    let steep = "Steep it at 70 degrees.";
    beside(
        installation,
        "tea/documents.jsonl",
        &format!(
            "{}\n",
            json!({"id": "d1", "title": "Tea", "file": "docs/d1.md", "text": steep, "paragraphs": [{"id": "p1", "start": 0, "end": steep.len()}]})
        ),
    );
    beside(
        installation,
        "tea/docs/d1.md",
        &format!("# Green tea\n\n{steep}\n"),
    );
    let question = json!({"id": "q1", "question": "At how many degrees is green tea steeped?", "answerable": true, "answers": ["70 degrees", "70"], "doc_id": "d1", "para_id": "p1"});
    beside(installation, "tea/questions.jsonl", &format!("{question}\n"));
    beside(installation, "with.tsv", "dev\ttea\tq1\n");
    beside(installation, "small.toml", RECIPE)
}

#[test]
fn your_own_questions_are_answered_and_the_run_goes_on_where_it_was() {
    if !models_are_installed() {
        return;
    }
    let installation = notes();
    installation.ok(&["index"]);
    let set = beside(&installation, "mine.toml", QUESTIONS);
    let out = installation.dir.path().join("run.jsonl");
    let out = out.to_str().expect("a plain name");
    let one = installation.json(&["eval", "--answers", &set, "--limit", "1", "--out", out]);
    assert_eq!(one["questions"], 2, "one of each class: {one}");
    let first = std::fs::read_to_string(out).expect("the run");
    assert_eq!(first.lines().count(), 3, "settings and two questions");

    let again = installation.json(&["eval", "--answers", &set, "--out", out]);
    assert_eq!(
        std::fs::read_to_string(out).expect("the run"),
        first,
        "nothing is asked twice"
    );
    let classes: Vec<(&str, i64)> = again["classes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|class| {
            (
                class["name"].as_str().unwrap_or_default(),
                class["questions"].as_i64().unwrap_or(0),
            )
        })
        .collect();
    assert_eq!(classes, [("with an answer", 1), ("without an answer", 1)]);
    assert_eq!(again["all"]["misplaced"], 0, "{again}");
    let record: Value = serde_json::from_str(first.lines().nth(1).expect("a question")).expect("JSON");
    assert!(record["question"]["signals"]["coverage"].is_number(), "{record}");
    assert!(
        record["question"]["times"]["total_ms"]
            .as_f64()
            .is_some_and(|time| time > 0.0)
    );

    let shown = installation.ok(&["eval", "--answers", "--compare", out, out]);
    assert!(shown.contains("2 questions in both runs"), "{shown}");
    let (code, error) = installation.fails(&["eval", "--answers", &set, "--answer-all", "--out", out]);
    assert_eq!(code, 1);
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|message| message.contains("other settings: answer_all false, now true")),
        "{error}"
    );
}

#[test]
fn a_recipe_brings_its_documents_and_leaves_the_index_of_the_user_alone() {
    if !models_are_installed() {
        return;
    }
    let installation = Installation::new();
    let set = recipe(&installation);
    for _ in 0..2 {
        let report = installation.json(&["eval", "--answers", &set, "--split", "dev"]);
        assert_eq!(
            (&report["questions"], &report["all"]["misplaced"]),
            (&json!(1), &json!(0)),
            "{report}"
        );
        assert!(
            report["settings"]["corpus"]
                .as_str()
                .is_some_and(|corpus| corpus.starts_with("1 document of 1 file, ")),
            "{report}"
        );
        assert_eq!(report["classes"][0]["evidence_at_gold"]["mean"], 1.0, "{report}");
    }
    assert_eq!(
        installation.json(&["status"])["sources"],
        json!([]),
        "nothing was added"
    );
}

#[test]
fn what_cannot_be_measured_says_why() {
    let installation = Installation::new();
    let refused = |arguments: &[&str]| {
        let (code, error) = installation.fails(arguments);
        assert_eq!(code, 1, "{error}");
        let message = error["message"].as_str().expect("a message");
        message.replace(&format!("{}/", installation.dir.path().display()), "")
    };
    let set = beside(&installation, "mine.toml", QUESTIONS);
    assert_eq!(
        refused(&["eval", "--answers", &set]),
        "nothing is indexed that could be asked"
    );
    let folder = installation.dir.path().to_str().expect("a plain name").to_owned();
    assert!(
        refused(&["eval", "--answers", &folder]).ends_with("does not say what its questions' answers are")
    );
    let retrieval = beside(
        &installation,
        "r.toml",
        "name = \"r\"\n[[corpus]]\nset = \"tea\"\n[queries]\nfile = \"q\"\nqrels = \"r\"\n",
    );
    assert_eq!(
        refused(&["eval", "--answers", &retrieval]),
        "`r.toml` does not say what its questions' answers are"
    );
    let answers = recipe(&installation);
    assert_eq!(
        refused(&["eval", &answers]),
        "`small.toml` is a set of questions to be answered"
    );
    assert_eq!(
        refused(&["eval", "--answers", &answers, "--split", "train"]),
        "`train` is not a half of a set of answers"
    );
    assert_eq!(
        refused(&["eval", "--answers", &answers, "--split", "test"]),
        "no question of `small` is left to be asked"
    );
    beside(&installation, "with.tsv", "dev\ttea\tq7\n");
    assert_eq!(
        refused(&["eval", "--answers", &answers]),
        "line 1 of `with.tsv`: `tea` has no question `q7`"
    );
    assert_eq!(
        refused(&["eval", "--answers", "--compare", &set, &set]),
        "`mine.toml` is not a run of answers: line 1: expected value at line 1 column 1"
    );
    let both = installation.run(&["eval", "--answers", &set, "--weights", "0.5"]);
    assert!(text(&both).contains("cannot be used with"), "{}", text(&both));
    let alone = installation.run(&["eval", &set, "--answer-all"]);
    assert!(text(&alone).contains("--answers"), "{}", text(&alone));
    // Without models nothing is found by meaning, and a measurement without it would be of something else.
    beside(&installation, "with.tsv", "dev\ttea\tq1\n");
    let output = installation
        .command(&["eval", "--answers", &answers, "--json"])
        .env("RUSHLIGHT_MODELS_DIR", installation.dir.path().join("none"))
        .output()
        .expect("runs");
    assert!(
        text(&output).contains("cannot be found by meaning"),
        "{}",
        text(&output)
    );
}
