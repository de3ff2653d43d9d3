//! Decides who reads a file, and puts documents together.

use std::cell::Cell;
use std::io::Read;
use std::sync::Arc;

use rushlight_core::{
    ContentHash, DocMetadata, DocumentKind, Error, ErrorCode, NoScanReader, ParsedDocument, ParsedFile,
    Parser, Pieces, RawFile, Result, ScanForm, ScanReader, SkipReason, TakenOut, Timestamp, Warning,
};

use crate::apart::{Care, Remembered, warnings};
use crate::decode::decode;
use crate::detect::{Format, detect, file_name, file_stem};
use crate::html::{self, Origin, Page};
use crate::mail::emlx;
use crate::mail::pieces::{MailboxPieces, Messages};
use crate::names::Names;
use crate::office::{self, OfficeKind};
use crate::options::ParseOptions;
use crate::scan::PictureKind;
use crate::take_out::Wanted;
use crate::textual::{self, Pages, document};
use crate::worker::{Answer, Isolation, Job, Pool, Reply};
use crate::{pdf, scan};

/// Raised when the same bytes would parse differently.
const VERSION: u32 = 6;

/// All parsers behind one port.
#[derive(Debug)]
pub struct Parsers {
    readers: Arc<Readers>,
}

/// What every reading of a file needs.
#[derive(Debug)]
pub(crate) struct Readers {
    options: ParseOptions,
    pool: Pool,
    remembered: Remembered,
}

impl Readers {
    /// Begins the reading of one file, or of one piece of a file.
    pub(crate) fn reading<'a>(&'a self, scans: &'a dyn ScanReader) -> Reading<'a> {
        Reading {
            options: &self.options,
            pool: &self.pool,
            remembered: &self.remembered,
            scans,
            wanted: None,
            unpacked: Cell::new(0),
            text: Cell::new(0),
        }
    }
}

impl Parsers {
    /// With these options. No worker is started before the first file that needs one.
    pub fn new(options: ParseOptions) -> Self {
        let pool = Pool::new(options.worker.clone(), options.limits);
        Self {
            readers: Arc::new(Readers {
                options,
                pool,
                remembered: Remembered::default(),
            }),
        }
    }

    /// Starts a worker and has it try what it must not do. True when everything was refused; the first value says by
    /// what.
    ///
    /// # Errors
    /// `ParserUnavailable` when the worker does not start.
    pub fn check_isolation(&self) -> Result<(Isolation, bool)> {
        self.readers.pool.probe()
    }
}

impl Parser for Parsers {
    fn version(&self) -> u32 {
        VERSION
    }

    fn parse_with(&self, file: &RawFile, scans: &dyn ScanReader) -> Result<ParsedFile> {
        let found = self
            .readers
            .reading(scans)
            .read(&file.path, &file.bytes, file.content_hash, 0)?;
        match found {
            Found::Skipped(reason) => Ok(ParsedFile::Skipped(reason)),
            Found::Documents(mut documents) => {
                Names::default().make_unique(&mut documents);
                Ok(ParsedFile::Documents(documents))
            }
        }
    }

    fn take_out(&self, file: &RawFile, hash: ContentHash) -> Result<Option<TakenOut>> {
        let mut reading = self.readers.reading(&NoScanReader);
        reading.wanted = Some(Wanted::new(hash));
        reading.read(&file.path, &file.bytes, file.content_hash, 0)?;
        Ok(reading.wanted.and_then(Wanted::taken))
    }

    fn pieces(&self, path: &str, head: &[u8], reader: Box<dyn Read + Send>) -> Option<Box<dyn Pieces>> {
        is_mailbox(path, head).then(|| {
            let pieces = MailboxPieces::new(Arc::clone(&self.readers), path, reader);
            Box::new(pieces) as Box<dyn Pieces>
        })
    }
}

/// True when a file that begins so is a mailbox, which is read message by message, however large it is.
pub fn is_mailbox(path: &str, head: &[u8]) -> bool {
    detect(path, head) == Format::Mbox
}

/// The reading of one file and of all that lies in it.
pub(crate) struct Reading<'a> {
    pub(crate) options: &'a ParseOptions,
    pub(crate) pool: &'a Pool,
    /// Messages and notes that no worker survived.
    pub(crate) remembered: &'a Remembered,
    scans: &'a dyn ScanReader,
    /// The file that is looked for, where it is not the documents that are wanted.
    pub(crate) wanted: Option<Wanted>,
    /// Bytes unpacked from archives so far.
    pub(crate) unpacked: Cell<u64>,
    /// Bytes of text found in archives so far.
    pub(crate) text: Cell<u64>,
}

