//! `rushlight links` and `rushlight similar`: what is related to a document.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use rushlight_api::{DocumentName, Links, SimilarDocuments};
use rushlight_core::{DocId, Error, ErrorCode, Principal, Result};

use super::NoReporter;
use crate::args::{LinksArgs, SimilarArgs};
use crate::context::{Context, OpenEngine, absolute};
use crate::output::{Output, style};
use crate::related;
use crate::wiring::Wiring;

pub(crate) fn links(
    args: &LinksArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let id = find(&open, &args.document)?;
    let found = related::links(&open.engine, id, &[Principal::owner()])?;
    match output.is_json() {
        true => output.json(&found),
        false => print_links(&found, id, output),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn similar(
    args: &SimilarArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let id = find(&open, &args.document)?;
    let asker = [Principal::owner()];
    let similar = related::similar(&open.engine, id, &asker, args.limit.into());
    let found = open.runtime.block_on(similar)?;
    match output.is_json() {
        true => output.json(&found),
        false => print_similar(&found, output),
    }
    Ok(ExitCode::SUCCESS)
}

/// The document that a person names by its file or its id.
fn find(open: &OpenEngine, named: &str) -> Result<DocId> {
    let path = absolute(Path::new(named))?;
    let canonical = path.canonicalize().unwrap_or_else(|_| path.clone());
    for path in [&path, &canonical] {
        let documents = open
            .engine
            .ledger()
            .documents_at(&path.to_string_lossy(), &[Principal::owner()])?;
        match documents.as_slice() {
            [] => {}
            [only] => return Ok(only.doc_id),
            // The file itself, where it is a document with others in it.
            [first, ..] if first.part.is_empty() => return Ok(first.doc_id),
            several => {
                let message = format!("`{}` holds {} documents", path.display(), several.len());
                return Err(Error::new(ErrorCode::InvalidRequest, message)
                    .with_hint("give the `document_id` of one, as `rushlight search --json` prints it"));
            }
        }
    }
    named.parse().map_err(|_| {
        Error::new(
            ErrorCode::DocumentNotFound,
            format!("`{}` is not indexed", path.display()),
        )
        .with_hint("run `rushlight status --problems` to see what is not searchable, and why")
    })
}

fn print_links(found: &Links, id: DocId, output: &Output) {
    let faint = style::FAINT;
    let Links {
        outgoing,
        backlinks,
        thread,
    } = found;
    heading("links to", outgoing.len(), output);
    for link in outgoing {
        match &link.document {
            Some(document) => line(document, output),
            None => output.line(format!("  {}  {faint}not there{faint:#}", link.link.target)),
        }
    }
    heading("linked from", backlinks.total, output);
    for backlink in &backlinks.documents {
        line(&backlink.document, output);
        if !backlink.text.is_empty() {
            output.line(format!("    {}", backlink.text.replace('\n', " ")));
        }
    }
    if backlinks.documents.len() < backlinks.total {
        output.line(format!(
            "  and {} more",
            backlinks.total - backlinks.documents.len()
        ));
    }
    if !thread.is_empty() {
        heading("conversation", thread.len(), output);
        for message in thread {
            let here = if message.document.document_id == id.to_string() {
                "  (this one)"
            } else {
                ""
            };
            output.line(format!(
                "  {}  {}{here}",
                message.document.date,
                message.from.join(", ")
            ));
            line(&message.document, output);
        }
    }
}

fn print_similar(found: &SimilarDocuments, output: &Output) {
    if found.documents.is_empty() {
        output.line("nothing like it, or not searchable by meaning yet");
    }
    for similar in &found.documents {
        line(&similar.document, output);
        output.line(format!("    {:.3}", similar.similarity));
    }
}

fn heading(name: &str, count: usize, output: &Output) {
    let title = style::TITLE;
    output.line(format!("{title}{name}{title:#}: {count}"));
}

fn line(document: &DocumentName, output: &Output) {
    let faint = style::FAINT;
    let part = match document.part.as_str() {
        "" => String::new(),
        part => format!("  {part}"),
    };
    output.line(format!(
        "  {}  {faint}{}{part}{faint:#}",
        document.title, document.path
    ));
}
