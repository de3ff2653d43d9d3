//! What goes into the ledger and what comes out of it.

use std::collections::BTreeSet;

use rushlight_core::{
    Block, Chunk, ChunkId, ChunkOrigin, ContentHash, DocId, DocLink, DocMetadata, DocumentKind, EmbeddingKey,
    ErrorCode, FileRecord, FileRow, FileStamp, Generation, IndexedDocument, Locator, ParsedDocument,
    PlacedLine, Principal, RecognisedSpan, SkipReason, SourceId, SpaceId, TextSpan, Timestamp, Warning,
};

use crate::scans::FileScan;

/// A space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceRecord {
    /// The row that names it; never used again for another.
    pub id: SpaceId,
    /// Its name.
    pub name: String,
    /// Number of its last change.
    pub generation: Generation,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    /// The row that names it; never used again for another.
    pub id: SourceId,
    /// Absolute path of its root.
    pub root: String,
    /// The space its documents live in.
    pub space_id: SpaceId,
    /// That space's name.
    pub space: String,
    /// When it was added.
    pub added: Timestamp,
    /// False when the last scan found no root.
    pub online: bool,
    /// When all of it was last seen by a scan.
    pub last_scan: Option<Timestamp>,
    /// What a person should know of it: watching does not work here, a folder cannot be read.
    pub notice: Option<String>,
    /// True when its files wait until a person lets them go on.
    pub paused: bool,
    /// Device numbers of its folders when all of it was last seen.
    pub devices: BTreeSet<u64>,
}

/// What made a document's chunks. Documents made by another are chunked anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkedBy {
    /// Identity of the chunker with its options and tokenizer.
    pub chunker_id: String,
    /// Identity of the embedding model that the embedding keys are for.
    pub model_id: String,
}

/// A chunk on its way into the ledger. Its ordinal is its place in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct NewChunk {
    /// Identity.
    pub id: ChunkId,
    /// Where it stands in the document's text.
    pub span: TextSpan,
    /// Where it stands in the original.
    pub locator: Locator,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Length in tokens of the embedding model.
    pub token_count: u32,
    /// Key of its embedding.
    pub embedding_key: EmbeddingKey,
    /// Whose words it is made of. A signature gets no vector; of quotations [`crate::Ledger::settle_quotes`] decides.
    pub origin: ChunkOrigin,
    /// How sure the recogniser is of what was recognised of it, in per cent; `None` when nothing was.
    pub confidence: Option<u8>,
}

/// A document on its way into the ledger.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Identity, from [`crate::Ledger::document_ids`].
    pub doc_id: DocId,
    /// What the parser read.
    pub document: ParsedDocument,
    /// Who may read it.
    pub access: Vec<Principal>,
    /// What made the chunks.
    pub chunked_by: ChunkedBy,
    /// Whether the title is part of what the embedding keys stand for.
    pub title_embedded: bool,
    /// Its chunks, in order.
    pub chunks: Vec<NewChunk>,
}

/// A file that was looked at.
#[derive(Clone, Debug)]
pub struct CompletedFile {
    /// The file.
    pub file: FileRow,
    /// Its stamp when it was handed out. When a scan has seen a newer one since, the outcome is kept and the file goes
    /// on waiting.
    pub stamp: FileStamp,
    /// Version of the parser that looked at it.
    pub parser_version: u32,
    /// What came of it.
    pub outcome: FileOutcome,
    /// Pages without text of their own that were come to, each once; nothing where the outcome is `Unchanged`.
    pub scans: Vec<FileScan>,
}

/// What came of looking at a file.
#[derive(Clone, Debug)]
pub enum FileOutcome {
    /// It has these documents, and no others.
    Indexed {
        /// Hash of the bytes that were read.
        content_hash: ContentHash,
        /// At least one.
        documents: Vec<NewDocument>,
    },
    /// It was read piece by piece: it has the documents that [`crate::Ledger::add_documents`] took in this pass, and no
    /// others.
    IndexedInPieces {
        /// Hash of the bytes that were read.
        content_hash: ContentHash,
        /// From [`crate::Ledger::begin_pass`].
        pass: i64,
    },
    /// Its bytes are those its documents were made from, by the same parser. Costs next to nothing.
    Unchanged,
    /// Nothing to index. Its documents go.
    Skipped(SkipReason),
    /// It could not be read. Its documents go, unless the error says nothing of the file (a full disk, no parser, a
    /// file that is gone while its source may be offline); retryable errors are tried again with growing delay.
    Failed {
        /// What went wrong.
        code: ErrorCode,
        /// On what, and why.
        message: String,
    },
}

/// What a batch of [`CompletedFile`]s came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Spaces that have changes to index.
    pub changed_spaces: Vec<SpaceId>,
    /// Documents written.
    pub documents_written: u64,
    /// Documents that were there to the letter.
    pub documents_unchanged: u64,
    /// Documents removed.
    pub documents_removed: u64,
    /// Chunks whose embedding is to be computed.
    pub chunks_pending: u64,
}

