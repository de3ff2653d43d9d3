//! Writes what Outlook writes, for tests: an item as .msg and as winmail.dat.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use cfb::CompoundFile;

/// What a property is called.
#[derive(Clone, Copy)]
pub(crate) enum Id {
    Tag(u16),
    /// In the set whose GUID begins so.
    Named(u32, u32),
}

/// A property's value.
#[derive(Clone)]
pub(crate) enum Value {
    Text(&'static str),
    Narrow(&'static [u8]),
    Bytes(Vec<u8>),
    Long(i32),
    Time(i64),
}

pub(crate) type Props = Vec<(Id, Value)>;

#[derive(Clone, Default)]
pub(crate) struct Object {
    pub(crate) props: Props,
    pub(crate) recipients: Vec<Props>,
    pub(crate) attachments: Vec<Attached>,
}

#[derive(Clone)]
pub(crate) enum Attached {
    File(Props, Vec<u8>),
    Message(Object),
}

pub(crate) fn text(tag: u16, text: &'static str) -> (Id, Value) {
    (Id::Tag(tag), Value::Text(text))
}

/// A mail with a person, a file, and a mail with a file in it.
pub(crate) fn letter() -> Object {
    let file = |name, content: &str| Attached::File(vec![text(0x3707, name)], content.as_bytes().to_vec());
    let inner = Object {
        props: vec![
            text(0x001a, "IPM.Note"),
            text(0x0037, "An older mail"),
            text(0x1000, "It was about oolong."),
            text(0x1035, "<older@example.org>"),
        ],
        recipients: vec![],
        attachments: vec![file("inner.txt", "black tea")],
    };
    Object {
        props: vec![
            text(0x001a, "IPM.Note"),
            text(0x0037, "Re: 茶 and more"),
            text(0x0042, "Chen, Mei"),
            text(0x5d02, "mei@example.org"),
            text(0x1000, "Here it is.\r\n\r\n> What tea?\r\n\r\n-- \r\nMei"),
            text(0x1035, "<own@example.org>"),
            text(0x1042, "<first@example.org>"),
            (Id::Tag(0x0039), Value::Time(128_750_256_000_000_000)),
            (Id::Tag(0x0e07), Value::Long(1)),
        ],
        recipients: vec![vec![
            text(0x3001, "Ann"),
            text(0x39fe, "ann@example.org"),
            (Id::Tag(0x0c15), Value::Long(1)),
        ]],
        attachments: vec![file("茶.txt", "green tea"), Attached::Message(inner)],
    }
}

/// An appointment, as its named properties say.
pub(crate) fn appointment() -> Object {
    let when = 0x0006_2002;
    Object {
        props: vec![
            text(0x001a, "IPM.Appointment"),
            text(0x0037, "Tasting"),
            (Id::Named(when, 0x820d), Value::Time(128_750_256_000_000_000)),
            (Id::Named(when, 0x8208), Value::Text("Tea room")),
            text(0x1000, "Bring a cup."),
        ],
        ..Object::default()
    }
}

pub(crate) fn msg(object: &Object) -> Vec<u8> {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).expect("creates");
    let mut names: Vec<(u32, u32)> = Vec::new();
    write_object(&mut file, Path::new("/"), object, 32, &mut names);
    let folder = Path::new("/__nameid_version1.0");
    file.create_storage(folder).expect("creates");
    let (mut sets, mut entries) = (Vec::new(), Vec::new());
    for (index, (set, number)) in names.iter().enumerate() {
        sets.extend(set.to_le_bytes());
        sets.extend([0; 12]);
        entries.extend(number.to_le_bytes());
        entries.extend(((index as u16 + 3) << 1).to_le_bytes());
        entries.extend((index as u16).to_le_bytes());
    }
    for (name, bytes) in [("00020102", sets), ("00030102", entries), ("00040102", vec![])] {
        put(&mut file, folder.join(format!("__substg1.0_{name}")), &bytes);
    }
    file.flush().expect("writes");
    file.into_inner().into_inner()
}

type File = CompoundFile<Cursor<Vec<u8>>>;

fn put(file: &mut File, path: PathBuf, bytes: &[u8]) {
    let mut stream = file.create_stream(path).expect("creates");
    stream.write_all(bytes).expect("writes");
}

fn write_object(file: &mut File, folder: &Path, object: &Object, head: usize, names: &mut Vec<(u32, u32)>) {
    write_props(file, folder, &object.props, head, names);
    for (index, recipient) in object.recipients.iter().enumerate() {
        let below = folder.join(format!("__recip_version1.0_#{index:08X}"));
        file.create_storage(&below).expect("creates");
        write_props(file, &below, recipient, 8, names);
    }
    for (index, attached) in object.attachments.iter().enumerate() {
        let below = folder.join(format!("__attach_version1.0_#{index:08X}"));
        file.create_storage(&below).expect("creates");
        match attached {
            Attached::File(props, bytes) => {
                write_props(file, &below, props, 8, names);
                put(file, below.join("__substg1.0_37010102"), bytes);
            }
            Attached::Message(object) => {
                write_props(file, &below, &vec![(Id::Tag(0x3705), Value::Long(5))], 8, names);
                let inner = below.join("__substg1.0_3701000D");
                file.create_storage(&inner).expect("creates");
                write_object(file, &inner, object, 24, names);
            }
        }
    }
}

fn write_props(file: &mut File, folder: &Path, props: &Props, head: usize, names: &mut Vec<(u32, u32)>) {
    let mut small = vec![0; head];
    for (id, value) in props {
        let id = match *id {
            Id::Tag(tag) => tag,
            Id::Named(set, number) => {
                let known = names.iter().position(|name| *name == (set, number));
                let index = known.unwrap_or_else(|| {
                    names.push((set, number));
                    names.len() - 1
                });
                0x8000 + index as u16
            }
        };
        let mut stream = |kind: u16, bytes: &[u8]| {
            put(
                file,
                folder.join(format!("__substg1.0_{id:04X}{kind:04X}")),
                bytes,
            );
        };
        let (kind, eight) = match value {
            Value::Text(text) => {
                stream(0x001f, &wide(text));
                continue;
            }
            Value::Narrow(text) => {
                stream(0x001e, text);
                continue;
            }
            Value::Bytes(bytes) => {
                stream(0x0102, bytes);
                continue;
            }
            Value::Long(number) => (3u16, i64::from(*number)),
            Value::Time(ticks) => (0x40, *ticks),
        };
        small.extend(kind.to_le_bytes());
        small.extend(id.to_le_bytes());
        small.extend([6, 0, 0, 0]);
        small.extend(eight.to_le_bytes());
    }
    put(file, folder.join("__properties_version1.0"), &small);
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub(crate) fn winmail(object: &Object) -> Vec<u8> {
    let mut out = vec![0x78, 0x9f, 0x3e, 0x22, 1, 0];
    attribute(&mut out, 1, 0x9003, &tnef_props(&object.props));
    let mut people = (object.recipients.len() as u32).to_le_bytes().to_vec();
    for recipient in &object.recipients {
        people.extend(tnef_props(recipient));
    }
    attribute(&mut out, 1, 0x9004, &people);
    for attached in &object.attachments {
        attribute(&mut out, 2, 0x9002, &[0; 14]);
        match attached {
            Attached::File(props, bytes) => {
                attribute(&mut out, 2, 0x800f, bytes);
                attribute(&mut out, 2, 0x9005, &tnef_props(props));
            }
            Attached::Message(object) => {
                let mut inner = 0x0002_0307u32.to_le_bytes().to_vec();
                inner.extend([0; 12]);
                inner.extend(winmail(object));
                let props = vec![
                    (Id::Tag(0x3705), Value::Long(5)),
                    (Id::Tag(0x3701), Value::Bytes(inner)),
                ];
                attribute(&mut out, 2, 0x9005, &tnef_props(&props));
            }
        }
    }
    out
}

fn attribute(out: &mut Vec<u8>, level: u8, number: u16, data: &[u8]) {
    out.push(level);
    out.extend(number.to_le_bytes());
    out.extend([6, 0]);
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    let sum = data
        .iter()
        .fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    out.extend(sum.to_le_bytes());
}

fn tnef_props(props: &Props) -> Vec<u8> {
    let mut out = (props.len() as u32).to_le_bytes().to_vec();
    for (id, value) in props {
        let (kind, content, variable) = match value {
            Value::Text(text) => (0x1fu16, wide(text), true),
            Value::Narrow(text) => (0x1e, text.to_vec(), true),
            Value::Bytes(bytes) => (0x102, bytes.clone(), true),
            Value::Long(number) => (3, number.to_le_bytes().to_vec(), false),
            Value::Time(ticks) => (0x40, ticks.to_le_bytes().to_vec(), false),
        };
        out.extend(kind.to_le_bytes());
        match *id {
            Id::Tag(tag) => out.extend(tag.to_le_bytes()),
            Id::Named(set, number) => {
                out.extend([0, 0x80]);
                out.extend(set.to_le_bytes());
                out.extend([0; 16]);
                out.extend(number.to_le_bytes());
            }
        }
        if variable {
            out.extend(1u32.to_le_bytes());
            out.extend((content.len() as u32).to_le_bytes());
        }
        out.extend(&content);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}
