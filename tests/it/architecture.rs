//! Who may know whom, as a table. A new dependency between our crates, or a heavy library in another crate than its
//! adapter, fails here first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::Table;

/// Each crate with the crates of ours it may depend on. Adapters are leaves: only the binary names them.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("rushlight-core", &[]),
    ("rushlight-config", &["core"]),
    ("rushlight-ledger", &["core"]),
    ("rushlight-ingest", &["core"]),
    ("rushlight-analysis", &[]),
    ("rushlight-retrieval", &["core", "analysis"]),
    ("rushlight-answer", &["core"]),
    (
        "rushlight-engine",
        &["core", "ledger", "ingest", "retrieval", "answer"],
    ),
    ("rushlight-api", &["core"]),
    ("rushlight-server", &["core", "api"]),
    ("rushlight-eval", &["core", "analysis", "ingest", "retrieval"]),
    ("rushlight-models", &["core"]),
    (
        "rushlight-cli",
        &[
            "core",
            "api",
            "config",
            "engine",
            "eval",
            "ledger",
            "models",
            "retrieval",
            "server",
        ],
    ),
    ("rushlight-testkit", &["core"]),
    // Adapters.
    ("rushlight-watch", &["core"]),
    ("rushlight-parse", &["core", "ocr"]),
    ("rushlight-ocr", &[]),
    ("rushlight-keyword-tantivy", &["core", "analysis"]),
    ("rushlight-vectors-resident", &["core"]),
    ("rushlight-vectors-lance", &["core", "vectors-resident"]),
    ("rushlight-tokens", &["core"]),
    ("rushlight-dictionary", &["core"]),
    ("rushlight-embed-onnx", &["core", "tokens"]),
    ("rushlight-kernels", &[]),
    ("rushlight-llm-candle", &["core", "kernels"]),
    // The binary.
    (
        "rushlight",
        &[
            "core",
            "answer",
            "cli",
            "config",
            "dictionary",
            "engine",
            "ingest",
            "models",
            "parse",
            "watch",
            "keyword-tantivy",
            "vectors-lance",
            "embed-onnx",
            "tokens",
            "llm-candle",
            "testkit",
        ],
    ),
];

/// Heavy libraries and the one crate that may name each.
const HEAVY: &[(&str, &str)] = &[
    ("rusqlite", "rushlight-ledger"),
    ("tantivy", "rushlight-keyword-tantivy"),
    ("lancedb", "rushlight-vectors-lance"),
    ("arrow-array", "rushlight-vectors-lance"),
    ("fastembed", "rushlight-embed-onnx"),
    ("ort", "rushlight-embed-onnx"),
    ("candle-core", "rushlight-llm-candle"),
    ("notify", "rushlight-watch"),
    ("pdf-extract", "rushlight-parse"),
    ("pdf_oxide", "rushlight-parse"),
    ("undoc", "rushlight-parse"),
    ("calamine", "rushlight-parse"),
    ("sevenz-rust2", "rushlight-parse"),
    ("outlook-pst", "rushlight-parse"),
    ("hayro", "rushlight-parse"),
    ("rten", "rushlight-ocr"),
    ("tar", "rushlight-parse"),
    ("axum", "rushlight-server"),
    ("clap", "rushlight-cli"),
];

/// What the vocabulary may know beside the standard library.
const CORE_MAY_KNOW: &[&str] = &["async-trait", "thiserror"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Name of each crate and the names in its `[dependencies]`, those for one platform included.
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for folder in ["crates", "ingest"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the folder exists") {
            let path = entry.expect("an entry").path().join("Cargo.toml");
            let text =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let manifest: Table = text.parse().expect("a manifest is TOML");
            let name = manifest["package"]["name"]
                .as_str()
                .expect("a crate has a name")
                .to_owned();
            let mut names = BTreeSet::new();
            let mut collect = |table: Option<&toml::Value>| {
                let table = table.and_then(toml::Value::as_table);
                names.extend(table.into_iter().flat_map(|table| table.keys().cloned()));
            };
            collect(manifest.get("dependencies"));
            for target in manifest
                .get("target")
                .and_then(toml::Value::as_table)
                .into_iter()
                .flat_map(Table::values)
            {
                collect(target.get("dependencies"));
            }
            found.insert(name, names);
        }
    }
    found
}

