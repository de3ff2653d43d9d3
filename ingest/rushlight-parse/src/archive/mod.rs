//! Archives: each file in one becomes a document of its own, as if it lay in a folder. They are unpacked in the worker,
//! some megabytes at a time, and never onto the disk.

mod unpack;

use rushlight_core::{Error, ErrorCode, ParsedDocument, Result, SkipReason, Warning};
use serde::{Deserialize, Serialize};

use crate::detect::{file_name, file_stem};
use crate::mail::content_hash;
use crate::parsers::{Found, Reading, parser_failed, skip};
use crate::worker::{Answer, Job};

pub(crate) use unpack::unpack;

/// Bytes of files that the worker hands over at once; one larger file goes alone.
const BATCH_BYTES: u64 = 32 << 20;
/// A larger file in an archive is named and not read.
const MAX_MEMBER: u64 = 128 << 20;
/// Files that are named when they are not read; of the others there is only the number.
const NAMED: usize = 50;

/// The archives that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ArchiveKind {
    Zip,
    Tar,
    /// One compressed file, or a tar archive.
    Gzip,
    SevenZip,
}

/// Which files of an archive are asked for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Window {
    /// Files before it that were handed over already.
    pub(crate) from: u32,
    /// Files of the archive that are read at most, counted from its beginning.
    pub(crate) max_members: u32,
    /// After so many bytes the rest is left for the next time.
    pub(crate) batch_bytes: u64,
    /// Longest file that is handed over.
    pub(crate) max_member: u64,
}

/// Files of an archive.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unpacked {
    pub(crate) members: Vec<Member>,
    pub(crate) unread: Unread,
    /// Where the next batch begins; `None` at the end.
    pub(crate) next: Option<u32>,
}

/// One file, with its path in the archive; no path where the archive has none.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) path: String,
    #[serde(skip)]
    pub(crate) bytes: Vec<u8>,
}

/// Files that are not read: the first of them with the reason, and how many more.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unread {
    named: Vec<(String, String)>,
    more: u32,
}

/// Why the worker cannot read an archive.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ArchiveFault {
    /// Nothing in it opens without a password.
    Encrypted,
    /// It is broken; what the library says.
    Broken(String),
}

