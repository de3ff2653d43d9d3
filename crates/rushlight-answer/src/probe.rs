//! A linear probe: what a model's hidden state says of whether passages answer a question.
//!
//! A model knows more of that than its yes or no shows (A. Slobodkin, O. Goldman, A. Caciularu, I. Dagan, S. Ravfogel: The Curious
//! Case of Hallucinatory (Un)answerability, EMNLP 2023); a logistic regression on the state of one token tells how much (G. Alain, Y. Bengio:
//! Understanding intermediate layers using linear classifier probes, 2016). Its numbers are a model's own: with other weights they mean nothing.

use std::sync::LazyLock;

use rushlight_core::LanguageModelSpec;

/// A weight for each value of a state, learnt for one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// SHA-256 of the weights of the model that it was learnt with.
    model_sha256: String,
    /// The block behind which the state is taken, counted from 1.
    block: usize,
    bias: f32,
    weights: Vec<f32>,
}

impl Probe {
    /// Reads what the example `learn_probe` of rushlight-eval writes: lines of `model`, `block`, `bias` and `weights`, each with what it is behind a
    /// blank; other lines are passed over.
    ///
    /// # Errors
    /// What is missing or no number, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let find = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
                .ok_or_else(|| format!("it has no line `{name} …`"))
        };
        let number = |text: &str| {
            let number = text.parse::<f32>().ok().filter(|number| number.is_finite());
            number.ok_or_else(|| format!("`{text}` is no number"))
        };
        let block = find("block")?;
        Ok(Self {
            model_sha256: find("model")?.to_owned(),
            block: block.parse().map_err(|_| format!("`{block}` is no block"))?,
            bias: number(find("bias")?)?,
            weights: find("weights")?
                .split(' ')
                .map(number)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The one that was learnt for the measured model.
    pub(crate) fn measured() -> &'static Self {
        static MEASURED: LazyLock<Probe> =
            LazyLock::new(|| Probe::parse(include_str!("probe.txt")).expect("a test reads the file"));
        &MEASURED
    }

    /// Whether it was learnt with these weights.
    pub fn is_for(&self, model: &LanguageModelSpec) -> bool {
        self.model_sha256 == model.sha256
    }

    /// The block behind which the state is taken, counted from 1.
    pub fn block(&self) -> usize {
        self.block
    }

    /// The log-odds that there is an answer; `None` for a state of another width.
    pub fn log_odds(&self, state: &[f32]) -> Option<f32> {
        let products = self
            .weights
            .iter()
            .zip(state)
            .map(|(weight, value)| weight * value);
        (state.len() == self.weights.len()).then(|| self.bias + products.sum::<f32>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "# learnt\nmodel ab12\nblock 3\nbias -0.5\nweights 1 0.25 -2\n";

    #[test]
    fn a_probe_is_a_weighted_sum_of_its_models_state() {
        let probe = Probe::parse(SMALL).expect("sound");
        assert_eq!(probe.block(), 3);
        assert_eq!(probe.log_odds(&[1.0, 4.0, 0.5]), Some(0.5));
        assert_eq!(probe.log_odds(&[1.0, 4.0]), None);
        let spec = |sha256: &str| LanguageModelSpec {
            model_id: "m".to_owned(),
            sha256: sha256.to_owned(),
            context_tokens: 1,
        };
        assert!(probe.is_for(&spec("ab12")) && !probe.is_for(&spec("ab13")));
    }

    #[test]
    fn what_is_missing_or_no_number_is_named() {
        for (from, to, why) in [
            ("bias -0.5\n", "", "it has no line `bias …`"),
            ("block 3", "block x", "`x` is no block"),
            ("0.25", "0,25", "`0,25` is no number"),
            ("0.25", "inf", "`inf` is no number"),
        ] {
            assert_eq!(Probe::parse(&SMALL.replace(from, to)), Err(why.to_owned()));
        }
    }

    #[test]
    fn the_measured_one_is_whole() {
        let probe = Probe::measured();
        assert_eq!(probe.model_sha256.len(), 64);
        assert!(probe.block > 0 && probe.weights.len() > 1_000);
    }
}
