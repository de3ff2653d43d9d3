//! The index on disk: one writer, and a reader that sees the last commit.

use std::fs;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rushlight_core::{
    ChunkId, DocId, Error, ErrorCode, Generation, IndexedDocument, KeywordExplanation, KeywordFound,
    KeywordIndex, MatchingDocuments, Query, Result, SearchFilter, Suggestion,
};
use tantivy::indexer::LogMergePolicy;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

use crate::begun::BegunCache;
use crate::failure::{self, failure};
use crate::find;
use crate::schema::{Fields, VERSION};
use crate::suggest::suggest;
use crate::tokenizer::{self, Analyzer};
use crate::top::Ids;
use crate::view::View;

/// How to keep an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeywordOptions {
    /// Bytes of memory for what is written between two commits; above it, what was written goes to disk uncommitted.
    pub heap_bytes: usize,
}

impl Default for KeywordOptions {
    fn default() -> Self {
        Self {
            heap_bytes: 50_000_000,
        }
    }
}

/// A [`KeywordIndex`] in one folder.
pub struct TantivyIndex {
    folder: PathBuf,
    options: KeywordOptions,
    fields: Fields,
    index: Index,
    reader: IndexReader,
    /// Opened by the first write, dropped when one fails.
    writer: Mutex<Option<IndexWriter>>,
    /// What begins with a letter or two, collected once for each segment.
    pub(crate) begun: BegunCache,
    generation: Mutex<Generation>,
}

impl TantivyIndex {
    /// Opens the index in `folder`, creating it when the folder is missing or empty.
    ///
    /// # Errors
    /// `IndexFailed` when it cannot be read or was written by another version: delete the folder and open it again.
    pub fn open(folder: &Path, options: KeywordOptions) -> Result<Self> {
        let failed = |error: TantivyError| failure(folder, "cannot open", error);
        let (schema, fields) = Fields::schema();
        fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
        let empty = fs::read_dir(folder)
            .map_err(|error| failed(error.into()))?
            .next()
            .is_none();
        let index = if empty {
            Index::create_in_dir(folder, schema.clone())
        } else {
            Index::open_in_dir(folder)
        };
        let index = index.map_err(failed)?;
        index.tokenizers().register(tokenizer::NAME, Analyzer);
        let payload = index.load_metas().map_err(failed)?.payload;
        let generation = match payload.as_deref().map(read_payload) {
            None => Generation::ZERO,
            Some(Some((VERSION, generation))) => generation,
            Some(_) => return Err(other_version(folder)),
        };
        if index.schema() != schema {
            return Err(other_version(folder));
        }
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            options,
            fields,
            index,
            reader,
            writer: Mutex::default(),
            begun: BegunCache::default(),
            generation: Mutex::new(generation),
        })
    }

    fn write<T>(&self, work: impl FnOnce(&mut IndexWriter) -> tantivy::Result<T>) -> Result<T> {
        let mut kept = self.writer.lock();
        let mut writer = match kept.take() {
            Some(writer) => writer,
            None => self
                .open_writer()
                .map_err(|error| failure(&self.folder, "cannot write to", error))?,
        };
        // A writer that failed is not kept: what it held uncommitted is lost, and the next write starts a new one.
        let done = work(&mut writer).map_err(|error| {
            let cause = failure::cause(&mut writer, error);
            failure(&self.folder, "cannot write to", cause)
        })?;
        *kept = Some(writer);
        Ok(done)
    }

    /// Reads the last commit as an asker sees it.
    pub(crate) fn read<T>(
        &self,
        what: &str,
        filter: &SearchFilter,
        work: impl FnOnce(&View<'_>) -> tantivy::Result<T>,
    ) -> Result<T> {
        let searcher = self.reader.searcher();
        View::new(&searcher, &self.fields, &self.begun, filter)
            .and_then(|view| work(&view))
            .map_err(|error| failure(&self.folder, what, error))
    }

    fn open_writer(&self) -> tantivy::Result<IndexWriter> {
        let writer = self.index.writer_with_num_threads(1, self.options.heap_bytes)?;
        let mut merging = LogMergePolicy::default();
        // Half of a segment may be dead otherwise: postings of deleted documents count in the term statistics.
        merging.set_del_docs_ratio_before_merge(0.25);
        writer.set_merge_policy(Box::new(merging));
        // Files are numbered on from the last commit. What an end before its commit left lying would bear the names of the
        // next ones, and those are never overwritten.
        writer.garbage_collect_files().wait()?;
        Ok(writer)
    }
}

impl KeywordIndex for TantivyIndex {
    fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()> {
        self.write(|writer| {
            for doc_id in deletes
                .iter()
                .chain(upserts.iter().map(|document| &document.doc_id))
            {
                writer.delete_term(Term::from_field_bytes(self.fields.doc, &doc_id.0));
            }
            for document in upserts {
                for row in self.fields.rows(document) {
                    writer.add_document(row)?;
                }
            }
            Ok(())
        })
    }

    fn commit(&self, generation: Generation) -> Result<()> {
        self.write(|writer| {
            let mut commit = writer.prepare_commit()?;
            commit.set_payload(&write_payload(generation));
            commit.commit()?;
            self.reader.reload()
        })?;
        let searcher = self.reader.searcher();
        self.begun.keep(
            searcher
                .segment_readers()
                .iter()
                .map(tantivy::SegmentReader::segment_id),
        );
        *self.generation.lock() = generation;
        tracing::debug!(generation = generation.0, "keyword index committed");
        Ok(())
    }

    fn generation(&self) -> Result<Generation> {
        Ok(*self.generation.lock())
    }

    fn search(&self, query: &Query, filter: &SearchFilter, limit: usize) -> Result<KeywordFound> {
        self.read("cannot search", filter, |view| find::search(query, view, limit))
    }

    fn matching(&self, query: &Query, filter: &SearchFilter) -> Result<Vec<ChunkId>> {
        self.read("cannot search", filter, |view| find::matching(query, view))
    }

    fn documents(&self, query: &Query, filter: &SearchFilter) -> Result<MatchingDocuments> {
        self.read("cannot search", filter, |view| find::documents(query, view))
    }

    fn suggest(&self, typed: &str, filter: &SearchFilter, limit: usize) -> Result<Vec<Suggestion>> {
        self.read("cannot search", filter, |view| suggest(typed, view, limit))
    }

    fn explain(
        &self,
        query: &Query,
        filter: &SearchFilter,
        chunk: ChunkId,
    ) -> Result<Option<KeywordExplanation>> {
        self.read("cannot search", filter, |view| find::why(query, view, chunk))
    }

    fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>> {
        let failed = |error| failure(&self.folder, "cannot read", error);
        let mut all = Vec::new();
        for segment in self.reader.searcher().segment_readers() {
            let ids = Ids::open(segment).map_err(failed)?;
            all.extend(segment.doc_ids_alive().map(|row| ids.of(row)));
        }
        Ok(all)
    }
}

fn write_payload(generation: Generation) -> String {
    format!("{VERSION} {generation}")
}

fn read_payload(payload: &str) -> Option<(u32, Generation)> {
    let (version, generation) = payload.split_once(' ')?;
    Some((version.parse().ok()?, Generation(generation.parse().ok()?)))
}

fn other_version(folder: &Path) -> Error {
    Error::new(
        ErrorCode::IndexFailed,
        format!(
            "the keyword index in `{}` is of another version",
            folder.display()
        ),
    )
}
