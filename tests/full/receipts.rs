//! Kept answers through the binary: their receipts, and what is said of what is none. No model is needed.

use serde_json::Value;

use crate::binary::{Installation, text};

const QUESTION: &str = "Where does the lighthouse stand?";

/// A folder with one note, indexed by word only, and how to run commands without any model.
struct Kept {
    installation: Installation,
}

impl Kept {
    fn new() -> Self {
        let installation = Installation::new();
        std::fs::create_dir(installation.dir.path().join("no-models")).expect("a folder");
        installation.write(
            "good.md",
            "# Good\n\nThe lighthouse stands on the northern cape.\n",
        );
        let kept = Self { installation };
        let notes = kept.installation.notes();
        kept.json(0, &["add", notes.to_str().expect("a plain name")]);
        kept.json(0, &["index"]);
        kept
    }

    /// Runs a command that ends with this code, and reads its JSON.
    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let output = self
            .installation
            .command(&[arguments, &["--json"]].concat())
            .env(
                "RUSHLIGHT_MODELS_DIR",
                self.installation.dir.path().join("no-models"),
            )
            .output()
            .expect("runs");
        let shown = text(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {shown}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {shown}"))
    }

    fn error(&self, code: i32, arguments: &[&str]) -> String {
        let reply = self.json(code, arguments);
        reply["error"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("{reply}"))
            .to_owned()
    }

    /// A file's path as an argument.
    fn file(&self, name: &str) -> String {
        let path = self.installation.dir.path().join(name);
        path.to_str().expect("a plain name").to_owned()
    }
}

#[test]
fn an_answer_is_kept_verified_and_asked_again() {
    let kept = Kept::new();
    let asked = kept.json(0, &["ask", "--keep", QUESTION]);
    assert_eq!(asked["answer"]["grounding"], "grounded", "{asked}");
    let id = |name: &str| asked[name].as_str().expect("an id").to_owned();
    let (conversation, receipt) = (id("conversation"), id("receipt"));
    let file = kept.file("receipt.json");
    kept.json(0, &["receipt", "export", &receipt, &file]);
    assert_eq!(
        kept.error(1, &["receipt", "export", &receipt, &file]),
        "path_unsuitable",
        "nothing is written over"
    );
    let shown = kept.json(0, &["receipt", "show", &receipt]);
    assert_eq!(shown["question"], QUESTION);
    let check = kept.json(0, &["receipt", "verify", &file]);
    assert_eq!(check["holds"], true, "{check}");
    let replay = kept.json(0, &["receipt", "replay", &file]);
    assert_eq!(
        (&replay["same"], &replay["changes"]),
        (&true.into(), &Value::Array(Vec::new()))
    );

    kept.installation.write(
        "good.md",
        "# Good\n\nIt was moved.\n\nThe lighthouse stands on the southern cape.\n",
    );
    let check = kept.json(3, &["receipt", "verify", &file]);
    assert_eq!(check["citations"][0]["document"], "not_indexed", "{check}");
    kept.json(0, &["index"]);
    let check = kept.json(3, &["receipt", "verify", &file]);
    assert_eq!(check["citations"][0]["document"], "changed", "{check}");
    assert_eq!(check["citations"][0]["found"], Value::Null);
    let replay = kept.json(3, &["receipt", "replay", &file]);
    assert_eq!(replay["same"], false);
    assert!(
        replay["now"]["text"]
            .as_str()
            .is_some_and(|text| text.contains("southern"))
    );

    let again = kept.json(0, &["ask", "--conversation", &conversation, QUESTION]);
    assert_eq!(again["conversation"].as_str(), Some(conversation.as_str()));
    let listed = kept.json(0, &["conversations", "--search", "LIGHTHOUSE northern"]);
    assert_eq!(listed["conversations"][0]["turns"], 2, "{listed}");
    kept.json(0, &["conversations", "rename", &conversation, "燈塔"]);
    let shown = kept.json(0, &["conversations", "show", &conversation]);
    assert_eq!(
        (&shown["title"], &shown["turns"][0]["receipt"]),
        (&"燈塔".into(), &receipt.as_str().into())
    );
    let markdown = kept.file("conversation.md");
    kept.json(0, &["conversations", "export", &conversation, &markdown]);
    let markdown = std::fs::read_to_string(markdown).expect("was written");
    assert!(markdown.starts_with("# 燈塔\n"), "{markdown}");
    kept.json(0, &["conversations", "delete", &conversation]);
    assert_eq!(kept.error(1, &["receipt", "show", &receipt]), "receipt_not_found");
}

#[test]
fn what_is_no_receipt_or_no_conversation_is_told() {
    let kept = Kept::new();
    let written = |name: &str, content: &[u8]| {
        let file = kept.file(name);
        std::fs::write(&file, content).expect("written");
        file
    };
    let newer = written("newer.json", br#"{"receipt": 2}"#);
    let prose = written("prose.txt", b"certainly not JSON");
    let binary = written("binary", &[0xff, 0xfe, 0, 0]);
    let other = written("other.json", br#"{"name": "something else"}"#);
    let nowhere = kept.file("nowhere.json");
    let folder = kept.file("notes");
    let long = "茶".repeat(100_000 / 3);
    let title = "a".repeat(10_000);
    let rows: Vec<(Vec<&str>, &str)> = vec![
        (vec!["receipt", "verify", &newer], "receipt_too_new"),
        (vec!["receipt", "replay", &newer], "receipt_too_new"),
        (vec!["receipt", "verify", &prose], "receipt_invalid"),
        (vec!["receipt", "verify", &binary], "receipt_invalid"),
        (vec!["receipt", "verify", &other], "receipt_invalid"),
        (vec!["receipt", "verify", &nowhere], "path_not_found"),
        (vec!["receipt", "verify", &folder], "path_unsuitable"),
        (vec!["receipt", "show", "5f0c"], "receipt_not_found"),
        (vec!["receipt", "export", "5f0c", &nowhere], "receipt_not_found"),
        (vec!["conversations", "--search", ""], "query_empty"),
        (vec!["conversations", "--search", &long], "question_too_long"),
        (vec!["conversations", "show", "7"], "conversation_not_found"),
        (vec!["conversations", "delete", "seven"], "invalid_id"),
        (vec!["conversations", "rename", "7", ""], "invalid_request"),
        (vec!["conversations", "rename", "7", &title], "invalid_request"),
        (
            vec!["ask", "--conversation", "7", QUESTION],
            "conversation_not_found",
        ),
    ];
    for (arguments, code) in rows {
        assert_eq!(kept.error(1, &arguments), code, "{:.40}", arguments.join(" "));
    }
    assert!(!std::path::Path::new(&nowhere).exists());
}
