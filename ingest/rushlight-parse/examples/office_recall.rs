//! How well office documents are read: runs all files of the set `office` through the worker and compares their words with
//! the set's reference.
//!
//! ```sh
//! RUSHLIGHT_DATA=../shared/data cargo run -p rushlight-parse --example office_recall
//! ```
//!
//! Recall of a file is the share of the reference's words that are found, each as often as it stands there. Words are runs of
//! letters and figures after NFKC, in small letters.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints figures"
)]

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use rushlight_core::{ContentHash, ParsedFile, Parser, RawFile, Timestamp};
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

/// Files below this recall are listed.
const LISTED: f64 = 0.97;

#[derive(Deserialize)]
struct Reference {
    file: String,
    text: String,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|arg| arg == "--worker") {
        return rushlight_parse::worker::main();
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let data =
        std::env::var_os("RUSHLIGHT_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let root = data.join("office");
    if !root.is_dir() {
        eprintln!("skipped: `{}` is not there", root.display());
        return Ok(());
    }
    let parsers = Parsers::new(ParseOptions::new(WorkerCommand {
        program: std::env::current_exe()?,
        args: vec!["--worker".to_owned()],
    }));
    let references = references(&root.join("reference_text.jsonl.gz"))?;
    let mut states: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let mut recalls: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for folder in sorted(&root)? {
        if !folder.is_dir() {
            continue;
        }
        for path in sorted(&folder)? {
            let name = path.strip_prefix(&root)?.to_string_lossy().into_owned();
            let kind = name.split('/').next().unwrap_or_default().to_owned();
            let bytes = std::fs::read(&path)?;
            let outcome = parsers.parse(&RawFile {
                path: name.clone(),
                content_hash: ContentHash(*blake3::hash(&bytes).as_bytes()),
                bytes,
                modified: Timestamp(0),
            });
            let (state, text) = match &outcome {
                Ok(ParsedFile::Documents(documents)) => {
                    let texts: Vec<&str> = documents.iter().map(|document| &*document.text).collect();
                    ("read".to_owned(), texts.join("\n"))
                }
                Ok(ParsedFile::Skipped(reason)) => (format!("skipped {}", reason.code), String::new()),
                Err(error) => {
                    println!("  {name}: {}", error.chain());
                    (format!("failed {}", error.code().as_str()), String::new())
                }
            };
            *states
                .entry(kind.clone())
                .or_default()
                .entry(state.clone())
                .or_default() += 1;
            let reference = references.get(&name).map(|text| words(text)).unwrap_or_default();
            if !reference.is_empty() {
                let found = share_found(&reference, &words(&text));
                if found < LISTED {
                    println!("  {found:.3} {name} ({state})");
                }
                recalls.entry(kind).or_default().push(found);
            }
        }
    }
    for (kind, states) in &states {
        let recall = recalls.get_mut(kind).map(|all| {
            all.sort_by(f64::total_cmp);
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            format!(
                "recall median {:.3}, mean {mean:.3} of {}",
                all[all.len() / 2],
                all.len()
            )
        });
        println!("{kind}: {states:?} {}", recall.unwrap_or_default());
    }
    Ok(())
}

fn sorted(folder: &std::path::Path) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

fn references(path: &std::path::Path) -> Result<HashMap<String, String>, Failure> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path)?).read_to_string(&mut text)?;
    let mut found = HashMap::new();
    for line in text.lines() {
        let Reference { file, text } = serde_json::from_str(line)?;
        found.insert(file, text);
    }
    Ok(found)
}

fn words(text: &str) -> HashMap<String, usize> {
    let normal: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let mut found = HashMap::new();
    for word in normal
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        *found.entry(word.to_owned()).or_default() += 1;
    }
    found
}

fn share_found(reference: &HashMap<String, usize>, found: &HashMap<String, usize>) -> f64 {
    let all: usize = reference.values().sum();
    let there: usize = reference
        .iter()
        .map(|(word, count)| (*count).min(found.get(word).copied().unwrap_or_default()))
        .sum();
    there as f64 / all as f64
}
