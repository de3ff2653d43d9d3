//! The parsers as the indexing thread sees them, with a real worker.

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use rushlight_core::{
    ContentHash, ErrorCode, Locator, ParsedDocument, ParsedFile, Parser, RawFile, Timestamp,
};
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};

use common::{options, sound};

fn parsers() -> Parsers {
    Parsers::new(options())
}

fn raw(path: &str, bytes: &[u8]) -> RawFile {
    RawFile {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
        content_hash: ContentHash(*blake3::hash(bytes).as_bytes()),
        modified: Timestamp(0),
    }
}

fn documents(parsers: &Parsers, path: &str, bytes: &[u8]) -> Vec<ParsedDocument> {
    match parsers.parse(&raw(path, bytes)) {
        Ok(ParsedFile::Documents(documents)) => documents,
        other => panic!("{path}: {other:?}"),
    }
}

fn skipped(path: &str, bytes: &[u8]) -> String {
    match parsers().parse(&raw(path, bytes)) {
        Ok(ParsedFile::Skipped(reason)) => reason.code,
        other => panic!("{path}: {other:?}"),
    }
}

fn check(path: &str, bytes: &[u8], expected: Expect) {
    let found = documents(&parsers(), path, bytes);
    sound(&Ok(ParsedFile::Documents(found.clone()))).expect("sound");
    let mut out = String::new();
    for document in &found {
        let metadata = &document.metadata;
        out.push_str(&format!(
            "== {:?} {:?} {:?} {:?}\n",
            document.part, document.kind, document.title, document.media_type
        ));
        out.push_str(&format!(
            "from {:?} to {:?} at {:?}\n",
            metadata.authors, metadata.recipients, metadata.created
        ));
        out.push_str(&format!(
            "id {:?} answers {:?} attached {:?}\n",
            metadata.message_id,
            metadata.in_reply_to,
            metadata.attachment_names()
        ));
        for block in &document.blocks {
            let place = match &block.locator {
                Locator::MessagePart { part, first, last } => format!("{part}:{first}-{last}"),
                Locator::Lines { first, last } => format!("{first}-{last}"),
                other => format!("{other:?}"),
            };
            out.push_str(&format!(
                "{place} {:?} {:?}\n",
                block.kind,
                block.span.of(&document.text).unwrap_or("?")
            ));
        }
        for warning in &document.warnings {
            out.push_str(&format!("! {}: {}\n", warning.code, warning.message));
        }
    }
    expected.assert_eq(&out);
}

const MAIL: &[u8] = b"From: Ada Lin <ada@example.org>\r\nTo: Bo <bo@example.org>\r\nDate: Thu, 1 Jan 2026 08:00:00 +0800\r\n\
Subject: =?UTF-8?B?6Iy26JGJ?= order\r\nMessage-ID: <m1@example.org>\r\nIn-Reply-To: <m0@example.org>\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\nHello Bo,\r\n\r\n> how much?\r\nTen.\r\n-- \r\nAda\r\n\
--B\r\nContent-Type: text/csv; name=\"p.csv\"\r\nContent-Disposition: attachment; filename=\"p.csv\"\r\n\r\nname,price\r\ntea,3\r\n\
--B\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=\"a.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBAoAAAAA\r\n\
--B\r\nContent-Type: message/rfc822\r\n\r\nFrom: Cy <cy@example.org>\r\nSubject: inner\r\nMessage-ID: <m2@example.org>\r\n\
Content-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\nContent-Type: text/html\r\n\r\n<p>Hi <b>there</b><script>x</script>\r\n\
--C\r\nContent-Disposition: attachment; filename=\"n.md\"\r\nContent-Type: text/markdown\r\n\r\n# Deep\r\n--C--\r\n--B--\r\n";

