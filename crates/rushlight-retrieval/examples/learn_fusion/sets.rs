//! Sets with both legs asked and the texts of the best candidates read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use rushlight_core::{
    ChunkId, DocId, DocumentKind, EmbedKind, Embedder, EmbedderSpec, Embedding, Error, ErrorCode, Generation,
    IndexedChunk, IndexedDocument, IndexedFacts, KeywordIndex, Principal, Query, SearchFilter, SourceId,
    Timestamp, VectorHit,
};
use rushlight_ingest::{embedding_text, title_text};
use rushlight_keyword_tantivy::{KeywordOptions, TantivyIndex};
use rushlight_retrieval::{
    ChunkText, Coverage, FuseInput, FusedChunk, FusionOptions, QueryFeatures, READ, SCRIPT_TEXTS, TITLES,
    TitleQueries, coverage, fuse,
};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

/// The model whose vectors are read.
const MODEL: &str = "multilingual-e5-small-int8";
/// Hits of each leg, as the engine has them.
const CANDIDATES: usize = 100;

/// What `rushlight eval` keeps.
pub(crate) struct Vectors {
    spec: EmbedderSpec,
    known: HashMap<[u8; 32], Vec<f32>>,
}

impl Vectors {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = fs::read(path)?;
        let body = bytes.strip_prefix(b"RLVECS01").ok_or("no file of embeddings")?;
        let (dimensions, records) = body.split_first_chunk::<4>().ok_or("the file is cut short")?;
        let dimensions = u32::from_le_bytes(*dimensions) as usize;
        let mut known = HashMap::new();
        for record in records.chunks_exact(32 + 4 * dimensions) {
            let (key, values) = record.split_first_chunk::<32>().ok_or("the file is cut short")?;
            let values = values
                .chunks_exact(4)
                .map(|v| f32::from_le_bytes([v[0], v[1], v[2], v[3]]));
            known.insert(*key, values.collect());
        }
        let spec = EmbedderSpec {
            model_id: MODEL.to_owned(),
            dimensions,
            max_tokens: 512,
        };
        Ok(Self { spec, known })
    }

    fn of(&self, kind: EmbedKind, text: &str) -> Result<&[f32], Error> {
        let kind = match kind {
            EmbedKind::Query => 0u8,
            EmbedKind::Passage => 1,
            EmbedKind::Title | EmbedKind::BriefQuery => 2,
        };
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(MODEL.as_bytes())
            .update(&[0, kind])
            .update(text.as_bytes());
        let found = self.known.get(hasher.finalize().as_bytes());
        let missing = || {
            let message = "a text has no embedding yet: run `rushlight eval` on its set first";
            Error::new(ErrorCode::EmbeddingFailed, message)
        };
        found.map(Vec::as_slice).ok_or_else(missing)
    }
}

impl Embedder for Vectors {
    fn spec(&self) -> &EmbedderSpec {
        &self.spec
    }

    fn embed(&self, kind: EmbedKind, texts: &[&str]) -> rushlight_core::Result<Vec<Embedding>> {
        let vector = |text: &&str| Embedding::normalized(self.of(kind, text)?.to_vec());
        texts.iter().map(vector).collect()
    }
}

/// A set that was asked.
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) cases: Vec<Case>,
}

/// A query, what was found, and what is right.
pub(crate) struct Case {
    pub(crate) features: QueryFeatures,
    pub(crate) candidates: Vec<Candidate>,
    /// Rankings by the numbers that are built in, of documents.
    pub(crate) unread: Vec<usize>,
    pub(crate) read: Vec<usize>,
    pub(crate) train: bool,
    pub(crate) measured: bool,
    /// One of five, the same for all queries of one document.
    pub(crate) fold: usize,
    right: HashMap<usize, f64>,
}

/// One of the best 50 without texts.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) keyword: f32,
    pub(crate) semantic: f32,
    pub(crate) title: f32,
    pub(crate) coverage: Coverage,
    document: usize,
}

