//! Words of an index that may be meant by one that was typed.

use rushlight_analysis::stem;
use tantivy::Term;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;

use crate::schema::{EVERYWHERE, THREAD};
use crate::view::{Postings, View, after};

/// Letters of a word that is corrected, and of one in which two mistakes are.
const CORRECTED: usize = 4;
const TWO_MISTAKES: usize = 8;
/// Letters of a longer word are not compared.
const LONGEST: usize = 40;
/// Words that are searched instead.
const MAX_CORRECTIONS: usize = 3;
/// Letters that the longest English endings have.
const LONGEST_ENDING: usize = 8;

/// Other words of the index with the stem of `word`.
pub(crate) fn same_stem(view: &View<'_>, word: &str) -> tantivy::Result<Vec<Postings>> {
    let Some(own) = stem(word) else {
        return Ok(Vec::new());
    };
    // A final `e` or `i` of a stem is not in all of its words: `hope`, `hoping`; `happi`, `happy`.
    let common = own.strip_suffix(['e', 'i']).unwrap_or(&own);
    let longest = own.len() + LONGEST_ENDING;
    view.terms(common, EVERYWHERE, |term| {
        term.len() <= longest && term != word && stem(term).is_some_and(|stem| stem == own)
    })
}

/// The words that `word` may have been meant for: of those that stand in readable chunks the nearest in spelling, with the
/// first letter right before others, and of these the ones in most chunks.
pub(crate) fn corrections(view: &View<'_>, word: &str) -> tantivy::Result<Vec<Postings>> {
    let letters = word.chars().count();
    if !(CORRECTED..=LONGEST).contains(&letters) || !word.chars().all(is_latin) {
        return Ok(Vec::new());
    }
    let first: String = word.chars().take(1).collect();
    // Where the first letter is right a small part of the dictionary is looked at; two mistakes are looked for there only.
    let mut tries = vec![(1, first.as_str()), (1, "")];
    if letters >= TWO_MISTAKES {
        tries.push((2, &first));
    }
    for (distance, beginning) in tries {
        let mut readable = Vec::new();
        for term in within(view, word, distance, beginning)? {
            let chunks = view.readable(std::slice::from_ref(&term))?;
            if chunks > 0 {
                readable.push((chunks, term));
            }
        }
        if !readable.is_empty() {
            readable.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.term.cmp(&y.term)));
            readable.truncate(MAX_CORRECTIONS);
            return Ok(readable.into_iter().map(|(_, term)| term).collect());
        }
    }
    Ok(Vec::new())
}

fn is_latin(letter: char) -> bool {
    letter.is_alphabetic() && u32::from(letter) < 0x250
}

/// The words that begin so and that `distance` mistakes or fewer make `word` of: letters left out, added, replaced, or
/// exchanged with the next.
fn within(view: &View<'_>, word: &str, distance: u8, beginning: &str) -> tantivy::Result<Vec<Postings>> {
    let field = view.fields.words[0];
    let query = FuzzyTermQuery::new(Term::from_field_text(field, word), distance, true);
    let automaton = query.automaton()?;
    view.collect(EVERYWHERE, |dictionary, found| {
        let near = dictionary.search(&automaton).ge(beginning);
        let mut stream = match after(beginning.as_bytes()) {
            Some(end) => near.lt(end),
            None => near,
        }
        .into_stream()?;
        while let Some((term, info)) = stream.next() {
            if let Ok(term) = std::str::from_utf8(term)
                && term.chars().nth(2).is_some()
                && term.chars().all(is_latin)
            {
                found(term, info);
            }
        }
        Ok(())
    })
}

/// The conversations of the readable chunks with one of these terms.
pub(crate) fn threads(view: &View<'_>, terms: &[(Field, Term)]) -> tantivy::Result<Vec<String>> {
    let mut threads = Vec::new();
    for segment in &view.segments {
        let mut rows = segment.with_any(terms)?;
        rows.keep(&segment.mask);
        let Some(column) = segment.reader.fast_fields().str(THREAD)? else {
            continue;
        };
        for ord in rows.iter().flat_map(|row| column.term_ords(row)) {
            let mut thread = String::new();
            if column.ord_to_str(ord, &mut thread)? && !threads.contains(&thread) {
                threads.push(thread);
            }
        }
    }
    Ok(threads)
}
