//! `rushlight doctor`: what is wrong here, and what to do about it.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use rushlight_core::Result;
use rushlight_ledger::{DataDirLock, Ledger};
use rushlight_models::{Catalogue, ModelKind, ModelState, ModelStore};
use serde::Serialize;

use crate::context::{Context, make_private};
use crate::output::{Output, bytes, style};
use crate::wiring::{Check, Checked, Wiring};

/// Exit code when something is wrong.
const UNWELL: u8 = 3;

#[derive(Serialize)]
struct Finding<'a> {
    name: String,
    ok: bool,
    found: &'a str,
    remedy: &'a str,
}

pub(crate) fn run(context: &Context, wiring: &dyn Wiring, output: &Output) -> Result<ExitCode> {
    let mut checks = vec![data_directory(context)];
    installation(context, wiring, &AtomicBool::new(false), &mut |check| {
        checks.push(check)
    });
    if output.is_json() {
        let findings: Vec<Finding<'_>> = checks
            .iter()
            .map(|check| Finding {
                name: check.of.name(),
                ok: check.ok,
                found: &check.found,
                remedy: &check.remedy,
            })
            .collect();
        output.json(&findings);
    } else {
        let (good, bad) = (style::GOOD, style::BAD);
        for check in &checks {
            let mark = if check.ok {
                format!("{good}ok   {good:#}")
            } else {
                format!("{bad}wrong{bad:#}")
            };
            output.line(format!("{mark} {}: {}", check.of.name(), check.found));
            if !check.remedy.is_empty() {
                output.line(format!("      {}", check.remedy));
            }
        }
    }
    Ok(if checks.iter().all(|check| check.ok) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(UNWELL)
    })
}

fn data_directory(context: &Context) -> Check {
    let of = Checked::DataDirectory;
    let dir = context.paths.data.display();
    let tried = make_private(&context.paths.data)
        .and_then(|()| DataDirLock::acquire(&context.paths.data))
        .and_then(|_lock| Ledger::open(&context.paths.ledger)?.check());
    match tried {
        Ok(()) => Check {
            of,
            ok: true,
            found: format!("{dir}, the ledger is sound"),
            remedy: String::new(),
        },
        Err(error) => Check {
            of,
            ok: false,
            found: error.chain(),
            remedy: error.hint().to_owned(),
        },
    }
}

/// Checks what can be checked beside a running server too: the models, which takes as long as hashing them, and what the
/// adapters need of this machine. Ends early when `cancel` becomes true.
pub(crate) fn installation(
    context: &Context,
    wiring: &dyn Wiring,
    cancel: &AtomicBool,
    found: &mut dyn FnMut(Check),
) {
    let store = ModelStore::new(&context.paths.models, Catalogue::builtin());
    for id in super::models::wanted(context) {
        found(model(&store, &id, cancel));
    }
    if context.config.search.rerank {
        found(reranker(&store, &context.config.models.reranker, cancel));
    }
    if !cancel.load(Ordering::Acquire) {
        wiring
            .checks(&context.config, &context.paths)
            .into_iter()
            .for_each(found);
    }
}

/// The reranking model that the configuration asks for.
fn reranker(store: &ModelStore, configured: &str, cancel: &AtomicBool) -> Check {
    let id = match configured.is_empty() {
        true => store.only_installed(ModelKind::Reranker),
        false => Ok(configured.to_owned()),
    };
    match id {
        Ok(id) => Check {
            // No package has one to be installed from.
            remedy: "add its folder with `rushlight models add FOLDER`, or set search.rerank to false"
                .to_owned(),
            ..model(store, &id, cancel)
        },
        Err(error) => Check {
            of: Checked::Reranker,
            ok: false,
            found: error.chain(),
            remedy: error.hint().to_owned(),
        },
    }
}

fn model(store: &ModelStore, id: &str, cancel: &AtomicBool) -> Check {
    let of = Checked::Model(id.to_owned());
    match store.status(id) {
        Ok(status) => match status.state {
            ModelState::Installed { .. } => match store.verify(id, cancel, &mut |_, _| {}) {
                Ok(_) => {
                    let found = format!(
                        "installed, {}, SHA-256 as in the catalogue",
                        bytes(status.entry.installed_bytes())
                    );
                    Check {
                        of,
                        ok: true,
                        found,
                        remedy: String::new(),
                    }
                }
                Err(error) => Check {
                    of,
                    ok: false,
                    found: error.chain(),
                    remedy: error.hint().to_owned(),
                },
            },
            _ => Check {
                of,
                ok: false,
                found: "not installed".to_owned(),
                remedy: format!("run `rushlight models install {id}`"),
            },
        },
        Err(error) => Check {
            of,
            ok: false,
            found: error.chain(),
            remedy: error.hint().to_owned(),
        },
    }
}
