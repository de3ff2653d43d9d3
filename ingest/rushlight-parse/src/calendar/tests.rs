use super::*;

fn text(source: &str) -> String {
    let sheet = extract(source, 10_000);
    let texts: Vec<&str> = sheet.entries.iter().map(|entry| entry.text.as_str()).collect();
    texts.join("\n---\n")
}

const MEETING: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nX-WR-CALNAME:Tea\r\nBEGIN:VTIMEZONE\r\n\
TZID:Europe/Berlin\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nSUMMARY:Tasting of\\, and talk\r\n  on\\, green tea\r\n\
DTSTART;TZID=Europe/Berlin:20260504T100000\r\nDTEND;TZID=Europe/Berlin:20260504T113000\r\n\
RRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1FR;UNTIL=20271231T000000Z\r\nLOCATION:Tea room\r\n\
ORGANIZER;CN=\"Chen, Mei\":mailto:mei@example.org\r\nATTENDEE;PARTSTAT=ACCEPTED;CN=Ann:MAILTO:ann@example.org\r\n\
ATTENDEE:mailto:bob@example.org\r\nDESCRIPTION:Bring a cup.\\n\\nAnd water.\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\n\
END:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_meeting_says_what_when_where_and_who() {
    expect_test::expect![[r#"
        Invitation: Tasting of, and talk on, green tea
        When: 2026-05-04 10:00 to 11:30 (Europe/Berlin)
        Repeats: every 2 months on the 1st Monday, the last Friday, until 2027-12-31 00:00 (UTC)
        Where: Tea room
        Organizer: Chen, Mei <mei@example.org>
        Attendees: Ann <ann@example.org> (accepted), bob@example.org
        Bring a cup.

        And water."#]]
    .assert_eq(&text(MEETING));
    let sheet = extract(MEETING, 10_000);
    assert_eq!(sheet.name.as_deref(), Some("Tea"));
    assert_eq!(sheet.entries[0].lines, Some((8, 22)));
}

#[test]
fn days_lengths_tasks_and_chinese() {
    let source = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:品茶會\nDTSTART;VALUE=DATE:20260228\n\
DTEND;VALUE=DATE:20260302\nLOCATION:臺北\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20260601T080000Z\nDURATION:PT1H30M\n\
STATUS:CANCELLED\nEND:VEVENT\nBEGIN:VTODO\nSUMMARY:Buy tea\nDUE;VALUE=DATE:20260701\nSTATUS:NEEDS-ACTION\nEND:VTODO\n\
END:VCALENDAR\n";
    expect_test::expect![[r#"
        品茶會
        When: 2026-02-28 to 2026-03-01, all day
        Where: 臺北
        ---
        Event
        When: 2026-06-01 08:00 (UTC), 1 hour, 30 minutes
        Status: cancelled
        ---
        Buy tea
        Due: 2026-07-01
        Status: needs action"#]]
    .assert_eq(&text(source));
}

#[test]
fn people_have_numbers_and_addresses() {
    let source = "BEGIN:VCARD\nVERSION:3.0\nFN:Chen Mei\nORG:Tea House;Kitchen\nTEL;TYPE=CELL,VOICE:+886 2 1234\n\
EMAIL;TYPE=INTERNET:mei@example.org\nADR;TYPE=WORK:;;1 Tea Street;Taipei;;100;Taiwan\nBDAY:1990-05-04\n\
NOTE:likes oolong\nEND:VCARD\nBEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E9=99=B3;=E7=BE=8E\n\
END:VCARD\n";
    expect_test::expect![[r#"
        Chen Mei
        Company: Tea House, Kitchen
        E-mail: mei@example.org
        Phone (cell): +886 2 1234
        Address (work): 1 Tea Street, Taipei, 100, Taiwan
        Birthday: 1990-05-04
        likes oolong
        ---
        美 陳"#]]
    .assert_eq(&text(source));
}

#[test]
fn what_is_cut_or_no_calendar_ends() {
    for end in 0..MEETING.len() {
        let _ = extract(&MEETING[..end], 10_000);
    }
    assert!(extract("nothing of the kind", 100).entries.is_empty());
    let many = "BEGIN:VEVENT\nSUMMARY:x\n".repeat(20_000);
    assert!(extract(&many, 1_000).entries.len() <= 1_000);
    let long = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:tea\nEND:VEVENT\nEND:VCALENDAR\n".repeat(50);
    let sheet = extract(&long, 100);
    assert!(
        sheet.truncated && sheet.entries.len() == 33,
        "{}",
        sheet.entries.len()
    );
}
