//! Office documents through the worker: what lies in them becomes documents of their own.

mod common;

use std::io::{Cursor, Write};

use rushlight_core::{ContentHash, ParsedDocument, ParsedFile, Parser, RawFile, Timestamp};
use rushlight_parse::Parsers;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use common::{options, sound};

fn raw(path: &str, bytes: &[u8]) -> RawFile {
    RawFile {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
        content_hash: ContentHash(*blake3::hash(bytes).as_bytes()),
        modified: Timestamp(0),
    }
}

fn parse(path: &str, bytes: &[u8]) -> Vec<ParsedDocument> {
    let outcome = Parsers::new(options()).parse(&raw(path, bytes));
    sound(&outcome).expect("sound");
    match outcome {
        Ok(ParsedFile::Documents(documents)) => documents,
        other => panic!("{path}: {other:?}"),
    }
}

/// A document with this text in it, and with these files.
fn docx(text: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let types = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    let relations = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
    let body = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"#
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", relations.as_bytes()),
        ("word/document.xml", body.as_bytes()),
    ];
    for (name, bytes) in parts.iter().chain(files) {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("a part");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("a package").into_inner()
}

fn short(found: &[ParsedDocument]) -> Vec<(&str, &str)> {
    found
        .iter()
        .map(|document| (&*document.part, &*document.text))
        .collect()
}

#[test]
fn files_in_a_document_are_documents_of_their_own() {
    let inner = docx(
        "Inner tea",
        &[("word/embeddings/list.csv", "品名,price\n红茶,3\n".as_bytes())],
    );
    let outer = docx(
        "Outer",
        &[
            ("word/embeddings/plan.docx", &inner),
            ("word/embeddings/oleObject1.bin", b"\x00\x01\x02 of no known type"),
        ],
    );
    let found = parse("a.docx", &outer);
    assert_eq!(
        short(&found),
        [
            ("", "Outer"),
            ("embedded:word/embeddings/plan.docx", "Inner tea"),
            (
                "embedded:word/embeddings/plan.docx/embedded:word/embeddings/list.csv",
                "品名,price\n红茶,3\n"
            ),
        ]
    );
    let key = format!("embedded:{}", found[1].content_hash);
    assert_eq!(found[1].part_key, key);
    assert_eq!(
        found[2].part_key,
        format!("{key}/embedded:{}", found[2].content_hash)
    );
    assert_eq!(found[0].warnings[0].code, "embedded_file_not_read");
    assert!(found[0].warnings[0].message.contains("oleObject1.bin"));
}

#[test]
fn a_document_of_nothing_but_a_file_is_that_file() {
    let outer = docx("", &[("word/embeddings/notes.txt", "茶".as_bytes())]);
    assert_eq!(
        short(&parse("a.docx", &outer)),
        [("embedded:word/embeddings/notes.txt", "茶")]
    );
}

#[test]
fn documents_in_documents_end_somewhere() {
    let mut bytes = docx("0", &[]);
    for depth in 1..12 {
        bytes = docx(&depth.to_string(), &[("word/embeddings/a.docx", &bytes)]);
    }
    let found = parse("a.docx", &bytes);
    assert_eq!(found.len(), 9);
    let last = found.last().expect("the deepest");
    assert!(
        last.warnings[0].message.contains("too deep"),
        "{:?}",
        last.warnings
    );
}

#[test]
fn sheets_that_unfold_stay_within_limits() {
    let cells =
        r#"<table:table-cell table:number-columns-repeated="16384"><text:p>tea</text:p></table:table-cell>"#
            .repeat(200);
    let rows = format!(r#"<table:table-row table:number-rows-repeated="1048576">{cells}</table:table-row>"#)
        .repeat(50);
    let content = format!(
        r#"<office:document-content><office:body><office:spreadsheet><table:table table:name="a">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("content.xml", SimpleFileOptions::default())
        .expect("a part");
    zip.write_all(content.as_bytes()).expect("written");
    let bytes = zip.finish().expect("a package").into_inner();
    let mut options = options();
    options.max_text_bytes = 1 << 20;
    let outcome = Parsers::new(options).parse(&raw("a.ods", &bytes));
    sound(&outcome).expect("sound");
    let Ok(ParsedFile::Documents(found)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(found[0].text.len() <= 1 << 20);
    assert!(
        found[0]
            .warnings
            .iter()
            .any(|warning| warning.code == "text_truncated")
    );
}
