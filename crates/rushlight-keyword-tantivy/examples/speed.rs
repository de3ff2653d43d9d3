//! How fast this index is at many chunks: their text is put together from sentences of retrieval sets, in both languages.
//!
//! Usage: `speed CHUNKS FOLDER...`; each folder has `corpus.jsonl` and `queries.jsonl`. Prints what indexing costs, the
//! folder's size, and the middle and the 95th percentile of each kind of question. The asker may read half of the documents.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rushlight_core::{
    ChunkId, Clause, DocId, DocumentKind, Generation, IndexedChunk, IndexedDocument, IndexedFacts,
    KeywordIndex, Node, Occur, Principal, Query, SearchFilter, SourceId, Timestamp,
};
use rushlight_keyword_tantivy::{KeywordOptions, TantivyIndex};
use serde_json::Value;

/// Chunks of one document.
const CHUNKS: usize = 4;
/// Each question is asked so often, and the least time taken: others are at work on a machine too.
const ROUNDS: usize = 5;
/// Sentences of one chunk.
const SENTENCES: usize = 6;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let chunks: usize = arguments.next().ok_or("how many chunks?")?.parse()?;
    let (mut sentences, mut questions, mut titles) = (Vec::new(), Vec::new(), Vec::new());
    for folder in arguments {
        let folder = Path::new(&folder);
        for row in rows(&folder.join("corpus.jsonl"))? {
            let ends = ['.', '。', '！', '？'];
            let text = row["text"].as_str().unwrap_or_default();
            sentences.extend(text.split_inclusive(ends).map(str::to_owned));
            titles.push(row["title"].as_str().unwrap_or_default().to_owned());
        }
        let some = rows(&folder.join("queries.jsonl"))?;
        questions.extend(
            some.iter()
                .take(100)
                .filter_map(|row| row["text"].as_str().map(str::to_owned)),
        );
    }
    let made = Made { sentences, titles };
    let folder = tempfile::tempdir()?;
    let index = TantivyIndex::open(folder.path(), KeywordOptions::default())?;
    let begun = Instant::now();
    let documents: Vec<usize> = (0..chunks / CHUNKS).collect();
    for (round, some) in documents.chunks(256).enumerate() {
        let documents: Vec<IndexedDocument> = some.iter().map(|number| made.document(*number)).collect();
        index.apply(&documents, &[])?;
        if round % 16 == 15 {
            index.commit(Generation(round as i64))?;
        }
    }
    index.commit(Generation(1_000_000))?;
    println!(
        "{chunks} chunks indexed in {:?}, {} MB",
        begun.elapsed(),
        size(folder.path())? / 1_000_000
    );
    measure(&index, &questions, &made)
}

fn measure(index: &TantivyIndex, questions: &[String], made: &Made) -> Result<(), Box<dyn Error>> {
    let filter = SearchFilter {
        principals: vec![Principal("group:even".to_owned())],
        ..SearchFilter::default()
    };
    let wanted = |node: Node| Query {
        clauses: vec![Clause {
            occur: Occur::Wanted,
            node,
        }],
    };
    let search = |query: &Query| index.search(query, &filter, 100).map(|found| found.hits.len());
    let ask = |name: &str, queries: &[Query]| timed(name, queries, search);
    ask(
        "questions",
        &questions.iter().map(Query::plain).collect::<Vec<_>>(),
    )?;
    let words: Vec<String> = made
        .titles
        .iter()
        .step_by(37)
        .take(100)
        .flat_map(|title| title.split_whitespace().take(3).map(str::to_owned))
        .collect();
    ask(
        "single words",
        &words.iter().map(Query::plain).collect::<Vec<_>>(),
    )?;
    let typed: Vec<Query> = words
        .iter()
        .flat_map(|word| begun(word))
        .map(|begun| wanted(Node::Prefix(begun)))
        .collect();
    ask("as one types", &typed)?;
    ask(
        "one letter",
        &('a'..='z')
            .map(|letter| wanted(Node::Prefix(letter.into())))
            .collect::<Vec<_>>(),
    )?;
    let phrases: Vec<Query> = made
        .sentences
        .iter()
        .step_by(97)
        .take(200)
        .map(|sentence| wanted(Node::Phrase(sentence.chars().take(24).collect())))
        .collect();
    ask("phrases", &phrases)?;
    let long = || words.iter().filter(|word| word.is_ascii() && word.len() > 7);
    let one: Vec<Query> = long()
        .map(|word| Query::plain(format!("{}z{}", &word[..3], &word[4..])))
        .collect();
    ask("one mistake", &one)?;
    let two: Vec<Query> = long()
        .map(|word| Query::plain(format!("{}zx{}", &word[..3], &word[5..])))
        .collect();
    ask("two mistakes", &two)?;
    let none: Vec<Query> = long()
        .map(|word| Query::plain(format!("{}zxzx{}", &word[..2], &word[2..])))
        .collect();
    ask("words of nobody", &none)?;
    let pieces: Vec<Query> = (0..40)
        .map(|number| Query::plain(format!("{:06}8", number * 101)))
        .collect();
    ask("pieces of numbers", &pieces)?;
    let names: Vec<String> = words
        .iter()
        .flat_map(|word| begun(word))
        .chain(('a'..='z').map(String::from))
        .collect();
    timed("suggestions", &names, |typed: &String| {
        index.suggest(typed, &filter, 8).map(|found| found.len())
    })
}

