//! What a query asks of a facet, where it says so, and the query with more or less of that: what is typed stays what is typed.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::Date;
use rushlight_core::{Facet, Node, QueryField};

use super::clean::{Glyph, bytes_of, clean, text_of};
use super::dates::Calendar;
use super::expr::{Expr, Shape};
use super::fields::FieldName;
use super::parser::Parser;
use super::signs::Signs;
use super::values::{Leaf, leaf_of};

/// A value of a facet that a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The facet.
    pub facet: Facet,
    /// What is asked for: a kind's name, a year, else what was typed.
    pub value: String,
    /// As it is typed.
    pub written: String,
}

/// One stretch of a query that asks of one facet, and nothing else: a field, or several of it joined with `OR`.
struct Part {
    facet: Facet,
    /// Bytes of the query.
    range: Range<usize>,
    choices: Vec<Choice>,
}

/// A query with the stretches of it that choose values of facets. What stands under a sign, in a longer parenthesis or beside
/// other alternatives is no choice.
pub struct Choices {
    text: String,
    parts: Vec<Part>,
}

impl Choices {
    /// Reads a query; one that cannot be read has no choices.
    pub fn of(text: &str, calendar: &Calendar) -> Self {
        let glyphs = clean(text);
        let muted = vec![false; glyphs.len()];
        let signs = Signs {
            glyphs: &glyphs,
            muted: &muted,
        };
        let items = if super::is_too_long(text) {
            Vec::new()
        } else {
            Parser::new(signs, calendar, false).query().unwrap_or_default()
        };
        let reader = Reader {
            glyphs: &glyphs,
            calendar,
        };
        let part = |item: &Expr| {
            let choices = reader.choices(item)?;
            let facet = choices.first()?.facet;
            let same = choices.iter().all(|choice| choice.facet == facet);
            same.then(|| Part {
                facet,
                range: bytes_of(&glyphs, &item.range),
                choices,
            })
        };
        Self {
            parts: items.iter().filter_map(part).collect(),
            text: text.to_owned(),
        }
    }

    /// What is chosen of a facet, in the order in which it was typed.
    pub fn chosen(&self, facet: Facet) -> impl Iterator<Item = &Choice> {
        self.of_facet(facet).flat_map(|part| &part.choices)
    }

    /// The query without what is chosen of a facet; without what is chosen of any for `None`.
    pub fn without_all(&self, facet: Option<Facet>) -> String {
        self.rewritten(|part| match facet {
            Some(facet) if facet != part.facet => None,
            _ => Some(Vec::new()),
        })
    }

    /// The query without one choice.
    pub fn without(&self, choice: &Choice) -> String {
        self.rewritten(|part| {
            let kept = part.choices.iter().filter(|other| *other != choice);
            Some(kept.map(|other| other.written.as_str()).collect())
        })
    }

    /// The query that asks for one value more, as it is typed: beside those of the same facet as an alternative.
    pub fn with(&self, facet: Facet, written: &str) -> String {
        if self.of_facet(facet).next().is_none() {
            let text = self.text.trim();
            return match text.is_empty() {
                true => written.to_owned(),
                false => format!("{text} {written}"),
            };
        }
        let mut added = false;
        self.rewritten(|part| {
            let more = part.facet == facet && !added;
            added |= more;
            let known = part.choices.iter().map(|choice| choice.written.as_str());
            more.then(|| known.chain([written]).collect())
        })
    }

    fn of_facet(&self, facet: Facet) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.facet == facet)
    }

    /// The query with some parts written anew, from what they then ask for; `None`: as it is.
    fn rewritten<'a>(&'a self, mut anew: impl FnMut(&'a Part) -> Option<Vec<&'a str>>) -> String {
        let mut query = String::with_capacity(self.text.len());
        let mut at = 0;
        for part in &self.parts {
            let Some(written) = anew(part) else { continue };
            query.push_str(&self.text[at..part.range.start]);
            at = part.range.end;
            match written.as_slice() {
                [] => {
                    query.truncate(query.trim_end().len());
                    let rest = &self.text[at..];
                    at += rest.len() - rest.trim_start().len();
                    if !query.is_empty() && at < self.text.len() {
                        query.push(' ');
                    }
                }
                [only] => query.push_str(only),
                several => query.push_str(&format!("({})", several.join(" OR "))),
            }
        }
        query.push_str(&self.text[at..]);
        query.trim().to_owned()
    }
}

