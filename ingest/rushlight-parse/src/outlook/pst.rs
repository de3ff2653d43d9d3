//! Outlook's mailboxes (MS-PST): every message of every folder, some at a time. The library reads from memory, so that the
//! worker has no need of a file.

use std::collections::{HashMap, HashSet};
use std::io::{self, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use outlook_pst::ltp::prop_context::PropertyValue;
use outlook_pst::ltp::table_context::{TableContext, TableRowColumnValue};
use outlook_pst::messaging::attachment::{
    AnsiAttachment, Attachment as _, AttachmentData, UnicodeAttachment,
};
use outlook_pst::messaging::folder::Folder;
use outlook_pst::messaging::message::{AnsiMessage, Message, UnicodeMessage};
use outlook_pst::messaging::named_prop::{NamedPropertyGuid, NamedPropertyId};
use outlook_pst::messaging::store::{AnsiStore, EntryId, Store, UnicodeStore};
use outlook_pst::ndb::node_id::{NID_ROOT_FOLDER, NodeId, NodeIdType};
use outlook_pst::{AnsiPstFile, UnicodePstFile};

use super::item::{Attachment, Content, Item, Key, Props, Value, tag};
use super::{Letter, Letters, OutlookFault, Window, mime};

/// The mailbox's version from which its texts are in Unicode.
const FIRST_UNICODE: u8 = 20;
/// Folders of one mailbox that are looked into.
const MAX_FOLDERS: usize = 50_000;
/// Recipients or attachments of one message that are read.
const MAX_CHILDREN: usize = 10_000;
/// Messages that are named when they are not read; of the others there is only the number.
const NAMED: usize = 50;
/// What is read of a message of which some property cannot be.
const NEEDED: [u16; 20] = [
    tag::CLASS,
    tag::SUBJECT,
    tag::SUBMIT_TIME,
    tag::REPRESENTING_NAME,
    tag::REPRESENTING_SMTP,
    tag::TRANSPORT_HEADERS,
    tag::SENDER_NAME,
    tag::SENDER_TYPE,
    tag::SENDER_ADDRESS,
    tag::SENDER_SMTP,
    tag::DISPLAY_TO,
    tag::DISPLAY_CC,
    tag::DELIVERY_TIME,
    tag::BODY,
    tag::RTF,
    tag::HTML,
    tag::MESSAGE_ID,
    tag::REFERENCES,
    tag::IN_REPLY_TO,
    tag::INTERNET_CODE_PAGE,
];

/// The messages of the window.
pub(super) fn read(bytes: Vec<u8>, window: Window) -> Result<Letters, OutlookFault> {
    let broken = |error: io::Error| OutlookFault::Broken(error.to_string());
    let mut mailbox = Mailbox::open(Shared(Rc::new(bytes))).map_err(broken)?;
    let names = guarded(|| mailbox.names()).unwrap_or_default();
    mailbox.reopen().map_err(broken)?;
    let mut out = Letters::default();
    let entries = mailbox.entries(&mut out)?;
    let mut taken = 0u64;
    let mut at = window.from;
    for entry in entries.iter().skip(window.from as usize) {
        at = at.saturating_add(1);
        let mut read = guarded(|| mailbox.item(&entry.id, &names));
        if read.is_err() {
            // It may be the one before that has left the library unable to go on.
            mailbox.reopen().map_err(broken)?;
            read = guarded(|| mailbox.item(&entry.id, &names));
        }
        match read.and_then(|item| guarded(|| Ok(mime::letter(&item)))) {
            Ok(letter) if letter.raw.len() as u64 > window.max_message => {
                let why = format!("it has {} bytes, more than are read", letter.raw.len());
                out.unread(&entry.title(), why, NAMED);
            }
            Ok(letter) => {
                taken += letter.raw.len() as u64;
                out.letters.push(Letter {
                    id: u32::from(entry.id.node_id()),
                    folder: entry.folder.to_string(),
                    ..letter
                });
            }
            Err(why) => out.unread(&entry.title(), why.to_string(), NAMED),
        }
        if taken >= window.batch_bytes {
            break;
        }
    }
    out.next = ((at as usize) < entries.len()).then_some(at);
    if window.from > 0 {
        // What the folders say was said the first time.
        out.unread_folders.clear();
    }
    Ok(out)
}

/// The library indexes into what it reads: one broken message must not take the others with it.
fn guarded<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(io::Error::other("its place in the mailbox is broken")))
}

/// A message's place.
struct Entry {
    id: EntryId,
    folder: Rc<str>,
}