#[test]
fn a_mail_and_what_is_in_it() {
    check(
        "in/a.eml",
        MAIL,
        expect![[r##"
            == "" Mail "茶葉 order" "message/rfc822"
            from ["Ada Lin <ada@example.org>"] to ["Bo <bo@example.org>"] at Some(Timestamp(1767225600000))
            id Some("m1@example.org") answers Some("m0@example.org") attached ["p.csv", "a.zip", "inner"]
            header:1-4 Metadata "From: Ada Lin <ada@example.org>\nTo: Bo <bo@example.org>\nDate: 2026-01-01T08:00:00+08:00\nSubject: 茶葉 order"
            1:1-1 Paragraph "Hello Bo,"
            1:3-3 Quote "> how much?"
            1:4-4 Paragraph "Ten."
            1:5-6 Signature "-- \nAda"
            ! attachment_not_read: attachment `a.zip` is not searchable: `a.zip` is not a readable archive: invalid Zip archive: Could not find EOCD
            == "part:2" Table "p.csv" "text/csv"
            from ["Ada Lin <ada@example.org>"] to ["Bo <bo@example.org>"] at Some(Timestamp(1767225600000))
            id None answers None attached []
            Cells { sheet: "", first: 1, last: 1 } TableHeader "name,price"
            Cells { sheet: "", first: 2, last: 2 } TableRow "tea,3"
            == "part:4" Mail "inner" "message/rfc822"
            from ["Cy <cy@example.org>"] to [] at None
            id Some("m2@example.org") answers None attached ["n.md"]
            header:1-2 Metadata "From: Cy <cy@example.org>\nSubject: inner"
            4.1:1-1 Paragraph "Hi there"
            == "part:4.2" Note "n.md" "text/markdown"
            from ["Cy <cy@example.org>"] to [] at None
            id None answers None attached []
            1-1 Heading { level: 1 } "# Deep"
        "##]],
    );
}

/// Of a mail's attachments: name, part, media type, and why it is left out.
fn attached(mail: &ParsedDocument) -> Vec<(String, String, String, String)> {
    let told = |one: &rushlight_core::Attachment| {
        (
            one.name.clone(),
            one.part_in(&mail.part).unwrap_or_default(),
            one.media_type.clone().unwrap_or_default(),
            one.left_out
                .as_ref()
                .map_or(String::new(), |reason| reason.code.clone()),
        )
    };
    mail.metadata.attachments.iter().map(told).collect()
}

#[test]
fn attachments_are_told_with_their_parts_wherever_their_mail_lies() {
    let row = |name: &str, part: &str, media_type: &str, reason: &str| {
        (
            name.to_owned(),
            part.to_owned(),
            media_type.to_owned(),
            reason.to_owned(),
        )
    };
    let archive = zipped(&[("m/a.eml", MAIL)]);
    let mut boxed = b"From a@b Thu Jan  1 00:00:00 2026\n".to_vec();
    boxed.extend_from_slice(MAIL);
    for (path, bytes, before) in [
        ("a.eml", MAIL, ""),
        ("a.mbox", &boxed, "message:1/"),
        ("a.zip", &archive, "member:m/a.eml/"),
    ] {
        let found = documents(&parsers(), path, bytes);
        let at = |number: &str| format!("{before}part:{number}");
        assert_eq!(
            attached(&found[0]),
            [
                row("p.csv", &at("2"), "text/csv", ""),
                row("a.zip", &at("3"), "application/zip", "file_broken"),
                row("inner", &at("4"), "message/rfc822", ""),
            ]
        );
        let inner = found.iter().find(|document| document.part == at("4"));
        let inner = inner.unwrap_or_else(|| panic!("{path}: {:?}", parts(&found)));
        assert_eq!(attached(inner), [row("n.md", &at("4.2"), "text/markdown", "")]);
        assert!(found.iter().any(|document| document.part == at("4.2")), "{path}");
        let bytes: Vec<Option<u64>> = found[0]
            .metadata
            .attachments
            .iter()
            .map(|one| one.bytes)
            .collect();
        assert_eq!(bytes[..2], [Some(17), Some(9)], "out of their transfer encoding");
    }
}

#[test]
fn a_mailbox_is_one_document_per_message() {
    let mut mbox = Vec::new();
    for text in ["one", "two", "one"] {
        mbox.extend_from_slice(b"From a@b Thu Jan  1 00:00:00 2026\nFrom: a@example.org\nMessage-ID: <");
        mbox.extend_from_slice(format!("{text}@x>\nSubject: {text}\n\n{text}\n>From here\n\n").as_bytes());
    }
    let found = documents(&parsers(), "Inbox", &mbox);
    let names: Vec<_> = found
        .iter()
        .map(|d| (d.part.as_str(), d.part_key.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("message:1", "one@x"),
            ("message:2", "two@x"),
            ("message:3", "one@x#2")
        ]
    );
    assert!(found[0].text.ends_with("one\nFrom here"), "{:?}", found[0].text);
}

#[test]
fn a_mail_with_a_broken_charset_is_kept() {
    let mail = b"From: a@example.org\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\ngood \xff\xfe bad\xff\n";
    let found = documents(&parsers(), "a.eml", mail);
    assert!(
        found[0].text.contains("good") && found[0].text.contains("bad"),
        "{:?}",
        found[0].text
    );
    assert!(
        found[0].warnings.iter().any(|w| w.code.starts_with("charset_")),
        "{:?}",
        found[0].warnings
    );
    let big5 = b"From: a@example.org\nSubject: x\n\n\xa4\xa4\xa4\xe5\xab\xd8\xa8\xe4\xa6\x6e\xa4\x48\n";
    assert!(documents(&parsers(), "a.eml", big5)[0].text.contains("中文"));
}

#[test]
fn messages_nested_too_deep_are_named_and_not_read() {
    let mut mail = b"From: a@example.org\nSubject: top\n".to_vec();
    for _ in 0..20 {
        mail.extend_from_slice(b"Content-Type: message/rfc822\n\nFrom: b@example.org\nSubject: inner\n");
    }
    mail.extend_from_slice(b"\ntext\n");
    let found = documents(&parsers(), "a.eml", &mail);
    assert_eq!(found.len(), 9);
    assert_eq!(found[8].warnings[0].code, "attachment_not_read");
}

#[test]
fn what_has_no_text_is_skipped_with_its_reason() {
    assert_eq!(skipped("a.md", b""), "empty");
    assert_eq!(skipped("a.md", b" \n\t\n"), "no_text");
    assert_eq!(skipped("a.md", b"\x89PNG\r\n\x1a\n\0\0"), "binary");
    assert_eq!(skipped("a.md", b"\x7fELF\0\0\x01\x02"), "binary");
    assert_eq!(skipped("a.bin", b"\0\x01\x02\x03"), "binary");
    assert_eq!(skipped("a.rar", b"Rar!\x1a\x07xxxx"), "unsupported");
    assert_eq!(skipped("a.html", b"<script>x</script>"), "no_text");
    assert_eq!(skipped("a.csv", b"\n\n"), "no_text");
}

#[test]
fn the_worker_is_shut_off_from_the_machine() {
    let (isolation, all_refused) = parsers().check_isolation().expect("starts");
    if !(isolation.file_system || isolation.system_calls) {
        println!("skipped: this kernel has neither Landlock nor seccomp");
        return;
    }
    assert!(isolation.limits && all_refused, "{isolation:?}");
}

/// A PDF of these objects, numbered from one, without a table of references.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        offsets.push(out.len());
        out.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
    }
    let start = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes());
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let size = objects.len() + 1;
    out.extend_from_slice(
        format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    out
}

