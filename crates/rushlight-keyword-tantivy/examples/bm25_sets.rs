//! nDCG@10 and MRR@10 of this index on retrieval sets: `corpus.jsonl`, queries and `qrels.tsv` in a folder each.
//!
//! Usage: `bm25_sets FOLDER/queries.jsonl...`; the corpus and the judgements are read from beside the queries.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use rushlight_core::{
    ChunkId, DocId, DocumentKind, Generation, IndexedChunk, IndexedDocument, IndexedFacts, KeywordHit,
    KeywordIndex, Principal, Query, SearchFilter, SourceId, Timestamp,
};
use rushlight_keyword_tantivy::{KeywordOptions, TantivyIndex};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    for queries in std::env::args().skip(1) {
        measure(Path::new(&queries))?;
    }
    Ok(())
}

fn measure(queries: &Path) -> Result<(), Box<dyn Error>> {
    let set = queries.parent().ok_or("queries stand in a folder")?;
    let corpus = rows(&set.join("corpus.jsonl"))?;
    let folder = tempfile::tempdir()?;
    let index = TantivyIndex::open(folder.path(), KeywordOptions::default())?;
    let started = Instant::now();
    for some in corpus.chunks(500) {
        index.apply(&some.iter().map(document).collect::<Vec<_>>(), &[])?;
    }
    index.commit(Generation(1))?;
    let indexing = started.elapsed();

    let mut judged: HashMap<String, HashMap<DocId, f64>> = HashMap::new();
    for line in fs::read_to_string(set.join("qrels.tsv"))?.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [query, document, grade] = columns[..] else {
            return Err("a judgement has three columns".into());
        };
        judged
            .entry(query.to_owned())
            .or_default()
            .insert(doc_id(document), grade.parse()?);
    }
    let filter = SearchFilter {
        principals: vec![Principal::owner()],
        ..SearchFilter::default()
    };
    // Sums of nDCG@10, MRR@10 and queries, by split where the queries name one.
    let mut splits: BTreeMap<String, [f64; 3]> = BTreeMap::new();
    let started = Instant::now();
    for query in rows(queries)? {
        let Some(grades) = judged.get(text(&query, "id")) else {
            continue;
        };
        let hits = index
            .search(&Query::plain(text(&query, "text")), &filter, 10)?
            .hits;
        let [ndcg, mrr] = measures(&hits, grades);
        let sums = splits.entry(text(&query, "split").to_owned()).or_default();
        for (sum, value) in sums.iter_mut().zip([ndcg, mrr, 1.0]) {
            *sum += value;
        }
    }
    let all: f64 = splits.values().map(|[.., count]| count).sum();
    let per_query = started.elapsed() / all as u32;
    for (split, [ndcg, mrr, count]) in splits {
        println!(
            "{} {split}: nDCG@10 {:.4}, MRR@10 {:.4}, {count} queries of {per_query:?}, {} rows indexed in {indexing:?}",
            queries.display(),
            ndcg / count,
            mrr / count,
            corpus.len()
        );
    }
    Ok(())
}

fn measures(hits: &[KeywordHit], grades: &HashMap<DocId, f64>) -> [f64; 2] {
    let gain = |rank: usize, grade: f64| (2f64.powf(grade) - 1.0) / (rank as f64 + 2.0).log2();
    let grade = |doc: &DocId| grades.get(doc).copied().unwrap_or(0.0);
    let reached: f64 = hits
        .iter()
        .enumerate()
        .map(|(rank, hit)| gain(rank, grade(&hit.doc_id)))
        .sum();
    let mut best: Vec<f64> = grades.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let ideal: f64 = best
        .iter()
        .take(10)
        .enumerate()
        .map(|(rank, grade)| gain(rank, *grade))
        .sum();
    let first = hits.iter().position(|hit| grade(&hit.doc_id) > 0.0);
    [
        if ideal > 0.0 { reached / ideal } else { 0.0 },
        first.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0)),
    ]
}

fn rows(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    fs::read_to_string(path)?
        .lines()
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

fn doc_id(name: &str) -> DocId {
    let mut id = [0; 16];
    id.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..16]);
    DocId(id)
}

fn document(row: &Value) -> IndexedDocument {
    let doc_id = doc_id(text(row, "id"));
    IndexedDocument {
        doc_id,
        source_id: SourceId(1),
        kind: DocumentKind::Text,
        date: Timestamp(0),
        access: vec![Principal::owner()],
        title: text(row, "title").to_owned(),
        keywords: Vec::new(),
        facts: IndexedFacts::default(),
        chunks: vec![IndexedChunk {
            id: ChunkId(doc_id.0),
            heading_path: Vec::new(),
            text: text(row, "text").to_owned(),
            repeated: false,
            embedding: None,
        }],
    }
}
