//! What an answer was made with beside its passages, and what has become since of the documents it was made from.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rushlight_answer::prompt_template_hash;
use rushlight_core::{
    Answer, AnswerEvent, ContentHash, DocId, FileStatus, Generation, GenerationParams, LanguageModelSpec,
    Locator, Principal, Result, ScanEntry, TextSpan, Timestamp,
};
use rushlight_ingest::place_of;
use rushlight_ledger::DocumentRecord;

use crate::ask::AskRequest;
use crate::document::may_read;
use crate::engine::Engine;
use crate::search::blocking;

/// What a question was answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct AskRecord {
    /// When it was asked.
    pub asked: Timestamp,
    /// What tells this data folder from others.
    pub library: String,
    /// How far the indexes of the spaces to be searched had come when the question was taken.
    pub indexes: Vec<IndexState>,
    /// Identity of the keyword index's form and analyzer.
    pub analyzer: String,
    /// Identity of the embedding model.
    pub embedding_model: String,
    /// The language model, where it took part.
    pub language_model: Option<LanguageModelSpec>,
    /// Hash of what the program itself says to the model, in hexadecimal digits.
    pub prompt_templates: String,
    /// How the model was to write.
    pub params: GenerationParams,
}

/// How far the indexes of a space have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexState {
    /// Name of the space.
    pub space: String,
    /// Of the keyword index; `None` where it cannot be asked.
    pub by_word: Option<Generation>,
    /// Of the vector index; `None` where it cannot be asked.
    pub by_meaning: Option<Generation>,
}

/// A stretch of a document as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The document.
    pub doc_id: DocId,
    /// The version of it.
    pub content_hash: ContentHash,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Where it stood in the document's text.
    pub span: TextSpan,
    /// What stood there.
    pub text: StretchText,
}

/// What is known of a stretch's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StretchText {
    /// The text: it is found again wherever it stands.
    Whole(String),
    /// Its BLAKE3: it is recognised at its place.
    Hash([u8; 32]),
}

/// What became of a stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StretchNow {
    /// How the document is.
    pub document: DocumentNow,
    /// Where its file is, when it was moved.
    pub moved_to: Option<String>,
    /// Where the text stands; `None` where it stands nowhere, or nobody can say.
    pub found: Option<(TextSpan, Locator)>,
}

/// How a document is, compared with one that was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentNow {
    /// The version that was read, with the same text at the place.
    Unchanged,
    /// Another version, or read otherwise.
    Changed,
    /// The file changed or went away since it was last read: what it says now is not known.
    NotIndexed,
    /// Not there.
    Gone,
    /// There, and none of the asker's principals may read it.
    NotReadable,
}

impl AskRequest {
    /// How the model is to write: greedy, which the decision whether there is an answer was calibrated for.
    pub fn params(&self) -> GenerationParams {
        GenerationParams {
            max_tokens: self.max_tokens,
            thinking_tokens: self.thinking_tokens,
            ..GenerationParams::default()
        }
    }
}

