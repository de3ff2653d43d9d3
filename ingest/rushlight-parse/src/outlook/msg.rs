//! Outlook's .msg: one item in a compound file (MS-OXMSG). A folder of it holds the properties of one object, each in a
//! stream named after its identifier and type, or in the stream of those that fit in eight bytes.

use std::collections::HashMap;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use cfb::CompoundFile;

use super::OutlookFault;
use super::item::{Attachment, Content, Item, Key, MAX_DEPTH, Props, Value, decode_wide, method, tag};

const PROPERTIES: &str = "__properties_version1.0";
const NAMES: &str = "/__nameid_version1.0";
/// Recipients or attachments of one item that are read.
const MAX_CHILDREN: usize = 10_000;

/// Types of properties (MS-OXCDATA, section 2.11.1).
mod kind {
    pub(super) const SHORT: u16 = 0x0002;
    pub(super) const LONG: u16 = 0x0003;
    pub(super) const DOUBLE: u16 = 0x0005;
    pub(super) const BOOLEAN: u16 = 0x000b;
    pub(super) const OBJECT: u16 = 0x000d;
    pub(super) const LARGE: u16 = 0x0014;
    pub(super) const NARROW: u16 = 0x001e;
    pub(super) const WIDE: u16 = 0x001f;
    pub(super) const TIME: u16 = 0x0040;
    pub(super) const BINARY: u16 = 0x0102;
    pub(super) const MANY: u16 = 0x1000;
}

/// The item in the file.
pub(super) fn read(bytes: &[u8]) -> Result<Item, OutlookFault> {
    let file = CompoundFile::open(Cursor::new(bytes)).map_err(broken)?;
    let mut reader = Reader {
        file,
        names: HashMap::new(),
        // Streams that share their bytes would otherwise be a bomb.
        left: bytes.len(),
    };
    reader.names = reader.names()?;
    reader.item(Path::new("/"), Place::File, 0)
}

/// Where an object lies: its stream of small properties has a head of another length in each.
#[derive(Clone, Copy)]
enum Place {
    File,
    Embedded,
    /// A recipient or an attachment.
    Child,
}

impl Place {
    fn head(self) -> usize {
        match self {
            Self::File => 32,
            Self::Embedded => 24,
            Self::Child => 8,
        }
    }
}

struct Reader<'a> {
    file: CompoundFile<Cursor<&'a [u8]>>,
    /// What the identifiers from 0x8000 on stand for.
    names: HashMap<u16, Key>,
    /// Bytes that may still be read.
    left: usize,
}

