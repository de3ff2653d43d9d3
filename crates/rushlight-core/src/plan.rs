//! What the ledger knows of a source's files, and the steps that bring it into line with a scan.
//!
//! Values only: the ledger hands out [`FileRecord`]s, `rushlight-ingest` compares them with a scan and returns a
//! [`Plan`], the ledger applies it in one transaction.

use std::collections::BTreeSet;
use std::fmt;

use crate::document::SkipReason;
use crate::error::ErrorCode;
use crate::id::{ContentHash, SourceId};
use crate::source::FileStamp;
use crate::time::Timestamp;

/// A file the ledger knows: the row that names it. It survives edits and renames and is never used again for another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileRow(pub i64);

impl fmt::Display for FileRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who decided that a file is left out. It decides when that is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SkippedBy {
    /// The scan: by name, size or kind of file. It says so at every scan; when it no longer does, the file is read.
    Scan,
    /// The parser, from the content: looked at again when the content or the parser changes.
    Parser,
}

/// Where a file stands on its way into the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// Known and not yet looked at. Documents of an earlier version stay searchable meanwhile.
    Waiting,
    /// Its documents are in the ledger.
    Indexed,
    /// Deliberately left out.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// Who decided it.
        by: SkippedBy,
    },
    /// Could not be read.
    Failed {
        /// What went wrong.
        code: ErrorCode,
        /// On what, and why.
        message: String,
        /// How often it was tried.
        attempts: u32,
        /// When it is tried again; `None`: only when the file, the parser or a person asks for it.
        next_attempt: Option<Timestamp>,
    },
}

impl FileStatus {
    /// The word for it in the API, on the command line and in the ledger.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Indexed => "indexed",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A file as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// The row that names it.
    pub id: FileRow,
    /// The source it belongs to.
    pub source_id: SourceId,
    /// The file as a scan last saw it.
    pub stamp: FileStamp,
    /// Where it stands.
    pub status: FileStatus,
    /// Hash of the bytes its documents were made from; `None` when it has no documents.
    pub content_hash: Option<ContentHash>,
    /// Version of the parser that decided its status; zero when it is to be parsed anew whatever its content.
    pub parser_version: u32,
}

/// A file whose stamp is no longer what the ledger has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restamp {
    /// The file.
    pub file: FileRow,
    /// The file as the scan saw it.
    pub stamp: FileStamp,
}

/// A file that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The file.
    pub file: FileRow,
    /// The file as the scan saw it, under its new path.
    pub stamp: FileStamp,
    /// What its new name asks for.
    pub follow_up: RenameFollowUp,
}

/// Whether a moved file has to be parsed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RenameFollowUp {
    /// Its name and its folder's name are the same: a parser would see nothing new.
    Keep,
    /// Its content may have changed too, or its name or its folder's name did, and with it perhaps its type or title.
    Reparse,
}

/// A file that the scan leaves out, new to the ledger or known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanSkip {
    /// The file, where the ledger knows it.
    pub file: Option<FileRow>,
    /// The file as the scan saw it.
    pub stamp: FileStamp,
    /// Why it is left out.
    pub reason: SkipReason,
}

/// The steps that make the ledger's files equal to a scan's. Each list is ordered by path; no file is in two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// False when the root was missing: then every list is empty.
    pub online: bool,
    /// True when all below the root was seen.
    pub complete: bool,
    /// New files.
    pub added: Vec<FileStamp>,
    /// Files to look at again: their stamp changed, their parser did, or the scan no longer leaves them out.
    pub changed: Vec<Restamp>,
    /// Files whose stamp changed in a way that says nothing of their content, such as the device's number.
    pub restamped: Vec<Restamp>,
    /// Files that moved.
    pub renamed: Vec<Rename>,
    /// Files the scan leaves out, where the ledger does not have it so already.
    pub skipped: Vec<ScanSkip>,
    /// Files that are gone.
    pub deleted: Vec<FileRow>,
    /// What could not be looked at: path below the root, and what the system said.
    pub unreadable: Vec<(String, String)>,
    /// Device numbers of the folders that were walked, and of those whose disk is not mounted now.
    pub devices: BTreeSet<u64>,
}

impl Plan {
    /// True when the ledger's files are as the scan saw them.
    pub fn changes_nothing(&self) -> bool {
        let Self {
            online: _,
            complete: _,
            added,
            changed,
            restamped,
            renamed,
            skipped,
            deleted,
            unreadable: _,
            devices: _,
        } = self;
        added.is_empty()
            && changed.is_empty()
            && restamped.is_empty()
            && renamed.is_empty()
            && skipped.is_empty()
            && deleted.is_empty()
    }

    /// Number of files to read: new, changed, and moved ones that are parsed again.
    pub fn upserts(&self) -> u64 {
        let reparsed = self
            .renamed
            .iter()
            .filter(|rename| rename.follow_up == RenameFollowUp::Reparse)
            .count();
        (self.added.len() + self.changed.len() + reparsed) as u64
    }
}
