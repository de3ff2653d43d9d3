//! Why a hit is where it is.

use rushlight_core::{MatchKind, Result, ScorePart, SpaceId, Why, WhyPart, WhyTerm};
use rushlight_retrieval::FusedChunk;
use rushlight_retrieval::weight::EVIDENCE;

use super::asked::Asked;
use super::rank::Ranked;
use crate::engine::Shared;

impl Shared {
    pub(super) fn why(
        &self,
        asked: &Asked,
        ranked: &Ranked,
        fused: &FusedChunk,
        space: SpaceId,
    ) -> Result<Why> {
        let mut notes = Vec::new();
        if ranked.brought.contains(&fused.chunk_id) {
            notes.push("guaranteed".to_owned());
        }
        if let Some(by) = ranked.listed {
            notes.push(by.as_str().to_owned());
        }
        let explained = match asked.spaces.iter().find(|(id, _)| *id == space) {
            Some((_, query)) => self
                .indexes
                .keyword(space)?
                .explain(query, &asked.filter, fused.chunk_id)?,
            None => None,
        };
        let terms = explained.map_or_else(Vec::new, |explained| {
            let factor = explained.factor;
            let term = |part| why_term(part, factor);
            explained.parts.into_iter().map(term).collect()
        });
        Ok(Why {
            parts: match ranked.listed {
                Some(_) => Vec::new(),
                None => parts(ranked, fused),
            },
            terms,
            notes,
        })
    }
}

/// The shares of the fused score.
fn parts(ranked: &Ranked, fused: &FusedChunk) -> Vec<WhyPart> {
    let made_of = &fused.parts;
    let words = 1.0 - ranked.weight.semantic;
    let part = |name: &str, value: f32, share: f32, weight: f32| WhyPart {
        name: name.to_owned(),
        value,
        // What a part counts it counts also where it came to nothing.
        weight: if value.abs() > f32::EPSILON {
            share / value
        } else {
            weight
        },
        share,
    };
    // The score by word shares the weight of words with the coverage of the query, once texts were read.
    let by_word = match made_of.coverage {
        Some(_) => words * EVIDENCE.of(1.0, None),
        None => words,
    };
    let mut parts = vec![
        part("words", made_of.keyword, made_of.from_words, by_word),
        part(
            "meaning",
            made_of.semantic,
            made_of.from_meaning,
            ranked.weight.semantic * (1.0 - ranked.title),
        ),
    ];
    if ranked.title > 0.0 {
        let weight = ranked.weight.semantic * ranked.title;
        parts.push(part("title", made_of.title, made_of.from_title, weight));
    }
    if made_of.coverage.is_some() {
        let value = if words > 0.0 {
            made_of.from_coverage / words
        } else {
            0.0
        };
        parts.push(part("coverage", value, made_of.from_coverage, words));
    }
    if let Some(taken) = ranked.aged.get(&fused.chunk_id) {
        // Zero or below: the preference for what is newer takes from what is older.
        parts.push(part("recency", *taken, *taken, 0.0));
    }
    parts
}

fn why_term(part: ScorePart, factor: f32) -> WhyTerm {
    let ScorePart {
        typed,
        how,
        frequencies,
        chunks,
        contribution,
        ..
    } = part;
    WhyTerm {
        typed,
        how: MatchKind::as_str(how).to_owned(),
        found: frequencies
            .into_iter()
            .map(|found| (found.field.to_owned(), found.term, found.count))
            .collect(),
        chunks,
        share: contribution * factor,
    }
}
