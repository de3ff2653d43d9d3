//! The steps of a search: make ready, run, and where nothing was found run the last resort.

use rushlight_core::{ChunkId, KeywordExplanation, KeywordFound, Query};

use crate::compile::{Compiled, compile};
use crate::explain::explain;
use crate::last_resort::by_part;
use crate::plan::Plan;
use crate::rows::Rows;
use crate::top::{Ids, Order, Top};
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

fn run(plan: Plan, view: &View<'_>) -> tantivy::Result<Ran> {
    let ranks = plan.ranks();
    let mut segments = Vec::with_capacity(view.segments.len());
    for (number, segment) in view.segments.iter().enumerate() {
        let mut scores = vec![0.0; if ranks { segment.mask.len() as usize } else { 0 }];
        let rows = plan.run(view, number, &segment.mask, ranks.then_some(&mut scores[..]))?;
        segments.push((rows, scores));
    }
    Ok(Ran { plan, segments })
}

/// Runs a query; and as pieces of words where it finds nothing.
fn find(query: &Query, view: &View<'_>) -> tantivy::Result<(Option<Ran>, KeywordFound)> {
    let Compiled {
        plan,
        corrections,
        terms,
    } = compile(query, view)?;
    let mut found = KeywordFound {
        corrections,
        terms,
        ..KeywordFound::default()
    };
    let Some(plan) = plan else {
        return Ok((None, found));
    };
    let mut ran = run(plan, view)?;
    if ran.is_empty()
        && let Some(pieces) = by_part(query, view)?
    {
        ran = run(pieces, view)?;
        found.by_part = !ran.is_empty();
    }
    found.newest_first = !ran.plan.ranks();
    Ok((Some(ran), found))
}

pub(crate) fn search(query: &Query, view: &View<'_>, limit: usize) -> tantivy::Result<KeywordFound> {
    let (ran, mut found) = find(query, view)?;
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
    let (ran, _) = find(query, view)?;
    let mut chunks = Vec::new();
    for (segment, (rows, _)) in view.segments.iter().zip(ran.iter().flat_map(|ran| &ran.segments)) {
        let ids = Ids::open(segment.reader)?;
        chunks.extend(rows.iter().map(|row| ids.chunk(row)));
    }
    chunks.sort_unstable();
    Ok(chunks)
}

pub(crate) fn why(
    query: &Query,
    view: &View<'_>,
    chunk: ChunkId,
) -> tantivy::Result<Option<KeywordExplanation>> {
    let (Some(ran), _) = find(query, view)? else {
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
