//! Objects of other programs in a document (OLE): the file that one holds is taken out of it.

use std::io::{self, Cursor, Read, Write};
use std::path::Path;

use cfb::CompoundFile;
use encoding_rs::WINDOWS_1252;

use super::kind::{of_cfb, of_zip};

/// What a compound file begins with.
pub(super) const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// A file out of an object, with its name where that is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) name: Option<String>,
    pub(super) bytes: Vec<u8>,
}

/// The file that an object holds; nothing when it is another program's own data. What is no compound file is a file.
pub(super) fn held(bytes: Vec<u8>) -> Option<Held> {
    if !bytes.starts_with(COMPOUND) {
        return Some(Held { name: None, bytes });
    }
    let mut container = CompoundFile::open(Cursor::new(bytes.as_slice())).ok()?;
    if let Some(stream) = stream(&mut container, "/\u{1}Ole10Native") {
        return native(&stream);
    }
    for name in ["/Package", "/EmbeddedOdf", "/CONTENTS", "/Contents"] {
        if let Some(bytes) = stream(&mut container, name).filter(|bytes| is_document(bytes)) {
            return Some(Held { name: None, bytes });
        }
    }
    let message = container.is_stream("/__properties_version1.0");
    let name = message.then(|| "message.msg".to_owned());
    (message || of_cfb(&bytes, "").is_some()).then_some(Held { name, bytes })
}

