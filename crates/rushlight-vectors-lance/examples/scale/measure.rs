//! Clocks, memory and disk.

use std::hint::black_box;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Times of one kind of question.
#[derive(Default)]
pub(crate) struct Percentiles(Vec<Duration>);

impl Percentiles {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(crate) async fn timed<T>(&mut self, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let result = work.await;
        self.add(begun.elapsed());
        result
    }

    /// Nearest rank, in milliseconds.
    pub(crate) fn milliseconds(mut self) -> Value {
        self.0.sort_unstable();
        let at = |percent: usize| {
            let rank = (self.0.len() * percent).div_ceil(100).max(1) - 1;
            self.0.get(rank).map(|time| time.as_secs_f64() * 1e3)
        };
        json!({ "p50": at(50), "p95": at(95), "least": at(0) })
    }
}

/// Memory of this process that is in use, in KiB; zero where the system does not say.
pub(crate) fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

pub(crate) fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += match entry.file_type()?.is_dir() {
            true => folder_bytes(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(bytes)
}

/// The best of ten readings of 256 MB, in GB per second.
pub(crate) fn bandwidth(threads: usize) -> f64 {
    let words = vec![1u64; 32 << 20];
    let read = || {
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for part in words.chunks(words.len() / threads) {
                scope.spawn(move || black_box(part.iter().fold(0u64, |sum, word| sum.wrapping_add(*word))));
            }
        });
        (words.len() * 8) as f64 / begun.elapsed().as_secs_f64() / 1e9
    };
    (0..10).map(|_| read()).fold(0.0, f64::max)
}
