//! From a question for every document to a plan: which documents are walked, and what a sentence must say for its document to
//! be a row.
//!
//! What a document is (its kind, its people, its date) and what it speaks of is asked of the index, for the document as a
//! whole. Numbers, dates and statements (`that end in 2025`) must stand together in one sentence, which the row then cites.

mod chinese;
mod dates;
mod english;
mod stated;

use std::collections::BTreeSet;

use rushlight_core::{Citation, DocumentKind, Hit, Passage, TextSpan, Timestamp};

use crate::citation::cite;
use crate::language::AnswerLanguage;
use crate::nouns::Noun;
use crate::sentence::sentences;
use crate::terms::{Weights, covered, terms};
use crate::words::words;
use stated::Stated;

/// Bytes of a row's quote at most; what is longer is cut at a character.
const QUOTE_BYTES: usize = 400;

/// What is walked for a list, and what makes a row of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListPlan {
    /// Kinds of document; empty: all.
    pub kinds: Vec<DocumentKind>,
    /// Fields and dates that a document must have, each as the query language writes it: `from:ada`, `date:2024`.
    pub filters: Vec<String>,
    /// What a document must speak of: one of each, somewhere in it. Words and phrases of the query language.
    pub topics: Vec<Vec<String>>,
    /// What one sentence must say.
    stated: Vec<Stated>,
    /// Terms by which the sentence is chosen.
    wanted: BTreeSet<String>,
}

/// The plan for a question that asks for every document. `now` is what `last year` is told from.
pub fn plan_list(question: &str, now: Timestamp) -> ListPlan {
    let words = words(question);
    let han = words.iter().filter(|word| word.han).count();
    let read = if han * 2 >= words.len().max(1) {
        chinese::read(question, &words)
    } else {
        english::read(question, &words)
    };
    read.plan(now)
}

/// What was read of a question.
#[derive(Debug, Default)]
struct Read {
    noun: Option<&'static Noun>,
    from: Vec<String>,
    to: Vec<String>,
    /// A date, whether it is of the document (`written in`), and what stands before it: `since`, `before`.
    dates: Vec<(dates::Date, Option<&'static str>)>,
    /// The date is of what the text states, as a verb says.
    states: Vec<&'static stated::Verb>,
    numbers: Vec<String>,
    topics: Vec<String>,
}

impl Read {
    fn plan(self, now: Timestamp) -> ListPlan {
        let mut plan = ListPlan {
            kinds: self.noun.map_or(Vec::new(), |noun| noun.kinds.to_vec()),
            ..ListPlan::default()
        };
        if let Some(noun) = self.noun.filter(|noun| !noun.says.is_empty()) {
            plan.topics
                .push(noun.says.iter().map(|word| written(word)).collect());
        }
        plan.filters
            .extend(self.from.iter().map(|name| format!("from:{}", in_field(name))));
        plan.filters
            .extend(self.to.iter().map(|name| format!("to:{}", in_field(name))));
        // An invoice of March says so itself; when its file was written says little.
        let by_text = !self.states.is_empty() || self.noun.is_some_and(|noun| !noun.says.is_empty());
        for (date, before) in &self.dates {
            match (by_text, before, date.resolved(now)) {
                (true, None, Some((year, month))) => plan.stated.push(Stated::Date { year, month }),
                (_, Some(field), _) => plan.filters.push(format!("{field}:{}", date.typed)),
                _ => plan.filters.push(format!("date:{}", date.typed)),
            }
        }
        plan.stated.extend(self.numbers.into_iter().map(Stated::Number));
        plan.stated
            .extend(self.states.iter().map(|verb| Stated::Verb(verb)));
        for topic in &self.topics {
            plan.wanted.extend(terms(topic));
            plan.topics.push(vec![written(topic)]);
        }
        plan
    }
}

/// A word of the query language: quoted where it is more than one, or not of ASCII letters and digits.
fn written(word: &str) -> String {
    match word.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => word.to_owned(),
        false => format!("\"{}\"", word.replace('"', " ")),
    }
}

/// The value of a field: in parentheses where it is several words, all of which must be there.
fn in_field(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(written).collect();
    match words.as_slice() {
        [one] => one.clone(),
        words => format!("({})", words.join(" ")),
    }
}

