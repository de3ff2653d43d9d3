//! A set of answers with documents of its own: a small TOML file that names the corpus and, for each class of questions, a file of
//! ids. No text of the data stands in either.
//!
//! ```toml
//! name = "answers"
//!
//! [[corpus]]
//! documents = "drcd-dev"                  # a folder with docs/, documents.jsonl and questions.jsonl
//! without = "drcd-dev/holdout.json"       # {"articles": […]}: documents that are left out; may be left out itself
//!
//! [[corpus]]
//! notes = "notes-plurality/vault"         # a folder of files, taken whole
//!
//! [[class]]
//! name = "nowhere"
//! answerable = false
//! sample = "answers/nowhere.tsv"          # beside the recipe: a line each of half (dev or test), folder and id, with tabs
//! ```
//!
//! Other paths are relative to a folder that is given beside the file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rushlight_core::{Error, ErrorCode, Result};
use serde::Deserialize;

use super::question::{AnswerQuestion, AnswerSet, GoldPlace, Split, language_of};
use crate::lines::{on_line, toml_error};
use crate::set::{broken, read_json_lines};

/// Corpus and questions.
#[derive(Clone, Debug)]
pub struct AnswerRecipe {
    /// The folders that are indexed.
    pub corpus: Vec<CorpusFolder>,
    /// The questions.
    pub set: AnswerSet,
}

/// A folder of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorpusFolder {
    /// Name of the folder that it becomes: `drcd-dev`.
    pub name: String,
    /// Where its files are.
    pub from: PathBuf,
    /// Names of the files that are left out.
    pub without: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    name: String,
    corpus: Vec<Part>,
    class: Vec<Class>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    documents: Option<String>,
    without: Option<String>,
    notes: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    name: String,
    answerable: bool,
    sample: String,
}

#[derive(Deserialize)]
struct LeftOut {
    articles: Vec<String>,
}

#[derive(Deserialize)]
struct DocumentLine {
    id: String,
    file: String,
    text: String,
    paragraphs: Vec<ParagraphLine>,
}

/// Offsets in characters of the document's text.
#[derive(Deserialize)]
struct ParagraphLine {
    id: String,
    start: usize,
    end: usize,
}

#[derive(Deserialize)]
struct QuestionLine {
    id: String,
    #[serde(alias = "text")]
    question: String,
    #[serde(default = "yes")]
    answerable: bool,
    #[serde(default)]
    answers: Vec<String>,
    doc_id: Option<String>,
    para_id: Option<String>,
}

fn yes() -> bool {
    true
}

/// Whether a TOML file is such a recipe: it has classes.
pub fn is_answer_recipe(text: &str) -> bool {
    toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("class"))
}

impl AnswerRecipe {
    /// Reads the recipe at `path` with this `text`; folders are below `base`.
    ///
    /// # Errors
    /// `FileBroken`, with the line, for what is malformed, named twice, not there, or contradicts the corpus; `InvalidRequest` for a
    /// recipe that makes no sense; `PathNotFound`, `FileUnreadable` for files that it names.
    pub fn read(path: &Path, text: &str, base: &Path) -> Result<Self> {
        let Recipe {
            name,
            corpus: parts,
            class: classes,
        } = toml::from_str(text).map_err(|error| toml_error(path, text, &error))?;
        let refuse =
            |what: &str| Error::new(ErrorCode::InvalidRequest, format!("`{}` {what}", path.display()));
        let mut corpus = Vec::with_capacity(parts.len());
        let mut indexed: BTreeSet<(String, String)> = BTreeSet::new();
        for part in parts {
            match part {
                Part {
                    documents: Some(set),
                    without,
                    notes: None,
                } => {
                    let folder = with_documents(base, &set, without.as_deref(), &mut indexed)?;
                    corpus.push(folder);
                }
                Part {
                    documents: None,
                    without: None,
                    notes: Some(notes),
                } => corpus.push(CorpusFolder {
                    name: notes.replace('/', "-"),
                    from: base.join(notes),
                    without: BTreeSet::new(),
                }),
                _ => {
                    return Err(refuse(
                        "has a part of its corpus that is not just one of `documents`, with or without `without`, and `notes`",
                    ));
                }
            }
        }
        let mut sources: BTreeMap<String, Source> = BTreeMap::new();
        let mut questions: Vec<AnswerQuestion> = Vec::new();
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for class in &classes {
            let sample = path.parent().unwrap_or(Path::new("")).join(&class.sample);
            for (line, split, set, id) in read_sample(&sample)? {
                if !sources.contains_key(&set) {
                    sources.insert(set.clone(), Source::read(base, &set)?);
                }
                let question = sources[&set]
                    .question(class, split, &set, &id, &indexed)
                    .map_err(|what| on_line(&sample, line, &what))?;
                if !ids.insert(id.clone()) {
                    return Err(on_line(
                        &sample,
                        line,
                        &format!("the question `{id}` is asked already"),
                    ));
                }
                questions.push(question);
            }
        }
        match questions.is_empty() {
            true => Err(refuse("asks no question")),
            false => Ok(Self {
                corpus,
                set: AnswerSet::new(name, questions),
            }),
        }
    }
}