impl Reading<'_> {
    /// True when one file was looked for and is found.
    pub(crate) fn is_done(&self) -> bool {
        self.wanted.as_ref().is_some_and(Wanted::is_taken)
    }

    /// `depth` counts the messages and archives above it.
    pub(crate) fn read(&self, path: &str, bytes: &[u8], hash: ContentHash, depth: u32) -> Result<Found> {
        let format = detect(path, bytes);
        if let Some(wanted) = &self.wanted
            && wanted.passes_over(path, bytes, hash, format)
        {
            return Ok(no_text(path));
        }
        if bytes.is_empty() {
            return Ok(textual::read(format, path, bytes, hash, self));
        }
        match format {
            Format::Picture(_) if promises_text(path) => Ok(binary(path)),
            Format::Picture(kind) => self.picture(path, bytes, hash, kind),
            Format::Pdf => self.pdf(path, bytes, hash),
            Format::Office(kind) => self.office(path, bytes, hash, kind, depth),
            Format::Archive(kind) => self.archive(path, bytes, kind, depth),
            Format::Mail
            | Format::Emlx
            | Format::Mbox
            | Format::SavedPage
            | Format::Outlook(_)
            | Format::OutlookStore
            | Format::Evernote
                if depth > self.options.max_message_depth =>
            {
                Ok(Found::Skipped(too_deep()))
            }
            Format::Outlook(kind) => self.outlook_item(path, bytes, kind, depth),
            Format::OutlookStore => self.outlook_store(path, bytes, depth),
            Format::SavedPage => self.saved_page(path, bytes, hash, depth),
            Format::Mail => self.mail(path, bytes, hash, depth),
            Format::Emlx => self.mail(path, emlx::message(bytes), hash, depth),
            Format::Mbox => self.mailbox(path, bytes, depth),
            Format::Evernote => self.evernote(path, bytes, depth),
            Format::Calendar(kind) => self.calendar(path, decode(bytes), hash, kind),
            Format::Unsupported(_)
            | Format::Html
            | Format::Markdown
            | Format::Text
            | Format::Code
            | Format::Table(_)
            | Format::Outline(_)
            | Format::Notebook => Ok(textual::read(format, path, bytes, hash, self)),
        }
    }

    fn pdf(&self, path: &str, bytes: &[u8], hash: ContentHash) -> Result<Found> {
        let name = file_name(path);
        let read = |engines| {
            let job = Job::Pdf {
                max_text: self.options.max_text_bytes,
                passwords: self.options.pdf_passwords.clone(),
                engines,
            };
            self.ask(job, bytes, |answer| match answer {
                Answer::Pdf(found) => Some(found),
                _ => None,
            })
        };
        let lost = match read(pdf::Engines::Both)? {
            Ok(Ok(found)) => return Ok(self.assembled(path, bytes, found, hash)),
            Ok(Err(fault)) => return Err(pdf::error(fault, name)),
            Err(lost) => lost,
        };
        // One engine brought the worker down; the other one may read the file.
        match read(pdf::Engines::SecondAlone)? {
            Ok(Ok(found)) => Ok(self.assembled(path, bytes, found, hash)),
            Ok(Err(fault @ pdf::PdfFault::Encrypted)) => Err(pdf::error(fault, name)),
            Ok(Err(_)) | Err(_) => Err(parser_failed(name, &lost)),
        }
    }

    /// The document of what the worker found in a PDF, with what was recognised on its other pages.
    fn assembled(&self, path: &str, bytes: &[u8], mut found: pdf::PdfText, hash: ContentHash) -> Found {
        scan::fill(&mut found, bytes, hash, ScanForm::Pdf, self.scans);
        let assembled = match pdf::assemble(&found, file_name(path)) {
            Ok(assembled) => assembled,
            Err(reason) => return Found::Skipped(reason),
        };
        let metadata = DocMetadata {
            authors: found.author.into_iter().collect(),
            ..DocMetadata::default()
        };
        let mut document = paged(
            path,
            hash,
            DocumentKind::Pdf,
            "application/pdf",
            assembled,
            metadata,
        );
        if let Some(title) = found.title {
            document.title = title;
        }
        Found::Documents(vec![document])
    }

    /// The document of what was recognised in a picture; its frames are its pages.
    fn picture(&self, path: &str, bytes: &[u8], hash: ContentHash, kind: PictureKind) -> Result<Found> {
        let frames = match kind {
            PictureKind::Tiff => self
                .ask(Job::Frames, bytes, |answer| match answer {
                    Answer::Frames(count) => Some(count),
                    _ => None,
                })?
                .map_err(|lost| parser_failed(file_name(path), &lost))?,
            PictureKind::Png | PictureKind::Jpeg | PictureKind::Webp => 1,
        };
        let mut found = pdf::PdfText {
            pages: vec![Vec::new(); frames as usize],
            ..pdf::PdfText::default()
        };
        scan::fill(&mut found, bytes, hash, ScanForm::Picture, self.scans);
        Ok(match pdf::assemble(&found, file_name(path)) {
            Ok(assembled) => {
                let (kind, media_type) = (DocumentKind::Image, kind.media_type());
                let metadata = DocMetadata::default();
                let document = paged(path, hash, kind, media_type, assembled, metadata);
                Found::Documents(vec![document])
            }
            Err(reason) => Found::Skipped(reason),
        })
    }

    fn office(
        &self,
        path: &str,
        bytes: &[u8],
        hash: ContentHash,
        kind: OfficeKind,
        depth: u32,
    ) -> Result<Found> {
        let name = file_name(path);
        let job = Job::Office {
            kind,
            max_text: self.options.max_text_bytes,
        };
        let mut found = self
            .ask(job, bytes, |answer| match answer {
                Answer::Office(found) => Some(*found),
                _ => None,
            })?
            .map_err(|lost| parser_failed(name, &lost))?
            .map_err(|fault| office::error(fault, name))?;
        let mut office = office::assemble(&found);
        let files = std::mem::take(&mut found.embedded);
        let holds_files = !files.is_empty();
        let mut inside = self.embedded(files, depth, &mut office.warnings)?;
        if office.blocks.is_empty() {
            let Some(first) = inside.first_mut() else {
                found
                    .unread
                    .extend(holds_files.then(|| "embedded files".to_owned()));
                return Ok(Found::Skipped(office::no_text(&found, name)));
            };
            first.warnings.append(&mut office.warnings);
            return Ok(Found::Documents(inside));
        }
        let mut document = document(
            path,
            hash,
            kind.document_kind(),
            kind.media_type(bytes),
            office.text,
            office.blocks,
            office.metadata,
        );
        document.pages = found.pages;
        document.warnings = office.warnings;
        if let Some(title) = found.title {
            document.title = title;
        }
        inside.insert(0, document);
        Ok(Found::Documents(inside))
    }

    /// The worker's answer, of the kind that `expected` takes out; the inner error says how the worker was lost.
    pub(crate) fn ask<T>(
        &self,
        job: Job,
        bytes: &[u8],
        expected: fn(Answer) -> Option<T>,
    ) -> Result<std::result::Result<T, String>> {
        Ok(match self.pool.run(job, bytes)? {
            Reply::Answer(Answer::Panicked { at }) => Err(format!("the parser failed at {at}")),
            Reply::Answer(answer) => {
                expected(answer).ok_or_else(|| "the worker answered something else".to_owned())
            }
            Reply::Lost(what) => Err(what),
        })
    }

    /// A page in a mail's form; one without text is still a mail, with a subject.
    fn saved_page(&self, path: &str, bytes: &[u8], hash: ContentHash, depth: u32) -> Result<Found> {
        let ask = |care| {
            let terms = self.terms(depth, care);
            self.ask(Job::SavedPage { terms }, bytes, |answer| match answer {
                Answer::SavedPage(found) => Some(found),
                _ => None,
            })
        };
        let saved = match ask(Care::Usual)? {
            Ok(saved) => saved,
            Err(_) => ask(Care::Great)?.map_err(|lost| parser_failed(file_name(path), &lost))?,
        };
        let Some(saved) = saved else {
            return self.mail(path, bytes, hash, depth);
        };
        let mut said = warnings(saved.warnings);
        said.extend((!saved.structured).then(textual::unstructured));
        said.extend(saved.page.truncated.then(textual::truncated));
        let page = Page::from(saved.page);
        let Found::Documents(mut documents) = textual::web_page(path, page, "multipart/related", hash, said)
        else {
            return self.mail(path, bytes, hash, depth);
        };
        for document in &mut documents {
            document.metadata.created = document.metadata.created.or(saved.created.map(Timestamp));
            if document.title == file_stem(path)
                && let Some(subject) = &saved.subject
            {
                document.title = one_line(subject);
            }
        }
        Ok(Found::Documents(documents))
    }

    fn mailbox(&self, path: &str, bytes: &[u8], depth: u32) -> Result<Found> {
        let mut messages = Messages::new(bytes, path, self.options.max_message_bytes, depth);
        let mut documents: Vec<ParsedDocument> = Vec::new();
        while let Some(found) = messages.next(self)? {
            documents.extend(found);
        }
        Ok(match documents.is_empty() {
            true => no_text(path),
            false => Found::Documents(documents),
        })
    }
}

