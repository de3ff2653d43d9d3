//! Coordinate ascent on the measure itself: one number at a time is moved by a step while that raises the mean nDCG@10 of the
//! sets, then steps are halved. There are a dozen numbers and thousands of queries; coarse last steps keep them from following
//! single queries.

use std::fmt;

use rushlight_retrieval::weight::{Evidence, TitleModel, WeightModel};

use crate::sets::{Candidate, Case};

/// Halvings of the first steps, and passes over all numbers with each.
const HALVINGS: u32 = 3;
const PASSES: usize = 3;
/// First steps of an effect and of a share.
const STEP: f32 = 0.4;
const SHARE_STEP: f32 = 0.12;
/// A gain that is none.
const TIE: f64 = 1e-6;

/// The numbers of `weight.rs`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    model: WeightModel,
    evidence: Evidence,
    title: TitleModel,
    /// Whether texts are read.
    read: bool,
}

/// Cases of one set.
pub(crate) type Cases<'a> = Vec<&'a Case>;

impl Numbers {
    /// A start without knowledge, for the score by word alone.
    pub(crate) fn unread() -> Self {
        Self {
            model: WeightModel {
                base: 0.0,
                margin: 0.0,
                literal: -0.5,
                brief: 0.0,
                pairs: 0.0,
                script_mismatch: 0.0,
            },
            evidence: Evidence {
                score: 1.0,
                covered: 0.0,
                near: 0.0,
                run: 0.0,
            },
            title: TitleModel {
                base: 0.0,
                brief: 0.0,
                script_mismatch: 0.0,
            },
            read: false,
        }
    }

    /// The same for texts that are read.
    pub(crate) fn read() -> Self {
        Self {
            evidence: Evidence {
                score: 0.25,
                covered: 0.25,
                near: 0.25,
                run: 0.25,
            },
            read: true,
            ..Self::unread()
        }
    }

    pub(crate) fn ranking(&self, case: &Case) -> Vec<usize> {
        let weight = self.model.choose(&case.features).semantic;
        let title = self.title.of(&case.features);
        case.ranking(|one: &Candidate| {
            let words = self.evidence.of(one.keyword, Some(one.coverage));
            let meaning = (1.0 - title) * one.semantic + title * one.title;
            weight * meaning + (1.0 - weight) * words
        })
    }

    /// The mean over sets, so that each has the same say however many queries it has.
    fn measure(&self, sets: &[Cases<'_>]) -> f64 {
        let mean = |cases: &Cases<'_>| {
            let sum: f64 = cases.iter().map(|case| case.ndcg(&self.ranking(case))).sum();
            sum / cases.len().max(1) as f64
        };
        sets.iter().map(mean).sum::<f64>() / sets.len().max(1) as f64
    }

    /// Every neighbour at this fraction of the first steps that makes sense: effects of features keep the sign that can be
    /// explained, shares stay above zero and sum to one.
    fn neighbours(self, fraction: f32) -> Vec<Self> {
        let mut neighbours = Vec::new();
        for sign in [1.0, -1.0] {
            let step = sign * STEP * fraction;
            let WeightModel {
                base,
                margin,
                brief,
                pairs,
                script_mismatch,
                ..
            } = self.model;
            let at = |model| Self { model, ..self };
            neighbours.push(at(WeightModel {
                base: base + step,
                ..self.model
            }));
            neighbours.push(at(WeightModel {
                margin: (margin + step).min(0.0),
                ..self.model
            }));
            neighbours.push(at(WeightModel {
                brief: (brief + step).max(0.0),
                ..self.model
            }));
            neighbours.push(at(WeightModel {
                pairs: (pairs + step).min(0.0),
                ..self.model
            }));
            let script_mismatch = (script_mismatch + step).max(0.0);
            neighbours.push(at(WeightModel {
                script_mismatch,
                ..self.model
            }));
            let titled = |title| Self { title, ..self };
            let share = sign * SHARE_STEP * fraction;
            let TitleModel {
                base,
                brief,
                script_mismatch,
            } = self.title;
            neighbours.push(titled(TitleModel {
                base: (base + share).max(0.0),
                ..self.title
            }));
            neighbours.push(titled(TitleModel {
                brief: (brief + 2.0 * share).max(0.0),
                ..self.title
            }));
            neighbours.push(titled(TitleModel {
                script_mismatch: (script_mismatch + 2.0 * share).max(0.0),
                ..self.title
            }));
            if self.read {
                neighbours.extend((0..4).map(|share| self.shifted(share, sign * SHARE_STEP * fraction)));
            }
        }
        neighbours
    }

    fn shifted(self, share: usize, step: f32) -> Self {
        let Evidence {
            score,
            covered,
            near,
            run,
        } = self.evidence;
        let mut shares = [score, covered, near, run];
        shares[share] = (shares[share] + step).max(0.0);
        let all: f32 = shares.iter().sum();
        let [score, covered, near, run] = shares.map(|share| share / all);
        Self {
            evidence: Evidence {
                score,
                covered,
                near,
                run,
            },
            ..self
        }
    }
}

/// Learns the numbers from sets.
pub(crate) fn learn(sets: &[Cases<'_>], start: Numbers) -> Numbers {
    let mut best = start;
    let mut reached = best.measure(sets);
    for halving in 0..=HALVINGS {
        let fraction = 0.5f32.powi(halving as i32);
        for _ in 0..PASSES {
            let before = reached;
            for direction in 0..best.neighbours(fraction).len() {
                let neighbour = best.neighbours(fraction)[direction];
                let measured = neighbour.measure(sets);
                if measured > reached + TIE {
                    (best, reached) = (neighbour, measured);
                }
            }
            if reached <= before {
                break;
            }
        }
    }
    best
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "    {:?}\n    {:?}\n    {:?}",
            self.model, self.evidence, self.title
        )
    }
}