/// A value of a facet as it is typed.
pub fn written(facet: Facet, value: &str) -> String {
    let name = match facet {
        Facet::Type => "type",
        Facet::Space => "space",
        Facet::Folder => "folder",
        Facet::Person => "from",
        Facet::Tag => "tag",
        Facet::Year => return format!("date:{value}"),
    };
    let plain = value.chars().next().is_some_and(char::is_alphanumeric)
        && value
            .chars()
            .all(|ch| ch.is_alphanumeric() || matches!(ch, '-' | '_' | '/'))
        && facet != Facet::Person;
    match (plain, value.contains('"')) {
        (true, _) => format!("{name}:{value}"),
        (false, false) => format!("{name}:\"{value}\""),
        (false, true) if !value.contains(['「', '」']) => format!("{name}:「{value}」"),
        (false, true) => format!("{name}:\"{}\"", value.replace('"', " ")),
    }
}

struct Reader<'a> {
    glyphs: &'a [Glyph],
    calendar: &'a Calendar,
}

impl Reader<'_> {
    /// What an expression chooses; `None` where it is, or holds, anything else.
    fn choices(&self, expr: &Expr) -> Option<Vec<Choice>> {
        match &expr.shape {
            Shape::Field(name, value) => self.of_field(*name, value, expr.range.start),
            Shape::Ready(Node::Dates { from, until }) => {
                let value = self.year((*from)?, (*until)?)?;
                let written = written(Facet::Year, &value);
                Some(vec![Choice {
                    facet: Facet::Year,
                    value,
                    written,
                }])
            }
            Shape::Any(items) => self.all(items),
            Shape::Group(items) => match items.as_slice() {
                [only] => self.choices(only),
                _ => None,
            },
            _ => None,
        }
    }

    fn all(&self, items: &[Expr]) -> Option<Vec<Choice>> {
        let all: Option<Vec<Vec<Choice>>> = items.iter().map(|item| self.choices(item)).collect();
        all.map(|choices| choices.into_iter().flatten().collect())
    }

    fn of_field(&self, name: FieldName, value: &Expr, start: usize) -> Option<Vec<Choice>> {
        let one = |value: &Expr| {
            let node = match &value.shape {
                Shape::Word => leaf_of(name, &text_of(&self.glyphs[value.range.clone()]), Leaf::Text),
                Shape::Phrase { text, open: false } => leaf_of(name, text, Leaf::Phrase),
                _ => return None,
            };
            let (facet, asked) = of_node(node.ok()?)?;
            let field = self.name(start);
            Some(Choice {
                facet,
                value: asked,
                written: format!("{field}{}", text_of(&self.glyphs[value.range.clone()])),
            })
        };
        match &value.shape {
            Shape::Group(items) => match items.as_slice() {
                [
                    Expr {
                        shape: Shape::Any(items),
                        ..
                    },
                ] => items.iter().map(one).collect(),
                [only] => Some(vec![one(only)?]),
                _ => None,
            },
            _ => Some(vec![one(value)?]),
        }
    }

    /// The name of the field that begins there, and its colon.
    fn name(&self, start: usize) -> String {
        let name = self.glyphs[start..]
            .iter()
            .take_while(|glyph| glyph.ch.is_alphabetic());
        let name: String = name.map(|glyph| glyph.ch).collect();
        format!("{name}:")
    }

    /// The year that a stretch of time is, on the asker's clock.
    fn year(&self, from: rushlight_core::Timestamp, until: rushlight_core::Timestamp) -> Option<String> {
        let (first, end) = (self.calendar.day_of(from)?, self.calendar.day_of(until)?);
        let begins = Date::new(first.year(), 1, 1).ok()?;
        let whole = first == begins && begins.checked_add(1.year()).ok()? == end;
        whole.then(|| format!("{:04}", first.year()))
    }
}

