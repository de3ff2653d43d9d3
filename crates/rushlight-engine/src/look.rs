//! Looking at one file: read, parse, chunk. Everything that can go wrong becomes the file's state.

use std::collections::HashMap;

use rushlight_core::{
    ChunkId, DocId, EmbeddingKey, Error, ErrorCode, FileRecord, ParsedDocument, ParsedFile, Parser,
    Principal, Result, Source, TokenCounter, confidence_of,
};
use rushlight_ingest::{ChunkOptions, chunk, chunk_id, embedding_key, embedding_text, title_is_embedded};
use rushlight_ledger::{
    ChunkedBy, CompletedFile, FileOutcome, Ledger, NewChunk, NewDocument, RechunkDocument, Rechunked,
};

use crate::engine::Shared;
use crate::scans::{Desk, Lane, LazyRecogniser};

/// The word for a file that has no text of its own and will be recognised: it is left out until then.
const AWAITS_RECOGNITION: &str = "awaits_recognition";

/// What looking at files needs beside the file.
pub(crate) struct Looker<'a> {
    ledger: &'a Ledger,
    parser: &'a dyn Parser,
    recogniser: Option<&'a LazyRecogniser>,
    tokens: &'a dyn TokenCounter,
    options: &'a ChunkOptions,
    chunked_by: &'a ChunkedBy,
}

impl Shared {
    /// Looks at files as this engine is set up.
    pub(crate) fn looker(&self) -> Looker<'_> {
        Looker {
            ledger: &self.ledger,
            parser: &*self.parser,
            recogniser: self.recogniser.as_ref(),
            tokens: &*self.tokens,
            options: &self.options.chunk,
            chunked_by: &self.chunked_by,
        }
    }
}

