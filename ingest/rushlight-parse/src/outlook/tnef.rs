//! TNEF (MS-OXTNEF): the attachment `winmail.dat`, in which Outlook sends an item to programs that are not Outlook. It is
//! a list of attributes with their lengths; two of them hold properties, as the item's and its attachments' own.

use super::OutlookFault;
use super::item::{
    Attachment, Content, Item, Key, MAX_DEPTH, Props, Value, decode_wide, method, of_code_page, tag,
};

const SIGNATURE: u32 = 0x223e_9f78;
/// Attachments or recipients that are read.
const MAX_CHILDREN: usize = 10_000;
/// Values of one property, and properties of one object.
const MAX_VALUES: u32 = 10_000;

/// Attributes, by the second half of their number.
mod attribute {
    pub(super) const FROM: u16 = 0x8000;
    pub(super) const SUBJECT: u16 = 0x8004;
    pub(super) const DATE_SENT: u16 = 0x8005;
    pub(super) const CLASS: u16 = 0x8008;
    pub(super) const BODY: u16 = 0x800c;
    pub(super) const ATTACH_DATA: u16 = 0x800f;
    pub(super) const ATTACH_TITLE: u16 = 0x8010;
    pub(super) const ATTACH_BEGINS: u16 = 0x9002;
    pub(super) const PROPERTIES: u16 = 0x9003;
    pub(super) const RECIPIENTS: u16 = 0x9004;
    pub(super) const ATTACH_PROPERTIES: u16 = 0x9005;
    pub(super) const CODE_PAGE: u16 = 0x9007;
}

/// What an object is, by the first field of its interface's GUID: a message in a message.
const MESSAGE: u32 = 0x0002_0307;

/// The item in the bytes. What comes after a broken place is left out, so that its beginning is read.
pub(super) fn read(bytes: &[u8]) -> Result<Item, OutlookFault> {
    item(bytes, 0).ok_or_else(|| OutlookFault::Broken("it has no attributes that can be read".to_owned()))
}

fn item(bytes: &[u8], depth: u32) -> Option<Item> {
    let mut bytes = Bytes(bytes);
    if bytes.u32()? != SIGNATURE {
        return None;
    }
    bytes.u16()?;
    let mut found = Item {
        props: Props::default(),
        recipients: Vec::new(),
        attachments: Vec::new(),
    };
    let mut older = Vec::new();
    let mut any = false;
    while let Some((number, data)) = next(&mut bytes) {
        any = true;
        match number {
            attribute::CODE_PAGE => {
                let stated = Bytes(data)
                    .u32()
                    .and_then(|number| of_code_page(i64::from(number)));
                found.props.code_page = stated.unwrap_or(found.props.code_page);
            }
            attribute::PROPERTIES => {
                properties(&mut Bytes(data), &mut found.props);
            }
            attribute::RECIPIENTS => found.recipients = people(data),
            attribute::SUBJECT => older.push((tag::SUBJECT, Value::Narrow(data.to_vec()))),
            attribute::BODY => older.push((tag::BODY, Value::Narrow(data.to_vec()))),
            attribute::CLASS => older.push((tag::CLASS, Value::Narrow(data.to_vec()))),
            attribute::DATE_SENT => older.extend(date(data).map(|date| (tag::SUBMIT_TIME, date))),
            attribute::FROM => older.extend(sender(data)),
            attribute::ATTACH_BEGINS if found.attachments.len() < MAX_CHILDREN => {
                found.attachments.push(Attachment {
                    props: Props::default(),
                    content: Content::Missing("there is nothing in it".to_owned()),
                });
            }
            attribute::ATTACH_DATA | attribute::ATTACH_TITLE | attribute::ATTACH_PROPERTIES => {
                if let Some(attachment) = found.attachments.last_mut() {
                    attached(number, data, attachment, depth);
                }
            }
            _ => {}
        }
    }
    for (tag, value) in older {
        if found.props.get(tag).is_none() {
            found.props.put(Key::Tag(tag), value);
        }
    }
    found.props.settle_code_page();
    let code_page = found.props.code_page;
    let below = found
        .attachments
        .iter_mut()
        .map(|attachment| &mut attachment.props);
    for props in below.chain(&mut found.recipients) {
        props.code_page = code_page;
    }
    any.then_some(found)
}

