//! What every session of ONNX Runtime here has in common, and the files it is made of.

use std::fs;
use std::path::Path;

use ort::environment::Environment;
use ort::ep;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use rushlight_core::{Error, ErrorCode, Result};

/// Text beyond so many bytes for each token the model reads cannot matter: the longest piece of a vocabulary has 48
/// bytes. Only runs of hundreds of spaces could, and those say nothing.
pub(crate) const BYTES_PER_TOKEN: usize = 128;

/// Threads that spin while they wait take the processor from the language model.
pub(crate) const SPINNING: (&str, &str) = ("session.intra_op.allow_spinning", "0");

/// Processors without VNNI add products of 8-bit values in 16 bits, which overflow, unless told not to. Others do not read
/// this, so that the results are the same on both.
pub(crate) const PRECISE: (&str, &str) = ("session.x64quantprecision", "1");

/// An arena keeps the longest text's memory for good.
pub(crate) fn without_arena() -> ep::ExecutionProviderDispatch {
    ep::CPU::default().with_arena_allocator(false).build()
}

/// A session of the model in `folder`. `what` names the kind of model in errors.
pub(crate) fn session(
    what: &str,
    folder: &Path,
    environment: &Environment,
    threads: usize,
) -> Result<Session> {
    let model = read(what, folder, "model.onnx")?;
    configured(environment, threads)
        .and_then(|mut builder| builder.commit_from_memory(&model))
        .map_err(|error| unusable(what, folder, "it cannot be loaded").with_source(error.to_string()))
}

fn configured(environment: &Environment, threads: usize) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(environment)?
        .with_execution_providers([without_arena()])?
        .with_optimization_level(GraphOptimizationLevel::Level3)?
        .with_intra_threads(threads)?
        .with_config_entry(SPINNING.0, SPINNING.1)?
        .with_config_entry(PRECISE.0, PRECISE.1)?)
}

/// The beginning of a text, at most `limit` bytes.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// A file of the model.
pub(crate) fn read(what: &str, folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    fs::read(&path).map_err(|error| {
        let message = format!("the {what} is not installed: cannot read `{}`", path.display());
        Error::new(ErrorCode::ModelMissing, message).with_source(error)
    })
}

/// The error of a model that is there and does not serve.
pub(crate) fn unusable(what: &str, folder: &Path, reason: &str) -> Error {
    let message = format!("the {what} in `{}` is unusable: {reason}", folder.display());
    Error::new(ErrorCode::ModelUnusable, message)
}
