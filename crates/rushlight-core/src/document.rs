//! A file as it is read, and the documents a parser finds in it.

use std::io::Read;

use crate::area::PlacedLine;
use crate::error::Result;
use crate::id::ContentHash;
use crate::original::TakenOut;
use crate::place::{Locator, TextSpan};
use crate::scan::{NoScanReader, RecognisedSpan, ScanReader};
use crate::time::Timestamp;

/// A file's bytes on their way from a source to a parser.
#[derive(Clone, Debug)]
pub struct RawFile {
    /// Path below the source's root, with `/` between folders. The file's name decides a first guess of its type.
    pub path: String,
    /// The whole content.
    pub bytes: Vec<u8>,
    /// BLAKE3 of `bytes`.
    pub content_hash: ContentHash,
    /// Last change as the file system has it.
    pub modified: Timestamp,
}

/// What kind of document it is, as people filter for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// Markdown.
    Note,
    /// Plain text, source code included.
    Text,
    /// A web page.
    Html,
    /// One mail message.
    Mail,
    /// A PDF.
    Pdf,
    /// A table of values, of a spreadsheet too.
    Table,
    /// A word processor's document.
    Document,
    /// Slides of a presentation.
    Slides,
    /// A picture, of whose text was recognised what can be.
    Image,
}

impl DocumentKind {
    /// Every kind, in the order in which they are listed to people.
    pub const ALL: [DocumentKind; 9] = [
        Self::Note,
        Self::Text,
        Self::Html,
        Self::Mail,
        Self::Pdf,
        Self::Table,
        Self::Document,
        Self::Slides,
        Self::Image,
    ];

    /// The word for it in the API, on the command line and in the indexes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Text => "text",
            Self::Html => "html",
            Self::Mail => "mail",
            Self::Pdf => "pdf",
            Self::Table => "table",
            Self::Document => "document",
            Self::Slides => "slides",
            Self::Image => "image",
        }
    }

    /// The kind that [`DocumentKind::as_str`] names.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What is known of a document beside its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocMetadata {
    /// Authors, or who sent the mail, as written (`Ada Lin <ada@example.org>`).
    pub authors: Vec<String>,
    /// To, Cc and Bcc.
    pub recipients: Vec<String>,
    /// Tags of front matter and of the text, without `#`.
    pub tags: Vec<String>,
    /// The document's own date: of the mail, of the front matter; otherwise `None`.
    pub created: Option<Timestamp>,
    /// BCP 47 tag when it is stated or plain to see: `en`, `zh-Hant`, `zh-Hans`.
    pub language: Option<String>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The Message-ID this one answers.
    pub in_reply_to: Option<String>,
    /// What all mails of one conversation have in common: the Message-ID of the first where it is known, else
    /// `subject:`, the subject without `Re:`, and who writes to whom.
    pub thread_id: Option<String>,
    /// The mailing list's identifier (List-Id) without angle brackets.
    pub list: Option<String>,
    /// Attachments, in order, whether or not they became documents of their own.
    pub attachments: Vec<Attachment>,
    /// Other names that a note gives itself.
    pub aliases: Vec<String>,
    /// Links to other documents as the text has them, each once, in order.
    pub links: Vec<DocLink>,
}

impl DocMetadata {
    /// Names of the attachments, in order.
    pub fn attachment_names(&self) -> Vec<&str> {
        self.attachments.iter().map(|one| one.name.as_str()).collect()
    }
}

/// What lies in a mail or a note beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// What people know it by.
    pub name: String,
    /// What its own part has behind the part of the document it lies in: `/part:2`, or `.2` where both are messages in
    /// one. Empty where that is not known.
    pub behind: String,
    /// Media type, as the mail states it.
    pub media_type: Option<String>,
    /// Its length, out of its transfer encoding.
    pub bytes: Option<u64>,
    /// Why nothing of it is searchable.
    pub left_out: Option<SkipReason>,
}

impl Attachment {
    /// One of which nothing but the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Its part of the file, in a document of this part: [`ParsedDocument::part`] of what it became, or, before a `/`, of
    /// what lies in it.
    pub fn part_in(&self, part: &str) -> Option<String> {
        let behind = match part {
            "" => self.behind.trim_start_matches('/'),
            _ => &self.behind,
        };
        (!behind.is_empty()).then(|| format!("{part}{behind}"))
    }
}

/// A link from one document to another, as it is written; whether there is such a document is not said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocLink {
    /// How `target` is to be understood.
    pub kind: LinkKind,
    /// What is linked to, without percent-encoding: a name or a path. Never empty.
    pub target: String,
    /// The place in it: a heading, or a block's id behind `^`.
    pub fragment: Option<String>,
    /// Shown in place (`![[tea]]`, a picture) rather than referred to.
    pub embedded: bool,
}

/// How a link names its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// By a note's name or one of its aliases, wherever it lies (`[[tea]]`); or by the end of its path (`[[drinks/tea]]`).
    Name,
    /// By a path relative to the document's own folder (`[tea](../drinks/tea.md)`).
    Path,
}

impl LinkKind {
    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Path => "path",
        }
    }
}

/// What a stretch of a document's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// A heading; levels count from 1.
    Heading {
        /// 1 is the highest.
        level: u8,
    },
    /// A paragraph.
    Paragraph,
    /// One item of a list.
    ListItem,
    /// A quotation; in mail, quoted lines.
    Quote,
    /// Code, kept as it is.
    Code,
    /// The header row of a table.
    TableHeader,
    /// A row of a table.
    TableRow,
    /// Header fields: front matter, a mail's From, To, Date, Subject.
    Metadata,
    /// A mail's signature.
    Signature,
}

