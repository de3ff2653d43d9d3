//! What the Library tells beside the sources: folders to choose from, what there is in numbers, files tried again.

use std::path::Path;

use rushlight_api::{Folders, Taken};
use rushlight_cli::folders::FolderRoots;
use rushlight_core::{ErrorCode, FileStatus, Principal, SourceId};
use rushlight_engine::ledger::{Group, Overview};

use crate::system::{CRASHER, System};

const NOTES: &str = "\
//- /tea/green.md
---
date: 2024-03-05
lang: en
---
# Green tea

Green tea is steeped at 70 degrees for two minutes.
//- /tea/oolong.md
---
date: 2024-12-31T23:30:00Z
lang: zh-Hant
---
# 烏龍茶

烏龍茶用九十度的水泡兩分鐘。
//- /garden.txt
The tomatoes were planted on 3 May beside the south wall.
";

fn owner() -> Vec<Principal> {
    vec![Principal::owner()]
}

fn counted(groups: &[Group]) -> Vec<(&str, u64)> {
    groups
        .iter()
        .map(|group| (group.name.as_str(), group.documents))
        .collect()
}

#[test]
fn what_there_is_is_counted_by_kind_language_and_year() {
    let system = System::over(NOTES);
    system.index();
    let ledger = system.engine.ledger();
    let overview = ledger.overview(&owner(), 0).expect("readable");
    assert_eq!((overview.documents, overview.files), (3, 3));
    assert_eq!(counted(&overview.kinds), [("note", 2), ("text", 1)]);
    let languages = counted(&overview.languages);
    assert!(languages.contains(&("zh-Hant", 1)), "{languages:?}");
    assert_eq!(languages.iter().map(|(_, count)| count).sum::<u64>(), 3);
    assert!(counted(&overview.years).contains(&("2024", 2)));
    let on_disk: u64 = ["tea/green.md", "tea/oolong.md", "garden.txt"]
        .iter()
        .map(|file| std::fs::metadata(system.path(file)).expect("there").len())
        .sum();
    assert_eq!(overview.file_bytes, on_disk);
    assert!(overview.text_bytes > 0 && overview.text_bytes <= on_disk);

    // Half past seven in the morning of New Year's Day, eight hours ahead.
    let ahead = ledger.overview(&owner(), 8 * 3600).expect("readable");
    assert!(counted(&ahead.years).contains(&("2024", 1)), "{:?}", ahead.years);
    assert!(counted(&ahead.years).contains(&("2025", 1)), "{:?}", ahead.years);
}

#[test]
fn what_may_not_be_read_is_in_no_number() {
    let system = System::over(NOTES);
    system.index();
    system.open_to("tea/oolong.md", &["user:bo"]);
    let ledger = system.engine.ledger();
    let of_owner = ledger.overview(&owner(), 0).expect("readable");
    let of_bo = ledger
        .overview(&[Principal("user:bo".to_owned())], 0)
        .expect("readable");
    let of_nobody = ledger.overview(&[], 0).expect("readable");
    assert_eq!((of_owner.documents, of_owner.files), (2, 2));
    assert!(
        !counted(&of_owner.languages)
            .iter()
            .any(|(name, _)| *name == "zh-Hant")
    );
    assert_eq!((of_bo.documents, of_bo.files), (1, 1));
    assert_eq!(counted(&of_bo.kinds), [("note", 1)]);
    assert_eq!(of_nobody, Overview::default());
    assert_eq!(
        counted(&of_owner.indexed.periods)
            .iter()
            .map(|(_, count)| count)
            .sum::<u64>(),
        2
    );
    assert_eq!(
        counted(&of_bo.indexed.periods)
            .iter()
            .map(|(_, count)| count)
            .sum::<u64>(),
        1
    );
    assert!(of_owner.file_bytes > of_bo.file_bytes);
    assert_eq!(
        ledger
            .unreadable_documents(&owner(), 9, 0)
            .expect("readable")
            .total,
        0
    );
}