impl Unread {
    pub(crate) fn add(&mut self, path: &str, why: impl Into<String>) {
        if self.named.len() < NAMED {
            self.named.push((path.to_owned(), why.into()));
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Takes in what the worker says; `alone` is the name of what has no path.
    fn join(&mut self, other: Self, alone: &str) {
        for (path, why) in other.named {
            self.add(if path.is_empty() { alone } else { &path }, why);
        }
        self.more = self.more.saturating_add(other.more);
    }

    fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    fn warnings(self) -> Vec<Warning> {
        let warning = |message| Warning {
            code: "member_not_read".to_owned(),
            message,
        };
        let mut warnings: Vec<Warning> = self
            .named
            .into_iter()
            .map(|(path, why)| warning(format!("`{path}` is not read: {why}")))
            .collect();
        if self.more > 0 {
            warnings.push(warning(format!("and {} more files are not read", self.more)));
        }
        warnings
    }

    /// Why an archive of which nothing can be read is left out.
    fn reason(self, name: &str) -> SkipReason {
        let first = self.named.first();
        match first {
            None => skip("no_text", format!("`{name}` holds no files")),
            Some((path, why)) => {
                let others = match self.named.len() - 1 + self.more as usize {
                    0 => String::new(),
                    others => format!(", and {others} more files are not read either"),
                };
                skip(
                    "no_text",
                    format!("nothing in `{name}` can be read: `{path}`: {why}{others}"),
                )
            }
        }
    }
}

impl Reading<'_> {
    /// The documents in an archive that has `depth` messages and archives above it.
    pub(crate) fn archive(&self, path: &str, bytes: &[u8], kind: ArchiveKind, depth: u32) -> Result<Found> {
        let name = file_name(path);
        if depth >= self.options.max_archive_depth {
            return Ok(Found::Skipped(skip(
                "too_deep",
                "it lies too deep in other archives".to_owned(),
            )));
        }
        let mut documents = Vec::new();
        let mut unread = Unread::default();
        let mut from = 0;
        loop {
            let window = Window {
                from,
                max_members: self.options.max_members,
                batch_bytes: BATCH_BYTES,
                max_member: MAX_MEMBER,
            };
            let answer = self.ask(Job::Archive { kind, window }, bytes, |answer| match answer {
                Answer::Archive(found) => Some(found),
                _ => None,
            })?;
            let batch = match answer {
                Ok(Ok(batch)) => batch,
                Ok(Err(fault)) if from == 0 => return Err(error(fault, name)),
                Err(lost) if from == 0 => return Err(parser_failed(name, &lost)),
                Ok(Err(ArchiveFault::Broken(why))) | Err(why) => {
                    unread.add("the rest", why);
                    break;
                }
                Ok(Err(ArchiveFault::Encrypted)) => {
                    unread.add("the rest", "it is encrypted");
                    break;
                }
            };
            unread.join(batch.unread, file_stem(name));
            if !self.read_members(name, batch.members, depth, &mut documents, &mut unread)? {
                break;
            }
            match batch.next {
                Some(next) if next > from => from = next,
                _ => break,
            }
        }
        if documents.is_empty() {
            return Ok(Found::Skipped(unread.reason(name)));
        }
        if let Some(first) = documents.first_mut().filter(|_| !unread.is_empty()) {
            first.warnings.extend(unread.warnings());
        }
        Ok(Found::Documents(documents))
    }

    /// False when no more may be unpacked for this file.
    fn read_members(
        &self,
        archive: &str,
        members: Vec<Member>,
        depth: u32,
        documents: &mut Vec<ParsedDocument>,
        unread: &mut Unread,
    ) -> Result<bool> {
        for Member { path, bytes } in members {
            // What was compressed alone is called like its archive.
            let path = if path.is_empty() {
                file_stem(archive).to_owned()
            } else {
                path
            };
            let unpacked = self.unpacked.get().saturating_add(bytes.len() as u64);
            if let Some(why) = self.over_a_limit(unpacked) {
                unread.add(&path, format!("{why}; neither is what follows it"));
                return Ok(false);
            }
            self.unpacked.set(unpacked);
            match self.read(&path, &bytes, content_hash(&bytes), depth + 1) {
                Ok(Found::Documents(found)) => {
                    let text: usize = found.iter().map(|document| document.text.len()).sum();
                    self.text.set(self.text.get().saturating_add(text as u64));
                    documents.extend(found.into_iter().map(|document| inside(&path, document)));
                }
                Ok(Found::Skipped(reason)) => unread.add(&path, reason.message),
                Err(error) if error.code() == ErrorCode::ParserUnavailable => return Err(error),
                Err(error) => unread.add(&path, error.chain()),
            }
        }
        Ok(true)
    }

    /// What limit is met once so many bytes are unpacked.
    pub(crate) fn over_a_limit(&self, unpacked: u64) -> Option<String> {
        let (bytes, text) = (
            self.options.max_unpacked_bytes,
            self.options.max_archive_text_bytes,
        );
        if unpacked > bytes {
            Some(format!("more than {} MB would be unpacked", bytes >> 20))
        } else if self.text.get() > text {
            Some(format!("the archive has more than {} MB of text", text >> 20))
        } else {
            None
        }
    }
}

/// The document as one of an archive. Its path names it, which stays when other files come and go.
fn inside(path: &str, mut document: ParsedDocument) -> ParsedDocument {
    let below = |inner: &str| {
        if inner.is_empty() {
            format!("member:{path}")
        } else {
            format!("member:{path}/{inner}")
        }
    };
    document.part = below(&document.part);
    document.part_key = below(&document.part_key);
    document
}

fn error(fault: ArchiveFault, name: &str) -> Error {
    match fault {
        ArchiveFault::Encrypted => Error::new(
            ErrorCode::FileEncrypted,
            format!("`{name}` is encrypted and does not open without a password"),
        ),
        ArchiveFault::Broken(what) => Error::new(
            ErrorCode::FileBroken,
            format!("`{name}` is not a readable archive: {what}"),
        ),
    }
}
