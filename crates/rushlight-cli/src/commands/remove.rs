//! `rushlight remove`: a folder is forgotten.

use std::process::ExitCode;
use std::sync::Arc;

use rushlight_core::Result;
use serde::Serialize;

use super::NoReporter;
use crate::args::RemoveArgs;
use crate::context::Context;
use crate::output::Output;
use crate::wiring::Wiring;

#[derive(Serialize)]
struct Removed {
    id: i64,
    root: String,
}

pub(crate) fn run(
    args: &RemoveArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let record = open.find_source(&args.source)?;
    open.engine.remove_source(record.id)?;
    if output.is_json() {
        output.json(&Removed {
            id: record.id.0,
            root: record.root,
        });
    } else {
        output.line(format!("forgot {}; its files are untouched", record.root));
    }
    Ok(ExitCode::SUCCESS)
}
