//! How well the places of text on pages are known: reads the PDFs of the sets `pdf-10q` and `pdf-suites` through the worker
//! and looks where `pdftotext -bbox` has each of their words.
//!
//! ```sh
//! RUSHLIGHT_DATA=../shared/data cargo run -p rushlight-parse --example pdf_places
//! RUSHLIGHT_DATA=../shared/data cargo run -p rushlight-parse --example pdf_places pdf-suites/pdfjs/a.pdf   # shows what is wrong
//! ```
//!
//! A word counts when our text of its page has it on some line. It lies right when the middle of its box, and whole when
//! nine tenths of its box, lie in the area of a line that has it. Words are compared by letters and figures after NFKC, in
//! small letters.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program that reports"
)]

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use rushlight_core::{ContentHash, PageArea, ParsedFile, Parser, RawFile, Timestamp};
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};
use unicode_normalization::UnicodeNormalization;

/// Files with a smaller share of words that lie right are listed.
const LISTED: f64 = 0.95;

type Failure = Box<dyn std::error::Error>;

/// A word of the other program: its letters, its page from one, its box in shares of the page.
struct Word {
    letters: String,
    page: u32,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// A line of ours.
struct Line {
    letters: String,
    area: PageArea,
}

#[derive(Default)]
struct Count {
    words: u32,
    found: u32,
    right: u32,
    whole: u32,
}

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
    if Command::new("pdftotext")
        .arg("-v")
        .stderr(Stdio::null())
        .status()
        .is_err()
    {
        eprintln!("skipped: `pdftotext` is not installed");
        return Ok(());
    }
    let parsers = Parsers::new(ParseOptions::new(WorkerCommand {
        program: std::env::current_exe()?,
        args: vec!["--worker".to_owned()],
    }));
    for file in shown {
        measure(&parsers, &data.join(file), true)?;
    }
    if !shown.is_empty() {
        return Ok(());
    }
    for set in ["pdf-10q", "pdf-suites"] {
        let mut files = Vec::new();
        collect(&data.join(set), &mut files);
        if files.is_empty() {
            println!("skipped: `{set}` is not there");
            continue;
        }
        let mut all = Count::default();
        let mut low = Vec::new();
        for file in &files {
            let Some(count) = measure(&parsers, file, false)? else {
                continue;
            };
            let share = share(count.right, count.found);
            if count.found > 0 && share < LISTED {
                low.push((
                    share,
                    count.found,
                    file.strip_prefix(&data).unwrap_or(file).to_owned(),
                ));
            }
            all.words += count.words;
            all.found += count.found;
            all.right += count.right;
            all.whole += count.whole;
        }
        println!(
            "{set}: {} files, {} words, {} of them on the same page here; of these {:.4} lie right, {:.4} whole",
            files.len(),
            all.words,
            all.found,
            share(all.right, all.found),
            share(all.whole, all.found)
        );
        low.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (share, found, file) in low {
            println!("  {share:.2} of {found} {}", file.display());
        }
    }
    Ok(())
}

fn share(part: u32, of: u32) -> f64 {
    f64::from(part) / f64::from(of.max(1))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "pdf") {
            files.push(path);
        }
    }
}

