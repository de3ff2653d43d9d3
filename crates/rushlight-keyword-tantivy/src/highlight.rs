//! Where what a query asks for stands in a text.

use std::collections::HashSet;

use rushlight_analysis::{TermKind, Token, analyze, covering, stem, variants};
use rushlight_core::{Clause, Correction, Node, Occur, Query, QueryField, TextSpan};

/// Bytes of a query that are looked at, and groups in groups.
const MAX_BYTES: usize = 32 * 1024;
const MAX_DEPTH: usize = 32;
/// Phrases, prefixes and parts of words that are looked for.
const MAX_PHRASES: usize = 64;

/// Where what `query` asks for stands in `text`, as the search meets it: spans of `text` on character boundaries, in order,
/// touching ones joined. Words as typed, with the same stem, or as `corrections` has them; in either Chinese script and in the
/// words of another region; phrases where they stand whole. What is asked of a field is not marked, but of the title.
/// Where none of that stands, the words in which its letters do.
pub fn query_spans(query: &Query, corrections: &[Correction], text: &str) -> Vec<TextSpan> {
    let mut wanted = Wanted::default();
    wanted.add(query, 0);
    for Correction { typed, meant } in corrections {
        if wanted.terms.contains(typed) {
            wanted.terms.insert(meant.clone());
        }
    }
    let tokens = analyze(text);
    let mut spans: Vec<TextSpan> = tokens
        .iter()
        .filter(|token| wanted.has(token))
        .map(|token| TextSpan::new(token.start, token.end))
        .collect();
    for phrase in &wanted.phrases {
        spans.extend(occurrences(phrase, &tokens));
    }
    if spans.is_empty() {
        spans = wanted
            .texts
            .iter()
            .flat_map(|part| pieces(part, &tokens))
            .collect();
    }
    joined(spans)
}

/// What a query asks for.
#[derive(Default)]
struct Wanted {
    bytes: usize,
    terms: HashSet<String>,
    stems: HashSet<String>,
    prefixes: Vec<String>,
    phrases: Vec<Vec<(usize, String)>>,
    texts: Vec<String>,
}

impl Wanted {
    fn add(&mut self, query: &Query, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for Clause { occur, node } in &query.clauses {
            if *occur != Occur::Excluded {
                self.node(node, depth);
            }
        }
    }

    fn node(&mut self, node: &Node, depth: usize) {
        match node {
            Node::Text(text) => self.text(text),
            Node::Phrase(text) => self.phrase(text),
            Node::Prefix(text) => self.prefix(text),
            Node::Near { parts, .. } => parts.iter().for_each(|part| self.phrase(part)),
            Node::Field {
                field: QueryField::Title | QueryField::Subject,
                node,
            } if depth <= MAX_DEPTH => self.node(node, depth + 1),
            Node::Group(query) => self.add(query, depth + 1),
            Node::Field { .. }
            | Node::Dates { .. }
            | Node::Kinds(_)
            | Node::Space(_)
            | Node::Folder { .. }
            | Node::HasAttachment
            | Node::Everything
            | Node::Nothing => {}
        }
    }

    fn cut<'t>(&mut self, text: &'t str) -> &'t str {
        let text = &text[..text.floor_char_boundary(MAX_BYTES - self.bytes)];
        self.bytes += text.len();
        text
    }

    fn text(&mut self, text: &str) {
        let text = self.cut(text);
        for token in analyze(text) {
            if token.kind == TermKind::Word {
                self.stems.extend(stem(&token.term));
            }
            if token.kind != TermKind::Single {
                self.terms.insert(token.term);
            }
        }
        for variant in variants(text) {
            self.phrase(&variant.text);
        }
        if self.texts.len() < MAX_PHRASES {
            self.texts.push(text.to_owned());
        }
    }

    fn phrase(&mut self, text: &str) {
        let phrase: Vec<(usize, String)> = analyze(self.cut(text))
            .into_iter()
            .filter(|token| matches!(token.kind, TermKind::Word | TermKind::Pair | TermKind::Alone))
            .map(|token| (token.position, token.term))
            .collect();
        if !phrase.is_empty() && self.phrases.len() < MAX_PHRASES {
            self.phrases.push(phrase);
        }
    }

    fn prefix(&mut self, text: &str) {
        let tokens = analyze(text);
        match tokens.iter().rfind(|token| token.kind == TermKind::Word) {
            Some(last) if tokens.iter().all(|token| token.end <= last.end) => {
                let before = text[..last.start].to_owned();
                if self.prefixes.len() < MAX_PHRASES {
                    self.prefixes.push(last.term.clone());
                }
                self.phrase(&before);
            }
            _ => self.phrase(text),
        }
        if self.texts.len() < MAX_PHRASES {
            let text = self.cut(text).to_owned();
            self.texts.push(text);
        }
    }

    fn has(&self, token: &Token) -> bool {
        let term = token.term.as_str();
        self.terms.contains(term)
            || matches!(token.kind, TermKind::Word | TermKind::Part)
                && (self
                    .prefixes
                    .iter()
                    .any(|prefix| term.starts_with(prefix.as_str()))
                    || !self.stems.is_empty() && stem(term).is_some_and(|stem| self.stems.contains(&stem)))
    }
}

