//! One question, from its hits to the finished answer.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rushlight_core::{
    Answer, AnswerEvent, AnswerSignals, Citation, Coverage, DocId, Error, ErrorCode, GenerateEvent,
    GenerationParams, GenerationSummary, Grounding, Hit, LanguageModel, LeftOut, Passage, Prompt, Result,
    Route,
};

use crate::answerable::{Calibration, Probed, YES_NO, evidence_signals, log_odds};
use crate::citation::{CheckedText, CitationChecker};
use crate::disagreement::contradictions;
use crate::draft::Draft;
use crate::evidence::{Cosines, Evidence, EvidenceBudget};
use crate::language::{AnswerLanguage, to_language};
use crate::probe::Probe;
use crate::prompt::{Prompts, build_prompt, date, without_fence};
use crate::question::check_question;
use crate::sanitize::visible;

/// What is to be answered, and from what.
#[derive(Clone, Debug)]
pub struct AnswerInputs<'a> {
    /// The question as it was asked, or as it was rewritten to stand alone.
    pub question: &'a str,
    /// What the search found, best first; all of it may be read by the asker.
    pub hits: &'a [Hit],
    /// Share of the question's words, by rarity, that no readable document holds; 0 to 1.
    pub unknown: f32,
    /// Documents that come from outside: mails from strangers.
    pub outside: BTreeSet<DocId>,
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
    /// Passages have at most so many tokens of the language model together, their headers included.
    pub evidence_tokens: usize,
    /// The prompt stays below so many tokens of the language model, chat template included.
    pub prompt_tokens: usize,
    /// Passages of at most so many hits.
    pub max_passages: usize,
    /// How many hits a reply without an answer lists.
    pub closest: usize,
    /// What sentences of documents from outside count against others when evidence is selected, 0 to 1.
    pub outside_weight: f32,
    /// When there is an answer and when not.
    pub calibration: Calibration,
}

impl Default for AnswerOptions {
    fn default() -> Self {
        Self {
            evidence_tokens: 320,
            prompt_tokens: 700,
            max_passages: 4,
            closest: 3,
            outside_weight: 0.85,
            calibration: Calibration::default(),
        }
    }
}

/// Where what happens is told; breaking ends it with `Cancelled`.
pub type OnEvent<'a> = &'a mut dyn FnMut(AnswerEvent) -> ControlFlow<()>;

/// A question with its evidence, before a model has been asked.
pub struct Prepared<'a> {
    inputs: &'a AnswerInputs<'a>,
    options: &'a AnswerOptions,
    question: &'a str,
    language: AnswerLanguage,
    evidence: Evidence<'a>,
}

impl<'a> Prepared<'a> {
    /// Scores the sentences of the hits, and sends the best one as [`AnswerEvent::First`] unless there is clearly no answer: the
    /// best by its words at once, and another one where meaning says so. Takes no model, and so no turn.
    ///
    /// # Errors
    /// `QueryEmpty` and `QuestionTooLong` for the question; `Cancelled`.
    pub fn new(
        inputs: &'a AnswerInputs<'a>,
        options: &'a AnswerOptions,
        cosines: Cosines<'_>,
        on_event: OnEvent<'_>,
    ) -> Result<Self> {
        let question = check_question(inputs.question)?;
        let evidence = Evidence::by_words(question, inputs.hits, &inputs.outside, options.outside_weight);
        let mut prepared = Self {
            inputs,
            options,
            question,
            language: AnswerLanguage::of_question(question, inputs.hits),
            evidence,
        };
        let by_words = prepared.first();
        if let Some(first) = &by_words {
            send(on_event, AnswerEvent::First(first.clone()))?;
        }
        prepared.evidence.compare_meaning(cosines);
        match prepared.first() {
            Some(first) if by_words.as_ref() != Some(&first) => send(on_event, AnswerEvent::First(first))?,
            _ => {}
        }
        Ok(prepared)
    }

    /// The sentence that fits best, unless there is clearly no answer.
    fn first(&self) -> Option<Citation> {
        let calibration = &self.options.calibration;
        let passages = self.select(&rough_tokens).0;
        let probability = calibration
            .before
            .probability(&self.signals(&passages), self.language);
        (probability >= calibration.worth_quoting)
            .then(|| self.evidence.best_sentence())
            .flatten()
    }

    fn select(&self, count_tokens: &dyn Fn(&str) -> usize) -> (Vec<Passage>, LeftOut) {
        let options = self.options;
        let budget = EvidenceBudget::for_prompt(
            options.evidence_tokens,
            options.prompt_tokens,
            self.question,
            options.max_passages,
            count_tokens,
        );
        let selected = self.evidence.select(budget, count_tokens);
        (selected.passages, selected.left_out)
    }

    fn signals(&self, passages: &[Passage]) -> AnswerSignals {
        AnswerSignals {
            sentence_cosine: self.evidence.sentence_cosine(),
            unknown: self.inputs.unknown,
            ..evidence_signals(self.question, passages)
        }
    }

