//! Which token comes next.

use std::collections::{BTreeSet, VecDeque};

use rushlight_core::{Error, ErrorCode, GenerationParams, Result};

/// Tokens whose scores are lowered when they would be written again.
const REPEATS: usize = 64;

/// Chooses tokens by the parameters of one generation.
///
/// The generator is SplitMix64 (Steele, Lea, Flood 2014), written out here so that a seed gives the same answer with
/// every later version.
pub(crate) struct Sampler {
    temperature: f32,
    top_p: f32,
    min_p: f32,
    repeat_penalty: f32,
    bias: Vec<(u32, f32)>,
    /// The last tokens that were written.
    written: VecDeque<u32>,
    /// Scores as they are changed.
    scores: Vec<f32>,
    state: u64,
}

impl Sampler {
    /// A sampler at its seed. `bias` are tokens and what is added to their scores.
    ///
    /// # Errors
    /// `GenerationFailed` for parameters that are no such numbers.
    pub(crate) fn new(params: &GenerationParams, bias: Vec<(u32, f32)>) -> Result<Self> {
        let GenerationParams {
            temperature,
            top_p,
            min_p,
            repeat_penalty,
            seed,
            ..
        } = *params;
        let wrong = [
            (
                "temperature",
                temperature,
                temperature >= 0.0 && temperature.is_finite(),
            ),
            ("top_p", top_p, (0.0..=1.0).contains(&top_p)),
            ("min_p", min_p, (0.0..=1.0).contains(&min_p)),
            (
                "repeat_penalty",
                repeat_penalty,
                repeat_penalty > 0.0 && repeat_penalty.is_finite(),
            ),
        ];
        if let Some((name, value, _)) = wrong.into_iter().find(|(_, _, sound)| !sound) {
            return Err(Error::new(
                ErrorCode::GenerationFailed,
                format!("nothing can be written with a {name} of {value}"),
            ));
        }
        Ok(Self {
            temperature,
            top_p,
            min_p,
            repeat_penalty,
            bias,
            written: VecDeque::new(),
            scores: Vec::new(),
            state: seed,
        })
    }

    /// The next token, and its log-probability under the model itself, without any of the parameters; `None` when none is allowed.
    pub(crate) fn next(
        &mut self,
        logits: &[f32],
        allowed: Option<&dyn Fn(u32) -> bool>,
    ) -> Option<(u32, f32)> {
        let mut scores = std::mem::take(&mut self.scores);
        scores.clear();
        scores.extend_from_slice(logits);
        self.change(&mut scores);
        let mut token = self.choose(&scores);
        if let Some(allowed) = allowed
            && !allowed(token as u32)
        {
            for (token, score) in scores.iter_mut().enumerate() {
                if !allowed(token as u32) {
                    *score = f32::NEG_INFINITY;
                }
            }
            token = self.choose(&scores);
        }
        let none = scores[token] == f32::NEG_INFINITY;
        self.scores = scores;
        if none {
            return None;
        }
        if self.written.len() == REPEATS {
            self.written.pop_front();
        }
        self.written.push_back(token as u32);
        Some((token as u32, logits[token] - log_sum_exp(logits)))
    }

    /// Adds the bias and lowers what was written: scores above 0 are divided, others multiplied (Keskar and others 2019).
    fn change(&self, scores: &mut [f32]) {
        for (token, by) in &self.bias {
            if let Some(score) = scores.get_mut(*token as usize) {
                *score += by;
            }
        }
        if self.repeat_penalty == 1.0 {
            return;
        }
        let written: BTreeSet<u32> = self.written.iter().copied().collect();
        for token in written {
            if let Some(score) = scores.get_mut(token as usize) {
                *score *= match *score > 0.0 {
                    true => 1.0 / self.repeat_penalty,
                    false => self.repeat_penalty,
                };
            }
        }
    }

    fn choose(&mut self, scores: &[f32]) -> usize {
        match self.temperature > 0.0 {
            true => self.sample(scores),
            false => greedy(scores),
        }
    }

    fn sample(&mut self, logits: &[f32]) -> usize {
        let top = logits[greedy(logits)];
        let mut weights: Vec<(usize, f32)> = logits
            .iter()
            .map(|logit| ((logit - top) / self.temperature).exp())
            .enumerate()
            // The likeliest has the weight 1.
            .filter(|(_, weight)| weight.is_finite() && *weight > 0.0 && *weight >= self.min_p)
            .collect();
        if weights.is_empty() {
            return greedy(logits);
        }
        // Ties are ordered by token, so that the order does not depend on the sort.
        weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let total: f64 = weights.iter().map(|(_, weight)| f64::from(*weight)).sum();
        let keep = total * f64::from(self.top_p.clamp(0.0, 1.0));
        let mut kept = 0.0;
        let cut = weights.iter().position(|(_, weight)| {
            kept += f64::from(*weight);
            kept >= keep
        });
        weights.truncate(cut.map_or(weights.len(), |last| last + 1));

        let total: f64 = weights.iter().map(|(_, weight)| f64::from(*weight)).sum();
        let mut target = self.uniform() * total;
        for (token, weight) in &weights {
            target -= f64::from(*weight);
            if target <= 0.0 {
                return *token;
            }
        }
        weights[weights.len() - 1].0
    }

    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The log of the sum of exponentials: what turns scores into log-probabilities.
pub(crate) fn log_sum_exp(logits: &[f32]) -> f32 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - top).exp()).sum();
    top + sum.ln() as f32
}

