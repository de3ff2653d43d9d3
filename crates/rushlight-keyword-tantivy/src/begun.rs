//! The words of a segment that begin with what somebody has typed, kept for beginnings that many words have.
//!
//! A single letter begins a tenth of all words, and everybody types it first: to collect their rows takes a hundred thousand passages
//! a hundredth of a second. A segment never changes, so what was collected of it holds until it is merged away; what an asker may not read is taken
//! out afterwards.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use tantivy::index::SegmentId;

use crate::rows::Rows;
use crate::view::{Segment, Spot, after};

/// Words from which on a beginning is kept, and beginnings that are kept at most.
const MANY_WORDS: usize = 256;
const MAX_KEPT: usize = 256;

/// What begins so in one segment.
#[derive(Debug)]
pub(crate) struct Begun {
    /// Rows with such a word.
    pub(crate) rows: Rows,
    /// Rows of all their lists.
    pub(crate) listed: u64,
    /// The words that are the most frequent in some field.
    pub(crate) frequent: Vec<String>,
    /// Words, those of each field counted for themselves.
    words: usize,
}

type Key = (SegmentId, Vec<usize>, String);

/// What was collected.
#[derive(Debug, Default)]
pub(crate) struct BegunCache(Mutex<HashMap<Key, Arc<Begun>>>);

impl BegunCache {
    /// The words of some fields that begin with `prefix`, of each field so many of the most frequent.
    pub(crate) fn of(
        &self,
        segment: &Segment<'_>,
        number: usize,
        prefix: &str,
        fields: &[usize],
        most: usize,
    ) -> tantivy::Result<Arc<Begun>> {
        let key = (segment.reader.segment_id(), fields.to_vec(), prefix.to_owned());
        let known = self.0.lock().get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let begun = Arc::new(Begun::collect(segment, number, prefix, fields, most)?);
        if begun.words >= MANY_WORDS {
            let mut kept = self.0.lock();
            if kept.len() >= MAX_KEPT {
                kept.clear();
            }
            kept.insert(key, Arc::clone(&begun));
        }
        Ok(begun)
    }

    /// Forgets what was collected of segments that are gone.
    pub(crate) fn keep(&self, segments: impl Iterator<Item = SegmentId>) {
        let segments: HashSet<SegmentId> = segments.collect();
        self.0
            .lock()
            .retain(|(segment, _, _), _| segments.contains(segment));
    }
}

impl Begun {
    fn collect(
        segment: &Segment<'_>,
        number: usize,
        prefix: &str,
        fields: &[usize],
        most: usize,
    ) -> tantivy::Result<Self> {
        let end = after(prefix.as_bytes());
        let mut spots = Vec::new();
        let mut frequent: HashSet<Vec<u8>> = HashSet::new();
        for field in fields {
            let range = segment.words[*field].terms().range().ge(prefix);
            let mut stream = match &end {
                Some(end) => range.lt(end),
                None => range,
            }
            .into_stream()?;
            // The least frequent on top, to be thrown out first.
            let mut best: BinaryHeap<Reverse<(u32, Vec<u8>)>> = BinaryHeap::new();
            while let Some((term, info)) = stream.next() {
                spots.push(Spot {
                    segment: number,
                    field: *field,
                    info: info.clone(),
                });
                let full = best.len() == most;
                if !full
                    || best
                        .peek()
                        .is_some_and(|Reverse((least, _))| *least < info.doc_freq)
                {
                    best.push(Reverse((info.doc_freq, term.to_vec())));
                }
                if best.len() > most {
                    best.pop();
                }
            }
            frequent.extend(best.into_iter().map(|Reverse((_, term))| term));
        }
        let texts = frequent
            .into_iter()
            .filter_map(|term| String::from_utf8(term).ok());
        Ok(Self {
            rows: segment.rows_at(spots.iter())?,
            listed: spots.iter().map(|spot| u64::from(spot.info.doc_freq)).sum(),
            frequent: texts.collect(),
            words: spots.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use rushlight_core::{Clause, Generation, KeywordIndex, Node, Occur, Principal, Query, SearchFilter};

    use crate::testing::document;
    use crate::{KeywordOptions, TantivyIndex};

    #[test]
    fn what_is_kept_is_what_is_there_and_what_may_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = TantivyIndex::open(folder.path(), KeywordOptions::default()).expect("opens");
        let found = |reader: &str| {
            let query = Query {
                clauses: vec![Clause {
                    occur: Occur::Wanted,
                    node: Node::Prefix("p".to_owned()),
                }],
            };
            let filter = SearchFilter {
                principals: vec![Principal(reader.to_owned())],
                ..SearchFilter::default()
            };
            index.search(&query, &filter, 1_000).expect("searches").hits.len()
        };
        let kept = || index.begun.0.lock().len();
        let write = |numbers: std::ops::Range<u32>, reader: &str, generation: i64| {
            let documents: Vec<_> =
                (numbers.map(|number| document(number, reader, format!("p{number}x stone")))).collect();
            index.apply(&documents, &[]).expect("applies");
            index.commit(Generation(generation)).expect("commits");
        };
        write(0..300, "user:a", 1);
        assert_eq!((found("user:a"), found("user:b"), kept()), (300, 0, 1));
        // What is kept was collected for one asker and serves another.
        write(300..310, "user:b", 2);
        assert_eq!((found("user:a"), found("user:b")), (300, 10));
        index
            .apply(&[], &[document(7, "", String::new()).doc_id])
            .expect("applies");
        index.commit(Generation(3)).expect("commits");
        assert_eq!((found("user:a"), found("user:a")), (299, 299));
        // Segments that are gone are forgotten.
        let all: Vec<_> = (0..310)
            .map(|number| document(number, "", String::new()).doc_id)
            .collect();
        index.apply(&[], &all).expect("applies");
        index.commit(Generation(4)).expect("commits");
        assert_eq!((found("user:a"), found("user:b"), kept()), (0, 0, 0));
    }
}
