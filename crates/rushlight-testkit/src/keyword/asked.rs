//! What of a query is read, and what it asks.

use rushlight_core::{Clause, Node, Occur, Query, QueryField};

use crate::words::{terms, words};

/// Bytes of a query that are read, terms of it, and groups in groups.
const MAX_BYTES: usize = 32 * 1024;
const MAX_TERMS: usize = 512;
const MAX_DEPTH: usize = 32;

/// A query without clauses that say nothing, cut to what is read.
pub(super) fn readable(query: &Query, depth: usize) -> Query {
    let mut bytes = MAX_BYTES;
    let mut clauses = Vec::new();
    for Clause { occur, node } in &query.clauses {
        let mut cut = |text: &String| {
            let text = &text[..text.floor_char_boundary(bytes)];
            bytes -= text.len();
            (!words(text).is_empty()).then(|| text.to_owned())
        };
        let node = match node {
            Node::Text(text) => cut(text).map(Node::Text),
            Node::Phrase(text) => cut(text).map(Node::Phrase),
            Node::Prefix(text) => cut(text).map(Node::Prefix),
            Node::Near { parts, distance } => {
                let parts: Vec<String> = parts.iter().filter_map(cut).collect();
                let distance = *distance;
                (!parts.is_empty()).then_some(Node::Near { parts, distance })
            }
            Node::Group(query) if depth < MAX_DEPTH => {
                let query = readable(query, depth + 1);
                (!query.clauses.is_empty()).then_some(Node::Group(query))
            }
            Node::Group(_) | Node::Space(_) => None,
            other => Some(other.clone()),
        };
        clauses.extend(node.map(|node| Clause { occur: *occur, node }));
    }
    Query { clauses }
}

/// Whether a query says which of two chunks that meet it is better.
pub(super) fn ranks(query: &Query) -> bool {
    let asked = query
        .clauses
        .iter()
        .filter(|clause| clause.occur != Occur::Excluded);
    asked.map(|clause| &clause.node).any(node_ranks)
}

pub(super) fn node_ranks(node: &Node) -> bool {
    match node {
        Node::Text(_) | Node::Phrase(_) | Node::Prefix(_) | Node::Near { .. } => true,
        Node::Field { field, .. } => matches!(field, QueryField::Title | QueryField::Subject),
        Node::Group(query) => ranks(query),
        _ => false,
    }
}

/// The text of a query of wanted text, and its other clauses; `None` where more than that is asked.
pub(super) fn plain_text(query: &Query) -> Option<(String, Query)> {
    let mut texts = Vec::new();
    let mut rest = Query::default();
    for clause in &query.clauses {
        match (&clause.node, clause.occur) {
            (Node::Text(text) | Node::Prefix(text), Occur::Wanted) => texts.push(text.as_str()),
            (_, Occur::Excluded) => rest.clauses.push(clause.clone()),
            (Node::Group(_), _) => return None,
            (node, Occur::Required) if !node_ranks(node) => rest.clauses.push(clause.clone()),
            _ => return None,
        }
    }
    (!texts.is_empty()).then(|| (texts.join(" "), rest))
}

/// The terms of the texts that are wanted or required, each once.
pub(super) fn typed_terms(query: &Query) -> Vec<String> {
    collected(query, false)
}

/// The same without those that a prefix beside their text takes for the beginning of a word.
pub(super) fn finished_terms(query: &Query) -> Vec<String> {
    collected(query, true)
}

fn collected(query: &Query, finished: bool) -> Vec<String> {
    let asked = || {
        let clauses = query.clauses.iter();
        clauses.filter(|clause| clause.occur != Occur::Excluded)
    };
    let begun = |term: &String| {
        asked().any(|clause| match &clause.node {
            Node::Prefix(text) => words(text).last().is_some_and(|word| word.text == *term),
            _ => false,
        })
    };
    let mut all: Vec<String> = Vec::new();
    for Clause { node, .. } in asked() {
        let mut some = match node {
            Node::Text(text) => terms(&words(text)),
            Node::Group(query) => collected(query, finished),
            _ => Vec::new(),
        };
        some.retain(|term| !finished || !matches!(node, Node::Text(_)) || !begun(term));
        for term in some {
            if !all.contains(&term) {
                all.push(term);
            }
        }
    }
    all.truncate(MAX_TERMS);
    all
}
