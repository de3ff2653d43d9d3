//! Fusion as it is served: in two steps, between which the texts of the best candidates are read.

use std::collections::HashMap;

use rushlight_core::{ChunkId, DocId, KeywordFound, Query, VectorHit};

use crate::coverage::{ChunkText, READ, coverage};
use crate::features::{QueryFeatures, SCRIPT_TEXTS};
use crate::fuse::{FuseInput, Fused, FusionOptions, fuse};

/// A query, and what both legs found for it.
#[derive(Clone, Copy, Debug)]
pub struct Legs<'a> {
    /// The query as it was read.
    pub query: &'a Query,
    /// What the keyword leg came to.
    pub found: &'a KeywordFound,
    /// What the semantic leg found, nearest first.
    pub semantic: &'a [VectorHit],
    /// The cosine of chunks that the semantic leg did not find.
    pub similarities: &'a HashMap<ChunkId, f32>,
    /// How near the titles of documents are to the query, of those whose titles are nearest.
    pub titles: &'a HashMap<DocId, f32>,
    /// The first chunk of each document that was found by its title and by nothing else.
    pub openings: &'a [(ChunkId, DocId)],
}

/// Fuses the legs without texts, has `read` give the texts of the best chunks and of the nearest, and fuses again with what
/// they have of the query. Chunks that `read` does not give count as texts without a word of it.
///
/// # Errors
/// Those of `read`.
pub fn fuse_reading<'t, E>(
    legs: &Legs<'_>,
    options: &FusionOptions,
    read: impl FnOnce(&[ChunkId]) -> Result<HashMap<ChunkId, ChunkText<'t>>, E>,
) -> Result<Fused, E> {
    let unread = HashMap::new();
    let input = FuseInput {
        keyword: &legs.found.hits,
        semantic: legs.semantic,
        similarities: legs.similarities,
        titles: legs.titles,
        openings: legs.openings,
        features: QueryFeatures::new(legs.query, legs.found),
        coverage: &unread,
    };
    let first = fuse(&input, options);
    let about = legs.query.free_text();
    if about.is_empty() || first.chunks.is_empty() {
        return Ok(first);
    }
    let best = first.chunks.iter().take(READ).map(|chunk| chunk.chunk_id);
    let nearest = legs.semantic.iter().take(SCRIPT_TEXTS).map(|hit| hit.chunk_id);
    let mut wanted: Vec<ChunkId> = best.collect();
    let of_best = wanted.len();
    for chunk in nearest {
        if !wanted.contains(&chunk) {
            wanted.push(chunk);
        }
    }
    let texts = read(&wanted)?;
    let chunks: Vec<(ChunkId, ChunkText<'_>)> = wanted[..of_best]
        .iter()
        .filter_map(|chunk| Some((*chunk, *texts.get(chunk)?)))
        .collect();
    let covered = coverage(&about, legs.found, &chunks);
    let texts_by_meaning = legs
        .semantic
        .iter()
        .filter_map(|hit| Some(texts.get(&hit.chunk_id)?.text));
    Ok(fuse(
        &FuseInput {
            features: input
                .features
                .with_texts(&about, texts_by_meaning)
                .with_coverage(covered.values()),
            coverage: &covered,
            ..input
        },
        options,
    ))
}

#[cfg(test)]
mod tests {
    use rushlight_core::KeywordHit;

    use super::*;

    #[test]
    fn the_text_that_has_the_words_together_comes_before_the_one_that_has_them_apart() {
        let chunk = |n: u8| ChunkId([n; 16]);
        let hit = |n: u8, score: f32| KeywordHit {
            chunk_id: chunk(n),
            doc_id: DocId([n; 16]),
            score,
        };
        let found = KeywordFound {
            hits: vec![hit(1, 5.0), hit(2, 4.9)],
            ..KeywordFound::default()
        };
        let apart = format!("water {} tea", "and more ".repeat(40));
        let text = |text| ChunkText { title: "", text };
        let texts = HashMap::from([(chunk(1), text(&*apart)), (chunk(2), text("tea water"))]);
        let query = Query::plain("tea water");
        let legs = Legs {
            query: &query,
            found: &found,
            semantic: &[],
            similarities: &HashMap::new(),
            titles: &HashMap::new(),
            openings: &[],
        };
        let mut asked = Vec::new();
        let fused = fuse_reading(&legs, &FusionOptions::default(), |chunks| {
            asked.extend_from_slice(chunks);
            Ok::<_, ()>(texts)
        })
        .expect("nothing fails");
        assert_eq!(asked, [chunk(1), chunk(2)]);
        assert_eq!(fused.chunks[0].chunk_id, chunk(2));
        assert_eq!(
            fuse_reading(&legs, &FusionOptions::default(), |_| Err("unreadable")),
            Err("unreadable")
        );
    }
}
