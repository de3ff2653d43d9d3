//! `rushlight index`: both indexes are brought up to date.

use std::process::ExitCode;
use std::sync::Arc;

use rushlight_api as api;
use rushlight_core::{ErrorCode, Result};
use serde::Serialize;

use crate::args::IndexArgs;
use crate::context::Context;
use crate::output::{Output, count, style, thousands};
use crate::progress::IndexBar;
use crate::wiring::Wiring;

#[derive(Serialize)]
struct Indexed {
    files: u64,
    chunks_embedded: u64,
    waiting_for_vectors: u64,
    seconds_by_word: f64,
    seconds_embedding: f64,
    counts: api::Counts,
    offline: Vec<String>,
    embedding_error: Option<String>,
    pages_recognised: u64,
    pages_waiting: u64,
    pages_unreadable: u64,
    recognition_error: Option<String>,
    stopped: bool,
}

pub(crate) fn run(
    args: &IndexArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let bar = Arc::new(IndexBar::new(output.draws_progress()));
    let open = context.open(wiring, Arc::clone(&bar) as _)?;
    if open.engine.ledger().sources()?.is_empty() && !output.is_json() {
        output.line("there is no folder to index yet");
        output.line("`rushlight add FOLDER --space NAME` adds one");
        return Ok(ExitCode::SUCCESS);
    }
    let engine = open.engine.clone();
    open.runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            engine.stop();
        }
    });
    let summary = if args.by_word {
        open.engine.index_by_word()
    } else {
        open.engine.index_until_idle()
    };
    let times = bar.finish();
    let summary = summary?;
    let exit = if summary.stopped {
        ErrorCode::Cancelled.exit_code()
    } else {
        0
    };
    if output.is_json() {
        output.json(&Indexed {
            files: summary.files,
            chunks_embedded: summary.embedded,
            waiting_for_vectors: summary.waiting_for_vectors,
            seconds_by_word: times.by_word.as_secs_f64(),
            seconds_embedding: times.embedding.as_secs_f64(),
            counts: summary.counts.into(),
            offline: summary.offline,
            embedding_error: summary.embedding_error,
            pages_recognised: summary.recognised,
            pages_waiting: summary.scans.waiting,
            pages_unreadable: summary.scans.unreadable,
            recognition_error: summary.recognition_error,
            stopped: summary.stopped,
        });
        return Ok(ExitCode::from(exit));
    }
    let counts = summary.counts;
    output.line(format!(
        "{} seen: {} indexed, {} skipped, {} failed, {} waiting",
        count(counts.seen, "file"),
        thousands(counts.indexed),
        thousands(counts.skipped),
        thousands(counts.failed),
        thousands(counts.waiting)
    ));
    if summary.files > 0 {
        output.line(format!(
            "{} read in {:.1} s",
            count(summary.files, "file"),
            times.by_word.as_secs_f64()
        ));
    }
    if summary.embedded > 0 {
        let seconds = times.embedding.as_secs_f64();
        output.line(format!(
            "{} embedded in {seconds:.1} s",
            count(summary.embedded, "passage")
        ));
    }
    if args.by_word && summary.waiting_for_vectors > 0 {
        output.line(format!(
            "{} wait to be found by meaning: `rushlight index` and `rushlight serve` go on with them",
            count(summary.waiting_for_vectors, "passage")
        ));
    }
    if summary.recognised > 0 {
        output.line(format!(
            "{} recognised",
            count(summary.recognised, "scanned page")
        ));
    }
    if summary.not_recognised > 0 {
        output.line(format!(
            "{} could not be read: `rushlight status --problems` says why",
            count(summary.not_recognised, "scanned page")
        ));
    }
    if summary.scans.waiting > 0 {
        let why = match &summary.recognition_error {
            Some(why) => format!(": {why}"),
            None => String::new(),
        };
        output.line(format!(
            "{} to be recognised{why}",
            count(summary.scans.waiting, "scanned page")
        ));
    }
    let hint = style::HINT;
    if let Some(why) = &summary.embedding_error {
        output.line(format!(
            "{} wait to be found by meaning: {why}",
            count(summary.waiting_for_vectors, "passage")
        ));
        output.line(format!("{hint}hint{hint:#}: {}", ErrorCode::ModelMissing.hint()));
    }
    let sources = open.engine.ledger().sources()?;
    for source in sources.iter().filter(|source| source.paused) {
        output.line(format!(
            "{} is paused; `rushlight resume` lets it go on",
            source.root
        ));
    }
    for root in &summary.offline {
        output.line(format!("{root} is not there; its documents stay searchable"));
    }
    if counts.failed + counts.skipped > 0 {
        output.line("`rushlight status --problems` says why files were skipped or failed");
    }
    if summary.stopped {
        output.line("stopped; what was done is kept, and the next run goes on from here");
    }
    Ok(ExitCode::from(exit))
}
