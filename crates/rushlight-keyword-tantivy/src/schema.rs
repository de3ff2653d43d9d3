//! The fields of a chunk in tantivy.

use rushlight_analysis::language_of;
use rushlight_core::{IndexedChunk, IndexedDocument, IndexedFacts};
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};

use crate::keys::{language_terms, tag_terms};
use crate::names;
use crate::tokenizer;

/// Raised when schema or analyzer change: an index of another version is built anew.
pub const VERSION: u32 = 4;

/// Fields with words, by number: first those that a query's words are looked for in.
pub(crate) const TEXT: usize = 0;
pub(crate) const TITLE: usize = 1;
pub(crate) const KEYWORDS: usize = 2;
pub(crate) const HEADINGS: usize = 3;
pub(crate) const AUTHORS: usize = 4;
pub(crate) const RECIPIENTS: usize = 5;
pub(crate) const PATH: usize = 6;
pub(crate) const WORD_FIELDS: usize = 7;
/// Where a query's words are looked for when it names no field.
pub(crate) const EVERYWHERE: &[usize] = &[TEXT, TITLE, KEYWORDS, HEADINGS];
/// What the fields are called.
pub(crate) const NAMES: [&str; WORD_FIELDS] = [
    "text",
    "title",
    "keywords",
    "headings",
    "authors",
    "recipients",
    "path",
];

#[derive(Clone, Debug)]
pub(crate) struct Fields {
    /// Fields with words, by number.
    pub(crate) words: [Field; WORD_FIELDS],
    /// The document's id, to delete by.
    pub(crate) doc: Field,
    pub(crate) source: Field,
    pub(crate) kind: Field,
    pub(crate) date: Field,
    pub(crate) access: Field,
    pub(crate) tag: Field,
    pub(crate) language: Field,
    pub(crate) message: Field,
    pub(crate) thread: Field,
    pub(crate) attachment: Field,
    /// What can be suggested; the document's first chunk has it.
    pub(crate) name: Field,
    shown: [Field; 3],
    repeated: Field,
    chunk_id: [Field; 2],
    doc_id: [Field; 2],
}

/// Names of the columns that hold ids: each id in two halves, so that they order as the bytes do.
pub(crate) const CHUNK_ID: [&str; 2] = ["chunk_high", "chunk_low"];
pub(crate) const DOC_ID: [&str; 2] = ["doc_high", "doc_low"];
/// Name of the column that says whether the chunk is repeated.
pub(crate) const REPEATED: &str = "repeated";
/// Name of the column of dates.
pub(crate) const DATE: &str = "date";
/// Name of the column of conversations.
pub(crate) const THREAD: &str = "thread";
/// Names of the columns with what is suggested, as it is shown: titles, people, tags.
pub(crate) const SHOWN: [&str; 3] = ["shown_title", "shown_person", "shown_tag"];

