//! The engine's state in the API's shapes.

use std::iter;

use rushlight_api as api;
use rushlight_core::{ErrorCode, FileStatus, ModelMemory};
use rushlight_engine::{EngineStatus, LanguageModelStatus, LazyState, ModelStatus, SourceStatus, Watching};
use rushlight_ledger::{ProblemFile, SpaceStatistics};

/// The engine's status in the API's shape.
pub(crate) fn status(status: &EngineStatus) -> api::Status {
    let done = status.spaces.iter().map(|space| space.embedded_chunks).sum();
    api::Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        counts: status.counts.into(),
        embedding: api::EmbeddingProgress {
            done,
            waiting: status.waiting_for_vectors,
        },
        scans: api::Scans {
            read: status.scans.read,
            waiting: status.scans.waiting,
            unreadable: status.scans.unreadable,
            recogniser: status.recogniser.as_ref().map(model),
        },
        activity: match status.activity {
            rushlight_engine::Activity::Idle => api::Activity::Idle,
            rushlight_engine::Activity::Scanning => api::Activity::Scanning,
            rushlight_engine::Activity::Indexing => api::Activity::Indexing,
            rushlight_engine::Activity::Embedding => api::Activity::Embedding,
            rushlight_engine::Activity::Recognising => api::Activity::Recognising,
        },
        files_per_second: status.files_per_second,
        remaining: api::Remaining {
            by_word: status.seconds_by_word,
            by_meaning: status.seconds_by_meaning,
        },
        models: api::Models {
            language: model(&ModelStatus {
                id: status.language_model.id.clone(),
                state: status.language_model.state.clone(),
            }),
            embedding: model(&status.embedding_model),
            loaded: iter::once(&status.language_model)
                .chain(&status.other_language_models)
                .filter_map(loaded)
                .collect(),
        },
        sources: status.sources.iter().map(source).collect(),
        spaces: status.spaces.iter().map(space).collect(),
    }
}

fn loaded(status: &LanguageModelStatus) -> Option<api::LoadedModel> {
    let ModelMemory {
        weights,
        conversations,
        conversation_bytes,
        conversation_limit,
    } = status.memory?;
    Some(api::LoadedModel {
        id: status.id.clone(),
        weights_bytes: weights,
        conversations,
        conversation_bytes,
        conversation_limit_bytes: conversation_limit,
    })
}

fn model(status: &ModelStatus) -> api::Model {
    let (state, message) = match &status.state {
        LazyState::Unloaded => (api::ModelState::Unloaded, String::new()),
        LazyState::Loading => (api::ModelState::Loading, String::new()),
        LazyState::Ready => (api::ModelState::Ready, String::new()),
        LazyState::Failed {
            code: ErrorCode::ModelMissing,
            message,
        } => (api::ModelState::Missing, message.clone()),
        LazyState::Failed { message, .. } => (api::ModelState::Failed, message.clone()),
    };
    api::Model {
        id: status.id.clone(),
        state,
        message,
    }
}

pub(crate) fn source(status: &SourceStatus) -> api::Source {
    let record = &status.record;
    let (watching, why) = match &status.watching {
        Some(Watching::Events) => (api::Watching::Events, ""),
        Some(Watching::Polling(why)) => (api::Watching::Polling, why.as_str()),
        Some(Watching::None(why)) => (api::Watching::None, why.as_str()),
        None => (api::Watching::None, ""),
    };
    let notice = record.notice.as_deref().unwrap_or(why).to_owned();
    api::Source {
        id: record.id.0,
        root: record.root.clone(),
        space: record.space.clone(),
        online: record.online,
        paused: record.paused,
        watching,
        notice,
        last_scan: record.last_scan.map(Into::into),
        counts: status.counts.into(),
    }
}

pub(crate) fn space(statistics: &SpaceStatistics) -> api::Space {
    api::Space {
        name: statistics.space.name.clone(),
        documents: statistics.documents,
        chunks: statistics.chunks,
        chunks_embedded: statistics.embedded_chunks,
        text_bytes: statistics.text_bytes,
    }
}

/// What there is to say of a file: its state, or the warnings of its documents.
pub(crate) fn problems(problem: &ProblemFile) -> Vec<api::Problem> {
    let line = |status, code: &str, message: &str, hint: &str, retryable, attempts| api::Problem {
        source_id: problem.file.source_id.0,
        path: problem.file.stamp.path.clone(),
        status,
        code: code.to_owned(),
        message: message.to_owned(),
        hint: hint.to_owned(),
        retryable,
        attempts,
    };
    match &problem.file.status {
        FileStatus::Failed {
            code,
            message,
            attempts,
            next_attempt: _,
        } => {
            vec![line(
                api::ProblemStatus::Failed,
                code.as_str(),
                message,
                code.hint(),
                code.retryable(),
                *attempts,
            )]
        }
        FileStatus::Skipped { reason, by: _ } => {
            vec![line(
                api::ProblemStatus::Skipped,
                &reason.code,
                &reason.message,
                "",
                false,
                0,
            )]
        }
        FileStatus::Waiting | FileStatus::Indexed => {
            let warning = |(part, warning): &(String, rushlight_core::Warning)| {
                let message = match part.as_str() {
                    "" => warning.message.clone(),
                    part => format!("{part}: {}", warning.message),
                };
                line(api::ProblemStatus::Warning, &warning.code, &message, "", false, 0)
            };
            problem.warnings.iter().map(warning).collect()
        }
    }
}
