//! `rushlight config`: every value and where it comes from.

use std::process::ExitCode;

use rushlight_config::DEFAULT_TOML;
use rushlight_core::Result;
use serde::Serialize;

use crate::args::ConfigCommand;
use crate::context::Context;
use crate::output::{Output, style};

#[derive(Serialize)]
struct Shown<'a> {
    key: &'a str,
    value: &'a str,
    origin: String,
}

pub(crate) fn run(command: &ConfigCommand, context: &Context, output: &Output) -> Result<ExitCode> {
    match command {
        ConfigCommand::Default => output.line(DEFAULT_TOML.trim_end()),
        ConfigCommand::Show if output.is_json() => {
            let shown = |value: &'_ rushlight_config::ResolvedValue| value.origin.to_string();
            let values: Vec<_> = context
                .resolved
                .iter()
                .map(|value| Shown {
                    key: &value.key,
                    value: &value.value,
                    origin: shown(value),
                })
                .collect();
            output.json(&values);
        }
        ConfigCommand::Show => {
            let faint = style::FAINT;
            let width = context
                .resolved
                .iter()
                .map(|value| value.key.len() + value.value.len() + 3)
                .max()
                .unwrap_or(0);
            for value in &context.resolved {
                let pair = format!("{} = {}", value.key, value.value);
                output.line(format!("{pair:width$}  {faint}{}{faint:#}", value.origin));
            }
            output.line(format!(
                "\n{faint}data in {}{faint:#}",
                context.paths.data.display()
            ));
            output.line(format!(
                "{faint}models in {}{faint:#}",
                context.paths.models.display()
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}
