//! `rushlight add`: a folder becomes a source.

use std::process::ExitCode;
use std::sync::Arc;

use rushlight_core::{Error, ErrorCode, Result};
use serde::Serialize;

use super::NoReporter;
use crate::args::AddArgs;
use crate::context::{Context, absolute};
use crate::output::{Output, style};
use crate::wiring::Wiring;

#[derive(Serialize)]
struct Added {
    id: i64,
    root: String,
    space: String,
}

pub(crate) fn run(
    args: &AddArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    if args.space.trim().is_empty() {
        return Err(Error::new(ErrorCode::InvalidRequest, "the space has no name")
            .with_hint("give one with --space NAME"));
    }
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let path = absolute(&args.path)?;
    let root = path.to_str().ok_or_else(|| {
        Error::new(
            ErrorCode::PathUnsuitable,
            format!("the folder's name is not UTF-8: `{}`", args.path.display()),
        )
    })?;
    let record = open.engine.add_source(root, args.space.trim())?;
    if output.is_json() {
        output.json(&Added {
            id: record.id.0,
            root: record.root,
            space: record.space,
        });
        return Ok(ExitCode::SUCCESS);
    }
    let title = style::TITLE;
    output.line(format!(
        "added {title}{}{title:#} to the space {title}{}{title:#}",
        record.root, record.space
    ));
    output.line("`rushlight index` reads it now, `rushlight serve` reads and follows it");
    Ok(ExitCode::SUCCESS)
}
