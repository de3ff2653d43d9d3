//! The fields at the head of a note: title, tags, date, authors, language.

use jiff::civil;
use jiff::tz::TimeZone;
use rushlight_core::{DocMetadata, Timestamp, Warning};
use serde_json::Value;

use crate::tags;

/// Fields that say a document's date, those of its writing before those from which it applies.
const DATES: [&str; 12] = [
    "created",
    "created_at",
    "date",
    "日期",
    "effective",
    "effective_date",
    "effective-date",
    "effective_from",
    "生效",
    "生效日期",
    "生效日",
    "施行日期",
];

/// Where the front matter ends (its closing line included), and the bytes of its content; `None` when there is none.
pub(crate) fn find(text: &str) -> Option<(usize, std::ops::Range<usize>)> {
    let (fence, closing): (&str, &[&str]) = match text.lines().next()?.trim_end() {
        "---" => ("---", &["---", "..."]),
        "+++" => ("+++", &["+++"]),
        _ => return None,
    };
    let start = text.find('\n')? + 1;
    debug_assert!(text.starts_with(fence));
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if closing.contains(&line.trim_end()) {
            return Some((at + line.trim_end().len(), start..at));
        }
        at += line.len();
    }
    None
}

/// What the front matter says. The title is returned apart from the rest.
pub(crate) fn read(yaml: &str, metadata: &mut DocMetadata, warnings: &mut Vec<Warning>) -> Option<String> {
    let fields = match serde_saphyr::from_str::<Value>(yaml) {
        Ok(Value::Object(fields)) => fields,
        Ok(Value::Null) => return None,
        Ok(_) | Err(_) => {
            warnings.push(Warning {
                code: "front_matter_unreadable".to_owned(),
                message: "the front matter is not valid YAML; its fields are text only".to_owned(),
            });
            return None;
        }
    };
    let dated = |name: &str| {
        let (_, value) = fields
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        parse_date(strings(value, &[]).first()?)
    };
    metadata.created = metadata
        .created
        .or_else(|| DATES.iter().find_map(|name| dated(name)));
    let mut title = None;
    for (name, value) in &fields {
        match name.to_ascii_lowercase().as_str() {
            "title" => title = strings(value, &[]).into_iter().next(),
            "tags" | "tag" | "keywords" => {
                for tag in strings(value, &[',', '，', '、', ' ']) {
                    tags::add(&tag, &mut metadata.tags);
                }
            }
            "alias" | "aliases" => metadata.aliases = strings(value, &[',', '，', '、']),
            "author" | "authors" => metadata.authors = strings(value, &[]),
            "lang" | "language" => metadata.language = strings(value, &[]).into_iter().next(),
            _ => {}
        }
    }
    title
}

/// A value's strings: of a list, of a text cut at any of `separators`, or of a number.
fn strings(value: &Value, separators: &[char]) -> Vec<String> {
    let whole = match value {
        Value::Array(items) => return items.iter().flat_map(|item| strings(item, &[])).collect(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Object(fields) => {
            return fields
                .get("name")
                .map(|name| strings(name, &[]))
                .unwrap_or_default();
        }
        Value::Null | Value::Bool(_) => return Vec::new(),
    };
    let pieces = if separators.is_empty() {
        vec![whole.as_str()]
    } else {
        whole.split(separators).collect()
    };
    pieces
        .into_iter()
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A date as people write it in front matter and web pages; one without a zone is taken as UTC.
pub(crate) fn parse_date(text: &str) -> Option<Timestamp> {
    let text = text.trim().replace('/', "-");
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp(timestamp.as_millisecond()));
    }
    let civil = text
        .parse::<civil::DateTime>()
        .or_else(|_| text.parse::<civil::Date>().map(|date| date.at(0, 0, 0, 0)))
        .ok()?;
    let timestamp = TimeZone::UTC.to_timestamp(civil).ok()?;
    Some(Timestamp(timestamp.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_the_ways_people_write_them() {
        let (mut metadata, mut warnings) = (DocMetadata::default(), Vec::new());
        let yaml = "title: 茶\naliases: [cha, Tea time]\ntags: [tea, '#work']\ndate: 2026-03-01\nauthor: Ada Lin\nlang: zh-Hant\n";
        assert_eq!(read(yaml, &mut metadata, &mut warnings).as_deref(), Some("茶"));
        assert_eq!(metadata.tags, ["tea", "work"]);
        assert_eq!(metadata.authors, ["Ada Lin"]);
        assert_eq!(metadata.aliases, ["cha", "Tea time"]);
        assert_eq!(metadata.created, Some(Timestamp(1_772_323_200_000)));
        assert_eq!(metadata.language.as_deref(), Some("zh-Hant"));
        for (yaml, date) in [
            ("effective: 2026-03-01\n", Some(1_772_323_200_000)),
            ("生效日期: 2026-03-01\n", Some(1_772_323_200_000)),
            (
                "date: 2026-03-01\neffective: 2026-04-01\n",
                Some(1_772_323_200_000),
            ),
            ("date: soon\nEffective: 2026-03-01\n", Some(1_772_323_200_000)),
            ("effective: when signed\n", None),
        ] {
            let mut metadata = DocMetadata::default();
            read(yaml, &mut metadata, &mut warnings);
            assert_eq!(metadata.created, date.map(Timestamp), "{yaml}");
        }
        let mut metadata = DocMetadata::default();
        read(
            "tags: tea, green tea\ndate: 2026-03-01T08:00:00+08:00",
            &mut metadata,
            &mut warnings,
        );
        assert_eq!(metadata.tags, ["tea", "green"]);
        assert_eq!(metadata.created, Some(Timestamp(1_772_323_200_000)));
        assert!(warnings.is_empty());
    }

    #[test]
    fn what_is_no_yaml_is_a_warning() {
        let mut warnings = Vec::new();
        assert_eq!(
            read("a: [1,\nb: }", &mut DocMetadata::default(), &mut warnings),
            None
        );
        assert_eq!(warnings[0].code, "front_matter_unreadable");
    }

    #[test]
    fn fences_must_close() {
        assert_eq!(find("---\na: 1\n---\nrest"), Some((12, 4..9)));
        assert_eq!(find("---\r\na: 1\r\n---\r\nrest"), Some((14, 5..11)));
        assert_eq!(find("---\nnever"), None);
        assert_eq!(find("# title"), None);
    }
}