/// A stretch of a document's text that belongs together, with its place in the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Where it stands in [`ParsedDocument::text`]. Blocks are in order and do not overlap.
    pub span: TextSpan,
    /// Where it stands in the original.
    pub locator: Locator,
}

/// Something a person should know of a document that was read nonetheless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A stable word for it, for example `attachment_not_read`, `page_without_text`, `charset_guessed`.
    pub code: String,
    /// What happened, on what. Lower case, no full stop.
    pub message: String,
}

/// One document found in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedDocument {
    /// Which part of the file it is: empty for the file itself; `message:3` for the third message of an mbox;
    /// `message:3/part:2` for its attachment; `part:2` for the attachment of a single message;
    /// `member:notes/tea.md` for a file of an archive, `member:a.eml/part:2` for what lies in it;
    /// `embedded:word/embeddings/plan.xlsx` for a file in an office document. Unique in the file.
    pub part: String,
    /// A name for this part that stays when others before it go: a Message-ID or a hash of the part's bytes.
    pub part_key: String,
    /// BLAKE3 of the part's bytes; of the whole file's where `part` is empty.
    pub content_hash: ContentHash,
    /// What kind of document.
    pub kind: DocumentKind,
    /// IANA media type, for example `text/markdown`.
    pub media_type: String,
    /// Title: first heading, subject, front matter, or the file's name without its ending.
    pub title: String,
    /// What is known beside the text.
    pub metadata: DocMetadata,
    /// The text, in UTF-8. What is shown is always a slice of it.
    pub text: String,
    /// The text's structure: in order, not overlapping; between blocks there is white space only.
    pub blocks: Vec<Block>,
    /// Lines of the text whose places on their pages are known, in order and not overlapping; where they are finer than the
    /// places of `blocks`, they count.
    pub lines: Vec<PlacedLine>,
    /// What of the text was recognised in pictures, line by line: in order, not overlapping.
    pub recognised: Vec<RecognisedSpan>,
    /// Pages, where the format has them.
    pub pages: Option<u32>,
    /// Pages that have no readable text, counted from one.
    pub unreadable_pages: Vec<u32>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}

/// Why a file is deliberately not indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkipReason {
    /// A stable word: `binary`, `empty`, `too_large`, `no_text`, `awaits_recognition`, `unsupported`, `encrypted`, `name_not_utf8`, `symlink_outside`.
    pub code: String,
    /// Why, and what could be done. Lower case, no full stop.
    pub message: String,
}

/// What a parser makes of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedFile {
    /// One or more documents with text.
    Documents(Vec<ParsedDocument>),
    /// Nothing to index, and why.
    Skipped(SkipReason),
}

/// Turns bytes into documents.
///
/// An error is the file's state (`failed`), never the end of a run. Called from the indexing thread.
pub trait Parser: Send + Sync {
    /// Raised when the same bytes would parse differently: what failed before is then tried again.
    fn version(&self) -> u32;

    /// Reads a file, and asks `scans` for the text of pages that have none. A document without any text but white space
    /// is never returned: the file is skipped instead. The same bytes and the same answers give the same documents.
    fn parse_with(&self, file: &RawFile, scans: &dyn ScanReader) -> Result<ParsedFile>;

    /// Reads a file for the text it has itself.
    fn parse(&self, file: &RawFile) -> Result<ParsedFile> {
        self.parse_with(file, &NoScanReader)
    }

    /// The file with these bytes' hash that lies in `file`: an attachment, a member of an archive, a message of a mailbox.
    /// `None` where there is none, or where it cannot be taken out as it is.
    ///
    /// # Errors
    /// As [`Parser::parse`].
    fn take_out(&self, file: &RawFile, hash: ContentHash) -> Result<Option<TakenOut>> {
        let _ = (file, hash);
        Ok(None)
    }

    /// Reads a file of many documents one after the other, in memory that its size does not decide. `head` are its first
    /// bytes, at least 4 KiB where there are so many; `reader` begins with them. `None` for a file that is to be read whole.
    fn pieces(&self, path: &str, head: &[u8], reader: Box<dyn Read + Send>) -> Option<Box<dyn Pieces>>;
}

/// A file that is being read piece by piece.
pub trait Pieces: Send {
    /// The next documents, at least one; `None` at the file's end. All together they are those that [`Parser::parse`] makes
    /// of the same bytes. Each has a [`ParsedDocument::part_key`].
    ///
    /// # Errors
    /// The file's; there is nothing more to be had then.
    fn next(&mut self) -> Result<Option<Vec<ParsedDocument>>>;

    /// Why there was no document.
    fn nothing(&self) -> SkipReason;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_lies_where_its_mail_lies() {
        let behind = |behind: &str| Attachment {
            behind: behind.to_owned(),
            ..Attachment::named("kettle.pdf")
        };
        for (own, part, expected) in [
            ("/part:2", "", Some("part:2")),
            ("/part:2", "message:3", Some("message:3/part:2")),
            (".1", "message:3/part:2", Some("message:3/part:2.1")),
            ("", "message:3", None),
        ] {
            assert_eq!(behind(own).part_in(part).as_deref(), expected, "{own} in {part}");
        }
    }
}
