//! How well PDFs are read: runs all files of the set `pdf-suites` through the worker and compares their words with what
//! another program extracts; or reads the quarterly reports of `pdf-10q` beside `pdftotext`.
//!
//! ```sh
//! RUSHLIGHT_DATA=../shared/data cargo run -p rushlight-parse --example pdf_recall
//! RUSHLIGHT_DATA=../shared/data cargo run -p rushlight-parse --example pdf_recall -- --speed
//! RUSHLIGHT_DATA=../shared/data cargo run -p rushlight-parse --example pdf_recall pdfjs/a.pdf   # shows its blocks
//! ```
//!
//! Recall of a file is the share of the reference's words that are found, each as often as it stands there. Words are runs of
//! letters and figures after NFKC, in small letters, without soft hyphens; a hyphen within a word or at the end of a line is
//! taken out on both sides. A character of Chinese or Japanese is a word of its own.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program that reports"
)]

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use rushlight_core::{ContentHash, Error, ParsedDocument, ParsedFile, Parser, RawFile, Timestamp};
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

/// Files with fewer words in the reference are not measured.
const LEAST_WORDS: usize = 20;
/// Files below this recall are listed.
const LISTED: f64 = 0.95;

#[derive(Deserialize)]
struct Entry {
    file: String,
    pages: Option<u32>,
    password: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    file: String,
    pages: Vec<String>,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "--worker") {
        return rushlight_parse::worker::main();
    }
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(shown: &[String]) -> Result<(), Failure> {
    let data =
        std::env::var_os("RUSHLIGHT_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let suites = data.join("pdf-suites");
    if !suites.is_dir() {
        eprintln!("skipped: `{}` is not there", suites.display());
        return Ok(());
    }
    let mut entries = Vec::new();
    for line in std::fs::read_to_string(suites.join("manifest.jsonl"))?.lines() {
        entries.push(serde_json::from_str::<Entry>(line)?);
    }
    let mut options = ParseOptions::new(WorkerCommand {
        program: std::env::current_exe()?,
        args: vec!["--worker".to_owned()],
    });
    let passwords: Vec<String> = entries
        .iter()
        .filter_map(|entry| entry.password.clone())
        .collect();
    options.pdf_passwords = passwords.into();
    let parsers = Parsers::new(options);
    if shown.is_empty() {
        recall(&parsers, &suites, &entries)
    } else if shown == ["--speed"] {
        speed(&parsers, &data.join("pdf-10q").join("pdf"))
    } else {
        shown.iter().try_for_each(|file| show(&parsers, &suites, file))
    }
}

fn recall(parsers: &Parsers, suites: &Path, entries: &[Entry]) -> Result<(), Failure> {
    let references = references(suites)?;
    let mut states = BTreeMap::<String, usize>::new();
    let (mut pages_right, mut pages_known) = (0, 0);
    let mut measured: Vec<(f64, String)> = Vec::new();
    let begun = Instant::now();
    for entry in entries {
        let begun = Instant::now();
        let outcome = parse(parsers, &suites.join(&entry.file))?;
        if begun.elapsed().as_secs() >= 5 {
            println!("  {} took {:.1} s", entry.file, begun.elapsed().as_secs_f32());
        }
        let state = match &outcome {
            Ok(ParsedFile::Documents(_)) => "read".to_owned(),
            Ok(ParsedFile::Skipped(reason)) => format!("skipped {}", reason.code),
            Err(error) => format!("failed {}", error.code().as_str()),
        };
        let mut text = String::new();
        if let Ok(ParsedFile::Documents(documents)) = &outcome {
            for document in documents {
                text.push_str(&document.text);
                text.push('\n');
                if let (Some(found), Some(right)) = (document.pages, entry.pages) {
                    pages_known += 1;
                    pages_right += u32::from(found == right);
                    if found != right {
                        println!("  {}: {found} pages, and {right} expected", entry.file);
                    }
                }
            }
        }
        if let Err(error) = &outcome {
            println!("  {}: {}", entry.file, error.chain());
        }
        *states.entry(state.clone()).or_default() += 1;
        let reference = references
            .get(&entry.file)
            .map(|text| words(text))
            .unwrap_or_default();
        if reference.len() >= LEAST_WORDS {
            measured.push((
                share_found(&reference, &words(&text)),
                format!("{} ({state})", entry.file),
            ));
        }
    }
    println!(
        "{} files in {:.1} s: {states:?}",
        entries.len(),
        begun.elapsed().as_secs_f32()
    );
    println!("pages right on {pages_right} of {pages_known} files that were read");
    measured.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = measured.iter().map(|file| file.0).sum::<f64>() / measured.len().max(1) as f64;
    let median = measured.get(measured.len() / 2).map_or(0.0, |file| file.0);
    println!(
        "word recall on {} files of {LEAST_WORDS} words or more: mean {mean:.3}, median {median:.3}",
        measured.len()
    );
    for (recall, file) in measured.iter().filter(|file| file.0 < LISTED) {
        println!("  {recall:.2} {file}");
    }
    Ok(())
}

/// Times the reports here and in `pdftotext`, one after the other, each in a process of its own.
fn speed(parsers: &Parsers, folder: &Path) -> Result<(), Failure> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pdf"))
        .collect();
    files.sort();
    let (mut here, mut there, mut pages) = (0.0, 0.0, 0);
    for file in &files {
        let begun = Instant::now();
        if let Ok(ParsedFile::Documents(documents)) = parse(parsers, file)? {
            pages += documents
                .iter()
                .filter_map(|document| document.pages)
                .sum::<u32>();
        }
        here += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let peer = Command::new("pdftotext")
            .arg(file)
            .arg("-")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if peer.is_err() {
            println!("skipped: `pdftotext` is not installed");
            return Ok(());
        }
        there += begun.elapsed().as_secs_f64();
    }
    println!(
        "{} reports of {pages} pages: {here:.1} s, pdftotext {there:.1} s, {:.2} times as long",
        files.len(),
        here / there
    );
    Ok(())
}

