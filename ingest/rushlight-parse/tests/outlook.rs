//! Outlook's items and mailboxes, winmail.dat, and calendars, as whole files and in mails.

mod common;
#[allow(dead_code, reason = "each test takes of it what it needs")]
#[path = "common/outlook.rs"]
mod made;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::{Expect, expect};
use made::{Attached, Id, Object, Value, text};
use rushlight_core::{
    BlockKind, ContentHash, ParsedDocument, ParsedFile, Parser, RawFile, Result, Timestamp,
};
use rushlight_parse::Parsers;

fn read(path: &str, bytes: &[u8]) -> Result<ParsedFile> {
    let outcome = Parsers::new(common::options()).parse(&RawFile {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
        content_hash: ContentHash(*blake3::hash(bytes).as_bytes()),
        modified: Timestamp(0),
    });
    common::sound(&outcome).unwrap_or_else(|why| panic!("{path}: {why}"));
    outcome
}

fn documents(path: &str, bytes: &[u8]) -> Vec<ParsedDocument> {
    match read(path, bytes) {
        Ok(ParsedFile::Documents(documents)) => documents,
        other => panic!("{path}: {other:?}"),
    }
}

/// Each document's part, key without hashes, type, title and text.
fn check(path: &str, bytes: &[u8], expected: Expect) -> Vec<ParsedDocument> {
    let documents = documents(path, bytes);
    let mut out = String::new();
    for document in &documents {
        let key = document.part_key.split('/').map(|step| match step.len() {
            64 => "hash",
            _ => step,
        });
        out.push_str(&format!(
            "[{}] {} {} {:?}\n{}\n",
            document.part,
            key.collect::<Vec<_>>().join("/"),
            document.media_type,
            document.title,
            document.text
        ));
        for warning in &document.warnings {
            out.push_str(&format!("! {}: {}\n", warning.code, warning.message));
        }
    }
    expected.assert_eq(&out.replace('\r', "").replace("-- \n", "--_\n"));
    documents
}

