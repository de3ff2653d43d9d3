//! `rushlight eval --answers`: questions asked of the real engine, end to end, and what their answers are worth.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rushlight_core::{Answer, Citation, Error, ErrorCode, Principal, Result};
use rushlight_engine::AskRequest;
use rushlight_eval::QuestionSet;
use rushlight_eval::answers::{
    AnswerFile, AnswerQuestion, AnswerRecipe, AnswerReport, AnswerSet, AnswerSettings, Answerer, Asking,
    EventTimes, Split, ask_all, compare_answers, copy_corpus, digest_of_file, is_answer_recipe,
};
use rushlight_eval::is_recipe;
use rushlight_models::{Catalogue, ModelStore};

use super::library::OwnLibrary;
use super::{NoReporter, read, refuse};
use crate::args::EvalArgs;
use crate::context::{Context, OpenEngine};
use crate::output::{Output, count};
use crate::progress::{IndexBar, bar};
use crate::wiring::Wiring;

/// Questions between two lines of the log.
const LOGGED: usize = 20;
/// How what is random is decided; in every run's settings.
const SEEDS: &str =
    "written greedily; the fence of a prompt is made of the question's id; questions in the set's order";

pub(super) fn run(
    args: &EvalArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    // Whatever cannot be compared is refused before anything is asked.
    let old = args
        .compare
        .first()
        .map(|old| AnswerFile::load(old))
        .transpose()?;
    let run = match (&args.set, args.compare.get(1)) {
        (Some(set), None) => measure(set, args, context, wiring, output)?,
        (None, Some(new)) => AnswerFile::load(new)?,
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
    match (old, output.is_json()) {
        (None, true) => output.json(&AnswerReport::of(&run)),
        (None, false) => output.line(AnswerReport::of(&run).to_string().trim_end()),
        (Some(old), true) => output.json(&compare_answers(&old, &run)?),
        (Some(old), false) => output.line(compare_answers(&old, &run)?.to_string().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// A recipe brings its documents along; questions are asked of the user's own index.
fn measure(
    set: &Path,
    args: &EvalArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<AnswerFile> {
    let split = match args.split.as_deref() {
        None | Some("all") => None,
        Some(name) => Some(Split::from_name(name).ok_or_else(|| {
            refuse(
                &format!("`{name}` is not a half of a set of answers"),
                "give --split dev, test or all",
            )
        })?),
    };
    let no_answers = || {
        refuse(
            &format!("`{}` does not say what its questions' answers are", set.display()),
            "give questions in TOML, or a recipe with classes; docs/evaluation.md shows both",
        )
    };
    if set.is_dir() {
        return Err(no_answers());
    }
    let text = read(set)?;
    if is_answer_recipe(&text) {
        let own = set.parent().filter(|folder| !folder.as_os_str().is_empty());
        let base = args.base.as_deref().or(own).unwrap_or(Path::new("."));
        let recipe = AnswerRecipe::read(set, &text, base)?;
        return of_recipe(recipe, split, args, context, wiring, output);
    }
    if is_recipe(&text) {
        return Err(no_answers());
    }
    let questions = QuestionSet::read_answerable(set, &text)?;
    let open = context.open_to_measure(wiring, Arc::new(NoReporter), args.answer_all)?;
    let library = OwnLibrary {
        open: &open,
        spaces: &args.spaces,
        candidates: context.config.search.candidates,
    };
    let mut set = AnswerSet::of_questions(&questions, &library)?;
    choose(&mut set, split, args.limit)?;
    let corpus = format!("{} in the index", count(documents(&open)?, "document"));
    ask(&set, corpus, &open, args, context, output)
}

fn choose(set: &mut AnswerSet, split: Option<Split>, limit: Option<usize>) -> Result<()> {
    set.choose(split, limit);
    match set.questions.is_empty() {
        false => Ok(()),
        true => Err(refuse(
            &format!("no question of `{}` is left to be asked", set.name),
            "its questions have no halves, or --limit is 0; leave --split and --limit out",
        )),
    }
}

/// The corpus is kept below the data directory with its index and vectors, so that the next run begins at once.
fn of_recipe(
    mut recipe: AnswerRecipe,
    split: Option<Split>,
    args: &EvalArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<AnswerFile> {
    choose(&mut recipe.set, split, args.limit)?;
    let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let name: String = recipe.set.name.chars().map(plain).collect();
    let apart = context.apart(&Path::new("eval").join(format!("answers-{name}")));
    let folder = apart.paths.data.join("corpus");
    let copied = copy_corpus(&recipe.corpus, &folder)?;
    let indexing = Arc::new(IndexBar::new(output.draws_progress()));
    let open = apart.open_to_measure(wiring, Arc::clone(&indexing) as _, args.answer_all)?;
    if open.engine.ledger().sources()?.is_empty() {
        let root = folder.to_str().ok_or_else(|| {
            Error::new(
                ErrorCode::PathUnsuitable,
                format!("the folder's name is not UTF-8: `{}`", folder.display()),
            )
        })?;
        open.engine.add_source(root, &recipe.set.name)?;
    }
    let summary = open.engine.index_until_idle();
    indexing.finish();
    let summary = summary?;
    if summary.waiting_for_vectors > 0 {
        let why = summary.embedding_error.unwrap_or_default();
        let message = format!(
            "{} of the corpus cannot be found by meaning: {why}",
            count(summary.waiting_for_vectors, "passage")
        );
        return Err(Error::new(ErrorCode::ModelMissing, message));
    }
    let corpus = format!(
        "{} of {}, {}",
        count(documents(&open)?, "document"),
        count(copied.files as u64, "file"),
        copied.digest
    );
    ask(&recipe.set, corpus, &open, args, context, output)
}

fn documents(open: &OpenEngine) -> Result<u64> {
    let spaces = open.engine.status()?.spaces;
    Ok(spaces.iter().map(|space| space.documents).sum())
}

fn ask(
    set: &AnswerSet,
    corpus: String,
    open: &OpenEngine,
    args: &EvalArgs,
    context: &Context,
    output: &Output,
) -> Result<AnswerFile> {
    let settings = settings(set, corpus, open, args, context)?;
    let mut run = match &args.out {
        Some(file) => AnswerFile::resume(file, settings)?,
        None => AnswerFile::in_memory(settings),
    };
    let answerer = Real {
        open,
        spaces: &args.spaces,
        max_tokens: context.config.answer.max_tokens,
        thinking_tokens: context.config.answer.thinking_tokens,
        cancel: Arc::new(AtomicBool::new(false)),
    };
    let on_interrupt = Arc::clone(&answerer.cancel);
    open.runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            on_interrupt.store(true, Ordering::Release);
        }
    });
    let progress = bar(
        output.draws_progress(),
        "{prefix:>9} {bar:28.yellow} {pos} of {len}, {eta} left  {msg}",
    );
    progress.set_prefix("answering");
    let asked = ask_all(set, &answerer, &mut run, &mut |state| {
        let Asking {
            done,
            new,
            total,
            right,
            ..
        } = state;
        if new == 0 {
            progress.set_length(total as u64);
            // What an earlier run answered says nothing of the time that is left.
            progress.set_position(done as u64);
            progress.reset_eta();
        }
        progress.set_position(done as u64);
        progress.set_message(format!("{right} went well"));
        if new % LOGGED == 0 {
            tracing::info!(done, total, right, "answering");
        }
    });
    progress.finish_and_clear();
    match asked {
        // What was answered is kept, and is shown.
        Err(error) if error.code() == ErrorCode::Cancelled && args.out.is_some() => {
            output.note("stopped; the same command goes on from here");
            Err(error)
        }
        other => other.map(|()| run),
    }
}

fn settings(
    set: &AnswerSet,
    corpus: String,
    open: &OpenEngine,
    args: &EvalArgs,
    context: &Context,
) -> Result<AnswerSettings> {
    let program = std::env::current_exe()
        .ok()
        .and_then(|file| digest_of_file(&file))
        .unwrap_or_default();
    let config = &context.config;
    let store = ModelStore::new(&context.paths.models, Catalogue::builtin());
    let language_model = open.engine.status()?.language_model.id;
    let language_model_sha256 = store.entry(&language_model).ok().and_then(|entry| {
        let file = entry.files.into_iter().next()?;
        Some(file.sha256)
    });
    let options = [
        ("answer.max_tokens", config.answer.max_tokens.to_string()),
        ("answer.prompt_tokens", config.answer.prompt_tokens.to_string()),
        ("answer.threads", config.answer.threads.to_string()),
        ("index.chunk_tokens", config.index.chunk_tokens.to_string()),
        (
            "index.max_chunk_tokens",
            config.index.max_chunk_tokens.to_string(),
        ),
        ("search.candidates", config.search.candidates.to_string()),
        ("search.rerank", config.search.rerank.to_string()),
        (
            "search.semantic_weight",
            config.search.semantic_weight.to_string(),
        ),
        ("spaces", args.spaces.join(", ")),
    ];
    Ok(AnswerSettings {
        set: set.name.clone(),
        corpus,
        program: format!("{} {program}", env!("CARGO_PKG_VERSION")),
        language_model,
        language_model_sha256: language_model_sha256.unwrap_or_default(),
        embedding_model: open.engine.embedding_model().to_owned(),
        answer_all: args.answer_all,
        options: BTreeMap::from(options.map(|(name, value)| (name.to_owned(), value))),
        seeds: SEEDS.to_owned(),
        ..AnswerSettings::current()
    })
}

/// The engine as everybody asks it.
struct Real<'a> {
    open: &'a OpenEngine,
    /// Searched by questions that name none.
    spaces: &'a [String],
    max_tokens: usize,
    thinking_tokens: usize,
    cancel: Arc<AtomicBool>,
}

impl Answerer for Real<'_> {
    fn answer(&self, question: &AnswerQuestion) -> Result<(Answer, EventTimes)> {
        if self.cancel.load(Ordering::Acquire) {
            return Err(Error::new(ErrorCode::Cancelled, "the measurement was stopped"));
        }
        let spaces = match question.spaces.is_empty() {
            true => self.spaces,
            false => &question.spaces,
        };
        let request = AskRequest {
            principals: vec![Principal::owner()],
            question: question.text.clone(),
            spaces: spaces.to_vec(),
            kinds: question.kinds.clone(),
            kind: question.kind,
            model: None,
            history: Vec::new(),
            // In a measurement the same prompt each time; no document of a set knows it.
            fence: question.digest(),
            max_tokens: self.max_tokens,
            thinking_tokens: self.thinking_tokens,
        };
        let times = Arc::new(Mutex::new(EventTimes::begin()));
        let noted = Arc::clone(&times);
        let answer = self.open.runtime.block_on(self.open.engine.ask(
            request,
            Arc::clone(&self.cancel),
            move |event| {
                noted.lock().note(&event);
                ControlFlow::Continue(())
            },
        ))?;
        let mut times = times.lock().clone();
        times.end();
        Ok((answer, times))
    }

    fn stands(&self, citation: &Citation) -> Result<bool> {
        let text = self
            .open
            .engine
            .ledger()
            .document_text(citation.doc_id, citation.span)?;
        Ok(text.as_ref() == Some(&citation.quote))
    }
}
