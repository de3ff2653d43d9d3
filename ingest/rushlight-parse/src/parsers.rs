//! Decides who reads a file, and puts documents together.

use std::cell::Cell;
use std::io::Read;
use std::sync::Arc;

use rushlight_core::{
    Block, BlockKind, ContentHash, DocMetadata, DocumentKind, Error, ErrorCode, ParsedDocument, ParsedFile,
    Parser, Pieces, RawFile, Result, ScanForm, ScanReader, SkipReason, Warning,
};

use crate::calendar::Sheet;
use crate::decode::{Decoded, decode, decode_labelled};
use crate::detect::{Format, detect, file_name, file_stem};
use crate::html::{self, Origin, Page};
use crate::mail::pieces::{MailboxPieces, Messages};
use crate::mail::{self, Inside, Place, Winmail, emlx, flags, header};
use crate::names::Names;
use crate::notebook::{self, Notebook};
use crate::office::{self, OfficeKind};
use crate::options::ParseOptions;
use crate::scan::PictureKind;
use crate::worker::{Answer, Isolation, Job, Pool, Reply};
use crate::{language, markdown, outline, pdf, scan, table, text};

/// Raised when the same bytes would parse differently.
const VERSION: u32 = 4;

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
}

impl Readers {
    /// Begins the reading of one file, or of one piece of a file.
    pub(crate) fn reading<'a>(&'a self, scans: &'a dyn ScanReader) -> Reading<'a> {
        Reading {
            options: &self.options,
            pool: &self.pool,
            scans,
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
            readers: Arc::new(Readers { options, pool }),
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
    pool: &'a Pool,
    scans: &'a dyn ScanReader,
    /// Bytes unpacked from archives so far.
    pub(crate) unpacked: Cell<u64>,
    /// Bytes of text found in archives so far.
    pub(crate) text: Cell<u64>,
}

impl Reading<'_> {
    /// `depth` counts the messages and archives above it.
    pub(crate) fn read(&self, path: &str, bytes: &[u8], hash: ContentHash, depth: u32) -> Result<Found> {
        if bytes.is_empty() {
            return Ok(Found::Skipped(skip(
                "empty",
                format!("`{}` is empty", file_name(path)),
            )));
        }
        match detect(path, bytes) {
            Format::Unsupported(what) => {
                let name = file_name(path);
                // A known type under a name that promises text is no document of that name.
                let code = if promises_text(path) {
                    "binary"
                } else {
                    "unsupported"
                };
                Ok(Found::Skipped(skip(
                    code,
                    format!("`{name}` is {what}, which is not read"),
                )))
            }
            Format::Picture(_) if promises_text(path) => Ok(binary(path)),
            Format::Picture(kind) => Ok(self.picture(path, bytes, hash, kind)),
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
                Ok(Found::Skipped(skip(
                    "too_deep",
                    "it lies too deep in other messages".to_owned(),
                )))
            }
            Format::Outlook(kind) => self.outlook_item(path, bytes, kind, depth),
            Format::OutlookStore => self.outlook_store(path, bytes, depth),
            Format::SavedPage => Ok(self.saved_page(path, bytes, hash, depth)),
            Format::Mail => Ok(self.mail(path, bytes, hash, depth)),
            Format::Emlx => Ok(self.mail(path, emlx::message(bytes), hash, depth)),
            Format::Mbox => self.mailbox(path, bytes, depth),
            Format::Evernote => Ok(match decode(bytes) {
                Some(decoded) => self.evernote(path, decoded, depth),
                None => binary(path),
            }),
            Format::Calendar(kind) => Ok(self.calendar(path, decode(bytes), hash, kind)),
            Format::Html => {
                let decoded = match html::stated_charset(bytes) {
                    Some(charset) => decode_labelled(bytes, &charset),
                    None => decode(bytes),
                };
                Ok(self.html(path, decoded, hash))
            }
            format @ (Format::Markdown
            | Format::Text
            | Format::Code
            | Format::Table(_)
            | Format::Outline(_)
            | Format::Notebook) => Ok(plain(path, decode(bytes), hash, format)),
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
    fn picture(&self, path: &str, bytes: &[u8], hash: ContentHash, kind: PictureKind) -> Found {
        let frames = match kind {
            PictureKind::Tiff => scan::frame_count(bytes),
            PictureKind::Png | PictureKind::Jpeg | PictureKind::Webp => 1,
        };
        let mut found = pdf::PdfText {
            pages: vec![Vec::new(); frames as usize],
            ..pdf::PdfText::default()
        };
        scan::fill(&mut found, bytes, hash, ScanForm::Picture, self.scans);
        match pdf::assemble(&found, file_name(path)) {
            Ok(assembled) => {
                let (kind, media_type) = (DocumentKind::Image, kind.media_type());
                let metadata = DocMetadata::default();
                let document = paged(path, hash, kind, media_type, assembled, metadata);
                Found::Documents(vec![document])
            }
            Err(reason) => Found::Skipped(reason),
        }
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

    fn html(&self, path: &str, decoded: Option<Decoded<'_>>, hash: ContentHash) -> Found {
        match decoded {
            Some(Decoded { text, warnings }) => self.web_page(path, &text, "text/html", hash, warnings),
            None => binary(path),
        }
    }

    /// A page in a mail's form; one without text is still a mail, with a subject.
    fn saved_page(&self, path: &str, bytes: &[u8], hash: ContentHash, depth: u32) -> Found {
        let Some(saved) = mail::saved_page(bytes) else {
            return self.mail(path, bytes, hash, depth);
        };
        let found = self.web_page(path, &saved.html, "multipart/related", hash, saved.warnings);
        let Found::Documents(mut documents) = found else {
            return self.mail(path, bytes, hash, depth);
        };
        for document in &mut documents {
            document.metadata.created = document.metadata.created.or(saved.created);
            if document.title == file_stem(path)
                && let Some(subject) = &saved.subject
            {
                document.title = one_line(subject);
            }
        }
        Found::Documents(documents)
    }

    fn web_page(
        &self,
        path: &str,
        source: &str,
        media_type: &str,
        hash: ContentHash,
        mut warnings: Vec<Warning>,
    ) -> Found {
        let (page, found) = self.page_of(source, Origin::Web);
        warnings.extend(found);
        if page.text.is_empty() {
            return no_text(path);
        }
        let mut document = document(
            path,
            hash,
            DocumentKind::Html,
            media_type,
            page.text,
            page.blocks,
            page.metadata,
        );
        let heading = document
            .blocks
            .iter()
            .find(|block| matches!(block.kind, BlockKind::Heading { .. }));
        let heading = heading
            .and_then(|block| block.span.of(&document.text))
            .map(one_line);
        if let Some(title) = page
            .title
            .as_deref()
            .map(one_line)
            .filter(|title| !title.is_empty())
            .or(heading)
        {
            document.title = title;
        }
        document.warnings = warnings;
        Found::Documents(vec![document])
    }

    pub(crate) fn page_of(&self, source: &str, origin: Origin) -> (Page, Vec<Warning>) {
        let max_text = self.options.max_text_bytes;
        let mut warnings = Vec::new();
        let found = if html::is_small(source) {
            html::extract(source, origin, max_text)
        } else {
            let asked = self.ask(
                Job::Page { origin, max_text },
                source.as_bytes(),
                |answer| match answer {
                    Answer::Page(page) => Some(page),
                    _ => None,
                },
            );
            match asked {
                Ok(Ok(page)) => page,
                other => {
                    tracing::debug!(bytes = source.len(), outcome = ?other.is_ok(), "a page is read without its structure");
                    warnings.push(Warning {
                        code: "structure_not_read".to_owned(),
                        message: "the page is too large or too deep; its text is kept without its structure"
                            .to_owned(),
                    });
                    html::strip_tags(source, max_text)
                }
            }
        };
        if found.truncated {
            warnings.push(Warning {
                code: "text_truncated".to_owned(),
                message: "the text is longer than the limit; its end is left out".to_owned(),
            });
        }
        (Page::from(found), warnings)
    }

    fn mail(&self, path: &str, bytes: &[u8], hash: ContentHash, depth: u32) -> Found {
        let place = Place {
            part: "",
            name: file_stem(path),
            depth,
        };
        let mut documents = mail::documents(bytes, place, self);
        match documents.first_mut() {
            // What is called a mail and has no header is a text.
            None if !header::begins(bytes) => match plain(path, decode(bytes), hash, Format::Text) {
                Found::Skipped(_) => no_text(path),
                found => found,
            },
            None => no_text(path),
            Some(first) => {
                if first.part.is_empty() {
                    flags::of_path(path, &mut first.metadata.tags);
                }
                Found::Documents(documents)
            }
        }
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

impl Inside for Reading<'_> {
    fn attachment(&self, name: &str, bytes: &[u8], depth: u32) -> Result<Vec<ParsedDocument>, String> {
        match self.read(name, bytes, mail::content_hash(bytes), depth) {
            Ok(Found::Documents(documents)) => Ok(documents),
            Ok(Found::Skipped(reason)) => Err(reason.message),
            Err(error) => Err(error.chain()),
        }
    }

    fn page(&self, source: &str) -> (Page, Vec<Warning>) {
        self.page_of(source, Origin::Mail)
    }

    fn winmail(&self, bytes: &[u8]) -> Result<Winmail, String> {
        self.winmail_of(bytes)
    }

    fn calendar(&self, text: &str) -> Result<Sheet, String> {
        self.sheet(text)
    }

    fn options(&self) -> &ParseOptions {
        self.options
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

fn plain(path: &str, decoded: Option<Decoded<'_>>, hash: ContentHash, format: Format) -> Found {
    let Some(Decoded { text, warnings }) = decoded else {
        return binary(path);
    };
    if format == Format::Notebook
        && let Some(notebook) = notebook::parse(&text)
    {
        return read_notebook(path, notebook, hash, warnings);
    }
    let text = text.into_owned();
    let mut title = None;
    let mut metadata = DocMetadata::default();
    let mut found_warnings = Vec::new();
    let (kind, media_type, blocks) = match format {
        Format::Markdown => {
            let parsed = markdown::parse(&text);
            title = parsed.title;
            metadata = parsed.metadata;
            found_warnings = parsed.warnings;
            (DocumentKind::Note, "text/markdown", parsed.blocks)
        }
        Format::Table(delimiter) => {
            let media_type = if delimiter == Some(b'\t') {
                "text/tab-separated-values"
            } else {
                "text/csv"
            };
            (DocumentKind::Table, media_type, table::rows(&text, delimiter))
        }
        Format::Outline(markup) => {
            let parsed = outline::parse(&text, markup);
            title = parsed.title;
            metadata = parsed.metadata;
            (DocumentKind::Note, markup.media_type(), parsed.blocks)
        }
        Format::Code | Format::Notebook => (
            DocumentKind::Text,
            "text/plain",
            text::paragraphs(&text, BlockKind::Code),
        ),
        _ => (
            DocumentKind::Text,
            "text/plain",
            text::paragraphs(&text, BlockKind::Paragraph),
        ),
    };
    if blocks.is_empty() {
        return no_text(path);
    }
    let mut document = document(path, hash, kind, media_type, text, blocks, metadata);
    set_title(&mut document, title.as_deref());
    document.warnings = warnings;
    document.warnings.extend(found_warnings);
    Found::Documents(vec![document])
}

fn read_notebook(path: &str, notebook: Notebook, hash: ContentHash, warnings: Vec<Warning>) -> Found {
    if notebook.blocks.is_empty() {
        return no_text(path);
    }
    let mut document = document(
        path,
        hash,
        DocumentKind::Note,
        "application/x-ipynb+json",
        notebook.text,
        notebook.blocks,
        notebook.metadata,
    );
    set_title(&mut document, notebook.title.as_deref());
    document.warnings = warnings;
    document.warnings.extend(notebook.warnings);
    Found::Documents(vec![document])
}

pub(crate) fn document(
    path: &str,
    hash: ContentHash,
    kind: DocumentKind,
    media_type: &str,
    text: String,
    blocks: Vec<Block>,
    mut metadata: DocMetadata,
) -> ParsedDocument {
    if metadata.language.is_none() {
        metadata.language = language::guess(&text);
    }
    ParsedDocument {
        part: String::new(),
        part_key: String::new(),
        content_hash: hash,
        kind,
        media_type: media_type.to_owned(),
        title: file_stem(path).to_owned(),
        metadata,
        text,
        blocks,
        lines: Vec::new(),
        recognised: Vec::new(),
        pages: None,
        unreadable_pages: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Names the document so, unless there is nothing in it.
fn set_title(document: &mut ParsedDocument, title: Option<&str>) {
    if let Some(title) = title.map(one_line).filter(|title| !title.is_empty()) {
        document.title = title;
    }
}

fn promises_text(path: &str) -> bool {
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
pub(crate) fn check_blocks(text: &str, blocks: &[Block]) -> Result<(), proptest::test_runner::TestCaseError> {
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
