//! A web page hidden in rich text, as Outlook keeps HTML mail (MS-OXRTFEX): the tags stand in groups that readers of rich
//! text leave out, and what only those readers need is marked to be left out here.

use std::collections::HashMap;

use encoding_rs::Encoding;

use crate::office::{of_charset, of_code_page};

/// Groups deeper than this are no document's.
const MAX_DEPTH: usize = 1000;
/// How far from the start the mark is looked for.
const HEAD: usize = 512;

/// The page in the rich text; `None` when it holds none. Stops once there is more than `max_text` of it.
pub(super) fn page(rich: &[u8], max_text: usize) -> Option<String> {
    let head = &rich[..rich.len().min(HEAD)];
    memchr::memmem::find(head, b"\\fromhtml1")?;
    let mut reader = Reader {
        rich,
        at: 0,
        groups: Vec::new(),
        group: Group::default(),
        code_page: encoding_rs::WINDOWS_1252,
        fonts: HashMap::new(),
        font_of_table: -1,
        skip: 0,
        half: None,
        raw: Vec::new(),
        out: String::new(),
    };
    while reader.out.len() <= max_text && reader.step() {}
    reader.decode_raw();
    Some(reader.out)
}

/// What holds within a group.
#[derive(Clone, Copy)]
struct Group {
    /// The page has nothing of it.
    left_out: bool,
    /// Between `\htmlrtf` and `\htmlrtf0`.
    for_others: bool,
    /// The markup of the page itself.
    markup: bool,
    font_table: bool,
    font: i32,
    /// Characters that stand behind a `\u` for readers that do not know it.
    fallback: usize,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            left_out: false,
            for_others: false,
            markup: false,
            font_table: false,
            font: -1,
            fallback: 1,
        }
    }
}

struct Reader<'a> {
    rich: &'a [u8],
    at: usize,
    groups: Vec<Group>,
    group: Group,
    code_page: &'static Encoding,
    fonts: HashMap<i32, &'static Encoding>,
    font_of_table: i32,
    /// Characters still to be left out after a `\u`.
    skip: usize,
    /// First half of a character that takes two `\u`.
    half: Option<u16>,
    /// Bytes until their run ends: a character may take two.
    raw: Vec<u8>,
    out: String,
}

