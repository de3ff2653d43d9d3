//! `rushlight eval`: how well questions with known answers are found, and how well they are answered.

mod answers;
mod library;
mod set;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use indicatif::ProgressBar;
use rushlight_core::{Error, ErrorCode, Principal, Result};
use rushlight_eval::answers::is_answer_recipe;
use rushlight_eval::{EvalProgress, QuestionSet, Run, ask, compare, is_recipe};

use super::NoReporter;
use crate::args::EvalArgs;
use crate::context::Context;
use crate::output::{Output, count};
use crate::progress::bar;
use crate::service::judgements_as_set;
use crate::wiring::Wiring;

pub(crate) fn run(
    args: &EvalArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    if let Some(file) = &args.export_judgements {
        return export_judgements(file, context, wiring, output);
    }
    if args.answers {
        return answers::run(args, context, wiring, output);
    }
    // Whatever cannot be compared is refused before anything is measured.
    let old = args.compare.first().map(|old| Run::load(old)).transpose()?;
    let run = match (&args.set, args.compare.get(1)) {
        (Some(set), None) => measure(set, args, context, wiring, output)?,
        (None, Some(new)) => Run::load(new)?,
        (Some(_), Some(_)) => {
            return Err(refuse(
                "both a set to run and a second kept run are given",
                "give one of them",
            ));
        }
        (None, None) => {
            return Err(refuse(
                "there is nothing to compare with",
                "give a set to run, or a second kept run",
            ));
        }
    };
    if let Some(file) = &args.out {
        run.save(file)?;
    }
    match (old, output.is_json()) {
        (None, true) => output.json(&run),
        (None, false) => output.line(run.to_string().trim_end()),
        (Some(old), true) => output.json(&compare(&old, &run)?),
        (Some(old), false) => output.line(compare(&old, &run)?.to_string().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse(message: &str, hint: &str) -> Error {
    Error::new(ErrorCode::InvalidRequest, message).with_hint(hint)
}

/// A folder brings its documents along, and so does a recipe; questions are asked of the user's own index.
fn measure(
    set: &Path,
    args: &EvalArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<Run> {
    if set.is_dir() {
        return set::of_folder(set, args, context, wiring, output);
    }
    let text = read(set)?;
    if is_answer_recipe(&text) {
        return Err(refuse(
            &format!("`{}` is a set of questions to be answered", set.display()),
            "ask it with --answers",
        ));
    }
    if is_recipe(&text) {
        return set::of_recipe(set, &text, args, context, wiring, output);
    }
    let mut questions = QuestionSet::read(set, &text)?;
    questions.questions.truncate(args.limit.unwrap_or(usize::MAX));
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let library = library::OwnLibrary {
        open: &open,
        spaces: &args.spaces,
        candidates: context.config.search.candidates,
    };
    let progress = progress_bar(output);
    let run = ask(&questions, &library, &mut |state| show(&progress, state));
    progress.finish_and_clear();
    run
}

fn read(set: &Path) -> Result<String> {
    std::fs::read_to_string(set).map_err(|cause| {
        let code = match cause.kind() {
            std::io::ErrorKind::NotFound => ErrorCode::PathNotFound,
            std::io::ErrorKind::InvalidData => ErrorCode::FileBroken,
            _ => ErrorCode::FileUnreadable,
        };
        Error::new(code, format!("cannot read `{}`", set.display())).with_source(cause)
    })
}

fn export_judgements(
    file: &Path,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let asker = [Principal::owner()];
    let total = open.engine.ledger().judgements(&asker, None, 1, 0)?.total;
    if total == 0 {
        return Err(refuse(
            "there are no judgements",
            "search on the page and mark what was right, then export",
        ));
    }
    let set = judgements_as_set(&open.engine, &asker)?;
    if file == Path::new("-") {
        output.line(set.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    std::fs::write(file, set).map_err(|cause| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("cannot write `{}`", file.display()),
        )
        .with_source(cause)
        .with_hint("give a file in a folder that can be written to")
    })?;
    match output.is_json() {
        true => output.json(&serde_json::json!({ "file": file, "judgements": total })),
        false => output.line(format!(
            "wrote {} to {}",
            count(total, "judgement"),
            file.display()
        )),
    }
    Ok(ExitCode::SUCCESS)
}

fn progress_bar(output: &Output) -> ProgressBar {
    bar(
        output.draws_progress(),
        "{prefix:>9} {bar:28.yellow} {pos} of {len}",
    )
}

fn show(bar: &ProgressBar, state: EvalProgress) {
    let (name, done, total) = match state {
        EvalProgress::Embedding { done, total } => ("embedding", done, total),
        EvalProgress::Searching { done, total } => ("searching", done, total),
    };
    bar.set_prefix(name);
    bar.set_length(total as u64);
    bar.set_position(done as u64);
}
