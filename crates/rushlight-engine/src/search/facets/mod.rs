//! What the documents that a query finds by word have in common, counted.

mod table;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use rushlight_core::{
    Covers, Facet, FacetCounts, FacetValue, Facets, MAX_FACET_VALUES, Result, SearchRequest, SpaceId,
};
use rushlight_ledger::SourceRecord;
use rushlight_retrieval::query::{Choice, Choices, written};

use super::asked::{is_named, last_name};
use super::holding::Holding;
use super::{Reading, blocking, micros};
use crate::engine::{Engine, Shared};
pub(crate) use table::Catalogue;
use table::{Counter, person};

impl Engine {
    /// Counts the documents that hold the words of the query, by what they have in common. Only words are asked, whatever
    /// the request's mode; its limit and order do not matter. Of a facet that the query chooses values of, the others are
    /// counted as if it did not.
    ///
    /// # Errors
    /// Those of [`Engine::search`].
    pub async fn facets(&self, request: SearchRequest) -> Result<Facets> {
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.facets(&request)).await
    }
}

/// What counting is done with.
struct Count<'a> {
    shared: &'a Shared,
    request: &'a SearchRequest,
    choices: Choices,
    covers: Covers,
    /// Numbers of the access lists that the asker is on.
    readable: HashSet<i64>,
    /// The spaces and folders that there are for the asker.
    spaces: HashMap<SpaceId, String>,
    folders: Vec<SourceRecord>,
    year_offset: i32,
}

impl Shared {
    fn facets(&self, request: &SearchRequest) -> Result<Facets> {
        let begun = Instant::now();
        // What cannot be read is told of the query as it was typed.
        self.asked(request, Reading::Query)?;
        let choices = Choices::of(&request.query, &self.calendar(request));
        // What is chosen of facets says nothing of which words have to be there.
        let bare = choices.without_all(None);
        let of_words = match bare.is_empty() {
            true => None,
            false => Some(self.documents_holding(&with_query(request, bare.clone()))?),
        };
        let covers = of_words.as_ref().map_or(Covers::Filters, |held| held.covers);
        let spaces = self.ledger.spaces_for(&request.principals)?;
        let count = Count {
            shared: self,
            request,
            choices,
            covers,
            readable: self.ledger.readable_access(&request.principals)?,
            spaces: spaces.into_iter().map(|space| (space.id, space.name)).collect(),
            folders: self.ledger.sources_for(&request.principals)?,
            year_offset: request.utc_offset,
        };
        // Where nothing is chosen these are the documents that are counted.
        let held = match of_words.filter(|_| bare == request.query) {
            Some(held) => held,
            None => count.held(request.query.clone())?,
        };
        count.all(held, begun)
    }
}

fn with_query(request: &SearchRequest, query: String) -> SearchRequest {
    SearchRequest {
        query,
        ..request.clone()
    }
}