impl Pages for Reading<'_> {
    fn page(&self, source: &str, origin: Origin) -> (Page, Vec<Warning>) {
        let max_text = self.options.max_text_bytes;
        let found = match html::is_small(source) {
            true => Some(html::extract(source, origin, max_text)),
            false => {
                let asked = self.ask(
                    Job::Page { origin, max_text },
                    source.as_bytes(),
                    |answer| match answer {
                        Answer::Page(page) => Some(page),
                        _ => None,
                    },
                );
                asked.ok().and_then(|answer| answer.ok())
            }
        };
        textual::page(source, found, max_text)
    }
}

/// What reading found.
pub(crate) enum Found {
    Documents(Vec<ParsedDocument>),
    Skipped(SkipReason),
}

pub(crate) fn parser_failed(name: &str, what: &str) -> Error {
    Error::new(ErrorCode::ParserFailed, format!("cannot read `{name}`: {what}"))
}

/// A document with pages.
fn paged(
    path: &str,
    hash: ContentHash,
    kind: DocumentKind,
    media_type: &str,
    assembled: pdf::Pdf,
    metadata: DocMetadata,
) -> ParsedDocument {
    let mut document = document(
        path,
        hash,
        kind,
        media_type,
        assembled.text,
        assembled.blocks,
        metadata,
    );
    document.lines = assembled.lines;
    document.recognised = assembled.recognised;
    document.pages = Some(assembled.page_count);
    document.unreadable_pages = assembled.unreadable_pages;
    document.warnings = assembled.warnings;
    document
}

