//! What Outlook keeps, in whatever file: an item with properties, people and attachments. Identifiers are those of
//! MS-OXPROPS.

use std::borrow::Cow;
use std::collections::HashMap;

use encoding_rs::Encoding;

/// Messages below this in others are not looked into.
pub(super) const MAX_DEPTH: u32 = 8;

/// Identifiers of properties.
pub(super) mod tag {
    pub(crate) const CLASS: u16 = 0x001a;
    pub(crate) const SUBJECT: u16 = 0x0037;
    pub(crate) const SUBMIT_TIME: u16 = 0x0039;
    pub(crate) const REPRESENTING_NAME: u16 = 0x0042;
    pub(crate) const REPRESENTING_TYPE: u16 = 0x0064;
    pub(crate) const REPRESENTING_ADDRESS: u16 = 0x0065;
    pub(crate) const TRANSPORT_HEADERS: u16 = 0x007d;
    pub(crate) const RECIPIENT_TYPE: u16 = 0x0c15;
    pub(crate) const SENDER_NAME: u16 = 0x0c1a;
    pub(crate) const SENDER_TYPE: u16 = 0x0c1e;
    pub(crate) const SENDER_ADDRESS: u16 = 0x0c1f;
    pub(crate) const DISPLAY_BCC: u16 = 0x0e02;
    pub(crate) const DISPLAY_CC: u16 = 0x0e03;
    pub(crate) const DISPLAY_TO: u16 = 0x0e04;
    pub(crate) const DELIVERY_TIME: u16 = 0x0e06;
    pub(crate) const FLAGS: u16 = 0x0e07;
    pub(crate) const BODY: u16 = 0x1000;
    pub(crate) const RTF: u16 = 0x1009;
    pub(crate) const HTML: u16 = 0x1013;
    pub(crate) const MESSAGE_ID: u16 = 0x1035;
    pub(crate) const REFERENCES: u16 = 0x1039;
    pub(crate) const IN_REPLY_TO: u16 = 0x1042;
    pub(crate) const LAST_VERB: u16 = 0x1081;
    pub(crate) const FOLLOW_UP: u16 = 0x1090;
    pub(crate) const DISPLAY_NAME: u16 = 0x3001;
    pub(crate) const ADDRESS_TYPE: u16 = 0x3002;
    pub(crate) const ADDRESS: u16 = 0x3003;
    pub(crate) const CREATED: u16 = 0x3007;
    pub(crate) const MODIFIED: u16 = 0x3008;
    pub(crate) const ATTACH_DATA: u16 = 0x3701;
    pub(crate) const ATTACH_NAME: u16 = 0x3704;
    pub(crate) const ATTACH_METHOD: u16 = 0x3705;
    pub(crate) const ATTACH_LONG_NAME: u16 = 0x3707;
    pub(crate) const ATTACH_TYPE: u16 = 0x370e;
    pub(crate) const ATTACH_CONTENT_ID: u16 = 0x3712;
    pub(crate) const SMTP_ADDRESS: u16 = 0x39fe;
    pub(crate) const INTERNET_CODE_PAGE: u16 = 0x3fde;
    pub(crate) const MESSAGE_CODE_PAGE: u16 = 0x3ffd;
    pub(crate) const SENDER_SMTP: u16 = 0x5d01;
    pub(crate) const REPRESENTING_SMTP: u16 = 0x5d02;
}

/// Sets of named properties, by the first field of their GUID.
pub(super) mod set {
    pub(crate) const APPOINTMENT: u32 = 0x0006_2002;
    pub(crate) const TASK: u32 = 0x0006_2003;
    pub(crate) const ADDRESS: u32 = 0x0006_2004;
}

/// How an attachment is kept (PidTagAttachMethod).
pub(super) mod method {
    pub(crate) const EMBEDDED: i64 = 5;
    pub(crate) const STORAGE: i64 = 6;
}

/// A property's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(i64),
    Float(f64),
    /// 100 ns since 1601, UTC.
    Time(i64),
    Text(String),
    /// In the item's code page.
    Narrow(Vec<u8>),
    Texts(Vec<String>),
    Bytes(Vec<u8>),
}

/// Properties, with the code page of those that are not in Unicode.
#[derive(Clone, Debug)]
pub(super) struct Props {
    pub(super) code_page: &'static Encoding,
    tags: HashMap<u16, Value>,
    /// By their set and number.
    numbered: HashMap<(u32, u32), Value>,
    /// By their name, lower case.
    named: HashMap<String, Value>,
}

/// What a property is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Tag(u16),
    Numbered { set: u32, number: u32 },
    Named(String),
}

/// A mail, an appointment, a person, a task, a note.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) props: Props,
    pub(super) recipients: Vec<Props>,
    pub(super) attachments: Vec<Attachment>,
}

/// What lies in an item.
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    pub(super) props: Props,
    pub(super) content: Content,
}

/// An attachment's content.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    Item(Box<Item>),
    /// It cannot be had, for this reason.
    Missing(String),
}

impl Default for Props {
    fn default() -> Self {
        Self {
            code_page: encoding_rs::WINDOWS_1252,
            tags: HashMap::new(),
            numbered: HashMap::new(),
            named: HashMap::new(),
        }
    }
}

