//! All that an installation knows of a folder, as lines that do not depend on how it came to know it.

use std::collections::BTreeSet;

use rushlight_core::{Hit, Principal, SearchMode, SearchRequest};
use rushlight_ledger::DocumentQuery;

use super::folder::WORDS;
use super::machine::Running;

/// Files with their state, documents with their texts and chunks, and what is found by each word and by meaning.
pub(super) fn contents(running: &Running) -> BTreeSet<String> {
    let ledger = running.engine.ledger();
    let mut lines = BTreeSet::new();
    for source in ledger.sources().expect("sources") {
        for file in ledger.files(source.id).expect("files") {
            lines.insert(format!(
                "file {} {} {:?} {:?}",
                file.stamp.path, file.stamp.size, file.status, file.content_hash
            ));
        }
    }
    let query = DocumentQuery {
        principals: vec![Principal::owner()],
        limit: 1_000_000,
        ..DocumentQuery::default()
    };
    for summary in ledger.documents(&query).expect("documents").items {
        let document = ledger
            .document(summary.doc_id)
            .expect("readable")
            .expect("listed");
        let name = format!("{}|{}", summary.path, summary.part);
        lines.insert(format!(
            "document {name} {} {:?} {:?} {:?} {:?} {:?} {:?}",
            summary.title,
            summary.kind,
            summary.date,
            summary.embedded,
            document.metadata,
            document.text,
            document.blocks
        ));
        for chunk in ledger.document_chunks(summary.doc_id).expect("chunks") {
            lines.insert(format!(
                "chunk {name} {} {:?} {:?} {} {}",
                chunk.ordinal, chunk.span, chunk.heading_path, chunk.token_count, chunk.embedding_key
            ));
        }
    }
    for word in WORDS.iter().chain(&["n1", "tea", "筆記", "ada"]) {
        for mode in [SearchMode::Keyword, SearchMode::Semantic] {
            for hit in found(running, word, mode) {
                lines.insert(format!("{mode:?} {word} {hit}"));
            }
        }
    }
    lines
}

fn found(running: &Running, query: &str, mode: SearchMode) -> Vec<String> {
    let request = SearchRequest {
        mode,
        limit: 100_000,
        grouped: false,
        ..SearchRequest::new(query)
    };
    let reply = running
        .runtime
        .block_on(running.engine.search(request))
        .expect("the search answers");
    assert!(reply.degraded.is_empty(), "{:?}", reply.degraded);
    reply.hits.iter().map(line).collect()
}

/// Which of several equal documents stands for the others is a matter of their ids, so all are named in order.
fn line(hit: &Hit) -> String {
    let mut places = vec![format!("{}|{}", hit.path, hit.part)];
    places.extend(
        hit.also_at
            .iter()
            .map(|place| format!("{}|{}", place.path, place.part)),
    );
    places.sort();
    format!("{places:?} {:?} {:?}", hit.chunk.span, hit.scores.semantic)
}
