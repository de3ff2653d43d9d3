use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::office::ole;

fn check(source: &[u8], expected: Expect) {
    let found = read(source, 1 << 20).expect("reads");
    let mut out = format!("{:?} {:?} {:?}\n", found.title, found.authors, found.unread);
    for piece in &found.pieces {
        out.push_str(&format!("{:?} {:?}\n", piece.role, piece.text));
    }
    expected.assert_eq(&out);
}

#[test]
fn text_without_its_trimmings() {
    check(
        br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fswiss Arial;}}{\stylesheet{\s1 heading 1;}{\s0 Normal;}}
{\info{\title The plan}{\author Ada Lin}{\*\company Nobody}}
\pard\s1 All of tea\par\pard\s0 Green\~tea caf\'e9, \u33590?\emdash  and {\v secret}{\b bold}.\par
{\*\unknown not shown}{\b0\*\cs7 }{\field{\*\fldinst HYPERLINK x}{\fldrslt a link}}\par{\pict 0102}
\trowd\intbl name\cell price\cell\row\intbl tea\cell 3\cell\row\pard end}",
        expect![[r#"
            Some("The plan") ["Ada Lin"] ["pictures"]
            Heading(1) "All of tea"
            Paragraph "Green\u{a0}tea café, 茶— and bold."
            Paragraph "a link"
            TableRow "name\tprice"
            TableRow "tea\t3"
            Paragraph "end"
        "#]],
    );
}

#[test]
fn notes_comments_boxes_and_headers_stand_apart() {
    check(
        br"{\rtf1{\header Board\par}{\header Board\par}All tea{\footnote \chftn See page 3.} is green{\*\atnauthor Ada}{\*\annotation No!}.\par
{\shp{\*\shpinst\shpleft0{\sp{\sn fFlip}{\sv 0}}{\shptxt In a box\par}}{\shprslt In a box}}\trowd\intbl name{\footnote Old}\cell price\cell\row\pard
{\object{\*\objclass Equation.3}{\*\objdata 0105}{\result x}}",
        expect![[r#"
            None [] ["objects of other programs"]
            Paragraph "Board"
            Paragraph "All tea is green."
            Paragraph "See page 3."
            Paragraph "Ada: No!"
            Paragraph "In a box"
            TableRow "name\tprice"
            Paragraph "Old"
            Paragraph "x"
        "#]],
    );
}

#[test]
fn files_in_it_are_taken_out() {
    let package = ole::tests::package_of("tea.txt", b"green");
    let length = u32::try_from(package.len()).expect("short").to_le_bytes();
    let object = [
        &[1, 5, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0][..],
        b"Package\0",
        &[0; 8],
        &length,
        &package,
    ]
    .concat();
    let digits: String = object.iter().map(|byte| format!("{byte:02x}\n")).collect();
    let source = format!(r"{{\rtf1 See {{\object{{\*\objdata {digits}}}}}}}");
    let found = read(source.as_bytes(), 1000).expect("reads");
    assert_eq!(found.embedded.len(), 1);
    assert!(found.unread.is_empty());
}

#[test]
fn fonts_and_code_pages_decide_what_bytes_mean() {
    check(
        b"{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset136 B;}{\\f2\\fcharset128 C;}}\\'b2\\'e8\\'d2\\'b6\\par{\\f1\\'af\\'f9\\'b8\\'ad}\\par{\\f2\\'82\\'a0\\'83\\'5c}\\par{\\uc2\\u-10179\\'3f\\'3f\\u-8704\\'3f\\'3f!}}",
        expect![[r#"
            None [] []
            Paragraph "茶叶"
            Paragraph "茶葉"
            Paragraph "あソ"
            Paragraph "😀!"
        "#]],
    );
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, 1000);
    }

    #[test]
    fn any_controls_end(text in r"(\\(par|u-?[0-9]{1,6}|'[0-9a-f]{2}|bin[0-9]{1,10}|cell|row|fonttbl|f[0-9]|uc[0-9]|v|\*|pict|s1) ?|[{}a-z; ]){0,80}") {
        if let Ok(found) = read(text.as_bytes(), 1000) {
            prop_assert!(found.pieces.iter().all(|piece| !piece.text.trim().is_empty()));
        }
    }
}