#[test]
fn page_trees_that_lie_end_as_a_state_in_time() {
    let catalog = "<</Type/Catalog/Pages 2 0 R>>";
    let content = "<</Length 42>>stream\nBT /F 12 Tf 50 700 Td (The kettle sings) Tj ET\nendstream";
    let page =
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>";
    let font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";
    let mut options = options();
    options.limits.timeout = Duration::from_secs(20);
    let parsers = Parsers::new(options);
    let good = pdf(&[
        catalog,
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        page,
        content,
        font,
    ]);
    let found = documents(&parsers, "good.pdf", &good);
    assert_eq!(
        (found[0].text.as_str(), found[0].pages),
        ("The kettle sings", Some(1))
    );
    for pages in [
        "<</Type/Pages/Count 1000000000/Kids[3 0 R]>>",
        "<</Type/Pages/Count 1000000000/Kids[]>>",
        "<</Type/Pages/Count 2/Kids[2 0 R 3 0 R]>>",
        "<</Type/Pages/Count 9/Kids[2 0 R]>>",
        "<</Type/Pages/Count -1/Kids[3 0 R]/Parent 2 0 R>>",
    ] {
        let begun = std::time::Instant::now();
        let outcome = parsers.parse(&raw("a.pdf", &pdf(&[catalog, pages, page, content, font])));
        sound(&outcome).unwrap_or_else(|what| panic!("{pages}: {what}"));
        if let Err(error) = &outcome {
            assert_eq!(error.code(), ErrorCode::FileBroken, "{pages}: {}", error.chain());
        }
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "{pages} took {:?}",
            begun.elapsed()
        );
    }
}