#[test]
fn crates_depend_on_what_the_table_allows_and_nothing_else() {
    let allowed: BTreeMap<&str, BTreeSet<String>> = MAY_DEPEND_ON
        .iter()
        .map(|(name, may)| {
            (
                *name,
                may.iter().map(|short| format!("rushlight-{short}")).collect(),
            )
        })
        .collect();
    let manifests = manifests();
    assert_eq!(
        manifests.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        allowed.keys().copied().collect::<BTreeSet<_>>(),
        "the table lists every crate"
    );
    for (name, dependencies) in &manifests {
        let ours: BTreeSet<String> = dependencies
            .iter()
            .filter(|d| d.starts_with("rushlight-"))
            .cloned()
            .collect();
        let surplus: Vec<_> = ours.difference(&allowed[name.as_str()]).collect();
        assert!(surplus.is_empty(), "{name} may not depend on {surplus:?}");
        let unused: Vec<_> = allowed[name.as_str()].difference(&ours).collect();
        assert!(
            unused.is_empty(),
            "{name} no longer depends on {unused:?}: take it out of the table"
        );
    }
}

#[test]
fn heavy_libraries_stay_in_their_adapter() {
    let manifests = manifests();
    for (library, owner) in HEAVY {
        let users: Vec<_> = manifests
            .iter()
            .filter(|(_, d)| d.contains(*library))
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(users, [*owner], "who names {library}");
    }
    for name in &manifests["rushlight-core"] {
        assert!(
            CORE_MAY_KNOW.contains(&name.as_str()),
            "rushlight-core may not know {name}"
        );
    }
}

/// Sources of the libraries: everything but the edges, which may print and read the environment.
fn library_sources() -> Vec<(PathBuf, String)> {
    let edges = ["rushlight", "rushlight-cli"];
    let mut pending: Vec<PathBuf> = manifests()
        .keys()
        .filter(|name| !edges.contains(&name.as_str()))
        .map(|name| ["crates", "ingest"].map(|folder| root().join(folder).join(name).join("src")))
        .flat_map(IntoIterator::into_iter)
        .filter(|path| path.is_dir())
        .collect();
    let mut sources = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("sources are text");
                sources.push((path, text));
            }
        }
    }
    sources
}

#[test]
fn libraries_do_not_read_the_environment() {
    let sources = library_sources();
    assert!(sources.len() > 50, "the sources are found: {}", sources.len());
    for (path, text) in sources {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_test = path
            .components()
            .any(|part| part.as_os_str() == "tests" || part.as_os_str() == "bin")
            || path.file_stem().is_some_and(|stem| stem == "tests");
        for call in ["env::var(", "env::var_os(", "env::vars", "env::home_dir"] {
            assert!(
                is_test || !product.contains(call),
                "{} calls {call}",
                path.display()
            );
        }
    }
}

#[test]
fn every_file_of_this_suite_is_in_it() {
    for suite in ["it", "full"] {
        let folder = root().join("tests").join(suite);
        let main = std::fs::read_to_string(folder.join("main.rs")).expect("the suite has a main.rs");
        for entry in std::fs::read_dir(&folder).expect("the suite is a folder") {
            let name = entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("names are text");
            let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") else {
                continue;
            };
            assert!(
                main.contains(&format!("mod {module};")),
                "tests/{suite}/main.rs lacks `mod {module};`"
            );
        }
    }
}

/// The platform that this is built on, as cargo names it.
fn platform() -> String {
    let output = std::process::Command::new(std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()))
        .arg("-vV")
        .output()
        .expect("rustc runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// Licences whose terms would reach our own code. The file-level copyleft of MPL-2.0 does not.
const COPYLEFT: &[&str] = &["GPL", "EUPL", "OSL", "CDDL", "SSPL", "BUSL"];

#[test]
fn every_dependency_has_a_permissive_licence() {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        // What other platforms need is not here to be asked.
        .args(["--filter-platform", &platform()])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    assert!(packages.len() > 500, "the whole tree is seen: {}", packages.len());
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(licence) = package["license"].as_str() else {
            assert!(package["license_file"].is_string(), "{name} states no licence");
            continue;
        };
        let permissive = licence
            .split(" OR ")
            .flat_map(|choice| choice.split('/'))
            .any(|choice| !COPYLEFT.iter().any(|family| choice.contains(family)));
        assert!(permissive, "{name} is under {licence}");
    }
}
