//! The best rows of a query of many words, without reading all rows of the frequent ones: MaxScore (Turtle and Flood 1995).
//!
//! Words are taken from the one that can add most to a score to the one that can add least, which with BM25 is from the rarest to
//! the most frequent. As soon as all the words that are left could not lift a row over those that lead already, only rows that were
//! met go on: of long lists they are looked up, and those that cannot lead any more are let go after each word. Scores are
//! then computed as they are for all rows, in the order of the plan, so that who is asked for fewer hits gets the same.

use crate::plan::{Plan, Sum};
use crate::rows::Rows;
use crate::schema::REPEATED;
use crate::top::factor;
use crate::view::{Segment, View};

/// Rows of lists below which it is not worth while to choose.
const SHORT: u64 = 20_000;
/// How many rows of lists are read for one that is looked at to see which lead.
const LOOK_AFTER: u64 = 8;
/// What sums in another order may differ by, and more.
const ROUNDING: f32 = 1e-4;

/// What is known of the best rows while one segment after the other is searched.
pub(crate) struct Leaders {
    limit: usize,
    /// A score that `limit` rows have or pass.
    bar: f32,
    /// Rows of lists below which all of them are read.
    short: u64,
}

/// A clause of a sum.
struct Part<'p> {
    plan: &'p Plan,
    /// Whether a row is found by it, or only raised.
    finds: bool,
    most: f32,
    reads: u64,
}

impl Leaders {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            bar: f32::NEG_INFINITY,
            short: SHORT,
        }
    }

    /// Rows of a segment that meet a plan, the best `limit` of all segments so far among them; their scores are added to `scores`.
    pub(crate) fn run(
        &mut self,
        plan: &Plan,
        view: &View<'_>,
        number: usize,
        scores: &mut [f32],
    ) -> tantivy::Result<Rows> {
        let mask = &view.segments[number].mask;
        if plan.reads(number) < self.short {
            return plan.run(view, number, mask, Some(scores));
        }
        let leading = self.leading(plan, view, number)?;
        plan.run(view, number, leading.as_ref().unwrap_or(mask), Some(scores))
    }

    /// The rows that may be among the best, if the plan is a sum of words.
    fn leading(&mut self, plan: &Plan, view: &View<'_>, number: usize) -> tantivy::Result<Option<Rows>> {
        let Some((sum, mut rows)) = words(plan, view, number)? else {
            return Ok(None);
        };
        let parts = parts(sum, number);
        let segment = &view.segments[number];
        let mut sums = segment.column();
        let mut met = Rows::none(rows.len());
        let mut found = Rows::none(rows.len());
        let mut only_met = false;
        let mut read = 0;
        for (at, part) in parts.iter().enumerate() {
            if !part.finds {
                rows.keep(&found);
            }
            let here = part.plan.run(view, number, &rows, Some(&mut sums))?;
            met.add(&here);
            if part.finds {
                found.add(&here);
            }
            let rest = &parts[at + 1..];
            let left: f32 = rest.iter().map(|part| part.most).sum();
            read += part.reads;
            let leading = if only_met { &rows } else { &found };
            if read > LOOK_AFTER * leading.count() {
                self.raise(segment, leading.iter().filter(|row| found.contains(*row)), &sums)?;
                read = 0;
            }
            let hopeless = |sum: f32| (sum + left) * (1.0 + ROUNDING) < self.bar;
            if !only_met && hopeless(0.0) {
                only_met = true;
                rows.keep(&met);
            }
            if only_met {
                rows.retain(|row| !hopeless(sums[row as usize]));
            }
        }
        for row in met.iter() {
            sums[row as usize] = 0.0;
        }
        Ok(Some(if only_met { rows } else { met }))
    }

    /// Raises the bar to what the best of these rows have already.
    fn raise(
        &mut self,
        segment: &Segment<'_>,
        rows: impl Iterator<Item = u32>,
        sums: &[f32],
    ) -> tantivy::Result<()> {
        let sum = |row: &u32| sums[*row as usize];
        let mut best: Vec<u32> = rows.filter(|row| sum(row) >= self.bar).collect();
        if best.len() < self.limit {
            return Ok(());
        }
        best.select_nth_unstable_by(self.limit - 1, |a, b| sum(b).total_cmp(&sum(a)));
        let repeated = segment.reader.fast_fields().bool(REPEATED)?;
        let scores = best[..self.limit]
            .iter()
            .map(|row| sum(row) * factor(&repeated, *row));
        self.bar = self.bar.max(scores.fold(f32::INFINITY, f32::min));
        Ok(())
    }
}

