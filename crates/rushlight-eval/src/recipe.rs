//! A set put together from folders: a small TOML file that names a corpus of several parts, and the queries.
//!
//! ```toml
//! name = "questions among other documents"
//!
//! [[corpus]]
//! set = "squad20"                     # a folder with corpus.jsonl: each row is a document
//!
//! [[corpus]]
//! notes = "notes-plurality/vault"     # a folder of notes: each is read and cut into passages as the engine does
//!
//! [queries]
//! file = "squad20/queries.jsonl"      # {id, text, split}
//! qrels = "squad20/qrels.tsv"
//! split = "validation"                # only these; may be left out
//! ```
//!
//! With `pairs = "pairs.jsonl"` in place of `file` and `qrels`, each line names notes of the same content under names of
//! their languages, `{"key": "1", "en": "english/1.md", "zh": "chinese/1.md"}`: the title of each is a query for each
//! other, asked of that one's part of the corpus alone. Paths are relative to a folder that is given beside the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rushlight_core::{
    ContentHash, Error, ErrorCode, ParsedDocument, ParsedFile, Parser, RawFile, Result, Timestamp,
    TokenCounter,
};
use rushlight_ingest::{ChunkOptions, chunk, title_is_embedded};
use serde::Deserialize;

use crate::lines::toml_error;
use crate::set::{Corpus, Document, Passage, Query, QueryChoice, Set, broken, read_json_lines, read_queries};

/// Reads notes and cuts them into passages.
#[derive(Clone, Copy)]
pub struct NoteReader<'a> {
    /// Reads a file.
    pub parser: &'a dyn Parser,
    /// Counts tokens.
    pub tokens: &'a dyn TokenCounter,
    /// How long passages are.
    pub options: &'a ChunkOptions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    name: String,
    corpus: Vec<Part>,
    queries: Queries,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    set: Option<String>,
    notes: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Queries {
    file: Option<String>,
    qrels: Option<String>,
    split: Option<String>,
    pairs: Option<String>,
}

/// Whether a TOML file is a recipe rather than a list of questions: it has a `corpus`.
pub fn is_recipe(text: &str) -> bool {
    toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("corpus"))
}

impl Set {
    /// Puts the set together that the recipe at `path` with this `text` describes, from folders below `base`.
    ///
    /// # Errors
    /// `FileBroken` with the line for what is malformed, `InvalidRequest` for a recipe that makes no sense; as [`Set::load`]
    /// for what it names; what reading a note fails with.
    pub fn cook(
        path: &Path,
        text: &str,
        base: &Path,
        choice: &QueryChoice,
        reader: NoteReader<'_>,
    ) -> Result<Self> {
        let Recipe {
            name,
            corpus: parts,
            queries,
        } = toml::from_str(text).map_err(|error| toml_error(path, text, &error))?;
        let refuse =
            |what: &str| Error::new(ErrorCode::InvalidRequest, format!("`{}` {what}", path.display()));
        let mut corpus = Corpus::default();
        for (index, part) in parts.iter().enumerate() {
            match part {
                Part {
                    set: Some(set),
                    notes: None,
                } => corpus.add_rows(&base.join(set).join("corpus.jsonl"), index)?,
                Part {
                    set: None,
                    notes: Some(notes),
                } => add_notes(&mut corpus, base, notes, index, reader)?,
                _ => {
                    return Err(refuse(
                        "has a part of its corpus that is not just one of `set` and `notes`",
                    ));
                }
            }
        }
        let choice = QueryChoice {
            split: choice.split.clone().or(queries.split),
            limit: choice.limit,
        };
        let (queries_file, queries) = match (queries.file, queries.qrels, queries.pairs) {
            (Some(file), Some(qrels), None) => {
                let queries = read_queries(&base.join(&file), &base.join(qrels), &corpus.documents, &choice)?;
                (file, queries)
            }
            (None, None, Some(pairs)) => {
                let mut queries = read_pairs(&base.join(&pairs), &corpus)?;
                queries.truncate(choice.limit.unwrap_or(usize::MAX));
                (pairs, queries)
            }
            _ => {
                return Err(refuse(
                    "wants either `file` and `qrels` or `pairs` under [queries]",
                ));
            }
        };
        Ok(Self {
            name,
            queries_file,
            documents: corpus.documents,
            passages: corpus.passages,
            queries,
        })
    }
}

