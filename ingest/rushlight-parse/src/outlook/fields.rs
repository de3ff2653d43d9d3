//! What an appointment, a person, a task or a report says in its properties, as lines for people. Identifiers are those of
//! MS-OXPROPS.

use std::borrow::Cow;

use super::item::{Item, Props, Value, set};
use super::{time, zone};

/// The lines, or nothing for an item whose text says all.
pub(super) fn of(item: &Item) -> Option<String> {
    let mut lines = Lines::default();
    let props = &item.props;
    if item.is("ipm.appointment") || item.is("ipm.schedule.meeting") {
        appointment(props, &mut lines);
    } else if item.is("ipm.contact") {
        contact(props, &mut lines);
    } else if item.is("ipm.task") {
        task(props, &mut lines);
    } else if item.is("report") {
        lines.0.extend(props.text(0x1001).map(Cow::into_owned));
    }
    (!lines.0.is_empty()).then(|| lines.0.join("\n"))
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn add(&mut self, label: &str, value: Option<impl AsRef<str>>) {
        let Some(value) = value else { return };
        let value = value
            .as_ref()
            .trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if !value.is_empty() {
            self.0.push(format!("{label}: {value}"));
        }
    }
}

fn appointment(props: &Props, lines: &mut Lines) {
    let at = |number, tag| match props.numbered(set::APPOINTMENT, number) {
        Some(Value::Time(ticks)) => Some(*ticks),
        _ => props.time(tag),
    };
    let all_day = props.numbered(set::APPOINTMENT, 0x8215) == Some(&Value::Number(1));
    let zone_name = props.numbered_text(set::APPOINTMENT, 0x8234);
    let bytes = |number| match props.numbered(set::APPOINTMENT, number) {
        Some(Value::Bytes(bytes)) => Some(bytes.as_slice()),
        _ => None,
    };
    let rules = [0x825e, 0x825f]
        .into_iter()
        .find_map(|number| zone::Zone::read(bytes(number)?))
        .or_else(|| zone::Zone::read_older(bytes(0x8233)?, zone_name.as_deref()?.trim()));
    if let Some(start) = at(0x820d, 0x0060) {
        lines.add(
            "When",
            zone::span(start, at(0x820e, 0x0061), all_day, rules.as_ref()),
        );
    }
    lines.add("Time zone", zone_name);
    lines.add("Recurrence", props.numbered_text(set::APPOINTMENT, 0x8232));
    lines.add("Where", props.numbered_text(set::APPOINTMENT, 0x8208));
    lines.add("Attendees", props.numbered_text(set::APPOINTMENT, 0x8238));
}

fn contact(props: &Props, lines: &mut Lines) {
    lines.add("Name", props.text(0x3001));
    for (label, tag) in [
        ("Nickname", 0x3a4f),
        ("Job title", 0x3a17),
        ("Profession", 0x3a46),
        ("Department", 0x3a18),
        ("Company", 0x3a16),
    ] {
        lines.add(label, props.text(tag));
    }
    for (address, shown) in [(0x8083, 0x8084), (0x8093, 0x8094), (0x80a3, 0x80a4)] {
        // An address within Exchange is none that people know.
        let known = |number| {
            props
                .numbered_text(set::ADDRESS, number)
                .filter(|text| text.contains('@'))
        };
        lines.add("E-mail", known(address).or_else(|| known(shown)));
    }
    for (label, tag) in [
        ("Business phone", 0x3a08),
        ("Business phone", 0x3a1b),
        ("Home phone", 0x3a09),
        ("Home phone", 0x3a2f),
        ("Mobile phone", 0x3a1c),
        ("Car phone", 0x3a1e),
        ("Other phone", 0x3a1f),
        ("Business fax", 0x3a24),
        ("Home fax", 0x3a25),
    ] {
        lines.add(label, props.text(tag));
    }
    lines.add("Instant messaging", props.numbered_text(set::ADDRESS, 0x8062));
    for (label, number) in [
        ("Business address", 0x801b),
        ("Home address", 0x801a),
        ("Other address", 0x801c),
        ("Web page", 0x802b),
    ] {
        lines.add(
            label,
            props
                .numbered_text(set::ADDRESS, number)
                .map(|text| comma_lines(&text)),
        );
    }
    for (label, tag) in [
        ("Business web page", 0x3a51),
        ("Manager", 0x3a4e),
        ("Assistant", 0x3a30),
        ("Spouse", 0x3a48),
    ] {
        lines.add(label, props.text(tag));
    }
    lines.add("Birthday", props.time(0x3a42).and_then(time::day));
}

