//! Which token comes next.

use rushlight_core::GenerationParams;

/// Chooses tokens by the parameters of one generation.
///
/// The generator is SplitMix64 (Steele, Lea, Flood 2014), written out here so that a seed gives the same answer with
/// every later version.
pub(crate) struct Sampler {
    temperature: f32,
    top_p: f32,
    state: u64,
}

impl Sampler {
    /// A sampler at its seed.
    pub(crate) fn new(params: &GenerationParams) -> Self {
        Self {
            temperature: params.temperature,
            top_p: params.top_p,
            state: params.seed,
        }
    }

    /// The next token, and its log-probability under the model itself, without temperature.
    pub(crate) fn next(&mut self, logits: &[f32]) -> (u32, f32) {
        let token = if self.temperature > 0.0 {
            self.sample(logits)
        } else {
            greedy(logits)
        };
        (token as u32, logits[token] - log_sum_exp(logits))
    }

    fn sample(&mut self, logits: &[f32]) -> usize {
        let top = logits[greedy(logits)];
        let mut weights: Vec<(usize, f32)> = logits
            .iter()
            .map(|logit| ((logit - top) / self.temperature).exp())
            .enumerate()
            .filter(|(_, weight)| weight.is_finite() && *weight > 0.0)
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

    fn draw(params: &GenerationParams, logits: &[f32], n: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(params);
        (0..n).map(|_| sampler.next(logits).0).collect()
    }

    #[test]
    fn greedy_takes_the_likeliest_and_knows_its_probability() {
        let (token, log_probability) = Sampler::new(&GenerationParams::default()).next(&[0.0, 2.0, 1.0]);
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
}
