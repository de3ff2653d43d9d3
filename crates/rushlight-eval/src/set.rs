//! A set of documents, queries and judgements, read from a folder.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use rushlight_core::{Error, ErrorCode, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A document of a set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Document {
    /// Its id in the set.
    pub id: String,
    /// Its title; may be empty.
    #[serde(default)]
    pub title: String,
    /// Its text.
    pub text: String,
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
}

/// Documents, and queries with the documents that are relevant to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The folder's name.
    pub name: String,
    /// Name of the file of queries.
    pub queries_file: String,
    /// In the file's order.
    pub documents: Vec<Document>,
    /// Those with a relevant document, in the file's order.
    pub queries: Vec<Query>,
}

#[derive(Deserialize)]
struct QueryLine {
    id: String,
    text: String,
}

impl Set {
    /// Reads `corpus.jsonl` {id, title, text}, `queries_file` {id, text} and `qrels.tsv` (a header line, then query id,
    /// document id and grade, with tabs between) of `folder`.
    ///
    /// Only queries with a relevant document are kept, of these the first `limit`. Judgements of queries that the file
    /// does not have are passed over: one `qrels.tsv` serves several files of queries.
    ///
    /// # Errors
    /// `PathNotFound`, `FileUnreadable`; `FileBroken` with path and line for what is malformed, named twice or judged
    /// without being there, and for a set without a judged query.
    pub fn load(folder: &Path, queries_file: &str, limit: Option<usize>) -> Result<Self> {
        let corpus_path = folder.join("corpus.jsonl");
        let documents: Vec<Document> = read_json_lines(&corpus_path)?;
        let rows = index_by_id(
            &corpus_path,
            documents.iter().map(|document| document.id.as_str()),
        )?;

        let queries_path = folder.join(queries_file);
        let lines: Vec<QueryLine> = read_json_lines(&queries_path)?;
        index_by_id(&queries_path, lines.iter().map(|line| line.id.as_str()))?;

        let qrels_path = folder.join("qrels.tsv");
        let mut judged = read_qrels(&qrels_path, &rows)?;
        let with_grades = |QueryLine { id, text }| {
            let grades = judged.remove(&id)?;
            Some(Query { id, text, grades })
        };
        let queries: Vec<Query> = lines
            .into_iter()
            .filter_map(with_grades)
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
        let name = folder
            .file_name()
            .unwrap_or(folder.as_os_str())
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name,
            queries_file: queries_file.to_owned(),
            documents,
            queries,
        })
    }
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

fn read_json_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
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
                &format!("judges the document `{document}`, which corpus.jsonl does not have"),
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

fn broken(path: &Path, line: usize, what: &str) -> Error {
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
        let error = Set::load(folder.path(), "queries.jsonl", None).expect_err("refused");
        let message = error
            .message()
            .replace(&format!("{}/", folder.path().display()), "");
        expected.assert_eq(&format!("{}: {message}", error.code().as_str()));
    }

    #[test]
    fn judged_queries_are_read() {
        let folder = folder(CORPUS, QUERIES, QRELS);
        let set = Set::load(folder.path(), "queries.jsonl", None).expect("loads");
        assert_eq!(set.documents.len(), 2);
        assert_eq!(
            (set.documents[1].id.as_str(), set.documents[1].title.as_str()),
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
        let first = Set::load(folder.path(), "queries.jsonl", Some(1)).expect("loads");
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
                "file_broken: line 3 of `qrels.tsv` judges the document `d9`, which corpus.jsonl does not have"
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
    fn a_missing_file_is_named() {
        let folder = folder(CORPUS, QUERIES, QRELS);
        let error = Set::load(folder.path(), "other.jsonl", None).expect_err("refused");
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
        ] {
            let set = Set::load(&data.join(set), queries, None).expect("loads");
            assert_eq!((set.documents.len(), set.queries.len()), counts, "{}", set.name);
        }
    }
}
