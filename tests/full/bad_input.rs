//! What cannot be used gets an error or a state a person can act on, and nothing else is lost.

use std::process::Command;

use serde_json::Value;

use crate::binary::{Installation, models_are_installed, text};
use crate::serve::Server;

/// A folder with one good note, indexed by word only.
fn without_models() -> Installation {
    let installation = Installation::new();
    std::fs::create_dir(installation.dir.path().join("no-models")).expect("a folder");
    installation.write(
        "good.md",
        "# Good\n\nThe lighthouse stands on the northern cape.\n",
    );
    installation
}

impl Installation {
    /// Runs without any model.
    fn bare(&self, arguments: &[&str]) -> std::process::Output {
        self.command(arguments)
            .env("RUSHLIGHT_MODELS_DIR", self.dir.path().join("no-models"))
            .output()
            .expect("runs")
    }

    fn bare_json(&self, arguments: &[&str]) -> Value {
        let output = self.bare(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output)))
    }

    /// Indexes, and returns state and code of the file of this name.
    fn state_of(&self, name: &str) -> (String, String) {
        self.bare(&["add", self.notes().to_str().expect("a plain name")]);
        let indexed = self.bare_json(&["index"]);
        let counts = &indexed["counts"];
        let count = |name: &str| counts[name].as_u64().unwrap_or_else(|| panic!("{indexed}"));
        assert_eq!(
            count("seen"),
            count("indexed") + count("skipped") + count("failed") + count("waiting")
        );
        let hits = self.bare_json(&["search", "lighthouse"]);
        assert!(
            hits["hits"][0]["path"]
                .as_str()
                .is_some_and(|path| path.ends_with("good.md")),
            "the good note is found: {hits}"
        );
        let problems = self.bare_json(&["status", "--problems"]);
        let problem = problems["problems"]
            .as_array()
            .and_then(|list| list.iter().find(|problem| problem["path"].as_str() == Some(name)));
        let Some(problem) = problem else {
            return ("indexed".to_owned(), String::new());
        };
        assert!(!problem["message"].as_str().unwrap_or_default().is_empty());
        (
            problem["status"].as_str().expect("a state").to_owned(),
            problem["code"].as_str().expect("a code").to_owned(),
        )
    }
}

fn state(status: &str, code: &str) -> (String, String) {
    (status.to_owned(), code.to_owned())
}

#[test]
fn paths_that_cannot_be_added() {
    let installation = without_models();
    let (code, error) = installation.fails(&["add", "/nowhere/at/all"]);
    assert_eq!((code, &error["code"]), (1, &Value::from("path_not_found")));
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|message| message.contains("/nowhere/at/all"))
    );
    let file = installation.notes().join("good.md");
    let (code, error) = installation.fails(&["add", file.to_str().expect("plain")]);
    assert_eq!((code, &error["code"]), (1, &Value::from("path_unsuitable")));
    installation.add_notes("personal");
    installation.write("below/x.md", "x");
    for nested in [
        installation.notes(),
        installation.notes().join("below"),
        installation.dir.path().to_owned(),
    ] {
        let (code, error) = installation.fails(&["add", nested.to_str().expect("plain")]);
        assert_eq!(
            (code, &error["code"]),
            (1, &Value::from("source_exists")),
            "{error}"
        );
    }
    let (code, error) = installation.fails(&["remove", "99"]);
    assert_eq!((code, &error["code"]), (1, &Value::from("source_not_found")));
}

#[test]
fn files_that_hold_nothing_to_index() {
    let installation = without_models();
    installation.write("empty.md", "");
    assert_eq!(installation.state_of("empty.md"), state("skipped", "empty"));
    let installation = without_models();
    installation.write("blank.txt", " \n\t\n　\n");
    assert_eq!(installation.state_of("blank.txt"), state("skipped", "no_text"));
    let installation = without_models();
    installation.write("binary.md", (0u8..=255).cycle().take(5000).collect::<Vec<_>>());
    assert_eq!(installation.state_of("binary.md"), state("skipped", "binary"));
}

