//! Two runs of one set beside each other.

use std::fmt;

use rushlight_core::{Error, ErrorCode, Result};
use serde::Serialize;

use crate::interval::Mean;
use crate::run::{Asked, Leg, Run};
use crate::table::{LISTED, rank_word, short, write_more};

/// What became of a set from one run to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Name of the set.
    pub set: String,
    /// Queries asked.
    pub queries: usize,
    /// Embedding models of the old run and of the new one.
    pub embedding_models: [String; 2],
    /// How the intervals are computed.
    pub interval: String,
    /// The legs that both runs asked.
    pub legs: Vec<LegDifference>,
    /// Whose rankings the changes below are: the fusion's, where there is one.
    pub by: Leg,
    /// Queries whose first right result came nearer to the top, those that changed most first.
    pub better: Vec<Change>,
    /// Queries whose first right result fell.
    pub worse: Vec<Change>,
}

/// What became of one leg.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LegDifference {
    /// The leg of the old run.
    pub old: Leg,
    /// That of the new one; of a fusion the weight may be another.
    pub new: Leg,
    /// Its measures.
    pub measures: Vec<MeasureDifference>,
}

/// What became of one measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureDifference {
    /// Its name.
    pub measure: &'static str,
    /// The mean of before.
    pub old: f64,
    /// The mean of now.
    pub new: f64,
    /// New less old, query by query.
    pub difference: Mean,
}

/// A query whose first right result has another rank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its id.
    pub id: String,
    /// The question or words.
    pub text: String,
    /// The rank of before, from one; `None` when nothing right was found.
    pub old: Option<usize>,
    /// The rank of now.
    pub new: Option<usize>,
}

impl Change {
    /// What was gained of a reciprocal rank; below zero for a loss.
    fn gain(&self) -> f64 {
        let worth = |rank: Option<usize>| rank.map_or(0.0, |rank| 1.0 / rank as f64);
        worth(self.new) - worth(self.old)
    }
}

/// Compares two runs of one set.
///
/// # Errors
/// `InvalidRequest`, with the reason, for runs of different sets or without a leg in common.
pub fn compare(old: &Run, new: &Run) -> Result<Comparison> {
    same_questions(old, new)?;
    let pairs = pairs_of_legs(old, new);
    let Some((by_old, by_new)) = pairs
        .iter()
        .rfind(|(index, _)| old.legs[*index].leg.is_served())
        .or(pairs.first())
        .copied()
    else {
        return refuse("they have no leg in common".to_owned());
    };
    let mut better = Vec::new();
    let mut worse = Vec::new();
    let ranks = old.rankings(by_old).zip(new.rankings(by_new));
    for (asked, (before, after)) in old.questions.iter().zip(ranks) {
        let change = Change {
            id: asked.id.clone(),
            text: asked.text.clone(),
            old: before.first_right,
            new: after.first_right,
        };
        match change.gain() {
            gain if gain > 0.0 => better.push(change),
            gain if gain < 0.0 => worse.push(change),
            _ => {}
        }
    }
    better.sort_by(|a, b| b.gain().total_cmp(&a.gain()));
    worse.sort_by(|a, b| a.gain().total_cmp(&b.gain()));
    Ok(Comparison {
        set: new.set.clone(),
        queries: new.questions.len(),
        embedding_models: [old.embedding_model.clone(), new.embedding_model.clone()],
        interval: new.interval.replace("percentile", "paired percentile"),
        legs: pairs
            .iter()
            .map(|(o, n)| leg_difference(old, *o, new, *n))
            .collect(),
        by: new.legs[by_new].leg,
        better,
        worse,
    })
}

fn refuse<T>(why: String) -> Result<T> {
    Err(Error::new(
        ErrorCode::InvalidRequest,
        format!("the runs cannot be compared: {why}"),
    )
    .with_hint("compare two runs of the same set; run the old set again if it has changed"))
}

/// Query by query: the same id, text and right places in the same order.
fn same_questions(old: &Run, new: &Run) -> Result<()> {
    if old.set != new.set || old.queries_file != new.queries_file {
        let name = |run: &Run| match run.queries_file.as_str() {
            "" => format!("`{}`", run.set),
            file => format!("`{}, {file}`", run.set),
        };
        return refuse(format!("one is of {}, the other of {}", name(old), name(new)));
    }
    for (before, after) in old.questions.iter().zip(&new.questions) {
        if before.id != after.id {
            return refuse(format!(
                "where the old one asks `{}`, the new one asks `{}`",
                before.id, after.id
            ));
        }
        let Asked {
            id,
            text,
            right,
            rankings: _,
        } = before;
        if *text != after.text {
            return refuse(format!("`{id}` has another text"));
        }
        if *right != after.right {
            return refuse(format!("other results are right for `{id}`"));
        }
    }
    if old.questions.len() != new.questions.len() {
        return refuse(format!(
            "the old one has {} queries, the new one {}",
            old.questions.len(),
            new.questions.len()
        ));
    }
    Ok(())
}

