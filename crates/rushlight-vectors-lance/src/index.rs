//! The index on disk: one writer, and readers that see the last commit.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

use async_trait::async_trait;
use lancedb::Table;
use lancedb::table::{CompactionOptions, Duration, OptimizeAction};
use rushlight_core::{
    ChunkId, ChunkSet, DocId, Embedding, Error, ErrorCode, Generation, IndexedChunk, IndexedDocument, Result,
    SearchFilter, VectorHit, VectorIndex,
};
use rushlight_vectors_resident::Options;
use tokio::sync::{Mutex, RwLock};

use crate::durable::{read_generation, sync_file_system, write_generation};
use crate::filter::of_documents;
use crate::memory::{Changes, Memory, read};
use crate::rows;
use crate::table::CommittedTable;

const TABLE: &str = "chunks";
/// Documents in one predicate when removing.
const DELETE_BATCH: usize = 256;
/// Rows written at once: with 384 dimensions about 6 MB.
const WRITE_BATCH: usize = 4_096;
/// Threads of one search in memory at most: more than these wait for the memory's bandwidth.
const THREADS: usize = 4;
/// Rows and bytes that one compaction reads at most.
const COMPACT_ROWS: usize = 200_000;
const COMPACT_BYTES: u64 = 512 << 20;

/// How to keep an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanceOptions {
    /// Dimensions of every vector.
    pub dimensions: usize,
    /// Whether a copy of the vectors is kept in memory from the first search on: two bytes for each value.
    pub resident: bool,
}

/// A [`VectorIndex`] in one folder.
pub struct LanceIndex {
    folder: PathBuf,
    dimensions: usize,
    writer: Mutex<Writer>,
    /// Pinned to the version of the last commit: what a commit has half written is never seen.
    reader: Arc<RwLock<Table>>,
    memory: Arc<Memory>,
}

struct Writer {
    table: Table,
    /// What was applied since the last commit; `None` removes.
    pending: Changes,
    generation: Generation,
}

impl LanceIndex {
    /// Opens the index in `folder`, creating it when the folder is missing or empty.
    ///
    /// # Errors
    /// `IndexFailed` when it cannot be read, lacks a part, or holds vectors of other dimensions: delete the folder and open
    /// it again.
    pub async fn open(folder: &Path, options: LanceOptions) -> Result<Self> {
        let LanceOptions { dimensions, resident } = options;
        let failed_io = |error: io::Error| io_failure(folder, "open", error);
        std::fs::create_dir_all(folder).map_err(failed_io)?;
        let empty = std::fs::read_dir(folder).map_err(failed_io)?.next().is_none();
        let path = folder.to_str().ok_or_else(|| {
            Error::new(
                ErrorCode::IndexFailed,
                format!("the path `{}` is not UTF-8", folder.display()),
            )
        })?;
        let failed = |error| failure(folder, "open", error);
        let database = lancedb::connect(path).execute().await.map_err(failed)?;
        if empty {
            database
                .create_empty_table(TABLE, rows::schema(dimensions))
                .execute()
                .await
                .map_err(failed)?;
            sync_file_system(folder)
                .and_then(|()| write_generation(folder, Generation::ZERO))
                .map_err(failed_io)?;
        }
        let generation = read_generation(folder).map_err(failed_io)?;
        let table = database.open_table(TABLE).execute().await.map_err(failed)?;
        if table.schema().await.map_err(failed)?.fields() != rows::schema(dimensions).fields() {
            return Err(Error::new(
                ErrorCode::IndexFailed,
                format!(
                    "the vector index in `{}` is not of {dimensions} dimensions",
                    folder.display()
                ),
            ));
        }
        let reader = database.open_table(TABLE).execute().await.map_err(failed)?;
        reader
            .checkout(table.version().await.map_err(failed)?)
            .await
            .map_err(failed)?;
        let memory = if resident {
            let options = Options {
                dimensions,
                threads: available_parallelism().map_or(1, usize::from).min(THREADS),
            };
            Memory::new(options, table.count_rows(None).await.map_err(failed)? == 0)
        } else {
            Memory::off()
        };
        Ok(Self {
            memory: Arc::new(memory),
            folder: folder.to_owned(),
            dimensions,
            writer: Mutex::new(Writer {
                table,
                pending: Changes::new(),
                generation,
            }),
            reader: Arc::new(RwLock::new(reader)),
        })
    }