/// `None` where one of the two does not read the file.
fn measure(parsers: &Parsers, path: &Path, is_shown: bool) -> Result<Option<Count>, Failure> {
    let bytes = std::fs::read(path).map_err(|cause| format!("cannot read `{}`: {cause}", path.display()))?;
    let found = parsers.parse(&RawFile {
        path: path.to_string_lossy().into_owned(),
        content_hash: ContentHash(*blake3::hash(&bytes).as_bytes()),
        bytes,
        modified: Timestamp(0),
    });
    let Ok(ParsedFile::Documents(documents)) = found else {
        return Ok(None);
    };
    let mut pages: HashMap<u32, Vec<Line>> = HashMap::new();
    for document in &documents {
        for line in &document.lines {
            pages.entry(line.area.page).or_default().push(Line {
                letters: letters(line.span.of(&document.text).unwrap_or_default()),
                area: line.area,
            });
        }
    }
    let Some(words) = words_of(path)? else {
        return Ok(None);
    };
    let mut count = Count::default();
    for word in words {
        count.words += 1;
        let having: Vec<&Line> = pages
            .get(&word.page)
            .into_iter()
            .flatten()
            .filter(|line| line.letters.contains(&word.letters))
            .collect();
        if having.is_empty() {
            continue;
        }
        count.found += 1;
        let inside = having
            .iter()
            .fold(0.0, |best: f64, line| best.max(inside(&word, &line.area)));
        count.right += u32::from(inside > 0.0);
        count.whole += u32::from(inside >= 0.9);
        if is_shown && inside < 0.9 {
            println!(
                "page {} `{}` at {:.0} {:.0} {:.0} {:.0}: {inside:.2}",
                word.page,
                word.letters,
                word.left * 1000.0,
                word.top * 1000.0,
                word.right * 1000.0,
                word.bottom * 1000.0
            );
            for line in having {
                println!("    {:?} {}", line.area, line.letters);
            }
        }
    }
    Ok(Some(count))
}

/// The share of the word's box that lies in the area; 0 when its middle does not.
fn inside(word: &Word, area: &PageArea) -> f64 {
    let [left, top, right, bottom] =
        [area.left, area.top, area.right, area.bottom].map(|edge| f64::from(edge) / 1000.0);
    let (x, y) = ((word.left + word.right) / 2.0, (word.top + word.bottom) / 2.0);
    if x < left || x > right || y < top || y > bottom {
        return 0.0;
    }
    let of = |low: f64, high: f64, from: f64, to: f64| {
        (high.min(to) - low.max(from)).max(0.0) / (high - low).max(1e-9)
    };
    (of(word.left, word.right, left, right) * of(word.top, word.bottom, top, bottom)).max(1e-9)
}

fn words_of(path: &Path) -> Result<Option<Vec<Word>>, Failure> {
    let output = Command::new("pdftotext")
        .args(["-q", "-bbox", "-cropbox"])
        .arg(path)
        .arg("-")
        .stderr(Stdio::null())
        .output()?;
    if !output.status.success() {
        return Ok(None);
    }
    let on_their_side = pages_on_their_side(path)?;
    let mut words = Vec::new();
    let mut page = 0;
    let (mut width, mut height) = (1.0, 1.0);
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line = line.trim();
        let number = |name: &str| -> f64 {
            let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap_or_default();
            let (number, _) = rest.split_once('"').unwrap_or_default();
            number.parse().unwrap_or(0.0)
        };
        if line.starts_with("<page ") {
            page += 1;
            (width, height) = (number("width").max(1.0), number("height").max(1.0));
            // Words come as they are shown, the page's size as it is before it is turned.
            if on_their_side.contains(&page) {
                (width, height) = (height, width);
            }
        } else if let Some(rest) = line.strip_prefix("<word ")
            && let Some((_, text)) = rest.split_once('>')
        {
            let letters = letters(&unescaped(text.trim_end_matches("</word>")));
            if !letters.is_empty() {
                words.push(Word {
                    letters,
                    page,
                    left: number("xMin") / width,
                    top: number("yMin") / height,
                    right: number("xMax") / width,
                    bottom: number("yMax") / height,
                });
            }
        }
    }
    Ok(Some(words))
}

/// Pages that are shown turned by a quarter.
fn pages_on_their_side(path: &Path) -> Result<HashSet<u32>, Failure> {
    let output = Command::new("pdfinfo")
        .args(["-f", "1", "-l", "100000"])
        .arg(path)
        .stderr(Stdio::null())
        .output()?;
    let mut found = HashSet::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let ["Page", number, "rot:", "90" | "270"] = fields[..] {
            found.extend(number.parse::<u32>());
        }
    }
    Ok(found)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

fn letters(text: &str) -> String {
    text.nfkc()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