#[test]
fn one_failed_file_is_tried_again_and_the_others_are_left() {
    let system = System::over(NOTES);
    system.write("one.md", format!("{CRASHER} one"));
    system.write("two.md", format!("{CRASHER} two"));
    system.index();
    let engine = &system.engine;
    let source = engine.ledger().sources().expect("readable")[0].id;
    let state = |path: &str| {
        let files = engine.ledger().files_below(source, path).expect("readable");
        files.into_iter().next().expect("known").status
    };
    assert!(matches!(state("one.md"), FileStatus::Failed { .. }));
    engine.retry_file(source, "one.md").expect("queued");
    assert_eq!(state("one.md"), FileStatus::Waiting);
    assert!(matches!(state("two.md"), FileStatus::Failed { .. }));
    system.write("one.md", "# One\n\nMended, and read again.\n");
    system.index();
    assert_eq!(state("one.md"), FileStatus::Indexed);

    let refused = |source, path: &str| engine.retry_file(source, path).expect_err("refused").code();
    assert_eq!(refused(source, "three.md"), ErrorCode::PathNotFound);
    assert_eq!(refused(source, ""), ErrorCode::PathNotFound);
    assert_eq!(
        refused(source, "tea"),
        ErrorCode::PathNotFound,
        "a folder is no file"
    );
    assert_eq!(refused(SourceId(99), "one.md"), ErrorCode::SourceNotFound);
}

#[test]
fn a_file_that_the_scan_leaves_out_is_not_tried_again() {
    let system = System::over(NOTES);
    #[cfg(unix)]
    {
        let outside = tempfile::tempdir().expect("a folder");
        std::fs::write(outside.path().join("a.md"), "# Outside").expect("written");
        std::os::unix::fs::symlink(outside.path().join("a.md"), system.path("link.md")).expect("linked");
        system.index();
        let source = system.engine.ledger().sources().expect("readable")[0].id;
        let error = system.engine.retry_file(source, "link.md").expect_err("refused");
        assert_eq!(error.code(), ErrorCode::PathUnsuitable);
    }
}

#[test]
fn the_rules_of_a_source_are_told() {
    let system = System::over(NOTES);
    system.write(".rushlightignore", "# mine\ndrafts/\n");
    let source = system.engine.ledger().sources().expect("readable")[0].id;
    let rules = system.engine.rules_of(source).expect("told");
    assert_eq!(rules.of_root, ["drafts/"]);
    assert_eq!(rules.file_name, ".rushlightignore");
    assert!(rules.builtin.contains(&"node_modules/".to_owned()));
    let error = system.engine.rules_of(SourceId(99)).expect_err("refused");
    assert_eq!(error.code(), ErrorCode::SourceNotFound);
}

/// A home with folders, files and a hidden folder, beside something that is nobody's business.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for below in [
            "ada/notes/tea",
            "ada/Mail",
            "ada/.cache",
            "outside/secret",
            "ada2/other",
        ] {
            std::fs::create_dir_all(folder.path().join(below)).expect("made");
        }
        std::fs::write(folder.path().join("ada/plan.md"), "# Plan").expect("written");
        Self { folder }
    }

    fn path(&self, below: &str) -> String {
        let root = self.folder.path().canonicalize().expect("there");
        root.join(below).to_str().expect("plain names").to_owned()
    }

    fn roots(&self) -> FolderRoots {
        FolderRoots::new(vec![self.path("ada").into()])
    }

    fn list(&self, path: &str) -> Folders {
        self.roots().list(Some(path), false, &[]).expect("listed")
    }

    fn refused(&self, path: &str) -> ErrorCode {
        self.roots()
            .list(Some(path), false, &[])
            .expect_err("refused")
            .code()
    }
}