    fn check(&self, embedding: &Embedding) -> Result<()> {
        let found = embedding.values().len();
        if found == self.dimensions {
            return Ok(());
        }
        let message = format!(
            "a vector of {found} dimensions where {} are expected",
            self.dimensions
        );
        Err(Error::new(ErrorCode::Internal, message))
    }

    /// Removes and adds; doing it again changes nothing more.
    async fn write(&self, table: &Table, pending: &Changes) -> Result<()> {
        let failed = |error| failure(&self.folder, "write to", error);
        let ids: Vec<DocId> = pending.keys().copied().collect();
        if table.count_rows(None).await.map_err(failed)? > 0 {
            for some in ids.chunks(DELETE_BATCH) {
                table.delete(of_documents(some).as_str()).await.map_err(failed)?;
            }
        }
        let added: Vec<(&IndexedDocument, &IndexedChunk)> = pending
            .values()
            .flatten()
            .flat_map(|document| document.chunks.iter().map(move |chunk| (document, chunk)))
            .collect();
        for some in added.chunks(WRITE_BATCH) {
            let batch = rows::batch(some, self.dimensions).map_err(|error| {
                Error::new(ErrorCode::Internal, "vectors do not make a batch of rows").with_source(error)
            })?;
            table.add(batch).execute().await.map_err(failed)?;
        }
        Ok(())
    }

    /// Writes the table's files through to the disk, off the runtime's threads.
    async fn sync(&self, generation: Option<Generation>) -> Result<()> {
        let folder = self.folder.clone();
        let work = move || {
            sync_file_system(&folder)?;
            generation.map_or(Ok(()), |generation| write_generation(&folder, generation))
        };
        let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other);
        done.and_then(|done| done)
            .map_err(|error| io_failure(&self.folder, "write to", error))
    }

    /// Shows readers the writer's version.
    async fn show(&self, table: &Table) -> Result<()> {
        let failed = |error| failure(&self.folder, "read", error);
        let version = table.version().await.map_err(failed)?;
        self.reader.write().await.checkout(version).await.map_err(failed)
    }

    /// Reads the vectors into memory, unless they are there, and waits until they are. Searches do so by themselves, in the
    /// background, after the first.
    ///
    /// # Errors
    /// `IndexFailed` when the table cannot be read.
    pub async fn load(&self) -> Result<()> {
        let snapshot = async || self.table().await.snapshot().await;
        read(Arc::clone(&self.memory), snapshot).await
    }

    /// Bytes of the copy in memory; `None` while there is none.
    pub fn resident_bytes(&self) -> Option<usize> {
        self.memory.bytes()
    }

    /// Begins to read the vectors into memory. Called after a search was answered, so that a program that asks once and ends
    /// does not wait for it.
    fn want_memory(&self) {
        if !self.memory.is_wanted() {
            return;
        }
        let (memory, reader, folder) = (
            Arc::clone(&self.memory),
            Arc::clone(&self.reader),
            self.folder.clone(),
        );
        tokio::spawn(async move {
            let snapshot = async move || {
                let table = reader.read().await;
                CommittedTable {
                    folder: &folder,
                    table,
                }
                .snapshot()
                .await
            };
            if let Err(error) = read(memory, snapshot).await {
                tracing::warn!(code = error.code().as_str(), error = %error.chain(), "vectors are not in memory");
            }
        });
    }

    /// The last commit, as long as the result is held.
    async fn table(&self) -> CommittedTable<'_> {
        CommittedTable {
            folder: &self.folder,
            table: self.reader.read().await,
        }
    }
}

#[async_trait]
impl VectorIndex for LanceIndex {
    async fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()> {
        for chunk in upserts.iter().flat_map(|document| &document.chunks) {
            let embedding = chunk.embedding.as_ref().ok_or_else(|| {
                Error::new(
                    ErrorCode::Internal,
                    format!("chunk {} has no embedding", chunk.id),
                )
            })?;
            self.check(embedding)?;
        }
        let mut writer = self.writer.lock().await;
        writer.pending.extend(deletes.iter().map(|id| (*id, None)));
        writer.pending.extend(
            upserts
                .iter()
                .map(|document| (document.doc_id, Some(document.clone()))),
        );
        Ok(())
    }