pub(crate) fn promises_text(path: &str) -> bool {
    !matches!(
        detect(path, b"text"),
        Format::Unsupported(_)
            | Format::Pdf
            | Format::Office(_)
            | Format::Outlook(_)
            | Format::OutlookStore
            | Format::Evernote
            | Format::Text
    ) || path.to_lowercase().ends_with(".txt")
}

pub(crate) fn binary(path: &str) -> Found {
    Found::Skipped(skip("binary", format!("`{}` is not text", file_name(path))))
}

pub(crate) fn no_text(path: &str) -> Found {
    Found::Skipped(without_text(path))
}

pub(crate) fn without_text(path: &str) -> SkipReason {
    skip("no_text", format!("`{}` has no text", file_name(path)))
}

pub(crate) fn too_deep() -> SkipReason {
    skip("too_deep", "it lies too deep in other messages".to_owned())
}

pub(crate) fn skip(code: &str, message: String) -> SkipReason {
    SkipReason {
        code: code.to_owned(),
        message,
    }
}

pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Checks what every parser promises of its blocks.
#[cfg(test)]
pub(crate) fn check_blocks(
    text: &str,
    blocks: &[rushlight_core::Block],
) -> Result<(), proptest::test_runner::TestCaseError> {
    use proptest::{prop_assert, prop_assert_eq};
    let mut at = 0;
    for block in blocks {
        prop_assert!(block.span.start >= at, "blocks overlap at {at}");
        let slice = block.span.of(text);
        prop_assert!(
            slice.is_some_and(|slice| !slice.trim().is_empty()),
            "an empty block, or one inside a character"
        );
        prop_assert_eq!(text[at..block.span.start].trim(), "", "text lies between blocks");
        at = block.span.end;
    }
    prop_assert_eq!(text[at..].trim(), "", "text lies after the last block");
    Ok(())
}
