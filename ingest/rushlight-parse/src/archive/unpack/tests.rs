use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const ALL: Window = Window {
    from: 0,
    max_members: 100,
    batch_bytes: 1 << 20,
    max_member: 1 << 20,
};

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer
            .start_file(*path, SimpleFileOptions::default())
            .expect("starts");
        writer.write_all(bytes).expect("writes");
    }
    writer.finish().expect("ends").into_inner()
}

fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        builder.append_data(&mut header, path, *bytes).expect("appends");
    }
    builder.into_inner().expect("ends")
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("writes");
    encoder.finish().expect("ends")
}

fn paths(found: &Unpacked) -> Vec<&str> {
    found.members.iter().map(|member| member.path.as_str()).collect()
}

fn unread(found: &Unpacked) -> Vec<(&str, &str)> {
    let named = found.unread.named.iter();
    named.map(|(path, why)| (path.as_str(), why.as_str())).collect()
}

#[test]
fn every_kind_hands_over_its_files() {
    let files: [(&str, &[u8]); 2] = [("notes/tea.md", b"# Green tea\n"), ("茶.txt", "茶".as_bytes())];
    let seven = hex(SEVEN_ZIP);
    let cases = [
        (ArchiveKind::Zip, zipped(&files)),
        (ArchiveKind::Tar, tarred(&files)),
        (ArchiveKind::Gzip, gzipped(&tarred(&files))),
        (ArchiveKind::SevenZip, seven),
    ];
    for (kind, bytes) in cases {
        let found = unpack(kind, &bytes, ALL).expect("unpacks");
        let got: Vec<(&str, &[u8])> = found
            .members
            .iter()
            .map(|member| (member.path.as_str(), &*member.bytes))
            .collect();
        assert_eq!(got, files, "{kind:?}");
        assert_eq!((found.next, unread(&found)), (None, vec![]), "{kind:?}");
    }
}

#[test]
fn a_file_compressed_alone_has_no_path() {
    let found = unpack(ArchiveKind::Gzip, &gzipped(b"tea"), ALL).expect("unpacks");
    assert_eq!((paths(&found), &*found.members[0].bytes), (vec![""], &b"tea"[..]));
}

#[test]
fn windows_join_to_the_whole() {
    let names: Vec<String> = (0..10).map(|n| format!("{n}.txt")).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), &b"0123456789"[..]))
        .collect();
    for (kind, bytes) in [
        (ArchiveKind::Zip, zipped(&files)),
        (ArchiveKind::Tar, tarred(&files)),
    ] {
        let mut window = Window {
            batch_bytes: 25,
            ..ALL
        };
        let (mut all, mut batches) = (Vec::new(), 0);
        loop {
            let found = unpack(kind, &bytes, window).expect("unpacks");
            all.extend(found.members.into_iter().map(|member| member.path));
            batches += 1;
            match found.next {
                Some(next) => window.from = next,
                None => break,
            }
        }
        assert_eq!((all, batches), (names.clone(), 4), "{kind:?}");
    }
}

#[test]
fn limits_are_said() {
    let long = vec![0u8; 5000];
    let bytes = zipped(&[
        ("a.txt", &long),
        ("b.txt", b"tea"),
        ("c.txt", b"x"),
        ("d.txt", b"y"),
    ]);
    let window = Window {
        max_member: 4096,
        max_members: 3,
        ..ALL
    };
    let found = unpack(ArchiveKind::Zip, &bytes, window).expect("unpacks");
    assert_eq!(paths(&found), ["b.txt", "c.txt"]);
    assert_eq!(
        unread(&found),
        [
            ("a.txt", "it is longer than 0 MB"),
            ("d.txt", "it and those behind it are more than 3 files"),
        ]
    );
}

#[test]
fn what_is_encrypted_is_said() {
    let mut bytes = zipped(&[("a.txt", b"secret"), ("b.txt", b"tea")]);
    lock(&mut bytes, b"a.txt");
    let found = unpack(ArchiveKind::Zip, &bytes, ALL).expect("unpacks");
    assert_eq!(paths(&found), ["b.txt"]);
    assert_eq!(unread(&found), [("a.txt", "it is encrypted")]);
    lock(&mut bytes, b"b.txt");
    assert_eq!(
        unpack(ArchiveKind::Zip, &bytes, ALL),
        Err(ArchiveFault::Encrypted)
    );
    assert_eq!(
        unpack(ArchiveKind::SevenZip, &hex(LOCKED), ALL),
        Err(ArchiveFault::Encrypted)
    );
}