/// A word letter by letter.
fn begun(word: &str) -> impl Iterator<Item = String> + '_ {
    (1..=word.chars().count()).map(|length| word.chars().take(length).collect())
}

fn timed<Q>(
    name: &str,
    queries: &[Q],
    ask: impl Fn(&Q) -> rushlight_core::Result<usize>,
) -> Result<(), Box<dyn Error>> {
    let mut times: Vec<Duration> = Vec::new();
    let mut hits = 0;
    for query in queries {
        let mut least = Duration::MAX;
        for round in 0..ROUNDS {
            let begun = Instant::now();
            let found = ask(query)?;
            least = least.min(begun.elapsed());
            hits += if round == 0 { found } else { 0 };
        }
        times.push(least);
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    println!(
        "{name}: {} asked, {hits} found, middle {:?}, p95 {:?}, most {:?}",
        queries.len(),
        at(50),
        at(95),
        at(100)
    );
    Ok(())
}

fn rows(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    fs::read_to_string(path)?
        .lines()
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}

fn size(folder: &Path) -> std::io::Result<u64> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.metadata()?.len()))
        .sum()
}

/// What documents are made of.
struct Made {
    sentences: Vec<String>,
    titles: Vec<String>,
}

impl Made {
    fn document(&self, number: usize) -> IndexedDocument {
        let of = |list: &[String], at: usize| list[(at * 7919 + 13) % list.len()].clone();
        let id = |number: usize| (number as u128).to_be_bytes();
        let chunk = |ordinal: usize| {
            let at = number * CHUNKS + ordinal;
            let text: String = (0..SENTENCES)
                .map(|place| of(&self.sentences, at * SENTENCES + place))
                .collect();
            IndexedChunk {
                id: ChunkId(id(at)),
                heading_path: vec![of(&self.titles, at)],
                text: format!("{text} REF-{at:07}"),
                repeated: false,
                embedding: None,
            }
        };
        let even = if number.is_multiple_of(2) {
            "group:even"
        } else {
            "group:odd"
        };
        IndexedDocument {
            doc_id: DocId(id(number)),
            source_id: SourceId(1),
            kind: DocumentKind::ALL[number % DocumentKind::ALL.len()],
            date: Timestamp(number as i64 * 1_000),
            access: vec![Principal(even.to_owned())],
            title: format!("{} {number}", of(&self.titles, number)),
            keywords: vec![format!("file-{number}.md")],
            facts: IndexedFacts {
                authors: vec![format!(
                    "Ada{} Lin{} <ada{}@example.org>",
                    number % 50,
                    number % 97,
                    number % 4850
                )],
                recipients: vec![format!("bo{}@example.net", number % 3000)],
                tags: vec![format!("drinks/tea{}", number % 300)],
                path: format!("notes/{}/file-{number}.md", number % 100),
                ..IndexedFacts::default()
            },
            chunks: (0..CHUNKS).map(chunk).collect(),
        }
    }
}