#[test]
fn places_on_pages_are_those_of_the_page_as_it_is_shown() {
    let parsers = Parsers::new(options());
    let font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";
    // The second string is shown with an operator that only the second engine knows.
    let contents = [
        "BT /F 20 Tf 100 700 Td (The kettle sings) Tj ET",
        "BT /F 20 Tf 24 TL 100 724 Td (The kettle sings) ' ET",
    ];
    // What is shown of a sheet of 500 by 1000, and where the text is then: left, top, bottom; for a quarter turn the text
    // runs down, and left and right are its lower and upper edge.
    let cases = [
        ("", [200, 282, 305]),
        ("/CropBox[50 500 450 900]", [125, 456, 511]),
        ("/Rotate 180", [800, 695, 718]),
    ];
    for content in contents {
        let read = |entries: &str| {
            let page = format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 1000]{entries}/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
            );
            let stream = format!("<</Length {}>>stream\n{content}\nendstream", content.len());
            let bytes = pdf(&[
                "<</Type/Catalog/Pages 2 0 R>>",
                "<</Type/Pages/Count 1/Kids[3 0 R]>>",
                &page,
                &stream,
                font,
            ]);
            let found = documents(&parsers, "a.pdf", &bytes);
            assert_eq!(found[0].text, "The kettle sings", "{content}");
            assert_eq!(found[0].lines.len(), 1);
            assert_eq!(
                found[0].lines[0].span.of(&found[0].text),
                Some("The kettle sings")
            );
            let area = found[0].lines[0].area;
            assert!(area.is_on_page() && area.page == 1, "{area:?}");
            area
        };
        let near = |found: u16, expected: u16| found.abs_diff(expected) <= 2;
        for (entries, [start, top, bottom]) in cases {
            let area = read(entries);
            let left = if entries.contains("180") {
                area.right
            } else {
                area.left
            };
            assert!(
                near(left, start) && near(area.top, top) && near(area.bottom, bottom),
                "{content} {entries}: {area:?}"
            );
            assert!(area.right - area.left > 150, "{area:?}");
        }
        let down = read("/Rotate 90");
        assert!(
            near(down.top, 200) && near(down.left, 695) && near(down.right, 718),
            "{down:?}"
        );
        let up = read("/Rotate -90");
        assert!(
            near(up.bottom, 800) && near(up.left, 282) && near(up.right, 305),
            "{up:?}"
        );
    }
}

fn fault(parsers: &Parsers, word: &str) -> rushlight_core::Error {
    parsers
        .parse(&raw("a.pdf", format!("%PDF-%FAULT-{word}").as_bytes()))
        .expect_err(word)
}