/// Notes the documents that are indexed, as (folder, id).
fn with_documents(
    base: &Path,
    set: &str,
    without: Option<&str>,
    indexed: &mut BTreeSet<(String, String)>,
) -> Result<CorpusFolder> {
    let left_out: BTreeSet<String> = match without {
        None => BTreeSet::new(),
        Some(file) => {
            let file = base.join(file);
            let text = std::fs::read_to_string(&file).map_err(|cause| unreadable(&file, cause))?;
            let found: LeftOut = serde_json::from_str(&text).map_err(|cause| {
                let message = format!("`{}` does not list `articles`", file.display());
                Error::new(ErrorCode::FileBroken, message).with_source(cause)
            })?;
            found.articles.into_iter().collect()
        }
    };
    let documents = base.join(set).join("documents.jsonl");
    let mut names = BTreeSet::new();
    let mut unknown = left_out.clone();
    for DocumentLine { id, file, .. } in read_json_lines::<DocumentLine>(&documents)? {
        unknown.remove(&id);
        if left_out.contains(&id) {
            names.insert(name_of(&file).to_owned());
        } else {
            indexed.insert((set.to_owned(), id));
        }
    }
    if let Some(id) = unknown.first() {
        let message = format!(
            "`{}` leaves out the document `{id}`, which `{}` does not have",
            without.unwrap_or_default(),
            documents.display()
        );
        return Err(Error::new(ErrorCode::FileBroken, message));
    }
    Ok(CorpusFolder {
        name: set.replace('/', "-"),
        from: base.join(set).join("docs"),
        without: names,
    })
}

fn name_of(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// Lines of a sample: number, half, folder, id. Empty ones and those that begin with `#` are passed over.
fn read_sample(path: &Path) -> Result<Vec<(usize, Split, String, String)>> {
    let text = std::fs::read_to_string(path).map_err(|cause| unreadable(path, cause))?;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        let read = match fields[..] {
            [split, set, id] if !set.is_empty() && !id.is_empty() => {
                Split::from_name(split).map(|split| (index + 1, split, set.to_owned(), id.to_owned()))
            }
            _ => None,
        };
        found.push(read.ok_or_else(|| {
            broken(
                path,
                index + 1,
                "is not `dev` or `test`, a folder and an id, with tabs between",
            )
        })?);
    }
    Ok(found)
}

/// Questions of one folder, with the paragraphs they are about.
struct Source {
    questions: BTreeMap<String, QuestionLine>,
    /// File and text by the paragraph's id.
    paragraphs: BTreeMap<String, (String, String)>,
}

impl Source {
    fn read(base: &Path, set: &str) -> Result<Self> {
        let folder = base.join(set);
        let file = match folder.join("questions.jsonl") {
            file if file.is_file() => file,
            _ => folder.join("queries.jsonl"),
        };
        let questions = read_json_lines::<QuestionLine>(&file)?
            .into_iter()
            .map(|question| (question.id.clone(), question))
            .collect();
        let documents = folder.join("documents.jsonl");
        let mut paragraphs = BTreeMap::new();
        if documents.is_file() {
            for document in read_json_lines::<DocumentLine>(&documents)? {
                let file = format!("{}/{}", set.replace('/', "-"), name_of(&document.file));
                for ParagraphLine { id, start, end } in document.paragraphs {
                    let text = document.text.chars().skip(start).take(end.saturating_sub(start));
                    paragraphs.insert(id, (file.clone(), text.collect()));
                }
            }
        }
        Ok(Self {
            questions,
            paragraphs,
        })
    }

    /// The inner error says in words what is wrong.
    fn question(
        &self,
        class: &Class,
        split: Split,
        set: &str,
        id: &str,
        indexed: &BTreeSet<(String, String)>,
    ) -> std::result::Result<AnswerQuestion, String> {
        let line = self
            .questions
            .get(id)
            .ok_or_else(|| format!("`{set}` has no question `{id}`"))?;
        let document = line.doc_id.clone();
        let is_there = document
            .as_ref()
            .is_some_and(|document| indexed.contains(&(set.to_owned(), document.clone())));
        let answered = line.answerable && is_there;
        if answered != class.answerable {
            let says = if answered { "answer" } else { "do not answer" };
            return Err(format!("the documents {says} `{id}`, other than its class says"));
        }
        let gold = match line.para_id.as_ref().filter(|_| class.answerable) {
            Some(paragraph) => {
                let (file, text) = self
                    .paragraphs
                    .get(paragraph)
                    .ok_or_else(|| format!("`{set}` has no paragraph `{paragraph}`"))?;
                GoldPlace::Paragraph {
                    file: file.clone(),
                    text: text.clone(),
                }
            }
            None => GoldPlace::Unknown,
        };
        // Queries of passages are numbered behind the passage's id.
        let passage = id.split_once("_QUERY_").map_or(id, |(passage, _)| passage);
        Ok(AnswerQuestion {
            id: id.to_owned(),
            class: class.name.clone(),
            language: language_of(&line.question),
            split: Some(split),
            group: format!("{set}/{}", document.as_deref().unwrap_or(passage)),
            text: line.question.clone(),
            answerable: class.answerable,
            answers: match class.answerable {
                true => line.answers.clone(),
                false => Vec::new(),
            },
            gold,
            spaces: Vec::new(),
            kinds: Vec::new(),
            kind: None,
        })
    }
}

pub(crate) fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    let code = match cause.kind() {
        std::io::ErrorKind::NotFound => ErrorCode::PathNotFound,
        std::io::ErrorKind::InvalidData => ErrorCode::FileBroken,
        _ => ErrorCode::FileUnreadable,
    };
    Error::new(code, format!("cannot read `{}`", path.display())).with_source(cause)
}

#[cfg(test)]
mod tests;