impl Entry {
    fn title(&self) -> String {
        format!("a message in {}", self.folder)
    }
}

/// What a folder holds. The library says nothing when it cannot read a folder's lists; what the folder states beside them
/// tells.
struct OpenFolder {
    path: Rc<str>,
    messages: Vec<EntryId>,
    /// Folders in it, with their paths.
    below: Vec<(EntryId, String)>,
    /// How many messages there should be.
    stated: i32,
    has_folders: bool,
    states_folders: bool,
}

impl OpenFolder {
    /// What it states and does not give.
    fn missing(&self) -> Option<String> {
        let stated = usize::try_from(self.stated).unwrap_or(0);
        let given = self.messages.len();
        if given < stated {
            Some(format!("it states {stated} messages, and {given} can be found"))
        } else if self.states_folders && !self.has_folders {
            Some("the list of its folders is broken".to_owned())
        } else {
            None
        }
    }
}

/// The file's bytes, for more than one reader.
#[derive(Clone)]
struct Shared(Rc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A mailbox that is open.
struct Mailbox {
    bytes: Shared,
    form: Form,
}

/// Either of a mailbox's two forms.
enum Form {
    Unicode(Rc<UnicodeStore>),
    Ansi(Rc<AnsiStore>),
}

impl Form {
    fn open(bytes: Shared) -> io::Result<Self> {
        let version = bytes.as_ref().get(10).copied().unwrap_or_default();
        let reader = Box::new(Cursor::new(bytes));
        guarded(|| {
            Ok(if version < FIRST_UNICODE {
                Self::Ansi(AnsiStore::read(Rc::new(AnsiPstFile::read_from(reader)?))?)
            } else {
                Self::Unicode(UnicodeStore::read(Rc::new(UnicodePstFile::read_from(reader)?))?)
            })
        })
    }
}

/// A message in either form.
enum Opened {
    Unicode(Rc<UnicodeMessage>),
    Ansi(Rc<AnsiMessage>),
}

impl Mailbox {
    fn open(bytes: Shared) -> io::Result<Self> {
        let form = Form::open(bytes.clone())?;
        Ok(Self { bytes, form })
    }

    /// A panic in the library leaves its lock unusable; this makes a new one.
    fn reopen(&mut self) -> io::Result<()> {
        self.form = Form::open(self.bytes.clone())?;
        Ok(())
    }

    fn store(&self) -> &dyn Store {
        match &self.form {
            Form::Unicode(store) => store.as_ref(),
            Form::Ansi(store) => store.as_ref(),
        }
    }

    /// All messages, folder by folder.
    fn entries(&mut self, out: &mut Letters) -> Result<Vec<Entry>, OutlookFault> {
        let properties = self.store().properties();
        let root = properties
            .ipm_sub_tree_entry_id()
            .or_else(|_| properties.make_entry_id(NID_ROOT_FOLDER))
            .map_err(|error| OutlookFault::Broken(error.to_string()))?;
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        let mut waiting = vec![(root, String::new())];
        while let Some((id, path)) = waiting.pop() {
            if !seen.insert(u32::from(id.node_id())) {
                continue;
            }
            if seen.len() > MAX_FOLDERS {
                out.unread_folders
                    .push((path, "the mailbox has more folders than are read".to_owned()));
                break;
            }
            let read = guarded(|| self.folder(&id, &path));
            match read {
                Ok(found) => {
                    if let Some(why) = found.missing()
                        && out.unread_folders.len() < NAMED
                    {
                        let what = format!("a part of the folder {}", found.path);
                        out.unread_folders.push((what, why));
                    }
                    let messages = found.messages.into_iter();
                    entries.extend(messages.map(|id| Entry {
                        id,
                        folder: Rc::clone(&found.path),
                    }));
                    waiting.extend(found.below.into_iter().rev());
                }
                Err(error) if entries.is_empty() && seen.len() == 1 => {
                    return Err(OutlookFault::Broken(error.to_string()));
                }
                Err(error) => {
                    if out.unread_folders.len() < NAMED {
                        out.unread_folders
                            .push((format!("the folder {path}"), error.to_string()));
                    }
                    self.reopen()
                        .map_err(|error| OutlookFault::Broken(error.to_string()))?;
                }
            }
        }
        Ok(entries)
    }

    fn folder(&self, id: &EntryId, path: &str) -> io::Result<OpenFolder> {
        let folder = self.store().open_folder(id)?;
        let properties = self.store().properties();
        let entry_ids = |nodes: Vec<NodeId>| {
            let ids = nodes.into_iter().map(|node| properties.make_entry_id(node));
            ids.collect::<io::Result<Vec<_>>>()
        };
        let messages = entry_ids(of_kind(folder.contents_table(), NodeIdType::NormalMessage))?;
        let below = entry_ids(of_kind(folder.hierarchy_table(), NodeIdType::NormalFolder))?;
        let below = below.into_iter().map(|id| {
            let name = self.name_of(&id);
            match path {
                "" => (id, name),
                path => (id, format!("{path}/{name}")),
            }
        });
        Ok(OpenFolder {
            path: Rc::from(if path.is_empty() { "/" } else { path }),
            stated: folder.properties().content_count().unwrap_or(0),
            has_folders: folder.hierarchy_table().is_some(),
            states_folders: folder.properties().has_sub_folders().unwrap_or(false),
            messages,
            below: below.collect(),
        })
    }

    fn name_of(&self, id: &EntryId) -> String {
        let folder: io::Result<Rc<dyn Folder>> = guarded(|| self.store().open_folder(id));
        let name = folder.and_then(|folder| folder.properties().display_name());
        name.map_or_else(
            |_| format!("{}", u32::from(id.node_id())),
            |name| name.replace('/', "_"),
        )
    }

    fn item(&self, id: &EntryId, names: &HashMap<u16, Key>) -> io::Result<Item> {
        let opened = self
            .message(id, None)
            .or_else(|_| self.message(id, Some(&NEEDED)))?;
        let message = opened.message();
        let mut item = item_of(message, names);
        let Some(table) = message.attachment_table() else {
            return Ok(item);
        };
        for (row, mut listed) in rows(table.as_ref(), names) {
            listed.code_page = item.props.code_page;
            let found = guarded(|| opened.attachment(NodeId::from(row), names, item.props.code_page));
            item.attachments.push(found.unwrap_or_else(|error| Attachment {
                props: listed,
                content: Content::Missing(error.to_string()),
            }));
        }
        Ok(item)
    }

    fn message(&self, id: &EntryId, needed: Option<&[u16]>) -> io::Result<Opened> {
        Ok(match &self.form {
            Form::Unicode(store) => Opened::Unicode(UnicodeMessage::read(Rc::clone(store), id, needed)?),
            Form::Ansi(store) => Opened::Ansi(AnsiMessage::read(Rc::clone(store), id, needed)?),
        })
    }

    /// What the identifiers from 0x8000 on stand for.
    fn names(&self) -> io::Result<HashMap<u16, Key>> {
        let map = self.store().named_property_map()?;
        let properties = map.properties();
        let sets = properties.stream_guid().unwrap_or_default();
        let mut names = HashMap::new();
        for entry in properties.stream_entry()? {
            let set = match entry.guid() {
                NamedPropertyGuid::None => 0,
                NamedPropertyGuid::Mapi => 0x0002_0328,
                NamedPropertyGuid::PublicStrings => 0x0002_0329,
                NamedPropertyGuid::GuidIndex(index) => {
                    sets.get(usize::from(index)).map_or(0, |set| set.data1())
                }
            };
            let key = match entry.id() {
                NamedPropertyId::Number(number) => Key::Numbered { set, number },
                NamedPropertyId::StringOffset(offset) => match guarded(|| properties.lookup_string(offset)) {
                    Ok(name) => Key::Named(name.to_string()),
                    Err(_) => continue,
                },
            };
            names.insert(entry.prop_id(), key);
        }
        Ok(names)
    }
}

impl Opened {
    fn message(&self) -> &dyn Message {
        match self {
            Self::Unicode(message) => message.as_ref(),
            Self::Ansi(message) => message.as_ref(),
        }
    }

    fn attachment(
        &self,
        node: NodeId,
        names: &HashMap<u16, Key>,
        code_page: &'static encoding_rs::Encoding,
    ) -> io::Result<Attachment> {
        match self {
            Self::Unicode(message) => {
                let found = UnicodeAttachment::read(Rc::clone(message), node, None)?;
                Ok(attachment_of(
                    found.properties().iter(),
                    found.data(),
                    names,
                    code_page,
                ))
            }
            Self::Ansi(message) => {
                let found = AnsiAttachment::read(Rc::clone(message), node, None)?;
                Ok(attachment_of(
                    found.properties().iter(),
                    found.data(),
                    names,
                    code_page,
                ))
            }
        }
    }
}

fn attachment_of<'a>(
    properties: impl Iterator<Item = (&'a u16, &'a PropertyValue)>,
    data: Option<&AttachmentData>,
    names: &HashMap<u16, Key>,
    code_page: &'static encoding_rs::Encoding,
) -> Attachment {
    let mut props = props_of(properties.filter(|(id, _)| **id != tag::ATTACH_DATA), names);
    props.code_page = code_page;
    let content = match data {
        Some(AttachmentData::Binary(bytes)) => Content::Bytes(bytes.buffer().to_vec()),
        Some(AttachmentData::Message(message)) => Content::Item(Box::new(embedded(message.as_ref(), names))),
        None => Content::Missing("it is only a link to a file elsewhere".to_owned()),
    };
    Attachment { props, content }
}

