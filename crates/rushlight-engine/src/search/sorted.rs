//! A search whose order no score decides: every document that holds the words, by date or by title.

use std::cmp::Reverse;
use std::time::Instant;

use rushlight_core::{
    KeywordFound, MatchingDocument, Result, SearchRequest, SearchResponse, SearchTimings, Sort, Sorted,
    SpaceId,
};

use super::holding::Holding;
use super::legs::Words;
use super::rank::listed;
use super::texts::Texts;
use super::{micros, understood};
use crate::engine::Shared;

impl Shared {
    pub(super) fn sorted(&self, request: &SearchRequest, begun: Instant) -> Result<SearchResponse> {
        let mut held = self.documents_holding(request)?;
        let sorted = Sorted {
            by: request.sort,
            covers: held.covers,
            documents: held.count(),
        };
        let spaces = std::mem::take(&mut held.spaces);
        let documents = self.in_order(spaces, request)?;
        let Holding {
            asked, corrections, ..
        } = held;
        let words = Words {
            found: KeywordFound {
                corrections,
                ..KeywordFound::default()
            },
            took_us: micros(begun),
            ..Words::default()
        };
        let ranked = listed(
            documents
                .iter()
                .map(|document| (document.chunk_id, document.doc_id)),
            request.sort,
        );
        // Each document stands at its own place: nothing stands behind another.
        let alone = SearchRequest {
            grouped: false,
            rerank: Some(false),
            ..request.clone()
        };
        let hits = self.show(&alone, &asked, &words, &ranked, &mut Texts::new(&self.ledger))?;
        Ok(SearchResponse {
            hits,
            timings: SearchTimings {
                keyword_us: words.took_us,
                total_us: micros(begun),
                ..SearchTimings::default()
            },
            understood: understood(request, &asked),
            corrections: words.found.corrections,
            sorted: Some(sorted),
            ..SearchResponse::default()
        })
    }

    /// The documents of all spaces in the order that is asked for; those that are equal in it by their ids.
    fn in_order(
        &self,
        spaces: Vec<(SpaceId, Vec<MatchingDocument>)>,
        request: &SearchRequest,
    ) -> Result<Vec<MatchingDocument>> {
        if request.sort == Sort::Title {
            return self.by_title(spaces, request);
        }
        let mut documents: Vec<MatchingDocument> =
            spaces.into_iter().flat_map(|(_, documents)| documents).collect();
        match request.sort {
            Sort::Oldest => documents.sort_by_key(|document| (document.date, document.doc_id)),
            Sort::Relevance | Sort::Newest | Sort::Title => {
                documents.sort_by_key(|document| (Reverse(document.date), document.doc_id));
            }
        }
        Ok(documents)
    }

    fn by_title(
        &self,
        spaces: Vec<(SpaceId, Vec<MatchingDocument>)>,
        request: &SearchRequest,
    ) -> Result<Vec<MatchingDocument>> {
        let readable = self.ledger.readable_access(&request.principals)?;
        let mut titled: Vec<(String, MatchingDocument)> = Vec::new();
        for (space, documents) in spaces {
            self.catalogue.of(&self.ledger, space, |table| {
                titled.extend(documents.into_iter().filter_map(|document| {
                    let title = table.title(document.doc_id, &readable)?;
                    Some((title.to_lowercase(), document))
                }));
            })?;
        }
        titled.sort_by(|(a, first), (b, second)| a.cmp(b).then(first.doc_id.cmp(&second.doc_id)));
        Ok(titled.into_iter().map(|(_, document)| document).collect())
    }
}
