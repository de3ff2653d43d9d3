//! Events, tasks and journal entries of a calendar.

use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType as Kind, ICalendarEntry, ICalendarMethod,
    ICalendarParameterName as Parameter, ICalendarPeriod, ICalendarProperty as Property, ICalendarValue,
};

use super::when::{self, When};
use super::{Lines, Shown, rule};

/// People that are named; of the others there is only the number.
const MAX_PEOPLE: usize = 200;

/// What the calendar is called.
pub(super) fn name(calendar: &ICalendar) -> Option<String> {
    let root = calendar.components.first()?;
    let named = root.entries.iter().find(|entry| match &entry.name {
        Property::Name => true,
        Property::Other(name) => name.eq_ignore_ascii_case("X-WR-CALNAME"),
        _ => false,
    });
    text_of(named?).map(str::to_owned)
}

/// Its events, tasks and journal entries, in their order.
pub(super) fn all(calendar: &ICalendar) -> Vec<Shown> {
    let method = calendar.components.first().and_then(|root| {
        match root.property(&Property::Method)?.values.first()? {
            ICalendarValue::Method(method) => Some(method.clone()),
            _ => None,
        }
    });
    let wanted = calendar.components.iter().filter(|component| {
        matches!(
            component.component_type,
            Kind::VEvent | Kind::VTodo | Kind::VJournal
        )
    });
    wanted
        .map(|component| shown(component, method.as_ref()))
        .collect()
}

fn shown(component: &ICalendarComponent, method: Option<&ICalendarMethod>) -> Shown {
    let text = |property: Property| component.property(&property).and_then(text_of);
    let date = |property: Property| component.property(&property).and_then(When::of);
    let title = text(Property::Summary).unwrap_or(match component.component_type {
        Kind::VTodo => "Task",
        Kind::VJournal => "Journal entry",
        _ => "Event",
    });
    let title = super::one_line(title);
    let mut lines = Lines::default();
    let mark = match method {
        Some(ICalendarMethod::Request) => "Invitation: ",
        Some(ICalendarMethod::Cancel) => "Cancelled: ",
        Some(ICalendarMethod::Reply) => "Reply: ",
        Some(ICalendarMethod::Counter) => "Other time proposed: ",
        _ => "",
    };
    lines.text(&format!("{mark}{title}"));
    when(component, &mut lines);
    if let Some(due) = date(Property::Due) {
        lines.add("Due", &due.show());
    }
    if let Some(done) = date(Property::Completed) {
        lines.add("Completed", &done.show());
    }
    repeats(component, &mut lines);
    for location in component.properties(&Property::Location).filter_map(text_of) {
        lines.add("Where", location);
    }
    if let Some(organizer) = component.property(&Property::Organizer).and_then(person) {
        lines.add("Organizer", &organizer);
    }
    attendees(component, &mut lines);
    if let Some(status) = component.status() {
        use calcard::common::IanaString as _;
        lines.add("Status", &status.as_str().to_lowercase().replace('-', " "));
    }
    for (label, property) in [
        ("Categories", Property::Categories),
        ("Link", Property::Url),
        ("Conference", Property::Conference),
        ("Contact", Property::Contact),
    ] {
        let values: Vec<&str> = component
            .properties(&property)
            .flat_map(|entry| entry.values.iter().filter_map(ICalendarValue::as_text))
            .collect();
        lines.add(label, &values.join(", "));
    }
    for property in [Property::Description, Property::Comment] {
        for text in component.properties(&property).filter_map(text_of) {
            lines.text(text);
        }
    }
    Shown {
        title,
        text: lines.0.join("\n"),
        lines: None,
    }
}

fn when(component: &ICalendarComponent, lines: &mut Lines) {
    let Some(entry) = component.property(&Property::Dtstart) else {
        return;
    };
    let Some(start) = When::of(entry) else {
        lines.add("When", text_of(entry).unwrap_or_default());
        return;
    };
    let end = component.property(&Property::Dtend).and_then(When::of);
    let mut text = when::span(&start, end.as_ref());
    let duration = component
        .property(&Property::Duration)
        .and_then(|entry| entry.values.first());
    if let (None, Some(ICalendarValue::Duration(duration))) = (&end, duration) {
        let length = when::length(duration);
        if !length.is_empty() {
            text.push_str(&format!(", {length}"));
        }
    }
    lines.add("When", &text);
}

fn repeats(component: &ICalendarComponent, lines: &mut Lines) {
    for entry in component.properties(&Property::Rrule) {
        match entry.values.first() {
            Some(ICalendarValue::RecurrenceRule(rule)) => lines.add("Repeats", &rule::words(rule)),
            Some(ICalendarValue::Text(text)) => lines.add("Repeats", text),
            _ => {}
        }
    }
    for (label, property) in [("Also on", Property::Rdate), ("Not on", Property::Exdate)] {
        let dates: Vec<String> = component.properties(&property).flat_map(dates).collect();
        lines.add(label, &dates.join(", "));
    }
    if let Some(date) = component.property(&Property::RecurrenceId).and_then(When::of) {
        lines.add("In place of", &date.show());
    }
}

fn dates(entry: &ICalendarEntry) -> Vec<String> {
    let zone = entry
        .parameters(&Parameter::Tzid)
        .find_map(|value| value.as_text().map(str::to_owned));
    let of = |value: &ICalendarValue| match value {
        ICalendarValue::PartialDateTime(date) => When::read(date, zone.clone()),
        ICalendarValue::Period(
            ICalendarPeriod::Range { start, .. } | ICalendarPeriod::Duration { start, .. },
        ) => When::read(start, zone.clone()),
        _ => None,
    };
    entry
        .values
        .iter()
        .filter_map(of)
        .map(|date| date.show())
        .collect()
}

fn attendees(component: &ICalendarComponent, lines: &mut Lines) {
    let people: Vec<String> = component
        .properties(&Property::Attendee)
        .filter_map(|entry| {
            let person = person(entry)?;
            let answer = entry
                .parameters(&Parameter::Partstat)
                .find_map(|value| value.as_text());
            Some(match answer.map(str::to_lowercase).as_deref() {
                Some(answer @ ("accepted" | "declined" | "tentative" | "delegated")) => {
                    format!("{person} ({answer})")
                }
                _ => person,
            })
        })
        .collect();
    let named = people.len().min(MAX_PEOPLE);
    let mut text = people[..named].join(", ");
    if people.len() > named {
        text.push_str(&format!(" and {} more", people.len() - named));
    }
    lines.add("Attendees", &text);
}

/// A name and an address, as a mail writes them.
fn person(entry: &ICalendarEntry) -> Option<String> {
    let name = entry
        .parameters(&Parameter::Cn)
        .find_map(|value| value.as_text())
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let address = entry
        .calendar_address()
        .map(str::trim)
        .filter(|address| !address.is_empty());
    Some(match (name, address) {
        (Some(name), Some(address)) if name != address => format!("{name} <{address}>"),
        (name, address) => name.or(address)?.to_owned(),
    })
}

fn text_of(entry: &ICalendarEntry) -> Option<&str> {
    let text = entry.values.first().and_then(ICalendarValue::as_text)?;
    (!text.trim().is_empty()).then_some(text)
}
