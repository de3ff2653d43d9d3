//! Gradient descent on the listwise cross entropy: the share of the odds that the right candidates get together, since one
//! passage of the right document is enough.

use std::fmt;

use rushlight_retrieval::QueryFeatures;
use rushlight_retrieval::weight::READ_TEXTS;

use crate::sets::{Candidate, Case};

/// A case to learn from: one with a right candidate.
pub(crate) struct Example<'a>(pub(crate) &'a Case);

/// Numbers of the model.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// Base, margin, rarity, script mismatch; `literal` is not learnt.
    logit: [f32; 4],
    /// Logarithms of the shares of score, covered, near and run.
    shares: [f32; 4],
    /// Logarithm of how sharp the odds are.
    sharpness: f32,
    /// Which numbers are learnt, in the order of [`Model::numbers`].
    free: [bool; 9],
}

/// Whether a feature may only raise (1) or only lower (-1) the weight of meaning: what can be explained.
const SIGNS: [f32; 4] = [0.0, -1.0, -1.0, 1.0];
/// Keeps effects small that change little.
const SHRINK: f32 = 3e-4;
const STEPS: i32 = 600;
const STEP: f32 = 0.03;

impl Model {
    pub(crate) fn unread() -> Self {
        Self {
            logit: [0.0; 4],
            shares: [0.0, -9.0, -9.0, -9.0],
            sharpness: 15f32.ln(),
            free: [true, true, true, false, false, false, false, false, true],
        }
    }

    pub(crate) fn read() -> Self {
        Self {
            shares: [0.0; 4],
            free: [true, true, true, false, true, true, true, true, true],
            ..Self::unread()
        }
    }

    /// With the effect of the script alone to be learnt.
    fn script_only(self) -> Self {
        let mut free = [false; 9];
        free[3] = true;
        Self { free, ..self }
    }

    pub(crate) fn score(&self, features: &QueryFeatures, one: &Candidate) -> f32 {
        let weight = self.weight(features);
        weight * one.semantic + (1.0 - weight) * dot(&self.evidence(), &evidence_of(one))
    }

    fn weight(&self, features: &QueryFeatures) -> f32 {
        let logit = dot(&self.logit, &inputs(features)) + READ_TEXTS.literal * features.literal;
        1.0 / (1.0 + (-logit).exp())
    }

    fn evidence(&self) -> [f32; 4] {
        let shares = self.shares.map(f32::exp);
        let all: f32 = shares.iter().sum();
        shares.map(|share| share / all)
    }

    fn numbers(&self) -> [f32; 9] {
        let mut numbers = [0.0; 9];
        numbers[..4].copy_from_slice(&self.logit);
        numbers[4..8].copy_from_slice(&self.shares);
        numbers[8] = self.sharpness;
        numbers
    }

    fn set(&mut self, numbers: &[f32; 9]) {
        for (at, sign) in SIGNS.iter().enumerate() {
            let number = numbers[at];
            self.logit[at] = if number * sign < 0.0 { 0.0 } else { number };
        }
        self.shares.copy_from_slice(&numbers[4..8]);
        self.sharpness = numbers[8];
    }

    /// The gradient of the loss by each number.
    fn gradient(&self, examples: &[(f32, Example<'_>)]) -> [f32; 9] {
        let mut gradient = [0.0; 9];
        let shares = self.evidence();
        let sharpness = self.sharpness.exp();
        let all: f32 = examples.iter().map(|(say, _)| say).sum();
        for (say, Example(case)) in examples {
            let weight = self.weight(&case.features);
            let scores: Vec<f32> = case
                .candidates
                .iter()
                .map(|one| weight * one.semantic + (1.0 - weight) * dot(&shares, &evidence_of(one)))
                .collect();
            let best = scores
                .iter()
                .fold(f32::NEG_INFINITY, |best, score| best.max(*score));
            let odds: Vec<f32> = scores
                .iter()
                .map(|score| (sharpness * (score - best)).exp())
                .collect();
            let sum: f32 = odds.iter().sum();
            let right: f32 = case
                .candidates
                .iter()
                .zip(&odds)
                .map(|(one, odds)| if one.right { *odds } else { 0.0 })
                .sum();
            let mut by_weight = 0.0;
            let mut by_share = [0.0; 4];
            for ((one, score), odds) in case.candidates.iter().zip(&scores).zip(&odds) {
                let wanted = if one.right && right > 0.0 {
                    odds / right
                } else {
                    0.0
                };
                let pull = say / all * (odds / sum - wanted);
                let evidence = evidence_of(one);
                by_weight += pull * (one.semantic - dot(&shares, &evidence));
                for (sum, part) in by_share.iter_mut().zip(evidence) {
                    *sum += pull * part;
                }
                gradient[8] += pull * sharpness * score;
            }
            let slope = sharpness * weight * (1.0 - weight) * by_weight;
            for (sum, input) in gradient.iter_mut().zip(inputs(&case.features)) {
                *sum += slope * input;
            }
            let mean = dot(&shares, &by_share);
            for (at, share) in shares.iter().enumerate() {
                gradient[4 + at] += sharpness * (1.0 - weight) * share * (by_share[at] - mean);
            }
        }
        for (sum, number) in gradient[1..4].iter_mut().zip(&self.logit[1..]) {
            *sum += 2.0 * SHRINK * number;
        }
        gradient
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [base, margin, rarity, script_mismatch] = self.logit;
        let [score, covered, near, run] = self.evidence();
        write!(
            f,
            "    base {base:.3}, margin {margin:.3}, rarity {rarity:.3}, script_mismatch {script_mismatch:.3}; \
             score {score:.3}, covered {covered:.3}, near {near:.3}, run {run:.3}"
        )
    }
}

/// Learns all from queries in the language of what they seek, then the effect of another script from those that are not:
/// where words cannot match, what they say must not be learnt from.
pub(crate) fn learn(same: &[(f32, Example<'_>)], other: &[(f32, Example<'_>)], start: Model) -> Model {
    let model = fit(same, start);
    fit(other, model.script_only())
}

/// Adam (D. Kingma, J. Ba, 2015) over all examples at once.
fn fit(examples: &[(f32, Example<'_>)], mut model: Model) -> Model {
    if examples.is_empty() {
        return model;
    }
    let (mut first, mut second) = ([0f32; 9], [0f32; 9]);
    for step in 1..=STEPS {
        let gradient = model.gradient(examples);
        let mut numbers = model.numbers();
        for at in (0..numbers.len()).filter(|at| model.free[*at]) {
            first[at] = 0.9 * first[at] + 0.1 * gradient[at];
            second[at] = 0.999 * second[at] + 0.001 * gradient[at] * gradient[at];
            let mean = first[at] / (1.0 - 0.9f32.powi(step));
            let spread = second[at] / (1.0 - 0.999f32.powi(step));
            numbers[at] -= STEP * mean / (spread.sqrt() + 1e-8);
        }
        model.set(&numbers);
    }
    model
}

fn inputs(features: &QueryFeatures) -> [f32; 4] {
    [1.0, features.margin, features.rarity, features.script_mismatch]
}

fn evidence_of(one: &Candidate) -> [f32; 4] {
    [
        one.keyword,
        one.coverage.covered,
        one.coverage.near,
        one.coverage.run,
    ]
}

fn dot(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