    async fn commit(&self, generation: Generation) -> Result<()> {
        let mut writer = self.writer.lock().await;
        if !writer.pending.is_empty() {
            // Kept until all is written: a commit that failed half-way is repeated whole.
            self.write(&writer.table, &writer.pending).await?;
        }
        // First the rows, then what says that they are there: a crash between leaves the index behind, never ahead.
        self.sync(Some(generation)).await?;
        let pending = std::mem::take(&mut writer.pending);
        writer.generation = generation;
        let shown = self.show(&writer.table).await;
        if shown.is_err() {
            // What is read from now on lacks this commit.
            self.memory.turn_off();
        }
        self.memory.commit(pending);
        shown?;
        tracing::debug!(generation = generation.0, "vector index committed");
        Ok(())
    }

    async fn generation(&self) -> Result<Generation> {
        Ok(self.writer.lock().await.generation)
    }

    async fn nearest(
        &self,
        query: &Embedding,
        filter: &SearchFilter,
        among: Option<&ChunkSet>,
        limit: usize,
    ) -> Result<Vec<VectorHit>> {
        self.check(query)?;
        let found = self
            .memory
            .answer(|memory| memory.nearest(query, filter, among, limit));
        if let Some(found) = found {
            return Ok(found);
        }
        let found = {
            let table = self.table().await;
            match among {
                None => table.nearest(query, filter, limit).await,
                Some(among) => table.nearest_among(query, filter, among, limit).await,
            }
        };
        self.want_memory();
        found
    }

    async fn similarities(
        &self,
        query: &Embedding,
        chunks: &[ChunkId],
        filter: &SearchFilter,
    ) -> Result<Vec<Option<f32>>> {
        self.check(query)?;
        match self
            .memory
            .answer(|memory| memory.similarities(query, chunks, filter))
        {
            Some(found) => Ok(found),
            None => self.table().await.similarities(query, chunks, filter).await,
        }
    }

    async fn similar(&self, doc_id: DocId, filter: &SearchFilter, limit: usize) -> Result<Vec<(DocId, f32)>> {
        match self.memory.answer(|memory| memory.similar(doc_id, filter, limit)) {
            Some(found) => Ok(found),
            None => self.table().await.similar(doc_id, filter, limit).await,
        }
    }

    async fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>> {
        self.table().await.chunks().await
    }

    async fn compact(&self) -> Result<()> {
        let failed = |error| failure(&self.folder, "compact", error);
        let writer = self.writer.lock().await;
        if self.memory.is_reading() {
            // The files it reads would go.
            return Ok(());
        }
        let options = CompactionOptions {
            num_threads: Some(1),
            max_source_rows: Some(COMPACT_ROWS),
            max_source_bytes: Some(COMPACT_BYTES),
            ..CompactionOptions::default()
        };
        let compact = OptimizeAction::Compact {
            options,
            remap_options: None,
        };
        writer.table.optimize(compact).await.map_err(failed)?;
        // The new files are on the disk before the old ones go, and no reader holds a version that goes.
        self.sync(None).await?;
        self.show(&writer.table).await?;
        let _no_reader = self.reader.write().await;
        // This is the only writer, so no file younger than a week can belong to another's unfinished work; and what was
        // removed is to be gone now.
        let prune = OptimizeAction::Prune {
            older_than: Some(Duration::zero()),
            delete_unverified: Some(true),
            error_if_tagged_old_versions: None,
        };
        writer.table.optimize(prune).await.map_err(failed)?;
        Ok(())
    }
}

pub(crate) fn failure(folder: &Path, what: &str, error: lancedb::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut full = false;
    while let Some(inner) = cause {
        full |= inner
            .downcast_ref::<io::Error>()
            .is_some_and(|io| io.kind() == io::ErrorKind::StorageFull);
        cause = inner.source();
    }
    let code = if full {
        ErrorCode::DiskFull
    } else {
        ErrorCode::IndexFailed
    };
    Error::new(
        code,
        format!("cannot {what} the vector index in `{}`", folder.display()),
    )
    .with_source(error)
}

fn io_failure(folder: &Path, what: &str, error: io::Error) -> Error {
    let full = error.kind() == io::ErrorKind::StorageFull;
    let code = if full {
        ErrorCode::DiskFull
    } else {
        ErrorCode::IndexFailed
    };
    Error::new(
        code,
        format!("cannot {what} the vector index in `{}`", folder.display()),
    )
    .with_source(error)
}
