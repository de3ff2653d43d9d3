//! Documents for this crate's own tests.

use rushlight_core::{
    ChunkId, DocId, DocumentKind, IndexedChunk, IndexedDocument, IndexedFacts, Principal, SourceId, Timestamp,
};

/// A document of one chunk that one principal may read. Ids are made of its number, and do not rise with it.
pub(crate) fn document(number: u32, reader: &str, text: String) -> IndexedDocument {
    let id = |kind: u8| {
        let mut id = [kind; 16];
        id[..4].copy_from_slice(&number.wrapping_mul(0x9E37_79B9).to_be_bytes());
        id
    };
    IndexedDocument {
        doc_id: DocId(id(1)),
        source_id: SourceId(0),
        kind: DocumentKind::Note,
        date: Timestamp(i64::from(number)),
        access: vec![Principal(reader.to_owned())],
        title: String::new(),
        keywords: Vec::new(),
        facts: IndexedFacts::default(),
        chunks: vec![IndexedChunk {
            id: ChunkId(id(2)),
            heading_path: Vec::new(),
            text,
            repeated: false,
            embedding: None,
        }],
    }
}