/// A message in a message. The library gives the names of what is attached to it, and not the content.
fn embedded(message: &dyn Message, names: &HashMap<u16, Key>) -> Item {
    let mut item = item_of(message, names);
    let Some(table) = message.attachment_table() else {
        return item;
    };
    for (_, mut props) in rows(table.as_ref(), names) {
        props.code_page = item.props.code_page;
        item.attachments.push(Attachment {
            props,
            content: Content::Missing(
                "what is attached to a message in a message of a mailbox is not read".to_owned(),
            ),
        });
    }
    item
}

/// The message without its attachments.
fn item_of(message: &dyn Message, names: &HashMap<u16, Key>) -> Item {
    let mut props = props_of(message.properties().iter(), names);
    props.settle_code_page();
    let mut recipients = match message.recipient_table() {
        Some(table) => rows(table.as_ref(), names)
            .into_iter()
            .map(|(_, props)| props)
            .collect(),
        None => Vec::new(),
    };
    for recipient in &mut recipients {
        recipient.code_page = props.code_page;
    }
    Item {
        props,
        recipients,
        attachments: Vec::new(),
    }
}

/// Nodes of this kind that a table lists.
fn of_kind(table: Option<&Rc<dyn TableContext>>, kind: NodeIdType) -> Vec<NodeId> {
    let Some(table) = table else {
        return Vec::new();
    };
    table
        .rows_matrix()
        .map(|row| NodeId::from(u32::from(row.id())))
        .filter(|node| node.id_type().is_ok_and(|found| found == kind))
        .collect()
}

