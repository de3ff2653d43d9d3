//! The command line: arguments, output, progress, exit codes. One file per command.
//!
//! It is an edge of the program: it reads the environment and prints, and knows no adapter. The binary hands it a
//! [`Wiring`] that puts an engine together.

mod args;
mod commands;
mod context;
pub mod conversations;
pub mod folders;
mod health;
mod markdown;
mod output;
mod progress;
pub mod receipts;
mod related;
mod service;
mod shapes;
mod upkeep;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

pub use args::Cli;
pub use context::Paths;
pub use wiring::{Check, Checked, EngineSetup, IndexParts, Wiring};

/// Runs the command that the process's arguments name.
pub fn run(wiring: &'static dyn Wiring) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap knows the difference.
            let code = if error.use_stderr() { 1 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let output = output::Output::new(&cli.globals);
    match commands::run(&cli, wiring, &output) {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.code().exit_code())
        }
    }
}
