//! `rushlight status`: what is searchable and what is not, and why.

use std::process::ExitCode;
use std::sync::Arc;

use rushlight_api as api;
use rushlight_core::Result;

use super::NoReporter;
use crate::args::StatusArgs;
use crate::context::Context;
use crate::output::{Output, bytes, count, style, thousands};
use crate::shapes;
use crate::wiring::Wiring;

/// Problems read from the ledger at once.
const PAGE: usize = 500;

pub(crate) fn run(
    args: &StatusArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    if args.problems {
        let problems = problems(open.engine.ledger())?;
        match output.is_json() {
            true => output.json(&problems),
            false => print_problems(&problems, output),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let status = shapes::status(&open.engine.status()?);
    match output.is_json() {
        true => output.json(&status),
        false => print(&status, context, output),
    }
    Ok(ExitCode::SUCCESS)
}

fn problems(ledger: &rushlight_ledger::Ledger) -> Result<api::Problems> {
    let mut found = api::Problems::default();
    let mut offset = 0;
    loop {
        let page = ledger.problem_files(None, PAGE, offset)?;
        found.total = page.total;
        if page.items.is_empty() {
            return Ok(found);
        }
        offset += page.items.len();
        found
            .problems
            .extend(page.items.iter().flat_map(shapes::problems));
    }
}

fn print_problems(problems: &api::Problems, output: &Output) {
    if problems.problems.is_empty() {
        output.line("every file is searchable in full");
    }
    for problem in &problems.problems {
        let word = match problem.status {
            api::ProblemStatus::Skipped => "skipped",
            api::ProblemStatus::Failed => "failed ",
            api::ProblemStatus::Warning => "warning",
        };
        let style = if problem.status == api::ProblemStatus::Failed {
            style::BAD
        } else {
            style::MARK
        };
        output.line(format!(
            "{style}{word}{style:#} {}: {}",
            problem.path, problem.message
        ));
        if !problem.hint.is_empty() {
            output.line(format!("        {}", problem.hint));
        }
    }
}

fn print(status: &api::Status, context: &Context, output: &Output) {
    let (title, faint, bad) = (style::TITLE, style::FAINT, style::BAD);
    if status.sources.is_empty() {
        output.line("no folder is indexed yet; `rushlight add FOLDER --space NAME` adds one");
    }
    for source in &status.sources {
        let offline = if source.online {
            String::new()
        } else {
            format!("  {bad}not there{bad:#}")
        };
        let paused = if source.paused { "  paused" } else { "" };
        output.line(format!(
            "{}. {title}{}{title:#}  {faint}{}{faint:#}{offline}{paused}",
            source.id, source.root, source.space
        ));
        let counts = source.counts;
        output.line(format!(
            "   {} seen: {} indexed, {} skipped, {} failed, {} waiting",
            count(counts.seen, "file"),
            thousands(counts.indexed),
            thousands(counts.skipped),
            thousands(counts.failed),
            thousands(counts.waiting)
        ));
        if !source.notice.is_empty() {
            output.line(format!("   {}", source.notice));
        }
    }
    for space in &status.spaces {
        output.line(format!(
            "\nspace {title}{}{title:#}: {}, {} of text, {} of {} searchable by meaning",
            space.name,
            count(space.documents, "document"),
            bytes(space.text_bytes),
            thousands(space.chunks_embedded),
            count(space.chunks, "passage")
        ));
    }
    if let Some(line) = scans(&status.scans) {
        output.line(format!("\n{line}"));
    }
    output.line(format!(
        "\n{faint}data in {}{faint:#}",
        context.paths.data.display()
    ));
    if status.counts.skipped + status.counts.failed > 0 {
        output.line(format!(
            "{faint}`rushlight status --problems` says why files were skipped or failed{faint:#}"
        ));
    }
}

/// What there is to say of scanned pages, if there are any.
pub(crate) fn scans(scans: &api::Scans) -> Option<String> {
    let api::Scans {
        read,
        waiting,
        unreadable,
        recogniser,
    } = scans;
    if read + waiting + unreadable == 0 {
        return None;
    }
    let mut line = format!(
        "scanned pages: {} recognised, {} waiting, {} unreadable",
        thousands(*read),
        thousands(*waiting),
        thousands(*unreadable)
    );
    if *waiting > 0 {
        match recogniser {
            None => line.push_str("; text recognition is switched off (`index.ocr`)"),
            Some(model) if matches!(model.state, api::ModelState::Missing) => {
                line.push_str("; `rushlight models install` brings the model that reads them");
            }
            Some(model) if matches!(model.state, api::ModelState::Failed) => {
                line.push_str(&format!("; {}", model.message));
            }
            Some(_) => {}
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanned_pages_are_counted_and_the_missing_model_named() {
        let model = api::Model {
            id: "ocr".to_owned(),
            state: api::ModelState::Missing,
            message: String::new(),
        };
        let some = api::Scans {
            read: 1200,
            waiting: 3,
            unreadable: 1,
            recogniser: Some(model),
        };
        assert_eq!(
            scans(&some).as_deref(),
            Some(
                "scanned pages: 1,200 recognised, 3 waiting, 1 unreadable; `rushlight models install` brings the \
                 model that reads them"
            )
        );
        assert_eq!(scans(&api::Scans::default()), None);
    }
}
