//! A set of documents, queries and judgements, and how one is read from a folder.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use rushlight_core::{Error, ErrorCode, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A passage of a set: what an index holds as one chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Its document, as an index into [`Set::documents`].
    pub document: usize,
    /// Title of the document; may be empty.
    pub title: String,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Its text.
    pub text: String,
}

/// A document of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id in the set.
    pub id: String,
    /// Which part of the corpus it is from, from zero.
    pub part: usize,
    /// Its title, which may be its file's name; empty where it has none.
    pub title: String,
}

/// A query of a set and what is relevant to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its id in the set.
    pub id: String,
    /// The question or words.
    pub text: String,
    /// Index of each relevant document in [`Set::documents`], with its grade, which is above zero. Never empty.
    pub grades: BTreeMap<usize, u32>,
    /// Only these parts of the corpus are searched; empty: all.
    pub parts: Vec<usize>,
}

/// Documents, and queries with the documents that are relevant to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The folder's name, or the recipe's.
    pub name: String,
    /// Name of the file of queries.
    pub queries_file: String,
    /// In the file's order.
    pub documents: Vec<Document>,
    /// Those of a document one after the other.
    pub passages: Vec<Passage>,
    /// Those with a relevant document, in the file's order.
    pub queries: Vec<Query>,
}

/// Which queries of a file are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryChoice {
    /// Only those whose `split` is this.
    pub split: Option<String>,
    /// Of these the first so many.
    pub limit: Option<usize>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct QueryLine {
    id: String,
    text: String,
    #[serde(default)]
    split: Option<String>,
}

impl Set {
    /// Reads `corpus.jsonl` {id, title, text}, `queries_file` {id, text, split} and `qrels.tsv` (a header line, then query
    /// id, document id and grade, with tabs between) of `folder`. Each row of the corpus is a document of one passage.
    ///
    /// Only queries with a relevant document are kept. Judgements of queries that the file does not have are passed
    /// over: one `qrels.tsv` serves several files of queries.
    ///
    /// # Errors
    /// `PathNotFound`, `FileUnreadable`; `FileBroken` with path and line for what is malformed, named twice or judged
    /// without being there, and for a set without a judged query.
    pub fn load(folder: &Path, queries_file: &str, choice: &QueryChoice) -> Result<Self> {
        let mut corpus = Corpus::default();
        corpus.add_rows(&folder.join("corpus.jsonl"), 0)?;
        let queries = read_queries(
            &folder.join(queries_file),
            &folder.join("qrels.tsv"),
            &corpus.documents,
            choice,
        )?;
        let name = folder
            .file_name()
            .unwrap_or(folder.as_os_str())
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name,
            queries_file: queries_file.to_owned(),
            documents: corpus.documents,
            passages: corpus.passages,
            queries,
        })
    }
}

/// Documents and passages as they are gathered.
#[derive(Default)]
pub(crate) struct Corpus {
    pub(crate) documents: Vec<Document>,
    pub(crate) passages: Vec<Passage>,
}

impl Corpus {
    /// Adds the rows of a `corpus.jsonl`, each a document of one passage.
    pub(crate) fn add_rows(&mut self, path: &Path, part: usize) -> Result<()> {
        let rows: Vec<Row> = read_json_lines(path)?;
        index_by_id(path, rows.iter().map(|row| row.id.as_str()))?;
        for Row { id, title, text } in rows {
            self.passages.push(Passage {
                document: self.documents.len(),
                title: title.clone(),
                heading_path: Vec::new(),
                text,
            });
            self.documents.push(Document { id, part, title });
        }
        Ok(())
    }
}

/// The chosen queries that have a relevant document.
pub(crate) fn read_queries(
    queries_path: &Path,
    qrels_path: &Path,
    documents: &[Document],
    choice: &QueryChoice,
) -> Result<Vec<Query>> {
    let lines: Vec<QueryLine> = read_json_lines(queries_path)?;
    index_by_id(queries_path, lines.iter().map(|line| line.id.as_str()))?;
    let mut rows = HashMap::with_capacity(documents.len());
    for (row, document) in documents.iter().enumerate() {
        if rows.insert(document.id.as_str(), row).is_some() {
            return Err(Error::new(
                ErrorCode::FileBroken,
                format!("two parts of the corpus have a document `{}`", document.id),
            ));
        }
    }
    let mut judged = read_qrels(qrels_path, &rows)?;
    let QueryChoice { split, limit } = choice;
    if let Some(wanted) = split
        && !lines.iter().any(|line| line.split.as_ref() == Some(wanted))
    {
        return Err(Error::new(
            ErrorCode::InvalidRequest,
            format!(
                "no query of `{}` has the split `{wanted}`",
                queries_path.display()
            ),
        ));
    }
    let queries: Vec<Query> = lines
        .into_iter()
        .filter(|line| split.is_none() || line.split == *split)
        .filter_map(|QueryLine { id, text, split: _ }| {
            let grades = judged.remove(&id)?;
            Some(Query {
                id,
                text,
                grades,
                parts: Vec::new(),
            })
        })
        .take(limit.unwrap_or(usize::MAX))
        .collect();
    if queries.is_empty() {
        return Err(Error::new(
            ErrorCode::FileBroken,
            format!(
                "`{}` judges no query of `{}`",
                qrels_path.display(),
                queries_path.display()
            ),
        ));
    }
    Ok(queries)
}