/// The next attribute's number and content.
fn next<'a>(bytes: &mut Bytes<'a>) -> Option<(u16, &'a [u8])> {
    let level = bytes.take(1)?[0];
    if !matches!(level, 1 | 2) {
        return None;
    }
    let number = bytes.u16()?;
    bytes.u16()?;
    let length = bytes.u32()? as usize;
    let data = bytes.take(length)?;
    // The checksum is left: a reader that tells people what is there does not need it, and programs get it wrong.
    bytes.take(2);
    Some((number, data))
}

fn attached(number: u16, data: &[u8], attachment: &mut Attachment, depth: u32) {
    match number {
        attribute::ATTACH_TITLE => {
            let title = Value::Narrow(data.to_vec());
            attachment.props.put(Key::Tag(tag::ATTACH_NAME), title);
        }
        attribute::ATTACH_DATA => {
            if !matches!(attachment.content, Content::Item(_)) {
                attachment.content = Content::Bytes(data.to_vec());
            }
        }
        _ => {
            properties(&mut Bytes(data), &mut attachment.props);
            if let Some(Value::Bytes(object)) = attachment.props.take(tag::ATTACH_DATA) {
                attachment.content = object_content(&object, &attachment.props, depth);
            }
        }
    }
}

/// What an attachment's object is: behind its interface's GUID, a message or the file of another program.
fn object_content(object: &[u8], props: &Props, depth: u32) -> Content {
    let mut bytes = Bytes(object);
    let interface = bytes.u32();
    let content = object.get(16..).unwrap_or_default();
    let embedded = props.number(tag::ATTACH_METHOD) == Some(method::EMBEDDED) || interface == Some(MESSAGE);
    if !embedded {
        return Content::Bytes(content.to_vec());
    }
    if depth + 1 >= MAX_DEPTH {
        return Content::Missing("it lies too deep in other messages".to_owned());
    }
    match item(content, depth + 1) {
        Some(item) => Content::Item(Box::new(item)),
        None => Content::Missing("the message in it is broken".to_owned()),
    }
}

fn people(data: &[u8]) -> Vec<Props> {
    let mut bytes = Bytes(data);
    let mut people = Vec::new();
    for _ in 0..bytes.u32().unwrap_or(0).min(MAX_CHILDREN as u32) {
        let mut props = Props::default();
        let whole = properties(&mut bytes, &mut props).is_some();
        people.push(props);
        if !whole {
            break;
        }
    }
    people
}

/// Reads a list of properties; `None` when it breaks off.
fn properties(bytes: &mut Bytes<'_>, props: &mut Props) -> Option<()> {
    for _ in 0..bytes.u32()?.min(MAX_VALUES) {
        let kind = bytes.u16()?;
        let id = bytes.u16()?;
        let key = match id {
            0..0x8000 => Key::Tag(id),
            _ => name(bytes)?,
        };
        if let Some(value) = value(kind, bytes)? {
            props.put(key, value);
        }
    }
    Some(())
}

fn name(bytes: &mut Bytes<'_>) -> Option<Key> {
    let set = bytes.u32()?;
    bytes.take(12)?;
    Some(match bytes.u32()? {
        0 => Key::Numbered {
            set,
            number: bytes.u32()?,
        },
        _ => {
            let length = bytes.u32()? as usize;
            Key::Named(decode_wide(bytes.padded(length)?))
        }
    })
}

