//! `rushlight completions`.

use std::process::ExitCode;

use clap::CommandFactory;
use rushlight_core::Result;

use crate::args::Cli;

pub(crate) fn run(shell: clap_complete::Shell) -> Result<ExitCode> {
    clap_complete::generate(shell, &mut Cli::command(), "rushlight", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