impl Props {
    pub(super) fn put(&mut self, key: Key, value: Value) {
        match key {
            Key::Tag(tag) => self.tags.insert(tag, value),
            Key::Numbered { set, number } => self.numbered.insert((set, number), value),
            Key::Named(name) => self.named.insert(name.to_lowercase(), value),
        };
    }

    pub(super) fn get(&self, tag: u16) -> Option<&Value> {
        self.tags.get(&tag)
    }

    pub(super) fn take(&mut self, tag: u16) -> Option<Value> {
        self.tags.remove(&tag)
    }

    /// A text that has more in it than white space.
    pub(super) fn text(&self, tag: u16) -> Option<Cow<'_, str>> {
        self.as_text(self.get(tag)?)
    }

    pub(super) fn number(&self, tag: u16) -> Option<i64> {
        match self.get(tag)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn time(&self, tag: u16) -> Option<i64> {
        match self.get(tag)? {
            Value::Time(time) => Some(*time),
            _ => None,
        }
    }

    pub(super) fn numbered(&self, set: u32, number: u32) -> Option<&Value> {
        self.numbered.get(&(set, number))
    }

    pub(super) fn numbered_text(&self, set: u32, number: u32) -> Option<Cow<'_, str>> {
        self.as_text(self.numbered(set, number)?)
    }

    /// The words people have put the item under.
    pub(super) fn categories(&self) -> &[String] {
        match self.named.get("keywords") {
            Some(Value::Texts(words)) => words,
            _ => &[],
        }
    }

    /// Takes the code page that the properties themselves state, if they do.
    pub(super) fn settle_code_page(&mut self) {
        let stated = [tag::MESSAGE_CODE_PAGE, tag::INTERNET_CODE_PAGE]
            .into_iter()
            .find_map(|tag| of_code_page(self.number(tag)?));
        self.code_page = stated.unwrap_or(self.code_page);
    }

    fn as_text<'a>(&self, value: &'a Value) -> Option<Cow<'a, str>> {
        let text = match value {
            Value::Text(text) => Cow::Borrowed(text.as_str()),
            Value::Narrow(bytes) => {
                let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
                decode_narrow(&bytes[..end], self.code_page)
            }
            _ => return None,
        };
        (!text
            .trim_matches(|c: char| c.is_whitespace() || c == '\0')
            .is_empty())
        .then_some(text)
    }
}

impl Item {
    /// Its class without what programs add behind the known ones, lower case: `ipm.note`.
    pub(super) fn class(&self) -> String {
        self.props
            .text(tag::CLASS)
            .unwrap_or_default()
            .trim()
            .to_lowercase()
    }

    pub(super) fn is(&self, class: &str) -> bool {
        let own = self.class();
        own == class || own.strip_prefix(class).is_some_and(|rest| rest.starts_with('.'))
    }
}

impl Attachment {
    pub(super) fn name(&self) -> Option<String> {
        [tag::ATTACH_LONG_NAME, tag::ATTACH_NAME, tag::DISPLAY_NAME]
            .into_iter()
            .find_map(|tag| self.props.text(tag))
            .map(Cow::into_owned)
    }
}

/// Bytes of this code page, or UTF-8 where they are that and it cannot be chance.
pub(super) fn decode_narrow<'a>(bytes: &'a [u8], code_page: &'static Encoding) -> Cow<'a, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => code_page.decode_without_bom_handling(bytes).0,
    }
}

/// UTF-16 in little-endian bytes, up to a NUL.
pub(super) fn decode_wide(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .take_while(|unit| *unit != 0);
    char::decode_utf16(units)
        .map(|c| c.unwrap_or('\u{fffd}'))
        .collect()
}

/// The encoding of a Windows code page number; mail knows more of them than documents do.
pub(super) fn of_code_page(number: i64) -> Option<&'static Encoding> {
    let label = match number {
        20127 => "us-ascii",
        20866 => "koi8-r",
        21866 => "koi8-u",
        28591..=28606 => return Encoding::for_label(format!("iso-8859-{}", number - 28590).as_bytes()),
        50220..=50222 => "iso-2022-jp",
        20932 | 51932 => "euc-jp",
        51949 => "euc-kr",
        20936 | 51936 => "gbk",
        54936 => "gb18030",
        _ => return crate::office::of_code_page(i32::try_from(number).ok()?),
    };
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_their_code_page() {
        let mut props = Props::default();
        props.put(Key::Tag(tag::MESSAGE_CODE_PAGE), Value::Number(950));
        props.put(
            Key::Tag(tag::SUBJECT),
            Value::Narrow(b"\xaf\xf9\xa4\xe9\0junk".to_vec()),
        );
        props.put(Key::Tag(tag::DISPLAY_NAME), Value::Text(" \0".to_owned()));
        props.settle_code_page();
        assert_eq!(props.text(tag::SUBJECT).as_deref(), Some("茶日"));
        assert_eq!(props.text(tag::DISPLAY_NAME), None);
        assert_eq!(decode_wide(b"a\0b\0\0\0c\0"), "ab");
    }

    #[test]
    fn classes_have_subclasses() {
        let mut props = Props::default();
        props.put(Key::Tag(tag::CLASS), Value::Text("IPM.Task.Mine".to_owned()));
        let item = Item {
            props,
            recipients: vec![],
            attachments: vec![],
        };
        assert!(item.is("ipm.task") && !item.is("ipm.tas"));
    }
}
