//! A set of questions for people, to be asked of an index that is there already.
//!
//! ```toml
//! name = "my notes"
//!
//! [[question]]
//! text = "how hot should the water for green tea be"
//! right = ["notes/tea.md", "garden.md#Watering"]     # the end of a path is enough; after # a heading
//! grade = 1
//!
//! [[question]]
//! text = "泡茶的水溫"
//! right = [{ path = "tea.md", heading = "Water", quote = "70 degrees", grade = 2 }]
//! spaces = ["personal"]
//! ```
//!
//! The questions of the example folders are such sets too: what they call `expected` is `right`, and those that nothing
//! answers are left out.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rushlight_core::{DocumentKind, Error, ErrorCode, Result};
use serde::Deserialize;
use toml::Spanned;

use crate::lines::{line_of, on_line, toml_error};
use crate::places::Place;

/// Questions with the places that answer them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionSet {
    /// Its name; that of the file where it gives none.
    pub name: String,
    /// The file it was read from.
    pub file: PathBuf,
    /// Those that have a right place, in the file's order.
    pub questions: Vec<Question>,
    /// Questions that have none.
    pub left_out: usize,
    /// Of these, with a known answer or called not answerable: what answers are judged by, too.
    pub without_place: Vec<Question>,
}

/// A question and where it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its id; its text where it was given none.
    pub id: String,
    /// Where it stands in the file.
    pub line: usize,
    /// The question or words.
    pub text: String,
    /// Places that answer it; empty only in [`QuestionSet::without_place`].
    pub right: Vec<Place>,
    /// Whether something answers it.
    pub answerable: bool,
    /// Its language, as the file says.
    pub language: Option<String>,
    /// Known answers: `accept`, else `answer`.
    pub answers: Vec<String>,
    /// Names of the spaces to search; empty: all.
    pub spaces: Vec<String>,
    /// Kinds of documents to search; empty: all.
    pub kinds: Vec<DocumentKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    #[serde(default)]
    question: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Option<String>,
    text: Spanned<String>,
    right: Option<Vec<Spanned<Written>>>,
    expected: Option<Vec<Spanned<Written>>>,
    /// Judged not to be right; kept for people, measured like everything else that is not right.
    wrong: Option<Vec<Spanned<Written>>>,
    grade: Option<u32>,
    #[serde(default = "yes")]
    answerable: bool,
    #[serde(default)]
    spaces: Vec<String>,
    #[serde(default)]
    kinds: Vec<Spanned<String>>,
    language: Option<String>,
    answer: Option<String>,
    accept: Option<Vec<String>>,
}

/// A place as a person writes it.
#[derive(Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a place is a path like \"notes/tea.md\" or \"notes/tea.md#Water\", or a table with `path` and, as you like, `heading`, `quote`, `part` and `grade`"
)]
enum Written {
    Short(String),
    Long {
        path: String,
        heading: Option<String>,
        quote: Option<String>,
        part: Option<String>,
        grade: Option<u32>,
    },
}

fn yes() -> bool {
    true
}

impl QuestionSet {
    /// Reads a set.
    ///
    /// # Errors
    /// `PathNotFound`, `FileUnreadable`; `FileBroken` with the line for what is malformed, asked twice or contradicts
    /// itself, and for a set without a question that has a right place.
    pub fn load(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(|cause| {
            let code = match cause.kind() {
                std::io::ErrorKind::NotFound => ErrorCode::PathNotFound,
                std::io::ErrorKind::InvalidData => ErrorCode::FileBroken,
                _ => ErrorCode::FileUnreadable,
            };
            Error::new(code, format!("cannot read `{}`", file.display())).with_source(cause)
        })?;
        Self::read(file, &text)
    }

    /// Reads the `text` of `file`.
    ///
    /// # Errors
    /// As [`QuestionSet::load`].
    pub fn read(file: &Path, text: &str) -> Result<Self> {
        let set = Self::read_for_answers(file, text)?;
        if set.questions.is_empty() {
            let what = match set.left_out {
                0 => "has no question".to_owned(),
                _ => format!("has no question with a right place, and {} without", set.left_out),
            };
            return Err(no_question(file, &what));
        }
        Ok(set)
    }

    /// Reads the `text` of `file`, whose questions are to be answered: none of them needs a right place.
    ///
    /// # Errors
    /// As [`QuestionSet::load`]; for a set without a question that an answer could be judged by.
    pub fn read_answerable(file: &Path, text: &str) -> Result<Self> {
        let set = Self::read_for_answers(file, text)?;
        match set.questions.is_empty() && set.without_place.is_empty() {
            false => Ok(set),
            true => Err(no_question(
                file,
                "has no question with a right place or a known answer, and none that is called not answerable",
            )),
        }
    }