struct Corpus {
    rows: Vec<Value>,
    vectors: Vec<Vec<f32>>,
    /// Of each row's title; `None` where it says nothing.
    titles: Vec<Option<Vec<f32>>>,
    /// The number of each row's document: itself, or the first row of the document it is a passage of.
    documents: Vec<usize>,
    sources: Vec<String>,
    index: TantivyIndex,
    title_queries: TitleQueries,
    _folder: tempfile::TempDir,
}

impl Set {
    pub(crate) fn load(queries: &Path, vectors: &Vectors) -> Result<Self, Failure> {
        let folder = queries.parent().ok_or("queries stand in a folder")?;
        let asked = rows(queries)?;
        let sources: BTreeSet<String> = asked.iter().map(|query| text(query, "only").to_owned()).collect();
        let corpus = Corpus::load(folder, vectors, sources.into_iter().collect())?;
        let ids: HashMap<&str, usize> = corpus
            .rows
            .iter()
            .enumerate()
            .map(|(row, document)| (text(document, "id"), row))
            .collect();
        let mut judged: HashMap<String, HashMap<usize, f64>> = HashMap::new();
        for line in fs::read_to_string(folder.join("qrels.tsv"))?.lines().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [query, document, grade] = columns[..] else {
                return Err("a judgement has three columns".into());
            };
            let (row, grade): (usize, f64) = (ids[document], grade.parse()?);
            if grade > 0.0 {
                judged.entry(query.to_owned()).or_default().insert(row, grade);
            }
        }
        let mut cases = Vec::new();
        for query in &asked {
            if let Some(right) = judged.get(text(query, "id")) {
                cases.push(corpus.ask(query, right, vectors)?);
            }
        }
        let name = queries.with_extension("");
        Ok(Self {
            name: format!(
                "{}/{}",
                folder.file_name().unwrap_or_default().to_string_lossy(),
                name.file_name().unwrap_or_default().to_string_lossy()
            ),
            folder: folder.to_owned(),
            cases,
        })
    }
}

impl Corpus {
    fn load(folder: &Path, vectors: &Vectors, sources: Vec<String>) -> Result<Self, Failure> {
        let rows = rows(&folder.join("corpus.jsonl"))?;
        let scratch = tempfile::tempdir()?;
        let index = TantivyIndex::open(scratch.path(), KeywordOptions::default())?;
        let mut first: HashMap<&str, usize> = HashMap::new();
        let grouped = sources.iter().any(|source| !source.is_empty());
        let (mut documents, mut embedded, mut titles) = (Vec::new(), Vec::new(), Vec::new());
        for (row, document) in rows.iter().enumerate() {
            let id = text(document, "id");
            let whole = if grouped {
                id.rsplit_once('#').map_or(id, |(whole, _)| whole)
            } else {
                id
            };
            documents.push(*first.entry(whole).or_insert(row));
            let passage = embedding_text(text(document, "title"), &[], text(document, "text"));
            embedded.push(vectors.of(EmbedKind::Passage, &passage)?.to_vec());
            let title = title_text(text(document, "title"));
            titles.push(
                title
                    .map(|title| vectors.of(EmbedKind::Title, &title).map(<[f32]>::to_vec))
                    .transpose()?,
            );
        }
        let source = |row: &Value| {
            let id = text(row, "id");
            sources
                .iter()
                .position(|source| !source.is_empty() && id.starts_with(source))
        };
        for (number, some) in rows.chunks(500).enumerate() {
            let indexed: Vec<IndexedDocument> = some
                .iter()
                .enumerate()
                .map(|(at, row)| indexed(number * 500 + at, row, source(row).unwrap_or(usize::MAX >> 1)))
                .collect();
            index.apply(&indexed, &[])?;
        }
        index.commit(Generation(1))?;
        Ok(Self {
            rows,
            vectors: embedded,
            titles,
            documents,
            sources,
            index,
            title_queries: TitleQueries::default(),
            _folder: scratch,
        })
    }

