//! `rushlight models`: the one command that makes something connect outward, and only when it is told to.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;
use rushlight_core::{Error, ErrorCode, Result};
use rushlight_models::{
    Catalogue, InstallPhase, InstallProgress, ModelKind, ModelState, ModelStatus, ModelStore, PipOptions,
};
use serde::Serialize;

use crate::args::ModelsCommand;
use crate::context::Context;
use crate::output::{Output, bytes, style};
use crate::progress::bar;

const BAR: &str = "{prefix:>11} {bar:28.yellow} {bytes} of {total_bytes}  {msg}";

#[derive(Serialize)]
struct Listed {
    id: String,
    kind: &'static str,
    title: String,
    license: String,
    languages: Vec<String>,
    bytes: u64,
    download_bytes: u64,
    sha256: String,
    state: &'static str,
    default: bool,
    path: String,
}

/// The models that the configuration asks for, and those that there is one of. The small ones first: most else works
/// with them.
pub(crate) fn wanted(context: &Context) -> Vec<String> {
    let catalogue = Catalogue::builtin();
    let only_one = |kind| catalogue.default_id(kind).map(str::to_owned);
    let models = &context.config.models;
    only_one(ModelKind::Runtime)
        .into_iter()
        .chain([models.embedding.clone()])
        .chain(only_one(ModelKind::Dictionary))
        .chain(only_one(ModelKind::Ocr).filter(|_| context.config.index.ocr))
        .chain([models.language.clone()])
        .collect()
}

