//! IWA, the form of iWork's documents since 2013: messages of protocol buffers, compressed with Snappy. Only the messages
//! that hold words are looked into.

use crate::office::package::Package;
use crate::office::{OfficeText, Piece, Role, Spot};

/// Messages with the text of a page, a box, a note or a comment.
const STORAGES: [u64; 2] = [2001, 2005];
/// Messages with the words of a table's cells.
const TABLE_WORDS: u64 = 6005;
/// Longest piece, unpacked; Apple compresses 64 KiB at a time.
const MAX_PIECE: usize = 1 << 20;

/// The words of a document.
pub(super) fn read(package: &mut Package<'_>, max_text: usize) -> OfficeText {
    let mut out = OfficeText::default();
    let mut names: Vec<String> = package
        .names()
        .into_iter()
        .filter(|name| name.ends_with(".iwa") && !is_example(name))
        .collect();
    // The document itself before what its tables hold.
    names.sort_by_key(|name| name.contains("/Tables/"));
    let mut taken = 0usize;
    for name in names {
        let Some((bytes, _)) = package.bytes(&name, u64::MAX) else {
            continue;
        };
        for text in texts(&unpacked(&bytes)) {
            taken += text.len();
            out.pieces.push(Piece {
                role: Role::Paragraph,
                text,
                spot: Spot::Whole,
            });
        }
        out.truncated |= taken > max_text;
        if out.truncated {
            break;
        }
    }
    if !out.pieces.is_empty() {
        out.unread.push("numbers in tables".to_owned());
    }
    out
}

/// True for the forms that slides are made by.
fn is_example(name: &str) -> bool {
    name.contains("MasterSlide") || name.contains("TemplateSlide")
}

/// The texts in an archive's messages.
fn texts(archive: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = archive;
    while let Some(info) = counted(&mut rest) {
        for message in fields(info).filter(|field| field.number == 2) {
            let number = |number| {
                let field = fields(message.bytes).find(|field| field.number == number);
                field.map_or(0, |field| field.value)
            };
            let length = usize::try_from(number(3)).unwrap_or(usize::MAX);
            let Some(payload) = rest.get(..length) else {
                return found;
            };
            rest = &rest[length..];
            let kind = number(1);
            let texts = fields(payload).filter(|field| field.number == 3);
            if STORAGES.contains(&kind) {
                texts.for_each(|text| say(text.bytes, &mut found));
            } else if kind == TABLE_WORDS {
                let words = texts
                    .flat_map(|entry| fields(entry.bytes))
                    .filter(|field| field.number == 3);
                words.for_each(|word| say(word.bytes, &mut found));
            }
        }
    }
    found
}

/// Takes the paragraphs of a text. Pictures and the like stand in it as a mark.
fn say(bytes: &[u8], found: &mut Vec<String>) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.split(['\n', '\u{2028}', '\u{2029}']) {
        let line = line.replace('\u{fffc}', " ");
        let line = line.trim();
        if !line.is_empty() {
            found.push(line.to_owned());
        }
    }
}

/// A field of a message: a number, or bytes.
struct Field<'a> {
    number: u64,
    value: u64,
    bytes: &'a [u8],
}

/// The fields of a message, as far as it is sound.
fn fields(message: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        let key = varint(&mut rest)?;
        let mut field = Field {
            number: key >> 3,
            value: 0,
            bytes: &[],
        };
        match key & 7 {
            0 => field.value = varint(&mut rest)?,
            1 => rest = rest.get(8..)?,
            2 => field.bytes = counted(&mut rest)?,
            5 => rest = rest.get(4..)?,
            _ => return None,
        }
        Some(field)
    })
}

/// Takes a number of seven bits to a byte.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Takes bytes with their number before them.
fn counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut after = *rest;
    let length = usize::try_from(varint(&mut after)?).ok()?;
    let found = after.get(..length)?;
    *rest = &after[length..];
    Some(found)
}

/// The pieces of an archive put together, up to the first that is broken.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some(([0, a, b, c], after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes([*a, *b, *c, 0]) as usize;
        let Some(piece) = after.get(..length).and_then(snappy) else {
            break;
        };
        out.extend(piece);
        rest = &after[length..];
    }
    out
}

