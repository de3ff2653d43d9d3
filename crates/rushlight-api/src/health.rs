//! Models and health: what the program has, needs and found out about itself.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// Reply of `GET /api/v1/health`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Version of Rushlight.
    pub version: String,
    /// The data directory.
    pub data_dir: String,
    /// The models in use, then others that are installed.
    pub models: Vec<InstalledModel>,
    /// The language model's speed here; `null` before the first kept answer of it.
    pub speed: Option<Speed>,
    /// Memory of the process; `null` where the system does not say.
    pub memory: Option<Memory>,
    /// What lies on the disk.
    pub disk: Vec<DiskPart>,
    /// How far the indexes of each space are.
    pub indexes: Vec<IndexHealth>,
    /// The last check since the start; `null` before the first.
    pub check: Option<HealthCheck>,
}

/// A model of the catalogue, or one that was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledModel {
    /// Its name in the catalogue.
    pub id: String,
    /// What it is for: `language`, `embedding`, `runtime`, `ocr`, `reranker` or `dictionary`.
    pub kind: String,
    /// Its name for people; may be empty.
    pub title: String,
    /// SPDX expression; may be empty.
    pub license: String,
    /// Bytes when it is installed.
    pub bytes: u64,
    /// How it stands.
    pub state: InstallState,
    /// Whether it is the one that is used.
    pub in_use: bool,
}

/// How a model stands on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstallState {
    /// All of it is there, and its SHA-256 is as it should be.
    Verified,
    /// All of it is there; it is hashed before its first use.
    Installed,
    /// A part of it was fetched.
    Partial,
    /// Nothing of it is there.
    Missing,
    /// A file is not the one the catalogue names.
    Corrupt,
}

/// How fast the language model is here, over its last kept answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// How many answers it is measured over.
    pub answers: u64,
    /// Tokens of prompts read in a second; `null` where none was read.
    pub read_per_second: Option<f64>,
    /// Tokens written in a second; `null` where none was written.
    pub written_per_second: Option<f64>,
    /// When the last of them was asked.
    pub last: Time,
}

/// Memory of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Bytes in memory now.
    pub resident_bytes: u64,
    /// The most there were since the start.
    pub peak_bytes: u64,
}

/// A part of what lies on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskPart {
    /// `ledger`, `keyword`, `vectors`, `models` or `other`.
    pub name: String,
    /// Bytes of its files.
    pub bytes: u64,
}

/// How far the indexes of a space are. Generations number the changes of a space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexHealth {
    /// Name of the space.
    pub space: String,
    /// The ledger's generation.
    pub ledger: i64,
    /// That of the keyword index; `null` where it cannot be asked.
    pub by_word: Option<i64>,
    /// That of the vector index; `null` where it cannot be asked.
    pub by_meaning: Option<i64>,
}

/// A check of everything that `rushlight doctor` and `rushlight verify` look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// When it was begun.
    pub started: Time,
    /// When it ended; `null` while it runs.
    pub finished: Option<Time>,
    /// What it found so far.
    pub findings: Vec<Finding>,
}

/// A thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was checked: `ledger`, `index`, `model`, `reranker`, `runtime`, `processor` or `python`.
    pub code: String,
    /// Which one, where there are several: the model, the space.
    pub of: String,
    /// True when it is as it should be.
    pub ok: bool,
    /// What was found, in English.
    pub found: String,
    /// What to do when it is not; otherwise empty.
    pub remedy: String,
}

impl Speed {
    /// What these answers came to, the newest first; `None` where no model wrote or read for any.
    pub fn of(generations: impl IntoIterator<Item = (crate::Generation, Time)>) -> Option<Self> {
        let (mut answers, mut last) = (0, None);
        let (mut read, mut read_ms, mut written, mut written_ms) = (0u64, 0u64, 0u64, 0u64);
        for (one, asked) in generations {
            if one.prompt_ms + one.generation_ms == 0 {
                continue;
            }
            answers += 1;
            last = last.max(Some(asked));
            read += one.prompt_tokens.saturating_sub(one.cached_tokens) as u64;
            read_ms += one.prompt_ms;
            written += one.generated_tokens as u64;
            written_ms += one.generation_ms;
        }
        let rate = |tokens: u64, ms: u64| (tokens > 0 && ms > 0).then(|| tokens as f64 * 1000.0 / ms as f64);
        last.map(|last| Self {
            answers,
            read_per_second: rate(read, read_ms),
            written_per_second: rate(written, written_ms),
            last,
        })
    }
}

impl HealthCheck {
    /// One that begins now.
    pub fn begun(started: core::Timestamp) -> Self {
        Self {
            started: started.into(),
            finished: None,
            findings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Generation;

    #[test]
    fn speed_is_tokens_over_time_and_leaves_out_what_was_kept() {
        let generation =
            |prompt_tokens, cached_tokens, generated_tokens, prompt_ms, generation_ms| Generation {
                prompt_tokens,
                cached_tokens,
                generated_tokens,
                prompt_ms,
                generation_ms,
            };
        let at = |ms| Time(core::Timestamp(ms));
        assert_eq!(Speed::of([]), None);
        assert_eq!(Speed::of([(generation(0, 0, 0, 0, 0), at(1))]), None);
        let speed = Speed::of([
            (generation(500, 100, 20, 3000, 1500), at(2000)),
            (generation(400, 0, 10, 1000, 500), at(1000)),
        ])
        .expect("measured");
        assert_eq!((speed.answers, speed.last), (2, at(2000)));
        assert_eq!(speed.read_per_second, Some(200.0));
        assert_eq!(speed.written_per_second, Some(15.0));
        let read_only = Speed::of([(generation(100, 0, 0, 1000, 0), at(1))]).expect("measured");
        assert_eq!(read_only.written_per_second, None);
    }
}
