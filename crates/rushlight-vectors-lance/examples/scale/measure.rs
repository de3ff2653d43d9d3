//! Clocks, memory and disk.

use std::hint::black_box;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Asks one kind of question so many times, one after the other, and returns the percentiles (nearest rank), the least and
/// the mean time of all processors, in milliseconds. The last two say something on a machine that has other work too.
pub(crate) async fn times<E>(
    questions: usize,
    ask: impl AsyncFn(usize) -> Result<(), E>,
) -> Result<Value, E> {
    let mut times = Vec::with_capacity(questions);
    let before = processor_ms();
    for number in 0..questions {
        let begun = Instant::now();
        ask(number).await?;
        times.push(begun.elapsed());
    }
    let processor = before
        .zip(processor_ms())
        .map(|(before, after)| (after - before) / questions as f64);
    times.sort_unstable();
    let at = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100).max(1) - 1;
        times.get(rank).map(|time: &Duration| time.as_secs_f64() * 1e3)
    };
    Ok(json!({ "p50": at(50), "p95": at(95), "least": at(0), "processor": processor }))
}

/// Time that the processors have given to this process, in steps of ten milliseconds; nothing where the system does not say.
fn processor_ms() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name in brackets: the fields from the third on (proc(5)); user and system time are the 14th and 15th.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) * 10.0)
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
