//! Errors of TOML files, with the line.

use std::path::Path;

use rushlight_core::{Error, ErrorCode};

/// The line of a byte of a text, from one.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    let before = &text.as_bytes()[..byte.min(text.len())];
    before.iter().filter(|b| **b == b'\n').count() + 1
}

/// What the TOML reader found, in one line.
pub(crate) fn toml_error(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let what = error.message().replace('\n', ", ");
    let place = match error.span() {
        Some(span) => format!("line {} of `{}`", line_of(text, span.start), path.display()),
        None => format!("`{}`", path.display()),
    };
    Error::new(ErrorCode::FileBroken, format!("{place}: {what}"))
        .with_hint("docs/evaluation.md shows what a set looks like")
}

/// What is wrong on a line.
pub(crate) fn on_line(path: &Path, line: usize, what: &str) -> Error {
    Error::new(
        ErrorCode::FileBroken,
        format!("line {line} of `{}`: {what}", path.display()),
    )
    .with_hint("docs/evaluation.md shows what a set looks like")
}