#[test]
fn pdfs_that_cannot_be_read() {
    let installation = without_models();
    installation.write(
        "broken.pdf",
        "%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nthis is where it ends",
    );
    let (status, code) = installation.state_of("broken.pdf");
    assert_eq!(status, "failed");
    assert!(
        ["file_broken", "parser_failed"].contains(&code.as_str()),
        "{code}"
    );
}

#[test]
fn an_encrypted_pdf_says_so() {
    let data = std::env::var_os("RUSHLIGHT_DATA")
        .map(std::path::PathBuf::from)
        .unwrap_or_default();
    let manifest = data.join("pdf-suites/manifest.jsonl");
    let Ok(manifest) = std::fs::read_to_string(&manifest) else {
        println!("skipped: RUSHLIGHT_DATA has no pdf-suites");
        return;
    };
    let entries = manifest
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let with_password = |entry: &Value| {
        entry["password"]
            .as_str()
            .is_some_and(|password| !password.is_empty())
    };
    let mut seen = 0;
    let installation = without_models();
    for entry in entries.filter(with_password) {
        let file = entry["file"].as_str().expect("a file");
        let bytes = std::fs::read(data.join("pdf-suites").join(file)).expect("the file");
        installation.write(&format!("secret{seen}.pdf"), bytes);
        seen += 1;
    }
    assert!(seen > 3, "the set has files with a password: {seen}");
    for number in 0..seen {
        let name = format!("secret{number}.pdf");
        assert_eq!(
            installation.state_of(&name),
            state("failed", "file_encrypted"),
            "{name}"
        );
    }
}

#[test]
fn a_mail_with_a_broken_charset_is_kept() {
    let installation = without_models();
    let mut mail = b"From: a@example.org\r\nSubject: broken\r\nContent-Type: text/plain; charset=x-unheard-of\r\n\r\nThe ferry leaves at noon ".to_vec();
    mail.extend([0xff, 0xfe, 0x81, b'.', b'\r', b'\n']);
    installation.write("broken.eml", mail);
    let (status, _) = installation.state_of("broken.eml");
    assert!(["warning", "indexed"].contains(&status.as_str()), "{status}");
    let hits = installation.bare_json(&["search", "ferry"]);
    assert!(
        hits["hits"][0]["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("broken.eml")),
        "{hits}"
    );
}

#[test]
fn odd_names_and_loops_are_no_obstacle() {
    let installation = without_models();
    installation.write(
        "a folder/with 🍵 and 空格/note one.md",
        "# Odd\n\nThe marmalade is in the cellar.\n",
    );
    #[cfg(unix)]
    std::os::unix::fs::symlink(installation.notes(), installation.notes().join("loop")).expect("a link");
    installation.state_of("good.md");
    let hits = installation.bare_json(&["search", "marmalade"]);
    assert_eq!(hits["hits"].as_array().map(Vec::len), Some(1), "{hits}");
    assert!(
        hits["hits"][0]["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("with 🍵 and 空格/note one.md"))
    );
}

#[test]
fn a_file_of_two_hundred_megabytes_is_indexed_or_skipped_with_its_reason() {
    let installation = without_models();
    let line = "The barometer fell and the harbour closed for the night.\n";
    installation.write("large.txt", line.repeat((200 << 20) / line.len() + 1));
    let (status, code) = installation.state_of("large.txt");
    // 256 MiB is the default cap, so it is read; a lower one skips it visibly.
    assert_eq!((status.as_str(), code.as_str()), ("indexed", ""));
    let hits = installation.bare_json(&["search", "barometer"]);
    assert!(
        hits["hits"][0]["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("large.txt"))
    );
}

#[test]
fn a_file_above_the_cap_is_skipped() {
    let installation = without_models();
    installation.write("large.txt", "word ".repeat(600_000));
    let config = installation.dir.path().join("config.toml");
    std::fs::write(&config, "[index]\nmax_file_mb = 1\n").expect("a configuration");
    installation.add_notes("personal");
    installation.bare(&["--config", config.to_str().expect("plain"), "index"]);
    let problems = installation.bare_json(&["status", "--problems"]);
    assert_eq!(problems["problems"][0]["code"], "too_large", "{problems}");
}

#[test]
#[cfg(target_os = "linux")]
fn an_unreadable_file_fails_alone() {
    use std::os::unix::fs::PermissionsExt;
    let installation = without_models();
    installation.write("locked.md", "# Locked\n\nNobody reads this.\n");
    let locked = installation.notes().join("locked.md");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0)).expect("mode 0");
    installation.add_notes("personal");
    // Root reads everything unless it gives up the right to.
    let inner = installation.command(&["index", "--json"]);
    let mut command = match std::fs::read(&locked) {
        Err(_) => inner,
        Ok(_) => {
            let mut outer = Command::new("setpriv");
            outer.args(["--bounding-set=-dac_override,-dac_read_search", "--"]);
            outer
                .arg(inner.get_program())
                .args(inner.get_args())
                .env("HOME", installation.dir.path());
            outer
        }
    };
    let output = command
        .env("RUSHLIGHT_MODELS_DIR", installation.dir.path().join("no-models"))
        .output();
    let output = output.expect("setpriv of util-linux runs");
    let indexed: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output)));
    assert_eq!(
        (&indexed["counts"]["indexed"], &indexed["counts"]["failed"]),
        (&Value::from(1), &Value::from(1))
    );
    let problems = installation.bare_json(&["status", "--problems"]);
    assert_eq!(problems["problems"][0]["code"], "file_unreadable", "{problems}");
    assert_eq!(problems["problems"][0]["retryable"], true);
}

