//! The documents that hold the words of a query: what is counted, and what is listed where nothing ranks.

use rushlight_core::{Correction, Covers, MatchingDocument, Query, Result, SearchRequest, SpaceId};
use rushlight_retrieval::query;

use super::Reading;
use super::asked::Asked;
use crate::engine::Shared;

/// Every document that a query finds by word.
pub(super) struct Holding {
    pub(super) asked: Asked,
    pub(super) covers: Covers,
    /// Of each space that is asked, by document id.
    pub(super) spaces: Vec<(SpaceId, Vec<MatchingDocument>)>,
    pub(super) corrections: Vec<Correction>,
}

impl Holding {
    pub(super) fn count(&self) -> u64 {
        self.spaces
            .iter()
            .map(|(_, documents)| documents.len() as u64)
            .sum()
    }
}

impl Shared {
    /// The documents that hold every word of the query; where there are none, those that hold any of them.
    pub(super) fn documents_holding(&self, request: &SearchRequest) -> Result<Holding> {
        let asked = self.asked(request, Reading::Query)?;
        if asked.about.is_empty() {
            return self.held(asked, Covers::Filters);
        }
        if let Some(every) = self.with_every_word(request)? {
            let held = self.held(every, Covers::AllWords)?;
            if held.count() > 0 {
                return Ok(Holding { asked, ..held });
            }
        }
        self.held(asked, Covers::AnyWord)
    }

    /// The same where it is known already which documents take part.
    pub(super) fn documents_holding_as(&self, request: &SearchRequest, covers: Covers) -> Result<Holding> {
        let every = match covers {
            Covers::AllWords => self.with_every_word(request)?,
            Covers::AnyWord | Covers::Filters => None,
        };
        match every {
            Some(every) => self.held(every, covers),
            None => self.held(self.asked(request, Reading::Query)?, covers),
        }
    }

    /// Everything that the request's filters let pass.
    pub(super) fn documents_of_all(&self, request: &SearchRequest) -> Result<Holding> {
        let calendar = self.calendar(request);
        self.held(
            self.asked_for(request, Query::everything(), calendar)?,
            Covers::Filters,
        )
    }

    fn with_every_word(&self, request: &SearchRequest) -> Result<Option<Asked>> {
        let calendar = self.calendar(request);
        query::every_word(&request.query, &calendar, request.typing)
            .map(|query| self.asked_for(request, query, calendar))
            .transpose()
    }

    fn held(&self, asked: Asked, covers: Covers) -> Result<Holding> {
        let (mut spaces, mut corrections) = (Vec::new(), Vec::new());
        for (space, query) in &asked.spaces {
            let found = self.indexes.keyword(*space)?.documents(query, &asked.filter)?;
            spaces.push((*space, found.documents));
            for correction in found.corrections {
                if !corrections.contains(&correction) {
                    corrections.push(correction);
                }
            }
        }
        Ok(Holding {
            asked,
            covers,
            spaces,
            corrections,
        })
    }
}
