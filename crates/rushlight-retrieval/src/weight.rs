//! How much meaning weighs against words, chosen for each query, and of what the evidence of words is made.
//!
//! # Where the numbers come from
//!
//! They were learnt on 2026-11-30 by coordinate ascent on what `rushlight eval` measures, over the candidates that it had for
//! scifact's split `validation`, drcd-dev, cmrc2018-trial in both scripts, 1,500 questions of squad20 among distractors, and
//! titles of notes-plurality that are sought in the other language, with multilingual-e5-small-int8: towards the aims of
//! docs/benchmarks.md, the same numbers for all sets. What these sets measure is therefore in-sample. `examples/learn_fusion`
//! learns such numbers again, with whole sets and with documents left out, and tells what each set loses.
//!
//! Set by hand, the first with wordings of the dictionary: `brief` of [`READ_TEXTS`], and what [`QueryFeatures::together`] takes from it and from
//! `script_mismatch`. Brief queries stand in the set across languages alone, where words find little; learnt there,
//! meaning outranked the one note that has the word that was typed. `literal` is a decision, for the sets quote nothing and hold few
//! identifiers.
//!
//! Tried on the same candidates, and of no use that held on more than one set: the number of a query's terms, the share of
//! its words that the collection has, how far the two legs agree, ranks beside scores, meaning without the background of its
//! script, a query moved towards its nearest passages, and coverage by pairs, of longer stretches, or with the title's words in each.

use crate::coverage::Coverage;
use crate::features::QueryFeatures;

/// The logit of the semantic weight: a sum over features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightModel {
    /// Without any feature.
    pub base: f32,
    /// For [`QueryFeatures::margin`].
    pub margin: f32,
    /// For [`QueryFeatures::literal`].
    pub literal: f32,
    /// For [`QueryFeatures::brief`].
    pub brief: f32,
    /// For [`QueryFeatures::pairs`].
    pub pairs: f32,
    /// For [`QueryFeatures::script_mismatch`].
    pub script_mismatch: f32,
}

/// Shares of the evidence of words, summing to one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The score by word over the best of the query.
    pub score: f32,
    /// [`Coverage::covered`].
    pub covered: f32,
    /// [`Coverage::near`].
    pub near: f32,
    /// [`Coverage::run`].
    pub run: f32,
}

/// Before texts are read: the score by word is all the evidence.
pub const UNREAD: WeightModel = WeightModel {
    base: 1.3,
    margin: -1.8,
    literal: -0.5,
    brief: 0.0,
    pairs: 0.0,
    script_mismatch: 2.6,
};

/// Once texts are read.
pub const READ_TEXTS: WeightModel = WeightModel {
    base: 0.0,
    margin: -1.1,
    literal: -0.5,
    brief: 2.0,
    pairs: -0.8,
    script_mismatch: 2.6,
};

/// Once texts are read.
pub const EVIDENCE: Evidence = Evidence {
    score: 0.157,
    covered: 0.35,
    near: 0.231,
    run: 0.262,
};

/// The share of meaning that is the title's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TitleModel {
    /// Without any feature.
    pub base: f32,
    /// What is added for a query as short as a title.
    pub brief: f32,
    /// What is added where all the best by meaning are written in another script: a title says in few words what it is about,
    /// and words cannot find it there.
    pub script_mismatch: f32,
}

/// Where titles were asked.
pub const TITLE: TitleModel = TitleModel {
    base: 0.085,
    brief: 0.46,
    script_mismatch: 0.23,
};

/// Neither leg is ever left out: the weight stays between this and one less this.
const LEAST: f32 = 0.1;

/// A weight and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenWeight {
    /// The weight of meaning, 0 to 1; one less it is the weight of words.
    pub semantic: f32,
    /// Whether it was asked for, or one leg did not answer, so that no feature took part.
    pub fixed: bool,
    /// What took part.
    pub reasons: Vec<Reason>,
}

/// What one feature did to the weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// The feature's name, as a field of [`QueryFeatures`].
    pub feature: &'static str,
    /// Its value.
    pub value: f32,
    /// What it adds to the semantic weight, against the same query without it.
    pub effect: f32,
}

