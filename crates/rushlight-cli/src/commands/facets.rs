//! What `rushlight search --facets` prints below the passages.

use rushlight_core::{Covers, FacetCounts, FacetValue, Facets};

use crate::output::{Output, count};

/// Columns of a facet's name.
const NAME: usize = 8;

pub(super) fn print(facets: &Facets, output: &Output) {
    output.line(format!("\n{}", heading(facets)));
    for counts in &facets.facets {
        if let Some(line) = line(counts) {
            output.line(line);
        }
    }
}

fn heading(facets: &Facets) -> String {
    let what = match facets.covers {
        Covers::AllWords => "every word",
        Covers::AnyWord => "one of the words",
        Covers::Filters => "",
    };
    let documents = count(facets.documents, "document");
    match what {
        "" => format!("{documents} in all:"),
        what => format!("{documents} with {what}:"),
    }
}

/// A facet in one line; `None` where it says nothing.
fn line(counts: &FacetCounts) -> Option<String> {
    if counts.values.is_empty() {
        return None;
    }
    let mut values: Vec<String> = counts.values.iter().map(shown).collect();
    if counts.more > 0 {
        values.push(format!("{} more", counts.more));
    }
    Some(format!("  {:NAME$}{}", counts.facet.as_str(), values.join(" · ")))
}

fn shown(value: &FacetValue) -> String {
    let FacetValue {
        value,
        documents,
        chosen,
        query: _,
    } = value;
    let mark = if *chosen { "✓ " } else { "" };
    format!("{mark}{value} {documents}")
}

#[cfg(test)]
mod tests {
    use rushlight_core::Facet;

    use super::*;

    #[test]
    fn a_facet_is_a_line() {
        let value = |value: &str, documents, chosen| FacetValue {
            value: value.to_owned(),
            documents,
            chosen,
            query: String::new(),
        };
        let mut counts = FacetCounts {
            facet: Facet::Type,
            values: vec![value("mail", 12, true), value("note", 3, false)],
            more: 2,
        };
        assert_eq!(
            line(&counts).as_deref(),
            Some("  type    ✓ mail 12 · note 3 · 2 more")
        );
        counts.values.clear();
        assert_eq!(line(&counts), None);
        let mut facets = Facets {
            documents: 1,
            ..Facets::default()
        };
        assert_eq!(heading(&facets), "1 document in all:");
        (facets.covers, facets.documents) = (Covers::AllWords, 15);
        assert_eq!(heading(&facets), "15 documents with every word:");
    }
}
