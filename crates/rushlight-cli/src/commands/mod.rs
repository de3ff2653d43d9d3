//! One file per command.

mod add;
mod ask;
mod completions;
mod config;
mod conversations;
mod day;
pub(crate) mod doctor;
mod eval;
mod facets;
mod index;
pub(crate) mod models;
mod pause;
mod receipt;
mod related;
mod remove;
mod search;
mod serve;
mod status;
mod taken;
mod verify;

use std::process::ExitCode;

use rushlight_core::Result;

use crate::args::{Cli, Command};
use crate::context::Context;
use crate::output::Output;
use crate::wiring::Wiring;

/// Runs the command.
pub(crate) fn run(cli: &Cli, wiring: &'static dyn Wiring, output: &Output) -> Result<ExitCode> {
    if let Command::ParseWorker = &cli.command {
        return Ok(wiring.parse_worker());
    }
    start_log(cli.globals.verbose);
    let flags = match &cli.command {
        Command::Serve(args) => serve::flags(args),
        _ => Vec::new(),
    };
    let context = || Context::load(&cli.globals, &flags);
    match &cli.command {
        Command::Add(args) => add::run(args, &context()?, wiring, output),
        Command::Remove(args) => remove::run(args, &context()?, wiring, output),
        Command::Index(args) => index::run(args, &context()?, wiring, output),
        Command::Serve(_) => serve::run(&context()?, wiring, output),
        Command::Search(args) => search::run(args, &context()?, wiring, output),
        Command::Links(args) => related::links(args, &context()?, wiring, output),
        Command::Similar(args) => related::similar(args, &context()?, wiring, output),
        Command::Ask(args) => ask::run(args, &context()?, wiring, output),
        Command::Conversations(args) => conversations::run(args, &context()?, wiring, output),
        Command::Receipt(command) => receipt::run(command, &context()?, wiring, output),
        Command::Status(args) => status::run(args, &context()?, wiring, output),
        Command::Verify(args) => verify::run(args, &context()?, wiring, output),
        Command::Pause(args) => pause::run(args, pause::Verb::Pause, &context()?, wiring, output),
        Command::Resume(args) => pause::run(args, pause::Verb::Resume, &context()?, wiring, output),
        Command::Models(command) => models::run(command, &context()?, output),
        Command::Doctor => doctor::run(&context()?, wiring, output),
        Command::Config(command) => config::run(command, &context()?, output),
        Command::Eval(args) => eval::run(args, &context()?, wiring, output),
        Command::Completions { shell } => completions::run(*shell),
        Command::ParseWorker => Ok(ExitCode::SUCCESS),
    }
}

/// The log goes to standard error: warnings of ours, more with `-v`. Text of documents and questions is never in it.
fn start_log(verbose: u8) {
    let filter = match verbose {
        0 => "error,rushlight=warn,lance=error,ort=error",
        1 => "warn,rushlight=info",
        _ => "info,rushlight=debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
}

/// Takes no progress.
pub(crate) struct NoReporter;

impl rushlight_core::Reporter for NoReporter {
    fn report(&self, _event: &rushlight_core::IndexEvent) {}
}
