//! The files that documents were made from: what comes back is what was indexed, to the byte, or nothing.

use std::fs;
use std::io::Write;

use rushlight_core::{DocId, ErrorCode, Original, OriginalHolds, Principal, Result};

use crate::system::System;

const FILES: &str = "\
//- /tea.md
# Green tea

Green tea is steeped at 70 degrees.
//- /secret.md
# Secret

The key lies under the third stone.
";

/// A picture of which the fakes recognise its text.
fn picture(text: &str) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// A mail with these attachments, each with a name, a type and base64.
pub(crate) fn mail(id: &str, attachments: &[(&str, &str, &str)]) -> String {
    let mut mail = format!(
        "From: Ada <ada@example.org>\nTo: bo@example.org\nSubject: Lantern {id}\n\
         Date: Mon, 02 Mar 2026 09:00:00 +0000\nMessage-ID: <{id}@example.org>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=xyz\n\n--xyz\nContent-Type: text/plain\n\nSee the lantern {id}.\n"
    );
    for (name, media_type, content) in attachments {
        mail.push_str(&format!(
            "--xyz\nContent-Type: {media_type}; name=\"{name}\"\nContent-Transfer-Encoding: base64\n\
             Content-Disposition: attachment; filename=\"{name}\"\n\n{content}\n"
        ));
    }
    mail.push_str("--xyz--\n");
    mail
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number = group
            .iter()
            .fold(0u32, |number, byte| number << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(LETTERS[(number >> (18 - 6 * place) & 63) as usize]));
        }
        text.push_str(&"=".repeat(3 - group.len()));
    }
    text
}

fn original(system: &System, doc: DocId) -> Result<Original> {
    system.engine.original(doc, &[Principal::owner()])
}

/// The document of this part of a file.
fn part_of(system: &System, path: &str, part: &str) -> DocId {
    let path = format!("{}/{path}", system.root());
    let found = system.engine.ledger().documents_at(&path, &[Principal::owner()]);
    let found = found.expect("readable");
    let parts: Vec<_> = found.iter().map(|one| one.part.clone()).collect();
    let one = found.into_iter().find(|one| one.part == part);
    one.unwrap_or_else(|| panic!("no {part} among {parts:?}")).doc_id
}

fn refused(system: &System, doc: DocId, code: ErrorCode) {
    let error = original(system, doc).expect_err("nothing comes back");
    assert_eq!(error.code(), code, "{error:?}");
}

#[test]
fn a_file_comes_back_to_the_byte() {
    let system = System::over(FILES);
    let bytes = picture("the lantern burns oil");
    system.write("出差 lantern.png", &bytes);
    system.index();
    let note = original(&system, system.id_of("tea.md")).expect("there");
    assert_eq!(note.bytes, fs::read(system.path("tea.md")).expect("there"));
    assert_eq!(
        (note.name.as_str(), note.holds),
        ("tea.md", OriginalHolds::Document)
    );
    let lantern = original(&system, system.id_of("出差 lantern.png")).expect("there");
    assert_eq!(
        (lantern.name.as_str(), lantern.bytes),
        ("出差 lantern.png", bytes)
    );
    assert_eq!(lantern.media_type.as_deref(), Some("image/png"));
}

#[test]
fn who_may_not_read_a_document_gets_no_file_either() {
    let system = System::over(FILES);
    system.index();
    let (tea, secret) = (system.id_of("tea.md"), system.id_of("secret.md"));
    system.open_to("tea.md", &["user:bo"]);
    let bo = [Principal("user:bo".to_owned())];
    assert!(system.engine.original(tea, &bo).is_ok());
    for doc in [secret, DocId([0xee; 16])] {
        for asker in [&bo[..], &[]] {
            let error = system
                .engine
                .original(doc, asker)
                .expect_err("as if it were not there");
            assert_eq!(error.code(), ErrorCode::DocumentNotFound);
            assert_eq!(error.message(), format!("there is no document {doc}"));
        }
    }
}

