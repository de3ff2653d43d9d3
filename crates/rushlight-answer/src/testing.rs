//! What this crate's tests share: hits made of text, and a model that says what it is told.

use std::ops::ControlFlow;
use std::sync::Mutex;

use rushlight_core::{
    ChunkId, DocId, DocumentKind, GenerateEvent, GenerationParams, GenerationSummary, Hit, LanguageModel,
    LanguageModelSpec, Locator, ModelMemory, Passage, Prompt, Result, TextSpan, Timestamp,
};

/// Where a hit's chunk begins in its imagined document.
pub(crate) const OFFSET: usize = 1_000;

/// A hit whose document is named after its title.
pub(crate) fn hit(title: &str, text: &str) -> Hit {
    let mut id = [0; 16];
    for (byte, from) in id.iter_mut().zip(title.bytes().chain(std::iter::repeat(7))) {
        *byte = from;
    }
    let mut hit = rushlight_testkit::hit(1, text);
    (hit.doc_id, hit.chunk.doc_id, hit.chunk.id) = (DocId(id), DocId(id), ChunkId(id));
    hit.chunk.span = TextSpan::new(OFFSET, OFFSET + text.len());
    hit.chunk.locator = Locator::Lines { first: 1, last: 9 };
    hit.title = title.to_owned();
    hit.path = format!("/docs/{title}.md");
    hit.date = Timestamp(1_717_200_000_000);
    (hit.scores.keyword, hit.scores.fused) = (Some(1.0), 0.9);
    hit
}

/// A hit of a table without marks between its rows, from its first row on.
pub(crate) fn table(title: &str, text: &str) -> Hit {
    let mut hit = hit(title, text);
    hit.kind = DocumentKind::Table;
    hit.chunk.locator = Locator::Cells {
        sheet: String::new(),
        first: 1,
        last: text.lines().count() as u32,
    };
    hit
}

/// Whole hits as passages.
pub(crate) fn passages(texts: &[&str]) -> Vec<Passage> {
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let hit = hit(&format!("doc {}", index + 1), text);
            Passage {
                number: index as u32 + 1,
                span: hit.chunk.span,
                text: hit.chunk.text.clone(),
                token_count: words(text),
                hit,
            }
        })
        .collect()
}

/// A token per word of four letters or less, more for longer ones and for other scripts.
pub(crate) fn words(text: &str) -> usize {
    text.split_whitespace().map(|word| word.len().div_ceil(4)).sum()
}

/// Answers what it is told to.
pub(crate) struct Scripted {
    spec: LanguageModelSpec,
    answer: String,
    yes: f32,
    /// Its hidden state.
    pub(crate) state: Option<Vec<f32>>,
    /// The same where a prompt has this text.
    pub(crate) state_beside: Option<(&'static str, Vec<f32>)>,
    /// Every prompt it was given.
    pub(crate) prompts: Mutex<Vec<Prompt>>,
}

impl Scripted {
    /// A model that gives `yes` as probability of a yes, and then writes `answer`.
    pub(crate) fn new(yes: f32, answer: &str) -> Self {
        let spec = LanguageModelSpec {
            model_id: "scripted".to_owned(),
            sha256: String::new(),
            context_tokens: 4_096,
        };
        Self {
            spec,
            answer: answer.to_owned(),
            yes,
            state: None,
            state_beside: None,
            prompts: Mutex::new(Vec::new()),
        }
    }
}

impl LanguageModel for Scripted {
    fn spec(&self) -> &LanguageModelSpec {
        &self.spec
    }

    fn memory(&self) -> ModelMemory {
        ModelMemory::default()
    }

    fn count_tokens(&self, text: &str) -> usize {
        words(text)
    }

    fn generate(
        &self,
        prompt: &Prompt,
        params: &GenerationParams,
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<GenerationSummary> {
        self.prompts.lock().expect("one thread").push(prompt.clone());
        let cancelled = || rushlight_core::Error::new(rushlight_core::ErrorCode::Cancelled, "cancelled");
        for piece in self.answer.split_inclusive(' ') {
            if on_event(GenerateEvent::Piece(piece)).is_break() {
                return Err(cancelled());
            }
        }
        Ok(GenerationSummary {
            text: self.answer.clone(),
            generated_tokens: words(&self.answer).min(params.max_tokens),
            ..GenerationSummary::default()
        })
    }

    fn first_token_log_probabilities(
        &self,
        prompt: &Prompt,
        choices: &[&str],
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f32>> {
        self.prompts.lock().expect("one thread").push(prompt.clone());
        let _ = on_event(GenerateEvent::Reading { done: 10, total: 10 });
        Ok(choices
            .iter()
            .map(|choice| match *choice {
                "Yes" => self.yes.ln(),
                "No" => (1.0 - self.yes).ln(),
                _ => f32::NEG_INFINITY,
            })
            .collect())
    }

    fn hidden_states(
        &self,
        prompt: &Prompt,
        blocks: &[usize],
        _: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Vec<f32>>>> {
        let has = |text: &str| {
            prompt
                .messages
                .iter()
                .any(|message| message.content.contains(text))
        };
        let beside = self.state_beside.as_ref().filter(|(text, _)| has(text));
        let state = beside.map(|(_, state)| state).or(self.state.as_ref());
        Ok(state.map(|state| vec![state.clone(); blocks.len()]))
    }

    fn log_probabilities(
        &self,
        prompt: &Prompt,
        text: &str,
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f32>> {
        self.prompts.lock().expect("one thread").push(prompt.clone());
        let _ = on_event(GenerateEvent::Reading { done: 10, total: 10 });
        Ok(vec![-0.1; words(text)])
    }
}
