//! Receipts: written with an answer, compared with the documents as they are now, and asked again. The same for the server
//! and for the commands.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rushlight_api as api;
use rushlight_core::{Answer, AnswerEvent, Error, ErrorCode, Principal, Result, TextSpan};
use rushlight_engine::{AskRecord, AskRequest, DocumentNow, Engine, Stretch, StretchText};

/// The receipt of an answer to `request`.
///
/// # Errors
/// `Internal` when the system gives no random bytes.
pub fn receipt(request: &AskRequest, answer: &Answer, record: &AskRecord) -> Result<api::Receipt> {
    let AskRecord {
        asked,
        library,
        indexes,
        analyzer,
        embedding_model,
        language_model,
        prompt_templates,
        params,
    } = record;
    let index = |state: &rushlight_engine::IndexState| api::ReceiptIndex {
        space: state.space.clone(),
        by_word: state.by_word.map(|generation| generation.0),
        by_meaning: state.by_meaning.map(|generation| generation.0),
    };
    Ok(api::Receipt {
        receipt: api::Receipt::VERSION,
        id: random_hex::<16>()?,
        library: library.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        asked: (*asked).into(),
        question: request.question.clone(),
        kind: request.kind.map(Into::into),
        route: (&answer.route).into(),
        principals: request.principals.iter().map(|one| one.0.clone()).collect(),
        spaces: request.spaces.clone(),
        kinds: request.kinds.iter().map(|kind| (*kind).into()).collect(),
        indexes: indexes.iter().map(index).collect(),
        analyzer: analyzer.clone(),
        embedding_model: embedding_model.clone(),
        coverage: (&answer.coverage).into(),
        passages: answer.passages.iter().map(Into::into).collect(),
        citations: answer.citations.iter().map(Into::into).collect(),
        model: language_model.as_ref().map(|spec| api::ReceiptModel {
            id: spec.model_id.clone(),
            sha256: spec.sha256.clone(),
        }),
        prompt_templates: prompt_templates.clone(),
        fence: request.fence.clone(),
        sampling: params.into(),
        output: answer
            .generation
            .as_ref()
            .map(|generation| generation.text.clone()),
        text: answer.text.clone(),
        grounding: answer.grounding.into(),
        signals: answer.signals.into(),
        digest: String::new(),
    }
    .sealed())
}

/// So many random bytes in hexadecimal digits.
///
/// # Errors
/// `Internal` when the system gives none.
pub(crate) fn random_hex<const BYTES: usize>() -> Result<String> {
    let mut bytes = [0u8; BYTES];
    getrandom::fill(&mut bytes).map_err(|cause| {
        Error::new(ErrorCode::Internal, "the system gives no random bytes").with_source(cause)
    })?;
    Ok(hex::encode(bytes))
}

/// The receipt of this id that is kept, for these principals.
///
/// # Errors
/// `ReceiptNotFound`, also where it is another's; `LedgerFailed`.
pub fn kept(engine: &Engine, principals: &[Principal], id: &str) -> Result<api::Receipt> {
    let json = engine.ledger().receipt(id, principals)?.ok_or_else(|| {
        let shown: String = id.chars().take(64).collect();
        Error::new(
            ErrorCode::ReceiptNotFound,
            format!("there is no receipt `{shown}`"),
        )
    })?;
    Ok(api::Receipt::read(&json, "a kept receipt")?.receipt)
}

