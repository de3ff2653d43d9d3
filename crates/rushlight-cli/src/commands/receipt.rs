//! `rushlight receipt`: what an answer was made from, whether it still holds, and the same question again.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rushlight_api as api;
use rushlight_core::{Error, ErrorCode, Principal, Result};
use rushlight_models::{Catalogue, ModelState, ModelStore};

use super::NoReporter;
use crate::args::ReceiptCommand;
use crate::context::Context;
use crate::output::{Output, style};
use crate::progress::bar;
use crate::receipts;
use crate::wiring::Wiring;

/// Exit code when something no longer holds, or the answer is another.
const DIFFERS: u8 = 3;
/// A receipt has some kilobytes; what is larger is not read.
const MAX_BYTES: u64 = 16 << 20;

pub(crate) fn run(
    command: &ReceiptCommand,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let asker = vec![Principal::owner()];
    match command {
        ReceiptCommand::Show { id } => {
            let open = context.open(wiring, Arc::new(NoReporter))?;
            let receipt = receipts::kept(&open.engine, &asker, id)?;
            match output.is_json() {
                true => output.json(&receipt),
                false => show(&receipt, output),
            }
        }
        ReceiptCommand::Export { id, file } => {
            let open = context.open(wiring, Arc::new(NoReporter))?;
            let receipt = receipts::kept(&open.engine, &asker, id)?;
            write_new(file, &format!("{}\n", receipt.to_json()))?;
            match output.is_json() {
                true => output.json(&receipt),
                false => output.line(format!(
                    "receipt {} is written to `{}`",
                    receipt.id,
                    file.display()
                )),
            }
        }
        ReceiptCommand::Verify { file } => {
            let found = read(file)?;
            let open = context.open(wiring, Arc::new(NoReporter))?;
            let weights = |id: &str| weights(context, id);
            let check = receipts::verify(&open.engine, &asker, &found, &weights)?;
            match output.is_json() {
                true => output.json(&check),
                false => print_check(&check, output),
            }
            return Ok(exit(check.holds));
        }
        ReceiptCommand::Replay { file } => {
            let found = read(file)?;
            let open = context.open(wiring, Arc::new(NoReporter))?;
            let cancel = Arc::new(AtomicBool::new(false));
            let on_interrupt = Arc::clone(&cancel);
            open.runtime.spawn(async move {
                if tokio::signal::ctrl_c().await.is_ok() {
                    on_interrupt.store(true, Ordering::Release);
                }
            });
            let spinner = bar(output.draws_progress(), "{spinner} {msg}");
            spinner.enable_steady_tick(Duration::from_millis(120));
            spinner.set_message("asking again");
            let replayed =
                open.runtime
                    .block_on(receipts::replay(&open.engine, asker, &found, cancel, |_| {
                        ControlFlow::Continue(())
                    }));
            spinner.finish_and_clear();
            let replay = replayed?;
            match output.is_json() {
                true => output.json(&replay),
                false => print_replay(&found.receipt, &replay, output),
            }
            return Ok(exit(replay.same && replay.intact));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn exit(good: bool) -> ExitCode {
    match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(DIFFERS),
    }
}

/// The SHA-256 of an installed model's weights.
fn weights(context: &Context, id: &str) -> Option<String> {
    let store = ModelStore::new(&context.paths.models, Catalogue::builtin());
    let status = store.status(id).ok()?;
    let weights = status.entry.files.first()?.sha256.clone();
    matches!(status.state, ModelState::Installed { .. }).then_some(weights)
}

/// Reads a receipt's file, or standard input for `-`.
fn read(file: &Path) -> Result<api::FoundReceipt> {
    let shown = format!("`{}`", file.display());
    let failed = |cause: std::io::Error| {
        let code = match cause.kind() {
            std::io::ErrorKind::NotFound => ErrorCode::PathNotFound,
            _ => ErrorCode::PathUnsuitable,
        };
        Error::new(code, format!("cannot read {shown}"))
            .with_source(cause)
            .with_hint("give the file that `rushlight receipt export` wrote")
    };
    let mut bytes = Vec::new();
    match file == Path::new("-") {
        true => std::io::stdin()
            .lock()
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes),
        false => {
            std::fs::File::open(file).and_then(|opened| opened.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        }
    }
    .map_err(failed)?;
    let invalid = |why: &str| Error::new(ErrorCode::ReceiptInvalid, format!("{shown} {why}"));
    if bytes.len() as u64 > MAX_BYTES {
        return Err(invalid("is larger than 16 MiB, which no receipt is"));
    }
    let text = String::from_utf8(bytes).map_err(|_| invalid("is not text in UTF-8"))?;
    api::Receipt::read(&text, &shown)
}

/// Writes a file that is not there yet, for its owner alone: it holds questions, answers and quotes.
pub(crate) fn write_new(file: &Path, text: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(file)
        .and_then(|mut opened| {
            opened.write_all(text.as_bytes())?;
            opened.sync_all()
        })
        .map_err(|cause| {
            Error::new(
                ErrorCode::PathUnsuitable,
                format!("cannot write `{}`", file.display()),
            )
            .with_source(cause)
            .with_hint("choose a file that is not there yet, in a folder that is")
        })
}

fn show(receipt: &api::Receipt, output: &Output) {
    let (title, faint) = (style::TITLE, style::FAINT);
    let model = receipt.model.as_ref();
    let model = model.map_or_else(
        || "none".to_owned(),
        |model| format!("{}, sha256 {}", model.id, model.sha256),
    );
    output.line(format!(
        "{title}{}{title:#}\n{}\n",
        receipt.question, receipt.text
    ));
    for (name, value) in [
        ("asked", receipt.asked.to_string()),
        ("by", receipt.principals.join(", ")),
        ("program", receipt.program.clone()),
        ("model", model),
        ("embedding", receipt.embedding_model.clone()),
        ("digest", receipt.digest.clone()),
    ] {
        output.line(format!("{faint}{name:>9}{faint:#}  {value}"));
    }
    for passage in &receipt.passages {
        let api::ReceiptPassage {
            number,
            title,
            path,
            label,
            ..
        } = passage;
        output.line(format!(
            "{faint}passage {number}{faint:#}  {title}  {faint}{path}, {label}{faint:#}"
        ));
    }
    output.line(format!(
        "\n{faint}`rushlight receipt export {} FILE` writes it whole{faint:#}",
        receipt.id
    ));
}

fn print_check(check: &api::ReceiptCheck, output: &Output) {
    let (good, bad, faint) = (style::GOOD, style::BAD, style::FAINT);
    let verdict = |holds: bool, says: String| match holds {
        true => output.line(format!("{good}holds{good:#}   {says}")),
        false => output.line(format!("{bad}differs{bad:#} {says}")),
    };
    verdict(
        check.intact,
        match check.intact {
            true => "the receipt is as it was written".to_owned(),
            false => "the receipt was changed after it was written: its digest is another".to_owned(),
        },
    );
    for (name, stretches) in [("passage", &check.passages), ("citation", &check.citations)] {
        for stretch in stretches {
            verdict(
                stretch.document == api::DocumentState::Unchanged,
                format!(
                    "{name} {} of {}: {}",
                    stretch.number,
                    stretch.path,
                    in_words(stretch, name == "citation")
                ),
            );
        }
    }
    if let Some(model) = &check.model {
        let id = &model.model.id;
        match model.state {
            api::ModelPresence::Same => {
                verdict(true, format!("model {id} is installed with the same weights"))
            }
            api::ModelPresence::Other => {
                verdict(false, format!("model {id} is installed with other weights"))
            }
            api::ModelPresence::Missing => verdict(false, format!("model {id} is not installed")),
        }
    }
    if !check.same_library {
        output.line(format!(
            "{faint}it was made in another data folder: documents were looked for by their path{faint:#}"
        ));
    }
    for note in &check.notes {
        output.line(format!("{faint}{}{faint:#}", change_in_words(note)));
    }
    output.line(match check.holds {
        true => "\nall of it still holds",
        false => "\nnot all of it holds any more",
    });
}

/// What became of a stretch. Of a citation the words are known and are looked for everywhere in the document.
fn in_words(stretch: &api::CheckedStretch, is_citation: bool) -> String {
    let moved = match &stretch.moved_to {
        Some(path) => format!(", now at {path}"),
        None => String::new(),
    };
    let state = match (stretch.document, &stretch.found) {
        (api::DocumentState::Unchanged, _) => "unchanged".to_owned(),
        (api::DocumentState::Changed, Some(found)) => match found.label.as_str() {
            "" => "the document changed; the text still stands in it".to_owned(),
            label => format!("the document changed; the text still stands in it, at {label}"),
        },
        (api::DocumentState::Changed, None) if is_citation => {
            "the document changed, and the quote no longer stands in it".to_owned()
        }
        (api::DocumentState::Changed, None) => {
            "the document changed, and something else stands at the place".to_owned()
        }
        (api::DocumentState::NotIndexed, _) => {
            "the file changed since it was indexed; run `rushlight index`, then verify again".to_owned()
        }
        (api::DocumentState::Gone, _) => "the document is gone".to_owned(),
        (api::DocumentState::NotReadable, _) => "you may not read the document".to_owned(),
    };
    format!("{state}{moved}")
}

fn change_in_words(change: &api::Change) -> String {
    let api::Change { what, then, now } = change;
    format!("{} was {then}, and is {now}", what.replace('_', " "))
}

fn print_replay(then: &api::Receipt, replay: &api::Replay, output: &Output) {
    let (good, bad, faint) = (style::GOOD, style::BAD, style::FAINT);
    if !replay.intact {
        output.line(format!(
            "{bad}the receipt was changed after it was written{bad:#}: its digest is another"
        ));
    }
    for (same, name) in [
        (replay.same_passages, "passages"),
        (replay.same_output, "output"),
        (replay.same_text, "text"),
        (replay.same_citations, "citations"),
    ] {
        output.line(match same {
            true => format!("{good}same{good:#}      {name}"),
            false => format!("{bad}different{bad:#} {name}"),
        });
    }
    for (sign, places) in [("-", &replay.passages_lost), ("+", &replay.passages_new)] {
        for place in places {
            output.line(format!("  {sign} {place}"));
        }
    }
    if !replay.same_text {
        output.line(format!(
            "\n{faint}then{faint:#}  {}\n{faint}now{faint:#}   {}",
            then.text, replay.now.text
        ));
    }
    if replay.same {
        return;
    }
    output.line("");
    if replay.changes.is_empty() {
        output.line("nothing that a receipt holds is otherwise: processors and numbers of threads add up in another order");
    } else {
        output.line("what is otherwise, and may be why:");
    }
    for change in &replay.changes {
        output.line(format!("  {}", change_in_words(change)));
    }
}
