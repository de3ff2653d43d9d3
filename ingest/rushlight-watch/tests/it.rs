//! Scanning, reading and watching real folders.

use std::fs;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rushlight_core::{ErrorCode, FileStamp, ScanEntry, ScanSummary, Source, SourceEvent, WatchGuard};
use rushlight_watch::{FolderOptions, FolderSource, LargeFiles};
use tempfile::TempDir;

fn source(root: &Path) -> FolderSource {
    FolderSource::new(root, FolderOptions::default()).expect("a sound root")
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("below the root")).expect("folder");
    fs::write(path, text).expect("written");
}

/// What a scan sees, one line each.
fn scan(source: &FolderSource, under: &str) -> (Vec<String>, ScanSummary) {
    let mut lines = Vec::new();
    let summary = source
        .scan(under, &mut |entry| {
            lines.push(match entry {
                ScanEntry::File(stamp) => stamp.path,
                ScanEntry::Skipped { stamp, reason } => format!("{} {}", reason.code, stamp.path),
                ScanEntry::Unreadable { path, .. } => format!("unreadable {path}"),
            });
            ControlFlow::Continue(())
        })
        .expect("scans");
    (lines, summary)
}

fn stamp(source: &FolderSource, path: &str) -> FileStamp {
    let mut found = None;
    source
        .scan("", &mut |entry| {
            if let ScanEntry::File(stamp) = entry
                && stamp.path == path
            {
                found = Some(stamp);
            }
            ControlFlow::Continue(())
        })
        .expect("scans");
    found.expect("the file is there")
}

#[test]
fn a_scan_sees_files_in_a_stable_order_and_leaves_out_what_is_ignored() {
    let root = TempDir::new().expect("temp");
    for path in [
        "b.md",
        "a/z.md",
        "a/y 🫖.md",
        ".git/config",
        "node_modules/x/a.md",
        "a/.a.md.swp",
        "a/old/c.md",
        "drafts/d.md",
    ] {
        write(root.path(), path, "x");
    }
    write(root.path(), ".gitignore", "b.md\n");
    write(root.path(), "a/.rushlightignore", "old/\n");
    let options = FolderOptions {
        ignore_patterns: vec!["drafts/".to_owned()],
        ..FolderOptions::default()
    };
    let source = FolderSource::new(root.path(), options).expect("sound");
    let (lines, summary) = scan(&source, "");
    assert_eq!(lines, ["a/y 🫖.md", "a/z.md", "b.md"]);
    assert_eq!(summary.devices.len(), 1, "all of it lies on one disk");
    assert_eq!(
        summary,
        ScanSummary {
            online: true,
            files: 3,
            unreadable: 0,
            stopped: false,
            devices: summary.devices.clone(),
        }
    );
    // Asked for a part, the same rules hold.
    assert_eq!(scan(&source, "a").0, ["a/y 🫖.md", "a/z.md"]);
    assert_eq!(scan(&source, "a/z.md").0, ["a/z.md"]);
    for under in [
        "a/old",
        "a/old/c.md",
        "drafts",
        ".git/config",
        "gone",
        "../..",
        "a/../b.md",
    ] {
        assert_eq!(scan(&source, under).0, Vec::<String>::new(), "{under}");
    }
}

#[test]
fn ignore_files_hold_below_their_folder_wherever_a_scan_begins() {
    let root = TempDir::new().expect("temp");
    for path in [
        "a/old/x.md",
        "a/b/old/x.md",
        "a/b/keep.log",
        "a/b/x.log",
        "a/b/new/x.log",
        "x.log",
    ] {
        write(root.path(), path, "x");
    }
    // An anchored pattern, and one that a file further down takes back in part.
    write(root.path(), ".rushlightignore", "/a/old/\n*.log\n");
    write(root.path(), "a/.rushlightignore", "!keep.log\n");
    write(root.path(), "a/b/new/.rushlightignore", "!x.log\n");
    let source = source(root.path());
    let all = ["a/b/keep.log", "a/b/new/x.log", "a/b/old/x.md"];
    for under in ["", "a", "a/b"] {
        assert_eq!(scan(&source, under).0, all, "{under}");
    }
    for path in all {
        assert_eq!(scan(&source, path).0, [path]);
    }
    assert_eq!(scan(&source, "a/b/new").0, ["a/b/new/x.log"]);
    for under in ["a/old", "a/old/x.md", "a/b/x.log", "x.log"] {
        assert_eq!(scan(&source, under).0, Vec::<String>::new(), "{under}");
    }
}

