//! The binary on a data directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A data directory and a folder beside it.
pub(crate) struct Installation {
    pub(crate) dir: tempfile::TempDir,
    /// The folder of its models, where it is not that of the environment.
    models: Option<PathBuf>,
}

impl Installation {
    pub(crate) fn new() -> Self {
        let installation = Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
            models: None,
        };
        std::fs::create_dir(installation.notes()).expect("a folder for notes");
        installation
    }

    /// One in which no model is installed yet.
    pub(crate) fn without_models() -> Self {
        let mut installation = Self::new();
        installation.models = Some(installation.dir.path().join("models"));
        installation
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The folder to be indexed.
    pub(crate) fn notes(&self) -> PathBuf {
        self.dir.path().join("notes")
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.notes().join(name);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("folders are made");
        std::fs::write(path, content).expect("the file is written");
    }

    /// The binary with this data directory, no configuration of the user's, and nothing of the environment's options
    /// but the models.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rushlight"));
        command.arg("--data-dir").arg(self.data()).args(arguments);
        for (name, _) in std::env::vars_os() {
            let ours = name.to_str().is_some_and(|name| name.starts_with("RUSHLIGHT_"));
            if ours && name != "RUSHLIGHT_MODELS_DIR" {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", self.dir.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME");
        if let Some(models) = &self.models {
            command.env("RUSHLIGHT_MODELS_DIR", models);
        }
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Runs a command that must end well.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        String::from_utf8(output.stdout).expect("output is UTF-8")
    }

    /// Runs a command that must end well, and reads its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"))
    }

    /// Runs a command that must fail, and returns exit code and error.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat());
        let shown = text(&output);
        let code = output
            .status
            .code()
            .unwrap_or_else(|| panic!("{arguments:?} was killed: {shown}"));
        assert_ne!(code, 0, "{arguments:?} must fail: {shown}");
        let reply: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {shown}"));
        (code, reply["error"].clone())
    }

    pub(crate) fn add_notes(&self, space: &str) {
        self.ok(&[
            "add",
            self.notes().to_str().expect("a plain name"),
            "--space",
            space,
        ]);
    }

    /// Paths of what is found, best first.
    pub(crate) fn found(&self, query: &str) -> Vec<String> {
        let reply = self.json(&["search", query]);
        let hits = reply["hits"].as_array().expect("a list of hits");
        hits.iter()
            .map(|hit| hit["path"].as_str().expect("a path").to_owned())
            .collect()
    }

    /// Both indexes hold exactly what the ledger does, and the ledger what the folder does.
    pub(crate) fn assert_sound(&self) {
        let found = self.json(&["verify"]);
        assert_eq!(found["sound"], true, "{found}");
        assert_eq!(found["files_to_update"], 0, "{found}");
    }
}

/// Everything a process printed.
pub(crate) fn text(output: &Output) -> String {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    format!("{}\n{out}{err}", output.status)
}

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the project has a root")
}

/// True when the models are installed; otherwise says that the test is skipped, and why.
pub(crate) fn models_are_installed() -> bool {
    let folder = std::env::var_os("RUSHLIGHT_MODELS_DIR").map(PathBuf::from);
    let there = |id: &str| folder.as_ref().is_some_and(|folder| folder.join(id).is_dir());
    let all = [
        "onnxruntime",
        "multilingual-e5-small-int8",
        "qwen2.5-coder-1.5b-instruct-q4_k_m",
    ]
    .into_iter()
    .all(there);
    if !all {
        println!("skipped: models are not installed in RUSHLIGHT_MODELS_DIR; run `make models`");
    }
    all
}
