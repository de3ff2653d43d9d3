//! A question about one fact: search, evidence, the model, the check.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rushlight_answer::{
    AnswerInputs, AnswerLanguage, AnswerOptions, Calibration, Prepared, accept_translation,
    translation_prompt,
};
use rushlight_core::{
    Answer, AnswerEvent, ChunkId, DocId, DocumentKind, EmbedKind, Embedding, ErrorCode, Grounding, Hit,
    LanguageModel, Principal, Result, Route, SearchRequest, TermFound,
};

use super::{AskRequest, send, unless_withdrawn};
use crate::engine::{Engine, Shared, go_on_unless};
use crate::queue::Turn;
use crate::search::{Reading, blocking};

/// Hits that evidence is selected from.
const HITS: usize = 12;

impl Engine {
    /// Answers from the best passages; where they hold no answer, from those of documents in the other of Chinese and English, if these
    /// speak of it more than those in its own language do: a translation that misses its subject is answered by what it speaks of.
    pub(super) async fn fact(
        &self,
        request: AskRequest,
        mut route: Route,
        cancel: Arc<AtomicBool>,
        on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Answer> {
        let question = route.standalone.as_ref().unwrap_or(&request.question).clone();
        let options = self.shared.answer_options(&request);
        let (mut answer, mut on_event) = self
            .read_and_answer(
                &request,
                question.clone(),
                route.clone(),
                options.clone(),
                &cancel,
                on_event,
            )
            .await?;
        if answer.grounding == Grounding::NotFound
            && let Some(translated) = self.in_the_other_language(&request, &question, &cancel).await?
        {
            route.translated = Some(translated.clone());
            send(&mut on_event, AnswerEvent::Route(route.clone()))?;
            let spoken_of = options.calibration.spoken_of(&question, &answer.signals);
            let options = AnswerOptions {
                calibration: options.calibration.asked_again(spoken_of),
                ..options
            };
            let second;
            (second, on_event) = self
                .read_and_answer(&request, translated, route, options, &cancel, on_event)
                .await?;
            if second.grounding != Grounding::NotFound {
                answer = second;
            }
        }
        send(&mut on_event, AnswerEvent::Finished(Box::new(answer.clone())))?;
        Ok(answer)
    }

    /// The question in the other of Chinese and English, as the model translates it; `None` where the asker may read no document in that
    /// language, or the translation cannot be trusted.
    async fn in_the_other_language(
        &self,
        request: &AskRequest,
        question: &str,
        cancel: &Arc<AtomicBool>,
    ) -> Result<Option<String>> {
        let language = AnswerLanguage::of_question(question, &[]);
        let other = match language {
            AnswerLanguage::English => "lang:zh",
            AnswerLanguage::TraditionalChinese | AnswerLanguage::SimplifiedChinese => "lang:en",
        };
        let search = SearchRequest {
            principals: request.principals.clone(),
            spaces: request.spaces.clone(),
            kinds: request.kinds.clone(),
            limit: 1,
            ..SearchRequest::new(other)
        };
        let found = unless_withdrawn(cancel, self.search(search)).await?;
        let Some(text) = found.hits.first().map(|hit| hit.chunk.text.as_str()) else {
            return Ok(None);
        };
        if language.is_of(text) {
            return Ok(None);
        }
        let to = AnswerLanguage::of_question(text, &[]);
        let written = self
            .written_question(request, translation_prompt(question, to), cancel)
            .await?;
        Ok(written.and_then(|written| accept_translation(question, &written, to)))
    }

    /// Answers from the passages that are best for the question, and gives back who is told what happens; that it is finished is not told.
    async fn read_and_answer<F>(
        &self,
        request: &AskRequest,
        question: String,
        route: Route,
        options: AnswerOptions,
        cancel: &Arc<AtomicBool>,
        mut on_event: F,
    ) -> Result<(Answer, F)>
    where
        F: FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    {
        let search = SearchRequest {
            principals: request.principals.clone(),
            spaces: request.spaces.clone(),
            kinds: request.kinds.clone(),
            limit: HITS,
            grouped: false,
            ..SearchRequest::new(&question)
        };
        // It may have to load the embedding model.
        let found = unless_withdrawn(cancel, self.find(search, Reading::Question)).await?;
        let (shared, request, cancel) = (Arc::clone(&self.shared), request.clone(), Arc::clone(cancel));
        blocking(move || {
            let response = found.response;
            let spaces = shared.resolve_spaces(&request.spaces, &request.principals)?;
            let inputs = AnswerInputs {
                question: &question,
                hits: &response.hits,
                unknown: unknown(&response.terms),
                outside: shared.mails_from_outside(&response.hits),
                coverage: shared.ledger.coverage(&spaces, &request.principals)?,
                route,
                fence: &request.fence,
            };
            let mut tell = |event| {
                on_event(event)?;
                go_on_unless(cancel.load(Ordering::Acquire))
            };
            let cosines = |texts: &[&str]| shared.cosines(&question, found.vector.clone(), texts);
            let prepared = Prepared::new(&inputs, &options, &cosines, &mut tell)?;
            let _turn = shared.turn(&request.principals, &cancel, &mut tell)?;
            let model = shared.language_model(&request, &cancel)?;
            let params = request.params();
            // What is finished is told once its places are known and its documents are known to be there still.
            let answer = prepared.answer(model.as_deref(), &params, &mut |event| match event {
                AnswerEvent::Finished(_) => ControlFlow::Continue(()),
                event => tell(event),
            })?;
            // What the model has in memory is another.
            shared.touch();
            let answer = shared.settle(answer, &question, &request.principals)?;
            Ok((answer, on_event))
        })
        .await
    }
}

/// Share of the words, by rarity, that no readable document holds.
fn unknown(terms: &[TermFound]) -> f32 {
    let weigh =
        |terms: &mut dyn Iterator<Item = &TermFound>| terms.map(|term| term.idf.max(0.0)).sum::<f32>();
    let all = weigh(&mut terms.iter());
    if all > 0.0 {
        weigh(&mut terms.iter().filter(|term| term.chunks == 0)) / all
    } else {
        0.0
    }
}

impl Shared {
    /// Waits for the model to be free, and tells who asks how many are before them. Called from blocking threads.
    pub(super) fn turn(
        &self,
        principals: &[Principal],
        cancel: &AtomicBool,
        on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Turn<'_>> {
        self.queue.turn(
            principals,
            &mut |ahead| on_event(AnswerEvent::Waiting { ahead }),
            &|| go_on_unless(cancel.load(Ordering::Acquire)),
        )
    }

