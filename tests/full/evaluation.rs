//! Measuring the search through the binary: from a mark on the page to a comparison of two runs.

use serde_json::{Value, json};

use crate::binary::{Installation, models_are_installed, text};
use crate::serve::Server;

fn notes() -> Installation {
    let installation = Installation::new();
    installation.write(
        "tea/green.md",
        "# Green tea\n\n## Water\n\nGreen tea is steeped at 70 degrees for two minutes.\n",
    );
    installation.write(
        "tea/烏龍.md",
        "# 烏龍茶\n\n烏龍茶用九十五度的水沖泡，第一泡三十秒。\n",
    );
    installation.write(
        "garden.md",
        "# Garden\n\nThe tomatoes were planted beside the south wall.\n",
    );
    installation.add_notes("personal");
    installation
}

impl Installation {
    /// Writes a file beside the notes; its path.
    fn beside(&self, name: &str, content: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).expect("written");
        path.to_str().expect("a plain name").to_owned()
    }
}

const QUESTIONS: &str = "\
[[question]]
text = \"how hot is the water for green tea\"
right = [\"tea/green.md#Water\"]
[[question]]
text = \"烏龍茶 沖泡\"
right = [\"tea/烏龍.md\"]
[[question]]
text = \"who has the key\"
right = []
";

#[test]
fn a_mark_becomes_a_question_and_runs_are_compared() {
    if !models_are_installed() {
        return;
    }
    let installation = notes();
    installation.ok(&["index"]);
    let (code, error) = installation.fails(&["eval", "--export-judgements", "-"]);
    assert_eq!((code, &error["message"]), (1, &json!("there are no judgements")));

    let server = Server::start(&installation);
    let (_, reply) = server.post("/api/v1/search", &json!({"query": "steeped", "mode": "keyword"}));
    let hit = &reply["hits"][0];
    let mark = json!({
        "query": "steeped", "document_id": hit["document_id"], "chunk_id": hit["chunk_id"], "right": true, "kinds": ["note"],
    });
    let (status, kept) = server.post("/api/v1/judgements", &mark);
    assert_eq!(status, 200, "{kept}");
    assert_eq!(
        kept["quote"],
        "Green tea is steeped at 70 degrees for two minutes."
    );
    let (_, listed) = server.get("/api/v1/judgements?query=steeped");
    assert_eq!((&listed["total"], &listed["judgements"][0]), (&json!(1), &kept));
    drop(server);

    let set = installation.beside("mine.toml", "");
    installation.ok(&["eval", "--export-judgements", &set]);
    let before = installation.beside("before.json", "");
    let shown = installation.ok(&["eval", &set, "--out", &before]);
    for leg in ["keyword ", "semantic ", "fused "] {
        assert!(shown.contains(leg), "{shown}");
    }
    let run = installation.json(&["eval", &set]);
    assert_eq!(run["questions"][0]["rankings"][2]["first_right"], 1, "{run}");
    assert_eq!(run["legs"][2]["mrr_at_10"]["mean"], 1.0);
    let shown = installation.ok(&["eval", &set, "--compare", &before]);
    assert!(shown.contains("as before: 1"), "{shown}");
    let compared = installation.json(&["eval", "--compare", &before, &before]);
    assert_eq!(
        (&compared["better"], &compared["by"]["leg"]),
        (&json!([]), &json!("fused"))
    );

    let other = installation.beside("questions.toml", QUESTIONS);
    let (code, error) = installation.fails(&["eval", &other, "--compare", &before]);
    assert_eq!(code, 1);
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|message| message.contains("one is of")),
        "{error}"
    );
}

#[test]
fn questions_are_asked_by_word_alone_without_a_model() {
    let installation = notes();
    let bare = |arguments: &[&str]| {
        let output = installation
            .command(arguments)
            .env("RUSHLIGHT_MODELS_DIR", installation.dir.path().join("none"))
            .output()
            .expect("runs");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        output.stdout
    };
    bare(&["index"]);
    let set = installation.beside("questions.toml", QUESTIONS);
    let run: Value = serde_json::from_slice(&bare(&["eval", &set, "--json"])).expect("JSON");
    assert_eq!(
        (&run["queries"], &run["left_out"], &run["documents"]),
        (&json!(2), &json!(1), &json!(3))
    );
    let legs: Vec<&str> = run["legs"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|leg| leg["leg"].as_str())
        .collect();
    assert_eq!(legs, ["keyword", "fused"], "{run}");
    assert!(
        run["notes"][0]
            .as_str()
            .is_some_and(|note| note.starts_with("semantic: ")),
        "{run}"
    );
    assert!(
        run["questions"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|asked| asked["rankings"][0]["first_right"] == 1)
    );
}

#[test]
fn what_cannot_be_measured_says_why() {
    let installation = Installation::new();
    let refused = |arguments: &[&str]| {
        let (code, error) = installation.fails(arguments);
        assert_eq!(code, 1, "{error}");
        error["message"]
            .as_str()
            .expect("a message")
            .replace(&format!("{}/", installation.dir.path().display()), "")
    };
    let set = installation.beside("questions.toml", QUESTIONS);
    assert_eq!(refused(&["eval", &set]), "nothing is indexed that could be asked");
    let nowhere = installation.beside("x.toml", "")[..].replace("x.toml", "nowhere.toml");
    assert!(refused(&["eval", &nowhere]).starts_with("cannot read `nowhere.toml`: "));
    let broken = installation.beside("broken.toml", "[[question]]\ntext = 1\n");
    assert_eq!(
        refused(&["eval", &broken]),
        "line 2 of `broken.toml`: invalid type: integer `1`, expected a string"
    );
    assert!(refused(&["eval", &set, "--compare", &set]).starts_with("`questions.toml` is not a kept run: "));
    installation.write("garden.md", "# Garden\n\nTomatoes.\n");
    installation.add_notes("personal");
    installation.ok(&["index", "--by-word"]);
    assert_eq!(
        refused(&["eval", &set]),
        "line 3 of `questions.toml`: no document ends in `tea/green.md`; line 6: no document ends in `tea/烏龍.md`"
    );
    let without = installation.run(&["eval"]);
    assert!(text(&without).contains("required"), "{}", text(&without));
    let help = installation.ok(&["eval", "--help"]);
    assert!(
        help.contains("rushlight eval mine.toml --compare before.json"),
        "{help}"
    );
}