/// The lines of a file with their numbers, blank ones left out.
fn read_lines(path: &Path) -> Result<Vec<(usize, String)>> {
    let failed = |cause: std::io::Error| {
        let code = match cause.kind() {
            std::io::ErrorKind::NotFound => ErrorCode::PathNotFound,
            std::io::ErrorKind::InvalidData => ErrorCode::FileBroken,
            _ => ErrorCode::FileUnreadable,
        };
        Error::new(code, format!("cannot read `{}`", path.display())).with_source(cause)
    };
    let mut lines = Vec::new();
    for (index, line) in BufReader::new(File::open(path).map_err(failed)?)
        .lines()
        .enumerate()
    {
        let line = line.map_err(failed)?;
        if !line.trim().is_empty() {
            lines.push((index + 1, line));
        }
    }
    Ok(lines)
}

pub(crate) fn read_json_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let parse = |(number, line): (usize, String)| {
        serde_json::from_str(&line)
            .map_err(|cause| broken(path, number, "is not as expected").with_source(cause))
    };
    read_lines(path)?.into_iter().map(parse).collect()
}

/// The position of each id.
fn index_by_id<'a>(path: &Path, ids: impl Iterator<Item = &'a str>) -> Result<HashMap<&'a str, usize>> {
    let mut positions = HashMap::new();
    for (position, id) in ids.enumerate() {
        if positions.insert(id, position).is_some() {
            return Err(Error::new(
                ErrorCode::FileBroken,
                format!("`{}` has the id `{id}` twice", path.display()),
            ));
        }
    }
    Ok(positions)
}

/// Grades above zero by query id, then by row of the document.
fn read_qrels(path: &Path, rows: &HashMap<&str, usize>) -> Result<HashMap<String, BTreeMap<usize, u32>>> {
    let mut judged: HashMap<String, BTreeMap<usize, u32>> = HashMap::new();
    for (number, line) in read_lines(path)?.into_iter().skip(1) {
        let mut fields = line.split('\t');
        let (Some(query), Some(document), Some(grade), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(broken(
                path,
                number,
                "does not have three fields with tabs between",
            ));
        };
        let grade: u32 = grade.trim().parse().map_err(|cause: std::num::ParseIntError| {
            broken(path, number, "has a grade that is not a whole number from zero").with_source(cause)
        })?;
        let Some(row) = rows.get(document) else {
            return Err(broken(
                path,
                number,
                &format!("judges the document `{document}`, which the corpus does not have"),
            ));
        };
        if grade > 0
            && judged
                .entry(query.to_owned())
                .or_default()
                .insert(*row, grade)
                .is_some()
        {
            return Err(broken(
                path,
                number,
                &format!("judges `{document}` for `{query}` a second time"),
            ));
        }
    }
    Ok(judged)
}

