//! How much of a query stands in a chunk, and how close together: what BM25 does not say.
//!
//! Measured on the texts of the best candidates. A term's weight is its rarity in the collection, as the keyword leg tells it;
//! where it does not, its rarity among these texts: what stands in all of them tells none of them apart. Both were compared on the
//! sets that [`weight`](crate::weight) names: rarity among the texts costs 0.010 nDCG@10 on scifact and 0.007 MRR@10 on squad20
//! for words and pairs, and 0.0006 nDCG@10 on drcd-dev for the single characters of Chinese.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

use rushlight_analysis::{TermKind, Token, analyze, stem};
use rushlight_core::KeywordFound;

/// Chunks whose texts are worth reading: the best by [`fuse`](crate::fuse) without texts.
pub const READ: usize = 50;
/// Terms of a query that are looked at; later ones say little and cost as much.
const MAX_TERMS: usize = 128;
/// Bytes of a chunk that are looked at.
const MAX_BYTES: usize = 16 * 1024;
/// Words, or characters of Chinese, within which what stands near each other counts.
const NEAR: u32 = 20;

/// A chunk as coverage reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkText<'a> {
    /// Its document's title.
    pub title: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// What of a query a chunk has. Each from 0 to 1, as a share of the weight of all the query's terms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Coverage {
    /// Words and pairs of characters that stand anywhere in text or title.
    pub covered: f32,
    /// Words and single characters in the best stretch of 20 words or characters of the text.
    pub near: f32,
    /// The weightiest run of the query that stands word for word in the text.
    pub run: f32,
}

