//! One question, from its hits to the finished answer.

use std::ops::ControlFlow;

use rushlight_core::{
    Answer, AnswerEvent, AnswerSignals, Coverage, Error, ErrorCode, GenerateEvent, GenerationParams,
    GenerationSummary, Grounding, Hit, LanguageModel, Passage, Result, Route,
};

use crate::answerable::{Calibration, YES_NO, evidence_signals, log_odds};
use crate::citation::CitationChecker;
use crate::evidence::{EvidenceBudget, select_evidence};
use crate::extract::best_sentence;
use crate::language::{AnswerLanguage, to_language};
use crate::prompt::build_prompt;
use crate::question::check_question;

/// What is to be answered, and from what.
#[derive(Clone, Debug)]
pub struct AnswerInputs<'a> {
    /// The question as it was asked.
    pub question: &'a str,
    /// What the search found, best first; all of it may be read by the asker.
    pub hits: &'a [Hit],
    /// What was searched; it is passed on into the answer.
    pub coverage: Coverage,
    /// How the question was taken; it is passed on into the answer.
    pub route: Route,
    /// Fences the passages in the prompt: random, fresh for each question, so that no document can contain it.
    /// Letters and digits.
    pub fence: &'a str,
}

/// How answers are made. The defaults are what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerOptions {
    /// The prompt stays below so many tokens of the language model, chat template included.
    pub prompt_tokens: usize,
    /// At most so many passages.
    pub max_passages: usize,
    /// How many hits a reply without an answer lists.
    pub closest: usize,
    /// When there is an answer and when not.
    pub calibration: Calibration,
}

impl Default for AnswerOptions {
    fn default() -> Self {
        Self {
            prompt_tokens: 700,
            max_passages: 4,
            closest: 3,
            calibration: Calibration::default(),
        }
    }
}

/// Answers a question from the hits of its search.
///
/// With a language model: evidence, the model's own odds that the evidence holds the answer, the answer, its check.
/// Without one: the sentence of the evidence that fits the question best, in quotation marks, with its citation;
/// `generation` is then `None` and `model_id` empty. `on_event` sees [`AnswerEvent`]s in their order, the last being
/// `Finished` with what is also returned; when it breaks, the error is `Cancelled`.
///
/// `params.max_tokens` bounds the answer; greedy is what the calibration was measured with.
///
/// # Errors
/// `QueryEmpty` and `QuestionTooLong` for the question; what the model returns; `Cancelled`.
pub fn answer(
    inputs: &AnswerInputs<'_>,
    options: &AnswerOptions,
    model: Option<&dyn LanguageModel>,
    params: &GenerationParams,
    on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
) -> Result<Answer> {
    let question = check_question(inputs.question)?;
    let language = AnswerLanguage::of_question(question, inputs.hits);
    let reply = Reply {
        inputs,
        options,
        language,
        model,
    };

    let count = |text: &str| match model {
        Some(model) => model.count_tokens(text),
        None => rough_tokens(text),
    };
    let budget = EvidenceBudget::for_prompt(options.prompt_tokens, question, options.max_passages, &count);
    let passages = select_evidence(question, inputs.hits, budget, &count);
    send(on_event, AnswerEvent::Evidence(passages.clone()))?;

    let mut signals = evidence_signals(question, &passages);
    if passages.is_empty() || options.calibration.clearly_absent(&signals) {
        return finish(on_event, reply.not_found(passages, signals, None));
    }
    let Some(model) = model else {
        return finish(on_event, reply.extract(question, passages, signals));
    };

    let built = build_prompt(
        question,
        &passages,
        inputs.fence,
        language,
        options.prompt_tokens,
        &count,
    );
    let passages = built.passages;
    let log_probabilities =
        model.first_token_log_probabilities(&built.prompts.is_there_an_answer, &YES_NO, &mut |event| {
            forward(event, on_event)
        })?;
    signals.answerable = Some(log_odds(&log_probabilities));
    if !options.calibration.has_answer(&signals) {
        return finish(on_event, reply.not_found(passages, signals, None));
    }

    let mut checker = CitationChecker::new(question, &passages);
    let generation = model.generate(&built.prompts.answer, params, &mut |event| {
        forward(event, on_event)
    })?;
    checker.push(&to_language(&generation.text, language));
    let checked = checker.finish();
    signals.log_probability = (generation.generated_tokens > 0).then_some(generation.mean_log_probability);
    if checked.citations.is_empty() {
        return finish(on_event, reply.not_found(passages, signals, Some(generation)));
    }
    let answer = Answer {
        text: checked.text,
        citations: checked.citations,
        grounding: checked.grounding,
        route: inputs.route.clone(),
        coverage: inputs.coverage.clone(),
        passages,
        signals,
        generation: Some(generation),
        model_id: model.spec().model_id.clone(),
        ..Answer::default()
    };
    finish(on_event, answer)
}

