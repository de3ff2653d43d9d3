//! The fields of a chunk in tantivy.

use rushlight_core::{IndexedChunk, IndexedDocument};
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};

use crate::tokenizer;

/// Raised when schema or analyzer change: an index of another version is built anew.
pub(crate) const VERSION: u32 = 3;

/// Weight of title and keywords, and of headings, against text.
const TITLE_WEIGHT: f32 = 1.5;
const HEADING_WEIGHT: f32 = 1.2;

#[derive(Clone, Debug)]
pub(crate) struct Fields {
    title: Field,
    keywords: Field,
    headings: Field,
    text: Field,
    /// The document's id, to delete by.
    pub(crate) doc: Field,
    pub(crate) source: Field,
    pub(crate) kind: Field,
    pub(crate) date: Field,
    pub(crate) access: Field,
    repeated: Field,
}

/// Names of the columns that hold ids: each id in two halves, so that they order as the bytes do.
pub(crate) const CHUNK_ID: [&str; 2] = ["chunk_high", "chunk_low"];
pub(crate) const DOC_ID: [&str; 2] = ["doc_high", "doc_low"];
/// Name of the column that says whether the chunk is repeated.
pub(crate) const REPEATED: &str = "repeated";

impl Fields {
    pub(crate) fn schema() -> (Schema, Self) {
        let mut builder = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(tokenizer::NAME)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions)
            .set_fieldnorms(true);
        let text = TextOptions::default().set_indexing_options(indexing);
        let fields = Self {
            title: builder.add_text_field("title", text.clone()),
            keywords: builder.add_text_field("keywords", text.clone()),
            headings: builder.add_text_field("headings", text.clone()),
            text: builder.add_text_field("text", text),
            doc: builder.add_bytes_field("doc", INDEXED),
            source: builder.add_i64_field("source", INDEXED),
            kind: builder.add_text_field("kind", STRING),
            date: builder.add_i64_field("date", INDEXED | FAST),
            access: builder.add_text_field("access", STRING),
            repeated: builder.add_bool_field(REPEATED, FAST),
        };
        for name in CHUNK_ID.into_iter().chain(DOC_ID) {
            builder.add_u64_field(name, FAST);
        }
        (builder.build(), fields)
    }

    /// The fields a query's words are looked for in, with their weights.
    pub(crate) fn texts(&self) -> [(Field, f32); 4] {
        [
            (self.text, 1.0),
            (self.title, TITLE_WEIGHT),
            (self.keywords, TITLE_WEIGHT),
            (self.headings, HEADING_WEIGHT),
        ]
    }

    pub(crate) fn document(
        &self,
        schema: &Schema,
        document: &IndexedDocument,
        chunk: &IndexedChunk,
    ) -> TantivyDocument {
        let mut row = TantivyDocument::default();
        let mut add = |field, text: &str| {
            if !text.is_empty() {
                row.add_text(field, text);
            }
        };
        add(self.title, &document.title);
        document
            .keywords
            .iter()
            .for_each(|keyword| add(self.keywords, keyword));
        chunk
            .heading_path
            .iter()
            .for_each(|heading| add(self.headings, heading));
        add(self.text, &chunk.text);
        row.add_bytes(self.doc, &document.doc_id.0);
        row.add_i64(self.source, document.source_id.0);
        row.add_text(self.kind, document.kind.as_str());
        row.add_i64(self.date, document.date.0);
        document
            .access
            .iter()
            .for_each(|principal| row.add_text(self.access, &principal.0));
        row.add_bool(self.repeated, chunk.repeated);
        for (names, id) in [(CHUNK_ID, chunk.id.0), (DOC_ID, document.doc_id.0)] {
            for (name, half) in names.into_iter().zip(halves(id)) {
                row.add_u64(
                    schema.get_field(name).expect("every schema has the id columns"),
                    half,
                );
            }
        }
        row
    }
}

pub(crate) fn halves(id: [u8; 16]) -> [u64; 2] {
    let number = u128::from_be_bytes(id);
    [(number >> 64) as u64, number as u64]
}

pub(crate) fn joined([high, low]: [u64; 2]) -> [u8; 16] {
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}