    /// Answers.
    ///
    /// With a language model: evidence, the model's own odds that the evidence holds the answer, the answer and its check. Without one: the sentence that fits the question best, in quotation marks, with its
    /// citation; `generation` is then `None` and `model_id` empty. `on_event` sees [`AnswerEvent`]s in their order, the last
    /// being `Finished` with what is also returned; when it breaks, the error is `Cancelled`.
    ///
    /// `params.max_tokens` bounds the answer; greedy is what the calibration was measured with.
    ///
    /// # Errors
    /// What the model returns; `Cancelled`.
    pub fn answer(
        &self,
        model: Option<&dyn LanguageModel>,
        params: &GenerationParams,
        on_event: OnEvent<'_>,
    ) -> Result<Answer> {
        let count = |text: &str| match model {
            Some(model) => model.count_tokens(text),
            None => rough_tokens(text),
        };
        let (passages, left_out) = self.select(&count);
        send(on_event, AnswerEvent::Evidence(passages.clone()))?;
        let signals = self.signals(&passages);
        let mut reply = Reply {
            prepared: self,
            model,
            passages,
            left_out,
            signals,
        };
        let calibration = &self.options.calibration;
        let before = calibration.before.probability(&signals, self.language);
        reply.signals.probability = Some(before);
        if reply.passages.is_empty() || before < calibration.clearly_absent {
            return finish(on_event, reply.not_found(None));
        }
        let Some(model) = model else {
            return finish(on_event, reply.extract(before));
        };

        let built = build_prompt(
            self.question,
            &reply.passages,
            self.inputs.fence,
            self.language,
            self.options.prompt_tokens,
            &count,
        );
        reply.passages = built.passages;
        let mut prompts = &built.prompts;
        if let Some(Probed { probe, sure, .. }) = calibration.probed(model.spec()) {
            let mut ask = |prompts: &Prompts| probed(model, probe, &prompts.is_there_an_answer, on_event);
            // A small model takes what stands in another passage for the answer: it writes from what it is surer of.
            reply.signals.probe = match &built.alone {
                None => ask(prompts)?,
                Some(best) => {
                    let alone = ask(best)?;
                    let all = match alone < Some(sure) {
                        true => ask(prompts)?,
                        false => None,
                    };
                    if alone > all {
                        prompts = best;
                    }
                    mean(alone, all)
                }
            };
        }
        reply.signals.answerable = Some(odds(model, &prompts.is_there_an_answer, on_event)?);
        let (is_worth_writing, asked) = calibration.is_worth_writing(&reply.signals, self.language);
        reply.signals.probability = Some(asked);
        if !is_worth_writing {
            return finish(on_event, reply.not_found(None));
        }

        let mut draft = Draft::new(self.question, &reply.passages, self.inputs.fence);
        let generation = model.generate(&prompts.answer, params, &mut |event| {
            forward(event, &mut draft, on_event)
        })?;
        reply.signals.log_probability =
            (generation.generated_tokens > 0).then_some(generation.mean_log_probability);
        let mut checker = CitationChecker::new(self.question, &reply.passages);
        // A model that repeats the fence must not bring it into what it is asked next, nor onto the screen.
        let generated = without_fence(&visible(&generation.text), self.inputs.fence);
        checker.push(&to_language(&generated, self.language));
        let checked = checker.finish();
        if checked.citations.is_empty() {
            return finish(on_event, reply.not_found(Some(generation)));
        }
        finish(on_event, reply.found(checked, generation))
    }
}

/// What a question came to, as an answer.
struct Reply<'a, 'b> {
    prepared: &'b Prepared<'a>,
    model: Option<&'b dyn LanguageModel>,
    passages: Vec<Passage>,
    left_out: LeftOut,
    signals: AnswerSignals,
}

impl Reply<'_, '_> {
    fn blank(self) -> Answer {
        let model_id = match (self.model, self.signals.answerable) {
            // The model is named when it took part in the decision.
            (Some(model), Some(_)) => model.spec().model_id.clone(),
            _ => String::new(),
        };
        Answer {
            route: self.prepared.inputs.route.clone(),
            coverage: self.prepared.inputs.coverage.clone(),
            passages: self.passages,
            left_out: self.left_out,
            signals: self.signals,
            model_id,
            ..Answer::default()
        }
    }

    /// The answer as the check left it; where passages of other documents contradict it, all sides are quoted instead.
    fn found(self, checked: CheckedText, generation: GenerationSummary) -> Answer {
        let sides = checked
            .citations
            .iter()
            .map(|cited| {
                let found = contradictions(self.prepared.question, &checked.text, cited, &self.passages);
                let ours = found.first().map(|first| (cited.clone(), first.ours.clone()));
                ours.into_iter()
                    .chain(found.into_iter().map(|other| (other.citation, other.theirs)))
                    .collect::<Vec<_>>()
            })
            .find(|sides| !sides.is_empty());
        let mut answer = Answer {
            text: checked.text,
            citations: checked.citations,
            grounding: checked.grounding,
            dropped: checked.dropped,
            generation: Some(generation),
            ..Answer::default()
        };
        if let Some(mut sides) = sides {
            sides.sort_by_key(|(citation, _)| std::cmp::Reverse(citation.date));
            disagree(&mut answer, self.prepared.language, sides);
        }
        Answer {
            text: answer.text,
            citations: answer.citations,
            grounding: answer.grounding,
            disagreements: answer.disagreements,
            dropped: answer.dropped,
            generation: answer.generation,
            ..self.blank()
        }
    }

