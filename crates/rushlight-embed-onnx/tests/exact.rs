//! Tokens and their ends are those of the `tokenizers` library, with the real model's file where it is installed
//! (`RUSHLIGHT_MODELS_DIR`), on made-up texts and on those of `RUSHLIGHT_DATA`.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use rushlight_core::TokenCounter;
use rushlight_tokens::UnigramTokenizer;
use tokenizers::Tokenizer;

/// More of a file is not compared: the library takes its time.
const BYTES_PER_FILE: usize = 1 << 20;
/// Special tokens included.
const LIMIT: usize = 512;

struct Both {
    ours: UnigramTokenizer,
    library: Tokenizer,
    /// Ids of `xx`.
    joined: Vec<u32>,
    /// Ids of the special tokens around a text.
    frame: Vec<u32>,
}

impl Both {
    fn load(file: &Path) -> Self {
        let library = Tokenizer::from_file(file).expect("loads");
        let ids = |text: &str, special| {
            let encoding = library.encode(text, special).expect("any text");
            encoding.get_ids().to_vec()
        };
        let (joined, frame) = (ids("xx", false), ids("", true));
        Self {
            ours: UnigramTokenizer::load(file, "e5").expect("loads"),
            library,
            joined,
            frame,
        }
    }

    /// What the library gives. Where a text begins with characters that normalization removes, its ends are off by those; so
    /// they are left out, for they have no tokens.
    fn library(&self, text: &str) -> (Vec<usize>, Vec<u32>) {
        let kept = text.trim_start_matches(|c: char| {
            let between = self.library.encode(format!("x{c}x"), false).expect("any text");
            between.get_ids() == self.joined
        });
        let shift = text.len() - kept.len();
        let encoding = self.library.encode(kept, false).expect("any text");
        let ends = encoding.get_offsets().iter().map(|(_, end)| shift + end);
        (ends.collect(), encoding.get_ids().to_vec())
    }

    fn difference(&self, text: &str) -> Option<String> {
        let (ends, mut ids) = self.library(text);
        let ours = self.ours.token_ends(text);
        if ours != ends {
            let at = ours
                .iter()
                .zip(&ends)
                .take_while(|(left, right)| left == right)
                .count();
            let from = text.floor_char_boundary(at.checked_sub(1).map_or(0, |before| ends[before]));
            let near: String = text[from..].chars().take(40).collect();
            return Some(format!("ends differ near {near:?}"));
        }
        ids.truncate(LIMIT - 2);
        let &[begin, end] = self.frame.as_slice() else {
            return Some("another template".to_owned());
        };
        let expected: Vec<i64> = [begin]
            .into_iter()
            .chain(ids)
            .chain([end])
            .map(i64::from)
            .collect();
        (self.ours.ids(text, LIMIT) != expected).then(|| "ids differ".to_owned())
    }
}

static INSTALLED: LazyLock<Option<Both>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os("RUSHLIGHT_MODELS_DIR")?);
    let file = folder.join("multilingual-e5-small-int8/tokenizer.json");
    file.is_file().then(|| Both::load(&file))
});

fn installed() -> Option<&'static Both> {
    let installed = INSTALLED.as_ref();
    if installed.is_none() {
        let folder = std::env::var_os("RUSHLIGHT_MODELS_DIR").unwrap_or_default();
        eprintln!(
            "skipped: the embedding model is not installed in `{}`",
            folder.display()
        );
    }
    installed
}

/// Words in both languages, white space of several kinds, and characters that normalization takes apart, puts together,
/// replaces or removes.
fn text() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        Just("\u{301}"),
        Just("\u{323}"),
        Just("\u{200b}"),
        Just("\u{200d}"),
        Just("\u{1}"),
        Just("\u{3000}"),
        Just("\u{a0}"),
        Just("\u{ad}"),
        Just("\u{600}"),
        Just("\u{1100}\u{1161}"),
        Just("ﬁ"),
        Just("½"),
        Just("㈱"),
        Just("…"),
        Just("，"),
        Just("™"),
        Just("▁"),
        Just("</s>"),
        Just("か\u{3099}"),
        Just("👩‍👩‍👧"),
        Just("🇭🇰🇬🇧"),
        Just("क़"),
        Just("ﷺ"),
    ];
    let piece = prop_oneof![
        4 => "[a-zA-Z]{1,12}",
        2 => "[\\u{4e00}-\\u{4fff}]{1,6}",
        2 => prop_oneof![Just(" "), Just("\n"), Just("\t"), Just("\r\n"), Just("  "), Just("、")].prop_map(str::to_owned),
        1 => "[!-~]{1,40}",
        2 => proptest::collection::vec(odd, 1..4).prop_map(|odd| odd.concat()),
        1 => any::<char>().prop_map(String::from),
        1 => "[À-ɏ]{1,8}",
        1 => "[\\u{ac00}-\\u{b000}]{1,4}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

#[test]
fn tokens_of_any_text_are_those_of_the_library() {
    let Some(both) = installed() else {
        return;
    };
    let config = ProptestConfig {
        cases: 2_000,
        ..ProptestConfig::default()
    };
    proptest!(config, |(text in text())| {
        prop_assert_eq!(both.difference(&text), None);
    });
    proptest!(|(text in any::<String>())| {
        prop_assert_eq!(both.difference(&text), None);
    });
}

#[test]
fn every_character_is_read_as_the_library_reads_it() {
    let Some(both) = installed() else {
        return;
    };
    // Both planes that text is written in, and the one of tags.
    for c in ('\0'..='\u{1ffff}').chain('\u{e0000}'..='\u{e01ff}') {
        let text = format!("a{c}b {c}漢\u{301}{c}");
        assert_eq!(both.difference(&text), None, "U+{:04X}", u32::from(c));
    }
}

/// All files of text under a folder, in a fixed order.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|kind| {
            ["md", "txt", "json", "jsonl", "tsv", "csv", "eml", "html"]
                .iter()
                .any(|text| kind == *text)
        }) {
            found.push(path);
        }
    }
}

#[test]
fn tokens_of_real_texts_are_those_of_the_library() {
    let Some(both) = installed() else {
        return;
    };
    let Some(folder) = std::env::var_os("RUSHLIGHT_DATA").map(PathBuf::from) else {
        eprintln!("skipped: RUSHLIGHT_DATA is not set");
        return;
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    assert!(!found.is_empty(), "`{}` has texts", folder.display());
    let mut bytes = 0;
    for file in found {
        let text = String::from_utf8_lossy(&std::fs::read(&file).expect("readable")).into_owned();
        let text = &text[..text.floor_char_boundary(BYTES_PER_FILE)];
        bytes += text.len();
        for part in text.split_inclusive("\n\n") {
            assert_eq!(both.difference(part), None, "{}", file.display());
        }
    }
    eprintln!("compared {bytes} bytes");
}

#[test]
fn the_contract_holds() {
    let Some(both) = installed() else {
        return;
    };
    rushlight_testkit::contract::token_counter(&both.ours);
}

#[test]
fn a_file_that_is_missing_or_none_is_an_error_with_a_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokenizer.json");
    let missing = UnigramTokenizer::load(&file, "e5").expect_err("nothing there");
    assert_eq!(missing.code(), rushlight_core::ErrorCode::ModelMissing);
    std::fs::write(&file, "{}").expect("written");
    let none = UnigramTokenizer::load(&file, "e5").expect_err("no tokenizer");
    assert_eq!(none.code(), rushlight_core::ErrorCode::ModelUnusable);
    assert!(none.chain().contains("added_tokens"), "{}", none.chain());
}
