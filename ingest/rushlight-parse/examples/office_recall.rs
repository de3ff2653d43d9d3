//! How well office documents are read: runs all files of the set `office` through the worker and compares their words with
//! the set's reference.
//!
//! ```sh
//! RUSHLIGHT_DATA=../shared/data cargo run -p rushlight-parse --example office_recall
//! RUSHLIGHT_DATA=../shared/data cargo run -p rushlight-parse --example office_recall -- --reference REFERENCE.jsonl
//! ```
//!
//! With `--reference` the words are compared with those of other readers, which `office_reference.py` beside this file writes down.
//!
//! Recall of a file is the share of the reference's words that are found, each as often as it stands there. Words are runs of
//! letters and figures after NFKC, in small letters. The reference runs the words of neighbouring cells together
//! (`dateprice`); the second figure takes such a word for found when it is made of words that are.
//!
//! Prints the files below the bound with some of the words that they miss, then a line for each type: files, how they ended, files with a reference, mean and median
//! recall, and both with words parted.

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
    let mut args = std::env::args().skip(1);
    let references = match (args.next().as_deref(), args.next()) {
        (Some("--reference"), Some(path)) => references(&std::fs::read_to_string(path)?)?,
        _ => references(&unpacked(&root.join("reference_text.jsonl.gz"))?)?,
    };
    let mut types: BTreeMap<String, Type> = BTreeMap::new();
    for folder in sorted(&root)? {
        if !folder.is_dir() {
            continue;
        }
        for path in sorted(&folder)? {
            let name = path.strip_prefix(&root)?.to_string_lossy().into_owned();
            let kind = name.split('/').next().unwrap_or_default().to_owned();
            let (state, text) = read(&parsers, &name, std::fs::read(&path)?);
            let found = types.entry(kind).or_default();
            let reference = references.get(&name).map(|text| words(text)).unwrap_or_default();
            if !reference.is_empty() {
                let there = words(&text);
                let recall = share_found(&reference, &there, false);
                let parted = share_found(&reference, &there, true);
                if recall < LISTED {
                    let missing = missing(&reference, &there).join(" ");
                    println!("  {recall:.3} {parted:.3} {name} ({state}), missing {missing}");
                }
                found.recalls.push(recall);
                found.parted.push(parted);
            }
            *found.states.entry(state).or_default() += 1;
        }
    }
    for (kind, found) in &mut types {
        let files: usize = found.states.values().sum();
        print!("{kind}: {files} files, {:?}", found.states);
        if !found.recalls.is_empty() {
            let count = found.recalls.len();
            let (mean, median) = summary(&mut found.recalls);
            let (parted_mean, parted_median) = summary(&mut found.parted);
            print!(
                "; {count} with a reference: mean {mean:.3} median {median:.3}; parted: mean {parted_mean:.3} median {parted_median:.3}"
            );
        }
        println!();
    }
    Ok(())
}

/// What is known of one type.
#[derive(Default)]
struct Type {
    states: BTreeMap<String, usize>,
    recalls: Vec<f64>,
    parted: Vec<f64>,
}

/// How a file ends, and its text with that of all that lies in it.
fn read(parsers: &Parsers, name: &str, bytes: Vec<u8>) -> (String, String) {
    let outcome = parsers.parse(&RawFile {
        path: name.to_owned(),
        content_hash: ContentHash(*blake3::hash(&bytes).as_bytes()),
        bytes,
        modified: Timestamp(0),
    });
    match outcome {
        Ok(ParsedFile::Documents(documents)) => {
            for warning in documents.iter().flat_map(|document| &document.warnings) {
                println!("  {name}: {}", warning.message);
            }
            let texts: Vec<&str> = documents.iter().map(|document| &*document.text).collect();
            ("read".to_owned(), texts.join("\n"))
        }
        Ok(ParsedFile::Skipped(reason)) => {
            println!("  {name}: {}", reason.message);
            (format!("skipped {}", reason.code), String::new())
        }
        Err(error) => {
            println!("  {name}: {}", error.chain());
            (format!("failed {}", error.code().as_str()), String::new())
        }
    }
}

/// Mean and median of one value or more; sorts them. Of an even number it is the mean of the two in the middle.
fn summary(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let (upper, lower) = (values.len() / 2, (values.len() - 1) / 2);
    (mean, f64::midpoint(values[lower], values[upper]))
}

fn sorted(folder: &std::path::Path) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

fn unpacked(path: &std::path::Path) -> Result<String, Failure> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path)?).read_to_string(&mut text)?;
    Ok(text)
}

fn references(lines: &str) -> Result<HashMap<String, String>, Failure> {
    let mut found = HashMap::new();
    for line in lines.lines() {
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

/// The share of the reference's words that are found; `parted`: those made of found words count as well.
fn share_found(reference: &HashMap<String, usize>, found: &HashMap<String, usize>, parted: bool) -> f64 {
    let all: usize = reference.values().sum();
    let there: usize = reference
        .iter()
        .map(|(word, count)| match found.get(word) {
            None if parted && is_made_of(word, found) => *count,
            there => (*count).min(there.copied().unwrap_or_default()),
        })
        .sum();
    there as f64 / all as f64
}

/// The first of the words that are missing, in the order of the alphabet.
fn missing<'a>(reference: &'a HashMap<String, usize>, found: &HashMap<String, usize>) -> Vec<&'a str> {
    let there = |word: &str| found.get(word).copied().unwrap_or_default();
    let fewer = reference.iter().filter(|(word, count)| there(word) < **count);
    let mut missing: Vec<&str> = fewer.map(|(word, _)| word.as_str()).collect();
    missing.sort_unstable();
    missing.truncate(12);
    missing
}

/// True when the word is nothing but words that are found, one after another.
fn is_made_of(word: &str, found: &HashMap<String, usize>) -> bool {
    let mut ends = vec![false; word.len() + 1];
    ends[0] = true;
    for (start, _) in word.char_indices() {
        if ends[start] {
            let lengths = word[start..].char_indices().map(|(at, c)| at + c.len_utf8());
            for length in lengths {
                ends[start + length] |= found.contains_key(&word[start..start + length]);
            }
        }
    }
    ends[word.len()]
}