pub(crate) fn run(command: &ModelsCommand, context: &Context, output: &Output) -> Result<ExitCode> {
    let store = ModelStore::new(&context.paths.models, Catalogue::builtin());
    match command {
        ModelsCommand::List => list(&store, output),
        ModelsCommand::Install { ids } => install(&store, ids, context, output)?,
        ModelsCommand::Verify { ids } => verify(&store, ids, output)?,
        ModelsCommand::Path { id } => {
            let path = store.path(id)?.display().to_string();
            match output.is_json() {
                true => output.json(&path),
                false => output.line(path),
            }
        }
        ModelsCommand::Add { file, id } => {
            let cancel = cancel_on_interrupt()?;
            let progress = bar(output.draws_progress(), BAR);
            let mut report = |state: &InstallProgress| show(&progress, state);
            let added = match file.is_dir() {
                true => store.add_folder(file, id.as_deref(), &cancel, &mut report),
                false => store.add_file(file, id.as_deref(), &cancel, &mut report),
            };
            progress.finish_and_clear();
            let added = added?;
            match output.is_json() {
                true => output.json(&row(&store.status(&added)?)),
                false => output.line(format!("installed `{added}`")),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(store: &ModelStore, output: &Output) {
    let listed = store.list();
    if output.is_json() {
        let rows: Vec<_> = listed.iter().map(row).collect();
        return output.json(&rows);
    }
    let (title, faint) = (style::TITLE, style::FAINT);
    for status in &listed {
        let entry = &status.entry;
        let default = if status.is_default { ", default" } else { "" };
        output.line(format!(
            "{title}{}{title:#}  {faint}{}{default}{faint:#}",
            entry.id,
            entry.kind.as_str()
        ));
        let languages = if entry.languages.is_empty() {
            String::new()
        } else {
            format!(", {}", entry.languages.join(" "))
        };
        output.line(format!(
            "  {}; {}{languages}, {}; {}",
            entry.title,
            entry.license,
            bytes(entry.installed_bytes()),
            state_in_words(&status.state)
        ));
    }
}

fn row(status: &ModelStatus) -> Listed {
    let entry = &status.entry;
    Listed {
        id: entry.id.clone(),
        kind: entry.kind.as_str(),
        title: entry.title.clone(),
        license: entry.license.clone(),
        languages: entry.languages.clone(),
        bytes: entry.installed_bytes(),
        download_bytes: entry.download_bytes(),
        sha256: entry
            .files
            .first()
            .map(|file| file.sha256.clone())
            .unwrap_or_default(),
        state: match &status.state {
            ModelState::Installed { .. } => "installed",
            ModelState::Partial { .. } => "partial",
            ModelState::Missing => "missing",
            ModelState::Corrupt { .. } => "corrupt",
        },
        default: status.is_default,
        path: status.folder.display().to_string(),
    }
}

fn state_in_words(state: &ModelState) -> String {
    match state {
        ModelState::Installed { verified: true, .. } => "installed, verified".to_owned(),
        ModelState::Installed { verified: false, .. } => {
            "installed, verified before its first use".to_owned()
        }
        ModelState::Partial { bytes: done } => format!("{} fetched, not complete", bytes(*done)),
        ModelState::Missing => "not installed".to_owned(),
        ModelState::Corrupt {
            file,
            expected,
            found,
        } => {
            format!("corrupt: `{file}` has {found}, expected {expected}")
        }
    }
}

fn install(store: &ModelStore, ids: &[String], context: &Context, output: &Output) -> Result<()> {
    let wanted = if ids.is_empty() {
        wanted(context)
    } else {
        ids.to_vec()
    };
    for id in &wanted {
        store.entry(id)?;
    }
    let pip = PipOptions {
        program: context.config.models.python.clone().into(),
        ..PipOptions::default()
    };
    let cancel = cancel_on_interrupt()?;
    for id in &wanted {
        let progress = bar(output.draws_progress(), BAR);
        progress.set_message(id.clone());
        let mut last_tenth = 0;
        let installed = store.install(id, &pip, &cancel, &mut |state| {
            show(&progress, state);
            let tenth = state.done * 10 / state.total.max(1);
            if !output.draws_progress()
                && !output.is_json()
                && state.phase == InstallPhase::Fetching
                && tenth > last_tenth
            {
                last_tenth = tenth;
                output.note(format!("{id}: {} of {}", bytes(state.done), bytes(state.total)));
            }
        });
        progress.finish_and_clear();
        let path = installed?;
        if !output.is_json() {
            output.line(format!("{id} is installed and verified  {}", path.display()));
        }
    }
    if output.is_json() {
        let rows: Vec<_> = wanted
            .iter()
            .map(|id| store.status(id).map(|status| row(&status)))
            .collect::<Result<_>>()?;
        output.json(&rows);
    }
    Ok(())
}

fn verify(store: &ModelStore, ids: &[String], output: &Output) -> Result<()> {
    let installed =
        |status: &ModelStatus| !matches!(status.state, ModelState::Missing | ModelState::Partial { .. });
    let ids: Vec<String> = match ids.is_empty() {
        true => store
            .list()
            .into_iter()
            .filter(installed)
            .map(|status| status.entry.id)
            .collect(),
        false => ids.to_vec(),
    };
    if ids.is_empty() {
        return Err(Error::new(ErrorCode::ModelMissing, "no model is installed"));
    }
    let cancel = cancel_on_interrupt()?;
    for id in &ids {
        let progress = bar(output.draws_progress(), BAR);
        progress.set_prefix("hashing");
        progress.set_message(id.clone());
        let verified = store.verify(id, &cancel, &mut |done, total| {
            progress.set_length(total);
            progress.set_position(done);
        });
        progress.finish_and_clear();
        verified?;
        if !output.is_json() {
            output.line(format!("{id}: SHA-256 as in the catalogue"));
        }
    }
    if output.is_json() {
        let rows: Vec<_> = ids
            .iter()
            .map(|id| store.status(id).map(|status| row(&status)))
            .collect::<Result<_>>()?;
        output.json(&rows);
    }
    Ok(())
}

fn show(progress: &ProgressBar, state: &InstallProgress) {
    progress.set_prefix(match state.phase {
        InstallPhase::Fetching => "fetching",
        InstallPhase::Copying => "copying",
        InstallPhase::Converting => "converting",
        InstallPhase::Verifying => "hashing",
    });
    progress.set_length(state.total);
    progress.set_position(state.done);
}

/// A flag that Ctrl-C sets, so that a download stops with what it has.
fn cancel_on_interrupt() -> Result<Arc<AtomicBool>> {
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancel);
    let failed = |cause| Error::new(ErrorCode::Internal, "cannot wait for Ctrl-C").with_source(cause);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    std::thread::Builder::new()
        .name("rushlight-interrupt".to_owned())
        .spawn(move || {
            if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
                flag.store(true, Ordering::Release);
            }
        })
        .map_err(failed)?;
    Ok(cancel)
}
