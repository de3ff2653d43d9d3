//! Whether the documents hold an answer, decided outside the generated text.

use std::collections::BTreeSet;

use rushlight_core::{AnswerSignals, LanguageModelSpec, Passage, TextSpan};

use crate::context::{header_of, pieces};
use crate::language::AnswerLanguage;
use crate::probe::Probe;
use crate::terms::{Weights, covered, terms};

/// The replies whose log-probabilities are asked for: two ways to say yes, then two ways to say no.
pub(crate) const YES_NO: [&str; 4] = ["Yes", "yes", "No", "no"];

/// What the passages that were selected say before a model has read them.
pub fn evidence_signals(question: &str, passages: &[Passage]) -> AnswerSignals {
    let wanted = terms(question);
    // A row of a table says below the table's first row what its cells are.
    let pieces: Vec<Vec<BTreeSet<String>>> = passages.iter().map(terms_of_pieces).collect();
    let whole: Vec<BTreeSet<String>> = passages
        .iter()
        .zip(&pieces)
        .map(|(passage, pieces)| {
            let mut whole = terms(&format!("{}\n{}", passage.hit.title, passage.text));
            whole.extend(pieces.iter().flatten().cloned());
            whole
        })
        .collect();
    let weights = Weights::over(&whole);
    let best = |covers: &mut dyn Iterator<Item = f32>| covers.fold(0.0, f32::max);
    let sentences = pieces.iter().flatten();
    AnswerSignals {
        coverage: best(&mut whole.iter().map(|found| covered(&wanted, found, &weights))),
        sentence_coverage: best(&mut sentences.map(|found| covered(&wanted, found, &weights))),
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

/// The terms of each sentence or row of a passage, with those of the first row of its table.
fn terms_of_pieces(passage: &Passage) -> Vec<BTreeSet<String>> {
    let start = passage.span.start.saturating_sub(passage.hit.chunk.span.start);
    let found = pieces(&passage.hit, &passage.text).into_iter();
    found
        .filter_map(|span| {
            let mut found = terms(span.of(&passage.text)?);
            let in_chunk = TextSpan::new(start + span.start, start + span.end);
            found.extend(header_of(&passage.hit, in_chunk).map(terms).unwrap_or_default());
            Some(found)
        })
        .collect()
}

/// A weighted sum of signals as a probability. A signal that is missing counts as its `missing` value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Logistic {
    /// What is added to the sum.
    pub bias: f32,
    /// Weight of [`AnswerSignals::coverage`].
    pub coverage: f32,
    /// Weight of [`AnswerSignals::sentence_coverage`].
    pub sentence_coverage: f32,
    /// Weight of [`AnswerSignals::cosine`].
    pub cosine: f32,
    /// Weight of [`AnswerSignals::sentence_cosine`].
    pub sentence_cosine: f32,
    /// Weight of [`AnswerSignals::fused`].
    pub fused: f32,
    /// What is added for a question in Chinese: signals lie elsewhere in each language.
    pub chinese: f32,
    /// Weight of [`AnswerSignals::answerable`].
    pub answerable: f32,
    /// Weight of [`AnswerSignals::probe`].
    pub probe: f32,
}

/// What a cosine counts as where none was computed: between a stranger's and an answer's, for multilingual-e5-small.
pub const MISSING_COSINE: f32 = 0.875;

impl Logistic {
    /// The probability, 0 to 1.
    pub fn probability(&self, signals: &AnswerSignals, language: AnswerLanguage) -> f32 {
        let Self {
            bias,
            coverage,
            sentence_coverage,
            cosine,
            sentence_cosine,
            fused,
            chinese,
            answerable,
            probe,
        } = *self;
        let sum = bias
            + coverage * signals.coverage
            + sentence_coverage * signals.sentence_coverage
            + cosine * signals.cosine.unwrap_or(MISSING_COSINE)
            + sentence_cosine * signals.sentence_cosine.unwrap_or(MISSING_COSINE)
            + fused * signals.fused
            + match language {
                AnswerLanguage::English => 0.0,
                AnswerLanguage::TraditionalChinese | AnswerLanguage::SimplifiedChinese => chinese,
            }
            + answerable * signals.answerable.unwrap_or(0.0)
            + probe * signals.probe.unwrap_or(0.0);
        1.0 / (1.0 + (-sum).exp())
    }
}

/// When there is an answer, and when not: what `before` refuses is about something that the documents do not speak of, what `asked`
/// refuses they speak of without saying it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Before a model has read anything.
    pub before: Logistic,
    /// After the model was asked whether the passages hold the answer.
    pub asked: Logistic,
    /// The same where the model shows its hidden state; `None` where no probe was learnt.
    pub probed: Option<Probed>,
    /// Below this, by `before`, no model is asked.
    pub clearly_absent: f32,
    /// Below this, by `asked`, nothing is written.
    pub worth_writing: f32,
    /// A sentence is shown as it stands from this probability on, by `before`: at once, and as the answer where there is no
    /// language model.
    pub worth_quoting: f32,
}