impl Reader<'_> {
    /// False at the end.
    fn step(&mut self) -> bool {
        let Some(byte) = self.rich.get(self.at).copied() else {
            return false;
        };
        self.at += 1;
        match byte {
            b'{' => {
                self.decode_raw();
                if self.groups.len() >= MAX_DEPTH {
                    return false;
                }
                self.groups.push(self.group);
                self.skip = 0;
            }
            b'}' => {
                self.decode_raw();
                if let Some(outer) = self.groups.pop() {
                    self.group = outer;
                }
                self.skip = 0;
            }
            b'\\' => self.control(),
            b'\r' | b'\n' => {}
            byte => self.byte(byte),
        }
        true
    }

    fn control(&mut self) {
        let Some(byte) = self.rich.get(self.at).copied() else {
            return;
        };
        if byte.is_ascii_alphabetic() {
            return self.word();
        }
        self.at += 1;
        match byte {
            b'\'' => {
                let digits = self.rich.get(self.at..self.at + 2);
                let code = digits
                    .and_then(|digits| std::str::from_utf8(digits).ok())
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                if let Some(code) = code {
                    self.at += 2;
                    self.byte(code);
                }
            }
            b'*' => self.ignorable(),
            b'~' => self.push("&nbsp;"),
            b'_' => self.push("&shy;"),
            b'\\' | b'{' | b'}' => self.byte(byte),
            b'\r' | b'\n' => self.push("\r\n"),
            _ => {}
        }
    }

    /// A group that other readers leave out: the page's own markup is one.
    fn ignorable(&mut self) {
        self.decode_raw();
        if self.rich[self.at..].starts_with(b"\\htmltag") {
            self.group.markup = true;
        } else {
            self.group.left_out = true;
        }
    }

    fn word(&mut self) {
        let rest = &self.rich[self.at..];
        let letters = rest
            .iter()
            .take(32)
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        let word = &rest[..letters];
        let sign = usize::from(rest.get(letters) == Some(&b'-'));
        let digits = rest[letters + sign..]
            .iter()
            .take(10)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let mut end = letters;
        let mut number: Option<i32> = None;
        if digits > 0 {
            end += sign + digits;
            let text = std::str::from_utf8(&rest[letters..end]).unwrap_or_default();
            number = text.parse().ok();
        }
        if rest.get(end) == Some(&b' ') {
            end += 1;
        }
        self.at += end;
        if word != b"u" {
            self.decode_raw();
        }
        self.obey(word, number);
    }

    fn obey(&mut self, word: &[u8], number: Option<i32>) {
        match word {
            b"htmlrtf" => self.group.for_others = number != Some(0),
            b"u" => self.code_unit(number.unwrap_or_default()),
            b"uc" => self.group.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(0).min(16),
            b"bin" => {
                let bytes = usize::try_from(number.unwrap_or(0)).unwrap_or(0);
                self.at = self.at.saturating_add(bytes);
            }
            b"ansicpg" => self.code_page = number.and_then(of_code_page).unwrap_or(self.code_page),
            b"fonttbl" => self.group.font_table = true,
            b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"object" => self.group.left_out = true,
            b"f" if self.group.font_table => self.font_of_table = number.unwrap_or(0),
            b"f" => self.group.font = number.unwrap_or(0),
            b"fcharset" if self.group.font_table => {
                if let Some(encoding) = number.and_then(of_charset) {
                    self.fonts.insert(self.font_of_table, encoding);
                }
            }
            b"par" | b"line" => self.push("\r\n"),
            b"tab" => self.push("\t"),
            b"lquote" => self.push("&lsquo;"),
            b"rquote" => self.push("&rsquo;"),
            b"ldblquote" => self.push("&ldquo;"),
            b"rdblquote" => self.push("&rdquo;"),
            b"bullet" => self.push("&bull;"),
            b"endash" => self.push("&ndash;"),
            b"emdash" => self.push("&mdash;"),
            _ => {}
        }
    }

    fn shown(&self) -> bool {
        let Group {
            left_out,
            for_others,
            font_table,
            ..
        } = self.group;
        !left_out && !for_others && !font_table
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.shown() {
            self.raw.push(byte);
        }
    }

    /// A UTF-16 code unit, which the specification writes as a signed number.
    fn code_unit(&mut self, number: i32) {
        self.decode_raw();
        self.skip = self.group.fallback;
        if !self.shown() {
            return;
        }
        let unit = (number & 0xffff) as u16;
        let decoded = match (self.half.take(), unit) {
            (_, 0xd800..=0xdbff) => {
                self.half = Some(unit);
                return;
            }
            (Some(high), low) => char::decode_utf16([high, low]).next(),
            (None, unit) => char::decode_utf16([unit]).next(),
        };
        self.out.push(decoded.and_then(Result::ok).unwrap_or('\u{fffd}'));
    }

    fn push(&mut self, text: &str) {
        self.decode_raw();
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.shown() {
            self.out.push_str(text);
        }
    }

    fn decode_raw(&mut self) {
        if self.raw.is_empty() {
            return;
        }
        let of_font = self.fonts.get(&self.group.font).copied();
        let encoding = match self.group.markup {
            true => self.code_page,
            false => of_font.unwrap_or(self.code_page),
        };
        let (text, _) = encoding.decode_without_bom_handling(&self.raw);
        self.out.push_str(&text);
        self.raw.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_comes_out_without_what_others_need() {
        let rich = br"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset136 Ming;}}
{\colortbl\red0;}{\*\htmltag19 <html>}{\*\htmltag148 <p class=\'22a\'22>}\htmlrtf {\htmlrtf0 5 {\{}a{\}} caf\'e9 \f1\'af\'f9\f0
{\*\mhtmltag84 <img src=x>}{\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 \u33590?\u-10179?\u-8704?\lquote x\par\htmlrtf }\htmlrtf0 {\*\htmltag92 </b>}\htmlrtf }\htmlrtf0 {\*\htmltag27 </html>}}";
        assert_eq!(
            page(rich, 1000).as_deref(),
            Some("<html><p class=\"a\">5 {a} café 茶<b>茶😀&lsquo;x\r\n</b></html>")
        );
    }

    #[test]
    fn other_rich_text_holds_no_page() {
        assert_eq!(page(br"{\rtf1\ansi\fromtext tea}", 1000), None);
        assert_eq!(page(b"", 1000), None);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = format!("{{\\rtf1\\fromhtml1 {}x", "{".repeat(100_000));
        assert_eq!(page(deep.as_bytes(), 1000).as_deref(), Some(""));
        let long = format!("{{\\rtf1\\fromhtml1 {}", "\\par ".repeat(100_000));
        assert!(page(long.as_bytes(), 1000).is_some_and(|page| page.len() < 1010));
    }
}
