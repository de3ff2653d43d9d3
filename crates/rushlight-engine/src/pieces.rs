//! Files of many documents that are too large to be held, read piece by piece: about a second's work at a time, so that
//! whatever is more urgent has its turn in between.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rushlight_core::{
    ContentHash, Error, ErrorCode, FileRecord, FileStamp, FileStatus, ParsedDocument, Pieces, Result, Source,
    Timestamp,
};
use rushlight_ledger::{CompletedFile, FileOutcome};

use crate::engine::Shared;
use crate::indexer::Indexer;
use crate::reading::{publish, write};
use crate::status::Activity;

/// First bytes of a file, by which the parser says how it reads it.
const HEAD: u64 = 64 << 10;
/// Bytes hashed at once.
const HASHED_AT_ONCE: usize = 1 << 20;
/// A step ends when so many bytes of text are read, or so much time has passed.
const STEP_TEXT: usize = 8 << 20;
const STEP_TIME: Duration = Duration::from_millis(1000);

/// A file whose reading is under way.
pub(crate) struct LargeFile {
    file: FileRecord,
    pieces: Box<dyn Pieces>,
    read: Arc<Mutex<blake3::Hasher>>,
    pass: i64,
    documents: u64,
    bytes: u64,
    /// No later than when the first byte was read.
    begun: Timestamp,
}

/// What came of beginning with a file.
enum Begun {
    InPieces(Box<LargeFile>),
    /// It is read like any other.
    Whole,
    /// There is nothing more to do with it now.
    Done,
}

impl Indexer<'_> {
    /// Goes on with the large file that is under way, else begins with `next`, the first of those that wait.
    pub(crate) fn look_at_large(&mut self, next: &FileRecord) -> Result<()> {
        self.shared.set_activity(Activity::Indexing);
        let begun = match self.under_way()? {
            Some(large) => Begun::InPieces(large),
            None => self.begin(next)?,
        };
        match begun {
            Begun::InPieces(large) => self.go_on(large),
            Begun::Whole => self.look_at_one(next),
            Begun::Done => Ok(()),
        }
    }

    /// The reading under way, unless nobody waits for it any more. One is brought to its end even if the file changes
    /// meanwhile: it is then read again, and a mailbox into which mail keeps coming would otherwise never be read to its
    /// end, nor would one beside it.
    fn under_way(&mut self) -> Result<Option<Box<LargeFile>>> {
        let Some(large) = self.large.take() else {
            return Ok(None);
        };
        let ledger = &self.shared.ledger;
        let Some(file) = ledger.file(large.file.id)? else {
            return Ok(None);
        };
        let source = ledger.source(file.source_id)?;
        let wanted = file.status == FileStatus::Waiting && source.online && !source.paused;
        Ok(wanted.then_some(large))
    }

    fn begin(&mut self, file: &FileRecord) -> Result<Begun> {
        let shared = self.shared;
        let begun = shared.clock.now();
        let record = shared.ledger.source(file.source_id)?;
        let source = shared.source(&record)?;
        let (pieces, read) = match open(shared, &*source, &file.stamp) {
            Ok(Some(opened)) => opened,
            Ok(None) => return Ok(Begun::Whole),
            Err(error) => return self.complete(file, failed(&error), begun),
        };
        if file.content_hash.is_some() && file.parser_version == shared.parser.version() {
            match shared.content_hash(&*source, &file.stamp) {
                Ok(Some(hash)) if file.content_hash == Some(hash) => {
                    return self.complete(file, FileOutcome::Unchanged, begun);
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(Begun::Done),
                Err(error) => return self.complete(file, failed(&error), begun),
            }
        }
        let pass = match shared.ledger.begin_pass(file.id) {
            Ok(pass) => pass,
            Err(error) if error.code() == ErrorCode::FileVanished => return Ok(Begun::Done),
            Err(error) => return Err(error),
        };
        Ok(Begun::InPieces(Box::new(LargeFile {
            file: file.clone(),
            pieces,
            read,
            pass,
            documents: 0,
            bytes: 0,
            begun,
        })))
    }

    /// Reads for a second. What was read is searchable afterwards.
    fn go_on(&mut self, mut large: Box<LargeFile>) -> Result<()> {
        let shared = self.shared;
        shared.gate.pass(|| shared.stopping());
        let begun = Instant::now();
        let mut found: Vec<ParsedDocument> = Vec::new();
        let (mut text, mut outcome) = (0, None);
        while begun.elapsed() < STEP_TIME && text < STEP_TEXT && !shared.stopping() {
            match large.pieces.next() {
                Ok(Some(documents)) => {
                    text += documents
                        .iter()
                        .map(|document| document.text.len())
                        .sum::<usize>();
                    found.extend(documents);
                }
                Ok(None) => {
                    outcome = Some(large.outcome(!found.is_empty()));
                    break;
                }
                Err(error) => {
                    outcome = Some(failed(&error));
                    break;
                }
            }
        }
        let documents = shared.looker().some_documents(&large.file, found)?;
        let added = shared.ledger.add_documents(
            large.file.id,
            &large.file.stamp,
            large.pass,
            &documents,
            large.begun,
        )?;
        large.documents += documents.len() as u64;
        self.unsynced_vectors
            .extend(publish(shared, added.changed_spaces)?);
        let read = large.read.lock().count();
        let mut progress = shared.progress.lock();
        progress
            .file_bytes
            .add(read.saturating_sub(large.bytes) as f64, begun.elapsed());
        drop(progress);
        large.bytes = read;
        shared.touch();
        match outcome {
            Some(outcome) => self.complete(&large.file, outcome, large.begun).map(|_| ()),
            None => {
                self.large = Some(large);
                Ok(())
            }
        }
    }

    fn complete(&mut self, file: &FileRecord, outcome: FileOutcome, begun: Timestamp) -> Result<Begun> {
        let looked = CompletedFile {
            file: file.id,
            stamp: file.stamp.clone(),
            parser_version: self.shared.parser.version(),
            outcome,
            scans: Vec::new(),
        };
        let written = write(self.shared, std::slice::from_ref(file), &[looked], begun);
        self.account(written)?;
        Ok(Begun::Done)
    }
}

