//! What older workbooks (Excel 5 to 2003) say beside their values: how numbers are shown, comments, text boxes, headers and
//! links. Records of the Binary Interchange File Format, as \[MS-XLS\] has them.

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Read};

use encoding_rs::WINDOWS_1252;
use memchr::memmem::find;

use super::beside::{Beside, running_text};
use super::number::{built_in, is_the_computers_own};

/// An address in a link: what says so, before its length and its characters.
const URL_MONIKER: [u8; 16] = [
    0xe0, 0xc9, 0xea, 0x79, 0xf9, 0xba, 0xce, 0x11, 0x8c, 0x82, 0x00, 0xaa, 0x00, 0x4b, 0xa9, 0x0b,
];

/// How a workbook looks.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// Number formats by the number of a cell's style; nothing for values that are shown as they are.
    pub(super) codes: Vec<Option<String>>,
    /// Days are counted from 1904.
    pub(super) since_1904: bool,
    /// In the order of the workbook.
    pub(super) sheets: Vec<Look>,
}

/// How a sheet looks.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Styles of cells with a format, by row and column counted from zero.
    pub(super) styles: HashMap<(u32, u32), u16>,
    pub(super) beside: Beside,
}

/// Reads what there is; a broken workbook looks like nothing from where it breaks.
pub(super) fn read(bytes: &[u8]) -> Looks {
    let Some(stream) = workbook_stream(bytes) else {
        return Looks::default();
    };
    let mut looks = Looks::default();
    let mut by_number: HashMap<u16, String> = HashMap::new();
    let (mut styles, mut places) = (Vec::new(), Vec::new());
    let mut newest = true;
    for (kind, data) in records(&stream) {
        match kind {
            0x0809 => newest = u16_at(data, 0) == Some(0x0600),
            0x0022 => looks.since_1904 = u16_at(data, 0) == Some(1),
            0x041e => {
                let code = text(data, 2, newest);
                by_number.extend(u16_at(data, 0).zip(code));
            }
            0x00e0 => styles.push(u16_at(data, 2).unwrap_or_default()),
            0x0085 => places.extend(u32_at(data, 0).and_then(|place| usize::try_from(place).ok())),
            0x000a => break,
            _ => {}
        }
    }
    looks.codes = styles
        .into_iter()
        .map(|number| {
            let stated = by_number
                .get(&number)
                .filter(|_| !is_the_computers_own(number.into()));
            stated
                .cloned()
                .or_else(|| built_in(number.into()).map(str::to_owned))
        })
        .collect();
    let ends = ends(&places, stream.len());
    looks.sheets = places
        .into_iter()
        .zip(ends)
        .map(|(place, end)| sheet(stream.get(place..end).unwrap_or_default(), newest, &looks.codes))
        .collect();
    looks
}

/// Where the sheets that begin at these places end at the latest: no two of them share a record, so that all together are
/// no longer than the workbook.
fn ends(places: &[usize], length: usize) -> Vec<usize> {
    let mut sorted: Vec<usize> = places.to_vec();
    sorted.sort_unstable();
    let mut seen = HashSet::new();
    let end = |place: &usize| match sorted.get(sorted.partition_point(|other| other <= place)) {
        _ if !seen.insert(*place) => *place,
        Some(next) => (*next).min(length),
        None => length,
    };
    places.iter().map(end).collect()
}

fn workbook_stream(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut container = cfb::CompoundFile::open(Cursor::new(bytes)).ok()?;
    let name = ["/Workbook", "/Book"]
        .into_iter()
        .find(|name| container.is_stream(name))?;
    let mut stream = Vec::new();
    container.open_stream(name).ok()?.read_to_end(&mut stream).ok()?;
    Some(stream)
}

/// The records of a stream, with their kinds.
fn records(stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let kind = u16_at(rest, 0)?;
        let end = 4 + usize::from(u16_at(rest, 2)?);
        let data = rest.get(4..end)?;
        rest = &rest[end..];
        Some((kind, data))
    })
}