    /// The model that is asked, loaded; `None` where that of the settings is not installed. Called by who has the turn.
    pub(super) fn language_model(
        &self,
        request: &AskRequest,
        cancel: &AtomicBool,
    ) -> Result<Option<Arc<dyn LanguageModel>>> {
        let go_on = || go_on_unless(cancel.load(Ordering::Acquire));
        let loaded = self.language_models.load(request.model.as_deref(), &go_on);
        self.touch();
        match loaded {
            Ok(model) => Ok(Some(model)),
            Err(error) if error.code() == ErrorCode::ModelMissing && request.model.is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How answers are made with the model that is asked: when there is one was learnt for each model apart.
    fn answer_options(&self, request: &AskRequest) -> AnswerOptions {
        let options = self.options.answer.clone();
        match request.model.as_deref() {
            Some(id) if id != self.language_models.default_id() => AnswerOptions {
                calibration: Calibration::for_models(id, &self.embedder_spec.model_id),
                ..options
            },
            _ => options,
        }
    }

    /// The cosine of each text with the question, whose vector is computed where the search has none; `None` where there is no
    /// embedding model, which costs the answer a signal and nothing else.
    fn cosines(&self, question: &str, vector: Option<Embedding>, texts: &[&str]) -> Option<Vec<f32>> {
        let embedder = self.embedder.get().ok()?;
        let embed = |kind, texts: &[&str]| {
            let vectors = embedder.embed(kind, texts);
            vectors
                .inspect_err(|error| {
                    tracing::warn!(code = error.code().as_str(), error = %error.chain(), "sentences cannot be compared by meaning");
                })
                .ok()
        };
        let question = match vector {
            Some(vector) => vector,
            None => embed(EmbedKind::Query, &[question])?.pop()?,
        };
        let vectors = embed(EmbedKind::Passage, texts)?;
        Some(vectors.iter().map(|vector| question.cosine(vector)).collect())
    }

    /// Documents that are mails of anybody but the owner. A mail that the ledger does not know any more is one.
    fn mails_from_outside(&self, hits: &[Hit]) -> BTreeSet<DocId> {
        let own = &self.options.own_addresses;
        let is_own = |author: &String| own.iter().any(|own| is_of(author, own));
        let mails: BTreeSet<DocId> = hits
            .iter()
            .filter(|hit| hit.kind == DocumentKind::Mail)
            .map(|hit| hit.doc_id)
            .collect();
        if own.is_empty() {
            return mails;
        }
        mails
            .into_iter()
            .filter(|doc| match self.ledger.document(*doc) {
                Ok(Some(record)) => !record.metadata.authors.iter().any(is_own),
                _ => true,
            })
            .collect()
    }

    /// Gives citations the places of their quotes, and takes back an answer whose documents are not what they were, or not the
    /// asker's to read any more.
    pub(super) fn settle(
        &self,
        mut answer: Answer,
        question: &str,
        principals: &[Principal],
    ) -> Result<Answer> {
        self.narrow(&mut answer);
        let chunks: BTreeSet<ChunkId> = answer
            .passages
            .iter()
            .filter(|passage| {
                answer
                    .citations
                    .iter()
                    .any(|cited| cited.doc_id == passage.hit.doc_id)
            })
            .map(|passage| passage.hit.chunk.id)
            .collect();
        let chunks: Vec<ChunkId> = chunks.into_iter().collect();
        let current = self.ledger.hydrate(&chunks)?;
        let stands = answer.citations.iter().all(|cited| {
            current.iter().any(|record| {
                record.chunk.doc_id == cited.doc_id
                    && record.content_hash == cited.content_hash
                    && record
                        .access
                        .iter()
                        .any(|principal| principals.contains(principal))
            })
        });
        if stands {
            return Ok(answer);
        }
        let language = AnswerLanguage::of_question(question, &[]);
        Ok(Answer {
            text: language.changed_meanwhile().to_owned(),
            citations: Vec::new(),
            grounding: Grounding::NotFound,
            disagreements: Vec::new(),
            closest: Vec::new(),
            ..answer
        })
    }
}

/// Whether a sender as written (`Ada <ada@example.org>`) has this address or an address of this domain.
fn is_of(author: &str, own: &str) -> bool {
    let address = author.rsplit_once('<').map_or(author, |(_, address)| address);
    let address = address.trim_end_matches('>').trim().to_lowercase();
    let own = own.trim().trim_start_matches('@').to_lowercase();
    address == own
        || address
            .strip_suffix(&own)
            .is_some_and(|before| before.ends_with(['@', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_itself_and_of_its_domain() {
        for (author, own, is) in [
            ("Ada <ada@example.org>", "ada@example.org", true),
            ("ADA@Example.org", "example.org", true),
            ("Ada <ada@mail.example.org>", "@example.org", true),
            ("Ada <ada@badexample.org>", "example.org", false),
            ("Eve <eve@example.org>", "ada@example.org", false),
            ("example.org <eve@elsewhere.net>", "example.org", false),
        ] {
            assert_eq!(is_of(author, own), is, "{author} {own}");
        }
    }

    #[test]
    fn unknown_words_are_weighed_by_rarity() {
        let term = |chunks, idf| TermFound {
            term: String::new(),
            chunks,
            idf,
            identifier: false,
        };
        assert_eq!(unknown(&[]), 0.0);
        assert_eq!(unknown(&[term(3, 1.0), term(0, 3.0)]), 0.75);
        assert_eq!(unknown(&[term(3, 1.0)]), 0.0);
    }
}
