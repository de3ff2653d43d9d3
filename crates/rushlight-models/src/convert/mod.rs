//! From what registries carry to a model's files: cutting one file into several, and the conversion of
//! multilingual-e5-small from its 4-bit file to what ONNX Runtime reads.
//!
//! The word table keeps its 4-bit blocks; the matrices become 8-bit ones, because products of those are computed three
//! times as fast (see `graph`). The same input gives the same bytes, which is why the catalogue can pin the results.

mod base64;
mod charsmap;
mod e5_file;
mod eight_bit;
mod graph;
mod onnx;
mod split;
mod tokenizer;

use std::fs;
use std::path::Path;

use rushlight_core::{Error, ErrorCode, Result};

use crate::files::io_error;
pub(crate) use split::split;

/// Reads `source` (an `e5-small-q4.bin`) and writes `model.onnx`, `tokenizer.json` and `config.json` into `target`,
/// which exists.
///
/// # Errors
/// `ModelCorrupt` when the file is not of the format; what the system says when a file cannot be read or written.
pub fn convert_e5(source: &Path, target: &Path) -> Result<()> {
    let bytes =
        fs::read(source).map_err(|error| io_error(ErrorCode::ModelCorrupt, "cannot read", source, error))?;
    let file = e5_file::E5File::parse(&bytes).map_err(|reason| {
        Error::new(
            ErrorCode::ModelCorrupt,
            format!("`{}` is not an e5 model file: {reason}", source.display()),
        )
    })?;
    let corrupt = |reason: String| {
        Error::new(
            ErrorCode::ModelCorrupt,
            format!("`{}` cannot be converted: {reason}", source.display()),
        )
    };
    let model = graph::build(&file).map_err(corrupt)?;
    write(target, "model.onnx", &prost::Message::encode_to_vec(&model))?;
    write(
        target,
        "tokenizer.json",
        &tokenizer::tokenizer_json(&file).map_err(corrupt)?,
    )?;
    write(target, "config.json", &tokenizer::config_json(&file))
}

fn write(target: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = target.join(name);
    fs::write(&path, bytes).map_err(|error| io_error(ErrorCode::DiskFull, "cannot write", &path, error))
}