impl Fields {
    pub(crate) fn schema() -> (Schema, Self) {
        let mut builder = Schema::builder();
        let words = |norms: bool| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer(tokenizer::NAME)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions)
                .set_fieldnorms(norms);
            TextOptions::default().set_indexing_options(indexing)
        };
        let column = TextOptions::default().set_fast("raw");
        let words = std::array::from_fn(|number| {
            builder.add_text_field(NAMES[number], words(EVERYWHERE.contains(&number)))
        });
        let fields = Self {
            words,
            doc: builder.add_bytes_field("doc", INDEXED),
            source: builder.add_i64_field("source", INDEXED),
            kind: builder.add_text_field("kind", STRING),
            date: builder.add_i64_field(DATE, FAST),
            access: builder.add_text_field("access", STRING),
            tag: builder.add_text_field("tag", STRING),
            language: builder.add_text_field("language", STRING),
            message: builder.add_text_field("message", STRING),
            thread: builder.add_text_field(THREAD, STRING | FAST),
            attachment: builder.add_bool_field("attachment", INDEXED),
            name: builder.add_bytes_field("name", INDEXED),
            shown: SHOWN.map(|name| builder.add_text_field(name, column.clone())),
            repeated: builder.add_bool_field(REPEATED, FAST),
            chunk_id: CHUNK_ID.map(|name| builder.add_u64_field(name, FAST)),
            doc_id: DOC_ID.map(|name| builder.add_u64_field(name, FAST)),
        };
        (builder.build(), fields)
    }

    /// The rows of a document, one per chunk.
    pub(crate) fn rows<'a>(
        &'a self,
        document: &'a IndexedDocument,
    ) -> impl Iterator<Item = TantivyDocument> + 'a {
        let language = language(document);
        let of_document = move |row: &mut TantivyDocument| {
            self.add_words(row, document);
            self.add_facts(row, document, language.as_deref());
        };
        document.chunks.iter().enumerate().map(move |(ordinal, chunk)| {
            let mut row = TantivyDocument::default();
            of_document(&mut row);
            self.add_chunk(&mut row, chunk);
            if ordinal == 0 {
                self.add_names(&mut row, document);
            }
            for (fields, id) in [(self.chunk_id, chunk.id.0), (self.doc_id, document.doc_id.0)] {
                for (field, half) in fields.into_iter().zip(halves(id)) {
                    row.add_u64(field, half);
                }
            }
            row
        })
    }

    fn add_words(&self, row: &mut TantivyDocument, document: &IndexedDocument) {
        let facts = &document.facts;
        let mut add = |number: usize, text: &str| {
            if !text.is_empty() {
                row.add_text(self.words[number], text);
            }
        };
        add(TITLE, &document.title);
        let people = facts.authors.iter().chain(&facts.recipients);
        let around = people.chain(&facts.tags).chain(&document.keywords);
        around.for_each(|text| add(KEYWORDS, text));
        facts.authors.iter().for_each(|text| add(AUTHORS, text));
        facts.recipients.iter().for_each(|text| add(RECIPIENTS, text));
        add(PATH, &facts.path);
        add(PATH, &facts.part);
    }

    fn add_facts(&self, row: &mut TantivyDocument, document: &IndexedDocument, language: Option<&str>) {
        let IndexedFacts {
            authors: _,
            recipients: _,
            tags,
            path: _,
            part: _,
            language: _,
            message_id,
            thread_id,
            has_attachment,
        } = &document.facts;
        row.add_bytes(self.doc, &document.doc_id.0);
        row.add_i64(self.source, document.source_id.0);
        row.add_text(self.kind, document.kind.as_str());
        row.add_i64(self.date, document.date.0);
        for principal in &document.access {
            row.add_text(self.access, &principal.0);
        }
        let mut levels: Vec<String> = tags.iter().flat_map(|tag| tag_terms(tag)).collect();
        levels.sort_unstable();
        levels.dedup();
        for term in levels {
            row.add_text(self.tag, term);
        }
        for term in language.into_iter().flat_map(language_terms) {
            row.add_text(self.language, term);
        }
        for (field, id) in [(self.message, message_id), (self.thread, thread_id)] {
            if let Some(id) = id {
                row.add_text(field, id);
            }
        }
        if *has_attachment {
            row.add_bool(self.attachment, true);
        }
    }

    fn add_chunk(&self, row: &mut TantivyDocument, chunk: &IndexedChunk) {
        for heading in &chunk.heading_path {
            row.add_text(self.words[HEADINGS], heading);
        }
        row.add_text(self.words[TEXT], &chunk.text);
        row.add_bool(self.repeated, chunk.repeated);
    }

    fn add_names(&self, row: &mut TantivyDocument, document: &IndexedDocument) {
        for (kind, shown) in names::of(document) {
            for key in names::keys(kind, &shown) {
                row.add_bytes(self.name, &key);
            }
            row.add_text(self.shown[names::number(kind)], &shown);
        }
    }
}

fn language(document: &IndexedDocument) -> Option<String> {
    let stated = document.facts.language.clone();
    stated.or_else(|| {
        let text = document.chunks.first()?;
        language_of(&text.text).map(str::to_owned)
    })
}

pub(crate) fn halves(id: [u8; 16]) -> [u64; 2] {
    let number = u128::from_be_bytes(id);
    [(number >> 64) as u64, number as u64]
}

pub(crate) fn joined([high, low]: [u64; 2]) -> [u8; 16] {
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}
