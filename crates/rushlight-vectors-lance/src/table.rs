//! Reads of the table by LanceDB itself: exact, in time that grows with the bytes of all vectors.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use futures::TryStreamExt;
use lancedb::arrow::SendableRecordBatchStream;
use lancedb::query::{ExecutableQuery, QueryBase, Select};
use lancedb::{DistanceType, Table};
use rushlight_core::{
    ChunkId, ChunkSet, DocId, Embedding, Error, ErrorCode, Result, SearchFilter, VectorHit, dot,
};
use rushlight_vectors_resident::Fields;
use tokio::sync::RwLockReadGuard;

use crate::filter::{of_chunks, of_documents, predicate};
use crate::index::failure;
use crate::rows;

/// Chunks in one predicate.
const CHUNKS: usize = 256;
/// LanceDB's cosines and ours differ by rounding alone, which stays below this.
const ROUNDING: f32 = 1e-5;

/// The table at the version of the last commit.
pub(crate) struct CommittedTable<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) table: RwLockReadGuard<'a, Table>,
}

impl CommittedTable<'_> {
    pub(crate) async fn nearest(
        &self,
        query: &Embedding,
        filter: &SearchFilter,
        limit: usize,
    ) -> Result<Vec<VectorHit>> {
        let Some(predicate) = predicate(filter) else {
            return Ok(Vec::new());
        };
        let rows = self.table.count_rows(None).await;
        let rows = rows.map_err(|error| failure(self.folder, "search", error))?;
        let limit = limit.min(rows);
        if limit == 0 {
            return Ok(Vec::new());
        }
        // LanceDB breaks ties as it likes: ask for more until the last place is not shared with a row left out.
        let mut asked = limit.saturating_add(16).min(rows);
        loop {
            let mut hits = self.scan(query, &predicate, asked).await?;
            sort(&mut hits);
            let complete = hits.len() < asked || asked == rows;
            if complete || hits[limit - 1].similarity > hits[asked - 1].similarity + ROUNDING {
                hits.truncate(limit);
                return Ok(hits);
            }
            asked = asked.saturating_mul(4).min(rows);
        }
    }

    /// The nearest `limit` rows, in LanceDB's order.
    async fn scan(&self, query: &Embedding, predicate: &str, limit: usize) -> Result<Vec<VectorHit>> {
        let failed = |error| failure(self.folder, "search", error);
        let mut batches = self
            .table
            .query()
            .nearest_to(query.values())
            .map_err(failed)?
            .column("vector")
            .distance_type(DistanceType::Cosine)
            .bypass_vector_index()
            .only_if(predicate)
            .select(Select::columns(&["chunk_id", "doc_id", "vector", "_distance"]))
            .limit(limit)
            .execute()
            .await
            .map_err(failed)?;
        let mut hits = Vec::new();
        while let Some(batch) = batches.try_next().await.map_err(failed)? {
            self.hits(&batch, query, |hit| hits.push(hit))?;
        }
        Ok(hits)
    }

    /// Reads every row that passes the filter, and keeps the best of those that are among the set.
    pub(crate) async fn nearest_among(
        &self,
        query: &Embedding,
        filter: &SearchFilter,
        among: &ChunkSet,
        limit: usize,
    ) -> Result<Vec<VectorHit>> {
        let Some(predicate) = predicate(filter) else {
            return Ok(Vec::new());
        };
        let mut best = Vec::new();
        let mut batches = self.read(&predicate).await?;
        while let Some(batch) = self.next(&mut batches).await? {
            self.hits(&batch, query, |hit| {
                if among.contains(&hit.chunk_id) {
                    best.push(hit);
                }
            })?;
            sort(&mut best);
            best.truncate(limit);
        }
        Ok(best)
    }

    pub(crate) async fn similarities(
        &self,
        query: &Embedding,
        chunks: &[ChunkId],
        filter: &SearchFilter,
    ) -> Result<Vec<Option<f32>>> {
        let Some(predicate) = predicate(filter) else {
            return Ok(vec![None; chunks.len()]);
        };
        let mut known: HashMap<ChunkId, f32> = HashMap::new();
        for some in chunks.chunks(CHUNKS) {
            let mut batches = self.read(&format!("{predicate} AND {}", of_chunks(some))).await?;
            while let Some(batch) = self.next(&mut batches).await? {
                self.hits(&batch, query, |hit| {
                    known.insert(hit.chunk_id, hit.similarity);
                })?;
            }
        }
        Ok(chunks.iter().map(|chunk| known.get(chunk).copied()).collect())
    }

    pub(crate) async fn similar(
        &self,
        doc_id: DocId,
        filter: &SearchFilter,
        limit: usize,
    ) -> Result<Vec<(DocId, f32)>> {
        let readable = SearchFilter {
            principals: filter.principals.clone(),
            ..SearchFilter::default()
        };
        let (Some(predicate), Some(readable)) = (predicate(filter), predicate(&readable)) else {
            return Ok(Vec::new());
        };
        let given = format!("{readable} AND {}", of_documents(&[doc_id]));
        let mut batches = self.read(&given).await?;
        let mut vectors: Vec<(ChunkId, Embedding)> = Vec::new();
        while let Some(batch) = self.next(&mut batches).await? {
            let (ids, values) = rows::ids(&batch)
                .zip(rows::vectors(&batch))
                .ok_or_else(|| self.broken_row())?;
            for ((chunk, _), values) in ids.into_iter().zip(values) {
                vectors.push((chunk, Embedding::normalized(values.to_vec())?));
            }
        }
        vectors.sort_unstable_by_key(|(chunk, _)| *chunk);
        let Some(mean) = Embedding::mean(vectors.iter().map(|(_, vector)| vector)) else {
            return Ok(Vec::new());
        };
        let mut best: HashMap<DocId, f32> = HashMap::new();
        let mut batches = self.read(&predicate).await?;
        while let Some(batch) = self.next(&mut batches).await? {
            self.hits(&batch, &mean, |hit| {
                let known = best.entry(hit.doc_id).or_insert(hit.similarity);
                *known = known.max(hit.similarity);
            })?;
        }
        best.remove(&doc_id);
        let mut found: Vec<(DocId, f32)> = best.into_iter().collect();
        found.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(limit);
        Ok(found)
    }

    pub(crate) async fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>> {
        let failed = |error| failure(self.folder, "read", error);
        let query = self
            .table
            .query()
            .select(Select::columns(&["chunk_id", "doc_id"]));
        let mut batches = query.execute().await.map_err(failed)?;
        let mut all = Vec::new();
        while let Some(batch) = batches.try_next().await.map_err(failed)? {
            all.extend(rows::ids(&batch).ok_or_else(|| self.broken_row())?);
        }
        Ok(all)
    }

    /// Every row of the last commit, to be read once.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        let failed = |error| failure(self.folder, "read", error);
        Ok(Snapshot {
            folder: self.folder.to_owned(),
            batches: self.table.query().execute().await.map_err(failed)?,
        })
    }

    async fn read(&self, predicate: &str) -> Result<SendableRecordBatchStream> {
        let failed = |error| failure(self.folder, "read", error);
        let query = self.table.query().only_if(predicate);
        let query = query.select(Select::columns(&["chunk_id", "doc_id", "vector"]));
        query.execute().await.map_err(failed)
    }

    async fn next(&self, batches: &mut SendableRecordBatchStream) -> Result<Option<RecordBatch>> {
        batches
            .try_next()
            .await
            .map_err(|error| failure(self.folder, "read", error))
    }

    fn hits(&self, batch: &RecordBatch, query: &Embedding, mut each: impl FnMut(VectorHit)) -> Result<()> {
        let (ids, vectors) = rows::ids(batch)
            .zip(rows::vectors(batch))
            .ok_or_else(|| self.broken_row())?;
        for ((chunk_id, doc_id), vector) in ids.into_iter().zip(vectors) {
            each(VectorHit {
                chunk_id,
                doc_id,
                similarity: dot(query.values(), vector),
            });
        }
        Ok(())
    }

    fn broken_row(&self) -> Error {
        broken_row(self.folder)
    }
}

/// The rows of one version of the table. Commits after it do not change them; pruning may end them early.
pub(crate) struct Snapshot {
    folder: PathBuf,
    batches: SendableRecordBatchStream,
}

impl Snapshot {
    /// Hands out the rows of one batch; `false` when there is none left.
    pub(crate) async fn next(&mut self, row: impl FnMut(Fields<'_>, ChunkId, &[f32])) -> Result<bool> {
        let failed = |error| failure(&self.folder, "read", error);
        let Some(batch) = self.batches.try_next().await.map_err(failed)? else {
            return Ok(false);
        };
        rows::each(&batch, row).ok_or_else(|| broken_row(&self.folder))?;
        Ok(true)
    }
}

fn broken_row(folder: &Path) -> Error {
    Error::new(
        ErrorCode::IndexFailed,
        format!("the vector index in `{}` has a broken row", folder.display()),
    )
}

/// Nearest first, ties by chunk id.
fn sort(hits: &mut [VectorHit]) {
    hits.sort_unstable_by(|a, b| {
        b.similarity
            .total_cmp(&a.similarity)
            .then(a.chunk_id.cmp(&b.chunk_id))
    });
}
