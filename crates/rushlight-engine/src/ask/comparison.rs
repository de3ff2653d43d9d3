//! What two documents, or two versions of one, say differently. No model.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rushlight_answer::{AnswerLanguage, Compared, Subject, compare, compared_subjects, same_but_for_version};
use rushlight_core::{Answer, AnswerEvent, DocId, DocumentKind, Grounding, Hit, Result, Route};
use rushlight_ledger::DocumentRecord;

use super::list::hit_of;
use super::subject::{Missing, routed};
use super::{AskRequest, go_on, send};
use crate::engine::{Engine, Shared};
use crate::search::blocking;

impl Engine {
    /// Answers with what the two documents say differently.
    pub(super) async fn comparison(
        &self,
        request: AskRequest,
        route: Route,
        cancel: Arc<AtomicBool>,
        mut on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Answer> {
        let (shared, asked, flag) = (Arc::clone(&self.shared), request.clone(), Arc::clone(&cancel));
        let meant = blocking(move || shared.two_meant(&asked, &flag)).await?;
        let (first, second) = match meant {
            Ok(both) => both,
            Err(missing) => return self.not_meant(&request, route, missing, &mut on_event).await,
        };
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            go_on(&cancel)?;
            shared.compared(&request, route, [first, second], &mut on_event)
        })
        .await
    }
}

impl Engine {
    /// Whether what a question names is a document with another version, mails apart: those of one subject are no versions.
    pub(super) async fn asks_of_versions(
        &self,
        request: &AskRequest,
        cancel: &Arc<AtomicBool>,
    ) -> Result<bool> {
        let (shared, request, cancel) = (Arc::clone(&self.shared), request.clone(), Arc::clone(cancel));
        blocking(move || {
            let subjects = compared_subjects(&request.question);
            let [subject @ Subject::Named(name)] = subjects.as_slice() else {
                return Ok(false);
            };
            let bearers = shared.bearers(name, &request, &cancel)?;
            let named = bearers
                .first()
                .filter(|best| best.bears_all() && best.document.kind != DocumentKind::Mail);
            let Some(named) = named else {
                return Ok(false);
            };
            let other = shared.other_version(named.document.doc_id, subject, &request, &cancel)?;
            Ok(other.is_some())
        })
        .await
    }
}

impl Shared {
    /// The two documents that are meant: each by its name, or the two newest versions of one.
    fn two_meant(
        &self,
        request: &AskRequest,
        cancel: &AtomicBool,
    ) -> Result<std::result::Result<(DocId, DocId), Missing>> {
        let subjects = compared_subjects(&request.question);
        let first = match self.meant(&subjects[0], request, cancel)? {
            Ok(doc) => doc,
            Err(missing) => return Ok(Err(missing)),
        };
        if let Some(subject) = subjects.get(1) {
            return Ok(match self.meant(subject, request, cancel)? {
                Ok(second) if second != first => Ok((first, second)),
                Ok(_) => match self.other_version(first, &subjects[0], request, cancel)? {
                    Some(other) => Ok((first, other)),
                    None => Err(self.alone(first, request)?),
                },
                Err(missing) => Err(missing),
            });
        }
        Ok(match self.other_version(first, &subjects[0], request, cancel)? {
            Some(other) => Ok((first, other)),
            None => Err(self.alone(first, request)?),
        })
    }

    /// The newest other version of a document.
    fn other_version(
        &self,
        doc: DocId,
        subject: &Subject,
        request: &AskRequest,
        cancel: &AtomicBool,
    ) -> Result<Option<DocId>> {
        let Some((document, _)) = self.ledger.link_target(doc, &request.principals)? else {
            return Ok(None);
        };
        let name = match subject {
            Subject::Named(name) => name.as_str(),
            Subject::Pointed => document.title.as_str(),
        };
        // Copies of it in other places say the same.
        let copies = self.ledger.documents_alike(doc, &request.principals, 100)?;
        let others = self
            .bearers(name, request, cancel)?
            .into_iter()
            .map(|bearer| bearer.document);
        Ok(others
            .filter(|other| {
                other.doc_id != doc
                    && same_but_for_version(&other.title, &document.title)
                    && copies.iter().all(|copy| copy.doc_id != other.doc_id)
            })
            .max_by_key(|other| other.date)
            .map(|other| other.doc_id))
    }

    fn alone(&self, doc: DocId, request: &AskRequest) -> Result<Missing> {
        let hit = self.first_hit(doc, request)?;
        Ok(hit.map_or(Missing::NothingBefore, |hit| Missing::OneVersion(Box::new(hit))))
    }

    fn compared(
        &self,
        request: &AskRequest,
        mut route: Route,
        documents: [DocId; 2],
        on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer> {
        let mut records: Vec<DocumentRecord> = Vec::new();
        for doc in documents {
            records.extend(self.readable(doc, &request.principals)?);
        }
        records.sort_by_key(|record| std::cmp::Reverse(record.summary.date));
        route.documents = records.iter().map(routed).collect();
        send(on_event, AnswerEvent::Route(route.clone()))?;
        let spaces = self.resolve_spaces(&request.spaces, &request.principals)?;
        let coverage = self.ledger.coverage(&spaces, &request.principals)?;
        let hits = |record: &DocumentRecord| -> Result<Vec<Hit>> {
            let chunks = self.ledger.document_passages(record.summary.doc_id)?;
            Ok(chunks.into_iter().map(|chunk| hit_of(record, chunk)).collect())
        };
        let language = AnswerLanguage::of_question(&request.question, &[]);
        let mut answer = match records.as_slice() {
            [newer, older] => {
                let (new, old) = (hits(newer)?, hits(older)?);
                let [newer, older] = titles([newer, older]);
                let found = compare(
                    Compared {
                        title: &newer,
                        hits: &new,
                    },
                    Compared {
                        title: &older,
                        hits: &old,
                    },
                    language,
                );
                Answer {
                    grounding: match found.citations.is_empty() {
                        true => Grounding::NotFound,
                        false => Grounding::Grounded,
                    },
                    text: found.text,
                    citations: found.citations,
                    disagreements: found.disagreements,
                    ..Answer::default()
                }
            }
            // One of the two is gone since.
            _ => Answer {
                text: language.changed_meanwhile().to_owned(),
                ..Answer::default()
            },
        };
        answer.route = route;
        answer.coverage = coverage;
        self.narrow(&mut answer);
        send(on_event, AnswerEvent::Finished(Box::new(answer.clone())))?;
        Ok(answer)
    }
}

/// What two documents are called in the answer: by their titles, where those differ; else by their files too.
fn titles(records: [&DocumentRecord; 2]) -> [String; 2] {
    let same = records[0].summary.title == records[1].summary.title;
    records.map(|record| {
        let summary = &record.summary;
        let file = summary.path.rsplit('/').next().unwrap_or_default();
        match same {
            true => format!("{} ({file})", summary.title),
            false => summary.title.clone(),
        }
    })
}
