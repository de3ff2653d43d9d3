//! Whether the documents hold an answer, decided outside the generated text.

use rushlight_core::{AnswerSignals, Passage};

use crate::sentence::sentences;
use crate::terms::{Weights, covered, terms};

/// The replies whose log-probabilities are asked for: two ways to say yes, then two ways to say no.
pub(crate) const YES_NO: [&str; 4] = ["Yes", "yes", "No", "no"];

/// What the passages that were selected say before a model has read them.
pub fn evidence_signals(question: &str, passages: &[Passage]) -> AnswerSignals {
    let wanted = terms(question);
    let whole: Vec<_> = passages
        .iter()
        .map(|passage| terms(&format!("{}\n{}", passage.hit.title, passage.text)))
        .collect();
    let weights = Weights::over(&whole);
    let best = |covers: &mut dyn Iterator<Item = f32>| covers.fold(0.0, f32::max);
    let sentence_terms = passages.iter().flat_map(|passage| {
        sentences(&passage.text)
            .into_iter()
            .filter_map(|span| span.of(&passage.text))
            .map(terms)
            .collect::<Vec<_>>()
    });
    AnswerSignals {
        coverage: best(&mut whole.iter().map(|found| covered(&wanted, found, &weights))),
        sentence_coverage: best(&mut sentence_terms.map(|found| covered(&wanted, &found, &weights))),
        cosine: passages
            .iter()
            .filter_map(|passage| passage.hit.scores.semantic)
            .reduce(f32::max),
        fused: passages
            .iter()
            .map(|passage| passage.hit.scores.fused)
            .fold(0.0, f32::max),
        ..AnswerSignals::default()
    }
}

/// When there is an answer, for Qwen2.5-Coder-1.5B-Instruct Q4_K_M.
///
/// The defaults are preliminary. That the model's odds tell questions apart was measured before (22 answerable, 14
/// nowhere, squad20, three passages: area under the curve 0.92). Weight and threshold were set by hand on 11 questions of
/// squad20 and drcd-dev with this crate's prompts: 5 answerable ones score 3.1 to 5.5, 4 of left-out articles 1.1 to 2.5,
/// 2 adversarial ones 0.7 and 3.4. Too few for a fit; the example `answers` of the crate that runs the model prints what
/// one needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Weight of the model's log-odds of yes.
    pub odds_weight: f32,
    /// Weight of [`AnswerSignals::coverage`].
    pub coverage_weight: f32,
    /// There is an answer when the weighted sum is at least this.
    pub threshold: f32,
    /// Below this coverage, and below `absent_cosine`, no model is asked.
    pub absent_coverage: f32,
    /// See `absent_coverage`. Cosines of multilingual-e5-small lie between 0.7 for strangers and 0.9.
    pub absent_cosine: f32,
    /// Without a language model, a sentence is shown from this [`AnswerSignals::sentence_coverage`] on.
    pub extract_coverage: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Self {
            odds_weight: 1.0,
            coverage_weight: 4.0,
            threshold: 2.8,
            absent_coverage: 0.05,
            absent_cosine: 0.8,
            extract_coverage: 0.3,
        }
    }
}

impl Calibration {
    /// True when nothing speaks for an answer, so that no model needs to be asked.
    pub fn clearly_absent(&self, signals: &AnswerSignals) -> bool {
        signals.coverage < self.absent_coverage
            && signals.cosine.is_none_or(|cosine| cosine < self.absent_cosine)
    }

    /// True when the model's odds and the evidence together speak for an answer.
    pub fn has_answer(&self, signals: &AnswerSignals) -> bool {
        self.score(signals) >= self.threshold
    }

    /// The weighted sum that is compared with the threshold.
    pub fn score(&self, signals: &AnswerSignals) -> f32 {
        self.odds_weight * signals.answerable.unwrap_or(0.0) + self.coverage_weight * signals.coverage
    }

    /// True when the evidence alone speaks for showing its best sentence.
    pub fn has_answer_without_model(&self, signals: &AnswerSignals) -> bool {
        signals.sentence_coverage >= self.extract_coverage
    }
}

/// Log-odds of yes against no from the log-probabilities of [`YES_NO`]; 0 where they say nothing.
pub(crate) fn log_odds(log_probabilities: &[f32]) -> f32 {
    let log_sum = |values: &[f32]| {
        let top = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if top.is_finite() {
            top + values.iter().map(|value| (value - top).exp()).sum::<f32>().ln()
        } else {
            top
        }
    };
    let (yes, no) = log_probabilities.split_at(log_probabilities.len().min(2));
    let odds = log_sum(yes) - log_sum(no);
    if odds.is_nan() {
        0.0
    } else {
        odds.clamp(-30.0, 30.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::passages;

    #[test]
    fn odds_add_up_both_ways_to_say_it() {
        let p = |value: f32| value.ln();
        let odds = log_odds(&[p(0.4), p(0.2), p(0.2), p(0.1)]);
        assert!((odds - 2.0f32.ln()).abs() < 1e-5);
        assert_eq!(log_odds(&[f32::NEG_INFINITY; 4]), 0.0);
        assert_eq!(log_odds(&[0.0, 0.0, f32::NEG_INFINITY, f32::NEG_INFINITY]), 30.0);
        assert_eq!(log_odds(&[]), 0.0);
    }

    #[test]
    fn features_look_at_words_and_cosines() {
        let mut given = passages(&["The kettle is red. It boils at ninety degrees.", "Nothing."]);
        given[0].hit.scores.semantic = Some(0.83);
        given[1].hit.scores.semantic = Some(0.71);
        let features = evidence_signals("When does the red kettle boil?", &given);
        assert_eq!(features.cosine, Some(0.83));
        assert!(features.coverage > 0.99, "{features:?}");
        assert!(features.sentence_coverage < features.coverage && features.sentence_coverage > 0.4);
        assert_eq!(evidence_signals("Who painted the ceiling?", &given).coverage, 0.0);
        assert_eq!(evidence_signals("茶?", &[]), AnswerSignals::default());
    }

    #[test]
    fn absence_needs_both_words_and_meaning_to_be_missing() {
        let calibration = Calibration::default();
        let features = |coverage, cosine| AnswerSignals {
            coverage,
            sentence_coverage: coverage,
            cosine,
            ..AnswerSignals::default()
        };
        let asked = |answerable, coverage| AnswerSignals {
            answerable: Some(answerable),
            ..features(coverage, None)
        };
        assert!(calibration.clearly_absent(&features(0.0, None)));
        assert!(calibration.clearly_absent(&features(0.0, Some(0.7))));
        assert!(!calibration.clearly_absent(&features(0.0, Some(0.9))));
        assert!(!calibration.clearly_absent(&features(0.5, None)));
        assert!(calibration.has_answer(&asked(5.0, 1.0)));
        assert!(!calibration.has_answer(&asked(-20.0, 0.2)));
    }
}