#[test]
fn an_item_is_the_mail_that_it_was() {
    let documents = check(
        "folder/letter.msg",
        &made::msg(&made::letter()),
        expect![[r#"
            []  application/vnd.ms-outlook "Re: 茶 and more"
            From: Chen, Mei <mei@example.org>
            To: Ann <ann@example.org>
            Date: 2008-12-29T12:00:00Z
            Subject: Re: 茶 and more

            Here it is.

            > What tea?

            --_
            Mei
            [part:2] own@example.org/hash text/plain "茶.txt"
            green tea
            [part:3] older@example.org message/rfc822 "An older mail"
            Subject: An older mail

            It was about oolong.
            [part:3.2] older@example.org/hash text/plain "inner.txt"
            black tea
        "#]],
    );
    let metadata = &documents[0].metadata;
    assert_eq!(metadata.message_id.as_deref(), Some("own@example.org"));
    assert_eq!(metadata.thread_id.as_deref(), Some("first@example.org"));
    assert_eq!(metadata.tags, ["seen"]);
    assert_eq!(metadata.attachment_names(), ["茶.txt", "An older mail"]);
    let kinds: Vec<BlockKind> = documents[0].blocks.iter().map(|block| block.kind).collect();
    assert_eq!(
        kinds,
        [
            BlockKind::Metadata,
            BlockKind::Paragraph,
            BlockKind::Quote,
            BlockKind::Signature
        ]
    );
}

#[test]
fn an_appointment_says_when_and_where() {
    for (path, bytes) in [
        ("a.msg", made::msg(&made::appointment())),
        ("winmail.dat", made::winmail(&made::appointment())),
    ] {
        let found = documents(path, &bytes);
        assert_eq!(
            found[0].text, "Subject: Tasting\n\nWhen: 2008-12-29 12:00 UTC\nWhere: Tea room\n\nBring a cup.",
            "{path}"
        );
    }
}

#[test]
fn texts_in_a_code_page_and_pages_in_rich_text() {
    let packed = |rich: &str| Value::Bytes(compressed_rtf::compress_rtf(rich).expect("packs"));
    let object = Object {
        props: vec![
            text(0x001a, "IPM.Note"),
            (Id::Tag(0x3ffd), Value::Long(950)),
            (Id::Tag(0x0037), Value::Narrow(b"\xaf\xf9")),
            (
                Id::Tag(0x1009),
                packed(
                    r"{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}green{\*\htmltag72 </p><p>}\htmlrtf x\htmlrtf0 tea{\*\htmltag72 </p>}}",
                ),
            ),
        ],
        ..Object::default()
    };
    assert_eq!(
        documents("a.msg", &made::msg(&object))[0].text,
        "Subject: 茶\n\ngreen\n\ntea"
    );
    assert_eq!(
        documents("a.dat", &made::winmail(&object))[0].text,
        "Subject: 茶\n\ngreen\n\ntea"
    );
}

#[test]
fn sealed_messages_are_flagged() {
    let sealed = |class, headers, name, content: &[u8]| Object {
        props: vec![text(0x001a, class), text(0x0037, "Sealed"), text(0x007d, headers)],
        recipients: vec![],
        attachments: vec![Attached::File(vec![text(0x3707, name)], content.to_vec())],
    };
    let encrypted = sealed("IPM.Note.SMIME", "X-Tea: green", "smime.p7m", b"\x30\x80");
    let found = documents("a.msg", &made::msg(&encrypted));
    assert!(
        found[0]
            .warnings
            .iter()
            .any(|warning| warning.code == "mail_encrypted")
    );
    let signed = "Content-Type: application/pkcs7-mime; smime-type=signed-data";
    let found = documents(
        "a.msg",
        &made::msg(&sealed("IPM.Note.SMIME", signed, "smime.p7m", b"\x30\x80")),
    );
    assert_eq!(found[0].metadata.tags, ["signed"]);
    let clear = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ngreen tea\r\n--b\r\n\
Content-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--\r\n";
    let clear = sealed("IPM.Note.SMIME.MultipartSigned", "", "smime.p7m", clear);
    let found = documents("a.msg", &made::msg(&clear));
    assert_eq!(found[0].metadata.tags, ["signed"]);
    assert_eq!(found[0].text, "Subject: Sealed\n\ngreen tea");
}

fn mail_with(kind: &str, name: &str, content: &[u8], body: &str) -> Vec<u8> {
    format!(
        "From: mei@example.org\r\nSubject: With\r\nMessage-ID: <with@example.org>\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{body}\r\n--b\r\n\
Content-Type: {kind}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        STANDARD.encode(content)
    )
    .into_bytes()
}

#[test]
fn what_winmail_hides_is_the_mails_own() {
    let hidden = made::winmail(&made::letter());
    let documents = check(
        "a.eml",
        &mail_with("application/ms-tnef", "winmail.dat", &hidden, "As I said."),
        expect![[r#"
            []  message/rfc822 "With"
            From: mei@example.org
            Subject: With

            As I said.
            [part:2.2] with@example.org/hash text/plain "茶.txt"
            green tea
            [part:2.3] older@example.org message/rfc822 "An older mail"
            Subject: An older mail

            It was about oolong.
            [part:2.3.2] older@example.org/hash text/plain "inner.txt"
            black tea
        "#]],
    );
    assert_eq!(
        documents[0].metadata.attachment_names(),
        ["茶.txt", "An older mail"]
    );
    let found = self::documents(
        "a.eml",
        &mail_with("application/ms-tnef", "winmail.dat", &hidden, ""),
    );
    assert!(found[0].text.contains("Here it is."), "{}", found[0].text);
    let broken = self::documents(
        "a.eml",
        &mail_with("application/ms-tnef", "winmail.dat", &hidden[..6], "As I said."),
    );
    assert!(
        broken[0]
            .warnings
            .iter()
            .any(|warning| warning.code == "attachment_not_read")
    );
}

const INVITATION: &str = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:品茶\r\n\
DTSTART;TZID=Asia/Taipei:20260504T100000\r\nLOCATION:Tea room\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn an_invitation_is_shown_and_an_attached_calendar_is_a_document() {
    let invitation = format!(
        "From: mei@example.org\r\nSubject: Tea\r\nMessage-ID: <tea@example.org>\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nPlease come.\r\n--b\r\n\
Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{INVITATION}\r\n--b--\r\n"
    );
    let found = check(
        "a.eml",
        invitation.as_bytes(),
        expect![[r#"
            []  message/rfc822 "Tea"
            From: mei@example.org
            Subject: Tea

            Please come.

            Invitation: 品茶
            When: 2026-05-04 10:00 (Asia/Taipei)
            Where: Tea room
        "#]],
    );
    assert!(found[0].metadata.attachments.is_empty());
    check(
        "b.eml",
        &mail_with("text/calendar", "tea.ics", INVITATION.as_bytes(), "See there."),
        expect![[r#"
            []  message/rfc822 "With"
            From: mei@example.org
            Subject: With

            See there.
            [part:2] with@example.org/hash text/calendar "tea.ics"
            Invitation: 品茶
            When: 2026-05-04 10:00 (Asia/Taipei)
            Where: Tea room
        "#]],
    );
}

#[test]
fn calendars_and_cards_are_files_too() {
    check(
        "tea.ics",
        INVITATION.as_bytes(),
        expect![[r#"
            []  text/calendar "品茶"
            Invitation: 品茶
            When: 2026-05-04 10:00 (Asia/Taipei)
            Where: Tea room
        "#]],
    );
    check(
        "people.vcf",
        b"BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nTEL:123\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:Bob\nEND:VCARD\n",
        expect![[r#"
            []  text/vcard "people"
            Ann
            Phone: 123

            Bob
        "#]],
    );
    check(
        "none.ics",
        b"just a note",
        expect![[r#"
            []  text/calendar "none"
            just a note
        "#]],
    );
}

#[test]
fn what_is_cut_off_ends_in_a_state() {
    let parsers = Parsers::new(common::options());
    for (path, whole) in [
        ("a.msg", made::msg(&made::letter())),
        ("a.dat", made::winmail(&made::letter())),
    ] {
        for part in 1..40 {
            let bytes = whole[..whole.len() * part / 40].to_vec();
            let outcome = parsers.parse(&RawFile {
                path: path.to_owned(),
                content_hash: ContentHash([0; 32]),
                bytes,
                modified: Timestamp(0),
            });
            common::sound(&outcome).unwrap_or_else(|why| panic!("{path} {part}/40: {why}"));
        }
    }
}

/// The suites' folder, where there is one.
fn suites() -> Option<PathBuf> {
    let folder = Path::new(&std::env::var_os("RUSHLIGHT_DATA")?).join("mail-suites");
    folder.is_dir().then_some(folder)
}

#[test]
fn attachments_in_tnef_are_those_that_the_suite_lists() {
    let Some(folder) = suites().map(|suites| suites.join("mimekit/tnef")) else {
        println!("skipped: RUSHLIGHT_DATA has no mail-suites");
        return;
    };
    let mut compared = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder") {
        let list = entry.expect("lists").path();
        if list.extension().is_none_or(|ending| ending != "list") {
            continue;
        }
        let stated = std::fs::read_to_string(&list).expect("reads");
        // Bodies are texts here, and no attachments.
        let stated: Vec<&str> = stated
            .lines()
            .map(str::trim)
            .filter(|name| !name.is_empty() && !name.starts_with("body."))
            .collect();
        let bytes = std::fs::read(list.with_extension("tnef")).expect("reads");
        let found = match read("a.tnef", &bytes) {
            Ok(ParsedFile::Documents(documents)) => documents,
            other if stated.is_empty() => {
                println!("{}: {other:?}", list.display());
                continue;
            }
            other => panic!("{}: {other:?}", list.display()),
        };
        let names: Vec<&str> = found
            .iter()
            .flat_map(|document| document.metadata.attachment_names())
            .collect();
        for name in stated {
            // A message that is attached is known by its subject.
            let message = found.iter().any(|document| document.part.starts_with("part:"))
                && name == "Untitled Attachment";
            assert!(
                names.contains(&name) || message,
                "{}: `{name}` of {names:?}",
                list.display()
            );
            compared += 1;
        }
    }
    assert!(compared > 15, "{compared} names");
}

#[test]
fn a_mailbox_gives_every_message() {
    let Some(folder) = suites().map(|suites| suites.join("tika")) else {
        println!("skipped: RUSHLIGHT_DATA has no mail-suites");
        return;
    };
    for (name, messages, said) in [
        ("testPST.pst", 7, "PreviousMapFeatureGenerator"),
        ("testPST_variousBodyTypes.pst", 4, "original email"),
    ] {
        let bytes = std::fs::read(folder.join(name)).expect("reads");
        let found = documents(name, &bytes);
        let own = found.iter().filter(|document| !document.part.contains('/'));
        assert_eq!(own.count(), messages, "{name}");
        assert!(
            found.iter().any(|document| document.text.contains(said)),
            "{name}"
        );
        let again = documents(name, &bytes);
        let parts = |documents: &[ParsedDocument]| -> Vec<(String, String)> {
            documents
                .iter()
                .map(|one| (one.part.clone(), one.part_key.clone()))
                .collect()
        };
        assert_eq!(parts(&found), parts(&again), "{name}");
        let cut = read(name, &bytes[..bytes.len() / 2]);
        assert!(
            !matches!(&cut, Ok(ParsedFile::Documents(found)) if found.is_empty()),
            "{name}"
        );
    }
}
