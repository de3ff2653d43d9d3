//! A hit as a search gives it.

use rushlight_core::{
    Chunk, ChunkId, ContentHash, DocId, DocumentKind, EmbeddingKey, Hit, LegScores, Locator, SpaceId,
    TextSpan, Timestamp,
};

/// A hit of a note whose whole text is this, with no title, path, score or date yet: a test sets what it is about.
///
/// Ids and hashes are made of `number`, so that hits of different numbers are of different documents.
pub fn hit(number: u8, text: &str) -> Hit {
    let doc_id = DocId([number; 16]);
    Hit {
        chunk: Chunk {
            id: ChunkId([number; 16]),
            doc_id,
            ordinal: 0,
            text: text.to_owned(),
            heading_path: Vec::new(),
            span: TextSpan::new(0, text.len()),
            locator: Locator::Whole,
            token_count: 0,
            embedding_key: EmbeddingKey([number; 32]),
            confidence: None,
        },
        content_hash: ContentHash([number; 32]),
        doc_id,
        title: String::new(),
        path: String::new(),
        part: String::new(),
        kind: DocumentKind::Note,
        date: Timestamp(0),
        space_id: SpaceId(1),
        space: "personal".to_owned(),
        scores: LegScores::default(),
        highlights: Vec::new(),
        online: true,
        also_at: Vec::new(),
        more: Vec::new(),
        related: Vec::new(),
        why: None,
    }
}
