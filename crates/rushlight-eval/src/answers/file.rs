//! The file that a run is kept in: JSON, one object a line; the settings first, then every question as it is answered.
//!
//! A run of an hour that was broken off goes on from what is there. A last line that was not written to its end is what a
//! process leaves that was killed, and is written anew.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rushlight_core::{Error, ErrorCode, Result};
use serde::{Deserialize, Serialize};

use super::record::{AnswerRecord, AnswerSettings, FORMAT};

/// A run on disk.
#[derive(Debug)]
pub struct AnswerFile {
    /// How it was made.
    pub settings: AnswerSettings,
    /// What was answered so far, in the order in which it was.
    pub records: Vec<AnswerRecord>,
    /// `None` for a run that is only in memory.
    out: Option<(PathBuf, File)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Settings(AnswerSettings),
    Question(Box<AnswerRecord>),
}

impl AnswerFile {
    /// A run that is kept nowhere.
    pub fn in_memory(settings: AnswerSettings) -> Self {
        Self {
            settings,
            records: Vec::new(),
            out: None,
        }
    }

    /// Reads a kept run.
    ///
    /// # Errors
    /// `PathNotFound`, `FileUnreadable`; `FileBroken` with the line for what is not a run that this version knows.
    pub fn load(path: &Path) -> Result<Self> {
        let (file, _) = Self::read(path)?;
        Ok(file)
    }

    /// The run in this file, to be gone on with; a new one where there is none or an empty file.
    ///
    /// # Errors
    /// As [`AnswerFile::load`]; `InvalidRequest`, saying what differs, for a run of other settings; `FileUnreadable` where it cannot be
    /// written.
    pub fn resume(path: &Path, settings: AnswerSettings) -> Result<Self> {
        let there = path.metadata().is_ok_and(|metadata| metadata.len() > 0);
        let (mut run, length) = match there {
            true => Self::read(path)?,
            false => (Self::in_memory(settings.clone()), 0),
        };
        if run.settings != settings {
            let message = format!(
                "`{}` is a run with other settings: {}",
                path.display(),
                differences(&run.settings, &settings).join("; ")
            );
            return Err(Error::new(ErrorCode::InvalidRequest, message)
                .with_hint("give another file to --out, or delete this one to begin anew"));
        }
        let open = || {
            let mut file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path)?;
            file.set_len(length)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let file = open().map_err(|cause| unwritable(path, cause))?;
        run.out = Some((path.to_owned(), file));
        if length == 0 {
            run.write(&Line::Settings(settings))?;
        }
        Ok(run)
    }

    /// The run, and the bytes of the file up to the end of its last whole line.
    fn read(path: &Path) -> Result<(Self, u64)> {
        let text = std::fs::read_to_string(path).map_err(|cause| {
            let code = match cause.kind() {
                std::io::ErrorKind::NotFound => ErrorCode::PathNotFound,
                std::io::ErrorKind::InvalidData => ErrorCode::FileBroken,
                _ => ErrorCode::FileUnreadable,
            };
            Error::new(code, format!("cannot read `{}`", path.display())).with_source(cause)
        })?;
        let broken = |what: String| {
            Error::new(ErrorCode::FileBroken, format!("`{}` {what}", path.display()))
                .with_hint("give a file that `rushlight eval --answers SET --out FILE` wrote")
        };
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let mut settings = None;
        let mut records: Vec<AnswerRecord> = Vec::new();
        for (index, line) in whole.lines().enumerate() {
            let read: Line = serde_json::from_str(line).map_err(|cause| {
                broken(format!("is not a run of answers: line {}", index + 1)).with_source(cause)
            })?;
            match read {
                Line::Settings(found) if settings.is_none() => settings = Some(found),
                Line::Settings(_) => return Err(broken(format!("has settings twice: line {}", index + 1))),
                Line::Question(record) => records.push(*record),
            }
        }
        let settings: AnswerSettings =
            settings.ok_or_else(|| broken("is not a run of answers".to_owned()))?;
        if settings.format != FORMAT {
            return Err(broken(format!(
                "is a run of format {}, and this version knows format {FORMAT}",
                settings.format
            )));
        }
        let run = Self {
            settings,
            records,
            out: None,
        };
        Ok((run, whole.len() as u64))
    }

    /// Adds an answered question and writes it down.
    ///
    /// # Errors
    /// `FileUnreadable` where it cannot be written.
    pub fn push(&mut self, record: AnswerRecord) -> Result<()> {
        self.write(&Line::Question(Box::new(record.clone())))?;
        self.records.push(record);
        Ok(())
    }

