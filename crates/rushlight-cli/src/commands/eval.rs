//! `rushlight eval`: retrieval measured on a set with known answers, in indexes of its own.

use std::process::ExitCode;

use rushlight_core::{Error, ErrorCode, Result};
use rushlight_eval::{CachedEmbedder, EvalOptions, EvalParts, EvalProgress, Set, evaluate};

use crate::args::EvalArgs;
use crate::context::Context;
use crate::output::Output;
use crate::progress::bar;
use crate::wiring::Wiring;

pub(crate) fn run(
    args: &EvalArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let set = Set::load(&args.set, &args.queries, args.limit)?;
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

    let parts = wiring.index_parts(&context.config, &context.paths)?;
    let embedder = parts.embedder.get()?;
    let cached = CachedEmbedder::open(&*embedder, &folder.join("embeddings"))?;
    let keyword = parts.keyword.open(&scratch.path().join("keyword"))?;
    let dimensions = embedder.spec().dimensions;
    let vector = runtime.block_on(parts.vector.open(&scratch.path().join("vectors"), dimensions))?;

    let options = EvalOptions {
        weights: args.weights.clone(),
        candidates: context.config.search.candidates,
        ..EvalOptions::default()
    };
    let progress = bar(
        output.draws_progress(),
        "{prefix:>9} {bar:28.yellow} {pos} of {len}",
    );
    let report = runtime.block_on(evaluate(
        &set,
        EvalParts {
            keyword: &*keyword,
            vector: &*vector,
            embedder: &cached,
        },
        &options,
        &mut |state| {
            let (name, done, total) = match state {
                EvalProgress::Embedding { done, total } => ("embedding", done, total),
                EvalProgress::Searching { done, total } => ("searching", done, total),
            };
            progress.set_prefix(name);
            progress.set_length(total as u64);
            progress.set_position(done as u64);
        },
    ));
    progress.finish_and_clear();
    cached.save()?;
    let report = report?;
    match output.is_json() {
        true => output.json(&report),
        false => output.line(report.to_string().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}