    fn ask(&self, query: &Value, right: &HashMap<usize, f64>, vectors: &Vectors) -> Result<Case, Failure> {
        let asked = text(query, "text");
        let only = text(query, "only");
        let source = self
            .sources
            .iter()
            .position(|source| source == only && !only.is_empty());
        let filter = SearchFilter {
            principals: vec![Principal::owner()],
            sources: source.map(source_id).into_iter().collect(),
            ..SearchFilter::default()
        };
        let parsed = Query::plain(asked);
        let words = self.index.search(&parsed, &filter, CANDIDATES)?;
        let vector = vectors.of(EmbedKind::Query, asked)?;
        let mut nearest: Vec<VectorHit> = (0..self.rows.len())
            .filter(|row| text(&self.rows[*row], "id").starts_with(only))
            .map(|row| VectorHit {
                chunk_id: chunk_of(row),
                doc_id: DocId(chunk_of(row).0),
                similarity: cosine(vector, &self.vectors[row]),
            })
            .collect();
        nearest.sort_by(|a, b| {
            b.similarity
                .total_cmp(&a.similarity)
                .then(a.chunk_id.cmp(&b.chunk_id))
        });
        nearest.truncate(CANDIDATES);
        let known: HashSet<ChunkId> = nearest.iter().map(|hit| hit.chunk_id).collect();
        let titles = self.near_titles(asked, vector, only, vectors)?;
        let by_word: HashSet<DocId> = words.hits.iter().map(|hit| hit.doc_id).collect();
        let openings: Vec<(ChunkId, DocId)> = titles
            .keys()
            .map(|document| (ChunkId(document.0), *document))
            .filter(|(chunk, document)| !known.contains(chunk) && !by_word.contains(document))
            .collect();
        let similarities: HashMap<ChunkId, f32> = words
            .hits
            .iter()
            .map(|hit| hit.chunk_id)
            .filter(|id| !known.contains(id))
            .chain(openings.iter().map(|(chunk, _)| *chunk))
            .map(|id| (id, cosine(vector, &self.vectors[row_of(id)])))
            .collect();

        let features = QueryFeatures::new(&parsed, &words);
        let none = HashMap::new();
        let input = FuseInput {
            keyword: &words.hits,
            semantic: &nearest,
            similarities: &similarities,
            titles: &titles,
            openings: &openings,
            features,
            coverage: &none,
        };
        let unread = fuse(&input, &FusionOptions::default()).chunks;
        let texts: Vec<(ChunkId, ChunkText<'_>)> = unread
            .iter()
            .take(READ)
            .map(|chunk| (chunk.chunk_id, self.chunk_text(chunk.chunk_id)))
            .collect();
        let covered = coverage(asked, &words, &texts);
        let best = nearest
            .iter()
            .take(SCRIPT_TEXTS)
            .map(|hit| self.chunk_text(hit.chunk_id).text);
        let features = features.with_texts(asked, best).with_coverage(covered.values());
        let read = fuse(
            &FuseInput {
                features,
                coverage: &covered,
                ..input
            },
            &FusionOptions::default(),
        )
        .chunks;

        let graded: HashMap<usize, f64> = right
            .iter()
            .map(|(row, grade)| (self.documents[*row], *grade))
            .collect();
        let candidate = |chunk: &FusedChunk| {
            let document = self.documents[row_of(chunk.chunk_id)];
            Candidate {
                keyword: chunk.parts.keyword,
                semantic: chunk.parts.semantic,
                title: chunk.parts.title,
                coverage: covered[&chunk.chunk_id],
                document,
            }
        };
        let split = text(query, "split");
        let fold = graded.keys().min().map_or(0, |document| {
            usize::from(blake3::hash(&document.to_le_bytes()).as_bytes()[0]) % 5
        });
        Ok(Case {
            features,
            candidates: unread.iter().take(READ).map(candidate).collect(),
            unread: self.ranked(&unread),
            read: self.ranked(&read),
            train: split != "validation",
            measured: split != "train",
            fold,
            right: graded,
        })
    }

    /// The documents whose titles are nearest, as the engine has them. A row stands for its document.
    fn near_titles(
        &self,
        asked: &str,
        vector: &[f32],
        only: &str,
        vectors: &Vectors,
    ) -> Result<HashMap<DocId, f32>, Failure> {
        let about =
            self.title_queries
                .vector(vectors, None, asked, &Embedding::normalized(vector.to_vec())?)?;
        let rows = (0..self.rows.len()).filter(|row| text(&self.rows[*row], "id").starts_with(only));
        let mut near: Vec<(f32, usize)> = rows
            .filter_map(|row| Some((cosine(about.values(), self.titles[row].as_ref()?), row)))
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        near.truncate(TITLES);
        Ok(near
            .into_iter()
            .map(|(cosine, row)| (DocId(chunk_of(row).0), cosine))
            .collect())
    }

    fn ranked(&self, chunks: &[FusedChunk]) -> Vec<usize> {
        let mut seen = HashSet::new();
        chunks
            .iter()
            .map(|chunk| self.documents[row_of(chunk.chunk_id)])
            .filter(|document| seen.insert(*document))
            .collect()
    }

    fn chunk_text(&self, id: ChunkId) -> ChunkText<'_> {
        let row = &self.rows[row_of(id)];
        ChunkText {
            title: text(row, "title"),
            text: text(row, "text"),
        }
    }
}