/// One piece, compressed with Snappy: its length, then bytes as they are and copies of what came before.
fn snappy(piece: &[u8]) -> Option<Vec<u8>> {
    let mut rest = piece;
    let length = usize::try_from(varint(&mut rest)?)
        .ok()
        .filter(|length| *length <= MAX_PIECE)?;
    let mut out = Vec::with_capacity(length);
    while let Some((tag, after)) = rest.split_first() {
        rest = after;
        let upper = usize::from(tag >> 2);
        let (length, back) = match tag & 3 {
            0 => {
                let length = match upper {
                    0..60 => upper,
                    _ => little(&mut rest, upper - 59)?,
                } + 1;
                out.extend(rest.get(..length)?);
                rest = &rest[length..];
                continue;
            }
            1 => ((upper & 7) + 4, (upper >> 3) << 8 | little(&mut rest, 1)?),
            2 => (upper + 1, little(&mut rest, 2)?),
            _ => (upper + 1, little(&mut rest, 4)?),
        };
        let begin = out.len().checked_sub(back).filter(|_| back > 0)?;
        for at in begin..begin + length {
            out.push(*out.get(at)?);
        }
        if out.len() > MAX_PIECE {
            return None;
        }
    }
    (out.len() == length).then_some(out)
}

/// Takes a number of so many bytes, at most four.
fn little(rest: &mut &[u8], bytes: usize) -> Option<usize> {
    let found = rest.get(..bytes)?;
    *rest = &rest[bytes..];
    Some(
        found
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | usize::from(*byte)),
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;

    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).expect("short");
        [&[number << 3 | 2, length][..], bytes].concat()
    }

    fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).expect("short");
        let kind = [0x08, (kind & 0x7f) as u8 | 0x80, (kind >> 7) as u8];
        let info = field(2, &[&kind[..], &[0x18, length]].concat());
        let info = [&[0x08, 1][..], &info].concat();
        let count = u8::try_from(info.len()).expect("short");
        [&[count][..], &info, payload].concat()
    }

    /// An archive of these bytes, as they are.
    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut piece = vec![bytes.len() as u8 & 0x7f | 0x80, (bytes.len() >> 7) as u8];
        for part in bytes.chunks(60) {
            piece.push((part.len() as u8 - 1) << 2);
            piece.extend(part);
        }
        [&[0, piece.len() as u8, (piece.len() >> 8) as u8, 0][..], &piece].concat()
    }

    #[test]
    fn words_of_pages_and_tables_are_read() {
        let archive = [
            message(2001, &field(3, "All of tea\n\u{fffc}\n茶".as_bytes())),
            message(401, &field(3, b"of no interest")),
            message(
                6005,
                &field(3, &[field(1, b"x"), field(3, "红茶".as_bytes())].concat()),
            ),
        ]
        .concat();
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in [
            ("Index/Document.iwa", packed(&archive)),
            (
                "Index/MasterSlide.iwa",
                packed(&message(2001, &field(3, b"Title Text"))),
            ),
        ] {
            zip.start_file(name, zip::write::SimpleFileOptions::default())
                .expect("a part");
            zip.write_all(&bytes).expect("written");
        }
        let bytes = zip.finish().expect("a package").into_inner();
        let found = super::super::read(&bytes, 1000).expect("is read");
        let texts: Vec<_> = found.pieces.iter().map(|piece| &*piece.text).collect();
        assert_eq!(texts, ["All of tea", "茶", "红茶"]);
        assert_eq!(found.unread, ["numbers in tables"]);
    }

    #[test]
    fn copies_are_followed_and_lies_are_not() {
        // Three bytes as they are, then nine from three before.
        assert_eq!(
            snappy(&[12, 2 << 2, b'a', b'b', b'c', 0x15, 3]),
            Some(b"abcabcabcabc".to_vec())
        );
        assert_eq!(snappy(&[12, 0x15, 3]), None, "nothing to copy");
        assert_eq!(snappy(&[1, 0, b'a', 0, b'b']), None, "longer than it says");
        assert_eq!(snappy(&[0xff, 0xff, 0xff, 0x7f]), None, "too long");
    }

    proptest! {
        #[test]
        fn any_archive_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = texts(&bytes);
            let _ = snappy(&bytes);
            let _ = unpacked(&bytes);
        }
    }
}
