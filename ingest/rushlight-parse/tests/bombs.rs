//! Files made to break readers: each ends as a state, with its reason, and the next file is still read.

#[allow(dead_code, reason = "each test takes of it what it needs")]
#[path = "common/outlook.rs"]
mod made;

use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use rushlight_core::{ContentHash, ErrorCode, ParsedFile, Parser, RawFile, Result, Timestamp};
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const MIB: usize = 1 << 20;

/// A path in an archive, and what lies there.
type Member = (&'static str, &'static [u8]);

/// With a worker that has less memory than usual, so that smaller files are bombs.
fn parsers() -> Parsers {
    let mut options = ParseOptions::new(WorkerCommand {
        program: PathBuf::from(env!("CARGO_BIN_EXE_rushlight-parse-worker")),
        args: vec![],
    });
    options.limits.memory_bytes = 512 << 20;
    options.max_archive_text_bytes = 4 << 20;
    Parsers::new(options)
}

fn parse(parsers: &Parsers, path: &str, bytes: Vec<u8>) -> Result<ParsedFile> {
    let begun = Instant::now();
    let outcome = parsers.parse(&RawFile {
        path: path.to_owned(),
        content_hash: ContentHash(*blake3::hash(&bytes).as_bytes()),
        bytes,
        modified: Timestamp(0),
    });
    // The worker's own limit is a minute, and a file may be tried twice.
    assert!(begun.elapsed() < Duration::from_secs(150), "{path} took too long");
    let after = parsers.parse(&RawFile {
        path: "after.rtf".to_owned(),
        content_hash: ContentHash(*blake3::hash(b"after").as_bytes()),
        bytes: br"{\rtf1 the next one}".to_vec(),
        modified: Timestamp(0),
    });
    assert!(
        matches!(after, Ok(ParsedFile::Documents(_))),
        "after {path}: {after:?}"
    );
    outcome
}

/// The reason why nothing was read.
fn reason(outcome: Result<ParsedFile>) -> String {
    match outcome {
        Ok(ParsedFile::Skipped(reason)) => format!("{}: {}", reason.code, reason.message),
        Err(error) => format!("{}: {}", error.code().as_str(), error.chain()),
        Ok(ParsedFile::Documents(found)) => panic!("{} documents", found.len()),
    }
}

/// A member of so many equal bytes, in an archive with others.
fn unfolding(files: &[(&str, &[u8])], path: &str, byte: u8, mebibytes: usize) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let fast = SimpleFileOptions::default().compression_level(Some(1));
    for (index, (path, bytes)) in files.iter().enumerate() {
        let options = match index {
            0 => fast
                .compression_method(CompressionMethod::Stored)
                .compression_level(None),
            _ => fast,
        };
        writer.start_file(*path, options).expect("starts");
        writer.write_all(bytes).expect("writes");
    }
    writer.start_file(path, fast).expect("starts");
    let block = vec![byte; MIB];
    for _ in 0..mebibytes {
        writer.write_all(&block).expect("writes");
    }
    writer.finish().expect("ends").into_inner()
}

#[test]
fn archives_that_unfold() {
    let parsers = parsers();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let block = vec![b'a'; MIB];
    for _ in 0..160 {
        gzip.write_all(&block).expect("writes");
    }
    let gzip = gzip.finish().expect("ends");
    assert!(gzip.len() < 2 * MIB);
    let why = reason(parse(&parsers, "zeros.gz", gzip));
    assert_eq!(
        why,
        "no_text: nothing in `zeros.gz` can be read: `zeros`: it is longer than 128 MB"
    );
    let zip = unfolding(&[], "a.txt", b'a', 160);
    let why = reason(parse(&parsers, "zeros.zip", zip));
    assert_eq!(
        why,
        "no_text: nothing in `zeros.zip` can be read: `a.txt`: it is longer than 128 MB"
    );
}

