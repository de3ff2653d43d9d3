//! What the Library shows beside the sources: folders to choose from, what there is in numbers, unreadable pages, and what is
//! left out of a source.

use rushlight_core as core;
use serde::{Deserialize, Serialize};

use crate::check;
use crate::links::DocumentName;

/// Query of `GET /api/v1/folders`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderQuery {
    /// The folder to look into; the roots when it is left out.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether folders whose names begin with a dot are listed too.
    #[serde(default)]
    pub hidden: bool,
}

/// Reply of `GET /api/v1/folders`: the folders in one. Files are neither listed nor counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folders {
    /// The folder, with all links on the way resolved; empty for the list of several roots.
    pub path: String,
    /// The way to it from its root, which comes first; itself last.
    pub trail: Vec<FolderStep>,
    /// What it has to do with the sources.
    pub source: Option<Taken>,
    /// The folders in it, by name.
    pub folders: Vec<Folder>,
    /// Hidden folders that are not listed because they were not asked for.
    pub hidden: u64,
    /// Folders that cannot be listed: links that lead out of the roots, names that are not UTF-8, those beyond
    /// [`Folders::MOST`].
    pub left_out: u64,
}

impl Folders {
    /// The most folders that are listed.
    pub const MOST: usize = 2000;
}

/// A folder on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderStep {
    /// Its name; of a root its path.
    pub name: String,
    /// Absolute path.
    pub path: String,
}

/// A folder to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Its name.
    pub name: String,
    /// Absolute path, with links resolved.
    pub path: String,
    /// What it has to do with the sources.
    pub source: Option<Taken>,
}

/// What a folder has to do with the sources there are. None of these can be added: sources do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// It is one.
    Itself,
    /// It lies in one.
    Inside,
    /// One lies in it.
    Around,
}

/// Query of `GET /api/v1/library/overview`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverviewQuery {
    /// How many minutes the asker's clock is ahead of UTC: where a day and a year begin.
    #[serde(default)]
    pub utc_offset: i32,
}

impl OverviewQuery {
    /// The offset in seconds.
    ///
    /// # Errors
    /// `InvalidRequest` when it is out of range.
    pub fn check(self) -> core::Result<i32> {
        check::utc_offset(self.utc_offset)
    }
}

/// Reply of `GET /api/v1/library/overview`: the documents that the asker may read, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Documents.
    pub documents: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
    /// The files they are in.
    pub files: u64,
    /// Bytes of these files.
    pub file_bytes: u64,
    /// By kind, most first; named as in `type:`.
    pub kinds: Vec<Group>,
    /// By language, most first; the empty name is of those whose language is not known.
    pub languages: Vec<Group>,
    /// By year, the latest first.
    pub years: Vec<Group>,
    /// When they were first indexed.
    pub indexed: IndexedOverTime,
    /// Documents with titles that can be asked about, the newest first.
    pub to_ask: Vec<DocumentName>,
}

/// Documents by when they were first indexed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedOverTime {
    /// What the periods are: the longer the time they span, the longer each.
    pub by: Period,
    /// Those in which there were any, the latest first, each with its first day, as `2026-11-30`. No query searches for them.
    pub periods: Vec<Group>,
    /// Documents of which it is not known, because they were there before it was kept.
    pub before: u64,
}

/// A stretch of time by which is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A day of the asker's clock.
    #[default]
    Day,
    /// From Monday on.
    Week,
    /// A month of the calendar.
    Month,
}

/// Documents that have something in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What.
    pub name: String,
    /// How many there are.
    pub documents: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
    /// What to search for them; empty where no query says it.
    pub query: String,
}

/// Query of `GET /api/v1/library/unreadable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadableQuery {
    /// At most so many, up to [`UnreadableQuery::MAX_LIMIT`].
    #[serde(default = "UnreadableQuery::default_limit")]
    pub limit: usize,
    /// After so many.
    #[serde(default)]
    pub offset: usize,
}

impl UnreadableQuery {
    /// The most documents that one request may ask for.
    pub const MAX_LIMIT: usize = 500;

    fn default_limit() -> usize {
        50
    }

    /// Checks the limit.
    ///
    /// # Errors
    /// `InvalidRequest` when it is out of range.
    pub fn check(self) -> core::Result<Self> {
        check::limit(self.limit, Self::MAX_LIMIT)?;
        Ok(self)
    }
}

/// Reply of `GET /api/v1/library/unreadable`: documents with pages that have no readable text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// How many there are in all.
    pub total: u64,
    /// Those asked for, by path.
    pub documents: Vec<UnreadableDocument>,
}

/// A document with pages that have no readable text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableDocument {
    /// The document.
    pub document: DocumentName,
    /// Numbers of these pages, from 1.
    pub pages: Vec<u32>,
}

/// Body of `POST /api/v1/problems/retry`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryFile {
    /// The source.
    pub source_id: i64,
    /// Path below the source's root, as `GET /api/v1/problems` names it.
    pub path: String,
}

/// Reply of `GET /api/v1/sources/{id}/rules`: what is left out of a source without a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRules {
    /// Patterns of the program; empty where `index.builtin_ignores` is off.
    pub builtin: Vec<String>,
    /// Patterns of `index.ignore`.
    pub configured: Vec<String>,
    /// Name of the files with patterns in the folders themselves.
    pub file_name: String,
    /// Patterns of the one in the root; those of folders below are not listed.
    pub of_root: Vec<String>,
}
