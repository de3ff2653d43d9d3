//! A query made ready for one view of an index, and run: which rows meet it, and what they score.
//!
//! Rows are sets of bits, scores a column of numbers; each word's rows are read from front to end, or where few are asked about looked
//! up. Whatever is asked is asked of the rows of a mask only, so that nothing outside the filter is scored or counted.

use std::sync::Arc;

use rushlight_core::MatchKind;
use tantivy::Term;
use tantivy::schema::Field;

use crate::begun::Begun;
use crate::positions::{Near, Phrase};
use crate::rows::Rows;
use crate::schema::EVERYWHERE;
use crate::score::{MOST, saturated};
use crate::view::{EachRow, Postings, Segment, Spot, View};

/// What is to be met.
#[derive(Debug)]
pub(crate) enum Plan {
    /// A word, scored.
    Word(Word),
    /// Words that stand together, scored.
    Phrase(Phrase),
    /// Words and phrases near each other.
    Near(Near),
    /// A term at one of these places, each row with the same score.
    Places { places: Vec<Spot>, score: Constant },
    /// A word that begins so, by segment, each row with the same score.
    Begun { begun: Vec<Arc<Begun>>, score: Constant },
    /// Pieces of words: for each a term at one of its places, all in one field.
    Pieces { pieces: Vec<Vec<Spot>>, score: Constant },
    /// One of these terms of fields without words.
    Raw(Vec<(Field, Term)>),
    /// A date at or after the first and before the second.
    Dates(Option<i64>, Option<i64>),
    /// Every row.
    All,
    /// No row.
    Nothing,
    /// One of these at least; the best counts.
    Best(Vec<Plan>),
    /// Clauses; the scores are added.
    Sum(Sum),
    /// The same rows, none better than another.
    Unranked(Box<Plan>),
}

/// A score that all rows of a plan have; zero where the plan does not rank.
#[derive(Clone, Debug, Default)]
pub(crate) struct Constant {
    pub(crate) typed: String,
    pub(crate) how: MatchKind,
    pub(crate) score: f32,
}

#[derive(Debug, Default)]
pub(crate) struct Sum {
    /// All have to be met.
    pub(crate) required: Vec<Plan>,
    /// One has to be met, where nothing that ranks is required.
    pub(crate) wanted: Vec<Plan>,
    /// None may be met.
    pub(crate) excluded: Vec<Plan>,
    /// What raises the score of a row that is found without it.
    pub(crate) adding: Vec<Plan>,
}

/// A word of a query with the ways in which it can be met, whose scores are added.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) typed: String,
    pub(crate) ways: Vec<Way>,
}

/// One way to meet a word: by any of some terms, which count as one.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) how: MatchKind,
    pub(crate) terms: Vec<Postings>,
    pub(crate) idf: f32,
    pub(crate) weight: f32,
}

impl Plan {
    /// Whether it says which of two rows that meet it is better.
    pub(crate) fn ranks(&self) -> bool {
        match self {
            Self::Word(_) | Self::Phrase(_) => true,
            Self::Places { score, .. } | Self::Begun { score, .. } | Self::Pieces { score, .. } => {
                score.score > 0.0
            }
            Self::Near(_)
            | Self::Raw(_)
            | Self::Dates(..)
            | Self::All
            | Self::Nothing
            | Self::Unranked(_) => false,
            Self::Best(plans) => plans.iter().any(Self::ranks),
            Self::Sum(sum) => sum.required.iter().chain(&sum.wanted).any(Self::ranks),
        }
    }

    /// The rows of `mask` that meet it. Their scores are added to `scores`, where there are any to be computed.
    pub(crate) fn run(
        &self,
        view: &View<'_>,
        number: usize,
        mask: &Rows,
        scores: Option<&mut [f32]>,
    ) -> tantivy::Result<Rows> {
        let segment = &view.segments[number];
        match self {
            Self::Word(word) => word.run(view, number, mask, scores),
            Self::Phrase(phrase) => phrase.run(view, number, mask, scores),
            Self::Near(near) => near.run(segment, number, mask),
            Self::Places { places, score } => {
                let here = places.iter().filter(|spot| spot.segment == number);
                Ok(score.give(within(segment.rows_at(here)?, mask), scores))
            }
            Self::Begun { begun, score } => {
                let rows = begun[number].rows.clone();
                Ok(score.give(within(rows, mask), scores))
            }
            Self::Pieces { pieces, score } => {
                let rows = with_pieces(pieces, segment, number, mask)?;
                Ok(score.give(rows, scores))
            }
            Self::Raw(terms) => Ok(within(segment.with_any(terms)?, mask)),
            Self::Dates(from, until) => Ok(within(segment.dated(*from, *until)?, mask)),
            Self::All => Ok(mask.clone()),
            Self::Nothing => Ok(Rows::none(mask.len())),
            Self::Best(plans) => best(plans, view, number, mask, scores),
            Self::Sum(sum) => sum.run(view, number, mask, scores),
            Self::Unranked(plan) => plan.run(view, number, mask, None),
        }
    }
}