#[test]
fn an_archive_whose_members_share_their_bytes() {
    // A thousand entries in the directory, and one text of a mebibyte that they all stand for.
    let one = unfolding(&[], "a.txt", b'a', 1);
    let directory = one
        .windows(4)
        .rposition(|four| four == b"PK\x01\x02")
        .expect("a directory");
    let end = one
        .windows(4)
        .rposition(|four| four == b"PK\x05\x06")
        .expect("an end");
    let entry = &one[directory..end];
    let mut bytes = one[..directory].to_vec();
    let count = 1000usize;
    for number in 0..count {
        let mut entry = entry.to_vec();
        let name = format!("{number:05}");
        // Names differ in length from the first, which the local header still has.
        entry[46..51].copy_from_slice(name.as_bytes());
        bytes.extend(entry);
    }
    let mut tail = one[end..].to_vec();
    tail[8..10].copy_from_slice(&(count as u16).to_le_bytes());
    tail[10..12].copy_from_slice(&(count as u16).to_le_bytes());
    tail[12..16].copy_from_slice(&((count * entry.len()) as u32).to_le_bytes());
    bytes.extend(tail);
    match parse(&parsers(), "overlap.zip", bytes) {
        Ok(ParsedFile::Documents(found)) => {
            let text: usize = found.iter().map(|document| document.text.len()).sum();
            assert!(text <= 6 * MIB, "{text} bytes");
            assert!(
                found[0]
                    .warnings
                    .iter()
                    .any(|warning| warning.code == "member_not_read"),
                "what is left out is said"
            );
        }
        other => assert!(!reason(other).is_empty()),
    }
}

#[test]
fn documents_that_unfold() {
    let parsers = parsers();
    let types: &[u8] = b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let cases: [(&str, &str, &[Member]); 4] = [
        ("a.docx", "word/document.xml", &[("[Content_Types].xml", types)]),
        ("a.xlsx", "xl/workbook.xml", &[("[Content_Types].xml", types)]),
        (
            "a.odt",
            "content.xml",
            &[("mimetype", b"application/vnd.oasis.opendocument.text")],
        ),
        (
            "a.epub",
            "META-INF/container.xml",
            &[("mimetype", b"application/epub+zip")],
        ),
    ];
    for (path, part, files) in cases {
        let why = reason(parse(&parsers, path, unfolding(files, part, b' ', 700)));
        let stated = ["file_broken", "parser_failed", "no_text"]
            .iter()
            .any(|code| why.starts_with(code));
        assert!(stated, "{path}: {why}");
    }
}

#[test]
fn entities_are_not_unfolded() {
    let mut content = "<!DOCTYPE x [<!ENTITY a \"tea tea tea tea\">".to_owned();
    for (name, of) in ('b'..='p').zip('a'..='o') {
        content.push_str(&format!("<!ENTITY {name} \"{}\">", format!("&{of};").repeat(10)));
    }
    content.push_str("]><office:document-content xmlns:office=\"o\" xmlns:text=\"t\"><text:p>green &p; tea</text:p></office:document-content>");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.start_file("mimetype", stored).expect("starts");
    writer
        .write_all(b"application/vnd.oasis.opendocument.text")
        .expect("writes");
    writer.start_file("content.xml", stored).expect("starts");
    writer.write_all(content.as_bytes()).expect("writes");
    let bytes = writer.finish().expect("ends").into_inner();
    match parse(&parsers(), "entities.odt", bytes) {
        Ok(ParsedFile::Documents(found)) => assert!(found[0].text.len() < 100, "{}", found[0].text.len()),
        other => assert!(reason(other).starts_with("file_broken")),
    }
}

#[test]
fn mails_of_a_million_parts_and_of_ten_thousand_levels() {
    let parsers = parsers();
    let head = "From: a@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\n";
    let mut many = format!("{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for _ in 0..1_000_000 {
        many.push_str("--b\r\n\r\nx\r\n");
    }
    many.push_str("--b--\r\n");
    match parse(&parsers, "many.eml", many.into_bytes()) {
        Ok(ParsedFile::Documents(found)) => assert!(found[0].text.contains("Subject: s")),
        other => panic!("{}", reason(other)),
    }
    let mut deep = head.to_owned();
    for level in 0..10_000 {
        deep.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
        ));
    }
    deep.push_str("\r\nthe bottom\r\n");
    match parse(&parsers, "deep.eml", deep.into_bytes()) {
        Ok(ParsedFile::Documents(found)) => assert!(found[0].text.contains("Subject: s")),
        other => panic!("{}", reason(other)),
    }
    let mut nested = String::new();
    for _ in 0..10_000 {
        nested.push_str("From: a@example.org\r\nSubject: s\r\nContent-Type: message/rfc822\r\n\r\n");
    }
    match parse(&parsers, "nested.eml", nested.into_bytes()) {
        Ok(ParsedFile::Documents(found)) => assert!(found.len() <= 20, "{} documents", found.len()),
        other => panic!("{}", reason(other)),
    }
}