/// Which files to look at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requeue {
    /// This one, whatever its state.
    File(FileRow),
    /// The failed ones of this source.
    FailedOf(SourceId),
    /// All of this source.
    AllOf(SourceId),
}

/// A page of changes for an index: documents to write and to remove. No document is in both.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Documents to write, each replacing all it had before.
    pub upserts: Vec<IndexedDocument>,
    /// Documents to remove; the index may not know them.
    pub deletes: Vec<DocId>,
    /// What to commit once this page is applied.
    pub reached: Generation,
    /// True when there is another page after `reached`.
    pub more: bool,
    /// True when the index cannot be brought up to date from where it is (it is older than the removals the ledger
    /// remembers, or newer than the ledger): empty it and begin at zero. Then the page is empty.
    pub restart: bool,
}

/// A chunk whose embedding is to be computed, with what the embedded text is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingChunk {
    /// Key to store the embedding under.
    pub embedding_key: EmbeddingKey,
    /// Title of its document, where it is part of what is embedded; otherwise empty.
    pub title: String,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Its text.
    pub text: String,
    /// Length of `text` in tokens.
    pub token_count: u32,
}

/// A chunk with what is needed to show and to cite it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkRecord {
    /// The chunk; its text is verbatim.
    pub chunk: Chunk,
    /// Version of the document.
    pub content_hash: ContentHash,
    /// Title of the document.
    pub title: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Kind.
    pub kind: DocumentKind,
    /// The document's date.
    pub date: Timestamp,
    /// Source it comes from.
    pub source_id: SourceId,
    /// Space it lives in.
    pub space_id: SpaceId,
    /// The space's name.
    pub space: String,
    /// Who may read it.
    pub access: Vec<Principal>,
    /// False when the source's root is missing: the text is as it was last seen.
    pub online: bool,
    /// The conversation that a mail belongs to.
    pub thread_id: Option<String>,
    /// Where the document's text begins, in bytes: behind its front matter, where it has some.
    pub text_begins: usize,
}

impl ChunkRecord {
    /// The chunk as it is read and quoted: without front matter. `None` when it is nothing else.
    pub fn passage(&self) -> Option<Chunk> {
        self.chunk.clone().beginning_at(self.text_begins)
    }
}

/// How a document bears the name that it was found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedBy {
    /// Its file is called so.
    File,
    /// Its file is, without its ending.
    Stem,
    /// It gives itself the name.
    Alias,
}

/// A document that links lead to or come from.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkTarget {
    /// Identity.
    pub doc_id: DocId,
    /// Source it comes from.
    pub source_id: SourceId,
    /// The source's root.
    pub root: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Title.
    pub title: String,
    /// Kind.
    pub kind: DocumentKind,
    /// The document's date.
    pub date: Timestamp,
    /// How it was found; [`NamedBy::File`] where it was not by a name.
    pub named_by: NamedBy,
}

/// A document with links that end in a name.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkingDocument {
    /// The document.
    pub document: LinkTarget,
    /// Those links, in order.
    pub links: Vec<DocLink>,
}

/// A mail of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadMessage {
    /// The mail.
    pub document: LinkTarget,
    /// Who wrote it, as written.
    pub from: Vec<String>,
}

/// A document without its text.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentSummary {
    /// Identity.
    pub doc_id: DocId,
    /// The file it is in.
    pub file: FileRow,
    /// Source it comes from.
    pub source_id: SourceId,
    /// Space it lives in.
    pub space_id: SpaceId,
    /// The space's name.
    pub space: String,
    /// Absolute path of the file.
    pub path: String,
    /// Part within the file; empty for the file itself.
    pub part: String,
    /// Title.
    pub title: String,
    /// Kind.
    pub kind: DocumentKind,
    /// IANA media type.
    pub media_type: String,
    /// Its own date, else the file's.
    pub date: Timestamp,
    /// Version of it.
    pub content_hash: ContentHash,
    /// Length of its text in bytes.
    pub text_bytes: u64,
    /// Number of its chunks.
    pub chunks: u32,
    /// True when all its chunks have their embedding.
    pub embedded: bool,
    /// Pages, where the format has them.
    pub pages: Option<u32>,
    /// Pages without readable text.
    pub unreadable_pages: Vec<u32>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
    /// Who may read it.
    pub access: Vec<Principal>,
}

/// A document whole.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentRecord {
    /// All but what follows.
    pub summary: DocumentSummary,
    /// What is known beside the text.
    pub metadata: DocMetadata,
    /// Its text.
    pub text: String,
    /// The text's structure.
    pub blocks: Vec<Block>,
    /// Lines whose places on their pages are known.
    pub lines: Vec<PlacedLine>,
    /// What of the text was recognised in pictures, line by line.
    pub recognised: Vec<RecognisedSpan>,
    /// The file as the ledger knows it now; `Waiting` when a newer version is not yet read.
    pub file: FileRecord,
}

