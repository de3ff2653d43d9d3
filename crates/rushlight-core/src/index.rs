//! The two derived indexes as ports. Each holds one space, is fed whole documents, and records the ledger's generation
//! it has reached. Deleting one loses nothing but time.

use async_trait::async_trait;

use crate::chunk::Embedding;
use crate::chunk_set::ChunkSet;
use crate::document::DocumentKind;
use crate::error::Result;
use crate::id::{ChunkId, DocId, Generation, Principal, SourceId};
use crate::query::Query;
use crate::time::Timestamp;

/// A document as both indexes take it: its filterable fields and its chunks.
#[derive(Clone, Debug)]
pub struct IndexedDocument {
    /// Identity; writing a document again replaces all its chunks.
    pub doc_id: DocId,
    /// Source it comes from.
    pub source_id: SourceId,
    /// Kind.
    pub kind: DocumentKind,
    /// The date to filter by: the document's own, else the file's.
    pub date: Timestamp,
    /// Who may read it.
    pub access: Vec<Principal>,
    /// Title, searched with more weight than text.
    pub title: String,
    /// Other names, names of attachments, mailing list and file name, searched with the title's weight.
    pub keywords: Vec<String>,
    /// What can be asked for by field.
    pub facts: IndexedFacts,
    /// Its chunks, in order.
    pub chunks: Vec<IndexedChunk>,
}

/// What is known of a document beside its text, as the keyword index takes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexedFacts {
    /// Authors, or who sent the mail, as written. People and tags are searched with the title's weight too.
    pub authors: Vec<String>,
    /// To, Cc and Bcc, as written.
    pub recipients: Vec<String>,
    /// Tags without `#`; `/` between the levels of one.
    pub tags: Vec<String>,
    /// The file's path below its source's root, with `/` between folders.
    pub path: String,
    /// The part within the file by the names that lead to it (`member:notes/tea.md`), without numbers of messages and
    /// attachments; empty where there are none.
    pub part: String,
    /// BCP 47 tag where it is stated; an index tells the language from the text where it is `None`.
    pub language: Option<String>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// What all mails of one conversation have in common.
    pub thread_id: Option<String>,
    /// Whether it has attachments, or is one.
    pub has_attachment: bool,
}

/// A chunk as the indexes take it. The keyword index reads text and headings; the vector index the embedding.
#[derive(Clone, Debug)]
pub struct IndexedChunk {
    /// Identity.
    pub id: ChunkId,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Its text. Empty when fed to a vector index.
    pub text: String,
    /// Whether it says what is found better elsewhere (a quoted mail that is there itself, a signature): such a chunk is
    /// found by word at [`REPEATED_WEIGHT`] of its score. A vector index is not given any.
    pub repeated: bool,
    /// Its vector; `None` when fed to a keyword index.
    pub embedding: Option<Embedding>,
}

/// What the score of a repeated chunk is multiplied with: it comes after the place where its words were first written, and
/// after most chunks that are about something else in the same words.
pub const REPEATED_WEIGHT: f32 = 0.3;

/// Which documents may be returned. Applied inside the index, before scoring.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchFilter {
    /// Only documents with one of these principals in their access list. Empty: nothing is returned.
    pub principals: Vec<Principal>,
    /// Only these sources; empty: all.
    pub sources: Vec<SourceId>,
    /// Only these kinds; empty: all.
    pub kinds: Vec<DocumentKind>,
    /// Only dates at or after this.
    pub from: Option<Timestamp>,
    /// Only dates before this.
    pub until: Option<Timestamp>,
}

/// A chunk found by word.
#[derive(Clone, Debug, PartialEq)]
pub struct KeywordHit {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Its document.
    pub doc_id: DocId,
    /// BM25, greater is better, comparable within one query only.
    pub score: f32,
}

/// What a search by word came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeywordFound {
    /// Best first; ties by chunk id.
    pub hits: Vec<KeywordHit>,
    /// The query says what may be found and nothing to rank it by: the hits have score 1 and the newest documents come first.
    pub newest_first: bool,
    /// No chunk meets the words as they were typed; these hold words in which its letters stand.
    pub by_part: bool,
    /// What was searched beside words that no readable document holds, best first for each.
    pub corrections: Vec<Correction>,
    /// The words that were wanted or required, in their order, each once.
    pub terms: Vec<TermFound>,
    /// The single characters of Chinese words that chunks hold which the filter lets pass, each once, with their weights by rarity from
    /// the statistics of the space. They are sought beside the pairs that `terms` has, and are no words of their own. May be empty.
    pub characters: Vec<(String, f32)>,
}

