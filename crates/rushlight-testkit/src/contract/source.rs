//! The suite of [`Source`].

use std::io::Read;
use std::ops::ControlFlow;

use rushlight_core::{ContentHash, ErrorCode, FileStamp, ScanEntry, Source};

/// Asserts what [`Source`] promises of an online root. `make` builds a root that holds exactly these files, paths and
/// contents, none of which is to be left out.
pub fn source(make: impl Fn(&[(&str, &str)]) -> Box<dyn Source>) {
    let files = [
        ("a/b/deep.md", "deep"),
        ("a/tea.md", "tea"),
        ("a b 🍵.txt", "cup"),
        ("ab/other.md", "other"),
        ("z.md", ""),
    ];
    let source = make(&files);
    let root = source.root();
    assert!(
        !root.is_empty() && !root.ends_with('/'),
        "the root is an absolute path: `{root}`"
    );

    let all = scan(&*source, "");
    let mut paths: Vec<&str> = all.iter().map(|stamp| stamp.path.as_str()).collect();
    assert_eq!(
        scan(&*source, ""),
        all,
        "a stable order, and the same stamps while nothing changes"
    );
    paths.sort_unstable();
    let mut expected = files.map(|(path, _)| path);
    expected.sort_unstable();
    assert_eq!(paths, expected, "visits everything, by its path below the root");

    let below: Vec<_> = scan(&*source, "a").into_iter().map(|stamp| stamp.path).collect();
    assert_eq!(
        below.len(),
        2,
        "only what is below the folder, not what starts like it: {below:?}"
    );
    assert_eq!(scan(&*source, "z.md").len(), 1, "a file's path stands for itself");

    let mut seen = 0;
    let stop = |_| {
        seen += 1;
        ControlFlow::Break(())
    };
    let summary = source.scan("", &mut { stop }).expect("scans");
    assert!(
        seen == 1 && summary.stopped && summary.online,
        "a scan stops when asked: {summary:?}"
    );

    for stamp in &all {
        let content = files
            .iter()
            .find(|(path, _)| *path == stamp.path)
            .expect("a known path")
            .1;
        assert_eq!(stamp.size, content.len() as u64, "the size in bytes");
        let raw = source.fetch(stamp).expect("reads");
        assert_eq!(
            (raw.path.as_str(), raw.bytes.as_slice()),
            (stamp.path.as_str(), content.as_bytes())
        );
        assert_eq!(
            raw.content_hash,
            ContentHash(*blake3::hash(content.as_bytes()).as_bytes()),
            "BLAKE3 of the bytes"
        );
        let mut bytes = Vec::new();
        let mut reader = source.open(stamp).expect("opens");
        reader.read_to_end(&mut bytes).expect("reads");
        assert_eq!(bytes, raw.bytes, "the same bytes piece by piece");
    }
    let gone = FileStamp {
        path: "gone.md".to_owned(),
        size: 1,
        modified_ns: 0,
        file_id: None,
    };
    assert_eq!(
        source.fetch(&gone).expect_err("gone").code(),
        ErrorCode::FileVanished
    );
    let error = source.open(&gone).err().expect("gone");
    assert_eq!(error.code(), ErrorCode::FileVanished);
}

fn scan(source: &dyn Source, under: &str) -> Vec<FileStamp> {
    let mut stamps = Vec::new();
    let summary = source
        .scan(under, &mut |entry| {
            match entry {
                ScanEntry::File(stamp) => stamps.push(stamp),
                other => panic!("nothing is left out here: {other:?}"),
            }
            ControlFlow::Continue(())
        })
        .expect("scans");
    assert!(
        summary.online && !summary.stopped && summary.unreadable == 0,
        "{summary:?}"
    );
    assert_eq!(
        summary.files,
        stamps.len() as u64,
        "the summary counts the files reported"
    );
    stamps
}
