//! Titles, people and tags that begin as what was typed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rushlight_core::{IndexedDocument, MAX_SUGGESTION, Suggestion, SuggestionKind};

use crate::words::{Word, words};

/// Those of most documents first, then by kind and by the letters from the word on that begins so.
pub(super) fn suggestions<'d>(
    readable: impl Iterator<Item = &'d IndexedDocument>,
    typed: &str,
    limit: usize,
) -> Vec<Suggestion> {
    let typed = plain(&words(typed));
    if typed.is_empty() {
        return Vec::new();
    }
    let mut names: BTreeMap<(SuggestionKind, String), u64> = BTreeMap::new();
    for document in readable.filter(|document| !document.chunks.is_empty()) {
        for name in of(document) {
            *names.entry(name).or_default() += 1;
        }
    }
    let mut found: Vec<(Reverse<u64>, SuggestionKind, String, String)> = names
        .into_iter()
        .filter_map(|((kind, text), documents)| {
            let start = start(&text, &typed)?;
            Some((Reverse(documents), kind, start, text))
        })
        .collect();
    found.sort();
    found.truncate(limit);
    found
        .into_iter()
        .map(|(Reverse(documents), kind, _, text)| Suggestion {
            kind,
            text,
            documents,
        })
        .collect()
}

fn of(document: &IndexedDocument) -> BTreeSet<(SuggestionKind, String)> {
    let facts = &document.facts;
    let title = std::iter::once((SuggestionKind::Title, &document.title));
    let people = facts.authors.iter().chain(&facts.recipients);
    title
        .chain(people.map(|person| (SuggestionKind::Person, person)))
        .chain(facts.tags.iter().map(|tag| (SuggestionKind::Tag, tag)))
        .map(|(kind, text)| {
            let shown: String = text.trim().chars().take(MAX_SUGGESTION).collect();
            (kind, shown.trim_end().to_owned())
        })
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// The name from the word on that begins so.
fn start(name: &str, typed: &str) -> Option<String> {
    let all = words(name);
    let starts = (0..all.len()).map(|from| plain(&all[from..]));
    starts.filter(|start| start.starts_with(typed)).min()
}

/// Words with a space between them, none between neighbouring ideographs.
pub(super) fn plain(words: &[Word]) -> String {
    let mut plain = String::new();
    for word in words {
        if !word.joined && !plain.is_empty() {
            plain.push(' ');
        }
        plain.push_str(&word.text);
    }
    plain
}