#[test]
fn a_worker_that_misbehaves_costs_one_document() {
    let mut options = options();
    options.limits.timeout = Duration::from_secs(5);
    options.limits.memory_bytes = 512 << 20;
    let parsers = Parsers::new(options);
    for (word, says) in [
        ("panic", "the parser failed at child.rs"),
        ("overflow", "it ran out of stack or memory"),
        ("memory", "it ran out of stack or memory"),
        ("fill", "it ran out of stack or memory"),
        ("exit", "the worker ended with exit code 3"),
        ("hang", "it took longer than 5 s"),
    ] {
        let error = fault(&parsers, word);
        assert_eq!(error.code(), ErrorCode::ParserFailed, "{word}");
        assert!(error.message().contains(says), "{word}: {}", error.message());
        // The next document is none the wiser. This one is broken in the ordinary way.
        assert_eq!(
            fault(&parsers, "none").code(),
            ErrorCode::FileBroken,
            "after {word}"
        );
    }
    // What a library prints does not garble the answer.
    assert_eq!(fault(&parsers, "garble").code(), ErrorCode::FileBroken);
}

#[test]
fn a_worker_that_does_not_start_is_an_error_that_names_it() {
    for program in ["/nowhere/worker", "/bin/cat", "/bin/true"] {
        let mut options = ParseOptions::new(WorkerCommand {
            program: program.into(),
            args: vec![],
        });
        options.limits.start_timeout = Duration::from_secs(5);
        let error = Parsers::new(options)
            .parse(&raw("a.pdf", b"%PDF-1.7"))
            .expect_err("no worker");
        assert_eq!(error.code(), ErrorCode::ParserUnavailable, "{program}");
        assert!(error.message().contains(program));
    }
}

#[test]
fn large_and_deep_pages_are_read_in_the_worker() {
    let page = format!("<title>Deep</title>{}<p>bottom</p>", "<div>".repeat(300));
    let found = documents(&parsers(), "a.html", page.as_bytes());
    assert_eq!(
        (found[0].title.as_str(), found[0].text.as_str()),
        ("Deep", "bottom")
    );
    assert!(found[0].warnings.is_empty());
}

