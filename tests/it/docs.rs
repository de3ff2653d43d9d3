//! What the documents of the project point to is there.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Targets of links and pictures, `[words](target)`, without those outside the project and without fragments. Code is no link.
fn targets(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let prose: String = line.split('`').step_by(2).collect();
            let parts = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(parts.map(|(target, _)| target.split('#').next().unwrap_or_default().to_owned()));
        }
    }
    found.retain(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"));
    found
}

#[test]
fn links_are_read() {
    let text = "![a *b*](docs/a.png) and [`b`](docs/b.md#part), [c](https://x.example/c), [d](#here), `[e](e.md)`\n```\n[f](f.md)\n```";
    assert_eq!(targets(text), ["docs/a.png", "docs/b.md"]);
}

#[test]
fn what_the_documents_point_to_is_there() {
    let root = root();
    let top = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "examples/README.md",
        "web/README.md",
    ];
    let docs = fs::read_dir(root.join("docs")).expect("the folder `docs`");
    let pages = top
        .iter()
        .map(|name| root.join(name))
        .chain(docs.map(|entry| entry.expect("readable").path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let mut pictures = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        for target in targets(&text) {
            let path = page.parent().expect("a folder").join(&target);
            assert!(
                path.exists(),
                "{} points to `{target}`, which is not there",
                page.display()
            );
            if target.ends_with(".png") {
                pictures += 1;
                let size = fs::metadata(&path).expect("is there").len();
                assert!(
                    size < 200_000,
                    "`{target}` has {size} bytes; pictures stay below 200 kB"
                );
            }
        }
    }
    assert!(pictures > 0, "the README shows the page");
}
