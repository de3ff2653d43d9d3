//! Titles, people and tags that begin as what was typed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use rushlight_core::{Suggestion, SuggestionKind};
use tantivy::postings::TermInfo;

use crate::keys::key;
use crate::names::{KEY_BYTES, begins_so, hash, hash_of, number, prefix};
use crate::schema::SHOWN;
use crate::view::{EachRow, View, after};

/// A name with the places of its rows, one row per document.
struct Candidate {
    kind: SuggestionKind,
    hash: u64,
    /// Its letters from the word on that begins so.
    key: Vec<u8>,
    /// Documents of the space with it.
    documents: u64,
    rows: Vec<(usize, TermInfo)>,
}

/// The suggestions for what was typed: those of most readable documents first, then by their letters from the word on that
/// begins so.
pub(crate) fn suggest(typed: &str, view: &View<'_>, limit: usize) -> tantivy::Result<Vec<Suggestion>> {
    let typed = key(typed);
    if typed.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let mut candidates = Vec::new();
    for kind in SuggestionKind::ALL {
        candidates.extend(begun(kind, &typed, view)?);
    }
    candidates.sort_unstable_by(|a, b| b.documents.cmp(&a.documents).then_with(|| a.key.cmp(&b.key)));
    let mut best: BTreeMap<(Reverse<u64>, &[u8], u64), (SuggestionKind, String)> = BTreeMap::new();
    for candidate in &candidates {
        // A name has no more readable documents than documents, and those behind it are no better than it could be.
        let at_best = (Reverse(candidate.documents), candidate.key.as_slice(), 0);
        if best.len() >= limit && best.last_key_value().is_some_and(|(worst, _)| *worst < at_best) {
            break;
        }
        let Some((documents, text)) = read(candidate, view)? else {
            continue;
        };
        if typed.len() <= KEY_BYTES || begins_so(&text, &typed) {
            best.insert(
                (Reverse(documents), &candidate.key, candidate.hash),
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
    let mut names: HashMap<u64, Candidate> = HashMap::new();
    for (number, segment) in view.segments.iter().enumerate() {
        let inverted = segment.reader.inverted_index(view.fields.name)?;
        let mut keys = inverted.terms().range().ge(&from).lt(&end).into_stream()?;
        while let Some((key, info)) = keys.next() {
            let hash = hash_of(key);
            let candidate = names.entry(hash).or_insert_with(|| Candidate {
                kind,
                hash,
                key: key.to_vec(),
                documents: 0,
                rows: Vec::new(),
            });
            // A name two of whose words begin so has two keys with the same rows.
            if candidate.rows.last().is_none_or(|(last, _)| *last != number) {
                candidate.documents += u64::from(info.doc_freq);
                candidate.rows.push((number, info.clone()));
            }
            if *key < *candidate.key {
                candidate.key = key.to_vec();
            }
        }
    }
    Ok(names.into_values().collect())
}

/// How many readable documents a name has, and how it is written; `None` when there is none.
fn read(candidate: &Candidate, view: &View<'_>) -> tantivy::Result<Option<(u64, String)>> {
    let (mut documents, mut first) = (0, None);
    for (number, info) in &candidate.rows {
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
