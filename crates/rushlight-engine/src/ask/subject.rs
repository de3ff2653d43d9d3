//! Which document a question means as a whole: by words of its title or path, or as the one the conversation cites.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rushlight_answer::{AnswerLanguage, Subject, name_fit, name_words, same_but_for_version};
use rushlight_core::{
    Answer, AnswerEvent, DocId, Hit, Result, Route, RoutedDocument, SearchFilter, SearchRequest,
};
use rushlight_ledger::{DocumentRecord, LinkTarget};

use super::list::hit_of;
use super::{AskRequest, send};
use crate::engine::{Engine, Shared};
use crate::search::{Reading, blocking};

/// Documents with a word of the name that are looked at.
const LOOKED_AT: usize = 1_000;
/// What a document's title and path must have of the name.
const ENOUGH: f32 = 0.6;
/// What they have of it where no word is missing, as [`name_fit`] counts.
const ALL: f32 = 0.9;
/// Documents that could be meant and are named, and passages that are shown where none is.
const CLOSEST: usize = 3;

/// A document that bears a name, more or less.
pub(super) struct Bearer {
    pub(super) document: LinkTarget,
    fit: f32,
}

impl Bearer {
    /// Whether its title and path have every word of the name.
    pub(super) fn bears_all(&self) -> bool {
        self.fit >= ALL
    }
}

/// Why no document can be said to be meant.
pub(super) enum Missing {
    /// No document has this name.
    Unknown(String),
    /// Several do.
    Several(Vec<Hit>),
    /// Nothing was spoken of before.
    NothingBefore,
    /// There is but one version of it.
    OneVersion(Box<Hit>),
}

impl Shared {
    /// The documents that bear this name, as the asker may read them: best first, of equally good ones the newest.
    pub(super) fn bearers(
        &self,
        name: &str,
        request: &AskRequest,
        cancel: &AtomicBool,
    ) -> Result<Vec<Bearer>> {
        let filter = SearchFilter {
            principals: request.principals.clone(),
            kinds: request.kinds.clone(),
            ..SearchFilter::default()
        };
        let mut words_of: HashMap<DocId, usize> = HashMap::new();
        for space in self.resolve_spaces(&request.spaces, &request.principals)? {
            let index = self.indexes.keyword(space)?;
            for word in name_words(name) {
                let mut bearing = HashMap::new();
                for field in ["title", "path"] {
                    let query = self.plan_query(&format!("{field}:{word}"))?;
                    bearing.extend(self.holding(&*index, &query, &filter, cancel)?);
                }
                for doc in bearing.into_keys() {
                    *words_of.entry(doc).or_default() += 1;
                }
            }
        }
        let mut documents: Vec<(DocId, usize)> = words_of.into_iter().collect();
        documents.sort_by_key(|(doc, words)| (std::cmp::Reverse(*words), *doc));
        let mut bearers = Vec::new();
        for (doc, _) in documents.into_iter().take(LOOKED_AT) {
            let Some((document, _)) = self.ledger.link_target(doc, &request.principals)? else {
                continue;
            };
            let fit = name_fit(name, &document.title, &document.path);
            if fit >= ENOUGH {
                bearers.push(Bearer { document, fit });
            }
        }
        bearers.sort_by(|a, b| {
            let newest = b.document.date.cmp(&a.document.date);
            b.fit
                .total_cmp(&a.fit)
                .then(newest)
                .then(a.document.doc_id.cmp(&b.document.doc_id))
        });
        Ok(bearers)
    }

    /// The one document that is meant; of several versions the newest.
    pub(super) fn meant(
        &self,
        subject: &Subject,
        request: &AskRequest,
        cancel: &AtomicBool,
    ) -> Result<std::result::Result<DocId, Missing>> {
        let name = match subject {
            Subject::Named(name) => name,
            Subject::Pointed => return self.pointed(request),
        };
        let bearers = self.bearers(name, request, cancel)?;
        let Some(best) = bearers.first() else {
            return Ok(Err(Missing::Unknown(name.clone())));
        };
        let equal: Vec<&Bearer> = bearers
            .iter()
            .take_while(|bearer| best.fit - bearer.fit < 1e-4)
            .collect();
        let one = |bearer: &&Bearer| same_but_for_version(&bearer.document.title, &best.document.title);
        let mails =
            self.ledger
                .thread_of(best.document.doc_id, &request.principals, super::summary::MAILS)?;
        let of_thread = |bearer: &&Bearer| {
            mails
                .iter()
                .any(|mail| mail.document.doc_id == bearer.document.doc_id)
        };
        if equal.iter().all(|bearer| one(bearer) || of_thread(bearer)) {
            return Ok(Ok(best.document.doc_id));
        }
        let mut hits = Vec::new();
        for bearer in equal.iter().take(CLOSEST) {
            hits.extend(self.first_hit(bearer.document.doc_id, request)?);
        }
        Ok(Err(Missing::Several(hits)))
    }