fn of_node(node: Node) -> Option<(Facet, String)> {
    Some(match node {
        Node::Kinds(kinds) => (Facet::Type, kinds.first()?.as_str().to_owned()),
        Node::Space(name) => (Facet::Space, name),
        Node::Folder { name, .. } => (Facet::Folder, name),
        Node::Field { field, node } => {
            let facet = match field {
                QueryField::From => Facet::Person,
                QueryField::Tag => Facet::Tag,
                _ => return None,
            };
            match *node {
                Node::Text(text) | Node::Phrase(text) => (facet, text),
                _ => return None,
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rushlight_core::Timestamp;

    use super::*;

    fn of(text: &str) -> Choices {
        Choices::of(text, &Calendar::at_offset(Timestamp(1_772_928_000_000), 8 * 3600))
    }

    fn chosen(text: &str, facet: Facet) -> Vec<String> {
        of(text)
            .chosen(facet)
            .map(|choice| choice.value.clone())
            .collect()
    }

    #[test]
    fn fields_and_their_alternatives_are_choices_however_they_are_typed() {
        for (query, facet, expected) in [
            ("tea type:mail", Facet::Type, vec!["mail"]),
            (
                "tea (type:mail OR type:筆記) x",
                Facet::Type,
                vec!["mail", "note"],
            ),
            ("類型：郵件 茶", Facet::Type, vec!["mail"]),
            ("type:mail OR type:note", Facet::Type, vec!["mail", "note"]),
            ("type:(mail OR pdf) tea", Facet::Type, vec!["mail", "pdf"]),
            (
                "from:\"Anna Lin\" from:bob",
                Facet::Person,
                vec!["Anna Lin", "bob"],
            ),
            ("space:\"my notes\"", Facet::Space, vec!["my notes"]),
            ("folder:/home/ada/notes", Facet::Folder, vec!["/home/ada/notes"]),
            ("tag:#recipes/tea", Facet::Tag, vec!["recipes/tea"]),
            ("date:2024 OR date:2023", Facet::Year, vec!["2024", "2023"]),
            ("日期：民國113年 會議", Facet::Year, vec!["2024"]),
        ] {
            assert_eq!(chosen(query, facet), expected, "{query}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_choice_is_none() {
        for query in [
            "-type:mail tea",
            "type:mail OR tea",
            "type:mail OR from:anna",
            "(type:mail tea)",
            "date:2024-03",
            "from:an*",
            "to:anna",
            "title:tea",
            "\"type:mail\"",
            "tea frm:anna type:mail",
        ] {
            for facet in Facet::ALL {
                assert_eq!(chosen(query, facet), Vec::<String>::new(), "{query} {facet:?}");
            }
        }
    }

    #[test]
    fn a_value_is_added_as_an_alternative_and_taken_away_again() {
        for (query, facet, value, with) in [
            ("tea", Facet::Type, "mail", "tea type:mail"),
            ("", Facet::Type, "mail", "type:mail"),
            (
                "type:mail tea",
                Facet::Type,
                "note",
                "(type:mail OR type:note) tea",
            ),
            (
                "tea type:(mail OR pdf)",
                Facet::Type,
                "note",
                "tea (type:mail OR type:pdf OR type:note)",
            ),
            (
                "綠茶 類型：郵件 x",
                Facet::Type,
                "note",
                "綠茶 (類型:郵件 OR type:note) x",
            ),
            (
                "tea date:2024",
                Facet::Year,
                "2023",
                "tea (date:2024 OR date:2023)",
            ),
            ("tea type:mail", Facet::Tag, "a b", "tea type:mail tag:\"a b\""),
        ] {
            let now = of(query).with(facet, &written(facet, value));
            assert_eq!(now, with);
            let again = of(&now);
            let choice = again.chosen(facet).find(|choice| choice.value == value);
            let less = again.without(choice.expect("is chosen now"));
            let asked = |query: &str| of(query).chosen(facet).cloned().collect::<Vec<_>>();
            let values =
                |choices: Vec<Choice>| choices.into_iter().map(|choice| choice.value).collect::<Vec<_>>();
            assert_eq!(values(asked(&less)), values(asked(query)), "{less}");
        }
    }

    #[test]
    fn all_of_a_facet_goes_and_the_rest_stays() {
        let query = of("tea (type:mail OR type:note) from:anna cups date:2024");
        assert_eq!(
            query.without_all(Some(Facet::Type)),
            "tea from:anna cups date:2024"
        );
        assert_eq!(query.without_all(None), "tea cups");
        assert_eq!(
            query.without_all(Some(Facet::Tag)),
            "tea (type:mail OR type:note) from:anna cups date:2024"
        );
        assert_eq!(of("type:mail").without_all(None), "");
    }

    #[test]
    fn names_are_quoted_where_they_need_it() {
        for (facet, value, expected) in [
            (Facet::Person, "ada@example.org", "from:\"ada@example.org\""),
            (Facet::Tag, "食譜/茶", "tag:食譜/茶"),
            (Facet::Space, "my notes", "space:\"my notes\""),
            (Facet::Space, "the \"best\"", "space:「the \"best\"」"),
            (Facet::Folder, "/home/ada/notes", "folder:\"/home/ada/notes\""),
            (Facet::Year, "2024", "date:2024"),
        ] {
            assert_eq!(written(facet, value), expected);
            assert_eq!(chosen(&written(facet, value), facet), [value]);
        }
    }
}