/// Which documents to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentQuery {
    /// Only documents with one of these principals in their access list. Empty: none.
    pub principals: Vec<Principal>,
    /// Only of this space.
    pub space: Option<SpaceId>,
    /// Only of this source.
    pub source: Option<SourceId>,
    /// Only of this kind.
    pub kind: Option<DocumentKind>,
    /// At most so many.
    pub limit: usize,
    /// Leave out so many first.
    pub offset: usize,
}

/// A page of something, and how much there is of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// This page.
    pub items: Vec<T>,
    /// Of all pages together.
    pub total: u64,
}

/// A document to be chunked anew, with all a chunker needs, without reading the file again.
#[derive(Clone, Debug)]
pub struct RechunkDocument {
    /// Identity.
    pub doc_id: DocId,
    /// Path of its file below the source's root.
    pub path: String,
    /// As the parser read it.
    pub document: ParsedDocument,
}

/// A document's new chunks.
#[derive(Clone, Debug)]
pub struct Rechunked {
    /// The document.
    pub doc_id: DocId,
    /// Whether the title is part of what the embedding keys stand for.
    pub title_embedded: bool,
    /// Its chunks, in order.
    pub chunks: Vec<NewChunk>,
}

/// A mail with quotations, and the mail that it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotingDocument {
    /// Identity.
    pub doc_id: DocId,
    /// Its chunks of quoted text, in order; left out where there is no original.
    pub quotes: Vec<(ChunkId, String)>,
    /// Text of the mail that it answers, where that is there.
    pub original: Option<String>,
}

/// What comparing a mail's quotations found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledQuotes {
    /// The mail.
    pub doc_id: DocId,
    /// Its chunks of quoted text that the original has too. The others count as first written here.
    pub repeated: Vec<ChunkId>,
}

/// What a space holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceStatistics {
    /// The space.
    pub space: SpaceRecord,
    /// Number of its sources.
    pub sources: u64,
    /// Documents searchable by word.
    pub documents: u64,
    /// Documents searchable by meaning too.
    pub documents_by_meaning: u64,
    /// Chunks.
    pub chunks: u64,
    /// Chunks that have their embedding.
    pub embedded_chunks: u64,
    /// Bytes of text.
    pub text_bytes: u64,
    /// Pages without readable text.
    pub unreadable_pages: u64,
}

/// A file that a person may want to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct ProblemFile {
    /// The file; failed, skipped, or indexed with warnings.
    pub file: FileRecord,
    /// Its absolute path.
    pub path: String,
    /// Warnings of its documents, each with the part it is about.
    pub warnings: Vec<(String, Warning)>,
    /// Pages of its documents without readable text.
    pub unreadable_pages: u64,
}

/// A conversation: the row that names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(pub i64);

/// A conversation without its turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationRecord {
    /// Identity.
    pub id: ConversationId,
    /// Whose it is: nobody else reads, finds or changes it.
    pub owner: Principal,
    /// Title.
    pub title: String,
    /// When it began.
    pub created: Timestamp,
    /// When the last turn was added.
    pub updated: Timestamp,
    /// Number of its turns.
    pub turns: u32,
}

/// A question and its answer, on their way into the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTurn {
    /// The question.
    pub question: String,
    /// The answer as JSON; the ledger does not look into it.
    pub answer: String,
    /// The answer's text: what it is found by, beside the question.
    pub text: String,
    /// When it was asked.
    pub asked: Timestamp,
    /// Its receipt.
    pub receipt: Option<NewReceipt>,
}

/// A receipt on its way into the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReceipt {
    /// Identity; no other receipt has it.
    pub id: String,
    /// The receipt as JSON; the ledger does not look into it.
    pub json: String,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The question.
    pub question: String,
    /// The answer as JSON, as the caller wrote it.
    pub answer: String,
    /// When it was asked.
    pub asked: Timestamp,
    /// Identity of its receipt; `None` where it was kept by a version that wrote none.
    pub receipt: Option<String>,
}

/// A judgement: the row that names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JudgementId(pub i64);

/// What a person said of a search: that a document, or a passage of it, is right for a query, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What was searched for.
    pub query: String,
    /// The document.
    pub doc_id: DocId,
    /// A line of the passage, to the letter; empty when the document is meant.
    pub quote: String,
    /// Whether it is right.
    pub right: bool,
    /// The document's title then.
    pub title: String,
    /// The absolute path of its file then.
    pub path: String,
    /// The part within the file; empty for the file itself.
    pub part: String,
    /// Names of the spaces that were searched; empty: all.
    pub spaces: Vec<String>,
    /// Kinds that were searched; empty: all.
    pub kinds: Vec<DocumentKind>,
    /// When it was said.
    pub judged: Timestamp,
}

/// A judgement that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgementRecord {
    /// Identity.
    pub id: JudgementId,
    /// What was said.
    pub judgement: Judgement,
    /// Whether the document is no longer there.
    pub gone: bool,
}