    /// The document that the last answers cite most.
    fn pointed(&self, request: &AskRequest) -> Result<std::result::Result<DocId, Missing>> {
        for turn in request.history.iter().rev() {
            let mut cited: Vec<(DocId, usize)> = Vec::new();
            for doc in &turn.documents {
                match cited.iter_mut().find(|(known, _)| known == doc) {
                    Some((_, count)) => *count += 1,
                    None => cited.push((*doc, 1)),
                }
            }
            // Of equally often cited ones the first; sorting is stable.
            cited.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            for (doc, _) in cited {
                if self.readable(doc, &request.principals)?.is_some() {
                    return Ok(Ok(doc));
                }
            }
        }
        Ok(Err(Missing::NothingBefore))
    }

    /// A document's first passage.
    pub(super) fn first_hit(&self, doc: DocId, request: &AskRequest) -> Result<Option<Hit>> {
        let Some(record) = self.readable(doc, &request.principals)? else {
            return Ok(None);
        };
        let chunk = self.ledger.document_passages(doc)?.into_iter().next();
        Ok(chunk.map(|chunk| hit_of(&record, chunk)))
    }
}

/// A document as an answer names it.
pub(super) fn routed(record: &DocumentRecord) -> RoutedDocument {
    let summary = &record.summary;
    RoutedDocument {
        doc_id: summary.doc_id,
        content_hash: summary.content_hash,
        title: summary.title.clone(),
        path: summary.path.clone(),
        date: summary.date,
    }
}

impl Engine {
    /// The answer where no document can be said to be meant: why, and the closest.
    pub(super) async fn not_meant(
        &self,
        request: &AskRequest,
        route: Route,
        missing: Missing,
        on_event: &mut (dyn FnMut(AnswerEvent) -> ControlFlow<()> + Send),
    ) -> Result<Answer> {
        let language = AnswerLanguage::of_question(&request.question, &[]);
        let (text, closest) = match missing {
            Missing::Unknown(name) => {
                let found = self
                    .find(
                        SearchRequest {
                            principals: request.principals.clone(),
                            spaces: request.spaces.clone(),
                            kinds: request.kinds.clone(),
                            limit: CLOSEST,
                            ..SearchRequest::new(&name)
                        },
                        Reading::Question,
                    )
                    .await?;
                let text = match language {
                    AnswerLanguage::English => format!("No document is called “{name}”."),
                    AnswerLanguage::TraditionalChinese => format!("沒有名為「{name}」的文件。"),
                    AnswerLanguage::SimplifiedChinese => format!("没有名为“{name}”的文件。"),
                };
                (text, found.response.hits)
            }
            Missing::Several(hits) => {
                let text = match language {
                    AnswerLanguage::English => {
                        "Several documents could be meant. Ask for one of them by its full title."
                    }
                    AnswerLanguage::TraditionalChinese => "可能指好幾份文件，請用完整的標題說明是哪一份。",
                    AnswerLanguage::SimplifiedChinese => "可能指好几份文件，请用完整的标题说明是哪一份。",
                };
                (text.to_owned(), hits)
            }
            Missing::NothingBefore => {
                let text = match language {
                    AnswerLanguage::English => "No document was spoken of before. Ask for it by its title.",
                    AnswerLanguage::TraditionalChinese => "前面沒有提到任何文件，請用標題說明是哪一份。",
                    AnswerLanguage::SimplifiedChinese => "前面没有提到任何文件，请用标题说明是哪一份。",
                };
                (text.to_owned(), Vec::new())
            }
            Missing::OneVersion(hit) => {
                let title = &hit.title;
                let text = match language {
                    AnswerLanguage::English => {
                        format!("There is no other version of “{title}” to compare it with.")
                    }
                    AnswerLanguage::TraditionalChinese => format!("沒有「{title}」的其他版本可以比較。"),
                    AnswerLanguage::SimplifiedChinese => format!("没有“{title}”的其他版本可以比较。"),
                };
                (text, vec![*hit])
            }
        };
        let (shared, asked) = (Arc::clone(&self.shared), request.clone());
        let coverage = blocking(move || {
            let spaces = shared.resolve_spaces(&asked.spaces, &asked.principals)?;
            shared.ledger.coverage(&spaces, &asked.principals)
        })
        .await?;
        let answer = Answer {
            text,
            closest,
            route,
            coverage,
            ..Answer::default()
        };
        send(on_event, AnswerEvent::Finished(Box::new(answer.clone())))?;
        Ok(answer)
    }
}