impl LargeFile {
    /// At the file's end; `more`: whether documents were found that are not yet counted.
    fn outcome(&self, more: bool) -> FileOutcome {
        if self.documents == 0 && !more {
            return FileOutcome::Skipped(self.pieces.nothing());
        }
        FileOutcome::IndexedInPieces {
            content_hash: ContentHash(*self.read.lock().finalize().as_bytes()),
            pass: self.pass,
        }
    }
}

impl Shared {
    /// BLAKE3 of a file's bytes, in memory that its size does not decide. `None` when the engine is to stop.
    ///
    /// # Errors
    /// `FileVanished`, `FileUnreadable`, `FileTooLarge`.
    pub(crate) fn content_hash(&self, source: &dyn Source, stamp: &FileStamp) -> Result<Option<ContentHash>> {
        if stamp.size <= self.options.pieces_above {
            return source.fetch(stamp).map(|raw| Some(raw.content_hash));
        }
        let mut reader = source.open(stamp)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; HASHED_AT_ONCE];
        loop {
            if self.stopping() {
                return Ok(None);
            }
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(Some(ContentHash(*hasher.finalize().as_bytes()))),
                Ok(read) => {
                    hasher.update(&buffer[..read]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(stamp, error)),
            }
        }
    }
}

/// A reader's pieces, and the hash of what it has read so far.
pub(crate) type Opened = (Box<dyn Pieces>, Arc<Mutex<blake3::Hasher>>);

/// Begins to read a file piece by piece; `None` for one that is read whole.
pub(crate) fn open(shared: &Shared, source: &dyn Source, stamp: &FileStamp) -> Result<Option<Opened>> {
    let mut reader = source.open(stamp)?;
    let mut head = Vec::new();
    let read = reader.by_ref().take(HEAD).read_to_end(&mut head);
    read.map_err(|error| unreadable(stamp, error))?;
    let hasher = Arc::new(Mutex::new(blake3::Hasher::new()));
    let hashing = Hashing {
        reader: Cursor::new(head.clone()).chain(reader),
        hasher: Arc::clone(&hasher),
    };
    let pieces = shared.parser.pieces(&stamp.path, &head, Box::new(hashing));
    Ok(pieces.map(|pieces| (pieces, hasher)))
}

fn unreadable(stamp: &FileStamp, error: io::Error) -> Error {
    Error::new(ErrorCode::FileUnreadable, format!("cannot read `{}`", stamp.path)).with_source(error)
}

fn failed(error: &Error) -> FileOutcome {
    FileOutcome::Failed {
        code: error.code(),
        message: error.chain(),
    }
}

/// Hashes what is read through it.
struct Hashing<R> {
    reader: R,
    hasher: Arc<Mutex<blake3::Hasher>>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hasher.lock().update(&buffer[..read]);
        Ok(read)
    }
}