impl Case {
    /// Documents by the best score of a candidate of theirs.
    pub(crate) fn ranking(&self, score: impl Fn(&Candidate) -> f32) -> Vec<usize> {
        let mut scored: Vec<(f32, usize)> = self
            .candidates
            .iter()
            .map(|one| (score(one), one.document))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut seen = HashSet::new();
        scored.retain(|(_, document)| seen.insert(*document));
        scored.into_iter().map(|(_, document)| document).collect()
    }

    /// With linear gain, as trec_eval has it.
    pub(crate) fn ndcg(&self, ranking: &[usize]) -> f64 {
        let discount = |rank: usize| (rank as f64 + 2.0).log2();
        let gain =
            |(rank, document): (usize, &usize)| self.right.get(document).unwrap_or(&0.0) / discount(rank);
        let mut grades: Vec<f64> = self.right.values().copied().collect();
        grades.sort_by(|a, b| b.total_cmp(a));
        let best: f64 = grades
            .iter()
            .take(10)
            .enumerate()
            .map(|(rank, grade)| grade / discount(rank))
            .sum();
        ranking.iter().take(10).enumerate().map(gain).sum::<f64>() / best
    }

    pub(crate) fn reciprocal_rank(&self, ranking: &[usize]) -> f64 {
        let first = ranking
            .iter()
            .take(10)
            .position(|document| self.right.contains_key(document));
        first.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0))
    }
}

fn indexed(row: usize, document: &Value, source: usize) -> IndexedDocument {
    let id = chunk_of(row);
    IndexedDocument {
        doc_id: DocId(id.0),
        source_id: source_id(source),
        kind: DocumentKind::Text,
        date: Timestamp(0),
        access: vec![Principal::owner()],
        title: text(document, "title").to_owned(),
        keywords: Vec::new(),
        facts: IndexedFacts::default(),
        chunks: vec![IndexedChunk {
            id,
            heading_path: Vec::new(),
            text: text(document, "text").to_owned(),
            repeated: false,
            embedding: None,
        }],
    }
}

fn source_id(number: usize) -> SourceId {
    SourceId(number as i64 + 1)
}

fn chunk_of(row: usize) -> ChunkId {
    ChunkId((row as u128).to_be_bytes())
}

fn row_of(chunk: ChunkId) -> usize {
    u128::from_be_bytes(chunk.0) as usize
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn rows(path: &Path) -> Result<Vec<Value>, Failure> {
    fs::read_to_string(path)?
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}
