//! Files' bytes are compared with what was indexed, a few at a time, so that within a week (or what is configured) every
//! file was looked at: an edit that kept size and time is seen by no scan.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rushlight_core::{ErrorCode, FileRecord, Result, Timestamp};

use crate::indexer::Indexer;
use crate::status::Activity;

/// Where the time of the last round is kept, in milliseconds since 1970.
const LAST_ROUND: &str = "rehash.last_round";
/// Files compared before anything else may have its turn.
const STEP_FILES: usize = 32;
/// The same in time.
const STEP_TIME: Duration = Duration::from_millis(500);

/// The files that are to be compared in this round.
pub(crate) struct Round {
    left: u64,
    begun: Timestamp,
}

impl Indexer<'_> {
    /// Begins a round: as many files as their share of the time since the last one, the longest unchecked first.
    pub(crate) fn begin_round(&mut self) -> Result<()> {
        let shared = self.shared;
        let Some(interval) = shared.options.rehash_interval else {
            return Ok(());
        };
        if self.round.is_some() {
            return Ok(());
        }
        let now = shared.clock.now();
        let last = shared.ledger.meta(LAST_ROUND)?.and_then(|text| text.parse().ok());
        let Some(last) = last else {
            return shared.ledger.set_meta(LAST_ROUND, &now.0.to_string());
        };
        let indexed = shared.ledger.counts(None)?.indexed;
        let left = share(indexed, now.0.saturating_sub(last), interval);
        if left > 0 {
            self.round = Some(Round { left, begun: now });
        }
        Ok(())
    }

    /// Compares some files; false when none is due.
    pub(crate) fn rehash(&mut self) -> Result<bool> {
        let shared = self.shared;
        let now = shared.clock.now();
        let unsettled = shared.ledger.unsettled_files(now, STEP_FILES)?;
        if !unsettled.is_empty() {
            self.compare(&unsettled)?;
            return Ok(true);
        }
        let Some(Round { left, begun }) = self.round.as_ref() else {
            return Ok(false);
        };
        let (left, begun) = (*left, *begun);
        let limit = usize::try_from(left).unwrap_or(usize::MAX).min(STEP_FILES);
        let files = match limit {
            0 => Vec::new(),
            _ => shared.ledger.longest_unchecked(begun, limit)?,
        };
        if files.is_empty() {
            shared.ledger.set_meta(LAST_ROUND, &begun.0.to_string())?;
            self.round = None;
            return Ok(false);
        }
        let compared = self.compare(&files)?;
        self.round = Some(Round {
            left: left.saturating_sub(compared),
            begun,
        });
        Ok(true)
    }

    /// Reads these files until the step's time is over; at least one. Returns how many.
    fn compare(&self, files: &[FileRecord]) -> Result<u64> {
        let shared = self.shared;
        shared.set_activity(Activity::Scanning);
        let begun = Instant::now();
        let now = shared.clock.now();
        let mut sources = BTreeMap::new();
        let (mut same, mut changed) = (Vec::new(), Vec::new());
        for file in files {
            if begun.elapsed() > STEP_TIME || shared.stopping() {
                break;
            }
            shared.gate.pass(|| shared.stopping());
            let source = match sources.get(&file.source_id) {
                Some(source) => source,
                None => {
                    let record = shared.ledger.source(file.source_id)?;
                    sources.entry(file.source_id).or_insert(shared.source(&record)?)
                }
            };
            match shared.content_hash(&**source, &file.stamp) {
                Ok(None) => break,
                Ok(hash) if hash == file.content_hash => same.push(file.id),
                Ok(Some(_)) => {
                    tracing::info!(file = file.id.0, "a file changed and kept its size and time");
                    changed.push(file.id);
                }
                // What became of it is for the next scan to say.
                Err(error) if error.code() == ErrorCode::FileVanished => same.push(file.id),
                Err(_) => changed.push(file.id),
            }
        }
        shared.ledger.note_checked(&same, &changed, now)?;
        Ok((same.len() + changed.len()) as u64)
    }
}

/// How many of `files` are due after `elapsed_ms` when all are due once in `interval`; none before the first is.
fn share(files: u64, elapsed_ms: i64, interval: Duration) -> u64 {
    let part = elapsed_ms.max(0) as f64 / (interval.as_secs_f64() * 1000.0).max(1.0);
    let due = files as f64 * part.min(1.0);
    // Rounded up, so that a round never falls behind. Not above `files`, which a float holds exactly.
    if due < 1.0 { 0 } else { due.ceil() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_takes_its_share_and_a_week_takes_all() {
        const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
        let quarter = 15 * 60 * 1000;
        assert_eq!(share(20_000, quarter, WEEK), 30);
        assert_eq!((share(10, quarter, WEEK), share(10, 80 * quarter, WEEK)), (0, 2));
        assert_eq!(share(0, quarter, WEEK), 0);
        assert_eq!(share(500, 30 * 24 * 3_600_000, WEEK), 500);
        assert_eq!(share(500, -5, WEEK), 0);
    }
}