#[test]
fn a_second_process_is_told_who_has_the_data() {
    let installation = without_models();
    let server = Server::start(&installation);
    let (code, error) = installation.fails(&["status"]);
    assert_eq!((code, &error["code"]), (2, &Value::from("data_dir_locked")));
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.chars().any(|c| c.is_ascii_digit()),
        "the pid is named: {message}"
    );
    assert_eq!(server.get("/api/v1/status").0, 200, "the first one goes on");
}

#[test]
fn a_port_that_is_taken() {
    let (one, other) = (without_models(), without_models());
    let server = Server::start(&one);
    let (code, error) = other.fails(&["serve", "--port", &server.port.to_string()]);
    assert_eq!(
        (code, &error["code"]),
        (2, &Value::from("port_in_use")),
        "{error}"
    );
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|message| message.contains(&server.port.to_string()))
    );
}

#[test]
fn another_address_is_refused() {
    let (code, error) = without_models().fails(&["serve", "--host", "0.0.0.0", "--port", "0"]);
    assert_eq!((code, &error["code"]), (1, &Value::from("bind_not_loopback")));
}

#[test]
fn without_models_words_still_find() {
    let installation = without_models();
    installation.add_notes("personal");
    let indexed = installation.bare_json(&["index"]);
    assert!(
        indexed["embedding_error"]
            .as_str()
            .is_some_and(|why| why.contains("not installed")),
        "{indexed}"
    );
    let reply = installation.bare_json(&["search", "lighthouse"]);
    assert_eq!(reply["degraded"][0]["leg"], "semantic");
    assert_eq!(reply["hits"].as_array().map(Vec::len), Some(1));
    let answer = installation.bare_json(&["ask", "Where does the lighthouse stand?"]);
    assert_eq!(answer["model"], "");
    assert!(
        answer["citations"][0]["quote"]
            .as_str()
            .is_some_and(|quote| quote.contains("northern cape")),
        "{answer}"
    );
}

