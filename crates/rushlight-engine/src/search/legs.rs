//! The two legs of a search, over all spaces that are asked.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use rushlight_core::{
    ChunkId, ChunkSet, Clause, DocId, EmbedKind, Embedding, Error, ErrorCode, KeywordFound, KeywordHit, Node,
    Occur, Result, VectorHit,
};
use rushlight_retrieval::{SEATS, TITLES, exact_terms};

use super::asked::Asked;
use super::{blocking, micros};
use crate::engine::Shared;

/// What the search by word came to.
#[derive(Default)]
pub(super) struct Words {
    /// Of all spaces together.
    pub(super) found: KeywordFound,
    /// For each part of the query that is guaranteed a place, the best chunks that hold it.
    pub(super) exact: Vec<HashSet<ChunkId>>,
    pub(super) took_us: u64,
}

/// What the search by meaning came to.
#[derive(Default)]
pub(super) struct Meaning {
    pub(super) hits: Vec<VectorHit>,
    /// The documents whose titles are nearest.
    pub(super) titles: HashMap<DocId, f32>,
    /// The query's vector; `None` when the leg was not asked.
    pub(super) vector: Option<Embedding>,
    pub(super) took_us: u64,
    pub(super) embed_us: u64,
}

impl Shared {
    pub(super) fn by_word(&self, asked: &Asked) -> Result<Words> {
        let begun = Instant::now();
        let mut all = KeywordFound::default();
        for (space, query) in &asked.spaces {
            let index = self.indexes.keyword(*space)?;
            add(
                &mut all,
                index.search(query, &asked.filter, self.options.candidates)?,
            );
        }
        // A word that another space has was not corrected for want of it.
        let KeywordFound {
            corrections, terms, ..
        } = &mut all;
        corrections.retain(|correction| {
            terms
                .iter()
                .all(|term| term.term != correction.typed || term.chunks == 0)
        });
        if !all.newest_first {
            best_first(&mut all.hits);
            all.hits.truncate(self.options.candidates);
        }
        let exact = exact_terms(&asked.query, &all.terms)
            .into_iter()
            .map(|term| self.holders(asked, term, &mut all.hits))
            .collect::<Result<_>>()?;
        Ok(Words {
            found: all,
            exact,
            took_us: micros(begun),
        })
    }

    /// The best chunks in which an exact term stands to the letter. Those that are no candidates yet become some.
    fn holders(
        &self,
        asked: &Asked,
        term: String,
        candidates: &mut Vec<KeywordHit>,
    ) -> Result<HashSet<ChunkId>> {
        let mut holders = HashSet::new();
        for (space, query) in &asked.spaces {
            let mut to_the_letter = query.restrictions();
            to_the_letter.clauses.push(Clause {
                occur: Occur::Required,
                node: Node::Phrase(term.clone()),
            });
            let index = self.indexes.keyword(*space)?;
            for hit in index.search(&to_the_letter, &asked.filter, SEATS)?.hits {
                holders.insert(hit.chunk_id);
                if !candidates.iter().any(|known| known.chunk_id == hit.chunk_id) {
                    // Its score is of another query; it is a candidate for the place it is guaranteed.
                    candidates.push(KeywordHit { score: 0.0, ..hit });
                }
            }
        }
        Ok(holders)
    }

    pub(super) async fn by_meaning(self: &Arc<Self>, asked: &Arc<Asked>) -> Result<Meaning> {
        let begun = Instant::now();
        let vector = self.embed_query(&asked.about).await?;
        let embed_us = micros(begun);
        let begun = Instant::now();
        let (mut hits, mut titles, mut for_titles) = (Vec::new(), Vec::new(), None);
        for (space, query) in &asked.spaces {
            let (shared, space, query, of) = (Arc::clone(self), *space, query.clone(), Arc::clone(asked));
            let among: Option<Arc<ChunkSet>> =
                blocking(move || shared.among(space, &query, &of.filter)).await?;
            let index = self.indexes.vector(space).await?;
            hits.extend(
                index
                    .nearest(&vector, &asked.filter, among.as_deref(), self.options.candidates)
                    .await?,
            );
            // What a query demands of a passage no title says.
            if among.is_none() {
                let about = match &for_titles {
                    Some(known) => known,
                    None => for_titles.insert(self.title_vector(&asked.about, &vector).await?),
                };
                let index = self.indexes.titles(space).await?;
                titles.extend(index.nearest(about, &asked.filter, None, TITLES).await?);
            }
        }
        nearest_first(&mut hits, self.options.candidates);
        nearest_first(&mut titles, TITLES);
        Ok(Meaning {
            hits,
            titles: titles.iter().map(|hit| (hit.doc_id, hit.similarity)).collect(),
            vector: Some(vector),
            took_us: micros(begun),
            embed_us,
        })
    }

