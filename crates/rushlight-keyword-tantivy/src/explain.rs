//! Why a row has its score: the same sums as in [`crate::plan`], for one row and with their parts.

use rushlight_core::{FieldFrequency, KeywordExplanation, MatchKind, ScorePart};

use crate::plan::{Constant, Plan, Way, Word};
use crate::positions::Phrase;
use crate::rows::Rows;
use crate::schema::{NAMES, REPEATED};
use crate::score::saturated;
use crate::top::factor;
use crate::view::{EachRow, Spot, View};

/// Explains the score of a row that meets the plan.
pub(crate) fn explain(
    plan: &Plan,
    view: &View<'_>,
    number: usize,
    row: u32,
) -> tantivy::Result<KeywordExplanation> {
    if !plan.ranks() {
        return Ok(KeywordExplanation {
            score: 1.0,
            factor: 1.0,
            parts: Vec::new(),
        });
    }
    let mut alone = Rows::none(view.segments[number].mask.len());
    alone.insert(row);
    let at = At {
        view,
        number,
        row,
        alone,
    };
    let mut parts = at.parts(plan)?;
    parts.retain(|part| part.contribution > 0.0);
    let repeated = view.segments[number].reader.fast_fields().bool(REPEATED)?;
    let factor = factor(&repeated, row);
    Ok(KeywordExplanation {
        score: factor * total(&parts),
        factor,
        parts,
    })
}

fn total(parts: &[ScorePart]) -> f32 {
    parts.iter().map(|part| part.contribution).sum()
}

struct At<'v, 'a> {
    view: &'v View<'a>,
    number: usize,
    row: u32,
    /// The row as a mask.
    alone: Rows,
}

impl At<'_, '_> {
    fn meets(&self, plan: &Plan) -> tantivy::Result<bool> {
        Ok(!plan.run(self.view, self.number, &self.alone, None)?.is_empty())
    }

    fn parts(&self, plan: &Plan) -> tantivy::Result<Vec<ScorePart>> {
        if !plan.ranks() || !self.meets(plan)? {
            return Ok(Vec::new());
        }
        match plan {
            Plan::Word(word) => self.word(word),
            Plan::Phrase(phrase) => self.phrase(plan, phrase),
            Plan::Places { score, .. } | Plan::Begun { score, .. } | Plan::Pieces { score, .. } => {
                Ok(vec![constant(score)])
            }
            Plan::Best(plans) => {
                let mut best = Vec::new();
                for plan in plans {
                    let parts = self.parts(plan)?;
                    if total(&parts) > total(&best) {
                        best = parts;
                    }
                }
                Ok(best)
            }
            Plan::Sum(sum) => {
                let mut parts = Vec::new();
                for plan in sum.required.iter().chain(&sum.wanted).chain(&sum.adding) {
                    parts.extend(self.parts(plan)?);
                }
                Ok(parts)
            }
            Plan::Near(_)
            | Plan::Raw(_)
            | Plan::Dates(..)
            | Plan::All
            | Plan::Nothing
            | Plan::Unranked(_) => Ok(Vec::new()),
        }
    }

    fn word(&self, word: &Word) -> tantivy::Result<Vec<ScorePart>> {
        word.ways.iter().map(|way| self.way(&word.typed, way)).collect()
    }

    fn way(&self, typed: &str, way: &Way) -> tantivy::Result<ScorePart> {
        let segment = &self.view.segments[self.number];
        let (mut occurrences, mut frequencies) = (0.0, Vec::new());
        for term in &way.terms {
            for Spot { field, info, .. } in term.at(self.number) {
                segment.words[*field].each_count(info, |row, count| {
                    if row == self.row {
                        let code = segment.norms[*field].fieldnorm_id(row) as usize;
                        occurrences += count as f32 * self.view.tables[*field][code];
                        frequencies.push(FieldFrequency {
                            field: NAMES[*field],
                            term: term.term.clone(),
                            count,
                        });
                    }
                })?;
            }
        }
        let chunks = match way.how {
            // Its words are the most frequent of the space, unreadable chunks included: how many there are is not told.
            MatchKind::Prefix => None,
            _ => Some(self.view.readable(&way.terms)?),
        };
        Ok(ScorePart {
            typed: typed.to_owned(),
            how: way.how,
            frequencies,
            chunks,
            idf: way.idf,
            weight: way.weight,
            contribution: way.weight * way.idf * saturated(occurrences),
        })
    }

    fn phrase(&self, plan: &Plan, phrase: &Phrase) -> tantivy::Result<Vec<ScorePart>> {
        let mut scores = vec![0.0; self.alone.len() as usize];
        plan.run(self.view, self.number, &self.alone, Some(&mut scores))?;
        Ok(vec![ScorePart {
            typed: phrase.typed.clone(),
            how: MatchKind::Phrase,
            frequencies: Vec::new(),
            chunks: None,
            idf: phrase.idf,
            weight: phrase.weight,
            contribution: scores[self.row as usize],
        }])
    }
}

fn constant(score: &Constant) -> ScorePart {
    ScorePart {
        typed: score.typed.clone(),
        how: score.how,
        frequencies: Vec::new(),
        chunks: None,
        idf: score.score,
        weight: 1.0,
        contribution: score.score,
    }
}