impl Plan {
    /// What it can add to a row's score at most.
    pub(crate) fn most(&self) -> f32 {
        match self {
            Self::Word(word) => word.ways.iter().map(|way| way.weight * way.idf * MOST).sum(),
            Self::Phrase(phrase) => phrase.weight * phrase.idf * MOST,
            Self::Places { score, .. } | Self::Begun { score, .. } | Self::Pieces { score, .. } => {
                score.score
            }
            Self::Near(_)
            | Self::Raw(_)
            | Self::Dates(..)
            | Self::All
            | Self::Nothing
            | Self::Unranked(_) => 0.0,
            Self::Best(plans) => plans.iter().map(Self::most).fold(0.0, f32::max),
            Self::Sum(sum) => {
                let plans = sum.required.iter().chain(&sum.wanted).chain(&sum.adding);
                plans.map(Self::most).sum()
            }
        }
    }

    /// Rows of lists that it reads in a segment.
    pub(crate) fn reads(&self, number: usize) -> u64 {
        let listed = |spot: &Spot| u64::from(spot.info.doc_freq);
        match self {
            Self::Word(word) => {
                let terms = word.ways.iter().flat_map(|way| &way.terms);
                terms.flat_map(|term| term.at(number)).map(listed).sum()
            }
            Self::Phrase(phrase) => {
                let terms = phrase.terms.iter().flat_map(|(_, term)| term.at(number));
                terms.map(listed).sum()
            }
            Self::Places { places, .. } => {
                let here = places.iter().filter(|spot| spot.segment == number);
                here.map(listed).sum()
            }
            Self::Near(_)
            | Self::Begun { .. }
            | Self::Pieces { .. }
            | Self::Raw(_)
            | Self::Dates(..)
            | Self::All
            | Self::Nothing => 0,
            Self::Unranked(plan) => plan.reads(number),
            Self::Best(plans) => plans.iter().map(|plan| plan.reads(number)).sum(),
            Self::Sum(sum) => {
                let plans = [&sum.required, &sum.wanted, &sum.excluded, &sum.adding];
                plans.into_iter().flatten().map(|plan| plan.reads(number)).sum()
            }
        }
    }
}

impl Constant {
    fn give(&self, rows: Rows, scores: Option<&mut [f32]>) -> Rows {
        if let Some(scores) = scores.filter(|_| self.score > 0.0) {
            for row in rows.iter() {
                scores[row as usize] += self.score;
            }
        }
        rows
    }
}

impl Sum {
    /// Whether a row has to meet one of the wanted clauses.
    pub(crate) fn needs_wanted(&self) -> bool {
        !self.wanted.is_empty() && !self.required.iter().any(Plan::ranks)
    }

    /// The rows of `mask` that meet what is required and nothing that is excluded.
    pub(crate) fn allowed(&self, view: &View<'_>, number: usize, mask: &Rows) -> tantivy::Result<Rows> {
        let mut rows = mask.clone();
        for plan in &self.required {
            rows = plan.run(view, number, &rows, None)?;
        }
        for plan in &self.excluded {
            let out = plan.run(view, number, &rows, None)?;
            rows.remove(&out);
        }
        Ok(rows)
    }

