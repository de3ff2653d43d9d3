//! Reads every file of a folder and prints how many per second, and how they ended.
//!
//! `cargo run --release -p rushlight-parse --example mail_rate -- FOLDER [WORKER]`: the worker is the program
//! `rushlight-parse-worker` of this crate, by default the one beside the examples' folder.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rushlight_core::{ContentHash, ParsedFile, Parser, RawFile, Timestamp};
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = args.next().ok_or("name a folder to read")?;
    let program = match args.next() {
        Some(program) => program,
        None => std::env::current_exe()?
            .ancestors()
            .nth(2)
            .map(|at| at.join("rushlight-parse-worker"))
            .ok_or("name the worker's program")?,
    };
    let parsers = Parsers::new(ParseOptions::new(WorkerCommand {
        program,
        args: vec![],
    }));
    let mut files = Vec::new();
    list(&folder, &mut files)?;
    files.sort();
    let mut states = BTreeMap::<String, usize>::new();
    let (mut mails, mut documents, mut bytes) = (0usize, 0usize, 0usize);
    let begun = Instant::now();
    for file in &files {
        let content = std::fs::read(file)?;
        bytes += content.len();
        let raw = RawFile {
            path: file.strip_prefix(&folder)?.to_string_lossy().into_owned(),
            content_hash: ContentHash(*blake3::hash(&content).as_bytes()),
            bytes: content,
            modified: Timestamp(0),
        };
        let state = match parsers.parse(&raw) {
            Ok(ParsedFile::Documents(found)) => {
                documents += found.len();
                mails += found
                    .iter()
                    .filter(|document| document.kind == rushlight_core::DocumentKind::Mail)
                    .count();
                "read".to_owned()
            }
            Ok(ParsedFile::Skipped(reason)) => {
                println!("{}: skipped: {}", raw.path, reason.message);
                format!("skipped {}", reason.code)
            }
            Err(error) => {
                println!("{}: failed: {}", raw.path, error.chain());
                format!("failed {}", error.code().as_str())
            }
        };
        *states.entry(state).or_default() += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{} files, {:.1} MB, {documents} documents, {mails} mails in {seconds:.2} s",
        files.len(),
        bytes as f64 / 1e6
    );
    println!(
        "{:.0} files/s, {:.0} mails/s",
        files.len() as f64 / seconds,
        mails as f64 / seconds
    );
    for (state, count) in &states {
        println!("{count:6}  {state}");
    }
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
