//! How the program itself is: its models, its memory, what it has on the disk, how far its indexes are, and a check in the
//! background of what `rushlight doctor` and `rushlight verify` check.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rushlight_api::{self as api, DiskPart, Finding, HealthCheck, IndexHealth, InstallState, InstalledModel};
use rushlight_core::{Clock, Error, ErrorCode, Principal, Result, SystemClock};
use rushlight_engine::{Engine, IndexState, SpaceVerification, Verification, VerifyDepth};
use rushlight_ledger::KeptAnswer;
use rushlight_models::{Catalogue, ModelKind, ModelState, ModelStatus, ModelStore};

use crate::commands::{doctor, models};
use crate::context::Context;
use crate::output::{count, thousands};
use crate::wiring::{Check, Checked, Wiring};

/// Kept answers that the speed is measured over.
const MEASURED: usize = 20;
/// How often indexes are compared again that changed while they were.
const TRIES: usize = 3;
/// How long to wait before that.
const PAUSE: Duration = Duration::from_secs(2);

/// Reports how things are, and runs checks. Cheap to clone; all clones are one. A check ends early with the last of them.
#[derive(Clone)]
pub(crate) struct HealthDesk {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    context: Context,
    wiring: &'static dyn Wiring,
    check: Arc<Mutex<Option<HealthCheck>>>,
    cancel: Arc<AtomicBool>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Release);
    }
}

impl HealthDesk {
    pub(crate) fn new(engine: Engine, context: Context, wiring: &'static dyn Wiring) -> Self {
        Self {
            inner: Arc::new(Inner {
                engine,
                context,
                wiring,
                check: Arc::default(),
                cancel: Arc::default(),
            }),
        }
    }

    /// How things are now, as far as these principals may know. Looks at the sizes of files and reads none of them.
    pub(crate) fn report(&self, principals: &[Principal], indexes: &[IndexState]) -> Result<api::Health> {
        let Inner {
            engine,
            context,
            check,
            ..
        } = &*self.inner;
        let ledger = engine.ledger();
        let index = |space: rushlight_ledger::SpaceRecord| {
            let state = indexes.iter().find(|state| state.space == space.name);
            IndexHealth {
                ledger: space.generation.0,
                by_word: state.and_then(|state| state.by_word).map(|reached| reached.0),
                by_meaning: state.and_then(|state| state.by_meaning).map(|reached| reached.0),
                space: space.name,
            }
        };
        let answers = ledger.last_answers(principals, MEASURED)?;
        Ok(api::Health {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_dir: context.paths.data.display().to_string(),
            models: installed_models(context),
            speed: speed(&answers, &context.config.models.language),
            memory: memory(),
            disk: disk(&context.paths),
            indexes: ledger.spaces_for(principals)?.into_iter().map(index).collect(),
            check: check.lock().clone(),
        })
    }

    /// Starts a check on a thread of its own; while one is under way, tells of that one.
    pub(crate) fn start_check(&self) -> Result<HealthCheck> {
        let Inner {
            engine,
            context,
            wiring,
            check,
            cancel,
        } = &*self.inner;
        let mut running = check.lock();
        if let Some(known) = running.as_ref().filter(|known| known.finished.is_none()) {
            return Ok(known.clone());
        }
        let begun = HealthCheck::begun(SystemClock.now());
        let (engine, context, wiring) = (engine.clone(), context.clone(), *wiring);
        let (shared, cancel) = (Arc::clone(check), Arc::clone(cancel));
        let work = move || {
            let mut note = |finding| {
                if let Some(check) = shared.lock().as_mut() {
                    check.findings.push(finding);
                }
            };
            check_everything(&engine, &context, wiring, &cancel, &mut note);
            if let Some(check) = shared.lock().as_mut() {
                check.finished = Some(SystemClock.now().into());
            }
        };
        std::thread::Builder::new()
            .name("rushlight-check".to_owned())
            .spawn(work)
            .map_err(|cause| {
                Error::new(ErrorCode::Internal, "cannot start the thread that checks").with_source(cause)
            })?;
        *running = Some(begun.clone());
        Ok(begun)
    }
}

/// The models in use, in the order in which they are needed, then others that are there in part or in full.
fn installed_models(context: &Context) -> Vec<InstalledModel> {
    let store = ModelStore::new(&context.paths.models, Catalogue::builtin());
    let mut wanted = models::wanted(context);
    if context.config.search.rerank {
        let configured = Some(context.config.models.reranker.clone()).filter(|id| !id.is_empty());
        wanted.extend(configured.or_else(|| store.only_installed(ModelKind::Reranker).ok()));
    }
    let all = store.list();
    let in_use = wanted
        .iter()
        .filter_map(|id| all.iter().find(|status| status.entry.id == *id));
    let others = all
        .iter()
        .filter(|status| !wanted.contains(&status.entry.id) && status.state != ModelState::Missing);
    let in_use = in_use.map(|status| installed_model(status, true));
    in_use
        .chain(others.map(|status| installed_model(status, false)))
        .collect()
}

