//! The export itself: notes one after the other, without a tree of the whole.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::detect::{extension, file_name};
use crate::office::resolved;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A note as the export has it.
#[derive(Debug, Default)]
pub(super) struct Note {
    pub(super) title: String,
    /// `20240131T235959Z`; empty where it is not said.
    pub(super) created: String,
    pub(super) author: Option<String>,
    /// The page that it was cut from.
    pub(super) source: Option<String>,
    pub(super) tags: Vec<String>,
    /// ENML: a page of a kind of its own.
    pub(super) content: String,
    pub(super) resources: Vec<Resource>,
}

/// A file in a note.
#[derive(Debug, Default)]
pub(super) struct Resource {
    data: String,
    media_type: String,
    file_name: Option<String>,
    /// From one.
    position: usize,
}

impl Resource {
    /// Its name, or one made of its position; with an ending that tells its type.
    pub(super) fn name(&self) -> String {
        let stated = self
            .file_name
            .as_deref()
            .map(|name| file_name(name.trim()))
            .filter(|name| !name.is_empty());
        let name = match stated {
            Some(name) => name.to_owned(),
            None => format!("attachment {}", self.position),
        };
        let ending = match self.media_type.as_str() {
            "application/pdf" => "pdf",
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "text/html" => "html",
            "text/plain" => "txt",
            _ => return name,
        };
        if extension(&name).is_empty() {
            format!("{name}.{ending}")
        } else {
            name
        }
    }

    /// Its bytes; `None` when they are not in base64.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        let packed: Vec<u8> = self.data.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        BASE64.decode(packed).ok()
    }
}

/// Reads the notes of an export in their order.
pub(super) struct Export<'a> {
    reader: Reader<&'a [u8]>,
    ended: bool,
}

impl<'a> Export<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            reader: Reader::from_str(text),
            ended: false,
        }
    }

    /// The next note, with the bytes of its element; `None` at the end.
    ///
    /// # Errors
    /// Why the rest cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<(Range<usize>, Note)>, String> {
        if self.ended {
            return Ok(None);
        }
        let mut note: Option<Note> = None;
        let mut begin = 0;
        // The names of the open elements within the note.
        let mut open: Vec<String> = Vec::new();
        let mut text = String::new();
        loop {
            let before = self.at();
            let event = self.reader.read_event().map_err(|error| {
                self.ended = true;
                error.to_string()
            })?;
            match event {
                Event::Start(start) => {
                    let name = start.local_name().into_inner().to_owned();
                    if note.is_none() {
                        note = (name == "note").then(Note::default);
                        begin = before;
                        continue;
                    }
                    if name == "resource"
                        && let Some(note) = &mut note
                    {
                        let position = note.resources.len() + 1;
                        note.resources.push(Resource {
                            position,
                            ..Resource::default()
                        });
                    }
                    open.push(name);
                    text.clear();
                }
                Event::Text(piece) if note.is_some() => text.push_str(&piece.xml10_content()),
                Event::CData(piece) if note.is_some() => text.push_str(&piece),
                Event::GeneralRef(entity) if note.is_some() => text.extend(resolved(&entity)),
                Event::End(_) => {
                    let Some(current) = &mut note else {
                        continue;
                    };
                    if open.is_empty() {
                        let range = begin..self.at();
                        return Ok(note.map(|note| (range, note)));
                    }
                    current.take(&open, std::mem::take(&mut text));
                    open.pop();
                }
                Event::Eof => {
                    self.ended = true;
                    return match note {
                        Some(_) => Err("it ends within a note".to_owned()),
                        None => Ok(None),
                    };
                }
                _ => {}
            }
        }
    }
}

impl Export<'_> {
    /// Bytes that are read.
    fn at(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }
}

impl Note {
    /// Takes in the text of the innermost of these elements.
    fn take(&mut self, open: &[String], text: String) {
        let said = || Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let names: Vec<&str> = open.iter().map(String::as_str).collect();
        match names.as_slice() {
            ["title"] => self.title = text,
            ["created"] => self.created = text.trim().to_owned(),
            ["tag"] => self.tags.extend(said()),
            ["content"] => self.content = text,
            ["note-attributes", "author"] => self.author = said(),
            ["note-attributes", "source-url"] => self.source = said(),
            ["resource", inside @ ..] => {
                let Some(resource) = self.resources.last_mut() else {
                    return;
                };
                match inside {
                    ["data"] => resource.data = text,
                    ["mime"] => resource.media_type = text.trim().to_ascii_lowercase(),
                    ["resource-attributes", "file-name"] => resource.file_name = said(),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