fn names(listed: &Folders) -> Vec<&str> {
    listed.folders.iter().map(|folder| folder.name.as_str()).collect()
}

#[test]
fn folders_are_listed_by_name_without_files_and_hidden_ones() {
    let home = Home::new();
    let listed = home
        .roots()
        .list(None, false, &[home.path("ada/notes/tea")])
        .expect("listed");
    assert_eq!(listed.path, home.path("ada"));
    assert_eq!(names(&listed), ["Mail", "notes"]);
    assert_eq!((listed.hidden, listed.left_out), (1, 0));
    assert_eq!(listed.source, Some(Taken::Around));
    assert_eq!(listed.folders[1].source, Some(Taken::Around));
    assert_eq!(listed.folders[0].source, None);
    let all = home.roots().list(None, true, &[]).expect("listed");
    assert_eq!(names(&all), [".cache", "Mail", "notes"]);

    let below = home.list(&listed.folders[1].path);
    assert_eq!(names(&below), ["tea"]);
    let steps: Vec<&str> = below.trail.iter().map(|step| step.path.as_str()).collect();
    assert_eq!(steps, [home.path("ada"), home.path("ada/notes")]);
    assert_eq!(below.trail[1].name, "notes");
    assert!(home.list(&home.path("ada/notes/tea")).folders.is_empty());
}

#[test]
fn several_roots_are_a_list_of_their_own() {
    let home = Home::new();
    let roots = [home.path("ada/Mail"), home.path("ada/gone"), home.path("ada2")];
    let roots = FolderRoots::new(roots.map(Into::into).to_vec());
    let listed = roots.list(None, false, &[]).expect("listed");
    assert_eq!((listed.path.as_str(), listed.trail.len()), ("", 0));
    assert_eq!(names(&listed), [home.path("ada/Mail"), home.path("ada2")]);
    assert_eq!(
        names(&roots.list(Some(&home.path("ada2")), false, &[]).expect("listed")),
        ["other"]
    );
    let gone = FolderRoots::new(vec![home.path("ada/gone").into()]);
    assert_eq!(
        gone.list(None, false, &[]).expect_err("refused").code(),
        ErrorCode::PathNotFound
    );
}

#[test]
fn nothing_outside_the_roots_is_told_not_even_whether_it_exists() {
    let home = Home::new();
    for outside in [
        home.path("outside"),
        home.path("outside/secret"),
        home.path("no such folder"),
        home.path("ada2"),
        home.path(""),
        "/".to_owned(),
        "/etc".to_owned(),
        "/etc/no such folder".to_owned(),
    ] {
        let error = home
            .roots()
            .list(Some(&outside), false, &[])
            .expect_err("refused");
        assert_eq!(error.code(), ErrorCode::FolderForbidden, "{outside}");
        assert_eq!(
            error.chain(),
            "the folder lies outside those that the page may look into",
            "the same words for all"
        );
    }
    assert_eq!(
        home.refused(&home.path("ada/no such folder")),
        ErrorCode::PathNotFound
    );
    assert_eq!(home.refused(&home.path("ada/plan.md")), ErrorCode::PathUnsuitable);
    assert_eq!(
        home.refused(&home.path("ada/plan.md/x")),
        ErrorCode::PathUnsuitable
    );
}