impl Looker<'_> {
    /// What became of the file.
    ///
    /// # Errors
    /// Only the ledger's; the file's own are its state.
    pub(crate) fn look_at(&self, source: &dyn Source, file: &FileRecord) -> Result<CompletedFile> {
        self.complete(source, file, self.desk(), false)
    }

    /// What becomes of a file that was looked at before when its scans are read.
    ///
    /// # Errors
    /// Only the ledger's.
    pub(crate) fn read_scans(
        &self,
        source: &dyn Source,
        file: &FileRecord,
        lane: &Lane<'_>,
    ) -> Result<CompletedFile> {
        self.complete(
            source,
            file,
            Desk::new(self.ledger, self.recogniser, Some(lane)),
            true,
        )
    }

    /// What a parser is told of scans while nobody reads them.
    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk::new(self.ledger, self.recogniser, None)
    }

    fn complete(
        &self,
        source: &dyn Source,
        file: &FileRecord,
        desk: Desk<'_>,
        again: bool,
    ) -> Result<CompletedFile> {
        let mut outcome = match self.read(source, file, &desk, again) {
            Ok(outcome) => outcome?,
            Err(error) => FileOutcome::Failed {
                code: error.code(),
                message: error.chain(),
            },
        };
        let (scans, some_wait) = desk.close()?;
        if let FileOutcome::Skipped(reason) = &mut outcome
            && some_wait
        {
            reason.code = AWAITS_RECOGNITION.to_owned();
        }
        Ok(CompletedFile {
            file: file.id,
            stamp: file.stamp.clone(),
            parser_version: self.parser.version(),
            outcome,
            scans,
        })
    }

    /// The outer error is the file's, the inner one the ledger's.
    fn read(
        &self,
        source: &dyn Source,
        file: &FileRecord,
        desk: &Desk<'_>,
        again: bool,
    ) -> Result<Result<FileOutcome>, Error> {
        let raw = source.fetch(&file.stamp)?;
        if !again
            && file.content_hash == Some(raw.content_hash)
            && file.parser_version == self.parser.version()
        {
            return Ok(Ok(FileOutcome::Unchanged));
        }
        let content_hash = raw.content_hash;
        match self.ledger.crash(content_hash, self.parser.version()) {
            Err(error) => return Ok(Err(error)),
            Ok(Some((code, message))) => return Ok(Ok(FileOutcome::Failed { code, message })),
            Ok(None) => {}
        }
        Ok(match self.parser.parse_with(&raw, desk) {
            Err(error) if error.code() == ErrorCode::ParserFailed => self
                .ledger
                .note_crash(content_hash, self.parser.version(), error.code(), &error.chain())
                .map(|()| FileOutcome::Failed {
                    code: error.code(),
                    message: error.chain(),
                }),
            Err(error) => return Err(error),
            Ok(ParsedFile::Skipped(reason)) => Ok(FileOutcome::Skipped(reason)),
            Ok(ParsedFile::Documents(documents)) => {
                self.documents(file, documents)
                    .map(|documents| FileOutcome::Indexed {
                        content_hash,
                        documents,
                    })
            }
        })
    }

    /// The documents of the file as the ledger takes them, under the ids that they have already.
    pub(crate) fn documents(
        &self,
        file: &FileRecord,
        parsed: Vec<ParsedDocument>,
    ) -> Result<Vec<NewDocument>> {
        let parts: Vec<(&str, &str)> = parsed
            .iter()
            .map(|document| (document.part.as_str(), document.part_key.as_str()))
            .collect();
        let ids = self.ledger.document_ids(file.id, &parts)?;
        Ok(ids
            .into_iter()
            .zip(parsed)
            .map(|(doc_id, document)| self.document(doc_id, &file.stamp.path, document))
            .collect())
    }

    /// Some of the file's documents, each with a key, under the ids that they have already.
    pub(crate) fn some_documents(
        &self,
        file: &FileRecord,
        parsed: Vec<ParsedDocument>,
    ) -> Result<Vec<NewDocument>> {
        let keys: Vec<&str> = parsed.iter().map(|document| document.part_key.as_str()).collect();
        let ids = self.ledger.document_ids_by_key(file.id, &keys)?;
        Ok(ids
            .into_iter()
            .zip(parsed)
            .map(|(doc_id, document)| self.document(doc_id, &file.stamp.path, document))
            .collect())
    }

    fn document(&self, doc_id: DocId, path: &str, document: ParsedDocument) -> NewDocument {
        let title_embedded = title_is_embedded(path, &document);
        NewDocument {
            doc_id,
            chunks: self.chunks(doc_id, title_embedded, &document),
            title_embedded,
            access: vec![Principal::owner()],
            chunked_by: self.chunked_by.clone(),
            document,
        }
    }

    /// A document's chunks made anew from what the ledger has of it.
    pub(crate) fn rechunk(&self, entry: &RechunkDocument) -> Rechunked {
        let title_embedded = title_is_embedded(&entry.path, &entry.document);
        Rechunked {
            doc_id: entry.doc_id,
            title_embedded,
            chunks: self.chunks(entry.doc_id, title_embedded, &entry.document),
        }
    }

    fn chunks(&self, doc_id: DocId, title_embedded: bool, document: &ParsedDocument) -> Vec<NewChunk> {
        let title = if title_embedded {
            document.title.as_str()
        } else {
            ""
        };
        let mut occurrences: HashMap<EmbeddingKey, u32> = HashMap::new();
        let mut new_chunk = |draft: rushlight_ingest::ChunkDraft| {
            let text = &document.text[draft.span.range()];
            let key = embedding_key(
                &self.chunked_by.model_id,
                &embedding_text(title, &draft.heading_path, text),
            );
            let occurrence = occurrences.entry(key).or_default();
            let id: ChunkId = chunk_id(doc_id, key, *occurrence);
            *occurrence += 1;
            NewChunk {
                id,
                span: draft.span,
                locator: draft.locator,
                heading_path: draft.heading_path,
                token_count: draft.token_count,
                embedding_key: key,
                origin: draft.origin,
                confidence: confidence_of(&document.recognised, draft.span),
            }
        };
        chunk(document, self.tokens, self.options)
            .into_iter()
            .map(&mut new_chunk)
            .collect()
    }
}
