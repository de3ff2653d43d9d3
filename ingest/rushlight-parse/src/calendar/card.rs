//! People: address cards.

use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardProperty as Property, VCardValue};

use super::{Lines, Shown};

/// The person on the card; nothing for an empty one.
pub(super) fn shown(card: &VCard) -> Option<Shown> {
    let all = |property: Property| card.entries.iter().filter(move |entry| entry.name == property);
    let first = |property: Property| {
        all(property)
            .map(|entry| joined(entry, " "))
            .find(|text| !text.is_empty())
    };
    let named = first(Property::Fn).or_else(|| all(Property::N).map(name).find(|text| !text.is_empty()));
    let title = named
        .or_else(|| first(Property::Org))
        .or_else(|| first(Property::Email))
        .unwrap_or_default();
    let mut lines = Lines::default();
    lines.text(&title);
    for (label, property, between) in [
        ("Nickname", Property::Nickname, ", "),
        ("Company", Property::Org, ", "),
        ("Title", Property::Title, " "),
        ("Role", Property::Role, " "),
        ("E-mail", Property::Email, " "),
        ("Phone", Property::Tel, " "),
        ("Address", Property::Adr, ", "),
        ("Instant messaging", Property::Impp, " "),
        ("Web page", Property::Url, " "),
        ("Birthday", Property::Bday, " "),
        ("Anniversary", Property::Anniversary, " "),
        ("Categories", Property::Categories, ", "),
    ] {
        for entry in all(property) {
            let value = joined(entry, between);
            if value.is_empty() {
                continue;
            }
            let value = ["tel:", "mailto:"]
                .iter()
                .find_map(|scheme| value.strip_prefix(scheme))
                .unwrap_or(&value);
            match kinds(entry) {
                kinds if kinds.is_empty() => lines.add(label, value),
                kinds => lines.add(&format!("{label} ({kinds})"), value),
            }
        }
    }
    for entry in all(Property::Note) {
        lines.text(&joined(entry, "\n"));
    }
    let text = lines.0.join("\n");
    (!text.is_empty()).then_some(Shown {
        title,
        text,
        lines: None,
    })
}

/// Family name, given name, others, before, behind: in the order in which they are said in the West.
fn name(entry: &VCardEntry) -> String {
    let parts: Vec<String> = entry.values.iter().map(shown_value).collect();
    let part = |index: usize| parts.get(index).map_or("", String::as_str);
    let said = [part(3), part(1), part(2), part(0), part(4)];
    super::one_line(&said.join(" "))
}

/// What kinds of number or address it is: `work, cell`.
fn kinds(entry: &VCardEntry) -> String {
    let mut kinds: Vec<String> = Vec::new();
    for kind in entry
        .parameters(&VCardParameterName::Type)
        .filter_map(|value| value.as_text())
    {
        let kind = kind.to_lowercase();
        let telling = !matches!(kind.as_str(), "voice" | "internet" | "pref" | "x-internet");
        if telling && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds.join(", ")
}

fn joined(entry: &VCardEntry, between: &str) -> String {
    let values: Vec<String> = entry
        .values
        .iter()
        .map(shown_value)
        .filter(|value| !value.trim().is_empty())
        .collect();
    values.join(between)
}

fn shown_value(value: &VCardValue) -> String {
    match value {
        VCardValue::Component(parts) => parts.join(" "),
        VCardValue::PartialDateTime(date) => match (date.year, date.month, date.day) {
            (Some(year), Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
            (None, Some(month), Some(day)) => format!("--{month:02}-{day:02}"),
            (Some(year), ..) => format!("{year:04}"),
            _ => String::new(),
        },
        other => other.as_text().unwrap_or_default().to_owned(),
    }
}