#[test]
fn paths_that_are_none_are_refused_unseen() {
    let home = Home::new();
    let ada = home.path("ada");
    for bad in [
        String::new(),
        "ada".to_owned(),
        "./ada".to_owned(),
        "~/notes".to_owned(),
        format!("{ada}/.."),
        format!("{ada}/../outside"),
        format!("{ada}/notes/../notes"),
        format!("{ada}/\0"),
        format!("{ada}/notes\0/etc"),
        format!("{ada}/{}", "x/".repeat(3000)),
    ] {
        assert_eq!(home.refused(&bad), ErrorCode::PathUnsuitable, "{bad:.80?}");
    }
    // Shorter than any path may be, and a name longer than one may be.
    let long = format!("{ada}/{}", "x".repeat(300));
    assert_eq!(home.refused(&long), ErrorCode::PathUnsuitable);
    let error = home
        .roots()
        .list(Some(&"/".repeat(9000)), false, &[])
        .expect_err("refused");
    assert!(error.chain().len() < 200, "{}", error.chain());
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_roots_only() {
    use std::os::unix::fs::symlink;

    let home = Home::new();
    let link = |to: &str, name: &str| symlink(home.path(to), home.path(name)).expect("linked");
    link("outside", "ada/out");
    link("outside/nothing", "ada/dangling");
    link("ada/notes", "ada/inside");
    link("ada/loop", "ada/loop");
    link("ada/plan.md", "ada/file");
    let listed = home.list(&home.path("ada"));
    assert_eq!(names(&listed), ["inside", "Mail", "notes"]);
    assert_eq!(listed.left_out, 1, "the one that leads out");
    assert_eq!(
        listed.folders[0].path,
        home.path("ada/notes"),
        "where it leads to"
    );
    assert_eq!(home.list(&home.path("ada/inside")).path, home.path("ada/notes"));
    for out in [
        "ada/out",
        "ada/out/secret",
        "ada/out/nothing",
        "ada/dangling",
        "ada/dangling/x",
    ] {
        assert_eq!(home.refused(&home.path(out)), ErrorCode::FolderForbidden, "{out}");
    }

    // A root that is a link itself is what it leads to, under either name.
    symlink(home.path("ada"), home.path("home")).expect("linked");
    let roots = FolderRoots::new(vec![home.path("home").into()]);
    for path in [None, Some(home.path("home")), Some(home.path("ada"))] {
        let listed = roots.list(path.as_deref(), false, &[]).expect("listed");
        assert_eq!(listed.path, home.path("ada"));
    }
    assert_eq!(
        roots.require(&home.path("home/out")).expect_err("refused").code(),
        ErrorCode::FolderForbidden
    );
    roots.require(&home.path("home/notes")).expect("below the root");
}

#[cfg(unix)]
#[test]
fn odd_names_come_as_they_are_and_those_that_are_no_text_are_counted() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let odd = [
        "a\nb",
        "evil\u{202e}fdp",
        "tab\there",
        "空 白",
        "<img src=x onerror=1>",
        "q\"uote",
    ];
    for name in odd {
        std::fs::create_dir(Path::new(&home.path("ada/notes/tea")).join(name)).expect("made");
    }
    let broken = Path::new(&home.path("ada/notes/tea")).join(OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir(&broken).expect("made");
    let listed = home.list(&home.path("ada/notes/tea"));
    let mut expected: Vec<&str> = odd.to_vec();
    expected.sort_by_key(|name| name.to_lowercase());
    assert_eq!(names(&listed), expected);
    assert_eq!(listed.left_out, 1);
    for folder in &listed.folders {
        assert_eq!(home.list(&folder.path).path, folder.path);
    }

    let locked = home.path("ada/Mail");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).expect("locked");
    // Root may look into everything.
    if std::fs::read_dir(&locked).is_err() {
        assert_eq!(home.refused(&locked), ErrorCode::FileUnreadable);
        assert_eq!(home.refused(&format!("{locked}/x")), ErrorCode::FileUnreadable);
    }
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o700)).expect("opened");
}

#[test]
fn a_folder_of_very_many_is_cut_and_says_so() {
    let home = Home::new();
    for number in 0..Folders::MOST + 3 {
        std::fs::create_dir(Path::new(&home.path("ada/Mail")).join(format!("{number:05}"))).expect("made");
    }
    let listed = home.list(&home.path("ada/Mail"));
    assert_eq!((listed.folders.len(), listed.left_out), (Folders::MOST, 3));
    assert_eq!(listed.folders[0].name, "00000");
}