fn installed_model(status: &ModelStatus, in_use: bool) -> InstalledModel {
    let entry = &status.entry;
    InstalledModel {
        id: entry.id.clone(),
        kind: entry.kind.as_str().to_owned(),
        title: entry.title.clone(),
        license: entry.license.clone(),
        bytes: entry.installed_bytes(),
        state: match status.state {
            ModelState::Installed { verified: true, .. } => InstallState::Verified,
            ModelState::Installed { verified: false, .. } => InstallState::Installed,
            ModelState::Partial { .. } => InstallState::Partial,
            ModelState::Missing => InstallState::Missing,
            ModelState::Corrupt { .. } => InstallState::Corrupt,
        },
        in_use,
    }
}

/// Speed of this model, from answers as they were kept; those of other models do not count.
fn speed(answers: &[KeptAnswer], model: &str) -> Option<api::Speed> {
    api::Speed::of(answers.iter().filter_map(|kept| {
        // An earlier version may have written an answer that is not read any more: it is not measured.
        let answer: api::Answer = serde_json::from_str(&kept.answer).ok()?;
        let generation = answer.generation.filter(|_| answer.model == model)?;
        Some((generation, kept.asked.into()))
    }))
}

/// What the system says of this process; Linux only.
fn memory() -> Option<api::Memory> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    memory_of(&status)
}

fn memory_of(status: &str) -> Option<api::Memory> {
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    };
    Some(api::Memory {
        resident_bytes: kilobytes("VmRSS:")? * 1024,
        peak_bytes: kilobytes("VmHWM:")? * 1024,
    })
}

/// Bytes of the data directory by what they are, and of the models wherever they are.
fn disk(paths: &crate::Paths) -> Vec<DiskPart> {
    let mut parts = [
        ("ledger", 0),
        ("keyword", 0),
        ("vectors", 0),
        ("models", 0),
        ("other", 0),
    ];
    let mut add = |path: &Path, bytes: u64| parts[part_of(path, paths)].1 += bytes;
    sizes(&paths.data, &mut add);
    if !paths.models.starts_with(&paths.data) {
        sizes(&paths.models, &mut add);
    }
    let part = |(name, bytes): (&str, u64)| DiskPart {
        name: name.to_owned(),
        bytes,
    };
    parts.into_iter().map(part).collect()
}

/// Which of the parts of [`disk`] a file belongs to.
fn part_of(file: &Path, paths: &crate::Paths) -> usize {
    if file.starts_with(&paths.models) {
        return 3;
    }
    if let Ok(below) = file.strip_prefix(&paths.indexes) {
        let index = below
            .components()
            .nth(1)
            .map(|part| part.as_os_str().to_string_lossy());
        return match index.as_deref() {
            Some("keyword") => 1,
            Some(name) if name.starts_with("vectors") => 2,
            _ => 4,
        };
    }
    // With what SQLite lays beside it.
    let ledger = paths.ledger.as_os_str().as_encoded_bytes();
    match file.as_os_str().as_encoded_bytes().starts_with(ledger) {
        true => 0,
        false => 4,
    }
}

/// Tells the size of every file below a folder; links are not followed, and what goes away meanwhile is left out.
fn sizes(folder: &Path, tell: &mut dyn FnMut(&Path, u64)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => sizes(&path, tell),
            Ok(metadata) if metadata.is_file() => tell(&path, metadata.len()),
            _ => {}
        }
    }
}

fn check_everything(
    engine: &Engine,
    context: &Context,
    wiring: &dyn Wiring,
    cancel: &AtomicBool,
    note: &mut dyn FnMut(Finding),
) {
    note(ledger(engine));
    if cancel.load(Ordering::Acquire) {
        return;
    }
    match verify(engine, cancel) {
        Ok(Some(found)) => found.spaces.iter().map(index).for_each(&mut *note),
        Ok(None) => note(Finding {
            code: "index".to_owned(),
            of: String::new(),
            ok: false,
            found: "files are being indexed, and the indexes change while they are compared".to_owned(),
            remedy: "check again when indexing is done".to_owned(),
        }),
        Err(error) => note(failed("index", &error)),
    }
    doctor::installation(context, wiring, cancel, &mut |check| note(finding(check)));
}

fn ledger(engine: &Engine) -> Finding {
    match engine.ledger().check() {
        Ok(()) => Finding {
            code: "ledger".to_owned(),
            of: String::new(),
            ok: true,
            found: "the database is sound".to_owned(),
            remedy: String::new(),
        },
        Err(error) => failed("ledger", &error),
    }
}

fn failed(code: &str, error: &Error) -> Finding {
    Finding {
        code: code.to_owned(),
        of: String::new(),
        ok: false,
        found: error.chain(),
        remedy: error.hint().to_owned(),
    }
}

