mod documents;
mod workbooks;

use std::io::{Cursor, Write};

use rushlight_core::{BlockKind, Locator, Timestamp};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::parsers::check_blocks;

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>"#;

/// A package of these parts.
pub(crate) fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("a part");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("a package").into_inner()
}

/// A document with a heading, a paragraph with a tracked change, a list and a table.
pub(crate) fn docx() -> Vec<u8> {
    let types = format!(
        r#"{TYPES}<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#
    );
    let relations = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;
    let core = r#"<?xml version="1.0"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>茶會紀錄</dc:title><dc:creator>Ada Lin</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">2026-03-14T08:00:00Z</dcterms:created></cp:coreProperties>"#;
    let cell = |text: &str| format!("<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>");
    let body = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>春茶</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">The board </w:t></w:r><w:del w:id="1" w:author="a"><w:r><w:delText>declined</w:delText></w:r></w:del><w:ins w:id="2" w:author="a"><w:r><w:t>approved</w:t></w:r></w:ins><w:r><w:t xml:space="preserve"> the budget. 会议通过了预算。</w:t></w:r></w:p>
<w:tbl><w:tr>{}{}</w:tr><w:tr>{}{}</w:tr></w:tbl>
</w:body></w:document>"#,
        cell("品名"),
        cell("Price"),
        cell("烏龍"),
        cell("480")
    );
    let own_relations = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
    let styles = r#"<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>"#;
    package(&[
        ("[Content_Types].xml", &types),
        ("_rels/.rels", relations),
        ("docProps/core.xml", core),
        ("word/_rels/document.xml.rels", own_relations),
        ("word/styles.xml", styles),
        ("word/document.xml", &body),
    ])
}

/// A workbook with one sheet: a header, then a date and a number.
pub(crate) fn xlsx() -> Vec<u8> {
    let types = format!(
        r#"{TYPES}<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#
    );
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = |entries: &str| {
        format!(
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{entries}</Relationships>"#
        )
    };
    let workbook = format!(
        r#"<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="庫存" sheetId="1" r:id="rId1"/></sheets></workbook>"#
    );
    let styles = format!(
        r#"<?xml version="1.0"?><styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#
    );
    let text = |at: &str, text: &str| format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData><row r="2">{}{}{}</row><row r="3">{}<c r="B3" s="1"><v>45352</v></c><c r="C3"><f>1+1.5</f><v>2.5</v></c></row></sheetData></worksheet>"#,
        text("A2", "品名"),
        text("B2", "Date"),
        text("C2", "Weight"),
        text("A3", "红茶"),
    );
    package(&[
        ("[Content_Types].xml", &types),
        (
            "_rels/.rels",
            &relations(&format!(
                r#"<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/>"#
            )),
        ),
        ("xl/workbook.xml", &workbook),
        (
            "xl/_rels/workbook.xml.rels",
            &relations(&format!(
                r#"<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{office}/styles" Target="styles.xml"/>"#
            )),
        ),
        ("xl/styles.xml", &styles),
        ("xl/worksheets/sheet1.xml", &sheet),
    ])
}

fn read(bytes: &[u8]) -> (OfficeKind, OfficeText, Office) {
    let kind = of_zip(bytes).expect("an office document");
    let found = extract(kind, bytes, 1 << 20).expect("is read");
    let office = assemble(&found);
    check_blocks(&office.text, &office.blocks).expect("sound");
    (kind, found, office)
}

#[test]
fn a_document_keeps_its_structure_and_only_what_stands() {
    let (kind, found, office) = read(&docx());
    assert_eq!(kind, OfficeKind::Document);
    assert_eq!(
        office.text,
        "春茶\n\nThe board approved the budget. 会议通过了预算。\n\n品名\tPrice\n烏龍\t480"
    );
    let kinds: Vec<_> = office.blocks.iter().map(|block| block.kind).collect();
    assert_eq!(
        kinds,
        [
            BlockKind::Heading { level: 1 },
            BlockKind::Paragraph,
            BlockKind::TableHeader,
            BlockKind::TableRow
        ]
    );
    assert_eq!(found.title.as_deref(), Some("茶會紀錄"));
    assert_eq!(office.metadata.authors, ["Ada Lin"]);
    assert_eq!(office.metadata.created, Some(Timestamp(1_773_475_200_000)));
}

#[test]
fn a_workbook_shows_dates_and_numbers_with_their_rows() {
    let (kind, _, office) = read(&xlsx());
    assert_eq!(kind, OfficeKind::Workbook);
    assert_eq!(office.text, "庫存\n\n品名\tDate\tWeight\n红茶\t2024-03-01\t2.5");
    let last = office.blocks.last().expect("a row");
    assert_eq!(last.kind, BlockKind::TableRow);
    assert_eq!(
        last.locator,
        Locator::Cells {
            sheet: "庫存".to_owned(),
            first: 3,
            last: 3
        }
    );
}

