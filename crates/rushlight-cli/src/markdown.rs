//! A conversation as Markdown. What comes from documents and from people is text in it and nothing else: no heading, link,
//! picture or HTML.

use rushlight_api::{Citation, Conversation, Grounding, Turn};

/// The conversation with its questions as headings and, behind each answer, its citations.
pub(crate) fn conversation(conversation: &Conversation) -> String {
    let mut out = format!("# {}\n", inline(&conversation.title));
    for turn in &conversation.turns {
        out.push('\n');
        write_turn(turn, &mut out);
    }
    out
}

fn write_turn(turn: &Turn, out: &mut String) {
    out.push_str(&format!("## {}\n\n", inline(&turn.question)));
    out.push_str(&format!("*{}*\n\n{}\n", turn.asked, lines(&turn.answer.text, "")));
    for citation in &turn.answer.citations {
        out.push('\n');
        write_citation(citation, out);
    }
    let grounding = match turn.answer.grounding {
        Grounding::Grounded => "every sentence has its citation",
        Grounding::Partial => "some sentences have no citation",
        Grounding::NotFound => "no answer in the documents",
    };
    let receipt = match &turn.receipt {
        Some(id) => format!("; receipt `{id}`"),
        None => String::new(),
    };
    out.push_str(&format!("\n*{grounding}{receipt}*\n"));
}

fn write_citation(citation: &Citation, out: &mut String) {
    let mut head = format!("\\[{}\\] {}", citation.number, inline(&citation.title));
    for more in [&citation.label, &citation.part, &citation.path] {
        if !more.is_empty() {
            head.push_str(&format!(", {}", inline(more)));
        }
    }
    out.push_str(&format!("{head}\n\n{}\n", lines(citation.quote.trim(), "> ")));
}

/// Lines of text, each behind `prefix`; where a line ends is kept.
fn lines(text: &str, prefix: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("{prefix}{}", inline(line)).trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// The text on one line, with a stroke before every character that could mean something.
fn inline(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(text.len());
    // What begins a heading, a list or a rule does so at the start of a line only.
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    for (index, c) in text.char_indices() {
        let opens = index == 0 && matches!(c, '#' | '+' | '-' | '=')
            || index == digits && digits > 0 && matches!(c, '.' | ')');
        // An address is made a link by many readers of Markdown.
        let address = c == ':' && text[index..].starts_with("://")
            || c == '.'
                && index
                    .checked_sub(3)
                    .and_then(|start| text.get(start..index))
                    .is_some_and(|before| before.eq_ignore_ascii_case("www"));
        let means = matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '@' | '$'
        );
        if opens || address || means {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use rushlight_api::{Answer, Locator, Span};

    use super::*;

    #[test]
    fn what_documents_say_is_text_and_nothing_else() {
        for (text, written) in [
            ("Steep at 70 °C.", "Steep at 70 °C."),
            ("# no heading", "\\# no heading"),
            ("12. no list", "12\\. no list"),
            ("- no\n  list", "\\- no list"),
            ("costs 12.50 - or so", "costs 12.50 - or so"),
            ("![x](http://a.example/b)", "!\\[x\\](http\\://a.example/b)"),
            ("www.example.org a@b.example", "www\\.example.org a\\@b.example"),
            ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
            (
                "**a** `b` _c_ | ~~d~~",
                "\\*\\*a\\*\\* \\`b\\` \\_c\\_ \\| \\~\\~d\\~\\~",
            ),
            ("三杯雞", "三杯雞"),
        ] {
            assert_eq!(inline(text), written);
        }
        assert_eq!(lines("a\n\n# b", "> "), "> a\n>\n> \\# b");
    }

    #[test]
    fn a_conversation_is_headings_answers_and_quotes() {
        let citation = Citation {
            number: 1,
            document_id: "d".to_owned(),
            content_hash: "h".to_owned(),
            title: "Green tea".to_owned(),
            path: "/notes/green_tea.md".to_owned(),
            part: String::new(),
            date: None,
            space: "personal".to_owned(),
            locator: Locator::Lines { first: 3, last: 3 },
            label: "line 3".to_owned(),
            quote: "Steep at **70** °C.\nThen wait.".to_owned(),
            span: Span { start: 12, end: 40 },
            confidence: None,
        };
        let answer = Answer {
            citations: vec![citation],
            ..Answer::from(&rushlight_core::Answer {
                text: "Green tea is steeped at 70 °C. [1]".to_owned(),
                grounding: rushlight_core::Grounding::Grounded,
                ..rushlight_core::Answer::default()
            })
        };
        let found = Conversation {
            id: "1".to_owned(),
            title: "How hot?".to_owned(),
            turns: vec![Turn {
                asked: rushlight_core::Timestamp(1_772_355_600_000).into(),
                question: "How hot?\n# really".to_owned(),
                answer,
                receipt: Some("ab".repeat(4)),
            }],
        };
        let expected = "\
# How hot?

## How hot? # really

*2026-03-01T09:00:00Z*

Green tea is steeped at 70 °C. \\[1\\]

\\[1\\] Green tea, line 3, /notes/green\\_tea.md

> Steep at \\*\\*70\\*\\* °C.
> Then wait.

*every sentence has its citation; receipt `abababab`*
";
        assert_eq!(conversation(&found), expected);
    }
}
