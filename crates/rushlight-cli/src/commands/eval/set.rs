//! Sets that bring their documents along, in indexes of their own that are gone afterwards.

use std::path::Path;

use rushlight_core::{Error, ErrorCode, Result};
use rushlight_eval::{CachedEmbedder, EvalOptions, EvalParts, NoteReader, QueryChoice, Run, Set, evaluate};

use super::{progress_bar, show};
use crate::args::EvalArgs;
use crate::context::Context;
use crate::output::Output;
use crate::wiring::{IndexParts, Wiring};

pub(super) fn of_folder(
    folder: &Path,
    args: &EvalArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<Run> {
    let set = Set::load(folder, &args.queries, &choice(args))?;
    let parts = wiring.index_parts(&context.config, &context.paths)?;
    measure(&set, parts, args, context, output)
}

pub(super) fn of_recipe(
    file: &Path,
    text: &str,
    args: &EvalArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<Run> {
    let parts = wiring.index_parts(&context.config, &context.paths)?;
    let own = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let base = args.base.as_deref().or(own).unwrap_or(Path::new("."));
    let reader = NoteReader {
        parser: &*parts.parser,
        tokens: &*parts.tokens,
        options: &parts.chunk,
    };
    let set = Set::cook(file, text, base, &choice(args), reader)?;
    measure(&set, parts, args, context, output)
}

fn choice(args: &EvalArgs) -> QueryChoice {
    QueryChoice {
        split: args.split.clone(),
        limit: args.limit,
    }
}

fn measure(set: &Set, parts: IndexParts, args: &EvalArgs, context: &Context, output: &Output) -> Result<Run> {
    let folder = context.paths.data.join("eval");
    let failed = |cause| {
        Error::new(
            ErrorCode::IndexFailed,
            format!(
                "cannot make a folder for the evaluation in `{}`",
                folder.display()
            ),
        )
        .with_source(cause)
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let scratch = tempfile::tempdir_in(&folder).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|cause| {
            Error::new(ErrorCode::Internal, "cannot start the async runtime").with_source(cause)
        })?;
    let embedder = parts.embedder.get()?;
    let translator = parts
        .translator
        .as_ref()
        .and_then(|translator| translator.get().ok());
    let cached = CachedEmbedder::open(&*embedder, &folder.join("embeddings"))?;
    let keyword = parts.keyword.open(&scratch.path().join("keyword"))?;
    let dimensions = embedder.spec().dimensions;
    let open = |name: &str| runtime.block_on(parts.vector.open(&scratch.path().join(name), dimensions));
    let (vector, titles) = (open("vectors")?, open("titles")?);

    let options = EvalOptions {
        weights: match args.weights.is_empty() {
            true => context.config.search.semantic_weight().into_iter().collect(),
            false => args.weights.clone(),
        },
        candidates: context.config.search.candidates,
        ..EvalOptions::default()
    };
    let progress = progress_bar(output);
    let run = runtime.block_on(evaluate(
        set,
        EvalParts {
            keyword: &*keyword,
            vector: &*vector,
            titles: &*titles,
            embedder: &cached,
            translator: translator.as_deref(),
        },
        &options,
        &mut |state| show(&progress, state),
    ));
    progress.finish_and_clear();
    cached.save()?;
    run
}