impl ListPlan {
    /// What is walked, in the query language; empty when every document is.
    pub fn query(&self) -> String {
        let kinds: Vec<String> = self
            .kinds
            .iter()
            .map(|kind| format!("type:{}", kind.as_str()))
            .collect();
        let topics = self
            .topics
            .iter()
            .map(|alternatives| match alternatives.as_slice() {
                [one] => format!("+{one}"),
                several => format!("+({})", several.join(" OR ")),
            });
        let parts: Vec<String> = kinds
            .into_iter()
            .chain(self.filters.iter().cloned())
            .chain(topics)
            .collect();
        parts.join(" ")
    }

    /// The parts of the query that say what a document is, in the query language; empty when it may be any.
    pub fn filter(&self) -> String {
        let kinds = self.kinds.iter().map(|kind| format!("type:{}", kind.as_str()));
        let parts: Vec<String> = kinds.chain(self.filters.iter().cloned()).collect();
        parts.join(" ")
    }

    /// Whether a document that is walked may be no row: a sentence must say something.
    pub fn is_stated(&self) -> bool {
        !self.stated.is_empty()
    }

    /// The sentence of a text that makes its document a row, with how well it fits, 0 to 1; of equal ones the first. `None`
    /// where none says what is asked. Where nothing must be said, every text has one.
    pub fn sentence(&self, text: &str) -> Option<(f32, TextSpan)> {
        let even = Weights::default();
        let mut best: Option<(f32, TextSpan)> = None;
        for span in sentences(text) {
            let sentence = &text[span.range()];
            if !stated::says(sentence, &self.stated) {
                continue;
            }
            let fit = covered(&self.wanted, &terms(sentence), &even);
            if best.is_none_or(|(top, _)| fit > top) {
                best = Some((fit, span));
            }
        }
        best
    }
}

/// The citation of a row: a stretch of a chunk's text, compared to the letter. `None` where it does not stand there.
pub fn cite_row(hit: &Hit, span: TextSpan, number: u32) -> Option<Citation> {
    let end = (span.end - span.start).min(QUOTE_BYTES);
    let quote = span.of(&hit.chunk.text)?;
    let quote = quote[..quote.floor_char_boundary(end)].trim_end();
    let passage = Passage {
        number,
        span: hit.chunk.span,
        text: hit.chunk.text.clone(),
        token_count: 0,
        hit: hit.clone(),
    };
    let citation = cite(&passage, TextSpan::new(span.start, span.start + quote.len()))?;
    Some(Citation { number, ..citation })
}

/// How much a list came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCount {
    /// Rows there are.
    pub rows: u64,
    /// Rows shown.
    pub shown: u64,
    /// Documents looked at.
    pub walked: u64,
    /// Documents that meet it and are older versions of a row.
    pub versions: u64,
}

/// The sentence above a list, in the question's language.
pub fn list_text(count: ListCount, language: AnswerLanguage) -> String {
    let ListCount {
        rows,
        shown,
        walked,
        versions,
    } = count;
    match language {
        AnswerLanguage::English => {
            let (noun, verb) = if rows == 1 {
                ("document", "meets")
            } else {
                ("documents", "meet")
            };
            let mut text = match rows {
                0 => "No document meets this".to_owned(),
                rows => format!("{rows} {noun} {verb} this"),
            };
            if versions > 0 {
                text.push_str(&format!(", and {versions} other versions of them"));
            }
            text.push_str(&format!(
                "; {walked} {} looked at.",
                if walked == 1 { "was" } else { "were" }
            ));
            if shown < rows {
                text.push_str(&format!(" The newest {shown} are shown."));
            }
            text
        }
        AnswerLanguage::TraditionalChinese => {
            let mut text = match rows {
                0 => "沒有文件符合".to_owned(),
                rows => format!("符合的文件有 {rows} 份"),
            };
            if versions > 0 {
                text.push_str(&format!("，另有 {versions} 份是它們的其他版本"));
            }
            text.push_str(&format!("；共查看了 {walked} 份。"));
            if shown < rows {
                text.push_str(&format!("這裡列出最新的 {shown} 份。"));
            }
            text
        }
        AnswerLanguage::SimplifiedChinese => {
            let mut text = match rows {
                0 => "没有文件符合".to_owned(),
                rows => format!("符合的文件有 {rows} 份"),
            };
            if versions > 0 {
                text.push_str(&format!("，另有 {versions} 份是它们的其他版本"));
            }
            text.push_str(&format!("；共查看了 {walked} 份。"));
            if shown < rows {
                text.push_str(&format!("这里列出最新的 {shown} 份。"));
            }
            text
        }
    }
}

#[cfg(test)]
mod tests;