fn sheet(stream: &[u8], newest: bool, codes: &[Option<String>]) -> Look {
    let mut look = Look::default();
    let mut depth = 0usize;
    let mut drawn = Drawn::default();
    let mut comments = Vec::new();
    for (kind, data) in records(stream) {
        match kind {
            0x0809 => depth += 1,
            0x000a if depth <= 1 => break,
            0x000a => depth -= 1,
            // What lies deeper is a chart's own.
            _ if depth > 1 => {}
            0x0006 | 0x0203 | 0x027e => {
                if let (Some(row), Some(column), Some(style)) =
                    (u16_at(data, 0), u16_at(data, 2), u16_at(data, 4))
                {
                    look.style(row, column, style, codes);
                }
            }
            0x00bd => {
                let cells = data.len().saturating_sub(6) / 6;
                for index in 0..cells {
                    let column = usize::from(u16_at(data, 2).unwrap_or_default()) + index;
                    if let (Some(row), Ok(column), Some(style)) = (
                        u16_at(data, 0),
                        u16::try_from(column),
                        u16_at(data, 4 + 6 * index),
                    ) {
                        look.style(row, column, style, codes);
                    }
                }
            }
            0x0014 | 0x0015 => {
                let code = text(data, 0, newest);
                let texts = if kind == 0x0014 {
                    &mut look.beside.headers
                } else {
                    &mut look.beside.footers
                };
                texts.extend(code.and_then(|code| running_text(&code)));
            }
            0x01b8 => {
                let row = u16_at(data, 0).map_or(1, |row| u32::from(row) + 1);
                look.beside
                    .links
                    .extend(address(data).map(|target| (row, target)));
            }
            0x001c if newest => {
                let author = text(data, 8, true).unwrap_or_default();
                comments.extend(u16_at(data, 0).zip(u16_at(data, 6)).map(|place| (place, author)));
            }
            _ if newest => drawn.take(kind, data),
            _ => {}
        }
    }
    drawn.end();
    for ((row, object), author) in comments {
        if let Some(text) = drawn.comments.get(&object) {
            let line = if author.is_empty() || text.starts_with(&author) {
                text.clone()
            } else {
                format!("{author}: {text}")
            };
            look.beside.notes.push((u32::from(row) + 1, line));
        }
    }
    // Where a text box stands is in the drawing, which is not read.
    look.beside
        .notes
        .extend(drawn.boxes.into_iter().map(|text| (1, text)));
    look
}

impl Look {
    fn style(&mut self, row: u16, column: u16, style: u16, codes: &[Option<String>]) {
        if codes.get(usize::from(style)).is_some_and(Option::is_some) {
            self.styles.insert((row.into(), column.into()), style);
        }
    }
}

/// Gathers the texts of what is drawn upon a sheet. A text follows its object and is continued in records of its own.
#[derive(Default)]
struct Drawn {
    comments: HashMap<u16, String>,
    boxes: Vec<String>,
    /// The object that was begun last: its number, and whether it holds a comment.
    object: (u16, bool),
    /// Characters of the open text that are still to come, and those that came.
    left: usize,
    text: String,
}