    fn run(
        &self,
        view: &View<'_>,
        number: usize,
        mask: &Rows,
        mut scores: Option<&mut [f32]>,
    ) -> tantivy::Result<Rows> {
        let rows = self.allowed(view, number, mask)?;
        if scores.is_none() && !self.needs_wanted() || rows.is_empty() {
            return Ok(rows);
        }
        // Which rows are found is known but for the wanted clauses, so that scores go to none that is not.
        for plan in self.required.iter().filter(|plan| plan.ranks()) {
            plan.run(view, number, &rows, scores.as_deref_mut())?;
        }
        let mut wanted = Rows::none(mask.len());
        for plan in &self.wanted {
            wanted.add(&plan.run(view, number, &rows, scores.as_deref_mut())?);
        }
        let found = if self.needs_wanted() { wanted } else { rows };
        if let Some(scores) = scores {
            for plan in &self.adding {
                plan.run(view, number, &found, Some(&mut *scores))?;
            }
        }
        Ok(found)
    }
}

fn best(
    plans: &[Plan],
    view: &View<'_>,
    number: usize,
    mask: &Rows,
    scores: Option<&mut [f32]>,
) -> tantivy::Result<Rows> {
    let mut all = Rows::none(mask.len());
    let Some(scores) = scores else {
        for plan in plans {
            all.add(&plan.run(view, number, mask, None)?);
        }
        return Ok(all);
    };
    let segment = &view.segments[number];
    let (mut highest, mut scratch) = (segment.column(), segment.column());
    for plan in plans {
        let rows = plan.run(view, number, mask, Some(&mut scratch))?;
        for row in rows.iter() {
            let score = std::mem::take(&mut scratch[row as usize]);
            let highest = &mut highest[row as usize];
            *highest = highest.max(score);
        }
        all.add(&rows);
    }
    for row in all.iter() {
        scores[row as usize] += std::mem::take(&mut highest[row as usize]);
    }
    Ok(all)
}

impl Word {
    /// The only list of a segment in which it stands, and how it is met there.
    fn in_one_list(&self, number: usize) -> Option<(&Way, &Spot)> {
        let [way] = &self.ways[..] else {
            return None;
        };
        let mut spots = way.terms.iter().flat_map(|term| term.at(number));
        let spot = spots.next()?;
        spots.next().is_none().then_some((way, spot))
    }

    fn run(
        &self,
        view: &View<'_>,
        number: usize,
        mask: &Rows,
        scores: Option<&mut [f32]>,
    ) -> tantivy::Result<Rows> {
        let segment = &view.segments[number];
        let Some(scores) = scores else {
            let terms = self.ways.iter().flat_map(|way| &way.terms);
            let rows = segment.rows_at(terms.flat_map(|term| term.at(number)))?;
            return Ok(within(rows, mask));
        };
        let asked = mask.count();
        let mut all = Rows::none(mask.len());
        if let Some((way, Spot { field, info, .. })) = self.in_one_list(number) {
            let (norms, counted, most) = (
                &segment.norms[*field],
                &view.counted[*field],
                way.weight * way.idf,
            );
            segment.words[*field].each_count_of(info, mask, asked, |row, count| {
                if mask.contains(row) {
                    all.insert(row);
                    scores[row as usize] += most * counted.get(count, norms.fieldnorm_id(row));
                }
            })?;
            return Ok(all);
        }
        let mut occurrences = segment.column();
        for way in &self.ways {
            let mut rows = Rows::none(mask.len());
            for Spot { field, info, .. } in way.terms.iter().flat_map(|term| term.at(number)) {
                let (norms, table) = (&segment.norms[*field], &view.tables[*field]);
                segment.words[*field].each_count_of(info, mask, asked, |row, count| {
                    rows.insert(row);
                    occurrences[row as usize] += count as f32 * table[norms.fieldnorm_id(row) as usize];
                })?;
            }
            let most = way.weight * way.idf;
            for row in rows.iter() {
                let occurrences = std::mem::take(&mut occurrences[row as usize]);
                if mask.contains(row) {
                    scores[row as usize] += most * saturated(occurrences);
                }
            }
            all.add(&rows);
        }
        Ok(within(all, mask))
    }
}

fn with_pieces(
    pieces: &[Vec<Spot>],
    segment: &Segment<'_>,
    number: usize,
    mask: &Rows,
) -> tantivy::Result<Rows> {
    let mut all = Rows::none(mask.len());
    for field in EVERYWHERE {
        let mut rows = mask.clone();
        for places in pieces {
            let here = places
                .iter()
                .filter(|spot| spot.segment == number && spot.field == *field);
            rows.keep(&segment.rows_at(here)?);
        }
        all.add(&rows);
    }
    Ok(all)
}

fn within(mut rows: Rows, mask: &Rows) -> Rows {
    rows.keep(mask);
    rows
}