fn show(parsers: &Parsers, suites: &Path, file: &str) -> Result<(), Failure> {
    match parse(parsers, &suites.join(file))? {
        Ok(ParsedFile::Documents(documents)) => documents.iter().for_each(print),
        other => println!("{other:?}"),
    }
    if let Some(reference) = references(suites)?.get(file) {
        println!("--- reference\n{reference}");
    }
    Ok(())
}

fn print(document: &ParsedDocument) {
    println!("=== {} ({:?} pages)", document.title, document.pages);
    for block in &document.blocks {
        println!(
            "{:?} {:?}\n  {}",
            block.kind,
            block.locator,
            block.span.of(&document.text).unwrap_or_default()
        );
    }
    for warning in &document.warnings {
        println!("! {}: {}", warning.code, warning.message);
    }
}

fn parse(parsers: &Parsers, path: &Path) -> Result<Result<ParsedFile, Error>, Failure> {
    let bytes = std::fs::read(path).map_err(|cause| format!("cannot read `{}`: {cause}", path.display()))?;
    Ok(parsers.parse(&RawFile {
        path: path.to_string_lossy().into_owned(),
        content_hash: ContentHash(*blake3::hash(&bytes).as_bytes()),
        bytes,
        modified: Timestamp(0),
    }))
}

fn references(suites: &Path) -> Result<HashMap<String, String>, Failure> {
    let mut text = String::new();
    let packed = std::fs::File::open(suites.join("reference_text.jsonl.gz"))?;
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text)?;
    let mut found = HashMap::new();
    for line in text.lines() {
        let Reference { file, pages } = serde_json::from_str(line)?;
        found.insert(file, pages.join("\n"));
    }
    Ok(found)
}

fn words(text: &str) -> Vec<String> {
    let text: Vec<char> = text
        .nfkc()
        .filter(|c| !matches!(c, '\u{ad}' | '\u{fffe}' | '\u{2}'))
        .collect();
    let mut out = Vec::new();
    let mut word = String::new();
    let mut at = 0;
    while let Some(c) = text.get(at).copied() {
        at += 1;
        if matches!(c, '-' | '\u{2010}') && !word.is_empty() {
            // Within a word or at the end of a line.
            let next = text[at..]
                .iter()
                .position(|c| !matches!(c, '\r' | '\n'))
                .map_or(text.len(), |n| at + n);
            if text.get(next).is_some_and(|c| c.is_alphanumeric()) {
                at = next;
                continue;
            }
        }
        if is_wide(c) || !c.is_alphanumeric() {
            if !word.is_empty() {
                out.push(std::mem::take(&mut word));
            }
            if is_wide(c) {
                out.push(c.to_string());
            }
        } else {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

fn share_found(reference: &[String], found: &[String]) -> f64 {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in found {
        *left.entry(word).or_default() += 1;
    }
    let mut hits = 0usize;
    for word in reference {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            hits += 1;
        }
    }
    hits as f64 / reference.len().max(1) as f64
}
