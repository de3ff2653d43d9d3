//! Taking a model that lies in a folder: a cross-encoder as it is published.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rushlight_core::{Error, ErrorCode, Result};
use serde_json::Value;

use crate::catalogue::{FileSpec, ModelEntry, ModelKind, Source};
use crate::files::{hash_file, io_error};
use crate::install::{InstallPhase, InstallProgress, copy_to, counter, make_empty};
use crate::store::{ModelStore, PARTIAL};

/// The graph, in the folder itself or where hubs put it.
const GRAPHS: [&str; 2] = ["model.onnx", "onnx/model.onnx"];
const TOKENIZER: &str = "tokenizer.json";
/// Says how much the model reads, and what it is.
const CONFIG: &str = "config.json";
/// How the class of such a model ends in `config.json`.
const CLASSIFIER: &str = "ForSequenceClassification";

impl ModelStore {
    /// Takes a reranking model from a folder with `model.onnx` (or `onnx/model.onnx`) and `tokenizer.json`, under `id` or the
    /// folder's name; a `config.json` comes with it. The files are copied; their hashes are recorded. Whether the graph is a
    /// cross-encoder shows when it is loaded. Returns the model's id.
    ///
    /// # Errors
    /// `PathUnsuitable` when a file is missing; `InvalidRequest` when `config.json` says that it is another kind of model,
    /// or for an id that is taken or cannot name a folder; `FileUnreadable`; `DiskFull`; `Busy`; `Cancelled`.
    pub fn add_folder(
        &self,
        folder: &Path,
        id: Option<&str>,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(&InstallProgress),
    ) -> Result<String> {
        let files = files(folder)?;
        let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = name
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut entry = ModelEntry {
            id: self.free_id(id, &name)?,
            kind: ModelKind::Reranker,
            title: name,
            license: String::new(),
            languages: Vec::new(),
            note: "added from a folder".to_owned(),
            context_tokens: 0,
            dimensions: 0,
            platform: String::new(),
            files: Vec::new(),
            sources: vec![Source::File],
        };
        let total = size(&files)?;
        let mut hashed = counter(InstallPhase::Verifying, total, progress);
        for (name, path) in &files {
            let (sha256, size) = hash_file(path, cancel, &mut hashed)?;
            let name = (*name).to_owned();
            entry.files.push(FileSpec { name, size, sha256 });
        }
        drop(hashed);
        let _lock = self.lock(&entry.id)?;
        self.require_space(total)?;
        let ready = self.folder.join(PARTIAL).join(&entry.id).join("ready");
        make_empty(&ready)?;
        let mut copied = counter(InstallPhase::Copying, total, progress);
        for (name, path) in &files {
            copy_to(path, &ready.join(name), &entry.id, cancel, &mut copied)?;
        }
        drop(copied);
        self.put_in_place(&entry, cancel, progress)?;
        Ok(entry.id)
    }
}

/// Bytes of all.
fn size(files: &[(&str, PathBuf)]) -> Result<u64> {
    files.iter().try_fold(0, |sum, (_, path)| {
        let metadata = fs::metadata(path)
            .map_err(|error| io_error(ErrorCode::FileUnreadable, "cannot read", path, error))?;
        Ok(sum + metadata.len())
    })
}

/// The files that are taken, by the names they get.
fn files(folder: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let missing = |name: &str| {
        let message = format!("`{}` has no `{name}`", folder.display());
        Error::new(ErrorCode::PathUnsuitable, message).with_hint(
            "a reranking model is a folder with the `model.onnx` and the `tokenizer.json` of a cross-encoder",
        )
    };
    let graph = GRAPHS
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| missing(GRAPHS[0]))?;
    let tokenizer = folder.join(TOKENIZER);
    if !tokenizer.is_file() {
        return Err(missing(TOKENIZER));
    }
    let mut files = vec![(GRAPHS[0], graph), (TOKENIZER, tokenizer)];
    let config = folder.join(CONFIG);
    if config.is_file() {
        check_config(&config)?;
        files.push((CONFIG, config));
    }
    Ok(files)
}

/// Refuses what says of itself that it is something else; what says nothing is taken.
fn check_config(path: &Path) -> Result<()> {
    let bytes =
        fs::read(path).map_err(|error| io_error(ErrorCode::FileUnreadable, "cannot read", path, error))?;
    let invalid = |message: String| Error::new(ErrorCode::InvalidRequest, message);
    let config: Value = serde_json::from_slice(&bytes)
        .map_err(|error| invalid(format!("`{}` is not JSON", path.display())).with_source(error))?;
    match config["architectures"][0].as_str() {
        Some(class) if !class.ends_with(CLASSIFIER) => Err(invalid(format!(
            "`{}` says that the model is a {class}",
            path.display()
        ))
        .with_hint(format!("a cross-encoder is a …{CLASSIFIER}"))),
        _ => Ok(()),
    }
}
