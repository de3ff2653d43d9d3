//! A summary of one document, or of the conversation that a mail is part of.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rushlight_answer::{AnswerLanguage, WINDOWS, summarise, summary_subject, summary_windows};
use rushlight_core::{
    Answer, AnswerEvent, BlockKind, Chunk, ChunkId, DocId, DocumentKind, EmbeddingKey, Grounding,
    LanguageModel, LeftOut, Passage, Result, Route, TextSpan, confidence_of,
};
use rushlight_ingest::place_of;
use rushlight_ledger::DocumentRecord;

use super::list::hit_of;
use super::subject::routed;
use super::{AskRequest, go_on, send};
use crate::engine::{Engine, Shared, go_on_unless};
use crate::search::blocking;

/// Mails of a conversation that are looked at.
pub(super) const MAILS: usize = 500;

impl Engine {
    /// Answers with a summary.
    pub(super) async fn summary(
        &self,
        request: AskRequest,
        route: Route,
        cancel: Arc<AtomicBool>,
        mut on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Answer> {
        let (shared, asked, flag) = (Arc::clone(&self.shared), request.clone(), Arc::clone(&cancel));
        let subject = summary_subject(&request.question);
        let meant = blocking(move || shared.meant(&subject, &asked, &flag)).await?;
        let doc = match meant {
            Ok(doc) => doc,
            Err(missing) => return self.not_meant(&request, route, missing, &mut on_event).await,
        };
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.summarised(&request, route, doc, &cancel, &mut on_event)).await
    }
}

impl Shared {
    fn summarised(
        &self,
        request: &AskRequest,
        mut route: Route,
        doc: DocId,
        cancel: &AtomicBool,
        on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer> {
        let records = self.documents_to_summarise(doc, request, cancel)?;
        route.documents = records.iter().map(routed).collect();
        send(on_event, AnswerEvent::Route(route.clone()))?;
        let spaces = self.resolve_spaces(&request.spaces, &request.principals)?;
        let coverage = self.ledger.coverage(&spaces, &request.principals)?;

        let _turn = self.turn(&request.principals, cancel, on_event)?;
        let model = self.language_model(request, cancel)?;
        let (passages, left_out) = self.windows(&records, model.as_deref());
        let mut tell = |event| {
            on_event(event)?;
            go_on_unless(cancel.load(Ordering::Acquire))
        };
        send(&mut tell, AnswerEvent::Evidence(passages.clone()))?;
        let texts: Vec<_> = passages.iter().map(|passage| passage.hit.clone()).collect();
        let language = AnswerLanguage::of_question(&request.question, &texts);
        let found = summarise(&passages, &request.fence, language, model.as_deref(), &mut tell)?;

        // What was read may be gone, or no longer the asker's, when it is told.
        let mut stands = !records.is_empty();
        for record in &records {
            let current = self.readable(record.summary.doc_id, &request.principals)?;
            stands &= current.is_some_and(|now| now.summary.content_hash == record.summary.content_hash);
        }
        let mut answer = Answer {
            route,
            coverage,
            passages,
            left_out,
            ..Answer::default()
        };
        if stands {
            answer.grounding = match (found.citations.is_empty(), found.dropped) {
                (true, _) => Grounding::NotFound,
                (false, 0) => Grounding::Grounded,
                (false, _) => Grounding::Partial,
            };
            answer.text = match found.citations.is_empty() {
                true => language.not_found().to_owned(),
                false => found.text,
            };
            answer.citations = found.citations;
            answer.dropped = found.dropped;
            answer.model_id = match (&model, &found.generation) {
                (Some(model), Some(_)) => model.spec().model_id.clone(),
                _ => String::new(),
            };
            answer.generation = found.generation;
        } else {
            answer.text = language.changed_meanwhile().to_owned();
            answer.passages = Vec::new();
        }
        self.narrow(&mut answer);
        send(&mut tell, AnswerEvent::Finished(Box::new(answer.clone())))?;
        Ok(answer)
    }

    /// The document, or the mails of its conversation in the order in which they were written: the first, the last and some
    /// between where there are many.
    fn documents_to_summarise(
        &self,
        doc: DocId,
        request: &AskRequest,
        cancel: &AtomicBool,
    ) -> Result<Vec<DocumentRecord>> {
        let thread = self.ledger.thread_of(doc, &request.principals, MAILS)?;
        let all: Vec<DocId> = match thread.len() {
            0 | 1 => vec![doc],
            _ => thread.iter().map(|mail| mail.document.doc_id).collect(),
        };
        let mut chosen: Vec<usize> = match all.len() <= WINDOWS {
            true => (0..all.len()).collect(),
            false => (0..WINDOWS)
                .map(|number| number * (all.len() - 1) / (WINDOWS - 1))
                .collect(),
        };
        chosen.dedup();
        let mut records = Vec::new();
        for index in chosen {
            go_on(cancel)?;
            records.extend(self.readable(all[index], &request.principals)?);
        }
        Ok(records)
    }

    /// Stretches of the documents, numbered from one: of a conversation one of each mail, of a document up to [`WINDOWS`].
    fn windows(
        &self,
        records: &[DocumentRecord],
        model: Option<&dyn LanguageModel>,
    ) -> (Vec<Passage>, LeftOut) {
        let each = (WINDOWS / records.len().max(1)).max(1);
        let (mut passages, mut left_out) = (Vec::new(), LeftOut::default());
        for record in records {
            let windows = summary_windows(
                &record.text,
                &body(record),
                self.options.answer.prompt_tokens,
                each,
                model,
            );
            left_out.sentences += windows.left_out;
            for span in windows.spans {
                let number = passages.len() as u32 + 1;
                passages.extend(passage(record, span, number));
            }
        }
        (passages, left_out)
    }
}

/// What of a document is summarised: no header fields, no signatures, and of mails nothing that they quote. Empty: everything.
fn body(record: &DocumentRecord) -> Vec<TextSpan> {
    let mail = record.summary.kind == DocumentKind::Mail;
    let own = |kind: BlockKind| match kind {
        BlockKind::Metadata | BlockKind::Signature => false,
        BlockKind::Quote => !mail,
        _ => true,
    };
    let blocks = record.blocks.iter().filter(|block| own(block.kind));
    // A sentence may run over blocks that follow one another.
    let mut spans: Vec<TextSpan> = Vec::new();
    let mut previous = None;
    for block in blocks {
        let gap = previous.map(|end: usize| &record.text[end..block.span.start]);
        match spans.last_mut() {
            Some(last) if gap.is_some_and(|gap| gap.trim().is_empty()) => last.end = block.span.end,
            _ => spans.push(block.span),
        }
        previous = Some(block.span.end);
    }
    spans
}

/// A stretch of a document as a passage that is cited from the document itself.
fn passage(record: &DocumentRecord, span: TextSpan, number: u32) -> Option<Passage> {
    let text = span.of(&record.text)?.to_owned();
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(span.start as u64).to_be_bytes());
    let chunk = Chunk {
        id: ChunkId(id),
        doc_id: record.summary.doc_id,
        ordinal: number - 1,
        text: text.clone(),
        heading_path: Vec::new(),
        span,
        locator: place_of(&record.text, &record.blocks, &record.lines, span),
        token_count: 0,
        embedding_key: EmbeddingKey([0; 32]),
        confidence: confidence_of(&record.recognised, span),
    };
    Some(Passage {
        number,
        span,
        text,
        token_count: 0,
        hit: hit_of(record, chunk),
    })
}
