//! Where nothing is found: words in which the letters stand.

use rushlight_analysis::covering;
use rushlight_core::{MatchKind, Node, Occur, Query, QueryField};

use crate::compile::{MAX_BYTES, MAX_PHRASE_TERMS, compile, cut};
use crate::keys::key;
use crate::plan::{Constant, Plan, Sum};
use crate::schema::EVERYWHERE;
use crate::view::View;

/// Weight of a piece of a word.
const PIECE_WEIGHT: f32 = 0.5;

/// The text of a query of wanted text, for the last resort, and its other clauses; `None` where more than that is asked.
fn plain_text(query: &Query) -> Option<(Vec<&str>, Query)> {
    let mut texts = Vec::new();
    let mut rest = Query::default();
    for clause in &query.clauses {
        match (clause.occur, &clause.node) {
            (Occur::Wanted, Node::Text(text) | Node::Prefix(text)) => texts.push(text.as_str()),
            (Occur::Excluded, _) => rest.clauses.push(clause.clone()),
            (Occur::Required, node) if is_filter(node) => rest.clauses.push(clause.clone()),
            (Occur::Wanted | Occur::Required, _) => return None,
        }
    }
    (!texts.is_empty()).then_some((texts, rest))
}

/// The plan of the last resort: in one field, for every word of the texts, terms in which it stands.
pub(crate) fn by_part(query: &Query, view: &View<'_>) -> tantivy::Result<Option<Plan>> {
    let Some((texts, rest)) = plain_text(query) else {
        return Ok(None);
    };
    let text = texts.join(" ");
    let Some(pieces) = pieces(cut(&text, MAX_BYTES), view)? else {
        return Ok(None);
    };
    let mut sum = Sum {
        required: vec![pieces],
        ..Sum::default()
    };
    let rest = compile(&rest, view)?.plan;
    sum.required.extend(rest);
    Ok(Some(Plan::Sum(sum)))
}

/// Rows with all that a stretch of text is made of, however it is cut; `None` where the text has no word.
pub(crate) fn pieces(text: &str, view: &View<'_>) -> tantivy::Result<Option<Plan>> {
    let mut pieces = Vec::new();
    let mut weight = 0.0;
    for pattern in covering(text).into_iter().take(MAX_PHRASE_TERMS) {
        let places = view.places(&pattern, EVERYWHERE)?;
        let chunks = places.iter().map(|spot| u64::from(spot.info.doc_freq)).sum();
        weight += view.idf(chunks);
        pieces.push(places);
    }
    let score = Constant {
        typed: key(text),
        how: MatchKind::Piece,
        score: PIECE_WEIGHT * weight,
    };
    Ok((!pieces.is_empty()).then_some(Plan::Pieces { pieces, score }))
}

/// Whether a clause only says where to look.
fn is_filter(node: &Node) -> bool {
    match node {
        Node::Field { field, .. } => !matches!(field, QueryField::Title | QueryField::Subject),
        Node::Dates { .. }
        | Node::Kinds(_)
        | Node::Space(_)
        | Node::Folder { .. }
        | Node::HasAttachment
        | Node::Everything
        | Node::Nothing => true,
        Node::Text(_) | Node::Phrase(_) | Node::Prefix(_) | Node::Near { .. } | Node::Group(_) => false,
    }
}
