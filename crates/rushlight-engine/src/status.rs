//! How things are, as values.

use rushlight_core::{Counts, ErrorCode, Result};
use rushlight_ledger::{ScanCounts, SourceRecord, SpaceStatistics};
use tokio::sync::watch;

use crate::engine::Engine;
use crate::language_models::LanguageModelStatus;
use crate::lazy::LazyState;

/// What the indexing thread does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activity {
    /// Nothing is left to do.
    #[default]
    Idle,
    /// Comparing folders with the ledger.
    Scanning,
    /// Reading files.
    Indexing,
    /// Computing vectors.
    Embedding,
    /// Reading pages that are pictures.
    Recognising,
}

impl Activity {
    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Scanning => "scanning",
            Self::Indexing => "indexing",
            Self::Embedding => "embedding",
            Self::Recognising => "recognising",
        }
    }
}

/// How changes of a source are noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watching {
    /// The system tells.
    Events,
    /// By looking from time to time, and why.
    Polling(String),
    /// Only by full scans, and why.
    None(String),
}

/// A source with its state.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceStatus {
    /// The source.
    pub record: SourceRecord,
    /// Its files by state.
    pub counts: Counts,
    /// How it is watched; `None` when nothing watches.
    pub watching: Option<Watching>,
}

/// A model with its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelStatus {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: LazyState,
}

/// How everything is.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineStatus {
    /// Files of all sources by state.
    pub counts: Counts,
    /// What the indexing thread does.
    pub activity: Activity,
    /// Files a second over the last batches; 0 when none are read.
    pub files_per_second: f64,
    /// How long it takes until every file that waits and may be read is searchable by word, at the speed of the last
    /// batches; zero when none waits, `None` when nobody can say.
    pub seconds_by_word: Option<f64>,
    /// How long it takes from then until every chunk that is known now is searchable by meaning; `None` also while
    /// files wait, whose chunks nobody has counted.
    pub seconds_by_meaning: Option<f64>,
    /// Chunks embedded since the start.
    pub embedded: u64,
    /// Chunks that have no vector yet.
    pub waiting_for_vectors: u64,
    /// Pages without text of their own.
    pub scans: ScanCounts,
    /// What recognises them; `None` where that is switched off.
    pub recogniser: Option<ModelStatus>,
    /// What keeps indexing from going on.
    pub last_error: Option<(ErrorCode, String)>,
    /// The language model of the settings.
    pub language_model: LanguageModelStatus,
    /// Others that were asked for by name since the start.
    pub other_language_models: Vec<LanguageModelStatus>,
    /// The embedding model.
    pub embedding_model: ModelStatus,
    /// The sources.
    pub sources: Vec<SourceStatus>,
    /// The spaces.
    pub spaces: Vec<SpaceStatistics>,
}

impl Engine {
    /// How everything is now.
    ///
    /// # Errors
    /// `LedgerFailed`.
    pub fn status(&self) -> Result<EngineStatus> {
        let shared = &self.shared;
        let (activity, rates, embedded, last_error, watching) = {
            let progress = shared.progress.lock();
            (
                progress.activity,
                (progress.files, progress.file_bytes, progress.chunks),
                progress.embedded,
                progress.last_error.clone(),
                progress.watching.clone(),
            )
        };
        let source_status = |record: SourceRecord| {
            let counts = shared.ledger.counts(Some(record.id))?;
            let watching = watching.get(&record.id).cloned();
            Ok(SourceStatus {
                record,
                counts,
                watching,
            })
        };
        let (files, file_bytes, chunks) = rates;
        let files_per_second = match activity {
            Activity::Indexing => files.per_second().unwrap_or(0.0),
            _ => 0.0,
        };
        let counts = shared.ledger.counts(None)?;
        let waiting_for_vectors = shared
            .ledger
            .pending_embedding_count(&shared.embedder_spec.model_id)?;
        // Small files go first, so that their number alone would promise too much, and their bytes too little.
        let sources: Vec<SourceStatus> = shared
            .ledger
            .sources()?
            .into_iter()
            .map(source_status)
            .collect::<Result<_>>()?;
        let ready = sources
            .iter()
            .filter(|source| source.record.online && !source.record.paused);
        let ready_files: u64 = ready.map(|source| source.counts.waiting).sum();
        let seconds_by_word = match ready_files {
            0 => Some(0.0),
            waiting => files
                .seconds_for(waiting as f64)
                .zip(file_bytes.seconds_for(shared.ledger.waiting_bytes()? as f64))
                .map(|(by_number, by_size)| by_number.max(by_size)),
        };
        let seconds_by_meaning = match (ready_files, waiting_for_vectors) {
            (0, 0) => Some(0.0),
            (0, waiting) => chunks.seconds_for(waiting as f64),
            _ => None,
        };
        let scans = shared.ledger.scan_counts()?;
        let recogniser = shared.recogniser.as_ref().map(|recogniser| {
            if scans.waiting > 0 && recogniser.state() == LazyState::Unloaded {
                // Whether it is there matters now, and finding out starts nothing. A failure is its state.
                let _ = recogniser.get();
            }
            ModelStatus {
                id: recogniser.id().to_owned(),
                state: recogniser.state(),
            }
        });
        let (language_model, other_language_models) = shared.language_models.statuses();
        Ok(EngineStatus {
            scans,
            recogniser,
            counts,
            activity,
            files_per_second,
            seconds_by_word,
            seconds_by_meaning,
            embedded,
            waiting_for_vectors,
            last_error,
            language_model,
            other_language_models,
            embedding_model: ModelStatus {
                id: shared.embedder.id().to_owned(),
                state: shared.embedder.state(),
            },
            sources,
            spaces: shared.ledger.statistics()?,
        })
    }

    /// Changes whenever the status may have.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }
}