/// The coverage of `query` by each chunk, under its key. `found` is what the keyword leg came to; what it says of the query's terms
/// and characters may be empty. English words count in every form. A query without terms is covered by nothing.
pub fn coverage<K: Copy + Eq + Hash>(
    query: &str,
    found: &KeywordFound,
    chunks: &[(K, ChunkText<'_>)],
) -> HashMap<K, Coverage> {
    let sought = Sought::new(query);
    let places: Vec<Found> = chunks.iter().map(|(_, chunk)| sought.find(*chunk)).collect();
    let weights = Weights::new(&sought, found, &places);
    chunks
        .iter()
        .zip(&places)
        .map(|((key, _), found)| (*key, weights.measure(&sought, found)))
        .collect()
}

/// A query's terms, each known by a number.
#[derive(Default)]
struct Sought {
    /// Words by their stems, pairs and lone characters.
    terms: HashMap<String, u32>,
    /// Words by their stems and single characters.
    units: HashMap<String, u32>,
    /// The query as it stands: term and position.
    sequence: Vec<(u32, usize)>,
    /// First bytes of terms and units: most tokens of a text are none of them, and taking an ending off keeps the first.
    begins: Vec<u8>,
}

/// Where a chunk has them.
struct Found {
    /// Positions in the text, for each term.
    places: Vec<Vec<u32>>,
    /// Whether the title has the term.
    in_title: Vec<bool>,
    /// Position and unit, by position.
    units: Vec<(u32, u32)>,
}

/// The weight of each term and unit.
struct Weights {
    terms: Vec<f32>,
    units: Vec<f32>,
}

impl Sought {
    fn new(query: &str) -> Self {
        let mut sought = Self::default();
        let query = &query[..query.floor_char_boundary(MAX_BYTES)];
        for token in analyze(query) {
            let full = sought.sequence.len() == MAX_TERMS;
            let Some(key) = key(&token).filter(|_| !full) else {
                continue;
            };
            if is_term(token.kind) {
                let next = number(sought.terms.len());
                let term = *sought.terms.entry(key.clone().into_owned()).or_insert(next);
                sought.sequence.push((term, token.position));
            }
            if is_unit(token.kind) {
                let next = number(sought.units.len());
                sought.units.entry(key.into_owned()).or_insert(next);
            }
        }
        sought.begins = sought
            .terms
            .keys()
            .chain(sought.units.keys())
            .filter_map(|key| key.bytes().next())
            .collect();
        sought.begins.sort_unstable();
        sought.begins.dedup();
        sought
    }

    fn may_be(&self, token: &Token) -> bool {
        let first = token.term.bytes().next();
        first.is_some_and(|first| self.begins.binary_search(&first).is_ok())
    }

    fn find(&self, chunk: ChunkText<'_>) -> Found {
        let mut found = Found {
            places: vec![Vec::new(); self.terms.len()],
            in_title: vec![false; self.terms.len()],
            units: Vec::new(),
        };
        if self.sequence.is_empty() {
            return found;
        }
        let text = &chunk.text[..chunk.text.floor_char_boundary(MAX_BYTES)];
        for token in analyze(text).iter().filter(|token| self.may_be(token)) {
            let Some(key) = key(token) else { continue };
            let position = number(token.position);
            // A lone character of the query is a single one of many texts; a pair is no single character.
            if let Some(term) = self.terms.get(key.as_ref()) {
                found.places[*term as usize].push(position);
            }
            if let Some(unit) = self.units.get(key.as_ref()).filter(|_| is_unit(token.kind)) {
                found.units.push((position, *unit));
            }
        }
        let title = &chunk.title[..chunk.title.floor_char_boundary(MAX_BYTES)];
        for token in analyze(title) {
            if let Some(term) = key(&token).and_then(|key| self.terms.get(key.as_ref())) {
                found.in_title[*term as usize] = true;
            }
        }
        found
    }
}

impl Weights {
    fn new(sought: &Sought, known: &KeywordFound, found: &[Found]) -> Self {
        let mut terms = vec![0; sought.terms.len()];
        let mut units = vec![0; sought.units.len()];
        for chunk in found {
            for (term, count) in terms.iter_mut().enumerate() {
                *count += u32::from(chunk.in_title[term] || !chunk.places[term].is_empty());
            }
            let mut seen = vec![false; units.len()];
            for (_, unit) in &chunk.units {
                units[*unit as usize] += u32::from(!std::mem::replace(&mut seen[*unit as usize], true));
            }
        }
        let words = known
            .terms
            .iter()
            .map(|term| (stem(&term.term).unwrap_or_else(|| term.term.clone()), term.idf));
        let known: HashMap<String, f32> = known
            .characters
            .iter()
            .cloned()
            .chain(words)
            .filter(|(_, idf)| idf.is_finite() && *idf > 0.0)
            .collect();
        let weigh = |numbers: &HashMap<String, u32>, counts: Vec<u32>| {
            let mut weights: Vec<f32> = counts
                .into_iter()
                .map(|count| rarity(count, found.len()))
                .collect();
            for (key, number) in numbers {
                if let Some(idf) = known.get(key) {
                    weights[*number as usize] = *idf;
                }
            }
            weights
        };
        Self {
            terms: weigh(&sought.terms, terms),
            units: weigh(&sought.units, units),
        }
    }

    fn measure(&self, sought: &Sought, found: &Found) -> Coverage {
        let covered: f32 = (0..self.terms.len())
            .filter(|term| found.in_title[*term] || !found.places[*term].is_empty())
            .map(|term| self.terms[term])
            .sum();
        let whole: f32 = sought
            .sequence
            .iter()
            .map(|(term, _)| self.terms[*term as usize])
            .sum();
        Coverage {
            covered: share(covered, self.terms.iter().sum()),
            near: share(self.nearest(&found.units), self.units.iter().sum()),
            run: share(self.longest_run(sought, found), whole),
        }
    }

    /// The greatest weight of distinct units within [`NEAR`] positions.
    fn nearest(&self, places: &[(u32, u32)]) -> f32 {
        let mut counts = vec![0u32; self.units.len()];
        let (mut weight, mut best, mut first) = (0.0f32, 0.0f32, 0);
        for (position, unit) in places {
            let unit = *unit as usize;
            if counts[unit] == 0 {
                weight += self.units[unit];
            }
            counts[unit] += 1;
            while places[first].0 + NEAR <= *position {
                let gone = places[first].1 as usize;
                counts[gone] -= 1;
                if counts[gone] == 0 {
                    weight -= self.units[gone];
                }
                first += 1;
            }
            best = best.max(weight);
        }
        best
    }

    /// The greatest weight of neighbouring terms of the query that stand as neighbours in the text.
    fn longest_run(&self, sought: &Sought, found: &Found) -> f32 {
        // From the query's end to its beginning: the weight of the run that begins with this term at each of its places.
        let mut runs: Vec<(u32, f32)> = Vec::new();
        let mut best = 0.0f32;
        for (index, (term, position)) in sought.sequence.iter().enumerate().rev() {
            let follows = sought
                .sequence
                .get(index + 1)
                .is_some_and(|(_, next)| *next == position + 1);
            let weight = self.terms[*term as usize];
            let begin = |place: &u32| {
                let rest = runs.binary_search_by_key(&(place + 1), |(at, _)| *at);
                let rest = rest.ok().filter(|_| follows).map_or(0.0, |at| runs[at].1);
                (*place, weight + rest)
            };
            runs = found.places[*term as usize].iter().map(begin).collect();
            best = runs.iter().fold(best, |best, (_, run)| best.max(*run));
        }
        best
    }
}

/// The rarity of what `count` of `of` chunks have, as BM25 has it.
fn rarity(count: u32, of: usize) -> f32 {
    let (count, of) = (count as f32, of as f32);
    (1.0 + (of - count + 0.5) / (count + 0.5)).ln()
}

fn share(part: f32, of: f32) -> f32 {
    if of > 0.0 {
        (part / of).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// What a token is compared by.
fn key(token: &Token) -> Option<Cow<'_, str>> {
    match token.kind {
        TermKind::Word => Some(stem(&token.term).map_or(Cow::Borrowed(token.term.as_str()), Cow::Owned)),
        TermKind::Single | TermKind::Alone | TermKind::Pair => Some(Cow::Borrowed(token.term.as_str())),
        TermKind::Whole | TermKind::Part | TermKind::Stem => None,
    }
}

fn is_term(kind: TermKind) -> bool {
    matches!(kind, TermKind::Word | TermKind::Pair | TermKind::Alone)
}

fn is_unit(kind: TermKind) -> bool {
    matches!(kind, TermKind::Word | TermKind::Single | TermKind::Alone)
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushlight_core::TermFound;

    use super::*;

    fn measured(query: &str, texts: &[&str]) -> Vec<Coverage> {
        let chunks: Vec<_> = texts
            .iter()
            .enumerate()
            .map(|(key, text)| (key, ChunkText { title: "", text }))
            .collect();
        let found = coverage(query, &KeywordFound::default(), &chunks);
        (0..texts.len()).map(|key| found[&key]).collect()
    }

    #[test]
    fn the_whole_query_word_for_word_is_one() {
        let found = measured(
            "oil prices began",
            &["The oil price began.", "Oil began to flow", "tea"],
        );
        assert_eq!((found[0].covered, found[0].near, found[0].run), (1.0, 1.0, 1.0));
        assert!(found[1].covered < 1.0 && found[1].run < found[1].covered);
        assert_eq!(found[2], Coverage::default());
    }

    #[test]
    fn what_stands_together_is_nearer_than_what_is_strewn() {
        let strewn = format!("1936 {} 冠軍", "茶".repeat(60));
        let found = measured("1936 冠軍", &["於1936年奪得冠軍", &strewn]);
        assert!(found[0].near > found[1].near);
        assert_eq!(found[0].covered, 1.0);
    }

    #[test]
    fn either_script_of_chinese_is_the_same() {
        let found = measured("軟體開發", &["软体开发", "茶"]);
        assert_eq!(found[0].run, 1.0);
    }

    #[test]
    fn a_title_covers_but_is_not_near() {
        let chunk = ChunkText {
            title: "Invoices",
            text: "paid",
        };
        let found = coverage("invoice", &KeywordFound::default(), &[(1, chunk)]);
        assert_eq!((found[&1].covered, found[&1].near), (1.0, 0.0));
    }

    #[test]
    fn a_rare_word_weighs_more_than_a_frequent_one() {
        let known = |term: &str, idf| TermFound {
            term: term.to_owned(),
            chunks: 1,
            idf,
            identifier: false,
        };
        let chunks = [
            (
                1,
                ChunkText {
                    title: "",
                    text: "invoices",
                },
            ),
            (
                2,
                ChunkText {
                    title: "",
                    text: "the",
                },
            ),
        ];
        let legs = KeywordFound {
            terms: vec![known("the", 0.1), known("invoice", 6.0)],
            ..KeywordFound::default()
        };
        let found = coverage("the invoice", &legs, &chunks);
        assert!(found[&1].covered > 0.9 && found[&2].covered < 0.1);
    }

    #[test]
    fn a_character_that_is_rare_in_the_collection_tells_more_than_one_that_is_not() {
        let text = |text| ChunkText { title: "", text };
        // Each has one of the two characters, so that among these texts they are alike.
        let chunks = [(1, text("甲的丙")), (2, text("乙的丁"))];
        let legs = KeywordFound {
            characters: vec![("甲".to_owned(), 6.0), ("乙".to_owned(), 0.5)],
            ..KeywordFound::default()
        };
        let found = coverage("甲與乙", &legs, &chunks);
        assert!(found[&1].near > found[&2].near);
        let alike = coverage("甲與乙", &KeywordFound::default(), &chunks);
        assert_eq!(alike[&1].near, alike[&2].near);
    }

    #[test]
    fn nothing_covers_a_query_without_terms() {
        assert_eq!(measured("?!", &["what?!"]), [Coverage::default()]);
        assert!(coverage::<u8>("tea", &KeywordFound::default(), &[]).is_empty());
    }

    proptest! {
        #[test]
        fn every_share_is_a_share_and_more_text_has_no_less(
            query in "[ab中文 ]{0,20}",
            text in "[abc中文字 ,]{0,60}",
            more in "[abc中文字 ,]{0,30}",
        ) {
            // Measured beside one another, since weights depend on the texts that are compared.
            let longer = format!("{text} | {more}");
            let found = measured(&query, &[&text, &longer]);
            for share in found.iter().flat_map(|c| [c.covered, c.near, c.run]) {
                prop_assert!((0.0..=1.0).contains(&share));
            }
            prop_assert!(found[1].covered >= found[0].covered - 1e-5);
            prop_assert!(found[1].near >= found[0].near - 1e-5);
            prop_assert!(found[1].run >= found[0].run - 1e-5);
        }
    }
}
