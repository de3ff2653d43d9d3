//! Sheets, of Microsoft's packages and of OpenDocument.

use super::*;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn relations(entries: &[(&str, &str, &str)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(id, kind, target)| {
            let outside = if target.contains(':') {
                r#" TargetMode="External""#
            } else {
                ""
            };
            format!(r#"<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{target}"{outside}/>"#)
        })
        .collect();
    format!(
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"#,
        entries.concat()
    )
}

/// A workbook of two sheets; `stock` follows the cells of the first.
fn workbook(cells: &str, after: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let types = format!("{TYPES}</Types>");
    let book = format!(
        r#"<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="庫存 &amp; Tea" sheetId="1" r:id="rId1"/><sheet name="舊" sheetId="2" state="hidden" r:id="rId2"/></sheets></workbook>"#
    );
    let styles = format!(
        r##"<?xml version="1.0"?><styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="&quot;NT$&quot;#,##0.00"/><numFmt numFmtId="165" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="10"/><xf numFmtId="14"/></cellXfs></styleSheet>"##
    );
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheetData>{cells}</sheetData>{after}</worksheet>"#
    );
    let hidden = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>去年</t></is></c></row></sheetData></worksheet>"#
    );
    let book_relations = relations(&[
        ("rId1", "worksheet", "worksheets/sheet1.xml"),
        ("rId2", "worksheet", "worksheets/sheet2.xml"),
        ("rId3", "styles", "styles.xml"),
        ("rId4", "person", "persons/person.xml"),
    ]);
    let mut parts = vec![
        ("[Content_Types].xml", &*types),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", &book_relations),
        ("xl/styles.xml", &styles),
        ("xl/worksheets/sheet1.xml", &sheet),
        ("xl/worksheets/sheet2.xml", &hidden),
    ];
    let root = relations(&[("r1", "officeDocument", "xl/workbook.xml")]);
    parts.push(("_rels/.rels", &root));
    parts.extend(more);
    package(&parts)
}

