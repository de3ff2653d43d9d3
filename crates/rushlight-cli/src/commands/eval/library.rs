//! The user's own index as a set of questions asks it: the engine's search, as the page has it.

use rushlight_api::MAX_SEARCH_LIMIT;
use rushlight_core::{
    Chunk, DocId, Error, ErrorCode, Principal, Result, SearchMode, SearchRequest, SearchResponse,
};
use rushlight_eval::{KnownDocument, Library, Question};
use rushlight_ledger::DocumentQuery;

use crate::context::OpenEngine;

/// Documents read at once.
const PAGE: usize = 10_000;

pub(super) struct OwnLibrary<'a> {
    pub(super) open: &'a OpenEngine,
    /// Searched by questions that name none.
    pub(super) spaces: &'a [String],
    pub(super) candidates: usize,
}

impl Library for OwnLibrary<'_> {
    fn documents(&self) -> Result<Vec<KnownDocument>> {
        let mut known = Vec::new();
        loop {
            let page = self.open.engine.ledger().documents(&DocumentQuery {
                principals: vec![Principal::owner()],
                space: None,
                source: None,
                kind: None,
                limit: PAGE,
                offset: known.len(),
            })?;
            let last = page.items.len() < PAGE;
            known.extend(page.items.into_iter().map(|summary| KnownDocument {
                doc_id: summary.doc_id,
                path: summary.path,
                part: summary.part,
                title: summary.title,
                passages: summary.chunks as usize,
            }));
            if last {
                break;
            }
        }
        match known.is_empty() {
            false => Ok(known),
            true => Err(Error::new(
                ErrorCode::InvalidRequest,
                "nothing is indexed that could be asked",
            )
            .with_hint("add a folder with `rushlight add`, then run `rushlight index`")),
        }
    }

    fn passages(&self, document: DocId) -> Result<Vec<Chunk>> {
        self.open.engine.ledger().document_chunks(document)
    }

    fn search(&self, question: &Question, mode: SearchMode) -> Result<SearchResponse> {
        let spaces = match question.spaces.is_empty() {
            true => self.spaces,
            false => &question.spaces,
        };
        let request = SearchRequest {
            mode,
            spaces: spaces.to_vec(),
            kinds: question.kinds.clone(),
            limit: MAX_SEARCH_LIMIT,
            ..SearchRequest::new(question.text.clone())
        };
        self.open.runtime.block_on(self.open.engine.search(request))
    }

    fn embedding_model(&self) -> String {
        self.open.engine.embedding_model().to_owned()
    }

    fn candidates(&self) -> usize {
        self.candidates
    }
}