/// Sets the mark of encryption in both headers of a member.
fn lock(bytes: &mut [u8], name: &[u8]) {
    let places: Vec<usize> = memchr::memmem::find_iter(bytes, name).collect();
    for at in places {
        if bytes.get(at - 30..at - 26) == Some(b"PK\x03\x04") {
            bytes[at - 24] |= 1;
        } else if bytes.get(at - 46..at - 42) == Some(b"PK\x01\x02") {
            bytes[at - 38] |= 1;
        }
    }
}

#[test]
fn paths_stay_inside_and_litter_is_left() {
    let cases: [(&[u8], &str); 5] = [
        (b"../../etc/passwd", "etc/passwd"),
        (b"/a//./b.txt", "a/b.txt"),
        (b"a\\b.txt", "a/b.txt"),
        (b"\xb2\xe8\xd2\xb6\xd3\xeb\xcb\xae\xb9\xfb.txt", "茶叶与水果.txt"),
        (b"a\nb.txt", "a\u{fffd}b.txt"),
    ];
    for (raw, path) in cases {
        assert_eq!(path_of(raw), path);
    }
    let bytes = zipped(&[
        ("__MACOSX/._a.txt", b"x"),
        ("n/.DS_Store", b"x"),
        ("a.txt", b"tea"),
    ]);
    assert_eq!(
        paths(&unpack(ArchiveKind::Zip, &bytes, ALL).expect("unpacks")),
        ["a.txt"]
    );
}

#[test]
fn a_broken_end_keeps_what_came_before() {
    let bytes = tarred(&[("a.txt", b"tea"), ("b.txt", &[7u8; 3000])]);
    let found = unpack(ArchiveKind::Tar, &bytes[..2048], ALL).expect("unpacks");
    assert_eq!(found.members[0].path, "a.txt");
    assert!(
        unread(&found)
            .iter()
            .any(|(path, _)| *path == "the rest" || *path == "b.txt")
            || found.members.len() == 2,
        "{found:?}"
    );
    let fault = unpack(ArchiveKind::Zip, &zipped(&[("a.txt", b"tea")])[..20], ALL);
    assert!(matches!(fault, Err(ArchiveFault::Broken(_))), "{fault:?}");
    assert_eq!(
        unpack(ArchiveKind::SevenZip, b"7z\xbc\xaf\x27\x1crest", ALL),
        Err(ArchiveFault::Broken(
            "its version 114.101 is not known".to_owned()
        ))
    );
}

proptest! {
    #[test]
    fn changed_bytes_end_in_a_status(
        changes in proptest::collection::vec((0usize..2000, any::<u8>()), 1..8),
        kind in 0usize..4,
    ) {
        let files: [(&str, &[u8]); 2] = [("a.txt", b"tea tea tea tea"), ("b/c.txt", b"milk")];
        let (kind, mut bytes) = match kind {
            0 => (ArchiveKind::Zip, zipped(&files)),
            1 => (ArchiveKind::Tar, tarred(&files)),
            2 => (ArchiveKind::Gzip, gzipped(&tarred(&files))),
            _ => (ArchiveKind::SevenZip, hex(SEVEN_ZIP)),
        };
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        if let Ok(found) = unpack(kind, &bytes, ALL) {
            prop_assert!(found.members.iter().all(|member| member.bytes.len() as u64 <= ALL.max_member));
        }
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("digits");
            u8::from_str_radix(pair, 16).expect("digits")
        })
        .collect()
}

/// `notes/tea.md` and `茶.txt`, in LZMA2.
const SEVEN_ZIP: &str = "377abcaf271c0004d483360084000000000000001400000000000000352f72b401000e2320477265656e207465610ae8 \
    8cb600e0007600695d0000813307ae0fcf27f08c07c8437f41889a9b7db761609f5ba18578ef7686222c22f98f422a66 \
    46931fee386e132e7647022967123070d2a11683ff9fb674d0227d84bd6b1f2fb29226d5f04c8a3841039d7a8dbb7523 \
    55674b63b5f21a8d3fd3a09fa70912be0000000017061301097100070b010001212101180c770000";

/// A file under a password, written by py7zr.
const LOCKED: &str = "377abcaf271c0004b1aa74c088000000000000001400000000000000e44d8f2f31e1676215bdd40a878d429b6c947dbf \
    e0007200705d0000813307ae0fcef37246f24fed18ef0f708178af23340ba075220fef2f912114c045778b86bfb2b315 \
    44c18d0cad65ea866923cf35d02875173920fee074e0bf99f9b11978633b6447cd6f5cae083b9749da8a836d2ce3d92c \
    7068c83ba667a8d274af4251cd3e39aa8e0297e80000000017061001097800070b010001212101180c730000";
