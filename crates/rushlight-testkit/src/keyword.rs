//! Plain BM25 in memory.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rushlight_core::{
    ChunkId, DocId, Generation, IndexedDocument, KeywordHit, KeywordIndex, REPEATED_WEIGHT, Result,
    SearchFilter,
};

use crate::contract::admits;
use crate::words::{Word, all_terms, terms, words};

/// Saturation of term frequency and weight of length, as in Robertson and Zaragoza (2009).
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// How often a word of title, keywords or headings counts.
const TITLE_WEIGHT: f32 = 3.0;

#[derive(Debug, Default)]
struct Committed {
    documents: BTreeMap<DocId, IndexedDocument>,
    generation: Generation,
}

type Pending = BTreeMap<DocId, Option<IndexedDocument>>;

/// A [`KeywordIndex`] in memory, stricter than a real one.
///
/// # Panics
/// When one call names a document twice, when two chunks of one call share an id, and when the generation goes back.
#[derive(Debug, Default)]
pub struct MemKeywordIndex {
    committed: Arc<Mutex<Committed>>,
    pending: Mutex<Pending>,
}

impl MemKeywordIndex {
    /// Empty, and gone when dropped.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was last committed in this folder by this process; what was only applied is lost, as after a crash. The
    /// folder holds a marker only: with it the index goes.
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self {
            committed: crate::shelf::open(folder)?,
            pending: Mutex::default(),
        })
    }
}

/// Asserts that a call says one thing of each document and chunk.
pub(crate) fn assert_unambiguous(upserts: &[IndexedDocument], deletes: &[DocId]) {
    let mut documents: Vec<DocId> = upserts
        .iter()
        .map(|d| d.doc_id)
        .chain(deletes.iter().copied())
        .collect();
    documents.sort_unstable();
    let named = documents.len();
    documents.dedup();
    assert_eq!(named, documents.len(), "one call names a document twice");
    let mut chunks: Vec<ChunkId> = upserts
        .iter()
        .flat_map(|d| d.chunks.iter().map(|c| c.id))
        .collect();
    chunks.sort_unstable();
    let named = chunks.len();
    chunks.dedup();
    assert_eq!(named, chunks.len(), "two chunks of one call share an id");
}

impl KeywordIndex for MemKeywordIndex {
    fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()> {
        assert_unambiguous(upserts, deletes);
        let mut pending = self.pending.lock();
        pending.extend(deletes.iter().map(|id| (*id, None)));
        pending.extend(
            upserts
                .iter()
                .map(|document| (document.doc_id, Some(document.clone()))),
        );
        Ok(())
    }

    fn commit(&self, generation: Generation) -> Result<()> {
        let mut committed = self.committed.lock();
        assert!(
            generation >= committed.generation,
            "{generation} is behind {}",
            committed.generation
        );
        for (id, document) in std::mem::take(&mut *self.pending.lock()) {
            match document {
                Some(document) => committed.documents.insert(id, document),
                None => committed.documents.remove(&id),
            };
        }
        committed.generation = generation;
        Ok(())
    }

    fn generation(&self) -> Result<Generation> {
        Ok(self.committed.lock().generation)
    }

