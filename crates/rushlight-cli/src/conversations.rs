//! Conversations in the API's shapes: kept with their receipts, listed, read and exported. The same for the server and for
//! the commands.

use rushlight_api as api;
use rushlight_core::{Answer, DocId, EarlierTurn, Error, ErrorCode, Principal, Result};
use rushlight_engine::Engine;
use rushlight_ledger::{ConversationId, ConversationRecord, NewReceipt, NewTurn, Turn};

use crate::receipts;
use crate::service::FENCE_BYTES;

/// Characters of a title made from a question.
const TITLE_CHARS: usize = 80;
/// Conversations listed at most.
const LISTED: usize = 200;
/// Earlier turns that a question may lean on.
const REMEMBERED: usize = 6;

/// Where an answer is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The conversation.
    pub conversation: String,
    /// The receipt.
    pub receipt: String,
}

/// The conversation of this id.
///
/// # Errors
/// `InvalidId`.
pub fn parse_id(id: &str) -> Result<ConversationId> {
    id.parse().map(ConversationId).map_err(|_| {
        let shown: String = id.chars().take(64).collect();
        Error::new(
            ErrorCode::InvalidId,
            format!("`{shown}` is not a conversation: a whole number is expected"),
        )
        .with_hint("run `rushlight conversations` to see them")
    })
}

/// Keeps an answer with its receipt, in a conversation that is there or in a new one.
///
/// # Errors
/// `InvalidId`; `ConversationNotFound`, also where it is another's or was deleted meanwhile; `DiskFull`, else `LedgerFailed`.
pub fn keep(
    engine: &Engine,
    principals: &[Principal],
    conversation: Option<&str>,
    answer: &Answer,
    receipt: &api::Receipt,
) -> Result<Kept> {
    let owner = principals
        .first()
        .ok_or_else(|| Error::new(ErrorCode::Internal, "nobody asked"))?;
    let asked = receipt.asked.0;
    let id = match conversation {
        Some(id) => parse_id(id)?,
        None => {
            let title: String = receipt.question.chars().take(TITLE_CHARS).collect();
            engine.ledger().create_conversation(owner, &title, asked)?
        }
    };
    let turn = NewTurn {
        question: receipt.question.clone(),
        answer: serde_json::to_string(&api::Answer::from(answer)).expect("the shape has string keys only"),
        text: answer.text.clone(),
        asked,
        receipt: Some(NewReceipt {
            id: receipt.id.clone(),
            json: receipt.to_json(),
        }),
    };
    engine.ledger().append_turn(id, principals, &turn)?;
    Ok(Kept {
        conversation: id.0.to_string(),
        receipt: receipt.id.clone(),
    })
}

/// What a question in a conversation goes on from.
#[derive(Debug, Default)]
pub struct Earlier {
    /// The last turns, oldest first, as a question may lean on them.
    pub turns: Vec<EarlierTurn>,
    /// What fenced the passages in the last prompt: with the same one the next prompt begins alike, so that what the model has read of it
    /// need not be read again. No document knows it: it is random, and taken out of every text that comes into a prompt.
    pub fence: Option<String>,
}

/// What was asked in a conversation before.
///
/// # Errors
/// `InvalidId`; `ConversationNotFound`, also where it is another's; `LedgerFailed`.
pub fn earlier(engine: &Engine, principals: &[Principal], id: &str) -> Result<Earlier> {
    let conversation = read(engine, principals, id)?;
    let last = conversation.turns.last().and_then(|turn| turn.receipt.as_deref());
    // Without it a fresh one does.
    let fence = last
        .and_then(|receipt| receipts::kept(engine, principals, receipt).ok())
        .map(|receipt| receipt.fence);
    let skipped = conversation.turns.len().saturating_sub(REMEMBERED);
    let earlier = |turn: api::Turn| {
        let documents = turn.answer.citations.iter();
        Ok(EarlierTurn {
            question: turn.answer.route.standalone.unwrap_or(turn.question),
            answer: turn.answer.text,
            documents: documents
                .map(|citation| citation.document_id.parse::<DocId>())
                .collect::<Result<_>>()?,
        })
    };
    Ok(Earlier {
        turns: conversation
            .turns
            .into_iter()
            .skip(skipped)
            .map(earlier)
            .collect::<Result<_>>()?,
        fence: fence.filter(|fence| {
            fence.len() == 2 * FENCE_BYTES && fence.bytes().all(|byte| byte.is_ascii_hexdigit())
        }),
    })
}

/// The conversations of these principals, last used first; with `words`, those in which each of them stands.
///
/// # Errors
/// `QueryEmpty`, `QuestionTooLong`; `LedgerFailed`.
pub fn list(
    engine: &Engine,
    principals: &[Principal],
    words: Option<&str>,
) -> Result<Vec<api::ConversationSummary>> {
    let page = engine.ledger().conversations(principals, words, LISTED, 0)?;
    let summary = |record: ConversationRecord| api::ConversationSummary {
        id: record.id.0.to_string(),
        title: record.title,
        updated: record.updated.into(),
        turns: record.turns.into(),
    };
    Ok(page.items.into_iter().map(summary).collect())
}

/// One conversation with its turns.
///
/// # Errors
/// `InvalidId`; `ConversationNotFound`, also where it is another's; `LedgerFailed`.
pub fn read(engine: &Engine, principals: &[Principal], id: &str) -> Result<api::Conversation> {
    let id = parse_id(id)?;
    let (record, turns) = engine.ledger().conversation(id, principals)?;
    let turn = |turn: Turn| {
        let answer = serde_json::from_str(&turn.answer).map_err(|cause| {
            Error::new(
                ErrorCode::LedgerFailed,
                format!("a kept answer of conversation {} is unreadable", id.0),
            )
            .with_source(cause)
        })?;
        Ok(api::Turn {
            asked: turn.asked.into(),
            question: turn.question,
            answer,
            receipt: turn.receipt,
        })
    };
    Ok(api::Conversation {
        id: id.0.to_string(),
        title: record.title,
        turns: turns.into_iter().map(turn).collect::<Result<_>>()?,
    })
}

/// A conversation as a file.
pub fn export(conversation: &api::Conversation, format: api::ConversationFormat) -> String {
    match format {
        api::ConversationFormat::Markdown => crate::markdown::conversation(conversation),
        api::ConversationFormat::Json => {
            let mut text =
                serde_json::to_string_pretty(conversation).expect("the shape has string keys only");
            text.push('\n');
            text
        }
    }
}
