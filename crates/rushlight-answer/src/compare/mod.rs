//! What two documents say differently, sentence by sentence, each with its quotation. No model.

use std::collections::BTreeSet;

use rushlight_core::{Citation, Disagreement, Hit, Passage, TextSpan};

use crate::align;
use crate::citation::cite;
use crate::context::{is_bare, pieces};
use crate::disagreement::replaced;
use crate::language::{AnswerLanguage, is_han};
use crate::sanitize::plain_text;
use crate::terms::{Weights, covered, fold, terms};

/// Differences that are shown at most.
const LINES: usize = 24;
/// Characters of a quotation in the answer's text; the citation has all of it.
const QUOTE_CHARS: usize = 240;
/// Share of their terms that two sentences must have in common to be one that was changed.
const CHANGED: f32 = 0.5;
/// Words that are named as differing, of each side.
const WORDS: usize = 4;

/// One of two documents that are compared.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// Its name in the answer.
    pub title: &'a str,
    /// All its chunks, in order.
    pub hits: &'a [Hit],
}

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The answer's text, with `[n]` behind each quotation.
    pub text: String,
    /// In order of their numbers.
    pub citations: Vec<Citation>,
    /// Changed sentences in which amounts or dates differ.
    pub disagreements: Vec<Disagreement>,
    /// Differences there are; more than the text names where it is cut.
    pub total: usize,
}

/// A sentence of a document.
struct Sentence<'a> {
    hit: &'a Hit,
    /// Within the chunk's text.
    span: TextSpan,
    text: &'a str,
    /// The same for sentences that read the same.
    key: String,
    terms: BTreeSet<String>,
}

/// One difference.
enum Difference<'s, 'a> {
    Changed(&'s Sentence<'a>, &'s Sentence<'a>),
    OnlyNewer(&'s Sentence<'a>),
    OnlyOlder(&'s Sentence<'a>),
}

/// Compares two documents, the newer one given first. Sentences that only moved are no difference, nor are those that differ in
/// case, width, script or punctuation alone. Changed sentences come first, then what only the newer says, then what only the older
/// does.
pub fn compare(newer: Compared<'_>, older: Compared<'_>, language: AnswerLanguage) -> Comparison {
    let (new, old) = (cut(newer.hits), cut(older.hits));
    let mut found = differences(&new, &old);
    found.sort_by_key(|difference| match difference {
        Difference::Changed(..) => 0,
        Difference::OnlyNewer(_) => 1,
        Difference::OnlyOlder(_) => 2,
    });
    let words = Words { language };
    let mut comparison = Comparison {
        text: words.heading(newer.title, older.title, found.len()),
        total: found.len(),
        ..Comparison::default()
    };
    for difference in found.iter().take(LINES) {
        // What does not stand in its document to the letter is not shown.
        if let Some(line) = comparison.line(difference, words, newer.title, older.title) {
            comparison.text.push('\n');
            comparison.text.push_str(&line);
        }
    }
    if found.len() > LINES {
        comparison.text.push('\n');
        comparison.text.push_str(&words.more(found.len() - LINES));
    }
    comparison
}

impl Comparison {
    fn line(
        &mut self,
        difference: &Difference<'_, '_>,
        words: Words,
        newer: &str,
        older: &str,
    ) -> Option<String> {
        match difference {
            Difference::OnlyNewer(sentence) => {
                let number = self.cite(sentence)?;
                Some(words.only(newer, sentence.text, number))
            }
            Difference::OnlyOlder(sentence) => {
                let number = self.cite(sentence)?;
                Some(words.only(older, sentence.text, number))
            }
            Difference::Changed(new, old) => {
                let known = self.citations.len();
                let (Some(first), Some(second)) = (self.cite(new), self.cite(old)) else {
                    self.citations.truncate(known);
                    return None;
                };
                let values = match quantities(new, old) {
                    // A heading names its document, and states nothing.
                    Some(values) if is_bare(new.text) => values,
                    Some(values) => {
                        self.disagreements.push(Disagreement {
                            citations: vec![first, second],
                            values: values.to_vec(),
                        });
                        values
                    }
                    None => differing_words(new, old),
                };
                Some(words.changed((new.text, first), (old.text, second), &values))
            }
        }
    }

    fn cite(&mut self, sentence: &Sentence<'_>) -> Option<u32> {
        let passage = Passage {
            number: 1,
            span: sentence.hit.chunk.span,
            text: sentence.hit.chunk.text.clone(),
            token_count: 0,
            hit: sentence.hit.clone(),
        };
        let number = self.citations.len() as u32 + 1;
        let citation = cite(&passage, sentence.span)?;
        self.citations.push(Citation { number, ..citation });
        Some(number)
    }
}

/// The sentences of a document that say something, each once where chunks overlap.
fn cut(hits: &[Hit]) -> Vec<Sentence<'_>> {
    let (mut found, mut end) = (Vec::new(), 0);
    for hit in hits {
        for span in pieces(hit, &hit.chunk.text) {
            let start = hit.chunk.span.start + span.start;
            if start < end {
                continue;
            }
            end = hit.chunk.span.start + span.end;
            let text = &hit.chunk.text[span.range()];
            let sentence = Sentence {
                hit,
                span,
                text,
                key: fold(text).chars().filter(|c| c.is_alphanumeric()).collect(),
                terms: terms(text),
            };
            if !sentence.key.is_empty() {
                found.push(sentence);
            }
        }
    }
    found
}