    /// The reply that says that the documents do not say.
    fn not_found(self, generation: Option<GenerationSummary>) -> Answer {
        let Prepared {
            inputs,
            options,
            language,
            ..
        } = self.prepared;
        Answer {
            text: language.not_found().to_owned(),
            closest: inputs.hits.iter().take(options.closest).cloned().collect(),
            generation,
            ..self.blank()
        }
    }

    /// The best sentence of the evidence as it stands.
    fn extract(self, probability: f32) -> Answer {
        let worth_quoting = self.prepared.options.calibration.worth_quoting;
        let citation = self
            .prepared
            .evidence
            .best_sentence()
            .filter(|_| probability >= worth_quoting);
        let Some(citation) = citation else {
            return self.not_found(None);
        };
        Answer {
            text: format!(
                "{} [{}]",
                self.prepared.language.quoted(&citation.quote),
                citation.number
            ),
            citations: vec![citation],
            grounding: Grounding::Grounded,
            ..self.blank()
        }
    }
}

/// Writes quotations that contradict each other into the answer, in their order.
fn disagree(answer: &mut Answer, language: AnswerLanguage, sides: Vec<(Citation, String)>) {
    let mut disagreement = rushlight_core::Disagreement {
        citations: Vec::new(),
        values: Vec::new(),
    };
    answer.text = language.disagreement().to_owned();
    answer.citations.clear();
    for (number, (citation, value)) in (1..).zip(sides) {
        answer.text.push_str(&format!(
            "\n{}: {} [{number}]",
            date(citation.date),
            language.quoted(&citation.quote)
        ));
        disagreement.citations.push(number);
        disagreement.values.push(value);
        answer.citations.push(Citation { number, ..citation });
    }
    answer.disagreements.push(disagreement);
}

/// The mean of what is known.
fn mean(alone: Option<f32>, all: Option<f32>) -> Option<f32> {
    match (alone, all) {
        (Some(alone), Some(all)) => Some(f32::midpoint(alone, all)),
        (alone, all) => alone.or(all),
    }
}

/// What a probe makes of the model's hidden state at the prompt's end; `None` of a model that shows none.
fn probed(
    model: &dyn LanguageModel,
    probe: &Probe,
    prompt: &Prompt,
    on_event: OnEvent<'_>,
) -> Result<Option<f32>> {
    let mut draft = Draft::new("", &[], "");
    let states = model.hidden_states(prompt, &[probe.block()], &mut |event| {
        forward(event, &mut draft, on_event)
    })?;
    Ok(states.and_then(|states| probe.log_odds(states.first()?)))
}

/// The model's odds of yes against no as the next word.
fn odds(model: &dyn LanguageModel, prompt: &Prompt, on_event: OnEvent<'_>) -> Result<f32> {
    // Nothing is written here.
    let mut draft = Draft::new("", &[], "");
    let known = model
        .first_token_log_probabilities(prompt, &YES_NO, &mut |event| forward(event, &mut draft, on_event))?;
    Ok(log_odds(&known))
}

/// The model's events as the asker sees them: of what it writes, what the draft lets through.
pub(crate) fn forward(event: GenerateEvent<'_>, draft: &mut Draft, on_event: OnEvent<'_>) -> ControlFlow<()> {
    match event {
        GenerateEvent::Reading { done, total } => on_event(AnswerEvent::Reading { done, total }),
        GenerateEvent::Thought(thought) => on_event(AnswerEvent::Thought(thought.to_owned())),
        // An empty piece is told, too: whoever withdrew the question ends it.
        GenerateEvent::Piece(piece) => on_event(AnswerEvent::Piece(draft.push(piece))),
    }
}

fn send(on_event: OnEvent<'_>, event: AnswerEvent) -> Result<()> {
    match on_event(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::new(ErrorCode::Cancelled, "the question was cancelled")),
    }
}

fn finish(on_event: OnEvent<'_>, answer: Answer) -> Result<Answer> {
    send(on_event, AnswerEvent::Finished(Box::new(answer.clone())))?;
    Ok(answer)
}

/// Tokens of a text where no model is there to count: a token per Han character, one per four bytes otherwise.
pub(crate) fn rough_tokens(text: &str) -> usize {
    let (han, other) = text.chars().fold((0, 0), |(han, other), c| match c {
        '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => (han + 1, other),
        _ => (han, other + c.len_utf8()),
    });
    han + other.div_ceil(4)
}

#[cfg(test)]
mod tests;