/// Reads every file below a folder, in the order of their paths. What cannot be indexed is passed over, as the engine
/// does.
fn add_notes(
    corpus: &mut Corpus,
    base: &Path,
    notes: &str,
    part: usize,
    reader: NoteReader<'_>,
) -> Result<()> {
    for relative in files_below(&base.join(notes))? {
        let id = format!("{}/{relative}", notes.trim_end_matches('/'));
        let bytes = std::fs::read(base.join(&id)).map_err(|cause| unreadable(&base.join(&id), cause))?;
        let raw = RawFile {
            content_hash: ContentHash(*blake3::hash(&bytes).as_bytes()),
            path: relative,
            bytes,
            modified: Timestamp(0),
        };
        let ParsedFile::Documents(documents) = reader.parser.parse(&raw)? else {
            continue;
        };
        for document in &documents {
            let id = match document.part.as_str() {
                "" => id.clone(),
                inner => format!("{id}!{inner}"),
            };
            let title = document.title.clone();
            add_note(corpus, Document { id, part, title }, &raw.path, document, reader);
        }
    }
    Ok(())
}

fn add_note(
    corpus: &mut Corpus,
    document: Document,
    path: &str,
    parsed: &ParsedDocument,
    reader: NoteReader<'_>,
) {
    let title = match title_is_embedded(path, parsed) {
        true => parsed.title.clone(),
        false => String::new(),
    };
    for draft in chunk(parsed, reader.tokens, reader.options) {
        corpus.passages.push(Passage {
            document: corpus.documents.len(),
            title: title.clone(),
            heading_path: draft.heading_path,
            text: parsed.text[draft.span.range()].to_owned(),
        });
    }
    corpus.documents.push(document);
}

