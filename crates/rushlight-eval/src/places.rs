//! Places that answer a question: which documents they name, and whether a hit lies there.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use rushlight_core::{Chunk, DocId, Error, ErrorCode, Hit, Result};

use crate::questions::QuestionSet;
use crate::recipe::ends_in;

/// Missing places named in one error at most.
const NAMED: usize = 5;

/// A place as a set names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A path or the end of one.
    pub path: String,
    /// Only under this heading.
    pub heading: Option<String>,
    /// Only a passage that holds this text.
    pub quote: Option<String>,
    /// Only this part of the file: an attachment, a message of a mailbox.
    pub part: Option<String>,
    /// How right it is, from 1.
    pub grade: u32,
    /// Where it stands in the set's file.
    pub line: usize,
    /// Whether what follows the last `#` in `path` may be a heading.
    pub(crate) short: bool,
}

/// A document of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDocument {
    /// Identity.
    pub doc_id: DocId,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Its title.
    pub title: String,
    /// Passages it is cut into.
    pub passages: usize,
}

impl Place {
    pub(crate) fn new(path: String, grade: u32, line: usize) -> Self {
        Self {
            path,
            heading: None,
            quote: None,
            part: None,
            grade,
            line,
            short: false,
        }
    }

    /// Whether both name the same, whatever their grades.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.path, &self.heading, &self.quote, &self.part)
            == (&other.path, &other.heading, &other.quote, &other.part)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(part) = &self.part {
            write!(f, "!{part}")?;
        }
        if let Some(heading) = &self.heading {
            write!(f, "#{heading}")?;
        }
        match &self.quote {
            Some(quote) => write!(f, " “{quote}”"),
            None => Ok(()),
        }
    }
}

/// A place with the files of the index that it names.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) place: Place,
    paths: BTreeSet<String>,
    heading: Option<String>,
}

impl Found {
    /// Whether a hit lies there. One document with the same bytes in several files is one hit, and lies in all of them.
    pub(crate) fn holds(&self, hit: &Hit) -> bool {
        let part_fits = |part: &str| self.place.part.as_deref().is_none_or(|wanted| wanted == part);
        let places = std::iter::once((&hit.path, &hit.part))
            .chain(hit.also_at.iter().map(|other| (&other.path, &other.part)));
        let lies = places
            .into_iter()
            .any(|(path, part)| self.paths.contains(path) && part_fits(part));
        lies && self.passage_fits(&hit.chunk, &hit.title)
    }

    /// Whether it names this part of this file, whatever stands there.
    pub(crate) fn is_file(&self, path: &str, part: &str) -> bool {
        self.paths.contains(path) && self.place.part.as_deref().is_none_or(|wanted| wanted == part)
    }

    fn passage_fits(&self, chunk: &Chunk, title: &str) -> bool {
        let under = |heading: &String| is_under(chunk, title, heading);
        let quoted = |quote: &String| chunk.text.contains(quote.trim());
        self.heading.as_ref().is_none_or(under) && self.place.quote.as_ref().is_none_or(quoted)
    }
}

/// Whether a passage stands under a heading. One that a passage begins with is in its text; the title stands above all.
fn is_under(chunk: &Chunk, title: &str, heading: &str) -> bool {
    let marks: &[char] = &['#', '=', '*', ' ', '\t'];
    let heading = heading.trim();
    title.trim() == heading
        || chunk.heading_path.iter().any(|above| above.trim() == heading)
        || chunk.text.lines().any(|line| line.trim_matches(marks) == heading)
}

/// Finds for each place the documents that it names. The result has a list for each question.
///
/// # Errors
/// `InvalidRequest` that names, with their lines, the places that no document or no passage of one fits; what
/// `passages` fails with.
pub(crate) fn find(
    set: &QuestionSet,
    documents: &[KnownDocument],
    passages: &mut dyn FnMut(DocId) -> Result<Vec<Chunk>>,
) -> Result<Vec<Vec<Found>>> {
    let folder = std::path::absolute(&set.file).unwrap_or_else(|_| set.file.clone());
    let folder = folder.parent().unwrap_or(Path::new("")).to_owned();
    let mut found = Vec::with_capacity(set.questions.len());
    let mut missing: Vec<(usize, String)> = Vec::new();
    for question in &set.questions {
        let mut of_question = Vec::with_capacity(question.right.len());
        for place in &question.right {
            match find_one(place, &folder, documents, passages)? {
                Ok(one) => of_question.push(one),
                Err(why) => missing.push((place.line, why)),
            }
        }
        found.push(of_question);
    }
    let Some((line, why)) = missing.first() else {
        return Ok(found);
    };
    let mut message = format!("line {line} of `{}`: {why}", set.file.display());
    let rest: Vec<String> = missing[1..]
        .iter()
        .take(NAMED)
        .map(|(line, why)| format!("; line {line}: {why}"))
        .collect();
    message += &rest.concat();
    if missing.len() > NAMED + 1 {
        message += &format!("; and {} more", missing.len() - NAMED - 1);
    }
    Err(Error::new(ErrorCode::InvalidRequest, message)
        .with_hint("index the folder first, or correct the set; `rushlight status` shows what is indexed"))
}

/// The inner error says in words what is missing.
fn find_one(
    place: &Place,
    folder: &Path,
    documents: &[KnownDocument],
    passages: &mut dyn FnMut(DocId) -> Result<Vec<Chunk>>,
) -> Result<Result<Found, String>> {
    let (mut path, mut heading) = (place.path.as_str(), place.heading.clone());
    let mut named = named_by(path, folder, documents);
    if named.is_empty()
        && place.short
        && let Some((file, under)) = path.rsplit_once('#')
    {
        (path, heading) = (file, Some(under.to_owned()));
        named = named_by(path, folder, documents);
    }
    if let Some(part) = &place.part {
        named.retain(|document| document.part == *part);
    }
    if named.is_empty() {
        let part = place
            .part
            .as_ref()
            .map_or(String::new(), |part| format!(" with a part `{part}`"));
        return Ok(Err(format!("no document ends in `{path}`{part}")));
    }
    let found = Found {
        paths: named.iter().map(|document| document.path.clone()).collect(),
        place: place.clone(),
        heading,
    };
    if found.heading.is_none() && found.place.quote.is_none() {
        return Ok(Ok(found));
    }
    for document in &named {
        if passages(document.doc_id)?
            .iter()
            .any(|chunk| found.passage_fits(chunk, &document.title))
        {
            return Ok(Ok(found));
        }
    }
    let what = match (&found.heading, &found.place.quote) {
        (Some(heading), None) => format!("is under the heading `{heading}`"),
        (None, _) => "holds the quote".to_owned(),
        (Some(heading), Some(_)) => format!("is under the heading `{heading}` and holds the quote"),
    };
    Ok(Err(format!("no passage of `{path}` {what}")))
}

/// The document at this path below the set's own folder, else all whose paths end in it.
fn named_by<'a>(path: &str, folder: &Path, documents: &'a [KnownDocument]) -> Vec<&'a KnownDocument> {
    let below = folder.join(path);
    let exact: Vec<&KnownDocument> = documents
        .iter()
        .filter(|document| Path::new(&document.path) == below)
        .collect();
    match exact.is_empty() {
        true => documents
            .iter()
            .filter(|document| ends_in(&document.path, path))
            .collect(),
        false => exact,
    }
}
