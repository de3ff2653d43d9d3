//! How a question was taken, the rows of a list and where documents disagree, as lines for people.

use rushlight_core::{Answer, AnswerKind, AnswerRow, AnswerTable, Citation, Disagreement, Route};

use super::search::day_of;

/// Widest title and sender in a table, in columns of the terminal.
const WIDEST: usize = 44;

/// How a question was taken, where it is not the plain reading of what was typed.
pub(crate) fn taken(route: &Route) -> Vec<String> {
    let mut lines = Vec::new();
    for question in route.standalone.iter().chain(&route.translated) {
        lines.push(format!("asked as: {question}"));
    }
    let article = |kind: AnswerKind| format!("a {}", kind.as_str());
    match (route.kind, &route.because) {
        (AnswerKind::Fact, _) => {}
        (kind, Some(because)) => lines.push(format!(
            "taken as {}: \"{because}\"; say --as fact for another reading",
            article(kind)
        )),
        (kind, None) => lines.push(format!("taken as {}, as you said", article(kind))),
    }
    if let Some(query) = &route.query {
        lines.push(format!("walked: {query}"));
    }
    for document in &route.documents {
        lines.push(format!(
            "{}  {}  {}",
            day_of(document.date),
            document.title,
            document.path
        ));
    }
    lines
}

/// The rows of a list, aligned, each with its quotation below.
pub(crate) fn rows(table: &AnswerTable, citations: &[Citation]) -> Vec<String> {
    let widest = |text: &dyn Fn(&AnswerRow) -> String| {
        table
            .rows
            .iter()
            .map(|row| width(&short(&text(row))))
            .max()
            .unwrap_or(0)
    };
    let from = |row: &AnswerRow| row.from.clone().unwrap_or_default();
    let (titles, senders) = (widest(&|row: &AnswerRow| row.title.clone()), widest(&from));
    let numbers = table.rows.len().to_string().len() + 2;
    let mut lines = Vec::new();
    for row in &table.rows {
        let number = format!("[{}]", row.citation);
        let versions = match row.versions {
            0 => String::new(),
            1 => "1 other version".to_owned(),
            more => format!("{more} other versions"),
        };
        let line = format!(
            "{number:>numbers$} {}  {}  {}  {versions}",
            day_of(row.date),
            padded(&short(&row.title), titles),
            padded(&short(&from(row)), senders),
        );
        lines.push(line.trim_end().to_owned());
        if let Some(citation) = citations.iter().find(|citation| citation.number == row.citation) {
            let quote = citation.quote.split_whitespace().collect::<Vec<_>>().join(" ");
            lines.push(format!("{:numbers$} “{quote}”", ""));
        }
    }
    if table.total > table.rows.len() as u64 {
        lines.push(format!(
            "{:numbers$} and {} more",
            "",
            table.total - table.rows.len() as u64
        ));
    }
    lines
}

/// Where documents say different things, each value with its document's date.
pub(crate) fn disagreement(one: &Disagreement, citations: &[Citation]) -> String {
    let sides: Vec<String> = one
        .citations
        .iter()
        .zip(&one.values)
        .map(|(number, value)| {
            let cited = citations.iter().find(|citation| citation.number == *number);
            let date = cited.map_or(String::new(), |citation| format!(" of {}", day_of(citation.date)));
            format!("{value} [{number}]{date}")
        })
        .collect();
    format!("these disagree: {}", sides.join(", "))
}

/// Whether the answer's text says already where documents disagree.
pub(crate) fn tells_disagreements(answer: &Answer) -> bool {
    answer.route.kind == AnswerKind::Comparison
}

fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if width(&text) <= WIDEST {
        return text;
    }
    let mut cut = String::new();
    for c in text.chars() {
        if width(&cut) + width_of(c) >= WIDEST {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Columns of a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

fn width_of(c: char) -> usize {
    1 + usize::from(
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}'),
    )
}

#[cfg(test)]
mod tests {
    use rushlight_core::{ContentHash, DocId, Locator, TextSpan, Timestamp};

    use super::*;

    fn row(citation: u32, title: &str, from: Option<&str>, versions: u64) -> AnswerRow {
        AnswerRow {
            citation,
            title: title.to_owned(),
            from: from.map(str::to_owned),
            date: Timestamp(1_717_200_000_000),
            versions,
        }
    }

    #[test]
    fn a_list_says_how_it_was_taken_and_how_to_say_otherwise() {
        let route = Route {
            kind: AnswerKind::List,
            because: Some("how many mails".to_owned()),
            query: Some("type:mail from:ada".to_owned()),
            ..Route::default()
        };
        assert_eq!(
            taken(&route),
            [
                "taken as a list: \"how many mails\"; say --as fact for another reading",
                "walked: type:mail from:ada"
            ]
        );
        assert_eq!(taken(&Route::default()), Vec::<String>::new());
    }

    #[test]
    fn rows_are_aligned_in_both_scripts() {
        let table = AnswerTable {
            rows: vec![
                row(1, "Contract", Some("Ada"), 0),
                row(2, "合約書", Some("王小明"), 2),
            ],
            total: 5,
            walked: 9,
        };
        assert_eq!(
            rows(&table, &[]),
            [
                "[1] 2024-06-01  Contract  Ada",
                "[2] 2024-06-01  合約書    王小明  2 other versions",
                "    and 3 more"
            ]
        );
        assert_eq!(width(&short(&"水".repeat(60))), WIDEST - 1);
    }

    #[test]
    fn a_disagreement_names_both_sides() {
        let one = Disagreement {
            citations: vec![1, 2],
            values: vec!["95".to_owned(), "80".to_owned()],
        };
        let cited = Citation {
            number: 1,
            doc_id: DocId([1; 16]),
            content_hash: ContentHash([1; 32]),
            span: TextSpan::new(0, 2),
            locator: Locator::Whole,
            quote: "95".to_owned(),
            confidence: None,
            title: "Limits".to_owned(),
            path: "/limits.md".to_owned(),
            part: String::new(),
            date: Timestamp(1_717_200_000_000),
            space: "work".to_owned(),
        };
        assert_eq!(
            disagreement(&one, &[cited]),
            "these disagree: 95 [1] of 2024-06-01, 80 [2]"
        );
    }
}