#[test]
fn a_text_of_many_megabytes_keeps_its_lines() {
    let line = "The kettle sings; 水滾了。\n\n";
    let text = line.repeat((20 << 20) / line.len());
    let found = documents(&parsers(), "big.txt", text.as_bytes());
    let last = found[0].blocks.last().expect("has blocks");
    let lines = u32::try_from(found[0].blocks.len() * 2 - 1).expect("small");
    assert_eq!(
        last.locator,
        Locator::Lines {
            first: lines,
            last: lines
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_have_an_outcome(
        name in prop_oneof![Just("a.md"), Just("a.txt"), Just("a.csv"), Just("a.html"), Just("a.eml"), Just("a"), Just("m/cur/1:2,S")],
        pieces in proptest::collection::vec(prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "[ -~\n]{0,40}".prop_map(String::into_bytes),
            Just(b"From: a@b\nSubject: x\nReceived: y\n".to_vec()),
            Just(b"From a@b Thu Jan 1 00:00:00 2026\n".to_vec()),
            Just(b"\n\n".to_vec()),
            Just(b"Content-Type: multipart/mixed; boundary=B\n\n".to_vec()),
            Just(b"\n--B\nContent-Type: message/rfc822\n\n".to_vec()),
            Just(b"\n--B\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n".to_vec()),
            Just(b"\n--B--\n".to_vec()),
            Just("茶\n".as_bytes().to_vec()),
        ], 0..12)
    ) {
        let bytes = pieces.concat();
        prop_assume!(!bytes.windows(5).any(|w| w == b"%PDF-"));
        let outcome = parsers().parse(&raw(name, &bytes));
        prop_assert!(outcome.is_ok(), "{outcome:?}");
        if let Err(what) = sound(&outcome) {
            return Err(TestCaseError::fail(what));
        }
    }
}

/// Every file of the data sets has an outcome that keeps the port's promises.
#[test]
fn real_files_have_outcomes() {
    let Some(data) = std::env::var_os("RUSHLIGHT_DATA")
        .map(PathBuf::from)
        .filter(|path| path.is_dir())
    else {
        println!("skipped: RUSHLIGHT_DATA names no folder with the data sets");
        return;
    };
    let mut options = options();
    options.limits.timeout = Duration::from_secs(20);
    let parsers = Parsers::new(options);
    for set in ["notes-plurality", "mail-suites", "pdf-suites"] {
        let mut files = Vec::new();
        list(&data.join(set), &mut files);
        assert!(!files.is_empty(), "{set} is empty");
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        let begun = std::time::Instant::now();
        for file in &files {
            let name = file
                .strip_prefix(&data)
                .expect("below the data")
                .to_string_lossy()
                .into_owned();
            let bytes = std::fs::read(file).expect("readable");
            let outcome = parsers.parse(&raw(&name, &bytes));
            sound(&outcome).unwrap_or_else(|what| panic!("{name}: {what}"));
            match &outcome {
                Ok(ParsedFile::Documents(found)) => {
                    *counts.entry("files read".to_owned()).or_default() += 1;
                    *counts.entry("documents".to_owned()).or_default() += found.len();
                }
                Ok(ParsedFile::Skipped(reason)) => {
                    *counts.entry(format!("skipped {}", reason.code)).or_default() += 1
                }
                Err(error) => {
                    assert_ne!(error.code(), ErrorCode::ParserUnavailable, "{}", error.chain());
                    if error.code() == ErrorCode::ParserFailed {
                        println!("  {}", error.chain());
                    }
                    *counts
                        .entry(format!("failed {}", error.code().as_str()))
                        .or_default() += 1;
                }
            }
        }
        println!(
            "{set}: {} files in {:.1} s, {counts:?}",
            files.len(),
            begun.elapsed().as_secs_f32()
        );
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            list(&path, files)
        } else {
            files.push(path)
        }
    }
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    in_zip(files, zip::CompressionMethod::Deflated)
}

/// A zip archive of files as they are.
fn stored(files: &[(&str, &[u8])]) -> Vec<u8> {
    in_zip(files, zip::CompressionMethod::Stored)
}

fn in_zip(files: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, bytes) in files {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(*path, options).expect("starts");
        writer.write_all(bytes).expect("writes");
    }
    writer.finish().expect("ends").into_inner()
}

/// Parts, titles and keys of what is found.
fn parts(found: &[ParsedDocument]) -> Vec<(&str, &str, &str)> {
    found
        .iter()
        .map(|document| (&*document.part, &*document.title, &*document.part_key))
        .collect()
}

