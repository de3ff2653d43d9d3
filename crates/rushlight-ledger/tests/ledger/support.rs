//! Documents that are easy to predict: one chunk per line, one vector per line.

use std::collections::HashMap;

use rushlight_core::{
    Block, BlockKind, ChunkId, ChunkOrigin, ContentHash, DocId, DocMetadata, DocumentKind, Embedding,
    EmbeddingKey, FileId, FileRecord, FileStamp, Locator, ParsedDocument, Plan, Principal, SourceId, SpaceId,
    TextSpan, Timestamp,
};
use rushlight_ledger::{ChunkedBy, CompletedFile, FileOutcome, Ledger, NewChunk, NewDocument};

pub(crate) const MODEL: &str = "model-a";
pub(crate) const PARSER: u32 = 1;
pub(crate) const NOW: Timestamp = Timestamp(1_000_000);

pub(crate) fn chunked_by(chunker: &str) -> ChunkedBy {
    ChunkedBy {
        chunker_id: chunker.to_owned(),
        model_id: MODEL.to_owned(),
    }
}

pub(crate) fn stamp(path: &str, modified_ms: i64) -> FileStamp {
    let file_id = Some(FileId {
        device: 1,
        inode: u64::MAX - 7,
        born_ns: Some(-1),
    });
    FileStamp {
        path: path.to_owned(),
        size: 10,
        modified_ns: modified_ms * 1_000_000,
        file_id,
    }
}

pub(crate) fn key(line: &str) -> EmbeddingKey {
    EmbeddingKey(*blake3::hash(line.as_bytes()).as_bytes())
}

pub(crate) fn vector(key: EmbeddingKey) -> Embedding {
    let values = key.0[..8].iter().map(|byte| f32::from(*byte) - 127.3).collect();
    Embedding::normalized(values).expect("no value is zero")
}

pub(crate) fn hash(text: &str) -> ContentHash {
    ContentHash(*blake3::hash(text.as_bytes()).as_bytes())
}

pub(crate) fn parsed(part: &str, part_key: &str, text: &str) -> ParsedDocument {
    let mut blocks = Vec::new();
    let mut start = 0;
    for (line, content) in (1..).zip(text.split('\n')) {
        let span = TextSpan::new(start, start + content.len());
        blocks.push(Block {
            kind: BlockKind::Paragraph,
            span,
            locator: Locator::Lines {
                first: line,
                last: line,
            },
        });
        start = span.end + 1;
    }
    ParsedDocument {
        part: part.to_owned(),
        part_key: part_key.to_owned(),
        content_hash: hash(text),
        kind: DocumentKind::Note,
        media_type: "text/markdown".to_owned(),
        title: text.lines().next().unwrap_or_default().to_owned(),
        metadata: DocMetadata {
            tags: vec!["tag".to_owned()],
            ..DocMetadata::default()
        },
        text: text.to_owned(),
        blocks,
        lines: Vec::new(),
        recognised: Vec::new(),
        pages: None,
        unreadable_pages: Vec::new(),
        warnings: Vec::new(),
    }
}

pub(crate) fn chunks(doc_id: DocId, document: &ParsedDocument) -> Vec<NewChunk> {
    let mut seen: HashMap<EmbeddingKey, u32> = HashMap::new();
    document
        .blocks
        .iter()
        .map(|block| {
            let embedding_key = key(&document.text[block.span.range()]);
            let occurrence = seen.entry(embedding_key).or_default();
            let mut hasher = blake3::Hasher::new();
            hasher
                .update(&doc_id.0)
                .update(&embedding_key.0)
                .update(&occurrence.to_le_bytes());
            *occurrence += 1;
            let mut id = [0; 16];
            id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
            NewChunk {
                id: ChunkId(id),
                span: block.span,
                locator: block.locator.clone(),
                heading_path: vec!["heading".to_owned()],
                token_count: 3,
                embedding_key,
                origin: match block.kind {
                    BlockKind::Quote => ChunkOrigin::Quote,
                    BlockKind::Signature => ChunkOrigin::Signature,
                    _ => ChunkOrigin::Own,
                },
                confidence: None,
            }
        })
        .collect()
}

pub(crate) fn new_document(doc_id: DocId, document: ParsedDocument) -> NewDocument {
    let chunks = chunks(doc_id, &document);
    let access = vec![Principal::owner()];
    NewDocument {
        doc_id,
        document,
        access,
        chunked_by: chunked_by("lines"),
        title_embedded: true,
        chunks,
    }
}

/// The file with these documents, given as part, part key and text.
pub(crate) fn indexed(ledger: &Ledger, file: &FileRecord, parts: &[(&str, &str, &str)]) -> CompletedFile {
    let names: Vec<(&str, &str)> = parts
        .iter()
        .map(|(part, part_key, _)| (*part, *part_key))
        .collect();
    let ids = ledger.document_ids(file.id, &names).expect("readable");
    let documents = ids
        .into_iter()
        .zip(parts)
        .map(|(id, (part, part_key, text))| new_document(id, parsed(part, part_key, text)))
        .collect();
    let all: String = parts.iter().map(|(_, _, text)| *text).collect();
    completed(
        file,
        FileOutcome::Indexed {
            content_hash: hash(&all),
            documents,
        },
    )
}

pub(crate) fn completed(file: &FileRecord, outcome: FileOutcome) -> CompletedFile {
    CompletedFile {
        file: file.id,
        stamp: file.stamp.clone(),
        parser_version: PARSER,
        outcome,
        scans: Vec::new(),
    }
}

pub(crate) fn online() -> Plan {
    Plan {
        online: true,
        complete: true,
        ..Plan::default()
    }
}

/// A ledger in memory with one source in one space.
pub(crate) fn ledger() -> (Ledger, SourceId, SpaceId) {
    let ledger = Ledger::in_memory().expect("opens");
    let (source, space) = populate(&ledger);
    (ledger, source, space)
}

pub(crate) fn populate(ledger: &Ledger) -> (SourceId, SpaceId) {
    let space = ledger.ensure_space("personal").expect("made").id;
    let source = ledger.add_source("/notes", space, NOW).expect("added").id;
    (source, space)
}

/// Adds files and indexes each with one document of this text; returns their records.
pub(crate) fn index_files(ledger: &Ledger, source: SourceId, files: &[(&str, &str)]) -> Vec<FileRecord> {
    let added = files.iter().map(|(path, _)| stamp(path, 5)).collect();
    ledger
        .apply_plan(source, &Plan { added, ..online() }, NOW)
        .expect("applied");
    let records = ledger.files(source).expect("readable");
    let mut done = Vec::new();
    for (path, text) in files {
        let file = records
            .iter()
            .find(|file| file.stamp.path == *path)
            .expect("was added");
        done.push(indexed(ledger, file, &[("", "", text)]));
    }
    ledger.complete_files(&done, NOW).expect("completed");
    ledger.files(source).expect("readable")
}

pub(crate) fn embed_all(ledger: &Ledger) {
    loop {
        let pending = ledger.pending_embeddings(MODEL, 7).expect("readable");
        if pending.is_empty() {
            return;
        }
        let vectors: Vec<_> = pending
            .iter()
            .map(|chunk| (chunk.embedding_key, vector(chunk.embedding_key)))
            .collect();
        ledger.store_embeddings(MODEL, &vectors).expect("stored");
    }
}
