//! Chunks in which something rare of the query stands to the letter are on the first page, whatever their score.

use std::collections::HashSet;

use rushlight_analysis::{TermKind, analyze};
use rushlight_core::{Clause, Node, Occur, Query, TermFound};

/// Places of the first page that are kept at most, and no more than half of it.
pub const SEATS: usize = 4;
/// A word that no more chunks hold is rare: whoever asks for it means these.
const RARE: u64 = 5;
/// Exact terms of one query that are guaranteed.
const MAX_TERMS: usize = 4;

/// What of a query is guaranteed: quoted phrases, identifiers that somebody wrote, and words that at most five chunks hold. Pairs
/// of Chinese characters are not words by themselves: what is meant to the letter is quoted there. Distinct, in the query's
/// order, phrases first; at most four.
///
/// A search asks the keyword index for the best chunks of each and adds them to the candidates: what is on no list cannot be
/// put on the page.
pub fn exact_terms(query: &Query, terms: &[TermFound]) -> Vec<String> {
    let mut exact = Vec::new();
    phrases(query, &mut exact);
    let is_word = |term: &str| {
        analyze(term)
            .first()
            .is_some_and(|token| matches!(token.kind, TermKind::Word | TermKind::Whole))
    };
    let rare = |term: &&TermFound| {
        term.chunks > 0 && (term.identifier || (term.chunks <= RARE && is_word(&term.term)))
    };
    exact.extend(terms.iter().filter(rare).map(|term| term.term.clone()));
    let mut seen = HashSet::new();
    exact.retain(|term| seen.insert(term.clone()));
    exact.truncate(MAX_TERMS);
    exact
}

/// Puts the best chunks that hold an exact term on the first page: of `order`, best first, those among the first `page`.
/// `holders` has for each exact term the chunks that hold it; the best of each comes first, then their second, until the seats
/// are taken.
///
/// Laws: nothing is lost or doubled; of two chunks that are both kept, or both not, the one that came first comes first;
/// nothing moves when the page has them; a chunk that is brought to the page stands at its end, where the last ones that hold
/// nothing gave way.
pub fn guarantee<K: Copy + Eq + std::hash::Hash>(order: &mut Vec<K>, holders: &[HashSet<K>], page: usize) {
    if page == 0 || order.len() <= page {
        return;
    }
    let seats = SEATS.min(page.div_ceil(2));
    let kept = seated(order, holders, seats);
    let brought: Vec<K> = order[page..]
        .iter()
        .copied()
        .filter(|chunk| kept.contains(chunk))
        .collect();
    if brought.is_empty() {
        return;
    }
    let mut leaving: Vec<usize> = (0..page)
        .rev()
        .filter(|at| !kept.contains(&order[*at]))
        .take(brought.len())
        .collect();
    leaving.reverse();
    let left: Vec<K> = leaving.iter().map(|at| order[*at]).collect();
    let leave: HashSet<usize> = leaving.into_iter().collect();
    let stay = (0..page).filter(|at| !leave.contains(at)).map(|at| order[at]);
    let rest = order[page..]
        .iter()
        .copied()
        .filter(|chunk| !kept.contains(chunk));
    *order = stay.chain(brought).chain(left).chain(rest).collect();
}

/// The chunks that have a seat: each term's best, then each term's second, and so on.
fn seated<K: Copy + Eq + std::hash::Hash>(order: &[K], holders: &[HashSet<K>], seats: usize) -> HashSet<K> {
    let ranked: Vec<Vec<K>> = holders
        .iter()
        .map(|holders| {
            order
                .iter()
                .copied()
                .filter(|chunk| holders.contains(chunk))
                .take(seats)
                .collect()
        })
        .collect();
    let mut kept = HashSet::new();
    for place in 0..seats {
        for chunk in ranked.iter().filter_map(|best| best.get(place)) {
            if kept.len() < seats {
                kept.insert(*chunk);
            }
        }
    }
    kept
}

fn phrases(query: &Query, found: &mut Vec<String>) {
    for Clause { occur, node } in &query.clauses {
        match node {
            _ if *occur == Occur::Excluded => {}
            Node::Phrase(phrase) => found.push(phrase.clone()),
            Node::Group(query) => phrases(query, found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn term(term: &str, chunks: u64, identifier: bool) -> TermFound {
        TermFound {
            term: term.to_owned(),
            chunks,
            idf: 1.0,
            identifier,
        }
    }

    #[test]
    fn identifiers_rare_words_and_phrases_are_exact() {
        let query = Query {
            clauses: vec![Clause {
                occur: Occur::Required,
                node: Node::Phrase("green tea".to_owned()),
            }],
        };
        let terms = [
            term("inv-2024-0117", 40, true),
            term("inv-9", 0, true),
            term("the", 900, false),
            term("yushan", 2, false),
            term("於什", 1, false),
            term("yushan", 2, false),
        ];
        assert_eq!(
            exact_terms(&query, &terms),
            ["green tea", "inv-2024-0117", "yushan"]
        );
    }

    #[test]
    fn the_best_holder_takes_the_last_place_of_the_page() {
        let mut order: Vec<u8> = (0..20).collect();
        guarantee(&mut order, &[HashSet::from([15, 17])], 5);
        assert_eq!(order[..8], [0, 1, 2, 15, 17, 3, 4, 5]);
        assert_eq!(order.len(), 20);
    }

    #[test]
    fn every_term_has_its_best_before_any_has_its_second() {
        let mut order: Vec<u8> = (0..20).collect();
        guarantee(
            &mut order,
            &[HashSet::from([10, 11, 12, 13]), HashSet::from([19])],
            4,
        );
        assert_eq!(order[..4], [0, 1, 10, 19]);
    }

    proptest! {
        #[test]
        fn the_first_page_has_the_best_of_every_term_and_nothing_is_lost(
            length in 0usize..40,
            holders in prop::collection::vec(prop::collection::hash_set(0usize..60, 0..10), 0..3),
            page in 0usize..20,
        ) {
            let before: Vec<usize> = (0..length).collect();
            let mut order = before.clone();
            guarantee(&mut order, &holders, page);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(&sorted, &before);

            let first: Vec<usize> = order.iter().copied().take(page).collect();
            let seats = SEATS.min(page.div_ceil(2));
            for best in holders.iter().take(seats).filter_map(|holders| before.iter().find(|one| holders.contains(one))) {
                prop_assert!(page == 0 || first.contains(best));
            }
            let kept = seated(&before, &holders, seats);
            for group in [true, false] {
                let places: Vec<usize> = order.iter().copied().filter(|one| kept.contains(one) == group).collect();
                prop_assert!(places.is_sorted());
            }
            let again = { let mut again = order.clone(); guarantee(&mut again, &holders, page); again };
            prop_assert!(kept.iter().all(|one| page == 0 || again.iter().take(page).any(|other| other == one)));
        }
    }
}