/// Compares ledger and indexes beside a running indexing thread; `None` where they change faster than they are compared.
fn verify(engine: &Engine, cancel: &AtomicBool) -> Result<Option<Verification>> {
    for attempt in 0..TRIES {
        if attempt > 0 {
            std::thread::sleep(PAUSE);
        }
        let before = engine.ledger().spaces()?;
        let found = engine.verify(VerifyDepth::Ids)?;
        // What is read first and what is read last may be of different moments: only a difference without a change between
        // is one.
        if found.sound() || cancel.load(Ordering::Acquire) || engine.ledger().spaces()? == before {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn index(space: &SpaceVerification) -> Finding {
    let chunks = count(space.chunks, "passage");
    let behind = space.keyword_behind.max(space.vector_behind);
    let sound = space.sound();
    let mut found = match sound {
        true => format!("{chunks}, none lost, none doubled"),
        false => format!(
            "{chunks}; by word {} missing and {} too many, by meaning {} missing and {} too many",
            thousands(space.keyword_missing),
            thousands(space.keyword_surplus),
            thousands(space.vector_missing),
            thousands(space.vector_surplus)
        ),
    };
    if behind > 0 {
        found.push_str(&format!("; {} still to be taken in", count(behind, "document")));
    }
    Finding {
        code: "index".to_owned(),
        of: space.space.clone(),
        ok: sound,
        found,
        remedy: match sound {
            true => String::new(),
            false => "restart rushlight: the indexes are brought back to the ledger".to_owned(),
        },
    }
}

/// A line of `rushlight doctor` as a finding.
fn finding(check: Check) -> Finding {
    let Check {
        of,
        ok,
        found,
        remedy,
    } = check;
    Finding {
        code: of.code().to_owned(),
        ok,
        found,
        remedy: if ok { String::new() } else { remedy },
        of: match of {
            Checked::Model(id) => id,
            _ => String::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rushlight_core::Timestamp;

    use super::*;

    fn paths(data: &Path, models: PathBuf) -> crate::Paths {
        crate::Paths {
            data: data.to_owned(),
            ledger: data.join("ledger.sqlite"),
            indexes: data.join("indexes"),
            token: data.join("token"),
            models,
        }
    }

    #[test]
    fn what_lies_on_the_disk_is_told_by_part_and_nothing_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let (data, elsewhere) = (folder.path().join("data"), folder.path().join("models"));
        let write = |path: &Path, bytes: usize| {
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, vec![0; bytes]).expect("written");
        };
        write(&data.join("ledger.sqlite"), 10);
        write(&data.join("ledger.sqlite-wal"), 5);
        write(&data.join("indexes/space-1/keyword/meta.json"), 7);
        write(&data.join("indexes/space-1/vectors-e5/data/1.lance"), 9);
        write(&data.join("indexes/lock"), 1);
        write(&data.join("token"), 2);
        write(&data.join("models/m/model.gguf"), 100);
        write(&elsewhere.join("n/model.gguf"), 1000);
        let told = |models: PathBuf| -> Vec<u64> {
            disk(&paths(&data, models))
                .into_iter()
                .map(|part| part.bytes)
                .collect()
        };
        assert_eq!(told(data.join("models")), [15, 7, 9, 100, 3]);
        assert_eq!(told(elsewhere), [15, 7, 9, 1000, 103]);
    }

    #[test]
    fn memory_is_read_from_what_the_system_says() {
        let status = "Name:\trushlight\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n";
        let memory = memory_of(status).expect("told");
        assert_eq!((memory.resident_bytes, memory.peak_bytes), (1 << 20, 2 << 20));
        assert_eq!(memory_of("Name:\trushlight\n"), None);
    }

    #[test]
    fn only_answers_of_the_model_in_use_are_measured() {
        let kept = |model: &str, asked: i64| {
            let answer = rushlight_core::Answer {
                model_id: model.to_owned(),
                generation: Some(rushlight_core::GenerationSummary {
                    prompt_tokens: 100,
                    prompt_ms: 1000,
                    generated_tokens: 30,
                    generation_ms: 2000,
                    ..Default::default()
                }),
                ..Default::default()
            };
            KeptAnswer {
                answer: serde_json::to_string(&api::Answer::from(&answer)).expect("JSON"),
                asked: Timestamp(asked),
            }
        };
        let broken = KeptAnswer {
            answer: "{".to_owned(),
            asked: Timestamp(9),
        };
        let speed = speed(&[kept("new", 3), kept("old", 2), broken], "new").expect("measured");
        assert_eq!((speed.answers, speed.last.0), (1, Timestamp(3)));
        assert_eq!(
            (speed.read_per_second, speed.written_per_second),
            (Some(100.0), Some(15.0))
        );
    }

    #[test]
    fn a_line_of_the_doctor_names_what_it_is_about() {
        let found = |of: Checked| {
            let found = finding(Check {
                of,
                ok: true,
                found: String::new(),
                remedy: "only when it is wrong".to_owned(),
            });
            assert_eq!(found.remedy, "");
            (found.code, found.of)
        };
        assert_eq!(
            found(Checked::Model("e5".to_owned())),
            ("model".to_owned(), "e5".to_owned())
        );
        assert_eq!(found(Checked::Python), ("python".to_owned(), String::new()));
    }
}
