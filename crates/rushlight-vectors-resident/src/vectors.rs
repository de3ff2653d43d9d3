//! The rows, and what can be asked of them.

use hashbrown::HashTable;
use rushlight_core::{ChunkId, ChunkSet, DocId, Embedding, SearchFilter, VectorHit};

use crate::compare::Comparer;
use crate::documents::{Admission, Documents, Fields, hash};
use crate::gather::{Among, Search};
use crate::plane::Plane;
use crate::quantize::{WholeQuery, decode, encode, exact};

/// A set of chunks below this share of the rows is looked up chunk by chunk; above it, rows are looked up in the set.
const FEW: usize = 8;
/// Rows that are gone, at least, before gaps are worth closing.
const GAPS: usize = 1_024;

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Values of every vector.
    pub dimensions: usize,
    /// Threads of one search at most, the caller's own among them.
    pub threads: usize,
}

/// The vectors of one index. All of it shows every change at once; a caller who changes it while others search puts a lock
/// around it.
#[derive(Debug)]
pub struct ResidentVectors {
    options: Options,
    comparer: Comparer,
    documents: Documents,
    coarse: Plane,
    fine: Plane,
    scales: Vec<f32>,
    chunks: Vec<ChunkId>,
    by_chunk: HashTable<u32>,
    /// Rows of documents that are gone.
    gone: usize,
}