/// When there is an answer, where a probe says something too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probed {
    /// What is learnt of the model's hidden state.
    pub probe: &'static Probe,
    /// In place of [`Calibration::asked`].
    pub asked: Logistic,
    /// In place of [`Calibration::worth_writing`].
    pub worth_writing: f32,
    /// From these log-odds of the best hit on nothing else is read.
    pub sure: f32,
}

impl Default for Calibration {
    /// By the words of the question and the model's yes or no alone: for models that nobody measured. Set by hand.
    fn default() -> Self {
        Self {
            before: Logistic {
                bias: -3.0,
                coverage: 6.0,
                ..Logistic::default()
            },
            asked: Logistic {
                bias: -2.8,
                coverage: 4.0,
                answerable: 1.0,
                ..Logistic::default()
            },
            probed: None,
            clearly_absent: 0.07,
            worth_writing: 0.5,
            worth_quoting: 0.2,
        }
    }
}

/// The models that [`Calibration::for_models`] was measured with: the one that writes and the one that compares by meaning.
const MEASURED: (&str, &str) = ("qwen2.5-coder-1.5b-instruct-q4_k_m", "multilingual-e5-small-int8");

impl Calibration {
    /// What was learnt for these models, by their identities, where something was; else the default.
    ///
    /// Learnt by the example `learn_answers` of rushlight-eval on the half of `tests/bench/sets/answers.toml` that is called `dev`: `before`
    /// on 238 questions, `asked` on 62 of those that it lets through. `probed` is the same regression on 2,258 questions in English, with what a probe
    /// that was learnt without the question's document says of each; what it adds for Chinese is set by hand, for there are no questions in Chinese that are
    /// nearly answered. The first threshold is below what folds choose, for notes and tables lie farther from their questions than what is learnt from; that of
    /// `probed` is the highest at which folds refuse, with the first, at most 0.12 of what can be answered. docs/benchmarks.md says how well they do on
    /// the other half.
    pub fn for_models(language: &str, embedding: &str) -> Self {
        if (language, embedding) != MEASURED {
            return Self::default();
        }
        Self {
            before: Logistic {
                bias: -44.2103,
                coverage: 2.7572,
                sentence_coverage: 2.3688,
                cosine: 21.4493,
                sentence_cosine: 25.0194,
                fused: 5.0734,
                chinese: -0.4332,
                ..Logistic::default()
            },
            asked: Logistic {
                bias: -18.8336,
                cosine: 20.2343,
                fused: 0.22,
                chinese: 0.4654,
                answerable: 0.8044,
                ..Logistic::default()
            },
            probed: Some(Probed {
                probe: Probe::measured(),
                asked: Logistic {
                    bias: -10.3658,
                    sentence_cosine: 11.7856,
                    chinese: 0.524,
                    probe: 0.7293,
                    ..Logistic::default()
                },
                worth_writing: 0.41,
                // Of 60 answerable questions of `dev` 0.42 were there, and as many of them right from the best hit alone as from all passages (0.96).
                sure: 2.0,
            }),
            clearly_absent: 0.3,
            worth_writing: 0.32,
            worth_quoting: 0.6,
        }
    }

    /// The same without refusing anything, so that every signal of every question can be looked at.
    #[must_use]
    pub fn open(self) -> Self {
        Self {
            clearly_absent: 0.0,
            worth_writing: 0.0,
            worth_quoting: 0.0,
            probed: self.probed.map(|probed| Probed {
                worth_writing: 0.0,
                ..probed
            }),
            ..self
        }
    }

    /// For a question that is asked again in another language, of which its own documents spoke with this probability, by `before`: others
    /// must speak of it more, and an answer must be likelier right than not.
    #[must_use]
    pub fn asked_again(self, spoken_of: f32) -> Self {
        Self {
            clearly_absent: self.clearly_absent.max(spoken_of),
            worth_quoting: self.worth_quoting.max(spoken_of),
            worth_writing: self.worth_writing.max(0.5),
            probed: self.probed.map(|probed| Probed {
                worth_writing: probed.worth_writing.max(0.5),
                ..probed
            }),
            ..self
        }
    }