impl Reader<'_> {
    fn item(&mut self, folder: &Path, place: Place, depth: u32) -> Result<Item, OutlookFault> {
        let mut props = self.props(folder, place)?;
        props.settle_code_page();
        let mut item = Item {
            props,
            recipients: Vec::new(),
            attachments: Vec::new(),
        };
        let mut children = self.folders(folder)?;
        children.truncate(MAX_CHILDREN);
        for (name, path) in children {
            if name.starts_with("__recip_version1.0_") {
                let mut recipient = self.props(&path, Place::Child)?;
                recipient.code_page = item.props.code_page;
                item.recipients.push(recipient);
            } else if name.starts_with("__attach_version1.0_") {
                let mut props = self.props(&path, Place::Child)?;
                props.code_page = item.props.code_page;
                let content = self.content(&mut props, &path, depth)?;
                item.attachments.push(Attachment { props, content });
            }
        }
        Ok(item)
    }

    fn content(&mut self, props: &mut Props, folder: &Path, depth: u32) -> Result<Content, OutlookFault> {
        let object = folder.join(format!(
            "__substg1.0_{:04X}{:04X}",
            tag::ATTACH_DATA,
            kind::OBJECT
        ));
        Ok(match props.take(tag::ATTACH_DATA) {
            Some(Value::Bytes(bytes)) => Content::Bytes(bytes),
            _ if !self.file.is_storage(&object) => {
                Content::Missing("it is only a link to a file elsewhere".to_owned())
            }
            _ if props.number(tag::ATTACH_METHOD) == Some(method::STORAGE) => {
                self.embedded_object(&object).map_or(
                    Content::Missing("it is an object of another program".to_owned()),
                    Content::Bytes,
                )
            }
            _ if depth + 1 >= MAX_DEPTH => Content::Missing("it lies too deep in other messages".to_owned()),
            _ => Content::Item(Box::new(self.item(&object, Place::Embedded, depth + 1)?)),
        })
    }

    /// A folder as a compound file of its own: so a document lies in the one that it is embedded in.
    fn embedded_object(&mut self, folder: &Path) -> Option<Vec<u8>> {
        let entries: Vec<(PathBuf, bool)> = self
            .file
            .walk_storage(folder)
            .ok()?
            .skip(1)
            .take(MAX_CHILDREN)
            .map(|entry| (entry.path().to_owned(), entry.is_storage()))
            .collect();
        let mut out = CompoundFile::create(Cursor::new(Vec::new())).ok()?;
        for (path, is_storage) in entries {
            let target = Path::new("/").join(path.strip_prefix(folder).ok()?);
            if is_storage {
                out.create_storage(target).ok()?;
            } else {
                let bytes = self.stream(&path).ok()?;
                out.create_stream(target).ok()?.write_all(&bytes).ok()?;
            }
        }
        out.flush().ok()?;
        Some(out.into_inner().into_inner())
    }

    fn props(&mut self, folder: &Path, place: Place) -> Result<Props, OutlookFault> {
        let mut props = Props::default();
        let small = folder.join(PROPERTIES);
        if self.file.is_stream(&small) {
            let bytes = self.stream(&small)?;
            for entry in bytes.get(place.head()..).unwrap_or_default().chunks_exact(16) {
                let value = small_value(u16_at(entry, 0), &entry[8..]);
                if let (Some(key), Some(value)) = (self.key(u16_at(entry, 2)), value) {
                    props.put(key, value);
                }
            }
        }
        let mut many: HashMap<u16, Vec<(u32, String)>> = HashMap::new();
        for (name, path) in self.streams(folder)? {
            let Some(Named { id, kind, index }) = named(&name) else {
                continue;
            };
            let Some(key) = self.key(id) else { continue };
            match (kind, index) {
                (kind::WIDE, None) => props.put(key, Value::Text(decode_wide(&self.stream(&path)?))),
                (kind::NARROW, None) => props.put(key, Value::Narrow(self.stream(&path)?)),
                (kind::BINARY, None) => props.put(key, Value::Bytes(self.stream(&path)?)),
                (kind, Some(index)) if kind == kind::WIDE | kind::MANY => {
                    let text = decode_wide(&self.stream(&path)?);
                    many.entry(id).or_default().push((index, text));
                }
                _ => {}
            }
        }
        for (id, mut texts) in many {
            texts.sort_unstable();
            if let Some(key) = self.key(id) {
                props.put(
                    key,
                    Value::Texts(texts.into_iter().map(|(_, text)| text).collect()),
                );
            }
        }
        Ok(props)
    }

    fn key(&self, id: u16) -> Option<Key> {
        match id {
            0..0x8000 => Some(Key::Tag(id)),
            _ => self.names.get(&id).cloned(),
        }
    }

    /// The file's list of named properties: MS-OXMSG, section 2.2.3.
    fn names(&mut self) -> Result<HashMap<u16, Key>, OutlookFault> {
        let mut lists = [Vec::new(), Vec::new(), Vec::new()];
        for (list, name) in lists.iter_mut().zip(["00020102", "00030102", "00040102"]) {
            let path = Path::new(NAMES).join(format!("__substg1.0_{name}"));
            if self.file.is_stream(&path) {
                *list = self.stream(&path)?;
            }
        }
        let [sets, entries, texts] = &lists;
        let mut names = HashMap::new();
        for entry in entries.chunks_exact(8) {
            let (number, kind, index) = (u32_at(entry, 0), u16_at(entry, 4), u16_at(entry, 6));
            let key = if kind & 1 == 1 {
                text_at(texts, number as usize).map(Key::Named)
            } else {
                set_at(sets, kind >> 1).map(|set| Key::Numbered { set, number })
            };
            if let (Some(key), Some(id)) = (key, index.checked_add(0x8000)) {
                names.insert(id, key);
            }
        }
        Ok(names)
    }

    fn stream(&mut self, path: &Path) -> Result<Vec<u8>, OutlookFault> {
        let stream = self.file.open_stream(path).map_err(broken)?;
        let mut bytes = Vec::new();
        stream
            .take(self.left as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(broken)?;
        self.left = self
            .left
            .checked_sub(bytes.len())
            .ok_or_else(|| OutlookFault::Broken("its parts are longer than the file".to_owned()))?;
        Ok(bytes)
    }

    fn streams(&self, folder: &Path) -> Result<Vec<(String, PathBuf)>, OutlookFault> {
        self.entries(folder, false)
    }

    fn folders(&self, folder: &Path) -> Result<Vec<(String, PathBuf)>, OutlookFault> {
        self.entries(folder, true)
    }

    fn entries(&self, folder: &Path, storages: bool) -> Result<Vec<(String, PathBuf)>, OutlookFault> {
        let entries = self.file.read_storage(folder).map_err(broken)?;
        Ok(entries
            .filter(|entry| entry.is_storage() == storages)
            .map(|entry| (entry.name().to_owned(), entry.path().to_owned()))
            .collect())
    }
}

/// What a stream's name says: `__substg1.0_0037001F`, with `-00000001` behind it for the second of many values.
struct Named {
    id: u16,
    kind: u16,
    index: Option<u32>,
}

fn named(name: &str) -> Option<Named> {
    let digits = name.strip_prefix("__substg1.0_")?;
    let (digits, index) = match digits.split_once('-') {
        Some((digits, index)) => (digits, Some(u32::from_str_radix(index, 16).ok()?)),
        None => (digits, None),
    };
    let both = u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.len() == 8)?;
    let (id, kind) = ((both >> 16) as u16, both as u16);
    Some(Named { id, kind, index })
}

/// A value of eight bytes or fewer.
fn small_value(kind: u16, bytes: &[u8]) -> Option<Value> {
    let eight = i64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
    Some(match kind {
        kind::SHORT => Value::Number(i64::from(eight as i16)),
        kind::LONG => Value::Number(i64::from(eight as i32)),
        kind::BOOLEAN => Value::Number(eight & 0xff),
        kind::LARGE => Value::Number(eight),
        kind::DOUBLE => Value::Float(f64::from_bits(eight as u64)),
        kind::TIME => Value::Time(eight),
        _ => return None,
    })
}

/// The first field of a set's GUID; the numbers 1 and 2 are the sets that every file knows.
fn set_at(sets: &[u8], index: u16) -> Option<u32> {
    match index {
        1 => Some(0x0002_0328),
        2 => Some(0x0002_0329),
        index => {
            let at = usize::from(index).checked_sub(3)? * 16;
            sets.get(at..at + 4).map(|four| u32_at(four, 0))
        }
    }
}

fn text_at(texts: &[u8], at: usize) -> Option<String> {
    let length = u32_at(texts.get(at..at.checked_add(4)?)?, 0) as usize;
    let start = at + 4;
    texts.get(start..start.checked_add(length)?).map(decode_wide)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .map_or(0, |four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

fn broken(error: std::io::Error) -> OutlookFault {
    OutlookFault::Broken(error.to_string())
}