    /// The query's vector.
    async fn embed_query(self: &Arc<Self>, query: &str) -> Result<Embedding> {
        let (shared, query) = (Arc::clone(self), query.to_owned());
        blocking(move || shared.query_vector(&query)).await
    }

    /// The vector that titles are compared with.
    async fn title_vector(self: &Arc<Self>, query: &str, vector: &Embedding) -> Result<Embedding> {
        let (shared, query, vector) = (Arc::clone(self), query.to_owned(), vector.clone());
        blocking(move || {
            let embedder = shared.embedder.get()?;
            // Where there is no dictionary titles are found without it.
            let translator = shared
                .translator
                .as_ref()
                .and_then(|translator| translator.get().ok());
            let (queries, translator) = (&shared.title_queries, translator.as_deref());
            queries.vector(&*embedder, translator, &query, &vector)
        })
        .await
    }

    /// The vector of what a query is about. Computes.
    pub(super) fn query_vector(&self, about: &str) -> Result<Embedding> {
        let embedder = self.embedder.get()?;
        let vector = embedder.embed(EmbedKind::Query, &[about])?.pop();
        vector.ok_or_else(|| {
            Error::new(
                ErrorCode::EmbeddingFailed,
                "the model returned no vector for the query",
            )
        })
    }
}

fn nearest_first(hits: &mut Vec<VectorHit>, most: usize) {
    hits.sort_by(|a, b| {
        b.similarity
            .total_cmp(&a.similarity)
            .then(a.chunk_id.cmp(&b.chunk_id))
    });
    hits.truncate(most);
}

/// Adds what one space has to what others have. A word is as rare as where it is least so, of the spaces that have it: a
/// small one without it says nothing of it.
fn add(all: &mut KeywordFound, found: KeywordFound) {
    let KeywordFound {
        hits,
        newest_first,
        by_part,
        corrections,
        terms,
        characters,
    } = found;
    all.hits.extend(hits);
    all.newest_first |= newest_first;
    all.by_part |= by_part;
    for correction in corrections {
        if !all.corrections.contains(&correction) {
            all.corrections.push(correction);
        }
    }
    for term in terms {
        match all.terms.iter_mut().find(|known| known.term == term.term) {
            Some(known) => {
                known.idf = match (known.chunks, term.chunks) {
                    (0, 0) => known.idf.max(term.idf),
                    (0, _) => term.idf,
                    (_, 0) => known.idf,
                    _ => known.idf.min(term.idf),
                };
                known.chunks += term.chunks;
            }
            None => all.terms.push(term),
        }
    }
    for (character, idf) in characters {
        match all.characters.iter_mut().find(|(known, _)| *known == character) {
            Some((_, known)) => *known = known.min(idf),
            None => all.characters.push((character, idf)),
        }
    }
}

fn best_first(hits: &mut [KeywordHit]) {
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk_id.cmp(&b.chunk_id)));
}

#[cfg(test)]
mod tests {
    use rushlight_core::TermFound;

    use super::*;

    #[test]
    fn a_space_without_a_word_says_nothing_of_how_rare_it_is() {
        let found = |chunks: u64, idf: f32| KeywordFound {
            terms: vec![TermFound {
                term: "tea".to_owned(),
                chunks,
                idf,
                identifier: false,
            }],
            ..KeywordFound::default()
        };
        let together = |spaces: &[(u64, f32)]| {
            let mut all = KeywordFound::default();
            for (chunks, idf) in spaces {
                add(&mut all, found(*chunks, *idf));
            }
            (all.terms[0].chunks, all.terms[0].idf)
        };
        // An empty space has the least weight of all for a word that nobody wrote there.
        for spaces in [[(4, 3.0), (0, 0.7), (2, 5.0)], [(0, 0.7), (2, 5.0), (4, 3.0)]] {
            assert_eq!(together(&spaces), (6, 3.0));
        }
        assert_eq!(together(&[(0, 0.7), (0, 6.0)]), (0, 6.0));
    }
}