/// The likeliest token; the first among equals.
fn greedy(logits: &[f32]) -> usize {
    let mut best = 0;
    for (token, logit) in logits.iter().enumerate() {
        if *logit > logits[best] || logits[best].is_nan() {
            best = token;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(params: &GenerationParams) -> Sampler {
        Sampler::new(params, Vec::new()).expect("sound parameters")
    }

    fn draw(params: &GenerationParams, logits: &[f32], n: usize) -> Vec<u32> {
        let mut sampler = sampler(params);
        (0..n)
            .map(|_| sampler.next(logits, None).expect("a token").0)
            .collect()
    }

    #[test]
    fn greedy_takes_the_likeliest_and_knows_its_probability() {
        let next = sampler(&GenerationParams::default()).next(&[0.0, 2.0, 1.0], None);
        let (token, log_probability) = next.expect("a token");
        assert_eq!(token, 1);
        let expected = 2.0 - (1.0f32 + 2.0f32.exp() + 1.0f32.exp()).ln();
        assert!((log_probability - expected).abs() < 1e-6);
    }

    #[test]
    fn a_seed_gives_the_same_tokens_and_frequencies_follow_the_scores() {
        let params = GenerationParams {
            temperature: 1.0,
            seed: 7,
            ..GenerationParams::default()
        };
        let logits = [0.0, (3.0f32).ln(), f32::NEG_INFINITY];
        let tokens = draw(&params, &logits, 4_000);
        assert_eq!(tokens, draw(&params, &logits, 4_000));
        let ones = tokens.iter().filter(|token| **token == 1).count();
        assert!((2_850..3_150).contains(&ones), "{ones} of 4000 instead of 3000");
        assert!(!tokens.contains(&2));
    }

    #[test]
    fn top_p_leaves_the_tail_out() {
        let params = GenerationParams {
            temperature: 1.0,
            top_p: 0.7,
            seed: 1,
            ..GenerationParams::default()
        };
        assert!(
            draw(&params, &[0.0, (3.0f32).ln()], 200)
                .iter()
                .all(|token| *token == 1)
        );
    }

    #[test]
    fn min_p_leaves_out_what_is_unlikely_beside_the_likeliest() {
        let logits = [0.0, (3.0f32).ln(), (2.0f32).ln()];
        let tokens = |min_p| {
            let params = GenerationParams {
                temperature: 1.0,
                min_p,
                seed: 1,
                ..GenerationParams::default()
            };
            draw(&params, &logits, 200).into_iter().collect::<BTreeSet<_>>()
        };
        assert_eq!(tokens(0.0), BTreeSet::from([0, 1, 2]));
        assert_eq!(tokens(0.5), BTreeSet::from([1, 2]));
        assert_eq!(tokens(1.0), BTreeSet::from([1]));
    }

    #[test]
    fn what_was_written_is_written_again_only_where_it_is_much_likelier() {
        let params = |repeat_penalty| GenerationParams {
            repeat_penalty,
            ..GenerationParams::default()
        };
        assert_eq!(draw(&params(1.0), &[2.0, 1.5, -1.0], 3), [0, 0, 0]);
        assert_eq!(draw(&params(2.0), &[2.0, 1.5, -1.0], 3), [0, 1, 0]);
        assert_eq!(draw(&params(2.0), &[-1.0, -1.5, -9.0], 3), [0, 1, 0]);
        // After so many other tokens it is a token like any other.
        let mut sampler = sampler(&params(2.0));
        let mut next = |token: usize| {
            let mut logits = [0.1; 80];
            logits[0] = 0.15;
            logits[token] = 9.0;
            sampler.next(&logits, None).expect("a token").0
        };
        let first = next(0);
        let others: Vec<u32> = (1..=REPEATS).map(&mut next).collect();
        assert_eq!((first, others), (0, (1..=REPEATS as u32).collect()));
        let mut logits = [0.1; 80];
        logits[0] = 0.15;
        assert_eq!(sampler.next(&logits, None).map(|(token, _)| token), Some(0));
    }

    #[test]
    fn a_bias_and_a_rule_change_what_is_chosen_and_not_its_probability() {
        let logits = [1.0, 2.0, 3.0];
        let plain = |token: usize| logits[token] - log_sum_exp(&logits);
        let params = GenerationParams::default();
        let mut biased = Sampler::new(&params, vec![(0, 5.0), (77, 9.0)]).expect("sound");
        assert_eq!(biased.next(&logits, None), Some((0, plain(0))));
        let mut sampler = sampler(&params);
        assert_eq!(
            sampler.next(&logits, Some(&|token| token != 2)),
            Some((1, plain(1)))
        );
        assert_eq!(sampler.next(&logits, Some(&|_| false)), None);
        let warm = GenerationParams {
            temperature: 2.0,
            ..params
        };
        let mut warm = self::sampler(&warm);
        for _ in 0..50 {
            assert_eq!(warm.next(&logits, Some(&|token| token == 0)), Some((0, plain(0))));
        }
    }

    #[test]
    fn parameters_that_make_no_sense_are_refused() {
        let change: [fn(&mut GenerationParams); 4] = [
            |params| params.temperature = f32::NAN,
            |params| params.top_p = 1.5,
            |params| params.min_p = -0.1,
            |params| params.repeat_penalty = 0.0,
        ];
        for change in change {
            let mut params = GenerationParams::default();
            change(&mut params);
            let error = Sampler::new(&params, Vec::new()).err().expect("refused");
            assert_eq!(error.code(), ErrorCode::GenerationFailed);
        }
    }
}
