//! From what a person typed, and a filter, to a tantivy query.

use std::collections::HashSet;
use std::ops::Bound;

use rushlight_core::SearchFilter;
use tantivy::Term;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use crate::schema::Fields;
use rushlight_analysis::{TermKind, Token, analyze};

/// Bytes of a query that are looked at.
const MAX_BYTES: usize = 32 * 1024;
/// Distinct terms that are searched.
const MAX_TERMS: usize = 512;
/// Phrases that are searched, and terms of one.
const MAX_PHRASES: usize = 16;
const MAX_PHRASE_TERMS: usize = 64;

/// A query's terms, and its phrases as terms with positions.
#[derive(Debug, Default)]
pub(crate) struct ParsedQuery {
    pub(crate) terms: Vec<String>,
    pub(crate) phrases: Vec<Vec<(usize, String)>>,
}

impl ParsedQuery {
    /// Words, and words in straight double quotes; a quote without its partner is punctuation. Reads no more than the caps.
    pub(crate) fn parse(query: &str) -> Self {
        let query = &query[..query.floor_char_boundary(MAX_BYTES)];
        let parts: Vec<&str> = query.split('"').collect();
        let mut parsed = Self::default();
        let mut seen = HashSet::new();
        for (index, part) in parts.iter().enumerate() {
            let quoted = index % 2 == 1 && index + 1 < parts.len() && parsed.phrases.len() < MAX_PHRASES;
            let tokens = analyze(part);
            if quoted {
                let phrase = phrase(&tokens);
                if !phrase.is_empty() {
                    parsed.phrases.push(phrase);
                }
                continue;
            }
            for token in tokens {
                let room = parsed.terms.len() < MAX_TERMS;
                if room && token.kind != TermKind::Single && seen.insert(token.term.clone()) {
                    parsed.terms.push(token.term);
                }
            }
        }
        parsed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.phrases.is_empty()
    }
}

/// Words, pairs and lone characters with their positions: together they say all that stands in the quotes.
fn phrase(tokens: &[Token]) -> Vec<(usize, String)> {
    tokens
        .iter()
        .filter(|token| matches!(token.kind, TermKind::Word | TermKind::Pair | TermKind::Alone))
        .take(MAX_PHRASE_TERMS)
        .map(|token| (token.position, token.term.clone()))
        .collect()
}

/// The query for tantivy, or `None` when it can find nothing. The filter takes part without scoring.
pub(crate) fn build(parsed: &ParsedQuery, filter: &SearchFilter, fields: &Fields) -> Option<BooleanQuery> {
    if parsed.is_empty() || filter.principals.is_empty() {
        return None;
    }
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = filters(filter, fields)
        .into_iter()
        .map(|query| {
            (
                Occur::Must,
                Box::new(ConstScoreQuery::new(query, 0.0)) as Box<dyn Query>,
            )
        })
        .collect();
    for phrase in &parsed.phrases {
        clauses.push((
            Occur::Must,
            any_field(fields, |field| phrase_query(field, phrase)),
        ));
    }
    let words: Vec<(Occur, Box<dyn Query>)> = parsed
        .terms
        .iter()
        .map(|term| (Occur::Should, any_field(fields, |field| term_query(field, term))))
        .collect();
    if !words.is_empty() {
        let occur = if parsed.phrases.is_empty() {
            Occur::Must
        } else {
            Occur::Should
        };
        clauses.push((occur, Box::new(BooleanQuery::new(words))));
    }
    Some(BooleanQuery::new(clauses))
}

/// The same question put to every text field, weighted.
fn any_field(fields: &Fields, query: impl Fn(Field) -> Box<dyn Query>) -> Box<dyn Query> {
    let weighted = fields.texts().map(|(field, weight)| {
        let query: Box<dyn Query> = Box::new(BoostQuery::new(query(field), weight));
        (Occur::Should, query)
    });
    Box::new(BooleanQuery::new(Vec::from(weighted)))
}

fn term_query(field: Field, term: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(
        Term::from_field_text(field, term),
        IndexRecordOption::WithFreqs,
    ))
}

fn phrase_query(field: Field, phrase: &[(usize, String)]) -> Box<dyn Query> {
    match phrase {
        [(_, only)] => term_query(field, only),
        terms => Box::new(PhraseQuery::new_with_offset(
            terms
                .iter()
                .map(|(position, term)| (*position, Term::from_field_text(field, term)))
                .collect(),
        )),
    }
}

fn filters(filter: &SearchFilter, fields: &Fields) -> Vec<Box<dyn Query>> {
    let SearchFilter {
        principals,
        sources,
        kinds,
        from,
        until,
    } = filter;
    let any = |terms: Vec<Term>| Box::new(TermSetQuery::new(terms)) as Box<dyn Query>;
    let mut all = vec![any(principals
        .iter()
        .map(|p| Term::from_field_text(fields.access, &p.0))
        .collect())];
    if !sources.is_empty() {
        all.push(any(sources
            .iter()
            .map(|source| Term::from_field_i64(fields.source, source.0))
            .collect()));
    }
    if !kinds.is_empty() {
        all.push(any(kinds
            .iter()
            .map(|kind| Term::from_field_text(fields.kind, kind.as_str()))
            .collect()));
    }
    if from.is_some() || until.is_some() {
        let date = |time: i64| Term::from_field_i64(fields.date, time);
        let lower = from.map_or(Bound::Unbounded, |from| Bound::Included(date(from.0)));
        let upper = until.map_or(Bound::Unbounded, |until| Bound::Excluded(date(until.0)));
        all.push(Box::new(RangeQuery::new(lower, upper)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_words_and_phrases_and_is_capped() {
        let parsed = ParsedQuery::parse("綠茶 \"green tea\" Tea tea \"茶\" \"open");
        assert_eq!(parsed.terms, ["綠茶", "tea", "open"]);
        assert_eq!(
            parsed.phrases[0],
            [(0, "green".to_owned()), (1, "tea".to_owned())]
        );
        assert_eq!(parsed.phrases[1], [(0, "茶".to_owned())]);
        let many: String = (0..10_000).map(|number| format!("茶{number} ")).collect();
        assert_eq!(ParsedQuery::parse(&many).terms.len(), MAX_TERMS);
    }
}
