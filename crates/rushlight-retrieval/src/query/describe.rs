//! A query as it was understood, for people: what ranks, what must hold, what is left out. Values are in the query language.

use jiff::ToSpan;
use jiff::civil::Date;
use rushlight_core::{Clause, Node, Occur, Query, Timestamp};

use super::dates::Calendar;

/// What must hold and is no field.
const REQUIRED: &str = "required";

/// One aspect of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// `words` (what ranks), `required`, `without` (what is left out), or the name of a field.
    pub label: &'static str,
    /// What is asked, in the query language; several are separated by commas.
    pub text: String,
}

/// A query as it was understood, in one line: `words: tea · from: anna · before: 2024-03-01`.
pub fn describe(query: &Query, calendar: &Calendar) -> String {
    let parts: Vec<String> = understood(query, calendar)
        .into_iter()
        .map(|Understood { label, text }| format!("{label}: {text}"))
        .collect();
    parts.join(" · ")
}

/// A query as it was understood, in the order in which it was typed, what has the same label together.
pub fn understood(query: &Query, calendar: &Calendar) -> Vec<Understood> {
    let mut parts: Vec<Understood> = Vec::new();
    for Clause { occur, node } in &query.clauses {
        let (label, text) = match occur {
            Occur::Wanted => ("words", written(node, calendar)),
            Occur::Excluded => ("without", written(node, calendar)),
            Occur::Required => labelled(node, calendar),
        };
        match parts.iter_mut().find(|part| part.label == label) {
            Some(part) => {
                part.text.push_str(", ");
                part.text.push_str(&text);
            }
            None => parts.push(Understood { label, text }),
        }
    }
    parts
}

/// What must hold, with the name of its field where it has one.
fn labelled(node: &Node, calendar: &Calendar) -> (&'static str, String) {
    match node {
        Node::Field { field, node } => (field.as_str(), written(node, calendar)),
        Node::Kinds(kinds) => {
            let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
            ("type", names.join(" OR "))
        }
        Node::Space(name) => ("space", quoted_if_needed(name)),
        Node::Folder { name, .. } => ("folder", quoted_if_needed(name)),
        Node::HasAttachment => ("has", "attachment".to_owned()),
        Node::Dates { from, until } => dates(*from, *until, calendar),
        Node::Group(query) => {
            of_one_field(query, calendar).unwrap_or_else(|| (REQUIRED, written(node, calendar)))
        }
        _ => (REQUIRED, written(node, calendar)),
    }
}

/// Alternatives that are all values of one field.
fn of_one_field(query: &Query, calendar: &Calendar) -> Option<(&'static str, String)> {
    let is_wanted = |clause: &Clause| clause.occur == Occur::Wanted;
    let parts: Vec<_> = query
        .clauses
        .iter()
        .map(|clause| is_wanted(clause).then(|| labelled(&clause.node, calendar)))
        .collect::<Option<_>>()?;
    let label = parts.first()?.0;
    let same = label != REQUIRED && parts.iter().all(|(other, _)| *other == label);
    let texts: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
    same.then(|| (label, texts.join(" OR ")))
}

/// A node as it is typed.
fn written(node: &Node, calendar: &Calendar) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Phrase(text) => quoted(text),
        Node::Prefix(text) => format!("{text}*"),
        Node::Near { parts, distance } => {
            let parts: Vec<String> = parts.iter().map(|part| quoted_if_needed(part)).collect();
            parts.join(&format!(" NEAR/{distance} "))
        }
        Node::Field { .. }
        | Node::Space(_)
        | Node::Folder { .. }
        | Node::HasAttachment
        | Node::Dates { .. } => {
            let (label, text) = labelled(node, calendar);
            format!("{label}:{text}")
        }
        Node::Kinds(kinds) => {
            let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
            match names.as_slice() {
                [only] => format!("type:{only}"),
                names => format!("type:({})", names.join(" OR ")),
            }
        }
        Node::Everything => "everything".to_owned(),
        Node::Nothing => "nothing".to_owned(),
        Node::Group(query) => group(query, calendar),
    }
}

fn group(query: &Query, calendar: &Calendar) -> String {
    let alternatives = query.clauses.iter().all(|clause| clause.occur == Occur::Wanted);
    let parts: Vec<String> = query
        .clauses
        .iter()
        .filter(|clause| clause.node != Node::Everything)
        .map(|Clause { occur, node }| {
            let sign = if *occur == Occur::Excluded { "-" } else { "" };
            format!("{sign}{}", written(node, calendar))
        })
        .collect();
    match (parts.as_slice(), alternatives) {
        ([only], _) => only.clone(),
        (_, true) => format!("({})", parts.join(" OR ")),
        (_, false) => format!("({})", parts.join(" ")),
    }
}

fn quoted(text: &str) -> String {
    if text.contains('"') {
        format!("「{text}」")
    } else {
        format!("\"{text}\"")
    }
}

fn quoted_if_needed(text: &str) -> String {
    if text.contains(char::is_whitespace) {
        quoted(text)
    } else {
        text.to_owned()
    }
}

fn dates(from: Option<Timestamp>, until: Option<Timestamp>, calendar: &Calendar) -> (&'static str, String) {
    let day = |moment: Option<Timestamp>| moment.and_then(|moment| calendar.day_of(moment));
    match (day(from), day(until)) {
        (None, None) => ("date", "any".to_owned()),
        (Some(from), None) => ("after", from.to_string()),
        (None, Some(until)) => ("before", until.to_string()),
        (Some(from), Some(until)) => ("date", stretch(from, until)),
    }
}

/// A year, a month or a day where it is one; otherwise the first and the last day.
fn stretch(from: Date, until: Date) -> String {
    let ends_after = |span: jiff::Span| from.checked_add(span).is_ok_and(|end| end == until);
    if from.day_of_year() == 1 && ends_after(1.year()) {
        return format!("{:04}", from.year());
    }
    if from.day() == 1 && ends_after(1.month()) {
        return format!("{:04}-{:02}", from.year(), from.month());
    }
    if ends_after(1.day()) {
        return from.to_string();
    }
    let last = until.yesterday().unwrap_or(until);
    format!("{from}..{last}")
}