fn inline(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

#[test]
fn cells_read_as_the_sheet_shows_them() {
    let cells = format!(
        r#"<row r="1">{}{}{}{}</row><row r="3">{}<c r="B3" s="1"><f>SUM(C1:C2)</f><v>1234.5</v></c><c r="C3" s="2"><v>45352</v></c><c r="D3" s="3"><v>0.125</v></c><c r="E3" s="4"><v>45352</v></c><c r="F3"><v>0.30000000000000004</v></c><c r="G3" t="b"><v>1</v></c><c r="H3" t="e"><v>#DIV/0!</v></c></row>"#,
        inline("A1", "品名"),
        inline("B1", "Price"),
        inline("C1", "日期"),
        inline("D1", "Share"),
        inline("A3", "红茶"),
    );
    let after = r#"<mergeCells count="1"><mergeCell ref="A3:A4"/></mergeCells>"#;
    let (_, found, office) = read(&workbook(&cells, after, &[]));
    assert_eq!(
        office.text,
        "庫存 & Tea\n\n品名\tPrice\t日期\tShare\n红茶\tNT$1,234.50\t2024年3月1日\t12.50%\t2024-03-01\t0.3\tTRUE\t#DIV/0!\n\n舊\n\n去年"
    );
    assert_eq!(office.blocks[1].kind, BlockKind::TableHeader);
    assert_eq!(found.hidden, ["舊"]);
    assert_eq!(office.warnings[0].code, "hidden_sheets");
}

#[test]
fn what_stands_beside_the_cells_is_read_at_its_row() {
    let cells = format!(
        r#"<row r="1">{}{}</row><row r="2">{}</row>"#,
        inline("A1", "Tea"),
        inline("B1", "https://tea.example/menu"),
        inline("A2", "Shop")
    );
    let after = r#"<hyperlinks><hyperlink ref="B1" r:id="l1"/><hyperlink ref="A2" r:id="l2"/><hyperlink ref="A2" location="舊!A1"/></hyperlinks><headerFooter><oddHeader>&amp;C盤點 &amp;D</oddHeader><oddFooter>&amp;LTea house&amp;RPage &amp;P</oddFooter></headerFooter><drawing r:id="d1"/><legacyDrawing r:id="d2"/>"#;
    let sheet_relations = relations(&[
        ("l1", "hyperlink", "https://tea.example/menu"),
        ("l2", "hyperlink", "mailto:shop@tea.example"),
        ("c1", "comments", "../comments1.xml"),
        (
            "c2",
            "threadedComment",
            "../threadedComments/threadedComment1.xml",
        ),
        ("d1", "drawing", "../drawings/drawing1.xml"),
    ]);
    let comments = r#"<comments><authors><author>Bo</author></authors><commentList><comment ref="A1" authorId="0"><text><t>[Threaded comment] in a newer program</t></text></comment><comment ref="B1" authorId="0"><text><r><t>太貴</t></r></text></comment></commentList></comments>"#;
    let threads = r#"<ThreadedComments><threadedComment ref="A1" personId="{P}"><text>Fresh?</text></threadedComment></ThreadedComments>"#;
    let people = r#"<personList><person displayName="Ada" id="{P}"/></personList>"#;
    let drawing = r#"<xdr:wsDr><xdr:twoCellAnchor><xdr:from><xdr:row>1</xdr:row></xdr:from><xdr:sp><xdr:txBody><a:p><a:r><a:t>Closed on Mondays</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:twoCellAnchor></xdr:wsDr>"#;
    let (_, found, office) = read(&workbook(
        &cells,
        after,
        &[
            ("xl/worksheets/_rels/sheet1.xml.rels", &sheet_relations),
            ("xl/comments1.xml", comments),
            ("xl/threadedComments/threadedComment1.xml", threads),
            ("xl/persons/person.xml", people),
            ("xl/drawings/drawing1.xml", drawing),
        ],
    ));
    let rows: Vec<_> = found
        .pieces
        .iter()
        .map(|piece| match &piece.spot {
            Spot::Row { row, .. } => (*row, &*piece.text),
            _ => (0, &*piece.text),
        })
        .collect();
    assert_eq!(
        rows[1..8],
        [
            (1, "盤點"),
            (1, "Tea\thttps://tea.example/menu"),
            (2, "Shop"),
            (2, "shop@tea.example"),
            (1, "A1 Ada: Fresh?"),
            (1, "B1 Bo: 太貴"),
            (2, "Closed on Mondays"),
        ]
    );
    assert_eq!(rows[8], (1, "Tea house"));
    assert!(found.unread.is_empty());
    assert_eq!(office.warnings.len(), 1, "the hidden sheet");
}

#[test]
fn a_sheet_that_breaks_off_keeps_what_was_read_and_the_other_sheets() {
    let cells = format!(r#"<row r="1">{}</row><!-- "#, inline("A1", "Tea"));
    let (_, found, office) = read(&workbook(&cells, "", &[]));
    assert!(office.text.contains("Tea") && office.text.contains("去年"));
    assert!(found.broken_off.is_some());
}

#[test]
fn two_cells_far_apart_cost_nothing() {
    let cells = format!(
        r#"<row r="1">{}</row><row r="1048576">{}</row>"#,
        inline("A1", "Tea"),
        inline("XFD1048576", "end")
    );
    let (_, found, _) = read(&workbook(&cells, "", &[]));
    assert_eq!(found.pieces[2].text, "end");
}

/// An OpenDocument workbook with this body.
fn ods(body: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content><office:automatic-styles><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"#
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("mimetype", stored).expect("a part");
    zip.write_all(b"application/vnd.oasis.opendocument.spreadsheet")
        .expect("written");
    zip.start_file("content.xml", stored).expect("a part");
    zip.write_all(content.as_bytes()).expect("written");
    zip.finish().expect("a package").into_inner()
}

#[test]
fn open_sheets_keep_rows_columns_notes_and_what_is_shown() {
    let (kind, found, office) = read(&ods(
        r#"<table:table table:name="庫存" table:style-name="ta1"><table:shapes><draw:frame><draw:text-box><text:p>Closed</text:p></draw:text-box></draw:frame></table:shapes>
        <table:table-row><table:table-cell><text:p>品名</text:p></table:table-cell><table:table-cell table:number-columns-repeated="2"/><table:table-cell><text:p>Price</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16000"/></table:table-row>
        <table:table-row table:number-rows-repeated="4"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        <table:table-row><table:table-cell office:value="0.125"><office:annotation><dc:creator>Ada</dc:creator><dc:date>2026-01-01</dc:date><text:p>too much</text:p></office:annotation><text:p>12.50%</text:p></table:table-cell><table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>
        <table:table table:name="舊" table:style-name="ta2"><table:table-row table:number-rows-repeated="2"><table:table-cell><text:p>去年</text:p></table:table-cell></table:table-row></table:table>"#,
    ));
    assert_eq!(kind, OfficeKind::Workbook);
    assert_eq!(
        office.text,
        "庫存\n\n品名\t\t\tPrice\n12.50%\tx\tx\n\nClosed\n\nAda: too much\n\n舊\n\n去年\n去年"
    );
    let note = Spot::Row {
        sheet: "庫存".to_owned(),
        row: 6,
    };
    assert_eq!(found.pieces[4].spot, note);
    assert_eq!(found.hidden, ["舊"]);
}

#[test]
fn a_workbook_of_the_first_open_office_is_known_by_its_name() {
    let bytes = package(&[
        (
            "content.xml",
            r#"<office:document-content office:class="spreadsheet"><office:body><table:table table:name="a"><table:table-row><table:table-cell><text:p>Tea</text:p></table:table-cell></table:table-row></table:table></office:body></office:document-content>"#,
        ),
        ("META-INF/manifest.xml", "<m/>"),
    ]);
    assert_eq!(of_zip(&bytes), None);
    assert_eq!(of_older_open(&bytes, "sxc"), Some(OfficeKind::Workbook));
    let found = extract(OfficeKind::Workbook, &bytes, 100).expect("is read");
    assert_eq!(assemble(&found).text, "a\n\nTea");
}

/// An older workbook of one cell, with its stream called so.
fn xls(stream: &str) -> Vec<u8> {
    let record = |kind: u16, data: &[u8]| {
        let length = u16::try_from(data.len()).expect("short");
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
    };
    let begin = |kind: u8| record(0x0809, &[&[0, 6, kind, 0][..], &[0; 12]].concat());
    let end = record(0x000a, &[]);
    let sheet = |place: u32| {
        let name = b"\x05\x00Stock";
        record(0x0085, &[&place.to_le_bytes()[..], &[0, 0], name].concat())
    };
    let place = begin(5).len() + sheet(0).len() + end.len();
    let sheet = sheet(u32::try_from(place).expect("short"));
    let label = record(0x0204, &[&[0; 6][..], &[3, 0, 0], b"Tea"].concat());
    let whole = [begin(5), sheet, end.clone(), begin(16), label, end].concat();
    ole::tests::compound(&[(stream, &whole)])
}

#[test]
fn an_older_workbook_is_read_whatever_its_stream_is_called() {
    for stream in ["/Workbook", "/WORKBOOK"] {
        let bytes = xls(stream);
        assert_eq!(of_cfb(&bytes, "xls"), Some(OfficeKind::Workbook), "{stream}");
        let found = extract(OfficeKind::Workbook, &bytes, 100).expect("is read");
        assert_eq!(assemble(&found).text, "Stock\n\nTea", "{stream}");
    }
}