#[test]
fn files_in_an_archive_are_documents_of_their_own() {
    let mail = b"From: a@example.org\r\nMessage-ID: <m@x>\r\nSubject: hello\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\nContent-Type: text/plain; name=n.md\r\nContent-Disposition: attachment; filename=n.md\r\n\r\n# inside\r\n--b--\r\n";
    let inner = zipped(&[("deep.md", b"# Deep tea")]);
    let archive = zipped(&[
        ("notes/tea.md", "# 茶\n\ngreen".as_bytes()),
        ("photo.png", b"\x89PNG\r\n\x1a\nrest"),
        ("m.eml", mail),
        ("inner.zip", &inner),
        ("empty.txt", b""),
    ]);
    // Documents that lie in it as they are do not make it one.
    let letter = zipped(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")]);
    let archive_of_letters = stored(&[("letter.docx", &letter), ("tea.md", b"# Tea")]);
    let found = documents(&parsers(), "letters.zip", &archive_of_letters);
    assert_eq!(parts(&found)[0].0, "member:tea.md");

    let found = documents(&parsers(), "all.zip", &archive);
    sound(&Ok(ParsedFile::Documents(found.clone()))).expect("sound");
    assert_eq!(
        parts(&found),
        [
            ("member:notes/tea.md", "茶", "member:notes/tea.md"),
            ("member:m.eml", "hello", "member:m.eml/m@x"),
            (
                "member:m.eml/part:2",
                "n.md",
                &*format!("member:m.eml/m@x/{}", found[2].content_hash)
            ),
            (
                "member:inner.zip/member:deep.md",
                "Deep tea",
                "member:inner.zip/member:deep.md"
            ),
        ]
    );
    let warnings: Vec<&str> = found[0]
        .warnings
        .iter()
        .map(|warning| &*warning.message)
        .collect();
    assert_eq!(
        warnings,
        [
            "`photo.png` is not read: `photo.png`: its page has no readable text; it may be scanned and needs text recognition first",
            "`empty.txt` is not read: `empty.txt` is empty",
        ]
    );
}

#[test]
fn archives_keep_to_their_limits() {
    let mut nested = zipped(&[("tea.md", b"# Tea")]);
    for _ in 0..5 {
        nested = zipped(&[("next.zip", &nested)]);
    }
    let outcome = parsers().parse(&raw("deep.zip", &nested));
    let Ok(ParsedFile::Skipped(reason)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(reason.code, "no_text");
    assert!(reason.message.contains("too deep"), "{}", reason.message);

    // A thousand times its size: read up to the limit, and said.
    let zeros = vec![b'a'; 3 << 20];
    let bomb = zipped(&[("tea.md", b"# Tea"), ("one.txt", &zeros), ("two.txt", &zeros)]);
    let mut options = options();
    options.max_unpacked_bytes = 4 << 20;
    let found = documents(&Parsers::new(options), "bomb.zip", &bomb);
    assert_eq!(
        found.iter().map(|document| &*document.part).collect::<Vec<_>>(),
        ["member:tea.md", "member:one.txt"]
    );
    assert_eq!(
        found[0].warnings[0].message,
        "`two.txt` is not read: more than 4 MB would be unpacked; neither is what follows it"
    );
    assert_eq!(
        skipped("only.zip", &zipped(&[("a.png", b"\x89PNG\r\n\x1a\n")])),
        "no_text"
    );
}

#[test]
fn an_archive_is_read_wherever_it_lies() {
    let archive = zipped(&[("tea.md", b"# Tea")]);
    let encoded: String = {
        use std::fmt::Write;
        archive.iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "={byte:02X}");
            out
        })
    };
    let mail = format!(
        "From: a@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: application/zip; name=a.zip\r\nContent-Disposition: attachment; filename=a.zip\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{encoded}\r\n"
    );
    let found = documents(&parsers(), "m.eml", mail.as_bytes());
    let inside = &found[1];
    assert_eq!((&*inside.part, &*inside.title), ("part:1/member:tea.md", "Tea"));
}