/// Compares a receipt with the documents as these principals may read them now, and with the models: `weights` has the
/// SHA-256 of an installed model by its id.
///
/// # Errors
/// `ReceiptInvalid` for an id in it that is none; `LedgerFailed`.
pub fn verify(
    engine: &Engine,
    principals: &[Principal],
    found: &api::FoundReceipt,
    weights: &dyn Fn(&str) -> Option<String>,
) -> Result<api::ReceiptCheck> {
    let api::FoundReceipt { receipt, intact } = found;
    let same_library = engine.ledger().library()? == receipt.library;
    let passages = receipt
        .passages
        .iter()
        .map(|passage| {
            let now = engine.stretch_now(&stretch_of_passage(passage)?, principals)?;
            Ok(checked(
                passage.number,
                &passage.title,
                &passage.path,
                &passage.part,
                now,
            ))
        })
        .collect::<Result<Vec<_>>>()?;
    let citations = receipt
        .citations
        .iter()
        .map(|citation| {
            let now = engine.stretch_now(&stretch_of_citation(citation)?, principals)?;
            Ok(checked(
                citation.number,
                &citation.title,
                &citation.path,
                &citation.part,
                now,
            ))
        })
        .collect::<Result<Vec<_>>>()?;
    let model = receipt.model.as_ref().map(|model| api::CheckedModel {
        model: model.clone(),
        state: match weights(&model.id) {
            Some(sha256) if sha256 == model.sha256 => api::ModelPresence::Same,
            Some(_) => api::ModelPresence::Other,
            None => api::ModelPresence::Missing,
        },
    });
    let unchanged = |stretch: &api::CheckedStretch| stretch.document == api::DocumentState::Unchanged;
    let notes = [
        api::Change::of("program", &receipt.program, env!("CARGO_PKG_VERSION")),
        api::Change::of("analyzer", &receipt.analyzer, engine.analyzer()),
        api::Change::of(
            "embedding_model",
            &receipt.embedding_model,
            engine.embedding_model(),
        ),
        api::Change::of(
            "prompt_templates",
            &receipt.prompt_templates,
            engine.prompt_templates(),
        ),
    ];
    Ok(api::ReceiptCheck {
        id: receipt.id.clone(),
        holds: *intact
            && passages.iter().all(unchanged)
            && citations.iter().all(unchanged)
            && model
                .as_ref()
                .is_none_or(|model| model.state == api::ModelPresence::Same),
        intact: *intact,
        same_library,
        passages,
        citations,
        model,
        notes: notes.into_iter().flatten().collect(),
    })
}

fn stretch_of_passage(passage: &api::ReceiptPassage) -> Result<Stretch> {
    let hash: rushlight_core::ContentHash = passage.text_hash.parse().map_err(not_an_id)?;
    Ok(Stretch {
        doc_id: passage.document_id.parse().map_err(not_an_id)?,
        content_hash: passage.content_hash.parse().map_err(not_an_id)?,
        path: passage.path.clone(),
        part: passage.part.clone(),
        span: span(passage.span)?,
        text: StretchText::Hash(hash.0),
    })
}

fn stretch_of_citation(citation: &api::Citation) -> Result<Stretch> {
    Ok(Stretch {
        doc_id: citation.document_id.parse().map_err(not_an_id)?,
        content_hash: citation.content_hash.parse().map_err(not_an_id)?,
        path: citation.path.clone(),
        part: citation.part.clone(),
        span: span(citation.span)?,
        text: StretchText::Whole(citation.quote.clone()),
    })
}

fn not_an_id(cause: Error) -> Error {
    Error::new(ErrorCode::ReceiptInvalid, "an id in the receipt is none").with_source(cause)
}

fn span(span: api::Span) -> Result<TextSpan> {
    match span.start <= span.end {
        true => Ok(TextSpan::new(span.start, span.end)),
        false => Err(Error::new(
            ErrorCode::ReceiptInvalid,
            "a span in the receipt ends before it begins",
        )),
    }
}

fn checked(
    number: u32,
    title: &str,
    path: &str,
    part: &str,
    now: rushlight_engine::StretchNow,
) -> api::CheckedStretch {
    api::CheckedStretch {
        number,
        title: title.to_owned(),
        path: path.to_owned(),
        part: part.to_owned(),
        document: match now.document {
            DocumentNow::Unchanged => api::DocumentState::Unchanged,
            DocumentNow::Changed => api::DocumentState::Changed,
            DocumentNow::NotIndexed => api::DocumentState::NotIndexed,
            DocumentNow::Gone => api::DocumentState::Gone,
            DocumentNow::NotReadable => api::DocumentState::NotReadable,
        },
        moved_to: now.moved_to,
        found: now.found.map(|(span, place)| {
            let locator = api::Locator::from(&place);
            api::FoundAt {
                span: span.into(),
                label: locator.label(),
                locator,
            }
        }),
    }
}