fn task(props: &Props, lines: &mut Lines) {
    let day = |number| match props.numbered(set::TASK, number) {
        Some(Value::Time(ticks)) => time::day(*ticks),
        _ => None,
    };
    lines.add("Start", day(0x8104));
    lines.add("Due", day(0x8105));
    let status = match props.numbered(set::TASK, 0x8101) {
        Some(Value::Number(0)) => Some("not started"),
        Some(Value::Number(1)) => Some("in progress"),
        Some(Value::Number(2)) => Some("completed"),
        Some(Value::Number(3)) => Some("waiting for someone else"),
        Some(Value::Number(4)) => Some("deferred"),
        _ => None,
    };
    lines.add("Status", status);
    if let Some(Value::Float(part)) = props.numbered(set::TASK, 0x8102)
        && (0.0..=1.0).contains(part)
        && *part > 0.0
    {
        lines.add("Done", Some(format!("{:.0} %", part * 100.0)));
    }
    lines.add("Completed", day(0x810f));
    lines.add("Owner", props.numbered_text(set::TASK, 0x811f));
}

/// Lines of an address on one.
fn comma_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::item::{Key, tag};
    use super::*;

    fn item(class: &str, values: &[(Key, Value)]) -> Item {
        let mut props = Props::default();
        props.put(Key::Tag(tag::CLASS), Value::Text(class.to_owned()));
        for (key, value) in values {
            props.put(key.clone(), value.clone());
        }
        Item {
            props,
            recipients: vec![],
            attachments: vec![],
        }
    }

    fn key(set: u32, number: u32) -> Key {
        Key::Numbered { set, number }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    const NOON: i64 = 128_750_256_000_000_000;
    const HOUR: i64 = 36_000_000_000;

    #[test]
    fn an_appointment_says_when_and_where() {
        let mut values = vec![
            (key(set::APPOINTMENT, 0x820d), Value::Time(NOON)),
            (key(set::APPOINTMENT, 0x820e), Value::Time(NOON + HOUR)),
            (key(set::APPOINTMENT, 0x8208), text("Tea room")),
        ];
        assert_eq!(
            of(&item("IPM.Appointment", &values)).as_deref(),
            Some("When: 2008-12-29 12:00 to 13:00 UTC\nWhere: Tea room")
        );
        values.push((key(set::APPOINTMENT, 0x8215), Value::Number(1)));
        values[0].1 = Value::Time(NOON - 12 * HOUR);
        values[1].1 = Value::Time(NOON + 12 * HOUR);
        assert_eq!(
            of(&item("IPM.Schedule.Meeting.Request", &values)).as_deref(),
            Some("When: 2008-12-29, all day\nWhere: Tea room")
        );
    }

    #[test]
    fn a_person_has_numbers_and_addresses() {
        let values = [
            (Key::Tag(0x3001), text("Chen Mei")),
            (Key::Tag(0x3a1c), text("+886 2 1234")),
            (key(set::ADDRESS, 0x8083), text("/o=Tea/cn=mei")),
            (key(set::ADDRESS, 0x8084), text("mei@example.org")),
            (key(set::ADDRESS, 0x801b), text("1 Tea Street\r\nTaipei")),
        ];
        assert_eq!(
            of(&item("IPM.Contact", &values)).as_deref(),
            Some(
                "Name: Chen Mei\nE-mail: mei@example.org\nMobile phone: +886 2 1234\nBusiness address: 1 Tea Street, Taipei"
            )
        );
    }

    #[test]
    fn a_task_has_a_state() {
        let values = [
            (key(set::TASK, 0x8105), Value::Time(NOON)),
            (key(set::TASK, 0x8101), Value::Number(1)),
            (key(set::TASK, 0x8102), Value::Float(0.25)),
        ];
        assert_eq!(
            of(&item("IPM.Task", &values)).as_deref(),
            Some("Due: 2008-12-29\nStatus: in progress\nDone: 25 %")
        );
        assert_eq!(of(&item("IPM.Note", &values)), None);
    }
}