/// The sum of words that a plan is, within conditions that rank nothing, and the rows that meet these.
fn words<'p>(mut plan: &'p Plan, view: &View<'_>, number: usize) -> tantivy::Result<Option<(&'p Sum, Rows)>> {
    let mut rows = view.segments[number].mask.clone();
    loop {
        let Plan::Sum(sum) = plan else {
            return Ok(None);
        };
        if !sum.needs_wanted() {
            return Ok(None);
        }
        rows = sum.allowed(view, number, &rows)?;
        match &sum.wanted[..] {
            [inner @ Plan::Sum(_)] if sum.adding.is_empty() => plan = inner,
            _ => return Ok(Some((sum, rows))),
        }
    }
}

/// The clauses of a sum: those first that find something, and of them those that can add most.
fn parts(sum: &Sum, number: usize) -> Vec<Part<'_>> {
    let part = |finds: bool| {
        move |plan| Part {
            plan,
            finds,
            most: plan.most(),
            reads: plan.reads(number),
        }
    };
    let wanted = sum.wanted.iter().map(part(true));
    let mut parts: Vec<Part<'_>> = wanted.chain(sum.adding.iter().map(part(false))).collect();
    parts.sort_by(|a, b| b.finds.cmp(&a.finds).then(b.most.total_cmp(&a.most)));
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushlight_core::{
        Generation, IndexedDocument, KeywordHit, KeywordIndex, Principal, Query, SearchFilter,
    };

    use super::*;
    use crate::compile::compile;
    use crate::testing;
    use crate::top::{Order, Top};
    use crate::{KeywordOptions, TantivyIndex};

    const CHUNKS: u32 = 1_500;
    const WORDS: u32 = 200;

    /// Words as often as words are, from numbers that are always the same.
    fn text(number: u32) -> String {
        let mut state = number.wrapping_mul(2_654_435_761).wrapping_add(1);
        let mut even = move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            f64::from(state) / f64::from(u32::MAX)
        };
        let length = 5 + (even() * 60.0) as usize;
        let words = (0..length).map(|_| word(f64::from(WORDS).powf(even()) as u32));
        words.collect::<Vec<_>>().join(" ")
    }

    fn word(rank: u32) -> String {
        match rank % 3 {
            0 => format!("合{}約", char::from_u32(0x4e00 + rank).unwrap_or('字')),
            _ => format!("word{rank}s"),
        }
    }

    fn document(number: u32) -> IndexedDocument {
        let mut document = testing::document(number, &format!("user:{}", number % 3), text(number));
        document.chunks[0].repeated = number.is_multiple_of(5);
        document
    }

    fn best(plan: &Plan, view: &View<'_>, limit: usize, chosen: bool) -> (Vec<KeywordHit>, u64) {
        let mut leaders = Leaders {
            short: 0,
            ..Leaders::new(limit)
        };
        let mut top = Top::new(limit, Order::BestFirst);
        let mut looked_at = 0;
        for (number, segment) in view.segments.iter().enumerate() {
            let mut scores = vec![0.0; segment.mask.len() as usize];
            let rows = match chosen {
                true => leaders.run(plan, view, number, &mut scores),
                false => plan.run(view, number, &segment.mask, Some(&mut scores)),
            };
            let rows = rows.expect("runs");
            looked_at += rows.count();
            top.take(segment.reader, &rows, &scores).expect("takes");
        }
        (top.into_hits(), looked_at)
    }

    #[test]
    fn the_best_are_the_same_to_the_bit() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = TantivyIndex::open(folder.path(), KeywordOptions::default()).expect("opens");
        for first in (0..CHUNKS).step_by(500) {
            let documents: Vec<_> = (first..first + 500).map(document).collect();
            index.apply(&documents, &[]).expect("applies");
            index.commit(Generation(i64::from(first))).expect("commits");
        }
        let fewer = std::cell::Cell::new(0);
        let ranks = prop::collection::vec(1..WORDS, 1..12);
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let outcome = runner.run(&(ranks, 1_usize..40, 0..4_usize), |(ranks, limit, asker)| {
            let words: Vec<String> = ranks.into_iter().map(word).collect();
            let filter = SearchFilter {
                principals: (0..=asker)
                    .map(|number| Principal(format!("user:{number}")))
                    .collect(),
                ..SearchFilter::default()
            };
            let same = index.read("cannot search", &filter, |view| {
                let plan = compile(&Query::plain(words.join(" ")), view)?
                    .plan
                    .expect("words");
                let (all, every) = best(&plan, view, limit, false);
                let (leading, some) = best(&plan, view, limit, true);
                Ok((all == leading, some < every))
            });
            let (same, chose) = same.expect("searches");
            prop_assert!(same, "{words:?}, the best {limit}");
            fewer.set(fewer.get() + u32::from(chose));
            Ok(())
        });
        outcome.expect("the same hits with the same scores");
        assert!(
            fewer.get() > 50,
            "rows were left out in {} of 256 searches",
            fewer.get()
        );
    }
}
