//! What can be suggested of a document, and the keys it is found by: one for each word that it could be meant by.

use rushlight_core::{IndexedDocument, MAX_SUGGESTION, SuggestionKind};

use crate::keys::folded;

/// Bytes of a key that are kept; what is typed beyond is compared with the name itself.
pub(crate) const KEY_BYTES: usize = 32;
/// Words, or characters of Chinese, that a name can be found by.
const STARTS: usize = 16;
/// People of one document that are suggested: a mail to more is to a list.
const PEOPLE: usize = 64;

/// A kind's place among the columns.
pub(crate) fn number(kind: SuggestionKind) -> usize {
    kind as usize
}

/// Titles, people and tags of a document, each once, cut to what is suggested.
pub(crate) fn of(document: &IndexedDocument) -> Vec<(SuggestionKind, String)> {
    let facts = &document.facts;
    let people = facts.authors.iter().chain(&facts.recipients).take(PEOPLE);
    let title = std::iter::once((SuggestionKind::Title, &document.title));
    let all = title
        .chain(people.map(|person| (SuggestionKind::Person, person)))
        .chain(facts.tags.iter().map(|tag| (SuggestionKind::Tag, tag)));
    let mut names: Vec<(SuggestionKind, String)> = Vec::new();
    for (kind, text) in all {
        let shown: String = text.trim().chars().take(MAX_SUGGESTION).collect();
        let name = (kind, shown.trim_end().to_owned());
        if !name.1.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The keys of a name: its kind, the words from one of them on, and the hash that tells it from others that go on so.
pub(crate) fn keys(kind: SuggestionKind, shown: &str) -> Vec<Vec<u8>> {
    let hash = hash(kind, shown);
    starts(shown)
        .into_iter()
        .take(STARTS)
        .map(|start| {
            let mut key = prefix(kind, &start);
            key.push(0);
            key.extend(hash.to_be_bytes());
            key
        })
        .collect()
}

/// What a key begins with: its kind and what was typed of it, folded.
pub(crate) fn prefix(kind: SuggestionKind, typed: &str) -> Vec<u8> {
    let mut key = vec![number(kind) as u8];
    key.extend(&typed.as_bytes()[..typed.floor_char_boundary(KEY_BYTES)]);
    key
}

/// The hash at a key's end.
pub(crate) fn hash_of(key: &[u8]) -> u64 {
    key.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// FNV-1a of 64 bits: it has to tell names apart, nobody gains by making two alike.
pub(crate) fn hash(kind: SuggestionKind, shown: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in std::iter::once(number(kind) as u8).chain(shown.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// The name's words from each of them on, folded.
fn starts(shown: &str) -> Vec<String> {
    let words = folded(shown);
    let mut starts: Vec<String> = (0..words.len())
        .map(|from| {
            let mut start = String::new();
            for (index, (term, _, spaced)) in words[from..].iter().enumerate() {
                if *spaced && index > 0 {
                    start.push(' ');
                }
                start.push_str(term);
                if start.len() > KEY_BYTES {
                    break;
                }
            }
            start
        })
        .collect();
    starts.dedup();
    starts
}

/// Whether what was typed begins at one of the name's words.
pub(crate) fn begins_so(shown: &str, typed: &str) -> bool {
    let whole = crate::keys::key(shown);
    whole.match_indices(typed).any(|(at, _)| {
        let before = whole[..at].chars().next_back();
        let unspaced = typed
            .chars()
            .next()
            .is_some_and(|first| !first.is_ascii() && !first.is_lowercase());
        before.is_none_or(|before| before == ' ' || unspaced)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_each_of_its_words() {
        assert_eq!(starts("Best Green-tea"), ["best green tea", "green tea", "tea"]);
        assert_eq!(starts("綠茶 Tea"), ["绿茶 tea", "茶 tea", "tea"]);
        assert!(begins_so("Best Green-tea", "green t"));
        assert!(!begins_so("Best Green-tea", "reen"));
        assert!(begins_so("好綠茶", "绿茶"));
        assert_ne!(
            hash(SuggestionKind::Title, "tea"),
            hash(SuggestionKind::Tag, "tea")
        );
    }
}
