//! `rushlight conversations`: what was asked and kept.

use std::process::ExitCode;
use std::sync::Arc;

use rushlight_api as api;
use rushlight_core::{Principal, Result};
use serde::Serialize;

use super::NoReporter;
use super::receipt::write_new;
use crate::args::{ConversationCommand, ConversationsArgs, ExportFormat};
use crate::context::Context;
use crate::conversations;
use crate::output::{Output, count, style};
use crate::wiring::Wiring;

#[derive(Serialize)]
struct Done<'a> {
    conversation: &'a str,
    done: &'static str,
}

pub(crate) fn run(
    args: &ConversationsArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let (engine, asker) = (&open.engine, [Principal::owner()]);
    let Some(command) = &args.command else {
        let found = conversations::list(engine, &asker, args.search.as_deref())?;
        list(found, output);
        return Ok(ExitCode::SUCCESS);
    };
    match command {
        ConversationCommand::Show { id } => {
            let conversation = conversations::read(engine, &asker, id)?;
            match output.is_json() {
                true => output.json(&conversation),
                false => output
                    .line(conversations::export(&conversation, api::ConversationFormat::Markdown).trim_end()),
            }
        }
        ConversationCommand::Export { id, file, format } => {
            let conversation = conversations::read(engine, &asker, id)?;
            let text = conversations::export(
                &conversation,
                match format {
                    ExportFormat::Markdown => api::ConversationFormat::Markdown,
                    ExportFormat::Json => api::ConversationFormat::Json,
                },
            );
            match file {
                None => output.line(text.trim_end()),
                Some(file) => {
                    write_new(file, &text)?;
                    done(id, "exported", output);
                }
            }
        }
        ConversationCommand::Rename { id, title } => {
            let number = conversations::parse_id(id)?;
            engine.ledger().rename_conversation(number, &asker, title)?;
            done(id, "renamed", output);
        }
        ConversationCommand::Delete { id } => {
            let number = conversations::parse_id(id)?;
            engine.ledger().delete_conversation(number, &asker)?;
            done(id, "deleted", output);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn done(conversation: &str, done: &'static str, output: &Output) {
    match output.is_json() {
        true => output.json(&Done { conversation, done }),
        false => output.line(format!("conversation {conversation} is {done}")),
    }
}

fn list(found: Vec<api::ConversationSummary>, output: &Output) {
    if output.is_json() {
        return output.json(&api::Conversations { conversations: found });
    }
    let (title, faint) = (style::TITLE, style::FAINT);
    if found.is_empty() {
        output.line("none is kept; `rushlight ask --keep` begins one");
    }
    for conversation in &found {
        output.line(format!(
            "{:>4}  {title}{}{title:#}  {faint}{}, {}{faint:#}",
            conversation.id,
            conversation.title,
            count(conversation.turns, "question"),
            conversation.updated
        ));
    }
}