#[test]
fn a_book_is_read_in_the_order_of_its_spine() {
    let chapter = |title: &str, text: &str| {
        format!(
            "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title/></head><body><a id=\"t\"/><h1>{title}</h1><p>{text}</p></body></html>"
        )
    };
    let package = "<package xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><metadata><dc:title>Tea &amp; 茶</dc:title><dc:creator>Ada Lin</dc:creator><dc:language>zh-Hant</dc:language><dc:date>2026-03-01</dc:date></metadata><manifest><item id=\"b\" href=\"text/two.xhtml\"/><item id=\"a\" href=\"text/%E4%B8%80.xhtml\"/></manifest><spine><itemref idref=\"a\"/><itemref idref=\"b\"/></spine></package>";
    let container = "<container><rootfiles><rootfile full-path=\"OEBPS/p.opf\"/></rootfiles></container>";
    let (one, two) = (chapter("第一章", "綠茶。"), chapter("Two", "Black tea."));
    let mut files: Vec<(&str, &[u8])> = vec![
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", container.as_bytes()),
        ("OEBPS/p.opf", package.as_bytes()),
        ("OEBPS/text/two.xhtml", two.as_bytes()),
        ("OEBPS/text/一.xhtml", one.as_bytes()),
    ];
    let found = documents(&parsers(), "tea.epub", &stored(&files));
    sound(&Ok(ParsedFile::Documents(found.clone()))).expect("sound");
    assert_eq!(found[0].text, "第一章\n\n綠茶。\n\nTwo\n\nBlack tea.");
    assert_eq!(
        (found[0].title.as_str(), found[0].media_type.as_str()),
        ("Tea & 茶", "application/epub+zip")
    );
    assert_eq!(found[0].metadata.authors, ["Ada Lin"]);
    assert_eq!(found[0].metadata.language.as_deref(), Some("zh-Hant"));
    assert_eq!(found[0].metadata.created, Some(Timestamp(1_772_323_200_000)));
    // Many programs put what the archive is anywhere.
    let plain = documents(&parsers(), "tea.epub", &zipped(&files[1..]));
    assert_eq!(plain[0].text, found[0].text);

    files.push((
        "META-INF/encryption.xml",
        b"<encryption><CipherReference URI=\"OEBPS/text/two.xhtml\"/></encryption>",
    ));
    let outcome = parsers().parse(&raw("tea.epub", &stored(&files)));
    assert!(
        matches!(&outcome, Err(error) if error.code() == ErrorCode::FileEncrypted),
        "{outcome:?}"
    );
}

#[test]
fn saved_pages_rich_text_and_notebooks() {
    check(
        "page.mhtml",
        b"From: <Saved by Blink>\r\nSubject: A page\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Green =E8=8C=B6</p>\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n",
        expect![[r#"
            == "" Html "A page" "multipart/related"
            from [] to [] at Some(Timestamp(1772359200000))
            id None answers None attached []
            Whole Paragraph "Green 茶"
        "#]],
    );
    let frames = b"Subject: Index\r\nFrom: <Saved by a browser>\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<frameset></frameset>\r\n";
    assert_eq!(documents(&parsers(), "frames.mht", frames)[0].title, "Index");
    check(
        "letter.rtf",
        br"{\rtf1\ansi\ansicpg1252{\info{\title A letter}}Dear Ada,\par tea \u33590? is good.\par}",
        expect![[r#"
            == "" Document "A letter" "application/rtf"
            from [] to [] at None
            id None answers None attached []
            Whole Paragraph "Dear Ada,"
            Whole Paragraph "tea 茶 is good."
        "#]],
    );
    check(
        "a.ipynb",
        br##"{"cells": [{"cell_type": "markdown", "source": "# Prices"}, {"cell_type": "code", "source": "1+1", "outputs": [{"data": {"text/plain": "2"}}]}]}"##,
        expect![[r##"
            == "" Note "Prices" "application/x-ipynb+json"
            from [] to [] at None
            id None answers None attached []
            Whole Heading { level: 1 } "# Prices"
            Whole Code "1+1"
            Whole Code "2"
        "##]],
    );
    check(
        "broken.ipynb",
        b"{\"cells\": [",
        expect![[r#"
        == "" Text "broken" "text/plain"
        from [] to [] at None
        id None answers None attached []
        1-1 Code "{\"cells\": ["
    "#]],
    );
    check(
        "plan.org",
        b"#+TITLE: The plan\n\n* First :work:\nDo it.\n",
        expect![[r##"
            == "" Note "The plan" "text/org"
            from [] to [] at None
            id None answers None attached []
            1-1 Metadata "#+TITLE: The plan"
            3-3 Heading { level: 1 } "* First :work:"
            4-4 Paragraph "Do it."
        "##]],
    );
}
