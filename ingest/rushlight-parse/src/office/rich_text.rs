//! Rich text (RTF, specification 1.9.1): control words and groups, read in one pass.

mod aside;

use std::collections::{HashMap, HashSet};

use encoding_rs::Encoding;

use aside::Outer;

use super::code_page::{of_charset, of_code_page};
use super::embedded::Files;
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
    Picture,
    /// The data of an object, in hexadecimal digits.
    Object,
    /// Who wrote the comment that follows.
    CommentAuthor,
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
    outer: Vec<Outer>,
    /// Pieces of what stood in the open paragraph: they follow it.
    waiting: Vec<Piece>,
    /// Headers and footers that were said.
    said: HashSet<String>,
    comment_author: String,
    /// The bytes of the open object, and its first digit of the next.
    object: Vec<u8>,
    half_byte: Option<u8>,
    files: Files,
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
            outer: Vec::new(),
            waiting: Vec::new(),
            said: HashSet::new(),
            comment_author: String::new(),
            object: Vec::new(),
            half_byte: None,
            files: Files::default(),
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
            let ended = self.groups.pop().map(|group| group.destination);
            let is_object = ended == Some(Destination::Object);
            if is_object && self.group().destination != Destination::Object {
                self.end_object();
            }
        }
        if self
            .outer
            .last()
            .is_some_and(|outer| outer.depth >= self.groups.len())
        {
            self.end_aside();
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

    /// A group that readers leave out when they do not know its word. Behind other words the mark means nothing.
    fn ignorable(&mut self) {
        let before = self.bytes.get(..self.at.saturating_sub(2)).unwrap_or_default();
        let before = before.trim_ascii_end();
        if !before.ends_with(b"{") || before.ends_with(b"\\{") {
            return;
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let known = [
            &b"\\shppict"[..],
            b"\\ud",
            b"\\listtext",
            b"\\pn",
            b"\\shpinst",
            b"\\do\\",
            b"\\do ",
            b"\\annotation",
            b"\\atnauthor",
            b"\\objdata",
        ];
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
            b"pict" => {
                if outer == Destination::Body {
                    self.pictures += 1;
                }
                Destination::Picture
            }
            b"objdata" => {
                self.object.clear();
                Destination::Object
            }
            b"atnauthor" => {
                self.comment_author.clear();
                Destination::CommentAuthor
            }
            b"footnote" | b"shptxt" | b"dptxbxtext" => return self.start_aside(false),
            b"header" | b"headerl" | b"headerr" | b"headerf" | b"footer" | b"footerl" | b"footerr"
            | b"footerf" => {
                return self.start_aside(true);
            }
            b"annotation" => {
                self.start_aside(false);
                let author = std::mem::take(&mut self.comment_author);
                if !author.trim().is_empty() {
                    self.line = format!("{}: ", author.trim());
                }
                return;
            }
            b"sp" | b"shprslt" | b"colortbl" | b"fldinst" | b"upr" | b"nonshppict" | b"listtable"
            | b"listoverridetable" | b"revtbl" | b"rsidtbl" | b"generator" | b"xmlnstbl" | b"themedata"
            | b"datastore" | b"latentstyles" | b"bkmkstart" | b"bkmkend" | b"filetbl" | b"tc" | b"xe"
            | b"pntxta" | b"pntxtb" => Destination::Nowhere,
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
            Destination::Object => self.digit(c),
            Destination::CommentAuthor => self.comment_author.push(c),
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
        let mut text = std::mem::take(&mut self.line);
        // Bullets of fonts that have nothing but symbols: three bytes each in UTF-8.
        if text.starts_with(|c| matches!(c, '\u{f000}'..='\u{f0ff}' | '\u{fffd}')) {
            text.replace_range(..3, "•");
        }
        let level = self.headings.get(&self.style).copied().or(self.level);
        let role = match level {
            Some(level @ 1..=9) => Role::Heading(level.min(6)),
            _ if text.trim_start().starts_with(['•', '·']) => Role::ListItem,
            _ => Role::Paragraph,
        };
        self.piece(role, &text);
        self.follow();
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
        self.follow();
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

    /// Says what is still open.
    fn rest(&mut self) {
        if !self.cells.is_empty() {
            self.row();
        }
        let text = std::mem::take(&mut self.line);
        self.piece(Role::Paragraph, &text);
    }

    fn finish(mut self) -> OfficeText {
        while !self.outer.is_empty() {
            self.end_aside();
        }
        self.rest();
        self.follow();
        self.out.embedded = self.files.found;
        self.out.unread = self.files.unread;
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

#[cfg(test)]
mod tests;