#[test]
fn nested_arrays_and_quotes() {
    let parsers = parsers();
    let brackets = "[".repeat(200_000);
    for path in ["a.json", "a.ipynb", "a.md"] {
        let outcome = parse(&parsers, path, brackets.clone().into_bytes());
        let Ok(ParsedFile::Documents(found)) = outcome else {
            panic!("{path}: {outcome:?}");
        };
        assert_eq!(found[0].text.len(), brackets.len(), "{path}");
    }
    let quotes = format!("{} tea", ">".repeat(20_000));
    assert!(matches!(
        parse(&parsers, "quotes.md", quotes.into_bytes()),
        Ok(ParsedFile::Documents(_))
    ));
    let pdf = format!(
        "%PDF-1.4\n1 0 obj\n{}{}\nendobj\ntrailer <</Root 1 0 R>>\n%%EOF",
        "[".repeat(500_000),
        "]".repeat(500_000)
    );
    let why = reason(parse(&parsers, "arrays.pdf", pdf.into_bytes()));
    assert!(
        [ErrorCode::FileBroken, ErrorCode::ParserFailed]
            .iter()
            .any(|code| why.starts_with(code.as_str())),
        "{why}"
    );
    let rtf = format!("{{\\rtf1 {}", "{".repeat(100_000));
    assert!(reason(parse(&parsers, "groups.rtf", rtf.into_bytes())).starts_with("file_broken"));
}

#[test]
fn outlook_items_that_unfold() {
    let parsers = parsers();
    // Two hundred attachments that all stand for the bytes of the first.
    let mut object = made::letter();
    let file = |bytes| made::Attached::File(vec![made::text(0x3707, "a.txt")], bytes);
    object.attachments = vec![file(vec![b'a'; MIB])];
    object
        .attachments
        .extend((0..200).map(|_| file(vec![b'b'; 5000])));
    let mut bytes = made::msg(&object);
    let name: Vec<u8> = "__substg1.0_37010102"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let entries: Vec<usize> = memchr::memmem::find_iter(&bytes, &name).collect();
    let first = entries
        .iter()
        .find(|at| bytes[**at + 120..**at + 124] == (MIB as u32).to_le_bytes())
        .expect("the large one");
    let place = bytes[first + 116..first + 124].to_vec();
    for at in entries {
        bytes[at + 116..at + 124].copy_from_slice(&place);
    }
    match parse(&parsers, "shared.msg", bytes) {
        Ok(ParsedFile::Documents(found)) => {
            let text: usize = found.iter().map(|document| document.text.len()).sum();
            assert!(text <= 4 * MIB, "{text} bytes");
        }
        other => assert!(reason(other).starts_with("file_broken")),
    }
    // Rich text that states four gigabytes.
    let mut object = made::letter();
    object
        .props
        .retain(|(id, _)| !matches!(id, made::Id::Tag(0x1000)));
    let mut rich = compressed_rtf::compress_rtf("{\\rtf1 tea}").expect("packs");
    rich[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    object
        .props
        .push((made::Id::Tag(0x1009), made::Value::Bytes(rich)));
    match parse(&parsers, "rich.msg", made::msg(&object)) {
        Ok(ParsedFile::Documents(found)) => {
            assert!(
                found[0]
                    .warnings
                    .iter()
                    .any(|warning| warning.message.contains("rich text"))
            );
        }
        other => panic!("{}", reason(other)),
    }
    // Messages in messages, a hundred deep.
    let mut deep = made::letter();
    for _ in 0..100 {
        deep.attachments = vec![made::Attached::Message(deep.clone())];
    }
    for (path, bytes) in [("deep.dat", made::winmail(&deep)), ("deep.msg", made::msg(&deep))] {
        match parse(&parsers, path, bytes) {
            Ok(ParsedFile::Documents(found)) => {
                assert!(found.len() <= 20, "{path}: {} documents", found.len());
                let said = found.iter().flat_map(|document| &document.warnings);
                assert!(
                    said.clone().any(|warning| warning.message.contains("too deep")),
                    "{path}"
                );
            }
            other => panic!("{path}: {}", reason(other)),
        }
    }
}

#[test]
fn calendars_of_a_million_lines() {
    let parsers = parsers();
    let nested = format!(
        "BEGIN:VCALENDAR\n{}",
        "BEGIN:VEVENT\nSUMMARY:tea\n".repeat(300_000)
    );
    let flat = "BEGIN:VCARD\nFN:Ann\nEND:VCARD\n".repeat(200_000);
    let long = format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nRRULE:FREQ=DAILY;BYDAY={}\nEND:VEVENT\n",
        "MO,".repeat(1_000_000)
    );
    for (path, text) in [("nested.ics", nested), ("flat.vcf", flat), ("long.ics", long)] {
        let outcome = parse(&parsers, path, text.into_bytes());
        assert!(
            matches!(outcome, Ok(ParsedFile::Documents(_))),
            "{path}: {}",
            reason(outcome)
        );
    }
}
