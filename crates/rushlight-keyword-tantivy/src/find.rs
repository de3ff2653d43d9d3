//! The steps of a search: make ready, run, and where nothing was found run the last resort.

use std::collections::HashMap;

use rushlight_core::{
    ChunkId, DocId, KeywordExplanation, KeywordFound, MatchingDocument, MatchingDocuments, Query, Timestamp,
};

use crate::compile::{Compiled, compile};
use crate::explain::explain;
use crate::last_resort::by_part;
use crate::leaders::Leaders;
use crate::plan::Plan;
use crate::rows::Rows;
use crate::schema::{DATE, REPEATED};
use crate::top::{Ids, Order, Top, factor};
use crate::view::View;

/// What a query came to in each segment.
struct Ran {
    plan: Plan,
    segments: Vec<(Rows, Vec<f32>)>,
}

impl Ran {
    fn is_empty(&self) -> bool {
        self.segments.iter().all(|(rows, _)| rows.is_empty())
    }
}

/// Which of the rows that meet a query are asked for.
#[derive(Clone, Copy)]
enum Asked {
    All,
    /// At least so many of the best, all if there are fewer.
    Best(usize),
}

fn run(plan: Plan, view: &View<'_>, asked: Asked) -> tantivy::Result<Ran> {
    let ranks = plan.ranks();
    let mut leaders = match asked {
        Asked::Best(limit) if ranks && limit > 0 => Some(Leaders::new(limit)),
        _ => None,
    };
    let mut segments = Vec::with_capacity(view.segments.len());
    for (number, segment) in view.segments.iter().enumerate() {
        let mut scores = vec![0.0; if ranks { segment.mask.len() as usize } else { 0 }];
        let rows = match &mut leaders {
            Some(leaders) => leaders.run(&plan, view, number, &mut scores)?,
            None => plan.run(view, number, &segment.mask, ranks.then_some(&mut scores[..]))?,
        };
        segments.push((rows, scores));
    }
    Ok(Ran { plan, segments })
}

/// Runs a query; and as pieces of words where it finds nothing.
fn find(query: &Query, view: &View<'_>, asked: Asked) -> tantivy::Result<(Option<Ran>, KeywordFound)> {
    let Compiled {
        plan,
        corrections,
        terms,
        characters,
    } = compile(query, view)?;
    let mut found = KeywordFound {
        corrections,
        terms,
        characters,
        ..KeywordFound::default()
    };
    let Some(plan) = plan else {
        return Ok((None, found));
    };
    let mut ran = run(plan, view, asked)?;
    if ran.is_empty()
        && let Some(pieces) = by_part(query, view)?
    {
        ran = run(pieces, view, asked)?;
        found.by_part = !ran.is_empty();
    }
    found.newest_first = !ran.plan.ranks();
    Ok((Some(ran), found))
}

pub(crate) fn search(query: &Query, view: &View<'_>, limit: usize) -> tantivy::Result<KeywordFound> {
    let (ran, mut found) = find(query, view, Asked::Best(limit))?;
    let Some(ran) = ran else {
        return Ok(found);
    };
    let order = if found.newest_first {
        Order::NewestFirst
    } else {
        Order::BestFirst
    };
    let mut top = Top::new(limit, order);
    for (segment, (rows, scores)) in view.segments.iter().zip(&ran.segments) {
        top.take(segment.reader, rows, scores)?;
    }
    found.hits = top.into_hits();
    Ok(found)
}

pub(crate) fn matching(query: &Query, view: &View<'_>) -> tantivy::Result<Vec<ChunkId>> {
    let (ran, _) = find(query, view, Asked::All)?;
    let mut chunks = Vec::new();
    for (segment, (rows, _)) in view.segments.iter().zip(ran.iter().flat_map(|ran| &ran.segments)) {
        let ids = Ids::open(segment.reader)?;
        chunks.extend(rows.iter().map(|row| ids.chunk(row)));
    }
    chunks.sort_unstable();
    Ok(chunks)
}

/// The documents of what is found, each with its best row.
pub(crate) fn documents(query: &Query, view: &View<'_>) -> tantivy::Result<MatchingDocuments> {
    let (ran, found) = find(query, view, Asked::All)?;
    let mut best: HashMap<DocId, (f32, MatchingDocument)> = HashMap::new();
    for (segment, (rows, scores)) in view.segments.iter().zip(ran.iter().flat_map(|ran| &ran.segments)) {
        let columns = segment.reader.fast_fields();
        let (ids, dates, repeated) = (
            Ids::open(segment.reader)?,
            columns.i64(DATE)?,
            columns.bool(REPEATED)?,
        );
        for row in rows.iter() {
            // Where nothing ranks there are no scores.
            let score = scores
                .get(row as usize)
                .map_or(1.0, |score| score * factor(&repeated, row));
            let (chunk_id, doc_id) = ids.of(row);
            let document = MatchingDocument {
                doc_id,
                chunk_id,
                date: Timestamp(dates.first(row).unwrap_or_default()),
            };
            let known = best.entry(doc_id).or_insert((score, document));
            let better = score.total_cmp(&known.0).then(known.1.chunk_id.cmp(&chunk_id));
            if better.is_gt() {
                *known = (score, document);
            }
        }
    }
    let mut documents: Vec<MatchingDocument> = best.into_values().map(|(_, document)| document).collect();
    documents.sort_unstable_by_key(|document| document.doc_id);
    Ok(MatchingDocuments {
        documents,
        corrections: found.corrections,
    })
}

pub(crate) fn why(
    query: &Query,
    view: &View<'_>,
    chunk: ChunkId,
) -> tantivy::Result<Option<KeywordExplanation>> {
    let (Some(ran), _) = find(query, view, Asked::All)? else {
        return Ok(None);
    };
    for (number, (rows, _)) in ran.segments.iter().enumerate() {
        let ids = Ids::open(view.segments[number].reader)?;
        if let Some(row) = rows.iter().find(|row| ids.chunk(*row) == chunk) {
            return explain(&ran.plan, view, number, row).map(Some);
        }
    }
    Ok(None)
}