pub(crate) fn broken(path: &Path, line: usize, what: &str) -> Error {
    Error::new(
        ErrorCode::FileBroken,
        format!("line {line} of `{}` {what}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use expect_test::{Expect, expect};
    use tempfile::TempDir;

    use super::*;

    const CORPUS: &str = "{\"id\":\"d1\",\"title\":\"Tea\",\"text\":\"Steep it.\"}\n\n{\"id\":\"d2\",\"text\":\"茶\",\"more\":1}\n";
    const QUERIES: &str = "{\"id\":\"q1\",\"text\":\"how\"}\n{\"id\":\"q2\",\"text\":\"what\"}\n{\"id\":\"q3\",\"text\":\"who\"}\n";
    const QRELS: &str = "qid\tdocid\tgrade\nq1\td2\t2\nq1\td1\t0\nq3\td1\t1\nelsewhere\td1\t1\n";

    fn folder(corpus: &str, queries: &str, qrels: &str) -> TempDir {
        let folder = tempfile::tempdir().expect("makes a folder");
        for (name, content) in [
            ("corpus.jsonl", corpus),
            ("queries.jsonl", queries),
            ("qrels.tsv", qrels),
        ] {
            std::fs::write(folder.path().join(name), content).expect("writes");
        }
        folder
    }

    fn check_refused(corpus: &str, queries: &str, qrels: &str, expected: Expect) {
        let folder = folder(corpus, queries, qrels);
        let error = Set::load(folder.path(), "queries.jsonl", &QueryChoice::default()).expect_err("refused");
        let message = error
            .message()
            .replace(&format!("{}/", folder.path().display()), "");
        expected.assert_eq(&format!("{}: {message}", error.code().as_str()));
    }

    #[test]
    fn judged_queries_are_read() {
        let folder = folder(CORPUS, QUERIES, QRELS);
        let set = Set::load(folder.path(), "queries.jsonl", &QueryChoice::default()).expect("loads");
        assert_eq!(set.documents.len(), 2);
        assert_eq!(
            (set.documents[1].id.as_str(), set.passages[1].title.as_str()),
            ("d2", "")
        );
        let found: Vec<_> = set
            .queries
            .iter()
            .map(|query| (query.id.as_str(), query.grades.clone()))
            .collect();
        assert_eq!(
            found,
            [("q1", BTreeMap::from([(1, 2)])), ("q3", BTreeMap::from([(0, 1)]))]
        );
        let first_one = QueryChoice {
            limit: Some(1),
            ..QueryChoice::default()
        };
        let first = Set::load(folder.path(), "queries.jsonl", &first_one).expect("loads");
        assert_eq!(first.queries, set.queries[..1]);
    }

    #[test]
    fn what_is_broken_is_named_with_its_line() {
        check_refused(
            "{\"id\":1}",
            QUERIES,
            QRELS,
            expect!["file_broken: line 1 of `corpus.jsonl` is not as expected"],
        );
        check_refused(
            CORPUS,
            "{\"id\":\"q1\",\"text\":\"how\"}\nx",
            QRELS,
            expect!["file_broken: line 2 of `queries.jsonl` is not as expected"],
        );
        let twice = format!("{CORPUS}{{\"id\":\"d1\",\"text\":\"again\"}}");
        check_refused(
            &twice,
            QUERIES,
            QRELS,
            expect!["file_broken: `corpus.jsonl` has the id `d1` twice"],
        );
        check_refused(
            CORPUS,
            QUERIES,
            "h\nq1\td1",
            expect!["file_broken: line 2 of `qrels.tsv` does not have three fields with tabs between"],
        );
        check_refused(
            CORPUS,
            QUERIES,
            "h\nq1\td1\t-1",
            expect!["file_broken: line 2 of `qrels.tsv` has a grade that is not a whole number from zero"],
        );
        check_refused(
            CORPUS,
            QUERIES,
            "h\n\nq1\td9\t1",
            expect![
                "file_broken: line 3 of `qrels.tsv` judges the document `d9`, which the corpus does not have"
            ],
        );
        check_refused(
            CORPUS,
            QUERIES,
            "h\nq1\td1\t1\nq1\td1\t2",
            expect!["file_broken: line 3 of `qrels.tsv` judges `d1` for `q1` a second time"],
        );
        check_refused(
            CORPUS,
            QUERIES,
            "h\nq9\td1\t1",
            expect!["file_broken: `qrels.tsv` judges no query of `queries.jsonl`"],
        );
    }

    #[test]
    fn a_split_is_chosen_or_refused() {
        let queries = "{\"id\":\"q1\",\"text\":\"how\",\"split\":\"dev\"}\n{\"id\":\"q3\",\"text\":\"who\",\"split\":\"test\"}\n";
        let folder = folder(CORPUS, queries, QRELS);
        let load = |split: &str| {
            let choice = QueryChoice {
                split: Some(split.to_owned()),
                ..QueryChoice::default()
            };
            Set::load(folder.path(), "queries.jsonl", &choice)
        };
        let ids: Vec<String> = load("test")
            .expect("loads")
            .queries
            .into_iter()
            .map(|query| query.id)
            .collect();
        assert_eq!(ids, ["q3"]);
        let error = load("train").expect_err("refused");
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
        assert!(
            error.message().ends_with("has the split `train`"),
            "{}",
            error.message()
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = folder(CORPUS, QUERIES, QRELS);
        let error = Set::load(folder.path(), "other.jsonl", &QueryChoice::default()).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::PathNotFound);
        assert!(error.message().contains("other.jsonl"));
    }

    #[test]
    #[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
    fn the_real_sets_are_read_whole() {
        let data = std::env::var_os("RUSHLIGHT_DATA").map(PathBuf::from);
        let Some(data) = data.filter(|data| data.is_dir()) else {
            eprintln!("skipped: RUSHLIGHT_DATA does not name the folder of test data");
            return;
        };
        for (set, queries, counts) in [
            ("drcd-dev", "queries.jsonl", (1000, 3524)),
            ("cmrc2018-trial", "queries.jsonl", (256, 1002)),
            ("cmrc2018-trial", "queries_traditional.jsonl", (256, 1002)),
            ("squad20", "queries.jsonl", (1204, 5928)),
            ("scifact", "queries.jsonl", (5183, 1109)),
        ] {
            let set = Set::load(&data.join(set), queries, &QueryChoice::default()).expect("loads");
            assert_eq!((set.documents.len(), set.queries.len()), counts, "{}", set.name);
        }
        let validation = QueryChoice {
            split: Some("validation".to_owned()),
            ..QueryChoice::default()
        };
        let set = Set::load(&data.join("scifact"), "queries.jsonl", &validation).expect("loads");
        assert_eq!(set.queries.len(), 300);
    }
}