/// A document that a query finds by word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchingDocument {
    /// The document.
    pub doc_id: DocId,
    /// The best of its chunks that were found; of equals the one with the lowest id.
    pub chunk_id: ChunkId,
    /// The document's date.
    pub date: Timestamp,
}

/// Every document that a query finds by word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatchingDocuments {
    /// By document id.
    pub documents: Vec<MatchingDocument>,
    /// As in [`KeywordFound`].
    pub corrections: Vec<Correction>,
}

/// A word that nobody wrote, and one that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Correction {
    /// As typed, folded.
    pub typed: String,
    /// As it stands in a readable document, folded.
    pub meant: String,
}

/// A word of a query and how telling it is.
#[derive(Clone, Debug, PartialEq)]
pub struct TermFound {
    /// As typed, folded.
    pub term: String,
    /// Chunks that hold it and that the filter lets pass: nothing is said of others.
    pub chunks: u64,
    /// Its weight by rarity, from the statistics of the space; that of a word nobody wrote when `chunks` is zero.
    pub idf: f32,
    /// Whether it names one thing: a number of a document, an address, a path.
    pub identifier: bool,
}

/// What a suggestion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuggestionKind {
    /// A document's title.
    Title,
    /// Who wrote, sent or got a document.
    Person,
    /// A tag.
    Tag,
}

impl SuggestionKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Title, Self::Person, Self::Tag];

    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Person => "person",
            Self::Tag => "tag",
        }
    }
}

/// What could be meant by the letters typed so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What it is.
    pub kind: SuggestionKind,
    /// As a document has it.
    pub text: String,
    /// Documents with it that the filter lets pass; at least one.
    pub documents: u64,
}

/// Longest suggestion in characters; a longer title is suggested by its beginning.
pub const MAX_SUGGESTION: usize = 120;

/// Why a chunk has its score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeywordExplanation {
    /// As in [`KeywordHit`]: the sum of the contributions times `factor`.
    pub score: f32,
    /// What the sum is multiplied with: [`REPEATED_WEIGHT`] for a repeated chunk, else 1.
    pub factor: f32,
    /// What took part, in the query's order.
    pub parts: Vec<ScorePart>,
}

/// What one word or phrase of a query adds to a chunk's score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScorePart {
    /// The word or phrase as it was typed, folded.
    pub typed: String,
    /// How it was met.
    pub how: MatchKind,
    /// How often it stands in which field, in the field's own words.
    pub frequencies: Vec<FieldFrequency>,
    /// Chunks that hold it and that the filter lets pass, where that is counted: nothing is said of others.
    pub chunks: Option<u64>,
    /// Its weight by rarity, from the statistics of the space.
    pub idf: f32,
    /// What this way of meeting it counts against others.
    pub weight: f32,
    /// What it adds.
    pub contribution: f32,
}

/// How often something stands in a field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldFrequency {
    /// `title`, `keywords`, `headings` or `text`.
    pub field: &'static str,
    /// The term that stands there, folded.
    pub term: String,
    /// How often.
    pub count: u32,
}

/// How a word of a query was met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MatchKind {
    /// As it was typed, but for case, accents and script.
    #[default]
    Exact,
    /// By a word with the same stem.
    Stem,
    /// By the word that another region has for it.
    Variant,
    /// By a word that begins so.
    Prefix,
    /// By a word that it was corrected to.
    Correction,
    /// By words that stand together.
    Phrase,
    /// By a piece of a word.
    Piece,
}

impl MatchKind {
    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Stem => "stem",
            Self::Variant => "variant",
            Self::Prefix => "prefix",
            Self::Correction => "correction",
            Self::Phrase => "phrase",
            Self::Piece => "piece",
        }
    }
}

/// A chunk found by meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorHit {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Its document.
    pub doc_id: DocId,
    /// Cosine with the query, from -1 to 1.
    pub similarity: f32,
}

/// Finds chunks by word. One writer; any number of readers, which see the last commit. Called from blocking threads.
pub trait KeywordIndex: Send + Sync {
    /// Replaces these documents and removes those, in one step, not yet visible.
    fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()>;

    /// Makes all that was applied durable and visible, as of `generation`.
    fn commit(&self, generation: Generation) -> Result<()>;