fn differences<'s, 'a>(new: &'s [Sentence<'a>], old: &'s [Sentence<'a>]) -> Vec<Difference<'s, 'a>> {
    let keys = |sentences: &'s [Sentence<'a>]| sentences.iter().map(|s| s.key.as_str()).collect::<Vec<_>>();
    let (new_keys, old_keys) = (keys(new), keys(old));
    let known: [BTreeSet<&str>; 2] = [
        new_keys.iter().copied().collect(),
        old_keys.iter().copied().collect(),
    ];
    let mut found = Vec::new();
    for gap in align::gaps(&new_keys, &old_keys) {
        let added: Vec<&Sentence<'_>> = new[gap.first]
            .iter()
            .filter(|sentence| !known[1].contains(sentence.key.as_str()))
            .collect();
        let mut removed: Vec<&Sentence<'_>> = old[gap.second]
            .iter()
            .filter(|sentence| !known[0].contains(sentence.key.as_str()))
            .collect();
        for sentence in added {
            let alike = |other: &Sentence<'_>| {
                let even = Weights::default();
                let both = covered(&sentence.terms, &other.terms, &even).min(covered(
                    &other.terms,
                    &sentence.terms,
                    &even,
                ));
                (both >= CHANGED).then_some(both)
            };
            let best = removed
                .iter()
                .enumerate()
                .filter_map(|(index, other)| Some((alike(other)?, index)))
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            match best {
                Some((_, index)) => found.push(Difference::Changed(sentence, removed.remove(index))),
                None => found.push(Difference::OnlyNewer(sentence)),
            }
        }
        found.extend(removed.into_iter().map(Difference::OnlyOlder));
    }
    found
}

/// The amounts and dates of each of two sentences that stand in the place of others of the other one, as written.
fn quantities(new: &Sentence<'_>, old: &Sentence<'_>) -> Option<[String; 2]> {
    let (new, old): (Vec<String>, Vec<String>) = replaced(new.text, old.text).into_iter().unzip();
    (!new.is_empty()).then(|| [new.join(", "), old.join(", ")])
}

/// Words of each of two sentences that the other has not, as written.
fn differing_words(new: &Sentence<'_>, old: &Sentence<'_>) -> [String; 2] {
    let of = |own: &Sentence<'_>, other: &Sentence<'_>| {
        let words = own
            .text
            .split(|c: char| !c.is_alphanumeric() || is_han(c))
            .filter(|word| terms(word).iter().any(|term| !other.terms.contains(term)));
        words.take(WORDS).collect::<Vec<_>>().join(", ")
    };
    [of(new, old), of(old, new)]
}

/// The sentences around the quotations.
#[derive(Clone, Copy)]
struct Words {
    language: AnswerLanguage,
}

impl Words {
    fn quote(self, text: &str) -> String {
        let (open, close) = self.language.quotation_marks();
        let plain = plain_text(text).split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = plain.chars().take(QUOTE_CHARS).collect();
        let more = if short.len() < plain.len() { "…" } else { "" };
        format!("{open}{short}{more}{close}")
    }

    fn heading(self, newer: &str, older: &str, count: usize) -> String {
        let (newer, older) = (self.quote(newer), self.quote(older));
        match (self.language, count) {
            (AnswerLanguage::English, 0) => format!("{newer} and {older} say the same in every sentence."),
            (AnswerLanguage::English, 1) => format!("{newer} and {older} differ in one place:"),
            (AnswerLanguage::English, _) => format!("{newer} and {older} differ in {count} places:"),
            (AnswerLanguage::TraditionalChinese, 0) => format!("{newer}與{older}每一句都相同。"),
            (AnswerLanguage::TraditionalChinese, _) => format!("{newer}與{older}有 {count} 處不同："),
            (AnswerLanguage::SimplifiedChinese, 0) => format!("{newer}与{older}每一句都相同。"),
            (AnswerLanguage::SimplifiedChinese, _) => format!("{newer}与{older}有 {count} 处不同："),
        }
    }

    fn changed(self, new: (&str, u32), old: (&str, u32), values: &[String; 2]) -> String {
        let [a, b] = values;
        let values = match (a.is_empty(), b.is_empty()) {
            (false, false) => format!(" ({b} → {a})"),
            _ => String::new(),
        };
        let (new, old) = (
            format!("{} [{}]", self.quote(new.0), new.1),
            format!("{} [{}]", self.quote(old.0), old.1),
        );
        match self.language {
            AnswerLanguage::English => format!("- Changed: {new} for {old}{values}"),
            AnswerLanguage::TraditionalChinese => format!("- 改為：{new}，原為：{old}{values}"),
            AnswerLanguage::SimplifiedChinese => format!("- 改为：{new}，原为：{old}{values}"),
        }
    }

    fn only(self, title: &str, text: &str, number: u32) -> String {
        let (title, text) = (self.quote(title), self.quote(text));
        match self.language {
            AnswerLanguage::English => format!("- Only in {title}: {text} [{number}]"),
            AnswerLanguage::TraditionalChinese => format!("- 只見於{title}：{text} [{number}]"),
            AnswerLanguage::SimplifiedChinese => format!("- 只见于{title}：{text} [{number}]"),
        }
    }

    fn more(self, count: usize) -> String {
        match self.language {
            AnswerLanguage::English => format!("- and {count} more."),
            AnswerLanguage::TraditionalChinese => format!("- 另有 {count} 處。"),
            AnswerLanguage::SimplifiedChinese => format!("- 另有 {count} 处。"),
        }
    }
}

#[cfg(test)]
mod tests;
