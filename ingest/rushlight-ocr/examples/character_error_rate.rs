//! How well and how fast pages with known text are read:
//!
//! ```sh
//! python3 examples/pages.py "$RUSHLIGHT_DATA" PAGES
//! cargo run --release --example character_error_rate -- MODEL PAGES [THREADS] [--show]
//! ```
//!
//! MODEL is the folder of the installed model, with one detector, recogniser and dictionary; PAGES has pictures and
//! beside each its text. The character error rate is the edit distance over the number of characters: white space counts
//! as one space, as none beside Chinese characters; "folded" takes full-width and half-width forms as equal.

#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rushlight_ocr::{ModelBytes, Recogniser};

#[derive(Default)]
struct Group {
    pages: u32,
    characters: usize,
    edits: usize,
    folded_edits: usize,
    confidence: f32,
    took: Duration,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(model), Some(pages)) = (arguments.first(), arguments.get(1)) else {
        return Err("which model, and which pages?".into());
    };
    let threads = arguments.get(2).and_then(|text| text.parse().ok()).unwrap_or(2);
    let show = arguments.iter().any(|argument| argument == "--show");
    let started = Instant::now();
    let recogniser = Recogniser::load(read_model(Path::new(model))?, threads)?;
    println!(
        "loaded in {:.2} s, {threads} threads",
        started.elapsed().as_secs_f32()
    );
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut pictures: Vec<PathBuf> = fs::read_dir(pages)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    pictures.retain(|path| path.extension().is_some_and(|extension| extension != "txt"));
    pictures.sort();
    for path in &pictures {
        let expected = fs::read_to_string(path.with_extension("txt"))?;
        let picture = image::open(path)?.to_rgb8();
        let started = Instant::now();
        let lines = recogniser.recognise(&picture)?;
        let took = started.elapsed();
        let found: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let (expected, found) = (normalised(&expected), normalised(&found.join("\n")));
        let edits = distance(&expected, &found);
        let folded_edits = distance(&folded(&expected), &folded(&found));
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if show {
            println!("{name}: {edits} edits\n{}\n{}", text(&expected), text(&found));
        }
        let group = name.rsplit_once(' ').map_or(name.as_ref(), |(group, _)| group);
        let group = groups.entry(group.to_owned()).or_default();
        group.pages += 1;
        group.characters += expected.len();
        group.edits += edits;
        group.folded_edits += folded_edits;
        group.confidence += lines.iter().map(|line| line.confidence).sum::<f32>() / lines.len().max(1) as f32;
        group.took += took;
    }
    println!("| pages | number | characters | error rate | folded | confidence | s a page |");
    println!("|---|---|---|---|---|---|---|");
    for (name, group) in &groups {
        let percent = |edits: usize| 100.0 * edits as f64 / group.characters.max(1) as f64;
        println!(
            "| {name} | {} | {} | {:.2} % | {:.2} % | {:.3} | {:.2} |",
            group.pages,
            group.characters,
            percent(group.edits),
            percent(group.folded_edits),
            group.confidence / group.pages as f32,
            group.took.as_secs_f64() / f64::from(group.pages),
        );
    }
    Ok(())
}

fn read_model(folder: &Path) -> Result<ModelBytes, Box<dyn Error>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let find = |part: &str| {
        let named = |path: &&PathBuf| {
            path.to_string_lossy()
                .rsplit('/')
                .next()
                .is_some_and(|name| name.contains(part))
        };
        files
            .iter()
            .find(named)
            .ok_or_else(|| format!("there is no {part} in the folder"))
    };
    Ok(ModelBytes {
        detector: fs::read(find("det")?)?,
        recogniser: fs::read(find("rec")?)?,
        dictionary: fs::read_to_string(find("dict")?)?,
    })
}

/// White space is one space between words, and nothing beside characters that are written without it.
fn normalised(text: &str) -> Vec<char> {
    let mut normal: Vec<char> = Vec::new();
    let mut gap = false;
    for character in text.chars() {
        if character.is_whitespace() {
            gap = true;
            continue;
        }
        let spaced = normal.last().is_some_and(|last| !is_wide(*last)) && !is_wide(character);
        if gap && spaced {
            normal.push(' ');
        }
        gap = false;
        normal.push(character);
    }
    normal
}

fn is_wide(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..)
}

/// Full-width forms as half-width ones.
fn folded(text: &[char]) -> Vec<char> {
    let fold = |character: char| match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        _ => character,
    };
    let folded: String = text.iter().map(|character| fold(*character)).collect();
    folded.chars().collect()
}

fn text(characters: &[char]) -> String {
    characters.iter().collect()
}

/// Levenshtein's distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
