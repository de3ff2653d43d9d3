//! Clauses that belong together, put together.

use rushlight_core::{Clause, Node, Occur, Query, QueryField};

/// One of these; a kind among kinds.
pub(super) fn alternatives(mut nodes: Vec<Node>) -> Option<Node> {
    if nodes.len() < 2 {
        return nodes.pop();
    }
    if nodes.iter().all(|node| matches!(node, Node::Kinds(_))) {
        let mut kinds = Vec::new();
        for node in nodes {
            if let Node::Kinds(more) = node {
                kinds.extend(
                    more.into_iter()
                        .filter(|kind| !kinds.contains(kind))
                        .collect::<Vec<_>>(),
                );
            }
        }
        return Some(Node::Kinds(kinds));
    }
    let wanted = |node| Clause {
        occur: Occur::Wanted,
        node,
    };
    Some(Node::Group(Query {
        clauses: nodes.into_iter().map(wanted).collect(),
    }))
}

/// Neighbouring stretches of text as one.
pub(super) fn merge_text(clauses: Vec<Clause>) -> Vec<Clause> {
    let mut merged: Vec<Clause> = Vec::with_capacity(clauses.len());
    for clause in clauses {
        if let (
            Some(Clause {
                occur: Occur::Wanted,
                node: Node::Text(before),
            }),
            Clause {
                occur: Occur::Wanted,
                node: Node::Text(text),
            },
        ) = (merged.last_mut(), &clause)
        {
            before.push(' ');
            before.push_str(text);
        } else {
            merged.push(clause);
        }
    }
    merged
}

/// A document has one kind, one space, one folder and one language: several that are asked for are alternatives.
pub(super) fn merge_alternatives(mut clauses: Vec<Clause>) -> Vec<Clause> {
    for of_one in [is_kind, is_space, is_folder, is_language] {
        let is = |clause: &Clause| clause.occur == Occur::Required && of_one(&clause.node);
        if clauses.iter().filter(|clause| is(clause)).count() < 2 {
            continue;
        }
        let first = clauses.iter().position(is).unwrap_or_default();
        let (same, mut rest): (Vec<Clause>, Vec<Clause>) = clauses.into_iter().partition(is);
        let node = alternatives(same.into_iter().map(|clause| clause.node).collect());
        rest.splice(
            first..first,
            node.map(|node| Clause {
                occur: Occur::Required,
                node,
            }),
        );
        clauses = rest;
    }
    clauses
}

fn is_kind(node: &Node) -> bool {
    matches!(node, Node::Kinds(_))
}

fn is_space(node: &Node) -> bool {
    matches!(node, Node::Space(_))
}

fn is_folder(node: &Node) -> bool {
    matches!(node, Node::Folder { .. })
}

fn is_language(node: &Node) -> bool {
    matches!(
        node,
        Node::Field {
            field: QueryField::Language,
            ..
        }
    )
}