    fn search(&self, query: &str, filter: &SearchFilter, limit: usize) -> Result<Vec<KeywordHit>> {
        let committed = self.committed.lock();
        let rows: Vec<Row> = committed.documents.values().flat_map(Row::of).collect();
        let (loose, phrases) = parse(query);
        let mut query_terms = terms(&words(&loose));
        query_terms.extend(phrases.iter().flat_map(|phrase| terms(phrase)));
        query_terms.sort_unstable();
        query_terms.dedup();

        let mean = rows.iter().map(|row| row.length).sum::<f32>() / rows.len().max(1) as f32;
        let idf: HashMap<&str, f32> = query_terms
            .iter()
            .map(|term| {
                let holding = rows.iter().filter(|row| row.frequency(term) > 0.0).count() as f32;
                (
                    term.as_str(),
                    (1.0 + (rows.len() as f32 - holding + 0.5) / (holding + 0.5)).ln(),
                )
            })
            .collect();
        let mut hits: Vec<KeywordHit> = rows
            .iter()
            .filter(|row| admits(filter, row.document))
            .filter(|row| phrases.iter().all(|phrase| row.contains(phrase)))
            .map(|row| KeywordHit {
                chunk_id: row.chunk_id,
                doc_id: row.document.doc_id,
                score: row.weight
                    * query_terms
                        .iter()
                        .map(|term| {
                            let tf = row.frequency(term);
                            idf[term.as_str()] * tf * (K1 + 1.0)
                                / (tf + K1 * (1.0 - B + B * row.length / mean))
                        })
                        .sum::<f32>(),
            })
            .filter(|hit| hit.score > 0.0)
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk_id.cmp(&b.chunk_id)));
        hits.truncate(limit);
        Ok(hits)
    }

    fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>> {
        let committed = self.committed.lock();
        Ok(committed
            .documents
            .values()
            .flat_map(|d| d.chunks.iter().map(|c| (c.id, d.doc_id)))
            .collect())
    }
}

/// A chunk, ready to be scored.
struct Row<'a> {
    chunk_id: ChunkId,
    document: &'a IndexedDocument,
    weight: f32,
    /// Title, keywords, headings and text, each by itself so that no phrase runs across.
    fields: Vec<Vec<Word>>,
    frequencies: HashMap<String, f32>,
    length: f32,
}

impl<'a> Row<'a> {
    fn of(document: &'a IndexedDocument) -> impl Iterator<Item = Row<'a>> {
        document.chunks.iter().map(move |chunk| {
            let around = std::iter::once(&document.title)
                .chain(&document.keywords)
                .chain(&chunk.heading_path);
            let texts = around
                .map(|text| (text, TITLE_WEIGHT))
                .chain(std::iter::once((&chunk.text, 1.0)));
            let mut fields = Vec::new();
            let mut frequencies: HashMap<String, f32> = HashMap::new();
            for (text, weight) in texts {
                let field = words(text);
                for term in all_terms(&field) {
                    *frequencies.entry(term).or_default() += weight;
                }
                fields.push(field);
            }
            let length = frequencies.values().sum();
            Row {
                chunk_id: chunk.id,
                document,
                weight: if chunk.repeated { REPEATED_WEIGHT } else { 1.0 },
                fields,
                frequencies,
                length,
            }
        })
    }

    fn frequency(&self, term: &str) -> f32 {
        self.frequencies.get(term).copied().unwrap_or(0.0)
    }

    fn contains(&self, phrase: &[Word]) -> bool {
        self.fields.iter().any(|field| {
            field.windows(phrase.len().max(1)).any(|window| {
                window.len() == phrase.len() && window.iter().zip(phrase).all(|(a, b)| a.text == b.text)
            })
        })
    }
}

/// The query without its phrases, and the phrases. A quote without its partner is punctuation.
fn parse(query: &str) -> (String, Vec<Vec<Word>>) {
    let parts: Vec<&str> = query.split('"').collect();
    let (mut loose, mut phrases) = (String::new(), Vec::new());
    for (index, part) in parts.iter().enumerate() {
        let quoted = index % 2 == 1 && index + 1 < parts.len();
        let phrase = if quoted { words(part) } else { Vec::new() };
        if phrase.is_empty() {
            loose.push(' ');
            loose.push_str(part);
        } else {
            phrases.push(phrase);
        }
    }
    (loose, phrases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;

    #[test]
    fn the_fake_keeps_the_contract() {
        contract::keyword_index(|folder| Box::new(MemKeywordIndex::open(folder).expect("opens")));
    }

    #[test]
    #[should_panic(expected = "is behind")]
    fn a_generation_that_goes_back_panics() {
        let index = MemKeywordIndex::new();
        index.commit(Generation(3)).expect("commits");
        let _ = index.commit(Generation(2));
    }
}