    fn write(&mut self, line: &Line) -> Result<()> {
        let Some((path, file)) = &mut self.out else {
            return Ok(());
        };
        let json = serde_json::to_string(line).expect("the shape has string keys only");
        file.write_all((json + "\n").as_bytes())
            .map_err(|cause| unwritable(path, cause))
    }

    /// Whether the question of this id is answered already.
    pub fn has(&self, id: &str) -> bool {
        self.records.iter().any(|record| record.id == id)
    }
}

fn unwritable(path: &Path, cause: std::io::Error) -> Error {
    Error::new(
        ErrorCode::FileUnreadable,
        format!("cannot write `{}`", path.display()),
    )
    .with_source(cause)
    .with_hint("give a file in a folder that can be written to")
}

/// What differs between two settings, in words.
pub(crate) fn differences(old: &AnswerSettings, new: &AnswerSettings) -> Vec<String> {
    let fields = |settings: &AnswerSettings| {
        let value = serde_json::to_value(settings).expect("the shape has string keys only");
        value.as_object().cloned().unwrap_or_default()
    };
    let (old, new) = (fields(old), fields(new));
    old.iter()
        .filter_map(|(name, before)| {
            let after = new.get(name).unwrap_or(&serde_json::Value::Null);
            (before != after).then(|| format!("{name} {before}, now {after}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::question::tests::question;
    use super::super::record::Outcome;
    use super::*;

    fn settings() -> AnswerSettings {
        AnswerSettings {
            format: FORMAT,
            set: "tea".to_owned(),
            language_model: "qwen".to_owned(),
            ..AnswerSettings::default()
        }
    }

    fn record(id: &str) -> AnswerRecord {
        AnswerRecord::unanswered(&question("a", id, true), Outcome::Refused)
    }

    #[test]
    fn a_run_goes_on_where_it_was_broken_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.jsonl");
        let mut run = AnswerFile::resume(&path, settings()).expect("begins");
        run.push(record("q0")).expect("kept");
        run.push(record("q1")).expect("kept");
        drop(run);
        // A process that was killed while it wrote.
        let whole = std::fs::read_to_string(&path).expect("a text");
        std::fs::write(&path, format!("{whole}{{\"question\":{{\"id\":\"q2")).expect("written");

        assert_eq!(AnswerFile::load(&path).expect("loads").records.len(), 2);
        let mut run = AnswerFile::resume(&path, settings()).expect("goes on");
        assert!(run.has("q1") && !run.has("q2"));
        run.push(record("q2")).expect("kept");
        let loaded = AnswerFile::load(&path).expect("loads");
        assert_eq!(loaded.records, [record("q0"), record("q1"), record("q2")]);
        assert_eq!(loaded.settings, settings());
    }

    #[test]
    fn a_run_of_other_settings_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.jsonl");
        drop(AnswerFile::resume(&path, settings()).expect("begins"));
        let other = AnswerSettings {
            language_model: "other".to_owned(),
            ..settings()
        };
        let error = AnswerFile::resume(&path, other).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
        assert!(
            error
                .message()
                .ends_with("is a run with other settings: language_model \"qwen\", now \"other\""),
            "{}",
            error.message()
        );
        assert_eq!(AnswerFile::load(&path).expect("loads").settings, settings());
    }

    #[test]
    fn what_is_no_run_is_refused_with_its_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.jsonl");
        let refused = |text: &str| {
            std::fs::write(&path, text).expect("written");
            let error = AnswerFile::load(&path).expect_err("refused");
            assert_eq!(error.code(), ErrorCode::FileBroken);
            error.message().replace(&path.display().to_string(), "run")
        };
        let good = serde_json::to_string(&Line::Settings(settings())).expect("JSON");
        assert_eq!(refused(""), "`run` is not a run of answers");
        assert_eq!(refused("{}\n"), "`run` is not a run of answers: line 1");
        assert_eq!(
            refused(&format!("{good}\n{good}\n")),
            "`run` has settings twice: line 2"
        );
        assert_eq!(
            refused(&format!("{}\n", good.replace("\"format\":1", "\"format\":9"))),
            "`run` is a run of format 9, and this version knows format 1"
        );
        let missing = AnswerFile::load(&folder.path().join("none")).expect_err("refused");
        assert_eq!(missing.code(), ErrorCode::PathNotFound);
        let folder_itself = AnswerFile::resume(folder.path(), settings()).expect_err("refused");
        assert_eq!(folder_itself.code(), ErrorCode::FileUnreadable);
    }
}