/// Asks a receipt's question again, of the same spaces and kinds, of the same model where it is installed, with the same fence and
/// length, and compares. It is asked
/// as these principals, whatever the receipt says of its own. A question that leaned on an earlier one is asked as it was
/// rewritten then.
///
/// # Errors
/// As [`Engine::ask`].
pub async fn replay(
    engine: &Engine,
    principals: Vec<Principal>,
    found: &api::FoundReceipt,
    cancel: Arc<AtomicBool>,
    on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
) -> Result<api::Replay> {
    let api::FoundReceipt {
        receipt: then,
        intact,
    } = found;
    // A model that is not here any more is told as a change.
    let model = then.model.as_ref().map(|model| model.id.clone());
    let model = model.filter(|id| engine.check_language_model(Some(id)).is_ok());
    let request = AskRequest {
        principals,
        question: then
            .route
            .standalone
            .clone()
            .unwrap_or_else(|| then.question.clone()),
        spaces: then.spaces.clone(),
        kinds: then.kinds.iter().map(|kind| (*kind).into()).collect(),
        kind: Some(then.route.kind.into()),
        model,
        history: Vec::new(),
        fence: then.fence.clone(),
        max_tokens: then.sampling.max_tokens,
        thinking_tokens: then.sampling.thinking_tokens,
    };
    let (answer, record) = engine.ask_with_record(request.clone(), cancel, on_event).await?;
    let now = receipt(&request, &answer, &record)?;
    Ok(compare(then, *intact, now))
}

/// What is the same of two receipts of one question, and what may be the reason for what is not.
fn compare(then: &api::Receipt, intact: bool, now: api::Receipt) -> api::Replay {
    let key = |passage: &api::ReceiptPassage| {
        (
            passage.document_id.clone(),
            passage.content_hash.clone(),
            passage.span.start,
            passage.text_hash.clone(),
        )
    };
    let place = |passage: &api::ReceiptPassage| match passage.label.as_str() {
        "" => passage.path.clone(),
        label => format!("{}, {label}", passage.path),
    };
    let without = |these: &[api::ReceiptPassage], those: &[api::ReceiptPassage]| -> Vec<String> {
        let those: Vec<_> = those.iter().map(key).collect();
        these
            .iter()
            .filter(|passage| !those.contains(&key(passage)))
            .map(place)
            .collect()
    };
    let cited = |receipt: &api::Receipt| -> Vec<_> {
        let citations = receipt.citations.iter();
        citations
            .map(|citation| {
                (
                    citation.number,
                    citation.document_id.clone(),
                    citation.span.start,
                    citation.quote.clone(),
                )
            })
            .collect()
    };
    let same_passages = then.passages.iter().map(key).eq(now.passages.iter().map(key));
    let (same_output, same_text) = (then.output == now.output, then.text == now.text);
    let same_citations = cited(then) == cited(&now);
    api::Replay {
        same: same_passages && same_output && same_text && same_citations,
        intact,
        same_passages,
        same_output,
        same_text,
        same_citations,
        passages_lost: without(&then.passages, &now.passages),
        passages_new: without(&now.passages, &then.passages),
        changes: changes(then, &now),
        now,
    }
}

fn changes(then: &api::Receipt, now: &api::Receipt) -> Vec<api::Change> {
    let indexes = |receipt: &api::Receipt| {
        let generation = |of: Option<i64>| of.map_or_else(|| "none".to_owned(), |number| number.to_string());
        let states = receipt.indexes.iter().map(|index| {
            format!(
                "{} {}/{}",
                index.space,
                generation(index.by_word),
                generation(index.by_meaning)
            )
        });
        states.collect::<Vec<_>>().join(", ")
    };
    let model = |receipt: &api::Receipt| {
        let model = receipt.model.as_ref();
        model.map_or_else(
            || "none".to_owned(),
            |model| format!("{} {}", model.id, model.sha256),
        )
    };
    let sampling = |receipt: &api::Receipt| {
        let api::Sampling {
            temperature,
            top_p,
            seed,
            max_tokens,
            thinking_tokens,
        } = &receipt.sampling;
        let thinking = match thinking_tokens {
            0 => String::new(),
            tokens => format!(" after {tokens} of thinking"),
        };
        format!("temperature {temperature}, top_p {top_p}, seed {seed}, {max_tokens} tokens{thinking}")
    };
    let principals = |receipt: &api::Receipt| receipt.principals.join(", ");
    [
        api::Change::of("program", &then.program, &now.program),
        api::Change::of("library", &then.library, &now.library),
        api::Change::of("principals", principals(then), principals(now)),
        api::Change::of("index", indexes(then), indexes(now)),
        api::Change::of("analyzer", &then.analyzer, &now.analyzer),
        api::Change::of("embedding_model", &then.embedding_model, &now.embedding_model),
        api::Change::of("language_model", model(then), model(now)),
        api::Change::of("prompt_templates", &then.prompt_templates, &now.prompt_templates),
        api::Change::of("sampling", sampling(then), sampling(now)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
