//! Where a query's words stand in a text.

use std::collections::HashSet;

use rushlight_core::TextSpan;

use crate::query::ParsedQuery;
use rushlight_analysis::analyze;

/// Where terms of `query` stand in `text`: spans of `text` on character boundaries, in order, touching ones joined.
/// Case, width and accents are folded as in a search.
pub fn query_spans(query: &str, text: &str) -> Vec<TextSpan> {
    let parsed = ParsedQuery::parse(query);
    let wanted: HashSet<&str> = parsed
        .terms
        .iter()
        .chain(parsed.phrases.iter().flatten().map(|(_, t)| t))
        .map(String::as_str)
        .collect();
    let mut spans: Vec<TextSpan> = analyze(text)
        .into_iter()
        .filter(|token| wanted.contains(token.term.as_str()))
        .map(|token| TextSpan::new(token.start, token.end))
        .collect();
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
        let spans = query_spans(query, text);
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
        check("\"green tea\"", "green tea", &["green", "tea"]);
        check("...", "tea...", &[]);
    }

    proptest! {
        #[test]
        fn spans_are_in_order_and_on_boundaries(query in "\\PC{0,20}", text in "\\PC{0,80}", both in any::<bool>()) {
            let query = if both { text.chars().take(10).collect() } else { query };
            let mut last = None;
            for span in query_spans(&query, &text) {
                prop_assert!(span.of(&text).is_some_and(|part| !part.is_empty()));
                prop_assert!(last.is_none_or(|end| span.start > end));
                last = Some(span.end);
            }
        }
    }
}