    /// How probable it is, before a model has read them, that the passages with these signals speak of what is asked.
    pub fn spoken_of(&self, question: &str, signals: &AnswerSignals) -> f32 {
        self.before
            .probability(signals, AnswerLanguage::of_question(question, &[]))
    }

    /// What was learnt with the probe of a model.
    pub(crate) fn probed(&self, model: &LanguageModelSpec) -> Option<Probed> {
        self.probed.filter(|probed| probed.probe.is_for(model))
    }

    /// Whether an answer is worth writing once the model was asked, and how probable it is that it will be right.
    pub(crate) fn is_worth_writing(&self, signals: &AnswerSignals, language: AnswerLanguage) -> (bool, f32) {
        let (asked, least) = match self.probed.filter(|_| signals.probe.is_some()) {
            Some(probed) => (probed.asked, probed.worth_writing),
            None => (self.asked, self.worth_writing),
        };
        let probability = asked.probability(signals, language);
        (probability >= least, probability)
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
    use crate::testing::{OFFSET, passages, table};

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
    fn a_row_has_the_words_of_its_tables_first_row() {
        let hit = table("plants", "plant,watering\nfern,daily\ncactus,every three weeks");
        let at = hit.chunk.text.find("cactus").expect("there");
        let row = Passage {
            number: 1,
            span: TextSpan::new(OFFSET + at, OFFSET + hit.chunk.text.len()),
            text: hit.chunk.text[at..].to_owned(),
            token_count: 0,
            hit,
        };
        let signals = evidence_signals("cactus watering", &[row]);
        assert_eq!((signals.coverage, signals.sentence_coverage), (1.0, 1.0));
    }

    #[test]
    fn who_asks_again_wants_more_and_never_less() {
        let served = Calibration::for_models(MEASURED.0, MEASURED.1);
        for spoken_of in [0.0, 0.9] {
            let again = served.asked_again(spoken_of);
            assert_eq!(again.clearly_absent, served.clearly_absent.max(spoken_of));
            assert_eq!(again.worth_quoting, served.worth_quoting.max(spoken_of));
            assert_eq!(again.worth_writing, 0.5);
            assert_eq!(again.probed.map(|probed| probed.worth_writing), Some(0.5));
        }
        let default = Calibration::default();
        let signals = AnswerSignals {
            coverage: 0.75,
            ..AnswerSignals::default()
        };
        let spoken_of = default.spoken_of("When does it boil?", &signals);
        assert!((spoken_of - 1.0 / (1.0 + (-1.5f32).exp())).abs() < 1e-6);
    }

    #[test]
    fn a_probability_is_the_weighted_sum_of_what_is_known() {
        let logistic = Logistic {
            bias: -1.0,
            coverage: 2.0,
            cosine: 1.0,
            answerable: 0.5,
            ..Logistic::default()
        };
        let signals = AnswerSignals {
            coverage: 0.5,
            cosine: Some(0.9),
            answerable: Some(-1.8),
            ..AnswerSignals::default()
        };
        assert!((logistic.probability(&signals, AnswerLanguage::English) - 0.5).abs() < 1e-6);
        let missing = AnswerSignals {
            cosine: None,
            answerable: None,
            ..signals
        };
        assert!(
            (logistic.probability(&missing, AnswerLanguage::English) - 1.0 / (1.0 + (-MISSING_COSINE).exp()))
                .abs()
                < 1e-6
        );
    }

    #[test]
    fn nothing_in_common_is_clearly_absent_and_a_yes_with_the_words_is_not() {
        for calibration in [
            Calibration::default(),
            Calibration::for_models(MEASURED.0, MEASURED.1),
        ] {
            tells_nothing_from_something(&calibration);
        }
        let other = Calibration::for_models("another", MEASURED.1);
        assert_eq!(other, Calibration::default());
    }

    fn tells_nothing_from_something(calibration: &Calibration) {
        let nothing = AnswerSignals::default();
        assert!(
            calibration.before.probability(&nothing, AnswerLanguage::English) < calibration.clearly_absent
        );
        let words = AnswerSignals {
            coverage: 1.0,
            sentence_coverage: 0.8,
            cosine: Some(0.9),
            sentence_cosine: Some(0.9),
            fused: 0.9,
            ..nothing
        };
        assert!(calibration.before.probability(&words, AnswerLanguage::English) > calibration.clearly_absent);
        let yes = AnswerSignals {
            answerable: Some(5.0),
            ..words
        };
        assert!(calibration.asked.probability(&yes, AnswerLanguage::English) > calibration.worth_writing);
        let no = AnswerSignals {
            answerable: Some(-20.0),
            ..words
        };
        assert!(calibration.asked.probability(&no, AnswerLanguage::English) < calibration.worth_writing);
    }
}
