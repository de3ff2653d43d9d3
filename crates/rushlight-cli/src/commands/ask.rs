//! `rushlight ask`: an answer with its citations.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rushlight_api as api;
use rushlight_core::{
    Answer, AnswerEvent, AnswerKind, Citation, Coverage, Grounding, LeftOut, Principal, Result,
};
use rushlight_engine::AskRequest;

use super::NoReporter;
use super::search::{day_of, place, print_hit, recognised};
use super::taken;
use crate::args::AskArgs;
use crate::context::Context;
use crate::conversations::Earlier;
use crate::output::{Output, count, style, thousands};
use crate::progress::bar;
use crate::service::fence;
use crate::wiring::Wiring;
use crate::{conversations, receipts};

pub(crate) fn run(
    args: &AskArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let asker = [Principal::owner()];
    let earlier = match &args.conversation {
        Some(id) => conversations::earlier(&open.engine, &asker, id)?,
        None => Earlier::default(),
    };
    let request = AskRequest {
        principals: asker.to_vec(),
        question: args.question.join(" "),
        spaces: args.scope.spaces.clone(),
        kinds: args.scope.kinds.clone(),
        kind: args
            .kind
            .as_deref()
            .and_then(|name| AnswerKind::ALL.into_iter().find(|kind| kind.as_str() == name)),
        model: args.model.clone(),
        history: earlier.turns,
        fence: earlier.fence.map_or_else(fence, Ok)?,
        max_tokens: context.config.answer.max_tokens,
        thinking_tokens: context.config.answer.thinking_tokens,
    };
    let cancel = Arc::new(AtomicBool::new(false));
    let on_interrupt = Arc::clone(&cancel);
    open.runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            on_interrupt.store(true, Ordering::Release);
        }
    });
    let spinner = bar(output.draws_progress(), "{spinner} {msg}");
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner.set_message("searching");
    let shown = spinner.clone();
    let answered = open.runtime.block_on(open.engine.ask_with_record(
        request.clone(),
        cancel,
        move |event| {
            match event {
                AnswerEvent::Waiting { ahead } => {
                    shown.set_message(format!("waiting for {}", count(ahead as u64, "other question")));
                }
                AnswerEvent::Evidence(passages) => {
                    shown.set_message(format!("reading {}", count(passages.len() as u64, "passage")));
                }
                AnswerEvent::Reading { done, total } => {
                    shown.set_message(format!("reading {done} of {total} tokens"))
                }
                AnswerEvent::Thought(_) => shown.set_message("thinking"),
                AnswerEvent::Piece(_) => shown.set_message("writing"),
                AnswerEvent::Route(_) | AnswerEvent::First(_) | AnswerEvent::Finished(_) => {}
            }
            ControlFlow::Continue(())
        },
    ));
    spinner.finish_and_clear();
    let (answer, record) = answered?;
    let kept = if args.keep || args.conversation.is_some() {
        let receipt = receipts::receipt(&request, &answer, &record)?;
        let conversation = args.conversation.as_deref();
        Some(conversations::keep(
            &open.engine,
            &asker,
            conversation,
            &answer,
            &receipt,
        )?)
    } else {
        None
    };
    match (output.is_json(), kept) {
        (true, Some(kept)) => output.json(&api::Asked {
            answer: (&answer).into(),
            conversation: kept.conversation,
            receipt: Some(kept.receipt),
        }),
        (true, None) => output.json(&api::Answer::from(&answer)),
        (false, kept) => {
            print(&answer, output);
            if let Some(kept) = kept {
                let faint = style::FAINT;
                output.line(format!(
                    "{faint}kept in conversation {}; receipt {}{faint:#}",
                    kept.conversation, kept.receipt
                ));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(answer: &Answer, output: &Output) {
    let faint = style::FAINT;
    for line in taken::taken(&answer.route) {
        output.line(format!("{faint}{line}{faint:#}"));
    }
    output.line(&answer.text);
    match &answer.table {
        Some(table) => {
            for line in taken::rows(table, &answer.citations) {
                output.line(line);
            }
        }
        None => {
            for citation in &answer.citations {
                output.line("");
                print_citation(citation, output);
            }
        }
    }
    if !taken::tells_disagreements(answer) {
        for disagreement in &answer.disagreements {
            output.line(format!(
                "\n{}",
                taken::disagreement(disagreement, &answer.citations)
            ));
        }
    }
    if answer.grounding == Grounding::NotFound && !answer.closest.is_empty() {
        output.line("\nthe closest passages are:");
        for (index, hit) in answer.closest.iter().enumerate() {
            output.line("");
            print_hit(index + 1, hit, None, output);
        }
    }
    if !answer.coverage.spaces.is_empty() {
        output.line(format!("\n{faint}{}{faint:#}", closing(answer)));
    }
}

fn print_citation(citation: &Citation, output: &Output) {
    let (title, faint) = (style::TITLE, style::FAINT);
    let quote = citation.quote.split_whitespace().collect::<Vec<_>>().join(" ");
    output.line(format!(
        "[{}] {title}{}{title:#}  {faint}{} · {}{faint:#}",
        citation.number,
        citation.title,
        place(&citation.locator, &citation.space),
        day_of(citation.date)
    ));
    let part = if citation.part.is_empty() {
        String::new()
    } else {
        format!("  {}", citation.part)
    };
    let recognised = recognised(citation.confidence);
    output.line(format!("    {faint}{}{part}{recognised}{faint:#}", citation.path));
    output.line(format!("    “{quote}”"));
}

/// What of the evidence was not read, and why; nothing where all was.
fn unread(left_out: LeftOut) -> String {
    let LeftOut { hits, sentences } = left_out;
    let parts: Vec<String> = [(hits, "passage"), (sentences, "sentence")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, name)| count(number as u64, name))
        .collect();
    match parts.as_slice() {
        [] => String::new(),
        parts => format!(
            "; not read, for want of room or because others fit better: {}",
            parts.join(", ")
        ),
    }
}

/// How far the answer is carried, and what was searched.
fn closing(answer: &Answer) -> String {
    let Coverage {
        documents,
        documents_by_meaning,
        files_not_searched,
        unreadable_pages,
        spaces,
    } = &answer.coverage;
    let grounding = match answer.grounding {
        Grounding::Grounded if answer.table.is_some() => "every row has its citation",
        Grounding::NotFound if answer.table.is_some() => "no row",
        Grounding::Grounded => "every sentence has its citation",
        Grounding::Partial => "some sentences have no citation",
        Grounding::NotFound => "no answer in the documents",
    };
    let mut line = format!(
        "{grounding}; searched {} in {}",
        count(*documents, "document"),
        spaces.join(", ")
    );
    if documents_by_meaning < documents {
        line.push_str(&format!(
            ", {} of them by meaning too",
            thousands(*documents_by_meaning)
        ));
    }
    if *files_not_searched > 0 {
        line.push_str(&format!(
            "; {} not searchable",
            count(*files_not_searched, "file")
        ));
    }
    line.push_str(&unread(answer.left_out));
    if *unreadable_pages > 0 {
        line.push_str(&format!("; {} unreadable", count(*unreadable_pages, "page")));
    }
    let quotes = matches!(answer.route.kind, AnswerKind::Fact | AnswerKind::Summary);
    if quotes && answer.model_id.is_empty() && answer.grounding != Grounding::NotFound {
        line.push_str("; quoted without a language model");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_is_counted_in_words() {
        assert_eq!(unread(LeftOut::default()), "");
        let left_out = LeftOut {
            hits: 1,
            sentences: 1_200,
        };
        assert_eq!(
            unread(left_out),
            "; not read, for want of room or because others fit better: 1 passage, 1,200 sentences"
        );
    }
}
