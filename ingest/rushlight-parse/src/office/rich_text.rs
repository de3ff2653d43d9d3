//! Rich text (RTF, specification 1.9.1): control words and groups, read in one pass.

use std::collections::HashMap;

use encoding_rs::Encoding;

use super::{OfficeFault, OfficeText, Piece, Role, Spot, property, row_text};

/// Groups deeper than this are no document's.
const MAX_DEPTH: usize = 1000;

/// Reads rich text. Stops once there is more than `max_text` bytes of text.
pub(super) fn read(bytes: &[u8], max_text: usize) -> Result<OfficeText, OfficeFault> {
    let mut reader = Reader::new(bytes, max_text);
    reader.run()?;
    Ok(reader.finish())
}

/// Where the text of a group goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Destination {
    Body,
    /// Left out.
    Nowhere,
    /// What is known of the document; groups in it say what each is.
    Info,
    FontTable,
    StyleSheet,
    Title,
    Author,
    /// A picture, or an object's data.
    Picture,
}

/// What holds within a group.
#[derive(Clone, Copy)]
struct Group {
    destination: Destination,
    /// Hidden text, and what tracked changes deleted.
    hidden: bool,
    deleted: bool,
    /// Characters that stand behind a `\u` for readers that do not know it.
    fallback: usize,
    font: i32,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    max_text: usize,
    taken: usize,
    groups: Vec<Group>,
    /// Characters still to be left out after a `\u`.
    skip: usize,
    /// Bytes above ASCII, until the run ends: a character may take two.
    raw: Vec<u8>,
    /// First half of a character that takes two `\u`.
    half: Option<u16>,
    code_page: &'static Encoding,
    fonts: HashMap<i32, &'static Encoding>,
    font_of_table: i32,
    /// Heading levels by style.
    headings: HashMap<i32, u8>,
    style: i32,
    style_name: String,
    line: String,
    cells: Vec<String>,
    in_table: bool,
    level: Option<u8>,
    out: OfficeText,
    pictures: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], max_text: usize) -> Self {
        Self {
            bytes,
            at: 0,
            max_text,
            taken: 0,
            groups: vec![Group {
                destination: Destination::Body,
                hidden: false,
                deleted: false,
                fallback: 1,
                font: -1,
            }],
            skip: 0,
            raw: Vec::new(),
            half: None,
            code_page: encoding_rs::WINDOWS_1252,
            fonts: HashMap::new(),
            font_of_table: -1,
            headings: HashMap::new(),
            style: 0,
            style_name: String::new(),
            line: String::new(),
            cells: Vec::new(),
            in_table: false,
            level: None,
            out: OfficeText::default(),
            pictures: 0,
        }
    }

    fn run(&mut self) -> Result<(), OfficeFault> {
        while let Some(byte) = self.next() {
            match byte {
                b'{' => {
                    self.decode_raw();
                    if self.groups.len() >= MAX_DEPTH {
                        return Err(OfficeFault::Broken("its groups are nested too deep".to_owned()));
                    }
                    let group = *self.group();
                    self.groups.push(group);
                    self.skip = 0;
                }
                b'}' => {
                    self.decode_raw();
                    self.close();
                    self.skip = 0;
                }
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                byte => self.byte(byte),
            }
            if self.taken > self.max_text {
                self.out.truncated = true;
                break;
            }
        }
        self.decode_raw();
        Ok(())
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn group(&mut self) -> &mut Group {
        // The first group is never closed.
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn close(&mut self) {
        if self.groups.len() > 1 {
            self.groups.pop();
        }
    }

    /// What a backslash begins.
    fn control(&mut self) {
        let Some(byte) = self.next() else { return };
        match byte {
            b'\'' => {
                let digits = self.bytes.get(self.at..self.at + 2);
                let code = digits
                    .and_then(|digits| std::str::from_utf8(digits).ok())
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                if let Some(code) = code {
                    self.at += 2;
                    self.byte(code);
                }
            }
            b'~' => self.character('\u{a0}'),
            b'_' => self.character('-'),
            b'*' => self.ignorable(),
            b'\\' | b'{' | b'}' => self.byte(byte),
            b'\r' | b'\n' => self.paragraph(),
            byte if byte.is_ascii_alphabetic() => self.word(),
            // An optional hyphen and the marks of an index entry show nothing.
            _ => {}
        }
    }

    /// A group that readers leave out when they do not know its word.
    fn ignorable(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let known = [&b"\\shppict"[..], b"\\ud", b"\\listtext", b"\\pn"];
        if !known.iter().any(|word| rest.trim_ascii_start().starts_with(word)) {
            self.group().destination = Destination::Nowhere;
        }
    }

    fn word(&mut self) {
        let begin = self.at - 1;
        let letters = self.bytes[begin..]
            .iter()
            .take(32)
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        let bytes = self.bytes;
        let word = &bytes[begin..begin + letters];
        self.at = begin + letters;
        let number = self.number();
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        if word != b"u" {
            self.decode_raw();
        }
        self.obey(word, number);
    }

    fn number(&mut self) -> Option<i32> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[sign..]
            .iter()
            .take(10)
            .take_while(|b| b.is_ascii_digit())
            .count();
        if digits == 0 {
            return None;
        }
        self.at += sign + digits;
        std::str::from_utf8(&rest[..sign + digits]).ok()?.parse().ok()
    }

    fn obey(&mut self, word: &[u8], number: Option<i32>) {
        let on = number != Some(0);
        match word {
            b"u" => self.code_unit(number.unwrap_or_default()),
            b"uc" => {
                self.group().fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(0).min(16);
            }
            b"bin" => {
                self.at = self
                    .at
                    .saturating_add(usize::try_from(number.unwrap_or(0)).unwrap_or(0));
            }
            b"ansicpg" => {
                if let Some(encoding) = number.and_then(of_code_page) {
                    self.code_page = encoding;
                }
            }
            b"mac" => self.code_page = encoding_rs::MACINTOSH,
            b"par" | b"sect" | b"page" => self.paragraph(),
            b"line" | b"softline" => self.character('\n'),
            b"tab" | b"nestcell" => self.character('\t'),
            b"cell" => self.cell(),
            b"row" => self.row(),
            b"pard" => {
                self.in_table = false;
                self.style = 0;
                self.level = None;
            }
            b"intbl" => self.in_table = true,
            b"outlinelevel" => self.level = number.and_then(|level| u8::try_from(level + 1).ok()),
            b"s" => self.style = number.unwrap_or(0),
            b"f" => self.font(number.unwrap_or(0)),
            b"fcharset" => {
                if let Some(encoding) = number.and_then(of_charset)
                    && self.group().destination == Destination::FontTable
                {
                    self.fonts.insert(self.font_of_table, encoding);
                }
            }
            b"v" => self.group().hidden = on,
            b"deleted" => self.group().deleted = on,
            b"plain" => self.group().hidden = false,
            b"emdash" => self.character('—'),
            b"endash" => self.character('–'),
            b"bullet" => self.character('•'),
            b"lquote" => self.character('‘'),
            b"rquote" => self.character('’'),
            b"ldblquote" => self.character('“'),
            b"rdblquote" => self.character('”'),
            b"emspace" | b"enspace" | b"qmspace" => self.character(' '),
            other => self.destination(other),
        }
    }

    fn font(&mut self, number: i32) {
        if self.group().destination == Destination::FontTable {
            self.font_of_table = number;
        } else {
            self.group().font = number;
        }
    }

    /// Words that say where the group's text goes.
    fn destination(&mut self, word: &[u8]) {
        let outer = self.group().destination;
        let destination = match word {
            b"ud" => Destination::Body,
            _ if outer == Destination::Nowhere => return,
            b"info" => Destination::Info,
            b"fonttbl" => Destination::FontTable,
            b"stylesheet" => Destination::StyleSheet,
            b"title" => Destination::Title,
            b"author" => Destination::Author,
            b"pict" | b"objdata" => {
                if outer == Destination::Body {
                    self.pictures += 1;
                }
                Destination::Picture
            }
            b"colortbl" | b"fldinst" | b"upr" | b"nonshppict" | b"listtable" | b"listoverridetable"
            | b"revtbl" | b"rsidtbl" | b"generator" | b"xmlnstbl" | b"themedata" | b"datastore"
            | b"latentstyles" | b"bkmkstart" | b"bkmkend" | b"filetbl" | b"tc" | b"xe" | b"pntxta"
            | b"pntxtb" => Destination::Nowhere,
            _ => return,
        };
        self.group().destination = destination;
    }

    /// A UTF-16 code unit, which the specification writes as a signed number.
    fn code_unit(&mut self, number: i32) {
        self.decode_raw();
        let unit = (number & 0xffff) as u16;
        self.skip = self.group().fallback;
        let decoded = match (self.half.take(), unit) {
            (_, 0xd800..=0xdbff) => {
                self.half = Some(unit);
                return;
            }
            (Some(high), low) => char::decode_utf16([high, low]).next(),
            (None, unit) => char::decode_utf16([unit]).next(),
        };
        let skip = std::mem::take(&mut self.skip);
        self.character(decoded.and_then(Result::ok).unwrap_or('\u{fffd}'));
        self.skip = skip;
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if byte.is_ascii() && self.raw.is_empty() {
            self.character(char::from(byte));
        } else {
            self.raw.push(byte);
            // The second byte of a character may be ASCII; a run that ended with a whole one is written out.
            if byte.is_ascii() {
                self.decode_raw();
            }
        }
    }

    fn decode_raw(&mut self) {
        if self.raw.is_empty() {
            return;
        }
        let raw = std::mem::take(&mut self.raw);
        let font = self.group().font;
        let encoding = self.fonts.get(&font).copied().unwrap_or(self.code_page);
        let (text, _) = encoding.decode_without_bom_handling(&raw);
        text.chars().for_each(|c| self.character(c));
    }

    fn character(&mut self, c: char) {
        let Group {
            destination,
            hidden,
            deleted,
            ..
        } = *self.group();
        match destination {
            Destination::Body if !hidden && !deleted => {
                self.line.push(c);
                self.taken += c.len_utf8();
            }
            Destination::StyleSheet if c == ';' => self.style_named(),
            Destination::StyleSheet => self.style_name.push(c),
            Destination::Title => self.out.title.get_or_insert_default().push(c),
            Destination::Author => match self.out.authors.first_mut() {
                Some(author) => author.push(c),
                None => self.out.authors.push(c.to_string()),
            },
            _ => {}
        }
    }

    fn style_named(&mut self) {
        let name = std::mem::take(&mut self.style_name).trim().to_lowercase();
        let level = ["heading ", "標題 ", "标题 "]
            .iter()
            .find_map(|word| name.strip_prefix(word))
            .and_then(|level| level.trim().parse::<u8>().ok());
        if let Some(level) = level.filter(|level| (1..=9).contains(level)) {
            self.headings.insert(self.style, level);
        }
        self.style = 0;
    }

    fn paragraph(&mut self) {
        self.decode_raw();
        if self.group().destination != Destination::Body {
            return;
        }
        if self.in_table {
            self.line.push(' ');
            return;
        }
        let text = std::mem::take(&mut self.line);
        let level = self.headings.get(&self.style).copied().or(self.level);
        let role = match level {
            Some(level @ 1..=9) => Role::Heading(level.min(6)),
            _ if text.trim_start().starts_with(['•', '·']) => Role::ListItem,
            _ => Role::Paragraph,
        };
        self.piece(role, &text);
    }

    fn cell(&mut self) {
        if self.group().destination == Destination::Body {
            let text = std::mem::take(&mut self.line);
            self.cells.push(text);
        }
    }

    fn row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        self.piece(Role::TableRow, &row_text(&cells));
    }

    fn piece(&mut self, role: Role, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.out.pieces.push(Piece {
                role,
                text: text.to_owned(),
                spot: Spot::Whole,
            });
        }
    }

    fn finish(mut self) -> OfficeText {
        if !self.cells.is_empty() {
            self.row();
        }
        let text = std::mem::take(&mut self.line);
        self.piece(Role::Paragraph, &text);
        if self.pictures > 0 {
            self.out.unread.push("pictures".to_owned());
        }
        let mut out = self.out;
        out.title = property(out.title.take());
        out.authors = out
            .authors
            .into_iter()
            .filter_map(|author| property(Some(author)))
            .collect();
        out
    }
}

/// The encoding of a Windows code page.
pub(crate) fn of_code_page(number: i32) -> Option<&'static Encoding> {
    let label = match number {
        932 => "shift_jis",
        936 => "gbk",
        949 => "euc-kr",
        950 => "big5",
        874 => "windows-874",
        10000 => "macintosh",
        65001 => "utf-8",
        1250..=1258 => return Encoding::for_label(format!("windows-{number}").as_bytes()),
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}

/// The encoding of a font's `\fcharset`; the number 0 leaves the choice to the document.
pub(crate) fn of_charset(number: i32) -> Option<&'static Encoding> {
    of_code_page(match number {
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

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
{\*\unknown not shown}{\field{\*\fldinst HYPERLINK x}{\fldrslt a link}}\par{\pict 0102}
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
}