impl Drawn {
    fn take(&mut self, kind: u16, data: &[u8]) {
        match kind {
            0x005d => {
                let number = u16_at(data, 6).unwrap_or_default();
                self.object = (number, u16_at(data, 4) == Some(0x19));
            }
            0x01b6 => {
                self.end();
                self.left = u16_at(data, 10).map_or(0, usize::from);
            }
            0x003c if self.left > 0 => {
                let Some((flags, characters)) = data.split_first() else {
                    return;
                };
                let text = characters_of(characters, flags & 1 == 1, self.left);
                self.left = self.left.saturating_sub(text.encode_utf16().count().max(1));
                self.text.push_str(&text);
                if self.left == 0 {
                    self.end();
                }
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        self.left = 0;
        let text = std::mem::take(&mut self.text).replace('\r', "\n");
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        match self.object {
            (number, true) => {
                self.comments.insert(number, text.to_owned());
            }
            (_, false) => self.boxes.push(text.to_owned()),
        }
    }
}

/// A string with its length before it, at this place of a record; `newest` tells Unicode from the older bytes.
fn text(data: &[u8], at: usize, newest: bool) -> Option<String> {
    if newest {
        let length = u16_at(data, at)?;
        let flags = data.get(at + 2)?;
        Some(characters_of(data.get(at + 3..)?, flags & 1 == 1, length.into()))
    } else {
        let length = usize::from(*data.get(at)?);
        let bytes = data.get(at + 1..at + 1 + length)?;
        Some(WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned())
    }
}

/// At most so many characters: two bytes each where they are `wide`, else the low bytes alone.
fn characters_of(data: &[u8], wide: bool, most: usize) -> String {
    if wide {
        let units = data
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let units: Vec<u16> = units.take(most).collect();
        String::from_utf16_lossy(&units)
    } else {
        data.iter().take(most).map(|byte| char::from(*byte)).collect()
    }
}

/// The address that a link leads to, if it leads out of the file.
fn address(data: &[u8]) -> Option<String> {
    let at = find(data, &URL_MONIKER)? + URL_MONIKER.len();
    let length = usize::try_from(u32_at(data, at)?).ok()?;
    let address = characters_of(data.get(at + 4..)?, true, length / 2);
    let address = address.split('\0').next().unwrap_or_default();
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    (!address.is_empty()).then(|| address.to_owned())
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).expect("a short record");
        [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
    }

    /// Numbers of two bytes.
    fn numbers(numbers: &[u16]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn wide(text: &str) -> Vec<u8> {
        let length = u16::try_from(text.encode_utf16().count()).expect("short");
        let mut out = [&length.to_le_bytes()[..], &[1]].concat();
        out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        out
    }

    fn workbook(stream: &[u8]) -> Vec<u8> {
        let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a container");
        let mut out = container.create_stream("/Workbook").expect("a stream");
        out.write_all(stream).expect("written");
        drop(out);
        container.into_inner().into_inner()
    }

    #[test]
    fn formats_comments_boxes_and_links_of_an_older_workbook() {
        let mut globals = record(0x0809, &numbers(&[0x0600, 5]));
        globals.extend(record(0x041e, &[numbers(&[164]), wide("0.0\"公斤\"")].concat()));
        for format in [0, 164, 9, 14] {
            globals.extend(record(0x00e0, &numbers(&[0, format])));
        }
        let place = u32::try_from(globals.len() + 12 + 4).expect("short");
        globals.extend(record(0x0085, &[&place.to_le_bytes()[..], &[0; 4]].concat()));
        globals.extend(record(0x000a, &[]));
        let mut sheet = record(0x0809, &numbers(&[0x0600, 16]));
        sheet.extend(record(0x0014, &wide("&C庫存 &P")));
        sheet.extend(record(0x0203, &[numbers(&[3, 1, 1]), vec![0; 8]].concat()));
        sheet.extend(record(0x00bd, &numbers(&[4, 1, 2, 0, 0, 0, 0, 0, 2])));
        let mut object = numbers(&[0x15, 0x12, 0x19, 7]);
        object.extend([0; 12]);
        sheet.extend(record(0x005d, &object));
        sheet.extend(record(0x01b6, &numbers(&[0, 0, 0, 0, 0, 5, 8, 0])));
        sheet.extend(record(0x003c, b"\0so"));
        sheet.extend(record(
            0x003c,
            &[&[1][..], &numbers(&[0x7d05, 0x8336, 0x21])].concat(),
        ));
        sheet.extend(record(0x003c, &[0; 16]));
        let mut link = numbers(&[5, 5, 0, 0]);
        link.extend(URL_MONIKER);
        link.extend(26u32.to_le_bytes());
        link.extend("http://tea.a\0".encode_utf16().flat_map(u16::to_le_bytes));
        sheet.extend(record(0x01b8, &link));
        sheet.extend(record(0x001c, &[numbers(&[3, 1, 0, 7]), wide("Ada")].concat()));
        sheet.extend(record(0x000a, &[]));
        let looks = read(&workbook(&[globals, sheet].concat()));
        let codes: Vec<_> = looks.codes.iter().map(Option::as_deref).collect();
        assert_eq!(codes, [None, Some("0.0\"公斤\""), Some("0%"), None]);
        let look = looks.sheets.first().expect("a sheet");
        let mut styles: Vec<_> = look.styles.iter().collect();
        styles.sort();
        assert_eq!(styles, [(&(3, 1), &1), (&(4, 1), &2)]);
        assert_eq!(look.beside.headers, ["庫存"]);
        assert_eq!(look.beside.notes, [(4, "Ada: so紅茶!".to_owned())]);
        assert_eq!(look.beside.links, [(6, "http://tea.a".to_owned())]);
    }

    #[test]
    fn sheets_share_no_records() {
        assert_eq!(ends(&[10, 50, 10, 90, 200], 100), [50, 90, 10, 100, 100]);
    }

    proptest! {
        #[test]
        fn any_records_end(kinds in proptest::collection::vec((0u16..0x0420, proptest::collection::vec(any::<u8>(), 0..40)), 0..30)) {
            let stream: Vec<u8> = kinds.iter().flat_map(|(kind, data)| record(*kind, data)).collect();
            let looks = read(&workbook(&stream));
            prop_assert!(looks.sheets.len() <= kinds.len());
        }
    }
}