/// An OpenDocument text with this body.
fn odt(body: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b"><office:body>{body}</office:body></office:document-content>"#
    );
    let meta = r#"<office:document-meta xmlns:dc="d" xmlns:meta="m"><dc:title>茶單</dc:title><meta:initial-creator>Ada Lin</meta:initial-creator><meta:creation-date>2026-03-14T08:00:00</meta:creation-date></office:document-meta>"#;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("mimetype", stored).expect("a part");
    zip.write_all(b"application/vnd.oasis.opendocument.text")
        .expect("written");
    for (name, text) in [("content.xml", &*content), ("meta.xml", meta)] {
        zip.start_file(name, SimpleFileOptions::default())
            .expect("a part");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("a package").into_inner()
}

#[test]
fn an_open_document_keeps_order_tables_lists_and_notes() {
    let (kind, found, office) = read(&odt(
        r#"<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:h text:outline-level="2">茶與咖啡</text:h>
        <text:p>First<text:note><text:note-body><text:p>脚注</text:p></text:note-body></text:note> &amp; last</text:p>
        <text:list><text:list-item><text:p>简体</text:p></text:list-item></text:list>
        <table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>名稱</text:p></table:table-cell>
        <table:table-cell><text:p>price</text:p></table:table-cell></table:table-row></table:table-header-rows></table:table>"#,
    ));
    assert_eq!(kind, OfficeKind::OpenText);
    assert_eq!(
        office.text,
        "茶與咖啡\n\nFirst & last\n\n脚注\n\n简体\n名稱\tprice"
    );
    let last = office.blocks.last().expect("a row");
    assert_eq!(last.kind, BlockKind::TableHeader);
    assert_eq!(found.title.as_deref(), Some("茶單"));
    assert_eq!(office.metadata.authors, ["Ada Lin"]);
    assert_eq!(office.metadata.created, Some(Timestamp(1_773_475_200_000)));
}

#[test]
fn an_open_document_that_breaks_off_keeps_what_was_read() {
    let (_, _, office) = read(&odt("<text:p>one</text:p><text:p>two</text:q>"));
    assert_eq!(office.text, "one");
    assert!(office.warnings[0].message.starts_with("the file is broken"));
}

#[test]
fn what_is_too_long_is_cut_and_said() {
    let found = extract(OfficeKind::Document, &docx(), 20).expect("is read");
    let office = assemble(&found);
    assert_eq!(office.text, "春茶");
    assert_eq!(office.warnings[0].code, "text_truncated");
}

#[test]
fn broken_and_encrypted_files_say_so() {
    let whole = docx();
    let broken = extract(OfficeKind::Document, &whole[..whole.len() / 2], 100).expect_err("cut off");
    assert!(matches!(broken, OfficeFault::Broken(_)));
    assert_eq!(error(broken, "a.docx").code(), ErrorCode::FileBroken);
    let mut cut = xlsx();
    cut.truncate(300);
    assert!(matches!(
        extract(OfficeKind::Workbook, &cut, 100),
        Err(OfficeFault::Broken(_))
    ));
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a container");
    container.create_stream("EncryptedPackage").expect("a stream");
    let encrypted = container.into_inner().into_inner();
    for kind in [OfficeKind::Document, OfficeKind::Workbook] {
        assert_eq!(
            extract(kind, &encrypted, 100),
            Err(OfficeFault::Encrypted),
            "{kind:?}"
        );
    }
}

#[test]
fn containers_tell_what_they_hold() {
    assert_eq!(of_zip(&package(&[("a.txt", "word")])), None);
    let ods = package(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")]);
    assert_eq!(of_zip(&ods), None, "compressed, so that it states nothing");
    let with = |names: &[&str]| {
        let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a container");
        for name in names {
            container.create_stream(name).expect("a stream");
        }
        container.into_inner().into_inner()
    };
    let both = with(&["WordDocument", "Workbook"]);
    assert_eq!(of_cfb(&both, "doc"), Some(OfficeKind::Document));
    assert_eq!(of_cfb(&both, "xls"), Some(OfficeKind::Workbook));
    assert_eq!(
        of_cfb(&with(&["PowerPoint Document"]), ""),
        Some(OfficeKind::Slides)
    );
    assert_eq!(of_cfb(&with(&["__properties_version1.0"]), "msg"), None);
    assert_eq!(
        of_cfb(&with(&["EncryptedPackage"]), "xlsx"),
        Some(OfficeKind::Workbook)
    );
}

#[test]
fn a_page_number_says_nothing() {
    for text in ["", "Page  of", "第  頁", "- / -"] {
        assert!(numbers_pages(text), "{text}");
    }
    assert!(!numbers_pages("Page of tea"));
}

#[test]
fn only_words_name_columns() {
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    assert!(names_columns(&row(&["Name", "數量"])));
    for cells in [&["Name"][..], &["Name", ""], &["Name", "12.5"], &["a", "a"]] {
        assert!(!names_columns(&row(cells)), "{cells:?}");
    }
    assert_eq!(row_text(&row(&["a\nb", "", "c", " ", ""])), "a b\t\tc");
}