#[test]
fn a_model_that_is_not_the_right_file_is_refused() {
    if !models_are_installed() {
        return;
    }
    let installation = without_models();
    let models = installation.dir.path().join("no-models");
    let folder = models.join("qwen2.5-coder-1.5b-instruct-q4_k_m");
    std::fs::create_dir(&folder).expect("a folder");
    let name = installation.json(&["models", "path", "qwen2.5-coder-1.5b-instruct-q4_k_m"]);
    let original = std::path::PathBuf::from(name.as_str().expect("a path"));
    std::fs::write(
        folder.join(original.file_name().expect("a name")),
        b"GGUF and then nothing",
    )
    .expect("written");
    let output = installation.bare(&["models", "verify", "qwen2.5-coder-1.5b-instruct-q4_k_m", "--json"]);
    let reply: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(reply["error"]["code"], "model_corrupt", "{reply}");
    let message = reply["error"]["message"].as_str().expect("a message");
    assert!(
        message.contains("1117320768") && message.contains("21"),
        "expected and found are named: {message}"
    );
    assert_eq!(output.status.code(), Some(2));

    installation.add_notes("personal");
    installation.bare(&["index"]);
    let reply = installation.bare_json(&["ask", "Where does the lighthouse stand?"]);
    assert_eq!(reply["error"]["code"], "model_corrupt", "it is not used: {reply}");
}

#[test]
fn a_question_of_a_hundred_thousand_characters() {
    let installation = without_models();
    installation.add_notes("personal");
    installation.bare(&["index"]);
    let long = "why ".repeat(25_000);
    for command in ["ask", "search"] {
        let (code, error) = installation.fails(&[command, &long]);
        assert_eq!(
            (code, &error["code"]),
            (1, &Value::from("question_too_long")),
            "{command}"
        );
    }
    let (_, error) = installation.fails(&["search", "  "]);
    assert_eq!(error["code"], "query_empty");
}

#[test]
fn options_that_cannot_be_used() {
    let installation = without_models();
    let config = installation.dir.path().join("config.toml");
    std::fs::write(&config, "[server]\nprot = 1\n").expect("a configuration");
    let (code, error) = installation.fails(&["--config", config.to_str().expect("plain"), "status"]);
    assert_eq!((code, &error["code"]), (1, &Value::from("invalid_config")));
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|message| message.contains("server.prot")),
        "{error}"
    );
    let (_, error) = installation.fails(&["models", "path", "no-such-model"]);
    assert_eq!(error["code"], "model_unknown");
    let (_, error) = installation.fails(&["search", "x", "--space", "nowhere"]);
    assert_eq!(error["code"], "space_not_found");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_loses_nothing() {
    let installation = without_models();
    for number in 0..200 {
        let text = format!(
            "# Note {number}\n\n{}",
            format!("Pebble {number} in the estuary. ").repeat(400)
        );
        installation.write(&format!("n{number}.md"), text);
    }
    std::fs::create_dir(installation.data()).expect("the data directory");
    let script = r#"
        mount -t tmpfs -o size=3m tmpfs "$DATA" || exit 97
        "$BIN" --data-dir "$DATA" add "$NOTES" --space personal >/dev/null || exit 96
        "$BIN" --data-dir "$DATA" index --json
        mount -o remount,size=300m "$DATA" || exit 95
        "$BIN" --data-dir "$DATA" index --json >/dev/null || exit 94
        "$BIN" --data-dir "$DATA" verify --json
        "$BIN" --data-dir "$DATA" status --json
    "#;
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "--", "sh", "-c", script])
        .env("BIN", env!("CARGO_BIN_EXE_rushlight"))
        .env("DATA", installation.data())
        .env("NOTES", installation.notes())
        .env("HOME", installation.dir.path())
        .env("RUSHLIGHT_MODELS_DIR", installation.dir.path().join("no-models"))
        .output()
        .expect("unshare runs");
    if output.status.code() == Some(97) || String::from_utf8_lossy(&output.stderr).contains("unshare failed")
    {
        println!("skipped: mounting a small disk is not allowed here");
        return;
    }
    let shown = text(&output);
    assert!(output.status.success(), "{shown}");
    let replies: Vec<Value> = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .map(|reply| reply.expect("JSON"))
        .collect();
    assert_eq!(replies[0]["error"]["code"], "disk_full", "{shown}");
    assert_eq!(replies[1]["sound"], true, "{shown}");
    assert_eq!(replies[2]["counts"]["indexed"], 201, "{shown}");
}