impl Count<'_> {
    fn all(&self, held: Holding, begun: Instant) -> Result<Facets> {
        let mut counter = Counter::new(self.year_offset, &Facet::ALL);
        self.count(&held, &mut counter)?;
        let mut facets = Vec::with_capacity(Facet::ALL.len());
        for facet in Facet::ALL {
            let counted = match self.choices.chosen(facet).next() {
                None => counter.take(facet),
                Some(_) => {
                    let rest = self.held(self.choices.without_all(Some(facet)))?;
                    let mut counter = Counter::new(self.year_offset, &[facet]);
                    self.count(&rest, &mut counter)?;
                    counter.take(facet)
                }
            };
            facets.push(self.told(facet, counted)?);
        }
        Ok(Facets {
            covers: self.covers,
            documents: counter.documents(),
            facets,
            bare: self.choices.without_all(None),
            took_us: micros(begun),
        })
    }

    fn held(&self, query: String) -> Result<Holding> {
        if query.trim().is_empty() {
            return self.shared.documents_of_all(self.request);
        }
        self.shared
            .documents_holding_as(&with_query(self.request, query), self.covers)
    }

    fn count(&self, held: &Holding, counter: &mut Counter) -> Result<()> {
        for (space, documents) in &held.spaces {
            let name = self.spaces.get(space).map_or("", String::as_str);
            self.shared.catalogue.of(&self.shared.ledger, *space, |table| {
                let documents = documents.iter().map(|document| document.doc_id);
                table.count(documents, &self.readable, name, counter);
            })?;
        }
        Ok(())
    }

    /// The values of a facet as they are told: what the query chooses is always there.
    fn told(&self, facet: Facet, counted: HashMap<String, Counted>) -> Result<FacetCounts> {
        let mut values: Vec<FacetValue> = Vec::with_capacity(counted.len());
        let mut found: Vec<&Choice> = Vec::new();
        for (key, Counted { shown, documents }) in counted {
            let Some(value) = self.value(facet, &key, shown) else {
                continue;
            };
            let choice = self
                .choices
                .chosen(facet)
                .find(|choice| self.is_it(facet, choice, &key));
            found.extend(choice);
            let query = match choice {
                Some(choice) => self.choices.without(choice),
                None => self.choices.with(facet, &self.written(facet, &key, &value)),
            };
            values.push(FacetValue {
                value,
                documents,
                chosen: choice.is_some(),
                query,
            });
        }
        for choice in self.choices.chosen(facet) {
            if !found.contains(&choice) {
                values.push(self.unlisted(choice)?);
            }
        }
        values.sort_by(|a, b| {
            let most = (Reverse(a.documents), &a.value).cmp(&(Reverse(b.documents), &b.value));
            b.chosen.cmp(&a.chosen).then(most)
        });
        let shown = values
            .iter()
            .filter(|value| value.chosen)
            .count()
            .max(MAX_FACET_VALUES);
        let more = values.len().saturating_sub(shown) as u64;
        values.truncate(shown);
        values.sort_by(|a, b| (Reverse(a.documents), &a.value).cmp(&(Reverse(b.documents), &b.value)));
        Ok(FacetCounts { facet, values, more })
    }

    /// A choice that is no value of a document: a part of a name, or what no document has.
    fn unlisted(&self, choice: &Choice) -> Result<FacetValue> {
        let rest = self.choices.without_all(Some(choice.facet));
        let held = self.held(format!("{rest} {}", choice.written))?;
        Ok(FacetValue {
            value: choice.value.clone(),
            documents: held.count(),
            chosen: true,
            query: self.choices.without(choice),
        })
    }

    /// What is shown of a value; `None` for a folder that is not there for the asker.
    fn value(&self, facet: Facet, key: &str, shown: String) -> Option<String> {
        match facet {
            Facet::Folder => self.folder(key).map(|folder| folder.root.clone()),
            _ => Some(shown),
        }
    }

    fn folder(&self, key: &str) -> Option<&SourceRecord> {
        self.folders.iter().find(|folder| folder.id.to_string() == key)
    }

    /// A value as it is typed: a folder by its last name where no other has it.
    fn written(&self, facet: Facet, key: &str, value: &str) -> String {
        match facet {
            Facet::Folder => {
                let name = last_name(value);
                let alike = self.folders.iter().filter(|folder| is_named(&folder.root, name));
                let short = alike.count() == 1 && !name.is_empty();
                written(facet, if short { name } else { value })
            }
            // An address tells people apart; where there is none, the name as it is.
            Facet::Person if value.to_lowercase() != key => written(facet, key),
            _ => written(facet, value),
        }
    }

    /// Whether a choice is the value that is counted under this key.
    fn is_it(&self, facet: Facet, choice: &Choice, key: &str) -> bool {
        match facet {
            Facet::Folder => self
                .folder(key)
                .is_some_and(|folder| is_named(&folder.root, &choice.value)),
            Facet::Person => person(&choice.value).0 == key,
            Facet::Tag => choice.value.to_lowercase() == key,
            Facet::Type | Facet::Space | Facet::Year => choice.value == key,
        }
    }
}

/// How a value is shown, and in how many documents it is.
#[derive(Debug, Default)]
struct Counted {
    shown: String,
    documents: u64,
}
