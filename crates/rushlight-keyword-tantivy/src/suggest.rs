//! Titles, people and tags that begin as what was typed.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use rushlight_core::{Suggestion, SuggestionKind};
use tantivy::postings::TermInfo;

use crate::keys::key;
use crate::names::{KEY_BYTES, begins_so, hash, hash_of, number, prefix};
use crate::schema::SHOWN;
use crate::view::{EachRow, View, after};

/// A name with its rows, one per document.
struct Candidate {
    kind: SuggestionKind,
    hash: u64,
    /// Its kind and its letters from the word on that begins so.
    key: Box<[u8]>,
    /// Documents of the space with it.
    documents: u64,
    /// Segments with the place of its rows there.
    first: (usize, TermInfo),
    more: Vec<(usize, TermInfo)>,
}

impl Candidate {
    fn places(&self) -> impl Iterator<Item = &(usize, TermInfo)> {
        std::iter::once(&self.first).chain(&self.more)
    }

    fn rank(&self) -> (u64, Reverse<&[u8]>) {
        (self.documents, Reverse(&self.key))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// Where a suggestion stands: by readable documents, then by its key.
type Place = (Reverse<u64>, Box<[u8]>, u64);

/// The suggestions for what was typed: those of most readable documents first, then by kind and by their letters from the
/// word on that begins so.
pub(crate) fn suggest(typed: &str, view: &View<'_>, limit: usize) -> tantivy::Result<Vec<Suggestion>> {
    let typed = key(typed);
    if typed.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let mut candidates = Vec::new();
    for kind in SuggestionKind::ALL {
        candidates.extend(begun(kind, &typed, view)?);
    }
    // Most often only the first of many are looked at: a heap need not order all.
    let mut candidates: BinaryHeap<Candidate> = candidates.into();
    let mut best: BTreeMap<Place, (SuggestionKind, String)> = BTreeMap::new();
    while let Some(candidate) = candidates.pop() {
        // A name has no more readable documents than documents, and those behind it are no better than it could be.
        let at_best = (Reverse(candidate.documents), candidate.key.clone(), 0);
        if best.len() >= limit && best.last_key_value().is_some_and(|(worst, _)| *worst < at_best) {
            break;
        }
        let Some((documents, text)) = read(&candidate, view)? else {
            continue;
        };
        if typed.len() <= KEY_BYTES || begins_so(&text, &typed) {
            best.insert(
                (Reverse(documents), candidate.key, candidate.hash),
                (candidate.kind, text),
            );
            while best.len() > limit {
                best.pop_last();
            }
        }
    }
    let suggestion = |((Reverse(documents), _, _), (kind, text))| Suggestion {
        kind,
        text,
        documents,
    };
    Ok(best.into_iter().map(suggestion).collect())
}

/// The names of a kind that have a word that begins so, each once.
fn begun(kind: SuggestionKind, typed: &str, view: &View<'_>) -> tantivy::Result<Vec<Candidate>> {
    let from = prefix(kind, typed);
    let Some(end) = after(&from) else {
        return Ok(Vec::new());
    };
    let mut names: Vec<Candidate> = Vec::new();
    let mut known: HashMap<u64, usize, BuildHasherDefault<AsItIs>> = HashMap::default();
    for (number, segment) in view.segments.iter().enumerate() {
        let inverted = segment.reader.inverted_index(view.fields.name)?;
        let mut keys = inverted.terms().range().ge(&from).lt(&end).into_stream()?;
        while let Some((key, info)) = keys.next() {
            let hash = hash_of(key);
            let at = *known.entry(hash).or_insert(names.len());
            let place = (number, info.clone());
            let Some(name) = names.get_mut(at) else {
                names.push(Candidate {
                    kind,
                    hash,
                    key: key.into(),
                    documents: u64::from(info.doc_freq),
                    first: place,
                    more: Vec::new(),
                });
                continue;
            };
            // A name two of whose words begin so has two keys with the same rows.
            if name.places().all(|(segment, _)| *segment != number) {
                name.documents += u64::from(info.doc_freq);
                name.more.push(place);
            }
            if *key < *name.key {
                name.key = key.into();
            }
        }
    }
    Ok(names)
}

/// Hashes of names are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// How many readable documents a name has, and how it is written; `None` when there is none.
fn read(candidate: &Candidate, view: &View<'_>) -> tantivy::Result<Option<(u64, String)>> {
    let (mut documents, mut first) = (0, None);
    for (number, info) in candidate.places() {
        let segment = &view.segments[*number];
        let inverted = segment.reader.inverted_index(view.fields.name)?;
        inverted.each_row(info, |row| {
            if segment.mask.contains(row) {
                documents += 1;
                first.get_or_insert((*number, row));
            }
        })?;
    }
    let Some((segment, row)) = first else {
        return Ok(None);
    };
    let shown = SHOWN[number(candidate.kind)];
    let Some(column) = view.segments[segment].reader.fast_fields().str(shown)? else {
        return Ok(None);
    };
    for ord in column.term_ords(row) {
        let mut text = String::new();
        if column.ord_to_str(ord, &mut text)? && hash(candidate.kind, &text) == candidate.hash {
            return Ok(Some((documents, text)));
        }
    }
    Ok(None)
}
