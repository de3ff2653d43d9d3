//! What memory and time a mailbox takes that is read piece by piece. It is made while it is read, so that neither this
//! program nor the disk holds it.
//!
//! `cargo run --release -p rushlight-parse --example mailbox_memory -- 4096` reads 4096 MiB, with the worker beside the examples'
//! folder (`cargo build --release -p rushlight-parse --bins` makes it). Fails where the peak of memory is more than 64 MiB
//! above where it was after the first 16 MiB.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::io::{Cursor, Read};
use std::process::ExitCode;
use std::time::Instant;

use rushlight_core::Parser;
use rushlight_parse::{ParseOptions, Parsers, WorkerCommand};

const MIB: u64 = 1 << 20;
/// Read before memory is looked at for the first time.
const WARM_UP: u64 = 16 * MIB;
const ALLOWED_KIB: u64 = 64 << 10;

fn main() -> ExitCode {
    let wanted: u64 = std::env::args()
        .nth(1)
        .and_then(|mib| mib.parse().ok())
        .unwrap_or(256);
    let program = std::env::current_exe().expect("this program lies somewhere");
    let program = program
        .ancestors()
        .nth(2)
        .map(|at| at.join("rushlight-parse-worker"))
        .expect("a folder for the worker");
    let parsers = Parsers::new(ParseOptions::new(WorkerCommand {
        program,
        args: Vec::new(),
    }));
    let read = |bytes: u64| {
        let head = message(1);
        let mut pieces = parsers
            .pieces("inbox.mbox", &head, Box::new(Messages::new(bytes)))
            .expect("a mailbox is read in pieces");
        let (mut documents, mut text) = (0u64, 0u64);
        while let Some(found) = pieces.next().expect("it can be read") {
            documents += found.len() as u64;
            text += found
                .iter()
                .map(|document| document.text.len() as u64)
                .sum::<u64>();
        }
        (documents, text)
    };
    read(WARM_UP);
    let before = peak_kib();
    let begun = Instant::now();
    let (documents, text) = read(wanted * MIB);
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{wanted} MiB, {documents} documents, {} MiB of text in {seconds:.1} s: {:.0} documents/s, {:.0} MiB/s",
        text / MIB,
        documents as f64 / seconds,
        wanted as f64 / seconds
    );
    let (Some(before), Some(after)) = (before, peak_kib()) else {
        println!("skipped: this system does not tell the peak of memory");
        return ExitCode::SUCCESS;
    };
    println!(
        "peak of memory {} MiB, {} MiB after {} MiB",
        after >> 10,
        before >> 10,
        WARM_UP / MIB
    );
    match after <= before + ALLOWED_KIB {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The largest that this process has been, in KiB.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Mails of 1 to 40 KiB, one in five with a note attached.
fn message(number: u64) -> Vec<u8> {
    let lines = 16 + (number * 7919) % 640;
    let body = format!("Letter {number} tells of the harbour, the lantern and a quince tree.\n")
        .repeat(lines as usize);
    let head = format!(
        "From ada@example.org Thu Jan  1 00:00:00 2026\nFrom: Ada Lin <ada@example.org>\nTo: bo@example.net\n\
         Date: Thu, 1 Jan 2026 10:00:00 +0000\nSubject: Letter {number}\nMessage-ID: <{number}@example.org>\n"
    );
    let text = match number % 5 {
        0 => format!(
            "{head}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n{body}--b\n\
             Content-Type: text/plain; name=note.txt\nContent-Disposition: attachment; filename=note.txt\n\n\
             Note {number}\n--b--\n\n"
        ),
        _ => format!("{head}\n{body}\n"),
    };
    text.into_bytes()
}

/// At least so many bytes of mails.
struct Messages {
    left: u64,
    number: u64,
    current: Cursor<Vec<u8>>,
}

impl Messages {
    fn new(bytes: u64) -> Self {
        Self {
            left: bytes,
            number: 0,
            current: Cursor::default(),
        }
    }
}

impl Read for Messages {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.current.read(buffer)?;
        if read > 0 || self.left == 0 || buffer.is_empty() {
            return Ok(read);
        }
        self.number += 1;
        let next = message(self.number);
        self.left = self.left.saturating_sub(next.len() as u64);
        self.current = Cursor::new(next);
        self.current.read(buffer)
    }
}
