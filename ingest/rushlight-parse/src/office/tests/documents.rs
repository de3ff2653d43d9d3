//! What stands beside the text in documents, and what lies in them.

use super::*;

fn add(document: Vec<u8>, parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new_append(Cursor::new(document)).expect("a package");
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("a part");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("a package").into_inner()
}

/// The document of [`docx`] with this body, and with relations of these kinds.
fn document(body: &str, related: &[(&str, &str)], parts: &[(&str, &str)]) -> Vec<u8> {
    let types = format!(
        r#"{TYPES}<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#
    );
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |(number, (kind, target)): (usize, &(&str, &str))| {
        format!(r#"<Relationship Id="r{number}" Type="{office}/{kind}" Target="{target}"/>"#)
    };
    let list = |entries: &str| {
        format!(
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{entries}</Relationships>"#
        )
    };
    let own: String = related.iter().enumerate().map(relation).collect();
    let body = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{office}"><w:body>{body}</w:body></w:document>"#
    );
    let root = relation((0, &("officeDocument", "word/document.xml")));
    let whole = package(&[
        ("[Content_Types].xml", &types),
        ("_rels/.rels", &list(&root)),
        ("word/_rels/document.xml.rels", &list(&own)),
        ("word/document.xml", &body),
    ]);
    add(whole, parts)
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

#[test]
fn notes_comments_boxes_and_diagrams_are_read() {
    let text_box = "<w:p><w:r><w:t>Tea</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>";
    let control = format!(
        "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
        paragraph("In a form")
    );
    let field = r#"<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DATE</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>14 March</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>"#;
    let equation = "<w:p><m:oMathPara><m:oMath><m:r><m:t>a=</m:t></m:r><m:sSup><m:e><m:r><m:t>b</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></m:oMathPara></w:p>";
    let ends = r#"<w:sectPr><w:headerReference w:type="default" r:id="r3"/></w:sectPr>"#;
    let footnotes = format!(
        r#"<w:footnotes xmlns:w="w"><w:footnote w:id="2">{}</w:footnote></w:footnotes>"#,
        [paragraph("脚注"), paragraph("second")].concat()
    );
    let header = format!(r#"<w:hdr xmlns:w="w">{}</w:hdr>"#, paragraph("Board of tea"));
    let comments = format!(
        r#"<w:comments xmlns:w="w"><w:comment w:id="0" w:author="Ada">{}</w:comment></w:comments>"#,
        paragraph("太貴了")
    );
    let bytes = document(
        &format!("{text_box}{control}{field}{equation}{ends}"),
        &[
            ("comments", "comments.xml"),
            ("footnotes", "footnotes.xml"),
            ("diagramData", "diagrams/data1.xml"),
            ("header", "header1.xml"),
        ],
        &[
            ("word/comments.xml", &comments),
            ("word/footnotes.xml", &footnotes),
            (
                "word/diagrams/data1.xml",
                "<dgm:pt><a:p><a:r><a:t>Pick and dry</a:t></a:r></a:p></dgm:pt>",
            ),
            ("word/header1.xml", &header),
        ],
    );
    let (_, found, office) = read(&bytes);
    for (text, times) in [
        ("Tea", 1),
        ("In a box", 1),
        ("In a form", 1),
        ("14 March", 1),
        ("脚注\n\nsecond\n\n", 1),
        ("Board of tea", 1),
        ("Ada: 太貴了", 1),
        ("Pick and dry", 1),
        ("a=b2", 1),
        ("DATE", 0),
    ] {
        assert_eq!(
            office.text.matches(text).count(),
            times,
            "{text}: {}",
            office.text
        );
    }
    assert!(found.unread.is_empty() && office.warnings.is_empty());
}

#[test]
fn a_document_that_is_broken_or_lies_elsewhere_keeps_its_words() {
    let broken = document(
        &format!("{}<w:p><w:r><w:t>and", paragraph("Tea &amp; more")),
        &[],
        &[],
    );
    let (_, found, office) = read(&broken);
    assert!(office.text.starts_with("Tea & more"), "{}", office.text);
    assert!(found.broken_off.is_some());
}

#[test]
fn files_that_lie_in_a_document_are_taken_out() {
    let bytes = add(
        docx(),
        &[
            ("word/embeddings/plan.xlsx", "x"),
            ("word/embeddings/oleObject1.bin", "\u{0}"),
        ],
    );
    let (_, found, _) = read(&bytes);
    assert_eq!(found.embedded.len(), 2);
}

#[test]
fn what_is_not_read_is_named() {
    let mut zip = ZipWriter::new_append(Cursor::new(docx())).expect("a package");
    zip.start_file("word/embeddings/oleObject1.bin", SimpleFileOptions::default())
        .expect("a part");
    let equation = ole::tests::compound(&[("/Equation Native", b"x")]);
    zip.write_all(&equation).expect("written");
    let bytes = zip.finish().expect("a package").into_inner();
    let (_, found, office) = read(&bytes);
    assert_eq!(found.unread, ["objects of other programs"]);
    assert_eq!(office.warnings[0].code, "part_not_read");
    assert_eq!(
        office.warnings[0].message,
        "its objects of other programs are not searchable"
    );
    assert_eq!(
        no_text(&found, "a.docx").message,
        "`a.docx` has no text beside its objects of other programs, which are not read"
    );
    let binary = package(&[("xl/workbook.bin", ""), ("xl/comments1.bin", "")]);
    let named = unread::kinds(&Package::open(&binary).expect("a package"));
    assert_eq!(named, ["comments"]);
    let named = unread::kinds(&Package::open(&xlsx()).expect("a package"));
    assert!(named.is_empty());
}

#[test]
fn an_open_document_tells_who_annotates_and_what_stands_on_every_page() {
    let styles = r#"<office:document-styles><office:master-styles><style:master-page><style:header><text:p>Board of <text:span>tea</text:span></text:p></style:header>
        <style:footer><text:p>Page <text:page-number>1</text:page-number> of <text:page-count>9</text:page-count></text:p></style:footer>
        <style:header-left style:display="false"><text:p>never shown</text:p></style:header-left></style:master-page></office:master-styles></office:document-styles>"#;
    let object = r#"<office:document-content><office:body><office:chart><chart:title><text:p>Sales</text:p></chart:title></office:chart></office:body></office:document-content>"#;
    let formula = r#"<math><semantics><mi>a</mi><annotation encoding="StarMath 5.0">a^2 = b</annotation></semantics></math>"#;
    let bytes = add(
        odt(
            r#"<text:p>Tea<text:note><text:note-citation>1</text:note-citation></text:note><office:annotation><dc:creator>Ada</dc:creator><dc:date>2026</dc:date><text:p>green?</text:p></office:annotation> here</text:p>"#,
        ),
        &[
            ("styles.xml", styles),
            ("Object 1/content.xml", object),
            ("Object 2/content.xml", formula),
        ],
    );
    let (_, found, office) = read(&bytes);
    assert_eq!(
        office.text,
        "Tea here\n\nAda: green?\n\nBoard of tea\n\nSales\n\na^2 = b"
    );
    assert!(found.unread.is_empty());
}

#[test]
fn a_document_in_one_file_is_read() {
    let flat = r#"<?xml version="1.0"?><office:document office:mimetype="application/vnd.oasis.opendocument.text"><office:meta><dc:title>茶單</dc:title></office:meta><office:body><office:text><text:h text:outline-level="1">Tea</text:h></office:text></office:body></office:document>"#;
    assert_eq!(of_older_open(flat.as_bytes(), "fodt"), Some(OfficeKind::OpenText));
    let found = extract(OfficeKind::OpenText, flat.as_bytes(), 100).expect("is read");
    assert_eq!(found.title.as_deref(), Some("茶單"));
    assert_eq!(assemble(&found).text, "Tea");
}

/// A book of these parts beside its list of contents.
fn book(manifest: &str, spine: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let list = format!(
        r#"<package><metadata><dc:title>Tea</dc:title><dc:creator>Ada Lin</dc:creator><dc:creator>Bo</dc:creator></metadata><manifest>{manifest}</manifest>{spine}</package>"#
    );
    let container = r#"<container><rootfiles><rootfile full-path="OPS/a.opf"/></rootfiles></container>"#;
    let whole = package(&[("META-INF/container.xml", container), ("OPS/a.opf", &list)]);
    add(whole, parts)
}

#[test]
fn a_book_takes_headings_from_its_table_of_contents() {
    let item = |id: &str, kind: &str, more: &str| {
        format!(r#"<item id="{id}" href="{id}.xhtml" media-type="{kind}"{more}/>"#)
    };
    let page = "application/xhtml+xml";
    let manifest = [
        item("two", page, ""),
        item("one", page, ""),
        item("nav", page, r#" properties="nav""#),
        r#"<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>"#.to_owned(),
    ]
    .concat();
    let nav = r#"<html><body><nav><ol><li><a href="one.xhtml">Green <b>tea</b></a></li><li><a href="one.xhtml#p">not this</a></li></ol></nav></body></html>"#;
    let ncx = r#"<ncx><navMap><navPoint><navLabel><text>Black tea</text></navLabel><content src="two.xhtml"/></navPoint></navMap></ncx>"#;
    let pages = [
        ("OPS/one.xhtml", "<html><body><p>It is green.</p></body></html>"),
        (
            "OPS/two.xhtml",
            "<html><body><h2>Black</h2><p>It is black.</p></body></html>",
        ),
        ("OPS/nav.xhtml", nav),
        ("OPS/toc.ncx", ncx),
    ];
    let spine = r#"<spine toc="ncx"><itemref idref="one"/><itemref idref="two"/></spine>"#;
    let (_, _, office) = read(&book(&manifest, spine, &pages));
    assert_eq!(office.text, "Green tea\n\nIt is green.\n\nBlack\n\nIt is black.");
    assert_eq!(office.blocks[0].kind, BlockKind::Heading { level: 1 });
    assert_eq!(office.metadata.authors, ["Ada Lin", "Bo"]);
    let (_, _, office) = read(&book(&manifest, "<spine/>", &pages[..2]));
    assert!(office.text.starts_with("Black\n\nIt is black.\n\nIt is green."));
}