impl ResidentVectors {
    /// Holds nothing.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            comparer: Comparer::detect(),
            documents: Documents::default(),
            coarse: Plane::new(options.dimensions),
            fine: Plane::new(options.dimensions),
            scales: Vec::new(),
            chunks: Vec::new(),
            by_chunk: HashTable::new(),
            gone: 0,
        }
    }

    /// Number of chunks.
    pub fn len(&self) -> usize {
        self.chunks.len() - self.gone
    }

    /// Whether it holds no chunk.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory it takes, access lists left out.
    pub fn bytes(&self) -> usize {
        self.coarse.bytes()
            + self.fine.bytes()
            + self.scales.capacity() * size_of::<f32>()
            + self.chunks.capacity() * size_of::<ChunkId>()
            + self.by_chunk.allocation_size()
            + self.documents.bytes()
    }

    /// Adds a chunk to a document, which need not be there yet. The chunks of one document are best added one after the other.
    ///
    /// # Panics
    /// When the vector is of other dimensions.
    pub fn append(&mut self, document: Fields<'_>, chunk: ChunkId, vector: &[f32]) {
        match self.documents.find(document.doc_id) {
            None => self.documents.push(document, self.chunks.len() as u32),
            Some(place) if Some(place) == self.documents.last() => {}
            Some(place) => self.move_to_end(document, place),
        }
        let scale = {
            let (coarse, fine) = (self.coarse.push(), self.fine.push());
            assert_eq!(vector.len(), coarse.len(), "a vector of other dimensions");
            encode(vector, coarse, fine)
        };
        self.end_row(chunk, scale);
    }

    /// Removes a document with all its chunks, when it is there.
    pub fn remove(&mut self, doc_id: DocId) {
        let Some(place) = self.documents.find(doc_id) else {
            return;
        };
        let document = self.documents.remove(place);
        for row in document.first..document.first + document.rows {
            let same = |known: &u32| *known == row;
            if let Ok(entry) = self.by_chunk.find_entry(hash(&self.chunks[row as usize].0), same) {
                entry.remove();
            }
        }
        self.gone += document.rows as usize;
    }

    /// Gives back the memory of what is gone once it is a quarter of the whole. In place; takes about half a second for a
    /// million rows.
    pub fn tidy(&mut self) {
        if self.gone >= GAPS && self.gone * 4 >= self.chunks.len() {
            self.close_gaps();
        }
    }

    fn close_gaps(&mut self) {
        let Self {
            documents,
            coarse,
            fine,
            scales,
            chunks,
            ..
        } = self;
        let mut end = 0;
        documents.close_gaps(|from, to, rows| {
            let (from, to, rows) = (from as usize, to as usize, rows as usize);
            end = to + rows;
            if from == to {
                return;
            }
            for row in 0..rows {
                coarse.copy(from + row, to + row);
                fine.copy(from + row, to + row);
            }
            scales.copy_within(from..from + rows, to);
            chunks.copy_within(from..from + rows, to);
        });
        coarse.truncate(end);
        fine.truncate(end);
        scales.truncate(end);
        chunks.truncate(end);
        scales.shrink_to_fit();
        chunks.shrink_to_fit();
        self.by_chunk = HashTable::with_capacity(end);
        for row in 0..end as u32 {
            self.index_row(row);
        }
        self.gone = 0;
    }

    /// As [`rushlight_core::VectorIndex::nearest`].
    ///
    /// # Panics
    /// When the query is of other dimensions.
    pub fn nearest(
        &self,
        query: &Embedding,
        filter: &SearchFilter,
        among: Option<&ChunkSet>,
        limit: usize,
    ) -> Vec<VectorHit> {
        self.find(query, &self.documents.admission(filter), among, limit)
    }

    /// As [`rushlight_core::VectorIndex::similarities`].
    ///
    /// # Panics
    /// When the query is of other dimensions.
    pub fn similarities(
        &self,
        query: &Embedding,
        chunks: &[ChunkId],
        filter: &SearchFilter,
    ) -> Vec<Option<f32>> {
        let admission = self.documents.admission(filter);
        let mut levels = Vec::new();
        let mut similarity = |chunk: &ChunkId| {
            let row = self.row(chunk)?;
            let admitted = admission.admits(self.documents.of_row(row));
            admitted.then(|| self.exact(query, row, &mut levels))
        };
        chunks.iter().map(&mut similarity).collect()
    }

    /// As [`rushlight_core::VectorIndex::similar`].
    pub fn similar(&self, doc_id: DocId, filter: &SearchFilter, limit: usize) -> Vec<(DocId, f32)> {
        let mut admission = self.documents.admission(filter);
        admission.but = Some(doc_id);
        let given = self.documents.find(doc_id).map(|place| self.documents.get(place));
        let Some(given) = given.filter(|document| admission.may_read(document)) else {
            return Vec::new();
        };
        let mut rows: Vec<u32> = (given.first..given.first + given.rows).collect();
        rows.sort_unstable_by_key(|row| self.chunks[*row as usize]);
        let vectors: Vec<Embedding> = rows.iter().filter_map(|row| self.vector(*row)).collect();
        let Some(mean) = Embedding::mean(&vectors) else {
            return Vec::new();
        };
        // Documents have several chunks among the nearest: ask for more until enough are different.
        let mut asked = limit.saturating_mul(4).saturating_add(16);
        loop {
            let hits = self.find(&mean, &admission, None, asked);
            let mut found: Vec<(DocId, f32)> = Vec::new();
            let mut seen = std::collections::HashSet::new();
            for hit in &hits {
                if seen.insert(hit.doc_id) {
                    found.push((hit.doc_id, hit.similarity));
                }
            }
            let last = hits.last().map(|hit| hit.similarity);
            // What was not asked for may tie with the last hit.
            let complete = hits.len() < asked || found.get(limit.max(1) - 1).map(|(_, least)| *least) > last;
            if complete || limit == 0 {
                found.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                found.truncate(limit);
                return found;
            }
            asked = asked.saturating_mul(4);
        }
    }

    fn find(
        &self,
        query: &Embedding,
        admission: &Admission<'_>,
        among: Option<&ChunkSet>,
        limit: usize,
    ) -> Vec<VectorHit> {
        assert_eq!(
            query.values().len(),
            self.options.dimensions,
            "a query of other dimensions"
        );
        let limit = limit.min(self.len());
        if limit == 0 {
            return Vec::new();
        }
        let search = Search {
            coarse: &self.coarse,
            scales: &self.scales,
            chunks: &self.chunks,
            documents: &self.documents,
            admission,
            among: self.among(among),
            query: WholeQuery::new(query.values()),
            limit,
            comparer: self.comparer,
        };
        let mut levels = Vec::new();
        let mut scored: Vec<(u32, f32)> = search
            .candidates(self.options.threads)
            .into_iter()
            .map(|row| (row, self.exact(query, row, &mut levels)))
            .collect();
        let chunk = |row: u32| self.chunks[row as usize];
        scored.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| chunk(a.0).cmp(&chunk(b.0))));
        scored.truncate(limit);
        let hit = |(row, similarity): (u32, f32)| VectorHit {
            chunk_id: chunk(row),
            doc_id: self.documents.of_row(row).id,
            similarity,
        };
        scored.into_iter().map(hit).collect()
    }

    fn among<'a>(&self, among: Option<&'a ChunkSet>) -> Among<'a> {
        match among {
            None => Among::All,
            Some(chunks) if chunks.len() > self.chunks.len() / FEW => Among::Chunks(chunks),
            Some(chunks) => {
                let mut rows: Vec<u32> = chunks.iter().filter_map(|chunk| self.row(chunk)).collect();
                rows.sort_unstable();
                Among::Rows(rows)
            }
        }
    }

    fn exact(&self, query: &Embedding, row: u32, levels: &mut Vec<f32>) -> f32 {
        let row = row as usize;
        exact(
            query.values(),
            self.coarse.row(row),
            self.fine.row(row),
            self.scales[row],
            levels,
        )
    }

    fn vector(&self, row: u32) -> Option<Embedding> {
        let mut levels = Vec::with_capacity(self.options.dimensions);
        decode(
            self.coarse.row(row as usize),
            self.fine.row(row as usize),
            &mut levels,
        );
        Embedding::normalized(levels).ok()
    }

    fn row(&self, chunk: &ChunkId) -> Option<u32> {
        let same = |row: &u32| self.chunks[*row as usize] == *chunk;
        self.by_chunk.find(hash(&chunk.0), same).copied()
    }

    /// Ends a row whose planes are written.
    fn end_row(&mut self, chunk: ChunkId, scale: f32) {
        let row = self.chunks.len() as u32;
        self.scales.push(scale);
        self.chunks.push(chunk);
        self.index_row(row);
        self.documents.grow_last();
    }

    fn index_row(&mut self, row: u32) {
        let chunks = &self.chunks;
        let key = |row: &u32| hash(&chunks[*row as usize].0);
        self.by_chunk.insert_unique(key(&row), row, key);
    }

    fn move_to_end(&mut self, document: Fields<'_>, place: usize) {
        let old = *self.documents.get(place);
        self.remove(old.id);
        self.documents.push(document, self.chunks.len() as u32);
        for row in (old.first..old.first + old.rows).map(|row| row as usize) {
            let (chunk, scale, end) = (self.chunks[row], self.scales[row], self.chunks.len());
            self.coarse.push();
            self.fine.push();
            self.coarse.copy(row, end);
            self.fine.copy(row, end);
            self.end_row(chunk, scale);
        }
    }
}

#[cfg(test)]
mod tests;