impl WeightModel {
    /// The weight for a query, between 0.1 and 0.9.
    pub fn choose(&self, features: &QueryFeatures) -> ChosenWeight {
        let QueryFeatures {
            margin,
            literal,
            brief,
            pairs,
            script_mismatch,
            together,
        } = *features;
        // Where the texts are of another script, the few words that both have (a name, a sign) stand out and decide nothing.
        let [margin, pairs] = [margin, pairs].map(|value| value * (1.0 - script_mismatch));
        // Where a text has all of the query it was found by its words, however few they are and whatever else is there.
        let brief = brief * (1.0 - together);
        let script_mismatch = script_mismatch * (1.0 - 0.5 * together);
        let parts = [
            ("margin", margin, self.margin),
            ("literal", literal, self.literal),
            ("brief", brief, self.brief),
            ("pairs", pairs, self.pairs),
            ("script_mismatch", script_mismatch, self.script_mismatch),
        ];
        let logit = self.base + parts.iter().map(|(_, value, slope)| value * slope).sum::<f32>();
        let semantic = weight(logit);
        let reasons = parts
            .into_iter()
            .map(|(feature, value, slope)| Reason {
                feature,
                value,
                effect: semantic - weight(logit - value * slope),
            })
            .collect();
        ChosenWeight {
            semantic,
            fixed: false,
            reasons,
        }
    }
}

impl ChosenWeight {
    /// A weight that was asked for.
    pub fn fixed(semantic: f32) -> Self {
        Self {
            semantic: semantic.clamp(0.0, 1.0),
            fixed: true,
            reasons: Vec::new(),
        }
    }
}

impl TitleModel {
    /// The share for a query, between 0 and 1.
    pub fn of(&self, features: &QueryFeatures) -> f32 {
        let share = self.base + self.brief * features.brief + self.script_mismatch * features.script_mismatch;
        share.clamp(0.0, 1.0)
    }
}

impl Evidence {
    /// The evidence of words, 0 to 1. Without coverage the score by word is all there is.
    pub fn of(&self, score: f32, coverage: Option<Coverage>) -> f32 {
        let Self {
            score: by_score,
            covered,
            near,
            run,
        } = *self;
        match coverage {
            None => by_score * score,
            Some(found) => by_score * score + covered * found.covered + near * found.near + run * found.run,
        }
    }
}

fn weight(logit: f32) -> f32 {
    (1.0 / (1.0 + (-logit).exp())).clamp(LEAST, 1.0 - LEAST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_that_is_there_outweighs_what_is_near_in_meaning_among_texts_of_another_script() {
        let word = QueryFeatures {
            margin: 1.0,
            brief: 1.0,
            script_mismatch: 0.4,
            together: 1.0,
            ..QueryFeatures::default()
        };
        assert!(READ_TEXTS.choose(&word).semantic < 0.5);
        let nowhere = QueryFeatures {
            together: 0.0,
            ..word
        };
        assert!(READ_TEXTS.choose(&nowhere).semantic > 0.5);
    }

    #[test]
    fn the_evidence_sums_to_one() {
        let Evidence {
            score,
            covered,
            near,
            run,
        } = EVIDENCE;
        assert!((score + covered + near + run - 1.0).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn features_move_the_weight_the_way_that_can_be_explained(
            margin in 0f32..=1.0, literal in 0f32..=1.0, brief in 0f32..=1.0, pairs in 0f32..=1.0,
            script_mismatch in 0f32..=1.0, together in 0f32..=1.0,
        ) {
            let features = QueryFeatures { margin, literal, brief, pairs, script_mismatch, together };
            for model in [UNREAD, READ_TEXTS] {
                let chosen = model.choose(&features);
                prop_assert!((LEAST..=1.0 - LEAST).contains(&chosen.semantic));
                let with = |features: QueryFeatures| model.choose(&features).semantic;
                let moved = with(QueryFeatures { margin: 1.0, ..features });
                prop_assert!(moved <= chosen.semantic);
                let moved = with(QueryFeatures { literal: 1.0, ..features });
                prop_assert!(moved <= chosen.semantic);
                let moved = with(QueryFeatures { pairs: 1.0, ..features });
                prop_assert!(moved <= chosen.semantic);
                let moved = with(QueryFeatures { together: 1.0, ..features });
                prop_assert!(moved <= chosen.semantic);
                let moved = with(QueryFeatures { brief: 1.0, ..features });
                prop_assert!(moved >= chosen.semantic);
                let moved = with(QueryFeatures { script_mismatch: 1.0, ..features });
                prop_assert!(moved >= chosen.semantic);
            }
        }
    }
}
