//! Writes judgements as a set of questions, which `QuestionSet` reads.

use rushlight_core::DocumentKind;
use toml::Value;

/// That a place is right for a query, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What was searched for.
    pub query: String,
    /// Names of the spaces that were searched; empty: all.
    pub spaces: Vec<String>,
    /// Kinds that were searched; empty: all.
    pub kinds: Vec<DocumentKind>,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// What the passage says; empty when the document is meant.
    pub quote: String,
    /// Whether it is right.
    pub right: bool,
}

/// The set in TOML: one question for each query with its filters, in the order in which they first come.
pub fn write_questions(name: &str, judged: &[Judged]) -> String {
    let mut text = format!("name = {}\n", string(name));
    let mut written: Vec<&Judged> = Vec::new();
    let asked = |one: &Judged| (one.query.clone(), one.spaces.clone(), one.kinds.clone());
    for first in judged {
        if written.iter().any(|before| asked(before) == asked(first)) {
            continue;
        }
        let same_text = written
            .iter()
            .filter(|before| before.query == first.query)
            .count();
        written.push(first);
        text += "\n[[question]]\n";
        if same_text > 0 {
            text += &format!(
                "id = {}\n",
                string(&format!("{} ({})", first.query, same_text + 1))
            );
        }
        text += &format!("text = {}\n", string(&first.query));
        for (key, right) in [("right", true), ("wrong", false)] {
            let places: Vec<String> = judged
                .iter()
                .filter(|one| one.right == right && asked(one) == asked(first))
                .map(place)
                .collect();
            if !places.is_empty() {
                text += &format!("{key} = [\n{}]\n", places.concat());
            }
        }
        text += &list("spaces", first.spaces.iter().map(String::as_str));
        text += &list("kinds", first.kinds.iter().map(|kind| kind.as_str()));
    }
    text
}

fn place(judged: &Judged) -> String {
    let mut fields = format!("path = {}", string(&judged.path));
    for (key, value) in [("part", &judged.part), ("quote", &judged.quote)] {
        if !value.is_empty() {
            fields += &format!(", {key} = {}", string(value));
        }
    }
    format!("    {{ {fields} }},\n")
}

fn list<'a>(key: &str, values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<String> = values.map(string).collect();
    match values.is_empty() {
        true => String::new(),
        false => format!("{key} = [{}]\n", values.join(", ")),
    }
}

fn string(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;
    use crate::questions::QuestionSet;

    fn judged(query: &str, path: &str, quote: &str, right: bool) -> Judged {
        Judged {
            query: query.to_owned(),
            spaces: Vec::new(),
            kinds: Vec::new(),
            path: path.to_owned(),
            part: String::new(),
            quote: quote.to_owned(),
            right,
        }
    }

    #[test]
    fn judgements_become_questions() {
        let all = [
            judged("how hot", "/n/tea.md", "Steep at 70 °C.", true),
            judged("泡茶", "/n/\"茶\".md", "", true),
            judged("how hot", "/n/coffee.md", "", false),
            Judged {
                spaces: vec!["work".to_owned()],
                kinds: vec![DocumentKind::Mail],
                part: "part:2".to_owned(),
                ..judged("how hot", "/n/a.eml", "", true)
            },
        ];
        let text = write_questions("from searches", &all);
        expect![[r#"
            name = "from searches"

            [[question]]
            text = "how hot"
            right = [
                { path = "/n/tea.md", quote = "Steep at 70 °C." },
            ]
            wrong = [
                { path = "/n/coffee.md" },
            ]

            [[question]]
            text = "泡茶"
            right = [
                { path = '/n/"茶".md' },
            ]

            [[question]]
            id = "how hot (2)"
            text = "how hot"
            right = [
                { path = "/n/a.eml", part = "part:2" },
            ]
            spaces = ["work"]
            kinds = ["mail"]
        "#]]
        .assert_eq(&text);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            queries in prop::collection::vec("\\PC*[a-z水]\\PC*", 1..4),
            path in "/\\PC+",
            quote in "\\PC*",
        ) {
            let all: Vec<Judged> = queries.iter().map(|query| judged(query, &path, &quote, true)).collect();
            let mut distinct = all.clone();
            distinct.dedup();
            prop_assume!(distinct.len() == all.len());
            let text = write_questions("n", &all[..1]);
            let set = QuestionSet::read(Path::new("n.toml"), &text)
                .map_err(|error| TestCaseError::fail(format!("{}\n{text}", error.chain())))?;
            let place = &set.questions[0].right[0];
            prop_assert_eq!(&set.questions[0].text, &all[0].query);
            prop_assert_eq!(&place.path, &all[0].path);
            prop_assert_eq!(place.quote.clone().unwrap_or_default(), all[0].quote.clone());
        }
    }
}