/// Indices of legs of the old run and of the new one that are the same, or that are the only fusion of both.
fn pairs_of_legs(old: &Run, new: &Run) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (index, leg) in old.legs.iter().enumerate() {
        if let Some(same) = new.legs.iter().position(|other| other.leg == leg.leg) {
            pairs.push((index, same));
        }
    }
    let served = |run: &Run| -> Vec<usize> {
        (0..run.legs.len())
            .filter(|index| run.legs[*index].leg.is_served())
            .collect()
    };
    if let ([one], [other]) = (&served(old)[..], &served(new)[..])
        && !pairs.contains(&(*one, *other))
    {
        pairs.push((*one, *other));
    }
    pairs.sort_unstable();
    pairs
}

fn leg_difference(old: &Run, old_leg: usize, new: &Run, new_leg: usize) -> LegDifference {
    let measure = |index: usize| {
        let differences: Vec<f64> = old
            .rankings(old_leg)
            .zip(new.rankings(new_leg))
            .map(|(before, after)| after.values.named()[index].1 - before.values.named()[index].1)
            // What a kept run lost in its last digit is no difference.
            .map(|difference| if difference.abs() < 1e-9 { 0.0 } else { difference })
            .collect();
        let (name, before) = old.legs[old_leg].named()[index];
        MeasureDifference {
            measure: name,
            old: before.mean,
            new: new.legs[new_leg].named()[index].1.mean,
            difference: Mean::of_differences(&differences),
        }
    };
    LegDifference {
        old: old.legs[old_leg].leg,
        new: new.legs[new_leg].leg,
        measures: (0..4).map(measure).collect(),
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} queries", self.set, self.queries)?;
        let [before, now] = &self.embedding_models;
        if before != now {
            writeln!(f, "embedded with {before}, now with {now}")?;
        }
        writeln!(
            f,
            "means and their difference [{}]; * leaves out zero",
            self.interval
        )?;
        for LegDifference { old, new, measures } in &self.legs {
            writeln!(f)?;
            let name = match old == new {
                true => old.to_string(),
                false => format!("{old} → {new}"),
            };
            let wide = name.chars().count().max(11);
            writeln!(f, "{name:<wide$}  old    new    difference")?;
            for MeasureDifference {
                measure,
                old,
                new,
                difference,
            } in measures
            {
                let mark = if difference.leaves_out_zero() { " *" } else { "" };
                writeln!(
                    f,
                    "{:<wide$}  {old:.3}  {new:.3}  {}{mark}",
                    format!("  {measure}"),
                    difference.signed()
                )?;
            }
        }
        for (word, changes) in [("better", &self.better), ("worse", &self.worse)] {
            writeln!(f)?;
            writeln!(f, "{word}, {}: {}", self.by, changes.len())?;
            for change in changes.iter().take(LISTED) {
                let (old, new) = (rank_word(change.old), rank_word(change.new));
                writeln!(f, "  {old:>4} → {new:<4} {}", short(&change.text))?;
            }
            write_more(f, changes.len())?;
        }
        writeln!(
            f,
            "\nas before: {}",
            self.queries - self.better.len() - self.worse.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::measure::Values;
    use crate::run::{About, Ranking};

    /// A run whose right documents stand at these ranks, by word and fused.
    fn run(leg: Leg, ranks: &[Option<usize>]) -> Run {
        let texts = [
            "how hot is green tea",
            "烏龍茶用幾度的水沖泡才好喝",
            "who has the key",
            "grind the beans",
        ];
        let grades = BTreeMap::from([(0, 1)]);
        let ranking = |leg: Leg, rank: Option<usize>| {
            let documents: Vec<usize> = (1..=30)
                .map(|place| if Some(place) == rank { 0 } else { place })
                .collect();
            Ranking {
                leg,
                values: Values::of(&documents, &grades),
                first_right: rank,
                ranking: Vec::new(),
            }
        };
        let asked = |(index, rank): (usize, &Option<usize>)| Asked {
            id: format!("q{index}"),
            text: texts[index % 4].to_owned(),
            right: BTreeMap::from([("tea.md".to_owned(), 1)]),
            rankings: vec![ranking(Leg::Keyword, Some(2)), ranking(leg, *rank)],
        };
        let about = About {
            set: "tea".to_owned(),
            embedding_model: "hash-64".to_owned(),
            ..About::default()
        };
        let legs = [Leg::Keyword, leg];
        Run::new(about, &legs, ranks.iter().enumerate().map(asked).collect())
    }

    fn check_refused(new: &Run, expected: Expect) {
        let old = run(Leg::Fused, &[Some(1), Some(2)]);
        let error = compare(&old, new).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
        expected.assert_eq(&error.chain());
    }

    #[test]
    fn people_see_what_got_better_and_worse() {
        let old = run(Leg::Hybrid { weight: 0.5 }, &[Some(4), None, Some(1), Some(3)]);
        let new = run(Leg::Hybrid { weight: 0.6 }, &[Some(1), Some(7), Some(2), Some(3)]);
        let found = compare(&old, &new).expect("one set");
        expect![[r#"
            tea: 4 queries
            means and their difference [95 % interval: paired percentile bootstrap over queries, 1,000 resamples]; * leaves out zero

            keyword      old    new    difference
              nDCG@10    0.631  0.631  +0.000 [+0.000, +0.000]
              recall@5   1.000  1.000  +0.000 [+0.000, +0.000]
              recall@20  1.000  1.000  +0.000 [+0.000, +0.000]
              MRR@10     0.500  0.500  +0.000 [+0.000, +0.000]

            hybrid 0.50 → hybrid 0.60  old    new    difference
              nDCG@10                  0.483  0.616  +0.133 [-0.193, +0.451]
              recall@5                 0.750  0.750  +0.000 [+0.000, +0.000]
              recall@20                0.750  1.000  +0.250 [+0.000, +0.750]
              MRR@10                   0.396  0.494  +0.098 [-0.339, +0.563]

            better, hybrid 0.60: 2
                 4 → 1    how hot is green tea
                 – → 7    烏龍茶用幾度的水沖泡才好喝

            worse, hybrid 0.60: 1
                 1 → 2    who has the key

            as before: 1
        "#]].assert_eq(&found.to_string());
        let json = serde_json::to_value(&found).expect("serialises");
        assert_eq!(json["better"][0]["old"], 4);
        assert_eq!(json["better"][1]["old"], serde_json::Value::Null);
        assert_eq!(json["legs"][1]["measures"][3]["measure"], "MRR@10");
    }

    #[test]
    fn a_run_is_as_good_as_itself_after_it_was_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.json");
        let now = run(Leg::Fused, &[Some(3), Some(7), Some(9), None]);
        now.save(&path).expect("is kept");
        let kept = Run::load(&path).expect("is read");
        let found = compare(&kept, &now).expect("one set");
        assert!(found.better.is_empty() && found.worse.is_empty());
        for measure in found.legs.iter().flat_map(|leg| &leg.measures) {
            assert!(!measure.difference.leaves_out_zero(), "{measure:?}");
        }
    }

    #[test]
    fn many_changes_are_listed_in_part() {
        let many = |rank: usize| run(Leg::Fused, &[Some(rank); 14]);
        let found = compare(&many(2), &many(1)).expect("one set");
        assert_eq!(found.better.len(), 14);
        let shown = found.to_string();
        assert_eq!(shown.matches("2 → 1").count(), LISTED);
        assert!(shown.contains("  and 4 more\n"), "{shown}");
    }

    #[test]
    fn different_sets_are_refused_with_the_reason() {
        let same = || run(Leg::Fused, &[Some(1), Some(2)]);
        let mut other = same();
        other.set = "coffee".to_owned();
        check_refused(
            &other,
            expect!["the runs cannot be compared: one is of `tea`, the other of `coffee`"],
        );
        let mut other = same();
        other.queries_file = "queries.jsonl".to_owned();
        check_refused(
            &other,
            expect!["the runs cannot be compared: one is of `tea`, the other of `tea, queries.jsonl`"],
        );
        let mut other = same();
        other.questions[1].id = "q7".to_owned();
        check_refused(
            &other,
            expect!["the runs cannot be compared: where the old one asks `q1`, the new one asks `q7`"],
        );
        let mut other = same();
        other.questions[1].text = "else".to_owned();
        check_refused(
            &other,
            expect!["the runs cannot be compared: `q1` has another text"],
        );
        let mut other = same();
        other.questions[0].right.clear();
        check_refused(
            &other,
            expect!["the runs cannot be compared: other results are right for `q0`"],
        );
        check_refused(
            &run(Leg::Fused, &[Some(1)]),
            expect!["the runs cannot be compared: the old one has 2 queries, the new one 1"],
        );
        let mut other = same();
        other.legs = vec![other.legs[1]];
        other.legs[0].leg = Leg::Rrf { k: 60 };
        check_refused(
            &other,
            expect!["the runs cannot be compared: they have no leg in common"],
        );
    }

    #[test]
    fn what_is_no_run_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.json");
        let load = || Run::load(&path).expect_err("refused");
        assert_eq!(load().code(), ErrorCode::PathNotFound);
        std::fs::write(&path, "{}").expect("written");
        assert_eq!(load().code(), ErrorCode::FileBroken);
        let mut newer = run(Leg::Fused, &[Some(1)]);
        newer.format = 9;
        newer.save(&path).expect("written");
        assert!(load().message().contains("format 9"), "{}", load().message());
        let mut torn = run(Leg::Fused, &[Some(1)]);
        torn.questions[0].rankings.pop();
        torn.save(&path).expect("written");
        assert!(load().message().contains("every leg"), "{}", load().message());
    }
}
