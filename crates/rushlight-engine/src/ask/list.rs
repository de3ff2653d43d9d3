//! A question for every document that meets it: all matches are walked, each that says what is asked is a row. No model.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rushlight_answer::{AnswerLanguage, ListCount, ListPlan, cite_row, list_text, plan_list};
use rushlight_core::{
    Answer, AnswerEvent, AnswerRow, AnswerTable, Chunk, Citation, DocId, DocumentKind, Grounding, Hit,
    KeywordIndex, LegScores, Query, Result, Route, SearchFilter, TextSpan, Timestamp,
};
use rushlight_ledger::DocumentRecord;
use rushlight_retrieval::families::{Candidate, fold};
use rushlight_retrieval::query::{self, Calendar};

use super::{AskRequest, go_on, send};
use crate::engine::{Engine, Shared};
use crate::search::blocking;

/// Rows that a table shows at most.
const ROWS: usize = 200;
/// Rows that are kept to fold versions under the newest; a longer list is not folded.
const FOLDED: usize = 400;
/// Chunks whose documents are looked up at once.
const PAGE: usize = 4_096;

impl Engine {
    /// Answers with every document that meets the question.
    pub(super) async fn list(
        &self,
        request: AskRequest,
        route: Route,
        cancel: Arc<AtomicBool>,
        mut on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Answer> {
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.list(&request, route, &cancel, &mut on_event)).await
    }
}

/// A document that is a row, with the sentence that makes it one.
struct Found {
    hit: Hit,
    span: TextSpan,
    from: Option<String>,
}

