//! Every reader is given broken files: the seeds in `tests/seeds`, changed at random. Whatever comes, the outcome is one
//! that the port promises, and the process is still there.
//!
//! `RUSHLIGHT_FUZZ_RUNS` says how many changes of each seed are tried, `RUSHLIGHT_FUZZ_SEED` where chance begins, and
//! `RUSHLIGHT_FUZZ_ONLY` which seeds, by a part of their name. A failure names all three.

mod common;
#[allow(dead_code, reason = "each test takes of it what it needs")]
#[path = "common/outlook.rs"]
mod made;

use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::time::Duration;

use rushlight_core::{ContentHash, ErrorCode, ParsedFile, Parser, RawFile, Result, Timestamp};
use rushlight_parse::Parsers;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Changes of each seed where nobody says how many.
const RUNS: u64 = 200;
/// Longest file that is made of a seed.
const MAX_BYTES: usize = 1 << 20;

struct Seed {
    name: String,
    bytes: Vec<u8>,
}

#[test]
fn seeds_are_read() {
    let parsers = parsers();
    let seeds = seeds();
    if !seeds.iter().any(|seed| seed.name.ends_with(".pst")) {
        println!("skipped: RUSHLIGHT_DATA has no mailbox of Outlook");
    }
    for Seed { name, bytes } in seeds {
        let outcome = parse(&parsers, &name, &bytes);
        common::sound(&outcome).expect("sound");
        assert!(
            matches!(outcome, Ok(ParsedFile::Documents(_))),
            "{name}: {outcome:?}"
        );
    }
}

#[test]
fn changed_seeds_end_in_a_state() {
    let runs = number("RUSHLIGHT_FUZZ_RUNS").unwrap_or(RUNS);
    let start = number("RUSHLIGHT_FUZZ_SEED").unwrap_or(1);
    let only = std::env::var("RUSHLIGHT_FUZZ_ONLY").unwrap_or_default();
    let seeds = seeds();
    let parsers = parsers();
    for seed in seeds.iter().filter(|seed| seed.name.contains(&only)) {
        let (mut read, mut lost) = (0, 0);
        for run in start..start + runs {
            let mut chance = Chance(run.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.name.len() as u64);
            let bytes = changed(&seed.bytes, &seeds, &mut chance);
            let outcome = parse(&parsers, &seed.name, &bytes);
            if let Err(why) = common::sound(&outcome) {
                panic!(
                    "RUSHLIGHT_FUZZ_ONLY={} RUSHLIGHT_FUZZ_SEED={run} RUSHLIGHT_FUZZ_RUNS=1: {why}",
                    seed.name
                );
            }
            match &outcome {
                Ok(ParsedFile::Documents(_)) => read += 1,
                // A library panicked, or was ended at a limit: that is what the worker is for.
                Err(error) if error.code() == ErrorCode::ParserFailed => lost += 1,
                Ok(ParsedFile::Skipped(_)) | Err(_) => {}
            }
        }
        println!(
            "{:12} {runs} changed, {read} read nonetheless, {lost} ended the worker",
            seed.name
        );
    }
}

fn parsers() -> Parsers {
    let mut options = common::options();
    options.limits.timeout = Duration::from_secs(20);
    Parsers::new(options)
}

fn parse(parsers: &Parsers, name: &str, bytes: &[u8]) -> Result<ParsedFile> {
    parsers.parse(&RawFile {
        path: name.to_owned(),
        bytes: bytes.to_vec(),
        content_hash: ContentHash(*blake3::hash(bytes).as_bytes()),
        modified: Timestamp(0),
    })
}

fn seeds() -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds");
    let entries = std::fs::read_dir(&folder).expect("the folder of seeds");
    let mut seeds: Vec<Seed> = entries
        .map(|entry| {
            let entry = entry.expect("lists");
            Seed {
                name: entry.file_name().to_string_lossy().into_owned(),
                bytes: std::fs::read(entry.path()).expect("reads"),
            }
        })
        .collect();
    let made = [
        ("letter.msg", made::msg(&made::letter())),
        ("appointment.msg", made::msg(&made::appointment())),
        ("winmail.dat", made::winmail(&made::letter())),
    ];
    for (name, bytes) in made {
        let name = name.to_owned();
        seeds.push(Seed { name, bytes });
    }
    // Nothing here writes a mailbox: one is borrowed where the data sets are.
    if let Some(data) = std::env::var_os("RUSHLIGHT_DATA")
        && let Ok(bytes) =
            std::fs::read(Path::new(&data).join("mail-suites/tika/testPST_variousBodyTypes.pst"))
    {
        let name = "mailbox.pst".to_owned();
        seeds.push(Seed { name, bytes });
    }
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(seeds.len() > 15, "seeds of every reader");
    seeds
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not `{text}`")),
    )
}

/// The seed with one to eight changes; in a package, within one of its members half of the time.
fn changed(seed: &[u8], others: &[Seed], chance: &mut Chance) -> Vec<u8> {
    if seed.starts_with(b"PK") && chance.below(2) == 0 {
        return changed_inside(seed, others, chance);
    }
    let mut bytes = seed.to_vec();
    for _ in 0..=chance.below(8) {
        change(&mut bytes, others, chance);
    }
    bytes
}

fn changed_inside(package: &[u8], others: &[Seed], chance: &mut Chance) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(package)).expect("a seed");
    let chosen = chance.below(archive.len());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).expect("a seed");
        let name = String::from_utf8_lossy(member.name_raw()).into_owned();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).expect("a seed");
        if index == chosen {
            for _ in 0..=chance.below(4) {
                change(&mut bytes, others, chance);
            }
        }
        writer.start_file(name, stored).expect("starts");
        writer.write_all(&bytes).expect("writes");
    }
    writer.finish().expect("ends").into_inner()
}

fn change(bytes: &mut Vec<u8>, others: &[Seed], chance: &mut Chance) {
    const TELLING: [u8; 12] = [0, 1, 0x7f, 0x80, 0xff, b'<', b'>', b'"', b'\n', b'(', b'\\', b'-'];
    if bytes.is_empty() {
        bytes.push(TELLING[chance.below(TELLING.len())]);
        return;
    }
    let at = chance.below(bytes.len());
    let length = chance.below(64.min(bytes.len() - at) + 1);
    match chance.below(7) {
        0 => bytes[at] ^= 1 << chance.below(8),
        1 => bytes[at] = TELLING[chance.below(TELLING.len())],
        2 => drop(bytes.drain(at..at + length)),
        3 => bytes.truncate(at),
        4 => {
            let piece = bytes[at..at + length].to_vec();
            let times = 1 + chance.below(200);
            let room = MAX_BYTES.saturating_sub(bytes.len()) / piece.len().max(1);
            let repeated = piece.repeat(times.min(room));
            bytes.splice(at..at, repeated);
        }
        5 => {
            let other = &others[chance.below(others.len())].bytes;
            let from = chance.below(other.len());
            let to = (from + chance.below(200)).min(other.len());
            bytes.splice(at..at, other[from..to].iter().copied());
        }
        _ => {
            let value = [0u32, 1, 0x7fff_ffff, 0xffff_ffff, 0x10000][chance.below(5)];
            for (byte, new) in bytes[at..].iter_mut().zip(value.to_le_bytes()) {
                *byte = new;
            }
        }
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Chance(u64);

impl Chance {
    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