#[test]
fn a_scan_stops_when_asked() {
    let root = TempDir::new().expect("temp");
    for n in 0..5 {
        write(root.path(), &format!("{n}.md"), "x");
    }
    let mut seen = 0;
    let summary = source(root.path())
        .scan("", &mut |_| {
            seen += 1;
            if seen == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .expect("scans");
    assert!(summary.stopped && seen == 2);
}

#[test]
fn a_missing_root_is_offline_and_an_empty_one_is_not() {
    let root = TempDir::new().expect("temp");
    assert!(scan(&source(root.path()), "").1.online);
    assert!(!scan(&source(&root.path().join("gone")), "").1.online);
    let error = FolderSource::new("relative", FolderOptions::default()).expect_err("refused");
    assert_eq!(error.code(), ErrorCode::PathUnsuitable);
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_files_inside_only() {
    use std::os::unix::fs::symlink;
    let root = TempDir::new().expect("temp");
    let outside = TempDir::new().expect("temp");
    write(root.path(), "a/real.md", "x");
    write(outside.path(), "secret.md", "x");
    symlink("a/real.md", root.path().join("link.md")).expect("link");
    symlink("..", root.path().join("a/loop")).expect("link");
    symlink("self", root.path().join("self")).expect("link");
    symlink("nowhere", root.path().join("dangling")).expect("link");
    symlink(outside.path(), root.path().join("out")).expect("link");
    symlink(outside.path().join("secret.md"), root.path().join("out.md")).expect("link");
    let source = source(root.path());
    assert_eq!(
        scan(&source, "").0,
        [
            "a/real.md",
            "link.md",
            "symlink_outside out",
            "symlink_outside out.md"
        ]
    );
    // Asked for a link or for what lies behind one, a scan says no more than the whole one does.
    for under in [
        "a/loop",
        "a/loop/a",
        "a/loop/link.md",
        "out/secret.md",
        "self",
        "dangling",
    ] {
        assert_eq!(scan(&source, under).0, Vec::<String>::new(), "{under}");
    }
    assert_eq!(scan(&source, "link.md").0, ["link.md"]);
    assert_eq!(scan(&source, "out").0, ["symlink_outside out"]);
    assert_eq!(
        source.fetch(&stamp(&source, "link.md")).expect("inside").bytes,
        b"x"
    );
    for path in ["out.md", "out/secret.md"] {
        let wanted = FileStamp {
            path: path.to_owned(),
            size: 1,
            modified_ns: 0,
            file_id: None,
        };
        assert_eq!(
            source.fetch(&wanted).expect_err("outside").code(),
            ErrorCode::FileUnreadable
        );
    }
}

#[test]
fn some_files_may_be_larger_than_others() {
    let root = TempDir::new().expect("temp");
    let options = FolderOptions {
        max_file_bytes: 8,
        large_files: Some(LargeFiles {
            max_bytes: 12,
            admits: |path, head| path.ends_with(".box") && head.starts_with(b"From "),
        }),
        ..FolderOptions::default()
    };
    let source = FolderSource::new(root.path(), options).expect("sound");
    for (path, text) in [
        ("in.box", "From a\n1234"),
        ("in.md", "From a\n1234"),
        ("other.box", "Form a\n1234"),
        ("over.box", "From a\n1234567"),
        ("small.md", "1234"),
    ] {
        write(root.path(), path, text);
    }
    let (lines, _) = scan(&source, "");
    let left_out: Vec<&String> = lines
        .iter()
        .filter(|line| line.starts_with("too_large"))
        .collect();
    assert_eq!(
        left_out,
        ["too_large in.md", "too_large other.box", "too_large over.box"]
    );
    assert_eq!(lines.len(), 5, "{lines:?}");
    let mut read = String::new();
    let mut reader = source.open(&stamp(&source, "in.box")).expect("opens");
    reader.read_to_string(&mut read).expect("reads");
    assert_eq!(read, "From a\n1234");
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_indexed_is_said_and_pipes_do_not_hang() {
    use std::os::unix::ffi::OsStrExt;
    let root = TempDir::new().expect("temp");
    let options = FolderOptions {
        max_file_bytes: 3,
        ..FolderOptions::default()
    };
    let source = FolderSource::new(root.path(), options).expect("sound");
    write(root.path(), "large.md", "1234");
    fs::write(root.path().join(std::ffi::OsStr::from_bytes(b"n\xff.md")), "x").expect("written");
    nix::unistd::mkfifo(&root.path().join("pipe.md"), nix::sys::stat::Mode::S_IRWXU).expect("pipe");
    let (lines, summary) = scan(&source, "");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], "too_large large.md");
    assert!(
        lines[1].starts_with("name_not_utf8 n\u{fffd}.md ("),
        "{}",
        lines[1]
    );
    assert_eq!(summary.files, 2);
    let wanted = |path: &str| FileStamp {
        path: path.to_owned(),
        size: 1,
        modified_ns: 0,
        file_id: None,
    };
    assert_eq!(
        source.fetch(&wanted("pipe.md")).expect_err("a pipe").code(),
        ErrorCode::FileVanished
    );
    assert_eq!(
        source.fetch(&wanted("large.md")).expect_err("large").code(),
        ErrorCode::FileTooLarge
    );
    assert_eq!(
        source.fetch(&wanted("gone.md")).expect_err("gone").code(),
        ErrorCode::FileVanished
    );
    assert_eq!(
        source.fetch(&wanted("../x")).expect_err("above").code(),
        ErrorCode::FileVanished
    );
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_reported_and_the_rest_is_seen() {
    use std::os::unix::fs::PermissionsExt;
    let root = TempDir::new().expect("temp");
    write(root.path(), "closed/a.md", "x");
    write(root.path(), "open.md", "x");
    fs::set_permissions(root.path().join("closed"), fs::Permissions::from_mode(0o000)).expect("mode");
    let source = source(root.path());
    let (lines, summary) = scan(&source, "");
    let reads_everything = fs::read_dir(root.path().join("closed")).is_ok();
    fs::set_permissions(root.path().join("closed"), fs::Permissions::from_mode(0o700)).expect("mode");
    if reads_everything {
        println!("skipped: this user may read every folder");
        return;
    }
    assert_eq!(lines, ["unreadable closed", "open.md"]);
    assert_eq!((summary.files, summary.unreadable), (1, 1));
}

#[test]
fn a_file_keeps_its_id_when_renamed_and_reads_as_it_is() {
    let root = TempDir::new().expect("temp");
    write(root.path(), "a.md", "tea");
    let source = source(root.path());
    let before = stamp(&source, "a.md");
    fs::rename(root.path().join("a.md"), root.path().join("b.md")).expect("renamed");
    let after = stamp(&source, "b.md");
    assert!(before.file_id.is_some());
    assert_eq!(
        (before.file_id, before.size, before.modified_ns),
        (after.file_id, after.size, after.modified_ns)
    );
    let file = source.fetch(&after).expect("reads");
    assert_eq!(file.bytes, b"tea");
    assert_eq!(file.content_hash.0, *blake3::hash(b"tea").as_bytes());
    assert_eq!(
        source.fetch(&before).expect_err("gone").code(),
        ErrorCode::FileVanished
    );
}

/// A watched folder and the events so far.
struct Watched {
    root: TempDir,
    events: Arc<Mutex<Vec<SourceEvent>>>,
    _guard: Box<dyn WatchGuard>,
}

impl Watched {
    fn new(prepare: impl FnOnce(&Path)) -> Self {
        let root = TempDir::new().expect("temp");
        prepare(root.path());
        let events = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&events);
        let guard = source(root.path())
            .watch(Box::new(move |event| {
                to.lock().expect("not poisoned").push(event)
            }))
            .expect("watches");
        Self {
            root,
            events,
            _guard: guard,
        }
    }

    fn clear(&self) {
        self.events.lock().expect("not poisoned").clear();
    }

    /// Waits for an event that stands for this path: its own, that of a folder above it, or a rescan.
    fn expect(&self, path: &str) {
        let covers = |event: &SourceEvent| match event {
            SourceEvent::Rescan => true,
            SourceEvent::Changed(at) => path == at || at.is_empty() || path.starts_with(&format!("{at}/")),
            SourceEvent::Degraded(_) => false,
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if self.events.lock().expect("not poisoned").iter().any(covers) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "no event for {path}: {:?}",
                self.events.lock().expect("not poisoned")
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn every_kind_of_change_gives_a_hint() {
    let watched = Watched::new(|root| write(root, "sub/old.md", "x"));
    let root = watched.root.path();
    let step = |paths: &[&str], act: &dyn Fn()| {
        watched.clear();
        act();
        for path in paths {
            watched.expect(path);
        }
    };
    step(&["new.md"], &|| write(root, "new.md", "x"));
    step(&["new.md"], &|| write(root, "new.md", "edited"));
    step(&["new.md", "moved.md"], &|| {
        fs::rename(root.join("new.md"), root.join("moved.md")).expect("renamed")
    });
    step(&["moved.md", "Moved.md"], &|| {
        fs::rename(root.join("moved.md"), root.join("Moved.md")).expect("renamed")
    });
    step(&["sub/old.md", "other/old.md"], &|| {
        fs::rename(root.join("sub"), root.join("other")).expect("renamed")
    });
    step(&["other/old.md"], &|| {
        write(root, "other/.old.md.tmp", "replaced");
        fs::rename(root.join("other/.old.md.tmp"), root.join("other/old.md")).expect("renamed");
    });
    step(&["deep/er/est/a.md"], &|| write(root, "deep/er/est/a.md", "x"));
    step(&["deep/er/est/b.md"], &|| write(root, "deep/er/est/b.md", "x"));
    step(&["other/old.md"], &|| {
        fs::remove_file(root.join("other/old.md")).expect("removed")
    });
    step(&["deep"], &|| {
        fs::remove_dir_all(root.join("deep")).expect("removed")
    });
}

#[test]
fn what_is_ignored_and_what_is_read_gives_none() {
    let watched = Watched::new(|root| write(root, "a.md", "x"));
    let root = watched.root.path();
    write(root, ".git/index", "x");
    write(root, "a.md~", "x");
    fs::read(root.join("a.md")).expect("read");
    // A later event that does come shows that the earlier ones would have.
    write(root, "z.md", "x");
    watched.expect("z.md");
    let events = watched.events.lock().expect("not poisoned").clone();
    assert!(
        events
            .iter()
            .all(|event| *event == SourceEvent::Changed("z.md".to_owned())),
        "{events:?}"
    );
}

#[test]
fn a_burst_of_files_is_covered_by_few_hints() {
    let watched = Watched::new(|_| {});
    for n in 0..2_000 {
        write(watched.root.path(), &format!("burst/{n}.md"), "x");
    }
    for n in [0, 999, 1_999] {
        watched.expect(&format!("burst/{n}.md"));
    }
    assert!(watched.events.lock().expect("not poisoned").len() < 2_000);
}

#[test]
fn a_root_that_cannot_be_watched_degrades() {
    let root = TempDir::new().expect("temp");
    let events = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&events);
    let guard = source(&root.path().join("gone"))
        .watch(Box::new(move |event| {
            to.lock().expect("not poisoned").push(event)
        }))
        .expect("starts all the same");
    assert!(matches!(
        events.lock().expect("not poisoned").first(),
        Some(SourceEvent::Degraded(_))
    ));
    drop(guard);
}