impl Shared {
    fn list(
        &self,
        request: &AskRequest,
        mut route: Route,
        cancel: &AtomicBool,
        on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer> {
        let plan = plan_list(&request.question, self.clock.now());
        route.query = Some(plan.query()).filter(|query| !query.is_empty());
        send(on_event, AnswerEvent::Route(route.clone()))?;
        let spaces = self.resolve_spaces(&request.spaces, &request.principals)?;
        let coverage = self.ledger.coverage(&spaces, &request.principals)?;

        let mut documents: HashMap<DocId, Timestamp> = HashMap::new();
        for space in &spaces {
            let index = self.indexes.keyword(*space)?;
            documents.extend(self.meeting(&*index, &plan, request, cancel)?);
        }
        let mut documents: Vec<(DocId, Timestamp)> = documents.into_iter().collect();
        documents.sort_by_key(|(doc, date)| (std::cmp::Reverse(*date), *doc));

        let (mut found, mut walked, mut total) = (Vec::new(), 0u64, 0u64);
        for (doc, _) in &documents {
            go_on(cancel)?;
            if found.len() > FOLDED && !plan.is_stated() {
                (walked, total) = (walked + 1, total + 1);
                continue;
            }
            // What is gone since, or may no longer be read, was not there to be walked.
            let Some(record) = self.readable(*doc, &request.principals)? else {
                continue;
            };
            walked += 1;
            if let Some(row) = self.row(record, &plan)? {
                total += 1;
                if found.len() <= FOLDED {
                    found.push(row);
                }
            }
        }
        let (shown, versions) = match total as usize {
            folded if folded <= FOLDED => put_together(&request.question, &found),
            _ => ((0..found.len()).map(|index| (index, 0)).collect(), 0),
        };
        let total = total - versions;
        let (rows, citations) = table(&shown, &found);
        let count = ListCount {
            rows: total,
            shown: rows.len() as u64,
            walked,
            versions,
        };
        let hits: Vec<Hit> = found.iter().take(3).map(|row| row.hit.clone()).collect();
        let mut answer = Answer {
            text: list_text(count, AnswerLanguage::of_question(&request.question, &hits)),
            grounding: match rows.is_empty() {
                true => Grounding::NotFound,
                false => Grounding::Grounded,
            },
            citations,
            route,
            table: Some(AnswerTable { rows, total, walked }),
            coverage,
            ..Answer::default()
        };
        self.narrow(&mut answer);
        send(on_event, AnswerEvent::Finished(Box::new(answer.clone())))?;
        Ok(answer)
    }

    /// The documents of a space that meet the plan as a whole: each of its topics somewhere in them.
    fn meeting(
        &self,
        index: &dyn KeywordIndex,
        plan: &ListPlan,
        request: &AskRequest,
        cancel: &AtomicBool,
    ) -> Result<HashMap<DocId, Timestamp>> {
        let filter = SearchFilter {
            principals: request.principals.clone(),
            kinds: request.kinds.clone(),
            ..SearchFilter::default()
        };
        if plan.topics.is_empty() {
            return self.holding(index, &self.plan_query(&plan.filter())?, &filter, cancel);
        }
        let mut meeting: Option<HashMap<DocId, Timestamp>> = None;
        for alternatives in &plan.topics {
            let mut holding = HashMap::new();
            for words in alternatives {
                let query = self.plan_query(&format!("{} +{words}", plan.filter()))?;
                holding.extend(self.holding(index, &query, &filter, cancel)?);
            }
            if let Some(before) = meeting {
                holding.retain(|doc, _| before.contains_key(doc));
            }
            if holding.is_empty() {
                return Ok(holding);
            }
            meeting = Some(holding);
        }
        Ok(meeting.unwrap_or_default())
    }

    /// The documents with a chunk that meets a query. A word that nobody wrote is met by none: here it is not taken for
    /// another one.
    pub(super) fn holding(
        &self,
        index: &dyn KeywordIndex,
        query: &Query,
        filter: &SearchFilter,
        cancel: &AtomicBool,
    ) -> Result<HashMap<DocId, Timestamp>> {
        go_on(cancel)?;
        let mut holding = HashMap::new();
        let first = index.search(query, filter, 1)?;
        if first.hits.is_empty() || first.by_part || !first.corrections.is_empty() {
            return Ok(holding);
        }
        for page in index.matching(query, filter)?.chunks(PAGE) {
            go_on(cancel)?;
            holding.extend(self.ledger.documents_of(page, &filter.principals)?);
        }
        Ok(holding)
    }

    /// A query in the query language; of an empty text everything.
    pub(super) fn plan_query(&self, text: &str) -> Result<Query> {
        if text.is_empty() {
            return Ok(Query::everything());
        }
        let calendar = Calendar::at_offset(self.clock.now(), 0);
        query::parse(text, &calendar).map_err(|error| error.into_error(text))
    }

    /// The document as a row; `None` when no sentence of it says what is asked.
    fn row(&self, record: DocumentRecord, plan: &ListPlan) -> Result<Option<Found>> {
        let mut best: Option<(f32, Chunk, TextSpan)> = None;
        for chunk in self.ledger.document_passages(record.summary.doc_id)? {
            if let Some((fit, span)) = plan.sentence(&chunk.text)
                && best.as_ref().is_none_or(|(top, ..)| fit > *top)
            {
                best = Some((fit, chunk, span));
            }
        }
        Ok(best.map(|(_, chunk, span)| Found {
            from: record.metadata.authors.first().cloned(),
            hit: hit_of(&record, chunk),
            span,
        }))
    }
}

/// A chunk of a document as a hit that nothing ranked.
pub(super) fn hit_of(record: &DocumentRecord, chunk: Chunk) -> Hit {
    let summary = &record.summary;
    Hit {
        chunk,
        content_hash: summary.content_hash,
        doc_id: summary.doc_id,
        title: summary.title.clone(),
        path: summary.path.clone(),
        part: summary.part.clone(),
        kind: summary.kind,
        date: summary.date,
        space_id: summary.space_id,
        space: summary.space.clone(),
        scores: LegScores::default(),
        highlights: Vec::new(),
        online: true,
        also_at: Vec::new(),
        more: Vec::new(),
        related: Vec::new(),
        why: None,
    }
}

/// The rows with how many versions each stands for, newest first, and how many those are in all. Mails are no versions of one
/// another.
fn put_together(question: &str, found: &[Found]) -> (Vec<(usize, u64)>, u64) {
    let others: Vec<usize> = (0..found.len())
        .filter(|index| found[*index].hit.kind != DocumentKind::Mail)
        .collect();
    let candidates: Vec<Candidate<'_>> = others
        .iter()
        .map(|index| {
            let hit = &found[*index].hit;
            Candidate {
                title: &hit.title,
                path: &hit.path,
                date: hit.date,
                chunks: vec![hit.chunk.text.as_str()],
            }
        })
        .collect();
    let mut versions: HashMap<usize, u64> = HashMap::new();
    let mut under: HashSet<usize> = HashSet::new();
    for family in fold(question, &candidates) {
        versions.insert(others[family.shown], family.others.len() as u64);
        under.extend(family.others.iter().map(|index| others[*index]));
    }
    let rows = (0..found.len())
        .filter(|index| !under.contains(index))
        .map(|index| (index, versions.get(&index).copied().unwrap_or(0)))
        .collect();
    (rows, under.len() as u64)
}

/// The rows that are shown, each with its citation.
fn table(shown: &[(usize, u64)], found: &[Found]) -> (Vec<AnswerRow>, Vec<Citation>) {
    let (mut rows, mut citations) = (Vec::new(), Vec::new());
    for (index, versions) in shown.iter().take(ROWS) {
        let Found { hit, span, from } = &found[*index];
        let number = citations.len() as u32 + 1;
        let Some(citation) = cite_row(hit, *span, number) else {
            continue;
        };
        citations.push(citation);
        rows.push(AnswerRow {
            citation: number,
            title: hit.title.clone(),
            from: from.clone(),
            date: hit.date,
            versions: *versions,
        });
    }
    (rows, citations)
}