/// The rows of a table, each with its number.
fn rows(table: &dyn TableContext, names: &HashMap<u16, Key>) -> Vec<(u32, Props)> {
    let columns = table.context().columns();
    table
        .rows_matrix()
        .take(MAX_CHILDREN)
        .map(|row| {
            let values = row.columns(table.context()).unwrap_or_default();
            let mut props = Props::default();
            for (column, value) in columns.iter().zip(values) {
                let value = match value {
                    Some(TableRowColumnValue::Small(value)) => Some(value),
                    Some(other) => guarded(|| table.read_column(&other, column.prop_type())).ok(),
                    None => None,
                };
                let key = key_of(column.prop_id(), names);
                if let (Some(key), Some(value)) = (key, value.as_ref().and_then(value_of)) {
                    props.put(key, value);
                }
            }
            (u32::from(row.id()), props)
        })
        .collect()
}

fn props_of<'a>(
    properties: impl Iterator<Item = (&'a u16, &'a PropertyValue)>,
    names: &HashMap<u16, Key>,
) -> Props {
    let mut props = Props::default();
    for (id, value) in properties {
        if let (Some(key), Some(value)) = (key_of(*id, names), value_of(value)) {
            props.put(key, value);
        }
    }
    props
}

fn key_of(id: u16, names: &HashMap<u16, Key>) -> Option<Key> {
    match id {
        0..0x8000 => Some(Key::Tag(id)),
        _ => names.get(&id).cloned(),
    }
}

fn value_of(value: &PropertyValue) -> Option<Value> {
    Some(match value {
        PropertyValue::Integer16(number) => Value::Number(i64::from(*number)),
        PropertyValue::Integer32(number) => Value::Number(i64::from(*number)),
        PropertyValue::Integer64(number) => Value::Number(*number),
        PropertyValue::Boolean(truth) => Value::Number(i64::from(*truth)),
        PropertyValue::Floating64(number) => Value::Float(*number),
        PropertyValue::Time(ticks) => Value::Time(*ticks),
        PropertyValue::String8(text) => Value::Narrow(text.buffer().to_vec()),
        PropertyValue::Unicode(text) => Value::Text(text.to_string().trim_end_matches('\0').to_owned()),
        PropertyValue::Binary(bytes) => Value::Bytes(bytes.buffer().to_vec()),
        PropertyValue::MultipleUnicode(texts) => {
            Value::Texts(texts.iter().map(ToString::to_string).collect())
        }
        _ => return None,
    })
}
