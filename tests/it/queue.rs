//! What waits, what is set aside, what is the same, and what is not there.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use rushlight_core::Hit;
use rushlight_engine::{Difference, VerifyDepth};

use crate::system::{CRASHER, Models, System};

const NOTES: &str = "\
//- /tea/green.md
# Green tea

Green tea is steeped at 70 degrees for two minutes.
//- /garden.md
# Garden

The tomatoes were planted on 3 May beside the south wall.

## Beans

The beans came up on 20 May.
//- /lantern.txt
The lantern by the door burns oil.

燈籠掛在門邊。
";

fn hit(system: &System, query: &str) -> Hit {
    system.search(query).hits.into_iter().next().expect("a hit")
}

fn eventually(what: &str, holds: &dyn Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_file_that_moves_keeps_its_identity_and_is_not_embedded_again() {
    let system = System::over(NOTES);
    system.index();
    let before = system.embedded();
    let lantern = hit(&system, "lantern oil").doc_id;
    let green = hit(&system, "steeped").doc_id;
    let garden = hit(&system, "tomatoes").doc_id;

    // A text without a heading is titled by its name, and so gets another title.
    fs::rename(system.path("lantern.txt"), system.path("lamp.txt")).expect("renamed");
    fs::rename(system.path("tea"), system.path("drinks")).expect("the folder is renamed");
    system.index();
    assert_eq!(hit(&system, "lantern oil").doc_id, lantern);
    assert_eq!(hit(&system, "lantern oil").title, "lamp");
    assert_eq!(hit(&system, "steeped").doc_id, green);
    assert_eq!(system.embedded(), before, "a rename embeds nothing");

    // Some programs move a file by writing it anew.
    fs::copy(system.path("lamp.txt"), system.path("drinks/lamp.txt")).expect("copied");
    fs::remove_file(system.path("lamp.txt")).expect("removed");
    system.index();
    let moved = hit(&system, "lantern oil");
    assert_eq!(moved.doc_id, lantern, "{}", moved.path);
    assert!(moved.path.ends_with("drinks/lamp.txt"), "{}", moved.path);
    assert_eq!(system.embedded(), before, "nor does a move by content");

    // Edited and renamed: where the file system says when a file was made, it is known as the same.
    let born = fs::metadata(system.path("garden.md")).and_then(|known| known.created());
    let mut text = fs::read_to_string(system.path("garden.md")).expect("readable");
    text.push_str("\n## Pears\n\nThe quince graft took well.\n");
    system.write("garden.md", text);
    fs::rename(system.path("garden.md"), system.path("orchard.md")).expect("renamed");
    system.index();
    assert!(hit(&system, "quince").path.ends_with("orchard.md"));
    match born {
        Ok(_) => assert_eq!(hit(&system, "tomatoes").doc_id, garden),
        Err(error) => eprintln!("skipped: an edited and renamed file cannot be known here: {error}"),
    }
    assert!(system.embedded() <= before + 2, "only what is new is embedded");
    system.assert_sound();
}

#[test]
fn equal_files_are_embedded_once_and_found_once_with_all_their_places() {
    let system = System::over(NOTES);
    system.index();
    let before = system.embedded();
    fs::copy(system.path("garden.md"), system.path("tea/garden.md")).expect("copied");
    fs::copy(system.path("garden.md"), system.path("copy.md")).expect("copied");
    let summary = system.index();
    assert_eq!(summary.counts.indexed, 5);
    assert_eq!(system.embedded(), before, "equal text is embedded once");
    let hits = system.search("tomatoes planted").hits;
    let holding: Vec<&Hit> = hits
        .iter()
        .filter(|hit| hit.chunk.text.contains("tomatoes"))
        .collect();
    assert_eq!(holding.len(), 1, "{hits:?}");
    let mut places = vec![holding[0].path.clone()];
    places.extend(holding[0].also_at.iter().map(|place| place.path.clone()));
    places.sort();
    let expected = ["copy.md", "garden.md", "tea/garden.md"];
    assert_eq!(
        places,
        expected.map(|path| system.path(path).display().to_string())
    );
    assert!(hit(&system, "lantern oil").also_at.is_empty());

    fs::remove_file(system.path("copy.md")).expect("removed");
    system.index();
    assert_eq!(hit(&system, "tomatoes planted").also_at.len(), 1);
    system.assert_sound();
}

#[test]
fn what_a_parser_did_not_survive_is_tried_once_under_any_name() {
    let system = System::over(NOTES);
    system.write("bad.txt", CRASHER);
    assert_eq!(system.index().counts.failed, 1);
    let crashes = || system.faults.crashes.load(Ordering::SeqCst);
    assert_eq!(crashes(), 1);
    fs::copy(system.path("bad.txt"), system.path("tea/again.txt")).expect("copied");
    fs::rename(system.path("bad.txt"), system.path("worse.txt")).expect("renamed");
    let counts = system.index().counts;
    assert_eq!((counts.failed, counts.waiting, crashes()), (2, 0, 1));
    // After a restart too.
    let system = system.restarted(Models::All);
    system.index();
    assert_eq!(system.faults.crashes.load(Ordering::SeqCst), 0);
    // Until a person asks for it.
    let source = system.engine.ledger().sources().expect("sources")[0].id;
    system.engine.scan_source(source).expect("asked");
    system.index();
    assert_eq!(system.faults.crashes.load(Ordering::SeqCst), 1);
    system.write("worse.txt", "harmless words now");
    assert_eq!(system.index().counts.failed, 1);
    assert!(hit(&system, "harmless").path.ends_with("worse.txt"));
    system.assert_sound();
}

#[test]
fn paused_folders_wait_and_stay_searchable() {
    let system = System::over(NOTES);
    system.index();
    let before = system.embedded();
    system.engine.pause(None).expect("paused");
    system.write("new.md", "# New\n\nThe heron stood in the reeds.\n");
    let counts = system.index().counts;
    assert_eq!((counts.indexed, counts.waiting), (3, 1));
    assert_eq!(hit(&system, "tomatoes").title, "Garden");
    let status = system.engine.status().expect("readable");
    assert!(status.sources[0].record.paused);
    assert_eq!(
        status.seconds_by_word,
        Some(0.0),
        "what is paused is not promised"
    );
    assert_eq!(system.embedded(), before);

    let indexing = system.engine.start_indexing().expect("a thread");
    system.engine.resume(None).expect("resumed");
    eventually("the file that waited is found", &|| {
        system.found("heron").first().is_some_and(|path| path == "new.md")
    });
    eventually("and by meaning", &|| system.embedded() > before);
    drop(indexing);
    system.assert_sound();
}

#[test]
fn a_root_that_goes_is_marked_and_comes_back_by_itself() {
    let system = System::over(NOTES);
    let root = std::path::PathBuf::from(system.root());
    let away = root.with_extension("unplugged");
    let indexing = system.engine.start_indexing().expect("a thread");
    eventually("indexed", &|| {
        system
            .found("tomatoes")
            .first()
            .is_some_and(|path| path == "garden.md")
    });
    fs::rename(&root, &away).expect("the disk is unplugged");
    let source = system.engine.ledger().sources().expect("sources")[0].id;
    let online = || system.engine.status().expect("readable").sources[0].record.online;
    eventually("it is seen to be missing", &|| {
        system.engine.scan_source(source).expect("asked");
        !online()
    });
    let found = system.search("tomatoes planted").hits;
    assert!(
        found[0].chunk.text.contains("tomatoes") && !found[0].online,
        "it stays, and says so"
    );
    fs::rename(&away, &root).expect("and is back");
    eventually("it is back by itself", &online);
    assert!(system.search("tomatoes planted").hits[0].online);
    fs::write(root.join("after.md"), "# After\n\nA kestrel over the field.\n").expect("written");
    eventually("and is watched again", &|| {
        system
            .found("kestrel")
            .first()
            .is_some_and(|path| path == "after.md")
    });
    drop(indexing);
    assert_eq!(system.index().counts.seen, 4);
    system.assert_sound();
}

#[test]
fn verifying_in_full_finds_what_sizes_and_times_hide() {
    let system = System::over(NOTES);
    system.index();
    let full = |depth| system.engine.verify(depth).expect("all can be read");
    let found = full(VerifyDepth::Full);
    assert!(found.sound(), "{found:?}");
    assert_eq!(found.contents.expect("read").files, 3);

    let path = system.path("garden.md");
    let modified = fs::metadata(&path)
        .and_then(|known| known.modified())
        .expect("readable");
    let text = fs::read_to_string(&path).expect("readable");
    fs::write(&path, text.replace("3 May", "4 May")).expect("written");
    set_modified(&path, modified);
    let found = full(VerifyDepth::Ids);
    assert!(
        found.sound() && found.contents.is_none() && found.files_to_update == 0,
        "{found:?}"
    );
    for depth in [
        VerifyDepth::Full,
        VerifyDepth::Sample {
            percent: 100.0,
            seed: 5,
        },
    ] {
        let found = full(depth);
        assert!(!found.sound());
        let contents = found.contents.expect("read");
        assert_eq!(
            contents.differences,
            [(path.display().to_string(), Difference::Bytes)]
        );
    }

    fs::write(&path, text).expect("written");
    set_modified(&path, modified);
    system.faults.reads_otherwise.store(true, Ordering::SeqCst);
    let contents = full(VerifyDepth::Full).contents.expect("read");
    assert_eq!(contents.differences.len(), 3, "{contents:?}");
    assert!(
        contents
            .differences
            .iter()
            .all(|(_, difference)| *difference == Difference::Documents)
    );
}

fn set_modified(path: &Path, time: SystemTime) {
    fs::File::options()
        .append(true)
        .open(path)
        .and_then(|file| file.set_modified(time))
        .expect("set back");
}

/// What is in an indexed folder, or in the folder that a command is run in, is a document and never a setting.
#[test]
fn a_configuration_file_in_a_folder_is_not_ours() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("notes");
    let hostile = "[server]\nport = 1\n[index]\nmax_file_mb = 1\n[models]\npython = \"/bin/false\"\n";
    for path in [
        "config.toml",
        "rushlight.toml",
        ".rushlight.toml",
        "rushlight/config.toml",
        ".config/rushlight/config.toml",
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("below")).expect("made");
        fs::write(path, hostile).expect("written");
    }
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_rushlight"))
            .args(["--json", "--data-dir"])
            .arg(home.path().join("data"))
            .args(args)
            .current_dir(&folder)
            .env_clear()
            .env("HOME", home.path().join("somebody"))
            .output()
            .expect("the binary runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("JSON")
    };
    run(&["add", "."]);
    run(&["index"]);
    let shown = run(&["config", "show"]);
    assert!(shown.contains("7373") && !shown.contains("/bin/false"), "{shown}");
    let found = run(&["search", "--mode", "keyword", "server port"]);
    assert!(found.contains("rushlight.toml"), "{found}");
}

#[test]
fn an_index_that_was_lost_is_fed_again_over_many_pages_of_the_ledger() {
    let system = System::over(NOTES);
    for number in 0..600 {
        let text = format!("# Note {number}\n\nThe word here is pebble{number}x.\n");
        fs::write(system.path(&format!("n{number}.md")), text).expect("written");
    }
    system.index();
    let system = system.restarted(Models::NoEmbedder);
    system.index();
    for number in [0, 255, 256, 511, 512, 599] {
        let found = hit(&system, &format!("pebble{number}x"));
        assert!(found.path.ends_with(&format!("/n{number}.md")), "{}", found.path);
    }
    let report = system.engine.verify(VerifyDepth::Ids).expect("verifies");
    assert!(report.sound(), "{report:?}");
}