/// Where a phrase stands, from its first word to its last.
fn occurrences(phrase: &[(usize, String)], tokens: &[Token]) -> Vec<TextSpan> {
    let first = phrase[0].0;
    let begins = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| token.term == phrase[0].1);
    begins
        .filter_map(|(at, begin)| {
            let mut end = begin.end;
            for (position, term) in &phrase[1..] {
                let wanted = begin.position + position - first;
                let found = tokens[at..]
                    .iter()
                    .take_while(|token| token.position <= wanted)
                    .find(|token| token.position == wanted && token.term == *term)?;
                end = end.max(found.end);
            }
            Some(TextSpan::new(begin.start, end))
        })
        .collect()
}

/// The words in which the letters of `part` stand; none where not all of them do.
fn pieces(part: &str, tokens: &[Token]) -> Vec<TextSpan> {
    let mut spans = Vec::new();
    for pattern in covering(part) {
        let before = spans.len();
        let matching = tokens.iter().filter(|token| pattern.matches(&token.term));
        spans.extend(matching.map(|token| TextSpan::new(token.start, token.end)));
        if spans.len() == before {
            return Vec::new();
        }
    }
    spans
}

/// In order, those that touch as one.
fn joined(mut spans: Vec<TextSpan>) -> Vec<TextSpan> {
    spans.sort_unstable();
    let mut joined: Vec<TextSpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(query: &str, text: &str, expected: &[&str]) {
        check_query(&Query::plain(query), &[], text, expected);
    }

    fn check_query(query: &Query, corrections: &[Correction], text: &str, expected: &[&str]) {
        let spans = query_spans(query, corrections, text);
        let found: Vec<_> = spans
            .iter()
            .map(|span| span.of(text).expect("on character boundaries"))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn words_are_marked_as_they_stand() {
        check("cafe STRASSE", "Das Café in der Straße", &["Café", "Straße"]);
        check("綠茶溫度", "泡綠茶時，溫度要低；綠色", &["綠茶", "溫度"]);
        check("茶", "綠茶", &["茶"]);
        check(
            "inv-2024-0117",
            "see INV-2024-0117 and 2024",
            &["INV-2024-0117", "2024"],
        );
        check("...", "tea...", &[]);
    }

    fn wanted(node: Node) -> Query {
        Query {
            clauses: vec![Clause {
                occur: Occur::Wanted,
                node,
            }],
        }
    }

    #[test]
    fn what_is_marked_is_what_was_met() {
        check("invoices", "one invoice, two Invoices", &["invoice", "Invoices"]);
        check("綠茶", "喝绿茶", &["绿茶"]);
        check("軟體", "免费的软件", &["软件"]);
        check("nvoic", "an invoice", &["invoice"]);
        let phrase = wanted(Node::Phrase("green tea".to_owned()));
        check_query(&phrase, &[], "tea, green tea; green", &["green tea"]);
        let prefix = wanted(Node::Prefix("temp".to_owned()));
        check_query(&prefix, &[], "no attempt, the temperature", &["temperature"]);
        let corrections = [Correction {
            typed: "temprature".to_owned(),
            meant: "temperature".to_owned(),
        }];
        let typo = Query::plain("temprature");
        check_query(&typo, &corrections, "the temperature", &["temperature"]);
        check_query(&typo, &[], "the temperature", &[]);
    }

    proptest! {
        #[test]
        fn spans_are_in_order_and_on_boundaries(query in "\\PC{0,20}", text in "\\PC{0,80}", both in any::<bool>()) {
            let query = if both { text.chars().take(10).collect() } else { query };
            let mut last = None;
            for span in query_spans(&Query::plain(query), &[], &text) {
                prop_assert!(span.of(&text).is_some_and(|part| !part.is_empty()));
                prop_assert!(last.is_none_or(|end| span.start > end));
                last = Some(span.end);
            }
        }
    }
}
