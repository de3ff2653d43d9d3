//! `rushlight pause` and `rushlight resume`: a folder's files wait, or go on.

use std::process::ExitCode;
use std::sync::Arc;

use rushlight_core::Result;
use serde::Serialize;

use super::NoReporter;
use crate::args::PauseArgs;
use crate::context::Context;
use crate::output::Output;
use crate::wiring::Wiring;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Pause,
    Resume,
}

#[derive(Serialize)]
struct Paused {
    folders: Vec<String>,
    paused: bool,
}

pub(crate) fn run(
    args: &PauseArgs,
    verb: Verb,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let sources = match &args.source {
        Some(named) => vec![open.find_source(named)?],
        None => open.engine.ledger().sources()?,
    };
    for source in &sources {
        match verb {
            Verb::Pause => open.engine.pause(Some(source.id))?,
            Verb::Resume => open.engine.resume(Some(source.id))?,
        }
    }
    let folders: Vec<String> = sources.into_iter().map(|source| source.root).collect();
    if output.is_json() {
        output.json(&Paused {
            folders,
            paused: verb == Verb::Pause,
        });
        return Ok(ExitCode::SUCCESS);
    }
    for folder in folders {
        output.line(match verb {
            Verb::Pause => format!("{folder} is paused; what is indexed of it stays searchable"),
            Verb::Resume => format!("{folder} goes on; `rushlight index` or `rushlight serve` reads it"),
        });
    }
    Ok(ExitCode::SUCCESS)
}