#[test]
fn a_file_that_is_no_longer_what_was_indexed_does_not_come() {
    let system = System::over(FILES);
    system.index();
    let (tea, secret) = (system.id_of("tea.md"), system.id_of("secret.md"));
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(system.path("tea.md"))
        .expect("there");
    file.write_all(b"\nOr at 80.\n").expect("written");
    refused(&system, tea, ErrorCode::FileChanged);
    fs::remove_file(system.path("secret.md")).expect("removed");
    refused(&system, secret, ErrorCode::FileVanished);
    system.index();
    let note = original(&system, tea).expect("read again");
    assert!(note.bytes.ends_with(b"Or at 80.\n"));
    refused(&system, secret, ErrorCode::DocumentNotFound);
}

#[cfg(unix)]
#[test]
fn a_link_that_was_put_in_a_files_place_is_not_followed_out_of_the_folder() {
    let system = System::over(FILES);
    system.write("deep/tea.md", "# Deep tea\n\nSteeped in a cellar.\n");
    system.index();
    let outside = tempfile::tempdir().expect("a folder");
    fs::copy(system.path("tea.md"), outside.path().join("tea.md")).expect("copied");
    let doc = system.id_of("tea.md");
    fs::remove_file(system.path("tea.md")).expect("removed");
    std::os::unix::fs::symlink(outside.path().join("tea.md"), system.path("tea.md")).expect("linked");
    // The bytes are the same; the place is not the folder's.
    refused(&system, doc, ErrorCode::FileUnreadable);

    let deep = system.id_of("deep/tea.md");
    fs::rename(system.path("deep"), outside.path().join("deep")).expect("moved");
    std::os::unix::fs::symlink(outside.path().join("deep"), system.path("deep")).expect("linked");
    refused(&system, deep, ErrorCode::FileUnreadable);
}

#[test]
fn an_attachment_comes_alone_and_a_text_in_a_mail_with_its_mail() {
    let system = System::over(FILES);
    let lantern = picture("the lantern burns oil");
    let attachments = [
        ("lantern.png", "image/png", base64(&lantern)),
        ("list.txt", "text/plain", base64(b"wick, oil, glass\n")),
    ];
    let attachments: Vec<_> = attachments
        .iter()
        .map(|(name, kind, content)| (*name, *kind, content.as_str()))
        .collect();
    system.write("lantern.eml", mail("one", &attachments));
    system.index();

    let picture = original(&system, part_of(&system, "lantern.eml", "part:2")).expect("there");
    assert_eq!(
        (picture.name.as_str(), picture.holds),
        ("lantern.png", OriginalHolds::Document)
    );
    assert_eq!(picture.media_type.as_deref(), Some("image/png"));
    assert_eq!(picture.bytes, lantern);

    let whole = fs::read(system.path("lantern.eml")).expect("there");
    let list = original(&system, part_of(&system, "lantern.eml", "part:3")).expect("there");
    assert_eq!(
        (list.name.as_str(), list.holds),
        ("lantern.eml", OriginalHolds::File)
    );
    assert_eq!((list.bytes, list.media_type), (whole.clone(), None));
    let message = original(&system, part_of(&system, "lantern.eml", "")).expect("there");
    assert_eq!((message.bytes, message.holds), (whole, OriginalHolds::Document));
}

#[test]
fn a_message_of_a_mailbox_comes_without_the_others() {
    let system = System::over(FILES);
    let lantern = picture("the lantern burns oil");
    let content = base64(&lantern);
    let attached = [("lantern.png", "image/png", content.as_str())];
    let (one, two, three) = (mail("one", &[]), mail("two", &attached), mail("three", &[]));
    let from = "From ada@example.org Mon Mar  2 09:00:00 2026\n";
    system.write("box.mbox", format!("{from}{one}\n{from}{two}\n{from}{three}\n"));
    system.index();
    let second = original(&system, part_of(&system, "box.mbox", "message:2")).expect("there");
    assert_eq!(second.holds, OriginalHolds::Document);
    assert_eq!(second.name, "message 2.eml");
    let text = String::from_utf8(second.bytes).expect("a mail");
    assert!(
        text.starts_with("From: Ada") && text.contains("<two@example.org>"),
        "{text}"
    );
    assert!(!text.contains("<one@example.org>") && !text.contains("<three@example.org>"));
}