/// Paths of all files below a folder, relative to it, sorted. Hidden ones are left out.
pub(crate) fn files_below(root: &Path) -> Result<Vec<String>> {
    let mut pending: Vec<PathBuf> = vec![root.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|cause| unreadable(&folder, cause))? {
            let path = entry.map_err(|cause| unreadable(&folder, cause))?.path();
            let hidden = path
                .file_name()
                .is_none_or(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() {
                pending.push(path);
            } else if let Some(relative) = path.strip_prefix(root).ok().and_then(Path::to_str) {
                found.push(relative.to_owned());
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// A query for each note and each other of its line: the title of the one, to find the other.
fn read_pairs(path: &Path, corpus: &Corpus) -> Result<Vec<Query>> {
    let lines: Vec<BTreeMap<String, String>> = read_json_lines(path)?;
    let mut queries = Vec::new();
    for (index, mut line) in lines.into_iter().enumerate() {
        let key = line.remove("key").unwrap_or_else(|| (index + 1).to_string());
        let mut notes = Vec::with_capacity(line.len());
        for (language, note) in line {
            let row = corpus
                .documents
                .iter()
                .position(|document| ends_in(&document.id, &note));
            let Some(row) = row else {
                let what = format!("names `{note}`, which the corpus does not have");
                return Err(broken(path, index + 1, &what));
            };
            notes.push((language, row, note));
        }
        for (from, asked, note) in &notes {
            for (to, wanted, _) in notes.iter().filter(|(_, row, _)| row != asked) {
                queries.push(Query {
                    id: format!("{key} {from}→{to}"),
                    text: title_of(corpus, *asked, note),
                    grades: BTreeMap::from([(*wanted, 1)]),
                    parts: vec![corpus.documents[*wanted].part],
                });
            }
        }
    }
    if queries.is_empty() {
        let message = format!("`{}` pairs no notes", path.display());
        return Err(Error::new(ErrorCode::FileBroken, message));
    }
    Ok(queries)
}

/// A note's title; of one without, the words of its file's name.
fn title_of(corpus: &Corpus, row: usize, note: &str) -> String {
    let passage = corpus.passages.iter().find(|passage| passage.document == row);
    let title = passage.map_or("", |passage| passage.title.trim());
    if !title.is_empty() {
        return title.to_owned();
    }
    let name = Path::new(note).file_stem().unwrap_or_default().to_string_lossy();
    name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
        .replace('-', " ")
}

/// Whether a path is `end`, or ends in it after a slash.
pub(crate) fn ends_in(path: &str, end: &str) -> bool {
    path.strip_suffix(end.trim_start_matches('/'))
        .is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    let code = match cause.kind() {
        std::io::ErrorKind::NotFound => ErrorCode::PathNotFound,
        _ => ErrorCode::FileUnreadable,
    };
    Error::new(code, format!("cannot read `{}`", path.display())).with_source(cause)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use rushlight_core::{
        Block, BlockKind, DocMetadata, DocumentKind, Locator, Pieces, ScanReader, TextSpan,
    };
    use rushlight_testkit::WordTokenCounter;
    use tempfile::TempDir;

    use super::*;

    /// Reads a first line `# …` as the title, and skips what is empty.
    struct FirstLine;

    impl Parser for FirstLine {
        fn version(&self) -> u32 {
            1
        }

        fn parse_with(&self, file: &RawFile, _scans: &dyn ScanReader) -> Result<ParsedFile> {
            let text = String::from_utf8(file.bytes.clone()).expect("a text");
            if text.trim().is_empty() {
                return Ok(ParsedFile::Skipped(rushlight_core::SkipReason {
                    code: "empty".to_owned(),
                    message: "the file is empty".to_owned(),
                }));
            }
            let first = text.lines().next().unwrap_or_default();
            let block = |kind, span| Block {
                kind,
                span,
                locator: Locator::Whole,
            };
            let (title, mut blocks) = match first.strip_prefix("# ") {
                Some(title) => (
                    title.to_owned(),
                    vec![block(
                        BlockKind::Heading { level: 1 },
                        TextSpan::new(0, first.len()),
                    )],
                ),
                None => {
                    let stem = file
                        .path
                        .rsplit('/')
                        .next()
                        .and_then(|name| name.split('.').next());
                    (stem.unwrap_or_default().to_owned(), Vec::new())
                }
            };
            let rest = if blocks.is_empty() { 0 } else { first.len() };
            blocks.push(block(BlockKind::Paragraph, TextSpan::new(rest, text.len())));
            Ok(ParsedFile::Documents(vec![ParsedDocument {
                part: String::new(),
                part_key: String::new(),
                content_hash: file.content_hash,
                kind: DocumentKind::Note,
                media_type: String::new(),
                title,
                metadata: DocMetadata::default(),
                blocks,
                text,
                lines: Vec::new(),
                recognised: Vec::new(),
                pages: None,
                unreadable_pages: Vec::new(),
                warnings: Vec::new(),
            }]))
        }

        fn pieces(&self, _: &str, _: &[u8], _: Box<dyn std::io::Read + Send>) -> Option<Box<dyn Pieces>> {
            None
        }
    }

    fn data() -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, content: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("below the folder")).expect("made");
            std::fs::write(path, content).expect("written");
        };
        write("tea/corpus.jsonl", "{\"id\":\"d1\",\"text\":\"Steep it.\"}\n");
        write(
            "tea/queries.jsonl",
            "{\"id\":\"q1\",\"text\":\"how\",\"split\":\"dev\"}\n{\"id\":\"q2\",\"text\":\"who\"}\n",
        );
        write("tea/qrels.tsv", "q\td\tg\nq1\td1\t1\nq2\td1\t1\n");
        write("book/en/1-tea.md", "# Green tea\n\nSteep it.");
        write("book/en/2-about-us.md", "We drink tea.");
        write("book/en/empty.md", " ");
        write("book/en/.hidden.md", "hidden");
        write("book/zh/1-茶.md", "# 綠茶\n\n泡茶。");
        write("book/zh/2-關於.md", "我們喝茶。");
        write(
            "pairs.jsonl",
            "{\"key\":\"1\",\"en\":\"en/1-tea.md\",\"zh\":\"zh/1-茶.md\"}\n{\"en\":\"en/2-about-us.md\",\"zh\":\"zh/2-關於.md\"}\n",
        );
        folder
    }

    fn cook(text: &str, choice: &QueryChoice) -> Result<Set> {
        let folder = data();
        let reader = NoteReader {
            parser: &FirstLine,
            tokens: &WordTokenCounter,
            options: &ChunkOptions::default(),
        };
        Set::cook(Path::new("r.toml"), text, folder.path(), choice, reader).map_err(|error| {
            // The folder's name differs from run to run.
            let message = error
                .chain()
                .replace(&format!("{}/", folder.path().display()), "");
            Error::new(error.code(), message)
        })
    }

    fn check_refused(text: &str, expected: Expect) {
        let error = cook(text, &QueryChoice::default()).expect_err("refused");
        expected.assert_eq(&format!("{}: {}", error.code().as_str(), error.message()));
    }

    const AMONG: &str = "name = \"tea among notes\"\n[[corpus]]\nset = \"tea\"\n[[corpus]]\nnotes = \"book\"\n\
        [queries]\nfile = \"tea/queries.jsonl\"\nqrels = \"tea/qrels.tsv\"\n";
    const PAIRS: &str = "name = \"across\"\n[[corpus]]\nnotes = \"book/en\"\n[[corpus]]\nnotes = \"book/zh\"\n\
        [queries]\npairs = \"pairs.jsonl\"\n";

    #[test]
    fn a_corpus_of_several_parts() {
        let set = cook(AMONG, &QueryChoice::default()).expect("cooks");
        let ids: Vec<(&str, usize)> = set
            .documents
            .iter()
            .map(|one| (one.id.as_str(), one.part))
            .collect();
        assert_eq!(
            ids,
            [
                ("d1", 0),
                ("book/en/1-tea.md", 1),
                ("book/en/2-about-us.md", 1),
                ("book/zh/1-茶.md", 1),
                ("book/zh/2-關於.md", 1)
            ]
        );
        assert_eq!((set.name.as_str(), set.queries.len()), ("tea among notes", 2));
        assert_eq!(set.passages[1].title, "Green tea");
        assert_eq!(
            set.passages[2].title, "",
            "a file's name is no title to be embedded"
        );
        let dev = QueryChoice {
            split: Some("dev".to_owned()),
            limit: None,
        };
        assert_eq!(cook(AMONG, &dev).expect("cooks").queries.len(), 1);
    }

    #[test]
    fn pairs_ask_for_each_other() {
        let set = cook(PAIRS, &QueryChoice::default()).expect("cooks");
        let shown: Vec<String> = set
            .queries
            .iter()
            .map(|query| {
                let wanted: Vec<&str> = query
                    .grades
                    .keys()
                    .map(|row| set.documents[*row].id.as_str())
                    .collect();
                format!("{}: {} -> {wanted:?} in {:?}", query.id, query.text, query.parts)
            })
            .collect();
        expect![[r#"
            1 en→zh: Green tea -> ["book/zh/1-茶.md"] in [1]
            1 zh→en: 綠茶 -> ["book/en/1-tea.md"] in [0]
            2 en→zh: about us -> ["book/zh/2-關於.md"] in [1]
            2 zh→en: 關於 -> ["book/en/2-about-us.md"] in [0]"#]]
        .assert_eq(&shown.join("\n"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        check_refused(
            "name = 1",
            expect!["file_broken: line 1 of `r.toml`: invalid type: integer `1`, expected a string"],
        );
        check_refused(
            &AMONG.replace("set = \"tea\"", "sett = \"tea\""),
            expect!["file_broken: line 3 of `r.toml`: unknown field `sett`, expected `set` or `notes`"],
        );
        check_refused(
            &AMONG.replace("set = \"tea\"", ""),
            expect![
                "invalid_request: `r.toml` has a part of its corpus that is not just one of `set` and `notes`"
            ],
        );
        check_refused(
            &AMONG.replace("set = \"tea\"", "set = \"milk\""),
            expect![
                "path_not_found: cannot read `milk/corpus.jsonl`: No such file or directory (os error 2)"
            ],
        );
        check_refused(
            &AMONG.replace("[[corpus]]\nnotes = \"book\"", "[[corpus]]\nset = \"tea\""),
            expect!["file_broken: two parts of the corpus have a document `d1`"],
        );
        check_refused(
            &AMONG.replace("notes = \"book\"", "notes = \"nowhere\""),
            expect!["path_not_found: cannot read `nowhere`: No such file or directory (os error 2)"],
        );
        check_refused(
            &PAIRS.replace("book/zh", "book/en"),
            expect![
                "file_broken: line 1 of `pairs.jsonl` names `zh/1-茶.md`, which the corpus does not have"
            ],
        );
        check_refused(
            &format!("{PAIRS}file = \"x\""),
            expect!["invalid_request: `r.toml` wants either `file` and `qrels` or `pairs` under [queries]"],
        );
    }

    #[test]
    fn a_recipe_is_told_from_questions() {
        assert!(is_recipe(AMONG));
        assert!(!is_recipe("[[question]]\ntext = \"a\""));
        assert!(!is_recipe("[[corpus"));
    }
}