    /// The generation of the last commit; zero for a new index.
    fn generation(&self) -> Result<Generation>;

    /// The best chunks for a query, best first, at most `limit`. Ties are broken by chunk id. A clause without any word or
    /// filter in it says nothing; a query that says nothing finds nothing. Long or deep queries are answered by what is
    /// read of them.
    ///
    /// Words are found by their stem too, and in the words of another region. A Latin word of four letters or more that no
    /// readable document holds is searched as what it may have meant: words that differ by one mistake (a letter left out,
    /// added, replaced or exchanged with the next), of eight letters or more and with the first one right by two. A word that
    /// a clause beside it takes for the beginning of one is not finished, and searched as it is. Where a query of wanted text
    /// finds nothing, chunks are found in which its letters stand within words, and so is an identifier that nobody wrote:
    /// what stands in a readable text to the letter and has a letter or digit is never answered with nothing.
    ///
    /// What unreadable documents hold changes statistics, and with them scores, by which the best `limit` are chosen; it
    /// changes neither what meets the query nor any other part of the answer.
    fn search(&self, query: &Query, filter: &SearchFilter, limit: usize) -> Result<KeywordFound>;

    /// Every chunk that [`KeywordIndex::search`] would find without a limit, by chunk id.
    fn matching(&self, query: &Query, filter: &SearchFilter) -> Result<Vec<ChunkId>>;

    /// Every document with a chunk that [`KeywordIndex::search`] would find without a limit, each once.
    fn documents(&self, query: &Query, filter: &SearchFilter) -> Result<MatchingDocuments>;

    /// Titles, people and tags with a word that begins as what was `typed`, in case, accents and script folded; those of
    /// most documents first, then by kind and by their letters from that word on. Only from documents that the filter lets pass. At
    /// most `limit` of all kinds together.
    fn suggest(&self, typed: &str, filter: &SearchFilter, limit: usize) -> Result<Vec<Suggestion>>;

    /// Why `chunk` has its score; `None` when [`KeywordIndex::search`] does not find it.
    fn explain(
        &self,
        query: &Query,
        filter: &SearchFilter,
        chunk: ChunkId,
    ) -> Result<Option<KeywordExplanation>>;

    /// Every chunk in the last commit with its document, in any order: what `verify` compares with the ledger.
    fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>>;
}

/// Finds chunks by meaning. Every vector that passes the filter is compared, none that does not: results are those of an
/// index that holds nothing else.
#[async_trait]
pub trait VectorIndex: Send + Sync {
    /// Replaces these documents and removes those. Chunks without an embedding are refused.
    async fn apply(&self, upserts: &[IndexedDocument], deletes: &[DocId]) -> Result<()>;

    /// Makes all that was applied durable, as of `generation`.
    async fn commit(&self, generation: Generation) -> Result<()>;

    /// The generation of the last commit; zero for a new index.
    async fn generation(&self) -> Result<Generation>;

    /// The nearest chunks by cosine, nearest first, at most `limit`; with `among`, the nearest of these. Ties are broken
    /// by chunk id. Cosines are those of the vectors as they were applied to within 0.00002: whoever is nearer by less
    /// may come second.
    async fn nearest(
        &self,
        query: &Embedding,
        filter: &SearchFilter,
        among: Option<&ChunkSet>,
        limit: usize,
    ) -> Result<Vec<VectorHit>>;

    /// The cosine of each of these chunks with the query, in order, as [`VectorIndex::nearest`] would give it; `None` for
    /// a chunk that the index does not hold or the filter does not let pass.
    async fn similarities(
        &self,
        query: &Embedding,
        chunks: &[ChunkId],
        filter: &SearchFilter,
    ) -> Result<Vec<Option<f32>>>;

    /// Other documents like this one, most alike first, at most `limit`, with how much, from -1 to 1: the cosine of a
    /// document's nearest chunk with the mean of the given one's vectors. Ties are broken by document id. Nothing when
    /// the index does not hold the given document or the filter's principals may not read it; the filter's other
    /// conditions are for the documents that are returned.
    async fn similar(&self, doc_id: DocId, filter: &SearchFilter, limit: usize) -> Result<Vec<(DocId, f32)>>;

    /// Every chunk in the last commit with its document, in any order.
    async fn chunks(&self) -> Result<Vec<(ChunkId, DocId)>>;

    /// Merges small files and drops old versions, in bounded memory. Safe to leave out; called when idle.
    async fn compact(&self) -> Result<()>;
}