    fn read_for_answers(file: &Path, text: &str) -> Result<Self> {
        let reader = Reader { file, text };
        let File { name, question } = toml::from_str(text).map_err(|error| toml_error(file, text, &error))?;
        let mut questions: Vec<Question> = Vec::with_capacity(question.len());
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        let mut without_place = Vec::new();
        let mut left_out = 0;
        for entry in question {
            let question = reader.question(entry)?;
            if question.right.is_empty() {
                left_out += 1;
                if !question.answerable || !question.answers.is_empty() {
                    without_place.push(question);
                }
                continue;
            }
            if let Some(line) = lines.insert(question.id.clone(), question.line) {
                let what = format!("the question stands on line {line} already; give one of them an `id`");
                return Err(on_line(file, question.line, &what));
            }
            questions.push(question);
        }
        let stem = file.file_stem().unwrap_or(file.as_os_str());
        Ok(Self {
            name: name.unwrap_or_else(|| stem.to_string_lossy().into_owned()),
            file: file.to_owned(),
            questions,
            left_out,
            without_place,
        })
    }
}

fn no_question(file: &Path, what: &str) -> Error {
    Error::new(ErrorCode::FileBroken, format!("`{}` {what}", file.display()))
        .with_hint("docs/evaluation.md shows what a set looks like")
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    /// Without a right place for a question that has none.
    fn question(&self, entry: Spanned<Entry>) -> Result<Question> {
        let line = self.line(entry.span());
        let Entry {
            id,
            text,
            right,
            expected,
            wrong,
            grade,
            answerable,
            spaces,
            kinds,
            language,
            answer,
            accept,
        } = entry.into_inner();
        let text_line = self.line(text.span());
        let text = text.into_inner();
        if text.trim().is_empty() {
            return Err(on_line(self.file, text_line, "the question is empty"));
        }
        if right.is_some() && expected.is_some() {
            let what = "a question has `right` or `expected`, which mean the same, not both";
            return Err(on_line(self.file, line, what));
        }
        let grade = grade.unwrap_or(1);
        let right = self.places(right.or(expected).unwrap_or_default(), grade)?;
        let wrong = self.places(wrong.unwrap_or_default(), grade)?;
        if let Some(both) = wrong
            .iter()
            .find(|wrong| right.iter().any(|right| right.is_same(wrong)))
        {
            let what = format!("`{both}` is called right and wrong");
            return Err(on_line(self.file, both.line, &what));
        }
        if !answerable && !right.is_empty() {
            let what = "the question has a right place and is called not answerable";
            return Err(on_line(self.file, line, what));
        }
        let kinds = kinds
            .into_iter()
            .map(|kind| {
                let line = self.line(kind.span());
                DocumentKind::from_name(kind.get_ref()).ok_or_else(|| {
                    let known: Vec<_> = DocumentKind::ALL.iter().map(|kind| kind.as_str()).collect();
                    let what = format!("`{}` is not a kind of document", kind.get_ref());
                    on_line(self.file, line, &what).with_hint(format!("kinds are {}", known.join(", ")))
                })
            })
            .collect::<Result<_>>()?;
        Ok(Question {
            id: id.unwrap_or_else(|| text.clone()),
            line: text_line,
            text,
            right,
            answerable,
            language,
            answers: accept.unwrap_or_else(|| answer.into_iter().collect()),
            spaces,
            kinds,
        })
    }

    fn places(&self, written: Vec<Spanned<Written>>, grade_of_all: u32) -> Result<Vec<Place>> {
        let mut places: Vec<Place> = Vec::with_capacity(written.len());
        for one in written {
            let line = self.line(one.span());
            let place = match one.into_inner() {
                Written::Short(path) => Place {
                    short: true,
                    ..Place::new(path, grade_of_all, line)
                },
                Written::Long {
                    path,
                    heading,
                    quote,
                    part,
                    grade,
                } => Place {
                    heading,
                    quote,
                    part,
                    ..Place::new(path, grade.unwrap_or(grade_of_all), line)
                },
            };
            let refuse = |what: &str| Err(on_line(self.file, line, what));
            if place.path.trim().is_empty() {
                return refuse("a right place has no path");
            }
            if place.grade == 0 {
                return refuse("a grade is zero: 1 or more says how right a place is");
            }
            if places.iter().any(|other| other.is_same(&place)) {
                return refuse(&format!("`{place}` is named twice"));
            }
            places.push(place);
        }
        Ok(places)
    }

    fn line(&self, span: Range<usize>) -> usize {
        line_of(self.text, span.start)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn read(text: &str) -> Result<QuestionSet> {
        QuestionSet::read(Path::new("sets/tea.toml"), text)
    }

    fn check(text: &str, expected: Expect) {
        let set = read(text).unwrap_or_else(|error| panic!("{}", error.chain()));
        let mut shown = format!("{}, {} left out\n", set.name, set.left_out);
        for question in &set.questions {
            let places: Vec<String> = question
                .right
                .iter()
                .map(|place| format!("{place} ({})", place.grade))
                .collect();
            shown += &format!(
                "{}: {} [{}] {} {:?} {:?}\n",
                question.line,
                question.id,
                question.text,
                places.join(", "),
                question.spaces,
                question.kinds
            );
        }
        expected.assert_eq(&shown);
    }

    fn check_refused(text: &str, expected: Expect) {
        let error = read(text).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::FileBroken);
        expected.assert_eq(&error.chain());
    }

    #[test]
    fn places_are_written_short_or_long() {
        check(
            r#"name = "my notes"

[[question]]
text = "how hot"
right = ["notes/tea.md", "notes/tea.md#Water"]
grade = 2

[[question]]
id = "t2"
text = "泡茶的水溫"
right = [{ path = "tea.md", quote = "七十度", grade = 3 },
         { path = "a.mbox", part = "message:3", heading = "Tea" }]
spaces = ["personal"]
kinds = ["note", "mail"]
"#,
            expect![[r#"
                my notes, 0 left out
                4: how hot [how hot] notes/tea.md (2), notes/tea.md#Water (2) [] []
                10: t2 [泡茶的水溫] tea.md “七十度” (3), a.mbox!message:3#Tea (1) ["personal"] [Note, Mail]
            "#]],
        );
    }

    #[test]
    fn the_examples_questions_are_a_set() {
        check(
            r#"
[[question]]
# kind: pdf
id = "cd-1"
text = "how many"
language = "en"
answerable = true
expected = ["manuals/a.pdf"]
answer = "12"
accept = ["12"]
[[question]]
id = "cd-2"
text = "who"
language = "en"
answerable = false
expected = []
answer = ""
accept = []
"#,
            expect![[r#"
                tea, 1 left out
                5: cd-1 [how many] manuals/a.pdf (1) [] []
            "#]],
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        check_refused("name = \"x\"\n", expect!["`sets/tea.toml` has no question"]);
        check_refused(
            "[[question]]\ntext = \"a\"\n",
            expect!["`sets/tea.toml` has no question with a right place, and 1 without"],
        );
        check_refused(
            "[[question]]\ntext = \"a\nright = []",
            expect![["line 2 of `sets/tea.toml`: invalid basic string, expected `\"`"]],
        );
        check_refused(
            "\n[[question]]\nrigth = [\"a\"]",
            expect![
                "line 3 of `sets/tea.toml`: unknown field `rigth`, expected one of `id`, `text`, `right`, `expected`, `wrong`, `grade`, `answerable`, `spaces`, `kinds`, `language`, `answer`, `accept`"
            ],
        );
        check_refused(
            "[[question]]\nright = [\"a\"]",
            expect!["line 1 of `sets/tea.toml`: missing field `text`"],
        );
        check_refused(
            "[[question]]\ntext = \" \"\nright = [\"a\"]",
            expect!["line 2 of `sets/tea.toml`: the question is empty"],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [7]",
            expect![[
                r#"line 3 of `sets/tea.toml`: a place is a path like "notes/tea.md" or "notes/tea.md#Water", or a table with `path` and, as you like, `heading`, `quote`, `part` and `grade`"#
            ]],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"x\",\n\"x\"]",
            expect!["line 4 of `sets/tea.toml`: `x` is named twice"],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"\"]",
            expect!["line 3 of `sets/tea.toml`: a right place has no path"],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"x\"]\ngrade = 0",
            expect!["line 3 of `sets/tea.toml`: a grade is zero: 1 or more says how right a place is"],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"x\"]\nexpected = [\"x\"]",
            expect![
                "line 1 of `sets/tea.toml`: a question has `right` or `expected`, which mean the same, not both"
            ],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"x\"]\nwrong = [\"x\"]",
            expect!["line 4 of `sets/tea.toml`: `x` is called right and wrong"],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"x\"]\nanswerable = false",
            expect!["line 1 of `sets/tea.toml`: the question has a right place and is called not answerable"],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"x\"]\n[[question]]\ntext = \"a\"\nright = [\"y\"]",
            expect![
                "line 5 of `sets/tea.toml`: the question stands on line 2 already; give one of them an `id`"
            ],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"x\"]\nkinds = [\"film\"]",
            expect!["line 4 of `sets/tea.toml`: `film` is not a kind of document"],
        );
    }

    #[test]
    fn the_questions_of_the_example_folders_are_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let mut asked = BTreeMap::new();
        for folder in ["company-docs", "compliance-archive", "personal-notes"] {
            for file in ["questions.toml", "across.toml"] {
                let set = QuestionSet::load(&root.join(folder).join(file))
                    .unwrap_or_else(|error| panic!("{}", error.chain()));
                *asked.entry(file).or_insert(0) += set.questions.len();
                let ignored =
                    std::fs::read_to_string(root.join(folder).join(".rushlightignore")).expect("there");
                assert!(
                    ignored.lines().any(|line| line == file),
                    "{folder}/{file} would be found by what it asks"
                );
                assert!(set.left_out > 0, "{folder}/{file}");
            }
        }
        assert_eq!(
            asked,
            BTreeMap::from([("questions.toml", 51), ("across.toml", 34)]),
            "those with an answer"
        );
    }
}