fn is_document(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-") || bytes.starts_with(b"{\\rtf") || of_zip(bytes).is_some()
}

fn stream(container: &mut CompoundFile<Cursor<&[u8]>>, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    container.open_stream(name).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// A file that was dropped into a document, with a header of its own (\[MS-OLEDS\] 2.3.6 and what Windows' packager writes
/// into it).
fn native(stream: &[u8]) -> Option<Held> {
    packaged(stream.get(4..)?).or_else(|| {
        let bytes = stream.get(4..)?.to_vec();
        is_document(&bytes).then_some(Held { name: None, bytes })
    })
}

/// What Windows' packager writes: names, then the file.
fn packaged(data: &[u8]) -> Option<Held> {
    let mut rest = data.strip_prefix(&[2, 0])?;
    let label = until_nul(&mut rest)?;
    until_nul(&mut rest)?;
    rest = rest.get(4..)?;
    let path = long(&mut rest)?;
    rest = rest.get(path..)?;
    let length = long(&mut rest)?;
    let bytes = rest.get(..length)?.to_vec();
    // The names once more, in UTF-16: the path, the label, the original path.
    let wide = rest.get(length..).and_then(|mut rest| {
        wide(&mut rest)?;
        wide(&mut rest)
    });
    let name = wide.unwrap_or_else(|| WINDOWS_1252.decode_without_bom_handling(label).0.into_owned());
    let name = name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    Some(Held {
        name: Some(name).filter(|name| !name.is_empty()),
        bytes,
    })
}

/// An object in the older form that rich text writes (OLE 1): its class, then its data.
pub(super) fn first_version(data: &[u8]) -> Option<Held> {
    let mut rest = data.get(4..)?;
    let embedded = 2;
    if long(&mut rest)? != embedded {
        return None;
    }
    let class = counted(&mut rest)?.to_ascii_lowercase();
    counted(&mut rest)?;
    counted(&mut rest)?;
    let length = long(&mut rest)?;
    let data = rest.get(..length.min(rest.len()))?;
    if class.starts_with(b"package") {
        packaged(data)
    } else {
        held(data.to_vec()).filter(|held| data.starts_with(COMPOUND) || is_document(&held.bytes))
    }
}

/// Takes bytes up to a NUL, which is dropped.
fn until_nul<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    let found = &rest[..end];
    *rest = &rest[end + 1..];
    Some(found)
}

/// Takes a length.
fn long(rest: &mut &[u8]) -> Option<usize> {
    let (number, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    usize::try_from(u32::from_le_bytes(*number)).ok()
}

/// Takes bytes with their length before them.
fn counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = long(rest)?;
    let found = rest.get(..length)?;
    *rest = &rest[length..];
    Some(found)
}

/// Takes UTF-16 with its number of characters before it.
fn wide(rest: &mut &[u8]) -> Option<String> {
    let length = long(rest)?.checked_mul(2)?;
    let found = rest.get(..length)?;
    *rest = &rest[length..];
    let units = found
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Some(String::from_utf16_lossy(&units.collect::<Vec<_>>()))
}

/// The objects in an older document or workbook, each as a compound file, with their place; at most `most` bytes of them.
pub(super) fn objects(bytes: &[u8], most: usize) -> Vec<(String, Vec<u8>)> {
    let Ok(mut container) = CompoundFile::open(Cursor::new(bytes)) else {
        return Vec::new();
    };
    let is_object = |path: &Path| {
        let path = path.to_string_lossy().replace('\\', "/");
        let pooled = path
            .strip_prefix("/ObjectPool/")
            .is_some_and(|rest| !rest.contains('/'));
        let in_workbook = path.strip_prefix("/MBD").is_some_and(|rest| !rest.contains('/'));
        pooled || in_workbook
    };
    let places = container
        .walk()
        .filter(|entry| entry.is_storage() && is_object(entry.path()));
    let places: Vec<_> = places.map(|entry| entry.path().to_owned()).collect();
    let mut found = Vec::new();
    let mut left = most;
    for place in places {
        let Ok(object) = copied(&mut container, &place, left) else {
            continue;
        };
        left = left.saturating_sub(object.len());
        let name = place
            .to_string_lossy()
            .trim_start_matches(['/', '\\'])
            .replace('\\', "/");
        found.push((name, object));
    }
    found
}

/// A folder of a compound file as one of its own.
fn copied(from: &mut CompoundFile<Cursor<&[u8]>>, folder: &Path, most: usize) -> io::Result<Vec<u8>> {
    let entries: Vec<_> = from.walk_storage(folder)?.collect();
    let size: u64 = entries.iter().map(cfb::Entry::len).sum();
    if size > most as u64 {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut to = CompoundFile::create(Cursor::new(Vec::new()))?;
    for entry in entries {
        let path = entry.path().strip_prefix(folder).map_err(io::Error::other)?;
        if path.as_os_str().is_empty() {
            continue;
        }
        let path = Path::new("/").join(path);
        if entry.is_stream() {
            let mut bytes = Vec::new();
            from.open_stream(entry.path())?.read_to_end(&mut bytes)?;
            to.create_stream(&path)?.write_all(&bytes)?;
        } else {
            to.create_storage(&path)?;
        }
    }
    to.flush()?;
    Ok(to.into_inner().into_inner())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A compound file of these streams.
    pub(crate) fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let mut container = CompoundFile::create(Cursor::new(Vec::new())).expect("a container");
        for (path, bytes) in streams {
            if let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) {
                container.create_storage_all(folder).expect("a folder");
            }
            let mut stream = container.create_stream(path).expect("a stream");
            stream.write_all(bytes).expect("written");
        }
        container.flush().expect("written");
        container.into_inner().into_inner()
    }

    /// What Windows' packager makes of a file.
    pub(crate) fn package_of(name: &str, bytes: &[u8]) -> Vec<u8> {
        let length = |length: usize| u32::try_from(length).expect("short").to_le_bytes();
        let mut data = vec![2, 0];
        data.extend(b"label?\0C:\\label?\0\0\0\x03\0");
        data.extend(length(4));
        data.extend(b"tmp\0");
        data.extend(length(bytes.len()));
        data.extend(bytes);
        for text in ["tmp", name, name] {
            data.extend(length(text.encode_utf16().count()));
            data.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        }
        data
    }

    fn native_of(name: &str, bytes: &[u8]) -> Vec<u8> {
        let data = package_of(name, bytes);
        [
            &u32::try_from(data.len()).expect("short").to_le_bytes()[..],
            &data,
        ]
        .concat()
    }

    #[test]
    fn the_file_in_an_object_is_found() {
        let native = native_of("茶單.txt", b"tea");
        let found = held(compound(&[("/\u{1}Ole10Native", &native)])).expect("a file");
        assert_eq!(
            (found.name.as_deref(), &*found.bytes),
            (Some("茶單.txt"), &b"tea"[..])
        );
        let found = held(compound(&[("/CONTENTS", b"%PDF-1.7 x")])).expect("a file");
        assert_eq!(found.bytes, b"%PDF-1.7 x");
        let book = compound(&[("/Workbook", b"")]);
        assert_eq!(held(book.clone()).expect("a file").bytes, book);
        assert_eq!(held(compound(&[("/Equation Native", b"x")])), None);
        assert_eq!(held(b"PK".to_vec()).expect("a file").bytes, b"PK");
    }

    #[test]
    fn objects_of_older_documents_are_found() {
        let document = compound(&[
            ("/WordDocument", b"x"),
            ("/ObjectPool/_1/CONTENTS", b"%PDF-1"),
            ("/ObjectPool/_1/\u{1}Ole", b""),
            ("/MBD1/Workbook", b"y"),
        ]);
        let found = objects(&document, 1 << 20);
        let names: Vec<_> = found.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["MBD1", "ObjectPool/_1"]);
        assert_eq!(held(found[1].1.clone()).expect("a file").bytes, b"%PDF-1");
        assert!(objects(&document, 3).len() < 2, "only so many bytes");
    }

    #[test]
    fn objects_of_rich_text_are_found() {
        let length = |length: usize| u32::try_from(length).expect("short").to_le_bytes();
        let data = package_of("a.txt", b"tea");
        let mut object = [&[1, 5, 0, 0][..], &length(2), &length(8), b"Package\0", &[0; 8]].concat();
        object.extend(length(data.len()));
        object.extend(data);
        assert_eq!(first_version(&object).expect("a file").bytes, b"tea");
        assert_eq!(first_version(&object[..30]), None);
    }
}