struct Reply<'a> {
    inputs: &'a AnswerInputs<'a>,
    options: &'a AnswerOptions,
    language: AnswerLanguage,
    model: Option<&'a dyn LanguageModel>,
}

impl Reply<'_> {
    /// The reply that says that the documents do not say. The model is named when it took part in the decision.
    fn not_found(
        &self,
        passages: Vec<Passage>,
        signals: AnswerSignals,
        generation: Option<GenerationSummary>,
    ) -> Answer {
        let model_id = match (self.model, signals.answerable) {
            (Some(model), Some(_)) => model.spec().model_id.clone(),
            _ => String::new(),
        };
        Answer {
            text: self.language.not_found().to_owned(),
            route: self.inputs.route.clone(),
            closest: self
                .inputs
                .hits
                .iter()
                .take(self.options.closest)
                .cloned()
                .collect(),
            coverage: self.inputs.coverage.clone(),
            passages,
            signals,
            generation,
            model_id,
            ..Answer::default()
        }
    }

    /// The best sentence of the evidence as it stands.
    fn extract(&self, question: &str, passages: Vec<Passage>, signals: AnswerSignals) -> Answer {
        let citation = best_sentence(question, &passages)
            .filter(|_| self.options.calibration.has_answer_without_model(&signals));
        let Some(citation) = citation else {
            return self.not_found(passages, signals, None);
        };
        let (open, close) = self.language.quotation_marks();
        let words = crate::sanitize::plain_text(&citation.quote);
        Answer {
            text: format!("{open}{words}{close} [{}]", citation.number),
            citations: vec![citation],
            grounding: Grounding::Grounded,
            route: self.inputs.route.clone(),
            coverage: self.inputs.coverage.clone(),
            passages,
            signals,
            ..Answer::default()
        }
    }
}

/// The model's events as the asker sees them.
fn forward(
    event: GenerateEvent<'_>,
    on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
) -> ControlFlow<()> {
    match event {
        GenerateEvent::Reading { done, total } => on_event(AnswerEvent::Reading { done, total }),
        GenerateEvent::Piece(piece) => on_event(AnswerEvent::Piece(piece.to_owned())),
    }
}

fn send(on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>, event: AnswerEvent) -> Result<()> {
    match on_event(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::new(ErrorCode::Cancelled, "the question was cancelled")),
    }
}

fn finish(on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>, answer: Answer) -> Result<Answer> {
    send(on_event, AnswerEvent::Finished(Box::new(answer.clone())))?;
    Ok(answer)
}

/// Tokens of a text where no model is there to count: a token per Han character, one per four bytes otherwise.
fn rough_tokens(text: &str) -> usize {
    let (han, other) = text.chars().fold((0, 0), |(han, other), c| match c {
        '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => (han + 1, other),
        _ => (han, other + c.len_utf8()),
    });
    han + other.div_ceil(4)
}

#[cfg(test)]
mod tests;
