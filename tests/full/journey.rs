//! From the examples to a cited answer.

use serde_json::Value;

use crate::binary::{Installation, models_are_installed, root};

fn examples() -> Installation {
    let installation = Installation::new();
    for (folder, space) in [
        ("personal-notes", "personal"),
        ("company-docs", "company"),
        ("compliance-archive", "archive"),
    ] {
        let path = root().join("examples").join(folder);
        installation.ok(&["add", path.to_str().expect("a plain name"), "--space", space]);
    }
    installation.ok(&["index"]);
    installation
}

/// The quotation of each citation stands in its document, in the version that is cited.
fn assert_citations_hold(answer: &Value) {
    for citation in answer["citations"].as_array().expect("a list") {
        let path = citation["path"].as_str().expect("a path");
        let quote = citation["quote"].as_str().expect("a quotation");
        if path.ends_with(".md") {
            let text = std::fs::read_to_string(path).expect("the document is there");
            let (start, end) = (
                citation["span"]["start"].as_u64(),
                citation["span"]["end"].as_u64(),
            );
            let span = start.expect("a start") as usize..end.expect("an end") as usize;
            assert_eq!(text.get(span), Some(quote), "{path}");
        }
        assert!(!quote.trim().is_empty());
    }
}

#[test]
fn the_examples_are_indexed_searched_and_asked() {
    if !models_are_installed() {
        return;
    }
    let installation = examples();
    installation.assert_sound();
    let status = installation.json(&["status"]);
    let count = |name: &str| status["counts"][name].as_u64().expect("a count");
    assert_eq!(
        count("seen"),
        count("indexed") + count("skipped") + count("failed") + count("waiting")
    );
    assert_eq!((count("failed"), count("waiting")), (0, 0), "{status}");
    assert!(count("indexed") > 90, "{status}");
    assert_eq!(status["embedding"]["waiting"], 0);

    // The page that is only a picture is read, and what was recognised says so.
    assert_eq!(
        (&status["scans"]["read"], &status["scans"]["waiting"]),
        (&1.into(), &0.into()),
        "{status}"
    );
    let found = installation.json(&["search", "--space", "archive", "cartons on pallets soft and wet"]);
    let hits = found["hits"].as_array().expect("a list");
    let is_scan = |hit: &&Value| {
        hit["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("scans/delivery-note-2024-05-03.pdf"))
    };
    let scan = hits.iter().take(3).find(is_scan);
    let scan = scan.unwrap_or_else(|| panic!("the scan is not among the first: {found}"));
    assert!(
        scan["confidence"].as_u64().is_some_and(|per_cent| per_cent > 80),
        "{scan}"
    );

    let english = installation.json(&[
        "ask",
        "--space",
        "company",
        "What is the daily meal allowance since April 2024?",
    ]);
    assert!(
        english["text"].as_str().is_some_and(|text| text.contains("38")),
        "{english}"
    );
    assert_ne!(english["grounding"], "not_found");
    assert_citations_hold(&english);

    let chinese = installation.json(&["ask", "--space", "personal", "三杯雞要用幾片老薑?"]);
    assert!(
        chinese["text"].as_str().is_some_and(|text| text.contains("12")),
        "{chinese}"
    );
    assert_citations_hold(&chinese);

    let nowhere = installation.json(&[
        "ask",
        "--space",
        "company",
        "What is the boiling point of tungsten?",
    ]);
    assert_eq!(nowhere["grounding"], "not_found", "{nowhere}");
    assert_eq!(nowhere["citations"], Value::Array(Vec::new()));
}

#[test]
fn what_words_do_not_say_is_found_by_meaning() {
    if !models_are_installed() {
        return;
    }
    let installation = Installation::new();
    installation.write("car.md", "# Garage\n\nThe automobile was repaired on Tuesday.\n");
    installation.write(
        "soup.md",
        "# Soup\n\nSimmer the lentils with cumin for half an hour.\n",
    );
    installation.write("貓.md", "# 貓\n\n那隻小貓整天都在睡覺。\n");
    installation.add_notes("personal");
    installation.ok(&["index"]);
    let first = |query: &str| {
        let reply = installation.json(&["search", "--mode", "semantic", query]);
        reply["hits"][0]["path"].as_str().expect("a hit").to_owned()
    };
    assert!(first("when was my car fixed").ends_with("car.md"));
    assert!(
        first("the kitten was asleep all day").ends_with("貓.md"),
        "across languages"
    );
    assert!(first("cooking pulses").ends_with("soup.md"));
}

#[test]
fn a_renamed_note_is_not_embedded_again() {
    if !models_are_installed() {
        return;
    }
    let installation = Installation::new();
    installation.write("a/one.md", "# One\n\nThe quick brown fox.\n");
    installation.write("b.md", "# Two\n\nThe lazy dog.\n");
    installation.add_notes("personal");
    assert_eq!(installation.json(&["index"])["counts"]["indexed"], 2);
    std::fs::rename(installation.notes().join("a"), installation.notes().join("c")).expect("renamed");
    assert_eq!(installation.json(&["index"])["chunks_embedded"], 0);
    assert!(installation.found("fox")[0].ends_with("c/one.md"));
    installation.assert_sound();
}
