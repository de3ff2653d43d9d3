//! Objects in older slides (PowerPoint 97 to 2003): they lie in records of their own, \[MS-PPT\] 2.10.34.

use std::io::{Cursor, Read};

use cfb::CompoundFile;
use flate2::read::ZlibDecoder;

/// A record that holds an object.
const OBJECT: u16 = 0x1011;

/// The objects, each as a compound file, with a name for each; at most `most` bytes of them.
pub(super) fn objects(bytes: &[u8], most: usize) -> Vec<(String, Vec<u8>)> {
    let stream = || {
        let mut container = CompoundFile::open(Cursor::new(bytes)).ok()?;
        let mut stream = Vec::new();
        let mut slides = container.open_stream("/PowerPoint Document").ok()?;
        slides.read_to_end(&mut stream).ok()?;
        Some(stream)
    };
    let Some(stream) = stream() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let (mut rest, mut left) = (stream.as_slice(), most);
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let [v0, v1, k0, k1, l0, l1, l2, l3] = *head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let Some(data) = after.get(..length) else {
            break;
        };
        rest = &after[length..];
        if u16::from_le_bytes([k0, k1]) != OBJECT {
            continue;
        }
        let compressed = u16::from_le_bytes([v0, v1]) >> 4 == 1;
        let object = if compressed {
            unpacked(data, left)
        } else {
            Some(data.to_vec()).filter(|data| data.len() <= left)
        };
        if let Some(object) = object.filter(|object| !is_program(object)) {
            left -= object.len();
            found.push((format!("object {}", found.len() + 1), object));
        }
    }
    found
}

/// What is compressed in `data` behind its length, if it is no more than `most` bytes. Nothing is read beyond that length:
/// what should follow it is missing at times.
fn unpacked(data: &[u8], most: usize) -> Option<Vec<u8>> {
    let (length, data) = data.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    if length as usize > most {
        return None;
    }
    let mut out = Vec::new();
    ZlibDecoder::new(data)
        .take(length.into())
        .read_to_end(&mut out)
        .ok()?;
    Some(out)
}

/// True for the program in slides, which lies among their objects.
fn is_program(object: &[u8]) -> bool {
    CompoundFile::open(Cursor::new(object)).is_ok_and(|container| container.is_storage("/VBA"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;
    use crate::office::ole::tests::compound;

    fn record(instance: u16, kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).expect("short");
        [
            &(instance << 4).to_le_bytes()[..],
            &kind.to_le_bytes(),
            &length.to_le_bytes(),
            data,
        ]
        .concat()
    }

    #[test]
    fn objects_are_found_compressed_or_not() {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
        packer.write_all(b"second object").expect("written");
        let packed = [&13u32.to_le_bytes()[..], &packer.finish().expect("packed")].concat();
        let stream = [
            record(0, 0x03e8, b"a slide"),
            record(0, OBJECT, b"first"),
            record(1, OBJECT, &packed[..packed.len() - 4]),
            record(0, OBJECT, &compound(&[("/VBA/dir", b"x")])),
            record(1, OBJECT, b"broken"),
            vec![0, 0, 0x11, 0x10, 0xff, 0xff, 0xff, 0xff],
        ]
        .concat();
        let slides = compound(&[("/PowerPoint Document", &stream)]);
        let found = objects(&slides, 10_000);
        let found: Vec<_> = found.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
        assert_eq!(
            found,
            [("object 1", &b"first"[..]), ("object 2", b"second object")]
        );
        assert_eq!(objects(&slides, 8).len(), 1, "only so many bytes");
    }
}