impl Engine {
    /// [`Engine::ask`], and with what.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub async fn ask_with_record(
        &self,
        request: AskRequest,
        cancel: Arc<AtomicBool>,
        on_event: impl FnMut(AnswerEvent) -> ControlFlow<()> + Send + 'static,
    ) -> Result<(Answer, AskRecord)> {
        let shared = &self.shared;
        let asked = shared.clock.now();
        let params = request.params();
        let indexes = self.index_states(&request.spaces).await?;
        let answer = self.ask(request, cancel, on_event).await?;
        let language_model = shared.language_models.spec(&answer.model_id);
        let of_ledger = Arc::clone(shared);
        let library = blocking(move || of_ledger.ledger.library()).await?;
        let record = AskRecord {
            asked,
            library,
            indexes,
            analyzer: self.analyzer(),
            embedding_model: shared.embedder_spec.model_id.clone(),
            language_model,
            prompt_templates: self.prompt_templates(),
            params,
        };
        Ok((answer, record))
    }

    /// Identity of the keyword index's form and analyzer.
    pub fn analyzer(&self) -> String {
        self.shared.indexes.factory().analyzer()
    }

    /// Hash of what the program itself says to the model, in hexadecimal digits.
    pub fn prompt_templates(&self) -> String {
        prompt_template_hash()
    }

    /// How far the indexes of these spaces have come; of all for none.
    ///
    /// # Errors
    /// `LedgerFailed`; an index that cannot be asked is its state.
    pub async fn index_states(&self, spaces: &[String]) -> Result<Vec<IndexState>> {
        let shared = Arc::clone(&self.shared);
        let names = spaces.to_vec();
        let by_word = blocking(move || {
            let wanted = |name: &String| names.is_empty() || names.contains(name);
            let spaces = shared.ledger.spaces()?.into_iter();
            Ok(spaces
                .filter(|space| wanted(&space.name))
                .map(|space| {
                    let generation = shared
                        .indexes
                        .keyword(space.id)
                        .and_then(|index| index.generation());
                    (space, generation.ok())
                })
                .collect::<Vec<_>>())
        })
        .await?;
        let mut states = Vec::with_capacity(by_word.len());
        for (space, by_word) in by_word {
            let by_meaning = match self.shared.indexes.vector(space.id).await {
                Ok(index) => index.generation().await.ok(),
                Err(_) => None,
            };
            states.push(IndexState {
                space: space.name,
                by_word,
                by_meaning,
            });
        }
        Ok(states)
    }

    /// Compares a stretch with the document as it is now. A document that is not there under its id is looked for at its
    /// path. Of one that the asker may not read nothing is told but that.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn stretch_now(&self, stretch: &Stretch, principals: &[Principal]) -> Result<StretchNow> {
        let state = |document| StretchNow {
            document,
            moved_to: None,
            found: None,
        };
        let ledger = self.ledger();
        let mut record = ledger.document(stretch.doc_id)?;
        if record.is_none() {
            let there = ledger.documents_at(&stretch.path, principals)?;
            if let Some(other) = there.iter().find(|document| document.part == stretch.part) {
                record = ledger.document(other.doc_id)?;
            }
        }
        let Some(record) = record else {
            return Ok(state(DocumentNow::Gone));
        };
        let summary = &record.summary;
        if !may_read(&summary.access, principals) {
            return Ok(state(DocumentNow::NotReadable));
        }
        let moved_to = (summary.path != stretch.path).then(|| summary.path.clone());
        if !self.is_as_indexed(&record)? {
            return Ok(StretchNow {
                moved_to,
                ..state(DocumentNow::NotIndexed)
            });
        }
        let found = stretch.found_in(&record.text);
        let unchanged = summary.content_hash == stretch.content_hash && found == Some(stretch.span);
        Ok(StretchNow {
            document: match unchanged {
                true => DocumentNow::Unchanged,
                false => DocumentNow::Changed,
            },
            moved_to,
            found: found.map(|span| (span, place_of(&record.text, &record.blocks, &record.lines, span))),
        })
    }

    /// False when the file is not as it was when it was last read. Where its folder is offline, nobody knows better.
    fn is_as_indexed(&self, record: &DocumentRecord) -> Result<bool> {
        if matches!(record.file.status, FileStatus::Waiting) {
            return Ok(false);
        }
        let source = self.ledger().source(record.summary.source_id)?;
        let Ok(opened) = self.shared.source(&source) else {
            return Ok(true);
        };
        let known = &record.file.stamp;
        let mut as_known = false;
        let summary = opened.scan(&known.path, &mut |entry| {
            if let ScanEntry::File(stamp) = entry
                && stamp.path == known.path
            {
                as_known = (stamp.size, stamp.modified_ns) == (known.size, known.modified_ns);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        Ok(match summary {
            Ok(summary) => as_known || !summary.online || summary.unreadable > 0,
            Err(_) => true,
        })
    }
}

impl Stretch {
    /// Where it stands in the text: at its place if it can, else where it stands first.
    fn found_in(&self, text: &str) -> Option<TextSpan> {
        let there = self.span.of(text);
        match &self.text {
            StretchText::Whole(quote) if there == Some(quote.as_str()) => Some(self.span),
            StretchText::Whole(quote) if quote.is_empty() => None,
            StretchText::Whole(quote) => text
                .find(quote.as_str())
                .map(|start| TextSpan::new(start, start + quote.len())),
            StretchText::Hash(hash) => there
                .is_some_and(|there| blake3::hash(there.as_bytes()).as_bytes() == hash)
                .then_some(self.span),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(start: usize, text: StretchText, length: usize) -> Stretch {
        Stretch {
            doc_id: DocId([1; 16]),
            content_hash: ContentHash([2; 32]),
            path: "/notes/tea.md".to_owned(),
            part: String::new(),
            span: TextSpan::new(start, start + length),
            text,
        }
    }

    #[test]
    fn a_quote_is_found_wherever_it_stands_and_a_hash_at_its_place() {
        let text = "綠茶。Steep at 70. Steep at 70.";
        let quote = |start| stretch(start, StretchText::Whole("Steep at 70.".to_owned()), 12);
        assert_eq!(
            quote(22).found_in(text),
            Some(TextSpan::new(22, 34)),
            "at its place"
        );
        assert_eq!(quote(9).found_in(text), Some(TextSpan::new(9, 21)));
        for elsewhere in [0, 1, 30, 900] {
            assert_eq!(
                quote(elsewhere).found_in(text),
                Some(TextSpan::new(9, 21)),
                "{elsewhere}"
            );
        }
        assert_eq!(quote(9).found_in("Steep at 80."), None);

        let hash = StretchText::Hash(*blake3::hash("綠茶".as_bytes()).as_bytes());
        assert_eq!(
            stretch(0, hash.clone(), 6).found_in(text),
            Some(TextSpan::new(0, 6))
        );
        assert_eq!(stretch(3, hash.clone(), 6).found_in(text), None);
        assert_eq!(stretch(1, hash, 6).found_in(text), None, "inside a character");
    }
}