/// A property's value; the inner `None` for one that is of no use here, the outer where the bytes end.
fn value(kind: u16, bytes: &mut Bytes<'_>) -> Option<Option<Value>> {
    let many = kind & 0x1000 != 0;
    let kind = kind & 0x0fff;
    let width = match kind {
        0x0002 | 0x0003 | 0x0004 | 0x000a | 0x000b => Some(4),
        0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
        0x0048 => Some(16),
        0x001e | 0x001f | 0x0102 | 0x000d => None,
        // Nothing tells how long it is, so nothing behind it can be read.
        _ => return None,
    };
    let count = match (many, width) {
        (false, Some(_)) => 1,
        _ => bytes.u32()?,
    };
    let mut first = None;
    let mut texts = Vec::new();
    for _ in 0..count.min(MAX_VALUES) {
        let content = match width {
            Some(width) => bytes.take(width)?,
            None => {
                let length = bytes.u32()? as usize;
                bytes.padded(length)?
            }
        };
        if many && kind == 0x001f {
            texts.push(decode_wide(content));
        } else if first.is_none() {
            first = single(kind, content);
        }
    }
    Some(if texts.is_empty() {
        first
    } else {
        Some(Value::Texts(texts))
    })
}

fn single(kind: u16, content: &[u8]) -> Option<Value> {
    let mut bytes = Bytes(content);
    Some(match kind {
        0x0002 => Value::Number(i64::from(bytes.u16()? as i16)),
        0x0003 => Value::Number(i64::from(bytes.u32()? as i32)),
        0x000b => Value::Number(i64::from(bytes.u16()?)),
        0x0005 => Value::Float(f64::from_bits(bytes.u64()?)),
        0x0014 => Value::Number(bytes.u64()? as i64),
        0x0040 => Value::Time(bytes.u64()? as i64),
        0x001e => Value::Narrow(content.to_vec()),
        0x001f => Value::Text(decode_wide(content)),
        0x0102 | 0x000d => Value::Bytes(content.to_vec()),
        _ => return None,
    })
}

/// Year, month, day, hour, minute, second, each in two bytes.
fn date(data: &[u8]) -> Option<Value> {
    let mut bytes = Bytes(data);
    let mut field = || bytes.u16().and_then(|field| i16::try_from(field).ok());
    let (year, month, day) = (field()?, field()?, field()?);
    let (hour, minute, second) = (field()?, field()?, field()?);
    let small = |field: i16| i8::try_from(field).ok();
    let date = jiff::civil::DateTime::new(
        year,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    );
    super::time::ticks(date.ok()?).map(Value::Time)
}

/// The older way to name a sender: four lengths, a name, and an address behind its type, `SMTP:tea@example.org`.
fn sender(data: &[u8]) -> Vec<(u16, Value)> {
    let mut bytes = Bytes(data);
    let mut read = || {
        bytes.take(4)?;
        let (name, address) = (bytes.u16()? as usize, bytes.u16()? as usize);
        Some((bytes.take(name)?.to_vec(), bytes.take(address)?.to_vec()))
    };
    let Some((name, address)) = read() else {
        return Vec::new();
    };
    let colon = memchr::memchr(b':', &address).map_or(0, |at| at + 1);
    vec![
        (tag::SENDER_NAME, Value::Narrow(name)),
        (tag::SENDER_ADDRESS, Value::Narrow(address[colon..].to_vec())),
    ]
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A content of this length, which is filled up to four bytes.
    fn padded(&mut self, length: usize) -> Option<&'a [u8]> {
        let content = self.take(length)?;
        let fill = length.wrapping_neg() & 3;
        self.0 = self.0.get(fill..).unwrap_or_default();
        Some(content)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|two| u16::from_le_bytes([two[0], two[1]]))
    }

    fn u32(&mut self) -> Option<u32> {
        let four = self.take(4)?.try_into().ok()?;
        Some(u32::from_le_bytes(four))
    }

    fn u64(&mut self) -> Option<u64> {
        let eight = self.take(8)?.try_into().ok()?;
        Some(u64::from_le_bytes(eight))
    }
}
